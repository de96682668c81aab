"""Rates by group: against scikit-learn, fairlearn and scipy; weights, gaps and small groups."""

import warnings

import fairlearn.metrics as oracle
import numpy as np
import pandas as pd
import polars as pl
import pytest
from loops import looped
from scipy import stats
from sklearn import metrics

from imbalance_kit.fairness import group_report
from imbalance_kit.fairness._audit.group_scores import ranking
from imbalance_kit.fairness._audit.rates import RATES, wilson
from imbalance_kit.fairness._groups.table_columns import MISSING_LABEL


@pytest.fixture(scope="module")
def decided():
    rng = np.random.RandomState(0)
    n = 3000
    sex, race = rng.choice(["f", "m"], n, p=[0.4, 0.6]), rng.choice(list("abc"), n)
    y = (rng.uniform(size=n) < 0.3 + 0.1 * (sex == "m")).astype(int)
    proba = np.clip(0.3 * y + 0.2 * (race == "a") + 0.5 * rng.uniform(size=n), 0, 1).round(2)
    return y, (proba > 0.5).astype(int), proba, sex, race


def value_of(report, by, group, rate, column="value"):
    table = report.rates
    (line,) = [
        i
        for i, key in enumerate(zip(table["by"], table["group"], table["rate"], strict=True))
        if key == (by, group, rate)
    ]
    return table[column][line]


EXPECTED = {
    "base_rate": lambda y, d: y.mean(),
    "selection_rate": lambda y, d: d.mean(),
    "accuracy": metrics.accuracy_score,
    "true_positive_rate": metrics.recall_score,
    "false_negative_rate": lambda y, d: 1 - metrics.recall_score(y, d),
    "false_positive_rate": lambda y, d: 1 - metrics.recall_score(y, d, pos_label=0),
    "true_negative_rate": lambda y, d: metrics.recall_score(y, d, pos_label=0),
    "precision": metrics.precision_score,
    "false_discovery_rate": lambda y, d: 1 - metrics.precision_score(y, d),
    "negative_predictive_value": lambda y, d: metrics.precision_score(y, d, pos_label=0),
    "false_omission_rate": lambda y, d: 1 - metrics.precision_score(y, d, pos_label=0),
}


@pytest.mark.parametrize("rate", RATES)
def test_rates_are_those_of_scikit_learn(decided, rate):
    y, d, _, sex, race = decided
    report = group_report(y, d, sensitive_features={"sex": sex, "race": race}, n_bootstrap=0)
    assert report.partitions == ("sex", "race", "sex, race")
    for by, group, own in [
        ("sex", "sex=f", sex == "f"),
        ("race", "race=c", race == "c"),
        ("sex, race", "sex=m, race=a", (sex == "m") & (race == "a")),
    ]:
        assert value_of(report, by, group, rate) == pytest.approx(EXPECTED[rate](y[own], d[own]))


def test_scores_are_those_of_scikit_learn(decided):
    y, d, proba, sex, _ = decided
    weight = np.random.RandomState(1).uniform(0.1, 3, len(y))
    both = np.column_stack([1 - proba, proba])
    report = group_report(
        y, d, y_proba=both, sensitive_features=sex, sample_weight=weight, n_bootstrap=0
    )
    for group in "fm":
        own = sex == group
        for name, expected in [
            ("auroc", metrics.roc_auc_score),
            ("auprc", metrics.average_precision_score),
            ("brier_score", metrics.brier_score_loss),
        ]:
            wanted = expected(y[own], proba[own], sample_weight=weight[own])
            assert value_of(report, "feature 0", group, name) == pytest.approx(wanted)
        mean = np.average(proba[own], weights=weight[own])
        gap = mean - np.average(y[own], weights=weight[own])
        assert value_of(report, "feature 0", group, "mean_probability") == pytest.approx(mean)
        assert value_of(report, "feature 0", group, "calibration_gap") == pytest.approx(gap)


