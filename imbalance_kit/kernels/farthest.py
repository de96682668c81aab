"""Distances to the farthest rows."""

import math

import numpy as np

from imbalance_kit.kernels._jit import kernel
from imbalance_kit.kernels.rules import squared_distance


@kernel
def sum_farthest(
    numbers: np.ndarray,
    category_codes: np.ndarray,
    weights: np.ndarray,
    queries: np.ndarray,
    others: np.ndarray,
    radius: np.ndarray,
    k: int,
    first: int,
    last: int,
    sums: np.ndarray,
) -> None:
    """Fill ``sums[first:last]`` with the sums of distances from ``queries`` to the k farthest.

    ``queries`` and ``others`` are row numbers. ``radius`` holds the distance of every row to one
    common point, a little more rather than less, or infinity where there is none; ``others`` are
    in descending order of it. By the triangle inequality two rows are not farther apart than both
    are from that point, so the first rows mostly suffice.
    """
    largest = np.empty(k)  # ascending, so that the first one is replaced
    for place in range(first, last):
        row = queries[place]
        largest[:] = -1.0
        for other in others:
            reach = radius[row] + radius[other]
            if reach * reach < largest[0]:
                break
            distance = squared_distance(
                numbers, category_codes, row, numbers, category_codes, other, weights, np.inf
            )
            if distance <= largest[0]:
                continue
            position = 0
            while position + 1 < k and largest[position + 1] < distance:
                largest[position] = largest[position + 1]
                position += 1
            largest[position] = distance
        # Added in ascending order, as the numpy form does: a float sum depends on the order.
        total = 0.0
        for position in range(k):
            total += math.sqrt(largest[position])
        sums[place] = total
