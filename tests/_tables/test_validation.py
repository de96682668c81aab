"""Tables are checked as scikit-learn checks them; dataframes stay what they are."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from imbalance_kit._tables.validation import check_table, require_target


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame])
def test_a_frame_comes_back_as_it_is(make):
    frame = make({"size": [1.0, np.nan], "colour": ["red", None]})
    estimator = BaseEstimator()
    assert check_table(estimator, frame, reset=True) is frame
    assert estimator.feature_names_in_.tolist() == ["size", "colour"]
    assert check_table(estimator, frame, reset=False) is frame
    with pytest.raises(ValueError, match="feature names should match"):
        check_table(estimator, frame[["colour", "size"]], reset=False)


def test_anything_else_becomes_an_array():
    estimator = BaseEstimator()
    checked = check_table(estimator, [[1.0, np.nan], [2.0, 3.0]], reset=True)
    np.testing.assert_array_equal(checked, [[1.0, np.nan], [2.0, 3.0]])
    assert estimator.n_features_in_ == 2
    with pytest.raises(ValueError, match="expecting 2 features"):
        check_table(estimator, [[1.0]], reset=False)
    with pytest.raises(ValueError, match="contains NaN"):
        check_table(estimator, [[np.nan]], reset=True, finite=True)
    matrix = sparse.csc_array([[0.0, 1.0]])
    with pytest.raises(TypeError, match="Sparse data was passed"):
        check_table(estimator, matrix, reset=True, accept_sparse=False)
    assert check_table(estimator, matrix, reset=True).format == "csr"


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_plain_matrix_is_checked_without_scikit_learn(dtype, monkeypatch):
    numbers = np.array([[1.0, -2.0], [np.finfo(dtype).max, np.finfo(dtype).max]], dtype=dtype)
    calls = []

    def validate(estimator, X, **how):
        calls.append(how.get("ensure_all_finite"))
        return validate_data(estimator, X=X, **how)

    monkeypatch.setattr("imbalance_kit._tables.validation.validate_data", validate)
    estimator = BaseEstimator()
    check_table(estimator, pd.DataFrame({"a": [1.0]}), reset=True)
    calls.clear()
    plain = numbers[:1]
    assert check_table(estimator, plain, reset=True) is plain
    assert estimator.n_features_in_ == 2
    assert not hasattr(estimator, "feature_names_in_")
    assert not calls
    # The sum of the largest numbers overflows, which says nothing about them.
    assert check_table(estimator, numbers, reset=True, finite=True) is numbers
    assert calls == [True]
    for bad in (np.inf, -np.inf, np.nan):
        broken = np.array([[1.0, bad]], dtype=dtype)
        assert check_table(estimator, broken, reset=True, finite=False) is broken
        with pytest.raises(ValueError, match=r"infinity|NaN"):
            check_table(estimator, broken, reset=True, finite=True)
    for shape in ((0, 2), (2, 0)):
        with pytest.raises(ValueError, match=r"0 (sample|feature)"):
            check_table(estimator, np.empty(shape, dtype), reset=True, finite=False)


def test_the_owner_of_a_missing_target_is_named():
    require_target(BaseEstimator(), [0, 1])
    with pytest.raises(ValueError, match="BaseEstimator requires y to be passed"):
        require_target(BaseEstimator(), None)
