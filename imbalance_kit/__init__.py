"""Resampling, self-paced ensembles and honest benchmarks for tables with rare classes.

Subpackages are loaded on first use (PEP 562), so ``import imbalance_kit`` costs next to
nothing and ``imbalance_kit.over_sampling`` never pays for the benchmark.
"""

import importlib
from typing import Any

from imbalance_kit._version import __version__

_SUBPACKAGES = (
    "advisor",
    "base",
    "benchmark",
    "calibration",
    "combine",
    "complexity",
    "compose",
    "cost",
    "datasets",
    "ensemble",
    "fairness",
    "losses",
    "metrics",
    "model_selection",
    "over_sampling",
    "pipeline",
    "under_sampling",
)

__all__ = ["FunctionSampler", "__version__", "recommend", *_SUBPACKAGES]


def __getattr__(name: str) -> Any:
    if name == "FunctionSampler":  # stands at the top in imbalanced-learn too
        from imblearn import FunctionSampler

        return FunctionSampler
    if name == "recommend":
        from imbalance_kit.advisor import recommend

        return recommend
    if name in _SUBPACKAGES:
        return importlib.import_module(f"imbalance_kit.{name}")
    raise AttributeError(f"module 'imbalance_kit' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
