"""Several comparisons at once: p-values and limits that hold for all of them together."""

import math
from itertools import combinations

import numpy as np


def holm(p_values: np.ndarray) -> np.ndarray:
    """Holm's step-down adjustment; NaN stays NaN and does not count as a comparison.

    References
    ----------
    S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 6, 1979.
    """
    adjusted = np.full(len(p_values), math.nan)
    known = np.flatnonzero(~np.isnan(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    # the running maximum keeps adjusted values in the order of the raw ones
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1.0)
    return adjusted


def max_t(statistics: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Step-down adjusted p-values from the joint distribution of the largest statistic.

    Parameters
    ----------
    statistics : ndarray of shape (n_comparisons,)
        Absolute studentised differences.

    draws : ndarray of shape (n_draws, n_comparisons)
        Absolute studentised differences under the hypothesis of no difference, one resample a row.

    References
    ----------
    P. H. Westfall, S. S. Young, "Resampling-based multiple testing", Wiley, 1993; J. P. Romano,
    M. Wolf, "Exact and approximate stepdown methods for multiple hypothesis testing", Journal of
    the American Statistical Association 100, 2005.
    """
    order = np.argsort(-statistics, kind="stable")
    # the largest among the comparisons that are not yet rejected
    largest = np.maximum.accumulate(draws[:, order][:, ::-1], axis=1)[:, ::-1]
    # one is added to both, for the statistic itself is one of the draws: p is never zero
    exceeding = (1 + (largest >= statistics[order]).sum(axis=0)) / (1 + len(draws))
    adjusted = np.empty(len(statistics))
    adjusted[order] = np.minimum(np.maximum.accumulate(exceeding), 1.0)
    return adjusted


def compared_pairs(models: list[str], reference: str | None) -> list[tuple[str, str]]:
    """Pairs to compare: each with the reference, or each with each."""
    if len(models) < 2:
        raise ValueError(f"A comparison needs two models or more; got {models}.")
    if reference is None:
        return list(combinations(models, 2))
    if reference not in models:
        raise ValueError(f"reference must be one of {models}; got {reference!r}.")
    return [(model, reference) for model in models if model != reference]


def better_or_worse(
    differences: np.ndarray, p_values: np.ndarray, *, alpha: float, greater_is_better: bool
) -> list[str]:
    """Whether each difference is "better", "worse" or "tied" at a level."""
    gains = differences if greater_is_better else -differences
    words = np.where(gains > 0, "better", "worse")
    return np.where(p_values < alpha, words, "tied").tolist()
