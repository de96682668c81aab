"""What results folders of the benchmark say about claims that people make.

    python benchmarks/studies/findings.py FOLDER [FOLDER ...]         plain tables
    python benchmarks/studies/findings.py FOLDER ... --rst            for docs/findings.rst
    python benchmarks/studies/findings.py FOLDER ... --finished-only  without imputed failures

Folders of one preset are joined, those with a search apart from those without. Most findings are of
the run without a search that has the most pairs; `--run` names another. Stressed variants may be in
a folder of their own, if their tables are in another of the same preset.

Scores are means over the splits of a data set. Differences are means over base sources with 95 %
percentile bootstrap intervals, drawn over base sources; those of the first two findings are means
over data sets, as CLIMB has them, with the same draws. Verdicts follow from the intervals by rule:
a claim holds, does not hold, or cannot be said.
"""

import argparse
import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from findings_runs import EVERYTHING, SEARCHED, Run, main_run, read_runs
from findings_tables import (
    FAILS,
    HOLDS,
    OPEN,
    Finding,
    Means,
    effects,
    judge_all,
    mean_over_datasets,
    plain,
    render,
    signed,
    spread,
    verdict_of,
    verdict_of_equality,
)

from imbalance_kit.benchmark._analysis.breakdown import find_parents
from imbalance_kit.benchmark._analysis.statistics import (
    compare,
    same_learner_references,
    table,
)
from imbalance_kit.benchmark._methods.presets import CLIMB_METHODS
from imbalance_kit.benchmark._metrics.metric import METRICS
from imbalance_kit.benchmark._report.findings import rebalanced_references, too_small

TREE, BAG, FOREST = "none / tree", "bagging / tree", "none / forest"
SELF_PACED = "self-paced ensemble / tree"
BALANCED_FOREST = "balanced random forest / forest"
#: What the published comparison lacks.
FAIR = (
    BAG,
    FOREST,
    "none / extra trees",
    "class weight / tree",
    "threshold / tree",
    "none / lightgbm",
)
UNDER_ENSEMBLES = (
    "self-paced ensemble",
    "balance cascade",
    "balanced random forest",
    "EasyEnsemble",
    "RUSBoost",
    "under-bagging",
)
OTHER_ENSEMBLES = (
    "OverBoost",
    "SMOTEBoost",
    "over-bagging",
    "SMOTE-bagging",
    "AdaCost",
    "AdaUBoost",
    "AsymBoost",
)
ENSEMBLES = UNDER_ENSEMBLES + OTHER_ENSEMBLES
LOWERING = ("random under-sampling", "cluster centroids", "NearMiss")


def in_climb(pairs: list[str]) -> list[str]:
    """Pairs of CLIMB's 29 methods: on a tree, but for the forest that is one."""
    named = {f"{method} / tree" for method in CLIMB_METHODS} | {BALANCED_FOREST}
    return [pair for pair in pairs if pair in named]


def means_by_group(run: Run) -> dict[str, Means]:
    return {
        group: mean_over_datasets(run.values("auprc", datasets))
        for group, datasets in run.groups.items()
    }


def climb_table(run: Run) -> Finding:
    """CLIMB's table, and its best methods beside baselines that are as large."""
    title = "CLIMB's methods against one tree and against fair baselines"
    by_group = means_by_group(run)
    pairs = list(by_group[EVERYTHING].mean.index)
    ours = in_climb(pairs)
    if TREE not in pairs or not ours:
        return Finding(title, notes=["The run holds no untouched tree, or none of the methods."])
    fair = [pair for pair in FAIR if pair in pairs]
    rows, beside, over_tree, over_fair = [], [], {}, {}
    for group, means in by_group.items():
        best = means.best(ours)
        gain = means.gap(best, TREE)
        row = {
            "imbalance": group,
            "data sets": means.n_datasets,
            "sources": means.n_sources,
            "tree": plain(means.mean[TREE]),
            "best": best,
            "score": plain(means.mean[best]),
            "gain": spread(*gain),
        }
        if SELF_PACED in pairs:
            row["self-paced ensemble"] = plain(means.mean[SELF_PACED])
        rows.append(row)
        over_tree[group] = verdict_of(*gain[1:])
        gaps = {pair: means.gap(best, pair) for pair in fair}
        beside.append(
            {"imbalance": group, "best": best}
            | {f"over {pair}": spread(*gap) for pair, gap in gaps.items()}
        )
        if fair:
            over_fair[group] = verdict_of(*gaps[means.best(fair)][1:])
    verdicts = [("The best of them ranks the rare class better than one tree", over_tree)]
    if fair:
        claim = "The best of them ranks the rare class better than the best fair baseline"
        verdicts.append((claim, over_fair))
    return Finding(
        title,
        [("AUPRC, mean over data sets", pd.DataFrame(rows))]
        + ([("The same methods beside fair baselines", pd.DataFrame(beside))] if fair else []),
        [(claim, judge_all(said)) for claim, said in verdicts],
        [
            f"The run holds {len(ours)} of the {len(CLIMB_METHODS)} methods. The best of a group, "
            "and the best baseline, are chosen on the scores they are shown with, which flatters "
            "both."
        ],
    )


