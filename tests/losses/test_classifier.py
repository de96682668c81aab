"""ImbalancedLGBMClassifier: reductions to LightGBM, weights, stopping, probabilities, errors."""

import pickle
import re
import subprocess
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from imblearn.pipeline import Pipeline
from lightgbm import LGBMClassifier, LGBMRegressor
from loops import looped
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.preprocessing import StandardScaler

from imbalance_kit.losses import (
    AlphaLoss,
    ClassBalancedLoss,
    CrossEntropyLoss,
    FocalLoss,
    ImbalancedLGBMClassifier,
    LDAMLoss,
    LogitAdjustedLoss,
    Poly1Loss,
    PriorResistantLoss,
    _base,
)
from imbalance_kit.losses._loss_classifier import LOSSES

TREES = {"n_estimators": 20, "num_leaves": 8, "min_child_samples": 5, "verbose": -1, "n_jobs": 1}


def trees(**parameters):
    return LGBMClassifier(**TREES | parameters)


def data(n_classes=2, n_samples=800, **parameters):
    weights = [0.88] if n_classes == 2 else [0.7, 0.15, 0.1]
    return make_classification(
        n_samples=n_samples,
        n_features=8,
        n_informative=5,
        n_classes=n_classes,
        weights=weights,
        flip_y=0.05,
        random_state=0,
        **parameters,
    )


# --- reductions ----------------------------------------------------------------------------------

SAME_AS_CROSS_ENTROPY = [
    CrossEntropyLoss(),
    FocalLoss(gamma=0),
    Poly1Loss(epsilon=0),
    AlphaLoss(alpha=1),
    LogitAdjustedLoss(tau=0),
    ClassBalancedLoss(beta=0),
    LDAMLoss(max_margin=0, deferred=False),
]


@pytest.mark.parametrize("fewest", [0, np.inf], ids=["compiled", "numpy"])
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("loss", SAME_AS_CROSS_ENTROPY, ids=str)
def test_reductions_are_the_built_in_model(loss, n_classes, fewest, monkeypatch):
    monkeypatch.setattr(_base, "KERNELS_FROM", fewest)
    X, y = data(n_classes)
    weight = np.random.RandomState(0).uniform(0.5, 2, len(y))
    model = ImbalancedLGBMClassifier(trees(), loss=loss).fit(X, y, sample_weight=weight)
    built_in = trees().fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(model.predict_proba(X), built_in.predict_proba(X), atol=1e-6)
    np.testing.assert_array_equal(model.predict(X), built_in.predict(X))


def test_weights_of_classes_are_class_weight_and_scale_pos_weight():
    X, y = data()
    built_in = trees(class_weight={1: 4.0}).fit(X, y)
    for model in (
        ImbalancedLGBMClassifier(trees(), loss=CrossEntropyLoss(class_weight={1: 4.0})),
        ImbalancedLGBMClassifier(trees(class_weight={1: 4.0}), loss="cross_entropy"),
        ImbalancedLGBMClassifier(trees(), loss=FocalLoss(gamma=0, alpha=[1, 4])),
    ):
        found = model.set_params(recalibrate=False).fit(X, y).predict_proba(X)
        np.testing.assert_allclose(found, built_in.predict_proba(X), atol=1e-6)
    # that one would start from the shares without weights
    start = np.full(len(y), model.init_score_)
    weighted = trees(scale_pos_weight=4.0).fit(X, y, init_score=start)
    raw = weighted.predict(X, raw_score=True) + model.init_score_
    np.testing.assert_allclose(model.decision_function(X), raw, atol=1e-6)


@pytest.mark.parametrize("given", ["balanced", {"no": 1.0, "yes": 7.0}], ids=str)
def test_the_class_weight_of_the_estimator_is_used(given):
    X, y = data()
    words = np.array(["no", "yes"])[y]
    built_in = trees(class_weight=given).fit(X, words)
    bare = {"recalibrate": False}
    learner = trees(class_weight=given)
    model = ImbalancedLGBMClassifier(learner, loss="cross_entropy", **bare).fit(X, words)
    np.testing.assert_allclose(model.predict_proba(X), built_in.predict_proba(X), atol=1e-6)
    own = CrossEntropyLoss(class_weight=given)
    other = ImbalancedLGBMClassifier(trees(), loss=own, **bare).fit(X, words)
    np.testing.assert_allclose(model.predict_proba(X), other.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_logit_adjustment_is_a_first_score_that_is_left_out(n_classes):
    X, y = data(n_classes)
    share = np.bincount(y) / len(y)
    loss = LogitAdjustedLoss(tau=1.0)
    model = ImbalancedLGBMClassifier(trees(), loss=loss, recalibrate=False).fit(X, y)
    built_in = trees().fit(X, y).predict_proba(X)
    adjusted = built_in / share
    adjusted /= adjusted.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X), adjusted, atol=1e-6)
    model = model.set_params(recalibrate=True).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), built_in, atol=1e-6)


