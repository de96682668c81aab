"""A decision tuned on held-out rows, for any number of classes and for costs."""

import copy
import warnings
from collections.abc import Callable
from numbers import Integral
from typing import Any

import numpy as np
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.model_selection import TunedThresholdClassifierCV

from imbalance_kit._confusion import CONFUSION_METRICS
from imbalance_kit._held_out_rows import held_out_predictions
from imbalance_kit._sklearn_compat import HasMethods, StrOptions
from imbalance_kit._tables.labels import count
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.calibration._already_calibrated import state_of_probabilities
from imbalance_kit.calibration._tuning import Decided, DecidedOnly
from imbalance_kit.cost._base import (
    COST_MATRIX,
    LearnsCosts,
    bind_costs,
    check_price_columns,
    costs_of_rows,
)
from imbalance_kit.cost._decisions import class_weights
from imbalance_kit.cost._exponent_rule import best_rules, decide_by_rule
from imbalance_kit.cost._matrix import CostMatrix
from imbalance_kit.cost._multipliers import (
    ConfusionObjective,
    CostObjective,
    Objective,
    ScorerObjective,
    best_constant,
    best_of,
    decide,
    is_better,
    tune_multipliers,
)
from imbalance_kit.cost._row_costs import of_true_class

_LEVELS = np.linspace(0.0, 1.0, 65)
_NOT_REACHED = float(np.nextafter(1.0, 2.0))  # a threshold above every probability


class ThresholdedClassifierCV(LearnsCosts):
    """Tunes the decision on held-out rows: a threshold, or one multiplier per class.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``
        Cloned and fitted on all rows, once its decision is tuned. One that is fitted already is
        given as ``FrozenEstimator(estimator)`` and tuned on the rows given to ``fit``, which must
        not be those it was trained on.

    scoring : str or callable, default="balanced_accuracy"
        What the decision is tuned for: the name of one of scikit-learn's scorers of labels, or a
        scorer made by ``make_scorer``. One of probabilities or ranks, such as "roc_auc", is an
        error, since no decision changes it. Not used where costs are given.

    cost_matrix : CostMatrix, array-like, dict, "balanced" or None, default=None
        Tune for the least cost: rows are true classes, columns predicted classes. A CostMatrix
        may name columns of X that hold the prices of each row. None tunes for `scoring`.

    cv : int, splitter, iterable or None, default=5
        Folds that give each row a probability from a clone that was not fitted on it. A number
        means stratified folds, fewer where a class has fewer rows. None stands for five. A splitter
        of one split is a hold-out: the decision is tuned on its test rows alone, after one fit in
        place of one per fold. Of other splits that are no partition, the first that holds a row
        out predicts it. Splitters of groups read the `groups` given to ``fit``.

    store_cv_results : bool, default=False
        Whether to keep what was tried.

    n_jobs : int or None, default=None
        Folds at the same time.

    rule : {"multipliers", "exponent"}, default="multipliers"
        What is tuned. "exponent" is one number whatever the number of classes: the `e` of the
        decision for the largest ``probability / class share ** e``, between -2 and 2, and for two
        classes a threshold half-way between two probabilities. On few rows it overfits less. With
        more than two classes it moves no probability of 0, so that it may be worse than a constant
        decision. It needs one of the metrics named in the Notes, and takes no costs.

    Attributes
    ----------
    estimator_ : classifier
        The fitted estimator.

    multipliers_ : ndarray of shape (n_classes,)
        The decision is the class of the largest ``multiplier * probability``, and that of the
        largest multiplier where all of these are 0. A 1 among zeros decides for one class always.

    best_threshold_ : float
        Only with `classes_` of two: the second class is decided where its probability reaches it.

    best_exponent_ : float
        Only with `rule` "exponent" and more than two classes.

    best_score_ : float
        Value of the tuned decision on the held-out rows: of `scoring`, or minus the mean cost.

    cv_results_ : dict of ndarray
        Only with `store_cv_results`: "thresholds" and "scores" where a threshold was tuned for
        `scoring`, else "starts", "multipliers" and "scores" of each search.

    cost_matrix_ : CostMatrix
        Only with `cost_matrix`: the costs in the order of `classes_`, true classes as rows and
        predicted classes as columns.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X, where the estimator has it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    MinimumExpectedCostClassifier : No tuning, where probabilities can be trusted.

    imbalance_kit.calibration.correct_prior : Where probabilities come from resampled rows.

    Notes
    -----
    **Two classes and a scorer** are left to scikit-learn's ``TunedThresholdClassifierCV``, on the
    held-out probabilities of all folds together. It is given thresholds between quantiles of the
    probabilities of either class, where its own even steps would jump over a rare class, and so
    that a constant prediction is no error. Of equally good thresholds the one nearest to .5
    is taken.

    **Costs, or more classes**: the multiplier of one class after the other is improved until none
    can be. Along a coordinate each row changes its decision once, so every multiplier that makes
    a difference is tried, in O(n log n): exact for costs and for "accuracy", "balanced_accuracy",
    "f1_macro", "f1_weighted", "jaccard_macro", "matthews_corrcoef", "precision_macro" and
    "recall_macro". Another scorer is called at some fifty quantiles. The search starts from ones,
    from the inverse class shares and their square roots and, with costs, from their weights by
    class (the Bayes rule where errors on a class cost the same); on small tables it tries again
    from near the best. No factor moves a probability of 0, as trees and nearest neighbours give
    them, so the constant decisions are tried beside. The best is kept, which is never worse on the
    held-out rows than a start or a constant decision. For two classes and one of the exact
    objectives it is the best of all thresholds, for more classes an optimum along each
    coordinate. One multiplier per class cannot express every decision that a general matrix of
    costs calls for: :class:`MinimumExpectedCostClassifier` can.

    Nothing is drawn. ``predict_proba`` gives the estimator's probabilities, whatever the decision.
    ``score`` is what the decision was tuned for. Cost: one fit per fold and one on all rows.

    References
    ----------
    .. [1] N. Lachiche, P. Flach, "Improving Accuracy and Cost of Two-class and Multi-class
       Probabilistic Classifiers Using ROC Curves", International Conference on Machine Learning
       (ICML), 2003.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from sklearn.metrics import balanced_accuracy_score
    >>> from imbalance_kit.cost import ThresholdedClassifierCV
    >>> X, y = make_classification(
    ...     n_samples=3000, n_classes=3, n_informative=4, weights=[0.9, 0.07], random_state=0
    ... )
    >>> plain = LogisticRegression().fit(X, y)
    >>> model = ThresholdedClassifierCV(LogisticRegression()).fit(X, y)
    >>> gained = model.score(X, y) - balanced_accuracy_score(y, plain.predict(X))
    >>> bool(gained > 0.1)
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict_proba"])],
        "scoring": [StrOptions(set(get_scorer_names())), callable],
        "cost_matrix": [*COST_MATRIX, None],
        "cv": ["cv_object"],
        "store_cv_results": ["boolean"],
        "n_jobs": [Integral, None],
        "rule": [StrOptions({"multipliers", "exponent"})],
    }

    def __init__(
        self,
        estimator,
        *,
        scoring="balanced_accuracy",
        cost_matrix=None,
        cv=5,
        store_cv_results=False,
        n_jobs=None,
        rule="multipliers",
    ):
        self.estimator = estimator
        self.scoring = scoring
        self.cost_matrix = cost_matrix
        self.cv = cv
        self.store_cv_results = store_cv_results
        self.n_jobs = n_jobs
        self.rule = rule

    def score(self, X, y, sample_weight=None, cost=None):
        """What the decision was tuned for, on labelled rows.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        y : array-like of shape (n_samples,)
            True classes.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        cost : array-like of shape (n_samples, n_classes) or (n_samples, n_classes, n_classes), \
