"""Seconds of the neighbour search beside scikit-learn's, and the figures its choices rest on.

    python benchmarks/bench_neighbors.py                       # made data
    python benchmarks/bench_neighbors.py --grid                # tables without structure alone
    python benchmarks/bench_neighbors.py --few                 # few rows asking alone
    python benchmarks/bench_neighbors.py --fresh               # first calls of a process alone
    python benchmarks/bench_neighbors.py --extremes            # tables of extreme elements alone
    python benchmarks/bench_neighbors.py --data-dir FOLDER     # and CSV / Parquet files
    python benchmarks/bench_neighbors.py --data-dir FOLDER --files aloi:20000 campaign

Both searches are timed in turn and medians are printed, because other work on the machine
changes seconds by a factor of two and ratios by much less. Kernels are compiled before anything
but the cold start is timed.
"""

import argparse
import functools
import importlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.impute import SimpleImputer
from sklearn.metrics.pairwise import nan_euclidean_distances
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from imbalance_kit._neighbors.nearest import _nearest, nearest_rows
from imbalance_kit._tables.points import Mixed

GRID = ["1000x20", "3000x30", "3000x166", "2000x900", "15000x60", "15000x200", "8000x784"]
LARGEST_FOR_RIVAL = 60_000  # rows; beyond, scikit-learn takes minutes

COLD = """
import time, numpy as np
start = time.perf_counter()
from imbalance_kit._neighbors.nearest import _nearest
imported = time.perf_counter()
X = np.random.default_rng(0).normal(size=(300, 8))
_nearest(X, 3, algorithm="numpy")
plain = time.perf_counter()
_nearest(X, 3, algorithm="distinct")
first = time.perf_counter()
_nearest(X, 3, algorithm="distinct")
second = time.perf_counter()
print(imported - start, plain - imported, first - plain, second - first)
"""


def medians(*calls: Callable[[], object], repeats: int) -> list[float]:
    """Median seconds of each call; the calls take turns."""
    seconds = np.empty((repeats, len(calls)))
    for turn in range(repeats):
        for place, call in enumerate(calls):
            start = time.perf_counter()
            call()
            seconds[turn, place] = time.perf_counter() - start
    return [float(value) for value in np.median(seconds, axis=0)]


def processor_medians(*calls: Callable[[], object], repeats: int) -> list[float]:
    """Median processor seconds of each call; the calls take turns, and the first does not count."""
    seconds = np.empty((repeats + 1, len(calls)))
    for turn in range(repeats + 1):
        for place, call in enumerate(calls):
            start = time.process_time()
            call()
            seconds[turn, place] = time.process_time() - start
    return [float(value) for value in np.median(seconds[1:], axis=0)]


def rival(X: np.ndarray | sparse.csr_array, k: int) -> object:
    """Search as imbalanced-learn does: scikit-learn chooses the algorithm, threads by default."""
    return NearestNeighbors(n_neighbors=k).fit(X).kneighbors(return_distance=False)


def rival_with_missing(X: np.ndarray, k: int) -> object:
    """Find neighbours with scikit-learn where values are missing: there is only the full matrix."""
    return np.argpartition(nan_euclidean_distances(X), k, axis=1)


def floor(X: np.ndarray, side: int = 2048) -> None:
    """Half of the pair matrix as float32 products, in blocks, keeping nothing."""
    singles = X.astype(np.float32)
    for start in range(0, len(X), side):
        block = singles[start : start + side]
        for other in range(start, len(X), side):
            block @ singles[other : other + side].T


def others(X: np.ndarray, k: int) -> dict[str, Callable[[], object]]:
    """Exact searches of other packages, those that are installed, on one thread."""
    found: dict[str, Callable[[], object]] = {"scikit-learn": functools.partial(rival, X, k)}
    try:
        faiss = importlib.import_module("faiss")
    except ImportError:
        pass  # faiss-cpu is no dependency of ours
    else:
        faiss.omp_set_num_threads(1)
        singles = X.astype(np.float32)

        def flat() -> object:
            index = faiss.IndexFlatL2(singles.shape[1])
            index.add(singles)
            return index.search(singles, k + 1)

        found["faiss"] = flat
    try:
        intelex = importlib.import_module("sklearnex.neighbors")
    except ImportError:
        pass  # nor is scikit-learn-intelex
    else:
        search = intelex.NearestNeighbors
        found["intelex"] = lambda: search(n_neighbors=k).fit(X).kneighbors(return_distance=False)
    return found


