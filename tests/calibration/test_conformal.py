"""Sets that hold the true class as often as wanted, by class."""

import math

import numpy as np
import pytest
from loops import looped
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import make_classification
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RepeatedStratifiedKFold, StratifiedKFold, train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from imbalance_kit.calibration import ConformalClassifier
from imbalance_kit.calibration._conformity_scores import ConformityScores

X, Y = make_classification(
    600,
    n_features=5,
    n_informative=4,
    n_redundant=0,
    n_classes=3,
    weights=[0.8, 0.15],
    random_state=0,
)
LEARNER = LogisticRegression()


class FirstColumns(ClassifierMixin, BaseEstimator):
    """Takes the columns of X for probabilities."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.asarray(X)

    def predict(self, X):
        return self.classes_[np.asarray(X).argmax(axis=1)]


def frozen(X, y):
    return FrozenEstimator(FirstColumns().fit(X, y))


def p_values_by_hand(calibration, y, new, weight=None):
    """The share of the class's rows whose score is not above, the new row among them."""
    weight = np.ones(len(y)) if weight is None else weight
    found = np.empty((len(new), calibration.shape[1]))
    for code in range(calibration.shape[1]):
        own, of_own = calibration[y == code, code], weight[y == code]
        for place, row in enumerate(new):
            found[place, code] = (1 + of_own[own <= row[code]].sum()) / (1 + of_own.sum())
    return found


def test_prefit_p_values_are_as_defined():
    rng = np.random.RandomState(0)
    proba, y = rng.dirichlet(np.ones(3), size=60).round(2), np.arange(60) % 3
    new = rng.dirichlet(np.ones(3), size=20).round(2)
    model = ConformalClassifier(frozen(proba, y)).fit(proba, y)
    np.testing.assert_allclose(model.predict_p_values(new), p_values_by_hand(proba, y, new))
    np.testing.assert_array_equal(model.n_calibration_, [20, 20, 20])
    weight = rng.randint(0, 4, size=60).astype(float)
    weighted = ConformalClassifier(frozen(proba, y)).fit(proba, y, sample_weight=weight)
    expected = p_values_by_hand(proba, y, new, weight)
    np.testing.assert_allclose(weighted.predict_p_values(new), expected)
    many = np.repeat(np.arange(60), weight.astype(int))
    repeated = ConformalClassifier(frozen(proba, y)).fit(proba[many], y[many])
    np.testing.assert_allclose(repeated.predict_p_values(new), expected)


def test_folds_compare_with_their_own_held_out_rows():
    cv = StratifiedKFold(3)
    model = ConformalClassifier(LEARNER, cv=cv).fit(X, Y)
    below, new = np.ones((10, 3)), X[:10]
    for train, test in cv.split(X, Y):
        fitted = LogisticRegression().fit(X[train], Y[train])
        held_out, ahead = fitted.predict_proba(X[test]), fitted.predict_proba(new)
        for code in range(3):
            own = held_out[Y[test] == code, code]
            below[:, code] += (own[None, :] <= ahead[:, code][:, None]).sum(axis=1)
    np.testing.assert_allclose(model.predict_p_values(new), below / (1 + np.bincount(Y)))
    # rows that several splits hold out count once
    repeated = RepeatedStratifiedKFold(n_splits=3, n_repeats=2, random_state=0)
    twice = ConformalClassifier(LEARNER, cv=repeated).fit(X, Y)
    np.testing.assert_allclose(twice.n_calibration_, np.bincount(Y))
    assert len(twice.estimators_) == 6


