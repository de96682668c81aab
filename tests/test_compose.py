"""A sampler and an estimator as one: what is resampled, what goes along, what is corrected."""

import imblearn.over_sampling
import imblearn.under_sampling
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from imblearn.pipeline import Pipeline
from lightgbm import LGBMClassifier
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV, TunedThresholdClassifierCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier
from tables import MIXED, dtypes_of, mixed_columns, unbalanced

from imbalance_kit.calibration import correct_prior
from imbalance_kit.compose import ResampledClassifier
from imbalance_kit.over_sampling import SMOTE, RandomOverSampler, TemperatureSampler
from imbalance_kit.under_sampling import RandomUnderSampler, TomekLinks

SAMPLERS = [
    RandomUnderSampler(random_state=0),
    RandomOverSampler(random_state=0),
    SMOTE(random_state=0),
    TomekLinks(),
]
every_sampler = pytest.mark.parametrize("sampler", SAMPLERS, ids=lambda s: type(s).__name__)


class Recorder(ClassifierMixin, BaseEstimator):
    """Keeps what ``fit`` was given."""

    def fit(
        self, X, y, sample_weight=None, sensitive_features=None, row_numbers=None, **everything
    ):
        self.X_, self.y_ = X, y
        self.given_ = {
            "sample_weight": sample_weight,
            "sensitive_features": sensitive_features,
            "row_numbers": row_numbers,
            **everything,
        }
        self.classes_ = np.unique(np.asarray(y))
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


# --- what is resampled -----------------------------------------------------------------------


def test_without_a_sampler_it_is_the_estimator(two_classes):
    X, y = two_classes
    weight = np.random.RandomState(0).uniform(size=len(y))
    tree = DecisionTreeClassifier(random_state=0, max_depth=3)
    model = ResampledClassifier(tree).fit(X, y, sample_weight=weight)
    plain = clone(tree).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    np.testing.assert_array_equal(model.predict(X), plain.predict(X))
    assert model.sampler_ is None
    np.testing.assert_array_equal(model.prior_, model.resampled_prior_)


@every_sampler
@pytest.mark.parametrize("recalibrate", [False, True])
def test_it_is_the_two_steps_by_hand(sampler, recalibrate, three_classes):
    X, y = three_classes
    tree = DecisionTreeClassifier(random_state=0, max_depth=3)
    model = ResampledClassifier(tree, sampler, recalibrate=recalibrate).fit(X, y)
    X_new, y_new = clone(sampler).fit_resample(X, y)
    expected = clone(tree).fit(X_new, y_new).predict_proba(X)
    if recalibrate:
        expected = correct_prior(expected, trained_on=np.bincount(y_new), true_prior=np.bincount(y))
    np.testing.assert_allclose(model.predict_proba(X), expected, rtol=1e-12)
    np.testing.assert_array_equal(model.predict(X), model.predict_proba(X).argmax(axis=1))
    np.testing.assert_allclose(model.prior_, np.bincount(y) / len(y))
    np.testing.assert_allclose(model.resampled_prior_, np.bincount(y_new) / len(y_new))


def test_predicting_never_resamples(two_classes):
    X, y = two_classes
    model = ResampledClassifier(LogisticRegression(), SMOTE(random_state=0)).fit(X, y)
    assert model.predict(X[:7]).shape == (7,)
    assert model.decision_function(X[:7]).shape == (7,)
    assert model.predict_proba(X[:1]).shape == (1, 2)


def test_the_parts_are_cloned(two_classes):
    tree, sampler = DecisionTreeClassifier(), RandomUnderSampler()
    model = ResampledClassifier(tree, sampler).fit(*two_classes)
    assert model.estimator_ is not tree
    assert model.sampler_ is not sampler
    assert not hasattr(tree, "tree_")
    assert not hasattr(sampler, "sampling_strategy_")


def test_samplers_of_imbalanced_learn(two_classes):
    X, y = two_classes
    weight = np.arange(len(y), dtype=float)
    theirs = imblearn.under_sampling.RandomUnderSampler(random_state=0)
    model = ResampledClassifier(Recorder(), theirs).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(
        model.estimator_.given_["sample_weight"], weight[model.sampler_.sample_indices_]
    )
    model = ResampledClassifier(Recorder(), imblearn.over_sampling.SMOTE(random_state=0))
    assert len(model.fit(X, y).estimator_.y_) == 120
    with pytest.raises(ValueError, match=r"'sample_weight'.*carried past SMOTE.*sample_indices_"):
        model.fit(X, y, sample_weight=weight)