def grid(rng: np.random.Generator, repeats: int, shapes: list[str] | None) -> None:
    """Print processor seconds on one thread for tables without structure, every row a query.

    "half" is the float32 product of half of all pairs and nothing else. Ours in numpy is what runs
    before compiled code is loaded.
    """
    print("Normal columns (processor seconds on one thread, k=5; medians, and ours over the other)")
    sizes = [tuple(map(int, shape.split("x"))) for shape in shapes or GRID]
    for n_rows, n_columns in sizes:
        X = rng.normal(size=(n_rows, n_columns))
        calls = {
            "ours": functools.partial(nearest_rows, X, 5, n_jobs=1),
            "in numpy": functools.partial(_nearest, X, 5, n_jobs=1, algorithm="numpy"),
            "half": functools.partial(floor, X, 256 if n_rows <= 1000 else 512),
            **others(X, 5),
        }
        with threadpool_limits(1):
            seconds = processor_medians(*calls.values(), repeats=repeats)
        middle = dict(zip(calls, seconds, strict=True))
        line = f"  {n_rows:6,d} x {n_columns:<4d} ours {middle['ours']:.4f}"
        for name, value in list(middle.items())[1:]:
            line += f"  {name} {value:.4f} ({middle['ours'] / value:4.2f})"
        print(line, flush=True)


