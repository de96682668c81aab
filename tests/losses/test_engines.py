"""The losses on XGBoost and CatBoost: gradients, models and contract of LightGBM's classifier."""

import pickle
import sys

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import xgboost
from catboost import CatBoostClassifier, CatBoostRegressor, Pool
from lightgbm import LGBMClassifier
from loops import looped
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.multiclass import OneVsRestClassifier
from xgboost import XGBClassifier, XGBRegressor, XGBRFClassifier

from imbalance_kit.losses import (
    AlphaLoss,
    CatBoostObjective,
    CrossEntropyLoss,
    FocalLoss,
    ImbalancedCatBoostClassifier,
    ImbalancedLGBMClassifier,
    ImbalancedXGBClassifier,
    LDAMLoss,
    LogitAdjustedLoss,
    Poly1Loss,
    TverskyLoss,
    XGBoostObjective,
)
from imbalance_kit.losses._loss_classifier import LOSSES
from losses.reference import BY_NUMBER_OF_CLASSES, SET_LOSSES, made

EVERYTHING = [*BY_NUMBER_OF_CLASSES, *((loss, 2) for loss in SET_LOSSES)]
every_one = looped(("loss", "n_classes"), EVERYTHING, ids=str)
ENGINES = ["xgboost", "catboost"]
every_engine = looped("engine", ENGINES)
ROUNDS = 20
FIRST = ("focal", "tversky", "ldam")  # one of each kind; the others are left to the second tier
every_loss = pytest.mark.parametrize(
    "losses",
    [FIRST, pytest.param(sorted(LOSSES.keys() - set(FIRST)), marks=pytest.mark.exhaustive)],
    ids=["first", "others"],
)


def booster(engine, **parameters):
    """Few small trees, without chance."""
    if engine == "xgboost":
        settled = {"n_estimators": ROUNDS, "max_depth": 3, "learning_rate": 0.2, "n_jobs": 1}
        return XGBClassifier(**settled | parameters)
    settled = {"iterations": ROUNDS, "depth": 3, "learning_rate": 0.2, "thread_count": 1}
    still = {"bootstrap_type": "No", "random_strength": 0, "logging_level": "Silent"}
    return CatBoostClassifier(**settled | still | parameters)


def under(engine, booster_parameters=None, **parameters):
    kinds = {"xgboost": ImbalancedXGBClassifier, "catboost": ImbalancedCatBoostClassifier}
    return kinds[engine](booster(engine, **booster_parameters or {}), **parameters)


def data(n_classes=2, n_samples=500, **parameters):
    weights = [0.85] if n_classes == 2 else [0.6, 0.2, 0.12]
    return make_classification(
        n_samples=n_samples,
        n_features=6,
        n_informative=4,
        n_redundant=0,
        n_classes=n_classes,
        weights=weights,
        flip_y=0.05,
        random_state=0,
        **parameters,
    )


# --- gradients -----------------------------------------------------------------------------------


@every_one
@looped("weighted", [False, True])
def test_gradients_of_xgboost_are_those_of_lightgbm(loss, n_classes, weighted):
    y, raw = made(n_classes)
    weight = np.random.RandomState(1).uniform(0.5, 2, len(y)) if weighted else None
    expected, hessian = loss.prepare(y, weight)(y, raw, weight)
    grad, hess = XGBoostObjective(loss)(y.astype(np.float32), raw, sample_weight=weight)
    np.testing.assert_allclose(grad, expected, rtol=1e-6)
    # of K classes LightGBM has K / (K - 1) and XGBoost 2 in the diagonal
    factor = 1.0 if n_classes == 2 else 2.0 * (n_classes - 1) / n_classes
    np.testing.assert_allclose(hess, factor * hessian, rtol=1e-6)
    column = raw[:, None] if n_classes == 2 else raw
    np.testing.assert_array_equal(XGBoostObjective(loss)(y, column, weight)[0], grad)


