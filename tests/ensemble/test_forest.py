"""The balanced random forest: balanced draws, tree parameters, class weights, leaves and paths."""

import inspect

import imblearn.ensemble
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier
from tables import unbalanced

from imbalance_kit.ensemble import BalancedRandomForestClassifier
from imbalance_kit.ensemble._learners.trainers import Trainer, TreeTrainer
from imbalance_kit.ensemble._loop.schedule import rows_in_round

N_TREES = 8


def forest(**parameters):
    return BalancedRandomForestClassifier(
        **{"n_estimators": N_TREES, "random_state": 0, **parameters}
    )


def counts_of(model, y):
    return [np.bincount(y[rows], minlength=3).tolist() for rows in model.estimators_samples_]


def test_parameters_and_defaults_are_imbalanced_learns():
    theirs = inspect.signature(imblearn.ensemble.BalancedRandomForestClassifier).parameters
    ours = inspect.signature(BalancedRandomForestClassifier).parameters
    assert {name: ours[name].default for name in theirs} == {
        name: parameter.default for name, parameter in theirs.items()
    }


def test_every_tree_begins_with_balanced_classes(three_classes):
    X, y = three_classes
    model = forest().fit(X, y)
    assert model.sampling_strategy_ == {0: 12, 1: 12, 2: 12}
    assert counts_of(model, y) == [[12, 12, 12]] * N_TREES
    for tree, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
        assert tree.tree_.weighted_n_node_samples[0] == 36
        assert tree.tree_.n_node_samples[0] == len(set(rows.tolist())) < 36
        np.testing.assert_allclose(tree.tree_.value[0, 0], np.full(3, 1 / 3))


def test_trees_are_those_of_their_rows(three_classes):
    X, y = three_classes
    for parameters in ({}, {"min_samples_leaf": 3}, {"max_leaf_nodes": 4, "criterion": "entropy"}):
        model = forest(**parameters).fit(X, y)
        for tree, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
            rows = np.sort(rows) if not parameters.get("min_samples_leaf") else rows
            again = clone(tree).fit(X.astype(np.float32)[rows], y[rows])
            np.testing.assert_allclose(tree.predict_proba(X), again.predict_proba(X), rtol=1e-12)


@pytest.mark.parametrize(
    ("strategy", "counts"),
    [
        ("auto", [12, 12, 12]),
        ("majority", [12, 12, 25]),
        ({0: 30, 1: 7}, [30, 7, 25]),
        (lambda y: {0: 20}, [20, 12, 25]),
    ],
)
@pytest.mark.parametrize("replacement", [True, False])
def test_sampling_strategy_and_replacement(strategy, counts, replacement, three_classes):
    X, y = three_classes
    model = forest(sampling_strategy=strategy, replacement=replacement).fit(X, y)
    assert counts_of(model, y) == [counts] * N_TREES
    for rows in model.estimators_samples_:
        for label in range(3):
            drawn = rows[y[rows] == label]
            if not (replacement and label in model.sampling_strategy_):
                assert len(set(drawn.tolist())) == len(drawn)


def test_bootstraps_of_the_rows_drawn(three_classes):
    X, y = three_classes
    model = forest(bootstrap=True).fit(X, y)
    assert [len(rows) for rows in model.estimators_samples_] == [36] * N_TREES
    assert len({tuple(counts) for counts in counts_of(model, y)}) > 1
    for max_samples, size in [(10, 10), (0.2, 17), (0.9, 36), (80, 36)]:
        model = forest(bootstrap=True, max_samples=max_samples).fit(X, y)
        assert [len(rows) for rows in model.estimators_samples_] == [size] * N_TREES


@pytest.mark.parametrize("schedule", ["progressive", "cooldown"])
def test_schedules(schedule, three_classes):
    X, y = three_classes
    model = forest(schedule=schedule).fit(X, y)
    natural, wanted = np.array([50, 12, 25]), np.full(3, 12)
    assert counts_of(model, y) == [
        rows_in_round(natural, wanted, schedule, number, N_TREES).tolist()
        for number in range(N_TREES)
    ]


# --- class weights ---------------------------------------------------------------------------


def test_class_weights_are_weights(three_classes):
    X, y = three_classes
    given = np.array([1.0, 5.0, 2.0])
    by_class = forest(class_weight=dict(enumerate(given))).fit(X, y)
    by_row = forest().fit(X, y, sample_weight=given[y])
    np.testing.assert_allclose(by_class.predict_proba(X), by_row.predict_proba(X), rtol=1e-12)
    balanced = len(y) / (3 * np.bincount(y))
    by_class = forest(class_weight="balanced").fit(X, y, sample_weight=given[y])
    by_row = forest().fit(X, y, sample_weight=given[y] * balanced[y])
    np.testing.assert_allclose(by_class.predict_proba(X), by_row.predict_proba(X), rtol=1e-12)
    np.testing.assert_allclose(by_class.prior_, np.bincount(y, given[y]) / given[y].sum())


