"""Cost matrices: ways to say them, their order, what they make of probabilities and labels."""

import copy
import pickle

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.utils.class_weight import compute_sample_weight

from cost.made import random_costs
from imbalance_kit.cost import Column, CostMatrix, MinimumExpectedCostClassifier, example_costs
from imbalance_kit.cost._decisions import cheapest

COSTS = [[0, 1, 2], [10, 0, 3], [20, 4, -1]]


@st.composite
def matrices(draw):
    """A random matrix of two to five classes, and a generator to go on with."""
    rng = np.random.RandomState(draw(st.integers(0, 2**32 - 1)))
    return random_costs(rng, draw(st.integers(2, 5))), rng


# --- saying it -------------------------------------------------------------------------------


def test_rows_are_true_classes_and_columns_predicted_ones():
    matrix = CostMatrix.from_prices(
        false_positive=5, false_negative=100, true_positive=-2, true_negative=1
    )
    assert matrix.values.tolist() == [[1, 5], [100, -2]]
    assert matrix == CostMatrix([[1, 5], [100, -2]])


def test_it_prints_as_a_table():
    matrix = CostMatrix([[0, 5], [Column("amount", 0.5, 3), 2.5]], classes=["fine", "fraud"])
    assert str(matrix).splitlines() == [
        "true \\ predicted            fine  fraud",
        "fine                           0      5",
        "fraud             0.5*[amount]+3    2.5",
    ]
    assert repr(CostMatrix([[0, 5], ["amount", 2.5]], classes=["fine", "fraud"])) == (
        "CostMatrix([[0, 5], ['amount', 2.5]], classes=['fine', 'fraud'])"
    )


@pytest.mark.parametrize(
    "matrix",
    [
        CostMatrix(COSTS),
        CostMatrix(COSTS, classes=["a", "b", "c"]),
        CostMatrix("balanced"),
        CostMatrix({"a": 2.0, "b": 1.0}),
        CostMatrix.from_prices(false_positive=1, false_negative="amount", pos_label="yes"),
        CostMatrix([[0, Column(3, 2.0)], [1, 0]], classes=[False, True]),
    ],
    ids=["plain", "labels", "balanced", "weights", "pos_label", "column"],
)
def test_it_is_a_value(matrix):
    """Equal to its copies, hashable, and the same after a clone and a pickle."""
    for other in (copy.deepcopy(matrix), pickle.loads(pickle.dumps(matrix))):
        assert other == matrix
        assert hash(other) == hash(matrix)
        assert repr(other) == repr(matrix)
    model = MinimumExpectedCostClassifier(LogisticRegression(), cost_matrix=matrix)
    assert clone(model).cost_matrix == matrix
    assert matrix != CostMatrix([[0, 1], [2, 0]])
    with pytest.raises(AttributeError):
        matrix.costs = ()


@given(matrices())
def test_a_printed_matrix_can_be_read_back(problem):
    matrix = CostMatrix(problem[0], classes=range(len(problem[0])))
    assert eval(repr(matrix)) == matrix


def test_it_stands_in_a_grid(overlapping):
    X, y = overlapping
    model = MinimumExpectedCostClassifier(LogisticRegression())
    grid = {"cost_matrix": [CostMatrix([[0, 1], [5, 0]]), CostMatrix("balanced"), "balanced"]}
    search = GridSearchCV(model, grid, cv=2, scoring="f1", error_score="raise").fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert scores[1] == scores[2]
    assert list(search.cv_results_["param_cost_matrix"]) == grid["cost_matrix"]


def test_class_weights_say_what_an_error_on_a_row_costs():
    matrix = CostMatrix.from_class_weight({"b": 7, "c": 2})
    assert matrix.resolve(["a", "b", "c"]).tolist() == [[0, 1, 1], [7, 0, 7], [2, 2, 0]]
    assert matrix == CostMatrix({"c": 2, "b": 7})


