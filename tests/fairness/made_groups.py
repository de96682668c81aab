"""A made table in which groups and labels are related, for samplers and weighers."""

import numpy as np
import pandas as pd


def related(n_rows=600, n_groups=2, n_classes=2, seed=0):
    """Numbers, groups 0, 1, ... and labels 0, 1, ...; higher groups have higher labels."""
    rng = np.random.RandomState(seed)
    group = rng.randint(n_groups, size=n_rows)
    pull = rng.normal(size=n_rows) + 0.8 * group / max(1, n_groups - 1)
    y = np.searchsorted(np.quantile(pull, np.arange(1, n_classes) / n_classes), pull)
    X = rng.normal(size=(n_rows, 3)) + np.column_stack([y, group, 0 * y])
    return X, y, group


def related_frame(n_rows=600, seed=0):
    """The same as a dataframe with a nominal sensitive column, a nominal one, and gaps."""
    X, y, group = related(n_rows, seed=seed)
    rng = np.random.RandomState(seed + 1)
    frame = pd.DataFrame(
        {
            "sex": pd.Categorical(np.array(["f", "m"])[group]),
            "score": X[:, 0],
            "height": np.where(rng.uniform(size=n_rows) < 0.1, np.nan, X[:, 1]),
            "town": pd.Categorical(rng.choice(["north", "south", "west"], size=n_rows)),
            "member": rng.randint(2, size=n_rows),
        }
    )
    return frame, y, group


def rates(y, group, weight=None):
    """Share of each class (columns) in each group (rows)."""
    weight = np.ones(len(y)) if weight is None else weight
    table = np.zeros((group.max() + 1, int(y.max()) + 1))
    np.add.at(table, (group, y), weight)
    return table / table.sum(axis=1, keepdims=True)
