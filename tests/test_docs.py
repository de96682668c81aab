"""What the documentation says is run: code, commands, links, claims and the map of the folders."""

import doctest
import importlib
import os
import re
import runpy
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from loops import looped

import imbalance_kit

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = ROOT / "docs"
PAGES = [
    page
    for page in sorted(DOCS.rglob("*.rst"))
    if not {"generated", "auto_examples", "_build", "_templates"} & set(page.parts)
    and page.name != "sg_execution_times.rst"
]
EXAMPLES = sorted((DOCS / "examples").glob("plot_*.py"))
MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted((ROOT / "imbalance_kit").rglob("*.py"))
    if ">>>" in path.read_text(encoding="utf-8")
]
OPTIONS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS


def code_blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_readme_code_runs(capsys):
    blocks = code_blocks("python")
    assert any("imbalance_kit.pipeline" in block for block in blocks)
    assert any("GridSearchCV" in block and "None" in block for block in blocks)
    namespace: dict = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), namespace)
    average_precision, best, advice = capsys.readouterr().out.splitlines()
    assert 0 < float(average_precision) <= 1
    assert any(f"print(search.best_params_)  # {best}\n" in block for block in blocks)
    assert advice.startswith("600 rows")


@pytest.mark.parametrize(
    "command", ['pip install ".[bench]" && imbalance-kit bench', 'pip install ".[test]" && pytest']
)
def test_readme_gives_each_command_as_one_line_in_its_own_block(command):
    assert f"{command}\n" in code_blocks("bash")


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_code_of_page_runs_and_prints_what_it_says(page, monkeypatch):
    monkeypatch.syspath_prepend(page.parent)  # where the guide's own module stands
    failed, _ = doctest.testfile(str(page), module_relative=False, optionflags=OPTIONS)
    assert failed == 0
    assert "code-block:: python" not in page.read_text(encoding="utf-8"), "code that is not run"


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    failed, _ = doctest.testmod(importlib.import_module(name), optionflags=OPTIONS)
    assert failed == 0


@pytest.fixture
def no_windows():
    before = mpl.get_backend()
    mpl.use("agg")
    yield
    plt.close("all")
    mpl.use(before)


@pytest.mark.exhaustive
@pytest.mark.parametrize("example", EXAMPLES, ids=shown)
def test_gallery_example_runs_and_shows_what_it_says(example, no_windows):
    namespace = runpy.run_path(str(example))
    assert plt.get_fignums()
    claims = CLAIMS.get(example.stem)
    if claims is not None:
        claims(namespace)


def claims_about_the_threshold(namespace):
    scores = namespace["scores"]
    at_half, tuned = scores["balanced accuracy at .5"], scores["the same, tuned"]
    for learner in namespace["learners"]:
        for sampler in ("SMOTE", "under-sampling"):
            assert at_half[learner, sampler] > at_half[learner, "none"] + 0.05
            assert tuned[learner, sampler] < tuned[learner, "none"] + 0.03
            for measure, worse in [("average precision", -1), ("Brier score", 1)]:
                untouched = scores.loc[(learner, "none"), measure]
                assert worse * (scores.loc[(learner, sampler), measure] - untouched) > 0
        repaired = scores.loc[(learner, "under-sampling, recalibrated"), "Brier score"]
        assert repaired < 0.5 * scores.loc[(learner, "under-sampling"), "Brier score"]


def claims_about_self_pacing(namespace):
    early, late = (namespace["hardness_before"](i)[namespace["large"]] for i in (1, 19))
    assert early.max() >= late.max()
    assert (late < 0.5).mean() > 0.9


def claims_about_german(namespace):
    scores = namespace["scores"]
    assert scores.loc["SMOTE", "cost at .5"] < scores.loc["none", "cost at .5"]
    assert scores.loc["none", "cost, tuned"] < scores.loc["SMOTE", "cost, tuned"] + 0.02
    assert scores["Brier score"].idxmin() == "none"


def claims_about_probabilities(namespace):
    ratio = namespace["scores"]["ratio"]
    assert (ratio[["SMOTE", "under-sampling"]] > 2).all()
    assert (
        ratio[["untouched", "SMOTE, isotonic", "under-sampling, isotonic"]].between(0.8, 1.25).all()
    )
    decided = namespace["balanced_accuracy"]
    assert decided.iloc[-1] >= decided.iloc[:-1].max() - 0.01


