"""Training base learners: one way for all, and what is done otherwise for some trees."""

from copy import copy
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier
from sklearn.utils.validation import has_fit_parameter

from imbalance_kit._sklearn_compat import n_samples_of, set_random_states
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.ensemble._learners.stumps import (
    SortedTable,
    boosted_stumps,
    boosts_stumps,
    fit_stump,
    is_stump,
)

TREES = (DecisionTreeClassifier, ExtraTreeClassifier)  # a subclass may train otherwise
_SPARSELY = 16  # rows of the table per row drawn above which sorting is faster than counting
# Values of a table. Below, importing numba takes longer than what it saves, of ten boosters of
# fifty stumps and of fifty stumps one by one.
_FEWEST_FOR_BOOSTER, _FEWEST_FOR_STUMP = 1_000, 100_000


class Trainer:
    """Trains any classifier with ``fit``."""

    def __init__(self, learner: Any) -> None:
        self._learner = learner

    def fresh(self, rng: np.random.RandomState) -> Any:
        """A learner to train, seeded."""
        learner = clone(self._learner)
        set_random_states(learner, rng)
        return learner

    def open(self, X: Any) -> None:
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

    def open(self, X: Any) -> None:
        ready = isinstance(X, np.ndarray) and X.dtype == np.float32
        self._complete = ready and not np.isnan(X.sum(dtype=np.float64))

    def fit(
        self, learner: Any, X: Any, y: np.ndarray, weight: np.ndarray | None, rows: Any = None
    ) -> Any:
        if rows is None or not self._complete:
            return super().fit(learner, X, y, weight, rows)
        rows, repeats = _distinct(rows, n_samples_of(X))
        repeated = None if repeats.max(initial=1) == 1 else repeats.astype(np.float64)
        if weight is not None:
            repeated = weight[rows] if repeated is None else repeated * weight[rows]
        # trees look for missing values, and at nothing else of a table that is as they read it
        X, y = take_rows(X, rows), y[rows]
        return learner.fit(X, y, sample_weight=repeated, check_input=False)


def _distinct(rows: np.ndarray, n_rows: int) -> tuple[np.ndarray, np.ndarray]:
    """The distinct ones of some rows of a table, in order, and how often each is there."""
    if n_rows > _SPARSELY * len(rows):
        return np.unique(rows, return_counts=True)
    repeats = np.bincount(rows, minlength=n_rows)
    rows = np.flatnonzero(repeats)
    return rows, repeats[rows]


class StumpTrainer(Trainer):
    """Trains stumps, or AdaBoost on stumps, on sorted columns.

    More than two classes, missing values and small tables are left to scikit-learn. So is a single
    stump on some of the rows: sorting pays from the second stump on, and looking at all rows of a
    sorted table does not where few of them are drawn.
    """

    def open(self, X: Any) -> None:
        self._stump = is_stump(self._learner)
        self._fewest = _FEWEST_FOR_STUMP if self._stump else _FEWEST_FOR_BOOSTER
        self._numbers = X.dtype == np.float32 and not np.isnan(X).any()
        self._whole = X
        self._last: Any = None
        self._sorted: SortedTable | None = None
        self._labels: tuple | None = None

    def fit(
        self, learner: Any, X: Any, y: np.ndarray, weight: np.ndarray | None, rows: Any = None
    ) -> Any:
        if rows is not None and len(rows) >= len(self._whole):
            # the whole table with copies: how often a row is there is its weight
            repeats = np.bincount(rows, minlength=len(X)).astype(np.float64)
            weight = repeats if weight is None else repeats * weight
        elif rows is not None:
            X, y = take_rows(X, rows), y[rows]
            weight = None if weight is None else weight[rows]
        again = X is self._whole or X is self._last
        self._last = X
        numbers = self._numbers and X.dtype == np.float32 and X.size >= self._fewest
        if not numbers or (self._stump and not again):
            return super().fit(learner, X, y, weight)
        classes, y_encoded = self._encoded(y)
        if len(classes) != 2 or not np.bincount(y_encoded, weight).all():
            return super().fit(learner, X, y, weight)
        learner._validate_params()
        table = self._sorted
        if table is None or table.X is not X:
            table = SortedTable(X)
            if again:
                self._sorted = table
        if self._stump:
            return fit_stump(learner, table, classes, y_encoded, weight)
        return boosted_stumps(learner, table, classes, y_encoded, weight)

    def _encoded(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Labels of the whole table are encoded once."""
        known = self._labels  # another thread may change it
        if known is not None and known[0] is y:
            return known[1:]
        classes, y_encoded = np.unique(y, return_inverse=True)
        if len(y) >= len(self._whole):
            self._labels = (y, classes, y_encoded)
        return classes, y_encoded


def trainer_for(learner: Any, X: Any) -> Trainer:
    """The trainer that suits a learner and a table."""
    if (is_stump(learner) or boosts_stumps(learner)) and isinstance(X, np.ndarray):
        return StumpTrainer(learner)
    if type(learner) in TREES and _grows_to_the_end(learner):
        return TreeTrainer(learner)
    return Trainer(learner)


def takes_weight(learner: Any) -> bool:
    """Whether ``fit`` takes weights of rows."""
    return has_fit_parameter(learner, "sample_weight")


def _grows_to_the_end(tree: Any) -> bool:
    """Whether a row with a weight is as good as its copies: nothing counts or weighs rows."""
    return (
        tree.min_samples_leaf == 1
        and tree.min_samples_split == 2
        and tree.class_weight != "balanced"
    )
