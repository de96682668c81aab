"""The index of a frame that was written to a Parquet file is no feature, in any reader."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from loops import looped

from imbalance_kit._tables.parquet_index import index_columns
from imbalance_kit.datasets import load_folder
from imbalance_kit.ensemble import SelfPacedEnsembleClassifier


def made():
    rng = np.random.RandomState(0)
    return pd.DataFrame(
        {"a": rng.normal(size=60), "b": rng.normal(size=60), "y": [0] * 40 + [1] * 20}
    )


def unnamed(frame):
    return frame.sample(frac=1, random_state=0)


WRITTEN = {
    "range": made,
    "unnamed": lambda: unnamed(made()),
    "named": lambda: unnamed(made()).rename_axis("row"),
    "step": lambda: made().iloc[::2],
    "text": lambda: made().set_index(pd.Index([f"r{row}" for row in range(60)])),
    "dates": lambda: made().set_index(pd.date_range("2024", periods=60, name="day")),
    "several": lambda: made().set_index(
        pd.MultiIndex.from_product([range(20), range(3)], names=["one", None])
    ),
    "shown": lambda: made().set_index("b", drop=False),
}


@looped(("name", "make"), WRITTEN.items(), ids=list(WRITTEN))
def test_what_readers_take_for_features(name, make, tmp_path):
    frame = make()
    if name == "shown":  # a column and an index of one name cannot be written
        frame.index = frame.index.rename("other")
    file = tmp_path / "t.parquet"
    frame.to_parquet(file)
    (record,) = load_folder(file, target="y")
    X = record.load()[0]
    assert X.columns.tolist() == ["a", "b"]
    np.testing.assert_array_equal(X, frame[["a", "b"]])
    model = SelfPacedEnsembleClassifier(n_estimators=2, random_state=0).fit(str(file), "y")
    assert model.feature_names_in_.tolist() == ["a", "b"]
    again = SelfPacedEnsembleClassifier(n_estimators=2, random_state=0)
    again.fit(frame[["a", "b"]].astype(np.float32).to_numpy(), frame["y"].to_numpy())
    expected = again.predict_proba(frame[["a", "b"]].to_numpy(dtype=np.float32))
    np.testing.assert_array_equal(model.predict_proba(str(file)), expected)


def test_an_index_without_its_description(tmp_path):
    """Other writers keep the columns, and lose what pandas says about them."""
    file = tmp_path / "t.parquet"
    unnamed(made()).to_parquet(file)
    table = pq.read_table(file).replace_schema_metadata(None)
    assert "__index_level_0__" in table.column_names
    pq.write_table(table, file)
    assert load_folder(file, target="y")[0].load()[0].columns.tolist() == ["a", "b"]
    pl.read_parquet(file).write_parquet(file)
    assert load_folder(file, target="y")[0].load()[0].columns.tolist() == ["a", "b"]


def test_an_index_that_is_asked_for(tmp_path):
    file = tmp_path / "t.parquet"
    frame = made()
    frame["who"] = np.arange(60) // 2
    frame.set_index(["y", "who"]).to_parquet(file)
    table = load_folder(file, target="y", groups="who")[0].load_all()
    assert table.X.columns.tolist() == ["a", "b"]
    assert table.groups.nunique() == 30
    model = SelfPacedEnsembleClassifier(n_estimators=2).fit(str(file), "y")
    assert model.feature_names_in_.tolist() == ["a", "b"]


def test_files_with_different_indexes(tmp_path):
    made().iloc[::2].to_parquet(tmp_path / "a.parquet", index=True)
    unnamed(made()).to_parquet(tmp_path / "b.parquet")
    part = pq.read_table(tmp_path / "b.parquet")
    pq.write_table(part.replace_schema_metadata(None), tmp_path / "a.parquet")
    model = SelfPacedEnsembleClassifier(n_estimators=2).fit(str(tmp_path), "y")
    assert model.feature_names_in_.tolist() == ["a", "b"]


def test_descriptions_of_any_kind():
    names = ["a", "__index_level_0__", "__null_dask_index__", "row", "__index_level_x__"]
    stored = {"__index_level_0__", "__null_dask_index__"}
    assert index_columns(names, None) == stored
    for text in (
        b"",
        b"{",
        b"[]",
        b"3",
        b"{}",
        b'{"index_columns": 3}',
        b'{"index_columns": [{}]}',
    ):
        assert index_columns(names, {b"pandas": text}) == stored
    assert index_columns(names, {b"pandas": b'{"index_columns": ["row"]}'}) == {*stored, "row"}


def test_nothing_but_an_index(tmp_path):
    file = tmp_path / "t.parquet"
    made()[["y"]].set_index(np.arange(60)[::-1]).to_parquet(file)
    with pytest.raises(ValueError, match=r"t\.parquet.*60 rows of 0 features"):
        SelfPacedEnsembleClassifier().fit(str(file), "y")
