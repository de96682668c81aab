"""The results folder: a cell is there whole or not at all, and what is damaged is missing."""

import io
import os
import random
import threading

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest
from loops import looped

from imbalance_kit.benchmark._results import files
from imbalance_kit.benchmark._results.files import files_at, process_writer, unfinished_name
from imbalance_kit.benchmark._results.store import (
    CELL_SCHEMA,
    HASHES,
    PREDICTIONS,
    ResultsFolder,
)


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
    assert row.drop([*ROW, "row_hash"]).isna().all()


@pytest.mark.parametrize(("moment", "file"), [("fsync", 0), ("fsync", 1), ("replace", 0)])
def test_failure_at_any_moment_leaves_no_cell(store, monkeypatch, moment, file):
    calls, this_thread = [], threading.get_ident()
    original = getattr(os, moment)

    def fail(*arguments):
        if threading.get_ident() == this_thread:  # others may still give signs of life
            calls.append(arguments)
            if len(calls) == file + 1:
                raise OSError("disk full")
        return original(*arguments)

    monkeypatch.setattr(files.os, moment, fail)
    with pytest.raises(OSError, match="disk full"):
        store.save(ROW, b"predictions")
    assert store.finished() == set()
    assert not list(store.place.rglob(".*"))  # on a full disk it would take the room that is left
    monkeypatch.undo()
    assert store.save(ROW, b"predictions")
    assert store.finished() == {"a"}


def test_what_a_killed_process_left_is_removed(anywhere):
    anywhere.files.make_folders(["claims", "runners"])
    names = [
        folder + unfinished_name("a")
        for folder in ("cells/", "predictions/", "claims/", "runners/", "")
    ]
    for name in names:
        anywhere.files.write(name, b"")
    anywhere.files.write("run.json", b"{}")
    anywhere.clean(alive={f"{process_writer()}-3"})  # it may be about to finish them
    assert all(map(anywhere.files.exists, names))
    anywhere.clean(alive={"another-0"})
    assert not any(map(anywhere.files.exists, names))
    assert anywhere.files.exists("run.json")


def test_failed_retry_takes_old_predictions_away(store):
    store.save(ROW, b"predictions")
    store.save({**ROW, "status": "error"}, None, replaced=store.stored_row("a"))
    assert not list((store.place / PREDICTIONS).iterdir())
    assert store.read_cells()["status"].tolist() == ["error"]


def test_only_the_named_protocol_is_read(anywhere):
    anywhere.save({**ROW, "key": "a", "protocol": "one"}, None)
    anywhere.save({**ROW, "key": "b", "protocol": "two"}, None)
    assert anywhere.read_cells("two")["key"].tolist() == ["b"]


def test_a_late_result_changes_nothing(anywhere):
    assert anywhere.save(ROW, b"predictions")
    there = anywhere.stored_row("a")
    for late in (b"others", None):
        for replaced in (None, b"what was there long ago"):
            assert not anywhere.save({**ROW, "fit_seconds": 9.0}, late, replaced=replaced)
            assert anywhere.stored_row("a") == there
            assert anywhere.files.read("predictions/a.parquet") == b"predictions"


def predictions():
    sink = io.BytesIO()
    pd.DataFrame({"part": ["test"] * 40, "proba_0": [k / 40 for k in range(40)]}).to_parquet(sink)
    return sink.getvalue()


FULL = {
    **ROW,
    "method": "none",
    "learner": "tree",
    "repeat": 0,
    "fold": 0,
    "protocol": "p",
    "prior": "[0.9, 0.1]",
    "classes": '["frequent", "rare"]',
}


