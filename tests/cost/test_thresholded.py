"""Tuned decisions: against brute force, scikit-learn's metrics and its threshold tuning."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score, f1_score, fbeta_score, get_scorer, make_scorer
from sklearn.model_selection import (
    LeaveOneGroupOut,
    StratifiedKFold,
    TunedThresholdClassifierCV,
    cross_val_predict,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from cost.made import fixed_proba, proba_and_labels, random_costs
from imbalance_kit._confusion import CONFUSION_METRICS, confusion
from imbalance_kit.cost import (
    CostMatrix,
    MinimumExpectedCostClassifier,
    ThresholdedClassifierCV,
    example_costs,
    expected_cost,
)
from imbalance_kit.cost._multipliers import (
    ConfusionObjective,
    CostObjective,
    ScorerObjective,
    decide,
    tune_multipliers,
)

every_metric = pytest.mark.parametrize("name", list(CONFUSION_METRICS))


def by_scorer(name, y, said, weight=None):
    return get_scorer(name)._score_func(y, said, sample_weight=weight, **get_scorer(name)._kwargs)


# --- metrics of confusion matrices -----------------------------------------------------------


@every_metric
@pytest.mark.filterwarnings("ignore:.*ill-defined", "ignore:A single label was found")
@pytest.mark.filterwarnings("ignore:.*y_pred contains classes not in y_true")
def test_metrics_are_scikit_learns(name, seed):
    rng = np.random.RandomState(seed)
    for n_classes in (2, 3, 5):
        y = rng.choice(n_classes, p=rng.dirichlet(np.ones(n_classes)), size=15)
        weight = rng.uniform(0.1, 2, size=15)
        for said in (rng.randint(n_classes, size=15), np.zeros(15, int), y):
            for own in (None, weight):
                value = CONFUSION_METRICS[name](confusion(y, said, n_classes, own))
                assert value == pytest.approx(by_scorer(name, y, said, own), abs=1e-9)


@every_metric
def test_metrics_of_many_matrices_are_those_of_each(name):
    rng = np.random.RandomState(0)
    stack = rng.randint(5, size=(4, 6, 3, 3)).astype(float)
    values = CONFUSION_METRICS[name](stack)
    expected = [[CONFUSION_METRICS[name](matrix) for matrix in row] for row in stack]
    np.testing.assert_allclose(values, expected)


# --- the search ------------------------------------------------------------------------------


def objectives(y, n_classes, weight, seed):
    """Objectives of every kind that are exact."""
    for name in ("balanced_accuracy", "f1_macro", "matthews_corrcoef"):
        yield ConfusionObjective(CONFUSION_METRICS[name], y, n_classes, weight)
    costs = np.random.RandomState(seed).uniform(size=(len(y), n_classes))
    costs[np.arange(len(y)), y] = 0
    yield CostObjective(costs, weight)


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weighted"])
def test_values_along_a_coordinate_are_those_of_the_decisions(weighted, seed):
    y = proba_and_labels(40, 3, seed)[1]
    rng = np.random.RandomState(seed)
    weight = rng.uniform(size=40) if weighted else None
    said, rows = rng.randint(2, size=40), rng.permutation(40)[:30]
    places = np.array([0, 1, 2, 5, 17, 29, 30])
    for objective in objectives(y, 3, weight, seed):
        kept, values = objective.along(said, rows, 2, places)
        np.testing.assert_array_equal(kept, places)
        for place, value in zip(places, values, strict=True):
            changed = said.copy()
            changed[rows[:place]] = 2
            assert value == pytest.approx(objective.of(changed), abs=1e-12)


def test_values_along_a_coordinate_in_several_parts(monkeypatch):
    """The stack of matrices is cut where it gets large; results do not depend on where."""
    y = proba_and_labels(200, 3)[1]
    objective = ConfusionObjective(CONFUSION_METRICS["f1_macro"], y, 3, None)
    said, rows = np.zeros(200, int), np.arange(200)
    whole = objective.along(said, rows, 1, np.arange(0, 201, 2))[1]
    monkeypatch.setattr("imbalance_kit.cost._multipliers._ELEMENTS", 63)
    np.testing.assert_allclose(objective.along(said, rows, 1, np.arange(0, 201, 2))[1], whole)


@pytest.mark.parametrize(
    "table",
    [0, 1, *(pytest.param(table, marks=pytest.mark.exhaustive) for table in range(2, 6))],
    ids="table {}".format,
)
def test_the_search_reaches_the_best_of_a_fine_grid(table):
    """Three classes: two ratios, 81 x 81 of them. Nothing promises the global optimum of more than
    one ratio; on small tables the search gets there."""
    proba, y = proba_and_labels(40, 3, seed=100 + table)
    y[:3] = [0, 1, 2]
    grid = np.exp(np.linspace(-5, 5, 81))
    for objective in objectives(y, 3, None, table):
        starts = [np.ones(3), 1 / np.bincount(y)]
        found = max(value for _, value in tune_multipliers(proba, objective, starts))
        best = max(objective.of(decide(proba, np.array([1.0, a, b]))) for a in grid for b in grid)
        assert found >= best - 1e-12


def test_two_classes_reach_the_global_optimum(seed):
    """Every threshold between two probabilities is tried by hand."""
    proba, y = proba_and_labels(120, 2, seed)
    values = np.concatenate([[0.0], np.unique(proba[:, 1]), [1.0]])
    for objective in objectives(y, 2, None, seed):
        best = max(
            objective.of((proba[:, 1] > threshold).astype(int))
            for threshold in np.concatenate([(values[1:] + values[:-1]) / 2, [-1, 2]])
        )
        (_, first), *_ = tune_multipliers(proba, objective, [np.ones(2)])
        assert first == pytest.approx(best, abs=1e-12)


def test_no_start_is_made_worse(seed):
    proba, y = proba_and_labels(300, 4, seed)
    rng = np.random.RandomState(seed)
    for objective in objectives(y, 4, None, seed):
        starts = list(rng.lognormal(size=(5, 4)))
        for start, (multipliers, value) in zip(
            starts, tune_multipliers(proba, objective, starts), strict=False
        ):
            assert value >= objective.of(decide(proba, start))
            assert value == pytest.approx(objective.of(decide(proba, multipliers)))
            assert np.log(multipliers).sum() == pytest.approx(0, abs=1e-9)


def test_certain_probabilities_survive():
    """Zeros and ones, as trees give them: no multiplier changes a decision."""
    y = np.array([0, 1, 2, 0, 1, 2, 0])
    proba = np.eye(3)[[0, 1, 2, 1, 1, 0, 0]]
    for objective in objectives(y, 3, None, 0):
        untuned = objective.of(proba.argmax(axis=1))
        for multipliers, value in tune_multipliers(proba, objective, [np.ones(3)]):
            assert value == untuned
            assert np.isfinite(multipliers).all()


def test_a_scorer_is_tried_at_quantiles():
    """The same metric as a scorer gets near what the exact search finds, and never below ones."""
    proba, y = proba_and_labels(300, 3)
    exact = ConfusionObjective(CONFUSION_METRICS["f1_macro"], y, 3, None)
    tried = ScorerObjective(lambda said: f1_score(y, said, average="macro"), y)
    found = tune_multipliers(proba, tried, [np.ones(3), 1 / np.bincount(y)])
    best = max(value for _, value in tune_multipliers(proba, exact, [np.ones(3)]))
    untuned = exact.of(proba.argmax(axis=1))
    assert max(value for _, value in found) >= untuned
    assert max(value for _, value in found) > untuned + 0.8 * (best - untuned)


# --- the classifier, two classes and a scorer ------------------------------------------------


def held_out(estimator, X, y, cv=5):
    folds = StratifiedKFold(cv)
    return cross_val_predict(estimator, X, y, cv=folds, method="predict_proba")


@pytest.mark.parametrize(
    "scoring",
    [
        "balanced_accuracy",
        *(
            pytest.param(name, marks=pytest.mark.exhaustive)
            for name in ("f1", "matthews_corrcoef", "accuracy")
        ),
    ],
)
def test_two_classes_are_tuned_by_scikit_learn(scoring, overlapping):
    X, y = overlapping[0][:700], overlapping[1][:700]
    model = ThresholdedClassifierCV(LogisticRegression(), scoring=scoring, store_cv_results=True)
    model.fit(X, y)
    proba = held_out(LogisticRegression(), X, y)
    theirs = TunedThresholdClassifierCV(
        fixed_proba([0, 1]).estimator,
        scoring=scoring,
        cv="prefit",
        refit=False,
        thresholds=model.cv_results_["thresholds"],
    ).fit(proba, y)
    assert model.best_score_ == pytest.approx(theirs.best_score_)
    metric = get_scorer(scoring)._score_func
    said = (proba[:, 1] >= model.best_threshold_).astype(int)
    assert model.best_score_ == pytest.approx(metric(y, said))
    np.testing.assert_array_equal(
        model.predict(X) == 1, model.predict_proba(X)[:, 1] >= model.best_threshold_
    )
    np.testing.assert_allclose(
        model.multipliers_, [model.best_threshold_, 1 - model.best_threshold_]
    )
    # among the candidates is the untuned threshold, and near each other are all that matter
    every = [metric(y, (proba[:, 1] >= value).astype(int)) for value in np.unique(proba[:, 1])]
    assert max(every) >= model.best_score_ >= metric(y, (proba[:, 1] >= 0.5).astype(int))
    assert model.best_score_ > max(every) - 0.01


def test_thresholds_reach_a_rare_class_where_even_steps_do_not():
    """Positives are 1 in 200 with probabilities of .001 to .004, negatives below .0005, and one
    outlier at .9: scikit-learn's 100 even steps begin with 0 and .009."""
    rng = np.random.RandomState(0)
    y = np.repeat([0, 1], [4000, 20])
    positive = np.concatenate([rng.uniform(0.0001, 0.0005, 4000), rng.uniform(0.001, 0.004, 20)])
    positive[0] = 0.9
    proba = np.column_stack([1 - positive, positive])
    model = ThresholdedClassifierCV(fixed_proba([0, 1])).fit(proba, y)
    assert 0.0005 < model.best_threshold_ < 0.001
    assert balanced_accuracy_score(y, model.predict(proba)) > 0.99
    theirs = TunedThresholdClassifierCV(fixed_proba([0, 1]), cv="prefit", refit=False).fit(proba, y)
    assert balanced_accuracy_score(y, theirs.predict(proba)) < 0.6


