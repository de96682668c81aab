"""Groups nobody named in which a classifier errs more: found, described, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from scipy import stats

from imbalance_kit._sklearn_compat import n_samples_of
from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.rows import is_frame
from imbalance_kit.calibration._report_tables import as_frame, as_text
from imbalance_kit.fairness._audit.inputs import Audited, read_audited
from imbalance_kit.fairness._audit.rates import (
    RATES,
    effective_size,
    masses,
    parts_of,
    require_level,
    require_rates,
    share,
    wilson,
)
from imbalance_kit.fairness._groups import MISSING, column_of, distinct

_MANY = 20_000  # subgroups to look at
_WIDE = 200  # values of a nominal column


@dataclass(frozen=True)
class Subgroups:
    """Subgroups of rows and how a classifier does in each, worst first.

    Made by :func:`find_subgroups`.

    Attributes
    ----------
    table : dict of list
        One line per subgroup: ``description``, ``rows``, ``value`` of the rate with ``low`` and
        ``high``, ``difference`` from the rate of all other rows, ``p_value`` of that and
        ``q_value``, which is adjusted for the number of subgroups (Benjamini-Hochberg).
    rate : str
        What they are ordered by.
    overall : float
        The rate of all rows.
    members : tuple of ndarray
        Row numbers of each subgroup.
    skipped : int
        Subgroups with too few rows to tell.
    """

    table: dict[str, list] = field(repr=False)
    rate: str
    overall: float
    members: tuple[np.ndarray, ...] = field(repr=False)
    skipped: int
    _shares: tuple[np.ndarray, ...] = field(repr=False)

    def __len__(self) -> int:
        return len(self.members)

    def similar(self, position: int, *, n: int = 3) -> list[int]:
        """Subgroups made up most like one of them, to see whether they fare alike.

        Parameters
        ----------
        position : int
            Line of the table.

        n : int, default=3
            How many.

        Returns
        -------
        positions : list of int
            Lines of the table, the most similar first.

        Notes
        -----
        Similar are those whose values are spread alike: by the Jensen-Shannon divergence of every
        feature, averaged over the features.
        """
        if not -len(self) <= position < len(self):
            raise ValueError(f"There is no subgroup {position}; there are {len(self)}.")
        own = position % len(self)
        distance = np.mean([_divergence(shares[own], shares) for shares in self._shares], axis=0)
        distance[own] = np.inf
        return np.argsort(distance, kind="stable")[: min(n, len(self) - 1)].tolist()

    def to_frame(self) -> Any:
        """The table as a pandas DataFrame.

        Returns
        -------
        frame : pandas.DataFrame
        """
        return as_frame({"table": lambda: self.table}, "table")

    def __str__(self) -> str:
        lines = [f"{self.rate} of all rows {self.overall:.3f}; worst subgroups:", ""]
        shown = {name: values[:10] for name, values in self.table.items()}
        lines.append(as_text(shown))
        if self.skipped:
            lines += ["", f"{self.skipped} more are too small to say anything about."]
        return "\n".join(lines)


def find_subgroups(
    X: Any,
    y_true: Any,
    y_pred: Any,
    *,
    rate: str = "accuracy",
    method: str = "clusters",
    features: Sequence[str | int] | None = None,
    n_clusters: int = 50,
    n_dominant: int = 3,
    max_depth: int = 2,
    min_rows: int = 30,
    n_bins: int = 4,
    confidence: float = 0.95,
    sample_weight: Any = None,
    pos_label: Any = None,
    random_state: Any = None,
) -> Subgroups:
    """Find subgroups in which a classifier does worst.

    Parameters
    ----------
    X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
        The table. Missing values are a value of their own.

    y_true : array-like of shape (n_samples,)
        True classes.

    y_pred : array-like of shape (n_samples,)
        Decisions.

    rate : str, default="accuracy"
        What to look at: "accuracy", "true_positive_rate", "false_positive_rate", "precision" or
        any other rate of :func:`group_report` that has a bad end.

    method : {"clusters", "features"}, default="clusters"
        "clusters" finds rows that are alike and says what most of them share. "features" looks at
        all combinations of values of up to `max_depth` features.

    features : list of str or int, default=None
        Columns to look at. None stands for all.

    n_clusters : int, default=50
        Clusters; fewer where these would have fewer than `min_rows` rows on average.

    n_dominant : int, default=3
        Features that describe a cluster.

    max_depth : int, default=2
        Features combined at most by "features".

    min_rows : int, default=30
        Subgroups with fewer rows to take the rate of are left out; their number is reported.

    n_bins : int, default=4
        Ranges of about equal numbers of rows that numbers with more values are cut into.

    confidence : float, default=0.95
        Level of the intervals.

    sample_weight : array-like of shape (n_samples,), default=None
        Weights of the rows.

    pos_label : label, default=None
        The positive class. None stands for the second of two; more classes need it.

    random_state : int, RandomState instance or None, default=None
        Seed of the clusters.

    Returns
    -------
    subgroups : Subgroups

    Raises
    ------
    ValueError
        If the rate is unknown or has no bad end, or there are too many combinations.

    Notes
    -----
    Clusters are k-means' on one-hot columns of values and ranges and on numbers scaled to 0 to 1.
    A cluster is described by the features whose values vary least in it: by the entropy of their
    values over the largest it could be, so that features with few values are not favoured [1]_. The
    description is what is typical of the cluster, not a rule that all of its rows meet; the
    descriptions of "features" are rules.

    A search finds something in noise, too. ``q_value`` keeps the expected share of false finds
    below it, if you look at all with a smaller one; intervals are not adjusted. Check a find on
    rows that it was not found on.

    Cost is that of k-means, or O(n) for every combination of features.

    References
    ----------
    .. [1] A. A. Cabrera, W. Epperson, F. Hohman, M. Kahng, J. Morgenstern, D. H. Chau, "FairVis:
       Visual Analytics for Discovering Intersectional Bias in Machine Learning", IEEE Conference on
       Visual Analytics Science and Technology (VAST), 2019.
    .. [2] Y. Benjamini, Y. Hochberg, "Controlling the False Discovery Rate: A Practical and
       Powerful Approach to Multiple Testing", Journal of the Royal Statistical Society B 57, 1995.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import find_subgroups
    >>> rng = np.random.RandomState(0)
    >>> X = rng.randint(3, size=(3000, 4))
    >>> y = rng.randint(2, size=3000)
    >>> wrong = (X[:, 0] == 2) & (X[:, 1] == 1) & (rng.uniform(size=3000) < 0.4)
    >>> found = find_subgroups(X, y, np.where(wrong, 1 - y, y), method="features")
    >>> found.table["description"][0]
    'column 0=2, column 1=1'
    """
    require_rates(rate)
    require_level(confidence)
    if RATES[rate].good == 0:
        usable = [name for name, own in RATES.items() if own.good]
        raise ValueError(f"{rate!r} has no bad end to order subgroups by; take one of {usable}.")
    if method not in ("clusters", "features"):
        raise ValueError(f"method must be 'clusters' or 'features', got {method!r}.")
    if min(n_clusters, n_dominant, max_depth, min_rows) < 1 or n_bins < 2:
        raise ValueError(
            "n_clusters, n_dominant, max_depth and min_rows must be at least 1, n_bins at least 2."
        )
    rows = read_audited(y_true, y_pred, pos_label=pos_label, sample_weight=sample_weight)
    if n_samples_of(X) != len(rows.positive):
        raise ValueError(f"X has {n_samples_of(X)} rows, y_true has {len(rows.positive)}.")
    columns = _read_columns(X, features, n_bins)
    if method == "clusters":
        codes, descriptions = _clusters(columns, n_clusters, n_dominant, min_rows, random_state)
        candidates = [(codes, descriptions)]
    else:
        candidates = _combinations(columns, max_depth)
    return _judge(rows, columns, candidates, rate, min_rows, confidence)


@dataclass(frozen=True)
class _Column:
    """One feature as codes, with the word for each, and as numbers between 0 and 1."""

    name: str
    codes: np.ndarray
    words: list[str]
    numbers: np.ndarray | None


def _read_columns(X: Any, features: Sequence[str | int] | None, n_bins: int) -> list[_Column]:
    names: Sequence[str | int]
    if is_frame(X):
        names = nw.from_native(X, eager_only=True).columns
    else:
        X = X if hasattr(X, "shape") else np.asarray(X)
        names = range(X.shape[1])
    wanted = names if features is None else list(features)
    return [_read_column(column_of(X, name), name, n_bins) for name in wanted]


def _read_column(values: np.ndarray, name: str | int, n_bins: int) -> _Column:
    title = name if isinstance(name, str) else f"column {name}"
    if values.dtype.kind in "fiu":
        known = np.isfinite(values)
        if len(np.unique(values[known])) > n_bins:
            return _cut(values.astype(np.float64), known, title, n_bins)
    codes, labels = distinct(values)
    words = [label if isinstance(label, str) else spell(label) for label in labels]
    return _Column(title, codes, [f"{title}={word}" for word in words], None)


def _cut(values: np.ndarray, known: np.ndarray, title: str, n_bins: int) -> _Column:
    """A number in ranges that hold about equally many rows."""
    inner = np.unique(np.quantile(values[known], np.arange(1, n_bins) / n_bins))
    inner = inner[(inner > values[known].min()) & (inner <= values[known].max())]
    codes = np.where(known, np.searchsorted(inner, values, side="right"), len(inner) + 1)
    words = [f"{title} < {inner[0]:g}"] if len(inner) else [f"{title} any"]
    words += [f"{low:g} <= {title} < {high:g}" for low, high in pairwise(inner)]
    words += [f"{title} >= {inner[-1]:g}"] if len(inner) else []
    low, high = values[known].min(), values[known].max()
    numbers = np.where(known, (values - low) / (high - low), 0.5)
    return _Column(title, codes.astype(np.intp), [*words, f"{title}={MISSING}"], numbers)


def _clusters(
    columns: list[_Column], n_clusters: int, n_dominant: int, min_rows: int, random_state: Any
) -> tuple[np.ndarray, list[str]]:
    """Cluster of each row, and what is typical of each."""
    from sklearn.cluster import KMeans

    n_rows = len(columns[0].codes)
    for column in columns:
        if column.numbers is None and len(column.words) > _WIDE:
            raise ValueError(
                f"{column.name} has {len(column.words)} values, which say nothing in a cluster. "
                "Name the columns to look at in `features`, or join its rare values."
            )
    blocks = [
        np.eye(len(column.words))[column.codes]
        if column.numbers is None
        else column.numbers[:, None]
        for column in columns
    ]
    n_made = max(1, min(n_clusters, n_rows // min_rows))
    model = KMeans(n_made, n_init=1, random_state=random_state)
    codes = model.fit_predict(np.hstack(blocks))
    found, codes = np.unique(codes, return_inverse=True)
    described = []
    shares = _value_shares(columns, [np.flatnonzero(codes == code) for code in range(len(found))])
    spread = np.column_stack([_entropy(own) for own in shares])
    for code in range(len(found)):
        typical = np.argsort(spread[code], kind="stable")[:n_dominant]
        words = [columns[j].words[int(shares[j][code].argmax())] for j in sorted(typical)]
        described.append(", ".join(words))
    return codes, described


def _entropy(shares: np.ndarray) -> np.ndarray:
    """Entropy of each row of shares, over that of equal shares; 0 is one value, 1 is all alike."""
    present = int((shares.sum(axis=0) > 0).sum())
    if present < 2:  # a constant says nothing about a cluster
        return np.full(len(shares), np.inf)
    return stats.entropy(shares, axis=1) / np.log(present)


def _combinations(columns: list[_Column], max_depth: int) -> list[tuple[np.ndarray, list[str]]]:
    """Codes and descriptions for every choice of up to so many features."""
    made, n_groups = [], 0
    for depth in range(1, min(max_depth, len(columns)) + 1):
        for chosen in combinations(columns, depth):
            codes, words = chosen[0].codes, list(chosen[0].words)
            for column in chosen[1:]:
                pairs, codes = np.unique(
                    codes * len(column.words) + column.codes, return_inverse=True
                )
                first, last = np.divmod(pairs, len(column.words))
                words = [f"{words[i]}, {column.words[j]}" for i, j in zip(first, last, strict=True)]
            n_groups += len(words)
            if n_groups > _MANY:
                raise ValueError(
                    f"The features form more than {_MANY} combinations. Name fewer in `features`, "
                    "or take a smaller max_depth or n_bins."
                )
            made.append((codes, words))
    return made


def _judge(
    rows: Audited,
    columns: list[_Column],
    candidates: list[tuple[np.ndarray, list[str]]],
    rate: str,
    min_rows: int,
    confidence: float,
) -> Subgroups:
    outcome, total = rows.outcome, None
    lines: list[tuple[float, float, float, str, np.ndarray]] = []
    skipped = 0
    kept: dict[str, list[float]] = {name: [] for name in ("value", "size", "other", "rest")}
    for codes, words in candidates:
        mass = masses(codes, len(words), outcome, rows.weight)
        counts = squares = mass
        if rows.weight is not None:
            counts = masses(codes, len(words), outcome, rows.weight > 0)
            squares = masses(codes, len(words), outcome, rows.weight**2)
        total, n_all, squared = mass.sum(axis=0), counts.sum(axis=0), squares.sum(axis=0)
        rest = total - mass
        n_own = parts_of(counts, rate)[1]
        n_rest = parts_of(n_all - counts, rate)[1]
        size = effective_size(parts_of(mass, rate)[1], parts_of(squares, rate)[1])
        rest_size = effective_size(parts_of(rest, rate)[1], parts_of(squared - squares, rate)[1])
        value, other = share(mass, rate), share(rest, rate)
        enough = (n_own >= min_rows) & (n_rest > 0)
        skipped += int(((n_own < min_rows) & (counts.sum(axis=1) > 0)).sum())
        order = np.argsort(codes, kind="stable")
        starts = np.searchsorted(codes[order], np.arange(len(words) + 1))
        for code in np.flatnonzero(enough):
            own = order[starts[code] : starts[code + 1]]
            lines.append((value[code], n_own[code], other[code], words[code], own))
        for name, column in zip(kept, (value, size, other, rest_size), strict=True):
            kept[name].extend(column[enough].tolist())
    value, size, other, rest_size = map(np.array, kept.values())
    names = ("description", "rows", "value", "low", "high", "difference", "p_value", "q_value")
    overall = float("nan") if total is None else float(share(total, rate))
    if not lines:
        empty: dict[str, list] = {name: [] for name in names}
        return Subgroups(empty, rate, overall, (), skipped, ())
    low, high = wilson(value, size, confidence)
    p_value = _two_shares(value, size, other, rest_size)
    q_value = stats.false_discovery_control(p_value)
    # worst first; of equals the one with more rows
    n_own = np.array([line[1] for line in lines])
    order = np.lexsort([-n_own, value * RATES[rate].good])
    members = tuple(lines[i][4] for i in order)
    columns_of = ([line[3] for line in lines], [int(line[1]) for line in lines])
    every = [*columns_of, value, low, high, value - other, p_value, q_value]
    table = {
        name: [column[i] if isinstance(column, list) else float(column[i]) for i in order]
        for name, column in zip(names, every, strict=True)
    }
    return Subgroups(table, rate, overall, members, skipped, tuple(_value_shares(columns, members)))


def _value_shares(columns: list[_Column], members: Sequence[np.ndarray]) -> list[np.ndarray]:
    """For each feature the shares of its values (columns) in each subgroup (rows)."""
    return [
        np.array(
            [
                np.bincount(column.codes[own], minlength=len(column.words)) / max(len(own), 1)
                for own in members
            ]
        )
        for column in columns
    ]


def _divergence(own: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence of one row of shares from each of others, in bits."""
    middle = (own + others) / 2
    return (
        stats.entropy(np.broadcast_to(own, others.shape), middle, axis=1, base=2)
        + stats.entropy(others, middle, axis=1, base=2)
    ) / 2


def _two_shares(a: np.ndarray, n_a: np.ndarray, b: np.ndarray, n_b: np.ndarray) -> np.ndarray:
    """Two-sided test that two shares are one, by their pooled variance."""
    pooled = (a * n_a + b * n_b) / (n_a + n_b)
    variance = pooled * (1 - pooled) * (1 / n_a + 1 / n_b)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(variance > 0, (a - b) / np.sqrt(variance), 0.0)
    return 2 * stats.norm.sf(np.abs(z))
