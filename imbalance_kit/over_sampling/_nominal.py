"""Over-samplers for nominal columns: SMOTENC beside numbers, SMOTEN alone."""

import warnings
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.exceptions import DataConversionWarning

from imbalance_kit._neighbors.custom import NEIGHBORS, find_neighbors
from imbalance_kit._sampling.base import BaseOverSampler, Rng
from imbalance_kit._sampling.plans import Plan, realise
from imbalance_kit._sampling.targets import Part
from imbalance_kit._sklearn_compat import StrOptions
from imbalance_kit._tables.containers import ColumnTable, MatrixTable
from imbalance_kit._tables.points import Mixed
from imbalance_kit._threads import in_threads, thread_count
from imbalance_kit.kernels.ballots import first_of_rows, tally
from imbalance_kit.kernels.order import smallest
from imbalance_kit.over_sampling._base import k_for
from imbalance_kit.over_sampling._smote import SMOTE

_SMALL_WORK = 1 << 24  # differences up to which numpy takes less time than loading numba
_BLOCK_ELEMENTS = 1 << 18  # pairs of rows that numpy measures in one go


class SMOTENC(SMOTE):
    """Make rows of numbers and nominal values (SMOTE for nominal and continuous columns).

    The same as `SMOTE`, but the nominal columns must be named.

    Parameters
    ----------
    categorical_features : "auto", array-like or None
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    k_neighbors : int or neighbours estimator, default=5
        Neighbours that a row may go towards. An object with ``kneighbors`` (for instance an
        approximate search) is fitted on the rows of each class; as it also finds the row
        itself, give it one neighbour more.

    small_class : {"shrink", "raise", "copy"}, default="shrink"
        What to do about a class with no more than `k_neighbors` rows: use the neighbours there
        are, with a warning; raise a ``ValueError``; or copy its rows.

    n_jobs : int or None, default=None
        Threads of the neighbour search. The result does not depend on it.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows made of each class.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_origin_ : ndarray of shape (n_samples_new,)
        Input row that each output row equals, or -1 for a new row.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    categorical_features_ : ndarray of int
        Positions of the nominal columns.

    continuous_features_ : ndarray of int
        Positions of the other columns.

    median_std_ : dict
        For each over-sampled class, the median standard deviation of its numeric columns.

    nn_k_ : neighbours estimator
        What `k_neighbors` stands for, with one neighbour more for the row itself; not fitted, built
        on access.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    SMOTE : The same, and it finds the nominal columns of a dataframe by itself.

    SMOTEN : Every column is nominal, and levels are near if classes are spread over them alike.

    Notes
    -----
    Counts are exact, and originals come first, unchanged. Two different values of a nominal
    column count as far apart as the median standard deviation of the numeric columns in the
    class [1]_; the new row takes the value most frequent among its seed's neighbours (ties at
    random). Levels are counted, not spread over one-hot columns: a column of thousands of levels
    costs no more than one of two, and there is no ``categorical_encoder`` as in imbalanced-learn.

    A table without numbers works too (the distance is then the number of different values), and
    so does one without nominal columns (then it is `SMOTE`); imbalanced-learn refuses both. A
    missing nominal value is a level of its own; a numeric value is missing in a new row only if
    both parents miss it. Cost is at most O(m^2 d) for a class of m rows.

    References
    ----------
    .. [1] N. V. Chawla, K. W. Bowyer, L. O. Hall, W. P. Kegelmeyer, "SMOTE: Synthetic Minority
       Over-sampling Technique", Journal of Artificial Intelligence Research 16, 2002.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.over_sampling import SMOTENC
    >>> X = np.array([[i, i % 3] for i in range(40)])
    >>> y = np.repeat([0, 1], [30, 10])
    >>> X_res, y_res = SMOTENC([1], random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist(), np.unique(X_res[:, 1]).tolist()
    ([30, 30], [0, 1, 2])
    """

    def __init__(
        self,
        categorical_features,
        *,
        sampling_strategy="auto",
        random_state=None,
        k_neighbors=5,
        small_class="shrink",
        n_jobs=None,
    ):
        super().__init__(
            sampling_strategy=sampling_strategy,
            random_state=random_state,
            k_neighbors=k_neighbors,
            small_class=small_class,
            categorical_features=categorical_features,
            n_jobs=n_jobs,
        )

    def _resample(self, opened, parts, rng):
        nominal = np.array([kind == "nominal" for kind in opened.kinds])
        self.categorical_features_ = np.flatnonzero(nominal)
        self.continuous_features_ = np.flatnonzero(~nominal)
        self.median_std_ = {
            part.key: _median_std(opened.points, part.rows) for part in parts if part.n
        }
        return super()._resample(opened, parts, rng)

    def _realise(self, opened, part, plan, rng):
        return realise(opened.points, plan, rng, ties_everywhere=True)


