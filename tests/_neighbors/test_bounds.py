"""What a product bounds of a distance holds for every pair, rounding included."""

import numpy as np
import pytest
import reference
from loops import looped
from scipy import sparse

from _neighbors.hard_tables import HARD
from imbalance_kit._neighbors import bounds as module
from imbalance_kit._neighbors import few_queries
from imbalance_kit._neighbors.bounds import SparseBounds, bounds_of, float32_products_hold
from imbalance_kit._neighbors.nearest import _nearest
from imbalance_kit._tables.points import Mixed, as_table


def exact_halves(table, queries, factor):
    """Half the squared distances of all pairs, in the units of the products."""
    return factor * np.array(
        [
            [
                reference.squared_distance(
                    queries.numbers[i],
                    queries.category_codes[i],
                    table.numbers[j],
                    table.category_codes[j],
                    table.weights,
                )
                for j in range(len(table))
            ]
            for i in range(len(queries))
        ]
    )


def lower_bounds(bounds, n_queries, n_rows):
    buffer = np.empty(n_queries * n_rows, dtype=np.float32)
    product = bounds.product(0, n_queries, 0, n_rows, buffer).astype(np.float64)
    return bounds.base[:, None] + bounds.shift.astype(np.float64) - product


def check_bounds(table, queries):
    bounds = bounds_of(table, queries, 1)
    exact = exact_halves(table, queries, bounds.factor)
    lower = lower_bounds(bounds, len(queries), len(table))
    # The factor is rounded up by a billionth, which makes it a bound for limits, not for distances.
    assert (lower <= exact).all()
    mine, theirs = bounds.slacks
    upper = lower + 2.0 * (mine[:, None] + theirs)
    assert (exact <= upper * (1.0 + 2e-9)).all()


@looped("kind", [kind for kind in HARD if kind not in ("tiny", "huge", "one infinite square")])
def test_bounds_of_hard_tables(kind):
    table = as_table(HARD[kind](np.random.default_rng(3), (70, 7)))
    check_bounds(table, table)
    check_bounds(table, table[np.arange(5)])


@pytest.mark.parametrize("n_levels", [3, 90])
@pytest.mark.parametrize("missing", [0.0, 0.3, 1.0])
def test_bounds_of_mixed_rows(missing, n_levels):
    """Also where levels share indicators, and where rows have no number in common."""
    rng = np.random.default_rng(n_levels)
    numbers = 100.0 * rng.normal(size=(80, 4)) * 10.0 ** rng.integers(-3, 4, size=4)
    numbers[rng.random(numbers.shape) < missing] = np.nan
    codes = rng.integers(-1, n_levels, size=(80, 2)).astype(np.int32)
    table = as_table(Mixed(numbers, codes, np.array([1e3, 0.7])))
    check_bounds(table, table)
    check_bounds(table, table[np.arange(0, 80, 9)])


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_bounds_of_sparse_rows(missing):
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(60, 20)) * (rng.random((60, 20)) < 0.3)
    dense[rng.random(dense.shape) < missing / 3] = np.nan
    dense[5, 3] = 1e170  # its square is infinite
    table = sparse.csr_array(dense)
    bounds = SparseBounds(table, table[:9])
    with np.errstate(over="ignore", invalid="ignore"):
        exact = exact_halves(as_table(dense), as_table(dense[:9]), bounds.factor)
        lower = lower_bounds(bounds, 9, 60)
    assert (lower <= exact).all()


@pytest.mark.parametrize("n_digits", [8, 11])
def test_a_blas_of_fewer_digits_is_noticed(n_digits, monkeypatch):
    """As bfloat16 and TF32 round; without bounds the other strategies find the same rows."""

    class Rounding(np.ndarray):
        def __matmul__(self, other):
            fraction, exponent = np.frexp(np.asarray(self))
            rounded = np.ldexp(np.round(fraction * 2.0**n_digits), exponent - n_digits)
            return rounded.astype(np.float32) @ np.asarray(other)

    class Numpy:
        def __getattr__(self, name):
            return getattr(np, name)

        def hstack(self, parts):
            return np.hstack(parts).view(Rounding)

    check = float32_products_hold.__wrapped__
    assert check()
    monkeypatch.setattr(module, "np", Numpy())
    assert not check()
    monkeypatch.undo()

    monkeypatch.setattr(module, "float32_products_hold", lambda: False)
    monkeypatch.setattr(few_queries, "float32_products_hold", lambda: False)
    X = np.random.default_rng(0).normal(size=(90, 4))
    assert bounds_of(as_table(X), as_table(X), 1) is None
    for given, rows in ({}, np.arange(90)), ({"rows": np.arange(5)}, np.arange(5)):
        for algorithm in (None, "numpy", "distinct"):
            found = _nearest(X, 3, algorithm=algorithm, **given)
            np.testing.assert_array_equal(found[1], reference.nearest_rows(X, 3)[1][rows])
