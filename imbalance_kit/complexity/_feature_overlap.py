"""Measures of single columns and of one direction: how far the classes overlap there.

Every function takes complete or partly missing numbers and encoded classes. A missing value never
separates classes.
"""

from collections.abc import Callable, Iterator

import numpy as np


def fisher_ratio(numbers: np.ndarray, y_encoded: np.ndarray) -> float:
    """F1: one over one plus the largest ratio of scatter between and within classes.

    The ratio counts each class once, for any number of classes.
    """
    present = ~np.isnan(numbers)
    filled = np.where(present, numbers, 0.0)
    n_all = np.maximum(present.sum(axis=0), 1)
    mean = filled.sum(axis=0) / n_all
    between = np.zeros(numbers.shape[1])
    within = np.zeros(numbers.shape[1])
    for code in np.unique(y_encoded):
        of_class, known = filled[y_encoded == code], present[y_encoded == code]
        n_known = known.sum(axis=0)
        class_mean = of_class.sum(axis=0) / np.maximum(n_known, 1)
        between += n_known * (class_mean - mean) ** 2
        within += np.where(known, (of_class - class_mean) ** 2, 0.0).sum(axis=0)
    # A constant column has a scatter of rounding errors between the classes, over 0 within them.
    between[between <= 1e-24 * n_all * np.maximum(mean**2, 1e-300)] = 0.0
    return _one_over(between, within)


def directional_fisher_ratio(numbers: np.ndarray, y_encoded: np.ndarray) -> float:
    """F1v: the same along the direction that separates two classes best; complete numbers."""

    def of_pair(one: np.ndarray, other: np.ndarray) -> float:
        difference = one.mean(axis=0) - other.mean(axis=0)
        n_rows = len(one) + len(other)
        centred = np.concatenate([part - part.mean(axis=0) for part in (one, other)])
        scatter = centred.T @ centred / n_rows
        scale = np.sqrt(np.maximum(np.diag(scatter), 0.0))
        if np.any((scale <= 1e-12 * np.abs(difference)) & (difference != 0.0)):
            return 0.0  # a column that is constant in both classes, and differs
        scale[scale == 0.0] = 1.0
        difference, scatter = difference / scale, scatter / np.outer(scale, scale)
        direction = np.linalg.pinv(scatter, rcond=1e-10, hermitian=True) @ difference
        explained = scatter @ direction  # the part of the difference in the span of the scatter
        if np.linalg.norm(difference - explained) > 1e-6 * np.linalg.norm(difference):
            return 0.0  # they differ in a direction in which neither class varies
        spread = direction @ explained
        return 1.0 / (1.0 + (direction @ difference) ** 2 / spread) if spread > 0.0 else 1.0

    return _over_pairs(numbers, y_encoded, of_pair)


def overlap_volume(numbers: np.ndarray, y_encoded: np.ndarray) -> float:
    """F2: the product over the columns of overlap over range, the mean over pairs of classes."""

    def of_pair(one: np.ndarray, other: np.ndarray) -> float:
        low, high, lowest, highest = _ranges(one, other)
        spread = highest - lowest
        varies = spread > 0.0
        overlap = np.maximum(high - low, 0.0)[varies] / spread[varies]
        return float(np.prod(overlap))

    return _over_pairs(numbers, y_encoded, of_pair)


def best_column(numbers: np.ndarray, y_encoded: np.ndarray) -> float:
    """F3: share of the rows that the best single column leaves in the overlap of two classes."""

    def of_pair(one: np.ndarray, other: np.ndarray) -> float:
        both = np.vstack([one, other])
        return float(_inside(both, one, other).mean(axis=0).min(initial=1.0))

    return _over_pairs(numbers, y_encoded, of_pair)


def overlap_of_columns(numbers: np.ndarray, y_encoded: np.ndarray) -> float:
    """F4: share of the rows left in the overlap after each column in turn, the best one first."""

    def of_pair(one: np.ndarray, other: np.ndarray) -> float:
        n_rows = len(one) + len(other)
        unused = np.arange(one.shape[1])
        while len(unused) and len(one) and len(other):
            inside_one = _inside(one[:, unused], one[:, unused], other[:, unused])
            inside_other = _inside(other[:, unused], one[:, unused], other[:, unused])
            left = inside_one.sum(axis=0) + inside_other.sum(axis=0)
            best = int(np.argmin(left))
            one, other = one[inside_one[:, best]], other[inside_other[:, best]]
            unused = np.delete(unused, best)
        # where rows of one class alone are left, all are separated
        return (len(one) + len(other)) / n_rows if len(one) and len(other) else 0.0

    return _over_pairs(numbers, y_encoded, of_pair)


def pairs_of_classes(y_encoded: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows of each two classes that occur."""
    rows = [np.flatnonzero(y_encoded == code) for code in np.unique(y_encoded)]
    for place, one in enumerate(rows):
        for other in rows[place + 1 :]:
            yield one, other


def _over_pairs(
    numbers: np.ndarray, y_encoded: np.ndarray, of_pair: Callable[[np.ndarray, np.ndarray], float]
) -> float:
    found = [of_pair(numbers[one], numbers[other]) for one, other in pairs_of_classes(y_encoded)]
    return float(np.mean(found))


def _one_over(between: np.ndarray, within: np.ndarray) -> float:
    """One over one plus the largest ratio; 0 over 0 counts as 0, for it separates nothing."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(between > 0.0, between / within, 0.0)
    return float(1.0 / (1.0 + ratio.max(initial=0.0)))


def _ranges(one: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, ...]:
    """Borders of the overlap, and of both together; a class without a value overlaps wholly."""
    lows, highs = [], []
    for part in (one, other):
        present = ~np.isnan(part)
        lows.append(np.min(part, axis=0, initial=np.inf, where=present))
        highs.append(np.max(part, axis=0, initial=-np.inf, where=present))
    lowest, highest = np.minimum(*lows), np.maximum(*highs)
    unknown = np.isinf(lows).any(axis=0)
    low = np.where(unknown, lowest, np.maximum(*lows))
    high = np.where(unknown, highest, np.minimum(*highs))
    return low, high, lowest, highest


def _inside(numbers: np.ndarray, one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Which values lie in the overlap, borders included, or are missing."""
    low, high, *_ = _ranges(one, other)
    return ((numbers >= low) & (numbers <= high)) | np.isnan(numbers)
