"""Errors of a share, a line and a test where rows belong together: groups count, not rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from imbalance_kit.metrics._bootstrap import student_factor

Floats = NDArray[np.float64]


def effective_rows(
    event: Floats, weight: Floats, unit: NDArray[np.intp], confidence: float
) -> float:
    """Independent rows that would tell the share of events as well.

    Parameters
    ----------
    event, weight : ndarray of shape (n,)
        Whether each row is an event, and its weight.

    unit : ndarray of shape (n,)
        Number of its group.

    confidence : float
        Level of the interval to be made of them; for few groups it is that of Student.

    References
    ----------
    E. L. Korn, B. I. Graubard, "Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data", Survey Methodology 24, 1998.
    """
    rows = float(weight.sum())
    share = float(weight @ event) / rows
    n_groups = len(np.unique(unit))
    if n_groups < 2:
        return 1.0
    variance = float(group_variance(weight * (event - share), unit)) / rows**2
    found = min(rows, share * (1.0 - share) / variance) if variance > 0 else float(n_groups)
    return max(found * float(student_factor(n_groups - 1, confidence)) ** -2, 1.0)


def group_variance(terms: Floats, unit: NDArray[np.intp]) -> Any:
    """Variance of a sum of terms, or the covariance of sums of columns, over groups of rows."""
    _, unit = np.unique(unit, return_inverse=True)
    columns = terms.reshape(len(terms), -1).T
    sums = np.stack([np.bincount(unit, weights=column) for column in columns])
    n_groups = sums.shape[1]
    found = n_groups / max(n_groups - 1, 1) * (sums @ sums.T)
    return found if terms.ndim > 1 else found[0, 0]
