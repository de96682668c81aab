"""Rows of any container, as the same kind of container."""

from abc import ABC, abstractmethod
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from scipy import sparse


class StoredRows(ABC):
    """A table that is not in memory, and gives rows by number as one that is."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """Numbers of rows and columns."""

    @abstractmethod
    def take(self, rows: np.ndarray) -> Any:
        """Rows in the order wanted, repeated where wanted."""


def is_frame(X: Any) -> bool:
    """Whether X is a pandas, polars or pyarrow table (or another that narwhals reads)."""
    # narwhals takes longer than small draws
    if isinstance(X, np.ndarray | list | tuple | StoredRows):
        return False
    return isinstance(nw.from_native(X, eager_only=True, pass_through=True), nw.DataFrame)


def take_rows(values: Any, rows: np.ndarray, *, reset_index: bool = False) -> Any:
    """Rows of a table, series, array, matrix or list, as the same kind.

    Parameters
    ----------
    values : array-like, dataframe, series or sparse matrix
        What to take from.

    rows : ndarray of int
        Row numbers, in the order wanted, repeated where wanted.

    reset_index : bool, default=False
        Number the rows of a pandas object anew instead of keeping its index.

    Returns
    -------
    taken : same kind as `values`
    """
    if isinstance(values, np.ndarray):
        if values.ndim == 2 and getattr(rows, "dtype", None) == np.intp:
            return values.take(rows, axis=0)  # a third of the time
        return values[rows]
    if isinstance(values, StoredRows):
        return values.take(rows)
    if isinstance(values, list):
        return [values[row] for row in rows]
    if sparse.issparse(values) and values.format not in ("csr", "csc"):
        values = values.tocsr()
    if type(values).__module__.startswith("pyarrow"):  # narwhals reads no bare pyarrow arrays
        return values.take(rows)
    native = nw.from_native(values, eager_only=True, allow_series=True, pass_through=True)
    if isinstance(native, nw.DataFrame | nw.Series):
        taken = native[rows]
        return nw.to_native(nw.maybe_reset_index(taken) if reset_index else taken)
    if sparse.issparse(values):
        return values[rows]
    return np.asarray(values)[rows]


def with_reset_index(values: Any) -> Any:
    """Number the rows of a pandas object from 0; anything else is passed on as it is."""
    if isinstance(values, np.ndarray | list | tuple):
        return values
    native = nw.from_native(values, eager_only=True, allow_series=True, pass_through=True)
    if isinstance(native, nw.DataFrame | nw.Series):
        return nw.to_native(nw.maybe_reset_index(native))
    return values


def overwrite(container: Any, rows: np.ndarray, values: np.ndarray) -> Any:
    """A copy in which some rows hold new numbers, in the types that are there.

    Parameters
    ----------
    container : ndarray, list, series, frame or sparse matrix
        What is copied.

    rows : ndarray of shape (n_rows,)
        Numbers of the rows that change.

    values : ndarray with one entry or row for each of them
        Their numbers; for integer types they are rounded to the nearest.

    Returns
    -------
    same kind as `container`
    """
    if isinstance(container, list):
        return overwrite(np.asarray(container), rows, values).tolist()
    if sparse.issparse(container):
        dense = overwrite(container.toarray(), rows, values)
        return type(container)(sparse.csr_array(dense).asformat(container.format))
    native = nw.from_native(container, eager_only=True, allow_series=True, pass_through=True)
    if isinstance(native, nw.DataFrame):
        columns = zip(native.iter_columns(), np.asarray(values).T, strict=True)
        return nw.to_native(
            native.with_columns(*(_scattered(old, rows, new) for old, new in columns))
        )
    if isinstance(native, nw.Series):
        return nw.to_native(_scattered(native, rows, values))
    if type(container).__module__.startswith("pyarrow"):  # narwhals reads no bare pyarrow arrays
        numbers = overwrite(container.to_numpy(zero_copy_only=False), rows, values)
        made = nw.to_native(nw.new_series("", numbers, backend="pyarrow"))
        return made.combine_chunks().cast(container.type)
    changed = np.array(container)
    changed[rows] = np.rint(values) if changed.dtype.kind in "iu" else values
    return changed


def _scattered(column: Any, rows: np.ndarray, values: np.ndarray) -> nw.Series:
    if column.dtype.is_integer():
        values = np.rint(values).astype(np.int64)
    made = nw.new_series(column.name, np.ascontiguousarray(values), backend=column.implementation)
    return column.scatter(rows, made.cast(column.dtype))


def is_missing(value: Any) -> bool:
    """Whether one object stands for a missing value."""
    return value is None or type(value).__name__ in ("NAType", "NaTType") or value != value