@pytest.mark.parametrize(
    "scoring", ["balanced_accuracy", pytest.param("precision", marks=pytest.mark.exhaustive)]
)
def test_constant_predictions_are_no_error(scoring, two_classes):
    X, y = two_classes
    model = ThresholdedClassifierCV(DummyClassifier(strategy="prior"), scoring=scoring).fit(X, y)
    assert model.predict(X).shape == y.shape
    with pytest.raises(ValueError, match="constant predictions"):
        TunedThresholdClassifierCV(DummyClassifier(strategy="prior"), scoring=scoring).fit(X, y)


def test_a_metric_of_the_first_class():
    """f1 with labels 1 and 2 speaks of 1, which is the first; so does a pos_label."""
    proba, y = proba_and_labels(150, 2)
    for labels, scorer in [
        ([1, 2], "f1"),
        (["bad", "good"], make_scorer(f1_score, pos_label="bad")),
    ]:
        names = np.array(labels)[y]
        model = ThresholdedClassifierCV(fixed_proba(labels), scoring=scorer).fit(proba, names)
        scored = f1_score(names, model.predict(proba), pos_label=labels[0])
        assert scored == pytest.approx(model.best_score_)
        assert scored == pytest.approx(model.score(proba, names))
        every = [
            f1_score(names, np.where(proba[:, 1] >= value, *labels[::-1]), pos_label=labels[0])
            for value in np.unique(proba[:, 1])
        ]
        assert scored > max(every) - 0.01


