"""What every kernel wins over the plain form, in a process that loads it and once it is loaded.

    python benchmarks/bench_kernels.py [--only NAME ...] [--repeats 3]

A kernel stays only where it wins by 1.3 or more in a fresh process too, on sizes people have.
"fresh" is the first call of a new process that has imported the subpackage: it loads numba and
reads the kernel from its cache on disk. "warm" is the second call. Both forms run in processes of
their own, in turn; the medians are printed, with the ratio plain / kernel.
"""

import argparse
import statistics
import subprocess
import sys
from typing import NamedTuple


class Case(NamedTuple):
    """Code of both forms; each is the body of one call."""

    name: str
    setup: str  # imports and data, not timed
    kernel: str
    plain: str


def k_means(n_rows: int, n_clusters: int) -> Case:
    return Case(
        f"lloyd: k-means, {n_rows:,} x 20, {n_clusters:,} clusters; plain: scikit-learn",
        f"""
from imbalance_kit.under_sampling import _kmeans
X = rng.normal(size=({n_rows}, 10)) @ rng.normal(size=(10, 20)) + rng.normal(size=({n_rows}, 20))
""",
        f"""
_kmeans._WORTH_COMPILING = 0
_kmeans.k_means(X, {n_clusters}, np.random.RandomState(0))""",
        f"""
_kmeans._WORTH_COMPILING = 1 << 60
_kmeans.k_means(X, {n_clusters}, np.random.RandomState(0))""",
    )


NEAREST = """
from sklearn.neighbors import NearestNeighbors
from imbalance_kit._neighbors.nearest import _nearest
"""
SKLEARN = "NearestNeighbors(n_neighbors=5).fit(X).kneighbors()"
CASES = [
    Case(
        "products, all pairs, 15,000 x 200; plain: numpy alone",
        NEAREST + "X = rng.normal(size=(15_000, 200))",
        "_nearest(X, 5, algorithm='pairs')",
        "_nearest(X, 5, algorithm='numpy')",
    ),
    Case(
        "products, 3,000 queries of 15,000 x 200; plain: scikit-learn",
        NEAREST + "X = rng.normal(size=(15_000, 200)); Q = X[:3000] + 0.1",
        "_nearest(X, 5, queries=Q, algorithm='rows')",
        "NearestNeighbors(n_neighbors=5).fit(X).kneighbors(Q)",
    ),
    Case(
        "all_pairs, 20 searches of 100 x 20; plain: numpy by products",
        NEAREST + "X = rng.normal(size=(100, 20))",
        "[_nearest(X, 5, algorithm='all') for _ in range(20)]",
        "[_nearest(X, 5, algorithm='numpy') for _ in range(20)]",
    ),
    Case(
        "products, one query of 15,000 x 60, 20 times; plain: scikit-learn",
        NEAREST + "X = rng.normal(size=(15_000, 60)); Q = X[:1]",
        "[_nearest(X, 5, rows=np.arange(1)) for _ in range(20)]",
        "[NearestNeighbors(n_neighbors=6, algorithm='brute').fit(X).kneighbors(Q)"
        " for _ in range(20)]",
    ),
    Case(
        "sorted_places (numpy), 1,000,000 numbers among 5,000; plain: searchsorted",
        """
from imbalance_kit.kernels.sorted_places import SortedPlaces
known, numbers = np.sort(rng.random(5000)), rng.random(1_000_000)
""",
        "SortedPlaces(known, len(numbers))(numbers)",
        "known.searchsorted(numbers)",
    ),
    Case(
        "leaves, 20,000 x 20; plain: scikit-learn",
        NEAREST + "X = rng.normal(size=(20_000, 6)) @ rng.normal(size=(6, 20))\n"
        "X += 0.3 * rng.normal(size=X.shape)",
        "_nearest(X, 5, algorithm='leaves')",
        SKLEARN,
    ),
    Case(
        "duplicates, 30,000 x 5, 300 distinct rows; plain: leaves without it",
        NEAREST + "X = rng.normal(size=(300, 5))[rng.integers(0, 300, 30_000)]",
        "_nearest(X, 5, algorithm='distinct')",
        "_nearest(X, 5, algorithm='leaves')",
    ),
    Case(
        "postings, CSR 10,000 x 2,000, 1%; plain: scikit-learn",
        NEAREST + "from scipy import sparse\n"
        "X = sparse.random_array((10_000, 2000), density=0.01, rng=rng, format='csr')",
        "_nearest(X, 5, algorithm='leaves')",
        SKLEARN,
    ),
    Case(
        "value_difference: SMOTEN, 3 classes, 6,000 x 10; plain: numpy in blocks",
        """
from imbalance_kit.over_sampling import SMOTEN, _nominal
X = rng.integers(0, 6, size=(6000, 10))
y = rng.choice(3, p=[0.5, 0.3, 0.2], size=6000)
""",
        "_nominal._SMALL_WORK = 0; SMOTEN(random_state=0).fit_resample(X, y)",
        "_nominal._SMALL_WORK = 1 << 60; SMOTEN(random_state=0).fit_resample(X, y)",
    ),
    Case(
        "ballots (numpy), 20,000 rows of 5 votes; plain: np.unique for each row",
        """
from imbalance_kit.kernels.ballots import tally
B = rng.integers(0, 50, size=(20_000, 5)).astype(np.int32)
""",
        "tally(B)",
        "[np.unique(row, return_counts=True) for row in B]",
    ),
    Case(
        "stumps, AdaBoost of 50, 5,000 x 20; plain: scikit-learn",
        """
from sklearn.ensemble import AdaBoostClassifier
from imbalance_kit.ensemble._learners.stumps import SortedTable, boost_stumps
y = (rng.random(5000) < 0.1).astype(int)
X = (rng.normal(size=(5000, 20)) + y[:, None]).astype(np.float32)
booster = AdaBoostClassifier(n_estimators=50)
""",
        "boost_stumps(booster, SortedTable(X), np.arange(2), y, None)",
        "booster.fit(X, y)",
    ),
    k_means(3_000, 300),
    k_means(10_000, 1_000),
    k_means(20_000, 2_000),
    k_means(20_000, 400),
]

TIMED = """
import time, warnings
import numpy as np
warnings.simplefilter("ignore")
rng = np.random.default_rng(0)
{setup}
def call():
    start = time.perf_counter()
    {body}
    return time.perf_counter() - start
print(call(), call())
"""


def seconds(setup: str, body: str) -> tuple[float, float]:
    """Seconds of the first and the second call in a new process."""
    code = TIMED.format(setup=setup, body=body.strip().replace("\n", "\n    "))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    first, second = done.stdout.split()[-2:]
    return float(first), float(second)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="*", help="beginnings of names")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    print(f"{'seconds':74}{'fresh':>8}{'plain':>8}{'ratio':>7}{'warm':>9}{'plain':>8}{'ratio':>7}")
    for case in CASES:
        if options.only and not case.name.startswith(tuple(options.only)):
            continue
        seconds(case.setup, case.kernel)  # compiles, where the cache on disk is empty
        ours, plain = [], []
        for _ in range(options.repeats):
            ours.append(seconds(case.setup, case.kernel))
            plain.append(seconds(case.setup, case.plain))
        medians = [
            [statistics.median(column) for column in zip(*form, strict=True)]
            for form in (ours, plain)
        ]
        (fresh, warm), (plain_fresh, plain_warm) = medians
        print(
            f"{case.name:74}{fresh:8.3f}{plain_fresh:8.3f}{plain_fresh / fresh:7.2f}"
            f"{warm:9.3f}{plain_warm:8.3f}{plain_warm / warm:7.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