def test_the_exponential_loss_is_the_same_from_two_families():
    """With half the scores: AlphaLoss(1/2) costs exp(-u), the proper family exp(-u / 2) / 2."""
    X, y = data()
    one = ImbalancedLGBMClassifier(trees(), loss=AlphaLoss(alpha=0.5)).fit(X, y)
    other = ImbalancedLGBMClassifier(trees(), loss=PriorResistantLoss(a=0.5)).fit(X, y)
    np.testing.assert_allclose(
        2 * one.decision_function(X), other.decision_function(X), atol=1e-4, rtol=1e-4
    )


# --- weights -------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_a_weight_of_two_is_the_row_twice(name):
    """On one column of ten values, where bins do not change and no two splits are as good; with
    more LightGBM's estimates of the rows in a leaf, made from Hessians, decide."""
    rng = np.random.RandomState(0)
    level = rng.randint(10, size=400)
    y = (rng.uniform(size=400) < 0.05 + 0.06 * level).astype(int)
    X = level[:, None].astype(float)
    weight = np.where(np.arange(len(y)) % 4 == 0, 2.0, 1.0)
    twice = np.repeat(np.arange(len(y)), weight.astype(int))
    learner = trees(n_estimators=5, num_leaves=4, min_child_samples=1, min_data_in_bin=1)
    model = ImbalancedLGBMClassifier(learner, loss=name)
    weighted = clone(model).fit(X, y, sample_weight=weight).decision_function(X)
    repeated = clone(model).fit(X[twice], y[twice]).decision_function(X)
    np.testing.assert_allclose(weighted, repeated, rtol=1e-4, atol=1e-5)
    assert len(np.unique(weighted)) >= 4


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_weights_change_the_model(name):
    X, y = data()
    weight = np.where(np.arange(len(y)) % 2 == 0, 5.0, 0.2)
    plain, weighted = (
        ImbalancedLGBMClassifier(trees(), loss=name).fit(X, y, sample_weight=given)
        for given in (None, weight)
    )
    assert np.abs(plain.decision_function(X) - weighted.decision_function(X)).max() > 0.01


def test_the_rows_of_a_rare_class_outweighed():
    X, y = data()
    weight = np.where(y == 1, 20.0, 1.0)
    model = ImbalancedLGBMClassifier(trees(), loss="focal").fit(X, y, sample_weight=weight)
    plain = ImbalancedLGBMClassifier(trees(), loss="focal").fit(X, y)
    assert model.init_score_ > plain.init_score_ + 0.5
    assert model.predict_proba(X)[:, 1].mean() > plain.predict_proba(X)[:, 1].mean() + 0.1


# --- probabilities -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_probabilities_are_as_frequent_as_they_say_after_recalibration(name):
    """Mean probability and share of the class; of an early model, that is not overfitted."""
    X, y = data(n_samples=4000, class_sep=0.7)
    learner = trees(n_estimators=15, min_child_samples=50)
    model = ImbalancedLGBMClassifier(learner, loss=name, recalibrate=True, random_state=0)
    proba = model.fit(X[:3000], y[:3000]).predict_proba(X[3000:])
    assert proba.shape == (1000, 2)
    # two standard errors of a share of .13 among 1000 rows are .02, and of 300 held out .04
    assert abs(proba[:, 1].mean() - y[3000:].mean()) < 0.06
    raw = clone(model).set_params(recalibrate=False).fit(X[:3000], y[:3000])
    labels = y[3000:]
    assert log_loss(labels, proba) < log_loss(labels, raw.predict_proba(X[3000:])) + 0.02


def test_without_recalibration_it_is_the_sigmoid_or_softmax_of_the_scores():
    for n_classes in (2, 4):
        X, y = data(n_classes)
        for loss in (FocalLoss(), LDAMLoss(scale=2.0), "poly1"):
            model = ImbalancedLGBMClassifier(trees(), loss=loss, recalibrate=False).fit(X, y)
            raw = model.decision_function(X) * getattr(loss, "scale", 1.0)
            if n_classes == 2:
                raw = np.column_stack([np.zeros(len(y)), raw])
            soft = np.exp(raw) / np.exp(raw).sum(axis=1, keepdims=True)
            np.testing.assert_allclose(model.predict_proba(X), soft, rtol=1e-9)
            np.testing.assert_array_equal(model.predict(X), raw.argmax(axis=1))


