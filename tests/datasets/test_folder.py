"""The user's own files."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from loops import looped

from imbalance_kit.datasets import load_folder

LABELS = ["no"] * 30 + ["yes"] * 10
ROWS = len(LABELS)


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "number": rng.normal(size=ROWS),
            "whole": np.arange(ROWS),
            "word": ["a", "b", None, "d"] * 10,
            "flag": [True, False] * (ROWS // 2),
            "label": LABELS,
        }
    )


def only(records):
    assert len(records) == 1
    return records[0]


def check(record, n_missing=10):
    X, y = record.load()
    assert (record.n_rows, record.n_features, record.n_numeric, record.n_nominal) == (40, 4, 2, 2)
    assert (record.n_classes, record.imbalance_ratio, record.n_missing) == (2, 3.0, n_missing)
    assert (record.role, record.source) == ("", record.name)
    assert X["number"].dtype == np.float64
    assert X["whole"].dtype == np.int64
    assert X["word"].cat.categories.tolist() == ["a", "b", "d"]
    assert X["flag"].cat.categories.tolist() == ["False", "True"]
    assert y.tolist() == LABELS


def test_csv(table, tmp_path):
    table.to_csv(tmp_path / "one.csv", index=False)
    check(only(load_folder(tmp_path)))


@pytest.mark.parametrize("separator", [";", "\t"])
def test_csv_with_another_separator(table, tmp_path, separator):
    table.to_csv(tmp_path / "one.csv", index=False, sep=separator)
    check(only(load_folder(tmp_path)))


@pytest.mark.parametrize("dtype", [None, "string", "category"])
def test_parquet(table, tmp_path, dtype):
    if dtype:
        table["word"] = table["word"].astype(dtype)
        table["flag"] = table["flag"].astype("boolean")
        table["whole"] = table["whole"].astype("Int64")
        table["number"] = table["number"].astype("Float64")
    table.sample(frac=1, random_state=0).sort_index().to_parquet(tmp_path / "one.parquet")
    check(only(load_folder(tmp_path)))


def test_arff(table, tmp_path):
    head = (
        "@relation r\n@attribute number real\n@attribute whole integer\n"
        "@attribute word {a,b,d}\n@attribute flag {True,False}\n@attribute label {no,yes}\n@data\n"
    )
    body = table.to_csv(index=False, header=False, na_rep="?")
    (tmp_path / "one.arff").write_text(head + body)
    check(only(load_folder(tmp_path)))


def test_the_target_is_given_or_found(table, tmp_path):
    table.to_csv(tmp_path / "t.csv", index=False)
    assert only(load_folder(tmp_path)).load()[1].name == "label"
    assert only(load_folder(tmp_path, target="flag")).load()[1].name == "flag"
    table.insert(0, "class", ["x"] * 20 + ["y"] * 20)
    table.to_csv(tmp_path / "t.csv", index=False)
    assert only(load_folder(tmp_path)).load()[1].name == "class"
    table.insert(1, "target", ["x"] * 20 + ["y"] * 20)
    table.to_csv(tmp_path / "t.csv", index=False)
    assert only(load_folder(tmp_path)).load()[1].name == "target"


@looped(
    ("names", "expected"),
    [
        (["Target", "a", "b"], "Target"),
        (["a", "TARGET", "b"], "TARGET"),
        (["Class", "a", "b"], "Class"),
        (["class", "Target", "b"], "Target"),
        (["Target", "target", "b"], "target"),
        (["a", "b", "targets"], "targets"),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_target_is_found_in_any_case(names, expected, tmp_path):
    rows = [",".join(names), *["1,2,3"] * 20, *["2,1,5"] * 10]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    record = only(load_folder(tmp_path))
    assert record.target == record.load()[1].name == expected


def test_a_column_that_differs_from_the_target_in_case_is_named(tmp_path):
    rows = ["Target,a,target", *["1,2,1"] * 20, *["2,1,2"] * 10]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    with pytest.warns(UserWarning, match=r"t\.csv: The target is 'target'; 'Target' is taken for"):
        load_folder(tmp_path)


def test_quotes_that_are_part_of_the_labels_are_taken_off(tmp_path):
    rows = ["a,b,target"] + [f"{at},'x y',{label}" for at in range(9) for label in ("'-1'", "'1'")]
    rows[1] = "1,'z',\"'1'\""
    (tmp_path / "m.csv").write_text("\n".join(rows))
    X, y = only(load_folder(tmp_path)).load()
    assert set(y) == {"-1", "1"}
    assert X["b"].cat.categories.tolist() == ["x y", "z"]


def test_words_for_missing(tmp_path):
    cells = ["", "?", "NA", "N/A", "NaN", "null", "None", "1"]
    rows = ["a,b,c", *[f"{at},{cell},x" for at, cell in enumerate(cells)], *["9,1,None"] * 8]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    X, y = only(load_folder(tmp_path)).load()
    assert X["b"].isna().sum() == 6
    assert X["b"].cat.categories.tolist() == ["1", "None"]
    assert set(y) == {"x", "None"}


def test_several_files_are_sorted_and_names_are_unique(table, tmp_path):
    table.to_csv(tmp_path / "b.csv", index=False)
    table.to_parquet(tmp_path / "b.parquet")
    table.to_csv(tmp_path / "A.CSV", index=False)
    (tmp_path / "readme.md").write_text("not a table")
    assert [record.name for record in load_folder(tmp_path)] == ["A", "b.csv", "b.parquet"]
    assert only(load_folder(tmp_path / "A.CSV")).name == "A"


def test_small_classes_of_a_table_with_many_are_left_out(table, tmp_path):
    table["label"] = ["no"] * 20 + ["yes"] * 13 + ["rare"] * 7
    table.to_csv(tmp_path / "t.csv", index=False)
    record = only(load_folder(tmp_path))
    assert record.dropped_classes == ("rare",)
    assert record.n_rows == len(record.load()[1]) == 33


def test_dates_become_seconds(table, tmp_path):
    table["day"] = [dt.datetime(1970, 1, 2)] * 39 + [None]
    table["zoned"] = pd.Series(
        [pd.Timestamp("1970-01-01T01:00", tz="Europe/Paris")] + [pd.NaT] * 39
    )
    table.to_parquet(tmp_path / "t.parquet")
    X, _ = only(load_folder(tmp_path, target="label")).load()
    assert X["day"].iloc[0] == 86_400
    assert X["zoned"].iloc[0] == 0
    assert X[["day", "zoned"]].isna().sum().tolist() == [1, 39]


def test_numeric_labels_are_text(table, tmp_path):
    table["label"] = [0.0] * 30 + [1.0] * 10
    table.to_csv(tmp_path / "t.csv", index=False)
    assert set(only(load_folder(tmp_path)).load()[1]) == {"0", "1"}


def test_a_file_that_changes_after_it_was_listed(table, tmp_path):
    table.to_csv(tmp_path / "t.csv", index=False)
    record = only(load_folder(tmp_path))
    table.iloc[::-1].to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(ValueError, match=r"expected .* List the folder again"):
        record.load()


def test_no_folder_and_no_files(tmp_path):
    with pytest.raises(FileNotFoundError, match="no folder or file"):
        load_folder(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"no table: expected files ending in \.csv"):
        load_folder(tmp_path)


def test_unknown_target_names_the_columns(table, tmp_path):
    table.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(ValueError, match=r"t\.csv has no column 'y'; .*'number', 'whole', 'word'"):
        load_folder(tmp_path, target="y")


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["no"] * 40, r"two classes with 8 rows or more in 'label', got 'no' \(40\)"),
        (["no"] * 35 + ["yes"] * 5, r"'no' \(35\), 'yes' \(5\)"),
        (["no"] * 35 + [None] * 5, "5 of 40 rows have no label in 'label'"),
        (list(range(40)), "looks like a number or a name, not a class"),
    ],
)
def test_labels_that_cannot_be_used(table, tmp_path, labels, said):
    table["label"] = labels
    table.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(ValueError, match=rf"t\.csv: .*{said}"):
        load_folder(tmp_path)


def test_nothing_to_learn_from(tmp_path):
    pd.DataFrame({"a": 1, "label": LABELS}).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(ValueError, match="nothing to learn from"):
        load_folder(tmp_path)


@pytest.mark.parametrize("name", ["t.csv", "t.parquet", "t.arff"])
def test_files_that_are_not_what_they_are_called(name, tmp_path):
    (tmp_path / name).write_bytes(b'a,b\n1,2,3\n"unclosed')
    with pytest.raises(ValueError, match=name):
        load_folder(tmp_path)


@pytest.mark.parametrize("header", ["a,a ,c", "a,a,c", "c.1,a,c"])
def test_two_columns_of_one_name(header, tmp_path):
    rows = [header, *["1,2,x"] * 8, *["2,1,y"] * 8]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    if header == "c.1,a,c":
        record = only(load_folder(tmp_path))
        assert record.load()[0].columns.tolist() == ["c.1", "a"]
        return
    with pytest.warns(UserWarning, match=r"t\.csv: .*more than one column: 'a' \(read as 'a\.1'"):
        record = only(load_folder(tmp_path))
    assert record.load()[0].columns.tolist() == ["a", "a.1"]


@pytest.mark.parametrize("header", ["target,a,target", "a,target,target ", "class, class,a"])
def test_a_second_column_of_the_targets_name_is_refused(header, tmp_path):
    rows = [header, *["1,2,x"] * 8, *["2,1,y"] * 8]
    (tmp_path / "t.csv").write_text("\n".join(rows))
    with pytest.raises(ValueError, match=r"t\.csv: two columns are named .*, which is the target"):
        load_folder(tmp_path)


def test_cells_that_hold_lists(table, tmp_path):
    table["list"] = [[1, 2]] * ROWS
    table.to_parquet(tmp_path / "t.parquet")
    with pytest.raises(ValueError, match="column 'list' holds lists"):
        load_folder(tmp_path, target="label")


# columns that say how rows may be split


@pytest.fixture
def visits(table):
    """A table with a patient's number and a day in several spellings."""
    table["patient"] = np.repeat(range(8), 5)
    days = pd.date_range("2024-01-01", periods=ROWS, tz="UTC")
    table["day"] = [str(day.date()) for day in days[::-1]]
    table["moment"] = [day.isoformat() for day in days]
    table["order"] = range(ROWS, 0, -1)
    return table


