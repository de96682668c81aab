"""The steps around a learner: preprocessing inside the fold, and how each method is put together.

Every function that builds a method takes a :class:`Learner` and a seed and returns an unfitted
classifier. Frames come in with nominal columns as pandas categories and missing values as they
are. Boosted trees take both natively; other learners get one-hot columns, and those that take no
missing numbers get medians. All of that is fitted on the training rows alone.
"""

from collections.abc import Callable, Iterator
from inspect import signature
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from imbalance_kit._sampling.shares import stratified_part
from imbalance_kit.benchmark._methods.boosters import BoosterClassifier
from imbalance_kit.benchmark._methods.learners import Learner
from imbalance_kit.benchmark._methods.sensitive_columns import GroupedClassifier
from imbalance_kit.compose import ResampledClassifier, WeightedClassifier
from imbalance_kit.cost import ThresholdedClassifierCV
from imbalance_kit.losses import (
    ImbalancedCatBoostClassifier,
    ImbalancedLGBMClassifier,
    ImbalancedXGBClassifier,
)
from imbalance_kit.losses._base import Loss

MAX_LEVELS = 50  # of a one-hot column; the rarer levels share one column
RARE_LEVEL = 5  # rows; levels with fewer share that column too
ENSEMBLE_SIZE = 50
BOOSTED_ENSEMBLE_SIZE = 10  # each has a hundred trees itself
UNDER_LOSS = {
    "lightgbm": ImbalancedLGBMClassifier,
    "xgboost": ImbalancedXGBClassifier,
    "catboost": ImbalancedCatBoostClassifier,
}
TUNING_SHARE = 0.25  # of each class, held out for the threshold of the baseline of that name


