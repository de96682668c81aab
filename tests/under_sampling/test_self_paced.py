"""Self-paced draws: the arithmetic of the bins, the draw, the sampler around it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.tree import DecisionTreeClassifier
from tables import unbalanced

from imbalance_kit.under_sampling import SelfPacedUnderSampler
from imbalance_kit.under_sampling._self_paced import (
    bin_counts,
    draw_self_paced,
    measure_hardness,
)

INFINITY = float("inf")

# Ten rows, two in each of five bins, of mean hardness .05, .25, .45, .65, .85.
LADDER = np.linspace(0, 0.9, 10)


@pytest.mark.parametrize(
    ("alpha", "shares"),
    [
        # 5 / (mean + alpha) / sum(1 / (mean + alpha)), worked out by hand from the definition in
        # Liu et al. (ICDE 2020); e.g. alpha=0: 20, 4, 2.2222, 1.5385, 1.1765 of 28.9371
        (0.0, [3.4558, 0.6912, 0.3840, 0.2658, 0.2033]),
        (np.tan(np.pi / 4), [1.3269, 1.1146, 0.9609, 0.8444, 0.7531]),
        (np.tan(np.pi / 2), [1, 1, 1, 1, 1]),
        (INFINITY, [1, 1, 1, 1, 1]),
    ],
)
def test_shares_of_the_bins(alpha, shares):
    """Drawn 20,000 times as many, whole numbers are as good as fractions."""
    bins, counts = bin_counts(LADDER, 100_000, k_bins=5, alpha=alpha, replacement=True)
    assert bins.tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    # the four digits are rounded by at most .00005, the counts by at most 1
    np.testing.assert_allclose(counts / 20_000, shares, atol=1e-4)
    assert counts.sum() == 100_000


@pytest.mark.parametrize(
    ("alpha", "replacement", "counts"),
    [
        # floors 3 0 0 0 0, then the two largest remainders, .69 and .46
        (0.0, True, [4, 1, 0, 0, 0]),
        # the first bin holds 2; of the 3 others one went to bin 1 and two are left:
        # in proportion to 4 : 2.22 : 1.54 : 1.18 these are .90 .50 .34 .26
        (0.0, False, [2, 2, 1, 0, 0]),
        (1.0, False, [1, 1, 1, 1, 1]),
        (INFINITY, False, [1, 1, 1, 1, 1]),
    ],
)
def test_counts_of_five_rows_by_hand(alpha, replacement, counts):
    found = bin_counts(LADDER, 5, k_bins=5, alpha=alpha, replacement=replacement)[1]
    assert found.tolist() == counts


def test_at_alpha_0_every_bin_contributes_the_same_hardness():
    """Up to rounding the number of rows: at most one row of the bin's mean hardness."""
    hardness = np.random.RandomState(0).beta(1, 6, size=5000)
    bins, counts = bin_counts(hardness, 3000, k_bins=6, alpha=0, replacement=True)
    mean = np.bincount(bins, weights=hardness) / np.bincount(bins)
    contribution = counts * mean
    assert np.ptp(contribution) <= 2 * mean.max()
    assert np.ptp(counts) > 100


def test_values_on_the_edges_belong_to_the_bin_above():
    """Votes of five learners: 1 - j / 5 in floats is not exactly (5 - j) / 5."""
    hardness = 1 - np.arange(6) / 5
    bins, _ = bin_counts(hardness, 3, k_bins=5, alpha=1.0, replacement=False)
    assert bins.tolist() == [4, 4, 3, 2, 1, 0]


@st.composite
def draws(draw):
    """Hardness of some rows, not all equal, and a number of rows to draw."""
    size = draw(st.integers(2, 60))
    kind = draw(st.sampled_from(["votes", "anything", "skewed"]))
    rng = np.random.RandomState(draw(st.integers(0, 2**32 - 1)))
    if kind == "votes":
        n_learners = draw(st.integers(1, 6))
        hardness = 1 - rng.randint(0, n_learners + 1, size) / n_learners
    elif kind == "anything":
        hardness = rng.uniform(size=size)
    else:
        hardness = -(np.log(rng.uniform(1e-6, 1, size=size)) ** 3)
    assume(hardness.min() < hardness.max())
    return hardness, draw(st.integers(1, size)), draw(st.integers(1, 12))


alphas = st.one_of(st.just(0.0), st.floats(0, 1e3), st.sampled_from([1e16, INFINITY]))


@given(draws(), alphas)
def test_counts_add_up_and_fit(problem, alpha):
    hardness, n, k_bins = problem
    for replacement in (False, True):
        bins, counts = bin_counts(hardness, n, k_bins=k_bins, alpha=alpha, replacement=replacement)
        population = np.bincount(bins, minlength=k_bins)
        assert counts.sum() == n
        assert (counts >= 0).all()
        assert len(counts) == k_bins
        assert (counts[population == 0] == 0).all()
        if not replacement:
            assert (counts <= population).all()


