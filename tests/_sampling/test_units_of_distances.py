"""What must not change which rows come out: columns that tell no rows apart, and units."""

import numpy as np
import pandas as pd
import pytest
from estimators import SAMPLERS
from loops import looped
from scipy import sparse
from sklearn.base import clone
from tables import as_numbers, unbalanced

from imbalance_kit.over_sampling import (
    CCR,
    MWMOTE,
    ROSE,
    SMOTE,
    GeometricSMOTE,
    RandomOverSampler,
)
from imbalance_kit.under_sampling import (
    BalanceCascadeUnderSampler,
    ClusterCentroids,
    EditedNearestNeighbours,
    InstanceHardnessThreshold,
    SelfPacedUnderSampler,
)

# Their rows are chosen by an estimator of the user's, here a tree, which counts in float32.
BY_TREES = (BalanceCascadeUnderSampler, InstanceHardnessThreshold, SelfPacedUnderSampler)
ANY_UNITS = [case for case in SAMPLERS if not isinstance(case.estimator, BY_TREES)]


def ids(case):
    return repr(case.estimator)


def rows_and_values(sampler, X, y):
    sampler = clone(sampler)
    X_new, y_new = sampler.fit_resample(X, y)
    return sampler.sample_indices_, X_new, y_new


def in_units(sampler, power):
    """The sampler with its parameters that are a length, or one over a length, in other units."""
    sampler = clone(sampler)
    if isinstance(sampler, CCR):
        sampler.set_params(energy=float(np.ldexp(sampler.energy, power)))
    if isinstance(sampler, MWMOTE):
        sampler.set_params(cf_th=float(np.ldexp(sampler.cf_th, -power)))
    return sampler


@pytest.mark.filterwarnings("ignore")
@looped("case", ANY_UNITS, ids=ids)
def test_a_category_of_one_level_changes_nothing(case):
    X, y = unbalanced([40, 12])
    plain = pd.DataFrame(X, columns=list("abcd"))
    beside = plain.assign(e=pd.Categorical(["x"] * len(y)))
    rows, X_new, y_new = rows_and_values(case.estimator, plain, y)
    rows_beside, X_beside, y_beside = rows_and_values(case.estimator, beside, y)
    np.testing.assert_array_equal(rows, rows_beside)
    np.testing.assert_array_equal(y_new, y_beside)
    numbers = X_beside[list("abcd")]
    np.testing.assert_allclose(X_new.to_numpy(float), numbers.to_numpy(float), rtol=1e-12)


def check_units(case, power, offset=0.0, make=np.asarray):
    X, y = unbalanced([40, 12])
    X = np.round(np.ldexp(X, 20))  # so that an offset changes no digit
    rows, X_new, _ = rows_and_values(case.estimator, X, y)
    moved = np.ldexp(X + offset, power)
    found, X_found, _ = rows_and_values(in_units(case.estimator, power), make(moved), y)
    np.testing.assert_array_equal(rows, found)
    back = np.ldexp(as_numbers(X_found), -power) - offset
    np.testing.assert_allclose(back, X_new, rtol=1e-6, atol=1e-6 * np.abs(X).max())


@pytest.mark.filterwarnings("ignore")
@looped("case", ANY_UNITS, ids=ids)
def test_a_power_of_two_changes_nothing(case):
    """Squares of these numbers overflow."""
    check_units(case, 560)


@pytest.mark.exhaustive
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("power", "offset", "make"),
    [
        (-620, 0.0, np.asarray),
        (980, 0.0, np.asarray),
        (0, 2.0**47, np.asarray),
        (-620, 2.0**47, np.asarray),
        (560, 0.0, sparse.csr_array),
        (0, 2.0**47, sparse.csr_array),
    ],
)
@looped("case", ANY_UNITS, ids=ids)
def test_units_and_offsets_change_nothing(case, power, offset, make):
    check_units(case, power, offset, make)


