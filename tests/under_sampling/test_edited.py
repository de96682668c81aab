"""Editing: against slow versions written from the rules, against imbalanced-learn, by hand."""

import warnings
from collections import Counter

import imblearn.under_sampling
import numpy as np
import pandas as pd
import pytest
import reference
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse
from sklearn.datasets import make_classification
from sklearn.neighbors import NearestNeighbors

from imbalance_kit.under_sampling import (
    AllKNN,
    EditedNearestNeighbours,
    NeighbourhoodCleaningRule,
    OneSidedSelection,
    RepeatedEditedNearestNeighbours,
)


def rows_of(sampler, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # neighbours cut to what a tiny table has
        sampler.fit_resample(X, y)
    return sampler.sample_indices_.tolist()


# --- the rules, written down ----------------------------------------------------------------


def all_but_the_smallest(y):
    counts = Counter(y.tolist())
    return set(counts) - {min(sorted(counts), key=counts.get)}


def most_frequent(labels):
    counts = Counter(labels)
    return min(counts, key=lambda label: (-counts[label], label))


def edited(X, y, rows, k, kind, strategy):
    """Rows that one round leaves."""
    rows = np.array(rows)
    targets = all_but_the_smallest(y[rows]) if strategy == "auto" else set(strategy)
    k = min(k, len(rows) - 1)
    near = reference.nearest_rows(X[rows], k)[1]
    stay = []
    for row, others in zip(rows, near, strict=True):
        labels = y[rows[others]].tolist()
        own = y[row]
        agree = set(labels) == {own} if kind == "all" else most_frequent(labels) == own
        if own not in targets or agree:
            stay.append(int(row))
    return stay


def repeatedly(X, y, counts_of_neighbors, kind, strategy, stop_if_nothing, allow_minority=False):
    sizes = Counter(y.tolist())
    small = min(sorted(sizes), key=sizes.get)
    rows = list(range(len(y)))
    for k in counts_of_neighbors:
        before, rows = rows, edited(X, y, rows, k, kind, strategy)
        left = Counter(y[rows].tolist())
        if len(left) < len(sizes) or (stop_if_nothing and len(rows) == len(before)):
            break
        if not allow_minority and any(left[c] < sizes[small] for c in sizes if c != small):
            break
    return rows


def by_class(rows, y):
    """The order in which rows come out; nothing moves where nothing was dropped."""
    return list(rows) if len(rows) == len(y) else sorted(rows, key=lambda row: (y[row], row))


def cleaned(X, y, k, threshold):
    counts = Counter(y.tolist())
    small = min(sorted(counts), key=counts.get)
    k = min(k, len(y) - 1)
    stay = set(edited(X, y, range(len(y)), k, "mode", "auto"))
    near = reference.nearest_rows(X, k)[1]
    for row in np.flatnonzero(y == small):
        if most_frequent([small, *y[near[row, : k - 1]].tolist()]) != small:
            for other in near[row]:
                large = y[other] in all_but_the_smallest(y)
                if large and counts[y[other]] > threshold * counts[small]:
                    stay.discard(int(other))
    return sorted(stay)


@st.composite
def tables(draw):
    """Small numbers: duplicates, ties, constant columns, missing values, classes of one row."""
    sizes = draw(st.lists(st.integers(1, 12), min_size=2, max_size=3))
    y = np.array(draw(st.permutations(np.repeat(np.arange(len(sizes)), sizes).tolist())))
    number = st.integers(-2, 2).map(float)
    if draw(st.booleans()):
        number = st.one_of(number, number, number, st.just(np.nan))
    shape = (len(y), draw(st.integers(1, 3)))
    return draw(arrays(float, shape, elements=number, fill=number)), y


KINDS = st.sampled_from(["all", "mode"])
COUNTS = st.integers(1, 4)
STRATEGIES = st.sampled_from(["auto", [0], [0, 1]])


@given(tables(), COUNTS, KINDS, STRATEGIES)
def test_editing_by_definition(table, k, kind, strategy):
    X, y = table
    sampler = EditedNearestNeighbours(n_neighbors=k, kind_sel=kind, sampling_strategy=strategy)
    expected = edited(X, y, range(len(y)), k, kind, strategy)
    assert rows_of(sampler, X, y) == by_class(expected, y)


@given(tables(), COUNTS, KINDS, STRATEGIES, st.sampled_from([1, 2, 100]))
def test_repeated_editing_by_definition(table, k, kind, strategy, max_iter):
    X, y = table
    sampler = RepeatedEditedNearestNeighbours(
        n_neighbors=k, kind_sel=kind, max_iter=max_iter, sampling_strategy=strategy
    )
    expected = repeatedly(X, y, [k] * max_iter, kind, strategy, stop_if_nothing=True)
    assert rows_of(sampler, X, y) == by_class(expected, y)


@given(tables(), COUNTS, KINDS, STRATEGIES, st.booleans())
def test_editing_with_more_and_more_neighbours_by_definition(table, k, kind, strategy, allow):
    X, y = table
    sampler = AllKNN(n_neighbors=k, kind_sel=kind, allow_minority=allow, sampling_strategy=strategy)
    rounds = range(1, min(k, len(y) - 1) + 1)
    expected = repeatedly(X, y, rounds, kind, strategy, stop_if_nothing=False, allow_minority=allow)
    assert rows_of(sampler, X, y) == by_class(expected, y)


@given(tables(), COUNTS, st.sampled_from([0.5, 1.5]))
def test_cleaning_rule_by_definition(table, k, threshold):
    X, y = table
    sampler = NeighbourhoodCleaningRule(n_neighbors=k, threshold_cleaning=threshold)
    assert rows_of(sampler, X, y) == cleaned(X, y, k, threshold)


# --- imbalanced-learn -----------------------------------------------------------------------


@pytest.fixture(params=[2, 4], ids="{} classes".format, scope="module")
def apart(request):
    """Data without ties or equal class sizes."""
    weights = [0.75] if request.param == 2 else [0.5, 0.25, 0.15]
    return make_classification(
        n_samples=500,
        n_features=6,
        n_informative=4,
        n_classes=request.param,
        weights=weights,
        flip_y=0.1,
        class_sep=0.7,
        random_state=0,
    )


SAME = [
    (EditedNearestNeighbours, {}),
    (EditedNearestNeighbours, {"n_neighbors": 6, "kind_sel": "mode"}),
    (EditedNearestNeighbours, {"sampling_strategy": "all", "n_neighbors": 4, "kind_sel": "mode"}),
    (EditedNearestNeighbours, {"sampling_strategy": [1]}),
    (EditedNearestNeighbours, {"n_neighbors": NearestNeighbors(n_neighbors=4)}),
    (RepeatedEditedNearestNeighbours, {}),
    (RepeatedEditedNearestNeighbours, {"kind_sel": "mode", "n_neighbors": 4}),
    (RepeatedEditedNearestNeighbours, {"kind_sel": "mode", "max_iter": 2}),
    (RepeatedEditedNearestNeighbours, {"sampling_strategy": "all"}),
    (RepeatedEditedNearestNeighbours, {"n_neighbors": NearestNeighbors(n_neighbors=4)}),
    (AllKNN, {}),
    (AllKNN, {"n_neighbors": 6, "kind_sel": "mode"}),
    (AllKNN, {"n_neighbors": 8, "allow_minority": True}),
    (AllKNN, {"n_neighbors": NearestNeighbors(n_neighbors=4)}),
    (NeighbourhoodCleaningRule, {}),
    (NeighbourhoodCleaningRule, {"n_neighbors": 4}),
    (NeighbourhoodCleaningRule, {"threshold_cleaning": 2.5, "n_neighbors": 5}),
    (NeighbourhoodCleaningRule, {"n_neighbors": NearestNeighbors(n_neighbors=5)}),
    (NeighbourhoodCleaningRule, {"edited_nearest_neighbours": EditedNearestNeighbours()}),
    (NeighbourhoodCleaningRule, {"sampling_strategy": "all"}),
]


@pytest.mark.parametrize(
    ("sampler", "parameters"), SAME, ids=lambda value: getattr(value, "__name__", str(value))
)
def test_the_rows_of_imbalanced_learn(sampler, parameters, apart):
    X, y = apart
    ours, theirs = sampler(**parameters), getattr(imblearn.under_sampling, sampler.__name__)
    theirs = theirs(**parameters)
    X_ours, y_ours = ours.fit_resample(X, y)
    X_theirs, y_theirs = theirs.fit_resample(X, y)
    assert 0 < len(y_ours) < len(y)
    np.testing.assert_array_equal(X_ours, X_theirs)
    np.testing.assert_array_equal(y_ours, y_theirs)
    np.testing.assert_array_equal(ours.sample_indices_, theirs.sample_indices_)
    assert getattr(ours, "n_iter_", None) == getattr(theirs, "n_iter_", None)


def test_classes_are_settled_anew_in_each_round():
    """Once the large class has fallen below the small one, "auto" means the other class."""
    X, y = make_classification(
        n_samples=400, n_informative=4, weights=[0.55], flip_y=0.3, class_sep=0.3, random_state=0
    )
    ours = AllKNN(allow_minority=True, n_neighbors=5)
    theirs = imblearn.under_sampling.AllKNN(allow_minority=True, n_neighbors=5)
    y_ours, y_theirs = ours.fit_resample(X, y)[1], theirs.fit_resample(X, y)[1]
    assert (Counter(y) - Counter(y_ours)).keys() == {0, 1}
    np.testing.assert_array_equal(y_ours, y_theirs)
    np.testing.assert_array_equal(ours.sample_indices_, theirs.sample_indices_)


def test_copies_are_neighbours_but_the_row_itself_never_is():
    """imbalanced-learn takes the first found for the row itself, so that a row votes for itself
    where a copy is found before it."""
    X = np.repeat([[0.0], [10.0]], [5, 5], axis=0)
    y = np.array([0, 1, 1, 1, 1, 0, 0, 0, 0, 0])
    # Row 0 has four copies, all of class 1: whatever the copies are, none of its class is near.
    sampler = EditedNearestNeighbours(n_neighbors=4, kind_sel="mode", sampling_strategy="all")
    assert rows_of(sampler, X, y) == [5, 6, 7, 8, 9, 1, 2, 3, 4]


def test_equal_class_sizes_go_by_label_not_by_order():
    """imbalanced-learn counts the class that comes first in y as the smallest here, but excludes
    the smallest label from editing: its result changes with the order of the rows."""
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(60, 2)), np.repeat([2, 1, 0], 20)
    order = rng.permutation(60)
    for sampler in (RepeatedEditedNearestNeighbours(), AllKNN(), NeighbourhoodCleaningRule()):
        first = set(order[rows_of(sampler, X[order], y[order])].tolist())
        other = set(rows_of(sampler, X, y))
        assert first == other
        assert {row for row in other if y[row] == 0} == set(range(40, 60))