@given(draws())
def test_bins_have_equal_width(problem):
    hardness, n, k_bins = problem
    bins, _ = bin_counts(hardness, n, k_bins=k_bins, alpha=1.0, replacement=False)
    width = np.ptp(hardness) / k_bins
    low = hardness.min() + bins * width
    margin = 1e-8 * np.ptp(hardness)
    assert (hardness >= low - margin).all()
    assert (hardness <= low + width + margin).all()
    order = np.argsort(hardness)
    assert (np.diff(bins[order]) >= 0).all()


@given(draws())
def test_at_infinity_bins_give_as_many_rows_as_they_can(problem):
    """Equal numbers, but for one row of rounding in each sharing-out: the first, and one more for
    every bin that ran empty."""
    hardness, n, k_bins = problem
    bins, counts = bin_counts(hardness, n, k_bins=k_bins, alpha=INFINITY, replacement=False)
    population = np.bincount(bins, minlength=k_bins)
    with_room = counts[counts < population]
    n_empty = np.count_nonzero((counts == population) & (population > 0))
    if len(with_room):
        assert with_room.min() >= counts.max() - 1 - n_empty


@given(draws(), st.floats(0, 10), st.floats(0, 10))
def test_easy_bins_never_gain_from_alpha(problem, one, other):
    """The share of the easiest bin falls, or stays, when alpha grows."""
    hardness, _, k_bins = problem
    low, high = sorted([one, other])
    first = [
        bin_counts(hardness, 10_000, k_bins=k_bins, alpha=alpha, replacement=True)[1][0]
        for alpha in (low, high)
    ]
    assert first[0] >= first[1] - 1


@given(draws(), alphas, st.sampled_from(["hard", "soft"]), st.booleans())
def test_the_draw_has_the_right_size(problem, alpha, sampling, replacement):
    hardness, n, k_bins = problem
    rows = draw_self_paced(
        hardness,
        n,
        k_bins=k_bins,
        alpha=alpha,
        sampling=sampling,
        replacement=replacement,
        rng=np.random.RandomState(0),
    )
    assert len(rows) == n
    assert set(rows.tolist()) <= set(range(len(hardness)))
    if not replacement:
        assert len(set(rows.tolist())) == n
    if sampling == "hard":
        bins, counts = bin_counts(hardness, n, k_bins=k_bins, alpha=alpha, replacement=replacement)
        np.testing.assert_array_equal(np.bincount(bins[rows], minlength=k_bins), counts)


@pytest.mark.parametrize("sampling", ["hard", "soft"])
def test_rows_of_a_bin_are_equally_likely(sampling):
    """How often each of the ten rows is drawn, in 2000 draws of 5 with replacement at alpha=1.
    Chi-squared within pairs of one bin, threshold 1e-8 for each of the five."""
    rng = np.random.RandomState(0)
    seen = np.zeros(10)
    for _ in range(2000):
        rows = draw_self_paced(
            LADDER, 5, k_bins=5, alpha=1.0, sampling=sampling, replacement=True, rng=rng
        )
        np.add.at(seen, rows, 1)
    assert seen.sum() == 10_000
    for pair in seen.reshape(5, 2):
        assert stats.chisquare(pair).pvalue > 1e-8
    if sampling == "soft":
        shares = np.array([1.3269, 1.1146, 0.9609, 0.8444, 0.7531]) / 5
        expected = 10_000 * shares
        # six standard errors of a binomial share
        assert (np.abs(seen.reshape(5, 2).sum(axis=1) - expected) < 6 * np.sqrt(expected)).all()


@pytest.mark.parametrize("replacement", [False, True])
@pytest.mark.parametrize("sampling", ["hard", "soft"])
def test_without_differences_the_draw_is_uniform(sampling, replacement):
    """2000 draws of 3 of 10 equally hard rows: chi-squared, threshold 1e-7."""
    rng = np.random.RandomState(0)
    seen = np.zeros(10)
    for _ in range(2000):
        rows = draw_self_paced(
            np.full(10, 0.3),
            3,
            k_bins=5,
            alpha=0,
            sampling=sampling,
            replacement=replacement,
            rng=rng,
        )
        assert replacement or len(set(rows.tolist())) == 3
        np.add.at(seen, rows, 1)
    assert stats.chisquare(seen).pvalue > 1e-7


