"""LightGBM and CatBoost with 30 trials of random search, inside the training rows.

The first trial has the defaults of leaves and penalties at the rate .1. A trial is fitted on three
quarters of the training rows, stopped early on the last quarter, and judged by the log loss there;
up to 500 rows on each of three folds in turn. The best one is fitted again on all training rows,
with the number of rounds found (the mean of the folds).
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier, early_stopping
from scipy.stats import loguniform, randint, uniform
from sklearn.metrics import log_loss
from sklearn.model_selection import ParameterSampler, StratifiedKFold, train_test_split
from strong_learner_methods import CatBoost
from strong_learner_scores import LOWEST
from strong_learner_tables import rows_of

TRIALS = 30
ROUNDS, PATIENCE = 500, 30

LIGHTGBM_RANGES = {
    "learning_rate": loguniform(0.02, 0.3),
    "num_leaves": randint(4, 64),
    "min_child_samples": randint(2, 50),
    "colsample_bytree": uniform(0.4, 0.6),
    "subsample": uniform(0.5, 0.5),
    "subsample_freq": [1],
    "reg_lambda": loguniform(1e-3, 30),
    "cat_smooth": loguniform(1, 30),
    "min_data_per_group": randint(5, 100),
}
CATBOOST_RANGES = {
    "learning_rate": loguniform(0.03, 0.3),
    "depth": randint(3, 8),
    "l2_leaf_reg": loguniform(0.5, 30),
    "random_strength": uniform(0, 3),
    "bagging_temperature": uniform(0, 1),
    "one_hot_max_size": [2, 10, 25],
}


class Searched:
    """The best of `TRIALS` settings by log loss inside the training rows, fitted on all."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    ranges: dict[str, Any]

    def built(self, rounds: int, parameters: dict[str, Any]) -> Any:
        raise NotImplementedError

    def stopped_early(self, parameters: dict[str, Any], parts: tuple) -> tuple[Any, int]:
        """Fitted model and its number of rounds; `parts` are X, y to train and X, y to stop."""
        raise NotImplementedError

    def fit(self, X: Any, y: np.ndarray) -> "Searched":
        drawn = ParameterSampler(self.ranges, TRIALS - 1, random_state=self.seed)
        labels = np.arange(y.max() + 1)
        best = np.inf
        for parameters in [{"learning_rate": 0.1}, *drawn]:
            losses, rounds = [], []
            for train, hold in self._parts(y):
                parts = (rows_of(X, train), y[train], rows_of(X, hold), y[hold])
                model, found = self.stopped_early(parameters, parts)
                proba = np.clip(model.predict_proba(parts[2]), LOWEST, 1)
                proba /= proba.sum(axis=1, keepdims=True)
                losses.append(log_loss(y[hold], proba, labels=labels))
                rounds.append(found)
            if np.mean(losses) < best:
                best = float(np.mean(losses))
                self.parameters, self.rounds = parameters, max(1, round(np.mean(rounds)))
        self.classifier = self.built(self.rounds, self.parameters)
        self.classifier.fit(X, y)
        return self

    def _parts(self, y: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        rows = np.arange(len(y))
        if len(y) > 500:
            yield tuple(train_test_split(rows, test_size=0.25, stratify=y, random_state=self.seed))
            return
        yield from StratifiedKFold(3, shuffle=True, random_state=self.seed).split(rows, y)

    def predict_proba(self, X: Any) -> np.ndarray:
        return self.classifier.predict_proba(X)


class SearchedLightGBM(Searched):
    ranges = LIGHTGBM_RANGES

    def built(self, rounds: int, parameters: dict[str, Any]) -> LGBMClassifier:
        shared = {"n_jobs": 1, "verbose": -1, "random_state": self.seed}
        return LGBMClassifier(n_estimators=rounds, **shared, **parameters)

    def stopped_early(self, parameters: dict[str, Any], parts: tuple) -> tuple[Any, int]:
        X, y, X_hold, y_hold = parts
        model = self.built(ROUNDS, parameters)
        stop = early_stopping(PATIENCE, verbose=False)
        model.fit(X, y, eval_set=[(X_hold, y_hold)], callbacks=[stop])
        return model, model.best_iteration_


class SearchedCatBoost(Searched):
    ranges = CATBOOST_RANGES

    def built(self, rounds: int, parameters: dict[str, Any]) -> CatBoost:
        return CatBoost(self.seed, iterations=rounds, **parameters)

    def stopped_early(self, parameters: dict[str, Any], parts: tuple) -> tuple[Any, int]:
        X, y, X_hold, y_hold = parts
        model = self.built(ROUNDS, parameters)
        model.fit(X, y, eval_set=(model.text(X_hold), y_hold), early_stopping_rounds=PATIENCE)
        return model, model.classifier.tree_count_


SEARCHED: dict[str, Callable[[int], Any]] = {
    "LightGBM, 30 trials": SearchedLightGBM,
    "CatBoost, 30 trials": SearchedCatBoost,
}
