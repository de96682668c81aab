"""Thresholds by group within a tolerance: the linear program, its realisation, the classifier."""

import warnings
from itertools import product

import numpy as np
import pandas as pd
import polars as pl
import pytest
from fairlearn.postprocessing import ThresholdOptimizer
from loops import looped
from scipy import sparse
from sklearn import config_context
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_curve
from sklearn.model_selection import GridSearchCV

from fairness.made_scored import Says, made, prefit
from imbalance_kit.fairness import FairThresholdClassifier
from imbalance_kit.fairness._decisions.group_curves import (
    DRAWN,
    chances_by_group,
    decisions_by_group,
    expected_positives,
)
from imbalance_kit.fairness._decisions.roc_hull import roc_curve_of
from imbalance_kit.fairness._decisions.threshold_rules import (
    CONSTRAINTS,
    Rule,
    cheapest_rules,
    rate_of,
)
from imbalance_kit.fairness._groups.group_reading import Groups


def rates_by_hand(model, X, y, group):
    """Expected rates from the chances of decisions."""
    chance = model.predict_proba(X, sensitive_features=group)[:, 1]
    return {
        g: {
            "false_positive_rate": chance[(group == g) & (y == 0)].mean(),
            "true_positive_rate": chance[(group == g) & (y == 1)].mean(),
            "selection_rate": chance[group == g].mean(),
        }
        for g in np.unique(group)
    }


def test_chances_of_many_rows_are_those_of_each_rule():
    rng = np.random.RandomState(0)
    rules = [
        Rule(np.array([0.3]), np.array([1.0])),
        Rule(np.array([0.1, 0.5, np.inf]), np.array([0.2, 0.3, 0.5])),
        Rule(np.array([-np.inf, 0.5]), np.array([0.25, 0.75])),
    ]
    scores = rng.choice([0.1, 0.3, 0.5, 0.2, 0.7, np.inf, -np.inf, np.nan], size=20_000)
    for chosen in (rules, rules[:2], rules[1:2]):
        of_row = rng.randint(0, len(chosen), size=len(scores))
        groups = Groups(of_row, tuple(range(len(chosen))))
        expected = [chosen[g].chance(score) for g, score in zip(of_row, scores, strict=True)]
        np.testing.assert_array_equal(chances_by_group(chosen, scores, groups), expected)
        decided = [{0.0: 0, 1.0: 1}.get(chance, DRAWN) for chance in expected]
        np.testing.assert_array_equal(decisions_by_group(chosen, scores, groups), decided)
        for n_rows in (0, 1, 4, 5):
            few = Groups(of_row[:n_rows], groups.labels)
            found = chances_by_group(chosen, scores[:n_rows], few)
            np.testing.assert_array_equal(found, expected[:n_rows])


NAMES = {
    "false_positive": "false_positive_rate",
    "true_positive": "true_positive_rate",
    "selection": "selection_rate",
}


@pytest.mark.parametrize("digits", [1, 2, 9])
def test_curves_are_those_of_scikit_learn(digits):
    X, y, _ = made(digits=digits)
    weight = np.random.RandomState(3).uniform(size=len(y))
    for w in (None, weight):
        curve = roc_curve_of(X[:, 0], y == 1, w)
        fpr, tpr, _ = roc_curve(y, X[:, 0], drop_intermediate=False, sample_weight=w)
        np.testing.assert_allclose(curve.false_positives / curve.negatives, fpr)
        np.testing.assert_allclose(curve.true_positives / curve.positives, tpr)
        for threshold, false in zip(curve.thresholds, curve.false_positives, strict=True):
            reached = (X[:, 0] >= threshold) & (y == 0)
            mass = np.ones(len(y)) if w is None else w
            assert false == pytest.approx(mass[reached].sum(), abs=1e-9)


def test_the_hull_is_convex_and_above_the_curve():
    X, y, _ = made()
    curve = roc_curve_of(X[:, 0], y == 1, None)
    hull = curve.hull()
    slopes = np.diff(hull.true_positives) / np.maximum(np.diff(hull.false_positives), 1e-12)
    assert (np.diff(slopes) < 0).all()
    above = np.interp(curve.false_positives, hull.false_positives[1:], hull.true_positives[1:])
    assert (curve.true_positives <= above + 1e-9).all()
    assert (hull.false_positives[[0, -1]] == [0, curve.negatives]).all()


@pytest.mark.parametrize("tolerance", [0, 0.1, 0.3, 0.5, 0.8, 1])
def test_a_perfect_and_a_useless_group(tolerance):
    """Half positives each; the error is .5 - r / 2 up to r = .5, then .25."""
    y = np.tile([0, 1], 40)
    group = np.repeat([0, 1], 40)
    X = np.where(group == 0, y, 0.5)[:, None]
    model = prefit(X, y, group, tolerance=tolerance)
    expected = 0.5 - tolerance / 2 if tolerance <= 0.5 else 0.25
    assert model.cost_ == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
