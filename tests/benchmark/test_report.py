"""The report: complete, self-contained, escaped, equal to the statistics, safe on thin input."""

import base64
import io
import json
import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
from made_scores import made_scores

from imbalance_kit.benchmark._analysis.leaderboard import leaderboard
from imbalance_kit.benchmark._analysis.statistics import fill_failures
from imbalance_kit.benchmark._report import page as page_module
from imbalance_kit.benchmark._report import run_facts
from imbalance_kit.benchmark._report.charts import (
    DASH,
    MINUS,
    CostPoint,
    EffectPanel,
    Interval,
    Mark,
    Scale,
    cost_chart,
    effect_chart,
    number,
    rank_chart,
    text_width,
    ticks,
    time_words,
)
from imbalance_kit.benchmark._report.figures import LOST
from imbalance_kit.benchmark._report.findings import find, too_small
from imbalance_kit.benchmark._report.leaderboard_table import all_columns
from imbalance_kit.benchmark._report.page import render
from imbalance_kit.benchmark._results.shown_cells import Holding

HOSTILE = '<script>alert("1")</script> & </td>{{ 7 * 7 }}'
RUN = {
    "suite": "lite",
    "protocol": {"folds": 0, "test_share": 0.3, "validation_share": 0.25, "seed": 0},
    "limits": {"seconds": 300.0, "mb": 9170, "jobs": 2},
    "machine": {"system": "Linux x86_64", "processors": 2, "memory_gb": 24, "python": "3.11.9"},
    "versions": {"scikit-learn": "1.9.1"},
    "started": "2026-11-22T06:30:00+00:00",
    "finished": "2026-11-22T06:34:12+00:00",
}
SECTIONS = ["run", "leaderboard", "ranks", "cost", "datasets", "calibration", "failures", "notes"]
EVIDENCE = ["ratings", "gains", "where"]
FAILURES = [
    (3, "SMOTE", "tree", "error", "ValueError: too few rows"),
    (4, "SMOTE", "tree", "error", "ValueError: too few rows"),
    (5, "none", "forest", "timeout", "stopped after 60 s"),
]
VOID = {"meta", "br", "hr", "img", "link", "input"}