def first_or_second(run: Run) -> Finding:
    """Whether the self-paced ensemble is first or second in each group."""
    title = "The self-paced ensemble's place"
    by_group = means_by_group(run)
    pairs = list(by_group[EVERYTHING].mean.index)
    if SELF_PACED not in pairs:
        return Finding(title, notes=["The run holds no self-paced ensemble of trees."])
    fields = {
        "among CLIMB's": in_climb(pairs),
        "with fair baselines": [*in_climb(pairs), *(set(FAIR) & set(pairs) - set(in_climb(pairs)))],
    }
    rows = []
    said: dict[str, dict[str, str]] = {name: {} for name in fields}
    for group, means in by_group.items():
        row = {"imbalance": group, "data sets": means.n_datasets}
        for name, members in fields.items():
            place = int((means.mean[members] > means.mean[SELF_PACED]).sum()) + 1
            share = means.share_among_first(SELF_PACED, members, 2)
            row |= {
                name: f"{place} of {len(members)}",
                f"draws in the first two, {name}": plain(share, 2),
            }
            said[name][group] = HOLDS if place <= 2 else FAILS
        rows.append(row)
    return Finding(
        title,
        [("Place by mean AUPRC over data sets", pd.DataFrame(rows))],
        [(f"First or second, {name}", judge_all(verdicts)) for name, verdicts in said.items()],
    )


def under_sampling_lowers(run: Run) -> Finding:
    """Whether plain under-samplers lower the score."""
    title = "Random under-sampling, cluster centroids and NearMiss"
    references = {
        pair: reference
        for pair, reference in same_learner_references(run.cells).items()
        if pair.split(" / ")[0] in LOWERING
    }
    gains = run.gains("auprc", references)
    if gains.empty:
        return Finding(title, notes=["The run holds none of them beside an untouched learner."])
    rows, settings = [], []
    for group, datasets in run.groups.items():
        found = effects(gains[gains.index.get_level_values("dataset").isin(datasets)])
        for pair, row in found.to_dict("index").items():
            effect = spread(row["mean"], row["low"], row["high"])
            rows.append(
                {"imbalance": group, "pair": pair, "AUPRC": effect, "verdict": row["verdict"]}
            )
            if group != EVERYTHING:
                settings.append(row["verdict"])
    worse, better, known = settings.count("worse"), settings.count("better"), len(settings)
    untested = settings.count("")
    if untested == known:
        verdict = f"{OPEN} (too few base sources)"
    else:
        verdict = HOLDS if worse > (known - untested) / 2 else FAILS
    return Finding(
        title,
        [("Change of AUPRC against the same learner untouched", pd.DataFrame(rows))],
        [("They lower the score in most settings", verdict)],
        [
            f"Of {known} settings (method, learner, level) {worse} are worse, {better} better, "
            f"{settings.count('tied')} tied and {untested} have too few base sources."
        ],
    )


