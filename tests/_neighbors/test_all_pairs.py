"""Small tables are measured whole, and what that finds is what every search finds."""

import sys

import numpy as np
import pytest
import reference
from loops import looped

from imbalance_kit._neighbors import all_pairs, choice
from imbalance_kit._neighbors.nearest import _nearest
from imbalance_kit._tables.points import as_table


@pytest.fixture
def loaded(monkeypatch):
    for module in ("all_pairs", "products"):
        monkeypatch.setitem(sys.modules, f"imbalance_kit.kernels.{module}", None)


def is_taken(X, rows=None, k=5):
    table = as_table(X)
    queries = table if rows is None else table[rows]
    return all_pairs.all_pairs_are_better(table, queries, k)


@pytest.mark.usefixtures("loaded")
def test_which_tables_are_measured_whole():
    assert is_taken(np.zeros((100, 20)))
    assert is_taken(np.zeros((1000, 20)), rows=np.arange(100))
    assert is_taken(np.zeros((500, 8)))
    assert not is_taken(np.zeros((1000, 60)))
    assert not is_taken(np.zeros((5000, 8)))
    assert not is_taken(np.zeros((100, 20)), k=60)
    assert not is_taken(np.full((100, 20), np.nan))


def test_the_kernel_is_loaded_for_the_search_that_pays_for_it(monkeypatch):
    monkeypatch.setattr(all_pairs, "_account", choice.LoadingAccount())
    monkeypatch.delitem(sys.modules, "imbalance_kit.kernels.all_pairs", raising=False)
    answers = [is_taken(np.zeros((100, 20))) for _ in range(40)]
    assert not answers[0]
    assert answers[-1]
    assert answers == sorted(answers)


@looped("n_rows", [2, 15, 16, 17, 255, 256, 257, 530])
@looped("n_columns", [1, 3, 4, 5, 8])
def test_sizes_around_those_of_blocks(n_rows, n_columns, seed):
    rng = np.random.default_rng(seed)
    X = np.round(rng.normal(size=(n_rows, n_columns)), 1)
    k = min(4, n_rows - 1)
    rows = rng.choice(n_rows, min(n_rows, 10), replace=False)
    expected = reference.nearest_rows(X, k, rows=rows)
    found = _nearest(X, k, rows=rows, algorithm="all")
    np.testing.assert_array_equal(found[1], expected[1])
    np.testing.assert_array_equal(found[0], expected[0])
