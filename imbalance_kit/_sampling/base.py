"""Bases of the samplers: a method answers one question, everything else happens here.

An under-sampler or cleaner answers "which rows stay?" (`_keep`, or `_keep_class` class by
class); an over-sampler answers "which rows make a new row?" (`_plan`). No hook validates,
copies containers or seeds a generator.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from imblearn.utils import check_target_type
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_consistent_length, validate_data

from imbalance_kit._sampling.plans import Plan, realise
from imbalance_kit._sampling.strategy import resolve_targets
from imbalance_kit._sklearn_compat import (
    ImblearnCleaningSampler,
    ImblearnOverSampler,
    ImblearnUnderSampler,
    check_sample_weight,
    fit_context,
)
from imbalance_kit._tables.containers import ColumnTable, MatrixTable, open_table
from imbalance_kit._tables.labels import read_labels
from imbalance_kit._tables.points import Mixed
from imbalance_kit._tables.rows import is_frame, take_rows

Rng = np.random.RandomState
CATEGORICAL_FEATURES: list = ["array-like", str, None]


class SamplerBase:
    """What every sampler does around its one question."""

    _sampling_type: str
    _makes_rows = False
    sampling_strategy: Any

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Check the data and settle how many rows of each class there will be.

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
            The sampler, with ``sampling_strategy_`` set.
        """
        _, labels = self._open(X, y)
        self.sampling_strategy_ = self._targets(labels)
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_resample(self, X, y, *, sample_weight=None):
        """Resample the table.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table: ndarray, list, pandas, polars or pyarrow table, scipy sparse matrix or
            array (other than CSR and CSC come back as CSR). Missing values are allowed.

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
        table, labels = self._open(X, y)
        weight = None if sample_weight is None else check_sample_weight(sample_weight, labels)
        self.sampling_strategy_ = self._targets(labels)
        rng = check_random_state(getattr(self, "random_state", None))
        X_resampled, rows = self._fit_resample(table, labels, rng)
        self.sample_indices_ = rows
        self.sample_weight_ = None if weight is None else weight[rows]
        return X_resampled, take_rows(y, rows, fresh_index=self._makes_rows)

    def _open(self, X: Any, y: Any) -> tuple[MatrixTable | ColumnTable, np.ndarray]:
        """The table and the labels as one ndarray, both checked."""
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is None."
            )
        labels = _as_labels(y)
        check_consistent_length(X, labels)
        if is_frame(X):
            validate_data(self, X=X, reset=True, skip_check_array=True)
            if min(X.shape) == 0:
                raise ValueError(
                    f"Found array with {X.shape[0]} sample(s) and {X.shape[1]} feature(s) "
                    f"(shape={tuple(X.shape)}) while a minimum of 1 is required."
                )
            return open_table(X), labels
        checked = validate_data(
            self,
            X=X,
            reset=True,
            accept_sparse=["csr", "csc"],
            dtype=None,
            ensure_all_finite=self._allowed_numbers(),
        )
        if isinstance(X, list | tuple):
            return open_table(checked.tolist()), labels
        return open_table(checked), labels

    def _allowed_numbers(self) -> str | bool:
        """What scikit-learn's ``ensure_all_finite`` takes: samplers honour missing values."""
        return "allow-nan"

    def _see(self, table: MatrixTable | ColumnTable) -> Any:
        """What the hooks get as X: points to measure distances on, unless a method overrides."""
        self._nominal = table.nominal_columns(getattr(self, "categorical_features", "auto"))
        return table.points(self._nominal)

    def _targets(self, labels: np.ndarray) -> dict:
        return resolve_targets(self.sampling_strategy, labels, self._sampling_type)

    def _fit_resample(self, table, y, rng):
        raise NotImplementedError

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()  # type: ignore[misc]  # the mixin stands before a base
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.sampler_tags.sample_indices = True
        return tags


class _SelectionMixin(SamplerBase):
    """Rows stay or go; nothing is changed."""

    def _fit_resample(self, table, y, rng):
        rows = self._keep(self._see(table), y, self.sampling_strategy_, rng)
        if len(rows) == table.n_rows:
            # Nothing dropped, so nothing moves either: a pipeline that leaves weights behind fails
            # on another number of rows, but would take another order in silence.
            rows = np.sort(rows)
        return table.take(rows), rows

    def _keep(self, X: Any, y: np.ndarray, targets: dict, rng: Rng) -> np.ndarray:
        """Rows that stay: class by class in the order of the labels."""
        kept = []
        for label in np.unique(y):
            if label in targets:
                kept.append(self._keep_class(X, y, label, targets[label], rng))
            else:
                kept.append(np.flatnonzero(y == label))
        return np.concatenate(kept)

    def _keep_class(self, X: Any, y: np.ndarray, label: Any, n: int, rng: Rng) -> np.ndarray:
        raise NotImplementedError


