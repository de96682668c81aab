"""Any table as the frame that the benchmark's pipelines take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from imbalance_kit._tables.levels import LevelCodes

if TYPE_CHECKING:
    import pandas as pd

_MOST_VALUES = 50_000_000  # of a sparse table that is made dense


class AdvisedTable(TransformerMixin, BaseEstimator):
    """Turns a table in any container into a pandas frame of numbers and categories.

    Columns of text, categories and truth values become categories, whose levels are those of the
    rows it was fitted on: one that comes later is missing. Points in time become seconds. Names are
    neutral, because some learners refuse characters that names of columns have.

    Parameters
    ----------
    categorical_features : "auto", None or array-like, default="auto"
        Nominal columns: by dtype, none, or positions, names or a mask.
    """

    def __init__(self, *, categorical_features: Any = "auto") -> None:
        self.categorical_features = categorical_features

    def fit(self, X: Any, y: Any = None) -> AdvisedTable:
        """Learn the columns and their levels."""
        validate_data(self, X, skip_check_array=True)
        self.levels_ = LevelCodes(X, self.categorical_features)
        return self

    def transform(self, X: Any) -> pd.DataFrame:
        """Return the frame."""
        import pandas as pd

        check_is_fitted(self)
        validate_data(self, X, skip_check_array=True, reset=False)
        values = self.levels_.read(X)
        if sparse.issparse(values):
            n_values = values.shape[0] * values.shape[1]
            if n_values > _MOST_VALUES:
                raise ValueError(
                    f"X is sparse and has {n_values:,} values; up to {_MOST_VALUES:,} are made "
                    "dense here. Use the sampler or ensemble itself, which keeps sparse tables "
                    "sparse."
                )
            values = values.toarray()
        n_numbers = values.shape[1] - self.levels_.n_nominal
        columns: dict[str, Any] = {}
        for place, column in enumerate(values.T):
            if place < n_numbers:
                columns[f"x{place}"] = np.asarray(column, dtype=np.float64)
                continue
            n_levels = len(self.levels_._known[place - n_numbers])
            codes = np.where(np.isnan(column), -1, column).astype(np.int32)
            levels = pd.Index([f"level {code}" for code in range(n_levels)])
            columns[f"x{place}"] = pd.Categorical.from_codes(codes, categories=levels)
        return pd.DataFrame(columns, index=range(values.shape[0]))
