"""Made data."""

from collections import Counter

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.datasets import make_imbalance as reference
from scipy import sparse

from imbalance_kit.datasets import make_imbalance, make_long_tail

X = np.arange(80.0).reshape(40, 2)
Y = np.repeat(["a", "b", "c", "d"], 10)
WANTED = {"b": 7, "d": 3}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("as_instance", [False, True])
def test_rows_are_those_of_imbalanced_learn(seed, as_instance):
    def seeded():
        return np.random.RandomState(seed) if as_instance else seed

    got = make_imbalance(X, Y, sampling_strategy=WANTED, random_state=seeded())
    expected = reference(X, Y, sampling_strategy=WANTED, random_state=seeded())
    np.testing.assert_array_equal(got[0], expected[0])
    np.testing.assert_array_equal(got[1], expected[1])


@pytest.mark.parametrize("y", [Y, np.repeat([3, 1, 2, 0], 10)], ids=["text", "int"])
@pytest.mark.parametrize("kind", ["pandas", "polars", "pyarrow", "csr", "coo", "list"])
def test_containers_come_back_as_they_went_in(kind, y):
    frame = pd.DataFrame({"u": X[:, 0], "v": pd.Categorical(["p", "q"] * 20)}, index=range(5, 45))
    make = {
        "pandas": lambda: (frame, pd.Series(y, index=frame.index, name="y")),
        "polars": lambda: (pl.from_pandas(frame), pl.Series("y", y)),
        "pyarrow": lambda: (pa.table(frame), pa.chunked_array([pa.array(y)])),
        "csr": lambda: (sparse.csr_matrix(X), y),
        "coo": lambda: (sparse.coo_array(X), y),
        "list": lambda: (X.tolist(), y.tolist()),
    }[kind]
    table, labels = make()
    wanted = {y[0].item(): 2}
    got, got_labels = make_imbalance(table, labels, sampling_strategy=wanted, random_state=0)
    expected, expected_y = reference(X, y, sampling_strategy=wanted, random_state=0)
    if kind in ("csr", "coo"):
        assert isinstance(got, type(table.tocsr()))
        np.testing.assert_array_equal(got.toarray(), expected)
    else:
        assert type(got) is type(table)
        first = [row[0] for row in got] if kind == "list" else np.asarray(got["u"])
        np.testing.assert_array_equal(first, expected[:, 0])
    assert type(got_labels) is type(labels)
    assert list(np.asarray(got_labels)) == expected_y.tolist()
    if kind == "pandas":
        assert got.index.equals(got_labels.index)
        assert got["v"].dtype == "category"


def test_missing_values_pass_and_the_input_is_not_changed():
    gaps, labels = X.copy(), Y.copy()
    gaps[::3] = np.nan
    before = gaps.copy()
    got, _ = make_imbalance(gaps, labels, sampling_strategy=WANTED, random_state=0)
    assert np.isnan(got).any()
    np.testing.assert_array_equal(gaps, before)
    np.testing.assert_array_equal(labels, Y)


def test_the_strategy_may_be_a_function_of_the_labels():
    def halves(y):
        return {label: n // 2 for label, n in Counter(y).items()}

    _, y = make_imbalance(X, Y, sampling_strategy=halves, random_state=0)
    assert Counter(y) == {"a": 5, "b": 5, "c": 5, "d": 5}


@pytest.mark.parametrize(
    ("strategy", "said"),
    [
        ({"e": 1}, r"names the class 'e', but y has \['a', 'b', 'c', 'd'\]"),
        ({"a": 11}, "has 11 rows of class 'a', which has 10"),
        ({"a": -1}, "has -1 rows"),
        ("auto", "must be a dict .* got 'auto'"),
        (0.5, "must be a dict"),
    ],
)
def test_strategies_that_cannot_be_met(strategy, said):
    with pytest.raises(ValueError, match=said):
        make_imbalance(X, Y, sampling_strategy=strategy)


def test_lengths_and_shapes_are_checked():
    with pytest.raises(ValueError, match="inconsistent"):
        make_imbalance(X, Y[:-1], sampling_strategy={})
    with pytest.raises(ValueError, match="one dimension"):
        make_imbalance(X, X, sampling_strategy={})


@settings(max_examples=60, deadline=None)
@given(
    n_samples=st.integers(20, 3000),
    n_classes=st.integers(2, 12),
    ratio=st.floats(1, 1000),
    n_clusters=st.integers(1, 3),
    seed=st.integers(0, 2**32 - 1),
)
def test_long_tail_sizes(n_samples, n_classes, ratio, n_clusters, seed):
    shares = ratio ** (-np.arange(n_classes) / (n_classes - 1))
    exact = n_samples * shares / shares.sum()
    options = {
        "n_classes": n_classes,
        "imbalance_ratio": ratio,
        "n_clusters_per_class": n_clusters,
        "random_state": seed,
    }
    if exact[-1] < 0.5:
        with pytest.raises(ValueError, match="leave none for the smallest"):
            make_long_tail(n_samples, **options)
        return
    features, y = make_long_tail(n_samples, **options)
    sizes = np.bincount(y, minlength=n_classes)
    assert features.shape == (n_samples, 20)
    assert sizes.sum() == n_samples
    assert np.abs(sizes - exact)[1:].max() <= 0.5
    assert abs(sizes[0] - exact[0]) <= n_classes / 2
    assert (np.diff(sizes[1:]) <= 0).all()


def test_long_tail_is_reproducible_and_can_be_learnt():
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.model_selection import cross_val_score

    first = make_long_tail(2000, imbalance_ratio=20, random_state=3)
    second = make_long_tail(2000, imbalance_ratio=20, random_state=3)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
    forest = RandomForestClassifier(30, random_state=0)
    # five classes: a learner that has learnt nothing scores 1/5
    assert cross_val_score(forest, *first, cv=3, scoring="balanced_accuracy").mean() > 0.4


def test_long_tail_rows_are_shuffled():
    _, y = make_long_tail(1000, random_state=0)
    assert (np.diff(y) != 0).sum() > 100


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n_classes": 1}, "n_classes must be at least 2, got 1"),
        ({"imbalance_ratio": 0.5}, r"must be 1 or more, got 0\.5"),
        ({"imbalance_ratio": np.nan}, "must be 1 or more"),
        ({"weights": [0.5, 0.5]}, "weights would change the sizes"),
        ({"flip_y": 0.1}, "flip_y would change the sizes"),
        ({"n_samples": 50, "imbalance_ratio": 1000}, "give n_samples=1217 or more"),
    ],
)
def test_long_tails_that_cannot_be_made(options, said):
    with pytest.raises(ValueError, match=said):
        make_long_tail(**options)
