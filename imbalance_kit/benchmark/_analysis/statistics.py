"""Statistics of a benchmark run: plain functions from frames to frames.

The unit of evidence is the *base source*. Many data sets of a suite are cuts of one table, so they
agree with each other more than strangers would; every mean, interval and test below first averages
within a source and then treats each source as one block.

A *pair* is a method with its learner, written ``"SMOTE / lightgbm"``. A *block table* has one row
per base source and one column per pair.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from imbalance_kit.benchmark._analysis.intervals import MIN_BLOCKS, bootstrap_interval
from imbalance_kit.benchmark._metrics.metric import METRICS, constant_prior_scores
from imbalance_kit.metrics._multiple_tests import holm

UNTOUCHED = "none"
BASELINES = (UNTOUCHED, "class weight", "threshold")

#: What it counts in a test to be compared where nothing finished: more than any score differs by.
LOST = 1e3
SPLIT = ("dataset", "repeat", "fold")


def name_pairs(scores: pd.DataFrame) -> pd.DataFrame:
    """Add the columns ``pair`` ("method / learner") and ``failed`` and put the cells in order.

    A data set without a base source is its own. The order makes sums, and so results, independent
    of the order in which cells finished.
    """
    method, learner = scores["method"].astype(str), scores["learner"].astype(str)
    named = scores.assign(
        pair=method + " / " + learner,
        failed=scores["status"].ne("ok"),
        source=scores["source"].where(scores["source"].notna(), scores["dataset"]).astype(str),
    )
    order = [name for name in ("dataset", "pair", "repeat", "fold") if name in named]
    return named.sort_values(order, kind="stable", ignore_index=True)


def fill_failures(scores: pd.DataFrame) -> pd.DataFrame:
    """Give failed cells the scores of a constant predictor, or of the worst pair that finished.

    The constant predictor answers with the class shares of the data set. It is good at being
    calibrated, better than many a pair that finished; a failure must not be rewarded, so that on
    each split the worse of the two is taken.

    A cell that failed before its class shares were computed takes them from another cell of the
    same data set; where no cell has them, and none finished, the scores stay NaN.
    """
    filled = name_pairs(scores)
    lost = filled["failed"]
    if not lost.any():
        return filled
    known: dict[str, list[float]] = {}
    for dataset, text in zip(filled["dataset"], filled["prior"], strict=True):
        if dataset not in known and isinstance(text, str) and text not in ("", "[]"):
            known[dataset] = json.loads(text)
    constants = pd.DataFrame(
        {dataset: constant_prior_scores(prior) for dataset, prior in known.items()}
    ).T.reindex(columns=list(METRICS))
    split = [filled[name] for name in SPLIT if name in filled]
    for metric, record in METRICS.items():
        if metric in filled:
            finished = filled[metric].where(~lost).groupby(split, dropna=False)
            worst = finished.transform("min" if record.higher_is_better else "max")
            constant = filled["dataset"].map(constants[metric]).astype(float)
            both = pd.concat([constant, worst], axis=1)
            worse = both.min(axis=1) if record.higher_is_better else both.max(axis=1)
            filled[metric] = filled[metric].where(~lost, worse)
    return filled


def table(filled: pd.DataFrame, value: str) -> pd.DataFrame:
    """Mean of ``value`` over the splits of each data set: rows (source, dataset), columns pairs.

    Pairs that were never tried on a data set are NaN there.
    """
    return filled.pivot_table(
        index=["source", "dataset"], columns="pair", values=value, aggfunc="mean", dropna=False
    ).dropna(how="all", axis=0)


def tried_by_all(filled: pd.DataFrame) -> pd.DataFrame:
    """Cells of the splits that every pair was tried on, or all cells where there is none such.

    A run that was stopped, or given more methods or folds later, has pairs on different data sets
    and splits, and their means would compare these rather than pairs.
    """
    n_tried = filled.groupby([filled[name] for name in SPLIT if name in filled])["pair"]
    fair = filled[n_tried.transform("nunique") == filled["pair"].nunique()]
    return fair if len(fair) else filled


def finished_by_all(filled: pd.DataFrame) -> pd.DataFrame:
    """Cells of the data sets that every pair was tried on and on which every cell finished."""
    fair = tried_by_all(filled)
    lost = fair.loc[fair["failed"], "dataset"].unique()
    return fair[~fair["dataset"].isin(lost)]


def by_source(values: pd.DataFrame) -> pd.DataFrame:
    """Average the rows of a (source, dataset) table within each base source."""
    return values.groupby(level="source", sort=True).mean()


def towards_better(values: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Scores, or differences of scores, turned so that more is better."""
    return values if METRICS[metric].higher_is_better else -values


