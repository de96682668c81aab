"""Costs of rows on their way through pipelines, searches and cross-validation."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV, GroupKFold, cross_val_predict, cross_validate
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from cost.made import Recorder, WeightRecorder, fixed_proba, proba_and_labels
from imbalance_kit.cost import (
    CostSensitiveClassifier,
    MetaCostClassifier,
    MinimumExpectedCostClassifier,
    ThresholdedClassifierCV,
    example_costs,
    expected_cost,
)


@pytest.fixture(autouse=True)
def routing():
    with config_context(enable_metadata_routing=True):
        yield


@pytest.fixture
def costly(overlapping):
    """A table, labels, and full matrices by row."""
    X, y = overlapping
    amount = np.random.RandomState(0).lognormal(2, 1, size=len(y))
    cost = example_costs(false_positive=3, false_negative=3 + amount, true_positive=3)
    return X, y, cost


MODELS = {
    "CostSensitiveClassifier": CostSensitiveClassifier(GaussianNB()),
    "MetaCostClassifier": MetaCostClassifier(GaussianNB(), n_estimators=2, random_state=0),
    "ThresholdedClassifierCV": ThresholdedClassifierCV(GaussianNB(), cv=2),
}
every_model = pytest.mark.parametrize("name", list(MODELS))


@every_model
def test_fit_and_score_in_a_pipeline(name, costly):
    X, y, cost = costly
    model = clone(MODELS[name]).set_fit_request(cost=True).set_score_request(cost=True)
    pipeline = make_pipeline(StandardScaler(), model).fit(X, y, cost=cost)
    scaled = StandardScaler().fit_transform(X)
    by_hand = clone(MODELS[name]).fit(scaled, y, cost=cost)
    np.testing.assert_array_equal(pipeline.predict(X), by_hand.predict(scaled))
    expected = -expected_cost(y, by_hand.predict(scaled), cost=cost)
    assert pipeline.score(X, y, cost=cost) == pytest.approx(expected)


@every_model
def test_a_search_cuts_costs_to_the_rows_of_a_fold(name, costly):
    X, y, cost = costly
    model = clone(MODELS[name]).set_fit_request(cost=True).set_score_request(cost=True)
    grid = {"estimator__var_smoothing": [1e-9, 1e-1]}
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y, cost=cost)
    by_hand = clone(MODELS[name]).set_params(**search.best_params_).fit(X, y, cost=cost)
    np.testing.assert_array_equal(search.predict(X), by_hand.predict(X))
    done = cross_validate(model, X, y, cv=2, params={"cost": cost}, error_score="raise")
    assert len(done["test_score"]) == 2
    assert (done["test_score"] < 0).all()


def test_costs_reach_a_metric(costly):
    X, y, cost = costly
    by_decision = cost[np.arange(len(y)), y]
    scorer = make_scorer(expected_cost, greater_is_better=False).set_score_request(cost=True)
    done = cross_validate(
        GaussianNB(), X, y, cv=3, scoring=scorer, params={"cost": by_decision}, return_indices=True
    )
    for score, rows in zip(done["test_score"], done["indices"]["test"], strict=True):
        train = np.setdiff1d(np.arange(len(y)), rows)
        said = GaussianNB().fit(X[train], y[train]).predict(X[rows])
        assert score == pytest.approx(-expected_cost(y[rows], said, cost=cost[rows]))


def test_predict_takes_full_matrices(costly):
    X, y, cost = costly
    model = MinimumExpectedCostClassifier(GaussianNB()).set_predict_request(cost=True)
    pipeline = make_pipeline(StandardScaler(), model).fit(X, y)
    proba = pipeline.predict_proba(X)
    expected = np.einsum("nk,nkj->nj", proba, cost).argmin(axis=1)
    np.testing.assert_array_equal(pipeline.predict(X, cost=cost), expected)
    assert (pipeline.predict(X) != expected).any()
    scored = MinimumExpectedCostClassifier(GaussianNB()).set_score_request(cost=True)
    done = cross_validate(scored, X, y, cv=2, params={"cost": cost}, error_score="raise")
    assert (done["test_score"] < 0).all()


def test_costs_that_nobody_asked_for_are_refused(costly):
    X, y, cost = costly
    model = make_pipeline(StandardScaler(), CostSensitiveClassifier(GaussianNB()))
    with pytest.raises(ValueError, match="cost"):
        model.fit(X, y, cost=cost)


def test_weights_go_where_they_were_requested(two_classes):
    X, y = two_classes
    weight = np.random.RandomState(0).uniform(size=len(y))
    costs = [[0, 1], [9, 0]]
    asking = WeightRecorder().set_fit_request(sample_weight=True)
    model = CostSensitiveClassifier(asking, cost_matrix=costs).fit(X, y, sample_weight=weight)
    ratio = model.estimator_.weight_ / weight
    np.testing.assert_allclose(ratio[y == 1].mean() / ratio[y == 0].mean(), 9)
    # for the counts of the classes alone
    refusing = WeightRecorder().set_fit_request(sample_weight=False)
    model = CostSensitiveClassifier(refusing, cost_matrix=costs).fit(X, y, sample_weight=weight)
    assert len(np.unique(model.estimator_.weight_)) == 2
    with pytest.raises(ValueError, match="sample_weight"):
        CostSensitiveClassifier(WeightRecorder()).fit(X, y, sample_weight=weight)
    # a learner without weights is drawn by them
    model = CostSensitiveClassifier(Recorder(), random_state=0).fit(X, y, sample_weight=weight)
    assert model.method_ == "rejection"


def test_weights_and_costs_through_a_search(two_classes):
    X, y = two_classes
    weight = np.random.RandomState(0).uniform(size=len(y))
    model = CostSensitiveClassifier(LogisticRegression().set_fit_request(sample_weight=True))
    model.set_fit_request(cost=False, sample_weight=True)
    model.set_score_request(cost=False, sample_weight=True)
    search = GridSearchCV(model, {"estimator__C": [0.1, 1.0]}, cv=2, error_score="raise")
    search.fit(X, y, sample_weight=weight)
    by_hand = clone(model).set_params(**search.best_params_).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(search.predict_proba(X), by_hand.predict_proba(X))


def test_a_pipeline_inside_takes_weights_that_its_last_step_requests(two_classes):
    X, y = two_classes
    scaler = StandardScaler().set_fit_request(sample_weight=False)
    asking = make_pipeline(scaler, GaussianNB().set_fit_request(sample_weight=True))
    model = CostSensitiveClassifier(asking, cost_matrix=[[0, 1], [9, 0]]).fit(X, y)
    assert model.method_ == "weights"
    silent = make_pipeline(StandardScaler(), GaussianNB())
    assert CostSensitiveClassifier(silent, random_state=0).fit(X, y).method_ == "rejection"
    with pytest.raises(ValueError, match="request sample_weight for the last step"):
        CostSensitiveClassifier(silent, method="weights").fit(X, y)


def test_groups_reach_the_splitter(three_classes):
    X, y = three_classes
    groups = np.arange(len(y)) % 6
    model = ThresholdedClassifierCV(GaussianNB(), cv=GroupKFold(3)).fit(X, y, groups=groups)
    proba = cross_val_predict(
        GaussianNB(), X, y, cv=GroupKFold(3), method="predict_proba", params={"groups": groups}
    )
    said = (proba * model.multipliers_).argmax(axis=1)
    by_class = [np.mean(said[y == label] == label) for label in range(3)]
    assert model.best_score_ == pytest.approx(np.mean(by_class))
    calibrated = MinimumExpectedCostClassifier(
        GaussianNB(), calibration="sigmoid", cv=GroupKFold(3)
    ).fit(X, y, groups=groups)
    expected = CalibratedClassifierCV(GaussianNB(), cv=GroupKFold(3)).fit(X, y, groups=groups)
    np.testing.assert_array_equal(calibrated.predict_proba(X), expected.predict_proba(X))


def test_tuning_works_the_same_with_routing():
    proba, y = proba_and_labels(300, 2)
    weight = np.random.RandomState(0).uniform(size=300)
    model = ThresholdedClassifierCV(fixed_proba([0, 1])).fit(proba, y)
    with config_context(enable_metadata_routing=False):
        plain = ThresholdedClassifierCV(fixed_proba([0, 1])).fit(proba, y)
        weighted = ThresholdedClassifierCV(fixed_proba([0, 1])).fit(proba, y, sample_weight=weight)
    assert model.best_threshold_ == plain.best_threshold_
    again = ThresholdedClassifierCV(fixed_proba([0, 1])).fit(proba, y, sample_weight=weight)
    assert again.best_score_ == weighted.best_score_
