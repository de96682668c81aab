"""Equality in other forms: tables of other kinds, a search of the user's, published formulas.

The parity of every method on real tables is in tests/oracle; imbalanced-learn gets a RandomState
object in equal state here too.
"""

import imblearn.over_sampling
import imblearn.under_sampling
import numpy as np
import pytest
from oracle.rival import EXACT
from scipy import sparse
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.neighbors import NearestNeighbors

import imbalance_kit.over_sampling
import imbalance_kit.under_sampling
from imbalance_kit.calibration import correct_prior


def made(seed):
    return make_classification(
        n_samples=400,
        n_features=7,
        n_informative=5,
        n_classes=3,
        weights=[0.6, 0.25],
        random_state=seed,
    )


def pair(family, name, **options):
    """Ours and imbalanced-learn's, in equal state."""
    for package in (imbalance_kit, imblearn):
        sampler = getattr(getattr(package, family), name)(**options)
        if "random_state" in sampler.get_params():
            sampler.set_params(random_state=np.random.RandomState(5))
        yield sampler


MAKERS = ["SMOTE", "BorderlineSMOTE", "SVMSMOTE"]
STRATEGIES = ["minority", "not minority", "not majority", "all", {1: 300, 2: 260}]
CLEANERS = [
    "AllKNN",
    "CondensedNearestNeighbour",
    "EditedNearestNeighbours",
    "NeighbourhoodCleaningRule",
    "OneSidedSelection",
    "RepeatedEditedNearestNeighbours",
    "TomekLinks",
]
KEEPERS = ["NearMiss", "RandomUnderSampler"]


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("strategy", STRATEGIES, ids=str)
def test_strategies_of_makers(name, strategy):
    X, y = made(0)
    ours, theirs = (
        sampler.fit_resample(X, y)
        for sampler in pair("over_sampling", name, sampling_strategy=strategy)
    )
    np.testing.assert_allclose(ours[0], theirs[0], **EXACT)
    np.testing.assert_array_equal(ours[1], theirs[1])


@pytest.mark.parametrize("name", CLEANERS)
@pytest.mark.parametrize("strategy", ["majority", "not minority", "not majority", "all", [2, 1]])
def test_strategies_of_cleaners(name, strategy):
    X, y = made(0)
    y = (y + 1) % 3  # the largest class is neither the first nor the last
    if name == "CondensedNearestNeighbour":  # see tests/oracle/test_differences.py
        order = np.argsort(y, kind="stable")
        X, y = X[order], y[order]
        strategy = [0]
    ours, theirs = pair("under_sampling", name, sampling_strategy=strategy)
    np.testing.assert_array_equal(ours.fit_resample(X, y)[0], theirs.fit_resample(X, y)[0])
    np.testing.assert_array_equal(ours.sample_indices_, theirs.sample_indices_)


@pytest.mark.parametrize("name", KEEPERS)
@pytest.mark.parametrize("strategy", ["majority", "not minority", "all", {0: 120, 2: 50}], ids=str)
def test_strategies_of_keepers(name, strategy):
    X, y = made(0)
    ours, theirs = pair("under_sampling", name, sampling_strategy=strategy)
    np.testing.assert_array_equal(ours.fit_resample(X, y)[0], theirs.fit_resample(X, y)[0])
    np.testing.assert_array_equal(ours.sample_indices_, theirs.sample_indices_)


@pytest.mark.parametrize("name", [*MAKERS, "KMeansSMOTE"])
def test_float32_makers(name):
    X, y = made(2)
    options = {"kmeans_estimator": 1} if name == "KMeansSMOTE" else {}
    ours, theirs = (
        sampler.fit_resample(X.astype(np.float32), y)[0]
        for sampler in pair("over_sampling", name, **options)
    )
    assert ours.dtype == np.float32
    # rounding to 24 bits, in another order
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", MAKERS)
def test_sparse_makers(name, seed):
    X, y = made(seed)
    ours, theirs = (
        sampler.fit_resample(sparse.csr_matrix(X), y)[0] for sampler in pair("over_sampling", name)
    )
    np.testing.assert_allclose(ours.toarray(), theirs.toarray(), **EXACT)


