"""Fairness metrics of one set of predictions, for data sets that name sensitive columns."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from imbalance_kit.benchmark._metrics.stored_predictions import Encoded, Floats, Predictions
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


@dataclass(frozen=True)
class Spread:
    """Largest minus smallest value of a rate among groups, and smallest over largest."""

    difference: float
    ratio: float


@dataclass(frozen=True)
class GroupDifferences:
    """What differs between the groups of one sensitive column."""

    selection: Spread
    true_positive: Spread
    false_positive: Spread
    worst_auprc: float


@dataclass(frozen=True)
class GroupMetric:
    """A fairness metric. The worst of the sensitive columns counts.

    Attributes
    ----------
    name : str
        Of its column.
    label : str
        Heading of its column in tables.
    higher_is_better : bool
    of_rates : callable
        Takes :class:`GroupRates`.
    """

    name: str
    label: str
    higher_is_better: bool
    of_rates: Callable[[GroupDifferences], float]


_RECORDS = (
    GroupMetric(
        "equalized_odds_difference",
        "Equalised odds difference",
        False,
        lambda rates: max(rates.true_positive.difference, rates.false_positive.difference),
    ),
    GroupMetric(
        "equalized_odds_ratio",
        "ratio",
        True,
        lambda rates: min(rates.true_positive.ratio, rates.false_positive.ratio),
    ),
    GroupMetric(
        "equal_opportunity_difference",
        "Equal opportunity difference",
        False,
        lambda rates: rates.true_positive.difference,
    ),
    GroupMetric(
        "demographic_parity_difference",
        "Demographic parity difference",
        False,
        lambda rates: rates.selection.difference,
    ),
    GroupMetric("demographic_parity_ratio", "ratio", True, lambda rates: rates.selection.ratio),
    GroupMetric(
        "worst_group_auprc",
        "Worst group\N{RIGHT SINGLE QUOTATION MARK}s AUPRC",
        True,
        lambda rates: rates.worst_auprc,
    ),
)

GROUP_METRICS: dict[str, GroupMetric] = {metric.name: metric for metric in _RECORDS}


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
        values = [metric.of_rates(rates) for rates in columns]
        known = [value for value in values if np.isfinite(value)]
        choose = min if metric.higher_is_better else max
        worst[name] = choose(known) if known else float("nan")
    return worst


def _rates_of(predictions: Predictions, groups: Encoded) -> GroupDifferences:
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
    return GroupDifferences(
        _spread(counts, "selection_rate"),
        _spread(counts, "true_positive_rate"),
        _spread(counts, "false_positive_rate"),
        worst_auprc=min(auprc) if len(auprc) > 1 else float("nan"),
    )


def _spread(counts: Floats, name: str) -> Spread:
    large = parts_of(counts.reshape(-1, N_OUTCOMES), name)[1] >= SMALLEST_GROUP
    if large.sum() < 2:
        return Spread(float("nan"), float("nan"))
    values = share(counts[large], name)
    low, high = float(values.min()), float(values.max())
    return Spread(high - low, low / high if high > 0 else float("nan"))
