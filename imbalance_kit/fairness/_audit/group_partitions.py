"""The ways in which sensitive features form groups: each alone, and combined."""

import warnings
from itertools import combinations
from typing import Any

import numpy as np

from imbalance_kit.fairness._groups.group_reading import GroupReader, Groups


def partitions_of(n_rows: int, given: Any, max_depth: int) -> tuple[dict[str, Groups], list[str]]:
    """Groups by each sensitive feature, then by two of them, and so on.

    Returns
    -------
    partitions : dict of Groups
        By the names of the features that form them.

    notes : list of str
        What was left out, and why.
    """
    placeholder = np.zeros((n_rows, 1))  # a table that only has the right number of rows
    names: tuple[str, ...] = ()
    if given is None:
        warnings.warn(
            "group_report was given no sensitive_features, so all rows are one group.",
            UserWarning,
            stacklevel=4,
        )
        columns = [np.full(n_rows, "all rows", dtype=object)]
    else:
        columns, names = GroupReader(None, "group_report").columns(placeholder, given)
    partitions, notes = {}, []
    for depth in range(1, min(max_depth, len(columns)) + 1):
        for chosen in combinations(range(len(columns)), depth):
            features: Any = {names[j]: columns[j] for j in chosen} if names else None
            if features is None:  # without names groups are spelled by their values alone
                features = np.empty((n_rows, depth), dtype=object)
                for position, j in enumerate(chosen):
                    features[:, position] = columns[j]
            title = ", ".join(names[j] if names else f"feature {j}" for j in chosen)
            try:
                partitions[title] = GroupReader(None, "group_report").learn(placeholder, features)
            except ValueError as error:  # too many groups: of single features that is for the user
                if depth == 1:
                    raise
                notes.append(f"{title}: left out. {error}")
    return partitions, notes
