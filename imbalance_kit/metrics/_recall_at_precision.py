"""The largest recall that keeps a precision."""

from typing import Any

import numpy as np

from imbalance_kit._sklearn_compat import n_samples_of
from imbalance_kit._tables.labels import spell
from imbalance_kit.metrics._evaluated import read_model_scores, read_rows
from imbalance_kit.metrics._weighted_metrics import NAMED


def recall_at_precision(
    y_true: Any,
    y_score: Any,
    *,
    min_precision: float,
    labels: Any = None,
    pos_label: Any = None,
    sample_weight: Any = None,
) -> float:
    """Largest recall of a threshold whose precision is at least the one wanted.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        True classes.

    y_score : array-like of shape (n,) or (n, n_classes)
        Scores: of the positive of two classes, or a column for each class. For more than two
        classes the result is the mean over them, each against the rest.

    min_precision : float
        Precision wanted, in (0, 1].

    labels : array-like of shape (n_classes,), default=None
        The class of each column; None for the sorted values of `y_true`.

    pos_label : label, default=None
        The positive one of two classes. None stands for the second of `labels` or columns, else
        for 1 of labels 0/1 or -1/1, for True, and for the higher one of ordered categories; scores
        of one dimension need it for other labels.

    sample_weight : array-like of shape (n,), default=None
        Weights of the rows; a row of weight 2 counts as two rows.

    Returns
    -------
    recall : float
        0 where no threshold has that precision.

    Raises
    ------
    ValueError
        If there is one class only, scores do not fit the classes, or the precision is not in
        (0, 1].

    See Also
    --------
    metric_interval : The same with an interval.

    Notes
    -----
    Thresholds are the scores themselves, and rows of equal score are on one side. O(n log n).

    The threshold is chosen on the rows it is measured on, so that a model's recall on new rows at
    this threshold is lower on average.

    Examples
    --------
    >>> from imbalance_kit.metrics import recall_at_precision
    >>> recall_at_precision([0, 0, 1, 0, 1], [0.1, 0.2, 0.4, 0.6, 0.9], min_precision=0.9)
    0.5
    >>> recall_at_precision([0, 0, 1, 0, 1], [0.1, 0.2, 0.4, 0.6, 0.9], min_precision=0.6)
    1.0
    """
    rows = read_rows(y_true, sample_weight=sample_weight, labels=labels)
    scored = read_model_scores(
        rows,
        y_score,
        n_given=n_samples_of(y_true),
        pos_label=pos_label,
        labels=labels,
        name="y_score",
    )
    for label, n in zip(rows.classes, rows.units_by_class(), strict=True):
        if not n:
            raise ValueError(
                f"y_true has no row of class {spell(label)}, so its recall is undefined. Give the "
                "columns of the other classes, and `labels` without it."
            )
    weight = np.ones(len(rows.y)) if rows.weight is None else rows.weight
    values = NAMED["recall_at_precision"].make(scored, min_precision=min_precision)
    return float(values(weight[None])[0])
