"""Report of the study of mixed trees, from the stored cells.

A method is compared where it and all rivals have cells, tables of one source are averaged, and
every cell is one row of the file. Brier score and log loss are compared as ratios, by geometric
means. A table on which a score is near zero for all methods has no meaningful ratio: `FLOOR` is
added to both sides.
"""

import csv
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon
from strong_learner_methods import MIXED, ORACLE, RIVALS
from strong_learner_scores import SCORES

FLOOR = {"brier": 1e-3, "log_loss": 5e-3}
SIZES = (0, 500, 2_000, 6_000, 30_000, np.inf)
_ALL_SOURCES = {
    "suite, more classes, large": ("suite", "classes", "large"),
    "suite, more classes, large, made": ("suite", "classes", "large", "made"),
}
SECONDS = ["fit_seconds", "predict_seconds"]


def read(file: Path) -> pd.DataFrame:
    """Cells of the file; the scores of a method with an error are missing."""
    with file.open(newline="") as opened:
        frame = pd.DataFrame(csv.DictReader(opened))
    for name in ["rows", "classes", "seed", *SCORES, *SECONDS]:
        frame[name] = frame[name].replace("", "nan").astype(float)
    return frame.drop_duplicates(["table", "seed", "method"], keep="last")


def complete(frame: pd.DataFrame, methods: Iterable[str]) -> pd.DataFrame:
    """Mean over the splits of each table and method, of the splits that all methods have."""
    methods = list(methods)
    own = frame[frame["method"].isin(methods) & frame["auprc"].notna()]
    found = own.groupby(["table", "seed"])["method"].transform("nunique")
    return _means(own[found == len(methods)])


def _means(frame: pd.DataFrame) -> pd.DataFrame:
    keys = ["group", "table", "source", "rows", "classes", "method"]
    return frame.groupby(keys, as_index=False)[[*SCORES, *SECONDS]].mean()


def _pivot(cells: pd.DataFrame, name: str) -> pd.DataFrame:
    return cells.pivot_table(index=["source", "table"], columns="method", values=name)


def wide(cells: pd.DataFrame, name: str, by: str = "table") -> pd.DataFrame:
    """Mean of a score: a row for each table (or source), a column for each method."""
    return _pivot(cells, name).groupby(level=by).mean()


def ratio(cells: pd.DataFrame, name: str, by: str = "table") -> pd.DataFrame:
    """Logarithm of each method's score over that of the best rival on the table."""
    logs = np.log(_pivot(cells, name) + FLOOR[name])
    best = logs[list(RIVALS)].min(axis=1)
    return logs.sub(best, axis=0).groupby(level=by).mean()


def against_one(difference: pd.Series) -> str:
    """Wins-ties-losses and the p value of the signed-rank test, over sources."""
    values = difference.round(6).to_numpy()
    p = wilcoxon(values).pvalue if values.any() else 1.0
    won, tied, lost = ((np.sign(values) == sign).sum() for sign in (1, 0, -1))
    return f"{won}-{tied}-{lost} p {p:.4f}"


def summary(cells: pd.DataFrame) -> None:
    """Means over sources of every method, and mixed trees against each."""
    auprc = wide(cells, "auprc", "source")
    ranks = auprc.round(6).rank(axis=1, ascending=False).mean()
    n_tables = cells["table"].nunique()
    print(f"{n_tables} tables of {len(auprc)} sources; ratios to LightGBM in processor seconds")
    print(
        f"{'':26}{'AUPRC':>7}{'rank':>6}{'Brier':>8}{'log loss':>9}{'/single':>9}{'/single':>9}"
        f"{'slope':>7}{'fit':>8}{'predict':>8}   AUPRC of mixed trees against it"
    )
    means = {name: wide(cells, name, "source") for name in ("brier", "log_loss")}
    singles = {name: _to_best_on_average(cells, name) for name in FLOOR}
    slopes = wide(cells, "slope").median()
    for name in ranks.sort_values().index:
        seconds = [_seconds_ratio(cells, name, "LightGBM", kind) for kind in SECONDS]
        against = against_one(auprc[MIXED] - auprc[name]) if MIXED in auprc else ""
        print(
            f"{name:26}{auprc[name].mean():>7.4f}{ranks[name]:>6.2f}"
            f"{means['brier'][name].mean():>8.4f}{means['log_loss'][name].mean():>9.4f}"
            f"{singles['brier'][name]:>9.3f}{singles['log_loss'][name]:>9.3f}"
            f"{slopes[name]:>7.2f}{seconds[0]:>8.1f}{seconds[1]:>8.1f}   "
            f"{against if name != MIXED else ''}"
        )


