"""Models compared at equal tolerance: thresholds by group undone, and done again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.frozen import FrozenEstimator
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, column_or_1d

from imbalance_kit._sklearn_compat import check_sample_weight
from imbalance_kit._tables.labels import read_single_labels
from imbalance_kit.fairness._decisions.group_thresholds import (
    FairThresholdClassifier,
    curves_by_group,
)
from imbalance_kit.fairness._decisions.threshold_rules import (
    RATES,
    Rule,
    cheapest_rules,
    require_rates,
)
from imbalance_kit.fairness._groups import GroupReader, Groups

_TOLERANCES = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)


def unprocess(
    estimator: Any,
    X: Any,
    y: Any,
    *,
    sensitive_features: Any,
    sample_weight: Any = None,
    false_positive_cost: float = 1.0,
    false_negative_cost: float = 1.0,
) -> FairThresholdClassifier:
    """Take a model's own trade between cost and fairness back, by its best thresholds.

    Parameters
    ----------
    estimator : fitted classifier with ``predict_proba`` or ``decision_function``
        Any model of two classes, whether it was trained to be fair or not.

    X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
        Rows that the model was not trained on.

    y : array-like of shape (n_samples,)
        Their classes.

    sensitive_features : array-like, str or int
        Groups of the rows, one entry (or line) for each; or a column of X, by name or position.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    false_positive_cost : float, default=1.0
        Cost of a wrong positive decision.

    false_negative_cost : float, default=1.0
        Cost of a wrong negative decision.

    Returns
    -------
    model : FairThresholdClassifier
        Fitted, with ``constraint=None``: each group has its cheapest threshold.

    Raises
    ------
    ValueError
        If there are more than two classes, or the estimator gives no scores.

    Notes
    -----
    A model trained for fairness and one that was not stand at different points of their own
    curves, so their accuracies do not compare. Without the groups' thresholds both show the most
    that their scores can do; :func:`tradeoff_curve` then takes both to the same tolerance. Most
    often the curve of the most accurate model lies below those of all others.

    References
    ----------
    .. [1] A. F. Cruz, M. Hardt, "Unprocessing Seven Years of Algorithmic Fairness", International
       Conference on Learning Representations, 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbalance_kit.fairness import unprocess
    >>> rng = np.random.RandomState(0)
    >>> group = rng.randint(0, 2, size=1000)
    >>> y = (rng.uniform(size=1000) < 0.3 + 0.3 * group).astype(int)
    >>> X = rng.normal(size=(1000, 1)) + y[:, None]
    >>> blind = LogisticRegression().fit(X[::2], y[::2])
    >>> best = unprocess(blind, X[1::2], y[1::2], sensitive_features=group[1::2])
    >>> bool(best.cost_ <= 1 - blind.score(X[1::2], y[1::2]))
    True
    """
    named = isinstance(sensitive_features, str | int)
    model = FairThresholdClassifier(
        FrozenEstimator(estimator),
        constraint=None,
        false_positive_cost=false_positive_cost,
        false_negative_cost=false_negative_cost,
        sensitive_features=sensitive_features if named else None,
        random_state=0,
    )
    given = {} if named else {"sensitive_features": sensitive_features}
    return model.fit(X, y, sample_weight, **given)


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
        Expected cost of a decision on the rows that judge.

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
) -> TradeoffCurve | dict[str, TradeoffCurve]:
    """What decisions of a model cost at each tolerance for differences between groups.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        Classes of rows that the models were not trained on; the second of the sorted labels is
        the positive one. Thresholds are chosen on these rows.

    y_score : array-like of shape (n_samples,) or dict
        Scores of the positive class. For several models, a dict of them by name: each model's
        bootstrap draws the same rows, so that curves compare.

    sensitive_features : array-like of shape (n_samples,) or (n_samples, n)
        Groups of the rows.

    test : tuple or None, default=None
        ``(y_true, y_score, sensitive_features)`` of other rows that judge the thresholds. None
        judges them on the rows that chose them, which flatters all models.

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
        Draws of the judging rows. 0 gives intervals of NaN.

    confidence_level : float, default=0.95
        Of the intervals.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws.

    Returns
    -------
    curve : TradeoffCurve or dict of TradeoffCurve
        One, or one by name.

    Raises
    ------
    ValueError
        If there are not two classes, or a group has no row of a class that its rates need.

    Notes
    -----
    Rules are those of :class:`FairThresholdClassifier`; drawn decisions count by their chance.
    Intervals are quantiles over rows drawn with replacement, for fixed thresholds: they show how
    well the rows judge, not how else the model might have been trained.

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
    if constraint not in RATES:
        raise ValueError(f"constraint must be one of {sorted(RATES)}, got {constraint!r}.")
    named = isinstance(y_score, dict)
    models = y_score if named else {"": y_score}
    reader = GroupReader(None, "tradeoff_curve")
    labels = read_single_labels(y_true)
    classes = np.unique(labels)
    if len(classes) != 2:
        raise ValueError(f"y_true must have two classes, got {classes.tolist()}.")
    weight = None
    if sample_weight is not None:
        weight = check_sample_weight(
            sample_weight, labels, dtype=np.float64, ensure_non_negative=True
        )
    groups = reader.learn(labels, sensitive_features)
    judged, scores_of_judged, judging = labels, models, groups
    if test is not None:
        judged = read_single_labels(test[0])
        scores_of_judged = test[1] if named else {"": test[1]}
        judging = reader.read(judged, test[2])
    costs = float(false_positive_cost), float(false_negative_cost)
    asked = np.asarray(tolerances, dtype=np.float64)
    names = [groups.spell(group) for group in range(groups.n_groups)]
    seed = int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
    curves = {}
    for name, scores in models.items():
        own = _as_scores(scores, labels)
        found = curves_by_group(own, labels == classes[1], groups, weight)
        require_rates(found, constraint, names)
        rules = [
            cheapest_rules(found, constraint=bound, tolerance=float(tolerance), costs=costs)
            for bound, tolerance in [*((constraint, t) for t in asked), (None, 1.0)]
        ]
        chances = _chances(rules, _as_scores(scores_of_judged[name], judged), judging)
        judge = _Judge(chances, judged == classes[1], judging, RATES[constraint], costs)
        # rows that chose the thresholds count there as they do here
        cost, violation = judge(weight if test is None else None)
        drawn = judge.bootstrap(n_bootstraps, seed, weight if test is None else None)
        curves[name] = TradeoffCurve(
            constraint,
            asked,
            cost[:-1],
            violation[:-1],
            *_intervals(drawn, confidence_level, len(asked)),
            float(cost[-1]),
        )
    return curves if named else curves[""]


