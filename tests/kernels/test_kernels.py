"""Each kernel, compiled and as Python, against the formula."""

import numpy as np
import pytest
import reference
from scipy import sparse
from tables import sparse_numbers

from imbalance_kit.kernels import coordinates as space
from imbalance_kit.kernels import duplicates, leaves, order, postings, ranking, rules
from imbalance_kit.kernels.distances import (
    add_mismatches,
    add_squares,
    pair_distances,
    scale_to_all_columns,
    sparse_pair_distances,
)


@pytest.fixture(params=["compiled", "python"])
def jit(request):
    """Turn a kernel into the form under test."""
    return (lambda kernel: kernel) if request.param == "compiled" else (lambda k: k.py_func)


def some_rows(rng, n_rows, n_numbers, n_nominal, missing=0.0):
    numbers = rng.normal(size=(n_rows, n_numbers))
    numbers[rng.random(numbers.shape) < missing] = np.nan
    codes = rng.integers(0, 3, size=(n_rows, n_nominal)).astype(np.int32)
    return numbers, codes, rng.random(n_nominal) + 0.1


@pytest.mark.parametrize("missing", [0.0, 0.4, 1.0])
@pytest.mark.parametrize(("n_numbers", "n_nominal"), [(0, 2), (1, 0), (7, 0), (8, 3), (20, 2)])
def test_squared_distance(jit, n_numbers, n_nominal, missing):
    rng = np.random.default_rng(n_numbers)
    numbers, codes, weights = some_rows(rng, 6, n_numbers, n_nominal, missing)
    measure = jit(rules.squared_distance)
    for a in range(6):
        for b in range(6):
            pair = numbers, codes, a, numbers, codes, b, weights
            expected = reference.squared_distance(
                numbers[a], codes[a], numbers[b], codes[b], weights
            )
            assert measure(*pair, np.inf) == expected
            limit = expected / 2.0
            assert measure(*pair, expected) == expected
            assert measure(*pair, limit) > limit or expected <= limit


def test_slow_distances_to_one_row_and_to_all_rows_are_equal():
    numbers, codes, weights = some_rows(np.random.default_rng(0), 40, 4, 2, 0.4)
    numbers[5] = np.nan
    for row in range(10):
        found = reference.squared_distances(numbers[row], codes[row], numbers, codes, weights)
        one_by_one = [
            reference.squared_distance(numbers[row], codes[row], *other, weights)
            for other in zip(numbers, codes, strict=True)
        ]
        assert found.tolist() == one_by_one


def test_rank_keeps_the_smallest_in_order(jit):
    rng = np.random.default_rng(0)
    values, found, rows = rng.integers(0, 5, 40).astype(float), np.full(6, np.inf), np.full(6, 99)
    for row in rng.permutation(40):
        jit(ranking.rank)(values[row], row, found, rows)
    expected = sorted(zip(values, range(40), strict=True))[:6]
    assert list(zip(found, rows, strict=True)) == expected


def test_the_tie_rule_for_numbers_and_for_arrays(jit):
    """As Python orders pairs; twelve rows at three distances tie in every way."""
    rng = np.random.default_rng(0)
    distances = rng.choice([0.0, 1.0, np.inf], size=(2, 90))
    rows = rng.integers(0, 4, size=(2, 90))
    first = list(zip(distances[0], rows[0], strict=True))
    second = list(zip(distances[1], rows[1], strict=True))
    expected = [one < other for one, other in zip(first, second, strict=True)]
    rule = jit(rules.precedes)
    found = [rule(*one, *other) for one, other in zip(first, second, strict=True)]
    assert found == expected
    found = order.precede(distances[0], rows[0], distances[1], rows[1])
    np.testing.assert_array_equal(found, expected)


def test_smallest_leaves_the_excluded_out():
    """By its number: of rows without distance to each other only the query itself."""
    distances = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, np.inf], [5.0, 4.0, np.inf]])
    columns = order.smallest(distances, 2, np.array([0, -1, 1]))[1]
    np.testing.assert_array_equal(columns, [[1, 2], [0, 1], [0, 2]])


