"""How hard a table is: measures of overlap, neighbourhoods, linear borders and balance."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils import check_random_state

from imbalance_kit._neighbors.nearest import nearest_rows
from imbalance_kit.complexity import _feature_overlap, _neighborhood
from imbalance_kit.complexity._linear import between_rows, linear_border
from imbalance_kit.complexity._space import (
    Problem,
    as_one_hot,
    distances,
    in_metric,
    read_problem,
    stratified_rows,
)

if TYPE_CHECKING:
    import pandas as pd

N_DRAWS = 3
_MOST_LEVELS = 50  # 0-1 columns of a nominal column: F1v and F4 cost the square of the columns
K_DISAGREEING = 5


class _Sample:
    """One draw of rows; what several measures need is computed once."""

    def __init__(self, problem: Problem, metric: str, rng: np.random.RandomState) -> None:
        self.problem = problem
        self.y_encoded = problem.y_encoded
        self.metric = metric
        self.rng = rng

    @cached_property
    def points(self) -> Any:
        return in_metric(self.problem, self.metric)

    @cached_property
    def distance(self) -> np.ndarray:
        return distances(self.points)

    @cached_property
    def numbers(self) -> np.ndarray:
        return as_one_hot(self.problem.points, _MOST_LEVELS)

    @cached_property
    def border(self) -> tuple[float, float, float]:
        return linear_border(self.numbers, self.y_encoded, self.rng)

    @cached_property
    def at_boundary(self) -> np.ndarray:
        return _neighborhood.boundary_rows(self.distance, self.y_encoded)

    @cached_property
    def nearest_wrong(self) -> np.ndarray:
        return _neighborhood.nearest_disagrees(self.distance, self.y_encoded)

    def missed_between(self) -> float:
        """N4: error of the nearest row on synthetic rows between rows of a class."""
        synthetic, expected = between_rows(self.points, self.y_encoded, self.rng)
        near = nearest_rows(self.points, 1, queries=synthetic, n_jobs=1)[1][:, 0]
        return float((self.y_encoded[near] != expected).mean())


# In this order everywhere. The random ones draw in it, too.
_MEASURES: dict[str, Callable[[_Sample], float]] = {
    "F1": lambda sample: _feature_overlap.fisher_ratio(sample.numbers, sample.y_encoded),
    "F1v": lambda sample: _feature_overlap.directional_fisher_ratio(
        sample.numbers, sample.y_encoded
    ),
    "F2": lambda sample: _feature_overlap.overlap_volume(sample.numbers, sample.y_encoded),
    "F3": lambda sample: _feature_overlap.best_column(sample.numbers, sample.y_encoded),
    "F4": lambda sample: _feature_overlap.overlap_of_columns(sample.numbers, sample.y_encoded),
    "L1": lambda sample: sample.border[0],
    "L2": lambda sample: sample.border[1],
    "L3": lambda sample: sample.border[2],
    "N1": lambda sample: float(sample.at_boundary.mean()),
    "N2": lambda sample: _neighborhood.within_and_between(sample.distance, sample.y_encoded),
    "N3": lambda sample: float(sample.nearest_wrong.mean()),
    "N4": lambda sample: sample.missed_between(),
    "T1": lambda sample: _neighborhood.spheres(sample.distance, sample.y_encoded),
    "LSC": lambda sample: _neighborhood.local_sets(sample.distance, sample.y_encoded),
}
_OF_COUNTS: dict[str, Callable[[np.ndarray], float]] = {
    "C1": lambda counts: class_entropy_lost(counts),
    "C2": lambda counts: imbalance(counts),
}
MEASURES = (*_MEASURES, *_OF_COUNTS)
BY_CLASS = ("N1", "N3", "kDN")


@dataclass(frozen=True, eq=False)
class Complexity:
    """Complexity measures of a table, each from 0 (easy) to 1 (hard).

    Attributes
    ----------
    values : dict of str to float
        The measures that were requested; the mean over the draws.
    spread : dict of str to float
        Standard deviation over the draws; 0 where the whole table was taken.
    by_class : dict of object to dict of str to float
        For each class the N1, N3 and kDN of its rows.
    n_rows : int
        Rows in a draw.
    n_draws : int
        Draws; 1 where the whole table was taken.

    See Also
    --------
    complexity_measures : The function that makes it.
    """

    values: Mapping[str, float]
    spread: Mapping[str, float]
    by_class: Mapping[Any, Mapping[str, float]]
    n_rows: int
    n_draws: int

    def to_frame(self) -> pd.DataFrame:
        """One row per measure.

        Returns
        -------
        pandas.DataFrame
            Columns ``value``, ``spread`` and one for each class, NaN for measures that have no
            version by class.
        """
        import pandas as pd

        columns: dict[Any, Mapping[str, float]] = {"value": self.values, "spread": self.spread}
        of_classes = {f"of {label}": values for label, values in self.by_class.items()}
        names = [*self.values, *(name for name in ("kDN",) if of_classes)]
        return pd.DataFrame(columns | of_classes, index=names)


def complexity_measures(
    X: Any,
    y: Any,
    *,
    measures: str | Iterable[str] = "all",
    metric: str = "heom",
    max_rows: int = 2000,
    categorical_features: Any = "auto",
    random_state: Any = None,
) -> Complexity:
    """Measure how hard a table is to learn: overlap, neighbourhoods, borders and balance.

    Parameters
    ----------
    X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
        The table; it may hold nominal columns and missing values.
    y : array-like of shape (n_samples,)
        Classes; any number of them.
    measures : "all", str or iterable of str, default="all"
        Names: F1, F1v, F2, F3, F4, L1, L2, L3, N1, N2, N3, N4, T1, LSC, C1, C2.
    metric : {"heom", "hvdm", "euclidean"}, default="heom"
        Distance of N1 to N4, T1 and LSC, as in :func:`minority_types`.
    max_rows : int, default=2000
        A larger table is measured on three stratified draws of so many rows, because some measures
        cost the square of the rows.
    categorical_features : "auto", None or array-like, default="auto"
        Nominal columns: by dtype, none, or positions, names or a mask.
    random_state : int, RandomState or None, default=None
        Source of the draws, and of the synthetic rows of L3 and N4.

    Returns
    -------
    Complexity
        Values in [0, 1], larger is harder; their spread over the draws; N1, N3 and kDN by class.

    Raises
    ------
    ValueError
        If a measure or the metric is unknown, `y` has one class only, or X holds infinity.

    See Also
    --------
    meta_features : A fast summary of fixed length, for comparing tables.

    Notes
    -----
    The definitions are those of [1]_, after [2]_:

    - F1: 1 / (1 + the best column's scatter between classes over that within); F1v: along the best
      direction. F2: volume of the overlap of the ranges. F3: share of rows in the overlap of the
      best column, borders included; F4: share left after all columns in turn.
    - L1: E / (1 + E), E the summed distance of misclassified rows to a linear support vector
      machine's border, over all rows; L2: its error; L3: its error on rows between rows of a class.
      Columns are standardised first.
    - N1: share of rows that a minimum spanning tree joins to another class. N2: r / (1 + r), r the
      distances to the nearest row of the class over those to the nearest of another. N3: error of
      the nearest other row; N4: of the nearest row on rows between rows of a class. T1: share of
      spheres needed, a sphere being a row and the rows nearer to it than the nearest of another
      class, and not needed where another holds all of its rows. LSC: 1 - the mean share of rows
      nearer than the nearest of another class.
    - C1: 1 - the entropy of the class shares over its maximum; C2: 1 - 1 / ratio, ratio =
      ((K - 1) / K) * sum of n_c / (n - n_c).

    F1v to F4 and L1 to L3 are defined for two classes; with more it is the mean over all pairs of
    classes. Nominal columns enter them, and F1, as 0-1 columns of their levels (of a column with
    more than 50, of the 50 most frequent ones), missing values as medians. By class, a measure is
    the mean over the rows of the class, and kDN the mean share of 5 neighbours of other classes:
    with a rare class these show what the mean over all rows hides.

    Costs O(n**2 d) for n rows of a draw, about a second for 2,000 rows and 20 columns, most of it
    for T1 and the distances; with K classes the pairs cost K**2 / 2 fits of L1 to L3.

    References
    ----------
    .. [1] A. C. Lorena, L. P. F. Garcia, J. Lehmann, M. C. P. Souto and T. K. Ho, "How complex is
       your classification problem? A survey on measuring classification complexity", ACM Computing
       Surveys, 2019.
    .. [2] T. K. Ho and M. Basu, "Complexity measures of supervised classification problems", IEEE
       Transactions on Pattern Analysis and Machine Intelligence, 2002.

    Examples
    --------
    >>> from imbalance_kit.complexity import complexity_measures
    >>> X, y = [[0.0], [2.0], [4.0], [6.0]], [0, 0, 1, 1]
    >>> found = complexity_measures(X, y, measures=["F1", "F2", "N1", "N3", "C2"])
    >>> found.values
    {'F1': 0.2, 'F2': 0.0, 'N1': 0.5, 'N3': 0.25, 'C2': 0.0}
    >>> found.by_class[1]["N3"]
    0.5
    """
    names = _requested(measures)
    if max_rows < 4:
        raise ValueError(f"max_rows must be at least 4; got {max_rows}.")
    rng = check_random_state(random_state)
    problem = read_problem(X, y, categorical_features)
    n_draws = N_DRAWS if len(problem.y_encoded) > max_rows else 1
    drawn: list[dict[str, float]] = []
    by_class: list[np.ndarray] = []
    n_rows = 0
    by_distance = not set(names).isdisjoint(BY_CLASS)
    for _ in range(n_draws):
        rows = stratified_rows(problem.y_encoded, max_rows, rng)
        n_rows = len(rows)
        sample = _Sample(problem.take(rows), metric, rng)
        drawn.append({name: _MEASURES[name](sample) for name in names if name in _MEASURES})
        if by_distance:
            by_class.append(_by_class(sample, len(problem.classes)))
    of_counts = {name: _OF_COUNTS[name](problem.counts) for name in names if name in _OF_COUNTS}
    of_draws = drawn[0].keys()
    values = {name: float(np.mean([draw[name] for draw in drawn])) for name in of_draws}
    spread = {name: float(np.std([draw[name] for draw in drawn])) for name in of_draws}
    labels = problem.classes.tolist()
    by_label = (
        {
            label: dict(zip(BY_CLASS, map(float, row), strict=True))
            for label, row in zip(labels, np.mean(by_class, axis=0), strict=True)
        }
        if by_class
        else {}
    )
    return Complexity(
        values | of_counts, spread | dict.fromkeys(of_counts, 0.0), by_label, n_rows, n_draws
    )


def _requested(measures: str | Iterable[str]) -> list[str]:
    given = [measures] if isinstance(measures, str) else list(measures)
    if given == ["all"]:
        return list(MEASURES)
    unknown = [name for name in given if name not in MEASURES]
    if unknown or not given:
        raise ValueError(
            f"measures must be 'all' or names of {', '.join(MEASURES)}; got {unknown or given}."
        )
    return [name for name in MEASURES if name in given]


def _by_class(sample: _Sample, n_classes: int) -> np.ndarray:
    """N1, N3 and kDN of the rows of each class."""
    of_rows = np.column_stack(
        [
            sample.at_boundary,
            sample.nearest_wrong,
            _neighborhood.disagreeing(sample.distance, sample.y_encoded, K_DISAGREEING),
        ]
    )
    return np.array([of_rows[sample.y_encoded == code].mean(axis=0) for code in range(n_classes)])


def class_entropy_lost(counts: np.ndarray) -> float:
    """C1: one minus the entropy of the class shares over that of equal ones."""
    shares = counts / counts.sum()
    entropy = -(shares * np.log(shares)).sum() / np.log(len(counts))
    return float(np.clip(1.0 - entropy, 0.0, 1.0))


def imbalance(counts: np.ndarray) -> float:
    """C2: one minus one over the imbalance ratio of any number of classes."""
    n_classes, n_rows = len(counts), counts.sum()
    ratio = (n_classes - 1) / n_classes * (counts / (n_rows - counts)).sum()
    return float(np.clip(1.0 - 1.0 / ratio, 0.0, 1.0))
