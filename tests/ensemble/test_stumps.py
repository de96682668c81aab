"""Stumps and boosted stumps as fitted classifiers, against scikit-learn's own."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import AdaBoostClassifier
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.ensemble._learners import trainers
from imbalance_kit.ensemble._learners.predictions import (
    as_read_by,
    class_probabilities,
    predict_encoded,
    weighted_votes,
)
from imbalance_kit.ensemble._learners.stumps import boosts_stumps, is_stump
from imbalance_kit.ensemble._learners.trainers import Trainer, trainer_for


@pytest.fixture(autouse=True)
def small_tables_are_large_enough(monkeypatch):
    monkeypatch.setattr(trainers, "_FEWEST_FOR_STUMP", 1_000)


NAMES = np.array(["no", "yes"])


def table(seed, n_rows=400):
    X, y = make_classification(n_rows, 6, n_informative=4, flip_y=0.1, random_state=seed)
    return X.astype(np.float32), y


def trained(learner, X, y, weight=None, rows=None):
    trainer = trainer_for(learner, X)
    trainer.open(X)
    return trainer.fit(learner, X, y, weight, rows)


def assert_same_stump(ours, theirs):
    """All that a fitted tree is made of; sums of weights are taken in another order."""
    assert type(ours) is DecisionTreeClassifier
    assert set(vars(ours)) == set(vars(theirs))
    ours, theirs = ours.tree_.__getstate__(), theirs.tree_.__getstate__()
    np.testing.assert_allclose(ours["values"], theirs["values"], rtol=1e-7, atol=1e-12)
    for name in theirs["nodes"].dtype.names:
        mine, expected = ours["nodes"][name], theirs["nodes"][name]
        np.testing.assert_allclose(mine, expected, rtol=1e-6, atol=1e-9, err_msg=name)


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
    assert type(ours) is AdaBoostClassifier
    assert set(vars(ours)) == set(vars(theirs))
    for stump, expected in zip(ours.estimators_, theirs.estimators_, strict=True):
        assert_same_stump(stump, expected)
        assert stump.random_state == expected.random_state
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
    assert_same_stump(ours, theirs)
    unknown = X[:50].copy()
    unknown[::2] = np.nan
    for rows in (X, unknown):
        np.testing.assert_allclose(ours.predict_proba(rows), theirs.predict_proba(rows), rtol=1e-7)
        np.testing.assert_array_equal(ours.predict(rows), theirs.predict(rows))
    np.testing.assert_array_equal(ours.feature_importances_, theirs.feature_importances_)


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_tree_of_one_split_predicts_without_walking_it(missing, n_classes, seed):
    X, y = table(seed)
    y = np.minimum(y + (X[:, 0] > 1), n_classes - 1)
    X[np.random.RandomState(seed).uniform(size=X.shape) < missing] = np.nan
    tree = DecisionTreeClassifier(max_depth=1).fit(X, y)
    asked = X.copy()
    asked[::7] = np.nan
    encoded = predict_encoded(tree, asked, len(tree.classes_))
    np.testing.assert_array_equal(tree.classes_[encoded], tree.predict(asked))


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


@pytest.mark.parametrize("n_stumps", [1, 9, 40])
def test_boosted_stumps_predict_what_they_predict_one_by_one(n_stumps, seed):
    """To the bit: the sums are taken in the same order."""
    X, y = table(seed)
    y = y + 5 * (seed % 2)
    learner = trained(AdaBoostClassifier(n_estimators=n_stumps), X, y)
    for fitted in (learner, AdaBoostClassifier(n_estimators=n_stumps).fit(X, y)):
        proba = class_probabilities(fitted, X, len(fitted.classes_))
        np.testing.assert_array_equal(proba, fitted.predict_proba(X))
        votes = weighted_votes(fitted, X)
        expected = fitted.decision_function(X) / 2.0 * fitted.estimator_weights_.sum()
        np.testing.assert_array_equal(votes[:, 1], expected)


def test_fitted_stumps_can_be_pickled_and_fitted_again():
    X, y = table(0)
    for learner in (DecisionTreeClassifier(max_depth=1), AdaBoostClassifier(n_estimators=5)):
        ours = trained(learner, X, NAMES[y])
        again = pickle.loads(pickle.dumps(ours))
        np.testing.assert_array_equal(again.predict_proba(X), ours.predict_proba(X))
        assert clone(ours).fit(X[:50], y[:50]).classes_.tolist() == [0, 1]


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
        assert X.size < trainers._FEWEST_FOR_STUMP
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
