"""EasyEnsemble: draws, bags, both votes, probabilities."""

import inspect

import imblearn.ensemble
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.special import softmax
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import AdaBoostClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.calibration import correct_prior
from imbalance_kit.ensemble import EasyEnsembleClassifier
from imbalance_kit.ensemble._boosting import from_score

BOOSTED = AdaBoostClassifier(n_estimators=8)


def small(**parameters):
    return EasyEnsembleClassifier(
        **{"estimator": BOOSTED, "n_estimators": 4, "random_state": 0, **parameters}
    )


@pytest.fixture(params=[2, 3])
def table(request):
    """Continuous columns, so that none tie."""
    shares = [0.85, 0.15] if request.param == 2 else [0.5, 0.2, 0.3]
    return make_classification(
        1500,
        6,
        n_informative=5,
        n_redundant=0,
        n_classes=request.param,
        weights=shares,
        flip_y=0.1,
        random_state=0,
    )


def votes_of(learner, X, classes):
    """Votes of the weak learners of one boosted learner, added up from scratch."""
    weak = AdaBoostClassifier(**BOOSTED.get_params()).fit(*learner)
    total = np.zeros((len(X), len(classes)))
    for stump, weight in zip(weak.estimators_, weak.estimator_weights_, strict=True):
        said = stump.predict(X)[:, None] == classes
        total += weight * np.where(said, 1, -1 / (len(classes) - 1))
    return total, weak.estimator_weights_.sum()


def boosted_votes(model, X, y):
    found = [votes_of((X[rows], y[rows]), X, model.classes_) for rows in model.estimators_samples_]
    return np.array([votes for votes, _ in found]), np.array([weight for _, weight in found])


@pytest.mark.parametrize("replacement", [False, True])
def test_small_classes_whole_and_draws_from_the_others(replacement, table):
    X, y = table
    model = small(replacement=replacement).fit(X, y)
    counts = np.bincount(y)
    least = counts.argmin()
    for rows in model.estimators_samples_:
        assert np.bincount(y[rows]).tolist() == [counts[least]] * len(counts)
        assert sorted(rows[y[rows] == least]) == np.flatnonzero(y == least).tolist()
        large = rows[y[rows] != least]
        # more than 200 of at most 1300 with replacement and none twice: below 1e-6
        assert (len(set(large.tolist())) == len(large)) != replacement
    assert len({tuple(rows) for rows in model.estimators_samples_}) == 4


def test_schedule_and_strategy(table):
    X, y = table
    counts = np.bincount(y)
    model = small(schedule="cooldown").fit(X, y)
    assert np.bincount(y[model.estimators_samples_[-1]]).tolist() == counts.tolist()
    model = small(sampling_strategy={0: 300}).fit(X, y)
    for rows in model.estimators_samples_:
        assert np.bincount(y[rows]).tolist() == [300, *counts[1:]]


def test_bags_are_those_of_scikit_learn_on_the_same_rows(table):
    X, y = table
    model = small().fit(X, y)
    own = [
        AdaBoostClassifier(n_estimators=8).fit(X[rows], y[rows])
        for rows in model.estimators_samples_
    ]
    expected = np.mean([learner.predict_proba(X) for learner in own], axis=0)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-7)
    if len(model.classes_) == 2:
        assert all(type(learner) is AdaBoostClassifier for learner in model.estimators_)


def test_with_a_tree_it_is_under_bagging(table):
    X, y = table
    model = small(estimator=DecisionTreeClassifier(max_depth=3)).fit(X, y)
    own = [
        clone(tree).fit(X[rows], y[rows])
        for tree, rows in zip(model.estimators_, model.estimators_samples_, strict=True)
    ]
    expected = np.mean([tree.predict_proba(X) for tree in own], axis=0)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-7)


def test_all_weak_learners_may_vote(table):
    """The paper's sum over bags and rounds; with two classes the larger side wins."""
    X, y = table
    model = small(voting="learners").fit(X, y)
    votes, weights = boosted_votes(model, X, y)
    np.testing.assert_allclose(model.estimator_weights_, weights, rtol=1e-7)
    k = len(model.classes_)
    total = votes.sum(axis=0)
    expected = softmax(total / weights.sum() / (k - 1), axis=1)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-7)
    np.testing.assert_array_equal(model.predict(X), model.classes_[total.argmax(axis=1)])


@pytest.mark.parametrize("voting", ["bags", "learners"])
def test_recalibration(voting, table):
    X, y = table
    model = small(voting=voting, recalibrate=True).fit(X, y)
    votes, _ = boosted_votes(model, X, y)
    if voting == "bags":
        proba = np.mean([from_score(own) for own in votes], axis=0)
    else:
        proba = from_score(votes.mean(axis=0))
    even = np.ones(len(model.classes_))
    expected = correct_prior(proba, trained_on=even, true_prior=np.bincount(y))
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-6)


@pytest.mark.parametrize("voting", ["bags", "learners"])
def test_recalibrated_probabilities_are_better(voting, overlapping):
    """Not a close call: the base rate lies between the two."""
    X, y = overlapping
    raw, corrected = (
        log_loss(
            y[2000:],
            small(voting=voting, recalibrate=flag).fit(X[:2000], y[:2000]).predict_proba(X[2000:]),
        )
        for flag in (False, True)
    )
    base = log_loss(y[2000:], np.full(len(y) - 2000, y[:2000].mean()))
    assert corrected < base < raw


