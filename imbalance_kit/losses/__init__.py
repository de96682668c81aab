"""Losses for rare classes as objectives of LightGBM, XGBoost and CatBoost, and classifiers."""

from imbalance_kit.losses._catboost import CatBoostObjective, ImbalancedCatBoostClassifier
from imbalance_kit.losses._classifier import ImbalancedLGBMClassifier
from imbalance_kit.losses._cross_entropy import ClassBalancedLoss, CrossEntropyLoss
from imbalance_kit.losses._focal import AsymmetricLoss, FocalLoss
from imbalance_kit.losses._margins import BalancedSoftmaxLoss, LDAMLoss, LogitAdjustedLoss
from imbalance_kit.losses._overlap import DiceLoss, TverskyLoss
from imbalance_kit.losses._shapes import AlphaLoss, Poly1Loss, PriorResistantLoss
from imbalance_kit.losses._xgboost import ImbalancedXGBClassifier, XGBoostObjective

__all__ = [
    "AlphaLoss",
    "AsymmetricLoss",
    "BalancedSoftmaxLoss",
    "CatBoostObjective",
    "ClassBalancedLoss",
    "CrossEntropyLoss",
    "DiceLoss",
    "FocalLoss",
    "ImbalancedCatBoostClassifier",
    "ImbalancedLGBMClassifier",
    "ImbalancedXGBClassifier",
    "LDAMLoss",
    "LogitAdjustedLoss",
    "Poly1Loss",
    "PriorResistantLoss",
    "TverskyLoss",
    "XGBoostObjective",
]
