"""Which group to collect more rows of: learning curves, and a budget spread by them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import optimize
from sklearn.utils import check_random_state

from imbalance_kit.fairness._groups.group_reading import GroupReader

_STEPS = 200  # of a bisection; halves any interval to rounding


@dataclass(frozen=True)
class ErrorCurve:
    """How an error falls with the number of rows of a group: ``floor + scale * n ** -power``.

    Attributes
    ----------
    floor : float
        Error that no number of rows removes.
    scale : float
        Error above it with one row.
    power : float
        How fast it falls.
    """

    floor: float
    scale: float
    power: float

    def __call__(self, n_rows: Any) -> Any:
        """Error with so many rows."""
        with np.errstate(divide="ignore"):
            return self.floor + self.scale * np.asarray(n_rows, dtype=np.float64) ** -self.power


@dataclass(frozen=True)
class Allocation:
    """How many rows of each group to have; made by :func:`allocate_samples`.

    Attributes
    ----------
    n_rows : dict
        Rows by group, those that are there already included.
    exact : dict
        The same before rounding down to whole rows.
    error : dict
        Error that the curves expect with them.
    cost : float
        What the rows still to be collected cost.
    saturated : tuple
        Groups of which more rows would gain next to nothing, whatever their error is.
    next_group : object
        The group of which to collect the next rows when collecting in batches; None where no
        group gains from more.
    """

    n_rows: dict
    exact: dict
    error: dict
    cost: float
    saturated: tuple
    next_group: Any

    def draw(self, sensitive_features: Any, *, random_state: Any = None) -> np.ndarray:
        """Draw these numbers of rows from a pool.

        Parameters
        ----------
        sensitive_features : array-like of shape (n_samples,) or (n_samples, n)
            Groups of the rows of the pool.

        random_state : int, RandomState instance or None, default=None
            Seed of the draw.

        Returns
        -------
        rows : ndarray of int
            Row numbers, in order; all rows of a group that has fewer.
        """
        values = np.shape(sensitive_features)
        n_pool = values[0] if values else len(sensitive_features)
        groups = GroupReader(None, "Allocation.draw").learn(
            np.zeros((n_pool, 1)), sensitive_features
        )
        unknown = [label for label in groups.labels if label not in self.n_rows]
        if unknown:
            raise ValueError(f"The pool has groups {unknown} that were not allocated to.")
        rng = check_random_state(random_state)
        drawn = []
        for group, label in enumerate(groups.labels):
            rows = groups.rows_of(group)
            drawn.append(rng.permutation(rows)[: self.n_rows[label]])
        return np.sort(np.concatenate(drawn))


def fit_error_curve(n_rows: Any, error: Any) -> ErrorCurve:
    """Fit the learning curve of a group to errors measured with several numbers of rows.

    Parameters
    ----------
    n_rows : array-like of shape (n_points,)
        Rows of the group that were learned from; at least three different numbers.

    error : array-like of shape (n_points,)
        Error on held-out rows of the group.

    Returns
    -------
    curve : ErrorCurve

    Raises
    ------
    ValueError
        If there are fewer than three different numbers of rows.

    Notes
    -----
    Least squares with `floor` and `scale` not negative and `power` between .05 and 2: for every
    power the best floor and scale are those of a non-negative linear regression, and the power is
    found by a grid and a bounded search. Beyond the largest number of rows a curve is a guess;
    refit it when more rows are there.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import fit_error_curve
    >>> n_rows = np.array([50, 100, 200, 400])
    >>> curve = fit_error_curve(n_rows, 0.1 + 2 / np.sqrt(n_rows))
    >>> round(curve.floor, 4), round(curve.scale, 3), round(curve.power, 4)
    (0.1, 2.0, 0.5)
    """
    n, measured = np.asarray(n_rows, dtype=np.float64), np.asarray(error, dtype=np.float64)
    if n.shape != measured.shape or n.ndim != 1:
        raise ValueError(f"n_rows and error differ in shape: {n.shape} and {measured.shape}.")
    if len(np.unique(n)) < 3 or not n.min() > 0 or not np.isfinite(measured).all():
        raise ValueError(
            "A curve with three parameters needs errors with at least three different positive "
            f"numbers of rows; got {sorted(set(n.tolist()))}."
        )

    def fitted(power: float) -> tuple[np.ndarray, float]:
        return optimize.nnls(np.column_stack([np.ones(len(n)), n**-power]), measured)

    powers = np.linspace(0.05, 2.0, 40)
    near = powers[np.argmin([fitted(power)[1] for power in powers])]
    found = optimize.minimize_scalar(
        lambda power: fitted(power)[1],
        bounds=(max(near - 0.05, 0.05), min(near + 0.05, 2.0)),
        method="bounded",
        options={"xatol": 1e-10},
    )
    (floor, scale), _ = fitted(found.x)
    return ErrorCurve(float(floor), float(scale), float(found.x))


def allocate_samples(
    curves: Mapping[Any, ErrorCurve | Sequence[float]],
    *,
    budget: float,
    costs: Mapping[Any, float] | None = None,
    weights: Mapping[Any, float] | None = None,
    n_now: Mapping[Any, int] | None = None,
    objective: str = "mean",
    batch: int = 1,
    saturation: float = 1e-4,
) -> Allocation:
    """Spread a budget for collecting rows over groups.

    Parameters
    ----------
    curves : dict
        The :class:`ErrorCurve` of each group, or its three numbers.

    budget : float
        What collecting may cost.

    costs : dict, default=None
        Price of one row of each group. None: 1 for all.

    weights : dict, default=None
        How much the error of each group counts in the mean. None: all alike. With the objective
        "worst" errors are multiplied by them before they are compared.

    n_now : dict, default=None
        Rows of each group that are there already. None: none.

    objective : {"mean", "worst"}, default="mean"
        Make the weighted mean of the errors small, or the largest one.

    batch : int, default=1
        Number of rows for which `next_group` is chosen.

    saturation : float, default=1e-4
        A group whose error is so little above its floor gets no more rows.

    Returns
    -------
    allocation : Allocation

    Raises
    ------
    ValueError
        If the budget is not positive, or names of groups, prices or weights make no sense.

    Notes
    -----
    "mean" is exact up to rounding: where a group gets rows, what one more unit of money gains is
    the same in all of them, ``n = (w b c / (m k)) ** (1 / (1 + c))`` with weight w, scale b, power
    c and price k, and m is found by bisection. "worst" lowers the largest error until the money is
    spent; what it cannot lower any more, it leaves and goes on with the others. Money that no group
    gains from is left over.

    The curves are taken for granted. Early ones are uncertain, so collect in batches: refit, take
    `next_group`, which gains most for its price (or errs most, with "worst"), repeat; now and then
    take another group, whose curve may be wrong. Equal numbers, or those of the population, are the
    plain rivals.

    Which errors count, and whether a group wants its data to be collected, no formula decides.

    References
    ----------
    .. [1] W. Cai, R. Encarnacion, B. Chern, S. Corbett-Davies, M. Bogen, S. Bergman, S. Goel,
       "Adaptive Sampling Strategies to Construct Equitable Training Datasets", ACM Conference on
       Fairness, Accountability, and Transparency (FAccT), 2022.

    Examples
    --------
    >>> from imbalance_kit.fairness import allocate_samples
    >>> curves = {"a": (0.0, 1.0, 1.0), "b": (0.0, 4.0, 1.0)}
    >>> plan = allocate_samples(curves, budget=300, costs={"a": 1, "b": 2})
    >>> plan.n_rows, plan.cost, plan.next_group
    ({'a': 78, 'b': 111}, 300.0, 'a')
    """
    if objective not in ("mean", "worst"):
        raise ValueError(f"objective must be 'mean' or 'worst', got {objective!r}.")
    if not budget > 0 or batch < 1 or not saturation > 0:
        raise ValueError(
            "budget and saturation must be positive and batch at least 1; got "
            f"{budget}, {saturation} and {batch}."
        )
    names = list(curves)
    each = [
        curve if isinstance(curve, ErrorCurve) else ErrorCurve(*map(float, curve))
        for curve in curves.values()
    ]
    floor, scale, power = (
        np.array([getattr(curve, part) for curve in each]) for part in ("floor", "scale", "power")
    )
    if not names or (scale < 0).any() or (power <= 0).any():
        raise ValueError("curves needs a group at least; scales may not be negative, powers be 0.")
    price, weight = _by_group(costs, names, "costs"), _by_group(weights, names, "weights")
    if (price <= 0).any() or (weight < 0).any() or not weight.any():
        raise ValueError("costs must be positive, weights not negative and not all 0.")
    now = _by_group(n_now, names, "n_now", 0.0)
    # more rows than this reduce the error by less than `saturation`
    with np.errstate(divide="ignore"):
        most = np.maximum(now, np.ceil((scale / saturation) ** (1 / power)))

    def rows_at(level: float) -> np.ndarray:
        """Rows where one more unit of money gains `level`, or where errors are `level`."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if objective == "mean":
                wanted = (weight * scale * power / (level * price)) ** (1 / (1 + power))
            else:
                above = np.where(weight > 0, level / weight, np.inf) - floor
                wanted = np.where(above > 0, (above / scale) ** (-1 / power), np.inf)
        return np.clip(np.where(scale > 0, wanted, 0.0), now, most)

    # In the middle of logarithms: levels may be as small as 1e-300 and differ by hundreds of powers
    # of ten.
    low, high = _bracket(objective, weight, price, floor, scale, power)
    for _ in range(_STEPS):
        middle = np.sqrt(low * high)
        if price @ (rows_at(middle) - now) > budget:
            low = middle
        else:
            high = middle
    exact = rows_at(high)

    def counted(n: np.ndarray) -> np.ndarray:
        """Errors as they count; infinite where a group that counts has no rows."""
        return np.where(weight > 0, np.maximum(weight, 1e-300) * _error(floor, scale, power, n), 0)

    whole = _whole_rows(exact, now, most, price, budget, counted)
    error, full = _error(floor, scale, power, whole), whole >= most
    gain = counted(whole) - counted(whole + batch)
    score = gain / (batch * price) if objective == "mean" else counted(whole)
    return Allocation(
        n_rows={name: int(n) for name, n in zip(names, whole, strict=True)},
        exact=dict(zip(names, exact.tolist(), strict=True)),
        error=dict(zip(names, error.tolist(), strict=True)),
        cost=float(price @ (whole - now)),
        saturated=tuple(name for name, is_full in zip(names, full, strict=True) if is_full),
        next_group=None if full.all() else names[int(np.argmax(np.where(full, -np.inf, score)))],
    )


