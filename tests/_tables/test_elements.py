"""What single elements are: numbers, dates or levels; levels that are one; new elements."""

import datetime as dt
import tracemalloc
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
from loops import looped

from imbalance_kit._tables.elements import (
    as_seconds,
    factorize_objects,
    floats_of_objects,
    kind_of_objects,
    level_key,
    like_seeds,
)

nan = float("nan")
DAY = dt.date(2020, 5, 1)


@looped(
    ("values", "expected"),
    [
        ([1, 2.5, None], "number"),
        ([1, np.int8(3), np.float32(2)], "number"),
        ([Decimal("1.5"), Fraction(1, 3), pd.NA], "number"),
        ([nan, nan], "number"),
        ([0, 1, 1], "number"),
        ([True, False, None], "nominal"),
        ([np.True_, False, nan], "nominal"),
        ([True, 0, 1.0], "nominal"),
        ([True, 2.5, 3], "number"),
        (["1", 2, 3], "nominal"),
        (["1", "2"], "nominal"),
        ([b"1", 2], "nominal"),
        ([None, None], "nominal"),
        ([None, pd.NaT, pd.NA], "nominal"),
        ([], "nominal"),
        ([DAY, None], "date"),
        ([DAY, nan], "date"),
        ([dt.datetime(2020, 1, 1), pd.Timestamp("2020"), pd.NaT], "date"),
        ([dt.time(3), dt.time(4)], "date"),
        ([dt.timedelta(3), np.timedelta64(3, "s")], "date"),
        ([pd.Period("2020-01", "M")], "date"),
        ([DAY, 3], "nominal"),
        ([DAY, "3"], "nominal"),
        ([[1], [2]], "nominal"),
        ([1j, 2], "nominal"),
    ],
)
def test_kinds_of_objects(values, expected):
    assert kind_of_objects(values) == expected


def test_levels_are_in_order_and_equal_numbers_are_one():
    values = ["b", 10, True, "1", 9, 1.0, None, Decimal(1), np.int8(1), nan, b"x", pd.NA]
    codes, rows = factorize_objects(values)
    # numbers first, by their value; then text; then what is neither
    assert codes.tolist() == [4, 2, 0, 3, 1, 0, -1, 0, 0, -1, 5, -1]
    assert [values[row] for row in rows[:-1]] == [True, 9, 10, "1", "b", b"x"]
    assert values[rows[-1]] is None


def test_levels_without_a_hash_or_an_order():
    codes, _ = factorize_objects([{"a": 1}, {"b": 2}, {"a": 1}, "x"])
    assert codes[0] == codes[2]
    assert len(set(codes.tolist())) == 3
    codes, _ = factorize_objects([Decimal("2.5"), Fraction(1, 3), 7])
    assert codes.tolist() == [1, 0, 2]
    assert factorize_objects([])[0].tolist() == []
    codes, rows = factorize_objects([None, None])
    assert codes.tolist() == [-1, -1]
    assert rows.tolist() == [0]


def test_large_integers_are_levels_of_their_own():
    values = [2**53, 2**53 + 1, float(2**53), 2**80, -(2**80)]
    assert factorize_objects(values)[0].tolist() == [1, 2, 1, 3, 0]


@looped(
    ("one", "other"),
    [
        (1, True),
        (1, 1.0),
        (np.int64(3), np.float32(3)),
        (np.float32(0.1), 0.1),
        (np.float16(0.1), 0.1),
        (Decimal("0.1"), 0.1),
        (Decimal("2.00"), 2),
        (np.str_("a"), "a"),
        (np.datetime64("2020-01-01T00:00:00.000000000"), dt.datetime(2020, 1, 1)),
        (pd.Timestamp("2020-01-01"), dt.datetime(2020, 1, 1)),
        ([1, 2], [1, 2]),
    ],
)
def test_one_level(one, other):
    assert level_key(one) == level_key(other)
    assert hash(level_key(one)) == hash(level_key(other))


@looped(
    ("one", "other"),
    [("1", 1), ("True", True), (b"a", "a"), (2**53 + 1, float(2**53)), ("1", "1.0"), (1, 2)],
)
def test_two_levels(one, other):
    assert level_key(one) != level_key(other)


def test_new_numbers_have_the_types_of_their_seeds():
    own = [1, 2.5, Decimal("0.5"), np.int8(3), np.float32(2), Fraction(1, 2), None, True, "4", b"5"]
    seeds = np.arange(len(own))
    made = like_seeds(np.full(len(own), 1.25), own, seeds).tolist()
    assert made == [1, 1.25, Decimal("1.25"), 1, 1.25, Fraction(5, 4), 1, True, "1.25", b"1.25"]
    for new, seed in zip(made, own, strict=True):
        assert type(new) is (int if seed is None else type(seed))
    assert like_seeds(np.array([1000.0, -3.0]), own, np.array([3, 7])).tolist() == [127, False]


def test_new_numbers_that_are_their_seeds_are_the_same_objects():
    own = [2**70 + 1, 2**70 + 3, Decimal("1.10"), None]
    floats = floats_of_objects(own)
    made = like_seeds(floats, own, np.arange(4))
    assert all(new is old for new, old in zip(made, own, strict=True))
    # a missing seed takes its partner's number, with all digits
    assert like_seeds(floats[:1], own, np.array([3]))[0] in own[:2]
    assert like_seeds(np.array([nan]), own, np.array([0]))[0] is None


def test_times_of_all_types_are_seconds():
    midnight = 1588291200.0  # of DAY, from 1970 on
    values = [
        DAY,
        dt.datetime(2020, 5, 1),
        dt.datetime(2020, 5, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        pd.Timestamp("2020-05-01"),
        np.datetime64("2020-05-01"),
        pd.Period("2020-05", "M"),
    ]
    assert as_seconds(values).tolist() == [midnight] * len(values)
    spans = [dt.timedelta(hours=1), dt.time(1), np.timedelta64(3600, "s"), pd.Timedelta("1h")]
    assert as_seconds(spans).tolist() == [3600.0] * 4
    assert np.isnan(as_seconds([None, pd.NaT, nan])).all()
    assert np.isnan(as_seconds(np.array(["NaT"], dtype="datetime64[ns]"))).all()


def test_one_long_text_takes_no_room_for_the_others():
    values = [f"word {i % 50}" for i in range(20_000)]
    values[7] = "x" * 5_000
    tracemalloc.start()
    codes, _ = factorize_objects(values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert codes.max() == 50
    assert peak < 5_000_000  # text of that width for all rows takes 400 MB
