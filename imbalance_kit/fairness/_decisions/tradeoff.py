"""Models compared at equal tolerance: cost of their decisions, and differences between groups."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, column_or_1d

from imbalance_kit._sklearn_compat import check_sample_weight
from imbalance_kit._tables.labels import read_single_labels
from imbalance_kit._tables.positive_class import category_order, positive_class
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit.fairness._decisions.expected_decisions import (
    ExpectedDecisions,
    largest_difference,
)
from imbalance_kit.fairness._decisions.group_curves import chances_by_group, curves_by_group
from imbalance_kit.fairness._decisions.threshold_rules import (
    CONSTRAINTS,
    cheapest_rules,
    require_defined_rates,
)
from imbalance_kit.fairness._decisions.tradeoff_display import TradeoffCurve
from imbalance_kit.fairness._groups.group_errors import error_limits, widened
from imbalance_kit.fairness._groups.group_reading import GroupReader

_TOLERANCES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)


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
    Intervals come from rows drawn with replacement, for fixed thresholds: they show how well the
    rows determine cost and difference, not how else the model might have been trained. That of the
    difference accounts for the choice of the two groups that lie furthest apart, so it holds 0 as
    often as stated where groups do not differ; see :func:`group_report`.

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
    warn_of_other_order(
        y_true,
        sensitive_features=sensitive_features,
        sample_weight=sample_weight,
        **{f"y_score {name!r}" if name else "y_score": scores for name, scores in models.items()},
        stacklevel=3,
    )
    if test is not None:
        warn_of_other_order(test[0], **{"test[1]": test[1], "test[2]": test[2]}, stacklevel=3)
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
        cost, rates = decisions.cost_and_rates(test_weight)
        costs_drawn, rates_drawn = decisions.bootstrap(n_bootstraps, seed, test_weight)
        n = len(allowed)
        violation = largest_difference(rates)
        curves[name] = TradeoffCurve(
            constraint,
            allowed,
            cost[:-1],
            violation[:-1],
            _cost_intervals(cost[:n], costs_drawn, confidence_level),
            _violation_intervals(
                rates[:, :n], decisions.sizes(test_weight), rates_drawn, confidence_level, seed
            ),
            float(cost[-1]),
        )
    return curves if named else curves[""]


def _as_scores(scores: Any, labels: np.ndarray) -> np.ndarray:
    scores = column_or_1d(scores).astype(np.float64)
    check_consistent_length(scores, labels)
    return scores


def _cost_intervals(cost: np.ndarray, drawn: np.ndarray, level: float) -> np.ndarray:
    """Quantiles of the draws for each tolerance."""
    if not len(drawn):
        return np.full((len(cost), 2), np.nan)
    ends = np.quantile(drawn[:, : len(cost)], [(1.0 - level) / 2.0, (1.0 + level) / 2.0], axis=0)
    # a few draws may all lie on one side
    return np.column_stack([np.minimum(ends[0], cost), np.maximum(ends[1], cost)])


def _violation_intervals(
    rates: np.ndarray, sizes: np.ndarray, drawn: np.ndarray, level: float, seed: int
) -> np.ndarray:
    """The largest difference of each tolerance, less and more the groups' errors in the draws."""
    n = rates.shape[1]
    if not len(drawn):
        return np.full((n, 2), np.nan)
    rng = np.random.RandomState(seed)
    ends = []
    for rule, found in enumerate(largest_difference(rates)):
        known = np.isfinite(rates[:, rule]).all(axis=0)
        if known.sum() < 2:
            ends.append((np.nan, np.nan))
            continue
        value, size = rates[:, rule, known], sizes[:, known]
        # a group without rows in a draw has no error there
        errors = np.nan_to_num(drawn[:, :, rule, known] - value)
        below, above = error_limits(widened(errors, value, size, rng), level)
        ends.append((max(found - below, 0.0), min(found + above, 1.0)))
    return np.array(ends).reshape(n, 2)
