"""Ensembles whose rounds see part of the large classes."""

from numbers import Integral

import numpy as np

from imbalance_kit._base import BaseUnderSampler
from imbalance_kit._gateway import HasMethods, Interval, StrOptions
from imbalance_kit._rows import take_rows
from imbalance_kit.ensemble._base import BaseImbalanceEnsemble
from imbalance_kit.under_sampling._self_paced import HARDNESS, draw_self_paced, measure_hardness


class SelfPacedEnsembleClassifier(BaseImbalanceEnsemble):
    """Learners on all small classes and a self-paced draw from the large ones (SPE).

    Before each round the rows of the large classes are cut into bins by how hard they are for
    the learners trained so far. A bin's share of the draw is ``1 / (mean hardness + alpha)``,
    and alpha grows over the rounds: from every bin contributing the same total hardness to
    every bin contributing the same number of rows.

    Parameters
    ----------
    estimator : classifier with ``predict_proba``, default=None
        The base learner, cloned for each round. None stands for a decision tree of full depth.

    n_estimators : int, default=50
        Number of learners.

    k_bins : int, default=5
        Number of hardness bins.

    hardness : {"absolute", "squared", "cross_entropy"} or callable, default="absolute"
        ``1 - p``, ``(1 - p)**2`` or ``-log(p)`` of the probability p of the true class, or a
        function of p.

    sampling : {"hard", "soft"}, default="hard"
        Whether bins give exact numbers of rows, or each row its bin's probability.

    replacement : bool, default=False
        Whether a row of a large class may be drawn more than once in a round.

    bootstrap : bool, default=True
        Whether the classes that are kept whole are drawn with replacement, as many rows as they
        have. This makes the learners differ and helps base learners of high variance such as
        full trees; the paper uses the rows as they are (False).

    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str says which classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    recalibrate : bool, default=False
        Correct the predicted probabilities for the change of the class shares.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    n_jobs : int or None, default=None
        Threads that predict. Rounds depend on each other and run one after another.

    warm_start : bool, default=False
        Keep the learners of the earlier ``fit`` and add to them. The growth of alpha then
        follows the new `n_estimators`.

    verbose : int, default=0
        Print a line for each round.

    Attributes
    ----------
    estimators_ : list of classifiers
        The learners.

    estimators_samples_ : list of ndarray
        Rows each learner was trained on.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    sampling_strategy_ : dict
        Rows drawn from each resampled class in a round.

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

    _parameter_constraints: dict = {
        "estimator": [HasMethods(["fit", "predict"]), None],
        "n_estimators": [Interval(Integral, 1, None, closed="left")],
        "k_bins": [Interval(Integral, 1, None, closed="left")],
        "hardness": [StrOptions(set(HARDNESS)), callable],
        "sampling": [StrOptions({"hard", "soft"})],
        "replacement": ["boolean"],
        "bootstrap": ["boolean"],
        "sampling_strategy": BaseUnderSampler._parameter_constraints["sampling_strategy"],
        "recalibrate": ["boolean"],
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
    }

    def __init__(
        self,
        estimator=None,
        *,
        n_estimators=50,
        k_bins=5,
        hardness="absolute",
        sampling="hard",
        replacement=False,
        bootstrap=True,
        sampling_strategy="auto",
        recalibrate=False,
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
        self.sampling_strategy = sampling_strategy
        self.recalibrate = recalibrate
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.warm_start = warm_start
        self.verbose = verbose

    def _begin(self, fitting):
        reduced = np.flatnonzero(np.isin(fitting.codes, list(fitting.targets)))
        # predicting a few rows too many costs less than a copy of most of the table
        everything = len(reduced) > 0.8 * len(fitting.codes)
        fitting.memory = {
            "X": fitting.X if everything else take_rows(fitting.X, reduced),
            "position": reduced if everything else np.arange(len(reduced)),
            "rows": reduced,
            "p_true": np.zeros(len(reduced)),
        }

    def _rows(self, fitting, rng):
        memory = fitting.memory
        codes = fitting.codes[memory["rows"]]
        drawn = []
        for code in range(len(self.classes_)):
            if code not in fitting.targets:
                own = np.flatnonzero(fitting.codes == code)
                drawn.append(own[rng.choice(len(own), size=len(own))] if self.bootstrap else own)
                continue
            own = np.flatnonzero(codes == code)
            p_true = memory["p_true"][own] / max(fitting.number, 1)
            chosen = draw_self_paced(
                measure_hardness(self.hardness, p_true),
                fitting.targets[code],
                k_bins=self.k_bins,
                alpha=np.tan(np.pi / 2 * fitting.number / max(fitting.n_rounds - 1, 1)),
                sampling=self.sampling,
                replacement=self.replacement,
                rng=rng,
            )
            drawn.append(memory["rows"][own[chosen]])
        return np.concatenate(drawn)

    def _learned(self, fitting, estimator):
        memory = fitting.memory
        if fitting.number + 1 < fitting.n_rounds and len(memory["rows"]):
            proba = estimator.predict_proba(memory["X"])
            memory["p_true"] += proba[memory["position"], fitting.codes[memory["rows"]]]
