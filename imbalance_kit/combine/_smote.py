"""SMOTE, then a cleaner."""

from numbers import Integral

from imbalance_kit._sampling.base import CATEGORICAL_FEATURES
from imbalance_kit._sklearn_compat import HasMethods, ImblearnOverSampler
from imbalance_kit.combine._base import BaseChain
from imbalance_kit.over_sampling import SMOTE
from imbalance_kit.under_sampling import EditedNearestNeighbours, TomekLinks


class _Combined(BaseChain, ImblearnOverSampler):
    """SMOTE, then a cleaner."""

    def _set_fitted(self, steps):
        super()._set_fitted(steps)
        for (name, _), step in zip(self._named_steps(), steps, strict=True):
            setattr(self, f"{name}_", step)
        self.__dict__.pop("steps_", None)

    def _smote(self):
        if self.smote is not None:
            return self.smote
        return SMOTE(
            sampling_strategy=self.sampling_strategy,
            categorical_features=self.categorical_features,
            n_jobs=self.n_jobs,
        )


class SMOTEENN(_Combined):
    """Make rows by SMOTE, then drop those that their neighbours contradict.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    smote : sampler, default=None
        Makes the rows; `sampling_strategy` is then its own. None stands for SMOTE with its
        defaults.

    enn : sampler, default=None
        Cleans. None stands for EditedNearestNeighbours on all classes.

    n_jobs : int or None, default=None
        Threads of the neighbour searches. The result does not depend on it.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows made of each class, before the cleaning.

    smote_ : sampler
        The fitted sampler that made the rows.

    enn_ : sampler
        The fitted cleaner.

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
    SMOTETomek : Cleans less.

    Chain : Any samplers in a row.

    Notes
    -----
    Counts are not exact: the cleaning drops rows of every class, synthetic ones and originals. Cost
    is that of the neighbours of all rows after SMOTE: at most O(n^2 d), less with few columns.
    Samplers given here without a seed draw from `random_state`. Missing values and nominal
    columns are handled as by SMOTE and by EditedNearestNeighbours; the rows are those of
    imbalanced-learn where no distances tie.

    References
    ----------
    .. [1] G. E. A. P. A. Batista, R. C. Prati, M. C. Monard, "A Study of the Behavior of Several
       Methods for Balancing Machine Learning Training Data", ACM SIGKDD Explorations
       Newsletter 6, 2004.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.combine import SMOTEENN
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> sampler = SMOTEENN(random_state=0)
    >>> X_res, y_res = sampler.fit_resample(X, y)
    >>> int(sampler.sampling_strategy_[1])
    402
    >>> len(y_res) < 902
    True
    """

    _parameter_constraints: dict = {
        **ImblearnOverSampler._parameter_constraints,
        "random_state": ["random_state"],
        "smote": [HasMethods(["fit_resample"]), None],
        "enn": [HasMethods(["fit_resample"]), None],
        "n_jobs": [Integral, None],
        "categorical_features": CATEGORICAL_FEATURES,
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        smote=None,
        enn=None,
        n_jobs=None,
        categorical_features="auto",
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state
        self.smote = smote
        self.enn = enn
        self.n_jobs = n_jobs
        self.categorical_features = categorical_features

    def _named_steps(self):
        enn = self.enn
        if enn is None:
            enn = EditedNearestNeighbours(
                sampling_strategy="all",
                n_jobs=self.n_jobs,
                categorical_features=self.categorical_features,
            )
        return [("smote", self._smote()), ("enn", enn)]


class SMOTETomek(_Combined):
    """Make rows by SMOTE, then drop both rows of each Tomek link.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    smote : sampler, default=None
        Makes the rows; `sampling_strategy` is then its own. None stands for SMOTE with its
        defaults.

    tomek : sampler, default=None
        Cleans. None stands for TomekLinks on all classes.

    n_jobs : int or None, default=None
        Threads of the neighbour searches. The result does not depend on it.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows made of each class, before the cleaning.

    smote_ : sampler
        The fitted sampler that made the rows.

    tomek_ : sampler
        The fitted cleaner.

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
    SMOTEENN : Cleans more.

    Chain : Any samplers in a row.

    Notes
    -----
    Counts are not exact: the cleaning drops rows of every class, synthetic ones and originals. Cost
    is that of the nearest row of every row after SMOTE: at most O(n^2 d), less with few
    columns. Samplers given here without a seed draw from `random_state`. Missing values and
    nominal columns are handled as by SMOTE and by TomekLinks; the rows are those of
    imbalanced-learn where no distances tie.

    References
    ----------
    .. [1] G. E. A. P. A. Batista, A. L. C. Bazzan, M. C. Monard, "Balancing Training Data for
       Automated Annotation of Keywords: a Case Study", II Brazilian Workshop on
       Bioinformatics, 2003.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.combine import SMOTETomek
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> sampler = SMOTETomek(random_state=0)
    >>> X_res, y_res = sampler.fit_resample(X, y)
    >>> int(sampler.sampling_strategy_[1])
    402
    >>> len(y_res) <= 902
    True
    """

    _parameter_constraints: dict = {
        **ImblearnOverSampler._parameter_constraints,
        "random_state": ["random_state"],
        "smote": [HasMethods(["fit_resample"]), None],
        "tomek": [HasMethods(["fit_resample"]), None],
        "n_jobs": [Integral, None],
        "categorical_features": CATEGORICAL_FEATURES,
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        random_state=None,
        smote=None,
        tomek=None,
        n_jobs=None,
        categorical_features="auto",
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.random_state = random_state
        self.smote = smote
        self.tomek = tomek
        self.n_jobs = n_jobs
        self.categorical_features = categorical_features

    def _named_steps(self):
        tomek = self.tomek
        if tomek is None:
            tomek = TomekLinks(
                sampling_strategy="all",
                n_jobs=self.n_jobs,
                categorical_features=self.categorical_features,
            )
        return [("smote", self._smote()), ("tomek", tomek)]
