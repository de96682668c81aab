"""Samplers that drop rows of large classes."""

from imbalance_kit.under_sampling._cascade import BalanceCascadeUnderSampler
from imbalance_kit.under_sampling._cleaning_rule import NeighbourhoodCleaningRule
from imbalance_kit.under_sampling._clusters import ClusterCentroids, SubclassUnderSampler
from imbalance_kit.under_sampling._condensed import CondensedNearestNeighbour, OneSidedSelection
from imbalance_kit.under_sampling._edited import (
    AllKNN,
    EditedNearestNeighbours,
    RepeatedEditedNearestNeighbours,
)
from imbalance_kit.under_sampling._hardness_threshold import InstanceHardnessThreshold
from imbalance_kit.under_sampling._near_miss import NearMiss
from imbalance_kit.under_sampling._random import RandomUnderSampler
from imbalance_kit.under_sampling._row_limit import RowLimit
from imbalance_kit.under_sampling._self_paced import SelfPacedUnderSampler
from imbalance_kit.under_sampling._tomek import TomekLinks

__all__ = [
    "AllKNN",
    "BalanceCascadeUnderSampler",
    "ClusterCentroids",
    "CondensedNearestNeighbour",
    "EditedNearestNeighbours",
    "InstanceHardnessThreshold",
    "NearMiss",
    "NeighbourhoodCleaningRule",
    "OneSidedSelection",
    "RandomUnderSampler",
    "RepeatedEditedNearestNeighbours",
    "RowLimit",
    "SelfPacedUnderSampler",
    "SubclassUnderSampler",
    "TomekLinks",
]