def test_weights_of_two_classes_reach_fit_and_scorer(overlapping):
    X, y = overlapping
    weight = np.random.RandomState(0).uniform(size=len(y)) * np.where(X[:, 0] > 0, 5, 1)
    model = ThresholdedClassifierCV(GaussianNB()).fit(X, y, sample_weight=weight)
    proba = cross_val_predict(
        GaussianNB(), X, y, cv=5, method="predict_proba", params={"sample_weight": weight}
    )
    said = (proba[:, 1] >= model.best_threshold_).astype(int)
    expected = balanced_accuracy_score(y, said, sample_weight=weight)
    assert model.best_score_ == pytest.approx(expected)


# --- the classifier, more classes and costs --------------------------------------------------


@pytest.mark.parametrize("scoring", ["balanced_accuracy", "f1_macro"])
def test_more_classes_are_tuned_on_held_out_rows(scoring, three_classes):
    X, y = three_classes
    names = np.array(["a", "b", "c"])[y]
    model = ThresholdedClassifierCV(
        LogisticRegression(), scoring=scoring, store_cv_results=True
    ).fit(X, names)
    proba = held_out(LogisticRegression(), X, names)
    said = model.classes_[(proba * model.multipliers_).argmax(axis=1)]
    assert model.best_score_ == pytest.approx(by_scorer(scoring, names, said))
    assert model.best_score_ >= by_scorer(scoring, names, model.classes_[proba.argmax(axis=1)])
    assert model.best_score_ == model.cv_results_["scores"].max()
    assert not hasattr(model, "best_threshold_")
    plain = LogisticRegression().fit(X, names)
    np.testing.assert_array_equal(model.predict_proba(X), plain.predict_proba(X))
    tuned = (plain.predict_proba(X) * model.multipliers_).argmax(axis=1)
    np.testing.assert_array_equal(model.predict(X), model.classes_[tuned])
    assert model.score(X, names) == pytest.approx(by_scorer(scoring, names, model.predict(X)))


