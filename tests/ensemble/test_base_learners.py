"""Which classifiers may be base learners: those of other labels, columns and without probabilities.

Every ensemble trains them on the positions of the labels, and takes what they predict in any shape.
"""

import numpy as np
import pytest
from catboost import CatBoostClassifier
from imblearn.pipeline import make_pipeline as sampling_pipeline
from lightgbm import LGBMClassifier
from loops import looped
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import BaggingClassifier
from sklearn.linear_model import LogisticRegression, Perceptron, RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier
from tables import unbalanced
from xgboost import XGBClassifier

from imbalance_kit import ensemble
from imbalance_kit.over_sampling import SMOTE

BAGS = [
    ensemble.BalanceCascadeClassifier,
    ensemble.BalancedBaggingClassifier,
    ensemble.EasyEnsembleClassifier,
    ensemble.OverBaggingClassifier,
    ensemble.ResamplingBaggingClassifier,
    ensemble.SelfPacedEnsembleClassifier,
    ensemble.SMOTEBaggingClassifier,
    ensemble.UnderBaggingClassifier,
]
BOOSTERS = [
    ensemble.AdaCostClassifier,
    ensemble.AdaUBoostClassifier,
    ensemble.AsymBoostClassifier,
    ensemble.KmeansSMOTEBoostClassifier,
    ensemble.OverBoostClassifier,
    ensemble.RUSBoostClassifier,
    ensemble.SMOTEBoostClassifier,
]
LABELS = {
    "words": ["common", "middle", "rare"],
    "words as objects": np.array(["common", "middle", "rare"], dtype=object),
    "-1, 1, 2": [-1, 1, 2],
    "1, 2, 3": [1, 2, 3],
    "floats": [0.0, 1.0, 2.0],
    "bool": [False, True],
}
XGBOOST = XGBClassifier(n_estimators=3, max_depth=2, n_jobs=1)
CATBOOST = CatBoostClassifier(
    iterations=3, depth=2, thread_count=1, verbose=False, allow_writing_files=False
)


class NeedsCodes(ClassifierMixin, BaseEstimator):
    """Refuses labels that are not 0, 1, ..., and predicts a column of floats, or floats."""

    def __init__(self, column=True):
        self.column = column

    def fit(self, X, y, sample_weight=None):
        labels = np.unique(y)
        assert np.issubdtype(labels.dtype, np.integer)
        assert labels.tolist() == list(range(len(labels)))
        self.classes_ = labels
        self.tree_ = DecisionTreeClassifier(max_depth=3, random_state=0)
        self.tree_.fit(X, y, sample_weight=sample_weight)
        return self

    def predict(self, X):
        predicted = self.tree_.predict(X).astype(float)
        return predicted[:, None] if self.column else predicted


def table(labels):
    counts = [60, 15] if len(labels) == 2 else [60, 24, 15]
    X, y = unbalanced(counts)
    return X, y, np.asarray(labels)[y]


@pytest.mark.parametrize("kind", [*BAGS, *BOOSTERS])
@looped("name", LABELS)
def test_labels_of_any_kind_give_what_positions_give(kind, name):
    X, y, labels = table(LABELS[name])
    learner = NeedsCodes()
    model = kind(learner, n_estimators=3, random_state=0) if kind in BOOSTERS else None
    model = model or kind(estimator=learner, n_estimators=3, random_state=0)
    by_position = model.fit(X, y).predict_proba(X)
    expected = model.classes_[by_position.argmax(axis=1)]
    by_label = model.fit(X, labels)
    np.testing.assert_array_equal(by_label.predict_proba(X), by_position)
    assert by_label.classes_.tolist() == np.unique(LABELS[name]).tolist()
    np.testing.assert_array_equal(by_label.predict(X), np.unique(labels)[expected])
    assert by_label.score(X, labels) > 0.6


@pytest.mark.parametrize("learner", [XGBOOST, CATBOOST], ids=["xgboost", "catboost"])
@looped("kind", [*BAGS, *BOOSTERS], ids=lambda kind: kind.__name__)
def test_gradient_boosting_of_other_packages_with_three_words(learner, kind):
    X, y, labels = table(LABELS["words"])
    if kind in BAGS and learner is CATBOOST:
        X, y, labels = X[:75], y[:75], labels[:75]
    model = kind(estimator=learner, n_estimators=2, random_state=0).fit(X, labels)
    assert set(model.predict(X)) <= set(LABELS["words"])
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1.0)
    assert model.score(X, labels) > 0.6


