"""Columns of words and numbers as a data frame or as text, and one class of a report."""

from collections.abc import Callable, Mapping
from typing import Any

from imbalance_kit._tables.labels import spell


def position_of(label: Any, classes: list) -> int:
    """Position of a label among the classes of a report."""
    if label not in classes:
        raise ValueError(f"There is no class {spell(label)}; the classes are {classes}.")
    return classes.index(label)


def as_frame(tables: Mapping[str, Callable[[], Mapping[str, list]]], of: str) -> Any:
    """One of several tables as a pandas DataFrame; only the chosen one is computed."""
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
