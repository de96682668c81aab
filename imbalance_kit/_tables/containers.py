"""Open a table, whatever holds it, and give back the same kind with other rows.

A method computes on *points*: a float array, a CSR matrix, or `Mixed` when there are nominal
columns. It returns row numbers (`take`) or new points (`extend`); names, dtypes,
categories, nullable types and, where rows are kept, the index are kept here.
"""

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse

from imbalance_kit._tables.array_columns import ArrayColumns
from imbalance_kit._tables.column_warnings import warn_of
from imbalance_kit._tables.frame_columns import FrameColumns
from imbalance_kit._tables.number_types import (
    as_dtype,
    measured_from,
    middle_of,
    needs_digits,
    new_integers,
    new_sparse_integers,
)
from imbalance_kit._tables.points import Mixed, stack
from imbalance_kit._tables.rows import canonical, is_frame, repeated_names, take_rows


def open_table(X: Any) -> "Table":
    """Choose how to read X: as one numeric matrix, or column by column."""
    if sparse.issparse(X):
        return MatrixTable(canonical(X if X.format in ("csr", "csc") else X.tocsr()))
    if is_frame(X):
        return ColumnTable(FrameColumns(X))
    if isinstance(X, list | tuple):
        return _open_list(X)
    array = np.asarray(X)
    if array.dtype.kind in "fiub":
        return MatrixTable(array)
    return ColumnTable(ArrayColumns(array, was_list=False))


