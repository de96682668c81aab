"""Rows of a few numbers: what numpy makes of them, with nothing rounded otherwise."""

import numpy as np
from loops import looped

from imbalance_kit.kernels import short_rows


def tables():
    rng = np.random.RandomState(0)
    for n_columns in (1, 2, 3, 7, 8, 9):
        for n_rows in (0, 1, 5, 20_000):
            yield rng.normal(size=(n_rows, n_columns)) * 10.0 ** rng.randint(-8, 8)
    ties = rng.randint(0, 3, size=(500, 2)).astype(float)
    ties[rng.uniform(size=ties.shape) < 0.2] = np.nan
    yield from (ties, ties[:, ::-1], np.asfortranarray(ties))


@looped("table", list(tables()), ids=lambda table: str(table.shape))
def test_what_numpy_makes_of_them(table):
    for ours, theirs in (
        (short_rows.row_sums, np.add),
        (short_rows.row_maxima, np.maximum),
        (short_rows.row_minima, np.minimum),
    ):
        expected = theirs.reduce(np.ascontiguousarray(table), axis=1)
        np.testing.assert_array_equal(ours(table), expected)
    np.testing.assert_array_equal(short_rows.first_largest(table), table.argmax(axis=1))
    above = table > 0.5
    np.testing.assert_array_equal(short_rows.first_true(above), above.argmax(axis=1))


@looped("table", list(tables()), ids=lambda table: str(table.shape))
def test_scaled_and_divided_as_numpy_does(table):
    factors = np.random.RandomState(1).uniform(size=table.shape[1])
    for given in (table, table.astype(np.float32)):
        scaled = short_rows.scaled_columns(given, factors)
        assert scaled.dtype == np.float64
        np.testing.assert_array_equal(scaled, given * factors)
        divisors = np.arange(1.0, len(table) + 1.0)
        expected = scaled / divisors[:, None]
        short_rows.divide_rows(scaled, divisors)
        np.testing.assert_array_equal(scaled, expected)


@looped("table", list(tables()), ids=lambda table: str(table.shape))
def test_softmax_is_the_formula_less_the_largest(table):
    powers = np.exp(table - table.max(axis=1, keepdims=True))
    expected = powers / short_rows.row_sums(powers)[:, None]
    np.testing.assert_array_equal(short_rows.softmax_of_rows(table.copy()), expected)


def test_softmax_of_extremes():
    """Nothing overflows, and probabilities beside 1 are not rounded to 0 before 1e-308."""
    log_odds = np.array([0.0, -700.0, -800.0, 800.0, -1e308, -np.inf, np.inf, np.nan])
    found = short_rows.two_probabilities(log_odds)
    small = np.exp(-700)
    expected = [[0.5, 0.5], [1, small], [1, 0], [0, 1], [1, 0], [1, 0], [0, 1]]
    np.testing.assert_allclose(found[:-1], expected, rtol=1e-15)
    assert np.isnan(found[-1]).all()


@looped("n_rows", [0, 1, 8000, 8001, 30_000])
def test_in_blocks(n_rows):
    table = np.random.RandomState(0).normal(size=(n_rows, 2))
    sizes = []

    def squares(part):
        sizes.append(len(part))
        return part**2

    np.testing.assert_array_equal(short_rows.in_blocks(squares, table), table**2)
    np.testing.assert_array_equal(
        short_rows.in_blocks(short_rows.first_largest, table), table.argmax(axis=1)
    )
    assert max(sizes) <= 8000
    assert sum(sizes) == n_rows
