"""Scorers of probabilities or ranks tune no decision: one error for two classes and for more."""

import numpy as np
import pytest
from loops import looped
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    brier_score_loss,
    f1_score,
    get_scorer,
    get_scorer_names,
    make_scorer,
    roc_auc_score,
)

from imbalance_kit.calibration import LogitAdjustedClassifier
from imbalance_kit.cost import ThresholdedClassifierCV


def of_probabilities(response_method):
    def mean_score(y_true, response):
        return float(np.mean(response == response[0]))

    return make_scorer(mean_score, response_method=response_method)


def by_hand(estimator, X, y):
    return float(estimator.predict_proba(X)[:, 1].mean())


BY_NAME = [
    name
    for name in get_scorer_names()
    if get_scorer(name)._response_method != "predict"  # scikit-learn keeps it nowhere else
]
RANKS = [
    *BY_NAME,
    make_scorer(roc_auc_score, response_method=("decision_function", "predict_proba")),
    make_scorer(brier_score_loss, response_method="predict_proba", greater_is_better=False),
    of_probabilities("predict_proba"),
    of_probabilities("decision_function"),
    of_probabilities(["predict_proba", "predict"]),
]


def test_the_named_ones_are_among_them():
    assert {"neg_log_loss", "roc_auc", "average_precision", "neg_brier_score"} <= set(BY_NAME)


@looped("scoring", RANKS)
def test_two_classes(scoring, two_classes):
    X, y = two_classes
    for labels in (y, np.array(["no", "yes"])[y]):
        with pytest.raises(ValueError, match=r"must score predicted labels.*balanced_accuracy"):
            ThresholdedClassifierCV(LogisticRegression(), scoring=scoring).fit(X, labels)


@looped("scoring", [*RANKS, by_hand])
def test_more_classes(scoring, three_classes):
    with pytest.raises(ValueError, match=r"must score predicted labels.*balanced_accuracy"):
        ThresholdedClassifierCV(LogisticRegression(), scoring=scoring).fit(*three_classes)


@looped("scoring", RANKS)
def test_the_rule_of_one_number(scoring, two_classes):
    with pytest.raises(ValueError, match="is tuned for one of"):
        ThresholdedClassifierCV(LogisticRegression(), scoring=scoring, rule="exponent").fit(
            *two_classes
        )


@looped("scoring", BY_NAME)
def test_one_number_for_all_classes(scoring, three_classes):
    model = LogitAdjustedClassifier(LogisticRegression(), tau="auto", scoring=scoring)
    with pytest.raises(ValueError, match="scored by its labels"):
        model.fit(*three_classes)


def test_costs_need_no_scorer(two_classes):
    model = ThresholdedClassifierCV(
        LogisticRegression(), scoring="roc_auc", cost_matrix=[[0, 1], [9, 0]]
    )
    assert model.fit(*two_classes).score(*two_classes) <= 0


def test_scorers_of_labels_stay(two_classes):
    X, y = two_classes
    for scoring in ("f1", "accuracy", make_scorer(f1_score, response_method="predict")):
        model = ThresholdedClassifierCV(LogisticRegression(), scoring=scoring).fit(X, y)
        assert set(model.predict(X)) == {0, 1}
