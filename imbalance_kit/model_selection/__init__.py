"""Splits in which every class has rows, with groups and times respected; imbalanced-learn's one."""

from imblearn.model_selection import InstanceHardnessCV

from imbalance_kit.model_selection._rare_class_splits import RareClassHoldOut, RareClassKFold

__all__ = ["InstanceHardnessCV", "RareClassHoldOut", "RareClassKFold"]
