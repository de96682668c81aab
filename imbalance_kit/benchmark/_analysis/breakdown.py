"""Where methods help: against the best baseline, by kind of data set, and under stress.

In every difference here more is better, whatever the metric. A verdict is read off the interval: a
difference whose interval holds zero is a tie.
"""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from imbalance_kit.benchmark._analysis.intervals import bootstrap_interval
from imbalance_kit.benchmark._analysis.statistics import (
    BASELINES,
    by_source,
    finished_by_all,
    rank_pairs,
    same_learner_references,
    table,
    towards_better,
    tried_by_all,
)
from imbalance_kit.benchmark._analysis.table_kinds import (
    GROUPINGS,
    describe_datasets,
    group_datasets,
)


def verdicts(limits: pd.DataFrame) -> np.ndarray:
    """Read intervals of differences: "better", "tied", "worse", or "" where there is none."""
    low, high = limits["low"].to_numpy(dtype=float), limits["high"].to_numpy(dtype=float)
    return np.select([np.isnan(low), low > 0, high < 0], ["", "better", "worse"], "tied")


def _used(filled: pd.DataFrame, finished_only: bool) -> pd.DataFrame:
    return finished_by_all(filled) if finished_only else tried_by_all(filled)


def improvement(
    filled: pd.DataFrame, metric: str = "auprc", *, finished_only: bool = False, seed: int = 0
) -> pd.DataFrame:
    """What each method adds to the best baseline of its learner.

    The baselines are the learner untouched, with class weights and with a tuned threshold. One is
    chosen for the metric by its mean over all base sources. The harder comparison chooses on each
    data set the one that did best there; it profits from chance, as the method does not.

    Parameters
    ----------
    filled : DataFrame
        Output of :func:`fill_failures`.
    metric : str
        A key of ``METRICS``.
    finished_only : bool
        Use only the data sets on which every pair finished every split.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    DataFrame
        Indexed by ``pair``, in the order of names: ``learner``, ``baseline`` (the method chosen),
        ``improvement`` with ``low`` and ``high`` and ``verdict``, ``hard_improvement`` with
        ``hard_low``, ``hard_high`` and ``hard_verdict``, ``n_blocks``. Intervals are of one pair
        each, not corrected for their number; the corrected test is ``compare``.
    """
    cells = _used(filled, finished_only)
    pairs = cells[["pair", "method", "learner"]].astype(str).drop_duplicates().sort_values("pair")
    values = towards_better(table(cells, metric), metric)
    lost = _never_finished(cells)
    parts = []
    for learner, rows in pairs.groupby("learner", sort=True):
        baselines = {name: f"{name} / {learner}" for name in BASELINES}
        baselines = {name: pair for name, pair in baselines.items() if pair in values}
        rivals = [
            pair
            for pair, method in zip(rows["pair"], rows["method"], strict=True)
            if method not in BASELINES and pair in values
        ]
        if baselines and rivals:
            found = _improvement_of(values, rivals, baselines, seed)
            for prefix in ("", "hard_"):
                found[f"{prefix}verdict"] = _behind(found[f"{prefix}verdict"], lost)
            parts.append(found.assign(learner=learner))
    columns = ["learner", "baseline", "improvement", "low", "high", "verdict"]
    columns += ["hard_improvement", "hard_low", "hard_high", "hard_verdict", "n_blocks"]
    if not parts:
        return pd.DataFrame(columns=columns, index=pd.Index([], name="pair"))
    return pd.concat(parts).sort_index()[columns].rename_axis("pair")


def _improvement_of(
    values: pd.DataFrame, rivals: list[str], baselines: dict[str, str], seed: int
) -> pd.DataFrame:
    """Rows of one learner: pairs against its best baseline, overall and on each data set."""
    candidates = values[list(baselines.values())]
    means = by_source(candidates).mean()
    # equal means go to the baseline that does less; all NaN is no reason to stop
    chosen = max(baselines, key=lambda name: np.nan_to_num(means[baselines[name]], nan=-np.inf))
    outcome = pd.DataFrame({"baseline": chosen}, index=rivals)
    references = {"": values[baselines[chosen]], "hard_": candidates.max(axis=1)}
    for prefix, reference in references.items():
        blocks = by_source(values[rivals].sub(reference, axis=0))
        limits = bootstrap_interval(blocks, seed=seed)
        outcome[f"{prefix}improvement"] = blocks.mean()
        outcome[[f"{prefix}low", f"{prefix}high"]] = limits
        outcome[f"{prefix}verdict"] = verdicts(limits)
        outcome["n_blocks"] = blocks.notna().sum()
    return outcome


