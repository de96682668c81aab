"""Thresholds at which a constraint holds on new rows, with a stated probability.

The classifier is fixed, and the rows are drawn independently and were not used to fit it. A rate
other than the precision changes in one direction with the threshold. Then the exact binomial test
of each threshold, taken from where the constraint is easiest to keep to where it first fails, errs
with the probability of a single test: the first threshold at which the constraint does not hold
would have to pass. That is fixed-sequence testing, as in "Learn then Test".

The precision may go up and down, and is known least where it is most wanted: among few alerts. So
its sequence goes by rank. Rows are ordered by falling score, equal ones at random. The rank is
fixed in advance, and the rows above it are drawn independently from those with a higher score than
the row at that rank. Going down from a first rank, testing at every one, the first threshold at
which the precision is too low has above it rows of a precision that is exactly the bound (where the
precision as a function of the threshold crosses it) and rows of a lower one. So the number of
positives is at most binomial there, whatever the shape of that function, and the sequence errs with
the probability of a single test. Several first ranks share the probability.
`benchmarks/studies/guarantee_rate.py` prints how often it errs.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import binom

from imbalance_kit.cost._rate_constraints import Bound, Counts

# The first sequence begins where a precision this share of the way from the bound to 1 passes the
# test nine times in ten; with fewer rows a good model would fail by chance. Each further one begins
# at four times the rank, for models that are worse in their highest scores than below.
_HOPED_FOR = 0.75
_POWER = 0.9
_APART = 4
_BLOCK = 512  # ranks at once, since most searches end early


def exact_counts(score: np.ndarray, positive: np.ndarray) -> Counts:
    """Counts at thresholds just above the score of the next row, for which the tests hold.

    Half-way between two scores would be another threshold than the one tested.
    """
    values, block = np.unique(-score, return_inverse=True)
    found = np.bincount(block, weights=positive, minlength=len(values))
    rows = np.bincount(block, minlength=len(values))
    below = np.append(-values, -np.inf)
    return Counts(
        # new rows may have scores above all of these
        np.concatenate([[np.inf], np.nextafter(below[1:-1], np.inf), [0.0]]),
        np.append(0.0, np.cumsum(found)),
        np.append(0.0, np.cumsum(rows - found)),
        float(positive.sum()),
        float((~positive).sum()),
    )


def guaranteed_at(
    score: np.ndarray,
    positive: np.ndarray,
    counts: Counts,
    bounds: Sequence[Bound],
    error_rate: float,
) -> np.ndarray:
    """At which thresholds all bounds hold on new rows, but for a probability of `error_rate`.

    Parameters
    ----------
    score : ndarray of shape (n,)
        Of rows that the classifier was not fitted on.

    positive : ndarray of bool of shape (n,)
        Rows of the class.

    counts : Counts
        Those of `exact_counts`.

    bounds : sequence of Bound
        They share the error rate.

    error_rate : float
        Probability that some bound does not hold at some threshold that is returned.

    Returns
    -------
    passed : ndarray of bool, one for each threshold
    """
    passed = np.ones(len(counts.thresholds), dtype=bool)
    for bound in bounds:
        level = error_rate / len(bounds)
        if bound.rate == "precision":
            passed &= _precise(score, positive, counts, bound.value, level)
        else:
            passed &= _within(counts, bound, level)
    return passed


def _within(counts: Counts, bound: Bound, level: float) -> np.ndarray:
    """Where a rate that changes in one direction passes its test."""
    events, n_rows = {
        "recall": (counts.found, counts.n_positive),
        "false_positive_rate": (counts.false, counts.n_negative),
        "alert_share": (counts.found + counts.false, counts.n_positive + counts.n_negative),
    }[bound.rate]
    if bound.from_below:
        # the recall is lower than the bound: how likely are as many found?
        passed = binom.sf(events - 1, n_rows, bound.value) <= level
        passed[-1] = True  # every row is an alert, which needs no test
    else:
        passed = binom.cdf(events, n_rows, bound.value) <= level
        passed[0] = True  # no row is one
    return passed


def first_ranks(bound: float, level: float, n_rows: int) -> tuple[list[int], float]:
    """Numbers of alerts with which sequences of tests of the precision begin.

    Parameters
    ----------
    bound : float
        The precision to be reached.

    level : float
        Probability that some sequence passes a precision below the bound.

    n_rows : int
        Rows there are.

    Returns
    -------
    ranks : list of int
        Ascending, at most `n_rows`; none depends on anything but the arguments.

    level : float
        That of each sequence.
    """
    most = _ranks_from(_first_with_power(bound, level, n_rows), n_rows)
    level /= max(len(most), 1)
    return _ranks_from(_first_with_power(bound, level, n_rows), n_rows), level


def _ranks_from(first: int, n_rows: int) -> list[int]:
    ranks = []
    while first <= n_rows:
        ranks.append(first)
        first *= _APART
    return ranks


def _first_with_power(bound: float, level: float, n_rows: int) -> int:
    """The fewest alerts with which a hoped-for precision is likely to pass; else more than rows."""
    hoped_for = bound + _HOPED_FOR * (1.0 - bound)
    for first in range(1, n_rows + 1, _BLOCK):
        n_alerts = np.arange(first, min(first + _BLOCK, n_rows + 1))
        least = binom.isf(level, n_alerts, bound) + 1  # positives that pass
        likely = np.flatnonzero(binom.sf(least - 1, n_alerts, hoped_for) >= _POWER)
        if len(likely):
            return int(n_alerts[likely[0]])
    return n_rows + 1


def _precise(
    score: np.ndarray, positive: np.ndarray, counts: Counts, bound: float, level: float
) -> np.ndarray:
    """Where the precision passes in some sequence."""
    n_rows = len(score)
    if bound == 0.0:
        return np.ones(len(counts.thresholds), dtype=bool)
    # equal scores in an order that knows nothing of the labels; a sorted table would
    at_random = np.random.RandomState(0).permutation(n_rows)
    order = at_random[np.argsort(-score[at_random], kind="stable")]
    found = np.append(0, np.cumsum(positive[order]))
    starts, level = first_ranks(bound, level, n_rows)
    tested = np.zeros(n_rows + 1, dtype=bool)  # by the number of alerts
    for start in starts:
        tested[start : _end_of(found, start, bound, level)] = True
    n_alerts = (counts.found + counts.false).astype(np.intp)
    return tested[n_alerts]


def _end_of(found: np.ndarray, start: int, bound: float, level: float) -> int:
    """The first number of alerts that fails, from the start on."""
    for first in range(start, len(found), _BLOCK):
        n_alerts = np.arange(first, min(first + _BLOCK, len(found)))
        failed = binom.sf(found[n_alerts] - 1, n_alerts, bound) > level
        if failed.any():
            return int(first + failed.argmax())
    return len(found)
