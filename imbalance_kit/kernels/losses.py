"""Gradients and Hessians of losses, written so that the compiler makes vectors of the rows.

The exponential and the logarithm are polynomials here: calls of the mathematical library are not
vectorised, and take most of the time. Both are off by a few units in the last place.

Where losses are not convex the Hessian is a share of its positive part, so that it is never
negative, nor near 0 where the gradient is large.
"""

import numpy as np

from imbalance_kit.kernels import loss_terms
from imbalance_kit.kernels._jit import kernel, part
from imbalance_kit.kernels.loss_terms import (
    EASE,
    FARTHEST,
    LEAST_SHARE,
    OFFSET,
    POWER_P,
    POWER_Q,
    TERM_LOG,
    TERM_P,
    WEIGHT,
)

_BLOCK = 256  # rows whose scores of all classes stay in the nearest cache
_PER_LN2 = 1.4426950408889634
_LN2_HIGH = 0.6931471803691238  # 33 bits: a product with a small whole number is exact
_LN2_LOW = 1.9082149292705877e-10
_ROUNDER = 6755399441055744.0  # 1.5 * 2^52: what is added to it becomes a whole number
_EXPONENT = np.int64(52)
_BIAS = np.int64(1023)
_FRACTION = np.int64((1 << 52) - 1)
_ONE = np.int64(1023 << 52)
_LEAST_Q = 1e-12  # where f has a pole at the end of its ease

_terms = part(loss_terms.terms)
_eased = part(loss_terms.eased)
_dice_terms = part(loss_terms.dice_terms)
_tversky_terms = part(loss_terms.tversky_terms)


@part
def exp(x):
    """Exponential of a number between -708 and 709: 2^k times Taylor's series."""
    shifted = x * _PER_LN2 + _ROUNDER
    k = shifted - _ROUNDER
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    value = 1.0 / 6227020800.0
    value = value * r + 1.0 / 479001600.0
    value = value * r + 1.0 / 39916800.0
    value = value * r + 1.0 / 3628800.0
    value = value * r + 1.0 / 362880.0
    value = value * r + 1.0 / 40320.0
    value = value * r + 1.0 / 5040.0
    value = value * r + 1.0 / 720.0
    value = value * r + 1.0 / 120.0
    value = value * r + 1.0 / 24.0
    value = value * r + 1.0 / 6.0
    value = value * r + 0.5
    value = value * r + 1.0
    value = value * r + 1.0
    bits = (np.float64(shifted).view(np.int64) + _BIAS) << _EXPONENT
    return value * np.int64(bits).view(np.float64)


@part
def _log_from(t):
    """log((1 + t) / (1 - t)) for t from 0 to 1/3."""
    s = t * t
    value = 1.0 / 33.0
    value = value * s + 1.0 / 31.0
    value = value * s + 1.0 / 29.0
    value = value * s + 1.0 / 27.0
    value = value * s + 1.0 / 25.0
    value = value * s + 1.0 / 23.0
    value = value * s + 1.0 / 21.0
    value = value * s + 1.0 / 19.0
    value = value * s + 1.0 / 17.0
    value = value * s + 1.0 / 15.0
    value = value * s + 1.0 / 13.0
    value = value * s + 1.0 / 11.0
    value = value * s + 1.0 / 9.0
    value = value * s + 1.0 / 7.0
    value = value * s + 0.2
    value = value * s + 1.0 / 3.0
    value = value * s + 1.0
    return 2.0 * t * value


@part
def log(x):
    """Logarithm of a positive number that is not subnormal."""
    bits = np.float64(x).view(np.int64)
    k = np.float64((bits >> _EXPONENT) - _BIAS)
    m = np.int64((bits & _FRACTION) | _ONE).view(np.float64)
    return k * _LN2_HIGH + (k * _LN2_LOW + _log_from((m - 1.0) / (m + 1.0)))


@part
def _probabilities(u):
    """p, q and their logarithms from the log odds of the true class."""
    u = min(max(u, -FARTHEST), FARTHEST)
    e = exp(-abs(u))
    larger = 1.0 / (1.0 + e)
    p = larger if u >= 0.0 else e * larger
    q = e * larger if u >= 0.0 else larger
    rest = _log_from(e / (2.0 + e))  # log(1 + e)
    return p, q, min(u, 0.0) - rest, -max(u, 0.0) - rest


