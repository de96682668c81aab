"""How far predicted probabilities are from observed frequencies, over bins of rows."""

from typing import Any

import numpy as np
from sklearn.utils import check_array, column_or_1d
from sklearn.utils.validation import check_consistent_length

from imbalance_kit._sklearn_compat import check_sample_weight
from imbalance_kit._tables.positive_class import category_order, positive_class
from imbalance_kit._tables.row_labels import warn_of_other_order


def expected_calibration_error(
    y_true: Any,
    y_proba: Any,
    *,
    n_bins: int = 10,
    strategy: str = "uniform",
    multi_class: str = "classwise",
    labels: Any = None,
    pos_label: Any = None,
    sample_weight: Any = None,
) -> float:
    """Mean difference of predicted probability and observed frequency, over bins of rows.

    Rows are put into bins by their predicted probability ``p``. With ``n_b`` of ``n`` rows in
    bin ``b`` the error is ``sum_b n_b / n * |mean(p in b) - mean(event in b)|``: 0 is perfect,
    1 the worst. The value depends on the bins, so state them beside it.

    Parameters
    ----------
    y_true : array-like of shape (n,)
        True classes.
    y_proba : array-like of shape (n,) or (n, n_classes)
        Predicted probabilities: of the positive of two classes when one-dimensional, else one
        column per class.
    n_bins : int, default=10
        Number of bins. Empty bins count nothing.
    strategy : {"uniform", "quantile"}, default="uniform"
        ``"uniform"``: bins of equal width on [0, 1], closed on the right, as in [1]_.
        ``"quantile"``: bins of about equal numbers of rows; equal probabilities share a
        bin. With a rare class nearly every row falls into the first uniform bin, so quantile
        bins are more informative.
    multi_class : {"classwise", "confidence"}, default="classwise"
        For more than two classes. ``"classwise"``: the mean over classes of the one-vs-rest
        error, so that a rare class counts as much as a frequent one. ``"confidence"``: the
        error of the largest probability against being right.
    labels : array-like of shape (n_classes,), default=None
        The class of each column. Needed where `y_true` lacks a class; by default the sorted
        values of `y_true`. Of two the second is positive.
    pos_label : label, default=None
        The positive one of two classes. None stands for the second of `labels` or columns, else
        for 1 of labels 0/1 or -1/1, for True, and for the higher one of ordered categories;
        probabilities of one dimension need it for other labels.
    sample_weight : array-like of shape (n,), default=None
        Weights of the rows; a row of weight 2 counts as two rows.

    Returns
    -------
    float
        The calibration error, in [0, 1].

    Raises
    ------
    ValueError
        If a probability is missing or outside [0, 1], the number of columns is not the number
        of classes, it is not known which class is positive, or an option is unknown.

    Notes
    -----
    O(n log n) per class for quantile bins, O(n) for uniform ones. For two classes the error of
    the positive class is returned; that of the other is the same but for the borders of bins.

    References
    ----------
    .. [1] C. Guo, G. Pleiss, Y. Sun, K. Q. Weinberger. "On calibration of modern neural
       networks". ICML 2017.

    Examples
    --------
    >>> from imbalance_kit.metrics import expected_calibration_error
    >>> expected_calibration_error([0, 0, 0, 1], [0.25, 0.25, 0.25, 0.25])
    0.0
    >>> expected_calibration_error([0, 0, 0, 1], [0.75, 0.75, 0.75, 0.75])
    0.5
    """
    if strategy not in ("uniform", "quantile"):
        raise ValueError(f"strategy must be 'uniform' or 'quantile', got {strategy!r}.")
    if multi_class not in ("classwise", "confidence"):
        raise ValueError(f"multi_class must be 'classwise' or 'confidence', got {multi_class!r}.")
    if n_bins < 1:
        raise ValueError(f"n_bins must be at least 1, got {n_bins}.")
    warn_of_other_order(y_true, y_proba=y_proba, sample_weight=sample_weight, stacklevel=3)
    order = category_order(y_true)
    y_true = column_or_1d(y_true)
    proba = check_array(y_proba, ensure_2d=False, dtype=np.float64, input_name="y_proba")
    check_consistent_length(y_true, proba)
    weight = check_sample_weight(sample_weight, y_true, dtype=np.float64, ensure_non_negative=True)
    if proba.min() < 0.0 or proba.max() > 1.0:
        raise ValueError(
            f"y_proba must lie in [0, 1], got values from {proba.min():g} to {proba.max():g}."
        )
    classes = np.unique(y_true) if labels is None else column_or_1d(labels)
    n_columns = 2 if proba.ndim == 1 else proba.shape[1]
    if len(classes) != n_columns:
        raise ValueError(
            f"y_proba describes {n_columns} classes, but there are {len(classes)}: "
            f"{list(classes)}. Give `labels`, the class of each column, where y_true lacks one."
        )
    unknown = np.setdiff1d(y_true, classes)
    if len(unknown):
        raise ValueError(f"y_true holds classes that labels lacks: {list(unknown)}.")

    if n_columns == 2:
        pair = classes.tolist()
        if pos_label is None and (labels is not None or proba.ndim == 2):
            pos_label = pair[1]  # the order is that of `labels`, or of the columns
        positive = positive_class(pair, pos_label, order=order)
        column = proba if proba.ndim == 1 else proba[:, pair.index(positive)]
        return _binned_error(column, y_true == positive, n_bins, strategy, weight)
    if pos_label is not None:
        raise ValueError(
            f"pos_label is for two classes; there are {n_columns}. For one class against the rest "
            "give y_true == label and its column."
        )
    if multi_class == "confidence":
        right = classes[proba.argmax(axis=1)] == y_true
        return _binned_error(proba.max(axis=1), right, n_bins, strategy, weight)
    errors = [
        _binned_error(column, y_true == label, n_bins, strategy, weight)
        for column, label in zip(proba.T, classes, strict=True)
    ]
    return float(np.mean(errors))


def bins_of(proba: np.ndarray, n_bins: int, strategy: str, weight: np.ndarray) -> np.ndarray:
    """The bin of each row, 0 for the lowest; equal probabilities share a bin."""
    if strategy == "uniform":
        borders = np.linspace(0.0, 1.0, n_bins + 1)[1:-1]
    else:
        order = np.argsort(proba, kind="stable")
        weight_below = np.cumsum(weight[order])
        wanted = weight_below[-1] * np.arange(1, n_bins) / n_bins
        # rounding must not push a border past the row that completes a bin
        borders = proba[order][np.searchsorted(weight_below, wanted * (1.0 - 1e-12))]
    return np.searchsorted(borders, proba, side="left")


def _binned_error(
    proba: np.ndarray, event: np.ndarray, n_bins: int, strategy: str, weight: np.ndarray
) -> float:
    """Sum over the bins of the absolute surplus of predicted over observed weight, per row."""
    bins = bins_of(proba, n_bins, strategy, weight)
    surplus = np.bincount(bins, weights=weight * (proba - event), minlength=n_bins)
    return float(np.abs(surplus).sum() / weight.sum())
