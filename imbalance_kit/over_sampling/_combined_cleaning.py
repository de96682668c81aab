"""CCR: spheres around the rows of a class push other rows out and hold the new ones."""

from numbers import Real
from typing import Any

import numpy as np
from scipy import sparse
from scipy.spatial.distance import cdist
from sklearn.metrics.pairwise import manhattan_distances

from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, BaseReplacingOverSampler, Rng
from imbalance_kit._sampling.mixed_metrics import metric_of_class
from imbalance_kit._sampling.records import Resampled
from imbalance_kit._sampling.shares import split_by_shares
from imbalance_kit._sklearn_compat import Interval
from imbalance_kit._tables.imputation import complete, embed
from imbalance_kit._tables.magnitude import Units
from imbalance_kit._tables.points import Mixed, stack

_BLOCK_ELEMENTS = 1 << 21  # distances, or elements of new rows, held at a time
_SAME_PLACE = 1e-20  # distance below which there is no direction to push in


class CCR(BaseReplacingOverSampler):
    """Push other classes out of spheres around a small class, and fill the spheres (CCR).

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    energy : float, default=0.25
        Radius of a sphere with no row of another class inside; each such row makes growing on
        more expensive. In units of the sum of absolute differences over the columns, so bring
        the columns to one scale first, and raise it with their number.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

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
    ROSE : Kernels of one width, and nothing moved.

    GeometricSMOTE : Balls that end at a neighbour.

    Notes
    -----
    Counts are exact, but originals do not stay as they are: the output begins with all rows of
    the table in their order, and those pushed out of spheres have other numbers and the origin
    -1. Distances are sums of absolute differences, as in the authors' program. A sphere of
    radius r around a row costs r, and r - d more for every row of another class inside, at
    distance d; it grows until that is the energy. A row inside is pushed straight outwards to
    the surface, and pushes by several spheres add up; one at the very centre goes along a column
    drawn at random. New rows are uniform in the spheres; a sphere gets a number of them in
    inverse proportion to its radius, rounded by the largest remainders.

    Classes are resampled in the order of their labels, each against everything else as it is by
    then. Cost is at most O(m n d) for a class of m rows, less where the energy is small against
    the spread of the rows; distances are held in blocks.

    With nominal columns, two different values count as far apart as the median standard
    deviation of the numeric columns in the class. New rows have the nominal values of their
    centre, and pushed rows keep theirs. Spheres are decided with column medians where values are
    missing; rows are missing what the row they come from is missing. New rows of a sparse table
    have values in every column.

    References
    ----------
    .. [1] M. Koziarski, M. Wozniak, "CCR: A combined cleaning and resampling algorithm for
       imbalanced data classification", International Journal of Applied Mathematics and Computer
       Science 27(4), 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.over_sampling import CCR
    >>> X = np.array([[0.0], [0.5], [3.0], [4.0], [5.0]])
    >>> y = np.array([1, 0, 0, 0, 0])
    >>> X_res, y_res = CCR(energy=1.0, random_state=0).fit_resample(X, y)
    >>> X_res[:5].ravel().tolist()
    [0.0, 0.75, 3.0, 4.0, 5.0]
    >>> bool((abs(X_res[y_res == 1]) <= 0.75).all())
    True
    """

    _parameter_constraints: dict = {
        **BaseReplacingOverSampler._parameter_constraints,
        "random_state": ["random_state"],
        "energy": [Interval(Real, 0, None, closed="neither")],
        "categorical_features": CATEGORICAL_FEATURES,
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        energy=0.25,
        categorical_features="auto",
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state
        self.energy = energy
        self.categorical_features = categorical_features

    def _resample(self, opened, parts, rng):
        points = opened.points
        before = complete(points.numbers if isinstance(points, Mixed) else points)
        units = Units(before.astype(np.float64), centre=True)
        before = units.apply(before.astype(np.float64))
        energy = float(np.ldexp(self.energy, units.exponent))
        numbers, rows = before.copy(), np.arange(opened.n_rows)
        for part in parts:
            if not part.n:
                continue
            # Rows that were made of the classes before are pushed as those of the table are.
            in_class = opened.in_parts(part)[rows]
            class_rows, others = np.flatnonzero(in_class), np.flatnonzero(~in_class)
            coordinates = _coordinates(points, numbers, rows, class_rows)
            radii, push = _clear(numbers, coordinates, class_rows, others, energy, rng)
            numbers += push
            turn = rng.permutation(len(class_rows))  # who gets more of equal remainders
            counts = split_by_shares(part.n, 1.0 / radii[turn])
            seed, radius = np.repeat(class_rows[turn], counts), np.repeat(radii[turn], counts)
            numbers = stack([numbers, _in_spheres(numbers, seed, radius, rng)])
            rows = np.concatenate([rows, rows[seed]])
        # An original that was pushed equals no row of the input any more.
        synthetic = np.arange(len(rows)) >= opened.n_rows
        changed = numbers[: opened.n_rows] != before
        synthetic[: opened.n_rows] = np.asarray(changed.sum(axis=1)).ravel() > 0
        new = units.restore(numbers[np.flatnonzero(synthetic)])
        return Resampled(rows, synthetic, _with_missing(points, new, rows[synthetic]))


def _coordinates(X: Any, numbers: Any, rows: np.ndarray, class_rows: np.ndarray) -> Any:
    """Coordinates to measure on; a nominal mismatch counts the median spread of the class."""
    if not isinstance(X, Mixed):
        return numbers
    points = metric_of_class(Mixed(numbers, X.category_codes[rows], X.weights), class_rows)
    # a mismatch is a difference in two one-hot columns, each as high as sqrt(weight / 2)
    return embed(Mixed(numbers, points.category_codes, points.weights / 2.0))


def _clear(
    numbers: Any,
    coordinates: Any,
    class_rows: np.ndarray,
    others: np.ndarray,
    energy: float,
    rng: Rng,
) -> tuple[np.ndarray, Any]:
    """Radius of the sphere around each row of the class, and how far every row is pushed.

    A sphere of radius r with its centre at c pushes x, at distance d, by (r - d) / d * (x - c):
    what goes with x is added up and applied at the end, what goes with c sphere by sphere.
    """
    radii, outward = np.empty(len(class_rows)), np.zeros(numbers.shape[0])
    drift = np.zeros(numbers.shape[0])  # of rows at a centre, where x - c has no direction
    push = sparse.csr_array(numbers.shape) if sparse.issparse(numbers) else np.zeros_like(numbers)
    for centres, window, apart in _blocks(coordinates, class_rows, others, energy):
        radius = _radii(apart, energy)
        radii[centres] = radius
        centre, place = np.nonzero(apart < radius[:, None])
        distance, reach = apart[centre, place], radius[centre]
        same = distance < _SAME_PLACE
        np.add.at(drift, window[place[same]], reach[same])
        centre, place, distance, reach = (a[~same] for a in (centre, place, distance, reach))
        pushed, at = np.unique(place, return_inverse=True)
        entries = ((reach - distance) / distance, (at, centre))
        shares = sparse.csr_array(entries, shape=(len(pushed), len(radius)))
        outward[window[pushed]] += shares.sum(axis=1)
        push = _add_rows(push, window[pushed], -(shares @ numbers[class_rows[centres]]))
    pushed, stuck = np.flatnonzero(outward), np.flatnonzero(drift)
    if len(pushed):
        factors = sparse.diags_array(outward[pushed], format="csr")
        push = _add_rows(push, pushed, factors @ numbers[pushed])
    if len(stuck) and numbers.shape[1]:
        column = rng.randint(numbers.shape[1], size=len(stuck))
        way = drift[stuck] * rng.choice([-1.0, 1.0], size=len(stuck))
        shape = (len(stuck), numbers.shape[1])
        entries = (way, (np.arange(len(stuck)), column))
        push = _add_rows(push, stuck, sparse.csr_array(entries, shape=shape))
    return radii, push


def _blocks(coordinates: Any, class_rows: np.ndarray, others: np.ndarray, energy: float) -> Any:
    """Distances of some rows of the class from the others that their spheres might hold.

    No sphere reaches farther than the energy, and rows whose sums over all columns differ by more
    are farther apart than that. So in the order of these sums only a window has to be measured.
    """
    sums = np.asarray(coordinates.sum(axis=1)).ravel()
    rounding = 1e-12 * np.asarray(abs(coordinates).sum(axis=1)).max()
    order, turn = (
        others[np.argsort(sums[others], kind="stable")],
        np.argsort(sums[class_rows], kind="stable"),
    )
    sorted_sums = sums[order]
    step = max(1, _BLOCK_ELEMENTS // max(1, len(others)))
    for first in range(0, len(class_rows), step):
        centres = turn[first : first + step]
        low = sums[class_rows[centres[0]]] - energy - rounding
        high = sums[class_rows[centres[-1]]] + energy + rounding
        window = order[slice(*np.searchsorted(sorted_sums, [low, high]))]
        yield centres, window, _distances(coordinates[class_rows[centres]], coordinates[window])


def _distances(rows: Any, others: Any) -> np.ndarray:
    if not sparse.issparse(rows):
        return cdist(rows, others, "cityblock")
    for table in (rows, others):  # slices of a larger one, whose index type scikit-learn refuses
        table.indices, table.indptr = table.indices.astype("i4"), table.indptr.astype("i4")
    return manhattan_distances(rows, others)


def _radii(apart: np.ndarray, energy: float) -> np.ndarray:
    """Radius r of each sphere: r and the sum of r - d over the rows inside are the energy."""
    k = int((apart < energy).sum(axis=1).max(initial=0))
    if k == 0:
        return np.full(len(apart), energy)
    near = apart if k == apart.shape[1] else np.partition(apart, k - 1, axis=1)[:, :k]
    near = np.sort(near, axis=1)
    total = np.cumsum(near, axis=1)
    rank = np.arange(1, k + 1)
    cost_of_reaching = (rank + 1) * near - total
    n_inside = (cost_of_reaching < energy).sum(axis=1)
    held = np.where(n_inside > 0, total[np.arange(len(total)), n_inside - 1], 0.0)
    return (energy + held) / (n_inside + 1)


def _in_spheres(numbers: Any, seed: np.ndarray, radius: np.ndarray, rng: Rng) -> Any:
    """Uniform points of the spheres: signed exponentials over their sum and one more."""
    n_columns = numbers.shape[1]
    outside = rng.standard_exponential(size=len(seed))
    step = max(1, _BLOCK_ELEMENTS // max(1, n_columns))
    new = []
    for first in range(0, len(seed), step):
        block = slice(first, first + step)
        made = rng.laplace(size=(len(seed[block]), n_columns))
        made *= (radius[block] / (np.abs(made).sum(axis=1) + outside[block]))[:, None]
        centre = numbers[seed[block]]
        new.append(sparse.csr_array(made) + centre if sparse.issparse(centre) else made + centre)
    return stack(new)


def _with_missing(X: Any, numbers: Any, rows: np.ndarray) -> Any:
    """Synthetic numbers as points of the kind of X, missing where their seeds' are."""
    given = X.numbers if isinstance(X, Mixed) else X
    if sparse.issparse(X):
        missing = sparse.csr_array(X[rows])
        missing.data = np.where(np.isnan(missing.data), np.nan, 0.0)
        return sparse.csr_array(numbers + missing).astype(given.dtype)
    numbers = np.where(np.isnan(given[rows]), np.nan, numbers).astype(given.dtype)
    return Mixed(numbers, X.category_codes[rows], X.weights) if isinstance(X, Mixed) else numbers


def _add_rows(total: Any, rows: np.ndarray, added: Any) -> Any:
    """Add to some rows, in place where the table is dense."""
    if sparse.issparse(total):
        places = (np.ones(len(rows)), (rows, np.arange(len(rows))))
        return total + sparse.csr_array(places, shape=(total.shape[0], len(rows))) @ added
    total[rows] += added.toarray() if sparse.issparse(added) else added
    return total
