"""What cost-sensitive classifiers do alike: read costs, route them, score by them."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_consistent_length

from imbalance_kit._meta_estimator import ClassifierWrapper
from imbalance_kit._sklearn_compat import StrOptions
from imbalance_kit._tables.labels import count
from imbalance_kit.cost._expected_cost import expected_cost
from imbalance_kit.cost._matrix import CostMatrix, as_cost_matrix
from imbalance_kit.cost._row_costs import check_cost

COST_MATRIX: list = [CostMatrix, StrOptions({"balanced"}), dict, "array-like"]


class CostWrapper(ClassifierWrapper):
    """Has a `cost_matrix` and is scored by minus the mean cost of its decisions.

    Rows of a matrix are true classes, columns predicted classes.
    """

    cost_matrix: Any

    def score(self, X, y, sample_weight=None, cost=None):
        """Minus the mean cost of the decisions.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        y : array-like of shape (n_samples,)
            True classes.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        cost : array-like of shape (n_samples, n_classes) or (n_samples, n_classes, n_classes), \
default=None
            Costs of these rows in place of `cost_matrix`: of each decision, or full matrices with
            true classes as rows and predicted classes as columns.

        Returns
        -------
        score : float
            Higher is better, so that a search without `scoring` finds the cheapest decisions.
        """
        y_pred = self._predict_to_score(X, cost)
        given = {"cost": cost} if cost is not None else self._known_costs(X)
        return -expected_cost(y, y_pred, **given, sample_weight=sample_weight, labels=self.classes_)

    def get_metadata_routing(self):
        """Who may be given metadata.

        Returns
        -------
        routing : MetadataRouter
            This classifier's own `cost` and `sample_weight`, the estimator's ``fit``, and the
            splitter's ``split`` where there is one.
        """
        return super().get_metadata_routing().add_self_request(self)

    def _predict_to_score(self, X: Any, cost: Any) -> np.ndarray:
        """Predictions to score; only some classifiers decide by the costs of the rows."""
        return self.predict(X)

    def _known_costs(self, X: Any) -> dict[str, Any]:
        """Costs as the metrics take them."""
        if self.cost_matrix_.reads_columns:
            return {"cost": self.cost_matrix_.for_rows(X)}
        return {"cost_matrix": self.cost_matrix_}


class LearnsCosts(CostWrapper):
    """Takes costs of rows in ``fit``, which reach `_learn` as ``params["cost"]``."""

    def fit(self, X, y, sample_weight=None, cost=None, **fit_params):
        """Fit the estimator under costs.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table, as the estimator takes it.

        y : array-like of shape (n_samples,)
            Class labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, on top of their costs.

        cost : array-like of shape (n_samples, n_classes) or (n_samples, n_classes, n_classes), \
default=None
            Costs of the rows in place of `cost_matrix`: of each decision, or full matrices with
            true classes as rows and predicted classes as columns. Classes are in sorted order.

        **fit_params : dict
            More arguments of the estimator's ``fit``; with metadata routing enabled, whatever
            was requested.

        Returns
        -------
        self : object
            The fitted classifier.
        """
        check_consistent_length(X, y)
        if cost is not None:
            fit_params = {**fit_params, "cost": cost}
        return super().fit(X, y, sample_weight, **fit_params)


def check_price_columns(costs: Any, X: Any, cost: Any = None) -> None:
    """Look up the prices that a matrix names before anything is fitted.

    A column that is not there, or that an earlier step changed, would be noticed in ``predict``
    only, or never. With `cost` the matrix is not used.
    """
    matrix = None if costs is None or cost is not None else as_cost_matrix(costs)
    if matrix is not None and matrix.reads_columns:
        matrix.check_columns(X)


def bind_costs(
    costs: Any, classes: np.ndarray, y: np.ndarray, weight: np.ndarray | None
) -> CostMatrix:
    """The matrix in the order of the classes; "balanced" is settled by their counts in y."""
    found, y_encoded = np.unique(y, return_inverse=True)
    counts = dict(zip(found.tolist(), count(y_encoded, len(found), weight), strict=True))
    # A frozen estimator may have classes that y lacks, and y others that bind() then refuses.
    by_class = [counts.get(label, 0.0) for label in classes.tolist()]
    return as_cost_matrix(costs).bind(classes, by_class)


def costs_of_rows(
    matrix: CostMatrix | None, X: Any, cost: Any, n_rows: int, n_classes: int, *, full: bool = False
) -> np.ndarray | None:
    """Costs of single rows, given or read from X; None where all rows have the same matrix."""
    if cost is not None:
        return check_cost(cost, n_rows, n_classes, full=full)
    return matrix.for_rows(X) if matrix is not None and matrix.reads_columns else None


def proba_in_order(estimator: Any, X: Any, classes: np.ndarray) -> np.ndarray:
    """Probabilities with a column for each class, 0 for those that an estimator has not seen.

    A frozen estimator may know others, which are left out. An estimator without ``predict_proba``
    gives all probability to the class it predicts.
    """
    if hasattr(estimator, "predict_proba"):
        known = estimator.predict_proba(X)
        if np.array_equal(estimator.classes_, classes):
            return known
        proba = np.zeros((len(known), len(classes)))
        shared = np.isin(estimator.classes_, classes)
        proba[:, np.searchsorted(classes, estimator.classes_[shared])] = known[:, shared]
        return proba
    y_pred = np.searchsorted(classes, estimator.predict(X))
    return np.eye(len(classes))[y_pred]
