"""What the benchmark compares: one line for a learner, one for a method."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from imbalance_kit.benchmark._pipelines import (
    Learner,
    drawn_by_group,
    ensemble,
    fair_boosting,
    fair_decision,
    forest,
    lightgbm,
    own_ensemble,
    plain,
    repaired,
    resampled,
    tree,
    tuned,
    under_loss,
    weighed,
    weighted,
    wrapped,
)
from imbalance_kit.calibration import (
    LabelShiftClassifier,
    LogitAdjustedClassifier,
    PriorCorrectedClassifier,
    TemperatureScaledClassifier,
    VennAbersClassifier,
    WeightAlignedClassifier,
)
from imbalance_kit.combine import SMOTEENN, Chain, SMOTETomek
from imbalance_kit.cost import (
    CostSensitiveClassifier,
    MetaCostClassifier,
    MinimumExpectedCostClassifier,
    ThresholdedClassifierCV,
)
from imbalance_kit.ensemble import (
    AdaCostClassifier,
    AdaUBoostClassifier,
    AsymBoostClassifier,
    BalanceCascadeClassifier,
    BalancedBaggingClassifier,
    BalancedRandomForestClassifier,
    EasyEnsembleClassifier,
    KmeansSMOTEBoostClassifier,
    MixedTreesClassifier,
    OverBaggingClassifier,
    OverBoostClassifier,
    ResamplingBaggingClassifier,
    RUSBoostClassifier,
    SelfPacedEnsembleClassifier,
    SMOTEBaggingClassifier,
    SMOTEBoostClassifier,
    UnderBaggingClassifier,
)
from imbalance_kit.fairness import (
    AntidoteSampler,
    CorrelationRemover,
    CorrelationShift,
    CounterfactualMatcher,
    DisparateImpactRemover,
    FairBalance,
    FairDensitySampler,
    FairSampler,
    FairSMOTE,
    FairThresholdClassifier,
    LearnedFairRepresentation,
    LocallyFairLGBMClassifier,
    Massaging,
    MomentMatching,
    OptimizedPreprocessing,
    Reweighing,
    WeightSampler,
)
from imbalance_kit.losses import (
    AlphaLoss,
    AsymmetricLoss,
    BalancedSoftmaxLoss,
    ClassBalancedLoss,
    CrossEntropyLoss,
    DiceLoss,
    FocalLoss,
    LDAMLoss,
    Poly1Loss,
    PriorResistantLoss,
    TverskyLoss,
)
from imbalance_kit.losses._base import Loss
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


def _sampler(
    name: str,
    sampler: Callable[..., Any],
    *,
    learners: tuple[str, ...] = ("tree", "lightgbm"),
    core: bool = False,
    recalibrate: bool = False,
) -> Method:
    """A sampler with its defaults, before a learner."""
    build = partial(resampled, sampler, recalibrate=recalibrate)
    return Method(name, build, learners=learners, core=core)


def _ensemble(
    name: str,
    build: Callable[..., Any],
    *,
    learners: tuple[str, ...] = ("tree", "lightgbm"),
    core: bool = False,
    **parameters: Any,
) -> Method:
    """An ensemble of the learner, as large as suits it."""
    return Method(name, partial(ensemble, build, **parameters), learners=learners, core=core)


def _boosting(name: str, build: Callable[..., Any]) -> Method:
    """An ensemble of stumps: its rows stand with those of trees."""
    return Method(name, partial(own_ensemble, build), learners=("tree",))


def _wrapper(name: str, build: Callable[..., Any], **parameters: Any) -> Method:
    """The learner inside a classifier that decides, or corrects probabilities."""
    return Method(name, partial(wrapped, build, **parameters), learners=("tree", "lightgbm"))


def _loss(name: str, loss: Loss, **parameters: Any) -> Method:
    """LightGBM under a loss."""
    return Method(name, partial(under_loss, loss, **parameters), learners=("lightgbm",))


def _weigher(name: str, weigher: Any) -> Method:
    """Weights by group and class, before a learner."""
    return Method(name, partial(weighed, weigher), learners=("tree", "lightgbm"))


def _group_sampler(name: str, sampler: Callable[..., Any]) -> Method:
    """Rows drawn by group and class, before a learner."""
    return Method(name, partial(drawn_by_group, sampler), learners=("tree", "lightgbm"))


def _repair(name: str, transformer: Callable[..., Any]) -> Method:
    """Columns repaired, before a learner that gets numbers."""
    return Method(name, partial(repaired, transformer), learners=("tree",))


METHODS: tuple[Method, ...] = (
    Method("none", plain, core=True),
    Method("class weight", weighted, core=True),
    Method("threshold", tuned, core=True),
    # Decisions and corrected probabilities: the learner sees the data as it is.
    _wrapper("threshold, cross-validated", ThresholdedClassifierCV),
    _wrapper("minimum expected cost", MinimumExpectedCostClassifier),
    _wrapper("logit adjustment", LogitAdjustedClassifier),
    _wrapper("temperature scaling", TemperatureScaledClassifier),
    _wrapper("balanced vector scaling", WeightAlignedClassifier, method="bias_correction"),
    _wrapper("Venn-Abers", VennAbersClassifier, cv=5),
    # Only class shares that change set it in motion; here it costs what readiness costs.
    _wrapper("label shift", LabelShiftClassifier),
    _wrapper("cost-sensitive weights", CostSensitiveClassifier),
    _wrapper("cost-sensitive weights, recalibrated", CostSensitiveClassifier, recalibrate=True),
    _wrapper("MetaCost", MetaCostClassifier),
    _wrapper(
        "class weight, recalibrated",
        PriorCorrectedClassifier,
        trained_on="balanced",
        learner_parameters={"class_weight": "balanced"},
    ),
    _loss("class-balanced loss", ClassBalancedLoss()),
    _loss("weighted cross entropy", CrossEntropyLoss(class_weight="balanced")),
    _loss("focal loss", FocalLoss()),
    _loss("focal loss, recalibrated", FocalLoss(), recalibrate=True),
    _loss("asymmetric loss", AsymmetricLoss()),
    _loss("Dice loss", DiceLoss()),
    _loss("Tversky loss", TverskyLoss()),
    _loss("LDAM loss", LDAMLoss()),
    _loss("balanced softmax", BalancedSoftmaxLoss()),
    _loss("balanced softmax, recalibrated", BalancedSoftmaxLoss(), recalibrate=True),
    _loss("poly-1 loss", Poly1Loss()),
    _loss("alpha loss", AlphaLoss()),
    _loss("prior-resistant loss", PriorResistantLoss()),
    # Samplers go by the names they have in the literature, so that people find them.
    _sampler("random over-sampling", RandomOverSampler, learners=ALL_LEARNERS, core=True),
    _sampler("SMOTE", SMOTE, learners=ALL_LEARNERS, core=True),
    _sampler("SMOTE-NC", partial(SMOTENC, categorical_features="auto")),
    _sampler("SMOTEN", SMOTEN),
    _sampler("Borderline-SMOTE", BorderlineSMOTE, core=True),
    _sampler("SVM-SMOTE", SVMSMOTE),
    _sampler("KMeans-SMOTE", KMeansSMOTE),
    _sampler("ADASYN", ADASYN, core=True),
    _sampler("PolynomFit-SMOTE", PolynomFitSMOTE, core=True),
    _sampler("ProWSyn", ProWSyn),
    _sampler("SMOTE-IPF", SMOTEIPF),
    _sampler("Lee-SMOTE", LeeSMOTE),
    _sampler("SMOBD", SMOBD),
    _sampler("Geometric SMOTE", GeometricSMOTE),
    _sampler("Safe-Level-SMOTE", SafeLevelSMOTE),
    _sampler("MWMOTE", MWMOTE),
    _sampler("CCR", CCR),
    _sampler("LVQ-SMOTE", LVQSMOTE),
    _sampler("Assembled-SMOTE", AssembledSMOTE),
    _sampler("ROSE", ROSE),
    _sampler("temperature sampling", TemperatureSampler),
    _sampler("random under-sampling", RandomUnderSampler, learners=ALL_LEARNERS, core=True),
    _sampler(
        "random under-sampling, recalibrated",
        RandomUnderSampler,
        learners=("lightgbm",),
        core=True,
        recalibrate=True,
    ),
    _sampler("self-paced under-sampling", SelfPacedUnderSampler, core=True),
    _sampler("balance-cascade under-sampling", BalanceCascadeUnderSampler),
    _sampler("instance hardness threshold", InstanceHardnessThreshold),
    _sampler("cluster centroids", ClusterCentroids),
    _sampler("subclass under-sampling", SubclassUnderSampler),
    _sampler("NearMiss", NearMiss),
    _sampler("Tomek links", TomekLinks, learners=ALL_LEARNERS, core=True),
    _sampler("ENN", EditedNearestNeighbours, core=True),
    _sampler("repeated ENN", RepeatedEditedNearestNeighbours),
    _sampler("AllKNN", AllKNN),
    _sampler("neighbourhood cleaning rule", NeighbourhoodCleaningRule),
    _sampler("condensed nearest neighbour", CondensedNearestNeighbour),
    _sampler("one-sided selection", OneSidedSelection),
    _sampler("SMOTE-ENN", SMOTEENN, core=True),
    _sampler("SMOTE-Tomek", SMOTETomek),
    _sampler(
        "Tomek links, then random over-sampling",
        partial(Chain, [TomekLinks(), RandomOverSampler()]),
    ),
    # As large as the other ensembles and not re-balanced: what they have to beat.
    _ensemble("bagging", ResamplingBaggingClassifier, core=True),
    _ensemble("under-bagging", UnderBaggingClassifier),
    _ensemble("balanced bagging", BalancedBaggingClassifier),
    _ensemble("over-bagging", OverBaggingClassifier),
    _ensemble("SMOTE-bagging", SMOTEBaggingClassifier),
    _ensemble("self-paced ensemble", SelfPacedEnsembleClassifier, core=True),
    _ensemble("balance cascade", BalanceCascadeClassifier),
    Method(
        "balanced random forest",
        partial(own_ensemble, BalancedRandomForestClassifier),
        learners=("forest",),
        core=True,
    ),
    Method(
        "EasyEnsemble",
        partial(own_ensemble, EasyEnsembleClassifier, fill_gaps=True),
        learners=("tree",),
    ),
    # Trees of its own, on frames as they are: it stands with what a user of LightGBM has.
    Method(
        "mixed trees",
        partial(own_ensemble, MixedTreesClassifier),
        learners=("lightgbm",),
        core=True,
    ),
    _boosting("RUSBoost", RUSBoostClassifier),
    _boosting("OverBoost", OverBoostClassifier),
    _boosting("SMOTEBoost", SMOTEBoostClassifier),
    _boosting("KMeans-SMOTE-boost", KmeansSMOTEBoostClassifier),
    _boosting("AdaCost", AdaCostClassifier),
    _boosting("AdaUBoost", AdaUBoostClassifier),
    _boosting("AsymBoost", AsymBoostClassifier),
    # Fairness. Without sensitive columns all rows are one group, and most of these do nothing.
    _weigher("reweighing", Reweighing()),
    _weigher("FairBalance", FairBalance()),
    _weigher("correlation shift", CorrelationShift()),
    _weigher("moment matching", MomentMatching()),
    _group_sampler("reweighing, drawn", partial(WeightSampler, Reweighing())),
    _group_sampler("fair sampling", FairSampler),
    _group_sampler("massaging", Massaging),
    _group_sampler("Fair-SMOTE", FairSMOTE),
    _group_sampler("antidote data", AntidoteSampler),
    _group_sampler("fair density", FairDensitySampler),
    _group_sampler("counterfactual matching", CounterfactualMatcher),
    _repair("disparate impact remover", DisparateImpactRemover),
    _repair("correlation remover", CorrelationRemover),
    _repair("learned fair representation", LearnedFairRepresentation),
    _repair("optimised preprocessing", OptimizedPreprocessing),
    Method(
        "fair thresholds",
        partial(fair_decision, FairThresholdClassifier),
        learners=("tree", "lightgbm"),
    ),
    Method(
        "locally fair boosting",
        partial(fair_boosting, LocallyFairLGBMClassifier),
        learners=("lightgbm",),
    ),
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
