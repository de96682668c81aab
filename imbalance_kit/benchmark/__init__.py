"""Run methods on many data sets and report what they do to ranking, decisions and calibration.

Names are loaded on first use (PEP 562): the advisor builds the estimators of the registry without
what the runner and the report need.
"""

import importlib
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imbalance_kit.benchmark._analysis.export import export, export_bencheval
    from imbalance_kit.benchmark._analysis.leaderboard import leaderboard
    from imbalance_kit.benchmark._analysis.scores import scores
    from imbalance_kit.benchmark._methods.learners import LEARNERS, Learner
    from imbalance_kit.benchmark._methods.method import Method
    from imbalance_kit.benchmark._methods.registry import METHODS, select_pairs
    from imbalance_kit.benchmark._report.page import write_report
    from imbalance_kit.benchmark._run.cell_list import Estimate
    from imbalance_kit.benchmark._run.request import Request, forecast, prepare
    from imbalance_kit.benchmark._run.runner import Run, run

_NEEDED = ("jinja2", "optuna", "pandas", "psutil", "pyarrow", "rich")
_HOME = {
    "LEARNERS": "_methods.learners",
    "METHODS": "_methods.registry",
    "Estimate": "_run.cell_list",
    "Learner": "_methods.learners",
    "Method": "_methods.method",
    "Request": "_run.request",
    "Run": "_run.runner",
    "export": "_analysis.export",
    "export_bencheval": "_analysis.export",
    "forecast": "_run.request",
    "leaderboard": "_analysis.leaderboard",
    "prepare": "_run.request",
    "run": "_run.runner",
    "scores": "_analysis.scores",
    "select_pairs": "_methods.registry",
    "write_report": "_report.page",
}

__all__ = [
    "LEARNERS",
    "METHODS",
    "Estimate",
    "Learner",
    "Method",
    "Request",
    "Run",
    "export",
    "export_bencheval",
    "forecast",
    "leaderboard",
    "prepare",
    "run",
    "scores",
    "select_pairs",
    "write_report",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'imbalance_kit.benchmark' has no attribute {name!r}")
    if missing := [needed for needed in _NEEDED if find_spec(needed) is None]:
        raise ImportError(
            f'The benchmark needs {", ".join(missing)}: pip install "imbalance-kit[bench]"'
        )
    return getattr(importlib.import_module(f"imbalance_kit.benchmark.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
