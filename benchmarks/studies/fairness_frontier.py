"""Which methods lie on the frontier of accuracy and fairness, and which does post-processing beat?

    python benchmarks/studies/fairness_frontier.py --data FOLDER           (about 7 minutes)
    python benchmarks/studies/fairness_frontier.py --data FOLDER --quick   (two splits, fewer rows)
    python benchmarks/studies/fairness_frontier.py --read FILE             (print stored numbers)

FOLDER holds adult.parquet and compas.csv; without --data both are fetched from OpenML. Sensitive
are sex in Adult and race in COMPAS, where the two largest groups are kept. Every split is 60 % to
fit, 20 % to choose thresholds, 20 % to score, stratified by group and class. Every method fits
LightGBM of one setting (one LFR fits a logistic regression on its prototypes); what it decides by
itself is one point: accuracy against the difference of equalised odds on the judging rows.

Post-processing is a curve: thresholds by group for the untouched LightGBM, chosen for each
tolerance. A method's *gain* is its accuracy minus that of the curve at the method's own difference,
in the same split; mixing two points of the curve is a decision too, so it is joined by lines. A
method is dominated where the 95 % interval of the gain over the splits lies below 0, on the
frontier where it lies above 0 or where the curve does not reach down to the method's difference in
most splits; else it is tied. Splits share rows, so the interval is the corrected resampled t of
C. Nadeau, Y. Bengio, "Inference for the Generalization Error", Machine Learning 52, 2003.
"post-processed" is what thresholds by group on the method's own scores, at tolerance .02, gain in
accuracy over those on the scores of the untouched LightGBM.

Reweighing, FairSampler, Massaging, MomentMatching, DisparateImpactRemover, LFR and CorrelationShift
aim at equal selection rates, so compare them by `--constraint demographic_parity` as well.
"""

import argparse
import json
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, brier_score_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbalance_kit.compose import ResampledClassifier, WeightedClassifier
from imbalance_kit.datasets import load_adult, load_compas
from imbalance_kit.fairness import (
    AntidoteSampler,
    CorrelationRemover,
    CorrelationShift,
    DisparateImpactRemover,
    FairBalance,
    FairDensitySampler,
    FairSampler,
    FairSMOTE,
    LearnedFairRepresentation,
    LocallyFairLGBMClassifier,
    Massaging,
    MomentMatching,
    Reweighing,
    group_report,
    tradeoff_curve,
)

GROUP = "group"
RATES = {"equalized_odds": "equalized_odds", "demographic_parity": "selection_rate"}
TOLERANCES = (0.0, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.35, 1.0)
EQUAL = 0.02  # tolerance at which scores of all methods are compared
UNTOUCHED = "untouched"
TUNED = "untouched, tuned threshold"
TEST_TO_TRAIN = 0.2 / 0.6  # test rows to training rows


def learner(seed: int) -> LGBMClassifier:
    return LGBMClassifier(
        n_estimators=100,
        num_leaves=15,
        learning_rate=0.08,
        random_state=seed,
        n_jobs=1,
        deterministic=True,
        verbose=-1,
    )


class WithoutGroup:
    """The learner on all columns but the sensitive one."""

    def __init__(self, seed: int) -> None:
        self._model = learner(seed)

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> "WithoutGroup":
        self._model.fit(X.drop(columns=GROUP), y)
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        return self._model.predict_proba(X.drop(columns=GROUP))


def weighed(weigher: Any) -> Callable[[int], Any]:
    return lambda seed: WeightedClassifier(learner(seed), weigher)


def resampled(sampler: Callable[..., Any], **options: Any) -> Callable[[int], Any]:
    return lambda seed: ResampledClassifier(
        learner(seed), sampler(sensitive_features=GROUP, random_state=seed, **options)
    )


def transformed(transformer: Any, model: Any = None) -> Callable[[int], Any]:
    return lambda seed: make_pipeline(transformer, learner(seed) if model is None else model)


def locally_fair(penalty: float) -> Callable[[int], Any]:
    return lambda seed: LocallyFairLGBMClassifier(
        learner(seed),
        penalty=penalty,
        constraint="equalized_odds",
        sensitive_features=GROUP,
        random_state=seed,
    )


def representation(seed: int) -> Any:
    fair = LearnedFairRepresentation(
        n_prototypes=10, max_iter=200, sensitive_features=GROUP, random_state=seed
    )
    return make_pipeline(fair, StandardScaler(), LogisticRegression(max_iter=500))


def class_weighted(seed: int) -> LGBMClassifier:
    return learner(seed).set_params(class_weight="balanced")


