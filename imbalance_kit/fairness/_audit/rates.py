"""Rates of decisions between two classes, from counts of their four outcomes, with intervals."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special, stats

#: Positions of the outcomes; 2 * (is positive) + (is decided positive).
_TN, _FP, _FN, _TP = range(4)
N_OUTCOMES = 4


@dataclass(frozen=True)
class Rate:
    """A share of rows: those of some outcomes among those of more outcomes.

    Attributes
    ----------
    part, whole : tuple of int
        The outcomes that are counted, and those that they are a share of.

    good : int
        1 where a high value is good for the people that the decisions are about, -1 where it is
        bad, 0 where that depends on what the positive class is.

    among : str
        The rows that it is a share of, for messages.
    """

    part: tuple[int, ...]
    whole: tuple[int, ...]
    good: int
    among: str

    @property
    def whole_is_decided(self) -> bool:
        """Whether decisions, and not classes alone, determine which rows it is a share of."""
        return any(outcome ^ 1 not in self.whole for outcome in self.whole)


_ALL = (_TN, _FP, _FN, _TP)
RATES = {
    "base_rate": Rate((_FN, _TP), _ALL, 0, "rows"),
    "selection_rate": Rate((_FP, _TP), _ALL, 0, "rows"),
    "accuracy": Rate((_TN, _TP), _ALL, 1, "rows"),
    "true_positive_rate": Rate((_TP,), (_FN, _TP), 1, "positives"),
    "false_negative_rate": Rate((_FN,), (_FN, _TP), -1, "positives"),
    "false_positive_rate": Rate((_FP,), (_TN, _FP), -1, "negatives"),
    "true_negative_rate": Rate((_TN,), (_TN, _FP), 1, "negatives"),
    "precision": Rate((_TP,), (_FP, _TP), 1, "rows decided positive"),
    "false_discovery_rate": Rate((_FP,), (_FP, _TP), -1, "rows decided positive"),
    "negative_predictive_value": Rate((_TN,), (_TN, _FN), 1, "rows decided negative"),
    "false_omission_rate": Rate((_FN,), (_TN, _FN), -1, "rows decided negative"),
}


def require_rates(names: Any) -> tuple[str, ...]:
    """Names of rates as a tuple; unknown ones are refused."""
    wanted = tuple(RATES) if names is None else (names,) if isinstance(names, str) else tuple(names)
    unknown = [name for name in wanted if name not in RATES]
    if unknown or not wanted:
        raise ValueError(f"There is no rate {unknown or wanted}; there are {list(RATES)}.")
    return wanted


def outcomes(positive: np.ndarray, decided: np.ndarray) -> np.ndarray:
    """Position of each row's outcome among the four."""
    return 2 * positive.astype(np.intp) + decided.astype(np.intp)


def outcome_weights(
    of_row: np.ndarray, n_groups: int, outcome: np.ndarray, weight: Any
) -> np.ndarray:
    """Sum of the weights of the rows of each group (rows) and outcome (columns).

    The one confusion matrix of all audits, of which every rate is a ratio.
    """
    sums = np.bincount(
        of_row * N_OUTCOMES + outcome, weights=weight, minlength=n_groups * N_OUTCOMES
    )
    return sums.reshape(n_groups, N_OUTCOMES).astype(np.float64)


