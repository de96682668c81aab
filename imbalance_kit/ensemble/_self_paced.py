"""The self-paced ensemble: rounds draw from the large classes by how hard their rows are."""

from numbers import Integral

import numpy as np

from imbalance_kit._sklearn_compat import Interval, StrOptions
from imbalance_kit.ensemble._loop.base import BaseImbalanceEnsemble
from imbalance_kit.ensemble._loop.fitting import Draw
from imbalance_kit.ensemble._loop.majority_scores import no_scores
from imbalance_kit.ensemble._loop.row_pool import POOL_SIZE, draw_pool
from imbalance_kit.ensemble._loop.schedule import SCHEDULE
from imbalance_kit.under_sampling._self_paced import HARDNESS


class SelfPacedEnsembleClassifier(BaseImbalanceEnsemble):
    """Learners on all small classes and a self-paced draw from the large ones (SPE).

    Before each round the rows of the large classes are cut into bins by how hard they are for
    the learners trained so far. A bin's share of the draw is ``1 / (mean hardness + alpha)``,
    and alpha grows over the rounds: from every bin contributing the same total hardness to
    every bin contributing the same number of rows.

    Parameters
    ----------
    estimator : classifier, default=None
        The base learner, cloned for each round. None stands for a decision tree of full depth. One
        without ``predict_proba`` votes for the class that it predicts.

    n_estimators : int, default=50
        Number of learners.

    k_bins : int, default=5
        Number of hardness bins.

    hardness : {"absolute", "squared", "cross_entropy"} or callable, default="absolute"
        ``1 - p``, ``(1 - p)**2`` or ``-log(p)`` of the probability p of the true class, or a
        function of p.

    sampling : {"hard", "soft"}, default="hard"
        Whether bins give exact numbers of rows, or each row its bin's probability.

    replacement : bool, default=True
        Whether a row of a large class may be drawn more than once in a round.

    bootstrap : bool, default=True
        Whether the classes that are kept whole are drawn with replacement, as many rows as they
        have. This makes the learners differ and helps base learners of high variance such as
        full trees; the paper uses the rows as they are (False).

    learners_per_round : int, default=1
        Learners that are trained side by side before the next round looks at their predictions, so
        that `n_jobs` has something to share out. In the paper it is 1.

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
    imbalance_kit.under_sampling.SelfPacedUnderSampler : One such draw, as a sampler.

    imbalance_kit.compose.ResampledClassifier : One learner on resampled data.

    Notes
    -----
    Each round fits one learner on the small classes and the draw, and predicts the rows of the
    large classes once: O(n) rows per round besides the fits. No distances are used, so missing
    values and nominal columns are as good as the base learner is with them. The running mean of
    the predictions holds the learners trained so far and nothing else.

    X may be a ``numpy.memmap``, the path of a Parquet file or folder, or a dask array or dataframe.
    Then the labels are read, one number per row, and of the rest only the rows in play; a file
    gives the model that the same table gives in memory with the same seed. `pool_size=None` keeps
    all rows in play, and reads a file whole. A dask collection stays on its partitions unless
    `pool_size` is a number: each partition keeps the running mean of its rows of the large classes,
    reports counts by bin, and sends the rows drawn. The bins of a round are those of all rows, and
    the result depends on the seed and the partitions. A worker that is lost costs time only. The
    collection is computed once in each round: persist it where memory allows.

    Full trees differ more, and have fewer rows to sort, when rows of small classes are drawn with
    `bootstrap` and those of large ones with `replacement`. The paper does neither.

    Probabilities are those of re-balanced data: too high for rare classes. `recalibrate`
    corrects for the class shares; because rows are drawn by hardness, the correction is an
    approximation. Against a strong base learner on the data as it is, gains are small or none:
    compare before you choose.

    References
    ----------
    .. [1] Z. Liu, W. Cao, Z. Gao, J. Bian, H. Chen, Y. Chang, T.-Y. Liu, "Self-paced Ensemble for
       Highly Imbalanced Massive Data Classification", IEEE International Conference on Data
       Engineering (ICDE), 2020.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import SelfPacedEnsembleClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], flip_y=0, random_state=0)
    >>> model = SelfPacedEnsembleClassifier(n_estimators=10, random_state=0).fit(X, y)
    >>> model.predict_proba(X).shape
    (1000, 2)
    >>> [len(rows) for rows in model.estimators_samples_][:3]
    [100, 100, 100]
    """

    _reads_stored = True
    _parameter_constraints: dict = {
        **BaseImbalanceEnsemble._parameter_constraints,
        **SCHEDULE,
        **POOL_SIZE,
        "k_bins": [Interval(Integral, 1, None, closed="left")],
        "hardness": [StrOptions(set(HARDNESS)), callable],
        "sampling": [StrOptions({"hard", "soft"})],
        "replacement": ["boolean"],
        "bootstrap": ["boolean"],
        "learners_per_round": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        estimator=None,
        *,
        n_estimators=50,
        k_bins=5,
        hardness="absolute",
        sampling="hard",
        replacement=True,
        bootstrap=True,
        learners_per_round=1,
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
        self.k_bins = k_bins
        self.hardness = hardness
        self.sampling = sampling
        self.replacement = replacement
        self.bootstrap = bootstrap
        self.learners_per_round = learners_per_round
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

    def _learners_per_round(self):
        return self.learners_per_round

    def _leaves_partitions(self):
        return not isinstance(self.pool_size, Integral)

    def _pool(self, y_encoded, wanted, rng):
        return draw_pool(y_encoded, wanted, self.pool_size, rng)

    def _begin(self, fitting, rng):
        return no_scores(fitting)

    def _draw(self, fitting, state, number, rng):
        done = fitting.round_of(number) / max(fitting.n_rounds - 1, 1)
        alpha = np.tan(np.pi / 2 * done)
        drawn = []
        for position, n in enumerate(fitting.wanted_by(number)):
            rows = fitting.class_rows[position]
            if fitting.wanted[position] >= len(rows):
                kept = rows[rng.choice(len(rows), size=len(rows))] if self.bootstrap else rows
                drawn.append(kept)
                continue
            drawn.append(
                state.draw(
                    position,
                    min(n, len(rows)),
                    rng,
                    hardness=self.hardness,
                    k_bins=self.k_bins,
                    alpha=alpha,
                    sampling=self.sampling,
                    replacement=self.replacement,
                )
            )
        return Draw(np.concatenate(drawn))

    def _learned(self, fitting, state, number, learner, rng):
        # nobody draws after the last round, so the large classes need not be predicted for it
        last = number + 1 >= self.n_estimators
        return 1.0, state if last else state.updated(learner)
