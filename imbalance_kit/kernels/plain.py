"""Nearest rows in plain numpy: the path of small tables, where importing numba would cost more.

Every distance is summed column by column, from the first to the last, so that these functions
and the compiled ones give the same bits.
"""

import numpy as np


def add_squares(
    total: np.ndarray, queries: np.ndarray, targets: np.ndarray, present: np.ndarray | None = None
) -> None:
    """Add the squared differences of all pairs to ``total`` (queries x targets), by column.

    With ``present``, a difference with a missing value is left out, and ``present`` counts the
    others.
    """
    difference = np.empty(total.shape)
    for column in range(queries.shape[1]):
        np.subtract(queries[:, column, None], targets[None, :, column], out=difference)
        np.multiply(difference, difference, out=difference)
        if present is not None:
            known = ~np.isnan(difference)
            present += known
            difference[~known] = 0.0
        total += difference


def stretch(total: np.ndarray, present: np.ndarray, n_columns: int) -> None:
    """Scale sums over ``present`` columns to all columns; infinite where none is present."""
    total[present == 0] = 1.0  # the sum is zero there, and zero times infinity is not a number
    with np.errstate(divide="ignore"):
        total *= n_columns / present


def add_mismatches(
    total: np.ndarray, queries: np.ndarray, targets: np.ndarray, weights: np.ndarray
) -> None:
    """Add ``weights[j]`` to ``total`` for every pair whose codes differ in column ``j``."""
    for column, weight in enumerate(weights):
        total[queries[:, column, None] != targets[None, :, column]] += weight


def smallest(distances: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the ``k`` smallest values of every row and their columns, by (value, column).

    NaN comes after every number; each row must hold ``k`` numbers.
    """
    n_rows, n_columns = distances.shape
    if 4 * k >= n_columns:
        order = np.argsort(distances, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(distances, order, axis=1), order
    bound = np.partition(distances, k - 1, axis=1)[:, k - 1, None]
    row, column = np.nonzero(distances <= bound)
    value = distances[row, column]
    # A stable sort: nonzero walks each row from left to right.
    order = np.lexsort((value, row))
    first = np.searchsorted(row, np.arange(n_rows))
    chosen = order[first[:, None] + np.arange(k)]
    return value[chosen], column[chosen]
