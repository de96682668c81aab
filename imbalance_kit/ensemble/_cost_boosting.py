"""Boosting where errors on some classes cost more than on others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from imbalance_kit._sampling.strategy import resolve_targets
from imbalance_kit._sklearn_compat import StrOptions
from imbalance_kit.ensemble._boosting import (
    BaseBoosting,
    BoostingState,
    bounded_exp,
    initial_weight,
    normalised,
)
from imbalance_kit.ensemble._loop.base import constraints_without


def class_costs(costs: Any, classes: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Cost of an error on a row of each class.

    Parameters
    ----------
    costs : {"inverse", "log1p-inverse", "uniform"} or dict
        As documented in the classifiers.

    classes : ndarray of shape (n_classes,)
        Labels.

    prior : ndarray of shape (n_classes,)
        Class shares.

    Returns
    -------
    cost : ndarray of shape (n_classes,)
    """
    if isinstance(costs, Mapping):
        unknown = [label for label in costs if label not in classes.tolist()]
        absent = [label for label in classes.tolist() if label not in costs]
        if unknown or absent:
            raise ValueError(
                f"costs needs one entry for each class of y, {classes.tolist()}; "
                f"not in y: {unknown}, not in costs: {absent}."
            )
        cost = np.array([costs[label] for label in classes.tolist()], dtype=np.float64)
        if not (np.isfinite(cost).all() and (cost > 0).all()):
            raise ValueError(f"costs must be positive and finite; got {costs}.")
        return cost
    if costs == "uniform":
        return np.ones(len(prior))
    inverse = prior.max() / prior
    return inverse if costs == "inverse" else np.log1p(inverse)


@dataclass(frozen=True)
class Costs:
    """What errors cost.

    Attributes
    ----------
    by_class : ndarray of shape (n_classes,)
        Cost of an error on a row of each class.

    matrix : ndarray of shape (n_classes, n_classes) or None
        Cost of predicting a class (rows) for another (columns), where a method looks at both.
    """

    by_class: np.ndarray
    matrix: np.ndarray | None = None


@dataclass(frozen=True, kw_only=True)
class CostState(BoostingState):
    """Where boosting by costs stands."""

    costs: Costs


class CostBoosting(BaseBoosting):
    """Every learner sees all rows, and the weights alone differ."""

    _parameter_constraints: dict = {
        **constraints_without(BaseBoosting, "sampling_strategy"),
        "costs": [StrOptions({"inverse", "log1p-inverse", "uniform"}), dict],
    }
    _resamples = False
    _costs: Costs  # fitted: probabilities are corrected for what the learners saw by them
    costs: Any

    def _targets(self, y: np.ndarray) -> dict:
        resolve_targets({}, y, "under-sampling")  # two classes at least
        return {}

    def _begin(self, fitting, rng):
        costs = self._read_costs()
        weight = initial_weight(fitting)
        factor = self._first_factor(costs)
        if factor is not None:
            weight = weight * factor[fitting.y_encoded]
        weight = normalised(weight)
        return CostState(
            X=fitting.X,
            y_encoded=fitting.y_encoded,
            weight=weight,
            first_weight=weight,
            costs=costs,
        )

    def _record(self, state):
        super()._record(state)
        self._costs = state.costs

    def _read_costs(self) -> Costs:
        """The costs that `costs` stands for."""
        return Costs(class_costs(self.costs, self.classes_, self.prior_))

    def _first_factor(self, costs: Costs) -> np.ndarray | None:
        """What the first weights of each class are multiplied by; None for nothing."""
        return costs.by_class


