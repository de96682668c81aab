"""Units in which squares of numbers neither overflow nor vanish, nor lose what tells rows apart.

Distances are sums of squares. Beyond 1e154 a square is infinite, below 1e-162 it is zero, and all
rows would be equally far from each other. A product such as ``x @ y`` also loses what differs
between two rows where all numbers are far from zero. Both are a matter of units: a power of two is
divided out, which changes no digit, and an offset is subtracted where nothing else helps.

Ordinary tables are returned as they are, the same object, so that results keep their bits.
"""

from __future__ import annotations

import warnings
from itertools import compress
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.utils.sparsefuncs import mean_variance_axis

from imbalance_kit._tables.points import Mixed
from imbalance_kit.kernels.coordinates import frame

# Powers of two between which numbers are squared and added up safely, for thousands of columns.
_SAFE = {np.dtype(np.float32): 40, np.dtype(np.float64): 400}
LOST_DIGITS = 2.0**-900  # squared distances below have lost digits
HUGE = 2.0**1020  # numbers that would be larger in other units are cut to it
# Ratio of offset to spread from which on products lose half of the digits of a difference.
_FAR = {np.dtype(np.float32): 2.0**7, np.dtype(np.float64): 2.0**16}


def column_ends(numbers: Any) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest number of each column, missing ones left out; 0 where there is none."""
    if isinstance(numbers, Mixed):
        low, high = numbers.ends
        if len(numbers) and not np.isnan(low).any():
            return low, high
        numbers = numbers.numbers
    n_rows, n_columns = numbers.shape
    low, high = np.zeros((2, n_columns))
    if sparse.issparse(numbers):
        columns = numbers.tocsc()
        columns.sum_duplicates()
        lengths = np.diff(columns.indptr)
        filled = np.flatnonzero(lengths)
        if len(filled):
            starts = columns.indptr[filled]
            low[filled] = np.fmin.reduceat(columns.data, starts)
            high[filled] = np.fmax.reduceat(columns.data, starts)
            # a column that is not stored whole also holds zeros
            part = lengths < n_rows
            low[part], high[part] = np.fmin(low[part], 0.0), np.fmax(high[part], 0.0)
    elif n_rows:
        low[:], high[:] = np.fmin.reduce(numbers, axis=0), np.fmax.reduce(numbers, axis=0)
    return np.nan_to_num(low, nan=0.0), np.nan_to_num(high, nan=0.0)


def column_means(numbers: Any) -> np.ndarray:
    """Mean of each column of complete numbers, in float64; finite where the numbers are."""
    with np.errstate(over="ignore"):
        means = np.asarray(numbers.mean(axis=0, dtype=np.float64)).ravel()
    if not np.isfinite(means).all():
        means = np.asarray((numbers / float(numbers.shape[0])).sum(axis=0)).ravel()
    return means


def column_deviations(numbers: Any) -> np.ndarray:
    """Standard deviation of each column over what is present, in float64; NaN where nothing is.

    Each column is taken in units of its own, as a deviation is no sum over columns.
    """
    numbers = numbers.astype(np.float64)
    low, high = column_ends(numbers)
    half = high / 2.0 - low / 2.0
    outside = (half > 0.0) & ~((half > 2.0**-400) & (half < 2.0**400))
    exponent = np.where(outside, -np.frexp(half)[1], 0)
    if outside.any():
        offset = np.where(outside & ((low > 0.0) | (high < 0.0)), low / 2.0 + high / 2.0, 0.0)
        numbers = _moved(numbers, offset, exponent)
    if sparse.issparse(numbers):
        found = np.sqrt(mean_variance_axis(numbers, axis=0)[1])
    else:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Degrees of freedom", RuntimeWarning)  # empty columns
            found = np.nanstd(numbers, axis=0)
    return np.ldexp(found, -exponent)


def row_lengths(rows: np.ndarray) -> np.ndarray:
    """Euclidean length of each row, also where the squares of its numbers overflow or vanish."""
    with np.errstate(over="ignore", under="ignore"):
        squares = np.einsum("ij,ij->i", rows, rows)
    lengths = np.sqrt(squares)
    extreme = ~((squares > 2.0**-800) & (squares < np.inf))
    if extreme.any():
        some = rows[extreme]
        largest = np.abs(some).max(axis=1, initial=0.0)
        exponent = np.frexp(largest)[1][:, None]
        scaled = np.ldexp(some, -exponent)
        again = np.sqrt(np.einsum("ij,ij->i", scaled, scaled))
        lengths[extreme] = np.ldexp(again, exponent[:, 0])
    return lengths


def _usual_size(numbers: Any) -> float:
    """How far a usual row is from the centre, by some rows; 0 where all are equal."""
    if not sparse.issparse(numbers):
        return frame(numbers.astype(np.float64))[1]
    largest = abs(numbers[:: max(1, numbers.shape[0] // 255)]).max(axis=1).toarray().ravel()
    largest = largest[largest > 0.0]
    return float(np.median(largest)) if len(largest) else 0.0


class Units:
    """An offset to subtract and a power of two to multiply with, found from some tables.

    The power is that of the usual rows. Where products will be made, it is that of the largest
    row, as a single infinite product would spoil all others.

    Parameters
    ----------
    *tables : ndarray, CSR matrix or array, or Mixed
        Tables with the same columns, which are measured against each other.

    centre : bool, default=False
        Whether products will be made of the numbers: then an offset goes that is far from zero
        for the spread of the numbers.

    Attributes
    ----------
    ordinary : bool
        Whether nothing has to be done.

    wide : bool
        Whether some distances may still overflow or vanish, as a few rows are far from all others
        or a column is much narrower than another.

    exponent : int
        Numbers are multiplied by two to this power.

    offset : ndarray of shape (n_numbers,) or None
        What is subtracted before.
    """

    def __init__(self, *tables: Any, centre: bool = False) -> None:
        numbers = [table.numbers if isinstance(table, Mixed) else table for table in tables]
        self.exponent, self.wide = 0, False
        self.offset: np.ndarray | None = None
        filled = [bool(part.shape[0] and part.shape[1]) for part in numbers]
        if any(filled):
            ends = [column_ends(table) for table in compress(tables, filled)]
            self._find(list(compress(numbers, filled)), ends, centre)
        self.ordinary = self.exponent == 0 and self.offset is None

    def _find(self, numbers: list, ends: list, centre: bool) -> None:
        safe = min(_SAFE.get(part.dtype, 400) for part in numbers)
        far = min(_FAR.get(part.dtype, 2.0**16) for part in numbers)
        low = np.min([low for low, _ in ends], axis=0)
        high = np.max([high for _, high in ends], axis=0)
        # halves, as a whole range may be more than float64 holds
        halves = high / 2.0 - low / 2.0
        half = size = float(halves.max())
        tiny = bool(((halves > 0.0) & (halves < 2.0**-safe)).any())
        if (tiny or half >= 2.0**safe) and half > 0.0:
            if not centre:
                size = max(map(_usual_size, numbers)) or half
            if not 2.0**-safe < size < 2.0**safe:
                self.exponent = -int(np.frexp(size)[1])
            self.wide = tiny or np.frexp(half)[1] + self.exponent > safe
        # A difference is exact, an offset is not always: it only goes where it does harm. Where a
        # sparse column is not stored whole, its ends are on both sides of zero.
        middle = low / 2.0 + high / 2.0
        one_side = np.abs(middle) > high / 2.0 - low / 2.0
        if centre and np.abs(middle).max() > far * half:
            away = one_side
        elif self.exponent > 0:
            away = one_side & (np.frexp(middle)[1] + self.exponent > safe)
        else:
            away = np.zeros(len(middle), dtype=bool)
        if away.any():
            self.offset = np.where(away, middle, 0.0)

    def apply(self, points: Any) -> Any:
        """Points in these units, in float64; the same object where nothing has to be done."""
        if self.ordinary:
            return points
        if isinstance(points, Mixed):
            weights = times_power(points.weights, 2 * self.exponent)
            weights = np.minimum(weights, np.finfo(np.float64).max)
            return Mixed(self.apply(points.numbers), points.category_codes, weights)
        offset = np.zeros(points.shape[1]) if self.offset is None else self.offset
        return _moved(points.astype(np.float64), offset, self.exponent)

    def restore(self, numbers: Any) -> Any:
        """Numbers in these units, such as means, in the units of the table again."""
        if self.ordinary:
            return numbers
        offset = np.zeros(numbers.shape[1]) if self.offset is None else self.offset
        return _moved(_moved(numbers, 0.0 * offset, -self.exponent), -offset, 0)

    def restore_squares(self, squares: np.ndarray) -> np.ndarray:
        """Squared distances in the units of the table; infinite beyond what float64 holds."""
        return squares if self.exponent == 0 else times_power(squares, -2 * self.exponent)


def _moved(numbers: Any, offset: np.ndarray, exponent: Any) -> Any:
    """Subtract an offset from each column and multiply with powers of two, on a copy.

    A sparse table gets an offset where values are stored: there is none in a column with zeros.
    """
    if not sparse.issparse(numbers):
        moved = times_power(numbers - offset, exponent)
        # an extreme number may be too far for these units, and must not become infinite
        return np.clip(moved, -HUGE, HUGE, out=moved) if np.any(exponent) else moved
    moved = numbers.copy()
    if np.ndim(exponent):
        exponent = exponent[moved.indices]
    moved.data = times_power(moved.data - offset[moved.indices], exponent)
    if np.any(exponent):
        np.clip(moved.data, -HUGE, HUGE, out=moved.data)
    return moved


def times_power(values: np.ndarray, exponent: Any) -> np.ndarray:
    with np.errstate(over="ignore", under="ignore"):
        return np.ldexp(values, exponent)


def in_safe_units(points: Any) -> Any:
    """Points whose squares neither overflow nor vanish; ordinary ones as they are.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        Points to be measured; not those that synthetic rows are made of.

    Returns
    -------
    points : of the same kind
        All distances are those of the input times one power of two.
    """
    return Units(points).apply(points)


def centred(points: Any) -> Any:
    """Points in safe units, without an offset in which products would lose the distances.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        Points of whose numbers products will be made.

    Returns
    -------
    points : of the same kind
        The same object where it is ordinary.
    """
    return Units(points, centre=True).apply(points)