def _as_scores(scores: Any, labels: np.ndarray) -> np.ndarray:
    scores = column_or_1d(scores).astype(np.float64)
    check_consistent_length(scores, labels)
    return scores


def _chances(rules: Sequence[Sequence[Rule]], scores: np.ndarray, groups: Groups) -> np.ndarray:
    """Chance of a positive decision by row and rule."""
    chances = np.empty((len(scores), len(rules)))
    for group in range(groups.n_groups):
        rows = groups.rows_of(group)
        for position, of_groups in enumerate(rules):
            chances[rows, position] = of_groups[group].chance(scores[rows])
    return chances


class _Judge:
    """Expected cost and largest difference of rates, for any weights of the rows."""

    def __init__(
        self,
        chances: np.ndarray,
        positive: np.ndarray,
        groups: Groups,
        rates: tuple[str, ...],
        costs: tuple[float, float],
    ) -> None:
        self._cells = groups.of_row * 2 + positive
        # rows with the same chances in the same cell are one row, drawn as often
        table = np.column_stack([self._cells, chances])
        kinds, self._place = np.unique(table, axis=0, return_inverse=True)
        self._place = self._place.ravel()
        self._of_kind = kinds[:, 0].astype(np.intp)
        self._chances = kinds[:, 1:]
        self._n_groups, self._rates, self._costs = groups.n_groups, rates, costs

    def __call__(self, weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        mass = np.bincount(self._place, weights=weight, minlength=len(self._of_kind))
        return self._judge(mass)

    def _judge(self, mass: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shape = (2 * self._n_groups, self._chances.shape[1])
        accepted = np.zeros(shape)
        np.add.at(accepted, self._of_kind, mass[:, None] * self._chances)
        size = np.bincount(self._of_kind, weights=mass, minlength=shape[0])
        false, true = accepted[0::2], accepted[1::2]
        negatives, positives = size[0::2, None], size[1::2, None]
        cost = self._costs[0] * false + self._costs[1] * (positives - true)
        with np.errstate(invalid="ignore", divide="ignore"):
            found = {
                "false_positive": false / negatives,
                "true_positive": true / positives,
                "selection": (false + true) / (negatives + positives),
            }
        gaps = [np.nanmax(found[rate], 0) - np.nanmin(found[rate], 0) for rate in self._rates]
        return cost.sum(axis=0) / size.sum(), np.max(gaps, axis=0)

    def bootstrap(self, n_draws: int, seed: int, weight: np.ndarray | None) -> np.ndarray:
        """Both figures for rows drawn with replacement, shape (n_draws, 2, n_rules)."""
        rng = np.random.RandomState(seed)
        n_rows = len(self._place)
        drawn = []
        for _ in range(n_draws):
            times = np.bincount(rng.randint(n_rows, size=n_rows), minlength=n_rows)
            drawn.append(self(times if weight is None else times * weight))
        return np.array(drawn)


def _intervals(drawn: np.ndarray, level: float, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Quantiles of the draws for each tolerance, of the cost and of the difference."""
    if not len(drawn):
        return np.full((n, 2), np.nan), np.full((n, 2), np.nan)
    ends = np.quantile(drawn, [(1.0 - level) / 2.0, (1.0 + level) / 2.0], axis=0)
    return ends[:, 0, :n].T, ends[:, 1, :n].T
