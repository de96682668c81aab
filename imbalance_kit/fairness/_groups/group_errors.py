"""How far apart errors of groups' rates are, for intervals of the largest difference of any two.

That two groups were picked because they lie furthest apart makes their difference too large, and a
bootstrap of the largest difference larger still. So the errors of all groups around their rates are
drawn, and looked at for any two groups at once.
"""

import numpy as np


def error_limits(errors: np.ndarray, confidence: float) -> tuple[float, float]:
    """Return what an interval of a largest difference lies below and above the one that was found.

    Parameters
    ----------
    errors : ndarray of shape (n_draws, n_groups) or (n_draws, n_rates, n_groups)
        Rates in draws of the bootstrap, less those that were found.
    confidence : float
        Level of the interval.

    Returns
    -------
    below : float
        What at the level no two groups' errors of any rate differ by more than.
    above : float
        The same for the two groups of which it is largest; this is smaller, since groups that truly
        lie furthest apart are not picked by chance.
    """
    errors = errors.reshape(len(errors), -1, errors.shape[-1])
    below = np.quantile(np.ptp(errors, axis=2).max(axis=1), confidence)
    above = max(
        np.quantile(errors - errors[:, :, [group]], (1 + confidence) / 2, axis=0).max()
        for group in range(errors.shape[2])
    )
    return float(below), float(above)


def smoothed(value: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Return shares with one hit and one miss more.

    Parameters
    ----------
    value : ndarray
        Shares of rows.
    size : ndarray
        Effective numbers of rows.
    """
    return (value * size + 1) / (size + 2)


def widened(
    errors: np.ndarray, value: np.ndarray, size: np.ndarray, rng: np.random.RandomState
) -> np.ndarray:
    """Return errors of shares as wide as with one hit and one miss more.

    Otherwise a share would be certain where rare hits, or misses, happen not to occur.

    Parameters
    ----------
    errors : ndarray of shape (n_draws, ...)
        Shares in draws of the bootstrap, less those that were found.
    value : ndarray of shape (...)
        The shares that were found.
    size : ndarray of shape (...)
        Effective numbers of rows that they are shares of.
    rng : RandomState
        Draws the errors of shares of 0 and 1, whose bootstrap has none.
    """
    smooth, spread = smoothed(value, size), value * (1 - value)
    some = spread > 1e-12
    scale = np.sqrt(smooth * (1 - smooth) / np.where(some, spread, 1.0))
    wide = errors * np.where(some, np.maximum(scale, 1.0), 0.0)
    n_rows = np.maximum(np.round(size[~some]), 1).astype(np.int64)
    hits = rng.binomial(n_rows, smooth[~some], size=(len(errors), len(n_rows)))
    wide[:, ~some] = hits / n_rows - smooth[~some]
    return wide
