"""The results folder: one file per finished cell, each written whole or not at all."""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet

TEXT = ("key", "dataset", "source", "role", "method", "learner", "status", "reason", "traceback")
COUNTS = ("n_rows", "n_features", "n_classes", "n_missing", "repeat", "fold", "seed")
FIGURES = (
    "imbalance_ratio",
    "fit_seconds",
    "predict_seconds",
    "total_seconds",
    "peak_memory_mb",
)
JSON_TEXT = ("classes", "prior", "warnings", "started", "versions", "protocol")
CELL_SCHEMA = pa.schema(
    [(name, pa.string()) for name in TEXT]
    + [(name, pa.int64()) for name in COUNTS]
    + [(name, pa.float64()) for name in FIGURES]
    + [(name, pa.string()) for name in JSON_TEXT]
)
TEMPORARY = ".unfinished"


class ResultsFolder:
    """Where a run keeps what it has finished.

    ``cells/<key>.parquet`` (one row) is written after ``predictions/<key>.parquet``, both by
    renaming a finished temporary file, so a cell counts exactly when its row is there, whatever
    moment the process is killed at.
    """

    def __init__(self, path: str | os.PathLike[str]):
        self.path = Path(path)
        self.cells = self.path / "cells"
        self.predictions = self.path / "predictions"
        self.request = self.path / "run.json"

    def create(self) -> None:
        """Make the folders."""
        for folder in (self.path, self.cells, self.predictions):
            folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for one run; the system lets go of it when the process ends, however.

        Raises
        ------
        ValueError
            If another run holds it.
        """
        # never deleted: two runs that lock different files of one name would both go on
        with (self.path / ".lock").open("a+b") as file:
            if not _lock(file.fileno()):
                raise ValueError(
                    f"Another run is writing to {self.path}. Wait until it ends, or give this "
                    "run a folder of its own with --output."
                )
            yield

    def clean(self) -> None:
        """Remove what a killed run left half-written. Only under the lock."""
        for folder in (self.path, self.cells, self.predictions):
            for file in folder.glob(f"*{TEMPORARY}"):
                file.unlink()
        for log in self.path.glob(".worker-*.log"):
            log.unlink()

    def finished(self) -> set[str]:
        """Keys of the cells that count."""
        return {file.stem for file in self.cells.glob("*.parquet")}

    def save(self, row: Mapping[str, Any], predictions: bytes | None) -> None:
        """Put a cell on disk: predictions first, then the row that makes it count."""
        key = row["key"]
        predicted = self.predictions / f"{key}.parquet"
        if predictions is not None:
            write_atomically(predicted, predictions)
        else:
            predicted.unlink(missing_ok=True)
        table = pa.Table.from_pylist([dict(row)], schema=CELL_SCHEMA)
        sink = pa.BufferOutputStream()
        pa.parquet.write_table(table, sink)
        write_atomically(self.cells / f"{key}.parquet", sink.getvalue().to_pybytes())

    def read_cells(self, protocol: str | None = None) -> pd.DataFrame:
        """All rows, or those of one protocol, sorted by data set, pair, repeat and fold."""
        files = [str(file) for file in sorted(self.cells.glob("*.parquet"))]
        if not files:
            return CELL_SCHEMA.empty_table().to_pandas()
        table = pa.dataset.dataset(files, schema=CELL_SCHEMA).to_table()
        cells = table.to_pandas()
        if protocol is not None:
            cells = cells[cells["protocol"] == protocol]
        order = ["dataset", "method", "learner", "repeat", "fold"]
        return cells.sort_values(order, ignore_index=True)

    def read_predictions(self, key: str) -> pa.Table:
        """Return the predictions of one cell."""
        # on one thread: handing a small file to a pool takes longer than reading it
        file = pa.parquet.ParquetFile(self.predictions / f"{key}.parquet")
        return file.read(use_threads=False)

    def read_request(self) -> dict[str, Any]:
        """What was asked for, or nothing where no run has begun."""
        if not self.request.is_file():
            return {}
        return json.loads(self.request.read_text(encoding="utf-8"))

    def write_request(self, request: Mapping[str, Any]) -> None:
        """Write run.json."""
        text = json.dumps(request, indent=2, ensure_ascii=False) + "\n"
        write_atomically(self.request, text.encode("utf-8"))


def write_atomically(target: Path, content: bytes) -> None:
    """Write a file so that it is there whole or, after a crash, not at all."""
    unfinished = target.with_name(f".{target.name}.{os.getpid()}{TEMPORARY}")
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, target)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> bool:
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
