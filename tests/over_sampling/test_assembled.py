"""AssembledSMOTE: links, parts of the border, and new rows within them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from tables import unbalanced

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit.over_sampling import SMOTE, AssembledSMOTE
from imbalance_kit.over_sampling._assembled import assemble_clusters, shortest_links
from over_sampling.marked import nearest_to, resample_marked


def links_by_definition(X, k):
    """Kruskal: the links to nearest rows by length, those that close no circle."""
    squared = ((X[:, None] - X[None]) ** 2).sum(axis=2)
    links = {
        (squared[i, j], min(i, j), max(i, j))
        for i in range(len(X))
        for j in nearest_to(X[i], X, k, itself=i)
    }
    part, kept = list(range(len(X))), []
    for _, i, j in sorted(links):
        if part[i] != part[j]:
            kept.append([i, j])
            old = part[j]
            part = [part[i] if p == old else p for p in part]
    return kept


@given(
    st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=2, max_size=25),
    st.integers(1, 5),
)
def test_links_are_kruskals(points, k):
    """With copies and ties, which go by the numbers of the rows."""
    X = np.array(points, dtype=float)
    k = min(k, len(X) - 1)
    assert shortest_links(*nearest_rows(X, k)).tolist() == links_by_definition(X, k)


def assemble_by_definition(X, links, min_size, min_cosine):
    parts = [[i] for i in range(len(X))]

    def direction(rows):
        return np.linalg.svd(X[rows] - X[rows].mean(axis=0))[2][0]

    for i, j in links:
        a = next(part for part in parts if i in part)
        b = next(part for part in parts if j in part)
        if min(len(a), len(b)) >= min_size:
            if min(len(a), len(b)) < 2:
                alike = True  # one row runs in no direction
            else:
                alike = abs(direction(a) @ direction(b)) > min_cosine
            if not alike:
                continue
        parts.remove(a)
        parts.remove(b)
        parts.append(a + b)
    return {frozenset(part) for part in parts}


def as_sets(part):
    return {frozenset(np.flatnonzero(part == i).tolist()) for i in range(part.max() + 1)}


@given(
    st.integers(2, 40),
    st.integers(0, 10_000),
    st.integers(1, 5),
    st.sampled_from([0.0, 0.3, 0.7, 0.95]),
    st.integers(2, 6),
)
def test_parts_are_joined_by_size_and_direction(n_rows, seed, min_size, min_cosine, n_columns):
    X = np.random.RandomState(seed).normal(size=(n_rows, n_columns))
    links = shortest_links(*nearest_rows(X, min(5, n_rows - 1)))
    expected = assemble_by_definition(X, links.tolist(), min_size, min_cosine)
    for numbers in (X, sparse.csr_array(X)):
        assert as_sets(assemble_clusters(numbers, links, min_size, min_cosine)) == expected


def strokes():
    """Three strokes: two in one line, one across, which touches the second."""
    along = np.arange(20.0)
    one = np.column_stack([along, np.zeros(20)])
    two = np.column_stack([along + 21, np.zeros(20)])
    across = np.column_stack([np.full(20, 42.0), along + 1.5])
    return np.concatenate([one, two, across])


def test_strokes_are_parts():
    X = strokes()
    links = shortest_links(*nearest_rows(X, 5))
    expected = {frozenset(range(40)), frozenset(range(40, 60))}
    assert as_sets(assemble_clusters(X, links)) == expected
    assert as_sets(assemble_clusters(X, links, min_cosine=1.0)) != expected
    assert as_sets(assemble_clusters(X, links, min_size=100)) == {frozenset(range(60))}


def test_copies_run_in_no_direction():
    X = np.repeat([[0.0, 0.0], [1.0, 0.0], [0.0, 1.5]], 5, axis=0)
    links = shortest_links(*nearest_rows(X, 6))
    assert as_sets(assemble_clusters(X, links, min_cosine=0.5)) == {frozenset(range(15))}


def test_large_parts_have_the_direction_of_their_rows():
    """400 rows along a line: a sample of them shows it."""
    rng = np.random.RandomState(0)
    one = np.column_stack([np.arange(400.0), rng.normal(size=400)])
    two = np.column_stack([np.full(30, 401.0), np.arange(30.0) + 2])
    X = np.concatenate([one, two])
    links = np.array(
        [[i, i + 1] for i in range(399)] + [[i, i + 1] for i in range(400, 429)] + [[399, 400]]
    )
    part = assemble_clusters(X, links, min_size=10)
    assert as_sets(part) == {frozenset(range(400)), frozenset(range(400, 430))}


def test_partners_are_nearest_in_the_part(seed):
    """The border and the inside of a class by hand.

    False alarm: one of 240 partners not drawn in about 99 draws of its seed, 240 * .75**99 < 1e-9.
    """
    rng = np.random.RandomState(seed)
    X = np.concatenate([rng.normal(size=(150, 2)), rng.normal(2, 1, size=(60, 2))])
    y = np.repeat([0, 1], [150, 60])
    own = X[y == 1]
    k = 4
    sampler = AssembledSMOTE(
        sampling_strategy={1: 6000}, random_state=seed, k_neighbors=k, min_cosine=0.9
    )
    seeds, partners, gaps = resample_marked(sampler, X, y)
    around = [nearest_to(row, X, k + 1) for row in own]
    border = np.array([(y[near] != 1).any() for near in around])
    assert border.any()
    assert not border.all()
    parts = assemble_by_definition(
        own[border], links_by_definition(own[border], k), min_size=2, min_cosine=0.9
    )
    assert len(parts) > 1
    groups = [np.flatnonzero(border)[sorted(part)] for part in parts] + [np.flatnonzero(~border)]
    for group in groups:
        for a in group:
            place = np.flatnonzero(group == a)[0]
            near = group[nearest_to(own[a], own[group], min(k, len(group) - 1), itself=place)]
            assert set(partners[seeds == a]) == set(near)
    assert 0 < gaps.min() < gaps.max() < 1


def test_a_class_without_border_is_one_part():
    X, y = unbalanced([60, 15])
    X[y == 1] += 100
    found, _ = AssembledSMOTE(random_state=0).fit_resample(X, y)
    sides = found[75:].min()
    assert sides > 50
    assert len(found) == 120


def test_lonely_rows_of_the_border_go_towards_the_class():
    """One row of ten is near the other class."""
    X = np.concatenate([np.arange(10.0), np.arange(-30, 0)])[:, None]
    y = np.repeat([1, 0], [10, 30])
    X_new, _ = AssembledSMOTE(random_state=0, k_neighbors=1).fit_resample(X, y)
    assert not np.isin(X_new[40:], X).any()


def test_small_classes():
    X, y = unbalanced([30, 4])
    sampler = AssembledSMOTE(random_state=0)
    with pytest.warns(UserWarning, match="each uses the 3 neighbours it has"):
        assert len(sampler.fit_resample(X, y)[0]) == 60
    X_new, _ = sampler.set_params(small_class="copy").fit_resample(X, y)
    np.testing.assert_array_equal(X_new, X[sampler.sample_indices_])
    copies, _ = SMOTE(random_state=0, small_class="copy").fit_resample(X, y)
    np.testing.assert_array_equal(X_new, copies)
    with pytest.raises(ValueError, match=r"Class 1 has 4 samples; k_neighbors=5 needs at least 6"):
        sampler.set_params(small_class="raise").fit_resample(X, y)
