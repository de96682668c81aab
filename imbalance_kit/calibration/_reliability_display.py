"""Drawing of reliability curves; matplotlib is imported where it is used."""

from __future__ import annotations

from typing import Any

import numpy as np

from imbalance_kit.calibration._class_calibration import EVEN_EDGES, ClassCalibration

_MARKERS = "osD^vP"
_BARS = 40
_MARGIN = 1.06  # between the last point and the border


class ReliabilityDisplay:
    """Reliability curves with intervals, above histograms of the probabilities.

    Made by :meth:`CalibrationReport.plot`.

    Parameters
    ----------
    curves : dict
        A :class:`ClassCalibration` by the name that stands in the legend.

    Attributes
    ----------
    line_ : list of matplotlib Artist
        The curves.

    bars_ : list of matplotlib Artist
        The intervals of each curve.

    ax_ : matplotlib Axes
        Axes with the curves.

    histogram_ax_ : matplotlib Axes or None
        Axes with the histograms.

    figure_ : matplotlib Figure
        Figure with both.

    See Also
    --------
    CalibrationReport : The numbers behind it.

    sklearn.calibration.CalibrationDisplay : A reliability curve without intervals.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.calibration import CalibrationReport
    >>> rng = np.random.RandomState(0)
    >>> proba = rng.beta(0.5, 8, size=2000)
    >>> y = (rng.uniform(size=2000) < proba).astype(int)
    >>> display = CalibrationReport.from_predictions(y, proba).plot(scale="log")
    >>> display.ax_.get_xscale()
    'log'
    """

    def __init__(self, curves: dict[str, ClassCalibration]) -> None:
        self.curves = curves

    def plot(
        self,
        ax: Any = None,
        *,
        scale: str = "auto",
        curve_kwargs: dict | list[dict] | None = None,
    ) -> ReliabilityDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, or two of them, default=None
            Where to draw the curves, and the histograms below; no histograms with one. None
            makes a new figure with both.

        scale : {"auto", "unit", "zoom", "log"}, default="auto"
            Axes from 0 to 1; from 0 to the last point; or logarithmic, for a class so rare that
            most points lie near 0. "auto" zooms where no point passes .5. On logarithmic axes
            a bin without any event is drawn as its upper limit.

        curve_kwargs : dict or list of dict, default=None
            Arguments of matplotlib's ``plot`` for all curves, or for each.

        Returns
        -------
        display : ReliabilityDisplay
            This object, with the artists as attributes.
        """
        if scale not in ("auto", "unit", "zoom", "log"):
            raise ValueError(f"scale must be 'auto', 'unit', 'zoom' or 'log', got {scale!r}.")
        styles = curve_kwargs if isinstance(curve_kwargs, list) else [curve_kwargs or {}]
        if len(styles) not in (1, len(self.curves)):
            raise ValueError(
                f"curve_kwargs has {len(styles)} entries for {len(self.curves)} curves."
            )
        self._make_axes(ax)
        low, high = self._limits(scale)
        self.ax_.plot([low, high], [low, high], color="0.6", linewidth=1, label="calibrated")
        self.line_: list[Any] = []
        self.bars_: list[Any] = []
        for number, (name, calibration) in enumerate(self.curves.items()):
            marker = _MARKERS[number % len(_MARKERS)]
            style = {"marker": marker, "markersize": 4.5, "linewidth": 1.3, "label": name}
            style |= styles[number % len(styles)]
            self._draw_curve(calibration, style, logarithmic=scale == "log")
        self._finish(scale, low, high)
        return self

    def _make_axes(self, ax: Any) -> None:
        if ax is None:
            import matplotlib.pyplot as plt

            _, ax = plt.subplots(
                2,
                1,
                figsize=(5.2, 6.2),
                sharex=True,
                height_ratios=[4, 1],
                layout="constrained",
            )
        pair = np.ravel(np.asarray(ax, dtype=object))
        self.ax_ = pair[0]
        self.histogram_ax_ = pair[1] if len(pair) > 1 else None
        self.figure_ = self.ax_.figure

    def _limits(self, scale: str) -> tuple[float, float]:
        tables = [calibration.bins for calibration in self.curves.values()]
        points = np.concatenate([np.append(bins.predicted, bins.observed) for bins in tables])
        if scale == "log":
            return float(points[points > 0].min(initial=0.1)) / 3.0, 1.0
        if scale == "unit" or (scale == "auto" and points.max() > 0.5):
            return 0.0, 1.0
        ends = max(float(bins.observed_high.max()) for bins in tables)
        return 0.0, min(1.0, _MARGIN * max(float(points.max()), ends))

    def _draw_curve(self, calibration: ClassCalibration, style: dict, *, logarithmic: bool) -> None:
        bins = calibration.bins
        # a bin without events has no place on a logarithmic axis: only its upper limit is drawn
        drawn = bins.observed > 0 if logarithmic else np.full(len(bins.rows), True)
        (line,) = self.ax_.plot(bins.predicted[drawn], bins.observed[drawn], **style)
        color = line.get_color()
        bars = self.ax_.vlines(
            bins.predicted[drawn],
            bins.observed_low[drawn],
            bins.observed_high[drawn],
            color=color,
            linewidth=1,
            alpha=0.6,
        )
        if not drawn.all():
            self.ax_.scatter(
                bins.predicted[~drawn],
                bins.observed_high[~drawn],
                marker="v",
                s=28,
                facecolor="none",
                edgecolor=color,
            )
        self.line_.append(line)
        self.bars_.append(bars)

    def _finish(self, scale: str, low: float, high: float) -> None:
        if scale == "log":
            self.ax_.set(xscale="log", yscale="log")
        self.ax_.set(xlim=(low, high), ylim=(low, high), ylabel="observed share")
        if scale != "log":  # points on the border stay whole
            margin = 0.015 * (high - low)
            self.ax_.set(xlim=(low - margin, high + margin), ylim=(low - margin, high + margin))
        self.ax_.legend(loc="best", frameon=False)
        below = self.histogram_ax_
        (self.ax_ if below is None else below).set_xlabel("predicted probability")
        if below is None:
            return
        for line, calibration in zip(self.line_, self.curves.values(), strict=True):
            if scale == "log":
                counts, edges = calibration.log_counts, calibration.log_edges
            else:
                width = max(1, round(high * (len(EVEN_EDGES) - 1) / _BARS))
                starts = np.arange(0, len(EVEN_EDGES) - 1, width)
                counts = np.add.reduceat(calibration.even_counts, starts)
                edges = np.append(EVEN_EDGES[starts], 1.0)
            below.stairs(counts, edges, color=line.get_color(), linewidth=1.2)
        below.set(yscale="log", ylabel="rows", xlim=self.ax_.get_xlim())
        if scale == "log":
            below.set_xscale("log")
        below.set_ylim(bottom=0.7)
