"""The pipeline refuses arguments of rows behind a sampler, which may keep the number of rows."""

import imblearn.pipeline
import numpy as np
import pandas as pd
import pytest
from loops import looped
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline as PlainPipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import imbalance_kit
from imbalance_kit.combine import SMOTEENN, Chain
from imbalance_kit.compose import ResampledClassifier
from imbalance_kit.cost import ThresholdedClassifierCV
from imbalance_kit.over_sampling import SMOTE, TemperatureSampler
from imbalance_kit.pipeline import Pipeline, make_pipeline
from imbalance_kit.under_sampling import EditedNearestNeighbours, RandomUnderSampler, TomekLinks

KEEPS_THE_NUMBER = TemperatureSampler(tau=3, random_state=0)
SAMPLERS = [
    KEEPS_THE_NUMBER,
    Chain([RandomUnderSampler(sampling_strategy=0.5), TemperatureSampler(n_total=75)]),
    SMOTE(random_state=0),
    RandomUnderSampler(random_state=0),
    EditedNearestNeighbours(),
    TomekLinks(),
    SMOTEENN(random_state=0),
    imbalance_kit.FunctionSampler(func=lambda X, y: (X[::-1], y[::-1])),
    imblearn.over_sampling.SMOTE(random_state=0),
]
every_sampler = looped("sampler", SAMPLERS, ids=lambda sampler: type(sampler).__name__)
REFUSED = r"behind the sampler .*ResampledClassifier"


class TakesAll(ClassifierMixin, BaseEstimator):
    """Keeps what ``fit`` was given."""

    def fit(self, X, y, sample_weight=None, sensitive_features=None, **others):
        self.given_ = {"sample_weight": sample_weight, **others}
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@every_sampler
def test_weights_of_a_step_behind_a_sampler_are_refused(sampler, two_classes):
    X, y = two_classes
    weight = np.arange(len(y), dtype=float)
    for given in (weight, weight.tolist(), pd.Series(weight), weight[:, None]):
        for model in (
            make_pipeline(clone(sampler), LogisticRegression()),
            Pipeline([("a", clone(sampler)), ("logisticregression", LogisticRegression())]),
            make_pipeline(StandardScaler(), clone(sampler), StandardScaler(), LogisticRegression()),
        ):
            with pytest.raises(ValueError, match=REFUSED):
                model.fit(X, y, logisticregression__sample_weight=given)


@every_sampler
def test_nothing_else_changes(sampler, two_classes):
    X, y = two_classes
    ours = make_pipeline(StandardScaler(), clone(sampler), LogisticRegression())
    theirs = imblearn.pipeline.make_pipeline(StandardScaler(), clone(sampler), LogisticRegression())
    for pipeline in (ours, theirs):
        if "random_state" in sampler.get_params():
            pipeline[1].set_params(random_state=0)
    assert isinstance(ours, imblearn.pipeline.Pipeline)
    np.testing.assert_array_equal(
        ours.fit(X, y).predict_proba(X), theirs.fit(X, y).predict_proba(X)
    )
    assert clone(ours).get_params().keys() == theirs.get_params().keys()
    assert type(ours[:-1]) is Pipeline


def test_a_transformer_behind_a_sampler(two_classes):
    X, y = two_classes
    model = make_pipeline(KEEPS_THE_NUMBER, StandardScaler(), LogisticRegression())
    with pytest.raises(ValueError, match=r"standardscaler.*" + REFUSED):
        model.fit(X, y, standardscaler__sample_weight=np.ones(len(y)))
    for method in ("fit_transform", "fit_resample"):
        steps = make_pipeline(KEEPS_THE_NUMBER, StandardScaler())
        if hasattr(steps, method):
            with pytest.raises(ValueError, match=REFUSED):
                getattr(steps, method)(X, y, standardscaler__sample_weight=np.ones(len(y)))


def test_steps_before_a_sampler_get_theirs(two_classes):
    X, y = two_classes
    weight = np.random.RandomState(0).uniform(size=len(y))
    model = make_pipeline(StandardScaler(), KEEPS_THE_NUMBER, LogisticRegression())
    model.fit(X, y, standardscaler__sample_weight=weight)
    np.testing.assert_array_equal(model[0].mean_, StandardScaler().fit(X, None, weight).mean_)


def test_steps_that_do_nothing_are_no_samplers(two_classes):
    X, y = two_classes
    weight = np.random.RandomState(0).uniform(size=len(y))
    plain = LogisticRegression().fit(X, y, weight).predict_proba(X)
    for nothing in (None, "passthrough"):
        model = Pipeline([("sampler", KEEPS_THE_NUMBER), ("model", LogisticRegression())])
        model.set_params(sampler=nothing).fit(X, y, model__sample_weight=weight)
        np.testing.assert_array_equal(model.predict_proba(X), plain)


