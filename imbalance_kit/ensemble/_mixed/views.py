"""The same rows as each kind of model reads them."""

from functools import cached_property
from typing import Any

import lightgbm
import numpy as np
from scipy import sparse

from imbalance_kit.ensemble._mixed.level_statistics import LevelStatistics

BINNING: dict[str, Any] = {
    "verbose": -1,
    # sums do not depend on the number of threads
    "deterministic": True,
    "force_col_wise": True,
    # LightGBM's own defaults let no level of fewer than 100 rows stand alone
    "min_data_per_group": 5,
    "cat_smooth": 2,
    "cat_l2": 2,
    # one binned table serves leaves of several sizes
    "feature_pre_filter": False,
}


class View:
    """Rows of a table.

    Parameters
    ----------
    Z : {ndarray, CSR matrix} of shape (n_rows, n_columns)
        Numbers, then codes of levels; missing is NaN.

    statistics : LevelStatistics
        Fitted.

    with_statistics : {ndarray, CSR matrix} or None, default=None
        Numbers, then statistics of levels, where they are not those that the statistics give: those
        of training rows come from other rows.
    """

    def __init__(self, Z: Any, statistics: LevelStatistics, with_statistics: Any = None) -> None:
        self.Z = Z
        self.statistics = statistics
        self._with_statistics = with_statistics

    @property
    def with_statistics(self) -> Any:
        """Numbers, then statistics of levels."""
        if self._with_statistics is None:
            self._with_statistics = self.statistics.transform(self.Z)
        return self._with_statistics

    @cached_property
    def float32(self) -> Any:
        """As scikit-learn's trees read it: missing levels are a number below all others.

        Numbers whose sum float32 cannot hold are cut.
        """
        if sparse.issparse(self.Z):
            Z = self.Z.copy()
            Z.data = _as_float32(Z.data)
            return Z
        n_nominal = self.statistics.n_nominal
        Z = np.array(_as_float32(self.Z), order="C", copy=bool(n_nominal) or None)
        if n_nominal:
            levels = Z[:, -n_nominal:]
            levels[np.isnan(levels)] = -1.0
        return Z


class LabelledView(View):
    """Rows with their classes.

    Parameters
    ----------
    Z, statistics, with_statistics : as in View
        The rows.

    y_encoded : ndarray of intp of shape (n_rows,)
        Positions of their classes.

    weight : ndarray of shape (n_rows,) or None
        Their weights.

    binned_levels : Dataset
        The same rows in LightGBM's bins, with levels as levels.

    trained_on : LabelledView or None, default=None
        For rows held out, the training rows, whose bins they are put into.
    """

    def __init__(
        self,
        Z: Any,
        statistics: LevelStatistics,
        with_statistics: Any,
        *,
        y_encoded: np.ndarray,
        weight: np.ndarray | None,
        binned_levels: lightgbm.Dataset,
        trained_on: "LabelledView | None" = None,
    ) -> None:
        super().__init__(Z, statistics, with_statistics)
        self.y_encoded = y_encoded
        self.weight = weight
        self.binned_levels = binned_levels
        self._trained_on = trained_on

    @cached_property
    def binned_statistics(self) -> lightgbm.Dataset:
        """The rows in LightGBM's bins, with statistics in the place of levels."""
        if not len(self.statistics.columns_of):
            return self.binned_levels
        reference = None if self._trained_on is None else self._trained_on.binned_statistics
        return lightgbm.Dataset(
            self.with_statistics,
            self.y_encoded,
            weight=self.weight,
            reference=reference,
            params=BINNING | {"num_threads": 1},
        )


def binned(
    Z: Any, y_encoded: np.ndarray, weight: np.ndarray | None, n_nominal: int, n_threads: int
) -> lightgbm.Dataset:
    """A table in LightGBM's bins; the last `n_nominal` columns are levels."""
    n_columns = Z.shape[1]
    return lightgbm.Dataset(
        Z,
        y_encoded,
        weight=weight,
        categorical_feature=list(range(n_columns - n_nominal, n_columns)),
        params=BINNING | {"num_threads": n_threads},
    ).construct()


def _as_float32(numbers: np.ndarray) -> np.ndarray:
    largest = 1e30  # columns of as many rows as there are still have a sum
    if numbers.dtype != np.float32 and np.nanmax(np.abs(numbers), initial=0.0) > largest:
        numbers = np.clip(numbers, -largest, largest)
    return numbers.astype(np.float32, copy=False)