def test_balanced_costs_are_filled_in_late():
    balanced = CostMatrix("balanced")
    expected = [
        [0, 100 / (3 * 80)] * 1 + [100 / (3 * 80)],
        [10 / 3, 0, 10 / 3],
        [10 / 3, 10 / 3, 0],
    ]
    np.testing.assert_allclose(balanced.resolve([0, 1, 2], [80, 10, 10]), expected)
    y = np.repeat(["u", "v"], [9, 1])
    matrix = CostMatrix.inverse_frequency(y)
    np.testing.assert_allclose(matrix.values, [[0, 10 / 18], [5, 0]])
    assert matrix.classes == ("u", "v")
    weighted = CostMatrix.inverse_frequency(y, sample_weight=[1] * 9 + [9])
    np.testing.assert_allclose(weighted.values, [[0, 1], [1, 0]])
    with pytest.raises(ValueError, match="give counts"):
        balanced.resolve([0, 1])
    with pytest.raises(ValueError, match="depend on the classes"):
        _ = balanced.values


def test_labels_decide_the_order():
    matrix = CostMatrix(COSTS, classes=["c", "a", "b"])
    assert matrix.resolve(["a", "b", "c"]).tolist() == [[0, 3, 10], [4, -1, 20], [1, 2, 0]]
    assert matrix.resolve(np.array(["b", "a"])).tolist() == [[-1, 4], [3, 0]]
    assert CostMatrix(COSTS).resolve(["x", "y", "z"]).tolist() == COSTS


def test_the_positive_class_can_be_the_first_one():
    matrix = CostMatrix.from_prices(false_positive=1, false_negative=9, pos_label="bad")
    assert matrix.resolve(["bad", "good"]).tolist() == [[0, 9], [1, 0]]
    assert matrix.resolve(["able", "bad"]).tolist() == [[0, 1], [9, 0]]
    named = CostMatrix.from_prices(false_positive=1, false_negative=9, classes=["good", "bad"])
    assert named.resolve(["bad", "good"]).tolist() == [[0, 9], [1, 0]]
    with pytest.raises(ValueError, match=r"pos_label='bad' needs that class and one other"):
        matrix.resolve(["good", "fine"])
    with pytest.raises(ValueError, match="not both"):
        CostMatrix.from_prices(
            false_positive=1, false_negative=9, classes=["good", "bad"], pos_label="bad"
        )


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        ([[0, 1]], "square cost matrix, true classes as rows"),
        ([[0, 1], [2, np.nan]], "finite number"),
        ([[0, 1], [2, None]], "finite number"),
        (5, "square cost matrix"),
        ([[0]], "at least 2 classes"),
        ("inverse", '"balanced"'),
        ({}, "number that is not negative for each class"),
        ({0: -1}, "not negative"),
        ({0: "amount"}, "number"),
    ],
)
def test_what_is_no_matrix_is_refused(costs, message):
    with pytest.raises(ValueError, match=message):
        CostMatrix(costs)


def test_labels_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="one label for each row"):
        CostMatrix(COSTS, classes=[0, 1])
    with pytest.raises(ValueError, match="differ from one another"):
        CostMatrix(COSTS, classes=[0, 1, 1])
    with pytest.raises(ValueError, match=r"for 3 classes, but there are 2.*shape \(2, 2\)"):
        CostMatrix(COSTS).resolve([0, 1])
    with pytest.raises(ValueError, match=r"no row for the classes \['z'\]"):
        CostMatrix(COSTS, classes=["a", "b", "c"]).resolve(["a", "z"])
    with pytest.raises(ValueError, match=r"given for the classes \[7\]"):
        CostMatrix({7: 1.0}).resolve([0, 1])


# --- decisions and weights -------------------------------------------------------------------


@given(matrices())
def test_expected_cost_is_the_sum_over_true_classes(problem):
    costs, rng = problem
    n_classes = len(costs)
    proba = rng.dirichlet(np.ones(n_classes), size=20)
    slow = [
        [sum(p[true] * costs[true, said] for true in range(n_classes)) for said in range(n_classes)]
        for p in proba
    ]
    np.testing.assert_allclose(CostMatrix(costs).expected(proba), slow, rtol=1e-12, atol=1e-12)


