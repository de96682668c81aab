"""Every part has every class wherever whole groups and times allow it."""

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from imbalance_kit._stratified_parts import cuts_in_time, folds_of_groups


def cut(time, wanted):
    return np.searchsorted(wanted, time, side="right")


@settings(max_examples=40, deadline=None)
@given(n_moments=st.integers(2, 9), n_cuts=st.integers(1, 3), seed=st.integers(0, 10_000))
def test_cuts_are_found_where_there_are_any(n_moments, n_cuts, seed):
    """Against a search of all ways to cut."""
    rng = np.random.RandomState(seed)
    n_cuts = min(n_cuts, n_moments - 1)
    time = np.r_[np.arange(n_moments), rng.randint(n_moments, size=8)]
    y = rng.randint(2, size=len(time))

    def every_class_in(cuts):
        parts = cut(time, cuts)
        return all(set(y[parts == part]) == set(y) for part in range(len(cuts) + 1))

    ways = list(itertools.combinations(range(1, n_moments), n_cuts))
    wanted = list(ways[rng.randint(len(ways))])
    found = cuts_in_time(time, y, wanted)
    good = [way for way in ways if every_class_in(way)]
    if tuple(wanted) in good or not good:
        assert found == wanted
    else:
        assert tuple(found) in good


def test_cuts_move_no_farther_than_needed():
    time, y = np.arange(30), np.zeros(30, dtype=int)
    y[[2, 14, 15]] = 1
    # equal stretches would be [0, 10), [10, 20), [20, 30), and the last would have no positive
    assert cuts_in_time(time, y, [10, 20]) == [10, 15]


@settings(max_examples=25, deadline=None)
@given(n_groups=st.integers(6, 40), n_folds=st.integers(2, 5), seed=st.integers(0, 10_000))
def test_folds_of_groups_have_a_rare_class_that_enough_groups_hold(n_groups, n_folds, seed):
    rng = np.random.RandomState(seed)
    group = np.repeat(np.arange(n_groups), rng.randint(1, 30, size=n_groups))
    y = np.zeros(len(group), dtype=int)
    holders = rng.choice(n_groups, size=n_folds, replace=False)  # as few as will do
    for one in holders:
        rows = np.flatnonzero(group == one)
        y[rows[: rng.choice([1, len(rows)])]] = 1
    splits = folds_of_groups(y, group, n_folds, np.random.RandomState(seed))
    assert len(splits) == n_folds
    for train, test in splits:
        assert y[test].sum() > 0
        assert not set(group[train]) & set(group[test])
    np.testing.assert_array_equal(
        np.sort(np.concatenate([t for _, t in splits])), np.arange(len(y))
    )


def test_folds_of_groups_that_have_every_class_are_those_of_sklearn():
    from sklearn.model_selection import StratifiedGroupKFold

    rng = np.random.RandomState(0)
    y, group = rng.randint(3, size=200), rng.randint(40, size=200)
    ours = folds_of_groups(y, group, 4, np.random.RandomState(3))
    theirs = StratifiedGroupKFold(4, shuffle=True, random_state=np.random.RandomState(3))
    for one, other in zip(ours, theirs.split(y, y, group), strict=True):
        np.testing.assert_array_equal(one[1], other[1])
