"""An array in a file that the system maps into memory."""

from collections.abc import Iterator

import numpy as np

from imbalance_kit.ensemble._larger_than_memory.stored_table import (
    StoredTable,
    in_order,
    rows_at_a_time,
)


class MappedTable(StoredTable):
    """A ``numpy.memmap`` of numbers.

    Parameters
    ----------
    X : numpy.memmap of shape (n_samples, n_features)
        The array.
    """

    def __init__(self, X: np.memmap) -> None:
        self._X = np.asarray(X)

    @property
    def shape(self) -> tuple[int, int]:
        return self._X.shape

    def head(self) -> np.ndarray:
        return np.empty((0, self.shape[1]), dtype=self._X.dtype)

    def column(self, name: str) -> np.ndarray:
        raise ValueError(f"{name!r} names a column, but X is an array. Give the values themselves.")

    def take(self, rows: np.ndarray) -> np.ndarray:
        # rows in order: a file is read from its beginning to its end
        rows, back = in_order(rows)
        taken = self._X[rows]
        return taken if back is None else taken[back]

    def blocks(self) -> Iterator[np.ndarray]:
        step = rows_at_a_time(self._X.itemsize * self.shape[1])
        for start in range(0, self.shape[0], step):
            yield self._X[start : start + step]

    def in_play(self, rows: np.ndarray | None, whole: np.ndarray) -> np.ndarray:
        return self._X if rows is None else self.take(rows)  # the array stays in its file
