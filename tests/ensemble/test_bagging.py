"""Under- and over-bagging: what each learner sees, and how often."""

import numpy as np
import pytest
from imblearn.under_sampling import RandomUnderSampler
from scipy import stats
from sklearn.base import clone
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier
from tables import unbalanced

from imbalance_kit.calibration import correct_prior
from imbalance_kit.ensemble import (
    BalancedRandomForestClassifier,
    OverBaggingClassifier,
    UnderBaggingClassifier,
)
from imbalance_kit.ensemble._loop.schedule import rows_in_round

N_ROUNDS = 6


def under(**parameters):
    return UnderBaggingClassifier(**{"n_estimators": N_ROUNDS, "random_state": 0, **parameters})


def over(**parameters):
    return OverBaggingClassifier(**{"n_estimators": N_ROUNDS, "random_state": 0, **parameters})


def counts_of(model, y):
    return [np.bincount(y[rows]).tolist() for rows in model.estimators_samples_]


# --- under-bagging ---------------------------------------------------------------------------


@pytest.mark.parametrize("replacement", [False, True])
def test_without_a_bootstrap_numbers_are_exact(replacement, three_classes):
    X, y = three_classes
    model = under(bootstrap=False, replacement=replacement).fit(X, y)
    assert model.sampling_strategy_ == {0: 12, 2: 12}
    assert counts_of(model, y) == [[12, 12, 12]] * N_ROUNDS
    for rows in model.estimators_samples_:
        assert sorted(rows[y[rows] == 1]) == np.flatnonzero(y == 1).tolist()
        if not replacement:
            assert len(set(rows.tolist())) == 36
    if replacement:  # no repetition among 12 of 50 and 12 of 25, six times: below 1e-12
        assert any(len(set(rows.tolist())) < 36 for rows in model.estimators_samples_)


@pytest.mark.parametrize(
    ("strategy", "counts"),
    [
        ("majority", [12, 12, 25]),
        ({0: 30, 2: 14}, [30, 12, 14]),
        (lambda y: {0: 2 * int(np.sum(y == 1))}, [24, 12, 25]),
    ],
)
def test_sampling_strategy(strategy, counts, three_classes):
    X, y = three_classes
    model = under(sampling_strategy=strategy, bootstrap=False).fit(X, y)
    assert counts_of(model, y) == [counts] * N_ROUNDS


def test_a_bootstrap_is_cut_to_its_smallest_class(three_classes):
    X, y = three_classes
    model = under(n_estimators=20).fit(X, y)
    counts = np.array(counts_of(model, y))
    assert (counts == counts[:, :1]).all()
    # twenty draws of about 12 +- 3.2 rows that are all alike: below 1e-15
    assert len(set(counts[:, 0].tolist())) > 1


def test_numbers_of_a_dict_hold_in_a_bootstrap(three_classes):
    X, y = three_classes
    model = under(sampling_strategy={0: 50, 2: 3}, n_estimators=20).fit(X, y)
    for counts in counts_of(model, y):
        assert counts[0] == 50
        assert counts[2] == 3


def test_a_ratio_holds_in_a_bootstrap(two_classes):
    X, y = two_classes
    for large, small in counts_of(under(sampling_strategy=0.5, n_estimators=20).fit(X, y), y):
        assert large == min(int(small / 0.5), 75 - small)


def test_learners_are_trained_on_the_rows_named(two_classes):
    X, y = two_classes
    for model in (under(), over()):
        model.set_params(estimator=GaussianNB()).fit(X, y)
        for learner, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
            again = clone(learner).fit(X[rows], y[rows])
            np.testing.assert_array_equal(learner.predict_proba(X), again.predict_proba(X))


