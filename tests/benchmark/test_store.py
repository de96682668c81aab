"""The results folder: a cell is there whole or not at all."""

import os

import pytest

from imbalance_kit.benchmark._results import files
from imbalance_kit.benchmark._results.files import WRITER
from imbalance_kit.benchmark._results.store import CELL_SCHEMA, PREDICTIONS, ResultsFolder


@pytest.fixture(params=["folder", "url"])
def anywhere(request, tmp_path):
    """A store in a folder, and one at a URL."""
    place = tmp_path / "results" if request.param == "folder" else f"memory:/{tmp_path}"
    folder = ResultsFolder(place)
    folder.create()
    return folder


@pytest.fixture
def store(tmp_path):
    folder = ResultsFolder(tmp_path / "results")
    folder.create()
    return folder


ROW = {"key": "a", "dataset": "made", "status": "ok", "n_rows": 5, "fit_seconds": 0.5}


def test_empty_folder_has_every_column(anywhere):
    assert list(anywhere.read_cells().columns) == CELL_SCHEMA.names
    assert anywhere.finished() == set()
    assert anywhere.read_request() == {}


def test_rows_come_back_sorted(anywhere):
    for key, dataset in (("b", "made"), ("a", "other"), ("c", "made")):
        anywhere.save({**ROW, "key": key, "dataset": dataset, "method": key}, b"predictions")
    assert anywhere.read_cells()["key"].tolist() == ["b", "c", "a"]
    assert anywhere.finished() == {"a", "b", "c"}


def test_columns_that_are_not_known_are_empty(anywhere):
    anywhere.save(ROW, None)
    row = anywhere.read_cells().iloc[0]
    assert row[list(ROW)].to_dict() == ROW
    assert row.drop(list(ROW)).isna().all()


@pytest.mark.parametrize("moment", ["fsync", "replace"])
@pytest.mark.parametrize("file", [0, 1], ids=["predictions", "row"])
def test_failure_at_any_moment_leaves_no_cell(store, monkeypatch, moment, file):
    calls = []
    original = getattr(os, moment)

    def fail(*arguments):
        calls.append(arguments)
        if len(calls) == file + 1:
            raise OSError("disk full")
        return original(*arguments)

    monkeypatch.setattr(files.os, moment, fail)
    with pytest.raises(OSError, match="disk full"):
        store.save(ROW, b"predictions")
    assert store.finished() == set()
    monkeypatch.undo()
    store.clean(alive={WRITER})
    assert list(store.place.rglob(".*"))  # the writer may be about to finish it
    store.clean(alive=set())
    assert not list(store.place.rglob(".*"))
    store.save(ROW, b"predictions")
    assert store.finished() == {"a"}


def test_failed_retry_takes_old_predictions_away(store):
    store.save(ROW, b"predictions")
    store.save({**ROW, "status": "error"}, None)
    assert not list((store.place / PREDICTIONS).iterdir())
    assert store.read_cells()["status"].tolist() == ["error"]


def test_only_the_named_protocol_is_read(anywhere):
    anywhere.save({**ROW, "key": "a", "protocol": "one"}, None)
    anywhere.save({**ROW, "key": "b", "protocol": "two"}, None)
    assert anywhere.read_cells("two")["key"].tolist() == ["b"]