NO_PROBABILITIES = [
    LinearSVC(random_state=0),
    RidgeClassifier(),
    Perceptron(random_state=0),
    SVC(),
    make_pipeline(StandardScaler(), LinearSVC(random_state=0)),
    NeedsCodes(),
    NeedsCodes(column=False),
]


@looped("learner", NO_PROBABILITIES)
def test_without_probabilities_the_learners_vote(learner):
    X, _, labels = table(LABELS["words"])
    for kind in BAGS:
        if kind is ensemble.BalanceCascadeClassifier:
            model = kind(learner, n_estimators=4, learners_per_round=2, random_state=0)
        else:
            model = kind(estimator=learner, n_estimators=4, random_state=0)
        model.fit(X, labels)
        votes = [
            np.eye(3)[np.asarray(one.predict(X)).ravel().astype(int)] for one in model.estimators_
        ]
        np.testing.assert_allclose(model.predict_proba(X), np.mean(votes, axis=0))
        expected = model.classes_[np.mean(votes, axis=0).argmax(axis=1)]
        np.testing.assert_array_equal(model.predict(X), expected)


def test_vote_shares_are_those_of_bagging():
    """With no resampling at all, a bag of the same rows gives scikit-learn's vote shares."""
    X, _, labels = table(LABELS["words"])
    ours = ensemble.ResamplingBaggingClassifier(
        RidgeClassifier(), bootstrap=False, n_estimators=3
    ).fit(X, labels)
    theirs = BaggingClassifier(RidgeClassifier(), bootstrap=False, n_estimators=3).fit(X, labels)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X))


@looped("kind", BAGS, ids=lambda kind: kind.__name__)
def test_votes_cannot_be_recalibrated(kind):
    X, _, labels = table(LABELS["words"])
    model = kind(estimator=LinearSVC(), n_estimators=2, recalibrate=True)
    message = r"recalibrate=True .* LinearSVC has no predict_proba.*CalibratedClassifierCV"
    with pytest.raises(ValueError, match=message):
        model.fit(X, labels)


def test_votes_stop_early_and_are_scored_out_of_bag():
    X, _, labels = table(LABELS["words"])
    model = ensemble.UnderBaggingClassifier(
        LinearSVC(random_state=0),
        n_estimators=12,
        oob_score=True,
        n_iter_no_change=2,
        validation_fraction=0.2,
        random_state=0,
    ).fit(X, labels)
    assert 2 < len(model.validation_scores_) < 12
    assert 0.5 < model.oob_score_ <= 1
    columns = ensemble.ResamplingBaggingClassifier(LinearSVC(), max_features=2, n_estimators=3)
    assert columns.fit(X, labels).score(X, labels) > 0.6


NAMED = [
    ("class_weight", DecisionTreeClassifier(max_depth=2, class_weight={"common": 1, "rare": 9})),
    (
        "class_weight",
        LGBMClassifier(n_estimators=3, n_jobs=1, verbose=-1, class_weight={"rare": 9.0}),
    ),
    (
        "logisticregression__class_weight",
        make_pipeline(StandardScaler(), LogisticRegression(class_weight={"common": 1, "rare": 9})),
    ),
    (
        "smote__sampling_strategy",
        sampling_pipeline(SMOTE(sampling_strategy={"rare": 40}), LogisticRegression()),
    ),
]


@looped(("name", "learner"), NAMED)
def test_parameters_that_name_classes_are_read_as_labels(name, learner):
    X, _, labels = table(["common", "rare"])
    model = ensemble.OverBaggingClassifier(
        learner, n_estimators=2, sampling_strategy={}, random_state=0
    )
    if "sampling" not in name:
        plain = model.fit(X, labels).predict_proba(X)[:, 1].mean()
        model.set_params(**{f"estimator__{name}": None})
        assert model.fit(X, labels).predict_proba(X)[:, 1].mean() < plain
    else:
        model.fit(X, labels)
        assert model.estimators_[0].get_params()[name] == {1: 40}