def ensembles_split(run: Run) -> Finding:
    """What of an ensemble's gain plain bagging has too."""
    title = "Ensembles: what bagging gives and what balancing adds"
    values = run.values("auprc")
    if not {TREE, BAG} <= set(values):
        return Finding(title, notes=["The run lacks the untouched tree or plain bagging of trees."])
    members = [pair for pair in in_climb(list(values)) if pair.split(" / ")[0] in ENSEMBLES]
    single = [pair for pair in in_climb(list(values)) if pair not in members]
    rows, adds = [], {}
    for pair in members:
        like = FOREST if pair == BALANCED_FOREST and FOREST in values else BAG
        parts = pd.DataFrame(
            {
                "whole": values[pair] - values[TREE],
                "without": values[like] - values[TREE],
                "balancing": values[pair] - values[like],
            }
        )
        found = effects(parts)
        written = {
            part: spread(*found.loc[part, ["mean", "low", "high"]].astype(float)) for part in parts
        }
        rows.append(
            {
                "ensemble": pair,
                "over one tree": written["whole"],
                "not balanced": like,
                "over one tree ": written["without"],
                "balancing adds": written["balancing"],
                "verdict": found.loc["balancing", "verdict"],
            }
        )
        adds[pair] = verdict_of(*found.loc["balancing", ["low", "high"]].astype(float))
    notes = [
        "Boosted ensembles are as large as the bag but grown otherwise, so that the last column "
        "holds what boosting adds, too."
    ]
    verdicts = [("Balancing adds to what bagging gives", judge_all(adds))]
    if members and single:
        families = pd.DataFrame({"gap": values[members].mean(axis=1) - values[single].mean(axis=1)})
        gap = effects(families).iloc[0]
        notes.append(
            f"The {len(members)} ensembles score {spread(gap['mean'], gap['low'], gap['high'])} "
            f"above the {len(single)} other methods on one tree, in the mean."
        )
        verdicts.insert(
            0, ("Ensembles score above non-ensembles", verdict_of(gap["low"], gap["high"]))
        )
    return Finding(title, [("AUPRC", pd.DataFrame(rows))], verdicts, notes)


def helps(run: Run) -> Finding:
    """Which methods help which learner at which imbalance."""
    title = "Which methods help which learner, at which imbalance"
    learner_of = run.cells.drop_duplicates("pair").set_index("pair")["learner"].astype(str)
    references = rebalanced_references(run.cells)
    families: dict[str, dict[str, str]] = {}
    for pair, reference in references.items():
        families.setdefault(str(learner_of[pair]), {})[pair] = reference
    rows = []
    for group, datasets in run.groups.items():
        part = run.cells[run.cells["dataset"].isin(datasets)]
        for learner, family in families.items():
            found = compare(part, "auprc", family)
            if found.empty:
                continue
            named = {
                verdict: "; ".join(
                    str(pair).split(" / ")[0] for pair in found.index[found["verdict"] == verdict]
                )
                for verdict in ("better", "worse")
            }
            n_sources = int(found["n_blocks"].max())
            rows.append(
                {
                    "imbalance": group,
                    "learner": learner,
                    "sources": n_sources,
                    "better": named["better"] or "-",
                    "tied": int((found["verdict"] == "tied").sum()),
                    "worse": named["worse"] or "-",
                    "test": "blind" if too_small(n_sources, len(found)) else "sees",
                }
            )
    caption = "AUPRC against the same learner untouched (Wilcoxon, Holm over the methods of a row)"
    return Finding(
        title,
        [(caption, pd.DataFrame(rows))],
        notes=[
            "Where the test is blind, even a method that won on every base source would not pass "
            "it once corrected: a tie there says nothing."
        ],
    )


def cost(run: Run) -> Finding:
    """What methods cost in time and calibration."""
    title = "Cost: time and calibration"
    references = same_learner_references(run.cells)
    times = np.log(run.values("fit_seconds").clip(lower=1e-6))
    ratios = pd.DataFrame(
        {
            pair: times[pair] - times[reference]
            for pair, reference in references.items()
            if pair in times and reference in times
        },
        index=times.index,
    )
    taken = effects(ratios)
    brier, error = (
        effects(run.gains(metric, references)) for metric in ("brier", "calibration_error")
    )
    rows = []
    for pair in ratios:
        ratio = np.exp(taken.loc[pair, ["mean", "low", "high"]].astype(float))
        row = {"pair": pair, "time, times": plain(ratio["mean"], 1)}
        if not math.isnan(ratio["low"]):
            row["time, times"] += f" [{plain(ratio['low'], 1)}, {plain(ratio['high'], 1)}]"
        for name, found in (("Brier score", brier), ("calibration error", error)):
            # shown as measured: more is worse
            own = -found.loc[pair, ["mean", "high", "low"]].astype(float)
            row[name] = spread(own["mean"], own["high"], own["low"])
            row[f"{name}, verdict"] = found.loc[pair, "verdict"]
        rows.append(row)
    changing = [pair for pair in rebalanced_references(run.cells) if pair in brier.index]
    worse = int((brier.loc[changing, "verdict"] == "worse").sum())
    verdict = HOLDS if changing and worse > len(changing) / 2 else FAILS
    if not changing or (brier["verdict"] == "").all():
        verdict = OPEN
    return Finding(
        title,
        [("Against the same learner untouched", pd.DataFrame(rows))],
        [(f"Most methods harm the Brier score ({worse} of {len(changing)} do)", verdict)],
        ["Times are geometric means of the ratio of training times."],
    )


