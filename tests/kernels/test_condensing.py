"""Kernels of the under-samplers, compiled and as Python, against the formula."""

import math

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


def distance(table, a, b):
    numbers, codes, weights = table
    return reference.squared_distance(numbers[a], codes[a], numbers[b], codes[b], weights)


@pytest.mark.parametrize("quorum", [1, 2, 3])
@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_condense(jit, quorum, missing):
    table = some_rows(quorum, missing)
    rng = np.random.default_rng(0)
    asking, seeds = np.arange(3, 40), np.arange(3)
    reach = rng.integers(0, 12, size=37).astype(float)
    end = rng.integers(0, 41, size=37)
    reach[:2] = np.inf
    members = list(seeds)
    for row, limit, before in zip(asking, reach, end, strict=True):
        near = [
            member for member in members if (distance(table, row, member), member) < (limit, before)
        ]
        if len(near) < quorum:
            members.append(row)
    joined = jit(condense)(*table, seeds, asking, reach, end, quorum)
    assert 0 < len(joined) < 37
    assert joined.tolist() == members[3:]


@pytest.mark.parametrize("empty", ["seeds", "asking"])
def test_condense_nothing(jit, empty):
    numbers, codes, weights = some_rows(0, 0.0)
    nobody, somebody = np.empty(0, dtype=np.int64), np.arange(4)
    seeds, asking = (nobody, somebody) if empty == "seeds" else (somebody, nobody)
    far = np.full(len(asking), np.inf), np.full(len(asking), 40)
    joined = jit(condense)(numbers, codes, weights, seeds, asking, *far, 1)
    assert joined.tolist() == ([0] if empty == "seeds" else [])


@pytest.mark.parametrize("k", [1, 3, 15])
@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("bounded", [True, False])
def test_sum_farthest(jit, k, missing, bounded):
    table = some_rows(k, missing)
    asking, others = np.arange(20), np.arange(25, 40)
    radius = np.full(40, np.inf)
    if bounded and not missing:
        radius[:] = [math.sqrt(distance(table, 0, row)) * (1 + 2**-30) for row in range(40)]
    others = others[np.argsort(-radius[others], kind="stable")]
    sums = np.full(20, -1.0)
    jit(sum_farthest)(*table, asking, others, radius, k, 5, 20, sums)
    assert (sums[:5] == -1.0).all()
    for row in range(5, 20):
        largest = sorted(distance(table, row, other) for other in others)[-k:]
        assert sums[row] == sum(math.sqrt(value) for value in largest)
