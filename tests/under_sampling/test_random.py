"""Random under-sampling: uniform draws of anything."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tables import unbalanced

from imbalance_kit.under_sampling import RandomUnderSampler


@pytest.mark.parametrize("replacement", [False, True])
def test_every_row_is_equally_likely(replacement):
    """How often each of 50 rows is kept in 400 draws of 10: chi-squared, threshold 1e-7.

    Without replacement the counts vary less than the test assumes, which makes it milder.
    """
    X, y = unbalanced([50, 10])
    rng = np.random.RandomState(0)
    sampler = RandomUnderSampler(random_state=rng, replacement=replacement)
    counts = np.zeros(len(y))
    for _ in range(400):
        sampler.fit_resample(X, y)
        np.add.at(counts, sampler.sample_indices_, 1)
    assert (counts[y == 1] == 400).all(), "the small class is kept whole"
    assert stats.chisquare(counts[y == 0]).pvalue > 1e-7


def test_replacement():
    """40 draws of 50 rows with replacement hold a row twice but for a chance below 1e-8."""
    X, y = unbalanced([50, 40])
    rows = {}
    for replacement in (False, True):
        sampler = RandomUnderSampler(random_state=0, replacement=replacement)
        sampler.fit_resample(X, y)
        rows[replacement] = sampler.sample_indices_[y[sampler.sample_indices_] == 0]
        assert len(rows[replacement]) == 40
    assert len(set(rows[False])) == 40
    assert len(set(rows[True])) < 40


def test_rows_of_anything():
    X = pd.DataFrame({"a": [{}, [], np.inf, "x", None, 1j], "when": pd.Timestamp("2020-01-01")})
    X_new, y_new = RandomUnderSampler(random_state=0).fit_resample(X, [0, 0, 0, 0, 1, 1])
    assert y_new.count(0) == y_new.count(1) == 2
    assert X_new["a"].tolist() == [X["a"][row] for row in X_new.index]


def test_classes_come_in_order_of_their_labels():
    X, y = unbalanced([30, 10, 20])
    _, y_new = RandomUnderSampler(random_state=0).fit_resample(X, y)
    assert (np.diff(y_new) >= 0).all()


def test_balanced_classes_keep_their_order():
    """A pipeline leaves weights behind: it fails on fewer rows, but not on rows moved about."""
    rng = np.random.RandomState(0)
    y = rng.permutation(np.repeat([0, 1], 20))
    X = rng.randn(40, 2)
    X_same, y_same = RandomUnderSampler(random_state=0).fit_resample(X, y)
    np.testing.assert_array_equal(X_same, X)
    np.testing.assert_array_equal(y_same, y)
