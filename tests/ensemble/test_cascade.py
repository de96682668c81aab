"""BalanceCascadeClassifier: rows that are settled leave, in exact numbers, and never return."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.ensemble import AdaBoostClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier
from tables import unbalanced

from imbalance_kit.ensemble import BalanceCascadeClassifier

ROUNDS = 6


def small(**parameters):
    given = {"n_estimators": ROUNDS, "random_state": 0} | parameters
    return BalanceCascadeClassifier(given.pop("estimator", GaussianNB()), **given)


def test_what_is_left_follows_the_law(two_classes):
    X, y = two_classes
    model = small().fit(X, y)
    expected = [round(60 * (15 / 60) ** (i / (ROUNDS - 1))) for i in range(ROUNDS)]
    assert model.n_left_[:, 0].tolist() == expected
    assert (model.n_left_[:, 1] == 15).all()


def test_several_classes_shrink_each_by_its_own_factor(three_classes):
    X, y = three_classes
    left = small().fit(X, y).n_left_
    assert left[0].tolist() == [50, 12, 25]
    assert left[-1].tolist() == [12, 12, 12]
    assert (np.diff(left, axis=0) <= 0).all()


@pytest.mark.parametrize("judge", ["learner", "ensemble"])
def test_the_surest_rows_leave(judge):
    """Every round again from the learners: those left are the least sure, by probability."""
    X, y = unbalanced([300, 30])
    model = small(judge=judge, bootstrap=False).fit(X, y)
    left = np.flatnonzero(y == 0)
    said = np.zeros(len(y))
    for number, learner in enumerate(model.estimators_):
        rows = model.estimators_samples_[number]
        assert set(rows[y[rows] == 0]) <= set(left)
        proba = learner.predict_proba(X)[:, 0]
        said = proba if judge == "learner" else said + proba
        if number + 1 < ROUNDS:
            n_left = model.n_left_[number + 1, 0]
            left = left[np.argsort(said[left], kind="stable")[:n_left]]  # no ties here
    assert len(left) == 30
    assert set(model.estimators_samples_[-1]) == set(left) | set(np.flatnonzero(y == 1))


def test_the_order_of_the_table_does_not_decide_ties():
    """A learner that knows nothing makes all rows tie. Which rows are left is then a matter of
    chance: in 200 fits each half of the table keeps about half. The count of rows from the first
    half is hypergeometric; 7 standard deviations (false alarm below 1e-9)."""
    from sklearn.dummy import DummyClassifier

    X, y = np.zeros((110, 1)), np.repeat([0, 1], [100, 10])
    first = 0
    for seed in range(200):
        model = BalanceCascadeClassifier(
            DummyClassifier(), n_estimators=3, random_state=seed, bootstrap=False
        ).fit(X, y)
        rows = model.estimators_samples_[-1]
        first += int((rows[y[rows] == 0] < 50).sum())
    deviation = np.sqrt(200 * 10 * 0.25 * 90 / 99)
    assert abs(first - 1000) < 7 * deviation


def test_on_separable_data_rows_near_the_border_stay():
    x = np.concatenate([np.linspace(-10, -0.1, 200), np.linspace(0.1, 1, 20)])
    y = np.repeat([0, 1], [200, 20])
    model = small(estimator=LogisticRegression(), bootstrap=False).fit(x[:, None], y)
    last = model.estimators_samples_[-1]
    assert set(last[y[last] == 0]) == set(range(180, 200))


def test_weights_mean_repetition_on_average():
    """Stands in for scikit-learn's check_sample_weight_equivalence, which asks for the same result
    where rows are drawn. With weights independent of what is settled, and with rows repeated that
    often, the mean log-odds of four cells over 40 seeds agree: within 8 estimated standard errors
    plus .05 for the bias of a logarithm of few rows (false alarm below 1e-9)."""
    rng = np.random.RandomState(0)
    cell = rng.randint(4, size=6000)
    X = cell[:, None].astype(float)
    y = (rng.uniform(size=len(X)) < np.array([0.06, 0.1, 0.14, 0.2])[cell]).astype(int)
    weight = rng.randint(1, 4, size=len(y))
    repeated = np.repeat(np.arange(len(y)), weight)

    def log_odds(X, y, weight=None):
        found = []
        for seed in range(40):
            model = BalanceCascadeClassifier(
                DecisionTreeClassifier(max_depth=2), n_estimators=2, random_state=seed
            ).fit(X, y, sample_weight=weight)
            proba = model.predict_proba(np.arange(4.0)[:, None])
            found.append(np.log(proba[:, 1] / proba[:, 0]))
        return np.array(found)

    one, other = log_odds(X, y, weight), log_odds(X[repeated], y[repeated])
    error = np.sqrt((one.var(axis=0) + other.var(axis=0)) / 40)
    assert (np.abs(one.mean(axis=0) - other.mean(axis=0)) < 8 * error + 0.05).all()


def test_side_by_side_learners_draw_from_the_same_rows(two_classes):
    X, y = two_classes
    model = small(n_estimators=8, learners_per_round=2).fit(X, y)
    assert model.n_left_[:, 0].tolist() == [60, 38, 24, 15]
    jobs = small(n_estimators=8, learners_per_round=2, n_jobs=2).fit(X, y)
    for one, other in zip(model.estimators_samples_, jobs.estimators_samples_, strict=True):
        np.testing.assert_array_equal(one, other)


def test_one_round_is_one_balanced_draw(two_classes):
    X, y = two_classes
    model = small(n_estimators=1, bootstrap=False).fit(X, y)
    (rows,) = model.estimators_samples_
    assert np.bincount(y[rows]).tolist() == [15, 15]
    again = clone(GaussianNB()).fit(X[rows], y[rows])
    np.testing.assert_array_equal(model.predict_proba(X), again.predict_proba(X))


def test_a_warm_start_drops_the_same_rows_again(two_classes):
    X, y = two_classes
    model = small(estimator=DecisionTreeClassifier(max_depth=1), warm_start=True).fit(X, y)
    before = [rows.tolist() for rows in model.estimators_samples_]
    model.set_params(n_estimators=9).fit(X, y)
    assert [rows.tolist() for rows in model.estimators_samples_[:ROUNDS]] == before
    expected = [round(60 * 0.25 ** (i / 8)) for i in range(9)]
    assert model.n_left_[:, 0].tolist() == expected


def test_the_papers_form(overlapping):
    """AdaBoost in every round, judged alone, the small class as it is."""
    X, y = overlapping
    model = BalanceCascadeClassifier(
        AdaBoostClassifier(n_estimators=10),
        n_estimators=4,
        judge="learner",
        bootstrap=False,
        random_state=0,
    ).fit(X, y)
    positive = np.flatnonzero(y == 1)
    for rows in model.estimators_samples_:
        assert set(rows[y[rows] == 1]) == set(positive)
        assert len(rows) == 2 * len(positive)
