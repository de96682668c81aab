"""Massaging: how many labels change, and whose."""

import numpy as np
import pandas as pd
import pytest
from sklearn.naive_bayes import GaussianNB

from fairness.made_groups import rates, related
from imbalance_kit.fairness import Massaging


def test_the_number_of_the_paper():
    """Two groups of 50 with 20 and 30 positives: five up, five down, then 25 each."""
    group, y = np.repeat([0, 1], 50), np.repeat([1, 0, 1, 0], [20, 30, 30, 20])
    X = (y + np.random.RandomState(0).normal(size=100))[:, None]
    sampler = Massaging()
    X_same, y_new = sampler.fit_resample(X, y, sensitive_features=group)
    flipped = sampler.flipped_indices_
    assert len(flipped) == 10
    np.testing.assert_array_equal(np.flatnonzero(y_new != y), flipped)
    np.testing.assert_array_equal(np.bincount(group[flipped]), [5, 5])
    np.testing.assert_allclose(rates(y_new, group)[:, 1], 0.5)
    np.testing.assert_array_equal(X_same, X)


@pytest.mark.parametrize("sizes", [(37, 81), (100, 12), (60, 60)])
@pytest.mark.parametrize("seed", range(3))
def test_the_formula_for_two_groups(sizes, seed):
    rng = np.random.RandomState(seed)
    group = np.repeat([0, 1], sizes)
    y = (rng.uniform(size=len(group)) < np.where(group == 1, 0.6, 0.3)).astype(int)
    sampler = Massaging()
    _, y_new = sampler.fit_resample(rng.normal(size=(len(y), 2)), y, sensitive_features=group)
    low, high = sizes
    positives = np.bincount(group, weights=y)
    exact = (low * positives[1] - high * positives[0]) / (low + high)
    up = (y_new - y)[group == 0].sum()
    assert abs(up - exact) < 1
    assert y_new.sum() == y.sum()


@pytest.mark.parametrize("n_groups", [2, 3, 5])
def test_all_groups_get_the_common_rate(n_groups):
    X, y, group = related(700, n_groups)
    _, y_new = Massaging().fit_resample(X, y, sensitive_features=group)
    assert y_new.sum() == y.sum()
    off = np.bincount(group, weights=y_new) - np.bincount(group) * y.mean()
    assert (np.abs(off) < 1).all()


def test_those_nearest_to_the_border_change():
    X, y, group = related(500)
    sampler = Massaging(estimator=GaussianNB())
    _, y_new = sampler.fit_resample(X, y, sensitive_features=group)
    score = GaussianNB().fit(X, y).predict_proba(X)[:, 1]
    for g in (0, 1):
        changed = np.flatnonzero((group == g) & (y_new != y))
        (was,) = set(y[changed])
        others = np.flatnonzero((group == g) & (y == was) & (y_new == y))
        if was:
            assert score[changed].max() <= score[others].min()
        else:
            assert score[changed].min() >= score[others].max()


@pytest.mark.parametrize(
    "make",
    [
        lambda y: np.array(["no", "yes"])[y],
        lambda y: pd.Series(np.array(["no", "yes"])[y], name="label", dtype="category"),
        lambda y: y.astype(bool),
        lambda y: y.tolist(),
    ],
    ids=["words", "category", "bool", "list"],
)
def test_labels_come_back_in_their_kind(make):
    X, y, group = related(200)
    plain = Massaging().fit_resample(X, y, sensitive_features=group)[1]
    given = make(y)
    changed = Massaging().fit_resample(X, given, sensitive_features=group)[1]
    assert type(changed) is type(given)
    assert list(changed) == list(make(plain))


def test_weights_stay_with_their_rows():
    X, y, group = related(200)
    weight = np.random.RandomState(0).uniform(size=200)
    sampler = Massaging()
    sampler.fit_resample(X, y, sample_weight=weight, sensitive_features=group)
    np.testing.assert_array_equal(sampler.sample_weight_, weight)
    np.testing.assert_array_equal(sampler.sample_indices_, np.arange(200))


def test_two_classes_only():
    X, y, group = related(200, n_classes=3)
    with pytest.raises(ValueError, match=r"Massaging needs exactly two classes.*y has 3\. Give"):
        Massaging().fit_resample(X, y, sensitive_features=group)
