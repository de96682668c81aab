"""One finite score per class from the probabilities or decision values of a classifier."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from imbalance_kit._meta_estimator import ClassifierWrapper, out_of_fold
from imbalance_kit._tables.rows import summed
from imbalance_kit.calibration._temperature_fit import log_of


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
        return self._from_scores(self._scores(X))

    def _scores(self, X: Any) -> np.ndarray:
        """Scores of rows by the fitted estimator."""
        check_is_fitted(self, "estimator_")
        method = method_of(self.estimator_)
        return as_scores(getattr(self.estimator_, method)(summed(X)), method, len(self.classes_))

    def _held_out_scores(
        self, X: Any, y: np.ndarray, params: dict[str, Any], classes: np.ndarray
    ) -> np.ndarray:
        """Scores of rows by estimators that were fitted without them, a column for each class."""
        method = method_of(self.estimator)
        response = out_of_fold(
            self.estimator, X, y, cv=self.cv, params=params, method=method, n_jobs=self.n_jobs
        )
        return as_scores(response, method, len(classes))

    def _from_scores(self, scores: np.ndarray) -> np.ndarray:
        """Probabilities from scores."""
        raise NotImplementedError
