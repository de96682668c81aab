"""Bags: which rows a bootstrap holds, and how many of each class are wanted of it."""

from collections.abc import Callable, Mapping
from numbers import Integral, Real
from typing import Any

import numpy as np

from imbalance_kit._sampling.strategy import rows_at_ratio
from imbalance_kit._sklearn_compat import Interval
from imbalance_kit._tables.labels import spell
from imbalance_kit.ensemble._loop.fitting import Fitting
from imbalance_kit.ensemble._loop.schedule import rows_in_round

MAX_SAMPLES: dict = {
    "max_samples": [
        Interval(Integral, 1, None, closed="left"),
        Interval(Real, 0, 1, closed="right"),
        None,
    ]
}
_ATTEMPTS = 10


def bag_size(max_samples: int | float | None, n_rows: int) -> int:
    """Rows of a bag: a number, a share of the table, or as many as the table has."""
    if max_samples is None:
        return n_rows
    if not isinstance(max_samples, Integral):
        return max(1, int(max_samples * n_rows))
    if max_samples > n_rows:
        raise ValueError(
            f"max_samples={max_samples} is more than the {n_rows} rows of the table. Give at most "
            "that many, or a float for a share of them."
        )
    return int(max_samples)


def draw_counts(
    class_counts: np.ndarray,
    size: int,
    classes: np.ndarray,
    *,
    bootstrap: bool,
    rng: np.random.RandomState,
) -> np.ndarray:
    """Rows of each class in a random bag, without drawing the bag.

    Parameters
    ----------
    class_counts : ndarray of shape (n_classes,)
        Rows of each class in the table.

    size : int
        Rows of the bag.

    classes : ndarray of shape (n_classes,)
        Labels, for the message.

    bootstrap : bool
        Whether the bag is drawn with replacement.

    rng : RandomState
        Source of the draw.

    Returns
    -------
    counts : ndarray of shape (n_classes,)
        At least one of each class.
    """
    n_rows = class_counts.sum()
    if not bootstrap and size == n_rows:
        return class_counts

    def draw() -> np.ndarray:
        if bootstrap:
            return rng.multinomial(size, class_counts / n_rows)
        counts, left = [], size
        for position, n in enumerate(class_counts):
            others = class_counts[position + 1 :].sum()
            counts.append(rng.hypergeometric(n, others, left) if left else 0)
            left -= counts[-1]
        return np.array(counts)

    return _with_every_class(draw, lambda counts: counts, class_counts, size, classes)


def draw_rows(
    y_encoded: np.ndarray,
    size: int,
    classes: np.ndarray,
    *,
    bootstrap: bool,
    rng: np.random.RandomState,
) -> np.ndarray:
    """Rows of a random bag with at least one row of each class.

    Parameters
    ----------
    y_encoded : ndarray of shape (n_rows,)
        Class of each row, by position.

    size : int
        Rows of the bag.

    classes : ndarray of shape (n_classes,)
        Labels, for the message.

    bootstrap : bool
        Whether the bag is drawn with replacement. Without, a bag of all rows is the table.

    rng : RandomState
        Source of the draw.

    Returns
    -------
    rows : ndarray of shape (size,)
    """
    n_rows = len(y_encoded)
    if not bootstrap and size == n_rows:
        return np.arange(n_rows)

    def draw() -> np.ndarray:
        if bootstrap:
            return rng.randint(n_rows, size=size)
        return rng.choice(n_rows, size=size, replace=False)

    def count(rows: np.ndarray) -> np.ndarray:
        return np.bincount(y_encoded[rows], minlength=len(classes))

    class_counts = np.bincount(y_encoded, minlength=len(classes))
    return _with_every_class(draw, count, class_counts, size, classes)


def _with_every_class(
    draw: Callable[[], np.ndarray],
    count: Callable[[np.ndarray], np.ndarray],
    class_counts: np.ndarray,
    size: int,
    classes: np.ndarray,
) -> np.ndarray:
    """A draw that leaves out no class, of the first ten."""
    for _ in range(_ATTEMPTS):
        bag = draw()
        counts = count(bag)
        if counts.all():
            return bag
    absent = counts.argmin()
    raise ValueError(
        f"{_ATTEMPTS} bags of {size} rows in a row held no row of class {spell(classes[absent])}, "
        f"which has {class_counts[absent]} of {class_counts.sum()} rows. Set bootstrap=False, let "
        "bags be larger, or give more rows of that class."
    )