def test_ranking_without_a_class_is_unknown():
    assert np.isnan(ranking(np.zeros(3), np.arange(3.0), np.ones(3))).all()
    auroc, auprc = ranking(np.ones(3), np.arange(3.0), np.ones(3))
    assert np.isnan(auroc)
    assert auprc == 1


@pytest.mark.parametrize("weighted", [False, True])
def test_differences_are_those_of_fairlearn(decided, weighted):
    y, d, _, sex, race = decided
    weight = np.random.RandomState(2).uniform(0.1, 3, len(y)) if weighted else None
    for given, by in [(sex, "sex"), (race, "race")]:
        report = group_report(
            y, d, sensitive_features={by: given}, sample_weight=weight, min_rows=0, n_bootstrap=0
        )
        told = {"sensitive_features": given, "sample_weight": weight}
        assert report.difference("equalized_odds") == pytest.approx(
            oracle.equalized_odds_difference(y, d, **told)
        )
        assert report.difference("selection_rate") == pytest.approx(
            oracle.demographic_parity_difference(y, d, **told)
        )
        at = report.differences["rate"].index("selection_rate")
        assert report.differences["ratio"][at] == pytest.approx(
            oracle.demographic_parity_ratio(y, d, **told)
        )


def test_wilson_is_that_of_scipy():
    for k, n in [(0, 10), (3, 10), (10, 10), (1, 500)]:
        expected = stats.binomtest(k, n).proportion_ci(0.9, method="wilson")
        assert np.array(wilson(k / n, n, 0.9)).ravel() == pytest.approx(tuple(expected))
    assert np.isnan(wilson(np.nan, 0, 0.9)).all()


@pytest.mark.parametrize(("share", "n"), [(0.05, 60), (0.3, 25), (0.5, 40), (0.9, 30)])
def test_wilson_covers(share, n):
    """The chance that a 95 % interval holds the truth, summed over all outcomes."""
    k = np.arange(n + 1)
    low, high = wilson(k / n, n, 0.95)
    held = (low <= share) & (share <= high)
    assert 0.92 < stats.binom.pmf(k[held], n, share).sum() < 0.98


def test_two_groups_are_tested_as_scipy_tests_them(decided):
    y, d, _, sex, _ = decided
    report = group_report(y, d, sensitive_features=sex, n_bootstrap=0)
    counts = pd.crosstab(sex, d).to_numpy()
    expected = stats.chi2_contingency(counts, correction=False).pvalue
    at = report.differences["rate"].index("selection_rate")
    assert report.differences["p_value"][at] == pytest.approx(expected)


def test_bootstrap_of_counts_is_that_of_rows(decided):
    """Equal weights go another way than none; both are the bootstrap of rows.

    With 500 draws each the ends of the intervals have standard errors of about .002; eight of them.
    """
    y, d, _, sex, race = decided
    given = {"sensitive_features": {"sex": sex, "race": race}, "random_state": 0}
    plain = group_report(y, d, **given).to_frame("differences")
    rows = group_report(y, d, sample_weight=np.full(len(y), 3.0), **given).to_frame("differences")
    for name in ("difference", "ratio", "p_value"):
        assert np.allclose(plain[name], rows[name])
    wide = plain["difference_high"] - plain["difference_low"]
    for end in ("difference_low", "difference_high"):
        assert (np.abs(plain[end] - rows[end]) < 0.016 + 0.3 * wide).all()


def test_intervals_of_a_difference_hold_the_truth(decided):
    """Two groups that differ by .2; each of 60 intervals at 99.9 % misses with a chance near .001,
    five misses of 60 have one of about 5e-9."""
    rng = np.random.RandomState(3)
    group = np.repeat(["a", "b"], 300)
    missed = 0
    for seed in range(60):
        d = (rng.uniform(size=600) < np.where(group == "a", 0.3, 0.5)).astype(int)
        report = group_report(
            d,
            d,
            sensitive_features=group,
            rates="selection_rate",
            confidence=0.999,
            random_state=seed,
            n_bootstrap=2000,
        )
        low, high = (report.differences[f"difference_{end}"][0] for end in ("low", "high"))
        missed += not low <= 0.2 <= high
    assert missed < 5


