"""Lower bounds of distances by products of matrices, which rule out nearly all pairs of rows.

Half the squared distance of query i and row j, times ``scale**2``, is at least
``base[i] + shift[j] - product[i, j]``, however the product was added up. Rows are centred, scaled
by a power of two and rounded to float32. The bound is one of each pair, in proportion to the
lengths of its two rows: with one bound for the table a single extreme row would spoil all others.

Why it holds. Let ``u = 2**-24``, ``x`` and ``y`` two centred rows with f coordinates, and ``h`` and
``g`` half their squared lengths. Adding up f products in float32, in any order and with or without
fused additions, errs by at most ``1.01 * f * u * |x| |y|``, and ``|x| |y| <= h + g``. Rounding the
coordinates changes half the squared distance by at most ``4 * u * (h + g)``, a few more such units
pay for rounding ``shift`` and the comparison itself. So ``relative * (h + g)`` with ``relative =
1.02 * (f + 16) * u`` covers all of it, for up to `MOST_FACTORS` coordinates, and ``absolute``
what vanishes in float32. Rows beyond what float32 can square are cut, coordinate by coordinate,
which brings no two rows further apart.

Nominal columns become indicators whose squared distance is at most the weight of a mismatch.
Missing values are zeros, and what the other row has in their place is taken off its length by
further columns; the nan-aware rule then scales by how many columns both rows have.
"""

from __future__ import annotations

import copy
import functools
import sys
from importlib import import_module
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse

from imbalance_kit._tables.points import Mixed, has_missing
from imbalance_kit._threads import in_threads
from imbalance_kit.kernels.coordinates import frame, indicators

_UNIT = 2.0**-24  # half a unit in the last place of float32, relative
MOST_FACTORS = 1 << 17  # coordinates from which on the bound would not hold
_TINY = 1e-30  # squares of scaled values below may vanish
_LARGEST = 1e15  # as in `kernels.products`
_FURTHEST_POWER = 332  # of the scale: with it no squared distance of rows that were not cut
_SAMPLE = 64  # overflows. Rows from which the centre is estimated
_BLOCK_ELEMENTS = 1 << 17
_WORTH_THREADS = 1 << 21  # elements; threads are started for more


class ProductBounds:
    """Bounds for complete numbers and indicators of nominal columns.

    Attributes
    ----------
    left, right : ndarray of shape (n_queries, f) and (n_table, f), float32
        The same object if a table is searched for its own rows; so are the next two.

    left_halves, right_halves : ndarray of shape (n_queries,) and (n_table,), float64
        Half the squared lengths.

    right_cut : ndarray of shape (n_table,), bool
        Rows that were cut: for them there is no upper bound. Rows with a missing value count as
        such.

    any_cut : bool
        Whether any row or query was.

    relative, absolute : float
        The bound of the error: ``relative * (half + other_half) + absolute``.

    hidden : float
        How much more than the bound half a squared distance may be, because levels share columns.

    base, shift : ndarray of shape (n_queries,), float64, and (n_table,), float32

    slacks : pair of ndarray of shape (n_queries,) and (n_table,)
        Twice their sum above the lower bound lies an upper one; infinite where there is none.

    factor : float
        Half the square of the scale, rounded up: turns a squared distance into these units.
    """

    def __init__(self, table: Mixed, queries: Mixed, n_threads: int) -> None:
        same = queries is table
        centre, power = _frame(table)
        scale = np.ldexp(1.0, power)
        sides = [table] if same else [table, queries]
        with np.errstate(over="ignore"):
            weights = np.minimum(table.weights * scale * scale, 1e300)
        blocks, hidden = indicators([side.category_codes for side in sides], weights)
        made = [
            _singles(side.numbers, centre, scale, block, n_threads)
            for side, block in zip(sides, blocks, strict=True)
        ]
        self.right, self.right_halves, self.right_cut = made[0]
        self.left, self.left_halves, _ = made[-1]
        self.relative = 1.02 * (self.right.shape[1] + 16) * _UNIT
        self.absolute = _TINY * (self.right.shape[1] + 1)
        self.hidden = hidden / 2.0
        self.factor = 0.5 * scale * scale * (1.0 + 1e-9)
        self.base = (1.0 - self.relative) * self.left_halves - self.absolute
        self.shift = ((1.0 - self.relative) * self.right_halves).astype(np.float32)
        mine, theirs = (
            self.relative * halves + self.absolute
            for halves in (self.left_halves, self.right_halves)
        )
        theirs += self.hidden
        theirs[self.right_cut] = np.inf
        mine[made[-1][2]] = np.inf
        self.slacks = mine, theirs
        self.any_cut = bool(self.right_cut.any() or made[-1][2].any())

    def of_rows(self, rows: np.ndarray) -> ProductBounds:
        """The same with rows of the table as queries."""
        some = copy.copy(self)
        some.left, some.left_halves = self.right[rows], self.right_halves[rows]
        some.base, some.slacks = self.base[rows], (self.slacks[0][rows], self.slacks[1])
        return some

    def product(
        self, first: int, last: int, start: int, stop: int, buffer: np.ndarray
    ) -> np.ndarray:
        """Products of the queries ``first`` to ``last`` with rows ``start`` to ``stop``."""
        out = buffer[: (last - first) * (stop - start)].reshape(last - first, stop - start)
        return np.dot(self.left[first:last], self.right[start:stop].T, out=out)


