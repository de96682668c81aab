"""The samplers that imbalanced-learn has too, over many shapes of table, and in a fresh process.

    python benchmarks/bench_samplers_grid.py                          # tables without structure
    python benchmarks/bench_samplers_grid.py --shapes 500x8 3000x166 --samplers SMOTE NearMiss
    python benchmarks/bench_samplers_grid.py --shapes --data-dir FOLDER --files campaign aloi:20000
    python benchmarks/bench_samplers_grid.py --first                  # first calls of a process

Every figure is imbalanced-learn's processor seconds over ours: above 1 we are faster. Both take
turns in one process, warm, on the same table, and each figure is the ratio of the medians.
Processor seconds change much less than seconds with what else the machine does; threads count in
them. Made tables hold independent normal numbers, the smaller of two classes (a tenth of the rows)
a little aside, so that no search can leave anything out because of a structure. A call of
imbalanced-learn that takes longer than the limit ends the cell with a lower bound (>). The last
lines are geometric means, and the cells below 0.95.

With ``--first`` every call has a process of its own, which imports the sampler's module before the
clock starts.
"""

import argparse
import itertools
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from bench_samplers import LEARNER, Bench, OutOfTimeError, limited, sampler
from bench_samplers_tables import read_table, shaped

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit.datasets import load_folder

SHAPES = [
    "500x8",
    "1000x20",
    "2500x40",
    "3000x166",
    "2000x900",
    "15000x60",
    "15000x200",
    "8000x784",
]
ROWS_OF_FIRST_CALLS = (1000, 2000, 5000)
COLUMNS_OF_FIRST_CALLS = 20
GOAL = 0.95
BENCHES = [
    Bench("RandomOverSampler"),
    Bench("SMOTE"),
    Bench("BorderlineSMOTE"),
    Bench("SVMSMOTE"),
    Bench("KMeansSMOTE", options={"cluster_balance_threshold": 0.01}),
    Bench("ADASYN"),
    Bench("SMOTENC", options={"categorical_features": [0, 1]}, kind="mixed"),
    Bench("SMOTEN", kind="codes"),
    Bench("RandomUnderSampler"),
    Bench("NearMiss"),
    Bench("NearMiss", options={"version": 2}),
    Bench("NearMiss", options={"version": 3}),
    Bench("TomekLinks"),
    Bench("EditedNearestNeighbours"),
    Bench("RepeatedEditedNearestNeighbours"),
    Bench("AllKNN"),
    Bench("NeighbourhoodCleaningRule"),
    Bench("OneSidedSelection"),
    Bench("CondensedNearestNeighbour"),
    Bench("InstanceHardnessThreshold", options={"estimator": LEARNER}),
    Bench("ClusterCentroids"),
    Bench("SMOTEENN"),
    Bench("SMOTETomek"),
]
NOT_BY_SEARCH = {  # whose time is that of draws, of a learner or of k-means
    "RandomOverSampler",
    "RandomUnderSampler",
    "SVMSMOTE",
    "KMeansSMOTE",
    "InstanceHardnessThreshold",
    "ClusterCentroids",
}


