"""Real tables with rare classes, the user's own, and made ones."""

from imbalance_kit.datasets._catalogue import list_suites, load_suite
from imbalance_kit.datasets._dataset import Dataset
from imbalance_kit.datasets._fairness import (
    FairnessData,
    load_adult,
    load_compas,
    load_german,
    make_biased,
)
from imbalance_kit.datasets._folder import load_folder
from imbalance_kit.datasets._made import make_imbalance, make_long_tail

__all__ = [
    "Dataset",
    "FairnessData",
    "list_suites",
    "load_adult",
    "load_compas",
    "load_folder",
    "load_german",
    "load_suite",
    "make_biased",
    "make_imbalance",
    "make_long_tail",
]
