"""Base of the samplers that look at groups: what comes out is the one question, `_draw`."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from imblearn.base import BaseSampler
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.utils import check_random_state

from imbalance_kit._sampling.base import Rng, SamplerBase
from imbalance_kit._sampling.strategy import resolve_targets
from imbalance_kit._sklearn_compat import check_sample_weight, fit_context
from imbalance_kit._tables.imputation import embed
from imbalance_kit._tables.labels import encode
from imbalance_kit._tables.points import Mixed
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.fairness._groups import GroupReader, Groups
from imbalance_kit.fairness._weighing.base import SENSITIVE_FEATURES


@dataclass(frozen=True)
class Data:
    """What a sampler was given.

    Attributes
    ----------
    X : table
        As it came; what a user's estimator is fitted on.

    table : MatrixTable or ColumnTable
        The same, opened.

    points : ndarray, CSR matrix or array, Mixed or None
        What distances are measured on; None for a method that does not look at values.

    nominal : ndarray
        Positions of the nominal columns.

    labels : ndarray of shape (n_samples,)
        Class labels.

    classes : ndarray of shape (n_classes,)
        Different labels, sorted.

    codes : ndarray of shape (n_samples,)
        Position of each label among the classes.

    groups : Groups
        Group of each row.

    given : data or None
        Sensitive features that came beside X, as they came.
    """

    X: Any
    table: Any
    points: Any
    nominal: np.ndarray
    labels: np.ndarray
    classes: np.ndarray
    codes: np.ndarray
    groups: Groups
    given: Any = None

    @property
    def n_rows(self) -> int:
        return len(self.codes)

    @property
    def cells(self) -> np.ndarray:
        """Number of each row's cell; a cell is a group and a class."""
        return self.groups.codes * len(self.classes) + self.codes

    @property
    def counts(self) -> np.ndarray:
        """Rows of each cell, of shape (n_groups, n_classes)."""
        shape = self.groups.n_groups, len(self.classes)
        return np.bincount(self.cells, minlength=shape[0] * shape[1]).reshape(shape)


@dataclass(frozen=True)
class Drawn:
    """The rows that come out.

    Attributes
    ----------
    rows : ndarray of shape (n_out,)
        For each row that comes out, the row it belongs to: its weight is taken from there.

    values_from : ndarray of shape (n_out,) or None
        The row whose values it has, -1 for made ones; None: `rows`.

    labels_from : ndarray of shape (n_out,) or None
        A row that has its label; None: `rows`.

    points : like the points of `Data`, or None
        Made rows, in order.

    factors : ndarray of shape (n_out,) or None
        Weights that the sampler gives, which multiply those that came with the rows.
    """

    rows: np.ndarray
    values_from: np.ndarray | None = None
    labels_from: np.ndarray | None = None
    points: Any = None
    factors: np.ndarray | None = None


class BaseFairSampler(SamplerBase, BaseSampler):
    """Reads groups and gives them to `_draw`, which says what comes out."""

    _sampling_type = "bypass"
    _makes_rows = True
    _looks = True
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
        table, labels = self._open(X, y)
        weight = None if sample_weight is None else check_sample_weight(sample_weight, labels)
        self.sampling_strategy_ = self._targets(labels)
        points = self._see(table) if self._looks_at_values() else None
        nominal = self._nominal if points is not None else np.empty(0, dtype=np.intp)
        groups = GroupReader(self._group_columns(), type(self).__name__).learn(
            X, sensitive_features
        )
        self.groups_ = groups.labels
        classes, codes = encode(labels)
        data = Data(
            table.X,
            table,
            points,
            nominal,
            labels,
            classes,
            codes.astype(np.intp),
            groups,
            sensitive_features,
        )
        rng = check_random_state(getattr(self, "random_state", None))
        drawn = self._draw(data, rng)
        self.sample_indices_ = drawn.rows
        self.sample_origin_ = drawn.rows if drawn.values_from is None else drawn.values_from
        self.sample_weight_ = None if weight is None else weight[drawn.rows]
        if drawn.factors is not None:
            self.sample_weight_ = drawn.factors * (1.0 if weight is None else weight[drawn.rows])
        origin = self.sample_origin_
        if drawn.points is None:
            X_resampled = table.take(origin, fresh_index=True)
        else:
            made = origin < 0
            order = np.where(made, table.n_rows + np.cumsum(made) - 1, origin)
            X_resampled = take_rows(
                table.extend(nominal, [drawn.points]), order.astype(np.intp), fresh_index=True
            )
        labels_from = drawn.rows if drawn.labels_from is None else drawn.labels_from
        return X_resampled, take_rows(y, labels_from, fresh_index=True)

    def _draw(self, data: Data, rng: Rng) -> Drawn:
        raise NotImplementedError

    def _group_columns(self) -> Any:
        """Columns of X that the constructor names."""
        return self.sensitive_features

    def _looks_at_values(self) -> bool:
        """Whether values of X matter; what does not look at them takes anything."""
        return self._looks

    def _allowed_numbers(self):
        return super()._allowed_numbers() if self._looks_at_values() else False

    def _targets(self, labels):
        resolve_targets("auto", labels, "clean-sampling")  # refuses a single class
        classes, counts = np.unique(labels, return_counts=True)
        return dict(zip(classes.tolist(), counts.tolist(), strict=True))

    def _sensitive_positions(self, data: Data) -> np.ndarray:
        """Positions of the columns of X that hold the sensitive features; none if beside X."""
        if self.sensitive_features is None:
            return np.empty(0, dtype=np.intp)
        asked = self.sensitive_features
        asked = [asked] if isinstance(asked, str | int | np.integer) else list(asked)
        names = data.table.columns.names if hasattr(data.table, "columns") else None
        places = [
            names.index(column) if isinstance(column, str) and names else int(column)
            for column in asked
        ]
        return np.array(sorted(place % data.table.n_columns for place in places), dtype=np.intp)


def arrange(counts: np.ndarray) -> np.ndarray:
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
    edges[-1] = n
    reached = np.floor(np.round(edges, 9) + rng.uniform())
    counts = np.empty(len(expected), dtype=np.intp)
    counts[order] = np.diff(reached, prepend=0.0).astype(np.intp)
    return counts


def without_columns(data: Data, points: Any, positions: np.ndarray) -> Any:
    """Points without some columns of the table."""
    if not len(positions):
        return points
    if isinstance(points, Mixed):
        numeric = np.setdiff1d(np.arange(data.table.n_columns), data.nominal)
        keep_numbers = ~np.isin(numeric, positions)
        keep_codes = ~np.isin(np.sort(data.nominal), positions)
        return Mixed(
            points.numbers[:, keep_numbers],
            points.codes[:, keep_codes],
            points.weights[keep_codes],
        )
    return points[:, np.setdiff1d(np.arange(points.shape[1]), positions)]


def scaled(points: Any) -> Any:
    """Complete numbers of spread 1, nominal columns one-hot: what a linear model reads well."""
    numbers = embed(points)
    if numbers.shape[1] == 0:
        return np.zeros((numbers.shape[0], 1))
    dense = isinstance(numbers, np.ndarray)
    return StandardScaler(with_mean=dense).fit_transform(numbers.astype(np.float64))


def linear_model() -> LogisticRegression:
    """The learner where the user names none."""
    return LogisticRegression(max_iter=1000)
