"""What the benchmark compares: one line for a learner, one for a method."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from imbalance_kit.benchmark._pipelines import (
    Learner,
    forest,
    lightgbm,
    plain,
    resampled,
    self_paced,
    tree,
    tuned,
    weighted,
)
from imbalance_kit.combine import SMOTEENN, Chain, SMOTETomek
from imbalance_kit.over_sampling import (
    ADASYN,
    CCR,
    LVQSMOTE,
    MWMOTE,
    ROSE,
    SMOBD,
    SMOTE,
    SMOTEIPF,
    SMOTEN,
    SMOTENC,
    SVMSMOTE,
    AssembledSMOTE,
    BorderlineSMOTE,
    GeometricSMOTE,
    KMeansSMOTE,
    LeeSMOTE,
    PolynomFitSMOTE,
    ProWSyn,
    RandomOverSampler,
    SafeLevelSMOTE,
    TemperatureSampler,
)
from imbalance_kit.under_sampling import (
    AllKNN,
    BalanceCascadeUnderSampler,
    ClusterCentroids,
    CondensedNearestNeighbour,
    EditedNearestNeighbours,
    InstanceHardnessThreshold,
    NearMiss,
    NeighbourhoodCleaningRule,
    OneSidedSelection,
    RandomUnderSampler,
    RepeatedEditedNearestNeighbours,
    SelfPacedUnderSampler,
    SubclassUnderSampler,
    TomekLinks,
)

ALL_LEARNERS = ("tree", "forest", "lightgbm")


@dataclass(frozen=True)
class Method:
    """A way to deal with imbalance.

    Attributes
    ----------
    name : str
        As people read it.
    build : callable
        ``build(learner, seed)`` returns an unfitted classifier. A function of a module or a
        ``functools.partial`` of one, so that worker processes find it.
    learners : tuple of str
        Names of the base learners it is paired with.
    core : bool
        Whether its pairs belong to the short list that runs by default.

    Examples
    --------
    Compare a method of your own with a baseline. In a script `build` must be a function of a
    module that worker processes can import.

    >>> from sklearn.dummy import DummyClassifier
    >>> from imbalance_kit.benchmark import Method, select_pairs
    >>> def build(learner, seed):
    ...     return DummyClassifier(strategy="prior")
    >>> pairs = select_pairs(["none", Method("constant", build, learners=("tree",))], "tree")
    >>> [(method.name, learner.name) for method, learner in pairs]
    [('none', 'tree'), ('constant', 'tree')]
    """

    name: str
    build: Callable[[Learner, int], Any]
    learners: tuple[str, ...] = ALL_LEARNERS
    core: bool = False


Pair = tuple[Method, Learner]

LEARNERS: tuple[Learner, ...] = (
    Learner("tree", tree),
    Learner("forest", forest),
    Learner("lightgbm", lightgbm, native=True),
)

METHODS: tuple[Method, ...] = (
    Method("none", plain, core=True),
    Method("class weight", weighted, core=True),
    Method("threshold", tuned, core=True),
    Method("random under-sampling", partial(resampled, RandomUnderSampler), core=True),
    Method("random over-sampling", partial(resampled, RandomOverSampler), core=True),
    Method("SMOTE", partial(resampled, SMOTE), core=True),
    Method("borderline SMOTE", partial(resampled, BorderlineSMOTE), learners=("tree", "lightgbm")),
    Method("support-vector SMOTE", partial(resampled, SVMSMOTE), learners=("tree", "lightgbm")),
    Method(
        "adaptive synthetic sampling", partial(resampled, ADASYN), learners=("tree", "lightgbm")
    ),
    Method("k-means SMOTE", partial(resampled, KMeansSMOTE), learners=("tree", "lightgbm")),
    Method(
        "SMOTE for mixed columns",
        partial(resampled, partial(SMOTENC, categorical_features="auto")),
        learners=("tree", "lightgbm"),
    ),
    Method("SMOTE for nominal columns", partial(resampled, SMOTEN), learners=("tree", "lightgbm")),
    Method("assembled SMOTE", partial(resampled, AssembledSMOTE), learners=("tree", "lightgbm")),
    Method("LVQ-SMOTE", partial(resampled, LVQSMOTE), learners=("tree", "lightgbm")),
    Method(
        "polynomial-fit SMOTE", partial(resampled, PolynomFitSMOTE), learners=("tree", "lightgbm")
    ),
    Method("SMOTE with rejection", partial(resampled, LeeSMOTE), learners=("tree", "lightgbm")),
    Method("safe-level SMOTE", partial(resampled, SafeLevelSMOTE), learners=("tree", "lightgbm")),
    Method("density-based SMOTE", partial(resampled, SMOBD), learners=("tree", "lightgbm")),
    Method("proximity-weighted SMOTE", partial(resampled, ProWSyn), learners=("tree", "lightgbm")),
    Method("SMOTE, filtered", partial(resampled, SMOTEIPF), learners=("tree", "lightgbm")),
    Method("geometric SMOTE", partial(resampled, GeometricSMOTE), learners=("tree", "lightgbm")),
    Method(
        "majority-weighted over-sampling",
        partial(resampled, MWMOTE),
        learners=("tree", "lightgbm"),
    ),
    Method("cleaning over-sampling", partial(resampled, CCR), learners=("tree", "lightgbm")),
    Method("smoothed over-sampling", partial(resampled, ROSE), learners=("tree", "lightgbm")),
    Method(
        "temperature sampling",
        partial(resampled, TemperatureSampler),
        learners=("tree", "lightgbm"),
    ),
    Method("Tomek links", partial(resampled, TomekLinks), core=True),
    Method(
        "edited nearest neighbours",
        partial(resampled, EditedNearestNeighbours),
        learners=("tree", "lightgbm"),
    ),
    Method(
        "repeated edited nearest neighbours",
        partial(resampled, RepeatedEditedNearestNeighbours),
        learners=("tree", "lightgbm"),
    ),
    Method("all k nearest neighbours", partial(resampled, AllKNN), learners=("tree", "lightgbm")),
    Method(
        "neighbourhood cleaning rule",
        partial(resampled, NeighbourhoodCleaningRule),
        learners=("tree", "lightgbm"),
    ),
    Method(
        "condensed nearest neighbour",
        partial(resampled, CondensedNearestNeighbour),
        learners=("tree", "lightgbm"),
    ),
    Method(
        "one-sided selection", partial(resampled, OneSidedSelection), learners=("tree", "lightgbm")
    ),
    Method("near miss", partial(resampled, NearMiss), learners=("tree", "lightgbm")),
    Method(
        "self-paced under-sampling",
        partial(resampled, SelfPacedUnderSampler),
        learners=("tree", "lightgbm"),
        core=True,
    ),
    Method(
        "instance hardness threshold",
        partial(resampled, InstanceHardnessThreshold),
        learners=("tree", "lightgbm"),
    ),
    Method(
        "balance cascade",
        partial(resampled, BalanceCascadeUnderSampler),
        learners=("tree", "lightgbm"),
    ),
    Method(
        "cluster centroids",
        partial(resampled, ClusterCentroids),
        learners=("tree", "lightgbm"),
    ),
    Method(
        "subclass under-sampling",
        partial(resampled, SubclassUnderSampler),
        learners=("tree", "lightgbm"),
    ),
    Method(
        "SMOTE, then edited neighbours",
        partial(resampled, SMOTEENN),
        learners=("tree", "lightgbm"),
    ),
    Method(
        "SMOTE, then Tomek links",
        partial(resampled, SMOTETomek),
        learners=("tree", "lightgbm"),
    ),
    Method(
        "over- and under-sampling in turn",
        partial(resampled, partial(Chain, steps=[RandomOverSampler(), TomekLinks()])),
        learners=("tree", "lightgbm"),
    ),
    Method(
        "random under-sampling, recalibrated",
        partial(resampled, RandomUnderSampler, recalibrate=True),
        learners=("lightgbm",),
        core=True,
    ),
    Method("self-paced ensemble", self_paced, learners=("tree", "lightgbm"), core=True),
)


def select_pairs(
    methods: str | Iterable[str | Method] = "core", learners: str | Iterable[str] | None = None
) -> list[Pair]:
    """Method-learner pairs that a request names, in the order of the registry.

    Parameters
    ----------
    methods : str or iterable of str or Method, default="core"
        ``"core"``, ``"all"``, or names, as a list or as one string with commas. Upper and lower
        case are the same. In a string, a name that itself holds a comma is recognised.
    learners : str or iterable of str, default=None
        Names; None for all.

    Returns
    -------
    list of (Method, Learner)
        The pairs.

    Raises
    ------
    ValueError
        If a name is unknown or nothing is left.

    Examples
    --------
    >>> from imbalance_kit.benchmark import select_pairs
    >>> [(m.name, learner.name) for m, learner in select_pairs("none,SMOTE", "tree")]
    [('none', 'tree'), ('SMOTE', 'tree')]
    """
    chosen = _select_methods(methods)
    by_name = {learner.name: learner for learner in LEARNERS}
    wanted = list(by_name) if learners is None else _names(learners, list(by_name), "learner")
    pairs = [
        (method, by_name[name]) for method in chosen for name in method.learners if name in wanted
    ]
    if not pairs:
        raise ValueError(
            f"No method-learner pair is left: {', '.join(m.name for m in chosen)} with "
            f"{', '.join(wanted)}. `imbalance-kit list` shows which pairs exist."
        )
    return pairs


def _select_methods(methods: str | Iterable[str | Method]) -> list[Method]:
    if methods == "all":
        return list(METHODS)
    if methods == "core":
        return [method for method in METHODS if method.core]
    by_name = {method.name: method for method in METHODS}
    if isinstance(methods, str):
        named: list[str | Method] = list(_names(methods, list(by_name), "method"))
    else:
        named = list(methods)
    own = [entry for entry in named if isinstance(entry, Method)]
    _check_own(own)
    texts = [entry for entry in named if isinstance(entry, str)]
    found = set() if own and not texts else set(_names(texts, list(by_name), "method"))
    return [method for method in METHODS if method.name in found] + own


def _check_own(methods: list[Method]) -> None:
    names = [method.name for method in methods]
    ours = [method.name for method in METHODS]
    for method in methods:
        if names.count(method.name) > 1 or method.name in ours:
            raise ValueError(f"There are two methods named {method.name!r}; rename yours.")
        _names(method.learners, [learner.name for learner in LEARNERS], "learner")


def _names(given: str | Iterable[str], known: list[str], kind: str) -> list[str]:
    """Known names that were given, spelt as we spell them."""
    by_lower = {name.lower(): name for name in known}
    if isinstance(given, str):
        given = _cut_at_commas(given, set(by_lower))
    names = []
    for name in given:
        if name.strip().lower() not in by_lower:
            raise ValueError(f"Unknown {kind} {name.strip()!r}. Known: {'; '.join(known)}.")
        names.append(by_lower[name.strip().lower()])
    if not names:
        raise ValueError(f"No {kind} was named. Known: {'; '.join(known)}.")
    return names


def _cut_at_commas(text: str, known: set[str]) -> list[str]:
    """Cut at commas, but keep known names whole that hold a comma themselves."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    names: list[str] = []
    while parts:
        joined = f"{parts[0]}, {parts[1]}" if len(parts) > 1 else ""
        n_used = 2 if joined.lower() in known else 1
        names.append(joined if n_used == 2 else parts[0])
        parts = parts[n_used:]
    return names