def _never_finished(cells: pd.DataFrame) -> set[str]:
    """Pairs of which no cell finished."""
    lost = cells.groupby("pair")["failed"].all()
    return set(lost.index[lost])


def _behind(verdict: pd.Series, lost: set[str]) -> pd.Series:
    """Verdicts, in which a pair that never finished is worse than any that did."""
    return verdict.mask(verdict.index.isin(lost) & verdict.ne(""), "worse")


def breakdown(
    filled: pd.DataFrame,
    by: str,
    metric: str = "auprc",
    *,
    finished_only: bool = False,
    seed: int = 0,
) -> pd.DataFrame:
    """Scores, ranks and differences to the untouched learner within groups of data sets.

    Parameters
    ----------
    filled : DataFrame
        Output of :func:`fill_failures`.
    by : str
        A key of ``GROUPINGS``.
    metric : str
        A key of ``METRICS``.
    finished_only : bool
        Use only the data sets on which every pair finished every split.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    DataFrame
        One row per group and pair: ``group``, ``pair``, ``score`` with ``low`` and ``high`` (as
        measured), ``mean_rank`` with ``rank_low`` and ``rank_high`` (within the group),
        ``reference`` (the untouched pair of the learner, or ""), ``difference`` to it (more is
        better) with ``difference_low``, ``difference_high`` and ``verdict``, ``n_datasets``,
        ``n_blocks``. Groups without a data set are absent. Stressed data sets are left out, unless
        the run holds no others.
    """
    cells = _unstressed(_used(filled, finished_only))
    labels = group_datasets(cells, by)
    order = GROUPINGS[by].labels or tuple(sorted(labels.unique()))
    parts = []
    for label in order:
        part = cells[cells["dataset"].isin(labels.index[labels == label])]
        if len(part):
            parts.append(_group_rows(part, metric, seed).assign(group=label))
    columns = ["group", "pair", "score", "low", "high", "mean_rank", "rank_low", "rank_high"]
    columns += ["reference", "difference", "difference_low", "difference_high", "verdict"]
    columns += ["n_datasets", "n_blocks"]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns]


def _unstressed(cells: pd.DataFrame) -> pd.DataFrame:
    if "stress" not in cells:
        return cells
    plain = cells[cells["stress"].fillna("").eq("")]
    return plain if len(plain) else cells


def _group_rows(part: pd.DataFrame, metric: str, seed: int) -> pd.DataFrame:
    """Rows of one group."""
    values = table(part, metric)
    blocks = by_source(values)
    limits = bootstrap_interval(blocks, seed=seed)
    ranks = rank_pairs(part, metric).blocks
    rank_limits = bootstrap_interval(ranks, seed=seed).clip(1, ranks.shape[1])
    references = same_learner_references(part)
    compared = [pair for pair in values if pair in references and references[pair] in values]
    turned = towards_better(values, metric)
    gains = by_source(
        pd.DataFrame({pair: turned[pair] - turned[references[pair]] for pair in compared})
        if compared
        else turned[[]]
    )
    gain_limits = bootstrap_interval(gains, seed=seed)
    rows = pd.DataFrame({"score": blocks.mean()}, index=values.columns)
    rows[["low", "high"]] = limits
    rows["mean_rank"] = ranks.mean()
    rows[["rank_low", "rank_high"]] = rank_limits
    rows["reference"] = [references[pair] if pair in compared else "" for pair in values]
    rows["difference"] = gains.mean()
    rows[["difference_low", "difference_high"]] = gain_limits.reindex(rows.index)
    rows["verdict"] = pd.Series(verdicts(gain_limits), index=gain_limits.index, dtype=object)
    lost = _never_finished(part)
    behind = {pair for pair in lost if references.get(pair) not in lost}
    rows["verdict"] = _behind(rows["verdict"].fillna(""), behind)
    rows["n_datasets"] = values.notna().sum()
    rows["n_blocks"] = blocks.notna().sum()
    return rows.rename_axis("pair").reset_index()


