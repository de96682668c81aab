"""The nearest rows are those of the formula, whatever path, thread or process finds them."""

import multiprocessing
import os
import pathlib
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from processes import SECONDS
from scipy import sparse
from sklearn.metrics.pairwise import nan_euclidean_distances
from sklearn.neighbors import NearestNeighbors
from tables import sparse_numbers

import imbalance_kit
from imbalance_kit._neighbors import choice, plain
from imbalance_kit._neighbors.bounds import bounds_of
from imbalance_kit._neighbors.nearest import _nearest, nearest_rows
from imbalance_kit._tables import points
from imbalance_kit._tables.points import Mixed
from imbalance_kit._threads import thread_count

PATHS = ("numpy", "sorting", "all", "rows", "pairs", "leaves", "distinct")


def check(expected, X, k, **which):
    """Every path, with one thread and two, gives ``expected`` bit for bit."""
    for path in PATHS:
        for n_jobs in (1, 2):
            found = _nearest(X, k, n_jobs=n_jobs, algorithm=path, **which)
            np.testing.assert_array_equal(found[1], expected[1], err_msg=f"rows by {path}")
            np.testing.assert_array_equal(found[0], expected[0], err_msg=f"distances by {path}")


@pytest.fixture
def small_is_sparse(monkeypatch):
    """Search small sparse tables as large ones are searched."""
    monkeypatch.setattr(points, "_SMALL_TABLE", 0)


KINDS = {
    "grid with ties": lambda rng, n, d: rng.integers(0, 3, size=(n, d)) * 1.0,
    "normal": lambda rng, n, d: rng.normal(size=(n, d)),
    "copies": lambda rng, n, d: rng.normal(size=(5, d))[rng.integers(0, 5, n)],
    "constant": lambda rng, n, d: np.full((n, d), 7.5),
    "one column varies": lambda rng, n, d: np.eye(1, d) * rng.normal(size=(n, 1)) + 3.0,
    "large": lambda rng, n, d: rng.normal(size=(n, d)) * 1e150,
    "tiny": lambda rng, n, d: rng.normal(size=(n, d)) * 1e-150,
    "vanishing": lambda rng, n, d: rng.normal(size=(n, d)) * 1e-165,
    "overflowing": lambda rng, n, d: rng.normal(size=(n, d)) * 1e200,
    "every size": lambda rng, n, d: rng.normal(size=(n, d)) * 10.0 ** rng.integers(-80, 80, (n, 1)),
    "offset": lambda rng, n, d: rng.normal(size=(n, d)) + 1e8,
    "two far clusters": lambda rng, n, d: (
        rng.normal(size=(n, d)) * 1e-3 + 1e6 * rng.integers(0, 2, size=(n, 1))
    ),
    "an outlier": lambda rng, n, d: rng.normal(size=(n, d)) + 1e12 * np.eye(n, d),
    "equal but for the last bits": lambda rng, n, d: 1.0 + rng.integers(0, 4, (n, d)) * 2.0**-52,
    "float32": lambda rng, n, d: rng.normal(size=(n, d)).astype(np.float32),
    "signed zeros": lambda rng, n, d: rng.choice([-0.0, 0.0, 1.0], size=(n, d)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("n_rows", "n_columns", "k"), [(2, 1, 1), (70, 2, 3), (90, 7, 5)])
def test_dense(kind, n_rows, n_columns, k, seed):
    rng = np.random.default_rng(seed)
    X = KINDS[kind](rng, n_rows, n_columns)
    with np.errstate(all="ignore"):
        check(reference.nearest_rows(X, k), X, k)


@pytest.mark.parametrize("missing", [0.02, 0.5, 0.95])
@pytest.mark.parametrize("only_some_columns", [False, True])
def test_missing_values(missing, only_some_columns, seed):
    rng = np.random.default_rng(seed)
    X = rng.integers(0, 4, size=(140, 11)) + rng.integers(0, 2) * rng.random((140, 11))
    absent = rng.random(X.shape) < missing
    absent[:, :6] &= not only_some_columns
    X[absent] = np.nan
    check(reference.nearest_rows(X, 4), X, 4)


def test_rows_without_a_value_come_last_in_order():
    X = np.array([[1.0, 2.0], [np.nan, np.nan], [np.nan, 5.0], [3.0, np.nan], [np.nan, np.nan]])
    distances, indices = nearest_rows(X, 4)
    np.testing.assert_array_equal(indices[0], [3, 2, 1, 4])
    np.testing.assert_array_equal(indices[1], [0, 2, 3, 4])
    np.testing.assert_array_equal(distances[1], [np.inf] * 4)
    np.testing.assert_array_equal(indices[3], [0, 1, 2, 4])
    check((distances, indices), X, 4)


def test_missing_values_as_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(80, 5))
    X[rng.random(X.shape) < 0.3] = np.nan
    X[:, 0] = rng.normal(size=80)
    expected = nan_euclidean_distances(X, squared=True)
    np.fill_diagonal(expected, np.inf)
    # It subtracts squares from squares: its error is relative to those, which are near one.
    np.testing.assert_allclose(
        nearest_rows(X, 6)[0], np.sort(expected)[:, :6], rtol=1e-12, atol=1e-13
    )


