"""Gain and lift curves as figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from imbalance_kit.cost._curve_display import CurveDisplay, require_one_of
from imbalance_kit.cost._curves import lift_curve, read_scored


class LiftCurveDisplay(CurveDisplay):
    """Positives found among the rows with the highest scores, as a curve.

    Made by :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    share : ndarray of shape (n_points,)
        Share of the rows acted on.

    gain : ndarray of shape (n_points,)
        Share of the positives among them.

    lift : ndarray of shape (n_points,)
        ``gain / share``.

    positive_share : float
        Share of positives, which the best possible curve needs.

    kind : {"gain", "lift"}, default="gain"
        What to draw.

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
    lift_curve : The numbers behind it.

    Notes
    -----
    The grey lines are rows drawn at random, and a ranking without error.

    References
    ----------
    .. [1] M. Vuk, T. Curk, "ROC Curve, Lift Chart and Calibration Plot", Metodoloski zvezki 3(1),
       2006.

    Examples
    --------
    >>> from imbalance_kit.cost import LiftCurveDisplay
    >>> display = LiftCurveDisplay.from_predictions([0, 0, 1, 0], [0.1, 0.6, 0.8, 0.3])
    >>> display.lift[0].item()
    4.0
    """

    def __init__(
        self,
        *,
        share: np.ndarray,
        gain: np.ndarray,
        lift: np.ndarray,
        positive_share: float,
        kind: str = "gain",
        name: str | None = None,
        pos_label: Any = None,
    ) -> None:
        self.share = share
        self.gain = gain
        self.lift = lift
        self.positive_share = positive_share
        self.kind = kind
        self.name = name
        self.pos_label = pos_label

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_score: Any,
        *,
        kind: str = "gain",
        sample_weight: Any = None,
        pos_label: Any = None,
        name: str | None = None,
        ax: Any = None,
        curve_kwargs: dict | None = None,
    ) -> LiftCurveDisplay:
        """Draw the curve of scores.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True classes, two of them.

        y_score : array-like of shape (n_samples,)
            Probability or any score of the positive class.

        kind : {"gain", "lift"}, default="gain"
            What to draw.

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
        display : LiftCurveDisplay
        """
        require_one_of(kind, "kind", ("gain", "lift"))
        share, gain, lift, _ = lift_curve(
            y_true, y_score, pos_label=pos_label, sample_weight=sample_weight
        )
        rows = read_scored(y_true, y_score, pos_label, sample_weight)
        display = cls(
            share=share,
            gain=gain,
            lift=lift,
            positive_share=float(np.average(rows.positive, weights=rows.weight)),
            kind=kind,
            name=name,
            pos_label=pos_label,
        )
        return display.plot(ax, curve_kwargs=curve_kwargs)

    def plot(
        self, ax: Any = None, *, name: str | None = None, curve_kwargs: dict | None = None
    ) -> LiftCurveDisplay:
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
        display : LiftCurveDisplay
            This object, with the artists as attributes.
        """
        style = self._begin(ax, name, curve_kwargs)
        best = self.positive_share
        if self.kind == "gain":
            self._plain([0.0, 1.0], [0.0, 1.0], "rows drawn at random")
            self._plain([0.0, best, 1.0], [0.0, 1.0, 1.0], "no error", ":")
            (self.line_,) = self.ax_.plot(self.share, self.gain, **style)
        else:
            shares = np.linspace(best, 1.0, 200)
            self._plain([0.0, 1.0], [1.0, 1.0], "rows drawn at random")
            self._plain(np.append(0.0, shares), np.append(1 / best, 1 / shares), "no error", ":")
            (self.line_,) = self.ax_.plot(self.share, self.lift, **style)
        words = {"gain": "share of positives found", "lift": "lift"}[self.kind]
        self.ax_.set(xlabel="share of rows acted on", ylabel=words, xlim=(0.0, 1.0))
        self.ax_.set_ylim(bottom=0.0)
        self._legend()
        return self
