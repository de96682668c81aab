"""How many rows of which class: ``sampling_strategy`` to ``{class: rows}``."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np
from imblearn.utils import check_sampling_strategy

from imbalance_kit._tables.labels import require_two_classes, spell


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
    if isinstance(sampling_strategy, Real) and sampling_type == "clean-sampling":
        raise ValueError(
            "sampling_strategy was expected to name the classes to clean; got "
            f"{sampling_strategy!r}. How many rows leave follows from the data, so a cleaner keeps "
            "to no ratio. Give 'auto', another word or a list of classes, or take an under-sampler."
        )
    if isinstance(sampling_strategy, Real) and len(labels) > 2:
        raise ValueError(
            "sampling_strategy as a float needs exactly two classes; "
            f"y has {len(labels)}. Give a dict {{class: n_rows}} instead."
        )
    if callable(sampling_strategy):
        sampling_strategy = _called(sampling_strategy, y, sampling_type)
    if isinstance(sampling_strategy, Mapping):
        _check_numbers(sampling_strategy, labels)
    if isinstance(sampling_strategy, Real):
        if not 0.0 < sampling_strategy <= 1.0:
            raise ValueError(
                "When 'sampling_strategy' is a float, it should be in the range (0, 1]. Got "
                f"{sampling_strategy} instead."
            )
        targets = _targets_by_ratio(sampling_strategy, y, sampling_type)
    else:
        targets = check_sampling_strategy(sampling_strategy, y, sampling_type)
    targets = dict(sorted(targets.items()))
    if sampling_type == "under-sampling":
        lost = [label for label, n_rows in targets.items() if n_rows == 0]
        if lost:
            warn_of_lost_classes(lost, "sampling_strategy keeps 0 rows of each")
    return targets


def warn_of_lost_classes(labels: list, why: str) -> None:
    """Warn that no row of some classes is left, which no model can learn then.

    Parameters
    ----------
    labels : list
        The classes.

    why : str
        What took them, for the message.
    """
    warnings.warn(
        f"No row is left of class {', '.join(map(spell, labels))}: {why}. A model that is trained "
        "on the rest never predicts it. Name the classes to resample in sampling_strategy.",
        UserWarning,
        stacklevel=3,
    )


def _called(strategy: Callable, y: np.ndarray, sampling_type: str) -> Any:
    """What a callable answers: numbers by class, or for a cleaner the classes."""
    answer = strategy(y)
    cleans = sampling_type == "clean-sampling"
    wanted = "a list of classes" if cleans else "a dict {class: n_rows}"
    if isinstance(answer, Mapping):
        return list(answer) if cleans else answer
    if cleans and isinstance(answer, Iterable) and not isinstance(answer, str):
        return list(answer)
    raise ValueError(
        f"sampling_strategy as a callable was expected to return {wanted}; got {answer!r} of type "
        f"{type(answer).__name__}. Return {wanted}, or give {answer!r} itself if that is meant."
    )


def _check_numbers(strategy: Mapping, labels: np.ndarray) -> None:
    """Refuse a dict that names other classes, or holds something else than numbers of rows."""
    unknown = sorted(set(strategy) - set(labels.tolist()), key=repr)
    if unknown:
        raise ValueError(
            f"sampling_strategy names the classes {unknown}, which are not present in the "
            f"data: y has {labels.tolist()}. Use the labels exactly as they stand in y."
        )
    for label, n_rows in strategy.items():
        require_whole(n_rows, f"class {spell(label)}")


def require_whole(n_rows: Any, of: str) -> None:
    """Refuse what is no whole number of rows.

    Parameters
    ----------
    n_rows : object
        What a ``sampling_strategy`` holds.

    of : str
        What for, for the message.
    """
    if not isinstance(n_rows, Integral) or isinstance(n_rows, bool | np.bool_):
        raise ValueError(
            "sampling_strategy as a dict was expected to hold whole numbers of rows; got "
            f"{n_rows!r} of type {type(n_rows).__name__} for {of}. Give an int, such as 40; a "
            "ratio of two classes is a float without a dict."
        )


def rows_at_ratio(exact: float) -> int:
    """Whole rows of a product or quotient of a ratio and a number of rows, cut to the floor.

    The floor is that of the exact value, not of its rounding: 0.29 of 100 rows are 29, though
    ``0.29 * 100`` is a little less.
    """
    return int(np.floor(exact * (1.0 + 4.0 * np.finfo(np.float64).eps)))


def _targets_by_ratio(ratio: float, y: np.ndarray, sampling_type: str) -> dict[Any, int]:
    """Rows to make of the smaller of two classes, or to keep of the larger.

    A ratio that is there already, to the next row, is no mistake: the folds of a cross-validation
    have it now and then. One that is clearly past is refused, as in imbalanced-learn.
    """
    # a float32 as it is written, not as it is stored
    ratio = float(str(ratio)) if isinstance(ratio, np.floating) else float(ratio)
    over = sampling_type == "over-sampling"
    labels, counts = np.unique(y, return_counts=True)
    # of equally large classes the first, as in imbalanced-learn
    larger = int(counts.argmax()) if over else 1 - int(counts.argmin())
    smaller = 1 - larger
    n_small, n_large = int(counts[smaller]), int(counts[larger])
    wanted = rows_at_ratio(n_large * ratio if over else n_small / ratio)
    if n_small > wanted + 1 if over else n_small > rows_at_ratio(n_large * ratio) + 1:
        does = "make rows of the smaller" if over else "drop rows of the larger"
        raise ValueError(
            f"sampling_strategy={ratio} was expected to be at least the ratio of the classes, as "
            f"this sampler can only {does} one; y has {n_small} and {n_large} rows, a ratio of "
            f"{n_small / n_large:.4g}. Give a ratio from there to 1, or 'auto'."
        )
    if over:
        return {labels[smaller]: max(wanted - n_small, 0)}
    return {labels[larger]: min(wanted, n_large)}
