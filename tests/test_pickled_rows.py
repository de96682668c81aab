"""Pickles of fitted estimators: without training rows unless asked for, and complete otherwise."""

import copy
import io
import pickle

import joblib
import numpy as np
import pytest
from estimators import CLASSIFIERS
from loops import looped
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_validate
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.combine import SMOTEENN
from imbalance_kit.compose import ResampledClassifier, WeightedClassifier
from imbalance_kit.cost import MetaCostClassifier
from imbalance_kit.ensemble import (
    BalancedBaggingClassifier,
    EasyEnsembleClassifier,
    ResamplingBaggingClassifier,
    SelfPacedEnsembleClassifier,
    UnderBaggingClassifier,
    rows_in_pickles,
)
from imbalance_kit.fairness import Reweighing
from imbalance_kit.over_sampling import SMOTE

SMALL, LARGE = 200, 1000
WITH_ROWS = [
    case
    for case in {type(case.estimator): case for case in CLASSIFIERS}.values()  # the last of each
    if hasattr(type(case.estimator), "_parts_with_rows")
]


def table(n_rows):
    rng = np.random.RandomState(0)
    y = (np.arange(n_rows) % 5 == 0).astype(int)
    X = rng.normal(size=(n_rows, 4)) + y[:, None]
    X[:, 3] = rng.permutation(n_rows) % 2  # groups
    return X, y


def with_learners_of_one_size(estimator):
    """The same with learners that do not grow with the table: stumps, or linear models."""
    small = clone(estimator)
    params = small.get_params(deep=True)
    for name in params:
        if name.endswith(("max_depth", "max_leaf_nodes")):
            small.set_params(**{name: 1 if name.endswith("depth") else 2})
    if "n_estimators" in params:
        small.set_params(n_estimators=2)
    if "estimator" in params and params["estimator"] is None:
        small.set_params(estimator=DecisionTreeClassifier(max_depth=1, random_state=0))
    return small


def joblib_bytes(model):
    written = io.BytesIO()
    joblib.dump(model, written)
    return written.getvalue()


def predictions(model, X):
    return model.predict_proba(X) if hasattr(model, "predict_proba") else model.predict(X)


@pytest.mark.filterwarnings("ignore:.*no sensitive_features")
@looped("case", WITH_ROWS)
def test_pickles_do_not_grow_with_the_rows(case):
    """800 rows more are 6,400 bytes for each array of row numbers; allow 800 in all."""
    sizes = []
    for n_rows in (SMALL, LARGE):
        X, y = table(n_rows)
        model = with_learners_of_one_size(case.estimator).fit(X, y)
        small = pickle.dumps(model)
        sizes.append((len(small), len(joblib_bytes(model))))
        with rows_in_pickles():
            whole = pickle.dumps(model)
        read, read_whole = pickle.loads(small), pickle.loads(whole)
        np.testing.assert_array_equal(predictions(read, X), predictions(model, X))
        np.testing.assert_array_equal(predictions(read_whole, X), predictions(model, X))
        assert vars(read_whole).keys() == vars(model).keys()
    (first, first_dumped), (second, second_dumped) = sizes
    assert second - first < 800
    assert second_dumped - first_dumped < 800


def test_every_ensemble_is_among_them():
    names = {type(case.estimator).__name__ for case in WITH_ROWS}
    public = {
        type(case.estimator).__name__
        for case in CLASSIFIERS
        if ".ensemble." in type(case.estimator).__module__
    }
    # its forests are ensembles, which leave their rows out themselves
    assert public - names == {"MixedTreesClassifier"}
    assert names >= {"MetaCostClassifier", "ResampledClassifier", "WeightedClassifier"}


