"""Learned fair representation: the loss by its formula, its gradient, what it does to groups."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import approx_fprime

from imbalance_kit.fairness import LearnedFairRepresentation
from imbalance_kit.fairness._groups.group_reading import Groups
from imbalance_kit.fairness._repair.prototypes import PrototypeLoss


def problem(n_groups=3, n_classes=3, n_prototypes=4, weights=(1.0, 1.0, 5.0), seed=0):
    rng = np.random.RandomState(seed)
    Z = rng.normal(size=(40, 3))
    groups = Groups(np.arange(40) % n_groups, tuple(range(n_groups)))
    codes = rng.randint(0, n_classes, 40)
    mass = rng.uniform(0.1, 1, size=40)
    objective = PrototypeLoss(Z, groups, codes, n_classes, mass, weights, n_prototypes)
    vector = rng.normal(size=n_prototypes * (3 + n_classes))
    return objective, vector, Z, groups.of_row, codes, mass


@pytest.mark.parametrize("weights", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.01, 1, 50)], ids=str)
@pytest.mark.parametrize("n_groups", [1, 2, 3])
def test_gradient(weights, n_groups):
    objective, vector, *_ = problem(n_groups, weights=weights)
    numeric = approx_fprime(vector, lambda v: objective(v)[0], 1e-7)
    # a one-sided difference of step 1e-7 is right to about 1e-6
    np.testing.assert_allclose(objective(vector)[1], numeric, atol=2e-5)


def test_the_loss_is_the_papers():
    objective, vector, Z, group, codes, mass = problem(2)
    V, W = objective.unpack(vector)
    distance = np.sqrt(((Z[:, None] - V[None]) ** 2).sum(axis=2))
    M = np.exp(-distance) / np.exp(-distance).sum(axis=1, keepdims=True)
    of_group = [group == 0, group == 1]

    def mean(values, own):
        return np.average(values[own], axis=0, weights=mass[own])

    error = ((Z - M @ V) ** 2).mean(axis=1)
    surprise = -np.log((M @ W)[np.arange(40), codes])
    gap = mean(M, of_group[0]) - mean(M, of_group[1])
    found = objective.parts(vector)
    assert found["reconstruction"] == pytest.approx(sum(mean(error, own) for own in of_group))
    assert found["prediction"] == pytest.approx(sum(mean(surprise, own) for own in of_group))
    # differences are rounded off within .001
    assert found["parity"] == pytest.approx(np.abs(gap).mean(), abs=1e-3)
    np.testing.assert_allclose(W.sum(axis=1), 1)


def test_weights_count_as_repetitions_in_the_loss():
    _, vector, Z, group, codes, _ = problem(2)
    times = np.random.RandomState(1).randint(1, 4, 40)
    rows = np.repeat(np.arange(40), times)
    weighted = PrototypeLoss(Z, Groups(group, (0, 1)), codes, 3, times.astype(float), (1, 1, 1), 4)
    repeated = PrototypeLoss(
        Z[rows], Groups(group[rows], (0, 1)), codes[rows], 3, np.ones(len(rows)), (1, 1, 1), 4
    )
    assert weighted(vector)[0] == pytest.approx(repeated(vector)[0])
    np.testing.assert_allclose(weighted(vector)[1], repeated(vector)[1], atol=1e-12)


def made(n_rows=400, n_groups=2):
    rng = np.random.RandomState(0)
    group = rng.randint(0, n_groups, n_rows)
    X = rng.normal(size=(n_rows, 3)) + group[:, None]
    return np.column_stack([X, group]), (X[:, 0] > 0.5).astype(int), group


@pytest.mark.parametrize("n_groups", [2, 4])
def test_groups_use_prototypes_alike(n_groups):
    X, y, group = made(n_groups=n_groups)
    learned = LearnedFairRepresentation(
        n_prototypes=5, parity_weight=200, sensitive_features=3, random_state=0
    ).fit(X, y)
    shares = learned.transform(X)
    means = np.array([shares[group == g].mean(axis=0) for g in range(n_groups)])
    assert np.ptp(means, axis=0).max() < 0.02
    np.testing.assert_allclose(shares.sum(axis=1), 1)


def test_without_parity_and_classes_it_reconstructs():
    X, _, _ = made(12)
    learned = LearnedFairRepresentation(
        n_prototypes=12,
        reconstruction_weight=1,
        prediction_weight=0,
        parity_weight=0,
        output="reconstruction",
        max_iter=5000,
        tol=0,
        sensitive_features=3,
        random_state=0,
    ).fit(X)
    assert learned.class_shares_ is None
    spread = X[:, :3].std(axis=0)
    assert np.abs((learned.transform(X) - X[:, :3]) / spread).max() < 0.2


def test_new_rows_need_no_groups():
    X, y, group = made()
    learned = LearnedFairRepresentation(n_prototypes=3, random_state=0)
    learned.fit(X[:, :3], y, sensitive_features=group)
    assert learned.transform(X[:5, :3]).shape == (5, 3)
    assert list(learned.get_feature_names_out()) == ["prototype0", "prototype1", "prototype2"]


def test_dataframes_with_words_as_groups():
    X, y, group = made()
    frame = pd.DataFrame(X[:, :3], columns=list("abc")).assign(s=np.array(["f", "m"])[group])
    learned = LearnedFairRepresentation(
        n_prototypes=3, output="reconstruction", sensitive_features="s", random_state=0
    ).set_output(transform="pandas")
    new = learned.fit_transform(frame, y)
    assert list(new.columns) == ["a", "b", "c"]
    assert learned.prototypes_.shape == (3, 3)
    with pytest.raises(ValueError, match=r"works on numbers.*'w'"):
        learned.fit(frame.assign(w="x"), y)
