"""The leaderboard: one row per method-learner pair."""

from __future__ import annotations

import numpy as np
import pandas as pd

from imbalance_kit.benchmark._analysis.intervals import bootstrap_interval
from imbalance_kit.benchmark._analysis.statistics import (
    BASELINES,
    by_source,
    fill_failures,
    rank_pairs,
    table,
    tried_by_all,
)
from imbalance_kit.benchmark._metrics.metric import METRICS


def leaderboard(scores: pd.DataFrame) -> pd.DataFrame:
    """One row per method-learner pair, best mean rank in AUPRC first.

    Parameters
    ----------
    scores : DataFrame
        One row per cell, as from ``imbalance_kit.benchmark.scores``.

    Returns
    -------
    DataFrame
        Indexed by ``pair``, with ``method``, ``learner``, ``baseline`` (bool), ``mean_rank``,
        ``rank_low``, ``rank_high`` (95 % bootstrap over base sources), ``mean_rank_finished`` (over
        the data sets on which every pair finished), the mean over base sources of every metric with
        failed cells counted as the constant-prior predictor or as the worst pair that finished on
        the split, whichever is worse, ``auprc_low``, ``auprc_high``,
        ``auprc_finished`` (finished cells only), ``fit_seconds`` and ``predict_seconds`` (median
        over finished cells), ``peak_memory_mb`` (largest), ``n_cells`` and ``failures``. Where the
        run searched for hyper-parameters also ``search_seconds`` and ``n_trials`` (medians), where
        it refitted on bootstrap samples also ``instability`` and ``flips`` (means over base
        sources of the finished cells).

    Notes
    -----
    Ranks and means are over the splits of data sets that every pair was tried on, and give each
    base source the same weight. The counts are over all cells.

    Examples
    --------
    >>> import pandas as pd
    >>> from imbalance_kit.benchmark import leaderboard
    >>> cells = pd.DataFrame({
    ...     "dataset": ["ecoli1", "ecoli1"], "source": ["ecoli", "ecoli"],
    ...     "method": ["none", "SMOTE"], "learner": ["tree", "tree"], "status": ["ok", "ok"],
    ...     "prior": ["[0.9, 0.1]", "[0.9, 0.1]"], "auprc": [0.5, 0.6],
    ...     "fit_seconds": [0.01, 0.02], "predict_seconds": [0.0, 0.0], "peak_memory_mb": [1, 1],
    ... })
    >>> leaderboard(cells)["mean_rank"].to_dict()
    {'SMOTE / tree': 1.0, 'none / tree': 2.0}
    """
    filled = fill_failures(scores)
    ranks = rank_pairs(filled, "auprc")
    finished_ranks = rank_pairs(filled, "auprc", finished_only=True)
    fair = tried_by_all(filled)
    finished = fair[~fair["failed"]]
    grouped = filled.groupby("pair")
    rows = pd.DataFrame(
        {
            "method": grouped["method"].first().astype(str),
            "learner": grouped["learner"].first().astype(str),
        }
    )
    rows["baseline"] = rows["method"].isin(BASELINES)
    rows["mean_rank"] = ranks.blocks.mean()
    rows[["rank_low", "rank_high"]] = bootstrap_interval(ranks.blocks).clip(1, len(rows))
    rows["mean_rank_finished"] = finished_ranks.blocks.mean()
    for metric in METRICS:
        if metric in filled:
            rows[metric] = by_source(table(fair, metric)).mean()
    of_auprc = bootstrap_interval(by_source(table(fair, "auprc")))
    rows[["auprc_low", "auprc_high"]] = of_auprc.clip(0, 1)
    rows["auprc_finished"] = by_source(table(finished, "auprc")).mean()
    for column in ("fit_seconds", "predict_seconds"):
        rows[column] = finished.groupby("pair")[column].median()
    rows["peak_memory_mb"] = finished.groupby("pair")["peak_memory_mb"].max()
    for column in ("search_seconds", "n_trials"):
        if column in finished and finished[column].fillna(0).gt(0).any():
            rows[column] = finished.groupby("pair")[column].median()
    for column in ("instability", "flips"):
        if column in finished and finished[column].notna().any():
            rows[column] = by_source(table(finished, column)).mean()
    rows["n_cells"] = grouped.size()
    rows["failures"] = grouped["failed"].sum()
    order = np.lexsort(
        [rows.index.to_numpy(dtype=str), -rows["auprc"].to_numpy(), rows["mean_rank"].to_numpy()]
    )
    return rows.iloc[order]
