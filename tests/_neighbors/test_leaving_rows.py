"""While rows leave, the nearest survivors are those of a table that never held the others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from tables import sparse_numbers

from imbalance_kit._neighbors import leaving_rows
from imbalance_kit._neighbors.leaving_rows import Survivors
from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._tables import points
from imbalance_kit._tables.points import Mixed


def expected(X, rows, k):
    """The formula of the search, on a table of the survivors alone."""
    return rows[nearest_rows(X[rows], k)[1]]


KINDS = {
    "normal": lambda rng: rng.normal(size=(160, 4)),
    "float32": lambda rng: rng.normal(size=(160, 4)).astype(np.float32),
    "ties": lambda rng: rng.integers(0, 3, size=(160, 4)) * 1.0,
    "copies": lambda rng: rng.normal(size=(9, 3))[rng.integers(0, 9, 160)],
    "constant": lambda rng: np.zeros((160, 2)),
    "missing": lambda rng: np.where(
        rng.random((160, 4)) < 0.4, np.nan, rng.integers(0, 4, (160, 4))
    ),
    "nominal": lambda rng: Mixed(
        np.round(rng.normal(size=(160, 2)), 1),
        rng.integers(0, 3, size=(160, 2)).astype(np.int32),
        np.array([1.0, 0.5]),
    ),
    "sparse": lambda rng: sparse_numbers(160, 30, 0.1, rng),
    "sparse matrix": lambda rng: sparse.csr_matrix(sparse_numbers(160, 30, 0.1, rng)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.03, 0.4])
@pytest.mark.parametrize("spare", [0, 1, 4])
def test_rounds_of_leaving(kind, share, spare, seed, monkeypatch):
    monkeypatch.setattr(leaving_rows, "_SPARE", spare)
    monkeypatch.setattr(points, "_SMALL_TABLE", 0)  # small sparse tables stay sparse
    rng = np.random.default_rng(seed)
    X = KINDS[kind](rng)
    survivors = Survivors(X, 4)
    rows = np.arange(160)
    for _ in range(9):
        np.testing.assert_array_equal(survivors.rows, rows)
        for k in (4, 1, 3):
            if k < len(rows):
                np.testing.assert_array_equal(survivors.nearest(k), expected(X, rows, k))
        gone = rows[rng.random(len(rows)) < share]
        survivors.leave(gone)
        rows = np.setdiff1d(rows, gone)


@given(st.data())
def test_any_order_of_searching_and_leaving(data):
    X = np.array(
        data.draw(st.lists(st.sampled_from([0.0, 1.0, 2.5, np.nan]), min_size=2, max_size=24))
    )
    X = X[:, None]
    k = data.draw(st.integers(1, 5))
    survivors = Survivors(X, k)
    rows = np.arange(len(X))
    for _ in range(data.draw(st.integers(1, 6))):
        wanted = data.draw(st.integers(1, k))
        if wanted < len(rows):
            place = np.array(data.draw(st.lists(st.integers(0, len(rows) - 1))), dtype=np.int64)
            found = survivors.nearest(wanted, rows[place])
            np.testing.assert_array_equal(found, expected(X, rows, wanted)[place])
        gone = np.array(data.draw(st.lists(st.sampled_from(rows), max_size=4)), dtype=np.int64)
        survivors.leave(gone)
        rows = np.setdiff1d(rows, gone)
        if len(rows) < 2:
            break


def test_threads_do_not_matter():
    rng = np.random.default_rng(0)
    X = np.round(rng.normal(size=(3000, 5)), 1)
    one, many = Survivors(X, 3, n_jobs=1), Survivors(X, 3, n_jobs=3)
    for _ in range(4):
        np.testing.assert_array_equal(one.nearest(3), many.nearest(3))
        gone = rng.choice(one.rows, 500, replace=False)
        one.leave(gone)
        many.leave(gone)


def test_only_short_lists_search_again(monkeypatch):
    n_searched = []

    def counting(X, k, *, rows=None, n_jobs=None):
        n_searched.append(len(X) if rows is None else len(rows))
        return nearest_rows(X, k, rows=rows, n_jobs=n_jobs)

    monkeypatch.setattr(leaving_rows, "nearest_rows", counting)
    X = np.random.default_rng(0).normal(size=(400, 3))
    survivors = Survivors(X, 3)
    survivors.nearest(3)
    survivors.leave(np.arange(3))
    survivors.nearest(3)
    survivors.nearest(2, survivors.rows[:5])
    assert n_searched == [400]


def test_no_rows_search_or_leave():
    survivors = Survivors(np.eye(5), 2)
    no_rows = np.array([], dtype=np.int64)
    survivors.leave(no_rows)
    assert survivors.nearest(2, no_rows).shape == (0, 2)
    np.testing.assert_array_equal(survivors.nearest(2), nearest_rows(np.eye(5), 2)[1])


def test_neighbours_that_are_not_there():
    survivors = Survivors(np.eye(5), 3)
    with pytest.raises(ValueError, match=r"k=4 .* 5 rows are left and lists hold 3"):
        survivors.nearest(4)
    survivors.leave(np.array([0, 1, 2]))
    with pytest.raises(ValueError, match=r"k=2 .* 2 rows are left"):
        survivors.nearest(2)
    assert survivors.nearest(1).tolist() == [[4], [3]]
