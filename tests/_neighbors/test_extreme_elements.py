"""Extreme elements change no neighbour, and do not slow a search down."""

import time

import numpy as np
import pytest
import reference
from loops import looped

from imbalance_kit._neighbors.nearest import _nearest

PATHS = ("numpy", "sorting", "rows", "pairs", "leaves", "distinct")


def check(expected, X, k):
    """Every path gives ``expected`` bit for bit."""
    for path in PATHS:
        found = _nearest(X, k, n_jobs=1, algorithm=path)
        np.testing.assert_array_equal(found[1], expected[1], err_msg=f"rows by {path}")
        np.testing.assert_array_equal(found[0], expected[0], err_msg=f"distances by {path}")


HEAVY = {
    "one extreme element": lambda rng, X: set_some(rng, X, 1, 1e12),
    "one infinite square": lambda rng, X: set_some(rng, X, 1, 1e170),
    "thirty extreme elements": lambda rng, X: set_some(rng, X, 30, 1e20),
    "lognormal": lambda rng, X: np.exp(3.0 * X),
    "wide lognormal": lambda rng, X: np.exp(10.0 * X),
    "Cauchy": lambda rng, X: rng.standard_cauchy(X.shape),
    "missing, extreme": lambda rng, X: np.where(X > 2.5, np.nan, set_some(rng, X, 3, 1e20)),
    "two columns far apart": lambda rng, X: X * np.append(1e160, np.full(X.shape[1] - 1, 1e-170)),
    "usual and vanishing": lambda rng, X: np.round(X) + set_some(rng, X * 1e-170, 2, 0.0),
}


def set_some(rng, X, n, size):
    X = X.copy()
    X[rng.integers(len(X), size=n), rng.integers(X.shape[1], size=n)] = size
    return X


@looped("kind", HEAVY)
@pytest.mark.parametrize("n_columns", [1, 6])
def test_extreme_elements_change_no_neighbour(kind, n_columns, seed):
    rng = np.random.default_rng(seed)
    X = HEAVY[kind](rng, rng.normal(size=(90, n_columns)))
    with np.errstate(all="ignore"):
        check(reference.nearest_rows(X, 4), X, 4)


def seconds_of(X):
    """Processor seconds of a search by leaves, the least of three."""
    spent = []
    for _ in range(3):
        start = time.process_time()
        _nearest(X, 4, algorithm="leaves", n_jobs=1)
        spent.append(time.process_time() - start)
    return min(spent)


def test_one_extreme_element_does_not_slow_a_search():
    """Without the bounds of each row by itself every pair is measured, which takes 70 times."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(6000, 6))
    usual = seconds_of(X)
    for kind in ("one extreme element", "thirty extreme elements", "lognormal", "Cauchy"):
        assert seconds_of(HEAVY[kind](rng, X)) < 8.0 * usual, kind