def _to_best_on_average(cells: pd.DataFrame, name: str) -> pd.Series:
    """Geometric mean ratio over sources to the rival whose own is the lowest."""
    logs = ratio(cells, name, "source").mean()
    return np.exp(logs - logs[list(RIVALS)].min())


def _seconds_ratio(cells: pd.DataFrame, method: str, other: str, kind: str) -> float:
    seconds = wide(cells, kind)
    return float((seconds[method] / seconds[other].clip(lower=1e-3)).median())


def probabilities(cells: pd.DataFrame) -> None:
    """Tables on which mixed trees lose more than 2 % to the best rival of the table."""
    for name in FLOOR:
        logs = ratio(cells, name)[MIXED]
        lost = logs[logs > np.log(1.02)].sort_values(ascending=False)
        by_source = np.exp(ratio(cells, name, "source")[MIXED].mean())
        print(
            f"{name}: {by_source:.3f} of the best rival of each table (geometric mean over "
            f"sources); lower on {(logs <= 0).sum()} of {len(logs)}, more than 2 % higher on "
            f"{len(lost)}"
        )
        print("   " + ", ".join(f"{table} {np.exp(log):.2f}" for table, log in lost.items()))


def calibration(cells: pd.DataFrame, methods: list[str]) -> None:
    """Slopes and predicted over true frequency by training rows."""
    print(f"{'slope (0 to 5): mean, median':32}" + "".join(f"{name:>22}" for name in methods))
    for low, high in pairwise(SIZES):
        own = cells[(cells["rows"] > low) & (cells["rows"] <= high)]
        if own.empty:
            continue
        slopes, frequencies = wide(own, "slope"), wide(own, "frequency")
        label = f"{low:g} to {high:g} rows ({len(slopes)})"
        values = [f"{slopes[m].clip(0, 5).mean():.2f} {slopes[m].median():.2f}" for m in methods]
        print(f"{label:32}" + "".join(f"{value:>22}" for value in values))
        values = [f"{frequencies[m].mean():.2f} {frequencies[m].median():.2f}" for m in methods]
        print(f"{'   predicted / true':32}" + "".join(f"{value:>22}" for value in values))


def seconds(cells: pd.DataFrame) -> None:
    """Processor seconds of mixed trees over LightGBM's and CatBoost's, by training rows."""
    for low, high in pairwise(SIZES):
        own = cells[(cells["rows"] > low) & (cells["rows"] <= high)]
        if own.empty:
            continue
        parts = []
        for other in ("LightGBM", "CatBoost"):
            fit, predict = (_seconds_ratio(own, MIXED, other, kind) for kind in SECONDS)
            total = own.groupby("method")["fit_seconds"].sum()
            parts.append(
                f"{other}: fit {fit:.2f} (sums {total[MIXED] / total[other]:.2f}), "
                f"predict {predict:.2f}"
            )
        print(f"   {low:g} to {high:g} rows: " + "; ".join(parts))


def one_by_one(cells: pd.DataFrame, frame: pd.DataFrame, methods: list[str]) -> None:
    """AUPRC, Brier score and slope of every table."""
    oracle = frame[frame["method"] == ORACLE].groupby("table")[list(SCORES)].mean()
    names = [*methods, *([ORACLE] if len(oracle) else [])]
    print(f"{'AUPRC Brier slope':34}" + "".join(f"{name:>23}" for name in names))
    order = cells.sort_values(["group", "source", "rows"])["table"].unique()
    for table in order:
        own = cells[cells["table"] == table].set_index("method")
        values = [_short(own.loc[name]) if name in own.index else "" for name in methods]
        if table in oracle.index:
            values.append(_short(oracle.loc[table]))
        print(f"{table:34}" + "".join(f"{value:>23}" for value in values))


def _short(row: pd.Series) -> str:
    return f"{row['auprc']:.3f} {row['brier']:.5f} {row['slope']:.2f}"


