"""ProWSyn and SMOBD: levels, densities, and how often rows are drawn by them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse, stats
from tables import unbalanced

from imbalance_kit.over_sampling import SMOBD, SMOTE, ProWSyn
from imbalance_kit.over_sampling._density_weighted import count_within
from over_sampling.marked import nearest_to, resample_marked


def levels_by_definition(X, y, label, k, n_levels):
    """Sets of rows of the class, nearest to the other classes first."""
    left, levels = np.flatnonzero(y == label).tolist(), []
    while left and len(levels) < n_levels - 1:
        pointed = set()
        for row in np.flatnonzero(y != label):
            pointed.update(left[i] for i in nearest_to(X[row], X[left], k))
        levels.append(sorted(pointed))
        left = [row for row in left if row not in pointed]
    return [*levels, left] if left else levels


def two_groups(seed, n_rare=30, n_frequent=200):
    rng = np.random.RandomState(seed)
    X = np.concatenate([rng.normal(size=(n_frequent, 2)), rng.normal(1.5, 1, size=(n_rare, 2))])
    return X, np.repeat([0, 1], [n_frequent, n_rare])


@pytest.mark.parametrize("n_levels", [2, 3, 9])
def test_levels_and_how_often_they_are_drawn(seed, n_levels):
    """Chi-squared test of about 4000 draws; threshold 1e-7."""
    X, y = two_groups(seed)
    theta = 0.7
    sampler = ProWSyn(
        sampling_strategy={1: 4000},
        random_state=seed,
        n_neighbors=2,
        n_levels=n_levels,
        theta=theta,
    )
    seeds, partners, _ = resample_marked(sampler, X, y)
    levels = levels_by_definition(X, y, 1, 2, n_levels)
    level = np.empty(30, int)
    for i, rows in enumerate(levels):
        level[np.array(rows) - 200] = i
    assert (level[seeds] == level[partners]).all()
    assert (seeds != partners).all()
    weight = np.exp(-theta * np.arange(len(levels))) * [len(rows) > 1 for rows in levels]
    drawn = np.bincount(level[seeds], minlength=len(levels))
    assert (drawn[weight == 0] == 0).all()
    expected = weight[weight > 0] / weight.sum() * drawn.sum()
    assert stats.chisquare(drawn[weight > 0], expected).pvalue > 1e-7


def test_rows_and_pairs_of_a_level_are_as_likely_as_others():
    """Chi-squared test of 6000 draws over 20 ordered pairs; threshold 1e-7."""
    X, y = two_groups(0, n_rare=5, n_frequent=50)
    sampler = ProWSyn(sampling_strategy={1: 6005}, random_state=0, n_levels=1, small_class="shrink")
    with pytest.warns(UserWarning, match="too few for n_neighbors=5"):
        seeds, partners, _ = resample_marked(sampler, X, y)
    pairs = np.bincount(seeds * 5 + partners, minlength=25).reshape(5, 5)
    assert (np.diag(pairs) == 0).all()
    assert stats.chisquare(pairs[~np.eye(5, dtype=bool)]).pvalue > 1e-7


def test_steep_weights_do_not_vanish():
    """exp(-1000 i) is 0 in floating point; the first level that can be drawn gets everything."""
    X = np.array([[-1.0], [0.0], [1.0], [1.1], [5.0], [5.1]])
    y = np.array([0, 1, 1, 1, 1, 1])
    # levels: 0.0 alone; 1.0 alone; the rest
    sampler = ProWSyn(
        sampling_strategy={1: 50}, random_state=0, n_neighbors=1, n_levels=3, theta=1000.0
    )
    seeds, partners, _ = resample_marked(sampler, X, y)
    assert set(seeds) | set(partners) == {2, 3, 4}


def test_levels_of_one_row_each_are_taken_together():
    X = np.array([[-1.0]] * 8 + [[0.0], [1.0], [2.0]])
    y = np.repeat([0, 1], [8, 3])
    sampler = ProWSyn(sampling_strategy={1: 60}, random_state=0, n_neighbors=1, n_levels=3)
    seeds, partners, _ = resample_marked(sampler, X, y)
    assert set(zip(seeds, partners, strict=True)) == {
        (a, b) for a in range(3) for b in range(3) if a != b
    }


def density_by_definition(X, k, eta, threshold, radius):
    distance = np.sqrt(((X[:, None] - X[None]) ** 2).sum(axis=2))
    near = [nearest_to(X[i], X, k, itself=i) for i in range(len(X))]
    core = np.array([distance[i, near[i][-1]] for i in range(len(X))])
    reach = np.array([min(max(core[j], distance[i, j]) for j in near[i]) for i in range(len(X))])
    within = (distance <= (core.mean() if radius is None else radius)).sum(axis=1)
    density = eta * core / core.max() + (1 - eta) * within / within.max()
    return np.where(
        (core > threshold * core.mean()) & (reach > threshold * reach.mean()), 0, density
    )


@pytest.mark.parametrize(
    ("eta", "threshold", "radius"), [(0.5, 1.8, None), (0.0, 1.2, 0.4), (1.0, 1.0, None)]
)
def test_seeds_are_drawn_by_density(seed, eta, threshold, radius):
    """Chi-squared test of about 6000 draws; threshold 1e-7."""
    X, y = two_groups(seed)
    sampler = SMOBD(
        sampling_strategy={1: 6030},
        random_state=seed,
        n_neighbors=4,
        eta=eta,
        noise_threshold=threshold,
        radius=radius,
    )
    seeds, partners, _ = resample_marked(sampler, X, y)
    own = X[y == 1]
    density = density_by_definition(own, 4, eta, threshold, radius)
    assert (density == 0).any() or threshold == 1.8
    drawn = np.bincount(seeds, minlength=30)
    assert (drawn[density == 0] == 0).all()
    expected = density[density > 0] / density.sum() * drawn.sum()
    assert stats.chisquare(drawn[density > 0], expected).pvalue > 1e-7
    for a, b in set(zip(seeds, partners, strict=True)):
        assert b in nearest_to(own[a], own, 4, itself=a)


def test_all_noise_is_resampled_as_by_smote():
    X, y = two_groups(1)
    with pytest.warns(UserWarning, match=r"SMOBD draws class 1 as SMOTE does.*noise_threshold"):
        X_new, _ = SMOBD(random_state=3, noise_threshold=0.0).fit_resample(X, y)
    np.testing.assert_array_equal(X_new, SMOTE(random_state=3).fit_resample(X, y)[0])


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_copies_of_one_row_have_a_density(eta):
    X, y = two_groups(2)
    X[y == 1] = 7.0
    X_new, _ = SMOBD(random_state=0, eta=eta).fit_resample(X, y)
    assert (X_new[len(y) :] == 7.0).all()


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(-3, 3)), min_size=1), st.integers(1, 4))
def test_rows_at_the_radius_count(points, radius):
    """Whole numbers: distances of exactly the radius occur, copies too."""
    X = np.array(points, dtype=float)
    expected = [sum((a - c) ** 2 + (b - d) ** 2 <= radius**2 for c, d in points) for a, b in points]
    # a third of a unit is not a binary fraction, so that distances are rounded
    for table, unit in ((X, 1.0), (X / 3, 1 / 3), (sparse.csr_array(X / 3), 1 / 3)):
        assert count_within(table, radius * unit).tolist() == expected


@pytest.mark.parametrize("sampler", [ProWSyn(), SMOBD()], ids=lambda s: type(s).__name__)
def test_small_classes(sampler):
    X, y = unbalanced([30, 4])
    with pytest.warns(UserWarning, match="each uses the 3 neighbours it has"):
        assert len(sampler.fit_resample(X, y)[0]) == 60
    X_new, _ = sampler.set_params(small_class="copy").fit_resample(X, y)
    np.testing.assert_array_equal(X_new, X[sampler.sample_indices_])
    with pytest.raises(ValueError, match=r"Class 1 has 4 samples; n_neighbors=5 needs at least 6"):
        sampler.set_params(small_class="raise").fit_resample(X, y)
