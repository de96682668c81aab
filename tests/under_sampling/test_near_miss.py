"""NearMiss: against slow versions written from the rules, and against imbalanced-learn."""

import warnings
from collections import Counter

import imblearn.under_sampling
import numpy as np
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from sklearn.datasets import make_classification
from sklearn.neighbors import NearestNeighbors

from imbalance_kit.under_sampling import NearMiss

every_version = pytest.mark.parametrize("version", [1, 2, 3])


def rows_of(sampler, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # too few neighbours or rows
        sampler.fit_resample(X, y)
    return sampler.sample_indices_.tolist()


@pytest.fixture(params=[2, 3], ids="{} classes".format)
def apart(request):
    """Data without ties."""
    return make_classification(
        n_samples=400,
        n_informative=4,
        n_classes=request.param,
        weights=[0.8] if request.param == 2 else [0.5, 0.3],
        flip_y=0.1,
        random_state=0,
    )


def best(X, y, version, k, k_first):
    """Rows in the order of the rule, as many as the smallest class has."""
    counts = Counter(y.tolist())
    small = min(sorted(counts), key=counts.get)
    minority = np.flatnonzero(y == small)

    def apart(row):
        pairs = (reference.squared_distance(X[row], [], X[m], [], []) for m in minority)
        return sorted(pair**0.5 for pair in pairs)

    kept = []
    for label in sorted(counts):
        own = np.flatnonzero(y == label)
        if label == small:
            kept += own.tolist()
            continue
        if version == 3:
            queries = X[minority], np.zeros((len(minority), 0))
            near = reference.nearest_rows(X[own], min(k_first, len(own)), queries=queries)[1]
            own = own[np.unique(near)]
        far = {row: apart(row)[-k:] if version == 2 else apart(row)[:k] for row in own.tolist()}
        sign = -1 if version == 3 else 1
        kept += sorted(far, key=lambda row, far=far, sign=sign: (sign * sum(far[row]), row))[
            : counts[small]
        ]
    return kept


@st.composite
def tables(draw):
    """One column of small whole numbers (distances and their sums are exact), many of them equal;
    missing values make infinite distances."""
    sizes = draw(st.lists(st.integers(1, 12), min_size=2, max_size=3))
    y = np.array(draw(st.permutations(np.repeat(np.arange(len(sizes)), sizes).tolist())))
    number = st.integers(-4, 4).map(float)
    if draw(st.booleans()):
        number = st.one_of(number, number, number, st.just(np.nan))
    return draw(arrays(float, (len(y), 1), elements=number, fill=number)), y


@every_version
@given(tables(), st.integers(1, 4), st.integers(1, 3))
def test_by_definition(version, table, k, k_first):
    X, y = table
    sampler = NearMiss(version=version, n_neighbors=k, n_neighbors_ver3=k_first)
    rows = rows_of(sampler, X, y)
    expected = best(X, y, version, k, k_first)
    assert rows == (sorted(expected) if len(expected) == len(y) else expected)


@every_version
@pytest.mark.parametrize("k", [1, 3, 8])
@pytest.mark.parametrize("strategy", ["auto", "majority", "all", {0: 90}], ids=str)
def test_the_rows_of_imbalanced_learn(version, k, strategy, apart):
    X, y = apart
    ours, theirs = (
        sampler(version=version, n_neighbors=k, n_neighbors_ver3=k + 1, sampling_strategy=strategy)
        for sampler in (NearMiss, imblearn.under_sampling.NearMiss)
    )
    found, expected = rows_of(ours, X, y), rows_of(theirs, X, y)
    if strategy == "all" and k == 1:  # all rows of the smallest class are at no distance to it
        found, expected = sorted(found), sorted(expected)
    assert found == expected


@pytest.mark.parametrize("n_columns", [1, 3, 40])
@pytest.mark.parametrize("k", [1, 3])
def test_the_farthest_of_a_large_table(n_columns, k):
    """Products only select pairs that may count: sums are those of all pairs, to the last bit."""
    rng = np.random.RandomState(0)
    shape = (800, n_columns)
    plain = rng.normal(size=shape)
    one_far, scales = plain.copy(), plain.copy()
    one_far[700, 0] = 1e12
    scales[::3] *= 1e-8
    minority, others = np.arange(120), np.arange(120, 800)
    for X in (
        plain,
        1e8 + plain,
        1e-30 * plain,
        rng.standard_cauchy(size=shape),
        rng.randint(3, size=shape).astype(float),  # ties
        np.repeat(plain[:20], 40, axis=0),
        np.ones(shape),
        one_far,
        scales,
    ):
        squares = np.zeros((len(others), len(minority)))
        for column in X.T:  # one after the other, as the distance is defined
            squares += (column[others, None] - column[minority]) ** 2
        farthest = np.sqrt(np.sort(squares, axis=1)[:, -k:]).cumsum(axis=1)[:, -1]
        expected = others[np.argsort(farthest, kind="stable")[: len(minority)]]
        y = np.arange(len(X)) < len(minority)
        sampler = NearMiss(version=2, n_neighbors=k)
        assert rows_of(sampler, X, y.astype(int)) == [*expected, *minority]


@every_version
def test_an_estimator_gives_what_its_number_gives(version, apart):
    X, y = apart
    search = NearestNeighbors(n_neighbors=4)
    by_estimator = NearMiss(version=version, n_neighbors=search, n_neighbors_ver3=search)
    by_number = NearMiss(version=version, n_neighbors=4, n_neighbors_ver3=4)
    assert rows_of(by_estimator, X, y) == rows_of(by_number, X, y)


def test_version_3_says_when_it_has_too_few_rows(apart):
    X, y = apart
    sampler = NearMiss(version=3, n_neighbors_ver3=1, sampling_strategy={0: 150})
    with pytest.warns(UserWarning, match=r"Class 0 was to keep 150 rows.*Raise n_neighbors_ver3"):
        _, y_new = sampler.fit_resample(X, y)
    assert (y_new == 0).sum() < 150


def test_a_smallest_class_with_fewer_rows_than_neighbours():
    X, y = np.arange(9.0)[:, None], np.array([0] * 7 + [1] * 2)
    with pytest.warns(UserWarning, match="n_neighbors=3 is more than the 2 rows"):
        _, y_new = NearMiss().fit_resample(X, y)
    assert y_new.tolist() == [0, 0, 1, 1]


@every_version
def test_sparse_tables_give_the_rows_of_dense_ones(version, apart, monkeypatch):
    X, y = apart
    X = np.where(X > 0.4, X, 0.0)
    sampler = NearMiss(version=version)
    dense = rows_of(sampler, X, y)
    assert rows_of(sampler, sparse.csr_matrix(X), y) == dense
    monkeypatch.setattr("imbalance_kit._tables.points._SMALL_TABLE", 0)
    assert rows_of(sampler, sparse.csr_matrix(np.hstack([X, 0.0 * X, 0.0 * X])), y) == dense


def test_copies_keep_their_order():
    X = np.repeat([[0.0], [3.0], [9.0]], [20, 20, 4], axis=0)
    y = np.repeat([0, 1], [40, 4])
    for version in (1, 2):
        assert rows_of(NearMiss(version=version), X, y)[:4] == [20, 21, 22, 23]