def test_columns_in_very_different_units():
    """Only the wide column counts in a distance, and the narrow one keeps its digits."""
    X, y = unbalanced([40, 12], n_columns=2)
    wide_and_narrow = X * [1e160, 1e-170]
    for sampler in (SMOTE(random_state=0), GeometricSMOTE(random_state=0), ROSE(random_state=0)):
        X_new, _ = clone(sampler).fit_resample(wide_and_narrow, y)
        expected, _ = clone(sampler).fit_resample(X * [1.0, 1e-12], y)
        np.testing.assert_allclose(X_new[:, 0] / 1e160, expected[:, 0], rtol=1e-9)
    X_new, _ = SMOTE(random_state=0).fit_resample(wide_and_narrow, y)
    np.testing.assert_allclose(X_new[:, 1] * 1e170, expected_narrow(X, y), rtol=1e-9)
    kept = EditedNearestNeighbours().fit(wide_and_narrow, y)
    kept.fit_resample(wide_and_narrow, y)
    alone = EditedNearestNeighbours()
    alone.fit_resample(X[:, :1], y)
    np.testing.assert_array_equal(kept.sample_indices_, alone.sample_indices_)


def expected_narrow(X, y):
    X_new, _ = SMOTE(random_state=0).fit_resample(X * [1.0, 1e-12], y)
    return X_new[:, 1] * 1e12


@looped("dtype", [np.float32, np.float64])
def test_synthetic_numbers_stay_in_the_range_of_their_type(dtype):
    """Between two rows there is always a number, however far they are from each other."""
    largest = np.finfo(dtype).max
    X = np.array([[-largest], [largest], [largest / 2], [0.0], [1.0], [2.0], [3.0]], dtype=dtype)
    y = np.array([1, 1, 1, 0, 0, 0, 0])
    for table in (X, sparse.csr_array(X)):
        made, _ = SMOTE(k_neighbors=2, random_state=0, sampling_strategy={1: 20}).fit_resample(
            table, y
        )
        assert np.isfinite(as_numbers(made)).all()
    with pytest.raises(ValueError, match=f"leave the range of {np.dtype(dtype)}.*Divide"):
        ROSE(random_state=0, sampling_strategy={1: 50}).fit_resample(X, y)
    soft = ClusterCentroids(sampling_strategy={0: 1}, random_state=0)
    centres, _ = soft.fit_resample(np.where(X == 0.0, largest, X), y)
    assert np.isfinite(centres).all()


@looped("make", [np.asarray, sparse.csr_array, pd.DataFrame])
def test_spreads_of_float32_are_summed_in_float64(make):
    """In float32 a spread of 1 around 10,000 comes out as 11, for 200,000 rows."""
    rng = np.random.RandomState(0)
    X = rng.normal(10_000.0, 1.0, size=(200_000, 1)).astype(np.float32)
    y = np.arange(len(X)) % 2
    for sampler in (ROSE(random_state=0), RandomOverSampler(shrinkage=1.0, random_state=0)):
        sampler.set_params(sampling_strategy={1: 110_000})
        made = as_numbers(sampler.fit_resample(make(X), y)[0])[len(X) :]
        # kernels widen a spread of 1 by the square of their width, which is near 0.1 here; the
        # standard error is 0.007, so a false alarm has a chance below 1e-10
        assert 0.95 < made.std() < 1.06


@pytest.mark.filterwarnings("ignore")
@looped("case", ANY_UNITS, ids=ids)
def test_float32_gives_the_rows_of_float64(case):
    X, y = unbalanced([40, 12])
    X = np.round(X * 64.0) / 64.0 + 10_000.0  # float32 holds it
    rows, X_new, _ = rows_and_values(case.estimator, X, y)
    found, X_found, _ = rows_and_values(case.estimator, X.astype(np.float32), y)
    np.testing.assert_array_equal(rows, found)
    np.testing.assert_allclose(as_numbers(X_found), X_new, atol=0.01)
