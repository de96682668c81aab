"""Antidote data: counterparts are comparable, carry the label, and make the group matter less."""

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import LinearRegression, LogisticRegression

from fairness.made_groups import related, related_frame
from imbalance_kit.fairness import AntidoteSampler
from imbalance_kit.fairness._groups.group_reading import GroupReader
from imbalance_kit.fairness._sampling.matched_counterparts import nearest_comparable
from imbalance_kit.fairness._sampling.modelled_counterparts import coupled_levels


def groups_of(codes):
    return GroupReader(None, "Method").learn(np.zeros((len(codes), 1)), codes)


def added(sampler, n_rows):
    rows = sampler.sample_indices_[n_rows:]
    return rows, sampler.sample_origin_[n_rows:]


@pytest.mark.parametrize("n_groups", [2, 3])
def test_matched_rows_are_within_the_caliper(n_groups):
    X, y, group = related(600, n_groups)
    sampler = AntidoteSampler(caliper=0.15, random_state=0)
    X_new, y_new = sampler.fit_resample(X, y, sensitive_features=group)
    rows, found = added(sampler, 600)
    assert 0 < len(rows) <= 600
    np.testing.assert_array_equal(X_new[600:], X[found])
    np.testing.assert_array_equal(y_new[600:], y[rows])
    assert (group[rows] != group[found]).all()
    assert (np.abs(X[rows] - X[found]) <= 0.15 * np.ptp(X, axis=0) + 1e-9).all()
    assert sampler.matched_share_ == len(rows) / 600


def test_the_nearest_comparable_row_beside_a_slow_search():
    rng = np.random.RandomState(0)
    X = np.column_stack([rng.uniform(size=(120, 2)), rng.randint(2, size=120)])
    group = rng.randint(2, size=120)
    found = nearest_comparable(X, groups_of(group), 1 - group, 0.1)
    scaled = X / np.ptp(X, axis=0)
    for row in range(120):
        there = np.flatnonzero((group != group[row]) & (X[:, 2] == X[row, 2]))
        distance = np.abs(scaled[there] - scaled[row]).max(axis=1)
        if distance.min() > 0.1:
            assert found[row] == -1
        else:
            assert np.abs(scaled[found[row]] - scaled[row]).max() == pytest.approx(distance.min())


def test_levels_are_equal_in_matched_rows():
    frame, y, _ = related_frame(500)
    sampler = AntidoteSampler(sensitive_features="sex", caliper=0.3, random_state=0)
    new, _ = sampler.fit_resample(frame, y)
    rows, found = added(sampler, 500)
    for name in ("town", "member"):
        assert list(frame[name].iloc[rows]) == list(new[name].iloc[500:])
    assert (frame["sex"].iloc[rows].to_numpy() != frame["sex"].iloc[found].to_numpy()).all()


def test_the_share_of_rows():
    X, y, group = related(400)
    sampler = AntidoteSampler(share=0.25, caliper=1.0, random_state=0)
    sampler.fit_resample(X, y, sensitive_features=group)
    assert len(sampler.sample_indices_) == 500
    assert len(set(sampler.sample_indices_[400:])) == 100


def test_nothing_comparable_is_a_warning():
    group = np.repeat([0, 1], 20)
    X = group[:, None] * 100.0 + np.arange(40)[:, None]
    y = np.arange(40) % 2
    sampler = AntidoteSampler(caliper=0.01, random_state=0)
    with pytest.warns(UserWarning, match="None of 40 rows has a counterpart.*Raise caliper"):
        X_new, _ = sampler.fit_resample(X, y, sensitive_features=group)
    assert len(X_new) == 40
    assert sampler.matched_share_ == 0


# --- modelled --------------------------------------------------------------------------------


def shifted_table(n_rows=1500, seed=0):
    """A fair score, a proxy that the group moves by 2, and what follows from the proxy."""
    rng = np.random.RandomState(seed)
    group, score = rng.randint(2, size=n_rows), rng.normal(size=n_rows)
    proxy = score + 2.0 * group + 0.1 * rng.normal(size=n_rows)
    after = 0.5 * proxy + 0.1 * rng.normal(size=n_rows)
    return np.column_stack([group, score, proxy, after]), group