class Page(HTMLParser):
    """Elements with their attributes and text, and whether every tag was closed in order."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.texts = [], [], {}
        self.balanced = True
        self.feed(html)
        self.balanced = self.balanced and not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, len(self.tags) - 1))

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open[-1][0] != tag:
            self.balanced = False
        else:
            self.open.pop()
            self.handle_data(" ")

    def handle_data(self, data):
        for _, position in self.open:
            self.texts[position] = self.texts.get(position, "") + data

    def find(self, tag, **wanted):
        return [
            (attributes, " ".join(self.texts.get(position, "").split()))
            for position, (name, attributes) in enumerate(self.tags)
            if name == tag and all(attributes.get(key) == value for key, value in wanted.items())
        ]

    def section(self, name):
        return self.find("section", id=name)[0][1]


@pytest.fixture(scope="module")
def scores():
    return made_scores(30, failures=FAILURES)


@pytest.fixture(scope="module")
def html(scores):
    return render(scores, RUN)


@pytest.fixture(scope="module")
def page(html):
    return Page(html)


def drawings(html):
    return [ET.fromstring(svg) for svg in re.findall(r"<svg\b.*?</svg>", html, flags=re.DOTALL)]


def test_page_is_whole(html, page):
    assert html.startswith("<!DOCTYPE html>")
    assert page.balanced
    identifiers = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))
    for name in SECTIONS:
        assert len(page.section(name)) > 40
    links = [a["href"] for tag, a in page.tags if tag == "a" and a["href"].startswith("#")]
    # the page of failed cells is written by the script, so its link is seen with scripts alone
    assert {link[1:] for link in links} == set(SECTIONS + EVIDENCE) | {"failed-cells"}
    assert {a["id"] for a, _ in page.find("section")} == set(SECTIONS + EVIDENCE)


def test_nothing_is_loaded_from_elsewhere(html, page):
    for tag, attributes in page.tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form"}
        for key in ("src", "srcset", "action", "xlink:href"):
            assert key not in attributes
        assert attributes.get("href", "#").startswith(("#", "data:text/csv"))
    for script in page_module.SCRIPTS:
        told = re.sub(r"^\s*//.*$", "", page_module._asset(script), flags=re.MULTILINE)
        assert "//" not in told
        assert not re.search(r"\b(fetch|XMLHttpRequest|import|eval|innerHTML|outerHTML)\b", told)
    assert not re.search(r"url\(|@import|https?:|(?<!:)//\w", page_module._asset("report.css"))
    assert "http://" not in html
    assert "https://" not in html


def test_leaderboard_equals_the_statistics(scores, page):
    board = leaderboard(scores)
    names = [
        attributes["data-pair"] for attributes, _ in page.find("tr") if "data-pair" in attributes
    ]
    assert names == list(board.index)
    for column in all_columns():
        if column.key not in board:
            continue
        cells = page.find("td", **{"data-key": column.key})
        values = [float(attributes["data-value"] or "nan") for attributes, _ in cells]
        np.testing.assert_allclose(values, board[column.key].astype(float), rtol=1e-6)
        if column.key not in ("mean_rank", "fit_seconds"):
            written = [float(text.replace(MINUS, "-").replace(",", "")) for _, text in cells]
            np.testing.assert_allclose(written, board[column.key].round(column.digits), atol=1e-9)


def test_copies_for_machines_equal_the_statistics(scores, html, page):
    board = leaderboard(scores)
    (attributes, text), *_ = page.find("script", id="leaderboard-data")
    assert attributes["type"] == "application/json"
    records = pd.DataFrame(json.loads(text)).set_index("pair")
    link = next(a["href"] for tag, a in page.tags if tag == "a" and a["href"].startswith("data:"))
    table = pd.read_csv(io.BytesIO(base64.b64decode(link.partition(",")[2])), index_col="pair")
    for copy in (records, table):
        pd.testing.assert_frame_equal(
            copy, board.reset_index().set_index("pair"), check_dtype=False, rtol=1e-9
        )


def test_baselines_are_marked(scores, page):
    board = leaderboard(scores)
    marked = [a["data-pair"] for a, _ in page.find("tr", **{"class": "baseline"})]
    assert marked == list(board.index[board["baseline"]])


def test_what_was_run_is_told(page):
    told = page.section("run")
    for words in (
        "30 from 25 base sources",
        f"{26 * 30}, 3 failed",
        "scikit-learn 1.9.1",
        "22 November 2026, 06:30 UTC",
        "4 min from start to end",
        "split once into a training and a test part, 70 to 30 %, stratified by class",
        "thresholds were tuned on 25 % of it",
        "Linux x86_64, 2 processors, 24 GB of memory, python 3.11.9",
        "300 s a cell, 9,170 MB a cell, 2 at a time",
    ):
        assert words in told


def test_a_limit_left_open_is_not_told(scores):
    facts = run_facts.facts(
        fill_failures(scores), RUN | {"limits": {"seconds": 300.0, "mb": None, "jobs": 2}}
    )
    assert ("Limits", "300 s a cell, 2 at a time") in facts


def test_folds_and_unfinished_runs_are_told(scores):
    run = {"protocol": {"folds": 5}, "n_cells": 900, "started": RUN["started"], "finished": None}
    filled = fill_failures(scores)
    assert "cut into 5 folds" in run_facts.protocol(filled, run)
    told = dict(run_facts.facts(filled, run))
    assert told["Cells"] == f"{26 * 30} of 900 so far, 3 failed"
    assert told["Elapsed"] == "not finished when this report was written"
    page = Page(render(THIN["two pairs"], run | {"n_cells": 144}))
    assert "unfinished, 120 cells to go" in page.find("p", **{"class": "kicker"})[0][1]


def test_presets_suites_and_searches_are_told(scores):
    filled = fill_failures(scores).assign(preset="fair", suite="lite", n_trials=0)
    told = dict(run_facts.facts(filled, RUN))
    assert (told["Preset"], told["Suites"]) == ("fair", "lite")
    assert "searched" not in run_facts.protocol(filled, RUN)
    filled.loc[filled["pair"] == "SMOTE / tree", "n_trials"] = 30
    searched = run_facts.protocol(filled, RUN)
    assert (
        "Hyper-parameters of 1 pair were searched inside the training part, 30 trials" in searched
    )


def test_failures_are_grouped_with_their_reason(page):
    told = page.section("failures")
    assert "3 cells did not finish" in told
    assert "SMOTE / tree error 2 ValueError: too few rows data set 03, data set 04" in told
    assert "none / forest time limit 1 stopped after 60 s data set 05" in told


def test_failures_are_explained_and_shown_both_ways(page, scores):
    assert "Finished only" in page.section("leaderboard")
    clean = Page(render(THIN["two pairs"], RUN))
    assert "Finished only" not in clean.section("leaderboard")
    assert "None: every cell finished." in clean.section("failures")


def test_drawings_are_well_formed_and_inside_their_frame(html):
    charts = [root for root in drawings(html) if root.get("role") == "img"]
    assert len(charts) == 6
    for root in charts:
        width, height = (float(size) for size in root.get("viewBox").split()[2:])
        assert root.get("aria-label")
        for element in root.iter():
            for key in ("x", "x1", "x2", "cx"):
                assert -1 <= float(element.get(key, 0)) <= width + 1
            for key in ("y", "y1", "y2", "cy"):
                assert -1 <= float(element.get(key, 0)) <= height + 1


def heat_cells(page):
    """Text and class of the heat map's cells by data set and pair."""
    heads = [a["title"] for a, _ in page.find("th") if "turned" in a.get("class", "")]
    heads = heads[: len({*heads})]
    found, row = {}, None
    for place, (tag, attributes) in enumerate(page.tags):
        if tag == "tr":
            row, column = attributes.get("data-set"), 0
        elif row is not None and tag == "th":
            dataset = attributes["title"]
        elif row is not None and tag == "td":
            if column:  # the first holds the ratio
                cell = (page.texts.get(place, ""), attributes.get("class", ""))
                found[dataset, heads[column - 1]] = cell
            column += 1
    return found


