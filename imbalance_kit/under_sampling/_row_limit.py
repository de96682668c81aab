"""Numbers of rows that keep to a limit, for the samplers' ``sampling_strategy``."""

from numbers import Integral, Real

import numpy as np
from sklearn.base import BaseEstimator

from imbalance_kit._sklearn_compat import Interval


class RowLimit(BaseEstimator):
    """At most so many rows, with even classes, the shares of the table, or something between.

    Parameters
    ----------
    max_rows : int
        Rows of all classes together that are kept at most.

    balance : float, default=1.0
        1 gives all classes the same number of rows, as far as they have them; 0 gives them their
        shares of the table; what lies between mixes the two.

    See Also
    --------
    RandomUnderSampler : Takes it as ``sampling_strategy``.

    imbalance_kit.compose.ResampledClassifier : Corrects probabilities for the shares.

    Notes
    -----
    It is a callable, as the under-samplers take one: given y it returns a dict of numbers of rows.
    Their sum is `max_rows`, or all rows where there are fewer. What a class lacks goes to the
    others, in proportion to what they would get. Each class keeps a row at least.

    An estimator only in that it has parameters, so that a grid search reaches them, as in
    ``sampler__sampling_strategy__balance``. Cost is O(n) for n rows, to count them.

    It is meant for models that learn from a table at prediction and take few rows, such as TabPFN
    [1]_ and TabICL.

    References
    ----------
    .. [1] N. Hollmann, S. Müller, L. Purucker, A. Krishnakumar, M. Körfer, S. B. Hoo, R. T.
       Schirrmeister, F. Hutter, "Accurate Predictions on Small Data with a Tabular Foundation
       Model", Nature 637, 2025.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.under_sampling import RowLimit
    >>> y = np.repeat(["no", "yes"], [900, 100])
    >>> RowLimit(100)(y), RowLimit(100, balance=0)(y), RowLimit(100, balance=0.5)(y)
    ({'no': 50, 'yes': 50}, {'no': 90, 'yes': 10}, {'no': 70, 'yes': 30})
    >>> RowLimit(500)(y)
    {'no': 400, 'yes': 100}
    """

    _parameter_constraints: dict = {
        "max_rows": [Interval(Integral, 2, None, closed="left")],
        "balance": [Interval(Real, 0, 1, closed="both")],
    }

    def __init__(self, max_rows, *, balance=1.0):
        self.max_rows = max_rows
        self.balance = balance

    def __call__(self, y):
        """Numbers of rows by class."""
        self._validate_params()
        labels, counts = np.unique(y, return_counts=True)
        if self.max_rows < len(labels):
            raise ValueError(
                f"max_rows={self.max_rows} leaves no row for some of {len(labels)} classes. Give "
                f"at least {len(labels)}."
            )
        wanted = self.balance / len(labels) + (1.0 - self.balance) * counts / counts.sum()
        rows = _filled(min(self.max_rows, int(counts.sum())), wanted, counts)
        return dict(zip(labels.tolist(), rows.tolist(), strict=True))


def _filled(total: int, share: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Whole numbers that add up to the total, in proportion to the shares, from 1 to the counts."""
    size = np.zeros(len(counts))
    full = np.zeros(len(counts), dtype=bool)
    while True:  # each pass fills a class, or is the last
        left = total - counts[full].sum()
        size = np.where(full, counts, left * share / max(share[~full].sum(), 1e-300))
        over = ~full & (size >= counts)
        if not over.any():
            break
        full |= over
    size = np.clip(size, 1.0, counts)
    rows = np.floor(size).astype(np.int64)
    # the largest remainders first; a class that was lifted to one row is paid for by the largest
    order = np.argsort(-(size - rows), kind="stable")
    for k in np.resize(order, 2 * len(order)):
        if rows.sum() < total and rows[k] < counts[k]:
            rows[k] += 1
    while rows.sum() > total:
        rows[np.argmax(rows)] -= 1
    return rows