def test_groups_are_text_and_no_feature(visits, tmp_path):
    visits.to_csv(tmp_path / "t.csv", index=False)
    record = only(load_folder(tmp_path, target="label", groups="patient"))
    assert record.groups == "patient"
    loaded = record.load_all()
    assert loaded.groups.tolist() == [str(patient) for patient in visits["patient"]]
    assert "patient" not in loaded.X
    assert record.n_features == loaded.X.shape[1] == 7
    assert loaded.time is None
    X, y = record.load()
    pd.testing.assert_frame_equal(X, loaded.X)
    pd.testing.assert_series_equal(y, loaded.y)


@pytest.mark.parametrize(
    ("column", "seconds"), [("day", -86_400.0), ("moment", 86_400.0), ("order", -1)]
)
def test_time_is_a_number_that_orders_the_rows(visits, tmp_path, column, seconds):
    visits.to_csv(tmp_path / "t.csv", index=False)
    record = only(load_folder(tmp_path, target="label", time=column))
    loaded = record.load_all()
    assert loaded.time.diff().dropna().eq(seconds).all()
    assert loaded.X[column].tolist() == loaded.time.tolist()
    assert loaded.groups is None
    assert record.n_nominal == loaded.X.dtypes.eq("category").sum()


def test_dates_of_a_parquet_file_are_times(visits, tmp_path):
    visits["day"] = pd.to_datetime(visits["day"])
    visits.to_parquet(tmp_path / "t.parquet")
    loaded = only(load_folder(tmp_path, target="label", time="day", groups="patient")).load_all()
    assert loaded.time.iloc[-1] == pd.Timestamp("2024-01-01").timestamp()
    assert loaded.groups.nunique() == 8