def test_heat_map_shows_changes_against_the_same_learner(scores, html):
    cells = heat_cells(Page(re.search(r'<section id="datasets">.*?</section>', html, re.DOTALL)[0]))
    filled = fill_failures(scores).set_index(["dataset", "pair"])["auprc"]
    change = filled["data set 07", "SMOTE / lightgbm"] - filled["data set 07", "none / lightgbm"]
    text, name = cells["data set 07", "SMOTE / lightgbm"]
    assert text == number(100 * change, 0, sign=True)
    assert name.startswith("u" if change > 0 else "d")
    assert cells["data set 03", "SMOTE / tree"][0] == LOST
    # Where the untouched learner failed there is nothing to compare with.
    assert cells["data set 05", "SMOTE / forest"][0] == ""


def test_heat_map_rows_run_by_imbalance(scores, page):
    ratios = scores.drop_duplicates("dataset").set_index("dataset")["imbalance_ratio"]
    rows = [text for a, text in page.find("th", scope="row") if a.get("title") == text]
    assert rows == list(ratios.sort_values(kind="stable").index)


def test_text_from_data_is_escaped():
    scores = made_scores(8, failures=[(3, "SMOTE", "tree", "error", HOSTILE)])
    scores["dataset"] = scores["dataset"].replace("data set 02", HOSTILE)
    scores["source"] = scores["source"].replace("source 02", HOSTILE)
    scores["method"] = scores["method"].replace("Tomek links", HOSTILE)
    scores["learner"] = scores["learner"].replace("forest", "for<b>est")
    html = render(scores, RUN | {"suite": HOSTILE, "versions": {HOSTILE: HOSTILE}})
    page = Page(html)
    assert page.balanced
    assert "<script>alert" not in html
    assert "for<b>est" not in html
    assert len(page.find("script")) == 3
    assert HOSTILE in page.section("failures")
    assert HOSTILE in page.section("datasets")
    (_, text), *_ = page.find("script", id="leaderboard-data")
    assert any(row["method"] == HOSTILE for row in json.loads(text))
    (_, text), *_ = page.find("script", id="run-data")
    assert HOSTILE in json.loads(text)["methods"]
    assert HOSTILE in json.loads(text)["sets"]["name"]
    assert all(root is not None for root in drawings(html))