def missed_intervals(shares, n_rows, *, n_runs, weighted=False, y_proba=False):
    """Runs in which an interval of the difference, or of the ratio, misses the truth."""
    group = np.repeat(np.arange(len(shares)), n_rows)
    chance = np.repeat(shares, n_rows)
    truth = max(shares) - min(shares), min(shares) / max(shares)
    missed = np.zeros(2)
    for seed in range(n_runs):
        rng = np.random.RandomState(seed)
        d = (rng.uniform(size=len(group)) < chance).astype(int)
        report = group_report(
            np.arange(len(d)) % 2,
            d,
            sensitive_features=group,
            sample_weight=rng.uniform(0.2, 2, len(d)) if weighted else None,
            rates="selection_rate",
            n_bootstrap=200,
            random_state=seed,
        )
        columns = {name: values[0] for name, values in report.differences.items()}
        for at, name in enumerate(("difference", "ratio")):
            low, high = columns[f"{name}_low"], columns[f"{name}_high"]
            if np.isnan(columns[name]):  # no hit in any group has no ratio
                continue
            assert low <= columns[name] <= high
            missed[at] += not low - 1e-12 <= truth[at] <= high + 1e-12
    return missed


def test_intervals_of_equal_groups_hold_zero():
    """16 misses of 60 at a rate of .05 have a chance below 1e-6."""
    assert (missed_intervals([0.3] * 6, 200, n_runs=60) < 16).all()


@pytest.mark.exhaustive
@looped(
    ("shares", "n_rows", "weighted"),
    [
        ([0.3] * 6, 100, False),
        ([0.3] * 6, 100, True),
        ([0.05] * 12, 60, False),
        ([0.2, 0.5], 100, False),
        ([0.01, 0.05], 40, False),
        ([0.3, 0.3, 0.3, 0.5, 0.5, 0.5], 100, False),
        ([0.5, 0.97], 40, False),
    ],
)
def test_intervals_hold_the_largest_difference_as_often_as_stated(shares, n_rows, weighted):
    """30 misses of 200 at a rate of .05 have a chance below 1e-6; twice seven of them are tried."""
    assert (missed_intervals(shares, n_rows, n_runs=200, weighted=weighted) < 30).all()


def test_intervals_of_scores_hold_what_was_found(decided):
    y, d, proba, sex, race = decided
    frame = group_report(
        y, d, y_proba=proba, sensitive_features={"s": sex, "r": race}, n_bootstrap=50
    ).to_frame("differences")
    known = frame[frame["difference_low"].notna()]
    assert len(known) == len(frame)
    assert (known["difference_low"] <= known["difference"]).all()
    assert (known["difference"] <= known["difference_high"]).all()
    ratios = frame[frame["ratio_low"].notna()]
    assert (ratios["ratio_low"] <= ratios["ratio"]).all()
    assert (ratios["ratio"] <= ratios["ratio_high"]).all()


def test_groups_without_hits_are_not_certain():
    y, group = np.tile([0, 1], 60), np.repeat(["a", "b"], 60)
    report = group_report(y, np.zeros(120, dtype=int), sensitive_features=group, random_state=0)
    at = report.differences["rate"].index("selection_rate")
    assert report.differences["difference_low"][at] == 0
    assert 0.02 < report.differences["difference_high"][at] < 0.2


def test_weights_say_how_many_rows_a_group_is_worth(decided):
    y, d, _, sex, _ = decided
    plain = group_report(y, d, sensitive_features=sex, n_bootstrap=0)
    scaled = group_report(
        y, d, sensitive_features=sex, sample_weight=np.full(len(y), 7.0), n_bootstrap=0
    )
    assert np.allclose(plain.rates["low"], scaled.rates["low"])
    half = np.where(np.arange(len(y)) % 2, 1.0, 0.0)
    some = group_report(y, d, sensitive_features=sex, sample_weight=half, n_bootstrap=0)
    kept = half > 0
    fewer = group_report(y[kept], d[kept], sensitive_features=sex[kept], n_bootstrap=0)
    for name in ("value", "low", "high", "rows"):
        assert np.allclose(some.rates[name], fewer.rates[name])


