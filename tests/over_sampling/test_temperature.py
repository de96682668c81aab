"""Temperature sampling: shares, rounding, growing and shrinking, weights."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tables import unbalanced

from imbalance_kit.over_sampling import RandomOverSampler, TemperatureSampler
from imbalance_kit.under_sampling import RandomUnderSampler

X_PUBLISHED, Y_PUBLISHED = np.arange(1000.0)[:, None], np.repeat([0, 1, 2], [900, 90, 10])
INF = float("inf")

sizes = st.lists(st.integers(1, 60), min_size=2, max_size=5)


def labelled(counts):
    y = np.random.RandomState(0).permutation(np.repeat(np.arange(len(counts)), counts))
    return np.arange(len(y), dtype=float)[:, None], y


@pytest.mark.parametrize(
    ("tau", "shares", "weights"),
    [
        (2, (0.7034, 0.2224, 0.0741), (0.782, 2.472, 7.415)),
        (5, (0.4908, 0.3097, 0.1995), (0.545, 3.441, 19.955)),
        (INF, (1 / 3, 1 / 3, 1 / 3), (0.370, 3.704, 33.333)),
    ],
)
def test_shares_and_weights_of_900_90_and_10_rows(tau, shares, weights):
    sampler = TemperatureSampler(tau=tau, n_total=100_000, random_state=0)
    _, y = sampler.fit_resample(X_PUBLISHED, Y_PUBLISHED)
    np.testing.assert_allclose(np.bincount(y) / 100_000, shares, atol=6e-5)
    sampler = TemperatureSampler(tau=tau, mode="weight")
    sampler.fit_resample(X_PUBLISHED, Y_PUBLISHED)
    np.testing.assert_allclose(sampler.sample_weight_[[0, 900, 990]], weights, atol=6e-4)


@given(sizes)
def test_temperature_one_returns_the_table(counts):
    X, y = labelled(counts)
    sampler = TemperatureSampler(tau=1, random_state=0)
    X_new, y_new = sampler.fit_resample(X, y)
    np.testing.assert_array_equal(X_new, X)
    np.testing.assert_array_equal(y_new, y)


@given(sizes, st.floats(1, 20), st.integers(1, 4))
def test_counts_are_the_shares_rounded(counts, tau, factor):
    X, y = labelled(counts)
    n = len(y) * factor
    sampler = TemperatureSampler(tau=tau, n_total=n, random_state=0)
    _, y_new = sampler.fit_resample(X, y)
    got = Counter(y_new.tolist())
    assert got == sampler.sampling_strategy_
    assert len(y_new) == n
    powers = [count ** (1 / tau) for count in counts]
    for label, power in enumerate(powers):
        assert abs(got[label] - n * power / sum(powers)) < 1


@given(sizes, st.floats(1, 20))
def test_classes_grow_around_their_rows_and_shrink_without_repetition(counts, tau):
    X, y = labelled(counts)
    sampler = TemperatureSampler(tau=tau, random_state=0)
    _, y_new = sampler.fit_resample(X, y)
    for label, before in enumerate(counts):
        rows = sampler.sample_indices_[y_new == label]
        assert len(set(rows.tolist())) == min(before, len(rows))
        assert set(y[rows]) == {label}
    first = np.unique(sampler.sample_indices_, return_index=True)[1]
    np.testing.assert_array_equal(np.sort(first), np.arange(len(first)))  # repetitions come last
    assert (np.diff(sampler.sample_indices_[: len(first)]) > 0).all()


@pytest.mark.parametrize("counts", [(50, 12, 25), (8, 40)])
def test_infinite_temperature_grows_as_the_random_over_sampler_does(counts):
    X, y = labelled(counts)
    total = len(counts) * max(counts)
    sampler = TemperatureSampler(tau=INF, n_total=total, random_state=4)
    other = RandomOverSampler(random_state=4)
    sampler.fit_resample(X, y)
    other.fit_resample(X, y)
    assert Counter(y[sampler.sample_indices_]) == Counter(y[other.sample_indices_])
    np.testing.assert_array_equal(sampler.sample_indices_[: len(y)], np.arange(len(y)))


@pytest.mark.parametrize("counts", [(50, 12, 25), (8, 40)])
def test_infinite_temperature_shrinks_as_the_random_under_sampler_does(counts):
    X, y = labelled(counts)
    total = len(counts) * min(counts)
    sampler = TemperatureSampler(tau=INF, n_total=total, random_state=4)
    other = RandomUnderSampler(random_state=4)
    _, y_new = sampler.fit_resample(X, y)
    _, y_other = other.fit_resample(X, y)
    assert Counter(y_new.tolist()) == Counter(y_other.tolist())
    assert len(set(sampler.sample_indices_.tolist())) == total


def test_low_temperatures_sharpen_with_a_warning():
    X, y = labelled([40, 20])
    with pytest.warns(UserWarning, match=r"tau=0\.5 is below 1.*above 1"):
        _, y_new = TemperatureSampler(tau=0.5, random_state=0).fit_resample(X, y)
    assert Counter(y_new.tolist()) == {0: 48, 1: 12}  # 40^2 to 20^2


@pytest.mark.parametrize("tau", [0, -1.0])
def test_temperatures_that_are_none_are_refused(tau):
    with pytest.raises(ValueError, match=r"'tau' parameter.*\(0"):
        TemperatureSampler(tau=tau).fit_resample(X_PUBLISHED, Y_PUBLISHED)


def test_no_class_is_lost_in_silence():
    X, y = X_PUBLISHED, np.array(["a", "b", "c"])[Y_PUBLISHED]
    with pytest.raises(ValueError, match=r"no row of class 'b', 'c'. Raise tau or n_total"):
        TemperatureSampler(tau=1, n_total=3).fit_resample(X, y)


def test_weights_make_the_shares_that_drawing_makes():
    X, y = unbalanced([300, 60, 25])
    weighing = TemperatureSampler(tau=3, n_total=10_000, mode="weight")
    X_same, y_same = weighing.fit_resample(X, y)
    np.testing.assert_array_equal(X_same, X)
    np.testing.assert_array_equal(y_same, y)
    np.testing.assert_array_equal(weighing.sample_indices_, np.arange(len(y)))
    assert weighing.sampling_strategy_ == {0: 300, 1: 60, 2: 25}
    _, drawn = TemperatureSampler(tau=3, n_total=10_000, random_state=0).fit_resample(X, y)
    by_weight = np.bincount(y, weights=weighing.sample_weight_)
    np.testing.assert_allclose(by_weight, np.bincount(drawn), atol=1)  # they are whole numbers


def test_given_weights_are_multiplied():
    X, y = unbalanced([300, 60, 25])
    given_weights = np.random.RandomState(0).uniform(size=len(y))
    sampler = TemperatureSampler(mode="weight")
    sampler.fit_resample(X, y)
    alone = sampler.sample_weight_
    sampler.fit_resample(X, y, sample_weight=given_weights)
    np.testing.assert_allclose(sampler.sample_weight_, alone * given_weights)


def test_anything_can_be_drawn():
    frame = pd.DataFrame({"day": pd.date_range("2020", periods=30), "word": list("abcxyz") * 5})
    frame["value"] = np.where(np.arange(30) % 3, np.inf, np.nan)
    y = np.repeat([0, 1], [25, 5])
    sampler = TemperatureSampler(random_state=0)
    new, _ = sampler.fit_resample(frame, y)
    expected = frame.iloc[sampler.sample_indices_].reset_index(drop=True)
    pd.testing.assert_frame_equal(new, expected)
