"""Budgets over groups: closed forms, a grid, and what no plan may do."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imbalance_kit.fairness import ErrorCurve, allocate_samples, fit_error_curve

WORKED = {"a": (0.0, 1.0, 1.0), "b": (0.0, 4.0, 1.0)}


def test_worked_example():
    plan = allocate_samples(
        WORKED, budget=300, costs={"a": 1, "b": 2}, weights={"a": 0.5, "b": 0.5}
    )
    assert plan.exact == pytest.approx({"a": 78.361, "b": 110.819}, abs=1e-3)
    value = sum(0.5 * scale / plan.exact[name] for name, (_, scale, _) in WORKED.items())
    assert value == pytest.approx(0.0244281, abs=1e-7)
    assert plan.cost <= 300


def test_mean_is_that_of_a_grid():
    curves = {"a": ErrorCurve(0.1, 2.0, 0.6), "b": ErrorCurve(0.0, 1.0, 1.2)}
    plan = allocate_samples(curves, budget=100, weights={"a": 1, "b": 3}, n_now={"a": 10, "b": 5})
    n_a = np.arange(10, 111)
    values = curves["a"](n_a) + 3 * curves["b"](115 - n_a)
    assert abs(plan.n_rows["a"] - n_a[np.argmin(values)]) <= 1
    assert plan.n_rows["a"] + plan.n_rows["b"] == 115
    assert plan.cost == 100


def test_worst_makes_errors_equal():
    plan = allocate_samples(WORKED, budget=500, objective="worst")
    assert plan.exact == pytest.approx({"a": 100, "b": 400})
    assert plan.error == pytest.approx({"a": 0.01, "b": 0.01})


def test_worst_goes_on_past_a_group_that_cannot_gain():
    curves = {"stuck": (0.4, 0.1, 1.0), "fine": (0.0, 1.0, 0.5)}
    plan = allocate_samples(curves, budget=5000, objective="worst", saturation=0.001)
    assert plan.saturated == ("stuck",)
    assert plan.n_rows["stuck"] == 100
    assert plan.next_group == "fine"
    assert plan.n_rows["fine"] == 4900


@given(
    st.lists(
        st.tuples(st.floats(0, 0.5), st.floats(0.01, 10), st.floats(0.1, 1.5), st.floats(0.1, 9)),
        min_size=1,
        max_size=5,
    ),
    st.floats(1, 1e5),
    st.sampled_from(["mean", "worst"]),
)
def test_no_plan_costs_too_much(groups, budget, objective):
    curves = {name: own[:3] for name, own in enumerate(groups)}
    costs = {name: own[3] for name, own in enumerate(groups)}
    plan = allocate_samples(curves, budget=budget, costs=costs, objective=objective)
    paid = sum(costs[name] * n for name, n in plan.n_rows.items())
    assert plan.cost == pytest.approx(paid)
    assert paid <= budget * (1 + 1e-9)
    for name, n in plan.n_rows.items():
        assert plan.exact[name] - 1 <= n <= plan.exact[name] + 1
    if not plan.saturated:  # what is left does not buy a row of every group
        assert budget - paid < sum(costs.values()) + 1e-6


def test_identical_groups_get_equal_numbers():
    curves = dict.fromkeys("abc", (0.1, 2.0, 0.5))
    for objective in ("mean", "worst"):
        plan = allocate_samples(curves, budget=300, objective=objective)
        assert plan.n_rows == {"a": 100, "b": 100, "c": 100}


def test_more_weight_gets_more_rows():
    rows = [
        allocate_samples(WORKED, budget=300, weights={"a": weight, "b": 1.0}).n_rows["a"]
        for weight in (0.0, 0.5, 1.0, 4.0)
    ]
    assert rows == sorted(rows)
    assert rows[0] == 0


def test_rows_that_are_there_are_kept():
    plan = allocate_samples(WORKED, budget=10, n_now={"a": 500, "b": 3})
    assert plan.n_rows == {"a": 500, "b": 13}


def test_curves_are_found_again():
    n = np.array([20, 50, 100, 300, 1000])
    for floor, scale, power in [(0.1, 2.0, 0.5), (0.0, 0.7, 0.33), (0.25, 5.0, 1.1)]:
        curve = fit_error_curve(n, floor + scale * n**-power)
        assert (curve.floor, curve.scale, curve.power) == pytest.approx(
            (floor, scale, power), abs=2e-4
        )


def test_a_curve_never_rises():
    curve = fit_error_curve([10, 20, 40], [0.1, 0.2, 0.3])
    assert curve.scale == pytest.approx(0)
    assert curve(10) == pytest.approx(0.2)


def test_drawing_from_a_pool():
    plan = allocate_samples(WORKED, budget=20)
    pool = np.array(["a"] * 50 + ["b"] * 5)
    rows = plan.draw(pool, random_state=0)
    assert np.array_equal(rows, plan.draw(pool, random_state=0))
    assert (pool[rows] == "a").sum() == plan.n_rows["a"]
    assert (pool[rows] == "b").sum() == min(5, plan.n_rows["b"])
    with pytest.raises(ValueError, match=r"groups \['z'\] that were not allocated to"):
        plan.draw(["a", "z"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"budget": 0}, "budget and saturation must be positive"),
        ({"objective": "best"}, "objective must be 'mean' or 'worst'"),
        ({"costs": {"a": 1}}, r"costs names the groups \['a'\], but curves names"),
        ({"costs": {"a": 0, "b": 1}}, "costs must be positive"),
        ({"curves": {}}, "curves needs a group"),
        ({"curves": {"a": (0, -1, 1)}}, "scales may not be negative"),
    ],
)
def test_mistakes_are_explained(options, message):
    options = {"curves": WORKED, "budget": 10, **options}
    with pytest.raises(ValueError, match=message):
        allocate_samples(options.pop("curves"), **options)


@pytest.mark.parametrize("n", [[10, 20, 20], [0, 10, 20], [10, 20, np.nan]])
def test_curves_need_points(n):
    with pytest.raises(ValueError, match=r"at least three different|shape"):
        fit_error_curve(n, [0.3, 0.2, 0.1])
