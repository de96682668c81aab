"""AdaCost, AdaUBoost and AsymBoost against their formulas."""

import numpy as np
import pytest
from recording import RecordingTree, recorded
from sklearn.datasets import make_classification
from sklearn.ensemble import AdaBoostClassifier

from imbalance_kit.ensemble import AdaCostClassifier, AdaUBoostClassifier, AsymBoostClassifier
from imbalance_kit.ensemble._boosting import from_score
from imbalance_kit.ensemble._cost_boosting import class_costs

N_ROUNDS = 5
EVERY = [
    AdaCostClassifier(),
    AdaCostClassifier(on_errors_only=True),
    AdaUBoostClassifier(),
    AsymBoostClassifier(),
    AsymBoostClassifier(on_errors_only=True),
]
every = pytest.mark.parametrize("kind", EVERY, ids=str)


def small(cls, **parameters):
    return cls(
        RecordingTree(max_depth=2, min_samples_split=3),
        n_estimators=N_ROUNDS,
        random_state=0,
        **parameters,
    )


@pytest.fixture
def table():
    """Continuous columns, so that none tie."""
    return make_classification(
        500, 5, n_informative=4, n_redundant=0, weights=[0.8], flip_y=0.1, random_state=0
    )


@pytest.fixture
def three():
    return make_classification(
        600,
        6,
        n_informative=5,
        n_redundant=0,
        n_classes=3,
        weights=[0.6, 0.3],
        flip_y=0.1,
        random_state=0,
    )


def said_by(model, X):
    return [learner.predict(X) for learner in model.estimators_]


def check_weights(seen, expected):
    assert len(seen) == len(expected)
    for (_, _, own), weight in zip(seen, expected, strict=True):
        np.testing.assert_allclose(own, weight / weight.sum(), rtol=1e-7)


# --- AdaCost ---------------------------------------------------------------------------------


@pytest.mark.parametrize("largest", [0.1, 0.5])
def test_adacost_is_the_papers_rule(largest, table):
    """With labels -1 and 1: r is the weighted mean of y h b, alpha half the log of (1 + r) /
    (1 - r), and weights are multiplied by exp(-alpha y h b)."""
    X, y = table
    costs = {0: 1.0, 1: 3.0}
    model, seen = recorded(small(AdaCostClassifier, costs=costs, largest_cost=largest), X, y)
    c = np.where(y == 1, largest, largest / 3)
    weight, before = c / c.sum(), []
    for said, vote in zip(said_by(model, X), model.estimator_weights_, strict=True):
        before.append(weight)
        yh = np.where(said == y, 1, -1)
        b = np.where(said == y, 0.5 - 0.5 * c, 0.5 + 0.5 * c)
        r = (weight * yh * b).sum()
        alpha = 0.5 * np.log((1 + r) / (1 - r))
        assert vote == pytest.approx(2 * alpha)  # SAMME's weights are twice AdaBoost's
        weight = weight * np.exp(-alpha * yh * b)
        weight = weight / weight.sum()
    check_weights(seen, before)


def test_adacost_takes_the_least_of_its_bound(three):
    """For K classes u = y h b is between -1 / (K - 1) and 1, and exp(-a u) is below the line
    between the ends. The vote K / (K - 1) a is where the mean of that line is least."""
    X, y = three
    costs = np.array([1.0, 2.0, 4.0])
    model, seen = recorded(small(AdaCostClassifier, costs=dict(enumerate(costs))), X, y)
    c = 0.1 * costs[y] / 4
    for said, vote, (_, _, weight) in zip(
        said_by(model, X), model.estimator_weights_, seen, strict=True
    ):
        u = np.where(said == y, (1 - c) / 2, -(1 + c) / 2 / 2)
        low, high = -0.5, 1.0
        share = (u - low) / (high - low)

        def bound(a, weight=weight, share=share):
            return weight @ (share * np.exp(-a) + (1 - share) * np.exp(a / 2))

        a = vote * 2 / 3
        assert bound(a) < min(bound(a - 1e-3), bound(a + 1e-3))


