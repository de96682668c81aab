"""Rows of weight 0 are not drawn by wrappers; negative weights are the estimator's to judge."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from loops import looped
from scipy import sparse
from sklearn import config_context
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit import FunctionSampler
from imbalance_kit.compose import ResampledClassifier, WeightedClassifier
from imbalance_kit.cost import CostSensitiveClassifier, MetaCostClassifier
from imbalance_kit.fairness import Reweighing
from imbalance_kit.over_sampling import SMOTE, RandomOverSampler, TemperatureSampler
from imbalance_kit.under_sampling import EditedNearestNeighbours, RandomUnderSampler

SAMPLERS = [
    RandomUnderSampler(random_state=0),
    RandomOverSampler(random_state=0),
    SMOTE(random_state=0),
    EditedNearestNeighbours(),
    TemperatureSampler(tau=np.inf, random_state=0),
    TemperatureSampler(tau=np.inf, mode="weight"),
]


@pytest.fixture
def part_of_no_weight(two_classes):
    """A table, and weights that are 0 for most rows of the large class and some of the small."""
    X, y = two_classes
    rng = np.random.RandomState(0)
    weight = rng.uniform(0.5, 2.0, size=len(y))
    weight[rng.uniform(size=len(y)) < np.where(y == 0, 0.6, 0.3)] = 0.0
    return X, y, weight


@looped("sampler", SAMPLERS)
def test_a_sampler_sees_no_row_of_weight_0(sampler, part_of_no_weight):
    X, y, weight = part_of_no_weight
    counts = weight > 0
    model = ResampledClassifier(GaussianNB(), clone(sampler))
    model.fit(X, y, sample_weight=weight)
    without = ResampledClassifier(GaussianNB(), clone(sampler))
    without.fit(X[counts], y[counts], sample_weight=weight[counts])
    np.testing.assert_array_equal(model.predict_proba(X), without.predict_proba(X))
    assert (weight[model.sampler_.sample_indices_] > 0).all()
    np.testing.assert_array_equal(
        model.sampler_.sample_indices_, np.flatnonzero(counts)[without.sampler_.sample_indices_]
    )
    origin = getattr(model.sampler_, "sample_origin_", model.sampler_.sample_indices_)
    assert (weight[origin[origin >= 0]] > 0).all()
    np.testing.assert_allclose(model.prior_, without.prior_)
    np.testing.assert_allclose(model.resampled_prior_, without.resampled_prior_)


CONTAINERS = {
    "pandas": lambda X: pd.DataFrame(X, index=np.arange(len(X)) * 3),
    "polars": lambda X: pl.DataFrame(X, schema=list("abcd")),
    "csr": sparse.csr_matrix,
    "list": lambda X: X.tolist(),
}


@looped("name", list(CONTAINERS))
def test_every_container(name, part_of_no_weight):
    X, y, weight = part_of_no_weight
    table = CONTAINERS[name](X)
    model = ResampledClassifier(
        DecisionTreeClassifier(random_state=0), RandomOverSampler(random_state=0)
    )
    expected = clone(model).fit(X, y, sample_weight=weight).predict(X)
    for given in (weight, pd.Series(weight), weight.tolist()):
        np.testing.assert_array_equal(
            model.fit(table, y, sample_weight=given).predict(table), expected
        )
    words = pd.Series(np.array(["no", "yes"])[y], index=np.arange(len(y))[::-1])
    got = model.fit(table, words, sample_weight=weight).predict(table)
    np.testing.assert_array_equal(got == "yes", expected == 1)


def test_routed_weights_of_0(part_of_no_weight):
    X, y, weight = part_of_no_weight
    expected = ResampledClassifier(GaussianNB(), SMOTE(random_state=0))
    expected.fit(X, y, sample_weight=weight)
    with config_context(enable_metadata_routing=True):
        model = ResampledClassifier(
            GaussianNB().set_fit_request(sample_weight=True),
            SMOTE(random_state=0).set_fit_resample_request(sample_weight=True),
        ).fit(X, y, sample_weight=weight)
        np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))


def test_other_arguments_stay_with_their_rows(part_of_no_weight):
    X, y, weight = part_of_no_weight
    groups = np.arange(len(y))

    class Recorder(GaussianNB):
        def fit(self, X, y, sample_weight=None, sensitive_features=None):
            self.numbers_ = sensitive_features
            return super().fit(X, y, sample_weight)

    model = ResampledClassifier(Recorder(), RandomUnderSampler(random_state=0))
    model.fit(X, y, sample_weight=weight, sensitive_features=groups)
    np.testing.assert_array_equal(model.estimator_.numbers_, model.sampler_.sample_indices_)


def test_a_class_without_weight_stays_known(three_classes):
    X, y = three_classes
    weight = np.where(y == 2, 0.0, 1.0)
    for model in (
        ResampledClassifier(DecisionTreeClassifier(), RandomUnderSampler(random_state=0)),
        MetaCostClassifier(DecisionTreeClassifier(), n_estimators=2, random_state=0),
    ):
        assert model.fit(X, y, sample_weight=weight).classes_.tolist() == [0, 1, 2]


def test_metacost_draws_no_row_of_weight_0(part_of_no_weight):
    X, y, weight = part_of_no_weight
    model = MetaCostClassifier(GaussianNB(), cost_matrix=[[0, 1], [3, 0]], random_state=0)
    model.fit(X, y, sample_weight=weight)
    assert all((weight[rows] > 0).all() for rows in model.estimators_samples_)
    sizes = {len(rows) for rows in model.estimators_samples_}
    assert sizes == {np.count_nonzero(weight)}
    counts = weight > 0
    without = clone(model).fit(X[counts], y[counts], sample_weight=weight[counts])
    # sums over rows of weight 0 are the same numbers in other pairs, added up in another order
    np.testing.assert_allclose(model.predict_proba(X), without.predict_proba(X), rtol=1e-6)


def test_metacost_draws_as_before_where_all_rows_count(part_of_no_weight):
    X, y, _ = part_of_no_weight
    model = MetaCostClassifier(GaussianNB(), cost_matrix=[[0, 1], [3, 0]], random_state=0)
    rows = clone(model).fit(X, y).estimators_samples_
    weighted = clone(model).fit(X, y, sample_weight=np.linspace(1, 2, len(y))).estimators_samples_
    np.testing.assert_array_equal(np.array(rows), np.array(weighted))


def test_rejection_accepts_no_row_of_weight_0(part_of_no_weight):
    X, y, weight = part_of_no_weight

    class Recorder(GaussianNB):
        def fit(self, X, y, base_margin=None):
            self.numbers_ = base_margin
            return super().fit(X, y)

    model = CostSensitiveClassifier(Recorder(), method="rejection", random_state=0)
    model.fit(X, y, sample_weight=weight, base_margin=np.arange(len(y)))
    for learner in model.estimator_.estimators_:
        assert (weight[learner.numbers_] > 0).all()


def test_rows_are_balanced_not_their_weight():
    """As the docstring says: as many rows of each class, whatever they weigh."""
    X, y = np.arange(100.0)[:, None], np.repeat([0, 1], [80, 20])
    weight = np.where(y == 0, 1.0, 7.0)
    model = ResampledClassifier(GaussianNB(), RandomUnderSampler(random_state=0))
    model.fit(X, y, sample_weight=weight)
    assert np.bincount(y[model.sampler_.sample_indices_]).tolist() == [20, 20]
    np.testing.assert_allclose(model.resampled_prior_, [1 / 8, 7 / 8])


def test_negative_weights_are_left_to_the_estimator(two_classes):
    X, y = two_classes
    weight = np.ones(len(y))
    weight[3] = -0.5

    class TakesAny(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            self.given_ = sample_weight
            return super().fit(X, y)

    for model in (
        WeightedClassifier(TakesAny()),
        ResampledClassifier(TakesAny()),
        ResampledClassifier(TakesAny(), RandomOverSampler(random_state=0)),
    ):
        model.fit(X, y, sample_weight=weight)
        assert model.estimator_.given_.min() == -0.5
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        WeightedClassifier(TakesAny(), Reweighing(sensitive_features=0)).fit(
            X.round(), y, sample_weight=weight
        )
    for bad in (np.nan, np.inf):
        weight[3] = bad
        with pytest.raises(ValueError, match="sample_weight"):
            WeightedClassifier(TakesAny()).fit(X, y, sample_weight=weight)


def test_where_weights_are_used_negative_ones_are_refused(two_classes):
    X, y = two_classes
    weight = np.where(np.arange(len(y)) == 3, -1.0, 1.0)
    for model in (
        CostSensitiveClassifier(DecisionTreeClassifier()),
        MetaCostClassifier(DecisionTreeClassifier()),
        ResampledClassifier(DecisionTreeClassifier(), recalibrate=True),
    ):
        with pytest.raises(ValueError, match=r"[Nn]egative"):
            model.fit(X, y, sample_weight=weight)


def test_a_sampler_that_takes_a_class_away(three_classes):
    """Warned, and shares are those of the classes that are left."""
    X, y = three_classes
    counts = np.bincount(y)
    sampler = FunctionSampler(func=lambda X, y: (X[y != 1], y[y != 1]))
    model = ResampledClassifier(DecisionTreeClassifier(), sampler)
    with pytest.warns(UserWarning, match="No row is left of class 1"):
        model.fit(X, y)
    assert model.classes_.tolist() == [0, 2]
    np.testing.assert_allclose(model.prior_, counts[[0, 2]] / counts[[0, 2]].sum())
    assert set(model.predict(X)) <= {0, 2}
