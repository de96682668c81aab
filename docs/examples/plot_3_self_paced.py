"""
What a self-paced ensemble is trained on, round by round
========================================================

A self-paced ensemble trains each learner on as many rows of the small class as there are, and on
that many of the large one, drawn by their hardness for the learners before it. Early rounds draw
mostly easy rows; later rounds draw as many from the hardest bin as from the easiest. This example
shows the rows that were drawn in a fitted ensemble.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification

from imbalance_kit.ensemble import SelfPacedEnsembleClassifier

X, y = make_classification(
    n_samples=6000,
    n_features=8,
    n_informative=5,
    n_redundant=0,
    weights=[0.95],
    class_sep=0.7,
    flip_y=0.02,
    random_state=0,
)
model = SelfPacedEnsembleClassifier(n_estimators=20, k_bins=5, random_state=0).fit(X, y)
large = np.flatnonzero(y == 0)

# %%
# ``estimators_`` and ``estimators_samples_`` hold each round's learner and the rows it was trained
# on. The hardness of a row in a round is one minus the mean probability that the learners before it
# predict for the row's own class.


def hardness_before(round_number):
    earlier = model.estimators_[:round_number]
    return 1 - np.mean([learner.predict_proba(X)[:, 0] for learner in earlier], axis=0)


rounds = [1, 3, 8, 19]
figure, axes = plt.subplots(
    2, 4, figsize=(12, 5.4), sharex=True, sharey="row", layout="constrained"
)
for (above, below), round_number in zip(axes.T, rounds, strict=True):
    hardness = hardness_before(round_number)
    drawn = model.estimators_samples_[round_number]
    drawn = drawn[y[drawn] == 0]
    edges = np.linspace(hardness[large].min(), hardness[large].max(), 6)
    centres, width = (edges[1:] + edges[:-1]) / 2, 0.9 * np.diff(edges)
    above.bar(centres, np.histogram(hardness[large], edges)[0], width, color="#5b8fc7")
    below.bar(centres, np.histogram(hardness[drawn], edges)[0], width, color="#f08a24")
    above.set(yscale="log", title=f"before round {round_number + 1}")
    below.set(xlabel="hardness")
axes[0, 0].set_ylabel("rows of the large class")
axes[1, 0].set_ylabel("rows drawn")
plt.show()

# %%
# Above are the rows of the table, on a logarithmic scale: most are easy, and harder bins have fewer
# rows. Below are the rows drawn from each bin. The draw does not follow the population: the many
# easy rows get a small share each, the few hard ones a large share. By the last round each bin
# gives the same number of rows, some of them more than once.
