"""Columns of texts for base learners that take categories: in memory, and fitted on a file."""

import dask.dataframe
import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from lightgbm import LGBMClassifier
from loops import looped
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier
from xgboost import XGBClassifier

from imbalance_kit import ensemble
from imbalance_kit.ensemble._learners.categories import levels_of, takes_categories, with_levels

LIGHTGBM = LGBMClassifier(n_estimators=4, min_child_samples=5, n_jobs=1, verbose=-1)
HISTOGRAMS = HistGradientBoostingClassifier(max_iter=4)
XGBOOST = XGBClassifier(n_estimators=4, enable_categorical=True, n_jobs=1)
READS_FILES = [
    ensemble.SelfPacedEnsembleClassifier,
    ensemble.UnderBaggingClassifier,
    ensemble.BalanceCascadeClassifier,
]
OTHERS = [
    ensemble.AdaCostClassifier,
    ensemble.BalancedBaggingClassifier,
    ensemble.EasyEnsembleClassifier,
    ensemble.OverBaggingClassifier,
    ensemble.OverBoostClassifier,
    ensemble.ResamplingBaggingClassifier,
    ensemble.RUSBoostClassifier,
    ensemble.SMOTEBaggingClassifier,
    ensemble.SMOTEBoostClassifier,
]
CONTAINERS = {
    "pandas": lambda frame: frame,
    "pandas objects": lambda frame: frame.astype({"text": object}),
    "pandas categories": lambda frame: frame.astype({"text": "category"}),
    "categories in another order": lambda frame: frame.assign(
        text=pd.Categorical(frame["text"], categories=["zz", "unused", "y", "x"])
    ),
    "an index of its own": lambda frame: frame.set_axis([f"r{i}" for i in range(len(frame))]),
    "polars": pl.from_pandas,
    "polars categories": lambda frame: pl.from_pandas(frame).with_columns(
        pl.col("text").cast(pl.Categorical)
    ),
    "polars enum": lambda frame: pl.from_pandas(frame).with_columns(
        pl.col("text").cast(pl.Enum(["zz", "y", "x"]))
    ),
    "pyarrow": lambda frame: pa.Table.from_pandas(frame, preserve_index=False),
    "pyarrow dictionary": lambda frame: pa.Table.from_pandas(
        frame.astype({"text": "category"}), preserve_index=False
    ),
}


@pytest.fixture(scope="module")
def table():
    rng = np.random.RandomState(0)
    n_rows = 300
    text = rng.choice(["x", "y", "zz"], size=n_rows)
    y = (rng.uniform(size=n_rows) < np.where(text == "x", 0.5, 0.1)).astype(int)
    frame = pd.DataFrame({"number": rng.normal(size=n_rows), "text": text, "last": y + 0.5})
    frame["last"] += rng.normal(size=n_rows)
    frame.loc[::17, "text"] = None
    return frame, np.array(["common", "rare"])[y]


@looped("kind", READS_FILES)
def test_fitted_on_a_file_and_asked_in_memory(kind, table, tmp_path):
    check_in_memory_after_a_file(kind, LIGHTGBM, table, tmp_path)


@pytest.mark.exhaustive
@looped(
    ("kind", "learner"),
    [(kind, learner) for kind in READS_FILES for learner in (HISTOGRAMS, XGBOOST)],
)
def test_fitted_on_a_file_and_asked_in_memory_by_others(kind, learner, table, tmp_path):
    check_in_memory_after_a_file(kind, learner, table, tmp_path)


def check_in_memory_after_a_file(kind, learner, table, tmp_path):
    frame, y = table
    path = tmp_path / "table.parquet"
    frame.to_parquet(path)
    model = kind(learner, n_estimators=2, random_state=0).fit(path, y)
    expected = model.predict_proba(path)
    assert len(np.unique(expected)) > 4
    for name, make in CONTAINERS.items():
        np.testing.assert_array_equal(model.predict_proba(make(frame)), expected, err_msg=name)
        one = make(frame.iloc[[5]])
        np.testing.assert_array_equal(model.predict_proba(one), expected[[5]], err_msg=name)
    stages = list(model.staged_predict_proba(CONTAINERS["polars"](frame)))
    np.testing.assert_array_equal(stages[-1], expected)


@looped("kind", [ensemble.SMOTEBoostClassifier])
def test_text_columns_of_a_few(kind, table):
    check_in_memory(kind, table)


@pytest.mark.exhaustive
@looped("kind", [*READS_FILES, *OTHERS])
def test_text_columns_of_all(kind, table):
    check_in_memory(kind, table)


def check_in_memory(kind, table):
    frame, y = table
    given = {"estimator": LIGHTGBM, "n_estimators": 2, "random_state": 0}
    model = kind(**given).fit(frame, y)
    expected = model.predict_proba(frame)
    for name, make in CONTAINERS.items():
        np.testing.assert_array_equal(model.predict_proba(make(frame)), expected, err_msg=name)
        if "order" not in name:  # LightGBM takes levels in their order
            again = kind(**given).fit(make(frame), y)
            if name in ("pandas", "pandas objects", "polars", "pyarrow", "pandas categories"):
                proba = again.predict_proba(make(frame))
                np.testing.assert_array_equal(proba, expected, err_msg=name)


