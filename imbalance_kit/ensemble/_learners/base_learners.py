"""Training base learners and asking them: what is worth doing otherwise for trees and LightGBM."""

from collections.abc import Callable
from copy import copy
from itertools import pairwise
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, clone
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier
from sklearn.utils.validation import has_fit_parameter

from imbalance_kit._sklearn_compat import n_samples_of, set_random_states
from imbalance_kit._tables.rows import take_rows
from imbalance_kit._threads import each_in_threads
from imbalance_kit.ensemble._learners.lightgbm import BinnedLightGBM, shares_bins
from imbalance_kit.ensemble._learners.stumps import (
    SortedTable,
    Stump,
    StumpBooster,
    as_numbers,
    boost_stumps,
    boosts_stumps,
    fit_stump,
    holds_numbers,
    is_stump,
)

TREES = (DecisionTreeClassifier, ExtraTreeClassifier)  # a subclass may train otherwise
_SPARSELY = 16  # rows of the table per row drawn above which sorting is faster than counting
_FEWEST_ROWS = 2_000  # asked in one thread: below, threads cost more than they save
# Below, importing numba takes longer than ten times fifty of scikit-learn's stumps.
_FEWEST_CELLS = 1_000


class Trainer:
    """Trains any classifier with ``fit``."""

    def __init__(self, learner: Any) -> None:
        self.takes_weight = has_fit_parameter(learner, "sample_weight")
        self._learner = learner

    def fresh(self, rng: np.random.RandomState) -> Any:
        """A learner to train, seeded."""
        learner = clone(self._learner)
        set_random_states(learner, rng)
        return learner

    def open(self, X: Any, rng: np.random.RandomState) -> None:
        """Look at the training table once, before the first round."""

    def fit(
        self, learner: Any, X: Any, y: np.ndarray, weight: np.ndarray | None, rows: Any = None
    ) -> Any:
        """Train on the table, or on `rows` of it, and return the fitted learner.

        `y` and `weight` belong to the table; `rows` may name a row more than once.
        """
        if rows is not None:
            X, y = take_rows(X, rows), y[rows]
            weight = None if weight is None else weight[rows]
        given = {} if weight is None else {"sample_weight": weight}
        return learner.fit(X, y, **given)


class TreeTrainer(Trainer):
    """Trains trees that are grown to the end on each row once, with its number of repetitions.

    The tree is the same, its nodes are fewer rows to sort. Not so with missing values: there
    trees of some versions count the rows on either side, and get them repeated.
    """

    def __init__(self, learner: Any) -> None:
        super().__init__(learner)
        self._blank = clone(learner)
        self._complete = False

    def fresh(self, rng: np.random.RandomState) -> Any:
        """What cloning gives; that looks at signatures for a tenth of the time of a small tree."""
        learner = copy(self._blank)
        learner.random_state = rng.randint(np.iinfo(np.int32).max)
        return learner

    def open(self, X: Any, rng: np.random.RandomState) -> None:
        ready = isinstance(X, np.ndarray) and X.dtype == np.float32
        self._complete = ready and not np.isnan(X.sum(dtype=np.float64))

    def fit(
        self, learner: Any, X: Any, y: np.ndarray, weight: np.ndarray | None, rows: Any = None
    ) -> Any:
        if rows is None or not self._complete:
            return super().fit(learner, X, y, weight, rows)
        rows, repeats = _different(rows, n_samples_of(X))
        repeated = None if repeats.max(initial=1) == 1 else repeats.astype(np.float64)
        if weight is not None:
            repeated = weight[rows] if repeated is None else repeated * weight[rows]
        # trees look for missing values, and at nothing else of a table that is as they read it
        X, y = take_rows(X, rows), y[rows]
        return learner.fit(X, y, sample_weight=repeated, check_input=False)


