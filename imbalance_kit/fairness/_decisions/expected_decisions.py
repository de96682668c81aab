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

    def cost_and_rates(self, weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Expected cost of a decision by each rule, and each rate by rule and group.

        The shapes are (n_rules,) and (n_rates, n_rules, n_groups).
        """
        accepted, size = self._accepted(weight)
        false, true = accepted[0::2], accepted[1::2]
        negatives, positives = size[0::2, None], size[1::2, None]
        cost = self._costs[0] * false + self._costs[1] * (positives - true)
        # a group may be without rows of a class, above all in a draw
        with np.errstate(invalid="ignore", divide="ignore"):
            found = {
                "false_positive": false / negatives,
                "true_positive": true / positives,
                "selection": (false + true) / (negatives + positives),
            }
        rates = np.array([found[rate].T for rate in self._rates])
        return cost.sum(axis=0) / size.sum(), rates

    def sizes(self, weight: np.ndarray | None) -> np.ndarray:
        """Effective numbers of rows that rates are shares of, shape (n_rates, n_groups)."""
        sums = self._sums(weight)
        squares = sums if weight is None else self._sums(weight**2)
        of = {"false_positive": (0,), "true_positive": (1,), "selection": (0, 1)}
        parts = [
            [sum(every[part::2] for part in of[rate]) for rate in self._rates]
            for every in (sums, squares)
        ]
        whole, square = np.array(parts[0]), np.array(parts[1])
        return np.where(square > 0, whole**2 / np.where(square > 0, square, 1.0), 0.0)

    def bootstrap(
        self, n_draws: int, seed: int, weight: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Costs and rates for rows drawn with replacement, the draws first."""
        rng = np.random.RandomState(seed)
        n_rows = len(self._kind_of_row)
        costs, rates = [], []
        for _ in range(n_draws):
            times = np.bincount(rng.randint(n_rows, size=n_rows), minlength=n_rows)
            cost, of_groups = self.cost_and_rates(times if weight is None else times * weight)
            costs.append(cost)
            rates.append(of_groups)
        return np.array(costs), np.array(rates)

    def _sums(self, weight: np.ndarray | None) -> np.ndarray:
        """Weight of the rows of each group and class."""
        return np.bincount(
            self._group_class[self._kind_of_row], weights=weight, minlength=2 * self._n_groups
        ).astype(np.float64)

    def _accepted(self, weight: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Weight that each rule is expected to accept, and all weight, by group and class."""
        kind_weight = np.bincount(
            self._kind_of_row, weights=weight, minlength=len(self._group_class)
        )
        accepted = np.zeros((2 * self._n_groups, self._chances.shape[1]))
        np.add.at(accepted, self._group_class, kind_weight[:, None] * self._chances)
        size = np.bincount(self._group_class, weights=kind_weight, minlength=len(accepted))
        return accepted, size


def largest_difference(rates: np.ndarray) -> np.ndarray:
    """Largest difference of any rate between two groups, of each rule; groups without are left out.

    Parameters
    ----------
    rates : ndarray of shape (n_rates, n_rules, n_groups)
    """
    return (np.nanmax(rates, axis=2) - np.nanmin(rates, axis=2)).max(axis=0)
