"""Open a table, whatever holds it, and give back the same kind with other rows.

A method computes on *points*: a float array, a CSR matrix, or `Mixed` when there are nominal
columns. It returns row numbers (`take`) or new points (`extend`); names, dtypes,
categories, nullable types and, where rows are kept, the index are kept here.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeAlias

import narwhals.stable.v2 as nw
import numpy as np
from scipy import sparse

from imbalance_kit._tables.points import Mixed
from imbalance_kit._tables.rows import is_frame, is_missing, take_rows

MISSING = -1  # code of a missing nominal value: a level of its own


def open_table(X: Any) -> "Table":
    """Choose how to read X: as one numeric matrix, or column by column."""
    if sparse.issparse(X):
        return MatrixTable(X if X.format in ("csr", "csc") else X.tocsr())
    if is_frame(X):
        return ColumnTable(FrameColumns(X))
    was_list = isinstance(X, list | tuple)
    array = np.asarray(X)
    if array.dtype.kind in "OUS":
        return ColumnTable(ArrayColumns(array, was_list))
    return MatrixTable(array, was_list)


class MatrixTable:
    """One numeric matrix: ndarray, CSR or CSC; a list of lists of numbers comes back as such."""

    def __init__(self, X: Any, was_list: bool = False):
        self.X = X
        self.was_list = was_list
        self.n_rows, self.n_columns = X.shape

    def nominal_columns(self, categorical_features: Any) -> np.ndarray:
        """Positions of the nominal columns; a bare matrix has none by itself."""
        return resolve_columns(categorical_features, self.n_columns, names=None, automatic=())

    def kinds(self, categorical_features: Any) -> tuple[str, ...]:
        """What each column is to a method: "number", or "nominal" where it was named so."""
        nominal = set(self.nominal_columns(categorical_features).tolist())
        return tuple("nominal" if j in nominal else "number" for j in range(self.n_columns))

    def points(self, nominal: np.ndarray) -> Any:
        """What methods compute on; integers become float64."""
        if len(nominal):
            return self.by_columns().points(nominal)
        X = self.X.tocsr() if sparse.issparse(self.X) else self.X
        if X.dtype not in (np.float32, np.float64):
            X = X.astype(np.float64)
        return X if sparse.issparse(X) else np.ascontiguousarray(X)

    def take(self, rows: np.ndarray, *, reset_index: bool = False) -> Any:
        taken = take_rows(self.X, rows, reset_index=reset_index)
        return taken.tolist() if self.was_list else taken

    def extend(self, nominal: np.ndarray, new: list) -> Any:
        """All rows of the table and behind them the new points."""
        if len(nominal):
            both = self.by_columns().extend(nominal, new)
            if not sparse.issparse(self.X):
                return both
            new = [sparse.csr_array(both[self.n_rows :])]
        if sparse.issparse(self.X):
            for part in new:
                part.data = as_dtype(part.data, self.X.dtype)
            stacked = sparse.vstack([self.X, *new], format=self.X.format, dtype=self.X.dtype)
            return type(self.X)(stacked)
        parts = [self.X, *(as_dtype(part, self.X.dtype) for part in new)]
        stacked = np.concatenate(parts)
        return stacked.tolist() if self.was_list else stacked

    def by_columns(self) -> "ColumnTable":
        """The same rows, some columns of them nominal; a sparse matrix is made dense for that."""
        dense = self.X.toarray() if sparse.issparse(self.X) else self.X
        return ColumnTable(ArrayColumns(dense, self.was_list))


class ColumnTable:
    """A table whose columns differ in kind: a dataframe, or an array of objects or strings."""

    def __init__(self, columns: "FrameColumns | ArrayColumns"):
        self.columns = columns
        self.X = columns.native
        self.n_rows, self.n_columns = columns.shape
        self._levels: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def nominal_columns(self, categorical_features: Any) -> np.ndarray:
        """Positions of the nominal columns: those named, or those that hold no numbers."""
        automatic = [j for j, kind in enumerate(self._column_kinds) if kind == "nominal"]
        return resolve_columns(
            categorical_features, self.n_columns, names=self.columns.names, automatic=automatic
        )

    def kinds(self, categorical_features: Any) -> tuple[str, ...]:
        """What each column is to a method: "number", "nominal" or "date"."""
        nominal = set(self.nominal_columns(categorical_features).tolist())
        return tuple(
            "nominal" if j in nominal else "number" if kind == "nominal" else kind
            for j, kind in enumerate(self._column_kinds)
        )

    @cached_property
    def _column_kinds(self) -> tuple[str, ...]:
        """Kinds by what the columns hold; found once, as objects have to be tried one by one."""
        return tuple(self.columns.kind(j) for j in range(self.n_columns))

    def points(self, nominal: np.ndarray) -> np.ndarray | Mixed:
        """Numbers as one float matrix (float32 when every column is), levels as codes."""
        chosen = set(nominal.tolist())
        numeric = [j for j in range(self.n_columns) if j not in chosen]
        numbers = [self.columns.numbers(j) for j in numeric]
        narrow = bool(numbers) and all(column.dtype == np.float32 for column in numbers)
        matrix = np.empty((self.n_rows, len(numeric)), np.float32 if narrow else np.float64)
        for j, column in enumerate(numbers):
            matrix[:, j] = column
        if np.isinf(matrix).any():
            raise ValueError(
                "Input X contains infinity or a value too large for its dtype; expected finite "
                "numbers or missing values. Replace infinities first."
            )
        if not len(nominal):
            return matrix
        category_codes = np.column_stack([self._levels_of(j)[0] for j in sorted(chosen)])
        return Mixed(matrix, category_codes, np.ones(len(nominal)))

    def by_columns(self) -> "ColumnTable":
        """The table itself; a matrix makes one of its rows."""
        return self

    def take(self, rows: np.ndarray, *, reset_index: bool = False) -> Any:
        return self.columns.take(rows, reset_index=reset_index)

    def extend(self, nominal: np.ndarray, new: list) -> Any:
        """All rows of the table and behind them the new points, dtypes kept."""
        first, *_ = new
        if isinstance(first, Mixed):
            numbers = np.concatenate([part.numbers for part in new])
            category_codes = np.concatenate([part.category_codes for part in new])
        else:
            numbers, category_codes = np.concatenate(new), np.empty((0, 0), np.int32)
        positions = nominal.tolist()
        numeric = [j for j in range(self.n_columns) if j not in set(positions)]
        made: dict[int, Any] = {}
        for position, column in zip(numeric, numbers.T, strict=True):
            made[position] = self.columns.new_numbers(position, column)
        for k, position in enumerate(positions):
            examples = self._levels_of(position)[1]
            made[position] = self.columns.column(position, examples[category_codes[:, k]])
        return self.columns.append([made[j] for j in range(self.n_columns)])

    def _levels_of(self, j: int) -> tuple[np.ndarray, np.ndarray]:
        """Codes and examples of a column, found once: points and new rows both need them."""
        if j not in self._levels:
            self._levels[j] = self.columns.levels(j)
        return self._levels[j]


Table: TypeAlias = MatrixTable | ColumnTable


class FrameColumns:
    """Columns of a dataframe, through narwhals."""

    def __init__(self, native: Any):
        self.native = native
        self.frame = nw.from_native(native, eager_only=True)
        self.names: list[str] = list(self.frame.columns)
        self.shape = self.frame.shape

    def kind(self, j: int) -> str:
        dtype = self.frame[:, j].dtype
        if dtype.is_numeric():
            return "number"
        if isinstance(dtype, nw.Unknown):  # a pandas column of sparse numbers
            return "number"
        return "date" if dtype.is_temporal() else "nominal"

    def numbers(self, j: int) -> np.ndarray:
        """A column as floats, missing as NaN; times as seconds."""
        column = self.frame[:, j]
        if self.kind(j) == "date":
            moments = column.to_numpy().astype("datetime64[us]")
            seconds = moments.astype(np.int64) / 1e6
            return np.where(np.isnat(moments), np.nan, seconds)
        try:
            values = np.asarray(column.to_numpy())
            return values if values.dtype == np.float32 else values.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"Column {self.names[j]!r} of X was expected to hold numbers, but holds "
                f"{column.dtype}. Make it a category, or leave categorical_features='auto'."
            ) from error

    def levels(self, j: int) -> tuple[np.ndarray, np.ndarray]:
        """Codes of a column in the order of its values, and for each code a row that has it."""
        column = self.frame[:, j]
        try:
            return _factorize(column.to_numpy(), column.is_null().to_numpy())
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"Column {self.names[j]!r} of X holds {column.dtype}, which has no levels to "
                "compare. Drop it or spread it over columns; samplers that only select keep it."
            ) from error

    def column(self, j: int, rows: np.ndarray) -> nw.Series:
        return nw.maybe_reset_index(self.frame[:, j][rows])

    def new_numbers(self, j: int, values: np.ndarray) -> nw.Series:
        """New values in the column's own dtype: started from its own rows, then overwritten."""
        if self.kind(j) == "date":
            raise ValueError(
                f"Column {self.names[j]!r} of X holds {self.frame[:, j].dtype}; no value can be "
                "made between two points in time. Turn it into numbers or drop it; samplers "
                "that only select rows keep it."
            )
        column = self.frame[:, j]
        dtype = getattr(nw.to_native(column), "dtype", None)
        if isinstance(dtype, np.dtype) and dtype.kind == "f":  # the common case, at once
            floats = values.astype(dtype)
            return nw.new_series(column.name, floats, backend=self.frame.implementation)
        missing = np.isnan(values)
        start = np.zeros(len(values), dtype=np.intp)
        if missing.any():
            start[missing] = np.flatnonzero(np.isnan(self.numbers(j)))[0]
        known = values[~missing]
        if column.dtype.is_integer():
            known = np.rint(known).astype(np.int64)
        if isinstance(column.dtype, nw.Unknown):  # sparse columns cannot be overwritten
            made = nw.new_series(column.name, values, backend=self.frame.implementation)
            sparse_column = nw.to_native(made).astype(nw.to_native(column).dtype)
            return nw.from_native(sparse_column, series_only=True)
        made = nw.new_series(column.name, known, backend=self.frame.implementation)
        if not isinstance(column.dtype, nw.Object):
            made = made.cast(column.dtype)
        return nw.maybe_reset_index(column[start]).scatter(np.flatnonzero(~missing), made)

    def take(self, rows: np.ndarray, *, reset_index: bool = False) -> Any:
        return take_rows(self.native, rows, reset_index=reset_index)

    def append(self, made: Sequence[nw.Series]) -> Any:
        new = nw.maybe_reset_index(self.frame[np.zeros(len(made[0]), dtype=np.intp)])
        new = new.with_columns(*made)
        both = nw.concat([nw.maybe_reset_index(self.frame), new])
        return nw.to_native(nw.maybe_reset_index(both))