def test_small_groups_are_shown_and_left_out():
    group = np.repeat(["large", "other", "tiny"], [200, 200, 5])
    y = np.tile([0, 1], 203)[:405]
    d = np.where(group == "tiny", 1 - y, y)
    report = group_report(y, d, sensitive_features={"g": group}, n_bootstrap=0)
    assert report.difference("accuracy") == 0
    assert value_of(report, "g", "g=tiny", "accuracy") == 0
    assert value_of(report, "g", "g=tiny", "accuracy", "small")
    (note,) = [text for text in report.notes if "tiny" in text]
    assert "5 rows, fewer than 30" in note
    assert "nothing can be concluded" in note
    assert "tiny" in str(report)
    assert group_report(y, d, sensitive_features=group, min_rows=0).difference("accuracy") == 1


def test_a_rate_that_few_rows_decide_is_left_out_alone():
    group = np.repeat(["a", "b"], 300)
    y = np.where(np.arange(600) < 3, 1, 0)
    y[300:] = np.tile([0, 1], 150)
    report = group_report(y, y, sensitive_features=group, n_bootstrap=0)
    assert np.isnan(report.difference("true_positive_rate"))
    assert report.difference("selection_rate") == pytest.approx(0.49)
    assert any("too few rows for true_positive_rate" in note for note in report.notes)


def test_missing_values_are_a_group_and_bound_the_difference():
    """The bound is the worst of all ways to give the rows away, tried one by one."""
    rng = np.random.RandomState(4)
    group = np.repeat(np.array(["a", "b", None], dtype=object), [6, 5, 7])
    d = rng.randint(2, size=18)
    report = group_report(d, d, sensitive_features=group, rates="selection_rate", min_rows=0)
    assert MISSING_LABEL in report.rates["group"]
    worst = 0.0
    lost = np.flatnonzero(pd.isna(group))
    for number in range(2**7):
        told = group.copy()
        told[lost] = np.where((number >> np.arange(7)) & 1, "a", "b")
        worst = max(worst, abs(d[told == "a"].mean() - d[told == "b"].mean()))
    assert report.differences["possible"][0] == pytest.approx(worst)
    assert any("7 rows have no value" in note for note in report.notes)


def test_no_sensitive_features_say_what_stays_open(decided):
    y, d, *_ = decided
    with pytest.warns(UserWarning, match="was given no sensitive_features"):
        report = group_report(y, d)
    assert report.differences["difference"] == []
    assert "hold nothing about differences between groups" in report.notes[0]
    assert value_of(report, "feature 0", "all rows", "accuracy") == np.mean(y == d)


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, dict], ids=str)
def test_containers(decided, make):
    y, d, _, sex, race = decided
    given = make({"sex": sex, "race": race})
    report = group_report(pd.Series(y), list(d), sensitive_features=given, random_state=0)
    again = group_report(y, d, sensitive_features={"sex": sex, "race": race}, random_state=0)
    assert report.rates == again.rates
    assert report.to_frame("differences").equals(again.to_frame("differences"))


def test_labels_of_any_encoding(decided):
    y, d, _, sex, _ = decided
    words = np.array(["no", "yes"])
    named = group_report(words[y], words[d], sensitive_features=sex, n_bootstrap=0)
    assert named.rates == group_report(y, d, sensitive_features=sex, n_bootstrap=0).rates
    turned = group_report(words[y], words[d], sensitive_features=sex, pos_label="no", n_bootstrap=0)
    assert value_of(turned, "feature 0", "f", "true_positive_rate") == pytest.approx(
        value_of(named, "feature 0", "f", "true_negative_rate")
    )


def test_one_class_of_several():
    rng = np.random.RandomState(5)
    y, d, group = rng.randint(3, size=300), rng.randint(3, size=300), rng.randint(2, size=300)
    report = group_report(y, d, sensitive_features=group, pos_label=2, n_bootstrap=0)
    again = group_report(y == 2, d == 2, sensitive_features=group, n_bootstrap=0)
    assert report.rates == again.rates


