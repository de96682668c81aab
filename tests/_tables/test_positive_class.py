"""No function takes the later word of the alphabet for the positive class."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from loops import looped
from sklearn.base import BaseEstimator, ClassifierMixin

import imbalance_kit.cost as of_costs
from imbalance_kit._tables.positive_class import category_order
from imbalance_kit.calibration import CalibrationReport
from imbalance_kit.cost import CostMatrix, example_costs, expected_cost, savings_score
from imbalance_kit.fairness import find_subgroups, group_report, tradeoff_curve
from imbalance_kit.metrics import expected_calibration_error

rng = np.random.RandomState(0)
SCORE = rng.uniform(size=200) ** 2
EVENT = rng.uniform(size=200) < SCORE
PRED = SCORE > 0.5
GROUP = np.arange(200) % 2
ROWS = np.column_stack([SCORE, GROUP])
# negative, positive; the rare class is the positive one
SHOWN = [(0, 1), (-1, 1), (False, True), (0.0, 1.0), (np.int8(0), np.int8(1))]
NOT_SHOWN = [("ok", "fraud"), ("0", "1"), (1, 2), (2, 1), (0, 2), ("True", "False"), (3, -3)]


@pytest.fixture(autouse=True)
def no_windows():
    before = mpl.get_backend()
    mpl.use("agg")
    yield
    plt.close("all")
    mpl.use(before)


def words(pair, event=EVENT):
    negative, positive = pair
    return np.array([positive if one else negative for one in event])


def flat(result):
    return np.concatenate(result) if isinstance(result, tuple) else np.asarray(result)


def tradeoff(y, score, **options):
    return tradeoff_curve(
        y, score, sensitive_features=GROUP, tolerances=[0.5], n_bootstraps=0, **options
    ).cost


def profit(y, score, **options):
    prices = CostMatrix.from_prices(false_positive=1, false_negative=9, true_positive=-2)
    return of_costs.profit_curve(y, score, cost_matrix=prices, **options)


FUNCTIONS = {
    "error": lambda y, score, **options: expected_calibration_error(y, score, **options),
    "cost": lambda y, score, **options: of_costs.cost_curve(y, score, **options),
    "brier": lambda y, score, **options: of_costs.brier_curve(y, score, **options),
    "lift": lambda y, score, **options: of_costs.lift_curve(y, score, **options),
    "profit": profit,
    "tradeoff": tradeoff,
    **{
        name: lambda y, score, name=name, **options: (
            getattr(of_costs, name)
            .from_predictions(y, score, ax=plt.figure(num=1).gca(), **options)
            .line_.get_ydata()
        )
        for name in ("CostCurveDisplay", "LiftCurveDisplay", "ProfitCurveDisplay")
    },
}


@looped("name", FUNCTIONS)
def test_labels_that_show_it_need_nothing_and_others_ask(name):
    function = FUNCTIONS[name]
    expected = flat(function(EVENT.astype(int), SCORE))
    for pair in SHOWN:
        found = flat(function(words(pair), SCORE))
        np.testing.assert_array_equal(found, expected)
    for pair in NOT_SHOWN:
        y = words(pair)
        with pytest.raises(ValueError, match="Give pos_label"):
            function(y, SCORE)
        found = function(y, SCORE, pos_label=pair[1])
        np.testing.assert_array_equal(flat(found), expected)
        with pytest.raises(ValueError, match="There is no class 'x'"):
            function(y, SCORE, pos_label="x")


ORDERED = {
    "series": lambda y: pd.Series(pd.Categorical(y, ["ok", "fraud"], ordered=True)),
    "more levels": lambda y: pd.Series(
        pd.Categorical(y, ["a", "ok", "b", "fraud", "c"], ordered=True), index=range(5, 205)
    ),
    "categorical": lambda y: pd.Categorical(y, ["ok", "fraud"], ordered=True),
    "index": lambda y: pd.CategoricalIndex(y, ["ok", "fraud"], ordered=True),
    "frame": lambda y: pd.DataFrame({"y": pd.Categorical(y, ["ok", "fraud"], ordered=True)}),
    "enumeration": lambda y: pl.Series(y.tolist(), dtype=pl.Enum(["ok", "fraud"])),
    "arrow": lambda y: pa.chunked_array(
        [pa.DictionaryArray.from_arrays((y == "fraud").astype(int), ["ok", "fraud"], ordered=True)]
    ),
}
UNORDERED = {
    "series": lambda y: pd.Series(y, dtype="category"),
    "text": lambda y: pd.Series(y),
    "polars": lambda y: pl.Series(y.tolist(), dtype=pl.Categorical),
    "list": lambda y: y.tolist(),
}


@looped("name", ORDERED)
def test_ordered_categories_keep_their_order(name):
    y = ORDERED[name](words(("ok", "fraud")))
    for given in (y, ORDERED[name](words(("ok", "fraud"))[::-1])):
        order = category_order(given)
        assert order.index("ok") < order.index("fraud")
    if name in ("series", "enumeration"):
        plain = EVENT.astype(int)
        for function in FUNCTIONS.values():
            found = flat(function(y, SCORE))
            expected = flat(function(plain, SCORE))
            np.testing.assert_array_equal(found, expected)
        assert (
            group_report(y, words(("ok", "fraud"), PRED), sensitive_features=GROUP).pos_label
            == "fraud"
        )
        prices = CostMatrix.from_prices(false_positive=1, false_negative=9)
        pred = words(("ok", "fraud"), PRED)
        assert expected_cost(y, pred, cost_matrix=prices) == expected_cost(
            plain, PRED.astype(int), cost_matrix=prices
        )


@looped("name", UNORDERED)
def test_unordered_categories_have_none(name):
    y = UNORDERED[name](words(("ok", "fraud")))
    assert category_order(y) is None
    with pytest.raises(ValueError, match="Give pos_label"):
        of_costs.lift_curve(y, SCORE)


class Scores(ClassifierMixin, BaseEstimator):
    """Its first column is the probability of the positive class."""

    def fit(self, X, y, positive):
        self.classes_, self.positive_ = np.unique(y), positive
        return self

    def predict_proba(self, X):
        p = X[:, 0]
        return np.column_stack([p if label == self.positive_ else 1 - p for label in self.classes_])


@looped("name", ["CostCurveDisplay", "LiftCurveDisplay", "ProfitCurveDisplay"])
def test_displays_of_classifiers_ask_too(name):
    y = words(("ok", "fraud"))
    model = Scores().fit(ROWS, y, "fraud")
    display = getattr(of_costs, name)
    with pytest.raises(ValueError, match="Give pos_label"):
        display.from_estimator(model, ROWS, y)
    expected = display.from_predictions(EVENT, SCORE).line_.get_ydata()
    named = display.from_estimator(model, ROWS, y, pos_label="fraud")
    ordered = display.from_estimator(model, ROWS, ORDERED["series"](y))
    for found in (named, ordered):
        np.testing.assert_allclose(found.line_.get_ydata(), expected)


def test_prices_in_columns_follow_the_positive_class_of_the_figure():
    y = words(("ok", "fraud"))
    X = pd.DataFrame({"score": SCORE, "amount": 100 * SCORE})
    prices = CostMatrix.from_prices(false_positive=5, false_negative="amount")

    class OfFrames(Scores):
        def predict_proba(self, X):
            return super().predict_proba(X.to_numpy())

    display = of_costs.ProfitCurveDisplay
    found = display.from_estimator(
        OfFrames().fit(X, y, "fraud"), X, y, cost_matrix=prices, pos_label="fraud"
    )
    expected = display.from_estimator(OfFrames().fit(X, EVENT, True), X, EVENT, cost_matrix=prices)
    np.testing.assert_allclose(found.profit, expected.profit)


PRICES = CostMatrix.from_prices(false_positive=5, false_negative=100)


@looped("pair", SHOWN)
def test_matrices_fit_labels_that_show_it(pair):
    classes = np.unique(words(pair))
    assert PRICES.resolve(classes).tolist() == [[0, 5], [100, 0]]
    y, pred = words(pair), words(pair, PRED)
    plain = expected_cost(EVENT, PRED, cost_matrix=PRICES)
    assert expected_cost(y, pred, cost_matrix=PRICES) == plain
    assert expected_cost(y, pred, cost_matrix=[[0, 5], [100, 0]]) == plain


@looped("pair", NOT_SHOWN)
def test_matrices_ask_for_the_positive_class_of_others(pair):
    y, pred = words(pair), words(pair, PRED)
    open_ones = (PRICES, [[0, 5], [100, 0]], CostMatrix([[0, 5], ["amount", 0]]))
    for matrix in open_ones:
        with pytest.raises(ValueError, match="pos_label=positive class"):
            expected_cost(y, pred, cost_matrix=matrix, X=pd.DataFrame({"amount": SCORE}))
    plain = expected_cost(EVENT, PRED, cost_matrix=PRICES)
    named = CostMatrix.from_prices(false_positive=5, false_negative=100, pos_label=pair[1])
    assert expected_cost(y, pred, cost_matrix=named) == plain
    assert expected_cost(y, pred, cost_matrix=CostMatrix(PRICES.costs, classes=pair)) == plain
    assert expected_cost(y, pred, cost_matrix=PRICES, labels=pair) == plain
    # where both classes may change places, or costs go by label, nothing is guessed
    for matrix in ([[0, 3], [3, 0]], {pair[1]: 7}, "balanced"):
        expected_cost(y, pred, cost_matrix=matrix)
        CostMatrix(matrix).row_weight(y)


def test_more_classes_keep_the_sorted_order():
    y, pred = ["b", "a", "c"], ["a", "a", "b"]
    assert expected_cost(y, pred, cost_matrix=[[0, 1, 2], [6, 0, 4], [5, 12, 0]]) == 6


@looped("pair", [("ok", "fraud"), ("a", "b"), (2, 1)])
def test_arrays_of_prices_are_in_sorted_order(pair):
    amount = 100 * SCORE
    y, pred = words(pair), words(pair, PRED)
    cost = example_costs(false_positive=5, false_negative=amount, classes=pair)
    plain = example_costs(false_positive=5, false_negative=amount)
    assert expected_cost(y, pred, cost=cost) == expected_cost(EVENT, PRED, cost=plain)
    with pytest.raises(ValueError, match="classes must be the negative and the positive class"):
        example_costs(false_positive=5, false_negative=amount, classes=["a", "a"])


def test_costs_in_columns_of_a_table_given_beside_predictions():
    amounts = np.array([10.0, 20.0, 30.0, 40.0])
    y, pred = [1, 1, 0, 0], [1, 0, 1, 0]
    prices = CostMatrix.from_prices(false_positive=5, false_negative="amount", true_positive=1)
    X = pd.DataFrame({"amount": amounts})
    for table in (X, pl.from_pandas(X)):
        assert expected_cost(y, pred, cost_matrix=prices, X=table) == (1 + 20 + 5 + 0) / 4
    by_position = CostMatrix.from_prices(
        false_positive=5, false_negative=of_costs.Column(0), true_positive=1
    )
    assert expected_cost(y, pred, cost_matrix=by_position, X=amounts[:, None]) == 26 / 4
    assert savings_score(y, pred, cost_matrix=prices, X=X) == pytest.approx(1 - 26 / 12)
    worded = CostMatrix.from_prices(
        false_positive=5, false_negative="amount", true_positive=1, pos_label="a"
    )
    assert expected_cost(list("aabb"), list("abab"), cost_matrix=worded, X=X) == 26 / 4
    with pytest.raises(ValueError, match="inconsistent numbers"):
        expected_cost(y, pred, cost_matrix=prices, X=X[:3])


@looped("pair", NOT_SHOWN)
def test_reports_take_the_rarest_class_and_say_so(pair):
    y, pred = words(pair), words(pair, PRED)
    columns = np.column_stack(
        [SCORE if label == pair[1] else 1 - SCORE for label in np.unique(y).tolist()]
    )
    said = r"the rarest class, is taken as positive; give pos_label"
    report = CalibrationReport.from_predictions(y, columns)
    assert list(report.by_class) == [pair[1]]
    assert said in str(report)
    plain = CalibrationReport.from_predictions(EVENT, SCORE)
    assert report.calibration_error == pytest.approx(plain.calibration_error)
    with pytest.warns(UserWarning, match=said):
        alone = CalibrationReport.from_predictions(y, SCORE)
    assert alone.brier_score == pytest.approx(plain.brier_score)
    other = CalibrationReport.from_predictions(y, columns, pos_label=pair[0])
    assert list(other.by_class) == [pair[0]]
    assert other.note is None

    groups = group_report(y, pred, sensitive_features=GROUP, n_bootstrap=0)
    assert groups.pos_label == pair[1]
    assert said in str(groups)
    expected = group_report(EVENT, PRED, sensitive_features=GROUP, n_bootstrap=0)
    rate = "true_positive_rate"
    assert groups.difference(rate) == expected.difference(rate)
    named = group_report(y, pred, sensitive_features=GROUP, n_bootstrap=0, pos_label=pair[1])
    assert said not in str(named)

    options = {"method": "features", "rate": "false_positive_rate", "min_rows": 5}
    found = find_subgroups(ROWS, y, pred, **options)
    assert found.pos_label == pair[1]
    assert said in str(found)
    assert found.overall == find_subgroups(ROWS, EVENT, PRED, **options).overall


def test_a_frequent_class_of_shown_labels_stays_positive():
    y = 1 - EVENT.astype(int)
    assert list(CalibrationReport.from_predictions(y, 1 - SCORE).by_class) == [1]
    report = group_report(y, 1 - PRED, sensitive_features=GROUP, n_bootstrap=0)
    assert report.pos_label == 1


def test_equally_frequent_words():
    y = ["a", "b", "a", "b"]
    report = group_report(y, y, sensitive_features=list("ccdd"), n_bootstrap=0)
    assert report.pos_label == "b"
    assert "one of two equally frequent classes" in str(report)
