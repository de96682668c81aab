"""Scores stretched and shifted class by class, fitted by log loss: Newton's method in a box."""

import numpy as np

LOWEST, HIGHEST = 1e-2, 1e2  # of a slope: data that a model separates would send it to infinity
# Least pull of the biases to 0 and of the slopes to 1. Probabilities do not change when all biases
# move together, and a class without rows would send its bias to minus infinity.
_PULL = 1e-8
# Precision of the slopes' prior around 1, in log loss of single rows. On 460 tables with 20 to 200
# rare rows those from 1 to 10 had nearly the same loss, the lowest of those from 0 to 25
# (benchmarks/studies/few_rows_calibration.py).
SLOPE_PRIOR = 4.0
_MAX_STEPS = 100
_ROUNDING = 1e-9
_NEARLY_THERE = 1e-13  # gain of a step after which to stop; that step squares the error again


def fit_scaling(
    scores: np.ndarray,
    y_encoded: np.ndarray,
    weight: np.ndarray | None = None,
    *,
    shared: bool,
    biases: bool,
    prior: float = SLOPE_PRIOR,
    smooth: bool = False,
    n_rows: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Slopes a and biases b for which ``softmax(a * scores + b)`` has the least penalised log loss.

    Parameters
    ----------
    scores : ndarray of shape (n_samples, n_classes)
        Log probabilities or other scores, finite.

    y_encoded : ndarray of shape (n_samples,)
        Column of each row's class.

    weight : ndarray of shape (n_samples,), default=None
        Weights of the rows. Against the prior they count as repetitions.

    shared : bool
        One slope for all classes, or one for each.

    biases : bool
        Whether to fit the biases, or leave them 0.

    prior : float, default=4.0
        Precision of a normal prior of the slopes around 1. For scores that are log probabilities:
        they are right unless the rows show otherwise. Biases have none, so that mean
        probabilities are the class shares.

    smooth : bool, default=False
        Whether to fit Platt's targets, (rows of the class + 1) / (rows + number of classes) in
        place of 1. For scores without a scale of their own, about which there is no prior.

    n_rows : float, default=None
        Rows that the weights stand for, against the prior. None stands for `rows_of`.

    Returns
    -------
    slopes, biases : ndarray of shape (n_classes,)
        Slopes lie between .01 and 100; biases add up to 0.

    Notes
    -----
    Without a prior or smoothing, rows that the scores separate have their least loss at infinite
    slopes, and a single row on the wrong side later costs more than all others together.

    The loss is convex in both. O(n_samples * n_classes ** 2) a step, some ten steps.
    """
    n_classes = scores.shape[1]
    weight = np.ones(len(scores)) if weight is None else np.asarray(weight, dtype=np.float64)
    total = weight.sum()
    if not total > 0:
        raise ValueError("Calibration needs rows of positive weight; all weights are 0.")
    n_rows = rows_of(weight) if n_rows is None else n_rows
    weight = weight / total
    target = _smoothed(y_encoded, weight * n_rows, n_classes) if smooth else None
    pull = np.full((1 if shared else n_classes) + n_classes, _PULL)
    pull[:-n_classes] += prior / n_rows
    loss = _Loss(np.asarray(scores, dtype=np.float64), y_encoded, weight, shared, pull, target)
    movable = np.full(loss.n_slopes + n_classes, True)
    movable[loss.n_slopes :] = biases  # a point is slopes, then biases
    point = loss.start
    value = loss.value(point)
    for _ in range(_MAX_STEPS):
        gradient, hessian = loss.derivatives(point)
        step = _newton_step(point, gradient, hessian, movable, loss.n_slopes)
        if -(gradient @ step) < _NEARLY_THERE:
            point = loss.within(point + step)
            break
        moved = _line_search(loss, point, value, step)
        if moved is None:
            break
        point, value = moved
    bias = point[loss.n_slopes :]
    return np.broadcast_to(point[: loss.n_slopes], n_classes).copy(), bias - bias.mean()


def rows_of(weight: np.ndarray) -> float:
    """Rows that weights stand for: their sum, so that a row of weight 2 is two rows.

    Weights may be normalised, to a sum of 1 or so; then it is Kish's number of rows, which their
    scale does not change.
    """
    return float(max(weight.sum(), weight.sum() ** 2 / np.square(weight).sum()))


def _smoothed(y_encoded: np.ndarray, weight: np.ndarray, n_classes: int) -> np.ndarray:
    """Platt's target of each class, one row per class and one column per row of the table."""
    rows = np.bincount(y_encoded, weights=weight, minlength=n_classes)
    of_class = (np.eye(n_classes) * rows[:, None] + 1.0) / (rows[:, None] + n_classes)
    return of_class[y_encoded].T


def _newton_step(
    point: np.ndarray,
    gradient: np.ndarray,
    hessian: np.ndarray,
    movable: np.ndarray,
    n_slopes: int,
) -> np.ndarray:
    """Newton's step with those slopes fixed that are at a border and would cross it.

    Fixing one changes the step of the others, so it is repeated until none would cross.
    """
    slopes, free = point[:n_slopes], movable.copy()
    low, high = slopes <= LOWEST * (1 + _ROUNDING), slopes >= HIGHEST * (1 - _ROUNDING)
    ahead = -gradient[:n_slopes]
    while True:
        free[:n_slopes] &= ~((low & (ahead < 0)) | (high & (ahead > 0)))
        step = np.zeros(len(point))
        if free.any():
            step[free] = -np.linalg.solve(hessian[np.ix_(free, free)], gradient[free])
        ahead = step[:n_slopes]
        if not ((low & (ahead < 0)) | (high & (ahead > 0))).any():
            return step


def _line_search(
    loss: "_Loss", point: np.ndarray, value: float, step: np.ndarray
) -> tuple[np.ndarray, float] | None:
    """Point and loss as far along a step as the first border, halved until the loss falls.

    None where it does not fall at all, which is rounding.
    """
    slopes, ahead = point[: loss.n_slopes], step[: loss.n_slopes]
    to_border = np.where(ahead < 0, LOWEST - slopes, HIGHEST - slopes)
    moving = ahead != 0
    part = float(np.min(to_border[moving] / ahead[moving], initial=1.0))
    for _ in range(40):
        trial = loss.within(point + part * step)
        reached = loss.value(trial)
        if reached < value:
            return trial, reached
        part /= 2
    return None


class _Loss:
    """Mean log loss of scaled scores with a pull to the start, and its derivatives.

    Classes are rows here: numpy sums along a short last axis several times more slowly.
    """

    def __init__(
        self,
        scores: np.ndarray,
        y_encoded: np.ndarray,
        weight: np.ndarray,
        shared: bool,
        pull: np.ndarray,
        target: np.ndarray | None = None,
    ) -> None:
        self.scores = np.ascontiguousarray(scores.T)
        self.true_class = y_encoded, np.arange(len(y_encoded))
        self.weight = weight
        self.shared = shared
        self.pull = pull
        self.target = target  # None stands for 1 in the true class and 0 elsewhere
        self.n_classes = scores.shape[1]
        self.n_slopes = 1 if shared else self.n_classes
        self.start = np.concatenate([np.ones(self.n_slopes), np.zeros(self.n_classes)])

    def within(self, point: np.ndarray) -> np.ndarray:
        """The point with its slopes moved into their bounds."""
        point[: self.n_slopes] = point[: self.n_slopes].clip(LOWEST, HIGHEST)
        return point

    def _powers(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Scaled scores less the largest of each row, their exponentials and the sums of those."""
        scaled = point[: self.n_slopes, None] * self.scores + point[self.n_slopes :, None]
        scaled -= scaled.max(axis=0)
        powers = np.exp(scaled)
        return scaled, powers, powers.sum(axis=0)

    def value(self, point: np.ndarray) -> float:
        scaled, _, total = self._powers(point)
        pull = self.pull @ (point - self.start) ** 2 / 2
        own = scaled[self.true_class] if self.target is None else (self.target * scaled).sum(axis=0)
        return float(pull + self.weight @ (np.log(total) - own))

    def derivatives(self, point: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        _, powers, total = self._powers(point)
        proba = powers / total
        # derivative of each class's score by its slope and by its bias, times its probability
        parts = np.vstack([proba * self.scores, proba])
        weighted = parts * self.weight
        k = self.n_classes
        each = np.arange(k)
        hessian = -(parts @ weighted.T)
        hessian[each, each] += np.einsum("ij,ij->i", weighted[:k], self.scores)
        hessian[k + each, k + each] += weighted[k:].sum(axis=1)
        mixed = weighted[:k].sum(axis=1)
        hessian[each, k + each] += mixed
        hessian[k + each, each] += mixed
        excess = weighted[k:]
        if self.target is None:
            excess[self.true_class] -= self.weight
        else:
            excess -= self.target * self.weight
        by_slope = np.einsum("ij,ij->i", excess, self.scores)
        gradient = np.concatenate([by_slope, excess.sum(axis=1)])
        if self.shared:
            fold = np.zeros((1 + k, 2 * k))
            fold[0, :k] = 1.0
            fold[1 + each, k + each] = 1.0
            gradient, hessian = fold @ gradient, fold @ hessian @ fold.T
        gradient += self.pull * (point - self.start)
        hessian[np.diag_indices_from(hessian)] += self.pull
        return gradient, hessian
