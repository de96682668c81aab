"""Boosting on rounds that have synthetic rows of the small classes."""

from dataclasses import replace
from numbers import Real
from typing import Any

import numpy as np

from imbalance_kit._neighbors.custom import NEIGHBORS
from imbalance_kit._sampling.base import CATEGORICAL_FEATURES
from imbalance_kit._sampling.plans import Plan
from imbalance_kit._sampling.targets import Part
from imbalance_kit._sklearn_compat import StrOptions
from imbalance_kit.ensemble._loop.fitting import Fitting
from imbalance_kit.ensemble._loop.synthetic_rows import RowSource, near_by_class, open_source
from imbalance_kit.ensemble._over_boosting import OverSampledBoosting
from imbalance_kit.over_sampling import KMeansSMOTE
from imbalance_kit.over_sampling._base import draw_between
from imbalance_kit.over_sampling._kmeans_smote import ClusterSettings, plan_in_clusters


class SyntheticBoosting(OverSampledBoosting):
    """The rows that are added are synthetic; a method decides by which plan."""

    categorical_features: Any
    k_neighbors: Any

    def _open_source(self, fitting: Fitting) -> RowSource:
        return open_source(fitting.X, self.categorical_features)

    def _plan(
        self, source: RowSource, position: int, part: Part, n_total: int, rng: np.random.RandomState
    ) -> Plan:
        """How ``part.n`` rows of a class are made, of `n_total` rows of all classes."""
        raise NotImplementedError

    def _added(self, fitting, source, counts, rng):
        plans = []
        for position in np.flatnonzero(counts):
            label, rows = fitting.classes[position], fitting.class_rows[position]
            part = Part(label, rows, int(counts[position]))
            plans.append(self._plan(source, int(position), part, int(counts.sum()), rng))
        if not plans:
            return fitting.everything, None
        rows = np.concatenate([fitting.everything, *(plan.seed for plan in plans)])
        return rows, source.extended(plans, rng)


