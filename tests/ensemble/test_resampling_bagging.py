"""Bags over any sampler, before or after the bootstrap, and imbalanced-learn's form of it."""

import inspect

import imblearn.combine
import imblearn.ensemble
import imblearn.over_sampling
import imblearn.under_sampling
import numpy as np
import pandas as pd
import pytest
from imblearn import FunctionSampler
from scipy import sparse, stats
from sklearn.ensemble import BaggingClassifier
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier
from tables import unbalanced

from imbalance_kit.combine import SMOTEENN, Chain
from imbalance_kit.ensemble import (
    BalancedBaggingClassifier,
    ResamplingBaggingClassifier,
    UnderBaggingClassifier,
)
from imbalance_kit.ensemble._loop.schedule import rows_in_round
from imbalance_kit.over_sampling import ADASYN, SMOTE, RandomOverSampler, TemperatureSampler
from imbalance_kit.under_sampling import NearMiss, RandomUnderSampler, TomekLinks

N_ROUNDS = 6


class Keeps(GaussianNB):
    """Keeps what it was trained on."""

    def fit(self, X, y, sample_weight=None):
        self.X_, self.y_, self.weights_ = X, y, sample_weight
        return super().fit(X, y, sample_weight)


def bag(sampler=None, **parameters):
    defaults = {"estimator": Keeps(), "n_estimators": N_ROUNDS, "random_state": 0}
    return ResamplingBaggingClassifier(sampler=sampler, **(defaults | parameters))


def balanced(**parameters):
    defaults = {"estimator": Keeps(), "n_estimators": N_ROUNDS, "random_state": 0}
    return BalancedBaggingClassifier(**(defaults | parameters))


def counts_of(model):
    return [np.bincount(learner.y_).tolist() for learner in model.estimators_]


# --- plain bagging ---------------------------------------------------------------------------


def test_without_a_sampler_it_is_bagging(three_classes):
    """Bootstraps of the table; each row is drawn as often in 300 of them (chi-squared, false
    alarm 1e-7)."""
    X, y = three_classes
    model = bag(n_estimators=300).fit(X, y)
    for learner, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
        assert len(rows) == len(y)
        np.testing.assert_array_equal(learner.X_, X[rows])
        np.testing.assert_array_equal(learner.y_, y[rows])
    assert stats.chisquare(np.bincount(np.concatenate(model.estimators_samples_))).pvalue > 1e-7
    assert model.sampling_strategy_ == {}


@pytest.mark.exhaustive
def test_it_is_as_good_as_scikit_learns_bagging(overlapping):
    """The same method with another seed: the log losses of 8 bags of 20 trees each differ by less
    than 8 standard errors of their difference (t, 14 degrees of freedom: below 1e-6)."""
    X, y = (array[:2000] for array in overlapping)
    tree, train, test = (
        DecisionTreeClassifier(min_samples_leaf=5),
        slice(0, 1000),
        slice(1000, 2000),
    )

    def losses(make):
        return np.array(
            [
                log_loss(y[test], make(seed).fit(X[train], y[train]).predict_proba(X[test]))
                for seed in range(8)
            ]
        )

    ours = losses(lambda seed: bag(estimator=tree, n_estimators=20, random_state=seed))
    theirs = losses(lambda seed: BaggingClassifier(tree, n_estimators=20, random_state=seed))
    error = np.sqrt((ours.var(ddof=1) + theirs.var(ddof=1)) / 8)
    assert abs(ours.mean() - theirs.mean()) < 8 * error


def test_parts_of_rows_and_columns(three_classes):
    X, y = three_classes
    model = bag(max_samples=40, max_features=3, estimator=None).fit(X, y)
    assert [len(rows) for rows in model.estimators_samples_] == [40] * N_ROUNDS
    assert [len(learner.columns_) for learner in model.estimators_] == [3] * N_ROUNDS
    # six draws of one of four columns to leave out, all alike: 1e-3; the seed is fixed
    assert len({tuple(learner.columns_) for learner in model.estimators_}) > 1
    for learner, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
        again = learner.estimator_.__class__(**learner.estimator_.get_params())
        again.fit(X[rows][:, learner.columns_], y[rows])
        expected = again.predict_proba(X[:, learner.columns_])
        np.testing.assert_array_equal(learner.predict_proba(X), expected)
        unseen = np.setdiff1d(np.arange(4), learner.columns_)
        assert (learner.feature_importances_[unseen] == 0).all()
    np.testing.assert_allclose(model.feature_importances_.sum(), 1)
    without = bag(max_samples=0.5, bootstrap=False).fit(X, y)
    assert [len(set(rows.tolist())) for rows in without.estimators_samples_] == [43] * N_ROUNDS


