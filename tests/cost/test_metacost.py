"""MetaCost against a version written out slowly, and where relabelling goes to the end."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from cost.made import random_costs
from imbalance_kit.cost import (
    CostMatrix,
    MetaCostClassifier,
    MinimumExpectedCostClassifier,
    example_costs,
    expected_cost,
)


def slowly(X, y, costs, samples, use_all, weight=None):
    """Labels and final model of MetaCost with naive Bayes, row by row; costs of each row."""
    learners = []
    for rows in samples:
        own = None if weight is None else weight[rows]
        learners.append(GaussianNB().fit(X[rows], y[rows], sample_weight=own))
    labels = []
    for i in range(len(y)):
        asked = [
            learner
            for learner, rows in zip(learners, samples, strict=True)
            if use_all or i not in rows
        ] or learners
        proba = np.mean([learner.predict_proba(X[i : i + 1])[0] for learner in asked], axis=0)
        paid = [
            sum(proba[t] * costs[i][t, d] for t in range(len(proba))) for d in range(len(proba))
        ]
        labels.append(int(np.argmin(paid)))
    return np.array(labels), GaussianNB().fit(X, labels, sample_weight=weight)


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
@pytest.mark.parametrize("by_row", [False, True], ids=["matrix", "rows"])
@pytest.mark.parametrize("use_all", [False, True], ids=["out-of-bag", "all"])
def test_it_is_the_slow_version(use_all, by_row, weighted, three_classes):
    X, y = three_classes
    rng = np.random.RandomState(0)
    weight = rng.uniform(0.5, 2.0, size=len(y)) if weighted else None
    matrix = random_costs(rng, 3)
    costs = [random_costs(rng, 3) if by_row else matrix for _ in y]
    model = MetaCostClassifier(
        GaussianNB(), cost_matrix=matrix, n_estimators=4, use_all=use_all, random_state=0
    ).fit(X, y, sample_weight=weight, cost=np.array(costs) if by_row else None)
    labels, final = slowly(X, y, costs, model.estimators_samples_, use_all, weight)
    np.testing.assert_array_equal(model.relabelled_, labels)
    np.testing.assert_allclose(model.predict_proba(X), final.predict_proba(X))
    np.testing.assert_array_equal(model.predict(X), final.predict(X))


@pytest.mark.parametrize(("max_samples", "n"), [(1.0, 87), (0.5, 44), (30, 30), (1, 3)])
def test_draws_have_the_class_shares(max_samples, n, three_classes):
    X, y = three_classes
    model = MetaCostClassifier(
        GaussianNB(), n_estimators=3, max_samples=max_samples, random_state=0
    )
    if max_samples == 1:  # one row of each class has no variance
        model.set_params(estimator=KNeighborsClassifier(1))
    model.fit(X, y)
    for rows in model.estimators_samples_:
        assert len(rows) == n
        counts = np.bincount(y[rows], minlength=3)
        assert (counts >= 1).all()
        exact = np.bincount(y) * n / len(y)
        assert (np.abs(counts - exact) < 2).all()
    assert len({tuple(rows) for rows in model.estimators_samples_}) == 3


def test_weights_mean_repetition_on_average():
    """In place of scikit-learn's check, which asks for the same result where rows are drawn: with
    weights, and with rows repeated that often, the mean log-odds of 200 bagged trees agree in each
    of four cells. The difference of two means stays within 7 estimated standard errors (false
    alarm below 4 * 1e-11), which ignored weights do not."""
    rng = np.random.RandomState(0)
    cell = rng.randint(4, size=3000)
    y = (rng.uniform(size=3000) < np.array([0.1, 0.2, 0.3, 0.4])[cell]).astype(int)
    X = cell[:, None].astype(float)
    weight = 1 + rng.randint(3, size=3000) * (1 + (cell == 2) * y)
    rows = np.repeat(np.arange(3000), weight)

    def log_odds(X, y, weight=None):
        model = MetaCostClassifier(DecisionTreeClassifier(), n_estimators=200, random_state=0)
        learners = model.fit(X, y, sample_weight=weight).estimators_
        proba = np.array([one.predict_proba(np.arange(4.0)[:, None])[:, 1] for one in learners])
        return np.log(proba / (1 - proba))

    one, other, ignored = log_odds(X, y, weight), log_odds(X[rows], y[rows]), log_odds(X, y)
    error = np.sqrt((one.var(axis=0) + other.var(axis=0)) / 200)
    assert (np.abs(one.mean(axis=0) - other.mean(axis=0)) < 7 * error).all()
    assert (np.abs(ignored.mean(axis=0) - other.mean(axis=0)) > 7 * error).any()


def test_classifiers_without_probabilities_vote(two_classes):
    X, y = two_classes
    model = MetaCostClassifier(
        LinearSVC(), cost_matrix=[[0, 1], [3, 0]], n_estimators=5, random_state=0
    ).fit(X, y)
    votes = np.mean([learner.predict(X) for learner in model.estimators_], axis=0)
    np.testing.assert_array_equal(model.relabelled_, (votes > 1 / 4).astype(int))
    assert not hasattr(model, "predict_proba")


def test_one_class_left_is_predicted_everywhere(three_classes):
    X, y = three_classes
    names = np.array(["a", "b", "c"])[y]
    model = MetaCostClassifier(LogisticRegression(), cost_matrix={"b": 1e9}, random_state=0)
    with pytest.warns(UserWarning, match=r"Class 'b' is the cheapest decision for every row"):
        model.fit(X, names)
    assert set(model.predict(X)) == {"b"}
    np.testing.assert_array_equal(model.predict_proba(X), [[0, 1, 0]] * len(y))
    assert model.classes_.tolist() == ["a", "b", "c"]


def test_a_class_that_is_left_out_has_probability_zero(three_classes):
    X, y = three_classes
    costs = np.array([[0, 1, 5.0], [1, 0, 5.0], [1, 1, 4.0]])  # deciding for 2 never pays
    model = MetaCostClassifier(GaussianNB(), cost_matrix=costs, random_state=0)
    with pytest.warns(UserWarning, match=r"Deciding for \[2\]"):
        model.fit(X, y)
    proba = model.predict_proba(X)
    assert proba.shape == (len(y), 3)
    assert (proba[:, 2] == 0).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1)


def test_it_decides_much_like_the_rule_it_learned_from(overlapping):
    X, y = overlapping
    matrix = CostMatrix([[0, 1], [15, 0]])
    tree = DecisionTreeClassifier(max_depth=4, random_state=0)
    meta = MetaCostClassifier(tree, cost_matrix=matrix, random_state=0).fit(X, y)
    bayes = MinimumExpectedCostClassifier(tree, cost_matrix=matrix, calibration=None).fit(X, y)
    assert np.mean(meta.predict(X) == bayes.predict(X)) > 0.9
    plain = expected_cost(y, tree.fit(X, y).predict(X), cost_matrix=matrix)
    assert -meta.score(X, y) < plain


def test_prices_in_a_column_are_full_matrices(overlapping):
    X, y = overlapping
    amount = np.random.RandomState(0).lognormal(2, 1, size=len(y))
    frame = pd.DataFrame(X).assign(amount=amount).rename(columns=str)
    matrix = CostMatrix.from_prices(false_positive=5, false_negative="amount", true_positive=5)
    by_column = MetaCostClassifier(GaussianNB(), cost_matrix=matrix, random_state=0)
    cost = example_costs(false_positive=5, false_negative=amount, true_positive=5)
    given = MetaCostClassifier(GaussianNB(), random_state=0).fit(frame, y, cost=cost)
    np.testing.assert_array_equal(by_column.fit(frame, y).relabelled_, given.relabelled_)
    with pytest.raises(ValueError, match="full matrix for each row"):
        given.fit(frame, y, cost=cost[np.arange(len(y)), y])


def test_probabilities_are_those_of_a_slow_average_with_missing_votes():
    """Out of bag with two learners: a row that both saw is asked of both."""
    rng = np.random.RandomState(0)
    X, y = rng.normal(size=(12, 2)), np.repeat([0, 1], 6)
    model = MetaCostClassifier(
        GaussianNB(), n_estimators=2, use_all=False, max_samples=1.0, random_state=1
    ).fit(X, y)
    seen = [set(rows) for rows in model.estimators_samples_]
    assert seen[0] & seen[1]  # else the case is not there
    labels, _ = slowly(X, y, [1.0 - np.eye(2)] * 12, model.estimators_samples_, False)
    np.testing.assert_array_equal(model.relabelled_, labels)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_estimators": 0}, "'n_estimators' parameter"),
        ({"max_samples": 1.5}, "'max_samples' parameter"),
        ({"cost_matrix": np.ones((3, 3))}, "for 3 classes, but there are 2"),
    ],
)
def test_wrong_parameters(parameters, message, two_classes):
    with pytest.raises(ValueError, match=message):
        MetaCostClassifier(GaussianNB(), **parameters).fit(*two_classes)
