"""K-means with many clusters: most distances are ruled out instead of measured.

Rows, or centres, stand in leaves of 64 near ones (`leaves.build_leaves`). Boxes and float32
coordinates rule out most of them by the bounds of `coordinates.Coordinates`; what is left is
measured in float64. So neither the leaves nor the float32 arithmetic can be seen in the result.
"""

import math

import numpy as np

from imbalance_kit.kernels._jit import kernel, part
from imbalance_kit.kernels.leaves import WIDTH, Bounds, Leaves
from imbalance_kit.kernels.rules import precedes

_STEP = 8  # columns, or coordinates, added between two looks at what is left


@part
def _squared_distance(row: np.ndarray, other: np.ndarray, limit: float) -> float:
    """Squared distance, or some number above `limit` if it is above that."""
    n_columns = row.shape[0]
    total = 0.0
    column = 0
    while column < n_columns:
        stop = min(column + _STEP, n_columns)
        while column < stop:
            difference = row[column] - other[column]
            total += difference * difference
            column += 1
        if total > limit:
            break
    return total


@part
def _limit(squared: float, error: float, bounds: Bounds) -> np.float32:
    """Largest squared distance that float32 arithmetic can find for a true one."""
    length = bounds.scale * math.sqrt(squared) * (1.0 + bounds.relative_error) + error
    return np.float32((length * length * (1.0 + bounds.rounding) + 1e-30) * (1.0 + 1e-6))


@part
def _to_boxes(query: np.ndarray, leaves: Leaves, distances: np.ndarray) -> None:
    """Squared distances from a row to the boxes of all leaves."""
    n_leaves = leaves.packed.shape[0]
    for leaf in range(n_leaves):
        distances[leaf] = 0
    for column in range(leaves.low.shape[0]):
        value = query[column]
        low = leaves.low[column]
        high = leaves.high[column]
        for leaf in range(n_leaves):
            apart = max(max(low[leaf] - value, value - high[leaf]), np.float32(0))
            distances[leaf] += apart * apart


@part
def _any_within(
    query: np.ndarray, values: np.ndarray, limits: np.ndarray, total: np.ndarray
) -> bool:
    """Add up the coordinates; whether any of 64 rows may be within its limit."""
    n_coordinates = values.shape[0]
    for at in range(WIDTH):
        total[at] = 0
    column = 0
    some = np.uint8(1)  # one byte wide, so that the comparison is done on whole vectors
    while column < n_coordinates and some != 0:
        stop = min(column + _STEP, n_coordinates)
        while column < stop:  # there is a multiple of four
            a = query[column]
            b = query[column + 1]
            c = query[column + 2]
            d = query[column + 3]
            first = values[column]
            second = values[column + 1]
            third = values[column + 2]
            fourth = values[column + 3]
            for at in range(WIDTH):
                p = first[at] - a
                q = second[at] - b
                r = third[at] - c
                s = fourth[at] - d
                total[at] += (p * p + q * q) + (r * r + s * s)
            column += 4
        some = np.uint8(0)
        for at in range(WIDTH):
            some = np.uint8(some | np.uint8(total[at] <= limits[at]))
    return some != 0