@pytest.mark.parametrize("name", list(MIXED))
def test_frames_reach_both_as_they_are(name):
    table = MIXED[name](mixed_columns())
    y = np.random.RandomState(6).permutation(np.repeat(["no", "yes"], [45, 15]))
    model = ResampledClassifier(Recorder(), SMOTE(random_state=0)).fit(table, y)
    seen = model.estimator_.X_
    assert type(seen) is type(table)
    assert dtypes_of(seen) == dtypes_of(table)
    assert seen.shape == (90, table.shape[1])


@pytest.mark.parametrize("pipelines", [False, True])
def test_it_lives_in_grid_searches_and_other_meta_estimators(pipelines, two_classes):
    X, y = two_classes
    learner = make_pipeline(StandardScaler(), LogisticRegression())
    model = ResampledClassifier(learner if pipelines else LogisticRegression())
    grid = {"sampler": [None, SMOTE(random_state=0), RandomUnderSampler(random_state=0)]}
    search = GridSearchCV(model, grid, cv=2, scoring="roc_auc", error_score="raise").fit(X, y)
    assert len(search.cv_results_["params"]) == 3
    nested = {"sampler__k_neighbors": [1, 3], "recalibrate": [False, True]}
    with_sampler = clone(model).set_params(sampler=SMOTE(random_state=0))
    GridSearchCV(with_sampler, nested, cv=2, scoring="neg_brier_score").fit(X, y)
    TunedThresholdClassifierCV(with_sampler, cv=2).fit(X, y).predict(X)
    CalibratedClassifierCV(with_sampler, cv=2).fit(X, y).predict_proba(X)
    assert np.isfinite(cross_val_score(with_sampler, X, y, cv=2)).all()


# --- what goes along with the rows -----------------------------------------------------------


def same_rows(model, name, values):
    """The estimator got the entries of the rows that it got."""
    got = model.estimator_.given_[name]
    rows = model.sampler_.sample_indices_
    assert type(got) is type(values)
    expected = [list(values)[row] for row in rows] if values is not None else None
    assert list(got) == expected


CARRIED = {
    "ndarray": np.asarray,
    "list": lambda v: list(v),
    "pandas": pd.Series,
    "polars": lambda v: pl.Series("v", v),
}


@every_sampler
@pytest.mark.parametrize("kind", list(CARRIED))
def test_metadata_follow_the_rows(sampler, kind, two_classes):
    X, y = two_classes
    numbers = CARRIED[kind](np.arange(len(y)))
    weight = np.arange(len(y)) + 1.0
    groups = np.random.RandomState(0).choice(["f", "m"], size=len(y))
    model = ResampledClassifier(Recorder(), sampler)
    model.fit(X, y, sample_weight=weight, sensitive_features=groups, init_score=numbers)
    same_rows(model, "init_score", numbers)
    same_rows(model, "sample_weight", weight)
    same_rows(model, "sensitive_features", groups)
    np.testing.assert_array_equal(
        model.estimator_.y_, y[np.asarray(list(model.estimator_.given_["init_score"]))]
    )


@every_sampler
@pytest.mark.usefixtures("routing")
def test_metadata_follow_the_rows_with_routing(sampler, two_classes):
    X, y = two_classes
    numbers, weight = np.arange(len(y)), np.arange(len(y)) + 1.0
    groups = np.random.RandomState(0).choice(["f", "m"], size=len(y))
    inner = Recorder().set_fit_request(
        row_numbers=True, sample_weight=True, sensitive_features=True
    )
    asking = clone(sampler).set_fit_resample_request(sample_weight=True)
    model = ResampledClassifier(inner, asking)
    model.fit(X, y, sample_weight=weight, sensitive_features=groups, row_numbers=numbers)
    same_rows(model, "row_numbers", numbers)
    same_rows(model, "sample_weight", weight)
    same_rows(model, "sensitive_features", groups)
    np.testing.assert_array_equal(
        model.sampler_.sample_weight_, weight[model.sampler_.sample_indices_]
    )


@pytest.mark.usefixtures("routing")
def test_routing_through_a_grid_search(two_classes):
    X, y = two_classes
    weight = np.random.RandomState(0).uniform(size=len(y))
    model = ResampledClassifier(
        LogisticRegression().set_fit_request(sample_weight=True),
        RandomUnderSampler(random_state=0).set_fit_resample_request(sample_weight=False),
    ).set_score_request(sample_weight=False)
    search = GridSearchCV(model, {"recalibrate": [False, True]}, cv=2, error_score="raise")
    search.fit(X, y, sample_weight=weight)
    by_hand = clone(model).set_params(**search.best_params_).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(search.predict_proba(X), by_hand.predict_proba(X))


