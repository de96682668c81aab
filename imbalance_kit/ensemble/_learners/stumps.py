"""Stumps on columns that are sorted once, alone and boosted, as scikit-learn would grow them."""

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import AdaBoostClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import assert_all_finite

from imbalance_kit._sklearn_compat import n_samples_of
from imbalance_kit._tables.rows import is_frame

if TYPE_CHECKING:
    from imbalance_kit.kernels.stumps import Sorted

_STUMP = DecisionTreeClassifier(max_depth=1).get_params()
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


class Stump(ClassifierMixin, BaseEstimator):
    """A fitted stump for two classes.

    Parameters
    ----------
    classes : ndarray of shape (2,)
        The labels.

    n_columns : int
        Columns of the table.

    column : int
        Column of the split; -1 where nothing could be split.

    threshold : float
        Largest value that goes to the left.

    missing_left : bool
        Whether missing values go to the left. There were none in training, and they go where
        most rows went, as in scikit-learn.

    shares : ndarray of shape (2, 2)
        Share of each class on the left and on the right.
    """

    def __init__(self, classes, n_columns, column, threshold, missing_left, shares):
        self.classes = classes
        self.n_columns = n_columns
        self.column = column
        self.threshold = threshold
        self.missing_left = missing_left
        self.shares = shares

    @property
    def classes_(self) -> np.ndarray:
        return self.classes

    @property
    def feature_importances_(self) -> np.ndarray:
        """One for the column of the split."""
        importances = np.zeros(self.n_columns)
        if self.column >= 0:
            importances[self.column] = 1.0
        return importances

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def sides(self, X: Any) -> np.ndarray:
        """0 for rows on the left, 1 for rows on the right."""
        if self.column < 0:
            return np.zeros(n_samples_of(X), dtype=np.int64)
        if not (isinstance(X, np.ndarray) and X.dtype == np.float32):
            X = as_numbers(X, allow_nan=True)
        values = X[:, self.column]
        right = values > self.threshold if self.missing_left else ~(values <= self.threshold)
        return right.astype(np.int64)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Share of each class on the side of a row."""
        return self.shares[self.sides(X)]

    def predict(self, X: Any) -> np.ndarray:
        """Class with the larger share."""
        return self.classes[self.shares.argmax(axis=1)][self.sides(X)]


class StumpBooster(ClassifierMixin, BaseEstimator):
    """A fitted AdaBoost of stumps for two classes: what ``AdaBoostClassifier`` says, faster.

    Parameters
    ----------
    classes : ndarray of shape (2,)
        The labels.

    n_columns : int
        Columns of the table.

    columns : ndarray of shape (n_stumps,)
        Column of each stump; -1 where nothing could be split.

    thresholds : ndarray of shape (n_stumps,)
        Largest value that goes to the left.

    sides : ndarray of shape (n_stumps, 2)
        Position of the class that a stump says on the left, and on the right.

    weights : ndarray of shape (n_stumps,)
        Weight of each stump.

    errors : ndarray of shape (n_stumps,)
        Its weighted error when it was trained.
    """

    def __init__(self, classes, n_columns, columns, thresholds, sides, weights, errors):
        self.classes = classes
        self.n_columns = n_columns
        self.columns = columns
        self.thresholds = thresholds
        self.sides = sides
        self.weights = weights
        self.errors = errors

    @property
    def classes_(self) -> np.ndarray:
        return self.classes

    @property
    def estimator_weights_(self) -> np.ndarray:
        """Weight of each stump."""
        return self.weights

    @property
    def estimator_errors_(self) -> np.ndarray:
        """Weighted error of each stump."""
        return self.errors

    @property
    def feature_importances_(self) -> np.ndarray:
        """Weight of the stumps on each column, of all."""
        split = self.columns >= 0
        of_columns = np.bincount(
            self.columns[split], weights=self.weights[split], minlength=self.n_columns
        )
        return of_columns / self.weights.sum()

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def decision_function(self, X: Any) -> np.ndarray:
        """Weighted vote of the stumps, on scikit-learn's scale of -2 to 2."""
        from imbalance_kit.kernels.stumps import add_stumps

        numbers = as_numbers(X, allow_nan=False)
        said = (2.0 * self.sides - 1.0) * self.weights[:, None]
        total = np.zeros(len(numbers))
        add_stumps(
            numbers,
            np.maximum(self.columns, 0),
            self.thresholds,
            said[:, 0].copy(),
            said[:, 1].copy(),
            total,
        )
        return 2.0 * total / self.weights.sum()

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each class, as ``AdaBoostClassifier`` defines it."""
        odds = np.exp(-self.decision_function(X))
        positive = 1.0 / (1.0 + odds)
        return np.column_stack([1.0 - positive, positive])

    def predict(self, X: Any) -> np.ndarray:
        """Class with the larger vote."""
        return self.classes[(self.decision_function(X) > 0).astype(np.int64)]


def fit_stump(table: SortedTable, classes: np.ndarray, codes: np.ndarray, weight: Any) -> Stump:
    """Grow the stump that ``DecisionTreeClassifier(max_depth=1)`` grows.

    Parameters
    ----------
    table : SortedTable
        The rows.

    classes : ndarray of shape (2,)
        The labels.

    codes : ndarray of shape (n_rows,)
        Position of each row's label.

    weight : ndarray of shape (n_rows,) or None
        Weights of the rows.

    Returns
    -------
    stump : Stump
    """
    from imbalance_kit.kernels.stumps import find_stump

    weight = np.ones(len(codes)) if weight is None else weight
    whole = np.bincount(codes, weights=weight, minlength=2)
    signed = np.where(codes == 1, weight, -weight).astype(np.float64)
    column, place, *left = find_stump(*table.places, signed, *whole)
    if column < 0:
        shares = np.tile(whole / whole.sum(), (2, 1))
        return Stump(classes, table.X.shape[1], -1, np.inf, True, shares)
    sums = np.array([left, whole - left])
    shares = np.maximum(sums, 0.0) / sums.sum(axis=1, keepdims=True)
    threshold = table.threshold(column, place, weight)
    counted = weight[table.places.order[column]] != 0
    missing_left = bool(2 * counted[:place].sum() > counted.sum())
    return Stump(classes, table.X.shape[1], column, threshold, missing_left, shares)


def boost_stumps(
    learner: AdaBoostClassifier,
    table: SortedTable,
    classes: np.ndarray,
    codes: np.ndarray,
    weight: Any,
) -> StumpBooster:
    """Boost stumps as ``AdaBoostClassifier`` does.

    Parameters
    ----------
    learner : AdaBoostClassifier
        Says how many, and at which rate.

    table : SortedTable
        The rows.

    classes : ndarray of shape (2,)
        The labels.

    codes : ndarray of shape (n_rows,)
        Position of each row's label.

    weight : ndarray of shape (n_rows,) or None
        Weights of the rows.

    Returns
    -------
    booster : StumpBooster
    """
    from imbalance_kit.kernels import stumps

    first = np.ones(len(codes)) if weight is None else np.array(weight, dtype=np.float64)
    first /= first.sum()
    found = np.empty((learner.n_estimators, 4), dtype=np.int64)
    said = np.empty((learner.n_estimators, 2))
    n_rounds = stumps.boost_stumps(
        *table.places,
        codes.astype(np.uint8),
        first.copy(),
        float(learner.learning_rate),
        found,
        said,
    )
    if said[n_rounds - 1, 0] >= 0.5:  # no better than a guess
        n_rounds -= 1
    if n_rounds == 0:
        raise ValueError(
            "The first stump of AdaBoostClassifier is no better than a guess on the weighted "
            "rows. Give an estimator that can tell the classes apart."
        )
    found, said = found[:n_rounds], said[:n_rounds]
    thresholds = [
        table.threshold(column, place, first) if column >= 0 else np.inf
        for column, place in found[:, :2]
    ]
    return StumpBooster(
        classes,
        table.X.shape[1],
        found[:, 0].copy(),
        np.array(thresholds),
        found[:, 2:].copy(),
        said[:, 1].copy(),
        said[:, 0].copy(),
    )


def _sort_columns(X: np.ndarray) -> "Sorted":
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
        own = np.append(splits, n_rows)
        largest.append(n_pieces[column] + np.diff(own, prepend=0).argmax())
        n_pieces[column + 1] = n_pieces[column] + len(own)
        ends.append(own)
    return Sorted(order, np.concatenate(ends), n_pieces, np.array(largest))