class Positive(NeedsCodes):
    """Has a parameter that names one class."""

    def __init__(self, pos_label=None):
        self.pos_label = pos_label

    column = False


def test_the_first_label_may_be_the_one_that_parameters_name():
    X, _, labels = table(["b", "a"])
    weight = {"a": 5, "b": 1}
    for learner in (DecisionTreeClassifier(class_weight=weight, max_depth=1), Positive("a")):
        model = ensemble.UnderBaggingClassifier(learner, n_estimators=2).fit(X, labels)
        named = model.estimators_[0].get_params()
        assert named.get("class_weight", {0: 5, 1: 1}) == {0: 5, 1: 1}
        assert named.get("pos_label", 0) == 0
    assert learner.pos_label == "a"
    assert weight == {"a": 5, "b": 1}


def test_a_parameter_that_names_no_class_is_refused():
    X, _, labels = table([1, 2])
    learner = DecisionTreeClassifier(class_weight={0: 1, 2: 3})
    with pytest.raises(ValueError, match=r"class_weight of the base learner names 0, .*\[1, 2\]"):
        ensemble.UnderBaggingClassifier(learner, n_estimators=2).fit(X, labels)


class Elsewhere(NeedsCodes):
    """Predicts labels that it was never given."""

    def predict(self, X):
        return super().predict(X) + 7


def test_a_learner_that_predicts_other_labels_is_refused():
    X, _, labels = table(["common", "rare"])
    for kind in (ensemble.UnderBaggingClassifier, ensemble.RUSBoostClassifier):
        with pytest.raises(ValueError, match=r"predicts \[7.* positions of the 2 classes"):
            kind(Elsewhere(), n_estimators=2).fit(X, labels).predict(X)


# --- weights that learners are given ---------------------------------------------------------


class Records(DecisionTreeClassifier):
    """Keeps the weights that it was given."""

    def fit(self, X, y, sample_weight=None):
        self.given_ = np.array(sample_weight)
        return super().fit(X, y, sample_weight=sample_weight)


@looped("kind", BOOSTERS, ids=lambda kind: kind.__name__)
def test_boosted_learners_are_given_weights_of_about_one_a_row(kind):
    for counts in ([60, 15], [400, 13]):
        X, y = unbalanced(counts)
        labels = np.array(["common", "rare"])[y]
        for weight in (None, np.full(len(y), 1e-6), np.full(len(y), 1e9)):
            model = kind(Records(max_depth=2), n_estimators=1, random_state=0)
            if "costs" in model.get_params():
                model.set_params(costs="uniform")  # else the first weights differ by class
            model.fit(X, labels, sample_weight=weight)
            given = model.estimators_[0].given_
            assert 2**-0.5 - 1e-9 <= given.min() <= given.max() <= 2**0.5 + 1e-9


LEARN_LITTLE_OF_SMALL_WEIGHTS = [
    XGBOOST,
    LogisticRegression(),
    SVC(),
    LGBMClassifier(n_estimators=5, min_child_samples=1, n_jobs=1, verbose=-1),
]


@looped("learner", LEARN_LITTLE_OF_SMALL_WEIGHTS)
def test_learners_with_penalties_learn_under_boosting(learner):
    X, y = unbalanced([400, 40])
    for kind in (ensemble.RUSBoostClassifier, ensemble.OverBoostClassifier):
        model = kind(learner, n_estimators=2, random_state=0).fit(X, y)
        proba = model.predict_proba(X)[:, 1]
        assert len(np.unique(proba)) > 1
        assert proba[y == 1].mean() > proba[y == 0].mean() + 0.1


@looped("kind", BOOSTERS, ids=lambda kind: kind.__name__)
def test_a_power_of_two_leaves_trees_the_same_to_the_bit(kind):
    X, y = unbalanced([90, 17])
    weight = np.random.RandomState(0).uniform(0.1, 3, size=len(y))
    one, other = (
        kind(DecisionTreeClassifier(max_depth=2), n_estimators=4, random_state=0)
        .fit(X, y, sample_weight=weight * factor)
        .predict_proba(X)
        for factor in (1.0, 2.0**40)
    )
    np.testing.assert_array_equal(one, other)
