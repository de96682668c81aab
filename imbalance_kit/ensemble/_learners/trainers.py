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
    boost_stumps,
    boosts_stumps,
    fit_stump,
    is_stump,
)

TREES = (DecisionTreeClassifier, ExtraTreeClassifier)  # a subclass may train otherwise
_SPARSELY = 16  # rows of the table per row drawn above which sorting is faster than counting
# Below, importing numba takes longer than ten times fifty of scikit-learn's stumps.
_FEWEST_VALUES = 1_000


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

    More than two classes, missing values and small tables are left to scikit-learn, and so is a
    single stump on rows that are not seen again: sorting pays from the second one on.
    """

    def open(self, X: Any) -> None:
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
        numbers = self._numbers and X.dtype == np.float32 and X.size >= _FEWEST_VALUES
        if not numbers or (stump and not again):
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
        if stump:
            return fit_stump(learner, table, classes, y_encoded, weight)
        return boost_stumps(learner, table, classes, y_encoded, weight)

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

    def _encoded(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Labels of the whole table are looked at once."""
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
