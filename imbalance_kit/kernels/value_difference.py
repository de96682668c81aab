"""Nearest rows by the value difference metric, for more than two classes.

The distance of two levels is the sum over the classes of |P(class | level) - P(class | other)|;
that of two rows the sum over the columns of its square. With two classes it is Euclidean in one
number for each column, and the general search does it.
"""

import numpy as np

from imbalance_kit.kernels._jit import kernel
from imbalance_kit.kernels.ranking import rank
from imbalance_kit.kernels.rules import precedes


@kernel
def nearest_by_value(places, starts, shares, first, last, distances, indices):
    """Find the nearest other rows of the rows ``first`` to ``last``.

    ``places`` holds for each element the row of ``shares`` of its level; those of column j are
    the rows from ``starts[j]`` to ``starts[j + 1]``. The distances of one row's levels to all
    levels are computed once, so that a pair of rows costs one look for each column, and less
    where it is far already.
    """
    n_rows, n_columns = places.shape
    n_classes = shares.shape[1]
    k = distances.shape[1]
    difference = np.empty(shares.shape[0])
    for row in range(first, last):
        for column in range(n_columns):
            row_level = places[row, column]
            for level in range(starts[column], starts[column + 1]):
                apart = 0.0
                for label in range(n_classes):
                    apart += abs(shares[row_level, label] - shares[level, label])
                difference[level] = apart * apart
        near = distances[row]
        near_rows = indices[row]
        near[:] = np.inf
        near_rows[:] = n_rows
        for other in range(n_rows):
            if other == row:
                continue
            total = 0.0
            for column in range(n_columns):
                total += difference[places[other, column]]
                # The sum only grows: what does not precede the last entry now never will.
                if not precedes(total, other, near[k - 1], near_rows[k - 1]):
                    break
            else:
                rank(total, other, near, near_rows)
