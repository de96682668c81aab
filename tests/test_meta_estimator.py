"""What every classifier around a classifier does alike."""

import numpy as np
import pytest
from catboost import CatBoostClassifier
from sklearn import config_context
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from tables import unbalanced

from imbalance_kit._meta_estimator import ClassifierWrapper, out_of_fold
from imbalance_kit.compose import ResampledClassifier, WeightedClassifier
from imbalance_kit.cost import MetaCostClassifier


class Plain(ClassifierWrapper):
    """A wrapper that changes nothing."""

    _parameter_constraints: dict = {"estimator": "no_validation"}

    def __init__(self, estimator):
        self.estimator = estimator


class HeldOut(ClassifierWrapper):
    """A wrapper that keeps predictions out of fold."""

    _parameter_constraints: dict = {"estimator": "no_validation", "cv": "no_validation"}

    def __init__(self, estimator, *, cv=3):
        self.estimator = estimator
        self.cv = cv

    def _learn(self, X, y, weight, params):
        self.held_out_ = out_of_fold(self.estimator, X, y, cv=self.cv, params=params)
        return super()._learn(X, y, weight, params)


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


@pytest.fixture
def weight(two_classes):
    return np.random.RandomState(0).uniform(0.5, 2.0, size=len(two_classes[1]))


def test_it_is_the_estimator(two_classes, weight):
    X, y = two_classes
    wrapped = Plain(LogisticRegression()).fit(X, y, sample_weight=weight)
    alone = LogisticRegression().fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(wrapped.predict_proba(X), alone.predict_proba(X))
    np.testing.assert_array_equal(wrapped.predict(X), alone.predict(X))
    np.testing.assert_array_equal(wrapped.classes_, alone.classes_)
    assert wrapped.n_features_in_ == X.shape[1]


def test_arguments_of_fit_reach_a_step_of_a_pipeline(two_classes, weight):
    X, y = two_classes
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    wrapped = HeldOut(pipeline).fit(X, y, logisticregression__sample_weight=weight)
    alone = clone(pipeline).fit(X, y, logisticregression__sample_weight=weight)
    np.testing.assert_array_equal(wrapped.predict_proba(X), alone.predict_proba(X))
    apart = cross_val_predict(
        pipeline,
        X,
        y,
        cv=StratifiedKFold(3),
        method="predict_proba",
        params={"logisticregression__sample_weight": weight},
    )
    np.testing.assert_array_equal(wrapped.held_out_, apart)


def test_routed_arguments_reach_the_estimator_and_the_splitter(routing, two_classes, weight):
    X, y = two_classes
    groups = np.arange(len(y)) % 6
    scaler = StandardScaler().set_fit_request(sample_weight=False)
    learner = LogisticRegression().set_fit_request(sample_weight=True)
    pipeline = make_pipeline(scaler, learner)
    model = HeldOut(pipeline, cv=GroupKFold(3)).fit(X, y, sample_weight=weight, groups=groups)
    for train, test in GroupKFold(3).split(X, y, groups):
        alone = clone(pipeline).fit(X[train], y[train], sample_weight=weight[train])
        np.testing.assert_array_equal(model.held_out_[test], alone.predict_proba(X[test]))


def test_routing_without_arguments(routing, two_classes):
    assert HeldOut(LogisticRegression()).fit(*two_classes).predict(two_classes[0][:2]).shape == (2,)


def test_what_nobody_requested_is_refused(routing, two_classes, weight):
    learner = LogisticRegression().set_fit_request(sample_weight=False)
    with pytest.raises(TypeError, match="sample_weight"):
        Plain(learner).fit(*two_classes, sample_weight=weight)


def test_weights_need_an_estimator_that_takes_them(two_classes, weight):
    with pytest.raises(ValueError, match=r"KNeighborsClassifier\.fit does not take it\. Use an"):
        Plain(KNeighborsClassifier()).fit(*two_classes, sample_weight=weight)


@pytest.mark.parametrize("bad", [-1.0, np.nan])
def test_bad_weights_are_refused(bad, two_classes, weight):
    weight[3] = bad
    with pytest.raises(ValueError, match=r"[Nn]egative|NaN"):
        Plain(LogisticRegression()).fit(*two_classes, sample_weight=weight)


def test_a_frozen_estimator_stays_as_it_is(two_classes, weight):
    X, y = two_classes
    frozen = FrozenEstimator(LogisticRegression().fit(X, y))
    model = HeldOut(frozen).fit(X[:40], y[:40], sample_weight=weight[:40])
    np.testing.assert_array_equal(model.held_out_, frozen.predict_proba(X[:40]))
    np.testing.assert_array_equal(model.predict_proba(X), frozen.predict_proba(X))


def test_no_more_folds_than_rows_of_the_rarest_class():
    X, y = np.arange(20.0)[:, None], np.repeat([0, 1], [18, 2])
    proba = out_of_fold(DummyClassifier(strategy="prior"), X, y, cv=5, params={})
    np.testing.assert_allclose(proba[:, 1], 0.1)


def test_a_class_of_one_row_has_nobody_to_predict_it():
    X, y = np.arange(9.0)[:, None], np.array(["a"] * 8 + ["b"])
    with pytest.raises(ValueError, match=r"Class 'b' has 1 row; .*at least 2 of each class"):
        HeldOut(DummyClassifier()).fit(X, y)


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="at least 2 classes"):
        Plain(DummyClassifier()).fit(np.zeros((5, 1)), np.ones(5))


def test_tags_are_those_of_the_estimator():
    for estimator in (LogisticRegression(), KNeighborsClassifier(metric="nan_euclidean")):
        own, inner = get_tags(Plain(estimator)).input_tags, get_tags(estimator).input_tags
        assert (own.sparse, own.allow_nan) == (inner.sparse, inner.allow_nan)


def test_labels_that_come_as_a_column_are_one_per_row():
    """CatBoost predicts a column where there are more than two classes."""
    X, y = unbalanced([60, 30, 20])
    labels = np.array(["a", "b", "c"])[y]
    learner = CatBoostClassifier(
        iterations=3, thread_count=1, verbose=False, allow_writing_files=False
    )
    assert learner.fit(X, labels).predict(X).shape == (110, 1)
    for wrapper in (ResampledClassifier, WeightedClassifier, MetaCostClassifier):
        predicted = wrapper(learner).fit(X, labels).predict(X)
        assert predicted.shape == (110,)
        assert (predicted == labels).mean() > 0.7
