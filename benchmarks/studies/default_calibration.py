"""Which calibration should stand in front of least expected cost, for two and for more classes?

    python benchmarks/studies/default_calibration.py            (about ten minutes)
    python benchmarks/studies/default_calibration.py --tables 1 (a minute)

Each learner alone, and calibrated by scikit-learn's `CalibratedClassifierCV` (five copies, or one
with ``ensemble=False``), by `TemperatureScaledClassifier` (one copy, a temperature and a bias
for each class), and by the choice of ``calibration="auto"``, also with other methods beside the
sigmoid. Made tables of 2, 3 and 5 classes with rare ones and tables inside scikit-learn, half to
fit and half to test. Printed are mean log loss and mean cost under the matrix of "balanced" (1 is
what deciding one class for all costs at least), the share of tables on which a calibration costs
.01 more than the learner alone, and the seconds of fit and predict.
"""

import argparse
import time
import warnings
from collections import defaultdict

import numpy as np
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_breast_cancer, load_digits, load_wine, make_classification
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.calibration import TemperatureScaledClassifier
from imbalance_kit.cost import MinimumExpectedCostClassifier, _choice_of_calibration

LEARNERS = {
    "naive Bayes": GaussianNB(),
    "discriminant": LinearDiscriminantAnalysis(),
    "logistic": make_pipeline(StandardScaler(), LogisticRegression()),
    "tree": DecisionTreeClassifier(random_state=0),
    "forest": RandomForestClassifier(40, random_state=0),
}
FOLDS = StratifiedKFold(5)


def by_scikit_learn(method, ensemble):
    return lambda learner: CalibratedClassifierCV(
        learner, method=method, cv=FOLDS, ensemble=ensemble
    )


def alone(calibrate):
    """Decides by probabilities that are calibrated already, or not at all."""
    return lambda learner: MinimumExpectedCostClassifier(calibrate(learner), calibration=None)


def chosen(ensemble, *more):
    """The choice of "auto", among more methods than it takes by itself."""

    def fitted_by(learner):
        _choice_of_calibration.CANDIDATES = (*CANDIDATES, *more)
        return MinimumExpectedCostClassifier(learner, calibration="auto", ensemble=ensemble)

    return fitted_by


CANDIDATES = _choice_of_calibration.CANDIDATES
CALIBRATIONS = {
    "none": alone(clone),
    "sigmoid": alone(by_scikit_learn("sigmoid", True)),
    "sigmoid, one copy": alone(by_scikit_learn("sigmoid", False)),
    "isotonic": alone(by_scikit_learn("isotonic", True)),
    "isotonic, one copy": alone(by_scikit_learn("isotonic", False)),
    "temperature": alone(by_scikit_learn("temperature", True)),
    "temperature, one copy": alone(by_scikit_learn("temperature", False)),
    "bias-corrected": alone(TemperatureScaledClassifier),
    "auto": chosen(True),
    "auto, one copy": chosen(False),
    "auto, temperature too": chosen(True, "temperature"),
    "auto, isotonic too": chosen(True, "isotonic"),
}


def tables(n_seeds):
    """Name, classes, X and y: normal clouds that suit naive Bayes, harder ones, and real ones."""
    for seed in range(n_seeds):
        rng = np.random.RandomState(seed)
        for n_classes, shares in (
            (2, (0.95, 0.05)),
            (3, (0.8, 0.15, 0.05)),
            (5, (0.6, 0.2, 0.1, 0.06, 0.04)),
        ):
            for n_rows in (600, 3000):
                y = rng.choice(n_classes, n_rows, p=shares)
                y[: 10 * n_classes] = np.arange(10 * n_classes) % n_classes
                X = rng.normal(size=(n_classes, 4))[y] + rng.normal(size=(n_rows, 4))
                yield "clouds", n_classes, X, y
                X, y = make_classification(
                    n_rows,
                    n_features=8,
                    n_informative=5,
                    n_redundant=2,
                    n_classes=n_classes,
                    weights=list(shares),
                    class_sep=1.0,
                    flip_y=0.02,
                    random_state=seed,
                )
                yield "made", n_classes, X, y
    for load in (load_breast_cancer, load_wine, load_digits):
        X, y = load(return_X_y=True)
        yield "real", len(np.unique(y)), X, y


def scored(X, y):
    """Log loss, cost and seconds by learner and calibration on one table."""
    X_train, X_test, y_train, y_test = train_test_split(
        X, y, test_size=0.5, stratify=y, random_state=0
    )
    price = len(y_train) / (len(np.unique(y)) * np.bincount(y_train))
    found = {}
    for name, learner in LEARNERS.items():
        for called, calibrate in CALIBRATIONS.items():
            started = time.perf_counter()
            model = calibrate(clone(learner))
            decided = model.fit(X_train, y_train).predict(X_test)
            seconds = time.perf_counter() - started
            proba = model.predict_proba(X_test)[np.arange(len(y_test)), y_test]
            loss = -np.log(np.maximum(proba, 1e-15)).mean()
            cost = (price[y_test] * (decided != y_test)).mean()
            found[name, called] = loss, cost, seconds
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=8, help="random states of the made tables")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    results = defaultdict(list)
    for kind, n_classes, X, y in tables(args.tables):
        found = scored(X, y)
        for (learner, called), values in found.items():
            number = "2 classes" if n_classes == 2 else "more classes"
            row = (*values, values[1] > found[learner, "none"][1] + 0.01)
            for group in (number, f"{number}: {learner}", f"{number}: {kind}"):
                results[group, called].append(row)
    print("tables and learners            calibration            log loss   cost   worse  seconds")
    for (group, called), rows in sorted(results.items(), key=lambda item: item[0][0]):
        loss, cost, seconds, worse = np.mean(rows, axis=0)
        print(f"{group:<30} {called:<22} {loss:>8.4f} {cost:>6.4f} {worse:>6.0%} {seconds:>7.2f}")


if __name__ == "__main__":
    main()
