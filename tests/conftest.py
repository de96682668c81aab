"""Fixtures: seeds, small tables, and a table in every container."""

import os

# Workers share the cores: with OpenMP threads of their own they would wait for each other.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest
from hypothesis import settings
from processes import starting
from sklearn.datasets import make_classification
from tables import CONTAINERS, MIXED, mixed_table, unbalanced

from imbalance_kit.under_sampling import _out_of_fold

# The suite tries the same tables every time; look for new ones with --hypothesis-profile=search.
settings.register_profile("suite", derandomize=True, deadline=None, max_examples=60)
settings.register_profile("search", deadline=None, max_examples=1000)
settings.load_profile("suite")


@pytest.fixture(
    params=[0, *(pytest.param(number, marks=pytest.mark.exhaustive) for number in (1, 2))],
    ids="seed {}".format,
)
def seed(request):
    return request.param


@pytest.fixture(params=CONTAINERS, ids=str)
def container(request):
    return request.param


@pytest.fixture
def start():
    """As `subprocess.Popen`; what it started has ended when the test has, however that ends."""
    with starting() as start:
        yield start


@pytest.fixture
def two_classes():
    return unbalanced([60, 15])


@pytest.fixture
def three_classes():
    return unbalanced([50, 12, 25])


@pytest.fixture
def overlapping():
    """Two classes that a learner tells apart only in part, for statements about probabilities."""
    return make_classification(
        n_samples=4000, n_features=5, n_informative=3, weights=[0.9], flip_y=0.05, random_state=0
    )


@pytest.fixture(scope="module")
def few_trees():
    """The learner that samplers take of their own has 5 trees, not 50.

    For tests that ask what it is given and what becomes of its answer, not how good that is.
    """
    with pytest.MonkeyPatch.context() as patch:
        full = _out_of_fold.small_lightgbm
        patch.setattr(_out_of_fold, "small_lightgbm", lambda: full().set_params(n_estimators=5))
        yield


@pytest.fixture(params=list(MIXED))
def mixed(request):
    return mixed_table(request.param)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """A name with an address differs from worker to worker, and their lists have to be equal."""
    named = [item.nodeid for item in items if " at 0x" in item.nodeid]
    if named:
        raise pytest.UsageError(f"names of tests hold an address, give them ids: {named[:3]}")


def pytest_terminal_summary(terminalreporter):
    """Seconds of each tier, added up over workers: the figures that a new test is held against."""
    seconds = {"first": 0.0, "exhaustive": 0.0}
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                tier = "exhaustive" if "exhaustive" in report.keywords else "first"
                seconds[tier] += report.duration
    for tier, total in seconds.items():
        if total:
            terminalreporter.write_line(f"{tier} tier: {total:.0f} s of tests in all workers")