@pytest.mark.parametrize("tolerance", [0, 0.03, 0.2])
@pytest.mark.parametrize("randomized", [True, False])
def test_rates_stay_within_the_tolerance(constraint, tolerance, randomized):
    X, y, group = made()
    model = prefit(X, y, group, constraint=constraint, tolerance=tolerance, randomized=randomized)
    found = rates_by_hand(model, X, y, group)
    for rate in CONSTRAINTS[constraint]:
        values = [rates[NAMES[rate]] for rates in found.values()]
        assert max(values) - min(values) <= tolerance + 1e-9
    for g, rates in found.items():
        assert model.rates_[g] == pytest.approx(rates, abs=1e-9)
    chance = model.predict_proba(X, sensitive_features=group)[:, 1]
    assert model.cost_ == pytest.approx(np.where(y == 1, 1 - chance, chance).mean())
    if not randomized:
        assert set(np.unique(chance)) <= {0.0, 1.0}


@pytest.mark.parametrize("constraint", list(CONSTRAINTS))
@pytest.mark.parametrize("tolerance", [0.0, 0.05, 0.2])
def test_single_thresholds_are_the_best_of_all_combinations(constraint, tolerance):
    X, y, group = made(200, n_groups=2, digits=1)
    curves = [roc_curve_of(X[group == g, 0], y[group == g] == 1, None) for g in (0, 1)]
    costs = 1.0, 3.0
    best = np.inf
    for pair in product(*(range(len(curve.thresholds)) for curve in curves)):
        rates = [
            [rate_of(curve, rate)[point] for curve, point in zip(curves, pair, strict=True)]
            for rate in CONSTRAINTS[constraint]
        ]
        if max(abs(one - other) for one, other in rates) <= tolerance + 1e-12:
            total = sum(
                costs[0] * curve.false_positives[point]
                + costs[1] * (curve.positives - curve.true_positives[point])
                for curve, point in zip(curves, pair, strict=True)
            )
            best = min(best, total)
    rules = cheapest_rules(
        curves, constraint=constraint, tolerance=tolerance, costs=costs, randomized=False
    )
    found = 0.0
    for curve, rule in zip(curves, rules, strict=True):
        false, true = expected_positives(curve, rule)
        found += costs[0] * false + costs[1] * (curve.positives - true)
    assert found == pytest.approx(best)


def test_costs_fall_with_the_tolerance_and_end_at_the_groups_own_optimum():
    X, y, group = made()
    costs = [prefit(X, y, group, tolerance=r).cost_ for r in (0, 0.05, 0.1, 0.2, 0.5, 1)]
    assert (np.diff(costs) <= 1e-9).all()
    free = prefit(X, y, group, constraint=None).cost_
    assert costs[-1] == pytest.approx(free)
    by_hand = sum(
        min(((X[group == g, 0] >= t) != y[group == g]).sum() for t in [*np.unique(X[:, 0]), np.inf])
        for g in range(3)
    )
    assert free == pytest.approx(by_hand / len(y))


def test_equal_groups_cost_nothing():
    X, y, _ = made(300, n_groups=1)
    twice = np.vstack([X, X]), np.tile(y, 2), np.repeat(["a", "b"], 300)
    fair, free = prefit(*twice), prefit(*twice, constraint=None)
    assert fair.cost_ == pytest.approx(free.cost_)


def test_prices_move_decisions():
    X, y, group = made()
    dear = prefit(X, y, group, false_negative_cost=10)
    cheap = prefit(X, y, group, false_positive_cost=10)
    selected = [
        np.mean(model.predict_proba(X, sensitive_features=group)[:, 1]) for model in (cheap, dear)
    ]
    assert selected[0] < selected[1]
    assert prefit(X, y, group, false_positive_cost=0).cost_ == pytest.approx(0)


@pytest.mark.parametrize("n_groups", [2, 3])
def test_no_worse_than_fairlearn(n_groups):
    """fairlearn looks at a grid of rates; the program has none, so it is at least as good."""
    X, y, group = made(1500, n_groups=n_groups)
    theirs = ThresholdOptimizer(
        estimator=Says().fit(X, y),
        constraints="equalized_odds",
        prefit=True,
        predict_method="predict_proba",
        grid_size=5000,
    ).fit(X, y, sensitive_features=group)
    chance = theirs._pmf_predict(X, sensitive_features=group)[:, 1]
    cost = np.where(y == 1, 1 - chance, chance).mean()
    mine = prefit(X, y, group).cost_
    # a step of the grid is 1 / 5000 of a rate; errors of both classes together move by two steps
    assert cost - 4e-4 <= mine <= cost + 1e-9


def test_drawn_decisions_have_their_chances_and_stay_with_the_row():
    X, y, group = made(4000, digits=6)
    model = prefit(X, y, group)
    chance = model.predict_proba(X, sensitive_features=group)[:, 1]
    drawn = (chance > 0) & (chance < 1)
    assert drawn.sum() > 50
    said = model.predict(X, sensitive_features=group)
    np.testing.assert_array_equal(said[~drawn], chance[~drawn])
    spread = np.sqrt((chance * (1 - chance))[drawn].sum())
    # 6 standard deviations: a false alarm in 5e8
    assert abs(said[drawn].sum() - chance[drawn].sum()) < 6 * spread
    order = np.random.RandomState(0).permutation(len(y))[:500]
    np.testing.assert_array_equal(
        model.predict(X[order], sensitive_features=group[order]), said[order]
    )


