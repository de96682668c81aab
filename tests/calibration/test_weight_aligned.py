"""Aligned weights: what is equal afterwards, what stays, what two classes get instead."""

import numpy as np
import pytest
from lightgbm import LGBMClassifier
from scipy.special import softmax
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression, RidgeClassifier, SGDClassifier
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.calibration import LogitAdjustedClassifier, WeightAlignedClassifier
from imbalance_kit.calibration._scaling import fit_scaling

LINEAR = [
    LogisticRegression(),
    LinearSVC(),
    SGDClassifier(loss="log_loss", random_state=0),
    RidgeClassifier(),
    LinearDiscriminantAnalysis(),
]
every_model = pytest.mark.parametrize("learner", LINEAR, ids=lambda model: type(model).__name__)
NORM_METHODS = ["tau_norm", "weight_align"]
every_norm = pytest.mark.parametrize("method", NORM_METHODS)


@every_model
@every_norm
@pytest.mark.parametrize("table", ["two_classes", "three_classes"])
def test_tau_0_changes_nothing(learner, method, table, request):
    X, y = request.getfixturevalue(table)
    model = WeightAlignedClassifier(learner, method=method, tau=0).fit(X, y)
    plain = clone(learner).fit(X, y)
    for name in ("predict", "decision_function", "predict_proba"):
        assert hasattr(model, name) == hasattr(plain, name)
        if hasattr(plain, name):
            np.testing.assert_array_equal(getattr(model, name)(X), getattr(plain, name)(X))


@every_model
def test_lengths_are_equal_after_tau_1(learner, three_classes):
    X, y = three_classes
    model = WeightAlignedClassifier(learner, tau=1).fit(X, y)
    lengths = np.linalg.norm(model.aligned_.coef_, axis=1)
    np.testing.assert_allclose(lengths, 1)
    np.testing.assert_allclose(model.aligned_.intercept_, 0, atol=1e-15)


@pytest.mark.parametrize("tau", [0.2, 0.7])
def test_in_between_it_is_the_formula(tau, three_classes):
    X, y = three_classes
    model = WeightAlignedClassifier(LogisticRegression(), tau=tau).fit(X, y)
    plain = LogisticRegression().fit(X, y)
    lengths = np.linalg.norm(plain.coef_, axis=1)
    scores = X @ (plain.coef_ / lengths[:, None] ** tau).T + (1 - tau) * plain.intercept_
    np.testing.assert_allclose(model.decision_function(X), scores, rtol=1e-10)
    np.testing.assert_allclose(model.predict_proba(X), softmax(scores, axis=1), rtol=1e-9)
    np.testing.assert_array_equal(model.predict(X), scores.argmax(axis=1))
    np.testing.assert_allclose(model.scales_, lengths**-tau)
    np.testing.assert_allclose(model.offsets_, -tau * plain.intercept_)


def test_aligned_rare_classes_are_as_long_as_frequent_ones(three_classes):
    """50, 12 and 25 rows: those below a third are rare."""
    X, y = three_classes
    model = WeightAlignedClassifier(LogisticRegression(), method="weight_align", tau=1).fit(X, y)
    before = np.linalg.norm(model.estimator_.coef_, axis=1)
    after = np.linalg.norm(model.aligned_.coef_, axis=1)
    assert after[0] == before[0]
    assert after[1:].mean() == pytest.approx(before[0])
    assert after[1] / after[2] == pytest.approx(before[1] / before[2])


@every_norm
@pytest.mark.parametrize("tau", [0.5, 1.0])
def test_two_classes_get_a_shifted_intercept(method, tau, two_classes):
    """That is logit adjustment, since logistic regression's score is log-odds."""
    X, y = two_classes
    model = WeightAlignedClassifier(LogisticRegression(), method=method, tau=tau).fit(X, y)
    assert model.offsets_ == pytest.approx(-tau * np.log(15 / 60))
    adjusted = LogitAdjustedClassifier(LogisticRegression(), tau=tau).fit(X, y)
    np.testing.assert_allclose(model.decision_function(X), adjusted.decision_function(X))
    np.testing.assert_array_equal(model.predict(X), adjusted.predict(X))


@every_model
@every_norm
@pytest.mark.parametrize("table", ["two_classes", "three_classes"])
def test_tau_is_the_best_on_held_out_rows(learner, method, table, request):
    """By hand: one fit per tau and fold, where the class does with one per fold."""
    X, y = request.getfixturevalue(table)
    model = WeightAlignedClassifier(learner, method=method, cv=3).fit(X, y)
    for place in (0, 7, 20):
        tau = model.taus_[place]
        one = WeightAlignedClassifier(learner, method=method, tau=tau)
        decided = cross_val_predict(one, X, y, cv=StratifiedKFold(3))
        assert model.scores_[place] == pytest.approx(balanced_accuracy_score(y, decided))
    assert model.scores_[model.taus_ == model.tau_] == model.scores_.max()