@pytest.mark.exhaustive
def test_same_cells_same_bytes(scores, html):
    assert render(scores.sample(frac=1, random_state=0), RUN) == html


def none_and(*others, learner="tree"):
    return [("none", learner), *((method, learner) for method in others)]


def change(scores, **values):
    return scores.assign(**values)


FEW = [
    (method, learner)
    for learner in ("tree", "lightgbm")
    for method in ("none", "class weight", "threshold", "SMOTE")
]


def thin_scores(*arguments, pairs=FEW, **options):
    return made_scores(*arguments, pairs=pairs, **options)


THIN = {
    "one data set": thin_scores(1),
    "two data sets of one source": thin_scores(2, n_sources=1),
    "one pair": thin_scores(12, pairs=none_and()),
    "two pairs": thin_scores(12, pairs=none_and("SMOTE")),
    "one cell": thin_scores(1, pairs=none_and()),
    "one failed cell": thin_scores(
        1, pairs=none_and(), failures=[(0, "none", "tree", "killed", "")]
    ),
    "everything failed": change(
        thin_scores(6), status="memory", reason="over 2 GB", auprc=np.nan, fit_seconds=np.nan
    ),
    "one pair always failed": thin_scores(
        8, failures=[(number, "SMOTE", "tree", "error", "") for number in range(8)]
    ),
    "untouched always failed": thin_scores(
        8, failures=[(number, "none", "tree", "error", "x") for number in range(8)]
    ),
    "many classes only": thin_scores(12, n_classes=5),
    "no untouched learner": thin_scores(12, pairs=[("SMOTE", "tree"), ("class weight", "tree")]),
    "untouched learners only": thin_scores(12, pairs=[("none", "tree"), ("none", "forest")]),
    "no value in a metric": change(thin_scores(12), auroc=np.nan, calibration_error=np.nan),
    "no value in the main metric": change(thin_scores(12), auprc=np.nan),
    "all the same": change(thin_scores(12), auprc=0.5, brier=0.1, fit_seconds=0.25),
    "no time passed": change(thin_scores(12), fit_seconds=0.0),
    "no prior known": change(
        thin_scores(12, failures=[(1, "SMOTE", "tree", "error", "")]), prior=""
    ),
    "no source known": change(thin_scores(12), source=None),
    "stopped early": thin_scores(12).iloc[:60],
    "no data set tried by all": pd.concat(
        [
            thin_scores(6, pairs=none_and("SMOTE")),
            thin_scores(6, pairs=none_and("SMOTE", learner="forest")).assign(
                dataset=lambda cells: "other " + cells["dataset"]
            ),
        ]
    ),
    "many pairs": thin_scores(
        6,
        pairs=none_and(*(f"a rather long name of a method, number {n}" for n in range(24))),
    ),
    "a huge ratio": change(thin_scores(6), imbalance_ratio=1e9),
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if number % 8 == 0 else pytest.mark.exhaustive)
        for number, name in enumerate(THIN)
    ],
)
@pytest.mark.filterwarnings("error")
def test_thin_input_gives_a_page_in_words(name):
    html = render(THIN[name], {})
    page = Page(html)
    assert page.balanced
    for section in SECTIONS:
        words = page.section(section)
        assert len(words) > 20
        assert not re.search(r"\bnan\b|\bNaN\b|\bNone\b(?!:)|\binf\b", words)
    assert page.find("h1")[0][1]
    for root in drawings(html):
        assert "nan" not in ET.tostring(root, encoding="unicode").lower()


def headline(scores):
    return find(fill_failures(scores), leaderboard(scores)).headline


def told(scores):
    finding = find(fill_failures(scores), leaderboard(scores))
    return {point.title: point for point in finding.points}


def test_headline_names_a_method_that_beats_the_best_untouched_learner():
    clear = made_scores(30, effects={("SMOTE", "lightgbm"): (1.0, 0.0)})
    assert headline(clear) == "SMOTE / lightgbm beats lightgbm left alone"


