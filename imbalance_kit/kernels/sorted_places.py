"""Places of many numbers among sorted ones."""

from collections.abc import Callable

import numpy as np

Bins = Callable[[np.ndarray], np.ndarray]

_MOST = 8  # sorted numbers in one bin: with more, numpy's search takes as long
_BINS_EACH = 32  # for each sorted number, so that most bins hold none or one
_MOST_BINS = 1 << 20
_FEW = 1 << 13  # numbers: for fewer the bins take longer than they save


class SortedPlaces:
    """Finds how many of some sorted numbers lie below others, as ``searchsorted`` does.

    The range of the sorted numbers is cut into bins. A number's bin gives its place but for the
    sorted numbers in the same bin, to which it is compared. A search by halves takes longer, as
    every step waits for the one before.

    Parameters
    ----------
    ordered : ndarray of shape (n_ordered,), float64
        Rising.

    n_numbers : int
        How many numbers will be looked up. For few, and where one bin holds many of the sorted
        numbers, the search is numpy's.

    Notes
    -----
    Bins are of one width, or of one width between powers of two, as probabilities of rare events
    need. A number's bin never falls where numbers rise, in floating-point arithmetic too, so
    places are exact. O(n_ordered) to build, O(1) for a number.
    """

    def __init__(self, ordered: np.ndarray, n_numbers: int) -> None:
        self._ordered = ordered
        self._most = 0  # comparisons within a bin; 0 stands for numpy's search
        if n_numbers < max(_FEW, len(ordered)) or len(ordered) < 2:
            return
        n_bins = min(_BINS_EACH * len(ordered), _MOST_BINS)
        fewest = _MOST + 1
        for bins in (_even_bins(ordered, n_bins), _bins_by_powers(ordered, n_bins)):
            if bins is None:
                continue
            in_bin = np.bincount(bins(ordered), minlength=n_bins)
            if in_bin.max() < fewest:
                fewest = self._most = int(in_bin.max())
                self._bins = bins
                self._below = np.cumsum(in_bin) - in_bin
        self._padded = np.append(ordered, np.full(self._most, np.inf))

    def __call__(self, numbers: np.ndarray) -> np.ndarray:
        """How many of the sorted numbers are less than each of `numbers`, of float64."""
        if not self._most:
            return self._ordered.searchsorted(numbers)
        with np.errstate(over="ignore", invalid="ignore"):
            known = not np.isnan(numbers.sum())
        if not known:  # NaN, or infinite numbers of both signs
            return self._ordered.searchsorted(numbers)
        place = self._below.take(self._bins(numbers))
        for _ in range(self._most):
            place += self._padded.take(place) < numbers
        return place


def _even_bins(ordered: np.ndarray, n_bins: int) -> Bins | None:
    """Of one width; None where the range is nothing or not finite."""
    low = ordered[0]
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        scale = n_bins / (ordered[-1] - low)
    if not 0.0 < scale < np.inf:
        return None

    def bins(numbers: np.ndarray) -> np.ndarray:
        at = numbers - low
        at *= scale
        np.maximum(at, 0.0, out=at)
        return np.minimum(at, n_bins - 1.0, out=at).astype(np.intp)

    return bins


def _bins_by_powers(ordered: np.ndarray, n_bins: int) -> Bins | None:
    """By the bits of positive numbers, which read as an integer rise with them."""
    positive = ordered[ordered.searchsorted(0.0, side="right") :]
    if len(positive) < 2:
        return None
    low, high = positive[[0, -1]].view(np.int64).tolist()
    shift = max((high - low).bit_length() - n_bins.bit_length() + 1, 0)
    last = min((high - low) >> shift, n_bins - 1)

    def bins(numbers: np.ndarray) -> np.ndarray:
        at = np.maximum(np.ascontiguousarray(numbers).view(np.int64), low)
        at -= low
        at >>= shift
        return np.minimum(at, last, out=at)

    return bins