@pytest.mark.parametrize("k", [1, 3, 19, 20, 60, 80])
def test_smallest(k):
    rng = np.random.default_rng(k)
    values = rng.integers(0, 6, size=(9, 81)).astype(float)
    values[:, 4] = np.nan
    values[2, :70] = np.inf
    values[2, 4] = np.nan
    found, columns = order.smallest(values, k)
    for row in range(9):
        expected = sorted((v, c) for c, v in enumerate(values[row]) if v == v)[:k]
        assert list(zip(found[row], columns[row], strict=True)) == expected


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_plain_squares_have_the_bits_of_the_formula(missing):
    rng = np.random.default_rng(1)
    numbers, codes, weights = some_rows(rng, 12, 9, 2, missing)
    total, present = np.zeros((5, 12)), np.zeros((5, 12))
    add_squares(total, numbers[:5], numbers, present if missing else None)
    if missing:
        scale_to_all_columns(total, present, 9)
    add_mismatches(total, codes[:5], codes, weights)
    for a in range(5):
        for b in range(12):
            assert total[a, b] == reference.squared_distance(
                numbers[a], codes[a], numbers[b], codes[b], weights
            )


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("n_pairs", [1, 2, 3, 9])
def test_distances_of_pairs_have_the_bits_of_the_formula(n_pairs, missing):
    """Also of a single pair, which numpy would add up in another order."""
    rng = np.random.default_rng(n_pairs)
    numbers, codes, weights = some_rows(rng, 2 * n_pairs, 300, 2, missing)
    first, second = slice(0, n_pairs), slice(n_pairs, 2 * n_pairs)
    found = pair_distances(numbers[first], codes[first], numbers[second], codes[second], weights)
    expected = [
        reference.squared_distance(*pair, weights)
        for pair in zip(numbers[first], codes[first], numbers[second], codes[second], strict=True)
    ]
    assert found.tolist() == expected
    apart = sparse.csr_array(np.where(np.arange(300) % 3, 0.0, numbers[first] - numbers[second]))
    found = sparse_pair_distances(apart.indptr, apart.data, 300)
    no_codes, zeros = np.empty(0), np.zeros(300)
    expected = [
        reference.squared_distance(row, no_codes, zeros, no_codes, []) for row in apart.toarray()
    ]
    assert found.tolist() == expected


@pytest.mark.parametrize("n_rows", [1, 64, 65, 300])
def test_leaves_hold_every_row_once_and_lie_in_their_boxes(n_rows):
    rng = np.random.default_rng(n_rows)
    values = np.round(rng.normal(size=(n_rows, 8)), 1).astype(np.float32)
    error = rng.random(n_rows)
    built = leaves.build_leaves(values, error, 3)
    assert sorted(built.order) == list(range(n_rows))
    for leaf in range(len(built.packed)):
        rows = built.order[leaf * leaves.WIDTH : (leaf + 1) * leaves.WIDTH]
        np.testing.assert_array_equal(built.packed[leaf, :, : len(rows)].T, values[rows])
        np.testing.assert_array_equal(built.low[:, leaf], values[rows, :3].min(axis=0))
        np.testing.assert_array_equal(built.high[:, leaf], values[rows, :3].max(axis=0))
        assert built.error[leaf] == error[rows].max()


