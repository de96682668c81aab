"""Numbers cast to the types of columns: rounded, clipped, with all their digits."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loops import looped
from scipy import sparse

from imbalance_kit._tables.number_types import (
    as_dtype,
    measured_from,
    middle_of,
    new_integers,
    new_sparse_integers,
)

INTEGERS = [np.dtype(f"{kind}{size}") for kind in "iu" for size in (1, 2, 4, 8)]


@looped("dtype", INTEGERS)
def test_floats_are_rounded_and_clipped(dtype):
    ends = np.iinfo(dtype)
    for source in (np.float64, np.float32):
        values = np.array([-1e30, -1.6, -0.4, 0.4, 0.6, 1.5, 2.5, 1e30], dtype=source)
        rounded = [-2, 0, 0, 1, 2, 2]
        inside = [max(value, ends.min) for value in rounded]
        assert as_dtype(values, dtype).tolist() == [ends.min, *inside, ends.max]
    assert as_dtype(np.array([float(ends.max), float(ends.min)]), dtype).tolist() == [
        ends.max,
        ends.min,
    ]


@looped(("source", "dtype"), [(source, dtype) for source in INTEGERS for dtype in INTEGERS])
def test_integers_are_clipped_without_a_way_through_floats(source, dtype):
    own, ends = np.iinfo(source), np.iinfo(dtype)
    values = [own.min, own.max, own.max - 1, 1, 0]
    expected = [min(max(value, ends.min), ends.max) for value in values]
    assert as_dtype(np.array(values, dtype=source), dtype).tolist() == expected


def test_truth_values_and_floats():
    values = np.array([-3.0, -0.6, 0.4, 0.6, 1.7])
    assert as_dtype(values, np.dtype(bool)).tolist() == [False, False, False, True, True]
    for dtype in (np.float16, np.float32):
        made = as_dtype(np.array([-1e300, np.nan, 0.5, 1e300]), np.dtype(dtype))
        assert made.dtype == dtype
        np.testing.assert_array_equal(made, [np.finfo(dtype).min, np.nan, 0.5, np.finfo(dtype).max])


@settings(deadline=None, max_examples=100)
@given(
    st.integers(-(2**63), 2**63 - 1 - 2**20),
    st.lists(st.integers(0, 2**20), min_size=2, max_size=8),
    st.sampled_from([0.0, 0.25, 0.5, 1.0]),
)
def test_a_narrow_range_is_computed_exactly_wherever_it_lies(low, steps, gap):
    own = np.array([low + step for step in steps], dtype=np.int64)
    points = measured_from(middle_of(own), own)
    seeds, partners = np.arange(len(own)), np.roll(np.arange(len(own)), 1)
    values = points[seeds] + gap * (points[partners] - points[seeds])
    made = new_integers(values, own, seeds)
    for new, seed, partner in zip(made.tolist(), own.tolist(), own[partners].tolist(), strict=True):
        # halves may be rounded to either side
        assert abs(Fraction(new) - (seed + Fraction(gap) * (partner - seed))) <= Fraction(1, 2)
    assert np.array_equal(new_integers(points, own, seeds), own)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=8), st.booleans())
def test_a_wide_range_gives_seeds_and_other_values_back(values, signed):
    own = (
        (np.array(values, dtype=np.uint64) ^ np.uint64(2**63)).view(np.int64)
        if signed
        else np.array(values, dtype=np.uint64)
    )
    seeds = np.arange(len(own))
    points = measured_from(middle_of(own), own)
    assert np.array_equal(new_integers(points, own, seeds), own)
    others = new_integers(points[::-1], own, seeds)
    assert set(others.tolist()) <= set(own.tolist())
    beyond = new_integers(np.array([-1e300, 1e300]), own, np.array([0, 0])).tolist()
    assert beyond[0] <= own.min()
    assert beyond[1] >= own.max()


def test_missing_values_lend_nothing():
    own = np.array([0, 2**62 + 1, 2**62 + 5], dtype=np.int64)
    known = np.array([False, True, True])
    middle = middle_of(own[known])
    values = np.array([float(2**62 + 3 - middle), float(2**62 + 1 - middle)])
    made = new_integers(values, own, np.array([0, 0]), known)
    assert made.tolist() == [2**62 + 3, 2**62 + 1]


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_sparse_elements_that_are_their_seeds_keep_their_digits(dtype):
    own = sparse.csr_array(np.array([[2**60 + 1, 0, 3], [0, 2**60 + 77, 0]], dtype=dtype))
    seeds = np.array([1, 0, 0])
    points = own.astype(np.float64)[seeds]
    made = new_sparse_integers(points, own, seeds)
    assert np.array_equal(made.toarray(), own.toarray()[seeds])
    assert made.dtype == dtype
