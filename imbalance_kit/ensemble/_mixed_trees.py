"""Several kinds of models on the data as it is, combined on held-out rows: the strong default."""

from dataclasses import replace
from functools import partial
from numbers import Integral
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from imbalance_kit._sampling.base import CATEGORICAL_FEATURES
from imbalance_kit._sklearn_compat import Interval, StrOptions, check_sample_weight, fit_context
from imbalance_kit._tables.labels import encode, require_two_classes
from imbalance_kit._tables.levels import LevelCodes
from imbalance_kit._tables.row_groups import group_numbers
from imbalance_kit._tables.rows import take_rows
from imbalance_kit._tables.validation import accept_any_table
from imbalance_kit._threads import each_in_threads
from imbalance_kit.ensemble._larger_than_memory.stored_table import StoredTable
from imbalance_kit.ensemble._learners.predictions import predict_in_parts
from imbalance_kit.ensemble._loop.table_reading import TableReader
from imbalance_kit.ensemble._mixed.boosters import KINDS as BOOSTERS
from imbalance_kit.ensemble._mixed.boosters import MANY_CLASSES, BoostedTrees
from imbalance_kit.ensemble._mixed.combination import fitted, geometric_mean, worth_their_time
from imbalance_kit.ensemble._mixed.drawing import rows_at_most
from imbalance_kit.ensemble._mixed.fold_models import FoldSettings, TrainedFold, trained_fold
from imbalance_kit.ensemble._mixed.folds import splits
from imbalance_kit.ensemble._mixed.linear import LinearModel
from imbalance_kit.ensemble._mixed.trees import ExtraTrees, ForestTrees
from imbalance_kit.ensemble._mixed.views import View, binned

_SEEDS = np.iinfo(np.int32).max
_LOWEST = 1e-3  # probability that a share of rows may give; no single kind has a veto
_FROM_A_FILE = 500_000  # rows of a class that are read from a table larger than memory
_ALL_BOOSTERS = 1_000  # rows from which boosters are of all kinds
_ENOUGH = 50  # held-out rows of the rarest class that tell which kinds are worth their time


