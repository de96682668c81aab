"""Fairness between groups: weights, samplers, transformers, decision rules and audits."""

from typing import TYPE_CHECKING, Any

from imbalance_kit.fairness._audit.allocation import (
    Allocation,
    ErrorCurve,
    allocate_samples,
    fit_error_curve,
)
from imbalance_kit.fairness._audit.frontier_display import FrontierDisplay
from imbalance_kit.fairness._audit.gap_scorers import BestWithinGap, GapScorer
from imbalance_kit.fairness._audit.group_report import FairnessDisplay, GroupReport, group_report
from imbalance_kit.fairness._audit.rank_fairness import RankFairness, rank_fairness
from imbalance_kit.fairness._audit.subgroups import Subgroups, find_subgroups
from imbalance_kit.fairness._decisions.group_thresholds import FairThresholdClassifier
from imbalance_kit.fairness._decisions.tradeoff import tradeoff_curve
from imbalance_kit.fairness._decisions.tradeoff_display import TradeoffCurve, TradeoffDisplay
from imbalance_kit.fairness._decisions.unprocess import unprocess
from imbalance_kit.fairness._repair.correlation_remover import CorrelationRemover
from imbalance_kit.fairness._repair.disparate_impact import DisparateImpactRemover
from imbalance_kit.fairness._repair.optimized import OptimizedPreprocessing
from imbalance_kit.fairness._repair.representation import LearnedFairRepresentation
from imbalance_kit.fairness._sampling.antidote import AntidoteSampler
from imbalance_kit.fairness._sampling.fair_density import FairDensitySampler
from imbalance_kit.fairness._sampling.fair_smote import FairSMOTE
from imbalance_kit.fairness._sampling.group_class_sampler import FairSampler
from imbalance_kit.fairness._sampling.massaging import Massaging
from imbalance_kit.fairness._sampling.matching import CounterfactualMatcher
from imbalance_kit.fairness._sampling.weight_sampler import WeightSampler
from imbalance_kit.fairness._weighing.closed_form import FairBalance, Reweighing
from imbalance_kit.fairness._weighing.correlation_shift import CorrelationShift
from imbalance_kit.fairness._weighing.moment_matching import MomentMatching

if TYPE_CHECKING:
    from imbalance_kit.fairness._decisions.locally_fair import LocallyFairLGBMClassifier

__all__ = [
    "Allocation",
    "AntidoteSampler",
    "BestWithinGap",
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
    "GapScorer",
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
    "TradeoffDisplay",
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
        from imbalance_kit.fairness._decisions.locally_fair import LocallyFairLGBMClassifier

        return LocallyFairLGBMClassifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
