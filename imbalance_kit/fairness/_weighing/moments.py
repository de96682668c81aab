"""Weights nearest to given ones under linear conditions, by the dual of a convex problem."""

from collections.abc import Callable

import numpy as np
from scipy.optimize import linprog, minimize

_EXACT = 1e-7  # how well a condition is met
# Bound on the linear predictor: exp(300) is finite. Where no weights meet the conditions the
# multipliers grow without end, and the solver would only see infinities.
_LARGEST = 300.0

Curve = Callable[[np.ndarray], np.ndarray]
# The factor of a weight as a function of the linear predictor (features times multipliers), and the
# convex conjugate of the divergence, of which that is the derivative.
_DIVERGENCES: dict[str, tuple[Curve, Curve]] = {
    "entropy": (np.exp, np.exp),
    "squares": (
        lambda predictor: np.maximum(1.0 + predictor, 0.0),
        lambda predictor: np.maximum(1.0 + predictor, 0.0) ** 2 / 2.0,
    ),
}


def match_moments(
    base: np.ndarray,
    exact: np.ndarray,
    exact_at: np.ndarray,
    close: np.ndarray,
    tolerance: float,
    divergence: str,
) -> np.ndarray | None:
    """Factors of weights nearest to 1 that meet linear conditions, or None if none were found.

    Parameters
    ----------
    base : ndarray of shape (n,)
        Given weights, which add up to one.

    exact : ndarray of shape (n, n_exact)
        Features whose weighted sums must be `exact_at`.

    exact_at : ndarray of shape (n_exact,)
        These sums.

    close : ndarray of shape (n, n_close)
        Features whose weighted sums must be within `tolerance` of 0.

    tolerance : float
        How far from 0 they may be.

    divergence : {"entropy", "squares"}
        What is minimised.

    Returns
    -------
    factors : ndarray of shape (n,) or None
        What each weight is multiplied by.
    """
    features = np.hstack([exact, close])
    goal = np.append(exact_at, np.zeros(close.shape[1]))
    n_exact = len(exact_at)
    factor, conjugate = _DIVERGENCES[divergence]
    # With a tolerance the dual has a penalty of the tolerance times the absolute value of each
    # multiplier. To stay smooth a multiplier is written as the difference of two that are not
    # negative, of which the penalty is linear.
    n_close = close.shape[1] if tolerance > 0 else 0
    slack = np.full(n_close, tolerance)

    def multipliers(parts: np.ndarray) -> np.ndarray:
        if not n_close:
            return parts
        free, up, down = np.split(parts, [n_exact, n_exact + n_close])
        return np.append(free, up - down)

    def dual(parts: np.ndarray) -> tuple[float, np.ndarray]:
        at = multipliers(parts)
        predictor = np.minimum(features @ at, _LARGEST)
        value = base @ conjugate(predictor) - goal @ at
        # the gradient is by how much the conditions are missed: 0 at the solution
        slope = features.T @ (base * factor(predictor)) - goal
        if not n_close:
            return value, slope
        value += slack @ parts[n_exact : n_exact + n_close] + slack @ parts[n_exact + n_close :]
        ahead = slope[n_exact:]
        return value, np.concatenate([slope[:n_exact], ahead + slack, slack - ahead])

    n_parts = features.shape[1] + n_close
    bounds = [(None, None)] * n_exact + [(0, None) if n_close else (None, None)] * (
        n_parts - n_exact
    )
    found = minimize(
        dual,
        np.zeros(n_parts),
        jac=True,
        bounds=bounds,
        method="L-BFGS-B",
        options={"maxiter": 5000, "maxfun": 20000, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 30},
    )
    at = multipliers(found.x)
    bound = np.append(np.zeros(n_exact), np.full(close.shape[1], tolerance))
    factors = _polish(base, features, goal, at, bound, divergence)
    off = np.abs(features.T @ (base * factors) - goal) - bound
    return factors if np.isfinite(factors).all() and (off < _EXACT).all() else None


def _polish(
    base: np.ndarray,
    features: np.ndarray,
    goal: np.ndarray,
    at: np.ndarray,
    bound: np.ndarray,
    divergence: str,
) -> np.ndarray:
    """Newton steps on the conditions that hold with equality; the result is never worse.

    L-BFGS stops where the value of the dual no longer changes in double precision, which leaves
    conditions missed by up to the square root of that.
    """
    factor, _ = _DIVERGENCES[divergence]
    active = (bound == 0) | (np.abs(at) > 1e-9)
    aim = goal + np.sign(at) * -bound  # a positive multiplier holds a sum at its lower limit
    used, aim = features[:, active], aim[active]

    def miss(values: np.ndarray) -> np.ndarray:
        return used.T @ (base * factor(np.minimum(used @ values, _LARGEST))) - aim

    values = at[active]
    off = miss(values)
    for _ in range(20):
        predictor = np.minimum(used @ values, _LARGEST)
        entropy = divergence == "entropy"
        slope = factor(predictor) if entropy else (predictor > -1.0).astype(np.float64)
        curvature = (used * (base * slope)[:, None]).T @ used
        # conditions may be redundant, so the matrix singular: the shortest of all steps will do
        step = np.linalg.lstsq(curvature, off, rcond=1e-12)[0]
        after = miss(values - step)
        if not np.abs(after).max(initial=0.0) < np.abs(off).max(initial=0.0):
            break
        values, off = values - step, after
    return factor(np.minimum(used @ values, _LARGEST))


def smallest_tolerance(
    base: np.ndarray, exact: np.ndarray, exact_at: np.ndarray, close: np.ndarray
) -> float | None:
    """Smallest largest sum of the `close` features over weights that meet the `exact` ones.

    A linear program. None: no weights meet the exact conditions.
    """
    present = base > 0  # rows of weight 0 cannot help to meet a condition
    exact, close = exact[present], close[present]
    n_points, n_close = close.shape
    above = np.hstack([close.T, np.full((n_close, 1), -1.0)])
    below = np.hstack([-close.T, np.full((n_close, 1), -1.0)])
    found = linprog(
        np.append(np.zeros(n_points), 1.0),
        A_ub=np.vstack([above, below]) if n_close else None,
        b_ub=np.zeros(2 * n_close) if n_close else None,
        A_eq=np.hstack([exact.T, np.zeros((exact.shape[1], 1))]),
        b_eq=exact_at,
        method="highs",
    )
    return float(found.fun) if found.success else None
