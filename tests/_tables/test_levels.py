"""Nominal levels as numbers that mean the same at every call."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from imbalance_kit._tables.levels import LevelCodes

nan = np.nan
COLUMNS = {"size": [1.0, 2.0, nan], "colour": ["red", None, "blue"], "flag": [True, False, True]}


@pytest.mark.parametrize("kind", ["pandas", "category", "polars", "pyarrow", "objects"])
def test_levels_are_numbered_in_order_behind_the_numbers(kind):
    frame = pd.DataFrame(COLUMNS)
    table = {
        "pandas": lambda: frame,
        "category": lambda: frame.astype({"colour": "category"}),
        "polars": lambda: pl.DataFrame({**COLUMNS, "size": [1.0, 2.0, None]}),
        "pyarrow": lambda: pa.table({**COLUMNS, "size": [1.0, 2.0, None]}),
        "objects": lambda: frame.to_numpy(dtype=object),
    }[kind]()
    levels = LevelCodes(table, "auto" if kind != "objects" else [1, 2])
    expected = [[1, 1, 1], [2, nan, 0], [nan, 0, 1]]
    np.testing.assert_array_equal(levels.read(table), expected)


def test_numbers_mean_the_same_whatever_part_is_read():
    rng = np.random.RandomState(0)
    frame = pd.DataFrame({"a": rng.choice(list("wxyz"), 50), "b": rng.normal(size=50)})
    levels = LevelCodes(frame, "auto")
    whole = levels.read(frame)
    for rows in ([3], [10, 4, 4], list(range(20, 50))):
        np.testing.assert_array_equal(levels.read(frame.iloc[rows]), whole[rows])


def test_a_new_level_is_missing():
    levels = LevelCodes(pd.DataFrame({"a": ["x", "y"]}), "auto")
    read = levels.read(pd.DataFrame({"a": ["y", "new", None, "x"]}))
    np.testing.assert_array_equal(read[:, 0], [1, nan, nan, 0])


def test_all_numbers_pass_as_they_are():
    X = np.arange(6, dtype=np.float32).reshape(3, 2)
    assert LevelCodes(X, "auto").read(X).dtype == np.float32
    X = sparse.csr_array(X)
    read = LevelCodes(X, "auto").read(X)
    assert isinstance(read, sparse.csr_matrix)
    np.testing.assert_array_equal(read.toarray(), X.toarray())


def test_named_columns_of_numbers_are_levels():
    X = np.array([[5.0, 1.0], [7.0, 2.0], [5.0, 3.0]])
    levels = LevelCodes(X, [0])
    np.testing.assert_array_equal(levels.read(X), [[1, 0], [2, 1], [3, 0]])
    np.testing.assert_array_equal(levels.read(X[1:]), [[2, 1], [3, 0]])
