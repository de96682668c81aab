"""Tuned decisions and confusion-matrix metrics against the slow way and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.metrics import geometric_mean_score
from sklearn.metrics import (
    balanced_accuracy_score,
    f1_score,
    make_scorer,
    matthews_corrcoef,
)
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.naive_bayes import GaussianNB

from imbalance_kit._confusion import confusion
from imbalance_kit.benchmark._metrics.metric import decision_metrics
from imbalance_kit.cost import ThresholdedClassifierCV
from imbalance_kit.cost._exponent_rule import EXPONENTS, best_rules, decide_by_rule

DECISION_METRICS = decision_metrics(tuned=False)

REFERENCES = {
    "macro_f1": lambda y, d: f1_score(
        y, d, labels=np.unique(y), average="macro", zero_division=0.0
    ),
    "balanced_accuracy": lambda y, d: np.mean([np.mean(d[y == c] == c) for c in np.unique(y)]),
    "g_mean": lambda y, d: geometric_mean_score(y, d, labels=np.unique(y), average="multiclass"),
    "mcc": matthews_corrcoef,
}


@pytest.mark.filterwarnings("ignore:A single label was found")  # by the reference
@given(n_rows=st.integers(1, 60), n_classes=st.integers(2, 5), seed=st.integers(0, 1000))
def test_metrics_of_a_confusion_matrix(n_rows, n_classes, seed):
    rng = np.random.RandomState(seed)
    y = rng.randint(n_classes, size=n_rows)
    decision = np.where(rng.uniform(size=n_rows) < 0.6, y, rng.randint(n_classes, size=n_rows))
    matrix = confusion(y, decision, n_classes)
    for name, metric in DECISION_METRICS.items():
        assert metric(matrix) == pytest.approx(REFERENCES[name](y, decision), abs=1e-12), name
    if len(np.unique(y)) == n_classes:
        expected = balanced_accuracy_score(y, decision)
        assert DECISION_METRICS["balanced_accuracy"](matrix) == pytest.approx(expected)


def judged(name, y, decision, n_classes):
    return DECISION_METRICS[name](confusion(y, decision, n_classes))


@given(n_rows=st.integers(1, 40), n_levels=st.integers(1, 40), seed=st.integers(0, 1000))
def test_no_threshold_is_better_than_the_tuned_one(n_rows, n_levels, seed):
    rng = np.random.RandomState(seed)
    y = rng.randint(2, size=n_rows)
    positive = rng.randint(n_levels, size=n_rows) / n_levels
    proba = np.column_stack([1 - positive, positive])
    prior = np.array([0.7, 0.3])
    rules = best_rules(y, proba, prior, DECISION_METRICS)
    for name, (rule, score) in rules.items():
        reached = judged(name, y, decide_by_rule(proba, prior, rule), 2)
        tried = [
            judged(name, y, (positive >= threshold).astype(int), 2)
            for threshold in [-np.inf, *positive, np.inf]
        ]
        assert reached == pytest.approx(max(tried), abs=1e-12), name
        assert score == pytest.approx(reached, abs=1e-12), name


def test_of_equal_thresholds_the_one_nearest_to_one_half_is_taken():
    y = np.array([0, 0, 1, 1])
    positive = np.array([0.1, 0.2, 0.8, 0.9])
    proba = np.column_stack([1 - positive, positive])
    rules = best_rules(y, proba, np.array([0.5, 0.5]), DECISION_METRICS)
    assert {name: rule for name, (rule, _) in rules.items()} == pytest.approx(
        dict.fromkeys(DECISION_METRICS, 0.5)
    )


@given(n_classes=st.integers(3, 5), seed=st.integers(0, 200))
def test_no_exponent_is_better_than_the_tuned_one(n_classes, seed):
    rng = np.random.RandomState(seed)
    y = rng.randint(n_classes, size=50)
    proba = rng.dirichlet(np.ones(n_classes), size=50)
    prior = rng.dirichlet(np.full(n_classes, 2.0))
    for name, (rule, score) in best_rules(y, proba, prior, DECISION_METRICS).items():
        reached = judged(name, y, decide_by_rule(proba, prior, rule), n_classes)
        tried = [
            judged(name, y, np.argmax(proba / prior**exponent, axis=1), n_classes)
            for exponent in EXPONENTS
        ]
        assert reached == pytest.approx(max(tried), abs=1e-12), name
        assert score == pytest.approx(reached, abs=1e-12), name


def test_exponent_zero_is_the_plain_decision_and_a_missing_class_does_no_harm():
    proba = np.random.RandomState(0).dirichlet(np.ones(4), size=30)
    proba[:, 3] = 0.0
    prior = np.array([0.6, 0.3, 0.1, 0.0])
    np.testing.assert_array_equal(decide_by_rule(proba, prior, 0.0), proba.argmax(axis=1))
    assert decide_by_rule(proba, prior, 2.0).max() < 3


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_weight_of_two_is_a_row_twice(n_classes):
    rng = np.random.RandomState(0)
    y = rng.randint(n_classes, size=60)
    proba = rng.dirichlet(np.ones(n_classes), size=60)
    weight = rng.randint(1, 4, size=60).astype(float)
    rows = np.repeat(np.arange(60), weight.astype(int))
    shares = np.full(n_classes, 1 / n_classes)
    weighted = best_rules(y, proba, shares, DECISION_METRICS, weight)
    assert weighted == best_rules(y[rows], proba[rows], shares, DECISION_METRICS)


# --- as an option of the public class --------------------------------------------------------


HOLD_OUT = StratifiedShuffleSplit(1, test_size=0.25, random_state=0)


def tables(n_classes, n_rows=300):
    rng = np.random.RandomState(n_classes)
    y = np.minimum(rng.geometric(0.6, size=n_rows) - 1, n_classes - 1)
    X = rng.normal(size=(n_rows, 3)) + y[:, None]
    return X, np.array(["a", "b", "c"])[y]


@pytest.mark.parametrize("rule", ["exponent", "multipliers"])
@pytest.mark.parametrize("n_classes", [2, 3])
def test_one_split_is_a_hold_out(rule, n_classes):
    """What is tuned on the test rows of a splitter's only split."""
    X, y = tables(n_classes)
    cv = StratifiedShuffleSplit(1, test_size=0.25, random_state=3)
    model = ThresholdedClassifierCV(GaussianNB(), rule=rule, cv=cv).fit(X, y)
    ((fitted, held_out),) = cv.split(X, y)
    proba = GaussianNB().fit(X[fitted], y[fitted]).predict_proba(X[held_out])
    decided = model.classes_[model._decide(proba)]
    assert model.best_score_ == pytest.approx(balanced_accuracy_score(y[held_out], decided))
    untuned = model.classes_[proba.argmax(axis=1)]
    assert model.best_score_ >= balanced_accuracy_score(y[held_out], untuned)
    np.testing.assert_array_equal(model.predict_proba(X), GaussianNB().fit(X, y).predict_proba(X))
    again = ThresholdedClassifierCV(GaussianNB(), rule=rule, cv=[(fitted, held_out)]).fit(X, y)
    np.testing.assert_array_equal(model.multipliers_, again.multipliers_)


