"""A weigher and an estimator as one: which weights reach the estimator, and how."""

import numpy as np
import pandas as pd
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer, roc_auc_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from imbalance_kit.compose import WeightedClassifier
from imbalance_kit.fairness import FairBalance, Reweighing


@pytest.fixture
def grouped(two_classes):
    X, y = two_classes
    return X, y, np.random.RandomState(1).randint(2, size=len(y))


class Recorder(ClassifierMixin, BaseEstimator):
    """Keeps what ``fit`` was given."""

    def fit(self, X, y, sample_weight=None, sensitive_features=None, **everything):
        self.given_ = {
            "sample_weight": sample_weight,
            "sensitive_features": sensitive_features,
            **everything,
        }
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])


def test_it_is_the_two_steps_by_hand(grouped):
    X, y, group = grouped
    given = np.random.RandomState(0).uniform(size=len(y))
    tree = DecisionTreeClassifier(max_depth=3, random_state=0)
    model = WeightedClassifier(tree, Reweighing())
    model.fit(X, y, sample_weight=given, sensitive_features=group)
    weigher = Reweighing().fit(X, y, sample_weight=given, sensitive_features=group)
    by_hand = clone(tree).fit(X, y, sample_weight=weigher.sample_weight_)
    np.testing.assert_array_equal(model.predict_proba(X), by_hand.predict_proba(X))
    np.testing.assert_array_equal(model.predict(X), by_hand.predict(X))
    np.testing.assert_array_equal(model.weigher_.sample_weight_, weigher.sample_weight_)
    assert not hasattr(tree, "tree_")


def test_without_a_weigher_it_is_the_estimator(grouped):
    X, y, group = grouped
    weight = np.random.RandomState(0).uniform(size=len(y))
    model = WeightedClassifier(LogisticRegression())
    model.fit(X, y, sample_weight=weight, sensitive_features=group)
    plain = LogisticRegression().fit(X, y, sample_weight=weight)
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    np.testing.assert_array_equal(model.decision_function(X), plain.decision_function(X))
    assert model.weigher_ is None


def test_a_search_compares_weighing_with_doing_nothing(grouped):
    X, y, group = grouped
    table = np.column_stack([X, group])
    search = GridSearchCV(
        WeightedClassifier(LogisticRegression()),
        {
            "weigher": [None, Reweighing(sensitive_features=4), FairBalance(sensitive_features=4)],
            "estimator__C": [0.1, 1.0],
        },
        cv=2,
        error_score="raise",
    ).fit(table, y)
    assert len(search.cv_results_["params"]) == 6
    assert search.predict(table).shape == y.shape


def test_a_pipeline_inside_drops_the_sensitive_column_and_gets_the_weights(grouped):
    X, y, group = grouped
    frame = pd.DataFrame(X, columns=list("abcd")).assign(group=group)
    keep = make_column_transformer((StandardScaler(), list("abcd")))
    pipeline = make_pipeline(keep, LogisticRegression())
    model = WeightedClassifier(pipeline, FairBalance(sensitive_features="group"))
    model.fit(frame, y, sample_weight=np.ones(len(y)))
    weight = FairBalance().fit(X, y, sensitive_features=group).sample_weight_
    by_hand = clone(pipeline).fit(frame, y, logisticregression__sample_weight=weight)
    np.testing.assert_array_equal(model.predict_proba(frame), by_hand.predict_proba(frame))


def test_estimators_get_groups_if_they_take_them(grouped):
    X, y, group = grouped
    model = WeightedClassifier(Recorder(), Reweighing()).fit(
        X, y, sensitive_features=group, note="hello"
    )
    np.testing.assert_array_equal(model.estimator_.given_["sensitive_features"], group)
    np.testing.assert_array_equal(
        model.estimator_.given_["sample_weight"], model.weigher_.sample_weight_
    )
    assert model.estimator_.given_["note"] == "hello"


def test_routing(grouped):
    X, y, group = grouped
    weight = np.random.RandomState(0).uniform(0.5, 1.5, size=len(y))
    expected = WeightedClassifier(LogisticRegression(), Reweighing())
    expected.fit(X, y, sample_weight=weight, sensitive_features=group)
    with config_context(enable_metadata_routing=True):
        inner = LogisticRegression().set_fit_request(sample_weight=True)
        model = WeightedClassifier(inner, Reweighing())
        model.set_fit_request(sample_weight=True, sensitive_features=True)
        by_rank = make_scorer(roc_auc_score, response_method="predict_proba")
        scores = cross_val_score(
            model,
            X,
            y,
            cv=2,
            params={"sample_weight": weight, "sensitive_features": group},
            scoring=by_rank.set_score_request(sample_weight=False),
            error_score="raise",
        )
        assert np.isfinite(scores).all()
        model.fit(X, y, sample_weight=weight, sensitive_features=group)
        np.testing.assert_array_equal(model.predict_proba(X), expected.predict_proba(X))
        piped = make_pipeline(StandardScaler(), model)
        piped.fit(X, y, sensitive_features=group)
        assert len(piped[-1].weigher_.groups_) == 2


def test_routing_reaches_the_last_step_of_a_pipeline_that_asks(grouped):
    X, y, group = grouped
    with config_context(enable_metadata_routing=True):
        asking = LogisticRegression().set_fit_request(sample_weight=True)
        scaler = StandardScaler().set_fit_request(sample_weight=False)
        model = WeightedClassifier(make_pipeline(scaler, asking), Reweighing())
        model.fit(X, y, sensitive_features=group)
        silent = make_pipeline(scaler, LogisticRegression())
        with pytest.raises(ValueError, match="request sample_weight for the last step"):
            WeightedClassifier(silent, Reweighing()).fit(X, y, sensitive_features=group)
    weight = Reweighing().fit(X, y, sensitive_features=group).sample_weight_
    plain = make_pipeline(StandardScaler(), LogisticRegression())
    plain.fit(X, y, logisticregression__sample_weight=weight)
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))


def test_estimators_that_take_no_weights_are_refused(grouped):
    X, y, group = grouped
    model = WeightedClassifier(KNeighborsClassifier(), Reweighing())
    with pytest.raises(ValueError, match=r"takes sample_weight; KNeighbors.*WeightSampler"):
        model.fit(X, y, sensitive_features=group)
    WeightedClassifier(KNeighborsClassifier()).fit(X, y)


def test_methods_are_those_of_the_estimator(grouped):
    X, y, group = grouped
    model = WeightedClassifier(LinearSVC(), Reweighing()).fit(X, y, sensitive_features=group)
    assert not hasattr(model, "predict_proba")
    assert model.decision_function(X).shape == y.shape
    assert set(model.predict(X)) <= {0, 1}