@part
def _power(log_p, log_q, power_p, power_q):
    return exp(max(power_p * log_p + power_q * log_q, -FARTHEST))


@part
def _evaluate(n, u, power_p, power_q, term_p, term_log, p, q, log_p, log_q, slope, curvature):
    """Fill the last six for `n` rows; three short loops, because the compiler makes no vectors of a
    long one.

    ``slope`` holds the power in between.
    """
    for i in range(n):
        p[i], q[i], log_p[i], log_q[i] = _probabilities(u[i])
    for i in range(n):
        slope[i] = _power(log_p[i], log_q[i], power_p[i], power_q[i])
    for i in range(n):
        slope[i], curvature[i] = _terms(
            p[i], q[i], log_p[i], slope[i], power_p[i], power_q[i], term_p[i], term_log[i]
        )


@part
def _evaluate_plain(n, u, term_p, p, q, slope, curvature):
    """The same where there are no powers and no logarithm: cross entropy and poly-1."""
    for i in range(n):
        p[i], q[i], _, _ = _probabilities(u[i])
    for i in range(n):
        slope[i] = -1.0 - term_p[i] * p[i]
        curvature[i] = -term_p[i] * p[i] * q[i]


@part
def _evaluate_eased(
    n, u, ease, power_p, power_q, term_p, term_log, p, q, log_p, log_q, slope, curvature
):
    """The same where f is taken at p + ease; nothing is left of it where that is 1 or more.

    ``curvature`` holds in between whether that is so.
    """
    for i in range(n):
        p[i], q[i], log_p[i], log_q[i] = _probabilities(u[i])
    for i in range(n):
        # an ease of 0 leaves the exact logarithms
        some = 1.0 if ease[i] > 0.0 else 0.0
        inside = 1.0 if ease[i] < q[i] else 0.0
        ease[i] = max(min(ease[i], q[i] - _LEAST_Q), 0.0)
        curvature[i] = inside
        slope[i] = some
    for i in range(n):
        log_p[i] += slope[i] * (log(p[i] + ease[i]) - log_p[i])
    for i in range(n):
        log_q[i] += slope[i] * (log(q[i] - ease[i]) - log_q[i])
    for i in range(n):
        slope[i] = _power(log_p[i], log_q[i], power_p[i], power_q[i])
    for i in range(n):
        eased_p, eased_q = p[i] + ease[i], q[i] - ease[i]
        first, second = _terms(
            eased_p, eased_q, log_p[i], slope[i], power_p[i], power_q[i], term_p[i], term_log[i]
        )
        first, second = _eased(p[i], q[i], ease[i], first, second)
        slope[i] = first * curvature[i]
        curvature[i] = second * curvature[i]


@part
def _weighted(n, start, weight, factor):
    """Multiply by the weights of rows."""
    # sliced first, so that both arrays begin at 0 and the loop becomes vectors
    block_weight = weight[start : start + n]
    for i in range(n):
        factor[i] *= block_weight[i]


