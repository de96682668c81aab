"""Every query against every row of the table: for searches with few pairs.

Nothing is sorted or hashed, so this is the shortest way where the table is small or queries are
few. Most rows are ruled out in float32, which moves and adds twice as many values at a time;
only the rows that remain are measured in float64. Rows of the table are laid side by side, 64 at
a time, so that one instruction adds up several of them.

Why nothing is lost: with ``D`` the exact squared distance, ``a`` the float32 one of centred and
scaled rows, and ``e`` the sum of both rows' rounding errors, ``a <= (scale * sqrt(D) + e)**2 *
(1 + rounding)`` up to an absolute 1e-30. ``e`` is what rounding the coordinates moves a row by,
``rounding`` what adding up squares in float32 loses. A row whose ``a`` is above the right side
for the k-th smallest ``D`` so far cannot be among the k nearest. A missing value adds nothing to
``a``, while the nan-aware rule only scales a sum up, so the bound holds there too.
"""

import math

import numpy as np

from imbalance_kit.kernels._jit import kernel
from imbalance_kit.kernels.coordinates import frame
from imbalance_kit.kernels.ranking import insert
from imbalance_kit.kernels.rules import precedes
from imbalance_kit.kernels.rules import squared_distance_inlined as squared_distance

_WIDTH = 64  # rows of the table side by side: one tile
_STEP = 8  # columns added between two looks at what is left
_SINGLE = 2.0**-23  # a unit in the last place of float32, relative: twice the rounding error
_LARGEST = 1e15  # scaled values beyond are not squared in float32, where 1e38 is the end


def frame_of_scan(numbers: np.ndarray) -> tuple[np.ndarray, float]:
    """A centre of the rows and what to multiply with: any from 1e-100 to 1e100 keeps the result."""
    centre, size = frame(numbers)
    return centre, 1.0 / min(max(size, 1e-100), 1e100) if size > 0.0 else 1.0


@kernel
def scan(
    queries,
    query_category_codes,
    numbers,
    category_codes,
    weights,
    centre,
    scale,
    excluded,
    first,
    last,
    distances,
    indices,
):
    """Nearest rows of the table for the queries ``first`` to ``last``.

    Fills these lines of ``distances`` and ``indices``, so calls on different ranges may run at
    the same time. ``excluded[i]`` is the row that query i may not get (-1: none). ``centre`` and
    ``scale`` are those of `frame_of_scan`.
    """
    n_table, n_columns = numbers.shape
    n_nominal = category_codes.shape[1]
    k = distances.shape[1]
    # Whole steps without a test at the end of a row; zeros on both sides add nothing.
    n_padded = (n_columns + _STEP - 1) // _STEP * _STEP
    rounding = 8.0 * (n_columns + n_nominal + 4) * _SINGLE
    tile = np.zeros((n_padded, _WIDTH), np.float32)
    tile_category_codes = np.zeros((n_nominal, _WIDTH), np.int32)
    total = np.empty(_WIDTH, np.float32)
    values = np.zeros((last - first, n_padded), np.float32)
    errors = np.empty(last - first)
    for query in range(first, last):
        square = 1e-30
        for column in range(n_columns):
            value = (queries[query, column] - centre[column]) * scale
            values[query - first, column] = value
            if value == value:
                square += value * value if abs(value) < _LARGEST else np.inf
        errors[query - first] = math.sqrt(square) * _SINGLE
        for place in range(k):
            distances[query, place] = np.inf
            indices[query, place] = n_table
    for start in range(0, n_table, _WIDTH):
        n_here = min(_WIDTH, n_table - start)
        largest = 0.0
        for other in range(n_here):
            square = 1e-30
            for column in range(n_columns):
                value = (numbers[start + other, column] - centre[column]) * scale
                tile[column, other] = value
                if value == value:
                    square += value * value if abs(value) < _LARGEST else np.inf
            largest = max(largest, square)
            for column in range(n_nominal):
                tile_category_codes[column, other] = category_codes[start + other, column]
        tile_error = math.sqrt(largest) * _SINGLE
        for query in range(first, last):
            bound = distances[query, k - 1]
            # Rows come in ascending order. So once the list is full of copies of the query, not
            # even another copy gets on it.
            if not precedes(0.0, start, bound, indices[query, k - 1]):
                continue
            query_values = values[query - first]
            error = errors[query - first] + tile_error
            # An error that is not finite makes the limit infinite, too: all rows are measured.
            # The last factor pays for rounding the limit itself to float32.
            reach = scale * math.sqrt(bound) + error
            limit = np.float32((reach * reach * (1.0 + rounding) + 1e-30) * (1.0 + 1e-6))
            for other in range(_WIDTH):
                total[other] = 0
            # One byte wide, so that the comparison is done on whole vectors.
            some = np.uint8(1)
            column = 0
            while column < n_columns and some != 0:
                for quarter in range(column, column + _STEP, 4):
                    a = query_values[quarter]
                    b = query_values[quarter + 1]
                    c = query_values[quarter + 2]
                    d = query_values[quarter + 3]
                    for other in range(_WIDTH):
                        p = tile[quarter, other] - a
                        q = tile[quarter + 1, other] - b
                        r = tile[quarter + 2, other] - c
                        s = tile[quarter + 3, other] - d
                        p = p * p if p == p else np.float32(0)
                        q = q * q if q == q else np.float32(0)
                        r = r * r if r == r else np.float32(0)
                        s = s * s if s == s else np.float32(0)
                        total[other] += (p + q) + (r + s)
                column += _STEP
                some = np.uint8(0)
                for other in range(_WIDTH):
                    some = np.uint8(some | np.uint8(total[other] <= limit))
            if some == 0:
                continue
            for column in range(n_nominal):
                category = query_category_codes[query, column]
                weight = np.float32(weights[column] * scale * scale)
                for other in range(_WIDTH):
                    differs = tile_category_codes[column, other] != category
                    total[other] += weight if differs else np.float32(0)
            excluded_row = excluded[query]
            near = distances[query]
            near_rows = indices[query]
            for other in range(n_here):
                row = start + other
                if total[other] > limit or row == excluded_row:
                    continue
                distance = squared_distance(
                    queries,
                    query_category_codes,
                    query,
                    numbers,
                    category_codes,
                    row,
                    weights,
                    bound,
                )
                if precedes(distance, row, bound, near_rows[k - 1]):
                    insert(distance, row, near, near_rows)
                    bound = near[k - 1]
                    reach = scale * math.sqrt(bound) + error
                    limit = np.float32((reach * reach * (1.0 + rounding) + 1e-30) * (1.0 + 1e-6))
