"""Under-bagging by the parameters of imbalanced-learn."""

from imbalance_kit.ensemble._loop.base import constraints_without
from imbalance_kit.ensemble._loop.bootstraps import bag_size, draw_under_bag
from imbalance_kit.ensemble._loop.fitting import Draw
from imbalance_kit.ensemble._loop.out_of_bag import OutOfBagEnsemble
from imbalance_kit.ensemble._loop.under_samplers import DrawsBySampler
from imbalance_kit.ensemble._resampling_bagging import ResamplingBaggingClassifier


class BalancedBaggingClassifier(DrawsBySampler, ResamplingBaggingClassifier):
    """Under-bagging with the parameters of imbalanced-learn's class of that name.

    Parameters
    ----------
    estimator : classifier, default=None
        The base learner, cloned for each round. None stands for a decision tree of full depth. One
        without ``predict_proba`` votes for the class that it predicts.

    n_estimators : int, default=10
        Number of learners.

    max_samples : int, float or None, default=1.0
        Rows of the table that a learner's bag is drawn from it: a number or a share; None for
        all.

    max_features : int or float, default=1.0
        Columns that a learner is trained on, drawn at random: a number or a share.

    bootstrap : bool, default=True
        Whether learners see bootstraps of the table, a row of which may occur more than once.

    bootstrap_features : bool, default=False
        Whether a column may be drawn more than once.

    oob_score : bool or callable, default=False
        Whether to score the fit on rows that learners were not trained on: by accuracy, or by a
        function of true and predicted labels.

    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    replacement : bool, default=False
        Whether a row of a large class may be drawn more than once in a round.

    sampler : object with ``fit_resample``, default=None
        Any sampler of this package or of imbalanced-learn, cloned and seeded for each learner.
        None stands for random under-sampling.

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
        on access, and only without a `sampler` of the user's.

    pipelines_ : list of imbalanced-learn pipelines
        For each learner a fitted pipeline of its sampler and itself; built on access.

    estimators_features_ : list of ndarray
        Columns each learner was trained on; built on access.

    estimator_weights_ : list of float
        Weight of each learner in the vote.

    feature_importances_ : ndarray of shape (`n_features_in_`,)
        Mean importance of each column, where the learners have importances.

    oob_decision_function_ : ndarray of shape (n_samples, n_classes)
        Only with `oob_score`: probabilities of each row of the table given to ``fit`` by the
        learners that were not trained on it; NaN where there is none.

    oob_score_ : float
        Only with `oob_score`: the score of the classes these make most probable.

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
    UnderBaggingClassifier : The same with 50 learners, and for tables larger than memory.

    ResamplingBaggingClassifier : The same for any sampler, which sets the numbers of rows.

    Notes
    -----
    As in imbalanced-learn, `sampling_strategy` is passed on to a `sampler` that is given; only
    "auto" leaves the sampler's own as it is, where imbalanced-learn puts "auto" in its place.
    ``oob_score`` may be a function, too, weights are taken, and with ``bootstrap=True`` rows of the
    cut bootstrap are independent draws from their class, whatever `replacement` is. All parameters
    but the first are given by name. The bootstrap is not made, so that a round costs as much as the
    rows it uses.

    Probabilities are those of re-balanced data: too high for rare classes. `recalibrate`
    corrects for the class shares.

    References
    ----------
    .. [1] R. Maclin, D. Opitz, "An Empirical Evaluation of Bagging and Boosting", National
       Conference on Artificial Intelligence (AAAI), 1997.

    .. [2] S. Hido, H. Kashima, Y. Takahashi, "Roughly Balanced Bagging for Imbalanced Data",
       Statistical Analysis and Data Mining 2, 2009.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import BalancedBaggingClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], flip_y=0, random_state=0)
    >>> BalancedBaggingClassifier(random_state=0).fit(X, y).predict_proba(X).shape
    (1000, 2)
    """

    _step_names = ("sampler", "classifier")
    _parameter_constraints: dict = {
        **constraints_without(ResamplingBaggingClassifier, "sampler_first"),
        "sampling_strategy": OutOfBagEnsemble._parameter_constraints["sampling_strategy"],
        "replacement": ["boolean"],
    }
    sampler_first = False

    def __init__(
        self,
        estimator=None,
        n_estimators=10,
        *,
        max_samples=1.0,
        max_features=1.0,
        bootstrap=True,
        bootstrap_features=False,
        oob_score=False,
        sampling_strategy="auto",
        replacement=False,
        sampler=None,
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
        self.max_samples = max_samples
        self.max_features = max_features
        self.bootstrap = bootstrap
        self.bootstrap_features = bootstrap_features
        self.oob_score = oob_score
        self.sampling_strategy = sampling_strategy
        self.replacement = replacement
        self.sampler = sampler
        self.schedule = schedule
        self.recalibrate = recalibrate
        self.n_iter_no_change = n_iter_no_change
        self.validation_fraction = validation_fraction
        self.tol = tol
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.warm_start = warm_start
        self.verbose = verbose

    @property
    def samplers_(self):
        if self.sampler is not None:
            raise AttributeError(
                "samplers_ and pipelines_ are there without a sampler of the user's: what a given "
                "one has drawn is in estimators_samples_."
            )
        return super().samplers_

    def _sampler(self):
        return super()._sampler() if self.sampler is None else self.sampler

    def _targets(self, y):
        if self.sampler is None:
            return OutOfBagEnsemble._targets(self, y)
        return super()._targets(y)

    def _begin(self, fitting, rng):
        return None if self.sampler is None else super()._begin(fitting, rng)

    def _strategy_of_sampler(self):
        strategy = super()._strategy_of_sampler()
        auto = isinstance(self.sampling_strategy, str) and self.sampling_strategy == "auto"
        return strategy if strategy is None or auto else self.sampling_strategy

    def _seeded_sampler(self, rng):
        sampler = super()._seeded_sampler(rng)
        strategy = self._strategy_of_sampler()
        return sampler if strategy is None else sampler.set_params(sampling_strategy=strategy)

    def _draw(self, fitting, state, number, rng):
        if self.sampler is not None:
            return super()._draw(fitting, state, number, rng)
        rows = draw_under_bag(
            fitting,
            number,
            bag_size(self.max_samples, int(fitting.class_counts.sum())),
            bootstrap=self.bootstrap,
            replacement=self.replacement,
            rng=rng,
        )
        return Draw(rows)
