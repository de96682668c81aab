"""Models compared at equal tolerance: cost of their decisions, and differences between groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, column_or_1d

from imbalance_kit._sklearn_compat import check_sample_weight
from imbalance_kit._tables.labels import read_single_labels
from imbalance_kit._tables.positive_class import category_order, positive_class
from imbalance_kit.fairness._decisions.expected_decisions import ExpectedDecisions
from imbalance_kit.fairness._decisions.group_curves import chances_by_group, curves_by_group
from imbalance_kit.fairness._decisions.threshold_rules import (
    CONSTRAINTS,
    cheapest_rules,
    require_defined_rates,
)
from imbalance_kit.fairness._groups.group_reading import GroupReader

_TOLERANCES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)


@dataclass(frozen=True)
class TradeoffCurve:
    """Cost and difference between groups of one model's scores, at each tolerance.

    Attributes
    ----------
    constraint : str
        What must not differ between groups.

    tolerance : ndarray of shape (n_tolerances,)
        The difference that was allowed where thresholds were chosen.

    cost : ndarray of shape (n_tolerances,)
        Expected cost of a decision on the test rows.

    violation : ndarray of shape (n_tolerances,)
        Largest difference of a rate between two groups there.

    cost_interval : ndarray of shape (n_tolerances, 2)
        Bootstrap interval of `cost`.

    violation_interval : ndarray of shape (n_tolerances, 2)
        Bootstrap interval of `violation`.

    unprocessed_cost : float
        Cost without a bound on differences.
    """

    constraint: str
    tolerance: np.ndarray
    cost: np.ndarray
    violation: np.ndarray
    cost_interval: np.ndarray
    violation_interval: np.ndarray
    unprocessed_cost: float


def tradeoff_curve(
    y_true: Any,
    y_score: Any,
    *,
    sensitive_features: Any,
    test: tuple | None = None,
    constraint: str = "equalized_odds",
    tolerances: Sequence[float] = _TOLERANCES,
    false_positive_cost: float = 1.0,
    false_negative_cost: float = 1.0,
    sample_weight: Any = None,
    n_bootstraps: int = 200,
    confidence_level: float = 0.95,
    random_state: Any = None,
    pos_label: Any = None,
) -> TradeoffCurve | dict[str, TradeoffCurve]:
    """Cost of the decisions of a model at each tolerance for differences between groups.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Classes of rows that the models were not trained on. Thresholds are chosen on these rows.

    y_score : array-like of shape (n_samples,) or dict
        Scores of the positive class. For several models, a dict of them by name: each model's
        bootstrap draws the same rows, so that curves compare.

    sensitive_features : array-like of shape (n_samples,) or (n_samples, n)
        Groups of the rows.

    test : tuple or None, default=None
        ``(y_true, y_score, sensitive_features)`` of other rows to measure the thresholds on. None
        measures them on the rows that chose them, which is too optimistic for all models.

    constraint : {"equalized_odds", "equal_opportunity", "false_positive_parity", \
"demographic_parity"}, default="equalized_odds"
        What must not differ between groups.

    tolerances : sequence of float
        From 0, no difference, to 1, anything.

    false_positive_cost : float, default=1.0
        Cost of a wrong positive decision.

    false_negative_cost : float, default=1.0
        Cost of a wrong negative decision.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows that choose thresholds.

    n_bootstraps : int, default=200
        Draws of the test rows. 0 gives intervals of NaN.

    confidence_level : float, default=0.95
        Of the intervals.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    pos_label : label, default=None
        The positive class. None stands for 1 of labels 0/1 or -1/1, for True, and for the higher
        one of ordered categories; other labels need it.

    Returns
    -------
    curve : TradeoffCurve or dict of TradeoffCurve
        One, or one by name.

    Raises
    ------
    ValueError
        If there are not two classes, it is not known which one is positive, or a group has no
        row of a class that its rates need.

    Notes
    -----
    Rules are those of :class:`FairThresholdClassifier`; drawn decisions count by their chance.
    Intervals are quantiles over rows drawn with replacement, for fixed thresholds: they show how
    well the rows determine cost and difference, not how else the model might have been trained.

    References
    ----------
    .. [1] A. F. Cruz, M. Hardt, "Unprocessing Seven Years of Algorithmic Fairness", International
       Conference on Learning Representations, 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import tradeoff_curve
    >>> rng = np.random.RandomState(0)
    >>> group = rng.randint(0, 2, size=1000)
    >>> y = (rng.uniform(size=1000) < 0.3 + 0.3 * group).astype(int)
    >>> score = rng.normal(size=1000) + y + group
    >>> curve = tradeoff_curve(
    ...     y, score, sensitive_features=group, tolerances=[0, 0.1, 1], random_state=0
    ... )
    >>> bool((np.diff(curve.cost) <= 1e-9).all())
    True
    """
    if constraint not in CONSTRAINTS:
        raise ValueError(f"constraint must be one of {sorted(CONSTRAINTS)}, got {constraint!r}.")
    named = isinstance(y_score, dict)
    models = y_score if named else {"": y_score}
    reader = GroupReader(None, "tradeoff_curve")
    labels = read_single_labels(y_true)
    classes = np.unique(labels)
    if len(classes) != 2:
        raise ValueError(f"y_true must have two classes, got {classes.tolist()}.")
    positive = positive_class(classes.tolist(), pos_label, order=category_order(y_true))
    weight = None
    if sample_weight is not None:
        weight = check_sample_weight(
            sample_weight, labels, dtype=np.float64, ensure_non_negative=True
        )
    groups = reader.learn(labels, sensitive_features)
    test_labels, test_models, test_groups = labels, models, groups
    if test is not None:
        test_labels = read_single_labels(test[0])
        test_models = test[1] if named else {"": test[1]}
        test_groups = reader.read(test_labels, test[2])
    # rows that chose the thresholds have the same weights where they are the test rows
    test_weight = weight if test is None else None
    costs = float(false_positive_cost), float(false_negative_cost)
    allowed = np.asarray(tolerances, dtype=np.float64)
    names = [groups.spell(group) for group in range(groups.n_groups)]
    # one seed for all models: their bootstraps draw the same rows
    seed = int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
    curves = {}
    for name, scores in models.items():
        of_groups = curves_by_group(_as_scores(scores, labels), labels == positive, groups, weight)
        require_defined_rates(of_groups, constraint, names)
        rules = [
            cheapest_rules(of_groups, constraint=bound, tolerance=float(tolerance), costs=costs)
            for bound, tolerance in [*((constraint, t) for t in allowed), (None, 1.0)]
        ]
        test_scores = _as_scores(test_models[name], test_labels)
        chances = np.column_stack(
            [chances_by_group(of_group, test_scores, test_groups) for of_group in rules]
        )
        decisions = ExpectedDecisions(
            chances, test_labels == positive, test_groups, CONSTRAINTS[constraint], costs
        )
        cost, violation = decisions.cost_and_violation(test_weight)
        drawn = decisions.bootstrap(n_bootstraps, seed, test_weight)
        curves[name] = TradeoffCurve(
            constraint,
            allowed,
            cost[:-1],
            violation[:-1],
            *_intervals(drawn, confidence_level, len(allowed)),
            float(cost[-1]),
        )
    return curves if named else curves[""]


def _as_scores(scores: Any, labels: np.ndarray) -> np.ndarray:
    scores = column_or_1d(scores).astype(np.float64)
    check_consistent_length(scores, labels)
    return scores


def _intervals(drawn: np.ndarray, level: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles of the draws for each tolerance, of the cost and of the difference."""
    if not len(drawn):
        return np.full((n, 2), np.nan), np.full((n, 2), np.nan)
    ends = np.quantile(drawn, [(1.0 - level) / 2.0, (1.0 + level) / 2.0], axis=0)
    return ends[:, 0, :n].T, ends[:, 1, :n].T