def stress_effects(filled: pd.DataFrame, metric: str = "auprc", *, seed: int = 0) -> pd.DataFrame:
    """What label noise, missing values and further imbalance cost, paired with the data as it was.

    Parameters
    ----------
    filled : DataFrame
        Output of :func:`fill_failures`.
    metric : str
        A key of ``METRICS``.
    seed : int
        Seed of the bootstrap.

    Returns
    -------
    DataFrame
        One row per kind of stress, dose and pair: ``kind``, ``dose``, ``pair``, ``score`` and
        ``parent_score`` (means over base sources, as measured), ``difference`` (stressed minus
        parent, more is better) with ``low``, ``high`` and ``verdict``, ``n_datasets``,
        ``n_blocks``. Stressed data sets whose parent is not in the run are left out.
    """
    columns = ["kind", "dose", "pair", "score", "parent_score", "difference", "low", "high"]
    columns += ["verdict", "n_datasets", "n_blocks"]
    values = _by_split(filled, metric) if "stress" in filled else pd.DataFrame()
    parents = find_parents(filled)
    parts = []
    for kind, dose in sorted(set(zip(parents["kind"], parents["dose"], strict=True))):
        group = parents[(parents["kind"] == kind) & (parents["dose"] == dose)]
        known = group[group.index.isin(values.index.get_level_values("dataset"))]
        known = known[known["parent"].isin(values.index.get_level_values("dataset"))]
        if known.empty:
            continue
        paired = [_on_common_splits(values, *names) for names in known["parent"].items()]
        after, before = (
            pd.DataFrame(list(means), index=known.index) for means in zip(*paired, strict=True)
        )
        both = after.notna() & before.notna()
        index = pd.MultiIndex.from_arrays([known["source"], known.index])
        index.names = ["source", "dataset"]
        after, before, both = (
            frame.set_axis(index, axis="index") for frame in (after, before, both)
        )
        blocks = by_source(towards_better(after - before, metric))
        limits = bootstrap_interval(blocks, seed=seed)
        rows = limits.assign(
            kind=kind,
            dose=dose,
            score=by_source(after.where(both)).mean(),
            parent_score=by_source(before.where(both)).mean(),
            difference=blocks.mean(),
            verdict=verdicts(limits),
            n_datasets=both.sum(),
            n_blocks=blocks.notna().sum(),
        )
        parts.append(rows[rows["n_datasets"] > 0].rename_axis("pair").reset_index())
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True)[columns]


def _by_split(filled: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Scores with a row for each data set and split, a column for each pair."""
    placed = filled.assign(**{name: filled.get(name, 0) for name in ("repeat", "fold")})
    return placed.set_index(["dataset", "repeat", "fold", "pair"])[metric].unstack("pair")


def _on_common_splits(values: pd.DataFrame, one: str, other: str) -> tuple[pd.Series, pd.Series]:
    """Means of each pair on two data sets, over the splits that it was tried on in both."""
    rows = values.index.get_level_values("dataset")
    first, second = (values[rows == name].droplevel("dataset") for name in (one, other))
    common = first.index.intersection(second.index)
    first, second = first.loc[common], second.loc[common]
    both = first.notna() & second.notna()
    return first.where(both).mean(), second.where(both).mean()


def find_parents(filled: pd.DataFrame) -> pd.DataFrame:
    """Match stressed data sets with the data set they were made from.

    A stressed data set is named by its parent and its stress, as in "german, noise 20".

    Returns
    -------
    DataFrame
        Indexed by the stressed ``dataset``: ``parent``, ``source``, ``kind`` and ``dose``.
    """
    facts = describe_datasets(filled)
    plain = set(facts.index[facts["stress"] == ""])
    rows = {}
    for dataset, source, stress in facts[["source", "stress"]].itertuples():
        named = re.fullmatch(r"(\D+?)\s+([\d.]+)", stress)
        parent = dataset.removesuffix(f", {stress}")
        if named and parent in plain:
            rows[dataset] = (parent, source, named[1], float(named[2]))
    return pd.DataFrame.from_dict(
        rows, orient="index", columns=["parent", "source", "kind", "dose"]
    ).rename_axis("dataset")
