"""Metrics that scikit-learn lacks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve

from imbalance_kit.metrics import expected_calibration_error


@given(n_rows=st.integers(2, 300), n_bins=st.integers(1, 20), seed=st.integers(0, 1000))
def test_uniform_bins_agree_with_the_calibration_curve(n_rows, n_bins, seed):
    rng = np.random.RandomState(seed)
    proba = rng.uniform(size=n_rows)
    y = (rng.uniform(size=n_rows) < proba).astype(int)
    y[:2] = [0, 1]
    observed, predicted = calibration_curve(y, proba, n_bins=n_bins)
    counts = np.histogram(proba, bins=n_bins, range=(0, 1))[0]
    expected = np.sum(counts[counts > 0] / n_rows * np.abs(observed - predicted))
    assert expected_calibration_error(y, proba, n_bins=n_bins) == pytest.approx(expected)


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_perfect_and_worst(strategy):
    y = np.array([0, 1, 0, 1])
    assert expected_calibration_error(y, y, strategy=strategy) == 0.0
    assert expected_calibration_error(y, 1 - y, strategy=strategy) == 1.0


@given(n_rows=st.integers(2, 200), n_levels=st.integers(1, 30), seed=st.integers(0, 500))
def test_quantile_bins_never_part_equal_probabilities(n_rows, n_levels, seed):
    rng = np.random.RandomState(seed)
    proba = rng.randint(n_levels, size=n_rows) / n_levels
    y = (rng.uniform(size=n_rows) < 0.5).astype(int)
    y[:2] = [0, 1]
    error = expected_calibration_error(y, proba, strategy="quantile")
    # with a bin for each value the gaps cannot cancel; with one bin they cancel most
    finest = sum(
        (proba == value).mean() * abs(y[proba == value].mean() - value) for value in set(proba)
    )
    assert abs(proba.mean() - y.mean()) - 1e-12 <= error <= finest + 1e-12
    order = rng.permutation(n_rows)
    again = expected_calibration_error(y[order], proba[order], strategy="quantile")
    assert again == pytest.approx(error, abs=1e-12)


def test_quantile_bins_hold_about_equal_numbers_of_rows():
    # two halves that are off by +.1 and -.1 below .01: invisible to ten uniform bins
    proba = np.repeat([0.001, 0.009], 500)
    y = np.concatenate([np.repeat([0, 1], [495, 5]), np.zeros(500, dtype=int)])
    assert expected_calibration_error(y, proba) == pytest.approx(0.0, abs=1e-12)
    by_rows = expected_calibration_error(y, proba, strategy="quantile")
    assert by_rows == pytest.approx(0.009)


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
@pytest.mark.parametrize("multi_class", ["classwise", "confidence"])
def test_weights_count_as_repetitions(strategy, multi_class):
    rng = np.random.RandomState(0)
    proba, y = rng.dirichlet(np.ones(3), size=80), rng.randint(3, size=80)
    weight = rng.randint(0, 4, 80)
    options = {"strategy": strategy, "multi_class": multi_class, "labels": [0, 1, 2]}
    weighted = expected_calibration_error(y, proba, sample_weight=weight, **options)
    repeated = expected_calibration_error(
        np.repeat(y, weight), np.repeat(proba, weight, axis=0), **options
    )
    assert weighted == pytest.approx(repeated)


def test_two_columns_are_the_second_class():
    rng = np.random.RandomState(0)
    positive = rng.uniform(size=50)
    y = np.where(rng.uniform(size=50) < positive, "yes", "no")
    both = np.column_stack([1 - positive, positive])
    alone = expected_calibration_error(y, positive, pos_label="yes")
    assert expected_calibration_error(y, both) == alone


def test_classwise_is_the_mean_over_classes():
    rng = np.random.RandomState(0)
    proba = rng.dirichlet(np.ones(3), size=80)
    y = rng.randint(3, size=80)
    each = [expected_calibration_error(y == code, proba[:, code]) for code in range(3)]
    assert expected_calibration_error(y, proba) == pytest.approx(np.mean(each))


def test_confidence_is_that_of_the_largest_probability():
    rng = np.random.RandomState(0)
    proba = rng.dirichlet(np.ones(3), size=80)
    y = rng.randint(3, size=80)
    expected = expected_calibration_error(proba.argmax(axis=1) == y, proba.max(axis=1))
    assert expected_calibration_error(y, proba, multi_class="confidence") == expected


def test_labels_name_the_columns():
    proba = np.array([[0.2, 0.3, 0.5], [0.5, 0.4, 0.1]])
    error = expected_calibration_error(["a", "b"], proba, labels=["a", "b", "c"])
    assert 0 < error < 1


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (([0, 1], [0.1, 1.2]), {}, r"must lie in \[0, 1\], got values from 0.1 to 1.2"),
        (([0, 1], [0.1, np.nan]), {}, "contains NaN"),
        (([0, 1, 1], [0.1, 0.2]), {}, "inconsistent numbers of samples"),
        (([0, 1], [[0.1, 0.2, 0.7]] * 2), {}, "describes 3 classes, but there are 2"),
        (([0, 0], [0.1, 0.2]), {}, "Give `labels`"),
        (([0, 7], [0.1, 0.2]), {"labels": [0, 1]}, r"holds classes that labels lacks: .*7"),
        (([0, 1], [0.1, 0.2]), {"strategy": "equal"}, "strategy must be"),
        (([0, 1], [0.1, 0.2]), {"multi_class": "ovr"}, "multi_class must be"),
        (([0, 1], [0.1, 0.2]), {"n_bins": 0}, "n_bins must be at least 1"),
    ],
)
def test_bad_input(arguments, options, words):
    with pytest.raises(ValueError, match=words):
        expected_calibration_error(*arguments, **options)
