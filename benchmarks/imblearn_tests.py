"""imbalanced-learn's own tests of its samplers and ensembles, run on ours.

    python benchmarks/imblearn_tests.py [--theirs] [--only WORD] [--failures]

The tests are those of the installed imbalanced-learn; nothing of them is copied. While one of its
test modules is imported, the public classes of its subpackages are replaced by ours of the same
name. Prints the tests that fail, then how many passed, failed, and the total; `--theirs` runs them
on imbalanced-learn's classes, `--only` is pytest's `-k`, `--failures` shows where each fails.

`tests/oracle/test_rival_suite.py` runs the same tests in the test suite, with the reason for each
that fails.
"""

import argparse
import inspect
import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from unittest import mock

import imblearn
import pytest

FAMILIES = ("over_sampling", "under_sampling", "combine", "ensemble")
FOLDER = Path(imblearn.__file__).parent


def test_files() -> list[Path]:
    """imbalanced-learn's test modules of samplers and ensembles."""
    return sorted(path for family in FAMILIES for path in (FOLDER / family).rglob("test_*.py"))


@contextmanager
def our_classes() -> Iterator[None]:
    """imbalanced-learn's subpackages with our classes in the place of theirs."""
    with ExitStack() as stack:
        for family in FAMILIES:
            theirs = import_module(f"imblearn.{family}")
            for name, ours in vars(import_module(f"imbalance_kit.{family}")).items():
                if inspect.isclass(ours) and inspect.isclass(getattr(theirs, name, None)):
                    stack.enter_context(mock.patch.object(theirs, name, ours))
        yield


class Redirection:
    """A pytest plugin: imports of test modules see our classes, and results are counted."""

    def __init__(self, *, redirect: bool) -> None:
        self._redirect = redirect
        self.passed: list[str] = []
        self.failed: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector):
        if not (self._redirect and isinstance(collector, pytest.Module)):
            return (yield)
        with our_classes():
            return (yield)

    def pytest_collectreport(self, report):
        if report.failed:
            raise pytest.UsageError(f"{report.nodeid} cannot be imported: {report.longreprtext}")

    def pytest_runtest_logreport(self, report):
        if report.failed:
            lines = report.longreprtext.strip().splitlines()
            error = next((line for line in reversed(lines) if line.startswith("E  ")), lines[-1])
            self.failed.append(f"{self._short(report.nodeid)}  {error.removeprefix('E').strip()}")
        elif report.when == "call" and report.passed:
            self.passed.append(self._short(report.nodeid))

    @staticmethod
    def _short(node: str) -> str:
        path, _, name = node.partition("::")
        return f"{Path(path).name}::{name}"


def run(*, redirect: bool, only: str | None = None, failures: bool = False) -> Redirection:
    """Run the tests in this process; the plugin holds what passed and failed."""
    plugin = Redirection(redirect=redirect)
    chosen = [] if only is None else ["-k", only]
    shown = [] if failures else ["--no-header", "--no-summary", "--tb=short"]
    quiet = ["-q", "-c", os.devnull, f"--rootdir={FOLDER}", "-p", "no:cacheprovider"]
    separate = ["--import-mode=importlib", "-W", "ignore"]
    files = [str(path) for path in test_files()]
    pytest.main([*quiet, *separate, *shown, *chosen, *files], plugins=[plugin])
    return plugin


def main() -> int:
    """Print what fails and the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--theirs", action="store_true", help="run on imbalanced-learn's classes")
    parser.add_argument("--only", metavar="WORD", help="run the tests that pytest's -k chooses")
    parser.add_argument("--failures", action="store_true", help="show where each test fails")
    given = parser.parse_args()
    found = run(redirect=not given.theirs, only=given.only, failures=given.failures)
    print("\n".join(["", *found.failed]))
    passed, failed = len(found.passed), len(found.failed)
    total = passed + failed
    share = passed / max(total, 1)
    print(f"\npassed {passed}, failed {failed}, total {total} ({share:.1%})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
