"""SMOTENC and SMOTEN: votes, the value difference metric, containers, many levels."""

import tracemalloc
import warnings

import imblearn.over_sampling
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from sklearn.datasets import make_classification
from sklearn.exceptions import DataConversionWarning
from sklearn.neighbors import NearestNeighbors
from tables import unbalanced

from imbalance_kit._sampling.plans import Plan, realise
from imbalance_kit._tables.points import Mixed
from imbalance_kit.kernels.ballots import first_of_rows, tally
from imbalance_kit.over_sampling import SMOTE, SMOTEN, SMOTENC, _nominal


def made(n_classes, seed, n_samples=300):
    weights = {2: [0.85], 3: [0.6, 0.25], 5: [0.4, 0.3, 0.15, 0.1]}[n_classes]
    return make_classification(
        n_samples=n_samples,
        n_features=7,
        n_informative=5,
        n_classes=n_classes,
        weights=weights,
        random_state=seed,
    )


# --- votes -----------------------------------------------------------------------------------


@given(
    arrays(
        np.int32,
        st.tuples(st.integers(1, 8), st.integers(1, 7)),
        elements=st.integers(-1, 4),
    )
)
def test_tally_is_counting(ballots):
    rows, codes = tally(ballots)
    expected = []
    for row, votes in enumerate(ballots.tolist()):
        most = max(map(votes.count, votes))
        winners = {code for code in votes if votes.count(code) == most}
        expected += [(row, code) for code in sorted(winners, key=lambda code: (code < 0, code))]
    assert list(zip(rows.tolist(), codes.tolist(), strict=True)) == expected
    assert rows[first_of_rows(rows)].tolist() == list(range(len(ballots)))


def test_ties_between_votes_are_broken_evenly():
    """4000 draws between two levels: a deviation of 6 standard deviations has chance 2e-9."""
    codes = np.array([[0], [1], [2]], dtype=np.int32)
    X = Mixed(np.empty((3, 0)), codes, np.ones(1))
    seeds = np.zeros(4000, dtype=np.int64)
    voters = np.tile([1, 2], (4000, 1))
    plan = Plan(seed=seeds, partner=seeds, gap=np.zeros(4000), voters=voters)
    levels = realise(X, plan, np.random.RandomState(0)).category_codes[:, 0]
    assert set(levels) == {1, 2}
    assert abs((levels == 1).sum() - 2000) < 6 * np.sqrt(1000)


