"""Balance cascade: rows of large classes that are settled leave before the next round."""

from dataclasses import dataclass, replace
from numbers import Integral

import numpy as np

from imbalance_kit._sklearn_compat import Interval, StrOptions
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.ensemble._learners.predictions import class_probabilities
from imbalance_kit.ensemble._loop.base import BaseImbalanceEnsemble
from imbalance_kit.ensemble._loop.fitting import Draw
from imbalance_kit.ensemble._loop.row_pool import POOL_SIZE, draw_pool
from imbalance_kit.under_sampling._cascade import stage
from imbalance_kit.under_sampling._hardness_threshold import lowest

_AT_A_TIME = 1 << 17  # rows copied to be predicted


@dataclass(frozen=True)
class CascadeState:
    """Rows that are still in the cascade.

    Attributes
    ----------
    left : tuple of ndarray
        Rows of each class.

    confidence : ndarray of shape (n_rows,)
        Sums of the probabilities of the true class, by which settled rows are found.

    sizes : tuple of tuple of int
        Rows of each class, round by round.
    """

    left: tuple[np.ndarray, ...]
    confidence: np.ndarray
    sizes: tuple[tuple[int, ...], ...] = ()


class BalanceCascadeClassifier(BaseImbalanceEnsemble):
    """Learners on balanced draws from large classes that lose their settled rows on the way.

    A round's learner is trained on all rows of the small classes and a random draw from what is
    left of the large ones. Then the rows of large classes that are put most surely into their
    class leave for good. What is left shrinks by the same factor in each round, so that the last
    round has as many rows to draw from as it draws.

    Parameters
    ----------
    estimator : classifier, default=None
        The base learner, cloned for each round. None stands for a decision tree of full depth. One
        without ``predict_proba`` votes for the class that it predicts.

    n_estimators : int, default=50
        Number of learners.

    judge : {"ensemble", "learner"}, default="ensemble"
        Whose probabilities decide which rows are settled: the mean over the learners so far, or the
        round's learner alone, as in the paper. That needs learners whose probabilities differ, such
        as the paper's boosted ones: one full tree predicts 0 or 1, and most rows tie.

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

    n_left_ : ndarray of shape (n_rounds, n_classes)
        Rows of each class that a round could draw from.

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
    SelfPacedEnsembleClassifier : Keeps easy rows in the draws, too.

    EasyEnsembleClassifier : Draws that do not depend on each other.

    imbalance_kit.under_sampling.BalanceCascadeUnderSampler : What is left, as a sampler.

    Notes
    -----
    After round i of T, counted from 1, a large class of n rows with a target of m has
    ``n * (m / n)**(i / (T - 1))`` rows left: exact numbers. A learner is trained before anything
    leaves, and rows that are equally sure leave in random order, so neither a first guess nor the
    order of the table decides. The paper boosts in each round and sets a threshold on the false
    positive rate, which keeps the same share of rows; `estimator` may be an
    ``AdaBoostClassifier``. Its vote is over thresholds, ours over probabilities.

    Each round fits one learner and predicts what is left of the large classes: O(n) rows in the
    first rounds, fewer in later ones. What stays to the end is hard, mislabelled rows among it.
    Probabilities are those of re-balanced data, and later rounds see unusual rows:
    `recalibrate` corrects the class shares, not that.

    X may be a ``numpy.memmap``, the path of a Parquet file or folder, or a dask array or dataframe.
    Then the labels are read, one number per row, and of the rest only the rows in play; the model
    is the one that the same table gives in memory with the same seed. `pool_size=None` keeps all
    rows in play, and reads the table whole.

    References
    ----------
    .. [1] X.-Y. Liu, J. Wu, Z.-H. Zhou, "Exploratory Undersampling for Class-Imbalance
       Learning", IEEE Transactions on Systems, Man, and Cybernetics, Part B 39, 2009.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import BalanceCascadeClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], flip_y=0, random_state=0)
    >>> model = BalanceCascadeClassifier(n_estimators=5, random_state=0).fit(X, y)
    >>> model.n_left_.tolist()
    [[950, 50], [455, 50], [218, 50], [104, 50], [50, 50]]
    """

    _reads_stored = True
    _parameter_constraints: dict = {
        **BaseImbalanceEnsemble._parameter_constraints,
        **POOL_SIZE,
        "judge": [StrOptions({"learner", "ensemble"})],
        "bootstrap": ["boolean"],
        "learners_per_round": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        estimator=None,
        *,
        n_estimators=50,
        judge="ensemble",
        bootstrap=True,
        learners_per_round=1,
        pool_size="auto",
        sampling_strategy="auto",
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
        self.judge = judge
        self.bootstrap = bootstrap
        self.learners_per_round = learners_per_round
        self.pool_size = pool_size
        self.sampling_strategy = sampling_strategy
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

    def _pool(self, y_encoded, wanted, rng):
        return draw_pool(y_encoded, wanted, self.pool_size, rng)

    def _begin(self, fitting, rng):
        return CascadeState(tuple(fitting.class_rows), np.zeros(len(fitting.y_encoded)))

    def _draw(self, fitting, state, number, rng):
        drawn = []
        for position, left in enumerate(state.left):
            n = fitting.wanted[position]
            if n < len(fitting.class_rows[position]):
                drawn.append(rng.choice(left, size=n, replace=False))
            else:
                drawn.append(left[rng.choice(len(left), size=n)] if self.bootstrap else left)
        return Draw(np.concatenate(drawn))

    def _learned(self, fitting, state, number, learner, rng):
        round_, sizes = fitting.round_of(number), state.sizes
        first = number % fitting.per_round == 0
        if first:
            sizes = (*sizes, tuple(len(left) for left in state.left))
        if round_ + 1 >= fitting.n_rounds:
            return 1.0, replace(state, sizes=sizes)
        last = (number + 1) % fitting.per_round == 0
        confidence, still_left = state.confidence.copy(), list(state.left)
        for position, left in enumerate(state.left):
            n_all = len(fitting.class_rows[position])
            if fitting.wanted[position] >= n_all:
                continue
            if first and self.judge == "learner":
                confidence[left] = 0.0
            for start in range(0, len(left), _AT_A_TIME):
                rows = left[start : start + _AT_A_TIME]
                proba = class_probabilities(
                    learner, take_rows(fitting.X, rows), len(self.classes_), fitting.n_threads
                )
                confidence[rows] += proba[:, position]
            if last:
                done = (round_ + 1) / (fitting.n_rounds - 1)
                n = stage(n_all, int(fitting.wanted[position]), done)
                stays = lowest(confidence[left], n, rng)
                still_left[position] = np.sort(left[stays])
        return 1.0, CascadeState(tuple(still_left), confidence, sizes)

    def _record(self, state):
        sizes = np.array(state.sizes, dtype=np.int64)
        self.n_left_ = sizes.reshape(-1, len(self.classes_))