@given(matrices())
def test_a_constant_on_a_row_changes_costs_and_no_decision(problem):
    costs, rng = problem
    proba = rng.dirichlet(np.ones(len(costs)), size=50)
    shift = rng.uniform(-20, 20, size=len(costs))
    one = CostMatrix(costs).expected(proba)
    other = CostMatrix(costs + shift[:, None]).expected(proba)
    np.testing.assert_allclose(other - one, np.repeat(proba @ shift[:, None], len(costs), axis=1))
    np.testing.assert_array_equal(cheapest(one), cheapest(other))


@given(matrices())
def test_weights_of_rows_are_the_surplus_of_wrong_decisions(problem):
    costs, rng = problem
    n_classes = len(costs)
    y = np.concatenate([np.arange(n_classes), rng.randint(n_classes, size=30)])
    given_weight = rng.uniform(0.1, 2.0, size=len(y))
    slow = np.array(
        [
            np.mean([costs[label, said] - costs[label, label]
                     for said in range(n_classes) if said != label])
            for label in y
        ]
    )  # fmt: skip
    for weight in (None, given_weight):
        own = CostMatrix(costs).row_weight(y, sample_weight=weight)
        np.testing.assert_allclose(own, slow / np.average(slow, weights=weight))


def test_balanced_weights_are_those_of_scikit_learn(three_classes):
    _, y = three_classes
    np.testing.assert_allclose(
        CostMatrix("balanced").row_weight(y), compute_sample_weight("balanced", y)
    )


def test_costs_that_no_weight_stands_for_are_refused():
    with pytest.raises(ValueError, match=r"rows of class 1 wrong decisions cost less.*transposed"):
        CostMatrix([[0, 1], [2, 3]]).row_weight([0, 1])
    with pytest.raises(ValueError, match="All decisions cost the same"):
        CostMatrix([[1, 1], [2, 2]]).row_weight([0, 1])


def test_decisions_that_another_undercuts():
    assert CostMatrix([[0, 1], [2, 3]]).dominated() == [1]
    assert CostMatrix([[0, 1], [2, 0]]).dominated() == []
    assert CostMatrix([[1, 1], [2, 2]]).dominated() == []
    assert CostMatrix(COSTS, classes=["a", "b", "c"]).dominated() == []
    assert CostMatrix([[0, 9, 1], [1, 9, 0], [2, 9, 3]], classes="abc").dominated() == ["b"]


def test_ties_go_to_the_first_class_whatever_the_rounding():
    expected = np.array([[0.1 + 0.2, 0.3, 5.0], [0.3, 0.1 + 0.2, 0.3], [1.0, 0.5, 0.5]])
    assert cheapest(expected).tolist() == [0, 0, 1]

    first = np.array([0.3, 0.1 + 0.2, 1.0, 0.5, -1.0, -2.0, 0.0, 0.0, 1e-300, 1e300, np.nan, 1.0])
    second = np.array([0.1 + 0.2, 0.3, 0.5, 1.0, -2.0, -1.0, 0.0, -1e-300, 0.0, 1, 1.0, np.nan])
    decided = [0, 0, 1, 0, 1, 0, 0, 1, 1, 1, 0, 0]
    assert cheapest(np.column_stack([first, second])).tolist() == decided
    for factor, position in ((1 - 1e-11, 1), (1 - 1e-13, 0), (1 + 1e-11, 0)):
        assert cheapest(np.array([[7.0, 7.0 * factor]])).tolist() == [position]


# --- prices in columns -----------------------------------------------------------------------

AMOUNTS = [100.0, 40.0, 7.0]