class IncompleteBounds:
    """Bounds where numbers are missing; what `product` returns includes the lengths."""

    def __init__(self, table: Mixed, queries: Mixed) -> None:
        same = queries is table
        centre, power = _frame(table)
        scale = np.ldexp(1.0, power)
        sides = [table] if same else [table, queries]
        absent = [np.isnan(side.numbers) for side in sides]
        some = np.logical_or.reduce([side.any(axis=0) for side in absent])
        with np.errstate(over="ignore"):
            weights = np.minimum(table.weights * scale * scale, 1e300)
        blocks, _ = indicators([side.category_codes for side in sides], weights)
        made = []
        for side, gone, block in zip(sides, absent, blocks, strict=True):
            numbers = np.where(gone, np.broadcast_to(centre, gone.shape), side.numbers)
            values, halves, _ = _singles(numbers, centre, scale, np.empty((len(gone), 0)), 1)
            squares = 0.5 * np.square(values[:, some])
            gaps = gone[:, some].astype(np.float32)
            levels = np.clip(block, -_LARGEST, _LARGEST).astype(np.float32)
            of_levels = 0.5 * np.einsum("ij,ij->i", levels, levels, dtype=np.float64)
            made.append((values, squares, gaps, halves, levels, of_levels))
        values, squares, gaps, halves, self._levels, self._of_levels = made[0]
        self._right, self._right_gaps = np.hstack([values, gaps, squares]), gaps
        self.right_halves = halves
        values, squares, gaps, halves, self._query_levels, self._of_query_levels = made[-1]
        self._left, self._left_gaps = np.hstack([values, squares, gaps]), gaps
        self.left_halves = halves
        self._n_columns = table.numbers.shape[1]
        # Twice, as all terms together may be as large as both lengths twice.
        n_factors = self._right.shape[1] + self._levels.shape[1]
        self.relative = 2.0 * 1.02 * (n_factors + 24) * _UNIT
        self.factor = 0.5 * scale * scale * (1.0 + 1e-9)
        self.base = np.full(len(self._left), -_TINY * (n_factors + 1.0))
        self.shift = np.zeros(len(self._right), dtype=np.float32)
        self.slacks = np.zeros(len(self._left)), np.full(len(self._right), np.inf)

    def product(
        self, first: int, last: int, start: int, stop: int, buffer: np.ndarray
    ) -> np.ndarray:
        out = buffer[: (last - first) * (stop - start)].reshape(last - first, stop - start)
        shrink = 1.0 - self.relative
        np.dot(self._left[first:last], self._right[start:stop].T, out=out)
        _less_lengths(
            out, shrink * self.left_halves[first:last], shrink * self.right_halves[start:stop]
        )
        mine, theirs = self._left_gaps[first:last], self._right_gaps[start:stop]
        present = np.dot(mine, theirs.T)  # small whole numbers: exact
        present += np.float32(self._n_columns) - mine.sum(axis=1)[:, None]
        present -= theirs.sum(axis=1)
        apart = present == 0.0
        present[apart] = 1.0
        out *= np.divide(np.float32(self._n_columns * (1.0 - 2.0**-20)), present, out=present)
        if self._levels.shape[1]:
            levels = np.dot(self._query_levels[first:last], self._levels[start:stop].T)
            of_queries = shrink * self._of_query_levels[first:last]
            out += _less_lengths(levels, of_queries, shrink * self._of_levels[start:stop])
        out[apart] = -np.inf
        return out


Bounds: TypeAlias = ProductBounds | IncompleteBounds


class SparseBounds:
    """Bounds for sparse tables, by products in float64 that touch stored values only."""

    def __init__(self, table: sparse.csr_array, queries: sparse.csr_array) -> None:
        sides = [_sparse_side(side) for side in (table, queries)]
        self._values, self._squares, self._gaps, self.right_halves, self._n_gaps = sides[0]
        self._of_queries = sides[1]
        self.left_halves = sides[1][3]
        self._missing = bool(self._gaps.nnz or self._of_queries[2].nnz)
        self._n_columns = table.shape[1]
        longest = int(np.diff(table.indptr).max(initial=0) + np.diff(queries.indptr).max(initial=0))
        self.relative = (longest + 16) * 2.0**-50
        self.factor = 0.5 * (1.0 + 1e-9)
        self.base = np.full(queries.shape[0], -1e-300)
        self.shift = np.zeros(table.shape[0])

    def product(
        self, first: int, last: int, start: int, stop: int, buffer: np.ndarray
    ) -> np.ndarray:
        values, squares, gaps, halves, n_gaps = (part[first:last] for part in self._of_queries)
        rows = slice(start, stop)
        out = values @ self._values[rows].T
        if self._missing:
            out = out + squares @ self._gaps[rows].T + gaps @ self._squares[rows].T
        near = out.toarray()
        shrink = 1.0 - self.relative
        _less_lengths(near, shrink * halves, shrink * self.right_halves[rows])
        if self._missing:
            present = (gaps @ self._gaps[rows].T).toarray()
            present += self._n_columns - n_gaps[:, None] - self._n_gaps[rows]
            apart = present == 0.0
            present[apart] = 1.0
            near *= self._n_columns * (1.0 - 1e-9) / present
            near[apart] = -np.inf
        # Nothing is known of rows whose squares overflow: zero is a bound.
        near[np.isinf(halves)] = 0.0
        near[:, np.isinf(self.right_halves[rows])] = 0.0
        return near


