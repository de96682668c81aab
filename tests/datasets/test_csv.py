"""CSV files as people have them: lines, encodings, separators, names."""

import bz2
import gzip
import lzma
import warnings

import numpy as np
import pandas as pd
import pytest
from loops import looped

from imbalance_kit.datasets import load_folder
from imbalance_kit.datasets._text_files import decode, split_name

N = 40
LABELS = ["no"] * 30 + ["yes"] * 10


def lines(row, header="a,b,target"):
    return "\n".join([header, *(row(at, LABELS[at]) for at in range(N))]) + "\n"


def read(content, tmp_path, name="t.csv", remark=None):
    """The features and labels of a file; ``remark`` is what has to be warned of, once."""
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        (record,) = load_folder(tmp_path / name)
        X, y = record.load()
    said = [str(warning.message) for warning in raised]
    if remark is None:
        assert said == []
    else:
        assert len(said) == 1
        assert said[0].startswith(f"{name}: ")
        assert remark in said[0]
    assert y.tolist() == LABELS
    return X


PLAIN = lines(lambda at, label: f"{at},{at % 3},{label}")


def check_plain(X):
    assert X.columns.tolist() == ["a", "b"]
    assert X["a"].tolist() == list(range(N))
    assert X["b"].tolist() == [at % 3 for at in range(N)]
    assert (X.dtypes == "int64").all()


@looped(
    "content",
    [
        PLAIN,
        PLAIN.replace("\n", ",\n"),
        lines(lambda at, label: f"{at},{at % 3},{label},"),
        lines(lambda at, label: f"{at},{at % 3},{label}, ,"),
        lines(lambda at, label: f"{at},{at % 3},{label}{',' * (at % 2)}"),
        lines(lambda at, label: f"{at},{at % 3},{label}", header="a,b,target,"),
        lines(lambda at, label: f"{at},{at % 3},{label},,", header="a,b,target,"),
        lines(lambda at, label: f'"{at}",{at % 3},"{label}",'),
        lines(lambda at, label: f"{at};{at % 3};{label};", header="a;b;target"),
        lines(lambda at, label: f"{at}|{at % 3}|{label}", header="a|b|target"),
        lines(lambda at, label: f"{at}\t{at % 3}\t{label}\t", header="a\tb\ttarget"),
        lines(lambda at, label: f" {at} , {at % 3} , {label} ", header=" a , b , target "),
        PLAIN + ",,\n,,\n\n",
        "\n\n" + PLAIN.replace("\n", "\n\n"),
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.rstrip("\n"),
    ],
)
def test_lines_that_end_otherwise(content, tmp_path):
    check_plain(read(content, tmp_path))


