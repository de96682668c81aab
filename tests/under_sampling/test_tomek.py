"""Tomek links by hand."""

import numpy as np
import pandas as pd
import pytest

from imbalance_kit.under_sampling import TomekLinks

#      0    1    2    3    4    5    6
LINE = np.array([0.0, 1.0, 2.0, 2.1, 5.0, 5.2, 9.0])[:, None]
Y = np.array([0, 0, 0, 1, 1, 0, 0])
# links: (2, 3) and (4, 5); 0-1 is a pair of one class; 6's nearest is 5, whose nearest is 4


@pytest.mark.parametrize(
    ("strategy", "dropped"),
    [("auto", {2, 5}), ("majority", {2, 5}), ("all", {2, 3, 4, 5}), ([1], {3, 4}), ([0], {2, 5})],
)
def test_by_hand(strategy, dropped):
    sampler = TomekLinks(sampling_strategy=strategy)
    X_new, y_new = sampler.fit_resample(LINE, Y)
    stay = [row for row in range(7) if row not in dropped]
    assert sampler.sample_indices_.tolist() == stay
    np.testing.assert_array_equal(X_new, LINE[stay])
    np.testing.assert_array_equal(y_new, Y[stay])


def test_equal_rows_of_two_classes_are_a_link():
    X = np.array([0.0, 0.0, 5.0, 5.1, 9.0])[:, None]
    sampler = TomekLinks(sampling_strategy="all")
    sampler.fit_resample(X, [0, 1, 0, 0, 1])
    assert sampler.sample_indices_.tolist() == [2, 3, 4]


def test_copies_of_one_class_hide_the_link():
    """Rows 0 and 1 are equal, so they are each other's nearest; row 2 belongs to nobody."""
    X = np.array([0.0, 0.0, 0.1, 8.0])[:, None]
    sampler = TomekLinks(sampling_strategy="all")
    sampler.fit_resample(X, [0, 0, 1, 1])
    assert sampler.sample_indices_.tolist() == [0, 1, 2, 3]


def test_nominal_columns_count_as_the_range_of_a_number():
    """Rows 0 and 1 differ in the word (1), rows 0 and 2 in the number by .3 of its range."""
    frame = pd.DataFrame({"n": [0.0, 0.0, 3.0, 10.0], "w": pd.Categorical(["x", "y", "x", "y"])})
    sampler = TomekLinks(sampling_strategy="all")
    sampler.fit_resample(frame, ["a", "a", "b", "b"])
    assert sampler.sample_indices_.tolist() == [1, 3]
    frame["w"] = pd.Categorical(["x", "x", "x", "y"])
    sampler.fit_resample(frame, ["a", "a", "b", "b"])
    assert sampler.sample_indices_.tolist() == [0, 1, 2, 3]


def test_missing_values_are_left_out_of_the_distance():
    """Of rows 0 and 1 the second column is unknown in one: (0 - 1)^2 * 2 = 2 < 4 + 4 to row 2."""
    X = np.array([[0.0, np.nan], [1.0, 7.0], [2.0, 2.0], [40.0, 40.0]])
    sampler = TomekLinks(sampling_strategy="all")
    sampler.fit_resample(X, [0, 1, 1, 0])
    assert sampler.sample_indices_.tolist() == [2, 3]
