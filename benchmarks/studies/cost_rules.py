"""Which rule decides at the least cost? Costs in the decision, in training, or in the labels.

    python benchmarks/studies/cost_rules.py                        (about 30 minutes)
    python benchmarks/studies/cost_rules.py --quick                (a few tables)
    python benchmarks/studies/cost_rules.py --read FILE            (print stored numbers)

Tables and sources as in ``honest_probabilities.py``, one stratified 60/40 split of each, one
thread. A missed positive costs 10 false alarms, or as many as there are negatives to one positive.
Every rule is fitted on the 60 % with the costs it decides by, and pays on the 40 %. What it pays is
divided by what the better of the two constant decisions pays: 1 is what no model gives for free.

Intervals are 95 % bootstrap intervals over sources; wins-ties-losses and signed-rank tests are over
sources, too. `--store FILE` keeps all.
"""

import argparse
import json
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from honest_probabilities import MOST_CELLS, BySource, against, cost_of, logistic, print_table
from sklearn.model_selection import train_test_split
from strong_learner import tables

from imbalance_kit.benchmark._methods.pipelines import (
    Learner,
    forest,
    lightgbm,
    plain,
    resampled_pipeline,
    tree,
    wrapped,
)
from imbalance_kit.cost import (
    CostMatrix,
    CostSensitiveClassifier,
    MetaCostClassifier,
    MinimumExpectedCostClassifier,
    ThresholdedClassifierCV,
)
from imbalance_kit.under_sampling import RandomUnderSampler

PRICES = {"10": 10.0, "class ratio": None}
LEARNERS = [
    Learner("logistic regression", logistic),
    Learner("tree", tree),
    Learner("forest", forest),
    Learner("LightGBM", lightgbm, native=True),
]
BAYES = "least expected cost"


def by_costs(
    rule: Callable[..., Any], learner: Learner, costs: CostMatrix, **parameters: Any
) -> Any:
    return wrapped(rule, learner, 0, cost_matrix=costs, **parameters)


def at_half(learner: Learner, costs: CostMatrix) -> Any:
    return plain(learner, 0)


def under_sampled(learner: Learner, costs: CostMatrix) -> Any:
    return resampled_pipeline(RandomUnderSampler, learner, 0)


RULES: dict[str, Callable[[Learner, CostMatrix], Any]] = {
    "untouched, at .5": at_half,
    "under-sampled to 1:1, at .5": under_sampled,
    f"{BAYES}, not calibrated": partial(by_costs, MinimumExpectedCostClassifier, calibration=None),
    BAYES: partial(by_costs, MinimumExpectedCostClassifier, calibration="sigmoid"),
    f"{BAYES}, isotonic": partial(by_costs, MinimumExpectedCostClassifier, calibration="isotonic"),
    "tuned threshold": partial(by_costs, ThresholdedClassifierCV),
    "weights": partial(by_costs, CostSensitiveClassifier, method="weights"),
    "rejection samples": partial(by_costs, CostSensitiveClassifier, method="rejection"),
    "MetaCost": partial(by_costs, MetaCostClassifier),
}


def paid(learner: Learner, X: Any, y: np.ndarray) -> dict[str, dict[str, float]]:
    """Relative cost by rule and price."""
    train, test = train_test_split(np.arange(len(y)), test_size=0.4, stratify=y, random_state=0)
    share = y[train].mean()
    costs: dict[str, dict[str, float]] = {rule: {} for rule in RULES}
    for name, fixed in PRICES.items():
        price = fixed or (1 - share) / share
        matrix = CostMatrix.from_prices(false_positive=1.0, false_negative=price)
        for rule, build in RULES.items():
            model = build(learner, matrix).fit(X.iloc[train], y[train])
            costs[rule][name] = cost_of(y[test], model.predict(X.iloc[test]) == 1, price)
    return costs


def run(quick: bool) -> dict[str, Any]:
    started = time.perf_counter()
    chosen = [
        (record, X if isinstance(X, pd.DataFrame) else pd.DataFrame(X), y)
        for role in ("choose", "confirm")
        for record, X, y in tables(role, all_classes=False)
        if X.shape[0] * X.shape[1] <= MOST_CELLS
    ]
    chosen = chosen[::12] if quick else chosen
    about: list[dict[str, Any]] = []
    results: dict[str, dict[str, list]] = {learner.name: {} for learner in LEARNERS}
    for record, X, y in chosen:
        X.columns = X.columns.astype(str)
        for learner in LEARNERS:
            for rule, costs in paid(learner, X, y).items():
                results[learner.name].setdefault(rule, []).append(costs)
        about.append({"name": record.name, "source": record.source, "rare rows": int(y.sum())})
        seconds = time.perf_counter() - started
        print(f"\r{len(about)}/{len(chosen)} {seconds:.0f} s {record.name:40}", end="", flush=True)
    print("\r" + " " * 70, end="\r")
    return {"about": about, "results": results, "seconds": time.perf_counter() - started}


def report(stored: dict[str, Any]) -> None:
    numbers = BySource(stored)
    print(
        f"{len(numbers.about)} tables of {len(numbers.sources)} sources, "
        f"{stored['seconds'] / 60:.0f} minutes."
    )
    for learner in stored["results"]:
        rows = []
        for rule in RULES:
            row = [rule]
            for price in PRICES:
                values = numbers.values(learner, rule, price)
                first = numbers.values(learner, BAYES, price)
                row += [numbers.mean(values, 2), "-" if rule == BAYES else against(first - values)]
            rows.append(row)
        columns = ["rule"]
        for price in PRICES:
            columns += [f"cost, price {price}", "against least expected cost"]
        print_table(f"{learner}: what the decisions cost", columns, rows)
    print_winners(stored)


def print_winners(stored: dict[str, Any]) -> None:
    """How often each rule is the cheapest, by the number of rare rows; ties are shared."""
    rare = np.array([table["rare rows"] for table in stored["about"]])
    source = np.array([table["source"] for table in stored["about"]])
    levels = {
        "below 60": rare < 60,
        "60 to 300": (rare >= 60) & (rare < 300),
        "300 up": rare >= 300,
    }
    rules = [rule for rule in RULES if ", isotonic" not in rule]
    for learner, results in stored["results"].items():
        won: dict[str, list[str]] = {rule: [rule] for rule in rules}
        for in_level in levels.values():
            for price in PRICES:
                costs = np.array([[table[price] for table in results[rule]] for rule in rules])
                cheapest = costs <= costs.min(axis=0) + 1e-9
                points = cheapest / cheapest.sum(axis=0)
                # tables that are cuts of one share its one vote
                vote = np.array([in_level[source == name].sum() for name in source])
                share = points[:, in_level] @ (1.0 / vote[in_level])
                for rule, value in zip(rules, share / share.sum(), strict=True):
                    won[rule].append(f"{100 * value:.0f} %")
        columns = ["rule"] + [f"{level}, {price}" for level in levels for price in PRICES]
        title = f"{learner}: how often the cheapest, by rare rows in the table, and price"
        print_table(title, columns, list(won.values()))
    n_sources = {level: len(np.unique(source[in_level])) for level, in_level in levels.items()}
    print(f"\nSources by rare rows: {n_sources}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a few tables")
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
