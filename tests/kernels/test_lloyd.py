"""The kernels of k-means against the formulas, and compiled against plain."""

import numpy as np
import pytest
import reference
from scipy import sparse

from imbalance_kit.kernels import lloyd
from imbalance_kit.under_sampling import _kmeans
from imbalance_kit.under_sampling._kmeans import draw, k_means, means_of, n_trials, squares_between

# How seeds are found: work from which on kernels are used, rows for which products are, and
# columns from which on those of all pairs are found at once.
WAYS = {
    "compiled": (0, range(0), 64),
    "scikit-learn": (1 << 60, range(0), 64),
    "products": (1 << 60, range(3001), 64),
    "all products": (1 << 60, range(3001), 1),
}


def choose_way(monkeypatch, way):
    for name, value in zip(
        ("_WORTH_COMPILING", "_ROWS_FOR_PRODUCTS", "_ALL_PRODUCTS_FROM"), WAYS[way], strict=True
    ):
        monkeypatch.setattr(_kmeans, name, value)


def blobs(n_rows, n_columns, seed):
    rng = np.random.RandomState(seed)
    centres = 4 * rng.normal(size=(12, n_columns))
    return centres[rng.randint(12, size=n_rows)] + rng.normal(size=(n_rows, n_columns))


def squares(rows, others):
    return ((rows[:, None] - others[None]) ** 2).sum(axis=2)


def compiled(numbers):
    return _kmeans._Compiled(numbers, _kmeans._space(numbers))


@pytest.fixture(params=["compiled", "python"])
def jit(request, monkeypatch):
    """Run the kernels of k-means in the form under test."""
    if request.param == "python":
        for name in ("choose_seeds", "reassign"):
            monkeypatch.setattr(lloyd, name, getattr(lloyd, name).py_func)


@pytest.mark.usefixtures("jit")
@pytest.mark.parametrize(
    ("n_rows", "n_columns", "n_clusters"), [(2, 1, 1), (90, 2, 90), (300, 9, 30)]
)
def test_seeds(n_rows, n_columns, n_clusters, seed):
    numbers = blobs(n_rows, n_columns, seed)
    numbers -= numbers.mean(axis=0)
    search = compiled(numbers)
    seeds = search.seeds(n_clusters, np.random.RandomState(seed))
    first, shares = draw(n_rows, n_clusters, np.random.RandomState(seed))
    assert shares.shape == (n_clusters - 1, n_trials(n_clusters))
    if n_rows != n_clusters:  # there pairs tie, and rounding decides
        np.testing.assert_array_equal(seeds, reference.greedy_seeds(numbers, first, shares))
    assert len(np.unique(seeds)) == n_clusters
    apart = squares(numbers, numbers[seeds])
    np.testing.assert_array_equal(search.owner, apart.argmin(axis=1))
    np.testing.assert_allclose(search.closest, apart.min(axis=1), rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("jit")
def test_assignment_follows_the_centres(seed):
    """Whichever centres move, and however far: the nearest one is found."""
    rng = np.random.RandomState(seed)
    numbers = blobs(200, 7, seed)
    numbers -= numbers.mean(axis=0)
    search = compiled(numbers)
    seeds = search.seeds(80, rng)
    averaging = sparse.csr_array((np.ones(80), (np.arange(80), seeds)), shape=(80, 200))
    for share in (1.0, 0.3, 0.02, 0.0):
        moving = rng.uniform(size=80) < share
        marks = averaging.toarray()
        marks[moving] = 0
        for centre in np.flatnonzero(moving):
            marks[centre, rng.choice(200, size=rng.randint(1, 5), replace=False)] = 1
        averaging = sparse.csr_array(marks)
        centres = means_of(averaging, numbers)
        owner = search.assign(centres, averaging)
        np.testing.assert_array_equal(owner, squares(numbers, centres).argmin(axis=1))


@pytest.mark.parametrize("make", [np.asarray, np.round], ids=["real", "whole"])
@pytest.mark.parametrize("way", ["compiled", "products", "all products"])
def test_every_way_and_scikit_learns_agree(way, make, seed, monkeypatch):
    """As good, and the same clusters unless candidates or distances tie."""
    numbers = make(blobs(500, 6, seed))
    choose_way(monkeypatch, "scikit-learn")
    theirs = k_means(numbers, 25, np.random.RandomState(seed))
    choose_way(monkeypatch, way)
    fast = k_means(numbers, 25, np.random.RandomState(seed))
    apart = squares(numbers, fast.centres)
    to_centre = squares_between(numbers, fast.centres, fast.owner)
    np.testing.assert_allclose(to_centre, apart[np.arange(500), fast.owner], rtol=1e-9)
    if make is np.asarray:
        np.testing.assert_array_equal(fast.owner, theirs.owner)
        # Means of the same rows, added up in another order.
        np.testing.assert_allclose(fast.centres, theirs.centres, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("value", [1e-200, 1.0, 1e200])
def test_copies_and_extreme_values(way, value, monkeypatch):
    choose_way(monkeypatch, way)
    numbers = value * np.repeat(np.arange(4.0), 30)[:, None] * np.ones((1, 3))
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        found = k_means(numbers, 10, np.random.RandomState(0))
    assert found.centres.shape == (10, 3)
    assert np.isfinite(found.centres).all()
    if value == 1.0:
        assert {tuple(centre) for centre in found.centres} == {(i,) * 3 for i in range(4)}


def test_sparse_rows_give_the_clusters_of_dense_ones(seed):
    numbers = np.where(
        np.random.RandomState(seed).uniform(size=(300, 8)) < 0.5, blobs(300, 8, seed), 0
    )
    dense = k_means(numbers, 20, np.random.RandomState(seed))
    thin = k_means(sparse.csr_array(numbers), 20, np.random.RandomState(seed))
    np.testing.assert_array_equal(thin.owner, dense.owner)
    assert sparse.issparse(thin.centres)
    np.testing.assert_allclose(thin.centres.toarray(), dense.centres, rtol=1e-12, atol=1e-12)
