"""What re-sampling does to probabilities, what a correction repairs, what a threshold does instead.

    python benchmarks/studies/honest_probabilities.py              (45 minutes on a busy machine)
    python benchmarks/studies/honest_probabilities.py --quick      (a few tables)
    python benchmarks/studies/honest_probabilities.py --read FILE  (print stored numbers)

Tables of the embedded suite with 700 rows or more and at most 300,000 cells, the rarest class
against the rest, 15 rare rows or more and at most 35 % of them; three stratified 60/40 splits of
each; one thread. Three learners, untuned: logistic regression, 100 boosted trees of LightGBM with
leaves of 5 rows or more, a forest of 100. Corrections and thresholds are learned from out-of-fold
predictions of the 60 % (three folds; the samplers work inside the folds); nothing is chosen on the
40 %.

A number is first averaged over the splits of a table, then over the tables of a source (tables
that are cuts of one count as one), then over sources. Intervals are 95 % bootstrap intervals over
sources; wins-ties-losses and signed-rank tests are over sources, too. `--store FILE` keeps all.
"""

import argparse
import json
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import logit
from scipy.stats import wilcoxon
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from strong_learner import tables

from imbalance_kit.benchmark._methods.pipelines import (
    Learner,
    forest,
    lightgbm,
    plain,
    resampled_pipeline,
    weighted,
)
from imbalance_kit.calibration import correct_prior
from imbalance_kit.calibration._reliability import calibration_line
from imbalance_kit.metrics import expected_calibration_error
from imbalance_kit.over_sampling import SMOTE, RandomOverSampler
from imbalance_kit.under_sampling import RandomUnderSampler

UNTOUCHED = "untouched"
NEAREST = 1e-6  # to 0 or 1; nearer probabilities are moved here for log loss, intercept and slope
N_SPLITS, N_FOLDS = 3, 3
MOST_CELLS = 300_000
PRICES = {"class ratio": None, "3": 3.0, "10": 10.0, "30": 30.0}  # of a missed positive, in alarms


class ImputedLogisticRegression(LogisticRegression):
    """Logistic regression that takes missing values, as the other two learners do."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        self.imputer_ = SimpleImputer(strategy="median", keep_empty_features=True).fit(X)
        return super().fit(self.imputer_.transform(X), y, sample_weight)

    def decision_function(self, X: Any) -> Any:
        return super().decision_function(self.imputer_.transform(X))


def logistic(seed: int, **parameters: Any) -> LogisticRegression:
    return ImputedLogisticRegression(max_iter=2000, **parameters)


LEARNERS = [
    Learner("logistic regression", logistic),
    Learner("LightGBM", lightgbm, native=True),
    Learner("forest", forest),
]


# ------------------------------------------------------------------ what is fitted, a line each

FITS: dict[str, Callable[[Learner, int], Any]] = {
    UNTOUCHED: plain,
    "class weight": weighted,
    "under-sampling": partial(resampled_pipeline, RandomUnderSampler),
    "over-sampling": partial(resampled_pipeline, RandomOverSampler),
    "SMOTE": partial(resampled_pipeline, SMOTE),
}


@dataclass
class Fitted:
    """Predictions of one model: of the test rows, and out of fold of the training rows."""

    y: np.ndarray
    out_of_fold: np.ndarray
    test: np.ndarray
    trained_on: np.ndarray  # class shares that the model saw
    prior: np.ndarray


class AsGiven(ClassifierMixin, BaseEstimator):
    """Probabilities as predictions of a classifier, for scikit-learn's calibrators."""

    def fit(self, X: Any, y: Any) -> "AsGiven":
        self.classes_ = np.unique(y)
        return self

    def decision_function(self, X: Any) -> Any:
        return logit(np.clip(X[:, 0], NEAREST, 1 - NEAREST))

    def predict(self, X: Any) -> Any:
        return self.classes_[(X[:, 0] > 0.5).astype(int)]


def as_predicted(fitted: Fitted, proba: np.ndarray) -> np.ndarray:
    return proba


