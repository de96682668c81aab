"""Sphinx configuration; ``sphinx-build -W --keep-going -b html docs docs/_build/html`` uses it.

The build needs no network: no intersphinx, no data to download.
"""

import sys
from pathlib import Path

import matplotlib as mpl

import imbalance_kit

sys.path.insert(0, str(Path(__file__).parent))
mpl.use("agg")

project = "imbalance_kit"
author = "The imbalance_kit developers"
project_copyright = f"2026, {author}"
version = release = imbalance_kit.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
    "api_pages",
]
exclude_patterns = ["_build", "examples"]
smartquotes = False  # "auto" in a signature stays code
default_role = "literal"
templates_path = ["_templates"]

# "Run" and "run" must not share a file where upper and lower case are the same.
autosummary_filename_map = {"imbalance_kit.benchmark.run": "imbalance_kit.benchmark.run-function"}
autodoc_typehints = "none"  # numpydoc's parameter lists have the types, with shapes
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

nitpicky = True
nitpick_ignore_regex = [
    ("py:.*", r"(sklearn|imblearn|numpy|pandas|scipy)\..*"),
    # properties; numpydoc links to pages of their own
    ("py:obj", "(feature_importances|samplers|pipelines|estimators_features|estimator)_"),
    ("py:obj", "(boosters|extra_trees|forest|n_rounds)_"),
    ("py:obj", "(nn_k|nn_m|kmeans_estimator|classes)_"),
    ("py:obj", "in_danger_indices|named_steps"),
]

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"/plot_",
    "within_subsection_order": "FileNameSortKey",
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("imbalance_kit",),
    "abort_on_example_error": True,
    "download_all_examples": False,
    "write_computation_times": False,
    "show_memory": False,
    "show_signature": False,
    "plot_gallery": "True",
}

html_theme = "pydata_sphinx_theme"
html_title = "imbalance_kit"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_show_sourcelink = False
html_theme_options = {
    "header_links_before_dropdown": 8,
    "navbar_align": "left",
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}
html_sidebars: dict[str, list[str]] = {
    "does_resampling_help": [],
    "honest_probabilities": [],
    "migration": [],
    "architecture": [],
    "glossary": [],
}
