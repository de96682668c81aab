"""Rows in leaves of 64 near ones, and the exact search over pairs of leaves.

Every leaf of queries is compared with the leaves of the table, nearest boxes first, so that the
lists of the nearest rows are short early on. A pair of leaves, then one query against a leaf, then
one query against 64 rows at a time on the leading coordinates: each step rules out most of what is
left, by the bounds of `coordinates.Coordinates`. The rows that
remain are measured in float64, so neither the order of the leaves nor the float32 arithmetic
can be seen in the result.
"""

import math
from typing import NamedTuple

import numpy as np

from imbalance_kit.kernels._jit import part, uncounted
from imbalance_kit.kernels.ranking import rank
from imbalance_kit.kernels.rules import squared_distance

WIDTH = 64  # rows of a leaf
_STEP = 8  # coordinates added between two looks at what is left
_NEAREST = 8  # leaves taken in the order of their boxes, before the others
_COARSE = 1e3  # times the median error from which on a row may spoil the bounds of its leaf
_FAR = np.float32(1e15)  # coordinate of the empty places of the last leaf


class Leaves(NamedTuple):
    """Rows ordered into leaves; box sides first by coordinate, then by leaf."""

    order: np.ndarray  # (n_rows,) int64: leaf i holds order[i * WIDTH : (i + 1) * WIDTH]
    packed: np.ndarray  # (n_leaves, n_coordinates, WIDTH) float32
    low: np.ndarray  # (n_box, n_leaves) float32
    high: np.ndarray
    error: np.ndarray  # (n_leaves,) float64: largest error of a row


class Rows(NamedTuple):
    """Rows as they are measured."""

    numbers: np.ndarray  # (n_rows, n_numbers) float64
    category_codes: np.ndarray  # (n_rows, n_nominal) int32


class Bounds(NamedTuple):
    """The constants of `coordinates.Coordinates`."""

    n_free: int
    n_complete: int
    scale: float
    relative_error: float
    rounding: float
    absolute_error: float


class Buffers(NamedTuple):
    """Arrays that one call of `search_leaves` writes to; made by `make_buffers`."""

    boxes: np.ndarray  # (n_leaves,) float32
    to_box: np.ndarray  # (WIDTH,) float32, like the next three
    total: np.ndarray
    scaled: np.ndarray
    missing: np.ndarray
    length: np.ndarray  # (WIDTH,) float64
    smallest: np.ndarray  # (k,) float64
    nearest: np.ndarray  # (_NEAREST,) float64
    nearest_leaves: np.ndarray  # (_NEAREST,) int64


def make_buffers(k: int, n_leaves: int) -> Buffers:
    """Make the arrays of one call, for a table of so many leaves."""
    to_box, total, scaled, missing = np.empty((4, WIDTH), np.float32)
    return Buffers(
        np.empty(n_leaves, np.float32),
        to_box,
        total,
        scaled,
        missing,
        np.empty(WIDTH),
        np.empty(k),
        np.empty(_NEAREST),
        np.empty(_NEAREST, dtype=np.int64),
    )


