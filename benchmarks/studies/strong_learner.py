"""What beats a bag of LightGBMs that nobody re-balanced? The study behind MixedTreesClassifier.

    python benchmarks/studies/strong_learner.py choose     (settings were chosen on these tables)
    python benchmarks/studies/strong_learner.py confirm    (and these were looked at once, after)

Tables of the embedded suite with 700 rows or more, the rarest class against the rest, at least 15
and at most 35 % rare rows; three stratified 60/40 splits of each. Every method is fitted in turn on
each split, in one thread. Prints, beside the bag of ten: mean AUPRC, mean rank, Brier score, log
loss, fit time, wins-ties-losses with a signed-rank test, over tables and over base sources (tables
that are cuts of one count once); then where the gain is, and every table. `--all-classes` keeps
the classes of tables with more than two (macro AUPRC). `--store FILE` keeps the numbers.
"""

import argparse
import json
import time
import warnings
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from scipy.stats import rankdata, wilcoxon
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import average_precision_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from imbalance_kit.datasets import load_suite
from imbalance_kit.ensemble import (
    BalanceCascadeClassifier,
    MixedTreesClassifier,
    ResamplingBaggingClassifier,
    SelfPacedEnsembleClassifier,
    UnderBaggingClassifier,
)

BAG = "bag of 10 LightGBMs"
MIXED = "mixed trees"


def booster(**parameters: Any) -> LGBMClassifier:
    return LGBMClassifier(n_estimators=100, n_jobs=1, verbose=-1, **parameters)


class Codes:
    """A classifier on ordinal codes of nominal columns: scikit-learn's trees know no levels."""

    def __init__(self, classifier: Any) -> None:
        self.classifier = classifier

    @staticmethod
    def numbers(X: Any) -> np.ndarray:
        if isinstance(X, np.ndarray):
            return X.astype(np.float32)
        columns = [X[name].cat.codes if X[name].dtype == "category" else X[name] for name in X]
        return np.column_stack([np.asarray(column, dtype=np.float32) for column in columns])

    def fit(self, X: Any, y: np.ndarray) -> "Codes":
        self.classifier.fit(self.numbers(X), y)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        return self.classifier.predict_proba(self.numbers(X))


def methods(rare_share: float) -> dict[str, Callable[[int], Any]]:
    """Unfitted classifiers by name, each from a seed."""

    def drawn(ensemble: Any, ratio: int, seed: int, **parameters: Any) -> Any:
        natural = rare_share / (1 - rare_share)
        return ensemble(
            booster(random_state=seed),
            n_estimators=10,
            sampling_strategy=max(1 / ratio, 1.05 * natural),  # splits round the natural one
            recalibrate=True,
            random_state=seed,
            **parameters,
        )

    return {
        BAG: lambda seed: ResamplingBaggingClassifier(
            booster(), n_estimators=10, random_state=seed
        ),
        MIXED: lambda seed: MixedTreesClassifier(random_state=seed),
        "mixed trees without forest": lambda seed: MixedTreesClassifier(
            n_forest_trees=0, random_state=seed
        ),
        "mixed trees without extra trees": lambda seed: MixedTreesClassifier(
            n_extra_trees=0, random_state=seed
        ),
        "their boosters alone": lambda seed: MixedTreesClassifier(
            n_forest_trees=0, n_extra_trees=0, random_state=seed
        ),
        "LightGBM untouched": lambda seed: booster(random_state=seed),
        "LightGBM, class weight": lambda seed: booster(random_state=seed, class_weight="balanced"),
        "300 extra trees": lambda seed: Codes(ExtraTreesClassifier(300, random_state=seed)),
        "self-paced ensemble 5:1": partial(drawn, SelfPacedEnsembleClassifier, 5),
        "self-paced ensemble 20:1": partial(drawn, SelfPacedEnsembleClassifier, 20),
        "under-bagging 10:1": partial(drawn, UnderBaggingClassifier, 10),
        "balance cascade 10:1": partial(drawn, BalanceCascadeClassifier, 10),
    }


def score(y: np.ndarray, proba: np.ndarray, seconds: float) -> list[float]:
    n_classes = proba.shape[1]
    truth = np.eye(n_classes)[y]
    positive = [1] if n_classes == 2 else range(n_classes)
    auprc = np.mean([average_precision_score(truth[:, k], proba[:, k]) for k in positive])
    brier = ((proba - truth) ** 2).sum(axis=1).mean() / (2 if n_classes == 2 else 1)
    clipped = np.clip(proba, 1e-6, 1)
    clipped /= clipped.sum(axis=1, keepdims=True)
    return [auprc, brier, log_loss(y, clipped, labels=np.arange(n_classes)), seconds]


def overlap(X: Any, y: np.ndarray) -> float:
    """Share of rare rows with at most one of their 5 nearest rows in their class."""
    numbers = np.nan_to_num(StandardScaler().fit_transform(Codes.numbers(X)))
    rare = y == np.bincount(y).argmin()
    near = NearestNeighbors(n_neighbors=6).fit(numbers).kneighbors(numbers[rare])[1][:, 1:]
    return float((rare[near].sum(axis=1) <= 1).mean())