def _median_std(points: Any, class_rows: np.ndarray) -> float:
    """Median of the standard deviations of a class; 0 where no column has one."""
    numbers = (points.numbers if isinstance(points, Mixed) else points)[class_rows]
    if sparse.issparse(numbers):
        numbers = numbers.toarray()
    numbers = numbers[:, ~np.isnan(numbers).all(axis=0)].astype(np.float64)
    return float(np.median(np.nanstd(numbers, axis=0))) if numbers.size else 0.0


class SMOTEN(BaseOverSampler):
    """Make rows of nominal values (SMOTE for nominal columns). Every column is nominal.

    A new row takes in each column the value most frequent among a row and its neighbours, by a
    metric in which two values are near if the classes are spread over them alike.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    k_neighbors : int or neighbours estimator, default=5
        Neighbours that a row may go towards. An object with ``kneighbors`` (for instance an
        approximate search) is fitted on the rows of each class; as it also finds the row
        itself, give it one neighbour more.

    small_class : {"shrink", "raise", "copy"}, default="shrink"
        What to do about a class with no more than `k_neighbors` rows: use the neighbours there
        are, with a warning; raise a ``ValueError``; or copy its rows.

    n_jobs : int or None, default=None
        Threads of the neighbour search. The result does not depend on it.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows made of each class.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_origin_ : ndarray of shape (n_samples_new,)
        Input row that each output row equals, or -1 for a new row.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    SMOTENC : For tables with numeric columns too.

    Notes
    -----
    Counts are exact, and originals come first, unchanged. The value difference metric [2]_ adds
    over the columns the square of sum ``|P(class | value) - P(class | other value)|``, with shares
    among all rows. Of equally frequent values the first in order is taken (missing values come
    last), so a row gives the same new row whenever it is drawn. Levels are in the order of
    numbers, or of words; there is no ``categorical_encoder`` as in imbalanced-learn.

    Nothing of size m x m is kept for a class of m rows. Cost is at most O(m^2 d), and less with
    two classes, where the metric is Euclidean in one number for each column. A neighbours
    estimator is fitted on such numbers; with more classes these are the shares, whose Euclidean
    distance is at most that of the metric. Sparse tables are read as dense codes of 4 bytes, with a
    warning.

    References
    ----------
    .. [1] N. V. Chawla, K. W. Bowyer, L. O. Hall, W. P. Kegelmeyer, "SMOTE: Synthetic Minority
       Over-sampling Technique", Journal of Artificial Intelligence Research 16, 2002.

    .. [2] C. Stanfill, D. Waltz, "Toward Memory-Based Reasoning", Communications of the ACM
       29(12), 1986.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.over_sampling import SMOTEN
    >>> X = np.array(["A"] * 10 + ["B"] * 20 + ["C"] * 30, dtype=object).reshape(-1, 1)
    >>> y = np.array([0] * 20 + [1] * 40)
    >>> X_res, y_res = SMOTEN(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist(), sorted(set(X_res[60:, 0]))
    ([40, 40], ['A', 'B'])
    """

    _parameter_constraints: dict = {
        **BaseOverSampler._parameter_constraints,
        "random_state": ["random_state"],
        "k_neighbors": NEIGHBORS,
        "small_class": [StrOptions({"shrink", "raise", "copy"})],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        k_neighbors=5,
        small_class="shrink",
        n_jobs=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state
        self.k_neighbors = k_neighbors
        self.small_class = small_class
        self.n_jobs = n_jobs

    def _points(self, table):
        if isinstance(table, MatrixTable):
            if sparse.issparse(table.X):
                warnings.warn(
                    f"SMOTEN is not really efficient on a sparse matrix: it is read as "
                    f"{table.n_rows} x {table.n_columns} dense codes of 4 bytes. If its columns "
                    "are one-hot, give the nominal columns that they were made of.",
                    DataConversionWarning,
                    stacklevel=5,
                )
            # Every value is a level, but what comes back are numbers, so the columns count as such.
            category_codes, levels = _codes_of_matrix(table.X)
            weights = np.ones(table.n_columns)
            points = _MatrixLevels(
                np.empty((table.n_rows, 0)),
                category_codes,
                weights,
                levels,
                sparse.issparse(table.X),
            )
            return points, ("number",) * table.n_columns
        _refuse_what_has_no_levels(table)
        return table.points(np.arange(table.n_columns)), ("nominal",) * table.n_columns

    def _plan_all(self, opened, parts, rng):
        shares = None  # of all classes among the rows of a level, so they are counted once
        for part in parts:
            if part.n:
                if shares is None:
                    shares = _class_shares(opened.points.category_codes, opened.target.y_encoded)
                yield part, self._plan_by_value(*shares, opened.points.category_codes, part, rng)

    def _plan_by_value(
        self,
        starts: np.ndarray,
        shares: np.ndarray,
        category_codes: np.ndarray,
        part: Part,
        rng: Rng,
    ) -> Plan:
        """Plan the rows of one class, each by the votes of its seed and the seed's neighbours."""
        class_rows, n = part.rows, part.n or 0
        near = self._near_by_value(category_codes[class_rows], starts, shares, part.key)
        seed = rng.choice(len(class_rows), size=n)
        voters = class_rows[np.column_stack([np.arange(len(class_rows)), near])]
        seeds = class_rows[seed]
        return Plan(seed=seeds, partner=seeds, gap=np.zeros(n), voters=voters[seed])

    def _near_by_value(
        self, category_codes: np.ndarray, starts: np.ndarray, shares: np.ndarray, label: Any
    ) -> np.ndarray:
        """Nearest rows of a class, as positions in it."""
        search = self.k_neighbors
        if isinstance(search, Integral):
            search = k_for(int(search), len(category_codes), label, self.small_class)
            if search == 0:
                return np.empty((len(category_codes), 0), dtype=np.int64)
        place = category_codes.astype(np.int64)
        place[place < 0] += np.broadcast_to(np.diff(starts), place.shape)[place < 0]
        place += starts[:-1]
        if shares.shape[1] == 2:
            return find_neighbors(search, 2.0 * shares[place, 1], n_jobs=self.n_jobs)
        if isinstance(search, Integral):
            return _nearest_by_value(place, starts, shares, int(search), self.n_jobs)
        spread = np.sqrt(2.0) * shares[place].reshape(len(place), -1)
        return find_neighbors(search, spread, n_jobs=self.n_jobs)

    def _realise(self, opened, part, plan, rng):
        points = opened.points
        # Every seed gives one row, however often it is drawn: ties go to the smallest level.
        _, first, drawn = np.unique(plan.seed, return_index=True, return_inverse=True)
        voters = plan.voters[first]
        n_columns, n_voters = points.category_codes.shape[1], voters.shape[1]
        modes = np.empty((len(first), n_columns), dtype=np.int32)
        step = max(1, _BLOCK_ELEMENTS // (n_columns * n_voters))
        for start in range(0, len(first), step):
            block = slice(start, start + step)
            ballots = points.category_codes[voters[block]].swapaxes(1, 2).reshape(-1, n_voters)
            row, code = tally(ballots)
            modes[block] = code[first_of_rows(row)].reshape(-1, n_columns)
        if isinstance(points, _MatrixLevels):
            return points.values_of(modes)[drawn]
        return Mixed(np.empty((len(drawn), 0)), modes[drawn], points.weights)


@dataclass(frozen=True)
class _MatrixLevels(Mixed):
    """The values of a matrix as levels.

    Attributes
    ----------
    levels : list of ndarray
        The values of each column by their codes, ascending.

    as_sparse : bool
        Whether they are of a sparse matrix.
    """

    levels: list[np.ndarray]
    as_sparse: bool

    def values_of(self, category_codes: np.ndarray) -> Any:
        """Rows of codes as rows of values."""
        columns = [values[category_codes[:, j]] for j, values in enumerate(self.levels)]
        if not self.as_sparse:
            return np.column_stack(columns)
        rows, values, lengths = [], [], [0]
        for column in columns:
            stored = np.flatnonzero(column)
            rows.append(stored)
            values.append(column[stored])
            lengths.append(len(stored))
        data = np.concatenate(values), np.concatenate(rows), np.cumsum(lengths)
        return sparse.csc_array(data, shape=category_codes.shape).tocsr()


def _refuse_what_has_no_levels(table: ColumnTable) -> None:
    for j in range(table.n_columns):
        kind = table.columns.kind(j)
        name = j if table.columns.names is None else table.columns.names[j]
        if kind == "date":
            raise ValueError(
                f"Column {name!r} of X holds times; a point in time is no level that rows share. "
                "Turn it into levels or numbers or drop it; samplers that only select keep it."
            )
        if kind == "number" and np.isinf(table.columns.numbers(j)).any():
            raise ValueError(
                f"Column {name!r} of X contains infinity; expected finite numbers, levels or "
                "missing values. Replace infinities first."
            )


def _codes_of_matrix(X: Any) -> tuple[np.ndarray, list[np.ndarray]]:
    """Codes of all elements and the levels of each column; a missing value is the last level."""
    category_codes = np.empty(X.shape[::-1], dtype=np.int32)
    levels = []
    if not sparse.issparse(X):
        for j, column in enumerate(np.ascontiguousarray(X.T)):
            found, category_codes[j] = _factorize(column)
            levels.append(found)
        return category_codes.T, levels
    columns = X.tocsc(copy=True)
    columns.sum_duplicates()
    for j in range(X.shape[1]):
        stored = slice(columns.indptr[j], columns.indptr[j + 1])
        rows, values = columns.indices[stored], columns.data[stored]
        # An explicit zero in front stands for the elements that are not stored.
        unstored = np.zeros(int(len(rows) < X.shape[0]), dtype=values.dtype)
        found, place = _factorize(np.concatenate([unstored, values]))
        category_codes[j] = place[0]
        category_codes[j, rows] = place[len(unstored) :]
        levels.append(found)
    return category_codes.T, levels


def _factorize(column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Levels in order and the code of each element; close whole numbers need no sorting."""
    if column.dtype.kind in "iuf":
        low, high = column.min().item(), column.max().item()
        # false if a value is missing
        if high - low <= 4 * len(column) and high < 2**63:
            wide = column if column.dtype.kind == "f" else column.astype(np.int64)
            offset = (wide - low).astype(np.int64)
            if column.dtype.kind != "f" or (low == int(low) and (offset + low == wide).all()):
                found = np.flatnonzero(np.bincount(offset))
                code = np.empty(found[-1] + 1, dtype=np.int32)
                code[found] = np.arange(len(found))
                return (found + low).astype(column.dtype), code[offset]
    return np.unique(column, return_inverse=True)


def _class_shares(
    category_codes: np.ndarray, y_encoded: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the classes among the rows of each level, column under column.

    Level l of column j is row ``starts[j] + l``, a missing one the last of its column.
    """
    n_classes = int(y_encoded.max()) + 1
    tables = []
    for column in category_codes.T:
        n_known = int(column.max()) + 1
        n_levels = n_known
        if column.min() < 0:
            column, n_levels = np.where(column < 0, n_known, column), n_known + 1
        pair = column * n_classes + y_encoded
        counts = np.bincount(pair, minlength=n_levels * n_classes).reshape(n_levels, -1)
        tables.append(counts / counts.sum(axis=1, keepdims=True))
    starts = np.cumsum([0, *(len(table) for table in tables)])
    return starts, np.concatenate(tables)


def _nearest_by_value(
    place: np.ndarray, starts: np.ndarray, shares: np.ndarray, k: int, n_jobs: int | None
) -> np.ndarray:
    """Nearest rows by (distance, row); `place` is each element's row of `shares`."""
    n_rows = len(place)
    if n_rows * place.size * shares.shape[1] <= _SMALL_WORK:
        return _nearest_in_numpy(place, shares, k)
    from imbalance_kit.kernels.value_difference import nearest_by_value

    distances = np.empty((n_rows, k))
    indices = np.empty((n_rows, k), dtype=np.int64)

    def search(first: int, last: int) -> None:
        nearest_by_value(place, starts, shares, first, last, distances, indices)

    in_threads(search, n_rows, thread_count(n_jobs))
    return indices


def _nearest_in_numpy(place: np.ndarray, shares: np.ndarray, k: int) -> np.ndarray:
    n_rows = len(place)
    indices = np.empty((n_rows, k), dtype=np.int64)
    step = max(1, _BLOCK_ELEMENTS // n_rows)
    for first in range(0, n_rows, step):
        block = place[first : first + step]
        total = np.zeros((len(block), n_rows))
        for column in range(place.shape[1]):
            apart = np.zeros(total.shape)
            for share in shares.T:  # in the kernel's order, for the same bits
                apart += np.abs(share[block[:, column, None]] - share[place[None, :, column]])
            total += apart * apart
        itself = first + np.arange(len(block))
        indices[first : first + step] = smallest(total, k, itself)[1]
    return indices
