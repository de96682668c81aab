"""Moment matching: conditions are met, nothing nearer meets them, and what cannot be is said."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from fairness.made_groups import rates, related
from imbalance_kit.fairness import MomentMatching, Reweighing
from imbalance_kit.fairness._weighing.moments import match_moments, smallest_tolerance

both = pytest.mark.parametrize("divergence", ["entropy", "squares"])


def matched(X, y, group, weight=None, **parameters):
    weigher = MomentMatching(**parameters)
    return weigher.fit(X, y, sample_weight=weight, sensitive_features=group)


@both
@pytest.mark.parametrize(("n_groups", "n_classes"), [(2, 2), (3, 2), (4, 3)])
def test_without_columns_it_is_reweighing(divergence, n_groups, n_classes):
    """Independence at the given shares is the nearest point of both divergences, by pairs."""
    X, y, group = related(900, n_groups, n_classes)
    weight = np.random.RandomState(0).uniform(0.5, 2, size=900)
    ours = matched(X, y, group, weight, divergence=divergence).sample_weight_
    closed = Reweighing().fit(X, y, sample_weight=weight, sensitive_features=group)
    np.testing.assert_allclose(ours, closed.sample_weight_, rtol=1e-6)


@both
@pytest.mark.parametrize("tolerance", [0.0, 0.03])
def test_conditions_are_met(divergence, tolerance):
    X, y, group = related(1500, n_groups=3)
    weigher = matched(
        X,
        y,
        group,
        tolerance=tolerance,
        columns=[0, 1, 2],
        group_shares="equal",
        class_shares={0: 0.7, 1: 0.3},
        divergence=divergence,
    )
    weight = weigher.sample_weight_ / weigher.sample_weight_.sum()
    assert (weight >= 0).all()
    np.testing.assert_allclose(np.bincount(group, weights=weight), 1 / 3, atol=1e-6)
    np.testing.assert_allclose(np.bincount(y, weights=weight), [0.7, 0.3], atol=1e-6)
    assert (np.abs(rates(y, group, weight)[:, 1] - 0.3) <= tolerance + 1e-6).all()
    for column in X.T:
        means = [np.average(column[group == g], weights=weight[group == g]) for g in range(3)]
        allowed = tolerance * column.std() + 1e-6
        assert (np.abs(np.array(means) - weight @ column) <= allowed).all()
    assert weigher.effective_size_ == pytest.approx(1 / (weight**2).sum())


@both
@pytest.mark.parametrize("tolerance", [0.0, 0.05])
@pytest.mark.parametrize("seed", range(3))
def test_no_other_solver_finds_nearer_weights(divergence, tolerance, seed):
    """A small problem beside scipy's general solver, which works on the weights themselves."""
    rng = np.random.RandomState(seed)
    base = rng.dirichlet(np.full(12, 8.0))
    exact = np.column_stack([np.ones(12), rng.randint(2, size=12)])
    exact_at = np.array([1.0, 0.5])
    close = rng.normal(size=(12, 2)) * 0.5
    factors = match_moments(base, exact, exact_at, close, tolerance, divergence)

    def objective(ratio):
        if divergence == "entropy":
            return float(base @ (ratio * np.log(ratio) - ratio + 1))
        return float(base @ (ratio - 1) ** 2 / 2)

    def sums(ratio):
        return close.T @ (base * ratio)

    slow = minimize(
        objective,
        np.ones(12),
        bounds=[(1e-9, None)] * 12,
        constraints=[
            {"type": "eq", "fun": lambda ratio: exact.T @ (base * ratio) - exact_at},
            {"type": "ineq", "fun": lambda ratio: tolerance + 1e-12 - sums(ratio)},
            {"type": "ineq", "fun": lambda ratio: tolerance + 1e-12 + sums(ratio)},
        ],
        method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 1000},
    )
    if factors is None:
        assert smallest_tolerance(base, exact, exact_at, close) > tolerance
        return
    np.testing.assert_allclose(exact.T @ (base * factors), exact_at, atol=1e-7)
    assert (np.abs(sums(factors)) <= tolerance + 1e-7).all()
    assert slow.success
    assert objective(np.maximum(factors, 1e-12)) == pytest.approx(slow.fun, abs=1e-5)