def test_headline_says_when_nothing_beats_doing_nothing():
    # Here the ensemble beats its own tree, but not LightGBM left alone.
    assert headline(made_scores(30)) == "Nothing beat lightgbm left alone"
    lead_by_chance = made_scores(30, n_sources=30, pairs=none_and("SMOTE", "Tomek links"))
    better = lead_by_chance["method"].eq("SMOTE") & (lead_by_chance.index % 2 == 0)
    lead_by_chance.loc[better, "auprc"] += 1e-9
    assert headline(lead_by_chance) == "Nothing beat tree left alone"


def test_headline_admits_too_little_data():
    assert "too little data" in headline(
        made_scores(4, effects={("SMOTE", "lightgbm"): (3.0, 0.0)})
    )


def test_headline_does_not_say_none_leads():
    assert headline(made_scores(8, pairs=[("none", "tree"), ("none", "forest")])) in (
        "Forest left alone leads",
        "Tree left alone leads",
    )


def test_headline_without_an_untouched_learner_draws_no_conclusion():
    finding = headline(made_scores(20, pairs=[("SMOTE", "tree"), ("class weight", "tree")]))
    assert "nothing untouched" in finding


@pytest.mark.parametrize(("n_blocks", "n_comparisons"), [(5, 1), (6, 1), (9, 20), (12, 20)])
def test_too_small_means_that_a_clean_sweep_would_fail(n_blocks, n_comparisons):
    pairs = none_and(*(f"method {number}" for number in range(n_comparisons)))
    sweep = made_scores(n_blocks, n_sources=n_blocks, pairs=pairs)
    sweep.loc[sweep["method"] != "none", "auprc"] = 0.9999
    beaten = "beats" in headline(sweep)
    assert beaten is not too_small(n_blocks, n_comparisons)


def test_learners_are_counted_apart():
    counts = {
        name: (better, tied, worse)
        for name, better, tied, worse in told(made_scores(30))["Learner by learner"].rows
    }
    assert counts["tree"][0] == 1
    assert sum(counts["tree"]) == 7
    assert sum(counts["lightgbm"]) == 7
    assert counts["forest"][0] == 0


def test_the_damage_to_probabilities_is_told_and_so_is_its_absence():
    harmed = told(made_scores(30))["Probabilities"].text
    assert harmed.startswith(("17 of 20", "18 of 20", "19 of 20", "20 of 20"))
    unharmed = made_scores(30, effects={("SMOTE", "tree"): (0.0, 0.0)}, pairs=none_and("SMOTE"))
    unharmed["brier"] = 0.1
    assert told(unharmed)["Probabilities"].text.startswith("None of 1 have a worse Brier score")


def test_numbers_for_people():
    assert number(-0.0004, 3) == "0.000"
    assert number(-1.25, 1) == f"{MINUS}1.2"
    assert number(0.5, 2, sign=True) == "+0.50"
    assert number(float("nan")) == DASH
    assert [time_words(s) for s in (0.0012, 0.25, 2.5, 61, 600, 7200)] == [
        "1.2 ms",
        "250 ms",
        "2.5 s",
        "61 s",
        "10 min",
        "2.0 h",
    ]


def test_ticks_are_round_and_inside():
    for low, high in [(0.0, 1.0), (-0.031, 0.27), (1, 27), (0.5532, 0.5533), (-4, -1)]:
        values = ticks(low, high, 5)
        assert 2 <= len(values) <= 12
        assert low - 1e-9 <= values[0] <= values[-1] <= high + 1e-9
        assert np.allclose(np.diff(values), values[1] - values[0])


def label_boxes(svg):
    boxes = []
    for element in ET.fromstring(svg).iter("text"):
        if "halo" in element.get("class"):
            wide, x, y = (
                text_width(element.text, 12.5),
                float(element.get("x")),
                float(element.get("y")),
            )
            name = element.get("class").split()
            start = x - wide if "end" in name else x - wide / 2 if "middle" in name else x
            boxes.append((start, y - 11, start + wide, y + 1))
    return boxes


