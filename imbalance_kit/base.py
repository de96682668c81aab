"""Bases, records and checks for methods of your own.

A method answers one small question; its base checks the input, opens the container, draws from one
random state and returns what came in. Hooks have an underscore in front, since nobody but the base
calls them; they are stable all the same. Nothing inside the package imports this module, and names
are loaded on first use (PEP 562).
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imbalance_kit._neighbors.nearest import nearest_rows
    from imbalance_kit._sampling.base import (
        BaseCleaningSampler,
        BaseOverSampler,
        BaseReplacingOverSampler,
        BaseReplacingUnderSampler,
        BaseUnderSampler,
    )
    from imbalance_kit._sampling.checks import check_sampler, sampler_checks
    from imbalance_kit._sampling.plans import Plan
    from imbalance_kit._sampling.records import Opened, Resampled
    from imbalance_kit._sampling.targets import Classes, LabelSets, Numbers, Part
    from imbalance_kit.ensemble._loop.base import BaseImbalanceEnsemble
    from imbalance_kit.ensemble._loop.fitting import Draw, Fitting
    from imbalance_kit.fairness._weighing.base import Weigher
    from imbalance_kit.losses._pointwise import PointwiseLoss

_HOME = {
    "BaseCleaningSampler": "_sampling.base",
    "BaseImbalanceEnsemble": "ensemble._loop.base",
    "BaseOverSampler": "_sampling.base",
    "BaseReplacingOverSampler": "_sampling.base",
    "BaseReplacingUnderSampler": "_sampling.base",
    "BaseUnderSampler": "_sampling.base",
    "Classes": "_sampling.targets",
    "Draw": "ensemble._loop.fitting",
    "Fitting": "ensemble._loop.fitting",
    "LabelSets": "_sampling.targets",
    "Numbers": "_sampling.targets",
    "Opened": "_sampling.records",
    "Part": "_sampling.targets",
    "Plan": "_sampling.plans",
    "PointwiseLoss": "losses._pointwise",
    "Resampled": "_sampling.records",
    "Weigher": "fairness._weighing.base",
    "check_sampler": "_sampling.checks",
    "nearest_rows": "_neighbors.nearest",
    "sampler_checks": "_sampling.checks",
}

__all__ = [
    "BaseCleaningSampler",
    "BaseImbalanceEnsemble",
    "BaseOverSampler",
    "BaseReplacingOverSampler",
    "BaseReplacingUnderSampler",
    "BaseUnderSampler",
    "Classes",
    "Draw",
    "Fitting",
    "LabelSets",
    "Numbers",
    "Opened",
    "Part",
    "Plan",
    "PointwiseLoss",
    "Resampled",
    "Weigher",
    "check_sampler",
    "nearest_rows",
    "sampler_checks",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'imbalance_kit.base' has no attribute {name!r}")
    return getattr(importlib.import_module(f"imbalance_kit.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
