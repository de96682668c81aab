"""Nominal columns as statistics of the target: what gradient boosting reads best of many levels."""

import warnings
from typing import Any

import numpy as np

from imbalance_kit._sklearn_compat import target_encoder

_FOLDS = 5
# Statistics are one column for each class; beyond so many, levels stay codes.
_MOST_COLUMNS = 200


class LevelStatistics:
    """Replaces the last columns of a matrix, codes of levels, by scikit-learn's target statistics.

    Training rows are read through statistics of other rows (cross-fitted), since a level of one
    row would otherwise give its label away.

    Parameters
    ----------
    n_nominal : int
        Number of columns, the last ones, that hold codes; missing is NaN.

    n_classes : int
        Number of classes.

    seed : int
        Of the folds.

    Attributes
    ----------
    n_nominal : int
        As given.

    columns_of : ndarray of shape (n_statistics,)
        Which of the nominal columns each statistic is of; empty where levels stay codes.
    """

    def __init__(self, n_nominal: int, n_classes: int, seed: int) -> None:
        per_column = 1 if n_classes == 2 else n_classes
        encoded = n_nominal if n_nominal * per_column <= _MOST_COLUMNS else 0
        self.n_nominal = n_nominal
        self.columns_of = np.repeat(np.arange(encoded), per_column)
        self._kind = "binary" if n_classes == 2 else "multiclass"
        self._seed = seed

    def fit_transform(self, Z: Any, y_encoded: np.ndarray) -> Any:
        """The matrix of training rows with statistics that other rows gave."""
        n_folds = min(_FOLDS, int(np.bincount(y_encoded).max()))
        if n_folds < 2:
            self.columns_of = self.columns_of[:0]
        if not len(self.columns_of):
            return Z
        self._encoder = target_encoder(self._kind, n_folds, self._seed)
        with warnings.catch_warnings():
            # a class of fewer rows than folds is in some of them only, which does no harm here
            warnings.filterwarnings("ignore", message="The least populated class")
            statistics = self._encoder.fit_transform(self._category_codes(Z), y_encoded)
        return self._with(Z, statistics)

    def transform(self, Z: Any) -> Any:
        """The matrix of other rows; a level that was not there has the share of all rows."""
        if not len(self.columns_of):
            return Z
        return self._with(Z, self._encoder.transform(self._category_codes(Z)))

    def summed(self, values: np.ndarray) -> np.ndarray:
        """Values of numbers and statistics, summed for the columns they are of."""
        if not len(self.columns_of):
            return values
        n_numbers = len(values) - len(self.columns_of)
        columns = np.concatenate([np.arange(n_numbers), n_numbers + self.columns_of])
        return np.bincount(columns, weights=values, minlength=n_numbers + self.n_nominal)

    def _category_codes(self, Z: np.ndarray) -> np.ndarray:
        codes = Z[:, -self.n_nominal :]
        return np.where(np.isnan(codes), -1.0, codes)

    def _with(self, Z: np.ndarray, statistics: np.ndarray) -> np.ndarray:
        numbers = Z[:, : Z.shape[1] - self.n_nominal]
        return np.hstack([numbers, statistics.astype(Z.dtype, copy=False)])