def decisions(run: Run) -> Finding:
    """Whether gains in decisions outlive a tuned threshold."""
    title = "Decisions: the usual threshold and a tuned one"
    references = rebalanced_references(run.cells)
    learner_of = run.cells.drop_duplicates("pair").set_index("pair")["learner"].astype(str)
    rows, counts, blind = [], {}, False
    for metric in ("balanced_accuracy", "macro_f1"):
        for name in (metric, f"{metric}_tuned"):
            found = compare(run.cells, name, references)
            counts[name] = int((found["verdict"] == "better").sum())
            blind = blind or found.empty or too_small(int(found["n_blocks"].max()), len(found))
            for learner, own in found.groupby(learner_of.reindex(found.index).to_numpy()):
                shares = own["verdict"].value_counts()
                rows.append(
                    {"metric": name, "learner": learner}
                    | {word: int(shares.get(word, 0)) for word in ("better", "tied", "worse")}
                    | {"median change": signed(float(own["difference"].median()))}
                )
    verdicts = []
    for metric in ("balanced_accuracy", "macro_f1"):
        own, tuned = counts[metric], counts[f"{metric}_tuned"]
        said = OPEN if blind or own == 0 else HOLDS if tuned <= own / 2 else FAILS
        claim = f"Tuning everyone's threshold takes away most gains in {metric} ({own} to {tuned})"
        verdicts.append((claim, said))
    return Finding(
        title,
        [("Pairs against their learner untouched, both decided alike", pd.DataFrame(rows))],
        verdicts,
    )


def stress(run: Run) -> Finding:
    """What noise, missing cells and further imbalance cost, and whether they cost the same."""
    title = "Label noise, missing cells, more imbalance"
    parents = find_parents(run.filled)
    if parents.empty:
        return Finding(title, notes=["The run holds no stressed data sets with their parents."])
    scores_of = table(run.filled, "auprc").droplevel("source")
    lost = {}  # by kind and dose: a table of (source, parent) by pair
    for kind, dose in sorted(set(zip(parents["kind"], parents["dose"], strict=True))):
        own = parents[(parents["kind"] == kind) & (parents["dose"] == dose)]
        own = own[own.index.isin(scores_of.index) & own["parent"].isin(scores_of.index)]
        change = scores_of.loc[own.index].to_numpy() - scores_of.loc[own["parent"]].to_numpy()
        index = pd.MultiIndex.from_arrays(
            [own["source"], own["parent"]], names=["source", "dataset"]
        )
        lost[kind, dose] = pd.DataFrame(change, index=index, columns=scores_of.columns)
    rows = []
    for (kind, dose), change in lost.items():
        known = change.dropna(axis="columns", how="all")
        overall = effects(pd.DataFrame({"mean": known.mean(axis=1)})).iloc[0]
        by_pair = effects(known)["mean"].sort_values()
        rows.append(
            {
                "stress": f"{kind} {dose:g}",
                "data sets": len(change),
                "mean over pairs": spread(overall["mean"], overall["low"], overall["high"]),
                "tree": signed(float(by_pair.get(TREE, math.nan))),
                "hurt least": f"{by_pair.index[-1]} {signed(by_pair.iloc[-1])}",
                "hurt most": f"{by_pair.index[0]} {signed(by_pair.iloc[0])}",
            }
        )
    verdicts = []
    for first, second, claim in (
        (("noise", 10.0), ("imbalance", 5.0), "10 % noise costs as much as 5 times the imbalance"),
        (("missing", 30.0), ("imbalance", 5.0), "30 % missing cells cost as much as that, too"),
    ):
        if first in lost and second in lost:
            gap = (lost[first] - lost[second]).dropna(how="all").mean(axis=1)
            found = effects(gap.to_frame()).iloc[0]
            said = verdict_of_equality(found["low"], found["high"], METRICS["auprc"].rope)
            shown = spread(found["mean"], found["low"], found["high"])
            verdicts.append((f"{claim} ({shown}, margin {METRICS['auprc'].rope:g})", said))
    return Finding(title, [("Change of AUPRC", pd.DataFrame(rows))], verdicts)


