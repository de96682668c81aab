"""What is exported can be read by those it is for."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from made_scores import made_scores

from imbalance_kit.benchmark._analysis.export import export, export_bencheval
from imbalance_kit.benchmark._analysis.ratings import win_rates
from imbalance_kit.benchmark._analysis.statistics import fill_failures
from imbalance_kit.benchmark._metrics.metric import constant_prior_scores
from imbalance_kit.benchmark._results.store import CELL_SCHEMA, ResultsFolder

SMOTE_FAILS = (3, "SMOTE", "tree", "timeout", "time limit of 60 s passed")
TREES = [("none", "tree"), ("SMOTE", "tree"), ("threshold", "tree")]


def two_repeats(scores):
    return pd.concat([scores, scores.assign(repeat=1, auprc=scores["auprc"] * 0.9)])


@pytest.mark.parametrize("metric", ["auprc", "mcc_tuned", "brier", "calibration_error"])
def test_bencheval_takes_the_rows_as_they_are(metric):
    evaluator = pytest.importorskip("bencheval.evaluator", reason="bencheval is not installed")
    scores = two_repeats(made_scores(6, n_sources=6, failures=[SMOTE_FAILS]))
    rows = export_bencheval(scores, metric)
    board = evaluator.BenchmarkEvaluator(seed_column="seed").leaderboard(rows, include_elo=False)
    assert set(board.index) == set(rows["method"])
    assert board["rank"].notna().all()


def test_bencheval_counts_the_wins_that_we_count():
    evaluator = pytest.importorskip("bencheval.evaluator", reason="bencheval is not installed")
    scores = made_scores(12, n_sources=12)  # one split each, so that splits and means agree
    rows = export_bencheval(scores)
    board = evaluator.BenchmarkEvaluator(seed_column="seed").leaderboard(rows, include_elo=False)
    ours = win_rates(fill_failures(scores)).rates.mean(axis=1)
    np.testing.assert_allclose(board["winrate"], ours.reindex(board.index), atol=1e-6)


def test_rows_hold_errors_and_times():
    scores = two_repeats(made_scores(4, n_sources=4, pairs=TREES))
    rows = export_bencheval(scores)
    assert len(rows) == len(scores)
    assert not rows.duplicated(["method", "task", "seed"]).any()
    assert sorted(rows["seed"].unique()) == [0, 1]
    cell = scores[(scores["dataset"] == "data set 02") & (scores["method"] == "SMOTE")].iloc[1]
    row = rows[
        rows["task"].eq("data set 02") & rows["method"].eq("SMOTE / tree") & rows["seed"].eq(1)
    ].iloc[0]
    assert row["metric_error"] == 1 - cell["auprc"]
    assert (row["time_train_s"], row["time_infer_s"]) == (
        cell["fit_seconds"],
        cell["predict_seconds"],
    )
    assert not rows["imputed"].any()


def test_less_is_already_an_error():
    scores = made_scores(3, pairs=TREES)
    rows = export_bencheval(scores, "brier")
    assert sorted(rows["metric_error"]) == sorted(scores["brier"])


def test_failures_are_imputed_and_marked():
    scores = made_scores(5, pairs=TREES, failures=[SMOTE_FAILS])
    scores["total_seconds"] = np.where(scores["status"].eq("timeout"), 60.0, 0.1)
    lost = export_bencheval(scores).query("imputed").iloc[0]
    prior = fill_failures(scores).query("failed")["prior"].iloc[0]
    expected = constant_prior_scores([float(share) for share in prior.strip("[]").split(",")])
    assert lost["metric_error"] == pytest.approx(1 - expected["auprc"])
    assert lost["time_train_s"] == 60.0
    assert lost["time_infer_s"] == 0.0
    # a constant has no calibration error to take: the worst of the split stands in
    rows = export_bencheval(scores, "calibration_error")
    on_split = rows[rows["task"] == lost["task"]]
    assert (
        on_split.loc[on_split["imputed"], "metric_error"].item() == on_split["metric_error"].max()
    )


def test_splits_that_some_pair_never_saw_are_left_out():
    scores = two_repeats(made_scores(4, pairs=TREES))
    unseen = scores["dataset"].eq("data set 01") & scores["repeat"].eq(1)
    rows = export_bencheval(scores[~(unseen & scores["method"].eq("SMOTE"))])
    assert rows.groupby(["task", "seed"]).size().eq(3).all()
    assert len(rows) == 7 * 3


def test_an_unknown_metric_is_named():
    with pytest.raises(ValueError, match="'accuracy'"):
        export_bencheval(made_scores(2, pairs=TREES), "accuracy")


@pytest.mark.parametrize(
    ("name", "read"), [("rows.csv", pd.read_csv), ("rows.parquet", pd.read_parquet)]
)
def test_files_come_back_as_they_went(tmp_path, name, read):
    rows = export_bencheval(made_scores(3, pairs=TREES))
    target = export(rows, tmp_path / name)
    pd.testing.assert_frame_equal(read(target), rows, check_dtype=False)
    export(rows.head(2), target)  # over a file that is there
    assert len(read(target)) == 2
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("name", "words"), [("rows.xlsx", "one of these endings"), ("nowhere/rows.csv", "no folder")]
)
def test_places_that_cannot_be_written_are_named(tmp_path, name, words):
    with pytest.raises(ValueError, match=words):
        export(pd.DataFrame({"a": [1]}), tmp_path / name)


@pytest.fixture
def folder(tmp_path):
    """A results folder with some cells in it."""
    store = ResultsFolder(tmp_path / "results")
    store.create()
    for cell in made_scores(3, pairs=TREES).to_dict("records"):
        store.save({name: cell[name] for name in cell if name in CELL_SCHEMA.names}, None)
    return tmp_path / "results"


def test_the_folder_of_cells_is_a_data_set_for_pandas(folder):
    cells = pd.read_parquet(folder / "cells")
    assert list(cells.columns) == CELL_SCHEMA.names
    assert len(cells) == 9
    assert cells["n_rows"].dtype == "int64"


def test_the_folder_of_cells_is_a_data_set_for_polars(folder):
    cells = pl.read_parquet(folder / "cells" / "*.parquet")
    assert cells.columns == CELL_SCHEMA.names
    assert cells.group_by("method").len().get_column("len").to_list() == [3, 3, 3]


def test_the_folder_of_cells_is_a_data_set_for_duckdb(folder):
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is not installed")
    query = f"SELECT method, count(*) FROM '{folder}/cells/*.parquet' GROUP BY 1 ORDER BY 1"
    assert duckdb.sql(query).fetchall() == [("SMOTE", 3), ("none", 3), ("threshold", 3)]
