"""RUSBoost, OverBoost, SMOTEBoost and KmeansSMOTEBoost: rows, weights, and what is forgotten."""

import inspect

import imblearn.ensemble
import numpy as np
import pandas as pd
import pytest
from recording import RecordingTree, recorded
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.datasets import make_classification
from sklearn.ensemble import AdaBoostClassifier
from sklearn.metrics import average_precision_score
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.ensemble import (
    KmeansSMOTEBoostClassifier,
    OverBoostClassifier,
    RUSBoostClassifier,
    SMOTEBoostClassifier,
)

OVER = [OverBoostClassifier, SMOTEBoostClassifier, KmeansSMOTEBoostClassifier]
EVERY = [RUSBoostClassifier, *OVER]
N_ROUNDS = 4
SIZES = [300, 60]


def small(cls, **parameters):
    return cls(
        **{
            "estimator": RecordingTree(max_depth=2, min_samples_split=3),
            "n_estimators": N_ROUNDS,
            "early_termination": False,
            "random_state": 0,
            **parameters,
        }
    )


@pytest.fixture
def table():
    """Continuous, 300 rows of one class and 60 of the other."""
    X, y = make_classification(
        900, 5, n_informative=4, n_redundant=0, flip_y=0.1, class_sep=1.5, random_state=0
    )
    rows = [np.flatnonzero(y == label)[:size] for label, size in enumerate(SIZES)]
    rows = np.sort(np.concatenate(rows))
    return X[rows], y[rows]


def weights_by_definition(model, X, y, first=None):
    """SAMME on the table, from the learners alone: weights before each round."""
    first = np.ones(len(y)) if first is None else first
    weight = first = first / first.sum()
    k, before = len(model.classes_), []
    for learner, said in zip(model.estimators_, model.estimator_weights_, strict=True):
        before.append(weight)
        wrong = learner.predict(X) != y
        error = weight[wrong].sum()
        if error >= 1 - 1 / k:
            assert said == 0
            weight = first
            continue
        alpha = np.log((1 - error) / error) + np.log(k - 1)
        np.testing.assert_allclose(said, alpha, rtol=1e-9)
        weight = weight * np.exp(alpha * wrong)
        weight = weight / weight.sum()
    return before


# --- what a round sees -----------------------------------------------------------------------


@pytest.mark.parametrize("replacement", [False, True])
def test_rusboost_draws_from_the_large_class(replacement, table):
    X, y = table
    model, seen = recorded(small(RUSBoostClassifier, replacement=replacement), X, y)
    for rows, (_, labels, _) in zip(model.estimators_samples_, seen, strict=True):
        assert np.bincount(labels).tolist() == np.bincount(y[rows]).tolist() == [60, 60]
        assert sorted(rows[y[rows] == 1]) == np.flatnonzero(y == 1).tolist()
        large = rows[y[rows] == 0]
        assert replacement or len(set(large.tolist())) == 60
    if replacement:  # 60 of 300 with replacement, all different: below 1e-2 for each of four draws
        assert any(len(set(rows.tolist())) < 120 for rows in model.estimators_samples_)
    assert len({tuple(rows) for rows in model.estimators_samples_}) == N_ROUNDS


@pytest.mark.parametrize("cls", OVER)
def test_over_sampling_boosters_add_rows(cls, table):
    X, y = table
    model, seen = recorded(small(cls), X, y)
    assert model.sampling_strategy_ == {1: 240}
    tables = []
    for rows, (given, labels, _) in zip(model.estimators_samples_, seen, strict=True):
        assert np.bincount(labels).tolist() == [300, 300]
        np.testing.assert_array_equal(labels, y[rows])
        np.testing.assert_array_equal(rows[:360], np.arange(360))
        np.testing.assert_array_equal(given[:360], X.astype(np.float32))
        tables.append(given[360:])
        is_row = (given[360:, None] == X.astype(np.float32)[None]).all(axis=2).any(axis=1)
        assert is_row.all() if cls is OverBoostClassifier else is_row.mean() < 0.1
    assert not any(np.array_equal(tables[0], other) for other in tables[1:])


@pytest.mark.parametrize("cls", EVERY)
@pytest.mark.parametrize("weighted", [False, True])
def test_rows_weigh_what_boosting_gave_them(cls, weighted, table):
    """Judged on the rows of the table alone; a copy or a made row has the weight of its seed."""
    X, y = table
    given = np.random.RandomState(1).uniform(0.5, 2, size=len(y)) if weighted else None
    model, seen = recorded(small(cls), X, y, sample_weight=given)
    before = weights_by_definition(model, X, y, given)
    for weight, rows, (_, _, own) in zip(before, model.estimators_samples_, seen, strict=True):
        np.testing.assert_allclose(own, weight[rows] / weight[rows].sum(), rtol=1e-7)


