"""The linear program of optimized pre-processing: how often each case gets each outcome."""

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

_TIE = 1e-3  # price of distortion: it decides between maps of the same loss
_SCALE = 1e3  # of prices: HiGHS takes what is below 1e-7 for nothing


class Program:
    """Cases are a group, a row and a label; outcomes are a row and a label.

    Parameters
    ----------
    cases : ndarray of int
        Cases that occur, as ``(group * n_rows + row) * n_classes + label``.

    share : ndarray of shape (n_cases,)
        Share of all rows in each.

    n_groups, n_rows, n_classes : int
        Numbers of groups, of different rows and of labels.
    """

    def __init__(
        self, cases: np.ndarray, share: np.ndarray, n_groups: int, n_rows: int, n_classes: int
    ) -> None:
        self._share, self._n_groups, self._n_classes = share, n_groups, n_classes
        self._n_outcomes = n_rows * n_classes
        self._outcome = cases % self._n_outcomes
        self._group = cases // self._n_outcomes
        group_share = np.bincount(self._group, weights=share, minlength=n_groups)
        self._within = share / np.maximum(group_share, 1e-300)[self._group]

    def identity(self) -> sparse.csr_array:
        """Everything stays."""
        n_cases = len(self._outcome)
        entries = np.ones(n_cases), (np.arange(n_cases), self._outcome)
        return sparse.csr_array(entries, shape=(n_cases, self._n_outcomes))

    def objective(self, mapping: sparse.csr_array) -> float:
        """Half the absolute change of the outcomes' shares."""
        return 0.5 * float(np.abs(self._share @ mapping - self._before()).sum())

    def label_chance(self, mapping: sparse.csr_array) -> np.ndarray:
        """Chance of each label by group."""
        by_case = np.zeros((len(self._outcome), self._n_classes))
        found = mapping.tocoo()
        np.add.at(by_case, (found.row, found.col % self._n_classes), found.data)
        chance = np.zeros((self._n_groups, self._n_classes))
        np.add.at(chance, self._group, self._within[:, None] * by_case)
        return chance

    def solve(
        self, distance: np.ndarray, levels: np.ndarray, most: np.ndarray, epsilon: float
    ) -> sparse.csr_array:
        """The map that changes shares least within the bounds."""
        n_cases, n_outcomes = len(self._outcome), self._n_outcomes
        of_case = distance[self._outcome]
        allowed = np.ones_like(of_case, dtype=bool)
        for level, chance in zip(levels, most, strict=True):
            if chance <= 0:
                allowed &= of_case < level
        case, outcome = np.nonzero(allowed)
        n_moves = len(case)
        if len(np.unique(case)) < n_cases:
            raise ValueError(
                "distortion forbids some rows to stay as they are. Give a distance that is 0 for "
                "no change, or raise max_chance."
            )
        move = np.arange(n_moves)
        # variables: chances of moves, absolute changes of shares, lower ends of label chances
        n_variables = n_moves + n_outcomes + self._n_classes
        absolute = n_moves + np.arange(n_outcomes)

        # the chances of each case add up to 1
        rows_eq = sparse.csr_array((np.ones(n_moves), (case, move)), shape=(n_cases, n_variables))
        # absolute change of an outcome's share: at least the change, and at least its negative
        after = sparse.csr_array(
            (self._share[case], (outcome, move)), shape=(n_outcomes, n_variables)
        )
        slack = sparse.csr_array(
            (np.ones(n_outcomes), (np.arange(n_outcomes), absolute)),
            shape=(n_outcomes, n_variables),
        )
        before = self._before()
        blocks, limits = [after - slack, -after - slack], [before, -before]

        # the chance of each label lies, for every group, between a lower end and that plus epsilon
        label = outcome % self._n_classes
        n_chances = self._n_groups * self._n_classes
        bound_row = self._group[case] * self._n_classes + label
        chance = sparse.csr_array(
            (self._within[case], (bound_row, move)), shape=(n_chances, n_variables)
        )
        low = n_moves + n_outcomes + np.arange(n_chances) % self._n_classes
        floor = sparse.csr_array(
            (np.ones(n_chances), (np.arange(n_chances), low)), shape=(n_chances, n_variables)
        )
        blocks += [chance - floor, floor - chance]
        limits += [np.full(n_chances, epsilon), np.zeros(n_chances)]

        # for each (x, y): groups count by their share among the rows that hold it
        of_kind = self._share / np.maximum(before[self._outcome], 1e-300)
        for level, bound in zip(levels, most, strict=True):
            far = of_case[case, outcome] >= level
            if 0 < bound < 1 and far.any():
                entries = of_kind[case[far]], (self._outcome[case[far]], move[far])
                blocks.append(sparse.csr_array(entries, shape=(n_outcomes, n_variables)))
                limits.append(np.full(n_outcomes, bound))

        price = np.concatenate(
            [
                _TIE * self._share[case] * of_case[case, outcome],
                np.full(n_outcomes, 0.5),
                np.zeros(self._n_classes),
            ]
        )
        found = linprog(
            _SCALE * price,
            A_ub=sparse.vstack(blocks, format="csr"),
            b_ub=np.concatenate(limits),
            A_eq=rows_eq,
            b_eq=np.ones(n_cases),
            bounds=(0.0, None),
            method="highs",
        )
        if found.status == 2:
            raise ValueError(
                f"No map brings the groups' labels within epsilon={epsilon} under these bounds on "
                "distortion. Raise epsilon or max_chance, or count less as distortion."
            )
        if not found.success:
            raise RuntimeError(f"The linear program was not solved: {found.message}")
        chances = np.where(found.x[:n_moves] > 1e-12, found.x[:n_moves], 0.0)
        mapping = sparse.csr_array((chances, (case, outcome)), shape=(n_cases, n_outcomes))
        mapping.eliminate_zeros()
        return mapping

    def _before(self) -> np.ndarray:
        return np.bincount(self._outcome, weights=self._share, minlength=self._n_outcomes)
