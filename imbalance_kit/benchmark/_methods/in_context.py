"""TabPFN and TabICL as base learners: weights from a file, and no more rows than they are for.

These models learn from a table while they predict: its rows, the context, are part of every
prediction. Their time grows with the square of the rows, and they are trained for a number of them.
"""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin

from imbalance_kit.compose import ResampledClassifier
from imbalance_kit.under_sampling import RandomUnderSampler, RowLimit

CONTEXT_ROWS = 1000  # as many as TabPFN's authors find feasible without a graphics card
_CLASSES = {"tabpfn": "TabPFNClassifier", "tabicl": "TabICLClassifier"}
_FIXED: dict[str, dict[str, Any]] = {
    "tabpfn": {},  # it loads a path that exists, and fetches nothing then
    "tabicl": {"allow_auto_download": False, "n_jobs": 1},
}


def setting_of(package: str) -> str:
    """The environment variable that holds the path of a package's weights."""
    return f"IMBALANCE_KIT_{package.upper()}_WEIGHTS"


class InContextClassifier(ClassifierMixin, BaseEstimator):
    """A pretrained model of one of the packages, with weights from a file that is there.

    The packages fetch their weights when they find none. Here that is an error.
    """

    def __init__(
        self,
        package: str,
        *,
        weights: str | None = None,
        n_estimators: int = 4,
        softmax_temperature: float = 0.9,
        random_state: int = 0,
    ):
        self.package = package
        self.weights = weights
        self.n_estimators = n_estimators
        self.softmax_temperature = softmax_temperature
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> "InContextClassifier":
        """Keep the rows as the context."""
        path = self._path()
        kind = getattr(import_module(self.package), _CLASSES[self.package])
        self.model_ = kind(
            model_path=path,
            device="cpu",
            n_estimators=self.n_estimators,
            softmax_temperature=self.softmax_temperature,
            random_state=self.random_state,
            **_FIXED[self.package],
        ).fit(X, y)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probability of each class."""
        # they compute in single precision; the sum is to be 1 in double
        proba = np.asarray(self.model_.predict_proba(X), dtype=np.float64)
        return proba / proba.sum(axis=1, keepdims=True)

    def predict(self, X: Any) -> np.ndarray:
        """Most probable class."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _path(self) -> str:
        setting = setting_of(self.package)
        path = self.weights or os.environ.get(setting)
        if not path:
            raise ValueError(
                f"The learner {self.package!r} needs the file of its weights, and fetches none: "
                f"set the environment variable {setting} to its path."
            )
        if not Path(path).is_file():
            raise ValueError(
                f"The weights of {self.package!r} were to be the file {path!r}: no file."
            )
        return path

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags


def tabpfn(seed: int, **parameters: Any) -> ResampledClassifier:
    return _within_limit("tabpfn", seed, **parameters)


def tabicl(seed: int, **parameters: Any) -> ResampledClassifier:
    return _within_limit("tabicl", seed, **parameters)


def _within_limit(package: str, seed: int, **parameters: Any) -> ResampledClassifier:
    """The model on at most so many rows, drawn at random in the shares of the table."""
    drawn = RandomUnderSampler(
        sampling_strategy=RowLimit(CONTEXT_ROWS, balance=0.0), random_state=seed
    )
    model = InContextClassifier(package, random_state=seed, **parameters)
    return ResampledClassifier(model, drawn, recalibrate=True)
