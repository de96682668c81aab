"""Calibration reports side by side, and what a report and a comparison print alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from imbalance_kit._tables.labels import spell
from imbalance_kit.calibration._class_calibration import ClassCalibration
from imbalance_kit.calibration._reliability_display import ReliabilityDisplay

if TYPE_CHECKING:
    from imbalance_kit.calibration._report import CalibrationReport


@dataclass(frozen=True)
class CalibrationComparison:
    """Calibration reports side by side; made by :meth:`CalibrationReport.compare`.

    Attributes
    ----------
    reports : dict
        A :class:`CalibrationReport` by name.
    """

    reports: dict[str, CalibrationReport]

    @property
    def summary(self) -> dict[str, list]:
        """One row per report and class as columns."""
        columns: dict[str, list] = {}
        for name, report in self.reports.items():
            own = report.summary
            columns.setdefault("name", []).extend([name] * len(own["class"]))
            for key, values in own.items():
                columns.setdefault(key, []).extend(values)
        return columns

    def to_frame(self) -> Any:
        """The comparison as a pandas DataFrame.

        Returns
        -------
        frame : pandas.DataFrame
            One row per report and class.
        """
        return as_frame({"summary": lambda: self.summary}, "summary")

    def plot(self, ax: Any = None, *, label: Any = None, **options: Any) -> ReliabilityDisplay:
        """Draw the reliability curves of all reports.

        Parameters
        ----------
        ax : matplotlib Axes, or two of them, default=None
            Where to draw the curves, and the histogram of the probabilities below; no histogram
            with one. None makes a new figure with both.

        label : label, default=None
            The class to draw; needed where the reports have more than one.

        **options : dict
            Further arguments of :meth:`ReliabilityDisplay.plot`.

        Returns
        -------
        display : ReliabilityDisplay
        """
        curves = {}
        for name, report in self.reports.items():
            if label is None and len(report.by_class) > 1:
                raise ValueError(
                    f"Give `label`, the class to draw: {name!r} reports on {list(report.by_class)}."
                )
            curves[name] = class_of(report, label)
        return ReliabilityDisplay(curves).plot(ax, **options)

    def __str__(self) -> str:
        names = ["name", "class", "ratio", "slope", "brier_score", "log_loss", "calibration_error"]
        lines = [as_text({name: self.summary[name] for name in names}), ""]
        for name, report in self.reports.items():
            each = report.by_class.values()
            lines += [f"{name}, class {own.label}: {own.verdict}" for own in each]
        return "\n".join(lines)


def position_of(label: Any, classes: list) -> int:
    if label not in classes:
        raise ValueError(f"There is no class {spell(label)}; the classes are {classes}.")
    return classes.index(label)


def class_of(report: CalibrationReport, label: Any) -> ClassCalibration:
    classes = list(report.by_class)
    own = classes[0] if label is None else classes[position_of(label, classes)]
    return report.by_class[own]


def as_frame(tables: dict[str, Any], of: str) -> Any:
    if of not in tables:
        raise ValueError(f"of must be one of {list(tables)}, got {of!r}.")
    import pandas as pd

    return pd.DataFrame(tables[of]())


def as_text(columns: Mapping[str, list]) -> str:
    """Columns of words and numbers as text, numbers with four significant digits."""
    cells = [
        [name, *(f"{value:.4g}" if isinstance(value, float) else str(value) for value in values)]
        for name, values in columns.items()
    ]
    widths = [max(map(len, column)) for column in cells]
    rows = zip(*cells, strict=True)
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
