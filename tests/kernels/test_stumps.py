"""Stumps on sorted columns, compiled and as Python, against trying every split."""

import numpy as np
import pytest
import reference
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.ensemble._learners.stumps import SortedTable
from imbalance_kit.kernels import stumps


@pytest.fixture(params=["compiled", "python"])
def jit(request):
    """Turn a kernel into the form under test."""
    return (lambda kernel: kernel) if request.param == "compiled" else (lambda k: k.py_func)


def some_rows(seed, n_rows=60, n_columns=5, *, ties=False):
    rng = np.random.RandomState(seed)
    X = rng.normal(size=(n_rows, n_columns))
    if ties:  # few values, one of them in most rows, and a constant
        X = np.round(X).clip(-1, 2)
        X[rng.uniform(size=n_rows) < 0.7, 1] = 0
        X[:, 2] = 3
    y = (X[:, 0] + rng.normal(size=n_rows) > 0.3).astype(np.uint8)
    return X.astype(np.float32), y, rng.uniform(0.1, 1, size=n_rows)


def found_by(kernel, X, y, weight):
    table = SortedTable(X)
    whole = np.bincount(y, weights=weight, minlength=2)
    with np.errstate(invalid="ignore", divide="ignore"):  # sides without weight
        column, place, *left = kernel(*table.places, np.where(y == 1, weight, -weight), *whole)
    if column < 0:
        return None, left
    return (column, table.threshold(column, place, weight)), left


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("weightless", [0.0, 0.5])
def test_best_stump(jit, ties, weightless, seed):
    for n_rows in (2, 3, 7, 60):
        X, y, weight = some_rows(seed, n_rows, ties=ties)
        y[:2] = [0, 1]
        weight[2:][np.random.RandomState(seed).uniform(size=n_rows - 2) < weightless] = 0
        split, left = found_by(jit(stumps.find_stump), X, y, weight)
        expected = reference.best_stump(X, y, weight)
        if expected is None:
            assert split is None
            continue
        # rounding may decide between columns that split a few rows equally well
        best, ours = (reference.split_impurity(X, y, weight, *way) for way in (expected, split))
        assert ours == pytest.approx(best, abs=1e-12)
        if n_rows == 60 and not ties:
            assert split == pytest.approx(expected, abs=1e-12)
        inside = X[:, split[0]] <= split[1]
        sums = [weight[inside & (y == label)].sum() for label in (0, 1)]
        np.testing.assert_allclose(left, sums, rtol=1e-9, atol=1e-12)


def test_nothing_to_split(jit):
    X, y = np.ones((9, 3), dtype=np.float32), np.arange(9) % 2
    assert found_by(jit(stumps.find_stump), X, y, np.ones(9))[0] is None


def test_scikit_learn_finds_the_same_stump(seed):
    X, y, weight = some_rows(seed, 500)
    tree = DecisionTreeClassifier(max_depth=1).fit(X, y, sample_weight=weight).tree_
    assert found_by(stumps.find_stump, X, y, weight)[0] == (tree.feature[0], tree.threshold[0])


@pytest.mark.parametrize("rate", [1.0, 0.3])
def test_boosting(jit, rate, seed):
    X, y, weight = some_rows(seed, 80)
    weight[::9] = 0
    table = SortedTable(X)
    found, said = np.empty((12, 4), dtype=np.int64), np.empty((12, 2))
    first = weight / weight.sum()
    n_rounds = jit(stumps.boost_stumps)(*table.places, y, first.copy(), rate, found, said)
    expected = reference.boosted_stumps(X, y, weight, 12, rate)
    assert n_rounds == len(expected) == 12
    for (column, place, *sides), (_, alpha), line in zip(found, said, expected, strict=True):
        assert (column, *sides) == (line[0], *line[2:4])
        assert table.threshold(column, place, first) == pytest.approx(line[1], abs=1e-12)
        assert alpha == pytest.approx(line[4], rel=1e-9)


def test_boosting_ends_without_an_error_and_at_a_guess(jit):
    X = np.arange(6, dtype=np.float32)[:, None]
    table = SortedTable(X)
    for y, n, error in (([0, 0, 0, 1, 1, 1], 1, 0.0), ([0, 1, 0, 1, 0, 1], 5, None)):
        found, said = np.empty((5, 4), dtype=np.int64), np.empty((5, 2))
        labels, weight = np.array(y, dtype=np.uint8), np.full(6, 1 / 6)
        n_rounds = jit(stumps.boost_stumps)(*table.places, labels, weight, 1.0, found, said)
        assert n_rounds == n
        if error is not None:
            assert said[0].tolist() == [error, 1.0]
    flat = SortedTable(np.zeros((4, 1), dtype=np.float32))
    labels, weight = np.array([0, 1, 0, 1], dtype=np.uint8), np.full(4, 0.25)
    n_rounds = jit(stumps.boost_stumps)(*flat.places, labels, weight, 1.0, found, said)
    assert n_rounds == 1
    assert said[0].tolist() == [0.5, 0.0]


def test_adding_up(jit, seed):
    rng = np.random.RandomState(seed)
    X = rng.normal(size=(40, 4)).astype(np.float32)
    columns, thresholds = rng.randint(4, size=9), X[rng.randint(40, size=9), 0].astype(float)
    left, right = rng.normal(size=(2, 9))
    total = np.zeros(40)
    jit(stumps.add_stumps)(X, columns, thresholds, left, right, total)
    expected = np.where(X[:, columns] <= thresholds, left, right).sum(axis=1)
    np.testing.assert_allclose(total, expected, rtol=1e-12, atol=1e-12)
    jit(stumps.add_stumps)(X[:0], columns, thresholds, left, right, total[:0])
