"""Labels nearest to the border are changed until all groups have the same positive rate."""

import numpy as np

from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, Rng
from imbalance_kit._sampling.records import Resampled
from imbalance_kit._sampling.shares import split_by_shares
from imbalance_kit._sklearn_compat import HasMethods
from imbalance_kit.fairness._sampling.base import BaseFairSampler, OpenedGroups
from imbalance_kit.fairness._sampling.linear_models import fitted_probabilities


class Massaging(BaseFairSampler):
    """Changes the labels of the rows nearest to the border until all positive rates are equal.

    In groups below the common rate the negatives of the highest score become positive, in groups
    above it the positives of the lowest score become negative.

    Parameters
    ----------
    sensitive_features : str, int, array-like or None, default=None
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations. None: they are given beside X.

    estimator : classifier with ``predict_proba``, default=None
        Gives the scores; it is cloned and gets X as it came. None stands for a logistic regression
        on scaled columns.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    Attributes
    ----------
    flipped_indices_ : ndarray of shape (n_flipped,)
        Rows whose labels were changed.

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
    FairSampler : Reach the same rates without changing a label.

    Reweighing : The same by weights.

    Notes
    -----
    The changed labels were not observed. Whether that may be done is a legal and an
    ethical question before it is a statistical one; keep ``flipped_indices_`` beside the model.

    The positives are distributed over the groups in the proportion of their sizes, by the largest
    remainders, so that their number stays and all groups have the same positive rate, to rounding.
    For two groups this is the number of changes of the paper. Needs exactly two classes; with one
    group nothing changes. Rows and their order stay. The paper ranks by naive Bayes, which can be
    given as `estimator`.

    Groups are needed in ``fit_resample`` alone, not to predict. Weights do not count in the rates.
    Cost is one fit and O(n log n).

    References
    ----------
    .. [1] F. Kamiran, T. Calders, "Data Preprocessing Techniques for Classification without
       Discrimination", Knowledge and Information Systems 33, 2012.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import Massaging
    >>> group = np.repeat(["f", "m"], [50, 50])
    >>> y = np.repeat([1, 0, 1, 0], [20, 30, 30, 20])
    >>> X = (y + np.random.RandomState(0).normal(size=100))[:, None]
    >>> sampler = Massaging()
    >>> _, y_new = sampler.fit_resample(X, y, sensitive_features=group)
    >>> [float(y_new[group == g].mean()) for g in ("f", "m")], len(sampler.flipped_indices_)
    ([0.5, 0.5], 10)
    """

    _parameter_constraints: dict = {
        **BaseFairSampler._parameter_constraints,
        "estimator": [HasMethods(["fit", "predict_proba"]), None],
        "random_state": ["random_state"],
        "categorical_features": CATEGORICAL_FEATURES,
    }

    def __init__(
        self,
        *,
        sensitive_features=None,
        estimator=None,
        random_state=None,
        categorical_features="auto",
    ):
        self.sensitive_features = sensitive_features
        self.estimator = estimator
        self.random_state = random_state
        self.categorical_features = categorical_features

    def _resample_groups(self, opened: OpenedGroups, rng: Rng) -> Resampled:
        rows = np.arange(opened.n_rows)
        self.flipped_indices_ = np.empty(0, dtype=np.intp)
        if opened.groups.n_groups == 1:
            return Resampled.selection(rows)
        of_row, y_encoded = opened.groups.of_row, opened.y_encoded
        opened.group_classes.require_two_classes(self, "as a label is changed to the other")
        counts = opened.group_classes.counts
        more = split_by_shares(int(counts[:, 1].sum()), counts.sum(axis=1)) - counts[:, 1]
        if not more.any():
            return Resampled.selection(rows)
        score = fitted_probabilities(self.estimator, opened, rng)[:, 1]
        flipped = []
        for group, n in enumerate(more.tolist()):
            # A group with too few positives gets its best negatives as such, one with too many
            # gives up its worst positives: in both cases the labels that the learner doubts most.
            changed_from = int(n < 0)
            candidates = np.flatnonzero((of_row == group) & (y_encoded == changed_from))
            best_first = np.argsort(score[candidates] * (1 if n < 0 else -1), kind="stable")
            flipped.append(candidates[best_first[: abs(n)]])
        self.flipped_indices_ = changed = np.sort(np.concatenate(flipped))
        target = y_encoded.copy()
        target[changed] = 1 - target[changed]
        return Resampled.selection(rows, target=target)
