"""A density between a fair one and that of the data, by boosting classifiers of real and fake."""

from dataclasses import dataclass

import numpy as np
from sklearn.tree import DecisionTreeClassifier

_BOUND = np.log(2.0)  # largest output of a classifier; the guarantee rests on it
_NOTHING = 1e-9  # a leverage that changes no share in double precision


@dataclass(frozen=True)
class BoostedDensity:
    """Shares of the points, after each round.

    Attributes
    ----------
    shares : ndarray of shape (n_points,)
        Shares after the last round; they add up to one.

    divergences : list of float
        Kullback-Leibler divergence of the data to the start and to each round's result.

    total_leverage : float
        Largest sum by which a log share was moved, up to a constant.
    """

    shares: np.ndarray
    divergences: list[float]
    total_leverage: float


def leverages(kind: str, rate: float, n_rounds: int) -> np.ndarray:
    """Weights of the rounds, so that rates of the start that are equal stay above `rate`.

    "exact" halves them from round to round, and their sum times the bound stays below
    ``-log(rate) / 2`` whatever the number of rounds. "relative" goes as 1 / t, without a limit.
    """
    rounds = np.arange(1, n_rounds + 1)
    if kind == "exact":
        return -np.log(rate) / (_BOUND * 2.0 ** (rounds + 1))
    return -np.log(rate) / (4.0 * _BOUND * rounds)


def boost_density(
    features: np.ndarray, real: np.ndarray, start: np.ndarray, steps: np.ndarray, max_depth: int
) -> BoostedDensity:
    """Move a fair density towards the data, one classifier at a time.

    Parameters
    ----------
    features : ndarray of shape (n_points, n_columns)
        The points, as a tree reads them.

    real : ndarray of shape (n_points,)
        Their shares in the data.

    start : ndarray of shape (n_points,)
        Their shares to start from.

    steps : ndarray of shape (n_rounds,)
        Leverage of each round.

    max_depth : int
        Depth of the trees.

    Returns
    -------
    BoostedDensity
        The result.

    Notes
    -----
    On a finite set of points fake rows need not be drawn: the tree is given the shares as weights,
    which is the limit for infinitely many.
    """
    # kept in logarithms: a product over many rounds could underflow
    log_shares = np.log(start)
    shares, total = start, 0.0
    divergences = [divergence(real, shares)]
    both = np.concatenate([features, features])
    is_real = np.repeat([1, 0], len(features))
    for step in steps[steps > _NOTHING]:
        tree = DecisionTreeClassifier(
            criterion="entropy", max_depth=max_depth, min_weight_fraction_leaf=0.01, random_state=0
        ).fit(both, is_real, sample_weight=np.concatenate([real, shares]))
        # scaled to [-bound, bound], so that no share changes by more than exp(step * bound)
        output = _BOUND * (2.0 * tree.predict_proba(features)[:, 1] - 1.0)
        log_shares = log_shares + step * output
        shares = np.exp(log_shares - log_shares.max())
        shares /= shares.sum()
        total += step * _BOUND
        divergences.append(divergence(real, shares))
    return BoostedDensity(shares, divergences, total)


def divergence(real: np.ndarray, shares: np.ndarray) -> float:
    """Kullback-Leibler divergence of `real` to `shares`."""
    there = real > 0  # the limit of x log x at 0 is 0
    return float(real[there] @ np.log(real[there] / shares[there]))
