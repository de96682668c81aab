"""Ratings against closed forms, logistic regression, a slow version and bencheval."""

import math

import numpy as np
import pandas as pd
import pytest
from made_scores import made_scores
from sklearn.linear_model import LogisticRegression

from imbalance_kit.benchmark._analysis.ratings import (
    bradley_terry,
    default_reference,
    elo,
    win_rates,
    wins_by_source,
)
from imbalance_kit.benchmark._analysis.statistics import fill_failures, goodness
from imbalance_kit.metrics._bootstrap import bootstrap_counts, widening

SMOTE_FAILS = (3, "SMOTE", "tree", "error", "ValueError: too few rows")
TREE = [(method, "tree") for method in ("none", "threshold", "SMOTE", "random under-sampling")]


def met(scores):
    """A frame of scores by source, one data set each, from a list of rows."""
    frame = pd.DataFrame(
        scores, columns=[f"{name} / tree" for name in "abcdefgh"[: len(scores[0])]]
    )
    names = [f"source {number:03d}" for number in range(len(frame))]
    return frame.set_axis(
        pd.MultiIndex.from_arrays([names, names]).set_names(["source", "dataset"])
    )


def regression(values):
    """Log-strengths by scikit-learn: two rows a meeting, weighted by the share that was won."""
    design, won, weights = [], [], []
    n_pairs = values.shape[1]
    for row in values.to_numpy():
        for i in range(n_pairs):
            for j in range(i + 1, n_pairs):
                if np.isnan(row[[i, j]]).any():
                    continue
                line = np.zeros(n_pairs)
                line[i], line[j] = 1, -1
                share = 0.5 if row[i] == row[j] else float(row[i] > row[j])
                design += [line, line]
                won += [1, 0]
                weights += [share, 1 - share]
    model = LogisticRegression(C=1e7, fit_intercept=False, tol=1e-10, max_iter=10_000)
    strengths = model.fit(design, won, sample_weight=weights).coef_[0]
    return strengths - strengths.mean()


@pytest.mark.parametrize(("won", "drawn", "lost"), [(9, 0, 1), (3, 4, 1), (1, 8, 6), (0, 7, 0)])
def test_two_pairs_stand_apart_by_their_odds(won, drawn, lost):
    values = met([(1, 0)] * won + [(0, 0)] * drawn + [(0, 1)] * lost)
    wins, _ = wins_by_source(values)
    first, second = bradley_terry(wins.sum(axis=0)[None], np.zeros(2))[0]
    odds = (won + drawn / 2) / (lost + drawn / 2)
    assert first - second == pytest.approx(math.log(odds), abs=1e-5)


def test_ten_to_one_is_four_hundred_points():
    scores = made_scores(11, n_sources=11, pairs=[("none", "tree"), ("SMOTE", "tree")])
    better = scores["method"].eq("SMOTE") & scores["dataset"].ne("data set 04")
    scores["auprc"] = np.where(better, 0.9, 0.5)
    scores.loc[scores["method"].eq("SMOTE") & ~better, "auprc"] = 0.1
    rated = elo(fill_failures(scores))
    assert rated.attrs["reference"] == "none / tree"
    assert rated.loc["SMOTE / tree", "elo"] == pytest.approx(1400, abs=0.01)
    assert rated.loc["SMOTE / tree", "win_rate"] == pytest.approx(10 / 11)


@pytest.mark.parametrize("holes", [0.0, 0.3])
def test_strengths_are_those_of_logistic_regression(holes):
    rng = np.random.default_rng(4)
    scores = rng.normal(size=(40, 6)).round(0) + np.arange(6) / 4  # rounded, so that some tie
    scores[rng.random(scores.shape) < holes] = np.nan
    values = met(scores)
    wins, _ = wins_by_source(values)
    found = bradley_terry(wins.sum(axis=0)[None], np.zeros(6))[0]
    np.testing.assert_allclose(found - found.mean(), regression(values), atol=2e-4)


def test_a_stack_of_matrices_is_solved_as_each_alone():
    rng = np.random.default_rng(0)
    wins = rng.integers(0, 30, size=(9, 5, 5)).astype(float)
    wins[3, 2] = 0  # never won
    wins[:, np.arange(5), np.arange(5)] = 0
    together = bradley_terry(wins, np.zeros(5))
    alone = [bradley_terry(matrix[None], np.zeros(5))[0] for matrix in wins]
    np.testing.assert_allclose(together, alone, atol=1e-6)
    # where it begins does not matter
    np.testing.assert_allclose(together, bradley_terry(wins, rng.normal(size=5)), atol=1e-6)


