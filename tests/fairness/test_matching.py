"""Matched pairs: comparable, each row once, a known effect found, and swapped groups."""

import itertools

import numpy as np
import pytest
from scipy import sparse, stats

from fairness.made_groups import related, related_frame
from imbalance_kit.fairness import CounterfactualMatcher
from imbalance_kit.fairness._sampling.pairs import greedy_pairs, optimal_pairs, whitened


def test_pairs_are_comparable_and_use_no_row_twice():
    frame, y, group = related_frame(900)
    matcher = CounterfactualMatcher(sensitive_features="sex", caliper=0.3)
    new, y_new = matcher.fit_resample(frame, y)
    pairs = matcher.pairs_
    assert len(pairs) > 50
    assert len(np.unique(pairs)) == pairs.size
    np.testing.assert_array_equal(group[pairs], np.tile([0, 1], (len(pairs), 1)))
    for name in ("town", "member"):
        one, other = frame[name].to_numpy()[pairs].T
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(matcher.sample_indices_, np.sort(pairs.ravel()))
    np.testing.assert_array_equal(y_new, y[np.sort(pairs.ravel())])
    assert len(new) == pairs.size
    towns = ["town=north", "town=south", "town=west"]
    assert matcher.balance_names_ == ["score", "height", *towns, "member"]
    before = [
        abs(values[group == 1].mean() - values[group == 0].mean())
        / np.sqrt((values[group == 1].var(ddof=0) + values[group == 0].var(ddof=0)) / 2)
        for values in (frame["score"], frame["town"] == "west", frame["member"])
    ]
    np.testing.assert_allclose(matcher.balance_[[0, 4, 5], 0], before)
    smaller = np.bincount(group).min()
    assert matcher.unmatched_share_ == pytest.approx(1 - len(pairs) / smaller)


@pytest.mark.parametrize("method", ["greedy", "optimal"])
def test_the_caliper_is_kept_and_groups_are_balanced(method):
    X, y, group = related(2000)
    matcher = CounterfactualMatcher(method=method)
    matcher.fit_resample(X, y, sensitive_features=group)
    white = whitened(X)
    one, other = white[matcher.pairs_].transpose(1, 0, 2)
    distance = np.sqrt(((one - other) ** 2).sum(axis=1) / 3)
    assert distance.max() <= 0.2 + 1e-9
    assert matcher.balance_[1, 0] > 0.5
    assert matcher.balance_[:, 1].max() < 0.1


def test_a_known_effect_of_the_group_is_found():
    """Income moves group and outcome; the group itself adds .2. False alarm: 6 standard errors."""
    rng = np.random.RandomState(0)
    income = rng.normal(size=6000)
    group = (rng.uniform(size=6000) < 1 / (1 + np.exp(-income))).astype(int)
    y = (rng.uniform(size=6000) < 0.2 + 0.2 * group + 0.4 / (1 + np.exp(-2 * income))).astype(int)
    plain = y[group == 1].mean() - y[group == 0].mean()
    matcher = CounterfactualMatcher(caliper=0.05)
    matcher.fit_resample(income[:, None], y, sensitive_features=group)
    assert abs(matcher.outcome_gap_ - 0.2) < 6 * np.sqrt(0.5 / len(matcher.pairs_))
    assert plain > 0.28
    assert matcher.outcome_p_value_ < 1e-6


