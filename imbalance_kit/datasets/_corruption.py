"""Corruption with fixed seeds: labels flipped, values or rows of the smallest class removed.

What a table loses is a function of its name and the kind of corruption. Amounts of one kind are
nested: the labels flipped at 10 % are among those flipped at 20 %.
"""

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd


def share_of(count: int, percent: int) -> int:
    """Return a percentage of a count, to the nearest whole number."""
    return (percent * count + 50) // 100


def quotient_of(count: int, divisor: int) -> int:
    """Return a count over a divisor, to the nearest whole number."""
    return (2 * count + divisor) // (2 * divisor)


def smallest_class(y: "pd.Series") -> Any:
    """Return the label with the fewest rows; of several the first in order."""
    rows = y.value_counts()
    return min(rows.index, key=lambda label: (rows[label], label))


def with_noise(y: "pd.Series", name: str, percent: int) -> "pd.Series":
    """Return labels of which some of the smallest class are another class's, drawn by its share."""
    rng = _rng(name, "noise")
    label = smallest_class(y)
    class_rows = np.flatnonzero(y == label)
    shares = y[y != label].value_counts(normalize=True).sort_index()
    order = rng.permutation(class_rows)
    drawn = rng.choice(len(shares), size=len(class_rows), p=shares.to_numpy())
    n_flipped = share_of(len(class_rows), percent)
    noisy = y.copy()
    noisy.iloc[order[:n_flipped]] = shares.index.to_numpy()[drawn[:n_flipped]]
    return noisy


def with_missing(X: "pd.DataFrame", name: str, percent: int) -> "pd.DataFrame":
    """Return a table that lacks a percentage of the values it had, whichever column they are in."""
    missing = X.isna().to_numpy()
    present = np.flatnonzero(~missing)
    order = _rng(name, "missing").permutation(present)
    emptied = np.zeros(missing.size, dtype=bool)
    emptied[order[: share_of(len(present), percent)]] = True
    emptied = emptied.reshape(missing.shape)
    columns = {column: X[column].mask(emptied[:, at]) for at, column in enumerate(X.columns)}
    return type(X)(columns, index=X.index)


def rows_kept(y: "pd.Series", name: str, n_kept: int) -> NDArray[np.bool_]:
    """Return which rows stay when the smallest class keeps so many of its rows."""
    class_rows = np.flatnonzero(y == smallest_class(y))
    kept = np.ones(len(y), dtype=bool)
    kept[_rng(name, "imbalance").permutation(class_rows)[n_kept:]] = False
    return kept


def _rng(name: str, kind: str) -> np.random.RandomState:
    digest = hashlib.blake2b(f"{kind}|{name}".encode(), digest_size=4).digest()
    return np.random.RandomState(int.from_bytes(digest, "big"))
