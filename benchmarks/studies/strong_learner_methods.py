"""Rivals of mixed trees at their defaults, in one thread, nominal columns as their docs advise."""

from collections.abc import Callable
from typing import Any

import numpy as np
from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from sklearn.compose import make_column_transformer
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import TargetEncoder
from xgboost import XGBClassifier

from imbalance_kit.ensemble import MixedTreesClassifier, ResamplingBaggingClassifier

MIXED = "mixed trees"
ORACLE = "true probabilities"


def nominal_columns(X: Any) -> list[str]:
    return [] if isinstance(X, np.ndarray) else [name for name in X if X[name].dtype == "category"]


class Codes:
    """A classifier on ordinal codes of nominal columns: scikit-learn's trees know no levels."""

    def __init__(self, classifier: Any) -> None:
        self.classifier = classifier

    @staticmethod
    def numbers(X: Any) -> np.ndarray:
        if isinstance(X, np.ndarray):
            return X.astype(np.float32)
        columns = [X[name].cat.codes if X[name].dtype == "category" else X[name] for name in X]
        return np.column_stack([np.asarray(column, dtype=np.float32) for column in columns])

    def fit(self, X: Any, y: np.ndarray) -> "Codes":
        self.classifier.fit(self.numbers(X), y)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        return self.classifier.predict_proba(self.numbers(X))


class CatBoost:
    """CatBoost with `cat_features`; it takes levels as text and no missing ones."""

    def __init__(self, seed: int, **parameters: Any) -> None:
        self.classifier = CatBoostClassifier(
            random_seed=seed,
            thread_count=1,
            verbose=False,
            allow_writing_files=False,
            **parameters,
        )

    @staticmethod
    def text(X: Any) -> Any:
        nominal = nominal_columns(X)
        if not nominal:
            return X
        return X.assign(
            **{
                name: X[name].astype(object).where(X[name].notna(), "missing").astype(str)
                for name in nominal
            }
        )

    def fit(self, X: Any, y: np.ndarray, **given: Any) -> "CatBoost":
        nominal = nominal_columns(X)
        self.classifier.fit(self.text(X), y, cat_features=nominal or None, **given)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        return self.classifier.predict_proba(self.text(X))


class HistBoosting:
    """HistGradientBoosting; levels beyond its limit of 255 by scikit-learn's target encoder."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def fit(self, X: Any, y: np.ndarray) -> "HistBoosting":
        booster = HistGradientBoostingClassifier(random_state=self.seed)
        many = [name for name in nominal_columns(X) if len(X[name].cat.categories) > 255]
        self.classifier: Any = booster
        if many:
            encoder = make_column_transformer(
                (TargetEncoder(random_state=self.seed), many),
                remainder="passthrough",
                verbose_feature_names_out=False,
            ).set_output(transform="pandas")
            self.classifier = make_pipeline(encoder, booster)
        self.classifier.fit(X, y)
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        return self.classifier.predict_proba(X)


def _lightgbm(seed: int, **parameters: Any) -> LGBMClassifier:
    return LGBMClassifier(n_jobs=1, verbose=-1, random_state=seed, **parameters)


Build = Callable[[int], Any]

RIVALS: dict[str, Build] = {
    "CatBoost": CatBoost,
    "LightGBM": _lightgbm,
    "XGBoost": lambda seed: XGBClassifier(n_jobs=1, enable_categorical=True, random_state=seed),
    "HistGradientBoosting": HistBoosting,
}

# The baselines: LightGBM untouched is among the rivals; with a tuned threshold it has the same
# probabilities, so the same scores; the third is the one with class weights.
OTHERS: dict[str, Build] = {
    "LightGBM, class weights": lambda seed: _lightgbm(seed, class_weight="balanced"),
    "300 extra trees": lambda seed: Codes(ExtraTreesClassifier(300, random_state=seed)),
    "bag of 10 LightGBMs": lambda seed: ResamplingBaggingClassifier(
        _lightgbm(seed), n_estimators=10, random_state=seed
    ),
}


def takes_part(name: str, n_train: int) -> bool:
    """On large tables a cell takes minutes: there only what the goal compares with."""
    if n_train >= 500_000:
        return name in ("LightGBM", "CatBoost", MIXED)
    return n_train < 100_000 or name not in OTHERS


OURS: dict[str, Build] = {MIXED: lambda seed: MixedTreesClassifier(random_state=seed)}


def _part(**parameters: Any) -> Build:
    return lambda seed: MixedTreesClassifier(random_state=seed, **parameters)


# What each part is worth: all but one of them, and fewer folds.
PARTS: dict[str, Build] = {
    "without extra trees": _part(n_extra_trees=0),
    "without the linear model": _part(linear_model=False),
    "two boosters": _part(n_boosters=2),
    "one booster alone": _part(n_boosters=1, n_extra_trees=0, linear_model=False),
    "3 folds": _part(n_folds=3),
}

METHODS = RIVALS | OTHERS | OURS
