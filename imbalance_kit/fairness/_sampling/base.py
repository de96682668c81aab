"""Base of the samplers that use groups, and the draws that several of them make."""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from imblearn.base import BaseSampler

from imbalance_kit._sampling.base import Rng, SamplerBase
from imbalance_kit._sampling.records import Opened, Resampled
from imbalance_kit._sampling.strategy import resolve_targets
from imbalance_kit._sampling.targets import Classes
from imbalance_kit._sklearn_compat import fit_context
from imbalance_kit._tables.points import Mixed
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit.fairness._groups.group_classes import GroupClasses
from imbalance_kit.fairness._groups.group_reading import (
    SENSITIVE_FEATURES,
    GroupReader,
    Groups,
)


@dataclass(frozen=True)
class OpenedGroups(Opened):
    """A table, its classes and its groups, checked.

    Attributes
    ----------
    target : Classes
        The class of each row.

    groups : Groups
        Group of each row.

    sensitive_features : data or None
        What was given beside X, as it came: for an estimator that reads groups itself.
    """

    target: Classes
    groups: Groups = field(kw_only=True)
    sensitive_features: Any = field(kw_only=True)

    @property
    def y_encoded(self) -> np.ndarray:
        """Position of each row's label among ``target.classes``."""
        return self.target.y_encoded

    @property
    def group_classes(self) -> GroupClasses:
        """Group and class of each row."""
        return GroupClasses(self.groups, self.target.classes, self.target.y_encoded)

    @property
    def column_order(self) -> np.ndarray:
        """Positions in the table of the columns of the points: numbers first, then nominal ones."""
        numeric = [j for j, kind in enumerate(self.kinds) if kind == "number"]
        return np.array([*numeric, *self.nominal], dtype=np.intp)


class BaseFairSampler(SamplerBase, BaseSampler):
    """Reads groups; a method is one hook, `_resample_groups`, which returns what comes out.

    Everything that the hook needs is in its arguments. What it sets on the sampler are attributes
    for the user; no other hook reads them.
    """

    _sampling_type = "bypass"
    _makes_rows = True
    _parameter_constraints: dict = {"sensitive_features": SENSITIVE_FEATURES}
    sensitive_features: Any

    @fit_context(prefer_skip_nested_validation=True)
    def fit_resample(self, X, y, *, sample_weight=None, sensitive_features=None):
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

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n), default=None
            Groups of the rows, where no columns of X are named in the constructor.

        Returns
        -------
        X_resampled : same kind as X, of shape (n_samples_new, n_features)
            The resampled table.

        y_resampled : same kind as y, of shape (n_samples_new,)
            The labels of its rows.
        """
        warn_of_other_order(X, sensitive_features=sensitive_features)
        opened, parts = self._open(X, y, sample_weight)
        reader = GroupReader(self._group_columns(), type(self).__name__)
        groups = reader.learn(X, sensitive_features)
        self.groups_ = groups.labels
        grouped = OpenedGroups(**vars(opened), groups=groups, sensitive_features=sensitive_features)
        resampled = self._resample_groups(grouped, self._rng())
        del grouped
        opened = replace(opened, points=None)  # making the result needs none of them
        return self._finish(opened, parts, resampled)

    def _resample_groups(self, opened: OpenedGroups, rng: Rng) -> Resampled:
        """Which rows come out, made of what, with what label and weight."""
        raise NotImplementedError

    def _group_columns(self) -> Any:
        """Columns of X that the constructor names."""
        return self.sensitive_features

    def _reads_values(self) -> bool:
        """Whether values of X matter; a method that reads none accepts any."""
        return True

    def _allowed_numbers(self):
        # finite or not does not matter to a method that reads no value
        return super()._allowed_numbers() if self._reads_values() else False

    def _points(self, table):
        return super()._points(table) if self._reads_values() else (None, ())

    def _parts(self, target):
        # groups decide how many rows come out, so the numbers by class are those that came in
        resolve_targets("auto", target.labels, "clean-sampling")  # refuses a single class
        counts = np.bincount(target.y_encoded)
        return target.parts_of(dict(zip(target.classes.tolist(), counts.tolist(), strict=True)))


def rows_by_counts(counts: np.ndarray) -> np.ndarray:
    """Rows so many times each: those that stay first, in their order, then the repeated ones."""
    again = np.repeat(np.arange(len(counts)), np.maximum(counts - 1, 0))
    return np.concatenate([np.flatnonzero(counts > 0), again]).astype(np.intp)


def systematic_counts(expected: np.ndarray, n: int, rng: Rng) -> np.ndarray:
    """How many times each row is taken, so that there are `n` and each is near what is expected.

    A systematic draw in random order: a row's number is its expected one rounded down or up, with
    chances that make the mean right. Whole expected numbers come out as they are.
    """
    order = rng.permutation(len(expected))
    edges = np.cumsum(expected[order] * (n / expected.sum()))
    # Rounding errors of the sum must neither change the total nor push a whole number just below
    # itself, which the floor would turn into one row less.
    edges[-1] = n
    reached = np.floor(np.round(edges, 9) + rng.uniform())
    counts = np.empty(len(expected), dtype=np.intp)
    counts[order] = np.diff(reached, prepend=0.0).astype(np.intp)
    return counts


def without_columns(opened: OpenedGroups, points: Any, positions: np.ndarray) -> Any:
    """Points without some columns of the table."""
    if not len(positions):
        return points
    if isinstance(points, Mixed):
        keep = ~np.isin(opened.column_order, positions)
        keep_numbers, keep_codes = np.split(keep, [points.numbers.shape[1]])
        return Mixed(
            points.numbers[:, keep_numbers],
            points.category_codes[:, keep_codes],
            points.weights[keep_codes],
        )
    return points[:, np.flatnonzero(~np.isin(opened.column_order, positions))]
