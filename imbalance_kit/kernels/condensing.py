"""Condensing a class: which rows join a growing set that does not yet speak for them."""

import numpy as np

from imbalance_kit.kernels._jit import kernel
from imbalance_kit.kernels.distances import squared_distance


@kernel
def condense(
    numbers: np.ndarray,
    codes: np.ndarray,
    weights: np.ndarray,
    seeds: np.ndarray,
    asking: np.ndarray,
    reach: np.ndarray,
    end: np.ndarray,
    quorum: int,
) -> np.ndarray:
    """Rows that join the seeds, in the order in which they ask.

    Row ``asking[i]`` joins unless ``quorum`` of the rows that are in the set by then are within
    its reach: at a squared distance below ``reach[i]``, or at exactly that with a row number
    below ``end[i]``.
    """
    members = np.empty(seeds.shape[0] + asking.shape[0], dtype=np.int64)
    n_members = seeds.shape[0]
    members[:n_members] = seeds
    joined = np.empty(asking.shape[0], dtype=np.int64)
    n_joined = 0
    for place in range(asking.shape[0]):
        row = asking[place]
        limit = reach[place]
        votes = 0
        for position in range(n_members):
            member = members[position]
            distance = squared_distance(
                numbers[row], codes[row], numbers[member], codes[member], weights, limit
            )
            if distance < limit or (distance == limit and member < end[place]):
                # Members that speak for one row often speak for the next, so they move forward.
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
