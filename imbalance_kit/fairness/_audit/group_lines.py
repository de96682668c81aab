"""What a report on groups is made of: the groups, the lines of its table, and its notes."""

import warnings
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from imbalance_kit.fairness._audit.group_scores import SCORES, group_scores
from imbalance_kit.fairness._audit.inputs import Audited
from imbalance_kit.fairness._audit.rates import effective_size, masses, parts_of, share, wilson
from imbalance_kit.fairness._groups import MISSING, GroupReader, Groups


def partitions_of(rows: Audited, given: Any, max_depth: int) -> tuple[dict[str, Groups], list[str]]:
    """Groups by each sensitive feature, then by two of them, and so on; and what was left out."""
    places = np.zeros((len(rows.positive), 1))
    names: tuple[str, ...] = ()
    if given is None:
        warnings.warn(
            "group_report was given no sensitive_features, so all rows are one group.",
            UserWarning,
            stacklevel=3,
        )
        columns = [np.full(len(places), "all rows", dtype=object)]
    else:
        columns, names = GroupReader(None, "group_report").columns(places, given)
    partitions, notes = {}, []
    for depth in range(1, min(max_depth, len(columns)) + 1):
        for chosen in combinations(range(len(columns)), depth):
            own: Any = {names[j]: columns[j] for j in chosen} if names else None
            if own is None:  # without names groups are spelled by their values alone
                own = np.empty((len(places), depth), dtype=object)
                for place, j in enumerate(chosen):
                    own[:, place] = columns[j]
            title = ", ".join(names[j] if names else f"feature {j}" for j in chosen)
            try:
                partitions[title] = GroupReader(None, "group_report").learn(places, own)
            except ValueError as error:
                if depth == 1:
                    raise
                notes.append(f"{title}: left out. {error}")
    return partitions, notes


def rate_lines(
    rows: Audited, groups: Groups, wanted: Sequence[str], confidence: float
) -> dict[str, Any]:
    """Value, interval and number of rows of each group (rows) and rate (columns)."""
    mass = masses(groups.codes, groups.n_groups, rows.outcome, rows.weight)
    counts, squares = mass, mass
    if rows.weight is not None:
        counts = masses(groups.codes, groups.n_groups, rows.outcome, rows.weight > 0)
        squares = masses(groups.codes, groups.n_groups, rows.outcome, rows.weight**2)
    lines: dict[str, list] = {"value": [], "low": [], "high": [], "rows": []}
    sizes = []
    for name in wanted:
        value = share(mass, name)
        size = effective_size(parts_of(mass, name)[1], parts_of(squares, name)[1])
        low, high = wilson(value, size, confidence)
        for key, column in zip(lines, (value, low, high, parts_of(counts, name)[1]), strict=True):
            lines[key].append(column)
        sizes.append(size)
    table: dict[str, Any] = {}
    names = list(wanted)
    if rows.proba is not None:
        own = group_scores(rows, groups)
        blank = np.full(groups.n_groups, np.nan)
        for name in SCORES:
            fewest = counts.sum(axis=1)
            if name in ("auroc", "auprc"):  # as sure as the rarer class is numerous
                positives = parts_of(counts, "true_positive_rate")[1]
                fewest = np.minimum(positives, fewest - positives)
            for key, column in zip(lines, (own[name], blank, blank, fewest), strict=True):
                lines[key].append(column)
            names.append(name)
            sizes.append(fewest)
    for key, columns in lines.items():
        table[key] = np.column_stack(columns)
    table["sizes"] = np.column_stack(sizes)
    table["counts"], table["mass"] = counts, mass
    table["names"] = names
    return table


def notes_on(
    by: str, groups: Groups, lines: dict[str, Any], small: np.ndarray, min_rows: int
) -> list[str]:
    notes = []
    n_rows = lines["counts"].sum(axis=1)
    if groups.n_groups == 1 and groups.labels != ("all rows",):
        notes.append(f"{by}: there is one group only, so there is nothing to compare.")
    notes += [
        f"{groups.spell(int(code))} has {n_rows[code]:.0f} rows, fewer than {min_rows}: its rates "
        "are shown, but nothing can be concluded from them, neither that it is treated alike nor "
        "that it is not."
        for code in np.flatnonzero(n_rows < min_rows)
    ]
    for code in np.flatnonzero(n_rows >= min_rows):
        thin = [name for name, few in zip(lines["names"], small[code], strict=True) if few]
        if thin:
            notes.append(
                f"{groups.spell(int(code))} has too few rows for {', '.join(thin)}: left out of "
                "the differences."
            )
    lost = [
        code
        for code, label in enumerate(groups.labels)
        if MISSING in (label if isinstance(label, tuple) else (label,))
    ]
    if lost and len(groups.names) < 2:
        notes.append(
            f"{n_rows[lost].sum():.0f} rows have no value of {by} and form a group of their own. "
            "They belong to the others, so differences may be larger or smaller than shown; "
            "`possible` is how large they could be at most."
        )
    return notes
