"""Bagging on under-sampled and over-sampled bootstraps."""

import numpy as np

from imbalance_kit._sampling.base import BaseOverSampler
from imbalance_kit.ensemble._loop.bootstraps import draw_rows, draw_under_bag, rows_of_round
from imbalance_kit.ensemble._loop.fitting import Draw
from imbalance_kit.ensemble._loop.out_of_bag import OutOfBagEnsemble
from imbalance_kit.ensemble._loop.row_pool import POOL_SIZE, draw_pool
from imbalance_kit.ensemble._loop.schedule import SCHEDULE


class UnderBaggingClassifier(OutOfBagEnsemble):
    """Learners on bootstraps whose large classes are cut at random (under-bagging).

    Parameters
    ----------
    estimator : classifier, default=None
        The base learner, cloned for each round. None stands for a decision tree of full depth. One
        without ``predict_proba`` votes for the class that it predicts.

    n_estimators : int, default=50
        Number of learners.

    bootstrap : bool, default=True
        Whether each learner sees a bootstrap of the table whose large classes are cut. False cuts
        the table itself: numbers of rows are exact, and small classes are there as they are.

    replacement : bool, default=False
        Whether a row of a large class may be drawn more than once in a round.

    oob_score : bool or callable, default=False
        Whether to score the fit on rows that learners were not trained on: by accuracy, or by a
        function of true and predicted labels.

    pool_size : int, "auto" or None, default="auto"
        Rows of a large class that the rounds choose from, drawn at random once. "auto" takes
        50 times the rows of a round, but no fewer than 100,000, and no more than a million or 5
        times the rows of a round, whichever is more. None takes all rows.

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
    estimators_ : list of classifiers
        The learners.

    estimators_samples_ : list of ndarray
        Rows each learner was trained on.

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
    SelfPacedEnsembleClassifier : Draws by how hard rows are.

    BalancedBaggingClassifier : The same with imbalanced-learn's parameters.

    OverBaggingClassifier : Over-samples the small classes instead.

    Notes
    -----
    With a bootstrap the numbers of rows are themselves drawn, and a class is cut to what the
    smallest class has in that bootstrap; numbers that a dict or a callable gives are exact. Rows
    of the cut bootstrap are independent draws from their class (so `replacement` makes no
    difference there). The bootstrap is not made: a round costs as much as the rows it uses, in
    time and memory. No distances are used, so missing values and nominal columns are as good as
    the base learner is with them.

    Probabilities are those of re-balanced data: too high for rare classes. `recalibrate`
    corrects for the class shares, exactly so for draws at random. Out-of-bag scores are on the
    natural class shares: nearly every row of a large class is out of most bags.

    X may be a ``numpy.memmap``, the path of a Parquet file or folder, or a dask array or dataframe.
    Then the labels are read, one number per row, and of the rest only the rows in play; the model
    is the one that the same table gives in memory with the same seed. `pool_size=None` keeps all
    rows in play, and reads the table whole.

    References
    ----------
    .. [1] R. Barandela, R. M. Valdovinos, J. S. Sanchez, "New Applications of Ensembles of
       Classifiers", Pattern Analysis and Applications 6, 2003.

    .. [2] S. Wang, X. Yao, "Diversity Analysis on Imbalanced Data Sets by Using Ensemble Models",
       IEEE Symposium on Computational Intelligence and Data Mining, 2009.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import UnderBaggingClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], flip_y=0, random_state=0)
    >>> model = UnderBaggingClassifier(n_estimators=10, oob_score=True, random_state=0).fit(X, y)
    >>> model.oob_decision_function_.shape
    (1000, 2)
    >>> exact = UnderBaggingClassifier(n_estimators=3, bootstrap=False, random_state=0).fit(X, y)
    >>> [len(rows) for rows in exact.estimators_samples_]
    [100, 100, 100]
    """

    _reads_stored = True
    _parameter_constraints: dict = {
        **OutOfBagEnsemble._parameter_constraints,
        **SCHEDULE,
        **POOL_SIZE,
        "bootstrap": ["boolean"],
        "replacement": ["boolean"],
    }

    def __init__(
        self,
        estimator=None,
        *,
        n_estimators=50,
        bootstrap=True,
        replacement=False,
        oob_score=False,
        pool_size="auto",
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
        self.bootstrap = bootstrap
        self.replacement = replacement
        self.oob_score = oob_score
        self.pool_size = pool_size
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

    def _pool(self, y_encoded, wanted, rng):
        return draw_pool(y_encoded, wanted, self.pool_size, rng)

    def _draw(self, fitting, state, number, rng):
        rows = draw_under_bag(
            fitting,
            number,
            int(fitting.class_counts.sum()),
            bootstrap=self.bootstrap,
            replacement=self.replacement,
            rng=rng,
        )
        return Draw(rows)


class OverBaggingClassifier(OutOfBagEnsemble):
    """Learners on bootstraps whose small classes are over-sampled by duplication (over-bagging).

    Parameters
    ----------
    estimator : classifier, default=None
        The base learner, cloned for each round. None stands for a decision tree of full depth. One
        without ``predict_proba`` votes for the class that it predicts.

    n_estimators : int, default=50
        Number of learners.

    bootstrap : bool, default=True
        Whether each learner sees a bootstrap of the table whose small classes are over-sampled.
        False over-samples the classes of the table itself; learners then differ by the copies
        alone.

    oob_score : bool or callable, default=False
        Whether to score the fit on rows that learners were not trained on: by accuracy, or by a
        function of true and predicted labels.

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
    estimators_ : list of classifiers
        The learners.

    estimators_samples_ : list of ndarray
        Rows each learner was trained on.

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
    SMOTEBaggingClassifier : Over-samples with synthetic rows.

    UnderBaggingClassifier : Cuts the large classes instead; much faster.

    Notes
    -----
    Copies are drawn from what the bootstrap holds of a class, so that rows it does not hold stay
    out of the bag. With a bootstrap the numbers of rows are themselves drawn: each class is
    over-sampled to what the largest has in it. Numbers that a dict or a callable gives are reached
    exactly, unless the bootstrap by chance holds more. A learner sees up to ``n_classes`` times the
    rows of the largest class; full trees are trained on each different row once, with its number of
    copies as a weight.

    Probabilities are those of re-balanced data, and full trees on copies of few rows are
    over-confident. `recalibrate` corrects for the class shares.

    References
    ----------
    .. [1] S. Wang, X. Yao, "Diversity Analysis on Imbalanced Data Sets by Using Ensemble Models",
       IEEE Symposium on Computational Intelligence and Data Mining, 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import OverBaggingClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], flip_y=0, random_state=0)
    >>> model = OverBaggingClassifier(n_estimators=10, random_state=0).fit(X, y)
    >>> counts = np.bincount(y[model.estimators_samples_[0]])
    >>> bool(counts[0] == counts[1])
    True
    """

    _sampling_type = "over-sampling"
    _parameter_constraints: dict = {
        **OutOfBagEnsemble._parameter_constraints,
        **SCHEDULE,
        "sampling_strategy": BaseOverSampler._parameter_constraints["sampling_strategy"],
        "bootstrap": ["boolean"],
    }

    def __init__(
        self,
        estimator=None,
        *,
        n_estimators=50,
        bootstrap=True,
        oob_score=False,
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
        self.bootstrap = bootstrap
        self.oob_score = oob_score
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
        y_encoded = fitting.y_encoded
        bag = draw_rows(y_encoded, len(y_encoded), self.classes_, bootstrap=self.bootstrap, rng=rng)
        counts = np.bincount(y_encoded[bag], minlength=len(self.classes_))
        drawn = [bag]
        for position, n in enumerate(rows_of_round(fitting, counts, number) - counts):
            class_rows = bag[y_encoded[bag] == position]
            drawn.append(class_rows[rng.randint(len(class_rows), size=n)])
        return Draw(np.concatenate(drawn))
