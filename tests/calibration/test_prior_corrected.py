"""Tables sampled by class: what is given, what is found, what is refused."""

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.calibration import PriorCorrectedClassifier, correct_prior


class Half(DecisionTreeClassifier):
    """Says that all classes are equally probable."""

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


def test_published_value():
    """beta p_s / (beta p_s - p_s + 1) at p_s = .5, beta = .01 (Dal Pozzolo et al., 2015)."""
    X, y = np.zeros((200, 1)), np.repeat([0, 1], 100)
    model = PriorCorrectedClassifier(Half(), sampling_rate={0: 0.01}).fit(X, y)
    assert model.predict_proba(X[:1])[0, 1] == pytest.approx(0.005 / 0.505, rel=1e-12)
    np.testing.assert_allclose(model.true_prior_, [10_000 / 10_100, 100 / 10_100])


WAYS = {
    "shares by label": {"true_prior": {0: 0.9, 1: 0.02, 2: 0.08}},
    "shares out of order": {"true_prior": {2: 8, 0: 90, 1: 2}},
    "shares in order": {"true_prior": [0.9, 0.02, 0.08]},
    # 50, 12 and 25 rows
    "rates": {"sampling_rate": {0: 50 / 900, 1: 12 / 20, 2: 25 / 80}},
    "rates of some": {"sampling_rate": {0: 50 / 900 / (12 / 20), 2: 25 / 80 / (12 / 20)}},
}


@pytest.mark.parametrize("way", list(WAYS))
def test_every_way_to_say_it_is_the_same_correction(way, three_classes):
    X, y = three_classes
    model = PriorCorrectedClassifier(LogisticRegression(), **WAYS[way]).fit(X, y)
    expected = correct_prior(
        LogisticRegression().fit(X, y).predict_proba(X),
        trained_on=np.bincount(y),
        true_prior=[0.9, 0.02, 0.08],
    )
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-10)
    np.testing.assert_allclose(model.prior_, np.bincount(y) / len(y))
    np.testing.assert_allclose(model.true_prior_, [0.9, 0.02, 0.08])
    np.testing.assert_array_equal(model.predict(X), expected.argmax(axis=1))


def test_a_number_is_the_rate_of_the_largest_class(three_classes):
    X, y = three_classes
    one = PriorCorrectedClassifier(LogisticRegression(), sampling_rate=0.1).fit(X, y)
    other = PriorCorrectedClassifier(LogisticRegression(), sampling_rate={0: 0.1}).fit(X, y)
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


def test_the_same_shares_change_nothing(two_classes):
    X, y = two_classes
    plain = LogisticRegression().fit(X, y).predict_proba(X)
    for given in ({"sampling_rate": {}}, {"true_prior": [60, 15]}):
        model = PriorCorrectedClassifier(LogisticRegression(), **given).fit(X, y)
        np.testing.assert_allclose(model.predict_proba(X), plain, rtol=1e-12)


def test_with_two_classes_the_order_of_rows_is_kept(two_classes):
    X, y = two_classes
    model = PriorCorrectedClassifier(LogisticRegression(), sampling_rate={0: 0.01}).fit(X, y)
    plain = model.estimator_.predict_proba(X)[:, 1]
    assert (np.diff(model.predict_proba(X)[np.argsort(plain), 1]) >= 0).all()