def by_class_shares(fitted: Fitted, proba: np.ndarray) -> np.ndarray:
    both = np.column_stack([1 - proba, proba])
    return correct_prior(both, trained_on=fitted.trained_on, true_prior=fitted.prior)[:, 1]


def by_calibrator(method: str, fitted: Fitted, proba: np.ndarray) -> np.ndarray:
    """What ``CalibratedClassifierCV(model, method=method, ensemble=False)`` predicts."""
    learned = fitted.out_of_fold[:, np.newaxis]
    given = FrozenEstimator(AsGiven().fit(learned, fitted.y))
    calibrator = CalibratedClassifierCV(given, method=method).fit(learned, fitted.y)
    return calibrator.predict_proba(proba[:, np.newaxis])[:, 1]


SHARES, CURVE, STEPS = "class shares", "logistic curve", "isotonic"
CORRECTIONS: dict[str, Callable[[Fitted, np.ndarray], np.ndarray]] = {
    "": as_predicted,
    SHARES: by_class_shares,
    CURVE: partial(by_calibrator, "sigmoid"),
    STEPS: partial(by_calibrator, "isotonic"),
}
METHODS = {
    f"{fit}, {correction}" if correction else fit: (fit, correction)
    for fit in FITS
    for correction in CORRECTIONS
    if not (fit == UNTOUCHED and correction == SHARES)
}


# ------------------------------------------------------------------ what is measured


def best_thresholds(y: np.ndarray, proba: np.ndarray, prices: dict[str, float]) -> dict[str, float]:
    """Thresholds that are best on these rows; of equally good ones the nearest to the prior."""
    order = np.argsort(-proba, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(proba[order])), len(y) - 1)
    found = np.append(0, np.cumsum(y[order])[ends])
    alarms = np.append(0, ends + 1)
    values = proba[order][ends]
    cuts = np.concatenate([[np.inf], (values[:-1] + values[1:]) / 2, [-np.inf]])
    n_positive = y.sum()
    false = alarms - found
    gains = {
        "balanced accuracy": found / n_positive - false / (len(y) - n_positive),
        "F1": 2 * found / (n_positive + alarms),
    }
    for name, price in prices.items():
        gains[f"cost {name}"] = -(false + price * (n_positive - found))
    near = np.abs(cuts - y.mean())
    return {
        name: float(cuts[np.lexsort((near, -np.round(gain, 12)))[0]])
        for name, gain in gains.items()
    }


def cost_of(y: np.ndarray, alarm: np.ndarray, price: float) -> float:
    """Mean cost over that of the better constant decision: 1 is what no model gives for free."""
    paid = (alarm & (y == 0)).mean() + price * (~alarm & (y == 1)).mean()
    return float(paid / min(price * y.mean(), 1 - y.mean()))


def decision_scores(y: np.ndarray, alarm: np.ndarray) -> tuple[float, float]:
    recall, other = alarm[y == 1].mean(), (~alarm)[y == 0].mean()
    f1 = 2 * (alarm & (y == 1)).sum() / max(alarm.sum() + y.sum(), 1)
    return float((recall + other) / 2), float(f1)


def measure(
    y: np.ndarray,
    proba: np.ndarray,
    thresholds: dict[str, float],
    prior: float,
    prices: dict[str, float],
) -> dict[str, float]:
    share = y.mean()
    inside = np.clip(proba, NEAREST, 1 - NEAREST)
    line = calibration_line(y.astype(float), inside, np.ones(len(y)))
    entropy = -(share * np.log(share) + (1 - share) * np.log(1 - share))
    told = np.where(y == 1, inside, 1 - inside)
    scores = {
        "AUPRC": average_precision_score(y, proba),
        "Brier": np.mean((proba - y) ** 2),
        "Brier ratio": np.mean((proba - y) ** 2) / (share * (1 - share)),
        "log loss": -np.log(told).mean(),
        "log loss ratio": -np.log(told).mean() / entropy,
        "ECE": 100 * expected_calibration_error(y, proba, strategy="quantile"),
        "log ratio": np.log(inside.mean() / share),
        "intercept": line.offset,
        "slope": line.slope,
    }
    for rule, cut in [("at .5", 0.5), ("at the class share", prior)]:
        scores[f"balanced accuracy {rule}"], scores[f"F1 {rule}"] = decision_scores(y, proba >= cut)
    scores["balanced accuracy tuned"], _ = decision_scores(
        y, proba >= thresholds["balanced accuracy"]
    )
    _, scores["F1 tuned"] = decision_scores(y, proba >= thresholds["F1"])
    for name, price in prices.items():
        scores[f"cost {name} at .5"] = cost_of(y, proba >= 0.5, price)
        scores[f"cost {name} Bayes"] = cost_of(y, proba >= 1 / (1 + price), price)
        scores[f"cost {name} tuned"] = cost_of(y, proba >= thresholds[f"cost {name}"], price)
    return {name: float(value) for name, value in scores.items()}