def damages(content, rng):
    """What disks, copies and people do to a file."""
    yield "emptied", b""
    yield "cut", content[: len(content) // 2]
    yield "last byte cut", content[:-1]
    yield "zeros", bytes(len(content))
    yield "text", b"<html>no such object</html>"
    yield "zeros behind", content[: len(content) // 3] + bytes(len(content) - len(content) // 3)
    yield "longer", content + b"x"
    for number in range(24):
        damaged = bytearray(content)
        for _ in range(rng.choice([1, 1, 3, 20])):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        yield f"random {number}", bytes(damaged)


@looped("file", ["cells/a.parquet", "predictions/a.parquet"])
def test_a_damaged_file_is_a_missing_cell_with_its_name(file, tmp_path):
    store = ResultsFolder(tmp_path / file.split("/")[0])
    store.create()
    for key in "ab":
        store.save({**FULL, "key": key}, predictions())
    honest, rows = store.files.read(file), store.sound("ab")
    n_found = 0
    for name, content in damages(honest, random.Random(0)):
        (store.place / file).write_bytes(content)
        store.damaged.clear()
        found = store.sound("ab")
        assert found["b"] == rows["b"], name
        # a byte may change nothing that is read, such as one of a statistic
        assert found.get("a", rows["a"]) == rows["a"], name
        assert list(store.damaged) == ([] if "a" in found else [file]), name
        assert len(store.read_cells()) == len(found) or file.startswith("pred"), name
        n_found += "a" not in found
        if "a" not in found:
            replaced = store.stored_row("a")
            assert store.save({**FULL, "key": "a"}, predictions(), replaced=replaced), name
            assert not store.damaged, name
            assert store.sound("ab") == rows, name
    assert n_found > 20


@looped(
    "content",
    [
        {**FULL, "key": "another"},
        {**FULL, "status": None},
        {**FULL, "key": None},
        [{**FULL}, {**FULL}],
        [],
    ],
)
def test_a_file_that_holds_something_else_is_damaged(content, tmp_path):
    store = ResultsFolder(tmp_path / str(abs(hash(str(content)))))
    store.create()
    rows = content if isinstance(content, list) else [content]
    pa.parquet.write_table(
        pa.Table.from_pylist(rows, schema=CELL_SCHEMA), store.place / "cells" / "a.parquet"
    )
    assert store.read_cells().empty
    assert list(store.damaged) == ["cells/a.parquet"]


def test_rows_of_earlier_versions_count(store):
    earlier = pa.schema([field for field in CELL_SCHEMA if field.name not in (*HASHES, "facts")])
    pa.parquet.write_table(
        pa.Table.from_pylist([FULL], schema=earlier), store.place / "cells" / "a.parquet"
    )
    (store.place / PREDICTIONS / "a.parquet").write_bytes(predictions())
    assert store.sound("a").keys() == {"a"}
    assert store.read_cells()["fit_seconds"].tolist() == [0.5]
    (store.place / PREDICTIONS / "a.parquet").write_bytes(predictions()[:-9])
    assert store.sound("a") == {}
    assert not store.damaged.keys() ^ {"predictions/a.parquet"}


def test_a_row_with_a_column_of_a_later_version_counts(store):
    store.save(FULL, predictions())
    file = store.place / "cells" / "a.parquet"
    table = pa.parquet.read_table(file)
    pa.parquet.write_table(table.append_column("later", pa.array([None], pa.string())), file)
    assert store.sound("a").keys() == {"a"}


def test_a_damaged_request_is_named_and_no_error(anywhere):
    anywhere.files.write("run.json", b'{"suite": "lit')
    assert anywhere.read_request() == {}
    assert list(anywhere.damaged) == ["run.json"]


class FullDisk:
    """Mixed into a file system: room for so many bytes, and an error, or none, behind them."""

    room = 0
    silent = False

    def pipe_file(self, path, value, **options):
        super().pipe_file(path, value[: type(self).room], **options)
        if len(value) > type(self).room and not type(self).silent:
            raise OSError(28, "No space left on device")


@pytest.fixture
def full_disk(tmp_path):
    fsspec = pytest.importorskip("fsspec", reason="URLs need the extra cloud")
    local = fsspec.get_filesystem_class("file")
    kind = type("Full", (FullDisk, local), {"protocol": "fulldisk", "cachable": False})
    fsspec.register_implementation("fulldisk", kind, clobber=True)
    return kind, ResultsFolder(f"fulldisk://{tmp_path}/results")


@pytest.mark.parametrize("silent", [False, True])
def test_a_full_disk_behind_a_url_leaves_no_cell(full_disk, silent):
    kind, store = full_disk
    store.create()
    kind.silent, content = silent, predictions()
    for kind.room in (0, 10, len(content) - 1, len(content) + 10):
        with pytest.raises(OSError, match=r"No space|not written whole"):
            store.save(FULL, content)
        assert store.finished() == set()
        assert [name for name in store.files.names("predictions") if name != "a.parquet"] == []
    kind.room = 10**9
    assert store.save(FULL, content)
    assert store.sound("a").keys() == {"a"}
    assert not store.save({**FULL, "fit_seconds": 2.0}, content)


@pytest.mark.parametrize("protocol", ["file", "local"])
def test_urls_of_this_machine_are_written_as_its_folders_are(tmp_path, protocol):
    assert isinstance(files_at(f"{protocol}://{tmp_path}"), files.LocalFiles)