def test_the_gradient_vanishes_at_the_strengths():
    rng = np.random.default_rng(1)
    wins = rng.random((1, 7, 7)) * 20
    wins[0, np.arange(7), np.arange(7)] = 0
    t = bradley_terry(wins, np.zeros(7))[0]
    expected = (wins[0] + wins[0].T) / (1 + np.exp(t[None] - t[:, None]))
    np.testing.assert_allclose(expected.sum(axis=1), wins[0].sum(axis=1), atol=1e-4)


def test_a_pair_that_lost_every_meeting_is_last_and_finite():
    scores = made_scores(12, n_sources=12, pairs=TREE)
    scores.loc[scores["method"] == "random under-sampling", "auprc"] = 0.0
    rated = elo(fill_failures(scores))
    assert rated.index[-1] == "random under-sampling / tree"
    assert np.isfinite(rated[["elo", "low", "high"]]).all(axis=None)
    assert rated["win_rate"].iloc[-1] == 0
    # it says nothing about the others
    others = elo(fill_failures(scores[scores["method"] != "random under-sampling"]))
    np.testing.assert_allclose(rated["elo"].iloc[:-1], others["elo"], atol=0.01)


def test_ratings_are_those_of_bencheval_with_one_data_set_per_source():
    evaluator = pytest.importorskip("bencheval.evaluator", reason="bencheval is not installed")
    scores = made_scores(30, n_sources=30)
    # Learners that never lose to others would be held by the two ridges alone.
    scores["auprc"] = (scores["auprc"] + np.random.default_rng(0).normal(0, 0.2, len(scores))).clip(
        0
    )
    filled = fill_failures(scores)
    rated = elo(filled, reference="none / lightgbm")
    errors = (1 - goodness(filled, "auprc")).stack().rename("metric_error").reset_index()
    theirs = evaluator.BenchmarkEvaluator(columns_to_agg_extra=None).compute_elo(
        errors.rename(columns={"pair": "method", "dataset": "task"}),
        calibration_framework="none / lightgbm",
        calibration_elo=1000,
        include_quantiles=False,
        round_decimals=None,
    )
    # both optimise the same likelihood, each to its own tolerance
    np.testing.assert_allclose(rated["elo"], theirs["elo"].reindex(rated.index), atol=0.01)


def test_intervals_are_those_of_sources_drawn_again():
    filled = fill_failures(made_scores(7, n_sources=7, pairs=TREE))
    rated = elo(filled, n_draws=20, seed=3)
    values = goodness(filled, "auprc")
    anchor = values.columns.get_loc("none / tree")
    drawn = []
    for counts in bootstrap_counts(7, 20, 3):
        again = values.iloc[np.repeat(np.arange(7), counts.astype(int))]
        again = again.set_axis(met(again.to_numpy()).index, axis="index")
        wins, _ = wins_by_source(again)
        strengths = bradley_terry(wins.sum(axis=0)[None], np.zeros(len(TREE)))[0]
        drawn.append(1000 + (strengths - strengths[anchor]) * 400 / math.log(10))
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    expected = pd.DataFrame({"low": low, "high": high}, index=values.columns).loc[rated.index]
    # seven sources hide a part of the spread of those they stand for
    expected = expected.sub(rated["elo"], axis=0).mul(widening(7)).add(rated["elo"], axis=0)
    # draws in which a pair won nothing are held by the ridge alone, at some thousands of points
    np.testing.assert_allclose(rated[["low", "high"]], expected, rtol=1e-4)


def test_the_reference_stands_at_a_thousand_and_moves_nobody_else():
    filled = fill_failures(made_scores(20, n_sources=20))
    by_default, other = elo(filled), elo(filled, reference="SMOTE / tree")
    assert by_default.attrs["reference"] == "none / forest"
    for rated, reference in ((by_default, "none / forest"), (other, "SMOTE / tree")):
        assert rated.loc[reference, ["elo", "low", "high"]].tolist() == pytest.approx([1000] * 3)
    apart = by_default["elo"] - other["elo"].reindex(by_default.index)
    np.testing.assert_allclose(apart, apart.iloc[0], atol=1e-6)


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (["SMOTE / tree", "none / tree", "none / forest"], "none / forest"),
        (["SMOTE / tree", "none / tree", "none / lightgbm"], "none / lightgbm"),
        (["SMOTE / tree", "ADASYN / tree"], "ADASYN / tree"),
    ],
    ids=["forest", "untouched", "neither"],
)
def test_default_reference(pairs, expected):
    assert default_reference(pairs) == expected


