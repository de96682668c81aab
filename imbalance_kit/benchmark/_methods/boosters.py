"""XGBoost and CatBoost as the benchmark's tables need them.

Both refuse what a fold or a draw may hold: XGBoost levels it was not trained on, CatBoost missing
values in nominal columns, both a class without rows or constant columns. What is added here is
bookkeeping alone; the trees are theirs.
"""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, MetaEstimatorMixin, clone
from sklearn.utils.class_weight import compute_sample_weight

_NONE = "missing"  # CatBoost's level for rows without one; its own marks are never this long
_LEVEL = "level "  # what its other levels begin with


class BoosterClassifier(ClassifierMixin, MetaEstimatorMixin, BaseEstimator):
    """A boosted classifier that takes any labels, any levels, and rows that are all alike."""

    def __init__(self, estimator: Any, *, class_weight: str | None = None):
        self.estimator = estimator
        self.class_weight = class_weight

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> "BoosterClassifier":
        """Fit the booster, or remember the class shares where there is nothing to learn from."""
        self.classes_, y_encoded = np.unique(y, return_inverse=True)
        weight = np.ones(len(y_encoded)) if sample_weight is None else np.asarray(sample_weight)
        if self.class_weight is not None:
            weight = weight * compute_sample_weight(self.class_weight, y_encoded)
        frame = pd.DataFrame(X)
        nominal = frame.select_dtypes("category")
        self.levels_ = {name: column.cat.categories for name, column in nominal.items()}
        self.shares_ = np.bincount(y_encoded, weights=weight) / weight.sum()
        told_apart = any(frame[name].nunique(dropna=False) > 1 for name in frame)
        self.estimator_ = None
        if len(self.classes_) > 1 and told_apart:
            given = None if sample_weight is None and self.class_weight is None else weight
            self.estimator_ = self._fit(clone(self.estimator), self._read(frame), y_encoded, given)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each class."""
        if self.estimator_ is None:
            return np.tile(self.shares_, (len(X), 1))
        proba = self.estimator_.predict_proba(self._read(pd.DataFrame(X)))
        # they compute in single precision; the sum is to be 1 in double
        proba = np.asarray(proba, dtype=np.float64)
        return proba / proba.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """Most probable class."""
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags

    def _fit(self, booster: Any, frame: pd.DataFrame, y_encoded: np.ndarray, weight: Any) -> Any:
        raise NotImplementedError

    def _read(self, frame: pd.DataFrame) -> pd.DataFrame:
        raise NotImplementedError


class XGBoostClassifier(BoosterClassifier):
    """XGBoost on frames with nominal columns; a level it was not trained on counts as missing."""

    def _fit(self, booster: Any, frame: pd.DataFrame, y_encoded: np.ndarray, weight: Any) -> Any:
        return booster.fit(frame, y_encoded, sample_weight=weight)

    def _read(self, frame: pd.DataFrame) -> pd.DataFrame:
        read = frame.copy(deep=False)
        for name, levels in self.levels_.items():
            read[name] = frame[name].cat.set_categories(levels)
        return read


class CatBoostClassifier(BoosterClassifier):
    """CatBoost on frames with nominal columns; a missing value is a level of its own."""

    def _fit(self, booster: Any, frame: pd.DataFrame, y_encoded: np.ndarray, weight: Any) -> Any:
        nominal = list(self.levels_)
        return booster.fit(frame, y_encoded, cat_features=nominal, sample_weight=weight)

    def _read(self, frame: pd.DataFrame) -> pd.DataFrame:
        read = frame.copy(deep=False)
        for name in self.levels_:
            read[name] = _as_text(frame[name])
        return read


def _as_text(column: pd.Series) -> np.ndarray:
    """Levels as text, which CatBoost takes for levels whatever they were."""
    texts = np.array(
        [*(f"{_LEVEL}{level}" for level in column.cat.categories), _NONE], dtype=object
    )
    return texts[column.cat.codes.to_numpy()]  # the code of a missing value is -1
