"""Searches in several units, for tables whose distances no single one holds.

Where usual rows are at distances near 1 and some at 1e170, the squares of the latter are infinite;
in units in which they are not, those of the former are zero. So the table is searched in the units
of its usual rows, and again, for the queries that met distances beyond them, in smaller or larger
ones. What all of them found is then put in order by distances with an exponent of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from imbalance_kit._tables.magnitude import HUGE, LOST_DIGITS, times_power
from imbalance_kit._tables.points import Mixed, Rows

Found: TypeAlias = tuple[np.ndarray, np.ndarray]
Search: TypeAlias = Callable[[Rows, Rows, np.ndarray], Found]

_STEP = 560  # powers of two between units: distances of 2**-450 to 2**510 are held in one
_TINY = 2.0**-400
_LEVELS = (1, 2)  # steps in either direction
_BLOCK = 1 << 15  # numbers that are looked at together


def search_in_levels(
    search: Search, table: Rows, queries: Rows, excluded: np.ndarray, is_wide: bool
) -> Found:
    """Nearest rows of a table in the units of its usual rows.

    Parameters
    ----------
    search : callable
        ``search(table, queries, excluded)`` finds them in one unit.

    table, queries : Mixed or csr_array
        As `points.as_table` makes them.

    excluded : ndarray of shape (n_queries,)
        For each query the row of the table that it may not get, or -1.

    is_wide : bool
        Whether distances may overflow or vanish; see `Units`.

    Returns
    -------
    distances, indices : ndarray of shape (n_queries, k)
        Squared distances are zero or infinite where float64 cannot hold them; the order is right.
    """
    distances, indices = search(table, queries, excluded)
    if not is_wide and not ((distances < LOST_DIGITS).any() and _holds_tiny(table, queries)):
        return distances, indices
    candidates = [[row] for row in indices]
    small = np.flatnonzero((distances < LOST_DIGITS).any(axis=1))
    large = np.flatnonzero(np.isinf(distances).any(axis=1))
    again = np.union1d(small, large)
    for direction, waiting in ((1, small), (-1, large)):
        for step in _LEVELS:
            if not len(waiting):
                break
            power = direction * step * _STEP
            moved, asking = _times(table, power), _times(queries[waiting], power)
            found, rows = search(moved, asking, excluded[waiting])
            for query, of_query in zip(waiting, rows, strict=True):
                candidates[query].append(of_query)
            beyond = (found < LOST_DIGITS) if direction > 0 else np.isinf(found)
            waiting = waiting[beyond.any(axis=1)]
    k = indices.shape[1]
    for query in again:
        rows = np.unique(np.concatenate(candidates[query]))
        squares, exponents = _measure(queries[query : query + 1], table[rows])
        fraction, powers = np.frexp(squares)
        # zero is nearest, infinity last: neither has an exponent
        powers = np.where(squares == 0.0, -(1 << 30), powers + exponents)
        powers = np.where(np.isinf(squares), 1 << 30, powers)
        nearest = np.lexsort((rows, fraction, powers))[:k]
        indices[query] = rows[nearest]
        distances[query] = times_power(squares[nearest], exponents[nearest])
    return distances, indices


def _holds_tiny(table: Rows, queries: Rows) -> bool:
    """Whether there are numbers, beside usual ones, whose squares vanish."""
    for rows in (table,) if queries is table else (table, queries):
        numbers = (rows.numbers if isinstance(rows, Mixed) else rows.data).ravel()
        for start in range(0, len(numbers), _BLOCK):  # all at once would not stay in the cache
            sizes = np.abs(numbers[start : start + _BLOCK])
            small = sizes < _TINY
            if small.any() and (sizes[small] > 0.0).any():
                return True
    return False


def _times(table: Rows, power: int) -> Rows:
    """A table in other units; infinite where they are too small for it, which no row is near."""
    if isinstance(table, Mixed):
        # Far numbers only have to stay far: as infinite ones their differences would be missing.
        numbers = np.clip(times_power(table.numbers, power), -HUGE, HUGE)
        weights = np.minimum(times_power(table.weights, 2 * power), np.finfo(np.float64).max)
        return Mixed(numbers, table.category_codes, weights)
    moved = table.copy()
    moved.data = np.clip(times_power(table.data, power), -HUGE, HUGE)
    moved.eliminate_zeros()
    return moved


def _measure(query: Rows, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Squared distances of one row from others, and the power of two that each is a multiple of."""
    if isinstance(rows, Mixed):
        numbers, of_query = rows.numbers, query.numbers
    else:
        used = np.union1d(rows.indices, query.indices)
        numbers, of_query = rows[:, used].toarray(), query[:, used].toarray()
    n_columns = rows.shape[1] if not isinstance(rows, Mixed) else numbers.shape[1]
    n_empty = n_columns - numbers.shape[1]
    halves = numbers / 2.0 - of_query / 2.0  # a difference may be more than float64 holds
    missing = np.isnan(halves)
    halves[missing] = 0.0
    largest = np.abs(halves).max(axis=1, initial=0.0)
    powers = np.frexp(largest)[1]
    scaled = np.ldexp(halves, -powers[:, None])
    squares = np.zeros(len(numbers))
    for column in range(scaled.shape[1]):
        squares += scaled[:, column] * scaled[:, column]
    exponents = np.where(largest > 0.0, 2 * (powers + 1), 0)
    n_present = n_empty + numbers.shape[1] - missing.sum(axis=1)
    if n_columns:
        squares[n_present == 0] = np.inf
        some = (n_present > 0) & (n_present < n_columns)
        squares[some] *= n_columns / n_present[some]
    if isinstance(rows, Mixed):
        for column, weight in enumerate(rows.weights):
            differs = rows.category_codes[:, column] != query.category_codes[0, column]
            if weight > 0.0:
                # in units in which the weight is a number as well
                larger = np.maximum(exponents, int(np.frexp(weight)[1]))
                shift = np.where(differs, exponents - larger, 0)
                squares, exponents = times_power(squares, shift), exponents - shift
                squares[differs] += times_power(np.full(differs.sum(), weight), -exponents[differs])
    return squares, exponents