@pytest.mark.exhaustive
def test_any_scorer_of_labels_with_more_classes(three_classes):
    X, y = three_classes
    scorer = make_scorer(fbeta_score, beta=2, average="macro")

    def plain_function(estimator, X, y):
        return fbeta_score(y, estimator.predict(X), beta=2, average="macro")

    one, other = (
        ThresholdedClassifierCV(GaussianNB(), scoring=scoring).fit(X, y)
        for scoring in (scorer, plain_function)
    )
    np.testing.assert_array_equal(one.multipliers_, other.multipliers_)
    proba = held_out(GaussianNB(), X, y)
    untuned = fbeta_score(y, proba.argmax(axis=1), beta=2, average="macro")
    assert one.best_score_ >= untuned
    with pytest.raises(ValueError, match=r"must score predicted labels"):
        ThresholdedClassifierCV(GaussianNB(), scoring="roc_auc_ovr").fit(X, y)


def test_a_plain_function_is_refused_for_two_classes(two_classes):
    def plain_function(estimator, X, y):
        return 0.0

    with pytest.raises(ValueError, match="made by make_scorer"):
        ThresholdedClassifierCV(GaussianNB(), scoring=plain_function).fit(*two_classes)


def test_costs_of_two_classes_get_their_best_threshold(seed):
    proba, y = proba_and_labels(300, 2, seed)
    costs = random_costs(np.random.RandomState(seed), 2)
    model = ThresholdedClassifierCV(fixed_proba([0, 1]), cost_matrix=costs).fit(proba, y)
    paid = expected_cost(y, model.predict(proba), cost_matrix=costs)
    assert paid == pytest.approx(-model.best_score_)
    assert model.score(proba, y) == pytest.approx(model.best_score_)
    values = np.concatenate([[-1], np.unique(proba[:, 1])])
    best = min(
        expected_cost(y, (proba[:, 1] > v).astype(int), cost_matrix=costs, labels=[0, 1])
        for v in values
    )
    assert paid == pytest.approx(best)
    bayes = MinimumExpectedCostClassifier(
        fixed_proba([0, 1]), cost_matrix=costs, calibration=None
    ).fit(proba, y)
    assert paid <= expected_cost(y, bayes.predict(proba), cost_matrix=costs) + 1e-12
    np.testing.assert_array_equal(model.predict(proba) == 1, proba[:, 1] > model.best_threshold_)


def test_costs_of_more_classes_are_never_worse_than_untuned(three_classes):
    X, y = three_classes
    proba = held_out(GaussianNB(), X, y)
    costs = CostMatrix([[0, 1, 1], [8, 0, 4], [3, 3, 0]])
    model = ThresholdedClassifierCV(GaussianNB(), cost_matrix=costs).fit(X, y)
    said = (proba * model.multipliers_).argmax(axis=1)
    assert model.best_score_ == pytest.approx(-expected_cost(y, said, cost_matrix=costs))
    for start in (np.ones(3), costs.row_weight([0, 1, 2]), 1 / np.bincount(y)):
        untuned = expected_cost(y, (proba * start).argmax(axis=1), cost_matrix=costs)
        assert -model.best_score_ <= untuned + 1e-12


def test_costs_of_rows(overlapping):
    X, y = overlapping
    amount = np.random.RandomState(0).lognormal(2, 1.5, size=len(y))
    cost = example_costs(false_positive=3, false_negative=amount, true_positive=3)
    frame = pd.DataFrame(X).assign(amount=amount).rename(columns=str)
    matrix = CostMatrix.from_prices(false_positive=3, false_negative="amount", true_positive=3)
    by_column = ThresholdedClassifierCV(GaussianNB(), cost_matrix=matrix).fit(frame, y)
    model = ThresholdedClassifierCV(GaussianNB())
    for given in (cost, cost[np.arange(len(y)), y]):
        model.fit(frame, y, cost=given)
        assert model.best_threshold_ == by_column.best_threshold_
        assert model.best_score_ == by_column.best_score_
    proba = held_out(GaussianNB(), frame, y)
    untuned = -expected_cost(y, proba.argmax(axis=1), cost=cost)
    assert model.best_score_ > untuned
    assert model.score(frame, y, cost=cost) == pytest.approx(by_column.score(frame, y))


