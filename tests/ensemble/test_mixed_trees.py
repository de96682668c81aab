"""MixedTreesClassifier: three kinds of trees, and the geometric mean of what they say."""

import lightgbm
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.special import expit, logit
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.metrics import average_precision_score
from tables import unbalanced

from imbalance_kit.ensemble import MixedTreesClassifier, _mixed_trees


def small(**parameters):
    given = {"n_boosting_rounds": 15, "n_forest_trees": 8, "n_extra_trees": 6, "random_state": 0}
    return MixedTreesClassifier(**given | parameters)


def parts(model, X):
    """What each kind of tree says, asked through its own library."""
    boosted = np.mean([booster.predict(X) for booster in model.boosters_], axis=0)
    forest = np.clip(model.forest_[0].predict(X), 0, 1)
    extra = np.mean([tree.predict_proba(X)[:, 1] for tree in model.extra_trees_], axis=0)
    return boosted, forest, extra


def test_two_classes_have_the_mean_of_the_log_odds():
    X, y = unbalanced([300, 60])
    model = small().fit(X, y)
    low = model.lowest_
    odds = np.mean([logit(np.clip(p, low, 1 - low)) for p in parts(model, X)], axis=0)
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], expit(odds), rtol=1e-9)


def test_three_classes_have_the_normalised_geometric_mean(three_classes):
    X, y = three_classes
    model = small().fit(X, y)
    boosted = np.mean([booster.predict(X) for booster in model.boosters_], axis=0)
    forest = np.clip(np.column_stack([booster.predict(X) for booster in model.forest_]), 1e-9, 1)
    forest /= forest.sum(axis=1, keepdims=True)
    extra = np.mean([tree.predict_proba(X) for tree in model.extra_trees_], axis=0)
    low = model.lowest_
    mixed = np.prod(np.clip([boosted, forest, extra], low, 1 - low), axis=0) ** (1 / 3)
    expected = mixed / mixed.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-9)
    assert len(model.forest_) == 3
    np.testing.assert_array_equal(model.predict(X), expected.argmax(axis=1))


@pytest.mark.parametrize("left_out", ["n_forest_trees", "n_extra_trees"])
def test_a_kind_can_be_left_out(left_out):
    X, y = unbalanced([300, 60])
    model, whole = small(**{left_out: 0}).fit(X, y), small().fit(X, y)
    gone = model.forest_ if left_out == "n_forest_trees" else model.extra_trees_
    assert gone == []
    assert np.abs(model.predict_proba(X) - whole.predict_proba(X)).max() > 1e-3
    alone = small(n_forest_trees=0, n_extra_trees=0).fit(X, y)
    boosted = np.mean([booster.predict(X) for booster in alone.boosters_], axis=0)
    low = alone.lowest_
    np.testing.assert_allclose(alone.predict_proba(X)[:, 1], np.clip(boosted, low, 1 - low))


def test_the_forest_holds_shares_of_the_leaves():
    """Its regression on 0 and 1 is unbiased: the mean prediction is the share of the class."""
    X, y = unbalanced([1500, 300])
    model = small(n_forest_trees=60).fit(X, y)
    forest = model.forest_[0].predict(X)
    assert forest.min() >= -1e-9
    assert forest.max() <= 1 + 1e-9
    assert abs(forest.mean() - y.mean()) < 0.01


def test_extra_trees_are_those_of_scikit_learn():
    X, y = unbalanced([300, 60])
    model = small().fit(X, y)
    forest = ExtraTreesClassifier(6, min_samples_leaf=2, random_state=0).fit(
        X.astype(np.float32), y
    )
    for mine, theirs in zip(model.extra_trees_, forest.estimators_, strict=True):
        again = theirs.set_params(random_state=mine.random_state).fit(X.astype(np.float32), y)
        np.testing.assert_array_equal(mine.predict_proba(X), again.predict_proba(X))