def claims_about_costs(namespace):
    savings = namespace["scores"]["savings"]
    assert savings["least cost"] > savings["tuned threshold, mean amount"] > savings["at .5"]
    assert savings["under-sampling, least cost"] < 0 < savings["the same, corrected"]


def claims_about_fairness(namespace):
    differences, accuracy = namespace["differences"], namespace["accuracy"]
    assert all(differences[name] < 0.05 < differences["plain"] for name in list(differences)[1:])
    for labels, sign in [("labels as recorded", -1), ("labels before the bias", 1)]:
        for name in list(differences)[1:]:
            assert sign * (accuracy[name, labels] - accuracy["plain", labels]) > 0


def claims_about_intervals(namespace):
    found = namespace["found"]
    alone, together = found.to_frame("scores"), found.to_frame().set_index("model")
    low, high = (alone.set_index("model")[name] for name in ("low", "high"))
    assert high["forest, 10 trees"] > low["forest"]  # they overlap
    near = together.loc["forest, 10 trees"]
    assert near["high"] - near["low"] < 0.7 * (high["forest"] - low["forest"])
    assert together.loc[["logistic regression", "naive Bayes"], "verdict"].eq("worse").all()
    rare = namespace["y_new"] == 1
    for level, sets in zip(namespace["levels"], namespace["sets"], strict=True):
        assert abs(sets[rare, 1].mean() - level) < 0.1


CLAIMS = {
    "plot_2_threshold": claims_about_the_threshold,
    "plot_3_self_paced": claims_about_self_pacing,
    "plot_4_german": claims_about_german,
    "plot_6_calibration": claims_about_probabilities,
    "plot_7_costs": claims_about_costs,
    "plot_8_fairness": claims_about_fairness,
    "plot_9_intervals": claims_about_intervals,
}


@looped("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_between_files_lead_somewhere(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, heading = target.partition("#")
        assert (ROOT / file).exists(), target
        if heading:
            assert heading in headings(ROOT / (file or name)), target


def headings(path: Path) -> set[str]:
    """The anchors of a Markdown file, made as its readers make them."""
    titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@looped("page", PAGES, ids=shown)
def test_links_between_pages_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    for target in re.findall(r":doc:`(?:[^`<]*<)?([^`>]+)>?`", text):
        start = DOCS if target.startswith("/") else page.parent
        found = Path(os.path.normpath(start / target.lstrip("/"))).relative_to(DOCS)
        if found.parts[0] == "auto_examples":
            source = DOCS / "examples" / ("README.rst" if found.name == "index" else found.name)
            assert source.with_suffix(".py").exists() or source.exists(), target
        elif found.parts[0] != "generated":
            assert (DOCS / found).with_suffix(".rst").exists(), target


def test_map_of_the_folders_is_the_tree():
    section = README.partition("## Map of the folders\n")[2]
    folder_map = section.split("```")[1].strip("\n")
    above, listed = Path(), set()
    for line in folder_map.splitlines():
        name = line.split()[0]
        if line.startswith(" "):
            listed.add(above / name)
        else:
            above = Path(name)
            listed.add(above)
    package = Path("imbalance_kit")
    assert {folder for folder in listed if not (ROOT / folder).exists()} == set()
    subpackages = {
        package / path.name
        for path in (ROOT / package).iterdir()
        if path.is_dir() and not path.name.startswith((".", "__"))
    }
    folders = {path for path in listed if path.parent == package and (ROOT / path).is_dir()}
    assert folders == subpackages


def test_guide_names_every_estimator():
    guide = "".join(page.read_text(encoding="utf-8") for page in (DOCS / "guide").glob("*.rst"))
    for subpackage in (
        "over_sampling",
        "under_sampling",
        "ensemble",
        "compose",
        "calibration",
        "cost",
        "losses",
    ):
        for name in importlib.import_module(f"imbalance_kit.{subpackage}").__all__:
            assert re.search(rf"imbalance_kit\.{subpackage}\.{name}`", guide), name


def test_changelog_has_an_entry_for_the_version():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{imbalance_kit.__version__}]" in changelog
