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

_LANES = 64  # columns side by side when the k largest are looked for


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


def kth_largest(values: np.ndarray, k: int) -> np.ndarray:
    """A value of each line that k columns reach, or a few more.

    The k-th largest of the maxima of lanes is cheaper to find than that of all, as most of the
    line is read only once, and only a few more columns reach it.
    """
    n_columns = values.shape[1]
    lanes = max(_LANES, 1 << (4 * k - 1).bit_length())
    if n_columns < 3 * lanes:
        return np.partition(values, n_columns - k, axis=1)[:, n_columns - k]
    whole = n_columns // lanes
    best = values[:, :lanes].copy()
    for place in range(1, whole):
        np.maximum(best, values[:, place * lanes : (place + 1) * lanes], out=best)
    rest = values[:, whole * lanes :]
    if rest.shape[1]:
        part = best[:, : rest.shape[1]]
        np.maximum(part, rest, out=part)
    return np.partition(best, lanes - k, axis=1)[:, lanes - k]