@pytest.mark.parametrize("voting", ["bags", "learners"])
def test_jobs_warm_starts_and_stages(voting, table):
    X, y = table
    once = small(voting=voting).fit(X, y)
    threads = small(voting=voting, n_jobs=2).fit(X, y)
    grown = small(voting=voting, n_estimators=1, warm_start=True).fit(X, y)
    grown.set_params(n_estimators=4).fit(X, y)
    *_, last = once.staged_predict_proba(X)
    for proba in (threads.predict_proba(X), grown.predict_proba(X), last):
        np.testing.assert_array_equal(proba, once.predict_proba(X))


def test_tables_and_labels(table):
    X, y = table
    expected = small().fit(X, y).predict_proba(X)
    frame = pd.DataFrame(X, columns=list("abcdef"))
    words = np.array(["no", "yes", "maybe"])
    named = small().fit(frame, np.sort(words)[y])
    assert named.classes_.tolist() == np.sort(words)[: y.max() + 1].tolist()
    np.testing.assert_allclose(named.predict_proba(frame), expected, rtol=1e-7)
    thin = sparse.csr_array(np.where(X > 0, X, 0))
    assert np.isfinite(small().fit(thin, y).predict_proba(thin)).all()


def test_missing_values_where_the_learner_takes_them(table):
    X, y = table
    X = X.copy()
    X[::3, 0] = np.nan
    tree = small(estimator=DecisionTreeClassifier(max_depth=3)).fit(X, y)
    assert np.isfinite(tree.predict_proba(X)).all()
    with pytest.raises(ValueError, match="NaN"):
        small().fit(X, y)


def test_importances(table):
    X, y = table
    model = small().fit(X, y)
    own = [learner.feature_importances_ for learner in model.estimators_]
    np.testing.assert_allclose(model.feature_importances_, np.mean(own, axis=0))
    np.testing.assert_allclose(model.feature_importances_.sum(), 1)


def test_learners_vote_where_they_have_weights(table):
    for learner in (LogisticRegression(), DecisionTreeClassifier()):
        with pytest.raises(ValueError, match=r'voting="learners" needs an AdaBoostClassifier; got'):
            small(estimator=learner, voting="learners").fit(*table)


def test_it_takes_what_imbalanced_learn_takes():
    theirs = inspect.signature(imblearn.ensemble.EasyEnsembleClassifier).parameters
    ours = inspect.signature(EasyEnsembleClassifier).parameters
    for name, parameter in theirs.items():
        assert ours[name].default == parameter.default, name


@pytest.mark.exhaustive
def test_probabilities_are_those_of_imbalanced_learn_on_average(table):
    """The mean probabilities of ten rows over 40 seeds agree within 8 standard errors; false
    alarm below 1e-9 each (t, 78 degrees of freedom)."""
    X, y = table
    ours, theirs = (
        np.array(
            [
                cls(estimator=AdaBoostClassifier(n_estimators=3), n_estimators=2, random_state=seed)
                .fit(X, y)
                .predict_proba(X[:10])[:, 1]
                for seed in range(40)
            ]
        )
        for cls in (EasyEnsembleClassifier, imblearn.ensemble.EasyEnsembleClassifier)
    )
    error = np.sqrt((ours.var(axis=0) + theirs.var(axis=0)) / 40)
    assert (np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 8 * error + 1e-6).all()


def test_weights_mean_repetition_on_average():
    """Stands in for scikit-learn's check_sample_weight_equivalence: with weights, and with rows
    repeated that often, the mean log-odds of four cells over 40 seeds agree. The difference of
    two means stays within 8 estimated standard errors plus .05 for the bias of a logarithm of few
    rows; false alarm below 1e-9 (t, 78 degrees of freedom)."""
    rng = np.random.RandomState(0)
    cell = rng.randint(4, size=4000)
    X = cell[:, None].astype(float)
    y = (rng.uniform(size=len(X)) < np.array([0.06, 0.1, 0.14, 0.2])[cell]).astype(int)
    weight = np.where((cell == 2) & (y == 1), 4, rng.randint(1, 4, size=len(y)))
    repeated = np.repeat(np.arange(len(y)), weight)

    def log_odds(X, y, weight=None):
        found = []
        for seed in range(40):
            model = EasyEnsembleClassifier(
                estimator=DecisionTreeClassifier(max_depth=2),
                n_estimators=2,
                recalibrate=True,
                random_state=seed,
            ).fit(X, y, sample_weight=weight)
            proba = model.predict_proba(np.arange(4.0)[:, None])
            found.append(np.log(proba[:, 1] / proba[:, 0]))
        return np.array(found)

    one, other = log_odds(X, y, weight), log_odds(X[repeated], y[repeated])
    error = np.sqrt((one.var(axis=0) + other.var(axis=0)) / 40)
    assert (np.abs(one.mean(axis=0) - other.mean(axis=0)) < 8 * error + 0.05).all()
    ignored = log_odds(X, y)
    assert (np.abs(ignored.mean(axis=0) - other.mean(axis=0)) > 8 * error + 0.05).any()