def _less_lengths(product: np.ndarray, halves: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Turn products into minus half the squared distances, in place; at most 0."""
    product -= halves.astype(product.dtype)[:, None]
    product -= others.astype(product.dtype)
    return np.minimum(product, 0.0, out=product)


def _sparse_side(rows: sparse.csr_array) -> tuple:
    """Values, halved squares, places of missing ones; half the squared lengths; how many miss."""
    missing = np.isnan(rows.data)
    known = np.where(missing, 0.0, rows.data)
    with np.errstate(over="ignore", under="ignore"):
        halved = 0.5 * known * known
    values, squares, gaps = (
        sparse.csr_array((data, rows.indices, rows.indptr), shape=rows.shape)
        for data in (known, halved, missing * 1.0)
    )
    gaps = gaps.copy()  # the next line changes the places in place, which all of them share
    gaps.eliminate_zeros()
    halves = np.asarray(squares.sum(axis=1)).ravel()
    return values, squares, gaps, halves, np.diff(gaps.indptr).astype(np.float64)


@functools.cache
def float32_products_hold() -> bool:
    """Whether products of float32 matrices are added up in float32.

    Some builds of BLAS and settings of the environment round the numbers to 8 or 11 binary digits
    before. Numbers of 12 digits times ones show it.
    """
    long = 4095.0 - 2.0 * np.arange(128 * 32).reshape(128, 32) % 1999.0
    ones = np.ones_like(long)
    left, right = np.hstack([long, ones]), np.hstack([ones, long])
    product = left.astype(np.float32) @ right.astype(np.float32).T
    sums = long.sum(axis=1)  # less than 2**24, so nothing is rounded
    return bool((product == sums[:, None] + sums).all())


def bounds_of(table: Mixed, queries: Mixed, n_threads: int) -> Bounds | None:
    """Bounds for a search; None where there are too many columns for them, or they do not hold."""
    if table.shape[1] > MOST_FACTORS or not float32_products_hold():
        return None
    if has_missing(table) or (queries is not table and has_missing(queries)):
        return IncompleteBounds(table, queries)
    return ProductBounds(table, queries, n_threads)


def _frame(table: Mixed) -> tuple[np.ndarray, int]:
    """A centre, and the power of two that brings usual rows near 1."""
    numbers = table.numbers
    centre, size = frame(numbers[:: max(1, len(numbers) // _SAMPLE)])
    if size == 0.0:
        centre, size = frame(numbers)
    if len(table.weights):
        size = max(size, float(np.sqrt(table.weights.max() / 2.0)))
    power = -int(np.frexp(size)[1]) if 0.0 < size < np.inf else 0
    return centre, min(max(power, -_FURTHEST_POWER), _FURTHEST_POWER)


def _singles(
    numbers: np.ndarray, centre: np.ndarray, scale: float, block: np.ndarray, n_threads: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centred and scaled numbers with indicators behind them, half squared lengths, who was cut."""
    n_rows, n_columns = numbers.shape
    singles = np.empty((n_rows, n_columns + block.shape[1]), dtype=np.float32)
    cut = np.zeros(n_rows, dtype=bool)
    if block.shape[1]:
        cut |= (block > _LARGEST).any(axis=1)
        singles[:, n_columns:] = np.clip(block, -_LARGEST, _LARGEST)
    halves = np.empty(n_rows)
    compiled: Any = None
    if "imbalance_kit.kernels.products" in sys.modules:  # not worth loading it
        compiled = import_module("imbalance_kit.kernels.products")
    step = max(1, _BLOCK_ELEMENTS // max(1, singles.shape[1]))

    def fill(first: int, last: int) -> None:
        for start in range(first * step, min(last * step, n_rows), step):
            stop = min(start + step, n_rows)
            if compiled is not None:
                compiled.centre_rows(numbers, centre, scale, start, stop, singles, halves, cut)
                continue
            with np.errstate(over="ignore", under="ignore"):
                values = (numbers[start:stop] - centre) * scale
            beyond = ~(np.abs(values) <= _LARGEST)  # NaN as well
            if beyond.any():
                cut[start:stop] |= beyond.any(axis=1)
                np.clip(values, -_LARGEST, _LARGEST, out=values)
            rounded = singles[start:stop]
            rounded[:, :n_columns] = values
            halves[start:stop] = 0.5 * np.einsum("ij,ij->i", rounded, rounded, dtype=np.float64)

    in_threads(fill, -(-n_rows // step), n_threads if singles.size > _WORTH_THREADS else 1)
    return singles, halves, cut
