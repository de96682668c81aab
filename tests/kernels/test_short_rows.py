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


@looped("n_rows", [0, 1, 8192, 8193, 30_000])
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
    assert max(sizes) <= 8192
    assert sum(sizes) == n_rows
