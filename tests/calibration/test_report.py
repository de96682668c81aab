"""CalibrationReport: numbers against formulas written out, words, figures, bad input."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy.special import expit, logit
from scipy.stats import binomtest
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import brier_score_loss, log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbalance_kit.calibration import CalibrationReport
from imbalance_kit.calibration._reliability import (
    brier_parts,
    calibration_line,
    share_interval,
    spiegelhalter_test,
)
from imbalance_kit.metrics import expected_calibration_error

# A value this many standard errors off occurs by chance in fewer than 1 of 10 million draws.
FAR = 5.4


@pytest.fixture(autouse=True)
def no_windows():
    before = mpl.get_backend()
    mpl.use("agg")
    yield
    plt.close("all")
    mpl.use(before)


def drawn(seed, n_rows=400, slope=1.0, intercept=0.0, centre=-2.0):
    """Probabilities, and events whose log odds are a line of theirs."""
    rng = np.random.RandomState(seed)
    odds = rng.normal(centre, 1.5, n_rows)
    y = (rng.uniform(size=n_rows) < expit(intercept + slope * odds)).astype(int)
    y[:2] = [0, 1]
    return y, expit(odds)


def drawn_classes(seed, n_rows=500, n_classes=3):
    rng = np.random.RandomState(seed)
    proba = rng.dirichlet(np.arange(1, n_classes + 1), n_rows)
    y = (rng.uniform(size=(n_rows, 1)) > proba.cumsum(axis=1)).sum(axis=1)
    return np.minimum(y, n_classes - 1), proba


def only(report):
    (own,) = report.by_class.values()
    return own


def numbers(own):
    row = own.as_row()
    return {name: value for name, value in row.items() if isinstance(value, float)}


# --- the Brier score and its parts ---------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["quantile", "uniform"])
@pytest.mark.parametrize("n_bins", [1, 7, 50])
@pytest.mark.parametrize("seed", range(4))
def test_parts_add_up_to_the_brier_score(seed, n_bins, strategy):
    y, proba = drawn(seed, n_rows=173)
    weight = np.random.RandomState(seed).uniform(0.1, 3, len(y))
    own = only(
        CalibrationReport.from_predictions(
            y, proba, sample_weight=weight, n_bins=n_bins, strategy=strategy
        )
    )
    parts = own.brier
    total = parts.reliability - parts.resolution + parts.uncertainty
    total += parts.within_variance - parts.within_covariance
    assert parts.score == pytest.approx(total, abs=1e-14)
    assert parts.score == pytest.approx(brier_score_loss(y, proba, sample_weight=weight))


def test_parts_are_those_of_the_formulas():
    y, proba = drawn(0, n_rows=60)
    bins = np.arange(60) % 4
    own = brier_parts(y.astype(float), proba, np.ones(60), bins)
    share = y.mean()
    reliability = resolution = variance = covariance = 0.0
    for number in range(4):
        inside = bins == number
        p, o = proba[inside].mean(), y[inside].mean()
        reliability += inside.sum() * (p - o) ** 2 / 60
        resolution += inside.sum() * (o - share) ** 2 / 60
        for row in np.flatnonzero(inside):
            variance += (proba[row] - p) ** 2 / 60
            covariance += 2 * (y[row] - o) * (proba[row] - p) / 60
    assert own.reliability == pytest.approx(reliability)
    assert own.resolution == pytest.approx(resolution)
    assert own.uncertainty == pytest.approx(share * (1 - share))
    assert own.within_variance == pytest.approx(variance)
    assert own.within_covariance == pytest.approx(covariance)


def test_parts_worked_out_by_hand():
    own = only(CalibrationReport.from_predictions([0, 1], [0.25, 0.75], n_bins=1)).brier
    assert own.score == pytest.approx(1 / 16)
    assert (own.reliability, own.resolution, own.uncertainty) == pytest.approx((0, 0, 1 / 4))
    assert (own.within_variance, own.within_covariance) == pytest.approx((1 / 16, 1 / 4))


def test_bins_of_one_probability_leave_nothing_within():
    y, proba = drawn(1)
    proba = np.clip(np.round(proba, 1), 0.1, None)
    own = only(CalibrationReport.from_predictions(y, proba, n_bins=10, strategy="uniform")).brier
    assert own.within_variance == pytest.approx(0, abs=1e-15)
    assert own.within_covariance == pytest.approx(0, abs=1e-15)


# --- intercept and slope -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_line_is_that_of_a_logistic_regression(seed):
    y, proba = drawn(seed, n_rows=300 + 400 * seed, slope=0.3 + 0.4 * seed, intercept=seed - 2)
    weight = np.random.RandomState(seed).randint(1, 4, len(y)).astype(float)
    line = calibration_line(y.astype(float), proba, weight)
    odds = logit(proba)[:, np.newaxis]
    model = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10, max_iter=500)
    model.fit(odds, y, sample_weight=weight)
    assert line.slope == pytest.approx(model.coef_[0, 0], rel=1e-5)
    assert line.intercept == pytest.approx(model.intercept_[0], rel=1e-5, abs=1e-6)
    shifted = expit(odds[:, 0] + line.offset)
    assert weight @ shifted == pytest.approx(weight @ y, rel=1e-9)


def test_standard_errors_are_those_of_the_curvature():
    y, proba = drawn(3, n_rows=500)
    odds = logit(proba)
    line = calibration_line(y.astype(float), proba, np.ones(500))

    def likelihood(intercept, slope):
        raw = intercept + slope * odds
        return np.sum(y * raw - np.log1p(np.exp(raw)))

    at, step = np.array([line.intercept, line.slope]), 1e-4
    curvature = np.empty((2, 2))
    for i, j in np.ndindex(2, 2):
        moves = np.eye(2) * step
        curvature[i, j] = (
            likelihood(*(at + moves[i] + moves[j]))
            - likelihood(*(at + moves[i] - moves[j]))
            - likelihood(*(at - moves[i] + moves[j]))
            + likelihood(*(at - moves[i] - moves[j]))
        ) / (4 * step**2)
    errors = np.sqrt(np.diag(np.linalg.inv(-curvature)))
    assert (line.intercept_error, line.slope_error) == pytest.approx(errors, rel=1e-4)
    alone = (
        likelihood(line.offset + step, 1)
        - 2 * likelihood(line.offset, 1)
        + likelihood(line.offset - step, 1)
    ) / step**2
    assert line.offset_error == pytest.approx(1 / np.sqrt(-alone), rel=1e-4)


def test_slope_worked_out_by_hand():
    # at odds of log(1/4) and log(4) the observed shares are .4 and .6
    proba = np.repeat([0.2, 0.8], 10)
    y = np.array([1] * 4 + [0] * 6 + [1] * 6 + [0] * 4)
    own = only(CalibrationReport.from_predictions(y, proba))
    assert own.slope == pytest.approx(np.log(1.5) / np.log(4))
    assert own.slope_intercept == pytest.approx(0, abs=1e-9)
    assert own.intercept == pytest.approx(0, abs=1e-9)


def test_known_line_is_recovered():
    """Fails by chance less than once in ten million runs for each of two numbers."""
    y, proba = drawn(0, n_rows=40_000, slope=0.6, intercept=1.0)
    line = calibration_line(y.astype(float), proba, np.ones(len(y)))
    assert abs(line.slope - 0.6) < FAR * line.slope_error
    assert abs(line.intercept - 1.0) < FAR * line.intercept_error


@pytest.mark.parametrize(
    ("proba", "slope"),
    [
        ([0.1, 0.2, 0.7, 0.9], np.inf),
        ([0.1, 0.5, 0.5, 0.9], np.inf),  # a tie in the middle does not make it finite
        ([0.9, 0.7, 0.2, 0.1], -np.inf),
        ([0.3, 0.3, 0.3, 0.3], np.nan),
    ],
)
def test_slopes_that_have_no_estimate(proba, slope):
    own = only(CalibrationReport.from_predictions([0, 0, 1, 1], proba))
    assert own.slope == pytest.approx(slope, nan_ok=True)
    assert np.isfinite(own.intercept)
    assert np.isnan(own.slope_low)


@pytest.mark.parametrize("seed", range(5))
def test_line_of_extreme_probabilities(seed):
    rng = np.random.RandomState(seed)
    proba = rng.choice([0.0, 1e-9, 1e-4, 0.5, 1 - 1e-9, 1.0], 200)
    y = rng.randint(2, size=200)
    own = only(CalibrationReport.from_predictions(y, proba))
    assert np.isfinite([own.slope, own.intercept, own.log_loss]).all()
    assert own.n_clipped == np.isin(proba, [0.0, 1e-9, 1 - 1e-9, 1.0]).sum()


def test_only_one_class_present():
    report = CalibrationReport.from_predictions([0, 0, 0], [0.1, 0.2, 0.3], labels=[0, 1])
    own = only(report)
    assert np.isnan([own.slope, own.intercept]).all()
    assert own.ratio == np.inf
    assert "too few rows of the class (0)" in own.verdict
    assert str(report)


# --- intervals and tests -------------------------------------------------------------------------


@pytest.mark.parametrize(("events", "rows"), [(0, 7), (1, 400), (13, 26), (7, 7), (390, 1000)])
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_intervals_are_clopper_and_pearsons(events, rows, confidence):
    low, high = share_interval(np.array([events]), np.array([rows]), confidence)
    exact = binomtest(events, rows).proportion_ci(confidence, method="exact")
    assert (low[0], high[0]) == pytest.approx((exact.low, exact.high), rel=1e-8, abs=1e-12)


def test_spiegelhalters_test_is_the_formula():
    y, proba = drawn(5, n_rows=80)
    above = sum((o - p) * (1 - 2 * p) for o, p in zip(y, proba, strict=True))
    below = sum((1 - 2 * p) ** 2 * p * (1 - p) for p in proba)
    z, p_value = spiegelhalter_test(y.astype(float), proba, np.ones(80))
    assert z == pytest.approx(above / np.sqrt(below))
    assert 0 < p_value < 1


def test_true_probabilities_are_not_found_out():
    """Each of three numbers is off by chance less than once in ten million runs."""
    rng = np.random.RandomState(0)
    proba = rng.beta(0.5, 10, size=50_000)
    y = rng.uniform(size=len(proba)) < proba
    own = only(CalibrationReport.from_predictions(y, proba))
    assert abs(own.z) < FAR
    error = (own.slope_high - own.slope_low) / (2 * 1.96)
    assert abs(own.slope - 1) < FAR * error
    assert abs(own.intercept) < FAR * (own.intercept_high - own.intercept_low) / (2 * 1.96)


# --- scores --------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["quantile", "uniform"])
@pytest.mark.parametrize("weighted", [False, True])
def test_scores_of_two_classes(strategy, weighted):
    y, proba = drawn(2)
    weight = np.random.RandomState(0).uniform(0.5, 2, len(y)) if weighted else None
    report = CalibrationReport.from_predictions(y, proba, sample_weight=weight, strategy=strategy)
    assert report.brier_score == pytest.approx(brier_score_loss(y, proba, sample_weight=weight))
    assert report.log_loss == pytest.approx(log_loss(y, proba, sample_weight=weight))
    error = expected_calibration_error(y, proba, strategy=strategy, sample_weight=weight)
    assert report.calibration_error == pytest.approx(error)
    assert only(report).log_loss == pytest.approx(report.log_loss)
    assert only(report).predicted == pytest.approx(np.average(proba, weights=weight))


def test_scores_of_more_classes():
    y, proba = drawn_classes(0)
    report = CalibrationReport.from_predictions(y, proba)
    assert list(report.by_class) == [0, 1, 2]
    assert report.brier_score == pytest.approx(np.sum((proba - np.eye(3)[y]) ** 2) / len(y))
    assert report.log_loss == pytest.approx(log_loss(y, proba))
    assert report.calibration_error == pytest.approx(
        expected_calibration_error(y, proba, strategy="quantile")
    )
    for label, own in report.by_class.items():
        alone = only(CalibrationReport.from_predictions(y == label, proba[:, label]))
        assert numbers(own) == pytest.approx(numbers(alone))


def test_one_of_more_classes_against_the_rest():
    y, proba = drawn_classes(1)
    report = CalibrationReport.from_predictions(y, proba, pos_label=0)
    alone = CalibrationReport.from_predictions(y == 0, proba[:, 0])
    assert list(report.by_class) == [0]
    assert numbers(only(report)) == pytest.approx(numbers(only(alone)))
    assert report.log_loss == pytest.approx(alone.log_loss)


def test_weights_count_as_repetitions():
    y, proba = drawn(4, n_rows=200)
    weight = np.random.RandomState(1).randint(0, 4, len(y))
    weighted = CalibrationReport.from_predictions(y, proba, sample_weight=weight)
    repeated = CalibrationReport.from_predictions(np.repeat(y, weight), np.repeat(proba, weight))
    assert numbers(only(weighted)) == pytest.approx(numbers(only(repeated)), nan_ok=True)
    for name, values in weighted.table.items():
        assert values == pytest.approx(repeated.table[name]), name


def test_order_of_rows_does_not_matter():
    y, proba = drawn_classes(2)
    order = np.random.RandomState(0).permutation(len(y))
    one = CalibrationReport.from_predictions(y, proba)
    other = CalibrationReport.from_predictions(y[order], proba[order])
    for label in (0, 1, 2):
        assert numbers(one.by_class[label]) == pytest.approx(numbers(other.by_class[label]))


def test_table_holds_every_row_once_and_intervals_hold_the_shares():
    y, proba = drawn(6, n_rows=1000)
    table = CalibrationReport.from_predictions(y, proba, n_bins=8).to_frame()
    assert table["rows"].tolist() == [125.0] * 8
    assert (table["rows"] * table["observed"]).sum() == pytest.approx(y.sum())
    assert (table["observed_low"] <= table["observed"]).all()
    assert (table["observed"] <= table["observed_high"]).all()
    assert (table["lowest"] <= table["predicted"]).all()
    assert (table["predicted"] <= table["highest"]).all()
    assert (table["highest"].to_numpy()[:-1] < table["lowest"].to_numpy()[1:]).all()


# --- labels and containers -----------------------------------------------------------------------


def test_positive_class():
    y, proba = drawn(7)
    names = np.where(y == 1, "yes", "no")
    with pytest.warns(UserWarning, match="'yes', the rarest class, is taken as positive"):
        default = CalibrationReport.from_predictions(names, proba)
    assert list(default.by_class) == ["yes"]
    columns = np.column_stack([1 - proba, proba])
    both = CalibrationReport.from_predictions(names, columns)
    assert numbers(only(both)) == pytest.approx(numbers(only(default)))
    no = CalibrationReport.from_predictions(names, 1 - proba, pos_label="no")
    assert list(no.by_class) == ["no"]
    assert only(no).observed == pytest.approx(1 - only(default).observed)
    assert no.brier_score == pytest.approx(default.brier_score)
    assert no.log_loss == pytest.approx(default.log_loss)
    swapped = CalibrationReport.from_predictions(names, columns[:, ::-1], labels=["yes", "no"])
    assert list(swapped.by_class) == ["yes"]
    assert numbers(only(swapped)) == pytest.approx(numbers(only(default)))


@pytest.mark.parametrize("container", [list, np.asarray, pd.Series, pl.Series])
def test_containers(container):
    y, proba = drawn(8)
    plain = CalibrationReport.from_predictions(y, proba)
    other = CalibrationReport.from_predictions(container(y.tolist()), container(proba.tolist()))
    assert numbers(only(plain)) == pytest.approx(numbers(only(other)))


def test_any_classifier():
    X, y = make_classification(600, n_classes=3, n_informative=5, random_state=0)
    names = np.array(["a", "b", "c"])[y]
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, names)
    weight = np.random.RandomState(0).uniform(size=len(y))
    report = CalibrationReport.from_estimator(model, X, names, sample_weight=weight)
    same = CalibrationReport.from_predictions(
        names, model.predict_proba(X), sample_weight=weight, labels=model.classes_
    )
    assert list(report.by_class) == ["a", "b", "c"]
    assert report.summary == same.summary
    assert report.name == "Pipeline"


def test_rows_may_lack_a_class_that_the_classifier_knows():
    X, y = make_classification(600, n_classes=3, n_informative=5, random_state=0)
    model = LogisticRegression().fit(X, y)
    report = CalibrationReport.from_estimator(model, X[y < 2], y[y < 2])
    assert report.by_class[2].events == 0


# --- words ---------------------------------------------------------------------------------------


def told(n_rows, n_events, proba):
    """Bins with a given number of events."""
    y = np.concatenate([[1] * k + [0] * (n_rows - k) for k in n_events])
    return only(CalibrationReport.from_predictions(y, np.repeat(proba, n_rows))).verdict


@pytest.mark.parametrize(
    ("n_events", "proba", "words"),
    [
        ([100, 400], [0.1, 0.4], "no departure from calibration that chance would not explain"),
        ([20, 130], [0.1, 0.5], "predicts 4 times as many rows as there are"),
        ([400, 800], [0.1, 0.2], "predicts only 0.25 times as many rows as there are"),
        ([140, 460], [0.1, 0.4], "predicts 17 % fewer rows than there are"),
        ([300, 700], [0.1, 0.9], "probabilities are too extreme (slope 0.39)"),
        ([100, 900], [0.3, 0.7], "probabilities are not extreme enough (slope 2.59)"),
        ([3, 4], [0.1, 0.2], "too few rows of the class (7) for a verdict"),
        ([1000, 995], [0.9, 0.9], "too few rows of the rest (5) for a verdict"),
        ([0, 1000], [0.1, 0.9], "the class is separated from the rest without error"),
        ([1000, 0], [0.1, 0.9], "the class is separated from the rest, in reverse order"),
    ],
)
def test_verdicts(n_events, proba, words):
    assert words in told(1000, n_events, proba)


def test_verdict_where_mean_and_slope_agree():
    # surpluses at log odds of 1 and 2 that cancel in the score of the mean and of the slope
    odds = np.array([-2.0, -1.0, 1.0, 2.0])
    shares = expit(odds) + 0.06 * np.array([1, -2, 2, -1])
    said = told(10_000, np.round(10_000 * shares).astype(int), expit(odds))
    assert said.startswith("a curve: mean and slope agree, Spiegelhalter's z is -4.3")


def test_text_names_what_it_shows():
    y, proba = drawn(9)
    text = str(CalibrationReport.from_predictions(y, proba, name="my model"))
    words = ["my model", "Brier score", "reliability", "resolution", "uncertainty", "slope"]
    for word in [*words, "verdict", "predicted", "observed_high"]:
        assert word in text
    y, proba = drawn_classes(3)
    report = CalibrationReport.from_predictions(y, proba)
    assert all(f"class {label}: " in str(report) for label in (0, 1, 2))
    assert "class 0, 1, 2" in repr(report)


def test_comparison():
    y, proba = drawn(10, n_rows=2000)
    reports = {
        "as it is": CalibrationReport.from_predictions(y, proba),
        "doubled": CalibrationReport.from_predictions(y, np.minimum(2 * proba, 1)),
    }
    comparison = CalibrationReport.compare(reports)
    frame = comparison.to_frame()
    assert frame["name"].tolist() == ["as it is", "doubled"]
    assert frame["brier_score"].tolist() == [own.brier_score for own in reports.values()]
    assert "doubled, class 1: predicts" in str(comparison)
    display = comparison.plot()
    assert [line.get_label() for line in display.line_] == ["as it is", "doubled"]


# --- figures -------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", ["auto", "unit", "zoom", "log"])
def test_figure_shows_the_table(scale):
    y, proba = drawn(11, centre=-3.5)
    report = CalibrationReport.from_predictions(y, proba)
    display = report.plot(scale=scale)
    (line,) = display.line_
    bins = only(report).bins
    shown = bins.observed > 0 if scale == "log" else np.full(len(bins.rows), True)
    assert line.get_xdata() == pytest.approx(bins.predicted[shown])
    assert line.get_ydata() == pytest.approx(bins.observed[shown])
    ends = np.array([bar[:, 1] for bar in display.bars_[0].get_segments()])
    assert ends == pytest.approx(
        np.column_stack([bins.observed_low, bins.observed_high])[shown], abs=1e-12
    )
    low, high = display.ax_.get_xlim()
    assert low <= bins.predicted.min()
    assert bins.predicted.max() <= high
    assert (display.ax_.get_xscale() == "log") == (scale == "log")
    assert (high < 0.9) == (scale in ("auto", "zoom"))
    assert display.figure_ is display.ax_.figure
    display.figure_.canvas.draw()


def test_figure_counts_every_row():
    y, proba = drawn(12)
    proba[:3] = [0.0, 1.0, 1e-9]
    report = CalibrationReport.from_predictions(y, proba)
    for scale in ("unit", "log"):
        display = report.plot(scale=scale)
        (steps,) = display.histogram_ax_.patches
        assert steps.get_data().values.sum() == len(y)


def test_figure_on_given_axes():
    y, proba = drawn_classes(4)
    report = CalibrationReport.from_predictions(y, proba)
    _, axes = plt.subplots(1, 2)
    display = report.plot(axes[0], label=1, curve_kwargs={"color": "black"})
    assert display.ax_ is axes[0]
    assert display.histogram_ax_ is None
    assert [line.get_color() for line in display.line_] == ["black"]
    assert report.plot(axes).histogram_ax_ is axes[1]
    assert [line.get_label() for line in report.plot().line_] == ["0", "1", "2"]
    styles = [{"color": color} for color in ("C3", "C4", "C5")]
    assert [line.get_color() for line in report.plot(curve_kwargs=styles).line_] == [
        "C3",
        "C4",
        "C5",
    ]


# --- bad input -----------------------------------------------------------------------------------

PAIR = ([0, 1, 1], [0.2, 0.4, 0.9])


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        (PAIR, {"strategy": "equal"}, "strategy must be 'quantile' or 'uniform', got 'equal'"),
        (PAIR, {"n_bins": 0}, "n_bins must be at least 1, got 0"),
        (PAIR, {"clip": 0.5}, "clip between 0 and .5"),
        (PAIR, {"confidence": 95}, "confidence must lie between 0 and 1"),
        (PAIR, {"pos_label": 2}, "There is no class 2; the classes are"),
        (PAIR, {"labels": [1, 2]}, "There is no class 0; the classes are"),
        (PAIR, {"sample_weight": [0, 0, 0]}, "0 for every row|non-zero|positive"),
        (PAIR, {"sample_weight": [1, -1, 1]}, "[Nn]egative"),
        (([0, 1], [0.2, 1.4]), {}, r"must lie in \[0, 1\], got values from 0.2 to 1.4"),
        (([0, 1], [0.2, np.nan]), {}, "contains NaN"),
        (([0, 1], [[0.2, 0.2], [0.5, 0.5]]), {}, "must sum to 1; one row is off by 0.6"),
        (([0, 1], [[0.2, 0.2, 0.6]] * 2), {}, "describes 3 classes, but there are 2"),
        (([0, 0], [0.2, 0.6]), {}, "Give `labels`, the class of each column"),
        (([0, 1, 1], [0.2, 0.6]), {}, "inconsistent numbers of samples"),
    ],
)
def test_bad_input(arguments, options, words):
    with pytest.raises(ValueError, match=words):
        CalibrationReport.from_predictions(*arguments, **options)


def test_bad_requests():
    report = CalibrationReport.from_predictions(*drawn(0))
    with pytest.raises(ValueError, match="scale must be 'auto', 'unit', 'zoom' or 'log'"):
        report.plot(scale="wide")
    with pytest.raises(ValueError, match="curve_kwargs has 3 entries for 1 curves"):
        report.plot(curve_kwargs=[{}, {}, {}])
    with pytest.raises(ValueError, match="There is no class 'x'"):
        report.plot(label="x")
    with pytest.raises(ValueError, match=r"of must be one of \['table', 'summary'\]"):
        report.to_frame("bins")
    three = CalibrationReport.from_predictions(*drawn_classes(0))
    with pytest.raises(ValueError, match="Give `label`, the class to draw: 'a' reports on"):
        CalibrationReport.compare({"a": three}).plot()
    X, y = make_classification(50, random_state=0)
    with pytest.raises(ValueError, match="RidgeClassifier has no predict_proba"):
        CalibrationReport.from_estimator(RidgeClassifier().fit(X, y), X, y)


def test_input_is_left_alone():
    y, proba = drawn(0)
    proba[0] = 0.0
    before = y.copy(), proba.copy()
    CalibrationReport.from_predictions(y, proba)
    assert (y == before[0]).all()
    assert (proba == before[1]).all()
