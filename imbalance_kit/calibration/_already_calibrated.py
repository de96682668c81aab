"""What an estimator's probabilities are, before somebody calibrates them once more."""

import warnings
from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    RandomizedSearchCV,
    TunedThresholdClassifierCV,
)
from sklearn.pipeline import Pipeline

ADAPTED = "adapted"  # to other class shares than those of the labels
CALIBRATED = "calibrated"  # to those of the labels
_KEEP_PROBABILITIES = (FixedThresholdClassifier, TunedThresholdClassifierCV)
_SEARCHES = (GridSearchCV, RandomizedSearchCV)


def state_of_probabilities(estimator: Any) -> str | None:
    """ADAPTED, CALIBRATED or None, whatever stands around the part that makes them so.

    A calibrator behind a sampler knows the class shares that the sampler made, so it counts as
    none: calibration on the rows as they came is needed.
    """
    resampled = False
    state = None
    while True:
        if isinstance(estimator, FrozenEstimator):
            estimator = estimator.estimator
        elif isinstance(estimator, Pipeline):
            steps = [step for _, step in estimator.steps]
            resampled = resampled or any(hasattr(step, "fit_resample") for step in steps)
            estimator = steps[-1]
        elif isinstance(estimator, _SEARCHES):
            estimator = getattr(estimator, "best_estimator_", estimator.estimator)
        elif isinstance(estimator, _KEEP_PROBABILITIES):
            estimator = getattr(estimator, "estimator_", estimator.estimator)
        else:
            break
    if isinstance(estimator, CalibratedClassifierCV):
        state = CALIBRATED
    elif hasattr(estimator, "_state_of_probabilities"):
        state = estimator._state_of_probabilities()
    return None if resampled and state == CALIBRATED else state


def warn_of_calibration_undone(estimator: Any, calibrator: str, way_out: str) -> None:
    """Warn where calibration would bring back the class shares that were corrected for."""
    if state_of_probabilities(estimator) == ADAPTED:
        warnings.warn(
            f"{name_of(estimator)} gives probabilities for other class shares than those of y, and "
            f"{calibrator} on y brings the shares of y back. {way_out}",
            UserWarning,
            stacklevel=5,
        )


def name_of(estimator: Any) -> str:
    """Its class, and those inside that do not change probabilities."""
    inner = None
    if isinstance(estimator, FrozenEstimator):
        inner = estimator.estimator
    elif isinstance(estimator, Pipeline):
        inner = estimator.steps[-1][1]
    name = type(estimator).__name__
    return name if inner is None else f"{name}({name_of(inner)})"