@looped("loss", ["focal", "balanced_softmax", "logit_adjusted", "cross_entropy", "poly1"])
def test_the_decision_function_is_the_raw_score_either_way(loss):
    for n_classes in (2, 3):
        X, y = data(n_classes)
        default = ImbalancedLGBMClassifier(trees(), loss=loss).fit(X, y)
        bare = clone(default).set_params(recalibrate=False).fit(X, y)
        raw = default.decision_function(X)
        np.testing.assert_array_equal(raw, bare.decision_function(X))
        np.testing.assert_array_equal(default.predict(X), default.predict_proba(X).argmax(axis=1))
        by_score = (raw > 0).astype(int) if n_classes == 2 else raw.argmax(axis=1)
        np.testing.assert_array_equal(bare.predict(X), by_score)
        if loss in ("focal", "cross_entropy"):  # their scores decide as their probabilities
            np.testing.assert_array_equal(default.predict(X), by_score)


@looped("share", [0.012, 0.05, 0.3])
def test_by_default_probabilities_are_as_frequent_as_the_class(share):
    """Mean probability within 6 standard errors of the rare share, of fit and test rows together:
    false alarm below 1e-8. Bare focal scores are several times too high."""
    X, y = make_classification(8000, n_features=6, weights=[1 - share], flip_y=0, random_state=1)
    fitted = ImbalancedLGBMClassifier(trees(), random_state=0).fit(X[:4000], y[:4000])
    mean = fitted.predict_proba(X[4000:])[:, 1].mean()
    error = np.sqrt(2 * share * (1 - share) / 4000)
    assert abs(mean - share) < 6 * error
    constant = share * (1 - share)
    assert np.mean((fitted.predict_proba(X[4000:])[:, 1] - y[4000:]) ** 2) < constant


@pytest.mark.parametrize("n_classes", [2, 4])
def test_scores_without_meaning_are_calibrated_on_rows_held_out(n_classes):
    X, y = data(n_classes, n_samples=3000)
    loss = "tversky" if n_classes == 2 else "ldam"
    model = ImbalancedLGBMClassifier(trees(), loss=loss, recalibrate=True, random_state=0)
    rows = slice(0, 2000), slice(2000, None)
    model.fit(X[rows[0]], y[rows[0]], X_val=None, y_val=None)
    own = log_loss(y[rows[1]], model.predict_proba(X[rows[1]]))
    given = clone(model).fit(X[rows[0]], y[rows[0]], X_val=X[rows[1]], y_val=y[rows[1]])
    best = log_loss(y[rows[1]], given.predict_proba(X[rows[1]]))
    assert best < own
    assert best < log_loss(
        y[rows[1]], given.set_params(recalibrate=False).predict_proba(X[rows[1]])
    )
    assert given.biases_.shape == (n_classes,)


# --- rounds --------------------------------------------------------------------------------------


def test_stopping_is_at_the_least_mean_loss():
    X, y = data()
    learner = trees(n_estimators=300, learning_rate=0.3)
    model = ImbalancedLGBMClassifier(learner, n_iter_no_change=5, random_state=0).fit(X, y)
    scores = model.validation_scores_
    assert model.best_iteration_ == int(np.argmin(scores)) + 1
    assert len(scores) == model.best_iteration_ + 5 < 300
    whole = model.set_params(n_iter_no_change=None).fit(X, y)
    assert whole.best_iteration_ == 300
    assert not hasattr(whole, "validation_scores_")


@pytest.mark.parametrize("n_classes", [2, 4])
def test_validation_rows_can_be_given(n_classes):
    X, y = data(n_classes, n_samples=1200)
    words = np.array(["a", "b", "c", "d"])[y]
    weight = np.random.RandomState(0).uniform(0.5, 2, 400)
    model = ImbalancedLGBMClassifier(trees(n_estimators=60), n_iter_no_change=3)
    model.fit(X[:800], words[:800], X_val=X[800:], y_val=words[800:], sample_weight_val=weight)
    # the mean loss of the whole model on these rows is the score of its best round
    raw = model.decision_function(X[800:])
    value = np.average(model.loss_.value(y[800:], raw), weights=weight)
    assert value == pytest.approx(min(model.validation_scores_), rel=1e-6)


