"""MixedTreesClassifier: kinds of models on shared folds, combined on the rows held out."""

import pickle

import lightgbm
import numpy as np
import pandas as pd
import pytest
from loops import looped
from scipy import sparse
from scipy.special import expit, logit, softmax
from sklearn.base import clone
from sklearn.metrics import average_precision_score, brier_score_loss
from tables import unbalanced

from imbalance_kit.ensemble import MixedTreesClassifier, UnderBaggingClassifier
from imbalance_kit.ensemble._mixed import combination
from imbalance_kit.ensemble._mixed.views import View


def small(**parameters):
    given = {"n_boosting_rounds": 15, "n_extra_trees": 10, "random_state": 0}
    return MixedTreesClassifier(**given | parameters)


def of_kinds(model, X):
    """Log probabilities of each kind, averaged over the folds."""
    return np.mean(
        [fold.log_proba(View(model._levels.read(X), fold.statistics)) for fold in model.folds_],
        axis=0,
    )


def test_two_classes_have_weighted_log_odds():
    X, y = unbalanced([300, 60])
    model = small().fit(X, y)
    log_proba = of_kinds(model, X)
    odds = log_proba[:, :, 1] - log_proba[:, :, 0]
    weights = np.array([weight for weight in model.kind_weights_.values() if weight])
    constants = model._combination.constants
    expected = expit(weights @ odds + constants[1] - constants[0])
    np.testing.assert_allclose(model.predict_proba(X)[:, 1], expected, rtol=1e-9)


def test_more_classes_have_weighted_log_probabilities(three_classes):
    X, y = three_classes
    model = small().fit(X, y)
    weights = np.array([weight for weight in model.kind_weights_.values() if weight])
    scores = np.tensordot(weights, of_kinds(model, X), axes=1) + model._combination.constants
    np.testing.assert_allclose(model.predict_proba(X), softmax(scores, axis=1), rtol=1e-9)
    assert model.predict_proba(X).shape == (len(X), 3)
    np.testing.assert_array_equal(model.predict(X), model.classes_[scores.argmax(axis=1)])


def test_every_kind_is_what_its_library_gives(monkeypatch):
    """Probabilities of boosters and trees, asked through LightGBM and scikit-learn."""
    monkeypatch.setattr(combination, "_LEAST_WEIGHT", 0.0)  # none is left out
    X, y = unbalanced([300, 60])
    model = small().fit(X, y)
    fold = model.folds_[0]
    log_proba = dict(
        zip(fold.names, fold.log_proba(View(X, fold.statistics))[:, :, 1], strict=True)
    )
    low = model.lowest_
    for kind in fold.kinds[:2]:
        boosted = kind.boosters[0].predict(X)
        expected = np.log(np.clip(boosted, low / 100, 1 - low / 100))
        np.testing.assert_allclose(log_proba[kind.name], expected)
    trees = np.mean([tree.predict_proba(X)[:, 1] for tree in fold.kinds[2].trees], axis=0)
    np.testing.assert_allclose(log_proba["extra trees"], np.log(np.clip(trees, low, 1 - low)))


def test_kinds_can_be_left_out(monkeypatch):
    monkeypatch.setattr(combination, "_LEAST_WEIGHT", 0.0)  # each of them has a weight
    X, y = unbalanced([300, 60])
    whole = small(n_forest_trees=5).fit(X, y)
    assert len(whole.kind_weights_) == 5
    assert isinstance(whole.boosters_[0], lightgbm.Booster)
    for left_out, name in (
        ({"n_extra_trees": 0}, "extra trees"),
        ({"linear_model": False}, "linear model"),
        ({"n_boosters": 1}, "boosters, best thresholds"),
        ({"n_forest_trees": 0}, "random forest"),
    ):
        model = small(**{"n_forest_trees": 5} | left_out).fit(X, y)
        assert set(whole.kind_weights_) - set(model.kind_weights_) == {name}
        assert np.abs(model.predict_proba(X) - whole.predict_proba(X)).max() > 1e-4
    alone = small(n_boosters=1, n_extra_trees=0, linear_model=False).fit(X, y)
    assert list(alone.kind_weights_) == ["boosters, random thresholds"]
    assert len(alone.boosters_) == 5