def test_the_p_value_is_that_of_a_binomial_test():
    X, y, group = related(400)
    matcher = CounterfactualMatcher()
    matcher.fit_resample(X[:, :1] * 0, y, sensitive_features=group)
    gap = y[matcher.pairs_[:, 1]] - y[matcher.pairs_[:, 0]]
    n = int((gap != 0).sum())
    tail = stats.binom.cdf(min((gap > 0).sum(), (gap < 0).sum()), n, 0.5)
    assert matcher.outcome_p_value_ == pytest.approx(min(1.0, 2 * tail), rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_greedy_and_optimal_beside_slow_searches(seed):
    rng = np.random.RandomState(seed)
    white, one, other = rng.normal(size=(11, 2)), np.arange(5), np.arange(5, 11)
    distance = np.linalg.norm(white[one][:, None] - white[other][None], axis=2)
    found = greedy_pairs(white, one, other, 1.0, None)
    left, expected = distance.copy(), []
    while left.min() <= 1.0:
        i, j = np.unravel_index(left.argmin(), left.shape)
        expected.append((one[i], other[j]))
        left[i], left[:, j] = np.inf, np.inf
    assert sorted(map(tuple, found.tolist())) == sorted((int(i), int(j)) for i, j in expected)
    # every way of giving each of five rows another partner
    best = (0, 0.0)
    for partners in itertools.permutations(range(6), 5):
        own = distance[np.arange(5), partners]
        best = min(best, (-int((own <= 1).sum()), own[own <= 1].sum()))
    pairs = optimal_pairs(white, one, other, 1.0)
    total = distance[pairs[:, 0], pairs[:, 1] - 5].sum()
    assert (-len(pairs), total) == (best[0], pytest.approx(best[1]))


@pytest.mark.exhaustive
def test_large_blocks_are_matched_in_rounds():
    """More than a million pairs: at least as many pairs as rows that have a free neighbour."""
    rng = np.random.RandomState(0)
    group = np.repeat([0, 1], 1500)
    X = rng.uniform(size=(3000, 1))
    matcher = CounterfactualMatcher(n_bins=1, caliper=0.02)
    matcher.fit_resample(X, np.arange(3000) % 2, sensitive_features=group)
    free = np.setdiff1d(np.arange(3000), matcher.pairs_)
    one, other = free[group[free] == 0], free[group[free] == 1]
    gap = np.abs(X[one] - X[other].T)
    assert gap.size == 0 or gap.min() > 0.02 * X.std(ddof=1)  # nobody left could be paired
    assert matcher.unmatched_share_ < 0.2


@pytest.mark.parametrize("make", [np.asarray, sparse.csr_array], ids=["dense", "sparse"])
def test_swapped_groups_say_nothing(make):
    X, y, group = related(1000)
    table = np.column_stack([X, group])
    matcher = CounterfactualMatcher(sensitive_features=3, swap=True, random_state=0)
    new, y_new = matcher.fit_resample(make(table), y)
    new = new.toarray() if sparse.issparse(new) else new
    rows = matcher.sample_indices_
    np.testing.assert_array_equal(new[:, :3], X[rows])
    np.testing.assert_array_equal(y_new, y[rows])
    changed = matcher.sample_origin_ == -1
    np.testing.assert_array_equal(new[:, 3] != group[rows], changed)
    # False alarm: a share of a half off by 6 standard errors, below 2e-9.
    assert abs(changed.mean() - 0.5) < 6 * np.sqrt(0.25 / len(matcher.pairs_))
    partner = dict(matcher.pairs_.tolist()) | dict(matcher.pairs_[:, ::-1].tolist())
    swapped = set(rows[changed].tolist())
    assert all(partner[row] in swapped for row in swapped)


def test_swapping_keeps_nominal_columns_in_their_kind():
    frame, y, _ = related_frame(400)
    matcher = CounterfactualMatcher(sensitive_features="sex", swap=True, caliper=0.5)
    new, _ = matcher.set_params(random_state=0).fit_resample(frame, y)
    assert (new.dtypes == frame.dtypes).all()
    before = frame["sex"].iloc[matcher.sample_indices_].to_numpy()
    np.testing.assert_array_equal(new["sex"].to_numpy() != before, matcher.sample_origin_ == -1)


def test_only_the_named_columns_are_matched_on():
    frame, y, _ = related_frame(600)
    matcher = CounterfactualMatcher(sensitive_features="sex", columns=["town"])
    matcher.fit_resample(frame, y)
    assert matcher.balance_names_ == ["town=north", "town=south", "town=west"]
    assert matcher.balance_.shape == (3, 2)
    assert matcher.unmatched_share_ < 0.2
    with pytest.raises(ValueError, match="columns names columns that X does not have"):
        matcher.set_params(columns=["nowhere"]).fit_resample(frame, y)


@pytest.mark.parametrize("make", [np.asarray, np.ndarray.tolist, sparse.csr_array])
def test_levels_of_named_columns_without_a_dataframe(make):
    """A bare matrix has nominal columns where they are named; their levels have names, too."""
    X, y, group = related(300)
    town = np.arange(300) % 3
    matcher = CounterfactualMatcher(categorical_features=[0], columns=[0], caliper=1.0)
    matcher.fit_resample(make(np.column_stack([town, X])), y, sensitive_features=group)
    assert matcher.balance_names_ == ["column 0=0.0", "column 0=1.0", "column 0=2.0"]
    np.testing.assert_array_equal(*town[matcher.pairs_].T)


def test_mistakes_are_explained():
    X, y, group = related(300, n_groups=3)
    with pytest.raises(ValueError, match=r"rows of two groups; there are 3.*Keep the rows of two"):
        CounterfactualMatcher().fit_resample(X, y, sensitive_features=group)
    X, y, group = related(300)
    with pytest.raises(ValueError, match=r"given beside X\. Put them into X and name them"):
        CounterfactualMatcher(swap=True).fit_resample(X, y, sensitive_features=group)
    far = group[:, None] * 100.0
    with pytest.raises(ValueError, match=r"No two rows .* comparable. Raise caliper"):
        CounterfactualMatcher(n_bins=2).fit_resample(far + X, y, sensitive_features=group)
