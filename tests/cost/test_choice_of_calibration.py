"""calibration="auto": what is right stays as it is, what is over-confident is calibrated."""

import warnings

import numpy as np
import pandas as pd
import pytest
from loops import looped
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import log_loss
from sklearn.model_selection import GroupKFold, ShuffleSplit, TimeSeriesSplit
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from cost.made import fixed_proba
from imbalance_kit.cost import MinimumExpectedCostClassifier
from imbalance_kit.cost._choice_of_calibration import (
    HeldOutScores,
    chosen_calibration,
    exceeds_chance,
)

SHARES = {2: (0.9, 0.1), 3: (0.75, 0.17, 0.08)}
TREE = DecisionTreeClassifier(random_state=0)


def clouds(n_classes, n_rows=1000, seed=0, copies=1):
    """Normal clouds, which suit naive Bayes; with copied columns it counts each several times."""
    rng = np.random.RandomState(seed)
    y = rng.choice(n_classes, n_rows, p=SHARES[n_classes])
    X = 1.5 * np.eye(n_classes, 4)[y] + rng.normal(size=(n_rows, 4))
    return np.hstack([X] * copies), y


def halves(n_classes, copies=1):
    X, y = clouds(n_classes, 1600, copies=copies)
    return X[::2], y[::2], X[1::2], y[1::2]


def true_proba(n_rows, sharpness, seed=0):
    """Probabilities of three classes that are `sharpness` times as confident as is right."""
    rng = np.random.RandomState(seed)
    logits = rng.normal(size=(n_rows, 3)) + np.array([1.5, 0, 0])
    right = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    y = (right.cumsum(axis=1) < rng.uniform(size=(n_rows, 1))).sum(axis=1)
    given = np.exp(sharpness * logits)
    return given / given.sum(axis=1, keepdims=True), y


@looped("n_classes", [2, 3])
def test_an_estimator_that_suits_its_table_is_left_as_it_is(n_classes):
    X, y, X_test, y_test = halves(n_classes)
    plain = MinimumExpectedCostClassifier(GaussianNB(), calibration=None).fit(X, y)
    model = MinimumExpectedCostClassifier(GaussianNB()).fit(X, y)
    assert model.calibration_ is None
    assert isinstance(model.estimator_, GaussianNB)
    np.testing.assert_array_equal(model.predict_proba(X_test), plain.predict_proba(X_test))
    assert model.score(X_test, y_test) == plain.score(X_test, y_test)
    always = MinimumExpectedCostClassifier(GaussianNB(), calibration="sigmoid").fit(X, y)
    losses = [log_loss(y_test, one.predict_proba(X_test)) for one in (model, always)]
    assert losses[0] < losses[1]


@looped(
    ("n_classes", "name", "ensemble"),
    [
        (2, "copied columns", True),
        (3, "copied columns", False),
        (2, "tree", False),
        (3, "tree", True),
    ],
)
def test_over_confident_estimators_are_calibrated(n_classes, name, ensemble):
    learner, copies = (TREE, 1) if name == "tree" else (GaussianNB(), 6)
    X, y, X_test, y_test = halves(n_classes, copies)
    model = MinimumExpectedCostClassifier(learner, ensemble=ensemble).fit(X, y)
    assert model.calibration_ == "sigmoid"
    n_copies = len(model.estimator_.calibrated_classifiers_)
    assert n_copies == (5 if ensemble else 1)
    plain = clone(learner).fit(X, y)
    loss, before = (log_loss(y_test, one.predict_proba(X_test)) for one in (model, plain))
    assert loss < 0.8 * before
    # no other result than where the method is named, which is scikit-learn's
    named = MinimumExpectedCostClassifier(
        learner, calibration=model.calibration_, ensemble=ensemble
    ).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X_test), named.predict_proba(X_test))
    np.testing.assert_array_equal(model.predict(X_test), named.predict(X_test))