def test_what_the_group_moves_is_moved_and_the_rest_stays():
    """A linear model finds the effects: 2 on the proxy, half of it on what follows from it."""
    X, group = shifted_table()
    y = (X[:, 1] > 0).astype(int)
    sampler = AntidoteSampler(
        sensitive_features=0,
        method="modelled",
        estimator=LinearRegression(),
        plausibility=1.0,
        random_state=0,
    )
    X_new, y_new = sampler.fit_resample(X, y)
    rows, origin = added(sampler, 1500)
    assert (origin == -1).all()
    np.testing.assert_array_equal(y_new[1500:], y[rows])
    change = X_new[1500:] - X[rows]
    direction = 1 - 2 * group[rows]
    np.testing.assert_array_equal(change[:, 0], direction)
    np.testing.assert_array_equal(change[:, 1], 0)
    inside = np.abs(X[rows, 1]) < 1.5  # farther out numbers are cut to the other group's range
    assert np.abs(change[inside, 2] - 2 * direction[inside]).max() < 0.1
    assert np.abs(change[inside, 3] - direction[inside]).max() < 0.1


@pytest.mark.parametrize("kind", ["as it is", "object"])
def test_made_rows_have_values_that_the_other_group_has(kind):
    frame, y, group = related_frame(400)
    rng = np.random.RandomState(0)
    towns = np.where(rng.uniform(size=400) < 0.6, group, 2)
    frame["town"] = frame["town"].cat.categories[0:3][towns].astype("category")
    if kind == "object":
        frame = frame.astype({"town": object, "sex": object})
    sampler = AntidoteSampler(sensitive_features="sex", method="modelled", random_state=0)
    new, y_new = sampler.fit_resample(frame, y)
    rows, _ = added(sampler, 400)
    assert (new.dtypes == frame.dtypes).all()
    made = new.iloc[400:]
    assert (made["sex"].to_numpy() != frame["sex"].iloc[rows].to_numpy()).all()
    for sex in ("f", "m"):
        own, there = made[made["sex"] == sex], frame[frame["sex"] == sex]
        assert set(own["town"]) <= set(there["town"])
        assert own["height"].min() >= min(there["height"].min(), frame["height"].median())
        assert own["height"].max() <= max(there["height"].max(), frame["height"].median())
    gaps = frame["height"].isna().to_numpy()
    assert gaps[rows].any()
    np.testing.assert_array_equal(made["height"].isna(), gaps[rows])
    np.testing.assert_array_equal(y_new[400:], y[rows])


def test_the_group_matters_less_to_a_model():
    """y follows the score alone; the model sees a noisy score and the proxy, which tells the group.

    The decision flips less often between comparable rows, and accuracy does not fall by .01.
    """
    rng = np.random.RandomState(0)
    n_rows = 4000
    group, score = rng.randint(2, size=n_rows), rng.normal(size=n_rows)
    y = (score + 0.8 * group + 0.5 * rng.normal(size=n_rows) > 0.4).astype(int)
    X = np.column_stack([group, score])
    train, test = slice(0, 2000), slice(2000, None)

    def flips(model):
        other = X[test].copy()
        other[:, 0] = 1 - other[:, 0]
        return (model.predict(X[test]) != model.predict(other)).mean()

    plain = LogisticRegression().fit(X[train], y[train])
    for method in ("matched", "modelled"):
        sampler = AntidoteSampler(sensitive_features=0, method=method, random_state=0)
        model = LogisticRegression().fit(*sampler.fit_resample(X[train], y[train]))
        assert flips(model) < 0.4 * flips(plain), method


def test_coupled_levels_have_the_wanted_frequencies_and_change_seldom():
    """False alarm: chi-square tests at 1e-7 each."""
    rng = np.random.RandomState(0)
    before, after = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.3, 0.5])
    place = rng.choice(3, p=before, size=20_000)
    levels = coupled_levels(np.tile(before, (20_000, 1)), np.tile(after, (20_000, 1)), place, rng)
    assert stats.chisquare(np.bincount(levels), after * 20_000).pvalue > 1e-7
    # the total variation distance is .3, below which no coupling can go
    moved = (levels != place).sum()
    assert stats.binomtest(int(moved), 20_000, 0.3).pvalue > 1e-7
    assert set(levels[place == 2]) == {2}