# ------------------------------------------------------------------ other ways to a price


def weights_by_price(
    learner: Learner, seed: int, X: Any, y: np.ndarray, X_test: Any, price: float
) -> np.ndarray:
    model = plain(learner, seed, class_weight={0: 1.0, 1: price}).fit(X, y)
    return model.predict(X_test) == 1


PRICE_RULES: dict[str, Callable[..., np.ndarray]] = {
    "class weight = price, at .5": weights_by_price,
}


# ------------------------------------------------------------------ running


def fitted_on(
    build: Callable[[Learner, int], Any],
    learner: Learner,
    seed: int,
    X: Any,
    y: np.ndarray,
    train: np.ndarray,
    test: np.ndarray,
) -> Fitted:
    model = build(learner, seed)
    X_train, y_train = X.iloc[train], y[train]
    out_of_fold = np.empty(len(train))
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=seed)
    for inside, outside in folds.split(X_train, y_train):
        learned = clone(model).fit(X_train.iloc[inside], y_train[inside])
        out_of_fold[outside] = learned.predict_proba(X_train.iloc[outside])[:, 1]
    model.fit(X_train, y_train)
    prior = np.bincount(y_train) / len(train)
    seen = getattr(model.steps[-1][1], "resampled_prior_", prior)
    if model.steps[-1][1].get_params().get("class_weight") == "balanced":
        seen = np.array([0.5, 0.5])
    return Fitted(y_train, out_of_fold, model.predict_proba(X.iloc[test])[:, 1], seen, prior)


def one_split(learner: Learner, X: Any, y: np.ndarray, seed: int) -> dict[str, dict]:
    rows = np.arange(len(y))
    train, test = train_test_split(rows, test_size=0.4, stratify=y, random_state=seed)
    share = y[train].mean()
    prices = {name: price or (1 - share) / share for name, price in PRICES.items()}
    results = {}
    fitted = {
        name: fitted_on(build, learner, seed, X, y, train, test) for name, build in FITS.items()
    }
    for method, (fit, correction) in METHODS.items():
        own = fitted[fit]
        correct = CORRECTIONS[correction]
        thresholds = best_thresholds(own.y, correct(own, own.out_of_fold), prices)
        proba = np.clip(correct(own, own.test), 0.0, 1.0)
        results[method] = measure(y[test], proba, thresholds, share, prices)
    for rule, decide in PRICE_RULES.items():
        results[rule] = {}
        for name, price in prices.items():
            alarm = decide(learner, seed, X.iloc[train], y[train], X.iloc[test], price)
            results[rule][f"cost {name} Bayes"] = cost_of(y[test], alarm, price)
    return results


def over_splits(splits: list[dict[str, float]]) -> dict[str, float]:
    """Means; of the slope, which a table that is easy to part makes infinite, the median."""
    means = {}
    for name in splits[0]:
        values = np.array([split[name] for split in splits])
        means[name] = float(np.nanmedian(values) if name == "slope" else np.mean(values))
    return means


