"""Costs in training: as weights, and as the chance to be accepted into a sample."""

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import make_pipeline as make_resampling_pipeline
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from cost.made import Recorder, WeightRecorder, random_costs
from imbalance_kit.calibration import correct_prior
from imbalance_kit.cost import CostMatrix, CostSensitiveClassifier, example_costs, expected_cost
from imbalance_kit.under_sampling import RandomUnderSampler

# --- weights ---------------------------------------------------------------------------------


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_it_is_the_estimator_with_these_weights(n_classes, weighted, two_classes, three_classes):
    X, y = two_classes if n_classes == 2 else three_classes
    costs = random_costs(np.random.RandomState(1), n_classes)
    weight = np.random.RandomState(0).uniform(size=len(y)) if weighted else None
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    model = CostSensitiveClassifier(tree, cost_matrix=costs).fit(X, y, sample_weight=weight)
    own = CostMatrix(costs).row_weight(y, sample_weight=weight)
    by_hand = clone(tree).fit(X, y, sample_weight=own * (1.0 if weight is None else weight))
    np.testing.assert_allclose(model.predict_proba(X), by_hand.predict_proba(X), rtol=1e-9)
    np.testing.assert_array_equal(model.predict(X), by_hand.predict(X))
    assert model.method_ == "weights"
    np.testing.assert_allclose(model.prior_, np.bincount(y, weight) / np.bincount(y, weight).sum())


def test_balanced_is_scikit_learns_class_weight(three_classes):
    X, y = three_classes
    model = CostSensitiveClassifier(LogisticRegression()).fit(X, y)
    plain = LogisticRegression(class_weight="balanced").fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), plain.predict_proba(X), atol=1e-6)
    np.testing.assert_allclose(model.resampled_prior_, 1 / 3)


def test_the_table_weighs_what_it_did(two_classes):
    X, y = two_classes
    weight = np.random.RandomState(0).uniform(size=len(y))
    for given in (None, weight):
        model = CostSensitiveClassifier(WeightRecorder(), cost_matrix=[[0, 1], [300, 0]])
        own = model.fit(X, y, sample_weight=given).estimator_.weight_
        assert own.sum() == pytest.approx(len(y) if given is None else weight.sum())
        ratio = own / (1.0 if given is None else weight)
        assert ratio[y == 1][0] / ratio[y == 0][0] == pytest.approx(300)


def test_a_constant_on_a_row_of_the_matrix_changes_nothing(three_classes):
    X, y = three_classes
    costs = random_costs(np.random.RandomState(2), 3)
    shifted = costs + np.array([[5.0], [-3.0], [40.0]])
    one, other = (
        CostSensitiveClassifier(WeightRecorder(), cost_matrix=c) for c in (costs, shifted)
    )
    np.testing.assert_allclose(one.fit(X, y).estimator_.weight_, other.fit(X, y).estimator_.weight_)


def test_costs_of_rows_that_are_all_alike_are_the_matrix(three_classes):
    X, y = three_classes
    costs = random_costs(np.random.RandomState(2), 3)
    plain = CostSensitiveClassifier(WeightRecorder(), cost_matrix=costs).fit(X, y)
    for cost in (costs[y], np.repeat(costs[None], len(y), axis=0)):
        model = CostSensitiveClassifier(WeightRecorder()).fit(X, y, cost=cost)
        np.testing.assert_allclose(model.estimator_.weight_, plain.estimator_.weight_)
        np.testing.assert_array_equal(model.estimator_.y_, y)


