"""Tables as an ensemble takes them: checked in memory, or read in parts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from imbalance_kit._tables.labels import read_single_labels
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit._tables.rows import is_frame
from imbalance_kit._tables.validation import check_table, require_target
from imbalance_kit.ensemble._larger_than_memory.opening import (
    column_or_values,
    is_stored,
    kind_of_stored,
    open_stored,
)
from imbalance_kit.ensemble._larger_than_memory.stored_table import StoredTable
from imbalance_kit.ensemble._learners.categories import levels_of, with_levels


@dataclass(frozen=True)
class FeatureColumns:
    """How the learners know the columns of a table that ``fit`` read in parts.

    Attributes
    ----------
    left_out : tuple of str
        Columns that were labels or weights, so that ``predict`` may be given the same file.

    as_array : bool
        Whether they saw an array, although the columns have names.

    levels : mapping of CategoricalDtype
        Levels of the columns that they saw as categories, by name.
    """

    left_out: tuple[str, ...] = ()
    as_array: bool = False
    levels: Mapping[str, Any] = field(default_factory=dict)


class TableReader(BaseEstimator):
    """An estimator that takes tables of any kind, and some of them without reading them whole."""

    _reads_stored = False  # whether X may be a file or a dask collection
    _feature_columns: FeatureColumns  # fitted

    def _leaves_partitions(self) -> bool:
        """Whether the rounds leave the rows of a dask collection where they are."""
        return False

    def _takes_categories(self) -> bool:
        """Whether learners read columns of the category dtype of pandas as categories."""
        return False

    def _open_for_training(self, X: Any, y: Any, weight: Any) -> tuple[Any, np.ndarray, Any]:
        """The table, checked, labels and weights; names of columns become their values."""
        self._feature_columns = FeatureColumns()
        if is_stored(X) and (self._reads_stored or not isinstance(X, np.memmap)):
            names = tuple(given for given in (y, weight) if isinstance(given, str))
            self._feature_columns = FeatureColumns(left_out=names)
            X = self._open_table(X)
            y, weight = column_or_values(X, y), column_or_values(X, weight)
            self._feature_columns = replace(
                self._feature_columns, as_array=X.numbers, levels=X.levels()
            )
        require_target(self, y)
        warn_of_other_order(X, y=y, sample_weight=weight, stacklevel=6)
        X = self._check_table(X, reset=True)
        if self._takes_categories() and not isinstance(X, StoredTable):
            self._feature_columns = replace(self._feature_columns, levels=levels_of(X))
            X = with_levels(X, self._feature_columns.levels)
        y = read_single_labels(y)
        check_consistent_length(X, y)
        return X, y, weight

    def _open_for_prediction(self, X: Any) -> Any:
        """The table, checked, with its columns as the learners know them."""
        check_is_fitted(self)
        X = self._check_table(self._open_table(X), reset=False)
        if self._feature_columns.as_array and hasattr(self, "feature_names_in_") and is_frame(X):
            columns = nw.from_native(X, eager_only=True).iter_columns()
            X = np.column_stack([np.asarray(column.to_numpy(), dtype=float) for column in columns])
        return with_levels(X, self._feature_columns.levels)

    def _open_table(self, X: Any) -> Any:
        """A reader of a stored table; a table in memory as it is."""
        if not is_stored(X):
            return X
        if self._reads_stored or isinstance(X, StoredTable):
            left_out = self._feature_columns.left_out
            return open_stored(X, left_out, stays=self._leaves_partitions())
        if isinstance(X, np.memmap):
            return X  # as good as any array
        raise ValueError(
            f"{type(self).__name__} needs a table in memory; X is {kind_of_stored(X)}. Those that "
            "read Parquet files and dask collections in parts are BalanceCascadeClassifier, "
            "SelfPacedEnsembleClassifier and UnderBaggingClassifier."
        )

    def _check_table(self, X: Any, *, reset: bool) -> Any:
        """Dataframes stay what they are (the base may be a pipeline that needs the columns)."""
        if isinstance(X, StoredTable):
            validate_data(self, X=X.head(), reset=reset, skip_check_array=True)
            return X
        X = check_table(self, X, reset=reset, finite=False)
        if isinstance(X, np.ndarray) and X.dtype == object:
            _refuse_collections(X)
        return X


def _refuse_collections(X: np.ndarray) -> None:
    """Refuse elements that are no scalars; a learner sees them only if it draws their row."""
    one_of_each = {type(element): element for element in X.ravel()}
    for kind, element in one_of_each.items():
        if isinstance(element, dict | list | tuple | set | frozenset | np.ndarray):
            raise TypeError(
                "Elements of X: argument must be a string or a real number, not "
                f"{kind.__name__!r}. Give one column for each value."
            )
