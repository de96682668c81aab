"""The one list: a small instance of every public estimator.

A new estimator gets a line here, and every common check runs on it. Beside it stand the checks
that its definition rules out, each with the reason.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from sklearn.base import BaseEstimator
from sklearn.ensemble import AdaBoostClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import get_tags
from xgboost import XGBClassifier

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
from imbalance_kit.compose import ResampledClassifier, WeightedClassifier
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
    ImbalancedCatBoostClassifier,
    ImbalancedLGBMClassifier,
    ImbalancedXGBClassifier,
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
    SelfPacedUnderSampler,
    SubclassUnderSampler,
    TomekLinks,
)


@dataclass(frozen=True)
class Case:
    """An estimator and what the checks need to know about it.

    Attributes
    ----------
    estimator : estimator
        A small, seeded instance; checks clone it.

    selects : bool
        Whether every row a sampler returns is a row it was given.

    looks : bool
        Whether a sampler looks at the values of X; one that does not takes anything.

    exact : bool
        Whether a sampler's numbers of rows are its targets.

    keeps : bool
        Whether an over-sampler returns the originals first and unchanged.

    idle : bool
        Whether a sampler returns a table of one group as it is, so that there nothing is drawn.

    ruled_out : dict
        Checks of scikit-learn or imbalanced-learn that cannot hold, with the reason.
    """

    estimator: BaseEstimator
    selects: bool = False
    looks: bool = True
    exact: bool = True
    keeps: bool = True
    idle: bool = False
    ruled_out: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def name(self) -> str:
        """The estimator as it prints, without addresses: those differ from worker to worker."""
        text = " ".join(str(self.estimator).split())
        return re.sub(r"<(?:\w+\.)*(\w+) object at 0x[0-9a-f]+>", r"\1(...)", text)

    @property
    def two_classes_only(self) -> bool:
        """Whether more classes are refused."""
        tags = get_tags(self.estimator).classifier_tags
        return tags is not None and not tags.multi_class

    @property
    def makes_rows(self) -> bool:
        """Whether rows come out that did not go in, or more than once; they are numbered anew."""
        return getattr(self.estimator, "_makes_rows", False)


_ROWS_ARE_DRAWN = (
    "rows are drawn: removing a row, or repeating it, changes the draw of the others; "
    "tests/test_compose.py, tests/cost and tests/ensemble check the mean over draws instead"
)
DRAWS_ROWS = {
    "check_sample_weight_equivalence_on_dense_data": _ROWS_ARE_DRAWN,
    "check_sample_weight_equivalence_on_sparse_data": _ROWS_ARE_DRAWN,
}

_COLUMNS_TIE = (
    "columns split the small table equally well and rounding decides between them, for which "
    "scikit-learn excuses its AdaBoostClassifier; tests/ensemble/test_cost_boosting.py checks it "
    "where no columns tie"
)
BOOSTS_STUMPS = {
    "check_sample_weight_equivalence_on_dense_data": _COLUMNS_TIE,
    "check_sample_weight_equivalence_on_sparse_data": _COLUMNS_TIE,
}

_ROWS_ARE_COUNTED = (
    "the forest draws rows, and a leaf holds a least number of rows whatever their weight; "
    "tests/ensemble/test_mixed_trees.py checks what weights do"
)
COUNTS_ROWS = {
    "check_sample_weight_equivalence_on_dense_data": _ROWS_ARE_COUNTED,
    "check_sample_weight_equivalence_on_sparse_data": _ROWS_ARE_COUNTED,
}

_ROWS_ARE_BINNED = (
    "LightGBM finds its bins from rows whatever their weight, so a row of weight 0 may move a "
    "threshold; tests/losses/test_classifier.py checks weights where bins do not change"
)
BINS_ROWS = {
    "check_sample_weight_equivalence_on_dense_data": _ROWS_ARE_BINNED,
    "check_sample_weight_equivalence_on_sparse_data": _ROWS_ARE_BINNED,
}

_SINGLE_PRECISION = (
    "XGBoost computes in single precision, the check asks for eight digits; "
    "tests/losses/test_engines.py checks weights"
)
SINGLE_PRECISION = {
    "check_sample_weight_equivalence_on_dense_data": _SINGLE_PRECISION,
    "check_sample_weight_equivalence_on_sparse_data": _SINGLE_PRECISION,
}

_DRAWS_AND_BINS = (
    "CatBoost permutes, draws and bins rows whatever their weight; "
    "tests/losses/test_engines.py checks weights where it does not"
)
DRAWS_AND_BINS = {
    "check_sample_weight_equivalence_on_dense_data": _DRAWS_AND_BINS,
    "check_sample_weight_equivalence_on_sparse_data": _DRAWS_AND_BINS,
}

_STARTS_AT_ROWS = (
    "the solver starts at rows that are drawn and ends in another local optimum; "
    "tests/fairness/test_representation.py checks that the loss weighs rows"
)
STARTS_AT_ROWS = {
    "check_sample_weight_equivalence_on_dense_data": _STARTS_AT_ROWS,
    "check_sample_weight_equivalence_on_sparse_data": _STARTS_AT_ROWS,
}

_FILTERED = "rows are dropped after the classes were evened out, so counts are not the targets"
DROPS_AFTERWARDS = {
    "check_samplers_fit_resample": _FILTERED,
    "check_samplers_sampling_strategy_fit_resample": _FILTERED,
}

_VALUES_GONE = "cleaning drops every row with one of the values of this table of a single column"
DROPS_VALUES = {
    **DROPS_AFTERWARDS,
    "check_samplers_string": _VALUES_GONE,
    "check_samplers_nan": _VALUES_GONE,
}

CASES = [
    Case(RandomOverSampler(random_state=0), selects=True, looks=False),
    Case(RandomOverSampler(random_state=0, shrinkage=0.5)),
    Case(AssembledSMOTE(random_state=0)),
    Case(LVQSMOTE(random_state=0)),
    Case(PolynomFitSMOTE(random_state=0)),
    Case(LeeSMOTE(random_state=0)),
    # by its definition it copies rows next to one without safety; among this many there is none
    Case(SafeLevelSMOTE(random_state=0, k_neighbors=20)),
    Case(SMOBD(random_state=0)),
    Case(ProWSyn(random_state=0)),
    Case(SMOTE(random_state=0)),
    Case(BorderlineSMOTE(random_state=0)),
    Case(BorderlineSMOTE(random_state=0, kind="borderline-2")),
    Case(SVMSMOTE(random_state=0)),
    Case(ADASYN(random_state=0)),
    Case(KMeansSMOTE(random_state=0, kmeans_estimator=2, cluster_balance_threshold=0.1)),
    Case(SMOTENC(categorical_features="auto", random_state=0)),
    Case(SMOTEN(random_state=0)),
    Case(CCR(random_state=0), keeps=False),
    Case(MWMOTE(random_state=0)),
    Case(
        SMOTEIPF(random_state=0, n_partitions=3, n_iter_no_change=1),
        exact=False,
        keeps=False,
        ruled_out=DROPS_AFTERWARDS,
    ),
    Case(GeometricSMOTE(random_state=0)),
    Case(ROSE(random_state=0)),
    Case(
        TemperatureSampler(random_state=0, tau=float("inf")), selects=True, looks=False, exact=False
    ),
    Case(RandomUnderSampler(random_state=0), selects=True, looks=False),
    Case(SelfPacedUnderSampler(random_state=0, cv=2), selects=True),
    Case(TomekLinks(), selects=True, exact=False),
    Case(EditedNearestNeighbours(), selects=True, exact=False),
    Case(RepeatedEditedNearestNeighbours(kind_sel="mode"), selects=True, exact=False),
    Case(AllKNN(), selects=True, exact=False),
    Case(NeighbourhoodCleaningRule(), selects=True, exact=False),
    Case(CondensedNearestNeighbour(random_state=0, n_seeds_S=5), selects=True, exact=False),
    Case(OneSidedSelection(random_state=0, n_seeds_S=5), selects=True, exact=False),
    Case(NearMiss(), selects=True),
    Case(NearMiss(version=2), selects=True),
    # Fewer neighbours may not reach enough rows; see tests/under_sampling/test_near_miss.py.
    Case(NearMiss(version=3, n_neighbors_ver3=30), selects=True),
    Case(InstanceHardnessThreshold(random_state=0, cv=2), selects=True),
    Case(BalanceCascadeUnderSampler(random_state=0, n_rounds=3), selects=True),
    Case(ClusterCentroids(random_state=0, voting="soft")),
    Case(ClusterCentroids(random_state=0, voting="hard"), selects=True),
    Case(SubclassUnderSampler(random_state=0), selects=True),
    Case(SMOTEENN(random_state=0), exact=False, keeps=False, ruled_out=DROPS_VALUES),
    Case(SMOTETomek(random_state=0), exact=False, keeps=False, ruled_out=DROPS_AFTERWARDS),
    Case(Chain([TomekLinks(), RandomUnderSampler()], random_state=0), selects=True, exact=False),
    Case(ResampledClassifier(LogisticRegression())),
    Case(
        ResampledClassifier(LogisticRegression(), RandomUnderSampler(random_state=0)),
        ruled_out=DRAWS_ROWS,
    ),
    Case(
        # with other seeds the weights of these small tables happen to make no difference
        ResampledClassifier(
            DecisionTreeClassifier(random_state=1), SMOTE(random_state=1), recalibrate=True
        ),
        ruled_out=DRAWS_ROWS,
    ),
    Case(PriorCorrectedClassifier(LogisticRegression(), sampling_rate={})),
    Case(TemperatureScaledClassifier(LogisticRegression(), cv=2)),
    Case(LabelShiftClassifier(LogisticRegression(), cv=2)),
    Case(LabelShiftClassifier(LogisticRegression(), method="bbse", cv=2)),
    # a search for tau takes ten times as long: scikit-learn checks it in the second tier
    Case(LogitAdjustedClassifier(LogisticRegression(), tau=0.5)),
    Case(LogitAdjustedClassifier(LogisticRegression(), cv=2)),
    Case(WeightAlignedClassifier(LogisticRegression(), tau=0.5)),
    Case(WeightAlignedClassifier(LogisticRegression(), cv=2)),
    Case(WeightAlignedClassifier(LogisticRegression(), method="bias_correction", cv=2)),
    # a solver that stops early changes the order of scores, on which a step of the curve hangs
    Case(VennAbersClassifier(DecisionTreeClassifier(max_depth=3, random_state=0), cv=2)),
    Case(ConformalClassifier(LogisticRegression(), cv=2)),
    Case(CostSensitiveClassifier(LogisticRegression())),
    Case(
        CostSensitiveClassifier(
            DecisionTreeClassifier(max_depth=5),
            method="rejection",
            n_estimators=2,
            recalibrate=True,
            random_state=0,
        ),
        ruled_out=DRAWS_ROWS,
    ),
    Case(MinimumExpectedCostClassifier(LogisticRegression(), calibration=None)),
    Case(MinimumExpectedCostClassifier(LogisticRegression(), cv=2)),
    Case(
        MetaCostClassifier(DecisionTreeClassifier(max_depth=5), n_estimators=2, random_state=0),
        ruled_out=DRAWS_ROWS,
    ),
    # scikit-learn's checks ask for the largest probability, which a tuned decision is not; a tree
    # grown out is certain of every row, so that no threshold makes a difference
    Case(ThresholdedClassifierCV(DecisionTreeClassifier(random_state=0), cv=2)),
    Case(
        ThresholdedClassifierCV(
            DecisionTreeClassifier(random_state=0), cost_matrix="balanced", cv=3
        )
    ),
    Case(
        ConstrainedThresholdClassifierCV(
            DecisionTreeClassifier(random_state=0), constraint={"false_positive_rate": 0.5}, cv=3
        )
    ),
    Case(BalanceCascadeClassifier(n_estimators=2, random_state=0), ruled_out=DRAWS_ROWS),
    Case(BalancedBaggingClassifier(n_estimators=2, random_state=0), ruled_out=DRAWS_ROWS),
    Case(BalancedRandomForestClassifier(n_estimators=2, random_state=0), ruled_out=DRAWS_ROWS),
    Case(OverBaggingClassifier(n_estimators=2, random_state=0), ruled_out=DRAWS_ROWS),
    Case(ResamplingBaggingClassifier(n_estimators=2, random_state=0), ruled_out=DRAWS_ROWS),
    Case(
        ResamplingBaggingClassifier(sampler=SMOTE(), n_estimators=2, random_state=0),
        ruled_out=DRAWS_ROWS,
    ),
    Case(SMOTEBaggingClassifier(n_estimators=2, random_state=0), ruled_out=DRAWS_ROWS),
    Case(UnderBaggingClassifier(n_estimators=2, random_state=0), ruled_out=DRAWS_ROWS),
    # its default learner, fifty boosted stumps, is that of tests/ensemble/test_easy.py
    Case(
        EasyEnsembleClassifier(
            estimator=AdaBoostClassifier(n_estimators=3, random_state=0),
            n_estimators=2,
            random_state=0,
        ),
        ruled_out=DRAWS_ROWS,
    ),
    Case(
        EasyEnsembleClassifier(
            estimator=AdaBoostClassifier(n_estimators=3, random_state=0),
            n_estimators=2,
            voting="learners",
            random_state=0,
        ),
        ruled_out=DRAWS_ROWS,
    ),
    # two stumps do not tell apart the three classes of scikit-learn's checks
    Case(RUSBoostClassifier(n_estimators=3, random_state=0), ruled_out=DRAWS_ROWS),
    Case(OverBoostClassifier(n_estimators=3, random_state=0), ruled_out=DRAWS_ROWS),
    Case(SMOTEBoostClassifier(n_estimators=3, random_state=0), ruled_out=DRAWS_ROWS),
    Case(KmeansSMOTEBoostClassifier(n_estimators=3, random_state=0), ruled_out=DRAWS_ROWS),
    Case(AdaCostClassifier(n_estimators=3, random_state=0), ruled_out=BOOSTS_STUMPS),
    Case(AdaUBoostClassifier(n_estimators=3, random_state=0), ruled_out=BOOSTS_STUMPS),
    Case(AsymBoostClassifier(n_estimators=3, random_state=0), ruled_out=BOOSTS_STUMPS),
    Case(
        MixedTreesClassifier(
            n_boosting_rounds=2, n_forest_trees=2, n_extra_trees=2, random_state=0
        ),
        ruled_out=COUNTS_ROWS,
    ),
    Case(SelfPacedEnsembleClassifier(n_estimators=2, random_state=0), ruled_out=DRAWS_ROWS),
    Case(
        ImbalancedLGBMClassifier(
            LGBMClassifier(n_estimators=5, min_child_samples=1, min_data_in_bin=1)
        ),
        ruled_out=BINS_ROWS,
    ),
    Case(
        ImbalancedLGBMClassifier(
            LGBMClassifier(n_estimators=5, min_child_samples=5),
            loss="ldam",
            recalibrate=True,
            n_iter_no_change=3,
            validation_fraction=0.3,
            random_state=0,
        ),
        ruled_out=DRAWS_ROWS,
    ),
    Case(ImbalancedXGBClassifier(XGBClassifier(n_estimators=10)), ruled_out=SINGLE_PRECISION),
    Case(
        ImbalancedCatBoostClassifier(CatBoostClassifier(iterations=5, depth=3)),
        ruled_out=DRAWS_AND_BINS,
    ),
    Case(Reweighing()),
    Case(FairBalance()),
    Case(CorrelationShift()),
    Case(MomentMatching()),
    Case(WeightedClassifier(LogisticRegression())),
    Case(WeightedClassifier(LogisticRegression(), Reweighing())),
    Case(WeightedClassifier(LogisticRegression(), FairBalance(variant=True))),
    Case(WeightSampler(Reweighing(), random_state=0), selects=True, looks=False, idle=True),
    Case(
        WeightSampler(FairBalance(), mode="bootstrap", random_state=0),
        selects=True,
        looks=False,
        exact=False,
    ),
    Case(FairSampler(random_state=0), selects=True, looks=False, idle=True),
    Case(FairSampler(method="preferential", random_state=0), selects=True, idle=True),
    Case(Massaging(random_state=0), selects=True, idle=True),
    Case(FairSMOTE(random_state=0)),
    Case(AntidoteSampler(random_state=0), selects=True, idle=True),
    Case(FairDensitySampler(random_state=0), selects=True, idle=True),
    Case(CounterfactualMatcher(random_state=0), selects=True, idle=True),
    Case(DisparateImpactRemover()),
    Case(CorrelationRemover()),
    Case(LearnedFairRepresentation(n_prototypes=3, random_state=0), ruled_out=STARTS_AT_ROWS),
    Case(OptimizedPreprocessing(random_state=0)),
    Case(
        FairThresholdClassifier(DecisionTreeClassifier(max_depth=3, random_state=0), random_state=0)
    ),
    Case(
        FairThresholdClassifier(
            LogisticRegression(),
            constraint="demographic_parity",
            randomized=False,
            cv=3,
            random_state=0,
        )
    ),
    Case(
        LocallyFairLGBMClassifier(
            LGBMClassifier(n_estimators=5, min_child_samples=1, min_data_in_bin=1)
        ),
        ruled_out=BINS_ROWS,
    ),
]

# one instance of each class, and of each base (the classes that inherit from the same ones)
FIRST = list({type(case.estimator): case for case in reversed(CASES)}.values())
BASES = list({type(case.estimator).__bases__: case for case in reversed(CASES)}.values())
SAMPLERS = [case for case in CASES if hasattr(case.estimator, "fit_resample")]
CLASSIFIERS = [case for case in CASES if hasattr(case.estimator, "predict")]
SEEDED_SAMPLERS = [
    case for case in SAMPLERS if "random_state" in case.estimator.get_params() and not case.idle
]
# by what their sampling_strategy means; a chain and a temperature have none
BY_STRATEGY = [case for case in SAMPLERS if "sampling_strategy" in case.estimator.get_params()]
CLEANERS = [case for case in BY_STRATEGY if case.estimator._sampling_type == "clean-sampling"]
BY_NUMBERS = [case for case in BY_STRATEGY if case not in CLEANERS]
EXACT = [case for case in BY_NUMBERS if case.exact]
OVER_SAMPLERS = [
    case for case in EXACT if case.estimator._sampling_type == "over-sampling" and case.keeps
]