def test_it_is_the_named_calibration_for_all_labels_and_scores():
    X, y = clouds(3, 600, copies=6)
    for labels in (["c", "a", "b"], [5, -1, 3]):  # words, numbers that are no positions
        given = np.array(labels)[y]
        for learner in (GaussianNB(), make_pipeline(StandardScaler(), LinearSVC())):
            for frozen in (False, True):
                used, rows = clone(learner), slice(None)
                if frozen:
                    used, rows = FrozenEstimator(used.fit(X[:300], given[:300])), slice(300, None)
                model = MinimumExpectedCostClassifier(used, cv=3).fit(X[rows], given[rows])
                assert model.calibration_ == "sigmoid"
                named = clone(model).set_params(calibration=model.calibration_)
                named.fit(X[rows], given[rows])
                np.testing.assert_array_equal(model.predict_proba(X), named.predict_proba(X))


def test_the_choice_of_a_fitted_estimator_is_made_on_the_rows_given():
    right, y = true_proba(1000, 1.0)
    fitted = FrozenEstimator(fixed_proba([0, 1, 2]).fit(right, y))
    model = MinimumExpectedCostClassifier(fitted, cost_matrix={1: 3, 2: 5})
    assert model.fit(right, y).calibration_ is None
    sharp, y = true_proba(1000, 3.0)
    assert model.fit(sharp, y).calibration_ == "sigmoid"
    assert len(model.estimator_.calibrated_classifiers_) == 1
    lacking = y != 2  # nothing is known of a class without rows
    assert model.fit(sharp[lacking], y[lacking]).calibration_ is None


@pytest.mark.exhaustive
def test_right_probabilities_are_seldom_changed():
    """Under right probabilities a calibration gains nothing on rows that it was not fitted on, so
    it is more than a standard error better with a chance below .16: 40 of 100 tables or more come
    with a chance below 1e-7 (binomial tail)."""
    chosen = []
    for seed in range(100):
        proba, y = true_proba(300, 1.0, seed)
        split = np.arange(300) % 5
        held_out = HeldOutScores(proba, True, proba, np.arange(300), split)
        chosen.append(chosen_calibration(held_out, y, None, np.arange(3)))
    assert sum(method is not None for method in chosen) < 40


def test_weights_decide_which_rows_count():
    """Half of the rows have right probabilities, the others sharpened ones."""
    right, y_right = true_proba(600, 1.0, 1)
    sharp, y_sharp = true_proba(600, 4.0, 2)
    proba, y = np.concatenate([right, sharp]), np.concatenate([y_right, y_sharp])
    model = MinimumExpectedCostClassifier(FrozenEstimator(fixed_proba([0, 1, 2]).fit(proba, y)))
    first = np.arange(1200) < 600
    for rare in (0.0, 1e-9):
        weight = np.where(first, 1.0, rare)
        assert model.fit(proba, y, sample_weight=weight).calibration_ is None
        assert model.fit(proba, y, sample_weight=weight[::-1]).calibration_ == "sigmoid"
    doubled = model.fit(proba, y, sample_weight=np.full(1200, 2.0)).calibration_
    assert doubled == model.fit(proba, y).calibration_


def test_more_than_a_standard_error_is_needed():
    """The standard error of a mean by hand; a common factor of the weights changes nothing."""
    ones = np.ones(40)
    assert not exceeds_chance(np.zeros(40), ones)
    assert exceeds_chance(np.eye(40)[0] + np.eye(40)[1], ones)  # .05 against .035
    assert not exceeds_chance(-np.eye(40)[0] - np.eye(40)[1], ones)
    assert not exceeds_chance(3 * np.eye(40)[0] - 0.01, ones)  # .065 against .075
    assert not exceeds_chance(np.ones(1), np.ones(1))
    rng = np.random.RandomState(0)
    for _ in range(50):
        gains = rng.normal(0.1, 1, size=30)
        expected = gains.mean() > gains.std(ddof=1) / np.sqrt(30)
        assert exceeds_chance(gains, np.full(30, 0.7)) == expected


