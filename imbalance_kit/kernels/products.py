"""Nearest rows from float32 products of rows, in blocks.

`_neighbors.bounds` defines the bound: half the squared distance of row i and row j, times
``scale**2``, is at least ``base[i] + shift[j] - product[i, j]``, with ``base`` and ``shift`` a
little below half the squared lengths. So a row is near if its product is large enough, and one
comparison of float32 numbers rules out nearly all pairs. What is left is measured in float64 on
the original rows, so no float32 number reaches a result.

Two searches use that. `scan_rows` takes the product of some queries with a block of the table, and
measures at once what it cannot rule out. `scan_pairs` is for a table searched for its own rows: it
sees each pair once, for both rows, and keeps a short list of candidates for each row, which
`measure_lists` measures at the end. A list may be too short where rows tie or the bounds are
coarse. It then notes the lowest bound of what it dropped, and the row is searched another way if
that may matter.
"""

import numpy as np

from imbalance_kit.kernels._jit import in_any_order, part, uncounted
from imbalance_kit.kernels.ranking import insert
from imbalance_kit.kernels.rules import precedes, squared_distance

_WIDTH = 64  # products compared in one go
_LARGEST = 1e15  # scaled values beyond are cut to it: float32 ends at 1e38, which is a square
_WIDE = 128  # columns from which on four rows are measured at a time
_WAITING = 128  # rows that `scan_rows` has yet to measure, at most
_DOWN = 1.0 - 2.0**-22  # pays for rounding a limit to float32
_UP = 1.0 + 2.0**-22


@in_any_order
def centre_rows(numbers, centre, scale, first, last, singles, halves, cut):
    """Fill float32 rows, half their squared lengths, and which of them had to be cut.

    Columns of ``singles`` beyond those of ``numbers`` hold indicators already.
    """
    n_columns = numbers.shape[1]
    for row in range(first, last):
        line = numbers[row]
        single = singles[row]
        beyond = np.uint8(0)
        for column in range(np.uint64(n_columns)):
            value = (line[column] - centre[column]) * scale
            beyond |= np.uint8(not abs(value) <= _LARGEST)  # NaN as well
            value = value if value < _LARGEST else _LARGEST
            single[column] = value if value > -_LARGEST else -_LARGEST
        total = 0.0
        for column in range(np.uint64(singles.shape[1])):
            coordinate = np.float64(single[column])
            total += coordinate * coordinate
        halves[row] = 0.5 * total
        cut[row] |= beyond != 0


@in_any_order
def add_differences(numbers, query, near):
    """Squared distances of all rows to one query, rounded in any way; NaN where one is missing."""
    for row in range(numbers.shape[0]):
        line = numbers[row]
        total = 0.0
        for column in range(np.uint64(numbers.shape[1])):
            difference = line[column] - query[column]
            total += difference * difference
        near[row] = total


@part
def _below(value):
    """A float32 number that is at most ``value``."""
    return np.float32(value * _DOWN if value > 0.0 else value * _UP)


@part
def _kth_largest(values, largest):
    """The k-th largest of some values; ``largest`` is a buffer of k places."""
    last = largest.shape[0] - 1
    for place in range(last + 1):
        largest[place] = -np.inf
    for value in values:
        if value > largest[last]:
            place = last
            while place > 0 and largest[place - 1] < value:
                largest[place] = largest[place - 1]
                place -= 1
            largest[place] = value
    return largest[last]