def wanted_in_bag(
    sampling_strategy: Any,
    classes: np.ndarray,
    counts: np.ndarray,
    sampling_type: str,
) -> np.ndarray:
    """Rows of each class after resampling a bag.

    The meaning is that of `resolve_targets`, for which labels of all rows would be needed; but a
    bag that by chance is past the wanted number or ratio keeps what it holds.

    Parameters
    ----------
    sampling_strategy : float, str or dict
        As documented in the ensembles.

    classes : ndarray of shape (n_classes,)
        Labels.

    counts : ndarray of shape (n_classes,)
        Rows of each class in the bag.

    sampling_type : {"over-sampling", "under-sampling"}
        Whether rows are added or left out.

    Returns
    -------
    wanted : ndarray of shape (n_classes,)
    """
    over = sampling_type == "over-sampling"
    limit = np.maximum if over else np.minimum
    wanted = counts.copy()
    if isinstance(sampling_strategy, Mapping):
        for position, label in enumerate(classes.tolist()):
            if label in sampling_strategy:
                wanted[position] = limit(counts[position], sampling_strategy[label])
        return wanted
    smallest, largest = counts.argmin(), counts.argmax()
    if isinstance(sampling_strategy, Real):
        one = smallest if over else largest
        exact = counts.max() * sampling_strategy if over else counts.min() / sampling_strategy
        wanted[one] = limit(counts[one], rows_at_ratio(exact))
        return wanted
    if sampling_strategy == "auto":
        sampling_strategy = "not majority" if over else "not minority"
    one = largest if "majority" in sampling_strategy else smallest
    chosen = np.arange(len(counts)) == one
    if sampling_strategy.startswith("not "):
        chosen = ~chosen
    if sampling_strategy == "all":
        chosen[:] = True
    wanted[chosen] = counts.max() if over else counts.min()
    return wanted


def rows_of_round(fitting: Fitting, counts: np.ndarray, number: int) -> np.ndarray:
    """Rows of each class that a learner is to see of a bag, by the schedule.

    A share or a role is looked at in the bag; numbers that a dict or a callable gave for the
    table hold as they are.
    """
    strategy, kind = fitting.sampling_strategy, fitting.sampling_type
    if isinstance(strategy, str | Real):
        wanted = wanted_in_bag(strategy, fitting.classes, counts, kind)
    else:
        named = [label in fitting.targets for label in fitting.classes.tolist()]
        wanted = np.where(named, fitting.wanted, counts)
        if kind == "over-sampling":
            wanted = np.maximum(wanted, counts)
    return rows_in_round(
        counts, wanted, fitting.schedule, fitting.round_of(number), fitting.n_rounds
    )


def draw_under_bag(
    fitting: Fitting,
    number: int,
    size: int,
    *,
    bootstrap: bool,
    replacement: bool,
    rng: np.random.RandomState,
) -> np.ndarray:
    """Rows of a random bag whose large classes are cut; only what is kept is drawn.

    Rows of a random part of a bootstrap are independent draws from their class, so the bootstrap
    itself is never needed, only how many rows of each class it holds.
    """
    counts = draw_counts(fitting.class_counts, size, fitting.classes, bootstrap=bootstrap, rng=rng)
    wanted = rows_of_round(fitting, counts, number)
    drawn = []
    for rows, n, held in zip(fitting.class_rows, wanted, counts, strict=True):
        if bootstrap:
            drawn.append(rows[rng.randint(len(rows), size=n)])
        elif n == len(rows):
            drawn.append(rows)
        elif replacement and n < held:
            drawn.append(rows[rng.randint(len(rows), size=n)])
        else:  # a pool may hold less than the first rounds of a schedule ask for
            n_drawn = min(n, held, len(rows))
            drawn.append(rows[rng.choice(len(rows), size=n_drawn, replace=False)])
    return np.concatenate(drawn)
