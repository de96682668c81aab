"""Fairness metrics of one set of predictions, for data sets that name sensitive columns."""

from dataclasses import dataclass

import numpy as np

from imbalance_kit.benchmark._metrics.stored_predictions import Encoded, Floats, Predictions
from imbalance_kit.fairness._audit.gaps import GAPS, Gap
from imbalance_kit.fairness._audit.group_scores import ranking
from imbalance_kit.fairness._audit.rates import (
    N_OUTCOMES,
    outcome_weights,
    outcomes,
    parts_of,
    share,
)

#: Groups with fewer rows to take a rate of are left out of it: a few rows make any difference.
SMALLEST_GROUP = 20
_RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")


@dataclass(frozen=True)
class GroupMetric:
    """A gap between groups as a column of tables. The worst of the sensitive columns counts.

    Attributes
    ----------
    gap : Gap
        What is computed, and in which direction it is better.
    label : str
        Heading of its column in tables; a ratio stands beside the difference of the same rates.
    """

    gap: Gap
    label: str


GROUP_METRICS: dict[str, GroupMetric] = {
    name: GroupMetric(GAPS[name], "ratio" if GAPS[name].compares == "ratio" else GAPS[name].label)
    for name in (
        "equalized_odds_difference",
        "equalized_odds_ratio",
        "equal_opportunity_difference",
        "demographic_parity_difference",
        "demographic_parity_ratio",
        "worst_group_auprc",
    )
}


def measure_fairness(predictions: Predictions) -> dict[str, float]:
    """Differences and ratios between groups, the worst over the sensitive columns.

    The rarest class, code 1, is the positive one. NaN for more than two classes, without sensitive
    columns, and where fewer than two groups are large enough.
    """
    if predictions.n_classes != 2 or not predictions.sensitive_groups:
        return dict.fromkeys(GROUP_METRICS, float("nan"))
    columns = [_rates_of(predictions, groups) for groups in predictions.sensitive_groups]
    worst = {}
    for name, metric in GROUP_METRICS.items():
        values = [metric.gap.of(rates) for rates in columns]
        known = [value for value in values if np.isfinite(value)]
        choose = min if metric.gap.greater_is_better else max
        worst[name] = choose(known) if known else float("nan")
    return worst


def _rates_of(predictions: Predictions, groups: Encoded) -> dict[str, Floats]:
    """Rates of the groups that are large enough for each."""
    groups = groups.astype(np.intp)
    n_groups = int(groups.max()) + 1
    y, score = predictions.y_encoded, predictions.proba[:, 1]
    counts = outcome_weights(groups, n_groups, outcomes(y == 1, predictions.decision == 1), None)
    positives = parts_of(counts, "true_positive_rate")[1]
    large = (counts.sum(axis=1) >= SMALLEST_GROUP) & (positives >= SMALLEST_GROUP / 2)
    auprc = []
    for group in np.flatnonzero(large):
        rows = groups == group
        event = (y[rows] == 1).astype(np.float64)
        auprc.append(ranking(event, score[rows], np.ones(len(event)))[1])
    shares = {name: _of_large_groups(counts, name) for name in _RATES}
    return {**shares, "auprc": np.array(auprc)}


def _of_large_groups(counts: Floats, name: str) -> Floats:
    large = parts_of(counts.reshape(-1, N_OUTCOMES), name)[1] >= SMALLEST_GROUP
    return share(counts[large], name)
