"""
How sure is the better model better?
====================================

Four models on a test set with fifty positives. Each has an interval, and some overlap; the interval
of a difference on the same resamples is what decides. At the end, sets of classes that hold the
rare class as often as wanted.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from imbalance_kit.calibration import ConformalClassifier
from imbalance_kit.metrics import compare_models, metric_interval
from imbalance_kit.model_selection import RareClassHoldOut

X_all, y_all = make_classification(
    n_samples=60_000,
    n_features=10,
    n_informative=5,
    n_clusters_per_class=2,
    weights=[0.98],
    flip_y=0.004,
    class_sep=1.2,
    random_state=3,
)
X, y, X_new, y_new = X_all[:12_000], y_all[:12_000], X_all[12_000:], y_all[12_000:]
((train, test),) = RareClassHoldOut(test_size=0.2, random_state=0).split(X, y)
print(f"{y[test].sum()} positives in {len(test)} test rows")

# %%
# The area under the precision-recall curve of four models, each with its interval.

models = {
    "forest": RandomForestClassifier(100, min_samples_leaf=3, random_state=0),
    "forest, 10 trees": RandomForestClassifier(10, min_samples_leaf=3, random_state=0),
    "logistic regression": LogisticRegression(max_iter=1000),
    "naive Bayes": GaussianNB(),
}
scores = {
    name: model.fit(X[train], y[train]).predict_proba(X[test])[:, 1]
    for name, model in models.items()
}
found = compare_models("auprc", y[test], scores, reference="forest", random_state=0)
found.to_frame("summary")

# %%
# Left: intervals of the models alone. Right: intervals of their differences from the first, which
# hold for all three together. What is hard about the test rows is hard for all models and cancels,
# so that a difference is known better than its two parts.

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3), sharey=True, layout="constrained")
places = {name: -place for place, name in enumerate(models)}


def draw(axis, names, values, low, high, color):
    for name, value, start, end in zip(names, values, low, high, strict=True):
        axis.plot([start, end], [places[name]] * 2, color=color, linewidth=2)
        axis.plot(value, places[name], "o", color=color)


table = found.scores
draw(left, table["model"], table["estimate"], table["low"], table["high"], "#5b8fc7")
table = found.differences
draw(right, table["model"], table["difference"], table["low"], table["high"], "#f08a24")
right.axvline(0, color="0.4", linewidth=1, linestyle="--")
left.set_yticks(list(places.values()), list(places))
left.set(xlabel="AUPRC, 95 % interval")
right.set(xlabel="difference from the forest, 95 % for all")
for axis in (left, right):
    axis.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# The same as a table for a paper.

print(found.to_latex())

# %%
# How many positives an interval needs: the width for test sets of more and more rows.

rng = np.random.default_rng(0)
n_positives, widths = [20, 50, 100, 200, 400, 800], {"auprc": [], "auroc": []}
for n in n_positives:
    label = np.repeat([0, 1], [30 * n, n])
    score = rng.normal(size=len(label)) + 2 * label
    for metric, width in widths.items():
        interval = metric_interval(metric, label, score, n_resamples=200, random_state=0)
        width.append(interval.high - interval.low)
figure, axis = plt.subplots(figsize=(6, 3), layout="constrained")
for (metric, width), color in zip(widths.items(), ["#5b8fc7", "#f08a24"], strict=True):
    axis.loglog(n_positives, width, "o-", color=color, label=metric.upper())
axis.set_xticks(n_positives, n_positives)
axis.set_yticks([0.02, 0.05, 0.1, 0.2, 0.4], [0.02, 0.05, 0.1, 0.2, 0.4])
axis.minorticks_off()
axis.set(xlabel="positives in the test set", ylabel="width of the 95 % interval")
axis.legend(frameon=False)
axis.spines[["top", "right"]].set_visible(False)
plt.show()

# %%
# Sets of classes, for the remaining rows. At each level the share of the rows of a class whose set
# holds it follows the level, for the rare class as for the other. The price is the share of rows
# whose set has both, and that need a second look.

model = ConformalClassifier(LogisticRegression(max_iter=1000)).fit(X[train], y[train])
levels = np.linspace(0.5, 0.97, 20)
sets = [model.predict_set(X_new, confidence=level) for level in levels]
figure, axis = plt.subplots(figsize=(6, 3.4), layout="constrained")
for label, color in ((1, "#f08a24"), (0, "#5b8fc7")):
    held = [found_sets[y_new == label, label].mean() for found_sets in sets]
    axis.plot(levels, held, color=color, label="rare class" if label else "other class")
axis.plot(levels, levels, color="0.4", linewidth=1, linestyle="--", label="wanted")
both = [found_sets.all(axis=1).mean() for found_sets in sets]
axis.plot(levels, both, color="#7a7a7a", linestyle=":", label="rows with both classes")
axis.set(xlabel="confidence", ylabel="share of rows", ylim=(0, 1.02))
axis.legend(frameon=False)
axis.spines[["top", "right"]].set_visible(False)
plt.show()
