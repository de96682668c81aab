"""Stumps on columns that are sorted once, alone and boosted, as scikit-learn would grow them."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.ensemble import AdaBoostClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import check_random_state

from imbalance_kit.ensemble._learners.stump_trees import StumpMaker

if TYPE_CHECKING:
    from imbalance_kit.kernels.stumps import Sorted

_STUMP = DecisionTreeClassifier(max_depth=1).get_params()
_SEEDS = np.iinfo(np.int32).max
_APART = np.float32(1e-7)  # values nearer than this are one value to scikit-learn's trees


def is_stump(learner: Any) -> bool:
    """Whether a learner is a decision stump with everything else as it comes."""
    if type(learner) is not DecisionTreeClassifier:
        return False
    return learner.get_params() == {**_STUMP, "random_state": learner.random_state}


def boosts_stumps(learner: Any) -> bool:
    """Whether a learner is AdaBoost on such stumps."""
    if type(learner) is not AdaBoostClassifier:
        return False
    return learner.estimator is None or is_stump(learner.estimator)


class SortedTable:
    """A table with its columns sorted, for any number of stumps.

    Parameters
    ----------
    X : ndarray of shape (n_rows, n_columns), float32
        The table, without missing values.
    """

    def __init__(self, X: np.ndarray) -> None:
        self.X = X
        self.places = _sort_columns(X)
        self._maker: StumpMaker | None = None

    def stump_maker(self, classes: np.ndarray) -> StumpMaker:
        """What makes stumps for this table; the classes are always the same."""
        if self._maker is None:
            self._maker = StumpMaker(self.X.shape[1], classes)
        return self._maker

    def threshold(self, column: int, place: int, weight: np.ndarray) -> float:
        """What a split of a column after its first `place` rows compares with.

        Half way between two values, as in scikit-learn; rows without weight are not seen.
        """
        rows = self.places.order[column]
        while weight[rows[place - 1]] == 0:
            place -= 1
        below = float(self.X[rows[place - 1], column])
        while weight[rows[place]] == 0:
            place += 1
        above = float(self.X[rows[place], column])
        half = below / 2.0 + above / 2.0
        return below if half == above else half


def fit_stump(
    learner: DecisionTreeClassifier,
    table: SortedTable,
    classes: np.ndarray,
    y_encoded: np.ndarray,
    weight: np.ndarray | None,
) -> DecisionTreeClassifier:
    """Fit a stump to what ``DecisionTreeClassifier(max_depth=1)`` finds.

    Parameters
    ----------
    learner : DecisionTreeClassifier
        The stump, not fitted yet.

    table : SortedTable
        The rows.

    classes : ndarray of shape (2,)
        The labels.

    y_encoded : ndarray of shape (n_rows,)
        Position of each row's label.

    weight : ndarray of shape (n_rows,) or None
        Weights of the rows.

    Returns
    -------
    learner : DecisionTreeClassifier
        The same, fitted.
    """
    from imbalance_kit.kernels.stumps import find_stump

    weight = np.ones(len(y_encoded)) if weight is None else weight
    whole = np.bincount(y_encoded, weights=weight, minlength=2)
    signed = np.where(y_encoded == 1, weight, -weight).astype(np.float64)
    column, place, *left = find_stump(*table.places, signed, *whole)
    maker = table.stump_maker(classes)
    n_rows = int(np.count_nonzero(weight))
    if column < 0:
        return maker.leaf(learner, whole, n_rows)
    # a side of one class alone: rounding may leave a trace of the other
    sums = np.maximum([left, whole - left], 0.0)
    n_left = np.count_nonzero(weight[table.places.order[column][:place]])
    return maker.split(
        learner,
        column,
        table.threshold(column, place, weight),
        sums,
        np.array([n_left, n_rows - n_left]),
    )


def boosted_stumps(
    learner: AdaBoostClassifier,
    table: SortedTable,
    classes: np.ndarray,
    y_encoded: np.ndarray,
    weight: np.ndarray | None,
) -> AdaBoostClassifier:
    """Fit an ``AdaBoostClassifier`` on stumps as its own ``fit`` does.

    Parameters
    ----------
    learner : AdaBoostClassifier
        The learner, not fitted yet.

    table : SortedTable
        The rows.

    classes : ndarray of shape (2,)
        The labels.

    y_encoded : ndarray of shape (n_rows,)
        Position of each row's label.

    weight : ndarray of shape (n_rows,) or None
        Weights of the rows.

    Returns
    -------
    learner : AdaBoostClassifier
        The same, fitted.
    """
    from imbalance_kit.kernels import stumps

    first = np.ones(len(y_encoded)) if weight is None else np.array(weight, dtype=np.float64)
    first /= first.sum()
    splits = np.empty((learner.n_estimators, 2), dtype=np.int64)
    sums = np.empty((learner.n_estimators, 2, 2))
    errors = np.ones(learner.n_estimators)  # and zeros: what scikit-learn leaves where it ends
    weights = np.zeros(learner.n_estimators)
    n_rounds = stumps.boost_stumps(
        *table.places,
        y_encoded.astype(np.uint8),
        first.copy(),
        float(learner.learning_rate),
        splits,
        sums,
        errors,
        weights,
    )
    if n_rounds == 0:
        raise ValueError(
            "The first stump of AdaBoostClassifier is no better than a guess on the weighted "
            "rows. Give an estimator that separates the classes better."
        )
    rng = check_random_state(learner.random_state)
    maker = table.stump_maker(classes)
    stump = DecisionTreeClassifier(max_depth=1) if learner.estimator is None else learner.estimator
    in_use = first > 0
    n_rows = int(np.count_nonzero(in_use))
    trees = []
    for (column, place), by_side in zip(splits[:n_rounds], sums, strict=False):
        tree = copy(stump)
        tree.random_state = rng.randint(_SEEDS)
        if column < 0:
            trees.append(maker.leaf(tree, by_side.sum(axis=0), n_rows))
            continue
        n_left = np.count_nonzero(in_use[table.places.order[column][:place]])
        threshold = table.threshold(column, place, first)
        rows_by_side = np.array([n_left, n_rows - n_left])
        trees.append(maker.split(tree, column, threshold, np.maximum(by_side, 0.0), rows_by_side))
    learner.estimator_ = stump
    learner.estimators_ = trees
    learner.estimator_weights_ = weights
    learner.estimator_errors_ = errors
    learner.classes_ = classes
    learner.n_classes_ = len(classes)
    learner.n_features_in_ = table.X.shape[1]
    return learner


def _sort_columns(X: np.ndarray) -> Sorted:
    from imbalance_kit.kernels.stumps import Sorted

    n_rows, n_columns = X.shape
    order = np.empty((n_columns, n_rows), dtype=np.int32)
    ends, largest = [], []
    n_pieces = np.zeros(n_columns + 1, dtype=np.int64)
    for column in range(n_columns):
        values = np.ascontiguousarray(X[:, column])
        # The stable sort is the faster one: it makes use of runs of equal values.
        order[column] = np.argsort(values, kind="stable")
        values = values[order[column]]
        splits = np.flatnonzero(values[1:] > values[:-1] + _APART) + 1
        ends_here = np.append(splits, n_rows)
        largest.append(n_pieces[column] + np.diff(ends_here, prepend=0).argmax())
        n_pieces[column + 1] = n_pieces[column] + len(ends_here)
        ends.append(ends_here)
    return Sorted(order, np.concatenate(ends), n_pieces, np.array(largest))