def frames():
    numbers = {"age": [30, 40, 50], "amount": AMOUNTS}
    yield pytest.param(pd.DataFrame(numbers), "amount", id="pandas")
    yield pytest.param(pd.DataFrame(numbers).astype("Float64"), "amount", id="nullable")
    yield pytest.param(pd.DataFrame(numbers), 1, id="pandas, position")
    yield pytest.param(pd.DataFrame(numbers), -1, id="pandas, from the end")
    yield pytest.param(pl.DataFrame(numbers), "amount", id="polars")
    yield pytest.param(pa.table(numbers), "amount", id="pyarrow")
    yield pytest.param(np.column_stack(list(numbers.values())), 1, id="ndarray")
    yield pytest.param(np.column_stack(list(numbers.values())).tolist(), 1, id="list")
    yield pytest.param(sparse.csr_array(np.column_stack(list(numbers.values()))), 1, id="csr")
    yield pytest.param(sparse.coo_matrix(np.column_stack(list(numbers.values()))), -1, id="coo")


@pytest.mark.parametrize(("X", "name"), list(frames()))
def test_prices_are_read_from_any_table(X, name):
    matrix = CostMatrix.from_prices(false_positive=5, false_negative=Column(name, 0.5, 1.0))
    assert matrix.reads_columns
    found = matrix.for_rows(X)
    expected = example_costs(false_positive=5, false_negative=0.5 * np.array(AMOUNTS) + 1)
    np.testing.assert_array_equal(found, expected)
    proba = np.array([[0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])
    np.testing.assert_allclose(
        matrix.expected(proba, X),
        np.column_stack([proba[:, 1] * expected[:, 1, 0], proba[:, 0] * 5]),
    )


def test_a_name_alone_is_a_column():
    matrix = CostMatrix([[0, 5], ["amount", 0]])
    assert matrix == CostMatrix.from_prices(false_positive=5, false_negative=Column("amount"))


@pytest.mark.parametrize(
    ("X", "name", "message"),
    [
        (pd.DataFrame({"a": [1.0]}), "amount", r"no column 'amount'; it has \['a'\]"),
        (np.ones((1, 2)), "amount", "X has no column names"),
        (np.ones((1, 2)), 2, "X has 2 columns"),
        (pd.DataFrame({"a": [1.0]}), 4, "X has 1 columns"),
        (pd.DataFrame({"amount": ["x"]}), "amount", "must hold numbers"),
        (pd.DataFrame({"amount": [np.nan, 1.0]}), "amount", "1 of its values are missing"),
    ],
    ids=["absent", "nameless", "outside", "outside a frame", "words", "missing"],
)
def test_prices_that_are_not_there_are_named(X, name, message):
    matrix = CostMatrix.from_prices(false_positive=5, false_negative=Column(name))
    with pytest.raises(ValueError, match=message):
        matrix.for_rows(X)


def test_prices_in_columns_are_no_array():
    matrix = CostMatrix([[0, 5], ["amount", 0]])
    for ask in (lambda: matrix.values, lambda: matrix.resolve([0, 1])):
        with pytest.raises(ValueError, match=r"differ by row.*for_rows"):
            ask()
    with pytest.raises(ValueError, match="call bind first"):
        CostMatrix("balanced").for_rows(np.ones((2, 2)))
    with pytest.raises(ValueError, match="one probability for each of 3 classes"):
        CostMatrix(COSTS).expected(np.ones((2, 2)))


# --- costs of rows ---------------------------------------------------------------------------


def test_example_costs_from_numbers_and_arrays():
    cost = example_costs(
        false_positive=[1, 2], false_negative=(10.0, 20.0), true_positive=3, true_negative=-1
    )
    assert cost.tolist() == [[[-1, 1], [10, 3]], [[-1, 2], [20, 3]]]


@pytest.mark.parametrize(
    ("false_positive", "false_negative", "message"),
    [
        (1, 2, "at least one an array"),
        ([1, 2], [1, 2, 3], "one length"),
        ([[1]], [1], "one-dimensional"),
        ([1, np.inf], 1, "must be finite; 1 of 8"),
    ],
)
def test_example_costs_that_do_not_fit(false_positive, false_negative, message):
    with pytest.raises(ValueError, match=message):
        example_costs(false_positive=false_positive, false_negative=false_negative)