def test_repeated_rows_that_stay_together_are_weights(three_classes):
    """Folds by group, so that repeats of a row share its fold."""
    X, y = three_classes
    weight = np.random.RandomState(0).randint(1, 4, size=len(y))
    rows = np.repeat(np.arange(len(y)), weight)
    groups = np.arange(len(y)) % 3
    splits = [list(LeaveOneGroupOut().split(own, groups=own)) for own in (groups, groups[rows])]
    for arguments in ({}, {"cost_matrix": "balanced"}, {"scoring": "f1_macro"}):
        weighted = ThresholdedClassifierCV(GaussianNB(), cv=splits[0], **arguments)
        repeated = ThresholdedClassifierCV(GaussianNB(), cv=splits[1], **arguments)
        weighted.fit(X, y, sample_weight=weight)
        repeated.fit(X[rows], y[rows])
        np.testing.assert_allclose(weighted.multipliers_, repeated.multipliers_, rtol=1e-6)
        assert weighted.best_score_ == pytest.approx(repeated.best_score_)


def test_a_fitted_estimator_is_tuned_on_the_rows_given(overlapping):
    X, y = overlapping
    fitted = GaussianNB().fit(X[:2000], y[:2000])
    model = ThresholdedClassifierCV(FrozenEstimator(fitted)).fit(X[2000:], y[2000:])
    said = fitted.predict_proba(X[2000:])[:, 1] >= model.best_threshold_
    assert model.best_score_ == balanced_accuracy_score(y[2000:], said)


def test_order_and_names_of_labels_do_not_matter(three_classes):
    X, y = three_classes
    one = ThresholdedClassifierCV(GaussianNB(), scoring="f1_macro").fit(X, y)
    names = np.array(["m", "a", "z"])
    other = ThresholdedClassifierCV(GaussianNB(), scoring="f1_macro").fit(X, names[y])
    assert other.best_score_ == pytest.approx(one.best_score_)


def test_a_refit_forgets_what_no_longer_holds(two_classes, three_classes):
    model = ThresholdedClassifierCV(
        DecisionTreeClassifier(max_depth=2), cost_matrix="balanced", store_cv_results=True
    ).fit(*two_classes)
    assert hasattr(model, "best_threshold_")
    model.set_params(cost_matrix=None, store_cv_results=False).fit(*three_classes)
    for name in ("best_threshold_", "cost_matrix_", "cv_results_"):
        assert not hasattr(model, name)
    np.testing.assert_array_equal(
        model.predict(three_classes[0]),
        clone(model).fit(*three_classes).predict(three_classes[0]),
    )


def test_a_class_of_one_row_is_named(three_classes):
    X, y = three_classes
    rows = np.concatenate([np.flatnonzero(y != 1), np.flatnonzero(y == 1)[:1]])
    with pytest.raises(ValueError, match="Class 1 has 1 row"):
        ThresholdedClassifierCV(GaussianNB()).fit(X[rows], y[rows])


def test_costs_that_no_weight_stands_for_are_searched_all_the_same():
    """On rows of class 0 wrong decisions cost less: there is no Bayes start, and 0 is avoided."""
    proba, y = proba_and_labels(200, 3)
    costs = [[5, 1, 1], [4, 0, 4], [4, 4, 0]]
    model = ThresholdedClassifierCV(
        fixed_proba([0, 1, 2]), cost_matrix=costs, store_cv_results=True
    )
    model.fit(proba, y)
    assert "weights of the costs" not in model.cv_results_["starts"]
    assert model.best_score_ > -expected_cost(y, proba.argmax(axis=1), cost_matrix=costs)
    assert (model.predict(proba) == 0).mean() < 0.05


def test_what_was_tried_is_kept():
    proba, y = proba_and_labels(200, 3)
    model = ThresholdedClassifierCV(fixed_proba([0, 1, 2]), store_cv_results=True).fit(proba, y)
    tried = model.cv_results_
    assert tried["starts"].tolist() == [
        "ones",
        "inverse class shares",
        "their square roots",
        "kicks",
    ]
    for multipliers, score in zip(tried["multipliers"], tried["scores"], strict=True):
        said = (proba * multipliers).argmax(axis=1)
        assert score == pytest.approx(balanced_accuracy_score(y, said))


def test_weights_of_more_classes_count_in_a_scorer(three_classes):
    X, y = three_classes
    weight = np.random.RandomState(0).uniform(size=len(y))
    scorer = make_scorer(balanced_accuracy_score)
    model = ThresholdedClassifierCV(fixed_proba([0, 1, 2]), scoring=scorer)
    proba = GaussianNB().fit(X, y).predict_proba(X)
    model.fit(proba, y, sample_weight=weight)
    expected = balanced_accuracy_score(y, model.predict(proba), sample_weight=weight)
    assert model.best_score_ == pytest.approx(expected)
