"""Which arguments of ``fit`` belong to rows: those known to, never those that are as long."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest
from lightgbm import LGBMClassifier
from loops import looped
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import ShuffleSplit
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from imbalance_kit._held_out_rows import held_out_predictions
from imbalance_kit._row_arguments import row_arguments
from imbalance_kit.calibration import TemperatureScaledClassifier
from imbalance_kit.compose import ResampledClassifier, WeightedClassifier
from imbalance_kit.cost import (
    CostSensitiveClassifier,
    MetaCostClassifier,
    MinimumExpectedCostClassifier,
    ThresholdedClassifierCV,
)
from imbalance_kit.fairness import FairThresholdClassifier
from imbalance_kit.over_sampling import TemperatureSampler
from imbalance_kit.under_sampling import RandomUnderSampler

N_ROWS = 75
GIVEN: list[dict] = []  # what each fit of a Recorder got


class Recorder(ClassifierMixin, BaseEstimator):
    """Writes down what each ``fit`` got, in clones too."""

    def fit(self, X, y, base_margin=None, eval_X=None, feature_name=None, numbers=None, **others):
        given = {"eval_X": eval_X, "feature_name": feature_name, "numbers": numbers, **others}
        GIVEN.append({"X": X, "base_margin": base_margin, **given})
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


WRAPPERS = [
    ResampledClassifier(Recorder(), RandomUnderSampler(random_state=0)),
    ResampledClassifier(Recorder(), TemperatureSampler(tau=3, random_state=0)),
    WeightedClassifier(Recorder()),
    ThresholdedClassifierCV(Recorder(), cv=2),
    ThresholdedClassifierCV(Recorder(), cv=ShuffleSplit(1, random_state=0)),
    MinimumExpectedCostClassifier(Recorder(), cv=2),
    MetaCostClassifier(Recorder(), n_estimators=2, random_state=0),
    CostSensitiveClassifier(Recorder(), n_estimators=2, random_state=0),
    TemperatureScaledClassifier(Recorder(), cv=2),
]
every_wrapper = looped("model", WRAPPERS, ids=lambda model: type(model).__name__)


@pytest.fixture(autouse=True)
def nothing_given():
    GIVEN.clear()


@pytest.fixture
def table(two_classes):
    """Rows whose first column is their number."""
    X, y = two_classes
    return np.column_stack([np.arange(len(y)), X]), y


def names_with_length(n):
    return [f"column {number}" for number in range(n)]


@every_wrapper
def test_arrays_as_long_as_the_table_stay_whole(model, table):
    X, y = table
    whole = {"eval_X": X[::-1].copy(), "feature_name": names_with_length(len(y))}
    GIVEN.clear()
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*metadata routing")
        model.fit(X, y, **whole)
    assert GIVEN
    for given in GIVEN:
        np.testing.assert_array_equal(given["eval_X"], whole["eval_X"])
        assert given["feature_name"] == whole["feature_name"]


@every_wrapper
def test_arguments_of_rows_go_with_them(model, table):
    X, y = table
    GIVEN.clear()
    model.fit(X, y, base_margin=np.arange(len(y)))
    assert GIVEN
    for given in GIVEN:
        np.testing.assert_array_equal(given["X"][:, 0], given["base_margin"])


@every_wrapper
def test_unknown_names_are_not_guessed(model, table):
    """Passed on as they are, with one warning that names the way out."""
    X, y = table
    numbers = np.arange(len(y))
    GIVEN.clear()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model.fit(X, y, numbers=numbers)
    assert all(len(given["numbers"]) == len(y) for given in GIVEN)
    said = [
        str(warning.message) for warning in caught if "metadata routing" in str(warning.message)
    ]
    subsets = not isinstance(model, WeightedClassifier)
    assert len(said) == subsets
    assert all("'numbers'" in text and "set_fit_request(numbers=True)" in text for text in said)


@every_wrapper
def test_requested_metadata_go_with_their_rows(model, table):
    X, y = table
    whole = {"eval_X": X[::-1].copy(), "feature_name": names_with_length(len(y))}
    GIVEN.clear()
    with config_context(enable_metadata_routing=True):
        asks = Recorder().set_fit_request(numbers=True, eval_X=True, feature_name=True)
        model = type(model)(**{**model.get_params(deep=False), "estimator": asks})
        model.fit(X, y, numbers=np.arange(len(y)), **whole)
    assert GIVEN
    for given in GIVEN:
        np.testing.assert_array_equal(given["X"][:, 0], given["numbers"])
        np.testing.assert_array_equal(given["eval_X"], whole["eval_X"])
        assert given["feature_name"] == whole["feature_name"]


CONTAINERS = [np.asarray, list, tuple, pd.Series, lambda values: pl.Series("v", values)]


@looped("container", CONTAINERS)
def test_every_container_of_names_and_rows(container):
    names, margin = container(names_with_length(5)), container(np.arange(5.0))
    params = {"model__feature_name": names, "a__b__base_margin": margin, "text": "12345"}
    assert row_arguments(params, 5) == ["a__b__base_margin"]
    with pytest.warns(UserWarning, match="'x'"):
        assert row_arguments({"x": margin, "y__eval_set": margin}, 5) == []
    assert row_arguments({"x": margin}, 5, routed=True) == ["x"]
    assert row_arguments({"x": margin}, 6, routed=True) == []
    with pytest.raises(ValueError, match=r"base_margin has 5 entries; expected one for each of 6"):
        row_arguments({"base_margin": margin}, 6)


def test_scalars_and_nothing_belong_to_no_row():
    params = {"sample_weight": None, "cost": {"a": 1}, "init_score": np.float64(3), "groups": "g"}
    assert row_arguments(params, 1) == []


def test_a_step_of_a_pipeline(table):
    X, y = table
    steps = Pipeline([("scale", StandardScaler()), ("learn", Recorder())])
    model = ResampledClassifier(steps, TemperatureSampler(tau=3, random_state=0))
    model.fit(X, y, learn__eval_X=X, learn__base_margin=np.arange(len(y)))
    np.testing.assert_array_equal(GIVEN[-1]["eval_X"], X)
    np.testing.assert_array_equal(GIVEN[-1]["base_margin"], model.sampler_.sample_indices_)


def test_a_table_with_as_many_columns_as_rows():
    """LightGBM gets the names of all its columns, whichever rows it gets."""
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(40, 40)), np.repeat([0, 1], [30, 10])
    names = [f"c{number}" for number in range(40)]
    learner = LGBMClassifier(n_estimators=2, min_child_samples=2, verbose=-1, n_jobs=1)
    resampled = ResampledClassifier(learner, RandomUnderSampler(random_state=0))
    tuned = ThresholdedClassifierCV(learner, cv=2)
    for model in (resampled, tuned):
        model.fit(X, y, feature_name=names)
        assert model.estimator_.feature_name_ == names


def test_groups_of_a_decision_rule_are_those_of_all_rows(table):
    X, y = table
    model = FairThresholdClassifier(Recorder(), cv=2, random_state=0)
    model.fit(X, y, sensitive_features=np.arange(len(y)) % 2, eval_X=X)
    assert all(len(given["eval_X"]) == len(y) for given in GIVEN)


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_out_of_fold_predictions_are_those_without_names():
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(40, 40)), np.repeat([0, 1], 20)
    learner = LGBMClassifier(n_estimators=3, min_child_samples=2, verbose=-1, n_jobs=1)
    given = {"feature_name": [f"c{number}" for number in range(40)]}
    named, plain = (
        held_out_predictions(learner, X, y, cv=2, params=params) for params in (given, {})
    )
    np.testing.assert_array_equal(named.predictions, plain.predictions)
