"""Cost and difference of one model's decisions at each tolerance, as a record and as a figure.

Record and figure stand in one file because each makes the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class TradeoffCurve:
    """Cost and difference between groups of one model's scores, at each tolerance.

    Attributes
    ----------
    constraint : str
        What must not differ between groups.

    tolerance : ndarray of shape (n_tolerances,)
        The difference that was allowed where thresholds were chosen.

    cost : ndarray of shape (n_tolerances,)
        Expected cost of a decision on the test rows.

    violation : ndarray of shape (n_tolerances,)
        Largest difference of a rate between two groups there.

    cost_interval : ndarray of shape (n_tolerances, 2)
        Bootstrap interval of `cost`.

    violation_interval : ndarray of shape (n_tolerances, 2)
        Bootstrap interval of `violation`.

    unprocessed_cost : float
        Cost without a bound on differences.
    """

    constraint: str
    tolerance: np.ndarray
    cost: np.ndarray
    violation: np.ndarray
    cost_interval: np.ndarray
    violation_interval: np.ndarray
    unprocessed_cost: float

    def to_frame(self) -> Any:
        """The curve as a pandas DataFrame.

        Returns
        -------
        frame : pandas.DataFrame
            One row for each tolerance: ``tolerance``, ``cost``, ``cost_low``, ``cost_high``,
            ``violation``, ``violation_low`` and ``violation_high``.
        """
        import pandas as pd

        return pd.DataFrame(
            {
                "tolerance": self.tolerance,
                "cost": self.cost,
                "cost_low": self.cost_interval[:, 0],
                "cost_high": self.cost_interval[:, 1],
                "violation": self.violation,
                "violation_low": self.violation_interval[:, 0],
                "violation_high": self.violation_interval[:, 1],
            }
        )

    def plot(self, ax: Any = None, *, name: str = "model") -> TradeoffDisplay:
        """Draw cost against the difference between groups.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        name : str, default="model"
            Of the model, for the legend.

        Returns
        -------
        display : TradeoffDisplay
        """
        return TradeoffDisplay({name: self}).plot(ax)


class TradeoffDisplay:
    """Cost of decisions against differences between groups, one line per model, with intervals.

    Made by :meth:`TradeoffCurve.plot` for one model. A dotted line is the cost without a bound on
    differences.

    Parameters
    ----------
    curves : dict of TradeoffCurve
        By the name of a model, as :func:`tradeoff_curve` gives them; all of one constraint.

    Attributes
    ----------
    lines_ : list of matplotlib Artist
        One line per model, its points in order of the tolerance.

    ax_ : matplotlib Axes
        Axes with the lines.

    figure_ : matplotlib Figure
        Figure with the lines.

    See Also
    --------
    tradeoff_curve : The numbers behind it.

    FrontierDisplay : Models with one point each.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import TradeoffDisplay, tradeoff_curve
    >>> rng = np.random.RandomState(0)
    >>> group, y = rng.randint(0, 2, size=(2, 500))
    >>> score = y + group + rng.normal(size=500)
    >>> curves = tradeoff_curve(
    ...     y, {"one": score, "two": score + y}, sensitive_features=group, n_bootstraps=0
    ... )
    >>> [line.get_label() for line in TradeoffDisplay(curves).plot().lines_]
    ['one', 'two']
    """

    def __init__(self, curves: Mapping[str, TradeoffCurve]) -> None:
        self.curves = curves

    def plot(self, ax: Any = None) -> TradeoffDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : TradeoffDisplay
            This object, with the artists as attributes.
        """
        constraints = sorted({curve.constraint for curve in self.curves.values()})
        if len(constraints) != 1:
            raise ValueError(
                f"curves must be of one constraint, got {constraints}: their differences are of "
                "other rates, so lines in one figure would not compare."
            )
        if ax is None:
            import matplotlib.pyplot as plt

            _, ax = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        self.lines_ = []
        for number, (name, curve) in enumerate(self.curves.items()):
            color = f"C{number % 10}"
            (line,) = ax.plot(curve.violation, curve.cost, marker="o", color=color, label=name)
            self.lines_.append(line)
            bars = {"color": color, "linewidth": 1, "alpha": 0.4}
            known = np.isfinite(curve.cost_interval).all(axis=1)
            ax.vlines(curve.violation[known], *curve.cost_interval[known].T, **bars)
            known = np.isfinite(curve.violation_interval).all(axis=1)
            ax.hlines(curve.cost[known], *curve.violation_interval[known].T, **bars)
            ax.axhline(curve.unprocessed_cost, color=color, linestyle=":", linewidth=1, zorder=1)
        ax.set(
            xlabel=f"difference between groups ({constraints[0].replace('_', ' ')})",
            ylabel="expected cost of a decision",
        )
        ax.legend(frameon=False, fontsize="small")
        return self
