"""The tables of a report on groups: rates by group, differences by way to form groups, notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from imbalance_kit.fairness._audit.differences import (
    Difference,
    Draws,
    difference_between,
    possible_difference,
)
from imbalance_kit.fairness._audit.group_partitions import partitions_of
from imbalance_kit.fairness._audit.group_rates import GroupRates, group_rates, notes_on
from imbalance_kit.fairness._audit.inputs import AuditInputs
from imbalance_kit.fairness._audit.rates import RATES

_WITHOUT = (
    "No sensitive features were given. The rates are those of all rows; they hold nothing about "
    "differences between groups, which may be large or none. Leaving a feature out of the data "
    "does not make decisions independent of it. To know, collect it for a sample of the rows."
)


@dataclass(frozen=True)
class ReportTables:
    """The parts of a report, as `GroupReport` describes them."""

    rates: dict[str, list]
    differences: dict[str, list]
    notes: list[str]


def report_tables(
    inputs: AuditInputs,
    sensitive_features: Any,
    wanted: Sequence[str],
    *,
    max_depth: int,
    min_rows: int,
    confidence: float,
    n_bootstrap: int,
    rng: np.random.RandomState,
) -> ReportTables:
    """Work out all that a report holds; the parameters are those of `group_report`."""
    partitions, notes = partitions_of(inputs.n_rows, sensitive_features, max_depth)
    draws = Draws(inputs, partitions, n_bootstrap, rng)
    if sensitive_features is None:
        notes.append(_WITHOUT)
    rates: list[dict[str, Any]] = []
    differences: list[dict[str, Any]] = []
    for number, (by, groups) in enumerate(partitions.items()):
        found = group_rates(inputs, groups, wanted, confidence)
        # by the rows of each rate: a group of many rows may have few positives
        small, large = found.n_rows < min_rows, found.large(min_rows)
        names = [groups.spell(group) for group in range(groups.n_groups)]
        rates += _rows_of_groups(by, names, found, small)
        for column, rate in enumerate(found.names if groups.n_groups > 1 else ()):
            difference = difference_between(
                found.value[:, column],
                found.size[:, column],
                large[:, column],
                names,
                draws.of(number, rate),
                confidence,
                rng,
                is_share=rate in RATES,
            )
            possible = possible_difference(found.outcomes.weight, rate, groups)
            differences.append({"by": by, "rate": rate, **vars(difference), "possible": possible})
        notes += notes_on(by, groups, found, small, min_rows)
    no_differences: dict[str, list] = {
        name: [] for name in ("by", "rate", *vars(Difference()), "possible")
    }
    return ReportTables(_as_columns(rates), _as_columns(differences) or no_differences, notes)


def _rows_of_groups(
    by: str, names: list[str], found: GroupRates, small: np.ndarray
) -> list[dict[str, Any]]:
    """Rows of the report: one per rate and group."""
    return [
        {
            "by": by,
            "group": names[group],
            "rate": rate,
            "value": float(found.value[group, column]),
            "low": float(found.low[group, column]),
            "high": float(found.high[group, column]),
            "rows": int(found.n_rows[group, column]),
            "small": bool(small[group, column]),
        }
        for column, rate in enumerate(found.names)
        for group in range(len(names))
    ]


def _as_columns(rows: list[dict[str, Any]]) -> dict[str, list]:
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
