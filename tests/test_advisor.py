"""The advisor finds what made evidence holds, prefers the simple where it ties, and never peeks."""

import importlib.util
import math
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from tables import MIXED, mixed_columns, unbalanced

import imbalance_kit
from imbalance_kit.advisor import recommend
from imbalance_kit.advisor._build import build_estimator, can_build
from imbalance_kit.advisor._evidence import (
    METRICS,
    make_evidence,
    predicted_seconds,
    shipped_evidence,
)
from imbalance_kit.advisor._method_ranking import Settings, rank_methods
from imbalance_kit.advisor._reader import AdvisedTable
from imbalance_kit.advisor._recommend import advise
from imbalance_kit.advisor._similarity import FEATURES, distances_to, similarities
from imbalance_kit.complexity import meta_features
from imbalance_kit.complexity._meta import META_FEATURES

STUDY = Path(__file__).parent.parent / "benchmarks" / "studies" / "advisor.py"
ONE_FEATURE = Settings(features=("log_imbalance",), bandwidth=0.5, shrinkage=5.0)


def facts_of(log_imbalance=1.0, n_rows=1000, n_features=10):
    return dict.fromkeys(META_FEATURES, 0.5) | {
        "log_imbalance": log_imbalance,
        "n_rows": float(n_rows),
        "n_features": float(n_features),
        "n_smallest": 100.0,
        "n_classes": 2.0,
    }


def made_evidence(gains, n_sources=24, sets_per_source=1, noise=0.01, seed=0, seconds=None):
    """Scores around .5 on tables with imbalances from 0 to 5.

    `gains` gives, by method, the gain over "none" as a function of the logarithm of the imbalance.
    """
    rng = np.random.RandomState(seed)
    seconds = {"none": 1.0} | (seconds or {})
    tables, scores = {}, []
    for place in range(n_sources):
        log_imbalance = 5.0 * place / (n_sources - 1)
        for number in range(sets_per_source):
            name = f"set {place}-{number}"
            tables[name] = facts_of(log_imbalance) | {"source": f"source {place}", "role": "choose"}
            level = rng.uniform(0.3, 0.7)
            for method, gain in {"none": lambda ratio: 0.0, **gains}.items():
                score = level + gain(log_imbalance) + noise * rng.normal()
                scores.append(
                    {"dataset": name, "method": method, "learner": "forest"}
                    | dict.fromkeys(METRICS, score)
                    | {"fit_seconds": seconds.get(method, 1.0)}
                )
    frame = pd.DataFrame(tables).T.rename_axis("dataset").infer_objects()
    return make_evidence(frame, pd.DataFrame(scores))


def flat(gain):
    return lambda ratio: gain


def helps_where_rare(ratio):
    return 0.1 if ratio > 2.5 else -0.1


# Ranking ---------------------------------------------------------------------------------------


def test_the_advisor_finds_where_a_method_helps():
    evidence = made_evidence({"SMOTE": helps_where_rare})
    balanced = rank_methods(evidence, facts_of(0.5), "auprc", ONE_FEATURE)
    rare = rank_methods(evidence, facts_of(4.5), "auprc", ONE_FEATURE)
    assert balanced.picked == balanced.reference == "none / forest"
    assert rare.picked == "SMOTE / forest"
    row = rare.pairs.loc["SMOTE / forest"]
    assert 0 < row["low"] < row["gain"] < row["high"] < 0.15
    assert balanced.pairs.loc["SMOTE / forest", "high"] < 0


def test_the_untouched_learner_wins_where_nothing_helps():
    evidence = made_evidence({"SMOTE": flat(-0.05), "class weight": flat(-0.01)})
    expected = rank_methods(evidence, facts_of(2.0), "auprc")
    assert expected.pairs.index.tolist() == [
        "none / forest",
        "class weight / forest",
        "SMOTE / forest",
    ]


