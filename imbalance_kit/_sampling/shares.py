"""Parts in the proportion of shares: of a number, and of the rows of a table."""

import numpy as np


def split_by_shares(n: int, shares: np.ndarray) -> np.ndarray:
    """Split `n` in the proportion of shares, by the largest remainders.

    Parameters
    ----------
    n : int
        What to split.

    shares : ndarray of shape (n_parts,)
        Shares, not negative and not all zero; they need not add up to one.

    Returns
    -------
    parts : ndarray of shape (n_parts,)
        Whole numbers that add up to `n`, each less than one away from its exact part. Of equal
        remainders the first get more.
    """
    exact = n * (shares / shares.sum())
    parts = np.floor(exact).astype(np.int64)
    # stable, so that of equal remainders the first get more, on every machine
    largest = np.argsort(parts - exact, kind="stable")
    parts[largest[: n - parts.sum()]] += 1
    return parts


def stratified_part(
    y: np.ndarray, share: float, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of the larger and the smaller part, both sorted, with equal class shares.

    scikit-learn's split refuses a class of one row and may leave a part without a class. Here a
    class of one row stays in the larger part; any other has a row in both.

    Parameters
    ----------
    y : ndarray of shape (n_samples,)
        Classes.

    share : float
        Share of each class in the smaller part.

    rng : RandomState
        Source of the draw.

    Returns
    -------
    larger, smaller : ndarray
        Row numbers.
    """
    smaller = []
    for label in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == label))
        # to the nearest, halves up (Python's round takes them to the even number)
        wanted = int(np.floor(share * len(rows) + 0.5))
        smaller.append(rows[: min(max(wanted, 1), len(rows) - 1)])
    held_out = np.sort(np.concatenate(smaller))
    return np.setdiff1d(np.arange(len(y)), held_out, assume_unique=True), held_out