def test_columns_of_every_table(three_classes):
    X, y = three_classes
    expected = bag(estimator=GaussianNB(), max_features=0.5).fit(X, y).predict_proba(X)
    frame = pd.DataFrame(X, columns=list("abcd"))
    proba = bag(estimator=GaussianNB(), max_features=0.5).fit(frame, y).predict_proba(frame)
    np.testing.assert_allclose(proba, expected)
    tree = DecisionTreeClassifier(max_depth=2)
    thin = bag(estimator=tree, max_features=0.5).fit(sparse.csr_array(X), y)
    dense = bag(estimator=tree, max_features=0.5).fit(X, y)
    np.testing.assert_allclose(thin.predict_proba(sparse.csr_array(X)), dense.predict_proba(X))
    repeated = bag(max_features=8 / 9, bootstrap_features=True, n_estimators=20).fit(X, y)
    # twenty draws of 3 of 4 columns without a repetition: (3/8)**20 < 1e-8
    assert any(len(set(learner.columns_)) < 3 for learner in repeated.estimators_)


# --- with a sampler --------------------------------------------------------------------------


@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize(
    "sampler",
    [
        RandomUnderSampler(random_state=0),
        RandomOverSampler(),
        SMOTE(),
        ADASYN(),
        NearMiss(),
        TomekLinks(),
        SMOTEENN(),
        Chain([TomekLinks(), RandomUnderSampler()]),
        imblearn.under_sampling.RandomUnderSampler(),
        imblearn.under_sampling.ClusterCentroids(voting="soft"),
        imblearn.over_sampling.RandomOverSampler(shrinkage=0.1),
        imblearn.over_sampling.SMOTE(),
        imblearn.combine.SMOTEENN(),
        FunctionSampler(func=lambda X, y: (X[::2], y[::2])),
    ],
    ids=lambda sampler: f"{type(sampler).__module__.partition('.')[0]} {type(sampler).__name__}",
)
def test_any_sampler(sampler, first, three_classes):
    X, y = three_classes
    model = bag(sampler, sampler_first=first, bootstrap=not first).fit(X, y)
    for learner, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
        np.testing.assert_array_equal(learner.y_, y[rows])
        kept = (X[rows] == learner.X_).all(axis=1)
        if hasattr(sampler, "categorical_features") or isinstance(sampler, SMOTEENN):
            assert kept.any()
    assert np.isfinite(model.predict_proba(X)).all()


def test_samplers_are_seeded_anew_for_each_learner(two_classes):
    """The seed of the sampler itself would give the same 15 of 60 rows every time."""
    X, y = two_classes
    model = bag(RandomUnderSampler(random_state=0), bootstrap=False).fit(X, y)
    assert counts_of(model) == [[15, 15]] * N_ROUNDS
    assert len({tuple(np.sort(rows)) for rows in model.estimators_samples_}) == N_ROUNDS
    again = bag(RandomUnderSampler(random_state=5), bootstrap=False, n_jobs=2).fit(X, y)
    for rows, other in zip(model.estimators_samples_, again.estimators_samples_, strict=True):
        np.testing.assert_array_equal(rows, other)


class Counted(TomekLinks):
    times = 0

    def fit_resample(self, X, y, *, sample_weight=None):
        Counted.times += 1
        return super().fit_resample(X, y, sample_weight=sample_weight)