class SMOTEBoostClassifier(SyntheticBoosting):
    """Boosting on rounds whose small classes are over-sampled by SMOTE.

    Parameters
    ----------
    estimator : classifier that takes ``sample_weight``, default=None
        The base learner, cloned for each round. None stands for a decision stump,
        ``DecisionTreeClassifier(max_depth=1)``.

    n_estimators : int, default=50
        Number of learners.

    learning_rate : float, default=1.0
        Factor of the learners' weights. A smaller one needs more learners.

    k_neighbors : int or neighbours estimator, default=5
        Neighbours that a row may go towards. An object with ``kneighbors`` (for instance an
        approximate search) is fitted on the rows of each class; as it also finds the row
        itself, give it one neighbour more.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    persistent : bool, default=False
        Whether rows are made once and then boosted with the others, as in
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
        Rows each learner was trained on; a synthetic row counts as the one it starts from.

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
    OverBoostClassifier : Copies rows instead.

    KmeansSMOTEBoostClassifier : Synthetic rows inside clusters.

    imbalance_kit.over_sampling.SMOTE : The rows, as a sampler.

    Notes
    -----
    A synthetic row has the class and the weight of the row it starts from. Learners are scored on
    the rows of the table alone, and the synthetic ones are dropped after the round; weights follow
    SAMME [2]_ (the paper has AdaBoost.M2). With `persistent` the synthetic rows are rows like the
    others from then on, and each begins with the mean weight. The schedule must be "uniform" then.

    Neighbours are looked for once. Each round makes synthetic rows and is one fit on as many as the
    large classes have.

    As in :class:`RUSBoostClassifier` learners see balanced rows and are scored on rows that are
    not, and boosting starts again where one is no better than a guess; with `persistent` it seldom
    does.

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
    >>> from imbalance_kit.ensemble import SMOTEBoostClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], flip_y=0, random_state=0)
    >>> model = SMOTEBoostClassifier(n_estimators=5, random_state=0).fit(X, y)
    >>> model.decision_function(X).shape
    (1000,)
    """

    _parameter_constraints: dict = {
        **OverSampledBoosting._parameter_constraints,
        "k_neighbors": NEIGHBORS,
        "categorical_features": CATEGORICAL_FEATURES,
    }

    def __init__(
        self,
        estimator=None,
        *,
        n_estimators=50,
        learning_rate=1.0,
        k_neighbors=5,
        categorical_features="auto",
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
        self.k_neighbors = k_neighbors
        self.categorical_features = categorical_features
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

    def _open_source(self, fitting):
        source = super()._open_source(fitting)
        near = near_by_class(fitting, source.points, self.k_neighbors, self.n_jobs)
        return replace(source, near=near)

    def _plan(self, source, position, part, n_total, rng):
        return draw_between(source.points, part.rows, source.near[position], part.n, rng)


class KmeansSMOTEBoostClassifier(SyntheticBoosting):
    """Boosting on rounds whose small classes are over-sampled by KMeansSMOTE.

    Parameters
    ----------
    estimator : classifier that takes ``sample_weight``, default=None
        The base learner, cloned for each round. None stands for a decision stump,
        ``DecisionTreeClassifier(max_depth=1)``.

    n_estimators : int, default=50
        Number of learners.

    learning_rate : float, default=1.0
        Factor of the learners' weights. A smaller one needs more learners.

    k_neighbors : int or neighbours estimator, default=2
        Neighbours that a row may go towards. An object with ``kneighbors`` (for instance an
        approximate search) is fitted on the rows of each class; as it also finds the row
        itself, give it one neighbour more.

    kmeans_estimator : int, clusterer or None, default=None
        Number of clusters, or a k-means estimator. None takes ``MiniBatchKMeans()``.

    cluster_balance_threshold : "auto" or float, default=0.1
        Share of the class in a cluster from which on rows are made there. "auto" takes half of
        the share that the class has among all new rows: one half for two classes.

    density_exponent : "auto" or float, default="auto"
        Power of the mean distance in a cluster that counts as its sparsity. "auto" lets it grow
        with the rows of the class in the cluster, as imbalanced-learn does.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    persistent : bool, default=False
        Whether rows are made once and then boosted with the others, as in
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
        Rows each learner was trained on; a synthetic row counts as the one it starts from.

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
    OverBoostClassifier : Copies rows instead.

    SMOTEBoostClassifier : Synthetic rows without clusters.

    imbalance_kit.over_sampling.KMeansSMOTE : The rows, as a sampler.

    Notes
    -----
    A synthetic row has the class and the weight of the row it starts from. Learners are scored on
    the rows of the table alone, and the synthetic ones are dropped after the round; weights follow
    SAMME [2]_ (the paper has AdaBoost.M2). With `persistent` the synthetic rows are rows like the
    others from then on, and each begins with the mean weight. The schedule must be "uniform" then.

    Each round clusters the table anew for each over-sampled class, makes synthetic rows, and is one
    fit on as many as the large classes have; :class:`SMOTEBoostClassifier` is much faster.

    As in :class:`RUSBoostClassifier` learners see balanced rows and are scored on rows that are
    not, and boosting starts again where one is no better than a guess; with `persistent` it seldom
    does.

    ``predict_proba`` is AdaBoost's as scikit-learn defines it, made from votes that are divided by
    their total weight: the order is right, the values stay near one half and are not
    calibrated. With `recalibrate` the sum of the votes is taken as the log odds that the
    exponential loss makes of it [4]_, and the class shares that the learners
    saw are corrected.

    References
    ----------
    .. [1] G. Douzas, F. Bacao, F. Last, "Improving Imbalanced Learning through a Heuristic
       Oversampling Method Based on K-Means and SMOTE", Information Sciences 465, 2018.
    .. [2] J. Zhu, H. Zou, S. Rosset, T. Hastie, "Multi-class AdaBoost", Statistics and Its
       Interface 2, 2009.
    .. [3] N. V. Chawla, A. Lazarevic, L. O. Hall, K. W. Bowyer, "SMOTEBoost: Improving Prediction
       of the Minority Class in Boosting", European Conference on Principles of Data Mining and
       Knowledge Discovery (PKDD), 2003.
    .. [4] J. Friedman, T. Hastie, R. Tibshirani, "Additive Logistic Regression: a Statistical
       View of Boosting", The Annals of Statistics 28, 2000.

    Examples
    --------
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import KmeansSMOTEBoostClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], flip_y=0, random_state=0)
    >>> model = KmeansSMOTEBoostClassifier(n_estimators=5, random_state=0).fit(X, y)
    >>> model.decision_function(X).shape
    (1000,)
    """

    _parameter_constraints: dict = {
        **OverSampledBoosting._parameter_constraints,
        "k_neighbors": NEIGHBORS,
        "kmeans_estimator": KMeansSMOTE._parameter_constraints["kmeans_estimator"],
        "cluster_balance_threshold": [StrOptions({"auto"}), Real],
        "density_exponent": [StrOptions({"auto"}), Real],
        "categorical_features": CATEGORICAL_FEATURES,
    }

    def __init__(
        self,
        estimator=None,
        *,
        n_estimators=50,
        learning_rate=1.0,
        k_neighbors=2,
        kmeans_estimator=None,
        cluster_balance_threshold=0.1,
        density_exponent="auto",
        categorical_features="auto",
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
        self.k_neighbors = k_neighbors
        self.kmeans_estimator = kmeans_estimator
        self.cluster_balance_threshold = cluster_balance_threshold
        self.density_exponent = density_exponent
        self.categorical_features = categorical_features
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

    def _plan(self, source, position, part, n_total, rng):
        settings = ClusterSettings(
            k_neighbors=self.k_neighbors,
            kmeans_estimator=self.kmeans_estimator,
            cluster_balance_threshold=self.cluster_balance_threshold,
            density_exponent=self.density_exponent,
            n_jobs=self.n_jobs,
        )
        return plan_in_clusters(source.points, part, n_total, settings, rng)
