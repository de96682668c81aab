"""The tie rule of every neighbour search: by distance, then by row number; never the row itself.

`precedes` is the rule. It stands here in plain Python, without numba, because small tables are
searched before numba is loaded; `rules` compiles it into the kernels, and `smallest` applies it to
whole matrices of distances. Without such a rule the order of equally near rows would depend on
the algorithm, the threads and the order of the leaves.

To change it: `precedes` and its two forms here, for arrays and for matrices. `ranking`, `products`
and `duplicates` also make use of rows being visited, and groups numbered, in ascending order. Then
delete numba's cache, which does not see that kernels depend on this file (`_jit.part`).
"""

import numpy as np


def precedes(distance, row, other_distance, other_row):
    """Whether a row comes before another one."""
    return distance < other_distance or (distance == other_distance and row < other_row)


def precede(
    distances: np.ndarray, rows: np.ndarray, other_distances: np.ndarray, other_rows: np.ndarray
) -> np.ndarray:
    """Apply `precedes` to arrays, element by element."""
    equal = distances == other_distances
    return (distances < other_distances) | (equal & (rows < other_rows))


def smallest(
    distances: np.ndarray, k: int, excluded: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Choose the ``k`` smallest distances of each line, and their columns, by `precedes`.

    Parameters
    ----------
    distances : ndarray of shape (n_queries, n_rows)
        Overwritten at the excluded places. Each line must hold ``k`` other numbers; NaN comes
        after every number.
    k : int
        How many to choose.
    excluded : ndarray of shape (n_queries,), optional
        For each line the row that may not be chosen: the query itself, or -1 for none.

    Returns
    -------
    distances, columns : ndarrays of shape (n_queries, k)
    """
    if excluded is not None:
        line = np.flatnonzero(excluded >= 0)
        # By its number, not by its distance: equal rows may be each other's neighbours. NaN, as
        # rows that are infinitely far must still come first.
        distances[line, excluded[line]] = np.nan
    n_lines, n_rows = distances.shape
    if 4 * k >= n_rows:
        order = np.argsort(distances, axis=1, kind="stable")[:, :k]
        return np.take_along_axis(distances, order, axis=1), order
    # A partition alone would choose arbitrary ones of those that tie for the last place.
    bound = np.partition(distances, k - 1, axis=1)[:, k - 1, None]
    line, column = np.nonzero(distances <= bound)
    value = distances[line, column]
    # Both sorts are stable, and nonzero lists columns in ascending order: ties stay in it.
    order = np.lexsort((value, line))
    first = np.searchsorted(line, np.arange(n_lines))
    chosen = order[first[:, None] + np.arange(k)]
    return value[chosen], column[chosen]
