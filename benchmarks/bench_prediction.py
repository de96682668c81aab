"""What ensembles and wrappers add to the prediction of their members.

    python benchmarks/bench_prediction.py [--rows 1 1000000] [--only WORD ...] [--repeats 9]

Every model is fitted on made rows of 30 columns. Then it and its members predict the same rows in
turn, in this process and one thread: for an ensemble the members are its learners one after the
other, for a wrapper the models that it holds, all by their own public method. Printed are processor
microseconds a call, medians, and ours over theirs. Members of wrappers are logistic regressions,
the fastest models there are: beside slower ones a wrapper adds a smaller share.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression

from imbalance_kit import calibration, compose, cost, ensemble, fairness, losses

N_COLUMNS, N_FIT = 30, 4_000
_LONG_ENOUGH = 0.02  # seconds of calls between two looks at the clock


class Pair(NamedTuple):
    """A model's call and the calls of its members, on the same rows."""

    ours: Callable[[Any], Any]
    members: list[Callable[[Any], Any]]


def by_columns(model: Any) -> Pair:
    """Learners of an ensemble, one after the other."""
    if hasattr(model, "estimators_features_"):
        chosen = zip(model.estimators_, model.estimators_features_, strict=True)
        calls = [lambda X, m=m, columns=c: m.predict_proba(X[:, columns]) for m, c in chosen]
        return Pair(model.predict_proba, calls)
    return Pair(model.predict_proba, [one.predict_proba for one in model.estimators_])


def by_model(model: Any, method: str = "predict_proba", beside: str = "predict_proba") -> Pair:
    """The one model that a wrapper holds."""
    return Pair(getattr(model, method), [getattr(model.estimator_, beside)])


def ensembles() -> dict[str, Any]:
    """Ensembles by the name of the row."""
    names = [
        "SelfPacedEnsembleClassifier",
        "UnderBaggingClassifier",
        "BalanceCascadeClassifier",
        "OverBaggingClassifier",
        "SMOTEBaggingClassifier",
        "ResamplingBaggingClassifier",
        "BalancedBaggingClassifier",
        "BalancedRandomForestClassifier",
        "RUSBoostClassifier",
        "OverBoostClassifier",
        "SMOTEBoostClassifier",
        "KmeansSMOTEBoostClassifier",
        "AdaCostClassifier",
        "AdaUBoostClassifier",
        "AsymBoostClassifier",
        "EasyEnsembleClassifier",
    ]
    found = {name: getattr(ensemble, name)(random_state=0) for name in names}
    linear = {"estimator": LogisticRegression(), "n_estimators": 20, "random_state": 0}
    for name in names[:2]:
        found[f"{name}, logistic"] = getattr(ensemble, name)(**linear)
        found[f"{name}, recalibrated"] = getattr(ensemble, name)(recalibrate=True, random_state=0)
    return found


def wrappers() -> dict[str, tuple[Any, str, str]]:
    """Wrappers by the name of the row, the method that is timed and that of the model beside it."""
    model = LogisticRegression()
    costs = [[0, 1], [20, 0]]
    by_cost = cost.MinimumExpectedCostClassifier(model, cost_matrix=costs, calibration=None)
    found: dict[str, tuple[Any, str, str]] = {
        "ResampledClassifier": (compose.ResampledClassifier(model), "predict_proba", ""),
        "ResampledClassifier, recalibrated": (
            compose.ResampledClassifier(model, recalibrate=True),
            "predict_proba",
            "",
        ),
        "WeightedClassifier": (compose.WeightedClassifier(model), "predict_proba", ""),
        "WeightedClassifier, predict": (compose.WeightedClassifier(model), "predict", "predict"),
        "CostSensitiveClassifier": (cost.CostSensitiveClassifier(model), "predict_proba", ""),
        "CostSensitiveClassifier, predict": (
            cost.CostSensitiveClassifier(model),
            "predict",
            "predict",
        ),
        "MinimumExpectedCostClassifier, predict": (by_cost, "predict", "predict_proba"),
        "MinimumExpectedCostClassifier": (by_cost, "predict_proba", ""),
        "MinimumExpectedCostClassifier, calibrated, predict": (
            cost.MinimumExpectedCostClassifier(model, cost_matrix=costs, calibration="sigmoid"),
            "predict",
            "predict_proba",
        ),
        "MetaCostClassifier, predict": (cost.MetaCostClassifier(model), "predict", "predict"),
        "MetaCostClassifier": (cost.MetaCostClassifier(model), "predict_proba", ""),
        "ThresholdedClassifierCV, predict": (
            cost.ThresholdedClassifierCV(model),
            "predict",
            "predict_proba",
        ),
        "PriorCorrectedClassifier": (
            calibration.PriorCorrectedClassifier(model, true_prior=[0.99, 0.01]),
            "predict_proba",
            "",
        ),
        "TemperatureScaledClassifier": (
            calibration.TemperatureScaledClassifier(model),
            "predict_proba",
            "",
        ),
        "LogitAdjustedClassifier, predict": (
            calibration.LogitAdjustedClassifier(model, tau=1.0),
            "predict",
            "predict",
        ),
        "LogitAdjustedClassifier": (
            calibration.LogitAdjustedClassifier(model, tau=1.0),
            "predict_proba",
            "",
        ),
        "LabelShiftClassifier": (calibration.LabelShiftClassifier(model), "predict_proba", ""),
        "WeightAlignedClassifier, predict": (
            calibration.WeightAlignedClassifier(model, tau=0.5),
            "predict",
            "predict",
        ),
        "WeightAlignedClassifier": (
            calibration.WeightAlignedClassifier(model, tau=0.5),
            "predict_proba",
            "",
        ),
        "FairThresholdClassifier, predict": (
            fairness.FairThresholdClassifier(model, sensitive_features=0),
            "predict",
            "predict_proba",
        ),
        "FairThresholdClassifier": (
            fairness.FairThresholdClassifier(model, sensitive_features=0),
            "predict_proba",
            "",
        ),
        "ImbalancedLGBMClassifier": (
            losses.ImbalancedLGBMClassifier(random_state=0),
            "predict_proba",
            "",
        ),
    }
    return found


