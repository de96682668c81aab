"""Curves over thresholds against slow versions that try every threshold, and their figures."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, roc_curve
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from imbalance_kit.cost import (
    CostCurveDisplay,
    CostMatrix,
    LiftCurveDisplay,
    ProfitCurveDisplay,
    brier_curve,
    cost_curve,
    example_costs,
    expected_cost,
    lift_curve,
    profit_curve,
)

DISPLAYS = [CostCurveDisplay, LiftCurveDisplay, ProfitCurveDisplay]


@pytest.fixture(autouse=True)
def no_windows():
    before = mpl.get_backend()
    mpl.use("agg")
    yield
    plt.close("all")
    mpl.use(before)


@st.composite
def scored(draw):
    """Labels, scores with ties, and weights of which some are 0."""
    rng = np.random.RandomState(draw(st.integers(0, 10_000)))
    n_rows = draw(st.integers(2, 40))
    score = rng.randint(draw(st.integers(1, 40)), size=n_rows) / 40
    y = rng.randint(2, size=n_rows)
    y[:2] = [0, 1]
    weight = rng.choice([0.0, 0.5, 1.0, 3.0], n_rows)
    weight[:2] = 1.0
    return y, score, weight


def alarms_of(score):
    """Decisions at every threshold, none first."""
    return [score >= cut for cut in [np.inf, *np.unique(score)[::-1]]]


# --- cost curves ---------------------------------------------------------------------------------


@given(scored())
def test_cost_curve_is_the_lower_envelope(data):
    y, score, weight = data
    at, cost, thresholds = cost_curve(y, score, sample_weight=weight)
    positive = y == 1
    for x in np.linspace(0, 1, 23):
        costs = []
        for alarm in alarms_of(score):
            missed = np.average(~alarm[positive], weights=weight[positive])
            false = np.average(alarm[~positive], weights=weight[~positive])
            costs.append(missed * x + false * (1 - x))
        assert np.interp(x, at, cost) == pytest.approx(min(costs), abs=1e-12)
        assert min(costs) <= min(x, 1 - x) + 1e-12
    assert (np.diff(at) >= 0).all()
    assert (at[0], at[-1]) == (0, 1)
    assert (np.diff(thresholds) < 0).all()
    assert len(thresholds) == len(at) - 1 == len(cost) - 1


@given(scored())
def test_thresholds_of_the_cost_curve_are_the_cheapest(data):
    y, score, weight = data
    at, cost, thresholds = cost_curve(y, score, sample_weight=weight)
    positive = y == 1
    for left, right, cut in zip(at[:-1], at[1:], thresholds, strict=True):
        x = (left + right) / 2
        alarm = score >= cut
        missed = np.average(~alarm[positive], weights=weight[positive])
        false = np.average(alarm[~positive], weights=weight[~positive])
        assert missed * x + false * (1 - x) == pytest.approx(np.interp(x, at, cost), abs=1e-12)


def test_cost_curve_worked_out_by_hand():
    # two thresholds matter: one finds half of the positives for nothing, one all for half
    at, cost, thresholds = cost_curve([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9])
    assert np.interp([0.25, 0.5, 0.75], at, cost) == pytest.approx([0.125, 0.25, 0.125])
    assert thresholds.tolist() == [np.inf, 0.9, 0.4, 0.1]


def test_perfect_and_useless_scores():
    _, cost, _ = cost_curve([0, 0, 1, 1], [1, 2, 3, 4])
    assert cost.max() == 0
    at, cost, _ = cost_curve([0, 0, 1, 1], [1, 1, 1, 1])
    assert np.interp([0.2, 0.5, 0.9], at, cost) == pytest.approx([0.2, 0.5, 0.1])


def test_cost_at_half_is_that_of_the_roc_curve():
    rng = np.random.RandomState(0)
    y, score = rng.randint(2, size=500), rng.normal(size=500)
    false, found, _ = roc_curve(y, score + y)
    at, cost, _ = cost_curve(y, score + y)
    assert np.interp(0.5, at, cost) == pytest.approx((1 - (found - false).max()) / 2)


@given(scored())
def test_area_below_the_brier_curve_is_the_brier_score(data):
    y, proba, weight = data
    proportion, cost = brier_curve(y, proba, sample_weight=weight)
    area = np.sum(np.diff(proportion) * (cost[1:] + cost[:-1]) / 2)
    assert area == pytest.approx(brier_score_loss(y, proba, sample_weight=weight), abs=1e-12)
    assert (np.diff(proportion) >= 0).all()


@given(scored(), st.floats(0.001, 0.999))
def test_brier_curve_is_the_cost_at_its_word(data, proportion):
    y, proba, weight = data
    if np.isclose(proba, proportion, atol=1e-9).any():
        return  # the curve jumps here
    at, cost = brier_curve(y, proba, sample_weight=weight)
    prices = CostMatrix([[0, 2 * proportion], [2 * (1 - proportion), 0]])
    paid = expected_cost(
        y, (proba >= proportion).astype(int), cost_matrix=prices, sample_weight=weight
    )
    assert np.interp(proportion, at, cost) == pytest.approx(paid, abs=1e-9)


# --- lift ----------------------------------------------------------------------------------------


@given(scored())
def test_lift_curve_counts(data):
    y, score, weight = data
    share, gain, lift, thresholds = lift_curve(y, score, sample_weight=weight)
    used = weight > 0
    slow = alarms_of(score[used])
    assert len(share) == len(slow)
    for number, alarm in enumerate(slow):
        acted = np.average(alarm, weights=weight[used])
        found = np.average(alarm[y[used] == 1], weights=weight[used][y[used] == 1])
        assert (share[number], gain[number]) == pytest.approx((acted, found))
        if number:
            assert lift[number] == pytest.approx(found / acted)
            assert ((score[used] >= thresholds[number]) == alarm).all()
    assert thresholds[0] == np.inf
    assert lift[0] == lift[1]
    assert lift[-1] == pytest.approx(1)


# --- profit --------------------------------------------------------------------------------------


@given(scored(), st.integers(0, 1000), st.sampled_from(["matrix", "by decision", "by truth"]))
def test_profit_curve_is_minus_the_expected_cost(data, seed, kind):
    y, score, weight = data
    rng = np.random.RandomState(seed)
    if kind == "matrix":
        given_costs = {"cost_matrix": CostMatrix(rng.randint(-5, 10, (2, 2)))}
    else:
        shape = (len(y), 2) if kind == "by decision" else (len(y), 2, 2)
        given_costs = {"cost": rng.randint(-5, 10, shape)}
    share, profit, _ = profit_curve(y, score, sample_weight=weight, **given_costs)
    used = weight > 0
    cuts = [np.inf, *np.unique(score[used])[::-1]]
    assert len(profit) == len(cuts)
    for number, cut in enumerate(cuts):
        alarm = (score >= cut).astype(int)
        paid = expected_cost(y, alarm, sample_weight=weight, labels=[0, 1], **given_costs)
        assert profit[number] == pytest.approx(-paid, abs=1e-10)
        assert share[number] == pytest.approx(np.average(alarm, weights=weight))


def test_profit_worked_out_by_hand():
    # a letter costs 1 and brings 10 from one who answers
    mailing = CostMatrix.from_prices(false_positive=1, false_negative=0, true_positive=-9)
    share, profit, thresholds = profit_curve(
        ["no", "yes", "no", "no"], [0.3, 0.6, 0.8, 0.1], cost_matrix=mailing, pos_label="yes"
    )
    assert share.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert (4 * profit).tolist() == [0, -1, 8, 7, 6]
    assert thresholds.tolist() == [np.inf, 0.8, 0.6, 0.3, 0.1]


def test_profit_without_costs_counts_errors():
    _, profit, _ = profit_curve([0, 1, 1], [0.2, 0.1, 0.9])
    assert (3 * profit).round(9).tolist() == [-2, -1, -2, -1]


def test_amounts_by_row():
    amount = np.array([10.0, 1000.0, 20.0, 5.0])
    cost = example_costs(false_positive=3, false_negative=amount)
    _, profit, _ = profit_curve([0, 1, 1, 0], [0.9, 0.8, 0.7, 0.1], cost=cost)
    assert (4 * profit).tolist() == [-1020, -1023, -23, -3, -6]


def test_balanced_costs_are_one_minus_the_balanced_accuracy():
    y, score = np.repeat([0, 1], [30, 10]), np.random.RandomState(0).normal(size=40)
    _, profit, _ = profit_curve(y, score, cost_matrix="balanced")
    assert (profit[0], profit[-1]) == pytest.approx((-0.5, -0.5))


# --- what all of them promise --------------------------------------------------------------------


CURVES = [cost_curve, brier_curve, lift_curve, profit_curve]


@pytest.mark.parametrize("curve", CURVES)
def test_weights_count_as_repetitions(curve):
    rng = np.random.RandomState(0)
    y, score = rng.randint(2, size=60), rng.randint(20, size=60) / 20
    weight = rng.randint(0, 4, 60)
    weighted = curve(y, score, sample_weight=weight)
    repeated = curve(np.repeat(y, weight), np.repeat(score, weight))
    for one, other in zip(weighted, repeated, strict=True):
        assert one == pytest.approx(other)


@pytest.mark.parametrize("curve", CURVES)
def test_order_of_rows_and_container_do_not_matter(curve):
    rng = np.random.RandomState(1)
    y, score = rng.randint(2, size=60), rng.randint(20, size=60) / 20
    order = rng.permutation(60)
    expected = curve(y, score)
    for container in (np.asarray, list, pd.Series, pl.Series):
        other = curve(container(y[order].tolist()), container(score[order].tolist()))
        for one, another in zip(expected, other, strict=True):
            assert one == pytest.approx(another)


@pytest.mark.parametrize("curve", CURVES)
def test_positive_class(curve):
    rng = np.random.RandomState(2)
    y, score = rng.randint(2, size=60), rng.uniform(size=60)
    names = np.where(y == 1, "a", "b")  # the positive class comes first
    for one, other in zip(curve(y, score), curve(names, score, pos_label="a"), strict=True):
        assert one == pytest.approx(other)


def test_positive_class_of_costs():
    # columns and rows of costs are in the order of the classes, whichever is the positive one
    names, score = np.array(["a", "b", "b"]), np.array([0.9, 0.2, 0.1])
    matrix = CostMatrix([[0, 7], [2, 0]], classes=["a", "b"])
    _, profit, _ = profit_curve(names, score, cost_matrix=matrix, pos_label="a")
    assert (3 * profit).round(9).tolist() == [-7, 0, -2, -4]


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize(
    ("y", "score", "options", "words"),
    [
        ([0, 1, 2], [0.1, 0.2, 0.3], {}, "need exactly two classes in y_true; got"),
        ([0, 0], [0.1, 0.2], {}, "need exactly two classes in y_true; got"),
        ([0, 1], [0.1, np.nan], {}, "contains NaN"),
        ([0, 1], [0.1, 0.2, 0.3], {}, "inconsistent numbers of samples"),
        ([0, 1], [0.1, 0.2], {"pos_label": 2}, "There is no class 2; the classes"),
        ([0, 1], [0.1, 0.2], {"sample_weight": [0, 1]}, "Both classes need rows of positive"),
        ([0, 1], [0.1, 0.2], {"sample_weight": [-1, 1]}, "[Nn]egative"),
    ],
)
def test_bad_input(curve, y, score, options, words):
    with pytest.raises(ValueError, match=words):
        curve(y, score, **options)


def test_bad_costs_and_probabilities():
    with pytest.raises(ValueError, match=r"y_proba must lie in \[0, 1\], got values from -1 to 2"):
        brier_curve([0, 1], [-1.0, 2.0])
    with pytest.raises(ValueError, match="not both"):
        profit_curve([0, 1], [0, 1], cost_matrix="balanced", cost=np.ones((2, 2)))
    with pytest.raises(ValueError, match="cost has shape"):
        profit_curve([0, 1], [0, 1], cost=np.ones((3, 2)))


# --- figures -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fitted():
    X, y = make_classification(400, weights=[0.8], random_state=0)
    return LogisticRegression().fit(X, y), X, y


def drawn_by(display):
    """What the line of a display should show."""
    if isinstance(display, CostCurveDisplay):
        return display.x, display.cost
    if isinstance(display, LiftCurveDisplay):
        return display.share, display.gain
    return display.share, display.profit


@pytest.mark.parametrize("cls", DISPLAYS)
def test_estimator_and_predictions_give_one_figure(cls, fitted):
    model, X, y = fitted
    display = cls.from_estimator(model, X, y)
    same = cls.from_predictions(y, model.predict_proba(X)[:, 1])
    for one, other in zip(drawn_by(display), drawn_by(same), strict=True):
        assert one == pytest.approx(other)
    assert display.line_.get_xdata() == pytest.approx(drawn_by(display)[0])
    assert display.line_.get_ydata() == pytest.approx(drawn_by(display)[1])
    assert display.line_.get_label() == "LogisticRegression"
    assert display.pos_label == 1
    assert display.ax_.get_xlabel()
    assert display.ax_.get_ylabel()
    assert display.figure_ is display.ax_.figure
    display.figure_.canvas.draw()


@pytest.mark.parametrize("cls", DISPLAYS)
def test_curves_share_axes_and_the_lines_of_no_classifier(cls, fitted):
    model, X, y = fitted
    first = cls.from_estimator(model, X, y, name="one")
    n_lines = len(first.ax_.get_lines())
    style = {"color": "black"}
    second = cls.from_estimator(model, X, y, name="two", ax=first.ax_, curve_kwargs=style)
    assert second.ax_ is first.ax_
    added = 2 if cls is ProfitCurveDisplay else 1  # the curve, and its best point
    assert len(first.ax_.get_lines()) - n_lines == added
    assert second.line_.get_color() == "black"
    again = second.plot(name="three")
    assert again is second
    assert again.line_.get_label() == "three"


@pytest.mark.parametrize("cls", DISPLAYS)
def test_classifiers_without_probabilities_and_pipelines(cls, fitted):
    _, X, y = fitted
    model = make_pipeline(StandardScaler(), LinearSVC()).fit(X, y)
    display = cls.from_estimator(model, X, y)
    assert display.line_.get_label() == "LinearSVC"
    names = np.where(y == 1, "a", "b")
    model.fit(X, names)
    turned = cls.from_estimator(model, X, names, pos_label="a")
    assert turned.pos_label == "a"
    for one, other in zip(drawn_by(display), drawn_by(turned), strict=True):
        assert one == pytest.approx(other, abs=1e-6)
    with pytest.raises(ValueError, match="has no predict_proba"):
        cls.from_estimator(model, X, names, response_method="predict_proba")


def test_brier_figure(fitted):
    model, X, y = fitted
    display = CostCurveDisplay.from_estimator(model, X, y, kind="brier")
    area = np.sum(np.diff(display.x) * (display.cost[1:] + display.cost[:-1]) / 2)
    assert area == pytest.approx(brier_score_loss(y, model.predict_proba(X)[:, 1]))
    assert display.positive_share == pytest.approx(y.mean())
    svm = LinearSVC().fit(X, y)
    with pytest.raises(ValueError, match="kind='brier' needs probabilities"):
        CostCurveDisplay.from_estimator(svm, X, y, kind="brier")


def test_lift_figure(fitted):
    model, X, y = fitted
    display = LiftCurveDisplay.from_estimator(model, X, y, kind="lift")
    assert display.line_.get_ydata() == pytest.approx(display.lift)
    lines = {line.get_label(): line for line in display.ax_.get_lines()}
    best = lines["no error"]
    assert (
        display.lift <= np.interp(display.share, best.get_xdata(), best.get_ydata()) + 0.01
    ).all()


@pytest.mark.parametrize("over", ["share", "threshold"])
def test_best_point_of_the_profit(fitted, over):
    model, X, y = fitted
    matrix = CostMatrix.from_prices(false_positive=1, false_negative=9)
    display = ProfitCurveDisplay.from_estimator(model, X, y, cost_matrix=matrix, over=over)
    alarm = model.predict_proba(X)[:, 1] >= display.best_threshold
    assert display.best_profit == pytest.approx(-expected_cost(y, alarm * 1, cost_matrix=matrix))
    assert display.best_profit == display.profit.max()
    assert display.best_share == pytest.approx(alarm.mean())
    (x,), (height,) = display.best_.get_data()
    assert height == display.best_profit
    assert x == (display.best_share if over == "share" else display.best_threshold)
    heights = [line.get_ydata()[0] for line in display.ax_.get_lines()[:2]]
    assert heights == pytest.approx([display.profit[0], display.profit[-1]])
    display.figure_.canvas.draw()


def test_acting_on_no_row_may_be_best():
    costly = CostMatrix.from_prices(false_positive=50, false_negative=1)
    for over in ("share", "threshold"):
        display = ProfitCurveDisplay.from_predictions(
            [0, 1, 0, 1], [0.4, 0.3, 0.6, 0.5], cost_matrix=costly, over=over
        )
        assert (display.best_share, display.best_threshold) == (0.0, np.inf)
        assert np.isfinite(display.best_.get_xdata()).all()


def test_prices_in_a_column_of_the_table(fitted):
    _, X, y = fitted
    table = pd.DataFrame(X).assign(amount=np.abs(X[:, 0]) * 100)
    table.columns = table.columns.astype(str)
    model = GaussianNB().fit(table, y)
    matrix = CostMatrix.from_prices(false_positive=5, false_negative="amount")
    display = ProfitCurveDisplay.from_estimator(model, table, y, cost_matrix=matrix)
    cost = example_costs(false_positive=5, false_negative=table["amount"])
    same = ProfitCurveDisplay.from_estimator(model, table, y, cost=cost)
    assert display.profit == pytest.approx(same.profit)


def test_bad_requests(fitted):
    model, X, y = fitted
    with pytest.raises(ValueError, match="kind must be 'envelope' or 'brier', got 'roc'"):
        CostCurveDisplay.from_estimator(model, X, y, kind="roc")
    with pytest.raises(ValueError, match="kind must be 'gain' or 'lift', got 'roc'"):
        LiftCurveDisplay.from_estimator(model, X, y, kind="roc")
    with pytest.raises(ValueError, match="over must be 'share' or 'threshold', got 'cost'"):
        ProfitCurveDisplay.from_estimator(model, X, y, over="cost")
    with pytest.raises(ValueError, match="There is no class 5; the classes are"):
        LiftCurveDisplay.from_estimator(model, X, y, pos_label=5)
    with pytest.raises(ValueError, match="response_method must be"):
        LiftCurveDisplay.from_estimator(model, X, y, response_method="predict")
    three = LogisticRegression().fit(X, np.arange(len(y)) % 3)
    with pytest.raises(ValueError, match="need a classifier for two classes"):
        LiftCurveDisplay.from_estimator(three, X, y)