def test_adacost_on_errors_only(table):
    """Weights of errors are multiplied by exp(alpha C), C being the ratio of the classes' costs
    over the largest ratio."""
    X, y = table
    costs = {0: 1.0, 1: 3.0}
    model, seen = recorded(small(AdaCostClassifier, costs=costs, on_errors_only=True), X, y)
    weight, before = np.ones(len(y)), []
    cost = np.where(y == 1, 3.0, 1 / 3) / 3
    for said, alpha in zip(said_by(model, X), model.estimator_weights_, strict=True):
        before.append(weight)
        error = weight[said != y].sum() / weight.sum()
        assert alpha == pytest.approx(np.log((1 - error) / error))
        weight = weight * np.where(said != y, np.exp(alpha * cost), 1.0)
    check_weights(seen, before)


def test_adacost_takes_a_matrix(three):
    X, y = three
    matrix = np.array([[0, 2, 8], [1, 0, 4], [1, 3, 0]])
    model, seen = recorded(small(AdaCostClassifier, costs=matrix, on_errors_only=True), X, y)
    weight, before = np.ones(len(y)), []
    for said, alpha in zip(said_by(model, X), model.estimator_weights_, strict=True):
        before.append(weight)
        weight = weight * np.where(said != y, np.exp(alpha * matrix[said, y] / 8), 1.0)
    check_weights(seen, before)
    by_class, _ = recorded(small(AdaCostClassifier, costs=matrix), X, y)
    means, _ = recorded(small(AdaCostClassifier, costs={0: 1, 1: 2.5, 2: 6}), X, y)
    np.testing.assert_array_equal(by_class.predict_proba(X), means.predict_proba(X))


def test_huge_costs_do_not_overflow(table):
    X, y = table
    for kind in EVERY:
        model = type(kind)(**{**kind.get_params(), "costs": {0: 1.0, 1: 1e300}})
        with np.errstate(over="raise", invalid="raise"):
            assert np.isfinite(model.fit(X, y).predict_proba(X)).all()


# --- AdaUBoost and AsymBoost -----------------------------------------------------------------


def test_adauboost(three):
    X, y = three
    costs = np.array([1.0, 2.0, 4.0])
    model, seen = recorded(small(AdaUBoostClassifier, costs=dict(enumerate(costs))), X, y)
    weight, before = costs[y], []
    for said, alpha in zip(said_by(model, X), model.estimator_weights_, strict=True):
        before.append(weight)
        growth = costs[y] ** (-1 / N_ROUNDS)
        weight = weight * np.exp(alpha * (said != y) * growth)
    check_weights(seen, before)


def test_asymboost_tilts_every_row_in_every_round(table):
    """The product of the factors of all rounds is the root of k for one class, and one over it
    for the other."""
    X, y = table
    k = 7.0
    model, seen = recorded(small(AsymBoostClassifier, costs={0: 1.0, 1: k}), X, y)
    signs = np.where(y == 1, 1, -1)
    factor = np.exp(signs * np.log(np.sqrt(k)) / N_ROUNDS)
    np.testing.assert_allclose(factor**N_ROUNDS, np.where(y == 1, np.sqrt(k), 1 / np.sqrt(k)))
    weight, before = np.ones(len(y)), []
    for said, alpha in zip(said_by(model, X), model.estimator_weights_, strict=True):
        weight = weight * factor
        before.append(weight)
        weight = weight * np.exp(alpha * (said != y))
    check_weights(seen, before)


def test_asymboost_on_errors_only(table):
    """The factor of an error is the cost ratio of true and predicted class to 1 / (2 T)."""
    X, y = table
    k = 7.0
    model, seen = recorded(
        small(AsymBoostClassifier, costs={0: 1.0, 1: k}, on_errors_only=True), X, y
    )
    weight, before = np.ones(len(y)), []
    for said, alpha in zip(said_by(model, X), model.estimator_weights_, strict=True):
        before.append(weight)
        ratio = np.where(y == 1, k, 1 / k) ** (1 / (2 * N_ROUNDS))
        weight = weight * np.where(said != y, np.exp(alpha) * ratio, 1.0)
    check_weights(seen, before)


@pytest.mark.parametrize(
    "kind",
    [
        AdaCostClassifier(on_errors_only=True),
        AdaUBoostClassifier(),
        AsymBoostClassifier(),
        AsymBoostClassifier(on_errors_only=True),
    ],
    ids=str,
)
def test_equal_costs_are_adaboost(kind, table, three):
    for X, y in (table, three):
        model = type(kind)(**{**kind.get_params(), "costs": "uniform", "n_estimators": 10})
        theirs = AdaBoostClassifier(n_estimators=10).fit(X, y)
        model.fit(X, y)
        np.testing.assert_allclose(model.predict_proba(X), theirs.predict_proba(X), rtol=1e-7)