@pytest.mark.parametrize("n_columns", [3, 20])
def test_as_scikit_learn_where_nothing_ties(n_columns, seed):
    X = np.random.default_rng(seed).normal(size=(3000, n_columns))
    distances, indices = NearestNeighbors(n_neighbors=4).fit(X).kneighbors()
    for path in PATHS:
        found = _nearest(X, 4, algorithm=path)
        np.testing.assert_array_equal(found[1], indices)
        np.testing.assert_allclose(found[0], distances**2, rtol=1e-9)


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("n_levels", [2, 5, 100])
@pytest.mark.parametrize(("n_numbers", "n_nominal"), [(3, 2), (0, 3), (5, 0), (1, 12)])
def test_mixed(missing, n_levels, n_numbers, n_nominal, seed):
    rng = np.random.default_rng(seed)
    numbers = np.round(rng.normal(size=(130, n_numbers)), seed)
    numbers[rng.random(numbers.shape) < missing] = np.nan
    codes = rng.integers(-1, n_levels, size=(130, n_nominal)).astype(np.int32)
    weights = np.round(rng.random(n_nominal), 1)
    X = Mixed(numbers, codes, weights)
    check(reference.nearest_rows(numbers, 4, codes=codes, weights=weights), X, 4)
    rows = rng.choice(130, 9)
    expected = reference.nearest_rows(numbers, 4, codes=codes, weights=weights, rows=rows)
    check(expected, X, 4, rows=rows)
    foreign = Mixed(numbers[:7] + 1.0, codes[:7] + n_levels // 2, weights)
    expected = reference.nearest_rows(
        numbers, 4, codes=codes, weights=weights, queries=(foreign.numbers, foreign.category_codes)
    )
    check(expected, X, 4, queries=foreign)


@pytest.mark.usefixtures("small_is_sparse")
@pytest.mark.parametrize("kind", ["numbers", "counts", "missing", "large", "empty"])
def test_sparse(kind, seed):
    rng = np.random.default_rng(seed)
    X = sparse_numbers(120, 40, 0.1, rng)
    if kind == "counts":
        X.data = rng.integers(0, 3, X.nnz) * 1.0  # with explicit zeros, ties and copies
    if kind == "missing":
        X.data[::5] = np.nan
    if kind == "large":
        X.data *= 1e160
    if kind == "empty":
        X = X * 0.0
    untouched = X.copy()
    with np.errstate(over="ignore"):
        check(reference.nearest_rows(X.toarray(), 3), X, 3)
        check(reference.nearest_rows(X.toarray(), 3, rows=[5, 5, 0]), X, 3, rows=[5, 5, 0])
        queries = X[10:20]
        expected = reference.nearest_rows(X.toarray(), 3, queries=(queries.toarray(), [[]] * 10))
        check(expected, X, 3, queries=queries)
    np.testing.assert_array_equal(X.data, untouched.data)
    check(nearest_rows(X.toarray(), 3), sparse.csr_matrix(X), 3)


@pytest.mark.usefixtures("small_is_sparse")
@pytest.mark.parametrize("n_columns", [1, 3, 30])
@pytest.mark.parametrize("share", [0.1, 0.6])
@pytest.mark.parametrize("whole", [False, True])
def test_sparse_with_missing_values(n_columns, share, whole, seed):
    """Also rows that have no column in common, and copies of rows with missing values."""
    rng = np.random.default_rng(seed)
    X = sparse_numbers(90, n_columns, 0.5, rng).tocsr()
    X.sum_duplicates()
    if whole:
        X.data = rng.integers(1, 3, X.nnz) * 1.0
    X.data[rng.random(X.nnz) < share] = np.nan
    X = sparse.csr_array(X)
    X = sparse.vstack([X, X[:20], np.full((3, n_columns), np.nan)], format="csr")
    dense = X.toarray()
    check(reference.nearest_rows(dense, 5), X, 5)
    queries = X[100:113] * 0.5
    expected = reference.nearest_rows(dense, 5, queries=(queries.toarray(), [[]] * 13))
    check(expected, X, 5, queries=queries)


@pytest.mark.usefixtures("small_is_sparse")
def test_sparse_table_with_unsorted_repeated_entries():
    parts = np.array([1.0, 2.0, 3.0, 1.0]), np.array([2, 0, 2, 1]), np.array([0, 3, 3, 4])
    X = sparse.csr_array(parts, shape=(3, 20))
    check(reference.nearest_rows(X.toarray(), 2), X, 2)
    assert not X.has_sorted_indices


def test_few_sparse_queries_of_a_large_sparse_table(monkeypatch):
    X = sparse_numbers(120, 40, 0.1, np.random.default_rng(0))
    expected = nearest_rows(X.toarray(), 3, queries=X[:5].toarray())
    monkeypatch.setattr(points, "_SMALL_TABLE", 1000)
    check(expected, X, 3, queries=X[:5])
    check(expected, X.toarray(), 3, queries=X[:5])


tables = hnp.arrays(
    st.sampled_from([np.float64, np.float32]),
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=14),
    elements=st.one_of(
        st.sampled_from([0.0, 1.0, 2.0, np.nan]),
        st.floats(-(2.0**60), 2.0**60, width=32),
    ),
)