def test_votes_take_memory_in_proportion_to_the_ballots():
    n, k = 2000, 200
    codes = np.random.RandomState(0).randint(50, size=(n, 2)).astype(np.int32)
    X = Mixed(np.empty((n, 0)), codes, np.ones(2))
    voters = np.random.RandomState(1).randint(n, size=(n, k))
    plan = Plan(np.arange(n), np.arange(n), np.zeros(n), voters)
    tracemalloc.start()
    realise(X, plan, np.random.RandomState(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * n * k


# --- SMOTENC ---------------------------------------------------------------------------------


@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_smotenc_is_imbalanced_learn(n_classes, dtype, seed):
    X, y = made(n_classes, seed)
    rng = np.random.RandomState(seed)
    nominal = [1, 3, 6]
    for column, n_levels in zip(nominal, (4, 2, 9), strict=True):
        X[:, column] = rng.randint(n_levels, size=len(y))
    X = X.astype(dtype)
    one, other = np.random.RandomState(seed), np.random.RandomState(seed)
    ours, y_ours = SMOTENC(nominal, random_state=one).fit_resample(X, y)
    theirs, y_theirs = imblearn.over_sampling.SMOTENC(nominal, random_state=other).fit_resample(
        X, y
    )
    np.testing.assert_array_equal(y_ours, y_theirs)
    np.testing.assert_array_equal(ours[:, nominal], theirs[:, nominal])
    tolerance = 1e-9 if dtype is np.float64 else 1e-5
    np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
    assert one.randint(2**31) == other.randint(2**31), "as many draws were made"


def test_smotenc_where_half_of_the_numbers_are_constant(seed):
    """The median deviation is 0, so nominal columns do not count; they are voted on still."""
    X, y = made(2, seed)
    X[:, :4] = 7.0
    X[:, 6] = np.random.RandomState(seed).randint(3, size=len(y))
    one, other = np.random.RandomState(seed), np.random.RandomState(seed)
    ours, _ = SMOTENC([6], random_state=one).fit_resample(X, y)
    theirs, _ = imblearn.over_sampling.SMOTENC([6], random_state=other).fit_resample(X, y)
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_smotenc_is_smote_that_was_told_the_columns():
    X, y = unbalanced([60, 20])
    words = np.random.RandomState(0).choice(list("xyz"), size=80)
    frame = pd.DataFrame(X).rename(columns=str).assign(word=words)
    expected = SMOTE(random_state=0).fit_resample(frame, y)[0]
    for columns in (["word"], [4], [False] * 4 + [True], "auto"):
        new = SMOTENC(columns, random_state=0).fit_resample(frame, y)[0]
        pd.testing.assert_frame_equal(new, expected)


def test_smotenc_with_nominal_columns_alone_and_without():
    rng = np.random.RandomState(0)
    y = np.repeat([0, 1], [30, 12])
    nominal = rng.randint(3, size=(42, 4))
    new, y_new = SMOTENC([0, 1, 2, 3], random_state=0).fit_resample(nominal, y)
    assert np.bincount(y_new).tolist() == [30, 30]
    assert set(np.unique(new)) <= {0, 1, 2}
    numbers = rng.normal(size=(42, 4))
    np.testing.assert_array_equal(
        SMOTENC("auto", random_state=0).fit_resample(numbers, y)[0],
        SMOTE(random_state=0).fit_resample(numbers, y)[0],
    )


def test_a_column_of_many_levels_costs_little_memory():
    rng = np.random.RandomState(0)
    n = 5000
    X = np.column_stack([rng.normal(size=(n, 5)), rng.randint(n // 2, size=n)])
    y = (rng.uniform(size=n) < 0.1).astype(int)
    tracemalloc.start()
    SMOTENC([5], random_state=0).fit_resample(X, y)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


# --- SMOTEN ----------------------------------------------------------------------------------


def binned(n_classes, seed, n_levels=30):
    """Words in place of numbers, with so many levels that few distances tie."""
    X, y = made(n_classes, seed)
    edges = np.quantile(X, np.linspace(0, 1, n_levels), axis=0)
    return np.column_stack(
        [np.digitize(column, edge) for column, edge in zip(X.T, edges.T, strict=True)]
    ), y


def value_differences(X, y):
    """Value difference metric of all pairs, and the shares, from the definition."""
    labels = np.unique(y)
    total = np.zeros((len(X), len(X)))
    for column in X.T:
        shares = np.array(
            [[np.mean(y[column == cell] == label) for label in labels] for cell in column]
        )
        total += np.abs(shares[:, None] - shares[None]).sum(axis=2) ** 2
    return total


def new_row_of_each(X, y, label, k):
    """The row that each row of a class gives; None where the k-th neighbour is not certain."""
    own = np.flatnonzero(y == label)
    distances = value_differences(X, y)[np.ix_(own, own)]
    np.fill_diagonal(distances, np.inf)
    rows = {}
    for place, row in enumerate(own):
        order = np.argsort(distances[place], kind="stable")
        near = distances[place][order]
        if near[k] - near[k - 1] > 1e-9:
            voters = X[np.append(row, own[order[:k]])]
            rows[row] = [
                min(set(votes), key=lambda level: (-votes.count(level), level))
                for votes in voters.T.tolist()
            ]
    return rows


@pytest.mark.parametrize("numpy_only", [True, False], ids=["numpy", "kernel"])
@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_smoten_is_the_definition(n_classes, numpy_only, seed, monkeypatch):
    monkeypatch.setattr(_nominal, "_SMALL_WORK", np.inf if numpy_only else 0)
    X, y = binned(n_classes, seed, n_levels=12)
    sampler = SMOTEN(random_state=seed, k_neighbors=4)
    X_new, y_new = sampler.fit_resample(X, y)
    checked = 0
    for label in np.unique(y):
        expected = new_row_of_each(X, y, label, 4)
        for place in np.flatnonzero(y_new == label):
            seed_row = sampler.sample_indices_[place]
            if place >= len(y) and seed_row in expected:
                assert X_new[place].tolist() == expected[seed_row]
                checked += 1
    assert checked > 50


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_smoten_is_imbalanced_learn(n_classes, seed):
    """Rows of which the k-th neighbour ties differ: there the order of its search decides."""
    X, y = binned(n_classes, seed)
    one, other = np.random.RandomState(seed), np.random.RandomState(seed)
    sampler = SMOTEN(random_state=one)
    ours, y_ours = sampler.fit_resample(X, y)
    theirs, y_theirs = imblearn.over_sampling.SMOTEN(random_state=other).fit_resample(X, y)
    np.testing.assert_array_equal(y_ours, y_theirs)
    assert one.randint(2**31) == other.randint(2**31), "as many draws were made"
    certain = set(range(len(y)))
    for label in np.unique(y):
        certain -= set(np.flatnonzero(y == label)) - set(new_row_of_each(X, y, label, 5))
    same = np.isin(sampler.sample_indices_, list(certain))
    same[: len(y)] = True
    assert same.mean() > 0.9
    np.testing.assert_array_equal(ours[same], theirs[same])


def test_numpy_and_the_kernel_agree_to_the_bit(monkeypatch):
    """Few levels, so that nearly every distance ties."""
    rng = np.random.RandomState(0)
    X, y = rng.randint(3, size=(400, 6)), rng.choice(4, p=[0.5, 0.3, 0.15, 0.05], size=400)
    results = []
    for small_work in (np.inf, 0):
        monkeypatch.setattr(_nominal, "_SMALL_WORK", small_work)
        monkeypatch.setattr(_nominal, "_BLOCK_ELEMENTS", 1000)
        results.append(SMOTEN(random_state=0).fit_resample(X, y)[0])
    np.testing.assert_array_equal(*results)


MAKERS = {
    "int64": lambda X: X,
    "int8": lambda X: X.astype(np.int8),
    "bool": lambda X: X % 2 == 0,
    "float32": lambda X: X.astype(np.float32),
    "halves": lambda X: X / 2 + 0.25,
    "far apart": lambda X: X * 10**12 - 2**53 * 100,
    "objects": lambda X: X.astype(object),
    "strings": lambda X: X.astype(str),
    "pandas": lambda X: pd.DataFrame(X).rename(columns=str),
    "pandas categories": lambda X: pd.DataFrame(X).rename(columns=str).astype("category"),
    "polars": lambda X: pl.DataFrame(X.astype(str), schema=[f"c{j}" for j in range(X.shape[1])]),
    "pyarrow": lambda X: pa.table({f"c{j}": column for j, column in enumerate(X.T)}),
    "csr": sparse.csr_matrix,
    "csc": sparse.csc_array,
}


@pytest.mark.parametrize("name", list(MAKERS))
@pytest.mark.parametrize("n_classes", [2, 3])
def test_smoten_reads_everything(name, n_classes):
    """Digits have one order as numbers and as words, so the rows are the same."""
    rng = np.random.RandomState(0)
    X, y = rng.randint(5, size=(90, 4)), np.repeat(np.arange(n_classes), 90 // n_classes)
    y[:20] = n_classes - 1
    table = MAKERS[name](X)
    plain, sampler = SMOTEN(random_state=0), SMOTEN(random_state=0)
    expected, _ = plain.fit_resample(X, y)
    new, _ = sampler.fit_resample(table, y)
    assert type(new) is type(table)
    np.testing.assert_array_equal(sampler.sample_indices_, plain.sample_indices_)
    if name == "bool":
        assert new.dtype == bool  # two levels, so other neighbours
        return
    same = MAKERS[name](expected)
    if isinstance(new, pd.DataFrame):
        pd.testing.assert_frame_equal(new, same)
    elif sparse.issparse(new):
        np.testing.assert_array_equal(new.toarray(), expected)
        assert new.dtype == table.dtype
    elif isinstance(new, np.ndarray):
        assert new.dtype == table.dtype
        np.testing.assert_array_equal(new, same)
    else:
        assert new.equals(same)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_smoten_takes_missing_values_as_a_level(n_classes):
    """A level that holds every missing value, behind all others in order."""
    rng = np.random.RandomState(0)
    X, y = (
        rng.randint(4, size=(90, 4)).astype(float),
        np.repeat(np.arange(n_classes), 90 // n_classes),
    )
    y[:20] = n_classes - 1
    expected = SMOTEN(random_state=0).fit_resample(X, y)[0]
    expected[expected == 3] = np.nan
    X[X == 3] = np.nan
    np.testing.assert_array_equal(SMOTEN(random_state=0).fit_resample(X, y)[0], expected)
    new = SMOTEN(random_state=0).fit_resample(pd.DataFrame(X).rename(columns=str), y)[0]
    np.testing.assert_array_equal(new.to_numpy(), expected)
    new = SMOTEN(random_state=0).fit_resample(sparse.csr_array(X), y)[0]
    np.testing.assert_array_equal(new.toarray(), expected)


@pytest.mark.parametrize("make", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
def test_smoten_warns_once_that_a_sparse_table_becomes_dense(make):
    X, y = binned(3, 0)
    with pytest.warns(DataConversionWarning, match=rf"{len(X)} x {X.shape[1]} dense") as found:
        SMOTEN(random_state=0).fit_resample(make(X), y)
    assert len(found) == 1
    assert found[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        SMOTEN(random_state=0).fit_resample(X, y)
        SMOTEN(random_state=0).fit(make(X), y)


def test_smoten_with_a_search_of_the_users(seed):
    X, y = binned(2, seed)
    counted = SMOTEN(random_state=seed, k_neighbors=4).fit_resample(X, y)[0]
    search = NearestNeighbors(n_neighbors=5)
    searched = SMOTEN(random_state=seed, k_neighbors=search).fit_resample(X, y)[0]
    assert (counted == searched).all(axis=1).mean() > 0.95  # but for ties
    X, y = binned(3, seed)
    _, y_new = SMOTEN(random_state=seed, k_neighbors=search).fit_resample(X, y)
    assert len(set(np.bincount(y_new))) == 1


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("size", [1, 2, 5])
def test_tiny_classes(size, n_classes):
    rng = np.random.RandomState(0)
    sizes = [40, size] if n_classes == 2 else [40, size, 20]
    y = np.repeat(np.arange(n_classes), sizes)
    X = rng.randint(3, size=(len(y), 3))
    with pytest.warns(UserWarning, match=rf"Class 1 has {size} rows?,"):
        _, y_new = SMOTEN(random_state=0).fit_resample(X, y)
    assert np.bincount(y_new).tolist() == [40] * n_classes
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        new, y_new = SMOTEN(random_state=0, small_class="copy").fit_resample(X, y)
    assert (new[y_new == 1][:, None] == X[y == 1]).all(axis=2).any(axis=1).all()


def test_infinite_levels_and_dates_are_refused(two_classes):
    X, y = two_classes
    frame = pd.DataFrame(X).rename(columns=str)
    frame.iloc[3, 1] = np.inf
    with pytest.raises(ValueError, match="'1' of X contains infinity"):
        SMOTEN().fit_resample(frame, y)
    frame = pd.DataFrame(X).rename(columns=str).assign(day=pd.Timestamp("2020-01-01"))
    with pytest.raises(ValueError, match="'day' of X holds times"):
        SMOTEN().fit_resample(frame, y)


def test_smotenc_says_which_columns_and_what_a_mismatch_counts():
    rng = np.random.RandomState(0)
    X = pd.DataFrame({"word": rng.choice(["a", "b"], 40), "x": rng.normal(size=40), "z": 3.0})
    X["w"] = 5 * X["x"]
    y = np.repeat(["common", "rare"], [30, 10])
    sampler = SMOTENC("auto", random_state=0)
    sampler.fit_resample(X, y)
    assert sampler.categorical_features_.tolist() == [0]
    assert sampler.continuous_features_.tolist() == [1, 2, 3]
    expected = np.median(np.std(X.loc[y == "rare", ["x", "z", "w"]].to_numpy(), axis=0))
    assert list(sampler.median_std_) == ["rare"]
    np.testing.assert_allclose(sampler.median_std_["rare"], expected)
    for table, positions in ((X[["word"]], [0]), (X[["x", "w"]], [])):
        sampler.fit_resample(table, y)
        assert sampler.categorical_features_.tolist() == positions
        assert sampler.median_std_["rare"] >= 0
