"""A few queries find what the search that measures every pair finds, bit for bit."""

import numpy as np
import pytest
from loops import looped

from _neighbors.hard_tables import HARD
from imbalance_kit._neighbors import few_queries
from imbalance_kit._neighbors.nearest import _nearest, nearest_rows
from imbalance_kit._tables.points import Mixed


@pytest.fixture(params=["numpy", "compiled"])
def form(request, monkeypatch):
    compiled = request.param == "compiled"
    monkeypatch.setattr(few_queries, "worth_compiling", lambda *_, **__: compiled)
    return request.param


@pytest.fixture
def answers(monkeypatch):
    """What `by_few` returned, in turn."""
    found = []

    def noted(*given):
        found.append(few_queries.by_few(*given))
        return found[-1]

    monkeypatch.setattr("imbalance_kit._neighbors.nearest.by_few", noted)
    return found


def check(X, k, n_queries, message):
    """Rows of the table, which may not find themselves, and queries, which may."""
    rng = np.random.default_rng(n_queries)
    rows = rng.choice(len(X), n_queries, replace=False)
    with np.errstate(all="ignore"):
        for given in ({"rows": rows}, {"queries": X[rows]}):
            expected = _nearest(X, k, n_jobs=1, algorithm="sorting", **given)
            found = nearest_rows(X, k, n_jobs=1, **given)
            np.testing.assert_array_equal(found[1], expected[1], err_msg=message)
            np.testing.assert_array_equal(found[0], expected[0], err_msg=message)


@looped("kind", HARD)
def test_hard_tables(kind, form):
    X = HARD[kind](np.random.default_rng(0), (150, 7))
    for n_queries in (1, 2, 3, 14):
        check(X, 4, n_queries, f"{kind}, {n_queries} queries")


@looped("missing", [0.0, 0.05, 0.7])
@looped("weight", [0.0, 0.5, 1e3, 1e200])
def test_nominal_columns_and_missing_values(missing, weight, form):
    rng = np.random.default_rng(1)
    numbers = np.round(rng.normal(size=(200, 3)), 1)
    numbers[rng.random(numbers.shape) < missing] = np.nan
    codes = rng.integers(0, 3, size=(200, 2)).astype(np.int32)
    X = Mixed(numbers, codes, np.array([weight, 0.3]))
    for n_queries in (1, 2, 12):
        check(X, 5, n_queries, f"{n_queries} queries")
    check(Mixed(np.empty((200, 0)), codes, X.weights), 5, 1, "nominal columns alone")


def test_ordinary_tables_need_no_other_search(form, answers):
    """Also where queries have copies, at a distance of zero."""
    rng = np.random.default_rng(2)
    X = rng.normal(size=(300, 5))
    X[200:] = X[:100]
    for n_queries in (1, 2, 20):
        nearest_rows(X, 3, rows=np.arange(n_queries))
        assert answers[-1] is not None


@looped(
    ("name", "factor", "n_queries"),
    [("vanish", 1e-170, 1), ("overflow", 1e170, 1), ("vanish", 1e-170, 9), ("overflow", 1e170, 9)],
)
def test_squares_beyond_float64_are_left_to_others(name, factor, n_queries, form, answers):
    X = np.random.default_rng(3).normal(size=(200, 4)) * factor
    check(X, 3, n_queries, name)
    assert answers == [None, None]
    answers.clear()


@looped("n_queries", [1, 2, 9])
def test_where_all_others_are_infinitely_far(n_queries, form):
    """The row itself, at distance zero, is not found; and other units are taken for all."""
    rng = np.random.default_rng(5)
    X = rng.normal(size=(120, 3)) * 1e200
    check(X, 1, n_queries, "infinite squares")
    check(np.hstack([rng.normal(size=(120, 2)), X]), 2, n_queries, "one such column")
    mixed = rng.integers(0, 2, size=(120, 3)) * 1e162 + rng.normal(size=(120, 3))
    check(mixed, 3, n_queries, "differences that other units lose")


def test_many_queries_are_left_to_others(answers):
    X = np.random.default_rng(4).normal(size=(100, 3))
    nearest_rows(X, 3, rows=np.arange(11))
    nearest_rows(X, 30, rows=np.arange(1))  # a large share of the table is wanted
    assert answers == [None, None]
