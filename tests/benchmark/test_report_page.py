"""The page in a browser: filters rank as Python does, routes show, nothing fails or sticks out."""

import json
from urllib.parse import quote, urlencode

import numpy as np
import pandas as pd
import pytest
from browser import needs_chromium, walk
from made_scores import made_scores

from imbalance_kit.benchmark._analysis import statistics
from imbalance_kit.benchmark._analysis.leaderboard import leaderboard
from imbalance_kit.benchmark._analysis.statistics import fill_failures, rank_pairs
from imbalance_kit.benchmark._analysis.table_kinds import levels
from imbalance_kit.benchmark._metrics.metric import METRICS
from imbalance_kit.benchmark._report.charts import MINUS
from imbalance_kit.benchmark._report.figures import tied_with_leader
from imbalance_kit.benchmark._report.page import render

pytestmark = [needs_chromium, pytest.mark.exhaustive]

HOSTILE = "</script><b>\"quoted\" & 'ünïcode' / 100 % #1"
FAILURES = [
    (3, "SMOTE", "tree", "error", "ValueError: too few rows"),
    (4, "SMOTE", "tree", "error", HOSTILE),
    (5, "none", "forest", "timeout", "stopped after 60 s"),
    (6, HOSTILE, "tree", "error", HOSTILE),
]
PAIRS = [
    (method, learner)
    for learner in ("tree", "lightgbm", "forest")
    for method in ("none", "class weight", "threshold", "SMOTE", "random under-sampling")
] + [("self-paced ensemble", "tree"), (HOSTILE, "tree")]

READ_BOARD = """({
  rows: [...document.querySelectorAll("table.board tbody tr[data-pair]")].map((row) => ({
    pair: row.dataset.pair,
    cells: Object.fromEntries(
      [...row.querySelectorAll("td[data-key]")].map(({ dataset }) => [dataset.key, dataset.value])
    ),
    interval: [...row.querySelectorAll("td[data-key=mean_rank] .interval-text")]
      .map(({ dataset }) => [dataset.low, dataset.high])[0] ?? null,
  })),
  status: { ...document.querySelector(".filter-status").dataset },
  words: document.querySelector(".filter-status").textContent,
  route: document.getElementById("view").hidden
    ? "overview"
    : document.querySelector("#view h1").textContent,
  text: document.getElementById("view").textContent,
  links: [...document.querySelectorAll("#view a")].map((link) => link.getAttribute("href")),
})"""


@pytest.fixture(scope="module")
def scores():
    """Two splits of many data sets: two suites, stress, ties, failures of one split and of both."""
    first = made_scores(40, n_sources=21, pairs=PAIRS, failures=FAILURES)
    second = made_scores(40, n_sources=21, pairs=PAIRS, failures=FAILURES[:2], seed=1)
    second["repeat"] = 1
    for column in ("n_rows", "imbalance_ratio", "prior"):
        second[column] = first[column]
    cells = pd.concat([first, second], ignore_index=True)
    numbers = cells["dataset"].str[-2:].astype(int)
    cells["suite"] = np.where(numbers < 25, "lite", "climb")
    cells["stress"] = np.where(numbers % 10 == 9, "noise 10", "")
    cells["traceback"] = np.where(cells["status"] == "ok", "", f"Traceback\n{HOSTILE}")
    cells["facts"] = json.dumps({f"{name}_share": 0.25 for name in ("safe", "borderline", "rare")})
    # ties within data sets: a rounded metric; and within sources, of mean ranks
    cells["auroc"] = cells["auroc"].round(2)
    # on these data sets a pair was never tried
    untried = (numbers >= 36) & (cells["method"] == "self-paced ensemble")
    cells = cells[~untried].reset_index(drop=True)
    cells["dataset"] = cells["dataset"].replace("data set 07", HOSTILE)
    return cells


VIEWS = [
    {},
    {"suite": "lite"},
    {"suite": "climb"},
    {"level": "low"},
    {"level": "high", "metric": "brier"},
    {"learner": "tree"},
    {"learner": "forest", "metric": "auroc"},
    {"learner": "lightgbm", "metric": "calibration_error", "failed": "out"},
    {"metric": "auroc"},
    {"metric": "log_loss"},
    {"failed": "out"},
    {"suite": "lite", "failed": "out", "metric": "mcc_tuned"},
    {"stress": "noise 10"},
    {"stress": "without", "suite": "lite"},
    {"suite": "lite", "stress": "noise 10", "learner": "tree"},
    {"level": "high", "suite": "lite", "learner": "tree", "metric": "auroc", "failed": "out"},
]
HASHES = [urlencode(view) for view in VIEWS]


@pytest.fixture(scope="module")
def html(scores):
    return render(scores, {"suite": "two"})


