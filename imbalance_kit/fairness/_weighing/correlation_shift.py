"""Weights under which groups and labels are related as they will be in deployment."""

from numbers import Real

import numpy as np

from imbalance_kit._tables.labels import spell
from imbalance_kit.fairness._groups.group_reading import Groups
from imbalance_kit.fairness._weighing.base import Weigher
from imbalance_kit.fairness._weighing.joint_shares import is_reachable, nearest_joint

_STEPS = 60  # halvings in the search for what is reachable


class CorrelationShift(Weigher):
    """Weights that move the relation of groups and labels to a given value, and little else.

    The relation is the difference of the groups' rates of positive labels, which are those of the
    second class. The joint shares of groups and labels become the ones nearest to the present that
    have the wanted difference.

    Parameters
    ----------
    sensitive_features : str, int, array-like or None, default=None
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations. None: they are given beside X.

    target : float, tuple of two floats or dict, default=0.0
        The wanted difference. A float is for two groups: the positive rate of the second one, in
        sorted order, minus that of the first; 0 is for any number of groups. A tuple is a range,
        of which the nearest end is taken (the present value if it lies inside). A dict gives the
        positive rate of each group, of which the differences count.

    gammas : tuple of two floats, default=(0.05, 0.05)
        How far the share of the positive class, and that of each group, may move.

    Attributes
    ----------
    sample_weight_ : ndarray of shape (n_samples,)
        Weights of the rows, multiplied by those that were given.

    cell_weight_ : ndarray of shape (n_groups, n_classes)
        What the weight of a row is multiplied by, for each group and class.

    joint_ : ndarray of shape (n_groups, n_classes)
        Shares of the groups and classes in the weighted data.

    groups_ : tuple
        The groups, sorted.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    Reweighing : A difference of 0, with the shares of groups and classes as they are.

    WeightSampler : The same weights by leaving out or repeating rows.

    Notes
    -----
    A method that is fair on its training data is not where groups and labels are related in
    another way. So the data are first brought to the relation that deployment will have: known, or
    estimated by a label-shift method for each group. After that train with whatever method.

    The paper relaxes the problem to a semidefinite program. Written in the share of each group and
    the positive rate of one of them, the others following from the target, it is a smooth problem
    of as many variables as there are groups, which is solved as it is from a grid of starts. The
    difference is met to about 1e-9; that the shares are the nearest ones rests on the starts. The
    paper's code halves its limits: its ``gamma=0.1`` is 0.05 here.

    With one group, or where the present difference is the wanted one, all weights are 1. Groups
    are needed in ``fit`` alone, not to predict. It needs exactly two classes if there is more than
    one group. Cost is O(n), and the optimisation over the groups.

    References
    ----------
    .. [1] Y. Roh, K. Lee, S. E. Whang, C. Suh, "Improving Fair Training under Correlation Shifts",
       International Conference on Machine Learning (ICML), 2023.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import CorrelationShift
    >>> group, y = np.repeat([1, 0, 1, 0], [30, 10, 20, 40]), np.repeat([1, 0], [40, 60])
    >>> weigher = CorrelationShift(target=0.18).fit(np.empty((100, 1)), y, sensitive_features=group)
    >>> rate = weigher.joint_[:, 1] / weigher.joint_.sum(axis=1)
    >>> float(round(rate[1] - rate[0], 6))
    0.18
    """

    _parameter_constraints: dict = {
        **Weigher._parameter_constraints,
        "target": [Real, tuple, dict],
        "gammas": [tuple],
    }

    def __init__(self, *, sensitive_features=None, target=0.0, gammas=(0.05, 0.05)):
        self.sensitive_features = sensitive_features
        self.target = target
        self.gammas = gammas

    def _weigh(self, weight_sums, rows):
        gammas = self._limits()
        joint = weight_sums / weight_sums.sum()
        if rows.groups.n_groups == 1:
            self.joint_ = joint
            return np.ones_like(joint)
        rows.require_two_classes(self, "as it moves rates of the positive one")
        rows.require_all(weight_sums)
        rate = joint[:, 1] / joint.sum(axis=1)
        wanted = self._differences(rate, rows.groups)
        if np.allclose(wanted, rate - rate[0], rtol=0, atol=1e-12):
            self.joint_ = joint
            return np.ones_like(joint)
        self._require_reachable(joint, wanted, gammas, rows.groups)
        self.joint_ = nearest = nearest_joint(joint, wanted, *gammas)
        return nearest / joint

    def _limits(self) -> tuple[float, float]:
        valid = len(self.gammas) == 2 and all(
            isinstance(gamma, Real) and float(gamma) >= 0 for gamma in self.gammas
        )
        if not valid:
            raise ValueError(
                f"gammas={self.gammas!r}: expected two numbers that are not negative, for the "
                "share of the positive class and for those of the groups."
            )
        return float(self.gammas[0]), float(self.gammas[1])

    def _differences(self, rate: np.ndarray, groups: Groups) -> np.ndarray:
        """Wanted positive rate of each group minus that of the first."""
        if isinstance(self.target, dict):
            if set(self.target) != set(groups.labels):
                raise ValueError(
                    f"target names the groups {list(self.target)}; expected a rate for each of "
                    f"{list(groups.labels)}."
                )
            rates = np.array([self.target[label] for label in groups.labels], dtype=np.float64)
            return rates - rates[0]
        if isinstance(self.target, tuple):
            if len(self.target) != 2 or self.target[0] > self.target[1]:
                raise ValueError(
                    f"target={self.target!r}: a range is a tuple (low, high) of two numbers."
                )
            low, high = self.target
        else:
            low = high = self.target
        if groups.n_groups > 2 and not low == high == 0:
            raise ValueError(
                f"target={self.target!r} is for two groups; there are {groups.n_groups}. Give a "
                "dict with the positive rate of each group."
            )
        if groups.n_groups > 2:
            return np.zeros(groups.n_groups)
        return np.array([0.0, np.clip(rate[1] - rate[0], low, high)])

    def _require_reachable(
        self, joint: np.ndarray, wanted: np.ndarray, gammas: tuple[float, float], groups: Groups
    ) -> None:
        if is_reachable(joint, wanted, *gammas):
            return
        rate = joint[:, 1] / joint.sum(axis=1)
        present = rate - rate[0]
        # The present differences can be reached, the wanted ones cannot: a bisection finds how far
        # from the first towards the second the limits allow to go.
        low, high = 0.0, 1.0
        for _ in range(_STEPS):
            middle = (low + high) / 2
            if is_reachable(joint, present + middle * (wanted - present), *gammas):
                low = middle
            else:
                high = middle
        nearest = present + low * (wanted - present)
        shown = ", ".join(
            f"{groups.spell(group)}: {difference:.4f}"
            for group, difference in enumerate(nearest)
            if group > 0
        )
        raise ValueError(
            f"No shares reach target={spell(self.target)} with gammas={gammas}. The nearest "
            f"difference that they reach, to the group {groups.spell(0)}, is {shown}. Widen "
            "gammas, or take a target nearer to the present."
        )
