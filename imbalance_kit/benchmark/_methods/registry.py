"""What the benchmark compares: one line for each method, and which pairs a request names."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

from sklearn.ensemble import AdaBoostClassifier

from imbalance_kit.benchmark._methods.in_context import CONTEXT_ROWS
from imbalance_kit.benchmark._methods.learners import CORE_LEARNERS, LEARNERS
from imbalance_kit.benchmark._methods.method import (
    IN_CONTEXT,
    ONE_VS_REST,
    SINGLE_LEARNERS,
    Method,
    Pair,
    baseline,
    boosting_method,
    ensemble_method,
    every_learner,
    fixed_ensemble_method,
    group_sampler_method,
    loss_method,
    method_with_part,
    repair_method,
    sampler_method,
    weigher_method,
    wrapper_method,
)
from imbalance_kit.benchmark._methods.names import cut_at_commas, known_names
from imbalance_kit.benchmark._methods.own_methods import (
    as_method,
    is_estimator,
    is_own,
    load_method,
    versioned,
)
from imbalance_kit.benchmark._methods.pipelines import (
    fair_boosting,
    fair_decision,
    plain,
    tuned,
    weighted,
)
from imbalance_kit.benchmark._methods.presets import PRESETS
from imbalance_kit.calibration import (
    ConformalClassifier,
    LabelShiftClassifier,
    LogitAdjustedClassifier,
    PriorCorrectedClassifier,
    TemperatureScaledClassifier,
    VennAbersClassifier,
    WeightAlignedClassifier,
)
from imbalance_kit.combine import SMOTEENN, Chain, SMOTETomek
from imbalance_kit.cost import (
    ConstrainedThresholdClassifierCV,
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
    RowLimit,
    SelfPacedUnderSampler,
    SubclassUnderSampler,
    TomekLinks,
)

METHODS: tuple[Method, ...] = (
    baseline("none", plain, more=IN_CONTEXT),
    baseline("class weight", weighted),
    baseline("threshold", tuned, more=IN_CONTEXT),
    # Decisions and corrected probabilities: the learner sees the data as it is.
    wrapper_method("threshold, cross-validated", ThresholdedClassifierCV),
    wrapper_method(
        "threshold, false-positive rate at most .1",
        ConstrainedThresholdClassifierCV,
        constraint={"false_positive_rate": 0.1},
    ),
    # Named, so that stored results of the registry stay comparable whatever the default is.
    wrapper_method("minimum expected cost", MinimumExpectedCostClassifier, calibration="sigmoid"),
    wrapper_method("logit adjustment", LogitAdjustedClassifier),
    wrapper_method("temperature scaling", TemperatureScaledClassifier),
    wrapper_method("balanced vector scaling", WeightAlignedClassifier, method="bias_correction"),
    wrapper_method("Venn-Abers", VennAbersClassifier, cv=5),
    # Its sets are its own; what is compared here is the mean of the folds' estimators.
    wrapper_method("conformal sets", ConformalClassifier, cv=5),
    # Only class shares that change set it in motion; here it costs what readiness costs.
    wrapper_method("label shift", LabelShiftClassifier),
    wrapper_method("cost-sensitive weights", CostSensitiveClassifier),
    wrapper_method(
        "cost-sensitive weights, recalibrated", CostSensitiveClassifier, recalibrate=True
    ),
    wrapper_method("MetaCost", MetaCostClassifier),
    wrapper_method(
        "class weight, recalibrated",
        PriorCorrectedClassifier,
        trained_on="balanced",
        learner_parameters={"class_weight": "balanced"},
    ),
    loss_method("class-balanced loss", ClassBalancedLoss()),
    loss_method("weighted cross entropy", CrossEntropyLoss(class_weight="balanced")),
    loss_method("focal loss", FocalLoss()),
    loss_method("focal loss, recalibrated", FocalLoss(), recalibrate=True),
    loss_method("asymmetric loss", AsymmetricLoss()),
    loss_method("Dice loss", DiceLoss()),
    loss_method("Tversky loss", TverskyLoss()),
    loss_method("LDAM loss", LDAMLoss()),
    loss_method("balanced softmax", BalancedSoftmaxLoss()),
    loss_method("balanced softmax, recalibrated", BalancedSoftmaxLoss(), recalibrate=True),
    loss_method("poly-1 loss", Poly1Loss()),
    loss_method("alpha loss", AlphaLoss()),
    loss_method("prior-resistant loss", PriorResistantLoss()),
    # Samplers go by the names they have in the literature, so that people find them.
    sampler_method(
        "random over-sampling", RandomOverSampler, learners=every_learner(CORE_LEARNERS), core=True
    ),
    sampler_method("SMOTE", SMOTE, learners=every_learner(CORE_LEARNERS), core=True),
    sampler_method("SMOTE-NC", partial(SMOTENC, categorical_features="auto")),
    sampler_method("SMOTEN", SMOTEN),
    sampler_method("Borderline-SMOTE", BorderlineSMOTE, core=True),
    sampler_method("SVM-SMOTE", SVMSMOTE),
    sampler_method("KMeans-SMOTE", KMeansSMOTE),
    sampler_method("ADASYN", ADASYN, core=True),
    sampler_method("PolynomFit-SMOTE", PolynomFitSMOTE, core=True),
    sampler_method("ProWSyn", ProWSyn),
    sampler_method("SMOTE-IPF", SMOTEIPF),
    sampler_method("Lee-SMOTE", LeeSMOTE),
    sampler_method("SMOBD", SMOBD),
    sampler_method("Geometric SMOTE", GeometricSMOTE),
    sampler_method("Safe-Level-SMOTE", SafeLevelSMOTE),
    sampler_method("MWMOTE", MWMOTE),
    sampler_method("CCR", CCR),
    sampler_method("LVQ-SMOTE", LVQSMOTE),
    sampler_method("Assembled-SMOTE", AssembledSMOTE),
    sampler_method("ROSE", ROSE),
    sampler_method("temperature sampling", TemperatureSampler),
    sampler_method(
        "random under-sampling",
        RandomUnderSampler,
        learners=every_learner(CORE_LEARNERS),
        core=True,
    ),
    sampler_method(
        "random under-sampling, recalibrated",
        RandomUnderSampler,
        learners=every_learner(("lightgbm",)),
        core=True,
        recalibrate=True,
    ),
    # Contexts for models that learn from few rows at prediction, and what they do to another.
    sampler_method(
        "balanced context",
        partial(RandomUnderSampler, sampling_strategy=RowLimit(CONTEXT_ROWS)),
        learners=("lightgbm", *IN_CONTEXT),
        recalibrate=True,
    ),
    sampler_method(
        "hybrid context",
        partial(RandomUnderSampler, sampling_strategy=RowLimit(CONTEXT_ROWS, balance=0.5)),
        learners=("lightgbm", *IN_CONTEXT),
        recalibrate=True,
    ),
    sampler_method("self-paced under-sampling", SelfPacedUnderSampler, core=True),
    sampler_method("balance-cascade under-sampling", BalanceCascadeUnderSampler),
    sampler_method("instance hardness threshold", InstanceHardnessThreshold),
    sampler_method("cluster centroids", ClusterCentroids),
    sampler_method("subclass under-sampling", SubclassUnderSampler),
    sampler_method("NearMiss", NearMiss),
    sampler_method("Tomek links", TomekLinks, learners=CORE_LEARNERS, core=True),
    sampler_method("ENN", EditedNearestNeighbours, core=True),
    sampler_method("repeated ENN", RepeatedEditedNearestNeighbours),
    sampler_method("AllKNN", AllKNN),
    sampler_method("neighbourhood cleaning rule", NeighbourhoodCleaningRule),
    sampler_method("condensed nearest neighbour", CondensedNearestNeighbour),
    sampler_method("one-sided selection", OneSidedSelection),
    sampler_method(
        "SMOTE-ENN",
        partial(SMOTEENN, smote=SMOTE(), enn=EditedNearestNeighbours(sampling_strategy="all")),
        core=True,
    ),
    sampler_method(
        "SMOTE-Tomek",
        partial(SMOTETomek, smote=SMOTE(), tomek=TomekLinks(sampling_strategy="all")),
    ),
    sampler_method(
        "Tomek links, then random over-sampling",
        partial(Chain, [TomekLinks(), RandomOverSampler()]),
    ),
    # As large as the other ensembles and not re-balanced: what they have to beat.
    ensemble_method(
        "bagging", ResamplingBaggingClassifier, learners=every_learner(SINGLE_LEARNERS), core=True
    ),
    ensemble_method("under-bagging", UnderBaggingClassifier),
    ensemble_method("balanced bagging", BalancedBaggingClassifier),
    ensemble_method(
        "bagged contexts",
        partial(
            ResamplingBaggingClassifier,
            sampler=RandomUnderSampler(sampling_strategy=RowLimit(CONTEXT_ROWS)),
            bootstrap=False,
            recalibrate=True,
        ),
        learners=("lightgbm", *IN_CONTEXT),
    ),
    ensemble_method("over-bagging", OverBaggingClassifier),
    ensemble_method("SMOTE-bagging", SMOTEBaggingClassifier),
    ensemble_method(
        "self-paced ensemble",
        SelfPacedEnsembleClassifier,
        learners=every_learner(SINGLE_LEARNERS),
        core=True,
    ),
    ensemble_method("balance cascade", BalanceCascadeClassifier),
    fixed_ensemble_method(
        "balanced random forest", BalancedRandomForestClassifier, "forest", core=True
    ),
    fixed_ensemble_method(
        "EasyEnsemble",
        EasyEnsembleClassifier,
        "tree",
        fill_missing=True,
        estimator=AdaBoostClassifier(),
    ),
    # Trees of its own, on frames as they are: it stands with what a user of LightGBM has.
    fixed_ensemble_method("mixed trees", MixedTreesClassifier, "lightgbm", core=True),
    boosting_method("RUSBoost", RUSBoostClassifier),
    boosting_method("OverBoost", OverBoostClassifier),
    boosting_method("SMOTEBoost", SMOTEBoostClassifier),
    boosting_method("KMeans-SMOTE-boost", KmeansSMOTEBoostClassifier),
    boosting_method("AdaCost", AdaCostClassifier),
    boosting_method("AdaUBoost", AdaUBoostClassifier),
    boosting_method("AsymBoost", AsymBoostClassifier),
    # Fairness. Without sensitive columns all rows are one group, and most of these do nothing.
    weigher_method("reweighing", Reweighing()),
    weigher_method("FairBalance", FairBalance()),
    weigher_method("correlation shift", CorrelationShift()),
    weigher_method("moment matching", MomentMatching()),
    group_sampler_method("reweighing, drawn", partial(WeightSampler, Reweighing())),
    group_sampler_method("fair sampling", FairSampler),
    group_sampler_method("massaging", Massaging),
    group_sampler_method("Fair-SMOTE", FairSMOTE),
    group_sampler_method("antidote data", AntidoteSampler),
    group_sampler_method("fair density", FairDensitySampler),
    group_sampler_method("counterfactual matching", CounterfactualMatcher),
    repair_method("disparate impact remover", DisparateImpactRemover),
    repair_method("correlation remover", CorrelationRemover),
    repair_method("learned fair representation", LearnedFairRepresentation),
    repair_method("optimised preprocessing", OptimizedPreprocessing),
    method_with_part(
        "fair thresholds", partial(fair_decision, FairThresholdClassifier), ONE_VS_REST
    ),
    method_with_part(
        "locally fair boosting",
        partial(fair_boosting, LocallyFairLGBMClassifier),
        ONE_VS_REST,
        ("lightgbm",),
    ),
)


def select_pairs(methods: Any = "core", learners: str | Iterable[str] | None = None) -> list[Pair]:
    """Method-learner pairs that a request names, in the order of the registry.

    Parameters
    ----------
    methods : str or iterable of str, Method or estimator, default="core"
        ``"core"``, ``"all"``, ``"climb"`` or ``"fair"`` (the methods of that preset), or names, as
        a list or as one string with commas. Upper and lower case are the same. In a string, a name
        that itself holds a comma is recognised. A method from outside the package is named
        ``"module:Name"``, or is itself in the list: a sampler or a classifier, as a class or an
        instance, or a :class:`Method`. It comes behind those of the registry.
    learners : str or iterable of str, default=None
        Names, or ``"all"`` for every learner whose packages are installed. None stands for tree,
        forest and LightGBM, or for the learners of the preset; a method that goes with none of
        them keeps its own.

    Returns
    -------
    list of (Method, Learner)
        The pairs.

    Raises
    ------
    ValueError
        If a name is unknown, a learner's package is not installed, or nothing is left.

    Examples
    --------
    >>> from imbalance_kit.benchmark import select_pairs
    >>> [(m.name, learner.name) for m, learner in select_pairs("none,SMOTE", "tree")]
    [('none', 'tree'), ('SMOTE', 'tree')]
    """
    chosen = _select_methods(methods)
    preset = PRESETS.get(methods) if isinstance(methods, str) else None
    if learners is None:
        wanted = list(CORE_LEARNERS if preset is None else preset.learners)
    elif learners == "all":
        wanted = [name for name, learner in _LEARNERS.items() if not learner.missing]
    else:
        wanted = _installed(known_names(learners, list(_LEARNERS), "learner"))
    pairs = []
    for method in chosen:
        names = [name for name in method.learners if name in wanted]
        if learners is None and not names:
            names = _installed(method.learners)
        if method.own_learners:
            names = names[:1]  # with any other the cells would be the same
        pairs += [(method, _LEARNERS[name]) for name in names]
    if not pairs:
        raise ValueError(
            f"No method-learner pair is left: {', '.join(m.name for m in chosen)} with "
            f"{', '.join(wanted)}. `imbalance-kit list` shows which pairs exist."
        )
    return pairs


_LEARNERS = {learner.name: learner for learner in LEARNERS}


def _installed(names: Iterable[str]) -> list[str]:
    for name in names:
        if missing := _LEARNERS[name].missing:
            packages = " ".join(missing)
            raise ValueError(
                f"The learner {name!r} needs {', '.join(missing)}, which is not installed: "
                f"pip install {packages}, or leave the learner out."
            )
    return list(names)


def _select_methods(methods: Any) -> list[Method]:
    if methods == "all":
        return list(METHODS)
    if methods == "core":
        return [method for method in METHODS if method.core]
    if isinstance(methods, str) and methods in PRESETS:
        methods = PRESETS[methods].methods
    by_name = {method.name: method for method in METHODS}
    if isinstance(methods, str):
        named: list[Any] = cut_at_commas(methods, by_name)
    elif isinstance(methods, Method) or is_estimator(methods):
        named = [methods]  # ensembles of scikit-learn can be iterated over
    else:
        named = list(methods)
    own = [_own_method(entry) for entry in named if not isinstance(entry, str) or is_own(entry)]
    _check_own(own)
    texts = [entry for entry in named if isinstance(entry, str) and not is_own(entry)]
    found = set() if own and not texts else set(known_names(texts, list(by_name), "method"))
    return [method for method in METHODS if method.name in found] + own


def _own_method(entry: Any) -> Method:
    if isinstance(entry, Method):
        return versioned(entry)
    method = load_method(entry.strip()) if isinstance(entry, str) else as_method(entry)
    taken = {known.name.lower() for known in METHODS}
    if isinstance(entry, str) and method.name.lower() in taken:
        return replace(method, name=entry.strip())
    return method


def _check_own(methods: list[Method]) -> None:
    names = [method.name for method in methods]
    ours = [method.name for method in METHODS]
    for method in methods:
        if names.count(method.name) > 1 or method.name in ours:
            raise ValueError(f"There are two methods named {method.name!r}; rename yours.")
        known_names(method.learners, list(_LEARNERS), "learner")
