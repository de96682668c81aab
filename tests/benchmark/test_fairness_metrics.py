"""Fairness in the benchmark: metrics against fairlearn, and from a table to the report."""

import warnings

import fairlearn.metrics as oracle
import numpy as np
import pandas as pd
import pytest
from made_scores import made_scores
from rich.console import Console
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.pipeline import make_pipeline

from imbalance_kit.benchmark import run, scores
from imbalance_kit.benchmark._methods.sensitive_columns import GroupedClassifier
from imbalance_kit.benchmark._metrics.group_metrics import (
    GROUP_METRICS,
    SMALLEST_GROUP,
    measure_fairness,
)
from imbalance_kit.benchmark._metrics.stored_predictions import Predictions
from imbalance_kit.benchmark._report.page import render
from imbalance_kit.compose import WeightedClassifier
from imbalance_kit.datasets import load_folder, make_biased
from imbalance_kit.fairness import Reweighing


@pytest.fixture(scope="module")
def predicted():
    rng = np.random.RandomState(0)
    y = (rng.uniform(size=2000) < 0.3).astype(int)
    group = rng.randint(3, size=2000)
    positive = np.clip(0.4 * y + 0.1 * group + 0.5 * rng.uniform(size=2000), 0, 1).round(2)
    return y, np.column_stack([1 - positive, positive]), (positive > 0.55).astype(int), group


def test_metrics_are_those_of_fairlearn(predicted):
    y, proba, decision, group = predicted
    values = measure_fairness(Predictions(y, proba, decision, [group]))
    sensitive = {"sensitive_features": group}
    for name in [
        f"{notion}_{form}"
        for notion in ("demographic_parity", "equalized_odds")
        for form in ("difference", "ratio")
    ]:
        assert values[name] == pytest.approx(getattr(oracle, name)(y, decision, **sensitive)), name
    assert values["equal_opportunity_difference"] == pytest.approx(
        oracle.equal_opportunity_difference(y, decision, **sensitive)
    )
    worst = min(average_precision_score(y[group == g], proba[group == g, 1]) for g in range(3))
    assert values["worst_group_auprc"] == pytest.approx(worst)


def test_the_worst_column_counts(predicted):
    y, proba, decision, group = predicted
    alone = [measure_fairness(Predictions(y, proba, decision, [groups])) for groups in (group, y)]
    both = measure_fairness(Predictions(y, proba, decision, [group, y]))
    for name in GROUP_METRICS:
        worst = np.nanmax if name.endswith("difference") else np.nanmin
        assert both[name] == worst([own[name] for own in alone])


def test_small_groups_are_left_out(predicted):
    y, proba, decision, group = predicted
    few = group.copy()
    few[: SMALLEST_GROUP - 1] = 3
    kept = slice(SMALLEST_GROUP - 1, None)
    with_few = measure_fairness(Predictions(y, proba, decision, [few]))
    without = measure_fairness(Predictions(y[kept], proba[kept], decision[kept], [group[kept]]))
    assert with_few == pytest.approx(without)


def test_nothing_to_measure_is_unknown(predicted):
    y, proba, decision, group = predicted
    three = np.column_stack([proba, np.zeros(len(y))])
    for values in (
        measure_fairness(Predictions(y, proba, decision)),
        measure_fairness(Predictions(y, three, decision, [group])),
        measure_fairness(Predictions(y, proba, decision, [np.zeros(len(y), dtype=int)])),
    ):
        assert np.isnan(list(values.values())).all()


def test_methods_are_told_the_sensitive_columns():
    X, y, _ = make_biased(300, random_state=0)
    frame = X.drop(columns="group").assign(sensitive0=(X["group"] == "b").astype(float))
    model = make_pipeline(WeightedClassifier(LogisticRegression(), Reweighing()))
    told = GroupedClassifier(model).fit(frame, y).estimator_[-1]
    assert told.weigher_.sensitive_features == ["sensitive0"]
    assert told.weigher_.groups_ == (0, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # the benchmark has tables without groups
        alone = GroupedClassifier(model).fit(frame[["merit", "proxy"]], y)
    assert alone.estimator_[-1].weigher_.groups_ == ("all rows",)
    assert alone.predict(frame[["merit", "proxy"]]).shape == (300,)
    assert alone.predict_proba(frame[["merit", "proxy"]]).shape == (300, 2)


def test_from_a_folder_to_the_report(tmp_path):
    X, y, _ = make_biased(1500, random_state=0)
    (tmp_path / "data").mkdir()
    X.assign(target=y).to_csv(tmp_path / "data" / "biased.csv", index=False)
    (record,) = load_folder(tmp_path / "data", sensitive=["group", "sex"])
    assert record.sensitive == ("group",)
    done = run(
        data_dir=tmp_path / "data",
        sensitive=["group"],
        methods="none,threshold",
        learners="tree",
        jobs=1,
        output=tmp_path / "results",
        console=Console(quiet=True),
    )
    table = scores(done.folder)
    assert table[list(GROUP_METRICS)].notna().all().all()
    html = done.report.read_text(encoding="utf-8")
    assert "Who bears the errors" in html
    assert 'id="fairness"' in html
    assert "1 data set with sensitive columns" in " ".join(html.split())


@pytest.mark.exhaustive
def test_no_sensitive_columns_no_section():
    table = made_scores(6)
    assert 'id="fairness"' not in render(table, {})
    blank = table.assign(**dict.fromkeys(GROUP_METRICS, np.nan))
    assert 'id="fairness"' not in render(blank, {})


@pytest.mark.exhaustive
def test_the_front_of_the_report_is_that_of_the_scores():
    table = made_scores(6)
    rng = np.random.RandomState(0)
    for name in GROUP_METRICS:
        table[name] = rng.uniform(size=len(table))
    html = render(table, {})
    assert "AUPRC</th><th" in html
    told = table[table["status"] == "ok"].assign(pair=table["method"] + " / " + table["learner"])
    wanted = ["equalized_odds_difference", "balanced_accuracy"]
    by_set = told.groupby(["source", "dataset", "pair"])[wanted].mean()
    means = by_set.groupby(["source", "pair"]).mean().groupby("pair").mean()
    front = [
        pair
        for pair, (gap, quality) in means.iterrows()
        if not (
            (means[wanted[0]] <= gap)
            & (means[wanted[1]] >= quality)
            & ((means[wanted[0]] < gap) | (means[wanted[1]] > quality))
        ).any()
    ]
    part = html[html.index('id="fairness"') :]
    listed = part[part.index("front-list") : part.index("</ol>")]
    assert all(pd.Series(front).map(lambda pair: f"<li>{pair} " in listed))
    assert listed.count("<li>") == len(front)
