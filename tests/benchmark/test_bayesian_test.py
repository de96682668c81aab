"""The Bayesian signed-rank test against closed forms and a slow version."""

import math

import numpy as np
import pandas as pd
import pytest
from made_scores import made_scores

from imbalance_kit.benchmark._analysis.bayesian_test import bayes_compare, signed_rank_rope
from imbalance_kit.benchmark._analysis.statistics import fill_failures, same_learner_references

# 20,000 draws have a standard error of at most .0035, so .018 is passed by chance less often than
# once in two million comparisons.
MONTE_CARLO = 0.018


def slow(differences, rope, n_draws, seed):
    """By the definition: every pair of values in every draw."""
    values = [0.0, *differences]
    rng = np.random.default_rng(seed)
    won = np.zeros(3)
    for weights in rng.dirichlet([0.5] + [1.0] * len(differences), size=n_draws):
        shares = np.zeros(3)
        for i, one in enumerate(values):
            for j, other in enumerate(values):
                middle = (one + other) / 2
                shares[1 + (middle > rope) - (middle < -rope)] += weights[i] * weights[j]
        won[shares.argmax()] += 1
    return won / n_draws


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        # The weight w of the prior is Beta(1/2, 1), so that P(w < x) is the root of x. Only the
        # prior with itself is inside: w^2 < 1/2.
        (0.05, math.sqrt(math.sqrt(0.5))),
        # Only the difference with itself is outside: (1 - w)^2 > 1/2.
        (0.015, math.sqrt(1 - math.sqrt(0.5))),
        (0.005, 0.0),
    ],
    ids=["far", "near", "inside"],
)
def test_one_difference_in_closed_form(difference, expected):
    left, inside, right = signed_rank_rope(np.array([difference]), rope=0.01)
    assert left == 0
    assert right == pytest.approx(expected, abs=MONTE_CARLO)
    assert inside == pytest.approx(1 - expected, abs=MONTE_CARLO)


@pytest.mark.parametrize(
    ("centre", "n_blocks", "rope"), [(0.0, 6, 0.01), (0.01, 7, 0.01), (0.02, 5, 0.03)]
)
def test_agrees_with_every_pair_of_values(centre, n_blocks, rope):
    differences = np.random.default_rng(n_blocks).normal(centre, 0.03, n_blocks)
    found = signed_rank_rope(differences, rope=rope)
    # the slow version takes 2,000 draws: a standard error of .011 beside ours
    np.testing.assert_allclose(found, slow(differences, rope, 2000, 1), atol=0.06)


def test_no_difference_is_equivalence():
    assert signed_rank_rope(np.zeros(8), rope=0.01) == (0.0, 1.0, 0.0)
    assert signed_rank_rope(np.zeros(8), rope=0.0) == (0.0, 1.0, 0.0)


def test_the_border_is_shared():
    # The prior with the difference lies on the border, so that right and inside hold 1 - w and w.
    left, _, right = signed_rank_rope(np.array([0.25]), rope=0.125)
    assert left == 0
    assert right == pytest.approx(math.sqrt(0.5), abs=MONTE_CARLO)


def test_signs_turn_the_answer_round():
    differences = np.random.default_rng(0).normal(0.01, 0.02, 15)
    there = signed_rank_rope(differences, rope=0.01)
    back = signed_rank_rope(-differences, rope=0.01)
    assert there == pytest.approx(back[::-1], abs=1e-12)
    assert sum(there) == pytest.approx(1)


def test_a_wider_region_holds_more():
    differences = np.random.default_rng(0).normal(0.01, 0.02, 15)
    inside = [signed_rank_rope(differences, rope=rope)[1] for rope in (0.0, 0.005, 0.01, 0.05)]
    assert inside == sorted(inside)
    assert inside[-1] == 1.0


def test_without_a_prior_clear_differences_are_certain():
    assert signed_rank_rope(np.full(5, 0.1), rope=0.01, prior=0.0) == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("wrong", [{"rope": -0.1}, {"rope": 0.1, "prior": -1}])
def test_negative_settings_are_refused(wrong):
    with pytest.raises(ValueError, match="negative"):
        signed_rank_rope(np.zeros(5), **wrong)


def test_comparisons_follow_the_differences():
    filled = fill_failures(made_scores(30))
    outcome = bayes_compare(filled, "auprc", same_learner_references(filled))
    assert outcome.loc["self-paced ensemble / tree", "verdict"] == "better"
    assert outcome.loc["threshold / forest", "verdict"] == "equivalent"
    assert outcome.loc["threshold / forest", "equivalent"] == 1.0
    assert outcome.loc["random under-sampling / tree", "verdict"] == "worse"
    assert (outcome["n_blocks"] == 25).all()
    np.testing.assert_allclose(outcome[["worse", "equivalent", "better"]].sum(axis=1), 1)
    unsure = outcome[["worse", "equivalent", "better"]].max(axis=1) < 0.95
    assert (outcome["verdict"].eq("undecided") == unsure).all()


def test_each_row_is_the_test_of_its_differences():
    filled = fill_failures(made_scores(12, n_sources=12))
    outcome = bayes_compare(filled, "auroc", {"SMOTE / tree": "none / tree"}, rope=0.02)
    scores = filled.pivot(index="dataset", columns="pair", values="auroc")
    differences = (scores["SMOTE / tree"] - scores["none / tree"]).to_numpy()
    expected = signed_rank_rope(differences, rope=0.02)
    assert tuple(outcome.loc["SMOTE / tree", ["worse", "equivalent", "better"]]) == expected


def test_where_less_is_better_less_is_better():
    filled = fill_failures(made_scores(30))
    outcome = bayes_compare(filled, "brier", same_learner_references(filled))
    assert outcome.loc["random under-sampling / forest", "verdict"] == "worse"


def test_cuts_of_one_table_count_once():
    scores = made_scores(8, n_sources=8)
    cut = scores[scores["dataset"] == "data set 00"].assign(dataset="cut")
    references = {"SMOTE / tree": "none / tree"}
    once, often = (
        bayes_compare(fill_failures(s), "auprc", references)
        for s in (scores, pd.concat([scores, cut]))
    )
    pd.testing.assert_frame_equal(once, often)


def test_few_sources_give_no_probability():
    filled = fill_failures(made_scores(4, n_sources=4))
    outcome = bayes_compare(filled, "auprc", same_learner_references(filled))
    assert outcome[["worse", "equivalent", "better"]].isna().all(axis=None)
    assert (outcome["verdict"] == "undecided").all()


def test_nothing_to_compare_is_an_empty_table():
    filled = fill_failures(made_scores(6))
    outcome = bayes_compare(filled, "auprc", {"SMOTE / tree": "none / boost"})
    assert outcome.empty
    assert "verdict" in outcome
