"""Which pair to expect most of on a table, and which differences are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from imbalance_kit.advisor._evidence import Evidence, predicted_seconds
from imbalance_kit.advisor._similarity import FEATURES, distances_to, similarities
from imbalance_kit.benchmark._analysis.statistics import UNTOUCHED
from imbalance_kit.metrics._bootstrap import bootstrap_counts

#: With fewer base sources nothing is preferred to anything.
MIN_SOURCES = 5
N_DRAWS = 500
TUNING_FOLDS = 5

#: How much is done: 0 nothing; 1 to decisions, weights or probabilities, or by more learners on the
#: rows as they are; 2 all that changes the training rows.
_EFFORT = {
    UNTOUCHED: 0,
    "mixed trees": 0,  # a learner of its own, which re-balances nothing
    "threshold": 1,
    "threshold, cross-validated": 1,
    "class weight": 1,
    "logit adjustment": 1,
    "minimum expected cost": 1,
    "temperature scaling": 1,
    "Venn-Abers": 1,
    "bagging": 1,
    "class weight, recalibrated": 1,
    "focal loss, recalibrated": 1,
}
_MOST_EFFORT = 2


@dataclass(frozen=True)
class Settings:
    """What was chosen on the sources of role "choose"; see ``benchmarks/studies/advisor.py``.

    Attributes
    ----------
    bandwidth : float
        Distance at which a table counts .6 of an equal one.
    shrinkage : float
        So many similar tables weigh as much as the mean over all.
    tie_level : float
        Level of the interval inside which a difference is called a tie.
    features : tuple of str
        Meta-features of the similarity.
    """

    bandwidth: float = 0.8
    shrinkage: float = 10.0
    tie_level: float = 0.8
    features: tuple[str, ...] = FEATURES


@dataclass(frozen=True, eq=False)
class Expectation:
    """What to expect of every pair on one table.

    Attributes
    ----------
    pairs : DataFrame
        By pair: ``method``, ``learner``, ``gain`` over the reference with ``low`` and ``high``
        (95 %), ``n_sources``, ``effort``, ``seconds``, ``beats_reference``; in order of
        recommendation.
    reference : str
        The untouched learner that is best for this table.
    picked : str
        The first pair.
    best : str
        The pair with the largest expected gain.
    similarity : Series
        Of each data set of the evidence to the table, in (0, 1].
    """

    pairs: pd.DataFrame
    reference: str
    picked: str
    best: str
    similarity: pd.Series


def rank_methods(
    evidence: Evidence,
    facts: Mapping[str, float],
    metric: str,
    settings: Settings = Settings(),
    *,
    budget: float | None = None,
) -> Expectation:
    """Rank the pairs of the evidence for one table.

    The expected gain of a pair over an untouched learner is the mean over base sources, of which
    similar ones count more, shrunk towards the plain mean over sources: with few similar tables
    what is best on average is best.

    The pair with the largest gain is recommended unless a simpler one is tied with it: one that
    does less to the rows, the difference being 0 within its bootstrap interval over sources.

    Parameters
    ----------
    evidence : Evidence
    facts : mapping of str to float
        Meta-features of the table.
    metric : str
    settings : Settings
    budget : float, optional
        Seconds; pairs whose predicted fit takes longer are left out. The untouched ones stay.

    Returns
    -------
    Expectation
    """
    distance = distances_to(evidence.tables, facts, settings.features)
    nearness = similarities(distance, settings.bandwidth)
    goodness = evidence.goodness(metric)
    local, overall, weight, present = _by_source(evidence, goodness, nearness)
    kappa = settings.shrinkage
    seconds = predicted_seconds(evidence, facts["n_rows"], facts["n_features"])
    if metric.endswith("_tuned"):
        seconds = seconds * (1 + TUNING_FOLDS)

    untouched = evidence.pairs.index[evidence.pairs["method"] == UNTOUCHED]
    if budget is not None and (seconds[untouched] <= budget).any():
        untouched = untouched[seconds[untouched] <= budget]
    places = goodness.columns.get_indexer(untouched)
    whole = present[:, places].all(axis=1)
    once = np.ones((1, len(weight)))
    level = _shrunk(
        local[whole][:, places],
        overall[whole][:, places],
        weight[whole],
        present[whole][:, places],
        kappa,
        once[:, : whole.sum()],
    )[0]
    if not np.isfinite(level).any():
        raise ValueError("The evidence holds no untouched learner to compare with.")
    reference = str(untouched[int(np.nanargmax(level))])

    at = int(goodness.columns.get_indexer(pd.Index([reference]))[0])
    known = present & present[:, [at]]
    with np.errstate(invalid="ignore"):
        local, overall = local - local[:, [at]], overall - overall[:, [at]]
    counts = bootstrap_counts(len(weight), N_DRAWS, seed=0)
    gain = _shrunk(local, overall, weight, known, kappa, once)[0]
    drawn = _shrunk(local, overall, weight, known, kappa, counts)
    n_sources = known.sum(axis=0)

    table = evidence.pairs.copy()
    table["gain"], table["n_sources"] = gain, n_sources
    tail = 50 * (1 - settings.tie_level)
    with np.errstate(invalid="ignore"):
        limits = np.nanpercentile(drawn, [2.5, 97.5, tail], axis=0)
    enough = (n_sources >= MIN_SOURCES) & (table.index != reference)
    table["low"] = np.where(enough, limits[0], np.nan)
    table["high"] = np.where(enough, limits[1], np.nan)
    table["effort"] = [_EFFORT.get(method, _MOST_EFFORT) for method in table["method"]]
    table["seconds"] = seconds
    table["beats_reference"] = enough & (limits[2] > 0)
    table = table.drop(index=_copies_of_untouched(evidence.pairs, goodness))
    if budget is not None:
        table = table[(table["seconds"] <= budget) | (table.index == reference)]
    table = table[table["gain"].notna()]

    best = str(table.index[np.lexsort((table.index, table["effort"], -table["gain"]))[0]])
    draws = pd.DataFrame(drawn, columns=goodness.columns)
    picked = _simplest_of_the_tied(table, draws, best, reference, tail)
    rest = table.drop(index=picked)
    order = np.lexsort((rest.index, rest["seconds"], rest["effort"], -rest["gain"]))
    table = pd.concat([table.loc[[picked]], rest.iloc[order]])
    similarity = pd.Series(nearness, index=evidence.tables.index)
    return Expectation(table, reference, picked, best, similarity)


def _simplest_of_the_tied(
    table: pd.DataFrame, draws: pd.DataFrame, best: str, reference: str, tail: float
) -> str:
    """The pair with the least effort of those that are tied with the best, the best of them."""
    effort = table["effort"]
    # what does no more to the rows than the reference need not be surely better
    leads = effort[best] <= effort[reference] or table.loc[best, "beats_reference"]
    leader = best if leads else reference
    ahead = draws[leader].to_numpy()[:, None] - draws[table.index].to_numpy()
    with np.errstate(invalid="ignore"):
        behind = np.nanpercentile(ahead, tail, axis=0) > 0
    enough = table["n_sources"].to_numpy() >= MIN_SOURCES
    less = table["effort"].to_numpy() < table.loc[leader, "effort"]
    tied = table[(less & enough & ~behind) | (table.index == leader)]
    order = np.lexsort((tied.index, tied["seconds"], -tied["gain"], tied["effort"]))
    return str(tied.index[order[0]])


def _copies_of_untouched(pairs: pd.DataFrame, goodness: pd.DataFrame) -> list[str]:
    """Pairs that score as their learner left alone does wherever both were tried.

    A tuned threshold changes no ranking and no probability.
    """
    values = goodness.to_numpy(dtype=float)
    place = {pair: number for number, pair in enumerate(goodness.columns)}
    copies = []
    for pair, method, learner in pairs.itertuples():
        alone = place.get(f"{UNTOUCHED} / {learner}")
        if method == UNTOUCHED or alone is None:
            continue
        difference = values[:, place[pair]] - values[:, alone]
        known = ~np.isnan(difference)
        if known.any() and not difference[known].any():
            copies.append(pair)
    return copies


def _by_source(
    evidence: Evidence, goodness: pd.DataFrame, nearness: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """One vote per base source.

    Returns
    -------
    local, overall : ndarray of shape (n_sources, n_pairs)
        Means over the data sets of a source: nearer ones count more, or all the same.
    weight : ndarray of shape (n_sources,)
        Nearness of the nearest data set of a source.
    present : ndarray of shape (n_sources, n_pairs)
        Where a pair was tried on all data sets of a source that any pair was tried on.
    """
    values = goodness.to_numpy(dtype=float)
    tried = ~np.isnan(values).all(axis=1)
    sources, place = np.unique(evidence.tables["source"].to_numpy(dtype=str), return_inverse=True)
    membership = (np.arange(len(sources))[:, None] == place) & tried
    membership = membership.astype(float)
    filled = np.nan_to_num(values)
    missing = membership @ np.isnan(values)
    n_sets = membership.sum(axis=1, keepdims=True)
    weights = membership * np.maximum(nearness, 1e-12)
    with np.errstate(invalid="ignore", divide="ignore"):
        local = (weights @ filled) / weights.sum(axis=1, keepdims=True)
        overall = (membership @ filled) / n_sets
    weight = np.array([np.max(nearness, initial=0.0, where=row.astype(bool)) for row in membership])
    return local, overall, weight, (missing == 0) & (n_sets > 0)


def _shrunk(
    local: np.ndarray,
    overall: np.ndarray,
    weight: np.ndarray,
    present: np.ndarray,
    kappa: float,
    counts: np.ndarray,
) -> np.ndarray:
    """Local means shrunk towards the overall one, for each draw of sources (rows of counts)."""
    there = present.astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = (counts @ np.where(present, overall, 0.0)) / (counts @ there)
        near = counts * weight
        total = near @ np.where(present, local, 0.0)
        return (total + kappa * mean) / (near @ there + kappa)
