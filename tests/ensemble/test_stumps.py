"""Stumps and boosted stumps as fitted classifiers, against scikit-learn's own."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.datasets import make_classification
from sklearn.ensemble import AdaBoostClassifier
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.ensemble._learners import base_learners
from imbalance_kit.ensemble._learners.base_learners import (
    Trainer,
    as_read_by,
    predicted_codes,
    trainer_for,
)
from imbalance_kit.ensemble._learners.stumps import Stump, StumpBooster, boosts_stumps, is_stump

NAMES = np.array(["no", "yes"])


def table(seed, n_rows=400):
    X, y = make_classification(n_rows, 6, n_informative=4, flip_y=0.1, random_state=seed)
    return X.astype(np.float32), y


def trained(learner, X, y, weight=None, rows=None):
    trainer = trainer_for(learner, X)
    trainer.open(X, np.random.RandomState(0))
    return trainer.fit(learner, X, y, weight, rows)


@pytest.mark.parametrize("rate", [1.0, 0.5])
@pytest.mark.parametrize("weighted", [False, True])
def test_boosted_stumps_are_those_of_scikit_learn(rate, weighted, seed):
    """Continuous columns, so that none tie: stumps, errors, weights and votes agree."""
    X, y = table(seed)
    weight = np.random.RandomState(seed).randint(4, size=len(y)).astype(float) if weighted else None
    learner = AdaBoostClassifier(n_estimators=40, learning_rate=rate, random_state=0)
    ours = trained(learner, X, NAMES[y], weight)
    with np.errstate(divide="ignore"):  # it takes the logarithm of no weight
        theirs = AdaBoostClassifier(**learner.get_params()).fit(X, NAMES[y], sample_weight=weight)
    assert isinstance(ours, StumpBooster)
    trees = [stump.tree_ for stump in theirs.estimators_]
    assert ours.columns.tolist() == [tree.feature[0] for tree in trees]
    np.testing.assert_allclose(ours.thresholds, [tree.threshold[0] for tree in trees])
    np.testing.assert_allclose(ours.estimator_weights_, theirs.estimator_weights_, rtol=1e-7)
    np.testing.assert_allclose(ours.estimator_errors_, theirs.estimator_errors_, rtol=1e-7)
    np.testing.assert_allclose(ours.feature_importances_, theirs.feature_importances_, rtol=1e-7)
    for method in ("decision_function", "predict_proba"):
        said, expected = getattr(ours, method)(X), getattr(theirs, method)(X)
        np.testing.assert_allclose(said, expected, rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


@pytest.mark.parametrize("weighted", [False, True])
def test_a_stump_is_that_of_scikit_learn(weighted, seed):
    X, y = table(seed)
    weight = np.random.RandomState(seed).randint(4, size=len(y)).astype(float) if weighted else None
    learner = DecisionTreeClassifier(max_depth=1)
    ours = trained(learner, X, NAMES[y], weight)
    theirs = DecisionTreeClassifier(max_depth=1).fit(X, NAMES[y], sample_weight=weight)
    assert isinstance(ours, Stump)
    unknown = X[:50].copy()
    unknown[::2] = np.nan
    for rows in (X, unknown):
        np.testing.assert_allclose(ours.predict_proba(rows), theirs.predict_proba(rows), rtol=1e-7)
        np.testing.assert_array_equal(ours.predict(rows), theirs.predict(rows))
    np.testing.assert_array_equal(ours.feature_importances_, theirs.feature_importances_)


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_tree_of_one_split_is_asked_without_walking_it(missing, n_classes, seed):
    X, y = table(seed)
    y = np.minimum(y + (X[:, 0] > 1), n_classes - 1)
    X[np.random.RandomState(seed).uniform(size=X.shape) < missing] = np.nan
    tree = DecisionTreeClassifier(max_depth=1).fit(X, y)
    asked = X.copy()
    asked[::7] = np.nan
    codes = predicted_codes(tree, asked, tree.classes_)
    np.testing.assert_array_equal(tree.classes_[codes], tree.predict(asked))


@pytest.mark.parametrize(
    "learner", [DecisionTreeClassifier(max_depth=1), AdaBoostClassifier(n_estimators=5)], ids=str
)
def test_repeated_rows_count_as_often(learner, seed):
    X, y = table(seed)
    rows = np.random.RandomState(seed).randint(len(X), size=2 * len(X))
    weight = np.random.RandomState(seed).uniform(size=len(X))
    ours = trained(learner, X, y, weight, rows)
    theirs = Trainer(learner).fit(learner, X[rows], y[rows], weight[rows])
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-7)


@pytest.mark.parametrize(
    "learner", [DecisionTreeClassifier(max_depth=1), AdaBoostClassifier(n_estimators=5)], ids=str
)
def test_any_table_may_be_asked_about(learner):
    X, y = table(0)
    ours = trained(learner, X, y)
    expected = ours.predict_proba(X)
    wide = X.astype(np.float64)
    for rows in (wide, wide.tolist(), pd.DataFrame(X), pl.DataFrame(wide), sparse.csr_array(X)):
        np.testing.assert_array_equal(ours.predict_proba(rows), expected)


def test_missing_values_are_refused_by_boosted_stumps():
    X, y = table(0)
    ours = trained(AdaBoostClassifier(n_estimators=5), X, y)
    with pytest.raises(ValueError, match="contains NaN"):
        ours.predict_proba(np.full_like(X, np.nan))


@pytest.mark.parametrize("what", ["three classes", "missing", "small", "float64"])
def test_what_is_left_to_scikit_learn(what):
    X, y = table(0)
    if what == "three classes":
        y = y + (X[:, 0] > 1)
    elif what == "missing":
        X[0, 0] = np.nan
    elif what == "small":
        X, y = X[:100], y[:100]
        assert X.size < base_learners._FEWEST_CELLS
    else:
        X = X.astype(np.float64)
    learner = DecisionTreeClassifier(max_depth=1, random_state=0)
    assert trained(learner, X, y) is learner


def test_which_learners_are_stumps():
    assert is_stump(DecisionTreeClassifier(max_depth=1, random_state=3))
    assert not is_stump(DecisionTreeClassifier(max_depth=1, class_weight="balanced"))
    assert not is_stump(DecisionTreeClassifier())
    assert boosts_stumps(AdaBoostClassifier(n_estimators=7, learning_rate=0.1))
    assert boosts_stumps(AdaBoostClassifier(DecisionTreeClassifier(max_depth=1)))
    assert not boosts_stumps(AdaBoostClassifier(DecisionTreeClassifier(max_depth=2)))


def test_wrong_parameters_and_nothing_to_learn():
    X, y = table(0)
    with pytest.raises(ValueError, match="'learning_rate' parameter"):
        trained(AdaBoostClassifier(learning_rate=-1.0), X, y)
    with pytest.raises(ValueError, match="no better than a guess"):
        trained(AdaBoostClassifier(), np.zeros((400, 6), dtype=np.float32), np.arange(400) % 2)


def test_a_column_without_a_split():
    X, y = np.zeros((400, 6), dtype=np.float32), (np.arange(400) % 4 == 0).astype(int)
    stump = trained(DecisionTreeClassifier(max_depth=1), X, y)
    np.testing.assert_allclose(stump.predict_proba(X), np.tile([0.75, 0.25], (400, 1)))
    assert stump.feature_importances_.tolist() == [0.0] * 6


def test_frames_of_numbers_become_arrays():
    X, _ = table(0)
    frame = pd.DataFrame(X).assign(word="a")
    learner = DecisionTreeClassifier(max_depth=1)
    assert isinstance(as_read_by(learner, frame.drop(columns="word")), np.ndarray)
    assert as_read_by(learner, frame) is frame
