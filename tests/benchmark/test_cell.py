"""Cells: their keys, seeds, splits and work."""

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import MadeDataset
from sklearn.dummy import DummyClassifier

from imbalance_kit._sampling.shares import stratified_part
from imbalance_kit.benchmark import Method, select_pairs
from imbalance_kit.benchmark._methods.search_settings import Search
from imbalance_kit.benchmark._run.cell import Cell, Protocol
from imbalance_kit.benchmark._run.cell_work import run_cell, split
from imbalance_kit.benchmark._run.table import load_table

PAIRS = select_pairs("all")
# The first tier has each method with one learner, and each learner alone.
ALONE = [pair for pair in PAIRS if pair[0].name == "none"]
# every learner, and every sixth method: test_pipelines fits all of them on such tables
FEW = ALONE + list({pair[0].name: pair for pair in reversed(PAIRS)}.values())[::6]


def cell_of(method="none", learner="tree", **changes):
    ((method, learner),) = select_pairs([method], [learner])
    return Cell(**{"dataset": MadeDataset("made"), "method": method, "learner": learner, **changes})


def test_key_changes_with_whatever_may_change_the_result():
    changes = [
        {"dataset": MadeDataset("other")},
        {"dataset": MadeDataset("made", n_rows=121)},
        {"repeat": 1},
        {"fold": 1},
        {"protocol": Protocol(seed=1)},
        {"protocol": Protocol(folds=5)},
        {"protocol": Protocol(test_share=0.2)},
    ]
    cells = [cell_of(), cell_of("SMOTE"), cell_of(learner="forest")]
    cells += [cell_of(**change) for change in changes]
    assert len({cell.key for cell in cells}) == len(cells)
    assert cell_of().key == cell_of(dataset=MadeDataset("made", role="choose")).key
    assert cell_of().key.startswith("made--none--tree--r0f0--")


def test_key_is_a_file_name():
    key = cell_of(dataset=MadeDataset("a/b: [c] " + "long " * 50)).key
    assert len(key) < 150
    assert not set(key) & set('/\\: []*?"<>|')


def test_every_method_sees_the_same_split():
    table = load_table(MadeDataset("made"))
    cells = [Cell(MadeDataset("made"), method, learner, repeat=2) for method, learner in PAIRS]
    first, *others = (split(cell, table) for cell in cells)
    for other in others:
        for rows, same_rows in zip(first, other, strict=True):
            np.testing.assert_array_equal(rows, same_rows)


def test_seeds_come_from_the_cell_but_not_from_its_method():
    assert cell_of("SMOTE").seed == cell_of().seed
    others = [
        cell_of(learner="forest"),
        cell_of(repeat=1),
        cell_of(fold=1),
        cell_of(dataset=MadeDataset("other")),
        cell_of(protocol=Protocol(seed=1)),
    ]
    assert len({cell.seed for cell in [cell_of(), *others]}) == 6


@pytest.mark.parametrize("n_classes", [2, 5])
def test_splits_part_the_rows(n_classes):
    table = load_table(MadeDataset("made", n_rows=300, n_classes=n_classes))
    everything = np.arange(len(table.y))
    for cell in (cell_of(), cell_of(repeat=1), cell_of(protocol=Protocol(seed=9))):
        learning, validation, testing = split(cell, table)
        together = np.concatenate([learning, validation, testing])
        np.testing.assert_array_equal(np.sort(together), everything)
        shares = np.bincount(table.y) / len(table.y)
        for rows, share in ((testing, 0.3), (validation, 0.7 * 0.25)):
            assert len(rows) == pytest.approx(share * len(table.y), abs=n_classes)
            np.testing.assert_allclose(np.bincount(table.y[rows]) / len(rows), shares, atol=0.03)
    assert not np.array_equal(split(cell_of(), table)[2], split(cell_of(repeat=1), table)[2])


def test_folds_test_every_row_once():
    table = load_table(MadeDataset("made"))
    protocol = Protocol(folds=4)
    tested = [split(cell_of(fold=fold, protocol=protocol), table)[2] for fold in range(4)]
    np.testing.assert_array_equal(np.sort(np.concatenate(tested)), np.arange(len(table.y)))


