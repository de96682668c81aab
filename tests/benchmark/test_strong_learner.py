"""The study of mixed trees: its scores, made tables, splits and stored cells."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

STUDIES = Path(__file__).parents[2] / "benchmarks" / "studies"


@pytest.fixture(scope="module", autouse=True)
def studies():
    sys.path.insert(0, str(STUDIES))
    yield
    sys.path.remove(str(STUDIES))


def test_slope_is_that_of_a_logistic_regression_without_penalty():
    from strong_learner_scores import slope

    rng = np.random.RandomState(0)
    for stretch in (0.3, 1.0, 4.0):
        odds = rng.normal(-2, 1.5, size=3000)
        label = (rng.uniform(size=3000) < expit(odds)).astype(float)
        expected = LogisticRegression(C=1e12, tol=1e-10).fit((stretch * odds)[:, None], label)
        assert slope(stretch * odds, label) == pytest.approx(expected.coef_[0, 0], rel=1e-3)


def test_slope_of_log_odds_that_separate_is_missing():
    from strong_learner_scores import slope

    assert np.isnan(slope(np.array([-2.0, -1.0, 1.0]), np.array([0.0, 0.0, 1.0])))
    assert np.isnan(slope(np.zeros(3), np.array([0.0, 0.0, 1.0])))
    # one error on each side: finite, and positive because larger log odds are more often right
    odds = np.array([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0])
    assert 0 < slope(odds, np.array([0.0, 0.0, 1.0, 0.0, 1.0, 1.0])) < np.inf


def test_scores_of_two_and_more_classes_by_hand():
    from strong_learner_scores import score

    y = np.array([0, 0, 1, 0])
    rare = np.array([0.1, 0.5, 0.4, 0.2])
    two = score(y, np.column_stack([1 - rare, rare]))
    assert two["auprc"] == pytest.approx(0.5)
    assert two["brier"] == pytest.approx(np.mean([0.01, 0.25, 0.36, 0.04]))
    assert two["log_loss"] == pytest.approx(-np.mean(np.log([0.9, 0.5, 0.4, 0.8])))
    assert two["frequency"] == pytest.approx(rare.sum())
    y = np.array([0, 0, 1, 1, 2])
    proba = np.full((5, 3), 0.25) + 0.25 * np.eye(3)[y]
    three = score(y, proba)
    assert three["auprc"] == pytest.approx(1.0)
    assert three["brier"] == pytest.approx(0.25 + 2 * 0.0625)
    assert three["log_loss"] == pytest.approx(np.log(2))
    assert three["frequency"] == pytest.approx(4 * 0.25 + 0.5)


@pytest.mark.exhaustive
def test_labels_of_made_tables_follow_the_probabilities_that_are_called_true():
    """5.5 standard errors a class and table: false alarms in fewer than 1e-6 of runs."""
    from strong_learner_made import MADE

    by_kind: dict[str, set[str]] = {}
    for made in MADE:
        by_kind.setdefault(made.kind, set()).add(made.role)
        size = min(made.shares)
        X, y, proba = made.draw(0, size, 10_000)
        assert len(X) == len(y) == len(proba) == size + 10_000
        np.testing.assert_allclose(proba.sum(axis=1), 1)
        assert proba.mean(axis=0).min() == pytest.approx(made.shares[size], rel=0.15)
        for k in range(made.n_classes):
            spread = np.sqrt((proba[:, k] * (1 - proba[:, k])).sum())
            # without noise labels are the probabilities
            assert abs((y == k).sum() - proba[:, k].sum()) <= 5.5 * spread + 1e-6, made
        assert (made.kind == "rule") == (np.abs(proba - 0.5).min() > 0.49)
    assert all(roles == {"choose", "confirm"} for roles in by_kind.values())
    parameters = {(made.kind, made.role): made.parameters for made in MADE}
    for kind in by_kind:
        assert parameters[kind, "choose"] != parameters[kind, "confirm"]


def test_truth_of_a_made_table_is_that_of_its_rows_only():
    """Same seed, same rows; another seed, other rows of one truth: one row, one probability."""
    from strong_learner_made import MADE

    made = next(one for one in MADE if one.kind == "rule" and one.role == "confirm")
    first = made.draw(0, 5_000, 0)
    again = made.draw(0, 5_000, 0)
    pd.testing.assert_frame_equal(first[0], again[0])
    assert (first[1] == again[1]).all()
    other = made.draw(1, 5_000, 0)
    label = dict(zip(first[0].itertuples(index=False, name=None), first[1], strict=True))
    pairs = zip(other[0].itertuples(index=False, name=None), other[1], strict=True)
    shared = [(label[row], y) for row, y in pairs if row in label]
    assert len(shared) > 100
    assert all(left == right for left, right in shared)


def test_splits_of_a_suite_table_share_no_row():
    from strong_learner_tables import _table_of

    X = np.arange(3000.0)[:, None]
    y = (np.arange(3000) % 30 == 0).astype(int)
    table = _table_of("made", "made", "choose", "suite", X, y, 600)
    assert table.seeds == (0, 1)
    for seed in table.seeds:
        split = table.split(seed)
        assert not set(split.X_train[:, 0]) & set(split.X_test[:, 0])
        assert len(split.X_train) == 600
        assert len(split.X_test) == 1200
        assert split.y_train.mean() == pytest.approx(1 / 30)
        assert (split.y_test == (split.X_test[:, 0] % 30 == 0)).all()


class Shares:
    """Predicts the shares of the training labels, or fails."""

    def __init__(self, seed, wrong=False):
        self.wrong = wrong

    def fit(self, X, y):
        if self.wrong:
            raise ValueError("cannot\nfit")
        self.shares = np.bincount(y) / len(y)
        return self

    def predict_proba(self, X):
        return np.tile(self.shares, (len(X), 1))


def test_a_run_goes_on_where_it_was_and_stores_failures(tmp_path):
    from strong_learner_cells import drop, run
    from strong_learner_report import read
    from strong_learner_tables import _table_of

    y = (np.arange(400) % 10 == 0).astype(int)
    table = _table_of("shares", "shares", "choose", "suite", np.zeros((400, 1)), y, 1_000)
    file = tmp_path / "results" / "choose.csv"
    built = []

    def build(seed):
        built.append(seed)
        return Shares(seed)

    methods = {"shares": build, "wrong": lambda seed: Shares(seed, wrong=True)}
    run([table], {"shares": build}, file, 1.0)
    assert built == [0, 1]
    run([table], methods, file, 1.0)
    assert built == [0, 1]
    cells = read(file)
    assert len(cells) == 4
    good = cells[cells["method"] == "shares"]
    assert np.allclose(good["brier"], 0.09)
    assert np.allclose(good["auprc"], 0.1)
    assert np.allclose(good["frequency"], 1.0)
    wrong = cells[cells["method"] == "wrong"]
    assert (wrong["error"] == "ValueError: cannot fit").all()
    assert wrong["auprc"].isna().all()
    drop(file, ["wrong"])
    assert set(read(file)["method"]) == {"shares"}


def test_the_report_counts_what_it_was_given(tmp_path, capsys):
    """Mixed trees win by .1 on every source but one; their Brier score is 5 % above the best."""
    from strong_learner_cells import FIELDS
    from strong_learner_methods import MIXED, RIVALS
    from strong_learner_report import FLOOR, report

    rows = []
    for k in range(8):
        for name in (MIXED, *RIVALS):
            ours = name == MIXED
            brier = 0.1 * (1 + 0.05 * ours) + FLOOR["brier"] * 0.05 * ours
            rows.append(
                {
                    "group": "suite", "table": f"t{k}", "source": f"s{k}", "rows": 1000,
                    "classes": 2, "seed": 0, "method": name, "brier": brier, "log_loss": 0.3,
                    "auprc": 0.5 + (0.1 + k / 100) * ours * (-1 if k == 0 else 1), "slope": 1.1,
                    "frequency": 0.9, "fit_seconds": 2.0 if ours else 4.0, "predict_seconds": 1.0,
                }
            )  # fmt: skip
    file = tmp_path / "confirm.csv"
    pd.DataFrame(rows, columns=FIELDS).to_csv(file, index=False)
    report(file, "confirm")
    printed = capsys.readouterr().out
    # seven of eight, the loss being the smallest: p = 2 * 2 / 2**8
    # in the suite, and in the two blocks of groups together, which here are the suite alone
    assert printed.count("7-0-1 p 0.0156") == 3 * len(RIVALS)
    assert "brier: 1.050 of the best rival" in printed
    assert "more than 2 % higher on 8" in printed
    assert "log_loss: 1.000 of the best rival" in printed
    assert "LightGBM: fit 0.50 (sums 0.50), predict 1.00" in printed


def test_what_a_part_is_worth_is_told_against_the_whole(tmp_path, capsys):
    from strong_learner_cells import FIELDS
    from strong_learner_methods import MIXED
    from strong_learner_report import report_parts

    def stored(name, auprc, seconds, tables):
        rows = [
            {
                "group": "suite", "table": f"t{k}", "source": f"s{k}", "rows": 100, "classes": 2,
                "seed": 0, "method": name, "auprc": auprc, "brier": 0.2, "log_loss": 0.5,
                "slope": 1.0, "frequency": 1.0, "fit_seconds": seconds, "predict_seconds": 1.0,
            }
            for k in range(tables)
        ]  # fmt: skip
        file = tmp_path / f"{name}.csv"
        pd.DataFrame(rows, columns=FIELDS).to_csv(file, index=False)
        return file

    # the table that only the whole has is left out
    report_parts(stored(MIXED, 0.6, 4.0, 6), stored("less", 0.5, 1.0, 5), "choose")
    printed = capsys.readouterr().out
    assert "5 tables of 5 sources" in printed
    (line,) = [line for line in printed.splitlines() if line.startswith("less ")]
    assert line.split()[1:7] == ["0.5000", "2.00", "1.000", "1.000", "1.00", "0.25"]
    assert line.endswith("5-0-0 p 0.0625")
