"""Rows in leaves of 64 near ones, and the exact search over pairs of leaves.

A leaf of asking rows meets the leaves of the table, nearest boxes first. A pair of leaves, then
one row against a leaf, then one row against 64 rows at a time on the leading coordinates: each
step rules out most of what is left, by the bounds of `coordinates.Coordinates`. The rows that
remain are measured in float64, so neither the order of the leaves nor the float32 arithmetic
can be seen in the result.
"""

import math
from typing import NamedTuple

import numpy as np

from imbalance_kit.kernels._jit import kernel, part
from imbalance_kit.kernels.distances import squared_distance
from imbalance_kit.kernels.ranking import rank

WIDTH = 64  # rows of a leaf
_STEP = 8  # coordinates added between two looks at what is left
_NEAREST = 8  # leaves met in the order of their boxes, before the others
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
    codes: np.ndarray  # (n_rows, n_nominal) int32


class Bounds(NamedTuple):
    """The constants of `coordinates.Coordinates`."""

    n_free: int
    n_complete: int
    scale: float
    wobble: float
    rounding: float
    beyond: float


@kernel
def _put_in_place(order, values, column, start, stop, middle):
    """Reorder order[start:stop] until all before ``middle`` are at most as large as all after."""
    low = start
    high = stop - 1
    while low < high:
        first = values[order[low], column]
        centre = values[order[(low + high) >> 1], column]
        last = values[order[high], column]
        pivot = max(min(first, centre), min(max(first, centre), last))
        left = low
        right = high
        while left <= right:
            while values[order[left], column] < pivot:
                left += 1
            while values[order[right], column] > pivot:
                right -= 1
            if left <= right:
                order[left], order[right] = order[right], order[left]
                left += 1
                right -= 1
        if middle <= right:
            high = right
        elif middle >= left:
            low = left
        else:
            return