# --- all of them -----------------------------------------------------------------------------


def test_named_costs():
    prior = np.array([0.8, 0.05, 0.15])
    classes = np.array(["a", "b", "c"])
    inverse = [1, 16, 16 / 3]
    np.testing.assert_allclose(class_costs("inverse", classes, prior), inverse)
    np.testing.assert_allclose(class_costs("log1p-inverse", classes, prior), np.log1p(inverse))
    assert class_costs("uniform", classes, prior).tolist() == [1, 1, 1]
    assert class_costs({"c": 3, "a": 1, "b": 2}, classes, prior).tolist() == [1, 2, 3]


@every
def test_weights_mean_repetition(kind, table):
    """Stands in for scikit-learn's check_sample_weight_equivalence, on columns that do not tie: no
    rows are drawn, so weights and repeated rows give the same ensemble."""
    X, y = table
    weight = np.random.RandomState(0).randint(4, size=len(y))
    repeated = np.repeat(np.arange(len(y)), weight)
    model = type(kind)(**{**kind.get_params(), "n_estimators": 15})
    one = model.fit(X, y, sample_weight=weight).predict_proba(X)
    other = model.fit(X[repeated], y[repeated]).predict_proba(X)
    np.testing.assert_allclose(one, other, rtol=1e-6)
    ignored = model.fit(X, y).predict_proba(X)
    assert np.abs(ignored - other).max() > 1e-3


@every
def test_no_rows_are_drawn(kind, table):
    X, y = table
    model = type(kind)(**kind.get_params()).fit(X, y)
    np.testing.assert_array_equal(model.estimators_samples_[-1], np.arange(len(y)))
    assert not hasattr(model, "sampling_strategy_")
    np.testing.assert_allclose(model.resampled_prior_, model.prior_)


@pytest.mark.parametrize(
    ("kind", "tilt"),
    [
        (AdaCostClassifier(), 3.0),
        (AdaCostClassifier(on_errors_only=True), 1.0),
        (AdaUBoostClassifier(), 3.0),
        (AsymBoostClassifier(), 3.0),
        (AsymBoostClassifier(on_errors_only=True), 1.0),
    ],
    ids=str,
)
def test_recalibration_takes_the_tilt_out(kind, tilt, table):
    """Whatever the first weights or the rounds favoured class 1 by, the odds are divided by."""
    X, y = table
    model = type(kind)(
        **{**kind.get_params(), "costs": {0: 1.0, 1: 3.0}, "recalibrate": True, "n_estimators": 8}
    ).fit(X, y)
    score = model.decision_function(X) * sum(model.estimator_weights_) / 2
    proba = from_score(np.column_stack([-score, score]))
    expected = proba[:, 1] / proba[:, 0] / tilt
    said = model.predict_proba(X)
    np.testing.assert_allclose(said[:, 1] / said[:, 0], expected, rtol=1e-7)


@every
def test_costs_move_the_decision(kind, table):
    """Not a close call: missing the small class costs 20 times more, and it is found more often."""
    X, y = table
    cheap, dear = (
        type(kind)(**{**kind.get_params(), "costs": costs}).fit(X, y).predict(X)[y == 1].mean()
        for costs in ({0: 1.0, 1: 1.0}, {0: 1.0, 1: 20.0})
    )
    assert dear > cheap + 0.02


@pytest.mark.parametrize(
    ("kind", "costs", "message"),
    [
        (AdaCostClassifier(), [[0, 1], [1, 0], [1, 1]], r"shape \(2, 2\)"),
        (AdaCostClassifier(), [[0, 0], [1, 0]], "positive off the diagonal"),
        (AdaUBoostClassifier(), {0: 1.0}, r"one entry for each class.*not in costs: \[1\]"),
        (AsymBoostClassifier(), {0: 1, 1: 1, 7: 2}, r"not in y: \[7\]"),
        (AsymBoostClassifier(), {0: 1, 1: 0}, "positive and finite"),
        (AsymBoostClassifier(), "fair", "'costs' parameter"),
    ],
    ids=str,
)
def test_wrong_costs(kind, costs, message, table):
    with pytest.raises(ValueError, match=message):
        type(kind)(costs=costs).fit(*table)


def test_inverse_costs_need_every_class(table):
    X, y = table
    with pytest.raises(ValueError, match="has rows of positive weight"):
        AdaUBoostClassifier().fit(X, y, sample_weight=np.where(y == 1, 0.0, 1.0))
