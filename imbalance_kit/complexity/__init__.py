"""How hard a table is: types of rare rows, complexity measures, hardness, meta-features."""

from imbalance_kit.complexity._instance_hardness import instance_hardness, k_disagreeing_neighbors
from imbalance_kit.complexity._measures import Complexity, complexity_measures
from imbalance_kit.complexity._meta import meta_features
from imbalance_kit.complexity._row_types import MinorityTypes, minority_types

__all__ = [
    "Complexity",
    "MinorityTypes",
    "complexity_measures",
    "instance_hardness",
    "k_disagreeing_neighbors",
    "meta_features",
    "minority_types",
]
