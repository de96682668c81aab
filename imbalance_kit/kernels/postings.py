"""Nearest rows of a sparse table, by the lists of rows that hold a column.

The products of one asking row with all rows touch only the columns it holds. They give the
squared distances up to a known rounding error; what that error cannot rule out is measured
again by walking both rows' columns in order, which gives the bits of the dense sum, because a
column that is zero on both sides adds nothing.
"""

import numpy as np

from imbalance_kit.kernels._jit import kernel
from imbalance_kit.kernels.ranking import rank


@kernel
def hash_sparse_rows(starts, columns, bits):
    """One 64-bit hash per row; explicit zeros must have been removed."""
    n_rows = starts.shape[0] - 1
    hashes = np.empty(n_rows, dtype=np.uint64)
    factor = np.uint64(0x9E3779B97F4A7C15)
    shift = np.uint64(29)
    for row in range(n_rows):
        code = np.uint64(0x243F6A8885A308D3)
        for place in range(starts[row], starts[row + 1]):
            code = (code ^ np.uint64(columns[place])) * factor
            code ^= code >> shift
            code = (code ^ bits[place]) * factor
            code ^= code >> shift
        hashes[row] = code
    return hashes


@kernel
def mark_sparse_starts(order, hashes, starts, columns, values):
    """Mark the places in ``order`` (sorted by hash, then row) whose row differs from the last."""
    marked = np.empty(order.shape[0], dtype=np.bool_)
    marked[0] = True
    for place in range(1, order.shape[0]):
        a = starts[order[place]]
        b = starts[order[place - 1]]
        n_values = starts[order[place] + 1] - a
        equal = hashes[order[place]] == hashes[order[place - 1]]
        equal = equal and starts[order[place - 1] + 1] - b == n_values
        for step in range(n_values if equal else 0):
            if columns[a + step] != columns[b + step] or values[a + step] != values[b + step]:
                equal = False
                break
        marked[place] = not equal
    return marked


@kernel
def sparse_squared_distance(columns, values, other_columns, other_values, limit):
    """Squared distance of two sparse rows with sorted columns; see `distances`."""
    total = 0.0
    here = 0
    there = 0
    while (here < columns.shape[0] or there < other_columns.shape[0]) and total <= limit:
        if there == other_columns.shape[0] or (
            here < columns.shape[0] and columns[here] < other_columns[there]
        ):
            difference = values[here]
            here += 1
        elif here == columns.shape[0] or other_columns[there] < columns[here]:
            difference = other_values[there]
            there += 1
        else:
            difference = values[here] - other_values[there]
            here += 1
            there += 1
        total += difference * difference
    return total


@kernel
def square_lengths(starts, values):
    """Sum of squares of each row."""
    lengths = np.empty(starts.shape[0] - 1)
    for row in range(lengths.shape[0]):
        lengths[row] = 0.0
        for place in range(starts[row], starts[row + 1]):
            lengths[row] += values[place] * values[place]
    return lengths


@kernel
def search_postings(
    asking_starts,
    asking_columns,
    asking_values,
    asking_lengths,
    excluded,
    starts,
    columns,
    values,
    lengths,
    posting_starts,
    posting_rows,
    posting_values,
    rounding,
    first,
    last,
    distances,
    indices,
):
    """Nearest rows for the asking rows ``first`` to ``last``; see `leaves.search_leaves`."""
    n_table = lengths.shape[0]
    k = distances.shape[1]
    product = np.empty(n_table)
    smallest = np.empty(k)
    for asker in range(first, last):
        distances[asker] = np.inf
        indices[asker] = n_table
        product[:] = 0.0
        a = asking_starts[asker]
        b = asking_starts[asker + 1]
        for place in range(a, b):
            value = asking_values[place]
            column = asking_columns[place]
            for entry in range(posting_starts[column], posting_starts[column + 1]):
                product[posting_rows[entry]] += value * posting_values[entry]
        # A bound of the k-th smallest distance first, so that few rows need to be measured.
        length = asking_lengths[asker]
        smallest[:] = np.inf
        for row in range(n_table):
            both = length + lengths[row]
            product[row] = both - 2.0 * product[row]
            most = product[row] + both * rounding + 1e-300
            if most < smallest[k - 1] and row != excluded[asker]:
                spot = k - 1
                while spot > 0 and smallest[spot - 1] > most:
                    smallest[spot] = smallest[spot - 1]
                    spot -= 1
                smallest[spot] = most
        limit = smallest[k - 1]
        for row in range(n_table):
            least = product[row] - (length + lengths[row]) * rounding - 1e-300
            if least > limit or row == excluded[asker]:
                continue
            distance = sparse_squared_distance(
                asking_columns[a:b],
                asking_values[a:b],
                columns[starts[row] : starts[row + 1]],
                values[starts[row] : starts[row + 1]],
                distances[asker, k - 1],
            )
            rank(distance, row, distances[asker], indices[asker])
            limit = min(limit, distances[asker, k - 1])
