"""Corrections for several comparisons."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbalance_kit.metrics._multiple_tests import better_or_worse, compared_pairs, holm, max_t


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_follows_its_definition(p_values):
    p_values = np.array(p_values)
    adjusted = holm(p_values)
    ordered = np.sort(p_values)
    for p_value, value in zip(p_values, adjusted, strict=True):
        # The largest of the scaled p-values up to and including this one.
        place = int(np.searchsorted(ordered, p_value, side="right"))
        scaled = [(len(ordered) - j) * ordered[j] for j in range(place)]
        assert value == pytest.approx(min(1.0, max(scaled)))


def test_holm_does_not_count_what_could_not_be_tested():
    np.testing.assert_allclose(
        holm(np.array([0.01, math.nan, 0.04])), [0.02, math.nan, 0.04], rtol=1e-12
    )


@settings(max_examples=30)
@given(m=st.integers(1, 6), n_draws=st.integers(1, 40), seed=st.integers(0, 10_000))
def test_max_t_follows_its_definition(m, n_draws, seed):
    rng = np.random.RandomState(seed)
    statistics, draws = rng.uniform(0, 3, size=m), np.abs(rng.normal(size=(n_draws, m)))
    adjusted = max_t(statistics, draws)
    order = np.argsort(-statistics)
    expected, largest = np.empty(m), 0.0
    for place, comparison in enumerate(order):
        left = order[place:]  # what is less significant, and itself
        exceeding = sum(draw[left].max() >= statistics[comparison] for draw in draws)
        largest = max(largest, (1 + exceeding) / (1 + n_draws))
        expected[comparison] = largest
    np.testing.assert_allclose(adjusted, expected)
    single = (1 + (draws >= statistics).sum(axis=0)) / (1 + n_draws)
    assert (adjusted >= single - 1e-12).all()


def test_max_t_of_equal_distributions_rejects_what_holm_does():
    """Of statistics whose draws are as large in some order."""
    rng = np.random.RandomState(0)
    for m in range(1, 6):
        column = np.abs(rng.normal(size=200))
        draws = np.column_stack([rng.permutation(column) for _ in range(m)])
        statistics = rng.uniform(1, 3, size=m)
        single = (1 + (draws >= statistics).sum(axis=0)) / 201
        assert (max_t(statistics, draws) <= holm(single) + 1e-12).all()


def test_pairs_and_verdicts():
    assert compared_pairs(["a", "b", "c"], None) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert compared_pairs(["a", "b", "c"], "b") == [("a", "b"), ("c", "b")]
    with pytest.raises(ValueError, match=r"two models or more; got \['a'\]"):
        compared_pairs(["a"], None)
    with pytest.raises(ValueError, match="reference must be one of"):
        compared_pairs(["a", "b"], "z")
    found = better_or_worse(
        np.array([1.0, -1.0, 1.0]),
        np.array([0.01, 0.01, 0.2]),
        alpha=0.05,
        greater_is_better=False,
    )
    assert found == ["worse", "better", "tied"]