@every_one
@looped("weighted", [False, True])
def test_derivatives_of_catboost_are_those_of_lightgbm_with_the_other_sign(
    loss, n_classes, weighted
):
    """Asked for some rows at a time, after the metric has seen the scores of all."""
    y, raw = made(n_classes, n_rows=60)
    weight = np.random.RandomState(1).uniform(0.5, 2, len(y)) if weighted else None
    ready = loss.prepare(y, weight)
    grad, hess = ready(y, raw, weight)
    objective = CatBoostObjective(loss.prepare(y, weight))
    targets = y.astype(np.float32)
    if n_classes > 2:
        for row in range(len(y)):
            own = 1.0 if weight is None else weight[row]
            first, second = objective.calc_ders_multi(raw[row], targets[row], own)
            np.testing.assert_allclose(first, -grad[row], rtol=1e-5, atol=1e-9)
            np.testing.assert_allclose(second, -np.diag(hess[row]), rtol=1e-5, atol=1e-9)
        return
    start = np.full(len(y), 0.3)
    blocks = np.array_split(np.arange(len(y)), 7)

    def in_blocks(scores):
        given = [None if weight is None else weight[rows] for rows in blocks]
        return np.vstack(
            [
                objective.calc_ders_range(scores[rows], targets[rows], own)
                for rows, own in zip(blocks, given, strict=True)
            ]
        )

    first = in_blocks(start)
    np.testing.assert_allclose(-first, np.column_stack(ready(y, start, weight)), rtol=1e-5)
    error, total = objective.evaluate([raw], targets, weight)
    assert objective.get_final_error(error, total) == pytest.approx(
        ready.eval_metric(y, raw, weight)[1]
    )
    # the rows of another table do not count
    objective.evaluate([raw[:9]], targets[:9], None)
    np.testing.assert_allclose(-in_blocks(raw), np.column_stack([grad, hess]), rtol=1e-5)


@looped("size", [50.0, 1e4])
@looped(("loss", "n_classes"), [case for case in BY_NUMBER_OF_CLASSES if case[1] > 2], ids=str)
def test_one_row_at_extreme_scores(loss, n_classes, size):
    y, raw = made(n_classes)
    ready, raw = loss.prepare(y), size * np.sign(raw)
    grad, hess = ready._derivatives(y, raw, None)
    rows = [ready._row_derivatives(*row) for row in zip(y.tolist(), raw.tolist(), strict=True)]
    np.testing.assert_allclose([row[0] for row in rows], grad, rtol=1e-9, atol=1e-300)
    np.testing.assert_allclose([row[1] for row in rows], hess, rtol=1e-9, atol=1e-300)


def test_xgboost_itself_takes_the_objective():
    """The form of ``xgboost.train``: scores first, then the table with labels and weights."""
    X, y = data()
    weight = np.random.RandomState(0).uniform(0.5, 2, len(y))
    objective = XGBoostObjective(FocalLoss())
    settings = {"max_depth": 3, "eta": 0.2, "nthread": 1, "base_score": 0.0}
    table = xgboost.DMatrix(X, label=y, weight=weight)
    native = xgboost.train(settings, table, num_boost_round=5, obj=objective)
    by_class = booster("xgboost", n_estimators=5, objective=objective, base_score=0.5)
    by_class.fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(
        native.predict(table, output_margin=True), by_class.predict(X, output_margin=True)
    )
    unweighted = booster("xgboost", n_estimators=5, objective=objective).fit(X, y)
    assert np.abs(unweighted.predict(X, output_margin=True)).max() > 0


def test_catboost_needs_a_prepared_loss():
    with pytest.raises(ValueError, match=r"needs a prepared loss.*prepare\(y, sample_weight\)"):
        CatBoostObjective(FocalLoss())


# --- models --------------------------------------------------------------------------------------


@looped("n_classes", [2, 4])
@looped(
    "loss", [CrossEntropyLoss(), FocalLoss(gamma=0), Poly1Loss(epsilon=0), AlphaLoss(1.0)], ids=str
)
def test_xgboost_is_its_own_model_under_cross_entropy(loss, n_classes):
    X, y = data(n_classes)
    weight = np.random.RandomState(0).uniform(0.5, 2, len(y))
    share = np.log(np.bincount(y, weights=weight) / weight.sum())
    start = np.full(len(y), share[1] - share[0]) if n_classes == 2 else np.tile(share, (len(y), 1))
    built_in = booster("xgboost").fit(X, y, sample_weight=weight, base_margin=start)
    model = under("xgboost", loss=loss).fit(X, y, sample_weight=weight)
    expected = built_in.predict_proba(X, base_margin=start)
    np.testing.assert_allclose(model.predict_proba(X), expected, atol=1e-6)
    first, own = (
        trees.get_booster()[:1].trees_to_dataframe() for trees in (built_in, model.estimator_)
    )
    pd.testing.assert_frame_equal(first, own, rtol=1e-4)


