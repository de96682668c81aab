"""New rows as plans: where a row starts, which way it goes, and how far.

Every linear over-sampler only decides three arrays. Because these are row numbers and shares,
dense, sparse, float32, mixed and missing data change `realise` and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy import sparse

from imbalance_kit._tables.imputation import complete
from imbalance_kit._tables.points import Mixed, stack
from imbalance_kit.kernels.ballots import first_of_rows, tally

Move: TypeAlias = Callable[[np.ndarray, np.ndarray, slice], np.ndarray]
_BLOCK_ELEMENTS = 1 << 15  # elements that are made at a time


@dataclass(frozen=True)
class Plan:
    """Row i of the result is ``X[seed[i]] + gap[i] * (X[partner[i]] - X[seed[i]])``.

    Attributes
    ----------
    seed : ndarray of shape (n_new,)
        Row each new row starts from; its label and weight are the new row's.

    partner : ndarray of shape (n_new,)
        Row it goes towards.

    gap : ndarray of shape (n_new,) or (n_new, n_features)
        Share of the way; one per column draws from the box between the two rows.

    voters : ndarray of shape (n_new, n_voters) or None
        Rows that vote on the nominal columns; without them the seed decides.
    """

    seed: np.ndarray
    partner: np.ndarray
    gap: np.ndarray
    voters: np.ndarray | None = None


def join_plans(plans: list[Plan]) -> Plan:
    """Plans one after the other, as one; all or none of them have voters."""
    voters = [plan.voters for plan in plans if plan.voters is not None]
    return Plan(
        seed=np.concatenate([plan.seed for plan in plans]),
        partner=np.concatenate([plan.partner for plan in plans]),
        gap=np.concatenate([plan.gap for plan in plans]),
        voters=np.concatenate(voters) if voters else None,
    )


def realise(
    X: Any, plan: Plan, rng: np.random.RandomState, *, ties_everywhere: bool = False
) -> Any:
    """Make the rows of a plan.

    Parameters
    ----------
    X : ndarray, CSR matrix or array, or Mixed
        The rows that the plan numbers.

    plan : Plan
        What to make.

    rng : RandomState
        Breaks ties between nominal values that got the same number of votes.

    ties_everywhere : bool, default=False
        Whether to draw for a column of one level too, as imbalanced-learn does.

    Returns
    -------
    new : of the kind of X, with ``len(plan.seed)`` rows
        A value is missing only where both parents' are; where one parent's is missing the
        other's is taken.
    """
    if isinstance(X, Mixed):
        numbers = _between(X.numbers, plan)
        return Mixed(numbers, _vote(X.category_codes, plan, rng, ties_everywhere), X.weights)
    if sparse.issparse(X):
        gap = sparse.csr_array(plan.gap[:, None])
        start, end = X[plan.seed], X[plan.partner]
        if np.isnan(X.data).any():
            start, end = _filled_from(start, end), _filled_from(end, start)
        with np.errstate(over="ignore", invalid="ignore"):
            made = start + (end - start).multiply(gap)
            if np.isinf(made.data).any():  # the way is longer than a number can be
                rest = sparse.csr_array(1.0 - plan.gap[:, None])
                made = start.multiply(rest) + end.multiply(gap)
        require_finite(made.data[~np.isnan(made.data)])
        return made
    return _between(X, plan)


def realise_by(move: Move, X: Any, plan: Plan, rng: np.random.RandomState) -> Any:
    """Make the rows of a plan that are not on the line between two rows.

    Parameters
    ----------
    move : callable
        ``move(start, end, block) -> new`` gets the numbers of some seeds and of their partners
        as complete dense arrays of shape (n, n_numbers) and which new rows these are
        (``block``, a slice of the plan); it returns the numbers of the new rows.

    X : ndarray, CSR matrix or array, or Mixed
        The rows that the plan numbers.

    plan : Plan
        Seeds, partners and voters; its gaps are for `move` to use or not.

    rng : RandomState
        Breaks ties between nominal values that got the same number of votes.

    Returns
    -------
    new : of the kind of X, with ``len(plan.seed)`` rows
        A value is missing where both parents' are; `move` saw column medians there. A sparse
        table is made dense only some new rows at a time.
    """
    numbers = X.numbers if isinstance(X, Mixed) else X
    full = complete(numbers)
    n_new, n_columns = len(plan.seed), numbers.shape[1]
    step = max(1, _BLOCK_ELEMENTS // max(1, n_columns)) if sparse.issparse(X) else max(1, n_new)
    made = []
    for first in range(0, max(1, n_new), step):
        block = slice(first, min(first + step, n_new))
        seed, partner = plan.seed[block], plan.partner[block]
        with np.errstate(over="ignore", invalid="ignore"):
            new = move(_dense(full, seed), _dense(full, partner), block).astype(numbers.dtype)
        require_finite(new)  # all that `move` saw was
        if full is not numbers:
            unknown = np.isnan(_dense(numbers, seed)) & np.isnan(_dense(numbers, partner))
            new[unknown] = np.nan
        made.append(sparse.csr_array(new) if sparse.issparse(X) else new)
    new = stack(made)
    if isinstance(X, Mixed):
        return Mixed(new, _vote(X.category_codes, plan, rng), X.weights)
    return new


def require_finite(numbers: np.ndarray) -> None:
    """Refuse synthetic numbers that left the range of their type."""
    if not np.isfinite(numbers).all():
        raise ValueError(
            f"Synthetic rows were expected to hold finite numbers, but some of X are so large that "
            f"they leave the range of {numbers.dtype}. Divide the columns by a constant, or use a "
            "sampler that only selects or copies rows."
        )


def _dense(numbers: Any, rows: np.ndarray) -> np.ndarray:
    taken = numbers[rows]
    return taken.toarray() if sparse.issparse(taken) else taken


def _between(numbers: np.ndarray, plan: Plan) -> np.ndarray:
    """Rows on the lines, some at a time: the parents of all would take twice the result."""
    n_new, n_columns = len(plan.seed), numbers.shape[1]
    new = np.empty((n_new, n_columns), dtype=numbers.dtype)
    step = max(1, _BLOCK_ELEMENTS // max(1, n_columns))
    in_place = numbers.dtype == np.float64  # until something is missing or too large
    for first in range(0, n_new, step):
        block = slice(first, first + step)
        start = numbers.take(plan.seed[block], axis=0)
        gap = plan.gap[block]
        gap = gap if gap.ndim == 2 else gap[:, None]
        with np.errstate(over="ignore", invalid="ignore"):
            if in_place:
                made = new[block]
                # the rows are there: "raise" would make a copy first, to leave `made` as it was
                numbers.take(plan.partner[block], axis=0, out=made, mode="clip")
                made -= start
                made *= gap
                made += start
                in_place = bool(np.isfinite(made).all())
                if in_place:
                    continue
            end = numbers.take(plan.partner[block], axis=0)
            made = gap * (end - start)
            made += start
            if np.isfinite(made).all():
                new[block] = made
                if new.dtype != made.dtype:
                    require_finite(new[block])
                continue
            if np.isinf(made).any():  # the way is longer than a number can be; its ends are not
                made = np.where(np.isinf(made), (1.0 - gap) * start + gap * end, made)
        unknown = np.isnan(made)
        if unknown.any():
            made = np.where(unknown, np.where(np.isnan(start), end, start), made)
        new[block] = made
        require_finite(new[block][~np.isnan(made)] if unknown.any() else new[block])
    return new


def _filled_from(rows: Any, others: Any) -> Any:
    """Sparse rows, with the values of others where these have none."""
    known, missing = _known_and_missing(rows)
    known_others, missing_others = _known_and_missing(others)
    # of finite numbers, as scipy would multiply NaN and implicit zeros too
    both = missing.multiply(missing_others)
    both.data[both.data > 0] = np.nan
    return known + known_others.multiply(missing) + both


def _known_and_missing(rows: Any) -> tuple[Any, Any]:
    known, missing = rows.copy(), rows.copy()
    known.data = np.where(np.isnan(rows.data), 0, rows.data)
    missing.data = np.isnan(rows.data).astype(rows.dtype)
    return known, missing


def _vote(
    category_codes: np.ndarray,
    plan: Plan,
    rng: np.random.RandomState,
    ties_everywhere: bool = False,
) -> np.ndarray:
    """Most frequent level among the voters, ties at random (in imbalanced-learn's order)."""
    if plan.voters is None or plan.voters.shape[1] == 0:
        return category_codes[plan.seed]
    new = np.empty((len(plan.seed), category_codes.shape[1]), dtype=category_codes.dtype)
    for j in range(category_codes.shape[1]):
        codes = category_codes[:, j]
        if not ties_everywhere and len(codes) and (codes == codes[0]).all():
            new[:, j] = codes[0]
            continue
        row, winner = tally(codes[plan.voters])
        order = rng.permutation(len(row))
        place = np.empty(len(row), dtype=np.int64)
        place[order] = np.arange(len(row))
        first = np.minimum.reduceat(place, first_of_rows(row)) if len(row) else place
        new[:, j] = winner[order[first]]
    return new
