"""The same rows as imbalanced-learn, on real and made tables.

Every method that both have runs on every table twice (in the first tier on a few of them):

- *untouched*: imbalanced-learn as it is. Where two distances from a row tie, its answer depends
  on its search tree, so such tables are moved by a ten-thousandth of a standard deviation first
  (nominal columns alone always tie, so there this part has no SMOTEN).
- *ties*: imbalanced-learn on the table as it is, with a search that orders equal distances by row
  number and leaves out the asking row by its number, not its place (`rival.OrderedSearch`). So
  everything but the tie rule is imbalanced-learn's own code.

Both get RandomState objects in equal state: imbalanced-learn restarts an int seed in its helpers.
Where imbalanced-learn raises, misses the wanted numbers of rows or returns a row twice, there is
nothing to compare; ours must still give the numbers, and each row once.
"""

import inspect
import math
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from importlib import import_module
from types import SimpleNamespace
from unittest import mock

import imblearn.combine
import imblearn.over_sampling
import imblearn.under_sampling
import numpy as np
import pandas as pd
import pytest
from loops import looped
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import imbalance_kit
from oracle.rival import EXACT, MADE, REAL, given, no_ties, squared_distances, table, ties_settled

ROWS = 350  # a real table is cut to
MADE_ROWS = 1500  # a made one
FAMILIES = ("over_sampling", "under_sampling", "combine")


def theirs_and_ours(name):
    """The class of that name in both packages."""
    for family in FAMILIES:
        if hasattr(getattr(imblearn, family), name):
            ours = getattr(imbalance_kit, family)
            return getattr(getattr(imblearn, family), name), getattr(ours, name)
    raise LookupError(name)


@dataclass(frozen=True)
class Method:
    """How to call a method in both packages.

    Attributes
    ----------
    ties : "numbered", "placed" or None
        How the search of the test knows the asking row: by a column of numbers that it adds, or
        by its place because the fitted rows ask. None: no neighbours, so no ties.

    kind : "numbers", "mixed" or "words"
        Which columns it takes.

    n_rows : int
        Rows to cut the tables to, where imbalanced-learn takes a second for more.

    majority_first : bool
        Whether to put the largest class first, under label 0.

    targets : callable or None
        Gives numbers of rows to ask for, which imbalanced-learn then keeps.

    correction : callable
        Opens a context in which imbalanced-learn rounds so that it keeps its numbers.
    """

    name: str
    options: dict = field(default_factory=dict)
    ties: str | None = "numbered"
    kind: str = "numbers"
    n_rows: int = ROWS
    majority_first: bool = False
    targets: Callable | None = None
    correction: Callable = lambda run_once, y: nullcontext()

    def __str__(self):
        options = [f"{key}={value}" for key, value in self.options.items()]
        return ", ".join([self.name, *options]).replace(repr(SMOOTH), "SMOOTH")


def adasyn_targets(method, X, y):
    """Numbers of rows near the wanted ones at which the rounded shares add up.

    imbalanced-learn rounds the share of every row and makes as many as come out, ours what was
    asked for.
    """
    k = method.options.get("n_neighbors", 5)
    squared = squared_distances(X, X)
    np.fill_diagonal(squared, np.inf)
    foreign = (y[np.argsort(squared, axis=1, kind="stable")[:, :k]] != y[:, None]).sum(axis=1)
    counts = Counter(y.tolist())
    targets = {}
    for label, count in counts.items():
        weight = foreign[y == label] / max(1, foreign[y == label].sum())
        for n in range(max(counts.values()) - count, 0, -1):
            if np.rint(weight * n).sum() == n:
                targets[label] = count + n
                break
    return targets