def test_costs_of_rows_by_hand():
    """A look costs 5. Frauds of 105, 45 and 2: the last is cheaper left alone, by 3."""
    X = np.arange(5.0)[:, None]
    y = np.array(["fraud", "fraud", "fraud", "ok", "ok"])
    amount = np.array([105.0, 45.0, 2.0, 8.0, 9.0])
    # sorted labels: "fraud" is the first class, so "ok" is example_costs' positive one
    cost = example_costs(true_negative=5, false_positive=amount, false_negative=5, true_positive=0)
    model = CostSensitiveClassifier(WeightRecorder()).fit(X, y, cost=cost)
    assert model.estimator_.y_.tolist() == ["fraud", "fraud", "ok", "ok", "ok"]
    surplus = np.array([100, 40, 3, 5, 5])
    np.testing.assert_allclose(model.estimator_.weight_, surplus / surplus.mean())
    frame = pd.DataFrame({"a": X[:, 0], "amount": amount})
    matrix = CostMatrix.from_prices(
        false_positive=5, false_negative="amount", true_positive=5, pos_label="fraud"
    )
    by_column = CostSensitiveClassifier(WeightRecorder(), cost_matrix=matrix).fit(frame, y)
    np.testing.assert_array_equal(by_column.estimator_.weight_, model.estimator_.weight_)
    np.testing.assert_array_equal(by_column.estimator_.y_, model.estimator_.y_)


def test_a_class_that_is_never_cheapest_is_named(two_classes):
    X, y = two_classes
    cost = example_costs(false_positive=5, false_negative=np.full(len(y), 2.0), true_positive=5)
    with pytest.raises(ValueError, match=r"class 1 is the cheapest decision of no row"):
        CostSensitiveClassifier(LogisticRegression()).fit(X, y, cost=cost)


def test_a_transposed_matrix_is_noticed(two_classes):
    model = CostSensitiveClassifier(LogisticRegression(), cost_matrix=[[0, -1], [10, 0]])
    with pytest.raises(ValueError, match=r"rows of class 0 wrong decisions cost less"):
        model.fit(*two_classes)


def test_recalibration_undoes_the_weights_and_keeps_decisions(overlapping):
    X, y = overlapping
    raw = CostSensitiveClassifier(GaussianNB(), cost_matrix=[[0, 1], [9, 0]]).fit(X, y)
    model = clone(raw).set_params(recalibrate=True).fit(X, y)
    expected = correct_prior(
        raw.predict_proba(X), trained_on=[(1 - y.mean()) * 1, y.mean() * 9],
        true_prior=[1 - y.mean(), y.mean()],
    )  # fmt: skip
    np.testing.assert_allclose(model.predict_proba(X), expected)
    np.testing.assert_array_equal(model.predict(X), raw.predict(X))
    # the naive Bayes posterior knows the classes' shares as a factor only, so it is exact here
    np.testing.assert_allclose(model.predict_proba(X), GaussianNB().fit(X, y).predict_proba(X))
    np.testing.assert_array_equal(model.predict(X) == 1, model.predict_proba(X)[:, 1] > 0.1)
    cost = np.ones((len(y), 2)) - np.eye(2)[y]
    with pytest.raises(ValueError, match="recalibrate=True needs costs that are the same"):
        model.fit(X, y, cost=cost)


def test_methods_exist_where_the_estimator_has_them(two_classes):
    X, y = two_classes
    model = CostSensitiveClassifier(LinearSVC(), cost_matrix=[[0, 1], [9, 0]])
    assert not hasattr(model, "predict_proba")
    score = model.fit(X, y).decision_function(X)
    np.testing.assert_array_equal(model.predict(X) == 1, score > 0)
    assert not hasattr(CostSensitiveClassifier(DecisionTreeClassifier()), "decision_function")


def test_weights_go_to_the_last_step_of_a_pipeline(two_classes):
    X, y = two_classes
    learner = make_pipeline(StandardScaler(), make_pipeline(StandardScaler(), LogisticRegression()))
    matrix = CostMatrix([[0, 1], [9, 0]])
    weight = np.random.RandomState(0).uniform(size=len(y))
    model = CostSensitiveClassifier(learner, cost_matrix=matrix).fit(X, y, sample_weight=weight)
    own = matrix.row_weight(y, sample_weight=weight) * weight
    by_hand = clone(learner).fit(X, y, pipeline__logisticregression__sample_weight=own)
    np.testing.assert_allclose(model.predict_proba(X), by_hand.predict_proba(X), atol=1e-6)
    # a step that drops rows would lose them
    resampling = make_resampling_pipeline(RandomUnderSampler(random_state=0), LogisticRegression())
    assert CostSensitiveClassifier(resampling, random_state=0).fit(X, y).method_ == "rejection"


