"""Ensembles that choose, round by round, which rows to learn from."""

from imbalance_kit._pickled_rows import rows_in_pickles
from imbalance_kit.ensemble._adacost import AdaCostClassifier
from imbalance_kit.ensemble._bagging import OverBaggingClassifier, UnderBaggingClassifier
from imbalance_kit.ensemble._balanced_bagging import BalancedBaggingClassifier
from imbalance_kit.ensemble._cascade import BalanceCascadeClassifier
from imbalance_kit.ensemble._cost_boosting import AdaUBoostClassifier, AsymBoostClassifier
from imbalance_kit.ensemble._easy import EasyEnsembleClassifier
from imbalance_kit.ensemble._forest import BalancedRandomForestClassifier
from imbalance_kit.ensemble._mixed_trees import MixedTreesClassifier
from imbalance_kit.ensemble._over_boosting import OverBoostClassifier
from imbalance_kit.ensemble._resampling_bagging import ResamplingBaggingClassifier
from imbalance_kit.ensemble._rus_boost import RUSBoostClassifier
from imbalance_kit.ensemble._self_paced import SelfPacedEnsembleClassifier
from imbalance_kit.ensemble._smote_bagging import SMOTEBaggingClassifier
from imbalance_kit.ensemble._smote_boosting import KmeansSMOTEBoostClassifier, SMOTEBoostClassifier

__all__ = [
    "AdaCostClassifier",
    "AdaUBoostClassifier",
    "AsymBoostClassifier",
    "BalanceCascadeClassifier",
    "BalancedBaggingClassifier",
    "BalancedRandomForestClassifier",
    "EasyEnsembleClassifier",
    "KmeansSMOTEBoostClassifier",
    "MixedTreesClassifier",
    "OverBaggingClassifier",
    "OverBoostClassifier",
    "RUSBoostClassifier",
    "ResamplingBaggingClassifier",
    "SMOTEBaggingClassifier",
    "SMOTEBoostClassifier",
    "SelfPacedEnsembleClassifier",
    "UnderBaggingClassifier",
    "rows_in_pickles",
]
