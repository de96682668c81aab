"""Intervals over few sources cover what they say, checked by simulation."""

import math

import numpy as np
import pandas as pd
import pytest
from loops import looped
from scipy import stats

from imbalance_kit.benchmark._analysis.intervals import bootstrap_interval
from imbalance_kit.metrics._bootstrap import widening

N_RUNS = 1500
# Name: how values are drawn, their mean, and the least coverage to ask for, by number of sources.
# Student's interval has .85 to .95 where values are skewed and few; ours has to keep up with it.
DRAWN = {
    "normal": (lambda rng, size: rng.normal(size=size), 0.0, {3: 0.95, 5: 0.95, 10: 0.95}),
    "uniform": (lambda rng, size: rng.uniform(size=size), 0.5, {3: 0.92, 5: 0.93, 10: 0.95}),
    "skewed": (lambda rng, size: rng.exponential(size=size), 1.0, {3: 0.89, 5: 0.89, 10: 0.91}),
    "ranks": (
        lambda rng, size: rng.integers(1, 8, size=size).astype(float),
        4.0,
        {3: 0.91, 5: 0.94, 10: 0.95},
    ),
}


@looped("name", DRAWN)
def test_coverage(name):
    """The standard error of a share of .95 of 1,500 is .0056, of .9 it is .0077.

    A fall by five of them below what was found with 4,000 runs is rarer than 1e-6.
    """
    draw, mean, least = DRAWN[name]
    for n_sources, expected in least.items():
        blocks = pd.DataFrame(draw(np.random.default_rng(n_sources), (n_sources, N_RUNS)))
        limits = bootstrap_interval(blocks, n_draws=1000, least=2)
        covered = ((limits["low"] <= mean) & (limits["high"] >= mean)).mean()
        assert covered > expected - 5 * math.sqrt(expected * (1 - expected) / N_RUNS), n_sources
        assert covered < 0.985, n_sources


def test_widening_is_that_of_student():
    """With normal values percentiles lie z standard deviations (of the n values) away."""
    for n_sources in (2, 3, 5, 10, 100):
        biased = math.sqrt((n_sources - 1) / n_sources)
        z, t = stats.norm.ppf(0.975), stats.t.ppf(0.975, n_sources - 1)
        assert widening(n_sources) * z * biased == pytest.approx(t)
    assert np.isnan(widening(np.array([0, 1]))).all()
    assert widening(10**6) == pytest.approx(1.0, abs=1e-5)


def test_columns_do_not_depend_on_each_other_and_each_has_its_sources():
    blocks = pd.DataFrame(np.random.default_rng(0).normal(size=(9, 3)), columns=list("abc"))
    blocks.iloc[2, 0] = math.nan
    whole = bootstrap_interval(blocks)
    pd.testing.assert_frame_equal(whole.loc[["c", "a"]], bootstrap_interval(blocks[["c", "a"]]))
    assert (whole["low"] <= blocks.mean()).all()
    assert (whole["high"] >= blocks.mean()).all()
    blocks.iloc[:6, 1] = math.nan
    assert bootstrap_interval(blocks).loc["b"].isna().all()


def test_few_sources_have_no_interval():
    assert bootstrap_interval(pd.DataFrame(np.ones((4, 2)))).isna().all(axis=None)
    assert bootstrap_interval(pd.DataFrame(np.ones((0, 2)))).isna().all(axis=None)


def test_equal_values_have_an_interval_of_no_width():
    limits = bootstrap_interval(pd.DataFrame({"a": [0.25] * 6}))
    assert limits.to_numpy() == pytest.approx(0.25)
