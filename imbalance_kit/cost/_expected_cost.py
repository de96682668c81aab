"""Mean cost of predictions, and savings against deciding the same for all rows."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.utils.validation import check_consistent_length

from imbalance_kit._sklearn_compat import check_sample_weight
from imbalance_kit._tables.labels import count, encode, read_single_labels
from imbalance_kit._tables.positive_class import category_order
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit.cost._entries import is_table
from imbalance_kit.cost._matrix import CostMatrix, as_cost_matrix
from imbalance_kit.cost._row_costs import check_cost, of_true_class


def expected_cost(
    y_true: Any,
    y_pred: Any,
    *,
    cost_matrix: Any = None,
    cost: Any = None,
    sample_weight: Any = None,
    labels: Any = None,
    X: Any = None,
) -> float:
    """Mean cost of a row's decision.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True classes.

    y_pred : array-like of shape (n_samples,)
        Predicted classes.

    cost_matrix : CostMatrix, array-like, dict or "balanced", default=None
        Rows are true classes, columns predicted classes. "balanced" makes the result one minus
        the balanced accuracy. None, without `cost`, counts every error as one.

    cost : array-like of shape (n_samples, n_classes) or (n_samples, n_classes, n_classes), \
default=None
        Costs of the rows in place of `cost_matrix`: of each decision, or full matrices with true
        classes as rows and predicted classes as columns.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    labels : array-like of shape (n_classes,), default=None
        Classes in the order of `cost`, or of a matrix without labels. None stands for the labels
        of the matrix, or else the sorted values of `y_true` and `y_pred`; a matrix without labels
        for two classes other than 0/1, -1/1, False/True or ordered categories needs them.

    X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features), default=None
        The rows, where the matrix names prices in their columns.

    Returns
    -------
    cost : float
        Weighted mean over the rows; lower is better.

    Raises
    ------
    ValueError
        If costs do not fit the classes or rows, both kinds of costs are given, or it is not known
        which class the second row of the matrix is about.

    See Also
    --------
    savings_score : The same against the best constant decision.

    CostScorer : A scorer for costs that stand in columns of X.

    Notes
    -----
    As a scorer: ``make_scorer(expected_cost, greater_is_better=False, cost_matrix=matrix)``. With
    metadata routing enabled ``.set_score_request(cost=True)`` lets costs of rows through.

    Examples
    --------
    >>> from imbalance_kit.cost import expected_cost
    >>> expected_cost([0, 0, 0, 1], [0, 1, 0, 0], cost_matrix=[[0, 1], [10, 0]])
    2.75
    """
    cost, decisions, weight = _by_decision(
        y_true, y_pred, cost_matrix, cost, sample_weight, labels, X
    )
    return float(np.average(cost[np.arange(len(decisions)), decisions], weights=weight))


def savings_score(
    y_true: Any,
    y_pred: Any,
    *,
    cost_matrix: Any = None,
    cost: Any = None,
    sample_weight: Any = None,
    labels: Any = None,
    X: Any = None,
) -> float:
    """Share of the cost that predictions save against the best constant decision.

    Parameters
    ----------
    y_true : array-like of shape (n_samples,)
        True classes.

    y_pred : array-like of shape (n_samples,)
        Predicted classes.

    cost_matrix : CostMatrix, array-like, dict or "balanced", default=None
        Rows are true classes, columns predicted classes. None, without `cost`, counts every error
        as one.

    cost : array-like of shape (n_samples, n_classes) or (n_samples, n_classes, n_classes), \
