"""Panels of a report's rates, one per rate; matplotlib is imported where it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_PANELS = ("selection_rate", "true_positive_rate", "false_positive_rate", "precision")


def draw_rates(
    table: Mapping[str, list], by: str, rates: Sequence[str] | None, axes: Any
) -> tuple[Any, np.ndarray, list[Any]]:
    """Draw rates of groups as points with their intervals.

    Parameters
    ----------
    table : dict of list
        Columns of a table with one row per group and rate, as those of ``GroupReport.rates``.

    by : str
        How groups are formed.

    rates : sequence of str or None
        One panel each; None stands for those of `_PANELS` that the table has, else for all.

    axes : sequence of matplotlib Axes or None
        One for each rate; None makes a new figure.

    Returns
    -------
    figure, axes, points
        The figure, the panels, and the points of each panel.
    """
    in_partition = [row for row, name in enumerate(table["by"]) if name == by]
    present = list(dict.fromkeys(table["rate"]))
    wanted = list(rates or [name for name in _PANELS if name in present] or present)
    unknown = [name for name in wanted if name not in present]
    if unknown:
        raise ValueError(f"The report has no {unknown}; it has {present}.")
    groups = list(dict.fromkeys(table["group"][row] for row in in_partition))
    if axes is None:
        import matplotlib.pyplot as plt

        size = (2.3 * len(wanted) + 1.2, 0.34 * len(groups) + 1.3)
        _, axes = plt.subplots(1, len(wanted), figsize=size, sharey=True, layout="constrained")
    panels = np.ravel(np.asarray(axes, dtype=object))
    if len(panels) != len(wanted):
        raise ValueError(f"axes has {len(panels)} entries for {len(wanted)} rates.")
    points = []
    for panel, name in zip(panels, wanted, strict=True):
        rows = [row for row in in_partition if table["rate"][row] == name]
        points.append(_draw_panel(panel, table, rows, name))
    panels[0].set_yticks(range(len(groups)), groups)
    panels[0].set_ylim(len(groups) - 0.5, -0.5)
    return panels[0].figure, panels, points


def _draw_panel(panel: Any, table: Mapping[str, list], rows: list[int], name: str) -> Any:
    value, low, high = (
        np.array([table[key][row] for row in rows]) for key in ("value", "low", "high")
    )
    small = np.array([table["small"][row] for row in rows])
    places = np.arange(len(rows))
    known = np.isfinite(low)  # scores of probabilities come without an interval
    panel.hlines(places[known], low[known], high[known], color="C0", linewidth=1.4, alpha=0.6)
    faces = ["none" if few else "C0" for few in small]
    points = panel.scatter(value, places, facecolor=faces, edgecolor="C0", s=26, zorder=3)
    panel.set_title(name.replace("_", " "), fontsize="medium")
    panel.grid(axis="x", color="0.9")
    panel.set_axisbelow(True)
    return points
