"""Safe, borderline, rare and outlying rows of a class."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from imbalance_kit._tables.points import Rows
from imbalance_kit.complexity._space import in_metric, neighbors_of, read_problem

TYPES = ("safe", "borderline", "rare", "outlier")
# Shares of neighbours of a row's class above which it is safe, borderline, rare.
_BOUNDS = (0.7, 0.3, 0.1)


@dataclass(frozen=True, eq=False)
class MinorityTypes:
    """Types of the rows of one class.

    Attributes
    ----------
    label : object
        The class.
    rows : ndarray of shape (n_class_rows,)
        Row numbers of the class in the table, ascending.
    types : ndarray of shape (n_class_rows,)
        "safe", "borderline", "rare" or "outlier" for each of these rows.
    same_class : ndarray of shape (n_class_rows,)
        Number of neighbours of each of these rows, of `k`, that are of the class.
    shares : dict of str to float
        Share of each type; they add up to 1.
    k : int
        Number of neighbours.

    See Also
    --------
    minority_types : The function that makes it.
    """

    label: Any
    rows: np.ndarray
    types: np.ndarray
    same_class: np.ndarray
    shares: Mapping[str, float]
    k: int


def minority_types(
    X: Any,
    y: Any,
    *,
    k: int = 5,
    metric: str = "heom",
    label: Any = None,
    categorical_features: Any = "auto",
    n_jobs: int | None = None,
) -> MinorityTypes:
    """Types of the rows of a class: safe, borderline, rare, outlier.

    The type of a row follows from how many of its `k` nearest rows, of all classes, share its
    class [1]_.

    Parameters
    ----------
    X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
        The table; it may hold nominal columns and missing values.
    y : array-like of shape (n_samples,)
        Classes.
    k : int, default=5
        Number of neighbours; fewer than there are rows.
    metric : {"heom", "hvdm", "euclidean"}, default="heom"
        ``"heom"``: numbers by their range, a nominal mismatch counts 1. ``"hvdm"``: numbers by
        four standard deviations, levels by how their class shares differ [2]_. ``"euclidean"``:
        numbers as they are, a mismatch counts 1. Missing numbers are left out of a distance,
        which is scaled up to all columns; a missing level is a level of its own.
    label : object, default=None
        The class to type; None for the rarest (of equally rare ones the last). Any class may be
        typed, the largest too.
    categorical_features : "auto", None or array-like, default="auto"
        Nominal columns: by dtype, none, or positions, names or a mask.
    n_jobs : int, default=None
        Threads of the neighbour search.

    Returns
    -------
    MinorityTypes
        Types and their shares.

    Raises
    ------
    ValueError
        If `k` is not smaller than the number of rows, `label` is no class of `y`, `y` has one
        class only, or the metric is unknown.

    See Also
    --------
    k_disagreeing_neighbors : The share of neighbours of other classes, for every row.

    Notes
    -----
    Of five neighbours four or five of its class make a row safe, two or three borderline, none
    an outlier. One makes it rare if that neighbour, too, has at most one neighbour of the class, so
    that they are an isolated pair; else it is borderline, at the edge of something larger. In
    general a share above .7 is safe, above .3 borderline, above .1 rare under the same condition
    (no neighbour of the class has a share above .3), and the rest are outliers.

    A row is not its own neighbour; equally near rows are taken in the order of their numbers. Costs
    one search of the rows of the class among all rows.

    References
    ----------
    .. [1] K. Napierala and J. Stefanowski, "Types of minority class examples and their influence on
       learning classifiers from imbalanced data", Journal of Intelligent Information Systems, 2016.
    .. [2] D. R. Wilson and T. R. Martinez, "Improved heterogeneous distance functions", Journal of
       Artificial Intelligence Research, 1997.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.complexity import minority_types
    >>> group, pair, alone = [0.0, 0.1, 0.2, 0.3, 0.4], [5.0, 5.1], [9.0]
    >>> others = np.concatenate([[1.5, 4.6, 5.5], np.arange(50) / 20 + 8.01])
    >>> X = np.concatenate([group, pair, alone, others])[:, None]
    >>> y = np.array(["rare"] * 8 + ["usual"] * 53)
    >>> found = minority_types(X, y)
    >>> found.label, found.types.tolist()
    ('rare', ['safe', 'safe', 'safe', 'safe', 'safe', 'rare', 'rare', 'outlier'])
    >>> found.shares["safe"]
    0.625
    """
    problem = read_problem(X, y, categorical_features)
    code = problem.position_of(label)
    rows = np.flatnonzero(problem.y_encoded == code)
    near = neighbors_of(in_metric(problem, metric), k, rows, n_jobs)
    same = problem.y_encoded[near] == code
    types = types_of(rows, near, same)
    shares = {name: float(np.mean(types == name)) for name in TYPES}
    chosen = problem.classes[code]
    chosen = chosen.item() if isinstance(chosen, np.generic) else chosen
    return MinorityTypes(chosen, rows, types, same.sum(axis=1), shares, k)


def types_of(rows: np.ndarray, near: np.ndarray, same: np.ndarray) -> np.ndarray:
    """Type each row of a class.

    Parameters
    ----------
    rows : ndarray of shape (n_class_rows,)
        Row numbers of all rows of the class, ascending.
    near : ndarray of shape (n_class_rows, k)
        Row numbers of their neighbours.
    same : ndarray of shape (n_class_rows, k)
        Which neighbours are of the class.
    """
    safe, borderline, rare = _BOUNDS
    share = same.mean(axis=1)
    types = np.full(len(rows), "outlier", dtype="U10")
    types[share > rare] = "rare"
    types[share > borderline] = "borderline"
    types[share > safe] = "safe"
    # a row beside a group of its class is at the edge of that group, not an isolated pair
    place = np.searchsorted(rows, np.where(same, near, rows[0]))
    beside_others = (share[place] > borderline) & same
    types[(types == "rare") & beside_others.any(axis=1)] = "borderline"
    return types


def disagreement(points: Rows, y_encoded: np.ndarray, k: int, n_jobs: Any = None) -> np.ndarray:
    """Share of the k nearest rows that are of another class, for every row."""
    near = neighbors_of(points, k, n_jobs=n_jobs)
    return (y_encoded[near] != y_encoded[:, None]).mean(axis=1)
