"""Cost curves and Brier curves as figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from imbalance_kit.cost._curve_display import CurveDisplay, require_one_of
from imbalance_kit.cost._curves import brier_curve, cost_curve, read_scored


class CostCurveDisplay(CurveDisplay):
    """Cost of a classifier for every ratio of prices, as a curve.

    Made by :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    x : ndarray of shape (n_points,)
        Probability cost, or cost proportion for Brier curves.

    cost : ndarray of shape (n_points,)
        Cost there.

    kind : {"envelope", "brier"}, default="envelope"
        Which curve it is.

    positive_share : float, default=None
        Share of positives, which the lines of constant decisions need in a Brier plot.

    name : str, default=None
        For the legend.

    pos_label : label, default=None
        The positive class.

    Attributes
    ----------
    line_ : matplotlib Artist
        The curve.

    ax_ : matplotlib Axes
        Axes with the curve.

    figure_ : matplotlib Figure
        Figure with the curve.

    See Also
    --------
    cost_curve : The numbers behind it.

    brier_curve : The numbers of a Brier curve.

    Notes
    -----
    A classifier whose curve is the lower one is the cheaper one for these prices. Below the
    triangle it is of use; above it deciding all rows alike is cheaper. With ``kind="envelope"``
    each price has the threshold that is best for it on these rows, so that only the ranking
    counts; with ``kind="brier"`` probabilities are used as they are, and calibration counts.

    References
    ----------
    .. [1] C. Drummond, R. C. Holte, "Cost curves: An improved method for visualizing classifier
       performance", Machine Learning 65(1), 2006.
    .. [2] J. Hernandez-Orallo, P. Flach, C. Ferri, "Brier Curves: a New Cost-Based Visualisation
       of Classifier Performance", International Conference on Machine Learning, 2011.

    Examples
    --------
    >>> from imbalance_kit.cost import CostCurveDisplay
    >>> display = CostCurveDisplay.from_predictions([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9])
    >>> display.cost.max().item()
    0.25
    """

    def __init__(
        self,
        *,
        x: np.ndarray,
        cost: np.ndarray,
        kind: str = "envelope",
        positive_share: float | None = None,
        name: str | None = None,
        pos_label: Any = None,
    ) -> None:
        self.x = x
        self.cost = cost
        self.kind = kind
        self.positive_share = positive_share
        self.name = name
        self.pos_label = pos_label

    @classmethod
    def _options(
        cls, estimator: Any, X: Any, options: dict[str, Any], pos_label: Any
    ) -> dict[str, Any]:
        if options.get("kind") == "brier" and not hasattr(estimator, "predict_proba"):
            raise ValueError(
                f"kind='brier' needs probabilities, and {type(estimator).__name__} has no "
                "predict_proba."
            )
        return options

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_score: Any,
        *,
        kind: str = "envelope",
        sample_weight: Any = None,
        pos_label: Any = None,
        name: str | None = None,
        ax: Any = None,
        curve_kwargs: dict | None = None,
    ) -> CostCurveDisplay:
        """Draw the curve of scores.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True classes, two of them.

        y_score : array-like of shape (n_samples,)
            Probability or any score of the positive class; a probability for ``kind="brier"``.

        kind : {"envelope", "brier"}, default="envelope"
            The best threshold for each price, or the probabilities as they are.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        pos_label : label, default=None
            The positive class. None stands for 1 of labels 0/1 or -1/1, for True, and for the
            higher one of ordered categories; other labels need it.

        name : str, default=None
            For the legend.

        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        curve_kwargs : dict, default=None
            Arguments of matplotlib's ``plot``.

        Returns
        -------
        display : CostCurveDisplay
        """
        require_one_of(kind, "kind", ("envelope", "brier"))
        given = {"pos_label": pos_label, "sample_weight": sample_weight}
        share = None
        if kind == "envelope":
            x, cost, _ = cost_curve(y_true, y_score, **given)
        else:
            x, cost = brier_curve(y_true, y_score, **given)
            rows = read_scored(y_true, y_score, pos_label, sample_weight)
            share = float(np.average(rows.positive, weights=rows.weight))
        display = cls(
            x=x, cost=cost, kind=kind, positive_share=share, name=name, pos_label=pos_label
        )
        return display.plot(ax, curve_kwargs=curve_kwargs)

    def plot(
        self, ax: Any = None, *, name: str | None = None, curve_kwargs: dict | None = None
    ) -> CostCurveDisplay:
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
        display : CostCurveDisplay
            This object, with the artists as attributes.
        """
        style = self._begin(ax, name, curve_kwargs)
        if self.kind == "envelope":
            self._plain([0.0, 0.5, 1.0], [0.0, 0.5, 0.0], "all rows decided alike")
            words = "probability cost of positives", "normalised expected cost"
        else:
            share = 0.5 if self.positive_share is None else self.positive_share
            heights = [0.0, 2 * share * (1 - share), 0.0]
            self._plain([0.0, share, 1.0], heights, "all rows decided alike")
            words = "cost proportion (threshold)", "expected cost, prices sum to 2"
        (self.line_,) = self.ax_.plot(self.x, self.cost, **style)
        self.ax_.set(xlabel=words[0], ylabel=words[1], xlim=(0.0, 1.0))
        self.ax_.set_ylim(bottom=0.0)
        self._legend()
        return self
