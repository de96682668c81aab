"""Methods from outside the package: found by module and name, and run as ours are."""

import linecache
import sys
import types

import numpy as np
import pandas as pd
import pytest
from made_runs import MadeDataset
from rich.console import Console
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import AdaBoostClassifier
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.benchmark import Method, run, scores, select_pairs
from imbalance_kit.benchmark._methods.own_methods import as_method, load_method
from imbalance_kit.benchmark._methods.pipelines import plain
from imbalance_kit.benchmark._run.cell import Cell
from imbalance_kit.benchmark._run.table import load_table
from imbalance_kit.cli import main
from imbalance_kit.ensemble import UnderBaggingClassifier
from imbalance_kit.over_sampling import SMOTE

MODULE = '''
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from imbalance_kit.benchmark import Method
from imbalance_kit.benchmark._methods.pipelines import plain


class Halver(BaseEstimator):
    """Keeps half of the frequent rows; knows numpy alone."""

    def __init__(self, share=0.5, random_state=None):
        self.share = share
        self.random_state = random_state

    def fit_resample(self, X, y):
        X = np.asarray(X, dtype=float)
        assert np.isfinite(X).all()
        rng = np.random.RandomState(self.random_state)
        kept = (y > 0) | (rng.uniform(size=len(y)) < self.share)
        return X[kept], y[kept]


class Vote(ClassifierMixin, BaseEstimator):
    """Bags the learner it is given."""

    def __init__(self, estimator, n_estimators=3, random_state=None):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.random_state = random_state

    def fit(self, X, y):
        X, rng = np.asarray(X, dtype=float), np.random.RandomState(self.random_state)
        self.classes_ = np.unique(y)
        self.members_ = []
        for _ in range(self.n_estimators):
            drawn = np.concatenate([rng.choice(np.flatnonzero(y == c), 20) for c in self.classes_])
            self.members_.append(clone(self.estimator).fit(X[drawn], y[drawn]))
        return self

    def predict_proba(self, X):
        X = np.asarray(X, dtype=float)
        return np.mean([member.predict_proba(X) for member in self.members_], axis=0)

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Needy(Halver):
    def __init__(self, target, random_state=None):
        self.target = target
        self.random_state = random_state


def build(learner, seed):
    return plain(learner, seed)


QUARTER = Halver(share=0.25)
READY = Method("ready", build, learners=("tree",))
NUMBER = 7
'''


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A current directory with a module of methods; nothing of it is left behind."""
    (tmp_path / "my_methods.py").write_text(MODULE)
    (tmp_path / "broken.py").write_text("import not_there_at_all\n")
    (tmp_path / "wrong.py").write_text("x = (\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    yield tmp_path
    for name in ("my_methods", "broken", "wrong"):
        sys.modules.pop(name, None)


def names(pairs):
    return [(method.name, learner.name) for method, learner in pairs]


def test_from_the_command_line_to_the_report(folder, capsys):
    rng = np.random.RandomState(0)
    label = np.where(np.arange(150) % 5 == 0, "rare", "frequent")
    X = pd.DataFrame({"a": rng.normal(size=150) + 2 * (label == "rare")})
    X["colour"] = rng.choice(["red", "green", "blue"], 150)
    X.loc[::7, "a"] = np.nan
    (folder / "data").mkdir()
    X.assign(kind=label).to_csv(folder / "data" / "raw.csv", index=False)
    command = ["bench", "--data-dir", "data", "--target", "kind", "--output", "out", "--jobs", "1"]
    command += ["--learners", "tree", "--methods"]
    methods = "none, my_methods:Halver,my_methods:Vote,my_methods:READY"
    assert main([*command, methods]) == 0
    words = capsys.readouterr().out
    assert "4 cells: 4 ok." in words
    for pair in ("Halver / tree", "Vote / tree", "ready / tree"):
        assert pair in words
    table = scores(folder / "out").set_index(["method", "learner"])
    assert table["auprc"].notna().all()
    assert "Halver" in (folder / "out" / "report.html").read_text(encoding="utf-8")


def test_samplers_stand_before_learners_and_ensembles_around_them(folder):
    pairs = select_pairs("none,my_methods:Halver,my_methods:Vote,my_methods:QUARTER", "tree,forest")
    assert names(pairs) == [
        (name, learner)
        for name in ("none", "Halver", "Vote", "QUARTER")
        for learner in ("tree", "forest")
    ]
    table = load_table(MadeDataset("made"))
    for method, learner in pairs:
        model = method.build(learner, 3).fit(table.X, table.y)
        assert model.predict_proba(table.X).shape == (120, 2)
    by_name = {method.name: method for method, _ in pairs}
    quarter = by_name["QUARTER"].build(pairs[0][1], 3)[-1].sampler
    assert (quarter.share, quarter.random_state) == (0.25, 3)


def test_objects_are_taken_as_they_are():
    given = [DummyClassifier(strategy="uniform"), UnderBaggingClassifier, SMOTE(k_neighbors=3)]
    pairs = select_pairs(given, "lightgbm,tree")
    assert names(pairs) == [
        ("DummyClassifier(strategy='uniform')", "tree"),  # learners stand in the registry's order
        ("UnderBaggingClassifier", "tree"),
        ("UnderBaggingClassifier", "lightgbm"),
        ("SMOTE(k_neighbors=3)", "tree"),
        ("SMOTE(k_neighbors=3)", "lightgbm"),
    ]
    assert names(select_pairs(AdaBoostClassifier(), "tree")) == [("AdaBoostClassifier()", "tree")]
    held = AdaBoostClassifier(DecisionTreeClassifier(max_depth=1))
    ((method, learner),) = select_pairs([held], "lightgbm")
    # the estimator that an instance has is not replaced
    assert method.build(learner, 0)[-1].estimator.max_depth == 1


def test_ours_get_the_same_columns_by_either_way():
    """A class of this package named as if it were somebody's own predicts as the registry's."""
    table = load_table(MadeDataset("made"))
    for learner in ("tree", "lightgbm"):
        ((ours, base),) = select_pairs("SMOTE", learner)
        ((own, _),) = select_pairs("imbalance_kit.over_sampling:SMOTE", learner)
        assert own.name == "imbalance_kit.over_sampling:SMOTE"  # SMOTE is taken
        first, second = (
            method.build(base, 5).fit(table.X, table.y).predict_proba(table.X)
            for method in (ours, own)
        )
        np.testing.assert_array_equal(first, second)


def test_a_changed_class_is_another_cell(folder):
    def key(text="my_methods:Halver"):
        sys.modules.pop("my_methods", None)
        ((method, learner),) = select_pairs(text, "tree")
        return Cell(MadeDataset("made"), method, learner).key

    before = key()
    assert key() == before
    assert len({key(f"my_methods:{name}") for name in ("Halver", "QUARTER", "READY")}) == 3
    source = MODULE.replace("share=0.5", "share=0.45")  # of another length: the bytecode is stale
    (folder / "my_methods.py").write_text(source)
    assert key() != before
    ours = select_pairs("none", "tree")[0]
    assert Cell(MadeDataset("made"), *ours).method.version == ""


def test_parameters_of_an_instance_are_a_part_of_its_key():
    versions = [as_method(SMOTE(k_neighbors=k)).version for k in (3, 4, 3)]
    assert versions[0] == versions[2] != versions[1]


OBJECTS = """
from functools import partial
from imbalance_kit.benchmark import Method
from imbalance_kit.benchmark._methods.pipelines import plain

