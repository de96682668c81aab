"""Labels that a fitted model does not know are one error, in everything that takes such a model."""

import numpy as np
import pandas as pd
import pytest
from loops import looped
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from imbalance_kit.calibration import (
    ConformalClassifier,
    LabelShiftClassifier,
    LogitAdjustedClassifier,
    PriorCorrectedClassifier,
    TemperatureScaledClassifier,
    VennAbersClassifier,
    WeightAlignedClassifier,
)
from imbalance_kit.compose import ResampledClassifier, WeightedClassifier
from imbalance_kit.cost import (
    ConstrainedThresholdClassifierCV,
    CostMatrix,
    CostSensitiveClassifier,
    MetaCostClassifier,
    MinimumExpectedCostClassifier,
    ThresholdedClassifierCV,
)
from imbalance_kit.fairness import FairThresholdClassifier, Reweighing, unprocess
from imbalance_kit.under_sampling import RandomUnderSampler

UNKNOWN = r"y holds the classes .*, which the estimator was not fitted on: its classes are \[0, 1\]"
SYMMETRIC = [[0, 1], [1, 0]]

WRAPPERS = {
    "threshold": lambda model: ThresholdedClassifierCV(model),
    "threshold, exponent": lambda model: ThresholdedClassifierCV(model, rule="exponent"),
    "threshold, costs": lambda model: ThresholdedClassifierCV(model, cost_matrix="balanced"),
    "threshold, hold-out": lambda model: ThresholdedClassifierCV(
        model, cv=[(np.arange(40), np.arange(40, 75))]
    ),
    "constraint": lambda model: ConstrainedThresholdClassifierCV(model, constraint={"recall": 0.5}),
    "expected cost": lambda model: MinimumExpectedCostClassifier(model),
    "expected cost, no calibration": lambda model: MinimumExpectedCostClassifier(
        model, cost_matrix=CostMatrix(SYMMETRIC), calibration=None
    ),
    "weights": lambda model: CostSensitiveClassifier(model),
    "rejection": lambda model: CostSensitiveClassifier(model, method="rejection"),
    "metacost": lambda model: MetaCostClassifier(model, n_estimators=2),
    "groups": lambda model: FairThresholdClassifier(model, constraint=None),
    "prior": lambda model: PriorCorrectedClassifier(model, trained_on="balanced"),
    "label shift": lambda model: LabelShiftClassifier(model),
    "logit": lambda model: LogitAdjustedClassifier(model),
    "temperature": lambda model: TemperatureScaledClassifier(model),
    "venn-abers": lambda model: VennAbersClassifier(model),
    "conformal": lambda model: ConformalClassifier(model),
    "bias": lambda model: WeightAlignedClassifier(model, method="bias_correction"),
    "weigher": lambda model: WeightedClassifier(model, Reweighing()),
    "sampler": lambda model: ResampledClassifier(model, RandomUnderSampler(random_state=0)),
    "no sampler": lambda model: ResampledClassifier(model),
}
NEEDS_GROUPS = {"groups", "weigher"}


@pytest.fixture
def fitted(two_classes):
    return LogisticRegression().fit(*two_classes)


def others(y):
    """Labels that a model of 0 and 1 does not know, all or some of them."""
    return {
        "one more": y + 1,
        "-1 and 1": 2 * y - 1,
        "words": np.array(["ok", "fraud"])[y],
        "text of numbers": y.astype(str),
        "objects": np.array(["0", "1"], dtype=object)[y],
        "series": pd.Series(y + 7),
    }


@looped("name", list(WRAPPERS))
def test_unknown_labels_are_refused(name, fitted, two_classes):
    X, y = two_classes
    frozen = FrozenEstimator(fitted)
    given = {"sensitive_features": np.arange(len(y)) % 2} if name in NEEDS_GROUPS else {}
    models = [frozen]
    if name not in ("bias", "weigher"):
        models.append(make_pipeline(FunctionTransformer(), frozen))
    for inner in models:
        for labels in others(y).values():
            model = WRAPPERS[name](inner)
            with pytest.raises(ValueError, match=UNKNOWN):
                model.fit(X, labels, **given)


@looped("name", list(WRAPPERS))
def test_equal_labels_of_another_type_are_known(name, fitted, two_classes):
    X, y = two_classes
    given = {"sensitive_features": np.arange(len(y)) % 2} if name in NEEDS_GROUPS else {}
    frozen = FrozenEstimator(fitted)
    whole = WRAPPERS[name](frozen)
    if "random_state" in whole.get_params():
        whole.set_params(random_state=0)
    at_predict = given if name == "groups" else {}
    expected = whole.fit(X, y, **given).predict(X, **at_predict)
    for labels in (y.astype(float), y.astype(bool), y.astype(np.int8), y.tolist()):
        got = whole.fit(X, labels, **given).predict(X, **at_predict)
        np.testing.assert_array_equal(got.astype(float), expected)


def test_unprocess(fitted, two_classes):
    X, y = two_classes
    group = np.arange(len(y)) % 2
    for labels in others(y).values():
        with pytest.raises(ValueError, match=UNKNOWN):
            unprocess(fitted, X, labels, sensitive_features=group)
    unprocess(fitted, X, y, sensitive_features=group)


def test_a_model_of_three_classes_has_no_threshold_by_group(three_classes):
    X, y = three_classes
    rows = y < 2
    fitted = FrozenEstimator(LogisticRegression().fit(X, y))
    model = FairThresholdClassifier(fitted, constraint=None)
    with pytest.raises(ValueError, match=r"model of two classes; .* knows \[0, 1, 2\]"):
        model.fit(X[rows], y[rows], sensitive_features=np.arange(rows.sum()) % 2)


def test_a_class_that_only_the_model_knows_is_none_of_y(three_classes):
    X, y = three_classes
    rows = y < 2
    fitted = FrozenEstimator(LogisticRegression().fit(X, y))
    for model in (ThresholdedClassifierCV(fitted), MetaCostClassifier(fitted, n_estimators=2)):
        assert set(model.fit(X[rows], y[rows]).predict(X)) <= {0, 1, 2}


def test_a_frozen_model_that_is_not_fitted_says_so(two_classes):
    with pytest.raises(Exception, match="not fitted"):
        ThresholdedClassifierCV(FrozenEstimator(LogisticRegression())).fit(*two_classes)
