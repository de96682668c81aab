"""One finite score per class from whatever a classifier says."""

from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from imbalance_kit._meta_estimator import ClassifierWrapper, out_of_fold
from imbalance_kit.calibration._temperature_fit import log_of


def method_of(estimator: Any) -> str:
    """What to ask an estimator for: probabilities if it has them, else a decision function."""
    for name in ("predict_proba", "decision_function"):
        if hasattr(estimator, name):
            return name
    raise ValueError(
        "estimator must have predict_proba or decision_function to be calibrated; "
        f"{type(estimator).__name__} has neither."
    )


def as_scores(said: np.ndarray, method: str, n_classes: int) -> np.ndarray:
    """Log probabilities, or decision values with a column for each class.

    A decision function of two classes is one number d; its columns are -d / 2 and d / 2, so that
    their softmax takes d for log-odds.
    """
    if method == "predict_proba":
        return log_of(said)
    if said.ndim == 1:
        return np.column_stack([-said / 2, said / 2]).astype(np.float64)
    if said.shape[1] != n_classes:
        raise ValueError(
            f"decision_function gives {said.shape[1]} columns for {n_classes} classes; expected "
            "one for each class. Use an estimator of one-against-rest or multinomial kind."
        )
    return np.asarray(said, dtype=np.float64)


class ScoreWrapper(ClassifierWrapper):
    """Works on scores instead of probabilities: one more hook, `_from_scores`.

    `_held_out_scores` needs parameters `cv` and `n_jobs`.
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
        check_is_fitted(self, "estimator_")
        method = method_of(self.estimator_)
        return as_scores(getattr(self.estimator_, method)(X), method, len(self.classes_))

    def _held_out_scores(self, X: Any, y: np.ndarray, params: dict[str, Any]) -> np.ndarray:
        """Scores of rows by estimators that were fitted without them."""
        method = method_of(self.estimator)
        said = out_of_fold(
            self.estimator, X, y, cv=self.cv, params=params, method=method, n_jobs=self.n_jobs
        )
        return as_scores(said, method, len(self.estimator_.classes_))

    def _from_scores(self, scores: np.ndarray) -> np.ndarray:
        """Probabilities from scores."""
        raise NotImplementedError
