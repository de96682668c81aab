"""Rates and scores of each group, with intervals, and notes on how to read them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from imbalance_kit.fairness._audit.group_scores import PROBABILITY_SCORES, group_scores
from imbalance_kit.fairness._audit.inputs import AuditInputs
from imbalance_kit.fairness._audit.rates import OutcomeWeights, wilson
from imbalance_kit.fairness._groups.group_reading import Groups
from imbalance_kit.fairness._groups.table_columns import MISSING_LABEL


@dataclass(frozen=True)
class GroupRates:
    """Rates, and scores of probabilities, of the groups of one partition.

    Attributes
    ----------
    names : list of str
        The rates and scores.

    value, low, high : ndarray of shape (n_groups, n_names)
        Their values and intervals; scores have none.

    n_rows : ndarray of shape (n_groups, n_names)
        Rows that each is a share or a mean of.

    size : ndarray of shape (n_groups, n_names)
        Effective numbers of rows, by the weights.

    outcomes : OutcomeWeights
        What the rates are ratios of.
    """

    names: list[str]
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    n_rows: np.ndarray
    size: np.ndarray
    outcomes: OutcomeWeights

    def large(self, min_rows: int) -> np.ndarray:
        """Which groups (rows) are large enough for which rates (columns) to be compared."""
        return (self.n_rows >= min_rows) & np.isfinite(self.value)


def group_rates(
    inputs: AuditInputs, groups: Groups, wanted: Sequence[str], confidence: float
) -> GroupRates:
    """Rates of every group, and scores where there are probabilities."""
    outcomes = OutcomeWeights.of(groups.of_row, groups.n_groups, inputs.outcome, inputs.weight)
    names = list(wanted)
    columns = []
    for name in wanted:
        value, size = outcomes.rate(name), outcomes.size(name)
        columns.append((value, *wilson(value, size, confidence), outcomes.n_rows(name), size))
    if inputs.proba is not None:
        blank = np.full(groups.n_groups, np.nan)
        positives, n_rows = outcomes.n_rows("true_positive_rate"), outcomes.count.sum(axis=1)
        for name, value in group_scores(inputs, groups).items():
            # a ranking is as precise as the rarer class is numerous
            rarer = name in ("auroc", "auprc")
            size = np.minimum(positives, n_rows - positives) if rarer else n_rows
            columns.append((value, blank, blank, size, size))
        names += PROBABILITY_SCORES
    value, low, high, counts, size = map(np.column_stack, zip(*columns, strict=True))
    return GroupRates(names, value, low, high, counts, size, outcomes)


def notes_on(
    by: str, groups: Groups, rates: GroupRates, small: np.ndarray, min_rows: int
) -> list[str]:
    """What must be known to read the rates: small groups, and missing values."""
    notes = []
    n_rows = rates.outcomes.count.sum(axis=1)
    if groups.n_groups == 1 and groups.labels != ("all rows",):
        notes.append(f"{by}: there is one group only, so there is nothing to compare.")
    notes += [
        f"{groups.spell(int(group))} has {n_rows[group]:.0f} rows, fewer than {min_rows}: its "
        "rates are shown, but nothing can be concluded from them, neither that it is treated alike "
        "nor that it is not."
        for group in np.flatnonzero(n_rows < min_rows)
    ]
    for group in np.flatnonzero(n_rows >= min_rows):
        few = [name for name, is_few in zip(rates.names, small[group], strict=True) if is_few]
        if few:
            notes.append(
                f"{groups.spell(int(group))} has too few rows for {', '.join(few)}: left out of "
                "the differences."
            )
    lost = [
        group
        for group, label in enumerate(groups.labels)
        if MISSING_LABEL in (label if isinstance(label, tuple) else (label,))
    ]
    if lost and len(groups.names) < 2:
        notes.append(
            f"{n_rows[lost].sum():.0f} rows have no value of {by} and form a group of their own. "
            "They belong to the others, so differences may be larger or smaller than shown; "
            "`possible` is how large they could be at most."
        )
    return notes
