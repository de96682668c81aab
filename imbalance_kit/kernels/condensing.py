"""Condensing a class: which rows join a growing set that does not yet classify them."""

import numpy as np

from imbalance_kit.kernels._jit import kernel
from imbalance_kit.kernels.rules import precedes, squared_distance


@kernel
def condense(
    numbers: np.ndarray,
    category_codes: np.ndarray,
    weights: np.ndarray,
    seeds: np.ndarray,
    candidates: np.ndarray,
    reach: np.ndarray,
    end: np.ndarray,
    quorum: int,
) -> np.ndarray:
    """Rows that join the seeds, in the order of the candidates.

    Row ``candidates[i]`` joins unless ``quorum`` of the rows that are in the set by then precede,
    as its neighbours, a row ``end[i]`` at the squared distance ``reach[i]``.
    """
    members = np.empty(seeds.shape[0] + candidates.shape[0], dtype=np.int64)
    n_members = seeds.shape[0]
    members[:n_members] = seeds
    joined = np.empty(candidates.shape[0], dtype=np.int64)
    n_joined = 0
    for place in range(candidates.shape[0]):
        row = candidates[place]
        limit = reach[place]
        votes = 0
        for position in range(n_members):
            member = members[position]
            distance = squared_distance(
                numbers, category_codes, row, numbers, category_codes, member, weights, limit
            )
            if precedes(distance, member, limit, end[place]):
                # Members that vote for one row often vote for the next, so they move forward.
                # Those passed over here were looked at: the order changes, the count does not.
                forward = position >> 1
                members[position] = members[forward]
                members[forward] = member
                votes += 1
                if votes == quorum:
                    break
        if votes < quorum:
            members[n_members] = row
            n_members += 1
            joined[n_joined] = row
            n_joined += 1
    return joined[:n_joined]
