"""Instance hardness: keep the rows of large classes that a learner finds easiest."""

from numbers import Integral

import numpy as np

from imbalance_kit._sampling.base import Rng
from imbalance_kit._sklearn_compat import Interval
from imbalance_kit.under_sampling._out_of_fold import (
    BasePredictingUnderSampler,
    p_true_out_of_fold,
)


class InstanceHardnessThreshold(BasePredictingUnderSampler):
    """Keep the rows of each large class that out-of-fold predictions get right most surely.

    A row's instance hardness is one minus the probability that learners trained on other rows
    give to its class. The hardest rows, noise and rows in the overlap of classes, are dropped.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``, default=None
        Gives the probabilities; it is cloned and gets X as it came. None stands for 50 LightGBM
        trees, for which nominal columns are turned into codes.

    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    cv : int, default=5
        Folds of the out-of-fold predictions, fewer where a class has fewer rows.

    n_jobs : int or None, default=None
        Folds predicted at the same time. The result does not depend on it.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows kept of each resampled class.

    hardness_ : ndarray of shape (n_samples,)
        Hardness of every input row.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    SelfPacedUnderSampler : Draw from easy and hard rows alike.

    BalanceCascadeUnderSampler : Keep the hard rows instead.

    Notes
    -----
    Counts are exact. Given the same estimator and seed the rows are imbalanced-learn's, with one
    exception: where the last rows kept and the first rows dropped are equally hard (as with a
    single tree, which predicts few different probabilities), imbalanced-learn keeps them all, and
    here as many of them as are wanted are drawn. Its default learner, a random forest of 100
    trees, takes several times as long.

    Cost is `cv` fits on the table. No distances are used; missing values and nominal columns
    are the learner's business. Each class needs at least 2 rows.

    References
    ----------
    .. [1] M. R. Smith, T. Martinez, C. Giraud-Carrier, "An Instance Level Analysis of Data
       Complexity", Machine Learning 95, 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.under_sampling import InstanceHardnessThreshold
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> X_res, y_res = InstanceHardnessThreshold(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [49, 49]
    """

    _parameter_constraints: dict = {
        **BasePredictingUnderSampler._parameter_constraints,
        "cv": [Interval(Integral, 2, None, closed="left")],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        *,
        estimator=None,
        sampling_strategy="auto",
        random_state=None,
        cv=5,
        n_jobs=None,
        categorical_features="auto",
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.estimator = estimator
        self.random_state = random_state
        self.cv = cv
        self.n_jobs = n_jobs
        self.categorical_features = categorical_features

    def _keep_all(self, opened, parts, rng):
        p_true = p_true_out_of_fold(
            self._learner(),
            self._training_table(opened),
            opened.target.labels,
            cv=self.cv,
            n_jobs=self.n_jobs,
            rng=rng,
        )
        self.hardness_ = 1.0 - p_true
        # Not by hardness: the smallest probabilities round to the same 1 - p.
        kept = [
            part.rows
            if part.n is None
            else part.rows[np.sort(lowest(-p_true[part.rows], part.n, rng))]
            for part in parts
        ]
        return np.concatenate(kept)


def lowest(values: np.ndarray, n: int, rng: Rng) -> np.ndarray:
    """Positions of the `n` lowest values; among equal ones at the edge, a draw decides."""
    if n == 0:
        return np.empty(0, dtype=np.intp)
    # A tree predicts the same for many rows: by their order the first ones would always stay.
    edge = np.partition(values, n - 1)[n - 1]
    below, level = np.flatnonzero(values < edge), np.flatnonzero(values == edge)
    n_missing = n - len(below)
    if n_missing < len(level):
        level = rng.choice(level, size=n_missing, replace=False)
    return np.concatenate([below, level])