def run(quick: bool) -> dict[str, Any]:
    started = time.perf_counter()
    chosen = [
        (record, X if isinstance(X, pd.DataFrame) else pd.DataFrame(X), y)
        for role in ("choose", "confirm")
        for record, X, y in tables(role, all_classes=False)
        if X.shape[0] * X.shape[1] <= MOST_CELLS
    ]
    chosen = chosen[::12] if quick else chosen
    about, results = [], {learner.name: {} for learner in LEARNERS}
    for record, X, y in chosen:
        X.columns = X.columns.astype(str)
        for learner in LEARNERS:
            splits = [one_split(learner, X, y, seed) for seed in range(1 if quick else N_SPLITS)]
            for method in splits[0]:
                means = over_splits([split[method] for split in splits])
                results[learner.name].setdefault(method, []).append(means)
        about.append(
            {
                "name": record.name,
                "source": record.source,
                "rows": len(y),
                "columns": X.shape[1],
                "rare rows": int(y.sum()),
                "rare share": float(y.mean()),
            }
        )
        seconds = time.perf_counter() - started
        print(f"\r{len(about)}/{len(chosen)} {seconds:.0f} s {record.name:40}", end="", flush=True)
    print("\r" + " " * 70, end="\r")
    return {"about": about, "results": results, "seconds": time.perf_counter() - started}


# ------------------------------------------------------------------ printing


class BySource:
    """Numbers of methods as means over the tables of each source, with bootstrap intervals."""

    def __init__(self, stored: dict[str, Any]) -> None:
        self.results = stored["results"]
        self.about = stored["about"]
        self.source = np.array([table["source"] for table in self.about])
        self.sources = np.unique(self.source)
        rng = np.random.RandomState(0)
        self.drawn = rng.randint(len(self.sources), size=(10_000, len(self.sources)))

    def values(self, learner: str, method: str, measure: str) -> np.ndarray:
        each = np.array([table[measure] for table in self.results[learner][method]])
        middle = np.nanmedian if measure == "slope" else np.mean
        return np.array([middle(each[self.source == source]) for source in self.sources])

    def mean(self, values: np.ndarray, digits: int = 3) -> str:
        low, high = np.quantile(values[self.drawn].mean(axis=1), [0.025, 0.975])
        return f"{values.mean():.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"

    def median(self, values: np.ndarray, digits: int = 2) -> str:
        """Where a few sources would settle the mean; an infinite slope is a slope, NaN none."""
        middle = np.nanmedian(values[self.drawn], axis=1)
        low, high = np.quantile(middle, [0.025, 0.975], method="nearest")
        return f"{np.nanmedian(values):.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"

    def ratio(self, logarithms: np.ndarray) -> str:
        low, high = np.exp(np.quantile(logarithms[self.drawn].mean(axis=1), [0.025, 0.975]))
        return f"{np.exp(logarithms.mean()):.2f} [{low:.2f}, {high:.2f}]"


def against(difference: np.ndarray) -> str:
    """Wins-ties-losses and signed rank; a positive difference is a win."""
    difference = np.round(difference, 6)
    p = wilcoxon(difference).pvalue if difference.any() else 1.0
    won, tied, lost = ((np.sign(difference) == sign).sum() for sign in (1, 0, -1))
    return f"{won}-{tied}-{lost}, p " + (f"{p:.4f}" if p >= 1e-4 else "< 0.0001")


def print_table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """A table as the documentation takes it."""
    cells = [columns, *rows]
    widths = [max(len(row[k]) for row in cells) for k in range(len(columns))]
    border = "  ".join("=" * width for width in widths)
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
    print("\n".join(["", title, "", border, lines[0], border, *lines[1:], border]))


def report(stored: dict[str, Any]) -> None:
    numbers = BySource(stored)
    shares = [table["rare share"] for table in numbers.about]
    print(
        f"{len(numbers.about)} tables of {len(numbers.sources)} sources, rare share "
        f"{min(shares):.2%} to {max(shares):.1%}, {stored['seconds'] / 60:.0f} minutes. Intervals "
        "are 95 % bootstrap intervals over sources; wins-ties-losses are over sources, too."
    )
    for show in (print_promises, print_scores, print_decisions, print_costs):
        for learner in stored["results"]:
            show(numbers, learner)


