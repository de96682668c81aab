"""Whole numbers in the proportion of shares."""

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
    largest = np.argsort(parts - exact, kind="stable")
    parts[largest[: n - parts.sum()]] += 1
    return parts
