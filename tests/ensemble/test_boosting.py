"""What boosters share: SAMME, votes, ends, warm starts, probabilities."""

import numpy as np
import pytest
from loops import looped
from scipy.special import expit, softmax
from sklearn.datasets import make_classification
from sklearn.ensemble import AdaBoostClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import balanced_accuracy_score, log_loss, roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.ensemble import (
    AsymBoostClassifier,
    OverBoostClassifier,
    RUSBoostClassifier,
    SMOTEBoostClassifier,
)
from imbalance_kit.ensemble._boosting import from_score

N_ROUNDS = 12
ONE = {"n_estimators": N_ROUNDS, "random_state": 0}


def plain(**parameters):
    """With equal costs and all rows a booster is SAMME."""
    return AsymBoostClassifier(**{**ONE, "costs": "uniform", **parameters})


@pytest.fixture(params=[2, 3])
def table(request):
    """Continuous columns, so that none tie."""
    return make_classification(
        500, 6, n_informative=5, n_redundant=0, n_classes=request.param, flip_y=0.1, random_state=0
    )


@pytest.fixture
def two():
    return make_classification(
        500, 6, n_informative=5, n_redundant=0, flip_y=0.1, weights=[0.8], random_state=0
    )


# --- SAMME -----------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("rate", [1.0, 0.5])
def test_it_is_adaboost_round_by_round(table, depth, weighted, rate):
    X, y = table
    weight = np.random.RandomState(0).randint(1, 4, size=len(y)) if weighted else None
    learner = DecisionTreeClassifier(max_depth=depth)
    ours = plain(estimator=learner, learning_rate=rate).fit(X, y, sample_weight=weight)
    theirs = AdaBoostClassifier(learner, learning_rate=rate, **ONE).fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(ours.estimator_weights_, theirs.estimator_weights_, rtol=1e-7)
    np.testing.assert_allclose(ours.estimator_errors_, theirs.estimator_errors_, rtol=1e-7)
    if depth == 1:  # further down columns tie, and trees of different seeds take different ones
        np.testing.assert_allclose(
            ours.feature_importances_, theirs.feature_importances_, rtol=1e-7, atol=1e-12
        )
    for method in (
        "staged_decision_function",
        "staged_predict_proba",
        "decision_function",
        "predict_proba",
    ):
        said, expected = list(getattr(ours, method)(X)), list(getattr(theirs, method)(X))
        np.testing.assert_allclose(said, expected, rtol=1e-7, atol=1e-9)
    np.testing.assert_array_equal(ours.predict(X), theirs.predict(X))


def test_classes_are_enough(two):
    """A base learner need not give probabilities."""
    X, y = two
    # scikit-learn's weights add up to one, ours to the power of two nearest to the 500 rows
    pairs = [
        (RidgeClassifier(), RidgeClassifier(alpha=1 / 512)),
        (LinearSVC(C=1 / 512, random_state=0), LinearSVC(random_state=0)),
    ]
    for learner, with_their_weights in pairs:
        ours = plain(estimator=learner, early_termination=True).fit(X, y)
        theirs = AdaBoostClassifier(with_their_weights, **ONE).fit(X, y)
        n = len(ours.estimators_)
        np.testing.assert_allclose(ours.estimator_weights_, theirs.estimator_weights_[:n])
        np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-6)


def test_every_learner_sees_all_rows(two):
    X, y = two
    model = plain().fit(X, y)
    for rows in model.estimators_samples_:
        np.testing.assert_array_equal(rows, np.arange(len(y)))
        assert rows is model.estimators_samples_[0]  # one array, not one for each learner


# --- ends ------------------------------------------------------------------------------------


def test_no_error_is_the_last_learner():
    X, y = np.arange(400.0)[:, None] * np.ones(3), np.arange(400) // 300
    model = plain().fit(X, y)
    assert model.estimator_weights_ == [1.0]
    assert model.estimator_errors_ == [0.0]
    model.set_params(warm_start=True, n_estimators=N_ROUNDS + 3)
    model.fit(X, y)
    assert len(model.estimators_) == 1
    np.testing.assert_array_equal(model.predict(X), y)


class Contrary(DecisionTreeClassifier):
    """Says the other class from its `n_good`-th fit on."""

    fits = 0
    n_good = 2

    def fit(self, X, y, sample_weight=None, **options):
        type(self).fits += 1
        self.turned_ = type(self).fits > self.n_good
        return super().fit(X, y, sample_weight=sample_weight, **options)

    def predict_proba(self, X, check_input=True):
        proba = super().predict_proba(X, check_input=check_input)
        return proba[:, ::-1] if self.turned_ else proba


@pytest.fixture
def contrary():
    Contrary.fits = 0
    return Contrary(max_depth=2)


