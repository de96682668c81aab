"""Distances between mixed rows, against their definitions."""

import numpy as np
import pytest
from loops import looped
from scipy import sparse

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sampling.mixed_metrics import heom, metric_of_class, metric_of_table
from imbalance_kit._tables.imputation import embed
from imbalance_kit._tables.points import Mixed


def mixed_points(seed, n_rows=30):
    rng = np.random.RandomState(seed)
    numbers = rng.normal(size=(n_rows, 3)) * [1.0, 5.0, 0.2]
    numbers[rng.uniform(size=numbers.shape) < 0.1] = np.nan
    codes = rng.randint(-1, 3, size=(n_rows, 2)).astype(np.int32)
    return Mixed(numbers, codes, np.ones(2))


def squares_by_definition(numbers, codes, mismatch):
    """Squared distances of all pairs, with scikit-learn's rule for missing numbers."""
    n_rows, n_columns = numbers.shape
    squares = np.zeros((n_rows, n_rows))
    for i in range(n_rows):
        for j in range(n_rows):
            apart = (numbers[i] - numbers[j]) ** 2
            present = ~np.isnan(apart)
            squares[i, j] = np.inf
            if present.any():
                squares[i, j] = apart[present].sum() * n_columns / present.sum()
                squares[i, j] += mismatch * (codes[i] != codes[j]).sum()
    return squares


def found(points):
    """Squared distances as the neighbour search measures them, in the order of the rows."""
    n_rows = len(points)
    distances, near = nearest_rows(points, n_rows - 1)
    squares = np.zeros((n_rows, n_rows))
    np.put_along_axis(squares, near, distances, axis=1)
    return squares


def test_a_mismatch_counts_the_median_standard_deviation_of_the_class(seed):
    points, class_rows = mixed_points(seed), np.arange(4, 20)
    median = np.median(np.nanstd(points.numbers[class_rows], axis=0))
    expected = squares_by_definition(points.numbers, points.category_codes, median**2)
    np.testing.assert_allclose(found(metric_of_class(points, class_rows)), expected, rtol=1e-12)


def test_heom_divides_by_ranges(seed):
    points = mixed_points(seed)
    ranges = np.nanmax(points.numbers, axis=0) - np.nanmin(points.numbers, axis=0)
    expected = squares_by_definition(points.numbers / ranges, points.category_codes, 1.0)
    np.testing.assert_allclose(found(heom(points)), expected, rtol=1e-12)


def test_points_without_nominal_columns_stay_as_they_are():
    numbers = np.random.RandomState(0).normal(size=(9, 2))
    assert metric_of_class(numbers, np.arange(5)) is numbers
    assert metric_of_table(numbers, "euclidean").numbers is numbers
    singles = numbers.astype(np.float32)
    assert metric_of_table(singles, "euclidean") is singles


def test_columns_without_a_spread():
    numbers = np.column_stack([np.full(6, 2.0), np.full(6, np.nan)])
    codes = np.zeros((6, 1), dtype=np.int32)
    points = Mixed(numbers, codes, np.ones(1))
    np.testing.assert_array_equal(heom(points).numbers, numbers)

    def mismatch(numbers, rows):
        return metric_of_class(Mixed(numbers, codes, np.ones(1)), rows).weights.tolist()

    everyone = np.arange(6)
    steps = everyone * 2.0
    assert mismatch(np.empty((6, 0)), everyone) == [1.0]
    assert mismatch(numbers, everyone) == [1.0]
    # SMOTE-NC's rule: the median of (0, 0, s) is 0
    assert mismatch(np.column_stack([numbers[:, 0], numbers[:, 0], steps]), everyone) == [0.0]
    # nothing varies in the class, but in the table
    assert mismatch(np.where(everyone < 3, 7.0, steps)[:, None], np.arange(3)) == [
        pytest.approx(np.var(np.where(everyone < 3, 7.0, steps)))
    ]


@looped("seed", range(3))
def test_a_column_counts_the_same_whatever_stands_beside_it(seed):
    """A column of one level changes no distance, in any metric and container of points."""
    rng = np.random.RandomState(seed)
    numbers = rng.normal(size=(40, 3)) * [1.0, 100.0, 0.01]
    numbers[rng.uniform(size=numbers.shape) < 0.05] = np.nan
    one_level = np.full((40, 1), rng.randint(-1, 2), dtype=np.int32)
    for metric in ("euclidean", "heom"):
        alone = metric_of_table(numbers, metric)
        beside = metric_of_table(Mixed(numbers, one_level, np.ones(1)), metric)
        expected = alone.numbers if isinstance(alone, Mixed) else alone
        np.testing.assert_array_equal(beside.numbers, expected)
        np.testing.assert_array_equal(embed(alone), embed(beside))
        stored = metric_of_table(sparse.csr_array(numbers), metric)
        np.testing.assert_allclose(stored.toarray(), expected, rtol=1e-15)
