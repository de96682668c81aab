"""Imports point one way, in no circle, and private names enter through one door."""

import ast
import subprocess
import sys
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import imbalance_kit

PACKAGE = Path(imbalance_kit.__file__).parent

# Each layer may import from those before it and from itself.
LAYERS = [
    {"_version"},
    {"kernels"},
    {"_sklearn_compat", "_threads", "_pickled_rows"},
    {"_tables"},
    {"_neighbors"},
    {"_sampling"},
    {"_row_arguments", "_stratified_parts"},
    {"_split_layout"},
    {"_confusion", "_meta_estimator", "metrics", "datasets"},
    {"_held_out_rows"},
    {"over_sampling", "under_sampling"},
    {"combine", "complexity", "model_selection", "pipeline"},
    {"calibration"},
    {"cost", "losses"},
    {"compose"},
    {"ensemble", "fairness"},
    {"base"},
    {"benchmark"},
    {"advisor"},
    {"cli", "__main__"},
]
# Folders inside a subpackage, likewise; its own files may import all of them.
INNER_LAYERS = {
    "benchmark": [{"_metrics"}, {"_methods", "_results"}, {"_analysis"}, {"_report"}, {"_run"}],
    "ensemble": [{"_learners", "_mixed"}, {"_larger_than_memory"}, {"_loop"}],
    "fairness": [{"_groups"}, {"_weighing", "_sampling", "_repair", "_decisions", "_audit"}],
}
KERNELS_MAY_IMPORT = {"numpy", "numba", "math", "functools"}
FOR_ANNOTATIONS = {"__future__", "typing", "collections.abc"}

FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = [path for path in FILES if path != PACKAGE / "__init__.py"]


