"""KMeansSMOTE: where rows are made, how many, and what happens when no cluster will do."""

import warnings
from math import log

import imblearn.over_sampling
import numpy as np
import pytest
from scipy import sparse
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.datasets import make_blobs
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import NearestNeighbors
from tables import unbalanced

from imbalance_kit.over_sampling import SMOTE, KMeansSMOTE


def blobs(seed, sizes=((100, 5), (10, 30), (20, 25), (80, 2))):
    """Clusters far apart, each with rows of both classes."""
    rng = np.random.RandomState(seed)
    X, y = [], []
    for place, (n_frequent, n_rare) in enumerate(sizes):
        spread = 0.5 + 0.5 * place
        X.append(rng.normal(size=(n_frequent + n_rare, 3)) * spread + 30 * np.eye(3)[place % 3])
        X[-1] += 30 * (place // 3)
        y.append(np.repeat([0, 1], [n_frequent, n_rare]))
    return (
        np.concatenate(X),
        np.concatenate(y),
        np.repeat(range(len(sizes)), [sum(s) for s in sizes]),
    )


def sparsity(rows):
    """Mean distance to the power of imbalanced-learn's exponent, per row."""
    size = len(rows)
    mean = pairwise_distances(rows).sum() / (size * (size - 1))
    return mean ** (log(size, 1.6) ** 1.8 * 0.16) / size


def test_is_imbalanced_learn_where_its_count_is_right():
    """It rounds up in every cluster, so that the count is right where one cluster takes all."""
    compared = 0
    for seed in range(6):
        X, y, _ = blobs(seed, sizes=((100, 5), (10, 30), (80, 2)))
        for make in (np.asarray, sparse.csr_matrix):
            for n_clusters in (None, 3, 1):
                one, other = np.random.RandomState(seed), np.random.RandomState(seed)
                options = {"kmeans_estimator": n_clusters}
                try:
                    theirs, y_theirs = imblearn.over_sampling.KMeansSMOTE(
                        random_state=other, **options
                    ).fit_resample(make(X), y)
                except RuntimeError:
                    continue
                ours, y_ours = KMeansSMOTE(random_state=one, **options).fit_resample(make(X), y)
                assert np.bincount(y_ours).tolist() == [190, 190]
                if len(y_theirs) != len(y_ours):
                    assert len(y_theirs) > len(y_ours)
                    continue
                if make is sparse.csr_matrix:
                    ours, theirs = ours.toarray(), theirs.toarray()
                np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
                assert one.randint(2**31) == other.randint(2**31), "as many draws were made"
                compared += 1
    assert compared >= 12


def test_sparser_clusters_get_more(seed):
    X, y, cluster = blobs(seed)
    sampler = KMeansSMOTE(random_state=seed, kmeans_estimator=KMeans(4, n_init=5, random_state=0))
    _, y_new = sampler.fit_resample(X, y)
    made = np.bincount(cluster[sampler.sample_indices_[len(y) :]], minlength=4)
    n = sampler.sampling_strategy_[1]
    assert made.sum() == n
    assert made[[0, 3]].tolist() == [0, 0], "less than half of these clusters is of the class"
    weight = np.array([sparsity(X[(cluster == place) & (y == 1)]) for place in (1, 2)])
    np.testing.assert_allclose(made[[1, 2]], n * weight / weight.sum(), atol=1)
    assert np.bincount(y_new).tolist() == [210, 210]


@pytest.mark.parametrize("exponent", [0.0, 1.0, 400.0])
def test_density_exponent(exponent, seed):
    """Powers that overflow a double still give shares."""
    X, y, cluster = blobs(seed)
    sampler = KMeansSMOTE(
        random_state=seed,
        kmeans_estimator=KMeans(4, n_init=5, random_state=0),
        density_exponent=exponent,
    )
    sampler.fit_resample(X * 1e3, y)
    made = np.bincount(cluster[sampler.sample_indices_[len(y) :]], minlength=4)
    log_weight = []
    for place in (1, 2):
        rows = X[(cluster == place) & (y == 1)] * 1e3
        size = len(rows)
        mean = pairwise_distances(rows).sum() / (size * (size - 1))
        log_weight.append(exponent * log(mean) - log(size))
    weight = np.exp(np.array(log_weight) - max(log_weight))
    np.testing.assert_allclose(made[[1, 2]], made.sum() * weight / weight.sum(), atol=1)


def test_new_rows_stay_in_their_cluster(seed):
    X, y, cluster = blobs(seed)
    machine = KMeans(4, n_init=5, random_state=0)
    sampler = KMeansSMOTE(random_state=seed, kmeans_estimator=machine)
    X_new, _ = sampler.fit_resample(X, y)
    assert not hasattr(machine, "cluster_centers_")
    label = machine.fit(X).predict(X_new)
    np.testing.assert_array_equal(label, label[sampler.sample_indices_])
    assert len({(a, b) for a, b in zip(cluster, label, strict=False)}) == 4


def test_the_threshold_is_lowered_where_no_cluster_reaches_it(seed):
    """Shares .05 and .1 against .5: a quarter of that is too much, an eighth (.0625) is not."""
    X, y, cluster = blobs(seed, sizes=((95, 5), (90, 10)))
    sampler = KMeansSMOTE(random_state=seed, kmeans_estimator=KMeans(2, n_init=5, random_state=0))
    with pytest.warns(UserWarning, match=r"at least 0\.5 .*lowered to 0\.0625") as caught:
        _, y_new = sampler.fit_resample(X, y)
    assert len(caught) == 1
    assert np.bincount(y_new).tolist() == [185, 185]
    assert set(cluster[sampler.sample_indices_[len(y) :]]) == {1}
    with pytest.raises(RuntimeError, match="No clusters found"):
        imblearn.over_sampling.KMeansSMOTE(kmeans_estimator=2, random_state=0).fit_resample(X, y)


@pytest.mark.parametrize("threshold", [2.0, float("inf"), float("nan"), 1.0])
def test_no_threshold_is_too_high(threshold, two_classes):
    X, y = two_classes
    sampler = KMeansSMOTE(random_state=0, kmeans_estimator=2, cluster_balance_threshold=threshold)
    with pytest.warns(UserWarning, match="is lowered to"):
        _, y_new = sampler.fit_resample(X, y)
    assert np.bincount(y_new).tolist() == [60, 60]


def test_no_cluster_with_enough_rows_is_smote(seed):
    X, y, _ = blobs(seed, sizes=((30, 2), (30, 2), (30, 2)))
    sampler = KMeansSMOTE(random_state=0, kmeans_estimator=KMeans(3, n_init=5, random_state=0))
    with pytest.warns(UserWarning, match="No cluster holds more than k_neighbors rows") as caught:
        X_new, y_new = sampler.fit_resample(X, y)
    assert len(caught) == 1
    assert np.bincount(y_new).tolist() == [90, 90]
    smote = SMOTE(random_state=0, k_neighbors=2).fit_resample(X, y)[0]
    np.testing.assert_array_equal(X_new, smote)


def test_fewer_clusters_than_asked_for():
    X, y = unbalanced([12, 5])
    X = np.repeat(X[:2], [12, 5], axis=0) + np.arange(17)[:, None] * 1e-6
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for wanted in (None, 40, MiniBatchKMeans(n_clusters=30, random_state=0)):
            sampler = KMeansSMOTE(random_state=0, kmeans_estimator=wanted)
            assert np.bincount(sampler.fit_resample(X, y)[1]).tolist() == [12, 12]
        copies = np.repeat(X[[0, -1]], [12, 5], axis=0)
        assert len(KMeansSMOTE(random_state=0).fit_resample(copies, y)[1]) == 24


@pytest.mark.parametrize("size", [1, 2])
def test_tiny_classes(size):
    X, y = unbalanced([40, size])
    with pytest.warns(UserWarning, match=rf"Class 1 has {size} rows?,") as caught:
        _, y_new = KMeansSMOTE(random_state=0).fit_resample(X, y)
    assert len(caught) == 1
    assert np.bincount(y_new).tolist() == [40, 40]


def test_an_unseeded_clusterer_follows_our_seed(two_classes):
    """And leaves the global generator alone."""
    before = np.random.get_state()[1].copy()  # noqa: NPY002 the subject
    results = [
        KMeansSMOTE(
            random_state=0, kmeans_estimator=KMeans(3, n_init=1), cluster_balance_threshold=0.0
        ).fit_resample(*two_classes)[0]
        for _ in range(2)
    ]
    np.testing.assert_array_equal(*results)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002 the subject


def test_a_search_of_the_users(seed):
    X, y, _ = blobs(seed)
    counted = KMeansSMOTE(random_state=seed, k_neighbors=2).fit_resample(X, y)[0]
    search = NearestNeighbors(n_neighbors=3)
    searched = KMeansSMOTE(random_state=seed, k_neighbors=search).fit_resample(X, y)[0]
    np.testing.assert_allclose(counted, searched, rtol=1e-12)


def test_several_classes():
    X, y = make_blobs([60, 20, 30], random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        y_new = KMeansSMOTE(random_state=0).fit_resample(X, y)[1]
    assert np.bincount(y_new).tolist() == [60, 60, 60]