class MixedTreesClassifier(ClassifierMixin, TableReader):
    """Boosted trees, extra trees and a linear model, combined; nothing is re-balanced.

    Several kinds of models look at the same rows in different ways and err in different places.
    Each is trained on the rows of all folds but one, predicts the rows of that one, and stays.
    What they predict for held-out rows ends the boosting, and decides how much each kind counts
    and how confident the combination is. Nothing is left to be set for tables of 100 rows or of
    millions, of two classes or of many.

    Parameters
    ----------
    n_boosters : int or "auto", default="auto"
        Boosted ensembles of each fold. The first has random thresholds, the second larger trees
        and the best thresholds, the third small trees of all columns; further ones are of these
        kinds in turn and differ by their seed. "auto" takes three, or two with fewer than 1,000
        rows or more than ten classes.

    n_boosting_rounds : int, default=1000
        Trees of one class in a booster, at most.

    n_iter_no_change : int or None, default=60
        Rounds that do not lower the log loss on held-out rows after which a booster ends. None
        trains all rounds.

    n_extra_trees : int, default=200
        Extra trees, in all folds together; 0 leaves them out.

    n_forest_trees : int, default=0
        Trees of a random forest, in all folds together, as one more kind.

    linear_model : bool, default=True
        Whether a logistic regression is one of the kinds.

    n_folds : int, default=5
        Folds. Fewer where the rarest of two classes has fewer rows. With more than 100,000 rows
        only as many of them are held out, and trained for, as have 50,000 rows, but at least two.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    n_jobs : int or None, default=None
        Threads that train and predict. The result does not depend on it.

    verbose : int, default=0
        Print a line for each fold.

    Attributes
    ----------
    folds_ : list of FoldModels
        The models of each fold.

    boosters_ : list of lightgbm.Booster
        The boosted ensembles, fold by fold.

    extra_trees_ : list of ExtraTreeClassifier
        The extra trees, fold by fold.

    forest_ : list of DecisionTreeClassifier
        The trees of the random forest, fold by fold.

    kind_weights_ : dict of float
        Weight of each kind of model in the log odds, by name. Kinds of less than a thirtieth of
        all weight are left out, and have none.

    feature_importances_ : ndarray of shape (`n_features_in_`,)
        Importance of each column: gain in boosters, decrease of the impurity in trees, size of the
        coefficients in the linear model, each with the sum of one, by the weights of the kinds.

    n_rounds_ : list of int
        Rounds of each of `boosters_`.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    lowest_ : float
        Probability below which the probabilities of trees and of the linear model are cut off:
        .001, or a tenth of the share of the rarest class where that is less. Boosters are cut off
        at a hundredth of it.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    ResamplingBaggingClassifier : A bag of one kind of learner, re-balanced or not.

    SelfPacedEnsembleClassifier : Learners on self-paced draws.

    Notes
    -----
    It re-balances nothing because that did not help. ``benchmarks/studies/strong_learner.py``
    compares it with CatBoost, LightGBM, XGBoost and scikit-learn's histogram boosting, and prints
    what each part is worth. Every setting was chosen on other tables than those it was confirmed
    on.

    The boosters are LightGBM's [4]_: 15 leaves at random thresholds with rate .1; 31 leaves at the
    best thresholds with rate .05; 8 leaves at the best thresholds with rate .1. The second kind
    reads nominal columns as cross-fitted statistics of the target (scikit-learn's
    ``TargetEncoder``) [3]_. With more than ten classes rates are doubled, and a booster has 2,000
    trees at most. Extra trees [2]_ are grown whole; on large tables each of them sees all rows of a
    class up to 10,000, or 20 times the rows of the rarest class up to 50,000. The linear model has
    each column twice: cut at both ends, and as normal scores of its ranks. Rows drawn carry the
    weight of those left out.

    The combination is a logistic regression on log probabilities of held-out rows without negative
    weights, pulled towards equal weights by as much as two rows' worth of log loss [1]_. Where no
    row can be held out, because the rarest of two classes has one row, weights are equal and
    boosters have a fixed number of rounds.

    Levels are compared by their value, whatever type holds it: 1, 1.0 and True are one level, the
    text "1" is another. A level that was not there in ``fit`` is missing; numbers in the place
    of words are refused, because codes of an encoder would all be new. Dates are read as seconds.

    X may be a path of a Parquet file or of a folder of them, a ``numpy.memmap`` or a dask
    collection. Of such a table all rows of a class up to 500,000 are read; rows drawn from a larger
    class carry the weight of those left out.

    Cost is O(n d) per tree for n rows of d columns, O(n log n) for an extra tree.

    References
    ----------
    .. [1] D. H. Wolpert, "Stacked generalization", Neural Networks 5, 1992.
    .. [2] P. Geurts, D. Ernst, L. Wehenkel, "Extremely randomized trees", Machine Learning 63,
       2006.
    .. [3] D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes in
       classification and prediction problems", SIGKDD Explorations 3, 2001.
    .. [4] G. Ke and others, "LightGBM: A Highly Efficient Gradient Boosting Decision Tree",
       Advances in Neural Information Processing Systems 30, 2017.

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

    _reads_stored = True

    _parameter_constraints: dict = {
        "n_boosters": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "n_boosting_rounds": [Interval(Integral, 1, None, closed="left")],
        "n_iter_no_change": [Interval(Integral, 1, None, closed="left"), None],
        "n_extra_trees": [Interval(Integral, 0, None, closed="left")],
        "n_forest_trees": [Interval(Integral, 0, None, closed="left")],
        "linear_model": ["boolean"],
        "n_folds": [Interval(Integral, 2, None, closed="left")],
        "categorical_features": CATEGORICAL_FEATURES,
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        *,
        n_boosters="auto",
        n_boosting_rounds=1000,
        n_iter_no_change=60,
        n_extra_trees=200,
        n_forest_trees=0,
        linear_model=True,
        n_folds=5,
        categorical_features="auto",
        random_state=None,
        n_jobs=None,
        verbose=0,
    ):
        self.n_boosters = n_boosters
        self.n_boosting_rounds = n_boosting_rounds
        self.n_iter_no_change = n_iter_no_change
        self.n_extra_trees = n_extra_trees
        self.n_forest_trees = n_forest_trees
        self.linear_model = linear_model
        self.n_folds = n_folds
        self.categorical_features = categorical_features
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.verbose = verbose

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y, sample_weight=None, groups=None):
        """Train the models and combine them.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table. Missing values are allowed, but not in a sparse matrix. Or a table larger
            than memory: the path of a Parquet file, a ``numpy.memmap`` or a dask collection.

        y : array-like of shape (n_samples,) or str
            Class labels; the name of a column where X has names and is larger than memory.

        sample_weight : array-like of shape (n_samples,) or str, default=None
            Weights of the rows; or the name of a column, as for `y`.

        groups : array-like of shape (n_samples,), default=None
            Rows of one group are in one fold, so that held-out rows are of other groups.

        Returns
        -------
        self : object
            The fitted classifier.
        """
        X, y, weight = self._open_for_training(X, y, sample_weight)
        if weight is not None:
            weight = check_sample_weight(weight, y)
        if groups is not None:
            groups = group_numbers(groups, len(y))
        rows: np.ndarray | None = None
        if weight is not None and not weight.all():
            rows = np.flatnonzero(weight)
            y, weight = y[rows], weight[rows]
        self.classes_, y_encoded = encode(y)
        require_two_classes(self.classes_)
        y_encoded = y_encoded.astype(np.intp)
        rng = check_random_state(self.random_state)
        if isinstance(X, StoredTable):
            drawn, weight = rows_at_most(y_encoded, weight, _FROM_A_FILE, rng)
            if drawn is not None:
                rows, y_encoded = drawn if rows is None else rows[drawn], y_encoded[drawn]
            X = X.take(np.arange(X.shape[0]) if rows is None else rows)
        elif rows is not None:
            X = take_rows(X, rows)
        if groups is not None and rows is not None:
            groups = groups[rows]
        if weight is not None:
            weight = weight / weight.mean()  # LightGBM's least weight of a leaf is absolute
        self._levels = LevelCodes(X, self.categorical_features)
        Z = self._levels.read(X)
        class_weight_sum = np.bincount(y_encoded, weights=weight)
        smallest = class_weight_sum[class_weight_sum > 0].min() / class_weight_sum.sum()
        self.lowest_ = min(_LOWEST, 0.1 * float(smallest))
        self._fit_folds(Z, y_encoded, weight, groups, rng)
        return self

    def _fit_folds(
        self,
        Z: Any,
        y_encoded: np.ndarray,
        weight: np.ndarray | None,
        groups: np.ndarray | None,
        rng: np.random.RandomState,
    ) -> None:
        n_threads, n_classes = effective_n_jobs(self.n_jobs), len(self.classes_)
        parts: list[tuple[Any, Any]] = [*splits(y_encoded, self.n_folds, rng, groups)]
        parts = parts or [(None, None)]
        levels = binned(Z, y_encoded, weight, self._levels.n_nominal, n_threads)
        seeds = rng.randint(_SEEDS, size=len(parts))

        def train(place: int, settings: FoldSettings) -> TrainedFold:
            rows, held_out = parts[place]
            fold = trained_fold(
                settings, Z, y_encoded, weight, levels, rows, held_out, seeds[place]
            )
            if self.verbose:
                print(
                    f"[{type(self).__name__}] fold {place + 1} of {len(parts)}: trained "
                    f"{', '.join(fold.models.names)}",
                    flush=True,
                )
            return fold

        def held_out_of(folds: list[TrainedFold]) -> tuple[list[str], Any, np.ndarray, Any]:
            """Kinds, and their log probabilities, classes and weights of the rows held out."""
            rows = np.concatenate([held_out for _, held_out in parts[: len(folds)]])
            log_proba = np.concatenate([fold.log_proba for fold in folds], axis=1)
            some = None if weight is None else weight[rows]
            return folds[0].models.names, log_proba, y_encoded[rows], some

        settings = self._settings(len(y_encoded), len(parts), n_threads)
        kinds = settings.kinds
        first = train(0, settings)
        if _can_tell(y_encoded, parts[0][1], n_classes):
            # what is not worth its time in one fold is not trained in the others
            settings = replace(settings, kinds=worth_their_time(*held_out_of([first])))
            first = first.only(settings.kinds)
        settings = replace(settings, n_threads=max(1, n_threads // max(1, len(parts) - 1)))
        others = partial(train, settings=settings)
        folds = [first, *each_in_threads(others, range(1, len(parts)), n_threads)]
        if first.log_proba is None:
            self._combination = geometric_mean(first.models.names, n_classes)
        else:
            self._combination = fitted(*held_out_of(folds))
        names = self._combination.weights
        folds = [fold.only(names) for fold in folds]
        self.folds_ = [fold.models for fold in folds]
        self.kind_weights_ = dict.fromkeys(kinds, 0.0) | names
        importances = sum(
            weight_of_kind * np.mean([fold.importances[name] for fold in folds], axis=0)
            for name, weight_of_kind in names.items()
        )
        self.feature_importances_ = np.zeros(self.n_features_in_)
        self.feature_importances_[self._levels.order] = importances
        self.feature_importances_ /= self.feature_importances_.sum() or 1.0

    def _settings(self, n_rows: int, n_folds: int, n_threads: int) -> FoldSettings:
        n_boosters = self.n_boosters
        if n_boosters == "auto":
            few = n_rows < _ALL_BOOSTERS or len(self.classes_) > MANY_CLASSES
            n_boosters = 2 if few else len(BOOSTERS)
        kinds = [kind.name for kind in BOOSTERS[:n_boosters]]
        kinds += [ExtraTrees.name] * bool(self.n_extra_trees)
        kinds += [ForestTrees.name] * bool(self.n_forest_trees)
        kinds += [LinearModel.name] * bool(self.linear_model)
        return FoldSettings(
            n_classes=len(self.classes_),
            n_nominal=self._levels.n_nominal,
            n_boosters=n_boosters,
            n_rounds=self.n_boosting_rounds,
            patience=self.n_iter_no_change,
            n_extra_trees=-(-self.n_extra_trees // n_folds),
            n_forest_trees=-(-self.n_forest_trees // n_folds),
            kinds=kinds,
            lowest=self.lowest_,
            n_threads=n_threads,
        )

    def predict_proba(self, X):
        """Probability of each class.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table; or one larger than memory, as in ``fit``.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities.
        """
        X = self._open_for_prediction(X)
        if isinstance(X, StoredTable):
            return X.predict_blocks(self._predict_table)
        return self._predict_table(X)

    def predict(self, X):
        """Most probable class of each row.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table; or one larger than memory, as in ``fit``.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        proba = self.predict_proba(X)
        return self.classes_[proba.argmax(axis=1)]

    @property
    def boosters_(self):
        """The boosted ensembles, fold by fold."""
        return [booster for kind in self._of(BoostedTrees) for booster in kind.boosters]

    @property
    def n_rounds_(self):
        """Rounds of each of the boosters."""
        return [rounds for kind in self._of(BoostedTrees) for rounds in kind.rounds]

    @property
    def extra_trees_(self):
        """The extra trees, fold by fold."""
        return [tree for kind in self._of(ExtraTrees) for tree in kind.trees]

    @property
    def forest_(self):
        """The trees of the random forest, fold by fold."""
        return [tree for kind in self._of(ForestTrees) for tree in kind.trees]

    def _of(self, model: type) -> list[Any]:
        """The fitted models of some kind."""
        check_is_fitted(self)
        return [kind for fold in self.folds_ for kind in fold.kinds if isinstance(kind, model)]

    def _predict_table(self, X: Any) -> np.ndarray:
        return predict_in_parts(self._mixed, self._levels.read(X), effective_n_jobs(self.n_jobs))

    def _mixed(self, Z: Any) -> np.ndarray:
        """Log probabilities are averaged over the folds, kind by kind, and combined."""
        total: Any = 0.0
        for fold in self.folds_:
            total = total + fold.log_proba(View(Z, fold.statistics))
        return self._combination.predict_proba(total / len(self.folds_))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        accept_any_table(tags)
        return tags


def _can_tell(y_encoded: np.ndarray, held_out: np.ndarray | None, n_classes: int) -> bool:
    """Whether the rows held out of one fold tell kinds of models apart."""
    if held_out is None:
        return False
    return bool(np.bincount(y_encoded[held_out], minlength=n_classes).min() >= _ENOUGH)
