"""Correlation shift: the worked example, a grid search, limits, and any number of groups."""

import numpy as np
import pytest

from fairness.made_groups import rates, related
from imbalance_kit.fairness import CorrelationShift
from imbalance_kit.fairness._weighing.joint_shares import is_reachable, nearest_joint

# P(z, y) of the worked example: rows are z, columns y.
EXAMPLE = np.array([[0.40, 0.10], [0.20, 0.30]])


def shifted(group, y, **parameters):
    weigher = CorrelationShift(**parameters)
    return weigher.fit(np.empty((len(y), 1)), y, sensitive_features=group)


def example_rows():
    counts = (EXAMPLE * 100).astype(int).ravel()
    return np.repeat([0, 0, 1, 1], counts), np.repeat([0, 1, 0, 1], counts)


def difference(joint):
    rate = joint[:, 1] / joint.sum(axis=1)
    return rate[1] - rate[0]


def test_the_worked_example():
    """Checked numerically when the method was written down: joint shares, objective, ratios."""
    weigher = shifted(*example_rows(), target=0.18)
    np.testing.assert_allclose(weigher.joint_, [[0.35950, 0.16102], [0.24484, 0.23463]], atol=6e-6)
    assert ((weigher.joint_ - EXAMPLE) ** 2).sum() == pytest.approx(0.0116483, abs=6e-8)
    np.testing.assert_allclose(
        weigher.cell_weight_, [[0.8988, 1.6102], [1.2242, 0.7821]], atol=6e-5
    )


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("target", [-0.1, 0.0, 0.25])
def test_no_point_of_a_grid_is_nearer(seed, target):
    rng = np.random.RandomState(seed)
    joint = rng.dirichlet(np.full(4, 5.0)).reshape(2, 2)
    gamma_label, gamma_group = rng.uniform(0.02, 0.1, size=2)
    wanted = np.array([0.0, target])
    share = np.linspace(-gamma_group, gamma_group, 201)[:, None] + joint.sum(axis=1)[1]
    rate = np.linspace(max(0, -target), min(1, 1 - target), 2001)[None]
    pairs = [
        (1 - share) * (1 - rate),
        (1 - share) * rate,
        share * (1 - rate - target),
        share * (rate + target),
    ]
    off = sum((pair - present) ** 2 for pair, present in zip(pairs, joint.ravel(), strict=True))
    positive = pairs[1] + pairs[3]
    off[np.abs(positive - joint[:, 1].sum()) > gamma_label] = np.inf
    assert np.isfinite(off).any() == is_reachable(joint, wanted, gamma_label, gamma_group)
    if np.isfinite(off).any():
        found = nearest_joint(joint, wanted, gamma_label, gamma_group)
        assert ((found - joint) ** 2).sum() <= off.min() + 1e-9
        assert difference(found) == pytest.approx(target, abs=1e-8)
        assert abs(found[:, 1].sum() - joint[:, 1].sum()) <= gamma_label + 1e-7
        assert (np.abs(found.sum(axis=1) - joint.sum(axis=1)) <= gamma_group + 1e-7).all()


@pytest.mark.parametrize("target", [0.0, 0.1, 0.3, 0.45])
def test_the_weighted_difference_is_the_target(target):
    X, y, group = related(2000)
    weight = CorrelationShift(target=target).fit(X, y, sensitive_features=group).sample_weight_
    rate = rates(y, group, weight)[:, 1]
    assert rate[1] - rate[0] == pytest.approx(target, abs=1e-8)
    assert weight.sum() == pytest.approx(2000)


def test_the_present_difference_weighs_one():
    group, y = example_rows()
    np.testing.assert_array_equal(shifted(group, y, target=0.4).sample_weight_, 1.0)
    np.testing.assert_array_equal(shifted(group, y, target=(0.3, 0.5)).sample_weight_, 1.0)


def test_a_range_means_its_nearest_end():
    group, y = example_rows()
    for given, end in [((0.1, 0.3), 0.3), ((0.45, 0.6), 0.45)]:
        np.testing.assert_allclose(
            shifted(group, y, target=given).joint_, shifted(group, y, target=end).joint_
        )


def test_rates_of_several_groups():
    X, y, group = related(3000, n_groups=3)
    asked = {0: 0.3, 1: 0.4, 2: 0.55}
    weigher = CorrelationShift(target=asked, gammas=(0.2, 0.2)).fit(X, y, sensitive_features=group)
    rate = rates(y, group, weigher.sample_weight_)[:, 1]
    np.testing.assert_allclose(rate - rate[0], [0.0, 0.1, 0.25], atol=1e-8)
    weigher = CorrelationShift().fit(X, y, sensitive_features=group)
    np.testing.assert_allclose(np.ptp(rates(y, group, weigher.sample_weight_)[:, 1]), 0, atol=1e-8)


def test_what_cannot_be_reached_is_said():
    """At most .42 positives and at least .48 in the second group: a rate of .42 / .48 there."""
    group, y = example_rows()
    with pytest.raises(ValueError, match=r"nearest difference.*, is 1: 0\.8750\. Widen gammas"):
        shifted(group, y, target=0.95, gammas=(0.02, 0.02))
    assert difference(shifted(group, y, target=0.8749, gammas=(0.02, 0.02)).joint_) == (
        pytest.approx(0.8749, abs=1e-8)
    )


@pytest.mark.parametrize("present", [EXAMPLE, EXAMPLE[::-1], np.full((2, 2), 0.25)], ids=str)
def test_the_largest_reachable_difference_in_closed_form(present):
    """With q the share of the second group and p the positives, it is p/q or 1-(p-q)/(1-q)."""
    q, p = present.sum(axis=1)[1], present[:, 1].sum()
    gamma = 0.02
    q_high, q_low, p_high, p_low = q + gamma, q - gamma, p + gamma, p - gamma
    if q_low > p_high:
        largest = p_high / q_low
    elif q_high < p_low:
        largest = 1 - (p_low - q_high) / (1 - q_high)
    else:
        largest = 1.0
    assert is_reachable(present, np.array([0.0, largest - 1e-6]), gamma, gamma)
    assert largest == 1 or not is_reachable(present, np.array([0, largest + 1e-6]), gamma, gamma)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"target": {0: 0.3}}, r"target names the groups \[0\]; expected a rate for each of"),
        ({"target": (0.5, 0.1)}, r"a range is a tuple \(low, high\)"),
        ({"gammas": (0.1,)}, r"expected two numbers that are not negative"),
        ({"gammas": (-0.1, 0.1)}, r"expected two numbers that are not negative"),
    ],
)
def test_mistakes_are_explained(parameters, message):
    with pytest.raises(ValueError, match=message):
        shifted(*example_rows(), **parameters)


def test_a_number_is_for_two_groups_and_two_classes():
    X, y, group = related(300, n_groups=3)
    with pytest.raises(ValueError, match=r"is for two groups; there are 3\. Give a dict"):
        CorrelationShift(target=0.1).fit(X, y, sensitive_features=group)
    X, y, group = related(300, n_classes=3)
    with pytest.raises(ValueError, match=r"exactly two classes.*y has 3"):
        CorrelationShift().fit(X, y, sensitive_features=group)
