"""What the classifiers ask of a library of boosted trees that trains under a loss."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
from joblib import effective_n_jobs

from imbalance_kit._tables.rows import take_rows
from imbalance_kit.losses._base import Loss


class TrainingPart(NamedTuple):
    """Rows of the table as one float matrix, with encoded labels and weights."""

    Z: Any
    y_encoded: np.ndarray
    weight: np.ndarray | None

    def take(self, rows: np.ndarray) -> "TrainingPart":
        """Some of the rows."""
        weight = None if self.weight is None else self.weight[rows]
        return TrainingPart(take_rows(self.Z, rows), self.y_encoded[rows], weight)

    def class_weight_sum(self, n_classes: int) -> np.ndarray:
        """Rows of each class, or their weight."""
        return np.bincount(self.y_encoded, weights=self.weight, minlength=n_classes)

    def start(self, init_score: Any) -> np.ndarray:
        """The first score, or scores, of each row."""
        return start_of(init_score, len(self.y_encoded))


class Engine(ABC):
    """A library of boosted trees; it holds nothing of a fit."""

    #: Names under which the number of rounds may be given, the usual one last.
    round_names: tuple[str, ...]

    @abstractmethod
    def configured(self, estimator: Any, n_jobs: int | None) -> Any:
        """A clone of the estimator that will train under a loss, without what has no effect."""

    @abstractmethod
    def train(
        self,
        learner: Any,
        loss: Loss,
        part: TrainingPart,
        held_out: TrainingPart | None,
        patience: int | None,
        n_nominal: int,
    ) -> tuple[Any, list[float]]:
        """Fit the learner; the loss on the held-out rows goes with it where `patience` is given.

        The loss is a prepared one. Nominal columns are the last.
        """

    @abstractmethod
    def raw_scores(self, learner: Any, Z: Any, init_score: Any, n_nominal: int) -> np.ndarray:
        """Scores of rows in float64, with what boosting started from."""

    @abstractmethod
    def n_rounds(self, learner: Any) -> int:
        """Rounds that predictions of a fitted learner are made of."""

    def rounds_of(self, learner: Any) -> int:
        """Rounds that the learner will train for, by whichever name they were given."""
        given = given_parameters(learner)
        return next(given[name] for name in self.round_names if name in given)

    def seed(self, learner: Any, seed: int) -> None:
        """Set the seed of the learner."""
        learner.set_params(random_state=seed)

    def take_class_weight(self, learner: Any) -> Any:
        """The weights of classes the learner was given, which it then no longer has."""
        return None

    def importances(self, learner: Any, n_columns: int) -> np.ndarray:
        """Importance of each column of the matrix, as the library counts it."""
        return np.asarray(learner.feature_importances_)


def given_parameters(estimator: Any) -> dict[str, Any]:
    """The parameters of an estimator that are not None."""
    return {name: value for name, value in estimator.get_params().items() if value is not None}


def refuse_objective(given: Mapping[str, Any], names: Iterable[str], usual: tuple = ()) -> None:
    """Refuse an objective of the estimator's own."""
    for name in names:
        if name in given and given[name] not in usual:
            raise ValueError(
                f"The estimator has {name}={given[name]!r}, but it is trained under `loss`. Leave "
                "its objective out, or use the estimator by itself."
            )


def refuse_what_has_no_effect(given: Mapping[str, Any], neutral: Mapping[str, Any]) -> None:
    """Refuse weights that only an engine's own objectives read."""
    for name, value in neutral.items():
        if name in given and given[name] != value:
            raise ValueError(
                f"{name}={given[name]!r} has no effect under `loss`. Use class_weight, or "
                "loss=CrossEntropyLoss(class_weight=...)."
            )


def refuse_other(given: Mapping[str, Any], instead: Mapping[str, str]) -> None:
    """Refuse parameters of the estimator that the classifier sets itself, with the way out."""
    for name, advice in instead.items():
        if name in given:
            raise ValueError(f"The estimator has {name}={given[name]!r}. Leave it out: {advice}.")


def threads_of(given: Any, n_jobs: int | None) -> int:
    """Threads of a fit: those of the classifier, or those of the estimator."""
    return effective_n_jobs(given if n_jobs is None else n_jobs)


def not_installed(classifier: str, package: str) -> ImportError:
    """The error where the library of a classifier is missing."""
    return ImportError(
        f"{classifier} needs {package}, which is not installed: "
        f'pip install {package}, or pip install "imbalance-kit[boosters]"'
    )


def start_of(init_score: Any, n_rows: int) -> np.ndarray:
    """The first score, or scores, of each of some rows."""
    shape = (n_rows, *np.shape(init_score))
    return np.ascontiguousarray(np.broadcast_to(init_score, shape))
