"""Evidence for `imbalance_kit.recommend`, and how good its picks are on tables it has not seen.

    python benchmarks/studies/advisor.py --write-evidence FOLDER...   (results of the benchmark)
    python benchmarks/studies/advisor.py --evaluate --table docs/guide/advisor_table.inc
    python benchmarks/studies/advisor.py --choose                     (five minutes)

`--write-evidence` averages the scores of results folders over splits, a failed cell counting as the
predictor that answers with the class shares, and writes `imbalance_kit/advisor/*.csv`. Runs without
a search are taken where there are both; made damage (noise, gaps) is left out. Facts of a table
that a folder does not hold are measured on the table.

`--evaluate` leaves out each base source in turn, asks the advisor about its tables with the rest as
evidence, and compares the score of its pick with those of four rivals on the same table: the pair
with the best mean over the rest (best fixed), the untouched learner with the best mean over the
rest (untouched), the mean over all pairs (random) and the pair that is best there (oracle). A
number is averaged over the tables of a source, then over sources; intervals are 95 % bootstrap
intervals over sources. "confirm" are the sources on which nothing was chosen.

`--choose` picks the settings by the same game on the sources of role "choose" alone.
"""

import argparse
import itertools
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd

from imbalance_kit.advisor._evidence import (
    METRICS,
    SCORES,
    TABLES,
    Evidence,
    shipped_evidence,
)
from imbalance_kit.advisor._method_ranking import Settings, rank_methods
from imbalance_kit.advisor._similarity import FEATURES
from imbalance_kit.benchmark._analysis.statistics import UNTOUCHED

SIZES = ("n_rows", "n_features", "n_classes", "n_smallest", "log_imbalance", "nominal_share")
LANDMARKS = ("stump", "nearest", "naive_bayes", "logistic", "N1", "safe_share", "outlier_share")
CHOICES = {
    "features": (FEATURES, SIZES, LANDMARKS),
    "bandwidth": (0.3, 0.5, 0.8),
    "shrinkage": (3.0, 10.0, 30.0),
    "tie_level": (0.8, 0.95),
}
JUDGED = ("auprc", "balanced_accuracy", "balanced_accuracy_tuned", "macro_f1_tuned", "brier")
SHOWN = ("best fixed", "untouched", "random", "oracle")
N_DRAWS = 2000


# Evidence --------------------------------------------------------------------------------------


def write_evidence(folders: list[Path], searched: bool) -> None:
    """Write both files from results of the benchmark."""
    from imbalance_kit.benchmark import scores

    write_files(pd.concat([scores(folder) for folder in folders], ignore_index=True), searched)


def write_files(cells: pd.DataFrame, searched: bool) -> None:
    """Write both files from the scores of cells."""
    from imbalance_kit.benchmark._analysis.statistics import fill_failures

    for column, plain in (("stress", ""), ("facts", ""), ("n_trials", 0)):
        cells[column] = cells[column].fillna(plain) if column in cells else plain
    cells = cells[cells["stress"] == ""]
    has_search = cells["n_trials"] > 0
    if has_search.any() and not has_search.all():
        cells = cells[has_search == searched]
    cells = fill_failures(cells.drop_duplicates(["dataset", "method", "learner", "repeat", "fold"]))
    cells.loc[cells["failed"], "fit_seconds"] = np.nan
    means = cells.groupby(["dataset", "method", "learner"], sort=True)[
        [*METRICS, "fit_seconds"]
    ].mean()
    means = means.dropna(subset=["auprc"]).round({"fit_seconds": 4} | dict.fromkeys(METRICS, 5))
    about = cells.groupby("dataset", sort=True)[["source", "role"]].first()
    facts = {name: _facts(name, cells) for name in means.index.unique("dataset")}
    tables = about.join(pd.DataFrame(facts).T.rename_axis("dataset"), how="inner")
    means.reset_index().to_csv(SCORES, index=False)
    tables.to_csv(TABLES, float_format="%.5g")
    print(
        f"{len(tables)} tables of {tables['source'].nunique()} sources, "
        f"{means.reset_index()[['method', 'learner']].drop_duplicates().shape[0]} pairs, "
        f"{len(means)} rows."
    )


def _facts(name: str, cells: pd.DataFrame) -> dict[str, float]:
    told = cells.loc[(cells["dataset"] == name) & (cells["facts"] != ""), "facts"]
    if len(told):
        return json.loads(told.iloc[0])
    from imbalance_kit.complexity import meta_features
    from imbalance_kit.datasets import list_suites, load_suite

    records = {record.name: record for suite in list_suites() for record in load_suite(suite)}
    return meta_features(*records[name].load())


# Expectation -------------------------------------------------------------------------------------