def test_an_unfinished_order_in_imbalanced_learn():
    """With nothing to drop, its indices name other rows than those returned; ours do not."""
    X, y = np.array([[0.0], [9.0], [0.1], [9.1], [0.2]]), np.array([1, 0, 1, 0, 1])
    theirs = imblearn.under_sampling.RepeatedEditedNearestNeighbours(n_neighbors=1)
    X_theirs, _ = theirs.fit_resample(X, y)
    assert not np.array_equal(X_theirs, X[theirs.sample_indices_])
    ours = RepeatedEditedNearestNeighbours(n_neighbors=1)
    X_ours, _ = ours.fit_resample(X, y)
    np.testing.assert_array_equal(X_ours, X)
    assert ours.sample_indices_.tolist() == [0, 1, 2, 3, 4]


# --- parameters and tables ------------------------------------------------------------------


@pytest.mark.parametrize(
    "sampler", [EditedNearestNeighbours, RepeatedEditedNearestNeighbours, AllKNN]
)
def test_more_neighbours_than_rows(sampler):
    X, y = np.arange(5.0)[:, None], np.array([0, 0, 0, 1, 1])
    with pytest.warns(UserWarning, match="n_neighbors=9 is more than the 4 rows"):
        many = sampler(n_neighbors=9).fit_resample(X, y)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", "No row is left of class")  # what these rules do here
        four = sampler(n_neighbors=4).fit_resample(X, y)
    np.testing.assert_array_equal(many[0], four[0])