def test_a_corrected_model_finds_the_unsampled_one():
    """Logistic data of which 5 % of the negatives were kept. The full fit is within .1 of the
    truth in log-odds with seven standard errors to spare (60,000 rows, some 1600 positive), and
    the corrected one within .3; uncorrected it is off by log 20 = 3."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(60_000, 2))
    y = (rng.uniform(size=len(X)) < 1 / (1 + np.exp(4 - X @ [1.0, -1.5]))).astype(int)
    kept = (y == 1) | (rng.uniform(size=len(X)) < 0.05)
    learner = LogisticRegression(C=np.inf)
    model = PriorCorrectedClassifier(learner, sampling_rate={0: 0.05}).fit(X[kept], y[kept])
    proba = model.predict_proba(np.zeros((1, 2)))[0]
    assert np.log(proba[1] / proba[0]) == pytest.approx(-4, abs=0.3)
    plain = model.estimator_.predict_proba(np.zeros((1, 2)))[0]
    assert np.log(plain[1] / plain[0]) == pytest.approx(-4 + np.log(20), abs=0.3)


def test_weights_count_in_the_shares(two_classes):
    X, y = two_classes
    weight = np.where(y == 1, 4.0, 1.0)
    model = PriorCorrectedClassifier(LogisticRegression(), true_prior=[0.9, 0.1])
    model.fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(model.prior_, [0.5, 0.5])
    np.testing.assert_allclose(model.true_prior_, [0.9, 0.1])


def test_a_frozen_estimator_was_trained_on_the_shares_of_y(two_classes):
    X, y = two_classes
    fitted = LogisticRegression().fit(X, y)
    frozen = PriorCorrectedClassifier(FrozenEstimator(fitted), sampling_rate={0: 0.1}).fit(X, y)
    whole = PriorCorrectedClassifier(LogisticRegression(), sampling_rate={0: 0.1}).fit(X, y)
    np.testing.assert_array_equal(frozen.predict_proba(X), whole.predict_proba(X))


def test_names_of_classes(two_classes):
    X, y = two_classes
    names = np.array(["zebra", "ant"])[y]
    model = PriorCorrectedClassifier(LogisticRegression(), true_prior={"zebra": 0.9, "ant": 0.1})
    model.fit(X, names)
    assert model.classes_.tolist() == ["ant", "zebra"]
    np.testing.assert_allclose(model.true_prior_, [0.1, 0.9])


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "exactly one .* got neither"),
        ({"true_prior": [0.5, 0.5], "sampling_rate": 0.5}, "exactly one .* got both"),
        ({"true_prior": [0.2, 0.3, 0.5]}, r"one share per class: expected 2.*shape \(3,\)"),
        ({"true_prior": {0: 1.0}}, r"a share for every class; there is none for \[1\]"),
        ({"true_prior": {0: 0.5, 1: 0.4, 7: 0.1}}, r"names the classes \[7\].*y has \[0, 1\]"),
        ({"true_prior": [-0.5, 1.5]}, "not negative"),
        ({"true_prior": [0.0, 0.0]}, "not all 0"),
        ({"true_prior": [np.nan, 0.5]}, "finite"),
        ({"sampling_rate": {"0": 0.5}}, r"sampling_rate names the classes \['0'\]"),
        ({"sampling_rate": {0: 0.0}}, "more than 0"),
        ({"sampling_rate": {0: np.inf}}, "finite"),
        ({"sampling_rate": -0.5}, "'sampling_rate' parameter"),
        ({"true_prior": 0.5}, "'true_prior' parameter"),
    ],
)
def test_impossible_requests_are_explained(given, message, two_classes):
    with pytest.raises(ValueError, match=message):
        PriorCorrectedClassifier(LogisticRegression(), **given).fit(*two_classes)


def test_equally_large_classes_need_a_name():
    X, y = np.random.RandomState(0).normal(size=(20, 2)), np.repeat([0, 1], 10)
    with pytest.raises(ValueError, match=r"equally large.*sampling_rate=\{0: 0.1\}"):
        PriorCorrectedClassifier(LogisticRegression(), sampling_rate=0.1).fit(X, y)


def test_every_class_needs_weight(two_classes):
    X, y = two_classes
    model = PriorCorrectedClassifier(DecisionTreeClassifier(), sampling_rate={})
    with pytest.raises(ValueError, match=r"positive weight in every class.*class 1"):
        model.fit(X, y, sample_weight=np.where(y == 1, 0.0, 1.0))


def test_a_frozen_estimator_must_know_the_classes(two_classes):
    X, y = two_classes
    frozen = FrozenEstimator(LogisticRegression().fit(X, y))
    with pytest.raises(ValueError, match=r"y holds the classes \[2\].*its classes are \[0, 1\]"):
        PriorCorrectedClassifier(frozen, sampling_rate={}).fit(X, np.where(y == 1, 2, 0))


def test_class_weights_are_taken_out():
    """Weights that even out two classes equal rows repeated until there are as many of each."""
    rng = np.random.RandomState(0)
    y = np.repeat([0, 1], [400, 100])
    X = rng.normal(size=(500, 2)) + y[:, None]
    weighted = LogisticRegression(class_weight="balanced", tol=1e-8)
    model = PriorCorrectedClassifier(weighted, trained_on="balanced").fit(X, y)
    np.testing.assert_allclose(model.true_prior_, [0.8, 0.2])
    np.testing.assert_allclose(model.trained_on_, [0.5, 0.5])
    repeated = np.repeat(np.arange(500), np.where(y == 1, 4, 1))
    # the mean weight of a row is 1 under "balanced": so many rows, each with 500 / 800 of a weight
    by_rows = PriorCorrectedClassifier(
        LogisticRegression(C=500 / 800, tol=1e-8), sampling_rate={1: 4.0}
    ).fit(X[repeated], y[repeated])
    # both solvers stop at a gradient of 1e-8
    np.testing.assert_allclose(model.predict_proba(X), by_rows.predict_proba(X), rtol=1e-4)


def test_shares_of_training_by_label(two_classes):
    X, y = two_classes
    named = PriorCorrectedClassifier(
        LogisticRegression(), trained_on={1: 1, 0: 1}, true_prior=[0.9, 0.1]
    ).fit(X, y)
    balanced = PriorCorrectedClassifier(
        LogisticRegression(), trained_on="balanced", true_prior=[0.9, 0.1]
    ).fit(X, y)
    np.testing.assert_array_equal(named.predict_proba(X), balanced.predict_proba(X))
    with pytest.raises(ValueError, match=r"trained_on needs a share for every class"):
        PriorCorrectedClassifier(LogisticRegression(), trained_on={1: 1}).fit(X, y)