@contextmanager
def surplus_given_back(run_once, y):
    """imbalanced-learn's KMeansSMOTE with whole shares of the clusters that add up.

    It rounds all of them up. Trial runs tell the shares, class after class because a class's
    draws move the next one's clusters; those that gained most by rounding are made one lower
    until the sum is right.
    """
    counts = np.bincount(y)
    whole: list[int] = []

    @contextmanager
    def rounding(shares):
        settled = iter(whole)

        def ceil(share):
            shares.append(share)
            return next(settled, math.ceil(share))

        stand_in = SimpleNamespace(ceil=ceil, log=math.log)
        with mock.patch("imblearn.over_sampling._smote.cluster.math", stand_in):
            yield

    for n in counts.max() - counts:
        if n > 0:
            shares: list[float] = []
            with rounding(shares):
                run_once()
            exact = np.array(shares[len(whole) :])
            exact = exact[np.cumsum(exact) < n + 0.5]
            made = np.ceil(exact).astype(int)
            made[np.argsort(exact - made, kind="stable")[: made.sum() - n]] -= 1
            whole += made.tolist()
    with rounding([]):
        yield


# imbalanced-learn's CondensedNearestNeighbour takes row numbers for places in the class: right
# only for a class that stands first (test_differences.py)
majority = {"sampling_strategy": "majority"}
# A learner whose probabilities seldom tie: where they do, imbalanced-learn keeps too many rows.
SMOOTH = make_pipeline(StandardScaler(), LogisticRegression(C=0.01))

METHODS = [
    Method("RandomOverSampler", ties=None),
    Method("RandomOverSampler", {"shrinkage": 1.0}, ties=None),
    Method("SMOTE"),
    Method("SMOTE", {"k_neighbors": 1, "sampling_strategy": "minority"}),
    Method("BorderlineSMOTE"),
    Method("BorderlineSMOTE", {"kind": "borderline-2", "m_neighbors": 6, "k_neighbors": 3}),
    Method("SVMSMOTE"),
    Method("KMeansSMOTE", {"kmeans_estimator": 1}, "placed"),
    Method(
        "KMeansSMOTE",
        {"kmeans_estimator": 4, "cluster_balance_threshold": 0.01},
        "placed",
        correction=surplus_given_back,
    ),
    Method("ADASYN", targets=adasyn_targets),
    Method("ADASYN", {"n_neighbors": 3}, targets=adasyn_targets),
    Method("SMOTENC", {"categorical_features": "auto"}, "placed", "mixed"),
    Method("SMOTEN", {}, "placed", "words"),
    Method("RandomUnderSampler", ties=None),
    Method("RandomUnderSampler", {"replacement": True, "sampling_strategy": "all"}, ties=None),
    Method("NearMiss"),
    Method("NearMiss", {"version": 2}),
    Method("NearMiss", {"version": 3, "n_neighbors_ver3": 4}),
    Method("TomekLinks"),
    Method("TomekLinks", {"sampling_strategy": "all"}),
    Method("EditedNearestNeighbours"),
    Method("EditedNearestNeighbours", {"kind_sel": "mode", "sampling_strategy": "all"}),
    Method("RepeatedEditedNearestNeighbours"),
    Method("RepeatedEditedNearestNeighbours", {"kind_sel": "mode", "n_neighbors": 5}),
    Method("AllKNN"),
    Method("AllKNN", {"kind_sel": "mode", "allow_minority": True, "n_neighbors": 5}),
    Method("CondensedNearestNeighbour", majority, n_rows=200, majority_first=True),
    Method(
        "CondensedNearestNeighbour",
        {"n_neighbors": 3, "n_seeds_S": 3, **majority},
        n_rows=100,
        majority_first=True,
    ),
    Method("OneSidedSelection"),
    Method("OneSidedSelection", {"n_neighbors": 3, "n_seeds_S": 3}),
    Method("NeighbourhoodCleaningRule"),
    Method("NeighbourhoodCleaningRule", {"n_neighbors": 5, "threshold_cleaning": 0.2}),
    Method("InstanceHardnessThreshold", {"estimator": SMOOTH}, None),
    Method("InstanceHardnessThreshold", {"estimator": SMOOTH, "cv": 3, **majority}, None),
    Method("ClusterCentroids", ties=None),
    Method("SMOTEENN"),
    Method("SMOTETomek"),
]
SHARED = sorted({method.name for method in METHODS})

