"""LightGBM on shared bins: the same booster, binned once."""

import lightgbm
import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from scipy import sparse
from sklearn.datasets import make_classification
from tables import unbalanced

from imbalance_kit.ensemble import SelfPacedEnsembleClassifier
from imbalance_kit.ensemble._learners.base_learners import LightGBMTrainer, Trainer, trainer_for
from imbalance_kit.ensemble._learners.lightgbm import BinnedBooster, BinnedLightGBM, shares_bins

SETTLED = {"deterministic": True, "force_col_wise": True, "verbose": -1, "n_jobs": 1}


def booster(**parameters):
    return LGBMClassifier(**{"n_estimators": 15, "random_state": 0} | SETTLED | parameters)


def fit_binned(learner, X, y, weight=None):
    return BinnedLightGBM(learner, X, np.random.RandomState(0)).fit(learner, X, y, weight)


@pytest.mark.parametrize("sizes", [[300, 60], [200, 40, 80]], ids=["binary", "multi-class"])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("kind", ["ndarray", "float32", "pandas", "csr"])
def test_on_the_whole_table_it_is_lightgbms_own_classifier(sizes, weighted, kind):
    X, y = unbalanced(sizes)
    table = {
        "ndarray": X,
        "float32": X.astype(np.float32),
        "pandas": pd.DataFrame(X, columns=list("abcd")),
        "csr": sparse.csr_matrix(X),
    }[kind]
    y = np.array(["no", "yes", "perhaps"])[y]
    weight = np.random.RandomState(1).uniform(size=len(y)) if weighted else None
    ours = fit_binned(booster(), table, y, weight)
    theirs = booster().fit(table, y, sample_weight=weight)
    assert (ours.classes_ == theirs.classes_).all()
    np.testing.assert_allclose(ours.predict_proba(table), theirs.predict_proba(table), rtol=1e-9)
    assert (ours.predict(table) == theirs.predict(table)).all()
    np.testing.assert_array_equal(ours.feature_importances_, theirs.feature_importances_)


@pytest.mark.parametrize(
    "parameters",
    [
        {"class_weight": "balanced"},
        {"class_weight": {0: 1.0, 1: 3.0}},
        {"num_leaves": 4, "min_child_samples": 3, "learning_rate": 0.3, "reg_lambda": 2.0},
        {"boosting_type": "dart", "subsample": 0.7, "subsample_freq": 1, "colsample_bytree": 0.5},
        {"extra_trees": True, "max_bin": 15},
        {"objective": "binary", "importance_type": "gain"},
    ],
    ids=str,
)
def test_parameters_mean_what_they_mean_in_lightgbm(parameters):
    X, y = unbalanced([300, 60])
    learner = booster(**parameters)
    ours, theirs = fit_binned(learner, X, y), booster(**parameters).fit(X, y)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-9)


def test_categories_and_gaps_pass():
    X, y = unbalanced([300, 60])
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame.loc[::7, "a"] = np.nan
    frame["level"] = pd.Categorical(np.array(["low", "high", "no"])[(X[:, 1] > 0).astype(int) + y])
    ours, theirs = fit_binned(booster(), frame, y), booster().fit(frame, y)
    np.testing.assert_allclose(ours.predict_proba(frame), theirs.predict_proba(frame), rtol=1e-9)
    half = frame.iloc[::2]
    np.testing.assert_allclose(ours.predict_proba(half), theirs.predict_proba(half), rtol=1e-9)


def test_a_draw_is_binned_as_the_table_is():
    """Rows of the table give LightGBM's own subset of its data set, trained on."""
    X, y = make_classification(3000, 6, weights=[0.9], random_state=0)
    rows = np.sort(np.random.RandomState(0).choice(len(y), 800))
    binned = BinnedLightGBM(booster(), X, np.random.RandomState(0))
    ours = binned.fit(booster(), X[rows], y[rows], None)
    parameters = {"objective": "binary", "seed": 0, "num_threads": 1} | SETTLED
    parameters.pop("n_jobs")
    whole = lightgbm.Dataset(X, y, params=parameters).construct()
    theirs = lightgbm.train(parameters, whole.subset(rows), 15)
    np.testing.assert_allclose(ours.predict_proba(X)[:, 1], theirs.predict(X), rtol=1e-3)


def test_bins_of_large_tables_come_from_a_sample(monkeypatch):
    from imbalance_kit.ensemble._learners import lightgbm as _lightgbm

    X, y = unbalanced([300, 60])
    monkeypatch.setattr(_lightgbm, "_SAMPLE", 100)
    binned = BinnedLightGBM(booster(), X, np.random.RandomState(0))
    assert binned._bins.num_data() == 100
    assert binned.fit(booster(), X, y, None).predict_proba(X).shape == (360, 2)


def test_one_class_alone():
    X, y = unbalanced([30, 10])
    learned = fit_binned(booster(), X[y == 0], y[y == 0])
    assert learned.classes_.tolist() == [0]
    np.testing.assert_allclose(learned.predict_proba(X), 1.0)


@pytest.mark.parametrize(
    ("learner", "X", "shared"),
    [
        (booster(), np.zeros((3, 2)), True),
        (booster(), np.zeros((3, 2), dtype=object), False),
        (booster(objective=lambda y, raw: (raw, raw)), np.zeros((3, 2)), False),
        (booster(objective="cross_entropy"), np.zeros((3, 2)), False),
        (type("Mine", (LGBMClassifier,), {})(), np.zeros((3, 2)), False),
    ],
    ids=["numbers", "objects", "own objective", "another objective", "a subclass"],
)
def test_who_shares_bins(learner, X, shared):
    assert shares_bins(learner, X) is shared
    assert type(trainer_for(learner, X)) is (LightGBMTrainer if shared else Trainer)


def test_threads_do_not_change_the_ensemble(overlapping):
    X, y = overlapping
    proba = [
        SelfPacedEnsembleClassifier(
            LGBMClassifier(n_estimators=20, n_jobs=inner, verbose=-1),
            n_estimators=4,
            learners_per_round=2,
            n_jobs=outer,
            random_state=0,
        )
        .fit(X, y)
        .predict_proba(X)
        for inner, outer in [(1, 1), (2, 1), (1, 2), (None, 2)]
    ]
    for other in proba[1:]:
        np.testing.assert_array_equal(proba[0], other)


def test_an_ensemble_holds_boosters_that_speak_its_labels(two_classes):
    X, y = two_classes
    model = SelfPacedEnsembleClassifier(booster(), n_estimators=3, random_state=0)
    model.fit(X, np.where(y == 1, "rare", "common"))
    assert all(type(learner) is BinnedBooster for learner in model.estimators_)
    assert model.estimators_[0].classes_.tolist() == ["common", "rare"]
    assert set(model.predict(X)) <= {"common", "rare"}
    assert model.feature_importances_.shape == (4,)