@looped("n_classes", [2, 4])
def test_catboost_is_its_own_model_under_cross_entropy(n_classes):
    """Of more classes with leaves by gradients: its own Newton step takes the whole Hessian."""
    X, y = data(n_classes)
    weight = np.random.RandomState(0).uniform(0.5, 2, len(y))
    share = np.log(np.bincount(y, weights=weight) / weight.sum())
    start = np.full(len(y), share[1] - share[0]) if n_classes == 2 else np.tile(share, (len(y), 1))
    leaves = {"leaf_estimation_method": "Newton" if n_classes == 2 else "Gradient"}
    own = {"loss_function": "Logloss" if n_classes == 2 else "MultiClass"}
    once = {"leaf_estimation_iterations": 1, "boost_from_average": False}
    built_in = booster("catboost", **leaves, **own, **once, allow_writing_files=False)
    built_in.fit(Pool(X, y, weight=weight, baseline=start))
    model = under("catboost", leaves, loss="cross_entropy").fit(X, y, sample_weight=weight)
    raw = built_in.predict(X, prediction_type="RawFormulaVal") + start
    np.testing.assert_allclose(model.decision_function(X), raw, atol=1e-5)
    assert model.best_iteration_ == ROUNDS


@every_loss
@every_engine
def test_a_weight_of_two_is_the_row_twice(engine, losses):
    rng = np.random.RandomState(0)
    level = rng.randint(8, size=300)
    y = (rng.uniform(size=300) < 0.05 + 0.08 * level).astype(int)
    X = level[:, None].astype(float)
    weight = np.where(np.arange(len(y)) % 4 == 0, 2.0, 1.0)
    twice = np.repeat(np.arange(len(y)), weight.astype(int))
    # CatBoost multiplies its l2_leaf_reg by the mean weight of a row
    few = {"xgboost": {"n_estimators": 5}, "catboost": {"iterations": 5, "l2_leaf_reg": 1e-6}}
    for loss in losses:
        model = under(engine, few[engine], loss=loss, recalibrate=False)
        weighted = clone(model).fit(X, y, sample_weight=weight).decision_function(X)
        repeated = clone(model).fit(X[twice], y[twice]).decision_function(X)
        np.testing.assert_allclose(weighted, repeated, rtol=1e-3, atol=1e-4, err_msg=loss)
        plain = clone(model).fit(X, y).decision_function(X)
        assert np.abs(weighted - plain).max() > 1e-3, loss
        assert len(np.unique(weighted)) >= 4, loss


@every_loss
def test_scores_are_near_those_of_lightgbm(losses):
    """Other trees under the same loss: probabilities that are about as good on new rows."""
    trees = LGBMClassifier(n_estimators=ROUNDS, num_leaves=8, learning_rate=0.2, n_jobs=1)
    for loss, n_classes in [*((loss, 2) for loss in losses), *[("focal", 4)] * (losses == FIRST)]:
        X, y = data(n_classes, n_samples=1000)
        meant = LOSSES[loss]().probabilities != "none"
        settings = {"loss": loss, "recalibrate": meant}
        near_those_of(
            ImbalancedLGBMClassifier(trees, **settings).fit(X[:500], y[:500]),
            [under(engine, **settings).fit(X[:500], y[:500]) for engine in ENGINES],
            X[500:],
            y[500:],
        )


def near_those_of(ours, others, X, y):
    n_classes = len(np.unique(y))
    expected = ours.predict_proba(X)
    constant = log_loss(y, np.tile(np.bincount(y) / len(y), (len(y), 1)))
    for other in others:
        np.testing.assert_allclose(other.init_score_, ours.init_score_)
        proba = other.predict_proba(X)
        np.testing.assert_allclose(proba.sum(axis=1), 1)
        if n_classes == 2:
            areas = [roc_auc_score(y, found[:, 1]) for found in (expected, proba)]
            # overlap losses rank least alike from one model to the next
            assert abs(areas[0] - areas[1]) < (0.12 if other.loss in ("dice", "tversky") else 0.06)
            assert areas[1] > 0.65
        if other.recalibrate:
            found = log_loss(y, proba)
            assert abs(log_loss(y, expected) - found) < 0.1
            assert found < constant
            assert np.abs(proba.mean(axis=0) - np.bincount(y) / len(y)).max() < 0.08


