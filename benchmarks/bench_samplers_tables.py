"""Tables for bench_samplers.py, and the memory that a call adds."""

import gc
import pathlib
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import psutil
from sklearn.datasets import make_classification
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler


def make_table(n_rows: int, n_columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Two overlapping classes, 9 to 1, of numbers that depend on each other a little."""
    X, y = make_classification(
        n_samples=n_rows,
        n_features=n_columns,
        n_informative=max(2, n_columns // 2),
        n_redundant=n_columns // 4,
        weights=[0.9],
        class_sep=0.7,
        random_state=0,
    )
    return np.ascontiguousarray(StandardScaler().fit_transform(X)), y


def read_table(record: Any, n_rows: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Numbers without gaps, standardised; a stratified part where fewer rows are asked for."""
    X, y = record.load()
    numbers = X.select_dtypes(["number", "bool"]).astype(float)
    codes = np.unique(y.to_numpy(str), return_inverse=True)[1]
    rows = stratified(codes, n_rows or len(codes))
    filled = SimpleImputer().fit_transform(numbers.to_numpy()[rows])
    return np.ascontiguousarray(StandardScaler().fit_transform(filled)), codes[rows]


def stratified(y: np.ndarray, n_rows: int) -> np.ndarray:
    if n_rows >= len(y):
        return np.arange(len(y))
    shuffled = np.random.default_rng(0).permutation(len(y))
    by_class = shuffled[np.argsort(y[shuffled], kind="stable")]
    return np.sort(by_class[np.arange(n_rows) * len(y) // n_rows])


def shaped(kind: str, X: np.ndarray) -> Any:
    """The table as a sampler wants it.

    "numbers", "mixed" (two columns in bins are nominal), "codes" (all are in bins), or "levels"
    (one more column, half as many levels as rows).
    """
    if kind == "numbers":
        return X

    def binned(column: np.ndarray, n_bins: int) -> np.ndarray:
        edges = np.unique(np.quantile(column, np.linspace(0, 1, n_bins + 1)[1:-1]))
        return np.searchsorted(edges, column)

    if kind == "codes":
        return np.column_stack([binned(column, 5) for column in X.T])
    frame = pd.DataFrame(X).rename(columns="c{}".format)
    if kind == "levels":
        levels = np.random.default_rng(0).permutation(len(X)) // 2
        return frame.assign(level=pd.Categorical(np.char.add("b", levels.astype(str))))
    for j in range(2):
        frame[f"c{j}"] = pd.Categorical(np.char.add("b", binned(X[:, j], 10).astype(str)))
    return frame


def added_megabytes(work: Callable[[], Any]) -> float:
    """Peak of the resident memory during the work, above what it was before."""
    process = psutil.Process()
    gc.collect()
    before = process.memory_info().rss
    try:  # Linux keeps the peak, and forgets it on demand
        pathlib.Path("/proc/self/clear_refs").write_text("5")
        work()
        status = pathlib.Path("/proc/self/status").read_text()
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
        return (int(line.split()[1]) * 1024 - before) / 2**20
    except OSError:  # look every other millisecond
        peak, done = [before], threading.Event()

        def watch() -> None:
            while not done.wait(0.002):
                peak.append(process.memory_info().rss)

        watcher = threading.Thread(target=watch)
        watcher.start()
        work()
        done.set()
        watcher.join()
        return (max(peak) - before) / 2**20