def test_what_is_missing_is_explained():
    X, y = table(100)
    model = BalancedBaggingClassifier(n_estimators=2, random_state=0).fit(X, y)
    read = pickle.loads(pickle.dumps(model))
    for name in ("estimators_samples_", "samplers_", "pipelines_"):
        assert hasattr(model, name)
        assert not hasattr(read, name)
        with pytest.raises(AttributeError, match=r"pickle the estimator within .*rows_in_pickles"):
            getattr(read, name)
    assert read.fit(X, y).samplers_  # a new fit has them again
    assert not hasattr(clone(model), "estimators_samples_")
    samplers = "samplers_"
    with pytest.raises(AttributeError, match="without a sampler of the user"):
        getattr(BalancedBaggingClassifier(n_estimators=2, sampler=SMOTE()).fit(X, y), samplers)


def test_copies_keep_the_rows():
    X, y = table(100)
    for model in (
        SelfPacedEnsembleClassifier(n_estimators=2, random_state=0),
        ResamplingBaggingClassifier(n_estimators=2, random_state=0, n_iter_no_change=2),
        MetaCostClassifier(DecisionTreeClassifier(), n_estimators=2, random_state=0),
    ):
        model.fit(X, y)
        for copied in (copy.copy(model), copy.deepcopy(model), copy.deepcopy([model])[0]):
            assert vars(copied).keys() == vars(model).keys()
            for rows, again in zip(
                copied.estimators_samples_, model.estimators_samples_, strict=True
            ):
                np.testing.assert_array_equal(rows, again)
        deep = copy.deepcopy(model)
        deep.estimators_.pop()
        assert len(model.estimators_) == 2


def test_parts_are_pickled_without_their_rows():
    X, y = table(200)
    model = ResampledClassifier(LogisticRegression(), SMOTEENN(random_state=0)).fit(X, y)
    read = pickle.loads(pickle.dumps(model))
    assert len(model.sampler_.sample_indices_) > 0  # the fitted one itself is as it was
    assert len(model.sampler_.smote_.sample_indices_) > 0
    assert not hasattr(read.sampler_, "sample_indices_")
    assert not hasattr(read.sampler_.smote_, "sample_origin_")
    assert read.sampler_.sampling_strategy_ == model.sampler_.sampling_strategy_
    weighted = WeightedClassifier(LogisticRegression(), Reweighing(sensitive_features=[3]))
    weighted.fit(X, y)
    assert len(weighted.weigher_.sample_weight_) == len(X)
    assert not hasattr(pickle.loads(pickle.dumps(weighted)).weigher_, "sample_weight_")
    # a sampler that is pickled on its own has nothing but its rows to give
    alone = pickle.loads(pickle.dumps(model.sampler_))
    np.testing.assert_array_equal(alone.sample_indices_, model.sampler_.sample_indices_)


def test_an_ensemble_that_will_go_on_keeps_its_rows():
    X, y = table(200)
    model = UnderBaggingClassifier(n_estimators=2, random_state=0, warm_start=True).fit(X, y)
    at_once = UnderBaggingClassifier(n_estimators=4, random_state=0).fit(X, y)
    grown = pickle.loads(pickle.dumps(model)).set_params(n_estimators=4).fit(X, y)
    for rows, again in zip(grown.estimators_samples_, at_once.estimators_samples_, strict=True):
        np.testing.assert_array_equal(rows, again)
    late = pickle.loads(pickle.dumps(model.set_params(warm_start=False)))
    with pytest.raises(ValueError, match="Set warm_start=True before it is pickled"):
        late.set_params(warm_start=True, n_estimators=4).fit(X, y)
    assert len(late.estimators_) == 2  # as before the fit that failed


@pytest.mark.exhaustive
def test_workers_return_what_this_process_would():
    """Row numbers come back from a worker process; starting one takes seconds."""
    X, y = table(200)
    model = EasyEnsembleClassifier(n_estimators=2, random_state=0)
    here, there = (
        cross_validate(model, X, y, cv=2, return_estimator=True, n_jobs=n_jobs)["estimator"]
        for n_jobs in (1, 2)
    )
    for one, other in zip(here, there, strict=True):
        assert vars(one).keys() == vars(other).keys()
        for rows, again in zip(one.estimators_samples_, other.estimators_samples_, strict=True):
            np.testing.assert_array_equal(rows, again)
