"""Numbers, dates and times that stand in a table as text."""

import warnings
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pandas as pd
import pytest
from loops import looped

from imbalance_kit.datasets import load_folder
from imbalance_kit.datasets._text_columns import read_text_column


def values_of(texts, **options):
    column, remark = read_text_column(pd.Series(texts, name="c"), **options)
    assert remark == "" or "'c'" in remark
    return column, remark


def day(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


@looped(
    ("texts", "expected"),
    [
        (["1,234", "56", "7,654,321"], [1234, 56, 7654321]),
        (["1,234.5", "-2,000", "+3"], [1234.5, -2000, 3]),
        (["1.234,5", "0,25", "7"], [1234.5, 0.25, 7]),
        (["0,234", "1,500"], [0.234, 1.5]),
        (["1 234", "1\u00a0234,5", "12"], [1234, 1234.5, 12]),
        (["1'234", "1\u2019234.5"], [1234, 1234.5]),
        (["5%", "12.5 %", "-100%"], [0.05, 0.125, -1]),
        (["$1,200.50", "$3"], [1200.5, 3]),
        (["3 €", "1.200,50 €"], [3, 1200.5]),
        (["(1,200)", "30"], [-1200, 30]),
        (["\u22125", "5"], [-5, 5]),
        (["1e3%", ".5"], [10, 0.5]),
    ],
)
def test_numbers(texts, expected):
    column, remark = values_of(texts)
    np.testing.assert_allclose(column, expected, rtol=1e-15)
    assert remark == ""


@looped(
    ("texts", "expected"),
    [
        (["1970-01-02", "2024-01-31"], [86400, day(2024, 1, 31)]),
        (["1970-01-01T08:00", "1969-12-31 23:59:59.5"], [28800, -0.5]),
        (["1970-01-01T01:00Z", "1970-01-01T01:00:00+01:00"], [3600, 0]),
        (["9999-12-31", "0001-01-01"], [day(9999, 12, 31), day(1, 1, 1)]),
        (["1970-02", "1970-01"], [31 * 86400, 0]),
        (["1970-W02-1", "1970-032"], [4 * 86400, 31 * 86400]),
        (["31/01/1970", "01/02/1970"], [30 * 86400, 31 * 86400]),
        (["01/31/1970", "02/01/1970"], [30 * 86400, 31 * 86400]),
        (["01.02.1970", "1.1.70"], [31 * 86400, 0]),
        (["1970/01/02", "1970/1/1 01:00"], [86400, 3600]),
        (["08:30", "23:59"], [30600, 86340]),
        (["08:30:15.5", "00:00:00"], [30615.5, 0]),
        (["8:30 AM", "12:05 am", "12:00 p.m."], [30600, 300, 43200]),
        (["100:00:01", "-00:30"], [360001, -1800]),
        (["1 days 02:00:00", "-1 days +23:00:00", "3 days"], [93600, -3600, 259200]),
        (["1 day, 2:00:00", "0:00:05"], [93600, 5]),
        (["PT5M", "P1DT2H", "P2W", "-PT0.5S"], [300, 93600, 1209600, -0.5]),
    ],
)
def test_dates_times_and_durations(texts, expected):
    for numbers in (True, False):
        column, remark = values_of([*texts, None, texts[0]], numbers=numbers)
        np.testing.assert_allclose(column, [*expected, np.nan, expected[0]], rtol=1e-15)
        assert remark == ""


@looped(
    "texts",
    [
        ["a", "b"],
        ["-", "+"],
        ["1-2", "3-4", "5+"],
        ["1.2.3", "1.2.4"],
        ["12A", "13B"],
        ["1", "2", "3+"],
        ["1", "None"],
        ["2024-13-01", "2024-02-30"],
        ["08:75", "25:61"],
        ["P", "PT", "T"],
        ["192.168.0.1", "10.0.0.1"],
        ["1,23,4", "1,2345"],
        ["(5", "5)"],
        ["1" * 500 + "x", " " * 5000 + "."],
        ["", " "],
        [],
    ],
)
def test_words_stay_words(texts):
    given = pd.Series(texts, name="c", dtype=object)
    column, remark = read_text_column(given)
    assert column is given
    assert remark == ""


def test_text_that_a_file_declares_as_text_is_no_number():
    given = pd.Series(["02124", "1,234", "5%"])
    assert read_text_column(given, numbers=False)[0] is given


def test_marks_of_missing_values_are_named():
    for mark in ("-", "--", ".", "#N/A", "n/a", "#DIV/0!"):
        column, remark = values_of(["1", "2", mark, "3"])
        assert column.isna().tolist() == [False, False, True, False]
        assert f"{mark!r} in 1 of 4 rows is taken as missing" in remark


def test_one_word_among_many_numbers():
    numbers = [str(at) for at in range(40)]
    column, remark = values_of([*numbers, "abc"])
    assert column.isna().sum() == 1
    assert "'abc' in 1 of 41 rows is taken as missing" in remark
    many = [*numbers, *["abc"] * 10]
    column, remark = values_of(many)
    assert column.tolist() == many
    assert "text in 10 ('abc'); all of it is read as levels" in remark
    column, remark = values_of([*numbers, *["abc"] * 60])
    assert remark == ""


def test_a_comma_in_doubt():
    for comma, expected in ((False, 1234), (True, 1.234)):
        column, remark = values_of(["1,234"], decimal_comma=comma, doubtful=True)
        assert column.tolist() == [expected]
        assert "'1,234' are read with a decimal" in remark
    assert values_of(["1,234", "1,5"], doubtful=True)[1] == ""


def test_dates_whose_order_nothing_shows():
    texts = ["01/02/2024", "03/04/2024"]
    column, remark = values_of(texts)
    assert column.tolist() == texts
    assert "whether day or month comes first" in remark
    assert values_of(["13/02/2024", "03/14/2024"])[0].tolist() == ["13/02/2024", "03/14/2024"]


def test_numbers_beyond_the_exact_ones():
    column, remark = values_of([str(2**53 + 1), "-1"])
    assert column.tolist() == [2.0**53, -1.0]
    assert "beyond 2**53" in remark


# in files

LABELS = ["no"] * 30 + ["yes"] * 10


def loaded(tmp_path, name="t.csv"):
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        X, y = load_folder(tmp_path / name, target="target")[0].load()
    assert y.tolist() == LABELS
    return X, [str(warning.message) for warning in raised]


@looped(
    ("first", "warned"),
    [(2**63 - 40, False), (2**63, True), (2**64 - 40, True), (2**70, True), (-(2**63), False)],
)
def test_integers_do_not_wrap(first, warned, tmp_path):
    whole = [first + at for at in range(40)]
    whole[-1] = 5
    rows = [f"{number},{label}" for number, label in zip(whole, LABELS, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["a,target", *rows]))
    X, said = loaded(tmp_path)
    np.testing.assert_allclose(X["a"].astype(float), np.array(whole, dtype=float), rtol=1e-15)
    assert ["t.csv" in text and "'a'" in text for text in said] == [True] * warned


def test_a_file_with_decimal_commas(tmp_path):
    rows = [f"{at},{at:02};1.{200 + at};word, {at % 3};{at}" for at in range(40)]
    rows = [f"{row};{label}" for row, label in zip(rows, LABELS, strict=True)]
    (tmp_path / "t.csv").write_text("\n".join(["a;b;c;d;target", *rows]))
    X, said = loaded(tmp_path)
    assert said == []
    np.testing.assert_allclose(X["a"], [at + at / 100 for at in range(40)])
    assert X["b"].tolist() == [1200 + at for at in range(40)]  # a point of thousands, as b shows
    assert X["c"].cat.categories.tolist() == ["word, 0", "word, 1", "word, 2"]
    assert X["d"].tolist() == list(range(40))


def test_labels_and_groups_stay_text(tmp_path):
    labels = ["1,5"] * 30 + ["-"] * 10
    rows = [f'{at},"{at // 4}%","{label}"' for at, label in enumerate(labels)]
    (tmp_path / "t.csv").write_text("\n".join(["a,g,target", *rows]))
    table = load_folder(tmp_path, groups="g")[0].load_all()
    assert set(table.y) == {"1,5", "-"}
    assert table.groups[0] == "0%"


def test_infinite_numbers(tmp_path):
    rows = [f"{'inf' if at == 3 else at},{label}" for at, label in enumerate(LABELS)]
    (tmp_path / "t.csv").write_text("\n".join(["a,target", *rows]))
    X, said = loaded(tmp_path)
    assert X["a"].isna().sum() == 1
    assert "column 'a' has infinite numbers in 1 rows".casefold() in said[0].casefold()


@looped(
    ("values", "expected"),
    [
        ([date(1970, 1, 2), date(9999, 12, 31)], [86400, day(9999, 12, 31)]),
        ([time(8, 30), time(0, 0, 1, 500_000)], [30600, 1.5]),
        ([timedelta(hours=1), timedelta(days=-1)], [3600, -86400]),
        ([datetime(1970, 1, 2), None], [86400, np.nan]),
        ([datetime(1970, 1, 2, tzinfo=UTC), None], [86400, np.nan]),
        (["1970-01-02", "1970-01-01T01:00"], [86400, 3600]),
        (np.array([2**64 - 1, 3], dtype="uint64"), [2.0**64, 3]),
        (pd.array([2**64 - 1, None], dtype="UInt64"), [2.0**64, np.nan]),
        (pd.period_range("1970-01", periods=2, freq="M"), [0, 31 * 86400]),
    ],
)
@pytest.mark.filterwarnings("ignore:t.parquet")
def test_columns_of_a_parquet_file(values, expected, tmp_path):
    frame = pd.DataFrame({"a": list(values) * 20})
    if hasattr(values, "dtype"):
        frame["a"] = frame["a"].astype(values.dtype)
    frame.assign(target=LABELS).to_parquet(tmp_path / "t.parquet")
    X, _ = loaded(tmp_path, "t.parquet")
    assert X["a"].dtype.kind in "if"
    np.testing.assert_allclose(X["a"], expected * 20, rtol=1e-15)


def test_text_and_categories_of_a_parquet_file_stay_levels(tmp_path):
    frame = pd.DataFrame({"zip": ["02124", "1,234"] * 20, "target": LABELS})
    frame["month"] = pd.Categorical(["2024-01", "2024-02"] * 20)
    frame.to_parquet(tmp_path / "t.parquet")
    X, said = loaded(tmp_path, "t.parquet")
    assert said == []
    assert X["zip"].cat.categories.tolist() == ["02124", "1,234"]
    assert X["month"].cat.categories.tolist() == ["2024-01", "2024-02"]
