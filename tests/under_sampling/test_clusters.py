"""ClusterCentroids and SubclassUnderSampler: what is special to them."""

import imblearn.under_sampling
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loops import looped
from scipy import sparse
from sklearn.cluster import DBSCAN, KMeans, MiniBatchKMeans, kmeans_plusplus
from sklearn.datasets import make_classification

from imbalance_kit.under_sampling import ClusterCentroids, SubclassUnderSampler, _kmeans
from imbalance_kit.under_sampling._clusters import _modes, _nearest_free_rows, shares_of_parts
from imbalance_kit.under_sampling._kmeans import Clusters


def table(seed, n_rows=600, weights=(0.7, 0.2)):
    return make_classification(
        n_samples=n_rows,
        n_features=6,
        n_informative=4,
        n_classes=3,
        weights=list(weights),
        random_state=seed,
    )


@pytest.mark.parametrize(
    "work",
    [pytest.param(0, marks=pytest.mark.exhaustive), 1 << 60],
    ids=["compiled", "plain"],
)
@pytest.mark.parametrize("estimator", [None, KMeans(n_init=1, random_state=3)], ids=str)
def test_equal_to_imbalanced_learn(work, estimator, seed, monkeypatch):
    monkeypatch.setattr(_kmeans, "_WORTH_COMPILING", work)
    X, y = table(seed)
    one, other = np.random.RandomState(seed), np.random.RandomState(seed)
    ours = ClusterCentroids(random_state=one, estimator=estimator)
    theirs = imblearn.under_sampling.ClusterCentroids(random_state=other, estimator=estimator)
    (X_ours, y_ours), (X_theirs, y_theirs) = ours.fit_resample(X, y), theirs.fit_resample(X, y)
    np.testing.assert_allclose(X_ours, X_theirs, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(y_ours, y_theirs)


@looped("table", [(2, 1, 2), (40, 3, 7), (300, 9, 60), (50, 2, 50)])
@looped("decimals", [0, 12])
def test_seeds_are_those_of_scikit_learn(table, decimals, seed):
    n_rows, n_columns, n_clusters = table
    X = np.round(np.random.default_rng(seed).normal(size=(n_rows, n_columns)), decimals)
    ours, theirs = np.random.RandomState(seed), np.random.RandomState(seed)
    seeds = _kmeans.Products(X).seeds(n_clusters, ours)
    expected = kmeans_plusplus(X, n_clusters, random_state=theirs)[1]
    np.testing.assert_array_equal(seeds, expected)
    assert ours.uniform() == theirs.uniform()  # as many draws


def test_which_tables_spread_evenly(seed):
    """All far from the threshold, on one side or the other."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(1500, 150))
    plane = rng.normal(size=(1500, 5)) @ rng.normal(size=(5, 150))
    clusters = 3.0 * rng.normal(size=(30, 150))[rng.integers(0, 30, 1500)]
    assert _kmeans.spreads_evenly(noise)
    assert _kmeans.spreads_evenly(rng.uniform(-1, 1, size=(400, 300)))
    for structure in (plane, clusters, 10.0 * noise * (np.arange(150) < 5)):
        X = noise + structure
        assert not _kmeans.spreads_evenly(X - X.mean(axis=0))
    assert not _kmeans.spreads_evenly(np.zeros((40, 150)))


def test_wide_tables_without_structure_are_left_to_scikit_learn(monkeypatch):
    monkeypatch.setattr(_kmeans, "_WORTH_COMPILING", 0)
    monkeypatch.setattr(_kmeans, "_space", lambda numbers: pytest.fail("the kernels were asked"))
    X = np.random.default_rng(0).normal(size=(300, 140))
    _kmeans.k_means(X, 20, np.random.RandomState(0))
    with pytest.raises(pytest.fail.Exception, match="the kernels were asked"):
        _kmeans.k_means(X[:, :100], 20, np.random.RandomState(0))


@pytest.mark.parametrize("rows", [range(0), range(301)], ids=["compiled", "products"])
def test_inertia_on_data_with_ties(rows, seed, monkeypatch):
    """Whole numbers tie everywhere; equally good seeds lead to within a few per cent.

    Mean of 10 seeds on 300 rows in 25 clusters; the spread of a single one is about 2 %."""
    monkeypatch.setattr(_kmeans, "_WORTH_COMPILING", 0)
    monkeypatch.setattr(_kmeans, "_ROWS_FOR_PRODUCTS", rows)
    X = np.random.RandomState(seed).randint(0, 4, size=(300, 6)).astype(float)
    ours, theirs = [], []
    for start in range(10):
        found = _kmeans.k_means(X, 25, np.random.RandomState(start))
        ours.append(_kmeans.squares_between(X, found.centres, found.owner).sum())
        theirs.append(KMeans(25, n_init=1, random_state=start + 100).fit(X).inertia_)
    assert np.mean(ours) < 1.03 * np.mean(theirs)


def test_hard_voting_takes_each_row_once():
    """Two centroids with the same nearest row: imbalanced-learn gives it twice."""
    rows = np.array([[0.0], [1.0], [1.1], [10.0], [30.0]])
    found = Clusters(np.array([[0.9], [1.02], [9.0]]), np.array([0, 1, 1, 2, 2]))
    assert _nearest_free_rows(rows, found).tolist() == [2, 1, 3]
    assert _nearest_free_rows(rows[[0, 1, 1]], found).tolist() == [2, 1, 0]


def test_hard_voting_on_copies():
    X = np.repeat(np.arange(6.0), [40, 2, 2, 2, 2, 12])[:, None]
    y = np.repeat([0, 1], [48, 12])
    sampler = ClusterCentroids(random_state=0, voting="hard")
    sampler.fit_resample(X, y)
    assert len(np.unique(sampler.sample_indices_)) == 24


def test_soft_voting_on_copies_keeps_the_count():
    X = np.repeat(np.arange(4.0), [30, 5, 5, 20])[:, None]
    y = np.repeat([0, 1], [40, 20])
    X_new, y_new = ClusterCentroids(random_state=0).fit_resample(X, y)
    assert np.bincount(y_new).tolist() == [20, 20]
    assert set(X_new[y_new == 0].ravel()) == {0.0, 1.0, 2.0}


def test_centroids_of_mixed_columns_with_gaps():
    rng = np.random.RandomState(0)
    part = np.repeat([0, 1, 2], [20, 20, 8])
    frame = pd.DataFrame(
        {
            "size": 100.0 * part + rng.normal(size=48),
            "gap": np.where(part == 0, np.nan, 1.0 * part),
            "word": pd.Categorical(np.array(["a", "b", "c"])[part]),
        }
    )
    frame.loc[[0, 1], "word"] = "b"
    frame.loc[20:25, "gap"] = np.nan
    y = (part == 2).astype(int)
    new, _ = ClusterCentroids(random_state=0, sampling_strategy={0: 2}).fit_resample(frame, y)
    new = new[:2].sort_values("size")
    np.testing.assert_allclose(new["size"], frame["size"].groupby(part).mean()[:2])
    assert np.isnan(new["gap"].iloc[0])
    assert new["gap"].iloc[1] == 1.0
    assert new["word"].tolist() == ["a", "b"]


def test_gaps_in_sparse_tables_are_those_of_dense_ones(seed):
    X, y = table(seed)
    X[np.random.RandomState(seed).uniform(size=X.shape) < 0.3] = np.nan
    X[X < -0.5] = 0.0
    sampler = ClusterCentroids(random_state=seed, voting="soft")
    dense, thin = sampler.fit_resample(X, y)[0], sampler.fit_resample(sparse.csr_array(X), y)[0]
    np.testing.assert_allclose(thin.toarray(), dense, rtol=1e-9, atol=1e-9)


def test_sparse_tables_are_not_made_dense(seed):
    rng = np.random.RandomState(seed)
    cells = (rng.uniform(size=900), (rng.randint(400, size=900), rng.randint(2_000_000, size=900)))
    wide = sparse.csr_array(cells, shape=(400, 2_000_000))
    y = np.repeat([0, 1], [350, 50])
    for voting in ("auto", "soft"):
        sampler = ClusterCentroids(random_state=0, voting=voting)
        new, _ = sampler.fit_resample(wide, y)
        assert new.shape == (100, 2_000_000)


@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 2**31))
def test_modes(n_clusters, n_levels, seed):
    rng = np.random.RandomState(seed)
    owner = np.concatenate([np.arange(n_clusters), rng.randint(n_clusters, size=12)])
    codes = rng.randint(-1, n_levels, size=(len(owner), 2)).astype(np.int32)
    modes = _modes(codes, Clusters(np.empty((n_clusters, 0)), owner))
    for cluster in range(n_clusters):
        for column in range(2):
            levels, votes = np.unique(codes[owner == cluster, column], return_counts=True)
            assert modes[cluster, column] == levels[votes.argmax()]


@pytest.mark.parametrize(
    ("estimator", "message"),
    [(DBSCAN(), "fit.*predict|n_clusters"), (MiniBatchKMeans(n_init=1), None)],
    ids=str,
)
def test_other_clusterers(estimator, message):
    X, y = table(0)
    sampler = ClusterCentroids(estimator=estimator, random_state=0)
    if message is None:
        first, again = sampler.fit_resample(X, y)[0], sampler.fit_resample(X, y)[0]
        np.testing.assert_array_equal(first, again)
    else:
        with pytest.raises(ValueError, match=message):
            sampler.fit_resample(X, y)


def test_a_clusterer_that_finds_fewer_is_refused():
    class Fewer(KMeans):
        def fit(self, X, y=None, sample_weight=None):
            super().fit(X)
            self.cluster_centers_ = self.cluster_centers_[:-1]
            return self

    X, y = table(0)
    with pytest.raises(ValueError, match=r"was to find \d+ cluster_centers_ and left"):
        ClusterCentroids(estimator=Fewer(n_init=1)).fit_resample(X, y)


@pytest.mark.parametrize("expected", [ValueError, RuntimeError])
def test_a_clusterer_that_leaves_no_centres_is_either_error(expected):
    class Without(KMeans):
        def fit(self, X, y=None, sample_weight=None):
            super().fit(X)
            del self.cluster_centers_
            return self

    with pytest.raises(expected, match=r"`cluster_centers_`, such as .*; Without has none"):
        ClusterCentroids(estimator=Without(n_init=1)).fit_resample(*table(0))


@pytest.mark.parametrize(
    ("voting", "make", "expected"),
    [
        ("auto", np.asarray, "soft"),
        ("auto", pd.DataFrame, "soft"),
        ("auto", sparse.csr_matrix, "hard"),
        ("auto", sparse.csc_array, "hard"),
        ("hard", np.asarray, "hard"),
        ("soft", sparse.csr_array, "soft"),
    ],
)
def test_the_voting_can_be_read(voting, make, expected):
    X, y = table(0, 90)
    sampler = ClusterCentroids(voting=voting, random_state=0)
    sampler.fit_resample(make(X), y)
    assert sampler.voting_ == expected
    assert not hasattr(sampler, "estimator_")


def test_the_clusterer_is_that_of_the_last_class():
    X, y = table(0, 90)
    given = KMeans(n_init=1, random_state=3)
    sampler = ClusterCentroids(estimator=given)
    X_res, y_res = sampler.fit_resample(X, y)
    last = max(sampler.sampling_strategy_)
    assert not hasattr(given, "cluster_centers_")
    np.testing.assert_allclose(sampler.estimator_.cluster_centers_, X_res[y_res == last])
    sampler.set_params(estimator=None).fit_resample(X, y)
    assert not hasattr(sampler, "estimator_")


# --- subclasses ------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12), st.floats(0, 1))
def test_shares_of_parts(sizes, share):
    sizes = np.array([*sizes, 1])
    n = max(1, int(share * sizes.sum()))
    shares = shares_of_parts(sizes, n)
    assert shares.sum() == n
    assert (shares <= sizes).all()
    present = sizes > 0
    if n >= present.sum():
        assert (shares[present] >= 1).all()
    exact = n * sizes / sizes.sum()
    assert (shares[exact >= 1] >= 1).all()
    if (exact[present] >= 1).all():
        assert (np.abs(shares - exact) < 1).all()


@pytest.mark.parametrize("selection", ["random", "central"])
def test_every_part_is_represented(selection, seed):
    """Nine rows far away among 600 are always there; a draw of 30 rows would lose all of them
    with probability (1 - 9/609)**30 > 0.6."""
    rng = np.random.RandomState(seed)
    far = rng.normal(size=(9, 2)) + 100
    X = np.concatenate([rng.normal(size=(600, 2)), far, rng.normal(size=(30, 2)) + 3])
    y = np.repeat([0, 0, 1], [600, 9, 30])
    sampler = SubclassUnderSampler(random_state=seed, selection=selection)
    sampler.fit_resample(X, y)
    kept = sampler.sample_indices_
    assert np.isin(kept, np.arange(600, 609)).any()
    assert (y[kept] == 0).sum() == 30


def test_central_rows_are_the_nearest_to_the_centre():
    X = np.array([0.0, 1, 2, 3, 4, 100, 101, 102, 103, 104, 50, 51])[:, None]
    y = np.repeat([0, 1], [10, 2])
    sampler = SubclassUnderSampler(random_state=0, n_parts=2, selection="central")
    sampler.fit_resample(X, y)
    assert sampler.sample_indices_.tolist() == [2, 7, 10, 11]


def test_one_part_is_a_plain_draw(seed):
    X, y = table(seed)
    sampler = SubclassUnderSampler(random_state=seed, n_parts=1)
    _, y_new = sampler.fit_resample(X, y)
    assert len(set(np.bincount(y_new))) == 1


def test_more_parts_than_rows():
    X, y = table(0, n_rows=100)
    _, y_new = SubclassUnderSampler(random_state=0, n_parts=1000).fit_resample(X, y)
    assert len(set(np.bincount(y_new))) == 1
