"""Groups of rows by any name."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from loops import looped

from imbalance_kit._tables.row_groups import group_numbers

NAMES = ["b", "a", "b", "c"]


@looped(
    "groups",
    [
        NAMES,
        np.array(NAMES),
        np.array(NAMES, dtype=object),
        pd.Series(NAMES, index=[9, 8, 7, 6]),
        pd.Series(NAMES, dtype="category"),
        pl.Series(NAMES),
        pa.chunked_array([NAMES]),
        np.array([[2.0], [1.0], [2.0], [7.0]]),
        pd.to_datetime(["2024-01-02", "2024-01-01", "2024-01-02", "2025-01-01"]),
    ],
)
def test_every_container(groups):
    np.testing.assert_array_equal(group_numbers(groups, 4), [1, 0, 1, 2])


def test_names_of_several_types():
    assert len(set(group_numbers([1, "1", 2, "b"], 4))) >= 3


@looped(
    ("groups", "words"),
    [
        ([1, 2], r"one entry for each of 4 rows; got shape \(2,\)"),
        (np.ones((4, 2)), r"got shape \(4, 2\)"),
        ([1.0, np.nan, 2.0, 3.0], "1 missing entries"),
        (["a", None, "b", None], "2 missing entries"),
        (pl.Series(["a", None, "b", "b"]), "1 missing entries"),
    ],
)
def test_bad_groups(groups, words):
    with pytest.raises(ValueError, match=words):
        group_numbers(groups, 4)
