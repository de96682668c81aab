"""The models of one fold: all kinds, trained on the same rows."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any, Protocol

import lightgbm
import numpy as np

from imbalance_kit.ensemble._mixed.boosters import KINDS as BOOSTERS
from imbalance_kit.ensemble._mixed.boosters import BoostedTrees
from imbalance_kit.ensemble._mixed.level_statistics import LevelStatistics
from imbalance_kit.ensemble._mixed.linear import LinearModel
from imbalance_kit.ensemble._mixed.trees import ExtraTrees, ForestTrees
from imbalance_kit.ensemble._mixed.views import LabelledView, View

_SEEDS = np.iinfo(np.int32).max


class Kind(Protocol):
    """A fitted model of one kind.

    Attributes
    ----------
    name : str
        For users.

    certainty : float
        How far below the least share of rows its probabilities may be, as a factor.
    """

    name: str
    certainty: float

    def predict_proba(self, view: View, n_classes: int) -> np.ndarray:
        """Probabilities of shape (n_rows, n_classes); a class it has not seen has none."""

    def importances(self, view: View) -> np.ndarray:
        """Importance of each column of the table, on a scale of its own."""


@dataclass(frozen=True)
class FoldSettings:
    """What is trained on each fold.

    Attributes
    ----------
    n_classes, n_nominal : int
        Of the table; nominal columns are the last ones.

    n_boosters, n_rounds : int
        Boosters, which are of the kinds in turn, and their rounds at most.

    patience : int or None
        Rounds without a gain on held-out rows that end a booster; None trains all rounds.

    n_extra_trees, n_forest_trees : int
        Trees of a fold.

    kinds : list of str
        Names of the kinds that are trained, of those there could be.

    lowest : float
        Least probability that a share of rows may give; no single kind has a veto.

    n_threads : int
        That train the models of a fold.
    """

    n_classes: int
    n_nominal: int
    n_boosters: int
    n_rounds: int
    patience: int | None
    n_extra_trees: int
    n_forest_trees: int
    kinds: list[str]
    lowest: float
    n_threads: int


@dataclass(frozen=True)
class FoldModels:
    """Fitted models of one fold.

    Attributes
    ----------
    statistics : LevelStatistics
        Of the nominal columns.

    kinds : list
        The models, one of each kind that is not left out, in the order of `FoldSettings.kinds`.

    settings : FoldSettings
        What was trained.
    """

    statistics: LevelStatistics
    kinds: list[Kind]
    settings: FoldSettings

    @property
    def names(self) -> list[str]:
        """Of the kinds."""
        return [kind.name for kind in self.kinds]

    def log_proba(self, view: View) -> np.ndarray:
        """Log probabilities of shape (n_kinds, n_rows, n_classes)."""
        found = []
        for kind in self.kinds:
            lowest = self.settings.lowest * kind.certainty
            proba = kind.predict_proba(view, self.settings.n_classes)
            found.append(np.log(np.clip(proba, lowest, 1.0 - lowest)))
        return np.array(found)

    def importances(self, view: View) -> dict[str, np.ndarray]:
        """Importance of each column to each kind; sums are one."""
        found = {kind.name: kind.importances(view) for kind in self.kinds}
        return {name: values / (values.sum() or 1.0) for name, values in found.items()}


@dataclass(frozen=True)
class TrainedFold:
    """What came of the training of a fold.

    Attributes
    ----------
    models : FoldModels
        Fitted.

    log_proba : ndarray of shape (n_kinds, n_held_out, n_classes) or None
        Log probabilities of the rows held out.

    importances : dict of ndarray
        Importance of each column to each kind.
    """

    models: FoldModels
    log_proba: np.ndarray | None
    importances: dict[str, np.ndarray]

    def only(self, names: Collection[str]) -> "TrainedFold":
        """The same without the other kinds."""
        places = [k for k, name in enumerate(self.models.names) if name in names]
        models = replace(self.models, kinds=[self.models.kinds[k] for k in places])
        log_proba = None if self.log_proba is None else self.log_proba[places]
        return replace(self, models=models, log_proba=log_proba)


def trained_fold(
    settings: FoldSettings,
    Z: Any,
    y_encoded: np.ndarray,
    weight: np.ndarray | None,
    levels: lightgbm.Dataset,
    rows: np.ndarray | None,
    held_out: np.ndarray | None,
    seed: int,
) -> TrainedFold:
    """Train the models of a fold.

    Parameters
    ----------
    settings : FoldSettings
        What is trained.

    Z, y_encoded, weight : arrays
        The whole table, positions of classes, weights or None.

    levels : Dataset
        The whole table in LightGBM's bins.

    rows : ndarray or None
        Training rows; None for all.

    held_out : ndarray or None
        Rows held out, if any.

    seed : int
        Of everything that is drawn.
    """
    rng = np.random.RandomState(seed)

    def seeds(count: int) -> list[int]:
        return rng.randint(_SEEDS, size=count).tolist()

    n_classes, n_threads = settings.n_classes, settings.n_threads
    statistics = LevelStatistics(settings.n_nominal, n_classes, seeds(1)[0])

    def labelled(part: np.ndarray | None, trained_on: LabelledView | None) -> LabelledView:
        own, labels, bins = Z, y_encoded, levels
        if part is not None:
            own, labels, bins = Z[part], y_encoded[part], levels.subset(part.tolist())
        return LabelledView(
            own,
            statistics,
            statistics.fit_transform(own, labels) if trained_on is None else None,
            y_encoded=labels,
            weight=weight if part is None or weight is None else weight[part],
            binned_levels=bins,
            trained_on=trained_on,
        )

    train = labelled(rows, None)
    checked = None if held_out is None else labelled(held_out, train)
    kinds: list[Kind] = []
    for place, kind in enumerate(BOOSTERS):
        count = len(range(place, settings.n_boosters, len(BOOSTERS)))
        of_kind = seeds(count)  # drawn in any case, so that other kinds do not change
        if count and kind.name in settings.kinds:
            boosted = BoostedTrees(kind).fit(
                train,
                checked,
                n_classes=n_classes,
                n_rounds=settings.n_rounds,
                patience=settings.patience,
                n_threads=n_threads,
                seeds=of_kind,
            )
            kinds.append(boosted)
    for trees, count in (
        (ExtraTrees(), settings.n_extra_trees),
        (ForestTrees(), settings.n_forest_trees),
    ):
        of_kind = seeds(count)
        if trees.name in settings.kinds:
            kinds.append(trees.fit(train, seeds=of_kind, n_threads=n_threads))
    if LinearModel.name in settings.kinds:
        kinds.append(LinearModel().fit(train, seed=seeds(1)[0]))
    models = FoldModels(statistics, kinds, settings)
    return TrainedFold(
        models,
        None if checked is None else models.log_proba(checked),
        models.importances(train),
    )
