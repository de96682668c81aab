"""Scorers of gaps between groups: as the audit and fairlearn compute them, and in a search."""

import pickle
import warnings

import fairlearn.metrics as oracle
import numpy as np
import pandas as pd
import polars as pl
import pytest
from loops import looped
from sklearn import metrics
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV

from imbalance_kit.fairness import BestWithinGap, GapScorer, group_report
from imbalance_kit.fairness._audit.gaps import GAPS


class ByGroup(ClassifierMixin, BaseEstimator):
    """Decides by a column of probabilities, at a higher threshold where the first column is 1."""

    def __init__(self, extra=0.1):
        self.extra = extra

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        p = np.asarray(X)[:, 1].astype(float)
        return np.column_stack([1 - p, p])

    def predict(self, X):
        high = self.predict_proba(X)[:, 1] > 0.5 + self.extra * np.asarray(X)[:, 0].astype(float)
        return self.classes_[high.astype(int)]


def table(n=600):
    rng = np.random.RandomState(0)
    group, y = rng.randint(2, size=n), rng.randint(2, size=n)
    proba = np.clip(0.3 * y + 0.1 * group + 0.6 * rng.uniform(size=n), 0, 1)
    return np.column_stack([group, proba]), y


ORACLES = {
    "demographic_parity_difference": oracle.demographic_parity_difference,
    "demographic_parity_ratio": oracle.demographic_parity_ratio,
    "equalized_odds_difference": oracle.equalized_odds_difference,
    "equalized_odds_ratio": oracle.equalized_odds_ratio,
    "equal_opportunity_difference": oracle.equal_opportunity_difference,
    "equal_opportunity_ratio": oracle.equal_opportunity_ratio,
}


@pytest.mark.parametrize("weighted", [False, True])
def test_gaps_are_those_of_fairlearn(weighted):
    X, y = table()
    model = ByGroup().fit(X, y)
    weight = np.random.RandomState(1).uniform(0.5, 2, len(y)) if weighted else None
    # each call of fairlearn takes 0.1 s; weights go one way through all gaps
    names = ["equalized_odds_difference"] if weighted else list(ORACLES)
    for name in names:
        expected = ORACLES[name]
        sign = -1 if name.endswith("difference") else 1
        value = expected(y, model.predict(X), sensitive_features=X[:, 0], sample_weight=weight)
        score = GapScorer(name, sensitive_features=0)(model, X, y, sample_weight=weight)
        assert score == pytest.approx(sign * value), name


@looped("name", list(GAPS))
def test_scores_are_the_gaps_of_a_report(name):
    X, y = table()
    model = ByGroup().fit(X, y)
    report = group_report(
        y,
        model.predict(X),
        y_proba=model.predict_proba(X),
        sensitive_features=X[:, 0],
        n_bootstrap=0,
    )
    gap = report.gap(name)
    assert np.isfinite(gap)
    score = GapScorer(name, sensitive_features=[0])(model, X, y)
    assert score == pytest.approx(gap if GAPS[name].greater_is_better else -gap)
    frame = report.to_frame("gaps").set_index("gap")
    assert frame.loc[GAPS[name].label, "value"] == gap
    assert (frame.loc[GAPS[name].label, "better"] == "higher") == GAPS[name].greater_is_better


@looped(
    ("name", "metric", "worst"),
    [
        ("accuracy", metrics.accuracy_score, min),
        ("true_positive_rate", metrics.recall_score, min),
        ("false_positive_rate", lambda y, d: 1 - metrics.recall_score(y, d, pos_label=0), max),
        ("precision", metrics.precision_score, min),
    ],
)
def test_worst_group_is_that_of_scikit_learn(name, metric, worst):
    X, y = table()
    model = ByGroup().fit(X, y)
    decided = model.predict(X)
    value = worst(metric(y[X[:, 0] == g], decided[X[:, 0] == g]) for g in (0, 1))
    score = GapScorer(f"worst_group_{name}", sensitive_features=0)(model, X, y)
    assert score == pytest.approx(value if worst is min else -value)


def test_worst_group_of_probabilities():
    X, y = table()
    model = ByGroup().fit(X, y)
    for name, metric, worst in [
        ("auroc", metrics.roc_auc_score, min),
        ("brier_score", lambda y, p: -metrics.brier_score_loss(y, p), min),
    ]:
        value = worst(metric(y[X[:, 0] == g], X[X[:, 0] == g, 1]) for g in (0, 1))
        score = GapScorer(f"worst_group_{name}", sensitive_features=0)(model, X, y)
        assert score == pytest.approx(value)


def test_containers_labels_and_pickling():
    X, y = table()
    words = np.array(["ok", "fraud"])[y]
    scorer = GapScorer("equalized_odds_difference", sensitive_features="sex", pos_label="fraud")
    caught = ByGroup().fit(X, words).predict(X) == "fraud"
    value = oracle.equalized_odds_difference(words == "fraud", caught, sensitive_features=X[:, 0])
    for make in (pd.DataFrame, pl.DataFrame):
        frame = make({"sex": X[:, 0], "p": X[:, 1]})
        model = ByGroup().fit(frame, words)
        for one in (scorer, pickle.loads(pickle.dumps(scorer))):
            assert one(model, frame, words) == pytest.approx(-value)