@pytest.mark.parametrize("cls", EVERY)
@pytest.mark.parametrize("schedule", ["progressive", "cooldown"])
def test_schedules(cls, schedule, table):
    X, y = table
    model = small(cls, schedule=schedule).fit(X, y)
    counts = [np.bincount(y[rows]).tolist() for rows in model.estimators_samples_]
    ends = [SIZES, [60, 60] if cls is RUSBoostClassifier else [300, 300]]
    assert [counts[0], counts[-1]] == (ends if schedule == "progressive" else ends[::-1])


@pytest.mark.parametrize("cls", EVERY)
def test_three_classes_and_numbers(cls, three_classes):
    X, y = three_classes
    under = cls is RUSBoostClassifier
    strategy = {0: 20} if under else {1: 20}
    extra = {"cluster_balance_threshold": 0.01} if cls is KmeansSMOTEBoostClassifier else {}
    model = small(cls, sampling_strategy=strategy, **extra).fit(X, y)
    for rows in model.estimators_samples_:
        assert np.bincount(y[rows]).tolist() == ([20, 12, 25] if under else [50, 20, 25])
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


# --- rows that stay --------------------------------------------------------------------------


@pytest.mark.parametrize("cls", OVER)
def test_persistent_rows_are_made_once_and_boosted_like_the_others(cls, table):
    X, y = table
    given = np.random.RandomState(1).uniform(0.5, 2, size=len(y))
    model, seen = recorded(small(cls, persistent=True), X, y, sample_weight=given)
    whole, labels, _ = seen[0]
    assert len(whole) == 600
    for again, *_ in seen[1:]:
        np.testing.assert_array_equal(again, whole)
    first = np.append(given, np.full(240, given.mean()))
    before = weights_by_definition(model, whole, labels, first)
    for weight, (_, _, own) in zip(before, seen, strict=True):
        np.testing.assert_allclose(own, weight, rtol=1e-7)


@pytest.mark.parametrize("cls", OVER)
def test_persistent_rows_are_adaboost_on_the_raised_table(cls, table):
    X, y = table
    _, seen = recorded(small(cls, persistent=True), X, y)
    whole, labels, _ = seen[0]
    model = cls(n_estimators=20, persistent=True, random_state=0).fit(X, y)
    theirs = AdaBoostClassifier(n_estimators=20).fit(whole, labels)
    np.testing.assert_allclose(model.estimator_weights_, theirs.estimator_weights_, rtol=1e-6)
    np.testing.assert_allclose(model.predict_proba(X), theirs.predict_proba(X), rtol=1e-6)


@pytest.mark.parametrize("cls", OVER)
def test_persistent_rows_have_no_schedule(cls, table):
    with pytest.raises(ValueError, match='persistent=True needs schedule="uniform"'):
        small(cls, persistent=True, schedule="cooldown").fit(*table)


@pytest.mark.parametrize("cls", OVER)
def test_persistent_rows_are_found_again_by_a_warm_start(cls, table):
    X, y = table
    options = {"persistent": True, "random_state": 0}
    grown = cls(n_estimators=2, warm_start=True, **options).fit(X, y)
    grown.set_params(n_estimators=5).fit(X, y)
    at_once = cls(n_estimators=5, **options).fit(X, y)
    np.testing.assert_array_equal(grown.predict_proba(X), at_once.predict_proba(X))


# --- made rows -------------------------------------------------------------------------------


def test_smote_rows_lie_between_neighbours(table):
    X, y = table
    model, seen = recorded(small(SMOTEBoostClassifier, k_neighbors=3), X, y)
    own = X.astype(np.float32)[y == 1]
    apart = np.linalg.norm(own[:, None] - own[None], axis=2)
    near = np.argsort(apart, axis=1)[:, 1:4]
    place = {row: number for number, row in enumerate(np.flatnonzero(y == 1))}
    for rows, (given, *_) in zip(model.estimators_samples_, seen, strict=True):
        for row, made in list(zip(rows, given, strict=True))[360::20]:
            start = own[place[row]]
            lengths = []
            for end in own[near[place[row]]]:
                gap = np.clip((made - start) @ (end - start) / ((end - start) ** 2).sum(), 0, 1)
                lengths.append(np.linalg.norm(start + gap * (end - start) - made))
            assert min(lengths) < 1e-4


def test_clusters_are_those_asked_for(table):
    X, y = table
    whole = KMeans(1, n_init=1)
    model = small(KmeansSMOTEBoostClassifier, kmeans_estimator=whole, n_estimators=1).fit(X, y)
    assert len(model.estimators_samples_[0]) == 600


