"""Extreme elements change no neighbour, and do not slow a search down."""

import time

import numpy as np
import pytest
import reference
from loops import looped

from _neighbors.hard_tables import HARD, set_some
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


def by_sorting_columns(X, k):
    """Sums of squares, column by column, and a stable sort: all pairs of all rows."""
    X = X.astype(np.float64)
    total = np.zeros((len(X), len(X)))
    for column in X.T:
        difference = column[:, None] - column
        total += difference * difference
    np.fill_diagonal(total, np.nan)  # sorted behind everything
    order = np.argsort(total, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(total, order, axis=1), order


def check_all(X, k, n_threads=(1, 2, 3)):
    with np.errstate(all="ignore"):
        half = float(np.abs(X).max()) / 2.0
        if 1e-100 < half < 1e150:
            expected = by_sorting_columns(X, k)
        else:  # one that works in units of its own where squares overflow or vanish
            expected = reference.nearest_rows(X, k)
        rows = np.arange(0, len(X), 9)
        for path in (*PATHS, None):
            for n_jobs in n_threads:
                found = _nearest(X, k, n_jobs=n_jobs, algorithm=path)
                np.testing.assert_array_equal(found[1], expected[1], err_msg=f"rows by {path}")
                np.testing.assert_array_equal(found[0], expected[0], err_msg=f"{path}")
            found = _nearest(X, k, n_jobs=1, algorithm=path, rows=rows)
            np.testing.assert_array_equal(found[1], expected[1][rows], err_msg=f"some by {path}")
            found = _nearest(X, k, n_jobs=1, algorithm=path, queries=X[rows])
            copies = _nearest(X, k, n_jobs=1, algorithm="sorting", queries=X[rows])
            np.testing.assert_array_equal(found[1], copies[1], err_msg=f"queries by {path}")


@looped("kind", HARD)
def test_hard_tables(kind):
    rng = np.random.default_rng(0)
    check_all(HARD[kind](rng, (150, 7)), 4, n_threads=(2,))


@pytest.mark.exhaustive
@pytest.mark.parametrize("shape", [(1300, 20), (1100, 90), (129, 200), (12, 20)], ids=str)
@looped("kind", [kind for kind in HARD if kind not in ("tiny", "huge", "one infinite square")])
def test_hard_tables_of_several_blocks(kind, shape):
    """More than two blocks of rows, so that pairs of blocks meet and rows become unsure."""
    check_all(HARD[kind](np.random.default_rng(1), shape), 5)
