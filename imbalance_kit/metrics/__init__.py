"""Metrics that scikit-learn lacks, intervals and comparisons, and imbalanced-learn's metrics.

Ranking metrics, F-scores, balanced accuracy, the Matthews coefficient, Brier score and log
loss are scikit-learn's own and are not repeated here.
"""

from imblearn.metrics import (
    classification_report_imbalanced,
    geometric_mean_score,
    macro_averaged_mean_absolute_error,
    make_index_balanced_accuracy,
    sensitivity_score,
    sensitivity_specificity_support,
    specificity_score,
)

from imbalance_kit.metrics._calibration_error import expected_calibration_error
from imbalance_kit.metrics._compare_cv_scores import compare_cv_scores
from imbalance_kit.metrics._compare_models import compare_models
from imbalance_kit.metrics._comparison import ModelComparison
from imbalance_kit.metrics._interval import MetricInterval, metric_interval
from imbalance_kit.metrics._net_benefit import net_benefit
from imbalance_kit.metrics._recall_at_precision import recall_at_precision

__all__ = [
    "MetricInterval",
    "ModelComparison",
    "classification_report_imbalanced",
    "compare_cv_scores",
    "compare_models",
    "expected_calibration_error",
    "geometric_mean_score",
    "macro_averaged_mean_absolute_error",
    "make_index_balanced_accuracy",
    "metric_interval",
    "net_benefit",
    "recall_at_precision",
    "sensitivity_score",
    "sensitivity_specificity_support",
    "specificity_score",
]
