"""Rows of any container, as the same kind of container."""

from abc import ABC, abstractmethod
from collections import Counter
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.exceptions import DuplicateError
from scipy import sparse

from imbalance_kit._tables.number_types import as_dtype


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
    return _is_record_batch(X) or isinstance(_through_narwhals(X), nw.DataFrame)


def read_frame(X: Any) -> nw.DataFrame:
    """A table through narwhals, with numbers for names where a name is given twice."""
    if _is_record_batch(X):
        import pyarrow as pa

        X = pa.Table.from_batches([X])
    frame = _through_narwhals(X)
    assert isinstance(frame, nw.DataFrame)
    return frame


def like_given(frame: nw.DataFrame, X: Any) -> Any:
    """A frame that `read_frame` made of X, with other rows, as the kind of X with its names."""
    native = nw.to_native(frame)
    if _is_record_batch(X):
        import pyarrow as pa

        return pa.record_batch([column.combine_chunks() for column in native.columns], X.schema)
    if repeated_names(X):
        if hasattr(X, "set_axis"):
            return native.set_axis(X.columns, axis=1)
        return native.rename_columns(X.column_names)
    return native


def names_of_columns(X: Any) -> list[Any]:
    """Names of the columns of a table, as often as they are given."""
    return list(X.column_names if hasattr(X, "column_names") else X.columns)


def repeated_names(X: Any) -> list[Any]:
    """Names that more than one column of a table has."""
    names = names_of_columns(X)
    if len(set(names)) == len(names):
        return []
    return [name for name, n_columns in Counter(names).items() if n_columns > 1]


def _is_record_batch(X: Any) -> bool:
    return type(X).__name__ == "RecordBatch" and type(X).__module__.startswith("pyarrow")


def _through_narwhals(X: Any, *, allow_series: bool | None = None) -> Any:
    """What narwhals makes of X; X itself if it knows no such thing."""
    try:
        return nw.from_native(X, eager_only=True, allow_series=allow_series, pass_through=True)
    except DuplicateError:  # pandas and pyarrow allow names that are given twice
        names = range(X.shape[1])
        if hasattr(X, "set_axis"):
            return nw.from_native(X.set_axis(names, axis=1), eager_only=True)
        return nw.from_native(X.rename_columns(list(map(str, names))), eager_only=True)


def canonical(X: Any) -> Any:
    """A CSR or CSC matrix whose elements are stored once and in order; a copy if X is not so.

    Elements stored twice mean their sum. Libraries sum and sort in place, or read one of them only.
    """
    if X.has_canonical_format:
        return X
    X = X.copy()
    X.sum_duplicates()
    return X


def summed(X: Any) -> Any:
    """A CSR or CSC matrix whose elements are stored once; anything else as it is."""
    return canonical(X) if sparse.issparse(X) and X.format in ("csr", "csc") else X


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
    native = _through_narwhals(values, allow_series=True)
    if isinstance(native, nw.DataFrame | nw.Series):
        taken = native[rows]
        taken = nw.maybe_reset_index(taken) if reset_index else taken
        return like_given(taken, values) if isinstance(taken, nw.DataFrame) else nw.to_native(taken)
    if sparse.issparse(values):
        return values[rows]
    return np.asarray(values)[rows]


def with_reset_index(values: Any) -> Any:
    """Number the rows of a pandas object from 0; anything else is passed on as it is."""
    if isinstance(values, np.ndarray | list | tuple):
        return values
    native = _through_narwhals(values, allow_series=True)
    if isinstance(native, nw.DataFrame):
        return like_given(nw.maybe_reset_index(native), values)
    return nw.to_native(nw.maybe_reset_index(native)) if isinstance(native, nw.Series) else values


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
    changed[rows] = as_dtype(values, changed.dtype) if changed.dtype.kind in "iub" else values
    return changed


def _scattered(column: Any, rows: np.ndarray, values: np.ndarray) -> nw.Series:
    if column.dtype.is_integer():
        values = as_dtype(values, integer_type(column.dtype))
    made = nw.new_series(column.name, np.ascontiguousarray(values), backend=column.implementation)
    return column.scatter(rows, made.cast(column.dtype))


def integer_type(dtype: nw.dtypes.DType) -> np.dtype:
    """The numpy type of a column of integers; the widest there is for one of 128 bits."""
    name = str(dtype).lower()
    return np.dtype(name.replace("128", "64"))


def is_missing(value: Any) -> bool:
    """Whether one object stands for a missing value."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    if isinstance(value, str | int):
        return False
    differs = value != value
    return bool(differs) if isinstance(differs, bool | np.bool_) else False  # not an array's
