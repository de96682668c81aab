"""Geometric SMOTE: where its balls end, and what cutting and squeezing does to them."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import kstest
from tables import unbalanced

from imbalance_kit.over_sampling import GeometricSMOTE

STRATEGIES = ["combined", "minority", "majority"]


def squared(a, b):
    return float(((a - b) ** 2).sum())


def row_by_row(X, y, label, n, seed, k, truncation, deformation, strategy):
    """The rule of the paper, one new row at a time, with the sampler's draws."""
    rng = np.random.RandomState(seed)
    own, other = np.flatnonzero(y == label), np.flatnonzero(y != label)
    if strategy == "majority":
        pairs = [(row, None) for row in rng.randint(len(own), size=n)]
    else:
        pairs = [divmod(pair, k) for pair in rng.randint(len(own) * k, size=n)]
    shares, new = rng.uniform(size=n), []
    for (row, column), share in zip(pairs, shares, strict=True):
        centre = X[own[row]]
        enemy = X[min(other, key=lambda o: squared(X[o], centre))]
        surface = enemy
        if column is not None:
            mates = [o for o in own if o != own[row]]
            mates.sort(key=lambda o: squared(X[o], centre))
            mate = X[mates[column]]
            nearer = strategy == "combined" and squared(enemy, centre) < squared(mate, centre)
            surface = enemy if nearer else mate
        normal = rng.normal(size=X.shape[1])
        point = share ** (1 / X.shape[1]) * normal / np.linalg.norm(normal)
        radius = np.linalg.norm(surface - centre)
        line = (surface - centre) / radius
        along = point @ line
        if (truncation > 0 and along < truncation - 1) or (
            truncation < 0 and along > truncation + 1
        ):
            point = point - 2 * along * line
        parallel = (point @ line) * line
        new.append(centre + radius * (parallel + (1 - deformation) * (point - parallel)))
    return np.array(new)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    ("truncation", "deformation"), [(1, 0), (0, 0), (-1, 0.3), (0.4, 0.8), (-0.6, 1)]
)
def test_rows_are_those_of_the_paper(strategy, truncation, deformation):
    X, y = unbalanced([40, 12])
    sampler = GeometricSMOTE(
        random_state=3,
        truncation_factor=truncation,
        deformation_factor=deformation,
        selection_strategy=strategy,
    )
    X_new, _ = sampler.fit_resample(X, y)
    expected = row_by_row(X, y, 1, 28, 3, 5, truncation, deformation, strategy)
    np.testing.assert_allclose(X_new[52:], expected, rtol=1e-9, atol=1e-12)


def ball(n=4000, d=3, **parameters):
    """New rows of a class of two, at 0 and at distance 2, moved to the first and scaled to 1."""
    first, second = np.zeros(d), np.eye(d)[0] * 2
    X = np.concatenate([[first, second], np.full((n + 2, d), 50.0)])
    y = np.repeat([1, 0], [2, n + 2])
    sampler = GeometricSMOTE(
        random_state=0, k_neighbors=1, selection_strategy="minority", **parameters
    )
    X_new, _ = sampler.fit_resample(X, y)
    seed = sampler.sample_indices_[len(y) :]
    points = (X_new[len(y) :] - X[seed]) / 2
    points[seed == 1, 0] *= -1  # the line of the second row goes the other way
    return points


@pytest.mark.parametrize("d", [1, 2, 7])
def test_points_are_uniform_in_the_ball(d):
    points = ball(d=d, truncation_factor=0.0)
    length = np.linalg.norm(points, axis=1)
    # false alarm at 1e-6 each
    assert kstest(length**d, "uniform").pvalue > 1e-6
    assert (
        kstest((points[:, 0] / length + 1) / 2, "beta", args=((d - 1) / 2,) * 2).pvalue > 1e-6
        or d == 1
    )
    assert abs((points[:, 0] > 0).mean() - 0.5) < 5 * 0.5 / np.sqrt(len(points))


@pytest.mark.parametrize("truncation", [-1, -0.5, 0, 0.5, 1])
def test_the_ball_is_cut_across_the_line(truncation):
    along = ball(truncation_factor=truncation)[:, 0]
    low, high = max(-1, truncation - 1), min(1, truncation + 1)
    assert low - 1e-12 <= along.min() < low + 0.1
    assert high - 0.1 < along.max() <= high + 1e-12


@pytest.mark.parametrize("deformation", [0, 0.5, 1])
def test_the_ball_is_squeezed_to_the_line(deformation):
    points = ball(deformation_factor=deformation)
    across = np.linalg.norm(points[:, 1:], axis=1)
    assert across.max() <= 1 - deformation + 1e-12
    assert across.max() >= 0.95 * (1 - deformation)


@pytest.mark.parametrize("strategy", ["combined", "majority"])
def test_no_ball_reaches_past_the_nearest_other_class(strategy):
    X, y = unbalanced([50, 12, 25])
    sampler = GeometricSMOTE(random_state=0, selection_strategy=strategy)
    X_new, y_new = sampler.fit_resample(X, y)
    for row in range(len(y), len(y_new)):
        seed = X[sampler.sample_indices_[row]]
        nearest = min(squared(seed, other) for other in X[y != y_new[row]])
        assert squared(X_new[row], seed) <= nearest * (1 + 1e-9)


def test_one_row_has_a_ball_up_to_the_other_class():
    X, y = unbalanced([20, 1])
    sampler = GeometricSMOTE(random_state=0, selection_strategy="majority")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        X_new, _ = sampler.fit_resample(X, y)
    assert not (X_new[21:] == X[y == 1]).all(axis=1).any()


def test_small_classes_are_copied_when_asked():
    X, y = unbalanced([20, 4])
    for strategy in ("combined", "minority"):
        sampler = GeometricSMOTE(random_state=0, selection_strategy=strategy, small_class="copy")
        X_new, _ = sampler.fit_resample(X, y)
        np.testing.assert_array_equal(X_new, X[sampler.sample_indices_])


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_nominal_values_come_from_the_class(strategy):
    rng = np.random.RandomState(0)
    y = np.repeat([0, 1], [40, 12])
    frame = pd.DataFrame(rng.normal(size=(52, 2)), columns=["a", "b"])
    frame["word"] = pd.Categorical(np.where(y == 1, "mine", rng.choice(["x", "y"], 52)))
    new, _ = GeometricSMOTE(random_state=0, selection_strategy=strategy).fit_resample(frame, y)
    assert (new["word"][52:] == "mine").all()


def test_a_nominal_mismatch_counts_where_a_ball_ends():
    """The other class is next door in numbers but differs in a column: farther than a mate."""
    frame = pd.DataFrame({"n": [0.0, 1.0, 0.9, 9.0, 9.0], "w": pd.Categorical(list("aabbb"))})
    y = np.array([1, 1, 0, 0, 0])
    sampler = GeometricSMOTE(
        random_state=0, k_neighbors=1, deformation_factor=1.0, sampling_strategy={1: 400}
    )
    new, _ = sampler.fit_resample(frame, y)
    from_first = new["n"][5:][sampler.sample_indices_[5:] == 0]
    assert 0.9 < from_first.max() <= 1.0  # .81 + .25 > 1: the ball reaches its mate
