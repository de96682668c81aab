"""The benchmark's statistics against definitions, other libraries and published figures."""

import math

import numpy as np
import pandas as pd
import pytest
import scikit_posthocs
from hypothesis import given
from hypothesis import strategies as st
from made_scores import made_scores
from scipy import stats
from sklearn import metrics

from imbalance_kit.benchmark._analysis.leaderboard import leaderboard
from imbalance_kit.benchmark._analysis.statistics import (
    bootstrap_interval,
    by_source,
    cliques,
    compare,
    fill_failures,
    friedman,
    holm,
    pareto_front,
    rank_pairs,
    same_learner_references,
    signed_rank,
    table,
)
from imbalance_kit.benchmark._metrics.metric import METRICS, constant_prior_scores

SMOTE_FAILS = (3, "SMOTE", "tree", "error", "ValueError: too few rows")


@pytest.mark.parametrize("counts", [(90, 10), (50, 30, 20), (60, 25, 10, 5)])
def test_constant_prior_scores_are_those_of_a_constant_predictor(counts):
    y = np.repeat(np.arange(len(counts)), counts)
    prior = np.array(counts) / sum(counts)
    proba = np.tile(prior, (len(y), 1))
    constant = constant_prior_scores(prior.tolist())
    predicted = np.zeros_like(y)
    one_hot = np.eye(len(counts))[y]
    if len(counts) == 2:
        assert constant["auprc"] == pytest.approx(metrics.average_precision_score(y, proba[:, 1]))
        assert constant["brier"] == pytest.approx(metrics.brier_score_loss(y, proba[:, 1]))
    else:
        assert constant["auprc"] == pytest.approx(metrics.average_precision_score(one_hot, proba))
        assert constant["brier"] == pytest.approx(((proba - one_hot) ** 2).sum(axis=1).mean())
    assert constant["log_loss"] == pytest.approx(metrics.log_loss(y, proba))
    assert constant["macro_f1"] == pytest.approx(
        metrics.f1_score(y, predicted, average="macro", zero_division=0)
    )
    assert constant["balanced_accuracy"] == pytest.approx(
        metrics.balanced_accuracy_score(y, predicted)
    )
    assert constant["mcc"] == metrics.matthews_corrcoef(y, predicted)
    assert math.isnan(constant["calibration_error"])


def test_failed_cells_get_the_constant_prior_of_their_data_set():
    scores = made_scores(8, failures=[SMOTE_FAILS])
    # A cell killed before it was split does not know its class shares.
    scores.loc[scores["status"] != "ok", "prior"] = ""
    filled = fill_failures(scores).set_index(["dataset", "pair"])
    cell = filled.loc[("data set 03", "SMOTE / tree")]
    prior = scores.loc[scores["dataset"].eq("data set 03") & scores["prior"].ne(""), "prior"].iloc[
        0
    ]
    expected = constant_prior_scores([float(share) for share in prior.strip("[]").split(",")])
    assert cell["auprc"] == expected["auprc"]
    assert cell["failed"]
    assert not filled.drop(index=("data set 03", "SMOTE / tree"))["failed"].any()


def test_ranks_agree_with_rankdata_on_one_data_set_per_source():
    scores = made_scores(12, n_sources=12)
    for metric, record in METRICS.items():
        values = table(fill_failures(scores), metric)
        expected = stats.rankdata(-values if record.higher_is_better else values, axis=1)
        np.testing.assert_array_equal(rank_pairs(fill_failures(scores), metric).blocks, expected)


def test_a_failure_takes_the_last_rank_even_where_others_are_worse_than_a_constant():
    scores = made_scores(6, n_sources=6, failures=[SMOTE_FAILS])
    on_third = scores["dataset"] == "data set 03"
    scores.loc[on_third & (scores["status"] == "ok"), "auprc"] = 1e-6
    blocks = rank_pairs(fill_failures(scores), "auprc").blocks
    assert blocks.loc["source 03", "SMOTE / tree"] == blocks.shape[1]


def test_cuts_of_one_table_have_one_vote():
    scores = made_scores(10, n_sources=10, failures=[SMOTE_FAILS])
    copies = [
        scores[scores["dataset"] == "data set 00"].assign(dataset=f"cut {number}")
        for number in range(7)
    ]
    many = pd.concat([scores, *copies])
    once, often = leaderboard(scores), leaderboard(many)
    columns = ["mean_rank", "rank_low", "rank_high", "auprc", "auprc_low", "auprc_high", "brier"]
    pd.testing.assert_frame_equal(once[columns], often[columns])
    one, other = (friedman(rank_pairs(fill_failures(s), "auprc").blocks) for s in (scores, many))
    assert one == other


def test_a_data_set_not_tried_by_every_pair_is_left_out_of_the_ranks():
    scores = made_scores(8, n_sources=8)
    stopped = scores[~(scores["dataset"].eq("data set 07") & scores["method"].eq("SMOTE"))]
    ranks = rank_pairs(fill_failures(stopped), "auprc")
    assert (ranks.n_datasets, ranks.n_partial) == (7, 1)
    whole = rank_pairs(fill_failures(scores[scores["dataset"] != "data set 07"]), "auprc")
    pd.testing.assert_frame_equal(ranks.blocks, whole.blocks)
    board, expected = leaderboard(stopped), leaderboard(scores[scores["dataset"] != "data set 07"])
    unequal = ["n_cells"]
    pd.testing.assert_frame_equal(board.drop(columns=unequal), expected.drop(columns=unequal))


