"""Samplers that drop rows of large classes."""

from imbalance_kit.under_sampling._random import RandomUnderSampler
from imbalance_kit.under_sampling._self_paced import SelfPacedUnderSampler
from imbalance_kit.under_sampling._tomek import TomekLinks

__all__ = ["RandomUnderSampler", "SelfPacedUnderSampler", "TomekLinks"]
