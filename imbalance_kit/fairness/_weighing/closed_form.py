"""Weights in closed form, one for each group and class."""

import numpy as np

from imbalance_kit.fairness._weighing.base import Weigher


class Reweighing(Weigher):
    """Weights under which groups and labels are independent.

    A row of group s and class y weighs P(s) P(y) / P(s, y).

    Parameters
    ----------
    sensitive_features : str, int, array-like or None, default=None
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations. None: they are given beside X.

    Attributes
    ----------
    sample_weight_ : ndarray of shape (n_samples,)
        Weights of the rows, multiplied by those that were given.

    cell_weight_ : ndarray of shape (n_groups, n_classes)
        What the weight of a row is multiplied by, for each group and class.

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
    FairBalance : Even classes inside every group instead.

    FairSampler : The same by drawing rows.

    imbalance_kit.compose.WeightedClassifier : Weigh inside ``fit``.

    Notes
    -----
    Exact, for any number of groups and classes: in the weighted data every group has the same share
    of each class, groups and classes keep their shares, and the total stays. With one group all
    weights are 1. A group without rows of a class is an error.

    Groups are needed in ``fit`` alone, not to predict. Data with equal rates do not make a model
    decide at equal rates: it may still infer the group from other columns, and errors may differ
    between groups.

    Cost is O(n).

    References
    ----------
    .. [1] F. Kamiran, T. Calders, "Data Preprocessing Techniques for Classification without
       Discrimination", Knowledge and Information Systems 33, 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import Reweighing
    >>> group = np.repeat(["f", "m"], [5, 5])
    >>> y = np.array([1, 1, 0, 0, 0, 1, 1, 1, 1, 0])
    >>> weigher = Reweighing().fit(np.empty((10, 1)), y, sensitive_features=group)
    >>> weigher.cell_weight_.round(3)
    array([[0.667, 1.5  ],
           [2.   , 0.75 ]])
    """

    def __init__(self, *, sensitive_features=None):
        self.sensitive_features = sensitive_features

    def _weigh(self, weight_sums, rows):
        rows.require_all(weight_sums)
        # what the pairs would weigh if groups and classes with these totals were independent
        of_group, of_class = weight_sums.sum(axis=1), weight_sums.sum(axis=0)
        independent = np.outer(of_group, of_class) / weight_sums.sum()
        return independent / weight_sums


class FairBalance(Weigher):
    """Weights that even out the classes inside every group.

    Parameters
    ----------
    sensitive_features : str, int, array-like or None, default=None
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations. None: they are given beside X.

    variant : bool, default=False
        Even out the groups as well: each pair of a group and a class gets the same total weight.

    Attributes
    ----------
    sample_weight_ : ndarray of shape (n_samples,)
        Weights of the rows, multiplied by those that were given.

    cell_weight_ : ndarray of shape (n_groups, n_classes)
        What the weight of a row is multiplied by, for each group and class.

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
    Reweighing : Equal class shares in all groups, at the shares the classes have.

    FairSMOTE : The same by synthetic rows.

    Notes
    -----
    Exact, for any number of groups and classes. A row of group s and class y weighs ``n_s / (K
    n_sy)``, with K classes; with `variant` ``n / (G K n_sy)``, with G groups. With one group these
    are the weights of ``class_weight="balanced"``. A group without rows of a class is an error.

    Groups are needed in ``fit`` alone, not to predict. The classes are as large as each other
    afterwards, so predicted probabilities of the rare class are too high; correct them with
    :func:`~imbalance_kit.calibration.correct_prior`. The aim is equal error rates of groups
    (equalised odds), which it helps with but does not guarantee.

    Cost is O(n).

    References
    ----------
    .. [1] Z. Yu, J. Chakraborty, T. Menzies, "FairBalance: How to Achieve Equalized Odds With Data
       Pre-processing", IEEE Transactions on Software Engineering 50, 2024.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import FairBalance
    >>> group = np.repeat(["f", "m"], [4, 12])
    >>> y = np.repeat([0, 1, 0, 1], [3, 1, 6, 6])
    >>> weigher = FairBalance().fit(np.empty((16, 1)), y, sensitive_features=group)
    >>> weigher.cell_weight_.round(3)
    array([[0.667, 2.   ],
           [1.   , 1.   ]])
    """

    _parameter_constraints: dict = {**Weigher._parameter_constraints, "variant": ["boolean"]}

    def __init__(self, *, sensitive_features=None, variant=False):
        self.sensitive_features = sensitive_features
        self.variant = variant

    def _weigh(self, weight_sums, rows):
        rows.require_all(weight_sums)
        n_classes = weight_sums.shape[1]
        if self.variant:
            return weight_sums.sum() / (weight_sums.size * weight_sums)
        return weight_sums.sum(axis=1, keepdims=True) / (n_classes * weight_sums)