@kernel
def two_classes(y, raw, weight, constants, scale, lowest, factor, has_power, has_ease, grad, hess):
    """Gradient and Hessian in the one score of two classes.

    ``has_power`` is None where powers and ``TERM_LOG`` are 0, ``has_ease`` where that is: these are
    compiled apart, and take a half and a third of the time.
    """
    # Allocated here, so that the compiler can prove that they do not overlap.
    side, u, row_factor = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    power_p, power_q = np.empty(_BLOCK), np.empty(_BLOCK)
    term_p, term_log = np.empty(_BLOCK), np.empty(_BLOCK)
    p, q, log_p, log_q = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    slope, curvature, ease = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    weight_0, weight_1 = constants[WEIGHT, 0], constants[WEIGHT, 1]
    power_p_0, power_p_1 = constants[POWER_P, 0], constants[POWER_P, 1]
    power_q_0, power_q_1 = constants[POWER_Q, 0], constants[POWER_Q, 1]
    term_p_0, term_p_1 = constants[TERM_P, 0], constants[TERM_P, 1]
    term_log_0, term_log_1 = constants[TERM_LOG, 0], constants[TERM_LOG, 1]
    offset_0, offset_1 = constants[OFFSET, 0], constants[OFFSET, 1]
    ease_0, ease_1 = constants[EASE, 0], constants[EASE, 1]
    for start in range(0, raw.shape[0], _BLOCK):
        n = min(_BLOCK, raw.shape[0] - start)
        labels, scores = y[start : start + n], raw[start : start + n]
        first, second = grad[start : start + n], hess[start : start + n]
        for i in range(n):
            # sums of products, because choices between constants are not made into vectors
            one = np.float64(labels[i])
            zero = 1.0 - one
            side[i] = one - zero
            offset = offset_1 * one + offset_0 * zero
            u[i] = max((one - zero) * scale * scores[i] + offset, lowest)
            row_factor[i] = factor * scale * (weight_1 * one + weight_0 * zero)
            power_p[i] = power_p_1 * one + power_p_0 * zero
            power_q[i] = power_q_1 * one + power_q_0 * zero
            term_p[i] = term_p_1 * one + term_p_0 * zero
            term_log[i] = term_log_1 * one + term_log_0 * zero
            ease[i] = ease_1 * one + ease_0 * zero
        _weighted(n, start, weight, row_factor)
        if has_power is None and has_ease is None:
            _evaluate_plain(n, u, term_p, p, q, slope, curvature)
        elif has_ease is None:
            _evaluate(
                n, u, power_p, power_q, term_p, term_log, p, q, log_p, log_q, slope, curvature
            )
        else:
            _evaluate_eased(
                n, u, ease, power_p, power_q, term_p, term_log, p, q, log_p, log_q, slope, curvature
            )
        for i in range(n):
            spread = p[i] * q[i]
            exact = q[i] * curvature[i] - slope[i] * spread
            first[i] = row_factor[i] * side[i] * slope[i] * q[i]
            second[i] = row_factor[i] * scale * max(exact, LEAST_SHARE * abs(slope[i]) * spread)


@kernel
def many_classes(y, raw, weight, constants, margin, scale, lowest, factor, has_power, grad, hess):
    """Gradient and the diagonal of the Hessian in the scores of more than two classes."""
    n_rows, n_classes = raw.shape
    code, top, total = np.empty(_BLOCK, np.int64), np.empty(_BLOCK), np.empty(_BLOCK)
    u, row_factor = np.empty(_BLOCK), np.empty(_BLOCK)
    power_p, power_q = np.empty(_BLOCK), np.empty(_BLOCK)
    term_p, term_log = np.empty(_BLOCK), np.empty(_BLOCK)
    p, q, log_p, log_q = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    slope, curvature = np.empty(_BLOCK), np.empty(_BLOCK)
    shares = np.empty((n_classes, _BLOCK))
    parity = n_classes / (n_classes - 1.0)  # what LightGBM multiplies the diagonal by
    for start in range(0, n_rows, _BLOCK):
        n = min(_BLOCK, n_rows - start)
        labels = y[start : start + n]
        for i in range(n):
            code[i] = np.int64(labels[i])
            u[i] = 0.0
            top[i] = -np.inf
            total[i] = 0.0
        for k in range(n_classes):
            offset = constants[OFFSET, k]
            class_margin = margin[k]
            share = shares[k]
            scores = raw[start : start + n, k]
            for i in range(n):
                score = scale * scores[i] + offset
                share[i] = score
                true = code[i] == k
                u[i] = score - class_margin if true else u[i]
                top[i] = max(top[i], -np.inf if true else score)
        for k in range(n_classes):
            share = shares[k]
            for i in range(n):
                value = exp(max(min(share[i] - top[i], 0.0), -FARTHEST))
                value = 0.0 if code[i] == k else value
                share[i] = value
                total[i] += value
        for i in range(n):
            u[i] = max(u[i] - top[i] - log(total[i]), lowest)
            total[i] = 1.0 / total[i]
        for i in range(n):
            c = code[i]
            row_factor[i] = factor * scale * constants[WEIGHT, c]
            power_p[i] = constants[POWER_P, c]
            power_q[i] = constants[POWER_Q, c]
            term_p[i] = constants[TERM_P, c]
            term_log[i] = constants[TERM_LOG, c]
        _weighted(n, start, weight, row_factor)
        if has_power is None:
            _evaluate_plain(n, u, term_p, p, q, slope, curvature)
        else:
            _evaluate(
                n, u, power_p, power_q, term_p, term_log, p, q, log_p, log_q, slope, curvature
            )
        for k in range(n_classes):
            share = shares[k]
            first = grad[start : start + n, k]
            second = hess[start : start + n, k]
            for i in range(n):
                # the part of all others' probability that class k has; the true one has it all
                part_of = share[i] * total[i]
                sign = -1.0
                if code[i] == k:
                    part_of = 1.0
                    sign = 1.0
                other = q[i] * part_of
                rest = p[i] + q[i] * (1.0 - part_of)
                spread = other * rest
                bend = curvature[i] * part_of * other - slope[i] * spread
                first[i] = row_factor[i] * sign * slope[i] * other
                second[i] = (
                    row_factor[i] * scale * parity * max(bend, LEAST_SHARE * abs(slope[i]) * spread)
                )


