"""What a request will take."""

import pandas as pd
import pytest
from made_runs import MadeDataset

from imbalance_kit.benchmark import forecast, prepare
from imbalance_kit.benchmark._methods.registry import select_pairs
from imbalance_kit.benchmark._methods.search_settings import Search
from imbalance_kit.benchmark._results.store import CELL_SCHEMA, ResultsFolder
from imbalance_kit.benchmark._run.cell import Cell, Protocol
from imbalance_kit.benchmark._run.cell_list import TYPICAL_RATE, estimate, plan, work_of

PAIRS = select_pairs("none,SMOTE", "tree")
TABLES = [MadeDataset("small", n_rows=100), MadeDataset("large", n_rows=1000)]


def known(cells, rate):
    """Rows of finished cells that took `rate` seconds for each unit of work."""
    facts = ("n_rows", "n_features", "n_classes")
    rows = [
        {
            "key": cell.key,
            "method": cell.method.name,
            "learner": cell.learner.name,
            "status": "ok",
            "total_seconds": rate * 2 * work_of(cell),
            **{name: getattr(cell.dataset, name) for name in facts},
        }
        for cell in cells
    ]
    return pd.DataFrame(rows, columns=CELL_SCHEMA.names)


def test_nothing_known_is_a_guess():
    cells = plan(TABLES, PAIRS, Protocol(), 1)
    expected = estimate(cells, set(), known([], 0.0))
    assert (expected.n_cells, expected.n_done, expected.n_measured) == (4, 0, 0)
    assert expected.seconds == pytest.approx(2 * TYPICAL_RATE * sum(map(work_of, cells)))


def test_pairs_keep_their_own_rate():
    cells = plan(TABLES, PAIRS, Protocol(), 2)
    done = [cell for cell in cells if cell.repeat == 0]
    quick, slow = (
        [cell for cell in done if cell.method.name == name] for name in ("none", "SMOTE")
    )
    rows = pd.concat([known(quick, 1e-6), known(slow, 5e-6)])
    expected = estimate(cells, {cell.key for cell in done}, rows)
    assert (expected.n_cells, expected.n_done, expected.n_measured) == (8, 4, 4)
    assert expected.seconds == pytest.approx(rows["total_seconds"].sum())


def test_searches_and_refits_are_counted():
    (pair, *_) = PAIRS

    def seconds(**changes):
        cell = Cell(TABLES[0], *pair, protocol=Protocol(**changes))
        return estimate([cell], set(), known([], 0.0)).seconds

    once = seconds() / 2
    assert seconds(bootstraps=5) == pytest.approx(7 * once)
    assert seconds(search=Search(trials=10, folds=3)) == pytest.approx(32 * once)
    assert seconds(search=Search(trials=10**6, seconds=9.0)) == pytest.approx(2 * once + 9.0)


def test_forecast_looks_into_the_folder_and_runs_nothing(tmp_path):
    request = prepare(datasets=TABLES, methods="none,SMOTE", learners="tree")
    store = ResultsFolder(tmp_path)
    store.create()
    store.save({**request.cells[0].row(), "total_seconds": 3.0}, None)
    expected = forecast(request, tmp_path)
    assert (expected.n_cells, expected.n_done) == (4, 1)
    assert len(store.finished()) == 1


def test_presets_share_cells_and_skipping_leaves_out():
    climb = prepare(datasets=TABLES, protocol="climb", folds=0, trials=0)
    fair = prepare(datasets=TABLES, protocol="fair", folds=0, trials=0, bootstraps=0)
    keys = {cell.key for cell in climb.cells}
    assert keys < {cell.key for cell in fair.cells}
    assert len({method.name for method, _ in climb.pairs}) == 30  # 29 and the bare tree
    # ensembles of a hundred are other cells than those of the default size
    default = prepare(datasets=TABLES, methods="under-bagging", learners="tree")
    assert not keys & {cell.key for cell in default.cells}
    few = prepare(datasets=TABLES, methods="none", learners="tree", skip=["large"])
    assert [cell.dataset.name for cell in few.cells] == ["small"]
    with pytest.raises(ValueError, match="Cannot skip huge: no data set"):
        prepare(datasets=TABLES, skip=["huge"])
    with pytest.raises(ValueError, match="Unknown protocol 'harsh'"):
        prepare(datasets=TABLES, protocol="harsh")
    with pytest.raises(ValueError, match="bootstraps must be at least 0"):
        prepare(datasets=TABLES, bootstraps=-1)
