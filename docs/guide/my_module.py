"""Two methods that stand outside the package; the guide page "Your own method" is about them."""

import numpy as np

from imbalance_kit.base import BaseImbalanceEnsemble, BaseOverSampler, Draw, Plan


class Midpoints(BaseOverSampler):
    """Synthetic rows half-way between two random rows of a class."""

    def __init__(self, *, sampling_strategy="auto", random_state=None):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state

    def _plan(self, opened, part, rng):
        seed, partner = rng.choice(part.rows, size=(2, part.n))
        return Plan(seed, partner, gap=np.full(part.n, 0.5))


class HalvesClassifier(BaseImbalanceEnsemble):
    """Learners that see all rows of the smallest class and half of every other."""

    def __init__(self, estimator=None, *, n_estimators=10, random_state=None):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.random_state = random_state

    def _draw(self, fitting, state, number, rng):
        small = min(map(len, fitting.class_rows))
        kept = [
            rows if len(rows) == small else rng.choice(rows, len(rows) // 2, replace=False)
            for rows in fitting.class_rows
        ]
        return Draw(np.concatenate(kept))
