"""Differences of models on the same rows."""

import numpy as np
import pandas as pd
import pytest
from loops import looped
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

from imbalance_kit.metrics import compare_models, metric_interval
from imbalance_kit.metrics._comparison import as_latex, p_as_text


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    y = (rng.random(800) < 0.1).astype(int)
    x = rng.normal(size=800) + 1.5 * y
    scores = {
        "good": x,
        "same": x,
        "close": x + 0.3 * rng.normal(size=800),
        "poor": rng.normal(size=800) + 0.2 * y,
    }
    return y, {name: 1 / (1 + np.exp(3 - one)) for name, one in scores.items()}


def compared(metric, *args, **options):
    return compare_models(metric, *args, **({"n_resamples": 400, "random_state": 0} | options))


@looped("method", ["bootstrap", "delong"])
@looped("correction", ["max-t", "holm", None])
def test_who_is_better(method, correction, rows):
    y, scores = rows
    found = compared("auroc", y, scores, method=method, correction=correction)
    by_pair = found.to_frame().set_index(["model", "reference"])
    assert len(by_pair) == 6
    for (one, other), row in by_pair.iterrows():
        expected = roc_auc_score(y, scores[one]) - roc_auc_score(y, scores[other])
        assert row["difference"] == pytest.approx(expected)
        assert row["low"] <= row["difference"] <= row["high"]
        assert row["p"] <= row["p_adjusted"] + 0.01  # of other draws with DeLong
    assert by_pair.loc[("good", "same"), ["difference", "low", "high"]].tolist() == [0, 0, 0]
    assert by_pair.loc[("good", "same"), "p_adjusted"] == 1.0
    assert by_pair["verdict"].loc[[("good", "poor"), ("same", "poor")]].eq("better").all()
    assert by_pair.loc[("good", "same"), "verdict"] == "tied"


def test_direction_of_losses_and_references(rows):
    y, scores = rows
    found = compared("brier", y, scores, reference="poor")
    assert found.differences["model"] == ["good", "same", "close"]
    expected = brier_score_loss(y, scores["good"]) - brier_score_loss(y, scores["poor"])
    assert found.differences["difference"][0] == pytest.approx(expected)
    assert found.differences["verdict"][0] == "better"
    with pytest.raises(ValueError, match="of 'brier' it is known to be False"):
        compared("brier", y, scores, greater_is_better=True)
    two = {name: scores[name] for name in ("good", "poor")}
    options = {"reference": "poor", "n_resamples": 60}
    by_name = compared("brier", y, two, **options).differences
    by_function = compared(
        lambda y, p: ((y - p) ** 2).mean(), y, two, greater_is_better=False, **options
    ).differences
    assert by_function["verdict"] == by_name["verdict"]
    np.testing.assert_allclose(by_function["low"], by_name["low"])


def test_each_model_has_the_interval_that_it_has_alone(rows):
    y, scores = rows
    for metric, method in [("auprc", "bootstrap"), ("auroc", "delong")]:
        found = compared(metric, y, scores, method=method)
        for place, model in enumerate(scores):
            alone = metric_interval(
                metric, y, scores[model], method=method, n_resamples=400, random_state=0
            )
            assert found.scores["low"][place] == pytest.approx(alone.low)
            assert found.scores["high"][place] == pytest.approx(alone.high)


def test_pairing_is_what_makes_close_models_comparable(rows):
    y, scores = rows
    found = compared("auprc", y, {"good": scores["good"], "close": scores["close"]})
    alone = metric_interval("auprc", y, scores["good"], n_resamples=400, random_state=0)
    width = found.differences["high"][0] - found.differences["low"][0]
    assert width < 0.8 * (alone.high - alone.low)


def test_max_t_is_no_wider_than_bonferroni_and_no_narrower_than_single(rows):
    y, scores = rows
    width = {}
    for correction in ("max-t", "holm", None):
        table = compared("auprc", y, scores, reference="poor", correction=correction).differences
        width[correction] = np.subtract(table["high"], table["low"])
    assert (width[None] < width["max-t"]).all()
    # two of the three models are one, so that there are two comparisons and not three
    assert width["max-t"].mean() < width["holm"].mean()