GIVES_UP = (ValueError, RuntimeError)


def run(sampler, X, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # small classes, convergence
        return sampler.fit_resample(X, y)


def wanted_counts(sampler, y):
    """Numbers of rows that a sampler with exact targets has to give, None for the others."""
    before = Counter(y.tolist())
    kind = type(sampler)._sampling_type
    inexact = type(sampler).__name__ in ("SMOTEENN", "SMOTETomek") or (
        getattr(sampler, "version", None) == 3
    )
    if kind == "clean-sampling" or inexact:
        return None
    targets = sampler.sampling_strategy_
    if kind == "over-sampling":
        return {label: n + targets.get(label, 0) for label, n in before.items()}
    return {label: targets.get(label, n) for label, n in before.items()}


def same(theirs, ours, kind):
    if kind == "mixed":
        assert list(theirs) == list(ours)
        for name in ours:
            if isinstance(ours[name].dtype, pd.CategoricalDtype):
                assert ours[name].tolist() == theirs[name].tolist()
            else:
                np.testing.assert_allclose(ours[name], theirs[name].astype(float), **EXACT)
    elif kind == "words":
        assert theirs.tolist() == ours.tolist()
    else:
        np.testing.assert_allclose(ours, theirs, **EXACT)


def check(method, name, untouched):
    n_rows = MADE_ROWS if name in MADE and method.n_rows == ROWS else method.n_rows
    X, y = given(name, n_rows, method.kind, moved=untouched)
    if method.majority_first:
        first = y == np.bincount(y).argmax()
        order = np.argsort(~first, kind="stable")
        X, y = X[order], np.where(first, 0, y + 1)[order]
    options = clone_all(method.options)
    if method.targets:
        options["sampling_strategy"] = method.targets(method, X, y)
    Theirs, Ours = theirs_and_ours(method.name)

    def sampler(cls):
        made = cls(**clone_all(options))
        if "random_state" in made.get_params():
            made.set_params(random_state=np.random.RandomState(7))
        return made

    ours = sampler(Ours)
    X_ours, y_ours = run(ours, X, y)
    counts = wanted_counts(ours, y)
    assert counts is None or Counter(y_ours.tolist()) == counts, "ours keep their counts"

    numbered = not untouched and method.ties == "numbered"
    with_numbers = np.c_[X, np.arange(len(X))] if numbered else X
    theirs = sampler(Theirs)
    try:
        with (
            nullcontext() if untouched else ties_settled(numbered),
            method.correction(lambda: run(sampler(Theirs), with_numbers, y), y),
        ):
            X_theirs, y_theirs = run(theirs, with_numbers, y)
    except GIVES_UP:
        assert counts is not None, "ours has nothing to show where imbalanced-learn gives up"
        return
    if counts is not None and Counter(y_theirs.tolist()) != counts:
        return  # nothing to compare: ours has kept the numbers, as asserted above
    X_theirs = X_theirs[:, :-1] if numbered else X_theirs
    chosen = getattr(theirs, "sample_indices_", None)
    if method.name == "OneSidedSelection" and len(np.unique(chosen)) < len(chosen):
        # it drew a seed twice, returns it twice, and so has other Tomek links
        assert len(np.unique(ours.sample_indices_)) == len(ours.sample_indices_)
        return
    if ("Nearest" in method.name or "KNN" in method.name) and len(y_theirs) == len(y):
        # nothing left, so nothing moves in ours
        back = np.argsort(np.argsort(y, kind="stable"))
        X_theirs, y_theirs, chosen = X_theirs[back], y_theirs[back], np.arange(len(y))
    if method.name == "SMOTEENN":
        back = np.argsort(y_ours, kind="stable")
        X_ours, y_ours = X_ours[back], y_ours[back]
    np.testing.assert_array_equal(y_ours, y_theirs)
    same(X_theirs, X_ours, method.kind)
    if chosen is not None:
        np.testing.assert_array_equal(ours.sample_indices_, chosen)
    if "random_state" in ours.get_params():
        states = [made.random_state.randint(2**31) for made in (ours, theirs)]
        assert states[0] == states[1], "as many draws were made"


def clone_all(options):
    return {
        key: clone(value) if hasattr(value, "get_params") else value
        for key, value in options.items()
    }


@pytest.fixture(autouse=True)
def one_thread():
    """k-means on few rows waits more for its threads than it gains."""
    import_module("imbalance_kit.kernels.products")  # else small tables stay with numpy a while
    with threadpool_limits(1):
        yield


# Numbers and nominal columns in five classes; two classes with ties; a table of compiled code.
FEW = ["automobile", "haberman", "made, 1,500 rows"]


def in_two_tiers(tables):
    """Few of the tables in the first tier, the others in the exhaustive one."""
    tiers = {
        "few": [name for name in tables if name in FEW],
        "others": [name for name in tables if name not in FEW],
    }
    marks = {"few": [], "others": [pytest.mark.exhaustive]}
    rows = [pytest.param(names, id=tier, marks=marks[tier]) for tier, names in tiers.items()]
    return pytest.mark.parametrize("tables", rows)


@pytest.mark.parametrize("method", [m for m in METHODS if m.kind != "words"], ids=str)
@in_two_tiers([*REAL, *MADE])
@looped("name", "tables")
def test_untouched(method, name):
    check(method, name, untouched=True)


@pytest.mark.parametrize("method", [m for m in METHODS if m.ties], ids=str)
@in_two_tiers(REAL)
@looped("name", "tables")
def test_ties(method, name):
    check(method, name, untouched=False)


@in_two_tiers([*REAL, *MADE])
@looped("name", "tables")
def test_hard_centroids(name):
    """The row nearest to each centroid; both rows of a cluster of two are, so which is open."""
    X, y = given(name, 350, "numbers", moved=True)
    rows = {}
    for voting in ("soft", "hard"):
        for cls in theirs_and_ours("ClusterCentroids"):
            machine = KMeans(n_init=1, random_state=0)
            rows[voting, cls] = cls(voting=voting, estimator=machine).fit_resample(X, y)[0]
    Theirs, Ours = theirs_and_ours("ClusterCentroids")
    n_rows = len(rows["hard", Ours])
    assert len(np.unique(rows["hard", Ours], axis=0)) == n_rows
    if len(np.unique(rows["hard", Theirs], axis=0)) < n_rows:
        return  # it returns a row twice that two centroids share
    away = [((rows["hard", cls] - rows["soft", Theirs]) ** 2).sum(axis=1) for cls in (Theirs, Ours)]
    np.testing.assert_allclose(away[1], away[0], **EXACT)


@looped("family", FAMILIES)
def test_every_method_of_imbalanced_learn_is_compared(family):
    samplers = {name for name in getattr(imblearn, family).__all__ if "FunctionSampler" not in name}
    assert samplers <= set(SHARED)


# Parameters of imbalanced-learn's that ours do without.
DROPPED = {
    "categorical_encoder": "nominal columns are not one-hot encoded, so nothing encodes them"
}


@looped("name", SHARED)
def test_parameters_and_defaults_are_imbalanced_learns(name):
    theirs, ours = (inspect.signature(cls).parameters for cls in theirs_and_ours(name))
    for key, parameter in theirs.items():
        if key in DROPPED:
            assert key not in ours, "no longer dropped"
        elif parameter.default is inspect.Parameter.empty:
            assert key in ours
        else:
            assert ours[key].default == parameter.default, key


def test_many_real_tables():
    assert len(REAL) >= 25
    assert sum(len(np.unique(table(name).y)) > 2 for name in REAL) >= 5
    tied = [name for name in REAL if not no_ties(table(name).numbers)]
    assert len(tied) >= 5
