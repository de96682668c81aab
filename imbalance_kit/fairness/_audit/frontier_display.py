"""Models as points between unfairness and quality; matplotlib is imported where it is used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

_MARKERS = "osD^vPX*"


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
        models = {name: _as_points(name, pair) for name, pair in self.points.items()}
        every = np.concatenate(list(models.values()))
        on_front = not_dominated(every)
        ends = np.cumsum([len(of_model) for of_model in models.values()])
        parts = np.split(on_front, ends[:-1])
        self.front_ = [name for name, part in zip(models, parts, strict=True) if part.any()]
        self.lines_ = []
        for number, (name, of_model) in enumerate(models.items()):
            style = {"marker": _MARKERS[number % len(_MARKERS)], "linewidth": 1.4, "label": name}
            in_order = of_model[np.argsort(of_model[:, 0], kind="stable")]
            face = None if name in self.front_ else "none"
            (line,) = ax.plot(*in_order.T, markersize=6, markerfacecolor=face, **style)
            self.lines_.append(line)
        steps = every[on_front]
        steps = steps[np.lexsort((steps[:, 1], steps[:, 0]))]
        ax.step(*steps.T, where="post", color="0.6", linewidth=1, zorder=1, linestyle="--")
        ax.set(xlabel=self.unfairness, ylabel=self.quality)
        ax.legend(frameon=False, fontsize="small")
        return self


def not_dominated(points: np.ndarray) -> np.ndarray:
    """Which points (unfairness, quality) no other beats: as good in both, better in one."""
    # Entry (i, j): whether point i beats point j. Better in one, so equal points do not beat each
    # other and both stay.
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
