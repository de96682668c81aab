"""What a fitted ensemble holds: learners of the class given, samplers and pipelines."""

import imblearn.pipeline
import numpy as np
import pytest
from lightgbm import LGBMClassifier
from sklearn.base import clone
from sklearn.ensemble import AdaBoostClassifier
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.ensemble import (
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
    OverBaggingClassifier,
    RUSBoostClassifier,
    SelfPacedEnsembleClassifier,
    UnderBaggingClassifier,
)
from imbalance_kit.under_sampling import RandomUnderSampler

LIGHTGBM = LGBMClassifier(
    n_estimators=8, n_jobs=1, verbose=-1, deterministic=True, force_col_wise=True
)
LEARNERS = [
    DecisionTreeClassifier(),
    DecisionTreeClassifier(max_depth=1),
    DecisionTreeClassifier(min_samples_leaf=4),
    AdaBoostClassifier(n_estimators=6),
    LIGHTGBM,
    LogisticRegression(),
]
AS_IN_IMBALANCED_LEARN = [
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
    RUSBoostClassifier,
]


def settings(learner):
    return {name: v for name, v in learner.get_params().items() if "random_state" not in name}


@pytest.mark.parametrize("learner", LEARNERS, ids=str)
@pytest.mark.parametrize(
    "ensemble", [SelfPacedEnsembleClassifier, UnderBaggingClassifier, OverBaggingClassifier]
)
def test_learners_are_fitted_clones_of_the_one_given(ensemble, learner, two_classes):
    X, y = two_classes
    X = X.astype(np.float32)
    labels = np.where(y == 1, "rare", "common")
    model = ensemble(learner, n_estimators=4, random_state=0).fit(X, labels)
    for one in model.estimators_:
        assert type(one) is type(learner)
        assert settings(one) == settings(learner)
        assert one.classes_.tolist() == [0, 1]  # positions in the classes of the ensemble
    votes = [one.predict_proba(X) for one in model.estimators_]
    expected = np.mean(votes, axis=0, dtype=np.float64)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-12)
    assert not hasattr(learner, "classes_")


def test_boosted_stumps_are_trees(two_classes):
    X, y = two_classes
    model = RUSBoostClassifier(n_estimators=30, early_termination=False, random_state=0).fit(X, y)
    assert all(type(stump) is DecisionTreeClassifier for stump in model.estimators_)
    assert all(stump.tree_.node_count <= 3 for stump in model.estimators_)
    X = X.astype(np.float32)
    votes = [np.where(stump.predict(X) == 1, 1.0, -1.0) for stump in model.estimators_]
    expected = np.average(votes, axis=0, weights=model.estimator_weights_)
    np.testing.assert_allclose(model.decision_function(X), 2.0 * expected, rtol=1e-9, atol=1e-12)


def test_threads_do_not_change_ensembles_of_lightgbm(overlapping):
    X, y = overlapping
    one, two = (
        SelfPacedEnsembleClassifier(
            LIGHTGBM, n_estimators=4, learners_per_round=2, n_jobs=n_jobs, random_state=0
        )
        .fit(X, y)
        .predict_proba(X)
        for n_jobs in (1, 2)
    )
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("ensemble", AS_IN_IMBALANCED_LEARN)
def test_samplers_and_pipelines_are_there_as_in_imbalanced_learn(ensemble, two_classes):
    X, y = two_classes
    model = ensemble(n_estimators=3, random_state=0)
    assert not hasattr(model, "samplers_")
    with pytest.raises(NotFittedError):
        _ = model.pipelines_
    model.fit(X, y)
    assert len(model.samplers_) == len(model.pipelines_) == len(model.estimators_)
    rounds = zip(
        model.samplers_, model.pipelines_, model.estimators_, model.estimators_samples_, strict=True
    )
    for sampler, pipeline, learner, rows in rounds:
        assert type(sampler) is RandomUnderSampler
        np.testing.assert_array_equal(sampler.sample_indices_, rows)
        assert sampler.n_features_in_ == X.shape[1]
        assert isinstance(pipeline, imblearn.pipeline.Pipeline)
        assert [type(step) for _, step in pipeline.steps] == [RandomUnderSampler, type(learner)]
        np.testing.assert_array_equal(
            pipeline.predict_proba(X), learner.predict_proba(X.astype(np.float32))
        )


def test_a_given_sampler_has_no_samplers(two_classes):
    model = BalancedBaggingClassifier(sampler=RandomUnderSampler(), n_estimators=2)
    model.fit(*two_classes)
    assert not hasattr(model, "samplers_")
    assert not hasattr(model, "pipelines_")


@pytest.mark.parametrize("ensemble", [*AS_IN_IMBALANCED_LEARN, SelfPacedEnsembleClassifier])
def test_an_ensemble_is_a_sequence_of_its_learners(ensemble, two_classes):
    """As scikit-learn's ensembles; but an ensemble that is not fitted is no error to ask for."""
    model = ensemble(n_estimators=3, random_state=0)
    assert model
    for ask in (len, iter, lambda unfitted: unfitted[0]):
        with pytest.raises(NotFittedError):
            ask(model)
    model.fit(*two_classes)
    assert len(model) == len(model.estimators_)
    assert all(one is other for one, other in zip(model, model.estimators_, strict=True))
    assert model[0] is model.estimators_[0]
    assert model[-1] is model.estimators_[-1]
    assert model[:2] == model.estimators_[:2]
    with pytest.raises(IndexError):
        model[len(model)]


def test_ensembles_are_single_values_of_a_grid(two_classes):
    """What has a length is not taken apart: neither fitted ones nor those that are not."""
    X, y = two_classes
    fitted = UnderBaggingClassifier(n_estimators=2, random_state=0).fit(X, y)
    choices = [fitted, EasyEnsembleClassifier(n_estimators=2, random_state=0)]
    search = GridSearchCV(Pipeline([("model", fitted)]), {"model": choices}, cv=2).fit(X, y)
    assert search.cv_results_["param_model"].shape == (2,)
    assert clone(fitted).get_params().keys() == fitted.get_params().keys()
