"""Tables are checked as scikit-learn checks them; dataframes stay what they are."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator

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


def test_the_owner_of_a_missing_target_is_named():
    require_target(BaseEstimator(), [0, 1])
    with pytest.raises(ValueError, match="BaseEstimator requires y to be passed"):
        require_target(BaseEstimator(), None)