def limit_scratch(k: int, n_rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arrays that `limit_block` writes to, for blocks of at most so many rows."""
    return np.empty(_WIDTH, np.float32), np.empty(k, np.float32), np.empty(n_rows, np.float32)


@uncounted
def limit_block(product, start, halves, relative, absolute, most, limits, scratch):
    """Give the rows of a block on the diagonal their first limits, before any list is filled.

    Of 64 lanes of columns each has a best one, so k rows are at least as near as the k-th best of
    them. That halves the pairs that get on a list. ``most`` holds upper bounds of half the k-th
    squared distance, ``limits`` what a product must reach beside ``shift``. The products of rows
    with themselves become minus infinity.
    """
    n_rows = product.shape[0]
    lanes, largest, shift = scratch
    for row in range(n_rows):
        shift[row] = np.float32((1.0 + relative) * halves[start + row])
    for row in range(n_rows):
        line = product[row]
        line[row] = -np.inf
        for lane in range(_WIDTH):
            lanes[lane] = -np.inf
        for column in range(0, n_rows // _WIDTH * _WIDTH, _WIDTH):
            values = line[column : column + _WIDTH]
            shifts = shift[column : column + _WIDTH]
            for lane in range(np.uint64(_WIDTH)):
                value = values[lane] - shifts[lane]
                lanes[lane] = value if value > lanes[lane] else lanes[lane]
        best = np.float64(_kth_largest(lanes, largest))
        if best > -np.inf and limits[start + row] < np.inf:
            half = halves[start + row]
            most[start + row] = (1.0 + relative) * half - best + absolute
            limits[start + row] = _below((1.0 - relative) * half - most[start + row] - absolute)


@part
def _note(row, other, product, halves, relative, absolute, k, most, limits, near, rows, dropped):
    """Put ``other`` on the list of ``row``, by its upper bound."""
    half = halves[row]
    upper = (1.0 + relative) * (half + halves[other]) - np.float64(product) + absolute
    uppers = near[row]
    others = rows[row]
    last = uppers.shape[0] - 1
    place = last
    if upper >= uppers[last]:
        lost, farthest = upper, other
    else:
        lost, farthest = uppers[last], others[last]
        while place > 0 and uppers[place - 1] > upper:
            uppers[place] = uppers[place - 1]
            others[place] = others[place - 1]
            place -= 1
        uppers[place] = upper
        others[place] = other
    if farthest >= 0:
        lost -= 2.0 * (relative * (half + halves[farthest]) + absolute)
        dropped[row] = min(dropped[row], lost)
    # It only falls. Another thread may overwrite it with its own: that is a bound just as well.
    if uppers[k - 1] < most[row]:
        most[row] = uppers[k - 1]
        limits[row] = max(limits[row], _below((1.0 - relative) * half - uppers[k - 1] - absolute))


@uncounted
def scan_pairs(
    product,
    start,
    other_start,
    halves,
    shift,
    relative,
    absolute,
    k,
    most,
    limits,
    near,
    rows,
    dropped,
):
    """Note all pairs of a block that may be near, for both rows; returns how many there were.

    ``product`` holds rows from ``start`` and columns from ``other_start``. Where these are the
    same, pairs stand there twice, and those above the diagonal are looked at. ``limits`` and
    ``most`` are shared by all threads, the lists are not.
    """
    n_rows, n_columns = product.shape
    n_noted = 0
    shifts = shift[other_start : other_start + n_columns]
    limits_of_columns = limits[other_start : other_start + n_columns]
    width = np.uint64(_WIDTH)
    for i in range(n_rows):
        row = start + i
        line = product[i]
        own_limit = limits[row]
        own_shift = shift[row]
        column = np.uint64(i + 1 if start == other_start else 0)
        while column < np.uint64(n_columns):
            stop = min(column + width, np.uint64(n_columns))
            # One byte wide, so that the comparison is done on whole vectors.
            some = np.uint8(0)
            if stop - column == width:
                for lane in range(width):
                    here = column + lane
                    least = min(own_limit + shifts[here], own_shift + limits_of_columns[here])
                    some |= np.uint8(line[here] >= least)
            else:
                for at in range(column, stop):
                    least = min(own_limit + shifts[at], own_shift + limits_of_columns[at])
                    some |= np.uint8(line[at] >= least)
            if some != 0:
                for at in range(column, stop):
                    value = line[at]
                    other = other_start + np.int64(at)
                    if value >= own_limit + shifts[at]:
                        n_noted += 1
                        _note(
                            row, other, value, halves, relative, absolute, k, most, limits,
                            near, rows, dropped,
                        )  # fmt: skip
                        own_limit = limits[row]
                    if value >= own_shift + limits_of_columns[at]:
                        n_noted += 1
                        _note(
                            other, row, value, halves, relative, absolute, k, most, limits,
                            near, rows, dropped,
                        )  # fmt: skip
            column = stop
    return n_noted


@part
def _measure_four(line, numbers, four, found):
    """Squared distances of a row to four rows, each added up from the first column to the last.

    Four at a time, because a single sum waits for each addition.
    """
    first = numbers[four[0]]
    second = numbers[four[1]]
    third = numbers[four[2]]
    fourth = numbers[four[3]]
    a = b = c = d = 0.0
    for column in range(np.uint64(numbers.shape[1])):
        value = line[column]
        p = value - first[column]
        q = value - second[column]
        r = value - third[column]
        s = value - fourth[column]
        a += p * p
        b += q * q
        c += r * r
        d += s * s
    found[0] = a
    found[1] = b
    found[2] = c
    found[3] = d


def measure_scratch(
    k: int, n_layers: int, length: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Arrays that `measure_lists` writes to, for so many lists of each row."""
    return np.empty(k), np.empty(n_layers * length + 3, np.int64), np.empty(4)


@uncounted
def measure_lists(
    numbers,
    category_codes,
    weights,
    halves,
    relative,
    absolute,
    most,
    near,
    rows,
    dropped,
    first,
    last,
    distances,
    indices,
    unsure,
    scratch,
):
    """Measure what stands on the lists of the rows ``first`` to ``last``.

    ``near``, ``rows`` and ``dropped`` have one layer for each thread of `scan_pairs`. ``unsure``
    becomes true where a row may be missing from all lists.
    """
    n_layers, n_table, length = near.shape
    k = distances.shape[1]
    smallest, candidates, found = scratch
    for row in range(first, last):
        for place in range(k):
            smallest[place] = np.inf
            distances[row, place] = np.inf
            indices[row, place] = n_table
        lost = np.inf
        for layer in range(n_layers):
            lost = min(lost, dropped[layer, row])
            for place in range(length):
                upper = near[layer, row, place]
                if not upper < smallest[k - 1]:
                    break
                spot = k - 1
                while spot > 0 and smallest[spot - 1] > upper:
                    smallest[spot] = smallest[spot - 1]
                    spot -= 1
                smallest[spot] = upper
        bound = min(smallest[k - 1], most[row])
        if lost <= bound or not bound < np.inf:
            unsure[row] = True
            continue
        n_candidates = 0
        for layer in range(n_layers):
            for place in range(length):
                other = rows[layer, row, place]
                if other < 0:
                    break
                slack = 2.0 * (relative * (halves[row] + halves[other]) + absolute)
                if near[layer, row, place] - slack <= bound:
                    candidates[n_candidates] = other
                    n_candidates += 1
        for place in range(n_candidates, n_candidates + 3):
            candidates[place] = row
        for start in range(0, n_candidates, 4):
            _measure_four(numbers[row], numbers, candidates[start : start + 4], found)
            for place in range(start, min(start + 4, n_candidates)):
                other = candidates[place]
                distance = found[place - start]
                for column in range(category_codes.shape[1]):
                    if category_codes[row, column] != category_codes[other, column]:
                        distance += weights[column]
                if precedes(distance, other, distances[row, k - 1], indices[row, k - 1]):
                    insert(distance, other, distances[row], indices[row])


@part
def _measure_waiting(
    queries, query_category_codes, query, numbers, category_codes, weights, waiting, n_waiting,
    bounds, most, near, near_rows, found,
):  # fmt: skip
    """Measure the waiting rows whose lower bound is within ``most``, and put them on the list.

    Returns how many it measured.
    """
    n_measured = 0
    for place in range(n_waiting):
        if bounds[place] <= most:
            waiting[n_measured] = waiting[place]
            n_measured += 1
    four_at_a_time = numbers.shape[1] >= _WIDE
    for place in range(n_measured, n_measured + 3):
        waiting[place] = waiting[0]
    for start in range(0, n_measured, 4):
        if four_at_a_time:
            _measure_four(queries[query], numbers, waiting[start : start + 4], found)
        for place in range(start, min(start + 4, n_measured)):
            other = waiting[place]
            distance = found[place - start]
            if four_at_a_time and distance == distance:
                for column in range(category_codes.shape[1]):
                    if query_category_codes[query, column] != category_codes[other, column]:
                        distance += weights[column]
            else:
                distance = squared_distance(
                    queries, query_category_codes, query, numbers, category_codes, other, weights,
                    near[near.shape[0] - 1],
                )  # fmt: skip
            if precedes(distance, other, near[near.shape[0] - 1], near_rows[near.shape[0] - 1]):
                insert(distance, other, near, near_rows)
    return n_measured


def scan_scratch(k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Arrays that `scan_rows` writes to."""
    return np.empty(_WAITING + 3, np.int64), np.empty(_WAITING), np.empty(k), np.empty(4)


@uncounted
def scan_rows(
    product,
    shift,
    base,
    own_slack,
    slack,
    factor,
    start,
    first,
    queries,
    query_category_codes,
    numbers,
    category_codes,
    weights,
    excluded,
    distances,
    indices,
    scratch,
):
    """Go through the products of the queries from ``first`` with the rows from ``start``.

    The blocks of a query come in the order of the rows, and ``distances`` and ``indices`` hold
    what was found in those before: infinite distances and the number of rows at first. Twice
    ``own_slack[i] + slack[j]`` above the lower bound lies an upper one, infinite where there is
    none. It rules out most rows before any is measured: those that are not wait, up to `_WAITING`
    of them. ``factor`` turns a squared distance into the units of the products. Returns how many
    pairs were measured.
    """
    n_rows, n_columns = product.shape
    k = distances.shape[1]
    width = np.uint64(_WIDTH)
    waiting, bounds, smallest, found = scratch
    n_measured = 0
    shifts = shift[start : start + n_columns]
    for i in range(n_rows):
        query = first + i
        line = product[i]
        excluded_row = excluded[query]
        near = distances[query]
        near_rows = indices[query]
        n_waiting = 0
        for place in range(k):
            smallest[place] = near[place] * factor
        most = smallest[k - 1]
        limit = _below(base[query] - most)
        column = np.uint64(0)
        # Rows come in ascending order. So once the list is full of copies of the query, not
        # even another copy gets on it.
        while column < np.uint64(n_columns) and near[k - 1] > 0.0:
            stop = min(column + width, np.uint64(n_columns))
            some = np.uint8(0)
            if stop - column == width:
                for lane in range(width):
                    some |= np.uint8(line[column + lane] >= limit + shifts[column + lane])
            else:
                for at in range(column, stop):
                    some |= np.uint8(line[at] >= limit + shifts[at])
            if some != 0:
                for at in range(column, stop):
                    other = start + np.int64(at)
                    if not line[at] >= limit + shifts[at] or other == excluded_row:
                        continue
                    lower = base[query] + np.float64(shifts[at]) - np.float64(line[at])
                    upper = lower + 2.0 * (own_slack[query] + slack[other])
                    waiting[n_waiting] = other
                    bounds[n_waiting] = lower
                    n_waiting += 1
                    if upper < smallest[k - 1]:
                        spot = k - 1
                        while spot > 0 and smallest[spot - 1] > upper:
                            smallest[spot] = smallest[spot - 1]
                            spot -= 1
                        smallest[spot] = upper
                        if smallest[k - 1] < most:
                            most = smallest[k - 1]
                            limit = _below(base[query] - most)
                    if n_waiting == _WAITING:
                        n_measured += _measure_waiting(
                            queries, query_category_codes, query, numbers, category_codes,
                            weights, waiting, n_waiting, bounds, most, near, near_rows, found,
                        )  # fmt: skip
                        n_waiting = 0
                        most = min(most, near[k - 1] * factor)
                        limit = _below(base[query] - most)
            column = stop
        if n_waiting > 0:
            n_measured += _measure_waiting(
                queries, query_category_codes, query, numbers, category_codes, weights,
                waiting, n_waiting, bounds, most, near, near_rows, found,
            )  # fmt: skip
    return n_measured
