"""Random over-sampling: uniform draws, and the smoothed bootstrap's noise."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from tables import unbalanced

from imbalance_kit.over_sampling import RandomOverSampler


def test_every_row_is_equally_likely():
    """20,000 copies of 10 rows: each count within 6 standard errors; false alarm below 1e-7."""
    X, y = unbalanced([20_010, 10])
    sampler = RandomOverSampler(random_state=0)
    sampler.fit_resample(X, y)
    rows, counts = np.unique(sampler.sample_indices_[len(y) :], return_counts=True)
    np.testing.assert_array_equal(rows, np.flatnonzero(y == 1))
    assert (np.abs(counts - 2000) < 6 * np.sqrt(20_000 * 0.1 * 0.9)).all()


@pytest.mark.parametrize("shrinkage", [0.5, 1.0, 3.0])
def test_noise_has_the_spread_of_the_rule(shrinkage):
    """Silverman's rule as ROSE uses it: (4 / ((d + 2) n)) ** (1 / (d + 4)) of the class's spread,
    n being the rows of the table as in imbalanced-learn. The standard deviation of 20,000 draws
    has a relative error of 1 / sqrt(40,000); 6 of them allowed, false alarm below 1e-7."""
    X, y = unbalanced([20_100, 100], n_columns=3)
    sampler = RandomOverSampler(random_state=0, shrinkage=shrinkage)
    X_new, _ = sampler.fit_resample(X, y)
    noise = (X_new - X[sampler.sample_indices_])[len(y) :]
    expected = shrinkage * (4 / (5 * len(y))) ** (1 / 7) * X[y == 1].std(axis=0)
    np.testing.assert_allclose(noise.std(axis=0), expected, rtol=6 / np.sqrt(40_000))
    assert (np.abs(noise.mean(axis=0)) < 6 * expected / np.sqrt(20_000)).all()
    assert np.abs(np.corrcoef(noise.T) - np.eye(3)).max() < 6 / np.sqrt(20_000)


def test_nominal_columns_are_copied():
    X, y = unbalanced([40, 10], n_columns=2)
    frame = pd.DataFrame(X, columns=["a", "b"]).assign(word=pd.Categorical(np.where(y, "x", "y")))
    sampler = RandomOverSampler(random_state=0, shrinkage=1.0)
    new, _ = sampler.fit_resample(frame, y)
    rows = sampler.sample_indices_
    assert new["word"].tolist() == frame["word"].iloc[rows].tolist()
    assert (new["a"].to_numpy()[50:] != X[rows[50:], 0]).all()


def test_smoothed_rows_of_a_sparse_table():
    X, y = unbalanced([40, 10])
    dense, _ = RandomOverSampler(random_state=0, shrinkage=1.0).fit_resample(X, y)
    thin, _ = RandomOverSampler(random_state=0, shrinkage=1.0).fit_resample(sparse.csr_array(X), y)
    np.testing.assert_allclose(thin.toarray(), dense, rtol=1e-9)


def test_shrinkage_by_class():
    X, y = unbalanced([40, 10, 10])
    sampler = RandomOverSampler(random_state=0, shrinkage={1: 0.0, 2: 1.0})
    X_new, y_new = sampler.fit_resample(X, y)
    moved = (X_new != X[sampler.sample_indices_]).any(axis=1)
    new = np.arange(len(y_new)) >= len(y)
    assert not moved[new & (y_new == 1)].any()
    assert moved[new & (y_new == 2)].all()
    assert sampler.shrinkage_ == {1: 0.0, 2: 1.0}


@pytest.mark.parametrize(
    ("shrinkage", "message"),
    [
        ({1: 1.0}, r"shrinkage factor for each class.*2"),
        ({1: 1.0, 2: -1.0}, r"needs to be >= 0.*-1\.0.*2"),
        (-0.5, r"'shrinkage' parameter"),
        ("a lot", r"'shrinkage' parameter"),
    ],
)
def test_wrong_shrinkage(shrinkage, message):
    X, y = unbalanced([40, 10, 10])
    with pytest.raises(ValueError, match=message):
        RandomOverSampler(shrinkage=shrinkage).fit_resample(X, y)


def test_copies_of_anything():
    """Without noise the values are never looked at."""
    X = np.array([["a", object()], [None, 3], [b"x", np.inf], [{}, []]], dtype=object)
    X_new, _ = RandomOverSampler(random_state=0).fit_resample(X, [0, 0, 0, 1])
    assert all(value is X[3, 1] for value in X_new[4:, 1])
