"""Three kinds of trees on the data as it is, mixed: the default when the best is wanted."""

from numbers import Integral
from typing import Any

import lightgbm
import numpy as np
from joblib import effective_n_jobs
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.tree import ExtraTreeClassifier
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length, check_is_fitted

from imbalance_kit._sampling.base import CATEGORICAL_FEATURES
from imbalance_kit._sklearn_compat import Interval, check_sample_weight, fit_context
from imbalance_kit._tables.labels import encode, read_single_labels, require_two_classes
from imbalance_kit._tables.levels import LevelCodes
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit._tables.rows import take_rows
from imbalance_kit._tables.validation import accept_any_table, check_table, require_target
from imbalance_kit._threads import each_in_threads
from imbalance_kit.ensemble._learners.predictions import predict_in_parts

_SEEDS = np.iinfo(np.int32).max
_SHARED = {
    "verbose": -1,
    # sums do not depend on the number of threads
    "deterministic": True,
    "force_col_wise": True,
    # LightGBM's own defaults let no level of fewer than 100 rows stand alone
    "min_data_per_group": 5,
    "cat_smooth": 2,
    "cat_l2": 2,
}
_BOOSTER = {
    "num_leaves": 15,
    "min_data_in_leaf": 5,
    "lambda_l2": 1.0,
    "learning_rate": 0.1,
    "extra_trees": True,
    "feature_fraction": 0.8,
}
# A regression on 0 and 1: its leaves hold shares, and nothing has to be boosted.
_FOREST = {
    "objective": "regression",
    "boosting": "rf",
    "bagging_freq": 1,
    "bagging_fraction": 0.8,
    "num_leaves": 255,
    "min_data_in_leaf": 2,
    "boost_from_average": False,
}
# Rows of one class in an extra tree: all up to the first number, never more than the second.
_FEWEST, _MOST, _PER_RARE = 10_000, 50_000, 20
_LOWEST = 1e-3  # probability that a kind of tree may give; no single one has a veto


