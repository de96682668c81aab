"""SMOTE: neighbours, gaps, small classes, nominal columns."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.neighbors import NearestNeighbors
from tables import unbalanced

from imbalance_kit.over_sampling import SMOTE


def gaps_and_partners(sampler, X, y):
    """Share of the way of each new row, on a line where the rows are 0, 1, 2, ..."""
    X_new, y_new = sampler.fit_resample(X, y)
    new = slice(len(y), len(y_new))
    return X_new[new, 0] - X[sampler.sample_indices_[new], 0]


def line(n_rare, n_frequent):
    """Rare rows at the corners 0, 1000, 2000, ... of a line, so that offsets tell the partner."""
    X = np.concatenate([np.arange(n_rare) * 1000.0, np.full(n_frequent, -1.0)])[:, None]
    return X, np.repeat([1, 0], [n_rare, n_frequent])


def test_gaps_are_uniform():
    """Kolmogorov-Smirnov test of 4000 gaps; false alarm 1e-7, the threshold."""
    X, y = line(2, 4002)
    gaps = np.abs(gaps_and_partners(SMOTE(random_state=0, k_neighbors=1), X, y)) / 1000
    assert stats.kstest(gaps, "uniform").pvalue > 1e-7


def test_seeds_and_partners_are_uniform():
    """Chi-squared tests of 6000 draws over 6 seeds and over 2 sides; threshold 1e-7 each."""
    X, y = line(6, 6006)
    sampler = SMOTE(random_state=0, k_neighbors=2)
    offsets = gaps_and_partners(sampler, X, y)
    seeds = sampler.sample_indices_[len(y) :]
    assert stats.chisquare(np.bincount(seeds, minlength=6)).pvalue > 1e-7
    middle = offsets[(seeds > 0) & (seeds < 5)]  # one neighbour on each side
    assert stats.chisquare([(middle > 0).sum(), (middle < 0).sum()]).pvalue > 1e-7


@pytest.mark.parametrize("k_neighbors", [1, 2, 3])
def test_no_row_goes_further_than_its_k_th_neighbour(k_neighbors):
    X, y = line(12, 500)
    reach = np.abs(gaps_and_partners(SMOTE(random_state=0, k_neighbors=k_neighbors), X, y)).max()
    # at the ends of the line all k neighbours are on one side
    assert 1000 * (k_neighbors - 1) < reach <= 1000 * k_neighbors


def test_neighbours_are_of_the_same_class():
    """Rows of another class between two rare rows do not count as neighbours."""
    X, y = line(5, 200)
    X[y == 0] = np.linspace(-500, 4500, 200)[:, None]
    X_new, y_new = SMOTE(random_state=0, k_neighbors=1).fit_resample(X, y)
    sides = np.abs(X_new[len(y) :, 0][:, None] - X[y == 1].T).min(axis=1)
    assert sides.max() <= 500
    assert (y_new[len(y) :] == 1).all()


@pytest.mark.parametrize("sizes", [[20, 3], [20, 5], [20, 2]])
def test_small_classes_shrink_with_one_warning(sizes):
    X, y = unbalanced(sizes)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        _, y_new = SMOTE(random_state=0).fit_resample(X, y)
    assert len(caught) == 1
    message = str(caught[0].message)
    assert f"Class 1 has {sizes[1]} rows" in message
    assert "k_neighbors=5" in message
    assert np.bincount(y_new).tolist() == [20, 20]


def test_small_classes_use_all_the_neighbours_there_are():
    X, y = unbalanced([20, 4])
    with pytest.warns(UserWarning, match="each uses the 3 neighbours"):
        shrunk = SMOTE(random_state=0).fit_resample(X, y)[0]
    asked = SMOTE(random_state=0, k_neighbors=3).fit_resample(X, y)[0]
    np.testing.assert_array_equal(shrunk, asked)


def test_small_classes_raise():
    X, y = unbalanced([20, 5])
    message = r"Class 1 has 5 samples; k_neighbors=5 needs at least 6\. Lower k_neighbors.*Random"
    with pytest.raises(ValueError, match=message):
        SMOTE(small_class="raise").fit_resample(X, y)
    X, y = unbalanced([20, 6])
    SMOTE(small_class="raise").fit_resample(X, y)


def test_small_classes_are_copied():
    X, y = unbalanced([20, 5])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        X_new, _ = SMOTE(small_class="copy", random_state=0).fit_resample(X, y)
    assert (X_new[25:, None] == X[y == 1]).all(axis=2).any(axis=1).all()


def test_the_warning_names_string_classes():
    X, y = unbalanced([20, 3])
    with pytest.warns(UserWarning, match="Class 'rare' has 3 rows"):
        SMOTE(random_state=0).fit_resample(X, np.array(["common", "rare"])[y])


def test_a_foreign_search():
    """The row itself is taken out wherever it stands in the answer, also among copies."""
    X, y = unbalanced([40, 12])
    X[y == 1] = np.repeat(X[y == 1][:3], 4, axis=0)
    search = NearestNeighbors(n_neighbors=4)
    sampler = SMOTE(random_state=0, k_neighbors=search)
    X_new, _ = sampler.fit_resample(X, y)
    new = X_new[len(y) :]
    assert (new[:, None] == X[y == 1]).all(axis=2).any(axis=1).all(), "three copies of each"
    assert not hasattr(search, "n_samples_fit_"), "the search given is cloned"


class WithoutItself(NearestNeighbors):
    """A search that leaves the row itself out, as approximate ones may."""

    def kneighbors(self, X=None, n_neighbors=None, return_distance=True):
        return super().kneighbors(None, n_neighbors, return_distance)


def test_a_foreign_search_that_does_not_find_the_row_itself():
    """It was asked for one neighbour more, so the farthest goes, not the nearest."""
    X, y = line(12, 500)
    sampler = SMOTE(random_state=0, k_neighbors=WithoutItself(n_neighbors=2))
    assert np.abs(gaps_and_partners(sampler, X, y)).max() <= 1000


def test_a_foreign_search_sees_nominal_columns_as_numbers():
    """One-hot columns of the right height have the distances of the mixed metric."""
    X, y = unbalanced([60, 20])
    words = np.random.RandomState(0).choice(list("xyz"), size=80)
    frame = pd.DataFrame(X).rename(columns=str).assign(word=pd.Categorical(words))
    exact = SMOTE(random_state=0, k_neighbors=3)
    foreign = SMOTE(random_state=0, k_neighbors=NearestNeighbors(n_neighbors=4))
    pd.testing.assert_frame_equal(
        foreign.fit_resample(frame, y)[0], exact.fit_resample(frame, y)[0]
    )


def test_only_nominal_columns():
    """Every new row takes values that win among the neighbours by number of mismatches."""
    rng = np.random.RandomState(0)
    y = np.repeat([0, 1], [30, 10])
    frame = pd.DataFrame({c: pd.Categorical(rng.choice(list("pqr"), 40)) for c in "abc"})
    new, y_new = SMOTE(random_state=0, k_neighbors=3).fit_resample(frame, y)
    assert np.bincount(y_new).tolist() == [30, 30]
    assert new.dtypes.tolist() == frame.dtypes.tolist()


def test_a_mask_makes_integer_codes_nominal():
    """New values of a nominal column are values it has; between numbers there would be others."""
    X, y = unbalanced([60, 20])
    X[:, 0] = np.random.RandomState(0).choice([0, 0.5], size=80)
    mask = [True, False, False, False]
    nominal, _ = SMOTE(random_state=0, categorical_features=mask).fit_resample(X, y)
    numeric, _ = SMOTE(random_state=0).fit_resample(X, y)
    assert set(nominal[:, 0]) == {0, 0.5}
    assert len(set(numeric[:, 0])) > 2


def test_missing_levels_are_levels():
    """A nominal value is missing in a new row where missing wins the vote."""
    y = np.repeat([0, 1], [30, 10])
    frame = pd.DataFrame({"n": np.arange(40.0), "w": ["x"] * 30 + [None] * 10}, dtype=object)
    frame["n"] = frame["n"].astype(float)
    new, _ = SMOTE(random_state=0).fit_resample(frame, y)
    assert new["w"].isna().sum() == 30


def test_columns_named_numeric_on_purpose():
    frame = pd.DataFrame({"a": [True, False] * 20, "b": np.arange(40.0)})
    y = np.repeat([0, 1], [30, 10])
    with pytest.raises(ValueError, match=r"'w'.*numbers"):
        SMOTE(categorical_features=None).fit_resample(frame.assign(w="x"), y)