def tables(role: str, all_classes: bool) -> list[tuple[Any, Any, np.ndarray]]:
    found: list[tuple[Any, Any, np.ndarray]] = []
    seen: set[tuple] = set()
    for record in load_suite("embedded"):
        if record.role != role:
            continue
        X, labels = record.load()
        classes, y = np.unique(np.asarray(labels).astype(str), return_inverse=True)
        if all_classes and len(classes) == 2:
            continue
        if not all_classes:
            y = (y == np.bincount(y).argmin()).astype(int)
        counts = np.bincount(y)
        # a cut of one class against the rest may be in the suite as a set of its own, too
        same = (record.source, len(y), X.shape[1], counts.min())
        if same in seen or not (len(y) >= 700 and 15 <= counts.min() <= 0.35 * len(y)):
            continue
        seen.add(same)
        nominal = (X.dtypes == "category").any()
        found.append((record, X if nominal else X.to_numpy(dtype=np.float64), y))
    return found


def rows_of(X: Any, rows: np.ndarray) -> Any:
    return X[rows] if isinstance(X, np.ndarray) else X.iloc[rows]


def run(role: str, all_classes: bool) -> tuple[dict[str, np.ndarray], list[dict]]:
    results: dict[str, list] = {}
    about = []
    for record, X, y in tables(role, all_classes):
        counts = np.bincount(y)
        own: dict[str, list] = {}
        for seed in range(3):
            parts = train_test_split(
                np.arange(len(y)), test_size=0.4, stratify=y, random_state=seed
            )
            train, test = parts
            built = methods(counts.min() / len(y))
            for name, build in built.items():
                if all_classes and ":1" in name:
                    continue
                model = build(seed)
                started = time.perf_counter()
                model.fit(rows_of(X, train), y[train])
                seconds = time.perf_counter() - started
                own.setdefault(name, []).append(
                    score(y[test], model.predict_proba(rows_of(X, test)), seconds)
                )
        for name, rows in own.items():
            results.setdefault(name, []).append(np.mean(rows, axis=0))
        about.append(
            {
                "name": record.name,
                "source": record.source,
                "rows": len(y),
                "rare rows": int(counts.min()),
                "imbalance": counts.max() / counts.min(),
                "overlap": overlap(X, y),
                "nominal columns": record.n_nominal,
            }
        )
        print(f"\r{len(about)} tables, last {record.name:40}", end="", flush=True)
    print("\r" + " " * 70, end="\r")
    return {name: np.array(rows) for name, rows in results.items()}, about


def against(difference: np.ndarray) -> str:
    difference = np.round(difference, 6)
    p = wilcoxon(difference).pvalue if difference.any() else 1.0
    won, tied, lost = ((np.sign(difference) == sign).sum() for sign in (1, 0, -1))
    return f"{won}-{tied}-{lost} p {p:.4f}"


def report(results: dict[str, np.ndarray], about: list[dict]) -> None:
    bag = results[BAG]
    sources = np.array([table["source"] for table in about])
    each = sorted(set(sources))
    ranks = rankdata(-np.round([rows[:, 0] for rows in results.values()], 6), axis=0).mean(axis=1)
    clear = bag[:, 1] > 1e-3
    print(
        f"{len(about)} tables of {len(each)} sources. Brier ratio: mean over the {clear.sum()} "
        "tables where the bag's Brier score is above .001\n"
    )
    print(
        f"{'':33}{'AUPRC':>7}{'rank':>6}{'Brier':>8}{'ratio':>7}{'log loss':>9}"
        f"{'time, median and total':>24}   against the bag, over tables and sources"
    )
    for (name, rows), rank in zip(results.items(), ranks, strict=True):
        difference = rows[:, 0] - bag[:, 0]
        by_source = np.array([difference[sources == source].mean() for source in each])
        auprc, brier, loss, _ = rows.mean(axis=0)
        print(
            f"{name:33}{auprc:>7.4f}{rank:>6.2f}{brier:>8.4f}"
            f"{(rows[clear, 1] / bag[clear, 1]).mean():>7.3f}{loss:>9.4f}"
            f"{np.median(rows[:, 3] / bag[:, 3]):>15.2f}{rows[:, 3].sum() / bag[:, 3].sum():>9.2f}"
            f"   {against(difference):20}{against(by_source)}"
        )
    print(f"\nWhere {MIXED} gain on the bag (wins-ties-losses, mean gain in AUPRC)")
    gain = results[MIXED][:, 0] - bag[:, 0]
    cuts = {
        "imbalance": (0, 10, 30, np.inf),
        "rows": (0, 1500, 3000, np.inf),
        "rare rows": (0, 50, 150, np.inf),
        "overlap": (0, 0.25, 0.5, np.inf),
        "nominal columns": (0, 1, np.inf),
    }
    for key, edges in cuts.items():
        values = np.array([table[key] for table in about])
        for low, high in pairwise(edges):
            own = (values >= low) & (values < high)
            if own.any():
                spread = f"{low:g} to below {high:g}"
                print(f"  {key:16}{spread:22}{against(gain[own]):22}{gain[own].mean():+.4f}")
    print(
        f"\n{'table':40}{'rows':>7}{'rare':>6}{'AUPRC bag':>11}{'mixed':>8}{'Brier bag':>11}{'':8}"
    )
    for k, table in enumerate(about):
        mixed = results[MIXED][k]
        print(
            f"{table['name']:40}{table['rows']:>7}{table['rare rows']:>6}{bag[k, 0]:>11.4f}"
            f"{mixed[0]:>8.4f}{bag[k, 1]:>11.5f}{mixed[1]:>8.5f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("role", choices=["choose", "confirm"])
    parser.add_argument("--all-classes", action="store_true")
    parser.add_argument("--store", help="write the numbers to this JSON file, too")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    results, about = run(arguments.role, arguments.all_classes)
    report(results, about)
    if arguments.store:
        stored = {name: rows.tolist() for name, rows in results.items()}
        Path(arguments.store).write_text(json.dumps({"about": about, "results": stored}))


if __name__ == "__main__":
    main()
