"""
What each sampler does to the same rows
=======================================

One made table of two columns, 360 rows of a large class and 40 of a small one, given to each
sampler of the package. Blue rows are of the large class, orange ones of the small class. Black
crosses are rows that a sampler dropped, dark red dots are rows that it made.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

from imbalance_kit.datasets import make_imbalance
from imbalance_kit.over_sampling import SMOTE, RandomOverSampler
from imbalance_kit.under_sampling import RandomUnderSampler, SelfPacedUnderSampler, TomekLinks

X, y = make_moons(n_samples=(360, 360), noise=0.25, random_state=0)
X, y = make_imbalance(X, y, sampling_strategy={1: 40}, random_state=0)

samplers = {
    "RandomOverSampler": RandomOverSampler(random_state=0),
    "RandomOverSampler(shrinkage=0.4)": RandomOverSampler(shrinkage=0.4, random_state=0),
    "SMOTE": SMOTE(random_state=0),
    "RandomUnderSampler": RandomUnderSampler(random_state=0),
    "SelfPacedUnderSampler": SelfPacedUnderSampler(random_state=0),
    "TomekLinks": TomekLinks(),
}

# %%
# Every sampler says where its rows come from. ``sample_indices_`` holds the row of the input that
# each row of the output was copied or started from; for samplers that add rows,
# ``sample_origin_`` is -1 where the row is new.

figure, axes = plt.subplots(2, 3, figsize=(11, 7), sharex=True, sharey=True, layout="constrained")
for axis, (name, sampler) in zip(axes.flat, samplers.items(), strict=True):
    X_new, y_new = sampler.fit_resample(X, y)
    kept = np.isin(np.arange(len(y)), sampler.sample_indices_)
    made = getattr(sampler, "sample_origin_", sampler.sample_indices_) == -1

    axis.scatter(*X[kept & (y == 0)].T, s=9, color="#5b8fc7", label="large class")
    axis.scatter(*X[~kept].T, s=14, marker="x", linewidths=0.7, color="#333333", label="dropped")
    axis.scatter(*X_new[made].T, s=7, color="#8c1d18", label="made")
    axis.scatter(*X[kept & (y == 1)].T, s=16, color="#f08a24", label="small class")
    n_large, n_small = np.bincount(y_new)
    axis.set_title(f"{name}\n{n_large} : {n_small}", fontsize=10)
    axis.set(xticks=[], yticks=[])
handles, labels = axes.flat[2].get_legend_handles_labels()
figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
plt.show()

# %%
# ``RandomOverSampler`` shows nothing new: its rows lie exactly on rows that were there. With
# ``shrinkage`` it adds noise. ``SMOTE`` makes rows on the lines between neighbours of the small
# class, and where the class is not convex, or its rows lie among the other class, so do the lines.
#
# ``RandomUnderSampler`` drops rows anywhere, ``SelfPacedUnderSampler`` keeps more of those that are
# hard to tell. ``TomekLinks`` drops only rows that are the nearest row of one of the other class;
# it does not balance anything.
