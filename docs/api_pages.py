"""Sphinx extension: one API page per public module, written from its ``__all__``."""

import importlib
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

from sphinx.application import Sphinx

import imbalance_kit

FOLDER = Path("generated", "api")


def setup(app: Sphinx) -> dict[str, Any]:
    folder = Path(app.srcdir) / FOLDER
    shutil.rmtree(folder, ignore_errors=True)  # pages of names that are gone
    folder.mkdir(parents=True)
    names = [
        name
        for name in imbalance_kit.__all__
        if isinstance(getattr(imbalance_kit, name), ModuleType)
    ]
    (folder / "index.rst").write_text(_index(names), encoding="utf-8")
    for name in names:
        module = importlib.import_module(f"imbalance_kit.{name}")
        (folder / f"{module.__name__}.rst").write_text(_page(module), encoding="utf-8")
    app.connect("autodoc-skip-member", _skip_foreign)
    return {"parallel_read_safe": True}


def _index(names: list[str]) -> str:
    pages = "\n".join(f"   imbalance_kit.{name}" for name in sorted(names))
    toctree = f".. toctree::\n   :maxdepth: 2\n\n{pages}\n"
    return f"{_title('API')}Every public name, by module.\n\n{toctree}"


def _page(module: ModuleType) -> str:
    public = {name: getattr(module, name) for name in sorted(module.__all__, key=str.lower)}
    documented = [name for name, thing in public.items() if callable(thing) and _is_ours(thing)]
    constants = [name for name, thing in public.items() if not callable(thing)]
    foreign = [name for name in public if name not in documented + constants]
    page = _title(module.__name__) + f".. automodule:: {module.__name__}\n\n"
    if documented:
        entries = "\n".join(f"   {name}" for name in documented)
        page += f".. autosummary::\n   :toctree: .\n   :nosignatures:\n\n{entries}\n\n"
    if constants:
        page += f"Constants: {_listed(constants)}.\n\n"
    if foreign:
        page += f"Passed on from imbalanced-learn, and documented there: {_listed(foreign)}.\n"
    return page


def _listed(names: list[str]) -> str:
    return ", ".join(f"``{name}``" for name in names)


def _is_ours(thing: Any) -> bool:
    return str(getattr(thing, "__module__", "")).startswith("imbalance_kit")


def _skip_foreign(app: Sphinx, what: str, name: str, thing: Any, *_: Any) -> bool | None:
    """Leave out what a class inherits from scikit-learn or imbalanced-learn."""
    return None if _is_ours(thing) else True


def _title(text: str) -> str:
    return f"{text}\n{'=' * len(text)}\n\n"
