"""
Fairness: audit first, then choose
==================================

A synthetic table in which 30 % of the people in each of two groups are fit. But half of the fit
people of group "b" were recorded as unfit, and a column is correlated with the group. How does a
classifier treat the groups, what do weights, constraints and thresholds by group change, and what
can none of them correct?
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from fairlearn.metrics import MetricFrame, selection_rate
from fairlearn.reductions import DemographicParity, ExponentiatedGradient
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from imbalance_kit.compose import WeightedClassifier
from imbalance_kit.datasets import make_biased
from imbalance_kit.fairness import (
    FairnessDisplay,
    FairThresholdClassifier,
    FrontierDisplay,
    Reweighing,
    find_subgroups,
    group_report,
    tradeoff_curve,
)

warnings.filterwarnings("ignore", module="fairlearn")  # a deprecated use of pandas

X, y, sensitive_features = make_biased(
    40_000, share=0.4, base_rate=0.3, label_bias=0.5, proxy=2.0, merit=2.5, random_state=0
)
fair = y.attrs["fair"]
X_train, X_test, y_train, y_test, _, fair_test = train_test_split(
    X, y, fair, test_size=0.5, stratify=X["group"] + y.astype(str), random_state=0
)
print(sensitive_features, list(X))

# %%
# A logistic regression without the group among its columns. The report has every rate of both
# groups, with intervals; the differences come with a test of the hypothesis that there is none.

columns = make_column_transformer((StandardScaler(), ["merit", "proxy", "noise_0", "noise_1"]))
plain = make_pipeline(columns, LogisticRegression()).fit(X_train, y_train)
report = group_report(
    y_test, plain.predict(X_test), sensitive_features=X_test[["group"]], random_state=0
)
print(report)

# %%
# Leaving the group out did not help: the column ``proxy`` is correlated with it. The figure shows
# the same.

FairnessDisplay.from_estimator(plain, X_test, y_test, sensitive_features="group")
plt.show()

# %%
# Three ways to change it. Weights make group and label independent in the training data; the model
# needs no group to predict. Nor does that of fairlearn's ``ExponentiatedGradient``, which fits
# under a constraint. Thresholds by group need it, and stay within the tolerance on the rows used to
# choose them. Fairlearn's ``MetricFrame`` takes the decisions of all of them.

weighted = WeightedClassifier(plain, Reweighing(sensitive_features="group")).fit(X_train, y_train)
by_group = FairThresholdClassifier(
    plain,
    constraint="demographic_parity",
    tolerance=0.02,
    sensitive_features="group",
    random_state=0,
).fit(X_train, y_train)
reduced = ExponentiatedGradient(
    make_pipeline(columns, LogisticRegression()),
    DemographicParity(difference_bound=0.02),
    sample_weight_name="logisticregression__sample_weight",
).fit(X_train, y_train, sensitive_features=X_train["group"])
decisions = {
    "plain": plain.predict(X_test),
    "weighted": weighted.predict(X_test),
    "exponentiated gradient": np.asarray(reduced.predict(X_test, random_state=0)),
    "thresholds by group": by_group.predict(X_test),
}
differences = {}
for name, decided in decisions.items():
    frame = MetricFrame(
        metrics=selection_rate,
        y_true=y_test,
        y_pred=decided,
        sensitive_features=X_test["group"],
    )
    differences[name] = frame.difference()
    print(f"{name}: difference of selection rates {differences[name]:.3f}")

# %%
# Accuracy against that difference, on half of the test rows; the other half chooses the thresholds
# of the line, one for each tolerance. By the labels as recorded, equal selection lowers accuracy.
# By those before the bias, which are available for synthetic data only, it raises accuracy. The
# cost of a fair rule depends on how far the labels are correct.

chosen, tested = train_test_split(
    np.arange(len(y_test)), test_size=0.5, stratify=X_test["group"], random_state=0
)
score, group = plain.predict_proba(X_test)[:, 1], X_test["group"].to_numpy()
_, axes = plt.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
accuracy = {}
for ax, title, labels in [
    (axes[0], "labels as recorded", y_test.to_numpy()[tested]),
    (axes[1], "labels before the bias", fair_test.to_numpy()[tested]),
]:
    curve = tradeoff_curve(
        y_test.to_numpy()[chosen],
        score[chosen],
        sensitive_features=group[chosen],
        test=(labels, score[tested], group[tested]),
        constraint="demographic_parity",
        n_bootstraps=0,
    )
    points = {"thresholds, any tolerance": (curve.violation, 1 - curve.cost)}
    for name, decided in decisions.items():
        report = group_report(
            labels, decided[tested], sensitive_features=group[tested], n_bootstrap=0
        )
        accuracy[name, title] = float(np.mean(decided[tested] == labels))
        points[name] = report.difference("selection_rate"), accuracy[name, title]
    FrontierDisplay(points, unfairness="difference of selection rates").plot(ax)
    ax.set_title(title)
plt.show()

# %%
# Groups that were not given: where does the plain model err most often? With the recorded labels
# the search finds the groups whose labels are wrong: a reason to check how they were recorded.

found = find_subgroups(
    X_test,
    y_test,
    plain.predict(X_test),
    rate="false_positive_rate",
    method="features",
    features=["group", "merit", "proxy"],
)
print(found)
