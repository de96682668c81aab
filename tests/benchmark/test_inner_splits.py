"""Splits inside of a method hold out as the outer split does."""

import numpy as np
import pytest
from loops import looped
from made_runs import MadeDataset

from imbalance_kit._split_layout import Layout
from imbalance_kit.benchmark._analysis.scores import _score_cell
from imbalance_kit.benchmark._methods.pipelines import StratifiedHoldOut
from imbalance_kit.benchmark._methods.registry import select_pairs
from imbalance_kit.benchmark._run.cell import Cell
from imbalance_kit.benchmark._run.cell_work import run_cell
from imbalance_kit.benchmark._run.inner_splits import LayoutSplits, respect_layout
from imbalance_kit.benchmark._run.table import load_table

N = 120
RNG = np.random.RandomState(0)
Y = RNG.permutation(np.arange(N) % 5 == 0).astype(int)
GROUPS = RNG.randint(30, size=N)
TIME = RNG.randint(40, size=N)
HOLD_OUT = StratifiedHoldOut(0.25, 0)


@looped(
    ("groups", "time", "plain"),
    [
        (g, t, plain)
        for g in (True, False)
        for t in (True, False)
        for plain in (5, 2, None, HOLD_OUT)
    ],
    ids=str,
)
def test_groups_stay_together_and_later_rows_are_held_out(groups, time, plain):
    layout = Layout(Y, GROUPS if groups else None, TIME if time else None)
    splits = list(LayoutSplits(layout, plain, 3).split(np.zeros((N, 2)), Y))
    assert len(splits) == (1 if plain is HOLD_OUT else plain or 5)
    for training, held_out in splits:
        assert len(training)
        assert len(held_out)
        assert not set(training) & set(held_out)
        if groups:
            assert not set(GROUPS[training]) & set(GROUPS[held_out])
        if time and plain is HOLD_OUT:
            assert TIME[training].max() < TIME[held_out].min()
        if time:
            inside = (TIME[held_out].min() <= TIME) & (TIME[held_out].max() >= TIME)
            assert set(np.flatnonzero(inside)) == set(held_out)
    if plain is not HOLD_OUT:  # out-of-fold predictions need each row once
        assert sorted(np.concatenate([held_out for _, held_out in splits])) == list(range(N))


@looped(
    ("layout", "plain"),
    [
        (Layout(Y, np.zeros(N, int)), 5),  # one group
        (Layout(Y, np.zeros(N, int)), HOLD_OUT),
        (Layout(Y, np.arange(N) % 3), 5),  # too few
        (Layout(Y, None, np.zeros(N, int)), 5),
        (Layout(Y, None, np.zeros(N, int)), HOLD_OUT),
        (Layout(Y[:50], GROUPS[:50]), 5),  # of other rows, as after re-sampling
    ],
    ids=str,
)
def test_where_that_cannot_be_the_splits_are_the_methods_own(layout, plain):
    splits = list(LayoutSplits(layout, plain, 3).split(np.zeros((N, 2)), Y))
    assert sum(len(held_out) for _, held_out in splits) == (30 if plain is HOLD_OUT else N)


METHODS = (
    "threshold",
    "threshold, cross-validated",
    "minimum expected cost",
    "temperature scaling",
    "Venn-Abers",
)


@pytest.mark.exhaustive
@looped(
    ("name", "groups", "time"), [(m, g, not g) for m in METHODS for g in (True, False)], ids=str
)
def test_methods_run_with_these_splits(name, groups, time, monkeypatch):
    used = []
    honest = LayoutSplits._splits

    def noted(self, X, y):
        splits = honest(self, X, y)
        used.append(bool(splits))
        return splits

    monkeypatch.setattr(LayoutSplits, "_splits", noted)
    dataset = MadeDataset("made", n_rows=160, groups=groups, time=time)
    ((method, learner),) = select_pairs([name], "tree")
    _, predictions = run_cell(Cell(dataset, method, learner), load_table(dataset))
    assert used
    assert any(used)
    assert predictions


def test_without_groups_and_time_a_model_is_as_it_was():
    ((method, learner),) = select_pairs(["threshold"], "tree")
    model = method.build(learner, 0)
    assert type(respect_layout(model, Layout(Y), 0).cv) is StratifiedHoldOut
    assert type(respect_layout(model, Layout(Y, GROUPS), 0).cv) is LayoutSplits


class Row:
    """What scoring looks at of a row."""

    def __init__(self, n_classes):
        self.classes = str([f"c{code}" for code in range(n_classes)]).replace("'", '"')
        self.prior = str([1 / n_classes] * n_classes)


@looped(
    ("validation", "n_classes", "untuned"),
    [
        ([0] * 20, 2, True),
        ([1] * 20, 2, True),
        ([], 2, True),
        ([0] * 15 + [1] * 5, 2, False),
        ([0] * 10 + [1] * 10, 3, True),
        ([2] * 10, 3, True),
        ([0] * 10 + [2] * 10, 3, False),
    ],
    ids=str,
)
def test_without_a_rare_row_to_tune_on_the_rule_is_the_untuned_one(validation, n_classes, untuned):
    import pyarrow as pa

    rng = np.random.RandomState(0)
    test = np.arange(60) % n_classes
    y = np.concatenate([np.array(validation, dtype=int), test])
    proba = 0.6 * np.eye(n_classes)[y] + 0.4 * rng.dirichlet(np.ones(n_classes), size=len(y))
    table = pa.table(
        {
            "part": ["validation"] * len(validation) + ["test"] * 60,
            "y": y,
            "decision": proba.argmax(axis=1),
            **{f"proba_{code}": proba[:, code] for code in range(n_classes)},
        }
    )
    values = _score_cell(table, Row(n_classes))
    assert values["untuned"] == untuned
    for name in ("balanced_accuracy", "macro_f1", "g_mean", "mcc"):
        if untuned:
            assert values[f"{name}_tuned"] == pytest.approx(values[name]), name
        assert values[f"{name}_tuned"] > 0.6, name
