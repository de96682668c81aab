"""Weights of pairs: worked examples, and what holds for any groups, classes and weights."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from fairness.made_groups import rates, related
from imbalance_kit.fairness import CorrelationShift, FairBalance, MomentMatching, Reweighing

WEIGHERS = [Reweighing(), FairBalance(), FairBalance(variant=True), CorrelationShift()]
every_weigher = pytest.mark.parametrize(
    "weigher", [*WEIGHERS, MomentMatching()], ids=lambda weigher: type(weigher).__name__
)

# A table of pairs with no empty one, and the seed of weights.
pairs = st.lists(st.integers(1, 9), min_size=4, max_size=12).filter(lambda n: len(n) % 2 == 0)


def rows_of(counts):
    """Groups and labels with so many rows in each pair; two classes."""
    counts = np.reshape(counts, (-1, 2))
    group, y = np.indices(counts.shape)
    return np.repeat(group.ravel(), counts.ravel()), np.repeat(y.ravel(), counts.ravel())


def fitted(weigher, y, group, weight=None):
    return weigher.fit(np.empty((len(y), 1)), y, sample_weight=weight, sensitive_features=group)


# --- worked examples ---------------------------------------------------------------------------


def test_ten_applicants():
    """The example of Kamiran and Calders: 5 women, 2 of them accepted, and 5 men, 4 of them."""
    group, y = rows_of([[3, 2], [1, 4]])
    weigher = fitted(Reweighing(), y, group)
    np.testing.assert_allclose(weigher.cell_weight_, [[2 / 3, 1.5], [2.0, 0.75]], rtol=1e-15)


def test_fair_balance_by_hand():
    group, y = rows_of([[3, 1], [6, 6]])
    np.testing.assert_allclose(
        fitted(FairBalance(), y, group).cell_weight_, [[4 / 6, 4 / 2], [1.0, 1.0]], rtol=1e-15
    )
    np.testing.assert_allclose(
        fitted(FairBalance(variant=True), y, group).cell_weight_,
        [[16 / 12, 16 / 4], [16 / 24, 16 / 24]],
        rtol=1e-15,
    )


# --- properties --------------------------------------------------------------------------------


@given(counts=pairs, seed=st.integers(0, 1000))
def test_reweighing_makes_groups_and_labels_independent(counts, seed):
    group, y = rows_of(counts)
    given = np.random.RandomState(seed).uniform(0.1, 5, size=len(y))
    weight = fitted(Reweighing(), y, group, given).sample_weight_
    share = np.bincount(y, weights=given) / given.sum()
    np.testing.assert_allclose(rates(y, group, weight) - share, 0, atol=1e-12)
    # groups and classes weigh what they did
    for code in (group, y):
        np.testing.assert_allclose(
            np.bincount(code, weights=weight), np.bincount(code, weights=given), rtol=1e-12
        )
    assert weight.sum() == pytest.approx(given.sum(), rel=1e-12)


@given(counts=pairs)
def test_independent_data_weigh_one(counts):
    by_group, by_class = np.reshape(counts, (-1, 2))[:, 0], np.array([2, 3])
    group, y = rows_of(np.outer(by_group, by_class))
    np.testing.assert_allclose(fitted(Reweighing(), y, group).sample_weight_, 1.0, rtol=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3, 5])
@pytest.mark.parametrize("n_groups", [1, 2, 4])
def test_fair_balance_evens_out_classes_inside_groups(n_groups, n_classes):
    X, y, group = related(800, n_groups, n_classes)
    weight = FairBalance().fit(X, y, sensitive_features=group).sample_weight_
    np.testing.assert_allclose(rates(y, group, weight), 1 / n_classes, rtol=1e-12)
    np.testing.assert_allclose(np.bincount(group, weights=weight), np.bincount(group), rtol=1e-12)
    weight = FairBalance(variant=True).fit(X, y, sensitive_features=group).sample_weight_
    by_cell = np.bincount(group * n_classes + y, weights=weight)
    np.testing.assert_allclose(by_cell, 800 / (n_groups * n_classes), rtol=1e-12)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_reweighing_takes_any_number_of_classes(n_classes):
    X, y, group = related(900, 3, n_classes)
    weight = Reweighing().fit(X, y, sensitive_features=group).sample_weight_
    np.testing.assert_allclose(rates(y, group, weight) - np.bincount(y) / 900, 0, atol=1e-12)


@every_weigher
def test_weights_mean_repeated_rows(weigher):
    X, y, group = related(200)
    times = np.random.RandomState(0).randint(1, 4, size=len(y))
    weighted = weigher.fit(X, y, sample_weight=times, sensitive_features=group).sample_weight_
    again = np.repeat(np.arange(len(y)), times)
    repeated = weigher.fit(X[again], y[again], sensitive_features=group[again]).sample_weight_
    # solvers stop at about 1e-9 of the shares
    np.testing.assert_allclose(weighted[again], repeated * times[again], rtol=1e-5)


@every_weigher
def test_one_group_and_balanced_classes_weigh_one(weigher, two_classes):
    X, y = two_classes
    rows = np.concatenate([np.flatnonzero(y == 0)[:15], np.flatnonzero(y == 1)])
    with pytest.warns(UserWarning, match="was given no sensitive_features, so all rows are one"):
        weigher.fit(X[rows], y[rows])
    np.testing.assert_allclose(weigher.sample_weight_, 1.0, rtol=1e-7)


# --- how groups and labels come in -------------------------------------------------------------


@every_weigher
@pytest.mark.parametrize(
    "make",
    [np.asarray, pd.DataFrame, pl.DataFrame, sparse.csr_matrix, lambda X: X.tolist()],
    ids=["ndarray", "pandas", "polars", "sparse", "list"],
)
def test_a_column_of_any_table_is_the_same_as_data_beside_it(weigher, make):
    X, y, group = related(300)
    beside = weigher.fit(X, y, sensitive_features=group).sample_weight_
    table = make(np.column_stack([X, group]))
    inside = weigher.__class__(sensitive_features=3).fit(table, y).sample_weight_
    plain = weigher.__class__().fit(X, y, sensitive_features=group).sample_weight_
    np.testing.assert_allclose(inside, plain, rtol=1e-12)
    assert beside.shape == inside.shape


@every_weigher
@pytest.mark.parametrize("names", [["no", "yes"], [False, True], [-3, 8]], ids=str)
def test_labels_of_any_kind(weigher, names):
    X, y, group = related(300)
    plain = weigher.fit(X, y, sensitive_features=group).sample_weight_
    renamed = weigher.fit(X, np.array(names)[y], sensitive_features=group)
    np.testing.assert_array_equal(renamed.sample_weight_, plain)
    np.testing.assert_array_equal(renamed.classes_, names)


def test_intersections_and_missing_values_are_groups():
    frame = pd.DataFrame({"sex": ["f", "m", None] * 20, "old": [0, 0, 1, 1] * 15})
    y = np.random.RandomState(0).randint(2, size=60)
    weigher = Reweighing(sensitive_features=["sex", "old"]).fit(frame, y)
    assert ("(missing)", 1) in weigher.groups_
    assert len(weigher.groups_) == 6
    labels = zip(frame["sex"].fillna("(missing)"), frame["old"], strict=True)
    group = np.array([weigher.groups_.index(label) for label in labels])
    np.testing.assert_allclose(rates(y, group, weigher.sample_weight_)[:, 1], y.mean(), rtol=1e-12)


# --- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize("weigher", WEIGHERS, ids=lambda weigher: type(weigher).__name__)
def test_an_empty_cell_is_named(weigher):
    group, y = rows_of([[3, 2], [0, 4]])
    with pytest.raises(ValueError, match=r"\(y=0, group 1\) has no samples.*undefined. Merge"):
        fitted(weigher, y, group)
    group, y = rows_of([[3, 2], [1, 4]])
    with pytest.raises(ValueError, match=r"\(y=0, group 1\) has no samples"):
        fitted(weigher, y, group, ((group == 0) | (y == 1)).astype(float))


@every_weigher
def test_one_class_is_refused(weigher):
    with pytest.raises(ValueError, match="at least 2 classes in y, got 1 class"):
        weigher.fit(np.empty((4, 1)), np.zeros(4, int), sensitive_features=[0, 1, 0, 1])


@every_weigher
def test_bad_weights_are_refused(weigher):
    X, y, group = related(50)
    for weight in (np.ones(49), np.full(50, np.nan), -np.ones(50)):
        with pytest.raises(ValueError, match="sample_weight"):
            weigher.fit(X, y, sample_weight=weight, sensitive_features=group)