def test_a_column_of_x_reaches_a_grid_search():
    X, y, group = made(300)
    frame = pd.DataFrame({"score": X[:, 0], "group": group, "label": group.astype(str)})
    model = FairThresholdClassifier(Says(), sensitive_features="label", cv=3, random_state=0)
    search = GridSearchCV(model, {"tolerance": [0, 0.1, 1]}, cv=2, error_score="raise")
    search.fit(frame, y)
    assert search.best_estimator_.groups_ == ("0", "1", "2")


def test_groups_are_routed():
    X, y, group = made(300)
    with config_context(enable_metadata_routing=True):
        model = FairThresholdClassifier(LogisticRegression(), random_state=0)
        model.set_fit_request(sensitive_features=True).set_score_request(sensitive_features=True)
        search = GridSearchCV(model, {"tolerance": [0, 1]}, cv=2, error_score="raise")
        search.fit(X, y, sensitive_features=group)
    assert search.best_params_ == {"tolerance": 1}


def test_weights_count_as_repetitions():
    X, y, group = made(300)
    times = np.random.RandomState(1).randint(0, 3, len(y))
    model = FairThresholdClassifier(FrozenEstimator(Says().fit(X, y)), tolerance=0.05)
    weighted = model.fit(X, y, times, sensitive_features=group).cost_
    rows = np.repeat(np.arange(len(y)), times)
    repeated = model.fit(X[rows], y[rows], sensitive_features=group[rows]).cost_
    assert weighted == pytest.approx(repeated)


def test_what_is_undefined_is_refused():
    X, y, group = made(300)
    y = np.where(group == 1, 0, y)
    with pytest.raises(ValueError, match=r"true positive rate of the group 1.*Merge.*demographic"):
        prefit(X, y, group, constraint="equal_opportunity")
    model = prefit(X, y, group, constraint="false_positive_parity", tolerance=0.1)
    assert np.isnan(model.rates_[1]["true_positive_rate"])
    with pytest.raises(ValueError, match="needs those of these rows too"):
        model.predict(X)
    with pytest.raises(ValueError, match=r"groups \[5\]"):
        model.predict(X, sensitive_features=np.full(len(y), 5))
    with pytest.raises(ValueError, match="Only binary classification"):
        FairThresholdClassifier(LogisticRegression()).fit(X, group, sensitive_features=y)


def repeated(n_rows=3000, seed=0):
    """Rows of which few are different: 2 groups, 4 x 3 values."""
    rng = np.random.RandomState(seed)
    group = rng.randint(0, 2, size=n_rows)
    X = np.column_stack([rng.randint(0, 4, size=n_rows), rng.randint(0, 3, size=n_rows)])
    chance = 1 / (1 + np.exp(2.5 - X[:, 0] - 0.4 * X[:, 1] - 1.5 * group))
    return X, (rng.uniform(size=n_rows) < chance).astype(int), group


@looped("container", [np.asarray, pd.DataFrame, pl.DataFrame, sparse.csr_array])
def test_drawn_decisions_keep_the_tolerance_where_rows_repeat(container):
    """With one draw for all equal rows, the same seeds break it by .1 and more."""
    for seed in range(4):
        X, y, group = repeated(seed=seed)
        table = container(X)
        base = FrozenEstimator(LogisticRegression().fit(table, y))
        model = FairThresholdClassifier(
            base, constraint="demographic_parity", tolerance=0.05, random_state=seed
        )
        with pytest.warns(UserWarning, match="100% of the rows are equal to another row") as said:
            model.fit(table, y, sensitive_features=group)
        assert len(said) == 1
        positive = model.predict(table, sensitive_features=group)
        shares = [positive[group == g].mean() for g in (0, 1)]
        # rounding: at most one row for each of the 12 different rows of a group
        assert abs(shares[0] - shares[1]) <= 0.05 + 2 * 12 / np.bincount(group).min()
        np.testing.assert_array_equal(positive, model.predict(table, sensitive_features=group))


def test_few_repeated_rows_or_no_draws_do_not_warn():
    X, y, group = made(digits=12)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = prefit(X, y, group, tolerance=0)
        chance = model.predict_proba(X, sensitive_features=group)[:, 1]
        drawn = np.flatnonzero((chance > 0) & (chance < 1))
        assert len(drawn) > 20
        together = model.predict(X, sensitive_features=group)[drawn]
        alone = [model.predict(X[[row]], sensitive_features=group[[row]])[0] for row in drawn]
        np.testing.assert_array_equal(alone, together)
        X, y, group = repeated()
        prefit(X / 4, y, group, tolerance=0.1, randomized=False)
