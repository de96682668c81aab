"""Real tables with rare classes, the user's own, and made ones."""

from imbalance_kit.datasets._catalogue import list_suites, load_suite
from imbalance_kit.datasets._dataset import Dataset
from imbalance_kit.datasets._folder import load_folder
from imbalance_kit.datasets._made import make_imbalance, make_long_tail

__all__ = [
    "Dataset",
    "list_suites",
    "load_folder",
    "load_suite",
    "make_imbalance",
    "make_long_tail",
]