default=None
            Costs of these rows: of each decision, or full matrices with true classes as rows and
            predicted classes as columns.

        Returns
        -------
        score : float
            Of `scoring`, or minus the mean cost where there are costs; higher is better.
        """
        if cost is not None or self.cost_matrix is not None:
            return super().score(X, y, sample_weight, cost)
        given = {} if sample_weight is None else {"sample_weight": sample_weight}
        return get_scorer(self.scoring)(self, X, y, **given)

    def _learn(self, X, y, weight, params):
        cost = params.pop("cost", None)
        check_price_columns(self.cost_matrix, X, cost)
        held_out = held_out_predictions(
            self.estimator,
            X,
            y,
            cv=self.cv,
            params=params,
            n_jobs=self.n_jobs,
            # one number for all classes is tuned on the others as well
            every_class=self.rule != "exponent",
        )
        rows, proba = held_out.rows, held_out.predictions
        estimator = super()._learn(X, y, weight, params)
        classes = estimator.classes_
        y_encoded = np.searchsorted(classes, y)
        matrix = None
        if self.cost_matrix is not None:
            self.cost_matrix_ = matrix = bind_costs(self.cost_matrix, classes, y, weight)
        by_decision = _costs_by_decision(matrix, X, cost, y_encoded, len(classes))
        self._decides_by_threshold_ = False
        if self.rule == "exponent":
            if by_decision is not None:
                raise ValueError(
                    'rule="exponent" is tuned without costs. Give rule="multipliers" to tune for '
                    "the least cost."
                )
            self._tune_exponent(proba, y_encoded, weight, rows, len(classes))
            return estimator
        starts = _starts(y_encoded, by_decision, weight, classes)
        if rows is not None:
            X, y, y_encoded = take_rows(X, rows), y[rows], y_encoded[rows]
            weight, by_decision = _part(weight, rows), _part(by_decision, rows)
        self._decides_by_threshold_ = by_decision is None and len(classes) == 2
        if self._decides_by_threshold_:
            threshold = self._tune_threshold(proba, y, weight, classes)
            self.best_threshold_ = threshold
            self.multipliers_ = np.clip([threshold, 1.0 - threshold], 0.0, 1.0)
            return estimator
        if by_decision is not None:
            objective: Objective = CostObjective(by_decision, weight)
        elif isinstance(self.scoring, str) and self.scoring in CONFUSION_METRICS:
            metric = CONFUSION_METRICS[self.scoring]
            objective = ConfusionObjective(metric, y_encoded, len(classes), weight)
        else:
            score = self._score_of_decisions(X, y, weight, classes)
            objective = ScorerObjective(score, y_encoded)
        self._search(proba, objective, starts)
        if len(classes) == 2:
            first, second = self.multipliers_
            # where the first class is decided everywhere no probability may reach the threshold
            self.best_threshold_ = float(first / (first + second)) if second > 0 else _NOT_REACHED
        return estimator

    def _tune_exponent(
        self,
        proba: np.ndarray,
        y_encoded: np.ndarray,
        weight: np.ndarray | None,
        rows: np.ndarray | None,
        n_classes: int,
    ) -> None:
        if not isinstance(self.scoring, str) or self.scoring not in CONFUSION_METRICS:
            raise ValueError(
                'rule="exponent" is tuned for one of '
                f"{', '.join(sorted(CONFUSION_METRICS))}. Give one of these as `scoring`, or "
                'rule="multipliers".'
            )
        totals = count(y_encoded, n_classes, weight)
        self._shares_ = totals / totals.sum()
        if rows is not None:
            y_encoded, weight = y_encoded[rows], _part(weight, rows)
        metrics = {self.scoring: CONFUSION_METRICS[self.scoring]}
        best = best_rules(y_encoded, proba, self._shares_, metrics, weight)[self.scoring]
        self._rule_, self.best_score_ = best
        if n_classes == 2:
            self.best_threshold_ = self._rule_
            inside = np.clip(self._rule_, 0.0, 1.0)
            self.multipliers_ = np.array([inside, 1.0 - inside])
        else:
            self.best_exponent_ = self._rule_
            self.multipliers_ = np.maximum(self._shares_, 1e-12) ** -self._rule_

    def _state_of_probabilities(self) -> str | None:
        return state_of_probabilities(self.estimator)

    def _decide(self, proba):
        if self.rule == "exponent":
            return decide_by_rule(proba, self._shares_, self._rule_)
        if self._decides_by_threshold_:
            # a probability equal to the threshold is positive, as in scikit-learn; the first of
            # equal multiples would be the negative class
            return (proba[:, 1] >= self.best_threshold_).astype(np.intp)
        return decide(proba, self.multipliers_)

    def _search(
        self, proba: np.ndarray, objective: Objective, starts: dict[str, np.ndarray]
    ) -> None:
        """Set the best multipliers that any start leads to."""
        found = tune_multipliers(proba, objective, list(starts.values()))
        names = [*starts, *["kicks"][: len(found) - len(starts)]]
        constant = best_constant(objective, *proba.shape)
        if is_better(constant[1], max(value for _, value in found)):
            found.append(constant)
            names.append("a constant decision")
        self.multipliers_, self.best_score_ = found[best_of(found)]
        if self.store_cv_results:
            self.cv_results_ = {
                "starts": np.array(names),
                "multipliers": np.array([multipliers for multipliers, _ in found]),
                "scores": np.array([value for _, value in found]),
            }

    def _score_of_decisions(
        self, X: Any, y: np.ndarray, weight: np.ndarray | None, classes: np.ndarray
    ) -> Callable[[np.ndarray], float]:
        """`scoring` as a function of the positions decided for."""
        scorer = get_scorer(self.scoring)
        given = {} if weight is None else {"sample_weight": weight}

        def score(decisions: np.ndarray, as_model: type = Decided) -> float:
            decided = as_model(classes, decisions)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UndefinedMetricWarning)
                try:
                    return scorer(decided, X, y, **given)
                except AttributeError as problem:
                    raise ValueError(
                        f"scoring={self.scoring!r} must score predicted labels: a decision does "
                        "not change probabilities or scores. Use a scorer of labels, such as "
                        "'balanced_accuracy' or 'f1_macro', or give costs."
                    ) from problem

        for as_model in (Decided, DecidedOnly):
            score(np.searchsorted(classes, y), as_model)
        return score

    def _tune_threshold(
        self, proba: np.ndarray, y: np.ndarray, weight: np.ndarray | None, classes: np.ndarray
    ) -> float:
        """Leave two classes to scikit-learn, and of its equally good thresholds take one."""
        scorer = get_scorer(self.scoring)
        if not hasattr(scorer, "set_score_request"):
            raise ValueError(
                "For two classes `scoring` must be the name of a scorer or made by make_scorer; "
                f"got {self.scoring!r}."
            )
        # the tuner below hands labels to the metric of any scorer, also of one that asks for ranks
        self._score_of_decisions(proba, y, weight, classes)
        given = {}
        if weight is not None:
            given["sample_weight"] = weight
            with config_context(enable_metadata_routing=True):
                scorer = copy.deepcopy(scorer).set_score_request(sample_weight=True)
        thresholds = _thresholds(proba[:, 1], y == classes[1])
        tuner = TunedThresholdClassifierCV(
            _Probabilities(classes),
            scoring=scorer,
            thresholds=thresholds,
            response_method="predict_proba",
            cv="prefit",
            refit=False,
            store_cv_results=True,
        )
        with warnings.catch_warnings(), config_context(enable_metadata_routing=True):
            warnings.simplefilter("ignore", UndefinedMetricWarning)
            tuner.fit(proba, y, **given)
        scores = tuner.cv_results_["scores"]
        good = thresholds[scores >= scores.max() - 1e-12]
        tuner.best_threshold_ = threshold = good[np.abs(good - 0.5).argmin()]
        self.best_score_ = float(scores.max())
        if self.store_cv_results:
            self.cv_results_ = {"thresholds": thresholds, "scores": scores}
        # The scorer's positive class may be the first. Then decisions do not change at this
        # probability of the second class, but at one minus it.
        around = np.array([np.nextafter(threshold, -1.0), threshold])
        below, at = tuner.predict(np.column_stack([1.0 - around, around]))
        return float(threshold if below != at else np.nextafter(1.0 - threshold, 2.0))


def _costs_by_decision(
    matrix: CostMatrix | None, X: Any, cost: Any, y_encoded: np.ndarray, n_classes: int
) -> np.ndarray | None:
    """Cost of each decision by row, or None where no costs are given."""
    by_row = costs_of_rows(matrix, X, cost, len(y_encoded), n_classes)
    if by_row is not None:
        return of_true_class(by_row, y_encoded)
    return None if matrix is None else matrix.values[y_encoded]


def _starts(
    y_encoded: np.ndarray,
    by_decision: np.ndarray | None,
    weight: np.ndarray | None,
    classes: np.ndarray,
) -> dict[str, np.ndarray]:
    """Multipliers to begin with, by name."""
    n_classes = len(classes)
    class_weight_sum = count(y_encoded, n_classes, weight)
    starts = {"ones": np.ones(n_classes)}
    if not class_weight_sum.all():
        return starts
    inverse = class_weight_sum.sum() / class_weight_sum
    starts |= {"inverse class shares": inverse, "their square roots": np.sqrt(inverse)}
    if by_decision is None:
        return starts
    by_class = np.array(
        [
            np.average(by_decision[y_encoded == k], axis=0, weights=_part(weight, y_encoded == k))
            for k in range(n_classes)
        ]
    )
    try:
        surplus = class_weights(by_class, classes)
    except ValueError:  # a class on which wrong decisions cost less has no weight
        return starts
    return {"weights of the costs": surplus} | starts if surplus.all() else starts


def _part(weight: np.ndarray | None, rows: np.ndarray) -> np.ndarray | None:
    return None if weight is None else weight[rows]


def _thresholds(positive: np.ndarray, is_second: np.ndarray) -> np.ndarray:
    """Thresholds to try: few, but as dense as each class is.

    Halfway below quantiles of the second class and above those of the first, so that no rare row
    lies on a threshold; and one minus each, for scorers whose positive class is the first.
    """
    values = np.unique(positive)

    def places(rows: np.ndarray) -> np.ndarray:
        levels = np.quantile(positive[rows], _LEVELS, method="lower")
        return np.unique(np.searchsorted(values, levels))

    lower = np.concatenate([places(is_second) - 1, places(~is_second)])
    lower = lower[(lower >= 0) & (lower < len(values) - 1)]
    between = (values[lower] + values[lower + 1]) / 2.0
    # at the last all rows are of the first class
    fixed = [0.0, 0.5, 1.0, _NOT_REACHED]
    return np.unique(np.concatenate([fixed, between, 1.0 - between]))


class _Probabilities(ClassifierMixin, BaseEstimator):
    """A fitted classifier whose X are the probabilities themselves."""

    def __init__(self, classes_: np.ndarray) -> None:
        self.classes_ = classes_

    def fit(self, X: Any, y: Any) -> "_Probabilities":
        """Nothing to learn."""
        return self

    def predict_proba(self, X: Any) -> Any:
        """X itself."""
        return X

    def __sklearn_is_fitted__(self) -> bool:
        return True
