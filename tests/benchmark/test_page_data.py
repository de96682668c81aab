"""What the page computes with: codes keep the order, facts and failures are whole, JSON is shut."""

import base64
import json
import math
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from made_scores import made_scores

from imbalance_kit.benchmark import METHODS, Method
from imbalance_kit.benchmark._analysis.leaderboard import leaderboard
from imbalance_kit.benchmark._analysis.statistics import (
    compare,
    fill_failures,
    same_learner_references,
)
from imbalance_kit.benchmark._methods.pipelines import plain
from imbalance_kit.benchmark._report import page_data as page_data_module
from imbalance_kit.benchmark._report.leaderboard_table import all_columns, board_rows, column_groups
from imbalance_kit.benchmark._report.page_data import describe, embed_json, encode_scores, page_data

PAIRS = [("none", "tree"), ("SMOTE", "tree"), ("threshold", "tree"), ("none", "forest")]
SEARCHED = {"max_depth": 7, "min_share": 0.0123456, "criterion": "gini", "weights": None}


def decode(coded, n_columns):
    """The inverse that the page has, written from the description of the code."""
    codes = np.frombuffer(base64.b64decode(coded["codes"]), ">u2").reshape(-1, n_columns)
    low, high = np.array(coded["low"], float)[:, None], np.array(coded["high"], float)[:, None]
    share = (codes.astype(float) - 1) / coded["span"]
    wide = np.array(coded["wide"], bool)[:, None]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        values = np.where(wide, low * (high / low) ** share, low + share * (high - low))
    return codes, np.where(codes == 0, math.nan, values)


numbers = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 0.5, math.nan, 1e-12, 0.5 + 1e-15])


@settings(max_examples=200, deadline=None)
@given(arrays(float, (2, 9), elements=numbers))
def test_codes_keep_the_order_of_a_row_exactly(matrix):
    codes, _ = decode(encode_scores(matrix), 9)
    for row, coded in zip(matrix, codes, strict=True):
        known = ~np.isnan(row)
        np.testing.assert_array_equal(coded == 0, ~known)
        row, coded = row[known], coded[known].astype(int)
        np.testing.assert_array_equal(np.sign(row[:, None] - row), np.sign(coded[:, None] - coded))


def test_codes_are_as_fine_as_what_is_written():
    rng = np.random.default_rng(0)
    scores, seconds = rng.uniform(size=(30, 180)), 10 ** rng.uniform(-3, 2.5, size=(30, 180))
    _, values = decode(encode_scores(scores), 180)
    np.testing.assert_allclose(values, scores, atol=2e-5)
    _, values = decode(encode_scores(seconds), 180)
    np.testing.assert_allclose(values, seconds, rtol=4e-4)


def test_a_row_without_value_and_one_of_equals_have_codes():
    codes, values = decode(encode_scores(np.array([[math.nan, math.nan], [0.25, 0.25]])), 2)
    assert codes.tolist() == [[0, 0], [1, 1]]
    assert values[1].tolist() == [0.25, 0.25]


def data(scores):
    board = leaderboard(scores)
    columns = [
        {"key": column.key, "label": column.label, "digits": column.digits, "higher": column.higher}
        for column in all_columns()
        if column.key in board
    ]
    return json.loads(embed_json(page_data(fill_failures(scores), board, columns))), board


@pytest.fixture(scope="module")
def cells():
    """Two splits with failures, facts, a search and stability."""
    failures = [
        (1, "SMOTE", "tree", "error", "ValueError: bad"),
        (2, "none", "forest", "killed", ""),
    ]
    first = made_scores(9, n_sources=6, pairs=PAIRS, failures=failures)
    second = made_scores(9, n_sources=6, pairs=PAIRS, failures=failures[:1], seed=1)
    for column in ("n_rows", "imbalance_ratio", "prior"):
        second[column] = first[column]
    cells = pd.concat([first, second.assign(repeat=1)], ignore_index=True)
    cells["traceback"] = np.where(cells["status"] == "ok", "", "x" * 5000 + "last line")
    cells["facts"] = json.dumps({"n1": 0.123456, "drift": math.nan})
    cells.loc[cells["dataset"] == "data set 04", "facts"] = ""
    searched = cells["method"] == "SMOTE"
    cells["parameters"] = np.where(searched, json.dumps(SEARCHED), "")
    cells["n_trials"] = np.where(searched, 20, 0)
    cells["search_seconds"] = np.where(searched, 3.5, math.nan)
    cells["instability"], cells["flips"] = 0.02, 0.01
    return cells


@pytest.fixture(scope="module")
def told(cells):
    return data(cells)


def test_data_sets_run_by_imbalance_with_their_facts(cells, told):
    sets = told[0]["sets"]
    facts = cells.drop_duplicates("dataset").set_index("dataset")
    assert sets["name"] == list(facts["imbalance_ratio"].sort_values(kind="stable").index)
    assert sets["rows"] == facts["n_rows"].reindex(sets["name"]).tolist()
    assert sets["fact_names"] == ["n1", "drift"]
    unknown = sets["name"].index("data set 04")
    assert sets["facts"][unknown] == [None, None]
    assert sets["facts"][unknown - 1] == [0.1235, None]


