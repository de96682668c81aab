"""The linear program of optimized pre-processing: which outcome, for each cell, how often."""

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

_TIE = 1e-3  # what distortion costs where the loss does not mind
_SCALE = 1e3  # of prices: HiGHS takes what is below 1e-7 for nothing


class Program:
    """Cells are a group, a row and a label; outcomes are a row and a label.

    Parameters
    ----------
    cells : ndarray of int
        Cells that occur, as ``(group * n_rows + row) * n_classes + label``.

    share : ndarray of shape (n_cells,)
        Share of all rows in each.

    n_groups, n_rows, n_classes : int
        What there is.
    """

    def __init__(
        self, cells: np.ndarray, share: np.ndarray, n_groups: int, n_rows: int, n_classes: int
    ) -> None:
        self._share, self._n_groups, self._n_classes = share, n_groups, n_classes
        self._n_outcomes = n_rows * n_classes
        self._outcome = cells % self._n_outcomes
        self._group = cells // self._n_outcomes
        mass = np.bincount(self._group, weights=share, minlength=n_groups)
        self._within = share / np.maximum(mass, 1e-300)[self._group]

    def identity(self) -> sparse.csr_array:
        """Everything stays."""
        n_cells = len(self._outcome)
        entries = np.ones(n_cells), (np.arange(n_cells), self._outcome)
        return sparse.csr_array(entries, shape=(n_cells, self._n_outcomes))

    def objective(self, mapping: sparse.csr_array) -> float:
        """Half the absolute change of the outcomes' shares."""
        return 0.5 * float(np.abs(self._share @ mapping - self._before()).sum())

    def label_chance(self, mapping: sparse.csr_array) -> np.ndarray:
        """Chance of each label by group."""
        by_cell = np.zeros((len(self._outcome), self._n_classes))
        found = mapping.tocoo()
        np.add.at(by_cell, (found.row, found.col % self._n_classes), found.data)
        chance = np.zeros((self._n_groups, self._n_classes))
        np.add.at(chance, self._group, self._within[:, None] * by_cell)
        return chance

    def solve(
        self, distance: np.ndarray, levels: np.ndarray, most: np.ndarray, epsilon: float
    ) -> sparse.csr_array:
        """The map that changes shares least within the bounds."""
        n_cells, n_outcomes = len(self._outcome), self._n_outcomes
        of_cell = distance[self._outcome]
        allowed = np.ones_like(of_cell, dtype=bool)
        for level, chance in zip(levels, most, strict=True):
            if chance <= 0:
                allowed &= of_cell < level
        cell, outcome = np.nonzero(allowed)
        n_moves = len(cell)
        if len(np.unique(cell)) < n_cells:
            raise ValueError(
                "distortion forbids some rows to stay as they are. Give a distance that is 0 for "
                "no change, or raise max_chance."
            )
        move = np.arange(n_moves)
        # variables: chances of moves, absolute changes of shares, lower ends of label chances
        n_variables = n_moves + n_outcomes + self._n_classes
        absolute = n_moves + np.arange(n_outcomes)

        rows_eq = sparse.csr_array((np.ones(n_moves), (cell, move)), shape=(n_cells, n_variables))
        after = sparse.csr_array(
            (self._share[cell], (outcome, move)), shape=(n_outcomes, n_variables)
        )
        own = sparse.csr_array(
            (np.ones(n_outcomes), (np.arange(n_outcomes), absolute)),
            shape=(n_outcomes, n_variables),
        )
        before = self._before()
        blocks, limits = [after - own, -after - own], [before, -before]

        label = outcome % self._n_classes
        n_chances = self._n_groups * self._n_classes
        line = self._group[cell] * self._n_classes + label
        chance = sparse.csr_array(
            (self._within[cell], (line, move)), shape=(n_chances, n_variables)
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
            far = of_cell[cell, outcome] >= level
            if 0 < bound < 1 and far.any():
                entries = of_kind[cell[far]], (self._outcome[cell[far]], move[far])
                blocks.append(sparse.csr_array(entries, shape=(n_outcomes, n_variables)))
                limits.append(np.full(n_outcomes, bound))

        price = np.concatenate(
            [
                _TIE * self._share[cell] * of_cell[cell, outcome],
                np.full(n_outcomes, 0.5),
                np.zeros(self._n_classes),
            ]
        )
        found = linprog(
            _SCALE * price,
            A_ub=sparse.vstack(blocks, format="csr"),
            b_ub=np.concatenate(limits),
            A_eq=rows_eq,
            b_eq=np.ones(n_cells),
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
        mapping = sparse.csr_array((chances, (cell, outcome)), shape=(n_cells, n_outcomes))
        mapping.eliminate_zeros()
        return mapping

    def _before(self) -> np.ndarray:
        return np.bincount(self._outcome, weights=self._share, minlength=self._n_outcomes)