@pytest.mark.usefixtures("routing")
def test_routing_asks_for_a_decision(two_classes):
    X, y = two_classes
    model = ResampledClassifier(Recorder(), RandomUnderSampler())
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(X, y, sample_weight=np.ones(len(y)))


def test_a_table_of_groups_follows_the_rows(two_classes):
    X, y = two_classes
    groups = pd.DataFrame({"a": np.arange(len(y)), "b": "x"})
    model = ResampledClassifier(Recorder(), RandomUnderSampler(random_state=0))
    model.fit(X, y, sensitive_features=groups)
    got = model.estimator_.given_["sensitive_features"]
    assert got["a"].tolist() == model.sampler_.sample_indices_.tolist()


def test_what_does_not_belong_to_rows_is_left_alone(two_classes):
    X, y = two_classes
    other = {"names": ["a", "b"], "eval_rows": np.zeros(len(y)), "flag": True, "text": "x" * 75}
    model = ResampledClassifier(Recorder(), RandomUnderSampler(random_state=0)).fit(X, y, **other)
    given = model.estimator_.given_
    assert all(given[name] is value for name, value in other.items())


def test_an_estimator_without_groups_is_not_given_them(two_classes):
    X, y = two_classes
    groups = np.zeros(len(y))
    model = ResampledClassifier(LogisticRegression(), RandomUnderSampler(random_state=0))
    model.fit(X, y, sensitive_features=groups)


def test_weights_that_would_be_lost_fail_loudly(two_classes):
    X, y = two_classes
    weight = np.ones(len(y))
    for learner in (KNeighborsClassifier(), make_pipeline(StandardScaler(), LogisticRegression())):
        model = ResampledClassifier(learner, RandomUnderSampler(random_state=0))
        with pytest.raises(ValueError, match=r"sample_weight was given, but .*fit does not take"):
            model.fit(X, y, sample_weight=weight)
    steps = [("sampler", RandomUnderSampler(random_state=0)), ("model", LogisticRegression())]
    with pytest.raises(ValueError, match=r"(?i)inconsistent|sample_weight"):
        Pipeline(steps).fit(X, y, model__sample_weight=weight)


def test_weights_of_a_step_are_carried(two_classes):
    X, y = two_classes
    weight = np.random.RandomState(0).uniform(size=len(y))
    learner = make_pipeline(StandardScaler(), LogisticRegression())
    sampler = RandomUnderSampler(random_state=0)
    model = ResampledClassifier(learner, sampler)
    model.fit(X, y, logisticregression__sample_weight=weight)
    rows = model.sampler_.sample_indices_
    by_hand = clone(learner).fit(X[rows], y[rows], logisticregression__sample_weight=weight[rows])
    np.testing.assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))


def test_weights_change_the_priors(two_classes):
    X, y = two_classes
    weight = np.where(y == 1, 4.0, 1.0)  # 60 rows and 15 rows of weight 4: as much in all
    model = ResampledClassifier(LogisticRegression(), RandomUnderSampler(random_state=0))
    model.fit(X, y, sample_weight=weight)
    np.testing.assert_allclose(model.prior_, [0.5, 0.5])
    np.testing.assert_allclose(model.resampled_prior_, [0.2, 0.8])


@every_sampler
@pytest.mark.filterwarnings("ignore:The argument 'eval_set' is deprecated")  # since LightGBM 4.7
def test_evaluation_sets_stay_unsampled(sampler, overlapping):
    """LightGBM's own record of the validation loss is that of all rows of the validation set."""
    X, y = overlapping
    train, valid = slice(0, 2000), slice(2000, None)
    learner = LGBMClassifier(n_estimators=5, num_leaves=7, verbose=-1, n_jobs=1)
    model = ResampledClassifier(learner, sampler)
    model.fit(X[train], y[train], eval_set=[(X[valid], y[valid])])
    record = model.estimator_.evals_result_["valid_0"]["binary_logloss"]
    assert record[-1] == pytest.approx(log_loss(y[valid], model.predict_proba(X[valid])[:, 1]))


# --- recalibration ---------------------------------------------------------------------------


def cells_table(n, seed=0):
    """One column with four values, and P(y = 1) between .04 and .2 by value."""
    rng = np.random.RandomState(seed)
    cell = rng.randint(4, size=n)
    y = (rng.uniform(size=n) < np.array([0.04, 0.08, 0.12, 0.2])[cell]).astype(int)
    return cell[:, None].astype(float), y


