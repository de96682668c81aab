"""A table that is read in parts: rows by number, blocks to predict, and nothing else of it."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from imbalance_kit._tables.rows import StoredRows

_BLOCK = 1 << 25  # bytes of a block, about


class StoredTable(StoredRows):
    """A table that is read in parts.

    Attributes
    ----------
    shape : tuple of int
        Rows and columns; the columns are those the learners see.

    numbers : bool
        Whether rows are an array; otherwise they are a frame.

    stays : bool
        Whether the rows are left where they are while the ensemble is fitted.
    """

    numbers = True
    stays = False

    @abstractmethod
    def head(self) -> Any:
        """An empty table with the same columns."""

    @abstractmethod
    def column(self, name: str) -> np.ndarray:
        """One column, of those the learners do not see."""

    @abstractmethod
    def blocks(self) -> Iterator[Any]:
        """Neighbouring rows, a few at a time, from the first to the last."""

    def levels(self) -> dict[str, Any]:
        """Levels of the columns that are categories in what is read, by name."""
        return {}

    def in_play(self, rows: np.ndarray | None, whole: np.ndarray) -> Any:
        """The rows that rounds choose from; None for all.

        `whole` marks those of classes that every round sees whole.
        """
        return self.take(np.arange(self.shape[0]) if rows is None else rows)

    def predict_blocks(self, predict: Callable[[Any], np.ndarray]) -> np.ndarray:
        """What a function predicts for the rows, block by block."""
        return np.concatenate([predict(block) for block in self.blocks()])


def in_order(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """The distinct rows in order, and where each wanted row is among them; None if they are so."""
    if len(rows) < 2 or (rows[1:] > rows[:-1]).all():
        return rows, None
    return np.unique(rows, return_inverse=True)


def rows_at_a_time(n_bytes: int) -> int:
    """Rows of a block, from the bytes of one."""
    return max(1, _BLOCK // max(n_bytes, 1))


def number_type(kinds: list[np.dtype]) -> np.dtype:
    """float32 where it holds all values of columns of these kinds, otherwise float64."""
    return np.result_type(np.float32, *kinds) if kinds else np.dtype(np.float32)


def check_column(name: str, columns: list[str]) -> None:
    """Refuse a name that no column has."""
    if name not in columns:
        raise ValueError(f"X has no column {name!r}; its columns are {columns}.")
