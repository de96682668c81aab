"""The script of the findings: verdicts by rule, on runs whose answers are known."""

import math
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from made_scores import made_scores

from imbalance_kit.benchmark._analysis.statistics import fill_failures
from imbalance_kit.metrics._bootstrap import widening

STUDIES = Path(__file__).parents[2] / "benchmarks" / "studies"
PAIRS = [
    ("none", "tree"),
    ("none", "forest"),
    ("class weight", "tree"),
    ("threshold", "tree"),
    ("bagging", "tree"),
    ("self-paced ensemble", "tree"),
    ("random under-sampling", "tree"),
    ("balanced random forest", "forest"),
]


@pytest.fixture(scope="module")
def study():
    sys.path.insert(0, str(STUDIES))
    try:
        import findings
    finally:
        sys.path.remove(str(STUDIES))
    return findings


def run_of(study, *, bagging=0.9, self_paced=0.95, n=24, name="default", **columns):
    """A run in which bagging and the self-paced ensemble add what they are told to."""
    effects = {
        ("bagging", "tree"): (bagging, -0.2),
        ("self-paced ensemble", "tree"): (self_paced, 1.2),
        ("balanced random forest", "forest"): (0.0, 0.8),
    }
    made = made_scores(n, n_sources=n, pairs=PAIRS, effects=effects)
    return study.Run(name, fill_failures(made.assign(**({"stress": "", "suite": ""} | columns))))


def said(finding):
    return dict(finding.verdicts)


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        ((0.01, 0.2), "holds"),
        ((-0.2, -0.01), "does not hold"),
        ((-0.1, 0.1), "cannot be said (a tie)"),
        ((math.nan, math.nan), "cannot be said (fewer than 5 base sources)"),
    ],
    ids=["above", "below", "across", "none"],
)
def test_verdicts_follow_the_interval(study, limits, verdict):
    assert study.verdict_of(*limits) == verdict


@pytest.mark.parametrize(
    ("limits", "verdict"),
    [
        ((-0.004, 0.006), "holds"),
        ((0.02, 0.03), "does not hold"),
        ((0.002, 0.03), "does not hold"),
        ((-0.02, 0.03), "cannot be said (the interval is wider than the margin)"),
    ],
    ids=["inside", "outside", "beyond zero", "wide"],
)
def test_equality_needs_an_interval_inside_the_margin(study, limits, verdict):
    assert study.verdict_of_equality(*limits, 0.01) == verdict


def test_verdicts_of_groups_are_joined(study):
    assert study.judge_all({"low": "holds", "high": "holds"}) == "holds"
    both = study.judge_all({"low": "holds", "high": "does not hold", "all": "holds"})
    assert both == "holds: low, all; does not hold: high"


def test_a_lead_over_one_tree_is_not_one_over_a_bag(study):
    run = run_of(study, bagging=0.95, self_paced=0.95)
    finding = study.ensembles_split(run)
    (_, table), *_ = finding.tables
    row = table.set_index("ensemble").loc["self-paced ensemble / tree"]
    assert row["verdict"] == "tied"
    better = study.ensembles_split(run_of(study, bagging=0.2, self_paced=1.5))
    row = better.tables[0][1].set_index("ensemble").loc["self-paced ensemble / tree"]
    assert row["verdict"] == "better"
    assert said(better)["Ensembles score above non-ensembles"] == "holds"


def test_climb_table_counts_data_sets_alike(study):
    run = run_of(study)
    (_, table), (_, beside) = study.climb_table(run).tables
    everything = table.set_index("imbalance").loc["all"]
    assert everything["data sets"] == 24
    mean = run.filled.loc[run.filled["pair"] == "none / tree", "auprc"].mean()
    assert everything["tree"] == f"{mean:.3f}"
    assert "over bagging / tree" in beside
    claim = "The best of them ranks the rare class better than one tree"
    assert said(study.climb_table(run))[claim].startswith("holds")


def test_means_over_data_sets_draw_whole_sources(study):
    index = pd.MultiIndex.from_arrays(
        [["a", "a", "b", "c", "d", "e"], list("uvwxyz")], names=["source", "dataset"]
    )
    values = pd.DataFrame({"one": [1.0, 1, 0, 0, 0, 0], "other": 0.0}, index=index)
    means = study.mean_over_datasets(values)
    gap, low, high = means.gap("one", "other")
    assert gap == pytest.approx(2 / 6)
    # a source is drawn as a whole or not at all, so the least draw is 0; that is moved outwards
    assert low == pytest.approx(gap * (1 - widening(5)))
    assert high > 0.5
    assert means.share_among_first("one", ["other"], 1) == 1.0
    few = study.mean_over_datasets(values.iloc[:4])
    assert math.isnan(few.gap("one", "other")[1])