@pytest.mark.parametrize("scale", [1e-100, 1.0, 1e100])
@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("n_levels", [3, 200])
def test_coordinates_bound_the_distance(scale, missing, n_levels):
    """The two inequalities in the docstring of Coordinates, on pairs near and far."""
    rng = np.random.default_rng(3)
    n_rows = 1200  # enough for a rotation
    numbers = rng.normal(size=(n_rows, 3)) @ rng.normal(size=(3, 9)) + 1e3
    numbers[: n_rows // 2] += 1e-6 * rng.normal(size=(n_rows // 2, 9)) - numbers[0]
    numbers[-1] *= 1e6
    numbers[:, 4:][rng.random((n_rows, 5)) < missing] = np.nan
    numbers *= scale
    codes = rng.integers(0, n_levels, size=(n_rows, 2)).astype(np.int32)
    weights = np.array([0.5, 2.0]) * scale**2
    found = space.coordinates(numbers, codes, numbers, codes, weights)
    assert found is not None
    a, b = rng.integers(0, n_rows, size=(2, 4000))
    exact = np.array(
        [
            reference.squared_distance(numbers[i], codes[i], numbers[j], codes[j], weights)
            for i, j in zip(a, b, strict=True)
        ]
    )
    square = (found.table[a].astype(float) - found.table[b].astype(float)) ** 2
    free = square[:, : found.n_free].sum(axis=1)
    present = 9 - np.isnan(numbers[a] - numbers[b]).sum(axis=1)
    stretched = np.nansum(square[:, found.n_free :], axis=1) * 9 / present
    near = np.sqrt(exact) * found.scale * (1 + found.relative_error)
    error = found.table_error[a] + found.table_error[b]
    assert (free + stretched <= (near + error) ** 2 * (1 + found.rounding) + 1e-30).all()
    if not missing:
        far = (np.sqrt(free * (1 + found.rounding) + 1e-30) + error) * (1 + found.relative_error)
        assert (exact * found.scale**2 <= far**2 + found.absolute_error).all()


@pytest.mark.parametrize("size", [1e-150, 1e150])
def test_coordinates_decline_values_they_cannot_bound(size):
    numbers = np.array([[1.0], [2.0], [4.0]]) * size
    codes = np.empty((3, 0), dtype=np.int32)
    assert space.coordinates(numbers, codes, numbers, codes, np.empty(0)) is None


def test_groups():
    rng = np.random.default_rng(5)
    numbers = rng.integers(0, 2, size=(60, 2)) * 1.0
    numbers[numbers[:, 0] == 1, 1] = np.nan
    numbers[::7, 0] *= -0.0
    codes = rng.integers(0, 2, size=(60, 1)).astype(np.int32)
    hashes = duplicates.hash_rows(numbers, codes)
    order = np.argsort(hashes, kind="stable")
    starts = duplicates.mark_starts(order, hashes[order], numbers, codes)
    found = duplicates.groups_of(order, starts)
    expected = reference.groups(
        [["missing" if v != v else v + 0.0 for v in row] for row in np.hstack([numbers, codes])]
    )
    np.testing.assert_array_equal(found.group, expected)
    for group in range(len(found.start) - 1):
        members = found.member[found.start[group] : found.start[group + 1]]
        np.testing.assert_array_equal(members, np.flatnonzero(np.array(expected) == group))


def test_colliding_hashes_do_not_merge_rows():
    numbers = np.array([[1.0], [2.0], [1.0], [1.0]])
    codes = np.empty((4, 0), dtype=np.int32)
    hashes = np.zeros(4, dtype=np.uint64)
    starts = duplicates.mark_starts(np.arange(4), hashes, numbers, codes)
    np.testing.assert_array_equal(starts, [True, True, True, False])


@pytest.mark.parametrize("missing", [0.0, 0.4])
def test_sparse_kernels(jit, missing):
    rng = np.random.default_rng(6)
    table = sparse_numbers(30, 12, 0.3, rng)
    table.sum_duplicates()
    table.data[rng.random(table.nnz) < missing] = np.nan
    dense, nothing = table.toarray(), np.empty(0)
    measure = jit(rules.sparse_squared_distance)
    for a in range(30):
        for b in range(30):
            first = slice(table.indptr[a], table.indptr[a + 1])
            second = slice(table.indptr[b], table.indptr[b + 1])
            found = measure(
                table.indices[first],
                table.data[first],
                table.indices[second],
                table.data[second],
                12,
                np.inf,
            )
            assert found == reference.squared_distance(dense[a], nothing, dense[b], nothing, [])
    lengths = jit(postings.square_lengths)(table.indptr, table.data)
    np.testing.assert_allclose(lengths, np.nansum(dense**2, axis=1), rtol=1e-14)


def test_groups_of_sparse_rows():
    rng = np.random.default_rng(7)
    dense = rng.integers(0, 2, size=(60, 4)) * 1.0
    table = sparse.csr_array(dense)
    parts = table.indptr, table.indices, table.data
    hashes = postings.hash_sparse_rows(*parts)
    order = np.argsort(hashes, kind="stable")
    starts = postings.mark_sparse_starts(order, hashes[order], *parts)
    np.testing.assert_array_equal(
        duplicates.groups_of(order, starts).group, reference.groups(dense.tolist())
    )
    # Under one hash for all, rows of equal size and rows of another one stand side by side.
    starts = postings.mark_sparse_starts(np.arange(60), np.zeros(60, dtype=np.uint64), *parts)
    differs = (dense[1:] != dense[:-1]).any(axis=1)
    np.testing.assert_array_equal(starts, np.append(True, differs))


@pytest.mark.parametrize("n_columns", [1, 2, 40])
def test_hashes_seldom_collide(n_columns):
    """Small whole numbers differ in few bits; a pair collides by chance with odds of 2**-64."""
    rng = np.random.default_rng(8)
    numbers = rng.integers(0, 1000, size=(20_000, n_columns)) * 1.0
    codes = rng.integers(-1, 5, size=(20_000, 2)).astype(np.int32)
    n_distinct = len(np.unique(np.hstack([numbers, codes]), axis=0))
    assert len(np.unique(duplicates.hash_rows(numbers, codes))) == n_distinct
