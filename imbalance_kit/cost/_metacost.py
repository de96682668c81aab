"""Costs in the labels: relabel each row as its cheapest class, then learn."""

import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.utils import check_random_state
from sklearn.utils.metaestimators import available_if
from sklearn.utils.parallel import Parallel, delayed

from imbalance_kit._meta_estimator import estimator_has, one_label_per_row, require_fitted
from imbalance_kit._pickled_rows import OfRows, PickledWithoutRows
from imbalance_kit._row_arguments import params_of_rows, row_arguments
from imbalance_kit._sampling.shares import split_by_shares
from imbalance_kit._sklearn_compat import HasMethods, Interval, set_random_states
from imbalance_kit._tables.labels import encode, require_two_classes, spell
from imbalance_kit._tables.rows import summed, take_rows
from imbalance_kit.cost._base import (
    COST_MATRIX,
    LearnsCosts,
    bind_costs,
    check_price_columns,
    costs_of_rows,
    proba_in_order,
)
from imbalance_kit.cost._decisions import cheapest, mean_over_classes
from imbalance_kit.cost._matrix import warn_of_dominated


class MetaCostClassifier(PickledWithoutRows, LearnsCosts):
    """Relabels each row as the class of least expected cost, and trains on that (MetaCost).

    Parameters
    ----------
    estimator : classifier
        Cloned for each of the bagged learners, and once more for the relabelled table.

    cost_matrix : CostMatrix, array-like, dict or "balanced", default="balanced"
        What decisions cost: rows are true classes, columns predicted classes. A dict holds the
        cost of any error on a row of a class, "balanced" makes that inverse to the class counts. A
        CostMatrix may name columns of X that hold the prices of each row.

    n_estimators : int, default=10
        Number of learners.

    max_samples : int or float, default=1.0
        Rows that each bagged learner is trained on, as a number or as a share of all. They are
        drawn with replacement within each class, one of each class at least.

    use_all : bool, default=True
        Whether all learners estimate the probabilities of a row, or those alone that were not
        trained on it; where all were, all do.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    n_jobs : int or None, default=None
        Learners at the same time.

    Attributes
    ----------
    estimator_ : classifier
        The estimator, fitted on the relabelled table.

    estimators_ : list of classifiers
        The learners.

    estimators_samples_ : list of ndarray
        Rows each learner was trained on.

    relabelled_ : ndarray of shape (n_samples,)
        What each row was relabelled as.

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
    MinimumExpectedCostClassifier : The same decision taken at prediction; needs no second model.

    CostSensitiveClassifier : Costs as weights of rows.

    Notes
    -----
    Its advantage over :class:`MinimumExpectedCostClassifier` is that one model results, whose
    decisions need no probabilities: a tree can be read. Its drawbacks are that the costs are fixed
    in the model, and that the bagged learners' errors become labels.

    The paper draws without regard to the class; here each class has its share of every draw, so
    that no learner misses a rare class. Learners without ``predict_proba`` vote. With
    `use_all=False` the probabilities are out-of-bag, which learners that repeat their training
    labels need. Rows of weight 0 are not drawn. If every row is relabelled as one class, that class
    is predicted everywhere, with a warning.

    `cost` in ``fit`` must be full matrices, since the true class is taken for unknown.
    ``predict_proba`` is the probability that a class is the cheapest, not that it is the true one.
    ``score`` is minus the mean cost. `n_estimators` + 1 fits.

    References
    ----------
    .. [1] P. Domingos, "MetaCost: A General Method for Making Classifiers Cost-Sensitive", ACM
       SIGKDD International Conference on Knowledge Discovery and Data Mining (KDD), 1999.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> from imbalance_kit.cost import MetaCostClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.9], flip_y=0.1, random_state=0)
    >>> model = MetaCostClassifier(
    ...     DecisionTreeClassifier(max_depth=3), cost_matrix=[[0, 1], [20, 0]], random_state=0
    ... ).fit(X, y)
    >>> bool((model.relabelled_ == 1).sum() > (y == 1).sum())
    True
    """

    estimators_samples_ = OfRows()
    relabelled_ = OfRows()

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"])],
        "cost_matrix": COST_MATRIX,
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "max_samples": [
            Interval(Real, 0, 1, closed="right"),
            Interval(Integral, 1, None, closed="left"),
        ],
        "use_all": ["boolean"],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        estimator,
        *,
        cost_matrix="balanced",
        n_estimators=10,
        max_samples=1.0,
        use_all=True,
        random_state=None,
        n_jobs=None,
    ):
        self.estimator = estimator
        self.cost_matrix = cost_matrix
        self.n_estimators = n_estimators
        self.max_samples = max_samples
        self.use_all = use_all
        self.random_state = random_state
        self.n_jobs = n_jobs

    def predict(self, X):
        """Class of each row, as the model of the relabelled table decides.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        require_fitted(self, "estimator_")
        return one_label_per_row(self.estimator_.predict(summed(X)))

    @available_if(estimator_has("predict_proba"))
    def predict_proba(self, X):
        """Probability that each class is the cheapest decision.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            One column per class, 0 for a class that no row was relabelled as.
        """
        require_fitted(self, "estimator_")
        return proba_in_order(self.estimator_, summed(X), self.classes_)

    def _learn(self, X, y, weight, params):
        cost = params.pop("cost", None)
        check_price_columns(self.cost_matrix, X, cost)
        classes, y_encoded = encode(y)
        require_two_classes(classes)
        self.cost_matrix_ = bind_costs(self.cost_matrix, classes, y, weight)
        costs = costs_of_rows(self.cost_matrix_, X, cost, len(y), len(classes), full=True)
        if costs is None:
            warn_of_dominated(self.cost_matrix_)
            costs = self.cost_matrix_.values
        fit_params = self._for_estimator(params)
        rng = check_random_state(self.random_state)

        samples, learners = self._seeded_learners(y_encoded, weight, rng)
        # y again from its classes: labels of one dtype, as the relabelled ones have
        of_rows = row_arguments(fit_params, len(y))
        bagged = Parallel(n_jobs=self.n_jobs)(
            delayed(_fit_and_predict)(
                learner, X, classes[y_encoded], rows, fit_params, of_rows, classes
            )
            for learner, rows in zip(learners, samples, strict=True)
        )
        self.estimators_samples_ = samples
        self.estimators_ = [learner for learner, _ in bagged]
        proba = _mean_proba([proba for _, proba in bagged], samples, use_all=self.use_all)
        self.relabelled_ = classes[cheapest(mean_over_classes(proba, costs))]
        learner = clone(self.estimator)
        set_random_states(learner, rng)
        if (self.relabelled_ == self.relabelled_[0]).all():
            warnings.warn(
                f"Class {spell(self.relabelled_[0])} is the cheapest decision for every row, so it "
                "is predicted everywhere. Check the costs: rows of the matrix are true classes, "
                "columns predicted classes.",
                UserWarning,
                stacklevel=4,
            )
            learner, fit_params = DummyClassifier(strategy="most_frequent"), {}
        return learner.fit(X, self.relabelled_, **fit_params)

    def _known_classes(self, estimator, y):
        """Those of y, also where no row was relabelled as one."""
        return encode(y)[0]

    def _seeded_learners(
        self, y_encoded: np.ndarray, weight: np.ndarray | None, rng: np.random.RandomState
    ) -> tuple[list[np.ndarray], list[Any]]:
        """Rows for each bagged learner, and the learners; draws and seeds take turns."""
        # a class keeps its rows where none has a weight, so that every learner knows of it
        counts = np.ones(len(y_encoded), dtype=bool)
        if weight is not None:
            counts = (weight > 0) | ~np.isin(y_encoded, y_encoded[weight > 0])
        samples, learners = [], []
        for _ in range(self.n_estimators):
            samples.append(self._draw(y_encoded, counts, rng))
            learner = clone(self.estimator)
            set_random_states(learner, rng)
            learners.append(learner)
        return samples, learners

    def _draw(
        self, y_encoded: np.ndarray, counts: np.ndarray, rng: np.random.RandomState
    ) -> np.ndarray:
        """Rows that count, drawn with replacement, class by class."""
        sizes = np.bincount(y_encoded[counts])
        wanted = self.max_samples
        if not isinstance(wanted, Integral):
            wanted = max(int(wanted * sizes.sum() + 0.5), 1)
        parts = np.maximum(split_by_shares(int(wanted), sizes), 1)
        drawn = [
            rng.choice(np.flatnonzero((y_encoded == k) & counts), size=part)
            for k, part in enumerate(parts)
        ]
        return np.concatenate(drawn)


def _mean_proba(
    probas: list[np.ndarray], samples: list[np.ndarray], *, use_all: bool
) -> np.ndarray:
    """Mean over all learners, or for each row over those that were not trained on it.

    Where every learner was trained on a row, all of them count.
    """
    n_rows = len(probas[0])
    everyone, out_of_bag = np.zeros((2, *probas[0].shape))
    n_out_of_bag = np.zeros((n_rows, 1))
    for proba, rows in zip(probas, samples, strict=True):
        everyone += proba
        seen = np.bincount(rows, minlength=n_rows) > 0
        out_of_bag[~seen] += proba[~seen]
        n_out_of_bag[~seen] += 1
    everyone /= len(probas)
    if use_all:
        return everyone
    return np.where(n_out_of_bag > 0, out_of_bag / np.maximum(n_out_of_bag, 1), everyone)


def _fit_and_predict(
    learner: Any,
    X: Any,
    y: np.ndarray,
    rows: np.ndarray,
    params: dict[str, Any],
    of_rows: list[str],
    classes: np.ndarray,
) -> tuple[Any, np.ndarray]:
    """A learner on some rows, and its probabilities for all."""
    learner.fit(take_rows(X, rows), y[rows], **params_of_rows(params, rows, of_rows))
    return learner, proba_in_order(learner, X, classes)
