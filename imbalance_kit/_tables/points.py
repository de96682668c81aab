"""Tables of points: what neighbour searches take, and the one form in which they read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse

from imbalance_kit.kernels.distances import add_mismatches, add_squares, scale_to_all_columns

_BLOCK_ELEMENTS = 1 << 16  # elements of a sparse table that are dense at a time
_SMALL_TABLE = 1 << 22  # elements; a smaller sparse table is searched as a dense one


@dataclass(frozen=True)
class Mixed:
    """Rows with number columns and nominal columns.

    The squared distance of two rows is the (nan-aware) squared Euclidean distance of their
    numbers plus, for every nominal column ``j`` in which they differ, ``weights[j]``
    (`kernels.distances`). If the table has number columns, two rows without a number in common are
    infinitely far from each other, whatever their levels.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows, n_numbers)
        float32 or float64; NaN is a missing value.
    category_codes : ndarray of shape (n_rows, n_nominal)
        int32 codes of the levels. A missing level is a level of its own.
    weights : ndarray of shape (n_nominal,)
        What a mismatch adds to the squared distance; finite and not negative.
    """

    numbers: np.ndarray
    category_codes: np.ndarray
    weights: np.ndarray

    def __post_init__(self) -> None:
        if self.numbers.ndim != 2 or self.category_codes.ndim != 2:
            raise ValueError(
                "numbers and category_codes must have two dimensions; got shapes "
                f"{self.numbers.shape} and {self.category_codes.shape}."
            )
        if len(self.numbers) != len(self.category_codes):
            raise ValueError(
                "numbers and category_codes must have the same number of rows; got "
                f"{len(self.numbers)} and {len(self.category_codes)}."
            )
        if self.weights.shape != (self.category_codes.shape[1],):
            raise ValueError(
                "weights must hold one value for each of the "
                f"{self.category_codes.shape[1]} nominal columns; got shape {self.weights.shape}."
            )
        if not (np.isfinite(self.weights) & (self.weights >= 0.0)).all():
            raise ValueError(f"weights must be finite and not negative; got {self.weights}.")

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns (numbers and nominal ones together)."""
        return len(self.numbers), self.numbers.shape[1] + self.category_codes.shape[1]

    @cached_property
    def ends(self) -> tuple[np.ndarray, np.ndarray]:
        """Smallest and largest number of each column; NaN where one is missing.

        Found once, some rows at a time: a table is often much larger than the cache. Some rows of
        a complete table keep those of the whole, between which their numbers are as well.
        """
        n_rows, n_columns = self.numbers.shape
        low, high = np.full(n_columns, np.inf), np.full(n_columns, -np.inf)
        step = max(1, _BLOCK_ELEMENTS // max(1, n_columns))
        for first in range(0, n_rows, step):
            block = self.numbers[first : first + step]
            np.minimum(low, block.min(axis=0), out=low)
            np.maximum(high, block.max(axis=0), out=high)
        return low, high

    def __getitem__(self, rows: np.ndarray | slice) -> Mixed:
        if isinstance(rows, np.ndarray) and rows.dtype == np.intp:
            numbers = self.numbers.take(rows, axis=0)  # a third of the time
        else:
            numbers = self.numbers[rows]
        some = Mixed(numbers, self.category_codes[rows], self.weights)
        ends = vars(self).get("ends")
        if ends is not None and len(self) and not np.isnan(ends[0]).any():
            vars(some)["ends"] = ends
        return some


Table: TypeAlias = "np.ndarray | sparse.csr_matrix | sparse.csr_array | Mixed"
Rows: TypeAlias = Any  # Mixed or csr_array, as `as_table` makes them


def stack(parts: list) -> Any:
    """Points of one kind, one part after the other; a single part is returned as it is."""
    first = parts[0]
    if len(parts) == 1:
        return sparse.csr_array(first) if sparse.issparse(first) else first
    if isinstance(first, Mixed):
        numbers = np.concatenate([part.numbers for part in parts])
        return Mixed(
            numbers, np.concatenate([part.category_codes for part in parts]), first.weights
        )
    if sparse.issparse(first):
        return sparse.vstack([sparse.csr_array(part) for part in parts], format="csr")
    return np.concatenate(parts)


def as_table(X: Table, stay_sparse: bool | None = None) -> Rows:
    """Numbers in float64; a sparse table in order, without stored zeros, or dense if small.

    Compiled code must always meet the same types: C order, and writable (joblib hands large
    arrays to its workers read-only), though nothing is written.
    """
    if sparse.issparse(X) or stay_sparse:
        table = sparse.csr_array(X, dtype=np.float64, copy=True)
        table.sum_duplicates()
        table.eliminate_zeros()
        if stay_sparse is None:
            n_elements = table.shape[0] * table.shape[1]
            stay_sparse = n_elements > _SMALL_TABLE and 4 * table.nnz < n_elements
        if stay_sparse:
            return table
        X = table.toarray()
    if isinstance(X, Mixed):
        numbers = np.require(X.numbers, np.float64, ["C", "W"])
        codes = np.require(X.category_codes, np.int32, ["C", "W"])
        weights = np.require(X.weights, np.float64, ["C", "W"])
        if numbers is X.numbers and codes is X.category_codes and weights is X.weights:
            return X  # with the ends of its columns, if they were found
        return Mixed(numbers, codes, weights)
    numbers = np.require(X, np.float64, ["C", "W"])
    if numbers.ndim != 2:
        raise ValueError(f"X must have two dimensions; got shape {numbers.shape}.")
    return Mixed(numbers, np.empty((len(numbers), 0), dtype=np.int32), np.empty(0))


def measure(total: np.ndarray, block: Rows, table: Rows) -> None:
    """Add the squared distances of all pairs of rows to ``total``; see `kernels.distances`."""
    n_columns = table.numbers.shape[1] if isinstance(table, Mixed) else table.shape[1]
    n_empty = 0
    if not isinstance(table, Mixed):
        # Of millions of columns most hold nothing in these rows; zeros are equal, and present.
        used = np.union1d(block.indices, table.indices)
        n_empty = n_columns - len(used)
        block, table = block[:, used], table[:, used]
    missing = has_missing(block) or has_missing(table)
    present = np.full(total.shape, float(n_empty)) if missing else None
    for part, other in _dense_columns(block, table):
        add_squares(total, part, other, present)
    if present is not None:
        scale_to_all_columns(total, present, n_columns)
    if isinstance(table, Mixed):
        add_mismatches(total, block.category_codes, table.category_codes, table.weights)


def _dense_columns(block: Rows, table: Rows) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    if isinstance(table, Mixed):
        yield block.numbers, table.numbers
        return
    step = max(1, _BLOCK_ELEMENTS // table.shape[0])
    for first in range(0, table.shape[1], step):
        columns = slice(first, first + step)
        yield block[:, columns].toarray(), table[:, columns].toarray()


def has_missing(table: Rows) -> bool:
    if isinstance(table, Mixed):
        return bool(np.isnan(table.ends[0]).any())
    return bool(np.isnan(table.data).any())
