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

from imbalance_kit.benchmark._analysis.bayesian_test import bayes_compare
from imbalance_kit.benchmark._analysis.breakdown import breakdown, improvement, stress_effects
from imbalance_kit.benchmark._analysis.export import export_bencheval
from imbalance_kit.benchmark._analysis.leaderboard import leaderboard
from imbalance_kit.benchmark._analysis.ratings import elo, win_rates
from imbalance_kit.benchmark._analysis.statistics import (
    by_source,
    cliques,
    compare,
    fill_failures,
    finished_by_all,
    friedman,
    goodness,
    paired_blocks,
    pareto_front,
    rank_pairs,
    same_learner_references,
    signed_rank,
    table,
    tried_by_all,
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


def test_failed_cells_get_the_constant_prior_or_what_is_worse():
    scores = made_scores(8, failures=[SMOTE_FAILS])
    # A cell killed before it was split does not know its class shares.
    scores.loc[scores["status"] != "ok", "prior"] = ""
    filled = fill_failures(scores).set_index(["dataset", "pair"])
    cell = filled.loc[("data set 03", "SMOTE / tree")]
    prior = scores.loc[scores["dataset"].eq("data set 03") & scores["prior"].ne(""), "prior"].iloc[
        0
    ]
    expected = constant_prior_scores([float(share) for share in prior.strip("[]").split(",")])
    others = scores[scores["dataset"].eq("data set 03") & scores["status"].eq("ok")]
    for metric, record in METRICS.items():
        worst = others[metric].min() if record.higher_is_better else others[metric].max()
        known = [value for value in (expected[metric], worst) if not math.isnan(value)]
        assert cell[metric] == (min(known) if record.higher_is_better else max(known)), metric
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


BAD = ("always fails", "tree")


def with_one_that_always_fails(n_datasets=12, n_cuts=1, splits=1):
    """Every pair is far worse than a constant predictor, and one never finishes."""
    pairs = [("none", "tree"), ("SMOTE", "tree"), ("threshold", "tree"), BAD]
    scores = made_scores(n_datasets, n_sources=n_datasets // n_cuts, pairs=pairs)
    scores = pd.concat([scores.assign(fold=fold) for fold in range(splits)], ignore_index=True)
    fails = scores["method"] == BAD[0]
    rng = np.random.default_rng(0)
    for metric, record in METRICS.items():
        wobble = 1e-3 * rng.uniform(size=len(scores))
        scores[metric] = wobble if record.higher_is_better else 30 + wobble
    scores.loc[fails, list(METRICS)] = math.nan
    scores.loc[fails, "status"] = "error"
    return scores


@pytest.mark.parametrize(
    "shape", [(12, 1, 1), pytest.param((24, 2, 3), marks=pytest.mark.exhaustive)]
)
def test_a_pair_that_always_fails_is_behind_in_every_metric_and_test(shape):
    """Imputed by class shares it would be the best calibrated of all."""
    scores = with_one_that_always_fails(*shape)
    filled = fill_failures(scores)
    last, rest = " / ".join(BAD), ["none / tree", "SMOTE / tree", "threshold / tree"]
    references = dict.fromkeys([*rest[1:], last], rest[0])
    board = leaderboard(scores)
    assert board.index[-1] == last
    for metric, record in METRICS.items():
        means = rank_pairs(filled, metric).mean
        assert (means.index[-1], means[last]) == (last, 4.0), metric
        sign = 1 if record.higher_is_better else -1
        assert (sign * board.loc[last, metric] <= sign * board.loc[rest, metric]).all(), metric
        row = compare(filled, metric, references).loc[last]
        assert (row["verdict"], row["wins"], row["ties"]) == ("worse", 0, 0), metric
        row = compare(filled, metric, dict.fromkeys(rest, last))
        assert set(row["verdict"]) == {"better"}, metric
        errors = export_bencheval(scores, metric).groupby("method")["metric_error"].mean()
        assert errors[last] >= errors.max() - 1e-12, metric
    for metric in ("brier", "calibration_error", "auprc"):  # these draw, and take their time
        bayes = bayes_compare(filled, metric, references, n_draws=500)
        assert bayes.loc[last, "verdict"] == "worse", metric
        assert elo(filled, metric, n_draws=2).index[-1] == last, metric
        assert (win_rates(filled, metric, n_draws=2).rates.loc[last].dropna() == 0).all(), metric
        row = improvement(filled, metric).loc[last]
        assert (row["verdict"], row["hard_verdict"]) == ("worse", "worse"), metric
        groups = breakdown(filled, "classes", metric).set_index("pair").loc[[last]]
        assert set(groups["verdict"]) == {"worse"}, metric


def test_a_pair_that_fails_where_all_do_badly_gains_nothing_by_it():
    """Failing on half of the data sets is never better than finishing them as the worst."""
    scores = with_one_that_always_fails()
    finishes = scores["method"].eq(BAD[0]) & (scores["dataset"] < "data set 06")
    worst = scores.groupby("dataset")[list(METRICS)].agg(["min", "max"])
    for metric, record in METRICS.items():
        of_set = worst[metric]["min" if record.higher_is_better else "max"]
        scores.loc[finishes, metric] = scores.loc[finishes, "dataset"].map(of_set)
    scores.loc[finishes, "status"] = "ok"
    means, board = {}, leaderboard(scores)
    for metric, record in METRICS.items():
        sign = 1 if record.higher_is_better else -1
        means[metric] = sign * board.loc[" / ".join(BAD), metric]
        assert (means[metric] <= sign * board[metric] + 1e-12).all(), metric


def folds_of(scores, n_folds):
    """The same cells on several folds, each with another level: folds differ more than pairs."""
    parts = []
    for fold in range(n_folds):
        part = scores.assign(fold=fold)
        for metric in METRICS:
            part[metric] = part[metric] + fold
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


@pytest.mark.exhaustive
def test_only_folds_that_were_run_on_both_are_compared():
    """A run that was stopped: the pair without its easy folds would look worse by a whole fold."""
    pairs = [("none", "tree"), ("SMOTE", "tree"), ("threshold", "tree")]
    whole = folds_of(made_scores(8, n_sources=8, pairs=pairs), 3)
    stopped = whole[~(whole["method"].eq("SMOTE") & whole["fold"].eq(2))]
    common = fill_failures(whole[whole["fold"] < 2])
    found = fill_failures(stopped)
    assert len(tried_by_all(found)) == len(common)
    references = {"SMOTE / tree": "none / tree", "threshold / tree": "none / tree"}
    for metric in METRICS:
        pd.testing.assert_frame_equal(
            rank_pairs(found, metric).blocks, rank_pairs(common, metric).blocks
        )
        pd.testing.assert_frame_equal(
            compare(found, metric, references).loc[["SMOTE / tree"]].drop(columns="p_holm"),
            compare(common, metric, references).loc[["SMOTE / tree"]].drop(columns="p_holm"),
        )
        pd.testing.assert_frame_equal(
            bayes_compare(found, metric, references, n_draws=50).loc[["SMOTE / tree"]],
            bayes_compare(common, metric, references, n_draws=50).loc[["SMOTE / tree"]],
        )
        pd.testing.assert_frame_equal(improvement(found, metric), improvement(common, metric))
        assert paired_blocks(found, metric, references)[0].shape == (8, 2)
    kept = ["mean_rank", *METRICS]
    pd.testing.assert_frame_equal(
        leaderboard(stopped)[kept], leaderboard(whole[whole["fold"] < 2])[kept]
    )
    assert finished_by_all(found)["fold"].max() == 1


def test_stress_is_compared_with_the_same_folds_of_the_parent():
    pairs = [("none", "tree"), ("SMOTE", "tree")]
    plain = folds_of(made_scores(6, n_sources=6, pairs=pairs), 3).assign(stress="")
    noisy = plain.assign(dataset=plain["dataset"] + ", noise 20", stress="noise 20")
    noisy["auprc"] -= 0.25
    both = pd.concat([plain, noisy[noisy["fold"] != 2]], ignore_index=True)
    rows = stress_effects(fill_failures(both))
    assert rows["difference"].to_numpy() == pytest.approx(-0.25)


def test_a_metric_that_is_undefined_for_all_is_left_out_and_no_tie():
    """Such as a ranking on test rows of one class."""
    scores = made_scores(8, n_sources=8, pairs=[("none", "tree"), ("SMOTE", "tree"), BAD])
    nowhere = scores["dataset"].isin(["data set 01", "data set 05"])
    scores.loc[nowhere, "auprc"] = math.nan
    scores.loc[nowhere & scores["method"].eq(BAD[0]), "status"] = "error"
    scores.loc[nowhere, "prior"] = ""
    filled = fill_failures(scores)
    ranks = rank_pairs(filled, "auprc")
    assert (ranks.n_datasets, ranks.n_empty) == (6, 2)
    assert len(goodness(filled, "auprc")) == 6
    row = compare(filled, "auprc", {"SMOTE / tree": "none / tree"}).iloc[0]
    assert (row["n_blocks"], row["ties"]) == (6, 0)
    rest = fill_failures(scores[~nowhere])
    pd.testing.assert_frame_equal(ranks.blocks, rank_pairs(rest, "auprc").blocks)
    pd.testing.assert_frame_equal(elo(filled, n_draws=5), elo(rest, n_draws=5))
