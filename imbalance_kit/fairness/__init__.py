"""Fairness between groups: weights, samplers, transformers, decision rules and audits."""

from typing import TYPE_CHECKING, Any

from imbalance_kit.fairness._allocation import (
    Allocation,
    ErrorCurve,
    allocate_samples,
    fit_error_curve,
)
from imbalance_kit.fairness._antidote import AntidoteSampler
from imbalance_kit.fairness._cell_sampler import FairSampler
from imbalance_kit.fairness._correlation_remover import CorrelationRemover
from imbalance_kit.fairness._correlation_shift import CorrelationShift
from imbalance_kit.fairness._disparate_impact import DisparateImpactRemover
from imbalance_kit.fairness._displays import FairnessDisplay, FrontierDisplay
from imbalance_kit.fairness._fair_density import FairDensitySampler
from imbalance_kit.fairness._fair_smote import FairSMOTE
from imbalance_kit.fairness._group_report import GroupReport, group_report
from imbalance_kit.fairness._massaging import Massaging
from imbalance_kit.fairness._matching import CounterfactualMatcher
from imbalance_kit.fairness._moment_matching import MomentMatching
from imbalance_kit.fairness._optimized import OptimizedPreprocessing
from imbalance_kit.fairness._ranking import RankFairness, rank_fairness
from imbalance_kit.fairness._representation import LearnedFairRepresentation
from imbalance_kit.fairness._subgroups import Subgroups, find_subgroups
from imbalance_kit.fairness._thresholds import FairThresholdClassifier
from imbalance_kit.fairness._unprocess import TradeoffCurve, tradeoff_curve, unprocess
from imbalance_kit.fairness._weighers import FairBalance, Reweighing
from imbalance_kit.fairness._weight_sampler import WeightSampler

if TYPE_CHECKING:
    from imbalance_kit.fairness._locally_fair import LocallyFairLGBMClassifier

__all__ = [
    "Allocation",
    "AntidoteSampler",
    "CorrelationRemover",
    "CorrelationShift",
    "CounterfactualMatcher",
    "DisparateImpactRemover",
    "ErrorCurve",
    "FairBalance",
    "FairDensitySampler",
    "FairSMOTE",
    "FairSampler",
    "FairThresholdClassifier",
    "FairnessDisplay",
    "FrontierDisplay",
    "GroupReport",
    "LearnedFairRepresentation",
    "LocallyFairLGBMClassifier",
    "Massaging",
    "MomentMatching",
    "OptimizedPreprocessing",
    "RankFairness",
    "Reweighing",
    "Subgroups",
    "TradeoffCurve",
    "WeightSampler",
    "allocate_samples",
    "find_subgroups",
    "fit_error_curve",
    "group_report",
    "rank_fairness",
    "tradeoff_curve",
    "unprocess",
]


def __getattr__(name: str) -> Any:
    if name == "LocallyFairLGBMClassifier":  # the only part that needs LightGBM
        from imbalance_kit.fairness._locally_fair import LocallyFairLGBMClassifier

        return LocallyFairLGBMClassifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