METHODS: dict[str, Callable[[int], Any]] = {
    UNTOUCHED: learner,
    "class weights": class_weighted,
    "without the sensitive column": WithoutGroup,
    "Reweighing": weighed(Reweighing(sensitive_features=GROUP)),
    "FairBalance": weighed(FairBalance(sensitive_features=GROUP)),
    "FairBalance, variant": weighed(FairBalance(sensitive_features=GROUP, variant=True)),
    "CorrelationShift to 0": weighed(
        CorrelationShift(sensitive_features=GROUP, target=0.0, gammas=(0.2, 0.2))
    ),
    "MomentMatching": weighed(MomentMatching(sensitive_features=GROUP)),
    "FairSampler, uniform": resampled(FairSampler),
    "FairSampler, preferential": resampled(FairSampler, method="preferential"),
    "Massaging": resampled(Massaging),
    "FairSMOTE": resampled(FairSMOTE),
    "AntidoteSampler": resampled(AntidoteSampler),
    "FairDensitySampler": resampled(FairDensitySampler),
    "DisparateImpactRemover": transformed(DisparateImpactRemover(sensitive_features=GROUP)),
    "CorrelationRemover": transformed(CorrelationRemover(sensitive_features=GROUP)),
    "LFR, logistic regression": representation,
    "LocallyFairLGBM, penalty .5": locally_fair(0.5),
    "LocallyFairLGBM, penalty 2": locally_fair(2.0),
}


def tables(folder: str | None) -> dict[str, tuple[pd.DataFrame, np.ndarray]]:
    """One-hot tables with the sensitive column as 0 and 1, called "group"."""
    place = None if folder is None else Path(folder)
    adult = load_adult(place and place / "adult.parquet")
    compas = load_compas(place and place / "compas.csv")
    made = {}
    for title, data, column in (("adult, sex", adult, "sex"), ("COMPAS, race", compas, "race")):
        largest = data.X[column].value_counts().index[:2]
        kept = data.X[column].isin(largest).to_numpy()
        X, y = data.X[kept].reset_index(drop=True), data.y[kept].to_numpy()
        group = (X[column].astype(str) == str(largest[0])).astype(int)
        others = pd.get_dummies(X.drop(columns=column), dtype=float)
        others.columns = [f"x{place}" for place in range(others.shape[1])]
        numbers = others.fillna(others.median())
        made[title] = numbers.assign(**{GROUP: group}), y
    return made


def scored(
    y: np.ndarray, decided: np.ndarray, group: np.ndarray, constraint: str
) -> tuple[float, float]:
    """Difference between the groups, and accuracy."""
    report = group_report(y, decided, sensitive_features=group, n_bootstrap=0, min_rows=0)
    return report.difference(RATES[constraint]), float(np.mean(y == decided))


def best_threshold(y: np.ndarray, score: np.ndarray) -> float:
    """The threshold of most accurate decisions."""
    values = np.unique(np.quantile(score, np.linspace(0, 1, 401)))
    return float(values[np.argmax([np.mean((score > value) == y) for value in values])])


def one_split(
    X: pd.DataFrame, y: np.ndarray, seed: int, names: list[str], constraint: str
) -> list[dict[str, Any]]:
    """Every method on one split."""
    cells = X[GROUP].to_numpy() * 2 + y
    every = np.arange(len(y))
    rest, test = train_test_split(every, test_size=0.2, stratify=cells, random_state=seed)
    train, choose = train_test_split(rest, test_size=0.25, stratify=cells[rest], random_state=seed)
    group = X[GROUP].to_numpy()
    found = []
    for name in names:
        started = time.perf_counter()
        try:
            model = METHODS[name](seed).fit(X.iloc[train], y[train])
            on_choose, on_test = (
                model.predict_proba(X.iloc[rows])[:, 1] for rows in (choose, test)
            )
        except ValueError as error:  # a method may refuse a table, with a reason
            print(f"  {name}: {error}")
            continue
        seconds = time.perf_counter() - started
        curve = tradeoff_curve(
            y[choose],
            on_choose,
            sensitive_features=group[choose],
            test=(y[test], on_test, group[test]),
            constraint=constraint,
            tolerances=TOLERANCES,
            n_bootstraps=0,
        )
        decided = {name: 0.5}
        if name == UNTOUCHED:
            decided[TUNED] = best_threshold(y[choose], on_choose)
        for title, threshold in decided.items():
            gap, accuracy = scored(
                y[test], (on_test > threshold).astype(int), group[test], constraint
            )
            found.append(
                {
                    "method": title,
                    "seed": seed,
                    "gap": gap,
                    "accuracy": accuracy,
                    "auprc": average_precision_score(y[test], on_test),
                    "brier": brier_score_loss(y[test], on_test),
                    "curve_gap": curve.violation.tolist(),
                    "curve_accuracy": (1 - curve.cost).tolist(),
                    "seconds": seconds,
                }
            )
    return found