def test_the_smallest_tolerance_is_reachable_and_nothing_below():
    """The pairs of a column that almost is the group; the error's number, rounded up, works."""
    rng = np.random.RandomState(0)
    group, y = rng.randint(2, size=300), rng.randint(2, size=300)
    column = group * 4 + rng.uniform(-1, 1, size=300)
    with pytest.raises(ValueError, match="smallest tolerance that can be reached is") as error:
        matched(column[:, None], y, group, columns=[0])
    said = float(str(error.value).split("reached is ")[1].split(". ")[0])
    # the nearest ends of the two groups, with the spread of the whole column, half to each side
    gap = (column[group == 1].min() - column[group == 0].max()) / column.std()
    share = np.bincount(group) / 300
    # group means are a and a + gap; the larger distance to the mean of all is at least this
    assert said >= gap * max(share) * 0.99 - 5e-3
    matched(column[:, None], y, group, columns=[0], tolerance=said * 1.05 + 0.01)


def test_smallest_tolerance_by_hand():
    """Two rows per group at 0, 1 and 3, 4; all weight on 1 and 3 leaves a difference of 2."""
    base, group = np.full(4, 0.25), np.array([0, 0, 1, 1])
    column = np.array([0.0, 1.0, 3.0, 4.0])
    exact = np.column_stack([group == 0, group == 1]).astype(float)
    # mean of a group minus that of all, for equal shares: half the difference
    close = np.column_stack([column * (2.0 * (group == g) - 1.0) for g in (0, 1)])
    assert smallest_tolerance(base, exact, np.array([0.5, 0.5]), close) == pytest.approx(1.0)
    with_total = np.column_stack([exact, np.ones(4)])
    assert smallest_tolerance(base, with_total, np.array([0.5, 0.7, 1.0]), close) is None


def test_a_tolerance_wide_enough_changes_nothing():
    X, y, group = related(400)
    np.testing.assert_allclose(
        matched(X, y, group, tolerance=5.0, columns=[0, 1, 2]).sample_weight_, 1.0, rtol=1e-6
    )


def test_columns_by_name_with_gaps():
    X, y, group = related(500)
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    frame.loc[::7, "b"] = np.nan
    weight = matched(frame, y, group, columns=["b"]).sample_weight_
    filled = frame["b"].fillna(frame["b"].mean()).to_numpy()
    means = [np.average(filled[group == g], weights=weight[group == g]) for g in (0, 1)]
    assert means[0] == pytest.approx(means[1], abs=1e-6)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"group_shares": {0: 0.5}}, r"group_shares names \[0\]; expected a share for each of"),
        ({"class_shares": {0: 0.5, 1: 0.6}}, "not negative and add up to 1"),
        ({"class_shares": {0: -0.5, 1: 1.5}}, "not negative and add up to 1"),
        ({"columns": ["nowhere"]}, "'nowhere', which X does not have"),
        ({"columns": [9]}, "9, which X does not have"),
    ],
)
def test_mistakes_are_explained(parameters, message):
    X, y, group = related(60)
    with pytest.raises(ValueError, match=message):
        matched(X, y, group, **parameters)


def test_shares_that_cannot_go_together():
    """All of the second group is of the second class, which must not get more than a quarter."""
    group, y = np.repeat([0, 0, 1], 10), np.repeat([0, 1, 1], 10)
    with pytest.raises(ValueError, match=r"group_shares and class_shares together|tolerance"):
        matched(
            np.empty((30, 1)), y, group, class_shares={0: 0.75, 1: 0.25}, group_shares="equal",
            tolerance=1.0,
        )  # fmt: skip