default=None
        Costs of the rows in place of `cost_matrix`: of each decision, or full matrices with true
        classes as rows and predicted classes as columns.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    labels : array-like of shape (n_classes,), default=None
        Classes in the order of `cost`, or of a matrix without labels. None stands for the labels
        of the matrix, or else the sorted values of `y_true` and `y_pred`; a matrix without labels
        for two classes other than 0/1, -1/1, False/True or ordered categories needs them.

    X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features), default=None
        The rows, where the matrix names prices in their columns.

    Returns
    -------
    savings : float
        ``1 - cost / best constant cost``; higher is better. 0 for the best constant decision, 1
        for no cost at all, negative for worse than constant. Where the best constant decision
        gains, the surplus is divided by that gain. NaN, with a warning, where it costs nothing
        and the predictions do cost.

    References
    ----------
    .. [1] A. Correa Bahnsen, D. Aouada, B. Ottersten, "Example-Dependent Cost-Sensitive Decision
       Trees", Expert Systems with Applications 42, 2015.

    Examples
    --------
    >>> from imbalance_kit.cost import savings_score
    >>> round(savings_score([0, 0, 0, 1], [0, 1, 0, 1], cost_matrix=[[0, 1], [10, 0]]), 4)
    0.6667
    """
    cost, decisions, weight = _by_decision(
        y_true, y_pred, cost_matrix, cost, sample_weight, labels, X
    )
    paid = np.average(cost[np.arange(len(decisions)), decisions], weights=weight)
    constant = np.average(cost, axis=0, weights=weight).min()
    # two sums of the same costs in another order; else 0 over 0 below where both are free
    if np.isclose(paid, constant, rtol=1e-12, atol=0.0):
        return 0.0
    if constant == 0:
        warnings.warn(
            "savings_score is undefined: the best constant decision costs nothing.",
            UndefinedMetricWarning,
            stacklevel=2,
        )
        return float("nan")
    return float((constant - paid) / abs(constant))


@dataclass(frozen=True)
class CostScorer:
    """Scorer that reads the costs of rows from columns of X, where the matrix names some.

    A scorer made by ``make_scorer`` gets labels only. In a grid search this one gets X too, so that
    prices by row need no metadata routing.

    Attributes
    ----------
    cost_matrix : CostMatrix, array-like, dict or "balanced"
        Rows are true classes, columns predicted classes.

    savings : bool
        Whether to score by the savings instead of minus the expected cost. Higher is better in
        both.
    """

    cost_matrix: Any
    savings: bool = False

    def __call__(self, estimator: Any, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Score of a fitted classifier on labelled rows."""
        matrix = as_cost_matrix(self.cost_matrix)
        if is_table(matrix.costs):
            # the order of the classifier's classes does not show which one is positive
            matrix = matrix.bind(estimator.classes_)
        given: dict[str, Any] = {"cost_matrix": matrix, "X": X}
        given |= {"sample_weight": sample_weight, "labels": estimator.classes_}
        y_pred = estimator.predict(X)
        if self.savings:
            return savings_score(y, y_pred, **given)
        return -expected_cost(y, y_pred, **given)


def _by_decision(
    y_true: Any, y_pred: Any, cost_matrix: Any, cost: Any, sample_weight: Any, labels: Any, X: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Cost of each decision by row, the position of the decision taken, and the weights."""
    if cost is not None and cost_matrix is not None:
        raise ValueError("Give costs of rows as `cost`, or a cost_matrix for all, not both.")
    warn_of_other_order(y_true, y_pred=y_pred, cost=cost, sample_weight=sample_weight)
    true, predicted = read_single_labels(y_true), read_single_labels(y_pred)
    check_consistent_length(true, predicted)
    weight = None if sample_weight is None else check_sample_weight(sample_weight, true)
    matrix = None if cost_matrix is None else as_cost_matrix(cost_matrix)
    found, encoded = encode(np.concatenate([true, predicted]))
    if labels is None and matrix is not None:
        labels = _labels_of(matrix, found.tolist(), y_true)
    classes = found.tolist() if labels is None else np.asarray(labels).tolist()
    if matrix is not None and labels is not None:
        matrix = _in_order(matrix, classes)
    unknown = [label for label in found.tolist() if label not in classes]
    if unknown:
        raise ValueError(
            f"y_true or y_pred holds classes that labels lacks: {unknown}; labels: {classes}."
        )
    encoded = np.array([classes.index(label) for label in found.tolist()])[encoded]
    y_encoded, decisions = encoded[: len(true)], encoded[len(true) :]
    n_classes = len(classes)
    if cost is not None:
        by_row = of_true_class(check_cost(cost, len(true), n_classes), y_encoded)
        return by_row, decisions, weight
    if matrix is None:
        return 1.0 - np.eye(n_classes)[y_encoded], decisions, weight
    if matrix.reads_columns:
        if X is None:
            raise ValueError(
                f"Costs that name columns of X differ by row ({matrix!r}): give X, the rows of "
                "y_true, or matrix.bind(classes).for_rows(X) as `cost`."
            )
        check_consistent_length(true, X)
        by_row = of_true_class(matrix.bind(classes).for_rows(X), y_encoded)
        return by_row, decisions, weight
    counts = count(y_encoded, n_classes, weight)
    return matrix.resolve(classes, counts)[y_encoded], decisions, weight


def _labels_of(matrix: CostMatrix, found: list, y_true: Any) -> list | None:
    """Classes in the order of the matrix, two also in that of an ordered category, else None."""
    if matrix.is_labelled:
        return list(matrix.classes)
    order = category_order(y_true)
    if matrix.classes is not None or len(found) != 2 or order is None:
        return None
    return sorted(found, key=order.index) if set(found) <= set(order) else None


def _in_order(matrix: CostMatrix, classes: list) -> CostMatrix:
    """A matrix without labels takes them in the order given."""
    fits = is_table(matrix.costs) and matrix.classes is None and len(matrix.costs) == len(classes)
    return CostMatrix(matrix.costs, classes=classes) if fits else matrix