@kernel
def choose_seeds(
    numbers: np.ndarray,
    coordinates: np.ndarray,
    error: np.ndarray,
    leaves: Leaves,
    bounds: Bounds,
    first: int,
    shares: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Greedy k-means++: of some rows drawn by squared distance take the one that gains most.

    Parameters
    ----------
    numbers : ndarray of shape (n_rows, n_columns), float64
        The rows.
    coordinates : ndarray of shape (n_rows, n_coordinates), float32
        Their coordinates.
    error : ndarray of shape (n_rows,), float64
        The errors of these.
    leaves : Leaves
        The rows in leaves, by these coordinates.
    bounds : Bounds
        How the coordinates bound the distances.
    first : int
        The first seed.
    shares : ndarray of shape (n_seeds - 1, n_trials), float64
        For each further seed, shares of the sum of squared distances; each picks a candidate.

    Returns
    -------
    seeds : ndarray of shape (n_seeds,), int64
        Rows chosen.
    owner : ndarray of shape (n_rows,), int64
        Nearest seed of each row, by its place in `seeds`; of equally near ones the first.
    closest : ndarray of shape (n_rows,), float64
        Squared distance to it.
    """
    n_rows = len(numbers)
    n_seeds = len(shares) + 1
    packed = leaves.packed
    n_leaves = packed.shape[0]
    order = leaves.order
    seeds = np.empty(n_seeds, dtype=np.int64)
    owner = np.zeros(n_rows, dtype=np.int64)
    closest = np.empty(n_rows)
    place_of = np.empty(n_rows, dtype=np.int64)
    limits = np.full((n_leaves, WIDTH), np.float32(-1.0))
    leaf_limits = np.full(n_leaves, np.float32(-1.0))
    boxes = np.empty(n_leaves, dtype=np.float32)
    total = np.empty(WIDTH, dtype=np.float32)
    cumulative = np.empty(n_rows)
    # Rows that come nearer to the best candidate, and to the one that is looked at.
    won = np.empty((2, n_rows), dtype=np.int64)
    distances = np.empty((2, n_rows))
    largest_error = error.max()

    seeds[0] = first
    for place in range(n_rows):
        row = order[place]
        place_of[row] = place
        closest[row] = _squared_distance(numbers[row], numbers[first], np.inf)
        limit = _limit(closest[row], error[row] + largest_error, bounds)
        leaf = place // WIDTH
        limits[leaf, place % WIDTH] = limit
        leaf_limits[leaf] = max(leaf_limits[leaf], limit)

    for n_chosen in range(1, n_seeds):
        everything = 0.0
        for row in range(n_rows):
            everything += closest[row]
            cumulative[row] = everything
        best = -1
        best_gain = -1.0
        n_best = 0
        slot = 0
        for trial in range(shares.shape[1]):
            share = shares[n_chosen - 1, trial] * everything
            candidate = min(np.searchsorted(cumulative, share), n_rows - 1)
            query = coordinates[candidate]
            _to_boxes(query, leaves, boxes)
            gain = 0.0
            n_won = 0
            for leaf in range(n_leaves):
                if boxes[leaf] > leaf_limits[leaf]:
                    continue
                row_limits = limits[leaf]
                if not _any_within(query, packed[leaf], row_limits, total):
                    continue
                for at in range(WIDTH):
                    if total[at] > row_limits[at]:
                        continue
                    row = order[leaf * WIDTH + at]
                    distance = _squared_distance(numbers[candidate], numbers[row], closest[row])
                    if distance < closest[row]:
                        gain += closest[row] - distance
                        won[slot, n_won] = row
                        distances[slot, n_won] = distance
                        n_won += 1
            if gain > best_gain:
                best = candidate
                best_gain = gain
                n_best = n_won
                slot = 1 - slot
        seeds[n_chosen] = best
        slot = 1 - slot
        for at in range(n_best):
            row = won[slot, at]
            place = place_of[row]
            owner[row] = n_chosen
            closest[row] = distances[slot, at]
            limit = _limit(closest[row], error[row] + largest_error, bounds)
            # No row comes nearer than a copy.
            limits[place // WIDTH, place % WIDTH] = limit if closest[row] > 0.0 else -1.0
        for at in range(n_best):
            leaf = place_of[won[slot, at]] // WIDTH
            leaf_limits[leaf] = limits[leaf].max()
    return seeds, owner, closest


@kernel
def reassign(
    numbers: np.ndarray,
    coordinates: np.ndarray,
    error: np.ndarray,
    centres: np.ndarray,
    centre_error: float,
    all_centres: Leaves,
    moved_centres: Leaves,
    moving: np.ndarray,
    moved: np.ndarray,
    bounds: Bounds,
    first: int,
    last: int,
    owner: np.ndarray,
    closest: np.ndarray,
) -> None:
    """Find the nearest centre of some rows, after centres have moved.

    Parameters
    ----------
    numbers, coordinates, error, bounds
        As in `choose_seeds`.
    centres : ndarray of shape (n_centres, n_columns), float64
        Where the centres are now.
    centre_error : float
        Largest error of their coordinates.
    all_centres : Leaves
        All centres in leaves.
    moved_centres : Leaves
        The centres that moved.
    moving : ndarray of shape (n_movers,), int64
        Their numbers among all centres.
    moved : ndarray of shape (n_centres,), bool
        Which centres moved since the rows were last assigned.
    first, last : int
        Rows to look at: from `first` to before `last`.
    owner : ndarray of shape (n_rows,), int64
        Holds the centre of each row, gets the nearest one (the first of equally near ones).
    closest : ndarray of shape (n_rows,), float64
        Squared distance to it.
    """
    n_leaves = all_centres.packed.shape[0]
    boxes = np.empty(n_leaves, dtype=np.float32)
    total = np.empty(WIDTH, dtype=np.float32)
    limits = np.empty(WIDTH, dtype=np.float32)
    identity = np.arange(len(centres))
    # A row at distance r of its centre comes no nearer to a centre that is 2 r away from that.
    apart = np.zeros(len(centres))
    if len(centres) * len(moving) <= last - first:
        for centre in range(len(centres)):
            apart[centre] = np.inf
            for other in moving:
                if other != centre:
                    distance = _squared_distance(centres[centre], centres[other], apart[centre])
                    apart[centre] = min(apart[centre], distance)
        apart *= 0.25 * (1.0 - 1e-9)
    for row in range(first, last):
        nearest = owner[row]
        best = closest[row]
        if not moved[nearest] and best < apart[nearest]:
            continue
        # Between centres that stayed where they were nothing changes.
        leaves = moved_centres
        centre_of = moving
        if moved[nearest]:
            best = _squared_distance(numbers[row], centres[nearest], np.inf)
            leaves = all_centres
            centre_of = identity
        n_centres = len(centre_of)
        order = leaves.order
        packed = leaves.packed
        query = coordinates[row]
        limit = _limit(best, error[row] + centre_error, bounds)
        limits[:] = limit
        _to_boxes(query, leaves, boxes)
        for leaf in range(packed.shape[0]):
            if boxes[leaf] > limit:
                continue
            if not _any_within(query, packed[leaf], limits, total):
                continue
            n_here = min(WIDTH, n_centres - leaf * WIDTH)
            for at in range(n_here):
                if total[at] > limit:
                    continue
                centre = centre_of[order[leaf * WIDTH + at]]
                if centre == nearest:
                    continue
                distance = _squared_distance(numbers[row], centres[centre], best)
                if precedes(distance, centre, best, nearest):
                    best = distance
                    nearest = centre
                    limit = _limit(best, error[row] + centre_error, bounds)
                    limits[:] = limit
        owner[row] = nearest
        closest[row] = best
