"""The results folder: one file per finished cell, each written whole or not at all.

A row holds a hash of its predictions and one of itself, so that a file which a disk, a copy or a
store has damaged is found out. Its cell counts as missing: it is left out of what is read, named,
and done again by the next run. Rows without a hash, of earlier versions, count if they can be read.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from imbalance_kit.benchmark._results.files import files_at, is_url, writer_of

TEXT = (
    "key",
    "dataset",
    "source",
    "role",
    "suite",
    "stress",
    "method",
    "learner",
    "status",
    "reason",
    "traceback",
)
COUNTS = (
    "n_rows",
    "n_features",
    "n_classes",
    "n_missing",
    "repeat",
    "fold",
    "seed",
    "n_trials",
    "ensemble_size",
)
FIGURES = (
    "imbalance_ratio",
    "fit_seconds",
    "predict_seconds",
    "search_seconds",
    "total_seconds",
    "peak_memory_mb",
    "instability",
    "flips",
)
JSON_TEXT = (
    "classes",
    "prior",
    "warnings",
    "parameters",
    "facts",
    "started",
    "versions",
    "preset",
    "protocol",
    "table_version",
    "method_version",
)
HASHES = ("predictions_hash", "row_hash")
CELL_SCHEMA = pa.schema(
    [(name, pa.string()) for name in TEXT]
    + [(name, pa.int64()) for name in COUNTS]
    + [(name, pa.float64()) for name in FIGURES]
    + [(name, pa.string()) for name in JSON_TEXT + HASHES]
)
CELLS, PREDICTIONS, SEARCH = "cells", "predictions", "search"
CLAIMS, RUNNERS = "claims", "runners"
REQUEST, REPORT = "run.json", "report.html"
ENDING = ".parquet"


class ResultsFolder:
    """Where a run keeps what it has finished.

    ``cells/<key>.parquet`` (one row) is written after ``predictions/<key>.parquet``, both whole
    or not at all, so a cell counts exactly when its row is there, whatever moment the process is
    killed at. The folder ``cells`` is one Parquet data set.

    Parameters
    ----------
    place : path or str
        A folder, or a URL that fsspec supports.

    Attributes
    ----------
    damaged : dict of str to str
        Files that could not be read so far, and why. Their cells are left out.
    """

    def __init__(self, place: str | os.PathLike[str]):
        self.place: Path | str = str(place) if is_url(place) else Path(place)
        self.files = files_at(place)
        self.damaged: dict[str, str] = {}

    @property
    def is_local(self) -> bool:
        """Whether the folder is one of this machine, or mounted on it."""
        return isinstance(self.place, Path)

    def create(self) -> None:
        """Make the folders."""
        self.files.make_folders([CELLS, PREDICTIONS])

    def clean(self, alive: set[str]) -> None:
        """Remove what killed processes left half-written.

        Parameters
        ----------
        alive : set of str
            Runners to spare; the name of each begins with that of its process.
        """
        writers = {runner.partition("-")[0] for runner in alive}
        for folder in (CELLS, PREDICTIONS, CLAIMS, RUNNERS, ""):
            for name in self.files.names(folder):
                writer = writer_of(name)
                if writer is not None and writer not in writers:
                    self.files.remove(f"{folder}/{name}".lstrip("/"))

    def finished(self) -> set[str]:
        """Keys of the cells that have a row, sound or not."""
        names = self.files.names(CELLS)
        return {name.removesuffix(ENDING) for name in names if _is_table(name)}

    def sound(self, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
        """Rows of those of some cells that are finished, row and predictions undamaged.

        The others that have a file go into ``damaged``.
        """
        rows = self._read_rows(sorted(self.finished() & set(keys)))
        predicted = [key for key, row in rows.items() if row["status"] == "ok"]
        contents = self.files.read_many(_predictions_of(key) for key in predicted)
        for key, content in zip(predicted, contents, strict=True):
            why = _damage_of(content, rows[key]["predictions_hash"])
            if why:
                self.damaged[_predictions_of(key)] = why
                del rows[key]
        return rows

    def is_finished(self, key: str) -> bool:
        """Whether the cell has a row by now."""
        return self.files.exists(_row_of(key))

    def stored_row(self, key: str) -> bytes:
        """Return the file of a finished cell's row; nothing where it cannot be read."""
        try:
            return self.files.read(_row_of(key))
        except OSError:
            return b""

    def save(
        self, row: Mapping[str, Any], predictions: bytes | None, *, replaced: bytes | None = None
    ) -> bool:
        """Put a cell on disk: predictions first, then the row that makes it count.

        Parameters
        ----------
        row : mapping
        predictions : bytes or None
        replaced : bytes or None
            File of a row that is to be replaced, such as that of a failure.

        Returns
        -------
        bool
            Whether it was stored: False where another result of the cell is there, so that what
            comes late changes nothing.
        """
        key = row["key"]
        if self.is_finished(key) and (replaced is None or self.stored_row(key) != replaced):
            return False
        if predictions is not None:
            self.files.write(_predictions_of(key), predictions)
        content = _file_of(row, predictions)
        if replaced is None:
            if not self.files.add(_row_of(key), content):
                return False
        else:
            self.files.write(_row_of(key), content)
        if predictions is None:
            self.files.remove(_predictions_of(key))
        for name in (_row_of(key), _predictions_of(key)):
            self.damaged.pop(name, None)
        return True

    def read_cells(self, protocol: str | None = None) -> pd.DataFrame:
        """All rows, or those of one protocol, sorted by data set, pair, repeat and fold."""
        rows = self._read_rows(sorted(self.finished())).values()
        kept = [row for row in rows if protocol is None or row["protocol"] == protocol]
        cells = pa.Table.from_pylist(kept, schema=CELL_SCHEMA).to_pandas()
        order = ["dataset", "method", "learner", "repeat", "fold"]
        return cells.sort_values(order, ignore_index=True, kind="stable")

    def _read_rows(self, keys: list[str]) -> dict[str, dict[str, Any]]:
        """Sound rows by key; files of the others go into ``damaged``."""
        rows = {}
        contents = self.files.read_many(_row_of(key) for key in keys)
        for key, content in zip(keys, contents, strict=True):
            if isinstance(content, FileNotFoundError):
                continue  # removed since it was listed
            try:
                rows[key] = _read_row(content, key)
            except Exception as error:  # what a damaged file does to its reader is anybody's guess
                self.damaged[_row_of(key)] = described(error)
        return rows

    def read_predictions(self, key: str, expected: str | None = None) -> pa.Table | None:
        """Return the predictions of one cell; None where they are damaged.

        Parameters
        ----------
        key : str
        expected : str or None
            Their hash, as the row has it; None in rows of earlier versions.
        """
        name = _predictions_of(key)
        (content,) = self.files.read_many([name])
        if why := _damage_of(content, expected):
            self.damaged[name] = why
            return None
        return _read_parquet(content)

    def read_request(self) -> dict[str, Any]:
        """Content of run.json, or nothing where no run has begun or the file is damaged."""
        try:
            request = json.loads(self.files.read(REQUEST))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            self.damaged[REQUEST] = described(error)
            return {}
        return request if isinstance(request, dict) else {}

    def write_request(self, request: Mapping[str, Any]) -> None:
        """Write run.json."""
        text = json.dumps(request, indent=2, ensure_ascii=False) + "\n"
        self.files.write(REQUEST, text.encode("utf-8"))

    def search_file(self, key: str) -> Path:
        """Where the search of a cell keeps its trials until the cell is finished."""
        if not isinstance(self.place, Path):
            raise ValueError(f"{self.place} cannot hold a data base of trials.")
        folder = self.place / SEARCH
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{key}.db"

    def forget_search(self, key: str) -> None:
        """Remove the trials of a finished cell: its row has what they led to."""
        self.files.remove(f"{SEARCH}/{key}.db")


