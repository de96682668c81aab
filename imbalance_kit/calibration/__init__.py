"""Honest probabilities: corrections, calibrators, and a report that checks any classifier."""

from imbalance_kit.calibration._calibration_monitor import CalibrationCheck, CalibrationMonitor
from imbalance_kit.calibration._class_calibration import ClassCalibration
from imbalance_kit.calibration._conformal import ConformalClassifier
from imbalance_kit.calibration._label_shift import LabelShift, estimate_label_shift
from imbalance_kit.calibration._label_shift_classifier import LabelShiftClassifier
from imbalance_kit.calibration._logit_adjusted import LogitAdjustedClassifier
from imbalance_kit.calibration._prior import correct_prior
from imbalance_kit.calibration._prior_corrected import PriorCorrectedClassifier
from imbalance_kit.calibration._reliability_display import ReliabilityDisplay
from imbalance_kit.calibration._report import CalibrationComparison, CalibrationReport
from imbalance_kit.calibration._temperature_scaled import TemperatureScaledClassifier
from imbalance_kit.calibration._venn_abers import VennAbersClassifier
from imbalance_kit.calibration._weight_aligned import WeightAlignedClassifier

__all__ = [
    "CalibrationCheck",
    "CalibrationComparison",
    "CalibrationMonitor",
    "CalibrationReport",
    "ClassCalibration",
    "ConformalClassifier",
    "LabelShift",
    "LabelShiftClassifier",
    "LogitAdjustedClassifier",
    "PriorCorrectedClassifier",
    "ReliabilityDisplay",
    "TemperatureScaledClassifier",
    "VennAbersClassifier",
    "WeightAlignedClassifier",
    "correct_prior",
    "estimate_label_shift",
]