def goodness(filled: pd.DataFrame, metric: str, *, finished_only: bool = False) -> pd.DataFrame:
    """Mean scores over splits turned so that more is better: what pairs are ranked and meet by.

    Parameters
    ----------
    filled : DataFrame
        Output of :func:`fill_failures`.
    metric : str
        A key of ``METRICS``.
    finished_only : bool
        Use only the data sets on which every pair finished every split.

    Returns
    -------
    DataFrame
        Rows (source, dataset), columns pairs. Minus infinity where no split of the pair finished:
        a failure is behind every result, and level with other failures.
    """
    return _rankable(filled, metric, finished_only)[0]


def _rankable(
    filled: pd.DataFrame, metric: str, finished_only: bool
) -> tuple[pd.DataFrame, int, int]:
    """Goodness, and how many data sets lack a pair or have nothing finished."""
    fair = tried_by_all(filled)
    tried = fair.groupby(["source", "dataset", "pair"])["failed"].agg(["all", "any"])
    none_finished = tried["all"].unstack("pair")
    some_failed = tried["any"].unstack("pair").eq(True)
    values = table(fair, metric).reindex(index=none_finished.index, columns=none_finished.columns)
    empty = none_finished.where(none_finished.notna(), True).eq(True).all(axis=1)
    use = ~empty & ~some_failed.any(axis=1) if finished_only else ~empty
    gains = towards_better(values, metric)
    # NaN where something finished: a metric that no split could be scored by is lost, too
    lost = none_finished.eq(True) | (values.isna() & none_finished.notna())
    n_partial = filled["dataset"].nunique() - len(values)
    # a metric that is undefined for all, such as on test rows of one class, is no tie of all
    empty |= (lost | none_finished.isna()).all(axis=1)
    use &= ~empty
    # after turning: in an error, minus infinity would be the best value there is
    return gains.mask(lost, -np.inf)[use], n_partial, int(empty.sum())


@dataclass(frozen=True)
class Ranks:
    """Ranks of the pairs in one metric, 1 is best.

    Attributes
    ----------
    blocks : DataFrame of shape (n_sources, n_pairs)
        Ranks within each base source.
    n_datasets : int
        Data sets that went into them.
    n_partial : int
        Data sets left out because some pair was never tried on them.
    n_empty : int
        Data sets left out because nothing finished on them, or the metric is defined for no pair.
    """

    blocks: pd.DataFrame
    n_datasets: int
    n_partial: int
    n_empty: int

    @property
    def mean(self) -> pd.Series:
        """Mean rank per pair, best first; equal means are ordered by name."""
        means = self.blocks.mean()
        return means.iloc[np.lexsort([means.index.to_numpy(dtype=str), means.to_numpy()])]


def rank_pairs(filled: pd.DataFrame, metric: str, *, finished_only: bool = False) -> Ranks:
    """Rank the pairs within each base source.

    Within a data set the pairs are ranked on their mean over splits; ties share the average rank
    and pairs of which no split finished share the last ranks. The ranks are averaged over the data
    sets of a base source and ranked again, so that each source has one vote and Friedman's
    assumptions (one ranking per block) hold [1]_, [2]_.

    Parameters
    ----------
    filled : DataFrame
        Output of :func:`fill_failures`.
    metric : str
        A key of ``METRICS``.
    finished_only : bool
        Use only the data sets on which every pair finished every split.

    References
    ----------
    .. [1] M. Friedman, "The use of ranks to avoid the assumption of normality implicit in the
       analysis of variance", Journal of the American Statistical Association, 1937.
    .. [2] J. Demšar, "Statistical comparisons of classifiers over multiple data sets", Journal of
       Machine Learning Research 7, 2006.
    """
    values, n_partial, n_empty = _rankable(filled, metric, finished_only)
    ranks = values.rank(axis=1, ascending=False, method="average")
    # ranked again: means of ranks within a source are no ranks, and Friedman's test needs ranks
    blocks = by_source(ranks).rank(axis=1, method="average")
    return Ranks(blocks, len(values), n_partial, n_empty)


@dataclass(frozen=True)
class Friedman:
    """Friedman's test with Nemenyi's critical difference; ``note`` is why there is none."""

    statistic: float
    p_value: float
    critical_difference: float
    n_blocks: int
    n_pairs: int
    note: str = ""


