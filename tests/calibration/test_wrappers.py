"""What all calibration estimators do alike: metadata, folds, frozen estimators, names, jobs."""

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from scipy import sparse
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, GroupKFold, StratifiedKFold, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from tables import MIXED, dtypes_of, mixed_columns

from imbalance_kit.calibration import (
    ConformalClassifier,
    LabelShiftClassifier,
    LogitAdjustedClassifier,
    PriorCorrectedClassifier,
    TemperatureScaledClassifier,
    VennAbersClassifier,
    WeightAlignedClassifier,
)

LEARNER = LogisticRegression(tol=1e-10, max_iter=1000)
FOLDED = {
    "temperature": lambda learner, **p: TemperatureScaledClassifier(learner, **p),
    "label shift": lambda learner, **p: LabelShiftClassifier(learner, **p),
    "bbse": lambda learner, **p: LabelShiftClassifier(learner, method="bbse", **p),
    "logit": lambda learner, **p: LogitAdjustedClassifier(learner, **p),
    "tau norm": lambda learner, **p: WeightAlignedClassifier(learner, **p),
    "bias correction": lambda learner, **p: WeightAlignedClassifier(
        learner, method="bias_correction", **p
    ),
    "venn-abers": lambda learner, **p: VennAbersClassifier(learner, **p),
    "conformal": lambda learner, **p: ConformalClassifier(learner, **p),
}
ALL = FOLDED | {"prior": lambda learner: PriorCorrectedClassifier(learner, true_prior=[0.9, 0.1])}
every_folded = pytest.mark.parametrize("build", list(FOLDED.values()), ids=list(FOLDED))
every_one = pytest.mark.parametrize("build", list(ALL.values()), ids=list(ALL))


@pytest.fixture
def routing():
    with config_context(enable_metadata_routing=True):
        yield


class BySize(ClassifierMixin, BaseEstimator):
    """Looks at the column "size" of any frame; keeps the frame it was given."""

    def fit(self, X, y):
        self.X_ = X
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        size = nw.from_native(X, eager_only=True)["size"].to_numpy()
        return np.column_stack([1 / (1 + np.exp(size)), 1 / (1 + np.exp(-size))])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


# --- metadata ------------------------------------------------------------------------------------


@pytest.mark.usefixtures("routing")
@every_one
def test_weights_reach_a_learner_inside_a_pipeline(build, two_classes):
    """With routing enabled: equal to the learner alone on columns scaled beforehand, where
    weights go the plain way. The scaler is fitted on the same columns by each fold, so it is
    replaced by one that does nothing."""
    X, y = two_classes
    weight = np.random.RandomState(0).uniform(0.5, 2, size=len(y))
    scaler = StandardScaler(with_mean=False, with_std=False).set_fit_request(sample_weight=False)
    pipeline = make_pipeline(scaler, clone(LEARNER).set_fit_request(sample_weight=True))
    routed = build(pipeline).fit(X, y, sample_weight=weight)
    with config_context(enable_metadata_routing=False):
        plain = build(LEARNER).fit(X, y, sample_weight=weight)
        ignored = build(LEARNER).fit(X, y)
    np.testing.assert_allclose(routed.predict_proba(X), plain.predict_proba(X), rtol=1e-6)
    assert np.abs(ignored.predict_proba(X) - plain.predict_proba(X)).max() > 1e-4


@pytest.mark.usefixtures("routing")
@every_folded
def test_groups_reach_the_splitter(build, two_classes):
    X, y = two_classes
    groups = np.random.RandomState(0).randint(0, 6, size=len(y))
    weight = np.random.RandomState(1).uniform(0.5, 2, size=len(y))
    learner = clone(LEARNER).set_fit_request(sample_weight=True)
    routed = build(learner, cv=GroupKFold(3)).fit(X, y, groups=groups, sample_weight=weight)
    folds = list(GroupKFold(3).split(X, y, groups))
    by_hand = build(learner, cv=folds).fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(routed.predict_proba(X), by_hand.predict_proba(X))
    np.testing.assert_array_equal(routed.predict(X), by_hand.predict(X))


@pytest.mark.usefixtures("routing")
@every_one
def test_routing_asks_for_a_decision(build, two_classes):
    X, y = two_classes
    with pytest.raises(ValueError, match="sample_weight"):
        build(LEARNER).fit(X, y, sample_weight=np.ones(len(y)))


@pytest.mark.usefixtures("routing")
@every_one
def test_metadata_that_nobody_takes_are_refused(build, two_classes):
    X, y = two_classes
    with pytest.raises(TypeError, match="colour"):
        build(LEARNER).fit(X, y, colour=np.ones(len(y)))


@every_one
def test_weights_that_would_be_lost_fail_loudly(build, two_classes):
    X, y = two_classes
    with pytest.raises(ValueError, match=r"KNeighborsClassifier\.fit does not take"):
        build(KNeighborsClassifier()).fit(X, y, sample_weight=np.ones(len(y)))


@every_one
def test_weights_of_a_step_go_with_their_rows(build, two_classes):
    X, y = two_classes
    weight = np.random.RandomState(0).uniform(0.5, 2, size=len(y))
    pipeline = make_pipeline(StandardScaler(), clone(LEARNER))
    model = build(pipeline).fit(X, y, logisticregression__sample_weight=weight)
    by_hand = clone(pipeline).fit(X, y, logisticregression__sample_weight=weight)
    if isinstance(model, VennAbersClassifier | ConformalClassifier):
        train = next(StratifiedKFold(5).split(X, y))[0]
        by_hand.fit(X[train], y[train], logisticregression__sample_weight=weight[train])
    np.testing.assert_allclose(model.estimator_.predict_proba(X), by_hand.predict_proba(X))