@looped("n_rows", [9, 37])
def test_coverage_is_exact_for_each_class(n_rows):
    """Over calibration samples it is ceil(.9 (n + 1)) / (n + 1): checked with 250 of them.

    The coverage of one sample has a beta distribution; five standard errors of the mean are passed
    less than once in a million.
    """
    rng = np.random.RandomState(n_rows)
    n_runs, n_new = 250, 40
    y = np.repeat([0, 1], [4 * n_rows + 3, n_rows])  # the rare class has fewer
    new = np.repeat([0, 1], n_new)
    hits = np.zeros((n_runs, 2))
    for run in range(n_runs):
        score = 1 / (1 + np.exp(-rng.normal(size=len(y) + len(new)) - np.r_[y, new]))
        proba = np.column_stack([1 - score, score])
        calibration, ahead = proba[: len(y)], proba[len(y) :]
        model = ConformalClassifier(frozen(calibration, y)).fit(calibration, y)
        held = model.predict_set(ahead)[np.arange(2 * n_new), new]
        hits[run] = held[:n_new].mean(), held[n_new:].mean()
    for code, n in enumerate(np.bincount(y)):
        exact = math.ceil(0.9 * (n + 1) - 1e-9) / (n + 1)
        variance = exact * (1 - exact) * (1 / (n + 2) + 1 / n_new) / n_runs
        assert abs(hits[:, code].mean() - exact) < 5 * math.sqrt(variance)


def test_sets_and_levels():
    model = ConformalClassifier(LEARNER, confidence=0.8).fit(X, Y)
    sets = model.predict_set(X)
    assert sets.dtype == bool
    assert sets.shape == (600, 3)
    np.testing.assert_array_equal(sets, model.predict_p_values(X) > 0.2)
    wider = model.predict_set(X, confidence=0.9)
    assert (wider >= sets).all()
    assert wider.sum() > sets.sum()
    # a level that is a multiple of 1 / (n + 1): p equal to 1 - confidence is outside
    proba = np.column_stack([np.arange(1, 20), 20 - np.arange(1, 20)]) / 20
    proba = np.r_[proba, proba]
    y = np.repeat([0, 1], 19)
    exact = ConformalClassifier(frozen(proba, y)).fit(proba, y)
    lowest = exact.predict_p_values([[0.06, 0.94]])[0, 0]
    assert lowest == pytest.approx(0.1)
    assert not exact.predict_set([[0.06, 0.94]])[0, 0]
    with pytest.raises(ValueError, match="confidence must lie between 0 and 1; got 90"):
        model.predict_set(X, confidence=90)
    with pytest.raises(ValueError, match="'confidence' parameter"):
        ConformalClassifier(LEARNER, confidence=1.0).fit(X, Y)


def test_few_rows_of_a_class_are_said():
    rows = np.r_[np.flatnonzero(Y < 2), np.flatnonzero(Y == 2)[:8]]
    model = ConformalClassifier(LEARNER).fit(X[rows], Y[rows])
    with pytest.warns(UserWarning, match=r"fewer than 9 calibration rows or groups: 2 \(8\)"):
        sets = model.predict_set(X)
    assert sets[:, 2].all()