def test_cuts_of_one_table_meet_once():
    scores = made_scores(10, n_sources=10)
    copies = [
        scores[scores["dataset"] == "data set 00"].assign(dataset=f"cut {number}")
        for number in range(7)
    ]
    once, often = (fill_failures(s) for s in (scores, pd.concat([scores, *copies])))
    pd.testing.assert_frame_equal(elo(once), elo(often), rtol=1e-9)
    one, other = win_rates(once), win_rates(often)
    pd.testing.assert_frame_equal(one.rates, other.rates)
    pd.testing.assert_frame_equal(one.low, other.low)


def test_a_source_of_two_data_sets_is_half_won():
    values = met([(1, 0), (0, 1), (1, 0)])
    values.index = pd.MultiIndex.from_tuples(
        [("ecoli", "ecoli1"), ("ecoli", "ecoli2"), ("yeast", "yeast1")], names=["source", "dataset"]
    )
    wins, _ = wins_by_source(values)
    np.testing.assert_array_equal(wins[:, 0, 1], [0.5, 1.0])
    np.testing.assert_array_equal(wins[:, 1, 0], [0.5, 0.0])


def test_win_rates_by_counting():
    filled = fill_failures(made_scores(15, n_sources=15))
    found = win_rates(filled)
    values = goodness(filled, "auprc")
    for one in values:
        for other in values:
            if one == other:
                assert math.isnan(found.rates.loc[one, other])
                continue
            wins = (values[one] > values[other]).mean() + (values[one] == values[other]).mean() / 2
            assert found.rates.loc[one, other] == pytest.approx(wins)
            assert found.low.loc[one, other] <= wins <= found.high.loc[one, other]
    assert found.rates.loc["threshold / tree", "none / tree"] == 0.5
    np.testing.assert_allclose(found.low + found.high.T, 1 - 0 * found.rates, atol=1e-12)
    assert found.rates.mean(axis=1).is_monotonic_decreasing


def test_where_less_is_better_less_wins():
    filled = fill_failures(made_scores(15, n_sources=15))
    rates = win_rates(filled, "brier").rates
    assert rates.loc["none / forest", "random under-sampling / forest"] > 0.9


def test_a_failure_loses_and_can_be_left_out():
    scores = made_scores(8, n_sources=8, failures=[SMOTE_FAILS])
    scores.loc[scores["status"].eq("ok") & scores["dataset"].eq("data set 03"), "auprc"] = 1e-6
    filled = fill_failures(scores)
    wins, pairs = wins_by_source(goodness(filled, "auprc"))
    assert wins[3, pairs.index("SMOTE / tree")].sum() == 0
    without = fill_failures(scores[scores["dataset"] != "data set 03"])
    pd.testing.assert_frame_equal(elo(filled, finished_only=True), elo(without))
    one, other = win_rates(filled, finished_only=True), win_rates(without)
    pd.testing.assert_frame_equal(one.rates, other.rates)
    assert one.n_blocks == 7


def test_the_order_of_cells_changes_nothing():
    scores = made_scores(9, n_sources=9)
    shuffled = scores.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(elo(fill_failures(scores)), elo(fill_failures(shuffled)))


def test_few_sources_give_no_interval():
    filled = fill_failures(made_scores(4, n_sources=4, pairs=TREE))
    rated, found = elo(filled), win_rates(filled)
    assert rated["elo"].notna().all()
    assert rated[["low", "high", "win_low", "win_high"]].isna().all(axis=None)
    assert found.low.isna().all(axis=None)


def test_nothing_to_compare_is_an_empty_table():
    filled = fill_failures(made_scores(6, pairs=[("none", "tree")]))
    assert elo(filled).empty
    assert "win_rate" in elo(filled)
    assert win_rates(filled).rates.isna().all(axis=None)


def test_an_unknown_reference_is_named():
    filled = fill_failures(made_scores(6, pairs=TREE))
    with pytest.raises(ValueError, match="'boost / tree'"):
        elo(filled, reference="boost / tree")