def print_promises(numbers: BySource, learner: str) -> None:
    rows = []
    for method in METHODS:
        value = partial(numbers.values, learner, method)
        rows.append(
            [
                method,
                numbers.ratio(value("log ratio")),
                numbers.median(value("intercept")),
                numbers.median(value("slope")),
                numbers.mean(value("ECE"), digits=2),
            ]
        )
    columns = [
        "method",
        "predicted / observed",
        "intercept, median",
        "slope, median",
        "calibration error, points",
    ]
    print_table(f"{learner}: what is predicted", columns, rows)


def print_scores(numbers: BySource, learner: str) -> None:
    rows = []
    untouched = numbers.values(learner, UNTOUCHED, "Brier")
    for method in METHODS:
        value = partial(numbers.values, learner, method)
        rows.append(
            [
                method,
                numbers.mean(value("Brier"), digits=4),
                "-" if method == UNTOUCHED else against(untouched - value("Brier")),
                numbers.median(value("Brier ratio")),
                numbers.mean(value("log loss")),
                numbers.mean(value("AUPRC")),
            ]
        )
    columns = [
        "method",
        "Brier score",
        "against untouched",
        "over a constant's, median",
        "log loss",
        "average precision",
    ]
    print_table(f"{learner}: scores", columns, rows)


def print_decisions(numbers: BySource, learner: str) -> None:
    rows = []
    best = {
        name: numbers.values(learner, UNTOUCHED, f"{name} tuned")
        for name in ("balanced accuracy", "F1")
    }
    for method, (_, correction) in METHODS.items():
        if correction:
            continue
        value = partial(numbers.values, learner, method)
        half = value("balanced accuracy at .5"), value("F1 at .5")
        rows.append(
            [
                method,
                numbers.mean(half[0]),
                numbers.mean(value("balanced accuracy at the class share")),
                numbers.mean(value("balanced accuracy tuned")),
                against(half[0] - best["balanced accuracy"]),
                numbers.mean(half[1]),
                numbers.mean(value("F1 tuned")),
                against(half[1] - best["F1"]),
            ]
        )
    columns = [
        "method",
        "balanced accuracy at .5",
        "at the class share",
        "tuned",
        "at .5 against untouched, tuned",
        "F1 at .5",
        "F1 tuned",
        "F1 at .5 against untouched, tuned",
    ]
    print_table(f"{learner}: decisions", columns, rows)


def print_costs(numbers: BySource, learner: str) -> None:
    """Medians: believing wrong probabilities can cost fifty times what doing nothing does."""
    pairs = [
        (f"{method}, {words}", method, rule)
        for rule, words in [("at .5", "at .5"), ("Bayes", "by price"), ("tuned", "tuned")]
        for method, (fit, correction) in METHODS.items()
        if not correction or (rule == "Bayes" and (correction != STEPS or fit == UNTOUCHED))
    ]
    pairs += [(rule, rule, "Bayes") for rule in PRICE_RULES]
    rows, wins = [], []
    for label, method, rule in pairs:
        measures = [f"cost {name} {rule}" for name in PRICES]
        own = [numbers.values(learner, method, measure) for measure in measures]
        best = [numbers.values(learner, UNTOUCHED, f"cost {name} tuned") for name in PRICES]
        rows.append([label, *map(numbers.median, own)])
        wins.append([label, *[against(b - o) for b, o in zip(best, own, strict=True)]])
    columns = ["rule", *[f"price: {name}" for name in PRICES]]
    print_table(f"{learner}: cost over that of the better constant, median", columns, rows)
    print_table(f"{learner}: wins on cost against untouched, tuned", columns, wins)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few tables, one split each")
    parser.add_argument("--store", help="write the numbers to this JSON file, too")
    parser.add_argument("--read", help="print the numbers of such a file and fit nothing")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    if arguments.read:
        stored = json.loads(Path(arguments.read).read_text())
    else:
        stored = run(arguments.quick)
    if arguments.store:
        Path(arguments.store).write_text(json.dumps(stored))
    report(stored)


if __name__ == "__main__":
    main()