def _different(rows: np.ndarray, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The different ones of some rows of a table, in order, and how often each is there."""
    if n_rows > _SPARSELY * len(rows):
        return np.unique(rows, return_counts=True)
    repeats = np.bincount(rows, minlength=n_rows)
    rows = np.flatnonzero(repeats)
    return rows, repeats[rows]


class LightGBMTrainer(Trainer):
    """Trains LightGBM on bins that are found once for all rounds."""

    def __init__(self, learner: Any) -> None:
        super().__init__(learner)
        self._binned: BinnedLightGBM | None = None

    def open(self, X: Any, rng: np.random.RandomState) -> None:
        self._binned = BinnedLightGBM(self._learner, X, rng)

    def fit(
        self, learner: Any, X: Any, y: np.ndarray, weight: np.ndarray | None, rows: Any = None
    ) -> Any:
        if rows is not None:
            rows = np.sort(rows)  # LightGBM adds up in the order of the rows
            X, y = take_rows(X, rows), y[rows]
            weight = None if weight is None else weight[rows]
        assert self._binned is not None
        return self._binned.fit(learner, X, y, weight)


class StumpTrainer(Trainer):
    """Trains stumps, or AdaBoost on stumps, on sorted columns.

    More than two classes, missing values and small tables are left to scikit-learn, and so is a
    single stump on rows that are not seen again: sorting pays from the second one on.
    """

    def open(self, X: Any, rng: np.random.RandomState) -> None:
        self._stump = is_stump(self._learner)
        self._numbers = X.dtype == np.float32 and not np.isnan(X).any()
        self._whole = X
        self._weight: np.ndarray | None = None
        self._n_drawn = 0
        self._last: Any = None
        self._sorted: SortedTable | None = None
        self._labels: tuple | None = None

    def fit(
        self, learner: Any, X: Any, y: np.ndarray, weight: np.ndarray | None, rows: Any = None
    ) -> Any:
        if rows is not None and self._pays_to_sort(rows, weight):
            repeats = np.bincount(rows, minlength=len(X)).astype(np.float64)
            weight = repeats if weight is None else repeats * weight
        elif rows is not None:
            X, y = take_rows(X, rows), y[rows]
            weight = None if weight is None else weight[rows]
        again = X is self._whole or X is self._last
        self._last = X
        stump = self._stump
        numbers = self._numbers and X.dtype == np.float32 and X.size >= _FEWEST_CELLS
        if not numbers or (stump and not again):
            return super().fit(learner, X, y, weight)
        classes, codes = self._codes(y)
        if len(classes) != 2 or not np.bincount(codes, weight).all():
            return super().fit(learner, X, y, weight)
        learner._validate_params()
        table = self._sorted
        if table is None or table.X is not X:
            table = SortedTable(X)
            if again:
                self._sorted = table
        if stump:
            return fit_stump(table, classes, codes, weight)
        return boost_stumps(learner, table, classes, codes, weight)

    def _pays_to_sort(self, rows: np.ndarray, weight: np.ndarray | None) -> bool:
        """Whether to train on the whole sorted table, with no weight on the rows not drawn.

        So it does once draws that were not sorted add up to the table. Only rounds that follow
        each other are counted, by their changing weights: what learners that are trained side by
        side find must not depend on who is first.
        """
        if len(rows) >= len(self._whole):
            return True
        if weight is not None and weight is not self._weight and self._stump:
            self._n_drawn += len(rows) if self._weight is not None else 0
            self._weight = weight
        return self._stump and self._numbers and self._n_drawn >= len(self._whole)

    def _codes(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Labels of the whole table are looked at once."""
        known = self._labels  # another thread may change it
        if known is not None and known[0] is y:
            return known[1:]
        classes, codes = np.unique(y, return_inverse=True)
        if len(y) >= len(self._whole):
            self._labels = (y, classes, codes)
        return classes, codes


def trainer_for(learner: Any, X: Any) -> Trainer:
    """The trainer that suits a learner and a table."""
    if (is_stump(learner) or boosts_stumps(learner)) and isinstance(X, np.ndarray):
        return StumpTrainer(learner)
    if type(learner) in TREES and _grows_to_the_end(learner):
        return TreeTrainer(learner)
    if shares_bins(learner, X):
        return LightGBMTrainer(learner)
    return Trainer(learner)


def as_read_by(learner: Any, X: Any) -> Any:
    """The cast and the check that scikit-learn's trees make in every round, made once.

    Where stumps may be trained on sorted columns, a frame of numbers becomes an array, too.
    """
    boosts = boosts_stumps(learner) or isinstance(learner, StumpBooster)
    stump = is_stump(learner) or isinstance(learner, Stump)
    if boosts or stump:
        return as_numbers(X, allow_nan=stump) if holds_numbers(X) else X
    if _is_tree(learner) and isinstance(X, np.ndarray) and holds_numbers(X):
        return as_numbers(X, allow_nan=True)
    return X


def class_probabilities(
    learner: Any, X: Any, classes: np.ndarray, n_threads: int = 1
) -> np.ndarray:
    """Probabilities that a learner gives to `classes`; a class it never saw has none.

    Parameters
    ----------
    learner : fitted classifier
        Trees are asked without another check of a float32 table; see `as_read_by`.

    X : table
        The rows.

    classes : ndarray of shape (n_classes,)
        Labels, sorted, among them those of the learner.

    n_threads : int, default=1
        Parts of the rows that are asked at the same time.

    Returns
    -------
    proba : ndarray of shape (n_samples, n_classes)
    """
    return by_parts(lambda part: _aligned(learner, _ask(learner, part), classes), X, n_threads)


def predicted_codes(learner: Any, X: Any, classes: np.ndarray, n_threads: int = 1) -> np.ndarray:
    """Positions in `classes` of what a learner predicts.

    Parameters
    ----------
    learner : fitted classifier
        Probabilities are not asked for, unless it is a tree.

    X : table
        The rows.

    classes : ndarray of shape (n_classes,)
        Labels, sorted, among them those of the learner.

    n_threads : int, default=1
        Parts of the rows that are asked at the same time.

    Returns
    -------
    codes : ndarray of shape (n_samples,)
    """

    def ask(part: Any) -> np.ndarray:
        if isinstance(learner, Stump):
            said = learner.shares.argmax(axis=1)[learner.sides(part)]
        elif _is_one_split(learner, part):
            said = _say_by_one_split(learner.tree_, part)
        elif _is_tree(learner):
            said = _ask(learner, part).argmax(axis=1)
        else:
            return np.searchsorted(classes, learner.predict(part))
        same = len(learner.classes_) == len(classes)
        return said if same else np.searchsorted(classes, learner.classes_)[said]

    return by_parts(ask, X, n_threads)


def _is_one_split(learner: Any, X: Any) -> bool:
    numbers = isinstance(X, np.ndarray) and X.dtype == np.float32
    return type(learner) is DecisionTreeClassifier and numbers and learner.tree_.node_count == 3


def _say_by_one_split(tree: Any, X: np.ndarray) -> np.ndarray:
    """Positions of the classes that a tree of one split says; walking it takes longer."""
    values, threshold = X[:, tree.feature[0]], tree.threshold[0]
    right = values > threshold if tree.missing_go_to_left[0] else ~(values <= threshold)
    sides = tree.value[[tree.children_left[0], tree.children_right[0]], 0].argmax(axis=1)
    return sides[right.astype(np.intp)]


def by_parts(ask: Callable[[Any], np.ndarray], X: Any, n_threads: int) -> np.ndarray:
    """What a function says of the rows of X, which several threads may ask for."""
    n_rows = n_samples_of(X)
    n_parts = min(n_threads, max(1, n_rows // _FEWEST_ROWS))
    if n_parts <= 1:
        return ask(X)
    ends = np.linspace(0, n_rows, n_parts + 1).astype(np.intp)
    parts = [neighbouring_rows(X, start, stop) for start, stop in pairwise(ends)]
    return np.concatenate(each_in_threads(ask, parts, n_threads))


def _ask(learner: Any, X: Any) -> np.ndarray:
    if _is_tree(learner) and isinstance(X, np.ndarray) and X.dtype == np.float32:
        return learner.predict_proba(X, check_input=False)
    return learner.predict_proba(X)


def _aligned(learner: Any, proba: np.ndarray, classes: np.ndarray) -> np.ndarray:
    if len(learner.classes_) == len(classes):
        return proba
    whole = np.zeros((len(proba), len(classes)))
    whole[:, np.searchsorted(classes, learner.classes_)] = proba
    return whole


def neighbouring_rows(X: Any, start: int, stop: int) -> Any:
    """Rows from one to another; no copy where there need be none."""
    if isinstance(X, np.ndarray) or sparse.issparse(X):
        return X[start:stop]
    return take_rows(X, np.arange(start, stop))


def _is_tree(learner: BaseEstimator) -> bool:
    return isinstance(learner, DecisionTreeClassifier)  # an ExtraTreeClassifier is one, too


def _grows_to_the_end(tree: Any) -> bool:
    """Whether a row with a weight is as good as its copies: nothing counts or weighs rows."""
    return (
        tree.min_samples_leaf == 1
        and tree.min_samples_split == 2
        and tree.class_weight != "balanced"
    )