def test_splits_of_groups_time_and_chance():
    X, y = clouds(3, 500, copies=6)
    groups = np.arange(500) % 7
    groups[y == 2] = np.flatnonzero(y == 2) % 2  # some folds hold out no row of class 2
    for routed in (False, True):
        with config_context(enable_metadata_routing=routed):
            for ensemble in (True, False):
                model = MinimumExpectedCostClassifier(
                    GaussianNB(), cv=GroupKFold(4), ensemble=ensemble
                ).fit(X, y, groups=groups)
                assert model.calibration_ == "sigmoid"
                named = clone(model).set_params(calibration=model.calibration_)
                named.fit(X, y, groups=groups)
                np.testing.assert_allclose(
                    model.predict_proba(X), named.predict_proba(X), rtol=1e-6, atol=1e-9
                )
    for cv in (
        TimeSeriesSplit(3),
        ShuffleSplit(3, test_size=0.4, random_state=0),
        [(np.arange(300), np.arange(300, 500))],
    ):
        for ensemble in (True, False):
            model = MinimumExpectedCostClassifier(GaussianNB(), cv=cv, ensemble=ensemble).fit(X, y)
            assert model.calibration_ == "sigmoid"
            np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_weights_by_routing_and_frames():
    X, y = clouds(2, 500, copies=6)
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])
    weight = np.random.RandomState(0).uniform(0.5, 1.5, len(y))
    plain = MinimumExpectedCostClassifier(GaussianNB(), cv=3).fit(X, y, sample_weight=weight)
    with config_context(enable_metadata_routing=True):
        learner = GaussianNB().set_fit_request(sample_weight=True)
        model = MinimumExpectedCostClassifier(learner, cv=3)
        model.fit(frame, y, sample_weight=weight)
    assert model.calibration_ == plain.calibration_
    np.testing.assert_allclose(model.predict_proba(frame), plain.predict_proba(X))
    assert model.feature_names_in_.tolist() == frame.columns.tolist()


def test_tiny_tables():
    X = np.array([[0.0], [1.0], [2.0], [3.0]])
    for y in ([0, 0, 1, 1], ["a", "b", "a", "b"]):
        for ensemble in (True, False):
            model = MinimumExpectedCostClassifier(GaussianNB(), ensemble=ensemble).fit(X, y)
            assert set(model.predict(X)) <= set(y)
            assert np.isfinite(model.predict_proba(X)).all()
    fitted = FrozenEstimator(GaussianNB().fit(X, [0, 0, 1, 1]))
    model = MinimumExpectedCostClassifier(fitted, cost_matrix=[[0, 1], [3, 0]])
    for rows in ([0, 3], [0, 1, 3], [0]):
        assert model.fit(X[rows], np.array([0, 0, 1, 1])[rows]).calibration_ is None


def test_what_was_asked_for_is_not_chosen():
    X, y = clouds(2, 400)
    for calibration in ("sigmoid", "isotonic", None):
        model = MinimumExpectedCostClassifier(GaussianNB(), calibration=calibration).fit(X, y)
        assert model.calibration_ == calibration


class OnlyLabels(ClassifierMixin, BaseEstimator):
    """Has no probabilities and no decision values."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.repeat(self.classes_[0], len(X))


def test_labels_alone_are_refused():
    X, y = clouds(2, 100)
    with pytest.raises(ValueError, match="OnlyLabels has neither predict_proba nor decision_func"):
        MinimumExpectedCostClassifier(OnlyLabels()).fit(X, y)


def test_a_second_calibration_warns_where_it_is_chosen():
    X, y = clouds(2, 600, copies=6)
    calibrated = CalibratedClassifierCV(GaussianNB(), cv=3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert MinimumExpectedCostClassifier(calibrated, cv=3).fit(X, y).calibration_ is None
    # calibrated to shares that these rows do not have
    other = FrozenEstimator(calibrated.fit(X, np.where(np.arange(600) % 3 > 0, 1 - y, y)))
    with pytest.warns(UserWarning, match="are calibrated, and calibration='auto'"):
        assert MinimumExpectedCostClassifier(other).fit(X, y).calibration_ == "sigmoid"