def pairs(X: np.ndarray, y: np.ndarray, only: list[str] | None) -> dict[str, Pair]:
    """Fitted models and their members by the name of the row."""

    def wanted(name: str) -> bool:
        return not only or any(word in name for word in only)

    found = {
        name: by_columns(model.fit(X, y)) for name, model in ensembles().items() if wanted(name)
    }
    for name, (model, method, beside) in wrappers().items():
        if wanted(name):
            found[name] = by_model(model.fit(X, y), method, beside or "predict_proba")
    if wanted("VennAbersClassifier"):
        venn = calibration.VennAbersClassifier(LogisticRegression()).fit(X, y)
        found["VennAbersClassifier"] = by_columns(venn)
    if wanted("ConformalClassifier"):
        conformal = calibration.ConformalClassifier(LogisticRegression()).fit(X, y)
        members = by_columns(conformal).members
        found["ConformalClassifier"] = Pair(conformal.predict_proba, members)
        found["ConformalClassifier, predict_set"] = Pair(conformal.predict_set, members)
    if wanted("FairThresholdClassifier, groups beside X"):
        model = fairness.FairThresholdClassifier(LogisticRegression())
        model.fit(X, y, sensitive_features=X[:, 0])
        found["FairThresholdClassifier, groups beside X"] = Pair(
            lambda rows: model.predict(rows, sensitive_features=rows[:, 0]),
            [model.estimator_.predict_proba],
        )
    return found


def seconds_of(call: Callable[[], object], n_calls: int) -> float:
    started = time.process_time()
    for _ in range(n_calls):
        call()
    return (time.process_time() - started) / n_calls


def race(pair: Pair, rows: Any, repeats: int) -> tuple[float, float, float]:
    """Processor seconds of a call of ours and of the members, and the median of the ratios."""

    def theirs() -> None:
        for member in pair.members:
            member(rows)

    def ours() -> None:
        pair.ours(rows)

    theirs()
    n_calls = max(1, int(_LONG_ENOUGH / max(seconds_of(ours, 1), 1e-6)))
    n_theirs = max(1, int(_LONG_ENOUGH / max(seconds_of(theirs, 1), 1e-6)))
    taken = np.array(
        [(seconds_of(ours, n_calls), seconds_of(theirs, n_theirs)) for _ in range(repeats)]
    )
    mine, other = np.median(taken, axis=0)
    return mine, other, float(np.median(taken[:, 0] / taken[:, 1]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[1, 1_000_000])
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--only", nargs="*", help="rows whose name contains one of these")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    X, y = make_classification(
        N_FIT, N_COLUMNS, n_informative=10, weights=[0.95], flip_y=0.02, random_state=0
    )
    X[:, 0] = X[:, 0] > 0  # two groups
    models = pairs(X, y, arguments.only)
    rng = np.random.default_rng(1)
    for n_rows in arguments.rows:
        rows = X[rng.integers(len(X), size=n_rows)]
        repeats = arguments.repeats if n_rows <= 10_000 else min(arguments.repeats, 3)
        print(f"\n{n_rows:,} rows{'':42}{'ours, us':>14}{'members, us':>14}{'ratio':>8}")
        for name, pair in models.items():
            mine, theirs, ratio = race(pair, rows, repeats)
            print(f"{name:54}{mine * 1e6:>14,.0f}{theirs * 1e6:>14,.0f}{ratio:>8.2f}", flush=True)


if __name__ == "__main__":
    main()
