"""Decision curves as figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from imbalance_kit.cost._curve_display import CurveDisplay
from imbalance_kit.cost._decision_curves import decision_curve


class DecisionCurveDisplay(CurveDisplay):
    """Net benefit over thresholds, beside those of acting on no row and on all rows.

    Made by :meth:`from_estimator` or :meth:`from_predictions`; several models go into one figure
    by `ax`.

    Parameters
    ----------
    thresholds : ndarray of shape (n_thresholds,)
        Threshold probabilities.

    net_benefit : ndarray of shape (n_thresholds,)
        Of acting where the probability is at least the threshold.

    act_on_all : ndarray of shape (n_thresholds,)
        Of acting on every row.

    low : ndarray of shape (n_thresholds,), default=None
        Lower ends of the intervals.

    high : ndarray of shape (n_thresholds,), default=None
        Upper ends of the intervals.

    name : str, default=None
        For the legend.

    pos_label : label, default=None
        The positive class.

    Attributes
    ----------
    line_ : matplotlib Artist
        The curve.

    interval_ : matplotlib Artist or None
        The band of the intervals.

    ax_ : matplotlib Axes
        Axes with the curve.

    figure_ : matplotlib Figure
        Figure with the curve.

    See Also
    --------
    decision_curve : The numbers behind it.

    ProfitCurveDisplay : With the prices of all four outcomes.

    Notes
    -----
    A model is worth using at the thresholds where its curve is above both grey lines. Of several
    models the highest curve is best at a threshold. Thresholds with a low net benefit are cut off
    below the axis: the line of acting on all rows falls without end.

    References
    ----------
    .. [1] A. J. Vickers, E. B. Elkin, "Decision curve analysis: a novel method for evaluating
       prediction models", Medical Decision Making 26(6), 2006.

    Examples
    --------
    >>> from imbalance_kit.cost import DecisionCurveDisplay
    >>> display = DecisionCurveDisplay.from_predictions(
    ...     [1, 1, 0, 0, 0], [0.9, 0.3, 0.4, 0.1, 0.1], thresholds=[0.2, 0.5]
    ... )
    >>> display.net_benefit.tolist()
    [0.35, 0.2]
    """

    def __init__(
        self,
        *,
        thresholds: np.ndarray,
        net_benefit: np.ndarray,
        act_on_all: np.ndarray,
        low: np.ndarray | None = None,
        high: np.ndarray | None = None,
        name: str | None = None,
        pos_label: Any = None,
    ) -> None:
        self.thresholds = thresholds
        self.net_benefit = net_benefit
        self.act_on_all = act_on_all
        self.low = low
        self.high = high
        self.name = name
        self.pos_label = pos_label

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_score: Any,
        *,
        thresholds: Any = None,
        confidence: float | None = None,
        groups: Any = None,
        n_resamples: int = 1000,
        prevalence: float | None = None,
        sample_weight: Any = None,
        random_state: Any = None,
        pos_label: Any = None,
        name: str | None = None,
        ax: Any = None,
        curve_kwargs: dict | None = None,
    ) -> DecisionCurveDisplay:
        """Draw the curve of probabilities.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True classes, two of them.

        y_score : array-like of shape (n_samples,)
            Probability of the positive class.

        thresholds : array-like of shape (n_thresholds,), default=None
            Threshold probabilities, at least 0 and below 1; None stands for .01, .02 to .99.

        confidence : float, default=None
            Coverage of the intervals, such as .95; None draws none.

        groups : array-like of shape (n_samples,), default=None
            Rows that belong together, such as those of one patient, are drawn together.

        n_resamples : int, default=1000
            Bootstrap samples for the intervals.

        prevalence : float, default=None
            Share of positives where the decisions are made; None stands for that in these rows.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        random_state : int, RandomState or None, default=None
            Of the bootstrap.

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
        display : DecisionCurveDisplay
        """
        curve = decision_curve(
            y_true,
            y_score,
            thresholds=thresholds,
            confidence=confidence,
            groups=groups,
            n_resamples=n_resamples,
            prevalence=prevalence,
            pos_label=pos_label,
            sample_weight=sample_weight,
            random_state=random_state,
        )
        display = cls(**vars(curve), name=name, pos_label=pos_label)
        return display.plot(ax, curve_kwargs=curve_kwargs)

    def plot(
        self, ax: Any = None, *, name: str | None = None, curve_kwargs: dict | None = None
    ) -> DecisionCurveDisplay:
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
        display : DecisionCurveDisplay
            This object, with the artists as attributes.
        """
        style = self._begin(ax, name, curve_kwargs)
        order = np.argsort(self.thresholds, kind="stable")
        at = self.thresholds[order]
        highest = 0.0
        for line in self.ax_.get_lines():  # of models that are drawn already
            highest = max(highest, float(np.max(line.get_ydata())))
        self._plain(at, np.zeros(len(at)), "act on no row")
        self._plain(at, self.act_on_all[order], "act on all rows", ":")
        (self.line_,) = self.ax_.plot(at, self.net_benefit[order], **style)
        self.interval_ = None
        highest = max(highest, float(self.net_benefit.max()), float(self.act_on_all.max()))
        if self.low is not None and self.high is not None:
            self.interval_ = self.ax_.fill_between(
                at,
                self.low[order],
                self.high[order],
                color=self.line_.get_color(),
                alpha=0.15,
                linewidth=0,
            )
            highest = max(highest, float(self.high.max()))
        if highest > 0:
            self.ax_.set_ylim(-0.12 * highest, 1.06 * highest)
        self.ax_.set(xlabel="threshold probability", ylabel="net benefit per row")
        self._legend()
        return self
