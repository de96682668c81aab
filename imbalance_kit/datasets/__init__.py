"""Real tables with rare classes, the user's own, harder variants of both, and made ones."""

from imbalance_kit.datasets._catalogue import list_suites, load_suite
from imbalance_kit.datasets._dataset import Dataset, LoadedTable
from imbalance_kit.datasets._fairness import (
    FairnessData,
    load_adult,
    load_compas,
    load_german,
    make_biased,
)
from imbalance_kit.datasets._folder import load_folder
from imbalance_kit.datasets._stress import stressed
from imbalance_kit.datasets._synthetic import make_imbalance, make_long_tail

__all__ = [
    "Dataset",
    "FairnessData",
    "LoadedTable",
    "list_suites",
    "load_adult",
    "load_compas",
    "load_folder",
    "load_german",
    "load_suite",
    "make_biased",
    "make_imbalance",
    "make_long_tail",
    "stressed",
]