@pytest.mark.parametrize("gain", [0.002, 0.0, -0.002])
def test_ties_go_to_the_simple(gain, seed):
    """The noise of a difference of means over 24 sources is .02: ten times these gains."""
    evidence = made_evidence({"SMOTE": flat(gain)}, noise=0.07, seed=seed)
    assert rank_methods(evidence, facts_of(), "auprc").picked == "none / forest"


def test_a_threshold_is_preferred_to_an_ensemble_that_is_no_better():
    methods = {"threshold": flat(0.1), "under-bagging": flat(0.102)}
    evidence = made_evidence(methods, noise=0.05)
    expected = rank_methods(evidence, facts_of(), "balanced_accuracy")
    assert expected.picked == "threshold / forest"
    better = made_evidence({"threshold": flat(0.1), "under-bagging": flat(0.2)}, noise=0.05)
    assert rank_methods(better, facts_of(), "balanced_accuracy").picked == "under-bagging / forest"


def test_less_is_better_where_the_metric_is_a_loss():
    evidence = made_evidence({"SMOTE": flat(0.1), "temperature scaling": flat(-0.1)})
    expected = rank_methods(evidence, facts_of(), "brier")
    assert expected.picked == "temperature scaling / forest"
    assert expected.pairs.loc["SMOTE / forest", "gain"] < -0.05


def test_a_threshold_that_changes_nothing_is_not_recommended_beside_its_learner():
    evidence = made_evidence({"SMOTE": flat(-0.05)})
    copy = evidence.scores[evidence.scores["method"] == "none"].assign(method="threshold")
    evidence = make_evidence(evidence.tables, pd.concat([evidence.scores, copy]))
    assert "threshold / forest" not in rank_methods(evidence, facts_of(), "auprc").pairs.index


def test_few_sources_prefer_nothing():
    evidence = made_evidence({"SMOTE": flat(0.3)}, n_sources=4)
    expected = rank_methods(evidence, facts_of(), "auprc")
    assert expected.picked == "none / forest"
    assert math.isnan(expected.pairs.loc["SMOTE / forest", "low"])


def test_a_source_has_one_vote_however_many_cuts_of_it_there_are():
    """One source of 40 cuts on which SMOTE shines, 9 sources on which it does harm."""
    evidence = made_evidence({"SMOTE": flat(-0.1)}, n_sources=10, noise=0.0)
    (table,) = evidence.tables.index[evidence.tables["source"] == "source 9"]
    cuts = [f"cut {number}" for number in range(40)]
    tables = pd.concat([evidence.tables, pd.DataFrame([evidence.tables.loc[table]] * 40, cuts)])
    own = evidence.scores[evidence.scores["dataset"] == table]
    good = own.assign(auprc=[0.9 if method == "SMOTE" else 0.5 for method in own["method"]])
    scores = pd.concat([evidence.scores, *(good.assign(dataset=cut) for cut in cuts)])
    evidence = make_evidence(tables.rename_axis("dataset"), scores)
    settings = Settings(features=("log_imbalance",), shrinkage=1e12)
    gain = rank_methods(evidence, facts_of(), "auprc", settings).pairs.loc["SMOTE / forest", "gain"]
    assert gain == pytest.approx((9 * -0.1 + (40 * 0.4 - 0.1) / 41) / 10)


def test_shrinkage_between_similar_tables_and_all_of_them():
    evidence = made_evidence({"SMOTE": lambda ratio: ratio / 10}, n_sources=11, noise=0.0)
    ratios = evidence.tables["log_imbalance"].to_numpy()

    def gain(ratio, **settings):
        chosen = Settings(features=("log_imbalance",), **settings)
        expected = rank_methods(evidence, facts_of(ratio), "auprc", chosen)
        return expected.pairs.loc["SMOTE / forest", "gain"]

    for ratio in (0.0, 2.0, 5.0):
        assert gain(ratio, shrinkage=1e12) == pytest.approx(0.25)
        assert gain(ratio, bandwidth=1e-3, shrinkage=1e-9) == pytest.approx(ratio / 10, abs=1e-8)
        # one table as near as can be weighs as much as the mean over all
        assert gain(ratio, bandwidth=1e-3, shrinkage=1.0) == pytest.approx((ratio / 10 + 0.25) / 2)
        distance = distances_to(evidence.tables, facts_of(ratio), ("log_imbalance",))
        weight = np.exp(-0.5 * (distance / 0.5) ** 2)
        expected = (weight @ ratios / 10 + 3 * 0.25) / (weight.sum() + 3)
        assert gain(ratio, bandwidth=0.5, shrinkage=3.0) == pytest.approx(expected)


