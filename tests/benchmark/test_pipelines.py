"""The steps around learners: nothing lost, nothing learned from test rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, roc_auc_score
from sklearn.utils.class_weight import compute_sample_weight

from imbalance_kit._sampling.shares import stratified_part
from imbalance_kit.benchmark import LEARNERS, select_pairs
from imbalance_kit.benchmark._methods.pipelines import (
    MAX_LEVELS,
    encoding,
    plain,
    scaling,
    tuned,
)

# a booster takes what LightGBM takes by code of its own; what is around it is the same
PAIRS = select_pairs("all", "tree, forest, lightgbm")
PAIRS += select_pairs("none, class weight, bagging", "extra trees, logistic regression")
BY_NAME = {learner.name: learner for learner in LEARNERS if not learner.missing}
BOOSTERS = [BY_NAME[name] for name in ("xgboost", "catboost") if name in BY_NAME]
for booster in BOOSTERS:
    PAIRS += select_pairs("none, class weight, SMOTE, bagging, focal loss", booster.name)

# The first tier has each method with one learner, and each learner alone.
ONCE = [pair for pair in PAIRS if pair[0].name == "none"]
ONCE += {pair[0].name: pair for pair in reversed(PAIRS)}.values()
every_pair = pytest.mark.parametrize(
    ("method", "learner"),
    [pytest.param(*pair, marks=[] if pair in ONCE else pytest.mark.exhaustive) for pair in PAIRS],
    ids=lambda part: part.name,
)


def coloured(n_rows, seed=0):
    """A table in which a nominal column says all that can be known."""
    rng = np.random.RandomState(seed)
    y = (rng.uniform(size=n_rows) < 0.2).astype(int)
    levels = np.where(y == 1, rng.choice(["a", "b"], n_rows), rng.choice(["c", "d"], n_rows))
    X = pd.DataFrame({"noise": rng.normal(size=n_rows), "level": pd.Categorical(levels)})
    return X, y


@every_pair
def test_nominal_columns_are_used_and_new_levels_and_gaps_predicted(method, learner):
    # by default LightGBM splits a nominal column only where 100 rows have a level
    X, y = coloured(2000)
    model = method.build(learner, 0).fit(X.iloc[:1600], y[:1600])
    # some samplers leave so few rows that a level is split off late; noise alone gives .5
    assert roc_auc_score(y[1600:], model.predict_proba(X.iloc[1600:])[:, 1]) > 0.75
    new = X.iloc[:20].copy()
    new["level"] = pd.Categorical(["never seen"] * 10 + [None] * 10)
    new.loc[new.index[::2], "noise"] = np.nan
    proba = model.predict_proba(new)
    assert np.isfinite(proba).all()
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)


def test_scaling_standardises_numbers_and_leaves_categories():
    X, _ = coloured(100)
    X.loc[::3, "noise"] = np.nan
    X["level"] = X["level"].cat.add_categories("only elsewhere")
    scaled = scaling().fit_transform(X)
    assert scaled["noise"].mean() == pytest.approx(0.0)
    assert scaled["noise"].std(ddof=0) == pytest.approx(1.0)
    pd.testing.assert_series_equal(scaled["noise"].isna(), X["noise"].isna())
    pd.testing.assert_series_equal(scaled["level"], X["level"])


def test_one_hot_gives_gaps_a_level_and_merges_rare_ones():
    levels = ["often"] * 50 + [None] * 20 + [f"once {number}" for number in range(10)]
    X = pd.DataFrame({"level": pd.Categorical(levels)})
    encoded = encoding(BY_NAME["tree"]).fit_transform(X)
    assert encoded.shape == (80, 3)
    assert sorted(encoded.sum(axis=0)) == [10, 20, 50]


def test_one_hot_columns_are_bounded():
    X = pd.DataFrame({"level": pd.Categorical(np.repeat([f"{n:04}" for n in range(500)], 6))})
    assert encoding(BY_NAME["tree"]).fit_transform(X).shape[1] == MAX_LEVELS


@pytest.mark.parametrize("n_classes", [2, 3])
def test_tuned_decision_keeps_probabilities_and_decides_better(n_classes):
    rng = np.random.RandomState(0)
    y = rng.choice(n_classes, size=6000, p=[0.9, 0.1] if n_classes == 2 else [0.8, 0.15, 0.05])
    X = pd.DataFrame(rng.normal(size=(6000, 2)) + 1.2 * y[:, None], columns=["a", "b"])
    untouched = plain(BY_NAME["lightgbm"], 0).fit(X[:3000], y[:3000])
    baseline = tuned(BY_NAME["lightgbm"], 0).fit(X[:3000], y[:3000])
    new = X[3000:]
    np.testing.assert_array_equal(baseline.predict_proba(new), untouched.predict_proba(new))
    gain = balanced_accuracy_score(y[3000:], baseline.predict(new)) - balanced_accuracy_score(
        y[3000:], untouched.predict(new)
    )
    assert gain > 0.05


def mean_recall(y, decision):
    return np.mean([np.mean(decision[y == label] == label) for label in np.unique(y)])


def decided_by_definition(learner, seed, X, y, new):
    """The baseline as it was published: every rule tried by hand on a quarter of each class."""
    labels, y = np.unique(y, return_inverse=True)
    shares = np.bincount(y) / len(y)
    learned, held_out = stratified_part(y, 0.25, np.random.RandomState(seed))
    fitted = plain(learner, seed).fit(X.iloc[learned], y[learned])
    proba, y_held_out = fitted.predict_proba(X.iloc[held_out]), y[held_out]
    new_proba = plain(learner, seed).fit(X, y).predict_proba(new)
    if len(labels) == 2:
        values = np.unique(proba[:, 1])
        rules = [-np.inf, *((values[1:] + values[:-1]) / 2), np.inf]
        untuned = 0.5

        def decide(proba, rule):
            return (proba[:, 1] >= rule).astype(int)
    else:
        rules, untuned = np.linspace(-2, 2, 81), 0.0

        def decide(proba, rule):
            return np.argmax(proba / shares**rule, axis=1)

    recalls = np.array([mean_recall(y_held_out, decide(proba, rule)) for rule in rules])
    best = np.array(rules)[recalls >= recalls.max() - 1e-12]
    rule = best[np.abs(best - untuned).argmin()]
    return labels[decide(new_proba, rule)]


@pytest.mark.parametrize(
    "n_classes",
    [
        2,
        pytest.param(3, marks=pytest.mark.exhaustive),
        pytest.param(5, marks=pytest.mark.exhaustive),
    ],
)
@pytest.mark.parametrize("kind", ["separable", "noise", "constant", "few values", "one rare row"])
def test_the_threshold_baseline_decides_as_it_was_published(kind, n_classes):
    """The public class on a hold-out is the baseline of all results that are published."""
    for seed in range(3):
        rng = np.random.RandomState(seed)
        n_rows = rng.randint(40, 400)
        y = np.minimum(rng.geometric(0.6, size=n_rows) - 1, n_classes - 1)
        y[: 4 * n_classes] = np.arange(4 * n_classes) % n_classes
        if kind == "one rare row":
            y[y == n_classes - 1] = 0
            y[0] = n_classes - 1
        X = pd.DataFrame(rng.normal(size=(n_rows, 3)), columns=list("abc"))
        if kind in ("separable", "one rare row"):
            X["a"] += 1.5 * y
        elif kind == "constant":
            X[:] = 0.0
        elif kind == "few values":
            X = (X + 0.5 * y[:, None]).round(0)
        new = X.sample(200, replace=True, random_state=seed) + rng.normal(size=(200, 3)) / 5
        for learner in (BY_NAME["tree"], BY_NAME["logistic regression"]):
            baseline = tuned(learner, seed).fit(X, y)
            expected = decided_by_definition(learner, seed, X, y, new)
            np.testing.assert_array_equal(baseline.predict(new), expected)


@pytest.mark.parametrize("learner", BOOSTERS, ids=lambda learner: learner.name)
def test_boosters_take_any_labels_and_missing_classes(learner):
    X, y = coloured(200)
    model = learner.make(0).fit(X, np.where(y == 1, 7, 3))
    assert model.classes_.tolist() == [3, 7]
    assert set(model.predict(X)) == {3, 7}
    three = learner.make(0).fit(X, np.where(X["noise"] > 1, 5, 2 * y))
    np.testing.assert_allclose(three.predict_proba(X).sum(axis=1), 1.0, atol=1e-12)
    assert three.predict(X).shape == (200,)


@pytest.mark.parametrize("learner", BOOSTERS, ids=lambda learner: learner.name)
def test_boosters_predict_shares_where_there_is_nothing_to_learn(learner):
    X, y = coloured(60)
    constant = X.assign(noise=1.0, level=pd.Categorical(["a"] * 60))
    model = learner.make(0).fit(constant, y)
    np.testing.assert_allclose(model.predict_proba(constant)[:, 1], y.mean())
    weights = np.where(y == 1, 3.0, 1.0)
    weighted = learner.make(0).fit(constant, y, sample_weight=weights)
    expected = weights[y == 1].sum() / weights.sum()
    np.testing.assert_allclose(weighted.predict_proba(constant)[:, 1], expected)
    np.testing.assert_array_equal(learner.make(0).fit(X, np.ones(60)).predict_proba(X), 1.0)


@pytest.mark.parametrize("learner", BOOSTERS, ids=lambda learner: learner.name)
def test_class_weights_of_boosters_are_weights_of_rows(learner):
    X, y = coloured(200)
    rows = compute_sample_weight("balanced", y)
    by_class = learner.make(0, class_weight="balanced").fit(X, y).predict_proba(X)
    np.testing.assert_array_equal(
        by_class, learner.make(0).fit(X, y, sample_weight=rows).predict_proba(X)
    )
    both = learner.make(0, class_weight="balanced").fit(X, y, sample_weight=rows)
    product = learner.make(0).fit(X, y, sample_weight=rows * rows)
    np.testing.assert_array_equal(both.predict_proba(X), product.predict_proba(X))


@pytest.mark.parametrize("learner", BOOSTERS, ids=lambda learner: learner.name)
def test_boosters_do_not_depend_on_codes_of_levels(learner):
    X, y = coloured(200)
    model = learner.make(0).fit(X, y)
    shuffled = X.assign(level=X["level"].cat.set_categories(["d", "other", "b", "a", "c"]))
    np.testing.assert_array_equal(model.predict_proba(shuffled), model.predict_proba(X))


@pytest.mark.parametrize("learner", BY_NAME.values(), ids=lambda learner: learner.name)
def test_parameters_that_were_found_go_before_the_settings(learner):
    found = {name: domain.low for name, domain in learner.space.items() if hasattr(domain, "low")}
    made = learner.with_parameters(found).make(0).get_params()
    for name, value in found.items():
        assert value in (made.get(name), made.get(f"estimator__{name}"))
    weighted = learner.with_parameters(found).make(0, class_weight="balanced")
    assert weighted.get_params()["class_weight"] == "balanced"
    assert learner.with_parameters({}) is learner


def test_missing_numbers_get_medians_of_the_fitted_rows():
    X, y = coloured(100)
    X.loc[::4, "noise"] = np.nan
    model = plain(BY_NAME["logistic regression"], 0).fit(X.iloc[:60], y[:60])
    filled = X.assign(noise=X["noise"].fillna(X["noise"].iloc[:60].median()))
    np.testing.assert_allclose(model.predict_proba(X), model.predict_proba(filled))


@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")  # its mean
def test_a_column_without_numbers_is_no_obstacle():
    X, y = coloured(60)
    X["noise"] = np.nan
    for learner in BY_NAME.values():
        proba = plain(learner, 0).fit(X, y).predict_proba(X)
        assert np.isfinite(proba).all(), learner.name
