"""Run methods on many data sets and report what they do to ranking, decisions and calibration.

Names are loaded on first use (PEP 562): the advisor builds the estimators of the registry without
what the runner and the report need.
"""

import importlib
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from imbalance_kit.benchmark._export import export, export_bencheval
    from imbalance_kit.benchmark._leaderboard import leaderboard
    from imbalance_kit.benchmark._learners import LEARNERS, Learner
    from imbalance_kit.benchmark._method import Method
    from imbalance_kit.benchmark._plan import Estimate
    from imbalance_kit.benchmark._registry import METHODS, select_pairs
    from imbalance_kit.benchmark._report import write_report
    from imbalance_kit.benchmark._request import Request, forecast, prepare
    from imbalance_kit.benchmark._runner import Run, run
    from imbalance_kit.benchmark._scores import scores

_NEEDED = ("jinja2", "optuna", "pandas", "psutil", "pyarrow", "rich")
_HOME = {
    "LEARNERS": "_learners",
    "METHODS": "_registry",
    "Estimate": "_plan",
    "Learner": "_learners",
    "Method": "_method",
    "Request": "_request",
    "Run": "_runner",
    "export": "_export",
    "export_bencheval": "_export",
    "forecast": "_request",
    "leaderboard": "_leaderboard",
    "prepare": "_request",
    "run": "_runner",
    "scores": "_scores",
    "select_pairs": "_registry",
    "write_report": "_report",
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
