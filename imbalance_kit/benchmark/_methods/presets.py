"""Published protocols by name: their methods, splits, sizes and search.

A preset names methods and learners by the registry's names, and nothing else of them. Tables
go in as in every run: numbers standardised and nominal columns one-hot inside the fold, while
learners that take missing values and nominal columns themselves keep them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from imbalance_kit.benchmark._methods.learners import Learner
from imbalance_kit.benchmark._methods.search_settings import Search


@dataclass(frozen=True)
class Preset:
    """A protocol by name.

    Attributes
    ----------
    name : str
    methods, learners : tuple of str
        Names in the registry.
    folds, repeats : int
        Stratified folds, and how often they are drawn.
    ensemble_size : int
        Learners in an ensemble. Ensembles of boosted trees, each of them a hundred trees already,
        keep the size of the default run.
    search : Search
        Search of each method and learner inside the training part.
    bootstraps : int
        Refits on bootstrap samples for the stability of predictions.
    about : str
        What it is for, in a sentence or two.

    Examples
    --------
    >>> from imbalance_kit.benchmark._methods.presets import PRESETS
    >>> PRESETS["climb"].search
    Search(trials=100, seconds=None, folds=3, metric='auprc')
    """

    name: str
    methods: tuple[str, ...]
    learners: tuple[str, ...]
    folds: int
    repeats: int
    ensemble_size: int
    search: Search
    bootstraps: int
    about: str

    def sized(self, pairs: Iterable[tuple[Any, Learner]]) -> list[tuple[Any, Learner]]:
        """Pairs with the ensemble size of the preset.

        Parameters
        ----------
        pairs : iterable of (Method, Learner)

        Returns
        -------
        list of (Method, Learner)
        """
        return [
            (
                method,
                learner if learner.native else replace(learner, ensemble_size=self.ensemble_size),
            )
            for method, learner in pairs
        ]


_UNDER_SAMPLING = (
    "random under-sampling",
    "cluster centroids",
    "instance hardness threshold",
    "NearMiss",
)
_CLEANING = (
    "Tomek links",
    "ENN",
    "repeated ENN",
    "AllKNN",
    "one-sided selection",
    "neighbourhood cleaning rule",
)
_OVER_SAMPLING = (
    "random over-sampling",
    "SMOTE",
    "Borderline-SMOTE",
    "SVM-SMOTE",
    "ADASYN",
)
_UNDER_SAMPLING_ENSEMBLES = (
    "self-paced ensemble",
    "balance cascade",
    "balanced random forest",
    "EasyEnsemble",
    "RUSBoost",
    "under-bagging",
)
_OVER_SAMPLING_ENSEMBLES = (
    "OverBoost",
    "SMOTEBoost",
    "over-bagging",
    "SMOTE-bagging",
)
_COST_SENSITIVE = (
    "class weight",
    "AdaCost",
    "AdaUBoost",
    "AsymBoost",
)
CLIMB_METHODS = (
    *_UNDER_SAMPLING,
    *_CLEANING,
    *_OVER_SAMPLING,
    *_UNDER_SAMPLING_ENSEMBLES,
    *_OVER_SAMPLING_ENSEMBLES,
    *_COST_SENSITIVE,
)
# What stands beside them in a fair comparison: the same number of trees without any balancing,
# decisions that are tuned, and probabilities that are put right.
FAIR_METHODS = (
    "bagging",
    "threshold",
    "random under-sampling, recalibrated",
    "temperature scaling",
    "Venn-Abers",
)

_SEARCH = Search(trials=100)

PRESETS: dict[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            name="climb",
            methods=("none", *CLIMB_METHODS),
            learners=("tree",),
            folds=5,
            repeats=1,
            ensemble_size=100,
            search=_SEARCH,
            bootstraps=0,
            about="The 29 algorithms of CLIMB on one decision tree, ensembles of 100, 100 trials "
            "of search, five stratified folds.",
        ),
        Preset(
            name="fair",
            methods=("none", *CLIMB_METHODS, *FAIR_METHODS),
            learners=("tree", "forest", "extra trees", "lightgbm", "logistic regression"),
            folds=5,
            repeats=1,
            ensemble_size=100,
            search=_SEARCH,
            bootstraps=5,
            about="What CLIMB lacks beside what it has: bags and forests of the same size, class "
            "weights and tuned thresholds for every learner, strong learners, calibrated "
            "probabilities, and stability over bootstrap samples.",
        ),
    )
}