@every_norm
def test_pipelines_and_frozen_models(method, three_classes):
    X, y = three_classes
    pipeline = make_pipeline(StandardScaler(), LogisticRegression())
    model = WeightAlignedClassifier(pipeline, method=method, tau=0.5).fit(X, y)
    scaled = StandardScaler().fit_transform(X)
    by_hand = WeightAlignedClassifier(LogisticRegression(), method=method, tau=0.5).fit(scaled, y)
    np.testing.assert_allclose(model.predict_proba(X), by_hand.predict_proba(scaled))

    fitted = clone(pipeline).fit(X, y)
    weights = fitted[-1].coef_.copy()
    frozen = WeightAlignedClassifier(FrozenEstimator(fitted), method=method, tau=0.5).fit(X, y)
    np.testing.assert_allclose(frozen.predict_proba(X), model.predict_proba(X))
    np.testing.assert_array_equal(fitted[-1].coef_, weights)
    tuned = WeightAlignedClassifier(FrozenEstimator(fitted), method=method).fit(X, y)
    found = balanced_accuracy_score(y, tuned.predict(X))
    assert found == pytest.approx(tuned.scores_.max())


def test_a_model_without_intercept(two_classes):
    X, y = two_classes
    model = WeightAlignedClassifier(LogisticRegression(fit_intercept=False), tau=1).fit(X, y)
    plain = LogisticRegression(fit_intercept=False).fit(X, y).decision_function(X)
    np.testing.assert_allclose(model.decision_function(X), plain - np.log(15 / 60))


def test_other_models_are_sent_to_bias_correction(two_classes):
    with pytest.raises(ValueError, match=r"got DecisionTreeClassifier.*bias_correction"):
        WeightAlignedClassifier(DecisionTreeClassifier()).fit(*two_classes)


# --- bias correction -----------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["two_classes", "three_classes"])
def test_bias_correction_by_hand(table, request):
    X, y = request.getfixturevalue(table)
    tree = DecisionTreeClassifier(max_depth=3, min_samples_leaf=5, random_state=0)
    model = WeightAlignedClassifier(tree, method="bias_correction", cv=3).fit(X, y)
    shares = np.bincount(y) / len(y)
    held_out = cross_val_predict(tree, X, y, cv=StratifiedKFold(3), method="predict_proba")
    logs = np.log(np.maximum(held_out, np.finfo(float).eps))
    n_rows = len(shares) ** 2 / (1 / np.bincount(y)).sum()  # under weights that balance
    slopes, biases = fit_scaling(logs, y, 1 / shares[y], shared=False, biases=True, n_rows=n_rows)
    own = np.log(np.maximum(tree.fit(X, y).predict_proba(X), np.finfo(float).eps))
    scores = slopes * own + biases
    np.testing.assert_allclose(model.predict_proba(X), softmax(scores + np.log(shares), axis=1))
    np.testing.assert_array_equal(model.predict(X), scores.argmax(axis=1))
    expected = scores if len(shares) > 2 else scores[:, 1] - scores[:, 0]
    np.testing.assert_allclose(model.decision_function(X), expected, rtol=1e-9, atol=1e-9)


def test_bias_correction_has_honest_probabilities_and_bold_decisions(overlapping):
    """Mean probability within .02 of the share: 2000 rows give it a standard error below .005
    in the fit and as much in the test."""
    X, y = overlapping
    learner = LGBMClassifier(n_estimators=30, verbose=-1, n_jobs=1)
    model = WeightAlignedClassifier(learner, method="bias_correction").fit(X[:2000], y[:2000])
    proba, said = model.predict_proba(X[2000:]), model.predict(X[2000:])
    assert proba[:, 1].mean() == pytest.approx(y[2000:].mean(), abs=0.03)
    plain = model.estimator_.predict(X[2000:])
    gained = balanced_accuracy_score(y[2000:], said) - balanced_accuracy_score(y[2000:], plain)
    assert gained > 0.03
    assert (said != proba.argmax(axis=1)).any()


def test_bias_correction_takes_decision_values(three_classes):
    X, y = three_classes
    model = WeightAlignedClassifier(LinearSVC(), method="bias_correction")
    assert hasattr(model, "predict_proba")
    np.testing.assert_allclose(model.fit(X, y).predict_proba(X).sum(axis=1), 1)
    assert not hasattr(WeightAlignedClassifier(LinearSVC()), "predict_proba")


@pytest.mark.parametrize(
    "parameters", [{"tau": 1.5}, {"method": "norm"}, {"scoring": None}, {"cv": "all"}]
)
def test_wrong_parameters_are_named(parameters, two_classes):
    (name,) = parameters
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        WeightAlignedClassifier(LogisticRegression(), **parameters).fit(*two_classes)