@looped("name", ["sensitive_features", "cost", "init_score", "inner__base_margin"])
def test_other_arguments_of_rows(name, two_classes):
    X, y = two_classes
    model = Pipeline([("sampler", KEEPS_THE_NUMBER), ("model", TakesAll())])
    with pytest.raises(ValueError, match=REFUSED):
        model.fit(X, y, **{f"model__{name}": np.zeros(len(y))})


def test_what_belongs_to_no_row_passes(two_classes):
    X, y = two_classes
    given = {"eval_X": X, "eval_set": [(X, y)], "feature_name": ["x"] * len(y), "verbose": 3}
    model = Pipeline([("sampler", KEEPS_THE_NUMBER), ("model", TakesAll())])
    model.fit(X, y, **{f"model__{name}": value for name, value in given.items()})
    assert all(model[-1].given_[name] is value for name, value in given.items())


def test_pipelines_in_pipelines(two_classes):
    X, y = two_classes
    weight = np.ones(len(y))
    inner = Pipeline([("sampler", KEEPS_THE_NUMBER), ("model", LogisticRegression())])
    for outer in (Pipeline, PlainPipeline, imblearn.pipeline.Pipeline):
        with pytest.raises(ValueError, match=REFUSED):
            outer([("scale", StandardScaler()), ("inner", inner)]).fit(
                X, y, inner__model__sample_weight=weight
            )
    plain = PlainPipeline([("scale", StandardScaler()), ("model", LogisticRegression())])
    with pytest.raises(ValueError, match=REFUSED):
        Pipeline([("sampler", KEEPS_THE_NUMBER), ("inner", plain)]).fit(
            X, y, inner__model__sample_weight=weight
        )


def test_inside_other_estimators(two_classes):
    X, y = two_classes
    inner = Pipeline([("sampler", KEEPS_THE_NUMBER), ("model", LogisticRegression())])
    given = {"model__sample_weight": np.ones(len(y))}
    for model in (
        ThresholdedClassifierCV(inner, cv=2),
        ResampledClassifier(inner),
        ResampledClassifier(inner, RandomUnderSampler(random_state=0)),
        GridSearchCV(inner, {"model__C": [1.0]}, cv=2, error_score="raise"),
    ):
        with pytest.raises(ValueError, match=REFUSED):
            model.fit(X, y, **given)


def test_routed_weights(two_classes):
    X, y = two_classes
    weight = np.ones(len(y))
    with config_context(enable_metadata_routing=True):
        asks = LogisticRegression().set_fit_request(sample_weight=True)
        sampler = clone(KEEPS_THE_NUMBER).set_fit_resample_request(sample_weight=False)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        model = make_pipeline(scaler, sampler, asks)
        with pytest.raises(ValueError, match=REFUSED):
            model.fit(X, y, sample_weight=weight)
        search = GridSearchCV(model, {"logisticregression__C": [1.0]}, cv=2, error_score="raise")
        with pytest.raises(ValueError, match=REFUSED):
            search.fit(X, y, sample_weight=weight)
        silent = LogisticRegression().set_fit_request(sample_weight=False)
        first = StandardScaler().set_fit_request(sample_weight=True)
        make_pipeline(first, sampler, silent).fit(X, y, sample_weight=weight)
        make_pipeline(
            scaler, clone(sampler).set_fit_resample_request(sample_weight=True), silent
        ).fit(X, y, sample_weight=weight)


@looped("sampler", [TemperatureSampler(mode="weight"), Chain([TemperatureSampler(mode="weight")])])
def test_weights_that_a_sampler_computes_are_not_lost(sampler, two_classes):
    X, y = two_classes
    for pipeline in (
        make_pipeline(clone(sampler), LogisticRegression()),
        make_pipeline(clone(sampler), FunctionTransformer(), LogisticRegression()),
    ):
        with pytest.raises(ValueError, match=r"gives its rows weights.*ResampledClassifier"):
            pipeline.fit(X, y)
    by_way_out = ResampledClassifier(LogisticRegression(), clone(sampler)).fit(X, y)
    assert by_way_out.predict(X).shape == y.shape


def test_a_fit_that_is_refused_has_not_sampled(two_classes):
    X, y = two_classes
    model = make_pipeline(clone(KEEPS_THE_NUMBER), LogisticRegression())
    with pytest.raises(ValueError, match=REFUSED):
        model.fit(X, y, logisticregression__sample_weight=np.ones(len(y)))
    assert not hasattr(model[0], "sample_indices_")
