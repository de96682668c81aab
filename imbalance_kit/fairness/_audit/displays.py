"""Figures of audits: rates by group, and models between accuracy and fairness.

matplotlib is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.pipeline import Pipeline

from imbalance_kit.fairness._groups import column_of

if TYPE_CHECKING:
    from imbalance_kit.fairness._audit.group_report import GroupReport

_PANELS = ("selection_rate", "true_positive_rate", "false_positive_rate", "precision")
_MARKERS = "osD^vPX*"


class FairnessDisplay:
    """Rates by group as points with their intervals, one panel per rate.

    Made by :meth:`GroupReport.plot`, :meth:`from_estimator` or :meth:`from_predictions`.

    Parameters
    ----------
    report : GroupReport
        The numbers.

    by : str, default=None
        How groups are formed, one of the report's `partitions`. None stands for the first.

    rates : list of str, default=None
        One panel each. None stands for selection, true positive, false positive rate and precision,
        as far as the report has them.

    Attributes
    ----------
    points_ : list of matplotlib Artist
        The points of each panel; hollow ones are of groups that are too small.

    axes_ : ndarray of matplotlib Axes
        The panels.

    figure_ : matplotlib Figure
        Figure with the panels.

    See Also
    --------
    group_report : The numbers behind it.

    FrontierDisplay : Many models, one point each.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import FairnessDisplay
    >>> sex = np.repeat(["f", "m"], 100)
    >>> y_true, y_pred = np.tile([0, 1], 100), np.repeat([0, 1, 0, 1], 50)
    >>> display = FairnessDisplay.from_predictions(y_true, y_pred, sensitive_features={"sex": sex})
    >>> [axes.get_title() for axes in display.axes_][:2]
    ['selection rate', 'true positive rate']
    """

    def __init__(
        self, report: GroupReport, *, by: str | None = None, rates: Sequence[str] | None = None
    ) -> None:
        self.report = report
        self.by = by
        self.rates = rates

    @classmethod
    def from_estimator(
        cls,
        estimator: Any,
        X: Any,
        y: Any,
        *,
        sensitive_features: Any,
        by: str | None = None,
        panels: Sequence[str] | None = None,
        axes: Any = None,
        **options: Any,
    ) -> FairnessDisplay:
        """Draw the rates of a fitted classifier's decisions.

        Parameters
        ----------
        estimator : classifier
            Fitted.

        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            Rows that it was not fitted on.

        y : array-like of shape (n_samples,)
            Their classes.

        sensitive_features : str, int, list of them, or array-like
            Columns of X, by name or position, or data beside X.

        by : str, default=None
            How groups are formed, as the report names it. None stands for the first sensitive
            feature.

        panels : list of str, default=None
            Rates to draw.

        axes : sequence of matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        **options : dict
            Further arguments of :func:`group_report`.

        Returns
        -------
        display : FairnessDisplay
        """
        last = estimator.steps[-1][1] if isinstance(estimator, Pipeline) else estimator
        if not hasattr(last, "predict"):
            raise ValueError(f"{type(last).__name__} has no predict: it decides nothing.")
        given = sensitive_features
        names = [given] if isinstance(given, str | int | np.integer) else given
        # a list as long as X could only be data
        if isinstance(names, list | tuple) and len(names) != np.shape(X)[0]:
            given = {str(name): column_of(X, name) for name in names}
        return cls.from_predictions(
            y,
            estimator.predict(X),
            sensitive_features=given,
            by=by,
            panels=panels,
            axes=axes,
            **options,
        )

    @classmethod
    def from_predictions(
        cls,
        y_true: Any,
        y_pred: Any,
        *,
        sensitive_features: Any,
        by: str | None = None,
        panels: Sequence[str] | None = None,
        axes: Any = None,
        **options: Any,
    ) -> FairnessDisplay:
        """Draw the rates of decisions.

        Parameters
        ----------
        y_true : array-like of shape (n_samples,)
            True classes.

        y_pred : array-like of shape (n_samples,)
            Decisions.

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n)
            One or several sensitive features.

        by : str, default=None
            How groups are formed, as the report names it. None stands for the first sensitive
            feature.

        panels : list of str, default=None
            Rates to draw.

        axes : sequence of matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        **options : dict
            Further arguments of :func:`group_report`.

        Returns
        -------
        display : FairnessDisplay
        """
        from imbalance_kit.fairness._audit.group_report import group_report

        options.setdefault("n_bootstrap", 0)  # the figure shows rates, not differences
        report = group_report(y_true, y_pred, sensitive_features=sensitive_features, **options)
        return cls(report, by=by, rates=panels).plot(axes)

    def plot(self, axes: Any = None) -> FairnessDisplay:
        """Draw.

        Parameters
        ----------
        axes : sequence of matplotlib Axes, default=None
            One for each rate; None makes a new figure.

        Returns
        -------
        display : FairnessDisplay
            This object, with the artists as attributes.
        """
        partitions = self.report.partitions
        by = partitions[0] if self.by is None else self.by
        if by not in partitions:
            raise ValueError(f"by must be one of {list(partitions)}, got {by!r}.")
        table = self.report.rates
        own = [line for line, name in enumerate(table["by"]) if name == by]
        held = list(dict.fromkeys(table["rate"]))
        wanted = list(self.rates or [name for name in _PANELS if name in held] or held)
        unknown = [name for name in wanted if name not in held]
        if unknown:
            raise ValueError(f"The report has no {unknown}; it has {held}.")
        groups = list(dict.fromkeys(table["group"][line] for line in own))
        if axes is None:
            import matplotlib.pyplot as plt

            size = (2.3 * len(wanted) + 1.2, 0.34 * len(groups) + 1.3)
            _, axes = plt.subplots(1, len(wanted), figsize=size, sharey=True, layout="constrained")
        self.axes_ = np.ravel(np.asarray(axes, dtype=object))
        if len(self.axes_) != len(wanted):
            raise ValueError(f"axes has {len(self.axes_)} entries for {len(wanted)} rates.")
        self.figure_ = self.axes_[0].figure
        self.points_ = []
        for panel, name in zip(self.axes_, wanted, strict=True):
            lines = [line for line in own if table["rate"][line] == name]
            self.points_.append(self._draw(panel, lines, name))
        self.axes_[0].set_yticks(range(len(groups)), groups)
        self.axes_[0].set_ylim(len(groups) - 0.5, -0.5)
        return self

    def _draw(self, panel: Any, lines: list[int], name: str) -> Any:
        table = self.report.rates
        value, low, high = (
            np.array([table[key][i] for i in lines]) for key in ("value", "low", "high")
        )
        small = np.array([table["small"][i] for i in lines])
        places = np.arange(len(lines))
        known = np.isfinite(low)
        panel.hlines(places[known], low[known], high[known], color="C0", linewidth=1.4, alpha=0.6)
        faces = ["none" if few else "C0" for few in small]
        points = panel.scatter(value, places, facecolor=faces, edgecolor="C0", s=26, zorder=3)
        panel.set_title(name.replace("_", " "), fontsize="medium")
        panel.grid(axis="x", color="0.9")
        panel.set_axisbelow(True)
        return points


class FrontierDisplay:
    """Models as points between unfairness and quality, with the front of those not dominated.

    Parameters
    ----------
    points : dict
        ``(unfairness, quality)`` by the name of a model, or of a family of models as two arrays,
        which are joined by a line.

    unfairness : str, default="unfairness"
        What lies on the x axis; less is better.

    quality : str, default="accuracy"
        What lies on the y axis; more is better.

    Attributes
    ----------
    front_ : list of str
        Names of the models with a point that no other point beats: none is as good in both and
        better in one.

    lines_ : list of matplotlib Artist
        Points or lines, one per name.

    ax_ : matplotlib Axes
        Axes with the points.

    figure_ : matplotlib Figure
        Figure with the points.

    See Also
    --------
    FairnessDisplay : One model, group by group.

    Examples
    --------
    >>> from imbalance_kit.fairness import FrontierDisplay
    >>> models = {
    ...     "plain": (0.20, 0.90),
    ...     "weighted": (0.12, 0.85),
    ...     "thresholds": ([0.0, 0.1, 0.2], [0.86, 0.88, 0.90]),
    ... }
    >>> FrontierDisplay(models, unfairness="difference of equalised odds").plot().front_
    ['plain', 'thresholds']
    """

    def __init__(
        self,
        points: Mapping[str, tuple[Any, Any]],
        *,
        unfairness: str = "unfairness",
        quality: str = "accuracy",
    ) -> None:
        self.points = points
        self.unfairness = unfairness
        self.quality = quality

    def plot(self, ax: Any = None) -> FrontierDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib Axes, default=None
            Where to draw; None makes a new figure.

        Returns
        -------
        display : FrontierDisplay
            This object, with the artists as attributes.
        """
        if not self.points:
            raise ValueError("There are no models to draw: points is empty.")
        if ax is None:
            import matplotlib.pyplot as plt

            _, ax = plt.subplots(figsize=(6.4, 4.4), layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        places = {name: _as_points(name, pair) for name, pair in self.points.items()}
        every = np.concatenate(list(places.values()))
        on_front = not_dominated(every)
        ends = np.cumsum([len(own) for own in places.values()])
        parts = np.split(on_front, ends[:-1])
        self.front_ = [name for name, own in zip(places, parts, strict=True) if own.any()]
        self.lines_ = []
        for number, (name, own) in enumerate(places.items()):
            style = {"marker": _MARKERS[number % len(_MARKERS)], "linewidth": 1.4, "label": name}
            own = own[np.argsort(own[:, 0], kind="stable")]
            face = None if name in self.front_ else "none"
            (line,) = ax.plot(*own.T, markersize=6, markerfacecolor=face, **style)
            self.lines_.append(line)
        steps = every[on_front]
        steps = steps[np.lexsort((steps[:, 1], steps[:, 0]))]
        ax.step(*steps.T, where="post", color="0.6", linewidth=1, zorder=1, linestyle="--")
        ax.set(xlabel=self.unfairness, ylabel=self.quality)
        ax.legend(frameon=False, fontsize="small")
        return self


def not_dominated(points: np.ndarray) -> np.ndarray:
    """Which points (unfairness, quality) no other beats: as good in both, better in one."""
    less = points[:, None, 0] <= points[None, :, 0]
    more = points[:, None, 1] >= points[None, :, 1]
    better = (points[:, None, 0] < points[None, :, 0]) | (points[:, None, 1] > points[None, :, 1])
    return np.logical_not((less & more & better).any(axis=0))


def _as_points(name: str, pair: tuple[Any, Any]) -> np.ndarray:
    if len(pair) != 2:
        raise ValueError(f"points[{name!r}] must be (unfairness, quality), got {pair!r}.")
    x, y = (np.atleast_1d(np.asarray(values, dtype=np.float64)) for values in pair)
    if x.shape != y.shape or x.ndim != 1:
        raise ValueError(f"points[{name!r}] has {x.shape} unfairness and {y.shape} quality values.")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError(f"points[{name!r}] holds values that are not finite.")
    return np.column_stack([x, y])
