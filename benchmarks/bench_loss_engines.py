"""What a fit under a loss costs with XGBoost and CatBoost, beside their own objectives.

    python benchmarks/bench_loss_engines.py [--rows 20000] [--rows-of-four 2000] [--rounds 50]
        [--repeats 3]

For each library, and for two and four classes, three models of the same trees are fitted in turn,
so that a slow minute hits all: the library under its own objective, and the classifier of
imbalance_kit.losses under cross entropy and under focal loss. One thread. Prints median processor
seconds, and the median of the ratios to the library's own objective.
"""

import argparse
import time

import numpy as np
from catboost import CatBoostClassifier
from sklearn.datasets import make_classification
from xgboost import XGBClassifier

from imbalance_kit.losses import ImbalancedCatBoostClassifier, ImbalancedXGBClassifier


def seconds(model, X, y) -> float:
    started = time.process_time()
    model.fit(X, y)
    return time.process_time() - started


def learners(rounds: int):
    """Each library's classifier and ours, with one Newton step a leaf."""
    by_xgboost = XGBClassifier(n_estimators=rounds, max_depth=5, learning_rate=0.1, n_jobs=1)
    by_catboost = CatBoostClassifier(
        iterations=rounds,
        depth=5,
        learning_rate=0.1,
        leaf_estimation_iterations=1,
        thread_count=1,
        logging_level="Silent",
        allow_writing_files=False,
    )
    yield "XGBoost", by_xgboost, ImbalancedXGBClassifier
    yield "CatBoost", by_catboost, ImbalancedCatBoostClassifier


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rows-of-four", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=3)
    given = parser.parse_args()
    print(
        f"{'':10}{'classes':>8}{'rows':>8}{'own':>8}{'CE':>8}{'focal':>8}{'CE/own':>9}{'focal/own':>11}"
    )
    for n_classes, n_rows in [(2, given.rows), (4, given.rows_of_four)]:
        X, y = make_classification(
            n_samples=n_rows,
            n_features=20,
            n_informative=8,
            n_classes=n_classes,
            weights=[0.95] if n_classes == 2 else [0.7, 0.15, 0.1],
            random_state=0,
        )
        for name, learner, classifier in learners(given.rounds):
            models = [
                learner,
                *(classifier(learner, loss=loss) for loss in ("cross_entropy", "focal")),
            ]
            found = np.array(
                [[seconds(model, X, y) for model in models] for _ in range(given.repeats)]
            )
            middle, ratio = np.median(found, axis=0), np.median(found / found[:, :1], axis=0)
            print(
                f"{name:10}{n_classes:>8}{n_rows:>8}"
                + "".join(f"{value:>8.2f}" for value in middle)
                + f"{ratio[1]:>9.2f}{ratio[2]:>11.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
