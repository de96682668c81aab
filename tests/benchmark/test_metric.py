"""A metric is one record: who adds it finds it everywhere."""

import json
import re

import numpy as np
import pytest
from made_runs import MadeDataset
from made_scores import made_scores

from imbalance_kit.benchmark import export_bencheval, leaderboard
from imbalance_kit.benchmark._analysis.bayesian_test import bayes_compare
from imbalance_kit.benchmark._analysis.scores import scores
from imbalance_kit.benchmark._analysis.statistics import fill_failures, same_learner_references
from imbalance_kit.benchmark._methods.registry import select_pairs
from imbalance_kit.benchmark._methods.search_settings import Search
from imbalance_kit.benchmark._metrics.metric import CALIBRATION, METRICS, OWN, TUNED, Metric
from imbalance_kit.benchmark._report.page import render
from imbalance_kit.benchmark._results.store import ResultsFolder
from imbalance_kit.benchmark._run.cell import Cell, Protocol
from imbalance_kit.benchmark._run.cell_work import run_cell
from imbalance_kit.benchmark._run.failed_cell import Failure, failed_row
from imbalance_kit.benchmark._run.table import load_table


def absolute_error(predictions):
    return np.abs(predictions.proba - predictions.events).mean()


def rare_recall(matrices):
    return matrices[..., -1, -1] / np.maximum(matrices[..., -1, :].sum(-1), 1)


ADDED = [
    Metric(
        "absolute_error",
        "Abs. error",
        "mean absolute error of the probabilities",
        CALIBRATION,
        higher_is_better=False,
        of_predictions=absolute_error,
        of_constant=lambda shares: 0.75,
        rope=0.125,
    ),
    Metric(
        "rare_recall",
        "Recall",
        "recall of the rarest class",
        OWN,
        of_confusion=rare_recall,
        of_constant=lambda shares: 0.0,
    ),
    Metric(
        "rare_recall_tuned",
        "Recall",
        "recall of the rarest class at the tuned threshold",
        TUNED,
        of_confusion=rare_recall,
        of_constant=lambda shares: 0.0,
        tuned=True,
    ),
]


@pytest.fixture
def added(monkeypatch):
    for metric in ADDED:
        monkeypatch.setitem(METRICS, metric.name, metric)


def test_an_added_metric_is_found_everywhere(added, tmp_path):
    dataset, store = MadeDataset("made"), ResultsFolder(tmp_path)
    store.create()
    table = load_table(dataset)
    # aimed at by the search, and computed from what is stored
    protocol = Protocol(search=Search(trials=2, metric="absolute_error"))
    for method, learner in select_pairs("none,SMOTE", "tree"):
        cell = Cell(dataset, method, learner, protocol=protocol)
        row, predictions = run_cell(cell, table)
        assert row["n_trials"] == 2
        store.save({**cell.row(), **row, "total_seconds": 1.0}, predictions)
    lost = Cell(dataset, *select_pairs("ADASYN", "tree")[0], protocol=protocol)
    store.save(
        failed_row(lost.row(), Failure("error", "lost"), seconds=1.0, peak_memory_mb=None), None
    )
    measured = scores(tmp_path)
    ok = measured["status"] == "ok"
    for name in ("absolute_error", "rare_recall", "rare_recall_tuned"):
        assert measured.loc[ok, name].between(0, 1).all()
        assert measured.loc[~ok, name].isna().all()

    board = leaderboard(measured)
    assert board.loc["ADASYN / tree", "absolute_error"] == 0.75
    assert board.loc["ADASYN / tree", "rare_recall"] == 0.0
    html = render(measured, {})
    for words in ("Abs. error</", "recall of the rarest class; higher is better", "Abs. error"):
        assert words in html
    page = json.loads(re.search(r'id="run-data">(.*?)</script>', html, re.DOTALL)[1])
    assert page["metrics"]["absolute_error"]["higher"] is False
    labels = {column["key"]: column["full_label"] for column in page["columns"]}
    assert labels["rare_recall"] == "Recall, own"
    assert labels["rare_recall_tuned"] == "Recall, tuned"


def test_statistics_and_exports_read_the_record(added):
    cells = made_scores(8).assign(absolute_error=lambda table: 1 - table["auprc"])
    filled = fill_failures(cells)
    compared = [
        bayes_compare(filled, metric, same_learner_references(filled), rope=0.125)
        for metric in ("auprc", "absolute_error")
    ]
    assert compared[0]["better"].tolist() == pytest.approx(compared[1]["better"].tolist())
    by_record = bayes_compare(filled, "absolute_error", same_learner_references(filled))
    assert (by_record["rope"] == 0.125).all()
    errors = [
        export_bencheval(cells, metric)["metric_error"].tolist()
        for metric in ("auprc", "absolute_error")
    ]
    assert errors[0] == pytest.approx(errors[1])


def test_a_record_without_a_way_to_compute_it_is_refused():
    with pytest.raises(ValueError, match="give of_predictions or of_confusion"):
        Metric("nothing", "Nothing", "nothing", OWN)
    with pytest.raises(ValueError, match="only a metric of decisions can be tuned"):
        Metric("x", "X", "x", TUNED, of_predictions=absolute_error, tuned=True)
