"""
What each sampler does to the same rows
=======================================

One synthetic table of two columns, 360 rows of a large class and 40 of a small one, resampled by
every sampler that takes numbers. Blue rows are of the large class, orange ones of the small class.
Grey crosses are rows that a sampler dropped or moved, dark dots are synthetic rows. The title of
each panel has the numbers of rows of both classes afterwards.
"""

from math import ceil

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_moons

from imbalance_kit import combine, over_sampling, under_sampling
from imbalance_kit.datasets import make_imbalance

X, y = make_moons(n_samples=(360, 360), noise=0.25, random_state=0)
X, y = make_imbalance(X, y, sampling_strategy={1: 40}, random_state=0)

# %%
# Every sampler reports the origin of its rows. ``sample_indices_`` holds the row of the input that
# each row of the output was copied or started from; for samplers that generate rows,
# ``sample_origin_`` is -1 where the row is synthetic.


def draw(samplers, n_columns=4):
    """One panel for each sampler: the rows it kept, dropped and generated."""
    n_rows = ceil(len(samplers) / n_columns)
    figure, axes = plt.subplots(
        n_rows,
        n_columns,
        figsize=(2.25 * n_columns, 1.85 * n_rows + 0.4),
        sharex=True,
        sharey=True,
        layout="constrained",
        squeeze=False,
    )
    for axis, sampler in zip(axes.flat, samplers, strict=False):
        X_new, y_new = sampler.fit_resample(X, y)
        origin = getattr(sampler, "sample_origin_", sampler.sample_indices_)
        synthetic, kept = origin == -1, np.isin(np.arange(len(y)), origin)
        for rows, size, marker, color, label in [
            (X[~kept], 9, "x", "#8a8a8a", "dropped or moved"),
            (X[kept & (y == 0)], 6, "o", "#5b8fc7", "large class"),
            (X_new[synthetic & (y_new == 0)], 6, "o", "#17365d", "large class, synthetic"),
            (X_new[synthetic & (y_new == 1)], 5, "o", "#8c1d18", "small class, synthetic"),
            (X[kept & (y == 1)], 11, "o", "#f08a24", "small class"),
        ]:
            edge = 0.6 if marker == "x" else 0
            axis.scatter(*rows.T, s=size, marker=marker, color=color, lw=edge, label=label)
        version = getattr(sampler, "version", None) or getattr(sampler, "kind", "")[-1:]
        counts = " : ".join(map(str, np.bincount(y_new)))
        axis.set_title(f"{type(sampler).__name__} {version}\n{counts}", fontsize=8)
        axis.set(xticks=[], yticks=[], xlim=(-1.7, 2.7), ylim=(-1.5, 1.9))
    for axis in axes.flat[len(samplers) :]:
        axis.set_axis_off()
    figure.legend(
        *axes[0, 0].get_legend_handles_labels(),
        loc="outside lower center",
        ncols=5 if n_columns > 3 else 3,
        fontsize=8,
        markerscale=1.6,
        frameon=False,
    )
    plt.show()


# %%
# Adding rows
# -----------

draw(
    [
        over_sampling.RandomOverSampler(random_state=0),
        over_sampling.ROSE(random_state=0),
        over_sampling.SMOTE(random_state=0),
        over_sampling.GeometricSMOTE(random_state=0),
        over_sampling.BorderlineSMOTE(random_state=0),
        over_sampling.BorderlineSMOTE(kind="borderline-2", random_state=0),
        over_sampling.SVMSMOTE(random_state=0),
        over_sampling.ADASYN(random_state=0),
        over_sampling.SafeLevelSMOTE(random_state=0),
        over_sampling.ProWSyn(random_state=0),
        over_sampling.MWMOTE(random_state=0),
        over_sampling.KMeansSMOTE(random_state=0),
        over_sampling.LeeSMOTE(random_state=0),
        over_sampling.SMOBD(random_state=0),
        over_sampling.LVQSMOTE(random_state=0),
        over_sampling.AssembledSMOTE(random_state=0),
        over_sampling.PolynomFitSMOTE(random_state=0),
        over_sampling.SMOTEIPF(random_state=0),
        over_sampling.CCR(energy=1.0, random_state=0),
        over_sampling.TemperatureSampler(random_state=0),
    ]
)

# %%
# ``RandomOverSampler`` adds no dots: its rows are copies. ``SMOTE`` generates rows on the lines
# between neighbours of the small class; where the class is not convex or lies among the other, the
# lines run through the other class. ``BorderlineSMOTE``, ``ADASYN`` and ``MWMOTE`` start where more
# neighbours are of the other class, ``SafeLevelSMOTE`` and ``LeeSMOTE`` keep away from it, and
# ``KMeansSMOTE`` stays in clusters that are mostly of the small class. ``ProWSyn`` and
# ``PolynomFitSMOTE`` also join rows that are far apart. ``SMOTEIPF`` drops and ``CCR`` moves rows
# of the large class. ``TemperatureSampler`` makes the large class smaller and the small one larger.
#
# Dropping rows
# -------------

draw(
    [
        under_sampling.RandomUnderSampler(random_state=0),
        under_sampling.SelfPacedUnderSampler(random_state=0),
        under_sampling.BalanceCascadeUnderSampler(random_state=0),
        under_sampling.InstanceHardnessThreshold(random_state=0),
        under_sampling.SubclassUnderSampler(random_state=0),
        under_sampling.ClusterCentroids(random_state=0),
        under_sampling.NearMiss(version=1),
        under_sampling.NearMiss(version=2),
        under_sampling.NearMiss(version=3),
        under_sampling.CondensedNearestNeighbour(random_state=0),
        under_sampling.OneSidedSelection(random_state=0),
        under_sampling.TomekLinks(),
        under_sampling.EditedNearestNeighbours(),
        under_sampling.RepeatedEditedNearestNeighbours(),
        under_sampling.AllKNN(),
        under_sampling.NeighbourhoodCleaningRule(),
    ]
)

# %%
# The first six and ``NearMiss`` balance the classes; they differ in the rows of the large class
# that they keep. With the others the number of rows follows from the data.
# ``CondensedNearestNeighbour`` keeps mainly rows at the border. ``OneSidedSelection`` drops rows
# that are nearer to the one row of the large class that it drew, here far on the left, than to the
# small class. The rest drop rows that lie among the small class.
#
# Both
# ----

draw(
    [
        combine.SMOTEENN(random_state=0),
        combine.SMOTETomek(random_state=0),
        combine.Chain(
            [under_sampling.RandomUnderSampler(sampling_strategy=0.5), over_sampling.SMOTE()],
            random_state=0,
        ),
    ],
    n_columns=3,
)

# %%
# ``SMOTEENN`` and ``SMOTETomek`` clean after SMOTE. ``Chain`` applies any samplers in turn: here
# the large class is under-sampled first, then the small one over-sampled.