def friedman(blocks: pd.DataFrame, *, alpha: float = 0.05) -> Friedman:
    """Test whether the pairs' ranks differ at all, and by how much mean ranks must differ.

    Two mean ranks further apart than the critical difference ``q * sqrt(k (k + 1) / (6 n))`` differ
    at level ``alpha``, where ``q`` is the quantile of the studentised range over ``k`` pairs and
    infinite degrees of freedom, divided by the square root of two, and ``n`` counts the blocks.

    References
    ----------
    M. Friedman, Journal of the American Statistical Association, 1937; P. Nemenyi,
    "Distribution-free multiple comparisons", PhD thesis, Princeton, 1963; J. Demšar, Journal of
    Machine Learning Research 7, 2006.
    """
    complete = blocks.dropna()
    n_blocks, n_pairs = complete.shape
    note = ""
    if n_pairs < 3:
        note = f"Friedman's test compares three or more pairs; this run has {n_pairs}."
    elif n_blocks < MIN_BLOCKS:
        note = (
            f"Only {n_blocks} base source{'' if n_blocks == 1 else 's'} can be ranked; "
            f"a test needs at least {MIN_BLOCKS}."
        )
    elif (complete.nunique(axis=1) == 1).all():
        note = "Every pair has the same rank everywhere, so there is nothing to test."
    if note:
        return Friedman(math.nan, math.nan, math.nan, n_blocks, n_pairs, note)
    outcome = stats.friedmanchisquare(*complete.to_numpy(dtype=float).T)
    spread = float(stats.studentized_range.ppf(1 - alpha, n_pairs, np.inf)) / math.sqrt(2)
    critical = spread * math.sqrt(n_pairs * (n_pairs + 1) / (6 * n_blocks))
    return Friedman(float(outcome.statistic), float(outcome.pvalue), critical, n_blocks, n_pairs)


def cliques(mean_ranks: np.ndarray, critical_difference: float) -> list[tuple[int, int]]:
    """Longest runs of sorted mean ranks that span no more than the critical difference.

    Parameters
    ----------
    mean_ranks : ndarray of shape (n_pairs,)
        Ascending.
    critical_difference : float
        NaN gives no runs.

    Returns
    -------
    list of (first, last)
        Positions, both inclusive; runs of one and runs inside a longer run are left out.
    """
    runs: list[tuple[int, int]] = []
    furthest = -1
    for first, rank in enumerate(mean_ranks):
        last = int(np.searchsorted(mean_ranks, rank + critical_difference, side="right")) - 1
        if last > first and last > furthest and not math.isnan(critical_difference):
            runs.append((first, last))
            furthest = last
    return runs


def signed_rank(differences: np.ndarray) -> float:
    """Two-sided p of Wilcoxon's signed-rank test, zeros split between the signs.

    All-zero differences give 1; fewer than two values give NaN.

    References
    ----------
    F. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin, 1945; zeros as in
    Demšar (2006).
    """
    known = differences[~np.isnan(differences)]
    if len(known) < 2:
        return math.nan
    if not known.any():
        return 1.0
    return float(stats.wilcoxon(known, zero_method="zsplit").pvalue)


def compare(
    filled: pd.DataFrame, metric: str, references: dict[str, str], *, seed: int = 0
) -> pd.DataFrame:
    """Paired differences of pairs against their references, blocked by base source.

    Parameters
    ----------
    filled : DataFrame
        Output of :func:`fill_failures`.
    metric : str
        A key of ``METRICS``.
    references : dict of str to str
        Pair to the pair it is compared with.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    DataFrame
        One row per compared pair: ``reference``, ``difference`` (pair minus reference, mean over
        sources), its interval ``low`` and ``high``, ``p`` (Wilcoxon's signed rank over sources),
        ``p_holm`` (Holm over all rows), ``wins``, ``ties``, ``losses`` (sources, better is a win),
        ``n_blocks`` and ``verdict``: "better", "worse" or "tied" at 5 % after Holm.
    """
    names = ["difference", "low", "high", "p", "wins", "ties", "losses", "n_blocks"]
    blocks, gains = paired_blocks(filled, metric, references)
    if blocks.empty:
        return pd.DataFrame(columns=["reference", *names, "p_holm", "verdict"])
    outcome = bootstrap_interval(blocks, seed=seed).assign(
        difference=blocks.mean(),
        p=[signed_rank(gains[pair].to_numpy(dtype=float)) for pair in gains],
        wins=(gains > 0).sum(),
        ties=(gains == 0).sum(),
        losses=(gains < 0).sum(),
        n_blocks=blocks.notna().sum(),
    )[names]
    outcome["p_holm"] = holm(outcome["p"].to_numpy(dtype=float))
    # The test looks at ranks of differences, so its direction is theirs and not the mean's, which
    # one extreme data set may turn round.
    direction = [_signed_rank_balance(gains[pair]) for pair in blocks]
    outcome["verdict"] = np.where(
        outcome["p_holm"] < 0.05, np.where(np.array(direction) > 0, "better", "worse"), "tied"
    )
    outcome.insert(0, "reference", [references[str(pair)] for pair in blocks])
    return outcome


