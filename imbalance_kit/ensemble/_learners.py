"""Training base learners and asking them: what is worth doing otherwise for trees and LightGBM."""

from typing import Any

import numpy as np
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import assert_all_finite
from sklearn.utils.validation import has_fit_parameter

from imbalance_kit._gateway import n_samples_of
from imbalance_kit._rows import take_rows
from imbalance_kit.ensemble._lightgbm import BinnedLightGBM, shares_bins

_FEWEST_ROWS = 2_000  # asked in one thread: below, threads cost more than they save


class Trainer:
    """Trains any classifier with ``fit``."""

    def __init__(self, learner: Any) -> None:
        self.takes_weight = has_fit_parameter(learner, "sample_weight")

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

    The tree is the same, its nodes are fewer rows to sort.
    """

    def fit(
        self, learner: Any, X: Any, y: np.ndarray, weight: np.ndarray | None, rows: Any = None
    ) -> Any:
        if rows is None:
            return super().fit(learner, X, y, weight)
        rows, repeats = np.unique(rows, return_counts=True)
        if repeats.max(initial=1) == 1:
            return super().fit(learner, X, y, weight, rows)
        repeated = repeats.astype(np.float64)
        if weight is not None:
            repeated *= weight[rows]
        return learner.fit(take_rows(X, rows), y[rows], sample_weight=repeated)


class LightGBMTrainer(Trainer):
    """Trains LightGBM on bins that are found once for all rounds."""

    def __init__(self, learner: Any) -> None:
        super().__init__(learner)
        self._binned: BinnedLightGBM | None = None
        self._learner = learner

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


def trainer_for(learner: Any, X: Any) -> Trainer:
    """The trainer that suits a learner and a table."""
    if _is_tree(learner) and learner.min_samples_leaf == 1 and learner.min_samples_split == 2:
        return TreeTrainer(learner)
    if shares_bins(learner, X):
        return LightGBMTrainer(learner)
    return Trainer(learner)


def as_read_by(learner: Any, X: Any) -> Any:
    """The cast and the check that scikit-learn's trees make in every round, made once."""
    if not (_is_tree(learner) and isinstance(X, np.ndarray) and X.dtype.kind in "fiub"):
        return X
    with np.errstate(over="ignore"):
        X = np.asarray(X, dtype=np.float32, order="C")
    assert_all_finite(X, allow_nan=True, input_name="X")
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
    n_rows = n_samples_of(X)
    n_parts = min(n_threads, max(1, n_rows // _FEWEST_ROWS))
    if n_parts <= 1:
        return _aligned(learner, _ask(learner, X), classes)
    parts = np.array_split(np.arange(n_rows), n_parts)
    return np.concatenate(
        Parallel(n_jobs=n_parts, prefer="threads")(
            delayed(lambda part: _aligned(learner, _ask(learner, part), classes))(
                _slice(X, part[0], part[-1] + 1)
            )
            for part in parts
        )
    )


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


def _slice(X: Any, start: int, stop: int) -> Any:
    """Neighbouring rows; no copy where there need be none."""
    if isinstance(X, np.ndarray) or sparse.issparse(X):
        return X[start:stop]
    return take_rows(X, np.arange(start, stop))


def _is_tree(learner: BaseEstimator) -> bool:
    return isinstance(learner, DecisionTreeClassifier)  # an ExtraTreeClassifier is one, too