def parts_of(sums: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Weight of a rate's part and of its whole; the outcomes are the last axis of `sums`."""
    rate = RATES[name]
    return sums[..., list(rate.part)].sum(axis=-1), sums[..., list(rate.whole)].sum(axis=-1)


def share(sums: np.ndarray, name: str) -> np.ndarray:
    """A rate; NaN where there are no rows that it could be a share of."""
    part, whole = parts_of(sums, name)
    with np.errstate(invalid="ignore", divide="ignore"):
        return part / whole


def wilson(value: Any, n: Any, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's interval of a share of `n` rows, which need not be whole; NaN where there are none.

    E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal of
    the American Statistical Association 22, 1927.
    """
    z = special.ndtri(0.5 + confidence / 2)
    value, n = np.asarray(value, dtype=np.float64), np.asarray(n, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = (value + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(value * (1 - value) / n + z**2 / (4 * n**2))
    # at 0 and 1 one end is exactly there, which rounding may miss
    low, high = np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
    return np.where(value == 0, 0.0, low), np.where(value == 1, 1.0, high)


def same_share(value: Any, n: Any, other: Any, n_other: Any) -> np.ndarray:
    """Two-sided p-values of Fisher's exact test that two shares are equal.

    Twice the smaller tail of the hypergeometric distribution. Of rare outcomes the normal
    approximation calls too many differences a find. Numbers of rows need not be whole.
    """
    rows, other_rows = _whole(n), _whole(n_other)
    hits = (
        np.asarray(value, dtype=np.float64) * rows,
        np.asarray(other, dtype=np.float64) * other_rows,
    )
    tails = []
    for sign in (1, -1):  # more in the first, more in the second
        # of numbers that are not whole the ones with the smaller difference
        first, second = sign * _whole(sign * hits[0]), -sign * _whole(-sign * hits[1])
        found = first if sign == 1 else second
        size = rows if sign == 1 else other_rows
        tails.append(stats.hypergeom.sf(found - 1, rows + other_rows, first + second, size))
    return np.minimum(2 * np.minimum(*tails), 1.0)


def _whole(values: Any) -> np.ndarray:
    """The whole number below, or the nearest one where only rounding is between."""
    values = np.asarray(values, dtype=np.float64)
    near = np.round(values)
    return np.where(np.abs(values - near) < 1e-6 * np.maximum(near, 1.0), near, np.floor(values))


def effective_size(sums: np.ndarray, squares: np.ndarray) -> np.ndarray:
    """Kish's effective size: rows of equal weight of which a mean would be as precise.

    The square of the sum of the weights over the sum of their squares.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(squares > 0, sums**2 / squares, 0.0)


def require_level(confidence: float) -> None:
    """Refuse a number that is not the level of an interval."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence}.")


@dataclass(frozen=True)
class OutcomeWeights:
    """Outcomes of the decisions in each group, in three sums that intervals need.

    Attributes
    ----------
    weight : ndarray of shape (n_groups, n_outcomes)
        Sums of the weights.

    count : ndarray of shape (n_groups, n_outcomes)
        Rows of positive weight.

    square : ndarray of shape (n_groups, n_outcomes)
        Sums of the squared weights.
    """

    weight: np.ndarray
    count: np.ndarray
    square: np.ndarray

    @classmethod
    def of(
        cls, of_row: np.ndarray, n_groups: int, outcome: np.ndarray, weight: np.ndarray | None
    ) -> "OutcomeWeights":
        """The sums for rows with these groups, outcomes and weights."""
        sums = outcome_weights(of_row, n_groups, outcome, weight)
        if weight is None:
            return cls(sums, sums, sums)
        return cls(
            sums,
            outcome_weights(of_row, n_groups, outcome, weight > 0),
            outcome_weights(of_row, n_groups, outcome, weight**2),
        )

    @property
    def others(self) -> "OutcomeWeights":
        """The same for all rows that are not in the group."""
        return OutcomeWeights(
            *(sums.sum(axis=0) - sums for sums in (self.weight, self.count, self.square))
        )

    def rate(self, name: str) -> np.ndarray:
        """A rate in each group."""
        return share(self.weight, name)

    def n_rows(self, name: str) -> np.ndarray:
        """Rows that a rate is a share of."""
        return parts_of(self.count, name)[1]

    def size(self, name: str) -> np.ndarray:
        """Effective number of rows that a rate is a share of."""
        return effective_size(parts_of(self.weight, name)[1], parts_of(self.square, name)[1])
