"""Costs in training: as weights of rows, or as the chance of a row to be used."""

from numbers import Integral
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.parallel import Parallel, delayed

from imbalance_kit._meta_estimator import (
    DecidesAsEstimator,
    copy_columns,
    estimator_has,
    weight_argument,
)
from imbalance_kit._row_arguments import params_of_rows, row_arguments
from imbalance_kit._sklearn_compat import (
    HasMethods,
    Interval,
    StrOptions,
    routing_enabled,
    set_random_states,
)
from imbalance_kit._tables.labels import count, encode, require_two_classes, spell
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.calibration._prior import correct_prior, require_every_class
from imbalance_kit.cost._base import (
    COST_MATRIX,
    LearnsCosts,
    bind_costs,
    check_price_columns,
    costs_of_rows,
    proba_in_order,
)
from imbalance_kit.cost._decisions import class_weights
from imbalance_kit.cost._row_costs import of_true_class

_DRAWS = 100  # until a sample holds two classes


class CostSensitiveClassifier(DecidesAsEstimator, LearnsCosts):
    """Trains an estimator on rows weighted by what errors on them cost.

    Parameters
    ----------
    estimator : classifier
        Cloned and fitted on weighted rows, or on samples of them.

    cost_matrix : CostMatrix, array-like, dict or "balanced", default="balanced"
        What decisions cost: rows are true classes, columns predicted classes. A dict holds the
        cost of any error on a row of a class, "balanced" makes that inverse to the class counts. A
        CostMatrix may name columns of X that hold the prices of each row.

    method : {"auto", "weights", "rejection"}, default="auto"
        "weights" gives the estimator weights of rows. "rejection" fits `n_estimators` clones, each
        on the rows that are accepted with a chance in proportion to their weight, and takes the
        mean of their probabilities, or their vote. "auto" gives weights where the estimator (or
        the last step of a pipeline that keeps rows) takes them.

    n_estimators : int, default=10
        Number of learners.

    recalibrate : bool, default=False
        Correct the predicted probabilities for the change of the class shares.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    n_jobs : int or None, default=None
        Learners at the same time.

    Attributes
    ----------
    estimator_ : classifier
        The fitted estimator; with rejection sampling the mean of those in its `estimators_`.

    cost_matrix_ : CostMatrix
        The costs in the order of `classes_`: rows are true classes, columns predicted classes.

    method_ : {"weights", "rejection"}
        The method used.

    prior_ : ndarray of shape (n_classes,)
        Class shares of the data given to ``fit``, weighted where weights were given.

    resampled_prior_ : ndarray of shape (n_classes,)
        Class shares of the rows that the estimator was trained on, by weight.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X, where the estimator has it.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    MinimumExpectedCostClassifier : Costs in the decision; needs good probabilities.

    MetaCostClassifier : Costs in the labels.

    Notes
    -----
    The weight of a row is the mean, over the wrong decisions, of what they cost more than the
    right one, divided by its mean over all rows, so that the table weighs what it did. With
    `sample_weight` it is multiplied. For two classes a learner that minimises the weighted error
    minimises the cost; for more this holds as far as the wrong decisions on a row cost the same.
    "balanced" gives the weights of scikit-learn's ``class_weight="balanced"``.

    By costs of single rows the true class may not be the cheapest decision, as for a fraud
    that costs less than its investigation. The label of such a row is its cheapest class.

    ``predict`` is the estimator's decision, which takes the costs into account already.
    ``predict_proba`` is too large for costly classes: it is the class probability times the class's
    weight, normalised. With `recalibrate` that is undone, and the probabilities are those without
    costs; decisions stay. It needs costs that are the same for all rows of a class. ``score`` is
    minus the mean cost.

    Rejection sampling [1]_ accepts a row with its weight over the largest one. When that is far
    above the mean, samples are small and many rows are in none: raise `n_estimators`. A sample of
    one class is drawn again. Cost: one fit, or `n_estimators` on fewer rows.

    A tree whose splits take costs by class into account is a tree with these weights, so there is
    no separate class for it.

    References
    ----------
    .. [1] B. Zadrozny, J. Langford, N. Abe, "Cost-Sensitive Learning by Cost-Proportionate Example
       Weighting", IEEE International Conference on Data Mining (ICDM), 2003.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from imbalance_kit.cost import CostSensitiveClassifier, expected_cost
    >>> X, y = make_classification(n_samples=2000, weights=[0.9], flip_y=0.1, random_state=0)
    >>> tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    >>> costs = [[0, 1], [20, 0]]
    >>> model = CostSensitiveClassifier(tree, cost_matrix=costs).fit(X, y)
    >>> plain = expected_cost(y, tree.fit(X, y).predict(X), cost_matrix=costs)
    >>> bool(expected_cost(y, model.predict(X), cost_matrix=costs) < plain)
    True
    """

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "cost_matrix": COST_MATRIX,
        "method": [StrOptions({"auto", "weights", "rejection"})],
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "recalibrate": ["boolean"],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        estimator,
        *,
        cost_matrix="balanced",
        method="auto",
        n_estimators=10,
        recalibrate=False,
        random_state=None,
        n_jobs=None,
    ):
        self.estimator = estimator
        self.cost_matrix = cost_matrix
        self.method = method
        self.n_estimators = n_estimators
        self.recalibrate = recalibrate
        self.random_state = random_state
        self.n_jobs = n_jobs

    @available_if(estimator_has("predict_proba"))
    def predict_proba(self, X):
        """Probability of each class.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities, too large for costly classes unless `recalibrate` is set.
        """
        return super().predict_proba(X)

    def _params_of_fit(self, sample_weight, fit_params):
        if routing_enabled() or sample_weight is None:
            return super()._params_of_fit(sample_weight, fit_params)
        # rejection draws by the weights, so that an estimator that takes none is not refused
        return {**fit_params, "sample_weight": sample_weight}

    def _learn(self, X, y, weight, params):
        cost = params.pop("cost", None)
        check_price_columns(self.cost_matrix, X, cost)
        argument = weight_argument(self.estimator)
        if self.method == "weights" and argument is None:
            raise ValueError(
                f"method='weights' needs an estimator whose fit takes sample_weight; "
                f"{type(self.estimator).__name__} does not. Give method='rejection', or in a "
                "pipeline with metadata routing enabled request sample_weight for the last step."
            )
        rejects = self.method == "rejection" or argument is None
        classes, y_encoded = encode(y)
        require_two_classes(classes)
        self.cost_matrix_ = bind_costs(self.cost_matrix, classes, y, weight)
        by_row = costs_of_rows(self.cost_matrix_, X, cost, len(y), len(classes))
        if by_row is None:
            target = y_encoded
            by_class = class_weights(self.cost_matrix_.values, self.cost_matrix_.classes)
            cost_weight = by_class[y_encoded]
        else:
            by_decision = of_true_class(by_row, y_encoded)
            target, cost_weight = cheapest_class(by_decision, y_encoded, classes)

        fit_params = self._for_estimator(params)
        row_weight = fit_params.pop("sample_weight", None)
        if rejects:
            row_weight = weight  # the draw takes it into account, whether or not it was requested
        combined = cost_weight if row_weight is None else cost_weight * row_weight
        total = len(y) if row_weight is None else row_weight.sum()
        # a table that weighs what it did keeps penalties of the estimator in proportion
        combined = combined * (total / combined.sum())
        self.method_ = "rejection" if rejects else "weights"
        self.prior_ = _shares(y_encoded, len(classes), row_weight)
        self.resampled_prior_ = _shares(target, len(classes), combined)
        if self.recalibrate:
            if by_row is not None:
                raise ValueError(
                    "recalibrate=True needs costs that are the same for all rows of a class. With "
                    "costs by row fit the estimator without them and let "
                    "MinimumExpectedCostClassifier decide."
                )
            require_every_class(self.prior_, classes)
            require_every_class(self.resampled_prior_, classes)
        if rejects:
            return self._fit_samples(X, classes[target], combined, fit_params, classes)
        seeded = clone(self.estimator)
        if self.random_state is not None:
            set_random_states(seeded, check_random_state(self.random_state))
        fit_params[str(argument)] = combined
        return seeded.fit(X, y if by_row is None else classes[target], **fit_params)

    def _correct(self, proba):
        if not self.recalibrate:
            return proba
        return correct_prior(proba, trained_on=self.resampled_prior_, true_prior=self.prior_)

    def _fit_samples(
        self,
        X: Any,
        labels: np.ndarray,
        weight: np.ndarray,
        params: dict[str, Any],
        classes: np.ndarray,
    ) -> "MeanOfClassifiers":
        """Clones, each on the rows that were accepted in its own draw."""
        rng = check_random_state(self.random_state)
        chance = weight / weight.max()
        of_rows = row_arguments(params, len(labels))
        jobs = []
        for _ in range(self.n_estimators):
            rows = _accepted(chance, labels, rng)
            learner = clone(self.estimator)
            set_random_states(learner, rng)
            jobs.append((learner, rows))
        fitted = Parallel(n_jobs=self.n_jobs)(
            delayed(learner.fit)(
                take_rows(X, rows),
                labels[rows],
                **params_of_rows(params, rows, of_rows),
            )
            for learner, rows in jobs
        )
        return MeanOfClassifiers(fitted, classes)


