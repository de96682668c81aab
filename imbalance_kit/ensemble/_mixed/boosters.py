"""Boosted trees of LightGBM, which end where held-out rows no longer gain."""

from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np

from imbalance_kit.ensemble._mixed.views import BINNING, LabelledView, View

# A round has a tree for each class: beyond so many, rounds are fewer and learn more each.
MANY_CLASSES = 10
_MOST_TREES = 2_000  # of a booster with so many classes


@dataclass(frozen=True)
class BoosterKind:
    """How boosted trees are grown.

    Attributes
    ----------
    name : str
        For messages and figures.

    parameters : dict
        LightGBM's.

    statistics : bool
        Whether nominal columns are read as statistics of the target instead of as levels.

    rounds_alone : int
        Rounds at most where no rows can be held out.
    """

    name: str
    parameters: dict[str, Any]
    statistics: bool
    rounds_alone: int


KINDS = (
    # Small leaves at random thresholds: a few rare rows can stand alone without overfitting.
    BoosterKind(
        "boosters, random thresholds",
        {
            "num_leaves": 15,
            "min_data_in_leaf": 5,
            "lambda_l2": 1.0,
            "learning_rate": 0.1,
            "extra_trees": True,
            "feature_fraction": 0.8,
        },
        statistics=False,
        rounds_alone=100,
    ),
    BoosterKind(
        "boosters, best thresholds",
        {
            "num_leaves": 31,
            "min_data_in_leaf": 10,
            "lambda_l2": 1.0,
            "learning_rate": 0.05,
            "feature_fraction": 0.8,
            "bagging_freq": 1,
            "bagging_fraction": 0.9,
        },
        statistics=True,
        rounds_alone=80,
    ),
    # All columns and rows in every tree: a rule without noise is found as it is.
    BoosterKind(
        "boosters, small trees",
        {"num_leaves": 8, "min_data_in_leaf": 3, "lambda_l2": 1.0, "learning_rate": 0.1},
        statistics=False,
        rounds_alone=80,
    ),
)


class BoostedTrees:
    """Boosters of one kind, trained on the same rows; their probabilities are averaged.

    Parameters
    ----------
    kind : BoosterKind
        How they are grown.

    Attributes
    ----------
    boosters : list of lightgbm.Booster
        Fitted.
    """

    # Boosters may be more certain than shares of rows in leaves.
    certainty = 1e-2

    def __init__(self, kind: BoosterKind) -> None:
        self.kind = kind
        self.name = kind.name
        self.boosters: list[lightgbm.Booster] = []

    def fit(
        self,
        train: LabelledView,
        held_out: LabelledView | None,
        *,
        n_classes: int,
        n_rounds: int,
        patience: int | None,
        n_threads: int,
        seeds: list[int],
    ) -> "BoostedTrees":
        """Train a booster for each seed.

        It ends after `patience` rounds that lower the log loss on the rows held out no more; None
        trains all `n_rounds`.
        """
        task: dict[str, Any] = {"objective": "binary", "metric": "binary_logloss"}
        if n_classes > 2:
            task = {"objective": "multiclass", "metric": "multi_logloss", "num_class": n_classes}
        table = train.binned_statistics if self.kind.statistics else train.binned_levels
        if n_classes > MANY_CLASSES:
            n_rounds = min(n_rounds, max(1, _MOST_TREES // n_classes))
            patience = None if patience is None else -(-patience // 3)
        checks: dict[str, Any] = {}
        if patience is not None and held_out is not None:
            stop = lightgbm.early_stopping(patience, verbose=False)
            checks = {
                "valid_sets": [
                    held_out.binned_statistics if self.kind.statistics else held_out.binned_levels
                ],
                "callbacks": [stop],
            }
        elif patience is not None:
            n_rounds = min(n_rounds, self.kind.rounds_alone)
        parameters = BINNING | self.kind.parameters | task | {"num_threads": n_threads}
        if n_classes > MANY_CLASSES:
            parameters["learning_rate"] *= 2
        for seed in seeds:
            booster = lightgbm.train(parameters | {"seed": seed}, table, n_rounds, **checks)
            self.boosters.append(booster.free_dataset())
        return self

    @property
    def rounds(self) -> list[int]:
        """Rounds of each booster."""
        return [
            b.best_iteration if b.best_iteration > 0 else b.current_iteration()
            for b in self.boosters
        ]

    def predict_proba(self, view: View, n_classes: int) -> np.ndarray:
        """Probabilities of shape (n_rows, n_classes)."""
        Z = view.with_statistics if self.kind.statistics else view.Z
        proba = np.mean([booster.predict(Z, num_threads=1) for booster in self.boosters], axis=0)
        return proba if proba.ndim == 2 else np.column_stack([1.0 - proba, proba])

    def importances(self, view: View) -> np.ndarray:
        """Gain of the splits of each column."""
        gains = np.sum(
            [b.feature_importance("gain", iteration=b.best_iteration) for b in self.boosters],
            axis=0,
        )
        return view.statistics.summed(gains) if self.kind.statistics else gains
