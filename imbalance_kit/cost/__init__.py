"""Costs of decisions: matrices, classifiers that take them into account, metrics and curves."""

from imbalance_kit.cost._constrained import ConstrainedThresholdClassifierCV
from imbalance_kit.cost._curves import brier_curve, cost_curve, lift_curve, profit_curve
from imbalance_kit.cost._decision_curves import DecisionCurve, decision_curve
from imbalance_kit.cost._displays_cost import CostCurveDisplay
from imbalance_kit.cost._displays_decision import DecisionCurveDisplay
from imbalance_kit.cost._displays_lift import LiftCurveDisplay
from imbalance_kit.cost._displays_profit import ProfitCurveDisplay
from imbalance_kit.cost._expected_cost import CostScorer, expected_cost, savings_score
from imbalance_kit.cost._matrix import CostMatrix
from imbalance_kit.cost._metacost import MetaCostClassifier
from imbalance_kit.cost._minimum_expected_cost import MinimumExpectedCostClassifier
from imbalance_kit.cost._price_columns import Column
from imbalance_kit.cost._rate_constraints import daily_alert_share
from imbalance_kit.cost._row_costs import example_costs
from imbalance_kit.cost._sensitive import CostSensitiveClassifier
from imbalance_kit.cost._thresholded import ThresholdedClassifierCV

__all__ = [
    "Column",
    "ConstrainedThresholdClassifierCV",
    "CostCurveDisplay",
    "CostMatrix",
    "CostScorer",
    "CostSensitiveClassifier",
    "DecisionCurve",
    "DecisionCurveDisplay",
    "LiftCurveDisplay",
    "MetaCostClassifier",
    "MinimumExpectedCostClassifier",
    "ProfitCurveDisplay",
    "ThresholdedClassifierCV",
    "brier_curve",
    "cost_curve",
    "daily_alert_share",
    "decision_curve",
    "example_costs",
    "expected_cost",
    "lift_curve",
    "profit_curve",
    "savings_score",
]