@given(tables, st.data())
def test_any_table(X, data):
    k = data.draw(st.integers(1, len(X) - 1))
    rows = data.draw(st.lists(st.integers(0, len(X) - 1), max_size=5))
    check(reference.nearest_rows(X, k), X, k)
    check(reference.nearest_rows(X, k, rows=rows), X, k, rows=np.array(rows, dtype=int))
    queries = X[rows] * np.float32(0.5)
    expected = reference.nearest_rows(X, k, queries=(queries, [[]] * len(rows)))
    check(expected, X, k, queries=queries)


@pytest.mark.parametrize(
    "size",
    [
        *(pytest.param(size, marks=pytest.mark.exhaustive) for size in (1e-170, 1e9, 1e300)),
        1e16,
        1e170,
    ],
)
def test_rows_far_from_all_others(size, seed):
    """The scan looks at some rows to see where the table lies; these are not among them."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(300, 10))
    X[[5, 130, 131]] = size * rng.normal(size=(3, 10))
    X[131] = X[130]
    with np.errstate(all="ignore"):
        check(reference.nearest_rows(X, 4), X, 4)
        X *= min(size, 1e130, 1e300 / size)  # infinite numbers are refused
        check(reference.nearest_rows(X, 4), X, 4)


def test_large_k_and_few_queries():
    X = np.round(np.random.default_rng(0).normal(size=(700, 3)), 1)
    rows = np.array([0, 5, 699])
    check(reference.nearest_rows(X, 600, rows=rows), X, 600, rows=rows)


def test_copies_are_found_and_the_row_itself_is_not():
    X = np.repeat(np.random.default_rng(0).normal(size=(700, 3)), 4, axis=0)
    for path in PATHS:
        distances, indices = _nearest(X, 3, algorithm=path)
        assert (distances == 0.0).all()
        everyone = np.arange(len(X))[:, None]
        assert (indices // 4 == everyone // 4).all()
        assert (indices != everyone).all()


def test_many_copies_cost_no_square():
    """30,000 copies: a search of all pairs would look at 900 million of them."""
    X = np.zeros((30_000, 20))
    X[:100] = np.random.default_rng(0).normal(size=(100, 20))
    distances, indices = nearest_rows(X, 3)
    np.testing.assert_array_equal(indices[-1], [100, 101, 102])
    np.testing.assert_array_equal(indices[100], [101, 102, 103])
    assert not distances[100:].any()


def test_a_search_by_rows_ends_where_bounds_leave_too_many_pairs():
    """Far clusters in float32; ties leave fewer."""
    from imbalance_kit._neighbors.products import by_rows

    rng = np.random.default_rng(0)
    coarse = 1e-3 * rng.normal(size=(600, 4)) + 1e6 * rng.integers(0, 2, size=(600, 1))
    ties = rng.integers(0, 4, size=(600, 6)) * 1.0
    for X, ends in ((coarse, True), (ties, False)):
        table, everyone = points.as_table(X), np.arange(600)
        bounds = bounds_of(table, table, 1)
        for n_threads in (1, 2):
            found = by_rows(table, table, everyone, 5, n_threads, bounds, patient=False)
            assert (found is None) == ends
            whole = by_rows(table, table, everyone, 5, n_threads, bounds)
            np.testing.assert_array_equal(whole[1], _nearest(X, 5, algorithm="sorting")[1])


def test_large_tables_are_the_same_for_any_threads_and_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    X = np.round(rng.normal(size=(5000, 12)) @ rng.normal(size=(12, 12)), 1)
    distances, indices = nearest_rows(X, 5, n_jobs=1)
    some = rng.choice(5000, 60, replace=False)
    asked = nearest_rows(X, 5, rows=some, n_jobs=2)
    np.testing.assert_array_equal(asked[1], indices[some])
    np.testing.assert_array_equal(asked[0], distances[some])
    for n_jobs in (2, 5, -1, None):
        found = nearest_rows(X, 5, n_jobs=n_jobs)
        np.testing.assert_array_equal(found[1], indices)
    monkeypatch.setattr(plain, "_LARGE_BLOCK", 30_011)
    monkeypatch.setattr(plain, "_SORTED_BLOCK", 30_011)
    for path in ("numpy", "sorting"):
        found = _nearest(X, 5, rows=some, algorithm=path)
        np.testing.assert_array_equal(found[1], indices[some])
        np.testing.assert_array_equal(found[0], distances[some])


def test_input_is_not_changed_and_may_be_read_only():
    X = np.random.default_rng(0).normal(size=(200, 4))
    X[3, 1] = np.nan
    kept = X.copy()
    X.setflags(write=False)
    for path in PATHS:
        _nearest(X, 2, algorithm=path)
        _nearest(np.asfortranarray(X)[::2], 2, algorithm=path)
    np.testing.assert_array_equal(X, kept)


@pytest.mark.parametrize("k", [0, 5, 100])
def test_k_must_exist(k):
    with pytest.raises(ValueError, match=rf"k={k} .* 4 rows to choose from"):
        nearest_rows(np.eye(5), k)


def test_a_foreign_row_may_find_all():
    assert nearest_rows(np.eye(5), 5, queries=np.zeros((1, 5)))[1].tolist() == [[0, 1, 2, 3, 4]]
    with pytest.raises(ValueError, match=r"k=6 .* 5 rows"):
        nearest_rows(np.eye(5), 6, queries=np.zeros((1, 5)))
    with pytest.raises(ValueError, match="5 columns of X; got 4"):
        nearest_rows(np.eye(5), 2, queries=np.zeros((1, 4)))


@pytest.mark.parametrize("rows", [[-1, 2], [0, 5], [True, False, True, True, True], [0.0, 1.0]])
def test_rows_must_be_row_numbers(rows):
    with pytest.raises(ValueError, match="row numbers from 0 to 4"):
        nearest_rows(np.eye(5), 1, rows=np.array(rows))


def test_no_queries():
    for path in PATHS:
        distances, indices = _nearest(np.eye(5), 2, rows=np.array([], dtype=int), algorithm=path)
        assert distances.shape == indices.shape == (0, 2)


def test_mixed_reports_what_does_not_fit():
    numbers, codes = np.zeros((3, 2)), np.zeros((3, 1), dtype=np.int32)
    table = Mixed(numbers, codes, np.ones(1))
    assert (len(table), table.shape, table[np.array([0, 2])].shape) == (3, (3, 3), (2, 3))
    with pytest.raises(ValueError, match="3 and 2"):
        Mixed(numbers, codes[:2], np.ones(1))
    with pytest.raises(ValueError, match="each of the 1 nominal"):
        Mixed(numbers, codes, np.ones(2))
    with pytest.raises(ValueError, match="two dimensions"):
        Mixed(numbers[0], codes, np.ones(1))
    with pytest.raises(ValueError, match="not negative"):
        Mixed(numbers, codes, -np.ones(1))


def test_threads(monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 8)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    count = thread_count
    assert [count(n_jobs) for n_jobs in (None, -1, -2, -99, 1, 3)] == [8, 8, 7, 1, 1, 3]
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(count, None).result() == 1
        assert pool.submit(count, -1).result() == 8
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert [count(n_jobs) for n_jobs in (None, -1, 3)] == [2, 2, 3]
    assert [count(n_jobs, work=100) for n_jobs in (None, -1, 3)] == [1, 1, 1]
    assert [count(n_jobs, work=10**9) for n_jobs in (None, -1, 3)] == [2, 2, 3]
    for work in (None, 100):
        with pytest.raises(ValueError, match="n_jobs must not be 0"):
            count(0, work)


def crowd():
    return np.round(np.random.default_rng(1).normal(size=(900, 6)), 1)


def test_many_threads_at_once():
    X = crowd()
    expected = _nearest(X, 3, algorithm="leaves", n_jobs=1)
    start = threading.Barrier(8)

    def search(path):
        start.wait()
        return _nearest(X, 3, algorithm=path, n_jobs=2)

    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(search, ["leaves", "distinct", "numpy", "pairs"] * 2):
            np.testing.assert_array_equal(found[1], expected[1])


def search_elsewhere(connection):
    connection.send(_nearest(crowd(), 3, algorithm="distinct", n_jobs=2))
    connection.close()


# A fork of a process with threads is what is tested here, so its warning is expected.
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_other_processes(method):
    if method not in multiprocessing.get_all_start_methods():
        pytest.skip("this system cannot fork")
    expected = _nearest(crowd(), 3, algorithm="distinct", n_jobs=2)
    context = multiprocessing.get_context(method)
    here, there = context.Pipe()
    child = context.Process(target=search_elsewhere, args=(there,), daemon=True)
    child.start()
    there.close()
    assert here.poll(SECONDS), "the child has not answered"
    found = here.recv()
    child.join(SECONDS)
    assert child.exitcode == 0
    np.testing.assert_array_equal(found[1], expected[1])
    np.testing.assert_array_equal(found[0], expected[0])


@pytest.mark.exhaustive
def test_joblib_workers():
    X = crowd()
    expected = nearest_rows(X, 3)[1]
    for backend in ("loky", "threading"):
        work = [joblib.delayed(nearest_rows)(X, 3, rows=np.arange(i, 900, 2)) for i in (0, 1)]
        found = joblib.Parallel(2, backend=backend)(work)
        np.testing.assert_array_equal(found[0][1], expected[::2])
        np.testing.assert_array_equal(found[1][1], expected[1::2])


def in_new_process(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    ).stdout.strip()


def test_numba_waits_until_it_pays():
    code = """