class AdaUBoostClassifier(CostBoosting):
    """Boosting with unequal first weights and unequal growth (AdaUBoost).

    Parameters
    ----------
    estimator : classifier that takes ``sample_weight``, default=None
        The base learner, cloned for each round. None stands for a decision stump,
        ``DecisionTreeClassifier(max_depth=1)``.

    n_estimators : int, default=50
        Number of learners.

    learning_rate : float, default=1.0
        Factor of the learners' weights. A smaller one needs more learners.

    costs : {"inverse", "log1p-inverse", "uniform"} or dict, default="inverse"
        What an error on a row of each class costs: the largest class share over that of the
        class, the logarithm of one plus that, or the same for all; or a dict of costs by class.

    early_termination : bool, default=False
        Whether to end before a learner that is no better than a guess on the weighted table, as
        AdaBoost does. If not, its weight is 0, rows weigh again what they did in the
        beginning, and the rounds go on. Where none was better yet, all classes weigh the same from
        then on.

    recalibrate : bool, default=False
        Correct the predicted probabilities for the change of the class shares.

    n_iter_no_change : int or None, default=None
        Stop when this many learners in a row did not better the average precision, that of the
        rarer of two classes or the mean over more, on rows held out of the fit. None holds nothing
        out and trains all learners.

    validation_fraction : float, default=0.1
        Share of each class to hold out, where `n_iter_no_change` is set.

    tol : float, default=0.0001
        What counts as better.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    n_jobs : int or None, default=None
        Threads that train learners side by side and predict. The result does not depend on it.

    warm_start : bool, default=False
        Keep the learners of the earlier ``fit`` and add to them.

    verbose : int, default=0
        Print a line for each learner.

    Attributes
    ----------
    estimators_ : list of classifiers
        The learners.

    estimators_samples_ : list of ndarray
        Rows each learner was trained on.

    estimator_weights_ : list of float
        Weight of each learner in the vote.

    estimator_errors_ : list of float
        Weighted error of each learner.

    feature_importances_ : ndarray of shape (`n_features_in_`,)
        Mean importance of each column, where the learners have importances.

    validation_scores_ : list of float
        Only with `n_iter_no_change`: average precision on the held-out rows, learner by learner.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    prior_ : ndarray of shape (n_classes,)
        Class shares of the data given to ``fit``, weighted where weights were given.

    resampled_prior_ : ndarray of shape (n_classes,)
        Class shares of what a learner saw.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    AdaCostClassifier : Costs in the growth of the weights.

    AsymBoostClassifier : Costs in every round.

    Notes
    -----
    The first weight of a row is the cost b of its class. A learner of weight a multiplies the
    weights of its errors by ``exp(a b**(-1 / T))``, T being `n_estimators`: rows that began with
    more weight grow a little slower. This is what imbalanced-ensemble does; the paper's text was
    not at hand, and its factor may differ. With equal costs this is AdaBoost by SAMME [2]_.

    Each round is one fit on the table; columns of large ones are sorted once if the learner is a
    stump.

    ``predict_proba`` is AdaBoost's as scikit-learn defines it, made from votes that are divided by
    their total weight: the order is right, the values stay near one half and are not
    calibrated. With `recalibrate` the sum of the votes is taken as the log odds that the
    exponential loss makes of it [3]_, corrected for the first
    weights.

    References
    ----------
    .. [1] G. Karakoulas, J. Shawe-Taylor, "Optimizing Classifiers for Imbalanced Training Sets",
       Advances in Neural Information Processing Systems 11, 1999.
    .. [2] J. Zhu, H. Zou, S. Rosset, T. Hastie, "Multi-class AdaBoost", Statistics and Its
       Interface 2, 2009.
    .. [3] J. Friedman, T. Hastie, R. Tibshirani, "Additive Logistic Regression: a Statistical
       View of Boosting", The Annals of Statistics 28, 2000.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import AdaUBoostClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], flip_y=0, random_state=0)
    >>> model = AdaUBoostClassifier(n_estimators=5, random_state=0).fit(X, y)
    >>> model.decision_function(X).shape
    (1000,)
    """

    def __init__(
        self,
        estimator=None,
        *,
        n_estimators=50,
        learning_rate=1.0,
        costs="inverse",
        early_termination=False,
        recalibrate=False,
        n_iter_no_change=None,
        validation_fraction=0.1,
        tol=1e-4,
        random_state=None,
        n_jobs=None,
        warm_start=False,
        verbose=0,
    ):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.costs = costs
        self.early_termination = early_termination
        self.recalibrate = recalibrate
        self.n_iter_no_change = n_iter_no_change
        self.validation_fraction = validation_fraction
        self.tol = tol
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.warm_start = warm_start
        self.verbose = verbose

    def _growth(self, state, predicted, alpha):
        growth = state.costs.by_class ** (-1.0 / self.n_estimators)
        wrong = predicted != state.y_encoded
        return np.where(wrong, bounded_exp(alpha * growth)[state.y_encoded], 1.0)

    def _shares_seen(self, n_learners):
        return self.prior_ * self._costs.by_class


