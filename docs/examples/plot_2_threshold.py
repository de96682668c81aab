"""
A tuned threshold against resampling
====================================

A rare class is often missed because of the threshold, not because of the data: with 5 % positives
few rows reach a probability of .5. Resampling moves the probabilities up until they do. Moving the
threshold down does the same and leaves the probabilities unchanged. This example measures both on
synthetic data, with a linear model and with boosted trees.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.calibration import calibration_curve
from sklearn.datasets import make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    roc_auc_score,
)
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split

from imbalance_kit.compose import ResampledClassifier
from imbalance_kit.over_sampling import SMOTE
from imbalance_kit.under_sampling import RandomUnderSampler

X, y = make_classification(
    n_samples=24_000,
    n_features=12,
    n_informative=6,
    n_clusters_per_class=3,
    weights=[0.95],
    flip_y=0.01,
    class_sep=0.9,
    random_state=0,
)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=6_000, stratify=y, random_state=0
)

learners = {
    "logistic regression": LogisticRegression(),
    "LightGBM": LGBMClassifier(n_estimators=60, n_jobs=1, verbose=-1, random_state=0),
}
samplers = {
    "none": (None, False),
    "SMOTE": (SMOTE(random_state=0), False),
    "under-sampling": (RandomUnderSampler(random_state=0), False),
    "under-sampling, recalibrated": (RandomUnderSampler(random_state=0), True),
}

# %%
# Each pair is scored twice: with the threshold at .5, and with a threshold chosen by
# cross-validation inside the training rows, which costs a few more fits. The thresholds to try are
# spaced by ratio: for a rare class the good ones are small, and the default even steps are too
# coarse there.

thresholds = np.geomspace(0.005, 0.95, 100)
rows, curves = [], {}
for learner_name, learner in learners.items():
    for sampler_name, (sampler, recalibrate) in samplers.items():
        model = ResampledClassifier(learner, sampler, recalibrate=recalibrate)
        tuned = TunedThresholdClassifierCV(
            model, scoring="balanced_accuracy", thresholds=thresholds, cv=3
        )
        tuned.fit(X_train, y_train)
        model = tuned.estimator_
        proba = model.predict_proba(X_test)[:, 1]
        curves[learner_name, sampler_name] = proba
        rows.append(
            {
                "learner": learner_name,
                "resampling": sampler_name,
                "average precision": average_precision_score(y_test, proba),
                "AUROC": roc_auc_score(y_test, proba),
                "Brier score": brier_score_loss(y_test, proba),
                "mean probability": proba.mean(),
                "balanced accuracy at .5": balanced_accuracy_score(y_test, model.predict(X_test)),
                "the same, tuned": balanced_accuracy_score(y_test, tuned.predict(X_test)),
                "threshold": tuned.best_threshold_,
            }
        )
scores = pd.DataFrame(rows).set_index(["learner", "resampling"])
scores.round(3)

# %%
# The share of positives in the test rows, to be compared with the mean probability:

print(f"{y_test.mean():.3f}")

# %%
# Read the table by column. At .5 resampling seems to be a large gain in balanced accuracy. With a
# tuned threshold the gain disappears: the decisions of the models without resampling are as good.
# Average precision fell for both learners. The Brier score is worse, because the mean probability
# is far from the share of positives. ``recalibrate=True`` corrects most of that for under-sampling;
# it corrects for the class shares, not for the rows that were left out of training.

figure, axes = plt.subplots(1, 2, figsize=(10, 4.6), sharey=True, layout="constrained")
for axis, learner_name in zip(axes, learners, strict=True):
    axis.plot([0, 1], [0, 1], color="#999999", linewidth=1, label="calibrated")
    for sampler_name in samplers:
        proba = curves[learner_name, sampler_name]
        observed, predicted = calibration_curve(y_test, proba, n_bins=10)
        n_rows, _ = np.histogram(proba, bins=10, range=(0, 1))
        shown = n_rows[n_rows > 0] >= 30  # a share of fewer rows is too imprecise
        axis.plot(predicted[shown], observed[shown], "o-", markersize=4, label=sampler_name)
    axis.set(title=learner_name, xlabel="predicted probability")
axes[0].set_ylabel("share of positives")
figure.legend(
    *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, frameon=False
)
plt.show()

# %%
# Curves below the diagonal predict more positives than there are. Points of fewer than 30 rows are
# left out: without resampling the linear model predicts hardly any high probabilities.
