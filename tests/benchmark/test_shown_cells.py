"""A folder with cells of several requests: one row for each cell of what was asked for last."""

import numpy as np
import pandas as pd
import pytest
from loops import looped
from made_runs import MadeDataset
from rich.console import Console

from imbalance_kit.benchmark import leaderboard, run, scores, write_report
from imbalance_kit.benchmark._results.shown_cells import IDENTITY, Holding, choose_shown
from imbalance_kit.benchmark._results.store import CELL_SCHEMA, ResultsFolder
from imbalance_kit.datasets import load_folder

SILENT = Console(quiet=True)


def cell(**known):
    """A row of a folder."""
    row = dict.fromkeys(CELL_SCHEMA.names)
    row |= {"dataset": "toy", "method": "none", "learner": "tree", "repeat": 0, "fold": 0}
    row |= {"protocol": "p", "table_version": "t1", "method_version": "", "started": "2026-01-01"}
    row |= {"n_rows": 100, "n_features": 3, "n_classes": 2, "imbalance_ratio": 4.0}
    return row | known


FACTS = {"n_rows": 100, "n_features": 3, "n_classes": 2, "imbalance_ratio": 4.0}
REQUEST = {
    "protocol": {"name": "p"},
    "tables": {"toy": {"version": "t2", **FACTS}},
    "pairs": {"none / tree": {"learner": "tree", "version": "", "size": None}},
}
LATER = {"started": "2026-02-02"}


@looped(
    ("rows", "request_", "shown", "left_out"),
    [
        # an edited file, and the pairs that were not run on it again
        (
            [cell(), cell(table_version="t2"), cell(method="SMOTE")],
            REQUEST,
            [1],
            {"table": 2},
        ),
        # a data set that was not asked for: the latest table of it
        (
            [cell(dataset="b"), cell(dataset="b", table_version="t9", **LATER)],
            REQUEST,
            [1],
            {"table": 1},
        ),
        # more pairs and data sets of the same kind stay
        (
            [cell(table_version="t2"), cell(table_version="t2", method="SMOTE"), cell(dataset="b")],
            REQUEST,
            [0, 1, 2],
            {},
        ),
        # another protocol, also later
        ([cell(table_version="t2"), cell(protocol="q", **LATER)], REQUEST, [0], {"protocol": 1}),
        # a method of one's own that was changed, and one that was not asked for
        (
            [
                cell(table_version="t2", method_version="old"),
                cell(table_version="t2"),
                cell(table_version="t2", method="mine", method_version="old"),
                cell(table_version="t2", method="mine", method_version="new", **LATER),
            ],
            REQUEST,
            [1, 3],
            {"method": 2},
        ),
        # another size of ensembles: of the pairs asked for, and of others with the same learner
        (
            [
                cell(table_version="t2", ensemble_size=100),
                cell(table_version="t2"),
                cell(table_version="t2", method="bagging", ensemble_size=100),
            ],
            REQUEST,
            [1],
            {"method": 2},
        ),
        # rows of earlier versions do not say of which table they are; its sizes do
        (
            [
                cell(table_version=None, method_version=None),
                cell(table_version=None, method_version=None, n_rows=99, fold=1),
            ],
            REQUEST,
            [0],
            {"table": 1},
        ),
        # and give way to rows that do say
        (
            [cell(table_version="t2"), cell(table_version=None, **LATER)],
            REQUEST,
            [0],
            {"again": 1},
        ),
        # no request, or a damaged one: the latest of everything
        (
            [cell(), cell(protocol="q", **LATER), cell(protocol="q", table_version="t2")],
            {},
            [1],
            {"protocol": 1, "table": 1},
        ),
        ([cell(), cell(fold=1)], {"protocol": None, "tables": 3, "pairs": []}, [0, 1], {}),
        ([], REQUEST, [], {}),
    ],
    ids=str,
)
def test_which_cells_belong_together(rows, request_, shown, left_out):
    cells = pd.DataFrame(rows, columns=CELL_SCHEMA.names)
    cells["key"] = np.arange(len(cells)).astype(str)
    found, n_left = choose_shown(cells, request_)
    assert found["key"].astype(int).tolist() == shown
    assert n_left == left_out
    assert not found.duplicated(IDENTITY).any()


def test_sentences_count_and_name():
    holding = Holding({"table": 2, "again": 1}, {"cells/a.parquet": "cut"})
    more, damaged = holding.sentences
    assert "2 of another table" in more
    assert "1 there twice" in more
    assert "cells/a.parquet (cut)" in damaged
    assert not Holding().sentences


def write_table(file, *, informative, flipped=False):
    rng = np.random.RandomState(0)
    y = np.arange(120) % 6 == 0
    x = y * 1.0 if informative else rng.normal(size=120)
    frame = pd.DataFrame({"x": x, "z": rng.normal(size=120), "other": y[::-1], "target": y})
    if flipped:
        frame["target"] = ~frame["target"]
    frame.to_csv(file, index=False)


def go(folder, out, methods="none", **options):
    return run(
        datasets=load_folder(folder),
        methods=methods,
        learners="tree",
        output=out,
        jobs=1,
        report=False,
        console=SILENT,
        **options,
    )


@pytest.mark.exhaustive
def test_an_edited_file_is_another_table(tmp_path):
    """The mean over the old and the new table would be about one half."""
    out, folder = tmp_path / "out", tmp_path / "tables"
    folder.mkdir()
    write_table(folder / "toy.csv", informative=False)
    go(folder, out, methods="none,class weight")
    write_table(folder / "toy.csv", informative=True)
    go(folder, out)
    with pytest.warns(UserWarning, match="2 of another table under the same name"):
        rows = scores(out)
    assert rows["auprc"].tolist() == [1.0]
    assert leaderboard(rows)["auprc"].tolist() == [1.0]
    page = write_report(out).read_text()
    assert "2 of another table under the same name" in page
    assert len(ResultsFolder(out).read_cells()) == 3  # nothing was lost
    # the file as it was: its cells are there, and shown
    write_table(folder / "toy.csv", informative=False)
    done = go(folder, out, methods="none,class weight")
    assert done.n_done_before == 2
    with pytest.warns(UserWarning, match="1 of another table"):
        assert len(scores(out)) == 2


@pytest.mark.exhaustive
def test_a_preset_after_a_request_of_the_same_protocol(tmp_path):
    """Of the same folds, without a search: the protocol is the same, the ensembles are not."""
    request = {"datasets": [MadeDataset("made")], "learners": "tree", "output": tmp_path}
    how = {"jobs": 1, "report": False, "console": SILENT, "folds": 0}
    run(methods=["none", "bagging"], **request, **how)
    how |= {"protocol": "climb", "trials": 0, "bootstraps": 0}
    run(methods=["none", "under-bagging"], **request, **how)
    with pytest.warns(UserWarning, match="2 of another version of a method, or another size"):
        rows = scores(tmp_path)
    assert sorted(rows["method"]) == ["none", "under-bagging"]
    assert set(rows["ensemble_size"]) == {100}
