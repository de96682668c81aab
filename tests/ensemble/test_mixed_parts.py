"""The parts of MixedTreesClassifier: folds, drawn rows, the combination, statistics, columns."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax

from imbalance_kit.ensemble._mixed import combination, drawing, folds
from imbalance_kit.ensemble._mixed.level_statistics import LevelStatistics


def test_folds_hold_out_every_row_once_and_every_class_evenly():
    for counts in ((50, 10), (1000, 7), (33, 2), (20, 20, 3)):
        y = np.repeat(np.arange(len(counts)), counts)
        found = folds.splits(y, 5, np.random.RandomState(0))
        assert len(found) == min(5, min(counts) if len(counts) == 2 else 5)
        held_out = np.concatenate([rows for _, rows in found])
        np.testing.assert_array_equal(np.sort(held_out), np.arange(len(y)))
        for train, rows in found:
            assert len(np.intersect1d(train, rows)) == 0
            assert len(train) + len(rows) == len(y)
        of_class = np.array([np.bincount(y[rows], minlength=len(counts)) for _, rows in found])
        assert np.ptp(of_class, axis=0).max() <= 1
    assert folds.splits(np.array([0] * 9 + [1]), 5, np.random.RandomState(0)) == []


def test_large_tables_hold_out_as_many_rows_as_it_takes():
    for n, used in ((100_000, 5), (120_000, 3), (200_000, 2), (1_000_000, 2)):
        y = (np.arange(n) % 50 == 0).astype(int)
        found = folds.splits(y, 5, np.random.RandomState(0))
        assert len(found) == used
        assert sum(len(rows) for _, rows in found) >= min(n, 50_000)


def test_folds_keep_groups_and_classes():
    rng = np.random.RandomState(0)
    groups = rng.randint(30, size=400)
    y = (rng.uniform(size=400) < 0.1).astype(int)
    for train, rows in folds.splits(y, 5, rng, groups):
        assert not set(groups[train]) & set(groups[rows])
        assert set(y[train]) == {0, 1}
    one_class_in_one_group = (groups == 3).astype(int)
    found = folds.splits(one_class_in_one_group, 5, rng, groups)
    assert all(set(one_class_in_one_group[train]) == {0, 1} for train, _ in found)
    assert folds.splits(y, 5, rng, np.zeros(400)) == []


def test_rows_drawn_stand_for_those_left_out():
    y = np.repeat([0, 1, 2], [900, 30, 200])
    rng = np.random.RandomState(0)
    rows, weight = drawing.rows_at_most(y, None, 50, rng)
    assert np.bincount(y[rows]).tolist() == [50, 30, 50]
    np.testing.assert_allclose(np.bincount(y[rows], weights=weight), [900, 30, 200])
    given = rng.uniform(0.5, 2, size=len(y))
    rows, weight = drawing.rows_at_most(y, given, 50, rng)
    np.testing.assert_allclose(np.bincount(y[rows], weights=weight), np.bincount(y, weights=given))
    assert drawing.rows_at_most(y, given, 900, rng) == (None, given)


@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_combination_has_the_least_penalised_loss(n_classes):
    """Another optimiser, which knows no gradient, finds no better one from any of its starts."""
    rng = np.random.RandomState(0)
    y = rng.randint(n_classes, size=300)
    truth = np.eye(n_classes)[y]
    log_proba = log_softmax(
        np.stack([noise * rng.normal(size=truth.shape) + truth for noise in (0.5, 1.0)]), axis=2
    )
    weight = rng.uniform(0.5, 1.5, size=300)

    def loss(weights, constants):
        scores = log_softmax(np.tensordot(weights, log_proba, axes=1) + constants, axis=1)
        fit = -(weight * scores[np.arange(300), y]).sum()
        return (
            fit
            + combination._TOWARDS_EQUAL / 2 * ((weights - 0.5) ** 2).sum()
            + combination._TOWARDS_ZERO / 2 * (constants**2).sum()
        )

    found = combination.fitted(["one", "other"], log_proba, y, weight)
    weights = np.array(list(found.weights.values()))
    ours = loss(weights, found.constants)
    for start in rng.uniform(0.1, 3, size=(3, 2 + n_classes)):
        other = minimize(lambda p: loss(p[:2], p[2:]), start, method="Powell").fun
        assert ours <= other + 1e-4
    assert abs(found.constants.sum()) < 1e-6
    assert weights[0] > weights[1]  # less noise


def test_a_kind_that_tells_nothing_is_left_out():
    rng = np.random.RandomState(0)
    y = (rng.uniform(size=2000) < 0.2).astype(int)
    told = log_softmax(np.column_stack([np.zeros(2000), 2 * y + rng.normal(size=2000)]), axis=1)
    noise = log_softmax(3 * rng.normal(size=(2000, 2)), axis=1)
    found = combination.fitted(["told", "noise"], np.stack([told, noise]), y, None)
    assert list(found.weights) == ["told"]


def test_what_is_worth_its_time_is_missed_by_the_others():
    """Two kinds know something else each; copies of one of them and noise are worth nothing."""
    rng = np.random.RandomState(0)
    parts = rng.normal(size=(2, 4000))
    y = (rng.uniform(size=4000) < 1 / (1 + np.exp(-parts.sum(axis=0)))).astype(int)
    one, other = (log_softmax(np.column_stack([np.zeros(4000), part]), axis=1) for part in parts)
    noise = log_softmax(rng.normal(size=(4000, 2)), axis=1)
    names = ["one", "copy", "other", "noise"]
    found = combination.worth_their_time(names, np.stack([one, one, other, noise]), y, None)
    assert sorted(found) in (["one", "other"], ["copy", "other"])
    assert combination.worth_their_time(["noise"], noise[None], y, None) == ["noise"]


def test_few_rows_keep_kinds_alike():
    """Six rows, separated without error by the second kind: its weight moves, not far."""
    y = np.array([0, 0, 0, 0, 1, 1])
    told = np.log(np.where(np.eye(2)[y] == 1, 0.99, 0.01))
    half = np.full((6, 2), np.log(0.5))
    weights = combination.fitted(["half", "told"], np.stack([half, told]), y, None).weights
    assert 0.5 <= weights["told"] < 1.0
    assert weights["half"] == pytest.approx(0.5, abs=0.05)


def test_statistics_of_levels_come_from_other_rows():
    """Every row has a level of its own: its statistic is the share of all rows."""
    y = (np.arange(200) % 4 == 0).astype(int)
    Z = np.column_stack([np.zeros(200), np.arange(200.0)])
    statistics = LevelStatistics(1, 2, 0)
    train = statistics.fit_transform(Z, y)
    assert np.abs(train[:, 1] - 0.25).max() < 0.01
    assert train.shape == (200, 2)
    known = statistics.transform(Z)[:, 1]
    assert known[y == 1].min() > known[y == 0].max()
    new = statistics.transform(np.array([[0.0, 999.0], [0.0, np.nan]]))
    np.testing.assert_allclose(new[:, 1], 0.25, atol=1e-9)


def test_statistics_of_more_classes_are_summed_for_their_column():
    y = np.arange(90) % 3
    Z = np.column_stack([np.arange(90.0), y.astype(float), np.arange(90) % 2.0])
    statistics = LevelStatistics(2, 3, 0)
    assert statistics.fit_transform(Z, y).shape == (90, 7)
    np.testing.assert_array_equal(
        statistics.summed(np.array([5.0, 1, 2, 3, 10, 20, 30])), [5, 6, 60]
    )
    codes = LevelStatistics(100, 3, 0)
    assert not len(codes.columns_of)
    assert codes.transform(Z) is Z
