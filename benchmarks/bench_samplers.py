"""Seconds and memory of every sampler beside imbalanced-learn's, on the same data.

    python benchmarks/bench_samplers.py                           # made data, some minutes
    python benchmarks/bench_samplers.py --made 1000x20 100000x60  # other sizes (0: none)
    python benchmarks/bench_samplers.py --data-dir FOLDER --files mammography aloi:20000 campaign
    python benchmarks/bench_samplers.py --samplers SMOTE AllKNN --repeats 9 --csv figures.csv

Both libraries run in one process on the same standardised numbers, taking turns, with a short pause
before each call; the ratio is the median of their seconds over ours, because other work on the
machine changes seconds by a factor of two and ratios by much less. Compiled kernels are loaded
before (bench_cold_start.py measures what that takes); our first call of each sampler is timed apart
("first") and left out of the rest. Outputs are compared, both given RandomState objects in equal
state. Added peak memory (MB) is measured in a fresh process for each, over what it holds once both
packages are imported and warm. "floor" is our time over that of a float32 matrix product of half
the pairs of rows, for methods that search neighbours of all rows among all rows. Targets stand
where they were set: for files, and 0.9 at 1,000 rows.
"""

import argparse
import functools
import importlib
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from bench_samplers_tables import added_megabytes, make_table, read_table, shaped, stratified
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import pairwise_distances_argmin_min
from sklearn.neighbors import NearestNeighbors

from imbalance_kit._neighbors.nearest import _nearest, nearest_rows
from imbalance_kit.datasets import load_folder

LARGEST_FOR_RIVAL = 60_000  # rows of a file; beyond, imbalanced-learn takes minutes for most
FEW_COLUMNS = 8  # a kd-tree would do: there every neighbour-bound method has the target 2
CHECKED_ROWS = 600  # where imbalanced-learn ran into the limit
SLOWEST_OK = 0.9  # ratio at 1,000 rows
PAUSE = 0.05  # seconds: threads of BLAS and OpenMP spin on after a call, and would hold a core
LEARNER = LogisticRegression()


@dataclass(frozen=True)
class Bench:
    """A sampler, how it is called, and the ratio it is to reach.

    `kind` is the kind of table (see `shaped`), `neighbors` says whether the search takes the time,
    and `all_pairs` whether all rows search among all.
    """

    name: str
    target: float | None = None
    options: dict = field(default_factory=dict)
    kind: str = "numbers"
    neighbors: bool = True
    all_pairs: bool = False

    def __str__(self) -> str:
        return self.name + "".join(f" {key}={value}" for key, value in self.options.items())


BENCHES = [
    Bench("RandomOverSampler", neighbors=False),
    Bench("SMOTE", 1.3),
    Bench("BorderlineSMOTE", 2),
    Bench("SVMSMOTE", 1.2, neighbors=False),
    Bench("KMeansSMOTE", options={"cluster_balance_threshold": 0.01}, neighbors=False),
    Bench("ADASYN", 2),
    Bench("SMOTENC", 5, {"categorical_features": [0, 1]}, "mixed"),
    Bench("SMOTENC", None, {"categorical_features": ["level"]}, "levels"),
    Bench("SMOTEN", 20, kind="codes"),
    Bench("RandomUnderSampler", neighbors=False),
    Bench("NearMiss", 1.5),
    Bench("NearMiss", 1.5, {"version": 2}),
    Bench("NearMiss", 1.5, {"version": 3}),
    Bench("TomekLinks", 1.7, all_pairs=True),
    Bench("EditedNearestNeighbours", 1.7, all_pairs=True),
    Bench("RepeatedEditedNearestNeighbours", 5, all_pairs=True),
    Bench("AllKNN", 4, all_pairs=True),
    Bench("NeighbourhoodCleaningRule", 1.7, all_pairs=True),
    Bench("OneSidedSelection", 1.7),
    Bench("CondensedNearestNeighbour", 100),
    Bench("InstanceHardnessThreshold", 4, neighbors=False),
    Bench("InstanceHardnessThreshold", None, {"estimator": LEARNER}, neighbors=False),
    Bench("ClusterCentroids", 2, neighbors=False),
    Bench("SMOTEENN", 1.7, all_pairs=True),
    Bench("SMOTETomek", 1.7, all_pairs=True),
]