def test_a_guess_is_left_out_and_the_last(two, contrary):
    model = plain(estimator=contrary, early_termination=True).fit(*two)
    assert len(model.estimators_) == len(model.estimator_errors_) == Contrary.n_good
    assert min(model.estimator_weights_) > 0


def test_or_the_weights_begin_again(two, contrary):
    """The learner has no vote, and the next one sees the first weights."""
    X, y = two
    seen = []

    class Recording(Contrary):
        def fit(self, X, y, sample_weight=None, **options):
            seen.append(sample_weight / sample_weight.sum())
            return super().fit(X, y, sample_weight=sample_weight, **options)

    Recording.fits = 0
    model = plain(estimator=Recording(max_depth=2), early_termination=False, n_estimators=5)
    model.fit(X, y)
    assert len(model.estimators_) == 5
    assert [weight > 0 for weight in model.estimator_weights_] == [True, True, False, False, False]
    assert min(model.estimator_errors_[2:]) >= 0.5
    for number in (0, 3, 4):
        np.testing.assert_allclose(seen[number], 1 / len(y))
    for number in (1, 2):
        assert np.ptp(seen[number]) > 0.1 / len(y)
    two_learners = plain(estimator=DecisionTreeClassifier(max_depth=2), n_estimators=2).fit(X, y)
    np.testing.assert_allclose(model.predict_proba(X), two_learners.predict_proba(X))


@pytest.mark.parametrize("early_termination", [True, False])
def test_nothing_to_boost(early_termination, two, contrary, monkeypatch):
    monkeypatch.setattr(Contrary, "n_good", 0)
    model = plain(estimator=contrary, early_termination=early_termination)
    message = r"worse than random on the weighted.*Give an estimator"
    with pytest.raises(ValueError, match=message) as raised:
        model.fit(*two)
    assert ("early_termination=False" in str(raised.value)) is early_termination


def test_classes_weigh_the_same_where_no_learner_was_better(two):
    X, y = two
    seen = []

    class Late(DecisionTreeClassifier):
        """Has the classes the wrong way round twice, and then as they are."""

        def fit(self, X, y, sample_weight=None, **options):
            seen.append(sample_weight / sample_weight.sum())
            return super().fit(X, 1 - y if len(seen) < 3 else y, sample_weight=sample_weight)

    weight = np.random.RandomState(0).uniform(1, 2, size=len(y))
    model = plain(estimator=Late(max_depth=2), n_estimators=5).fit(X, y, sample_weight=weight)
    assert [w > 0 for w in model.estimator_weights_] == [False, False, True, True, True]
    np.testing.assert_allclose(seen[0], weight / weight.sum())
    expected = 0.5 * weight / np.bincount(y, weights=weight)[y]
    np.testing.assert_allclose(seen[1], expected)
    np.testing.assert_allclose(seen[2], expected)
    assert roc_auc_score(y, model.decision_function(X)) > 0.8


def rare_in_the_middle(seed):
    """The large class lies between two rare ones; one split tells two of the three apart."""
    rng = np.random.RandomState(seed)
    y = np.repeat([1, 0, 2], [400, 20, 20])
    X = rng.normal(size=(len(y), 2))
    X[:, 0] += 6 * y
    return X, y


def one_in_fifty(seed):
    return make_classification(
        1500, 6, n_informative=3, weights=[0.98], flip_y=0.01, random_state=seed
    )


@looped(
    ("kind", "table_of", "seed"),
    [
        (kind, table_of, seed)
        for kind in (RUSBoostClassifier, OverBoostClassifier, SMOTEBoostClassifier)
        for table_of in (rare_in_the_middle, one_in_fifty)
        for seed in range(4)
    ],
)
def test_boosting_on_balanced_draws_goes_on_by_default(kind, table_of, seed):
    X, y = table_of(seed)
    model = kind(n_estimators=20, random_state=seed).fit(X, y)
    assert len(model.estimators_) == 20
    assert np.count_nonzero(model.estimator_weights_) >= 5
    learned = balanced_accuracy_score(y, model.predict(X))
    assert learned > (0.95 if table_of is rare_in_the_middle else 0.6)


def test_learners_must_take_weights(two):
    with pytest.raises(ValueError, match=r"KNeighborsClassifier\.fit takes no sample_weight"):
        plain(estimator=KNeighborsClassifier()).fit(*two)


# --- warm start and jobs ---------------------------------------------------------------------


@pytest.mark.parametrize("early_termination", [True, False])
def test_warm_start_is_fitting_at_once(early_termination):
    X, y = make_classification(900, 5, weights=[0.9], flip_y=0.05, random_state=0)
    options = {"early_termination": early_termination, "random_state": 0}
    grown = RUSBoostClassifier(n_estimators=3, warm_start=True, **options).fit(X, y)
    grown.set_params(n_estimators=9).fit(X, y)
    at_once = RUSBoostClassifier(n_estimators=9, **options).fit(X, y)
    assert grown.estimator_weights_ == at_once.estimator_weights_
    assert grown.estimator_errors_ == at_once.estimator_errors_
    np.testing.assert_array_equal(grown.predict_proba(X), at_once.predict_proba(X))


