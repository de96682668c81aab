"""Rounds with synthetic rows: the points these are made of, and tables that hold them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.utils import check_array

from imbalance_kit._sampling.plans import Plan, realise
from imbalance_kit._tables.containers import Table, nominal_positions, open_table
from imbalance_kit._tables.rows import is_frame
from imbalance_kit._tables.validation import own_types
from imbalance_kit.ensemble._loop.fitting import Fitting
from imbalance_kit.over_sampling._base import near_in_class


@dataclass(frozen=True)
class RowSource:
    """What synthetic rows are made of; the same in all rounds.

    Attributes
    ----------
    table : Table
        The rows in play.

    points : ndarray, CSR matrix or array, or Mixed
        The same, as distances are measured and rows are made.

    nominal : ndarray
        Positions of the nominal columns.

    near : mapping of int to ndarray
        For the classes that are over-sampled, by position, neighbours of each of their rows.
    """

    table: Table
    points: Any
    nominal: np.ndarray
    near: Mapping[int, np.ndarray] = field(default_factory=dict)

    def extended(self, plans: list[Plan], rng: np.random.RandomState) -> Any:
        """The table and below it the rows of the plans."""
        seeds = np.concatenate([plan.seed for plan in plans])
        points = [realise(self.points, plan, rng) for plan in plans]
        return self.table.extend(self.nominal, points, seeds)


def open_source(X: Any, categorical_features: Any) -> RowSource:
    """The points of a table; infinite numbers are refused, missing ones are not."""
    if not is_frame(X):
        X = check_array(
            own_types(X), accept_sparse=["csr", "csc"], dtype=None, ensure_all_finite="allow-nan"
        )
    table = open_table(X)
    kinds = table.kinds(categorical_features)
    table.require_new_values(kinds)
    table.warn_of_columns(kinds)
    nominal = nominal_positions(kinds)
    return RowSource(table, table.points(nominal), nominal)


def near_by_class(
    fitting: Fitting, points: Any, search: Any, n_jobs: int | None
) -> dict[int, np.ndarray]:
    """Neighbours of the rows of each class that is over-sampled, looked for once a fit."""
    return {
        int(position): near_in_class(
            points,
            fitting.class_rows[position],
            fitting.classes[position],
            search,
            n_jobs=n_jobs,
        )
        for position in np.flatnonzero(fitting.wanted > fitting.class_counts)
    }