def _open_list(X: Any) -> "Table":
    """A list as a matrix where all numbers are of one type, else as objects of their own types."""
    types = set(map(type, chain.from_iterable(X)))
    if types in ({float}, {int}):
        array = np.asarray(X)
        if array.dtype.kind in ("f" if types == {float} else "iu"):
            return MatrixTable(array, was_list=True)
    table = ColumnTable(ArrayColumns(np.array(X, dtype=object), was_list=True))
    if types == {int, float}:
        table.X = np.asarray(X)  # numbers, for an estimator of the user's
    return table


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
        """What methods compute on; integers become float64, large ones from their middle."""
        if len(nominal):
            return self.by_columns().points(nominal)
        if isinstance(self.X, np.ndarray) and needs_digits(self.X):
            return np.column_stack([measured_from(middle_of(own), own) for own in self.X.T])
        return self.floats()

    def floats(self) -> Any:
        """The numbers in floats, which mean the same in every table; CSR where X is sparse."""
        X = self.X.tocsr() if sparse.issparse(self.X) else self.X
        if X.dtype not in (np.float32, np.float64):
            X = X.astype(np.float64)
        return X if sparse.issparse(X) else np.ascontiguousarray(X)

    def take(self, rows: np.ndarray, *, reset_index: bool = False) -> Any:
        taken = take_rows(self.X, rows, reset_index=reset_index)
        return taken.tolist() if self.was_list else taken

    def extend(self, nominal: np.ndarray, new: list, seeds: np.ndarray) -> Any:
        """All rows of the table and behind them the new points; `seeds` are the rows of these."""
        if len(nominal):
            both = self.by_columns().extend(nominal, new, seeds)
            if not sparse.issparse(self.X):
                return both
            new = [sparse.csr_array(both[self.n_rows :])]
        if sparse.issparse(self.X):
            points = sparse.csr_array(sparse.vstack(new, format="csr"))
            own = self.X.tocsr() if needs_digits(self.X.data) else self.X
            made = new_sparse_integers(points, own, seeds)
            stacked = sparse.vstack([self.X, made], format=self.X.format, dtype=self.X.dtype)
            return type(self.X)(stacked)
        if self.X.dtype.kind in "iu" and needs_digits(self.X):
            values = np.concatenate(new)
            made = [new_integers(values[:, j], own, seeds) for j, own in enumerate(self.X.T)]
            new = [np.column_stack(made)]
        dtype = self.X.dtype
        parts = [part if part.dtype == dtype else as_dtype(part, dtype) for part in new]
        stacked = np.concatenate([self.X, *parts])
        return stacked.tolist() if self.was_list else stacked

    def require_new_values(self, kinds: Sequence[str]) -> None:
        """Nothing to refuse: a number is in every column."""

    def warn_of_columns(self, kinds: Sequence[str]) -> None:
        """Nothing to warn of."""

    def warn_of_objects(self, kinds: Sequence[str]) -> None:
        """No objects are in a matrix."""

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
        """What each column is to a method: "number", "nominal", "date" or "other"."""
        return self._kinds_beside(self.nominal_columns(categorical_features))

    def _kinds_beside(self, nominal: np.ndarray) -> tuple[str, ...]:
        chosen = set(nominal.tolist())
        return tuple(
            "nominal" if j in chosen else "number" if kind == "nominal" else kind
            for j, kind in enumerate(self._column_kinds)
        )

    @cached_property
    def _column_kinds(self) -> tuple[str, ...]:
        """Kinds by what the columns hold; found once, as objects have to be tried one by one."""
        return tuple(self.columns.kind(j) for j in range(self.n_columns))

    def points(self, nominal: np.ndarray) -> np.ndarray | Mixed:
        """Numbers as one float matrix (float32 when every column is), levels as codes.

        Dates, and what is neither a number nor a level, are left out.
        """
        matrix = self._stacked(self.columns.measured, self._numeric(nominal))
        if not len(nominal):
            if not matrix.shape[1] and self.n_columns:
                left_out = ", ".join(repr(self.columns.name(j)) for j in range(self.n_columns))
                raise ValueError(
                    f"X has no column to measure distances on: {left_out} hold dates, or neither "
                    "numbers nor levels. Turn one of them into numbers or categories, or use a "
                    "sampler that reads no values, such as RandomUnderSampler."
                )
            return matrix
        category_codes = np.column_stack([self._levels_of(j)[0] for j in nominal.tolist()])
        return Mixed(matrix, category_codes, np.ones(len(nominal)))

    def matrix(self, columns: Sequence[int]) -> np.ndarray:
        """Some columns as one float matrix, float32 when all of them are; dates as seconds."""
        return self._stacked(self.columns.numbers, columns)

    def _stacked(
        self, numbers_of: Callable[[int], np.ndarray], columns: Sequence[int]
    ) -> np.ndarray:
        """One matrix of columns that are read one by one: all at once would be a copy of X."""
        shape = (self.n_rows, len(columns))
        matrix = np.empty(shape, np.float64)
        for place, j in enumerate(columns):
            column = numbers_of(j)
            if place == 0 and column.dtype == np.float32:
                matrix = np.empty(shape, np.float32)  # until a column is of another type
            elif column.dtype != matrix.dtype and matrix.dtype == np.float32:
                filled = matrix[:, :place]
                matrix = np.empty(shape, np.float64)
                matrix[:, :place] = filled
            if np.isinf(column).any():
                raise ValueError(
                    "Input X contains infinity or a value too large for its dtype; expected finite "
                    "numbers or missing values. Replace infinities first."
                )
            matrix[:, place] = column
        return matrix

    def _numeric(self, nominal: np.ndarray) -> list[int]:
        """Columns that the points hold as numbers."""
        chosen = set(nominal.tolist())
        return [
            j
            for j, kind in enumerate(self._column_kinds)
            if j not in chosen and kind in ("number", "nominal")
        ]

    def require_new_values(self, kinds: Sequence[str]) -> None:
        """Refuse a column of which no new value can be made, and names that stand for two."""
        columns = self.columns
        for j, kind in enumerate(kinds):
            name = columns.name(j)
            holds = columns.describe(j) if kind in ("date", "other") else ""
            if kind == "date":
                raise ValueError(
                    f"Column {name!r} of X holds {holds}; no value can be made between two points "
                    "in time. Turn it into numbers or drop it; samplers that only select rows keep "
                    "it."
                )
            if kind == "other":
                raise ValueError(
                    f"Column {name!r} of X holds {holds}, which is neither numbers nor levels; no "
                    "new value of it can be made. Turn it into numbers or a category, or drop it; "
                    "samplers that only select rows keep it."
                )
            if (
                kind == "number"
                and isinstance(columns, FrameColumns)
                and columns.has_levels_only(j)
            ):
                raise ValueError(
                    f"Column {name!r} of X is a category, but not among categorical_features; no "
                    "number between two categories is one. Name it in categorical_features, or "
                    "turn it into numbers."
                )
        repeated = repeated_names(self.X) if isinstance(columns, FrameColumns) else []
        if repeated:
            raise ValueError(
                f"X has more than one column named {repeated[0]!r}; new rows need a name for each. "
                "Rename or drop one; samplers that only select rows keep both."
            )

    def warn_of_columns(self, kinds: Sequence[str]) -> None:
        """Warn of columns that distances leave out, and of numbers that are kept as objects."""
        columns = self.columns
        left_out = [columns.name(j) for j, kind in enumerate(kinds) if kind in ("date", "other")]
        if left_out:
            warn_of(
                f"Columns {left_out} of X hold dates, or neither numbers nor levels: they take no "
                "part in distances. Turn them into numbers or categories if they should."
            )
        self.warn_of_objects(kinds)

    def warn_of_objects(self, kinds: Sequence[str]) -> None:
        """Warn of columns of a frame that hold numbers as objects."""
        columns = self.columns
        if not isinstance(columns, FrameColumns):
            return
        objects = [
            columns.name(j)
            for j, kind in enumerate(kinds)
            if kind == self._column_kinds[j] == "number" and columns.holds_objects(j)
        ]
        if objects:
            warn_of(
                f"Columns {objects} of X hold numbers as Python objects and are read as numbers. "
                "Give them a type of numbers, or name them in categorical_features if they are "
                "levels."
            )

    def by_columns(self) -> "ColumnTable":
        """The table itself; a matrix makes one of its rows."""
        return self

    def take(self, rows: np.ndarray, *, reset_index: bool = False) -> Any:
        return self.columns.take(rows, reset_index=reset_index)

    def extend(self, nominal: np.ndarray, new: list, seeds: np.ndarray) -> Any:
        """All rows of the table and behind them the new points, dtypes kept.

        `seeds` are the rows that the new ones start from: where a new number is its seed's, it is
        taken from there, with all digits.
        """
        self.require_new_values(self._kinds_beside(nominal))
        points = stack(new)
        numbers = points.numbers if isinstance(points, Mixed) else points
        places = {position: k for k, position in enumerate(self._numeric(nominal))}
        nominal_places = {position: k for k, position in enumerate(nominal.tolist())}

        def make(j: int) -> Any:
            if j in places:
                return self.columns.new_numbers(j, numbers[:, places[j]], seeds)
            examples = self._levels_of(j)[1]
            return self.columns.column(j, examples[points.category_codes[:, nominal_places[j]]])

        return self.columns.append(make, len(seeds))

    def _levels_of(self, j: int) -> tuple[np.ndarray, np.ndarray]:
        """Codes and examples of a column, found once: points and new rows both need them."""
        if j not in self._levels:
            self._levels[j] = self.columns.levels(j)
        return self._levels[j]


Table: TypeAlias = MatrixTable | ColumnTable


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
        positions = {name: position for position, name in reversed(list(enumerate(known)))}
        unknown = [name for name in named.tolist() if name not in positions]
        if unknown:
            raise ValueError(
                f"categorical_features names columns that X does not have: {unknown}. "
                f"X has {known if names is not None else 'no column names'}."
            )
        return np.array(sorted(positions[name] for name in named.tolist()), dtype=np.intp)
    if len(named) and named.dtype.kind not in "iu":
        raise ValueError(
            "categorical_features takes column positions, names or a mask of booleans; got "
            f"{named.tolist()}."
        )
    if len(named) and (named.min() < -n_columns or named.max() >= n_columns):
        raise ValueError(
            f"categorical_features holds positions outside X, which has {n_columns} columns: all "
            f"features must be in [{-n_columns}, {n_columns - 1}]; got {named.tolist()}."
        )
    return np.unique(named.astype(np.intp) % n_columns)


def nominal_positions(kinds: Sequence[str]) -> np.ndarray:
    """Positions of the nominal columns among all."""
    return np.array([j for j, kind in enumerate(kinds) if kind == "nominal"], dtype=np.intp)