def test_boosters_end_where_held_out_rows_gain_no_more(overlapping):
    X, y = overlapping
    model = MixedTreesClassifier(
        n_extra_trees=0, linear_model=False, n_boosting_rounds=400, random_state=0
    ).fit(X, y)
    assert all(5 < rounds < 400 for rounds in model.n_rounds_)
    assert [b.num_trees() for b in model.boosters_] == model.n_rounds_
    never = model.set_params(n_boosting_rounds=30, n_iter_no_change=None).fit(X, y)
    assert set(never.n_rounds_) == {30}


def test_there_are_as_many_boosters_as_rows_can_tell_apart():
    parameters = {"n_boosting_rounds": 2, "n_extra_trees": 0, "linear_model": False}
    for n, n_boosters, expected in ((900, "auto", 2), (1100, "auto", 3), (200, 3, 3), (1100, 1, 1)):
        model = small(n_boosters=n_boosters, **parameters).fit(*unbalanced([n, n // 10]))
        assert len(model.kind_weights_) == expected
    seven = small(n_boosters=7, **parameters, n_folds=2).fit(*unbalanced([90, 20]))
    kinds = seven.folds_[0].kinds
    assert [len(kind.boosters) for kind in kinds] == [3, 2, 2]


def test_it_ranks_and_predicts_better_than_its_parts(overlapping):
    X, y = overlapping
    half = np.arange(len(y)) < 2000
    model = MixedTreesClassifier(random_state=0).fit(X[half], y[half])
    mixed = model.predict_proba(X[~half])[:, 1]
    parts = np.exp(of_kinds(model, X[~half])[:, :, 1])
    assert average_precision_score(y[~half], mixed) > np.mean(
        [average_precision_score(y[~half], part) for part in parts]
    )
    best = min(brier_score_loss(y[~half], part) for part in parts)
    assert brier_score_loss(y[~half], mixed) < 1.01 * best


def test_probabilities_are_as_frequent_as_they_say():
    """The truth is linear. Of 20,000 fresh rows the rare share is known to .004, four deviations;
    a model of 3,000 rows may miss it by a fifth, and its slope lies between .7 and 1.4."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(23_000, 6))
    y = (rng.uniform(size=len(X)) < expit(X[:, 0] + X[:, 1] - 3.5)).astype(int)
    model = MixedTreesClassifier(random_state=0).fit(X[:3000], y[:3000])
    predicted, truth = model.predict_proba(X[3000:])[:, 1], y[3000:]
    assert 0.8 < predicted.mean() / truth.mean() < 1.25
    from sklearn.linear_model import LogisticRegression

    slope = LogisticRegression(C=np.inf).fit(logit(predicted)[:, None], truth).coef_[0, 0]
    assert 0.7 < slope < 1.4


def test_one_row_of_a_class_is_enough():
    """No row can be held out: kinds count alike, and boosters have few rounds."""
    X, y = unbalanced([60, 1])
    model = small(n_boosting_rounds=500).fit(X, y)
    assert len(model.folds_) == 1
    assert len(set(model.kind_weights_.values())) == 1
    assert max(model.n_rounds_) <= 100
    assert model.predict_proba(X)[y == 1, 1] > 1 / 61
    X, y = unbalanced([60, 30, 1])
    assert small().fit(X, y).predict_proba(X).shape == (91, 3)
    X, y = unbalanced([60, 3])
    assert len(small().fit(X, y).folds_) == 3


def test_groups_stay_together(overlapping):
    """Rows are copies of each other within a group: without groups, held-out rows are known."""
    X, y = overlapping
    X, y = np.repeat(X[:300], 4, axis=0), np.repeat(y[:300], 4)
    groups = np.repeat(np.arange(300), 4)
    with_groups = MixedTreesClassifier(random_state=0, n_extra_trees=20).fit(X, y, groups=groups)
    without = clone(with_groups).fit(X, y)
    assert max(with_groups.n_rounds_) < min(without.n_rounds_)
    with pytest.raises(ValueError, match="groups"):
        with_groups.fit(X, y, groups=groups[1:])


@looped("n_jobs", [2, 3, 8])
def test_jobs_do_not_change_anything(n_jobs, overlapping):
    X, y = overlapping
    frame = pd.DataFrame(X[:800]).assign(level=np.where(X[:800, 0] > 0, "high", "low"))
    frame.columns = frame.columns.astype(str)
    one = small().fit(frame, y[:800])
    other = small(n_jobs=n_jobs).fit(frame, y[:800])
    np.testing.assert_array_equal(one.predict_proba(frame), other.predict_proba(frame))


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
    np.testing.assert_allclose(words.predict_proba(frame)[::2], words.predict_proba(half))
    assert words.feature_importances_.argmax() == 4
    assert words.feature_importances_.sum() == pytest.approx(1)


@pytest.mark.exhaustive
def test_importances_are_of_the_columns_of_the_table():
    """Nominal columns come last inside; outside each importance stands at its column."""
    rng = np.random.RandomState(0)
    n = 1500
    told, noise = rng.normal(size=n), rng.normal(size=n)
    level = rng.choice(list("abcdef"), size=n)
    y = (told + (level == "a") * 2 + rng.normal(size=n) > 2).astype(int)
    frame = pd.DataFrame({"level": level, "noise": noise, "told": told, "same": np.ones(n)})
    model = MixedTreesClassifier(random_state=0, n_extra_trees=20).fit(frame, y)
    importances = dict(zip(model.feature_names_in_, model.feature_importances_, strict=True))
    assert importances["told"] > importances["level"] > importances["noise"] > importances["same"]
    three = MixedTreesClassifier(random_state=0, n_extra_trees=20).fit(frame, y + (told > 2))
    assert three.feature_importances_.argmin() == 3


def test_many_levels_of_many_classes_stay_levels():
    """Statistics would be a column for each class: the kinds that need them do without."""
    rng = np.random.RandomState(0)
    y = np.arange(600) % 60
    frame = pd.DataFrame({f"level {j}": rng.choice(list("abc"), size=600) for j in range(4)})
    frame["level 0"] = (y // 20).astype(str)
    model = small(n_boosting_rounds=2, n_iter_no_change=None).fit(frame, y)
    proba = model.predict_proba(frame)
    assert proba[y < 20][:, :20].sum() > 0.5 * 200
    numbers = frame.assign(number=rng.normal(size=600))
    assert small(n_boosting_rounds=2).fit(numbers, y).feature_importances_.shape == (5,)


def test_sparse_is_dense(two_classes):
    X, y = two_classes
    X = np.where(np.abs(X) < 0.7, 0, X).astype(np.float32)
    dense = small().fit(X, y).predict_proba(X)
    for container in (sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix):
        table = container(X)
        given = small().fit(table, y).predict_proba(table)
        assert np.abs(given - dense).max() < 1e-3  # the solver of the linear model stops at 1e-4


def test_many_sparse_columns_stay_sparse():
    rng = np.random.RandomState(0)
    y = (np.arange(300) % 6 == 0).astype(int)
    words = sparse.random(300, 1500, density=0.01, random_state=rng, format="lil")
    words[:, 7] = y[:, None] * (rng.uniform(size=(300, 1)) < 0.9)
    model = small(n_boosters=1, n_extra_trees=0).fit(words.tocsr(), y)
    assert average_precision_score(y, model.predict_proba(words.tocsr())[:, 1]) > 0.8
    assert model.feature_importances_.argmax() == 7


def test_weights_count():
    """Columns are noise: probabilities are near the share, and near the weighted share."""
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(3000, 3)), (rng.uniform(size=3000) < 0.2).astype(int)
    fresh = rng.normal(size=(1000, 3))
    plain = small().fit(X, y)
    weighted = small().fit(X, y, sample_weight=np.where(y == 1, 3.0, 1.0))
    assert abs(plain.predict_proba(fresh)[:, 1].mean() - 0.2) < 0.04
    assert abs(weighted.predict_proba(fresh)[:, 1].mean() - 0.6 / 1.4) < 0.05


def test_rows_without_weight_are_not_there():
    X, y = unbalanced([300, 60, 20])
    for gone in (y == 1, np.arange(len(y)) % 3 == 0):
        weighted = small().fit(X, y, sample_weight=np.where(gone, 0.0, 2.0))
        without = small().fit(X[~gone], y[~gone])
        np.testing.assert_array_equal(weighted.classes_, without.classes_)
        np.testing.assert_array_equal(weighted.predict_proba(X), without.predict_proba(X))
    with pytest.raises(ValueError, match="class"):
        small().fit(X, y, sample_weight=(y == 1).astype(float))


def test_numbers_of_every_size_are_read():
    rng = np.random.RandomState(0)
    y = (np.arange(300) % 5 == 0).astype(int)
    told = rng.normal(size=300) + 2 * y
    for scale, offset in ((1e-30, 0.0), (1e300, 0.0), (1.0, 1e9), (1e-3, -1e6)):
        X = np.column_stack([told * scale + offset, rng.normal(size=300), np.full(300, np.nan)])
        proba = small().fit(X, y).predict_proba(X)[:, 1]
        assert average_precision_score(y, proba) > 0.7, (scale, offset)


def test_levels_of_ultra_rare_classes_do_not_drown():
    """The lowest probability follows the share of the rarest class below one in a hundred."""
    X, y = unbalanced([3000, 6])
    model = small().fit(X, y)
    assert model.lowest_ == pytest.approx(0.1 * 6 / 3006)
    assert small().fit(*unbalanced([300, 60])).lowest_ == 1e-3
    assert model.predict_proba(X)[:, 1].mean() < 0.01


def test_a_file_is_read_as_the_table(tmp_path, overlapping):
    X, y = overlapping
    frame = pd.DataFrame(X[:500], columns=list("abcdefghij")[: X.shape[1]]).astype(np.float32)
    frame["level"] = np.where(X[:500, 0] > 0, "high", "low")
    frame.assign(target=y[:500]).to_parquet(tmp_path / "table.parquet")
    stored = small().fit(tmp_path / "table.parquet", "target")
    expected = small().fit(frame, y[:500]).predict_proba(frame)
    np.testing.assert_allclose(stored.predict_proba(tmp_path / "table.parquet"), expected)
    np.testing.assert_allclose(stored.predict_proba(frame), expected)


def test_of_a_large_file_rare_rows_are_kept_and_the_share_stays(tmp_path, monkeypatch):
    from imbalance_kit.ensemble import _mixed_trees

    rng = np.random.RandomState(0)
    y = (np.arange(4000) % 40 == 0).astype(int)
    X = rng.normal(size=(4000, 3))
    pd.DataFrame(X, columns=list("abc")).assign(y=y).to_parquet(tmp_path / "table.parquet")
    monkeypatch.setattr(_mixed_trees, "_FROM_A_FILE", 500)
    seen = []
    monkeypatch.setattr(
        _mixed_trees,
        "splits",
        lambda y_encoded, *rest, of=_mixed_trees.splits: (
            seen.append(y_encoded) or of(y_encoded, *rest)
        ),
    )
    model = small().fit(tmp_path / "table.parquet", "y")
    assert np.bincount(seen[0]).tolist() == [500, 100]
    assert abs(model.predict_proba(X)[:, 1].mean() - 0.025) < 0.01


def test_a_pickle_holds_models_and_no_rows():
    sizes = []
    for n in (2000, 8000):
        X, y = unbalanced([n, n // 5])
        model = small(n_extra_trees=0, linear_model=False, n_boosting_rounds=2).fit(X, y)
        again = pickle.loads(pickle.dumps(model))
        np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
        sizes.append(len(pickle.dumps(model)))
    assert sizes[1] < 1.3 * sizes[0]


def test_a_line_for_each_fold(capsys):
    X, y = unbalanced([60, 20])
    small(verbose=1).fit(X, y)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert all("fold" in line and "extra trees" in line for line in lines)


def test_it_can_be_drawn_for():
    X, y = unbalanced([90, 20])
    bag = UnderBaggingClassifier(small(n_boosting_rounds=2), n_estimators=2, random_state=0)
    assert bag.fit(X, y).predict_proba(X).shape == (110, 2)
