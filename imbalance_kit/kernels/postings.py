"""Nearest rows of a sparse table, by the lists of rows that hold a column.

The products of one query with all rows touch only the columns it holds. They give the
squared distances up to a known rounding error; what that error cannot rule out is measured
again by walking both rows' columns in order, which gives the bits of the dense sum, because a
column that is zero on both sides adds nothing.
"""

import numpy as np

from imbalance_kit.kernels._jit import kernel, part, uncounted
from imbalance_kit.kernels.duplicates import alike, mix
from imbalance_kit.kernels.ranking import rank
from imbalance_kit.kernels.rules import sparse_squared_distance


def hash_sparse_rows(starts: np.ndarray, columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    """One 64-bit hash per row; explicit zeros must have been removed."""
    words = values.view(np.uint64).copy()
    mix(words, columns)
    # uint64 wraps around, so differences of running sums are sums of rows, empty ones included.
    running = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(words)])
    return running[starts[1:]] - running[starts[:-1]]


def mark_sparse_starts(
    order: np.ndarray,
    hashes: np.ndarray,
    starts: np.ndarray,
    columns: np.ndarray,
    values: np.ndarray,
) -> np.ndarray:
    """Mark the places in ``order`` whose row differs from the last; see `duplicates`."""
    marked = np.ones(len(order), dtype=bool)
    n_values = np.diff(starts)
    for places in alike(hashes, len(columns) / len(n_values)):
        place = places[n_values[order[places]] == n_values[order[places - 1]]]
        size = n_values[order[place]]
        pair = np.repeat(np.arange(len(place)), size)
        step = np.arange(len(pair)) - np.repeat(np.cumsum(size) - size, size)
        a = starts[order[place]][pair] + step
        b = starts[order[place - 1]][pair] + step
        differs = (columns[a] != columns[b]) | (values[a] != values[b])
        marked[place] = np.bincount(pair[differs], minlength=len(place)) > 0
    return marked


@kernel
def square_lengths(starts, values):
    """Sum of squares of each row, over what is present."""
    lengths = np.empty(starts.shape[0] - 1)
    for row in range(lengths.shape[0]):
        lengths[row] = 0.0
        for place in range(starts[row], starts[row + 1]):
            if values[place] == values[place]:
                lengths[row] += values[place] * values[place]
    return lengths


@part
def _product(value, other):
    """Share of one column in the product; half the square that a missing value on one side voids.

    The squared distance comes out as both lengths minus twice the product, so a square that does
    not count has to be taken off the lengths that way.
    """
    if value == value and other == other:
        return value * other
    if value == value:
        return 0.5 * value * value
    if other == other:
        return 0.5 * other * other
    return 0.0


def make_scratch(k: int, n_table: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arrays that one call of `search_postings` writes to."""
    return np.empty(n_table), np.empty(n_table), np.empty(k)


@uncounted
def search_postings(
    query_starts,
    query_columns,
    query_values,
    query_lengths,
    excluded,
    starts,
    columns,
    values,
    lengths,
    posting_starts,
    posting_rows,
    posting_values,
    n_columns,
    n_missing,
    rounding,
    first,
    last,
    scratch,
    distances,
    indices,
):
    """Nearest rows for the queries ``first`` to ``last``; see `leaves.search_leaves`.

    ``n_missing`` holds the numbers of missing values in the rows of the table, or is None where
    nothing is missing: that is compiled apart.
    """
    n_table = lengths.shape[0]
    k = distances.shape[1]
    product, error, smallest = scratch
    for query in range(first, last):
        for place in range(k):
            distances[query, place] = np.inf
            indices[query, place] = n_table
            smallest[place] = np.inf
        length = query_lengths[query]
        for row in range(n_table):
            product[row] = 0.0
            error[row] = 0.0
        query_missing = 0
        a = query_starts[query]
        b = query_starts[query + 1]
        for place in range(a, b):
            value = query_values[place]
            column = query_columns[place]
            if n_missing is None:
                for entry in range(posting_starts[column], posting_starts[column + 1]):
                    product[posting_rows[entry]] += value * posting_values[entry]
            else:
                query_missing += value != value
                for entry in range(posting_starts[column], posting_starts[column + 1]):
                    row = posting_rows[entry]
                    product[row] += _product(value, posting_values[entry])
                    # Until the next loop: columns missing on both sides.
                    error[row] += value != value and posting_values[entry] != posting_values[entry]
        # A bound of the k-th smallest distance first, so that few rows need to be measured.
        for row in range(n_table):
            both = length + lengths[row]
            near = both - 2.0 * product[row]
            slack = both * rounding + 1e-300
            if n_missing is not None:
                present = n_columns - query_missing - n_missing[row] + error[row]
                if present > 0.0:
                    near *= n_columns / present
                    slack *= n_columns / present
                else:
                    near = np.inf
                    slack = 0.0
            product[row] = near
            error[row] = slack
            most = near + slack
            if most < smallest[k - 1] and row != excluded[query]:
                spot = k - 1
                while spot > 0 and smallest[spot - 1] > most:
                    smallest[spot] = smallest[spot - 1]
                    spot -= 1
                smallest[spot] = most
        limit = smallest[k - 1]
        for row in range(n_table):
            if product[row] - error[row] > limit or row == excluded[query]:
                continue
            distance = sparse_squared_distance(
                query_columns[a:b],
                query_values[a:b],
                columns[starts[row] : starts[row + 1]],
                values[starts[row] : starts[row + 1]],
                n_columns,
                distances[query, k - 1],
            )
            rank(distance, row, distances[query], indices[query])
            limit = min(limit, distances[query, k - 1])