def structureless(n_rows: int, n_columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Independent normal columns; a tenth of the rows is of the second class, a little aside."""
    rng = np.random.default_rng(0)
    y = (rng.permutation(n_rows) < n_rows // 10).astype(int)
    X = rng.normal(size=(n_rows, n_columns))
    X += y[:, None] / np.sqrt(n_columns)
    return X, y


def load_kernels() -> None:
    """Search until what a long process has loaded is loaded: the first searches avoid it."""
    rng = np.random.default_rng(0)
    for _, n_columns in itertools.product(range(3), (3, 40)):
        X = rng.normal(size=(12_000, n_columns))
        nearest_rows(X, 3)
        nearest_rows(X, 3, rows=np.arange(300))
    for _ in range(50):
        nearest_rows(rng.normal(size=(50, 5)), 3)


def processor_seconds(library: str, bench: Bench, X: Any, y: np.ndarray) -> float:
    """Processor seconds of one call, those of all threads."""
    made = sampler(library, bench)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.process_time()
        made.fit_resample(X, y)
        return time.process_time() - start


def ratio(bench: Bench, X: np.ndarray, y: np.ndarray, options: Any) -> dict[str, Any]:
    """Medians of both, in turns."""
    table = shaped(bench.kind, X)
    if bench.name == "CondensedNearestNeighbour":
        # imbalanced-learn takes row numbers for places in the class: right for a first class
        order = np.argsort(y, kind="stable")
        table, y = table[order], y[order]
    warm = [processor_seconds("imbalance_kit", bench, table, y) for _ in range(2)]
    ours, theirs = warm[1:], []
    begun = time.perf_counter()
    try:
        limited(options.limit_seconds, lambda: processor_seconds("imblearn", bench, table, y))
        while len(theirs) < options.repeats and (
            not theirs or time.perf_counter() - begun < options.cell_seconds
        ):
            theirs.append(processor_seconds("imblearn", bench, table, y))
            ours.append(processor_seconds("imbalance_kit", bench, table, y))
    except OutOfTimeError:
        theirs = [options.limit_seconds]
    mine, rival = float(np.median(ours)), float(np.median(theirs))
    bound = len(ours) == 1
    return {"ours": mine, "theirs": rival, "ratio": rival / mine, "bound": bound}


def first_ratio(bench: Bench, n_rows: int, options: Any) -> dict[str, Any]:
    """Medians of first calls in processes of their own, in turns."""
    number = str(BENCHES.index(bench))
    seconds: dict[str, list[float]] = {"imblearn": [], "imbalance_kit": []}
    for _, library in itertools.product(range(options.repeats), seconds):
        command = [sys.executable, __file__, "--once", library, number, str(n_rows)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds[library].append(float(done.stdout.split()[-1]))
    theirs, ours = (float(np.median(seconds[name])) for name in ("imblearn", "imbalance_kit"))
    return {"ours": ours, "theirs": theirs, "ratio": theirs / ours, "bound": False}


def summary(cells: pd.DataFrame) -> None:
    """Print geometric means, and what is below the goal."""
    searching = ~cells["name"].isin(NOT_BY_SEARCH)
    for title, chosen in (("all", cells), ("samplers that search", cells[searching])):
        if len(chosen):
            mean = np.exp(np.log(chosen["ratio"]).mean())
            low = chosen[(chosen["ratio"] < GOAL) & ~chosen["bound"]]
            print(
                f"{title}: geometric mean {mean:.2f}, {len(low)} of {len(chosen)} below {GOAL}:",
                ", ".join(
                    f"{cell.sampler} {cell.table} {cell.ratio:.2f}" for cell in low.itertuples()
                ),
            )


def run(tables: Any, measure: Any, options: Any) -> None:
    """Print a line for each sampler, a column for each table."""
    names = [name for name, _ in tables]
    wanted = [b for b in BENCHES if not options.samplers or b.name in options.samplers]
    print(" " * 46 + "".join(f"{name:>13}" for name in names), flush=True)
    cells = []
    for bench in wanted:
        title = str(bench).partition(" estimator")[0].replace(" categorical_features=[0, 1]", "")
        print(f"{title[:46]:46}", end="", flush=True)
        for name, table in tables:
            cell = measure(bench, table)
            cells.append({"sampler": title, "name": bench.name, "table": name, **cell})
            shown = f"{'>' if cell['bound'] else ''}{cell['ratio']:.2f}"
            print(f"{shown:>13}", end="", flush=True)
            if options.csv:
                pd.DataFrame(cells).to_csv(options.csv, index=False)
        print(flush=True)
    summary(pd.DataFrame(cells))


def tables_of(options: Any) -> list[tuple[str, tuple[np.ndarray, np.ndarray]]]:
    """Name, numbers and classes of each table."""
    tables = [(shape, structureless(*map(int, shape.split("x")))) for shape in options.shapes]
    if options.data_dir:
        wanted = dict(name.partition(":")[::2] for name in options.files)
        for record in load_folder(options.data_dir):
            if record.name in wanted:
                n_rows = wanted[record.name]
                X, y = read_table(record, int(n_rows) if n_rows else None)
                tables.append((f"{record.name[:12]}", (X, y)))
    return tables


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shapes", nargs="*", default=SHAPES, help="ROWSxCOLUMNS")
    parser.add_argument("--samplers", nargs="*", help="only these")
    parser.add_argument("--data-dir", help="folder of CSV and Parquet files")
    parser.add_argument("--files", nargs="*", default=[], help="names in it, NAME or NAME:ROWS")
    parser.add_argument("--first", action="store_true", help="first calls in fresh processes")
    parser.add_argument("--rows", type=int, nargs="*", default=ROWS_OF_FIRST_CALLS)
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument(
        "--cell-seconds", type=float, default=4, help="no more repeats after so many"
    )
    parser.add_argument("--limit-seconds", type=float, default=20, help="for a call there")
    parser.add_argument("--csv", type=Path, help="where to write the figures too")
    parser.add_argument("--once", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        library, number, n_rows = options.once
        bench = BENCHES[int(number)]
        X, y = structureless(int(n_rows), COLUMNS_OF_FIRST_CALLS)
        table = shaped(bench.kind, X)
        print(processor_seconds(library, bench, table, y))
    elif options.first:
        rows = [(f"{n_rows:,d} rows", n_rows) for n_rows in options.rows]
        run(rows, lambda bench, n_rows: first_ratio(bench, n_rows, options), options)
    else:
        load_kernels()
        run(tables_of(options), lambda bench, table: ratio(bench, *table, options), options)


if __name__ == "__main__":
    main()