def test_pairs_that_were_not_tried_everywhere_are_compared_where_they_were():
    evidence = made_evidence({"SMOTE": flat(0.1), "bagging": flat(0.2)}, noise=0.0)
    part = (evidence.scores["method"] == "bagging") & (evidence.scores["dataset"] > "set 2")
    evidence = make_evidence(evidence.tables, evidence.scores[~part])
    pairs = rank_methods(evidence, facts_of(), "auprc").pairs
    assert pairs.loc["bagging / forest", "gain"] == pytest.approx(0.2)
    assert 5 < pairs.loc["bagging / forest", "n_sources"] < 24


def test_nothing_depends_on_the_order_of_the_evidence():
    evidence = made_evidence({"SMOTE": helps_where_rare, "bagging": flat(0.01)})
    shuffled = make_evidence(
        evidence.tables.sample(frac=1, random_state=0),
        evidence.scores.sample(frac=1, random_state=1),
    )
    one, other = (rank_methods(known, facts_of(3.0), "mcc").pairs for known in (evidence, shuffled))
    pd.testing.assert_frame_equal(one, other)


def test_evidence_without_an_untouched_learner_is_refused():
    evidence = made_evidence({"SMOTE": flat(0.1)}).with_pairs(["SMOTE / forest"])
    with pytest.raises(ValueError, match="no untouched learner"):
        rank_methods(evidence, facts_of(), "auprc")


# Leaving out -----------------------------------------------------------------------------------


def load_study():
    spec = importlib.util.spec_from_file_location("advisor_study", STUDY)
    study = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(study)
    return study


def test_a_source_that_is_left_out_is_not_seen():
    """A source cannot be learned from its own cuts: SMOTE shines on it and nowhere else."""
    evidence = made_evidence({"SMOTE": flat(-0.1)}, sets_per_source=3, n_sources=12)
    scores = evidence.scores.drop(columns="pair")
    own = scores["dataset"].str.startswith("set 5-") & (scores["method"] == "SMOTE")
    scores.loc[own, "auprc"] = 0.99
    poisoned = make_evidence(evidence.tables, scores)
    rest = poisoned.without_source("source 5")
    assert "source 5" not in set(rest.tables["source"])
    assert not rest.scores["dataset"].str.startswith("set 5-").any()
    sharp = Settings(features=("log_imbalance",), bandwidth=0.05, shrinkage=1e-6)
    played = load_study().play(poisoned, "auprc", sharp, ["source 5"])
    assert played["pick"].tolist() == ["none / forest"] * 3
    assert (played["oracle"] == 0.99).all()


def test_the_judgement_knows_the_rivals():
    study = load_study()
    evidence = made_evidence({"SMOTE": helps_where_rare}, n_sources=30, noise=0.005)
    sources = list(evidence.tables["source"].unique())
    played = study.play(evidence, "auprc", ONE_FEATURE, sources)
    table = study.summarise(played)
    # always or never SMOTE is right on half of the tables only
    assert table.loc["best fixed", "low"] > 0.0
    assert table.loc["random", "low"] > 0.0
    assert table.loc["untouched", "low"] > 0.0
    assert table.loc["oracle", "high"] <= 0.0
    assert table.loc["regret of advisor", "mean"] < 0.02
    assert table.loc["regret of best fixed", "mean"] > 0.03


