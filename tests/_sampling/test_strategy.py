"""How many rows of which class."""

import math
from fractions import Fraction

import numpy as np
import pytest
from imblearn.utils import check_sampling_strategy
from loops import looped

from imbalance_kit._sampling.strategy import resolve_targets
from imbalance_kit._tables.labels import count, encode
from imbalance_kit.over_sampling import ADASYN, CCR, ROSE, SMOTE, RandomOverSampler

Y = np.repeat(["a", "b", "c"], [50, 12, 25])
BINARY = np.repeat([0, 1], [60, 15])


@pytest.mark.parametrize(
    ("strategy", "made", "kept"),
    [
        ("auto", {"b": 38, "c": 25}, {"a": 12, "c": 12}),
        ("not majority", {"b": 38, "c": 25}, {"b": 12, "c": 12}),
        ("not minority", {"a": 0, "c": 25}, {"a": 12, "c": 12}),
        ("minority", {"b": 38}, None),
        ("majority", None, {"a": 12}),
        ("all", {"a": 0, "b": 38, "c": 25}, {"a": 12, "b": 12, "c": 12}),
    ],
)
def test_words(strategy, made, kept):
    """Rows to make, and rows to keep; one of the two does not exist for some words."""
    for sampling_type, expected in [("over-sampling", made), ("under-sampling", kept)]:
        if expected is None:
            with pytest.raises(ValueError, match=strategy):
                resolve_targets(strategy, Y, sampling_type)
        else:
            assert resolve_targets(strategy, Y, sampling_type) == expected


@pytest.mark.parametrize("strategy", ["auto", "all", "not minority", "not majority"])
@pytest.mark.parametrize("sampling_type", ["over-sampling", "under-sampling", "clean-sampling"])
def test_the_meaning_is_that_of_imbalanced_learn(strategy, sampling_type):
    theirs = check_sampling_strategy(strategy, Y, sampling_type)
    assert resolve_targets(strategy, Y, sampling_type) == dict(theirs)


@pytest.mark.parametrize("ratio", [0.3, 0.5, 1.0])
def test_floats(ratio):
    made = resolve_targets(ratio, BINARY, "over-sampling")
    assert made == {1: int(60 * ratio) - 15}
    assert resolve_targets(ratio, BINARY, "under-sampling") == {0: int(15 / ratio)}


def test_a_ratio_is_met_to_the_row():
    """The floor of the exact product or quotient, for all ratios of two digits."""
    for n_large, n_small in ((100, 1), (1000, 3), (9999, 7)):
        y = np.repeat([0, 1], [n_large, n_small])
        for percent in range(1, 101):
            ratio = percent / 100
            exact = Fraction(percent, 100)
            if math.floor(n_large * exact) >= n_small:
                made = resolve_targets(ratio, y, "over-sampling")
                assert made == {1: math.floor(n_large * exact) - n_small}, ratio
                assert made == resolve_targets(np.float32(ratio), y, "over-sampling")
                kept = resolve_targets(ratio, y, "under-sampling")
                assert kept == {0: min(math.floor(n_small / exact), n_large)}, ratio
    thirds = resolve_targets(1 / 3, np.repeat([0, 1], [90, 5]), "over-sampling")
    assert thirds == {1: 25}


@looped(("n_large", "n_small"), [(1000, 100), (667, 67), (899, 90), (10, 1), (50, 50), (51, 50)])
def test_a_ratio_that_is_there_already_is_no_error(n_large, n_small):
    y = np.repeat([0, 1], [n_large, n_small])
    ratio = n_small / n_large if n_small > 49 else 0.1
    assert set(resolve_targets(ratio, y, "over-sampling").values()) == {0}
    assert min(resolve_targets(ratio, y, "under-sampling").values()) >= n_large - 1
    X = np.random.RandomState(0).normal(size=(len(y), 2))
    for sampler in (SMOTE, RandomOverSampler, ADASYN, CCR, ROSE):
        assert len(sampler(sampling_strategy=ratio).fit_resample(X, y)[0]) == len(X)


def test_the_order_of_a_dict_does_not_matter():
    one = resolve_targets({"c": 30, "b": 20}, Y, "over-sampling")
    other = resolve_targets({"b": 20, "c": 30}, Y, "over-sampling")
    assert list(one.items()) == list(other.items()) == [("b", 8), ("c", 5)]


def test_a_callable_sees_y():
    seen = []

    def strategy(y):
        seen.append(y)
        return {"b": 20}

    assert resolve_targets(strategy, Y, "over-sampling") == {"b": 8}
    np.testing.assert_array_equal(seen[0], Y)


