"""Fair sampling: sizes of pairs, and which rows leave or come twice."""

import numpy as np
import pytest
from sklearn.naive_bayes import GaussianNB

from fairness.made_groups import rates, related
from imbalance_kit.fairness import FairSampler
from imbalance_kit.fairness._sampling.group_class_sampler import independent_counts

every_method = pytest.mark.parametrize("method", ["uniform", "preferential"])


@every_method
@pytest.mark.parametrize(("n_groups", "n_classes"), [(2, 2), (4, 2), (3, 4)])
def test_cells_have_the_sizes_of_independence(method, n_groups, n_classes):
    X, y, group = related(900, n_groups, n_classes)
    sampler = FairSampler(method=method, random_state=0)
    X_new, y_new = sampler.fit_resample(X, y, sensitive_features=group)
    left = group[sampler.sample_indices_]
    got = np.bincount(left * n_classes + y_new).reshape(n_groups, n_classes)
    exact = np.outer(np.bincount(group), np.bincount(y)) / 900
    assert (np.abs(got - exact) < 1).all()
    np.testing.assert_array_equal(got, sampler.cell_counts_)
    assert len(X_new) == 900
    # a pair is off by less than a row, so a rate by less than two of the group's rows
    assert np.abs(rates(y_new, left) - np.bincount(y) / 900).max() < 2 / np.bincount(left).min()


def test_sizes_that_are_whole():
    """50 and 50 rows, 20 and 30 positives: 25 positives each."""
    np.testing.assert_array_equal(
        independent_counts(np.array([[30, 20], [20, 30]])), [[25, 25], [25, 25]]
    )


@every_method
def test_a_cell_that_shrinks_repeats_nothing_and_one_that_grows_loses_nothing(method):
    X, y, group = related(500)
    sampler = FairSampler(method=method, random_state=0)
    sampler.fit_resample(X, y, sensitive_features=group)
    times = np.bincount(sampler.sample_indices_, minlength=500)
    before = np.bincount(group * 2 + y)
    for pair, (now, was) in enumerate(zip(sampler.cell_counts_.ravel(), before, strict=True)):
        own = times[group * 2 + y == pair]
        assert own.max() <= 1 if now <= was else own.min() >= 1


def test_preferential_works_at_the_border():
    """Beside a slow version: sort each pair by how sure naive Bayes is of its label."""
    X, y, group = related(400)
    sampler = FairSampler(method="preferential", estimator=GaussianNB(), random_state=0)
    sampler.fit_resample(X, y, sensitive_features=group)
    score = GaussianNB().fit(X, y).predict_proba(X)[:, 1]
    times = np.bincount(sampler.sample_indices_, minlength=400)
    for g in (0, 1):
        for label in (0, 1):
            own = np.flatnonzero((group == g) & (y == label))
            # nearest to the border first: low scores of positives, high scores of negatives
            own = own[np.argsort(score[own] if label else -score[own], kind="stable")]
            change = sampler.cell_counts_[g, label] - len(own)
            expected = np.ones(len(own), dtype=int)
            if change < 0:
                expected[: abs(change)] = 0
            else:
                expected += change // len(own)
                expected[: change % len(own)] += 1
            np.testing.assert_array_equal(times[own], expected)


def test_uniform_draws_every_row_alike():
    """False alarm: with 500 draws a share is off by 6 standard errors with chance below 2e-9."""
    X, y, group = related(60)
    total = np.zeros(60)
    for seed in range(500):
        sampler = FairSampler(random_state=seed)
        sampler.fit_resample(X, y, sensitive_features=group)
        total += np.bincount(sampler.sample_indices_, minlength=60)
    pair = group * 2 + y
    expected = (sampler.cell_counts_.ravel() / np.bincount(pair))[pair]
    part = expected % 1
    spread = np.sqrt(np.maximum(part * (1 - part), 1e-12) / 500)
    assert (np.abs(total / 500 - expected) < 6 * spread + 1e-9).all()


@every_method
def test_an_empty_cell_is_named(method):
    group, y = np.repeat([0, 0, 1], 10), np.repeat([0, 1, 1], 10)
    with pytest.raises(ValueError, match=r"\(y=0, group 1\) has no samples"):
        FairSampler(method=method).fit_resample(np.zeros((30, 1)), y, sensitive_features=group)
