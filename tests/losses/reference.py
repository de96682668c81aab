"""Losses one row at a time, from their formulas, and what follows from them by brute force."""

import math

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from imbalance_kit.losses import (
    AlphaLoss,
    AsymmetricLoss,
    BalancedSoftmaxLoss,
    ClassBalancedLoss,
    CrossEntropyLoss,
    DiceLoss,
    FocalLoss,
    LDAMLoss,
    LogitAdjustedLoss,
    Poly1Loss,
    PriorResistantLoss,
    TverskyLoss,
)

# Losses of one row, with parameters away from their defaults too.
ROW_LOSSES = [
    CrossEntropyLoss(),
    CrossEntropyLoss(class_weight="balanced"),
    ClassBalancedLoss(beta=0.99),
    FocalLoss(),
    FocalLoss(gamma=0.5),
    FocalLoss(gamma=5.0),
    LogitAdjustedLoss(tau=0.7),
    BalancedSoftmaxLoss(),
    LDAMLoss(scale=2.0, deferred=False),
    Poly1Loss(),
    Poly1Loss(epsilon=-0.6),
    AlphaLoss(),
    AlphaLoss(alpha=2.5),
]
TWO_CLASS_LOSSES = [
    FocalLoss(gamma=1.5, alpha=0.25),
    AsymmetricLoss(),
    AsymmetricLoss(gamma_positive=2.0, gamma_negative=1.5, margin=0.2),
    AsymmetricLoss(gamma_positive=0.0, gamma_negative=2.0, margin=0.0),
    PriorResistantLoss(),
    PriorResistantLoss(a=0.3),
    AlphaLoss(alpha=0.5),
]
OVERLAPS = [DiceLoss(), DiceLoss(alpha=1.0, smooth=0.3)]
SET_LOSSES = [TverskyLoss(), TverskyLoss(alpha=0.5, beta=0.5, smooth=0.1)]
BY_NUMBER_OF_CLASSES = [
    *((loss, 2) for loss in [*ROW_LOSSES, *TWO_CLASS_LOSSES, *OVERLAPS]),
    *((loss, 4) for loss in ROW_LOSSES),
]


def made(n_classes, n_rows=40, spread=2.0, seed=0):
    """Labels with every class in them, and scores."""
    rng = np.random.RandomState(seed)
    shares = 0.35 ** np.arange(n_classes)
    drawn = rng.choice(n_classes, n_rows - n_classes, p=shares / shares.sum())
    y = np.concatenate([np.arange(n_classes), drawn])
    shape = n_rows if n_classes == 2 else (n_rows, n_classes)
    return y, rng.normal(scale=spread, size=shape)


def log_probability(scores, k):
    top = max(scores)
    return scores[k] - top - math.log(sum(math.exp(score - top) for score in scores))


def value_of(loss, y, raw, counts):
    """Loss of a row with class `y` and scores `raw`: one for two classes, else one per class."""
    k = len(counts)
    n = sum(counts)
    scores = [0.0, float(raw)] if k == 2 else [float(score) for score in raw]
    weight = 1.0
    if isinstance(loss, CrossEntropyLoss) and loss.class_weight == "balanced":
        weight = n / (k * counts[y])
    if isinstance(loss, ClassBalancedLoss):
        inverse = [(1 - loss.beta) / (1 - loss.beta**count) for count in counts]
        weight = inverse[y] / sum(inverse) * k
    if isinstance(loss, LogitAdjustedLoss):
        scores = [
            score + loss.tau * math.log(c / n) for score, c in zip(scores, counts, strict=True)
        ]
    if isinstance(loss, LDAMLoss):
        margin = loss.max_margin * counts[y] ** -0.25 / min(counts) ** -0.25
        scores = [loss.scale * (score - margin * (j == y)) for j, score in enumerate(scores)]
    log_p = log_probability(scores, y)
    p = math.exp(log_p)
    q = sum(math.exp(log_probability(scores, j)) for j in range(k) if j != y)
    if isinstance(loss, FocalLoss):
        if loss.alpha is not None:
            weight = loss.alpha if y == 1 else 1 - loss.alpha
        return -weight * q**loss.gamma * log_p
    if isinstance(loss, AsymmetricLoss):
        if y == 1:
            return -(q**loss.gamma_positive) * log_p
        m = max(q - loss.margin, 0.0)
        return -(m**loss.gamma_negative) * math.log(1 - m) if m > 0 else 0.0
    if isinstance(loss, Poly1Loss):
        return -log_p + loss.epsilon * q
    if isinstance(loss, AlphaLoss):
        return loss.alpha / (loss.alpha - 1) * (1 - p ** (1 - 1 / loss.alpha))
    if isinstance(loss, PriorResistantLoss):
        a = loss.a
        return a * math.exp(-(1 - a) * raw) if y == 1 else (1 - a) * math.exp(a * raw)
    if isinstance(loss, DiceLoss):
        positive = p if y == 1 else q
        t = (1 - positive) ** loss.alpha * positive
        return 1 - (2 * t * y + loss.smooth) / (t + y + loss.smooth)
    return -weight * log_p


def tversky_of(loss, y, raw, weight):
    p = [1 / (1 + math.exp(-score)) for score in raw]
    rows = list(zip(y, p, weight, strict=True))
    hits = sum(w * c for label, c, w in rows if label == 1)
    false_alarms = sum(w * c for label, c, w in rows if label == 0)
    missed = sum(w * (1 - c) for label, c, w in rows if label == 1)
    fraction = hits + loss.alpha * false_alarms + loss.beta * missed + loss.smooth
    return 1 - (hits + loss.smooth) / fraction


def expected_loss(loss, raw, eta, counts):
    """Mean over classes drawn with the probabilities `eta`."""
    return sum(eta[k] * value_of(loss, k, raw, counts) for k in range(len(counts)) if eta[k] > 0)


def best_scores(loss, eta, counts):
    """Scores of the least expected loss, by search."""
    if len(counts) == 2:
        grid = np.linspace(-30, 30, 121)
        near = grid[np.argmin([expected_loss(loss, score, eta, counts) for score in grid])]
        found = minimize_scalar(
            lambda score: expected_loss(loss, score, eta, counts),
            bounds=(near - 0.6, near + 0.6),
            method="bounded",
            options={"xatol": 1e-8},
        )
        return float(found.x)
    found = minimize(
        lambda free: expected_loss(loss, [0.0, *free], eta, counts),
        np.zeros(len(counts) - 1),
        method="BFGS",
        options={"gtol": 1e-10},
    )
    return np.array([0.0, *found.x])
