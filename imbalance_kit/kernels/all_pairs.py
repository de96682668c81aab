"""Nearest rows by the distances of all pairs, for tables so small that nothing else pays.

Ruling pairs out takes preparations that last longer than the few distances of a small search. Here
the rows of the table stand in columns, so that one instruction measures several of them: each
distance is still added up from the first column to the last.
"""

import numpy as np

from imbalance_kit.kernels._jit import uncounted
from imbalance_kit.kernels.ranking import insert
from imbalance_kit.kernels.rules import precedes

_HEIGHT = 256  # rows of the table measured in one go: their distances stay in the cache
_WIDTH = 16  # distances compared in one go


def total_scratch() -> np.ndarray:
    """An array that `nearest_of_all` writes to."""
    return np.empty(_HEIGHT)


@uncounted
def nearest_of_all(
    queries,
    query_category_codes,
    columns,
    columns_of_codes,
    weights,
    excluded,
    distances,
    indices,
    total,
):
    """Fill the lists of the queries, by distance, then row number.

    ``columns`` and ``columns_of_codes`` are the table's numbers, none missing, and its codes, with
    a line for each column. Query i does not get the row ``excluded[i]``, which may be -1. ``total``
    is `total_scratch`.
    """
    n_numbers, n_rows = columns.shape
    n_queries, k = distances.shape
    for query in range(n_queries):
        for place in range(k):
            distances[query, place] = np.inf
            indices[query, place] = n_rows
    for start in range(0, n_rows, _HEIGHT):
        stop = min(start + _HEIGHT, n_rows)
        size = np.uint64(stop - start)
        for query in range(n_queries):
            line = queries[query]
            for row in range(size):
                total[row] = 0.0
            # Four columns at a time, as each sum is read and written again.
            for column in range(0, n_numbers - n_numbers % 4, 4):
                a = line[column]
                b = line[column + 1]
                c = line[column + 2]
                d = line[column + 3]
                of_a = columns[column, start:stop]
                of_b = columns[column + 1, start:stop]
                of_c = columns[column + 2, start:stop]
                of_d = columns[column + 3, start:stop]
                for row in range(size):
                    p = a - of_a[row]
                    q = b - of_b[row]
                    r = c - of_c[row]
                    s = d - of_d[row]
                    total[row] = (((total[row] + p * p) + q * q) + r * r) + s * s
            for column in range(n_numbers - n_numbers % 4, n_numbers):
                a = line[column]
                of_a = columns[column, start:stop]
                for row in range(size):
                    p = a - of_a[row]
                    total[row] += p * p
            for column in range(weights.shape[0]):
                code = query_category_codes[query, column]
                codes = columns_of_codes[column, start:stop]
                weight = weights[column]
                for row in range(size):
                    total[row] += weight if codes[row] != code else 0.0
            own = excluded[query] - start
            if 0 <= own < stop - start:
                total[own] = np.nan
            near = distances[query]
            near_rows = indices[query]
            begin = np.uint64(0)
            while begin < size:
                end = min(begin + np.uint64(_WIDTH), size)
                limit = near[k - 1]
                some = np.uint8(0)
                if end - begin == np.uint64(_WIDTH):
                    for lane in range(np.uint64(_WIDTH)):
                        some |= np.uint8(total[begin + lane] <= limit)
                else:
                    some = np.uint8(1)
                if some != 0:
                    for at in range(begin, end):
                        distance = total[at]
                        other = start + np.int64(at)
                        if precedes(distance, other, near[k - 1], near_rows[k - 1]):
                            insert(distance, other, near, near_rows)
                begin = end