class AsymBoostClassifier(CostBoosting):
    """Boosting that tilts the weights towards costly classes in each round (AsymBoost).

    Parameters
    ----------
    estimator : classifier that takes ``sample_weight``, default=None
        The base learner, cloned for each round. None stands for a decision stump,
        ``DecisionTreeClassifier(max_depth=1)``.

    n_estimators : int, default=50
        Number of learners.

    learning_rate : float, default=1.0
        Factor of the learners' weights. A smaller one needs more learners.

    costs : {"inverse", "log1p-inverse", "uniform"} or dict, default="inverse"
        What an error on a row of each class costs: the largest class share over that of the
        class, the logarithm of one plus that, or the same for all; or a dict of costs by class.

    on_errors_only : bool, default=False
        Whether only the errors of a round are tilted, as in imbalanced-ensemble, instead of all
        rows.

    early_termination : bool, default=False
        Whether to end before a learner that is no better than a guess on the weighted table, as
        AdaBoost does. If not, its weight is 0, rows weigh again what they did in the
        beginning, and the rounds go on. Where none was better yet, all classes weigh the same from
        then on.

    recalibrate : bool, default=False
        Correct the predicted probabilities for the change of the class shares.

    n_iter_no_change : int or None, default=None
        Stop when this many learners in a row did not better the average precision, that of the
        rarer of two classes or the mean over more, on rows held out of the fit. None holds nothing
        out and trains all learners.

    validation_fraction : float, default=0.1
        Share of each class to hold out, where `n_iter_no_change` is set.

    tol : float, default=0.0001
        What counts as better.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    n_jobs : int or None, default=None
        Threads that train learners side by side and predict. The result does not depend on it.

    warm_start : bool, default=False
        Keep the learners of the earlier ``fit`` and add to them.

    verbose : int, default=0
        Print a line for each learner.

    Attributes
    ----------
    estimators_ : list of classifiers
        The learners.

    estimators_samples_ : list of ndarray
        Rows each learner was trained on.

    estimator_weights_ : list of float
        Weight of each learner in the vote.

    estimator_errors_ : list of float
        Weighted error of each learner.

    feature_importances_ : ndarray of shape (`n_features_in_`,)
        Mean importance of each column, where the learners have importances.

    validation_scores_ : list of float
        Only with `n_iter_no_change`: average precision on the held-out rows, learner by learner.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    prior_ : ndarray of shape (n_classes,)
        Class shares of the data given to ``fit``, weighted where weights were given.

    resampled_prior_ : ndarray of shape (n_classes,)
        Class shares of what a learner saw.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    AdaUBoostClassifier : Costs in the first weights alone, which boosting soon forgets.

    AdaCostClassifier : Costs in the growth of the weights.

    Notes
    -----
    The cost ratio k of the two classes is split over the T rounds of `n_estimators`: before each,
    the weights of one class are multiplied by ``k**(1 / (2 T))`` and those of the other divided by
    it. With more classes a class is multiplied by ``(c / g)**(1 / T)``, g being the geometric
    mean of the costs c. With `on_errors_only` a learner's errors are multiplied by the ratio
    of the true class's cost to the predicted one's, to the power ``1 / (2 T)``. With equal costs
    both are AdaBoost by SAMME [2]_.

    Each round is one fit on the table; columns of large ones are sorted once if the learner is a
    stump.

    ``predict_proba`` is AdaBoost's as scikit-learn defines it, made from votes that are divided by
    their total weight: the order is right, the values stay near one half and are not
    calibrated. With `recalibrate` the sum of the votes is taken as the log odds that the
    exponential loss makes of it [3]_, corrected for the tilt.

    References
    ----------
    .. [1] P. Viola, M. Jones, "Fast and Robust Classification using Asymmetric AdaBoost and a
       Detector Cascade", Advances in Neural Information Processing Systems 14, 2001.
    .. [2] J. Zhu, H. Zou, S. Rosset, T. Hastie, "Multi-class AdaBoost", Statistics and Its
       Interface 2, 2009.
    .. [3] J. Friedman, T. Hastie, R. Tibshirani, "Additive Logistic Regression: a Statistical
       View of Boosting", The Annals of Statistics 28, 2000.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import AsymBoostClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], flip_y=0, random_state=0)
    >>> model = AsymBoostClassifier(n_estimators=5, random_state=0).fit(X, y)
    >>> model.decision_function(X).shape
    (1000,)
    """

    _parameter_constraints: dict = {
        **CostBoosting._parameter_constraints,
        "on_errors_only": ["boolean"],
    }

    def __init__(
        self,
        estimator=None,
        *,
        n_estimators=50,
        learning_rate=1.0,
        costs="inverse",
        on_errors_only=False,
        early_termination=False,
        recalibrate=False,
        n_iter_no_change=None,
        validation_fraction=0.1,
        tol=1e-4,
        random_state=None,
        n_jobs=None,
        warm_start=False,
        verbose=0,
    ):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.costs = costs
        self.on_errors_only = on_errors_only
        self.early_termination = early_termination
        self.recalibrate = recalibrate
        self.n_iter_no_change = n_iter_no_change
        self.validation_fraction = validation_fraction
        self.tol = tol
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.warm_start = warm_start
        self.verbose = verbose

    def _read_costs(self):
        by_class = super()._read_costs().by_class
        return Costs(by_class / np.exp(np.log(by_class).mean()))

    def _tilt(self, costs: Costs) -> np.ndarray:
        """What one round multiplies the weights of each class by."""
        return costs.by_class ** (1.0 / self.n_estimators)

    def _first_factor(self, costs):
        return None if self.on_errors_only else self._tilt(costs)

    def _growth(self, state, predicted, alpha):
        true, by_class = state.y_encoded, state.costs.by_class
        if not self.on_errors_only:
            return super()._growth(state, predicted, alpha) * self._tilt(state.costs)[true]
        ratio = (by_class[true] / by_class[predicted]) ** (0.5 / self.n_estimators)
        return np.where(predicted != true, bounded_exp(alpha) * ratio, 1.0)

    def _shares_seen(self, n_learners):
        if self.on_errors_only:
            return self.prior_
        return self.prior_ * self._tilt(self._costs) ** n_learners
