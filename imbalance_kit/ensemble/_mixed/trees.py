"""Trees of scikit-learn that are grown whole: extra trees, and those of a random forest."""

from abc import abstractmethod
from typing import Self

import numpy as np
from sklearn.tree import DecisionTreeClassifier, ExtraTreeClassifier

from imbalance_kit._tables.rows import take_rows
from imbalance_kit._threads import each_in_threads
from imbalance_kit.ensemble._mixed.drawing import rows_at_most
from imbalance_kit.ensemble._mixed.views import LabelledView, View

# Rows of one class in a tree: all up to the first number, never more than the second.
_FEWEST, _MOST, _PER_RARE = 10_000, 50_000, 20
# Columns that splits choose from, tree by tree: few of them where many columns tell something,
# a quarter of them where most are noise.
_COLUMNS = ("sqrt", 0.25)


class WholeTrees:
    """Trees whose class shares are averaged.

    Attributes
    ----------
    trees : list
        Fitted. On large tables each of them has seen other rows of the large classes.
    """

    name: str
    certainty = 1.0
    trees: list[DecisionTreeClassifier]

    def fit(self, train: LabelledView, *, seeds: list[int], n_threads: int) -> Self:
        """Grow a tree for each seed."""
        Z, y_encoded, weight = train.float32, train.y_encoded, train.weight
        # Checks take as long as a tree of few rows; where there is something to find, they find it.
        complete = isinstance(Z, np.ndarray) and not np.isnan(Z).any()
        counts = np.bincount(y_encoded)
        most = min(max(_PER_RARE * int(counts[counts > 0].min()), _FEWEST), _MOST)

        def grow(place: int) -> DecisionTreeClassifier:
            rng = np.random.RandomState(seeds[place])
            rows, weights = rows_at_most(y_encoded, weight, most, rng)
            rows, weights = self._drawn(rows, weights, len(y_encoded), rng)
            tree = self._tree(place, seeds[place])
            if rows is None:
                return tree.fit(Z, y_encoded, sample_weight=weights, check_input=not complete)
            return tree.fit(
                take_rows(Z, rows), y_encoded[rows], sample_weight=weights, check_input=not complete
            )

        self.trees = each_in_threads(grow, range(len(seeds)), n_threads)
        return self

    def predict_proba(self, view: View, n_classes: int) -> np.ndarray:
        """Mean of the trees' class shares; a class that a tree has not seen has none."""
        total = np.zeros((view.float32.shape[0], n_classes))
        for tree in self.trees:
            total[:, tree.classes_] += tree.predict_proba(view.float32, check_input=False)
        return total / len(self.trees)

    def importances(self, view: View) -> np.ndarray:
        """Decrease of the impurity in the splits of each column."""
        return np.sum([tree.feature_importances_ for tree in self.trees], axis=0)

    def _drawn(
        self,
        rows: np.ndarray | None,
        weight: np.ndarray | None,
        n_rows: int,
        rng: np.random.RandomState,
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        """Rows of a tree, of those it may see, and their weights."""
        return rows, weight

    @abstractmethod
    def _tree(self, place: int, seed: int) -> DecisionTreeClassifier:
        """An unfitted tree."""


class ExtraTrees(WholeTrees):
    """Extra trees: random thresholds, all rows."""

    name = "extra trees"

    def _tree(self, place: int, seed: int) -> DecisionTreeClassifier:
        return ExtraTreeClassifier(max_features=_COLUMNS[place % len(_COLUMNS)], random_state=seed)


class ForestTrees(WholeTrees):
    """Trees of a random forest: the best thresholds, rows drawn with replacement."""

    name = "random forest"

    def _drawn(
        self,
        rows: np.ndarray | None,
        weight: np.ndarray | None,
        n_rows: int,
        rng: np.random.RandomState,
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        rows = np.arange(n_rows) if rows is None else rows
        places = rng.randint(len(rows), size=len(rows))
        return rows[places], None if weight is None else weight[places]

    def _tree(self, place: int, seed: int) -> DecisionTreeClassifier:
        return DecisionTreeClassifier(max_features="sqrt", random_state=seed)
