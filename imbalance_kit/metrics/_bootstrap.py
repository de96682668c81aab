"""Bootstrap draws, and limits from them that are widened for few units.

A unit is what is drawn as a whole: a row, a cluster of rows, or the base source of data sets.
"""

import math

import numpy as np
from scipy import stats


def bootstrap_counts(n_blocks: int, n_draws: int, seed: int) -> np.ndarray:
    """How often each block is in each bootstrap sample: shape (n_draws, n_blocks)."""
    return counts_of(np.random.default_rng(seed).integers(n_blocks, size=(n_draws, n_blocks)))


def counts_of(drawn: np.ndarray) -> np.ndarray:
    """How often each unit was drawn: rows are samples of as many units as there are columns."""
    n_draws, n_units = drawn.shape
    places = drawn + n_units * np.arange(n_draws)[:, None]
    counts = np.bincount(places.ravel(), minlength=n_draws * n_units)
    return counts.reshape(n_draws, n_units).astype(np.float64)


def student_factor(degrees: np.ndarray | float, level: float) -> np.ndarray:
    """Student's quantile over the normal one, for intervals of a coverage; NaN passes."""
    tail = (1 + level) / 2
    return stats.t.ppf(tail, degrees) / stats.norm.ppf(tail)


def widening(n_blocks: np.ndarray | int, level: float = 0.95) -> np.ndarray:
    """How much farther from the estimate than percentiles limits belong; NaN below two blocks."""
    n_blocks = np.asarray(n_blocks, dtype=float)
    degrees = np.where(n_blocks > 1, n_blocks - 1, math.nan)
    return student_factor(degrees, level) * np.sqrt(n_blocks / degrees)


def interval_of(
    draws: np.ndarray, estimate: np.ndarray, n_blocks: np.ndarray | int, level: float = 0.95
) -> np.ndarray:
    """Interval of each column from bootstrap draws: shape (2, n_columns), NaN without draws.

    Parameters
    ----------
    draws : ndarray of shape (n_draws, n_columns)
    estimate : ndarray of shape (n_columns,)
        What is estimated from all blocks.
    n_blocks : int or ndarray of shape (n_columns,)
        Units that were drawn from.
    level : float
        Coverage aimed at.
    """
    tails = [50 * (1 - level), 50 * (1 + level)]
    limits = np.full((2, draws.shape[1]), math.nan)
    holes = np.isnan(draws)
    whole, partly = ~holes.any(axis=0), holes.any(axis=0) & ~holes.all(axis=0)
    if whole.any():
        limits[:, whole] = np.percentile(draws[:, whole], tails, axis=0)
    for column in np.flatnonzero(partly):
        limits[:, column] = np.nanpercentile(draws[:, column], tails)
    return estimate + widening(n_blocks, level) * (limits - estimate)