def test_a_round_is_a_bootstrap_and_then_a_random_under_sampler():
    """Over 600 rounds the rows, the different rows of the small class and those of the large one
    are distributed as in the two steps written out (Kolmogorov-Smirnov, false alarm 1e-7 each),
    and every row of a class is drawn as often (chi-squared, 1e-7 each)."""
    X, y = unbalanced([60, 15], n_columns=1)
    model = under(estimator=GaussianNB(), n_estimators=600).fit(X, y)
    rng = np.random.RandomState(1)
    slow = []
    while len(slow) < 600:
        bag = rng.randint(len(y), size=len(y))
        if y[bag].any():
            sampler = RandomUnderSampler(random_state=rng)
            sampler.fit_resample(bag[:, None], y[bag])
            slow.append(bag[sampler.sample_indices_])

    def measures(rounds):
        return np.array(
            [
                [len(rows), len(set(rows[y[rows] == 1])), len(set(rows[y[rows] == 0]))]
                for rows in rounds
            ]
        ).T

    ours, theirs = measures(model.estimators_samples_), measures(slow)
    for one, other in zip(ours, theirs, strict=True):
        assert stats.ks_2samp(one, other).pvalue > 1e-7
    seen = np.bincount(np.concatenate(model.estimators_samples_), minlength=len(y))
    for label in (0, 1):
        assert stats.chisquare(seen[y == label]).pvalue > 1e-7


@pytest.mark.parametrize("schedule", ["progressive", "cooldown"])
def test_schedules(schedule, three_classes):
    X, y = three_classes
    natural, evened = np.array([50, 12, 25]), np.array([12, 12, 12])
    model = under(schedule=schedule, bootstrap=False).fit(X, y)
    for number, counts in enumerate(counts_of(model, y)):
        expected = rows_in_round(natural, evened, schedule, number, N_ROUNDS)
        assert counts == expected.tolist()
    model = over(schedule=schedule, bootstrap=False).fit(X, y)
    for number, counts in enumerate(counts_of(model, y)):
        expected = rows_in_round(natural, np.full(3, 50), schedule, number, N_ROUNDS)
        assert counts == expected.tolist()


@pytest.mark.parametrize("bootstrap", [False, True])
@pytest.mark.parametrize("schedule", ["uniform", "progressive"])
def test_rounds_draw_from_the_pool(bootstrap, schedule, two_classes):
    X, y = two_classes
    model = under(pool_size=40, bootstrap=bootstrap, schedule=schedule).fit(X, y)
    rows = np.unique(np.concatenate(model.estimators_samples_))
    assert np.sum(y[rows] == 0) <= 40
    np.testing.assert_allclose(model.prior_, [0.8, 0.2])


# --- over-bagging ----------------------------------------------------------------------------


def test_small_classes_are_raised_with_copies_of_the_bag(three_classes):
    X, y = three_classes
    model = over().fit(X, y)
    assert model.sampling_strategy_ == {1: 38, 2: 25}
    for rows, counts in zip(model.estimators_samples_, counts_of(model, y), strict=True):
        bag = rows[: len(y)]
        assert counts == [np.bincount(y[bag]).max()] * 3
        assert set(rows.tolist()) == set(bag.tolist())


def test_over_bagging_without_a_bootstrap_keeps_every_row(three_classes):
    X, y = three_classes
    model = over(bootstrap=False).fit(X, y)
    assert counts_of(model, y) == [[50, 50, 50]] * N_ROUNDS
    assert len({tuple(rows) for rows in model.estimators_samples_}) == N_ROUNDS
    for rows in model.estimators_samples_:
        assert sorted(rows[: len(y)]) == list(range(len(y)))


@pytest.mark.parametrize(
    ("strategy", "counts"),
    [
        ("minority", [50, 50, 25]),
        ({1: 20}, [50, 20, 25]),
        (lambda y: {1: 30}, [50, 30, 25]),
    ],
)
def test_over_sampling_strategy(strategy, counts, three_classes):
    X, y = three_classes
    model = over(sampling_strategy=strategy, bootstrap=False).fit(X, y)
    assert counts_of(model, y) == [counts] * N_ROUNDS


def test_copies_are_as_good_as_weights(two_classes):
    """A full tree on each different row once, weighted, and one on all copies."""
    X, y = two_classes
    model = over().fit(X, y)
    for learner, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
        again = clone(learner).fit(X[np.sort(rows)], y[np.sort(rows)])
        np.testing.assert_allclose(learner.predict_proba(X), again.predict_proba(X), rtol=1e-12)


# --- both ------------------------------------------------------------------------------------


def test_trees_that_balance_their_rows_count_copies(two_classes):
    X, y = two_classes
    tree = DecisionTreeClassifier(class_weight="balanced", max_depth=3)
    model = under(estimator=tree, sampling_strategy={0: 40}).fit(X, y)
    for learner, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
        again = clone(learner).fit(X[rows], y[rows])
        np.testing.assert_allclose(learner.predict_proba(X), again.predict_proba(X), rtol=1e-12)


