"""Meta-features: a table described by a few dozen numbers, computed fast."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from scipy import sparse
from sklearn.base import clone
from sklearn.cluster import DBSCAN
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import check_random_state

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit._tables.labels import encode, read_single_labels
from imbalance_kit._tables.points import Mixed, Rows
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.complexity import _feature_overlap, _neighborhood
from imbalance_kit.complexity._instance_hardness import balanced_folds
from imbalance_kit.complexity._measures import class_entropy_lost
from imbalance_kit.complexity._row_types import TYPES, types_of
from imbalance_kit.complexity._space import (
    Problem,
    as_one_hot,
    distances,
    in_metric,
    read_problem,
    stratified_rows,
)

_SEEN = 20_000  # rows from which shares are counted
_PAIRS = 2_000_000  # of a row of the rarest class with any other, for types
_COLUMNS = 150  # columns used; more are left out
_LEVELS = 8  # 0-1 columns of a nominal column
_LANDMARKED = 1000  # rows for landmarkers,
_LANDMARKED_RARE = 20  # of them of the rarest class at least, where there are so many
_CLUSTERED = 500  # rows of the rarest class
_CORE = 3  # rows that make a cluster

_LANDMARKERS: dict[str, Any] = {
    "stump": DecisionTreeClassifier(max_depth=1, random_state=0),
    "nearest": KNeighborsClassifier(1),
    "naive_bayes": GaussianNB(var_smoothing=1e-6),
    "logistic": LogisticRegression(max_iter=200),
}

META_FEATURES = (
    "n_rows",
    "n_features",
    "n_classes",
    "n_smallest",
    "log_imbalance",
    "smallest_per_feature",
    "class_entropy",
    "nominal_share",
    "binary_share",
    "missing_share",
    "zero_share",
    "duplicate_share",
    "correlation",
    "pca_share",
    "drift",
    "safe_share",
    "borderline_share",
    "rare_share",
    "outlier_share",
    "kDN_smallest",
    "N3_smallest",
    "N1",
    "N3",
    "F1",
    "F2",
    "F3",
    "silhouette",
    "n_clusters",
    "stump",
    "nearest",
    "naive_bayes",
    "logistic",
)


def meta_features(
    X: Any,
    y: Any,
    *,
    time: Any = None,
    categorical_features: Any = "auto",
    random_state: Any = 0,
    max_rows: int = 2000,
) -> dict[str, float]:
    """Describe a table by numbers: how hard it is, and how similar to another table.

    Parameters
    ----------
    X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
        The table; it may hold nominal columns and missing values.
    y : array-like of shape (n_samples,)
        Classes; any number of them.
    time : array-like of shape (n_samples,), default=None
        When each row was recorded, as something that can be sorted; for ``drift``.
    categorical_features : "auto", None or array-like, default="auto"
        Nominal columns: by dtype, none, or positions, names or a mask.
    random_state : int, RandomState or None, default=0
        Source of all draws.
    max_rows : int, default=2000
        Rows of the draw on which measures are taken that cost the square of the rows.

    Returns
    -------
    dict of str to float
        Always the same names in the same order; NaN where the table does not define a value.

        - ``n_rows``, ``n_features``, ``n_classes``, ``n_smallest`` (rows of the rarest class),
          ``log_imbalance`` (natural logarithm of largest over smallest class),
          ``smallest_per_feature``, ``class_entropy`` (over its maximum);
        - shares of columns: ``nominal_share``, ``binary_share`` (two values); of values:
          ``missing_share``, ``zero_share``; of rows: ``duplicate_share`` (copies of an earlier row,
          class aside);
        - ``correlation`` (mean absolute one of two number columns), ``pca_share`` (principal
          components for 95 % of the variance, over columns), ``drift`` (area under the ROC curve of
          separating early from late rows; .5 is none; NaN without `time`);
        - types of the rarest class as in :func:`minority_types`: ``safe_share``,
          ``borderline_share``, ``rare_share``, ``outlier_share`` (also a guess at label noise), and
          ``kDN_smallest``, ``N3_smallest`` of its rows;
        - ``N1``, ``N3``, ``F1`` as in :func:`complexity_measures`; ``F2`` and ``F3`` of the rarest
          class against the rest; ``silhouette`` of the rarest class; ``n_clusters`` of it (DBSCAN);
        - landmarkers: average precision for the rarest class, from 0 (chance) to 1, of a decision
          ``stump``, the ``nearest`` row, ``naive_bayes`` and ``logistic`` regression.

    Raises
    ------
    ValueError
        If X and `y` differ in length, a label is missing, or X holds infinity.

    See Also
    --------
    complexity_measures : All measures, each as it is defined.

    Notes
    -----
    The same table and seed give the same numbers. Shares are counted on 20,000 rows at most, in the
    proportion of the classes, types on so many that there are 2 million pairs of rows to look at,
    landmarkers on 1,000 rows and, where there are so many, 20 of the rarest class; of more than 150
    columns 150 are used. Half a second for most tables, up to two for large ones; it does not
    grow with the table beyond reading it.

    References
    ----------
    J. Vanschoren, "Meta-learning: a survey", arXiv 1810.03548, 2018.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.complexity import meta_features
    >>> X, y = make_classification(400, weights=[0.9], flip_y=0, random_state=0)
    >>> facts = meta_features(X, y)
    >>> facts["n_smallest"], round(facts["log_imbalance"], 1), facts["missing_share"]
    (39.0, 2.2, 0.0)
    """
    warn_of_other_order(X, y=y, time=time, stacklevel=3)
    rng = check_random_state(random_state)
    labels = read_single_labels(y)
    classes, y_encoded = encode(labels)
    y_encoded = y_encoded.astype(np.intp)
    counts = np.bincount(y_encoded, minlength=len(classes))
    facts = dict.fromkeys(META_FEATURES, math.nan)
    n_features = _n_columns(X)
    facts["n_rows"], facts["n_features"] = float(len(y_encoded)), float(n_features)
    facts["n_classes"] = float(len(classes))
    if not len(y_encoded):
        return facts
    rows = stratified_rows(y_encoded, _SEEN, rng)
    small = X if len(rows) == len(y_encoded) else take_rows(X, rows)
    seen = read_problem(small, labels[rows], categorical_features, two_classes=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        facts |= _shares(seen)
        seen = _narrow(seen, rng)
        facts |= _columns(seen.take(stratified_rows(seen.y_encoded, max_rows, rng)))
        if time is not None:
            facts["drift"] = _drift(seen, np.asarray(time)[rows], rng)
        if len(classes) > 1:
            rarest = int(len(counts) - 1 - np.argmin(counts[::-1]))
            facts |= _balance(counts, n_features)
            facts |= _types(seen, rarest, rng)
            facts |= _measures(seen.take(stratified_rows(seen.y_encoded, max_rows, rng)), rarest)
            facts |= _landmarks(seen, rarest, rng)
    return {name: float(facts[name]) for name in META_FEATURES}


def _n_columns(X: Any) -> int:
    shape = X.shape if hasattr(X, "shape") else np.shape(X)
    return int(shape[1])


def _balance(counts: np.ndarray, n_features: int) -> dict[str, float]:
    return {
        "n_smallest": float(counts.min()),
        "log_imbalance": float(np.log(counts.max() / counts.min())),
        "smallest_per_feature": float(counts.min() / max(n_features, 1)),
        "class_entropy": 1.0 - class_entropy_lost(counts),
    }


def _shares(seen: Problem) -> dict[str, float]:
    """Shares that are counted, on all columns."""
    points = seen.points
    n_rows, n_columns = points.shape
    if not n_columns:
        return {}
    n_values = n_rows * n_columns
    if sparse.issparse(points):
        known = points.data[~np.isnan(points.data)]
        stored = np.diff(points.tocsc().indptr)
        binary = _two_valued_sparse(points, stored)
        return {
            "nominal_share": 0.0,
            "binary_share": binary / n_columns,
            "missing_share": (len(points.data) - len(known)) / n_values,
            "zero_share": 1.0 - np.count_nonzero(points.data) / n_values,
            "duplicate_share": _copies_of_sparse(points) / n_rows,
        }
    numbers, category_codes = points.numbers, points.category_codes
    binary = sum(_two_valued(column) for column in numbers.T)
    binary += sum(_two_valued(np.where(column < 0, np.nan, column)) for column in category_codes.T)
    return {
        "nominal_share": category_codes.shape[1] / n_columns,
        "binary_share": binary / n_columns,
        "missing_share": (np.isnan(numbers).sum() + (category_codes < 0).sum()) / n_values,
        "zero_share": (numbers == 0.0).sum() / n_values,
        "duplicate_share": _copies(points) / n_rows,
    }


def _two_valued(column: np.ndarray) -> bool:
    known = column[~np.isnan(column)]
    if not len(known):
        return False
    low, high = known.min(), known.max()
    return bool(low < high and ((known == low) | (known == high)).all())


def _two_valued_sparse(points: Rows, stored: np.ndarray) -> int:
    """Columns of zeros and one other value, from sums of values and of squares."""
    columns = points.tocsc()
    binary = 0
    for j in np.flatnonzero(stored):
        values = columns.data[columns.indptr[j] : columns.indptr[j + 1]]
        filled = np.append(values, 0.0) if stored[j] < points.shape[0] else values
        binary += _two_valued(filled)
    return binary


def _copies(points: Mixed) -> int:
    """Rows that are copies of an earlier one, by a hash of 64 bits.

    Two of 20,000 different rows have the same hash with a probability of about 1e-11.
    """
    mixed = np.zeros(len(points), dtype=np.uint64)
    for column in (*points.numbers.T, *points.category_codes.T):
        bits = (column.astype(np.float64) + 0.0).view(np.uint64)  # -0.0 is 0.0
        bits = np.where(np.isnan(column), np.uint64(0x7FF8000000000000), bits)
        mixed = (mixed ^ bits) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return len(mixed) - len(np.unique(mixed))


def _copies_of_sparse(points: Rows) -> int:
    whole = {
        (points.indices[a:b].tobytes(), points.data[a:b].tobytes())
        for a, b in zip(points.indptr[:-1], points.indptr[1:], strict=True)
    }
    return points.shape[0] - len(whole)


def _narrow(seen: Problem, rng: np.random.RandomState) -> Problem:
    """The columns that are used: the fullest of a sparse table, random ones of another."""
    points = seen.points
    if sparse.issparse(points):
        stored = np.diff(points.tocsc().indptr)
        kept = np.sort(np.argsort(-stored, kind="stable")[:_COLUMNS])
        numbers = points[:, kept].toarray()
        points = Mixed(numbers, np.empty((len(numbers), 0), dtype=np.int32), np.empty(0))
    elif points.shape[1] > _COLUMNS:
        n_numbers = points.numbers.shape[1]
        kept = np.sort(rng.choice(points.shape[1], size=_COLUMNS, replace=False))
        nominal = kept[kept >= n_numbers] - n_numbers
        points = Mixed(
            points.numbers[:, kept[kept < n_numbers]],
            points.category_codes[:, nominal],
            points.weights[nominal],
        )
    return Problem(points, seen.classes, seen.y_encoded, seen.counts)


def _columns(sample: Problem) -> dict[str, float]:
    """Correlation of the columns, and how many principal components they need."""
    numbers = as_one_hot(sample.points, _LEVELS)
    n_numbers = sample.points.numbers.shape[1]
    spread = numbers.std(axis=0)
    varies = np.isfinite(spread) & (spread > 1e-12 * np.abs(numbers).max(axis=0, initial=0.0))
    if len(numbers) < 3 or not varies.any():
        return {}
    standard = (numbers[:, varies] - numbers[:, varies].mean(axis=0)) / spread[varies]
    together = standard.T @ standard / len(standard)
    found = {}
    n_varying = int(varies[:n_numbers].sum())
    if n_varying > 1:
        above = together[:n_varying, :n_varying][np.triu_indices(n_varying, 1)]
        found["correlation"] = float(np.abs(above).mean())
    share = np.maximum(np.linalg.eigvalsh(together)[::-1], 0.0).cumsum()
    needed = int(np.searchsorted(share, 0.95 * share[-1] * (1 - 1e-12))) + 1
    found["pca_share"] = needed / int(varies.sum())
    return found


def _drift(seen: Problem, time: np.ndarray, rng: np.random.RandomState) -> float:
    """Area under the ROC curve of a tree that predicts which rows are late."""
    order = np.argsort(time, kind="stable")
    late = np.zeros(len(order), dtype=np.intp)
    late[order[len(order) // 2 :]] = 1
    rows = stratified_rows(late, _LANDMARKED, rng)
    if len(rows) < 8:
        return math.nan
    numbers, late = as_one_hot(seen.points[rows], _LEVELS), late[rows]
    learner = DecisionTreeClassifier(min_samples_leaf=max(len(rows) // 50, 2), random_state=0)
    return float(roc_auc_score(late, _out_of_fold(learner, numbers, late, rng)))


def _types(seen: Problem, rarest: int, rng: np.random.RandomState) -> dict[str, float]:
    """Types of the rarest class, its neighbours, and its clusters."""
    share = max(float(np.mean(seen.y_encoded == rarest)), 1.0 / len(seen.y_encoded))
    rows = stratified_rows(seen.y_encoded, int(math.sqrt(_PAIRS / share)), rng)
    sample = seen.take(rows)
    rare = np.flatnonzero(sample.y_encoded == rarest)
    if len(sample.y_encoded) < 3:
        return {}
    points = in_metric(sample, "heom")
    k = min(5, len(sample.y_encoded) - 1)
    near = nearest_rows(points, k, rows=rare, n_jobs=1)[1]
    same = sample.y_encoded[near] == rarest
    types = types_of(rare, near, same)
    found = {f"{name}_share": float(np.mean(types == name)) for name in TYPES}
    found["kDN_smallest"] = float(1.0 - same.mean())
    found["N3_smallest"] = float(1.0 - same[:, 0].mean())
    if len(rare) > _CORE:
        if len(rare) > _CLUSTERED:
            rare = np.sort(rng.choice(rare, size=_CLUSTERED, replace=False))
        apart = _finite(distances(points[rare]))
        radius = 2.0 * float(np.median(np.sort(apart, axis=1)[:, _CORE]))
        clusters = DBSCAN(eps=max(radius, 1e-12), min_samples=_CORE, metric="precomputed")
        found["n_clusters"] = float(clusters.fit(apart).labels_.max() + 1)
    return found


def _measures(sample: Problem, rarest: int) -> dict[str, float]:
    distance = _finite(distances(in_metric(sample, "heom")))
    numbers = as_one_hot(sample.points, _LEVELS)
    y_encoded = sample.y_encoded
    is_rare = (y_encoded == rarest).astype(np.intp)
    found = {
        "N1": float(_neighborhood.boundary_rows(distance, y_encoded).mean()),
        "N3": float(_neighborhood.nearest_disagrees(distance, y_encoded).mean()),
        "F1": _feature_overlap.fisher_ratio(numbers, y_encoded),
        "F2": _feature_overlap.overlap_volume(numbers, is_rare),
        "F3": _feature_overlap.best_column(numbers, is_rare),
    }
    rare = np.flatnonzero(is_rare)
    if len(rare) > 1:
        sums = np.column_stack(
            [
                distance[np.ix_(rare, y_encoded == code)].sum(axis=1)
                for code in range(len(sample.classes))
            ]
        )
        inside = sums[:, rarest] / (len(rare) - 1)
        others = [code for code in np.unique(y_encoded) if code != rarest]
        outside = (sums[:, others] / sample.counts[others]).min(axis=1)
        larger = np.maximum(inside, outside)
        silhouette = np.divide(
            outside - inside, larger, out=np.zeros(len(rare)), where=larger > 0.0
        )
        found["silhouette"] = float(silhouette.mean())
    return found


def _finite(distance: np.ndarray) -> np.ndarray:
    """Rows without a column in common are as far apart as the farthest pair; DBSCAN rejects inf."""
    known = np.isfinite(distance)
    distance[~known] = np.max(distance, initial=1.0, where=known)
    return distance


def _landmarks(seen: Problem, rarest: int, rng: np.random.RandomState) -> dict[str, float]:
    """Precision of simple learners on a small draw, the rarest class against the rest."""
    is_rare = (seen.y_encoded == rarest).astype(np.intp)
    rows = stratified_rows(is_rare, _LANDMARKED, rng, at_least=_LANDMARKED_RARE)
    is_rare = is_rare[rows]
    if is_rare.sum() < 2 or (is_rare == 0).sum() < 2:
        return {}
    numbers = as_one_hot(seen.points[rows], _LEVELS)
    if not numbers.shape[1]:
        return {}
    numbers = StandardScaler().fit_transform(numbers)
    chance = is_rare.mean()
    found = {}
    for name, learner in _LANDMARKERS.items():
        score = _out_of_fold(learner, numbers, is_rare, np.random.RandomState(0))
        precision = average_precision_score(is_rare, score)
        found[name] = float((precision - chance) / (1.0 - chance))
    return found


def _out_of_fold(
    learner: Any, numbers: np.ndarray, positive: np.ndarray, rng: np.random.RandomState
) -> np.ndarray:
    """Probabilities of the positives in each half, learned from the other half."""
    fold = balanced_folds(positive, 2, rng)
    score = np.empty(len(positive))
    for half in (0, 1):
        held_out = fold == half
        fitted = clone(learner).fit(numbers[~held_out], positive[~held_out])
        score[held_out] = fitted.predict_proba(numbers[held_out])[:, 1]
    return np.nan_to_num(score, nan=0.5)  # naive Bayes divides 0 by 0 where no column varies
