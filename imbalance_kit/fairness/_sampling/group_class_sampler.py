"""Groups and classes drawn to the numbers of rows under which they are independent."""

import numpy as np

from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, Rng
from imbalance_kit._sampling.records import Resampled
from imbalance_kit._sampling.shares import split_by_shares
from imbalance_kit._sklearn_compat import HasMethods, StrOptions
from imbalance_kit.fairness._sampling.base import BaseFairSampler, OpenedGroups, rows_by_counts
from imbalance_kit.fairness._sampling.linear_models import fitted_probabilities


class FairSampler(BaseFairSampler):
    """Draws as many rows of each group and class as there would be if they were independent.

    Parameters
    ----------
    sensitive_features : str, int, array-like or None, default=None
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations. None: they are given beside X.

    method : {"uniform", "preferential"}, default="uniform"
        "uniform" leaves out and repeats rows of a group and class at random. "preferential" leaves
        out and repeats the rows nearest to the border of their class, by a learner's probabilities.

    estimator : classifier with ``predict_proba``, default=None
        Gives the probabilities of "preferential"; it is cloned and gets X as it came. None stands
        for a logistic regression on scaled columns.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    Attributes
    ----------
    cell_counts_ : ndarray of shape (n_groups, n_classes)
        Rows that come out of each group and class.

    sampling_strategy_ : dict
        Rows of each class that came in.

    groups_ : tuple
        The groups, sorted.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_origin_ : ndarray of shape (n_samples_new,)
        Input row that each output row equals, or -1 for a new row.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    Reweighing : The same by weights, without repeated rows.

    Massaging : Change labels instead.

    Notes
    -----
    A group and class gets ``n_group * n_class / n`` rows, rounded by the largest remainders, so
    that the table keeps its size: every group then has the same class shares, to rounding. Any
    number of groups and classes; a group without rows of a class is an error. With one group
    nothing changes. Rows that stay come first, in their order, then the repeated ones. With more
    than two classes a row is near the border where the probability of its own class is low.

    Groups are needed in ``fit_resample`` alone, not to predict. Weights do not count in the sizes.
    Cost is O(n), and for "preferential" one fit.

    References
    ----------
    .. [1] F. Kamiran, T. Calders, "Data Preprocessing Techniques for Classification without
       Discrimination", Knowledge and Information Systems 33, 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import FairSampler
    >>> group = np.repeat(["f", "m"], [500, 500])
    >>> y = np.repeat([1, 0, 1, 0], [100, 400, 300, 200])
    >>> sampler = FairSampler(random_state=0)
    >>> X_res, y_res = sampler.fit_resample(np.arange(1000.0)[:, None], y, sensitive_features=group)
    >>> sampler.cell_counts_
    array([[300, 200],
           [300, 200]])
    """

    _parameter_constraints: dict = {
        **BaseFairSampler._parameter_constraints,
        "method": [StrOptions({"uniform", "preferential"})],
        "estimator": [HasMethods(["fit", "predict_proba"]), None],
        "random_state": ["random_state"],
        "categorical_features": CATEGORICAL_FEATURES,
    }

    def __init__(
        self,
        *,
        sensitive_features=None,
        method="uniform",
        estimator=None,
        random_state=None,
        categorical_features="auto",
    ):
        self.sensitive_features = sensitive_features
        self.method = method
        self.estimator = estimator
        self.random_state = random_state
        self.categorical_features = categorical_features

    def _reads_values(self):
        return self.method == "preferential"

    def _resample_groups(self, opened: OpenedGroups, rng: Rng) -> Resampled:
        rows = opened.group_classes
        present = rows.counts
        wanted = independent_counts(present)
        self.cell_counts_ = wanted
        if opened.groups.n_groups == 1:
            return Resampled.selection(np.arange(opened.n_rows))
        rows.require_all(present)
        confidence = None
        if self.method == "preferential":
            proba = fitted_probabilities(self.estimator, opened, rng)
            confidence = proba[np.arange(opened.n_rows), opened.y_encoded]
        counts = np.ones(opened.n_rows, dtype=np.intp)
        for number, n in enumerate(wanted.ravel().tolist()):
            # In which order rows are left out and repeated: those near the border first for both.
            order = np.flatnonzero(rows.of_row == number)
            if confidence is None:
                order = rng.permutation(order)
            else:
                order = order[np.argsort(confidence[order], kind="stable")]
            if n < len(order):
                counts[order[: len(order) - n]] = 0
            else:
                whole, rest = divmod(n, len(order))
                counts[order] = whole
                counts[order[:rest]] += 1
        return Resampled.selection(rows_by_counts(counts))


def independent_counts(present: np.ndarray) -> np.ndarray:
    """Whole numbers of rows nearest to independence, with the same total."""
    shares = np.outer(present.sum(axis=1), present.sum(axis=0)).astype(np.float64)
    return split_by_shares(int(present.sum()), shares.ravel()).reshape(present.shape)
