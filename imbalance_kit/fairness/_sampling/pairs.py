"""Pairs of near rows of two groups, each row in one pair at most."""

import numpy as np
from scipy.optimize import linear_sum_assignment

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit.fairness._groups.group_reading import Groups
from imbalance_kit.fairness._sampling.point_columns import rows_of_blocks

_ALL_PAIRS = 1 << 20  # pairs of a block that are all looked at
_FEWEST = 16  # nearest rows that are looked at in a larger block


def pairs_within(
    block: np.ndarray,
    groups: Groups,
    numbers: np.ndarray,
    *,
    caliper: float,
    method: str,
    n_jobs: int | None,
) -> np.ndarray:
    """Pair rows of the first group with rows of the second that are in the same block.

    Parameters
    ----------
    block : ndarray of shape (n_samples,)
        Number of the block of each row; rows of one block are comparable.

    groups : Groups
        Two groups.

    numbers : ndarray of shape (n_samples, n_columns)
        Columns of which the Mahalanobis distance is taken.

    caliper : float
        Largest distance, over the square root of the number of columns.

    method : {"greedy", "optimal"}
        Nearest pairs first, or the smallest total distance.

    n_jobs : int or None
        Threads of the neighbour search.

    Returns
    -------
    pairs : ndarray of shape (n_pairs, 2)
        A row of the first and a row of the second group, in the order of the first.
    """
    white = whitened(numbers)
    limit = caliper**2 * max(1, numbers.shape[1])
    parts = [np.empty((0, 2), dtype=np.intp)]
    for rows in rows_of_blocks(block):
        one, other = (rows[groups.of_row[rows] == group] for group in (0, 1))
        if not (len(one) and len(other)):
            continue
        if method == "optimal":
            parts.append(optimal_pairs(white, one, other, limit))
        else:
            parts.append(greedy_pairs(white, one, other, limit, n_jobs))
    pairs = np.concatenate(parts)
    return pairs[np.argsort(pairs[:, 0], kind="stable")]


def whitened(numbers: np.ndarray) -> np.ndarray:
    """Numbers whose Euclidean distance is the Mahalanobis distance."""
    if numbers.shape[1] == 0:
        return np.zeros((len(numbers), 1))
    covariance = np.atleast_2d(np.cov(numbers, rowvar=False))
    values, vectors = np.linalg.eigh(covariance)
    # directions without spread (a constant, or a column that repeats others) have no distance
    kept = values > 1e-12 * values.max(initial=0.0)
    return (numbers - numbers.mean(axis=0, dtype=np.float64)) @ (
        vectors[:, kept] / np.sqrt(values[kept])
    )


def greedy_pairs(
    white: np.ndarray, one: np.ndarray, other: np.ndarray, limit: float, n_jobs: int | None
) -> np.ndarray:
    """Nearest pairs first, until none is within the limit (of squared distances).

    With many rows only the nearest of each are listed. Once these are used up the rows that are
    left are searched for again, among the partners that are left.
    """
    found = []
    while len(one) and len(other):
        k = min(len(other), max(_FEWEST, _ALL_PAIRS // len(one)))
        distance, position = nearest_rows(white[other], k, queries=white[one], n_jobs=n_jobs)
        row, rank = np.nonzero(distance <= limit)
        order = np.lexsort((position[row, rank], row, distance[row, rank]))
        free_one, free_other = np.ones(len(one), dtype=bool), np.ones(len(other), dtype=bool)
        taken = []
        for i, j in zip(row[order].tolist(), position[row, rank][order].tolist(), strict=True):
            if free_one[i] and free_other[j]:
                free_one[i] = free_other[j] = False
                taken.append((one[i], other[j]))
        if not taken:
            break
        found.extend(taken)
        if k == len(other):  # every pair was looked at
            break
        one, other = one[free_one], other[free_other]
    return np.array(found, dtype=np.intp).reshape(-1, 2)


def optimal_pairs(
    white: np.ndarray, one: np.ndarray, other: np.ndarray, limit: float
) -> np.ndarray:
    """As many pairs within the limit as possible, of the smallest total distance."""
    distance = ((white[one][:, None] - white[other][None]) ** 2).sum(axis=2)
    too_far = distance > limit
    # a pair beyond the limit costs more than all others together, so it is taken only where no
    # other choice makes as many pairs
    price = np.sqrt(distance)
    price[too_far] = (price[~too_far].sum() if (~too_far).any() else 0.0) + 1.0
    left, right = linear_sum_assignment(price)
    near = ~too_far[left, right]
    return np.column_stack([one[left[near]], other[right[near]]])
