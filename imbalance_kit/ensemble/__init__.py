"""Ensembles that choose, round by round, which rows to learn from."""

from imbalance_kit.ensemble._self_paced import SelfPacedEnsembleClassifier

__all__ = ["SelfPacedEnsembleClassifier"]