class MeanOfClassifiers:
    """Fitted classifiers as one: the mean of their probabilities, or their vote."""

    def __init__(self, estimators: list, classes: np.ndarray) -> None:
        self.estimators_ = estimators
        self.classes_ = classes
        copy_columns(self, estimators[0])

    @available_if(lambda self: hasattr(self.estimators_[0], "predict_proba"))
    def predict_proba(self, X: Any) -> np.ndarray:
        """Mean probability of each class."""
        return self._mean(X)

    def predict(self, X: Any) -> np.ndarray:
        """The class of the largest mean probability, or of most votes."""
        return self.classes_[self._mean(X).argmax(axis=1)]

    def _mean(self, X: Any) -> np.ndarray:
        probas = [proba_in_order(learner, X, self.classes_) for learner in self.estimators_]
        return np.sum(probas, axis=0) / len(self.estimators_)


def cheapest_class(
    by_decision: np.ndarray, y_encoded: np.ndarray, classes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The cheapest class of each row, its true one where nothing is cheaper, and its weight."""
    n_classes = by_decision.shape[1]
    least = by_decision.min(axis=1)
    true = by_decision[np.arange(len(y_encoded)), y_encoded]
    target = np.where(true <= least, y_encoded, by_decision.argmin(axis=1))
    surplus = np.maximum((by_decision.sum(axis=1) - n_classes * least) / (n_classes - 1), 0.0)
    class_weight_sum = count(target, n_classes, surplus)
    if not class_weight_sum.all():
        label = classes[int(class_weight_sum.argmin())]
        raise ValueError(
            f"By these costs class {spell(label)} is the cheapest decision "
            "of no row, so there is nothing to learn about it. Most rows should cost least at "
            "their true class: check the order of the columns, which is that of the sorted labels."
        )
    return target, surplus


def _shares(y_encoded: np.ndarray, n_classes: int, weight: np.ndarray | None) -> np.ndarray:
    """Class shares by weight; 0 for a class without any, which recalibration refuses later."""
    class_weight_sum = count(y_encoded, n_classes, weight)
    return class_weight_sum / class_weight_sum.sum()


def _accepted(chance: np.ndarray, labels: np.ndarray, rng: np.random.RandomState) -> np.ndarray:
    """Rows of one rejection sample that holds two classes at least.

    A sample of one class is drawn again, for no classifier could be fitted on it.
    """
    for _ in range(_DRAWS):
        rows = np.flatnonzero(rng.uniform(size=len(chance)) < chance)
        if len(rows) and (labels[rows] != labels[rows[0]]).any():
            return rows
    raise ValueError(
        f"{_DRAWS} rejection samples in a row held fewer than two classes: the largest weight is "
        f"{1 / chance.mean():.3g} times the mean one. Cap the costs, or use an estimator that "
        "takes sample_weight."
    )
