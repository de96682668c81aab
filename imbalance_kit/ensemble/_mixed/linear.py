"""A logistic regression: the part of the truth that trees need many rows to find."""

import warnings
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import QuantileTransformer

from imbalance_kit._tables.rows import take_rows
from imbalance_kit.ensemble._mixed.drawing import rows_at_most
from imbalance_kit.ensemble._mixed.views import LabelledView, View

_STRENGTH = 0.1  # scikit-learn's C
_MOST_ROWS = 20_000  # of a class
_ITERATIONS = 200
_MOST_COLUMNS = 1_000  # of a sparse table that is made dense, some rows at a time
_MOST_ELEMENTS = 1 << 22  # of the rows that are predicted together
_TAIL = 0.005  # share of a column's values that are cut at each end
_LARGEST_SCORE = 3.0  # normal score of the most extreme rank
_SMOOTHING = 1e-3  # of shares of 0 and 1, before their log odds are taken


class LinearModel:
    """Logistic regression on each column twice: cut at both ends, and as normal scores of ranks.

    Missing elements are medians. Statistics of levels are read as log odds; levels that have none
    are left out. A sparse table of more than 1,000 columns stays sparse: its columns are divided by
    their root mean square, once.
    """

    name = "linear model"
    certainty = 1.0

    def fit(self, train: LabelledView, *, seed: int) -> "LinearModel":
        """Train it; on large tables, on fewer rows of the large classes."""
        Z, y_encoded = train.with_statistics, train.y_encoded
        rng = np.random.RandomState(seed)
        rows, weight = rows_at_most(y_encoded, train.weight, _MOST_ROWS, rng)
        if rows is not None:
            Z, y_encoded = take_rows(Z, rows), y_encoded[rows]
        if sparse.issparse(Z) and Z.shape[1] <= _MOST_COLUMNS:
            Z = Z.toarray()
        self._n_shares = len(train.statistics.columns_of)
        unread = 0 if self._n_shares else train.statistics.n_nominal
        self._n_numbers = Z.shape[1] - self._n_shares - unread
        if not sparse.issparse(Z) and self._n_numbers:
            self._learn_columns(Z[:, : self._n_numbers], seed)
        A = self._versions(Z)
        self._mean, self._deviation = _moments(A)
        self._model = LogisticRegression(C=_STRENGTH, max_iter=_ITERATIONS)
        with warnings.catch_warnings():
            # what it has not learned by then, the others have
            warnings.simplefilter("ignore", ConvergenceWarning)
            self._model.fit(self._standardised(A), y_encoded, sample_weight=weight)
        return self

    def predict_proba(self, view: View, n_classes: int) -> np.ndarray:
        """Probabilities of shape (n_rows, n_classes); a class it has not seen has none."""
        Z = view.with_statistics
        proba = np.zeros((Z.shape[0], n_classes))
        step = max(1, _MOST_ELEMENTS // Z.shape[1])
        for start in range(0, Z.shape[0], step):
            part = Z[start : start + step]
            if sparse.issparse(part) and part.shape[1] <= _MOST_COLUMNS:
                part = part.toarray()
            found = self._model.predict_proba(self._standardised(self._versions(part)))
            proba[start : start + step, self._model.classes_] = found
        return proba

    def importances(self, view: View) -> np.ndarray:
        """Size of the coefficients of each column, whose versions all have a deviation of one."""
        size = np.abs(self._model.coef_).sum(axis=0)
        if sparse.issparse(view.Z) and view.Z.shape[1] > _MOST_COLUMNS:
            return size
        twice, shares = size[: 2 * self._n_numbers], size[2 * self._n_numbers :]
        shares = shares[: self._n_shares]
        unread = np.zeros(view.with_statistics.shape[1] - self._n_numbers - self._n_shares)
        numbers = twice.reshape(2, -1).sum(axis=0)
        return view.statistics.summed(np.concatenate([numbers, unread, shares]))

    def _learn_columns(self, numbers: np.ndarray, seed: int) -> None:
        known = np.where(np.isnan(numbers), np.nan, np.clip(numbers, *_of_float32()))
        empty = np.isnan(known).all(axis=0)
        known[:, empty] = 0.0
        self._median = np.nanmedian(known, axis=0)
        low, high = np.nanquantile(known, [_TAIL, 1.0 - _TAIL], axis=0)
        # a column of which nearly all elements are equal is not cut
        flat = low == high
        self._low = np.where(flat, np.nanmin(known, axis=0), low)
        span = np.where(flat, np.nanmax(known, axis=0), high) - self._low
        self._span = np.where(span > 0.0, span, 1.0)
        self._ranks = QuantileTransformer(
            n_quantiles=min(200, len(known)),
            output_distribution="normal",
            subsample=None,
            random_state=seed,
        ).fit(np.where(np.isnan(known), self._median, known))

    def _versions(self, Z: Any) -> Any:
        if sparse.issparse(Z):
            return Z
        numbers, shares = Z[:, : self._n_numbers], Z[:, Z.shape[1] - self._n_shares :]
        odds = np.log((shares + _SMOOTHING) / (1.0 - shares + _SMOOTHING))
        if not self._n_numbers:
            return odds if odds.shape[1] else np.zeros((len(Z), 1))  # shares of classes alone
        numbers = np.where(np.isnan(numbers), self._median, np.clip(numbers, *_of_float32()))
        cut = np.clip((numbers - self._low) / self._span, 0.0, 1.0)
        scores = self._ranks.transform(numbers)
        return np.hstack([cut, np.clip(scores, -_LARGEST_SCORE, _LARGEST_SCORE), odds])

    def _standardised(self, A: Any) -> Any:
        if sparse.issparse(A):
            return A @ sparse.diags_array(1.0 / self._deviation)
        return (A - self._mean) / self._deviation


def _of_float32() -> tuple[float, float]:
    limits = np.finfo(np.float32)
    return float(limits.min), float(limits.max)


def _moments(A: Any) -> tuple[np.ndarray | None, np.ndarray]:
    """Mean and deviation of each column; of a sparse matrix, its root mean square alone."""
    if sparse.issparse(A):
        square = np.asarray(A.multiply(A).mean(axis=0), dtype=np.float64).ravel()
        return None, np.sqrt(square) + 1e-9
    return A.mean(axis=0), A.std(axis=0) + 1e-9