class BaseUnderSampler(_SelectionMixin, ImblearnUnderSampler):
    """Base of samplers that keep a given number of rows of each class."""


class BaseCleaningSampler(_SelectionMixin, ImblearnCleaningSampler):
    """Base of samplers that drop rows by what surrounds them; the number follows."""


class BaseOverSampler(SamplerBase, ImblearnOverSampler):
    """Base of samplers that add rows: originals first, unchanged, then class by class."""

    _makes_rows = True

    def _fit_resample(self, table, y, rng):
        X = self._see(table)
        seeds, made = [np.arange(table.n_rows)], []
        for label, n in self.sampling_strategy_.items():
            if n == 0:
                continue
            plan = self._plan(X, y, label, n, rng)
            made.append(self._make(X, y, label, plan, rng))
            seeds.append(plan.seed)
        rows = np.concatenate(seeds)
        self.sample_origin_ = np.where(np.arange(len(rows)) < table.n_rows, rows, -1)
        if not made:
            return table.take(rows, fresh_index=True), rows
        return table.extend(self._nominal, made), rows

    def _plan(self, X: Any, y: np.ndarray, label: Any, n: int, rng: Rng) -> Plan:
        raise NotImplementedError

    def _make(self, X: Any, y: np.ndarray, label: Any, plan: Plan, rng: Rng) -> Any:
        """Turn the plan of one class into rows."""
        return realise(X, plan, rng)


@dataclass(frozen=True)
class Remade:
    """The rows that come out of a sampler that changes or replaces rows.

    Attributes
    ----------
    rows : ndarray of shape (n_out,)
        For each row that comes out, the row that it is or that it was made from; its label and
        weight are taken from there.

    fresh : ndarray of shape (n_out,), bool
        Which of them are made.

    points : of the kind of the hook's X, with ``fresh.sum()`` rows
        The made rows, in order.
    """

    rows: np.ndarray
    fresh: np.ndarray
    points: Any


class _RemakingMixin(SamplerBase):
    """Originals may leave, change or be replaced, so a method says what comes out: `_remake`."""

    _makes_rows = True

    def _fit_resample(self, table, y, rng):
        remade = self._remake(self._see(table), y, self.sampling_strategy_, rng)
        rows, fresh = remade.rows, remade.fresh
        self.sample_origin_ = np.where(fresh, -1, rows)
        if not fresh.any():
            return table.take(rows, fresh_index=True), rows
        both = table.extend(self._nominal, [remade.points])
        order = rows.copy()
        order[fresh] = table.n_rows + np.arange(fresh.sum())
        return take_rows(both, order, fresh_index=True), rows

    def _remake(self, X: Any, y: np.ndarray, targets: dict, rng: Rng) -> Remade:
        raise NotImplementedError


class BaseRemakingUnderSampler(_RemakingMixin, ImblearnUnderSampler):
    """Base of under-samplers that put made rows in the place of originals."""


class BaseRemakingOverSampler(_RemakingMixin, ImblearnOverSampler):
    """Base of over-samplers that also drop or move originals."""


def heom(points: Any) -> Any:
    """Give mixed points the heterogeneous metric: numbers by their range, a mismatch counts 1.

    Wilson and Martinez, "Improved Heterogeneous Distance Functions", Journal of Artificial
    Intelligence Research 6, 1997. Points without nominal columns keep the Euclidean distance.
    """
    if not isinstance(points, Mixed):
        return points
    numbers = points.numbers.astype(np.float64)
    if numbers.shape[1]:
        present = np.isfinite(numbers)
        low = np.min(numbers, axis=0, initial=np.inf, where=present)
        high = np.max(numbers, axis=0, initial=-np.inf, where=present)
        spread = np.where(high > low, high - low, 1.0)
        numbers = numbers / spread
    return Mixed(numbers, points.codes, np.ones(points.codes.shape[1]))


def _as_labels(y: Any) -> np.ndarray:
    """One label per row, from any container; one-versus-all indicators become class numbers."""
    values = read_labels(y)
    check_classification_targets(values)
    return values if values.ndim == 1 else check_target_type(values)
