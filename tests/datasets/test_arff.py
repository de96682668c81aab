"""The reader of KEEL and ARFF files: what it accepts, what it refuses, and how it says so."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imbalance_kit.datasets import _arff
from imbalance_kit.datasets._arff import read_arff
from imbalance_kit.datasets._text_files import decode

HEADER = """@relation toy
@attribute size real [0.0, 10.0]
@attribute count integer [0, 9]
@attribute colour {red, green, blue}
@attribute class {yes, no}
@data
"""


def read(rows, header=HEADER):
    return read_arff(header + rows, "toy.dat")[0]


def test_types_come_from_the_header():
    frame, output = read_arff(HEADER + "1.5,2,red,yes\n2,3,green,no\n", "toy.dat")
    assert output == "class"
    assert frame["size"].tolist() == [1.5, 2.0]
    assert frame["size"].dtype == np.float64
    assert frame["count"].dtype == np.int64
    assert frame["colour"].dtype == "category"
    assert frame["colour"].tolist() == ["red", "green"]


def test_levels_keep_the_order_of_the_header_and_only_those_that_occur():
    frame = read("1,2,blue,yes\n2,3,red,no\n")
    assert frame["colour"].cat.categories.tolist() == ["red", "blue"]


def test_comments_blank_lines_and_irregular_white_space():
    rows = "% a comment, with commas, in it\n\n  1.5 ,\t2,  red  ,yes\t\n\n%\n2,3 ,green, no  \n"
    pd.testing.assert_frame_equal(read(rows), read("1.5,2,red,yes\n2,3,green,no\n"))


@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_other_line_ends(line_end):
    text = HEADER + "1.5,2,red,yes\n2,3,green,no\n"
    pd.testing.assert_frame_equal(
        read_arff(text.replace("\n", line_end), "toy.dat")[0], read_arff(text, "toy.dat")[0]
    )


def test_keywords_in_any_case():
    header = (
        "@RELATION toy\n@Attribute a REAL\n@attribute b Integer[0,9]\n@ATTRIBUTE c{x,y}\n@DATA\n"
    )
    frame = read("1,2,x\n3,4,y\n", header)
    assert [str(dtype) for dtype in frame.dtypes] == ["float64", "int64", "category"]


@pytest.mark.parametrize("missing", ["?", "<null>", " ? ", ""])
def test_missing_cells(missing):
    frame = read(f"{missing},2,red,yes\n1,{missing},{missing},no\n")
    assert frame.isna().sum().tolist() == [1, 1, 1, 0]
    assert frame["count"].dtype == np.float64
    assert frame["colour"].cat.categories.tolist() == ["red"]


def test_a_quoted_question_mark_is_a_value():
    header = "@attribute a {'?', b}\n@attribute c {x, y}\n@data\n"
    assert read("'?',x\nb,y\n?,x\n", header)["a"].tolist()[:2] == ["?", "b"]


def test_a_listed_level_that_sounds_missing_is_a_value():
    header = "@attribute a {Unknown, NA, None}\n@attribute c {x, y}\n@data\n"
    frame = read("Unknown,x\nNA,y\nNone,x\n", header)
    assert frame["a"].tolist() == ["Unknown", "NA", "None"]


def test_levels_that_look_like_numbers_stay_text():
    frame = read("05,x\n10,y\n", "@attribute a {05, 10}\n@attribute c {x, y}\n@data\n")
    assert frame["a"].tolist() == ["05", "10"]


def test_quoted_names_levels_and_cells():
    header = "@attribute 'the size' numeric\n@attribute c {'it\\'s', \"a, b\", plain}\n@data\n"
    frame = read("'1.5','it\\'s'\n2,\"a, b\"\n3,plain\n", header)
    assert frame.columns.tolist() == ["the size", "c"]
    assert frame["the size"].tolist() == [1.5, 2.0, 3.0]
    assert frame["c"].tolist() == ["it's", "a, b", "plain"]


def test_an_apostrophe_inside_a_value_is_no_quote():
    frame = read("don't,x\nb,y\n", "@attribute a {don't, b}\n@attribute c {x, y}\n@data\n")
    assert frame["a"].tolist() == ["don't", "b"]


def test_numbers_outside_the_declared_range_are_kept():
    assert read("99.5,-7,red,yes\n1e3,12,red,no\n")["size"].tolist() == [99.5, 1000.0]


def test_an_integer_column_with_fractions_stays_float():
    frame = read("1,85.0,red,yes\n2,85.5,red,no\n")
    assert frame["count"].tolist() == [85.0, 85.5]


def test_text_attributes_become_categories():
    frame = read("b,x\na,y\n", "@attribute a string\n@attribute c {x, y}\n@data\n")
    assert frame["a"].cat.categories.tolist() == ["a", "b"]


@pytest.mark.parametrize("keyword", ["@output", "@outputs", "@OUTPUTS"])
def test_the_output_may_be_declared(keyword):
    header = HEADER.replace("@data", f"@inputs size, count, class\n{keyword}\tcolour\n@data")
    assert read_arff(header + "1,2,red,yes\n1,2,blue,no\n", "toy.dat")[1] == "colour"


def test_sparse_rows():
    frame = read("{0 1.5, 2 green}\n{1 3,3 no}\n{}\n")
    assert frame["size"].tolist() == [1.5, 0.0, 0.0]
    assert frame["count"].tolist() == [0, 3, 0]
    assert frame["colour"].tolist() == ["green", "red", "red"]
    assert frame["class"].tolist() == ["yes", "no", "yes"]


def test_a_form_feed_does_not_end_a_line():
    frame = read("a\x0cb,x\nc,y\n", "@attribute a string\n@attribute c {x, y}\n@data\n")
    assert frame["a"].tolist() == ["a\x0cb", "c"]


def test_text_is_utf8_or_latin1():
    assert decode("\ufeffé".encode(), "f") == "é"
    assert decode("é".encode("latin-1"), "f") == "é"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (HEADER + "1,2,red\n", 7, "expected 4 values, got 3"),
        (HEADER + "1,2,red,yes\n% c\n\n1,2,red,yes,no\n", 10, "expected 4 values, got 5"),
        (HEADER + "1,2,red,yes\nbig,2,red,yes\n", 8, "'big' is not a number"),
        (HEADER + "1,2,red,yes\n1_0,2,red,yes\n", 8, "'1_0' is not a number"),
        (HEADER + "1,2,red,yes\nnan,2,red,yes\n", 8, "'nan' is not a number"),
        (HEADER + "1,2,red,yes\ninf,2,red,yes\n", 8, "'inf' is not a number"),
        (HEADER + "1,2,red,yes\n1,2,Red,yes\n", 8, "'Red' is not among the levels of 'colour'"),
        (HEADER + "1,2,red,yes\n?,2,pink,yes\n", 8, "'pink' is not among the levels"),
        (HEADER + "1,2,'red,yes\n", 7, "a quote does not close"),
        (HEADER + "{0 1, 9 red}\n", 7, "expected 'index value'"),
        (HEADER + "{0 1\n", 7, "no closing brace"),
        (HEADER.replace("real [0.0, 10.0]", "date"), 2, "'size' has type 'date'"),
        (HEADER.replace("blue}", "blue"), 4, "no closing brace"),
        (HEADER.replace("{red, green, blue}", "{}"), 4, "lists no levels"),
        (HEADER.replace("{red, green, blue}", "{'red, blue}"), 4, "levels of 'colour'"),
        (HEADER.replace("@attribute count integer [0, 9]", "@attribute"), 3, "@attribute NAME"),
        (HEADER.replace("count", "size"), 3, "'size' is declared twice"),
        (HEADER.replace("@relation", "relation"), 1, "expected @relation"),
        (HEADER.replace("@data", "@outputs other\n@data"), 7, "names 'other'"),
        ("@relation toy\n@data\n1\n", 2, "before any @attribute"),
    ],
)
def test_malformed_files_name_file_and_line(text, line, said):
    with pytest.raises(ValueError, match=rf"^toy\.dat, line {line}: .*{said}"):
        read_arff(text, "toy.dat")


@pytest.mark.parametrize(
    ("text", "said"), [("a,b\n1,2\n", "expected @relation"), ("", "no @data"), (HEADER, "no")]
)
def test_files_that_are_something_else_or_empty(text, said):
    with pytest.raises(ValueError, match=r"toy\.dat"):
        read_arff(text, "toy.dat")


plain = st.text("abcXYZ019_-.<>=/+", min_size=1, max_size=6).filter(
    lambda text: text not in _arff.MISSING
)
quotable = st.text("ab ,'\"\\%{}?é", min_size=0, max_size=6)
numbers = st.floats(allow_nan=False, allow_infinity=False, width=32) | st.none()


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


@settings(max_examples=150, deadline=None)
@given(data=st.data(), quote=st.booleans())
def test_what_is_written_is_read(data, quote):
    shown = quoted if quote else str
    levels = data.draw(st.lists(quotable if quote else plain, min_size=1, max_size=4, unique=True))
    n_rows = data.draw(st.integers(1, 6))
    cells = data.draw(st.lists(st.sampled_from([*levels, None]), min_size=n_rows, max_size=n_rows))
    values = data.draw(st.lists(numbers, min_size=n_rows, max_size=n_rows))
    header = f"@attribute v real\n@attribute c {{{','.join(map(shown, levels))}}}\n@data\n"
    rows = [
        f"{'?' if value is None else repr(value)},{'?' if cell is None else shown(cell)}"
        for value, cell in zip(values, cells, strict=True)
    ]
    frame = read("\n".join(rows), header)
    assert [None if pd.isna(cell) else cell for cell in frame["c"]] == cells
    expected = np.array([np.nan if value is None else value for value in values], dtype=float)
    # pandas before 3 rounds the last bit of some decimals differently
    np.testing.assert_allclose(frame["v"], expected, rtol=1e-15)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_both_readers_agree(data):
    cell = st.sampled_from(["1", "2.5", "-3e2", ".5", "?", " 7", "x", "nan"])
    word = st.sampled_from(["red", "green ", "?", "<null>", "", "pink"])
    rows = data.draw(st.lists(st.tuples(cell, word), min_size=1, max_size=5))
    header = "@attribute v real\n@attribute c {red, green}\n@data\n"
    text = header + "\n".join(map(",".join, rows))
    lines = text.split("\n")
    parsed = _arff._read_header(lines, "toy.dat")
    fast = _arff._fast([line.strip() for line in lines[parsed.first :]], parsed)
    try:
        careful = _arff._careful(lines, parsed, "toy.dat")
    except ValueError:
        assert fast is None
    else:
        assert fast is not None
        pd.testing.assert_frame_equal(fast, careful)


@settings(max_examples=100, deadline=None)
@given(st.text("@{}'\"\\,?%ab1. \n\t", max_size=60), st.booleans())
def test_any_text_is_read_or_refused_by_name(text, with_header):
    try:
        read_arff(HEADER + text if with_header else text, "toy.dat")
    except ValueError as error:
        assert str(error).startswith("toy.dat")  # noqa: PT017  # both outcomes are right
