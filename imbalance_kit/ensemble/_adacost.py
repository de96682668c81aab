"""Boosting whose weights grow by what an error costs."""

from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from imbalance_kit._sklearn_compat import Interval
from imbalance_kit.ensemble._boosting import bounded_exp
from imbalance_kit.ensemble._cost_boosting import CostBoosting, Costs, class_costs


class AdaCostClassifier(CostBoosting):
    """Boosting whose weights grow faster where errors cost more (AdaCost).

    Parameters
    ----------
    estimator : classifier that takes ``sample_weight``, default=None
        The base learner, cloned for each round. None stands for a decision stump,
        ``DecisionTreeClassifier(max_depth=1)``.

    n_estimators : int, default=50
        Number of learners.

    learning_rate : float, default=1.0
        Factor of the learners' weights. A smaller one needs more learners.

    costs : {"inverse", "log1p-inverse", "uniform"}, dict or array-like, default="inverse"
        What an error on a row of each class costs: the largest class share over that of the
        class, the logarithm of one plus that, or the same for all; a dict of costs by class;
        or an array of shape (n_classes, n_classes) with predicted classes as rows and true ones
        as columns.

    largest_cost : float, default=0.1
        What costs are scaled to, of at most 1. The larger it is, the less learners gain where
        they are right.

    on_errors_only : bool, default=False
        Whether costs multiply the exponent of errors and nothing else, as in imbalanced-ensemble,
        instead of the paper's rule.

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
    AdaUBoostClassifier : Costs in the first weights.

    AsymBoostClassifier : Costs in every round.

    Notes
    -----
    The paper's rule: costs are scaled to c in (0, 1]. First weights are in the ratio of c, and a
    learner of weight a changes them by ``exp(-a y h b)``, where b is ``(1 - c) / 2`` for a row
    that is right and ``(1 + c) / 2`` for one that is wrong; a comes from r, the weighted mean
    of ``y h b``. For more classes y h is ``-1 / (n_classes - 1)`` for an error, and a is the least
    of the same bound. Of an array, a class costs the mean of its errors.

    The paper leaves open how to scale c. With a `largest_cost` of 1 the costly class gains nothing
    where it is right, r is negative for all but good learners, and stumps often fail at once. With
    equal costs this is not AdaBoost either [3]_. With `on_errors_only` weights are multiplied by
    ``exp(a C)``, with a of SAMME [2]_ and the cost C of mistaking the true class for the predicted
    one, over its largest. There C is the ratio of the two classes' costs, unless an array gives it.

    Each round is one fit on the table; columns of large ones are sorted once if the learner is a
    stump.

    ``predict_proba`` is AdaBoost's as scikit-learn defines it, made from votes that are divided by
    their total weight: the order is right, the values stay near one half and are not
    calibrated. With `recalibrate` the sum of the votes is taken as the log odds that the
    exponential loss makes of it [4]_. The paper's rule is also
    corrected for the first weights; what b does to the odds has no such
    correction. Nor has `on_errors_only`, which leans to the costly class without end:
    there `recalibrate` makes probabilities worse.

    References
    ----------
    .. [1] W. Fan, S. J. Stolfo, J. Zhang, P. K. Chan, "AdaCost: Misclassification Cost-Sensitive
       Boosting", International Conference on Machine Learning (ICML), 1999.
    .. [2] J. Zhu, H. Zou, S. Rosset, T. Hastie, "Multi-class AdaBoost", Statistics and Its
       Interface 2, 2009.
    .. [3] N. Nikolaou, N. Edakunni, M. Kull, P. Flach, G. Brown, "Cost-sensitive Boosting
       Algorithms: Do We Really Need Them?", Machine Learning 104, 2016.
    .. [4] J. Friedman, T. Hastie, R. Tibshirani, "Additive Logistic Regression: a Statistical
       View of Boosting", The Annals of Statistics 28, 2000.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import AdaCostClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], flip_y=0, random_state=0)
    >>> model = AdaCostClassifier(n_estimators=5, random_state=0).fit(X, y)
    >>> model.decision_function(X).shape
    (1000,)
    """

    _parameter_constraints: dict = {
        **CostBoosting._parameter_constraints,
        "costs": [*CostBoosting._parameter_constraints["costs"], "array-like"],
        "largest_cost": [Interval(Real, 0, 1, closed="right")],
        "on_errors_only": ["boolean"],
    }

    def __init__(
        self,
        estimator=None,
        *,
        n_estimators=50,
        learning_rate=1.0,
        costs="inverse",
        largest_cost=0.1,
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
        self.largest_cost = largest_cost
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
        if isinstance(self.costs, str | Mapping):
            by_class = class_costs(self.costs, self.classes_, self.prior_)
            matrix = by_class / by_class[:, None]
        else:
            matrix = _checked_matrix(self.costs, len(self.classes_))
            errors = ~np.eye(len(self.classes_), dtype=bool)
            by_class = np.mean(matrix, axis=0, where=errors)
        return Costs(self.largest_cost * by_class / by_class.max(), matrix / matrix.max())

    def _first_factor(self, costs):
        return None if self.on_errors_only else costs.by_class

    def _signed(self, state, predicted):
        """``y h b`` of each row."""
        cost = state.costs.by_class[state.y_encoded]
        wrong = -(1.0 + cost) / 2.0 / (len(self.classes_) - 1)
        return np.where(predicted == state.y_encoded, (1.0 - cost) / 2.0, wrong)

    def _error(self, state, predicted):
        if self.on_errors_only:
            return super()._error(state, predicted)
        weight, n_classes = state.weight, len(self.classes_)
        r = float(weight @ self._signed(state, predicted) / weight.sum())
        # The error from which SAMME's formula gives the paper's weight of the learner.
        return (1.0 - r) * (n_classes - 1) / n_classes

    def _growth(self, state, predicted, alpha):
        true, n_classes = state.y_encoded, len(self.classes_)
        if self.on_errors_only:
            exponent = np.where(predicted == true, 0.0, state.costs.matrix[predicted, true])
        else:
            exponent = -self._signed(state, predicted) * (n_classes - 1) / n_classes
        return bounded_exp(alpha * exponent)

    def _shares_seen(self, n_learners):
        return self.prior_ if self.on_errors_only else self.prior_ * self._costs.by_class


def _checked_matrix(costs: Any, n_classes: int) -> np.ndarray:
    matrix = np.asarray(costs, dtype=np.float64)
    fits = matrix.shape == (n_classes, n_classes)
    if not (
        fits and np.isfinite(matrix).all() and (matrix[~np.eye(n_classes, dtype=bool)] > 0).all()
    ):
        raise ValueError(
            f"costs as an array must be of shape ({n_classes}, {n_classes}), predicted classes as "
            f"rows, and positive off the diagonal; got {matrix.tolist()}."
        )
    return matrix
