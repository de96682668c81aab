"""Bags: class counts without the bag, numbers wanted of it, and what cannot be drawn."""

from collections import Counter

import numpy as np
import pytest
from scipy import stats

from imbalance_kit._sampling.strategy import resolve_targets
from imbalance_kit.ensemble._loop.bootstraps import bag_size, draw_counts, draw_rows, wanted_in_bag

CLASSES = np.array(["ant", "bee", "cat"])


@pytest.mark.parametrize("kind", ["under-sampling", "over-sampling"])
@pytest.mark.parametrize(
    "strategy", ["auto", "all", "majority", "minority", "not majority", "not minority"]
)
def test_roles_mean_what_the_samplers_mean(kind, strategy, seed):
    if (kind, strategy) in [("under-sampling", "minority"), ("over-sampling", "majority")]:
        return
    counts = np.random.RandomState(seed).permutation([7, 19, 42])
    targets = resolve_targets(strategy, np.repeat(CLASSES, counts), kind)
    expected = [
        targets.get(label, n) if kind == "under-sampling" else n + targets.get(label, 0)
        for label, n in zip(CLASSES.tolist(), counts, strict=True)
    ]
    assert wanted_in_bag(strategy, CLASSES, counts, kind).tolist() == expected


@pytest.mark.parametrize("ratio", [0.3, 0.45, 0.7, 1.0])
@pytest.mark.parametrize("counts", [[15, 60], [60, 15], [7, 29]])
def test_a_ratio_means_what_the_samplers_mean(ratio, counts):
    y = np.repeat([0, 1], counts)
    under = wanted_in_bag(ratio, np.array([0, 1]), np.array(counts), "under-sampling")
    over = wanted_in_bag(ratio, np.array([0, 1]), np.array(counts), "over-sampling")
    targets = resolve_targets(ratio, y, "under-sampling")
    assert under.tolist() == [targets.get(label, n) for label, n in enumerate(counts)]
    targets = resolve_targets(ratio, y, "over-sampling")
    assert over.tolist() == [n + targets.get(label, 0) for label, n in enumerate(counts)]


def test_a_bag_past_the_wanted_numbers_keeps_what_it_holds():
    classes, counts = np.array([0, 1]), np.array([20, 15])
    assert wanted_in_bag(0.5, classes, counts, "under-sampling").tolist() == [20, 15]
    assert wanted_in_bag(0.5, classes, counts, "over-sampling").tolist() == [20, 15]
    assert wanted_in_bag({0: 25, 1: 9}, classes, counts, "under-sampling").tolist() == [20, 9]
    assert wanted_in_bag({0: 25, 1: 9}, classes, counts, "over-sampling").tolist() == [25, 15]


@pytest.mark.parametrize("bootstrap", [True, False])
def test_counts_are_those_of_a_bag(bootstrap):
    """The counts of 2000 bags of 12 of 60, 25 and 15 rows, drawn and only counted, have the same
    distribution: chi-squared on the two smaller classes' counts, false alarm 1e-7 each."""
    natural, size = np.array([60, 25, 15]), 30
    codes = np.repeat([0, 1, 2], natural)
    rng = np.random.RandomState(0)
    counted, drawn = [], []
    for _ in range(2000):
        counted.append(draw_counts(natural, size, CLASSES, bootstrap=bootstrap, rng=rng))
        rows = draw_rows(codes, size, CLASSES, bootstrap=bootstrap, rng=rng)
        assert bootstrap or len(set(rows.tolist())) == size
        drawn.append(np.bincount(codes[rows], minlength=3))
    assert (np.sum(counted, axis=1) == size).all()
    for code in (1, 2):
        one, other = (Counter(np.array(bags)[:, code].tolist()) for bags in (counted, drawn))
        values = [v for v in one | other if one[v] + other[v] >= 20]
        table = [[group[v] for v in values] for group in (one, other)]
        assert stats.chi2_contingency(table).pvalue > 1e-7


def test_a_bag_of_everything_is_the_table():
    rng = np.random.RandomState(0)
    natural = np.array([4, 2, 1])
    assert draw_counts(natural, 7, CLASSES, bootstrap=False, rng=rng).tolist() == [4, 2, 1]
    codes = np.repeat([0, 1, 2], natural)
    assert draw_rows(codes, 7, CLASSES, bootstrap=False, rng=rng).tolist() == list(range(7))


def test_no_class_is_left_out(seed):
    """A class of 4 of 20 rows is missing in a bootstrap with chance .8**20 = .012, in ten of
    them with 1e-19; without another try 300 bags would have one missing with chance .97."""
    rng, natural = np.random.RandomState(seed), np.array([16, 4])
    for _ in range(300):
        assert draw_counts(natural, 20, CLASSES[:2], bootstrap=True, rng=rng).all()
        rows = draw_rows(np.repeat([0, 1], natural), 20, CLASSES[:2], bootstrap=True, rng=rng)
        assert (rows >= 16).any()


@pytest.mark.parametrize("bootstrap", [True, False])
def test_a_class_that_is_never_drawn_is_named(bootstrap):
    """Five of 100,001 rows without the one row of its class, ten times: chance above .999."""
    rng, natural = np.random.RandomState(0), np.array([100_000, 1])
    message = r"10 bags of 5 rows.*class 'bee', which has 1 of 100001 rows\. Set bootstrap=False"
    with pytest.raises(ValueError, match=message):
        draw_counts(natural, 5, CLASSES[:2], bootstrap=bootstrap, rng=rng)
    with pytest.raises(ValueError, match=message):
        draw_rows(np.repeat([0, 1], natural), 5, CLASSES[:2], bootstrap=bootstrap, rng=rng)


def test_the_size_of_a_bag():
    assert [bag_size(size, 50) for size in (None, 1.0, 0.5, 0.001, 50, 1)] == [50, 50, 25, 1, 50, 1]
    with pytest.raises(ValueError, match=r"max_samples=51 is more than the 50 rows"):
        bag_size(51, 50)
