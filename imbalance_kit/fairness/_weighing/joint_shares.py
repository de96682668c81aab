"""Joint shares of groups and classes: the nearest ones with given differences of rates."""

from typing import Any

import numpy as np
from scipy.optimize import minimize

_SLACK = 1e-9  # by how much rounding may miss a limit


def is_reachable(
    joint: np.ndarray, wanted: np.ndarray, gamma_label: float, gamma_group: float
) -> bool:
    """Whether any joint shares have these differences of rates within the limits."""
    # rates of the first group for which the rates of all groups lie between 0 and 1
    lowest, highest = -wanted.min(), 1.0 - wanted.max()
    if lowest > highest + _SLACK:
        return False
    share, positive = joint.sum(axis=1), joint[:, 1].sum()
    at_least = lowest + _extreme_mean(wanted, share, gamma_group, largest=False)
    at_most = highest + _extreme_mean(wanted, share, gamma_group, largest=True)
    return bool(
        at_least <= positive + gamma_label + _SLACK and at_most >= positive - gamma_label - _SLACK
    )


def _extreme_mean(values: np.ndarray, share: np.ndarray, gamma: float, *, largest: bool) -> float:
    """Smallest or largest mean of values over groups whose shares may move by gamma."""
    # a linear program with one equation: fill the shares in the order of the values
    moved = np.maximum(share - gamma, 0.0)
    spare = np.minimum(share + gamma, 1.0) - moved
    left = 1.0 - moved.sum()
    for group in np.argsort(-values if largest else values, kind="stable"):
        added = min(spare[group], left)
        moved[group] += added
        left -= added
    return float(moved @ values)


def nearest_joint(
    joint: np.ndarray, wanted: np.ndarray, gamma_label: float, gamma_group: float
) -> np.ndarray:
    """Joint shares nearest to the given ones whose rates differ as wanted.

    Parameters
    ----------
    joint : ndarray of shape (n_groups, 2)
        Present shares.

    wanted : ndarray of shape (n_groups,)
        Positive rate of each group minus that of the first.

    gamma_label, gamma_group : float
        How far the share of the positive class, and that of each group, may move.

    Returns
    -------
    joint : ndarray of shape (n_groups, 2)
        The new shares.

    Notes
    -----
    Variables are the shares of the groups and the positive rate of the first; the differences hold
    by construction. For a given rate the problem is convex.
    """
    share, positive = joint.sum(axis=1), joint[:, 1].sum()
    n_groups = len(share)
    lowest, highest = max(0.0, -wanted.min()), min(1.0, 1.0 - wanted.max())

    def joint_at(point: np.ndarray) -> np.ndarray:
        rates = np.clip(point[-1] + wanted, 0.0, 1.0)  # the solver may leave [0, 1] by rounding
        return np.column_stack([point[:-1] * (1.0 - rates), point[:-1] * rates])

    def objective(point: np.ndarray) -> tuple[float, np.ndarray]:
        rates = point[-1] + wanted
        off = np.column_stack([point[:-1] * (1.0 - rates), point[:-1] * rates]) - joint
        by_share = 2.0 * (off[:, 0] * (1.0 - rates) + off[:, 1] * rates)
        by_rate = 2.0 * ((off[:, 1] - off[:, 0]) @ point[:-1])
        return float((off**2).sum()), np.append(by_share, by_rate)

    def positives(point: np.ndarray) -> float:
        return float(point[:-1] @ (point[-1] + wanted))

    def slope(point: np.ndarray) -> np.ndarray:
        return np.append(point[-1] + wanted, point[:-1].sum())

    constraints: list[Any] = [
        {
            "type": "eq",
            "fun": lambda point: point[:-1].sum() - 1.0,
            "jac": lambda point: np.append(np.ones(n_groups), 0.0),
        },
        {
            "type": "ineq",
            "fun": lambda point: positives(point) - positive + gamma_label,
            "jac": slope,
        },
        {
            "type": "ineq",
            "fun": lambda point: positive + gamma_label - positives(point),
            "jac": lambda point: -slope(point),
        },
    ]
    bounds = [
        *zip(
            np.maximum(share - gamma_group, 0.0), np.minimum(share + gamma_group, 1.0), strict=True
        ),
        (lowest, highest),
    ]
    # Convex for a given rate, but not in all variables together: hence several starts. What SLSQP
    # calls a success is not looked at, only whether its point meets the conditions.
    best: np.ndarray | None = None
    least = np.inf
    for start in np.linspace(lowest, highest, 9):
        found = minimize(
            objective,
            np.append(share, start),
            jac=True,
            bounds=bounds,
            constraints=constraints,
            method="SLSQP",
            options={"ftol": 1e-15, "maxiter": 500},
        )
        point = np.clip(found.x, *np.array(bounds).T)
        kept = (
            abs(point[:-1].sum() - 1.0) < 1e-7
            and abs(positives(point) - positive) < gamma_label + 1e-7
        )
        if kept and found.fun < least:
            best, least = point, found.fun
    if best is None:
        raise ValueError(
            "No shares that have these differences were found. Widen gammas a little: the target "
            "lies on the edge of what they reach."
        )
    nearest = joint_at(best)
    return nearest / nearest.sum()