def stability(run: Run) -> Finding:
    """How much predictions move when the training rows are drawn again."""
    title = "Stability over bootstrap samples"
    measured = {"instability", "flips"} <= set(run.cells) and run.cells["instability"].notna().any()
    if not measured:
        return Finding(title, notes=["The run refitted nothing on bootstrap samples."])
    references = same_learner_references(run.cells)
    gains = {name: run.gains(name, references) for name in ("instability", "flips")}
    found = {name: effects(frame) for name, frame in gains.items()}
    means = {name: effects(run.values(name))["mean"] for name in gains}
    rows = []
    for pair in means["instability"].sort_values().index:
        row = {"pair": pair}
        for name in gains:
            row[name] = plain(float(means[name].get(pair, math.nan)))
            if pair in found[name].index:
                own = -found[name].loc[pair, ["mean", "high", "low"]].astype(float)
                row[f"{name}, change"] = spread(own["mean"], own["high"], own["low"])
                row[f"{name}, verdict"] = found[name].loc[pair, "verdict"]
        rows.append(row)
    changing = found["instability"].reindex(rebalanced_references(run.cells)).dropna(subset="mean")
    worse = int((changing["verdict"] == "worse").sum())
    said = HOLDS if worse > len(changing) / 2 else FAILS
    if (changing["verdict"] == "").all():
        said = OPEN
    return Finding(
        title,
        [
            (
                "Mean change of the predicted probability, and share of decisions that change",
                pd.DataFrame(rows).fillna(""),
            )
        ],
        [(f"Most methods make predictions less stable ({worse} of {len(changing)})", said)],
    )


def tuning(run: Run, tuned: Run | None) -> Finding:
    """What the search for hyper-parameters adds."""
    title = "Tuned against default hyper-parameters"
    if tuned is None:
        return Finding(title, notes=["There is no run with a search beside one without."])
    before, after = run.values("auprc"), tuned.values("auprc")
    pairs = sorted(set(before) & set(after))
    common = before.index.intersection(after.index)
    gains = (after.loc[common, pairs] - before.loc[common, pairs]).dropna(how="all")
    if gains.empty:
        return Finding(title, notes=["The two runs share no data set or no pair."])
    found = effects(gains)
    rows = [
        {
            "pair": pair,
            "default": plain(float(before.loc[common, pair].mean())),
            "tuned": plain(float(after.loc[common, pair].mean())),
            "gain": spread(row["mean"], row["low"], row["high"]),
            "verdict": row["verdict"],
        }
        for pair, row in found.sort_values("mean", ascending=False).to_dict("index").items()
    ]
    overall = effects(gains.mean(axis=1).to_frame()).iloc[0]
    best = {
        name: str(values.loc[common, pairs].mean().idxmax())
        for name, values in (("default", before), ("tuned", after))
    }
    same = HOLDS if len(set(best.values())) == 1 else FAILS
    said = f"The best pair is the same ({best['default']}; tuned {best['tuned']})"
    return Finding(
        title,
        [(f"AUPRC on {len(gains)} data sets", pd.DataFrame(rows))],
        [
            ("A search raises AUPRC in the mean", verdict_of(overall["low"], overall["high"])),
            (said, same),
        ],
    )


FINDINGS: dict[str, Callable[[Run], Finding]] = {
    "climb": climb_table,
    "place": first_or_second,
    "under-sampling": under_sampling_lowers,
    "ensembles": ensembles_split,
    "helps": helps,
    "cost": cost,
    "decisions": decisions,
    "stress": stress,
    "stability": stability,
}


def about(run: Run) -> Finding:
    """What the findings rest on."""
    cells = run.cells
    lost = int(cells["failed"].sum())
    facts = {
        "run": run.name,
        "pairs": cells["pair"].nunique(),
        "data sets": cells["dataset"].nunique(),
        "base sources": cells["source"].nunique(),
        "cells": len(cells),
        "failed cells": f"{lost}, left out" if run.finished_only else f"{lost}, imputed",
    }
    return Finding("Basis", [("Data sets that every pair was tried on", pd.DataFrame([facts]))])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--rst", action="store_true", help="reStructuredText for the docs")
    parser.add_argument("--finished-only", action="store_true", help="without imputed failures")
    parser.add_argument("--only", choices=[*FINDINGS, "tuning"], help="one finding")
    parser.add_argument("--run", help="the run that findings are of, such as climb")
    asked = parser.parse_args()
    runs = read_runs(asked.folders, asked.finished_only)
    if asked.run is not None and asked.run not in runs:
        parser.error(f"there is no run {asked.run!r}; the folders hold {', '.join(runs)}")
    run = runs[asked.run or main_run(runs)]
    found = [about(run)]
    found += [make(run) for name, make in FINDINGS.items() if asked.only in (None, name)]
    if asked.only in (None, "tuning"):
        found.append(tuning(run, runs.get(run.name + SEARCHED)))
    print(render(found, rst=asked.rst))


if __name__ == "__main__":
    main()
