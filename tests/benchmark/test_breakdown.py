"""Improvement over baselines, groups of data sets and stress, on scores with known answers."""

import json
import math
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from made_scores import made_scores

from imbalance_kit.benchmark._analysis.breakdown import (
    breakdown,
    find_parents,
    improvement,
    stress_effects,
    verdicts,
)
from imbalance_kit.benchmark._analysis.leaderboard import leaderboard
from imbalance_kit.benchmark._analysis.statistics import (
    bootstrap_interval,
    by_source,
    fill_failures,
    table,
)
from imbalance_kit.benchmark._analysis.table_kinds import (
    GROUPINGS,
    LEVELS,
    TYPES,
    describe_datasets,
    group_datasets,
    levels,
)

SMOTE_FAILS = (3, "SMOTE", "tree", "error", "ValueError: too few rows")


def cells(values, *, metric="auprc", learner="tree", **columns):
    """Cells from a table of scores: rows data sets (each its own source), columns methods."""
    rows = [
        {
            "dataset": dataset,
            "source": dataset,
            "method": method,
            "learner": learner,
            "repeat": 0,
            "fold": 0,
            "status": "ok",
            "prior": "[0.9, 0.1]",
            "n_rows": 500,
            "n_classes": 2,
            "imbalance_ratio": 9.0,
            metric: score,
            **columns,
        }
        for dataset, scores in values.iterrows()
        for method, score in scores.items()
    ]
    return pd.DataFrame(rows)


def with_facts(scores, shares):
    """Give data sets (by name) shares of safe, borderline, rare and outlying rows."""
    facts = {
        dataset: json.dumps(
            {f"{name}_share": share for name, share in zip(TYPES, four, strict=True)}
        )
        for dataset, four in shares.items()
    }
    return scores.assign(facts=scores["dataset"].map(facts).fillna(""))


def test_levels_begin_where_climb_says():
    ratios = [1.0, 4.99, 5.0, 9.99, 10.0, 49.9, 50.0, 577.9]
    expected = ["low", "low", "medium", "medium", "high", "high", "extreme", "extreme"]
    assert levels(ratios).tolist() == expected
    assert levels([math.nan, math.inf]).tolist() == ["", "extreme"]


def test_levels_split_climb_as_its_authors_do():
    table_of_climb = files("imbalance_kit.datasets").joinpath("climb.csv")
    climb = pd.read_csv(table_of_climb)
    counts = pd.Series(levels(climb["n_largest"] / climb["n_smallest"])).value_counts()
    assert [counts[level] for level in LEVELS] == [28, 24, 15, 6]


def test_verdicts_read_the_interval():
    limits = pd.DataFrame(
        {"low": [0.1, -0.1, -0.3, 0.0, math.nan], "high": [0.2, 0.1, -0.2, 0.4, math.nan]}
    )
    assert verdicts(limits).tolist() == ["better", "tied", "worse", "tied", ""]


BASELINE_SCORES = pd.DataFrame(
    {
        "none": [0.5, 0.4, 0.6, 0.5, 0.5, 0.5],
        "class weight": [0.6, 0.5, 0.5, 0.6, 0.5, 0.5],
        "threshold": [0.5, 0.4, 0.6, 0.5, 0.5, 0.5],
        "SMOTE": [0.7, 0.6, 0.6, 0.7, 0.6, 0.6],
    },
    index=[f"table {number}" for number in range(6)],
)


def test_the_best_baseline_is_chosen_over_all_and_on_each():
    outcome = improvement(fill_failures(cells(BASELINE_SCORES))).loc["SMOTE / tree"]
    chosen, hardest = BASELINE_SCORES["class weight"], BASELINE_SCORES.iloc[:, :3].max(axis=1)
    assert (outcome["learner"], outcome["baseline"]) == ("tree", "class weight")
    assert outcome["improvement"] == pytest.approx((BASELINE_SCORES["SMOTE"] - chosen).mean())
    assert outcome["hard_improvement"] == pytest.approx((BASELINE_SCORES["SMOTE"] - hardest).mean())
    assert outcome["verdict"] == "better"
    assert outcome["hard_low"] <= outcome["hard_improvement"] <= outcome["hard_high"]
    assert outcome["n_blocks"] == 6


def test_of_equal_baselines_the_one_that_does_less_is_named():
    scores = BASELINE_SCORES.assign(**{"class weight": 0.1})
    outcome = improvement(fill_failures(cells(scores)))
    assert outcome.loc["SMOTE / tree", "baseline"] == "none"


