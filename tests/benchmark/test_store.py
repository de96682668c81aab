"""The results folder: a cell is there whole or not at all."""

import os

import pytest

from imbalance_kit.benchmark import _store
from imbalance_kit.benchmark._store import CELL_SCHEMA, ResultsFolder


@pytest.fixture
def store(tmp_path):
    folder = ResultsFolder(tmp_path / "results")
    folder.create()
    return folder


ROW = {"key": "a", "dataset": "made", "status": "ok", "n_rows": 5, "fit_seconds": 0.5}


def test_empty_folder_has_every_column(store):
    assert list(store.read_cells().columns) == CELL_SCHEMA.names
    assert store.finished() == set()
    assert store.read_request() == {}


def test_rows_come_back_sorted(store):
    for key, dataset in (("b", "made"), ("a", "other"), ("c", "made")):
        store.save({**ROW, "key": key, "dataset": dataset, "method": key}, b"predictions")
    assert store.read_cells()["key"].tolist() == ["b", "c", "a"]
    assert store.finished() == {"a", "b", "c"}


def test_columns_that_are_not_known_are_empty(store):
    store.save(ROW, None)
    row = store.read_cells().iloc[0]
    assert row[list(ROW)].to_dict() == ROW
    assert row.drop(list(ROW)).isna().all()


@pytest.mark.parametrize("moment", ["write", "fsync", "replace"])
@pytest.mark.parametrize("file", [0, 1], ids=["predictions", "row"])
def test_failure_at_any_moment_leaves_no_cell(store, monkeypatch, moment, file):
    calls = []
    name = "fsync" if moment != "replace" else "replace"
    original = getattr(os, name)

    def fail(*arguments):
        calls.append(arguments)
        if len(calls) == file + 1:
            raise OSError("disk full")
        return original(*arguments)

    monkeypatch.setattr(_store.os, name, fail)
    with pytest.raises(OSError, match="disk full"):
        store.save(ROW, b"predictions")
    assert store.finished() == set()
    monkeypatch.undo()
    store.clean()
    assert not list(store.path.rglob(".*"))
    store.save(ROW, b"predictions")
    assert store.finished() == {"a"}


def test_failed_retry_takes_old_predictions_away(store):
    store.save(ROW, b"predictions")
    store.save({**ROW, "status": "error"}, None)
    assert not list(store.predictions.iterdir())
    assert store.read_cells()["status"].tolist() == ["error"]


def test_only_the_named_protocol_is_read(store):
    store.save({**ROW, "key": "a", "protocol": "one"}, None)
    store.save({**ROW, "key": "b", "protocol": "two"}, None)
    assert store.read_cells("two")["key"].tolist() == ["b"]