class StratifiedHoldOut(BaseEstimator):
    """A splitter of one split, for tables of any size.

    scikit-learn's refuses a class of one row; here such a row is for training. It has parameters as
    an estimator has, so that a search can set the share by its path.
    """

    def __init__(self, share: float, random_state: int) -> None:
        self.share = share
        self.random_state = random_state

    def get_n_splits(self, X: Any = None, y: Any = None, groups: Any = None) -> int:
        """One."""
        return 1

    def split(self, X: Any, y: Any, groups: Any = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Training rows, and test rows with their share of each class."""
        yield stratified_part(y, self.share, np.random.RandomState(self.random_state))


def _nominal(frame: Any) -> list[str]:
    return list(make_column_selector(dtype_include="category")(frame))


def _numeric(frame: Any) -> list[str]:
    return list(make_column_selector(dtype_exclude="category")(frame))


def scaling() -> ColumnTransformer:
    """Numbers standardised for the distances of samplers; nominal columns untouched."""
    steps = [("numbers", StandardScaler(), _numeric), ("nominal", "passthrough", _nominal)]
    columns = ColumnTransformer(steps, verbose_feature_names_out=False)
    return columns.set_output(transform="pandas")


def encoding(learner: Learner) -> Any:
    """What the learner needs: nothing, or one-hot columns with missing as a level of its own.

    Missing numbers stay, or are filled with the medians of the rows that are fitted.
    """
    if learner.native:
        return "passthrough"
    one_hot = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        max_categories=MAX_LEVELS,
        min_frequency=RARE_LEVEL,
        sparse_output=False,
    )
    numbers = "passthrough" if learner.takes_gaps else filling()
    return ColumnTransformer(
        [("numbers", numbers, _numeric), ("nominal", one_hot, _nominal)], sparse_threshold=0.0
    )


def filling() -> SimpleImputer:
    """Medians for missing numbers; a column without any number stays, as zeros."""
    return SimpleImputer(strategy="median", keep_empty_features=True)


def plain(learner: Learner, seed: int, **parameters: Any) -> Pipeline:
    """The learner on the data as it is."""
    return Pipeline(
        [
            ("scale", scaling()),
            ("encode", encoding(learner)),
            ("learn", learner.make(seed, **parameters)),
        ]
    )


def weighted(learner: Learner, seed: int) -> Pipeline:
    """The learner with weights inverse to the class shares."""
    return plain(learner, seed, class_weight="balanced")


def tuned(learner: Learner, seed: int) -> ThresholdedClassifierCV:
    """The untouched learner with its decision tuned on rows held out of the training part."""
    return ThresholdedClassifierCV(
        plain(learner, seed), rule="exponent", cv=StratifiedHoldOut(TUNING_SHARE, seed)
    )


def wrapped(
    wrap: Callable[..., Any],
    learner: Learner,
    seed: int,
    *,
    learner_parameters: dict[str, Any] | None = None,
    **parameters: Any,
) -> Pipeline:
    """The learner inside another classifier: a decision rule, or a correction of probabilities."""
    seeded = {"random_state": seed} if "random_state" in signature(wrap).parameters else {}
    model = wrap(learner.make(seed, **(learner_parameters or {})), **seeded, **parameters)
    return Pipeline([("scale", scaling()), ("encode", encoding(learner)), ("fit", model)])


def under_loss(loss: Loss, learner: Learner, seed: int, **parameters: Any) -> Pipeline:
    """A booster under a loss, one class against the rest where the loss is for two alone."""
    # results that are stored under the name of the loss alone are those of its bare scores
    parameters = {"recalibrate": False} | parameters
    made = learner.make(seed)
    booster = made.estimator if isinstance(made, BoosterClassifier) else made
    model: Any = UNDER_LOSS[learner.name](booster, loss=loss, **parameters)
    if loss.two_classes_only:
        model = OneVsRestClassifier(model)
    return Pipeline([("scale", scaling()), ("fit", model)])


def resampled_pipeline(
    sampler: Callable[..., Any], learner: Learner, seed: int, **parameters: Any
) -> Pipeline:
    """The learner on resampled rows; the sampler sees standardised numbers and the categories."""
    inner = Pipeline([("encode", encoding(learner)), ("learn", learner.make(seed))])
    seeded = "random_state" in signature(sampler).parameters
    drawn = sampler(random_state=seed) if seeded else sampler()
    return Pipeline(
        [("scale", scaling()), ("fit", ResampledClassifier(inner, drawn, **parameters))]
    )


def ensemble(build: Callable[..., Any], learner: Learner, seed: int, **parameters: Any) -> Pipeline:
    """An ensemble of the learner; nominal columns are encoded once, not in each round."""
    usual = BOOSTED_ENSEMBLE_SIZE if learner.native else ENSEMBLE_SIZE
    sized = {"n_estimators": learner.ensemble_size or usual} | parameters
    model = build(learner.make(seed), random_state=seed, **sized)
    return Pipeline([("scale", scaling()), ("encode", encoding(learner)), ("fit", model)])


def ensemble_without_learner(
    build: Callable[..., Any],
    learner: Learner,
    seed: int,
    *,
    fill_missing: bool = False,
    **parameters: Any,
) -> Pipeline:
    """An ensemble that brings its learners, such as stumps, in the place of the learner."""
    if learner.ensemble_size and "n_estimators" in signature(build).parameters:
        parameters = {"n_estimators": learner.ensemble_size} | parameters
    steps: list[tuple[str, Any]] = [("scale", scaling()), ("encode", encoding(learner))]
    if fill_missing:
        steps.append(("fill", filling()))
    return Pipeline([*steps, ("fit", build(random_state=seed, **parameters))])


def weighed(weigher: BaseEstimator, learner: Learner, seed: int) -> GroupedClassifier:
    """The learner on rows that are weighted by group and class."""
    return GroupedClassifier(WeightedClassifier(plain(learner, seed), clone(weigher)))


def drawn_by_group(sampler: Callable[..., Any], learner: Learner, seed: int) -> GroupedClassifier:
    """The learner on rows that are drawn, made or relabelled by group and class."""
    drawn = sampler(random_state=seed)
    return GroupedClassifier(ResampledClassifier(plain(learner, seed), drawn))


def repaired(transformer: Callable[..., Any], learner: Learner, seed: int) -> Pipeline:
    """The learner on repaired columns; before, they are made numbers without missing values."""
    encode = encoding(learner).set_params(verbose_feature_names_out=False)
    seeded = {"random_state": seed} if "random_state" in signature(transformer).parameters else {}
    inner = Pipeline([("repair", transformer(**seeded)), ("learn", learner.make(seed))])
    return Pipeline(
        [
            ("scale", scaling()),
            ("encode", encode.set_output(transform="pandas")),
            ("fill", filling().set_output(transform="pandas")),
            ("fit", GroupedClassifier(inner)),
        ]
    )


def fair_decision(rule: Callable[..., Any], learner: Learner, seed: int) -> GroupedClassifier:
    """The learner with a decision rule that looks at groups, one class against the rest."""
    decided = rule(plain(learner, seed), random_state=seed)
    return GroupedClassifier(OneVsRestClassifier(decided))


def fair_boosting(build: Callable[..., Any], learner: Learner, seed: int) -> GroupedClassifier:
    """Boosted trees that look at groups while they are trained, one class against the rest."""
    return GroupedClassifier(OneVsRestClassifier(build(learner.make(seed), random_state=seed)))
