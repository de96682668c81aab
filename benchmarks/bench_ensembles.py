"""Average precision and fit time of the self-paced ensemble beside plain learners.

    python benchmarks/bench_ensembles.py --data-dir FOLDER [--sets mammography campaign celeba]

For each table in FOLDER: stratified 70/30 splits (seeds 0 and 1), five seeds of every method
on each, 50 full-depth trees in the ensembles. Prints the mean average precision with a 95 %
interval over the ten runs, its spread over the seeds of one split, and median fit seconds.
Learners that nobody re-balanced stand beside the ensemble, because that is the honest comparison.
"""

import argparse
import time

import numpy as np
from lightgbm import LGBMClassifier
from scipy.stats import t as student
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.metrics import average_precision_score, brier_score_loss
from sklearn.model_selection import train_test_split
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.datasets import load_folder
from imbalance_kit.ensemble import SelfPacedEnsembleClassifier


def methods(seed: int) -> dict:
    tree = DecisionTreeClassifier()
    return {
        "self-paced, 50 trees": SelfPacedEnsembleClassifier(random_state=seed),
        "self-paced, 50 trees, no bootstrap": SelfPacedEnsembleClassifier(
            bootstrap=False, random_state=seed
        ),
        "self-paced, 50 trees, recalibrated": SelfPacedEnsembleClassifier(
            recalibrate=True, random_state=seed
        ),
        "bagging, 50 trees, not re-balanced": BaggingClassifier(
            tree, n_estimators=50, random_state=seed
        ),
        "random forest, 100 trees, not re-balanced": RandomForestClassifier(random_state=seed),
        "LightGBM, not re-balanced": LGBMClassifier(random_state=seed, verbose=-1, n_jobs=1),
    }


def interval(values: np.ndarray) -> float:
    """Half the width of the 95 % interval of the mean (Student's t)."""
    return float(student.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data-dir", required=True, help="folder of CSV or Parquet tables")
    parser.add_argument("--sets", nargs="+", default=["mammography", "campaign", "celeba"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--methods", nargs="+", help="only methods whose name starts like one")
    arguments = parser.parse_args()
    tables = {record.name: record for record in load_folder(arguments.data_dir)}

    for name in arguments.sets:
        X, y = tables[name].load()
        X = X.to_numpy(dtype=np.float64)
        y = (y == y.value_counts().index[-1]).to_numpy().astype(int)
        print(f"\n{name}: {X.shape[0]} x {X.shape[1]}, {y.sum()} positive", flush=True)
        print(f"{'':44}{'AUPRC':>17}{'seed sd':>9}{'Brier':>8}{'fit s':>8}")
        chosen = [
            label
            for label in methods(0)
            if not arguments.methods or label.startswith(tuple(arguments.methods))
        ]
        runs: dict[str, list] = {label: [] for label in chosen}
        for split in (0, 1):
            X_train, X_test, y_train, y_test = train_test_split(
                X, y, test_size=0.3, stratify=y, random_state=split
            )
            for seed in range(arguments.seeds):
                for label in chosen:  # interleaved, so that a slow minute hits all alike
                    model = methods(seed)[label]
                    started = time.perf_counter()
                    model.fit(X_train, y_train)
                    seconds = time.perf_counter() - started
                    proba = model.predict_proba(X_test)[:, 1]
                    scores = (
                        average_precision_score(y_test, proba),
                        brier_score_loss(y_test, proba),
                    )
                    runs[label].append((split, *scores, seconds))
        for label, rows in runs.items():
            split, auprc, brier, seconds = np.array(rows).T
            spread = np.mean([auprc[split == part].std(ddof=1) for part in (0, 1)])
            print(
                f"{label:44}{auprc.mean():>9.4f} ± {interval(auprc):.4f}{spread:>8.4f}"
                f"{brier.mean():>9.4f}{np.median(seconds):>8.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