@given(
    counts=st.lists(st.integers(1, 40), min_size=2, max_size=6),
    share=st.floats(0.05, 0.5),
    seed=st.integers(0, 100),
)
def test_stratified_part_keeps_every_class_on_the_larger_side(counts, share, seed):
    y = np.random.RandomState(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    larger, smaller = stratified_part(y, share, np.random.RandomState(seed))
    np.testing.assert_array_equal(np.sort(np.concatenate([larger, smaller])), np.arange(len(y)))
    for label, count in enumerate(counts):
        n_smaller = int((y[smaller] == label).sum())
        assert n_smaller < count
        assert n_smaller >= 1 or count == 1
        assert abs(n_smaller - share * count) <= 1


def test_classes_are_coded_from_frequent_to_rare_with_ties_by_label():
    class Given(MadeDataset):
        def load(self):
            labels = pd.Series(["c", "b", "b", "a", "a", "d", "d", "d"], index=range(10, 18))
            return pd.DataFrame({"x": range(8)}, index=labels.index), labels

    table = load_table(Given("given"))
    assert table.classes == ["d", "a", "b", "c"]
    np.testing.assert_array_equal(table.y, [3, 2, 2, 1, 1, 0, 0, 0])
    assert list(table.X.columns) == ["x0"]


@pytest.mark.parametrize(
    ("method", "learner"),
    [pytest.param(*pair, marks=[] if pair in FEW else pytest.mark.exhaustive) for pair in PAIRS],
    ids=lambda part: part.name,
)
@pytest.mark.parametrize("n_classes", [2, pytest.param(4, marks=pytest.mark.exhaustive)])
def test_every_pair_works_on_mixed_columns_with_gaps(method, learner, n_classes):
    dataset = MadeDataset("made", n_rows=240, n_classes=n_classes)
    cell = Cell(dataset, method, learner)
    table = load_table(dataset)
    row, stored = run_cell(cell, table)
    frame = pq.read_table(io.BytesIO(stored)).to_pandas()
    learning, validation, testing = split(cell, table)
    for part, rows in (("validation", validation), ("test", testing)):
        np.testing.assert_array_equal(frame.loc[frame["part"] == part, "row"], rows)
    np.testing.assert_array_equal(frame["y"], table.y[frame["row"]])
    proba = frame[[f"proba_{code}" for code in range(n_classes)]].to_numpy()
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)
    assert set(frame["decision"]) <= set(range(n_classes))
    training = np.concatenate([learning, validation])
    shares = np.bincount(table.y[training]) / len(training)
    np.testing.assert_allclose(json.loads(row["prior"]), shares)
    assert json.loads(row["classes"]) == table.classes
    again = run_cell(cell, table)[1]
    assert again == stored


@pytest.mark.filterwarnings("ignore:The least populated class")  # that is the point
def test_class_without_a_training_row_has_probability_zero():
    table = load_table(MadeDataset("made", n_rows=90, n_classes=3))
    y = np.where(table.y == 2, 1, table.y)
    y[0] = 2
    cells = [cell_of(protocol=Protocol(folds=5), repeat=repeat) for repeat in range(99)]
    table = replace(table, y=y, observed=None)
    cell = next(cell for cell in cells if 0 in split(cell, table)[2])
    _, stored = run_cell(cell, table)
    assert (pq.read_table(io.BytesIO(stored))["proba_2"].to_numpy() == 0).all()


def test_groups_and_time_of_a_table_rule_its_splits():
    grouped = load_table(MadeDataset("made", groups=True))
    ordered = load_table(MadeDataset("made", time=True))
    for protocol in (Protocol(), Protocol(folds=4)):
        parts = split(cell_of(protocol=protocol), grouped)
        blocks = [set(grouped.blocks[rows]) for rows in parts]
        assert not blocks[0] & blocks[1]
        assert not (blocks[0] | blocks[1]) & blocks[2]
        learning, validation, testing = split(cell_of(protocol=protocol), ordered)
        assert ordered.time[learning].max() < ordered.time[validation].min()
        assert ordered.time[validation].max() < ordered.time[testing].min()


def test_label_noise_is_learned_from_but_not_tested_on():
    table = load_table(MadeDataset("made", noise=True))
    clean = load_table(MadeDataset("made"))
    np.testing.assert_array_equal(table.y, clean.y)
    wrong = table.learned != table.y
    assert wrong.sum() == (table.y == 1).sum() // 2 + (table.y == 1).sum() % 2
    cell = cell_of()
    row, stored = run_cell(cell, table)
    frame = pq.read_table(io.BytesIO(stored)).to_pandas()
    tested = frame[frame["part"] == "test"]
    validated = frame[frame["part"] == "validation"]
    np.testing.assert_array_equal(tested["y"], table.y[tested["row"]])
    np.testing.assert_array_equal(validated["y"], table.learned[validated["row"]])
    learning, validation, _ = split(cell, table)
    training = np.concatenate([learning, validation])
    assert json.loads(row["prior"])[1] == np.mean(table.learned[training] == 1)


def test_stability_is_zero_for_what_never_changes_and_more_for_a_tree():
    table = load_table(MadeDataset("made"))
    protocol = Protocol(bootstraps=2)
    row, stored = run_cell(cell_of(protocol=protocol), table)
    assert 0 < row["instability"] < 1
    assert 0 < row["flips"] < 1
    assert stored == run_cell(cell_of(), table)[1]  # the predictions are those without refits
    constant = Method("constant", constant_classifier, learners=("tree",))
    cell = cell_of(method=constant, protocol=protocol)
    assert {name: run_cell(cell, table)[0][name] for name in ("instability", "flips")} == {
        "instability": 0.0,
        "flips": 0.0,
    }
    assert "instability" not in run_cell(cell_of(), table)[0]


def constant_classifier(learner, seed):
    return DummyClassifier(strategy="most_frequent")


def test_a_search_stays_inside_the_training_part(tmp_path):
    table = load_table(MadeDataset("made"))
    protocol = Protocol(search=Search(trials=4))
    cell = cell_of("SMOTE", protocol=protocol)
    row, _ = run_cell(cell, table, f"sqlite:///{tmp_path}/trials.db")
    assert row["n_trials"] == 4
    assert row["search_seconds"] > 0
    assert set(json.loads(row["parameters"])) == {"learner", "method"}
    X = table.X.copy()
    X.loc[split(cell, table)[2], "x0"] = 1e6
    other = run_cell(cell, replace(table, X=X))[0]
    assert other["parameters"] == row["parameters"]
