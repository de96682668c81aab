"""ROSE: the width of its kernels, and drawing everything anew."""

import numpy as np
import pandas as pd
import pytest
from tables import unbalanced

from imbalance_kit.over_sampling import ROSE


def test_kernels_have_the_normal_reference_width_of_their_class():
    X, y = unbalanced([60, 15], n_columns=3)
    X[:, 1] *= 40
    X_new, _ = ROSE(random_state=5, shrinkage=0.7).fit_resample(X, y)
    rng, own = np.random.RandomState(5), np.flatnonzero(y == 1)
    seed = rng.choice(own, size=45, replace=True)
    noise = rng.randn(45, 3)
    m, d = 15, 3
    width = 0.7 * (4 / ((d + 2) * m)) ** (1 / (d + 4)) * X[own].std(axis=0)
    np.testing.assert_allclose(X_new[75:], X[seed] + noise * width, rtol=1e-12, atol=1e-12)


def test_classes_have_widths_of_their_own():
    """Two classes of one spread: the kernels of the smaller are wider by the share of sizes."""
    rng = np.random.RandomState(0)
    X = np.concatenate([rng.normal(size=(9, 2)), np.zeros((200, 2)), rng.normal(size=(90, 2))])
    y = np.repeat([0, 1, 2], [9, 200, 90])
    sampler = ROSE(random_state=0, sampling_strategy={0: 20_009, 2: 20_090})
    X_new, y_new = sampler.fit_resample(X, y)
    moved = (X_new - X[sampler.sample_indices_])[len(y) :]
    spread = [moved[y_new[len(y) :] == k].std(axis=0) / X[y == k].std(axis=0) for k in (0, 2)]
    # six standard errors of a spread of 20,000 draws: false alarm below 1e-8
    np.testing.assert_allclose(spread[0] / spread[1], 10 ** (1 / 6), rtol=6 * np.sqrt(1 / 20_000))


def test_without_shrinkage_rows_are_copied():
    X, y = unbalanced([40, 12, 20])
    sampler = ROSE(random_state=0, shrinkage={1: 0, 2: 0.5})
    X_new, y_new = sampler.fit_resample(X, y)
    moved = (X_new != X[sampler.sample_indices_]).any(axis=1)
    assert not moved[y_new == 1].any()
    assert moved[60 + 12 :][y_new[60 + 12 :] == 2].all()
    assert sampler.shrinkage_ == {1: 0, 2: 0.5}


def test_shrinkage_is_a_number_or_numbers_of_all_classes():
    X, y = unbalanced([40, 12, 20])
    with pytest.raises(ValueError, match="'shrinkage' parameter"):
        ROSE(shrinkage=None).fit_resample(X, y)
    with pytest.raises(ValueError, match=r"missing classes are.*2"):
        ROSE(shrinkage={1: 0.5}).fit_resample(X, y)


def test_everything_is_drawn_anew():
    X, y = unbalanced([40, 12, 20])
    sampler = ROSE(random_state=0, keep_originals=False)
    X_new, y_new = sampler.fit_resample(X, y, sample_weight=np.arange(72.0))
    assert np.bincount(y_new).tolist() == [40, 40, 40]
    assert sampler.sampling_strategy_ == {0: 40, 1: 40, 2: 40}
    assert set(sampler.shrinkage_) == {0, 1, 2}
    assert (sampler.sample_origin_ == -1).all()
    assert not (X_new[:, None] == X[None]).all(axis=2).any()
    np.testing.assert_array_equal(y_new, y[sampler.sample_indices_])
    np.testing.assert_array_equal(sampler.sample_weight_, sampler.sample_indices_)


def test_everything_anew_still_takes_a_strategy():
    X, y = unbalanced([40, 12, 20])
    sampler = ROSE(random_state=0, keep_originals=False, sampling_strategy={1: 30})
    _, y_new = sampler.fit_resample(X, y)
    assert np.bincount(y_new).tolist() == [40, 30, 20]


def test_everything_anew_in_any_container(container):
    X, y = unbalanced([40, 12])
    new, y_new = ROSE(random_state=0, keep_originals=False).fit_resample(container.make(X), y)
    assert type(new) is container.comes_back_as
    assert len(y_new) == 80


def test_nominal_and_missing_values_are_those_of_the_seed():
    rng = np.random.RandomState(0)
    frame = pd.DataFrame(
        {"n": rng.normal(size=50), "w": pd.Categorical(rng.choice(list("ab"), 50))}
    )
    frame.loc[rng.uniform(size=50) < 0.3, "n"] = np.nan
    y = np.repeat([0, 1], [35, 15])
    sampler = ROSE(random_state=0, keep_originals=False)
    new, _ = sampler.fit_resample(frame, y)
    seeds = frame.iloc[sampler.sample_indices_].reset_index(drop=True)
    pd.testing.assert_series_equal(new["w"], seeds["w"])
    np.testing.assert_array_equal(new["n"].isna(), seeds["n"].isna())