# Similarity and time ---------------------------------------------------------------------------


def test_distances_between_tables():
    tables = pd.DataFrame([facts_of(ratio) for ratio in (0.0, 1.0, 2.0, 3.0, 4.0)])
    spread = 2.0 / 1.349  # quartiles 1 and 3
    found = distances_to(tables, facts_of(3.0), ("log_imbalance",))
    np.testing.assert_allclose(found, np.abs(np.arange(5) - 3) / spread)
    # a feature in which nothing differs counts as one that agrees
    both = distances_to(tables, facts_of(3.0), ("log_imbalance", "N1"))
    np.testing.assert_allclose(both, found / np.sqrt(2))
    unknown = distances_to(tables, facts_of(np.nan), ("log_imbalance",))
    np.testing.assert_allclose(unknown, np.abs(np.arange(5) - 2) / spread)
    far = distances_to(tables, facts_of(1e6), ("log_imbalance",))
    np.testing.assert_allclose(far, 3 - (np.arange(5) - 2) / spread)
    np.testing.assert_allclose(similarities(np.array([0.0, 0.5]), 0.5), [1.0, np.exp(-0.5)])


def test_counts_are_compared_by_their_logarithm():
    tables = pd.DataFrame([facts_of(n_rows=n) for n in (99, 999, 9999)])
    found = distances_to(tables, facts_of(n_rows=999), ("n_rows",))
    assert found[0] == pytest.approx(found[2])


def test_predicted_seconds_are_a_power_of_the_cells():
    tables = {}
    scores = []
    for n_rows in (100, 1000, 10_000):
        tables[f"t{n_rows}"] = facts_of(n_rows=n_rows) | {"source": f"s{n_rows}", "role": ""}
        for method, seconds in (("none", 2e-4 * n_rows), ("SMOTE", 1e-3 * n_rows**0.5)):
            scores.append(
                {"dataset": f"t{n_rows}", "method": method, "learner": "tree"}
                | dict.fromkeys(METRICS, 0.5)
                | {"fit_seconds": seconds}
            )
    frame = pd.DataFrame(tables).T.rename_axis("dataset").infer_objects()
    evidence = make_evidence(frame, pd.DataFrame(scores))
    inside = predicted_seconds(evidence, 400, 10)
    assert inside["none / tree"] == pytest.approx(0.08)
    assert inside["SMOTE / tree"] == pytest.approx(0.02)
    beyond = predicted_seconds(evidence, 100_000, 10)
    assert beyond["none / tree"] == pytest.approx(20.0)
    assert beyond["SMOTE / tree"] == pytest.approx(1.0)  # in proportion, from .1


# Advice ----------------------------------------------------------------------------------------


def test_a_budget_leaves_out_what_takes_longer():
    slow = {"Tomek links": 50.0, "SMOTE": 2.0}
    evidence = made_evidence({"Tomek links": flat(0.2), "SMOTE": flat(0.1)}, seconds=slow)
    free = advise(evidence, facts_of(), "auprc")
    assert free[0].name == "Tomek links / forest"
    assert free[0].seconds == pytest.approx(50.0)
    tight = advise(evidence, facts_of(), "auprc", budget=10.0)
    assert [one.name for one in tight] == ["SMOTE / forest", "none / forest"]
    assert "1 pair would take more than 10 seconds" in tight.summary
    none = advise(evidence, facts_of(), "auprc", budget=0.5)
    assert [one.name for one in none] == ["none / forest"]
    assert "3 pairs would" not in none.summary
    assert "So would none / forest" in none.summary


def test_the_summary_says_leave_it_and_tune_the_threshold():
    evidence = made_evidence({"threshold": flat(0.2), "SMOTE": flat(0.1)})
    advice = advise(evidence, facts_of(), "balanced_accuracy")
    assert "Leave the rows as they are, use forest and tune the threshold." in advice.summary
    evidence = made_evidence({"SMOTE": flat(-0.1)})
    advice = advise(evidence, facts_of(), "macro_f1_tuned")
    assert "tune the threshold, no re-balancing adds to it" in advice.summary
    assert advice[0].estimator.steps[-1][1].scoring == "f1_macro"


