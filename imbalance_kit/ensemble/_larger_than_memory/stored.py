"""Tables larger than memory: rows by number, blocks to predict, and nothing else of them."""

import os
from abc import abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from imbalance_kit._tables.rows import StoredRows, is_frame, take_rows

_BLOCK = 1 << 25  # bytes that are looked at together, about


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

    def in_play(self, rows: np.ndarray | None, whole: np.ndarray) -> Any:
        """The rows that rounds choose from; None for all.

        `whole` says which of them belong to classes that every round sees whole.
        """
        return self.take(np.arange(self.shape[0]) if rows is None else rows)

    def over_blocks(self, model: Any) -> np.ndarray:
        """A model's probabilities, block by block."""
        return np.concatenate([ask(model, block) for block in self.blocks()])


class MappedTable(StoredTable):
    """An array in a file that the system maps into memory.

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
        rows, back = in_order(rows)
        taken = self._X[rows]
        return taken if back is None else taken[back]

    def blocks(self) -> Iterator[np.ndarray]:
        step = rows_at_a_time(self._X.itemsize * self.shape[1])
        for start in range(0, self.shape[0], step):
            yield self._X[start : start + step]

    def in_play(self, rows: np.ndarray | None, whole: np.ndarray) -> np.ndarray:
        return self._X if rows is None else self.take(rows)  # the array stays in its file


def open_for_training(model: Any, X: Any, y: Any, weight: Any) -> tuple[Any, Any, Any]:
    """The table, labels and weights of ``fit``; of what is in memory, as they are.

    A stored table becomes a `StoredTable`. Names of its columns in the place of labels or weights
    become their values, and are remembered, so that ``predict`` may be given the same file.
    """
    model._not_features = ()
    model._reads_numbers = False
    if not is_stored(X) or (isinstance(X, np.memmap) and not model._reads_stored):
        return X, y, weight
    model._not_features = tuple(name for name in (y, weight) if isinstance(name, str))
    table = open_table(model, X)
    values = [
        table.column(value) if isinstance(value, str) else _computed(value) for value in (y, weight)
    ]
    model._reads_numbers = table.numbers
    return table, *values


def open_table(model: Any, X: Any) -> Any:
    """A reader of a stored table, without the columns that were labels or weights in ``fit``.

    A table in memory comes back as it is.
    """
    if isinstance(X, StoredTable) or not is_stored(X):
        return X
    if isinstance(X, np.memmap):
        return MappedTable(X) if model._reads_stored else X
    if not model._reads_stored:
        kind = "the path of a file" if isinstance(X, str | os.PathLike) else "a dask collection"
        raise ValueError(
            f"{type(model).__name__} needs a table in memory; X is {kind}. Those that read Parquet "
            "files and dask collections in parts are BalanceCascadeClassifier, "
            "SelfPacedEnsembleClassifier and UnderBaggingClassifier."
        )
    if isinstance(X, str | os.PathLike):
        from imbalance_kit.ensemble._larger_than_memory.parquet import ParquetTable

        return ParquetTable(Path(X), model._not_features)
    from imbalance_kit.ensemble._larger_than_memory.partitions import PartitionedTable

    return PartitionedTable(X, model._not_features, stays=model._leaves_partitions())


def is_stored(X: Any) -> bool:
    """Whether X is a path, a dask collection or a mapped array of numbers."""
    if isinstance(X, np.memmap):
        return X.ndim == 2 and X.dtype.kind in "fiub" and min(X.shape) > 0
    return isinstance(X, str | os.PathLike | StoredTable) or is_dask(X)


def is_dask(values: Any) -> bool:
    """Whether something is a dask array, frame or series; dask is not imported to find out."""
    return type(values).__module__.split(".")[0] == "dask" and hasattr(values, "to_delayed")


def rows_in_play(X: Any, rows: np.ndarray | None, whole: np.ndarray) -> Any:
    """The rows that rounds choose from; see `StoredTable.in_play`."""
    if isinstance(X, StoredTable):
        return X.in_play(rows, whole)
    return X if rows is None else take_rows(X, rows)


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


def as_learned(model: Any, X: Any) -> Any:
    """A frame as an array, where the learners of the model know the columns from an array."""
    if not (model._reads_numbers and hasattr(model, "feature_names_in_") and is_frame(X)):
        return X
    columns = nw.from_native(X, eager_only=True).iter_columns()
    return np.column_stack([np.asarray(column.to_numpy(), dtype=float) for column in columns])


def ask(model: Any, block: Any) -> np.ndarray:
    """Probabilities of rows of a stored table, as a model's learners know its columns."""
    names = getattr(model, "feature_names_in_", None)
    if isinstance(block, np.ndarray) and names is not None and not model._reads_numbers:
        import pandas as pd

        block = pd.DataFrame(block, columns=names)
    return model._proba_in_parts(block)


def _computed(values: Any) -> Any:
    return np.asarray(values.compute()) if is_dask(values) else values
