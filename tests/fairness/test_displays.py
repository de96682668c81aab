"""Figures of audits: what is drawn is what the report says."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from imbalance_kit.datasets import make_biased
from imbalance_kit.fairness import FairnessDisplay, FrontierDisplay, group_report
from imbalance_kit.fairness._audit.frontier_display import not_dominated


@pytest.fixture(autouse=True)
def no_windows():
    before = mpl.get_backend()
    mpl.use("agg")
    yield
    plt.close("all")
    mpl.use(before)


@pytest.fixture
def report():
    group = np.repeat(["a", "b", "c"], [100, 100, 5])
    y = np.tile([0, 1], 103)[:205]
    return group_report(y, np.where(group == "a", y, 0), sensitive_features={"g": group})


def test_points_are_the_rates(report):
    display = report.plot(rates=["true_positive_rate"])
    (points,) = display.points_
    assert points.get_offsets().tolist()[:2] == [[1.0, 0.0], [0.0, 1.0]]
    faces = points.get_facecolors()
    assert len(faces) == 3
    assert faces[2][3] == 0  # the small group is hollow
    labels = [text.get_text() for text in display.axes_[0].get_yticklabels()]
    assert labels == ["g=a", "g=b", "g=c"]


def test_from_an_estimator():
    X, y, _ = make_biased(500, random_state=0)
    columns = X.assign(group=(X["group"] == "b").astype(float))
    model = make_pipeline(LogisticRegression()).fit(columns, y)
    display = FairnessDisplay.from_estimator(model, columns, y, sensitive_features="group")
    assert len(display.axes_) == 4
    beside = FairnessDisplay.from_estimator(
        model, columns, y, sensitive_features=columns["group"], panels=["accuracy"]
    )
    assert beside.report.rates["value"] == display.report.rates["value"]
    _, axes = plt.subplots(1, 2)
    own = FairnessDisplay.from_estimator(
        model,
        columns,
        y,
        sensitive_features=("group",),
        panels=["accuracy", "precision"],
        axes=axes,
    )
    assert own.figure_ is axes[0].figure


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": "h"}, r"by must be one of \['g'\], got 'h'"),
        ({"rates": ["speed"]}, r"The report has no \['speed'\]"),
    ],
)
def test_mistakes_are_explained(report, options, message):
    with pytest.raises(ValueError, match=message):
        report.plot(**options)


def test_axes_are_counted(report):
    with pytest.raises(ValueError, match="axes has 1 entries for 4 rates"):
        report.plot(axes=plt.subplots()[1])


def test_what_cannot_decide_is_refused():
    with pytest.raises(ValueError, match="DataFrame has no predict"):
        FairnessDisplay.from_estimator(pd.DataFrame(), [[1]], [1], sensitive_features=0)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=20))
def test_front_is_that_of_a_slow_search(points):
    points = np.array(points, dtype=float)
    slow = [
        not any(
            q[0] <= p[0] and q[1] >= p[1] and (q[0] < p[0] or q[1] > p[1]) for q in points.tolist()
        )
        for p in points.tolist()
    ]
    assert not_dominated(points).tolist() == slow


def test_frontier_draws_points_and_lines():
    models = {"one": (0.3, 0.9), "poor": (0.4, 0.8), "line": ([0.2, 0.0], [0.85, 0.7])}
    display = FrontierDisplay(models, unfairness="gap").plot()
    assert display.front_ == ["one", "line"]
    assert display.lines_[2].get_xdata().tolist() == [0.0, 0.2]
    assert display.lines_[1].get_markerfacecolor() == "none"
    assert display.ax_.get_xlabel() == "gap"


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ({}, "points is empty"),
        ({"a": (1, 2, 3)}, "must be"),
        ({"a": ([1, 2], [3])}, r"has \(2,\) unfairness and \(1,\) quality"),
        ({"a": (np.nan, 1)}, "not finite"),
    ],
)
def test_points_that_are_none(points, message):
    with pytest.raises(ValueError, match=message):
        FrontierDisplay(points).plot()
