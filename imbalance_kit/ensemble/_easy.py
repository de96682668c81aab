"""EasyEnsemble: boosted learners on independent balanced draws."""

import numpy as np
from scipy.special import softmax
from sklearn.ensemble import AdaBoostClassifier

from imbalance_kit._sklearn_compat import StrOptions
from imbalance_kit.calibration._prior import correct_prior_of_trained
from imbalance_kit.ensemble._boosting import from_score
from imbalance_kit.ensemble._learners.predictions import class_probabilities, weighted_votes
from imbalance_kit.ensemble._loop.base import BaseImbalanceEnsemble
from imbalance_kit.ensemble._loop.class_draws import draw_by_class
from imbalance_kit.ensemble._loop.fitting import Draw
from imbalance_kit.ensemble._loop.schedule import SCHEDULE
from imbalance_kit.ensemble._loop.under_samplers import DrawsBySampler
from imbalance_kit.ensemble._loop.voting import DecisionsOfLearners


class EasyEnsembleClassifier(DrawsBySampler, DecisionsOfLearners, BaseImbalanceEnsemble):
    """Boosted learners on random balanced draws (EasyEnsemble).

    Parameters
    ----------
    n_estimators : int, default=10
        Number of learners.

    estimator : classifier, default=None
        The base learner, cloned for each round. None stands for ``AdaBoostClassifier()``. One
        without ``predict_proba`` votes for the class that it predicts.

    voting : {"bags", "learners"}, default="bags"
        What votes: bags, by the mean of their probabilities, or as in the paper all the weak
        learners of all bags, by their weights. The latter needs an ``AdaBoostClassifier``.

    replacement : bool, default=False
        Whether a row of a large class may be drawn more than once in a round.

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
    UnderBaggingClassifier : One tree in the place of a boosted learner.

    RUSBoostClassifier : Boosts through the draws, not within them.

    BalanceCascadeClassifier : Drops settled rows between the rounds.

    Notes
    -----
    Each learner is trained on all rows of the small classes and a random draw from the large ones,
    independent of the others. With two classes, complete numbers and the default learner (an
    ``AdaBoostClassifier`` of any size on plain stumps), columns are sorted once for a draw, and
    the stumps are those that scikit-learn finds, but where columns tie: O(m d log m) for m rows
    drawn, then at most O(m d) per stump. Anything else is left to scikit-learn.

    Every draw holds the small classes whole, so there is no out-of-bag score. Probabilities are
    those of re-balanced data. AdaBoost's own come from votes that are divided by their total weight
    and stay near one half; with `recalibrate` the sum of its votes is taken as log odds [2]_
    before the class shares are corrected, which can change the order of rows a little where bags
    vote.

    References
    ----------
    .. [1] X.-Y. Liu, J. Wu, Z.-H. Zhou, "Exploratory Undersampling for Class-Imbalance
       Learning", IEEE Transactions on Systems, Man, and Cybernetics, Part B 39, 2009.
    .. [2] J. Friedman, T. Hastie, R. Tibshirani, "Additive Logistic Regression: a Statistical
       View of Boosting", The Annals of Statistics 28, 2000.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import EasyEnsembleClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], flip_y=0, random_state=0)
    >>> model = EasyEnsembleClassifier(n_estimators=5, random_state=0).fit(X, y)
    >>> model.predict_proba(X).shape
    (1000, 2)
    >>> [len(rows) for rows in model.estimators_samples_]
    [100, 100, 100, 100, 100]
    """

    _step_names = ("sampler", "classifier")
    _parameter_constraints: dict = {
        **BaseImbalanceEnsemble._parameter_constraints,
        **SCHEDULE,
        "voting": [StrOptions({"bags", "learners"})],
        "replacement": ["boolean"],
    }

    def __init__(
        self,
        n_estimators=10,
        estimator=None,
        *,
        voting="bags",
        replacement=False,
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
        self.n_estimators = n_estimators
        self.estimator = estimator
        self.voting = voting
        self.replacement = replacement
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

    def _default_estimator(self):
        return AdaBoostClassifier()

    def _check_learner(self, learner, weighted):
        super()._check_learner(learner, weighted)
        if self.voting == "learners" and not isinstance(learner, AdaBoostClassifier):
            raise ValueError(
                f'voting="learners" needs an AdaBoostClassifier; got {type(learner).__name__}, '
                'whose weak learners have no weights. Use voting="bags".'
            )

    def _draw(self, fitting, state, number, rng):
        resampled = np.isin(self.classes_, list(self.sampling_strategy_))
        return Draw(
            draw_by_class(fitting, number, resampled, replacement=self.replacement, rng=rng)
        )

    def _learned(self, fitting, state, number, learner, rng):
        return 1.0 if self.voting == "bags" else float(np.sum(learner.estimator_weights_)), state

    def _vote(self, learner, number, X):
        if self.voting == "learners":
            return weighted_votes(learner, X)
        if self.recalibrate and isinstance(learner, AdaBoostClassifier):
            return from_score(weighted_votes(learner, X))
        return class_probabilities(learner, X, len(self.classes_))

    def _from_votes(self, total, weight):
        if self.voting == "learners":
            return softmax(total / weight / (len(self.classes_) - 1), axis=1)
        return total / weight

    def _corrected(self, total, weight):
        if self.voting == "learners" and self.recalibrate:
            proba = from_score(total / weight * np.mean(self.estimator_weights_))
            return correct_prior_of_trained(
                proba, trained_on=self.resampled_prior_, true_prior=self.prior_
            )
        return super()._corrected(total, weight)
