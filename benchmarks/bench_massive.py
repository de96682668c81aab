r"""What it costs to fit the ensembles that read tables larger than memory.

    python benchmarks/bench_massive.py [--sizes 100000 1000000 10000000] [--folder FOLDER]

The rows are made: 30 float32 columns, one row of the small class for 500 of the large one, which
overlap so that average precision (AUPRC) has room to fall. Each fit runs in a process of its own,
on an array in memory, on the same rows as a numpy.memmap, and from a Parquet file. Printed are:
the seconds of the fit, by the clock and of all cores together (on a shared machine the second say
more); the most memory that the process took above what it held when the fit began (its own pages,
which the table is not part of; pages of a mapped file belong to the system, which can drop them);
the average precision on 500,000 other rows; and for each way the exponent k of
seconds ~ rows ** k by least squares on the logarithms, and what more rows would take by the line
seconds = a + b * rows. For Parquet, how often a column of a row group is read at most, of the
labels and of the features: each is needed once. A last table has the average precision with the
pool of rows and without it, over three seeds.

    nice -n 10 python benchmarks/bench_massive.py --sizes 2000000 5000000 20000000 \
        --methods self-paced under-bagging --learners "50 trees" --stores parquet --pool-sizes

is the run on a file of 20 million rows, 2.6 GB.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from lightgbm import LGBMClassifier
from sklearn.metrics import average_precision_score
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.ensemble import (
    BalanceCascadeClassifier,
    SelfPacedEnsembleClassifier,
    UnderBaggingClassifier,
)

N_COLUMNS, RATIO, N_TEST, CHUNK = 30, 500, 500_000, 250_000
FORETOLD = 100_000_000  # rows
NAMES = [f"x{number}" for number in range(N_COLUMNS)]
METHODS = {
    "self-paced": SelfPacedEnsembleClassifier,
    "under-bagging": UnderBaggingClassifier,
    "cascade": BalanceCascadeClassifier,
}
LEARNERS: dict[str, Callable[[], dict]] = {
    "10 LightGBM": lambda: {
        "estimator": LGBMClassifier(n_jobs=2, verbose=-1),
        "n_estimators": 10,
    },
    "50 trees": lambda: {"estimator": DecisionTreeClassifier(), "n_estimators": 50},
}
STORES = ("memory", "memmap", "parquet")


def chunks_of_rows(n_rows: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows and labels: the small class lies in three places that the large one reaches, too."""
    places = np.random.default_rng(0).normal(scale=1.1, size=(3, 8)).astype(np.float32)
    for number, start in enumerate(range(0, n_rows, CHUNK)):
        rng = np.random.default_rng([seed, number])
        n = min(CHUNK, n_rows - start)
        X = rng.standard_normal((n, N_COLUMNS), dtype=np.float32)
        y = (rng.random(n) < 1 / (RATIO + 1)).astype(np.int8)
        small = np.flatnonzero(y)
        X[small, :8] *= 0.8
        X[small, :8] += places[rng.integers(3, size=len(small))]
        yield X, y