def module_name(path):
    parts = (PACKAGE.name, *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {module_name(path) for path in FILES}


def imports_in(source):
    """(module, name or None, relative level) of every import, wherever in the file it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, None, 0
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.module or "", alias.name, node.level


def imported_files(source):
    """Modules of this package that a file imports, for type hints and inside functions too."""
    for module, name, _ in imports_in(source):
        if module.split(".")[0] == PACKAGE.name:
            inner = f"{module}.{name}"
            yield inner if inner in NAMES else module


def level_of(part, layers):
    """The position of a part in a list of layers; what is in none comes behind them all."""
    return next((level for level, parts in enumerate(layers) if part in parts), len(layers))


def wrong_way(importer, source):
    """Imports that reach into a layer to the right, or to the side."""
    here = importer.split(".")[1:]
    for imported in imported_files(source):
        there = imported.split(".")[1:]
        if not there or here[0] == there[0]:
            layers = INNER_LAYERS.get(here[0], [])
            here, there = here[1:] or [""], there[1:] or [""]
        else:
            layers = LAYERS
        if here[0] != there[0] and layers:
            levels = level_of(here[0], layers), level_of(there[0], layers)
            if levels[1] > levels[0] or levels[0] == levels[1] < len(layers):
                yield f"{importer} imports {imported}"
        here = importer.split(".")[1:]


def circle_in(imports):
    """Some modules that import each other in a circle, or none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def private_names(source):
    """Private names of scikit-learn or imbalanced-learn that are imported."""
    for module, name, _ in imports_in(source):
        parts = [*module.split("."), *([name] if name else [])]
        private = any(part.startswith("_") and not part.startswith("__") for part in parts)
        if parts[0] in ("sklearn", "imblearn") and private:
            yield ".".join(parts)


def foreign_to_kernels(source):
    for module, _, _ in imports_in(source):
        within = module.startswith("imbalance_kit.kernels") or module in FOR_ANNOTATIONS
        if not within and module.split(".")[0] not in KERNELS_MAY_IMPORT:
            yield module


def test_every_part_of_the_package_has_a_layer():
    parts = {module_name(path).split(".")[1] for path in MODULES}
    assert parts <= set().union(*LAYERS), "give the new module its place in LAYERS (and the docs)"
    for subpackage, layers in INNER_LAYERS.items():
        folders = {path.name for path in (PACKAGE / subpackage).iterdir() if path.is_dir()}
        assert folders - {"__pycache__"} == set().union(*layers)


def test_imports_point_one_way():
    assert not [line for path in MODULES for line in wrong_way(module_name(path), path.read_text())]


def test_no_files_import_each_other_in_a_circle():
    """A subpackage's list of public names imports all its files, so it is left out."""
    imports = {
        module_name(path): {
            name for name in imported_files(path.read_text()) if name != module_name(path)
        }
        for path in MODULES
        if path.name != "__init__.py"
    }
    assert not circle_in(imports)


def test_only_one_file_imports_private_names():
    files = [path for path in MODULES if path != PACKAGE / "_sklearn_compat.py"]
    assert not [
        (path.name, *private_names(path.read_text()))
        for path in files
        if list(private_names(path.read_text()))
    ]


def test_kernels_know_arrays_only():
    files = (PACKAGE / "kernels").rglob("*.py")
    assert not [name for path in files for name in foreign_to_kernels(path.read_text())]


def test_no_relative_imports():
    assert not [
        (path.name, module)
        for path in FILES
        for module, _, level in imports_in(path.read_text())
        if level
    ]


def test_the_rules_catch_what_they_should():
    def wrong(importer, source):
        return list(wrong_way(f"imbalance_kit.{importer}", source))

    assert wrong("_sampling.base", "from imbalance_kit.compose import ResampledClassifier")
    assert wrong("metrics", "def f():\n    import imbalance_kit.datasets")
    assert wrong("_sampling.base", "from imbalance_kit import ensemble")
    assert wrong("_tables.rows", "import imbalance_kit.nowhere")
    assert wrong("benchmark._metrics.metric", "from imbalance_kit.benchmark._run import cell")
    assert wrong("ensemble._learners.stumps", "from imbalance_kit.ensemble import _bagging")
    assert not wrong("compose._resampled", "from imbalance_kit import _version, _sampling")
    assert not wrong("ensemble._bagging", "from imbalance_kit.ensemble._loop.base import x")
    assert circle_in({"a": {"b"}, "b": {"c"}, "c": {"a"}})
    assert not circle_in({"a": {"b"}, "b": {"c"}})
    assert list(private_names("from sklearn.utils._tags import get_tags"))
    assert list(private_names("from sklearn.utils.validation import _num_samples"))
    assert list(private_names("import imblearn._config"))
    assert not list(private_names("from sklearn.utils import get_tags, __version__"))
    assert list(foreign_to_kernels("from scipy import sparse"))
    assert not list(foreign_to_kernels("import numpy as np\nfrom numba import njit"))


def loaded_by(statement, after=""):
    """Top-level modules that a statement adds to a fresh interpreter that ran another before."""
    code = f"{after}\nimport sys; known = set(sys.modules)\n{statement}\n"
    code += "print(*sorted(m for m in sys.modules.keys() - known if '.' not in m))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    return set(done.stdout.split())


def test_the_package_itself_loads_nothing():
    heavy = {"sklearn", "imblearn", "numpy", "scipy", "numba", "lightgbm", "pandas", "narwhals"}
    assert not loaded_by("import imbalance_kit") & heavy


def test_what_stays_unloaded():
    """scikit-learn 1.9 brings pandas, pyarrow and rich itself; the question is what we add."""
    heavy = {"numba", "lightgbm", "pandas", "pyarrow", "polars", "matplotlib", "rich", "optuna"}
    rivals = "import imblearn.over_sampling, imblearn.under_sampling"
    light = "over_sampling", "under_sampling", "calibration", "compose", "datasets", "fairness"
    assert not loaded_by(f"from imbalance_kit import base, {', '.join(light)}", rivals) & heavy


def test_subpackages_load_when_touched():
    code = (
        "import sys, imbalance_kit\n"
        "assert 'imbalance_kit.over_sampling' not in sys.modules\n"
        "imbalance_kit.over_sampling.SMOTE\n"
        "assert 'imbalance_kit.over_sampling' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)


def test_every_public_name_resolves():
    assert set(dir(imbalance_kit)) == set(imbalance_kit.__all__)
    for name in imbalance_kit.__all__:
        assert getattr(imbalance_kit, name) is not None
    with pytest.raises(AttributeError, match="nowhere"):
        _ = imbalance_kit.nowhere


def test_no_name_stands_for_two_things():
    """Functions and classes without an underscore; public methods of classes are their own."""
    places = defaultdict(list)
    for path in FILES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
                places[node.name].append(module_name(path))
    assert not {name: files for name, files in places.items() if len(files) > 1}
