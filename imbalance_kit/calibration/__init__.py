"""Honest probabilities: corrections, calibrators, and a report that checks any classifier."""

from imbalance_kit.calibration._prior import correct_prior

__all__ = ["correct_prior"]