def test_groups_count_once():
    """Rows that are repeated within their group change nothing."""
    rng = np.random.RandomState(0)
    proba, y = rng.dirichlet(np.ones(3), size=60), np.arange(60) % 3
    new = rng.dirichlet(np.ones(3), size=20)
    alone = ConformalClassifier(frozen(proba, y)).fit(proba, y)
    many = np.repeat(np.arange(60), rng.randint(1, 6, size=60))
    grouped = ConformalClassifier(frozen(proba, y)).fit(proba[many], y[many], groups=many)
    np.testing.assert_allclose(grouped.predict_p_values(new), alone.predict_p_values(new))
    np.testing.assert_allclose(grouped.n_calibration_, alone.n_calibration_)
    by_fold = ConformalClassifier(LEARNER, cv=3).fit(X, Y, groups=np.arange(600) // 4)
    pairs = {(group, label) for group, label in zip(np.arange(600) // 4, Y, strict=True)}
    expected = [sum(label == code for _, label in pairs) for code in range(3)]
    np.testing.assert_allclose(by_fold.n_calibration_, expected)


@pytest.mark.exhaustive
def test_coverage_of_rows_of_new_groups():
    """With groups that share a shift, counting groups covers; the bound is .9.

    3,000 samples; five standard errors of .0055 below it are passed less than once in a million.
    """
    rng = np.random.RandomState(0)
    n_runs, hits = 3000, 0
    for _ in range(n_runs):
        sizes = rng.choice([1, 30], size=12)
        group = np.repeat(np.arange(12), sizes)
        shift = rng.normal(size=13)
        score = 1 / (1 + np.exp(-shift[group] - 0.3 * rng.normal(size=len(group))))
        proba = np.column_stack([1 - score, score])
        y = np.ones(len(group), dtype=int)
        y[:: max(len(group) // 3, 1)] = 0
        model = ConformalClassifier(frozen(proba, y)).fit(proba, y, groups=group)
        new = 1 / (1 + np.exp(-shift[12] - 0.3 * rng.normal()))
        hits += model.predict_p_values([[1 - new, new]])[0, 1] > 0.1 + 1e-12
    assert hits / n_runs > 0.9 - 0.0275


def test_cross_fitted_coverage_by_class():
    """A large table: sets hold a share near .9 of the rows of each class, the rarest too."""
    many_X, many_y = make_classification(12_000, weights=[0.95], flip_y=0.02, random_state=1)
    X_train, X_test, y_train, y_test = train_test_split(
        many_X, many_y, train_size=0.5, stratify=many_y, random_state=0
    )
    sets = ConformalClassifier(GaussianNB()).fit(X_train, y_train).predict_set(X_test)
    for code in (0, 1):
        rows = y_test == code
        # from the calibration and the test rows, each of about as many; five standard errors
        slack = 5 * 0.3 * math.sqrt(2 / rows.sum())
        assert abs(sets[rows, code].mean() - 0.9) < slack


def test_margins_and_labels():
    names = np.array(["often", "rare", "rarer"])[Y]
    model = ConformalClassifier(LinearSVC()).fit(X, names)
    assert not hasattr(model, "predict_proba")
    assert set(model.predict(X)) <= set(names)
    assert (model.predict(X) == names).mean() > 0.8
    two = Y > 0
    margins = ConformalClassifier(LinearSVC(), cv=3).fit(X, two)
    assert margins.predict_p_values(X).shape == (600, 2)
    assert (margins.predict(X) == two).mean() > 0.8


def test_a_class_that_no_split_holds_out():
    split = [(np.arange(600), np.array([], dtype=int))]
    train = np.flatnonzero(Y < 2)[:100]
    rest = np.setdiff1d(np.arange(600), train)
    split = [(rest, train)]
    with pytest.raises(ValueError, match="hold out no row of class 2"):
        ConformalClassifier(LEARNER, cv=split).fit(X, Y)


def test_weights_up_to_a_score_are_those_counted_by_hand():
    """With ties, a class without rows, and by cells as by numpy's search."""
    rng = np.random.RandomState(0)
    y_encoded = rng.randint(0, 2, size=300)
    for scores in (rng.normal(size=(300, 3)), rng.randint(0, 4, size=(300, 3)) / 4):
        weight = rng.uniform(size=300)
        known = ConformityScores(scores, y_encoded, weight)
        new = np.concatenate([scores, rng.normal(size=(20, 3))])
        own = scores[np.arange(300), y_encoded]
        expected = [
            [weight[(y_encoded == code) & (own <= row[code])].sum() for code in range(3)]
            for row in new
        ]
        for n_rows in (20, 10**6):
            found = known.weight_up_to(new, known.searches(n_rows))
            np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
        assert (found[:, 2] == 0).all()


def test_p_values_of_a_long_table_are_those_of_its_rows():
    model = ConformalClassifier(GaussianNB(), cv=2).fit(X, Y)
    many = np.tile(X, (40, 1))[:20_000]
    p_values = model.predict_p_values(many)
    for rows in (slice(0, 2), slice(7_998, 8_003), slice(19_990, None)):
        np.testing.assert_allclose(model.predict_p_values(many[rows]), p_values[rows], rtol=1e-12)