def made(n_rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    X, y = np.empty((n_rows, N_COLUMNS), np.float32), np.empty(n_rows, np.int8)
    start = 0
    for part, labels in chunks_of_rows(n_rows, seed):
        X[start : start + len(part)], y[start : start + len(part)] = part, labels
        start += len(part)
    return X, y


def write(n_rows: int, folder: Path, stores: list[str]) -> None:
    """The rows as a .npy file and their labels as another, where wanted, and both as Parquet."""
    mapped = None
    if "memmap" in stores:
        mapped = np.lib.format.open_memmap(
            folder / f"{n_rows}.npy", mode="w+", dtype=np.float32, shape=(n_rows, N_COLUMNS)
        )
    labels = []
    schema = pa.schema([*((name, pa.float32()) for name in NAMES), ("label", pa.int8())])
    start = 0
    file = folder / f"{n_rows}.parquet"
    with pq.ParquetWriter(file, schema, use_dictionary=False) as writer:
        for part, y in chunks_of_rows(n_rows, seed=1):
            if mapped is not None:
                mapped[start : start + len(part)] = part
            start += len(part)
            labels.append(y)
            writer.write_table(pa.table([*part.T.copy(), y], schema=schema))
    if mapped is not None:
        mapped.flush()
        np.save(folder / f"{n_rows}-labels.npy", np.concatenate(labels))


class CountedReads:
    """How often each column of each row group of a Parquet file is read while a block runs."""

    def __enter__(self) -> "CountedReads":
        self.counts: Counter = Counter()
        self._plain = plain = pq.ParquetFile.iter_batches

        def counted(file: pq.ParquetFile, *args: Any, row_groups: Any, columns: Any, **how: Any):
            self.counts.update((group, name) for group in row_groups for name in columns)
            return plain(file, *args, row_groups=row_groups, columns=columns, **how)

        pq.ParquetFile.iter_batches = counted
        return self

    def __exit__(self, *error: object) -> None:
        pq.ParquetFile.iter_batches = self._plain

    def most(self, labels: bool) -> int:
        """The largest number of reads of the labels, or of the features."""
        found = [n for (_, name), n in self.counts.items() if (name == "label") == labels]
        return max(found, default=0)


class Memory:
    """The most memory of its own that this process takes while a block runs."""

    def __enter__(self) -> "Memory":
        self.before = self.peak = own_bytes()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(0.005):
            self.peak = max(self.peak, own_bytes())


def own_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) * 1024


def measure(job: dict) -> dict:
    """Fit once, in this process."""
    n_rows, folder = job["n_rows"], Path(job["folder"])
    table: Any
    if job["store"] == "memory":
        table, y = made(n_rows, seed=1)
    elif job["store"] == "memmap":
        table = np.load(folder / f"{n_rows}.npy", mmap_mode="r")
        y = np.load(folder / f"{n_rows}-labels.npy")
    else:
        table, y = folder / f"{n_rows}.parquet", "label"
    model = METHODS[job["method"]](
        **LEARNERS[job["learner"]](),
        n_jobs=job["jobs"],
        random_state=job["seed"],
        **({} if job["pool"] else {"pool_size": None}),
    )
    warm_up(model, job["store"])
    with CountedReads() as reads, Memory() as memory:
        started, worked = time.perf_counter(), time.process_time()
        model.fit(table, y)
        seconds, cpu = time.perf_counter() - started, time.process_time() - worked
    X_test, y_test = made(N_TEST, seed=2)
    test = pd.DataFrame(X_test, columns=NAMES) if job["store"] == "parquet" else X_test
    auprc = average_precision_score(y_test, model.predict_proba(test)[:, 1])
    above = memory.peak - memory.before
    found = {"seconds": seconds, "cpu": cpu, "bytes": above, "auprc": auprc}
    return {**job, **found, "reads": [reads.most(labels=True), reads.most(labels=False)]}


def warm_up(model: Any, store: str) -> None:
    """What is imported and compiled on first use is not part of the cost."""
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((400, N_COLUMNS), dtype=np.float32), np.arange(400) % 20 == 0
    small = type(model)(**{**model.get_params(deep=False), "n_estimators": 2})
    small.fit(X, y).predict_proba(X)
    if store == "parquet":
        with tempfile.TemporaryDirectory() as folder:
            pq.write_table(pa.table([*X.T.copy(), y], [*NAMES, "y"]), f"{folder}/small.parquet")
            small.fit(f"{folder}/small.parquet", "y")