class ArrayColumns:
    """Columns of an ndarray, with numbers and levels side by side in its objects."""

    names = None

    def __init__(self, native: np.ndarray, was_list: bool):
        self.native = native
        self.was_list = was_list
        self.shape = native.shape
        self._objects: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}

    def kind(self, j: int) -> str:
        try:
            self.numbers(j)
        except ValueError:
            return "nominal"
        return "number"

    def numbers(self, j: int) -> np.ndarray:
        try:
            if self.native.dtype == object:
                values, missing, place = self._distinct(j)
                numbers = np.full(len(values), np.nan)
                numbers[~missing] = values[~missing].astype(np.float64)
                return numbers[place]
            column = self.native[:, j]
            return column if column.dtype == np.float32 else column.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"Column {j} of X was expected to hold numbers, but could not convert string to "
                f"float: {error}. Name it in categorical_features, or leave 'auto'."
            ) from error

    def levels(self, j: int) -> tuple[np.ndarray, np.ndarray]:
        if self.native.dtype != object:
            column = self.native[:, j]
            return _factorize(column, column != column)  # NaN; other dtypes have no missing values
        values, missing, place = self._distinct(j)
        category_codes, examples = _factorize(values, missing)
        first = np.full(len(values), len(place))
        np.minimum.at(first, place, np.arange(len(place)))
        return category_codes[place], first[examples]

    def _distinct(self, j: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Different objects of a column, which are missing, and which of them each element is.

        Checking each object once is much faster than each element. The type belongs to it: 1,
        1.0 and True are equal, but not the same level.
        """
        if j not in self._objects:
            column = self.native[:, j]
            known: dict[Any, int] = {}
            try:
                place = [known.setdefault((type(value), value), len(known)) for value in column]
            except TypeError:  # lists and the like have no hash, but a text
                known = {}
                place = [known.setdefault((str, str(value)), len(known)) for value in column]
            values = np.empty(len(known), dtype=object)
            values[:] = [value for _, value in known]
            missing = np.array([is_missing(value) for value in values], dtype=bool)
            self._objects[j] = values, missing, np.array(place, dtype=np.intp)
        return self._objects[j]

    def column(self, j: int, rows: np.ndarray) -> np.ndarray:
        return self.native[rows, j]

    def new_numbers(self, j: int, values: np.ndarray) -> np.ndarray:
        return as_dtype(values, self.native.dtype)

    def take(self, rows: np.ndarray, *, reset_index: bool = False) -> Any:
        taken = take_rows(self.native, rows, reset_index=reset_index)
        return taken.tolist() if self.was_list else taken

    def append(self, made: Sequence[np.ndarray]) -> Any:
        new = np.empty((len(made[0]), len(made)), dtype=self.native.dtype)
        for j, column in enumerate(made):
            new[:, j] = column
        both = np.concatenate([self.native, new])
        return both.tolist() if self.was_list else both


def resolve_columns(
    categorical_features: Any, n_columns: int, names: list[str] | None, automatic: Sequence[int]
) -> np.ndarray:
    """Positions of nominal columns from "auto", None, positions, names or a mask."""
    if categorical_features is None:
        return np.empty(0, dtype=np.intp)
    if isinstance(categorical_features, str) and categorical_features == "auto":
        return np.asarray(automatic, dtype=np.intp)
    named = np.atleast_1d(np.asarray(categorical_features))
    if named.dtype == bool:
        if len(named) != n_columns:
            raise ValueError(
                f"categorical_features as a mask needs one entry per column: X has {n_columns} "
                f"columns, the mask has {len(named)}."
            )
        return np.flatnonzero(named)
    if named.dtype.kind in "OUS":
        known = [] if names is None else names
        unknown = [name for name in named.tolist() if name not in known]
        if unknown:
            raise ValueError(
                f"categorical_features names columns that X does not have: {unknown}. "
                f"X has {known if names is not None else 'no column names'}."
            )
        return np.array(sorted(known.index(name) for name in named.tolist()), dtype=np.intp)
    if len(named) and named.dtype.kind not in "iu":
        raise ValueError(
            "categorical_features takes column positions, names or a mask of booleans; got "
            f"{named.tolist()}."
        )
    if len(named) and (named.min() < -n_columns or named.max() >= n_columns):
        raise ValueError(
            f"categorical_features holds positions outside X, which has {n_columns} columns: "
            f"{named.tolist()}."
        )
    return np.unique(named.astype(np.intp) % n_columns)


def as_dtype(values: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Cast; to an integer type by rounding to the nearest (cutting off would pull towards 0)."""
    if dtype.kind in "iub":
        values = np.rint(values)
    return values.astype(dtype)


def _factorize(values: np.ndarray, missing: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes in the order of the values (missing last, code -1) and a row holding each code.

    The rows are indexed by code, so that ``rows[-1]`` is a row with a missing value.
    """
    known = np.flatnonzero(~missing)
    present = values[known]
    if present.dtype == object:
        present = present.astype(str)
    _, first, inverse = np.unique(present, return_index=True, return_inverse=True)
    category_codes = np.full(len(values), MISSING, dtype=np.int32)
    category_codes[known] = inverse
    rows = known[first]
    if missing.any():
        rows = np.append(rows, np.flatnonzero(missing)[0])
    return category_codes, rows


def nominal_positions(kinds: Sequence[str]) -> np.ndarray:
    """Positions of the nominal columns among all."""
    return np.array([j for j, kind in enumerate(kinds) if kind == "nominal"], dtype=np.intp)
