"""Kernels of the search by products, compiled and as Python, against the formula."""

import numpy as np
import pytest
import reference

from imbalance_kit._neighbors.bounds import bounds_of
from imbalance_kit._tables.points import as_table
from imbalance_kit.kernels import products


@pytest.fixture(params=["compiled", "python"])
def jit(request):
    """Turn a kernel into the form under test."""
    return (lambda kernel: kernel) if request.param == "compiled" else (lambda k: k.py_func)


def halves_of(X):
    return 0.5 * np.square(X.astype(np.float64)).sum(axis=1)


def test_centred_rows(jit):
    rng = np.random.default_rng(0)
    X, centre = rng.normal(size=(7, 5)), rng.normal(size=5)
    X[3, 1] = -1e200
    singles = np.full((7, 6), 2.0, dtype=np.float32)
    halves, cut = np.zeros(7), np.zeros(7, dtype=bool)
    jit(products.centre_rows)(X, centre, 0.5, 1, 7, singles, halves, cut)
    expected = np.clip((X - centre) * 0.5, -1e15, 1e15).astype(np.float32)
    np.testing.assert_array_equal(singles[1:, :5], expected[1:])
    np.testing.assert_array_equal(singles[0], 2.0)  # a row that was not to be filled
    np.testing.assert_allclose(halves[1:], halves_of(singles)[1:], rtol=1e-14)
    np.testing.assert_array_equal(cut, np.arange(7) == 3)


@pytest.mark.parametrize("k", [1, 4])
def test_first_limits_hold_k_rows(jit, k):
    """At least k others lie within ``most``, and their products reach the limit."""
    X = np.random.default_rng(k).normal(size=(150, 3)).astype(np.float32)
    halves, relative = halves_of(X), 1e-5
    product = X @ X.T
    most, limits = np.full(150, np.inf), np.full(150, -np.inf, dtype=np.float32)
    limits[5] = np.inf  # a row that takes no part
    jit(products.limit_block)(
        product.copy(), 0, halves, relative, 1e-30, most, limits,
        products.limit_scratch(k, 150),
    )  # fmt: skip
    exact = halves[:, None] + halves - X.astype(np.float64) @ X.T.astype(np.float64)
    np.fill_diagonal(exact, np.inf)
    shift = ((1.0 - relative) * halves).astype(np.float32)
    for row in range(150):
        if row == 5:
            assert (most[row], limits[row]) == (np.inf, np.inf)
            continue
        within = np.flatnonzero(exact[row] <= most[row])
        assert len(within) >= k
        assert (product[row, within] >= limits[row] + shift[within]).all()


@pytest.mark.parametrize("length", [3, 30])
def test_lists_hold_what_is_near_or_report_it(jit, length):
    """With short lists rows are reported as unsure; no other row misses one of its nearest."""
    rng = np.random.default_rng(length)
    X = rng.integers(0, 3, size=(60, 3)) * 1.0
    bounds = bounds_of(as_table(X), as_table(X), 1)
    singles, halves = bounds.right, bounds.right_halves
    relative, absolute, k = bounds.relative, bounds.absolute, 3
    near, rows = np.full((2, 60, length), np.inf), np.full((2, 60, length), -1, dtype=np.int32)
    dropped = np.full((2, 60), np.inf)
    most, limits = np.full(60, np.inf), np.full(60, -np.inf, dtype=np.float32)
    for layer, (start, other) in enumerate([(0, 0), (0, 40), (40, 40)]):
        product = singles[start : start + 40] @ singles[other : other + 40].T
        jit(products.scan_pairs)(
            np.ascontiguousarray(product), start, other, halves, bounds.shift, relative, absolute,
            k, most, limits, near[layer % 2], rows[layer % 2], dropped[layer % 2],
        )  # fmt: skip
    distances, indices = np.empty((60, k)), np.empty((60, k), dtype=np.int64)
    unsure = np.zeros(60, dtype=bool)
    no_codes, no_weights = np.empty((60, 0), dtype=np.int32), np.empty(0)
    jit(products.measure_lists)(
        X, no_codes, no_weights, halves, relative, absolute, most, near, rows, dropped, 0, 60,
        distances, indices, unsure, products.measure_scratch(k, 2, length),
    )  # fmt: skip
    expected = reference.nearest_rows(X, k)
    np.testing.assert_array_equal(distances[~unsure], expected[0][~unsure])
    np.testing.assert_array_equal(indices[~unsure], expected[1][~unsure])
    # 27 different rows: most of the 60 have copies, which tie.
    assert unsure.any() if length == 3 else not unsure.any()


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("n_columns", [2, 130])
def test_rows_of_a_block(jit, missing, n_columns):
    """Blocks one after the other, more candidates than may wait, and copies of a query."""
    rng = np.random.default_rng(1)
    X = np.zeros((400, n_columns))
    X[:, :2] = rng.integers(0, 3, size=(400, 2))
    X[rng.random(X.shape) < missing] = np.nan
    table = as_table(X)
    queries = as_table(X[[3, 7, 11]])
    bounds = bounds_of(table, queries, 1)
    excluded = np.array([3, -1, 11])
    distances, indices = np.full((3, 4), np.inf), np.full((3, 4), 400)
    buffer = np.empty(3 * 250, dtype=np.float32)
    for start, stop in ((0, 250), (250, 400)):
        jit(products.scan_rows)(
            bounds.product(0, 3, start, stop, buffer), bounds.shift, bounds.base, *bounds.slacks,
            bounds.factor, start, 0, queries.numbers, queries.category_codes, table.numbers,
            table.category_codes, table.weights, excluded, distances, indices,
            products.scan_scratch(4),
        )  # fmt: skip
    own = reference.nearest_rows(X, 4, rows=[3, 11])
    other = reference.nearest_rows(X, 4, queries=(X[7:8], [[]]))
    np.testing.assert_array_equal(distances, [own[0][0], other[0][0], own[0][1]])
    np.testing.assert_array_equal(indices, [own[1][0], other[1][0], own[1][1]])
