"""Nominal levels as numbers that mean the same at every call."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from lightgbm import LGBMClassifier
from loops import looped
from scipy import sparse
from sklearn.base import clone

from imbalance_kit._tables.levels import LevelCodes
from imbalance_kit.advisor._reader import AdvisedTable
from imbalance_kit.ensemble import MixedTreesClassifier
from imbalance_kit.losses import ImbalancedLGBMClassifier

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


def holders(values):
    """A column of levels in containers that write it differently; None is missing."""
    yield "objects", np.array([[value] for value in values], dtype=object)
    yield "list", [[value] for value in values]
    yield "pandas", pd.DataFrame({"a": pd.Series(values, dtype=object)})
    yield "category", pd.DataFrame({"a": pd.Series(values).astype("category")})
    if not any(isinstance(value, str) for value in values):
        numbers = [nan if value is None else float(value) for value in values]
        yield "float64", np.array(numbers)[:, None]
        yield "float32", np.array(numbers, dtype=np.float32)[:, None]
        yield "Float64", pd.DataFrame({"a": pd.Series(values, dtype="Float64")})
        yield "arrow", pd.DataFrame({"a": pd.Series(values, dtype="double[pyarrow]")})
        yield "pyarrow floats", pa.table({"a": pa.array(values, pa.float64())})
    if all(type(value) in (int, type(None)) for value in values):
        yield "Int64", pd.DataFrame({"a": pd.Series(values, dtype="Int64")})
        yield "polars", pl.DataFrame({"a": values})
        yield "pyarrow", pa.table({"a": values})
    if all(type(value) is int for value in values):
        yield "int8", np.array(values, dtype=np.int8)[:, None]
        yield "csr", sparse.csr_matrix(np.array(values)[:, None])


@pytest.mark.filterwarnings("ignore:Column")
@looped(
    ("at_fit", "at_read", "expected"),
    [
        ([3, 1, 10], [10, 1, None, 3], [2, 0, nan, 1]),
        ([3, 1, 10], [3.0, 1.0, 7.0], [1, 0, nan]),
        ([0, 1, 1], [True, False, None], [1, 0, nan]),
        ([True, False, None], [1.0, 0.0, 2.0], [1, 0, nan]),
        ([0.1, 0.25, 3.0], [3, 0.1, 0.25], [2, 0, 1]),
        (["b", "a", None], ["a", "c", None, "b"], [0, nan, nan, 1]),
        ([1, 2, 3], ["1", "2", "x"], [nan, nan, nan]),
        ([1, "1", 2], ["1", 1, 1.0], [2, 0, 0]),
    ],
)
def test_equal_numbers_are_one_level_in_every_container(at_fit, at_read, expected):
    for fitted, table in holders(at_fit):
        levels = LevelCodes(table, [0])
        for read, other in holders(at_read):
            message = f"{fitted}, then {read}"
            np.testing.assert_array_equal(levels.read(other)[:, 0], expected, err_msg=message)


def test_large_integers_are_levels_of_their_own():
    values = [2**53, 2**53 + 1, 2**53 + 2]
    for table in (
        np.array(values)[:, None],
        pd.DataFrame({"a": pd.Series([*values, None], dtype="Int64")}),
        pl.DataFrame({"a": [*values, None]}),
        pa.table({"a": [*values, None]}),
        [[value] for value in values],
    ):
        read = LevelCodes(table, [0]).read(table)
        np.testing.assert_array_equal(read[:3, 0], [0, 1, 2])


WORDS = pd.DataFrame({"a": ["x", "y", None, "x"]})


@looped(
    "codes",
    [
        pd.DataFrame({"a": [0, 1, 1]}),
        pd.DataFrame({"a": [0.0, nan, 1.0]}),
        pd.DataFrame({"a": [True, False]}),
        pd.DataFrame({"a": pd.Categorical([0, 1])}),
        pl.DataFrame({"a": [0, 1]}),
        pa.table({"a": [0, None]}),
        np.array([[0], [1]]),
        sparse.csr_matrix(np.array([[0], [1]])),
        [[0], [1]],
    ],
)
def test_codes_in_the_place_of_words_are_refused(codes):
    levels = LevelCodes(WORDS, "auto")
    with pytest.raises(ValueError, match=r"Column ('a'|0) of X held words.*holds numbers"):
        levels.read(codes)


def test_text_in_the_place_of_numbers_is_new_and_warned_of():
    levels = LevelCodes(pd.DataFrame({"a": [1, 2]}), ["a"])
    with pytest.warns(UserWarning, match=r"'a'.*held numbers.*holds text"):
        read = levels.read(pd.DataFrame({"a": ["1", "2"]}))
    assert np.isnan(read).all()
    with pytest.raises(ValueError, match=r"'b'.*expected to hold numbers"):
        LevelCodes(pd.DataFrame({"b": [1.0, 2.0]}), "auto").read(pd.DataFrame({"b": ["x", "y"]}))


def test_a_batch_without_values_has_any_type():
    for fitted in (WORDS, pd.DataFrame({"a": [1.0, 2.0]})):
        levels = LevelCodes(fitted, "auto")
        for empty in (
            pd.DataFrame({"a": [nan]}),
            pd.DataFrame({"a": [None]}, dtype=object),
            pl.DataFrame({"a": [None]}),
            pa.table({"a": pa.nulls(1)}),
            pd.DataFrame({"a": pd.Series([None], dtype="string")}),
        ):
            assert np.isnan(levels.read(empty)).all()


def test_times_are_seconds():
    times = pd.to_datetime(["1970-01-01 00:01", None, "1970-01-02 00:00"])
    expected = [[60.0], [nan], [24 * 60 * 60.0]]
    for table in (
        pd.DataFrame({"t": times}),
        pd.DataFrame({"t": times.tz_localize("UTC")}),
        pd.DataFrame({"t": times.astype(object)}),
        pl.DataFrame({"t": [times[0].to_pydatetime(), None, times[2].to_pydatetime()]}),
        times.to_numpy()[:, None],
    ):
        np.testing.assert_array_equal(LevelCodes(table, "auto").read(table), expected)


def test_the_table_of_a_recommendation_has_the_same_levels():
    frame = pd.DataFrame({"level": [3, 1, 2, 1], "size": [0.1, 0.2, 0.3, 0.4]})
    reader = AdvisedTable(categorical_features=["level"]).fit(frame)
    expected = reader.transform(frame)
    pd.testing.assert_frame_equal(reader.transform(frame.astype({"level": float})), expected)
    with_gap = frame.assign(level=[3.0, nan, 2.0, 1.0])
    assert reader.transform(with_gap)["x1"].tolist()[2:] == expected["x1"].tolist()[2:]
    words = AdvisedTable().fit(frame.assign(level=list("caba")))
    with pytest.raises(ValueError, match="'level' of X held words"):
        words.transform(frame)


@looped(
    "model",
    [
        MixedTreesClassifier(n_boosting_rounds=5, random_state=0),
        ImbalancedLGBMClassifier(LGBMClassifier(n_estimators=5, verbose=-1), random_state=0),
    ],
)
def test_models_know_their_levels_in_another_type(model):
    rng = np.random.RandomState(0)
    frame = pd.DataFrame({"level": rng.randint(0, 8, 400), "size": rng.normal(size=400)})
    y = (frame["level"].isin([1, 4, 6]) & (rng.uniform(size=400) < 0.9)).astype(int)
    model = clone(model).set_params(categorical_features=["level"]).fit(frame, y)
    expected = model.predict_proba(frame)
    gap = frame.astype({"level": float})
    gap.loc[0, "level"] = nan
    for other in (
        gap,
        frame.astype({"level": "Int64"}),
        frame.astype({"level": "category"}),
        frame.astype({"level": object}),
        pl.DataFrame(frame.to_dict("list")),
    ):
        np.testing.assert_array_equal(model.predict_proba(other)[1:], expected[1:])
    words = frame.assign(level="level " + frame["level"].astype("string"))
    model.fit(words, y)
    np.testing.assert_array_equal(model.predict_proba(words), expected)
    with pytest.raises(ValueError, match=r"'level'.*held words"):
        model.predict(frame)