# --- folds ---------------------------------------------------------------------------------------


@every_folded
def test_a_number_means_stratified_folds_at_most_as_many_as_rows_of_a_class(build, two_classes):
    X, y = two_classes
    few = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:3]]
    one = build(LEARNER, cv=10).fit(X[few], y[few])
    other = build(LEARNER, cv=StratifiedKFold(3)).fit(X[few], y[few])
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))


@every_folded
def test_a_class_of_one_row_is_explained(build, two_classes):
    X, y = two_classes
    few = np.r_[np.flatnonzero(y == 0), np.flatnonzero(y == 1)[:1]]
    with pytest.raises(ValueError, match=r"Class 1 has 1 row.*FrozenEstimator"):
        build(LEARNER).fit(X[few], y[few])


@every_folded
def test_jobs_do_not_change_the_result(build, three_classes):
    X, y = three_classes
    with parallel_config("threading"):  # worker processes would take longer to start
        one, two = (build(LEARNER, n_jobs=n).fit(X, y).predict_proba(X) for n in (1, 2))
    np.testing.assert_array_equal(one, two)


@every_folded
def test_a_frozen_estimator_is_not_fitted_again(build, two_classes):
    X, y = two_classes
    fitted = LogisticRegression().fit(X[:40], y[:40])
    coef = fitted.coef_.copy()
    model = build(FrozenEstimator(fitted)).fit(X[40:], y[40:], sample_weight=np.ones(35))
    np.testing.assert_array_equal(model.estimator_.predict_proba(X), fitted.predict_proba(X))
    np.testing.assert_array_equal(fitted.coef_, coef)


# --- labels, tables, other estimators ------------------------------------------------------------


@every_folded
def test_names_and_order_of_labels_do_not_matter(build, three_classes):
    """Turning the order of classes round turns columns round. Fits of a convex loss meet to the
    tolerance of the learner's solver; Venn-Abers would follow its last digits, so it gets a
    tree, and a tree's ties are broken by the order of classes for nobody."""
    X, y = three_classes
    learner = LEARNER
    if build is FOLDED["venn-abers"]:
        learner = DecisionTreeClassifier(max_depth=2, random_state=0)
    names = np.array(["zebra", "mole", "ant"])
    one = build(learner, cv=list(StratifiedKFold(3).split(X, y)))
    other = clone(one).fit(X, names[y])
    assert other.classes_.tolist() == ["ant", "mole", "zebra"]
    one.fit(X, y)
    np.testing.assert_allclose(other.predict_proba(X)[:, ::-1], one.predict_proba(X), atol=1e-6)
    assert (other.predict(X) == names[one.predict(X)]).mean() > 0.98


@pytest.mark.parametrize("kind", sorted(FOLDED.keys() - {"tau norm"}))  # needs a linear model
@pytest.mark.parametrize("name", list(MIXED))
def test_frames_reach_the_estimator_as_they_are(kind, name):
    table = MIXED[name](mixed_columns())
    y = np.random.RandomState(6).permutation(np.repeat(["no", "yes"], [45, 15]))
    model = FOLDED[kind](BySize()).fit(table, y)
    assert type(model.estimator_.X_) is type(table)
    assert dtypes_of(model.estimator_.X_) == dtypes_of(table)
    assert model.predict_proba(table).shape == (60, 2)


@every_one
def test_sparse_tables_and_column_names(build, two_classes):
    X, y = two_classes
    dense = build(LEARNER).fit(X, y)
    thin = build(LEARNER).fit(sparse.csr_array(X), y)
    frame = pd.DataFrame(X, columns=list("abcd"))
    named = build(LEARNER).fit(frame, y)
    if build is not FOLDED["venn-abers"]:  # it follows the last digits of the learner's solver
        np.testing.assert_allclose(thin.predict_proba(X), dense.predict_proba(X), rtol=1e-4)
    np.testing.assert_allclose(named.predict_proba(frame), dense.predict_proba(X), rtol=1e-9)
    assert named.feature_names_in_.tolist() == list("abcd")
    assert dense.n_features_in_ == 4


@every_one
def test_before_fitting(build, two_classes):
    model = build(LEARNER)
    for method in ("predict", "predict_proba", "decision_function", "predict_interval", "adapt"):
        if hasattr(model, method):
            with pytest.raises(NotFittedError):
                getattr(model, method)(two_classes[0])


@every_one
def test_they_live_in_searches_and_cross_validation(build, two_classes):
    X, y = two_classes
    search = GridSearchCV(build(LogisticRegression()), {"estimator__C": [0.1, 1.0]}, cv=2)
    assert search.fit(X, y).predict(X).shape == y.shape
    proba = cross_val_predict(build(LogisticRegression()), X, y, cv=2, method="predict_proba")
    np.testing.assert_allclose(proba.sum(axis=1), 1)


@every_folded
def test_the_input_is_not_changed(build, three_classes):
    X, y = three_classes
    weight = np.random.RandomState(0).uniform(0.5, 2, size=len(y))
    copies = X.copy(), y.copy(), weight.copy()
    learner = clone(LEARNER)
    build(learner).fit(X, y, sample_weight=weight).predict_proba(X)
    for now, before in zip((X, y, weight), copies, strict=True):
        np.testing.assert_array_equal(now, before)
    assert not hasattr(learner, "coef_")


@pytest.mark.parametrize("kind", ["logit", "tau norm"])
def test_an_earlier_fit_leaves_nothing_behind(kind, three_classes):
    model = FOLDED[kind](LEARNER).fit(*three_classes)
    assert len(model.taus_) == len(model.scores_)
    again = model.set_params(tau=0.5).fit(*three_classes)
    assert again.tau_ == 0.5
    assert not hasattr(again, "taus_")
    assert not hasattr(again, "scores_")
