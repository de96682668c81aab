"""Largest differences between groups: intervals, tests, and what missing values leave open."""

from typing import Any

import numpy as np
from scipy import special

from imbalance_kit.fairness._audit.group_scores import bootstrap_scores
from imbalance_kit.fairness._audit.inputs import Audited
from imbalance_kit.fairness._audit.rates import N_OUTCOMES, RATES, parts_of, share
from imbalance_kit.fairness._groups import MISSING, Groups

#: Figures of one line, all NaN where fewer than two groups are large enough.
FIGURES = (
    *("difference", "difference_low", "difference_high"),
    *("ratio", "ratio_low", "ratio_high"),
)


class Draws:
    """Rates and scores of rows drawn anew, for every partition from the same draws."""

    def __init__(
        self, rows: Audited, partitions: dict[str, Groups], n_draws: int, rng: np.random.RandomState
    ) -> None:
        self._cells: list[np.ndarray] = []
        self._scores: list[dict[str, np.ndarray]] = []
        each = list(partitions.values())
        if n_draws == 0 or max(groups.n_groups for groups in each) < 2:
            return
        n_rows = len(rows.positive)
        joint = each[0].codes
        for groups in each[1:]:
            joint = np.unique(joint * groups.n_groups + groups.codes, return_inverse=True)[1]
        n_joint = int(joint.max()) + 1
        cells = joint * N_OUTCOMES + rows.outcome
        if rows.weight is None and rows.proba is None:
            chances = np.bincount(cells, minlength=n_joint * N_OUTCOMES) / n_rows
            drawn = rng.multinomial(n_rows, chances, size=n_draws).astype(np.float64)
        else:
            drawn = np.empty((n_draws, n_joint * N_OUTCOMES))
            for number in range(n_draws):
                counts = np.bincount(rng.randint(n_rows, size=n_rows), minlength=n_rows)
                weight = counts if rows.weight is None else counts * rows.weight
                drawn[number] = np.bincount(cells, weights=weight, minlength=drawn.shape[1])
                if rows.proba is not None:
                    bootstrap_scores(self._scores, number, n_draws, rows, each, weight)
        drawn = drawn.reshape(n_draws, n_joint, N_OUTCOMES)
        for groups in each:
            belongs = np.zeros((groups.n_groups, n_joint))
            belongs[groups.codes, joint] = 1.0
            self._cells.append(np.einsum("gj,bjo->bgo", belongs, drawn))

    def of(self, number: int, name: str) -> np.ndarray | None:
        """A rate of each draw (rows) and group (columns) of one partition."""
        if not self._cells:
            return None
        return share(self._cells[number], name) if name in RATES else self._scores[number][name]


def difference_between(
    value: np.ndarray,
    rows: np.ndarray,
    told: np.ndarray,
    names: list[str],
    drawn: np.ndarray | None,
    confidence: float,
    *,
    is_share: bool,
) -> dict[str, Any]:
    """Extremes over the groups that are large enough."""
    blank = dict.fromkeys(FIGURES, float("nan"))
    if told.sum() < 2:
        return {**blank, "lowest": "", "highest": "", "p_value": float("nan")}
    own = np.flatnonzero(told)
    low, high = own[np.argmin(value[own])], own[np.argmax(value[own])]
    line = {**blank, "difference": float(value[high] - value[low])}
    line["ratio"] = _ratio(value[own]).item()
    if drawn is not None:
        tails = [(1 - confidence) / 2, (1 + confidence) / 2]
        spread = drawn[:, own].max(axis=1) - drawn[:, own].min(axis=1)
        for key, values in (("difference", spread), ("ratio", _ratio(drawn[:, own]))):
            known = values[np.isfinite(values)]
            if len(known):
                line[f"{key}_low"], line[f"{key}_high"] = map(float, np.quantile(known, tails))
    p_value = _same_rate(value[own], rows[own]) if is_share else float("nan")
    return {**line, "lowest": names[low], "highest": names[high], "p_value": p_value}


def _ratio(values: np.ndarray) -> np.ndarray:
    """Smallest over largest; NaN where the largest is not positive."""
    top = values.max(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(top > 0, values.min(axis=-1) / top, np.nan)


def _same_rate(value: np.ndarray, size: np.ndarray) -> float:
    """Pearson's chi-squared test of equal shares."""
    common = np.average(value, weights=size)
    if common in (0.0, 1.0):
        return 1.0
    statistic = (size * (value - common) ** 2).sum() / (common * (1 - common))
    return float(special.chdtrc(len(value) - 1, statistic))


def possible_difference(counts: np.ndarray, name: str, groups: Groups) -> float:
    """Largest difference of a rate if rows without a value belonged to the other groups.

    Nothing is known where the group of the missing is not one group: with several features.
    """
    labels = list(groups.labels)
    if name not in RATES or MISSING not in labels or len(labels) < 3:
        return float("nan")
    hit, whole = parts_of(counts, name)
    lost = labels.index(MISSING)
    rest = np.delete(np.arange(len(labels)), lost)
    extra_hit, extra_miss = hit[lost], whole[lost] - hit[lost]
    with np.errstate(invalid="ignore", divide="ignore"):
        top = (hit[rest] + extra_hit) / (whole[rest] + extra_hit)
        bottom = hit[rest] / (whole[rest] + extra_miss)
    gaps = top[:, None] - bottom[None, :]
    np.fill_diagonal(gaps, -np.inf)
    return float(np.nanmax(gaps))