def test_a_list_names_classes_to_clean():
    assert set(resolve_targets(["a", "c"], Y, "clean-sampling")) == {"a", "c"}


def test_ties_between_classes():
    """Two smallest classes: the first of them is the minority, the other is reduced to the same."""
    y = np.repeat([0, 1, 2], [10, 10, 30])
    assert resolve_targets("auto", y, "under-sampling") == {1: 10, 2: 10}
    assert resolve_targets("auto", y, "over-sampling") == {0: 20, 1: 20}


@pytest.mark.parametrize(
    ("strategy", "y", "sampling_type", "message"),
    [
        ("auto", np.zeros(5), "over-sampling", r"at least 2 classes.*1 class \(label 0\.0\)"),
        ("auto", np.zeros(5), "over-sampling", r"y needs to have more than 1 class"),
        ("auto", np.array([]), "over-sampling", r"at least 2 classes.*none"),
        (0.9, Y, "over-sampling", r"exactly two classes; y has 3.*dict"),
        (0.9, Y, "under-sampling", r"exactly two classes; y has 3.*dict"),
        ({"z": 3}, Y, "over-sampling", r"\['z'\].*not present.*\['a', 'b', 'c'\].*exactly"),
        ({"a": 10}, Y, "over-sampling", r"a|greater"),
        ({"b": 13}, Y, "under-sampling", r"b|less"),
        (0.1, BINARY, "over-sampling", r"ratio"),
        (0.1, BINARY, "under-sampling", r"ratio"),
        ("majority", Y, "over-sampling", r"majority"),
        ("nonsense", Y, "over-sampling", r"nonsense|one of"),
        ({"a": 10}, Y, "clean-sampling", r"dict"),
        (0.5, BINARY, "clean-sampling", r"classes to clean; got 0\.5.*list of classes"),
        (0.5, Y, "clean-sampling", r"classes to clean; got 0\.5"),
        (float("nan"), BINARY, "over-sampling", r"range \(0, 1\]"),
        ({"b": 40.0}, Y, "over-sampling", r"got 40\.0 of type float for class 'b'.*int"),
        ({1: 40.5}, BINARY, "over-sampling", r"got 40\.5 of type float for class 1"),
        ({1: "40"}, BINARY, "over-sampling", r"got '40' of type str for class 1"),
        ({1: True}, BINARY, "over-sampling", r"got True of type bool"),
        ({1: None}, BINARY, "under-sampling", r"got None of type NoneType"),
        (lambda y: 0.5, BINARY, "over-sampling", r"return a dict.*got 0\.5 of type float"),
        (lambda y: {1: 0.5}, BINARY, "over-sampling", r"got 0\.5 of type float for class 1"),
        (lambda y: None, BINARY, "under-sampling", r"return a dict.*got None"),
        (lambda y: 0.5, BINARY, "clean-sampling", r"return a list of classes.*got 0\.5"),
    ],
)
def test_mistakes(strategy, y, sampling_type, message):
    with pytest.raises(ValueError, match=message):
        resolve_targets(strategy, y, sampling_type)


@pytest.mark.parametrize(
    "y",
    [
        Y,
        BINARY,
        BINARY == 1,
        Y.astype(object),
        np.arange(300)[::-1] % 200,
        np.array([], int),
        np.array([127, -128, 3, 127] * 9, dtype=np.int8),
        np.array([2**64 - 1, 2**64 - 3] * 9, dtype=np.uint64),
        np.array([-(2**63), 2**63 - 1, 0] * 9),
        np.arange(90) * 31 - 7,
    ],
    ids=["text", "numbers", "bool", "objects", "many", "none", "bytes", "huge", "ends", "apart"],
)
@pytest.mark.parametrize("at_a_time", [7, 1000])
def test_codes_are_those_of_numpy(y, at_a_time, monkeypatch):
    monkeypatch.setattr("imbalance_kit._tables.labels._AT_A_TIME", at_a_time)
    classes, codes = encode(y)
    expected, numbers = np.unique(y, return_inverse=True)
    np.testing.assert_array_equal(classes, expected)
    np.testing.assert_array_equal(codes, numbers)
    assert classes.dtype == expected.dtype
    assert codes.itemsize == (2 if len(classes) > 128 else 1)
    weight = np.random.RandomState(0).uniform(size=len(y))
    assert count(codes, 201).tolist() == np.bincount(numbers, minlength=201).tolist()
    np.testing.assert_allclose(
        count(codes, 201, weight), np.bincount(numbers, weights=weight, minlength=201)
    )
