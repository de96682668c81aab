"""Few queries against a table: a search that does not look at the whole table before.

What other searches find out first, whether numbers are missing or too large or small to be
squared, takes as long as a few queries do. Here it shows on the way or in the result, and then
None is returned.
"""

from __future__ import annotations

import numpy as np

from imbalance_kit._neighbors.bounds import MOST_FACTORS, ProductBounds, float32_products_hold
from imbalance_kit._neighbors.choice import MANY_PAIRS, worth_compiling
from imbalance_kit._neighbors.plain import by_numpy, measured
from imbalance_kit._neighbors.strategies import Found
from imbalance_kit._tables.magnitude import LOST_DIGITS
from imbalance_kit._tables.points import Mixed, Rows

_SHARE = 0.1  # of the rows: at most so many are few
_SINGLE = 2  # queries up to which all differences are taken, without a product
_BLOCK_ELEMENTS = 1 << 15
_ROUNDING = 2.0**-52
_SAMPLE = 16  # rows that show how far apart usual ones are
_SAFE = 2.0**390  # a little less than `magnitude.Units` allows


def by_few(
    table: Rows, queries: Rows, excluded: np.ndarray, k: int, n_threads: int
) -> Found | None:
    """Search for queries; None where another search has to do it."""
    n_queries, n_table = queries.shape[0], table.shape[0]
    if (
        not isinstance(table, Mixed)
        or n_queries > _SHARE * n_table
        or n_queries * n_table >= MANY_PAIRS
        or not 0 < table.shape[1] <= MOST_FACTORS
        or not max(4 * k, _SAMPLE) < n_table
    ):
        return None
    # Where usual rows are measured in other units, all are, so that the last digits agree.
    some = table.numbers[:: n_table // _SAMPLE]
    with np.errstate(over="ignore"):
        width = np.abs(some - some[0]).max(initial=0.0)
    if some.size and not 1.0 / _SAFE < width < _SAFE:
        return None
    if n_queries <= _SINGLE:
        found = _by_differences(table, queries, excluded, k)
    else:
        found = _by_products(table, queries, excluded, k, n_threads)
    return found if found is not None and _certain(table, queries, *found) else None


def _by_differences(table: Mixed, queries: Mixed, excluded: np.ndarray, k: int) -> Found | None:
    """Add up squared differences in any order, and measure the rows that may be the nearest."""
    n_table = len(table)
    distances = np.empty((len(queries), k))
    indices = np.empty((len(queries), k), dtype=np.int64)
    near = np.empty(n_table)
    compiled = worth_compiling(table, queries, complete=True)
    for query in range(len(queries)):
        _add_differences(table.numbers, queries.numbers[query], near, compiled)
        for column, weight in enumerate(table.weights):
            differs = table.category_codes[:, column] != queries.category_codes[query, column]
            near[differs] += weight
        if np.isnan(near.max()):
            return None  # a number is missing
        if excluded[query] >= 0:
            near[excluded[query]] = np.inf
        limit = np.partition(near, k - 1)[k - 1] * (1.0 + (table.shape[1] + 4) * 2.0 * _ROUNDING)
        if limit == np.inf:
            return None  # squares overflow
        candidates = np.flatnonzero(near <= limit)
        value = measured(queries, table, np.full(len(candidates), query), candidates)
        order = np.argsort(value, kind="stable")[:k]
        distances[query], indices[query] = value[order], candidates[order]
    return distances, indices


def _add_differences(
    numbers: np.ndarray, query: np.ndarray, near: np.ndarray, compiled: bool
) -> None:
    """Fill squared distances of all rows to a query, NaN where a number is missing."""
    if compiled:
        from imbalance_kit.kernels.products import add_differences

        add_differences(numbers, query, near)
        return
    step = max(1, _BLOCK_ELEMENTS // max(1, numbers.shape[1]))
    with np.errstate(over="ignore", under="ignore"):
        for start in range(0, len(near), step):
            apart = numbers[start : start + step] - query
            near[start : start + step] = np.einsum("ij,ij->i", apart, apart)


def _by_products(
    table: Mixed, queries: Mixed, excluded: np.ndarray, k: int, n_threads: int
) -> Found | None:
    if not float32_products_hold():
        return None
    bounds = ProductBounds(table, queries, n_threads)
    if bounds.any_cut:
        return None  # a number is missing, or very far from all others
    if not worth_compiling(table, queries, complete=True):
        return by_numpy(table, queries, excluded, k, n_threads, bounds=bounds)
    from imbalance_kit._neighbors.products import by_rows

    return by_rows(table, queries, excluded, k, n_threads, bounds)


def _certain(table: Mixed, queries: Mixed, distances: np.ndarray, indices: np.ndarray) -> bool:
    """Whether no square overflowed or lost digits; a distance of zero is one of equal rows."""
    if not (distances < np.inf).all():
        return False
    query, place = np.nonzero(distances < LOST_DIGITS)
    row = indices[query, place]
    return bool(
        (table.numbers[row] == queries.numbers[query]).all()
        and (table.category_codes[row] == queries.category_codes[query]).all()
    )