def report(file: Path, title: str) -> None:
    frame = read(file)
    failed = frame[frame["error"].fillna("") != ""]
    print(f"=== {title}: {len(frame)} cells, {len(failed)} failed")
    for _, row in failed.iterrows():
        print(f"   {row['table']}, {row['method']}: {row['error']}")
    searched = [name for name in frame["method"].unique() if "trials" in name]
    plain = [name for name in frame["method"].unique() if name not in (*searched, ORACLE)]
    small = [name for name in plain if name in (*RIVALS, MIXED)]
    if not set(RIVALS) <= set(plain):
        print("not all rivals have cells yet")
        return
    titles = {"suite": "Suite, rarest class against the rest", "classes": "More than two classes"}
    for group in ("suite", "classes", "large", "made"):
        own = frame[frame["group"] == group]
        cells = complete(own, small)
        if cells.empty:
            continue
        print(f"\n--- {titles.get(group, group.capitalize() + ' tables')}")
        summary(cells)
        beside = complete(own, plain)
        if len(plain) > len(small) and len(beside):
            print("beside baselines, forests and bags, on the splits that all have:")
            summary(beside)
        if MIXED in small:
            probabilities(cells)
            seconds(cells)
        shown = [name for name in (MIXED, *RIVALS) if name in small]
        calibration(cells, shown)
        one_by_one(_means(own[own["method"].isin(shown)]), own, shown)
    if searched and MIXED in plain:
        print("\n--- Against searched rivals, suite")
        cells = complete(frame[frame["group"] == "suite"], [*small, *searched])
        if len(cells):
            summary(cells)
    for name, groups in _ALL_SOURCES.items():
        all_sources(frame[frame["group"].isin(groups)], name, small, searched)


def all_sources(frame: pd.DataFrame, title: str, methods: list[str], searched: list[str]) -> None:
    """Each source once: the mean over its tables of all groups.

    The comparison of each group above was planned; this one was added when the cells of
    the confirming role had been seen.
    """
    cells = complete(frame, methods)
    if cells.empty:
        return
    print(f"\n--- All sources: {title}; each source once (added after confirming cells were seen)")
    summary(cells)
    for name in searched:
        both = complete(frame, [MIXED, name])
        if len(both):
            auprc = wide(both, "auprc", "source")
            print(
                f"{name:26}{auprc[name].mean():>7.4f} ({MIXED} {auprc[MIXED].mean():.4f}), "
                f"{len(auprc)} sources: {against_one(auprc[MIXED] - auprc[name])}"
            )


def report_parts(whole: Path, file: Path, title: str) -> None:
    """Mixed trees without a part against the whole, over the sources of each group."""
    both = pd.concat([read(whole), read(file)])
    parts = [name for name in read(file)["method"].unique() if name != ORACLE]
    print(f"=== {title}: parts of mixed trees; ratios are to the whole")
    for group in both["group"].unique():
        cells = complete(both[both["group"] == group], [MIXED, *parts])
        if cells.empty:
            continue
        auprc = wide(cells, "auprc", "source")
        ranks = auprc.round(6).rank(axis=1, ascending=False).mean()
        print(
            f"--- {group}: {cells['table'].nunique()} tables of {len(auprc)} sources\n"
            f"{'':26}{'AUPRC':>7}{'rank':>6}{'Brier':>8}{'log loss':>9}{'slope':>7}{'fit':>6}"
            f"{'predict':>9}   AUPRC of the whole against it"
        )
        for name in (MIXED, *parts):
            ratios = [_to_whole(cells, score, name) for score in FLOOR]
            spent = [_seconds_ratio(cells, name, MIXED, kind) for kind in SECONDS]
            against = "" if name == MIXED else against_one(auprc[MIXED] - auprc[name])
            print(
                f"{name:26}{auprc[name].mean():>7.4f}{ranks[name]:>6.2f}{ratios[0]:>8.3f}"
                f"{ratios[1]:>9.3f}{wide(cells, 'slope')[name].median():>7.2f}{spent[0]:>6.2f}"
                f"{spent[1]:>9.2f}   {against}"
            )


def _to_whole(cells: pd.DataFrame, score: str, name: str) -> float:
    each = np.log(_pivot(cells, score) + FLOOR[score])
    return float(np.exp((each[name] - each[MIXED]).groupby("source").mean().mean()))
