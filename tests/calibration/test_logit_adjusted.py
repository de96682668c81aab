"""Decisions by log probability less tau times log share."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score, make_scorer
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.calibration import LogitAdjustedClassifier
from imbalance_kit.calibration._tuning import middle_of_the_best, score_decisions


class Bells(GaussianNB):
    """Knows that classes are unit bell curves at 0, 2 and 4, of the shares in y."""

    def predict_proba(self, X):
        joint = norm.pdf(X, [[0.0, 2.0, 4.0][: len(self.classes_)]]) * self.class_prior_
        return joint / joint.sum(axis=1, keepdims=True)


def bells(n, shares, seed):
    rng = np.random.RandomState(seed)
    y = rng.choice(len(shares), size=n, p=shares)
    return rng.normal(2.0 * y)[:, None], y


def test_tau_0_changes_nothing(three_classes):
    X, y = three_classes
    for learner in (LogisticRegression(), DecisionTreeClassifier(random_state=0)):
        model = LogitAdjustedClassifier(learner, tau=0).fit(X, y)
        np.testing.assert_array_equal(model.predict(X), model.estimator_.predict(X))


@pytest.mark.parametrize("table", ["two_classes", "three_classes"])
@pytest.mark.parametrize("tau", [-0.5, 0.3, 1.0, 2.0])
def test_it_is_the_formula(table, tau, request):
    X, y = request.getfixturevalue(table)
    model = LogitAdjustedClassifier(LogisticRegression(), tau=tau).fit(X, y)
    proba = LogisticRegression().fit(X, y).predict_proba(X)
    scores = np.log(proba) - tau * np.log(np.bincount(y) / len(y))
    np.testing.assert_array_equal(model.predict(X), scores.argmax(axis=1))
    said = model.decision_function(X)
    expected = scores[:, 1] - scores[:, 0] if table == "two_classes" else scores
    np.testing.assert_allclose(said, expected, rtol=1e-10, atol=1e-12)


def test_with_two_classes_tau_1_is_a_threshold_at_the_share(two_classes):
    X, y = two_classes
    model = LogitAdjustedClassifier(LogisticRegression(), tau=1).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), model.predict_proba(X)[:, 1] > 15 / 75)


def test_tau_1_is_best_for_mean_recall_where_probabilities_are_true():
    """With true probabilities no tau has a better mean recall than 1 in expectation. Each tau
    changes the decision of some rows, whose effect on mean recall has a standard error of at most
    .5 / sqrt(rows of the rarest class, 800) / 3 = .006; allowed is .04."""
    X, y = bells(40_000, [0.9, 0.08, 0.02], 0)
    scores = {}
    for tau in (0.0, 0.5, 0.8, 1.0, 1.2, 1.5, 2.0):
        model = LogitAdjustedClassifier(Bells(), tau=tau).fit(X, y)
        scores[tau] = balanced_accuracy_score(y, model.predict(X))
    assert all(score < scores[1.0] + 0.04 for score in scores.values())
    assert scores[0.0] < scores[1.0] - 0.1
    tuned = LogitAdjustedClassifier(Bells()).fit(X, y)
    assert max(tuned.scores_) == pytest.approx(scores[1.0], abs=0.04)


def test_probabilities_stay_the_estimators(three_classes):
    X, y = three_classes
    model = LogitAdjustedClassifier(LogisticRegression(), tau=2).fit(X, y)
    np.testing.assert_array_equal(model.predict_proba(X), model.estimator_.predict_proba(X))
    assert (model.predict(X) != model.predict_proba(X).argmax(axis=1)).any()


@pytest.mark.parametrize(
    ("scoring", "metric"),
    [
        ("balanced_accuracy", balanced_accuracy_score),
        ("f1_macro", lambda y, z: f1_score(y, z, average="macro")),
        (make_scorer(balanced_accuracy_score, adjusted=True), None),
        (lambda model, X, y: balanced_accuracy_score(y, model.predict(X)), None),
    ],
    ids=["name", "another name", "scorer", "function"],
)
def test_tau_is_the_best_on_held_out_rows(scoring, metric):
    X, y = bells(3000, [0.9, 0.08, 0.02], 1)
    folds = StratifiedKFold(4)
    model = LogitAdjustedClassifier(GaussianNB(), scoring=scoring, cv=4).fit(X, y)
    held_out = cross_val_predict(GaussianNB(), X, y, method="predict_proba", cv=folds)
    logs = np.log(held_out), np.log(np.bincount(y) / len(y))
    if metric is not None:
        by_hand = [metric(y, (logs[0] - tau * logs[1]).argmax(axis=1)) for tau in model.taus_]
        np.testing.assert_allclose(model.scores_, by_hand)
    assert model.scores_[model.taus_ == model.tau_] == model.scores_.max()
    assert model.taus_[[0, -1]].tolist() == [0.0, 2.0]


def test_a_scorer_may_be_a_loss():
    X, y = bells(2000, [0.9, 0.1], 2)
    model = LogitAdjustedClassifier(GaussianNB(), scoring="accuracy").fit(X, y)
    loss = make_scorer(lambda y, z: np.mean(y != z), greater_is_better=False)
    other = LogitAdjustedClassifier(GaussianNB(), scoring=loss).fit(X, y)
    assert model.tau_ == other.tau_
    np.testing.assert_allclose(model.scores_, 1 + other.scores_)


def test_weights_count_in_shares_and_scores():
    X, y = bells(2000, [0.9, 0.1], 3)
    weight = np.where(y == 1, 9.0, 1.0)
    model = LogitAdjustedClassifier(GaussianNB(), scoring="accuracy")
    model.fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(model.prior_, np.bincount(y, weights=weight) / weight.sum())
    held_out = cross_val_predict(
        GaussianNB(), X, y, method="predict_proba", params={"sample_weight": weight}
    )
    right = held_out.argmax(axis=1) == y
    assert model.scores_[0] == pytest.approx(np.average(right, weights=weight))


def test_a_frozen_estimator_is_tuned_on_the_rows_given():
    X, y = bells(4000, [0.9, 0.1], 4)
    frozen = FrozenEstimator(GaussianNB().fit(X[:2000], y[:2000]))
    model = LogitAdjustedClassifier(frozen).fit(X[2000:], y[2000:])
    found = balanced_accuracy_score(y[2000:], model.predict(X[2000:]))
    assert found == pytest.approx(model.scores_.max())


def test_scorers_of_probabilities_are_refused(two_classes):
    model = LogitAdjustedClassifier(LogisticRegression(), scoring="roc_auc")
    with pytest.raises(ValueError, match=r"scoring='roc_auc' needs probabilities.*labels"):
        model.fit(*two_classes)


def test_scores_are_those_of_the_labels_themselves():
    y = np.array(["a", "b", "b", "a"])
    classes = np.array(["a", "b"])
    decisions = [np.array([0, 1, 1, 0]), np.array([0, 0, 1, 0]), np.array([1, 0, 0, 1])]
    weight = np.array([1.0, 1.0, 1.0, 2.0])
    found = score_decisions(decisions, y, classes, scoring="accuracy", weight=weight)
    np.testing.assert_allclose(found, [1, 0.8, 0])


def test_of_those_that_tie_the_middle_is_taken():
    assert middle_of_the_best(np.array([0.0, 2.0, 2.0, 2.0, 1.0])) == 2
    assert middle_of_the_best(np.array([2.0, 1.0])) == 0
    assert middle_of_the_best(np.array([1.0, 2.0, 0.0, 2.0])) == 1


@pytest.mark.parametrize(
    "parameters", [{"tau": "best"}, {"tau": np.inf}, {"scoring": None}, {"cv": "all"}]
)
def test_wrong_parameters_are_named(parameters, two_classes):
    (name,) = parameters
    with pytest.raises(ValueError, match=f"'{name}' parameter"):
        LogitAdjustedClassifier(LogisticRegression(), **parameters).fit(*two_classes)
