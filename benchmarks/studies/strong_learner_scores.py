"""Scores of a cell of the study of mixed trees."""

import numpy as np
from scipy.special import expit, logit
from sklearn.metrics import average_precision_score, log_loss

LOWEST = 1e-6  # of a probability, for the log loss and the log odds
SCORES = ("auprc", "brier", "log_loss", "slope", "frequency")


def score(y: np.ndarray, proba: np.ndarray) -> dict[str, float]:
    """Ranking, probabilities and calibration of `proba` (rows, classes) for classes 0, 1, ...

    `auprc` is that of class 1 of two, else the mean over classes against the rest. `brier` is the
    mean squared error of class 1, else the sum over classes. `slope` is the logistic slope of the
    label on the log odds, of all classes against the rest together where they are more than two
    (below 1: over-confident; NaN where log odds tell the labels apart without error).
    `frequency` is the predicted over the true frequency of the rarest class.
    """
    n_classes = proba.shape[1]
    truth = np.eye(n_classes)[y]
    positive = [1] if n_classes == 2 else [k for k in range(n_classes) if truth[:, k].any()]
    auprc = np.mean([average_precision_score(truth[:, k], proba[:, k]) for k in positive])
    brier = ((proba - truth) ** 2).sum(axis=1).mean() / (2 if n_classes == 2 else 1)
    clipped = np.clip(proba, LOWEST, 1)
    clipped = clipped / clipped.sum(axis=1, keepdims=True)
    counts = truth.sum(axis=0)
    rare = min(positive, key=lambda k: counts[k])
    odds = logit(np.clip(proba[:, positive], LOWEST, 1 - LOWEST)).ravel()
    return {
        "auprc": float(auprc),
        "brier": float(brier),
        "log_loss": float(log_loss(y, clipped, labels=np.arange(n_classes))),
        "slope": slope(odds, truth[:, positive].ravel()),
        "frequency": float(proba[:, rare].sum() / counts[rare]),
    }


def slope(odds: np.ndarray, label: np.ndarray) -> float:
    """Slope of a logistic regression of `label` on `odds` with a constant, by Newton's method."""
    if np.ptp(odds) == 0 or odds[label == 1].min() >= odds[label == 0].max():
        return np.nan
    design = np.column_stack([np.ones_like(odds), odds])
    beta = np.array([0.0, 1.0])

    def loss(beta: np.ndarray) -> float:
        return float(np.logaddexp(0, (1 - 2 * label) * (design @ beta)).mean())

    best = loss(beta)
    for _ in range(100):
        p = expit(design @ beta)
        gradient = design.T @ (label - p)
        curvature = (design * (p * (1 - p))[:, None]).T @ design + 1e-9 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        while loss(beta + step) > best and np.abs(step).max() > 1e-9:
            step /= 2
        beta = beta + step
        previous, best = best, loss(beta)
        if previous - best < 1e-12:
            break
    return float(beta[1])
