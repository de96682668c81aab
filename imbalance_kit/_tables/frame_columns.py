"""Columns of a dataframe, through narwhals."""

from collections.abc import Callable
from functools import cached_property
from itertools import pairwise
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from imbalance_kit._tables.elements import (
    are_truth_values,
    as_seconds,
    factorize,
    factorize_objects,
    floats_of_objects,
    kind_of_objects,
    like_seeds,
    type_of_objects,
)
from imbalance_kit._tables.number_types import (
    as_dtype,
    ends_of_128_bits,
    largest_decimal,
    measured_from,
    middle_of,
    new_integers,
)
from imbalance_kit._tables.rows import (
    integer_type,
    like_given,
    names_of_columns,
    read_frame,
    take_rows,
)

_GROUP_ELEMENTS = 1 << 17  # new elements from which on columns are appended in groups
_GROUPS = 8
_LEVELS = (nw.Boolean, nw.String, nw.Categorical, nw.Enum, nw.Binary)


def native_type(column: nw.Series) -> Any:
    """The type of a column in the words of its own library."""
    native = nw.to_native(column)
    return native.dtype if hasattr(native, "dtype") else native.type


class FrameColumns:
    """Columns of a pandas, polars or pyarrow table, or of another that narwhals reads."""

    def __init__(self, native: Any):
        self.native = native
        self.frame = read_frame(native)
        self.names: list[Any] = names_of_columns(native)
        self.shape = self.frame.shape
        self._dtypes: list[Any] = list(self.frame.schema.values())
        self._kinds: dict[int, str] = {}

    @cached_property
    def _columns(self) -> list[Any]:
        """All columns at once: one by one takes long in wide tables, and a draw needs none."""
        return list(self.frame.iter_columns())

    def kind(self, j: int) -> str:
        """Kind of a column by what it holds: "number", "nominal", "date" or "other"."""
        if j not in self._kinds:
            self._kinds[j] = self._kind(j)
        return self._kinds[j]

    def _kind(self, j: int) -> str:
        dtype = self._dtypes[j]
        if isinstance(dtype, nw.Object):
            return kind_of_objects(self._columns[j].to_list())
        if dtype.is_numeric():
            return "number"
        if dtype.is_temporal():
            return "date"
        if isinstance(dtype, _LEVELS):
            return "nominal"
        if isinstance(dtype, nw.Unknown):
            native: Any = getattr(nw.to_native(self._columns[j]), "dtype", None)
            held = native if isinstance(native, np.dtype) else None
            if type(native).__name__ == "SparseDtype":
                held = native.subtype
            if held is not None and held.kind in "fiub":
                return "number"
            if type(native).__name__ == "PeriodDtype":
                return "date"
            if "binary" in self.describe(j):  # those of pyarrow
                return "nominal"
        return "other"

    def holds_truth_values(self, j: int) -> bool:
        dtype = self._dtypes[j]
        if isinstance(dtype, nw.Object):
            return are_truth_values(self._columns[j].to_list())
        return isinstance(dtype, nw.Boolean)

    def holds_objects(self, j: int) -> bool:
        return isinstance(self._dtypes[j], nw.Object)

    def has_levels_only(self, j: int) -> bool:
        """Whether no value but those of a fixed list can be in the column."""
        return isinstance(self._dtypes[j], nw.Categorical | nw.Enum)

    def describe(self, j: int) -> str:
        """What a column holds, for messages."""
        dtype = self._dtypes[j]
        if isinstance(dtype, nw.Object):
            return type_of_objects(self._columns[j].to_list())
        if isinstance(dtype, nw.Unknown):
            return str(native_type(self._columns[j]))
        return str(dtype)

    def name(self, j: int) -> Any:
        return self.names[j]

    def numbers(self, j: int) -> np.ndarray:
        """A column as floats, missing as NaN; points in time as seconds."""
        column = self._columns[j]
        dtype = column.dtype
        if self.kind(j) == "date":
            return as_seconds(self._times(j))
        try:
            if isinstance(dtype, nw.Object):
                return floats_of_objects(column.to_list())
            if self.kind(j) == "other":  # numpy would make something of some of them
                raise TypeError
            if isinstance(dtype, nw.Decimal | nw.Boolean) or "128" in str(dtype):
                column = column.cast(nw.Float64())
            values = np.asarray(column.to_numpy())
            return values if values.dtype == np.float32 else values.astype(np.float64, copy=False)
        except (TypeError, ValueError, OverflowError) as error:
            if column.is_null().all():  # of any type, as in a batch of few rows
                return np.full(len(column), np.nan)
            raise ValueError(
                f"Column {self.names[j]!r} of X was expected to hold numbers, but holds "
                f"{self.describe(j)}. Turn it into numbers, or into a category that "
                "categorical_features names; drop it if it is neither."
            ) from error

    def measured(self, j: int) -> np.ndarray:
        """The numbers as points hold them: large integers from the middle of their column."""
        if not self._is_wide_integer(j):
            return self.numbers(j)
        integers, missing = self._integers(j), self._columns[j].is_null().to_numpy()
        middle = middle_of(integers[~missing])
        if not middle:
            return self.numbers(j)
        return np.where(missing, np.nan, measured_from(middle, integers))

    def _is_wide_integer(self, j: int) -> bool:
        return isinstance(self._columns[j].dtype, nw.Int64 | nw.UInt64)

    def _times(self, j: int) -> np.ndarray:
        column = self._columns[j]
        if isinstance(column.dtype, nw.Datetime | nw.Date | nw.Duration):
            return np.asarray(column.to_numpy())
        times = np.empty(len(column), dtype=object)
        times[:] = column.to_list()
        return times

    def levels(self, j: int) -> tuple[np.ndarray, np.ndarray]:
        """Codes of a column in the order of its values, and for each code a row that has it."""
        column = self._columns[j]
        dtype = column.dtype
        if dtype.is_float() or isinstance(dtype, nw.Datetime | nw.Date | nw.Duration):
            values = np.asarray(column.to_numpy())
            return factorize(values, values != values)
        missing = column.is_null().to_numpy()
        if dtype.is_integer() and "128" not in str(dtype):
            return factorize(self._integers(j), missing)
        if self.kind(j) == "other" and not missing.all():
            raise ValueError(
                f"Column {self.names[j]!r} of X holds {self.describe(j)}, which has no levels to "
                "compare. Drop it or spread it over columns; samplers that only select keep it."
            )
        return factorize_objects(column.to_list())

    def _integers(self, j: int) -> np.ndarray:
        """A column of integers with all their digits, missing ones as 0."""
        return np.asarray(self._columns[j].fill_null(0).to_numpy())

    def elements(self, j: int, rows: np.ndarray) -> list[Any]:
        column = self._columns[j][rows]
        dtype = column.dtype
        if dtype.is_float() or isinstance(dtype, nw.Datetime | nw.Date | nw.Duration):
            return list(column.to_numpy())
        return column.to_list()

    def column(self, j: int, rows: np.ndarray) -> nw.Series:
        return nw.maybe_reset_index(self._columns[j][rows])

    def new_numbers(self, j: int, values: np.ndarray, seeds: np.ndarray) -> nw.Series:
        """New values in the column's own type: the seeds' values, overwritten where they differ."""
        column = self._columns[j]
        dtype, backend = column.dtype, self.frame.implementation
        native_dtype = getattr(nw.to_native(column), "dtype", None)
        if isinstance(native_dtype, np.dtype) and native_dtype.kind in "fiub":  # the common case
            is_integer = native_dtype.kind in "iu"
            typed = (
                new_integers(values, column.to_numpy(), seeds)
                if is_integer
                else as_dtype(values, native_dtype)
            )
            return nw.new_series(column.name, typed, backend=backend)
        if isinstance(dtype, nw.Unknown):  # sparse columns cannot be overwritten
            held: Any = getattr(native_dtype, "subtype", native_dtype)
            made = nw.new_series(column.name, as_dtype(values, held), backend=backend)
            return nw.from_native(nw.to_native(made).astype(native_dtype), series_only=True)
        if isinstance(dtype, nw.Object):
            objects = like_seeds(values, column.to_list(), seeds)
            return self._of_objects(column, objects)
        own = self.measured(j)
        missing = np.isnan(values)
        start = seeds.copy()
        added = np.flatnonzero(missing & ~np.isnan(own[seeds]))
        if len(added):
            start[added] = np.flatnonzero(np.isnan(own))[0]
        changed = np.flatnonzero(~missing & (own[seeds] != values))
        new: Any = values[changed]
        if dtype.is_integer() and "128" not in str(dtype):
            if self._is_wide_integer(j):
                new = new_integers(new, self._integers(j), seeds[changed], ~np.isnan(own))
            else:
                new = as_dtype(new, integer_type(dtype))
        elif dtype.is_integer():
            new = np.clip(np.rint(new), *ends_of_128_bits(signed="u" not in str(dtype).lower()))
        elif isinstance(dtype, nw.Decimal):
            end = largest_decimal(getattr(native_dtype, "pyarrow_dtype", native_type(column)))
            new = np.clip(new, -end, end)
        elif isinstance(dtype, nw.Boolean):
            new = as_dtype(new, np.dtype(bool))
        made = nw.new_series(column.name, new, backend=backend)
        if isinstance(dtype, nw.Decimal):  # the oldest narwhals casts to none of these
            native, kind = nw.to_native(made), native_type(column)
            native = native.astype(kind) if hasattr(native, "astype") else native.cast(kind)
            made = nw.from_native(native, series_only=True)
        else:
            made = made.cast(dtype)
        return nw.maybe_reset_index(column[start]).scatter(changed, made)

    def _of_objects(self, column: Any, objects: np.ndarray) -> nw.Series:
        if hasattr(nw.to_native(column), "iloc"):  # pandas guesses a type from a list
            start = nw.maybe_reset_index(column[np.zeros(len(objects), dtype=np.intp)])
            native = nw.to_native(start).copy()
            native[:] = objects
            return nw.from_native(native, series_only=True)
        return nw.new_series(
            column.name, objects.tolist(), nw.Object(), backend=self.frame.implementation
        )

    def take(self, rows: np.ndarray, *, reset_index: bool = False) -> Any:
        return take_rows(self.native, rows, reset_index=reset_index)

    def append(self, make: Callable[[int], nw.Series], n_new: int) -> Any:
        """All rows and behind them `n_new` new ones, of which ``make(j)`` is a column.

        A large table is made some columns at a time, as the new ones of all would take half of the
        result again.
        """
        n_columns = self.shape[1]
        n_groups = min(_GROUPS, n_columns, 1 + n_new * n_columns // _GROUP_ELEMENTS)
        edges = np.linspace(0, n_columns, n_groups + 1).astype(int).tolist()
        groups = []
        for first, last in pairwise(edges):
            own = self.frame if n_groups == 1 else self.frame[:, first:last]
            own = nw.maybe_reset_index(own)
            new = nw.maybe_reset_index(own[np.zeros(n_new, dtype=np.intp)])
            new = new.with_columns(*(make(j) for j in range(first, last)))
            groups.append(nw.maybe_reset_index(nw.concat([own, new])))
            del own, new
        both = groups[0] if n_groups == 1 else nw.concat(groups, how="horizontal")
        return like_given(both, self.native)