def test_an_advice_is_a_sequence_with_reasons_and_evidence():
    evidence = made_evidence({"SMOTE": flat(0.1), "class weight": flat(-0.1)})
    advice = advise(evidence, facts_of(1.0), "auprc", n_recommendations=2)
    assert len(advice) == 2
    assert [one.name for one in advice] == ["SMOTE / forest", "none / forest"]
    assert advice[:1] == advice.recommendations[:1]
    first = advice[0]
    assert "over none / forest" in first.reason
    assert "24 sources" in first.reason
    assert first.interval[0] > 0
    assert first.evidence.columns.tolist() == [
        "source",
        "similarity",
        "SMOTE / forest",
        "none / forest",
    ]
    assert first.evidence["similarity"].is_monotonic_decreasing
    assert str(advice).splitlines()[0] == advice.summary


def test_one_recommendation_is_the_pick():
    evidence = made_evidence({"SMOTE": flat(0.1), "class weight": flat(-0.1)})
    for metric in ("auprc", "balanced_accuracy"):
        whole = advise(evidence, facts_of(1.0), metric)
        assert whole[0].name == "SMOTE / forest"
        for n in (1, 2, 3):
            names = [
                one.name for one in advise(evidence, facts_of(1.0), metric, n_recommendations=n)
            ]
            assert names[0] == "SMOTE / forest"
            assert len(set(names)) == len(names) == n
            assert n == 1 or "none / forest" in names


def with_lightgbm(evidence, worse_by):
    """The same pairs with LightGBM, all of them worse."""
    scores = evidence.scores.drop(columns="pair")
    other = scores.assign(learner="lightgbm")
    other[list(METRICS)] = other[list(METRICS)] - worse_by
    return make_evidence(evidence.tables, pd.concat([scores, other], ignore_index=True))


@pytest.mark.parametrize("n", range(1, 7))
def test_other_learners_are_tried_too(n):
    """Five variants of one learner would tell less; the untouched one stays among them."""
    gains = {"SMOTE": flat(0.1), "class weight": flat(0.05), "threshold": flat(0.02)}
    evidence = with_lightgbm(made_evidence(gains), 0.2)
    names = [one.name for one in advise(evidence, facts_of(1.0), "auprc", n_recommendations=n)]
    assert len(set(names)) == len(names) == n
    assert names[0] == "SMOTE / forest"
    assert n < 2 or "none / forest" in names
    assert n < 3 or "SMOTE / lightgbm" in names


def test_five_from_the_shipped_evidence_hold_a_lightgbm():
    facts = meta_features(*unbalanced([300, 30]))
    for metric in ("auprc", "brier", "balanced_accuracy_tuned"):
        names = [one.name for one in advise(shipped_evidence(), facts, metric)]
        assert any(name.endswith("/ lightgbm") for name in names), metric


def test_pairs_that_cannot_be_built_are_no_candidates():
    assert can_build("SMOTE", "forest")
    assert not can_build("a method that is gone", "forest")
    assert not can_build("SMOTE", "a learner that is gone")
    evidence = made_evidence({"a method that is gone": flat(0.3)})
    assert [one.name for one in advise(evidence, facts_of(), "auprc")] == ["none / forest"]


# Estimators ------------------------------------------------------------------------------------


def words(n_rows=200, seed=0):
    """A frame as people have it: text, categories, gaps, odd names, words for classes."""
    rng = np.random.RandomState(seed)
    y = np.where(rng.uniform(size=n_rows) < 0.2, "ill", "well")
    frame = pd.DataFrame(
        {
            'weight {"kg"}': rng.normal(size=n_rows) + (y == "ill"),
            "gap": np.where(rng.uniform(size=n_rows) < 0.3, np.nan, rng.normal(size=n_rows)),
            "town": rng.choice(["Ulm", "Bonn", None], size=n_rows),
            "seen": pd.date_range("2024-01-01", periods=n_rows),
            "smokes": rng.uniform(size=n_rows) < 0.4,
            "size": pd.Categorical(rng.choice(["s", "m", "l"], size=n_rows)),
        }
    )
    return frame, y


