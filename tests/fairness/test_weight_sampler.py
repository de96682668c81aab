"""Any weigher as a sampler: numbers of rows, and which rows."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator

from fairness.made_groups import rates, related
from imbalance_kit.fairness import (
    CorrelationShift,
    FairBalance,
    MomentMatching,
    Reweighing,
    WeightSampler,
)
from imbalance_kit.fairness._sampling.base import rows_by_counts, systematic_counts

WEIGHERS = [Reweighing(), FairBalance(), CorrelationShift(target=0.1), MomentMatching()]
every_weigher = pytest.mark.parametrize("weigher", WEIGHERS, ids=lambda w: type(w).__name__)


@every_weigher
@pytest.mark.parametrize("mode", ["undersample", "bootstrap"])
def test_cells_have_the_sizes_that_weights_ask_for(weigher, mode):
    X, y, group = related(1000)
    sampler = WeightSampler(weigher, mode=mode, random_state=0)
    sampler.fit_resample(X, y, sensitive_features=group)
    weight = weigher.fit(X, y, sensitive_features=group).sample_weight_
    pair = group * 2 + y
    wanted = np.bincount(pair, weights=weight)
    wanted = wanted / weight.max() if mode == "undersample" else wanted * 1000 / wanted.sum()
    got = np.bincount(pair[sampler.sample_indices_])
    assert (np.abs(got - wanted) < 1).all()
    if mode == "undersample":
        assert len(np.unique(sampler.sample_indices_)) == len(sampler.sample_indices_)
    else:
        assert len(sampler.sample_indices_) == 1000


def test_rates_are_equal_after_drawing():
    X, y, group = related(2000, n_groups=3)
    sampler = WeightSampler(Reweighing(), random_state=0)
    _, y_new = sampler.fit_resample(X, y, sensitive_features=group)
    left = group[sampler.sample_indices_]
    # a pair is rounded by half a row, of about 400 or more in a group
    assert np.ptp(rates(y_new, left)[:, 1]) < 2 / 400


class ByNumber(BaseEstimator):
    """A weigher that knows no groups: it weighs by the first column."""

    def fit(self, X, y, sensitive_features=None):
        self.sample_weight_ = np.asarray(X)[:, 0]
        return self


@pytest.mark.parametrize("mode", ["undersample", "bootstrap"])
def test_rows_are_drawn_by_their_weight(mode):
    """Mean numbers over 400 draws, beside the weights.

    False alarm: a number is off by 6 standard errors of at most sqrt(.25 / 400) (or a Poisson's)
    with chance below 2e-9 each, and there are 40.
    """
    weight = np.linspace(0.1, 1.0, 40)
    X, y = np.column_stack([weight, weight]), np.arange(40) % 2
    total = np.zeros(40)
    for seed in range(400):
        sampler = WeightSampler(ByNumber(), mode=mode, random_state=seed)
        sampler.fit_resample(X, y, sensitive_features=np.zeros(40))
        total += np.bincount(sampler.sample_indices_, minlength=40)
    by_class = np.bincount(y, weights=weight)
    wanted = np.rint(by_class) if mode == "undersample" else np.array([20, 20])
    if mode == "bootstrap":
        shares = 40 * by_class / by_class.sum()
        assert (np.abs(np.bincount(y[sampler.sample_indices_]) - shares) < 1).all()
        wanted = np.bincount(y[sampler.sample_indices_])
    expected = weight * (wanted / by_class)[y]
    spread = np.sqrt(np.maximum(expected, 0.25) / 400)
    assert (np.abs(total / 400 - expected) < 6 * spread).all()


def test_weights_go_along_and_do_not_change_the_draw():
    X, y, group = related(300)
    weight = np.random.RandomState(0).uniform(size=300)
    plain, given = (WeightSampler(Reweighing(), random_state=0) for _ in range(2))
    plain.fit_resample(X, y, sensitive_features=group)
    given.fit_resample(X, y, sample_weight=weight, sensitive_features=group)
    np.testing.assert_array_equal(plain.sample_indices_, given.sample_indices_)
    np.testing.assert_array_equal(given.sample_weight_, weight[given.sample_indices_])


def test_the_weigher_names_the_columns():
    X, y, group = related(300)
    table = np.column_stack([X, group])
    sampler = WeightSampler(Reweighing(sensitive_features=3), random_state=0)
    beside = WeightSampler(Reweighing(), random_state=0)
    np.testing.assert_array_equal(
        sampler.fit_resample(table, y)[1], beside.fit_resample(X, y, sensitive_features=group)[1]
    )


def test_whole_expected_numbers_come_out_as_they_are():
    rng = np.random.RandomState(0)
    counts = np.array([2, 0, 1, 1, 3])
    np.testing.assert_array_equal(systematic_counts(counts.astype(float), 7, rng), counts)
    np.testing.assert_array_equal(rows_by_counts(counts), [0, 2, 3, 4, 0, 4, 4])


@pytest.mark.parametrize("seed", range(20))
def test_systematic_counts_are_near_what_is_expected(seed):
    rng = np.random.RandomState(seed)
    expected = rng.exponential(size=50)
    n = int(np.rint(expected.sum()))
    counts = systematic_counts(expected, n, rng)
    assert counts.sum() == n
    assert (np.abs(counts - expected * n / expected.sum()) < 1 + 1e-6).all()
