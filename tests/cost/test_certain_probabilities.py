"""Tuned decisions of models that predict probabilities of 0 and 1: against every rule by hand."""

import numpy as np
import pytest
from loops import looped
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import make_scorer
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from cost.made import fixed_proba, random_costs
from imbalance_kit.cost import CostMatrix, ThresholdedClassifierCV, expected_cost
from imbalance_kit.cost._multipliers import decide

LEARNERS = [
    DecisionTreeClassifier(random_state=0),
    RandomForestClassifier(n_estimators=3, max_depth=4, random_state=0),
    KNeighborsClassifier(1),
    KNeighborsClassifier(3),
]
PRICES = [(1.0, 1000.0), (1000.0, 1.0), (1.0, 30.0), (5.0, 5.0)]  # of a false positive, negative


def noisy(n_classes, seed):
    """A table on which no learner is sure to be right, and labels that are words."""
    X, y = make_classification(
        400,
        n_informative=4,
        n_classes=n_classes,
        weights=[0.8, 0.2] if n_classes == 2 else [0.7, 0.2, 0.1],
        flip_y=0.4,
        class_sep=0.3,
        random_state=seed,
    )
    return X, np.array(["a", "b", "c"])[y]


def on_own_rows(learner, X, y, **parameters):
    """Tuned on the second half, by a model of the first half."""
    fitted = FrozenEstimator(learner.fit(X[:200], y[:200]))
    return ThresholdedClassifierCV(fitted, **parameters), X[200:], y[200:]


def constant_costs(y, classes, **costs):
    return [expected_cost(y, np.full(len(y), label), labels=classes, **costs) for label in classes]


@looped("learner", LEARNERS)
def test_two_classes_cost_no_more_than_by_any_threshold(learner):
    for seed in range(3):
        X, y = noisy(2, seed)
        for false_positive, false_negative in PRICES:
            matrix = CostMatrix([[0, false_positive], [false_negative, 0]], classes=["a", "b"])
            model, X_own, y_own = on_own_rows(learner, X, y, cost_matrix=matrix)
            model.fit(X_own, y_own)
            positive = model.predict_proba(X_own)[:, 1]
            every = [
                expected_cost(y_own, np.where(positive >= value, "b", "a"), cost_matrix=matrix)
                for value in [*np.unique(positive), 0.0, 2.0]
            ]
            paid = expected_cost(y_own, model.predict(X_own), cost_matrix=matrix)
            assert paid == pytest.approx(min(every))
            assert -model.best_score_ == pytest.approx(paid)
            reached = positive >= model.best_threshold_
            np.testing.assert_array_equal(model.predict(X_own) == "b", reached)
            by_multipliers = decide(model.predict_proba(X_own), model.multipliers_)
            np.testing.assert_array_equal(model.predict(X_own), model.classes_[by_multipliers])


@looped("learner", LEARNERS)
def test_more_classes_cost_no_more_than_a_constant_decision(learner):
    for seed in range(3):
        X, y = noisy(3, seed)
        costs = random_costs(np.random.RandomState(seed), 3)
        costs[seed] *= 300.0  # one class whose errors are ruinous
        costs[seed, seed] = 0.0
        matrix = CostMatrix(costs, classes=["a", "b", "c"])
        model, X_own, y_own = on_own_rows(learner, X, y, cost_matrix=matrix)
        model.fit(X_own, y_own)
        paid = expected_cost(y_own, model.predict(X_own), cost_matrix=matrix)
        assert paid <= min(constant_costs(y_own, ["a", "b", "c"], cost_matrix=matrix)) + 1e-9
        assert -model.best_score_ == pytest.approx(paid)


@looped("learner", LEARNERS)
def test_costs_and_weights_of_rows(learner):
    for n_classes in (2, 3):
        rng = np.random.RandomState(n_classes)
        X, y = noisy(n_classes, 0)
        model, X_own, y_own = on_own_rows(learner, X, y)
        cost = rng.lognormal(0, 3, size=(200, n_classes))
        cost[:, 1] -= 50.0  # a gain in nearly all rows
        weight = rng.uniform(0, 3, size=200)
        model.fit(X_own, y_own, cost=cost, sample_weight=weight)
        constant = np.average(cost, axis=0, weights=weight).min()
        assert model.score(X_own, y_own, cost=cost, sample_weight=weight) >= -constant - 1e-9


@looped("label", ["a", "c"])
def test_scorers_are_no_worse_than_a_constant_decision(label):
    """Recall of one class is 1 where it is always decided."""
    X, y = noisy(3, 1)

    def recall(y_true, y_pred):
        return np.mean(y_pred[y_true == label] == label)

    model, X_own, y_own = on_own_rows(LEARNERS[0], X, y, scoring=make_scorer(recall))
    assert model.fit(X_own, y_own).best_score_ == 1.0
    assert model.score(X_own, y_own) == 1.0


@looped("n_classes", [2, 3, 4])
def test_a_constant_decision_holds_for_any_row(n_classes):
    """One that is certain of another class too."""
    labels = list(range(n_classes))
    proba = np.eye(n_classes)[np.arange(60) % n_classes]
    y = np.roll(np.arange(60) % n_classes, 1)
    for best in labels:
        costs = 1.0 - np.eye(n_classes)
        costs[best] *= 1000.0
        model = ThresholdedClassifierCV(
            fixed_proba(labels), cost_matrix=costs, store_cv_results=True
        )
        model.fit(proba, y)
        assert set(model.predict(np.eye(n_classes))) == {best}
        np.testing.assert_array_equal(model.multipliers_, np.eye(n_classes)[best])
        assert model.cv_results_["starts"][-1] == "a constant decision"
        assert model.cv_results_["scores"].max() == model.best_score_


def test_a_factor_rule_is_kept_where_a_constant_one_is_not_better():
    proba = np.array([[0.9, 0.1], [0.6, 0.4], [0.3, 0.7], [0.2, 0.8]] * 10)
    y = np.array([0, 0, 1, 1] * 10)
    model = ThresholdedClassifierCV(fixed_proba([0, 1]), cost_matrix=[[0, 1], [1, 0]]).fit(proba, y)
    assert (model.multipliers_ > 0).all()
    assert 0.4 < model.best_threshold_ < 0.7
