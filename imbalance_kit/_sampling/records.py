"""What a sampler is given, what it returns, and the one function that makes the result of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from imbalance_kit._sampling.targets import Part, Target
from imbalance_kit._tables.containers import Table, nominal_positions
from imbalance_kit._tables.rows import take_rows


@dataclass(frozen=True)
class Opened:
    """A table and its target, checked.

    Attributes
    ----------
    table : Table
        The table, in the container it came in: ``table.X`` is what a user's estimator is fitted on.

    points : ndarray, CSR matrix or array, Mixed, or None
        What distances are measured on; None for a method that uses no value. Integers beyond 2**53
        count from the middle of their column, so that float64 holds them.

    kinds : tuple of str
        What each column is: "number", "nominal", "date" or "other". `points` hold the first two.

    target : Target
        `Classes`, `Numbers` or `LabelSets`.

    weight : ndarray of shape (n_rows,) or None
        Weights of the rows.
    """

    table: Table
    points: Any
    kinds: tuple[str, ...]
    target: Target
    weight: np.ndarray | None = None

    @property
    def n_rows(self) -> int:
        return self.table.n_rows

    @property
    def nominal(self) -> np.ndarray:
        """Positions of the nominal columns."""
        return nominal_positions(self.kinds)

    def in_parts(self, *parts: Part) -> np.ndarray:
        """Mark the rows of some parts of the target.

        Parameters
        ----------
        *parts : Part
            The parts.

        Returns
        -------
        belongs : ndarray of shape (n_rows,), bool
        """
        belongs = np.zeros(self.n_rows, dtype=bool)
        for part in parts:
            belongs[part.rows] = True
        return belongs


@dataclass(frozen=True)
class Provenance:
    """Where the rows that come out of one sampler, or of several in a row, come from.

    Attributes
    ----------
    rows : ndarray of shape (n_out,) or None
        For each row that comes out, the input row that it is, or its seed; None where a sampler
        of another package leaves no ``sample_indices_``.

    origin : ndarray of shape (n_out,) or None
        The input row that it equals, or -1.

    weight : ndarray of shape (n_out,) or None
        Its weight.
    """

    rows: np.ndarray | None
    origin: np.ndarray | None
    weight: np.ndarray | None = None

    @classmethod
    def left_by(cls, sampler: Any) -> Provenance:
        """What a sampler, of this package or another, left in its attributes."""
        rows = getattr(sampler, "sample_indices_", None)
        origin = getattr(sampler, "sample_origin_", rows)
        return cls(rows, origin, getattr(sampler, "sample_weight_", None))

    def then(self, step: Provenance) -> Provenance:
        """Where rows come from after one more step, which got the rows that come out here."""
        if self.rows is None or self.origin is None or step.rows is None or step.origin is None:
            return Provenance(None, None)
        # A synthetic row that a later step keeps is still no input row.
        origin = np.where(step.origin >= 0, self.origin[step.origin], -1)
        weight = step.weight
        if weight is None and self.weight is not None:
            weight = self.weight[step.rows]
        return Provenance(self.rows[step.rows], origin, weight)

    def set_on(self, sampler: Any, *, with_origin: bool) -> None:
        """Set the fitted attributes of a sampler; one that only selects has no origins."""
        sampler.sample_indices_ = self.rows
        sampler.sample_weight_ = self.weight
        if with_origin:
            sampler.sample_origin_ = self.origin


@dataclass(frozen=True)
class Resampled:
    """The rows that come out of a sampler.

    Attributes
    ----------
    rows : ndarray of shape (n_out,)
        For each row that comes out, the input row that it is, or its seed: target and weight are
        taken from there.

    synthetic : ndarray of shape (n_out,), bool
        Which of them are not rows of the input.

    points : of the kind of ``Opened.points``, with ``synthetic.sum()`` rows, or None
        The synthetic rows, in order.

    target : ndarray with one entry for each row that comes out, or None
        Their targets, where these are not those of `rows`: positions among the classes, numbers, or
        label sets.

    weight : ndarray of shape (n_out,) or None
        Weights that the method gives; those that came with the rows multiply them.

    values_from : ndarray of shape (n_out,) or None
        The input row whose values each row has, where that is not the row it stands for.
    """

    rows: np.ndarray
    synthetic: np.ndarray
    points: Any = None
    target: Any = None
    weight: np.ndarray | None = None
    values_from: np.ndarray | None = None

    @classmethod
    def selection(cls, rows: np.ndarray, **others: Any) -> Resampled:
        """Input rows, as often as they are named, and nothing synthetic."""
        return cls(rows, np.zeros(len(rows), dtype=bool), **others)

    @property
    def origin(self) -> np.ndarray:
        """Input row that each row equals, or -1."""
        values_from = self.rows if self.values_from is None else self.values_from
        return np.where(self.synthetic, -1, values_from)

    def provenance(self, weight: np.ndarray | None) -> Provenance:
        """Where the rows come from, and what they weigh.

        Parameters
        ----------
        weight : ndarray of shape (n_rows,) or None
            Weights of the input rows.

        Returns
        -------
        provenance : Provenance
        """
        return Provenance(self.rows, self.origin, self.weight_from(weight))

    def weight_from(self, weight: np.ndarray | None) -> np.ndarray | None:
        """Weights of the rows that come out.

        Parameters
        ----------
        weight : ndarray of shape (n_rows,) or None
            Weights of the input rows.

        Returns
        -------
        weight : ndarray of shape (n_out,) or None
        """
        carried = None if weight is None else weight[self.rows]
        if self.weight is None:
            return carried
        return self.weight if carried is None else self.weight * carried


def assemble(opened: Opened, resampled: Resampled, *, reset_index: bool) -> tuple[Any, Any]:
    """The table and the target that come out, each in the container that came in.

    Parameters
    ----------
    opened : Opened
        What came in.

    resampled : Resampled
        What comes out.

    reset_index : bool
        Number the rows of pandas objects anew, for samplers whose rows need not be input rows.

    Returns
    -------
    X, y
        Values of input rows are taken from the containers, never converted.
    """
    table, origin = opened.table, resampled.origin
    n_rows, synthetic = table.n_rows, resampled.synthetic
    if not synthetic.any():
        X = table.take(origin, reset_index=reset_index)
    else:
        X = table.extend(opened.nominal, [resampled.points], resampled.rows[synthetic])
        order = np.where(synthetic, n_rows + np.cumsum(synthetic) - 1, origin)
        # Originals first, then the synthetic rows: that is how `extend` puts them already.
        if not np.array_equal(order, np.arange(n_rows + synthetic.sum())):
            X = take_rows(X, order.astype(np.intp), reset_index=True)
    return X, opened.target.take(resampled.rows, resampled.target, reset_index=reset_index)
