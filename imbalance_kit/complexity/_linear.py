"""Measures of a linear border, and of synthetic rows between rows of a class."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from imbalance_kit._tables.points import Mixed, Rows, as_table
from imbalance_kit.complexity._feature_overlap import pairs_of_classes


def linear_border(
    numbers: np.ndarray, y_encoded: np.ndarray, rng: np.random.RandomState
) -> tuple[float, float, float]:
    """L1, L2 and L3, each the mean over pairs of classes."""
    found = []
    for one, other in pairs_of_classes(y_encoded):
        rows = np.concatenate([one, other])
        positive = np.repeat([0, 1], [len(one), len(other)])
        standard = StandardScaler().fit_transform(numbers[rows])
        border = LinearSVC(dual="auto", random_state=rng.randint(2**31 - 1), max_iter=2000)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            border.fit(standard, positive)
        height = border.decision_function(standard)
        wrong = (height > 0.0) != positive
        steepness = np.linalg.norm(border.coef_)
        # without coefficients there is no border, and no distance to it
        depth = np.abs(height[wrong]).sum() / (len(rows) * steepness) if steepness > 0.0 else 0.0
        seed, partner, gap = partners(positive, rng)
        between = standard[seed] + gap[:, None] * (standard[partner] - standard[seed])
        missed = (border.decision_function(between) > 0.0) != positive[seed]
        found.append((depth / (1.0 + depth), wrong.mean(), missed.mean()))
    means = np.mean(found, axis=0)
    return float(means[0]), float(means[1]), float(means[2])


def partners(
    y_encoded: np.ndarray, rng: np.random.RandomState
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As many synthetic rows as there are rows: seed, partner of its class, and gap."""
    seed = np.arange(len(y_encoded))
    partner = seed.copy()
    for code in np.unique(y_encoded):
        class_rows = np.flatnonzero(y_encoded == code)
        partner[class_rows] = rng.choice(class_rows, size=len(class_rows))
    return seed, partner, rng.uniform(size=len(y_encoded))


def between_rows(
    points: Rows, y_encoded: np.ndarray, rng: np.random.RandomState
) -> tuple[Rows, np.ndarray]:
    """Rows between two of a class, and their classes; a level comes from either parent."""
    points = as_table(points, stay_sparse=False)
    seed, partner, gap = partners(y_encoded, rng)
    low, high = points.numbers[seed], points.numbers[partner]
    numbers = low + gap[:, None] * (high - low)
    first = rng.uniform(size=points.category_codes.shape) < 0.5
    levels = np.where(first, points.category_codes[seed], points.category_codes[partner])
    return Mixed(numbers, levels, points.weights), y_encoded[seed]