@pytest.mark.parametrize(
    ("method", "learner", "scoring"),
    [
        ("none", "lightgbm", None),
        ("none", "tree", "f1_macro"),
        ("threshold", "tree", "balanced_accuracy"),
        ("none", "tree", "g_mean"),
        ("threshold", "lightgbm", None),
        ("SMOTE", "tree", None),
        ("random under-sampling", "tree", "matthews_corrcoef"),
        ("self-paced ensemble", "tree", None),
    ],
)
def test_estimators_take_frames_as_people_have_them(method, learner, scoring):
    X, y = words()
    estimator = build_estimator(
        method, learner, seed=0, categorical_features="auto", scoring=scoring
    )
    fitted = clone(estimator).fit(X, y)
    assert fitted.classes_.tolist() == ["ill", "well"]
    proba = fitted.predict_proba(X)
    np.testing.assert_allclose(proba.sum(axis=1), 1.0)
    assert set(fitted.predict(X)) <= {"ill", "well"}
    # a town nobody has seen, and nothing known at all
    odd = X.iloc[:2].assign(town=["Rom", None])
    assert np.isfinite(fitted.predict_proba(odd)).all()
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(X), proba)
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(X.rename(columns={"gap": "hole"}))


@pytest.mark.parametrize("kind", list(MIXED))
def test_the_reader_takes_every_container(kind):
    X = MIXED[kind](mixed_columns())
    reader = AdvisedTable().fit(X)
    frame = reader.transform(X)
    expected = AdvisedTable().fit_transform(MIXED["pandas"](mixed_columns()))
    assert frame.isna().sum().sum() == expected.isna().sum().sum()
    assert (frame.dtypes == "category").sum() == 5
    assert all(name.isidentifier() for name in frame)


def test_the_reader_and_sparse_tables():
    X = unbalanced([60, 15])[0]
    reader = AdvisedTable()
    pd.testing.assert_frame_equal(
        reader.fit_transform(sparse.csr_matrix(X)), reader.fit_transform(X)
    )
    wide = sparse.csr_matrix((10_000, 10_000))
    with pytest.raises(ValueError, match="sparse and has 100,000,000 values"):
        AdvisedTable().fit_transform(wide)


def test_the_reader_sees_a_category_that_came_later_as_missing():
    X = pd.DataFrame({"town": ["Ulm", "Bonn", "Ulm"], "n": [1.0, 2.0, 3.0]})
    reader = AdvisedTable().fit(X)
    later = reader.transform(pd.DataFrame({"town": ["Rom", "Ulm"], "n": [1.0, 2.0]}))
    assert later["x1"].isna().tolist() == [True, False]
    assert later["x0"].tolist() == [1.0, 2.0]
    assert reader.transform(X)["x1"].cat.categories.equals(later["x1"].cat.categories)


# The shipped evidence --------------------------------------------------------------------------


def test_shipped_evidence_is_complete():
    evidence = shipped_evidence()
    assert evidence.tables["source"].nunique() >= 20
    assert set(evidence.tables["role"]) == {"choose", "confirm"}
    assert set(FEATURES) <= set(evidence.tables.columns)
    assert set(evidence.scores["dataset"]) == set(evidence.tables.index)
    assert evidence.tables.groupby("source")["role"].nunique().max() == 1
    assert any(method == "none" for method in evidence.pairs["method"])
    for method in evidence.pairs["method"].unique():
        learners = evidence.pairs.loc[evidence.pairs["method"] == method, "learner"]
        assert all(can_build(method, learner) for learner in learners), method
    for metric in METRICS:
        assert evidence.values(metric).notna().to_numpy().mean() > 0.9, metric


