"""Fairness metrics of one set of predictions, for data sets that name sensitive columns."""

from collections.abc import Sequence

import numpy as np

from imbalance_kit.benchmark._metrics.tuned_thresholds import Codes, Floats
from imbalance_kit.fairness._audit.group_scores import ranking
from imbalance_kit.fairness._audit.rates import (
    N_OUTCOMES,
    outcome_weights,
    outcomes,
    parts_of,
    share,
)

FAIRNESS_METRICS = (
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "equalized_odds_difference",
    "equalized_odds_ratio",
    "worst_group_auprc",
)
#: Groups with fewer rows to take a rate of are left out of it: a few rows make any difference.
SMALLEST_GROUP = 20
_UNKNOWN = dict.fromkeys(FAIRNESS_METRICS, float("nan"))


def measure_fairness(
    y: Codes, proba: Floats, decision: Codes, groups: Sequence[Codes]
) -> dict[str, float]:
    """Differences and ratios between groups, the worst over the sensitive columns.

    The rarest class, code 1, is the positive one. NaN for more than two classes, without sensitive
    columns, and where fewer than two groups are large enough.

    Parameters
    ----------
    y, decision : ndarray of shape (n,)
        True and decided class codes.
    proba : ndarray of shape (n, K)
    groups : sequence of ndarray of shape (n,)
        Group codes, for each sensitive column.
    """
    if proba.shape[1] != 2 or not groups:
        return dict(_UNKNOWN)
    each = [_by_one_column(y, proba[:, 1], decision, codes) for codes in groups]
    worst = {}
    for name in FAIRNESS_METRICS:
        values = [own[name] for own in each if np.isfinite(own[name])]
        higher_is_worse = name.endswith("difference")
        worst[name] = float("nan") if not values else (max if higher_is_worse else min)(values)
    return worst


def _by_one_column(y: Codes, score: Floats, decision: Codes, codes: Codes) -> dict[str, float]:
    codes = codes.astype(np.intp)
    n_groups = int(codes.max()) + 1
    mass = outcome_weights(codes, n_groups, outcomes(y == 1, decision == 1), None)
    selected, found, alarmed = (
        _spread(mass, name)
        for name in ("selection_rate", "true_positive_rate", "false_positive_rate")
    )
    values = {
        "demographic_parity_difference": selected[0],
        "demographic_parity_ratio": selected[1],
        "equal_opportunity_difference": found[0],
        "equalized_odds_difference": max(found[0], alarmed[0]),
        "equalized_odds_ratio": min(found[1], alarmed[1]),
        "worst_group_auprc": float("nan"),
    }
    positives = parts_of(mass, "true_positive_rate")[1]
    large = (mass.sum(axis=1) >= SMALLEST_GROUP) & (positives >= SMALLEST_GROUP / 2)
    qualities = []
    for code in np.flatnonzero(large):
        own = codes == code
        event = (y[own] == 1).astype(np.float64)
        qualities.append(ranking(event, score[own], np.ones(len(event)))[1])
    if len(qualities) > 1:
        values["worst_group_auprc"] = min(qualities)
    return values


def _spread(mass: Floats, name: str) -> tuple[float, float]:
    """Largest minus smallest value of a rate, and smallest over largest."""
    large = parts_of(mass.reshape(-1, N_OUTCOMES), name)[1] >= SMALLEST_GROUP
    if large.sum() < 2:
        return float("nan"), float("nan")
    values = share(mass[large], name)
    low, high = float(values.min()), float(values.max())
    return high - low, low / high if high > 0 else float("nan")