def play(evidence: Evidence, metric: str, settings: Settings, sources: list[str]) -> pd.DataFrame:
    """Leave out each source in turn; one row per table with the goodness of pick and rivals."""
    goodness = evidence.goodness(metric)
    rows = []
    for source in sources:
        rest = evidence.without_source(source)
        known = rest.goodness(metric).groupby(rest.tables["source"]).mean()
        # a mean over other sources would compare sources, not pairs
        means = known[known.notna().all(axis=1)].mean()
        untouched = means[[pair for pair in means.index if pair.startswith(f"{UNTOUCHED} / ")]]
        for name in evidence.tables.index[evidence.tables["source"] == source]:
            here = goodness.loc[name].dropna()
            if means.index.difference(here.index).size:
                continue  # not every pair was tried
            expected = rank_methods(rest, evidence.tables.loc[name].to_dict(), metric, settings)
            rows.append(
                {
                    "dataset": name,
                    "source": source,
                    "pick": expected.picked,
                    "advisor": here[expected.picked],
                    "largest gain": here[expected.best],
                    "best fixed": here[means.idxmax()],
                    "untouched": here[untouched.idxmax()],
                    "random": here.mean(),
                    "oracle": here.max(),
                }
            )
    return pd.DataFrame(rows)


def _interval(values: pd.Series) -> tuple[float, float, float]:
    """Mean over sources with a bootstrap interval."""
    rng = np.random.default_rng(0)
    drawn = values.to_numpy()[rng.integers(len(values), size=(N_DRAWS, len(values)))]
    low, high = np.percentile(drawn.mean(axis=1), [2.5, 97.5])
    return float(values.mean()), float(low), float(high)


def summarise(played: pd.DataFrame) -> pd.DataFrame:
    """Differences between the advisor and each rival, blocked by source."""
    blocks = played.drop(columns=["dataset", "pick"]).groupby("source").mean()
    rows = {}
    for rival in ("best fixed", "untouched", "random", "oracle", "largest gain"):
        rows[rival] = _interval(blocks["advisor"] - blocks[rival])
    regret = {
        f"regret of {name}": _interval(blocks["oracle"] - blocks[name])
        for name in ("advisor", "best fixed", "untouched", "random")
    }
    return pd.DataFrame(rows | regret, index=["mean", "low", "high"]).T


def evaluate(evidence: Evidence, metrics: list[str], target: Path | None) -> None:
    """Print what came of it, and write the table that the documentation shows."""
    tables = evidence.tables
    by_role = {
        "all": list(tables["source"].unique()),
        "confirm": list(tables.loc[tables["role"] == "confirm", "source"].unique()),
    }
    print(f"{len(evidence.tables)} tables, {len(evidence.pairs)} pairs. {asdict(SETTINGS)}")
    shown = []
    for metric in metrics:
        played = play(evidence, metric, SETTINGS, by_role["all"])
        sign = "" if METRICS[metric] else " (turned, so that more is better)"
        for role, sources in by_role.items():
            chosen = played[played["source"].isin(sources)]
            summary = summarise(chosen)
            n_sources = chosen["source"].nunique()
            print(f"\n{metric}{sign}, {role}: {len(chosen)} tables, {n_sources} sources")
            print(summary.to_string(float_format="%+.4f"))
            label = f"{metric}, {role} ({n_sources} sources)"
            shown.append([label, *(_spell(summary.loc[name]) for name in SHOWN)])
        print(played["pick"].value_counts().head(8).to_string())
    if target is not None:
        lines = [".. list-table::", "   :header-rows: 1", ""]
        for row in [["metric", *(f"minus {name}" for name in SHOWN)], *shown]:
            lines += [f"   {'*' if place == 0 else ' '} - {cell}" for place, cell in enumerate(row)]
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _spell(row: pd.Series) -> str:
    return f"{row['mean']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})"


def choose(evidence: Evidence, metrics: list[str]) -> None:
    """Print the settings with the least regret on the sources for choosing, over the metrics."""
    sources = list(evidence.tables.loc[evidence.tables["role"] == "choose", "source"].unique())
    own = evidence.of_sources(sources)
    rows = []
    for values in itertools.product(*CHOICES.values()):
        settings = replace(SETTINGS, **dict(zip(CHOICES, values, strict=True)))
        line: dict[str, object] = asdict(settings)
        for metric in metrics:
            played = play(own, metric, settings, sources)
            blocks = played.groupby("source")[["advisor", "largest gain", "best fixed"]].mean()
            spread = float(np.std(own.goodness(metric).to_numpy(), where=_known(own, metric)))
            line[metric] = (blocks["advisor"] - blocks["best fixed"]).mean() / spread
            line[f"{metric}, largest gain"] = (
                blocks["largest gain"] - blocks["best fixed"]
            ).mean() / spread
        rows.append(line)
    table = pd.DataFrame(rows)
    table["features"] = table["features"].map(len)
    table["mean"] = table[metrics].mean(axis=1)
    print(table.sort_values("mean", ascending=False).head(25).to_string(float_format="%.4g"))


def _known(evidence: Evidence, metric: str) -> np.ndarray:
    return evidence.goodness(metric).notna().to_numpy()


SETTINGS = Settings()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--write-evidence", nargs="+", type=Path, metavar="FOLDER")
    parser.add_argument("--searched", action="store_true", help="take the runs with a search")
    parser.add_argument("--evaluate", action="store_true")
    parser.add_argument("--table", type=Path, help="file for the table of the documentation")
    parser.add_argument("--choose", action="store_true")
    parser.add_argument("--metrics", default=",".join(JUDGED))
    options = parser.parse_args()
    metrics = options.metrics.split(",")
    if options.write_evidence:
        write_evidence(options.write_evidence, options.searched)
    if options.choose:
        choose(shipped_evidence(), metrics)
    if options.evaluate:
        evaluate(shipped_evidence(), metrics, options.table)


if __name__ == "__main__":
    main()
