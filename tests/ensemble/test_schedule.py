"""Rows of a round, while the rounds go by."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.ensemble import SelfPacedEnsembleClassifier
from imbalance_kit.ensemble._loop.schedule import rows_in_round
from imbalance_kit.over_sampling import TemperatureSampler

counts = st.lists(st.integers(1, 10_000), min_size=2, max_size=5).map(np.array)


@given(counts, st.integers(2, 60))
def test_ends_of_the_schedules(natural, n_rounds):
    wanted = np.full(len(natural), natural.min())
    ends = {"uniform": (wanted, wanted), "progressive": (natural, wanted)}
    ends["cooldown"] = (wanted, natural)
    for schedule, (first, last) in ends.items():
        assert (rows_in_round(natural, wanted, schedule, 0, n_rounds) == first).all()
        assert (rows_in_round(natural, wanted, schedule, n_rounds - 1, n_rounds) == last).all()


@given(counts, st.integers(2, 60), st.sampled_from(["progressive", "cooldown"]), st.booleans())
def test_in_between_numbers_move_one_way(natural, n_rounds, schedule, over):
    wanted = np.full(len(natural), natural.max() if over else natural.min())
    rows = np.array(
        [rows_in_round(natural, wanted, schedule, number, n_rounds) for number in range(n_rounds)]
    )
    towards = wanted - natural if schedule == "progressive" else natural - wanted
    assert (np.diff(rows, axis=0) * np.sign(towards) >= 0).all()
    assert (rows >= np.minimum(natural, wanted)).all()
    assert (rows <= np.maximum(natural, wanted)).all()


@pytest.mark.parametrize("schedule", ["uniform", "progressive", "cooldown"])
def test_one_round_is_as_wanted(schedule):
    natural, wanted = np.array([100, 7]), np.array([7, 7])
    assert rows_in_round(natural, wanted, schedule, 0, 1).tolist() == [7, 7]


def test_progressive_rounds_up_as_imbalanced_ensemble_does():
    """ceil(n * (1 - r) + n' * r - 1e-10) with r = i / (T - 1)."""
    natural, wanted = np.array([1000, 10]), np.array([10, 10])
    rows = [rows_in_round(natural, wanted, "progressive", i, 4)[0] for i in range(4)]
    assert rows == [1000, 670, 340, 10]


@pytest.mark.parametrize("number", [1, 2, 3])
def test_cooldown_is_temperature_sampling(number):
    """Classes of equal wanted size are in the proportion of n**(1 / tau), tau = 1 / t."""
    y = np.repeat([0, 1, 2], [900, 90, 10])
    natural = np.bincount(y)
    rows = rows_in_round(natural, np.full(3, 10), "cooldown", number, 5)
    sampler = TemperatureSampler(tau=4 / number, n_total=int(rows.sum()), random_state=0)
    _, drawn = sampler.fit_resample(np.zeros((len(y), 1)), y)
    assert np.abs(np.bincount(drawn) - rows).max() <= 1


@pytest.mark.parametrize("schedule", ["progressive", "cooldown"])
def test_draws_follow_the_schedule(schedule, three_classes):
    X, y = three_classes
    model = SelfPacedEnsembleClassifier(
        DecisionTreeClassifier(max_depth=3), n_estimators=5, schedule=schedule, random_state=0
    ).fit(X, y)
    natural, wanted = np.bincount(y), np.full(3, 12)
    seen = [np.bincount(y[rows]) for rows in model.estimators_samples_]
    for number, counts_seen in enumerate(seen):
        assert (counts_seen == rows_in_round(natural, wanted, schedule, number, 5)).all()
    shares = np.mean([own / own.sum() for own in seen], axis=0)
    np.testing.assert_allclose(model.resampled_prior_, shares, rtol=1e-12)


def test_learners_of_a_round_share_its_numbers(two_classes):
    X, y = two_classes
    model = SelfPacedEnsembleClassifier(
        n_estimators=6, learners_per_round=2, schedule="progressive", random_state=0
    ).fit(X, y)
    large = [int((y[rows] == 0).sum()) for rows in model.estimators_samples_]
    assert large == [60, 60, 38, 38, 15, 15]
