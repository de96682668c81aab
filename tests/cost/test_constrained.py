"""Thresholds under a constraint: against brute force over every decision that a threshold makes."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from loops import looped
from scipy import sparse
from scipy.stats import binom
from sklearn.base import clone
from sklearn.datasets import make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import (
    balanced_accuracy_score,
    f1_score,
    fbeta_score,
    make_scorer,
    precision_score,
    recall_score,
)
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    ShuffleSplit,
    StratifiedKFold,
    cross_val_predict,
)
from sklearn.naive_bayes import GaussianNB

from cost.made import fixed_proba, proba_and_labels
from imbalance_kit.cost import ConstrainedThresholdClassifierCV, daily_alert_share

pytestmark = pytest.mark.filterwarnings("ignore:.*is kept only by deciding")
AT_LEAST = {"precision", "recall"}


def rates_by_hand(alert, positive, weight):
    """Rates of a decision for one class, from their definitions."""

    def share(rows, of):
        return weight[rows & of].sum() / weight[of].sum() if weight[of].sum() else 0.0

    every = np.ones(len(alert), bool)
    return {
        "precision": share(positive, alert),
        "recall": share(alert, positive),
        "false_positive_rate": share(alert, ~positive),
        "alert_share": share(alert, every),
    }


def keeps(rates, constraint):
    return all(
        rates[name] >= bound - 1e-12 if name in AT_LEAST else rates[name] <= bound + 1e-12
        for name, bound in constraint.items()
    ) and not ("precision" in constraint and rates["alert_share"] == 0)


def every_decision(score):
    return [score >= cut for cut in [np.inf, *np.unique(score)]]


@st.composite
def tables(draw):
    """Probabilities with ties, labels and weights of two classes."""
    rng = np.random.RandomState(draw(st.integers(0, 100_000)))
    n_rows, n_values = draw(st.integers(4, 40)), draw(st.integers(1, 30))
    score = rng.randint(n_values + 1, size=n_rows) / n_values
    y = (rng.uniform(size=n_rows) < 0.2 + 0.5 * score).astype(int)
    y[:2] = [0, 1]
    weight = rng.choice([0.5, 1.0, 3.0], n_rows) if draw(st.booleans()) else None
    return score, y, weight


CONSTRAINTS = [
    {"precision": 0.6},
    {"recall": 0.7},
    {"false_positive_rate": 0.2},
    {"alert_share": 0.25},
    {"precision": 0.4, "alert_share": 0.5},
    {"recall": 0.3, "precision": 0.3},
]


@pytest.mark.parametrize("constraint", CONSTRAINTS, ids=str)
@given(table=tables())
def test_best_of_every_decision_that_keeps_the_constraint(constraint, table):
    score, y, weight = table
    ones = np.ones(len(y)) if weight is None else weight
    tried = [rates_by_hand(alert, y == 1, ones) for alert in every_decision(score)]
    kept = [rates for rates in tried if keeps(rates, constraint)]
    wanted = "precision" if "recall" in constraint else "recall"
    X = np.column_stack([1 - score, score])
    model = ConstrainedThresholdClassifierCV(fixed_proba([0, 1]), constraint=constraint)
    if not kept:
        with pytest.raises(ValueError, match="No threshold gives class 1"):
            model.fit(X, y, sample_weight=weight)
        return
    model.fit(X, y, sample_weight=weight)
    alert = model.predict(X) == 1
    found = rates_by_hand(alert, y == 1, ones)
    assert keeps(found, constraint)
    assert model.constraint_met_
    assert found[wanted] == pytest.approx(max(rates[wanted] for rates in kept), abs=1e-12)
    assert model.best_score_ == pytest.approx(found[wanted])
    assert model.score(X, y, sample_weight=weight) == pytest.approx(model.best_score_)
    assert model.rates_[1] == pytest.approx(found)
    assert not np.isin(model.best_threshold_, score[(score > 0) & (score < 1)])


@looped("seed", range(3))
def test_any_metric_is_best_under_the_constraint(seed):
    proba, y = proba_and_labels(150, 2, seed)
    metrics = {
        "f1": f1_score,
        "precision": lambda a, b: precision_score(a, b, zero_division=0),
        "balanced_accuracy": balanced_accuracy_score,
        "f1_macro": lambda a, b: f1_score(a, b, average="macro"),
    }
    scorer = make_scorer(fbeta_score, beta=2)
    for scoring, metric in [
        *metrics.items(),
        (scorer, lambda a, b: fbeta_score(a, b, beta=2)),
    ]:
        constraint = {"alert_share": 0.2}
        model = ConstrainedThresholdClassifierCV(
            fixed_proba([0, 1]), constraint=constraint, scoring=scoring
        ).fit(proba, y)
        tried = [
            metric(y, alert.astype(int))
            for alert in every_decision(proba[:, 1])
            if alert.mean() <= 0.2
        ]
        assert model.best_score_ == pytest.approx(max(tried))
        assert model.score(proba, y) == pytest.approx(max(tried))
        assert metric(y, model.predict(proba)) == pytest.approx(max(tried))


def test_a_block_of_equal_rows_is_left_out_whole():
    score = np.array([0.9, 0.5, 0.5, 0.5, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
    y = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0])
    X = np.column_stack([1 - score, score])
    for share, alerts in [(0.1, 1), (0.3, 1), (0.4, 4), (0.99, 4)]:
        model = ConstrainedThresholdClassifierCV(
            fixed_proba([0, 1]), constraint={"alert_share": share}
        )
        decided = model.fit(X, y).predict(X)
        assert decided.sum() == alerts
        # one row at a time is decided as in the table
        assert [model.predict(X[[row]])[0] for row in range(10)] == decided.tolist()


def test_no_more_than_so_many_of_a_batch():
    proba, y = proba_and_labels(100, 3, 0)
    model = ConstrainedThresholdClassifierCV(
        fixed_proba(["a", "b", "c"]), constraint={"recall": 0.9}, pos_label="b"
    ).fit(proba, np.array(["a", "b", "c"])[y])
    reached = proba[:, 1] >= model.best_threshold_
    for n_alerts in (0, 1, 5, reached.sum(), 100):
        decided = model.predict_at_most(proba, n_alerts)
        expected = np.argsort(-proba[:, 1])[: min(n_alerts, reached.sum())]
        assert set(np.flatnonzero(decided == "b")) == set(expected)
        others = np.setdiff1d(np.arange(100), expected)
        largest = np.where(proba[others, 0] >= proba[others, 2], "a", "c")
        np.testing.assert_array_equal(decided[others], largest)
    equal = np.tile([[0.0, 1.0, 0.0]], (4, 1))
    assert (model.predict_at_most(equal, 2) == "b").tolist() == [True, True, False, False]
    with pytest.raises(ValueError, match="n_alerts must be an integer of at least 0, got -1"):
        model.predict_at_most(proba, -1)


# --- what cannot be kept ---------------------------------------------------------------------


def test_a_sentence_names_the_nearest_that_can_be_kept():
    score = np.array([0.9, 0.8, 0.7, 0.6, 0.2, 0.1])
    y = np.array([1, 0, 1, 1, 0, 0])
    X = np.column_stack([1 - score, score])
    model = ConstrainedThresholdClassifierCV(
        fixed_proba([0, 1]), constraint={"precision": 0.95, "recall": 0.9}
    )
    # three of four found rows of the class are right, and all are found
    words = (
        r"No threshold gives class 1 a precision of at least 0.95 and a recall of at least 0.9 on "
        r"the held-out rows\. The nearest, 0.4, has precision 0.75 and recall 1, with 4 of 6 rows "
        r"as alerts\. Ask for no more than that, or give if_unmet='nearest'"
    )
    with pytest.raises(ValueError, match=words):
        model.fit(X, y)
    with pytest.warns(UserWarning, match=r"It is decided by that\."):
        model.set_params(if_unmet="nearest").fit(X, y)
    assert model.best_threshold_ == pytest.approx(0.4)
    assert not model.constraint_met_
    assert model.rates_[1]["precision"] == 0.75


def test_a_constraint_that_only_a_constant_decision_keeps_is_warned_of():
    score = np.array([0.9, 0.8, 0.2, 0.1])
    X, y = np.column_stack([1 - score, score]), np.array([0, 1, 0, 1])
    for constraint, words in [
        ({"false_positive_rate": 0.1}, "A false-positive rate of at most 0.1.*deciding no row"),
        ({"recall": 1.0}, "A recall of at least 1 .*deciding every row"),
    ]:
        model = ConstrainedThresholdClassifierCV(fixed_proba([0, 1]), constraint=constraint)
        with pytest.warns(UserWarning, match=words):
            model.fit(X, y)
    assert model.predict(X).tolist() == [1, 1, 1, 1]


# --- more classes ----------------------------------------------------------------------------


@looped("seed", range(5))
def test_each_class_keeps_its_own_constraint(seed):
    """Rates are those of the decisions as they are, though the classes compete for rows."""
    proba, y = proba_and_labels(300, 4, seed)
    labels = np.array(["d", "c", "b", "a"])[y]
    proba = proba[:, ::-1]
    constraint = {
        "b": {"alert_share": 0.1},
        "a": {"recall": 0.3},
        "c": {"false_positive_rate": 0.2},
    }
    model = ConstrainedThresholdClassifierCV(fixed_proba("abcd"), constraint=constraint)
    decided = model.fit(proba, labels).predict(proba)
    for label, bounds in constraint.items():
        rates = rates_by_hand(decided == label, labels == label, np.ones(300))
        assert keeps(rates, bounds)
        assert model.rates_[label] == pytest.approx(rates)
    assert list(model.thresholds_) == ["b", "a", "c"]
    assert not hasattr(model, "best_threshold_")
    with pytest.raises(ValueError, match="needs one constrained class; there are 3"):
        model.predict_at_most(proba, 3)


def test_one_class_against_the_rest_by_a_metric_of_all():
    proba, y = proba_and_labels(200, 3, 1)
    model = ConstrainedThresholdClassifierCV(
        fixed_proba([0, 1, 2]),
        constraint={2: {"alert_share": 0.3}},
        scoring="balanced_accuracy",
    ).fit(proba, y)
    rest = proba[:, :2].argmax(axis=1)
    tried = [
        balanced_accuracy_score(y, np.where(alert, 2, rest))
        for alert in every_decision(proba[:, 2])
        if alert.mean() <= 0.3
    ]
    assert balanced_accuracy_score(y, model.predict(proba)) == pytest.approx(max(tried))


# --- which rows, which class -----------------------------------------------------------------


@pytest.fixture(scope="module")
def table():
    return make_classification(600, n_features=5, weights=[0.85], flip_y=0.05, random_state=0)


@looped("cv", [3, StratifiedKFold(4), ShuffleSplit(1, test_size=0.4, random_state=0)])
def test_the_threshold_is_chosen_out_of_fold(cv, table):
    X, y = table
    learner = GaussianNB()
    model = ConstrainedThresholdClassifierCV(learner, constraint={"precision": 0.7}, cv=cv)
    model.fit(X, y)
    if isinstance(cv, ShuffleSplit):
        ((train, rows),) = cv.split(X)
        proba = learner.fit(X[train], y[train]).predict_proba(X[rows])
    else:
        rows = np.arange(len(y))
        proba = cross_val_predict(learner, X, y, cv=cv, method="predict_proba")
    again = ConstrainedThresholdClassifierCV(fixed_proba([0, 1]), constraint={"precision": 0.7})
    again.fit(proba, y[rows])
    assert model.best_threshold_ == again.best_threshold_
    np.testing.assert_array_equal(model.predict_proba(X), learner.fit(X, y).predict_proba(X))


def test_groups_reach_the_splitter(table):
    X, y = table
    groups = np.arange(len(y)) % 7
    model = ConstrainedThresholdClassifierCV(
        GaussianNB(), constraint={"recall": 0.8}, cv=GroupKFold(7)
    ).fit(X, y, groups=groups)
    proba = cross_val_predict(
        GaussianNB(), X, y, cv=GroupKFold(7), groups=groups, method="predict_proba"
    )
    found = proba[y == 1, 1] >= model.best_threshold_
    assert found.mean() == pytest.approx(model.rates_[1]["recall"])
    # a number means folds of whole groups
    by_number = clone(model).set_params(cv=3).fit(X, y, groups=groups)
    assert by_number.rates_[1]["recall"] >= 0.8


def test_weights_count_as_rows(table):
    X, y = table
    proba = GaussianNB().fit(X, y).predict_proba(X)
    times = np.random.RandomState(0).randint(1, 4, len(y))
    for constraint in CONSTRAINTS:
        model = ConstrainedThresholdClassifierCV(fixed_proba([0, 1]), constraint=constraint)
        weighted = clone(model).fit(proba, y, sample_weight=times)
        repeated = clone(model).fit(np.repeat(proba, times, axis=0), np.repeat(y, times))
        assert weighted.best_threshold_ == repeated.best_threshold_
        assert weighted.rates_[1] == pytest.approx(repeated.rates_[1])


def test_which_class_is_meant():
    proba, y = proba_and_labels(200, 2, 3)
    rare_first = np.array(["ok", "fraud"])[y]

    def label_of(y, proba=proba, **options):
        labels = sorted(np.unique(np.asarray(y)).tolist())
        columns = proba if labels[0] == np.asarray(y)[y_first] else proba[:, ::-1]
        model = ConstrainedThresholdClassifierCV(
            fixed_proba(labels), constraint={"alert_share": 0.2}, **options
        )
        return model.fit(columns, y).pos_label_

    y_first = int(np.flatnonzero(y == 0)[0])
    assert label_of(y) == 1
    assert label_of(1 - y) == 1  # though it is the more frequent one
    assert label_of(rare_first) == "fraud"
    assert label_of(rare_first, pos_label="ok") == "ok"
    order = pd.Categorical(rare_first, categories=["fraud", "ok"], ordered=True)
    assert label_of(pd.Series(order)) == "ok"
    enum = pl.Series(rare_first.tolist(), dtype=pl.Enum(["fraud", "ok"]))
    assert label_of(enum) == "ok"
    with pytest.raises(ValueError, match="There is no class 'lost'"):
        label_of(rare_first, pos_label="lost")


def test_tables_of_any_kind(table):
    X, y = table
    labels = np.array(["fine", "fraud"])[y]
    options = {"constraint": {"alert_share": 0.1}, "cv": 2}
    expected = ConstrainedThresholdClassifierCV(LogisticRegression(), **options).fit(X, labels)
    frame = pd.DataFrame(X, columns=list("abcde"))
    for kind in (frame, sparse.csr_array(X)):
        model = ConstrainedThresholdClassifierCV(LogisticRegression(), **options)
        model.fit(kind, pd.Series(labels))
        assert model.best_threshold_ == pytest.approx(expected.best_threshold_)
        assert (model.predict(kind) == expected.predict(X)).mean() > 0.99
    holes = np.where(np.random.RandomState(0).uniform(size=X.shape) < 0.2, np.nan, X)
    boosted = HistGradientBoostingClassifier(max_iter=5, min_samples_leaf=5)
    model = ConstrainedThresholdClassifierCV(boosted, **options).fit(holes, labels)
    assert 0 < model.rates_["fraud"]["alert_share"] <= 0.1


def test_a_search_finds_the_best_under_the_constraint(table):
    X, y = table
    model = ConstrainedThresholdClassifierCV(
        GaussianNB(), constraint={"false_positive_rate": 0.1}, cv=2
    )
    grid = {
        "estimator__var_smoothing": [1e-9, 10.0],
        "constraint": [{"false_positive_rate": 0.01}, {"false_positive_rate": 0.1}],
    }
    search = GridSearchCV(model, grid, cv=2, error_score="raise").fit(X, y)
    # more recall under the looser bound
    assert search.best_params_["constraint"] == {"false_positive_rate": 0.1}
    recall = recall_score(y, search.predict(X))
    assert search.score(X, y) == pytest.approx(recall)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"constraint": {}}, "A constraint is a dict of rates and bounds"),
        ({"constraint": {"alerts": 3}}, "'alerts' cannot be bounded; expected one of 'precision'"),
        ({"constraint": {"recall": 80}}, r"'recall' must be a number in \[0, 1\], got 80"),
        ({"constraint": {7: {"recall": 0.8}}}, "names 7, which is no class"),
        (
            {"constraint": {0: {"recall": 0.8}, 1: {"recall": 0.8}}},
            "constraint names every class",
        ),
        ({"constraint": {"recall": 0.5}, "confidence": 0.9}, "needs a fixed model"),
        ({"constraint": {"recall": 0.5}, "confidence": 1.0}, "'confidence' parameter"),
        ({"constraint": {"recall": 0.5}, "scoring": "roc_auc"}, "needs probabilities"),
    ],
)
def test_bad_input(options, words, table):
    with pytest.raises(ValueError, match=words):
        ConstrainedThresholdClassifierCV(GaussianNB(), **options).fit(*table)


def test_several_classes_are_tuned_for_themselves():
    proba, y = proba_and_labels(90, 3, 0)
    model = ConstrainedThresholdClassifierCV(
        fixed_proba([0, 1, 2]),
        constraint={1: {"recall": 0.1}, 2: {"recall": 0.1}},
        scoring="balanced_accuracy",
    )
    with pytest.raises(ValueError, match="each is tuned for itself: scoring must be None or"):
        model.fit(proba, y)
    with pytest.raises(ValueError, match="class 1 has a weight of 0"):
        ConstrainedThresholdClassifierCV(
            fixed_proba([0, 1, 2]), constraint={1: {"recall": 0.1}}
        ).fit(proba[y != 1], y[y != 1])


# --- alerts a day ----------------------------------------------------------------------------


@looped("n_alerts", [0, 1, 7, 50, 999])
def test_a_day_has_no_more_alerts_as_often_as_asked(n_alerts):
    for days in (0.5, 0.9, 0.99):
        share = daily_alert_share(n_alerts, 1000, share_of_days=days)
        assert binom.cdf(n_alerts, 1000, share) == pytest.approx(days, abs=1e-9)
    assert daily_alert_share(n_alerts, 1000, share_of_days=None) == n_alerts / 1000
    assert daily_alert_share(1000, 1000) == 1.0


def test_bad_days():
    for options, words in [
        ((-1, 10, 0.9), "n_alerts must be at least 0"),
        ((1, 0, 0.9), "rows_per_day at least 1"),
        ((1, 10, 1.5), "share_of_days must be between 0 and 1"),
    ]:
        with pytest.raises(ValueError, match=words):
            daily_alert_share(*options[:2], share_of_days=options[2])
