"""Bayesian signed-rank test: how probable is it that a pair is better, worse or as good?"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from imbalance_kit.benchmark._analysis.intervals import MIN_BLOCKS
from imbalance_kit.benchmark._analysis.statistics import paired_blocks
from imbalance_kit.benchmark._metrics.metric import METRICS

#: Strength of the prior, in observations.
PRIOR = 0.5
#: A verdict needs this probability.
SURE = 0.95


def bayes_compare(
    filled: pd.DataFrame,
    metric: str,
    references: dict[str, str],
    *,
    rope: float | None = None,
    n_draws: int = 20_000,
    seed: int = 0,
) -> pd.DataFrame:
    """Probabilities that pairs are worse than, as good as, or better than their references.

    Parameters
    ----------
    filled : DataFrame
        Output of :func:`fill_failures`.
    metric : str
        A key of ``METRICS``.
    references : dict of str to str
        Pair to the pair it is compared with.
    rope : float
        Half width of the region of practical equivalence; None for that of the metric.
    n_draws : int
        Draws of the posterior.
    seed : int
        Seed of the draws.

    Returns
    -------
    DataFrame
        Indexed by ``pair``: ``reference``, the probabilities ``worse``, ``equivalent`` and
        ``better`` (more is better, whatever the metric), ``rope``, ``n_blocks``, and ``verdict``:
        the one whose probability is .95 or more, else "undecided". With fewer than five base
        sources the probabilities are NaN.
    """
    width = METRICS[metric].rope if rope is None else rope
    gains = paired_blocks(filled, metric, references)[1]
    rows = {}
    weights: dict[int, np.ndarray] = {}  # by number of blocks: drawing them is most of the work
    for pair, reference in references.items():
        if pair in gains:
            differences = gains[pair].dropna().to_numpy(dtype=float)
            chances = (math.nan, math.nan, math.nan)
            if len(differences) >= MIN_BLOCKS:
                n_blocks = len(differences)
                if n_blocks not in weights:
                    weights[n_blocks] = _draw_weights(n_blocks, PRIOR, n_draws, seed)
                chances = _largest_share(differences, width, weights[n_blocks])
            rows[pair] = (reference, *chances, width, len(differences))
    columns = ["reference", "worse", "equivalent", "better", "rope", "n_blocks"]
    outcome = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("pair")
    sure = outcome[["worse", "equivalent", "better"]] >= SURE
    outcome["verdict"] = np.where(sure.any(axis=1), sure.idxmax(axis=1), "undecided")
    return outcome


def signed_rank_rope(
    differences: np.ndarray,
    *,
    rope: float,
    prior: float = PRIOR,
    n_draws: int = 20_000,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Bayesian signed-rank test with a region of practical equivalence.

    The distribution of the differences has a Dirichlet process as prior, of strength ``prior`` and
    at zero. Each draw of the posterior gives the probabilities that the mean of two differences
    falls left of the region, inside it and right of it; the answer is how often each of the three
    is the largest. What lies on the border, and equal largest ones, are shared evenly.

    Parameters
    ----------
    differences : ndarray of shape (n_blocks,)
        Paired differences, one for each independent block, without NaN.
    rope : float
        Half width of the region; 0 for none, and then nothing but exact zeros is inside.
    prior : float
        Strength of the prior, in observations.
    n_draws : int
        Draws of the posterior; cost ``n_draws * n_blocks ** 2``.
    seed : int
        Seed of the draws.

    Returns
    -------
    left, inside, right : float
        Probabilities that sum to one.

    Raises
    ------
    ValueError
        If ``rope`` or ``prior`` is negative.

    References
    ----------
    A. Benavoli, G. Corani, J. Demšar, M. Zaffalon, "Time for a change: a tutorial for comparing
    multiple classifiers through Bayesian analysis", Journal of Machine Learning Research 18, 2017.
    """
    if rope < 0 or prior < 0:
        raise ValueError(f"rope and prior must not be negative; got rope={rope}, prior={prior}.")
    return _largest_share(differences, rope, _draw_weights(len(differences), prior, n_draws, seed))


def _draw_weights(n_blocks: int, prior: float, n_draws: int, seed: int) -> np.ndarray:
    """Draws of the posterior: the weight of the prior, then of each difference."""
    rng = np.random.default_rng(seed)
    strengths = np.append(prior, np.ones(n_blocks))
    # gamma variables over their sum are Dirichlet; a strength of zero gives a weight of zero
    weights = rng.standard_gamma(strengths, size=(n_draws, n_blocks + 1))
    return weights / weights.sum(axis=1, keepdims=True)


def _largest_share(
    differences: np.ndarray, rope: float, weights: np.ndarray
) -> tuple[float, float, float]:
    values = np.append(0.0, differences)
    sums = values[:, None] + values
    right = (sums > 2 * rope) + 0.5 * ((sums == 2 * rope) & (rope > 0))
    left = (sums < -2 * rope) + 0.5 * ((sums == -2 * rope) & (rope > 0))
    sides = [((weights @ side) * weights).sum(axis=1) for side in (left, right)]
    shares = np.column_stack([sides[0], 1 - sides[0] - sides[1], sides[1]])
    # sums of weights differ in the last digits by the order of adding
    largest = shares >= shares.max(axis=1, keepdims=True) - 1e-12
    chances = (largest / largest.sum(axis=1, keepdims=True)).mean(axis=0)
    return float(chances[0]), float(chances[1]), float(chances[2])
