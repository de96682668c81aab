"""Measures of a straight border, and of rows made between rows of a class."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from imbalance_kit._tables.points import Mixed, Rows, as_table
from imbalance_kit.complexity._feature_overlap import pairs_of_classes


def linear_border(
    numbers: np.ndarray, codes: np.ndarray, rng: np.random.RandomState
) -> tuple[float, float, float]:
    """L1, L2 and L3, each the mean over pairs of classes."""
    found = []
    for one, other in pairs_of_classes(codes):
        rows = np.concatenate([one, other])
        positive = np.repeat([0, 1], [len(one), len(other)])
        own = StandardScaler().fit_transform(numbers[rows])
        border = LinearSVC(dual="auto", random_state=rng.randint(2**31 - 1), max_iter=2000)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            border.fit(own, positive)
        height = border.decision_function(own)
        wrong = (height > 0.0) != positive
        steepness = np.linalg.norm(border.coef_)
        # a border that leans nowhere is no distance away from anything
        depth = np.abs(height[wrong]).sum() / (len(rows) * steepness) if steepness > 0.0 else 0.0
        seed, partner, gap = partners(positive, rng)
        between = own[seed] + gap[:, None] * (own[partner] - own[seed])
        missed = (border.decision_function(between) > 0.0) != positive[seed]
        found.append((depth / (1.0 + depth), wrong.mean(), missed.mean()))
    means = np.mean(found, axis=0)
    return float(means[0]), float(means[1]), float(means[2])


def partners(
    codes: np.ndarray, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As many rows as there are: a seed, a row of its class, and how far between them."""
    seed = np.arange(len(codes))
    partner = seed.copy()
    for code in np.unique(codes):
        own = np.flatnonzero(codes == code)
        partner[own] = rng.choice(own, size=len(own))
    return seed, partner, rng.uniform(size=len(codes))


def between_rows(
    points: Rows, codes: np.ndarray, rng: np.random.RandomState
) -> tuple[Rows, np.ndarray]:
    """Rows between two of a class, and their classes; a level comes from either parent."""
    points = as_table(points, stay_sparse=False)
    seed, partner, gap = partners(codes, rng)
    low, high = points.numbers[seed], points.numbers[partner]
    numbers = low + gap[:, None] * (high - low)
    first = rng.uniform(size=points.codes.shape) < 0.5
    levels = np.where(first, points.codes[seed], points.codes[partner])
    return Mixed(numbers, levels, points.weights), codes[seed]
