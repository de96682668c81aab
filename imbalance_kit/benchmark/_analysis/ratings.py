"""Ratings from meetings of pairs: who scores higher, how often, and the strength that follows.

Two method-learner pairs meet on every data set; the higher mean score wins and equal scores give
each half a win. The meetings on the data sets of one base source together count as one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imbalance_kit.benchmark._analysis.intervals import MIN_BLOCKS
from imbalance_kit.benchmark._analysis.statistics import UNTOUCHED, goodness
from imbalance_kit.metrics._bootstrap import bootstrap_counts, interval_of

REFERENCE_ELO = 1000.0
#: Points that go with odds of ten to one.
SCALE = 400.0
#: Weight of the squared log-strengths. Too small to move a rating, except of a pair that won or
#: lost every meeting: its rating has no finite optimum otherwise.
RIDGE = 1e-7
#: Draws solved at once; bounds the memory, changes nothing else.
_BATCH = 25
_LONGEST_STEP = 2.0
_MAX_STEPS = 100


def default_reference(pairs: Sequence[str]) -> str:
    """Name the pair that stands at 1000: the untouched forest, else the first untouched learner."""
    forest = f"{UNTOUCHED} / forest"
    untouched = sorted(pair for pair in pairs if pair.startswith(f"{UNTOUCHED} / "))
    return forest if forest in pairs else (untouched or sorted(pairs))[0]


def elo(
    filled: pd.DataFrame,
    metric: str = "auprc",
    *,
    reference: str | None = None,
    finished_only: bool = False,
    n_draws: int = 200,
    seed: int = 0,
) -> pd.DataFrame:
    """Rate the pairs on Elo's scale, by Bradley and Terry's model of their meetings.

    A pair that stands 400 points above another is expected to win ten of eleven meetings. Each base
    source has weight one, however many data sets are cut from it.

    Parameters
    ----------
    filled : DataFrame
        Output of :func:`fill_failures`.
    metric : str
        A key of ``METRICS``.
    reference : str
        The pair at 1000; None for the untouched forest or else the first untouched learner.
    finished_only : bool
        Use only the data sets on which every pair finished every split.
    n_draws : int
        Bootstrap samples of base sources.
    seed : int
        Seed of the draws.

    Returns
    -------
    DataFrame
        Indexed by ``pair``, best first: ``elo`` with ``low`` and ``high``, ``win_rate`` (mean share
        of wins against each other pair) with ``win_low`` and ``win_high``, ``n_blocks``. Intervals
        cover 95 % and are NaN with fewer than five sources. Those of ``elo`` are of the distance to
        the reference, so an interval that holds 1000 is a tie with it. ``attrs["reference"]`` names
        it. Empty where fewer than two pairs or no data set can be compared.

    Raises
    ------
    ValueError
        If ``reference`` is not a pair of the run.

    Notes
    -----
    Cost: ``n_draws`` Newton solutions of as many unknowns as pairs.

    References
    ----------
    R. A. Bradley, M. E. Terry, "Rank analysis of incomplete block designs: I. The method of paired
    comparisons", Biometrika 39, 1952; A. E. Elo, "The rating of chessplayers, past and present",
    1978.
    """
    wins, pairs = wins_by_source(goodness(filled, metric, finished_only=finished_only))
    columns = ["elo", "low", "high", "win_rate", "win_low", "win_high"]
    n_blocks = len(wins)
    if n_blocks == 0 or len(pairs) < 2:
        empty = pd.DataFrame(columns=[*columns, "n_blocks"], index=pd.Index([], name="pair"))
        empty.attrs["reference"] = ""
        return empty
    if reference is None:
        reference = default_reference(pairs)
    elif reference not in pairs:
        raise ValueError(
            f"The reference must be a pair of the run; got {reference!r}. "
            f"Its pairs: {'; '.join(pairs)}."
        )
    anchor = pairs.index(reference)
    whole = np.ones((1, n_blocks))
    rated = pd.DataFrame(index=pd.Index(pairs, name="pair"), columns=columns, dtype=float)
    rated["elo"] = _rate(whole, wins, anchor)[0]
    rated["win_rate"] = _mean_rates(whole, wins)[0]
    if n_blocks >= MIN_BLOCKS:
        counts = bootstrap_counts(n_blocks, n_draws, seed)
        rated["low"], rated["high"] = interval_of(
            _rate(counts, wins, anchor), rated["elo"].to_numpy(), n_blocks
        )
        rated["win_low"], rated["win_high"] = np.clip(
            interval_of(_mean_rates(counts, wins), rated["win_rate"].to_numpy(), n_blocks), 0, 1
        )
    rated["n_blocks"] = n_blocks
    rated = rated.iloc[np.lexsort([np.array(pairs), -rated["elo"].to_numpy()])]
    rated.attrs["reference"] = reference
    return rated


@dataclass(frozen=True)
class WinRates:
    """How often the pair of a row beats that of a column, ties counted half.

    Attributes
    ----------
    rates, low, high : DataFrame of shape (n_pairs, n_pairs)
        Shares of wins and their 95 % bootstrap interval over base sources, NaN with fewer than five
        sources. The diagonal is NaN. An interval that holds one half is a tie. Pairs stand in the
        order of their mean share, best first.
    n_blocks : int
        Base sources.
    """

    rates: pd.DataFrame
    low: pd.DataFrame
    high: pd.DataFrame
    n_blocks: int


def win_rates(
    filled: pd.DataFrame,
    metric: str = "auprc",
    *,
    finished_only: bool = False,
    n_draws: int = 1000,
    seed: int = 0,
) -> WinRates:
    """Share of meetings that each pair wins against each other pair, blocked by base source.

    Parameters
    ----------
    filled : DataFrame
        Output of :func:`fill_failures`.
    metric : str
        A key of ``METRICS``.
    finished_only : bool
        Use only the data sets on which every pair finished every split.
    n_draws : int
        Bootstrap samples of base sources.
    seed : int
        Seed of the draws.

    Returns
    -------
    WinRates
    """
    wins, pairs = wins_by_source(goodness(filled, metric, finished_only=finished_only))
    n_blocks, n_pairs = len(wins), len(pairs)
    met = wins + wins.transpose(0, 2, 1)
    rates = _share(wins.sum(axis=0), met.sum(axis=0))
    limits = np.full((2, n_pairs, n_pairs), math.nan)
    if n_blocks >= MIN_BLOCKS:
        counts = bootstrap_counts(n_blocks, n_draws, seed)
        for row in range(n_pairs):  # one row at a time bounds the memory
            drawn = _share(counts @ wins[:, row], counts @ met[:, row])
            limits[:, row] = np.clip(interval_of(drawn, rates[row], n_blocks), 0, 1)
    strength = pd.DataFrame(rates).mean(axis=1).to_numpy()
    order = np.lexsort([np.array(pairs, dtype=str), -strength])
    names = [pairs[place] for place in order]
    ordered, low, high = (
        pd.DataFrame(part[np.ix_(order, order)], index=names, columns=names)
        for part in (rates, *limits)
    )
    return WinRates(ordered, low, high, n_blocks)


def wins_by_source(values: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    """Wins of row over column within each base source, as shares of the meetings there.

    Parameters
    ----------
    values : DataFrame
        Output of ``goodness``; NaN where a pair was never tried.

    Returns
    -------
    wins : ndarray of shape (n_sources, n_pairs, n_pairs)
        ``wins[s, i, j] + wins[s, j, i]`` is the share of the source's data sets on which both were
        tried; the diagonal is zero.
    pairs : list of str
    """
    scores = values.to_numpy(dtype=float)
    n_pairs = scores.shape[1]
    sources, source_of = np.unique(
        values.index.get_level_values("source").to_numpy(dtype=str), return_inverse=True
    )
    wins = np.zeros((len(sources), n_pairs, n_pairs))
    for place, row in zip(source_of, scores, strict=True):
        wins[place] += (row[:, None] > row) + 0.5 * (row[:, None] == row)
    wins /= np.bincount(source_of, minlength=len(sources))[:, None, None]
    wins[:, np.arange(n_pairs), np.arange(n_pairs)] = 0.0
    return wins, [str(pair) for pair in values.columns]


def _share(wins: np.ndarray, met: np.ndarray) -> np.ndarray:
    """Wins over meetings; NaN where two never met, as a pair never meets itself."""
    return np.divide(wins, met, out=np.full(met.shape, math.nan), where=met > 0)


def _mean_rates(counts: np.ndarray, wins: np.ndarray) -> np.ndarray:
    """Mean share of wins over opponents, for each draw: shape (n_draws, n_pairs)."""
    met = wins + wins.transpose(0, 2, 1)
    columns = [
        _mean_known(_share(counts @ wins[:, row], counts @ met[:, row]))
        for row in range(wins.shape[1])
    ]
    return np.column_stack(columns)


def _mean_known(shares: np.ndarray) -> np.ndarray:
    known = ~np.isnan(shares)
    return _share(np.where(known, shares, 0.0).sum(axis=1), known.sum(axis=1).astype(float))


def _rate(counts: np.ndarray, wins: np.ndarray, anchor: int) -> np.ndarray:
    """Elo of every pair for every draw, the anchor at 1000: shape (n_draws, n_pairs)."""
    n_pairs = wins.shape[1]
    flat = wins.reshape(len(wins), -1)
    start = bradley_terry(wins.sum(axis=0, keepdims=True), np.zeros(n_pairs))[0]
    rated = []
    for first in range(0, len(counts), _BATCH):
        drawn = (counts[first : first + _BATCH] @ flat).reshape(-1, n_pairs, n_pairs)
        rated.append(bradley_terry(drawn, start))
    points = np.concatenate(rated) * (SCALE / math.log(10))
    return REFERENCE_ELO + points - points[:, [anchor]]


def bradley_terry(wins: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Log-strengths that make the wins most likely, for a stack of win matrices.

    Minimises ``sum_ij wins_ij log(1 + exp(t_j - t_i)) + RIDGE |t|^2``, logistic regression on which
    pair is which, by Newton's method on all matrices at once. Steps are cut to a length over which
    the curvature stays in bounds, and halved while they do not descend.

    Parameters
    ----------
    wins : ndarray of shape (n_draws, n_pairs, n_pairs)
        Wins of row over column, ties as halves on both sides.
    start : ndarray of shape (n_pairs,)

    Returns
    -------
    ndarray of shape (n_draws, n_pairs)
    """
    n_draws, n_pairs, _ = wins.shape
    met = wins + wins.transpose(0, 2, 1)
    diagonal = np.arange(n_pairs)
    strengths = np.tile(start, (n_draws, 1))
    active = np.arange(n_draws)
    loss = _loss(strengths, wins)
    for _ in range(_MAX_STEPS):
        t, won, games = strengths[active], wins[active], met[active]
        # beyond 709 the exponential overflows
        chance = 1.0 / (1.0 + np.exp(np.clip(t[:, None, :] - t[:, :, None], -700, 700)))
        gradient = (games * chance - won).sum(axis=2) + 2 * RIDGE * t
        curvature = -games * chance * (1.0 - chance)
        curvature[:, diagonal, diagonal] = 2 * RIDGE - curvature.sum(axis=2)
        step = np.linalg.solve(curvature, -gradient[..., None])[..., 0]
        longest = np.abs(step).max(axis=1)
        step *= np.minimum(1.0, _LONGEST_STEP / np.maximum(longest, 1e-300))[:, None]
        for _ in range(_MAX_STEPS):
            tried = _loss(t + step, won)
            # near the optimum rounding may raise the loss of a step that is right
            worse = tried > loss[active] + 1e-9 * np.abs(loss[active])
            if not worse.any():
                break
            step[worse] /= 2
        strengths[active] = t + step
        loss[active] = tried
        active = active[np.abs(step).max(axis=1) > 1e-9]
        if not len(active):
            break
    return strengths


def _loss(t: np.ndarray, wins: np.ndarray) -> np.ndarray:
    behind = t[:, None, :] - t[:, :, None]
    # log(1 + exp(x)) without overflow for large x
    log_sum = np.maximum(behind, 0.0) + np.log1p(np.exp(-np.abs(behind)))
    return (wins * log_sum).sum(axis=(1, 2)) + RIDGE * (t**2).sum(axis=1)