def test_the_place_of_the_self_paced_ensemble(study):
    best = said(study.first_or_second(run_of(study, self_paced=3.0)))
    assert set(best.values()) == {"holds"}
    last = said(study.first_or_second(run_of(study, self_paced=-3.0)))
    assert set(last.values()) == {"does not hold"}


def test_under_sampling_that_lowers(study):
    verdict = said(study.under_sampling_lowers(run_of(study, n=60)))
    assert verdict == {"They lower the score in most settings": "holds"}


def test_cost_and_decisions_and_learners_have_tables(study):
    run = run_of(study)
    cost = study.cost(run)
    assert (
        cost.tables[0][1].set_index("pair").loc["bagging / tree", "Brier score, verdict"]
        == "better"
    )
    assert "+0.000" in cost.tables[0][1].set_index("pair").loc["threshold / tree", "Brier score"]
    assert len(study.decisions(run).tables[0][1]) > 0
    helps = study.helps(run).tables[0][1]
    row = helps[(helps["imbalance"] == "all") & (helps["learner"] == "tree")].iloc[0]
    assert "self-paced ensemble" in row["better"]
    assert "random under-sampling" in row["worse"]


def stressed(run, **lost):
    """Add variants of every data set that lose so much AUPRC."""
    parts = [run.filled]
    for kind, (dose, amount) in lost.items():
        stress = f"{kind} {dose}"
        variant = run.filled.assign(stress=stress, auprc=run.filled["auprc"] - amount)
        parts.append(variant.assign(dataset=variant["dataset"] + f", {stress}"))
    return type(run)(run.name, fill_failures(pd.concat(parts, ignore_index=True)))


@pytest.mark.parametrize(
    ("noise", "imbalance", "verdict"), [(0.1, 0.102, "holds"), (0.1, 0.03, "does not hold")]
)
def test_stress_costs_the_same_or_not(study, noise, imbalance, verdict):
    run = stressed(run_of(study), noise=(10, noise), imbalance=(5, imbalance))
    ((claim, found),) = study.stress(run).verdicts
    assert claim.startswith("10 % noise")
    assert found == verdict
    assert len(run.cells) == len(run_of(study).cells)  # other findings do not see the variants


def test_stability_is_less_where_predictions_move_less(study):
    run = run_of(study)
    moved = np.where(run.filled["method"] == "none", 0.05, 0.02)
    run = study.Run("default", run.filled.assign(instability=moved, flips=moved))
    table = study.stability(run).tables[0][1].set_index("pair")
    assert table.loc["bagging / tree", "instability, verdict"] == "better"
    assert table.loc["bagging / tree", "instability, change"].startswith("-0.030")
    assert not study.stability(run_of(study)).tables


def test_tuning_is_compared_on_what_both_runs_hold(study):
    run = run_of(study)
    tuned = study.Run("default, tuned", run.filled.assign(auprc=run.filled["auprc"] + 0.02))
    finding = study.tuning(run, tuned)
    assert said(finding)["A search raises AUPRC in the mean"] == "holds"
    assert (finding.tables[0][1]["verdict"] == "better").all()
    assert not study.tuning(run, None).tables


def test_the_main_run_is_the_one_with_most_pairs(study):
    runs = {
        "climb": run_of(study, n=5),
        "fair": run_of(study, n=5),
        "fair, tuned": run_of(study, n=5),
    }
    few = runs["climb"].filled
    runs["climb"] = study.Run("climb", few[few["learner"] == "tree"])
    assert study.main_run(runs) == "fair"


def test_tables_are_text_or_rst(study):
    finding = study.climb_table(run_of(study))
    text, rst = (study.render([finding], rst=form) for form in (False, True))
    assert ".. csv-table:: AUPRC, mean over data sets" in rst
    assert '   "imbalance","data sets"' in rst
    assert "csv-table" not in text
    assert "HOLDS" in text


def test_a_run_without_what_is_asked_for_says_so(study):
    made = made_scores(6, pairs=[("none", "lightgbm"), ("SMOTE", "lightgbm")])
    run = study.Run("default", fill_failures(made.assign(stress="", suite="")))
    for make in study.FINDINGS.values():
        finding = make(run)
        assert finding.tables or finding.notes
