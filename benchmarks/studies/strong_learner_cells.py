"""Cells of the study of mixed trees: a row of a CSV file for each table, split and method.

Rows are appended as cells are done, so that a run that was stopped goes on where it was. A method
that fails has a row with the error instead of scores.
"""

import csv
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from strong_learner_methods import ORACLE, takes_part
from strong_learner_scores import SCORES, score
from strong_learner_tables import Split, Table

KEY = ("group", "table", "source", "rows", "classes", "seed", "method")
FIELDS = (*KEY, *SCORES, "fit_seconds", "predict_seconds", "error")


def done(file: Path) -> set[tuple[str, str, str]]:
    """Table, seed and method of the rows that are there."""
    if not file.exists():
        return set()
    with file.open(newline="") as opened:
        return {(row["table"], row["seed"], row["method"]) for row in csv.DictReader(opened)}


def drop(file: Path, methods: list[str]) -> None:
    """Take the rows of these methods out, to compute them anew."""
    with file.open(newline="") as opened:
        kept = [row for row in csv.DictReader(opened) if row["method"] not in methods]
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(kept)


def run(
    chosen: list[Table], methods: dict[str, Callable[[int], Any]], file: Path, minutes: float
) -> None:
    """Compute what is missing, small tables first, until all is done or the minutes are over."""
    warnings.simplefilter("ignore")
    started = time.monotonic()
    stored = done(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    cells = [(table, seed) for table in chosen for seed in table.seeds]
    # first one split of each table, the largest tables last of all
    cells.sort(key=lambda one: (_is_large(one[0]), one[1], one[0].n_train * one[0].n_classes))
    for table, seed in cells:
        wanted = [name for name in methods if takes_part(name, table.n_train)]
        wanted = [name for name in wanted if (table.name, str(seed), name) not in stored]
        oracle = (table.name, str(seed), ORACLE) not in stored
        if not wanted and not (oracle and table.group == "made"):
            continue
        if time.monotonic() - started > 60 * minutes:
            return
        split = table.split(seed)
        key = [table.group, table.name, table.source, table.n_train, table.n_classes, seed]
        if oracle and split.true_proba is not None:
            _append(file, [*key, ORACLE], score(split.y_test, split.true_proba))
        for name in wanted:
            _append(file, [*key, name], cell(methods[name], split, seed))


def _is_large(table: Table) -> bool:
    return table.n_train >= 80_000


def cell(build: Callable[[int], Any], split: Split, seed: int) -> dict[str, Any]:
    """Scores and processor seconds of one method on one split, or the error that it raised."""
    started = time.process_time()
    try:
        model = build(seed).fit(split.X_train, split.y_train)
        fitted = time.process_time()
        proba = np.asarray(model.predict_proba(split.X_test), dtype=np.float64)
        predicted = time.process_time()
        found: dict[str, Any] = dict(score(split.y_test, proba))
    except Exception as error:  # any error of any library is a result of the study
        return {"error": f"{type(error).__name__}: {error}"[:200].replace("\n", " ")}
    return found | {"fit_seconds": fitted - started, "predict_seconds": predicted - fitted}


def _append(file: Path, key: list[Any], found: dict[str, Any]) -> None:
    row = dict(zip(KEY, key, strict=True)) | {
        name: f"{value:.6g}" if isinstance(value, float) else value for name, value in found.items()
    }
    new = not file.exists()
    with file.open("a", newline="") as opened:
        writer = csv.DictWriter(opened, FIELDS, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)
