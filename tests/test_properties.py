"""Statements that hold for every table, tried on the nasty ones: duplicates, ties, constants,
classes of one row, float32, missing values, extreme imbalance."""

import warnings
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from estimators import SAMPLERS
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from loops import looped
from sklearn.base import clone

from imbalance_kit.over_sampling import SMOTE, RandomOverSampler
from imbalance_kit.under_sampling import RandomUnderSampler, TomekLinks

pytestmark = pytest.mark.usefixtures("few_trees")

SMALL_NUMBERS = st.integers(-2, 2).map(float)  # few values: duplicates, ties, constant columns
ANY_NUMBERS = st.floats(-1e6, 1e6, width=32)


@st.composite
def labels(draw, max_classes=4):
    sizes = draw(st.lists(st.integers(1, 10), min_size=2, max_size=max_classes))
    if draw(st.booleans()):
        sizes[0] = draw(st.sampled_from([40, 120]))  # extreme imbalance
    return np.array(draw(st.permutations(np.repeat(np.arange(len(sizes)), sizes).tolist())))


@st.composite
def tables(draw, numbers=None, dtypes=(np.float32, np.float64), missing=True):
    """A table and its labels."""
    y = draw(labels())
    if numbers is None:
        numbers = draw(st.sampled_from([SMALL_NUMBERS, ANY_NUMBERS]))
    if missing and draw(st.booleans()):
        numbers = st.one_of(numbers, numbers, st.just(np.nan))
    shape = (len(y), draw(st.integers(1, 3)))
    dtype = draw(st.sampled_from(dtypes))
    return draw(arrays(dtype, shape, elements=numbers, fill=numbers)), y


def nan_squared_distances(X):
    """All squared distances, written from the definition: the columns that both rows have, scaled
    up to all columns; infinite where there is none. With at most 3 columns of small whole numbers
    every value is exact in float64."""
    difference = X[:, None].astype(np.float64) - X[None].astype(np.float64)
    present = ~np.isnan(difference)
    total = np.where(present, difference, 0.0) ** 2
    n_present = present.sum(axis=2)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = total.sum(axis=2) * X.shape[1] / n_present
    return np.where(n_present > 0, scaled, np.inf)


def nearest_by_definition(X, k):
    """The k nearest other rows of each row, ties broken by row number."""
    near = []
    for row, distances in enumerate(nan_squared_distances(X)):
        others = [(distance, other) for other, distance in enumerate(distances) if other != row]
        near.append([other for _, other in sorted(others)[:k]])
    return np.array(near)