def test_weights_of_each_trees_rows(three_classes):
    X, y = three_classes
    model = forest(class_weight="balanced_subsample", sampling_strategy={0: 40}).fit(X, y)
    for tree in model.estimators_:
        np.testing.assert_allclose(tree.tree_.value[0, 0], np.full(3, 1 / 3))
    np.testing.assert_allclose(model.resampled_prior_, np.full(3, 1 / 3))
    names = np.array(["ant", "bee", "cat"])[y]
    renamed = clone(model).set_params(sampling_strategy={"ant": 40}).fit(X, names)
    np.testing.assert_array_equal(renamed.predict_proba(X), model.predict_proba(X))


# --- leaves and paths ------------------------------------------------------------------------


@pytest.mark.parametrize("n_jobs", [None, 2])
@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame, sparse.csr_array], ids=str)
def test_leaves_and_paths_are_those_of_scikit_learns_forest(kind, n_jobs, three_classes):
    """With our trees in it."""
    X, y = three_classes
    ours = forest(n_jobs=n_jobs).fit(kind(X), y)
    theirs = RandomForestClassifier(n_estimators=N_TREES).fit(kind(X), y)
    theirs.estimators_ = ours.estimators_
    np.testing.assert_array_equal(ours.apply(kind(X)), theirs.apply(kind(X)))
    passed, first = ours.decision_path(kind(X))
    expected, expected_first = theirs.decision_path(kind(X))
    np.testing.assert_array_equal(first, expected_first)
    assert passed.format == "csr"
    assert (passed != expected).nnz == 0
    np.testing.assert_allclose(ours.predict_proba(kind(X)), theirs.predict_proba(kind(X)))


# --- as a whole ------------------------------------------------------------------------------


@pytest.mark.exhaustive
def test_it_says_what_imbalanced_learns_says(overlapping):
    """The same method with other seeds: mean probabilities of 10 points over 12 forests of 25
    trees agree within 8 standard errors of their difference (t, 22 degrees of freedom: below 1e-6
    for all)."""
    X, y = (array[:1500] for array in overlapping)

    def said(kind):
        return np.array(
            [
                kind(n_estimators=25, max_depth=4, random_state=seed)
                .fit(X, y)
                .predict_proba(X[:10])[:, 1]
                for seed in range(12)
            ]
        )

    ours = said(BalancedRandomForestClassifier)
    theirs = said(imblearn.ensemble.BalancedRandomForestClassifier)
    error = np.sqrt((ours.var(axis=0, ddof=1) + theirs.var(axis=0, ddof=1)) / 12)
    assert (np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 8 * error + 1e-12).all()


def test_warm_start_is_fitting_at_once(three_classes):
    X, y = three_classes
    grown = forest(n_estimators=3, warm_start=True).fit(X, y).set_params(n_estimators=N_TREES)
    at_once = forest().fit(X, y)
    np.testing.assert_array_equal(grown.fit(X, y).predict_proba(X), at_once.predict_proba(X))


def test_missing_values_and_monotonic_columns():
    X, y = unbalanced([200, 60])
    rising = forest(monotonic_cst=[1, 0, 0, 0], max_features=None).fit(X, y)
    lines = np.tile(np.median(X, axis=0), (50, 1))
    lines[:, 0] = np.linspace(-4, 5, 50)
    assert (np.diff(rising.predict_proba(lines)[:, 1]) >= -1e-12).all()
    X[::4, 1] = np.nan
    model = forest().fit(X, y)
    assert np.isfinite(model.predict_proba(X)).all()
    for tree, rows in zip(model.estimators_, model.estimators_samples_, strict=True):
        rows = np.sort(rows)
        again = clone(tree).fit(X.astype(np.float32)[rows], y[rows])
        np.testing.assert_allclose(tree.predict_proba(X), again.predict_proba(X), rtol=1e-12)


def test_stopping(two_classes):
    model = forest(n_estimators=60, n_iter_no_change=3, tol=1.0).fit(*two_classes)
    assert len(model.estimators_) == len(model.validation_scores_) == 4


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"max_samples": 0.5}, r"max_samples=0.5 is the size of a bootstrap.*bootstrap=True"),
        ({"bootstrap": True, "max_samples": 76}, "max_samples=76 is more than the 75 rows"),
        ({"class_weight": "even"}, "'class_weight' parameter"),
        ({"criterion": "squares"}, "'criterion' parameter"),
        ({"max_depth": 0}, "'max_depth' parameter"),
        ({"sampling_strategy": {0: 61}}, "class|samples"),
    ],
)
def test_wrong_parameters(parameters, message, two_classes):
    with pytest.raises(ValueError, match=message):
        forest(**parameters).fit(*two_classes)


def test_trees_are_seeded_as_by_cloning():
    for tree in (DecisionTreeClassifier(max_depth=3), ExtraTreeClassifier(random_state=1)):
        quick, slow = (
            kind(tree).fresh(np.random.RandomState(5)) for kind in (TreeTrainer, Trainer)
        )
        assert type(quick) is type(slow)
        assert quick is not tree
        assert quick.get_params() == slow.get_params()


def test_its_trees_are_trees(two_classes):
    model = forest(max_depth=2, ccp_alpha=0.01).fit(*two_classes)
    assert all(type(tree) is DecisionTreeClassifier for tree in model.estimators_)
    assert {tree.max_features for tree in model.estimators_} == {"sqrt"}
    assert {tree.ccp_alpha for tree in model.estimators_} == {0.01}
    assert len({tree.random_state for tree in model.estimators_}) == N_TREES