class MixedTreesClassifier(ClassifierMixin, BaseEstimator):
    """Boosted trees with small leaves, a forest and extra trees; nothing is re-balanced.

    Three kinds of trees look at the same rows in different ways and err in different places.
    Their probabilities are combined by the geometric mean. Leaves may be small, so that a few
    rare rows can stand alone, and randomness in the splits keeps that from overfitting.

    Parameters
    ----------
    n_boosters : int, default=2
        Boosted ensembles that differ by their seed.

    n_boosting_rounds : int, default=100
        Trees of one class in a booster.

    n_forest_trees : int, default=60
        Trees of one class in the forest; 0 leaves it out.

    n_extra_trees : int, default=40
        Extra trees; 0 leaves them out.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    n_jobs : int or None, default=None
        Threads that train and predict. The result does not depend on it.

    Attributes
    ----------
    boosters_ : list of lightgbm.Booster
        The boosted ensembles.

    forest_ : list of lightgbm.Booster
        The forest: one for two classes, one for each of more.

    extra_trees_ : list of ExtraTreeClassifier
        The extra trees.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    lowest_ : float
        Probability below which probabilities of a kind of tree are cut off: .001, or a tenth of the
        share of the rarest class where that is less.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    SelfPacedEnsembleClassifier : Learners on self-paced draws.

    ResamplingBaggingClassifier : A bag of one kind of learner, re-balanced or not.

    Notes
    -----
    It re-balances nothing because that did not help: on tables of 700 rows or more,
    ``benchmarks/studies/strong_learner.py`` compares it with a bag of ten LightGBMs, with LightGBM
    weighted and not, and with larger forests, and prints what each part is worth. Every setting was
    chosen on the suite's choosing tables.

    The boosters (LightGBM, 15 leaves, splits at random thresholds, L2 penalty) and the forest
    (LightGBM's, 255 leaves, a regression on 0 and 1) share one binned table. Extra trees
    (scikit-learn's, at least two rows in a leaf) read levels as numbers. On large tables each of
    them sees all rows of a class up to 10,000, or 20 times the rows of the rarest class up to
    50,000; rows drawn carry the weight of those left out, so that class shares stay.

    Levels are compared by their value, whatever type holds it: 1, 1.0 and True are one level, the
    text "1" is another. A level that was not there in ``fit`` is missing; numbers in the place
    of words are refused, because codes of an encoder would all be new. Dates are read as seconds.

    Probabilities are about as well calibrated as those of the bag, in two classes. On tables that
    follow a rule without noise they are less confident than one booster would be. Cost is O(n d)
    per tree for n rows of d columns, O(n log n) for an extra tree.

    References
    ----------
    .. [1] G. Ke and others, "LightGBM: A Highly Efficient Gradient Boosting Decision Tree",
       Advances in Neural Information Processing Systems 30, 2017.
    .. [2] P. Geurts, D. Ernst, L. Wehenkel, "Extremely randomized trees", Machine Learning 63,
       2006.
    .. [3] C. Genest, J. V. Zidek, "Combining Probability Distributions: A Critique and an
       Annotated Bibliography", Statistical Science 1, 1986.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import MixedTreesClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], random_state=0)
    >>> model = MixedTreesClassifier(random_state=0).fit(X, y)
    >>> model.predict_proba(X).shape
    (1000, 2)
    >>> bool(abs(model.predict_proba(X)[:, 1].mean() - y.mean()) < 0.02)
    True
    """

    _parameter_constraints: dict = {
        "n_boosters": [Interval(Integral, 1, None, closed="left")],
        "n_boosting_rounds": [Interval(Integral, 1, None, closed="left")],
        "n_forest_trees": [Interval(Integral, 0, None, closed="left")],
        "n_extra_trees": [Interval(Integral, 0, None, closed="left")],
        "categorical_features": CATEGORICAL_FEATURES,
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        *,
        n_boosters=2,
        n_boosting_rounds=100,
        n_forest_trees=60,
        n_extra_trees=40,
        categorical_features="auto",
        random_state=None,
        n_jobs=None,
    ):
        self.n_boosters = n_boosters
        self.n_boosting_rounds = n_boosting_rounds
        self.n_forest_trees = n_forest_trees
        self.n_extra_trees = n_extra_trees
        self.categorical_features = categorical_features
        self.random_state = random_state
        self.n_jobs = n_jobs

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None):
        """Train the trees.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table. Missing values are allowed, but not in a sparse matrix.

        y : array-like of shape (n_samples,)
            Class labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        self : object
            The fitted classifier.
        """
        require_target(self, y)
        warn_of_other_order(X, y=y, sample_weight=sample_weight)
        X = check_table(self, X, reset=True)
        y = read_single_labels(y)
        check_consistent_length(X, y)
        weight = None
        if sample_weight is not None:
            weight = check_sample_weight(sample_weight, y)
            weight = weight / weight.mean()  # LightGBM's least weight of a leaf is absolute
        self.classes_, y_encoded = encode(y)
        require_two_classes(self.classes_)
        self._levels = LevelCodes(X, self.categorical_features)
        Z = self._levels.read(X)
        rng = check_random_state(self.random_state)
        class_weight_sum = np.bincount(y_encoded, weights=weight)
        self.lowest_ = min(
            _LOWEST,
            0.1 * float(class_weight_sum[class_weight_sum > 0].min() / class_weight_sum.sum()),
        )
        self._fit_boosters(Z, y_encoded, weight, rng)
        self._fit_extra_trees(self._for_trees(Z), y_encoded, weight, rng)
        return self

    def predict_proba(self, X):
        """Probability of each class: the geometric mean over the kinds of trees.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities.
        """
        check_is_fitted(self)
        Z = self._levels.read(check_table(self, X, reset=False))
        return predict_in_parts(self._mixed, Z, effective_n_jobs(self.n_jobs))

    def predict(self, X):
        """Most probable class of each row.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    def _fit_boosters(
        self, Z: Any, y_encoded: np.ndarray, weight: np.ndarray | None, rng: np.random.RandomState
    ) -> None:
        shared = _SHARED | {"num_threads": effective_n_jobs(self.n_jobs)}
        n_columns, n_classes = Z.shape[1], len(self.classes_)
        table = lightgbm.Dataset(
            Z,
            y_encoded,
            weight=weight,
            categorical_feature=list(range(n_columns - self._levels.n_nominal, n_columns)),
            # one binned table serves leaves of several sizes
            params=shared | {"feature_pre_filter": False},
            free_raw_data=True,
        ).construct()
        task: dict[str, Any] = {"objective": "binary"}
        if n_classes > 2:
            task = {"objective": "multiclass", "num_class": n_classes}
        self.boosters_ = [
            lightgbm.train(
                shared | _BOOSTER | task | {"seed": int(rng.randint(_SEEDS))},
                table,
                self.n_boosting_rounds,
            )
            for _ in range(self.n_boosters)
        ]
        self.forest_ = []
        each_split = {"feature_fraction_bynode": max(n_columns**0.5 / n_columns, 0.02)}
        for position in range(n_classes) if n_classes > 2 else [1]:
            if self.n_forest_trees == 0:
                break
            table.set_label((y_encoded == position).astype(np.float32))
            seeded = {"seed": int(rng.randint(_SEEDS))}
            parameters = shared | _FOREST | each_split | seeded
            self.forest_.append(lightgbm.train(parameters, table, self.n_forest_trees))
        for booster in [*self.boosters_, *self.forest_]:
            booster.free_dataset()

    def _fit_extra_trees(
        self, Z: Any, y_encoded: np.ndarray, weight: np.ndarray | None, rng: np.random.RandomState
    ) -> None:
        class_rows = [
            np.flatnonzero(y_encoded == position) for position in range(len(self.classes_))
        ]
        rare = min(len(rows) for rows in class_rows)
        most = min(max(_PER_RARE * rare, _FEWEST), _MOST)
        whole = all(len(rows) <= most for rows in class_rows)
        y_encoded = y_encoded.astype(np.intp)

        def grow(seed: int) -> ExtraTreeClassifier:
            tree = ExtraTreeClassifier(min_samples_leaf=2, max_features="sqrt", random_state=seed)
            if whole:
                return tree.fit(Z, y_encoded, sample_weight=weight)
            draw = np.random.RandomState(seed)
            # rows drawn carry the weight of those left out
            grown = np.ones(len(y_encoded)) if weight is None else weight.copy()
            kept = []
            for rows in class_rows:
                if len(rows) > most:
                    grown[rows] *= len(rows) / most
                    rows = draw.choice(rows, size=most, replace=False)
                kept.append(rows)
            drawn = np.concatenate(kept)
            return tree.fit(take_rows(Z, drawn), y_encoded[drawn], sample_weight=grown[drawn])

        seeds = rng.randint(_SEEDS, size=self.n_extra_trees)
        self.extra_trees_ = each_in_threads(grow, seeds, effective_n_jobs(self.n_jobs))

    def _mixed(self, Z: Any) -> np.ndarray:
        """Geometric mean, normalised: of two classes it is the mean of the log odds."""
        kinds = [self._boosted(Z)]
        if self.forest_:
            kinds.append(self._of_the_forest(Z))
        if self.extra_trees_:
            kinds.append(self._of_extra_trees(self._for_trees(Z)))
        clipped = [np.clip(proba, self.lowest_, 1.0 - self.lowest_) for proba in kinds]
        mixed = np.exp(np.mean(np.log(clipped), axis=0))
        return mixed / mixed.sum(axis=1, keepdims=True)

    def _boosted(self, Z: Any) -> np.ndarray:
        return np.mean([_both(_predict(booster, Z)) for booster in self.boosters_], axis=0)

    def _of_the_forest(self, Z: Any) -> np.ndarray:
        shares = [np.clip(_predict(booster, Z), 0.0, 1.0) for booster in self.forest_]
        if len(shares) == 1:
            return _both(shares[0])
        proba = np.maximum(np.column_stack(shares), 1e-9)
        return proba / proba.sum(axis=1, keepdims=True)

    def _of_extra_trees(self, Z: Any) -> np.ndarray:
        total = np.zeros((Z.shape[0], len(self.classes_)))
        for tree in self.extra_trees_:
            total += tree.predict_proba(Z, check_input=False)
        return total / len(self.extra_trees_)

    def _for_trees(self, Z: Any) -> Any:
        """As scikit-learn's trees read it: float32, missing levels as a number below all others.

        What float32 cannot hold is cut to the largest number that it can: the order stays.
        """
        if sparse.issparse(Z):
            Z = Z.copy()
            Z.data = _as_float32(Z.data)
            return Z
        Z = np.array(_as_float32(Z), order="C", copy=bool(self._levels.n_nominal) or None)
        if self._levels.n_nominal:
            levels = Z[:, -self._levels.n_nominal :]
            levels[np.isnan(levels)] = -1.0
        return Z

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        accept_any_table(tags)
        return tags


def _as_float32(numbers: np.ndarray) -> np.ndarray:
    largest = np.finfo(np.float32).max
    if numbers.dtype != np.float32 and np.nanmax(np.abs(numbers), initial=0.0) > largest:
        numbers = np.clip(numbers, -largest, largest)
    return numbers.astype(np.float32, copy=False)


def _predict(booster: lightgbm.Booster, Z: Any) -> np.ndarray:
    return np.asarray(booster.predict(Z, num_threads=1))


def _both(proba: np.ndarray) -> np.ndarray:
    return proba if proba.ndim == 2 else np.column_stack([1.0 - proba, proba])
