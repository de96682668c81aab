"""TabPFN and TabICL as learners, with a stand-in for their packages that refuses many rows."""

import pickle
import sys
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
from loops import looped
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.naive_bayes import GaussianNB

from imbalance_kit.benchmark import LEARNERS, METHODS
from imbalance_kit.benchmark._methods.in_context import CONTEXT_ROWS, setting_of

BY_NAME = {learner.name: learner for learner in LEARNERS}
CONTEXTS = [method for method in METHODS if "tabpfn" in method.learners]


class Pretrained(ClassifierMixin, BaseEstimator):
    """What both packages take; it refuses more rows than it is for, and any network."""

    contexts: list = []

    def __init__(self, model_path, device, n_estimators, softmax_temperature, random_state):
        self.model_path = model_path
        self.device = device
        self.n_estimators = n_estimators
        self.softmax_temperature = softmax_temperature
        self.random_state = random_state

    def fit(self, X, y):
        if len(X) > CONTEXT_ROWS:
            raise ValueError(f"{len(X)} rows")
        with open(self.model_path) as file:
            assert file.read() == "weights"
        self.contexts.append((len(X), np.mean(np.asarray(y) == 1)))
        self.inner_ = GaussianNB().fit(X[["a"]], y)
        self.classes_ = self.inner_.classes_
        return self

    def predict_proba(self, X):
        return self.inner_.predict_proba(X[["a"]]).astype(np.float32)


class PretrainedWithoutNetwork(Pretrained):
    def __init__(
        self,
        model_path,
        device,
        n_estimators,
        softmax_temperature,
        random_state,
        allow_auto_download=True,
        n_jobs=None,
    ):
        super().__init__(model_path, device, n_estimators, softmax_temperature, random_state)
        self.allow_auto_download = allow_auto_download
        self.n_jobs = n_jobs

    def fit(self, X, y):
        assert not self.allow_auto_download
        return super().fit(X, y)


@pytest.fixture
def packages(monkeypatch, tmp_path):
    """Both packages, as far as they are used, and a file of weights for each."""
    path = tmp_path / "weights.ckpt"
    path.write_text("weights")
    for name, of_package in [
        ("tabpfn", {"TabPFNClassifier": Pretrained}),
        ("tabicl", {"TabICLClassifier": PretrainedWithoutNetwork}),
    ]:
        module = ModuleType(name)
        vars(module).update(of_package)
        monkeypatch.setitem(sys.modules, name, module)
        monkeypatch.setenv(setting_of(name), str(path))
    monkeypatch.setattr(Pretrained, "contexts", [])
    return Pretrained.contexts


def table(n_rows=3000, share=0.1):
    rng = np.random.RandomState(0)
    y = (rng.uniform(size=n_rows) < share).astype(int)
    level = pd.Categorical(rng.choice(["u", "v"], n_rows))
    return pd.DataFrame({"a": rng.normal(size=n_rows) + 1.5 * y, "level": level}), y


@looped("name", ["tabpfn", "tabicl"])
@looped("method", CONTEXTS, ids=lambda method: method.name)
def test_methods_keep_to_the_rows_the_models_are_for(name, method, packages):
    X, y = table()
    packages.clear()
    model = method.build(BY_NAME[name], 0).fit(X, y)
    sizes, shares = np.transpose(packages)
    assert (sizes <= CONTEXT_ROWS).all()
    if method.name in ("none", "threshold"):  # the shares of the table
        np.testing.assert_allclose(shares, y.mean(), atol=0.002)
    elif method.name != "hybrid context":
        assert shares.min() > 0.25  # all of the rare class, about 300 of 1000
    assert (len(packages) > 1) == (method.name in ("threshold", "bagged contexts"))
    proba = model.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1)
    # 3000 rows: two standard errors of the share are .011
    assert abs(proba[:, 1].mean() - y.mean()) < 0.03
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(model)).predict_proba(X[:50]), proba[:50]
    )


def test_the_methods_of_contexts():
    names = {method.name for method in CONTEXTS}
    assert names == {"none", "threshold", "balanced context", "hybrid context", "bagged contexts"}
    assert all("lightgbm" in method.learners for method in CONTEXTS)


@looped("name", ["tabpfn", "tabicl"])
def test_weights_come_from_a_file_and_from_nowhere_else(name, packages, monkeypatch, tmp_path):
    X, y = table(200)
    model = BY_NAME[name].make(0)
    assert clone(model).fit(X, y).predict(X).shape == (200,)
    other = tmp_path / "other.ckpt"
    other.write_text("weights")
    given = BY_NAME[name].make(0, weights=str(other)).fit(X, y)
    assert given.estimator_.model_.model_path == str(other)
    monkeypatch.setenv(setting_of(name), str(tmp_path / "nothing"))
    with pytest.raises(ValueError, match=rf"The weights of '{name}' were to be the file"):
        clone(model).fit(X, y)
    monkeypatch.delenv(setting_of(name))
    with pytest.raises(ValueError, match=r"fetches none: set the environment variable IMBAL.*"):
        clone(model).fit(X, y)


def test_what_a_search_chooses_reaches_the_model(packages):
    X, y = table(200)
    learner = BY_NAME["tabicl"].with_parameters({"softmax_temperature": 1.25})
    assert learner.make(3).fit(X, y).estimator_.model_.softmax_temperature == 1.25
    assert learner.make(3).estimator.random_state == 3