@pytest.mark.parametrize("seed", range(6))
def test_labels_of_the_cost_chart_do_not_collide(seed):
    rng = np.random.default_rng(seed)
    points = []
    for place in range(30):
        score, on_front = rng.normal(0.7, 0.02), place < 8
        mark = Mark(f"method number {place} / learner", place % 3, baseline=place % 4 == 0)
        points.append(CostPoint(mark, 10 ** rng.normal(-1, 0.2), score, on_front))
    boxes = label_boxes(cost_chart(points, 1040))
    assert len(boxes) >= 8
    for place, one in enumerate(boxes):
        for other in boxes[:place]:
            apart = (
                one[2] <= other[0] or one[0] >= other[2] or one[3] <= other[1] or one[1] >= other[3]
            )
            assert apart


def test_rank_chart_puts_every_pair_on_its_rank():
    marks = [Mark(name, 0, baseline=False) for name in "abc"]
    ranks = [Interval(rank, rank - 0.5, rank + 0.5) for rank in (1.5, 2.0, 2.5)]
    root = ET.fromstring(rank_chart(marks, ranks, [(0, 1)], 0.7, 1040))
    lines = [e for e in root.iter("line") if e.get("class").startswith("interval")]
    middles = [(float(line.get("x1")) + float(line.get("x2"))) / 2 for line in lines]
    # The scale runs from 1 to 3, so middles are equally spaced; the first interval starts at 1.
    assert middles[1] - middles[0] == pytest.approx(middles[2] - middles[1], abs=0.2)
    assert len([e for e in root.iter("line") if e.get("class").startswith("clique")]) == 1
    assert [e.text for e in root.iter("text") if "label" in e.get("class")] == list("abc")


def test_effects_without_value_are_left_out():
    effects = [
        Interval(float("nan"), float("nan"), float("nan")),
        Interval(0.1, 0.0, 0.2, "better"),
    ]
    marks = [Mark("one", 0, baseline=False), Mark("two", 0, baseline=True)]
    root = ET.fromstring(
        effect_chart([("tree", 2)], marks, [EffectPanel("AUPRC", "right", effects)], 358)
    )
    assert len(list(root.iter("circle"))) == 1


def test_scale_pins_what_lies_outside():
    scale = Scale(0, 1, 10, 20)
    assert [scale(value) for value in (-1, 0, 0.5, 2)] == [10, 10, 15, 20]


WRITTEN = thin_scores(2, pairs=none_and("SMOTE"))


@pytest.fixture
def results(tmp_path, monkeypatch):
    (tmp_path / "run.json").write_text(json.dumps(RUN))
    monkeypatch.setattr(
        "imbalance_kit.benchmark._report.page.read_scores",
        lambda store: (WRITTEN, Holding()),
        raising=True,
    )
    return tmp_path


def test_write_report_into_the_results_folder(results):
    written = page_module.write_report(results)
    assert written == results / "report.html"
    assert written.read_text(encoding="utf-8") == render(WRITTEN, RUN)
    assert sorted(path.name for path in results.iterdir()) == ["report.html", "run.json"]


def test_write_report_elsewhere_and_again(results, tmp_path):
    target = tmp_path / "deep" / "page.html"
    page_module.write_report(str(results), path=target)
    first = target.read_bytes()
    page_module.write_report(results, path=str(target))
    assert target.read_bytes() == first
    assert [path.name for path in target.parent.iterdir()] == ["page.html"]


def test_a_failed_write_leaves_the_old_report(results, monkeypatch):
    written = page_module.write_report(results)
    before = written.read_bytes()
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        page_module.write_report(results)
    assert written.read_bytes() == before


def test_an_empty_folder_is_an_error_that_helps(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "imbalance_kit.benchmark._report.page.read_scores",
        lambda store: (made_scores(1).iloc[:0], Holding()),
    )
    with pytest.raises(ValueError, match=r"holds no results.*imbalance-kit bench"):
        page_module.write_report(tmp_path)


def test_what_the_page_does_not_show_is_on_it_in_words():
    remarks = Holding({"table": 2}, {"cells/<a>.parquet": "cut"}).sentences
    scores = thin_scores(3).assign(untuned=[True] + [False] * (len(thin_scores(3)) - 1))
    page = render(scores, RUN, remarks)
    assert "2 of another table under the same name" in page
    assert "cells/&lt;a&gt;.parquet (cut)" in page
    assert "In 1 cell the validation rows hold none of the rarest class" in page
    assert 'class="remark"' not in render(thin_scores(3), RUN)