def few(rng: np.random.Generator, repeats: int) -> None:
    """Print processor seconds where 1, 30, 300 or half of the rows ask."""
    print(
        "Few rows asking (processor milliseconds on one thread, k=5: ours, scikit-learn's, ratio)"
    )
    for n_rows, n_columns in (tuple(map(int, shape.split("x"))) for shape in GRID):
        X = rng.normal(size=(n_rows, n_columns))
        line = f"  {n_rows:6,d} x {n_columns:<4d}"
        for n_queries in (1, 30, 300, n_rows // 2):
            rows, queries = np.arange(n_queries), X[:n_queries]
            with threadpool_limits(1):
                ours, theirs = processor_medians(
                    functools.partial(nearest_rows, X, 5, rows=rows, n_jobs=1),
                    lambda X=X, queries=queries: (
                        NearestNeighbors(n_neighbors=6, algorithm="brute")
                        .fit(X)
                        .kneighbors(queries)
                    ),
                    repeats=repeats if n_queries > 300 else 7 * repeats,
                )
            line += (
                f"  {n_queries:5,d}: {1e3 * ours:7.2f} {1e3 * theirs:7.2f} ({ours / theirs:4.2f})"
            )
        print(line, flush=True)


def fresh(repeats: int) -> None:
    """Print processor seconds of the first search of a process, imports left out."""
    print(
        "First search of a process (processor seconds, all rows asking, k=5: ours, scikit-learn's)"
    )
    calls = {
        "from imbalance_kit._neighbors.nearest import nearest_rows": "nearest_rows(X, 5, n_jobs=1)",
        "from sklearn.neighbors import NearestNeighbors": (
            "NearestNeighbors(n_neighbors=6).fit(X).kneighbors()"
        ),
    }
    for n_rows, n_columns in (tuple(map(int, shape.split("x"))) for shape in GRID):
        taken: list[list[float]] = [[], []]
        for _ in range(repeats):
            for place, (imports, call) in enumerate(calls.items()):
                code = (
                    f"import time, numpy as np\n{imports}\n"
                    f"X = np.random.default_rng(0).normal(size=({n_rows}, {n_columns}))\n"
                    f"start = time.process_time()\n{call}\nprint(time.process_time() - start)"
                )
                environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
                answer = subprocess.run(
                    [sys.executable, "-c", code],
                    env=environment,
                    capture_output=True,
                    text=True,
                    check=True,
                )
                taken[place].append(float(answer.stdout))
        ours, theirs = map(np.median, taken)
        print(
            f"  {n_rows:6,d} x {n_columns:<4d} {ours:7.4f} {theirs:7.4f} ({ours / theirs:4.2f})",
            flush=True,
        )


def compare(name: str, X: np.ndarray, ks: list[int], repeats: int) -> None:
    """Print one line for each k."""
    for k in ks:
        calls: list[Callable[[], object]] = [functools.partial(nearest_rows, X, k)]
        if len(X) <= LARGEST_FOR_RIVAL:
            calls += [functools.partial(rival, X, k), functools.partial(floor, X)]
        seconds = medians(*calls, repeats=repeats if len(X) <= LARGEST_FOR_RIVAL else 1)
        line = f"{name:28s} {len(X):7,d} x {X.shape[1]:<3d} k={k}  ours {seconds[0]:8.4f}"
        if len(seconds) == 3:
            ratio = seconds[1] / seconds[0]
            line += f"  scikit-learn {seconds[1]:8.4f}  ratio {ratio:5.1f}  floor {seconds[2]:7.4f}"
        print(line, flush=True)


def cold_start() -> None:
    """Print seconds of first calls in new processes."""
    print("Cold start (seconds): import, a small table in numpy, first compiled call, second")
    with tempfile.TemporaryDirectory() as folder:
        for label in ("no cache", "warm cache", "warm cache"):
            answer = subprocess.run(
                [sys.executable, "-c", COLD],
                env={**os.environ, "NUMBA_CACHE_DIR": folder},
                capture_output=True,
                text=True,
                check=True,
            )
            seconds = " ".join(f"{float(value):8.4f}" for value in answer.stdout.split())
            print(f"  {label:12s} {seconds}")


def crossover(rng: np.random.Generator, repeats: int) -> None:
    """Print numpy against compiled code, all rows as queries and few."""
    print("Crossover (milliseconds, k=3): numpy / compiled, by queries, rows and columns")
    all_rows = [(n_rows, n_rows) for n_rows in (25, 50, 100, 200, 400, 800)]
    some_rows = [(n_queries, 20_000) for n_queries in (10, 40, 160)]
    for n_queries, n_rows in all_rows + some_rows:
        line = f"  {n_queries:6,d} of {n_rows:6,d}:"
        for n_columns in (5, 20, 60):
            X = rng.normal(size=(n_rows, n_columns))
            rows = None if n_queries == n_rows else np.arange(n_queries)
            seconds = medians(
                functools.partial(_nearest, X, 3, rows=rows, algorithm="numpy"),
                functools.partial(_nearest, X, 3, rows=rows, algorithm="distinct"),
                repeats=4 * repeats,
            )
            line += f"  {n_columns:2d} cols {1e3 * seconds[0]:8.2f} / {1e3 * seconds[1]:7.2f}"
        print(line, flush=True)


def other_kinds(rng: np.random.Generator, repeats: int) -> None:
    """Print tables with missing values, nominal columns and zeros, beside scikit-learn."""
    print("Other kinds of tables (seconds, k=3)")
    factors = rng.normal(size=(20_000, 6)) @ rng.normal(size=(6, 30))
    X = factors + 0.5 * rng.normal(size=factors.shape)
    for share in (0.02, 0.2):
        incomplete = X[:8000].copy()
        incomplete[rng.random(incomplete.shape) < share] = np.nan
        ours, theirs = medians(
            functools.partial(nearest_rows, incomplete, 3),
            functools.partial(rival_with_missing, incomplete, 3),
            repeats=repeats,
        )
        print(f"  {share:4.0%} missing, 8,000 x 30: ours {ours:.3f}, nan_euclidean {theirs:.3f}")
    incomplete = X.copy()
    incomplete[:, ::3][rng.random(incomplete[:, ::3].shape) < 0.3] = np.nan
    (ours,) = medians(functools.partial(nearest_rows, incomplete, 3), repeats=repeats)
    print(f"  30% missing in each third column, 20,000 x 30: ours {ours:.3f}")
    codes = rng.integers(0, [3, 8, 40, 400], size=(20_000, 4)).astype(np.int32)
    mixed = Mixed(X[:, :8], codes, np.ones(4))
    (ours,) = medians(functools.partial(nearest_rows, mixed, 3), repeats=repeats)
    print(f"  8 numbers and 4 nominal columns, 20,000 rows: ours {ours:.3f}")
    for n_columns, density in ((2000, 0.01), (20_000, 0.002)):
        n_cells = int(10_000 * n_columns * density)
        places = rng.integers(0, 10_000, n_cells), rng.integers(0, n_columns, n_cells)
        table = sparse.csr_array((rng.random(n_cells), places), shape=(10_000, n_columns))
        ours, theirs = medians(
            functools.partial(nearest_rows, table, 3),
            functools.partial(rival, table, 3),
            repeats=repeats,
        )
        print(
            f"  CSR 10,000 x {n_columns:,d}, {density:.1%}: ours {ours:.3f}, "
            f"scikit-learn {theirs:.3f}"
        )


def extremes(rng: np.random.Generator, repeats: int) -> None:
    """Print tables with extreme elements, copies and clusters beside a plain table."""
    for n_rows, n_columns in ((20_000, 6), (15_000, 60)):
        print(
            f"Extreme elements, {n_rows:,d} x {n_columns} (seconds, k=5, ratio to the plain table)"
        )
        extreme_tables(rng, n_rows, n_columns, repeats)


def extreme_tables(rng: np.random.Generator, n_rows: int, n_columns: int, repeats: int) -> None:
    """Print those of one shape."""
    plain = rng.normal(size=(n_rows, n_columns))
    one, some, many = plain.copy(), plain.copy(), plain.copy()
    one[3, 2] = 1e12
    some[rng.choice(n_rows, 30, replace=False), 2] = 1e12
    many[rng.choice(n_rows, 300, replace=False), 2] = 1e12
    of_row = rng.integers(0, 10, size=(n_rows, 1))
    tables = {
        "plain": plain,
        "one of 1e12": one,
        "30 of 1e12": some,
        "300 of 1e12": many,
        "Cauchy": rng.standard_cauchy(size=plain.shape),
        "lognormal, sigma 10": rng.lognormal(0, 10, size=plain.shape),
        "all times 1e160": plain * 1e160,
        "offset of 1e8": plain + 1e8,
        "each row twice": np.repeat(plain[: n_rows // 2], 2, axis=0),
        "ten far clusters": 1e-3 * plain + 1e6 * of_row,
        "clusters of many sizes": 10.0**of_row * (1.0 + 1e-3 * plain),
        "zeros and ones (ties)": (plain > 1.0) * 1.0,
    }
    calls = [functools.partial(nearest_rows, table, 5) for table in tables.values()]
    seconds = medians(*calls, repeats=repeats)
    for name, taken in zip(tables, seconds, strict=True):
        print(f"  {name:22} {taken:6.3f} {taken / seconds[0]:5.1f}")


def read(path: pathlib.Path, n_rows: int | None) -> np.ndarray:
    """Numeric columns without the target, standardised, missing values filled with means."""
    frame = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    target = "target" if "target" in frame else frame.columns[-1]
    frame = frame.drop(columns=target).select_dtypes(["number", "bool"])
    if n_rows is not None and n_rows < len(frame):
        frame = frame.sample(n_rows, random_state=0)
    filled = SimpleImputer().fit_transform(frame.astype(float))
    return np.ascontiguousarray(StandardScaler().fit_transform(filled))


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", type=pathlib.Path, help="folder of CSV and Parquet files")
    parser.add_argument("--files", nargs="*", help="names in it, each as NAME or NAME:ROWS")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--skip-made", action="store_true", help="only the files")
    parser.add_argument("--few", action="store_true", help="only few rows asking")
    parser.add_argument("--fresh", action="store_true", help="only first calls of a process")
    parser.add_argument("--extremes", action="store_true", help="only tables of extreme elements")
    parser.add_argument("--grid", nargs="*", metavar="ROWSxCOLUMNS", help="only such tables")
    options = parser.parse_args()
    # Sparse input makes scikit-learn warn about its own choice of algorithm.
    warnings.simplefilter("ignore")
    rng = np.random.default_rng(0)
    for strategy in ("pairs", "leaves"):  # from here on compiled code is loaded
        _nearest(rng.normal(size=(2000, 8)), 3, algorithm=strategy)

    if options.grid is not None:
        grid(rng, options.repeats, options.grid)
        return
    if options.few:
        few(rng, options.repeats)
        return
    if options.fresh:
        fresh(options.repeats)
        return
    if options.extremes:
        extremes(rng, options.repeats)
        return
    if not options.skip_made:
        extremes(rng, options.repeats)
        grid(rng, options.repeats, None)
        few(rng, options.repeats)
        fresh(options.repeats)
        cold_start()
        crossover(rng, options.repeats)
        other_kinds(rng, options.repeats)
        print("Made data: independent normal columns (the hard case), and ten factors plus noise")
        for n_rows in (1000, 10_000, 40_000):
            for n_columns in (5, 20, 60):
                X = rng.normal(size=(n_rows, n_columns))
                compare("independent", X, [1, 3, 5], options.repeats)
                X = rng.normal(size=(n_rows, 10)) @ rng.normal(size=(10, n_columns)) + X
                compare("factors", X, [3], options.repeats)
    if options.data_dir:
        wanted = dict(name.partition(":")[::2] for name in options.files or [])
        for path in sorted(options.data_dir.glob("*.*")):
            if path.suffix not in (".csv", ".parquet") or (wanted and path.stem not in wanted):
                continue
            limit = wanted.get(path.stem)
            X = read(path, int(limit) if limit else None)
            compare(path.stem, X, [3], options.repeats)


if __name__ == "__main__":
    main()