def test_groups_and_time_follow_the_rows_that_are_kept(visits, tmp_path):
    visits["label"] = ["no"] * 20 + ["rare"] * 7 + ["yes"] * 13
    visits.to_csv(tmp_path / "t.csv", index=False)
    record = only(load_folder(tmp_path, target="label", groups="patient", time="order"))
    kept = visits[visits["label"] != "rare"]
    loaded = record.load_all()
    assert loaded.groups.tolist() == kept["patient"].astype(str).tolist()
    assert loaded.time.tolist() == kept["order"].tolist()
    assert loaded.time.index.equals(loaded.y.index)


@pytest.mark.parametrize("part", ["groups", "time"])
def test_columns_that_cannot_split(visits, tmp_path, part):
    visits["gap"] = [1.0, None] * 20
    visits["same"] = 1
    visits.to_csv(tmp_path / "t.csv", index=False)
    for column, said in [
        ("nowhere", "has no column 'nowhere' to split by; it has 'number', 'whole'"),
        ("label", "'label' is the target; it cannot split the rows"),
        ("gap", "20 of 40 rows have no"),
        ("same", "'same' has the one value 1, so there is nothing to split by"),
    ]:
        with pytest.raises(ValueError, match=f"Data set 't'.*{said}"):
            load_folder(tmp_path, target="label", **{part: column})


def test_times_that_cannot_be_read(visits, tmp_path):
    visits.loc[5, "day"] = "last week"
    visits.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(ValueError, match=r"ISO text such as .* column 'day', got 'last week'"):
        load_folder(tmp_path, target="label", time="day")


def test_a_column_is_not_both_groups_and_sensitive(visits, tmp_path):
    visits.to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(ValueError, match=r"'patient' is given as groups.* and as sensitive"):
        load_folder(tmp_path, target="label", groups="patient", sensitive=("patient",))