@uncounted
def _split(values, order, keys, starts, stops):
    """Order the rows by halving them, again and again, along their widest column.

    ``order`` starts as the numbers of these rows; the last three are buffers. The stack of what is
    left to halve needs few places: at every halving only one half waits for the other.
    """
    n_columns = values.shape[1]
    starts[0] = 0
    stops[0] = order.shape[0]
    waiting = 1
    while waiting > 0:
        waiting -= 1
        start = starts[waiting]
        stop = stops[waiting]
        if stop - start <= WIDTH:
            continue
        widest = -1
        width = 0.0
        for column in range(n_columns):
            low = values[order[start], column]
            high = low
            for place in range(start, stop):
                value = values[order[place], column]
                low = min(low, value)
                high = max(high, value)
            if high - low > width:
                widest = column
                width = high - low
        if widest < 0:
            continue
        for place in range(start, stop):
            keys[place] = values[order[place], widest]
        middle = start + WIDTH * ((stop - start + WIDTH - 1) // WIDTH // 2)
        # Until every key before the middle is at most as large as every key after it.
        first = start
        last = stop - 1
        while first < last:
            centre = keys[(first + last) >> 1]
            pivot = max(min(keys[first], centre), min(max(keys[first], centre), keys[last]))
            left = first
            right = last
            while left <= right:
                while keys[left] < pivot:
                    left += 1
                while keys[right] > pivot:
                    right -= 1
                if left <= right:
                    keys[left], keys[right] = keys[right], keys[left]
                    order[left], order[right] = order[right], order[left]
                    left += 1
                    right -= 1
            if middle <= right:
                last = right
            elif middle >= left:
                first = left
            else:
                break
        starts[waiting] = start
        stops[waiting] = middle
        starts[waiting + 1] = middle
        stops[waiting + 1] = stop
        waiting += 2


def build_leaves(values: np.ndarray, error: np.ndarray, n_box: int) -> Leaves:
    """Sort rows into leaves by their first ``n_box`` coordinates, none of which is missing."""
    n_rows, n_columns = values.shape
    order = np.arange(n_rows)
    buffers = np.empty((2, 64), dtype=np.int64)
    leading = np.ascontiguousarray(values[:, :n_box])
    # Coarse rows in leaves of their own, so that they spoil no other leaf.
    coarse = error > _COARSE * (np.median(error) if n_rows else 0.0)
    n_fine = n_rows - int(np.count_nonzero(coarse))
    order = np.argsort(coarse, kind="stable") if 0 < n_fine < n_rows else order
    keys = np.empty(n_rows, dtype=np.float32)
    for rows_of_part in (order[:n_fine], order[n_fine:]):
        if len(rows_of_part):
            _split(leading, rows_of_part, keys, *buffers)
    n_leaves = -(-n_rows // WIDTH)
    n_empty = n_leaves * WIDTH - n_rows
    # The last row stands in the empty places until the boxes are known.
    places = np.append(order, order[n_rows - 1 :].repeat(n_empty)) if n_empty else order
    rows = values[places].reshape(n_leaves, WIDTH, n_columns)
    packed = np.ascontiguousarray(rows.transpose(0, 2, 1))
    low = np.ascontiguousarray(packed[:, :n_box].min(axis=2).T)
    high = np.ascontiguousarray(packed[:, :n_box].max(axis=2).T)
    packed[n_leaves - 1 :, :, WIDTH - n_empty :] = _FAR
    return Leaves(order, packed, low, high, error[places].reshape(n_leaves, WIDTH).max(axis=1))


@part
def _limit(length, bounds):
    """Largest squared distance that float32 arithmetic can find for a length."""
    # The last factor pays for the rounding of the result to float32.
    return np.float32((length * length * (1.0 + bounds.rounding) + 1e-30) * (1.0 + 1e-6))


@part
def _box_distances(low_sides, high_sides, leaf, other_low_sides, other_high_sides, distances):
    """From the box of one query leaf to the box of every leaf."""
    for other in range(distances.shape[0]):
        distances[other] = 0
    for column in range(low_sides.shape[0]):
        low = low_sides[column, leaf]
        high = high_sides[column, leaf]
        lows = other_low_sides[column]
        highs = other_high_sides[column]
        for other in range(distances.shape[0]):
            apart = max(max(lows[other] - high, low - highs[other]), np.float32(0))
            distances[other] += apart * apart


@part
def _row_distances(queries, leaf, low_sides, high_sides, other, distances):
    """From each of the 64 queries of a leaf to the box of another leaf."""
    for row in range(WIDTH):
        distances[row] = 0
    for column in range(low_sides.shape[0]):
        low = low_sides[column, other]
        high = high_sides[column, other]
        values = queries[leaf, column]
        for row in range(WIDTH):
            apart = max(max(low - values[row], values[row] - high), np.float32(0))
            distances[row] += apart * apart


@part
def _add(queries, leaf, row, packed, other_leaf, start, stop, total):
    """Add the squared differences of the coordinates ``start`` to ``stop`` for 64 rows."""
    for column in range(start, stop, 4):
        a = queries[leaf, column, row]
        b = queries[leaf, column + 1, row]
        c = queries[leaf, column + 2, row]
        d = queries[leaf, column + 3, row]
        first = packed[other_leaf, column]
        second = packed[other_leaf, column + 1]
        third = packed[other_leaf, column + 2]
        fourth = packed[other_leaf, column + 3]
        for other in range(WIDTH):
            p = first[other] - a
            q = second[other] - b
            r = third[other] - c
            s = fourth[other] - d
            total[other] += (p * p + q * q) + (r * r + s * s)


@part
def _any_within(queries, leaf, row, packed, other_leaf, n_free, limit, total):
    """Add up the free coordinates; whether any of 64 rows may be within ``limit``."""
    for other in range(WIDTH):
        total[other] = 0
    column = 0
    # One byte wide, so that the comparison is done on whole vectors.
    some = np.uint8(1)
    while column < n_free and some != 0:
        stop = min(column + _STEP, n_free)
        _add(queries, leaf, row, packed, other_leaf, column, stop, total)
        column = stop
        some = np.uint8(0)
        for other in range(WIDTH):
            some = np.uint8(some | np.uint8(total[other] <= limit))
    return some != 0


@part
def _any_within_scaled(
    queries, leaf, row, packed, other_leaf, bounds, n_numbers, limit, total, scaled, missing
):
    """Go on after `_any_within` with the coordinates that the nan-aware rule scales.

    Afterwards ``total`` is 0 where the row may be within ``limit``, and infinite elsewhere.
    """
    n_coordinates = packed.shape[1]
    for other in range(WIDTH):
        scaled[other] = 0
        missing[other] = 0
    n = np.float32(n_numbers)
    column = bounds.n_free
    some = np.uint8(1)
    while column < n_coordinates and some != 0:
        # Complete columns in steps of their own: most pairs of rows end there.
        last = bounds.n_complete if column < bounds.n_complete else n_coordinates
        stop = min(column + _STEP, last)
        while column < stop:
            value = queries[leaf, column, row]
            values = packed[other_leaf, column]
            for other in range(WIDTH):
                difference = values[other] - value
                known = difference == difference
                scaled[other] += difference * difference if known else np.float32(0)
                missing[other] += np.float32(0) if known else np.float32(1)
            column += 1
        if limit < np.inf:
            some = np.uint8(0)
            for other in range(WIDTH):
                # scaled * n / (n - missing) <= limit - total, without a division by zero.
                near = scaled[other] * n <= (limit - total[other]) * (n - missing[other])
                some = np.uint8(some | np.uint8(near))
    for other in range(WIDTH):
        near = scaled[other] * n <= (limit - total[other]) * (n - missing[other])
        total[other] = np.float32(0) if near or limit == np.inf else np.float32(np.inf)
    return some != 0


@uncounted
def search_leaves(
    queries,
    query_rows,
    query_error,
    excluded,
    table,
    rows,
    row_error,
    weights,
    bounds,
    same,
    first,
    last,
    has_missing,
    buffers,
    distances,
    indices,
):
    """Nearest rows of the table for the query leaves ``first`` to ``last``.

    Fills the lines of ``distances`` and ``indices`` that belong to the rows of those leaves, so
    calls on different leaves may run at the same time. ``excluded[i]`` is the row of the table
    that query i may not get (-1: none). ``same`` says that the query leaves are the table.
    ``row_error`` holds the errors of the table's rows. ``has_missing`` is None where nothing is
    missing: that is compiled apart, in half the time.
    """
    n_queries = queries.order.shape[0]
    n_table = table.order.shape[0]
    n_leaves = table.packed.shape[0]
    k = distances.shape[1]
    query_numbers = query_rows.numbers
    query_category_codes = query_rows.category_codes
    numbers = rows.numbers
    category_codes = rows.category_codes
    n_numbers = numbers.shape[1]
    query_packed = queries.packed
    packed = table.packed
    low = table.low
    high = table.high
    query_order = queries.order
    order = table.order
    errors = table.error
    boxes = buffers.boxes
    to_box = buffers.to_box
    total = buffers.total
    scaled = buffers.scaled
    missing = buffers.missing
    length = buffers.length
    smallest = buffers.smallest
    nearest = buffers.nearest
    nearest_leaves = buffers.nearest_leaves
    for leaf in range(first, last):
        n_rows = min(WIDTH, n_queries - leaf * WIDTH)
        for row in range(n_rows):
            query = query_order[leaf * WIDTH + row]
            for place in range(k):
                distances[query, place] = np.inf
                indices[query, place] = n_table
            length[row] = np.inf
        longest = np.inf
        _box_distances(queries.low, queries.high, leaf, low, high, boxes)
        # The leaf itself, then the nearest few, before all others.
        for place in range(_NEAREST):
            nearest[place] = np.inf
            nearest_leaves[place] = n_leaves
        for other in range(n_leaves):
            apart = -1.0 if same and other == leaf else np.float64(boxes[other])
            if apart < nearest[_NEAREST - 1]:
                rank(apart, other, nearest, nearest_leaves)
        for turn in range(-_NEAREST, n_leaves):
            other = turn if turn >= 0 else nearest_leaves[turn + _NEAREST]
            if other == n_leaves:
                continue
            error = errors[other]
            if not boxes[other] <= _limit(longest + error, bounds):
                continue
            boxes[other] = np.nan  # it is not taken again
            n_targets = min(WIDTH, n_table - other * WIDTH)
            _row_distances(query_packed, leaf, low, high, other, to_box)
            for row in range(n_rows):
                limit = _limit(length[row] + error, bounds)
                if to_box[row] > limit:
                    continue
                if not _any_within(
                    query_packed, leaf, row, packed, other, bounds.n_free, limit, total
                ):
                    continue
                if has_missing is not None and not _any_within_scaled(
                    query_packed,
                    leaf,
                    row,
                    packed,
                    other,
                    bounds,
                    n_numbers,
                    limit,
                    total,
                    scaled,
                    missing,
                ):
                    continue
                query = query_order[leaf * WIDTH + row]
                excluded_row = excluded[query]
                near = distances[query]
                near_rows = indices[query]
                if limit == np.inf and bounds.absolute_error < np.inf and n_targets > k:
                    # Bound the k-th smallest distance from above, to measure fewer rows.
                    for place in range(k):
                        smallest[place] = np.inf
                    for place in range(n_targets):
                        value = np.float64(total[place])
                        if value >= smallest[k - 1] or order[other * WIDTH + place] == excluded_row:
                            continue
                        spot = k - 1
                        while spot > 0 and smallest[spot - 1] > value:
                            smallest[spot] = smallest[spot - 1]
                            spot -= 1
                        smallest[spot] = value
                    reach = query_error[query] + error
                    most = math.sqrt(smallest[k - 1] * (1.0 + bounds.rounding) + 1e-30) + reach
                    most *= 1.0 + bounds.relative_error
                    most = (
                        math.sqrt(most * most + bounds.absolute_error)
                        * (1.0 + bounds.relative_error)
                        + reach
                    )
                    limit = _limit(most, bounds)
                for place in range(n_targets):
                    if total[place] > limit:
                        continue
                    target = order[other * WIDTH + place]
                    # By its own error: that of the leaf may be due to one extreme row.
                    if target == excluded_row or (
                        total[place] > _limit(length[row] + row_error[target], bounds)
                    ):
                        continue
                    distance = squared_distance(
                        query_numbers,
                        query_category_codes,
                        query,
                        numbers,
                        category_codes,
                        target,
                        weights,
                        near[k - 1],
                    )
                    if distance <= near[k - 1]:
                        rank(distance, target, near, near_rows)
                length[row] = (
                    bounds.scale * math.sqrt(near[k - 1]) * (1.0 + bounds.relative_error)
                    + query_error[query]
                )
            longest = 0.0
            for row in range(n_rows):
                longest = max(longest, length[row])