@kernel
def dice(y, raw, weight, class_weight, alpha, smooth, factor, grad, hess):
    """Gradient and Hessian of 1 minus the Dice coefficient of each row; two classes."""
    p, q, log_p, log_q = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    positive, row_factor, overlap = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    weight_0, weight_1 = class_weight[0], class_weight[1]
    for start in range(0, raw.shape[0], _BLOCK):
        n = min(_BLOCK, raw.shape[0] - start)
        labels, scores = y[start : start + n], raw[start : start + n]
        first, second = grad[start : start + n], hess[start : start + n]
        for i in range(n):
            positive[i] = np.float64(labels[i])
            row_factor[i] = factor * (weight_1 * positive[i] + weight_0 * (1.0 - positive[i]))
            p[i], q[i], log_p[i], log_q[i] = _probabilities(scores[i])
        _weighted(n, start, weight, row_factor)
        for i in range(n):
            overlap[i] = exp(max(alpha * log_q[i], -FARTHEST)) * p[i]
        for i in range(n):
            one, t = positive[i], overlap[i]
            slope, exact = _dice_terms(p[i], q[i], one, t, alpha, smooth)
            true = one * p[i] + (1.0 - one) * q[i]
            first[i] = row_factor[i] * slope
            second[i] = row_factor[i] * max(exact, LEAST_SHARE * abs(slope) * true)


@kernel
def tversky(y, raw, weight, class_weight, alpha, beta, smooth, factor, grad, hess):
    """Gradient and the diagonal of the Hessian of 1 minus the Tversky index of all rows."""
    n_rows = raw.shape[0]
    chance = np.empty(n_rows)
    p, q, log_p, log_q = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    row_factor = np.empty(_BLOCK)
    weight_0, weight_1 = class_weight[0], class_weight[1]
    hits = positives = negatives = false_alarms = 0.0
    for start in range(0, n_rows, _BLOCK):
        n = min(_BLOCK, n_rows - start)
        labels, scores = y[start : start + n], raw[start : start + n]
        for i in range(n):
            p[i], q[i], log_p[i], log_q[i] = _probabilities(scores[i])
            row_factor[i] = 1.0
        _weighted(n, start, weight, row_factor)
        chances = chance[start : start + n]
        for i in range(n):
            one = np.float64(labels[i])
            positive, negative = (
                weight_1 * one * row_factor[i],
                weight_0 * (1.0 - one) * row_factor[i],
            )
            chances[i] = p[i]
            hits += positive * p[i]
            false_alarms += negative * p[i]
            positives += positive
            negatives += negative
    numerator = hits + smooth
    denominator = hits + alpha * false_alarms + beta * (positives - hits) + smooth
    factor *= positives + negatives
    for start in range(0, n_rows, _BLOCK):
        n = min(_BLOCK, n_rows - start)
        labels, chances = y[start : start + n], chance[start : start + n]
        first, second = grad[start : start + n], hess[start : start + n]
        for i in range(n):
            one = np.float64(labels[i])
            row_factor[i] = factor * (weight_1 * one + weight_0 * (1.0 - one))
        _weighted(n, start, weight, row_factor)
        for i in range(n):
            one = np.float64(labels[i])
            slope, exact = _tversky_terms(chances[i], one, alpha, beta, numerator, denominator)
            true = one * chances[i] + (1.0 - one) * (1.0 - chances[i])
            first[i] = row_factor[i] * slope
            second[i] = row_factor[i] * max(exact, LEAST_SHARE * abs(slope) * true)
