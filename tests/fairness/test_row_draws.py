"""Draws that belong to what a row holds."""

from itertools import product

import numpy as np
import pandas as pd
import polars as pl
import pytest
from loops import looped
from scipy import sparse, stats

from imbalance_kit.fairness._decisions.row_draws import (
    repeated_share,
    row_draws,
    spread_draws,
)


def made(n_rows=20_000):
    return np.random.RandomState(0).normal(size=(n_rows, 3))


def test_equal_rows_draw_alike_wherever_they_stand():
    X = made(100)
    order = np.random.RandomState(1).permutation(100)
    draws = row_draws(X, 3)
    np.testing.assert_array_equal(row_draws(X[order], 3), draws[order])
    np.testing.assert_array_equal(row_draws(X[:7], 3), draws[:7])
    assert len(np.unique(row_draws(np.ones((50, 2)), 3))) == 1


def test_draws_are_uniform():
    # Kolmogorov-Smirnov; the false-alarm rate is the level, 1e-7
    assert stats.kstest(row_draws(made(), 0), "uniform").pvalue > 1e-7
    steps = np.arange(20_000.0)[:, None]  # rows that differ by one
    assert stats.kstest(row_draws(steps, 0), "uniform").pvalue > 1e-7


def test_seeds_and_columns_matter():
    # False alarm: a correlation of 20,000 independent pairs beyond .05 has chance below 1e-11.
    X = made()
    for other in (row_draws(X, 1), row_draws(X[:, [1, 0, 2]], 0), row_draws(X + 1e-12, 0)):
        assert abs(np.corrcoef(row_draws(X, 0), other)[0, 1]) < 0.05


def test_numbers_count_by_value():
    X = np.array([[1.0, 0.0], [2.0, np.nan], [3.0, 5.0]])
    expected = row_draws(X, 0)
    negative_zero = np.where(X == 0, -0.0, X)
    np.testing.assert_array_equal(row_draws(negative_zero, 0), expected)
    np.testing.assert_array_equal(row_draws(pd.DataFrame(X), 0), expected)
    np.testing.assert_array_equal(row_draws(pl.DataFrame(X), 0), expected)
    whole = np.array([[1, 0], [3, 5]])
    np.testing.assert_array_equal(row_draws(whole, 0), expected[[0, 2]])
    np.testing.assert_array_equal(
        row_draws(sparse.csr_array(whole.astype(float)), 0), expected[::2]
    )


@pytest.mark.parametrize("dtype", ["object", "category", "str"])
def test_words_count_by_their_text(dtype):
    words = pd.DataFrame({"w": pd.Series(["a", "b", "a", None]).astype(dtype)})
    draws = row_draws(words, 0)
    assert draws[0] == draws[2]
    assert len(set(draws)) == 3


def test_spread_draws_take_a_share_of_equal_rows():
    rng = np.random.RandomState(0)
    X, group = rng.randint(0, 3, size=(1000, 2)), rng.randint(0, 2, size=1000)
    draws = row_draws(X, 5)
    spread = spread_draws(draws, group, 5)
    assert ((spread >= 0) & (spread < 1)).all()
    for g, a, b in product((0, 1), range(3), range(3)):
        same = np.sort(spread[(group == g) & ((a, b) == X).all(axis=1)])
        np.testing.assert_allclose(np.diff(same), 1 / len(same))
        for chance in (0.02, 0.5, 0.77):
            assert abs((same < chance).sum() - chance * len(same)) < 1
    np.testing.assert_array_equal(spread, spread_draws(draws, group, 5))


def test_a_row_of_its_own_keeps_its_draw():
    draws = row_draws(made(50), 0)
    np.testing.assert_array_equal(spread_draws(draws, np.zeros(50, dtype=int), 1), draws)
    np.testing.assert_array_equal(spread_draws(draws[:0], np.zeros(0, dtype=int), 1), draws[:0])
    one = spread_draws(np.array([0.3, 0.3]), np.array([0, 1]), 1)
    np.testing.assert_array_equal(one, [0.3, 0.3])


def test_the_share_of_repeated_rows():
    X = np.array([[1, 2], [1, 2], [3, 4], [1, 2], [5, 6]])
    assert repeated_share(X, np.zeros(5, dtype=int)) == 0.6
    assert repeated_share(X, np.array([0, 0, 0, 1, 0])) == 0.4
    assert repeated_share(made(30), np.zeros(30, dtype=int)) == 0


@looped("kind", [np.float64, np.float32, np.int64, np.uint8, bool])
def test_few_rows_draw_as_many_do(kind):
    """A few rows take another way."""
    X = (10 * made(200)).astype(kind)
    if X.dtype.kind == "f":
        X[0, 0], X[1, 0], X[2, 1] = np.nan, -0.0, np.inf
    few = [row_draws(X[row : row + 1], 5) for row in range(32)]
    np.testing.assert_array_equal(np.concatenate(few), row_draws(X, 5)[:32])
    assert row_draws(X[:0], 5).shape == (0,)