def test_improvement_is_towards_better_where_less_is_better():
    there = improvement(fill_failures(cells(BASELINE_SCORES)))
    back = improvement(
        fill_failures(cells(-BASELINE_SCORES, metric="brier").assign(auprc=0.5)), "brier"
    )
    columns = ["improvement", "low", "high", "hard_improvement", "hard_low", "hard_high"]
    pd.testing.assert_frame_equal(there[columns], back[columns])


def test_improvement_is_within_the_learner():
    filled = fill_failures(made_scores(30))
    outcome = improvement(filled)
    assert "self-paced ensemble / tree" in outcome.index
    assert not set(outcome.index) & {"none / tree", "class weight / forest", "threshold / lightgbm"}
    blocks = by_source(table(filled, "auprc"))
    row = outcome.loc["SMOTE / forest"]
    expected = blocks["SMOTE / forest"] - blocks[f"{row['baseline']} / forest"]
    assert row["improvement"] == pytest.approx(expected.mean())
    limits = bootstrap_interval(expected.to_frame()).iloc[0]
    assert (row["low"], row["high"]) == pytest.approx((limits["low"], limits["high"]))
    assert (outcome["hard_improvement"] <= outcome["improvement"] + 1e-12).all()


def test_improvement_needs_a_baseline():
    pairs = [("SMOTE", "tree"), ("ADASYN", "tree"), ("none", "forest")]
    outcome = improvement(fill_failures(made_scores(6, pairs=pairs)))
    assert outcome.empty
    assert "hard_verdict" in outcome


def test_improvement_with_and_without_failures():
    scores = made_scores(8, n_sources=8, failures=[SMOTE_FAILS])
    without = fill_failures(scores[scores["dataset"] != "data set 03"])
    found = improvement(fill_failures(scores), finished_only=True)
    pd.testing.assert_frame_equal(found, improvement(without))
    assert (
        found.loc["SMOTE / tree", "improvement"]
        > improvement(fill_failures(scores)).loc["SMOTE / tree", "improvement"]
    )


FACTS = {
    "data set 00": (0.7, 0.2, 0.05, 0.05),
    "data set 01": (0.2, 0.5, 0.2, 0.1),
    "data set 02": (0.1, 0.2, 0.3, 0.4),
    "data set 03": (0.4, 0.4, 0.1, 0.1),  # the safer of equal shares
}


def test_data_sets_are_grouped_by_their_facts():
    scores = with_facts(made_scores(6), FACTS)
    first_rows = {"data set 00": 999, "data set 01": 1000, "data set 02": 10_000}
    scores["n_rows"] = scores["dataset"].map(first_rows).fillna(5).astype(int)
    filled = fill_failures(scores.assign(suite="lite"))
    types = group_datasets(filled, "type")
    assert types.to_dict() == dict(
        zip(FACTS, ["safe", "borderline", "outlier", "safe"], strict=True)
    )
    assert group_datasets(filled, "outlier").to_dict() == dict(
        zip(FACTS, ["under 10 %", "10 to 30 %", "30 % and more", "10 to 30 %"], strict=True)
    )
    sizes = group_datasets(filled, "size")
    assert sizes.iloc[:4].tolist() == [
        "under 1,000 rows",
        "1,000 to 10,000 rows",
        "10,000 rows and more",
        "under 1,000 rows",
    ]
    assert set(group_datasets(filled, "suite")) == {"lite"}
    assert set(group_datasets(filled, "classes")) == {"2 classes"}


def test_facts_may_be_missing_or_stand_in_one_cell_only():
    plain = fill_failures(made_scores(3))
    assert group_datasets(plain, "type").empty
    assert group_datasets(plain, "suite").empty
    assert breakdown(plain, "type").empty
    scores = with_facts(made_scores(3), FACTS)
    scores.loc[scores["method"] != "SMOTE", "facts"] = ""
    described = describe_datasets(fill_failures(scores))
    assert described.loc["data set 02", "outlier_share"] == 0.4
    unknown = with_facts(made_scores(3), {"data set 00": (math.nan,) * 4})
    assert group_datasets(fill_failures(unknown), "type").empty


def test_an_unknown_grouping_is_named():
    with pytest.raises(ValueError, match="'colour'"):
        group_datasets(fill_failures(made_scores(3)), "colour")


def test_a_group_is_as_a_run_of_its_data_sets():
    filled = fill_failures(made_scores(24, n_sources=24))
    found = breakdown(filled, "level").set_index(["group", "pair"])
    assert list(found.index.unique("group")) == [
        level for level in LEVELS if level in set(group_datasets(filled, "level"))
    ]
    for level, group in group_datasets(filled, "level").groupby(group_datasets(filled, "level")):
        part = filled[filled["dataset"].isin(group.index)]
        rows = found.loc[level]
        board = leaderboard(part).reindex(rows.index)
        np.testing.assert_allclose(rows["score"], board["auprc"])
        np.testing.assert_allclose(rows["low"], board["auprc_low"])
        np.testing.assert_allclose(rows["mean_rank"], board["mean_rank"])
        np.testing.assert_allclose(rows["rank_high"], board["rank_high"])
        assert (rows["n_datasets"] == len(group)).all()
    assert found["n_datasets"].groupby("pair").sum().eq(24).all()