def test_the_exponent_is_shown_and_decides():
    X, y = tables(3)
    model = ThresholdedClassifierCV(GaussianNB(), rule="exponent").fit(X, y)
    assert model.best_exponent_ in EXPONENTS
    shares = np.unique(y, return_counts=True)[1] / len(y)
    decided = (model.predict_proba(X) / shares**model.best_exponent_).argmax(axis=1)
    np.testing.assert_array_equal(model.predict(X), model.classes_[decided])
    assert not hasattr(model, "best_threshold_")
    two = model.set_params(cv=HOLD_OUT).fit(*tables(2))
    assert not hasattr(two, "best_exponent_")
    expected = two.classes_[(two.predict_proba(X)[:, 1] >= two.best_threshold_).astype(int)]
    np.testing.assert_array_equal(two.predict(X), expected)


def test_a_hold_out_without_a_class_is_refused():
    X, y = tables(3)
    split = (np.flatnonzero(y != "c"), np.flatnonzero(y == "c"))
    with pytest.raises(ValueError, match="trains on no row of class 'c'"):
        ThresholdedClassifierCV(GaussianNB(), cv=[split]).fit(X, y)


def test_weights_reach_the_fit_of_a_hold_out():
    X, y = tables(3)
    weight = np.where(y == "c", 5.0, 1.0)
    model = ThresholdedClassifierCV(GaussianNB(), rule="exponent", cv=HOLD_OUT)
    model.fit(X, y, sample_weight=weight)
    expected = GaussianNB().fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cost_matrix": "balanced"}, "is tuned without costs"),
        ({"scoring": make_scorer(f1_score, average="macro")}, "is tuned for one of accuracy"),
    ],
)
def test_an_exponent_needs_a_metric_by_name(changes, message):
    model = ThresholdedClassifierCV(GaussianNB(), rule="exponent", **changes)
    with pytest.raises(ValueError, match=message):
        model.fit(*tables(3))
