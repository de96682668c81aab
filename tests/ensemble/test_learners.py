"""Training base learners and their predictions: shortcuts that do not change what comes out."""

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier
from tables import unbalanced

from imbalance_kit.ensemble import SelfPacedEnsembleClassifier
from imbalance_kit.ensemble._learners.predictions import as_read_by, class_probabilities
from imbalance_kit.ensemble._learners.trainers import Trainer, TreeTrainer, trainer_for


@pytest.mark.parametrize("tree", [DecisionTreeClassifier, ExtraTreeClassifier])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("gaps", [False, True])
def test_repeats_as_weights_grow_the_same_tree(tree, weighted, gaps, seed):
    X, y = unbalanced([200, 40], seed=seed)
    X = X.astype(np.float32)
    if gaps:
        X[::5, 1] = np.nan
    rng = np.random.RandomState(seed)
    rows = rng.choice(len(y), 150)
    weight = rng.randint(1, 4, size=len(y)).astype(float) if weighted else None
    learner = tree(random_state=seed, max_features=2)
    trainer = TreeTrainer(learner)
    trainer.open(X)
    ours = trainer.fit(tree(random_state=seed, max_features=2), X, y, weight, rows)
    n_seen = len(rows) if gaps else len(np.unique(rows))
    assert ours.tree_.n_node_samples[0] == n_seen
    given = {} if weight is None else {"sample_weight": weight[rows]}
    theirs = learner.fit(X[rows], y[rows], **given)
    assert ours.tree_.node_count == theirs.tree_.node_count
    np.testing.assert_array_equal(ours.tree_.threshold, theirs.tree_.threshold)
    np.testing.assert_array_equal(ours.predict_proba(X), theirs.predict_proba(X))


@pytest.mark.parametrize(
    ("learner", "trainer"),
    [
        (DecisionTreeClassifier(), TreeTrainer),
        (DecisionTreeClassifier(min_samples_leaf=2), Trainer),  # counts rows, not weight
        (DecisionTreeClassifier(min_samples_split=5), Trainer),
        (GaussianNB(), Trainer),
        (ExtraTreesClassifier(), Trainer),
    ],
    ids=str,
)
def test_trees_that_count_rows_get_them_repeated(learner, trainer):
    assert type(trainer_for(learner, np.zeros((3, 2)))) is trainer


def test_a_class_that_a_learner_never_saw_has_no_probability():
    X, y = unbalanced([20, 10, 10])
    learner = GaussianNB().fit(X[y != 1], y[y != 1])
    proba = class_probabilities(learner, X, 3)
    np.testing.assert_array_equal(proba[:, [0, 2]], learner.predict_proba(X))
    assert (proba[:, 1] == 0).all()


@pytest.mark.parametrize("learner", [GaussianNB(), DecisionTreeClassifier(random_state=0)])
def test_threads_predict_the_same_numbers(learner):
    X, y = unbalanced([7000, 500])
    X = as_read_by(learner, X)
    learner.fit(X, y)
    one, three = (class_probabilities(learner, X, 2, n) for n in (1, 3))
    np.testing.assert_array_equal(one, three)


def test_trees_read_float32_and_refuse_infinity():
    X, y = unbalanced([60, 15])
    model = SelfPacedEnsembleClassifier(n_estimators=2, random_state=0).fit(X, y)
    same = model.predict_proba(X.astype(np.float32))
    np.testing.assert_array_equal(model.predict_proba(X), same)
    for value in (np.inf, 1e300):
        X[3, 1] = value
        with pytest.raises(ValueError, match="infinity or a value too large"):
            model.predict_proba(X)
        with pytest.raises(ValueError, match="infinity or a value too large"):
            SelfPacedEnsembleClassifier(n_estimators=2).fit(X, y)


def test_gaps_at_prediction_alone_are_read_as_trees_do():
    X, y = unbalanced([60, 15])
    model = SelfPacedEnsembleClassifier(n_estimators=3, random_state=0).fit(X, y)
    X[::4, 2] = np.nan
    expected = np.mean([learner.predict_proba(X) for learner in model.estimators_], axis=0)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-12)