def in_own_process(**job: Any) -> dict:
    done = subprocess.run(
        [sys.executable, __file__, "--one", json.dumps(job)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[100_000, 300_000, 1_000_000, 3_000_000, 10_000_000]
    )
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--learners", nargs="+", choices=LEARNERS, default=list(LEARNERS))
    parser.add_argument("--stores", nargs="+", choices=STORES, default=list(STORES))
    parser.add_argument("--pool-sizes", type=int, nargs="*", default=[300_000, 1_000_000])
    parser.add_argument("--jobs", type=int, default=2, help="threads of a fit")
    parser.add_argument("--folder", help="where the files go; a temporary folder by default")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(json.loads(arguments.one))))
        return
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        print_cost(arguments, folder)
        print_pools(arguments, folder)


def print_cost(arguments: argparse.Namespace, folder: str) -> None:
    columns = f"{'rows':>12}{'fit s':>9}{'CPU s':>9}{'MB above':>10}{'% of data':>11}{'AUPRC':>8}"
    columns += f"{'reads of labels, features':>27}"
    print(f"{'':36}{columns}", flush=True)
    runs: dict[tuple, list] = {}
    for n_rows in arguments.sizes:
        if arguments.stores != ["memory"]:
            write(n_rows, Path(folder), arguments.stores)
        for method in arguments.methods:
            for learner in arguments.learners:
                for store in arguments.stores:
                    run = in_own_process(
                        method=method,
                        learner=learner,
                        store=store,
                        n_rows=n_rows,
                        seed=0,
                        pool=True,
                        folder=folder,
                        jobs=arguments.jobs,
                    )
                    runs.setdefault((method, learner, store), []).append(run)
                    share = run["bytes"] / (n_rows * N_COLUMNS * 4)
                    print(
                        f"{method:14}{learner:14}{store:8}{n_rows:>12,}{run['seconds']:>9.2f}"
                        f"{run['cpu']:>9.2f}{run['bytes'] / 1e6:>10.0f}{share:>11.0%}"
                        f"{run['auprc']:>8.3f}{run['reads'][0]:>9}{run['reads'][1]:>5}",
                        flush=True,
                    )
        for file in Path(folder).iterdir():
            file.unlink()
    if len(arguments.sizes) > 1:
        print("\nexponent of the rows in seconds, and in CPU seconds")
        for (method, learner, store), found in runs.items():
            n, *times = np.log([(run["n_rows"], run["seconds"], run["cpu"]) for run in found]).T
            shown = "".join(f"{np.polyfit(n, time_, 1)[0]:>8.2f}" for time_ in times)
            print(f"{method:14}{learner:14}{store:8}{shown}")
        print(f"\nby a line through these, {FORETOLD:,} rows take")
        for (method, learner, store), found in runs.items():
            n, cpu, peak = np.array([(r["n_rows"], r["cpu"], r["bytes"]) for r in found]).T
            at = [np.polyval(np.polyfit(n, values, 1), FORETOLD) for values in (cpu, peak)]
            print(
                f"{method:14}{learner:14}{store:8}{at[0]:>8.0f} CPU s{at[1] / 1e6:>8.0f} MB above"
            )


def print_pools(arguments: argparse.Namespace, folder: str) -> None:
    """AUPRC is compared on the same rows in memory; the spread is over the seeds of the fit."""
    if arguments.pool_sizes:
        print(f"\n{'AUPRC of three seeds':28}{'rows':>12}{'pool':>16}{'all rows':>18}")
    for n_rows in arguments.pool_sizes:
        for method in arguments.methods:
            for learner in arguments.learners:
                shown = []
                for pool in (True, False):
                    scores = [
                        in_own_process(
                            method=method,
                            learner=learner,
                            store="memory",
                            n_rows=n_rows,
                            seed=seed,
                            pool=pool,
                            folder=folder,
                            jobs=arguments.jobs,
                        )["auprc"]
                        for seed in range(3)
                    ]
                    shown.append(f"{np.mean(scores):.4f} ± {np.std(scores, ddof=1):.4f}")
                print(f"{method:14}{learner:14}{n_rows:>12,}   {'  '.join(shown)}", flush=True)


if __name__ == "__main__":
    main()
