"""Corrected variance of scores over overlapping splits."""

import numpy as np
import pandas as pd
import pytest
from loops import looped
from scipy import stats

from imbalance_kit.metrics import compare_cv_scores


def test_is_the_corrected_resampled_t_test():
    rng = np.random.default_rng(0)
    one, other = rng.normal(0.8, 0.05, size=15), rng.normal(0.75, 0.05, size=15)
    found = compare_cv_scores({"a": one, "b": other}, test_share=0.2)
    row = found.to_frame().iloc[0]
    between = one - other
    error = np.sqrt((1 / 15 + 0.25) * between.var(ddof=1))
    assert row["p"] == pytest.approx(2 * stats.t.sf(abs(between.mean()) / error, 14))
    reach = stats.t.ppf(0.975, 14) * error
    assert row["low"] == pytest.approx(between.mean() - reach)
    assert row["high"] == pytest.approx(between.mean() + reach)
    # without the correction it is a test of one sample
    tiny = compare_cv_scores({"a": one, "b": other}, test_share=1e-12).differences
    assert tiny["p"][0] == pytest.approx(stats.ttest_rel(one, other).pvalue)
    assert found.scores["estimate"] == pytest.approx([one.mean(), other.mean()])
    assert found.n == 15


def test_several_models_and_directions():
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 0.01, size=10)
    scores = pd.DataFrame(
        {"a": 0.5 + noise, "b": 0.3 + noise, "c": 0.5 + noise + rng.normal(0, 0.02, size=10)}
    )
    found = compare_cv_scores(scores, test_share=0.1, reference="a", metric="log loss")
    assert found.differences["verdict"] == ["worse", "tied"]
    losses = compare_cv_scores(scores, test_share=0.1, reference="a", greater_is_better=False)
    assert losses.differences["verdict"] == ["better", "tied"]
    assert "log loss (95 % interval)" in found.summary()
    single = compare_cv_scores(scores, test_share=0.1, reference="a", correction=None).differences
    assert single["p_adjusted"] == single["p"]
    corrected = found.differences
    assert corrected["p_adjusted"][1] >= single["p"][1]
    assert corrected["low"][1] < single["low"][1]


def test_equal_models_are_tied():
    found = compare_cv_scores({"a": [0.5, 0.6], "b": [0.5, 0.6]}, test_share=0.5).differences
    assert (found["p"], found["verdict"]) == ([1.0], ["tied"])


@looped(
    ("scores", "options", "words"),
    [
        ({"a": [1, 2], "b": [1]}, {}, "one entry for each split"),
        ({"a": [1, np.nan], "b": [1, 2]}, {}, "missing or not finite"),
        ({"a": [1], "b": [1]}, {}, "at least 2 splits; got 1"),
        ({"a": [1, 2], "b": [1, 2]}, {"test_share": 5}, "test_share must lie between 0 and 1"),
        ({"a": [1, 2], "b": [1, 2]}, {"correction": "max-t"}, "correction must be 'holm' or None"),
        ({"a": [1, 2], "b": [1, 2]}, {"confidence": 95}, "confidence must lie"),
        ({"a": [1, 2]}, {}, "two models or more"),
    ],
)
def test_bad_input(scores, options, words):
    with pytest.raises(ValueError, match=words):
        compare_cv_scores(scores, **({"test_share": 0.2} | options))
