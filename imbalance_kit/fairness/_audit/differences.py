"""Largest differences between groups: intervals, tests, and bounds where values are missing."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from imbalance_kit.fairness._audit.gaps import smallest_over_largest
from imbalance_kit.fairness._audit.group_scores import PROBABILITY_SCORES, group_scores
from imbalance_kit.fairness._audit.inputs import AuditInputs
from imbalance_kit.fairness._audit.rates import N_OUTCOMES, RATES, parts_of, share
from imbalance_kit.fairness._groups.group_errors import error_limits, smoothed, widened
from imbalance_kit.fairness._groups.group_reading import Groups
from imbalance_kit.fairness._groups.table_columns import MISSING_LABEL


@dataclass(frozen=True)
class Difference:
    """How far a rate differs between groups; one row of a report's differences.

    The attributes have the names of its columns. All is unknown where fewer than two groups are
    large enough.
    """

    difference: float = float("nan")
    difference_low: float = float("nan")
    difference_high: float = float("nan")
    ratio: float = float("nan")
    ratio_low: float = float("nan")
    ratio_high: float = float("nan")
    lowest: str = ""
    highest: str = ""
    p_value: float = float("nan")


class Draws:
    """Rates and scores of rows drawn anew, for every partition from the same draws.

    Without weights and probabilities a row only counts by its groups and its outcome, so a draw of
    all rows is a draw from the multinomial distribution of these: its cost does not depend on the
    number of rows.
    """

    def __init__(
        self,
        inputs: AuditInputs,
        partitions: dict[str, Groups],
        n_draws: int,
        rng: np.random.RandomState,
    ) -> None:
        self._sums: list[np.ndarray] = []
        self._scores: list[dict[str, np.ndarray]] = []
        each = list(partitions.values())
        if n_draws == 0 or max(groups.n_groups for groups in each) < 2:
            return
        n_rows = inputs.n_rows
        joint = each[0].of_row  # the finest groups, of which those of each partition are unions
        for groups in each[1:]:
            joint = np.unique(joint * groups.n_groups + groups.of_row, return_inverse=True)[1]
        n_joint = int(joint.max()) + 1
        kind = joint * N_OUTCOMES + inputs.outcome
        n_kinds = n_joint * N_OUTCOMES
        if inputs.weight is None and inputs.proba is None:
            chances = np.bincount(kind, minlength=n_kinds) / n_rows
            drawn = rng.multinomial(n_rows, chances, size=n_draws).astype(np.float64)
        else:
            drawn = np.empty((n_draws, n_kinds))
            if inputs.proba is not None:
                self._scores = [
                    {name: np.empty((n_draws, groups.n_groups)) for name in PROBABILITY_SCORES}
                    for groups in each
                ]
            for number in range(n_draws):
                counts = np.bincount(rng.randint(n_rows, size=n_rows), minlength=n_rows)
                weight = counts if inputs.weight is None else counts * inputs.weight
                drawn[number] = np.bincount(kind, weights=weight, minlength=n_kinds)
                for table, groups in zip(self._scores, each, strict=False):
                    for name, values in group_scores(inputs, groups, weight).items():
                        table[name][number] = values
        drawn = drawn.reshape(n_draws, n_joint, N_OUTCOMES)
        for groups in each:
            belongs = np.zeros((groups.n_groups, n_joint))
            belongs[groups.of_row, joint] = 1.0
            self._sums.append(np.einsum("gj,bjo->bgo", belongs, drawn))

    def of(self, number: int, name: str) -> np.ndarray | None:
        """A rate of each draw (rows) and group (columns) of one partition."""
        if not self._sums:
            return None
        return share(self._sums[number], name) if name in RATES else self._scores[number][name]


def difference_between(
    value: np.ndarray,
    size: np.ndarray,
    large: np.ndarray,
    names: list[str],
    drawn: np.ndarray | None,
    confidence: float,
    rng: np.random.RandomState,
    *,
    is_share: bool,
) -> Difference:
    """Extremes over the groups that are large enough.

    Parameters
    ----------
    value : ndarray of shape (n_groups,)
        A rate or score of each group.

    size : ndarray of shape (n_groups,)
        Effective numbers of rows.

    large : ndarray of shape (n_groups,), bool
        Which groups are compared.

    names : list of str
        The groups as text.

    drawn : ndarray of shape (n_draws, n_groups) or None
        The values in draws of the bootstrap.

    confidence : float
        Level of the intervals.

    rng : RandomState
        For groups in which no row, or every row, counts for the rate: their draws are all alike.

    is_share : bool
        Whether the value is a share of rows, so that shares can be tested for equality.
    """
    if large.sum() < 2:
        return Difference()
    compared = np.flatnonzero(large)
    low = compared[np.argmin(value[compared])]
    high = compared[np.argmax(value[compared])]
    ends = {}
    if drawn is not None:
        of_draws = drawn[:, compared]
        of_draws = of_draws[np.isfinite(of_draws).all(axis=1)]
        if len(of_draws):
            errors = of_draws - value[compared]
            ends = _ends(value[compared], size[compared], errors, confidence, rng, is_share)
    return Difference(
        difference=float(value[high] - value[low]),
        ratio=smallest_over_largest(value[compared]).item(),
        lowest=names[low],
        highest=names[high],
        p_value=_same_rate(value[compared], size[compared]) if is_share else float("nan"),
        **ends,
    )


def _ends(
    value: np.ndarray,
    size: np.ndarray,
    errors: np.ndarray,
    confidence: float,
    rng: np.random.RandomState,
    is_share: bool,
) -> dict[str, float]:
    """Intervals of the largest difference and of the smallest ratio, whichever groups these are of.

    That groups were picked because they lie furthest apart makes their difference too large, and
    a bootstrap of it larger still. So what is drawn are the errors of all groups around their
    values. With the stated chance no two of them differ by more than `apart`, whichever groups are
    picked: the difference is at least the one found less `apart`. At most it is the one found and
    an error of two groups, which the picking does not enlarge.
    """
    smooth = value
    if is_share:
        smooth = smoothed(value, size)
        errors = widened(errors, value, size, rng)
    apart, of_two = error_limits(errors, confidence)
    found = float(np.ptp(value))
    high = found + of_two
    ends = {
        "difference_low": max(found - apart, 0.0),
        "difference_high": min(high, 1.0) if is_share else high,
    }
    least = 0.5 / (size + 2) if is_share else 0.0
    moved = np.maximum(smooth + errors, least)
    if moved.min() <= 0 or smooth.min() <= 0:  # a score that may be negative has no ratio
        return ends
    apart, of_two = error_limits(np.log(moved) - np.log(smooth), confidence)
    ratio, middle = smallest_over_largest(value).item(), float(smooth.min() / smooth.max())
    if np.isfinite(ratio):
        ends["ratio_low"] = min(middle * np.exp(-of_two), ratio)
        ends["ratio_high"] = max(min(middle * np.exp(apart), 1.0), ratio)
    return ends


def _same_rate(value: np.ndarray, size: np.ndarray) -> float:
    """Pearson's chi-squared test of equal shares."""
    common = np.average(value, weights=size)
    if common in (0.0, 1.0):
        return 1.0
    statistic = (size * (value - common) ** 2).sum() / (common * (1 - common))
    return float(special.chdtrc(len(value) - 1, statistic))


def possible_difference(sums: np.ndarray, name: str, groups: Groups) -> float:
    """Largest difference of a rate if rows without a value belonged to the other groups.

    NaN with several features: rows with a missing value are then not one group. `sums` are the
    weights of the rows by group and outcome.
    """
    labels = list(groups.labels)
    if name not in RATES or MISSING_LABEL not in labels or len(labels) < 3:
        return float("nan")
    hit, whole = parts_of(sums, name)
    lost = labels.index(MISSING_LABEL)
    rest = np.delete(np.arange(len(labels)), lost)
    extra_hit, extra_miss = hit[lost], whole[lost] - hit[lost]
    # a rate is largest if all rows without a value that count for it belong to the group, and
    # smallest if all that count against it do
    with np.errstate(invalid="ignore", divide="ignore"):
        top = (hit[rest] + extra_hit) / (whole[rest] + extra_hit)
        bottom = hit[rest] / (whole[rest] + extra_miss)
    differences = top[:, None] - bottom[None, :]
    np.fill_diagonal(differences, -np.inf)  # a group does not differ from itself
    return float(np.nanmax(differences))