def test_a_sampler_without_chance_runs_once_if_it_is_first(two_classes):
    X, y = two_classes
    kept = set(TomekLinks().fit(X, y).fit_resample(X, y)[0][:, 0].tolist())
    Counted.times = 0
    model = bag(Counted(), sampler_first=True).fit(X, y)
    assert Counted.times == 1
    for rows in model.estimators_samples_:
        assert len(rows) == len(kept)
        assert set(X[rows, 0].tolist()) <= kept
    Counted.times = 0
    bag(Counted()).fit(X, y)
    assert Counted.times == N_ROUNDS


def test_numbers_that_a_bag_is_past_are_no_error():
    """Among 30 bootstraps of 60 and 20 rows are some with a ratio above .4 and a class of more
    than 21 rows (chance .3 or so each): they keep what they hold."""
    X, y = unbalanced([60, 20])
    ratio = bag(RandomOverSampler(sampling_strategy=0.4), n_estimators=30).fit(X, y)
    assert all(small == max(int(0.4 * large), 80 - large) for large, small in counts_of(ratio))
    more = bag(SMOTE(sampling_strategy={1: 21}), n_estimators=30).fit(X, y)
    assert all(small == max(21, 80 - large) for large, small in counts_of(more))
    fewer = bag(RandomUnderSampler(sampling_strategy={0: 59}), n_estimators=30).fit(X, y)
    assert all(large == min(59, 80 - small) for large, small in counts_of(fewer))


@pytest.mark.parametrize("schedule", ["progressive", "cooldown"])
@pytest.mark.parametrize("strategy", ["auto", {0: 20, 2: 20}, lambda y: {0: 20}])
def test_a_schedule_sets_the_samplers_numbers(schedule, strategy, three_classes):
    X, y = three_classes
    natural = np.array([50, 12, 25])
    wanted = np.array([12, 12, 12]) if strategy == "auto" else np.array([20, 12, 20])
    if callable(strategy):
        wanted[2] = 25
    sampler = RandomUnderSampler(sampling_strategy=strategy)
    model = bag(sampler, bootstrap=False, schedule=schedule).fit(X, y)
    for number, counts in enumerate(counts_of(model)):
        expected = rows_in_round(natural, wanted, schedule, number, N_ROUNDS)
        assert counts == expected.tolist()
    first, *_, last = counts_of(bag(SMOTE(), bootstrap=False, schedule=schedule).fit(X, y))
    ends = [[50, 12, 25], [50, 50, 50]]
    assert [first, last] == (ends if schedule == "progressive" else ends[::-1])


# --- weights ---------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", [None, RandomUnderSampler(), SMOTE(), SMOTEENN()], ids=str)
@pytest.mark.parametrize("first", [False, True])
def test_weights_go_with_the_rows(sampler, first, two_classes):
    X, y = two_classes
    weight = np.random.RandomState(0).uniform(size=len(y))
    model = bag(sampler, sampler_first=first).fit(X, y, sample_weight=weight)
    for learner, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
        np.testing.assert_array_equal(learner.weights_, weight[rows])


@pytest.mark.parametrize("first", [False, True])
def test_weights_of_a_sampler_reach_the_learner(first, two_classes):
    X, y = two_classes
    sampler = TemperatureSampler(tau=np.inf, mode="weight")
    model = bag(sampler, sampler_first=first, bootstrap=False).fit(X, y)
    for learner in model.estimators_:
        mass = np.bincount(learner.y_, weights=learner.weights_)
        np.testing.assert_allclose(mass[0], mass[1])
    np.testing.assert_allclose(model.resampled_prior_, [0.5, 0.5])
    with pytest.raises(ValueError, match=r"TemperatureSampler weighs rows, but KNeighbors"):
        bag(sampler, estimator=KNeighborsClassifier()).fit(X, y)


def test_weights_cannot_pass_a_sampler_that_does_not_name_rows(two_classes):
    X, y = two_classes
    with pytest.raises(ValueError, match=r"cannot be carried past SMOTE.*imbalance_kit"):
        bag(imblearn.over_sampling.SMOTE()).fit(X, y, sample_weight=np.ones(len(y)))


