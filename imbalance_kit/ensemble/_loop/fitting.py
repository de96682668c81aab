"""The two records of a fit: what the hooks of a method may look at, what a learner learns from."""

from collections.abc import Mapping
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
        Rows of the table, repeated where drawn more than once; a synthetic row counts as its seed.

    table : table of shape (n_drawn, n_features) or None
        The rows themselves, where some of them are synthetic.

    weight : ndarray of shape (n_drawn,) or None
        Weights of the drawn rows, where the method weighs them itself. They take the place of
        the user's.

    row_weight : ndarray of shape (n_rows,) or None
        Weights of the rows of the table, where the method weighs these and no row is synthetic.
        They take the place of the user's.

    in_bag : ndarray or None
        Rows that the learner has seen something of, where these are not the drawn ones: the
        parents of synthetic rows.

    warning : str or None
        What the user is to be warned of; the first one of a fit is given.
    """

    rows: np.ndarray
    table: Any = None
    weight: np.ndarray | None = None
    row_weight: np.ndarray | None = None
    in_bag: np.ndarray | None = None
    warning: str | None = None


@dataclass(frozen=True)
class Fitting:
    """What the hooks of a method may look at while ``fit`` runs.

    Attributes
    ----------
    X : table
        The rows in play, as the base learner reads them.

    y : ndarray of shape (n_rows,)
        Labels of the rows.

    y_encoded : ndarray of shape (n_rows,)
        Position of each row's class in `classes`.

    weight : ndarray of shape (n_rows,) or None
        Weights of the rows for the learners: the user's, by class weights if the method has any.

    classes : ndarray of shape (n_classes,)
        Labels, sorted.

    class_counts : ndarray of shape (n_classes,)
        Rows of each class in the table given to ``fit``, without those held out.

    wanted : ndarray of shape (n_classes,)
        Rows of each class in a round, as `sampling_strategy` wants them.

    sampling_type : {"under-sampling", "over-sampling"}
        Whether rounds leave rows out or add some.

    sampling_strategy : float, str, dict or callable
        As the user gave it.

    targets : dict
        The numbers of rows that it stands for, by class.

    n_rounds : int
        Rounds of the whole fit, those done before a warm start included. Learners that are
        trained side by side share a round.

    per_round : int
        Learners of a round.

    schedule : str
        How the rows of a round change over the rounds.

    row_numbers : ndarray of shape (n_rows,) or None
        Number of each row in the table given to ``fit``, where not all of them are in play.

    n_threads : int
        Threads that may be used.

    kept : ndarray or None
        Rows of the table given to ``fit`` that have weight; None for all.

    class_rows : list of ndarray
        Rows of each class, in order.
    """

    X: Any
    y: np.ndarray
    y_encoded: np.ndarray
    weight: np.ndarray | None
    classes: np.ndarray
    class_counts: np.ndarray
    wanted: np.ndarray
    sampling_type: str = "under-sampling"
    sampling_strategy: Any = "auto"
    targets: Mapping[Any, int] = field(default_factory=dict)
    n_rounds: int = 1
    per_round: int = 1
    schedule: str = "uniform"
    row_numbers: np.ndarray | None = None
    n_threads: int = 1
    kept: np.ndarray | None = None

    @cached_property
    def class_rows(self) -> list[np.ndarray]:
        order = np.argsort(self.y_encoded, kind="stable")
        ends = np.cumsum(np.bincount(self.y_encoded, minlength=len(self.wanted)))
        return np.split(order, ends[:-1])

    @cached_property
    def everything(self) -> np.ndarray:
        """All rows. A draw that is this very array is trained on without a copy of the table."""
        return np.arange(len(self.y_encoded))

    def is_everything(self, rows: np.ndarray) -> bool:
        """Whether some rows are the array `everything` itself.

        Parameters
        ----------
        rows : ndarray
            Rows of a draw.

        Returns
        -------
        is_everything : bool
        """
        return rows is self.__dict__.get("everything")

    def round_of(self, number: int) -> int:
        """The round of a learner.

        Parameters
        ----------
        number : int
            Number of the learner, from 0.

        Returns
        -------
        round : int
            Learners that are trained side by side share one.
        """
        return number // self.per_round

    def wanted_by(self, number: int) -> np.ndarray:
        """Rows of each class that a learner is trained on.

        Parameters
        ----------
        number : int
            Number of the learner, from 0.

        Returns
        -------
        counts : ndarray of shape (n_classes,)
            By the schedule, where the numbers change over the rounds.
        """
        return rows_in_round(
            self.class_counts, self.wanted, self.schedule, self.round_of(number), self.n_rounds
        )

    def numbers_of(self, rows: np.ndarray) -> np.ndarray:
        """Numbers of rows in the table given to ``fit``.

        Parameters
        ----------
        rows : ndarray of shape (n,)
            Rows of `X`.

        Returns
        -------
        numbers : ndarray of shape (n,)
        """
        return self._all_numbers if self.is_everything(rows) else self._numbers_of(rows)

    @cached_property
    def _all_numbers(self) -> np.ndarray:
        return self._numbers_of(self.everything)

    def _numbers_of(self, rows: np.ndarray) -> np.ndarray:
        numbers = rows if self.row_numbers is None else self.row_numbers[rows]
        return numbers.astype(np.int32 if numbers.max(initial=0) < 2**31 else np.int64)
