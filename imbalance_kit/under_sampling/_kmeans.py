"""K-means with many clusters, as under-sampling by clusters needs it.

scikit-learn's KMeans does the work, with two exceptions. Where there are many clusters nearly all
of its time goes into finding seeds: these are found here, in large tables by `kernels.lloyd`, which
leaves out most of the distances. And it makes the centres of a sparse table dense, which for
thousands of clusters takes more memory than the table. Seeds, steps and the rule to stop are the
same in all; only rounding differs.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.sparsefuncs import mean_variance_axis

from imbalance_kit._sampling.base import Rng
from imbalance_kit._sampling.mixed_metrics import metric_of_class
from imbalance_kit._tables.imputation import complete, embed
from imbalance_kit._tables.magnitude import Units
from imbalance_kit._tables.points import Mixed
from imbalance_kit._threads import native_libraries

_MOST_STEPS = 300
_TOLERANCE = 1e-4  # of the mean variance of the columns: smaller movements end the search
# Differences in the search for seeds (rows x columns x clusters x candidates) above which the
# kernels win in a first fit, the import of numba included. `benchmarks/bench_kernels.py` prints
# the figures; 20 columns, seconds of scikit-learn and of the kernels in a new process:
#    3,000 rows,   300 clusters (1.3e8 differences): 0.16 and 0.82
#   20,000 rows,   400 clusters (1.1e9 differences): 1.50 and 2.09
#   10,000 rows, 1,000 clusters (1.6e9 differences): 1.03 and 0.74
#   20,000 rows, 2,000 clusters (7.2e9 differences): 4.51 and 1.93
# It does not depend on what is loaded already: the last bits of the centres would, too.
_WORTH_COMPILING = 1_500_000_000
_LEADING = 8  # coordinates that leaves are boxed in
_BLOCK_CELLS = 1 << 20  # distances from sparse rows to centres that are found at a time
# Numbers of rows at which seeds are found by products, as `_Complete` does: in other tables there
# is little to win over scikit-learn's own sums. Two rows that are nearest to each other often are
# equally good seeds; rounding decides, so that in some tables the seeds are others than
# scikit-learn's, and as good.
_ROWS_FOR_PRODUCTS = range(1001, 3001)
# Columns from which on the products of all pairs are found at once, in 72 MB at most: those of some
# candidates for each seed would read the whole table every time.
_ALL_PRODUCTS_FROM = 64
# Columns from which on a table without structure is left to scikit-learn: distances that leaves
# cannot rule out take the kernels longer than a product of matrices takes for all.
_MANY_COLUMNS = 128
_SAMPLED = 512  # rows by which that is found out
_UNEVEN = 1.5  # times as much of the spread in the leading directions as chance puts there


@dataclass(frozen=True)
class Clusters:
    """What k-means found.

    Attributes
    ----------
    centres : ndarray or CSR array of shape (n_clusters, n_columns)
        Means of the clusters.

    owner : ndarray of shape (n_rows,)
        Cluster of each row. Some clusters have no rows where rows are copies of each other.
    """

    centres: Any
    owner: np.ndarray


def numbers_to_cluster(points: Any) -> tuple[Any, Units]:
    """Complete numbers to cluster by.

    Parameters
    ----------
    points : ndarray, CSR matrix or array, or Mixed
        The rows of one class.

    Returns
    -------
    numbers : ndarray or CSR array, float64
        Missing numbers are medians. Two different nominal values count as far apart as the
        median standard deviation of the number columns, as in SMOTE-NC.

    units : Units
        What brings the centres back into the units of the table.
    """
    if isinstance(points, Mixed):
        numbers = points.numbers.astype(np.float64)
        points = Mixed(numbers, points.category_codes, points.weights)
    else:
        points = points.astype(np.float64)
    points = complete(points)
    units = Units(points, centre=True)
    points = units.apply(points)
    numbers = embed(metric_of_class(points, np.arange(points.shape[0])))
    if sparse.issparse(numbers):
        return sparse.csr_array(numbers, dtype=np.float64), units
    return np.ascontiguousarray(numbers, dtype=np.float64), units


def k_means(numbers: Any, n_clusters: int, rng: Rng) -> Clusters:
    """Cluster rows by Lloyd's algorithm from greedy k-means++ seeds.

    Parameters
    ----------
    numbers : ndarray or CSR array of shape (n_rows, n_columns), float64
        The rows, complete.

    n_clusters : int
        How many clusters; at most as many as rows.

    rng : RandomState
        Draws the seeds, in scikit-learn's order.

    Returns
    -------
    Clusters
        Centres and owners.
    """
    if sparse.issparse(numbers):
        used = numbers[:, np.unique(numbers.indices)]  # products go through all columns
        averaging, owner = _lloyd(Products(used), n_clusters, _smallest_move(numbers), rng)
        return Clusters(means_of(averaging, numbers), owner)
    work = numbers.size * n_clusters * n_trials(n_clusters)
    if len(numbers) not in _ROWS_FOR_PRODUCTS and work > _WORTH_COMPILING:
        centred = numbers - numbers.mean(axis=0)  # for products that round less
        evenly = numbers.shape[1] > _MANY_COLUMNS and spreads_evenly(centred)
        if not evenly and (space := _space(centred)) is not None:
            search = _Compiled(centred, space)
            averaging, owner = _lloyd(search, n_clusters, _smallest_move(numbers), rng)
            return Clusters(means_of(averaging, numbers), owner)
    return _by_scikit_learn(numbers, n_clusters, rng)


def _by_scikit_learn(numbers: np.ndarray, n_clusters: int, rng: Rng) -> Clusters:
    # Its threads add up the means in the order in which they end: with more than one the last
    # bits of the centres would depend on the machine.
    with native_libraries().limit(limits=1), warnings.catch_warnings():
        # Fewer different rows than clusters are no error here: the row count is what is wanted.
        warnings.simplefilter("ignore", ConvergenceWarning)
        centred = numbers - numbers.mean(axis=0)
        kind = _Complete if len(numbers) in _ROWS_FOR_PRODUCTS else Products
        seeds = kind(centred).seeds(n_clusters, rng)
        machine = KMeans(n_clusters, init=numbers[seeds], n_init=1, random_state=rng).fit(numbers)
    return Clusters(machine.cluster_centers_, machine.labels_.astype(np.int64))


def n_trials(n_clusters: int) -> int:
    """Candidates for each seed."""
    return 2 + int(np.log(n_clusters))


def draw(n_rows: int, n_clusters: int, rng: Rng) -> tuple[int, np.ndarray]:
    """The first seed, and the draws that the others are found by."""
    first = rng.choice(n_rows, p=np.full(n_rows, 1.0) / n_rows)
    return first, rng.uniform(size=(n_clusters - 1, n_trials(n_clusters)))


def _lloyd(
    search: "Products | _Compiled", n_clusters: int, smallest_move: float, rng: Rng
) -> tuple[Any, np.ndarray]:
    """Move centres to the means of the rows next to them until hardly anything moves.

    Returns which rows each centre is the mean of (clusters x rows), and the owners.
    """
    numbers = search.numbers
    seeds = search.seeds(n_clusters, rng)
    cells = (np.ones(n_clusters), (np.arange(n_clusters), seeds))
    averaging = sparse.csr_array(cells, shape=(n_clusters, numbers.shape[0]))
    centres = means_of(averaging, numbers)
    owner = search.assign(centres, averaging)
    for _ in range(_MOST_STEPS):
        previous, old = owner, centres
        averaging = _averaging(numbers, owner, centres)
        centres = means_of(averaging, numbers)
        owner = search.assign(centres, averaging)
        if np.array_equal(owner, previous) or _square_sum(centres - old) <= smallest_move:
            break
    return averaging, owner


class Products:
    """Seeds and assignments by products of matrices; centres of sparse rows stay sparse.

    The seeds are those of scikit-learn's greedy k-means++, by the same sums in the same order. Its
    own function spends most of its time on what kind of arrays it was given.
    """

    def __init__(self, numbers: Any):
        self.numbers = numbers

    def seeds(self, n_clusters: int, rng: Rng) -> np.ndarray:
        n_rows = self.numbers.shape[0]
        lengths, ones = _square_lengths(self.numbers), np.ones(n_rows)
        first, shares = draw(n_rows, n_clusters, rng)
        chosen = [first]
        closest = self._distances(np.array([first]), lengths)[0]
        total = closest @ ones
        for share in shares:
            candidates = np.searchsorted(np.cumsum(closest), share * total)
            np.minimum(candidates, n_rows - 1, out=candidates)
            nearer = self._distances(candidates, lengths)
            np.minimum(nearer, closest, out=nearer)
            totals = (nearer @ ones[:, None])[:, 0]
            best = totals.argmin()
            total, closest = totals[best], nearer[best]
            chosen.append(candidates[best])
        return np.array(chosen)

    def assign(self, centres: Any, averaging: sparse.csr_array) -> np.ndarray:
        lengths = _square_lengths(centres)
        owner = np.empty(self.numbers.shape[0], dtype=np.int64)
        step = max(1, _BLOCK_CELLS // centres.shape[0])
        for start in range(0, len(owner), step):
            products = _product(self.numbers[start : start + step], centres)
            products *= -2.0
            products += lengths
            owner[start : start + step] = products.argmin(axis=1)
        return owner

    def _distances(self, rows: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """Squared distances from some rows to all."""
        products = _product(self.numbers[rows], self.numbers)
        products *= -2.0
        products += lengths[rows, None]
        products += lengths
        return np.maximum(products, 0.0, out=products)


class _Complete(Products):
    """Seeds of complete rows: each distance is one product of rows with two more columns."""

    def __init__(self, numbers: np.ndarray):
        super().__init__(numbers)
        lengths, ones = _square_lengths(numbers), np.ones(len(numbers))
        self._rows = np.column_stack([numbers, lengths, ones])
        self._others = np.vstack([-2.0 * numbers.T, ones, lengths])
        worthwhile = numbers.shape[1] >= _ALL_PRODUCTS_FROM
        self._all = self._rows @ self._others if worthwhile else None

    def _distances(self, rows: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        if self._all is None:
            squares = self._rows.take(rows, axis=0) @ self._others
        else:
            squares = self._all.take(rows, axis=0)
        return np.maximum(squares, 0.0, out=squares)


class _Compiled:
    """Seeds and assignments by `kernels.lloyd`."""

    def __init__(self, numbers: np.ndarray, space: Any):
        from imbalance_kit.kernels import leaves

        self.numbers = numbers
        self.space = space
        self.n_box = min(_LEADING, space.n_complete)
        self.bounds = leaves.Bounds(
            space.n_free,
            space.n_complete,
            space.scale,
            space.relative_error,
            space.rounding,
            space.absolute_error,
        )
        self.error = 2.0 * space.table_error.max()  # an average's error, rounded once more
        self.centres = np.empty((0, numbers.shape[1]))
        self.owner = np.zeros(len(numbers), dtype=np.int64)
        self.closest = np.zeros(len(numbers))

    def seeds(self, n_clusters: int, rng: Rng) -> np.ndarray:
        from imbalance_kit.kernels import leaves, lloyd

        table, error = self.space.table, self.space.table_error
        row_leaves = leaves.build_leaves(table, error, self.n_box)
        first, shares = draw(len(self.numbers), n_clusters, rng)
        seeds, self.owner, self.closest = lloyd.choose_seeds(
            self.numbers, table, error, row_leaves, self.bounds, first, shares
        )
        self.centres = self.numbers[seeds]
        return seeds

    def assign(self, centres: np.ndarray, averaging: sparse.csr_array) -> np.ndarray:
        from imbalance_kit.kernels import leaves, lloyd

        moved = (centres != self.centres).any(axis=1)
        self.centres = centres
        moving = np.flatnonzero(moved)
        if len(moving):
            table, error = self.space.table, self.space.table_error
            coordinates = means_of(averaging, table).astype(np.float32)
            errors = np.full(len(centres), self.error)
            lloyd.reassign(
                self.numbers,
                table,
                error,
                centres,
                self.error,
                leaves.build_leaves(coordinates, errors, self.n_box),
                leaves.build_leaves(coordinates[moving], errors[moving], self.n_box),
                moving,
                moved,
                self.bounds,
                0,
                len(self.numbers),
                self.owner,
                self.closest,
            )
        return self.owner.copy()


def spreads_evenly(centred: np.ndarray) -> bool:
    """Whether rows spread in all directions alike, as independent columns of one scale do.

    Of m rows with d such columns no direction holds more than about ``(1 + sqrt(d / m))**2 / d`` of
    the spread (the edge of the law of Marchenko and Pastur).
    """
    some = centred[:: max(1, len(centred) // _SAMPLED)]
    n_rows, n_columns = some.shape
    squares = np.linalg.svd(some, compute_uv=False) ** 2
    by_chance = _LEADING * (1.0 + np.sqrt(n_columns / n_rows)) ** 2 / n_columns
    return bool(squares[:_LEADING].sum() < _UNEVEN * by_chance * squares.sum())


def _space(numbers: np.ndarray) -> Any:
    """Coordinates for the compiled search; None where their bounds do not hold."""
    from imbalance_kit.kernels.coordinates import coordinates

    category_codes = np.empty((len(numbers), 0), dtype=np.int32)
    return coordinates(numbers, category_codes, numbers, category_codes, np.empty(0))


def _averaging(numbers: Any, owner: np.ndarray, centres: Any) -> sparse.csr_array:
    """Clusters x rows, one where a row counts in the next centre.

    An empty cluster gets the row that lies furthest from its centre; if every row is a centre,
    it gets the rows of the largest cluster, as there are more clusters than different rows.
    """
    n_clusters = centres.shape[0]
    sizes = np.bincount(owner, minlength=n_clusters)
    empty = np.flatnonzero(sizes == 0)
    if len(empty):
        apart = squares_between(numbers, centres, owner)
        furthest = np.argsort(-apart, kind="stable")[: len(empty)]
        if apart[furthest[0]] > 0.0:
            owner = owner.copy()
            owner[furthest] = empty
            sizes = np.bincount(owner, minlength=n_clusters)
    averaging = membership(owner, n_clusters)
    source = np.arange(n_clusters)
    source[sizes == 0] = sizes.argmax()
    return averaging[source] if (sizes == 0).any() else averaging


def membership(owner: np.ndarray, n_clusters: int) -> sparse.csr_array:
    """Clusters x rows, one where a row belongs to a cluster."""
    n_rows = len(owner)
    order = np.argsort(owner, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=n_clusters))])
    return sparse.csr_array((np.ones(n_rows), order, starts), shape=(n_clusters, n_rows))


def means_of(averaging: sparse.csr_array, numbers: Any) -> Any:
    """Means of the rows that each line of `averaging` marks; of copies exactly the copy."""
    sizes = np.diff(averaging.indptr)
    means = averaging @ numbers
    if sparse.issparse(means):
        means.data /= np.repeat(sizes, np.diff(means.indptr))
    else:
        means /= sizes[:, None]
    return means


def squares_between(numbers: Any, centres: Any, owner: np.ndarray) -> np.ndarray:
    """Squared distance of each row to the centre of its cluster."""
    return _square_lengths(numbers - centres[owner])


def _product(rows: Any, others: Any) -> np.ndarray:
    products = rows @ others.T
    return products.toarray() if sparse.issparse(products) else products


def _square_lengths(numbers: Any) -> np.ndarray:
    if sparse.issparse(numbers):
        return np.asarray(numbers.multiply(numbers).sum(axis=1)).ravel()
    return np.einsum("ij,ij->i", numbers, numbers)


def _square_sum(difference: Any) -> float:
    values = difference.data if sparse.issparse(difference) else difference.ravel()
    return float(values @ values)


def _smallest_move(numbers: Any) -> float:
    """Squared movement of all centres that ends the search, as in scikit-learn."""
    if sparse.issparse(numbers):
        # Over all columns, also those that hold nothing here: that is scikit-learn's rule.
        variance = mean_variance_axis(numbers, axis=0)[1].mean()
    else:
        variance = numbers.var(axis=0).mean()
    return _TOLERANCE * float(variance)