@looped("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(encoding, tmp_path):
    content = lines(lambda at, label: f"{'äé€'[at % 3]},{at},{label}").encode(encoding)
    X = read(content, tmp_path)
    assert X["a"].tolist() == ["äé€"[at % 3] for at in range(N)]


def test_what_is_no_text_is_refused():
    for content in (b"a,b\n1,\x002\n3,4\n", b"\xff\xfea", b"\xff\xfe\x00\xd8"):
        with pytest.raises(ValueError, match=r"f\.csv: "):
            decode(content, "f.csv")


@looped("mark", ["sep=;\n", '"sep=;"\n', "SEP=;\r\n", "\ufeffsep=;\n", "sep=;;;\n"])
def test_a_line_that_declares_the_separator(mark, tmp_path):
    content = lines(lambda at, label: f"{at};{at % 3};{label}", header="a;b;target")
    check_plain(read(mark + content, tmp_path))


def test_a_separator_that_is_declared_and_unusual(tmp_path):
    content = lines(lambda at, label: f"{at}~{at % 3}~{label}", header="a~b~target")
    check_plain(read("sep=~\n" + content, tmp_path))


@looped(
    ("name", "pack"),
    [
        ("t.csv.gz", gzip.compress),
        ("t.CSV.GZ", gzip.compress),
        ("t.csv.bz2", bz2.compress),
        ("t.csv.xz", lzma.compress),
        ("t.tsv", bytes),
        ("t.tsv.gz", gzip.compress),
    ],
)
def test_other_endings(name, pack, tmp_path):
    content = PLAIN.replace(",", "\t") if "tsv" in name else PLAIN
    check_plain(read(pack(content.encode()), tmp_path, name))
    assert split_name(name) == ("t", f".{name.split('.')[1].lower()}")


def test_a_packed_file_that_is_cut(tmp_path):
    content = gzip.compress(PLAIN.encode())
    for broken in (content[:-9], content[: len(content) // 2], PLAIN.encode(), b""):
        (tmp_path / "t.csv.gz").write_bytes(broken)
        with pytest.raises(ValueError, match=r"t\.csv\.gz: "):
            load_folder(tmp_path)


@looped("header", ["a,b,target", ",a,b,target", "Unnamed: 0,a,b,target"])
def test_names_of_rows_are_no_feature(header, tmp_path):
    content = lines(lambda at, label: f"{at + 100},{at},{at % 3},{label}", header=header)
    check_plain(read(content, tmp_path, remark="first column has no name"))


def test_several_levels_of_names_of_rows(tmp_path):
    content = lines(lambda at, label: f"{at % 2},{at},{at},{at % 3},{label}", ",,a,b,target")
    check_plain(read(content, tmp_path, remark="first 2 columns have no names"))


@looped(
    "row",
    [
        lambda at, label: f"{at},{at % 3},{label}" + (",7" if at == 30 else ""),
        lambda at, label: f"1,000,{at},{label}",  # a thousand that is not quoted
        lambda at, label: f"{at},{at},{at % 3},{label},7",
    ],
    ids=["one", "thousand", "two"],
)
def test_lines_with_more_fields_than_names_are_refused(row, tmp_path):
    (tmp_path / "t.csv").write_text(lines(row))
    with pytest.raises(ValueError, match=r"t\.csv: .*line \d+ has \d fields, and the header 3"):
        load_folder(tmp_path)


def test_lines_that_are_cut_are_counted(tmp_path):
    content = lines(lambda at, label: label if at in (8, 9) else f"{label},{at}", "target,a")
    X = read(content, tmp_path, remark="2 of 40 rows have fewer fields than the header has names, ")
    assert np.flatnonzero(X["a"].isna()).tolist() == [8, 9]
    with pytest.warns(UserWarning, match="the first in line 10;"):
        load_folder(tmp_path)


def test_line_ends_and_separators_within_quotes(tmp_path):
    content = lines(lambda at, label: f'"{at % 2}, ""x""\ny",{at},{label}', '"a, \n1",b,target')
    X = read(content, tmp_path)
    assert X.columns.tolist() == ["a, \n1", "b"]
    assert set(X["a, \n1"]) == {'0, "x"\ny', '1, "x"\ny'}
    assert X["b"].tolist() == list(range(N))


def test_a_level_of_a_long_file_stays_one_level(tmp_path):
    # in blocks, "7" before and 7 after the first text would be two levels
    n = 140_000
    codes = np.array(["7", "8", "9"])[np.arange(n) % 3].astype(object)
    codes[100] = "A7"
    pd.DataFrame({"code": codes, "pad": "x" * 40, "n": np.arange(n) % 5, "target": "no"}).assign(
        target=np.where(np.arange(n) % 4, "no", "yes")
    ).to_csv(tmp_path / "t.csv", index=False)
    X, _ = load_folder(tmp_path)[0].load()
    assert X["code"].cat.categories.tolist() == ["7", "8", "9", "A7"]


def test_one_bad_file_of_a_folder_is_named_and_passed_over(tmp_path):
    (tmp_path / "good.csv").write_text(PLAIN)
    (tmp_path / "bad.csv").write_text("a,b,target\n1,2,3,4\n1,2,3\n")
    (tmp_path / "cut.parquet").write_bytes(b"PAR1")
    with pytest.warns(UserWarning, match=r"2 of 3 files in .*bad\.csv: .*cut\.parquet: ") as raised:
        records = load_folder(tmp_path)
    assert [record.name for record in records] == ["good"]
    assert len(raised) == 1
    (tmp_path / "good.csv").unlink()
    with pytest.raises(ValueError, match=r"no table that can be used\. .*bad\.csv: .*cut\.parquet"):
        load_folder(tmp_path)