# --- calls -----------------------------------------------------------------------------------


def sampler(library: str, bench: Bench, seed: int = 0) -> Any:
    """Make the sampler of one of the libraries ("imblearn" or "imbalance_kit")."""
    for family in ("over_sampling", "under_sampling", "combine"):
        module = importlib.import_module(f"{library}.{family}")
        if hasattr(module, bench.name):
            options = {
                key: clone(value) if hasattr(value, "get_params") else value
                for key, value in bench.options.items()
            }
            made = getattr(module, bench.name)(**options)
            if "random_state" in made.get_params():
                made.set_params(random_state=np.random.RandomState(seed))
            return made
    raise LookupError(f"{library} has no {bench.name}")


def call(library: str, bench: Bench, X: Any, y: np.ndarray) -> tuple[float, Any, Any]:
    """Seconds, the fitted sampler and its table."""
    made = sampler(library, bench)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        time.sleep(PAUSE)
        start = time.perf_counter()
        X_new, y_new = made.fit_resample(X, y)
        return time.perf_counter() - start, made, (X_new, y_new)


class OutOfTimeError(Exception):
    """imbalanced-learn took longer than the limit."""


def limited(seconds: float, work: Callable[[], Any]) -> Any:
    """Do the work, but give up after so many seconds (where the system has alarms)."""
    if not hasattr(signal, "setitimer"):
        return work()

    def stop(*_: Any) -> None:
        raise OutOfTimeError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        return work()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def floor(X: np.ndarray) -> float:
    """Seconds of half of the pair matrix as float32 products, in blocks, keeping nothing."""
    singles = X.astype(np.float32)
    start = time.perf_counter()
    for first in range(0, len(X), 2048):
        block = singles[first : first + 2048]
        for other in range(first, len(X), 2048):
            block @ singles[other : other + 2048].T
    return time.perf_counter() - start


# --- do they agree? --------------------------------------------------------------------------


def agreement(bench: Bench, X: Any, y: np.ndarray, ours: tuple, theirs: tuple) -> str:
    """Say whether the outputs are the same to 1e-9, or how many rows differ and why."""
    (made, (X_ours, y_ours)), (rival, (X_theirs, y_theirs)) = ours, theirs
    if bench.name == "InstanceHardnessThreshold" and not bench.options:
        return "other learner"
    if bench.name == "ClusterCentroids":
        large = np.bincount(y).argmax()
        one, other = (
            (pairwise_distances_argmin_min(X[y == large], new[label == large])[1] ** 2).sum()
            for new, label in ((X_ours, y_ours), (X_theirs, y_theirs))
        )
        return f"inertia {one / other - 1:+.2%}"
    if made._sampling_type != "over-sampling":
        one, other = made.sample_indices_, rival.sample_indices_
        if np.array_equal(one, other):
            return "same rows"
        n_differ = len(np.setxor1d(one, other))
        return f"{n_differ} rows differ" + because(X) if n_differ else "same rows, other order"
    if len(y_ours) != len(y_theirs):
        return f"{len(y_ours)} rows, there {len(y_theirs)}"
    one, other = pd.DataFrame(X_ours), pd.DataFrame(X_theirs)
    equal = np.ones(len(one), dtype=bool)
    for name in one:
        if isinstance(one[name].dtype, pd.CategoricalDtype):
            equal &= one[name].to_numpy(object) == other[name].to_numpy(object)
        else:
            equal &= np.isclose(one[name], other[name].astype(float), rtol=1e-9, atol=1e-12)
    return "1e-9" if equal.all() else f"{(~equal).sum()} rows differ" + because(X)


def because(X: Any) -> str:
    """Whether equal distances are a reason for another answer."""
    if not isinstance(X, np.ndarray) or X.dtype == object:
        return " (ties)"
    near = nearest_rows(X, min(8, len(X) - 1))[0]
    return " (ties)" if (np.diff(near, axis=1) <= 1e-12 * near[:, 1:]).any() else " (NO TIES)"


