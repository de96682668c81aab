"""Tables opened and given back: take, extend, dtypes, nominal columns."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from scipy import sparse
from tables import MIXED, NOMINAL, as_numbers, cells, dtypes_of, mixed_columns

from imbalance_kit._tables.containers import ColumnTable, MatrixTable, open_table, resolve_columns
from imbalance_kit._tables.points import Mixed
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.over_sampling import SMOTE

ROWS = np.array([3, 3, 0, 7])
FIRST = np.array([0])


def test_matrices_and_tables_of_columns_are_told_apart(container):
    given = container.make(np.random.RandomState(0).normal(size=(10, 3)))
    expected = ColumnTable if isinstance(given, pd.DataFrame | pl.DataFrame | pa.Table) else None
    assert type(open_table(given)) is (expected or MatrixTable)
    assert isinstance(open_table(np.array([["a", 1]], dtype=object)), ColumnTable)
    assert isinstance(open_table(np.array([["a", "b"]])), ColumnTable)
    assert open_table(given).n_rows == 10
    assert open_table(given).n_columns == 3


def test_take(container):
    X = np.random.RandomState(0).normal(size=(10, 3)).astype(np.float32).astype(np.float64)
    taken = open_table(container.make(X)).take(ROWS)
    assert type(taken) is container.comes_back_as
    np.testing.assert_array_equal(as_numbers(taken), X[ROWS])


def test_extend(container):
    X = np.random.RandomState(0).normal(size=(10, 3)).astype(np.float32).astype(np.float64)
    table = open_table(container.make(X))
    nominal = table.nominal_columns("auto")
    points = table.points(nominal)
    both = table.extend(nominal, [points[ROWS], points[:2]], np.append(ROWS, [0, 1]))
    assert type(both) is container.comes_back_as
    np.testing.assert_array_equal(as_numbers(both), np.concatenate([X, X[ROWS], X[:2]]))


def test_points_are_a_float_matrix(container):
    X = np.random.RandomState(0).normal(size=(10, 3))
    given = container.make(X)
    points = open_table(given).points(np.empty(0, int))
    assert points.dtype == (np.float32 if "float32" in container.name else np.float64)
    if sparse.issparse(given):
        assert points.format == "csr"
    np.testing.assert_allclose(as_numbers(points), X, rtol=1e-6)


@pytest.mark.parametrize("name", list(MIXED))
def test_mixed_tables_go_out_and_come_back(name):
    table = MIXED[name](mixed_columns())
    opened = open_table(table)
    nominal = opened.nominal_columns("auto")
    names = list(dtypes_of(table))
    assert [names[j] for j in nominal] == NOMINAL
    points = opened.points(nominal)
    assert isinstance(points, Mixed)
    assert points.numbers.shape == (60, 4)
    assert points.category_codes.dtype == np.int32
    gap, colour = np.array(cells(table, "gap"), float), cells(table, "maybe colour")
    np.testing.assert_array_equal(points.numbers[:, 1], gap)
    np.testing.assert_array_equal(
        points.category_codes[:, 1] == -1, [value is None for value in colour]
    )
    both = opened.extend(nominal, [points[ROWS], points[:5]], np.append(ROWS, np.arange(5)))
    assert dtypes_of(both) == dtypes_of(table)
    rows = np.concatenate([np.arange(60), ROWS, np.arange(5)])
    for column in names:
        before = cells(table, column)
        assert cells(both, column) == [before[row] for row in rows]


@pytest.mark.parametrize("name", list(MIXED))
def test_codes_do_not_depend_on_the_order_of_rows(name):
    table = MIXED[name](mixed_columns())
    opened = open_table(table)
    nominal = opened.nominal_columns("auto")
    order = np.random.RandomState(0).permutation(60)
    shuffled = open_table(opened.take(order)).points(nominal)
    np.testing.assert_array_equal(
        shuffled.category_codes, opened.points(nominal).category_codes[order]
    )


def test_pandas_gives_names_levels_and_index_back():
    frame = pd.DataFrame(
        {"a": [1.0, 2.0], "b": pd.Categorical(["x", "y"], categories=["z", "y", "x"])},
        index=["first", "second"],
    )
    frame.columns.name = "what"
    taken = open_table(frame).take(np.array([1, 1]))
    assert taken.index.tolist() == ["second", "second"]
    assert taken["b"].cat.categories.tolist() == ["z", "y", "x"]
    fresh = open_table(frame).take(np.array([1, 1]), reset_index=True)
    assert fresh.index.tolist() == [0, 1]


def test_several_values_overflow_nothing():
    """New values are rounded into narrow integer columns; values between two rows always fit."""
    frame = pd.DataFrame({"a": np.array([0, 255], np.uint8), "b": np.array([-128, 127], np.int8)})
    opened = open_table(frame)
    both = opened.extend(np.empty(0, int), [np.array([[254.6, -127.6]])], FIRST)
    assert both.iloc[2].tolist() == [255, -128]
    assert both.dtypes.tolist() == [np.uint8, np.int8]


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int64])
@pytest.mark.parametrize("kind", [np.asarray, sparse.csr_matrix, sparse.csc_array])
def test_new_values_are_rounded_in_every_matrix(kind, dtype):
    """Neither cut towards zero nor, for booleans, towards True."""
    opened = open_table(kind(np.array([[0, 1, 1], [1, 1, 0]], dtype=dtype)))
    points = kind(np.array([[0.2, 0.8, 0.6], [0.9, 0.4, 0.0]]))
    both = opened.extend(np.empty(0, int), [points], np.array([0, 1]))
    assert both.dtype == dtype
    np.testing.assert_array_equal(as_numbers(both)[2:], [[0, 1, 1], [1, 0, 0]])


def test_wide_integers_are_kept_exactly_in_original_rows():
    big = 2**53 + 1  # not a float64
    for table in (
        np.array([[big], [1]]),
        pd.DataFrame({"a": [big, 1]}),
        pl.DataFrame({"a": [big, 1]}),
        pa.table({"a": [big, 1]}),
    ):
        opened = open_table(table)
        both = opened.extend(np.empty(0, int), [np.array([[7.0]])], FIRST)
        first = both[0, 0] if isinstance(both, np.ndarray) else cells(both, "a")[0]
        assert first == big


def test_pandas_columns_of_sparse_numbers():
    frame = pd.DataFrame({"a": [0.0, 0, 5], "b": [1.0, 0, 0]}).astype(pd.SparseDtype(float, 0))
    opened = open_table(frame)
    assert len(opened.nominal_columns("auto")) == 0
    both = opened.extend(np.empty(0, int), [np.array([[2.0, 3.0]])], FIRST)
    assert both.dtypes.tolist() == frame.dtypes.tolist()
    assert both.iloc[3].tolist() == [2, 3]


def test_dates_take_no_part_and_cannot_be_made():
    times = pd.to_datetime(["1970-01-01 00:01", None, "1970-01-02 00:00"])
    opened = open_table(pd.DataFrame({"t": times, "a": [1.0, 2.0, 3.0]}))
    assert opened.kinds("auto") == ("date", "number")
    np.testing.assert_array_equal(opened.points(np.empty(0, int)), [[1.0], [2.0], [3.0]])
    np.testing.assert_array_equal(opened.matrix([0])[:, 0], [60, np.nan, 24 * 60 * 60])
    with pytest.raises(ValueError, match=r"'t'.*no value can be made between two points in time"):
        opened.extend(np.empty(0, int), [np.array([[5.0]])], FIRST)
    with pytest.raises(ValueError, match=r"no column to measure distances on: 't'"):
        open_table(pd.DataFrame({"t": times})).points(np.empty(0, int))


def test_infinity_in_a_frame_is_named():
    with pytest.raises(ValueError, match="infinity"):
        open_table(pd.DataFrame({"a": [1.0, np.inf]})).points(np.empty(0, int))


def test_words_that_are_declared_numeric_are_named():
    with pytest.raises(ValueError, match=r"'b'.*hold numbers.*category"):
        open_table(pd.DataFrame({"a": [1.0], "b": ["x"]})).points(np.empty(0, int))
    with pytest.raises(ValueError, match=r"Column 1.*hold numbers.*categorical_features"):
        open_table(np.array([[1.0, "x"]], dtype=object)).points(np.empty(0, int))


@pytest.mark.parametrize("kind", [sparse.csr_matrix, sparse.csc_array])
def test_nominal_columns_of_a_sparse_matrix(kind):
    """They make it dense for as long as it is resampled; what comes out is sparse again."""
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.normal(size=60), rng.randint(3, size=60), np.zeros(60)])
    y = np.repeat([0, 1], [45, 15])
    dense, _ = SMOTE(categorical_features=[1], random_state=0).fit_resample(X, y)
    new, _ = SMOTE(categorical_features=[1], random_state=0).fit_resample(kind(X), y)
    assert type(new) is kind
    np.testing.assert_array_equal(new.toarray(), dense)


def test_object_arrays_keep_numbers_words_and_gaps():
    X = np.array([[1, "x", None], [2.5, None, "q"], [np.nan, "x", "q"]], dtype=object)
    opened = open_table(X)
    nominal = opened.nominal_columns("auto")
    assert nominal.tolist() == [1, 2]
    points = opened.points(nominal)
    np.testing.assert_array_equal(points.numbers[:, 0], [1, 2.5, np.nan])
    assert points.category_codes.tolist() == [[0, -1], [-1, 0], [0, 0]]
    both = opened.extend(nominal, [points[np.array([1])]], np.array([1]))
    assert both[3].tolist() == [2.5, None, "q"]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("auto", [3]),
        (None, []),
        ([2, 0], [0, 2]),
        ([-1], [3]),
        (1, [1]),
        (["d", "a"], [0, 3]),
        ("b", [1]),
        ([True, False, False, True], [0, 3]),
        (np.array([False, True, False, False]), [1]),
        ([0, 0], [0]),
        ([], []),
    ],
    ids=str,
)
def test_categorical_features_in_every_form(asked, expected):
    found = resolve_columns(asked, 4, names=["a", "b", "c", "d"], automatic=[3])
    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("asked", "names", "message"),
    [
        ([4], None, r"outside X.*4 columns.*all features must be in \[-4, 3\].*\[4\]"),
        ([-5], None, r"outside X"),
        ([True], None, r"one entry per column.*4 columns.*1"),
        (["e"], ["a", "b", "c", "d"], r"\['e'\].*\['a', 'b', 'c', 'd'\]"),
        (["a"], None, r"no column names"),
        ([0.5], None, r"positions|names|mask"),
    ],
    ids=str,
)
def test_wrong_categorical_features(asked, names, message):
    with pytest.raises(ValueError, match=message):
        resolve_columns(asked, 4, names=names, automatic=[])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([10, 11, 12], [12, 10, 10]),
        (["a", "b", "c"], ["c", "a", "a"]),
        (np.array([10, 11, 12]), [12, 10, 10]),
        (pd.Series([10, 11, 12], index=list("xyz"), name="n"), [12, 10, 10]),
        (pl.Series("n", [10, 11, 12]), [12, 10, 10]),
        (pa.chunked_array([[10], [11, 12]]), [12, 10, 10]),
        (pa.array([10, 11, 12]), [12, 10, 10]),
    ],
    ids=lambda values: type(values).__module__.split(".")[0] + type(values).__name__,
)
def test_take_rows_of_one_dimension(values, expected):
    taken = take_rows(values, np.array([2, 0, 0]))
    assert type(taken) is type(values)
    assert (taken.to_pylist() if hasattr(taken, "to_pylist") else list(taken)) == expected
    if isinstance(values, pd.Series):
        assert taken.index.tolist() == ["z", "x", "x"]
        assert taken.name == "n"


def test_taking_rows_raises_no_warnings(container):
    table = container.make(np.ones((5, 2)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        open_table(table).take(np.array([0, 1]))


def test_objects_without_a_hash_are_levels_by_their_text():
    column = np.empty(4, dtype=object)
    column[:] = [{"a": 1}, {"b": 2}, {"a": 1}, "x"]
    opened = open_table(np.column_stack([np.arange(4.0).astype(object), column]))
    codes = opened.points(opened.nominal_columns("auto")).category_codes[:, 0]
    assert codes[0] == codes[2]
    assert len(set(codes.tolist())) == 3


def test_equal_numbers_are_one_level_and_text_is_another():
    X = np.array([[1, 1], [2, True], [3, 1.0], [4, "1"], [5, np.int8(1)]], dtype=object)
    codes = open_table(X).points(np.array([1])).category_codes[:, 0]
    assert codes.tolist() == [0, 0, 0, 1, 0]
