"""Distances between mixed rows, against their definitions."""

import numpy as np
import pytest

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._sampling.mixed_metrics import heom, metric_of_class
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


@pytest.mark.parametrize("metric", [heom, lambda points: metric_of_class(points, np.arange(5))])
def test_points_without_nominal_columns_stay_as_they_are(metric):
    numbers = np.random.RandomState(0).normal(size=(9, 2))
    assert metric(numbers) is numbers


def test_columns_without_a_spread():
    numbers = np.column_stack([np.full(6, 2.0), np.full(6, np.nan)])
    points = Mixed(numbers, np.zeros((6, 1), dtype=np.int32), np.ones(1))
    np.testing.assert_array_equal(heom(points).numbers, numbers)
    assert metric_of_class(points, np.arange(3)).weights.tolist() == [0.0]
    nominal = Mixed(np.empty((6, 0)), points.category_codes, np.full(1, 7.0))
    assert metric_of_class(nominal, np.arange(3)).weights.tolist() == [1.0]
