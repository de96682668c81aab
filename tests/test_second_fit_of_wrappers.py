"""Wrappers: a second fit leaves nothing of the first, and one that fails leaves the first."""

import numpy as np
import pandas as pd
import pytest
from loops import looped
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

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
    CostSensitiveClassifier,
    MetaCostClassifier,
    MinimumExpectedCostClassifier,
    ThresholdedClassifierCV,
)
from imbalance_kit.fairness import FairThresholdClassifier, Reweighing
from imbalance_kit.under_sampling import RandomUnderSampler


class FailsOnThree(GaussianNB):
    """Cannot be fitted on all rows of three classes; folds of them are no difficulty."""

    def fit(self, X, y, sample_weight=None):
        if len(np.unique(y)) == 3 and len(y) > 80:
            raise RuntimeError("three classes")
        return super().fit(X, y, sample_weight)


TREE = DecisionTreeClassifier(max_depth=2, random_state=0)
WRAPPERS = [
    ThresholdedClassifierCV(TREE, store_cv_results=True),
    ConstrainedThresholdClassifierCV(TREE, constraint={"false_positive_rate": 0.6}),
    MinimumExpectedCostClassifier(TREE),
    CostSensitiveClassifier(TREE, random_state=0),
    MetaCostClassifier(TREE, n_estimators=2, random_state=0),
    ResampledClassifier(TREE, RandomUnderSampler(random_state=0), recalibrate=True),
    WeightedClassifier(TREE, Reweighing(sensitive_features=0)),
    PriorCorrectedClassifier(TREE, trained_on="balanced"),
    LabelShiftClassifier(TREE),
    LogitAdjustedClassifier(TREE),
    TemperatureScaledClassifier(TREE),
    VennAbersClassifier(TREE),
    ConformalClassifier(TREE),
    WeightAlignedClassifier(LogisticRegression()),
    FairThresholdClassifier(TREE, constraint=None, sensitive_features=0),
]
every_wrapper = looped("model", WRAPPERS, ids=lambda model: type(model).__name__)


def fresh(model, **parameters):
    return type(model)(**{**model.get_params(deep=False), **parameters})


def public_state(model):
    return {name for name in vars(model) if name.endswith("_")}


@pytest.fixture
def tables(two_classes, three_classes):
    (X, y), (X_three, y_three) = two_classes, three_classes
    X = np.column_stack([np.arange(len(y)) % 2, X])
    X_three = np.column_stack([np.arange(len(y_three)) % 2, X_three])
    return X, y, X_three, y_three


@every_wrapper
def test_a_refit_on_an_array_forgets_the_names(model, tables):
    X, y, *_ = tables
    model = fresh(model).fit(pd.DataFrame(X, columns=list("abcde")), y)
    assert list(model.feature_names_in_) == list("abcde")
    model.fit(X[:, :4], y)
    assert not hasattr(model, "feature_names_in_")
    assert model.n_features_in_ == 4
    assert public_state(model) == public_state(fresh(model).fit(X[:, :4], y))


@every_wrapper
def test_a_fit_that_fails_changes_nothing(model, tables):
    X, y, *_ = tables
    model = fresh(model).fit(X, y)
    before, state = model.predict(X), dict(vars(model))
    for bad in (
        lambda: model.fit(X[:, :3], np.zeros(len(y))),
        lambda: model.fit(X[:10], y),
        lambda: model.fit(np.full(X.shape, "x"), y),
    ):
        with pytest.raises((ValueError, TypeError)):
            bad()
        assert vars(model).keys() == state.keys()
        assert all(vars(model)[name] is value for name, value in state.items())
        np.testing.assert_array_equal(model.predict(X), before)


FIT_ON_ALL_ROWS = [
    model
    for model in WRAPPERS
    if not isinstance(
        model, MinimumExpectedCostClassifier | VennAbersClassifier | ConformalClassifier
    )
]


@looped("model", FIT_ON_ALL_ROWS, ids=lambda model: type(model).__name__)
def test_an_estimator_that_fails_late_changes_nothing(model, tables):
    """After what stands beside the estimator was learned for other classes."""
    X, y, X_three, y_three = tables
    if isinstance(model, WeightAlignedClassifier):
        model = fresh(model, method="bias_correction")
    model = fresh(model, estimator=FailsOnThree()).fit(X, y)
    before, classes = model.predict(X), model.classes_
    if isinstance(model, ResampledClassifier):
        model.set_params(sampler=None)
    with pytest.raises((RuntimeError, ValueError), match=r"three classes|3 classes"):
        model.fit(X_three, y_three)
    np.testing.assert_array_equal(model.classes_, classes)
    np.testing.assert_array_equal(model.predict(X), before)


@every_wrapper
def test_after_a_first_fit_that_fails_nothing_is_fitted(model, tables):
    X, y, *_ = tables
    model = fresh(model)
    with pytest.raises(ValueError, match="class"):
        model.fit(X, np.zeros(len(y)))
    assert not public_state(model)
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_results_of_an_earlier_search_are_forgotten(tables):
    X, y, X_three, y_three = tables
    model = ThresholdedClassifierCV(TREE, store_cv_results=True, rule="exponent").fit(
        X_three, y_three
    )
    assert hasattr(model, "best_exponent_")
    model.set_params(rule="multipliers").fit(X, y)
    assert not hasattr(model, "best_exponent_")
    assert hasattr(model, "best_threshold_")
    model.set_params(store_cv_results=False, cost_matrix="balanced").fit(X_three, y_three)
    assert not hasattr(model, "cv_results_")
    assert not hasattr(model, "best_threshold_")
