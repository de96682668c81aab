"""What classifiers that mind costs do alike: read costs, route them, score by them."""

from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline
from sklearn.utils.metadata_routing import get_routing_for_object
from sklearn.utils.validation import check_consistent_length

from imbalance_kit._meta_estimator import ClassifierWrapper, takes_weights
from imbalance_kit._sklearn_compat import StrOptions, is_arraylike, n_samples_of, routing_enabled
from imbalance_kit._tables.labels import count
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.cost._expected_cost import expected_cost
from imbalance_kit.cost._matrix import CostMatrix, as_cost_matrix
from imbalance_kit.cost._row_costs import check_cost

COST_MATRIX: list = [CostMatrix, StrOptions({"balanced"}), dict, "array-like"]


class CostWrapper(ClassifierWrapper):
    """Has a `cost_matrix`, and is as good as its decisions are cheap.

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
        said = self._predict_to_score(X, cost)
        given = {"cost": cost} if cost is not None else self._known_costs(X)
        return -expected_cost(y, said, **given, sample_weight=sample_weight, labels=self.classes_)

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
        return self.predict(X)

    def _known_costs(self, X: Any) -> dict[str, Any]:
        """Costs as the metrics take them."""
        if self.cost_matrix_.reads_columns:
            return {"cost": self.cost_matrix_.for_rows(X)}
        return {"cost_matrix": self.cost_matrix_}

    def _bind_costs(self, classes: np.ndarray, y: np.ndarray, weight: np.ndarray | None) -> None:
        """Settle the matrix for these classes and, where it asks for them, their counts."""
        found, codes = np.unique(y, return_inverse=True)
        counts = dict(zip(found.tolist(), count(codes, len(found), weight), strict=True))
        by_class = [counts.get(label, 0.0) for label in classes.tolist()]
        self.cost_matrix_ = as_cost_matrix(self.cost_matrix).bind(classes, by_class)

    def _costs_at_fit(
        self, X: Any, cost: Any, n_rows: int, n_classes: int, *, full: bool = False
    ) -> np.ndarray | None:
        """Costs of single rows, given or read from X; None where all have the same matrix."""
        if cost is not None:
            return check_cost(cost, n_rows, n_classes, full=full)
        return self.cost_matrix_.for_rows(X) if self.cost_matrix_.reads_columns else None


class LearnsCosts(CostWrapper):
    """Takes costs of rows in ``fit``."""

    def fit(self, X, y, sample_weight=None, cost=None, **fit_params):
        """Fit the estimator, minding costs.

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


def weight_argument(estimator: Any) -> str | None:
    """Name under which ``fit`` takes the weights of rows, or None where it does not.

    A pipeline hands them to its last step, unless a step changes the rows.
    """
    if not isinstance(estimator, Pipeline):
        return "sample_weight" if takes_weights(estimator) else None
    if routing_enabled():
        asked = get_routing_for_object(estimator).consumes("fit", ["sample_weight"])
        return "sample_weight" if asked else None
    name, last = estimator.steps[-1]
    inner = None if last in (None, "passthrough") else weight_argument(last)
    changes_rows = any(hasattr(step, "fit_resample") for _, step in estimator.steps)
    return None if inner is None or changes_rows else f"{name}__{inner}"


def params_of_rows(params: dict[str, Any], rows: np.ndarray, n_rows: int) -> dict[str, Any]:
    """Arguments of ``fit`` for some rows: what has an entry for each row is cut to these."""
    return {
        name: take_rows(value, rows)
        if is_arraylike(value) and n_samples_of(value) == n_rows
        else value
        for name, value in params.items()
    }


def proba_in_order(estimator: Any, X: Any, classes: np.ndarray) -> np.ndarray:
    """Probabilities with a column for each class, 0 for those that an estimator has not seen.

    An estimator without ``predict_proba`` is certain of what it says.
    """
    if hasattr(estimator, "predict_proba"):
        own = estimator.predict_proba(X)
        if len(estimator.classes_) == len(classes):
            return own
        proba = np.zeros((len(own), len(classes)))
        proba[:, np.searchsorted(classes, estimator.classes_)] = own
        return proba
    said = np.searchsorted(classes, estimator.predict(X))
    return np.eye(len(classes))[said]