def test_a_data_set_on_which_nothing_finished_is_left_out_of_the_ranks():
    scores = made_scores(6, n_sources=6)
    scores.loc[scores["dataset"] == "data set 02", "status"] = "timeout"
    ranks = rank_pairs(fill_failures(scores), "auprc")
    assert (ranks.n_datasets, ranks.n_empty) == (5, 1)


def test_ranks_of_finished_data_sets_ignore_those_with_a_failure():
    scores = made_scores(8, n_sources=8, failures=[SMOTE_FAILS])
    without = scores[scores["dataset"] != "data set 03"]
    pd.testing.assert_frame_equal(
        rank_pairs(fill_failures(scores), "auprc", finished_only=True).blocks,
        rank_pairs(fill_failures(without), "auprc").blocks,
    )


def test_bootstrap_intervals_cover_the_mean():
    # 1000 intervals of 30 normal values: percentile intervals cover about 93.5 %, with a standard
    # error of .8 %, so a fall below 89 % or a rise above 98 % by chance is rarer than 1e-6.
    rng = np.random.default_rng(5)
    blocks = pd.DataFrame(rng.normal(size=(30, 1000)))
    limits = bootstrap_interval(blocks)
    # Columns share their draws but not their values, so they are independent given the draws.
    assert 0.89 < ((limits["low"] < 0) & (limits["high"] > 0)).mean() < 0.98


def test_bootstrap_ignores_other_columns_and_repeats_itself():
    blocks = pd.DataFrame(np.random.default_rng(0).normal(size=(9, 3)), columns=list("abc"))
    blocks.iloc[2, 0] = math.nan
    whole = bootstrap_interval(blocks)
    pd.testing.assert_frame_equal(whole.loc[["c", "a"]], bootstrap_interval(blocks[["c", "a"]]))
    assert (whole["low"] <= blocks.mean()).all()
    assert (whole["high"] >= blocks.mean()).all()


def test_bootstrap_of_few_sources_gives_no_interval():
    assert bootstrap_interval(pd.DataFrame(np.ones((4, 2)))).isna().all(axis=None)


def test_critical_difference_is_the_published_one():
    # Demšar (2006), section 3.2.2: four classifiers on 14 data sets, CD = 1.25 at .05.
    blocks = pd.DataFrame(np.random.default_rng(0).permuted(np.tile([1, 2, 3, 4], (14, 1)), axis=1))
    assert friedman(blocks).critical_difference == pytest.approx(1.25, abs=0.005)


def test_friedman_and_nemenyi_agree_with_scipy_and_scikit_posthocs():
    blocks = rank_pairs(fill_failures(made_scores(20, n_sources=20)), "auprc").blocks
    # The tuned thresholds tie with their learners, so scipy's tie correction is exercised too.
    outcome = friedman(blocks)
    expected = stats.friedmanchisquare(*[blocks[pair] for pair in blocks])
    assert (outcome.statistic, outcome.p_value) == (expected.statistic, expected.pvalue)
    p_values = scikit_posthocs.posthoc_nemenyi_friedman(blocks.to_numpy())
    apart = np.abs(np.subtract.outer(blocks.mean().to_numpy(), blocks.mean().to_numpy()))
    np.testing.assert_array_equal(apart > outcome.critical_difference, p_values.to_numpy() < 0.05)


@pytest.mark.parametrize(
    ("shape", "words"), [((10, 2), "three or more"), ((3, 6), "3 base sources"), ((0, 4), "0 base")]
)
def test_friedman_says_why_it_cannot_test(shape, words):
    blocks = pd.DataFrame(np.random.default_rng(0).random(shape))
    outcome = friedman(blocks)
    assert words in outcome.note
    assert math.isnan(outcome.critical_difference)


def test_friedman_of_equal_ranks_is_words():
    assert "same rank" in friedman(pd.DataFrame(np.full((8, 3), 2.0))).note


@given(st.lists(st.floats(1, 30), min_size=1, max_size=20).map(sorted), st.floats(0, 30))
def test_cliques_are_the_maximal_runs(ranks, critical):
    ranks = np.array(ranks)
    # As the function compares: a sum on the right, so that rounding is the same.
    runs = {
        (first, last)
        for first in range(len(ranks))
        for last in range(first + 1, len(ranks))
        if ranks[last] <= ranks[first] + critical
    }
    maximal = [
        run
        for run in sorted(runs)
        if not any(o != run and o[0] <= run[0] and run[1] <= o[1] for o in runs)
    ]
    assert cliques(ranks, critical) == maximal


