"""Imports point one way, private names enter through one door, nothing loads before its time."""

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import imbalance_kit

PACKAGE = Path(imbalance_kit.__file__).parent

# Each layer may import from those before it and from itself.
LAYERS = [
    {"_version"},
    {"kernels"},
    {"_gateway"},
    {"_rows"},
    {"metrics", "datasets", "_shares", "_targets"},
    {"_threads", "_points"},
    {"_paths"},
    {"_neighbors"},
    {"_complete", "_survivors"},
    {"_container", "_plan", "_search"},
    {"_base", "_levels", "_wrapper"},
    {"over_sampling", "under_sampling"},
    {"combine", "complexity", "model_selection", "pipeline"},
    {"calibration"},
    {"cost", "losses"},
    {"compose"},
    {"ensemble", "fairness"},
    {"benchmark"},
    {"advisor"},
    {"cli", "__main__"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
KERNELS_MAY_IMPORT = {"numpy", "numba", "math", "functools"}
FOR_ANNOTATIONS = {"__future__", "typing", "collections.abc"}

FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = [path for path in FILES if path != PACKAGE / "__init__.py"]


def every_file(paths):
    return pytest.mark.parametrize("path", paths, ids=lambda path: str(path.relative_to(PACKAGE)))


def layer_of(path):
    """The part of the package that a file belongs to, e.g. ensemble or _base."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_in(source):
    """(module, name or None, relative level) of every import, wherever in the file it stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, None, 0
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield node.module or "", alias.name, node.level


def imported_layer(module, name):
    """The part of imbalance_kit that an import reaches into, or None."""
    parts = module.split(".")
    if parts[0] != "imbalance_kit":
        return None
    return parts[1] if len(parts) > 1 else name


def wrong_way(layer, source):
    """Imports that reach into a layer to the right, or to the side."""
    for module, name, _ in imports_in(source):
        reached = imported_layer(module, name)
        if reached in (None, layer):
            continue
        if reached == "__version__" or LEVEL.get(reached, len(LAYERS)) < LEVEL[layer]:
            continue
        yield f"{layer} imports {module}.{name or ''}"


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


@every_file(MODULES)
def test_every_part_of_the_package_has_a_layer(path):
    assert layer_of(path) in LEVEL, "give the new module its place in LAYERS (and in design.md)"


@every_file(MODULES)
def test_imports_point_one_way(path):
    assert not list(wrong_way(layer_of(path), path.read_text()))


@every_file([path for path in MODULES if path.name != "_gateway.py"])
def test_only_the_gateway_imports_private_names(path):
    assert not list(private_names(path.read_text()))


@every_file(sorted((PACKAGE / "kernels").rglob("*.py")))
def test_kernels_know_arrays_only(path):
    assert not list(foreign_to_kernels(path.read_text()))


@every_file(FILES)
def test_no_relative_imports(path):
    assert not [module for module, _, level in imports_in(path.read_text()) if level]


def test_the_rules_catch_what_they_should():
    assert list(wrong_way("_base", "from imbalance_kit.compose import ResampledClassifier"))
    assert list(wrong_way("metrics", "def f():\n    import imbalance_kit.datasets"))
    assert list(wrong_way("_base", "from imbalance_kit import ensemble"))
    assert list(wrong_way("_base", "import imbalance_kit.nowhere"))
    assert not list(wrong_way("compose", "from imbalance_kit import __version__, _base"))
    assert list(private_names("from sklearn.utils._tags import get_tags"))
    assert list(private_names("from sklearn.utils.validation import _num_samples"))
    assert list(private_names("import imblearn._config"))
    assert not list(private_names("from sklearn.utils import get_tags, __version__"))
    assert list(foreign_to_kernels("from scipy import sparse"))
    assert not list(foreign_to_kernels("import numpy as np\nfrom numba import njit"))


@cache
def loaded_after(statement):
    """Top-level modules that a fresh interpreter holds after a statement."""
    code = f"{statement}\nimport sys; print(*sorted(m for m in sys.modules if '.' not in m))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    return set(done.stdout.split())


def test_the_package_itself_loads_nothing():
    heavy = {"sklearn", "imblearn", "numpy", "scipy", "numba", "lightgbm", "pandas", "narwhals"}
    assert not loaded_after("import imbalance_kit") & heavy


@pytest.mark.parametrize(
    "subpackage",
    ["over_sampling", "under_sampling", "calibration", "compose", "datasets", "fairness"],
)
def test_what_stays_unloaded(subpackage):
    """scikit-learn 1.9 brings pandas, pyarrow and rich itself; the question is what we add."""
    heavy = {"numba", "lightgbm", "pandas", "pyarrow", "polars", "matplotlib", "rich", "optuna"}
    rivals = loaded_after("import imblearn.over_sampling, imblearn.under_sampling")
    assert not (loaded_after(f"import imbalance_kit.{subpackage}") - rivals) & heavy


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
