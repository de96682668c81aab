"""Expected cost, and difference of rates between groups, of decisions made by several rules."""

import numpy as np

from imbalance_kit.fairness._groups.group_reading import Groups


class ExpectedDecisions:
    """Decisions on some rows, for any weights of the rows.

    Parameters
    ----------
    chances : ndarray of shape (n_samples, n_rules)
        Chance of a positive decision by each rule.

    positive : ndarray of shape (n_samples,), bool
        Which rows are of the positive class.

    groups : Groups
        Group of each row.

    rates : tuple of str
        Rates that must not differ between groups.

    costs : tuple of float
        Of a false positive and of a false negative.
    """

    def __init__(
        self,
        chances: np.ndarray,
        positive: np.ndarray,
        groups: Groups,
        rates: tuple[str, ...],
        costs: tuple[float, float],
    ) -> None:
        # Rows of one group and class with the same chances count alike. Few thresholds make few
        # kinds of rows, so a draw of the bootstrap is one count of rows by kind.
        table = np.column_stack([groups.of_row * 2 + positive, chances])
        kinds, kind_of_row = np.unique(table, axis=0, return_inverse=True)
        self._kind_of_row = kind_of_row.ravel()
        self._group_class = kinds[:, 0].astype(np.intp)
        self._chances = kinds[:, 1:]
        self._n_groups, self._rates, self._costs = groups.n_groups, rates, costs

    def cost_and_violation(self, weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Expected cost of a decision, and largest difference of a rate, of each rule."""
        n_kinds = len(self._group_class)
        kind_weight = np.bincount(self._kind_of_row, weights=weight, minlength=n_kinds)
        shape = (2 * self._n_groups, self._chances.shape[1])
        accepted = np.zeros(shape)
        np.add.at(accepted, self._group_class, kind_weight[:, None] * self._chances)
        size = np.bincount(self._group_class, weights=kind_weight, minlength=shape[0])
        false, true = accepted[0::2], accepted[1::2]
        negatives, positives = size[0::2, None], size[1::2, None]
        cost = self._costs[0] * false + self._costs[1] * (positives - true)
        # a group may be without rows of a class, above all in a draw; it is left out by nanmax
        with np.errstate(invalid="ignore", divide="ignore"):
            found = {
                "false_positive": false / negatives,
                "true_positive": true / positives,
                "selection": (false + true) / (negatives + positives),
            }
        differences = [
            np.nanmax(found[rate], 0) - np.nanmin(found[rate], 0) for rate in self._rates
        ]
        return cost.sum(axis=0) / size.sum(), np.max(differences, axis=0)

    def bootstrap(self, n_draws: int, seed: int, weight: np.ndarray | None) -> np.ndarray:
        """Both figures for rows drawn with replacement, shape (n_draws, 2, n_rules)."""
        rng = np.random.RandomState(seed)
        n_rows = len(self._kind_of_row)
        drawn = []
        for _ in range(n_draws):
            times = np.bincount(rng.randint(n_rows, size=n_rows), minlength=n_rows)
            drawn.append(self.cost_and_violation(times if weight is None else times * weight))
        return np.array(drawn)
