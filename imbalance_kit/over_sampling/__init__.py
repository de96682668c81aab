"""Samplers that add rows to small classes."""

from imbalance_kit.over_sampling._random import RandomOverSampler
from imbalance_kit.over_sampling._smote import SMOTE

__all__ = ["SMOTE", "RandomOverSampler"]
