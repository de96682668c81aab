"""Peak of the memory that a sampler allocates, over the size of its result, and sizes of pickles.

    python benchmarks/bench_memory.py                              # 20,000 x 40, some seconds
    python benchmarks/bench_memory.py --rows 5000 --samplers SMOTE

Memory is what Python and numpy allocate (tracemalloc), not what the process holds: that of Rust and
C++ libraries (polars, pyarrow) is not seen, so figures for those tables are without the values
themselves. imbalanced-learn's figure stands beside ours where it takes the table. The row numbers
of the result (`sample_indices_`, `sample_origin_`) count as ours. What numba holds once it is
loaded is left out: each sampler is called on a small and on a large table before.
"""

import argparse
import gc
import pickle
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from bench_samplers import Bench, sampler
from bench_samplers_grid import load_kernels, structureless
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit import ensemble
from imbalance_kit.ensemble import rows_in_pickles

SAMPLERS = [
    "SMOTE",
    "BorderlineSMOTE",
    "ADASYN",
    "RandomOverSampler",
    "SMOTEENN",
    "TomekLinks",
    "EditedNearestNeighbours",
    "NearMiss",
    "RandomUnderSampler",
]
ENSEMBLES = [
    "BalancedRandomForestClassifier",
    "UnderBaggingClassifier",
    "OverBaggingClassifier",
    "SelfPacedEnsembleClassifier",
]


def tables(X: np.ndarray) -> dict[str, Callable[[], Any]]:
    """The same numbers in several containers, and with two nominal columns."""
    frame = pd.DataFrame(X).rename(columns="c{}".format)
    levels = pd.Categorical(np.digitize(X[:, 0], [-1, 0, 1]).astype(str))
    return {
        "ndarray": lambda: X,
        "float32": lambda: X.astype(np.float32),
        "pandas": lambda: frame,
        "pandas, float32": lambda: frame.astype(np.float32),
        "pandas, nullable": lambda: frame.astype("Float64"),
        "pandas, mixed": lambda: frame.assign(c0=levels, c1=levels[::-1]),
    }


def size_of(table: Any) -> int:
    """Bytes of the values of a table."""
    if isinstance(table, np.ndarray):
        return table.nbytes
    return int(table.memory_usage(index=False).sum())


def peak_over_result(library: str, bench: Bench, X: Any, y: np.ndarray) -> float | None:
    """The most that is allocated at a time; None where the sampler takes no such table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            sampler(library, bench).fit_resample(X, y)
        except (TypeError, ValueError):
            return None
        made = sampler(library, bench)
        gc.collect()
        tracemalloc.start()
        X_new, _ = made.fit_resample(X, y)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return peak / size_of(X_new)


def pickles(X: np.ndarray, y: np.ndarray) -> None:
    """Megabytes of pickled ensembles of 50 trees, without and with their rows."""
    title = "MB of pickled ensembles of 50 trees"
    print(f"\n{title:48}{'without rows':>14}{'with rows':>14}")
    for name in ENSEMBLES:
        model = getattr(ensemble, name)(n_estimators=50, random_state=0)
        if "max_depth" in model.get_params():
            model.set_params(max_depth=6)
        else:
            model.set_params(estimator=DecisionTreeClassifier(max_depth=6))
        model.fit(X, y)
        small = len(pickle.dumps(model)) / 2**20
        with rows_in_pickles():
            whole = len(pickle.dumps(model)) / 2**20
        print(f"{name:48}{small:14.2f}{whole:14.2f}", flush=True)


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--columns", type=int, default=40)
    parser.add_argument("--samplers", nargs="*", default=SAMPLERS)
    options = parser.parse_args()
    X, y = structureless(options.rows, options.columns)
    load_kernels()
    shaped = tables(X)
    print("peak of allocated memory over the result, ours (imbalanced-learn's)")
    print(f"{'':26}" + "".join(f"{name:>18}" for name in shaped))
    for name in options.samplers:
        print(f"{name:26}", end="", flush=True)
        for make in shaped.values():
            table = make()
            ours, theirs = (
                peak_over_result(library, Bench(name), table, y)
                for library in ("imbalance_kit", "imblearn")
            )
            rival = "-" if theirs is None else f"{theirs:.2f}"
            print(f"{ours:9.2f} ({rival:>5}) ", end="", flush=True)
        print()
    pickles(X, y)


if __name__ == "__main__":
    main()
