"""
What each sampler does to the same rows
=======================================

One made table of two columns, 360 rows of a large class and 40 of a small one, given to every
sampler of the package. Blue rows are of the large class, orange ones of the small class. Black
crosses are rows that a sampler dropped, dark red dots are rows that it made.
"""

from math import ceil

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

from imbalance_kit.combine import SMOTEENN, Chain, SMOTETomek
from imbalance_kit.datasets import make_imbalance
from imbalance_kit.over_sampling import (
    ADASYN,
    CCR,
    LVQSMOTE,
    MWMOTE,
    ROSE,
    SMOBD,
    SMOTE,
    SMOTEIPF,
    SVMSMOTE,
    AssembledSMOTE,
    BorderlineSMOTE,
    GeometricSMOTE,
    KMeansSMOTE,
    LeeSMOTE,
    PolynomFitSMOTE,
    ProWSyn,
    RandomOverSampler,
    SafeLevelSMOTE,
    TemperatureSampler,
)
from imbalance_kit.under_sampling import (
    AllKNN,
    BalanceCascadeUnderSampler,
    ClusterCentroids,
    CondensedNearestNeighbour,
    EditedNearestNeighbours,
    InstanceHardnessThreshold,
    NearMiss,
    NeighbourhoodCleaningRule,
    OneSidedSelection,
    RandomUnderSampler,
    RepeatedEditedNearestNeighbours,
    SelfPacedUnderSampler,
    SubclassUnderSampler,
    TomekLinks,
)

X, y = make_moons(n_samples=(360, 360), noise=0.25, random_state=0)
X, y = make_imbalance(X, y, sampling_strategy={1: 40}, random_state=0)

# %%
# Every sampler says where its rows come from. ``sample_indices_`` holds the row of the input that
# each row of the output was copied or started from; for samplers that make rows,
# ``sample_origin_`` is -1 where the row is new.


def draw(samplers, n_columns=4):
    """One panel for each sampler: what it kept, dropped and made."""
    n_rows = ceil(len(samplers) / n_columns)
    figure, axes = plt.subplots(
        n_rows,
        n_columns,
        figsize=(2.9 * n_columns, 2.4 * n_rows + 0.5),
        sharex=True,
        sharey=True,
        layout="constrained",
        squeeze=False,
    )
    for axis, sampler in zip(axes.flat, samplers, strict=False):
        X_new, y_new = sampler.fit_resample(X, y)
        origin = getattr(sampler, "sample_origin_", sampler.sample_indices_)
        made, kept = origin == -1, np.isin(np.arange(len(y)), origin)
        axis.scatter(*X[kept & (y == 0)].T, s=7, color="#5b8fc7", label="large class")
        axis.scatter(
            *X[~kept].T, s=10, marker="x", linewidths=0.6, color="#333333", label="dropped"
        )
        axis.scatter(*X_new[made].T, s=6, color="#8c1d18", label="made")
        axis.scatter(*X[kept & (y == 1)].T, s=13, color="#f08a24", label="small class")
        n_large, n_small = np.bincount(y_new)
        version = getattr(sampler, "version", None) or getattr(sampler, "kind", "")[-2:]
        axis.set_title(f"{type(sampler).__name__} {version}\n{n_large} : {n_small}", fontsize=9)
        axis.set(xticks=[], yticks=[], xlim=(-1.9, 2.9), ylim=(-1.6, 2.0))
    for axis in axes.flat[len(samplers) :]:
        axis.set_axis_off()
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False)
    plt.show()


# %%
# Adding rows
# -----------

draw(
    [
        RandomOverSampler(random_state=0),
        ROSE(random_state=0),
        SMOTE(random_state=0),
        GeometricSMOTE(random_state=0),
        BorderlineSMOTE(random_state=0),
        BorderlineSMOTE(kind="borderline-2", random_state=0),
        SVMSMOTE(random_state=0),
        ADASYN(random_state=0),
        SafeLevelSMOTE(random_state=0),
        ProWSyn(random_state=0),
        MWMOTE(random_state=0),
        KMeansSMOTE(random_state=0),
        LeeSMOTE(random_state=0),
        SMOBD(random_state=0),
        LVQSMOTE(random_state=0),
        AssembledSMOTE(random_state=0),
        PolynomFitSMOTE(random_state=0),
        SMOTEIPF(random_state=0),
        CCR(random_state=0),
        TemperatureSampler(random_state=0),
    ]
)

# %%
# ``RandomOverSampler`` shows nothing new: its rows lie exactly on rows that were there. ``SMOTE``
# makes rows on the lines between neighbours of the small class, and where the class is not convex,
# or its rows lie among the other class, so do the lines. Most of the others choose better places to
# start from: near the border (``BorderlineSMOTE``, ``SVMSMOTE``, ``ADASYN``, ``ProWSyn``,
# ``MWMOTE``), away from it (``SafeLevelSMOTE``, ``LeeSMOTE``), or inside dense parts
# (``KMeansSMOTE``, ``SMOBD``). ``SMOTEIPF`` and ``CCR`` also change the rows of the large class.
#
# Dropping rows
# -------------

draw(
    [
        RandomUnderSampler(random_state=0),
        SelfPacedUnderSampler(random_state=0),
        BalanceCascadeUnderSampler(random_state=0),
        InstanceHardnessThreshold(random_state=0),
        SubclassUnderSampler(random_state=0),
        ClusterCentroids(random_state=0),
        NearMiss(version=1),
        NearMiss(version=2),
        NearMiss(version=3),
        CondensedNearestNeighbour(random_state=0),
        OneSidedSelection(random_state=0),
        TomekLinks(),
        EditedNearestNeighbours(),
        RepeatedEditedNearestNeighbours(),
        AllKNN(),
        NeighbourhoodCleaningRule(),
    ]
)

# %%
# The first six and ``NearMiss`` balance the classes; they differ in which rows stand for the large
# one. The others look at the border alone, and the number of rows that go follows from the data:
# ``CondensedNearestNeighbour`` and ``OneSidedSelection`` drop what lies deep inside the large class,
# the rest what lies among the small one.
#
# Both
# ----

draw(
    [
        SMOTEENN(random_state=0),
        SMOTETomek(random_state=0),
        Chain([RandomUnderSampler(sampling_strategy=0.5), SMOTE()], random_state=0),
    ],
    n_columns=3,
)

# %%
# ``SMOTEENN`` and ``SMOTETomek`` clean up after SMOTE. ``Chain`` puts any samplers in a row: here
# half of the way down, then the rest of the way up.