def test_groups_weights_and_labels(rows):
    y, scores = rows
    plain = compared("auprc", y, scores, reference="poor").differences
    many = np.repeat(np.arange(len(y)), 3)
    tripled = {name: one[many] for name, one in scores.items()}
    grouped = compared("auprc", y[many], tripled, reference="poor", groups=many).differences
    np.testing.assert_allclose(grouped["low"], plain["low"])
    texts = np.where(y == 1, "b", "a")
    weight = np.full(len(y), 2.0)
    named = compared(
        "auprc", texts, scores, reference="poor", pos_label="b", sample_weight=weight
    ).differences
    np.testing.assert_allclose(named["p_adjusted"], plain["p_adjusted"])


def test_more_than_two_classes():
    rng = np.random.default_rng(0)
    y = np.arange(200) % 4
    sharp = rng.dirichlet(np.ones(4), size=200) + np.eye(4)[y]
    scores = {"sharp": sharp / 2, "blunt": rng.dirichlet(np.ones(4), size=200)}
    for metric, method in [("auprc", "bootstrap"), ("auroc", "delong"), ("brier", "bootstrap")]:
        found = compared(metric, y, scores, method=method)
        assert found.differences["verdict"] == ["better"]


def test_a_perfect_model_has_an_interval_too():
    y = np.repeat([0, 1], [50, 10])
    scores = {"perfect": np.arange(60.0), "chance": np.arange(60.0) % 7}
    for method in ("bootstrap", "delong"):
        found = compared("auroc", y, scores, method=method)
        assert found.scores["low"][0] == pytest.approx(0.025**0.1)
        assert found.differences["verdict"] == ["better"]


def test_tables(rows):
    y, scores = rows
    found = compared(
        "auprc", y, {"A_1 & co": scores["good"], "poor": scores["poor"]}, reference="poor"
    )
    frame = found.to_frame("summary")
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns.tolist() == [
        "model",
        "AUPRC (95 % interval)",
        "difference (95 % interval)",
        "adjusted p",
    ]
    shown = average_precision_score(y, scores["good"])
    assert frame.iloc[0, 1].startswith(f"{shown:.3f} [")
    assert frame.iloc[1, 2] == "reference"
    latex = found.to_latex()
    lines = latex.splitlines()
    assert lines[0] == r"\begin{tabular}{llll}"
    assert lines[2].count("&") == 3
    assert r"95 \% interval" in lines[2]
    assert lines[4].startswith(r"A\_1 \& co & ")
    assert found.to_latex("scores").splitlines()[0] == r"\begin{tabular}{lrrr}"
    assert str(found).splitlines()[1].startswith("A_1 & co")
    every_pair = compared("auprc", y, scores)
    assert "verdict" in str(every_pair)
    assert every_pair.to_frame("summary").shape == (4, 2)
    with pytest.raises(ValueError, match="of must be"):
        found.to_frame("all")
    assert p_as_text(0.0004) == "< 0.001"
    assert as_latex({"a": ["^~\\"]}).splitlines()[4] == (
        r"\textasciicircum{}\textasciitilde{}\textbackslash{} \\"
    )


@looped(
    ("options", "words"),
    [
        ({"scores": {"a": [0.1] * 20}}, "two models or more"),
        ({"reference": "c"}, "reference must be one of"),
        ({"correction": "bonferroni"}, "correction must be"),
        ({"scores": {"a": [0.1] * 20, "b": [0.1]}}, "inconsistent numbers of samples"),
        ({"scores": {"a": [0.1] * 20, "b": [[0.1] * 3] * 20}}, r"scores\['b'\] describes 3"),
        ({"method": "delong"}, "is for metric='auroc'"),
        ({"y": np.r_[1, np.zeros(19)]}, "needs at least 2"),
    ],
)
def test_bad_input(options, words):
    scores = {"a": np.linspace(0, 1, 20), "b": np.linspace(1, 0, 20)}
    given = {"metric": "auprc", "y": np.arange(20) % 2, "scores": scores} | options
    with pytest.raises(ValueError, match=words):
        compare_models(given.pop("metric"), given.pop("y"), given.pop("scores"), **given)