def test_cliques_without_a_critical_difference_are_none():
    assert cliques(np.array([1.0, 1.0, 2.0]), math.nan) == []


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_follows_its_definition(p_values):
    p_values = np.array(p_values)
    adjusted = holm(p_values)
    ordered = np.sort(p_values)
    for p_value, value in zip(p_values, adjusted, strict=True):
        # The largest of the scaled p-values up to and including this one.
        place = int(np.searchsorted(ordered, p_value, side="right"))
        scaled = [(len(ordered) - j) * ordered[j] for j in range(place)]
        assert value == pytest.approx(min(1.0, max(scaled)))


def test_holm_does_not_count_what_could_not_be_tested():
    np.testing.assert_allclose(
        holm(np.array([0.01, math.nan, 0.04])), [0.02, math.nan, 0.04], rtol=1e-12
    )


def test_signed_rank_of_degenerate_differences():
    assert signed_rank(np.zeros(9)) == 1.0
    assert math.isnan(signed_rank(np.array([0.3])))
    assert math.isnan(signed_rank(np.array([0.3, math.nan])))


points = st.lists(
    st.tuples(st.integers(0, 6).map(float), st.integers(0, 6).map(float)), max_size=15
)


@given(points)
def test_pareto_front_by_definition(pairs):
    cost = np.array([pair[0] for pair in pairs])
    gain = np.array([pair[1] for pair in pairs])
    expected = [not any(c <= a and g >= b and (c, g) != (a, b) for c, g in pairs) for a, b in pairs]
    assert pareto_front(cost, gain).tolist() == expected


def test_pareto_front_never_holds_an_unknown():
    front = pareto_front(np.array([1.0, math.nan, 3.0]), np.array([0.5, 0.9, math.nan]))
    assert front.tolist() == [True, False, False]


def test_comparisons_are_antisymmetric_and_blocked():
    filled = fill_failures(made_scores(30))
    pair, reference = "self-paced ensemble / tree", "none / tree"
    there = compare(filled, "auprc", {pair: reference}).loc[pair]
    back = compare(filled, "auprc", {reference: pair}).loc[reference]
    assert there["difference"] == pytest.approx(-back["difference"])
    assert (there["low"], there["high"]) == pytest.approx((-back["high"], -back["low"]))
    assert (there["wins"], there["losses"]) == (back["losses"], back["wins"])
    assert (there["verdict"], back["verdict"]) == ("better", "worse")
    assert there["n_blocks"] == 25
    values = by_source(table(filled, "auprc"))
    expected = stats.wilcoxon(values[pair], values[reference], zero_method="zsplit")
    assert there["p"] == pytest.approx(expected.pvalue)


def test_lower_is_better_where_it_is():
    filled = fill_failures(made_scores(30))
    outcome = compare(filled, "brier", same_learner_references(filled))
    assert outcome.loc["random under-sampling / forest", "difference"] > 0
    assert outcome.loc["random under-sampling / forest", "verdict"] == "worse"
    assert outcome.loc["threshold / forest", "verdict"] == "tied"


def test_nothing_is_found_where_there_is_nothing():
    # Twenty methods that are all the untouched learner plus noise: Holm keeps the chance of any
    # verdict below 5 % a run, so that four of five runs with one are rarer than 3e-5, and the seeds
    # are fixed.
    pairs = [("none", "tree")] + [(f"noise {number}", "tree") for number in range(20)]
    found = 0
    for seed in range(5):
        filled = fill_failures(made_scores(30, n_sources=30, pairs=pairs, seed=seed))
        outcome = compare(filled, "auprc", same_learner_references(filled))
        found += bool(outcome["verdict"].ne("tied").any())
    assert found < 4


def test_references_are_the_untouched_learners():
    filled = fill_failures(
        made_scores(3, pairs=[("none", "tree"), ("SMOTE", "tree"), ("x", "svm")])
    )
    assert same_learner_references(filled) == {"SMOTE / tree": "none / tree"}


def test_leaderboard_does_not_depend_on_the_order_of_cells():
    scores = made_scores(10, failures=[SMOTE_FAILS])
    shuffled = scores.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(leaderboard(scores), leaderboard(shuffled), check_exact=True)


def test_leaderboard_columns():
    board = leaderboard(made_scores(30, failures=[SMOTE_FAILS]))
    assert board.index.name == "pair"
    assert board["mean_rank"].is_monotonic_increasing
    assert board["mean_rank"].mean() == pytest.approx((len(board) + 1) / 2)
    assert board["baseline"].sum() == 9
    assert board.loc["SMOTE / tree", "failures"] == 1
    assert board["failures"].sum() == 1
    assert board.loc["SMOTE / tree", "auprc"] != board.loc["SMOTE / tree", "auprc_finished"]
    assert (board["rank_low"] <= board["mean_rank"]).all()
    assert (board["mean_rank"] <= board["rank_high"]).all()


def test_splits_are_averaged_before_ranking():
    one = made_scores(6, n_sources=6, seed=1)
    other = made_scores(6, n_sources=6, seed=2).assign(fold=1)
    filled = fill_failures(pd.concat([one, other]))
    mean = (table(fill_failures(one), "auprc") + table(fill_failures(other), "auprc")) / 2
    expected = stats.rankdata(-mean.to_numpy().round(12), axis=1)
    np.testing.assert_array_equal(rank_pairs(filled, "auprc").blocks, expected)
