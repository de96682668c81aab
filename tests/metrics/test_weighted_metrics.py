"""Metrics of many weightings at once are those of scikit-learn on repeated rows."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from loops import looped
from sklearn.metrics import (
    average_precision_score,
    brier_score_loss,
    log_loss,
    precision_recall_curve,
    roc_auc_score,
)

from imbalance_kit.metrics import recall_at_precision
from imbalance_kit.metrics._evaluated import read_model_scores, read_rows
from imbalance_kit.metrics._weighted_metrics import named_metric, values_of


def weighted(name, y, score, weights, **parameters):
    rows = read_rows(y)
    scored = read_model_scores(rows, score, n_given=len(y))
    return values_of(named_metric(name, parameters), scored, parameters)(weights)


def recall_by_curve(y, score, least):
    precision, recall, _ = precision_recall_curve(y, score)
    return recall[:-1][precision[:-1] >= least].max(initial=0.0)


OF_TWO = {
    "auprc": average_precision_score,
    "auroc": roc_auc_score,
    "brier": brier_score_loss,
    "log_loss": log_loss,
}


@settings(max_examples=12)
@given(n=st.integers(6, 60), levels=st.integers(2, 30), seed=st.integers(0, 10_000))
def test_weights_are_repetitions(n, levels, seed):
    rng = np.random.RandomState(seed)
    y = rng.permutation(np.arange(n) % 3 == 0).astype(int)
    score = rng.randint(1, levels + 1, size=n) / (levels + 1)  # ties, and no log of 0
    weights = rng.randint(0, 4, size=(3, n)).astype(float)
    weights[:, [np.argmin(y), np.argmax(y)]] = 1.0  # both classes
    repeated = [np.repeat(np.arange(n), one.astype(int)) for one in weights]
    for name, reference in OF_TWO.items():
        expected = [reference(y[rows], score[rows]) for rows in repeated]
        np.testing.assert_allclose(weighted(name, y, score, weights), expected, atol=1e-12)
    expected = [recall_by_curve(y[rows], score[rows], 0.5) for rows in repeated]
    found = weighted("recall_at_precision", y, score, weights, min_precision=0.5)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_more_than_two_classes():
    rng = np.random.RandomState(0)
    y, proba = np.arange(60) % 3, rng.dirichlet(np.ones(3), size=60)
    ones = np.ones((1, 60))
    each = [(y == code, proba[:, code]) for code in range(3)]
    for name, reference in (("auprc", average_precision_score), ("auroc", roc_auc_score)):
        expected = np.mean([reference(event, score) for event, score in each])
        assert weighted(name, y, proba, ones) == pytest.approx(expected)
    assert weighted("log_loss", y, proba, ones) == pytest.approx(log_loss(y, proba))
    assert weighted("brier", y, proba, ones) == pytest.approx(
        np.mean([np.sum((proba[i] - np.eye(3)[y[i]]) ** 2) for i in range(60)])
    )


def test_expected_cost_decides_by_the_lowest():
    y = np.array([0, 0, 1, 1])
    proba = np.array([0.05, 0.3, 0.05, 0.9])
    found = weighted("expected_cost", y, proba, np.ones((1, 4)), cost_matrix=[[0, 1], [10, 0]])
    # decided for the second class where 10 p > 1 - p: rows 1 and 3
    assert found == pytest.approx((0 + 1 + 10 + 0) / 4)


@settings(max_examples=30)
@given(n=st.integers(6, 60), seed=st.integers(0, 1000), least=st.sampled_from([0.3, 0.5, 0.9, 1.0]))
def test_recall_at_precision_is_on_the_curve(n, seed, least):
    rng = np.random.RandomState(seed)
    y = rng.permutation(np.arange(n) % 3 == 0).astype(int)
    score = rng.randint(10, size=n)
    found = recall_at_precision(y, score, min_precision=least)
    assert found == pytest.approx(recall_by_curve(y, score, least))


def test_recall_at_precision_of_strings_weights_and_classes():
    y = np.array(["no", "no", "yes", "no", "yes"])
    score = np.array([0.1, 0.2, 0.4, 0.6, 0.9])
    assert recall_at_precision(y, score, min_precision=0.9, pos_label="yes") == 0.5
    # with the false alarm above it left out, nothing is between the two
    weight = [1, 1, 1, 0, 1]
    found = recall_at_precision(y, score, min_precision=0.9, pos_label="yes", sample_weight=weight)
    assert found == 1.0
    three = np.array([0, 1, 2, 0, 1, 2])
    assert recall_at_precision(three, np.eye(3)[three], min_precision=1.0) == 1.0


@looped(
    ("y", "score", "options", "words"),
    [
        ([0, 0], [0.1, 0.2], {}, "at least two classes"),
        ([0, 1], [0.1, 0.2], {"min_precision": 0.0}, r"must lie in \(0, 1\]; got 0.0"),
        (["a", "b"], [0.1, 0.2], {}, "Give pos_label"),
        ([0, 1, 2], [0.1, 0.2, 0.3], {}, "describes 2 classes, but there are 3"),
        ([0, 1, 2], np.eye(3), {"pos_label": 1}, "pos_label is for two classes"),
        ([0, 1], [0.1, np.nan], {}, "contains NaN"),
        ([0, 1], [0.1, 0.2, 0.3], {}, "inconsistent numbers of samples"),
        ([0, 1], np.eye(3)[:2], {"labels": [0, 1, 2]}, "no row of class 2"),
        ([0, 7], [0.1, 0.2], {"labels": [0, 1]}, r"holds classes that labels lacks: \[7\]"),
    ],
)
def test_bad_input(y, score, options, words):
    with pytest.raises(ValueError, match=words):
        recall_at_precision(y, score, **({"min_precision": 0.9} | options))
