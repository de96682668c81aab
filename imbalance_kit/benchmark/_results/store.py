"""The results folder: one file per finished cell, each written whole or not at all."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset
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
)
CELL_SCHEMA = pa.schema(
    [(name, pa.string()) for name in TEXT]
    + [(name, pa.int64()) for name in COUNTS]
    + [(name, pa.float64()) for name in FIGURES]
    + [(name, pa.string()) for name in JSON_TEXT]
)
CELLS, PREDICTIONS, SEARCH = "cells", "predictions", "search"
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
    """

    def __init__(self, place: str | os.PathLike[str]):
        self.place: Path | str = str(place) if is_url(place) else Path(place)
        self.files = files_at(place)

    @property
    def is_local(self) -> bool:
        """Whether the folder is one of this machine, or mounted on it."""
        return isinstance(self.place, Path)

    def create(self) -> None:
        """Make the folders."""
        self.files.make_folders([CELLS, PREDICTIONS])

    def clean(self, alive: set[str]) -> None:
        """Remove what killed processes left half-written; ``alive`` are the writers to spare."""
        for folder in (CELLS, PREDICTIONS):
            for name in self.files.names(folder):
                writer = writer_of(name)
                if writer is not None and writer not in alive:
                    self.files.remove(f"{folder}/{name}")

    def finished(self) -> set[str]:
        """Keys of the cells that count."""
        names = self.files.names(CELLS)
        return {name.removesuffix(ENDING) for name in names if _is_table(name)}

    def is_finished(self, key: str) -> bool:
        """Whether the cell counts by now."""
        return self.files.exists(f"{CELLS}/{key}{ENDING}")

    def stored_row(self, key: str) -> bytes:
        """Return the file of a finished cell's row."""
        return self.files.read(f"{CELLS}/{key}{ENDING}")

    def save(self, row: Mapping[str, Any], predictions: bytes | None) -> None:
        """Put a cell on disk: predictions first, then the row that makes it count."""
        key = row["key"]
        if predictions is not None:
            self.files.write(f"{PREDICTIONS}/{key}{ENDING}", predictions)
        else:
            self.files.remove(f"{PREDICTIONS}/{key}{ENDING}")
        table = pa.Table.from_pylist([dict(row)], schema=CELL_SCHEMA)
        sink = pa.BufferOutputStream()
        pa.parquet.write_table(table, sink)
        self.files.write(f"{CELLS}/{key}{ENDING}", sink.getvalue().to_pybytes())

    def read_cells(self, protocol: str | None = None) -> pd.DataFrame:
        """All rows, or those of one protocol, sorted by data set, pair, repeat and fold."""
        names = sorted(name for name in self.files.names(CELLS) if _is_table(name))
        if not names:
            return CELL_SCHEMA.empty_table().to_pandas()
        root, system = self.files.for_arrow()
        paths = [f"{root}/{CELLS}/{name}" for name in names]
        table = pa.dataset.dataset(paths, schema=CELL_SCHEMA, filesystem=system).to_table()
        cells = table.to_pandas()
        if protocol is not None:
            cells = cells[cells["protocol"] == protocol]
        order = ["dataset", "method", "learner", "repeat", "fold"]
        return cells.sort_values(order, ignore_index=True)

    def read_predictions(self, key: str) -> pa.Table:
        """Return the predictions of one cell."""
        # on one thread: handing a small file to a pool takes longer than reading it
        content = pa.BufferReader(self.files.read(f"{PREDICTIONS}/{key}{ENDING}"))
        return pa.parquet.ParquetFile(content).read(use_threads=False)

    def read_request(self) -> dict[str, Any]:
        """Content of run.json, or nothing where no run has begun."""
        try:
            return json.loads(self.files.read(REQUEST))
        except FileNotFoundError:
            return {}

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
