"""Decision curves: their values, intervals by rows and by groups, and figures."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.stats import norm
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from imbalance_kit.cost import DecisionCurveDisplay, decision_curve
from imbalance_kit.metrics import net_benefit

RNG = np.random.RandomState(0)
PROBA = RNG.beta(1, 5, 800)
Y = (RNG.uniform(size=800) < PROBA).astype(int)
CUTS = np.array([0.3, 0.05, 0.1, 0.6])


@pytest.fixture(autouse=True)
def no_windows():
    before = mpl.get_backend()
    mpl.use("agg")
    yield
    plt.close("all")
    mpl.use(before)


def test_values_are_those_of_net_benefit():
    weight = RNG.randint(3, size=800)
    for options in ({}, {"sample_weight": weight}, {"prevalence": 0.02}):
        curve = decision_curve(Y, PROBA, thresholds=CUTS, **options)
        np.testing.assert_array_equal(curve.thresholds, CUTS)
        np.testing.assert_allclose(curve.net_benefit, net_benefit(Y, PROBA, CUTS, **options))
        np.testing.assert_allclose(curve.act_on_all, net_benefit(Y, Y * 0 + 1.0, CUTS, **options))
        assert curve.low is None
        assert curve.high is None
    np.testing.assert_allclose(decision_curve(Y, PROBA).thresholds, np.arange(0.01, 0.995, 0.01))


def standard_error(values, groups):
    """Of a mean over rows, by groups of them."""
    surplus = np.bincount(groups, weights=values - values.mean())
    return np.sqrt((surplus**2).sum()) / len(values)


def test_intervals_are_those_of_a_mean():
    """Net benefit is a mean over rows, so for many rows the interval is the normal one. The ends of
    2,000 resamples vary by some 4 % of a standard error; 25 % is beyond six times that."""
    groups = np.arange(800) // 4
    for drawn, options in [
        (np.arange(800), {}),
        (np.arange(800), {"sample_weight": np.full(800, 2.0)}),
        (groups, {"groups": groups}),
        (groups, {"groups": np.array([f"patient {each}" for each in groups])}),
    ]:
        cuts = CUTS[:3]
        curve = decision_curve(
            Y, PROBA, thresholds=cuts, confidence=0.9, n_resamples=2000, random_state=0, **options
        )
        for at, cut in enumerate(cuts):
            worth = Y - (1 - Y) * cut / (1 - cut)
            rows = np.where(cut <= PROBA, worth, 0.0)
            width = norm.isf(0.05) * standard_error(rows, drawn)
            for end, value in ((curve.low, -width), (curve.high, width)):
                assert abs(end[at] - curve.net_benefit[at] - value) < 0.25 * width / norm.isf(0.05)


def test_rows_that_repeat_in_a_group_are_no_more_rows():
    options = {"thresholds": CUTS, "confidence": 0.95, "n_resamples": 50, "random_state": 3}
    once = decision_curve(Y, PROBA, groups=np.arange(800), **options)
    ten = decision_curve(
        np.repeat(Y, 10), np.repeat(PROBA, 10), groups=np.repeat(np.arange(800), 10), **options
    )
    np.testing.assert_allclose(ten.low, once.low)
    np.testing.assert_allclose(ten.high, once.high)
    apart = decision_curve(np.repeat(Y, 10), np.repeat(PROBA, 10), **options)
    assert ((apart.high - apart.low) < 0.6 * (ten.high - ten.low))[:3].all()


def test_the_same_seed_gives_the_same_interval():
    options = {"confidence": 0.9, "n_resamples": 20}
    one, two, other = (
        decision_curve(Y, PROBA, random_state=seed, **options).low for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one, two)
    assert (one != other).any()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"confidence": 95}, "confidence must be between 0 and 1"),
        ({"confidence": 0.9, "n_resamples": 0}, "n_resamples must be at least 1"),
        ({"groups": [1, 2]}, "groups must have one entry"),
        ({"thresholds": 1.0}, "below 1"),
        ({"groups": np.where(Y == 1, np.nan, 1.0)}, "groups has .* missing"),
    ],
)
def test_bad_input(options, words):
    with pytest.raises(ValueError, match=words):
        decision_curve(Y, PROBA, **options)


# --- figures ---------------------------------------------------------------------------------


def test_figure_of_several_models():
    cuts = np.array([0.2, 0.05, 0.1])
    first = DecisionCurveDisplay.from_predictions(Y, PROBA, thresholds=cuts, name="good")
    second = DecisionCurveDisplay.from_predictions(
        Y,
        PROBA[::-1],
        thresholds=cuts,
        name="chance",
        ax=first.ax_,
        confidence=0.9,
        n_resamples=30,
        random_state=0,
        curve_kwargs={"color": "red"},
    )
    labels = [line.get_label() for line in first.ax_.get_lines()]
    assert sorted(labels) == ["act on all rows", "act on no row", "chance", "good"]
    np.testing.assert_array_equal(first.line_.get_xdata(), np.sort(cuts))
    np.testing.assert_array_equal(first.line_.get_ydata(), first.net_benefit[np.argsort(cuts)])
    assert first.interval_ is None
    assert second.interval_ in second.ax_.collections
    assert second.line_.get_color() == "red"
    low, high = first.ax_.get_ylim()
    assert low < 0
    assert high > max(first.net_benefit.max(), first.act_on_all.max())
    assert first.ax_.get_legend() is not None


def test_figure_of_an_estimator():
    X, y = make_classification(400, weights=[0.8], random_state=0)
    names = np.array(["fine", "ill"])[y]
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, names)
    display = DecisionCurveDisplay.from_estimator(
        model, X, names, pos_label="ill", thresholds=CUTS, groups=np.arange(400) // 2
    )
    expected = net_benefit(y, model.predict_proba(X)[:, 1], CUTS)
    np.testing.assert_allclose(display.net_benefit, expected)
    assert display.name == "LogisticRegression"
    assert display.plot(name="again").line_.get_label() == "again"
    with pytest.raises(ValueError, match=r"y_score must be probabilities in \[0, 1\]"):
        DecisionCurveDisplay.from_estimator(LinearSVC().fit(X, y), X, y)
