"""Complete copies: medians in the gaps, and one-hot columns with the distances of the metric."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.svm import SVC

from imbalance_kit._tables.imputation import complete, embed
from imbalance_kit._tables.points import Mixed

nan = np.nan


def mixed(n_rows=30, n_levels=3, missing=False, seed=0):
    rng = np.random.RandomState(seed)
    numbers = rng.normal(size=(n_rows, 2))
    if missing:
        numbers[rng.uniform(size=numbers.shape) < 0.2] = nan
    codes = rng.randint(-1, n_levels, size=(n_rows, 2)).astype(np.int32)
    return Mixed(numbers, codes, np.array([0.5, 2.0]))


def test_gaps_get_the_median_of_their_column():
    X = np.array([[1.0, nan, nan], [2.0, 5.0, nan], [9.0, nan, nan]])
    np.testing.assert_array_equal(complete(X), [[1, 5, 0], [2, 5, 0], [9, 5, 0]])
    assert np.isnan(X).sum() == 5, "the input stays as it was"


@pytest.mark.parametrize("points", [np.eye(3), sparse.csr_array(np.eye(3)), mixed()])
def test_complete_points_are_passed_on(points):
    assert complete(points) is points


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csr_array])
def test_sparse_gaps_are_dense_ones(kind):
    """Zeros that are not stored count for the median."""
    X = np.array([[0.0, nan, 1.0], [0.0, 3.0, nan], [nan, 5.0, 2.0], [4.0, 0.0, 0.0]])
    filled = complete(kind(X))
    assert type(filled) is kind
    np.testing.assert_array_equal(filled.toarray(), complete(X))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_width_of_floats_is_kept(dtype):
    X = np.array([[1, nan], [3, 4]], dtype=dtype)
    assert complete(X).dtype == dtype
    assert embed(Mixed(X, np.zeros((2, 1), np.int32), np.ones(1))).dtype == dtype


@pytest.mark.parametrize(("n_levels", "is_sparse"), [(3, False), (500, True)])
def test_embedded_distances_are_those_of_the_metric(n_levels, is_sparse):
    points = mixed(600, n_levels)
    numbers = embed(points)
    assert sparse.issparse(numbers) == is_sparse
    mismatch = points.category_codes[:, None, :] != points.category_codes[None, :, :]
    expected = euclidean_distances(points.numbers, squared=True) + mismatch @ points.weights
    np.testing.assert_allclose(euclidean_distances(numbers, squared=True), expected, atol=1e-9)


def test_embedded_points_are_complete():
    assert not np.isnan(embed(mixed(missing=True))).any()


def test_points_without_numbers_are_their_levels():
    points = Mixed(np.empty((3, 0)), np.array([[0], [1], [0]], np.int32), np.array([2.0]))
    np.testing.assert_array_equal(embed(points), [[1, 0], [0, 1], [1, 0]])


def test_many_levels_can_be_given_to_a_support_vector_machine():
    rng = np.random.RandomState(0)
    codes = np.column_stack([np.arange(400), rng.randint(3, size=400)])
    points = Mixed(np.empty((400, 0)), codes, np.ones(2))
    embedded = embed(points)
    assert sparse.issparse(embedded)
    SVC().fit(embedded, np.arange(400) % 2)  # takes indices of 32 bits alone
