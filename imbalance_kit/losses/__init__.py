"""Losses for rare classes as LightGBM objectives, and the classifier that carries them."""

from imbalance_kit.losses._classifier import ImbalancedLGBMClassifier
from imbalance_kit.losses._cross_entropy import ClassBalancedLoss, CrossEntropyLoss
from imbalance_kit.losses._focal import AsymmetricLoss, FocalLoss
from imbalance_kit.losses._margins import BalancedSoftmaxLoss, LDAMLoss, LogitAdjustedLoss
from imbalance_kit.losses._overlap import DiceLoss, TverskyLoss
from imbalance_kit.losses._shapes import AlphaLoss, Poly1Loss, PriorResistantLoss

__all__ = [
    "AlphaLoss",
    "AsymmetricLoss",
    "BalancedSoftmaxLoss",
    "ClassBalancedLoss",
    "CrossEntropyLoss",
    "DiceLoss",
    "FocalLoss",
    "ImbalancedLGBMClassifier",
    "LDAMLoss",
    "LogitAdjustedLoss",
    "Poly1Loss",
    "PriorResistantLoss",
    "TverskyLoss",
]
