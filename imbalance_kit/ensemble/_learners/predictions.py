"""Predictions of base learners, with shortcuts for trees that do not change what comes out."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import assert_all_finite
from sklearn.utils.extmath import softmax

from imbalance_kit._sklearn_compat import n_samples_of
from imbalance_kit._tables.rows import is_frame, take_rows
from imbalance_kit._threads import each_in_threads
from imbalance_kit.ensemble._learners.stumps import boosts_stumps, is_stump

# Predicting a few rows too many costs less than a copy of most of the table.
NEARLY_ALL = 0.8
_FEWEST_ROWS = 2_000  # predicted in one thread: below, threads cost more than they save


def as_read_by(learner: Any, X: Any) -> Any:
    """The cast and the check that scikit-learn's trees make in every round, made once.

    Where stumps may be trained on sorted columns, a frame of numbers becomes an array, too.
    """
    stump = is_stump(learner)
    if stump or boosts_stumps(learner):
        return as_numbers(X, allow_nan=stump) if holds_numbers(X) else X
    if _is_tree(learner) and isinstance(X, np.ndarray) and holds_numbers(X):
        return as_numbers(X, allow_nan=True)
    return X


def holds_numbers(X: Any) -> bool:
    """Whether a table is an array or a frame of numbers alone."""
    if isinstance(X, np.ndarray):
        return X.dtype.kind in "fiub"
    if not is_frame(X):
        return False
    kinds = nw.from_native(X, eager_only=True).schema.values()
    return all(kind.is_numeric() or kind == nw.Boolean for kind in kinds)


def as_numbers(X: Any, *, allow_nan: bool) -> np.ndarray:
    """The table as trees read it."""
    if sparse.issparse(X):
        X = X.toarray()
    elif is_frame(X):
        columns = nw.from_native(X, eager_only=True).iter_columns()
        X = np.column_stack([np.asarray(column.to_numpy(), dtype=float) for column in columns])
    with np.errstate(over="ignore"):
        numbers = np.asarray(X, dtype=np.float32, order="C")
    assert_all_finite(numbers, allow_nan=allow_nan, input_name="X")
    return numbers


def class_probabilities(learner: Any, X: Any, n_classes: int, n_threads: int = 1) -> np.ndarray:
    """Probabilities that a learner gives to the classes; one that it never saw has none.

    A learner without ``predict_proba`` gives 1 to the class it predicts and 0 to the others.

    Parameters
    ----------
    learner : fitted classifier
        Its labels are positions of classes. Trees predict a float32 table without another check
        of it; see `as_read_by`.

    X : table
        The rows.

    n_classes : int
        Number of classes.

    n_threads : int, default=1
        Parts of the rows that are predicted at the same time.

    Returns
    -------
    proba : ndarray of shape (n_samples, n_classes)
    """

    def predict(part: Any) -> np.ndarray:
        if not hasattr(learner, "predict_proba"):
            return np.eye(n_classes)[predict_encoded(learner, part, n_classes)]
        return _in_all_classes(learner, _predict_proba(learner, part), n_classes)

    return predict_in_parts(predict, X, n_threads)


def predict_encoded(learner: Any, X: Any, n_classes: int, n_threads: int = 1) -> np.ndarray:
    """Positions of the classes that a learner predicts.

    Parameters
    ----------
    learner : fitted classifier
        Needs no ``predict_proba``.

    X : table
        The rows.

    n_classes : int
        Number of classes.

    n_threads : int, default=1
        Parts of the rows that are predicted at the same time.

    Returns
    -------
    y_encoded : ndarray of shape (n_samples,)
    """

    def predict(part: Any) -> np.ndarray:
        if _has_one_split(learner, part):
            encoded = _predict_by_one_split(learner.tree_, part)
        elif _is_tree(learner):
            encoded = _predict_proba(learner, part).argmax(axis=1)
        else:
            return _as_positions(learner.predict(part), n_classes)
        all_seen = len(learner.classes_) == n_classes
        return encoded if all_seen else _as_positions(learner.classes_, n_classes)[encoded]

    return predict_in_parts(predict, X, n_threads)


def weighted_votes(learner: Any, X: Any) -> np.ndarray:
    """Sum of the votes of an ``AdaBoostClassifier``'s weak learners, by their weights.

    Parameters
    ----------
    learner : fitted AdaBoostClassifier
        The learner.

    X : table
        The rows.

    Returns
    -------
    votes : ndarray of shape (n_samples, n_classes)
        A weak learner of weight w adds w to the class it predicts and ``-w / (n_classes - 1)`` to
        each of the others.
    """
    mean = _boosted_stumps_decision(learner, X)
    if mean is None:
        mean = learner.decision_function(X)
    if mean.ndim == 1:
        mean = np.column_stack([-mean, mean]) / 2.0
    return mean * np.sum(learner.estimator_weights_)


def predict_in_parts(predict: Callable[[Any], np.ndarray], X: Any, n_threads: int) -> np.ndarray:
    """What a function predicts for the rows of X, part by part in several threads."""
    n_rows = n_samples_of(X)
    n_parts = min(n_threads, max(1, n_rows // _FEWEST_ROWS))
    if n_parts <= 1:
        return predict(X)
    ends = np.linspace(0, n_rows, n_parts + 1).astype(np.intp)
    parts = [neighbouring_rows(X, start, stop) for start, stop in pairwise(ends)]
    return np.concatenate(each_in_threads(predict, parts, n_threads))


def neighbouring_rows(X: Any, start: int, stop: int) -> Any:
    """Rows from one to another; no copy where there need be none."""
    if isinstance(X, np.ndarray) or sparse.issparse(X):
        return X[start:stop]
    return take_rows(X, np.arange(start, stop))


def _predict_proba(learner: Any, X: Any) -> np.ndarray:
    if _is_tree(learner) and isinstance(X, np.ndarray) and X.dtype == np.float32:
        return learner.predict_proba(X, check_input=False)
    decision = _boosted_stumps_decision(learner, X)
    if decision is not None:  # from here on as scikit-learn's AdaBoost does it
        return softmax(np.column_stack([-decision, decision]) / 2.0, copy=False)
    return learner.predict_proba(X)


def _boosted_stumps_decision(learner: Any, X: Any) -> np.ndarray | None:
    """What ``decision_function`` of boosted stumps returns, without a check of X for each of them.

    The numbers are the same, sums being taken in the same order. None where the learner is
    anything else, has more than two classes, or X is not as trees read it.
    """
    if not isinstance(X, np.ndarray) or X.dtype != np.float32 or not boosts_stumps(learner):
        return None
    if len(learner.classes_) != 2:
        return None
    total = np.zeros(len(X))
    for stump, weight in zip(learner.estimators_, learner.estimator_weights_, strict=False):
        tree = stump.tree_
        votes = np.where(tree.value[:, 0].argmax(axis=1) == 1, weight, -weight)
        if tree.node_count == 1:
            total += votes[0]
        else:
            left = X[:, tree.feature[0]] <= tree.threshold[0]
            total += np.where(left, votes[tree.children_left[0]], votes[tree.children_right[0]])
    return 2.0 * (total / learner.estimator_weights_.sum())


def _in_all_classes(learner: Any, proba: np.ndarray, n_classes: int) -> np.ndarray:
    if proba.shape[1] == n_classes:
        return proba
    whole = np.zeros((len(proba), n_classes))
    whole[:, _as_positions(learner.classes_, n_classes)] = proba
    return whole


def _as_positions(predicted: Any, n_classes: int) -> np.ndarray:
    """What a learner predicts, or its labels, one number each; some return a column of floats."""
    positions = np.asarray(predicted).ravel().astype(np.intp)
    if len(positions) and not (positions.min() >= 0 and positions.max() < n_classes):
        raise ValueError(
            f"The base learner predicts {np.unique(positions).tolist()}; expected positions of "
            f"the {n_classes} classes, which it was trained on. Give a classifier that is not "
            "fitted yet and predicts the labels that it is given."
        )
    return positions


def _has_one_split(learner: Any, X: Any) -> bool:
    numbers = isinstance(X, np.ndarray) and X.dtype == np.float32
    return type(learner) is DecisionTreeClassifier and numbers and learner.tree_.node_count == 3


def _predict_by_one_split(tree: Any, X: np.ndarray) -> np.ndarray:
    """Positions of the classes that a tree of one split predicts; walking it takes longer."""
    values, threshold = X[:, tree.feature[0]], tree.threshold[0]
    # Missing values compare false either way, so that each form sends them to its own side.
    right = values > threshold if tree.missing_go_to_left[0] else ~(values <= threshold)
    sides = tree.value[[tree.children_left[0], tree.children_right[0]], 0].argmax(axis=1)
    return sides[right.astype(np.intp)]


def _is_tree(learner: BaseEstimator) -> bool:
    return isinstance(learner, DecisionTreeClassifier)  # an ExtraTreeClassifier is one, too