def test_states_and_failures_tell_each_failed_cell(cells, told):
    page, board = told
    place = {name: number for number, name in enumerate(page["sets"]["name"])}
    smote, forest = (list(board.index).index(pair) for pair in ("SMOTE / tree", "none / forest"))
    assert page["states"][place["data set 01"]][smote] == str(page_data_module.LOST)
    assert page["states"][place["data set 02"]][forest] == str(page_data_module.PARTLY)
    assert sum(row.count(str(page_data_module.FINISHED)) for row in page["states"]) == 9 * 4 - 2
    first, second = page["failures"]
    assert (first["status"], first["reason"]) == ("error", "ValueError: bad")
    assert sorted(first["cells"]) == [[place["data set 01"], repeat, 0] for repeat in (0, 1)]
    assert len(first["traceback"]) == page_data_module.TRACEBACK_LENGTH
    assert first["traceback"].endswith("last line")
    assert (second["status"], second["cells"]) == ("killed", [[place["data set 02"], 0, 0]])
    (row, column, scores), *others = page["partly"]
    assert (row, column, others) == (place["data set 02"], forest, [])
    finished = cells[
        (cells["dataset"] == "data set 02")
        & (cells["learner"] == "forest")
        & (cells["status"] == "ok")
    ]
    assert scores["auprc"] == pytest.approx(finished["auprc"].iloc[0], rel=1e-6)


def test_comparisons_are_those_of_the_statistics(cells, told):
    page, board = told
    filled = fill_failures(cells)
    rows = compare(filled, "brier", same_learner_references(filled))
    for pair, shown in zip(board.index, page["comparisons"]["brier"], strict=True):
        if pair not in rows.index:
            assert shown is None
            continue
        row = rows.loc[pair]
        assert shown[:3] == pytest.approx([row["difference"], row["low"], row["high"]], rel=1e-3)
        assert shown[3:] == [row["wins"], row["ties"], row["losses"], row["verdict"]]


def test_what_a_search_found_is_told_for_the_pairs_that_have_room(cells, told, monkeypatch):
    page, board = told
    (names,), found = page["tuned"]["names"], page["tuned"]["found"]
    assert names == list(SEARCHED)
    place = list(board.index).index("SMOTE / tree")
    assert [len(rows) for rows in found] == [8 if pair == place else 0 for pair in range(4)]
    assert found[place][0][2] == [7, 0.0123, "gini", None]
    assert page["tuned"]["all"]
    monkeypatch.setattr(page_data_module, "TUNED_LENGTH", 10)
    small, _ = data(cells)
    assert not small["tuned"]["all"]
    assert not any(small["tuned"]["found"])


def test_search_and_stability_have_columns_where_a_run_has_them(cells, told):
    page, board = told
    keys = ["n_trials", "search_seconds", "instability", "flips"]
    assert set(keys) <= set(page["costs"])
    assert board["n_trials"].to_dict()["SMOTE / tree"] == 20
    assert board["instability"].tolist() == pytest.approx([0.02] * 4)
    columns = [column for column in all_columns() if column.key in board]
    assert [name for name, _ in column_groups(columns)].count("Cost") == 1
    written = {cell["key"]: cell["text"] for cell in board_rows(board, columns)[0]["cells"]}
    assert written["instability"] == ".0200"
    without, board = data(made_scores(3, pairs=PAIRS))
    assert not set(keys) & (set(without["costs"]) | set(board))


@pytest.mark.parametrize(
    "text", ["</script>", "<!--", "]]>", "&amp;", '"\\', "\u2028 ü \U0001f600"]
)
def test_no_text_leaves_its_element(text):
    written = embed_json({text: [text, {"deep": text}]})
    assert not set("<>&") & set(written)
    assert written.isascii()
    assert json.loads(written) == {text: [text, {"deep": text}]}


def test_what_is_no_number_is_null():
    values = {"a": math.nan, "b": np.float64("inf"), "c": np.int64(3), "d": (1.5, None, True)}
    assert json.loads(embed_json(values)) == {"a": None, "b": None, "c": 3, "d": [1.5, None, True]}


@pytest.mark.parametrize("broken", ["", "{", "[1]", "null", None, math.nan])
def test_facts_that_cannot_be_read_are_none(broken):
    page, _ = data(made_scores(2, pairs=PAIRS).assign(facts=broken))
    assert page["sets"]["fact_names"] == []


def test_a_data_set_whose_facts_are_unknown_has_no_level():
    scores = made_scores(3, pairs=PAIRS)
    scores.loc[scores["dataset"] == "data set 01", ["imbalance_ratio", "n_rows"]] = math.nan
    page, _ = data(scores)
    assert page["sets"]["name"][-1] == "data set 01"
    assert page["sets"]["level"][-1] == -1
    assert page["sets"]["ratio"][-1] is None


def test_every_method_of_the_registry_is_described():
    for method in METHODS:
        words = describe(method.name)
        assert words.endswith("."), method.name
        assert "\n" not in words
        assert 15 < len(words) < 200, method.name


def test_a_method_that_is_not_known_has_no_description():
    assert describe("no such method") == ""


def test_words_come_from_the_class_behind_a_partial():
    method = Method("made", partial(partial(plain, Method), x=1))
    assert page_data_module._first_sentence(page_data_module._unwrapped(method.build)) == (
        "A way to deal with imbalance."
    )
