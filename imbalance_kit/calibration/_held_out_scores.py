"""One finite score per class from the probabilities or decision values of a classifier."""

from typing import Any

import numpy as np

from imbalance_kit._held_out_rows import HeldOut, held_out_predictions
from imbalance_kit._meta_estimator import ClassifierWrapper, require_fitted
from imbalance_kit._tables.rows import summed
from imbalance_kit.calibration._temperature_fit import log_of
from imbalance_kit.kernels.short_rows import in_blocks


def method_of(estimator: Any) -> str:
    """The method to predict scores with: probabilities where there are, else decision values."""
    for name in ("predict_proba", "decision_function"):
        if hasattr(estimator, name):
            return name
    raise ValueError(
        "estimator must have predict_proba or decision_function to be calibrated; "
        f"{type(estimator).__name__} has neither."
    )


def as_scores(response: np.ndarray, method: str, n_classes: int) -> np.ndarray:
    """Log probabilities, or decision values with a column for each class.

    A decision function of two classes is one number d. Its columns are -d / 2 and d / 2: their
    softmax is the sigmoid of d, so that d is read as log odds, and both columns move alike.
    """
    if method == "predict_proba":
        return log_of(response)
    if response.ndim == 1:
        return np.column_stack([-response / 2, response / 2]).astype(np.float64)
    if response.shape[1] != n_classes:
        raise ValueError(
            f"decision_function gives {response.shape[1]} columns for {n_classes} classes; "
            "expected one for each class. Use an estimator of one-against-rest or multinomial kind."
        )
    return np.asarray(response, dtype=np.float64)


class ScoreWrapper(ClassifierWrapper):
    """Works on scores instead of probabilities: `_from_scores` takes the place of `_correct`.

    `_held_out_scores` reads the parameters `cv` and `n_jobs`.
    """

    def predict_proba(self, X):
        """Probability of each class.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities.
        """
        require_fitted(self, "estimator_")
        method, n_classes = method_of(self.estimator_), len(self.classes_)
        return in_blocks(
            lambda response: self._from_scores(as_scores(response, method, n_classes)),
            self._response(X),
        )

    def _scores(self, X: Any) -> np.ndarray:
        """Scores of rows by the fitted estimator."""
        require_fitted(self, "estimator_")
        response = self._response(X)
        return as_scores(response, method_of(self.estimator_), len(self.classes_))

    def _response(self, X: Any) -> np.ndarray:
        """Probabilities or decision values by the fitted estimator."""
        return getattr(self.estimator_, method_of(self.estimator_))(summed(X))

    def _held_out_scores(
        self, X: Any, y: np.ndarray, params: dict[str, Any], classes: np.ndarray
    ) -> HeldOut:
        """Scores of rows by estimators that were fitted without them, a column for each class."""
        method = method_of(self.estimator)
        found = held_out_predictions(
            self.estimator, X, y, cv=self.cv, params=params, method=method, n_jobs=self.n_jobs
        )
        return HeldOut(as_scores(found.predictions, method, len(classes)), found.rows)

    def _from_scores(self, scores: np.ndarray) -> np.ndarray:
        """Probabilities from scores."""
        raise NotImplementedError
