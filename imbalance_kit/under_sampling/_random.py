"""Random under-sampling: keep a random part of each large class."""

from imbalance_kit._sampling.base import BaseUnderSampler


class RandomUnderSampler(BaseUnderSampler):
    """Keep a random part of the rows of large classes.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    replacement : bool, default=False
        Whether a row may be drawn more than once.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows kept of each resampled class.

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
    SelfPacedUnderSampler : Draw by how hard the rows are.

    TomekLinks : Drop only rows at the border of the classes.

    Notes
    -----
    Counts are exact. Cost is O(n). X may hold anything, missing values and dates included.
    Because rows go at random within each class, predicted probabilities can be corrected
    exactly: see :class:`~imbalance_kit.compose.ResampledClassifier`.

    References
    ----------
    .. [1] N. Japkowicz, S. Stephen, "The class imbalance problem: A systematic study",
       Intelligent Data Analysis 6, 2002.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.under_sampling import RandomUnderSampler
    >>> X, y = np.arange(12.0).reshape(6, 2), np.array([0, 0, 0, 0, 1, 1])
    >>> X_res, y_res = RandomUnderSampler(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [2, 2]
    """

    _parameter_constraints: dict = {
        **BaseUnderSampler._parameter_constraints,
        "replacement": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(self, *, sampling_strategy="auto", random_state=None, replacement=False):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state
        self.replacement = replacement

    def _allowed_numbers(self):
        return False

    def _points(self, table):
        return None, ()

    def _keep(self, opened, part, rng):
        return part.rows[rng.choice(len(part.rows), size=part.n, replace=self.replacement)]
