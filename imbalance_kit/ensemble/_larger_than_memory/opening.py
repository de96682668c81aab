"""Which reader a path, a mapped array or a dask collection gets; dask and pyarrow load here."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from imbalance_kit._tables.rows import take_rows
from imbalance_kit.ensemble._larger_than_memory.mapped import MappedTable
from imbalance_kit.ensemble._larger_than_memory.stored_table import StoredTable


def is_stored(X: Any) -> bool:
    """Whether X is a path, a dask collection, a mapped array of numbers or a reader of these."""
    if isinstance(X, np.memmap):
        return X.ndim == 2 and X.dtype.kind in "fiub" and min(X.shape) > 0
    return isinstance(X, str | os.PathLike | StoredTable) or is_dask(X)


def is_dask(values: Any) -> bool:
    """Whether something is a dask array, frame or series; dask is not imported to find out."""
    return type(values).__module__.split(".")[0] == "dask" and hasattr(values, "to_delayed")


def open_stored(X: Any, left_out: tuple[str, ...], *, stays: bool) -> StoredTable:
    """A reader of a stored table.

    Parameters
    ----------
    X : path, memmap, dask array, dask dataframe or StoredTable
        The table.

    left_out : tuple of str
        Columns that are no features, because they were labels or weights in ``fit``.

    stays : bool
        Whether the rows of a dask collection are left on the partitions during ``fit``.
    """
    if isinstance(X, StoredTable):
        return X
    if isinstance(X, np.memmap):
        return MappedTable(X)
    if isinstance(X, str | os.PathLike):
        from imbalance_kit.ensemble._larger_than_memory.parquet import ParquetTable

        return ParquetTable(Path(X), left_out)
    from imbalance_kit.ensemble._larger_than_memory.partitions import PartitionedTable

    return PartitionedTable(X, left_out, stays=stays)


def kind_of_stored(X: Any) -> str:
    """What a table that is not in memory is, for messages."""
    return "the path of a file" if isinstance(X, str | os.PathLike) else "a dask collection"


def column_or_values(table: StoredTable, given: Any) -> Any:
    """Labels or weights: a column of the table where it is named, else the values given."""
    if isinstance(given, str):
        return table.column(given)
    return np.asarray(given.compute()) if is_dask(given) else given


def rows_in_play(X: Any, rows: np.ndarray | None, whole: np.ndarray) -> Any:
    """The rows that rounds choose from; see `StoredTable.in_play`."""
    if isinstance(X, StoredTable):
        return X.in_play(rows, whole)
    return X if rows is None else take_rows(X, rows)