def test_score_is_minus_the_mean_cost(two_classes):
    X, y = two_classes
    weight = np.random.RandomState(0).uniform(size=len(y))
    matrix = [[0, 1], [9, 0]]
    model = CostSensitiveClassifier(GaussianNB(), cost_matrix=matrix).fit(X, y)
    expected = -expected_cost(y, model.predict(X), cost_matrix=matrix, sample_weight=weight)
    assert model.score(X, y, sample_weight=weight) == pytest.approx(expected)
    cost = np.random.RandomState(1).uniform(size=(len(y), 2))
    assert model.score(X, y, cost=cost) == -expected_cost(y, model.predict(X), cost=cost)


# --- rejection sampling ----------------------------------------------------------------------


def test_rows_are_accepted_in_proportion_to_what_they_cost():
    """2000 samples of 30 rows: each row's count is binomial with its weight over the largest. Of
    60 counts none may be 7 standard errors off: false alarm below 60 * 3e-12 < 1e-9 (the chances
    are at least .02, so that counts are 40 and more; at a mean of 40 a Poisson count exceeds
    40 + 7 * 6.3 with a chance below 1e-8)."""
    n = 30
    X, y = np.arange(n)[:, None], np.repeat([0, 1], [20, 10])
    surplus = np.linspace(1.0, 50.0, n)
    cost = np.zeros((n, 2))
    cost[np.arange(n), 1 - y] = surplus
    for weight in (None, np.where(np.arange(n) % 2 == 0, 1.0, 2.0)):
        model = CostSensitiveClassifier(
            Recorder(), method="rejection", n_estimators=2000, random_state=0
        ).fit(X, y, sample_weight=weight, cost=cost)
        samples = [learner.X_.ravel() for learner in model.estimator_.estimators_]
        counts = np.bincount(np.concatenate(samples), minlength=n)
        chance = surplus * (1.0 if weight is None else weight)
        chance /= chance.max()
        error = np.sqrt(2000 * chance * (1 - chance)) + 1e-9
        assert (np.abs(counts - 2000 * chance) < 7 * error).all()
        assert all(len(np.unique(rows)) == len(rows) for rows in samples)


def test_the_mean_of_samples_by_hand(three_classes):
    X, y = three_classes
    costs = random_costs(np.random.RandomState(3), 3)
    numbers = np.arange(len(y))
    model = CostSensitiveClassifier(Recorder(), cost_matrix=costs, random_state=0, n_estimators=4)
    model.fit(X, y, init_score=numbers)
    assert model.method_ == "rejection"
    near = CostSensitiveClassifier(
        KNeighborsClassifier(1), cost_matrix=costs, random_state=0, n_estimators=4
    ).fit(X, y)
    expected = np.zeros((len(y), 3))
    for learner in model.estimator_.estimators_:
        rows = learner.numbers_
        np.testing.assert_array_equal(learner.X_, X[rows])
        np.testing.assert_array_equal(learner.y_, y[rows])
        own = KNeighborsClassifier(1).fit(X[rows], y[rows])
        for place, label in enumerate(own.classes_):
            expected[:, label] += own.predict_proba(X)[:, place] / 4
    np.testing.assert_allclose(near.predict_proba(X), expected)
    np.testing.assert_array_equal(near.predict(X), expected.argmax(axis=1))