@pytest.mark.parametrize("by", GROUPINGS)
def test_every_grouping_of_a_run_without_failures(by):
    pairs = [("none", "tree"), ("SMOTE", "tree")]
    scores = with_facts(made_scores(12, n_sources=12, pairs=pairs), FACTS).assign(suite="lite")
    found = breakdown(fill_failures(scores), by)
    known = 4 if by in ("type", *TYPES) else 12
    assert found.groupby("pair")["n_datasets"].sum().eq(known).all()
    untouched = found[found["pair"] == "none / tree"]
    assert (untouched["reference"] == "").all()
    assert untouched["difference"].isna().all()
    assert (untouched["verdict"] == "").all()


def test_differences_are_towards_better():
    scores = with_facts(made_scores(30, n_sources=30), FACTS).assign(suite="lite")
    ranking, brier = (
        breakdown(fill_failures(scores), "suite", metric).set_index("pair")
        for metric in ("auprc", "brier")
    )
    assert ranking.loc["self-paced ensemble / tree", "verdict"] == "better"
    assert ranking.loc["threshold / tree", "verdict"] == "tied"
    assert ranking.loc["threshold / tree", "difference"] == 0
    assert brier.loc["random under-sampling / tree", "verdict"] == "worse"
    assert brier.loc["random under-sampling / tree", "difference"] < 0


def stressed_run(effects, n=8):
    """A run of n tables and their variants; effects map a stress to what it takes away."""
    rng = np.random.default_rng(0)
    base = pd.DataFrame(
        {"none": rng.uniform(0.5, 0.7, n), "SMOTE": rng.uniform(0.5, 0.7, n)},
        index=[f"table {number}" for number in range(n)],
    )
    parts = [cells(base, stress="")]
    for stress, lost in effects.items():
        variant = cells(base - lost, stress=stress)
        variant["dataset"] = variant["dataset"] + f", {stress}"
        parts.append(variant)
    return pd.concat(parts, ignore_index=True)


def test_stress_is_paired_with_the_table_it_was_made_from():
    scores = stressed_run({"noise 10": 0.125, "noise 20": 0.25, "imbalance 5": 0.0})
    found = stress_effects(fill_failures(scores)).set_index(["kind", "dose", "pair"])
    assert list(found.index.unique("kind")) == ["imbalance", "noise"]
    noise = found.loc[("noise", 10.0, "SMOTE / tree")]
    assert noise["difference"] == pytest.approx(-0.125)
    assert noise["score"] == pytest.approx(noise["parent_score"] - 0.125)
    assert (noise["verdict"], noise["n_blocks"], noise["n_datasets"]) == ("worse", 8, 8)
    assert found.loc[("noise", 20.0, "none / tree"), "low"] == pytest.approx(-0.25)
    assert found.loc[("imbalance", 5.0, "none / tree"), "verdict"] == "tied"


def test_stress_without_its_parent_is_left_out():
    scores = stressed_run({"missing 30": 0.1})
    scores = scores[~scores["dataset"].isin(["table 0", "table 1"])]
    found = stress_effects(fill_failures(scores))
    assert (found["n_datasets"] == 6).all()
    parents = find_parents(fill_failures(scores))
    assert parents.loc["table 2, missing 30"].to_dict() == {
        "parent": "table 2",
        "source": "table 2",
        "kind": "missing",
        "dose": 30.0,
    }


def test_stress_of_a_lower_is_better_metric():
    scores = stressed_run({"noise 10": 0.1}).assign(brier=0.05)
    scores.loc[scores["stress"].ne(""), "brier"] = 0.08
    found = stress_effects(fill_failures(scores), "brier")
    np.testing.assert_allclose(found["difference"], -0.03)
    assert (found["verdict"] == "worse").all()


def test_a_run_without_stress_has_no_effects():
    for scores in (made_scores(5), made_scores(5).assign(stress="")):
        assert stress_effects(fill_failures(scores)).empty


def test_stressed_tables_stay_out_of_breakdowns():
    scores = stressed_run({"noise 10": 0.2})
    filled = fill_failures(scores)
    plain = fill_failures(scores[scores["stress"] == ""])
    pd.testing.assert_frame_equal(breakdown(filled, "level"), breakdown(plain, "level"))
    only_stressed = fill_failures(scores[scores["stress"] != ""])
    assert len(breakdown(only_stressed, "level")) == 2
