"""Decisions of least expected cost: closed forms, brute force, costs of rows, calibration."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import ShuffleSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from cost.made import fixed_proba, proba_and_labels, random_costs
from imbalance_kit.cost import (
    CostMatrix,
    MinimumExpectedCostClassifier,
    example_costs,
    expected_cost,
)


def decides(costs, proba, labels=None):
    """A fitted classifier that decides by given probabilities."""
    labels = range(proba.shape[1]) if labels is None else labels
    y = np.array(list(labels))[np.arange(len(proba)) % len(labels)]
    return MinimumExpectedCostClassifier(
        fixed_proba(labels), cost_matrix=costs, calibration=None
    ).fit(proba, y)


@given(st.integers(0, 2**32 - 1))
def test_two_classes_have_a_threshold_in_closed_form(seed):
    """(c01 - c00) / (c01 - c00 + c10 - c11), rows true and columns predicted (Elkan 2001)."""
    rng = np.random.RandomState(seed)
    (c00, c01), (c10, c11) = costs = random_costs(rng, 2)
    threshold = (c01 - c00) / (c01 - c00 + c10 - c11)
    positive = np.concatenate([rng.uniform(size=200), threshold + np.array([-1e-9, 1e-9])])
    proba = np.column_stack([1 - positive, positive])
    said = decides(costs, proba).predict(proba)
    np.testing.assert_array_equal(said == 1, positive > threshold)


@given(st.integers(0, 2**32 - 1), st.integers(2, 5))
def test_decisions_are_those_of_brute_force(seed, n_classes):
    rng = np.random.RandomState(seed)
    costs = random_costs(rng, n_classes)
    proba = rng.dirichlet(np.ones(n_classes), size=30)
    model = decides(costs, proba)
    for p, said, expected in zip(
        proba, model.predict(proba), model.decision_cost(proba), strict=True
    ):
        slow = [sum(p[t] * costs[t, d] for t in range(n_classes)) for d in range(n_classes)]
        np.testing.assert_allclose(expected, slow)
        assert said == int(np.argmin(slow))


def test_costs_of_rows_decide_as_computed_by_hand():
    """A fraud of 100 is worth a look at 5 from P = .05 on, one of 20 from .25 on."""
    proba = np.array([[0.9, 0.1], [0.9, 0.1], [0.96, 0.04], [0.7, 0.3]])
    amount = np.array([100.0, 20.0, 100.0, 20.0])
    cost = example_costs(false_positive=5, false_negative=amount, true_positive=5)
    model = decides("balanced", proba)
    assert model.predict(proba, cost=cost).tolist() == [1, 0, 0, 1]
    np.testing.assert_allclose(
        model.decision_cost(proba, cost=cost), np.column_stack([proba[:, 1] * amount, [5.0] * 4])
    )
    frame = pd.DataFrame(proba, columns=["no", "yes"]).assign(amount=amount)
    matrix = CostMatrix.from_prices(false_positive=5, false_negative="amount", true_positive=5)
    by_column = MinimumExpectedCostClassifier(
        fixed_proba([0, 1]), cost_matrix=matrix, calibration=None
    )
    assert by_column.fit(frame, [0, 1, 0, 1]).predict(frame).tolist() == [1, 0, 0, 1]
    y = [1, 1, 0, 0]  # paid: 5 + 20 + 0 + 5
    assert by_column.score(frame, y) == pytest.approx(-30 / 4)
    assert model.score(proba, y, cost=cost) == pytest.approx(-30 / 4)
    # decided without the costs of rows, paid with them: P = .5 is the threshold
    assert model.score(proba, y, cost=cost[np.arange(4), y]) == pytest.approx(-120 / 4)


def test_full_matrices_that_are_all_alike_are_the_matrix():
    proba, _ = proba_and_labels(200, 3)
    costs = random_costs(np.random.RandomState(3), 3)
    model = decides(costs, proba)
    repeated = np.repeat(costs[None], len(proba), axis=0)
    np.testing.assert_array_equal(model.predict(proba, cost=repeated), model.predict(proba))


@pytest.mark.parametrize("labels", [["b", "a", "c"], [5, -1, 3]], ids=["words", "numbers"])
def test_labels_of_the_matrix_are_matched(labels):
    proba, _ = proba_and_labels(200, 3)
    costs = random_costs(np.random.RandomState(4), 3)
    order = np.argsort(labels)
    plain = decides(costs[np.ix_(order, order)], proba, labels=sorted(labels))
    named = decides(CostMatrix(costs, classes=labels), proba, labels=sorted(labels))
    np.testing.assert_array_equal(named.predict(proba), plain.predict(proba))
    assert named.cost_matrix_.classes == tuple(sorted(labels))


def test_balanced_costs_multiply_by_the_inverse_shares(overlapping):
    X, y = overlapping
    weight = np.random.RandomState(0).uniform(size=len(y))
    for given_weight in (None, weight):
        model = MinimumExpectedCostClassifier(LogisticRegression())
        model.fit(X, y, sample_weight=given_weight)
        share = np.average(y, weights=given_weight)
        np.testing.assert_array_equal(model.predict(X) == 1, model.predict_proba(X)[:, 1] > share)


def test_probabilities_stay_the_estimators(three_classes):
    X, y = three_classes
    plain = GaussianNB().fit(X, y)
    model = MinimumExpectedCostClassifier(GaussianNB(), cost_matrix={1: 50}, calibration=None).fit(
        X, y
    )
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    assert (model.predict(X) == 1).sum() > (plain.predict(X) == 1).sum()
    fitted = MinimumExpectedCostClassifier(
        FrozenEstimator(plain), cost_matrix={1: 50}, calibration=None
    ).fit(X, y)
    np.testing.assert_array_equal(fitted.predict(X), model.predict(X))


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_calibration_is_scikit_learns(method, overlapping):
    X, y = overlapping
    weight = np.random.RandomState(0).uniform(0.5, 1.5, size=len(y))
    model = MinimumExpectedCostClassifier(GaussianNB(), calibration=method, cv=3)
    model.fit(X, y, sample_weight=weight)
    expected = CalibratedClassifierCV(GaussianNB(), method=method, cv=3)
    expected.fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))
    assert isinstance(model.estimator_, CalibratedClassifierCV)


@pytest.mark.parametrize("ensemble", [True, False])
def test_one_calibrated_estimator_or_one_per_fold(ensemble, overlapping):
    X, y = overlapping
    model = MinimumExpectedCostClassifier(
        GaussianNB(), calibration="sigmoid", cv=4, ensemble=ensemble
    ).fit(X, y)
    expected = CalibratedClassifierCV(GaussianNB(), cv=4, ensemble=ensemble).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))
    assert len(model.estimator_.calibrated_classifiers_) == (4 if ensemble else 1)


def test_one_estimator_per_split_of_any_splitter(overlapping):
    X, y = overlapping
    for cv, n_copies in [
        (np.int64(3), 3),
        (None, 5),
        (ShuffleSplit(2, random_state=0), 2),
        ([(np.arange(0, 3000), np.arange(3000, len(y)))], 1),
    ]:
        model = MinimumExpectedCostClassifier(GaussianNB(), calibration="sigmoid", cv=cv)
        assert len(model.fit(X, y).estimator_.calibrated_classifiers_) == n_copies
        assert set(model.predict(X)) == {0, 1}


def test_calibration_gives_probabilities_to_those_that_have_none(overlapping):
    X, y = overlapping
    model = MinimumExpectedCostClassifier(
        LinearSVC(), cost_matrix=[[0, 1], [9, 0]], calibration="sigmoid"
    ).fit(X, y)
    np.testing.assert_array_equal(model.predict(X) == 1, model.predict_proba(X)[:, 1] > 0.1)
    bare = MinimumExpectedCostClassifier(LinearSVC(), calibration=None).fit(X, y)
    with pytest.raises(AttributeError, match="predict_proba"):
        bare.predict(X)


def test_calibration_of_a_fitted_estimator_and_of_small_classes(overlapping, three_classes):
    X, y = overlapping
    plain = GaussianNB().fit(X[:2000], y[:2000])
    held_out = slice(2000, None)
    model = MinimumExpectedCostClassifier(FrozenEstimator(plain), calibration="sigmoid")
    model.fit(X[held_out], y[held_out])
    expected = CalibratedClassifierCV(FrozenEstimator(plain)).fit(X[held_out], y[held_out])
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))
    X, y = three_classes
    few = np.concatenate([np.flatnonzero(y != 1), np.flatnonzero(y == 1)[:3]])
    model = MinimumExpectedCostClassifier(GaussianNB(), calibration="sigmoid", cv=5, ensemble=True)
    assert len(model.fit(X[few], y[few]).estimator_.calibrated_classifiers_) == 3


def test_it_is_cheaper_than_the_largest_probability_where_probabilities_are_right():
    """The rule minimises the expected cost, so over 20,000 rows whose labels follow the
    probabilities it must win. The largest cost is 10; the difference of means has a standard
    error below 10 / sqrt(20,000) = .07, and the expected one, from the probabilities, is above
    8 of these: false alarm below 1e-14."""
    proba, y = proba_and_labels(20_000, 3, seed=5)
    costs = np.array([[0, 1, 1], [9, 0, 2], [10, 3, 0]], dtype=float)
    model = decides(costs, proba)
    expected = proba @ costs
    gap = np.mean(expected[np.arange(len(y)), proba.argmax(axis=1)] - expected.min(axis=1))
    assert gap > 8 * 0.07
    paid = expected_cost(y, model.predict(proba), cost_matrix=costs)
    assert paid < expected_cost(y, proba.argmax(axis=1), cost_matrix=costs)


def test_a_transposed_matrix_is_noticed(two_classes):
    model = MinimumExpectedCostClassifier(GaussianNB(), cost_matrix=[[0, -1], [0, -10]])
    with pytest.warns(UserWarning, match=r"Deciding for \[0\].*never best.*Rows"):
        model.fit(*two_classes)


def test_pipelines_frames_and_columns(overlapping):
    X, y = overlapping
    frame = pd.DataFrame(X, columns=list("abcde"))
    frame["e"] = np.abs(frame["e"]) * 20
    matrix = CostMatrix.from_prices(false_positive=2, false_negative="e")
    learner = make_pipeline(StandardScaler(), LogisticRegression())
    model = MinimumExpectedCostClassifier(learner, cost_matrix=matrix, calibration=None).fit(
        frame, y
    )
    positive = clone(learner).fit(frame, y).predict_proba(frame)[:, 1]
    expected = positive * frame["e"].to_numpy() > (1 - positive) * 2
    np.testing.assert_array_equal(model.predict(frame) == 1, expected)
    assert model.feature_names_in_.tolist() == list("abcde")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"cost_matrix": np.ones((3, 3))}, "for 3 classes, but there are 2"),
        ({"cost_matrix": {7: 2}}, r"given for the classes \[7\]"),
        ({"cost_matrix": "inverse"}, "'cost_matrix' parameter"),
        ({"calibration": "platt"}, "'calibration' parameter"),
        ({"cv": 1}, "'cv' parameter"),
    ],
)
def test_wrong_parameters(parameters, message, two_classes):
    with pytest.raises(ValueError, match=message):
        MinimumExpectedCostClassifier(GaussianNB(), **parameters).fit(*two_classes)


def test_costs_of_rows_whose_class_is_unknown_must_be_full(two_classes):
    X, y = two_classes
    model = MinimumExpectedCostClassifier(GaussianNB()).fit(X, y)
    with pytest.raises(ValueError, match=r"shape \(75, 2\).*\(n_samples, n_classes, n_classes\)"):
        model.predict(X, cost=np.ones((len(y), 2)))
