"""Fairness of rankings: published values, closed forms, and the worst of all small rankings."""

import math
from itertools import combinations

import numpy as np
import pytest

from imbalance_kit.fairness import RankFairness, rank_fairness

LAST = np.repeat(["other", "protected"], 50)
DOWN = np.arange(100, 0, -1)


@pytest.mark.parametrize(
    ("discount", "published"),
    [("paper", (0.67037, 1.19145, 1.42869)), ("code", (0.66007, 1.17136, 1.40781))],
)
def test_values_of_the_worst_ranking(discount, published):
    """Worked out from the formulas of Yang and Stoyanovich for 50 protected of 100, all last."""
    found = rank_fairness(DOWN, sensitive_features=LAST, normalize=False, discount=discount)
    own = found["protected"]
    assert (own.rnd, own.rkl, own.rrd) == pytest.approx(published, abs=5e-6)


def test_an_alternating_ranking_is_even():
    even = rank_fairness(DOWN, sensitive_features=np.tile([0, 1], 50))
    assert even == {0: RankFairness(0, 0, 0), 1: RankFairness(0, 0, 0)}


def slow(protected, step):
    n, s = len(protected), sum(protected)
    rnd = rkl = rrd = 0.0
    for i in range(step, n + 1, step):
        above = sum(protected[:i])
        p, q, weight = above / i, s / n, 1 / math.log2(i)
        rnd += weight * abs(p - q)
        for a, b in ((p, q), (1 - p, 1 - q)):
            rkl += weight * a * math.log2(a / b) if a > 0 else 0
        ratio = above / (i - above) if above and i > above else 0
        rrd += weight * abs(ratio - s / (n - s))
    return rnd, rkl, rrd


@pytest.mark.parametrize("seed", range(5))
def test_equals_the_formula_term_by_term(seed):
    rng = np.random.RandomState(seed)
    protected = rng.uniform(size=97) < 0.3
    score = rng.normal(size=97)
    found = rank_fairness(score, sensitive_features=protected, step=7, normalize=False)[1]
    ordered = protected[np.argsort(-score)].tolist()
    assert (found.rnd, found.rkl, found.rrd) == pytest.approx(slow(ordered, 7))


@pytest.mark.parametrize("n_protected", [2, 4, 6, 9])
def test_normalised_values_of_all_rankings_of_twelve(n_protected):
    """rND and rKL never exceed 1, which the worse of the two extreme rankings has."""
    worst = np.zeros(2)
    for chosen in combinations(range(12), n_protected):
        protected = np.isin(np.arange(12), chosen)
        own = rank_fairness(-np.arange(12), sensitive_features=protected, step=3)[1]
        worst = np.maximum(worst, [own.rnd, own.rkl])
    assert worst == pytest.approx([1, 1])


def test_two_groups_share_rnd_and_rkl():
    rng = np.random.RandomState(0)
    found = rank_fairness(rng.normal(size=80), sensitive_features=rng.randint(2, size=80))
    assert found[0].rnd == pytest.approx(found[1].rnd)
    assert found[0].rkl == pytest.approx(found[1].rkl)


def test_every_group_against_the_others():
    rng = np.random.RandomState(1)
    group, score = rng.randint(3, size=90), rng.normal(size=90)
    found = rank_fairness(score, sensitive_features=group)
    assert list(found) == [0, 1, 2]
    assert found[2] == rank_fairness(score, sensitive_features=group == 2)[1]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"step": 200}, "step must lie between 2 and the number of rows, 100, got 200"),
        ({"step": 1}, "step must lie between 2"),
        ({"discount": "none"}, "discount must be 'paper' or 'code'"),
        ({"sensitive_features": np.zeros(100)}, "All rows are of one group"),
    ],
)
def test_mistakes_are_explained(options, message):
    with pytest.raises(ValueError, match=message):
        rank_fairness(DOWN, **{"sensitive_features": LAST, **options})
    with pytest.raises(ValueError, match="y_score must have one dimension"):
        rank_fairness(np.ones((4, 2)), sensitive_features=LAST)
