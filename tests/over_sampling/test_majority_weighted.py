"""MWMOTE: weights, clusters and draws against a slow version of the paper's procedure."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from tables import unbalanced

from imbalance_kit.over_sampling import MWMOTE, SMOTE, _majority_weighted


def distance(a, b):
    return float(np.sqrt(((a - b) ** 2).sum()))


def nearest(X, row, among, k):
    others = [o for o in among if o != row]
    return sorted(others, key=lambda o: (distance(X[o], X[row]), o))[:k]


def weights_by_the_paper(X, y, label, k1, k2, k3, cf_th, cmax):
    """Steps 1 to 9 of the procedure, one pair of rows at a time."""
    rows = list(range(len(y)))
    own, other = [r for r in rows if y[r] == label], [r for r in rows if y[r] != label]
    filtered = [r for r in own if any(y[o] == label for o in nearest(X, r, rows, k1))]
    border = {o for r in filtered for o in nearest(X, r, other, k2)}
    k3 = k3 or len(own) // 2
    weights = dict.fromkeys(own, 0.0)
    for b in sorted(border):
        closeness = {}
        for r in nearest(X, b, own, k3):
            apart = distance(X[b], X[r]) / X.shape[1]
            closeness[r] = min(1 / apart, cf_th) / cf_th * cmax
        for r, value in closeness.items():
            weights[r] += value * value / sum(closeness.values())
    return own, filtered, np.array([weights[r] for r in own])


def clusters_by_the_paper(X, own, filtered, cp):
    """Merge the two clusters with the least mean distance while that is not above the bound."""
    spacing = [distance(X[r], X[nearest(X, r, filtered, 1)[0]]) for r in filtered]
    bound = cp * sum(spacing) / len(spacing)
    clusters = [[r] for r in own]
    while len(clusters) > 1:
        pairs = [(a, b) for a in range(len(clusters)) for b in range(a)]
        means = [
            np.mean([distance(X[i], X[j]) for i in clusters[a] for j in clusters[b]])
            for a, b in pairs
        ]
        if min(means) > bound:
            break
        a, b = pairs[int(np.argmin(means))]
        clusters[b] += clusters.pop(a)
    return [sorted(cluster) for cluster in clusters]


@pytest.mark.parametrize("parameters", [{}, {"k1": 3, "k2": 2, "k3": 2}, {"cf_th": 1.5, "cp": 1.2}])
@pytest.mark.parametrize("sizes", [[40, 14], [30, 9, 20]])
def test_rows_are_those_of_the_paper(parameters, sizes):
    X, y = unbalanced(sizes)
    sampler = MWMOTE(random_state=1, sampling_strategy="minority", **parameters)
    X_new, _ = sampler.fit_resample(X, y)
    n = max(sizes) - sizes[1]
    chosen = {"k1": 5, "k2": 3, "k3": None, "cf_th": 5.0, "cp": 3.0} | parameters
    cp = chosen.pop("cp")
    own, filtered, weights = weights_by_the_paper(X, y, 1, **chosen, cmax=2)
    clusters = clusters_by_the_paper(X, own, filtered, cp)
    of_row = {row: cluster for cluster in clusters for row in cluster}
    weights *= [len(of_row[row]) > 1 for row in own]
    rng, expected = np.random.RandomState(1), []
    seeds = np.array(own)[rng.choice(len(own), size=n, p=weights / weights.sum())]
    picks, gaps = rng.uniform(size=n), rng.uniform(size=n)
    for seed, pick, gap in zip(seeds, picks, gaps, strict=True):
        mates = [row for row in of_row[seed] if row != seed]
        mate = mates[int(pick * len(mates))]
        expected.append(X[seed] + gap * (X[mate] - X[seed]))
    np.testing.assert_array_equal(sampler.sample_indices_[len(y) :], seeds)
    np.testing.assert_allclose(X_new[len(y) :], expected, rtol=1e-12, atol=1e-12)


def two_blobs(n=30, seed=0):
    """A class in two far places, with the other class between and around."""
    rng = np.random.RandomState(seed)
    left, right = (rng.normal(loc=[side, 0], size=(n, 2)) for side in (-10, 10))
    other = np.concatenate([rng.normal(size=(3 * n, 2)), rng.uniform(-12, 12, size=(3 * n, 2))])
    return np.concatenate([left, right, other]), np.repeat([1, 0], [2 * n, 6 * n])


@pytest.mark.parametrize("clustered", [4000, 20])
def test_no_row_lies_between_two_clusters(clustered, monkeypatch):
    """Also where only some rows are clustered and the others join them."""
    monkeypatch.setattr(_majority_weighted, "_CLUSTERED", clustered)
    X, y = two_blobs()
    X_new, y_new = MWMOTE(random_state=0).fit_resample(X, y)
    made = X_new[len(y) :]
    assert np.bincount(y_new).tolist() == [180, 180]
    assert (np.abs(made[:, 0]) > 5).all()
    assert {-1, 1} == set(np.sign(made[:, 0]))


def test_blocks_do_not_change_the_weights(monkeypatch):
    X, y = two_blobs()
    whole = MWMOTE(random_state=0).fit_resample(X, y)[0]
    monkeypatch.setattr(_majority_weighted, "_BLOCK_ELEMENTS", 100)
    np.testing.assert_allclose(MWMOTE(random_state=0).fit_resample(X, y)[0], whole)


def test_rows_near_the_border_start_more():
    rng = np.random.RandomState(0)
    X = np.concatenate([np.linspace(0, 10, 21), np.linspace(10.5, 40, 100)])[:, None]
    X += rng.uniform(-0.01, 0.01, size=X.shape)
    y = np.repeat([1, 0], [21, 100])
    sampler = MWMOTE(random_state=0)
    sampler.fit_resample(X, y)
    started = np.bincount(sampler.sample_indices_[len(y) :], minlength=21)
    assert started[:10].sum() == 0  # beyond the nearest half of the class
    assert started[16:].sum() > started[11:16].sum()


def test_a_class_of_noise_falls_back_on_smote():
    """Each row of the class has rows of the other around it and none of its own."""
    centres = np.arange(8.0)[:, None] * 100
    X = np.concatenate([centres, *(centres + step for step in (1, 2, 3, -1, -2, -3))])
    y = np.repeat([1, 0], [8, 48])
    with pytest.warns(UserWarning, match="class 1 as SMOTE does: no row near the others") as caught:
        X_new, y_new = MWMOTE(random_state=0).fit_resample(X, y)
    assert len(caught) == 1
    assert np.bincount(y_new).tolist() == [48, 48]
    np.testing.assert_array_equal(X_new, SMOTE(random_state=0).fit_resample(X, y)[0])


def test_one_row_is_copied_with_one_warning():
    X, y = unbalanced([20, 1])
    with pytest.warns(UserWarning, match="Class 1 has 1 row,") as caught:
        X_new, _ = MWMOTE(random_state=0).fit_resample(X, y)
    assert len(caught) == 1
    assert (X_new[21:] == X[y == 1]).all()


def test_two_rows_are_enough():
    X, y = np.array([[0.0], [0.5], [5], [6], [7], [8]]), np.array([1, 1, 0, 0, 0, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        X_new, _ = MWMOTE(random_state=0).fit_resample(X, y)
    assert ((X_new[6:] > 0) & (X_new[6:] < 0.5)).all()


def test_nominal_values_are_voted_on():
    X, y = two_blobs()
    frame = pd.DataFrame(X, columns=["a", "b"])
    frame["side"] = pd.Categorical(np.where(X[:, 0] > 0, "right", "left"))
    new, _ = MWMOTE(random_state=0).fit_resample(frame, y)
    made = new.iloc[len(y) :]
    assert ((made["a"] > 0) == (made["side"] == "right")).all()


def test_sparse_tables_give_the_rows_of_dense_ones():
    X, y = two_blobs()
    X = np.column_stack([X, np.zeros((len(y), 3))])
    dense = MWMOTE(random_state=0).fit_resample(X, y)[0]
    made = MWMOTE(random_state=0).fit_resample(sparse.csr_array(X), y)[0]
    np.testing.assert_allclose(made.toarray(), dense, rtol=1e-9, atol=1e-12)
