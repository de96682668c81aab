"""
A table that does not fit into memory
=====================================

Most rows of a table with a rare class are of the large class, and a self-paced ensemble draws few
of these. So it does not need the table in memory: it reads the labels, which are one number per
row, then all rows of the small class and a pool of the large one, and later it predicts block by
block. This example writes a Parquet file of synthetic rows, fits and predicts from its path, and
shows what was read into memory.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, precision_recall_curve

from imbalance_kit.ensemble import SelfPacedEnsembleClassifier


def synthetic_rows(n_rows, seed):
    """One row in 300 belongs to the small class, which lies at the edge of the large one."""
    rng = np.random.default_rng(seed)
    y = (rng.random(n_rows) < 1 / 300).astype(np.int8)
    X = rng.standard_normal((n_rows, 10), dtype=np.float32)
    X[y == 1, :4] += 1.2
    return pd.DataFrame(X, columns=[f"x{number}" for number in range(10)]).assign(fraud=y)


folder = tempfile.TemporaryDirectory()
train, test = (Path(folder.name) / name for name in ("train.parquet", "test.parquet"))
synthetic_rows(600_000, seed=0).to_parquet(train, row_group_size=50_000)
synthetic_rows(200_000, seed=1).to_parquet(test, row_group_size=50_000)

# %%
# X is the path, y the name of the label column; the other columns are the features. A folder of
# Parquet files, a ``numpy.memmap`` and a dask array or dataframe work alike, and
# :class:`~imbalance_kit.ensemble.UnderBaggingClassifier` and
# :class:`~imbalance_kit.ensemble.BalanceCascadeClassifier` take them, too.

model = SelfPacedEnsembleClassifier(n_estimators=20, random_state=0).fit(train, "fraud")
proba = model.predict_proba(test)[:, 1]

# %%
# Only the rows that may be drawn were read into memory. ``pool_size`` sets their number; "auto"
# keeps at least 100,000 of a large class. The model is the same as for the table in memory with the
# same seed.

y_train = pd.read_parquet(train, columns=["fraud"])["fraud"].to_numpy()
y_test = pd.read_parquet(test, columns=["fraud"])["fraud"].to_numpy()
n_small = int(y_train.sum())
kept = {
    "in the file": np.array([len(y_train) - n_small, n_small]),
    "in memory": np.array([100_000, n_small]),
    "drawn in a round": np.bincount(y_train[model.estimators_samples_[0]]),
}
for where, (large, small) in kept.items():
    print(f"{where:18}{large:>9,} rows of the large class, {small:,} of the small one")

# %%
# Every row of the file is predicted, but only one block of it is in memory at a time.

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
places = np.arange(len(kept))
for number, (name, colour) in enumerate([("large class", "#5b8fc7"), ("small class", "#f08a24")]):
    heights = [rows[number] for rows in kept.values()]
    left.bar(places + 0.4 * number, heights, 0.4, color=colour, label=name)
left.set_xticks(places + 0.2, list(kept))
left.set(yscale="log", ylabel="rows")
left.legend(frameon=False)

precision, recall, _ = precision_recall_curve(y_test, proba)
average = average_precision_score(y_test, proba)
right.plot(recall, precision, color="#5b8fc7")
right.axhline(y_test.mean(), color="grey", linewidth=1)
right.set(xlabel="recall", ylabel="precision", title=f"average precision {average:.2f}")
plt.show()
folder.cleanup()

# %%
# On the left, the rows by class on a logarithmic scale: the file, what was read into memory, and
# what one learner is trained on. On the right, precision and recall on the second file; the grey
# line is the share of the small class, the precision of a guess.
