"""Scores of a results folder, against scikit-learn's metrics on the stored predictions."""

import shutil

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import MadeDataset
from rich.console import Console
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    log_loss,
    roc_auc_score,
)

from imbalance_kit.benchmark import export, run, scores, write_report
from imbalance_kit.benchmark._metrics.metric import METRICS, measure_predictions
from imbalance_kit.benchmark._metrics.stored_predictions import Predictions, rank_quality


@given(n_rows=st.integers(2, 80), n_levels=st.integers(1, 60), seed=st.integers(0, 1000))
def test_rank_quality_is_that_of_scikit_learn(n_rows, n_levels, seed):
    rng = np.random.RandomState(seed)
    event = (rng.uniform(size=n_rows) < 0.3).astype(float)
    event[:2] = [0.0, 1.0]
    score = rng.randint(n_levels, size=n_rows) / n_levels
    expected = (average_precision_score(event, score), roc_auc_score(event, score))
    assert rank_quality(event, score) == pytest.approx(expected)


def test_two_classes():
    rng = np.random.RandomState(0)
    y = (rng.uniform(size=200) < 0.2).astype(int)
    positive = np.clip(0.2 * rng.normal(size=200) + 0.3 * y + 0.3, 0.0, 1.0)
    proba = np.column_stack([1 - positive, positive])
    decision = (positive > 0.4).astype(int)
    values = measure_predictions(Predictions(y, proba, decision))
    expected = {
        "auprc": average_precision_score(y, positive),
        "auroc": roc_auc_score(y, positive),
        "balanced_accuracy": balanced_accuracy_score(y, decision),
        "brier": brier_score_loss(y, positive),
        "log_loss": log_loss(y, np.clip(proba, 1e-15, 1)),
    }
    assert {name: values[name] for name in expected} == pytest.approx(expected)


def test_more_classes():
    rng = np.random.RandomState(0)
    y = rng.choice(4, size=300, p=[0.5, 0.3, 0.15, 0.05])
    proba = rng.dirichlet(np.ones(4), size=300)
    proba[np.arange(300), y] += 0.3
    proba /= proba.sum(axis=1, keepdims=True)
    values = measure_predictions(Predictions(y, proba, proba.argmax(axis=1)))
    events = np.eye(4)[y]
    expected = {
        "auprc": average_precision_score(events, proba, average="macro"),
        "auroc": roc_auc_score(y, proba, multi_class="ovr", average="macro"),
        "balanced_accuracy": balanced_accuracy_score(y, proba.argmax(axis=1)),
        "brier": ((proba - events) ** 2).sum(axis=1).mean(),
        "log_loss": log_loss(y, proba),
    }
    assert {name: values[name] for name in expected} == pytest.approx(expected)


@pytest.mark.filterwarnings("error")
def test_class_without_a_test_row_is_left_out():
    y = np.array([0, 0, 1, 1, 0, 1])
    proba = np.random.RandomState(0).dirichlet(np.ones(3), size=6)
    values = measure_predictions(Predictions(y, proba, np.array([0, 0, 1, 1, 0, 1])))
    assert values["auprc"] == pytest.approx(
        np.mean([average_precision_score(y == code, proba[:, code]) for code in (0, 1)])
    )
    for name in ("macro_f1", "balanced_accuracy", "g_mean", "mcc"):
        assert values[name] == pytest.approx(1.0)


def test_one_class_only_has_no_ranking_but_is_no_error():
    values = measure_predictions(
        Predictions(np.zeros(4, dtype=int), np.tile([0.9, 0.1], (4, 1)), np.zeros(4, dtype=int))
    )
    assert np.isnan(values["auprc"])
    assert np.isnan(values["auroc"])
    assert values["brier"] == pytest.approx(0.01)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("results")
    run(
        datasets=[
            MadeDataset("two"),
            MadeDataset("three", n_rows=200, n_classes=3),
            MadeDataset("gone", broken=True),
        ],
        methods="none,threshold",
        learners="tree,lightgbm",
        jobs=1,
        output=path,
        report=False,
        console=Console(quiet=True),
    )
    return path


def test_one_row_per_cell_with_every_metric(folder):
    table = scores(folder)
    assert len(table) == 12
    assert set(METRICS) < set(table.columns)
    ok = table["status"] == "ok"
    assert ok.sum() == 8
    assert set(table.loc[~ok, "dataset"]) == {"gone"}
    assert set(table.loc[~ok, "reason"]) == {"OSError: the file is gone"}
    assert table.loc[ok, list(METRICS)].notna().all().all()
    assert table.loc[~ok, list(METRICS)].isna().all().all()
    bounded = table.loc[ok, [name for name in METRICS if name not in ("mcc", "log_loss")]]
    assert bounded.drop(columns="mcc_tuned").stack().between(0, 2).all()


def test_tuned_threshold_changes_decisions_alone(folder):
    table = scores(folder).query("status == 'ok'").set_index(["dataset", "learner"])
    by_method = {name: rows.sort_index() for name, rows in table.groupby("method")}
    same = ["auprc", "auroc", "brier", "log_loss", "calibration_error", "balanced_accuracy_tuned"]
    pd.testing.assert_frame_equal(by_method["none"][same], by_method["threshold"][same])


def test_scores_follow_the_files(folder, tmp_path):
    assert scores(tmp_path / "nothing there").empty


@pytest.mark.exhaustive
def test_a_published_table_stands_for_the_folder_it_came_from(tmp_path):
    folder, published = tmp_path / "run", tmp_path / "published"
    published.mkdir()
    run(
        datasets=[MadeDataset("made")],
        methods="none,SMOTE",
        learners="tree",
        jobs=1,
        output=folder,
        console=Console(quiet=True),
    )
    export(scores(folder), published / "scores.parquet")
    shutil.copy(folder / "run.json", published)
    pd.testing.assert_frame_equal(scores(published), scores(folder), check_dtype=False)
    assert write_report(published).read_bytes() == (folder / "report.html").read_bytes()