def _is_table(name: str) -> bool:
    return name.endswith(ENDING) and not name.startswith(".")


def _row_of(key: str) -> str:
    return f"{CELLS}/{key}{ENDING}"


def _predictions_of(key: str) -> str:
    return f"{PREDICTIONS}/{key}{ENDING}"


def _hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()


def _hash_of_row(row: Mapping[str, Any]) -> str:
    # without what is missing, so that a column which a later version adds changes no hash
    known = {name: value for name, value in row.items() if value is not None and name != "row_hash"}
    return _hash(json.dumps(known, sort_keys=True).encode())


def _file_of(row: Mapping[str, Any], predictions: bytes | None) -> bytes:
    """A row as a Parquet file, with its hashes."""
    hashed = {**row, "predictions_hash": None if predictions is None else _hash(predictions)}
    (stored,) = pa.Table.from_pylist([hashed], schema=CELL_SCHEMA).to_pylist()  # in its types
    stored["row_hash"] = _hash_of_row(stored)
    sink = pa.BufferOutputStream()
    pa.parquet.write_table(pa.Table.from_pylist([stored], schema=CELL_SCHEMA), sink)
    return sink.getvalue().to_pybytes()


def _read_parquet(content: bytes | OSError) -> pa.Table:
    if isinstance(content, OSError):
        raise content
    # on one thread: handing a small file to a pool takes longer than reading it
    return pa.parquet.ParquetFile(pa.BufferReader(content)).read(use_threads=False)


def _read_row(content: bytes | OSError, key: str) -> dict[str, Any]:
    """The row of a file, if it is what was written under this key."""
    table = _read_parquet(content)
    (found,) = table.to_pylist()
    row = {name: found.get(name) for name in CELL_SCHEMA.names}
    pa.Table.from_pylist([row], schema=CELL_SCHEMA)  # raises where a column has another type
    if row["key"] != key or row["status"] is None:
        raise ValueError(f"it holds the cell {row['key']!r} with the status {row['status']!r}")
    # a damaged name of the column of hashes is the name of an unknown column
    unknown = found.keys() - row.keys()
    expected = row["row_hash"] if not unknown or row["row_hash"] is not None else ""
    if expected is not None and _hash_of_row(found) != expected:
        raise ValueError("its content does not match its hash")
    return row


def _damage_of(content: bytes | OSError, expected: str | None) -> str:
    """Why the content of a file of predictions is not what was written; empty where it is."""
    if isinstance(content, bytes) and expected is not None:
        return "" if _hash(content) == expected else "its content does not match its hash"
    try:
        _read_parquet(content)
    except Exception as error:  # what a damaged file does to its reader is anybody's guess
        return described(error)
    return ""


def described(error: BaseException) -> str:
    """Kind and message of an exception, in one line."""
    message = " ".join(str(error).split())[:500]
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
