"""ADASYN: how many rows each row gets, exact counts, what happens without foreign neighbours."""

import warnings

import imblearn.over_sampling
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.datasets import make_classification
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import NearestNeighbors
from tables import unbalanced

from imbalance_kit.over_sampling import ADASYN, SMOTE
from imbalance_kit.over_sampling._adasyn import share_out


def made(seed):
    return make_classification(
        n_samples=300,
        n_features=6,
        n_informative=4,
        n_classes=3,
        weights=[0.6, 0.25],
        random_state=seed,
    )


def exact_shares(X, y, label, n, k=5):
    """Rows that each row of a class should get, from the definition."""
    own = np.flatnonzero(y == label)
    distances = pairwise_distances(X[own], X)
    distances[np.arange(len(own)), own] = np.inf
    near = np.argsort(distances, axis=1, kind="stable")[:, :k]
    foreign = (y[near] != label).sum(axis=1)
    return own, foreign / foreign.sum() * n


FORMS = {
    "dense": (lambda X: X, 1e-9),
    "float32": (lambda X: X.astype(np.float32), 1e-5),  # rounded to 24 bits in another order
    "csr": (sparse.csr_matrix, 1e-9),
}


@pytest.mark.parametrize("form", list(FORMS))
def test_is_imbalanced_learn_where_its_rounding_keeps_the_count(form):
    """Among 400 tables and targets there are some where rounded shares add up in every class."""
    compared = 0
    make, tolerance = FORMS[form]
    for seed in range(8):
        X, y = made(seed)
        sizes = np.bincount(y)
        for extra in range(20, 70):
            targets = {1: int(sizes[1]) + extra, 2: int(sizes[2]) + extra}
            if any(
                np.rint(exact_shares(X, y, label, extra)[1]).sum() != extra for label in targets
            ):
                continue
            one, other = np.random.RandomState(seed), np.random.RandomState(seed)
            ours, y_ours = ADASYN(random_state=one, sampling_strategy=targets).fit_resample(
                make(X), y
            )
            theirs, y_theirs = imblearn.over_sampling.ADASYN(
                random_state=other, sampling_strategy=targets
            ).fit_resample(make(X), y)
            np.testing.assert_array_equal(y_ours, y_theirs)
            if form == "csr":
                ours, theirs = ours.toarray(), theirs.toarray()
            np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)
            assert one.randint(2**31) == other.randint(2**31), "as many draws were made"
            compared += 1
    assert compared >= 3


def test_rows_are_made_where_other_classes_are_near(seed):
    X, y = made(seed)
    sampler = ADASYN(random_state=seed)
    _, y_new = sampler.fit_resample(X, y)
    assert len(set(np.bincount(y_new))) == 1
    seeds = np.bincount(sampler.sample_indices_[len(y) :], minlength=len(y))
    for label, n in sampler.sampling_strategy_.items():
        if n:
            own, exact = exact_shares(X, y, label, n)
            assert np.abs(seeds[own] - exact).max() < 1


@given(
    st.lists(st.integers(0, 8), min_size=1, max_size=40).filter(any),
    st.integers(1, 300),
    st.integers(0, 3),
)
def test_sharing_out(weight, n, seed):
    """Exact in sum, each less than one off, and numpy's rounding wherever that adds up."""
    weight = np.array(weight)
    made_rows = share_out(n, weight, np.random.RandomState(seed))
    exact = weight / weight.sum() * n
    assert made_rows.sum() == n
    assert (made_rows >= 0).all()
    assert (np.abs(made_rows - exact) < 1 + 1e-9).all()
    assert (made_rows[weight == 0] == 0).all()
    if np.rint(exact).sum() == n:
        np.testing.assert_array_equal(made_rows, np.rint(exact))


def test_ties_in_rounding_do_not_favour_the_first_rows():
    """10 of 20 equal shares: a row goes 40 times without one with chance 2**-40."""
    rng = np.random.RandomState(0)
    total = sum(share_out(10, np.ones(20), rng) for _ in range(40))
    assert total.min() > 0


def test_without_foreign_neighbours_it_is_smote(seed):
    X, y = unbalanced([40, 12])
    X = X + 100 * y[:, None]
    with pytest.warns(UserWarning, match="class 1 as SMOTE does: none of its rows") as caught:
        X_new, y_new = ADASYN(random_state=seed).fit_resample(X, y)
    assert len(caught) == 1
    np.testing.assert_array_equal(X_new, SMOTE(random_state=seed).fit_resample(X, y)[0])
    assert np.bincount(y_new).tolist() == [40, 40]


def test_a_search_of_the_users(seed):
    X, y = made(seed)
    counted = ADASYN(random_state=seed, n_neighbors=4).fit_resample(X, y)[0]
    search = NearestNeighbors(n_neighbors=5)
    searched = ADASYN(random_state=seed, n_neighbors=search).fit_resample(X, y)[0]
    np.testing.assert_allclose(counted, searched, rtol=1e-12)
    assert not hasattr(search, "n_samples_fit_")


@pytest.mark.parametrize("size", [1, 2, 5])
def test_tiny_classes(size):
    X, y = unbalanced([40, size])
    with pytest.warns(UserWarning, match=rf"Class 1 has {size} rows?,.*n_neighbors=5"):
        _, y_new = ADASYN(random_state=0).fit_resample(X, y)
    assert np.bincount(y_new).tolist() == [40, 40]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sampler = ADASYN(random_state=0, small_class="copy", sampling_strategy={1: 47})
        X_new, _ = sampler.fit_resample(X, y)
    assert (X_new[len(y) :, None] == X[y == 1]).all(axis=2).any(axis=1).all()
    with pytest.raises(ValueError, match=r"n_neighbors=5 needs at least 6"):
        ADASYN(small_class="raise").fit_resample(X, y)
