"""imbalanced-learn's splitter that spreads hard rows over the folds."""

from imblearn.model_selection import InstanceHardnessCV

__all__ = ["InstanceHardnessCV"]
