"""Models compared at equal tolerance."""

import numpy as np
import pytest
from loops import looped
from sklearn.linear_model import LogisticRegression

from fairness.made_scored import Says, made, prefit
from imbalance_kit.fairness import FairThresholdClassifier, tradeoff_curve, unprocess
from imbalance_kit.fairness._decisions.expected_decisions import ExpectedDecisions
from imbalance_kit.fairness._decisions.threshold_rules import CONSTRAINTS
from imbalance_kit.fairness._decisions.tradeoff import _violation_intervals
from imbalance_kit.fairness._groups.group_reading import GroupReader


def test_unprocessing_finds_each_groups_best_threshold():
    X, y, group = made()
    best = unprocess(Says().fit(X, y), X, y, sensitive_features=group)
    assert isinstance(best, FairThresholdClassifier)
    assert best.cost_ == pytest.approx(prefit(X, y, group, constraint=None).cost_)


def test_post_processing_is_undone():
    """Shifting the scores of a group, in order, changes nothing that thresholds cannot undo."""
    X, y, group = made(digits=9)
    moved = np.where(group == 1, X[:, 0] ** 3, X[:, 0])[:, None]
    before, after = (
        unprocess(Says().fit(Z, y), Z, y, sensitive_features=group).cost_ for Z in (X, moved)
    )
    assert after == pytest.approx(before)


def test_groups_may_be_a_column():
    X, y, group = made()
    table = np.column_stack([X, group])
    model = unprocess(LogisticRegression().fit(table, y), table, y, sensitive_features=1)
    assert model.groups_ == (0, 1, 2)


@pytest.mark.parametrize("constraint", ["equalized_odds", "demographic_parity"])
def test_the_curve_is_the_classifiers(constraint):
    X, y, group = made()
    asked = [0, 0.1, 0.4, 1]
    curve = tradeoff_curve(
        y,
        X[:, 0],
        sensitive_features=group,
        constraint=constraint,
        tolerances=asked,
        n_bootstraps=0,
    )
    expected = [
        prefit(X, y, group, constraint=constraint, tolerance=tolerance).cost_ for tolerance in asked
    ]
    np.testing.assert_allclose(curve.cost, expected)
    assert (curve.violation <= np.array(asked) + 1e-9).all()
    assert curve.unprocessed_cost == pytest.approx(prefit(X, y, group, constraint=None).cost_)
    assert np.isnan(curve.cost_interval).all()


def test_intervals_hold_what_was_found_and_models_share_draws():
    X, y, group = made()
    models = {"good": X[:, 0], "the same": X[:, 0], "bad": np.round(X[:, 0], 1) * 0.5}
    curves = tradeoff_curve(y, models, sensitive_features=group, random_state=0)
    good = curves["good"]
    assert (good.cost_interval[:, 0] <= good.cost).all()
    assert (good.cost <= good.cost_interval[:, 1]).all()
    np.testing.assert_array_equal(good.cost_interval, curves["the same"].cost_interval)
    assert (good.cost <= curves["bad"].cost + 1e-12).all()


@looped("tolerances", [(0.0,), (0.0, 0.05, 1.0)])
def test_intervals_of_curves_hold_their_estimates(tolerances):
    for constraint in ("equalized_odds", "demographic_parity"):
        for n_bootstraps in (1, 5, 100):
            X, y, group = made(300)
            curve = tradeoff_curve(
                y,
                X[:, 0],
                sensitive_features=group,
                constraint=constraint,
                tolerances=tolerances,
                n_bootstraps=n_bootstraps,
                random_state=0,
            )
            for found, ends in (
                (curve.cost, curve.cost_interval),
                (curve.violation, curve.violation_interval),
            ):
                assert ends.shape == (len(tolerances), 2)
                assert (ends[:, 0] <= found).all()
                assert (found <= ends[:, 1]).all()


@pytest.mark.exhaustive
@pytest.mark.parametrize("constraint", ["equalized_odds", "demographic_parity"])
def test_the_difference_of_equal_groups_is_held_as_often_as_stated(constraint):
    """26 misses of 150 at a rate of .05 have a chance below 1e-6."""
    missed = 0
    for seed in range(150):
        rng = np.random.RandomState(seed)
        y, group = rng.randint(2, size=600), rng.randint(4, size=600)
        score = rng.normal(size=600) + y
        decided = ExpectedDecisions(
            (score[:, None] > 0.5).astype(float),  # one threshold for all
            y == 1,
            GroupReader(None, "test").learn(y, group),
            CONSTRAINTS[constraint],
            (1.0, 1.0),
        )
        _, rates = decided.cost_and_rates(None)
        _, drawn = decided.bootstrap(200, seed, None)
        ends = _violation_intervals(rates, decided.sizes(None), drawn, 0.95, seed)
        missed += ends[0, 0] > 0
    assert missed < 26


def test_other_rows_may_judge():
    X, y, group = made(2000)
    half = slice(None, None, 2), slice(1, None, 2)
    curve = tradeoff_curve(
        y[half[0]],
        X[half[0], 0],
        sensitive_features=group[half[0]],
        test=(y[half[1]], X[half[1], 0], group[half[1]]),
        tolerances=[0.0],
        n_bootstraps=20,
        random_state=0,
    )
    model = prefit(X[half[0]], y[half[0]], group[half[0]])
    chance = model.predict_proba(X[half[1]], sensitive_features=group[half[1]])[:, 1]
    judged = y[half[1]]
    assert curve.cost[0] == pytest.approx(np.where(judged == 1, 1 - chance, chance).mean())
    assert curve.violation[0] > 0


def test_what_cannot_be_is_refused():
    X, y, group = made(100)
    with pytest.raises(ValueError, match="constraint must be one of"):
        tradeoff_curve(y, X[:, 0], sensitive_features=group, constraint="none")
    with pytest.raises(ValueError, match="two classes"):
        tradeoff_curve(group, X[:, 0], sensitive_features=group)