def test_rows_drawn_for_extra_trees_stand_for_those_left_out(monkeypatch):
    """Each tree sees 50 of 900 rows with weight 18: the root keeps the class shares, exactly."""
    monkeypatch.setattr(_mixed_trees, "_FEWEST", 50)
    monkeypatch.setattr(_mixed_trees, "_PER_RARE", 1)
    X, y = unbalanced([900, 30])
    model = small().fit(X, y)
    for tree in model.extra_trees_:
        assert tree.tree_.n_node_samples[0] == 80
        np.testing.assert_allclose(tree.tree_.value[0, 0], [900 / 930, 30 / 930])
    weight = np.where(y == 1, 2.0, 1.0)
    model = small().fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(model.extra_trees_[0].tree_.value[0, 0], [900 / 960, 60 / 960])


def test_levels_of_ultra_rare_classes_do_not_drown():
    """The lowest probability follows the share of the rarest class below one in a hundred."""
    X, y = unbalanced([3000, 6])
    model = small().fit(X, y)
    assert model.lowest_ == pytest.approx(0.1 * 6 / 3006)
    assert small().fit(*unbalanced([300, 60])).lowest_ == 1e-3
    assert model.predict_proba(X)[:, 1].mean() < 0.01


@pytest.mark.parametrize("n_jobs", [2, 3])
def test_jobs_do_not_change_anything(n_jobs, overlapping):
    X, y = overlapping
    one, other = small().fit(X, y), small(n_jobs=n_jobs).fit(X, y)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


def test_frames_with_levels_and_gaps():
    X, y = unbalanced([300, 60])
    frame = pd.DataFrame(X, columns=list("abcd"))
    frame.loc[::6, "a"] = np.nan
    frame["level"] = np.array(["low", "high", "no"])[(X[:, 1] > 0).astype(int) + y]
    frame.loc[::11, "level"] = None
    words = small().fit(frame, np.where(y == 1, "rare", "common"))
    assert words.classes_.tolist() == ["common", "rare"]
    categories = frame.astype({"level": "category"})
    other = small().fit(categories, y)
    np.testing.assert_array_equal(words.predict_proba(frame), other.predict_proba(categories))
    model_of_level = words.boosters_[0].dump_model()["tree_info"]
    assert any('"=="' in str(tree).replace("'", '"') for tree in model_of_level)
    half = frame.iloc[::2]
    np.testing.assert_array_equal(words.predict_proba(frame)[::2], words.predict_proba(half))


def test_sparse_is_dense(two_classes):
    X, y = two_classes
    X = np.where(np.abs(X) < 0.7, 0, X).astype(np.float32)
    dense = small().fit(X, y).predict_proba(X)
    for container in (sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix):
        table = container(X)
        assert np.abs(small().fit(table, y).predict_proba(table) - dense).max() < 1e-9


def test_weights_count():
    """Where columns say nothing, probabilities are near the class share; by weight between it and
    the weighted share, since leaves of a few rows are nearly pure."""
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(3000, 3)), (rng.uniform(size=3000) < 0.2).astype(int)
    fresh = rng.normal(size=(1000, 3))
    plain = small().fit(X, y)
    weighted = small().fit(X, y, sample_weight=np.where(y == 1, 3.0, 1.0))
    assert abs(plain.predict_proba(fresh)[:, 1].mean() - 0.2) < 0.05
    for said in parts(weighted, fresh):
        assert 0.25 < said.mean() < 0.6 / 1.4 + 0.05


def test_it_ranks_as_well_as_its_parts(overlapping):
    X, y = overlapping
    half = np.arange(len(y)) < 2000
    model = MixedTreesClassifier(random_state=0).fit(X[half], y[half])
    mixed = average_precision_score(y[~half], model.predict_proba(X[~half])[:, 1])
    own = [average_precision_score(y[~half], part) for part in parts(model, X[~half])]
    assert mixed > np.mean(own)


def test_boosters_differ_and_share_bins():
    X, y = unbalanced([300, 60])
    one, other = small().fit(X, y).boosters_
    assert isinstance(one, lightgbm.Booster)
    assert np.abs(one.predict(X) - other.predict(X)).max() > 1e-3
    assert one.params["num_leaves"] == 15
