"""Losses of a row that depend on the probability of its true class alone."""

import math
from typing import Any

import numpy as np
from scipy.optimize import root

from imbalance_kit.kernels.loss_terms import (
    EASE,
    FARTHEST,
    LEAST_SHARE,
    N_CONSTANTS,
    OFFSET,
    POWER_P,
    POWER_Q,
    TERM_LOG,
    TERM_P,
    WEIGHT,
    eased,
    terms,
)
from imbalance_kit.losses._base import Loss, softmax, two_columns

_LEAST_Q = 1e-12  # where f has a pole at the end of its ease
_LEAST_LOG = -700.0


class PointwiseLoss(Loss):
    """A loss f(log p), p being the softmax of shifted and scaled scores at the true class.

    A loss is a table of constants with one column per class, a shift of the scores, a margin that
    is taken from the true class's score, and a scale of both. A method writes ``_fill`` and
    ``_of_true_class``; gradients for any number of classes, the first score and the probabilities
    follow.

    Attributes
    ----------
    name : str
        What LightGBM shows while it trains.

    Notes
    -----
    With q = 1 - p, the slope of f in log p is ``-p**a * q**b * (1 + c * p + d * p * (-log(p) /
    q))``. The rows of the table are the class weight and these constants; their positions are
    ``POWER_P`` (a), ``POWER_Q`` (b), ``TERM_P`` (c) and ``TERM_LOG`` (d) of
    :mod:`imbalance_kit.base`. All are 0 for cross entropy.

    Examples
    --------
    >>> from imbalance_kit.base import TERM_P, PointwiseLoss
    >>> class MoreOfErrors(PointwiseLoss):
    ...     name = "more_of_errors"
    ...
    ...     def _fill(self, table):
    ...         table[TERM_P] = 1.0
    ...
    ...     def _of_true_class(self, p, q, log_p, log_q, y_encoded):
    ...         return -log_p + q
    >>> MoreOfErrors().value([1], [0.0]).round(4).tolist()
    [1.1931]
    """

    def _fill(self, table: np.ndarray) -> None:
        """Write the constants of the formula into the table."""

    def _shift(self, class_weight_sum: np.ndarray) -> np.ndarray:
        """What is added to the score of each class."""
        return np.zeros(len(class_weight_sum))

    def _margin(self, class_weight_sum: np.ndarray) -> np.ndarray:
        """What is taken from the score of the true class."""
        return np.zeros(len(class_weight_sum))

    def _lowest(self) -> float:
        """Log odds of the true class below which the loss goes on as a straight line."""
        return -FARTHEST

    def _factor(self) -> float:
        """What the slope of the table's formula is multiplied by to be that of f."""
        return 1.0

    def _of_true_class(
        self,
        p: np.ndarray,
        q: np.ndarray,
        log_p: np.ndarray,
        log_q: np.ndarray,
        y_encoded: np.ndarray,
    ) -> np.ndarray:
        """The formula f, without the weight of the class."""
        raise NotImplementedError

    def _settle(self, class_weight_sum, n_rounds):
        scale = self._link_scale()
        shift = scale * self._shift(class_weight_sum)
        margin = scale * self._margin(class_weight_sum)
        self._shift_ = shift
        self._margin_ = margin
        table = np.zeros((N_CONSTANTS, self.n_classes_))
        table[WEIGHT] = self._factor() * self.class_weight_
        table[OFFSET] = shift
        if self.n_classes_ == 2:
            table[OFFSET] = np.array([shift[0] - shift[1], shift[1] - shift[0]]) - margin
        self._fill(table)
        self._table_ = table

    def posterior(self, raw):
        """Class probabilities that follow from the scores of a model that minimises the loss.

        Parameters
        ----------
        raw : array-like of shape (n_samples,) or (n_samples, n_classes)
            Scores.

        Returns
        -------
        proba : ndarray of shape (n_samples, n_classes)
            Probabilities under which these scores have the least expected loss.

        Raises
        ------
        ValueError
            If the loss does not determine them.
        """
        if self.probabilities == "none":
            return super().posterior(raw)
        raw = np.asarray(raw, dtype=np.float64)
        ready = self._prepared_without_counts(raw)
        return softmax(ready._log_posterior(raw))

    def _best_constant(self):
        """Where the posterior of the scores is the class shares.

        Better scaled than the sum of gradients, which vanishes with the share of a rare class.
        """
        if self.n_classes_ == 2:
            return super()._best_constant()
        guess, wanted = self._first_guess(), np.log(self.prior_)

        def residual(scores: np.ndarray) -> np.ndarray:
            found = self._log_posterior(scores[None])[0] - wanted
            # all scores may move together: they are held where their exponentials add up to 1
            return found - found.mean() + np.log(np.exp(scores).sum())

        if np.abs(residual(guess)).max() < 1e-12:
            return guess
        return root(residual, guess, tol=1e-13).x

    def _log_posterior(self, raw: np.ndarray) -> np.ndarray:
        """Logarithms of the probabilities, up to a sum for each row.

        At the least expected loss the mean gradient over the classes is 0. That gives
        ``P_k * (1 - P_k * (1 - exp(-margin_k))) / (w_k * |A_k|)`` in proportion, where P is the
        softmax without margins and A_k the slope of f if k is the true class.
        """
        scores = self._link_scale() * two_columns(raw) + self._shift_
        log_p = scores - scores.max(axis=1, keepdims=True)
        log_p = log_p - np.log(np.exp(log_p).sum(axis=1, keepdims=True))
        found = log_p + np.log1p(np.exp(log_p) * np.expm1(-self._margin_))
        found -= np.log(np.maximum(self._table_[WEIGHT], 1e-300))
        for k in range(self.n_classes_):
            y_encoded = np.full(len(raw), k)
            found[:, k] -= self._log_of_slope(self._odds(y_encoded, raw)[0], y_encoded)
        return found

    def _log_of_slope(self, u: np.ndarray, y_encoded: np.ndarray) -> np.ndarray:
        p, q, log_p, log_q = _probabilities(np.maximum(u, self._lowest()))
        ease = self._table_[EASE, y_encoded]
        log_share, inside = np.zeros(len(u)), True
        if ease.any():
            inside = ease < q
            ease = np.clip(np.minimum(ease, q - _LEAST_Q), 0.0, None)
            log_share = log_p - np.log(p + ease)
            p, q, log_p, log_q = _ease(p, q, log_p, log_q, ease)
        table = self._table_[:, y_encoded]
        outer = 1.0 + table[TERM_P] * p - table[TERM_LOG] * p * log_p / q
        found = log_share + table[POWER_P] * log_p + table[POWER_Q] * log_q
        found += np.log(np.maximum(outer, 1e-300))
        return np.where(inside, found, _LEAST_LOG)

    def _odds(self, y_encoded: np.ndarray, raw: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Log odds of the true class, and the shares of the others among each other."""
        scale = self._link_scale()
        if raw.ndim == 1:
            # positions are 0 and 1, so that 2 * y - 1 is the side of the score
            return (2.0 * scale * y_encoded - scale) * raw + self._constant(OFFSET, y_encoded), None
        rows = np.arange(len(raw))
        scores = scale * raw + self._table_[OFFSET]
        true = scores[rows, y_encoded] - self._margin_[y_encoded]
        scores[rows, y_encoded] = -np.inf
        top = scores.max(axis=1)
        share = np.exp(scores - top[:, None])
        total = share.sum(axis=1)
        return true - top - np.log(total), share / total[:, None]

    def _values(self, y_encoded, raw, weight):
        u = self._odds(y_encoded, raw)[0]
        inside = np.maximum(u, self._lowest())
        p, q, log_p, log_q = _probabilities(inside)
        ease = self._table_[EASE, y_encoded]
        if ease.any():
            past_end = ease >= q
            ease = np.clip(np.minimum(ease, q - _LEAST_Q), 0.0, None)
            p, q, log_p, log_q = _ease(p, q, log_p, log_q, ease)
            value = self._of_true_class(p, q, log_p, log_q, y_encoded)
            value[past_end] = 0.0
        else:
            value = self._of_true_class(p, q, log_p, log_q, y_encoded)
            if (u < inside).any():  # the straight line below the lowest log odds
                slope = self._factor() * self._evaluate(inside, y_encoded)[0]
                value = value + slope * q * (u - inside)
        return self.class_weight_[y_encoded] * value

    def _evaluate(self, u: np.ndarray, y_encoded: np.ndarray) -> tuple[np.ndarray, ...]:
        """Slope and curvature of f without weights (see `kernels.loss_terms`), p and q."""
        u = np.clip(u, self._lowest(), FARTHEST)
        if not self._has_power():
            p, q, _ = _halves(u)
            pull = self._constant(TERM_P, y_encoded) * p
            return -1.0 - pull, -pull * q, p, q
        p, q, log_p, log_q = _probabilities(u)
        rows = POWER_P, POWER_Q, TERM_P, TERM_LOG
        constants = [self._constant(row, y_encoded) for row in rows]
        if not self._table_[EASE].any():
            power = _power(log_p, log_q, *constants[:2])
            return *terms(p, q, log_p, power, *constants), p, q
        ease = self._table_[EASE, y_encoded]
        past_end = ease >= q
        ease = np.clip(np.minimum(ease, q - _LEAST_Q), 0.0, None)
        eased_p, eased_q, log_p, log_q = _ease(p, q, log_p, log_q, ease)
        power = _power(log_p, log_q, *constants[:2])
        slope, curvature = terms(eased_p, eased_q, log_p, power, *constants)
        slope, curvature = eased(p, q, ease, slope, curvature)
        return np.where(past_end, 0.0, slope), np.where(past_end, 0.0, curvature), p, q

    def _has_power(self) -> bool:
        return bool(self._table_[[POWER_P, POWER_Q, TERM_LOG, EASE]].any())

    def _constant(self, row: int, y_encoded: np.ndarray) -> Any:
        """A constant of the formula for each row of data, or for all where they are the same."""
        values = self._table_[row]
        return values[0] if (values == values[0]).all() else values[y_encoded]

    def _derivatives(self, y_encoded, raw, weight):
        u, share = self._odds(y_encoded, raw)
        slope, curvature, p, q = self._evaluate(u, y_encoded)
        scale = self._link_scale()
        factor = scale * self._constant(WEIGHT, y_encoded)
        if weight is not None:
            factor = factor * weight
        if share is None:
            spread = p * q
            hess = np.maximum(q * curvature - slope * spread, LEAST_SHARE * abs(slope) * spread)
            return factor * (2.0 * y_encoded - 1.0) * slope * q, scale * factor * hess
        rows, n_classes = np.arange(len(raw)), raw.shape[1]
        share[rows, y_encoded] = 1.0
        others = q[:, None] * share
        slope, curvature = slope[:, None], curvature[:, None]
        factor = factor[:, None] if np.ndim(factor) else factor
        spread = others * (p[:, None] + q[:, None] * (1.0 - share))
        bend = curvature * share * others - slope * spread
        hess = np.maximum(bend, LEAST_SHARE * abs(slope) * spread)
        grad = -factor * slope * others
        grad[rows, y_encoded] *= -1.0
        # the factor is LightGBM's, so that its built-in objective is met
        return grad, n_classes / (n_classes - 1.0) * scale * factor * hess

    def _row_derivatives(self, true, raw):
        """In plain numbers: numpy's calls would take ten times as long as the arithmetic."""
        if self._table_[EASE].any():
            return super()._row_derivatives(true, raw)
        table, scale = self._table_.tolist(), self._link_scale()
        scores = [scale * z + offset for z, offset in zip(raw, table[OFFSET], strict=True)]
        own = scores[true] - self._margin_.item(true)
        scores[true] = -math.inf
        top = max(scores)
        share = [math.exp(score - top) for score in scores]
        total = sum(share)
        u = min(max(own - top - math.log(total), self._lowest(), -FARTHEST), FARTHEST)
        e = math.exp(-abs(u))
        larger = 1.0 / (1.0 + e)
        p, q = (larger, e * larger) if u >= 0 else (e * larger, larger)
        log_p = min(u, 0.0) - math.log1p(e)
        constants = [table[row][true] for row in (POWER_P, POWER_Q, TERM_P, TERM_LOG)]
        exponent = constants[0] * log_p + constants[1] * (log_p - u)
        power = math.exp(max(exponent, -FARTHEST)) if exponent else 1.0
        slope, curvature = terms(p, q, log_p, power, *constants)
        factor = scale * table[WEIGHT][true]
        n_classes = len(scores)
        diagonal = n_classes / (n_classes - 1.0) * scale * factor
        grad, hess = [], []
        for k in range(n_classes):
            part = 1.0 if k == true else share[k] / total
            other = q * part
            spread = other * (p + q * (1.0 - part))
            bend = curvature * part * other - slope * spread
            hess.append(diagonal * max(bend, LEAST_SHARE * abs(slope) * spread))
            grad.append(factor * slope * other if k == true else -factor * slope * other)
        return grad, hess

    def _compiled_gradients(self, y, raw, weight):
        from imbalance_kit.kernels import losses as kernels

        y, weight = as_kernels_take_them(y, weight)
        has_power = True if self._has_power() else None
        shared = self._link_scale(), self._lowest(), self.hessian_scale_, has_power
        # in the order of LightGBM's scores: class by class
        grad = np.empty(raw.shape, dtype=np.float32, order="F")
        hess = np.empty(raw.shape, dtype=np.float32, order="F")
        if raw.ndim == 1:
            has_ease = True if self._table_[EASE].any() else None
            raw = np.ascontiguousarray(raw)
            kernels.two_classes(y, raw, weight, self._table_, *shared, has_ease, grad, hess)
        else:
            raw = np.asfortranarray(raw)
            margin = self._margin_
            kernels.many_classes(y, raw, weight, self._table_, margin, *shared, grad, hess)
        return grad, hess


def as_kernels_take_them(y: Any, weight: Any) -> tuple[np.ndarray, np.ndarray]:
    """Labels and weights in float32, as LightGBM holds them; without weights all are 1."""
    if weight is None:
        weight = np.ones(len(y), dtype=np.float32)
    return (
        np.ascontiguousarray(y, dtype=np.float32),
        np.ascontiguousarray(weight, dtype=np.float32),
    )


def _probabilities(u: np.ndarray) -> tuple[Any, ...]:
    """p, q and their logarithms from the log odds of the true class."""
    u = np.clip(u, -FARTHEST, FARTHEST)
    p, q, e = _halves(u)
    log_p = np.minimum(u, 0.0) - np.log1p(e)
    return p, q, log_p, log_p - u


def _halves(u: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """p and q, and the ratio of the smaller to the larger: one exponential for all of them."""
    e = np.exp(-np.abs(u))
    larger = 1.0 / (1.0 + e)
    smaller, positive = e * larger, u >= 0
    return np.where(positive, larger, smaller), np.where(positive, smaller, larger), e


def _ease(
    p: np.ndarray, q: np.ndarray, log_p: np.ndarray, log_q: np.ndarray, ease: np.ndarray
) -> tuple[np.ndarray, ...]:
    """The same for p + ease; an ease of 0 leaves the exact logarithms."""
    some = ease > 0
    return (
        p + ease,
        q - ease,
        np.where(some, np.log(p + ease), log_p),
        np.where(some, np.log(q - ease), log_q),
    )


def _power(log_p: Any, log_q: Any, power_p: Any, power_q: Any) -> Any:
    return np.exp(np.maximum(power_p * log_p + power_q * log_q, -FARTHEST))
