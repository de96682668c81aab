"""What stands in a cost matrix: how it is read, kept and printed."""

from collections.abc import Mapping
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from imbalance_kit.cost._price_columns import Column

OTHER = ...  # in `classes`: the one class that is not named


class ErrorCosts(NamedTuple):
    """What any error on a row of a class costs; 1 where a class is not named."""

    by_class: tuple[tuple[Any, float], ...]


def is_table(costs: Any) -> bool:
    """Whether costs are a matrix, not costs of errors by class or "balanced"."""
    return isinstance(costs, tuple) and not isinstance(costs, ErrorCosts)


def plain_value(label: Any) -> Any:
    """A label without numpy's type around it, so that equal labels print alike."""
    return label.item() if isinstance(label, np.generic) else label


def _short(entry: float | Column) -> Any:
    """An entry as a user would write it: 5 for 5.0, the name for a bare column."""
    if isinstance(entry, Column):
        bare = entry == Column(entry.name) and isinstance(entry.name, str)
        return entry.name if bare else entry
    return int(entry) if entry == int(entry) else entry


def read_costs(costs: Any) -> Any:
    """Costs in any form a user may give, checked and hashable."""
    if isinstance(costs, ErrorCosts):
        return costs
    if isinstance(costs, str):
        if costs != "balanced":
            raise ValueError(f'costs as a str must be "balanced", got {costs!r}.')
        return costs
    if isinstance(costs, Mapping):
        by_class = []
        for label, cost in costs.items():
            entry = _read_entry(cost)
            if not isinstance(entry, Column) and entry >= 0:
                by_class.append((plain_value(label), entry))
        if not by_class or len(by_class) < len(costs):
            raise ValueError(
                "A dict of costs needs a number that is not negative for each class it names; got "
                f"{dict(costs)}."
            )
        return ErrorCosts(tuple(sorted(by_class, key=repr)))
    try:
        rows = [list(row) for row in costs]
    except TypeError:
        rows = []
    if len(rows) < 2 or any(len(row) != len(rows) for row in rows):
        raise ValueError(
            "Expected a square cost matrix, true classes as rows and predicted classes as "
            f"columns, of at least 2 classes; got {costs!r}."
        )
    return tuple(tuple(_read_entry(entry) for entry in row) for row in rows)


def _read_entry(entry: Any) -> float | Column:
    if isinstance(entry, Column):
        return entry
    if isinstance(entry, str):
        return Column(str(entry))
    if not isinstance(entry, Real | np.bool_) or not np.isfinite(float(entry)):
        raise ValueError(
            f"A cost must be a finite number, the name of a column or a Column; got {entry!r}."
        )
    return float(entry)


def as_given(costs: Any) -> Any:
    """Costs as a user would write them."""
    if isinstance(costs, ErrorCosts):
        return dict(costs.by_class)
    return [[_short(entry) for entry in row] for row in costs] if is_table(costs) else costs


def draw_table(costs: Any, names: list[str]) -> str:
    """A matrix as text, its true classes as rows and predicted classes as columns."""
    rows = [["true \\ predicted", *names]]
    for name, row in zip(names, costs, strict=True):
        shown = [str(entry) if isinstance(entry, Column) else f"{entry:g}" for entry in row]
        rows.append([name, *shown])
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0])]
            + [text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True)]
        )
        for row in rows
    )
