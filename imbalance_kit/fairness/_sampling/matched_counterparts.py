"""Counterparts of rows in other groups: the nearest real rows that are comparable."""

from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from imbalance_kit.fairness._groups.group_reading import Groups
from imbalance_kit.fairness._sampling.point_columns import blocks_of, rows_of_blocks, split_columns


def nearest_comparable(
    points: Any, groups: Groups, wanted: np.ndarray, caliper: float
) -> np.ndarray:
    """For each row the nearest row of its wanted group, every column within the caliper.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        The rows, without sensitive columns.

    groups : Groups
        Group of each row.

    wanted : ndarray of shape (n_samples,)
        Group in which each row looks for its counterpart.

    caliper : float
        Largest difference of a number column, as a share of its range. Levels must be equal.

    Returns
    -------
    rows : ndarray of shape (n_samples,)
        The counterpart; -1 where no row is near enough.
    """
    numbers, levels = split_columns(points)
    block = blocks_of(levels)
    if numbers.shape[1]:
        spread = numbers.max(axis=0) - numbers.min(axis=0)
        numbers = numbers / np.where(spread > 0, spread, 1.0)
    else:
        numbers = np.zeros((len(block), 1))
    found = np.full(len(block), -1, dtype=np.intp)
    # a tree for each block: in one over all rows the nearest might be of other blocks
    for rows in rows_of_blocks(block):
        for group in np.unique(wanted[rows]):
            there = rows[groups.of_row[rows] == group]
            queries = rows[wanted[rows] == group]
            if len(there):
                tree = cKDTree(numbers[there])
                # a little more than the caliper: rounding must not drop a row exactly on it
                distance, position = tree.query(
                    numbers[queries], p=np.inf, distance_upper_bound=caliper * (1 + 1e-9) + 1e-12
                )
                near = np.isfinite(distance)
                found[queries[near]] = there[position[near]]
    return found
