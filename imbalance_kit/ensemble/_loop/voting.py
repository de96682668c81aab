"""The vote of the learners: sums in one order, from which all predictions come."""

from collections.abc import Callable, Iterator
from copy import copy
from typing import Any

import numpy as np
from joblib import effective_n_jobs
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from imbalance_kit._pickled_rows import OfRows, PickledWithoutRows
from imbalance_kit._sklearn_compat import n_samples_of
from imbalance_kit.calibration._prior import correct_prior_of_trained
from imbalance_kit.ensemble._larger_than_memory.stored_table import StoredTable
from imbalance_kit.ensemble._learners.categories import with_levels
from imbalance_kit.ensemble._learners.predictions import (
    as_read_by,
    class_probabilities,
    predict_in_parts,
)
from imbalance_kit.ensemble._loop.table_reading import TableReader
from imbalance_kit.kernels.short_rows import first_largest


class VotingLearners(ClassifierMixin, PickledWithoutRows, TableReader):
    """Fitted learners and one vote over them.

    A method whose learners do not vote by the mean of their probabilities overrides `_vote`,
    `_from_votes` and, where the correction of class shares differs, `_corrected`.
    """

    classes_: np.ndarray
    estimators_: list
    estimators_samples_: Any = OfRows()  # a list of ndarray
    estimator_weights_: list[float]
    prior_: np.ndarray
    resampled_prior_: np.ndarray
    n_jobs: int | None
    recalibrate: bool

    def __len__(self) -> int:
        """Number of learners."""
        check_is_fitted(self, "estimators_")
        return len(self.estimators_)

    def __getitem__(self, index):
        """A learner, or a list of learners for a slice."""
        check_is_fitted(self, "estimators_")
        return self.estimators_[index]

    def __iter__(self) -> Iterator[Any]:
        """Go through the learners."""
        check_is_fitted(self, "estimators_")
        return iter(self.estimators_)

    def __bool__(self) -> bool:
        """An ensemble is true before it is fitted, too, where it has no length."""
        return True

    def predict_proba(self, X):
        """Probability of each class, by the vote of all learners.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table, or a path or dask collection as in ``fit``, which is predicted block by
            block.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities, corrected for the change of class shares when `recalibrate` is set.
        """
        X = self._open_for_prediction(X)
        if isinstance(X, StoredTable):
            light = copy(self)
            light.estimators_samples_ = []  # workers elsewhere need not get them
            return X.predict_blocks(light._predict_block)
        return self._predict_table(X)

    def predict(self, X):
        """Most probable class of each row.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table, or a path or dask collection as in ``fit``, which is predicted block by
            block.

        Returns
        -------
        y : ndarray of shape (n_samples,)
            Class labels.
        """
        proba = self.predict_proba(X)
        return self.classes_[first_largest(proba)]

    def predict_log_proba(self, X):
        """Logarithm of the probability of each class.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table, as for ``predict_proba``.

        Returns
        -------
        log_proba : ndarray of shape (n_samples, n_classes)
            Logarithms; minus infinity where the probability is zero.
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def staged_predict_proba(self, X):
        """Probabilities after one learner, after two, and so on.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        stages : generator of ndarray of shape (n_samples, n_classes)
            What ``predict_proba`` would return with the learners so far.
        """
        X = self._open_in_memory(X, "Stages need a table in memory; X is not. Give it in parts.")
        return (self._corrected(total.copy(), weight) for total, weight in self._votes_so_far(X))

    def staged_predict(self, X):
        """Most probable classes after one learner, after two, and so on.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        stages : generator of ndarray of shape (n_samples,)
            What ``predict`` would return with the learners so far.
        """
        return (self.classes_[proba.argmax(axis=1)] for proba in self.staged_predict_proba(X))

    @property
    def feature_importances_(self) -> np.ndarray:
        """Importance of each column, the mean over the learners; only where they have any."""
        check_is_fitted(self)
        by_learner = [learner.feature_importances_ for learner in self.estimators_]
        return np.average(by_learner, axis=0, weights=self.estimator_weights_)

    def _vote(self, learner: Any, number: int, X: Any) -> np.ndarray:
        """What a learner adds to the vote on each row."""
        return class_probabilities(learner, X, len(self.classes_))

    def _from_votes(self, total: np.ndarray, weight: float) -> np.ndarray:
        """Probabilities from the sum of the votes and of the learners' weights."""
        return total / weight

    def _corrected(self, total: np.ndarray, weight: float) -> np.ndarray:
        """Probabilities as they are given out."""
        proba = self._from_votes(total, weight)
        if not self.recalibrate:
            return proba
        return correct_prior_of_trained(
            proba, trained_on=self.resampled_prior_, true_prior=self.prior_
        )

    def _votes_so_far(self, X: Any) -> Iterator[tuple[np.ndarray, float]]:
        """Sums of the votes and of the weights after each learner.

        They are taken in the order of the learners: sums of floats depend on the order, and
        threads and stages must not change the result.
        """
        total = np.zeros((n_samples_of(X), len(self.classes_)))
        weight = 0.0
        for number, learner in enumerate(self.estimators_):
            total += self._vote(learner, number, X)
            weight += self.estimator_weights_[number]
            yield total, weight

    def _open_in_memory(self, X: Any, refusal: str) -> Any:
        """The table as the learners read it; what is not in memory is refused."""
        X = self._open_for_prediction(X)
        if isinstance(X, StoredTable):
            raise ValueError(refusal)
        return as_read_by(self.estimators_[0], X)

    def _predict_table(self, X: Any) -> np.ndarray:
        """Probabilities of a table in memory, by as many threads as may be used."""

        def predict(part: Any) -> np.ndarray:
            *_, (total, weight) = self._votes_so_far(part)
            return self._corrected(total, weight)

        X = as_read_by(self.estimators_[0], X)
        return predict_in_parts(predict, X, effective_n_jobs(self.n_jobs))

    def _predict_block(self, block: Any) -> np.ndarray:
        """Probabilities of rows of a stored table, in this process or on a worker."""
        if not n_samples_of(block):
            return np.empty((0, len(self.classes_)))
        names = getattr(self, "feature_names_in_", None)
        on_frame = names is not None and not self._feature_columns.as_array
        if isinstance(block, np.ndarray) and on_frame:
            import pandas as pd

            block = pd.DataFrame(block, columns=names)
        return self._predict_table(with_levels(block, self._feature_columns.levels))


class DecisionsOfLearners(VotingLearners):
    """Adds ``decision_function`` where the base learner has it, as imbalanced-learn does."""

    _prototype: Callable[[], Any]  # the base learner, not fitted

    @available_if(lambda self: hasattr(self._prototype(), "decision_function"))
    def decision_function(self, X):
        """Mean of what the learners' ``decision_function`` returns, not corrected for anything.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        score : ndarray of shape (n_samples,) or (n_samples, n_classes)
            One number for two classes, else one for each class.
        """
        X = self._open_in_memory(X, "The decision function needs a table in memory; X is not.")
        scores = [learner.decision_function(X) for learner in self.estimators_]
        if len({score.shape for score in scores}) > 1:
            raise ValueError(
                "decision_function needs learners that saw the same classes; some were trained on "
                "rows of fewer. Use predict_proba, or let rounds have more rows."
            )
        return np.average(scores, axis=0, weights=self.estimator_weights_)
