"""Boosting on rounds that have more rows of small classes."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from imbalance_kit._sampling.base import BaseOverSampler
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.ensemble._boosting import (
    BaseBoosting,
    BoostingState,
    initial_weight,
    normalised,
)
from imbalance_kit.ensemble._loop.fitting import Draw, Fitting
from imbalance_kit.ensemble._loop.schedule import SCHEDULE


@dataclass(frozen=True, kw_only=True)
class OverSampledState(BoostingState):
    """Where boosting on over-sampled rounds stands.

    Attributes
    ----------
    source : RowSource or None
        What synthetic rows are made of.

    rows : ndarray or None
        With `persistent` the rows that those of X are, or are made from.
    """

    source: Any = None
    rows: np.ndarray | None = None


class OverSampledBoosting(BaseBoosting):
    """Rounds with more rows of the small classes; a method decides which (`_added`)."""

    _parameter_constraints: dict = {
        **BaseBoosting._parameter_constraints,
        **SCHEDULE,
        "sampling_strategy": BaseOverSampler._parameter_constraints["sampling_strategy"],
        "persistent": ["boolean"],
    }
    _sampling_type = "over-sampling"
    persistent: bool
    schedule: str

    def _open_source(self, fitting: Fitting) -> Any:
        """What synthetic rows are made of, found once; None where rows are copied."""
        return None

    def _added(
        self, fitting: Fitting, source: Any, counts: np.ndarray, rng: np.random.RandomState
    ) -> tuple[np.ndarray, Any]:
        """All rows and what is added: the rows it comes from, and a table if some are synthetic.

        `counts` are the rows to add to each class.
        """
        raise NotImplementedError

    def _begin(self, fitting, rng):
        if self.persistent and self.schedule != "uniform":
            raise ValueError(
                f'persistent=True needs schedule="uniform"; got {self.schedule!r}: rows that stay '
                "are made once."
            )
        source = self._open_source(fitting)
        X, y_encoded, rows = fitting.X, fitting.y_encoded, None
        weight = initial_weight(fitting)
        if self.persistent:
            rows, table = self._added(fitting, source, fitting.wanted - fitting.class_counts, rng)
            X = take_rows(X, rows) if table is None else table
            n_added = len(rows) - len(y_encoded)
            y_encoded = y_encoded[rows]
            weight = np.append(weight, np.full(n_added, weight.mean()))
        weight = normalised(weight)
        return OverSampledState(
            X=X,
            y_encoded=y_encoded,
            weight=weight,
            first_weight=weight,
            source=source,
            rows=rows,
        )

    def _draw(self, fitting, state, number, rng):
        if self.persistent:
            return Draw(state.rows, table=state.X, weight=state.weight_of_learners)
        counts = fitting.wanted_by(number) - fitting.class_counts
        rows, table = self._added(fitting, state.source, counts, rng)
        if table is None:
            return Draw(rows, row_weight=state.weight_of_drawn(rows))
        return Draw(rows, table=table, weight=state.weight_of_drawn(rows)[rows])


class OverBoostClassifier(OverSampledBoosting):
    """Boosting on rounds whose small classes are over-sampled by duplication.

    Parameters
    ----------
    estimator : classifier that takes ``sample_weight``, default=None
        The base learner, cloned for each round. None stands for a decision stump,
        ``DecisionTreeClassifier(max_depth=1)``.

    n_estimators : int, default=50
        Number of learners.

    learning_rate : float, default=1.0
        Factor of the learners' weights. A smaller one needs more learners.

    persistent : bool, default=False
        Whether rows are copied once and then boosted with the others, as in
        imbalanced-ensemble. If not, each round has new ones, which are dropped after it.

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
    estimators_ : list of classifiers
        The learners.

    estimators_samples_ : list of ndarray
        Rows each learner was trained on.

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
        Rows added to each class in a round.

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
    SMOTEBoostClassifier : Synthetic rows instead of copies.

    RUSBoostClassifier : Cuts the large classes instead.

    Notes
    -----
    A copy weighs what its row weighs. Learners are scored on the rows of the table alone, and the
    copies of a round are dropped after it; weights follow SAMME [2]_. With `persistent` the copies
    are rows like the others from then on, and each begins with the mean weight. The schedule must
    be "uniform" then.

    Each round is one fit on as many rows as the large classes have. As in
    :class:`RUSBoostClassifier` learners see balanced rows and are scored on rows that are not, and
    boosting starts again where one is no better than a guess; with `persistent` it seldom does.

    ``predict_proba`` is AdaBoost's as scikit-learn defines it, made from votes that are divided by
    their total weight: the order is right, the values stay near one half and are not
    calibrated. With `recalibrate` the sum of the votes is taken as the log odds that the
    exponential loss makes of it [3]_, and the class shares that the learners
    saw are corrected.

    References
    ----------
    .. [1] N. V. Chawla, A. Lazarevic, L. O. Hall, K. W. Bowyer, "SMOTEBoost: Improving Prediction
       of the Minority Class in Boosting", European Conference on Principles of Data Mining and
       Knowledge Discovery (PKDD), 2003.
    .. [2] J. Zhu, H. Zou, S. Rosset, T. Hastie, "Multi-class AdaBoost", Statistics and Its
       Interface 2, 2009.
    .. [3] J. Friedman, T. Hastie, R. Tibshirani, "Additive Logistic Regression: a Statistical
       View of Boosting", The Annals of Statistics 28, 2000.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import OverBoostClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], flip_y=0, random_state=0)
    >>> model = OverBoostClassifier(n_estimators=5, random_state=0).fit(X, y)
    >>> model.decision_function(X).shape
    (1000,)
    >>> [len(rows) for rows in model.estimators_samples_][:2]
    [1900, 1900]
    """

    def __init__(
        self,
        estimator=None,
        *,
        n_estimators=50,
        learning_rate=1.0,
        persistent=False,
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
        self.persistent = persistent
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

    def _added(self, fitting, source, counts, rng):
        copies = [
            rows[rng.randint(len(rows), size=n)]
            for rows, n in zip(fitting.class_rows, counts, strict=True)
        ]
        return np.concatenate([fitting.everything, *copies]), None
