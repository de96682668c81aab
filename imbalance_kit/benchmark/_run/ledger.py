"""The cells that are still to do, shared with other runners on the same results folder."""

import time
from collections import deque
from collections.abc import Collection, Iterable, Mapping

from imbalance_kit.benchmark._results.store import ResultsFolder
from imbalance_kit.benchmark._run.cell import Cell
from imbalance_kit.benchmark._run.cell_list import Group, group_of, work_of
from imbalance_kit.benchmark._run.claims import Claims
from imbalance_kit.benchmark._run.failed_cell import ENVIRONMENT
from imbalance_kit.benchmark._run.progress import Display
from imbalance_kit.benchmark._run.trial_storage import file_storage
from imbalance_kit.benchmark._run.worker import Job, Result

NO_GROUP: Group = (-1, -1, "")
LOOK_AGAIN = 1.0  # seconds between two looks at cells that other runners have
MAX_ATTEMPTS = 2  # at a cell whose worker somebody else ended


class Ledger:
    """Hands cells out, each to one worker of one runner, and stores their results.

    Parameters
    ----------
    store : ResultsFolder
    claims : Claims
        Entered already.
    cells : iterable of Cell
        The missing ones.
    replaced : mapping of str to bytes
        For cells to be done again: the file of the row that is to be replaced, of a failure or
        damaged.
    display : Display
    deadline : float or None
        Monotonic time after which no cell is handed out.
    storage : str or None
        Optuna storage of all searches; by default each cell has a file of its own.
    """

    def __init__(
        self,
        store: ResultsFolder,
        claims: Claims,
        cells: Iterable[Cell],
        replaced: Mapping[str, bytes],
        display: Display,
        *,
        deadline: float | None = None,
        storage: str | None = None,
    ):
        self._store = store
        self._claims = claims
        self._replaced = replaced
        self._display = display
        self._deadline = deadline
        self._storage = storage
        self._groups: dict[Group, deque[Cell]] = {}
        for cell in cells:
            self._groups.setdefault(group_of(cell), deque()).append(cell)
        self._n_open = sum(map(len, self._groups.values()))  # not yet on disk
        self._elsewhere: list[Cell] = []
        self._attempts: dict[str, int] = {}
        self._n_out = 0
        self._next_look = 0.0

    @property
    def n_open(self) -> int:
        """Cells that are not on disk yet, those of other runners included."""
        return self._n_open

    @property
    def n_waiting(self) -> int:
        """Cells that could be handed out now."""
        if self._deadline is not None and time.monotonic() > self._deadline:
            return 0
        return sum(map(len, self._groups.values()))

    @property
    def over(self) -> bool:
        """Whether nothing is out, and nothing will be handed out."""
        late = self._deadline is not None and time.monotonic() > self._deadline
        return not self._n_open or (late and not self._n_out)

    def hand_out(self, group: Group = NO_GROUP, taken: Collection[Group] = ()) -> Job | None:
        """Claim a cell, of a group if it has one left; else of a group that nobody works on."""
        if self._deadline is not None and time.monotonic() > self._deadline:
            return None
        while self._groups:
            if group not in self._groups:
                group = self._choose_group(taken)
            cell = self._groups[group].popleft()
            if not self._groups[group]:
                del self._groups[group]
            if self._claim(cell):
                self._n_out += 1
                return Job(cell, self._storage_of(cell))
        return None

    def _storage_of(self, cell: Cell) -> str | None:
        """Where the trials of a cell's search are kept; in memory for a remote folder."""
        if not cell.protocol.search.trials:
            return None
        if self._storage is None and self._store.is_local:
            return file_storage(self._store.search_file(cell.key))
        return self._storage

    def _choose_group(self, taken: Collection[Group]) -> Group:
        """A group untouched here and elsewhere, or the one with most work waiting."""
        untouched = [waiting for waiting in self._groups if waiting not in taken]
        claimed = self._claims.claimed_elsewhere() if untouched else set()
        for waiting in untouched:
            if not any(cell.key in claimed for cell in self._groups[waiting]):
                return waiting
        if untouched and not claimed:
            return untouched[0]
        return max(self._groups, key=lambda waiting: sum(map(work_of, self._groups[waiting])))

    def _claim(self, cell: Cell) -> bool:
        if self._attempts.get(cell.key) and self._claims.holds(cell.key):
            return True  # still claimed from the attempt before
        if not self._claims.take(cell.key):
            self._elsewhere.append(cell)
            return False
        # another runner may have finished it between our first look and our claim
        if self._done_elsewhere(cell):
            self._claims.release(cell.key)
            self._count(cell, failed=False)
            return False
        return True

    def _done_elsewhere(self, cell: Cell) -> bool:
        if not self._store.is_finished(cell.key):
            return False
        before = self._replaced.get(cell.key)
        return before is None or self._store.stored_row(cell.key) != before

    def keep(self, cell: Cell, result: Result) -> None:
        """Put a result on disk, if the claim to its cell still stands."""
        self._n_out -= 1
        row, predictions = result
        if row["status"] == ENVIRONMENT:
            self._claims.release(cell.key)
            raise RuntimeError(f"{cell.key}: {row['reason']}")
        if not self._claims.holds(cell.key):
            # other runners took this one for dead: it was stopped, or its machine slept
            self._elsewhere.append(cell)
            return
        stored = self._store.save(row, predictions, replaced=self._replaced.get(cell.key))
        self._claims.release(cell.key)
        if not stored:  # another runner took the claim over and gave it back in between
            self._elsewhere.append(cell)
            return
        if self._store.is_local and row["status"] == "ok":
            self._store.forget_search(cell.key)
        self._count(cell, failed=row["status"] != "ok")

    def try_again(self, cell: Cell) -> bool:
        """Put a cell back whose worker was ended from outside; False after enough attempts."""
        attempts = self._attempts[cell.key] = self._attempts.get(cell.key, 0) + 1
        if attempts >= MAX_ATTEMPTS:
            return False
        self._n_out -= 1
        self._groups.setdefault(group_of(cell), deque()).appendleft(cell)
        return True

    def look_again(self) -> None:
        """See what has become of the cells that other runners had."""
        if not self._elsewhere or time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + LOOK_AGAIN
        cells, self._elsewhere = self._elsewhere, []
        for cell in cells:
            if self._claim(cell):
                self._claims.release(cell.key)  # its runner has died: here it waits like others
                self._groups.setdefault(group_of(cell), deque()).append(cell)

    def _count(self, cell: Cell, *, failed: bool) -> None:
        self._n_open -= 1
        self._display.finished(work_of(cell), failed=failed)
