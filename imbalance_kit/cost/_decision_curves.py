"""Decision curves: net benefit over thresholds, with intervals by resampling rows or clusters."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from imbalance_kit._tables.row_groups import group_numbers
from imbalance_kit.cost._curves import Floats
from imbalance_kit.metrics._net_benefit import Cells, read_predicted, read_thresholds

_N_THRESHOLDS = 99  # by default: .01 to .99


@dataclass(frozen=True)
class DecisionCurve:
    """Net benefit at each threshold.

    Attributes
    ----------
    thresholds : ndarray of shape (n_thresholds,)
        Threshold probabilities.

    net_benefit : ndarray of shape (n_thresholds,)
        Of acting where the probability is at least the threshold.

    act_on_all : ndarray of shape (n_thresholds,)
        Of acting on every row; that of acting on none is 0.

    low : ndarray of shape (n_thresholds,) or None
        Lower end of the interval of the net benefit, at each threshold by itself.

    high : ndarray of shape (n_thresholds,) or None
        Upper end.

    Examples
    --------
    >>> from imbalance_kit.cost import decision_curve
    >>> curve = decision_curve([0, 0, 0, 1], [0.1, 0.2, 0.6, 0.7], thresholds=[0.5])
    >>> curve.net_benefit.tolist(), curve.low
    ([0.0], None)
    """

    thresholds: Floats
    net_benefit: Floats
    act_on_all: Floats
    low: Floats | None
    high: Floats | None


def decision_curve(
    y_true: Any,
    y_score: Any,
    *,
    thresholds: Any = None,
    confidence: float | None = None,
    groups: Any = None,
    n_resamples: int = 1000,
    prevalence: float | None = None,
    pos_label: Any = None,
    sample_weight: Any = None,
    random_state: Any = None,
) -> DecisionCurve:
    """Net benefit of acting on a prediction, over thresholds, beside acting on all rows.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True classes, two of them.

    y_score : array-like of shape (n_samples,)
        Probability of the positive class.

    thresholds : float or array-like of shape (n_thresholds,), default=None
        Threshold probabilities, at least 0 and below 1; None stands for .01, .02 to .99. Take the
        range that people who decide could hold: of a rare event often below .2.

    confidence : float, default=None
        Coverage of the intervals, such as .95; None computes none.

    groups : array-like of shape (n_samples,), default=None
        Rows that belong together, such as those of one patient, are drawn together.

    n_resamples : int, default=1000
        Bootstrap samples for the intervals.

    prevalence : float, default=None
        Share of positives where the decisions are made, if the rows are a sample with another one.
        None stands for the share in these rows.

    pos_label : label, default=None
        The positive class. None stands for 1 of labels 0/1 or -1/1, for True, and for the higher
        one of ordered categories; other labels need it.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    random_state : int, RandomState or None, default=None
        Of the bootstrap.

    Returns
    -------
    curve : DecisionCurve
        ``thresholds``, ``net_benefit``, ``act_on_all``, ``low`` and ``high``.

    Raises
    ------
    ValueError
        If there are more than two classes, it is not known which one is positive, a probability is
        missing or outside [0, 1], a threshold is outside [0, 1), or an option is out of its range.

    See Also
    --------
    DecisionCurveDisplay : Draws it.

    imbalance_kit.metrics.net_benefit : The value at one threshold.

    Notes
    -----
    A model is worth using at the thresholds where its net benefit exceeds both 0 and that of acting
    on all rows [1]_. Intervals are percentiles of the bootstrap, of rows or of whole groups. They
    are for one threshold at a time, and too narrow with few positives or few groups. To compare two
    models look at the difference on the same rows: their intervals may overlap while one is better
    on nearly every resample. O(n log n), and O(n) for each resample of groups or of weighted rows;
    without either a resample takes O(n_thresholds).

    References
    ----------
    .. [1] A. J. Vickers, E. B. Elkin, "Decision curve analysis: a novel method for evaluating
       prediction models", Medical Decision Making 26(6), 2006.

    .. [2] A. J. Vickers, A. M. Cronin, E. B. Elkin, M. Gonen, "Extensions to decision curve
       analysis, a novel method for evaluating diagnostic tests, prediction models and molecular
       markers", BMC Medical Informatics and Decision Making 8, 2008.

    Examples
    --------
    >>> from imbalance_kit.cost import decision_curve
    >>> y_true = [1, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    >>> y_score = [0.9, 0.3, 0.4, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]
    >>> curve = decision_curve(y_true, y_score, thresholds=[0.1, 0.2])
    >>> curve.net_benefit.round(3).tolist(), curve.act_on_all.round(3).tolist()
    ([0.111, 0.175], [0.111, 0.0])
    """
    cuts = (
        np.arange(1, _N_THRESHOLDS + 1) / (_N_THRESHOLDS + 1)
        if thresholds is None
        else read_thresholds(thresholds)
    )
    if confidence is not None and not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must be between 0 and 1, or None; got {confidence!r}.")
    if n_resamples < 1:
        raise ValueError(f"n_resamples must be at least 1, got {n_resamples!r}.")
    rows = read_predicted(y_true, y_score, pos_label, sample_weight, prevalence)
    cells = Cells(rows.positive, rows.proba, cuts)
    weight = cells.total(rows.weight)
    low = high = None
    if groups is not None:
        groups = group_numbers(groups, len(y_true))[rows.rows]
        groups = np.unique(groups, return_inverse=True)[1]
    if confidence is not None:
        rng = check_random_state(random_state)
        alike = groups is None and sample_weight is None
        values = (
            cells.net_benefit(_rows_drawn(weight, n_resamples, rng), prevalence)
            if alike
            else _groups_drawn(cells, rows.weight, groups, n_resamples, rng, prevalence)
        )
        tail = (1.0 - confidence) / 2.0
        low, high = np.quantile(values, [tail, 1.0 - tail], axis=0)
    return DecisionCurve(
        cuts,
        cells.net_benefit(weight, prevalence),
        cells.net_benefit(weight, prevalence, everywhere=True),
        low,
        high,
    )


def _rows_drawn(weight: Floats, n_resamples: int, rng: np.random.RandomState) -> Floats:
    """Rows in each cell of each resample: drawing rows and counting them is this, in one step."""
    n_rows = round(weight.sum())
    return rng.multinomial(n_rows, weight / n_rows, size=n_resamples).astype(np.float64)


def _groups_drawn(
    cells: Cells,
    weight: Floats,
    groups: np.ndarray | None,
    n_resamples: int,
    rng: np.random.RandomState,
    prevalence: float | None,
) -> Floats:
    """Net benefit of resamples of whole groups; each row is one of its own where there are none."""
    groups = np.arange(len(weight)) if groups is None else groups
    n_groups = int(groups.max()) + 1
    values = []
    for _ in range(n_resamples):
        times = np.bincount(rng.randint(n_groups, size=n_groups), minlength=n_groups)
        values.append(cells.net_benefit(cells.total(weight * times[groups]), prevalence))
    return np.array(values)
