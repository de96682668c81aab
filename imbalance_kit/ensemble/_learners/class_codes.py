"""Base learners are trained on positions of classes: some take no other labels."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import clone

from imbalance_kit._tables.labels import spell

# Parameters that name classes, of scikit-learn, imbalanced-learn, LightGBM, CatBoost and ours.
_BY_CLASS = ("class_weight", "class_weights", "costs", "sampling_strategy")
_ONE_CLASS = "pos_label"


def for_codes(learner: Any, classes: np.ndarray) -> Any:
    """The learner, with its parameters that name classes naming their positions instead.

    Parameters
    ----------
    learner : classifier
        As the user gave it; a pipeline or another wrapper may hold the parameters.

    classes : ndarray of shape (n_classes,)
        Labels, sorted.

    Returns
    -------
    learner : classifier
        The same object where nothing names a class.
    """
    labels = classes.tolist()
    changed: dict[str, Any] = {}
    if labels == list(range(len(labels))) or not hasattr(learner, "get_params"):
        return learner
    positions = {label: position for position, label in enumerate(labels)}
    for name, value in learner.get_params(deep=True).items():
        last = name.rsplit("__", 1)[-1]
        if last in _BY_CLASS and isinstance(value, Mapping) and value:
            unknown = [label for label in value if label not in positions]
            if unknown:
                raise ValueError(
                    f"{name} of the base learner names {spell(unknown[0])}, which is no class of "
                    f"y; these are {labels}."
                )
            changed[name] = {positions[label]: given for label, given in value.items()}
        elif last == _ONE_CLASS and value is not None and value in positions:
            changed[name] = positions[value]
    return clone(learner).set_params(**changed) if changed else learner
