"""What is known while an ensemble is fitted, and what a round learns from."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from imbalance_kit.ensemble._loop.schedule import rows_in_round


@dataclass(frozen=True)
class Draw:
    """What one learner is trained on.

    Attributes
    ----------
    rows : ndarray of shape (n_drawn,)
        Rows of the table, repeated where drawn more than once; a made row counts as its seed.

    made : table of shape (n_drawn, n_features) or None
        The rows themselves, where some of them are made.

    weight : ndarray of shape (n_drawn,) or None
        Weights of the drawn rows, where the method weighs them itself. They take the place of
        the user's.

    row_weight : ndarray of shape (n_rows,) or None
        Weights of the rows of the table, where the method weighs these and no row is made. They
        take the place of the user's.

    seen : ndarray or None
        Rows that had a say in what the learner sees, where these are not the drawn ones: the
        parents of made rows.
    """

    rows: np.ndarray
    made: Any = None
    weight: np.ndarray | None = None
    row_weight: np.ndarray | None = None
    seen: np.ndarray | None = None


@dataclass
class Fitting:
    """What the hooks of a method may look at while ``fit`` runs.

    Attributes
    ----------
    X : table
        The rows in play, as the base learner reads them.

    y : ndarray of shape (n_rows,)
        Labels of the rows.

    codes : ndarray of shape (n_rows,)
        Position of each row's class in ``classes_``.

    weight : ndarray of shape (n_rows,) or None
        The user's weights.

    natural : ndarray of shape (n_classes,)
        Rows of each class in the table given to ``fit``, without those held out.

    wanted : ndarray of shape (n_classes,)
        Rows of each class in a round, as `sampling_strategy` asks for them.

    n_rounds : int
        Rounds of the whole fit, those done before a warm start included. Learners that are
        trained side by side share a round.

    per_round : int
        Learners of a round.

    schedule : str
        How the rows of a round change over the rounds.

    origin : ndarray of shape (n_rows,) or None
        Number of each row in the table given to ``fit``, where not all of them are in play.

    n_threads : int
        Threads that may be used.

    members : list of ndarray
        Rows of each class, in order.

    memory : dict
        What a method keeps from round to round.
    """

    X: Any
    y: np.ndarray
    codes: np.ndarray
    weight: np.ndarray | None
    natural: np.ndarray
    wanted: np.ndarray
    n_rounds: int
    per_round: int = 1
    schedule: str = "uniform"
    origin: np.ndarray | None = None
    n_threads: int = 1
    memory: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        order = np.argsort(self.codes, kind="stable")
        ends = np.cumsum(np.bincount(self.codes, minlength=len(self.wanted)))
        self.members = np.split(order, ends[:-1])

    @cached_property
    def everything(self) -> np.ndarray:
        """All rows. A draw that is this very array is trained on without a copy of the table."""
        return np.arange(len(self.codes))

    def is_everything(self, rows: np.ndarray) -> bool:
        """Whether rows are that very array."""
        return rows is self.__dict__.get("everything")

    def round_of(self, number: int) -> int:
        """The round of a learner."""
        return number // self.per_round

    def wanted_by(self, number: int) -> np.ndarray:
        """Rows of each class that a learner is to see."""
        return rows_in_round(
            self.natural, self.wanted, self.schedule, self.round_of(number), self.n_rounds
        )

    def numbers_of(self, rows: np.ndarray) -> np.ndarray:
        """Numbers of rows in the table given to ``fit``."""
        return self._all_numbers if self.is_everything(rows) else self._numbers_of(rows)

    @cached_property
    def _all_numbers(self) -> np.ndarray:
        return self._numbers_of(self.everything)

    def _numbers_of(self, rows: np.ndarray) -> np.ndarray:
        numbers = rows if self.origin is None else self.origin[rows]
        return numbers.astype(np.int32 if numbers.max(initial=0) < 2**31 else np.int64)
