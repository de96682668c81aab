"""The search without compiled code: products of matrices, and numpy to choose and to measure.

For a small search, and for the first ones of a process, in which loading numba would take longer.
"""

from __future__ import annotations

import threading

import numpy as np

from imbalance_kit._neighbors.bounds import Bounds, SparseBounds, bounds_of
from imbalance_kit._neighbors.limits import reached_by
from imbalance_kit._neighbors.strategies import Found
from imbalance_kit._tables.points import Mixed, Rows, measure
from imbalance_kit._threads import WORTH_THREADS, in_threads, one_thread_of_blas
from imbalance_kit.kernels.distances import pair_distances, sparse_pair_distances
from imbalance_kit.kernels.order import smallest

_SMALL_BLOCK = 1 << 19  # pairs of rows looked at in one go, where the table is small,
_LARGE_BLOCK = 1 << 22  # and where it is large: each product copies the whole table once
_SMALL_TABLE = 1 << 12
_TOGETHER = 192  # queries of a block, at most: more are no faster, and take memory
_SORTED_BLOCK = 1 << 16  # where all of them are measured
_MEASURED = 1 << 16  # elements of rows that are measured in one go
_MANY = 1 << 24  # elements to measure from which on compiled code would be faster
_USUAL = 16  # unless they are at most so many for each neighbour that is wanted


def by_sorting(table: Rows, queries: Rows, excluded: np.ndarray, k: int, n_threads: int) -> Found:
    """Measure all pairs: where k is a large share of the table, nothing can be ruled out."""
    n_queries, n_table = queries.shape[0], table.shape[0]
    distances = np.empty((n_queries, k))
    indices = np.empty((n_queries, k), dtype=np.int64)
    step = max(1, _SORTED_BLOCK // n_table)

    def search(first: int, last: int) -> None:
        for start in range(first * step, min(last * step, n_queries), step):
            block = queries[start : start + step]
            total = np.zeros((block.shape[0], n_table))
            with np.errstate(over="ignore", under="ignore"):
                measure(total, block, table)
            found = smallest(total, k, excluded[start : start + step])
            distances[start : start + step], indices[start : start + step] = found

    if n_queries * n_table * table.shape[1] < WORTH_THREADS:
        n_threads = 1
    in_threads(search, -(-n_queries // step), n_threads)
    return distances, indices


def by_numpy(
    table: Rows,
    queries: Rows,
    excluded: np.ndarray,
    k: int,
    n_threads: int,
    patient: bool = False,
    bounds: Bounds | SparseBounds | None = None,
) -> Found | None:
    """Rule out pairs by their products; None where so many are left that compiled code is better.

    For each query as many columns as k and a few more are measured first, the best by their
    bounds. The k-th smallest of these distances is a limit, and nearly always it rules out all
    others. Where it does not, the columns within it are measured.
    """
    n_queries, n_table = queries.shape[0], table.shape[0]
    if bounds is None and isinstance(table, Mixed):
        bounds = bounds_of(table, queries, n_threads)
    elif bounds is None:
        bounds = SparseBounds(table, queries)
    if bounds is None or 4 * k >= n_table:
        return by_sorting(table, queries, excluded, k, n_threads)
    distances = np.empty((n_queries, k))
    indices = np.empty((n_queries, k), dtype=np.int64)
    cells = _SMALL_BLOCK if n_table <= _SMALL_TABLE else _LARGE_BLOCK
    step = min(max(1, cells // n_table), _TOGETHER, -(-n_queries // n_threads) or 1)
    guess = 2.0 * bounds.relative * (bounds.left_halves + np.median(bounds.right_halves))
    most = max(_MANY // max(1, table.shape[1]), _USUAL * k * n_queries)
    n_measured, given_up = [0], threading.Event()

    def nearest(near: np.ndarray, limit: np.ndarray, rows: np.ndarray) -> Found | None:
        """Measure what reaches the limits; by (distance, column) for each of the rows."""
        line, column = np.divmod(np.flatnonzero(near >= limit[:, None]), n_table)
        query = rows[line]
        allowed = column != excluded[query]
        line, column, query = line[allowed], column[allowed], query[allowed]
        n_measured[0] += len(line)
        if n_measured[0] > most and not patient:
            given_up.set()  # the count may miss some of another thread, this is final
            return None
        value = measured(queries, table, query, column)
        order = np.lexsort((value, line))  # stable: ties stay in the order of the columns
        chosen = order[np.searchsorted(line, np.arange(len(rows)))[:, None] + np.arange(k)]
        return value[chosen], column[chosen]

    def search(first: int, last: int) -> None:
        buffer = np.empty(step * n_table, dtype=np.float32)
        for start in range(first * step, min(last * step, n_queries), step):
            stop = min(start + step, n_queries)
            rows = np.arange(start, stop)
            near = bounds.product(start, stop, 0, n_table, buffer)
            near -= bounds.shift
            own = np.flatnonzero(excluded[rows] >= 0)
            near[own, excluded[rows][own]] = -np.inf
            limit = _round_down(reached_by(near, k) - guess[rows], near.dtype)
            found = nearest(near, limit, rows)
            if found is None or given_up.is_set():
                return
            needed = bounds.base[rows] - found[0][:, -1] * bounds.factor
            again = np.flatnonzero(needed < limit)
            if len(again):
                lower = _round_down(needed[again], near.dtype)
                more = nearest(near[again], lower, rows[again])
                if more is None:
                    return
                found[0][again], found[1][again] = more
            distances[rows], indices[rows] = found

    work = n_queries * n_table * (table.shape[1] if isinstance(table, Mixed) else 64)
    if work < WORTH_THREADS:
        n_threads = 1
    with np.errstate(over="ignore", under="ignore"), one_thread_of_blas(work):
        in_threads(search, -(-n_queries // step), n_threads)
    return None if given_up.is_set() else (distances, indices)


def _round_down(limits: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The limits as numbers of the kind of the products, none of them larger."""
    if dtype == np.float64:
        return limits
    single = limits.astype(np.float32)
    return np.where(single > limits, np.nextafter(single, np.float32(-np.inf)), single)


def measured(queries: Rows, table: Rows, query: np.ndarray, column: np.ndarray) -> np.ndarray:
    """Squared distances of pairs of rows, some at a time."""
    value = np.empty(len(query))
    n_columns = table.shape[1] if isinstance(table, Mixed) else 1 + table.nnz // table.shape[0]
    step = max(1, _MEASURED // max(1, n_columns))
    for first in range(0, len(query), step):
        pairs = slice(first, first + step)
        one, other = queries[query[pairs]], table[column[pairs]]
        if isinstance(table, Mixed):
            value[pairs] = pair_distances(
                one.numbers, one.category_codes, other.numbers, other.category_codes, table.weights
            )
        else:
            apart = one - other
            value[pairs] = sparse_pair_distances(apart.indptr, apart.data, table.shape[1])
    return value
