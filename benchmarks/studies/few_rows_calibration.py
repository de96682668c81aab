"""What calibration costs or gains on few rare rows, and on many.

    python benchmarks/studies/few_rows_calibration.py                     (about 40 minutes)
    python benchmarks/studies/few_rows_calibration.py --tables 20         (four minutes)
    python benchmarks/studies/few_rows_calibration.py --priors            (the prior of the slopes)
    python benchmarks/studies/few_rows_calibration.py --many              (5,000 rows)

Made tables of two classes with 20, 50 or 200 rare rows, from overlapping to separable, one of five
with 1 % of labels flipped; 4,000 test rows. For each calibrator: its mean log loss against that of
the learner left alone, and the largest surplus over the log loss of the constant class share. Dice,
Tversky and LDAM are compared with LightGBM under cross entropy: with their ranking, which is theirs
before any calibration, goes the last column, the log loss of the best calibration that the test
rows themselves allow.

`--priors` prints what precisions of the slopes' prior and smoothed targets give; `--many` compares
with the most likely fit (no prior) at 5,000 rows.
"""

import argparse
import warnings
from collections import defaultdict

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.calibration import (
    LabelShiftClassifier,
    TemperatureScaledClassifier,
    WeightAlignedClassifier,
)
from imbalance_kit.calibration._scaling import fit_scaling
from imbalance_kit.calibration._temperature_fit import apply_temperature, log_of
from imbalance_kit.losses import ImbalancedLGBMClassifier

N_TEST = 4000
LEARNERS = {
    "logistic regression": LogisticRegression(),
    "logistic, C=100": LogisticRegression(C=100.0),
    "naive Bayes": GaussianNB(),
    "tree": DecisionTreeClassifier(min_samples_leaf=5, random_state=0),
}
CALIBRATORS = {
    "temperature": TemperatureScaledClassifier,
    "temperature, no biases": lambda learner: TemperatureScaledClassifier(learner, biases=False),
    "bias correction": lambda learner: WeightAlignedClassifier(learner, method="bias_correction"),
    "label shift": LabelShiftClassifier,
}
LOSSES = ("ldam", "tversky", "dice")
BOOSTED = LGBMClassifier(
    n_estimators=100, num_leaves=15, min_child_samples=5, reg_lambda=1.0, verbose=-1, n_jobs=1
)


