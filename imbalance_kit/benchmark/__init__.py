"""Run methods on many data sets and report what they do to ranking, decisions and calibration."""

from importlib.util import find_spec

_NEEDED = ("jinja2", "pandas", "psutil", "pyarrow", "rich")
_MISSING = [name for name in _NEEDED if find_spec(name) is None]
if _MISSING:
    raise ImportError(
        f'The benchmark needs {", ".join(_MISSING)}: pip install "imbalance-kit[bench]"'
    )

from imbalance_kit.benchmark._pipelines import Learner  # noqa: E402 - the check comes first
from imbalance_kit.benchmark._registry import (  # noqa: E402 - as above
    LEARNERS,
    METHODS,
    Method,
    select_pairs,
)
from imbalance_kit.benchmark._report import leaderboard, write_report  # noqa: E402 - as above
from imbalance_kit.benchmark._runner import Run, run  # noqa: E402 - as above
from imbalance_kit.benchmark._scores import scores  # noqa: E402 - as above

__all__ = [
    "LEARNERS",
    "METHODS",
    "Learner",
    "Method",
    "Run",
    "leaderboard",
    "run",
    "scores",
    "select_pairs",
    "write_report",
]