@pytest.fixture(scope="module")
def walked(html, tmp_path_factory):
    return walk(tmp_path_factory.mktemp("views"), html, HASHES, look=READ_BOARD, widths=(1280,))


def chosen(scores, view):
    """The same filter in pandas."""
    filled = fill_failures(scores)
    keep = pd.Series(True, index=filled.index)
    if "suite" in view:
        keep &= filled["suite"] == view["suite"]
    if "level" in view:
        keep &= levels(filled["imbalance_ratio"]) == view["level"]
    if "learner" in view:
        keep &= filled["learner"] == view["learner"]
    if "stress" in view:
        keep &= filled["stress"] == ("" if view["stress"] == "without" else view["stress"])
    return filled[keep]


def floats(rows, key):
    return pd.Series({row["pair"]: float(row["cells"][key] or "nan") for row in rows})


@pytest.mark.parametrize("place", range(len(VIEWS)), ids=[name or "all" for name in HASHES])
def test_filters_rank_as_the_statistics_do(scores, walked, place):
    view = VIEWS[place]
    visit = walked[1280]["visits"][place]["seen"]
    filled = chosen(scores, view)
    metric = view.get("metric", "auprc")
    out = view.get("failed") == "out"
    ranks = rank_pairs(filled, metric, finished_only=out)
    shown = floats(visit["rows"], "mean_rank")
    expected = ranks.blocks.mean().reindex(filled["pair"].unique())
    assert set(shown.index) == set(expected.index)
    # the table that was not filtered is Python's, rounded for sorting
    exact = 1e-12 if view else 1e-6
    np.testing.assert_allclose(shown, expected.reindex(shown.index), rtol=exact)
    assert shown.dropna().is_monotonic_increasing
    without = rank_pairs(filled, metric, finished_only=True).blocks.mean()
    np.testing.assert_allclose(
        floats(visit["rows"], "rank_finished"), without.reindex(shown.index), rtol=exact
    )
    if view:
        assert int(visit["status"]["sets"]) == ranks.n_datasets
        assert int(visit["status"]["sources"]) == len(ranks.blocks)
        test = statistics.friedman(ranks.blocks)
        tied = "" if test.note else str(tied_with_leader(ranks, test))
        assert visit["status"]["tied"] == tied


@pytest.mark.parametrize("place", range(len(VIEWS)), ids=[name or "all" for name in HASHES])
def test_filters_average_as_the_statistics_do(scores, walked, place):
    view = VIEWS[place]
    rows = walked[1280]["visits"][place]["seen"]["rows"]
    filled = chosen(scores, view)
    fair = statistics.tried_by_all(filled)
    if view.get("failed") == "out":
        fair = fair[~fair["failed"]]
    for metric in METRICS:
        shown = floats(rows, metric)
        means = statistics.by_source(statistics.table(fair, metric)).mean().reindex(shown.index)
        np.testing.assert_allclose(shown, means, atol=2e-4)
    failures = filled.groupby("pair")["failed"].sum()
    shown = floats(rows, "failures")
    np.testing.assert_array_equal(shown, failures.reindex(shown.index))


@pytest.mark.parametrize("place", range(1, len(VIEWS)), ids=HASHES[1:])
def test_intervals_are_those_of_a_bootstrap_over_sources(scores, walked, place):
    """Two sets of 2,000 draws: the limits differ by chance, by far less than the spread."""
    view = VIEWS[place]
    rows = walked[1280]["visits"][place]["seen"]["rows"]
    ranks = rank_pairs(
        chosen(scores, view), view.get("metric", "auprc"), finished_only="failed" in view
    )
    expected = statistics.bootstrap_interval(ranks.blocks)
    spread = ranks.blocks.std() / np.sqrt(len(ranks.blocks))
    for row in rows:
        limits = expected.loc[row["pair"]].to_numpy() if row["pair"] in expected.index else [np.nan]
        if np.isnan(limits).any():
            assert row["interval"] is None
            continue
        # a limit of 2,000 draws has a standard error of .06 spreads; the grid of small ranks adds
        far = 0.5 * spread[row["pair"]] + 1.01 / len(ranks.blocks)
        np.testing.assert_allclose([float(x) for x in row["interval"]], limits, atol=far)


def test_one_source_has_ranks_and_no_interval(tmp_path):
    cells = made_scores(3, n_sources=1, pairs=PAIRS)
    html = render(cells, {})
    look = walk(tmp_path, html, ["learner=tree", "metric=brier"], look=READ_BOARD)[1280]["visits"]
    for visit, learners, metric in zip(look, (["tree"], None), ("auprc", "brier"), strict=True):
        filled = fill_failures(cells)
        filled = filled[filled["learner"].isin(learners or filled["learner"])]
        expected = rank_pairs(filled, metric).blocks.mean()
        shown = floats(visit["seen"]["rows"], "mean_rank")
        np.testing.assert_allclose(shown, expected.reindex(shown.index))
        assert all(row["interval"] is None for row in visit["seen"]["rows"])
        assert "no interval and no test" in visit["seen"]["words"]