def log_odds_by_cell(model):
    proba = model.predict_proba(np.arange(4.0)[:, None])
    return np.log(proba[:, 1] / proba[:, 0])


@pytest.mark.parametrize(
    "sampler", [RandomUnderSampler(), RandomOverSampler()], ids=lambda s: type(s).__name__
)
def test_recalibration_is_exact_for_random_sampling(sampler, seed):
    """A tree on one column of four values says the share in each cell. After correction the
    log-odds must be those of all rows, but for the noise of the draw: at most
    sqrt(1 / rows drawn in the cell) per class. Allowed are seven such errors; false alarm below
    1e-10 for the cells together."""
    X, y = cells_table(20_000)
    model = ResampledClassifier(
        DecisionTreeClassifier(), clone(sampler).set_params(random_state=seed), recalibrate=True
    ).fit(X, y)
    full = DecisionTreeClassifier().fit(X, y)
    rows = np.bincount(X[y == 1, 0].astype(int))  # each cell's rare rows, as many are drawn
    error = np.sqrt(1 / rows)
    assert (np.abs(log_odds_by_cell(model) - log_odds_by_cell(full)) < 7 * error).all()
    uncorrected = clone(model).set_params(recalibrate=False).fit(X, y)
    assert (log_odds_by_cell(uncorrected) - log_odds_by_cell(full) > 7 * error).all()


def test_recalibration_of_a_cleaner_or_maker_is_an_approximation(overlapping):
    """It moves the mean probability towards the truth, as the documentation says; not exactly."""
    X, y = overlapping
    learner = LogisticRegression()
    for sampler in (SMOTE(random_state=0), TomekLinks()):
        raw = ResampledClassifier(learner, sampler).fit(X, y)
        corrected = clone(raw).set_params(recalibrate=True).fit(X, y)
        off_raw = abs(raw.predict_proba(X)[:, 1].mean() - y.mean())
        off_corrected = abs(corrected.predict_proba(X)[:, 1].mean() - y.mean())
        assert off_corrected <= off_raw
    assert "approximation otherwise" in " ".join(ResampledClassifier.__doc__.split())


@pytest.mark.parametrize("zeros", [False, True])
def test_weights_mean_repetition_on_average(zeros):
    """Stands in for scikit-learn's check_sample_weight_equivalence, which asks for the same
    result where rows are drawn: with weights, and with rows repeated that often, the mean
    log-odds over 40 seeds agree. The difference of two means stays within 8 estimated standard
    errors (t distribution with 78 degrees of freedom, 4 cells: false alarm below 1e-9)."""
    X, y = cells_table(6000)
    weight = np.random.RandomState(1).randint(0 if zeros else 1, 4, size=len(y))
    weight[(X[:, 0] == 2) & (y == 1) & (weight > 0)] += 3  # so that ignoring weights is seen
    repeated = np.repeat(np.arange(len(y)), weight)

    def log_odds(X, y, weight=None):
        model = ResampledClassifier(DecisionTreeClassifier(), recalibrate=True)
        seeds = range(40)
        fits = [
            clone(model)
            .set_params(sampler=RandomUnderSampler(random_state=seed))
            .fit(X, y, sample_weight=weight)
            for seed in seeds
        ]
        return np.array([log_odds_by_cell(fit) for fit in fits])

    one, other = log_odds(X, y, weight), log_odds(X[repeated], y[repeated])
    ignored = log_odds(X, y)
    error = np.sqrt((one.var(axis=0) + other.var(axis=0)) / 40)
    assert (np.abs(one.mean(axis=0) - other.mean(axis=0)) < 8 * error).all()
    assert (np.abs(ignored.mean(axis=0) - other.mean(axis=0)) > 8 * error).any()


def test_a_corrected_model_decides_by_corrected_probabilities(overlapping):
    X, y = overlapping
    model = ResampledClassifier(
        LogisticRegression(), RandomUnderSampler(random_state=0), recalibrate=True
    ).fit(X, y)
    np.testing.assert_array_equal(model.predict(X), model.predict_proba(X).argmax(axis=1))
    raw = clone(model).set_params(recalibrate=False).fit(X, y)
    assert (model.predict(X) == 1).sum() < (raw.predict(X) == 1).sum() / 2
    assert not hasattr(model, "decision_function")
    assert hasattr(raw, "decision_function")


