"""Profit curves as figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from imbalance_kit.cost._curve_display import CurveDisplay, require_one_of
from imbalance_kit.cost._curves import profit_curve
from imbalance_kit.cost._matrix import as_cost_matrix, name_positive


class ProfitCurveDisplay(CurveDisplay):
    """Profit of acting on the rows with the highest scores, as a curve.

    Made by :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    share : ndarray of shape (n_points,)
        Share of the rows acted on.

    profit : ndarray of shape (n_points,)
        Mean profit per row.

    thresholds : ndarray of shape (n_points,)
        Lowest score of the rows acted on.

    over : {"share", "threshold"}, default="share"
        What lies on the horizontal axis.

    name : str, default=None
        For the legend.

    pos_label : label, default=None
        The positive class.

    Attributes
    ----------
    best_share : float
        Share of rows where the profit is greatest; of equal ones the smallest.

    best_threshold : float
        The threshold there, infinite where it is best to act on no row.

    best_profit : float
        The profit there.

    line_ : matplotlib Artist
        The curve.

    best_ : matplotlib Artist
        The best point.

    ax_ : matplotlib Axes
        Axes with the curve.

    figure_ : matplotlib Figure
        Figure with the curve.

    See Also
    --------
    profit_curve : The numbers behind it.

    Notes
    -----
    The grey lines are the profits of acting on no row and on all rows. The best point is best
    on these rows, and too optimistic for others.

    References
    ----------
    .. [1] F. Provost, T. Fawcett, "Data Science for Business", O'Reilly, 2013, chapter 8.

    Examples
    --------
    >>> from imbalance_kit.cost import CostMatrix, ProfitCurveDisplay
    >>> mailing = CostMatrix.from_prices(false_positive=1, false_negative=0, true_positive=-9)
    >>> display = ProfitCurveDisplay.from_predictions(
    ...     [0, 1, 0, 0], [0.3, 0.6, 0.8, 0.1], cost_matrix=mailing
    ... )
    >>> display.best_share, display.best_profit
    (0.5, 2.0)
    """

    def __init__(
        self,
        *,
        share: np.ndarray,
        profit: np.ndarray,
        thresholds: np.ndarray,
        over: str = "share",
        name: str | None = None,
        pos_label: Any = None,
    ) -> None:
        self.share = share
        self.profit = profit
        self.thresholds = thresholds
        self.over = over
        self.name = name
        self.pos_label = pos_label

    @property
    def _best(self) -> int:
        rounding = 1e-12 * np.abs(self.profit).max()
        return int(np.argmax(self.profit >= self.profit.max() - rounding))

    @property
    def best_share(self) -> float:
        return float(self.share[self._best])

    @property
    def best_threshold(self) -> float:
        return float(self.thresholds[self._best])

    @property
    def best_profit(self) -> float:
        return float(self.profit[self._best])

    @classmethod
    def _options(
        cls, estimator: Any, X: Any, options: dict[str, Any], pos_label: Any
    ) -> dict[str, Any]:
        """Prices that stand in columns of X, as costs of rows."""
        given = options.get("cost_matrix")
        if given is None or not as_cost_matrix(given).reads_columns:
            return options
        classes = np.asarray(estimator.classes_).tolist()
        matrix = name_positive(as_cost_matrix(given), classes, pos_label)
        cost = matrix.bind(classes).for_rows(X)
        return options | {"cost_matrix": None, "cost": cost}

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_score: Any,
        *,
        cost_matrix: Any = None,
        cost: Any = None,
        over: str = "share",
        sample_weight: Any = None,
        pos_label: Any = None,
        name: str | None = None,
        ax: Any = None,
        curve_kwargs: dict | None = None,
    ) -> ProfitCurveDisplay:
        """Draw the curve of scores.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True classes, two of them.

        y_score : array-like of shape (n_samples,)
            Probability or any score of the positive class, or of what acting on a row is worth.

        cost_matrix : CostMatrix, array-like, dict or "balanced", default=None
            Rows are true classes, columns predicted classes. Gains are negative costs. None,
            without `cost`, counts every error as one.

        cost : array-like of shape (n_samples, 2) or (n_samples, 2, 2), default=None
            Costs of the rows in place of `cost_matrix`: of each decision, or full matrices with
            true classes as rows and predicted classes as columns.

        over : {"share", "threshold"}, default="share"
            What lies on the horizontal axis.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        pos_label : label, default=None
            The positive class: to act on a row is to decide for it. None stands for 1 of labels
            0/1 or -1/1, for True, and for the higher one of ordered categories; other labels need
            it.

        name : str, default=None
            For the legend.

        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        curve_kwargs : dict, default=None
            Arguments of matplotlib's ``plot``.

        Returns
        -------
        display : ProfitCurveDisplay
        """
        require_one_of(over, "over", ("share", "threshold"))
        share, profit, thresholds = profit_curve(
            y_true,
            y_score,
            cost_matrix=cost_matrix,
            cost=cost,
            pos_label=pos_label,
            sample_weight=sample_weight,
        )
        display = cls(
            share=share,
            profit=profit,
            thresholds=thresholds,
            over=over,
            name=name,
            pos_label=pos_label,
        )
        return display.plot(ax, curve_kwargs=curve_kwargs)

    def plot(
        self, ax: Any = None, *, name: str | None = None, curve_kwargs: dict | None = None
    ) -> ProfitCurveDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        name : str, default=None
            For the legend, in place of that of the display.

        curve_kwargs : dict, default=None
            Arguments of matplotlib's ``plot``.

        Returns
        -------
        display : ProfitCurveDisplay
            This object, with the artists as attributes.
        """
        style = self._begin(ax, name, curve_kwargs)
        at = self._best
        if self.over == "share":
            x, best = self.share, self.share[at]
        else:
            # where no row is acted on any threshold above the highest score will do
            x = np.append(self.thresholds[1], self.thresholds[1:])
            best = x[at]
            style = {"drawstyle": "steps-pre"} | style
        self._plain(x[[0, -1]], self.profit[[0, 0]], "act on no row")
        self._plain(x[[0, -1]], self.profit[[-1, -1]], "act on all rows", ":")
        (self.line_,) = self.ax_.plot(x, self.profit, **style)
        color = self.line_.get_color()
        (self.best_,) = self.ax_.plot([best], [self.profit[at]], "o", color=color, markersize=6)
        words = {"share": "share of rows acted on", "threshold": "threshold"}[self.over]
        self.ax_.set(xlabel=words, ylabel="profit per row")
        self._legend()
        return self