ROUTES = [
    "",
    "leaderboard",
    "datasets",
    "suite=lite&level=high",
    "data/" + quote("data set 03"),
    "data/" + quote(HOSTILE, safe=""),
    "method/SMOTE",
    "method/none",
    "method/" + quote(HOSTILE, safe=""),
    "failed-cells",
    "data/nowhere",
    "method/%",
    "suite=nowhere&metric=nothing",
    "back",
    "back",
    "",
]


@pytest.fixture(scope="module")
def routes(html, tmp_path_factory):
    folder = tmp_path_factory.mktemp("routes")
    return walk(folder, html, ROUTES, look=READ_BOARD, widths=(360, 1280))


@pytest.mark.parametrize("width", [360, 1280])
def test_no_route_fails_or_sticks_out(routes, width):
    told = routes[width]
    assert told["problems"] == []
    assert told["requests"] == []
    assert [visit["step"] for visit in told["visits"]] == ROUTES
    for visit in told["visits"]:
        assert visit["width"] == width
        assert visit["stickingOut"] == [], visit["step"]


def test_routes_show_their_pages(routes):
    seen = {visit["step"]: visit["seen"] for visit in routes[360]["visits"]}
    for step in ("", "leaderboard", "datasets", "suite=lite&level=high"):
        assert seen[step]["route"] == "overview"
    assert seen["data/" + quote("data set 03")]["route"] == "data set 03"
    assert seen["data/" + quote(HOSTILE, safe="")]["route"] == HOSTILE
    assert seen["method/SMOTE"]["route"] == "SMOTE"
    assert seen["failed-cells"]["route"] == "6 cells did not finish"
    assert "no data set called “nowhere”" in seen["data/nowhere"]["route"]
    assert "no method called “%”" in seen["method/%"]["route"]


def test_the_back_button_goes_back(routes):
    *_, unknown, once, twice, _ = routes[1280]["visits"]
    assert unknown["seen"]["words"] == ""
    assert once["hash"] == "#method/%"
    assert twice["seen"]["route"] == "This run holds no data set called “nowhere”"


def test_page_of_a_data_set_ranks_its_pairs(scores, routes):
    visit = routes[1280]["visits"][ROUTES.index("data/" + quote("data set 03"))]["seen"]
    filled = fill_failures(scores)
    here = filled[filled["dataset"] == "data set 03"]
    for words in (f"{int(here['n_rows'].iloc[0]):,}", "ValueError: too few rows", "Traceback"):
        assert words in visit["text"]
    assert f"#data/{quote('data set 24')}" in visit["links"]  # of the same base source


def test_page_of_a_method_tells_its_changes(scores, routes):
    text = routes[1280]["visits"][ROUTES.index("method/SMOTE")]["seen"]["text"]
    filled = fill_failures(scores)
    references = statistics.same_learner_references(filled)
    row = statistics.compare(filled, "auprc", references).loc["SMOTE / forest"]
    assert f"{row['low']:+.4f} to {row['high']:+.4f}".replace("-", MINUS) in text
    assert {"better": "▲ better", "worse": "▼ worse", "tied": "= tied"}[row["verdict"]] in text
    values = statistics.table(filled, "auprc").droplevel("source")
    change = (values["SMOTE / forest"] - values["none / forest"]).drop(
        "data set 05", errors="ignore"
    )
    assert change.idxmax() in text
    assert change.idxmin() in text


def test_the_whole_run_comes_back_when_filters_go(scores, routes):
    visits = routes[1280]["visits"]
    board = leaderboard(scores)
    assert visits[3]["seen"]["rows"] != visits[0]["seen"]["rows"]
    assert [row["pair"] for row in visits[-1]["seen"]["rows"]] == list(board.index)
    assert visits[-1]["seen"]["rows"] == visits[0]["seen"]["rows"]
    # names that a run does not have are no filter
    assert visits[ROUTES.index("suite=nowhere&metric=nothing")]["seen"] == visits[0]["seen"]


def test_the_walk_sees_what_is_wrong(tmp_path):
    """The instrument itself: an error, a warning, a request and something too wide are reported."""
    page = """<!DOCTYPE html><html><head></head><body>
        <div style="width:2000px;height:9px"></div><img src="http://127.0.0.1:9/nowhere.png">
        <script>console.warn("careful"); nothing.here();</script></body></html>"""
    told = walk(tmp_path, page, ["one"], widths=(360,))[360]
    assert any("nothing is not defined" in problem for problem in told["problems"])
    assert "careful" in told["problems"]
    assert told["visits"][0]["stickingOut"][0].startswith("page 20")
    assert told["requests"] == ["http://127.0.0.1:9/nowhere.png"]