def test_recalibration_with_class_names_out_of_order(three_classes):
    X, y = three_classes
    names = np.array(["zebra", "ant", "mole"])
    model = ResampledClassifier(
        DecisionTreeClassifier(max_depth=2, random_state=0),
        RandomUnderSampler(random_state=0),
        recalibrate=True,
    ).fit(X, names[y])
    assert model.classes_.tolist() == ["ant", "mole", "zebra"]
    np.testing.assert_allclose(model.prior_, np.array([12, 25, 50]) / 87)


# --- errors ----------------------------------------------------------------------------------


def test_predicting_before_fitting(two_classes):
    model = ResampledClassifier(LogisticRegression(), SMOTE())
    for method in ("predict", "predict_proba", "decision_function"):
        with pytest.raises(NotFittedError):
            getattr(model, method)(two_classes[0])


def test_methods_exist_where_the_estimator_has_them(two_classes):
    model = ResampledClassifier(LinearSVC(), RandomUnderSampler(random_state=0))
    assert not hasattr(model, "predict_proba")
    assert model.fit(*two_classes).decision_function(two_classes[0]).shape == (75,)


def test_recalibration_needs_probabilities(two_classes):
    model = ResampledClassifier(LinearSVC(), RandomUnderSampler(), recalibrate=True)
    with pytest.raises((ValueError, AttributeError), match="predict_proba"):
        model.fit(*two_classes).predict(two_classes[0])


def test_recalibration_needs_every_class():
    X, y = unbalanced([30, 10])
    weight = np.where(y == 1, 0.0, 1.0)
    model = ResampledClassifier(
        DecisionTreeClassifier(), RandomUnderSampler(random_state=0), recalibrate=True
    )
    with pytest.raises(ValueError, match=r"positive weight in every class.*class 1"):
        model.fit(X, y, sample_weight=weight)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"estimator": "tree"}, r"'estimator' parameter"),
        ({"sampler": StandardScaler()}, r"'sampler' parameter"),
        ({"recalibrate": "yes"}, r"'recalibrate' parameter"),
    ],
)
def test_wrong_parameters(parameters, message, two_classes):
    model = ResampledClassifier(LogisticRegression(), SMOTE()).set_params(**parameters)
    with pytest.raises(ValueError, match=message):
        model.fit(*two_classes)


@pytest.mark.parametrize(
    ("y", "message"),
    [(None, "requires y"), (np.linspace(0, 1, 75), "Unknown label type"), (np.zeros(75), "class")],
)
def test_wrong_labels(y, message, two_classes):
    model = ResampledClassifier(LogisticRegression(), RandomUnderSampler())
    with pytest.raises(ValueError, match=message):
        model.fit(two_classes[0], y)


def test_pyarrow_labels_and_metadata(two_classes):
    X, y = two_classes
    table = pa.table({f"c{j}": X[:, j] for j in range(X.shape[1])})
    numbers = pa.chunked_array([np.arange(len(y))])
    model = ResampledClassifier(Recorder(), RandomUnderSampler(random_state=0))
    model.fit(table, pa.chunked_array([y]), init_score=numbers)
    got = model.estimator_.given_["init_score"]
    assert got.to_pylist() == model.sampler_.sample_indices_.tolist()
    assert isinstance(model.estimator_.X_, pa.Table)


@pytest.mark.parametrize("given", [None, np.linspace(1, 2, 75)], ids=["none", "given"])
def test_weights_that_a_sampler_makes_reach_the_estimator(given, two_classes):
    """At infinite temperature: the weights that balance the counts, times those given."""
    X, y = two_classes
    sampler = TemperatureSampler(tau=np.inf, mode="weight")
    model = ResampledClassifier(LogisticRegression(tol=1e-8), sampler)
    proba = model.fit(X, y, sample_weight=given).predict_proba(X)
    balanced = (len(y) / (2 * np.bincount(y)))[y] * (1.0 if given is None else given)
    expected = LogisticRegression(tol=1e-8).fit(X, y, balanced)
    np.testing.assert_allclose(proba, expected.predict_proba(X), rtol=1e-5)
    weight = model.sampler_.sample_weight_
    np.testing.assert_allclose(model.resampled_prior_, np.bincount(y, weight) / weight.sum())


def test_weights_that_a_sampler_makes_need_an_estimator_that_takes_them(two_classes):
    model = ResampledClassifier(KNeighborsClassifier(), TemperatureSampler(mode="weight"))
    with pytest.raises(ValueError, match=r"KNeighborsClassifier\.fit does not take"):
        model.fit(*two_classes)
