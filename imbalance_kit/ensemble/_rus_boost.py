"""Boosting on rounds that draw less of large classes."""

import numpy as np

from imbalance_kit.ensemble._boosting import BaseBoosting
from imbalance_kit.ensemble._loop.class_draws import draw_by_class
from imbalance_kit.ensemble._loop.fitting import Draw
from imbalance_kit.ensemble._loop.schedule import SCHEDULE
from imbalance_kit.ensemble._loop.under_samplers import DrawsBySampler


class RUSBoostClassifier(DrawsBySampler, BaseBoosting):
    """Boosting on rounds whose large classes are cut at random (RUSBoost).

    Parameters
    ----------
    estimator : classifier that takes ``sample_weight``, default=None
        The base learner, cloned for each round. None stands for a decision stump,
        ``DecisionTreeClassifier(max_depth=1)``.

    n_estimators : int, default=50
        Number of learners.

    learning_rate : float, default=1.0
        Factor of the learners' weights. A smaller one needs more learners.

    replacement : bool, default=False
        Whether a row of a large class may be drawn more than once in a round.

    early_termination : bool, default=False
        Whether to end before a learner that is no better than a guess on the weighted table, as
        imbalanced-learn does. If not, its weight is 0, rows weigh again what they did in the
        beginning, and the rounds go on. Where none was better yet, all classes weigh the same from
        then on.

    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    schedule : {"uniform", "progressive", "cooldown"}, default="uniform"
        How the numbers of rows change over the rounds: not at all, from those of the table to those
        of `sampling_strategy`, or the other way round.

    recalibrate : bool, default=False
        Correct the predicted probabilities for the change of the class shares.

    n_iter_no_change : int or None, default=None
        Stop when this many learners in a row did not better the average precision, that of the
        rarer of two classes or the mean over more, on rows held out of the fit. None holds nothing
        out and trains all learners.

    validation_fraction : float, default=0.1
        Share of each class to hold out, where `n_iter_no_change` is set.

    tol : float, default=0.0001
        What counts as better.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    n_jobs : int or None, default=None
        Threads that train learners side by side and predict. The result does not depend on it.

    warm_start : bool, default=False
        Keep the learners of the earlier ``fit`` and add to them.

    verbose : int, default=0
        Print a line for each learner.

    Attributes
    ----------
    estimator_ : classifier or pipeline
        What a round fits, not fitted: the base learner, behind its sampler where imbalanced-learn
        has a pipeline; built on access.

    estimators_ : list of classifiers
        The learners.

    estimators_samples_ : list of ndarray
        Rows each learner was trained on.

    samplers_ : list of RandomUnderSampler
        For each learner a fitted sampler whose ``sample_indices_`` are the learner's rows; built
        on access.

    pipelines_ : list of imbalanced-learn pipelines
        For each learner a fitted pipeline of its sampler and itself; built on access.

    estimator_weights_ : list of float
        Weight of each learner in the vote.

    estimator_errors_ : list of float
        Weighted error of each learner.

    feature_importances_ : ndarray of shape (`n_features_in_`,)
        Mean importance of each column, where the learners have importances.

    validation_scores_ : list of float
        Only with `n_iter_no_change`: average precision on the held-out rows, learner by learner.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    sampling_strategy_ : dict
        Rows of each resampled class in a round.

    prior_ : ndarray of shape (n_classes,)
        Class shares of the data given to ``fit``, weighted where weights were given.

    resampled_prior_ : ndarray of shape (n_classes,)
        Class shares of what a learner saw.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    EasyEnsembleClassifier : Boosts each draw by itself.

    SMOTEBoostClassifier : Adds synthetic rows of the small classes instead.

    Notes
    -----
    Each round draws rows of the large classes at random, trains a learner on them and the small
    classes with the weights that boosting has given them, and scores it on the whole table: one fit
    on the draw and O(n) for the table per round. Weights follow SAMME [2]_. Without a draw this is
    AdaBoost.

    The learners see balanced rows and are scored on rows that are not. After two or three rounds
    the weight of the errors in a large class is more than the draw shows, learners are no better
    than a guess on the table. The ensemble then starts again from the first weights [3]_, as often
    as that happens, and keeps all its rounds. imbalanced-learn ends there, often with fewer than
    five learners, and raises if the first one fails; so does ``early_termination=True``.

    ``predict_proba`` is AdaBoost's as scikit-learn defines it, made from votes that are divided by
    their total weight: the order is right, the values stay near one half and are not calibrated.
    With `recalibrate` the sum of the votes is taken as the log odds that the exponential loss makes
    of it [4]_, and the class shares that the learners saw are corrected; a run that ends early has
    too few learners for good probabilities.

    References
    ----------
    .. [1] C. Seiffert, T. M. Khoshgoftaar, J. Van Hulse, A. Napolitano, "RUSBoost: A Hybrid
       Approach to Alleviating Class Imbalance", IEEE Transactions on Systems, Man, and
       Cybernetics, Part A 40, 2010.
    .. [2] J. Zhu, H. Zou, S. Rosset, T. Hastie, "Multi-class AdaBoost", Statistics and Its
       Interface 2, 2009.
    .. [3] E. Bauer, R. Kohavi, "An Empirical Comparison of Voting Classification Algorithms:
       Bagging, Boosting, and Variants", Machine Learning 36, 1999.
    .. [4] J. Friedman, T. Hastie, R. Tibshirani, "Additive Logistic Regression: a Statistical
       View of Boosting", The Annals of Statistics 28, 2000.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import RUSBoostClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], flip_y=0, random_state=0)
    >>> model = RUSBoostClassifier(n_estimators=5, random_state=0).fit(X, y)
    >>> model.decision_function(X).shape
    (1000,)
    >>> [len(rows) for rows in model.estimators_samples_][:2]
    [100, 100]
    """

    _parameter_constraints: dict = {
        **BaseBoosting._parameter_constraints,
        **SCHEDULE,
        "replacement": ["boolean"],
    }

    def __init__(
        self,
        estimator=None,
        *,
        n_estimators=50,
        learning_rate=1.0,
        replacement=False,
        early_termination=False,
        sampling_strategy="auto",
        schedule="uniform",
        recalibrate=False,
        n_iter_no_change=None,
        validation_fraction=0.1,
        tol=1e-4,
        random_state=None,
        n_jobs=None,
        warm_start=False,
        verbose=0,
    ):
        self.estimator = estimator
        self.n_estimators = n_estimators
        self.learning_rate = learning_rate
        self.replacement = replacement
        self.early_termination = early_termination
        self.sampling_strategy = sampling_strategy
        self.schedule = schedule
        self.recalibrate = recalibrate
        self.n_iter_no_change = n_iter_no_change
        self.validation_fraction = validation_fraction
        self.tol = tol
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.warm_start = warm_start
        self.verbose = verbose

    def _draw(self, fitting, state, number, rng):
        resampled = np.isin(self.classes_, list(self.sampling_strategy_))
        rows = draw_by_class(fitting, number, resampled, replacement=self.replacement, rng=rng)
        return Draw(rows, row_weight=state.weight_of_drawn(rows))