def made(n_rare, seed, ratio=None):
    """Training and test rows of one table."""
    ratio = (9, 19, 49)[seed % 3] if ratio is None else ratio
    n_rows = n_rare * (ratio + 1)
    X, y = make_classification(
        n_samples=n_rows + N_TEST + 1000,
        n_features=8,
        n_informative=4,
        n_redundant=2 * (seed % 2),
        weights=[1 - 1 / (ratio + 1)],
        flip_y=0.01 if seed % 5 == 0 else 0.0,
        class_sep=(0.5, 1.0, 2.0, 3.0)[seed // 3 % 4],
        random_state=seed,
    )
    rng = np.random.RandomState(seed)
    rare, other = rng.permutation(np.flatnonzero(y == 1)), rng.permutation(np.flatnonzero(y == 0))
    train = np.concatenate([rare[:n_rare], other[: n_rare * ratio]])
    test = np.setdiff1d(np.arange(len(y)), train)[:N_TEST]
    return X[train], y[train], X[test], y[test]


def loss_of(proba, y):
    return float(-np.log(np.maximum(proba[np.arange(len(y)), y], 1e-15)).mean())


def constant_loss(y, y_test):
    share = np.bincount(y) / len(y)
    return loss_of(np.tile(share, (len(y_test), 1)), y_test)


def best_possible(raw, y):
    """Log loss of the best slope and biases, fitted on the rows that are scored."""
    scores = np.column_stack([-raw / 2, raw / 2])
    slopes, biases = fit_scaling(scores, y, shared=True, biases=True, prior=0.0)
    return loss_of(apply_temperature(scores, 1 / slopes[0], biases), y)


def calibrated(n_rare, seed):
    """Log losses of learners and their calibrations on one table, by name."""
    X, y, X_test, y_test = made(n_rare, seed)
    found = {"constant": constant_loss(y, y_test)}
    for name, learner in LEARNERS.items():
        found[name, "alone"] = loss_of(clone(learner).fit(X, y).predict_proba(X_test), y_test)
        for called, calibrate in CALIBRATORS.items():
            model = calibrate(clone(learner)).fit(X, y)
            found[name, called] = loss_of(model.predict_proba(X_test), y_test)
    return found


def under_losses(n_rare, seed):
    """The same for losses whose scores determine no probabilities."""
    X, y, X_test, y_test = made(n_rare, seed)
    plain = clone(BOOSTED).fit(X, y)
    found = {
        "constant": constant_loss(y, y_test),
        ("LightGBM", "alone"): loss_of(plain.predict_proba(X_test), y_test),
    }
    for loss in LOSSES:
        model = ImbalancedLGBMClassifier(BOOSTED, loss=loss, random_state=seed).fit(X, y)
        found["LightGBM", loss] = loss_of(model.predict_proba(X_test), y_test)
        found["LightGBM", f"{loss}, best"] = best_possible(model.decision_function(X_test), y_test)
    return found


def print_losses(n_rare, tables):
    constant = np.array([found["constant"] for found in tables])
    for key in tables[0]:
        if key == "constant" or key[1] == "alone":
            continue
        alone = np.array([found[key[0], "alone"] for found in tables])
        losses = np.array([found[key] for found in tables])
        print(
            f"{n_rare:>9}  {key[0]:<20} {key[1]:<23} {alone.mean():.4f}  {losses.mean():.4f}  "
            f"{losses.mean() / alone.mean() - 1:+7.1%}  {(losses - constant).max():+.4f}"
        )


def print_priors(n_tables):
    """Several precisions of the prior, with Platt's targets in place of it as well."""
    kinds = {f"precision {p:g}": (p, False) for p in (0.0, 0.3, 1.0, 4.0, 10.0, 25.0)}
    kinds["smoothed targets"] = (0.0, True)
    kinds["both"] = (4.0, True)
    found = defaultdict(list)
    for n_rare in (20, 50, 200):
        for seed in range(n_tables if n_rare < 200 else n_tables // 4):
            X, y, X_test, y_test = made(n_rare, seed)
            for learner in LEARNERS.values():
                held_out = cross_val_predict(
                    learner, X, y, cv=StratifiedKFold(5), method="predict_proba"
                )
                own = log_of(clone(learner).fit(X, y).predict_proba(X_test))
                alone = loss_of(np.exp(own), y_test)
                for name, (prior, smooth) in kinds.items():
                    slopes, biases = fit_scaling(
                        log_of(held_out), y, shared=True, biases=True, prior=prior, smooth=smooth
                    )
                    scaled = loss_of(apply_temperature(own, 1 / slopes[0], biases), y_test)
                    found[n_rare, name].append((alone, scaled, constant_loss(y, y_test)))
    print("rare rows  fit                 against the learner  most over the constant")
    for (n_rare, name), rows in found.items():
        alone, scaled, constant = np.array(rows).T
        gain = scaled.mean() / alone.mean() - 1
        print(f"{n_rare:>9}  {name:<18}  {gain:>+19.1%}  {(scaled - constant).max():>+22.4f}")


def print_many(n_tables):
    """The prior against the most likely fit on tables of 5,000 rows, of two and four classes."""
    print("classes  learner              most likely  with the prior  difference")
    for n_classes in (2, 4):
        for name, learner in LEARNERS.items():
            losses = []
            for seed in range(n_tables):
                X, y = make_classification(
                    n_samples=9000,
                    n_features=8,
                    n_informative=5,
                    n_classes=n_classes,
                    weights=[0.9] if n_classes == 2 else [0.8, 0.1, 0.05],
                    class_sep=(0.5, 1.0, 2.0)[seed % 3],
                    random_state=seed,
                )
                held_out = cross_val_predict(
                    learner, X[:5000], y[:5000], cv=StratifiedKFold(5), method="predict_proba"
                )
                own = log_of(clone(learner).fit(X[:5000], y[:5000]).predict_proba(X[5000:]))
                of_both = []
                for options in ({"prior": 0.0}, {}):
                    slopes, biases = fit_scaling(
                        log_of(held_out), y[:5000], shared=True, biases=True, **options
                    )
                    of_both.append(loss_of(apply_temperature(own, 1 / slopes[0], biases), y[5000:]))
                losses.append(of_both)
            likely, ours = np.mean(losses, axis=0)
            print(
                f"{n_classes:>7}  {name:<20} {likely:>11.4f}  {ours:>14.4f}  "
                f"{ours / likely - 1:+.2%}"
            )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=200)
    parser.add_argument("--rows", type=int, nargs="+", default=[20, 50, 200])
    parser.add_argument("--part", choices=["wrappers", "losses", "both"], default="both")
    parser.add_argument("--priors", action="store_true")
    parser.add_argument("--many", action="store_true")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    if args.priors:
        print_priors(args.tables)
        return
    if args.many:
        print_many(min(args.tables, 12))
        return
    print("rare rows  learner              calibration             alone   calibrated  most over")
    print(
        "                                                                            the constant"
    )
    for n_rare in args.rows:
        for part, of_table in (("wrappers", calibrated), ("losses", under_losses)):
            if args.part in (part, "both"):
                print_losses(n_rare, [of_table(n_rare, seed) for seed in range(args.tables)])


if __name__ == "__main__":
    main()
