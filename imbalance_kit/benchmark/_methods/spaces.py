"""What a search may choose from: one small frozen description for each parameter.

A space maps the path of a parameter, as ``set_params`` takes it, to a description. Descriptions
ask a trial of Optuna for a value without importing Optuna, and what they ask for is a number, a
string, a truth value or None, so that it can be written as JSON and read back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from imbalance_kit._sampling.strategy import rows_at_ratio


def _check_range(low: float, high: float, log: bool) -> None:
    if not (isfinite(low) and isfinite(high) and low < high):
        raise ValueError(f"Expected finite bounds with low < high, got low={low}, high={high}.")
    if log and low <= 0:
        raise ValueError(f"A logarithmic range must begin above 0, got low={low}.")


@dataclass(frozen=True)
class Integers:
    """Whole numbers from `low` to `high`, both included.

    Attributes
    ----------
    low, high : int
    log : bool
        Whether to draw on a logarithmic scale.

    Examples
    --------
    >>> from imbalance_kit.benchmark._methods.spaces import Integers
    >>> Integers(2, 15)
    Integers(low=2, high=15, log=False)
    """

    low: int
    high: int
    log: bool = False

    def __post_init__(self) -> None:
        _check_range(self.low, self.high, self.log)

    def suggest(self, trial: Any, name: str) -> int:
        """Draw a value with a trial of Optuna."""
        return int(trial.suggest_int(name, self.low, self.high, log=self.log))

    def parameter(self, value: Any) -> Any:
        """What the estimator is given for a value."""
        return value

    def __contains__(self, value: Any) -> bool:
        return isinstance(value, int) and self.low <= value <= self.high


@dataclass(frozen=True)
class Reals:
    """Numbers from `low` to `high`.

    Attributes
    ----------
    low, high : float
    log : bool
        Whether to draw on a logarithmic scale.
    change : callable
        Makes of the number what the estimator is given, where that is no number: :class:`Grow`,
        :class:`Shrink` or :func:`twice`. None for the number itself.

    Examples
    --------
    >>> from imbalance_kit.benchmark._methods.spaces import Grow, Reals
    >>> Reals(0.1, 1.0, change=Grow).parameter(0.5)
    Grow(ratio=0.5)
    """

    low: float
    high: float
    log: bool = False
    change: Callable[[float], Any] | None = None

    def __post_init__(self) -> None:
        _check_range(self.low, self.high, self.log)

    def suggest(self, trial: Any, name: str) -> float:
        """Draw a value with a trial of Optuna."""
        return float(trial.suggest_float(name, self.low, self.high, log=self.log))

    def parameter(self, value: Any) -> Any:
        """What the estimator is given for a value."""
        return value if self.change is None else self.change(value)

    def __contains__(self, value: Any) -> bool:
        return isinstance(value, int | float) and self.low <= value <= self.high


@dataclass(frozen=True)
class Choices:
    """One of several values: strings, numbers, truth values or None.

    Attributes
    ----------
    values : tuple
    """

    values: tuple[str | int | float | bool | None, ...]

    def __post_init__(self) -> None:
        if len(set(self.values)) != len(self.values) or len(self.values) < 2:
            raise ValueError(f"Expected at least two different values, got {self.values}.")
        strange = [v for v in self.values if not isinstance(v, str | int | float | bool | None)]
        if strange:
            raise ValueError(
                f"Values are written as JSON: give strings, numbers, truth values or None, "
                f"not {strange[0]!r}."
            )

    def suggest(self, trial: Any, name: str) -> Any:
        """Draw a value with a trial of Optuna."""
        return trial.suggest_categorical(name, self.values)

    def parameter(self, value: Any) -> Any:
        """What the estimator is given for a value."""
        return value

    def __contains__(self, value: Any) -> bool:
        return value in self.values


@dataclass(frozen=True)
class Grow:
    """Targets of an over-sampler: no class stays below `ratio` times the largest.

    For two classes this is `ratio` as a ``sampling_strategy``, except that a ratio which the
    classes already have is no error.

    Attributes
    ----------
    ratio : float

    Examples
    --------
    >>> from imbalance_kit.benchmark._methods.spaces import Grow
    >>> Grow(0.5)(["a"] * 10 + ["b"] * 6 + ["c"] * 2)
    {'c': 5}
    """

    ratio: float

    def __call__(self, y: Any) -> dict[Any, int]:
        labels, counts = np.unique(y, return_counts=True)
        least = rows_at_ratio(self.ratio * counts.max())
        return {label: least for label, n in _pairs(labels, counts) if n < least}


@dataclass(frozen=True)
class Shrink:
    """Targets of an under-sampler: the smallest class has at least `ratio` times any other.

    For two classes this is `ratio` as a ``sampling_strategy``, except that a ratio which the
    classes already have is no error.

    Attributes
    ----------
    ratio : float

    Examples
    --------
    >>> from imbalance_kit.benchmark._methods.spaces import Shrink
    >>> Shrink(0.5)(["a"] * 10 + ["b"] * 6 + ["c"] * 4)
    {'a': 8}
    """

    ratio: float

    def __call__(self, y: Any) -> dict[Any, int]:
        labels, counts = np.unique(y, return_counts=True)
        most = rows_at_ratio(counts.min() / self.ratio)
        return {label: most for label, n in _pairs(labels, counts) if n > most}


def twice(value: float) -> tuple[float, float]:
    """One number for both places of a tuple."""
    return value, value


def _pairs(labels: np.ndarray, counts: np.ndarray) -> list[tuple[Any, int]]:
    return list(zip(labels.tolist(), counts.tolist(), strict=True))


Domain = Integers | Reals | Choices
Space = Mapping[str, Domain]


def below(prefix: str, space: Space) -> dict[str, Domain]:
    """The same space for an estimator that is a part of another one."""
    return {f"{prefix}__{name}": domain for name, domain in space.items()}