def test_best_within_a_gap_is_that_of_a_slow_search():
    X, y = table()
    name = "demographic_parity_difference"
    found = GridSearchCV(
        ByGroup(),
        {"extra": [-0.2, -0.1, 0.0, 0.1, 0.2]},
        scoring={"accuracy": "accuracy", name: GapScorer(name, sensitive_features=0)},
        refit=BestWithinGap("accuracy", name, 0.2),
        cv=3,
    ).fit(X, y)
    results = found.cv_results_
    chosen = {}
    for limit in (0.1, 0.2, 1.0):
        kept = [
            (results["mean_test_accuracy"][at], results[f"mean_test_{name}"][at], -at)
            for at in range(5)
            if -results[f"mean_test_{name}"][at] <= limit
        ]
        chosen[limit] = BestWithinGap("accuracy", name, limit)(results)
        assert chosen[limit] == -max(kept)[2]
    assert found.best_index_ == chosen[0.2]
    assert len(set(chosen.values())) > 1
    assert hasattr(found, "best_estimator_")


def results_of(quality, gap):
    params = [{"C": at} for at in range(len(gap))]
    return {"mean_test_q": np.array(quality), "mean_test_g": np.array(gap), "params": params}


def test_limits_of_ratios_are_from_below():
    choose = BestWithinGap("q", "demographic_parity_ratio", 0.8, scorer="g")
    assert choose(results_of([0.9, 0.8, 0.7], [0.5, 0.8, 0.9])) == 1
    less = BestWithinGap("q", "equalized_odds_difference", 0.1, scorer="g")
    assert less(results_of([0.9, 0.8, 0.8, 0.99], [-0.2, -0.1, -0.05, np.nan])) == 2


def test_a_limit_that_no_candidate_keeps():
    results = results_of([0.9, 0.8, 0.95], [-0.3, -0.2, -0.4])
    message = r"at most 0\.1\. The nearest has 0\.2 with q 0\.8 \(C=1\)"
    with pytest.raises(ValueError, match=message):
        BestWithinGap("q", "accuracy_difference", 0.1, scorer="g")(results)
    choose = BestWithinGap("q", "accuracy_difference", 0.1, scorer="g", if_unmet="nearest")
    with pytest.warns(UserWarning, match=message):
        assert choose(results) == 1
    with pytest.raises(ValueError, match="all scores are NaN"):
        BestWithinGap("q", "accuracy_difference", 0.1, scorer="g")(results_of([1.0], [np.nan]))
    with pytest.raises(ValueError, match="has no scorer 'speed'; it has"):
        BestWithinGap("speed", "accuracy_difference", 0.1, scorer="g")(results)


@looped(
    ("make", "message"),
    [
        (lambda: GapScorer("gender", sensitive_features=0), "There is no gap 'gender'; there are"),
        (lambda: GapScorer("accuracy_ratio", sensitive_features=None), "needs sensitive_features"),
        (lambda: GapScorer("accuracy_ratio", 0, min_rows=0), "min_rows must be at least 1, got 0"),
        (lambda: BestWithinGap("q", "speed", 0.1), "There is no gap 'speed'"),
        (lambda: BestWithinGap("q", "accuracy_ratio", -0.1), "limit must be 0 or more, got -0.1"),
        (lambda: BestWithinGap("q", "accuracy_ratio", 1, if_unmet="x"), "if_unmet must be"),
    ],
)
def test_wrong_arguments_are_explained(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_wrong_tables_are_explained():
    X, y = table(200)
    frame = pd.DataFrame(X, columns=["sex", "p"])
    model = ByGroup().fit(frame, y)
    name = "equalized_odds_difference"
    for scorer, rows, message in [
        (GapScorer(name, "age"), frame, r"X has no column 'age'.*\['sex', 'p'\]"),
        (GapScorer(name, 5), X, "X has 2 columns, so there is none at position 5"),
        (GapScorer(name, "sex"), X, "X has no column names"),
        (GapScorer(name, 1), X, "form 200 groups"),
        (GapScorer(name, 0), X * [0, 1], r"fewer than two have min_rows=30 positives; there are"),
        (GapScorer(name, 0, pos_label=7), X, "There is no class 7"),
    ]:
        with pytest.raises(ValueError, match=message):
            scorer(model, rows, y)
    with pytest.raises(ValueError, match=r"There are 3 classes.*give pos_label"):
        GapScorer(name, 0)(ByGroup().fit(X, np.arange(200) % 3), X, np.arange(200) % 3)
    words = np.array(["a", "b"])[y]
    with pytest.raises(ValueError, match="Which class is positive cannot be read"):
        GapScorer(name, 0)(ByGroup().fit(X, words), X, words)


def test_a_group_of_one_row_is_left_out_with_a_warning():
    X, y = table()
    model = ByGroup().fit(X, y)
    more = np.vstack([X, [2.0, 0.9]])
    for name in ("accuracy_difference", "predictive_parity_difference"):
        scorer = GapScorer(name, sensitive_features=0)
        with pytest.warns(UserWarning, match=r"leaves out groups with fewer than .*\['0=2'\]"):
            score = scorer(model, more, np.append(y, 0))
        assert score == scorer(model, X, y)
    alone = GapScorer("accuracy_difference", 0, min_rows=1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert alone(model, more, np.append(y, 1)) < -0.05


def test_a_model_that_selects_nobody_of_a_group_has_no_precision():
    X, y = table()
    never = ByGroup(extra=1.0).fit(X, y)
    assert np.isnan(GapScorer("predictive_parity_difference", 0)(never, X, y))
    assert np.isnan(GapScorer("worst_group_precision", 0)(never, X, y))


def test_gaps_without_probabilities_are_explained():
    X, y = table()

    class Decides(ByGroup):
        predict_proba = property()

    with pytest.raises(ValueError, match="Decides has no predict_proba"):
        GapScorer("worst_group_auprc", 0)(Decides().fit(X, y), X, y)
