"""Five calibrated copies or one: what `ensemble` of MinimumExpectedCostClassifier is worth.

    python benchmarks/bench_cost_calibration.py [--most-cells 100000] [--splits 2]
        [--methods sigmoid isotonic] [--learners tree ...]

Tables of the embedded suite with 700 rows or more and at most so many cells, the rarest class
against the rest, 15 rare rows or more and at most 35 % of them; stratified 60/40 splits of each;
one thread. Nominal columns are codes. Learners are untuned. A missed rare row costs 10 false
alarms, or as many as there are rows of the other class for each.

For each learner, and for ``ensemble=True``, ``False`` and the learner as it is: log loss, the
share of the cost that is saved against the best constant decision, seconds to fit, milliseconds to
decide one row and a table of 1,000. All are means over splits, then tables of a source, then
sources; times are medians. The last lines compare the two, source by source: wins, ties and losses
of the ensemble, and a signed-rank test.
"""

import argparse
import time
import warnings

import numpy as np
from lightgbm import LGBMClassifier
from scipy.stats import wilcoxon
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.cost import MinimumExpectedCostClassifier, savings_score
from imbalance_kit.datasets import load_suite

NEAREST = 1e-6  # to 0 or 1; nearer probabilities are moved here for the log loss
FORMS = {"five copies": True, "one": False, "as it is": None}


def learners(seed):
    """Unfitted classifiers by name."""
    return {
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "naive Bayes": GaussianNB(),
        "tree": DecisionTreeClassifier(random_state=seed),
        "forest": RandomForestClassifier(100, random_state=seed),
        "LightGBM": LGBMClassifier(n_estimators=100, verbose=-1, n_jobs=1, random_state=seed),
    }


def tables(most_cells):
    """Tables as numbers, with the rarest class against the rest."""
    seen = set()
    for record in load_suite("embedded"):
        X, labels = record.load()
        _, y = np.unique(np.asarray(labels).astype(str), return_inverse=True)
        y = (y == np.bincount(y).argmin()).astype(int)
        rare = y.sum()
        same = (record.source, len(y), X.shape[1], rare)
        fits = len(y) >= 700 and X.size <= most_cells and 15 <= rare <= 0.35 * len(y)
        if same in seen or not fits:
            continue
        seen.add(same)
        columns = [X[name].cat.codes if X[name].dtype == "category" else X[name] for name in X]
        numbers = np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])
        yield record, SimpleImputer(strategy="median").fit_transform(numbers), y


def seconds(call):
    """Median of some runs, and what was returned."""
    spent = []
    for _ in range(5):
        start = time.perf_counter()
        found = call()
        spent.append(time.perf_counter() - start)
    return float(np.median(spent)), found


def measured(learner, X, y, seed, method):
    """Figures of each form on one split."""
    train, test = train_test_split(np.arange(len(y)), test_size=0.4, stratify=y, random_state=seed)
    prices = (10.0, float(np.mean(y[train] == 0) / np.mean(y[train] == 1)))
    for form, ensemble in FORMS.items():
        given: dict = {"calibration": None} if ensemble is None else {"ensemble": ensemble}
        model = MinimumExpectedCostClassifier(
            learner, cost_matrix=[[0, 1], [10, 0]], **({"calibration": method} | given)
        )
        start = time.perf_counter()
        model.fit(X[train], y[train])
        fit = time.perf_counter() - start
        many = X[np.resize(test, 1000)]
        by_row, _ = seconds(lambda model=model: model.predict(X[test[:1]]))
        by_table, _ = seconds(lambda model=model, many=many: model.predict(many))
        proba = model.predict_proba(X[test])
        saved = []
        for price in prices:
            decided = (proba[:, 1] * price > proba[:, 0]).astype(int)
            saved.append(savings_score(y[test], decided, cost_matrix=[[0, 1], [price, 0]]))
        loss = log_loss(y[test], np.clip(proba[:, 1], NEAREST, 1 - NEAREST))
        yield form, [loss, *saved, fit, 1000 * by_row, 1000 * by_table]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--most-cells", type=int, default=100_000)
    parser.add_argument("--splits", type=int, default=2)
    parser.add_argument("--methods", nargs="+", default=["sigmoid"])
    parser.add_argument("--learners", nargs="+", default=list(learners(0)))
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    for method in given.methods:
        found: dict = {}
        for record, X, y in tables(given.most_cells):
            for name in given.learners:
                for seed in range(given.splits):
                    for form, row in measured(learners(seed)[name], X, y, seed, method):
                        of_source = found.setdefault((name, form), {})
                        of_source.setdefault(record.source, []).append(row)
        report(method, found)


def report(method, found):
    """Means over sources, and the comparison of the two forms."""
    print(f"\ncalibration={method!r}, {len(next(iter(found.values())))} sources")
    print(f"{'':34}log loss  saved 10  saved ratio  fit s  one row ms  1,000 rows ms")
    for (name, form), of_source in found.items():
        means = np.array([np.mean(rows, axis=0) for rows in of_source.values()])
        scores, times = means[:, :3].mean(axis=0), np.median(means[:, 3:], axis=0)
        print(
            f"{name:21}{form:13}{scores[0]:8.4f}{scores[1]:10.4f}{scores[2]:13.4f}"
            f"{times[0]:7.2f}{times[1]:12.2f}{times[2]:15.1f}"
        )
    print("\nfive copies against one: wins-ties-losses over sources, p of a signed-rank test")
    for name in dict.fromkeys(name for name, _ in found):
        both = [
            np.array([np.mean(rows, axis=0)[:3] for rows in found[name, form].values()])
            for form in ("five copies", "one")
        ]
        better = (both[0] - both[1]) * np.array([-1.0, 1.0, 1.0])
        compared = []
        for label, gain in zip(("log loss", "saved 10", "saved ratio"), better.T, strict=True):
            wins, losses = int((gain > 1e-9).sum()), int((gain < -1e-9).sum())
            p = wilcoxon(gain).pvalue if (gain != 0).any() else 1.0
            compared.append(f"{label} {wins}-{len(gain) - wins - losses}-{losses} (p {p:.3f})")
        print(f"{name:21}{'; '.join(compared)}")


if __name__ == "__main__":
    main()