class Part:
    size = 1

def inner(learner, seed):
    return plain(learner, seed), Part

def build(learner, seed, size=1):
    return inner(learner, seed)

def elsewhere():
    return 1

mine = Method("mine", {build}, learners=("tree",))
"""


def version_of(source, name):
    """Version of the method that a script or a module with this source gives as an object."""
    module = types.ModuleType(name)
    sys.modules[name], before = module, sys.modules.get(name)
    lines = source.splitlines(keepends=True)
    linecache.cache[f"<{name}>"] = (len(source), None, lines, f"<{name}>")
    module.__file__ = f"<{name}>"
    try:
        exec(compile(source, f"<{name}>", "exec"), vars(module))
        return select_pairs([module.mine], "tree")[0][0].version
    finally:
        sys.modules[name] = before
        if before is None:
            del sys.modules[name]


@pytest.mark.parametrize("name", ["__main__", "a_module"])
def test_a_method_that_is_an_object_changes_with_its_source(name):
    source = OBJECTS.replace("{build}", "build")
    known = version_of(source, name)
    assert known == version_of(source, name) != ""
    for old, new in [
        ("size=1", "size=2"),
        ("seed), Part", "seed + 1), Part"),
        ("size = 1", "size = 3"),
    ]:
        assert version_of(source.replace(old, new), name) != known, old
    sized = [
        version_of(OBJECTS.replace("{build}", f"partial(build, size={n})"), name) for n in (2, 3)
    ]
    assert len({known, *sized}) == 3
    if name == "__main__":
        assert version_of(source.replace("return 1", "return 2"), name) == known


def test_builders_of_the_package_have_no_version():
    assert select_pairs([Method("mine", plain, learners=("tree",))])[0][0].version == ""


@pytest.mark.exhaustive
def test_by_the_function_too(folder, tmp_path):
    done = run(
        datasets=[MadeDataset("made")],
        methods=["none", DummyClassifier()],
        learners="tree",
        jobs=1,
        output=tmp_path / "out",
        report=False,
        console=Console(quiet=True),
    )
    assert (done.n_cells, done.n_ok) == (2, 2)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("nowhere_at_all:X", "There is no module 'nowhere_at_all' in the current directory or"),
        ("my_methods.inner:X", "cannot be imported|There is no module 'my_methods.inner'"),
        ("broken:X", "'broken' cannot be imported: ModuleNotFoundError: No module named 'not_th"),
        ("wrong:X", "The module 'wrong' cannot be imported: SyntaxError"),
        ("my_methods:Halvr", "has no 'Halvr'; it has Halver, Vote, Needy"),
        ("my_methods:NUMBER", "my_methods:NUMBER is not an estimator that the benchmark can run"),
        ("my_methods:build", "my_methods:build is not an estimator"),
        ("my_methods:Needy", "my_methods:Needy needs target; give an instance of it"),
        ("my_methods:", "Give a method of your own as module:Name"),
        ("none,:X", "Give a method of your own as module:Name"),
        ("my_methods:Halver,my_methods:Halver", "two methods named 'Halver'"),
    ],
)
def test_what_cannot_be_run_is_one_sentence(folder, text, words, capsys):
    with pytest.raises(ValueError, match=words) as raised:
        select_pairs(text, "tree")
    assert "\n" not in str(raised.value)
    assert main(["bench", "--methods", text]) == 2
    assert capsys.readouterr().err.startswith("imbalance-kit: ")


def test_a_method_by_name_keeps_its_name(folder):
    assert load_method("my_methods:READY").name == "ready"
    mine = Method("mine", plain, learners=("tree",))
    assert names(select_pairs([mine, "my_methods:READY"])) == [("mine", "tree"), ("ready", "tree")]
