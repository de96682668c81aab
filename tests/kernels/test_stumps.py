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


def boosted(kernel, table, y, weight, rate, n):
    """What boosting finds: splits, weights of the classes on both sides, errors and weights."""
    found = np.empty((n, 2), dtype=np.int64), np.empty((n, 2, 2)), np.ones(n), np.zeros(n)
    n_rounds = kernel(*table.places, np.array(y, dtype=np.uint8), weight.copy(), rate, *found)
    return n_rounds, *found


@pytest.mark.parametrize("rate", [1.0, 0.3])
def test_boosting(jit, rate, seed):
    X, y, weight = some_rows(seed, 80)
    weight[::9] = 0
    table = SortedTable(X)
    first = weight / weight.sum()
    n_rounds, splits, sums, _, alphas = boosted(jit(stumps.boost_stumps), table, y, first, rate, 12)
    expected = reference.boosted_stumps(X, y, weight, 12, rate)
    assert n_rounds == len(expected) == 12
    for (column, place), by_side, alpha, line in zip(splits, sums, alphas, expected, strict=True):
        assert (column, *by_side.argmax(axis=1)) == (line[0], *line[2:4])
        assert table.threshold(column, place, first) == pytest.approx(line[1], abs=1e-12)
        assert alpha == pytest.approx(line[4], rel=1e-9)
    in_order = y[table.places.order[splits[0, 0]]], first[table.places.order[splits[0, 0]]]
    labels, weights = (values[: splits[0, 1]] for values in in_order)
    expected = np.bincount(labels, weights=weights, minlength=2)
    np.testing.assert_allclose(sums[0, 0], expected, rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(sums[0].sum(axis=0), np.bincount(y, weights=first), rtol=1e-9)


def test_boosting_ends_without_an_error_and_at_a_guess(jit):
    kernel = jit(stumps.boost_stumps)
    table = SortedTable(np.arange(6, dtype=np.float32)[:, None])
    weight = np.full(6, 1 / 6)
    n_rounds, _, _, errors, alphas = boosted(kernel, table, [0, 0, 0, 1, 1, 1], weight, 1.0, 5)
    assert (n_rounds, errors[0], alphas[0]) == (1, 0.0, 1.0)
    assert boosted(kernel, table, [0, 1, 0, 1, 0, 1], weight, 1.0, 5)[0] == 5
    flat = SortedTable(np.zeros((4, 1), dtype=np.float32))
    n_rounds, *_, alphas = boosted(kernel, flat, [0, 1, 0, 1], np.full(4, 0.25), 1.0, 5)
    assert n_rounds == 0
    assert not alphas.any()