import sys, numpy as np
from imbalance_kit._neighbors import choice
from imbalance_kit._neighbors.nearest import nearest_rows
nearest_rows(np.random.default_rng(0).normal(size=(900, 10)), 5)
print("numba" in sys.modules)
choice._LOADING = 1e8
nearest_rows(np.random.default_rng(0).normal(size=(900, 10)), 5)
print("numba" in sys.modules)
"""
    assert in_new_process(code).split() == ["False", "True"]


@pytest.fixture
def nothing_loaded(monkeypatch):
    monkeypatch.setattr(choice, "_account", choice.LoadingAccount())
    for module in ("products", "leaves", "postings"):
        monkeypatch.delitem(sys.modules, f"imbalance_kit.kernels.{module}", raising=False)


@pytest.mark.usefixtures("nothing_loaded")
def test_loading_waits_until_as_much_was_lost():
    table = points.as_table(np.zeros((1000, 30)))
    answers = [choice.worth_compiling(table, table) for _ in range(400)]
    assert not answers[0]
    assert answers[-1]
    assert answers == sorted(answers)
    one_large = points.as_table(np.zeros((20_000, 300)))
    assert choice.worth_compiling(one_large, one_large)


@pytest.mark.usefixtures("nothing_loaded")
def test_what_is_loaded_is_used(monkeypatch):
    table = points.as_table(np.zeros((10, 2)))
    assert not choice.worth_compiling(table, table)
    monkeypatch.setitem(sys.modules, "imbalance_kit.kernels.products", None)
    assert choice.worth_compiling(table, table)


def prefers_leaves(X, rows=None, k=5):
    table = points.as_table(X)
    queries = table if rows is None else table[rows]
    return choice.leaves_are_better(table, queries, bounds_of(table, queries, 1), k)


def test_leaves_are_taken_where_a_few_coordinates_tell_rows_apart(monkeypatch):
    monkeypatch.setitem(sys.modules, "imbalance_kit.kernels.leaves", None)
    rng = np.random.default_rng(0)
    plane = rng.normal(size=(4500, 2)) @ rng.normal(size=(2, 30))
    noise = rng.normal(size=(4500, 30))
    assert prefers_leaves(plane + 0.01 * noise)
    assert not prefers_leaves(noise)
    assert prefers_leaves(noise[:, :8])
    assert prefers_leaves(noise[:1200, :4])
    assert not prefers_leaves(noise[:1200, :8])
    assert not prefers_leaves(noise[:, :4], rows=np.arange(30))
    assert not prefers_leaves(noise[:, :4], k=3000)


@pytest.mark.parametrize("loading", [0.0, np.inf], ids=["at once", "never"])
def test_when_code_is_loaded_does_not_change_what_is_found(loading, seed, monkeypatch):
    monkeypatch.setattr(choice, "_LOADING", loading)
    monkeypatch.setattr(choice, "_account", choice.LoadingAccount())
    monkeypatch.delitem(sys.modules, "imbalance_kit.kernels.products", raising=False)
    X = np.round(np.random.default_rng(seed).normal(size=(500, 4)), 1)
    table = points.as_table(X)
    assert choice.worth_compiling(table, table) == (loading == 0.0)
    distances, indices = nearest_rows(X, 3)
    expected = reference.nearest_rows(X, 3)
    np.testing.assert_array_equal(distances, expected[0])
    np.testing.assert_array_equal(indices, expected[1])


def test_threads_share_one_account():
    """Losses of several threads add up: a lost update would put loading off."""
    account = choice.LoadingAccount()
    with ThreadPoolExecutor(8) as pool:
        calls = range(1000)
        answers = list(pool.map(lambda _: account.worth_loading("no such", 1.0, 1001.0), calls))
    assert not any(answers)
    assert account.worth_loading("no such", 1.0, 1001.0)


@pytest.mark.exhaustive
def test_interpreted_kernels_give_the_same():
    code = """
