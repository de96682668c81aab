"""Measures of neighbourhoods: trees, nearest rows and spheres, from all pairwise distances.

Every function takes a square matrix of distances and class codes. Ties are broken by row number.
"""

import numpy as np

from imbalance_kit.kernels.order import smallest


def boundary_rows(distance: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Which rows a minimum spanning tree joins to a row of another class.

    Prim's algorithm from row 0: n steps over one row of the matrix each. Routines for sparse graphs
    take a distance of 0 for a missing edge, and rows may be equal.
    """
    n_rows = len(codes)
    at_boundary = np.zeros(n_rows, dtype=bool)
    reached_from = np.zeros(n_rows, dtype=np.intp)
    nearest = distance[0].copy()
    outside = np.ones(n_rows, dtype=bool)
    outside[0] = False
    nearest[0] = np.inf
    for _ in range(n_rows - 1):
        row = int(np.argmin(nearest))
        if not outside[row]:  # all that are left are infinitely far
            row = int(np.flatnonzero(outside)[0])
        parent = reached_from[row]
        if codes[row] != codes[parent]:
            at_boundary[[row, parent]] = True
        outside[row] = False
        nearest[row] = np.inf
        nearer = outside & (distance[row] < nearest)
        nearest[nearer] = distance[row][nearer]
        reached_from[nearer] = row
    return at_boundary


def nearest_of(distance: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """Distance of each row to its nearest allowed row; infinite without one."""
    return np.min(distance, axis=1, initial=np.inf, where=allowed)


def within_and_between(distance: np.ndarray, codes: np.ndarray) -> float:
    """N2: r / (1 + r), r the summed distances to the nearest own row over those to the others."""
    same = codes[:, None] == codes
    others = nearest_of(distance, ~same)
    np.fill_diagonal(same, False)
    own = nearest_of(distance, same)
    known = np.isfinite(own) & np.isfinite(others)  # a class of one row has no nearest own row
    inside, between = own[known].sum(), others[known].sum()
    total = inside + between
    return float(inside / total) if total > 0.0 else 0.5


def disagreeing(distance: np.ndarray, codes: np.ndarray, k: int) -> np.ndarray:
    """Share of the k nearest rows that are of another class, for each row."""
    k = min(k, len(codes) - 1)
    near = smallest(distance.copy(), k, np.arange(len(codes)))[1]
    return (codes[near] != codes[:, None]).mean(axis=1)


def nearest_disagrees(distance: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Whether the nearest other row is of another class, for each row."""
    apart = distance.copy()
    np.fill_diagonal(apart, np.inf)
    return codes[np.argmin(apart, axis=1)] != codes


def local_sets(distance: np.ndarray, codes: np.ndarray) -> float:
    """LSC: one minus the mean share of rows that are nearer than the nearest of another class."""
    enemy = nearest_of(distance, codes[:, None] != codes)
    return float(1.0 - (distance < enemy[:, None]).mean())


def spheres(distance: np.ndarray, codes: np.ndarray) -> float:
    """T1: share of the rows whose spheres are needed to hold what all of them hold.

    The sphere of a row holds the rows that are nearer than the nearest of another class, and the
    row itself. One whose rows all lie in a larger one is not needed; of equal ones the first is.
    """
    enemy = nearest_of(distance, codes[:, None] != codes)
    held = distance < enemy[:, None]
    np.fill_diagonal(held, True)
    size = held.sum(axis=1)
    matrix = held.astype(np.float32)  # counts up to 2**24 are exact
    inside = matrix @ matrix.T == size[:, None]
    order = np.empty(len(size), dtype=np.intp)
    order[np.argsort(-size, kind="stable")] = np.arange(len(size))
    return float(1.0 - (inside & (order[:, None] > order)).any(axis=1).mean())
