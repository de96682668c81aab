"""How alike two groups are before and after matching, and how their outcomes differ in pairs."""

from typing import Any

import numpy as np
from scipy import stats

from imbalance_kit._tables.containers import ColumnTable
from imbalance_kit.fairness._groups.table_columns import column_of
from imbalance_kit.fairness._sampling.base import OpenedGroups
from imbalance_kit.fairness._sampling.point_columns import two_valued


def names_of(opened: OpenedGroups, points: Any, left_out: np.ndarray) -> tuple[list, list]:
    """Names of the measured columns, and names and positions of those that are equal or not.

    Columns of two numbers have no position: their larger number is meant.
    """
    table = opened.table
    names = table.columns.names if isinstance(table, ColumnTable) else None
    numbers = [j for j, kind in enumerate(opened.kinds) if kind == "number"]
    numeric = np.setdiff1d(numbers, left_out).astype(np.intp)
    nominal = np.setdiff1d(opened.nominal, left_out)

    def name(position: int) -> str:
        return f"column {position}" if names is None else names[position]

    two = two_valued(points)
    equal = [(name(position), position) for position in nominal.tolist()]
    equal += [(name(position), None) for position in numeric[two].tolist()]
    return [name(position) for position in numeric[~two].tolist()], equal


def balance(
    opened: OpenedGroups,
    numbers: np.ndarray,
    levels: np.ndarray,
    names: tuple[list, list],
    pairs: np.ndarray,
) -> tuple[np.ndarray, list[str]]:
    """Standardised differences of the two groups' means before and after matching, and names.

    Parameters
    ----------
    opened : OpenedGroups
        The rows.

    numbers, levels : ndarray of shape (n_samples, n_columns)
        Columns that are matched on, as `split_columns` divides them.

    names : tuple of list
        Their names, as `names_of` gives them.

    pairs : ndarray of shape (n_pairs, 2)
        Rows of each pair.

    Returns
    -------
    differences : ndarray of shape (n_compared, 2)
        Absolute differences in standard deviations of the whole groups, before and after; NaN after
        matching where there are no pairs.

    compared : list of str
        Names; each level is a column.
    """
    columns, compared = [numbers], list(names[0])
    for (name, position), column in zip(names[1], levels.T, strict=True):
        values = np.unique(column)
        values = values[1:] if len(values) == 2 else values  # the other one mirrors it
        columns.append((column[:, None] == values).astype(np.float64))
        for value in values:
            if position is None:
                compared.append(name)
            else:
                example = opened.table.take(np.flatnonzero(column == value)[:1])
                compared.append(f"{name}={column_of(example, position).tolist()[0]}")
    indicators = np.hstack(columns)
    one, other = (opened.groups.rows_of(group) for group in (0, 1))
    # The same spread before and after: matching changes spreads as well, and a ratio of both would
    # not show whether the means came nearer.
    spread = np.sqrt((indicators[one].var(axis=0) + indicators[other].var(axis=0)) / 2.0)
    spread = np.where(spread > 0, spread, 1.0)

    def difference(left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return np.abs(indicators[left].mean(axis=0) - indicators[right].mean(axis=0)) / spread

    before = difference(one, other)
    after = difference(*pairs.T) if len(pairs) else np.full(len(before), np.nan)
    return np.column_stack([before, after]), compared


def outcome_gap(y_encoded: np.ndarray, pairs: np.ndarray) -> tuple[float, float]:
    """Mean difference of the outcomes in pairs, and the p-value of McNemar's exact test."""
    left, right = pairs.T
    difference = y_encoded[right] - y_encoded[left]
    n_up, n_different = int((difference > 0).sum()), int((difference != 0).sum())
    # the test uses pairs that differ alone; without any there is no evidence against equality
    p_value = float(stats.binomtest(n_up, n_different).pvalue) if n_different else 1.0
    return float(difference.mean()), p_value