@pytest.mark.parametrize("make", [under, over])
def test_warm_start_is_fitting_at_once(make, three_classes):
    X, y = three_classes
    grown = make(n_estimators=2, warm_start=True).fit(X, y)
    grown.set_params(n_estimators=N_ROUNDS).fit(X, y)
    at_once = make().fit(X, y)
    np.testing.assert_array_equal(grown.predict_proba(X), at_once.predict_proba(X))


@pytest.mark.parametrize("make", [under, over])
@pytest.mark.parametrize("n_jobs", [2, 3])
def test_jobs_do_not_change_the_fit(make, n_jobs, three_classes):
    X, y = three_classes
    alone, together = make().fit(X, y), make(n_jobs=n_jobs).fit(X, y)
    np.testing.assert_array_equal(alone.predict_proba(X), together.predict_proba(X))


@pytest.mark.parametrize("make", [under, over])
def test_recalibration_is_the_prior_correction(make, three_classes):
    X, y = three_classes
    raw, corrected = make().fit(X, y), make(recalibrate=True).fit(X, y)
    np.testing.assert_allclose(raw.resampled_prior_, np.full(3, 1 / 3))
    expected = correct_prior(
        raw.predict_proba(X), trained_on=[1, 1, 1], true_prior=np.array([50, 12, 25])
    )
    np.testing.assert_allclose(corrected.predict_proba(X), expected)


@pytest.mark.parametrize("make", [under, over])
def test_every_learner_knows_every_class(make):
    """A bootstrap leaves a class of two rows out with chance .135, ten in a row with 2e-9: then
    the fit would fail. Without another try one of 100 rounds would lack it with chance 1 - 5e-7."""
    X, y = unbalanced([500, 2], n_columns=1)
    model = make(estimator=GaussianNB(), n_estimators=100).fit(X, y)
    assert all((y[rows] == 1).any() for rows in model.estimators_samples_)


@pytest.mark.parametrize(
    "model",
    [
        under(estimator=DecisionTreeClassifier(max_depth=2), n_estimators=4),
        pytest.param(
            over(estimator=DecisionTreeClassifier(max_depth=2), n_estimators=4),
            marks=pytest.mark.exhaustive,
        ),
        BalancedRandomForestClassifier(max_depth=2, max_features=None, n_estimators=4),
    ],
    ids=lambda model: type(model).__name__,
)
def test_weights_mean_repetition_on_average(model):
    """Stands in for scikit-learn's check_sample_weight_equivalence, which asks for the same
    result where rows are drawn. With weights, and with rows repeated that often, the mean
    log-odds of four cells over 30 seeds agree: the difference of two means stays within 8
    estimated standard errors plus .03 for the bias of a logarithm of some 300 rows; false alarm
    below 1e-9 (t, 58 degrees of freedom)."""
    rng = np.random.RandomState(0)
    cell = rng.randint(4, size=4000)
    X = cell[:, None].astype(float)
    y = (rng.uniform(size=len(X)) < np.array([0.06, 0.1, 0.14, 0.2])[cell]).astype(int)
    weight = rng.randint(1, 4, size=len(y))
    weight[(cell == 2) & (y == 1)] += 3
    repeated = np.repeat(np.arange(len(y)), weight)

    def log_odds(X, y, weight=None):
        found = []
        for seed in range(30):
            fitted = clone(model).set_params(recalibrate=True, random_state=seed)
            fitted.fit(X, y, sample_weight=weight)
            proba = fitted.predict_proba(np.arange(4.0)[:, None])
            found.append(np.log(proba[:, 1] / proba[:, 0]))
        return np.array(found)

    one, other = log_odds(X, y, weight), log_odds(X[repeated], y[repeated])
    error = np.sqrt((one.var(axis=0) + other.var(axis=0)) / 30)
    assert (np.abs(one.mean(axis=0) - other.mean(axis=0)) < 8 * error + 0.03).all()
    ignored = log_odds(X, y)
    assert np.abs(ignored.mean(axis=0) - other.mean(axis=0))[2] > 8 * error[2] + 0.03