def test_stopping_by_weights_and_seeds():
    X, y = data()
    weight = np.random.RandomState(0).uniform(0.1, 3, len(y))
    model = ImbalancedLGBMClassifier(trees(), n_iter_no_change=5, random_state=0)
    one, other = (clone(model).fit(X, y, sample_weight=weight) for _ in range(2))
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    another = clone(model).set_params(random_state=1).fit(X, y, sample_weight=weight)
    assert one.validation_scores_ != another.validation_scores_


def test_deferred_weights_begin_in_the_last_fifth_and_anew_with_each_fit():
    X, y = data()
    y = np.where((y == 1) & (np.arange(len(y)) % 3 > 0), 0, y)
    deferred = ImbalancedLGBMClassifier(trees(n_estimators=20), loss=LDAMLoss()).fit(X, y)
    plain = ImbalancedLGBMClassifier(trees(n_estimators=20), loss=LDAMLoss(deferred=False))
    plain.fit(X, y)
    until, after = (
        [
            model.estimator_.booster_.predict(X, raw_score=True, num_iteration=rounds)
            for model in (deferred, plain)
        ]
        for rounds in (16, 17)
    )
    np.testing.assert_array_equal(*until)
    assert np.abs(after[0] - after[1]).max() > 1e-3
    by_another_name = trees(num_iterations=20, n_estimators=999)
    other = ImbalancedLGBMClassifier(by_another_name, loss=LDAMLoss()).fit(X, y)
    np.testing.assert_array_equal(other.decision_function(X), deferred.decision_function(X))
    again = deferred.decision_function(X)
    np.testing.assert_array_equal(deferred.fit(X, y).decision_function(X), again)
    loss = LDAMLoss()
    model = ImbalancedLGBMClassifier(trees(), loss=loss).fit(X, y)
    assert model.loss_ is not loss
    assert not hasattr(loss, "n_classes_")


# --- tables --------------------------------------------------------------------------------------


def mixed_table(n=300):
    rng = np.random.RandomState(0)
    word = rng.choice(["red", "green", "blue"], n)
    number = rng.normal(size=n)
    y = ((word == "green") & (number > 0.3)).astype(int)
    number[rng.uniform(size=n) < 0.1] = np.nan
    other = rng.normal(size=n)
    return pd.DataFrame({"word": word, "number": number, "other": other}), y


def test_words_are_nominal_in_every_container():
    X, y = mixed_table()
    model = ImbalancedLGBMClassifier(trees(), loss="focal")
    expected = clone(model).fit(X, y).predict_proba(X)
    # by levels as LightGBM reads them, sorted; numbers first
    codes = X.assign(word=X["word"].astype("category"))[["number", "other", "word"]]
    by_hand = clone(model).fit(codes, y).predict_proba(codes)
    np.testing.assert_allclose(expected, by_hand)
    for given in (pl.from_pandas(X), pa.Table.from_pandas(X), X.to_numpy(dtype=object)):
        found = clone(model).fit(given, y).predict_proba(given)
        np.testing.assert_allclose(found, expected)
    unknown = X.assign(word="violet")
    assert np.isfinite(clone(model).fit(X, y).predict_proba(unknown)).all()


def test_importances_are_in_the_order_of_the_columns():
    X, y = mixed_table()
    model = ImbalancedLGBMClassifier(trees()).fit(X, y)
    assert list(model.feature_names_in_) == ["word", "number", "other"]
    # LightGBM has numbers first
    inside = model.estimator_.feature_importances_
    np.testing.assert_array_equal(model.feature_importances_, inside[[2, 0, 1]])
    assert model.feature_importances_[0] > 0
    assert len(set(inside)) == 3


@pytest.mark.parametrize("make", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array])
def test_sparse_tables(make):
    X, y = data()
    X = np.where(np.abs(X) < 1, 0, X)
    model = ImbalancedLGBMClassifier(trees()).fit(make(X), y)
    dense = ImbalancedLGBMClassifier(trees()).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(make(X)), dense.predict_proba(X), atol=1e-9)


