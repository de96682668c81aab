"""Whole numbers in the proportion of shares."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from imbalance_kit._sampling.shares import split_by_shares


@given(
    st.integers(0, 1000),
    st.lists(st.floats(0, 1e6), min_size=1, max_size=8).filter(lambda s: sum(s) > 1e-3),
)
def test_each_part_is_less_than_one_from_exact(n, shares):
    shares = np.array(shares)
    parts = split_by_shares(n, shares)
    assert parts.sum() == n
    assert (np.abs(parts - n * shares / shares.sum()) < 1 + 1e-6).all()


def test_the_first_of_equal_remainders_get_more():
    assert split_by_shares(5, np.ones(3)).tolist() == [2, 2, 1]


def test_no_share_no_rows():
    assert split_by_shares(3, np.array([0.0, 1.0, 0.0])).tolist() == [0, 3, 0]