def test_classifiers_without_probabilities_vote(two_classes):
    X, y = two_classes
    model = CostSensitiveClassifier(
        LinearSVC(), method="rejection", n_estimators=5, random_state=0
    ).fit(X, y)
    votes = sum(learner.predict(X) for learner in model.estimator_.estimators_)
    np.testing.assert_array_equal(model.predict(X), (votes > 2.5).astype(int))
    assert not hasattr(model, "predict_proba")


def test_rejection_and_weights_lean_alike(overlapping):
    """Both estimate the weighted posterior: means of probabilities agree to .03, where weights
    move the mean by more than .2. Each of the 10 trees of depth 3 sees about 800 rows, so the
    standard error of the mean probability is below .5 / sqrt(8000) = .006; .03 is 5 of these and
    the seed is fixed."""
    X, y = overlapping
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    means = [
        CostSensitiveClassifier(tree, method=method, random_state=0)
        .fit(X, y)
        .predict_proba(X)[:, 1]
        .mean()
        for method in ("weights", "rejection")
    ]
    assert abs(means[0] - means[1]) < 0.03
    assert means[0] > tree.fit(X, y).predict_proba(X)[:, 1].mean() + 0.2


def test_weights_mean_repetition_on_average():
    """In place of scikit-learn's check, which asks for the same result where rows are drawn: with
    weights, and with rows repeated that often, each of 40 rows is accepted as often, relative to
    the largest chance, which is three times as much with weights. Over 400 samples the difference
    of two means stays within 7 estimated standard errors (false alarm below 40 * 1e-11)."""
    X, y = np.arange(40)[:, None], np.repeat([0, 1], [25, 15])
    weight = 1 + np.arange(40) % 3
    repeated = np.repeat(np.arange(40), weight)

    def accepted(X, y, weight=None):
        """How often each sample holds each row."""
        model = CostSensitiveClassifier(
            Recorder(), cost_matrix={1: 2.0}, method="rejection", n_estimators=400, random_state=0
        ).fit(X, y, sample_weight=weight)
        samples = model.estimator_.estimators_
        return np.array([np.bincount(sample.X_.ravel(), minlength=40) for sample in samples])

    one, other = 3 * accepted(X, y, weight), accepted(X[repeated], y[repeated])
    error = np.sqrt(one.var(axis=0) / 400 + other.var(axis=0) / 400)
    gap = np.abs(one.mean(axis=0) - other.mean(axis=0))
    assert (gap < 7 * error + 1e-9).all()
    ignored = np.abs(accepted(X, y).mean(axis=0) - other.mean(axis=0))
    assert (ignored > 7 * error).any()


def test_a_sample_of_one_class_is_drawn_again_and_in_the_end_refused(two_classes):
    X, y = two_classes
    costs = np.zeros((len(y), 2))
    costs[np.arange(len(y)), 1 - y] = 1e-9
    costs[0, 1 - y[0]] = 1.0
    model = CostSensitiveClassifier(Recorder(), random_state=0)
    with pytest.raises(ValueError, match=r"100 rejection samples.*Cap the costs"):
        model.fit(X, y, cost=costs)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"method": "weights"}, "KNeighborsClassifier does not"),
        ({"method": "reject"}, "'method' parameter"),
        ({"n_estimators": 0}, "'n_estimators' parameter"),
        ({"cost_matrix": [[1, 1], [1, 1]]}, "All decisions cost the same"),
    ],
)
def test_wrong_parameters(parameters, message, two_classes):
    with pytest.raises(ValueError, match=message):
        CostSensitiveClassifier(KNeighborsClassifier(), **parameters).fit(*two_classes)


@pytest.mark.parametrize("shape", [(75,), (75, 3), (74, 2), (75, 2, 3)], ids=str)
def test_costs_of_rows_that_do_not_fit(shape, two_classes):
    with pytest.raises(ValueError, match=r"for 75 rows and 2 classes.*example_costs"):
        CostSensitiveClassifier(LogisticRegression()).fit(*two_classes, cost=np.ones(shape))