# --- errors ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"sampler": "smote"}, "'sampler' parameter"),
        (
            {"sampler": TomekLinks(), "schedule": "cooldown"},
            r"schedule='cooldown'.*TomekLinks takes",
        ),
        ({"schedule": "progressive"}, r"schedule='progressive'.*takes none"),
        ({"max_samples": 76}, "max_samples=76 is more than the 75 rows"),
        ({"max_features": 5}, "max_features=5 is more than the 4 columns"),
        ({"max_features": 1.5}, "'max_features' parameter"),
        ({"sampler": SMOTE(sampling_strategy={7: 9})}, r"\[7\].*not present"),
        ({"sampler": RandomUnderSampler(sampling_strategy=0.1)}, "ratio"),
    ],
)
def test_wrong_parameters(parameters, message, two_classes):
    with pytest.raises(ValueError, match=message):
        bag(**parameters).fit(*two_classes)


def test_rows_of_a_class_from_nowhere(two_classes):
    sampler = FunctionSampler(func=lambda X, y: (X, np.full(len(X), 7)))
    with pytest.raises(ValueError, match="made rows of class 7, of which it was given none"):
        bag(sampler).fit(*two_classes)


# --- imbalanced-learn's form -----------------------------------------------------------------


def test_parameters_and_defaults_are_imbalanced_learns():
    theirs = inspect.signature(imblearn.ensemble.BalancedBaggingClassifier).parameters
    ours = inspect.signature(BalancedBaggingClassifier).parameters
    assert {name: ours[name].default for name in theirs} == {
        name: parameter.default for name, parameter in theirs.items()
    }


def test_without_a_sampler_it_is_under_bagging(three_classes):
    X, y = three_classes
    for bootstrap in (False, True):
        model = balanced(bootstrap=bootstrap).fit(X, y)
        same = UnderBaggingClassifier(
            Keeps(), n_estimators=N_ROUNDS, bootstrap=bootstrap, random_state=0
        ).fit(X, y)
        for rows, again in zip(model.estimators_samples_, same.estimators_samples_, strict=True):
            np.testing.assert_array_equal(rows, again)
    assert (
        counts_of(balanced(bootstrap=False, sampling_strategy={0: 30}).fit(X, y))
        == [[30, 12, 25]] * N_ROUNDS
    )


def test_its_parts_of_rows(two_classes):
    X, y = two_classes
    for model in (balanced(max_samples=0.4), balanced(max_samples=30, bootstrap=False)):
        for large, small in counts_of(model.fit(X, y)):
            assert large == small <= 15


def test_its_sampler_gets_its_sampling_strategy(two_classes):
    X, y = two_classes
    model = balanced(sampler=SMOTE(), sampling_strategy={1: 40}, bootstrap=False).fit(X, y)
    assert counts_of(model) == [[60, 40]] * N_ROUNDS
    own = balanced(sampler=SMOTE(sampling_strategy={1: 30}), bootstrap=False).fit(X, y)
    assert counts_of(own) == [[60, 30]] * N_ROUNDS
    with pytest.raises(ValueError, match=r"\[7\].*not present"):
        balanced(sampler=SMOTE(), sampling_strategy={7: 40}).fit(X, y)
    function = FunctionSampler(func=lambda X, y: (X[:70], y[:70]))
    assert balanced(sampler=function, bootstrap=False).fit(X, y).estimators_[0].y_.shape == (70,)


def test_it_says_what_imbalanced_learns_says(overlapping):
    """The same method with other seeds: mean probabilities of 10 points over 12 bags of 20 trees
    agree within 8 standard errors of their difference (t, 22 degrees of freedom: 1e-6 for all)."""
    X, y = (array[:1500] for array in overlapping)
    tree = DecisionTreeClassifier(max_depth=3)

    def said(kind):
        return np.array(
            [
                kind(estimator=tree, n_estimators=20, random_state=seed)
                .fit(X, y)
                .predict_proba(X[:10])[:, 1]
                for seed in range(12)
            ]
        )

    ours = said(BalancedBaggingClassifier)
    theirs = said(imblearn.ensemble.BalancedBaggingClassifier)
    error = np.sqrt((ours.var(axis=0, ddof=1) + theirs.var(axis=0, ddof=1)) / 12)
    assert (np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 8 * error + 1e-12).all()