def test_small_tables_need_no_compiler_and_no_other_library():
    code = (
        "import sys, numpy as np\n"
        "from imbalance_kit.losses import ImbalancedLGBMClassifier\n"
        "X = np.arange(60.0)[:, None]; y = (X[:, 0] > 50).astype(int)\n"
        "ImbalancedLGBMClassifier(recalibrate=True).fit(X, y).predict_proba(X)\n"
        "assert not {'numba', 'xgboost', 'catboost'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


# --- in a search ---------------------------------------------------------------------------------


def test_searches_reach_into_the_loss_and_over_losses():
    X, y = data()
    model = ImbalancedLGBMClassifier(trees(n_estimators=5), loss=FocalLoss())
    search = GridSearchCV(
        model, {"loss__gamma": [0.0, 1.0, 3.0]}, cv=2, scoring="average_precision"
    )
    assert search.fit(X, y).best_params_["loss__gamma"] in (0.0, 1.0, 3.0)
    search = GridSearchCV(model, {"loss": ["dice", "poly1", FocalLoss(gamma=1)]}, cv=2)
    search.fit(X, y)
    pipeline = Pipeline([("scale", StandardScaler()), ("model", model)])
    search = GridSearchCV(pipeline, {"model__loss__gamma": [0.0, 2.0]}, cv=2)
    search.fit(X, y)
    assert search.predict_proba(X).shape == (len(y), 2)


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_fitted_models_pickle_and_losses_clone(name):
    X, y = data(n_samples=300)
    model = ImbalancedLGBMClassifier(trees(), loss=LOSSES[name]()).fit(X, y)
    copy = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(copy.predict_proba(X), model.predict_proba(X))
    loss = clone(model.loss_)
    assert loss.get_params() == LOSSES[name]().get_params()
    assert not hasattr(loss, "n_classes_")
    assert str(loss).startswith(LOSSES[name].__name__)


# --- errors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (ImbalancedLGBMClassifier(LGBMRegressor()), r"'estimator' parameter of"),
        (ImbalancedLGBMClassifier(trees(objective="binary")), r"trained under `loss`. Leave"),
        (ImbalancedLGBMClassifier(trees(application="binary")), r"trained under `loss`. Leave"),
        (ImbalancedLGBMClassifier(trees(boosting_type="rf")), r"grows a forest.*'gbdt' or 'dart'"),
        (ImbalancedLGBMClassifier(loss="hinge"), r"'loss' parameter of"),
        (ImbalancedLGBMClassifier(loss=FocalLoss(gamma=-1)), r"'gamma' parameter of FocalLoss"),
        (
            ImbalancedLGBMClassifier(loss=CrossEntropyLoss(class_weight={"x": 2})),
            r"class_weight names 'x', but the classes are 0, 1",
        ),
        (
            ImbalancedLGBMClassifier(loss=FocalLoss(alpha=[1, 2, 3])),
            r"must be 2 positive numbers",
        ),
    ],
    ids=lambda value: re.sub(r"\s+", " ", str(value))[:40],
)
def test_what_cannot_work_is_refused(model, message):
    X, y = data(n_samples=100)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)


@pytest.mark.parametrize("name", ["asymmetric", "dice", "prior_resistant", "tversky"])
def test_losses_of_two_classes_point_to_one_against_the_rest(name):
    X, y = data(4, n_samples=300)
    model = ImbalancedLGBMClassifier(trees(), loss=name)
    with pytest.raises(ValueError, match=r"is for two classes; y has 4.*OneVsRestClassifier"):
        model.fit(X, y)
    assert OneVsRestClassifier(model).fit(X, y).predict_proba(X).shape == (300, 4)


def test_validation_rows_that_nothing_needs_or_that_do_not_fit():
    X, y = data(n_samples=200)
    model = ImbalancedLGBMClassifier(trees())
    with pytest.raises(ValueError, match=r"nothing needs them. Set n_iter_no_change"):
        model.fit(X, y, X_val=X, y_val=y)
    model.set_params(n_iter_no_change=3)
    with pytest.raises(ValueError, match=r"X_val and y_val go together"):
        model.fit(X, y, X_val=X)
    with pytest.raises(ValueError, match=r"X_val and y_val go together"):
        model.fit(X, y, sample_weight_val=y)
    with pytest.raises(ValueError, match=r"y_val holds the classes 7, which y does not"):
        model.fit(X, y, X_val=X, y_val=np.where(y == 1, 7, 0))
    with pytest.raises(ValueError, match=r"features"):
        model.fit(X, y, X_val=X[:, :3], y_val=y)


def test_alpha_as_a_number_is_for_two_classes():
    with pytest.raises(ValueError, match=r"y has 4. Give one number per class"):
        FocalLoss(alpha=0.25).prepare(np.arange(4))
