"""Fit seconds of transformers and decision rules beside fairlearn's and error-parity's.

    python benchmarks/bench_fairness.py --data adult.parquet [--repeats 7] [--sensitive sex]
        [--only NAME ...]

Reads a table with the target in its last column, spreads nominal columns over one per level and
takes the sensitive column as given. Ours and theirs are fitted in turn, so that a slow minute hits
both; medians of the seconds and the median of the ratios are printed, and what both results say
(largest difference of the tables, cost of the rules on the rows of fit). Rivals that are not
installed are left out. Set OMP_NUM_THREADS=1 for one core.
"""

import argparse
import time
import warnings

import numpy as np


def load(path: str, sensitive: str):
    """The table as numbers, positive rows, the groups and where their column stands."""
    import pandas as pd

    frame = pd.read_parquet(path) if path.endswith("parquet") else pd.read_csv(path)
    target = frame.iloc[:, -1]
    y = (target == target.value_counts().index[-1]).to_numpy().astype(int)
    groups = frame[sensitive].astype(str).to_numpy()
    spread = pd.get_dummies(frame.iloc[:, :-1]).astype(float).fillna(0.0)
    column = next(j for j, name in enumerate(spread) if name.startswith(f"{sensitive}_"))
    return spread, y, groups, column


def interleaved(mine, theirs, repeats: int):
    """Seconds of both, taken in turn, and the last results."""
    seconds, results = [], None
    for _ in range(repeats):
        row, results = [], []
        for call in (mine, theirs):
            started = time.perf_counter()
            results.append(call())
            row.append(time.perf_counter() - started)
        seconds.append(row)
    return np.array(seconds), results


def show(name: str, rival: str, seconds: np.ndarray, remark: str) -> None:
    middle = np.median(seconds, axis=0)
    ratio = np.median(seconds[:, 1] / seconds[:, 0])
    print(
        f"{name:34}{rival:14}{middle[0]:>9.4f}{middle[1]:>9.4f}{ratio:>8.1f}  {remark}", flush=True
    )


def correlation_remover(spread, y, groups, column, repeats):
    from fairlearn.preprocessing import CorrelationRemover as Theirs

    from imbalance_kit.fairness import CorrelationRemover

    name = spread.columns[column]
    for kind, table, at in (("array", spread.to_numpy(), column), ("pandas", spread, name)):
        seconds, (one, other) = interleaved(
            lambda table=table, at=at: CorrelationRemover(sensitive_features=at).fit_transform(
                table
            ),
            lambda table=table, at=at: Theirs(sensitive_feature_ids=[at]).fit_transform(table),
            repeats,
        )
        scale = np.abs(np.asarray(other)).max(axis=0) + 1e-300
        gap = np.max(np.abs(np.asarray(one) - np.asarray(other)) / scale)
        show(f"CorrelationRemover, {kind}", "fairlearn", seconds, f"largest difference {gap:.0e}")


def known_scores(spread, y):
    """A fitted model that costs nothing to ask."""
    from lightgbm import LGBMClassifier
    from sklearn.base import BaseEstimator, ClassifierMixin

    table = spread.to_numpy()
    score = LGBMClassifier(n_estimators=50, verbose=-1, n_jobs=1).fit(table, y).predict_proba(table)

    class Known(ClassifierMixin, BaseEstimator):
        classes_ = np.array([0, 1])

        def fit(self, X, y):
            return self

        def predict(self, X):
            return (score[:, 1] >= 0.5).astype(int)

        def predict_proba(self, X):
            return score

        def __sklearn_is_fitted__(self):
            return True

    return table, Known(), score[:, 1]


def threshold_rule(spread, y, groups, column, repeats):
    from sklearn.frozen import FrozenEstimator

    from imbalance_kit.fairness import FairThresholdClassifier

    table, model, score = known_scores(spread, y)

    def mine(constraint="equalized_odds"):
        rule = FairThresholdClassifier(
            FrozenEstimator(model), constraint=constraint, random_state=0
        )
        return rule.fit(table, y, sensitive_features=groups)

    def error_of(chance):
        return np.where(y == 1, 1 - chance, chance).mean()

    try:
        from fairlearn.postprocessing import ThresholdOptimizer
    except ImportError:
        print("fairlearn is not installed")
    else:
        for constraint in ("equalized_odds", "demographic_parity"):

            def theirs(constraint=constraint):
                rule = ThresholdOptimizer(
                    estimator=model,
                    constraints=constraint,
                    prefit=True,
                    predict_method="predict_proba",
                )
                return rule.fit(table, y, sensitive_features=groups)

            seconds, (one, other) = interleaved(
                lambda constraint=constraint: mine(constraint), theirs, repeats
            )
            chance = other._pmf_predict(table, sensitive_features=groups)[:, 1]
            remark = f"error {one.cost_:.5f} and {error_of(chance):.5f}"
            show(f"FairThreshold, {constraint}", "fairlearn", seconds, remark)
    try:
        from error_parity import RelaxedThresholdOptimizer
    except ImportError as missing:
        print(f"error-parity is left out: {missing}")
        return
    codes = np.unique(groups, return_inverse=True)[1]

    def parity():
        rule = RelaxedThresholdOptimizer(
            predictor=lambda X: score, constraint="equalized_odds", tolerance=0.0, seed=0
        )
        return rule.fit(X=table, y=y, group=codes)

    seconds, (one, other) = interleaved(mine, parity, repeats)
    remark = f"error {one.cost_:.5f} and {other.cost(1.0, 1.0):.5f}"
    show("FairThreshold, equalized_odds", "error-parity", seconds, remark)


def alone(spread, y, groups, column, repeats):
    """Ours without a rival that runs: one fit each."""
    from lightgbm import LGBMClassifier

    from imbalance_kit.fairness import (
        DisparateImpactRemover,
        LearnedFairRepresentation,
        LocallyFairLGBMClassifier,
    )

    table = spread.to_numpy()
    rows = np.random.RandomState(0).permutation(len(y))[:40_000]
    trees = LGBMClassifier(n_estimators=100, verbose=-1, n_jobs=1)
    for name, model, part in (
        ("DisparateImpactRemover", DisparateImpactRemover(), slice(None)),
        ("LearnedFairRepresentation, 40,000", LearnedFairRepresentation(random_state=0), rows),
        ("LocallyFairLGBM, 100 rounds", LocallyFairLGBMClassifier(trees), slice(None)),
        ("the same, penalty=0", LocallyFairLGBMClassifier(trees, penalty=0), slice(None)),
    ):
        started = time.perf_counter()
        model.fit(table[part], y[part], sensitive_features=groups[part])
        seconds = time.perf_counter() - started
        remark = f"{model.n_iter_} steps, {model.loss_}" if hasattr(model, "n_iter_") else ""
        print(f"{name:34}{'':14}{seconds:>9.3f}  {remark}", flush=True)


PARTS = {
    "correlation_remover": correlation_remover,
    "threshold_rule": threshold_rule,
    "alone": alone,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="CSV or Parquet table, target last")
    parser.add_argument("--sensitive", default="sex")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    loaded = load(arguments.data, arguments.sensitive)
    print(f"{loaded[0].shape[0]} x {loaded[0].shape[1]}, groups by {arguments.sensitive}")
    print(f"{'':34}{'beside':14}{'ours, s':>9}{'theirs':>9}{'ratio':>8}")
    for name in arguments.only:
        PARTS[name](*loaded, arguments.repeats)


if __name__ == "__main__":
    main()