def test_every_metric_gets_an_answer():
    facts = meta_features(*unbalanced([300, 30]))
    for metric in METRICS:
        advice = advise(shipped_evidence(), facts, metric)
        assert 1 <= len(advice) <= 5, metric
        assert advice.summary, metric
        assert any(one.name.startswith("none / ") for one in advice), metric


def test_recommend_from_a_frame_to_a_fitted_estimator():
    X, y = words()
    advice = imbalance_kit.recommend(X, y, metric="balanced_accuracy")
    assert advice.facts == pytest.approx(meta_features(X, y), nan_ok=True)
    scores = cross_val_score(advice[0].estimator, X, y, cv=2, scoring="balanced_accuracy")
    assert np.isfinite(scores).all()
    same = recommend(pl.DataFrame(X), pl.Series(y), metric="balanced_accuracy")
    assert [one.name for one in same] == [one.name for one in advice]


def test_the_summary_names_the_rarest_class_whatever_the_labels():
    X, y = unbalanced([200, 30])
    said = [
        recommend(X, np.array(labels)[y], n_recommendations=1).summary
        for labels in ((0, 1), ("ok", "fraud"), (1, 0), ("a", "b"))
    ]
    for summary, rarest in zip(said, ("1", "'fraud'", "0", "'b'"), strict=True):
        assert f"30 of the rarest class, {rarest} " in summary
    # nothing else depends on what the classes are called
    plain = [
        summary.replace(f", {rarest} ", " ")
        for summary, rarest in zip(said, ("1", "'fraud'", "0", "'b'"), strict=True)
    ]
    assert len(set(plain)) == 1


def test_rows_of_a_group_are_described_by_one_of_each_class():
    X, y = unbalanced([120, 30])
    many = np.repeat(np.arange(150), 4)
    apart = recommend(X, y, n_recommendations=1)
    together = recommend(X[many], y[many], n_recommendations=1, groups=many.astype(str))
    assert together.facts == pytest.approx(apart.facts, nan_ok=True)
    assert together.summary == apart.summary
    alone = recommend(X[many], y[many], n_recommendations=1)
    assert alone.facts["n_rows"] == 600
    with pytest.raises(ValueError, match="one entry for each of 150 rows"):
        recommend(X, y, groups=[1, 2])


def test_recommended_estimators_take_groups_where_they_split():
    X, y = unbalanced([120, 30])
    evidence = made_evidence({"class weight": flat(-0.1)})
    plain = advise(evidence, facts_of(1.0), "auprc", n_recommendations=1)[0]
    assert plain.groups_argument is None
    tuned = advise(evidence, facts_of(1.0), "g_mean_tuned", n_recommendations=1)[0]
    last, classifier = tuned.estimator.steps[-1]
    assert tuned.groups_argument == f"{last}__groups"
    classifier.set_params(cv=2)
    tuned.estimator.fit(X, y, **{tuned.groups_argument: np.arange(150) // 3})


def test_recommend_for_many_classes():
    X, y = unbalanced([200, 60, 20, 10])
    (first,) = recommend(X, y, metric="auroc", n_recommendations=1)
    assert first.estimator.fit(X, y).predict_proba(X).shape == (290, 4)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"metric": "accuracy"}, "metric must be one of auprc"),
        ({"budget": 0}, "budget must be seconds above 0"),
        ({"budget": "a minute"}, "budget must be seconds above 0"),
        ({"n_recommendations": 0}, "n_recommendations must be at least 1"),
    ],
)
def test_what_recommend_refuses(asked, said):
    X, y = unbalanced([30, 10])
    with pytest.raises(ValueError, match=said):
        recommend(X, y, **asked)


def test_one_class_is_refused():
    with pytest.raises(ValueError, match="at least 2 classes"):
        recommend(np.eye(8), np.zeros(8))
