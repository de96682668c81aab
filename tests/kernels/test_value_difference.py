"""The value difference kernel against the formula, compiled and as Python."""

import numpy as np
import pytest
import reference

from imbalance_kit.kernels.value_difference import nearest_by_value


@pytest.mark.parametrize("form", ["compiled", "python"])
@pytest.mark.parametrize("n_levels", [2, 9])
def test_nearest_by_value(form, n_levels, seed):
    """Few levels, so that most distances tie."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, n_levels, size=(40, 3))
    y = rng.integers(0, 3, size=40)
    shares, places, starts = [], np.empty(codes.shape, dtype=np.int64), [0]
    for column in range(3):
        levels, place = np.unique(codes[:, column], return_inverse=True)
        places[:, column] = starts[-1] + place
        counts = np.array(
            [[(y[place == i] == label).sum() for label in range(3)] for i in range(len(levels))]
        )
        shares.append(counts / counts.sum(axis=1, keepdims=True))
        starts.append(starts[-1] + len(levels))
    distances, indices = np.full((40, 4), -1.0), np.full((40, 4), -1)
    kernel = nearest_by_value if form == "compiled" else nearest_by_value.py_func
    kernel(places, np.array(starts), np.concatenate(shares), 2, 40, distances, indices)
    assert (indices[:2] == -1).all()
    expected = reference.nearest_by_value(codes, y, 4)
    for row in range(2, 40):
        assert list(zip(distances[row], indices[row], strict=True)) == expected[row]