@pytest.mark.parametrize(
    ("hardness", "expected"),
    [
        ("absolute", [1.0, 0.5, 0.0]),
        ("squared", [1.0, 0.25, 0.0]),
        ("cross_entropy", [-np.log(1e-6), np.log(2), 0.0]),
        (lambda p: 3 - p, [3.0, 2.5, 2.0]),
    ],
)
def test_hardness(hardness, expected):
    found = measure_hardness(hardness, np.array([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize(
    "hardness", [lambda p: p[:-1], lambda p: np.log(p), lambda p: p * np.nan, lambda p: 0.5]
)
@pytest.mark.filterwarnings("ignore:divide by zero")  # the second callable's own doing
def test_a_callable_must_return_as_many_finite_numbers(hardness):
    with pytest.raises(ValueError, match=r"must return as many finite numbers.*shape"):
        measure_hardness(hardness, np.array([0.0, 0.5, 1.0]))


# --- the sampler -----------------------------------------------------------------------------


@pytest.fixture
def table():
    return unbalanced([120, 30])


def test_hardness_is_out_of_fold(table):
    """A learner that keeps its rows by heart finds none of them easy because of that."""
    X, y = table
    y = np.random.RandomState(1).permutation(y)  # nothing to learn
    sampler = SelfPacedUnderSampler(estimator=DecisionTreeClassifier(), random_state=0)
    sampler.fit_resample(X, y)
    # out of fold a tree of full depth misses about 2 * .2 * .8 of the rows; in sample none
    assert sampler.hardness_.mean() > 0.15


def test_hardness_is_that_of_the_estimator(table):
    X, y = table
    learner = LogisticRegression()
    sampler = SelfPacedUnderSampler(estimator=learner, random_state=0, cv=4, hardness="squared")
    sampler.fit_resample(X, y)
    assert sampler.hardness_.shape == (150,)
    folds = StratifiedKFold(4, shuffle=True, random_state=99)
    proba = cross_val_predict(learner, X, y, cv=folds, method="predict_proba")
    # other folds of the same size give nearly the same probabilities
    expected = (1 - proba[np.arange(150), y]) ** 2
    assert np.abs(sampler.hardness_ - expected).mean() < 0.05
    assert np.corrcoef(sampler.hardness_, expected)[0, 1] > 0.9


def test_bins_of_the_draw(table):
    X, y = table
    sampler = SelfPacedUnderSampler(
        estimator=LogisticRegression(), random_state=0, alpha=0.3, k_bins=4
    )
    sampler.fit_resample(X, y)
    own = np.flatnonzero(y == 0)
    bins, counts = bin_counts(sampler.hardness_[own], 30, k_bins=4, alpha=0.3, replacement=False)
    kept = np.isin(own, sampler.sample_indices_)
    np.testing.assert_array_equal(np.bincount(bins[kept], minlength=4), counts)


def test_alpha_moves_the_draw_towards_hard_rows(table):
    X, y = table
    mean = {}
    for alpha in (0.0, INFINITY):
        sampler = SelfPacedUnderSampler(estimator=LogisticRegression(), random_state=0, alpha=alpha)
        sampler.fit_resample(X, y)
        rows = sampler.sample_indices_
        mean[alpha] = sampler.hardness_[rows[y[rows] == 0]].mean()
    assert mean[0.0] < mean[INFINITY]


def test_few_rows_of_a_class_reduce_the_folds():
    X, y = unbalanced([30, 3])
    _, y_new = SelfPacedUnderSampler(random_state=0, cv=5).fit_resample(X, y)
    assert np.bincount(y_new).tolist() == [3, 3]


def test_the_estimator_gets_the_table_as_it_came():
    class NeedsFrame(LogisticRegression):
        def fit(self, X, y, sample_weight=None):
            assert isinstance(X, pd.DataFrame)
            return super().fit(X[["a"]], y)

        def predict_proba(self, X):
            return super().predict_proba(X[["a"]])

    X, y = unbalanced([40, 10], n_columns=2)
    frame = pd.DataFrame(X, columns=["a", "b"]).assign(word="x")
    new, _ = SelfPacedUnderSampler(estimator=NeedsFrame(), random_state=0).fit_resample(frame, y)
    assert new.columns.tolist() == ["a", "b", "word"]


def test_a_seedless_learner_is_seeded(table):
    """The same seed, the same rows, though the learner itself draws."""
    X, y = table
    learner = DecisionTreeClassifier(max_features=1)
    rows = []
    for _ in range(2):
        sampler = SelfPacedUnderSampler(estimator=learner, random_state=4)
        sampler.fit_resample(X, y)
        rows.append(sampler.sample_indices_)
    np.testing.assert_array_equal(*rows)
    assert learner.random_state is None


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"k_bins": 0}, "'k_bins' parameter"),
        ({"alpha": -1.0}, "'alpha' parameter"),
        ({"hardness": "nothing"}, "'hardness' parameter"),
        ({"sampling": "medium"}, "'sampling' parameter"),
        ({"cv": 1}, "'cv' parameter"),
        ({"estimator": object()}, "'estimator' parameter"),
        ({"hardness": lambda p: p[:2]}, "as many finite numbers"),
    ],
)
def test_wrong_parameters(parameters, message, table):
    with pytest.raises(ValueError, match=message):
        SelfPacedUnderSampler(**parameters).fit_resample(*table)
