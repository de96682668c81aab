"""What predictions cost: against sums written out, scikit-learn's metrics, and known ends."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, cross_val_score

from cost.made import proba_and_labels, random_costs
from imbalance_kit.cost import (
    CostMatrix,
    CostScorer,
    MinimumExpectedCostClassifier,
    example_costs,
    expected_cost,
    savings_score,
)


@st.composite
def decisions(draw):
    """True and predicted codes, weights and costs for two to four classes that all occur."""
    rng = np.random.RandomState(draw(st.integers(0, 2**32 - 1)))
    n_classes = draw(st.integers(2, 4))
    y = np.concatenate([np.arange(n_classes), rng.randint(n_classes, size=20)])
    said = rng.randint(n_classes, size=len(y))
    return y, said, rng.uniform(0.1, 3.0, size=len(y)), random_costs(rng, n_classes)


@given(decisions())
def test_it_is_the_weighted_mean_over_rows(problem):
    y, said, weight, costs = problem
    paid = [costs[true, guess] for true, guess in zip(y, said, strict=True)]
    assert expected_cost(y, said, cost_matrix=costs) == pytest.approx(np.mean(paid))
    weighted = expected_cost(y, said, cost_matrix=costs, sample_weight=weight)
    assert weighted == pytest.approx(np.average(paid, weights=weight))


@given(decisions())
def test_costs_of_rows_that_are_all_alike_are_the_matrix(problem):
    y, said, weight, costs = problem
    full = np.repeat(costs[None], len(y), axis=0)
    for score in (expected_cost, savings_score):
        expected = score(y, said, cost_matrix=costs, sample_weight=weight)
        by_truth = score(y, said, cost=full, sample_weight=weight)
        by_decision = score(y, said, cost=costs[y], sample_weight=weight)
        assert by_truth == by_decision == pytest.approx(expected)


@given(decisions())
def test_known_matrices(problem):
    y, said, weight, _ = problem
    assert expected_cost(y, said) == pytest.approx(1 - accuracy_score(y, said))
    balanced = expected_cost(y, said, cost_matrix="balanced", sample_weight=weight)
    expected = 1 - balanced_accuracy_score(y, said, sample_weight=weight)
    assert balanced == pytest.approx(expected)


@given(decisions())
def test_a_weight_of_two_is_a_row_twice(problem):
    y, said, _, costs = problem
    weight = 1 + np.arange(len(y)) % 3
    for matrix in (costs, "balanced"):
        for score in (expected_cost, savings_score):
            one = score(y, said, cost_matrix=matrix, sample_weight=weight)
            other = score(np.repeat(y, weight), np.repeat(said, weight), cost_matrix=matrix)
            assert one == pytest.approx(other)


@given(decisions())
def test_savings_of_constant_and_of_perfect_decisions(problem):
    y, _, weight, costs = problem
    costs = costs - np.diagonal(costs)[:, None]  # right decisions cost nothing
    given_weight = {"cost_matrix": costs, "sample_weight": weight}
    constants = [savings_score(y, np.full(len(y), k), **given_weight) for k in range(len(costs))]
    assert max(constants) == pytest.approx(0, abs=1e-12)
    assert savings_score(y, y, **given_weight) == 1


def test_savings_by_hand():
    """Nothing investigated costs 140, all 20; catching the larger fraud alone costs 40 + 5 + 5."""
    y = [1, 1, 0, 0]
    cost = example_costs(
        false_positive=5, false_negative=[100, 40, 1, 1], true_positive=5, true_negative=0
    )
    assert expected_cost(y, [1, 0, 1, 0], cost=cost) == 50 / 4
    assert savings_score(y, [1, 0, 1, 0], cost=cost) == pytest.approx(1 - 50 / 20)
    assert savings_score(y, [1, 1, 0, 0], cost=cost) == pytest.approx(1 - 10 / 20)


def test_savings_where_the_best_constant_decision_gains():
    matrix = [[0, 1], [0, -10]]
    y = [0, 1]
    assert savings_score(y, [1, 1], cost_matrix=matrix) == 0  # gains 9
    assert savings_score(y, [0, 1], cost_matrix=matrix) == pytest.approx(1 / 9)
    assert savings_score(y, [0, 0], cost_matrix=matrix) == pytest.approx(-1)


def test_savings_where_the_best_constant_decision_costs_nothing():
    assert savings_score([0, 0], [0, 0]) == 0
    with pytest.warns(UndefinedMetricWarning, match="costs nothing"):
        assert np.isnan(savings_score([0, 0], [0, 1]))


def test_labels_and_their_order():
    matrix = CostMatrix([[0, 3], [8, 0]], classes=["z", "a"])  # z taken for a costs 3
    assert expected_cost(["z", "a"], ["a", "a"], cost_matrix=matrix) == 1.5
    assert expected_cost(["z", "a"], ["z", "z"], cost_matrix=matrix) == 4
    # a class that these rows lack
    assert expected_cost(["a"], ["a"], cost_matrix=matrix) == 0
    unlabelled = [[0, 3, 4], [8, 0, 5], [1, 1, 0]]
    assert expected_cost([0, 0], [1, 1], cost_matrix=unlabelled, labels=[0, 1, 2]) == 3
    assert expected_cost([2, 2], [0, 0], cost_matrix=unlabelled, labels=[2, 0, 1]) == 3
    series = pd.Series(["z", "a"], index=[7, 3])
    assert expected_cost(series, np.array(["a", "a"]), cost_matrix=matrix) == 1.5
    positive_first = CostMatrix.from_prices(false_positive=1, false_negative=9, pos_label="a")
    assert expected_cost(["a", "z"], ["z", "z"], cost_matrix=positive_first) == 4.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"cost_matrix": [[0, 1], [1, 0]], "cost": np.ones((3, 2))}, "not both"),
        ({"cost": np.ones((3, 3))}, r"shape \(3, 3\) for 3 rows and 2 classes.*example_costs"),
        ({"cost": np.ones(3)}, r"shape \(3,\)"),
        ({"cost": np.full((3, 2), np.nan)}, "must be finite; 6 of 6"),
        ({"labels": [0, 2]}, r"classes that labels lacks: \[1\]"),
        ({"cost_matrix": np.ones((3, 3))}, "for 3 classes, but there are 2"),
        ({"cost_matrix": [[0, "amount"], [1, 0]]}, r"differ by row.*for_rows"),
        ({"sample_weight": [1.0]}, "sample_weight"),
    ],
)
def test_costs_that_do_not_fit_are_refused(arguments, message):
    for score in (expected_cost, savings_score):
        with pytest.raises(ValueError, match=message):
            score([0, 1, 1], [0, 0, 1], **arguments)


def test_a_scorer_from_the_function(overlapping):
    X, y = overlapping
    matrix = CostMatrix([[0, 1], [9, 0]])
    scorer = make_scorer(expected_cost, greater_is_better=False, cost_matrix=matrix)
    scores = cross_val_score(LogisticRegression(), X, y, cv=3, scoring=scorer)
    own = cross_val_score(LogisticRegression(), X, y, cv=3, scoring=CostScorer(matrix))
    np.testing.assert_array_equal(scores, own)
    assert (scores < 0).all()


@pytest.mark.parametrize("savings", [False, True])
def test_a_search_whose_costs_stand_in_a_column(savings):
    """Prices by row in a grid search that hands X and y to its scorer and X alone to predict."""
    proba, y = proba_and_labels(600, 2)
    amount = np.random.RandomState(1).lognormal(3, 1, size=len(y))
    X = pd.DataFrame({"score": proba[:, 1], "amount": amount})
    matrix = CostMatrix.from_prices(false_positive=5, false_negative="amount", true_positive=5)
    model = MinimumExpectedCostClassifier(LogisticRegression(), cost_matrix=matrix)
    scorer = CostScorer(matrix, savings=savings)
    search = GridSearchCV(model, {"estimator__C": [0.01, 1.0]}, scoring=scorer, cv=3).fit(X, y)
    said = search.predict(X)
    cost = example_costs(false_positive=5, false_negative=amount, true_positive=5)
    expected = savings_score(y, said, cost=cost) if savings else -expected_cost(y, said, cost=cost)
    assert search.score(X, y) == pytest.approx(expected)
    fraudulent = search.predict_proba(X)[:, 1]
    np.testing.assert_array_equal(said == 1, fraudulent * amount > 5)