@kernel
def _split(values):
    """Order of the rows after halving them, again and again, along their widest column."""
    n_rows, n_columns = values.shape
    order = np.arange(n_rows)
    starts = np.empty(64, dtype=np.int64)
    stops = np.empty(64, dtype=np.int64)
    starts[0] = 0
    stops[0] = n_rows
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
                low = min(low, values[order[place], column])
                high = max(high, values[order[place], column])
            if high - low > width:
                widest = column
                width = high - low
        if widest < 0:
            continue
        middle = start + WIDTH * ((stop - start + WIDTH - 1) // WIDTH // 2)
        _put_in_place(order, values, widest, start, stop, middle)
        starts[waiting] = start
        stops[waiting] = middle
        starts[waiting + 1] = middle
        stops[waiting + 1] = stop
        waiting += 2
    return order


@kernel
def plant(values, error, n_box):
    """Sort rows into leaves by their first ``n_box`` coordinates, none of which is missing."""
    n_rows, n_columns = values.shape
    order = _split(values[:, :n_box].copy())
    n_leaves = (n_rows + WIDTH - 1) // WIDTH
    packed = np.empty((n_leaves, n_columns, WIDTH), dtype=np.float32)
    packed[:] = _FAR
    low = np.empty((n_box, n_leaves), dtype=np.float32)
    low[:] = np.inf
    high = np.empty((n_box, n_leaves), dtype=np.float32)
    high[:] = -np.inf
    largest = np.empty(n_leaves)
    largest[:] = 0.0
    for place in range(n_rows):
        row = order[place]
        leaf = place // WIDTH
        largest[leaf] = max(largest[leaf], error[row])
        for column in range(n_columns):
            packed[leaf, column, place % WIDTH] = values[row, column]
        for column in range(n_box):
            low[column, leaf] = min(low[column, leaf], values[row, column])
            high[column, leaf] = max(high[column, leaf], values[row, column])
    return Leaves(order, packed, low, high, largest)


@kernel
def _length(distance, bounds):
    """Length of a squared distance between coordinates, before errors are added to it."""
    return bounds.scale * math.sqrt(distance) * (1.0 + bounds.wobble)


@kernel
def _limit(length, bounds):
    """Largest squared distance that float32 arithmetic can find for a length."""
    # The last factor pays for the rounding of the result to float32.
    return np.float32((length * length * (1.0 + bounds.rounding) + 1e-30) * (1.0 + 1e-6))


@kernel
def _box_distances(low_sides, high_sides, leaf, other_low_sides, other_high_sides, distances):
    """From the box of one asking leaf to the box of every leaf."""
    distances[:] = 0
    for column in range(low_sides.shape[0]):
        low = low_sides[column, leaf]
        high = high_sides[column, leaf]
        lows = other_low_sides[column]
        highs = other_high_sides[column]
        for other in range(distances.shape[0]):
            apart = max(max(lows[other] - high, low - highs[other]), np.float32(0))
            distances[other] += apart * apart


@kernel
def _meeting_order(distances, own, order):
    """Put the own leaf, then the nearest few, before all others; return how many those are."""
    n_first = 0
    for leaf in range(distances.shape[0]):
        if leaf == own:
            distances[leaf] = -1
        place = n_first
        if n_first == _NEAREST:
            if distances[leaf] >= distances[order[n_first - 1]]:
                continue
            place -= 1
        else:
            n_first += 1
        while place > 0 and distances[order[place - 1]] > distances[leaf]:
            order[place] = order[place - 1]
            place -= 1
        order[place] = leaf
    n_ordered = n_first
    for leaf in range(distances.shape[0]):
        first = False
        for place in range(n_first):
            first |= order[place] == leaf
        if not first:
            order[n_ordered] = leaf
            n_ordered += 1


@kernel
def _row_distances(asking, leaf, low_sides, high_sides, other, distances):
    """From each of the 64 asking rows of a leaf to the box of another leaf."""
    distances[:] = 0
    for column in range(low_sides.shape[0]):
        low = low_sides[column, other]
        high = high_sides[column, other]
        values = asking[leaf, column]
        for row in range(WIDTH):
            apart = max(max(low - values[row], values[row] - high), np.float32(0))
            distances[row] += apart * apart


@part
def _add(asking, leaf, row, packed, other_leaf, start, stop, total):
    """Add the squared differences of the coordinates ``start`` to ``stop`` for 64 rows."""
    for column in range(start, stop, 4):
        a = asking[leaf, column, row]
        b = asking[leaf, column + 1, row]
        c = asking[leaf, column + 2, row]
        d = asking[leaf, column + 3, row]
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
def _add_present(asking, leaf, row, packed, other_leaf, start, stop, total, missing):
    """As `_add`, where values may be missing, which is counted."""
    for column in range(start, stop):
        value = asking[leaf, column, row]
        values = packed[other_leaf, column]
        for other in range(WIDTH):
            difference = values[other] - value
            known = difference == difference
            total[other] += difference * difference if known else np.float32(0)
            missing[other] += np.float32(0) if known else np.float32(1)


@part
def _survivors(
    asking, leaf, row, packed, other_leaf, bounds, n_numbers, limit, total, free, missing, alive
):
    """Mark in ``alive`` which of 64 rows may be within ``limit``; return whether any is."""
    n_coordinates = packed.shape[1]
    n_free = bounds.n_free
    n_complete = bounds.n_complete
    total[:] = 0
    column = 0
    while column < n_free:
        stop = min(column + _STEP, n_free)
        _add(asking, leaf, row, packed, other_leaf, column, stop, total)
        column = stop
        # One byte wide, so that the comparison is done on whole vectors.
        some = np.uint8(0)
        for other in range(WIDTH):
            some = np.uint8(some | np.uint8(total[other] <= limit))
        if some == 0:
            return False
    if n_free == n_coordinates:
        for other in range(WIDTH):
            alive[other] = total[other] <= limit
        return True
    for other in range(WIDTH):
        free[other] = total[other]
        total[other] = 0
        missing[other] = 0
        alive[other] = True
    n = np.float32(n_numbers)
    while column < n_coordinates:
        if column < n_complete:
            stop = min(column + _STEP, n_complete)
            _add(asking, leaf, row, packed, other_leaf, column, stop, total)
        else:
            stop = min(column + _STEP, n_coordinates)
            _add_present(asking, leaf, row, packed, other_leaf, column, stop, total, missing)
        column = stop
        if limit == np.inf:
            continue
        some = np.uint8(0)
        for other in range(WIDTH):
            # total * n / (n - missing) <= limit - free, without a division by zero.
            near = total[other] * n <= (limit - free[other]) * (n - missing[other])
            alive[other] = near
            some = np.uint8(some | np.uint8(near))
        if some == 0:
            return False
    return True


@kernel
def _shortcut(total, targets, excluded, error, bounds, smallest):
    """Bound the k-th smallest distance to the rows of one leaf from above."""
    k = smallest.shape[0]
    smallest[:] = np.inf
    for other in range(targets.shape[0]):
        value = total[other]
        if targets[other] == excluded or value >= smallest[k - 1]:
            continue
        place = k - 1
        while place > 0 and smallest[place - 1] > value:
            smallest[place] = smallest[place - 1]
            place -= 1
        smallest[place] = value
    length = math.sqrt(smallest[k - 1] * (1.0 + bounds.rounding) + 1e-30) + error
    length *= 1.0 + bounds.wobble
    return (length * length + bounds.beyond) / bounds.scale / bounds.scale


@kernel
def search_leaves(
    asking,
    asking_rows,
    asking_error,
    excluded,
    table,
    rows,
    weights,
    bounds,
    same,
    first,
    last,
    distances,
    indices,
):
    """Nearest rows of the table for the asking leaves ``first`` to ``last``.

    Fills the lines of ``distances`` and ``indices`` that belong to the rows of those leaves, so
    calls on different leaves may run at the same time. ``excluded[i]`` is the row of the table
    that asking row i may not get (-1: none). ``same`` says that the asking leaves are the table.
    """
    n_asking = asking.order.shape[0]
    n_table = table.order.shape[0]
    n_leaves = table.packed.shape[0]
    k = distances.shape[1]
    n_numbers = rows.numbers.shape[1]
    asking_packed = asking.packed
    packed = table.packed
    low = table.low
    high = table.high
    boxes = np.empty(n_leaves, dtype=np.float32)
    meeting = np.empty(n_leaves, dtype=np.int64)
    to_box = np.empty(WIDTH, dtype=np.float32)
    total = np.empty(WIDTH, dtype=np.float32)
    free = np.empty(WIDTH, dtype=np.float32)
    missing = np.empty(WIDTH, dtype=np.float32)
    alive = np.empty(WIDTH, dtype=np.bool_)
    smallest = np.empty(k)
    length = np.empty(WIDTH)
    for leaf in range(first, last):
        n_rows = min(WIDTH, n_asking - leaf * WIDTH)
        askers = asking.order[leaf * WIDTH : leaf * WIDTH + n_rows]
        for row in range(n_rows):
            distances[askers[row]] = np.inf
            indices[askers[row]] = n_table
            length[row] = np.inf
        _box_distances(asking.low, asking.high, leaf, table.low, table.high, boxes)
        _meeting_order(boxes, leaf if same else -1, meeting)
        for other in meeting:
            error = table.error[other]
            longest = 0.0
            for row in range(n_rows):
                longest = max(longest, length[row])
            if boxes[other] > _limit(longest + error, bounds):
                continue
            targets = table.order[other * WIDTH : min(other * WIDTH + WIDTH, n_table)]
            _row_distances(asking_packed, leaf, low, high, other, to_box)
            for row in range(n_rows):
                limit = _limit(length[row] + error, bounds)
                if to_box[row] > limit or not _survivors(
                    asking_packed,
                    leaf,
                    row,
                    packed,
                    other,
                    bounds,
                    n_numbers,
                    limit,
                    total,
                    free,
                    missing,
                    alive,
                ):
                    continue
                asker = askers[row]
                if limit == np.inf and bounds.beyond < np.inf and targets.shape[0] > k:
                    reach = asking_error[asker] + error
                    most = _shortcut(total, targets, excluded[asker], reach, bounds, smallest)
                    limit = _limit(_length(most, bounds) + reach, bounds)
                    for place in range(WIDTH):
                        alive[place] = total[place] <= limit
                for place in range(targets.shape[0]):
                    target = targets[place]
                    if not alive[place] or target == excluded[asker]:
                        continue
                    distance = squared_distance(
                        asking_rows.numbers[asker],
                        asking_rows.codes[asker],
                        rows.numbers[target],
                        rows.codes[target],
                        weights,
                        distances[asker, k - 1],
                    )
                    rank(distance, target, distances[asker], indices[asker])
                length[row] = _length(distances[asker, k - 1], bounds) + asking_error[asker]
