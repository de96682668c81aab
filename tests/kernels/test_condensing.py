"""Kernels of the under-samplers, compiled and as Python, against the formula."""

import numpy as np
import pytest
import reference

from imbalance_kit.kernels.condensing import condense
from imbalance_kit.kernels.farthest import sum_farthest


@pytest.fixture(params=["compiled", "python"])
def jit(request):
    """Turn a kernel into the form under test."""
    return (lambda kernel: kernel) if request.param == "compiled" else (lambda k: k.py_func)


def some_rows(seed, missing):
    """Small whole numbers, so that distances tie."""
    rng = np.random.default_rng(seed)
    numbers = rng.integers(-3, 4, size=(40, 3)).astype(float)
    numbers[rng.random(numbers.shape) < missing] = np.nan
    return numbers, rng.integers(0, 3, size=(40, 2)).astype(np.int32), np.array([0.5, 2.0])


@pytest.mark.parametrize("quorum", [1, 2, 3])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_condense(jit, quorum, missing):
    table = some_rows(quorum, missing)
    rng = np.random.default_rng(0)
    queries, seeds = np.arange(3, 40), np.arange(3)
    reach = rng.integers(0, 12, size=37).astype(float)
    end = rng.integers(0, 41, size=37)
    reach[:2] = np.inf
    joined = jit(condense)(*table, seeds, queries, reach, end, quorum)
    assert 0 < len(joined) < 37
    assert joined.tolist() == reference.condense(table, seeds, queries, reach, end, quorum)


@pytest.mark.parametrize("empty", ["seeds", "queries"])
def test_condense_nothing(jit, empty):
    numbers, codes, weights = some_rows(0, 0.0)
    none, some = np.empty(0, dtype=np.int64), np.arange(4)
    seeds, queries = (none, some) if empty == "seeds" else (some, none)
    far = np.full(len(queries), np.inf), np.full(len(queries), 40)
    joined = jit(condense)(numbers, codes, weights, seeds, queries, *far, 1)
    assert joined.tolist() == ([0] if empty == "seeds" else [])


@pytest.mark.parametrize("k", [1, 3, 15])
@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("bounded", [True, False])
def test_sum_farthest(jit, k, missing, bounded):
    table = some_rows(k, missing)
    queries, others = np.arange(20), np.arange(25, 40)
    radius = np.full(40, np.inf)
    if bounded and not missing:
        squares = [reference.distance_in(table, 0, row) for row in range(40)]
        radius[:] = np.sqrt(squares) * (1 + 2**-30)
    others = others[np.argsort(-radius[others], kind="stable")]
    sums = np.full(20, -1.0)
    jit(sum_farthest)(*table, queries, others, radius, k, 5, 20, sums)
    assert (sums[:5] == -1.0).all()
    for row in range(5, 20):
        assert sums[row] == reference.sum_farthest(table, row, others, k)
