"""A table as one float matrix, with nominal levels as numbers that mean the same at every call."""

from typing import Any

import numpy as np
from scipy import sparse

from imbalance_kit._tables.containers import ColumnTable, open_table
from imbalance_kit._tables.points import Mixed


class LevelCodes:
    """Learns the levels of nominal columns, and turns tables into numbers.

    Numeric columns come first, nominal ones last. A level that was not there when the levels
    were learned is missing, and missing is NaN.

    Parameters
    ----------
    X : table
        Whose levels to learn.

    categorical_features : "auto", array-like or None
        As in the samplers.

    Attributes
    ----------
    n_nominal : int
        Number of nominal columns.

    order : ndarray of shape (n_columns,)
        Positions in the table of the columns that `read` gives.
    """

    def __init__(self, X: Any, categorical_features: Any) -> None:
        table = open_table(X)
        self._nominal: list[int] = table.nominal_columns(categorical_features).tolist()
        self.n_nominal = len(self._nominal)
        numeric = np.setdiff1d(np.arange(table.n_columns), self._nominal)
        self.order = np.concatenate([numeric, self._nominal]).astype(np.intp)
        self._known: list[dict[str, int]] = []
        if self.n_nominal:
            columns = table.by_columns()
            for j in self._nominal:
                texts = self._texts(columns, j)[1]
                self._known.append({text: code for code, text in enumerate(texts)})

    def read(self, X: Any) -> Any:
        """The table as a float matrix; CSR where it is sparse and all numeric."""
        table = open_table(X)
        if not self.n_nominal:
            points = table.points(np.array(self._nominal, dtype=np.intp))
            if sparse.issparse(points):
                return sparse.csr_matrix(points)  # LightGBM takes no sparse arrays
            return points
        columns = table.by_columns()
        points = columns.points(np.array(self._nominal))
        assert isinstance(points, Mixed)
        numbers = points.numbers
        levels = np.empty((columns.n_rows, self.n_nominal), dtype=numbers.dtype)
        for place, (j, known) in enumerate(zip(self._nominal, self._known, strict=True)):
            category_codes, texts = self._texts(columns, j)
            # missing has code -1, and so the last entry
            meaning = np.array([*(known.get(text, np.nan) for text in texts), np.nan])
            levels[:, place] = meaning[category_codes]
        return np.hstack([numbers, levels])

    @staticmethod
    def _texts(columns: ColumnTable, j: int) -> tuple[np.ndarray, list[str]]:
        """Codes of a column's levels, and each level as a text."""
        category_codes, rows = columns.columns.levels(j)
        n_levels = int(category_codes.max(initial=-1)) + 1
        column = columns.columns.column(j, rows[:n_levels])
        return category_codes, [str(value) for value in np.asarray(column)]
