"""Subgroups that nobody named in which a classifier errs more: found, described, worst first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from scipy import stats

from imbalance_kit._sklearn_compat import n_samples_of
from imbalance_kit.calibration._report_tables import as_frame, as_text
from imbalance_kit.fairness._audit.inputs import AuditInputs, read_audit_inputs
from imbalance_kit.fairness._audit.rates import (
    RATES,
    OutcomeWeights,
    require_level,
    require_rates,
    same_share,
    share,
    wilson,
)
from imbalance_kit.fairness._audit.subgroup_candidates import (
    Candidates,
    clusters,
    combinations_of,
)
from imbalance_kit.fairness._audit.subgroup_features import Feature, read_features, value_shares


@dataclass(frozen=True)
class Subgroups:
    """Subgroups of rows and how a classifier does in each, worst first.

    Made by :func:`find_subgroups`.

    Attributes
    ----------
    table : dict of list
        One row per subgroup: ``description``, ``rows``, ``value`` of the rate with ``low`` and
        ``high``, ``difference`` from the rate of all other rows, ``p_value`` of that and
        ``q_value``, which is adjusted for the number of subgroups (Benjamini-Hochberg).
    rate : str
        What they are ordered by.
    overall : float
        The rate of all rows.
    members : tuple of ndarray
        Row numbers of each subgroup.
    skipped : int
        Subgroups with too few rows for a result.
    pos_label : label
        The positive class.
    note : str or None
        That the rarest class was taken as positive, where labels do not show which one is.
    """

    table: dict[str, list] = field(repr=False)
    rate: str
    overall: float
    members: tuple[np.ndarray, ...] = field(repr=False)
    skipped: int
    _shares: tuple[np.ndarray, ...] = field(repr=False)
    pos_label: Any = None
    note: str | None = None

    def __len__(self) -> int:
        return len(self.members)

    def similar(self, position: int, *, n: int = 3) -> list[int]:
        """Subgroups that are composed most like one of them, to compare their rates.

        Parameters
        ----------
        position : int
            Row of the table.

        n : int, default=3
            How many.

        Returns
        -------
        positions : list of int
            Rows of the table, the most similar first.

        Notes
        -----
        Similar are those whose values are spread alike: by the Jensen-Shannon divergence of every
        feature, averaged over the features.
        """
        if not -len(self) <= position < len(self):
            raise ValueError(f"There is no subgroup {position}; there are {len(self)}.")
        chosen = position % len(self)
        distances = [_divergence(shares[chosen], shares) for shares in self._shares]
        distance = np.mean(distances, axis=0)
        distance[chosen] = np.inf  # the subgroup itself
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
        if self.note:
            lines += ["", self.note]
        if self.skipped:
            lines += ["", f"{self.skipped} more are too small for a result."]
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
        "clusters" finds rows that are alike and describes what most of them share. "features" looks
        at all combinations of values of up to `max_depth` features.

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
        The positive class. None stands for 1 of labels 0/1 or -1/1, for True, for the higher one
        of ordered categories, and else for the rarest of two classes, see `note`; more classes
        need it.

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
    rows that it was not found on. ``p_value`` is Fisher's exact test [3]_, twice its smaller side,
    which holds where errors are rare too. With weights the rows count as Kish's effective number of
    rows, and numbers between whole ones are taken at the side that makes less of the difference.

    Cost is that of k-means, or O(n) for every combination of features.

    References
    ----------
    .. [1] A. A. Cabrera, W. Epperson, F. Hohman, M. Kahng, J. Morgenstern, D. H. Chau, "FairVis:
       Visual Analytics for Discovering Intersectional Bias in Machine Learning", IEEE Conference on
       Visual Analytics Science and Technology (VAST), 2019.
    .. [2] Y. Benjamini, Y. Hochberg, "Controlling the False Discovery Rate: A Practical and
       Powerful Approach to Multiple Testing", Journal of the Royal Statistical Society B 57, 1995.
    .. [3] R. A. Fisher, "The Logic of Inductive Inference", Journal of the Royal Statistical
       Society 98, 1935.

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
        usable = [name for name, each in RATES.items() if each.good]
        raise ValueError(f"{rate!r} has no bad end to order subgroups by; take one of {usable}.")
    if method not in ("clusters", "features"):
        raise ValueError(f"method must be 'clusters' or 'features', got {method!r}.")
    if min(n_clusters, n_dominant, max_depth, min_rows) < 1 or n_bins < 2:
        raise ValueError(
            "n_clusters, n_dominant, max_depth and min_rows must be at least 1, n_bins at least 2."
        )
    inputs = read_audit_inputs(
        y_true, y_pred, pos_label=pos_label, sample_weight=sample_weight, X=X
    )
    if n_samples_of(X) != inputs.n_rows:
        raise ValueError(f"X has {n_samples_of(X)} rows, y_true has {inputs.n_rows}.")
    read = read_features(X, features, n_bins)
    if method == "clusters":
        candidates = [clusters(read, n_clusters, n_dominant, min_rows, random_state)]
    else:
        candidates = combinations_of(read, max_depth)
    found = _compare(inputs, read, candidates, rate, min_rows, confidence)
    return replace(found, pos_label=inputs.pos_label, note=inputs.note)


def _compare(
    inputs: AuditInputs,
    features: list[Feature],
    candidates: list[Candidates],
    rate: str,
    min_rows: int,
    confidence: float,
) -> Subgroups:
    """Compare the rate of each subgroup that is large enough with that of all other rows."""
    outcome, overall, skipped = inputs.outcome, float("nan"), 0
    descriptions: list[str] = []
    members: list[np.ndarray] = []
    figures: list[tuple[np.ndarray, ...]] = []
    for each in candidates:
        n_subgroups = len(each.descriptions)
        sums = OutcomeWeights.of(each.of_row, n_subgroups, outcome, inputs.weight)
        others = sums.others
        overall = float(share(sums.weight.sum(axis=0), rate))
        n_rows = sums.n_rows(rate)
        enough = np.flatnonzero((n_rows >= min_rows) & (others.n_rows(rate) > 0))
        skipped += int(((n_rows < min_rows) & (sums.count.sum(axis=1) > 0)).sum())
        # one sort gives the rows of all subgroups, of which there may be thousands
        order = np.argsort(each.of_row, kind="stable")
        starts = np.searchsorted(each.of_row[order], np.arange(n_subgroups + 1))
        members += [order[starts[group] : starts[group + 1]] for group in enough]
        descriptions += [each.descriptions[group] for group in enough]
        figures.append(
            tuple(
                column[enough]
                for column in (
                    n_rows,
                    sums.rate(rate),
                    sums.size(rate),
                    others.rate(rate),
                    others.size(rate),
                )
            )
        )
    names = ("description", "rows", "value", "low", "high", "difference", "p_value", "q_value")
    if not members:
        empty: dict[str, list] = {name: [] for name in names}
        return Subgroups(empty, rate, overall, (), skipped, ())
    n_rows, value, size, other, other_size = map(np.concatenate, zip(*figures, strict=True))
    low, high = wilson(value, size, confidence)
    p_value = same_share(value, size, other, other_size)
    q_value = stats.false_discovery_control(p_value)
    # worst first; of equals the one with more rows
    order = np.lexsort([-n_rows, value * RATES[rate].good])
    columns = (value, low, high, value - other, p_value, q_value)
    table: dict[str, list] = {
        "description": [descriptions[i] for i in order],
        "rows": [int(n_rows[i]) for i in order],
        **{name: column[order].tolist() for name, column in zip(names[2:], columns, strict=True)},
    }
    ordered = tuple(members[i] for i in order)
    shares = tuple(value_shares(features, ordered))
    return Subgroups(table, rate, overall, ordered, skipped, shares)


def _divergence(shares: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Jensen-Shannon divergence of one row of shares from each of others, in bits."""
    middle = (shares + others) / 2
    return (
        stats.entropy(np.broadcast_to(shares, others.shape), middle, axis=1, base=2)
        + stats.entropy(others, middle, axis=1, base=2)
    ) / 2