@pytest.mark.parametrize("cls", EVERY)
def test_sparse_frames_and_missing_values(cls, table):
    X, y = table
    thin = sparse.csr_array(np.where(X > 0, X, 0))
    holes = X.copy()
    holes[::3, 0] = np.nan
    for given in (thin, pd.DataFrame(X), holes):
        model = small(cls, estimator=None).fit(given, y)
        assert np.isfinite(model.predict_proba(given)).all()


# --- against others --------------------------------------------------------------------------


@pytest.mark.parametrize("cls", [RUSBoostClassifier, OverBoostClassifier])
def test_without_resampling_it_is_adaboost(cls):
    """On balanced classes there is nothing to draw; SAMME round by round."""
    X, y = make_classification(400, 5, n_informative=4, n_redundant=0, flip_y=0, random_state=1)
    assert np.bincount(y).tolist() == [200, 200]
    model = cls(n_estimators=10, random_state=0).fit(X, y)
    theirs = AdaBoostClassifier(n_estimators=10).fit(X, y)
    np.testing.assert_allclose(model.estimator_weights_, theirs.estimator_weights_, rtol=1e-7)
    np.testing.assert_allclose(model.predict_proba(X), theirs.predict_proba(X), rtol=1e-7)


def test_rusboost_takes_what_imbalanced_learn_takes():
    theirs = inspect.signature(imblearn.ensemble.RUSBoostClassifier).parameters
    ours = inspect.signature(RUSBoostClassifier).parameters
    for name, parameter in theirs.items():
        if name != "algorithm":  # deprecated there; scikit-learn's AdaBoost has none
            assert ours[name].default == parameter.default, name


def test_the_first_round_is_that_of_imbalanced_learn(table):
    """The mean error of first learners over 60 seeds agrees within 8 standard errors; false alarm
    below 1e-9 (t, 118 degrees of freedom)."""
    X, y = table
    learner = DecisionTreeClassifier(max_depth=3)
    errors = np.array(
        [
            [
                cls(learner, n_estimators=1, random_state=seed).fit(X, y).estimator_errors_[0]
                for cls in (RUSBoostClassifier, imblearn.ensemble.RUSBoostClassifier)
            ]
            for seed in range(60)
        ]
    )
    ours, theirs = errors.mean(axis=0)
    assert abs(ours - theirs) < 8 * np.sqrt(errors.var(axis=0).sum() / 60)


@pytest.mark.parametrize("cls", [RUSBoostClassifier, OverBoostClassifier, SMOTEBoostClassifier])
def test_weights_mean_repetition_on_average(cls):
    """Stands in for scikit-learn's check_sample_weight_equivalence. With weights, and with rows
    repeated that often, the mean error and the mean vote of the first learner over 40 seeds
    agree. The difference of two means stays within 8 estimated standard errors; false alarm below
    1e-9 (t, 78 degrees of freedom). What the weights change is larger than that."""
    rng = np.random.RandomState(0)
    cell = rng.randint(4, size=3000)
    X = cell[:, None].astype(float)
    y = (rng.uniform(size=len(X)) < np.array([0.06, 0.1, 0.34, 0.4])[cell]).astype(int)
    weight = np.where(cell == 2, 3, 1)
    repeated = np.repeat(np.arange(len(y)), weight)

    def first_learners(X, y, weight=None):
        models = [
            cls(DecisionTreeClassifier(max_depth=2), n_estimators=1, random_state=seed).fit(
                X, y, sample_weight=weight
            )
            for seed in range(40)
        ]
        cells = np.arange(4.0)[:, None]
        return np.array([[*model.estimator_errors_, *model.predict(cells)] for model in models])

    one, other = first_learners(X, y, weight), first_learners(X[repeated], y[repeated])
    error = np.sqrt((one.var(axis=0) + other.var(axis=0)) / 40)
    assert (np.abs(one.mean(axis=0) - other.mean(axis=0)) <= 8 * error + 1e-9).all()
    ignored = first_learners(X, y)
    assert np.abs(ignored.mean(axis=0) - other.mean(axis=0))[0] > 8 * error[0] + 0.01


def test_going_on_ranks_better():
    """Not a close call: the ensemble that ends after a few stumps against the one that goes on."""
    X, y = make_classification(
        6000, 10, n_informative=8, n_redundant=0, weights=[0.93], flip_y=0.02, random_state=1
    )
    train, test = slice(0, 3000), slice(3000, None)
    ended, whole = (
        RUSBoostClassifier(early_termination=flag, random_state=0).fit(X[train], y[train])
        for flag in (True, False)
    )
    assert len(ended.estimators_) < 10
    assert len(whole.estimators_) == 50
    scores = [
        average_precision_score(y[test], model.decision_function(X[test]))
        for model in (ended, whole)
    ]
    assert scores[1] > scores[0] + 0.05