def test_ties_of_votes_go_to_the_smallest_label():
    X = np.array([[0.0], [1.0], [-1.1], [50.0], [51.0], [52.0]])
    y = np.array(["b", "a", "b", "b", "b", "b"])
    sampler = EditedNearestNeighbours(n_neighbors=2, kind_sel="mode", sampling_strategy=["b"])
    # Row 0 has a neighbour of each class, and so has row 2 (rows 0 and 1).
    assert rows_of(sampler, X, y) == [1, 3, 4, 5]


def test_nominal_columns():
    """By numbers alone row 3 would stay; the word puts it beside the other class."""
    frame = pd.DataFrame(
        {
            "n": [0.0, 0.1, 0.2, 0.3, 0.5, 1.0],
            "w": pd.Categorical(["x", "x", "x", "y", "y", "y"]),
        }
    )
    y = np.array([0, 0, 0, 0, 1, 1])
    assert rows_of(EditedNearestNeighbours(n_neighbors=1), frame, y) == [0, 1, 2, 4, 5]
    assert rows_of(EditedNearestNeighbours(n_neighbors=1), frame[["n"]], y) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("sampler", [EditedNearestNeighbours, AllKNN, NeighbourhoodCleaningRule])
def test_sparse_tables_give_the_rows_of_dense_ones(sampler, apart):
    X, y = apart
    X = np.where(X > 0.2, X, 0.0)
    assert rows_of(sampler(), sparse.csr_array(X), y) == rows_of(sampler(), X, y)


def test_the_editor_of_the_cleaning_rule_may_be_any_sampler(apart):
    X, y = apart
    editor = OneSidedSelection(random_state=0)
    sampler = NeighbourhoodCleaningRule(edited_nearest_neighbours=editor, threshold_cleaning=1000)
    assert rows_of(sampler, X, y) == sorted(rows_of(editor, X, y))
    assert sampler.classes_to_clean_ == []
    frame = pd.DataFrame(X).assign(word=pd.Categorical(np.where(X[:, 0] > 0, "x", "y")))
    frame.iloc[3, 2] = np.nan
    assert len(rows_of(sampler, frame.rename(columns=str), y)) > 0
