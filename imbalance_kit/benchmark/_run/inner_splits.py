"""Splits inside of a method that respect what the outer split does: groups of rows, and time.

A method that tunes a threshold or calibrates on held-out rows would else hold out rows of groups
it has learned from, or rows earlier than those it has learned from, and be too sure of itself.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.model_selection import check_cv

from imbalance_kit._split_layout import Layout, Rows
from imbalance_kit.benchmark._methods.pipelines import StratifiedHoldOut


class LayoutSplits:
    """A splitter for the rows of one fit, as scikit-learn takes it in the place of a number.

    Where a single part is held out it holds out whole groups, or the latest rows. Folds are of
    whole groups; in time they are stretches of rows that follow each other, since out-of-fold
    predictions need each row in one fold.

    Parameters
    ----------
    layout : Layout
        Of the rows that are fitted.
    plain : int, splitter or None
        What the method has by itself. It stays in use where the rows are others, such as after
        re-sampling, or where there are too few groups or times.
    seed : int
    """

    def __init__(self, layout: Layout, plain: Any, seed: int):
        self.layout = layout
        self.plain = plain
        self.seed = seed

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """As many as the method has by itself."""
        return int(check_cv(self.plain, y, classifier=y is not None).get_n_splits(X, y, groups))

    def split(self, X: Any, y: Any = None, groups: Any = None) -> Iterator[tuple[Rows, Rows]]:
        """Positions of rows to learn from and to hold out."""
        yield from self._splits(X, y) or check_cv(self.plain, y, classifier=True).split(X, y)

    def _splits(self, X: Any, y: Any) -> list[tuple[Rows, Rows]]:
        rows = np.arange(len(self.layout.y))
        n_given = X.shape[0] if hasattr(X, "shape") else len(X)
        if n_given != len(rows):
            return []
        rng = np.random.RandomState(self.seed)
        units = self.layout.groups if self.layout.time is None else self.layout.time
        n_units = 0 if units is None else len(np.unique(units))
        if isinstance(self.plain, StratifiedHoldOut):
            if n_units < 2 or (self.layout.time is None and n_units < round(1 / self.plain.share)):
                return []
            split = self.layout.part(rows, self.plain.share, rng)
            return [split] if all(map(len, split)) else []
        n_folds = self.get_n_splits(X, y)
        if n_units < n_folds:
            return []
        if self.layout.time is None:
            return list(self.layout.folds(rows, n_folds, rng))
        return self._stretches(rows, n_folds)

    def _stretches(self, rows: Rows, n_folds: int) -> list[tuple[Rows, Rows]]:
        time = self.layout.time
        if time is None:
            raise ValueError("Stretches need the times of the rows.")
        # a moment belongs to the stretch in which its first row stands
        _, first, moment = np.unique(np.sort(time), return_index=True, return_inverse=True)
        fold_of_rank = (first * n_folds // len(rows))[moment]
        fold = np.empty(len(rows), dtype=np.intp)
        fold[np.argsort(time, kind="stable")] = fold_of_rank
        splits = []
        for number in np.unique(fold):
            held_out = rows[fold == number]
            training = rows[fold != number]
            if self.layout.groups is not None:
                shared = np.isin(self.layout.groups[training], self.layout.groups[held_out])
                training = training[~shared]
            splits.append((training, held_out))
        return splits if len(splits) > 1 and all(len(kept) for kept, _ in splits) else []


def respect_layout(model: Any, layout: Layout, seed: int) -> Any:
    """The model with splitters that respect the layout in the place of those that it has.

    Parameters
    ----------
    model : estimator
        Unfitted; changed in place.
    layout : Layout
        Of the rows that it is fitted to.
    seed : int
    """
    if layout.groups is None and layout.time is None:
        return model
    known = model.get_params(deep=True)
    # a sampler that looks for hard rows takes a number alone, and decides nothing by what it finds
    found = {
        name: known[name]
        for name in known
        if name == "cv" or (name.endswith("__cv") and not name.endswith("sampler__cv"))
    }
    return model.set_params(
        **{name: LayoutSplits(layout, plain, seed) for name, plain in found.items()}
    )
