"""Two methods that stand outside the package; the guide page "Your own method" tells about them."""

import numpy as np

from imbalance_kit.base import BaseOverSampler, Plan


class Midpoints(BaseOverSampler):
    """Synthetic rows half-way between two random rows of a class."""

    def __init__(self, *, sampling_strategy="auto", random_state=None):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state

    def _plan(self, opened, part, rng):
        seed, partner = rng.choice(part.rows, size=(2, part.n))
        return Plan(seed, partner, gap=np.full(part.n, 0.5))