@every_engine
def test_logit_adjustment_is_a_first_score_that_is_left_out(engine):
    X, y = data()
    share = np.bincount(y) / len(y)
    plain = under(engine, loss="cross_entropy").fit(X, y).predict_proba(X)
    adjusted = plain / share
    adjusted /= adjusted.sum(axis=1, keepdims=True)
    model = under(engine, loss=LogitAdjustedLoss(tau=1.0), recalibrate=False).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), adjusted, atol=1e-4)


# --- rounds --------------------------------------------------------------------------------------


def scores_after(engine, model, X, rounds):
    if engine == "xgboost":
        return model.estimator_.predict(X, output_margin=True, iteration_range=(0, rounds))
    return model.estimator_.predict(X, prediction_type="RawFormulaVal", ntree_end=rounds)


@every_engine
def test_deferred_weights_begin_in_the_last_fifth_and_anew_with_each_fit(engine):
    X, y = data()
    deferred, plain = (
        under(engine, loss=LDAMLoss(deferred=deferred), recalibrate=False).fit(X, y)
        for deferred in (True, False)
    )
    until, after = (
        [scores_after(engine, model, X, rounds) for model in (deferred, plain)]
        for rounds in (16, 17)
    )
    np.testing.assert_array_equal(*until)
    assert np.abs(after[0] - after[1]).max() > 1e-3
    again = deferred.decision_function(X)
    np.testing.assert_array_equal(deferred.fit(X, y).decision_function(X), again)


@every_engine
@looped(("loss", "n_classes"), [("focal", 2), ("tversky", 2), ("focal", 4)])
def test_stopping_is_at_the_least_mean_loss_of_the_rows_given(engine, loss, n_classes):
    X, y = data(n_classes, n_samples=600)
    words = np.array(["a", "b", "c", "d"])[y]
    weight = np.random.RandomState(0).uniform(0.5, 2, 200)
    many = {"n_estimators": 200} if engine == "xgboost" else {"iterations": 200}
    many["learning_rate"] = 0.5
    model = under(engine, many, loss=loss, n_iter_no_change=4)
    model.fit(X[:400], words[:400], X_val=X[400:], y_val=words[400:], sample_weight_val=weight)
    scores = model.validation_scores_
    assert model.best_iteration_ == int(np.argmin(scores)) + 1
    assert len(scores) == model.best_iteration_ + 4 < 200
    raw = model.decision_function(X[400:])
    value = np.average(model.loss_.value(y[400:], raw), weights=weight)
    if loss == "tversky":
        value = model.loss_.eval_metric(y[400:], raw, weight)[1]
    assert value == pytest.approx(min(scores), rel=1e-4)
    assert set(model.predict(X)) <= set("abcd")


# --- tables --------------------------------------------------------------------------------------


def mixed_table(n=300):
    rng = np.random.RandomState(0)
    word = rng.choice(["red", "green", "blue"], n)
    number = rng.normal(size=n)
    y = ((word == "green") & (number > 0.3)).astype(int)
    number[rng.uniform(size=n) < 0.1] = np.nan
    other = rng.normal(size=n)
    return pd.DataFrame({"word": word, "number": number, "other": other}), y


@every_engine
def test_words_are_nominal_in_every_container_and_may_be_missing_or_new(engine):
    X, y = mixed_table()
    model = under(engine, loss="focal").fit(X, y)
    expected = model.predict_proba(X)
    assert roc_auc_score(y, expected[:, 1]) > 0.97
    for given in (pl.from_pandas(X), pa.Table.from_pandas(X), X.to_numpy(dtype=object)):
        found = clone(model).fit(given, y).predict_proba(given)
        np.testing.assert_allclose(found, expected, atol=1e-6)
    for word in ("violet", None):
        assert np.isfinite(model.predict_proba(X.assign(word=word))).all()
    importances = model.feature_importances_
    assert list(model.feature_names_in_) == ["word", "number", "other"]
    # numbers come first inside
    inside = model.estimator_.feature_importances_
    np.testing.assert_array_equal(importances, inside[[2, 0, 1]])
    assert importances[0] > importances[2]


