"""A model predicts one row without work that grows with the rows that it was fitted on."""

import sys
import tracemalloc

import numpy as np
from lightgbm import LGBMClassifier
from loops import looped
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from tables import unbalanced

from imbalance_kit import calibration, compose, cost, ensemble, fairness, losses

LINEAR = LogisticRegression()
# of a few levels, so that trees of any table are as deep
TREE = DecisionTreeClassifier(max_depth=3, random_state=0)
MODELS = [
    *(
        getattr(ensemble, name)(n_estimators=3, random_state=0)
        for name in (
            "BalancedRandomForestClassifier",
            "EasyEnsembleClassifier",
            "OverBaggingClassifier",
            "SelfPacedEnsembleClassifier",
            "SMOTEBaggingClassifier",
            "UnderBaggingClassifier",
        )
    ),
    ensemble.BalanceCascadeClassifier(TREE, n_estimators=3, random_state=0),
    ensemble.RUSBoostClassifier(TREE, n_estimators=3, random_state=0),
    ensemble.AdaCostClassifier(TREE, n_estimators=3, random_state=0),
    ensemble.UnderBaggingClassifier(LINEAR, n_estimators=3, recalibrate=True, random_state=0),
    compose.ResampledClassifier(LINEAR, recalibrate=True),
    compose.WeightedClassifier(LINEAR),
    cost.CostSensitiveClassifier(LINEAR),
    cost.MetaCostClassifier(LINEAR, n_estimators=2, random_state=0),
    cost.MinimumExpectedCostClassifier(LINEAR, cost_matrix=[[0, 1], [9, 0]], calibration=None),
    cost.ThresholdedClassifierCV(LINEAR, cv=2),
    calibration.LabelShiftClassifier(LINEAR, cv=2),
    calibration.LogitAdjustedClassifier(LINEAR, tau=1.0),
    calibration.PriorCorrectedClassifier(LINEAR, true_prior=[0.9, 0.1]),
    calibration.TemperatureScaledClassifier(LINEAR, cv=2),
    calibration.VennAbersClassifier(LINEAR, cv=2),
    calibration.WeightAlignedClassifier(LINEAR, tau=0.5),
    fairness.FairThresholdClassifier(LINEAR, sensitive_features=0, cv=2),
    losses.ImbalancedLGBMClassifier(LGBMClassifier(n_estimators=3, verbose=-1, n_jobs=1)),
]


def calls_of(task, given):
    """Functions, Python's and C's, that are called."""
    n_calls = 0

    def count(frame, event, argument):
        nonlocal n_calls
        n_calls += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        task(given)
    finally:
        sys.setprofile(before)
    return n_calls


def bytes_of(task, given):
    """The most memory that is taken at a time."""
    tracemalloc.start()
    try:
        task(given)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@looped("model", MODELS, ids=lambda model: type(model).__name__)
def test_one_row_takes_as_much_after_a_larger_fit(model):
    """A step over the 2,700 more rows would call as many functions, or take as many bytes."""
    found = []
    for size in (1, 10):
        X, y = unbalanced([270 * size, 30 * size])
        X[:, 0] = X[:, 0] > 0
        fitted = model.fit(X, y)
        row = X[:1].copy()
        for predict in (fitted.predict_proba, fitted.predict):
            for _ in range(2):  # the first call imports, and fills what is kept
                predict(row)
            found.append((calls_of(predict, row), bytes_of(predict, row)))
    calls, taken = np.array(found).T
    assert (calls[2:] <= calls[:2] + 100).all(), calls
    assert (taken[2:] <= taken[:2] + 2_000).all(), taken


@looped("model", MODELS, ids=lambda model: type(model).__name__)
def test_rows_of_a_long_table_are_predicted_as_by_themselves(model):
    """Long tables are worked through in parts of some thousand rows."""
    X, y = unbalanced([270, 30])
    X[:, 0] = X[:, 0] > 0
    fitted = model.fit(X, y)
    many = np.random.RandomState(0).normal(size=(16_100, X.shape[1]))
    many[:, 0] = many[:, 0] > 0
    proba, predicted = fitted.predict_proba(many), fitted.predict(many)
    assert proba.shape == (len(many), 2)
    for rows in (slice(0, 1), slice(7_995, 8_005), slice(8_188, 8_196), slice(16_095, None)):
        np.testing.assert_allclose(fitted.predict_proba(many[rows]), proba[rows], rtol=1e-9)
        np.testing.assert_array_equal(fitted.predict(many[rows]), predicted[rows])
