"""SafeLevelSMOTE and LeeSMOTE: what surrounds rows, and what follows from it."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.neighbors import NearestNeighbors
from tables import unbalanced

from imbalance_kit.over_sampling import SMOTE, AssembledSMOTE, LeeSMOTE, SafeLevelSMOTE
from over_sampling.marked import nearest_to, resample_marked


def two_groups(seed, shift=1.5, n_rare=30, n_frequent=200):
    rng = np.random.RandomState(seed)
    X = np.concatenate([rng.normal(size=(n_frequent, 2)), rng.normal(shift, 1, size=(n_rare, 2))])
    return X, np.repeat([0, 1], [n_frequent, n_rare])


def safe_levels(X, y, label, k):
    rows = np.flatnonzero(y == label)
    return np.array([(y[nearest_to(X[row], X, k, itself=row)] == label).sum() for row in rows])


def test_the_way_depends_on_the_safe_levels(seed):
    X, y = two_groups(seed)
    sampler = SafeLevelSMOTE(sampling_strategy={1: 5000}, random_state=seed, k_neighbors=4)
    seeds, partners, gaps = resample_marked(sampler, X, y)
    level = safe_levels(X, y, 1, 4)
    assert set(level) >= {0, 1, 2}
    own = X[y == 1]
    seen = set()
    # a copy of a row hides which partner it had, or which seed
    for a, b, gap in zip(seeds, partners, gaps, strict=True):
        near = nearest_to(own[a], own, 4, itself=a)
        s = level[a]
        if gap == 0:
            assert s > 0
            assert any(level[c] == 0 for c in near)
            continue
        assert b in near
        t = level[b]
        seen.add((s, t))
        if s == t:
            assert 0 < gap < 1
        elif s > t:
            assert gap <= t / s
        else:
            assert gap >= 1 - s / t - 1e-12
    assert {int(s > t) - int(s < t) for s, t in seen} == {-1, 0, 1}
    assert (0, 0) not in seen


def test_the_way_is_uniform_in_its_range():
    """Kolmogorov-Smirnov tests; threshold 1e-7 each."""
    X, y = two_groups(0)
    sampler = SafeLevelSMOTE(sampling_strategy={1: 20000}, random_state=0, k_neighbors=4)
    seeds, partners, gaps = resample_marked(sampler, X, y)
    level = safe_levels(X, y, 1, 4)
    s, t = level[seeds], level[partners]
    inside = (gaps > 0) & (s > 0)
    for here, share in [
        (inside & (s == t), gaps),
        (inside & (s > t), gaps * s / np.maximum(t, 1)),
        (inside & (s < t), 1 - (1 - gaps) * t / np.maximum(s, 1)),
    ]:
        assert here.sum() > 1000
        assert stats.kstest(share[here], "uniform").pvalue > 1e-7


def test_without_safe_rows_it_is_smote():
    """Each rare row among copies of its own of another class."""
    rare = np.arange(8.0)[:, None] * 10
    X = np.concatenate([rare, np.repeat(rare + 0.01, 6, axis=0)])
    y = np.repeat([1, 0], [8, 48])
    with pytest.warns(UserWarning, match="SafeLevelSMOTE draws class 1 as SMOTE does"):
        X_new, _ = SafeLevelSMOTE(random_state=3).fit_resample(X, y)
    np.testing.assert_array_equal(X_new, SMOTE(random_state=3).fit_resample(X, y)[0])


def foreign_share(points, X, y, label, m):
    return np.array([(y[nearest_to(point, X, m)] != label).mean() for point in points])


def test_no_accepted_row_is_surrounded(seed):
    X, y = two_groups(seed, shift=2.0)
    sampler = LeeSMOTE(random_state=seed, m_neighbors=4, rejection_level=0.6, max_rounds=50)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        X_new, _ = sampler.fit_resample(X, y)
    plain, _ = SMOTE(random_state=seed).fit_resample(X, y)
    assert (foreign_share(X_new[len(y) :], X, y, 1, 4) < 0.6).all()
    accepted = foreign_share(plain[len(y) :], X, y, 1, 4) < 0.6
    assert 0 < accepted.sum() < len(accepted)
    # the first round draws what SMOTE draws, and keeps what may stay
    np.testing.assert_array_equal(
        X_new[len(y) : len(y) + accepted.sum()], plain[len(y) :][accepted]
    )


def test_without_other_classes_nearby_it_is_smote():
    X, y = two_groups(0, shift=50.0)
    np.testing.assert_array_equal(
        LeeSMOTE(random_state=5).fit_resample(X, y)[0], SMOTE(random_state=5).fit_resample(X, y)[0]
    )


def test_the_least_surrounded_rows_fill_up():
    X, y = two_groups(1, shift=0.0)
    sampler = LeeSMOTE(random_state=0, max_rounds=3, rejection_level=0.3)
    with pytest.warns(UserWarning, match=r"Class 1: \d+ of 170 new rows") as caught:
        X_new, y_new = sampler.fit_resample(X, y)
    assert len(caught) == 1
    assert (y_new == 1).sum() == 200
    share = foreign_share(X_new[len(y) :], X, y, 1, 5)
    n_rejected = (share >= 0.3).sum()
    assert f"Class 1: {n_rejected} of 170" in str(caught[0].message)
    assert (np.diff(share[170 - n_rejected :]) >= 0).all()
    longer = LeeSMOTE(random_state=0, max_rounds=30, rejection_level=0.3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        X_longer, _ = longer.fit_resample(X, y)
    assert foreign_share(X_longer[len(y) :], X, y, 1, 5).sum() < share.sum()


def test_few_rows_do_not_need_many_rounds():
    X, y = two_groups(3, shift=2.0)
    sampler = LeeSMOTE(sampling_strategy={1: 31}, random_state=0, max_rounds=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        X_new, _ = sampler.fit_resample(X, y)
    assert len(X_new) == 231


def test_the_nominal_values_that_were_tested_come_out():
    """The word decides on the share of other classes; each class keeps to its word."""
    rng = np.random.RandomState(0)
    y = np.repeat([0, 1], [150, 30])
    frame = pd.DataFrame(
        {
            "number": rng.normal(size=180),
            "word": pd.Categorical(np.where(rng.uniform(size=180) < 0.5, "a", "b")),
        }
    )
    frame.loc[y == 0, "word"] = "a"
    sampler = LeeSMOTE(random_state=0, max_rounds=30, rejection_level=0.2)
    new, _ = sampler.fit_resample(frame, y)
    spread = np.std(frame["number"][y == 1])

    def numbers(table):
        word = (table["word"] == "a").to_numpy() * spread
        return np.column_stack([table["number"], word])

    share = foreign_share(numbers(new)[180:], numbers(frame), y, 1, 5)
    assert (share < 0.2).all()


@pytest.mark.parametrize("kind", [SafeLevelSMOTE, LeeSMOTE, AssembledSMOTE])
def test_a_search_of_ones_own(kind, seed):
    """An exact search finds the same rows; it needs one more, for the row itself."""
    X, y = two_groups(seed)
    expected, _ = kind(random_state=seed, k_neighbors=4).fit_resample(X, y)
    search = NearestNeighbors(n_neighbors=5)
    found, _ = kind(random_state=seed, k_neighbors=search).fit_resample(X, y)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("sampler", [SafeLevelSMOTE(), LeeSMOTE()], ids=lambda s: type(s).__name__)
def test_small_classes(sampler):
    X, y = unbalanced([30, 4])
    X[y == 1] += 50
    with pytest.warns(UserWarning, match="each uses the 3 neighbours it has"):
        assert len(sampler.fit_resample(X, y)[0]) == 60
    X_new, _ = sampler.set_params(small_class="copy").fit_resample(X, y)
    np.testing.assert_array_equal(X_new, X[sampler.sample_indices_])
    with pytest.raises(ValueError, match=r"Class 1 has 4 samples; k_neighbors=5 needs at least 6"):
        sampler.set_params(small_class="raise").fit_resample(X, y)