@every_engine
def test_zeros_of_sparse_tables_are_zeros(engine):
    X, y = data()
    X = np.where(np.abs(X) < 1, 0, X)
    dense = under(engine).fit(X, y)
    for make in (sparse.csr_matrix, sparse.csc_array, sparse.coo_array):
        model = under(engine).fit(make(X), y)
        np.testing.assert_allclose(model.predict_proba(make(X)), dense.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(model.predict_proba(X), dense.predict_proba(X), atol=1e-6)


@every_engine
def test_a_table_without_a_split_gives_the_shares(engine):
    X = np.zeros((60, 2))
    for counts in ([45, 15], [30, 20, 10]):
        y = np.repeat(np.arange(len(counts)), counts)
        model = under(engine, loss="cross_entropy").fit(X, y)
        share = np.array(counts) / 60
        np.testing.assert_allclose(model.predict_proba(X), np.tile(share, (60, 1)), atol=1e-5)
        assert not model.feature_importances_.any()


@every_engine
def test_copies_seeds_and_threads_give_the_same_model(engine):
    X, y = data(n_samples=1200)
    drawn = {"subsample": 0.7} | ({"bootstrap_type": "Bernoulli"} if engine == "catboost" else {})
    model = under(engine, drawn, n_iter_no_change=5, random_state=0)
    expected = clone(model).fit(X, y)
    proba = expected.predict_proba(X)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(expected)).predict_proba(X), proba)
    np.testing.assert_array_equal(clone(model).fit(X, y).predict_proba(X), proba)
    threads = clone(model).set_params(n_jobs=2).fit(X, y)
    np.testing.assert_allclose(threads.predict_proba(X), proba, atol=1e-6)
    other = clone(model).set_params(random_state=1).fit(X, y)
    assert np.abs(other.predict_proba(X) - proba).max() > 1e-3


# --- what is refused -----------------------------------------------------------------------------


@looped(
    ("model", "message"),
    [
        (ImbalancedXGBClassifier(XGBRegressor()), r"must be an XGBClassifier or None; got XGBReg"),
        (ImbalancedXGBClassifier(XGBRFClassifier()), r"grows a forest.*Use XGBClassifier"),
        (under("xgboost", {"booster": "gblinear"}), r"grows no trees. Use 'gbtree' or 'dart'"),
        (under("xgboost", {"objective": "binary:hinge"}), r"trained under `loss`. Leave"),
        (under("xgboost", {"scale_pos_weight": 5}), r"has no effect under `loss`"),
        (under("xgboost", {"base_score": 0.2}), r"Leave it out: boosting starts at the best"),
        (under("xgboost", {"early_stopping_rounds": 5}), r"Leave it out: set n_iter_no_change"),
        (ImbalancedCatBoostClassifier(CatBoostRegressor()), r"must be a CatBoostClassifier or No"),
        (under("catboost", {"loss_function": "Logloss"}), r"trained under `loss`. Leave"),
        (under("catboost", {"auto_class_weights": "Balanced"}), r"has no effect under `loss`"),
        (under("catboost", {"class_weights": [1, 2]}), r"give loss=CrossEntropyLoss\(class_weight"),
        (under("catboost", {"od_wait": 5}), r"Leave it out: set n_iter_no_change"),
        (under("catboost", {"cat_features": [0]}), r"name them in categorical_features"),
        (under("xgboost", loss="hinge"), r"'loss' parameter of"),
        (under("catboost", loss=FocalLoss(gamma=-1)), r"'gamma' parameter of FocalLoss"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_cannot_work_is_refused(model, message):
    X, y = data(n_samples=100)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)


@every_engine
def test_losses_of_two_classes_point_to_one_against_the_rest(engine):
    X, y = data(4, n_samples=200)
    model = under(engine, loss=TverskyLoss(), recalibrate=False)
    with pytest.raises(ValueError, match=r"is for two classes; y has 4.*OneVsRestClassifier"):
        model.fit(X, y)
    assert OneVsRestClassifier(model).fit(X, y).predict_proba(X).shape == (200, 4)


@every_engine
def test_a_library_that_is_not_installed_is_named_with_the_command(engine, monkeypatch):
    X, y = data(n_samples=100)
    model = under(engine)
    monkeypatch.setitem(sys.modules, engine, None)
    message = rf'needs {engine}, which is not installed: pip install {engine}, or pip install "imba'
    with pytest.raises(ImportError, match=message):
        model.fit(X, y)