# --- memory ----------------------------------------------------------------------------------


def load_kernels() -> None:
    """Load the compiled code: a process starts in numpy (see `nearest_rows`)."""
    rng = np.random.default_rng(0)
    for strategy in ("pairs", "leaves"):
        _nearest(rng.normal(size=(2000, 20)), 3, algorithm=strategy)


def measure(library: str, bench: Bench, path: str) -> None:
    """Print the added memory of one call; runs in a process of its own."""
    held = np.load(path)
    X, y = shaped(bench.kind, held["X"]), held["y"]
    load_kernels()
    rng = np.random.default_rng(0)
    NearestNeighbors().fit(rng.normal(size=(6000, X.shape[1]))).kneighbors()
    n_warm = 6000 if library == "imbalance_kit" else 500  # kernels run from some size on
    Z, z = make_table(n_warm, X.shape[1])
    call(library, bench, shaped(bench.kind, Z), z)
    print(added_megabytes(lambda: call(library, bench, X, y)))


def memory(library: str, bench: Bench, path: str, limit: float) -> float | None:
    number = str(BENCHES.index(bench))
    command = [sys.executable, __file__, "--measure", library, number, path]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=60 + 2 * limit
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return None
    return float(answer.stdout.split()[-1])


# --- the run ---------------------------------------------------------------------------------


def target_of(bench: Bench, n_rows: int, n_columns: int, is_file: bool) -> float | None:
    if n_rows <= 1000:
        return SLOWEST_OK
    if not is_file:
        return None
    return 2.0 if bench.neighbors and n_columns <= FEW_COLUMNS else bench.target


def compare(bench: Bench, X: np.ndarray, y: np.ndarray, options: Any, is_file: bool) -> dict:
    """Time both on one table."""
    if bench.name == "CondensedNearestNeighbour":
        # imbalanced-learn takes row numbers for places in the class: right for a first class
        order = np.argsort(y, kind="stable")
        X, y = X[order], y[order]
    table = shaped(bench.kind, X)
    line: dict[str, Any] = {"sampler": str(bench), "rows": len(X), "columns": X.shape[1]}
    try:
        line["first"] = call("imbalance_kit", bench, table, y)[0]
    except Exception as error:
        return {**line, "agree": f"ours: {type(error).__name__}: {error}"[:60]}
    mine = functools.partial(call, "imbalance_kit", bench, table, y)
    ours = mine()
    rival = functools.partial(call, "imblearn", bench, table, y)
    target = target_of(bench, *X.shape, is_file)
    line.update(ours=ours[0], target=target)
    if len(X) > LARGEST_FOR_RIVAL and not options.rival_always:
        return {**line, "agree": "too many rows for imbalanced-learn"}
    bound = ""
    try:
        theirs = limited(options.limit_seconds, rival)  # its first call, left out too
        both = theirs[0] + ours[0]
        repeats = max(options.repeats, min(40, int(0.5 / both)))  # short calls waver more
        if theirs[0] * repeats > 2 * options.limit_seconds:
            repeats = 1
        seconds = [(rival()[0], call("imbalance_kit", bench, table, y)[0]) for _ in range(repeats)]
    except OutOfTimeError:
        seconds, bound = [(options.limit_seconds, ours[0])], ">"
        part = stratified(y, CHECKED_ROWS)
        smaller, labels = shaped(bench.kind, X[part]), y[part]
        pair = [call(name, bench, smaller, labels)[1:] for name in ("imbalance_kit", "imblearn")]
        line["agree"] = agreement(bench, smaller, labels, *pair) + f" on {len(part)} rows"
    except Exception as error:
        return {**line, "agree": f"there: {type(error).__name__}: {error}"[:60]}
    else:
        line["agree"] = agreement(bench, table, y, ours[1:], theirs[1:])
    both = np.array(seconds)
    ratio = float(np.median(both[:, 0] / both[:, 1]))
    line.update(theirs=float(np.median(both[:, 0])), ours=float(np.median(both[:, 1])))
    line.update(ratio=ratio, bound=bound)
    if bench.all_pairs and len(X) > 1000:
        line["floor"] = line["ours"] / np.median([floor(X) for _ in range(3)])
    if target:
        line["met"] = "yes" if ratio >= target else "?" if bound else "NO"
    if not options.no_memory and len(X) >= options.memory_from:
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/table.npz"
            np.savez(path, X=X, y=y)
            line["MB"] = memory("imbalance_kit", bench, path, options.limit_seconds)
            if not bound:
                line["MB there"] = memory("imblearn", bench, path, options.limit_seconds)
    return line