@looped("learner", [HISTOGRAMS, XGBOOST, CalibratedClassifierCV(LIGHTGBM, cv=2)])
def test_other_learners_that_take_categories(learner, table):
    frame, y = table
    model = ensemble.UnderBaggingClassifier(learner, n_estimators=2, oob_score=True, random_state=0)
    expected = model.fit(frame, y).predict_proba(frame)
    assert len(np.unique(expected)) > 4
    polars = CONTAINERS["polars"](frame)
    np.testing.assert_array_equal(model.fit(polars, y).predict_proba(polars), expected)


def test_fitted_on_partitions_and_asked_in_memory(table):
    frame, y = table
    for kind in (ensemble.UnderBaggingClassifier, ensemble.SelfPacedEnsembleClassifier):
        stored = dask.dataframe.from_pandas(frame.assign(label=y), npartitions=3)
        model = kind(LIGHTGBM, n_estimators=2, random_state=0).fit(stored, "label")
        expected = model.predict_proba(stored)
        for name, make in CONTAINERS.items():
            np.testing.assert_array_equal(model.predict_proba(make(frame)), expected, err_msg=name)


def test_fitted_in_memory_and_asked_on_a_file(table, tmp_path):
    frame, y = table
    few = frame[frame["text"] != "x"].iloc[:60]  # a file that lacks a level
    few.to_parquet(tmp_path / "few.parquet", index=False)
    for learner in (LIGHTGBM, XGBOOST):
        model = ensemble.UnderBaggingClassifier(learner, n_estimators=2, random_state=0)
        model.fit(frame, y)
        from_file = model.predict_proba(tmp_path / "few.parquet")
        np.testing.assert_array_equal(from_file, model.predict_proba(few))


def test_a_new_level_is_missing_and_codes_are_refused(table):
    frame, y = table
    model = ensemble.UnderBaggingClassifier(LIGHTGBM, n_estimators=2, random_state=0).fit(frame, y)
    new, missing = frame.assign(text="never seen"), frame.assign(text=[None] * len(frame))
    np.testing.assert_array_equal(model.predict_proba(new), model.predict_proba(missing))
    codes = frame.assign(text=frame["text"].astype("category").cat.codes)
    with pytest.raises(ValueError, match=r"Column 'text' held texts in fit, such as 'x'; X has"):
        model.predict_proba(codes)


def test_learners_that_read_texts_themselves_get_them_as_they_are(table):
    frame, y = table
    encoded = make_pipeline(OneHotEncoder(handle_unknown="ignore"), DecisionTreeClassifier())
    model = ensemble.UnderBaggingClassifier(encoded, n_estimators=2, random_state=0)
    model.fit(frame[["text"]], y)
    assert model.predict_proba(CONTAINERS["pandas"](frame)[["text"]]).shape == (300, 2)
    mixed = ensemble.UnderBaggingClassifier(ensemble.MixedTreesClassifier(), n_estimators=2)
    assert mixed.fit(frame, y).score(frame, y) > 0.5
    for learner in (encoded, DecisionTreeClassifier(), XGBClassifier(enable_categorical=False)):
        assert not takes_categories(learner)
    assert takes_categories(Pipeline([("only", LIGHTGBM)]))


def test_names_of_columns_may_be_numbers(table):
    frame, y = table
    numbered = frame.set_axis([2, 0, 1], axis=1)
    categories = numbered.astype({0: "category"})
    model = ensemble.UnderBaggingClassifier(LIGHTGBM, n_estimators=2, random_state=0)
    expected = model.fit(frame, y).predict_proba(frame)
    for given in (numbered, categories):
        np.testing.assert_array_equal(model.fit(given, y).predict_proba(given), expected)
    np.testing.assert_array_equal(model.predict_proba(numbered), expected)


def test_levels_are_values_and_not_their_texts():
    for kind in (int, float):
        frame = pd.DataFrame({"level": pd.Categorical(np.array([3, 1, 3, 10]).astype(kind))})
        levels = levels_of(frame)
        assert levels["level"].categories.tolist() == [1, 3, 10]
        asked = with_levels(pd.DataFrame({"level": [3.0, np.nan, 10.0]}), levels)
        assert asked["level"].cat.codes.tolist() == [1, -1, 2]
    objects = pd.DataFrame({"level": pd.Series(["1", 1, None, "a"], dtype=object)})
    assert levels_of(objects)["level"].categories.tolist() == [1, "1", "a"]
    numbers = pd.DataFrame({"number": pd.Series([1, 2.5, None], dtype=object)})
    assert levels_of(numbers) == {}
    array = np.zeros((2, 2))
    assert with_levels(array, levels) is array
    assert levels_of(nw.from_native(pl.DataFrame({"a": [1, 2]})).to_native()) == {}
