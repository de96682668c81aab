"""Samplers in a row, as one sampler."""

from inspect import signature
from typing import Any

import numpy as np
from imblearn.base import BaseSampler
from sklearn.base import clone
from sklearn.utils import check_random_state

from imbalance_kit._sampling.records import Provenance
from imbalance_kit._sklearn_compat import check_sample_weight, fit_context, n_samples_of
from imbalance_kit._tables.column_warnings import each_warning_once
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit._tables.rows import take_rows, with_reset_index
from imbalance_kit._tables.validation import require_target


class BaseChain(BaseSampler):
    """Runs named samplers in a row: those of `_named_steps`."""

    def _named_steps(self) -> list[tuple[str, Any]]:
        raise NotImplementedError

    @fit_context(prefer_skip_nested_validation=False)
    def fit(self, X, y):
        """Check the data as the first step does.

        Use ``fit_resample`` to get the rows.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        y : array-like of shape (n_samples,)
            Class labels.

        Returns
        -------
        self : object
            The sampler, with its first step fitted.
        """
        steps = self._cloned_steps(y)
        if steps:
            steps[0].fit(X, y)
        self._set_fitted(steps)
        return self

    @fit_context(prefer_skip_nested_validation=False)
    @each_warning_once()
    def fit_resample(self, X, y, *, sample_weight=None):
        """Resample the table by every step in turn.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table: ndarray, list, pandas, polars or pyarrow table, scipy sparse matrix or
            array. Missing values are allowed where the steps allow them.

        y : array-like of shape (n_samples,)
            Class labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows. They do not change which rows are drawn; the weights of the
            rows that come out are left in ``sample_weight_``, a new row having its seed's.

        Returns
        -------
        X_resampled : same kind as X, of shape (n_samples_new, n_features)
            The resampled table.

        y_resampled : same kind as y, of shape (n_samples_new,)
            The labels of its rows.
        """
        # the steps warn of y, but get weights that have been read
        warn_of_other_order(X, sample_weight=sample_weight)
        steps = self._cloned_steps(y)
        everyone = np.arange(n_samples_of(X))
        weight = None if sample_weight is None else check_sample_weight(sample_weight, X)
        provenance = Provenance(everyone, everyone, weight)
        if not steps:
            X, y = take_rows(X, everyone), take_rows(y, everyone)
        for step in steps:
            weighted = provenance.weight is not None
            # a sampler of another package may take none: its rows are followed by their numbers
            takes_weight = "sample_weight" in signature(step.fit_resample).parameters
            weights = {"sample_weight": provenance.weight} if weighted and takes_weight else {}
            X, y = step.fit_resample(X, y, **weights)
            left = Provenance.left_by(step)
            if left.rows is None and weighted:
                raise ValueError(
                    f"sample_weight cannot be carried past {type(step).__name__}, which does not "
                    "set where its rows come from (no sample_indices_). Use a sampler of "
                    "imbalance_kit, or resample without weights."
                )
            provenance = provenance.then(left)
        if self._makes_rows:
            X, y = with_reset_index(X), with_reset_index(y)
        self._set_fitted(steps)
        provenance.set_on(self, with_origin=True)
        return X, y

    @property
    def _makes_rows(self) -> bool:
        return any(getattr(step, "_makes_rows", False) for _, step in self._named_steps())

    def _cloned_steps(self, y: Any) -> list:
        """Clones of the steps; those without a seed draw from one generator in turn."""
        require_target(self, y)
        rng = check_random_state(self.random_state)
        steps = [clone(step) for _, step in self._named_steps() if not is_skipped(step)]
        for step in steps:
            parameters = step.get_params(deep=False)
            if "random_state" in parameters and parameters["random_state"] is None:
                step.set_params(random_state=rng)
        return steps

    def _set_fitted(self, steps: list) -> None:
        """Set the fitted steps, and the attributes that are those of the first one."""
        self.steps_ = steps
        for name in ("sampling_strategy_", "n_features_in_", "feature_names_in_"):
            if steps and hasattr(steps[0], name):
                setattr(self, name, getattr(steps[0], name))
            else:
                self.__dict__.pop(name, None)

    def _fit_resample(self, X, y, **params):
        raise NotImplementedError  # abstract in imbalanced-learn; `fit_resample` does the work

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.sampler_tags.sample_indices = True
        return tags


def is_skipped(step: Any) -> bool:
    return step is None or (isinstance(step, str) and step == "passthrough")
