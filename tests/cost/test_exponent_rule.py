"""Tuned decisions and confusion-matrix metrics against the slow way and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from imblearn.metrics import geometric_mean_score
from sklearn.metrics import balanced_accuracy_score, f1_score, matthews_corrcoef

from imbalance_kit._confusion import confusion
from imbalance_kit.benchmark._metrics.metric import decision_metrics
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
