"""Who belongs to which group, however it is said."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse

from imbalance_kit.fairness._groups.group_reading import GroupReader
from imbalance_kit.fairness._groups.table_columns import MISSING_LABEL

SEX = ["f", "m", None, "f", "m"]
AGE = [1.0, 2.0, 2.0, np.nan, 1.0]
FRAMES = {
    "pandas": lambda columns: pd.DataFrame(columns),
    "polars": lambda columns: pl.DataFrame(columns, nan_to_null=True),
    "pyarrow": lambda columns: pa.table(columns),
}


def texts(groups):
    return [groups.spell(code) for code in groups.of_row]


@pytest.mark.parametrize("kind", FRAMES)
@pytest.mark.parametrize("columns", ["sex", ["sex"], 1, [1], np.array(["sex"])], ids=repr)
def test_one_column_of_a_frame(kind, columns):
    frame = FRAMES[kind]({"x": [0.0] * 5, "sex": SEX})
    groups = GroupReader(columns, "Method").learn(frame)
    assert groups.labels == (MISSING_LABEL, "f", "m")
    assert [groups.labels[code] for code in groups.of_row] == ["f", "m", MISSING_LABEL, "f", "m"]


@pytest.mark.parametrize("kind", FRAMES)
def test_columns_form_intersections(kind):
    frame = FRAMES[kind]({"sex": SEX, "age": AGE})
    groups = GroupReader(["sex", "age"], "Method").learn(frame)
    assert texts(groups) == [
        "sex=f, age=1",
        "sex=m, age=2",
        f"sex={MISSING_LABEL}, age=2",
        f"sex=f, age={MISSING_LABEL}",
        "sex=m, age=1",
    ]
    assert groups.n_groups == 5
    assert all(groups.rows_of(code).tolist() == [row] for row, code in enumerate(groups.of_row))


@pytest.mark.parametrize("make", [np.array, sparse.csr_matrix, sparse.csc_array, list], ids=str)
def test_a_position_in_any_table(make):
    table = make([[7.0, 0.0], [8.0, 1.0], [9.0, 0.0]])
    assert GroupReader(1, "Method").learn(table).labels == (0, 1)
    assert GroupReader(-1, "Method").learn(table).of_row.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    "given",
    [
        ["b", "a", "b"],
        np.array(["b", "a", "b"]),
        np.array([["b"], ["a"], ["b"]]),
        pd.Series(["b", "a", "b"], index=[5, 6, 7]),
        pd.Series(["b", "a", "b"], dtype="category"),
        pd.DataFrame({"g": ["b", "a", "b"]}),
        pl.Series(["b", "a", "b"]),
        {"g": ["b", "a", "b"]},
    ],
    ids=lambda given: type(given).__name__,
)
def test_data_beside_the_table(given):
    groups = GroupReader(None, "Method").learn(np.zeros((3, 1)), given)
    assert groups.labels == ("a", "b")
    assert groups.of_row.tolist() == [1, 0, 1]


@pytest.mark.parametrize("dtype", [int, float, np.int8, bool, object])
def test_numbers_are_one_group_whatever_their_type(dtype):
    given = np.array([1, 0, 1], dtype=dtype)
    reader = GroupReader(None, "Method")
    reader.learn(np.zeros((3, 1)), given)
    assert reader.read(np.zeros((2, 1)), [0.0, 1.0]).of_row.tolist() == [0, 1]


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, bool, np.float32, float])
def test_many_numbers_find_the_groups_that_few_do(dtype):
    """Few rows are looked up value by value, many are compared with the labels."""
    learned = np.array([3, 1, 0.1, 0] if np.dtype(dtype).kind == "f" else [1, 0, 1, 0], dtype)
    reader = GroupReader(None, "Method")
    reader.learn(np.zeros((4, 1)), learned)
    many = np.random.RandomState(0).choice(learned, size=20_000)
    found = reader.read(np.zeros((20_000, 1)), many).of_row
    parts = [reader.read(np.zeros((4, 1)), many[at : at + 4]).of_row for at in range(0, 400, 4)]
    np.testing.assert_array_equal(found[:400], np.concatenate(parts))
    np.testing.assert_array_equal(np.array(reader.labels)[found].astype(dtype), many)


@pytest.mark.parametrize("other", [7.0, np.nan, np.inf, np.float32(0.1), 2.0**53])
def test_a_number_that_is_no_group_is_noticed_among_many(other):
    reader = GroupReader(None, "Method")
    reader.learn(np.zeros((3, 1)), np.array([0.1, 1.0, 2.0]))
    many = np.ones(20_000)
    many[15_000] = other
    with pytest.raises(ValueError, match="which were not there in fit"):
        reader.read(np.zeros((20_000, 1)), many)
    with pytest.raises(ValueError, match="which were not there in fit"):
        reader.read(np.zeros((20_000, 1)), np.full(20_000, other, np.float32))


def test_groups_that_are_large_numbers_or_missing_are_told_apart():
    for labels in ([2**53, 2**53 + 1, 0], [2.0, np.nan, 0.0]):
        given = np.repeat(np.array(labels), 5000)
        reader = GroupReader(None, "Method")
        expected = reader.learn(np.zeros((15_000, 1)), given).of_row
        assert len(np.unique(expected)) == 3
        found = reader.read(np.zeros((15_000, 1)), given).of_row
        np.testing.assert_array_equal(found, expected)


def test_other_rows_find_their_groups():
    reader = GroupReader("g", "Method")
    reader.learn(pd.DataFrame({"g": ["b", "a", None]}))
    assert reader.read(pd.DataFrame({"g": [None, "b"]})).of_row.tolist() == [0, 2]
    with pytest.raises(ValueError, match=r"rows of the groups \['z'\].*not there in fit; known"):
        reader.read(pd.DataFrame({"g": ["z"]}))


def test_nothing_given_is_one_group_and_a_warning():
    reader = GroupReader(None, "Method")
    with pytest.warns(UserWarning, match="Method was given no sensitive_features, so all rows"):
        groups = reader.learn(np.zeros((4, 2)))
    assert groups.n_groups == 1
    assert reader.read(np.zeros((2, 2))).of_row.tolist() == [0, 0]


def test_data_in_fit_and_none_later():
    reader = GroupReader(None, "Method")
    reader.learn(np.zeros((2, 1)), ["a", "b"])
    with pytest.raises(ValueError, match=r"needs those of these rows too\. Pass sensitive_feat"):
        reader.read(np.zeros((2, 1)))


@pytest.mark.parametrize(
    ("columns", "X", "given", "message"),
    [
        ("g", pd.DataFrame({"h": [1]}), None, r"X has no column 'g'.*its columns are \['h'\]"),
        ("g", np.zeros((2, 2)), None, "X has no column names. Give a dataframe"),
        (2, np.zeros((2, 2)), None, "X has 2 columns, so there is none at position 2"),
        (0, np.zeros((2, 2)), [0, 1], "passed beside X too. Use one of the two ways"),
        (None, np.zeros((2, 2)), [0, 1, 1], "sensitive_features has 3 rows, X has 2"),
        (None, np.zeros((60, 2)), np.arange(60), "form 60 groups; expected at most 50. Cut"),
        (None, np.zeros((2, 2)), np.zeros((2, 1, 1)), r"one or two dimensions, got shape \(2, 1"),
    ],
)
def test_mistakes_are_explained(columns, X, given, message):
    with pytest.raises(ValueError, match=message):
        GroupReader(columns, "Method").learn(X, given)