import numpy as np
from imbalance_kit._neighbors.nearest import _nearest
X = np.round(np.random.default_rng(2).normal(size=(90, 5)), 1)
Y = X.copy()
Y[::3, 2] = np.nan
with np.errstate(over="ignore"):
    for table in (X, Y):
        for path in ("all", "rows", "pairs", "leaves", "distinct"):
            print(_nearest(table, 3, algorithm=path)[1].tolist())
"""
    assert in_new_process(code, NUMBA_DISABLE_JIT="1") == in_new_process(code)


def test_no_cache_folder(tmp_path):
    """Kernels are compiled in memory where numba can write to no cache folder."""
    # A file where each folder would be: even root cannot write there.
    blocked = tmp_path / "file"
    blocked.write_text("")
    code = """
import os, numpy as np
from numba.core import caching
for name in dir(caching):
    locator = getattr(caching, name)
    if isinstance(locator, type) and hasattr(locator, "ensure_cache_path"):
        def refuse(self):
            raise OSError("read-only")
        locator.ensure_cache_path = refuse
from imbalance_kit.kernels.postings import square_lengths
lengths = square_lengths(np.array([0, 2, 3]), np.array([1.0, 2.0, 3.0]))
assert not square_lengths.stats.cache_path
print(lengths.tolist())
"""
    assert in_new_process(code, NUMBA_CACHE_DIR=str(blocked)) == "[5.0, 9.0]"


def test_read_only_installation(tmp_path):
    """The user's cache folder takes the compiled code, and a second process finds it there."""
    package = tmp_path / "imbalance_kit"
    shutil.copytree(
        pathlib.Path(imbalance_kit.__file__).parent,
        package,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    # A file where the folder would be: even root cannot write there.
    (package / "kernels" / "__pycache__").write_text("")
    code = f"""
import sys, numpy as np
sys.path.insert(0, {str(tmp_path)!r})
from imbalance_kit.kernels.postings import square_lengths
square_lengths(np.array([0, 2, 3]), np.array([1.0, 2.0, 3.0]))
print(square_lengths.stats.cache_path, sum(square_lengths.stats.cache_hits.values()))
"""
    surroundings = {
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "HOME": str(tmp_path),
        "PYTHONDONTWRITEBYTECODE": "1",
        "NUMBA_CACHE_DIR": "",
    }
    for hits in ("0", "1"):
        folder, found = in_new_process(code, **surroundings).rsplit(maxsplit=1)
        assert pathlib.Path(folder).is_relative_to(tmp_path)
        assert not pathlib.Path(folder).is_relative_to(package)
        assert found == hits


def test_rows_without_a_common_number_are_far_whatever_their_levels():
    numbers = np.array([[1.0, np.nan], [np.nan, 1.0], [5.0, np.nan], [np.nan, np.nan]])
    table = Mixed(numbers, np.array([[0], [0], [1], [0]], dtype=np.int32), np.ones(1))
    distances, indices = nearest_rows(table, 3)
    np.testing.assert_array_equal(distances[0], [33.0, np.inf, np.inf])
    np.testing.assert_array_equal(indices, [[2, 1, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]])
