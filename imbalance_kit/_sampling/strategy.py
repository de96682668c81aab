"""How many rows of which class: ``sampling_strategy`` to ``{class: rows}``."""

from collections.abc import Callable, Mapping
from numbers import Real
from typing import Any

import numpy as np
from imblearn.utils import check_sampling_strategy

from imbalance_kit._tables.labels import require_two_classes


def resolve_targets(
    sampling_strategy: float | str | list | Mapping | Callable, y: np.ndarray, sampling_type: str
) -> dict[Any, int]:
    """Rows to make ("over-sampling") or to keep of each class, sorted by class.

    The meaning is imbalanced-learn's, whose function decides; what is added are messages that
    name the remedy for the two mistakes users make most.

    Parameters
    ----------
    sampling_strategy : float, str, list, dict or callable
        As documented in the samplers.

    y : ndarray of shape (n_samples,)
        Class labels.

    sampling_type : {"over-sampling", "under-sampling", "clean-sampling"}
        What the sampler does with the numbers.

    Returns
    -------
    targets : dict
        The number of rows by class label.
    """
    labels = np.unique(y)
    require_two_classes(labels)
    if isinstance(sampling_strategy, Real) and len(labels) > 2:
        raise ValueError(
            "sampling_strategy as a float needs exactly two classes; "
            f"y has {len(labels)}. Give a dict {{class: n_rows}} instead."
        )
    if callable(sampling_strategy) and sampling_type == "clean-sampling":
        # a cleaner's callable names classes; imbalanced-learn would look for numbers in its answer
        sampling_strategy = list(sampling_strategy(y))
    if isinstance(sampling_strategy, Mapping):
        unknown = sorted(set(sampling_strategy) - set(labels.tolist()), key=repr)
        if unknown:
            raise ValueError(
                f"sampling_strategy names the classes {unknown}, which are not present in the "
                f"data: y has {labels.tolist()}. Use the labels exactly as they stand in y."
            )
    targets = check_sampling_strategy(sampling_strategy, y, sampling_type)
    return dict(sorted(targets.items()))
