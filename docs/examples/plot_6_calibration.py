"""
What resampling does to probabilities, and what repairs them
============================================================

A model trained on as many rare rows as others predicts as many. This example measures the error
with :class:`~imbalance_kit.calibration.CalibrationReport`, shows what two kinds of correction
repair, and that a tuned threshold gives decisions that are as good on the data as it is.
"""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import make_classification
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import TunedThresholdClassifierCV, train_test_split

from imbalance_kit.calibration import CalibrationReport
from imbalance_kit.compose import ResampledClassifier
from imbalance_kit.over_sampling import SMOTE
from imbalance_kit.under_sampling import RandomUnderSampler

X, y = make_classification(
    n_samples=30_000,
    n_features=12,
    n_informative=6,
    n_clusters_per_class=3,
    weights=[0.95],
    flip_y=0.01,
    class_sep=0.9,
    random_state=0,
)
X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=8_000, stratify=y, random_state=0
)

learner = LGBMClassifier(n_estimators=60, learning_rate=0.06, n_jobs=1, verbose=-1, random_state=0)
smote = ResampledClassifier(learner, SMOTE(random_state=0))
under = ResampledClassifier(learner, RandomUnderSampler(random_state=0))
models = {
    "untouched": learner,
    "SMOTE": smote,
    "under-sampling": under,
    "SMOTE, class shares": ResampledClassifier(learner, SMOTE(random_state=0), recalibrate=True),
    "under-sampling, class shares": ResampledClassifier(
        learner, RandomUnderSampler(random_state=0), recalibrate=True
    ),
    "SMOTE, isotonic": CalibratedClassifierCV(smote, method="isotonic", ensemble=False),
    "under-sampling, isotonic": CalibratedClassifierCV(under, method="isotonic", ensemble=False),
}

# %%
# "Class shares" multiplies each class by its share before over its share after resampling
# (``recalibrate=True``). "Isotonic" is scikit-learn's calibrator around the model: it fits a curve
# on held-out training rows, which are not resampled.

reports = {}
for name, model in models.items():
    model.fit(X_train, y_train)
    reports[name] = CalibrationReport.from_estimator(model, X_test, y_test, n_bins=20, name=name)

# %%
# The report of one model. It has the predicted and the observed number of positives, the intercept
# and slope of the observed log odds over the predicted ones, the decomposition of the Brier score,
# a verdict in words, and the bins.

print(reports["under-sampling"])

# %%
# All models compared. ``ratio`` is the predicted number of positives over the observed one.

comparison = CalibrationReport.compare(reports)
scores = comparison.to_frame().set_index("name")
scores[["ratio", "intercept", "slope", "brier_score", "log_loss", "calibration_error"]].round(3)

# %%
# The same as curves, with 95 % intervals. Below the diagonal too many positives are predicted.

groups = {
    "uncorrected": ["untouched", "SMOTE", "under-sampling"],
    "corrected by class shares": ["untouched", *[name for name in models if "shares" in name]],
    "corrected by a curve": ["untouched", *[name for name in models if "isotonic" in name]],
}
colors = {"untouched": "#222222", "SMOTE": "#5b8fc7", "under-sampling": "#f08a24"}
figure, axes = plt.subplots(
    2,
    3,
    figsize=(11, 5.6),
    sharex=True,
    sharey="row",
    height_ratios=[4, 1],
    layout="constrained",
)
for column, (title, names) in zip(axes.T, groups.items(), strict=True):
    shown = {name.partition(",")[0]: reports[name] for name in names}
    styles = [{"color": colors[name]} for name in shown]
    CalibrationReport.compare(shown).plot(column, scale="unit", curve_kwargs=styles)
    column[0].set_title(title)
    if column[0] is not axes[0, 0]:
        column[0].get_legend().remove()
        column[0].set_ylabel("")
        column[1].set_ylabel("")
plt.show()

# %%
# The Brier score in two parts: miscalibration, and the remainder when every bin is calibrated. The
# line is the score of a model that predicts the share of positives for every row.

miscalibration = scores["reliability"]
rest = scores["brier_score"] - miscalibration
figure, axis = plt.subplots(figsize=(8.5, 3.6), layout="constrained")
places = np.arange(len(scores))[::-1]
axis.barh(places, rest, 0.6, color="#5b8fc7", label="left when calibrated")
axis.barh(places, miscalibration, 0.6, left=rest, color="#f08a24", label="miscalibration")
axis.axvline(scores["uncertainty"].iloc[0], color="0.3", linewidth=1, linestyle="--")
axis.annotate(
    "always the class share",
    (scores["uncertainty"].iloc[0], places[0] + 0.42),
    (4, 0),
    textcoords="offset points",
    fontsize=9,
    color="0.3",
)
axis.set_yticks(places, scores.index)
axis.set(xlabel="Brier score", ylim=(-0.6, len(scores) - 0.1))
axis.spines[["top", "right"]].set_visible(False)
axis.legend(frameon=False, loc="lower right")
plt.show()

# %%
# And the decisions, for which people resample: at .5, and at a threshold chosen by
# cross-validation inside the training rows.

tuned = TunedThresholdClassifierCV(
    learner, scoring="balanced_accuracy", thresholds=np.geomspace(0.005, 0.95, 100), cv=3
).fit(X_train, y_train)
decisions = {
    "untouched at .5": models["untouched"].predict(X_test),
    "SMOTE at .5": smote.fit(X_train, y_train).predict(X_test),
    "under-sampling at .5": under.fit(X_train, y_train).predict(X_test),
    f"untouched at a tuned {tuned.best_threshold_:.3f}": tuned.predict(X_test),
}
balanced_accuracy = pd.Series(
    {name: balanced_accuracy_score(y_test, decided) for name, decided in decisions.items()},
    name="balanced accuracy",
)
balanced_accuracy.round(3).to_frame()

# %%
# With resampling more rare rows are found at .5, and several times as many are predicted as there
# are. The correction by class shares repairs that for under-sampling. For SMOTE it goes too far:
# synthetic rows change more than the shares. A curve fitted on held-out rows calibrates both. No
# model here is better than the one without resampling and with a tuned threshold.
