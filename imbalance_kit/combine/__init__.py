"""Samplers one after another: chains of any, and the two that are known by name."""

from imbalance_kit.combine._chain import Chain
from imbalance_kit.combine._smote import SMOTEENN, SMOTETomek

__all__ = ["SMOTEENN", "Chain", "SMOTETomek"]