WIDTHS = {
    "first": "9.3f",
    "ours": "9.4f",
    "theirs": "9.3f",
    "ratio": "8.2f",
    "target": "7.1f",
    "met": "4",
    "floor": "7.2f",
    "MB": "7.0f",
    "MB there": "9.0f",
    "agree": "",
}


def show(line: dict) -> None:
    """Print one line of the table."""
    cells = [f"{line['sampler'][:44]:44}"]
    for name, width in WIDTHS.items():
        value = line.get(name)
        plain = width.split(".")[0]
        cell = f"{'-' if value is None else value:>{plain}}" if plain else str(value or "")
        if isinstance(value, float):
            cell = f"{value:>{width}}"
            if name == "ratio" and line["bound"]:
                cell = f"{line['bound'] + f'{value:.2f}':>{plain}}"
        cells.append(cell)
    print(" ".join(cells), flush=True)


def tables(options: Any) -> Any:
    """Name, numbers, classes, whether from a file."""
    for size in options.made:
        if size != "0":
            n_rows, n_columns = map(int, size.split("x"))
            yield f"made, {n_rows:,d} x {n_columns}", *make_table(n_rows, n_columns), False
    if options.data_dir:
        wanted = dict(name.partition(":")[::2] for name in options.files)
        for record in load_folder(options.data_dir):
            if not wanted or record.name in wanted:
                n_rows = wanted.get(record.name) or options.rows
                X, y = read_table(record, int(n_rows) if n_rows else None)
                yield f"{record.name}, {len(X):,d} x {X.shape[1]}", X, y, True


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", help="folder of CSV and Parquet files")
    parser.add_argument("--files", nargs="*", default=[], help="names in it, NAME or NAME:ROWS")
    parser.add_argument("--rows", type=int, help="rows to cut every file to, stratified")
    sizes = [f"{n_rows}x{n_columns}" for n_rows in (1000, 10_000) for n_columns in (5, 20, 60)]
    parser.add_argument("--made", nargs="*", default=sizes, help="sizes of made data, ROWSxCOLUMNS")
    parser.add_argument("--samplers", nargs="*", help="only these")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--limit-seconds", type=float, default=20, help="for a call there")
    parser.add_argument("--rival-always", action="store_true", help="whatever the number of rows")
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--memory-from", type=int, default=9000, help="rows; below, it is noise")
    parser.add_argument("--levels", action="store_true", help="only SMOTENC with 10,000 levels")
    parser.add_argument("--csv", type=pathlib.Path, help="where to write the figures too")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        library, number, path = options.measure
        measure(library, BENCHES[int(number)], path)
        return

    load_kernels()
    lines = []
    special = [("made, 20,000 x 10", *make_table(20_000, 10), False)] if options.levels else []
    for name, X, y, is_file in special or tables(options):
        print(f"\n{name}, classes {np.bincount(y).tolist()}")
        titles = (f"{title:>{width.split('.')[0]}}" for title, width in WIDTHS.items() if width)
        print(" ".join([" " * 44, *titles, "agreement"]))
        for bench in BENCHES:
            if (bench.kind == "levels") != options.levels:
                continue
            if not options.samplers or bench.name in options.samplers:
                lines.append({"table": name, **compare(bench, X, y, options, is_file)})
                show(lines[-1])
                if options.csv:
                    pd.DataFrame(lines).to_csv(options.csv, index=False)


if __name__ == "__main__":
    main()
