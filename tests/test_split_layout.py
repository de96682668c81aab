"""Splits: groups stay together, and what is asked is later than what is learned."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbalance_kit._split_layout import Layout


@st.composite
def layouts(draw, *, groups=None, time=None):
    """Two or three classes, some groups and times among them, in any order."""
    n_rows = draw(st.integers(60, 160))
    rng = np.random.RandomState(draw(st.integers(0, 10_000)))
    y = rng.permutation(np.arange(n_rows) % draw(st.integers(2, 3)))
    with_groups = draw(st.booleans()) if groups is None else groups
    with_time = draw(st.booleans()) if time is None else time
    return Layout(
        y,
        rng.randint(0, 20, size=n_rows) if with_groups else None,
        rng.randint(0, draw(st.integers(12, 80)), size=n_rows) if with_time else None,
    )


def check_pair(layout, learned, asked):
    assert len(learned)
    assert len(asked)
    assert not set(learned) & set(asked)
    if layout.groups is not None:
        assert not set(layout.groups[learned]) & set(layout.groups[asked])
    if layout.time is not None:
        assert layout.time[learned].max() < layout.time[asked].min()


@given(layout=layouts(), share=st.sampled_from([0.2, 0.25, 0.3, 0.5]), seed=st.integers(0, 9))
def test_a_part_respects_groups_and_time(layout, share, seed):
    rows = np.arange(len(layout.y))[::2]
    kept, held_back = layout.part(rows, share, np.random.RandomState(seed))
    assert set(kept) <= set(rows)
    assert set(held_back) <= set(rows)
    if layout.groups is not None and layout.time is not None:
        assert not set(kept) & set(held_back)  # every group may reach into the later rows
        return
    check_pair(layout, kept, held_back)
    together = np.sort(np.concatenate([kept, held_back]))
    np.testing.assert_array_equal(together, rows)


@given(layout=layouts(time=False), seed=st.integers(0, 9))
def test_folds_ask_every_row_once(layout, seed):
    rows = np.arange(len(layout.y))
    pairs = list(layout.folds(rows, 4, np.random.RandomState(seed)))
    for learned, asked in pairs:
        check_pair(layout, learned, asked)
        assert len(learned) + len(asked) == len(rows)
    np.testing.assert_array_equal(np.sort(np.concatenate([asked for _, asked in pairs])), rows)


@given(layout=layouts(groups=False, time=True))
def test_folds_in_time_ask_every_row_but_those_of_the_first_stretch_once(layout):
    rows = np.arange(len(layout.y))
    pairs = list(layout.folds(rows, 3, np.random.RandomState(0)))
    seen = set(pairs[0][0])
    for learned, asked in pairs:
        check_pair(layout, learned, asked)
        assert set(learned) == seen  # everything before
        seen |= set(asked)
    assert seen == set(rows)


def test_time_parts_do_not_depend_on_the_draw():
    layout = Layout(np.arange(50) % 2, time=np.arange(50)[::-1])
    kept, held_back = layout.part(np.arange(50), 0.3, np.random.RandomState(0))
    np.testing.assert_array_equal(held_back, np.arange(15))
    np.testing.assert_array_equal(kept, np.arange(15, 50))


def test_too_few_groups_or_times():
    y = np.arange(20) % 2
    with pytest.raises(ValueError, match="into 5 parts needs as many groups; there are 3"):
        list(Layout(y, groups=np.arange(20) % 3).folds(np.arange(20), 5, np.random.RandomState(0)))
    with pytest.raises(ValueError, match="there are 2 times"):
        list(Layout(y, time=np.arange(20) % 2).folds(np.arange(20), 5, np.random.RandomState(0)))
