"""Boosted fair densities: the guarantee, the start, and what the draw keeps of it."""

import itertools

import numpy as np
import pytest

from fairness.made_groups import rates, related
from imbalance_kit.fairness import FairDensitySampler
from imbalance_kit.fairness._sampling.density_boosting import boost_density, leverages
from imbalance_kit.fairness._sampling.point_columns import binned_columns


def toy(seed):
    """Data on two groups, two classes and three values of a column, with unfair shares."""
    shares = np.random.RandomState(seed).dirichlet(np.full(12, 1.0))
    points = np.array(list(itertools.product(range(2), range(2), range(3))))
    counts = np.maximum(np.rint(shares * 2000), 1).astype(int)
    group, y, x = np.repeat(points, counts, axis=0).T
    return x[:, None].astype(float), y, group


def test_the_sum_of_leverages():
    """By hand: -log(.8) / 2 = .111572 for the sum of leverages times log 2."""
    total = np.log(2) * leverages("exact", 0.8, 60).sum()
    assert total == pytest.approx(0.111572, abs=1e-6)
    np.testing.assert_array_equal(leverages("exact", 1.0, 5), 0)


@pytest.mark.parametrize("rate", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("seed", range(5))
def test_the_representation_rate_is_kept(rate, seed):
    X, y, group = toy(seed)
    sampler = FairDensitySampler(representation_rate=rate, mode="weight")
    sampler.fit_resample(X, y, sensitive_features=group)
    weight = sampler.sample_weight_
    by_group = np.bincount(group, weights=weight)
    assert by_group.min() / by_group.max() == pytest.approx(sampler.representation_rate_)
    assert sampler.representation_rate_ >= sampler.guaranteed_rate_ - 1e-12
    assert sampler.guaranteed_rate_ >= rate - 1e-12
    positive = rates(y, group, weight)[:, 1]
    assert positive.min() / positive.max() == pytest.approx(sampler.statistical_rate_)
    assert sampler.statistical_rate_ >= rate**2 - 1e-12
    assert weight.sum() == pytest.approx(len(y))


@pytest.mark.parametrize("seed", range(5))
def test_relative_leverage_keeps_what_it_says_and_comes_nearer(seed):
    X, y, group = toy(seed)
    exact, relative = (
        FairDensitySampler(leverage=leverage, mode="weight") for leverage in ("exact", "relative")
    )
    for sampler in (exact, relative):
        sampler.fit_resample(X, y, sensitive_features=group)
        assert sampler.representation_rate_ >= sampler.guaranteed_rate_ - 1e-12
    assert relative.divergences_[-1] <= exact.divergences_[-1] + 1e-12


@pytest.mark.parametrize("seed", range(5))
def test_rounds_come_nearer_to_the_data(seed):
    X, y, group = toy(seed)
    sampler = FairDensitySampler(n_rounds=10)
    sampler.fit_resample(X, y, sensitive_features=group)
    assert (np.diff(sampler.divergences_) <= 1e-12).all()
    assert len(sampler.divergences_) == 11


@pytest.mark.parametrize("parameters", [{"n_rounds": 0}, {"representation_rate": 1.0}], ids=str)
def test_the_start_is_fair(parameters):
    X, y, group = related(1500, n_groups=3)
    sampler = FairDensitySampler(**parameters, random_state=0)
    _, y_new = sampler.fit_resample(X, y, sensitive_features=group)
    assert sampler.representation_rate_ == pytest.approx(1.0)
    assert sampler.statistical_rate_ == pytest.approx(1.0)
    left = group[sampler.sample_indices_]
    assert np.ptp(np.bincount(left)) <= 2  # pairs are rounded
    highest = rates(y, group)[:, 1].max()
    np.testing.assert_allclose(rates(y_new, left)[:, 1], highest, atol=2 / 500)


def test_drawn_cells_have_the_shares_of_the_density():
    X, y, group = related(1000)
    weigher, sampler = (FairDensitySampler(mode=m, random_state=0) for m in ("weight", "sample"))
    weigher.fit_resample(X, y, sensitive_features=group)
    wanted = np.bincount(group * 2 + y, weights=weigher.sample_weight_)
    _, y_new = sampler.fit_resample(X, y, sensitive_features=group)
    got = np.bincount(group[sampler.sample_indices_] * 2 + y_new)
    assert (np.abs(got - wanted) < 1).all()
    times = np.bincount(sampler.sample_indices_, minlength=1000)
    # a row comes about as often as it weighs: rounded up or down, and pairs are rounded
    assert (np.abs(times - weigher.sample_weight_) < 1.1).all()


def test_numbers_of_rows_and_weights():
    X, y, group = related(300)
    sampler = FairDensitySampler(n_samples=77, random_state=0)
    assert len(sampler.fit_resample(X, y, sensitive_features=group)[1]) == 77
    given = np.random.RandomState(0).uniform(size=300)
    plain, weighted = (FairDensitySampler(mode="weight") for _ in range(2))
    plain.fit_resample(X, y, sensitive_features=group)
    weighted.fit_resample(X, y, sample_weight=given, sensitive_features=group)
    np.testing.assert_allclose(weighted.sample_weight_, given * plain.sample_weight_)


def test_shares_move_by_no_more_than_the_leverages():
    rng = np.random.RandomState(0)
    real, start = rng.dirichlet(np.ones(30), size=2)
    steps = leverages("exact", 0.6, 20)
    boosted = boost_density(rng.normal(size=(30, 3)), real, start, steps, 4)
    assert boosted.total_leverage <= -np.log(0.6) / 2
    moved = np.log(boosted.shares / start)
    assert np.ptp(moved) <= 2 * boosted.total_leverage + 1e-12


def test_bins():
    column = np.array([3.0, 1.0, np.nan, 2.0, 2.0])
    np.testing.assert_array_equal(binned_columns(column[:, None], 5)[:, 0], [2, 0, -1, 1, 1])
    many = binned_columns(np.arange(100.0)[:, None], 4)[:, 0]
    np.testing.assert_array_equal(np.bincount(many), [25, 25, 25, 25])


def test_two_classes_and_full_pairs():
    X, y, group = related(200, n_classes=3)
    with pytest.raises(ValueError, match=r"exactly two classes.*y has 3"):
        FairDensitySampler().fit_resample(X, y, sensitive_features=group)
    group, y = np.repeat([0, 0, 1], 10), np.repeat([0, 1, 1], 10)
    with pytest.raises(ValueError, match=r"\(y=0, group 1\) has no samples"):
        FairDensitySampler().fit_resample(np.zeros((30, 1)), y, sensitive_features=group)
