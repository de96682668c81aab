"""Net benefit: values worked out by hand, and its definition by confusion matrices."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from imbalance_kit.cost import CostMatrix, expected_cost
from imbalance_kit.metrics import net_benefit

# Two of ten rows are positive. At .2 both are found with one false positive, whose price is
# .2 / .8 of a true one: (2 - 1/4) / 10. At .35 one is found with one false positive, at .35 / .65:
# (1 - 7/13) / 10. At .5 one is found and nothing else: 1 / 10.
Y = np.array([1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
PROBA = np.array([0.9, 0.3, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])


def test_worked_out_by_hand():
    assert net_benefit(Y, PROBA, 0.2) == pytest.approx(0.175)
    assert net_benefit(Y, PROBA, 0.35) == pytest.approx(6 / 130)
    assert net_benefit(Y, PROBA, [0.5, 0.2, 0.95]) == pytest.approx([0.1, 0.175, 0.0])
    assert net_benefit(Y, PROBA, 0.0) == pytest.approx(0.2)  # all rows, false ones for nothing


def test_a_probability_at_the_threshold_is_acted_on():
    # all ten rows reach .1: (2 - 8/9) / 10
    assert net_benefit(Y, PROBA, 0.1) == pytest.approx(1 / 9)
    assert net_benefit(Y, PROBA, np.nextafter(0.1, 1)) == pytest.approx((2 - 1 / 9) / 10)


def test_perfect_constant_and_wrong_decisions():
    at = np.array([0.05, 0.2, 0.6])
    assert net_benefit(Y, Y.astype(float), at) == pytest.approx([0.2] * 3)
    assert net_benefit(Y, np.zeros(10), at) == pytest.approx([0.0] * 3)
    # acting on all is worth nothing where the threshold is the share of positives
    assert net_benefit(Y, np.ones(10), at) == pytest.approx(0.2 - 0.8 * at / (1 - at))
    assert net_benefit(Y, np.ones(10), 0.2) == pytest.approx(0.0)
    assert net_benefit(Y, 1.0 - Y, 0.5) == pytest.approx(-0.8)


def test_another_share_of_positives():
    """Cases and controls in equal numbers, for a share of one in a hundred."""
    y = np.repeat([1, 0], 50)
    proba = np.where(np.arange(100) % 5 == 0, 1 - y, y).astype(float)  # a fifth is wrong
    expected = 0.01 * 0.8 - 0.99 * 0.2 * (0.02 / 0.98)
    assert net_benefit(y, proba, 0.02, prevalence=0.01) == pytest.approx(expected)
    plain = net_benefit(y, proba, 0.02)
    assert net_benefit(y, proba, 0.02, prevalence=0.5) == pytest.approx(plain)


@st.composite
def scored(draw):
    rng = np.random.RandomState(draw(st.integers(0, 10_000)))
    n_rows, n_values = draw(st.integers(2, 40)), draw(st.integers(1, 20))
    y = rng.randint(2, size=n_rows)
    y[:2] = [0, 1]
    times = rng.randint(4, size=n_rows)
    times[:2] = 1
    return y, rng.randint(n_values + 1, size=n_rows) / n_values, times


@settings(max_examples=40)
@given(scored(), st.lists(st.integers(0, 19), min_size=1, max_size=5))
def test_definition(data, places):
    y, proba, times = data
    cuts = np.array(places) / 20
    values = net_benefit(y, proba, cuts, sample_weight=times)
    for cut, value in zip(cuts, values, strict=True):
        matrix = confusion_matrix(y, proba >= cut, sample_weight=times)
        expected = (matrix[1, 1] - matrix[0, 1] * cut / (1 - cut)) / times.sum()
        assert value == pytest.approx(expected, abs=1e-12)
        # what is saved against acting on no row, at the prices that the threshold stands for
        prices = CostMatrix.from_prices(
            false_positive=cut / (1 - cut), false_negative=1.0, true_positive=0.0
        )
        costs = [
            expected_cost(y, decided, cost_matrix=prices, sample_weight=times)
            for decided in (np.zeros(len(y), int), (proba >= cut).astype(int))
        ]
        assert value == pytest.approx(costs[0] - costs[1], abs=1e-12)
    repeated = net_benefit(np.repeat(y, times), np.repeat(proba, times), cuts)
    np.testing.assert_allclose(values, repeated, atol=1e-12)


def test_which_class_is_positive():
    text = np.where(Y == 1, "ill", "well")
    assert net_benefit(text, PROBA, 0.2, pos_label="ill") == pytest.approx(0.175)
    order = pd.Series(pd.Categorical(text, categories=["well", "ill"], ordered=True))
    assert net_benefit(order, PROBA, 0.2) == pytest.approx(0.175)
    assert net_benefit(Y == 1, PROBA, 0.2) == pytest.approx(0.175)
    with pytest.raises(ValueError, match="Which class is positive cannot be read"):
        net_benefit(text, PROBA, 0.2)


def test_one_class_alone():
    """A group of rows may hold no positive one."""
    assert net_benefit([0, 0], [0.9, 0.1], 0.5) == pytest.approx(-0.5)
    assert net_benefit([1, 1], [0.9, 0.1], 0.5) == pytest.approx(0.5)
    assert net_benefit([-1, -1], [0.9, 0.1], 0.5) == pytest.approx(-0.5)
    assert net_benefit(["well"] * 2, [0.9, 0.1], 0.5, pos_label="ill") == pytest.approx(-0.5)
    with pytest.raises(ValueError, match="does not show which class is positive"):
        net_benefit(["well"] * 2, [0.9, 0.1], 0.5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"thresholds": 1.0}, r"thresholds must be probabilities of at least 0 and below 1"),
        ({"thresholds": [0.1, np.nan]}, "thresholds must be probabilities"),
        ({"thresholds": []}, "thresholds must be a number or one-dimensional"),
        ({"thresholds": [[0.1]]}, "thresholds must be a number or one-dimensional"),
        ({"y_score": PROBA * 3}, r"y_score must be probabilities in \[0, 1\]"),
        ({"y_score": np.where(PROBA > 0.5, np.nan, PROBA)}, "contains NaN"),
        ({"y_score": PROBA[:5]}, "inconsistent numbers of samples"),
        ({"y_true": np.arange(10) % 3}, "needs two classes in y_true"),
        ({"pos_label": 7}, "There is no class 7"),
        ({"prevalence": 1.5}, "prevalence must be between 0 and 1"),
        ({"prevalence": 0.5, "y_true": np.zeros(10, int)}, "both classes need rows"),
        ({"sample_weight": np.zeros(10)}, "weight"),
    ],
)
def test_bad_input(options, words):
    given_ = {"y_true": Y, "y_score": PROBA, "thresholds": 0.2} | options
    with pytest.raises(ValueError, match=words):
        net_benefit(**given_)