def paired_blocks(
    filled: pd.DataFrame, metric: str, references: dict[str, str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Differences of pairs to their references on the splits that both were tried on, by source.

    Parameters
    ----------
    filled : DataFrame
        Output of :func:`fill_failures`.
    metric : str
        A key of ``METRICS``.
    references : dict of str to str
        Pair to the pair it is compared with.

    Returns
    -------
    differences, gains : DataFrame of shape (n_sources, n_compared)
        As measured; and turned so that more is better, with more than ``LOST`` against a pair, or
        for it, where of the two the one finished nothing in the source and the other something.
        NaN where they share no split, both finished nothing, or the metric is undefined.
    """
    split = [name for name in ("source", *SPLIT) if name in filled]
    cells = filled.set_index([*split, "pair"])
    values = cells[metric].unstack("pair")
    finished = (~cells["failed"]).astype(float).unstack("pair")
    named = {
        pair: reference
        for pair, reference in references.items()
        if pair in values and reference in values
    }
    sources = pd.Index(sorted(filled["source"].unique()), name="source")
    if not named:
        return pd.DataFrame(index=sources), pd.DataFrame(index=sources)
    # All pairs at once, a column each: one by one, this takes most of the time of a report.
    value, done = values[list(named)], finished[list(named)]
    value_there, done_there = (
        of_pair[list(named.values())].set_axis(value.columns, axis="columns")
        for of_pair in (values, finished)
    )
    both = done.notna() & done_there.notna()
    by_set = (value - value_there).where(both).groupby(level=["source", "dataset"]).mean()
    blocks = by_set.groupby(level="source").mean()
    one, other = (
        of_pair.where(both).groupby(level="source").max().eq(1.0) for of_pair in (done, done_there)
    )
    blocks = blocks.mask(~one & ~other)
    gains = blocks if METRICS[metric].higher_is_better else -blocks
    # all different, because the exact test of tied ranks takes seconds
    beyond = LOST + both.groupby(level="source").any().cumsum() - 1.0
    gains = gains.mask(one & ~other, beyond).mask(other & ~one, -beyond)
    differences, gains = (table.rename_axis(columns=None) for table in (blocks, gains))
    return differences.reindex(sources), gains.reindex(sources)


def _signed_rank_balance(differences: pd.Series) -> float:
    known = differences.dropna().to_numpy(dtype=float)
    return float((np.sign(known) * stats.rankdata(np.abs(known))).sum())


def same_learner_references(filled: pd.DataFrame) -> dict[str, str]:
    """Map every pair to the untouched baseline of its learner, where the run holds one."""
    pairs = filled[["pair", "method", "learner"]].astype(str).drop_duplicates().sort_values("pair")
    named = list(pairs.itertuples(index=False, name=None))
    untouched = {learner: pair for pair, method, learner in named if method == UNTOUCHED}
    return {
        pair: untouched[learner]
        for pair, method, learner in named
        if method != UNTOUCHED and learner in untouched
    }


def pareto_front(cost: np.ndarray, gain: np.ndarray) -> np.ndarray:
    """Mark the points that no other point beats in both cost (less) and gain (more).

    Of points equal in both all are marked; a point with a NaN never is.

    Returns
    -------
    ndarray of bool of shape (n_points,)
    """
    front = np.zeros(len(cost), dtype=bool)
    for point in np.flatnonzero(~(np.isnan(cost) | np.isnan(gain))):
        no_worse = (cost <= cost[point]) & (gain >= gain[point])
        strictly = (cost < cost[point]) | (gain > gain[point])
        front[point] = not (no_worse & strictly).any()
    return front