@pytest.mark.parametrize("name", [*CLEANERS, *KEEPERS])
def test_sparse_selectors(name, seed):
    X, y = made(seed)
    order = np.argsort(y, kind="stable")
    X, y = sparse.csr_matrix(X[order]), y[order]
    options = {"sampling_strategy": [0]} if name == "CondensedNearestNeighbour" else {}
    ours, theirs = pair("under_sampling", name, **options)
    ours.fit_resample(X, y)
    theirs.fit_resample(X, y)
    np.testing.assert_array_equal(ours.sample_indices_, theirs.sample_indices_)


@pytest.mark.parametrize(
    ("family", "name", "parameter"),
    [
        ("over_sampling", "SMOTE", "k_neighbors"),
        ("over_sampling", "BorderlineSMOTE", "k_neighbors"),
        ("over_sampling", "BorderlineSMOTE", "m_neighbors"),
        ("over_sampling", "SVMSMOTE", "m_neighbors"),
        ("under_sampling", "NearMiss", "n_neighbors"),
        ("under_sampling", "EditedNearestNeighbours", "n_neighbors"),
        ("under_sampling", "RepeatedEditedNearestNeighbours", "n_neighbors"),
        ("under_sampling", "AllKNN", "n_neighbors"),
        ("under_sampling", "NeighbourhoodCleaningRule", "n_neighbors"),
    ],
)
def test_a_search_of_the_users(family, name, parameter):
    X, y = made(1)
    search = NearestNeighbors(n_neighbors=5)
    ours, theirs = (
        sampler.fit_resample(X, y)[0]
        for sampler in pair(family, name, **{parameter: clone(search)})
    )
    np.testing.assert_allclose(ours, theirs, **EXACT)


def test_smoothed_over_sampling_by_class_and_sparse(seed):
    X, y = made(seed)
    for table in (X, sparse.csr_matrix(X)):
        ours, theirs = (
            sampler.fit_resample(table, y)[0]
            for sampler in pair("over_sampling", "RandomOverSampler", shrinkage={1: 0.5, 2: 2.0})
        )
        if sparse.issparse(table):
            ours, theirs = ours.toarray(), theirs.toarray()
        np.testing.assert_allclose(ours, theirs, **EXACT)


def test_prior_correction_against_the_log_odds(seed):
    """Elkan 2001, King and Zeng 2001: the log-odds move by the difference of the prior log-odds."""
    rng = np.random.RandomState(seed)
    positive = rng.uniform(0.001, 0.999, size=200)
    before, after = rng.uniform(0.05, 0.95, size=2)

    def logit(p):
        return np.log(p) - np.log1p(-p)

    moved = logit(positive) + logit(after) - logit(before)
    ours = correct_prior(
        np.column_stack([1 - positive, positive]),
        trained_on=[1 - before, before],
        true_prior=[1 - after, after],
    )
    np.testing.assert_allclose(ours[:, 1], 1 / (1 + np.exp(-moved)), rtol=1e-9)


def test_prior_correction_against_dropped_rows(seed):
    """Dal Pozzolo et al. 2015, from the share of negatives kept."""
    rng = np.random.RandomState(seed)
    p_s = rng.uniform(size=200)
    n_negative, n_positive, kept = 9_000, 1_000, 700
    beta = kept / n_negative
    ours = correct_prior(
        np.column_stack([1 - p_s, p_s]),
        trained_on=[kept, n_positive],
        true_prior=[n_negative, n_positive],
    )
    np.testing.assert_allclose(ours[:, 1], beta * p_s / (beta * p_s - p_s + 1), rtol=1e-9)
