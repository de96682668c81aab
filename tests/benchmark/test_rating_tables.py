"""The tables of evidence say what the statistics say, with intervals, and call ties ties."""

import math

import pandas as pd
import pytest
from made_scores import made_scores

from imbalance_kit.benchmark._analysis.bayesian_test import bayes_compare
from imbalance_kit.benchmark._analysis.breakdown import breakdown, improvement, stress_effects
from imbalance_kit.benchmark._analysis.leaderboard import leaderboard
from imbalance_kit.benchmark._analysis.ratings import elo, win_rates
from imbalance_kit.benchmark._analysis.statistics import fill_failures, same_learner_references
from imbalance_kit.benchmark._analysis.table_kinds import LEVELS
from imbalance_kit.benchmark._report.charts import number
from imbalance_kit.benchmark._report.rating_tables import _cell, _holds, _percent, _Span, evidence

PAIRS = [
    (method, learner)
    for learner in ("tree", "forest")
    for method in ("none", "class weight", "threshold", "SMOTE", "random under-sampling")
] + [("self-paced ensemble", "tree")]


@pytest.fixture(scope="module")
def filled():
    """Cells with a stressed copy of some data sets, in which every score is one tenth lower."""
    plain = made_scores(
        24, n_sources=20, pairs=PAIRS, failures=[(2, "SMOTE", "tree", "error", "ValueError")]
    )
    plain["stress"] = ""
    stressed = plain[plain["dataset"] < "data set 08"].copy()
    stressed["dataset"] += ", noise 20"
    stressed["stress"], stressed["auprc"] = "noise 20", 0.9 * stressed["auprc"]
    return fill_failures(pd.concat([plain, stressed], ignore_index=True))


@pytest.fixture(scope="module")
def told(filled):
    return evidence(filled, leaderboard(filled))


def interval(low, high, digits, scale=1.0, *, sign=False):
    return " to ".join(number(scale * limit, digits, sign=sign) for limit in (low, high))


def test_ratings_are_those_of_the_statistics(filled, told):
    ratings = elo(filled, "auprc")
    without = elo(filled, "auprc", finished_only=True)
    assert [row["pair"] for row in told["elo"]["rows"]] == list(ratings.index)
    for row in told["elo"]["rows"]:
        expected, finished = ratings.loc[row["pair"]], without.loc[row["pair"]]
        assert row["elo"]["text"] == number(expected["elo"], 0)
        assert row["elo"]["interval"] == interval(expected["low"], expected["high"], 0)
        assert row["finished"]["text"] == number(finished["elo"], 0)
        if row["is_reference"]:
            assert row["pair"] == told["elo"]["reference"]
            assert row["elo"]["verdict"] == ""
            continue
        tied = expected["low"] <= 1000 <= expected["high"]
        assert (row["elo"]["verdict"] == "tied") == tied


def test_wins_of_two_pairs_are_each_others_losses(filled, told):
    wins = win_rates(filled, "auprc")
    pairs = told["wins"]["pairs"]
    for one, row in zip(pairs, told["wins"]["rows"], strict=True):
        for other, cell in zip(pairs, row["cells"], strict=True):
            if one == other:
                assert cell is None
                continue
            assert cell["text"] == number(100 * wins.rates.loc[one, other], 0)
            tied = wins.low.loc[one, other] <= 0.5 <= wins.high.loc[one, other]
            assert (cell["sign"] == "=") == tied


def test_gains_and_probabilities_are_those_of_the_statistics(filled, told):
    gains = improvement(filled, "auprc")
    for row in told["improvement"]["rows"]:
        expected = gains.loc[row["pair"]]
        assert row["baseline"] == expected["baseline"]
        assert row["gain"]["text"] == number(100 * expected["improvement"], 1, sign=True)
        hard = (expected["hard_low"], expected["hard_high"])
        assert row["hard"]["interval"] == interval(*hard, 1, 100, sign=True)
        assert row["hard"]["verdict"] == expected["hard_verdict"]
    table = bayes_compare(filled, "auprc", same_learner_references(filled))
    assert {row["pair"] for row in told["bayes"]["rows"]} == {
        pair for pair in table.index if not pair.startswith("threshold")
    }
    for row in told["bayes"]["rows"]:
        assert row["verdict"] == table.loc[row["pair"], "verdict"]
        assert sum(part["share"] for part in row["shares"]) == pytest.approx(100, abs=0.2)


def test_groups_are_in_order_and_count_their_sources(filled, told):
    by_level = told["breakdowns"][0]
    assert by_level["title"] == "By imbalance"
    labels = [head["label"] for head in by_level["heads"]]
    assert labels == [level for level in LEVELS if level in labels]
    table = breakdown(filled, "level", "auprc").set_index(["pair", "group"])
    for row in by_level["rows"]:
        for head, cell in zip(by_level["heads"], row["cells"], strict=True):
            expected = table.loc[(row["pair"], head["label"])]
            assert cell["text"] == number(100 * expected["difference"], 1, sign=True)
            assert head["n_sources"] >= expected["n_blocks"]
            if expected["n_blocks"] < 5:
                assert (cell["interval"], cell["sign"]) == ("", "")


def test_doses_of_stress_stand_beside_each_other(filled, told):
    assert [head["label"] for head in told["stress"]["heads"]] == ["noise 20 %"]
    table = stress_effects(filled, "auprc").set_index("pair")
    assert [row["pair"] for row in told["stress"]["rows"]] == list(leaderboard(filled).index)
    for row in told["stress"]["rows"]:
        (cell,) = row["cells"]
        assert cell["text"] == number(100 * table.loc[row["pair"], "difference"], 1, sign=True)
        assert cell["verdict"] == "worse"


def test_without_anything_finished_there_is_no_evidence(filled):
    lost = filled.assign(failed=True, status="error")
    told = evidence(lost, leaderboard(filled))
    assert not any(told.values())


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.1, 0.2, "better"), (-0.2, -0.1, "worse"), (-0.1, 0.1, "tied"), (0.0, 0.1, "tied")],
)
def test_an_interval_that_holds_the_value_is_a_tie(low, high, verdict):
    assert _holds(low, high, 0.0) == verdict
    assert (_cell(0.05, low, high, verdict=verdict)["sign"] == "=") is (verdict == "tied")


def test_no_interval_no_verdict():
    assert _holds(math.nan, math.nan, 0.0) == ""
    assert _cell(0.1, math.nan, math.nan)["interval"] == ""


def test_what_rounds_to_certainty_is_not_called_certain():
    assert [_percent(share) for share in (1.0, 0.995, 0.5, 0.004, 0.0)] == [
        "> 99 %",
        "> 99 %",
        "50 %",
        "< 1 %",
        "< 1 %",
    ]


def test_bars_stay_inside_their_frame():
    values = pd.Series([-3.0, 1.0, math.nan, 8.0])
    span = _Span(values)
    places = [span(value) for value in values.dropna()]
    assert places == sorted(places)
    assert 0 < places[0] < places[-1] < 100
    assert span(math.nan) is None
    assert 0 < _Span(pd.Series([2.0]))(2.0) < 100