@pytest.mark.parametrize("recalibrate", [False, True])
def test_jobs_do_not_change_the_result(recalibrate):
    X, y = make_classification(6000, 5, weights=[0.9], flip_y=0.05, random_state=0)
    one, three = (
        RUSBoostClassifier(n_jobs=n_jobs, recalibrate=recalibrate, **ONE).fit(X, y)
        for n_jobs in (None, 3)
    )
    np.testing.assert_array_equal(one.predict_proba(X), three.predict_proba(X))
    np.testing.assert_array_equal(one.decision_function(X), three.decision_function(X))


def test_early_stopping_looks_at_the_votes(two):
    X, y = two
    model = plain(n_estimators=200, n_iter_no_change=3).fit(X, y)
    assert len(model.validation_scores_) == len(model.estimators_) < 200
    assert max(model.validation_scores_[-3:]) <= max(model.validation_scores_[:-3]) + 1e-4


# --- probabilities ---------------------------------------------------------------------------


def test_two_classes_are_the_half_log_odds_of_adaboost():
    """The half log odds F adds up half the weights, and the probability is 1 / (1 + exp(-2 F))."""
    votes = np.array([[-0.7, 0.7], [2.0, -2.0]])
    np.testing.assert_allclose(from_score(votes)[:, 1], expit(2 * votes[:, 1] / 2))


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_the_score_is_where_the_exponential_loss_is_least(n_classes):
    """Zhu et al.: the loss is exp(-f_y / (K - 1)) for f that adds up to zero, and f adds up
    (K - 1)**2 / K times the votes. No direction leads further down from the score that
    `from_score` turns into the given probabilities."""
    rng = np.random.RandomState(n_classes)
    p = rng.dirichlet(np.ones(n_classes))
    votes = np.log(p) * n_classes / (n_classes - 1)
    votes -= votes.mean()
    np.testing.assert_allclose(from_score(votes[None])[0], p)

    def loss(votes):
        f = votes * (n_classes - 1) ** 2 / n_classes
        return p @ np.exp(-f / (n_classes - 1))

    for _ in range(50):
        step = rng.normal(size=n_classes)
        step -= step.mean()
        assert loss(votes) < loss(votes + 1e-3 * step)


def test_recalibration_is_the_score(table):
    X, y = table
    model = plain(recalibrate=True).fit(X, y)
    k = len(model.classes_)
    total = np.zeros((len(X), k))
    for learner, weight in zip(model.estimators_, model.estimator_weights_, strict=True):
        said = learner.predict(X)[:, None] == model.classes_
        total += weight * np.where(said, 1, -1 / (k - 1))
    expected = softmax((k - 1) / k * total, axis=1)
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-7)
    *_, last = model.staged_predict_proba(X)
    np.testing.assert_array_equal(last, model.predict_proba(X))


def test_runs_are_averaged(two):
    """Learners without weight end runs; the mean of the runs' scores counts."""
    X, y = two
    turns = iter([False, True, True, False])

    class Turning(DecisionTreeClassifier):
        def fit(self, X, y, sample_weight=None, **options):
            self.turned_ = next(turns)
            return super().fit(X, y, sample_weight=sample_weight, **options)

        def predict_proba(self, X, check_input=True):
            proba = super().predict_proba(X, check_input=check_input)
            return proba[:, ::-1] if self.turned_ else proba

    model = plain(
        estimator=Turning(max_depth=2), early_termination=False, n_estimators=4, recalibrate=True
    ).fit(X, y)
    assert [weight > 0 for weight in model.estimator_weights_] == [True, False, False, True]
    first, *_, last = model.staged_predict_proba(X)
    np.testing.assert_allclose(last, first)  # both runs are the same learner on first weights


def test_recalibrated_probabilities_are_better(overlapping):
    """Not a close call: AdaBoost's own stay near one half."""
    X, y = overlapping
    raw, score = (
        log_loss(y[2000:], plain(n_estimators=50, recalibrate=flag).fit(X[:2000], y[:2000])
                 .predict_proba(X[2000:]))
        for flag in (False, True)
    )  # fmt: skip
    base = log_loss(y[2000:], np.full(len(y) - 2000, y[:2000].mean()))
    assert score < base < raw


def test_logistic_regression_as_learner(two):
    model = plain(estimator=LogisticRegression(), n_estimators=3).fit(*two)
    assert np.isfinite(model.predict_proba(two[0])).all()
