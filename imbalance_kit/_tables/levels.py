"""A table as one float matrix, with nominal levels as numbers that mean the same at every call."""

import warnings
from typing import Any

import numpy as np
from scipy import sparse

from imbalance_kit._tables.containers import (
    ColumnTable,
    MatrixTable,
    nominal_positions,
    open_table,
)
from imbalance_kit._tables.elements import is_text, level_key


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
        kinds = table.kinds(categorical_features)
        table.warn_of_objects(kinds)
        self._nominal: list[int] = nominal_positions(kinds).tolist()
        self.n_nominal = len(self._nominal)
        chosen = set(self._nominal)
        self._numeric = [j for j in range(table.n_columns) if j not in chosen]
        self.order = np.array([*self._numeric, *self._nominal], dtype=np.intp)
        self._known: list[dict[Any, int]] = []
        self._text: list[bool | None] = []  # whether all levels of a column are text, or none
        if self.n_nominal:
            columns = table.by_columns()
            for j in self._nominal:
                keys = self._keys(columns, j)[1]
                known: dict[Any, int] = {}
                for key in keys:
                    known.setdefault(key, len(known))
                self._known.append(known)
                self._text.append(_all_text(keys))

    def read(self, X: Any) -> Any:
        """The table as a float matrix; CSR where it is sparse and all numeric.

        Points in time are seconds. What is no number where the levels were learned on numbers is
        refused, and so are numbers in the place of words.
        """
        table = open_table(X)
        if not self.n_nominal and isinstance(table, MatrixTable):
            numbers = table.floats()
            # LightGBM takes no sparse arrays
            return sparse.csr_matrix(numbers) if sparse.issparse(numbers) else numbers
        columns = table.by_columns()
        numbers = columns.matrix(self._numeric)
        if not self.n_nominal:
            return numbers
        levels = np.empty((columns.n_rows, self.n_nominal), dtype=numbers.dtype)
        for place, (j, known) in enumerate(zip(self._nominal, self._known, strict=True)):
            category_codes, keys = self._keys(columns, j)
            self._compare(columns.columns.name(j), self._text[place], _all_text(keys))
            # missing has code -1, and so the last entry
            meaning = np.array([*(known.get(key, np.nan) for key in keys), np.nan])
            levels[:, place] = meaning[category_codes]
        return np.hstack([numbers, levels])

    @staticmethod
    def _keys(columns: ColumnTable, j: int) -> tuple[np.ndarray, list[Any]]:
        """Codes of a column's levels, and what stands for each level."""
        category_codes, rows = columns.columns.levels(j)
        n_levels = int(category_codes.max(initial=-1)) + 1
        return category_codes, [level_key(x) for x in columns.columns.elements(j, rows[:n_levels])]

    @staticmethod
    def _compare(name: Any, text: bool | None, now_text: bool | None) -> None:
        """Refuse numbers where the levels are words; warn where it is the other way round."""
        if text and now_text is False:
            raise ValueError(
                f"Column {name!r} of X held words as levels when the model was trained, and holds "
                "numbers or truth values now. Give the words; codes that an encoder made of them "
                "mean nothing here."
            )
        if text is False and now_text:
            warnings.warn(
                f"Column {name!r} of X held numbers as levels when the model was trained, and "
                "holds text now: all its levels are new, and count as missing. Give numbers.",
                stacklevel=4,
            )


def _all_text(keys: list[Any]) -> bool | None:
    """Whether all levels are text (True) or none is (False)."""
    text = {is_text(key) for key in keys}
    return text.pop() if len(text) == 1 else None
