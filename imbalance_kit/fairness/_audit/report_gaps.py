"""Gaps between the groups of a report, from its table of rates."""

from collections.abc import Mapping, Sequence

import numpy as np

from imbalance_kit.fairness._audit.gaps import GAPS, require_gap


def gap_of(rates: Mapping[str, list], name: str, by: str) -> float:
    """One gap; refused where the table lacks a rate that it compares."""
    gap = require_gap(name)
    values = _compared(rates, by)
    missing = [rate for rate in gap.rates if rate not in values]
    if missing:
        raise ValueError(f"The report has no {missing} by {by!r}, which {name} compares.")
    return gap.of(values)


def gap_table(rates: Mapping[str, list], partitions: Sequence[str]) -> dict[str, list]:
    """Columns of a table with one row per way to form groups and gap that there are rates for."""
    rows = [
        (by, gap.label, gap.of(values), "higher" if gap.greater_is_better else "lower")
        for by, values in ((by, _compared(rates, by)) for by in partitions)
        for gap in GAPS.values()
        if all(rate in values for rate in gap.rates)
    ]
    names = ("by", "gap", "value", "better")
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def _compared(rates: Mapping[str, list], by: str) -> dict[str, np.ndarray]:
    """Values of the groups that are large enough, by rate."""
    values: dict[str, list[float]] = {}
    columns = zip(*(rates[name] for name in ("by", "rate", "value", "small")), strict=True)
    for of, rate, value, small in columns:
        if of == by:
            values.setdefault(rate, []).extend([] if small or np.isnan(value) else [value])
    return {rate: np.array(of_groups) for rate, of_groups in values.items()}