def quietly(sampler, X, y):
    """Resample without the warnings about small classes, which these tables make on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return sampler.fit_resample(X, y)


def between(new, start, end, tolerance):
    """Whether ``new`` lies on the segment, with values missing only where both ends miss them."""
    missing = np.isnan(new)
    if (missing != (np.isnan(start) & np.isnan(end))).any():
        return False
    only_start, only_end = ~np.isnan(start) & np.isnan(end), np.isnan(start) & ~np.isnan(end)
    if (new[only_start] != start[only_start]).any() or (new[only_end] != end[only_end]).any():
        return False
    both = ~np.isnan(start) & ~np.isnan(end)
    step, moved = (end - start)[both], (new - start)[both]
    length = step @ step
    share = np.clip(step @ moved / length, 0, 1) if length else 0.0
    return bool((np.abs(moved - share * step) <= tolerance).all())


@given(tables())
def test_smote_rows_lie_between_rows_of_their_class(table):
    X, y = table
    sampler = SMOTE(random_state=0, k_neighbors=3)
    X_new, y_new = quietly(sampler, X, y)
    assert X_new.dtype == X.dtype
    wide = X.astype(np.float64)
    # rounding errors of a product and two sums, relative to the largest number
    tolerance = 8 * np.finfo(X.dtype).eps * np.nanmax(np.abs(wide), initial=1.0)
    for row in range(len(y), len(y_new)):
        seed = sampler.sample_indices_[row]
        assert y_new[row] == y[seed]
        own = np.flatnonzero(y == y[seed])
        partners = own if len(own) == 1 else own[own != seed]
        assert any(
            between(X_new[row].astype(np.float64), wide[seed], wide[p], tolerance) for p in partners
        )


@given(tables(numbers=SMALL_NUMBERS))
def test_smote_goes_towards_one_of_the_k_nearest(table):
    """Also with duplicates and ties: ties go by row number, and a row is not its own neighbour."""
    X, y = table
    k = 2
    sampler = SMOTE(random_state=0, k_neighbors=k)
    X_new, y_new = quietly(sampler, X, y)
    tolerance = 8 * np.finfo(X.dtype).eps * 4
    wide = X.astype(np.float64)
    for label in np.unique(y_new[len(y) :]):
        own = np.flatnonzero(y == label)
        if len(own) == 1:
            continue
        near = own[nearest_by_definition(wide[own], min(k, len(own) - 1))]
        of_row = dict(zip(own.tolist(), near, strict=True))
        for row in len(y) + np.flatnonzero(y_new[len(y) :] == label):
            seed = sampler.sample_indices_[row]
            assert any(
                between(X_new[row].astype(np.float64), wide[seed], wide[p], tolerance)
                for p in of_row[seed]
            )


@settings(max_examples=settings.default.max_examples // 4)  # each goes through all samplers
@given(tables())
def test_all_samplers_keep_counts_labels_and_rows(table):
    X, y = table
    for case in SAMPLERS:
        sampler = clone(case.estimator)
        if "cv" in sampler.get_params():
            continue  # out-of-fold predictions need two rows of every class; see test_common.py
        if "steps" in sampler.get_params():
            continue  # a first step may leave a second one without a class; see test_combine.py
        X_new, y_new = quietly(sampler, X, y)
        counts = Counter(y.tolist())
        over = sampler._sampling_type == "over-sampling"
        if case.idle:
            assert Counter(y_new.tolist()) == counts
        elif case.exact:
            wanted = max(counts.values()) if over else min(counts.values())
            assert Counter(y_new.tolist()) == dict.fromkeys(counts, wanted)
        if over and case.keeps:
            np.testing.assert_array_equal(X_new[: len(y)], X)
        np.testing.assert_array_equal(y_new, y[sampler.sample_indices_])
        if case.selects:
            np.testing.assert_array_equal(X_new, X[sampler.sample_indices_])


def tomek_links_by_definition(X, y):
    """Pairs of different classes with no third row nearer to either (the first of equals)."""
    nearest = nearest_by_definition(X, 1)[:, 0]
    rows = range(len(y))
    return [row for row in rows if nearest[nearest[row]] == row and y[row] != y[nearest[row]]]


@given(tables(numbers=SMALL_NUMBERS), st.booleans())
def test_tomek_links_are_the_definition(table, all_classes):
    X, y = table
    sampler = TomekLinks(sampling_strategy="all" if all_classes else "auto")
    sampler.fit_resample(X, y)
    linked = set(tomek_links_by_definition(X, y))
    counts = Counter(y.tolist())
    smallest = min(counts, key=lambda label: (counts[label], label))
    stay = [
        row
        for row in range(len(y))
        if row not in linked or (not all_classes and y[row] == smallest)
    ]
    assert sampler.sample_indices_.tolist() == stay


@given(tables(numbers=SMALL_NUMBERS, missing=False))
def test_tomek_links_see_nominal_columns_as_the_heterogeneous_metric(table):
    """HEOM by hand: differences by the range of the column, a nominal mismatch counts 1."""
    X, y = table
    assume(X.shape[1] >= 2)
    spread = np.ptp(X[:, 1:].astype(float), axis=0)
    numbers = X[:, 1:].astype(float) / np.where(spread > 0, spread, 1)
    squared = ((numbers[:, None] - numbers[None]) ** 2).sum(axis=2)
    squared += X[:, None, 0] != X[None, :, 0]
    np.fill_diagonal(squared, np.inf)
    nearest = squared.round(12).argmin(axis=1)  # the first of equals
    gaps = np.sort(squared, axis=1)
    assume(not ((np.diff(gaps[:, :2], axis=1) > 0) & (np.diff(gaps[:, :2], axis=1) < 1e-9)).any())
    links = (nearest[nearest] == np.arange(len(y))) & (y != y[nearest])
    frame = pd.DataFrame(X).rename(columns=str)
    frame["0"] = frame["0"].astype("category")
    sampler = TomekLinks(sampling_strategy="all", metric="heom")
    sampler.fit_resample(frame, y)
    np.testing.assert_array_equal(sampler.sample_indices_, np.flatnonzero(~links))


@given(tables(), st.floats(0, 3))
def test_smoothed_copies_stay_near_their_seed(table, shrinkage):
    """With no spread in a column, or no shrinkage, a smoothed copy equals its seed."""
    X, y = table
    sampler = RandomOverSampler(random_state=0, shrinkage=shrinkage)
    X_new, y_new = quietly(sampler, X, y)
    for row in range(len(y), len(y_new)):
        seed = sampler.sample_indices_[row]
        own = X[y == y[seed]]
        spread = np.array([len(set(c[~np.isnan(c)].tolist())) > 1 for c in own.T])
        fixed = ~spread if shrinkage else np.ones(X.shape[1], bool)
        np.testing.assert_allclose(X_new[row, fixed], X[seed, fixed], rtol=1e-6)
        np.testing.assert_array_equal(np.isnan(X_new[row]), np.isnan(X[seed]))


@given(labels(), st.data())
def test_nominal_values_of_new_rows_win_a_vote(y, data):
    """A new row's value is one of the most frequent among its seed's neighbours."""
    words = data.draw(st.lists(st.sampled_from("abc"), min_size=len(y), max_size=len(y)))
    numbers = np.random.RandomState(0).normal(size=len(y))
    frame = pd.DataFrame({"number": numbers, "word": pd.Categorical(words)})
    k = 3
    sampler = SMOTE(random_state=0, k_neighbors=k)
    new, y_new = quietly(sampler, frame, y)
    words = np.array(words)
    for row in range(len(y), len(y_new)):
        seed = sampler.sample_indices_[row]
        own = np.flatnonzero(y == y[seed])
        others = own[own != seed]
        if not len(others):
            assert new["word"][row] == words[seed]
            continue
        mismatch = np.std(numbers[own])  # the median of the one numeric column's spread
        distance = (numbers[others] - numbers[seed]) ** 2
        distance += mismatch**2 * (words[others] != words[seed])
        near = others[np.argsort(distance, kind="stable")[:k]]
        votes = Counter(words[near].tolist())
        assert votes[new["word"][row]] == max(votes.values())


@given(tables(numbers=st.integers(-50, 50).map(float), missing=False), st.integers(0, 5))
def test_whole_numbers_are_rounded_not_cut(table, seed):
    """Cutting off would pull new values towards zero; rounding moves them by at most a half."""
    X, y = table
    whole = X.astype(np.int64)
    rounded, _ = quietly(SMOTE(random_state=seed), whole, y)
    exact, _ = quietly(SMOTE(random_state=seed), whole.astype(np.float64), y)
    assert rounded.dtype == np.int64
    assert np.abs(rounded - exact).max() <= 0.5


@given(tables(), st.integers(0, 2**32 - 1))
def test_draws_without_replacement_are_distinct(table, seed):
    X, y = table
    sampler = RandomUnderSampler(random_state=seed)
    sampler.fit_resample(X, y)
    assert len(set(sampler.sample_indices_.tolist())) == len(sampler.sample_indices_)


@pytest.mark.parametrize("case", SAMPLERS, ids=lambda case: case.name)
@looped(
    "X",
    [
        np.zeros((60, 3)),
        np.full((60, 3), np.nan),
        np.repeat(np.arange(15.0), 4)[:, None],
        np.column_stack([np.zeros(60), np.full(60, np.nan), np.arange(60.0)]),
        np.column_stack([np.arange(60.0), np.full(60, 1e150)]),
        np.column_stack([np.arange(60.0), np.full(60, 5e-324)]),
    ],
    ids=["constant", "all missing", "fourfold rows", "empty column", "huge", "tiny"],
)
def test_tables_without_information(case, X):
    y = np.random.RandomState(0).permutation(np.repeat([0, 1], [45, 15]))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        sampler = clone(case.estimator)
        X_new, y_new = sampler.fit_resample(X, y)
    if case.idle:
        np.testing.assert_array_equal(y_new, y)
    elif case.exact:
        assert len(set(Counter(y_new.tolist()).values())) == 1
    np.testing.assert_array_equal(np.isnan(X_new), np.isnan(X[sampler.sample_indices_]))
    if sampler._sampling_type == "over-sampling" and case.keeps:
        np.testing.assert_array_equal(X_new[:60], X)
