"""Columns of an array of objects, text or dates, or of a list."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

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
from imbalance_kit._tables.number_types import as_dtype, measured_from, middle_of, new_integers
from imbalance_kit._tables.rows import is_missing, take_rows


class ArrayColumns:
    """Columns of an ndarray, with numbers and levels side by side in its objects.

    An array of objects that holds text alone, all of which spells numbers, is one of numbers, as
    it is to scikit-learn. Any other text is nominal, and so are truth values among objects.
    """

    names = None

    def __init__(self, native: np.ndarray, was_list: bool):
        self.native = native
        self.was_list = was_list
        self.shape = native.shape
        self._objects: dict[int, list] = {}

    def kind(self, j: int) -> str:
        kind = self.native.dtype.kind
        if kind == "O":
            return "number" if self._spells_numbers else kind_of_objects(self._objects_of(j))
        if kind in "mM":
            return "date"
        return "number" if kind in "fiub" else "nominal"

    def holds_truth_values(self, j: int) -> bool:
        kind = self.native.dtype.kind
        return kind == "b" or (kind == "O" and are_truth_values(self._objects_of(j)))

    def describe(self, j: int) -> str:
        """What a column holds, for messages."""
        if self.native.dtype.kind == "O":
            return type_of_objects(self._objects_of(j))
        return str(self.native.dtype)

    def name(self, j: int) -> Any:
        return j

    def numbers(self, j: int) -> np.ndarray:
        """A column as floats, missing as NaN; points in time as seconds."""
        if self.kind(j) == "date":
            column = self.native[:, j]
            return as_seconds(column)
        try:
            if self.native.dtype == object:
                return floats_of_objects(self._objects_of(j))
            column = self.native[:, j]
            return column if column.dtype == np.float32 else column.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"Column {j} of X was expected to hold numbers, but could not convert string to "
                f"float: {error}. Name it in categorical_features, or leave 'auto'."
            ) from error

    def measured(self, j: int) -> np.ndarray:
        """The numbers as points hold them: large integers from the middle of their column."""
        column = self.native[:, j]
        if column.dtype.kind in "iu" and (middle := middle_of(column)):
            return measured_from(middle, column)
        return self.numbers(j)

    def levels(self, j: int) -> tuple[np.ndarray, np.ndarray]:
        """Codes of a column in the order of its values, and for each code a row that has it."""
        if self.native.dtype.kind in "fiubmM":
            column = self.native[:, j]
            return factorize(column, column != column)  # NaN and NaT; integers have no missing ones
        return factorize_objects(self._objects_of(j))

    def elements(self, j: int, rows: np.ndarray) -> list[Any]:
        return list(self.native[rows, j])

    def column(self, j: int, rows: np.ndarray) -> np.ndarray:
        return self.native[rows, j]

    def new_numbers(self, j: int, values: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """New values in the types of the column."""
        dtype = self.native.dtype
        if dtype.kind in "OUST":
            made = like_seeds(values, self._objects_of(j), seeds)
            return made if dtype.kind == "O" else made.astype(dtype.type)
        if dtype.kind in "iu":
            return new_integers(values, self.native[:, j], seeds)
        return as_dtype(values, dtype)

    def take(self, rows: np.ndarray, *, reset_index: bool = False) -> Any:
        taken = take_rows(self.native, rows, reset_index=reset_index)
        return taken.tolist() if self.was_list else taken

    def append(self, make: Callable[[int], np.ndarray], n_new: int) -> Any:
        n_columns = self.native.shape[1]
        if self.native.dtype.kind in "US":
            new = np.column_stack(list(map(make, range(n_columns))))  # as wide as the longest needs
        else:
            new = np.empty((n_new, n_columns), dtype=self.native.dtype)
            for j in range(n_columns):
                new[:, j] = make(j)
        both = np.concatenate([self.native, new])
        return both.tolist() if self.was_list else both

    def _objects_of(self, j: int) -> list:
        if j not in self._objects:
            self._objects[j] = self.native[:, j].tolist()
        return self._objects[j]

    @cached_property
    def _spells_numbers(self) -> bool:
        if self.was_list or self.native.dtype != object:
            return False
        found_text = False
        for j in range(self.shape[1]):
            column = self._objects_of(j)
            if kind_of_objects(column) == "number":
                return False
            for value in column:
                if isinstance(value, str):
                    found_text = True
                elif not is_missing(value):
                    return False
        if not found_text:
            return False
        try:
            for j in range(self.shape[1]):
                floats_of_objects(self._objects_of(j))
        except (TypeError, ValueError):
            return False
        return True
