"""The decision of least expected cost."""

import warnings
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from imbalance_kit._held_out_rows import fitted_on_splits, is_partition, splits_of
from imbalance_kit._meta_estimator import require_fitted, with_whole_arguments
from imbalance_kit._sklearn_compat import HasMethods, StrOptions
from imbalance_kit.calibration._already_calibrated import (
    ADAPTED,
    CALIBRATED,
    name_of,
    state_of_probabilities,
)
from imbalance_kit.cost._base import COST_MATRIX, CostWrapper, bind_costs, check_price_columns
from imbalance_kit.cost._choice_of_calibration import (
    calibrated_models,
    chosen_calibration,
    held_out_scores,
)
from imbalance_kit.cost._decisions import cheapest, mean_over_classes
from imbalance_kit.cost._matrix import warn_of_dominated
from imbalance_kit.cost._row_costs import check_cost


class MinimumExpectedCostClassifier(CostWrapper):
    """Decides for the class of least expected cost, given the estimator's probabilities.

    Parameters
    ----------
    estimator : classifier
        Cloned and fitted as it is; costs change decisions alone. One that is fitted already is
        given as ``FrozenEstimator(estimator)``.

    cost_matrix : CostMatrix, array-like, dict or "balanced", default="balanced"
        What decisions cost: rows are true classes, columns predicted classes. A dict holds the
        cost of any error on a row of a class, "balanced" makes that inverse to the class counts. A
        CostMatrix may name columns of X that hold the prices of each row.

    calibration : {"auto", "sigmoid", "isotonic", "temperature"} or None, default="auto"
        How scikit-learn's ``CalibratedClassifierCV`` calibrates the estimator first; "temperature"
        needs scikit-learn 1.8. None takes its probabilities as they are, and fits it once. "auto"
        is "sigmoid" where that lowers the log loss of held-out predictions by more than chance, and
        None elsewhere.

    cv : int, splitter, iterable or None, default=5
        Folds for the calibration, and for the choice of it. A number means stratified folds, fewer
        where a class has fewer rows. None stands for five. Splitters of groups read the `groups`
        given to ``fit``.

    ensemble : bool, default=True
        Whether the calibrated estimator is the mean of one per fold, each calibrated on the rows
        that it was not fitted on, or one that is fitted on all rows and calibrated by predictions
        out of fold, which decides in a fraction of the time. Not used for a ``FrozenEstimator``,
        nor where probabilities are taken as they are: that is one estimator fitted on all rows.

    n_jobs : int or None, default=None
        Folds at the same time.

    Attributes
    ----------
    estimator_ : classifier
        The fitted estimator, or the calibrated one.

    calibration_ : {"sigmoid", "isotonic", "temperature"} or None
        The calibration in use: what "auto" chose, or what was given.

    cost_matrix_ : CostMatrix
        The costs in the order of `classes_`: rows are true classes, columns predicted classes.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X, where the estimator has it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    CostSensitiveClassifier : Costs in training, for estimators without good probabilities.

    ThresholdedClassifierCV : The decision tuned on held-out rows.

    Notes
    -----
    With probabilities that are right, no other rule has a lower expected cost [1]_. So this is the
    first thing to try, and calibration matters more than the learner's own decisions: full-grown
    trees, and boosted ones on few rare rows, are over-confident, and a model trained on resampled
    or weighted rows overestimates the rare class.

    Calibration harms an estimator that suits its table. So "auto" fits the estimator on the folds,
    and compares the log losses of its held-out predictions as they are and as a sigmoid calibrates
    them that was fitted on those of the other folds (for a ``FrozenEstimator``, of other fifths of
    the rows). The sigmoid is taken if its mean gain, weighted where weights are given, exceeds one
    standard error of the differences between rows. It then uses the same fits of the estimator,
    and the result is that of ``calibration="sigmoid"``; else that of ``calibration=None``. An
    estimator without ``predict_proba`` is always calibrated. Where a class of a
    ``FrozenEstimator`` has fewer than two rows, probabilities stay as they are. "temperature" and
    "isotonic" are not chosen: with them among the candidates decisions cost about as much, and on
    some small tables the log loss was twice that of the estimator alone.

    On 15 tables under five learners (``benchmarks/studies/default_calibration.py``) decisions cost
    3 % less than under "sigmoid" with two classes, and 2 % less with more. They cost .01 more than
    without calibration in 16 and 6 % of the cases, instead of 32 and 34 %. A fit takes about twice
    as long as with "sigmoid" for learners as quick as naive Bayes, and little longer for slow ones.

    An estimator whose probabilities are corrected for other class shares, such as an adapted
    :class:`~imbalance_kit.calibration.LabelShiftClassifier`, needs ``calibration=None``:
    calibration on y would undo the correction, and held-out rows of y say nothing against it. There
    is a warning, and also where probabilities that are calibrated already are calibrated again.

    With ``ensemble=False`` a decision takes a fifth to a ninth of the time, and fitting the same.
    On tables of 18 sources the mean of five saved one to two hundredths more of the cost with
    logistic regression, naive Bayes and LightGBM, which may be chance, and three to eight with
    single trees, which it makes a bag of (``benchmarks/bench_cost_calibration.py``). So the mean is
    the default, and ``ensemble=False`` is for decisions row by row.

    ``predict_proba`` gives the (calibrated) probabilities themselves, whatever the costs, so
    ``predict`` is not their argmax. Of decisions that cost the same the first class is taken.

    Costs of rows at prediction, whose true class is unknown, are full matrices: from
    columns of X that a :class:`CostMatrix` names, or as `cost`, by metadata routing
    (``set_predict_request(cost=True)``) where a pipeline or search stands between. ``score`` is
    minus the mean cost.

    Prediction takes O(n_samples * n_classes ** 2) on top of the estimator's.

    References
    ----------
    .. [1] C. Elkan, "The Foundations of Cost-Sensitive Learning", International Joint Conference
       on Artificial Intelligence, 2001.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.linear_model import LogisticRegression
    >>> from imbalance_kit.cost import MinimumExpectedCostClassifier
    >>> X, y = make_classification(n_samples=2000, weights=[0.95], random_state=0)
    >>> plain = LogisticRegression().fit(X, y)
    >>> model = MinimumExpectedCostClassifier(
    ...     LogisticRegression(), cost_matrix=[[0, 1], [20, 0]]
    ... ).fit(X, y)
    >>> bool((model.predict(X) == 1).sum() > (plain.predict(X) == 1).sum())
    True
    >>> bool((model.predict(X) == (model.predict_proba(X)[:, 1] > 1 / 21)).all())
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "cost_matrix": COST_MATRIX,
        "calibration": [StrOptions({"auto", "sigmoid", "isotonic", "temperature"}), None],
        "cv": ["cv_object"],
        "ensemble": ["boolean"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        estimator,
        *,
        cost_matrix="balanced",
        calibration="auto",
        cv=5,
        ensemble=True,
        n_jobs=None,
    ):
        self.estimator = estimator
        self.cost_matrix = cost_matrix
        self.calibration = calibration
        self.cv = cv
        self.ensemble = ensemble
        self.n_jobs = n_jobs

    def decision_cost(self, X, cost=None):
        """Expected cost of each decision.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        cost : array-like of shape (n_samples, n_classes, n_classes), default=None
            Costs of these rows in place of `cost_matrix`: true classes as rows, predicted classes
            as columns.

        Returns
        -------
        expected : ndarray of shape (n_samples, n_classes)
            One column per predicted class.
        """
        proba = self.predict_proba(X)
        if cost is not None:
            return mean_over_classes(proba, check_cost(cost, *proba.shape, full=True))
        return self.cost_matrix_.expected(proba, X)

    def predict(self, X, cost=None):
        """Class of least expected cost for each row.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        cost : array-like of shape (n_samples, n_classes, n_classes), default=None
            Costs of these rows in place of `cost_matrix`: true classes as rows, predicted classes
            as columns.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        require_fitted(self, "estimator_")
        if cost is not None or self.cost_matrix_.reads_columns:
            return self.classes_[cheapest(self.decision_cost(X, cost))]
        return super().predict(X)

    def _decide(self, proba):
        return cheapest(self.cost_matrix_.expected(proba))

    def _learn(self, X, y, weight, params):
        check_price_columns(self.cost_matrix, X)
        self.calibration_ = self.calibration
        state = state_of_probabilities(self.estimator)
        if self.calibration is not None and (self.calibration != "auto" or state == ADAPTED):
            self._warn_of_two_calibrations(state)
        if self.calibration is None:
            estimator = super()._learn(X, y, weight, params)
        elif self.calibration == "auto":
            estimator = self._learn_by_choice(X, y, weight, params)
            if self.calibration_ is not None and state == CALIBRATED:
                self._warn_of_two_calibrations(state)
        else:
            estimator = self._learn_calibrated(X, y, params)
        self.cost_matrix_ = bind_costs(self.cost_matrix, estimator.classes_, y, weight)
        warn_of_dominated(self.cost_matrix_)
        return estimator

    def _learn_calibrated(self, X: Any, y: np.ndarray, params: dict[str, Any]) -> Any:
        """The estimator under the calibration that was asked for."""
        folds = self.cv  # not used for a frozen one
        frozen = isinstance(self.estimator, FrozenEstimator)
        if not frozen:
            folds, params = splits_of(self.estimator, X, y, cv=self.cv, params=params)
            if not self.ensemble and not is_partition(folds, len(y)):
                raise ValueError(
                    "ensemble=False calibrates by one prediction for each row, so every row "
                    "must be held out once; the splits of cv hold out some rows never or "
                    "twice. Give folds, or ensemble=True."
                )
        inner, params = with_whole_arguments(self.estimator, params, len(y))
        return CalibratedClassifierCV(
            inner,
            method=self.calibration,
            cv=folds,
            n_jobs=self.n_jobs,
            ensemble="auto" if frozen else self.ensemble,
        ).fit(X, y, **params)

    def _learn_by_choice(
        self, X: Any, y: np.ndarray, weight: np.ndarray | None, params: dict[str, Any]
    ) -> Any:
        """The estimator under the calibration that helps, or as it is."""
        classes, folds = np.unique(y), self.cv
        frozen = isinstance(self.estimator, FrozenEstimator)
        if frozen:
            models, tested = [self.estimator], [np.arange(len(y))]
        else:
            folds, of_models = splits_of(self.estimator, X, y, cv=self.cv, params=params)
            tested = [test for _, test in folds]
            models = fitted_on_splits(
                self.estimator, X, y, splits=folds, params=of_models, n_jobs=self.n_jobs
            )
        self.calibration_ = None
        if all(np.array_equal(model.classes_, classes) for model in models):
            held_out = held_out_scores(models, X, tested)
            self.calibration_ = chosen_calibration(held_out, y, weight, classes)
        if self.calibration_ is None:
            return super()._learn(X, y, weight, params)
        one = frozen or not self.ensemble
        if one:
            models = [super()._learn(X, y, weight, params)]
            parts = [held_out.of(held_out.first_of_each_row())]
        else:
            parts = [held_out.of(held_out.split == number) for number in range(len(models))]
        form = CalibratedClassifierCV(
            self.estimator, method=self.calibration_, cv=folds, n_jobs=self.n_jobs, ensemble=not one
        )
        return calibrated_models(form, models, parts, y, weight, classes)

    def _warn_of_two_calibrations(self, state: str | None) -> None:
        """Warn where the estimator's probabilities should be taken as they are."""
        if state is None:
            return
        is_now, effect = "calibrated", "calibrates them once more"
        if state == ADAPTED:
            is_now = "corrected for other class shares than those of y"
            effect = "would bring those of y back"
        warnings.warn(
            f"Probabilities of {name_of(self.estimator)} are {is_now}, and "
            f"calibration={self.calibration!r} {effect}. Give calibration=None, which takes them "
            "as they are.",
            UserWarning,
            stacklevel=4,
        )

    def _state_of_probabilities(self) -> str | None:
        if getattr(self, "calibration_", self.calibration) is not None:
            return CALIBRATED
        state = state_of_probabilities(getattr(self, "estimator_", self.estimator))
        return CALIBRATED if self.calibration == "auto" and state is None else state

    def _predict_to_score(self, X: Any, cost: Any) -> np.ndarray:
        # costs of decisions alone presume the true class, which a decision must not be made by
        return self.predict(X, cost if np.ndim(cost) == 3 else None)