def curve_at(gap: float, gaps: list[float], accuracies: list[float]) -> float:
    """Best accuracy of the curve, joined by lines, at a difference; NaN below its least one."""
    order = np.argsort(gaps, kind="stable")
    x, y = np.array(gaps)[order], np.array(accuracies)[order]
    if gap < x[0]:
        return float("nan")
    best = float(y[x <= gap].max())
    for i in range(len(x)):  # the best mixture of a point on the left and one on the right
        for j in range(i + 1, len(x)):
            if x[i] <= gap <= x[j] and x[j] > x[i]:
                share = (gap - x[i]) / (x[j] - x[i])
                best = max(best, float((1 - share) * y[i] + share * y[j]))
    return best


def summary(found: list[dict[str, Any]]) -> pd.DataFrame:
    rows = pd.DataFrame(found)
    base = rows[rows["method"] == UNTOUCHED].set_index("seed")
    place = TOLERANCES.index(EQUAL)
    lines = []
    for name, of_method in rows.groupby("method", sort=False):
        gains = np.array(
            [
                row.accuracy
                - curve_at(
                    row.gap, base.loc[row.seed, "curve_gap"], base.loc[row.seed, "curve_accuracy"]
                )
                for row in of_method.itertuples()
            ]
        )
        reached = np.isfinite(gains)
        low = high = float("nan")
        if reached.sum() > 1:
            spread = gains[reached].std(ddof=1) * np.sqrt(1 / reached.sum() + TEST_TO_TRAIN)
            half = spread * stats.t.ppf(0.975, reached.sum() - 1)
            low, high = gains[reached].mean() - half, gains[reached].mean() + half
        verdict = "tied"
        if reached.mean() <= 0.5 or low > 0:
            verdict = "on the frontier"
        elif high < 0:
            verdict = "dominated"
        again = [
            row.curve_accuracy[place] - base.loc[row.seed, "curve_accuracy"][place]
            for row in of_method.itertuples()
        ]
        lines.append(
            {
                "method": name,
                "difference": of_method["gap"].mean(),
                "accuracy": of_method["accuracy"].mean(),
                "gain": gains[reached].mean() if reached.any() else float("nan"),
                "low": low,
                "high": high,
                "reached": f"{reached.sum()}/{len(reached)}",
                "verdict": verdict,
                "post-processed": float(np.mean(again)),
                "AUPRC": of_method["auprc"].mean(),
                "Brier": of_method["brier"].mean(),
                "seconds": of_method["seconds"].median(),
            }
        )
    return pd.DataFrame(lines)


def show(results: dict[str, list[dict[str, Any]]]) -> None:
    for title, found in results.items():
        base = pd.DataFrame([row for row in found if row["method"] == UNTOUCHED])
        print(f"\n{title}, {base['seed'].nunique()} splits")
        print("thresholds by group for the untouched LightGBM (mean over the splits):")
        curve = pd.DataFrame(
            {
                "tolerance": TOLERANCES,
                "difference": np.mean(base["curve_gap"].tolist(), axis=0),
                "accuracy": np.mean(base["curve_accuracy"].tolist(), axis=0),
            }
        )
        print(curve.round(4).to_string(index=False))
        print(summary(found).round(4).to_string(index=False))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="folder with adult.parquet and compas.csv")
    parser.add_argument("--constraint", choices=RATES, default="equalized_odds")
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--only", nargs="+", help="methods whose names hold one of these words")
    parser.add_argument("--quick", action="store_true", help="two splits of at most 8,000 rows")
    parser.add_argument("--store", help="JSON file for the numbers")
    parser.add_argument("--read", help="JSON file of a run to print")
    options = parser.parse_args()
    if options.read:
        show(json.loads(Path(options.read).read_text(encoding="utf-8")))
        return
    warnings.filterwarnings("ignore")
    names = [
        name
        for name in METHODS
        if not options.only or name == UNTOUCHED or any(word in name for word in options.only)
    ]
    results = {}
    for title, (X, y) in tables(options.data).items():
        if options.quick and len(y) > 8000:
            rows = np.random.RandomState(0).permutation(len(y))[:8000]
            X, y = X.iloc[rows].reset_index(drop=True), y[rows]
        results[title] = []
        for seed in range(2 if options.quick else options.splits):
            results[title] += one_split(X, y, seed, names, options.constraint)
            if options.store:
                Path(options.store).write_text(json.dumps(results), encoding="utf-8")
    show(results)


if __name__ == "__main__":
    main()
