"""Early stopping on rows held out of the fit."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import average_precision_score
from sklearn.tree import DecisionTreeClassifier
from tables import unbalanced

from imbalance_kit.ensemble import (
    OverBaggingClassifier,
    SelfPacedEnsembleClassifier,
    UnderBaggingClassifier,
)
from imbalance_kit.ensemble._loop.stopping import Stopping


def listen(codes, votes, **parameters):
    stopping = Stopping(None, np.asarray(codes), None, **{"patience": 2, "tol": 0.0} | parameters)
    enough = []
    for vote in votes:
        stopping.update(np.asarray(vote), 1.0, lambda total, weight: total / weight)
        enough.append(stopping.enough())
    return stopping, enough


def two(scores):
    return np.column_stack([1 - np.asarray(scores), scores])


def test_scores_are_the_average_precision_of_the_mean():
    rng = np.random.RandomState(0)
    votes = [two(rng.uniform(size=50)) for _ in range(4)]
    for codes in (np.arange(50) % 5 == 0, np.arange(50) % 5 > 0):  # the rarer one is 1, then 0
        rarer = int(codes.mean() < 0.5)
        stopping, _ = listen(codes.astype(int), votes)
        expected = [
            average_precision_score(codes == rarer, np.mean(votes[: n + 1], axis=0)[:, rarer])
            for n in range(4)
        ]
        np.testing.assert_allclose(stopping.scores, expected)


def test_what_classes_are_called_does_not_change_the_score():
    rng = np.random.RandomState(0)
    for n_rare in (10, 25):  # fewer rows, and as many as in the other class
        codes, vote = (np.arange(50) < n_rare).astype(int), two(rng.uniform(size=50))
        one, other = listen(codes, [vote])[0], listen(1 - codes, [vote[:, ::-1]])[0]
        assert one.scores == other.scores


def test_several_classes_count_alike():
    rng = np.random.RandomState(0)
    codes, vote = rng.randint(3, size=60), rng.dirichlet(np.ones(3), size=60)
    stopping, _ = listen(codes, [vote])
    each = [average_precision_score(codes == code, vote[:, code]) for code in range(3)]
    np.testing.assert_allclose(stopping.scores, [np.mean(each)])


def test_enough_comes_after_patience_without_improvement():
    codes, right, wrong = [0, 0, 1], two([0.1, 0.2, 0.9]), two([0.9, 0.2, 0.1])
    assert listen(codes, [right] * 4)[1] == [False, False, True, True]
    assert listen(codes, [wrong, wrong, right * 9, right])[1] == [False] * 4
    assert listen(codes, [wrong, wrong, right * 9], tol=1.0)[1] == [False, False, True]


def test_a_useless_learner_stops_the_fit(two_classes):
    X, y = two_classes
    model = SelfPacedEnsembleClassifier(
        DummyClassifier(), n_estimators=20, n_iter_no_change=3, random_state=0
    ).fit(X, y)
    assert len(model.estimators_) == len(model.validation_scores_) == 4


def test_held_out_rows_are_never_drawn_and_scored_rightly():
    X, y = unbalanced([300, 60])
    model = SelfPacedEnsembleClassifier(
        DecisionTreeClassifier(max_depth=4),
        n_estimators=30,
        n_iter_no_change=30,
        validation_fraction=0.25,
        random_state=0,
    ).fit(X, y)
    drawn = np.unique(np.concatenate(model.estimators_samples_))
    never = np.setdiff1d(np.arange(len(y)), drawn)
    assert np.bincount(y[drawn])[1] == 45  # all that were not held out
    held_out = never[y[never] == 1]
    assert len(held_out) == 15
    np.testing.assert_allclose(model.prior_, [300 / 360, 60 / 360])
    *_, last = model.staged_predict_proba(X)
    assert model.validation_scores_[-1] <= 1
    np.testing.assert_array_equal(last, model.predict_proba(X))


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_where_it_stops_does_not_depend_on_jobs(n_jobs, overlapping):
    X, y = overlapping
    given = {"n_estimators": 40, "n_iter_no_change": 4, "learners_per_round": 4}
    one = SelfPacedEnsembleClassifier(**given, random_state=0).fit(X, y)
    other = SelfPacedEnsembleClassifier(**given, random_state=0, n_jobs=n_jobs).fit(X, y)
    assert one.validation_scores_ == other.validation_scores_
    assert len(one.estimators_) < 40


def test_a_warm_start_scores_the_earlier_learners(overlapping):
    X, y = overlapping
    given = {"n_iter_no_change": 50, "random_state": 0, "k_bins": 1}
    grown = SelfPacedEnsembleClassifier(n_estimators=3, warm_start=True, **given).fit(X, y)
    grown.set_params(n_estimators=6).fit(X, y)
    at_once = SelfPacedEnsembleClassifier(n_estimators=6, **given).fit(X, y)
    np.testing.assert_allclose(grown.validation_scores_, at_once.validation_scores_, rtol=1e-12)


@pytest.mark.parametrize(
    "parameters", [{"validation_fraction": 1.0}, {"n_iter_no_change": 0}, {"tol": -1.0}]
)
def test_wrong_parameters(parameters, two_classes):
    with pytest.raises(ValueError, match=f"'{next(iter(parameters))}' parameter"):
        SelfPacedEnsembleClassifier(**parameters).fit(*two_classes)


@pytest.mark.parametrize("seed", [None, 0, "instance"])
def test_the_same_rows_stay_held_out(seed):
    X, y = unbalanced([200, 60])
    seed = np.random.RandomState(3) if seed == "instance" else seed
    model = OverBaggingClassifier(
        n_estimators=2,
        bootstrap=False,
        n_iter_no_change=20,
        validation_fraction=0.3,
        warm_start=True,
        random_state=seed,
    )
    weight = np.where(np.arange(len(y)) % 7 == 0, 0.0, 1.0)
    for given in (None, weight):
        model.set_params(n_estimators=2, warm_start=False).fit(X, y, sample_weight=given)
        model.set_params(n_estimators=6, warm_start=True).fit(X, y, sample_weight=given)
        assert len(model.validation_scores_) == 6
        seen = [np.unique(rows).tolist() for rows in model.estimators_samples_]
        assert seen == [seen[0]] * 6


def test_rows_that_learners_have_seen_are_not_held_out():
    X, y = unbalanced([200, 60])
    model = UnderBaggingClassifier(n_estimators=2, warm_start=True).fit(X, y)
    message = r"same rows stay held out .* n_iter_no_change in the first fit"
    model.set_params(n_estimators=4, n_iter_no_change=3)
    with pytest.raises(ValueError, match=message):
        model.fit(X, y)
    assert len(model.estimators_) == 2
    model.set_params(warm_start=False, n_estimators=2).fit(X, y)
    model.set_params(warm_start=True, n_estimators=4)
    with pytest.raises(ValueError, match=message):
        model.fit(X[:200], y[:200])
    model.set_params(n_iter_no_change=None).fit(X, y)
    assert not hasattr(model, "validation_scores_")
    model.set_params(n_estimators=6, n_iter_no_change=2)
    with pytest.raises(ValueError, match=message):  # the second fit has seen all
        model.fit(X, y)
