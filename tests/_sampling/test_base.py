"""The base of samplers that change or replace rows: what a method says comes out, as it says."""

import numpy as np
import pandas as pd
import pytest
from tables import unbalanced

from imbalance_kit._sampling.base import BaseRemakingOverSampler, BaseRemakingUnderSampler, Remade


class Halved(BaseRemakingUnderSampler):
    """Keep row 5, then twice a made row (row 2 halved, row 3 halved), then row 0."""

    def _remake(self, X, y, targets, rng):
        rows = np.array([5, 2, 3, 0])
        return Remade(rows, np.array([False, True, True, False]), X[rows[1:3]] / 2)


class Unchanged(BaseRemakingOverSampler):
    """Nothing made: two rows swapped."""

    def _remake(self, X, y, targets, rng):
        return Remade(np.array([1, 0]), np.zeros(2, bool), X[:0])


def test_made_rows_stand_where_the_method_put_them(container):
    X, y = unbalanced([20, 5])
    sampler = Halved()
    new, y_new = sampler.fit_resample(container.make(X), y, sample_weight=np.arange(25.0))
    assert isinstance(new, container.comes_back_as)
    numbers = new.toarray() if hasattr(new, "toarray") else np.asarray(new)
    np.testing.assert_allclose(numbers.astype(float), [X[5], X[2] / 2, X[3] / 2, X[0]], rtol=1e-6)
    np.testing.assert_array_equal(y_new, y[[5, 2, 3, 0]])
    assert sampler.sample_indices_.tolist() == [5, 2, 3, 0]
    assert sampler.sample_origin_.tolist() == [5, -1, -1, 0]
    assert sampler.sample_weight_.tolist() == [5.0, 2.0, 3.0, 0.0]


def test_dtypes_are_kept():
    frame = pd.DataFrame(
        {"count": pd.array(range(25), dtype="Int64"), "size": np.arange(25, dtype=np.float32)}
    )

    new, _ = Halved().fit_resample(frame, np.repeat([0, 1], [20, 5]))
    assert new.dtypes.tolist() == frame.dtypes.tolist()
    assert new["size"].tolist() == [5, 1, 1.5, 0]
    assert new.index.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("as_list", [False, True])
def test_nothing_made(as_list):
    X, y = unbalanced([20, 5])
    new, _ = Unchanged().fit_resample(X.tolist() if as_list else X, y)
    assert isinstance(new, list) == as_list
    np.testing.assert_array_equal(new, X[[1, 0]])