def test_same_seed_same_report(decided):
    y, d, proba, sex, _ = decided
    made = [
        group_report(
            y, d, y_proba=proba, sensitive_features=sex, random_state=7, n_bootstrap=20
        ).to_frame("differences")
        for _ in range(2)
    ]
    assert made[0].equals(made[1])
    assert made[0].set_index("rate")["difference_low"].loc["auprc"] >= 0


def test_depth(decided):
    y, d, _, sex, race = decided
    given = {"sex": sex, "race": race, "half": np.arange(len(y)) % 2}
    alone = group_report(y, d, sensitive_features=given, max_depth=1, n_bootstrap=0)
    assert alone.partitions == ("sex", "race", "half")
    deep = group_report(y, d, sensitive_features=given, max_depth=3, n_bootstrap=0)
    assert deep.partitions[-1] == "sex, race, half"
    assert len(deep.partitions) == 7


def test_combinations_of_too_many_groups_are_left_out():
    rng = np.random.RandomState(6)
    given = {"one": rng.randint(8, size=900), "two": rng.randint(8, size=900)}
    y = rng.randint(2, size=900)
    report = group_report(y, y, sensitive_features=given, n_bootstrap=0)
    assert report.partitions == ("one", "two")
    assert "one, two: left out. sensitive_features form 64 groups" in report.notes[0]
    with pytest.raises(ValueError, match="form 900 groups"):
        group_report(y, y, sensitive_features=np.arange(900))


def test_text_of_any_kind(decided):
    y, d, _, sex, _ = decided
    words = np.array(["no", "yes"])
    objects = group_report(
        words[y].astype(object), pd.Series(words[d]), sensitive_features=sex, n_bootstrap=0
    )
    assert objects.rates == group_report(y, d, sensitive_features=sex, n_bootstrap=0).rates


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rates": "speed"}, r"There is no rate \['speed'\]; there are \['base_rate'"),
        ({"confidence": 1}, "confidence must lie between 0 and 1, got 1"),
        ({"max_depth": 0}, "max_depth must be at least 1"),
        ({"pos_label": 5}, "There is no class 5; the classes are"),
        ({"y_proba": [0.5, 2.0, 0.1]}, r"y_proba must lie in \[0, 1\]"),
        ({"y_proba": np.ones((3, 3))}, "y_proba has 3 columns for 2 classes"),
        ({"sample_weight": [0, 0, 0]}, "non-zero number|is 0 for every row"),
        ({"sensitive_features": [0, 1]}, "sensitive_features has 2 rows, X has 3"),
    ],
)
def test_mistakes_are_explained(options, message):
    given = {"sensitive_features": [0, 1, 1], **options}
    with pytest.raises(ValueError, match=message):
        group_report([0, 1, 1], [0, 1, 0], **given)


@pytest.mark.parametrize(
    ("y", "d", "message"),
    [
        ([0, 1, 2], [0, 1, 2], "There are 3 classes.*give pos_label"),
        ([1, 1, 1], [1, 1, 1], "There is one class only, 1"),
        (["0", "1", "1"], [0, 1, 1], "labels of different kinds"),
    ],
)
def test_labels_that_say_nothing(y, d, message):
    with pytest.raises(ValueError, match=message):
        group_report(y, d, sensitive_features=[0, 1, 1])


def test_unknown_differences_are_explained(decided):
    y, d, _, sex, _ = decided
    report = group_report(y, d, sensitive_features=sex, rates="accuracy", n_bootstrap=0)
    with pytest.raises(ValueError, match="The report has no 'equalized_odds' by 'feature 0'"):
        report.difference("equalized_odds")
    with pytest.raises(ValueError, match="of must be one of"):
        report.to_frame("nothing")


def test_no_warnings_from_empty_pairs():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = group_report([0, 0, 1, 1], [0, 0, 0, 0], sensitive_features=[0, 0, 1, 1])
    assert np.isnan(report.difference("true_positive_rate"))
