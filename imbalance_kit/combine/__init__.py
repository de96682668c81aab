"""Samplers one after another: chains of any, and two with names of their own."""

from imbalance_kit.combine._chain import Chain
from imbalance_kit.combine._smote import SMOTEENN, SMOTETomek

__all__ = ["SMOTEENN", "Chain", "SMOTETomek"]