def _error(floor: np.ndarray, scale: np.ndarray, power: np.ndarray, n: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore", invalid="ignore"):
        return floor + np.where(scale > 0, scale * n**-power, 0.0)


def _by_group(given: Mapping | None, names: list, what: str, otherwise: float = 1.0) -> np.ndarray:
    if given is None:
        return np.full(len(names), otherwise)
    if set(given) != set(names):
        raise ValueError(f"{what} names the groups {list(given)}, but curves names {names}.")
    return np.array([float(given[name]) for name in names])


def _bracket(
    objective: str,
    weight: np.ndarray,
    price: np.ndarray,
    floor: np.ndarray,
    scale: np.ndarray,
    power: np.ndarray,
) -> tuple[float, float]:
    """Levels at which every group has all the rows it can use, and none."""
    if objective == "mean":
        return 1e-300, max(float((weight * scale * power / price).max()), 1e-200) * 1e6
    return 1e-300, max(float((weight * (floor + scale)).max()), 1e-200) * 1e12


def _whole_rows(
    exact: np.ndarray,
    now: np.ndarray,
    most: np.ndarray,
    price: np.ndarray,
    budget: float,
    errors: Any,
) -> np.ndarray:
    """Round down, then spend what is left where a row gains most for its price."""
    # whole numbers that the bisection missed by rounding stay what they are
    whole = np.maximum(np.floor(exact + 1e-9), now)
    for _ in range(2 * len(exact)):
        left = budget - price @ (whole - now)
        with np.errstate(invalid="ignore"):
            gain = (errors(whole) - errors(whole + 1)) / price
        # a group that rounding did not touch takes nothing from one that it did
        allowed = (price <= left + 1e-9) & (whole < most) & (whole < np.ceil(exact - 1e-9))
        if not allowed.any():
            break
        whole[np.argmax(np.where(allowed, np.nan_to_num(gain, nan=np.inf), -np.inf))] += 1
    return whole
