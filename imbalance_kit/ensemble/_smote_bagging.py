"""Bagging on bootstraps whose small classes are over-sampled with synthetic rows."""

from dataclasses import replace
from numbers import Integral, Real

import numpy as np

from imbalance_kit._neighbors.custom import NEIGHBORS
from imbalance_kit._sampling.base import CATEGORICAL_FEATURES, BaseOverSampler
from imbalance_kit._sklearn_compat import Interval, StrOptions
from imbalance_kit._tables.labels import spell
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.ensemble._loop.bootstraps import draw_rows, rows_of_round
from imbalance_kit.ensemble._loop.fitting import Draw
from imbalance_kit.ensemble._loop.out_of_bag import OutOfBagEnsemble
from imbalance_kit.ensemble._loop.schedule import SCHEDULE
from imbalance_kit.ensemble._loop.synthetic_rows import near_by_class, open_source
from imbalance_kit.over_sampling._base import draw_between, near_in_class

_STEPS = 10  # rates before they begin again


class SMOTEBaggingClassifier(OutOfBagEnsemble):
    """Learners on bootstraps whose small classes are over-sampled by SMOTE.

    The share of a small class that is synthetic, not copied, changes from learner to learner, which
    makes the learners differ.

    Parameters
    ----------
    estimator : classifier, default=None
        The base learner, cloned for each round. None stands for a decision tree of full depth. One
        without ``predict_proba`` votes for the class that it predicts.

    n_estimators : int, default=50
        Number of learners.

    resampling_rate : "cyclic", float or None, default="cyclic"
        Share of the rows of an over-sampled class that are drawn from it with replacement; SMOTE
        makes the rest. "cyclic" is .1, .2, ... 1 and again, learner by learner, as in the paper.
        None lets SMOTE add to what a bootstrap of the table holds.

    k_neighbors : int or neighbours estimator, default=5
        Neighbours that a row may go towards. An object with ``kneighbors`` (for instance an
        approximate search) is fitted on the rows of each class; as it also finds the row
        itself, give it one neighbour more.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

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
    OverBaggingClassifier : Over-samples by duplication; faster.

    ResamplingBaggingClassifier : A bag over any other sampler.

    imbalance_kit.over_sampling.SMOTE : How rows are made.

    Notes
    -----
    With a rate, classes that are not over-sampled are bootstrapped, numbers of rows are exact, and
    SMOTE goes between any two near rows of the class: neighbours are looked for once per fit, at
    most O(m^2 d) for a class of m rows. Every row of an over-sampled class may be a parent in every
    bag, so there is no out-of-bag score. With ``resampling_rate=None`` neighbours are looked for
    among the different rows of each bootstrap, and a copy is nobody's neighbour; rows that the
    bootstrap does not hold are out of the bag. Where there are no more rows than `k_neighbors`, the
    neighbours there are must do, with one warning. The paper leaves open how many neighbours it
    uses; 5 are SMOTE's own default.

    A learner sees up to ``n_classes`` times the rows of the largest class, and training on these is
    nearly all of the cost. A synthetic row counts as its seed in ``estimators_samples_``, and has
    its seed's weight.

    Probabilities are those of re-balanced data: too high for rare classes. `recalibrate` corrects
    for the class shares; because rows are synthetic, the correction is an approximation.

    References
    ----------
    .. [1] S. Wang, X. Yao, "Diversity Analysis on Imbalanced Data Sets by Using Ensemble Models",
       IEEE Symposium on Computational Intelligence and Data Mining, 2009.

    .. [2] N. V. Chawla, K. W. Bowyer, L. O. Hall, W. P. Kegelmeyer, "SMOTE: Synthetic Minority
       Over-sampling Technique", Journal of Artificial Intelligence Research 16, 2002.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import SMOTEBaggingClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], flip_y=0, random_state=0)
    >>> model = SMOTEBaggingClassifier(n_estimators=10, random_state=0).fit(X, y)
    >>> np.bincount(y[model.estimators_samples_[0]]).tolist()
    [950, 950]
    """

    _sampling_type = "over-sampling"
    _parameter_constraints: dict = {
        **OutOfBagEnsemble._parameter_constraints,
        **SCHEDULE,
        "sampling_strategy": BaseOverSampler._parameter_constraints["sampling_strategy"],
        "resampling_rate": [StrOptions({"cyclic"}), Interval(Real, 0, 1, closed="both"), None],
        "k_neighbors": NEIGHBORS,
        "categorical_features": CATEGORICAL_FEATURES,
    }

    def __init__(
        self,
        estimator=None,
        *,
        n_estimators=50,
        resampling_rate="cyclic",
        k_neighbors=5,
        categorical_features="auto",
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
        self.resampling_rate = resampling_rate
        self.k_neighbors = k_neighbors
        self.categorical_features = categorical_features
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

    def _begin(self, fitting, rng):
        if self.oob_score and self.resampling_rate is not None:
            raise ValueError(
                "oob_score needs resampling_rate=None: with a rate, rows are made from all rows of "
                "an over-sampled class, and none of them is out of any bag."
            )
        source = open_source(fitting.X, self.categorical_features)
        if self.resampling_rate is None:
            return source
        near = near_by_class(fitting, source.points, self.k_neighbors, self.n_jobs)
        return replace(source, near=near)

    def _draw(self, fitting, state, number, rng):
        """A draw; the state is the source of synthetic rows, and stays what it is."""
        draw = self._draw_from_bag if self.resampling_rate is None else self._draw_by_rate
        kept, plans, warning = draw(fitting, state, number, rng)
        rows = np.concatenate(kept + [plan.seed for plan in plans])
        if not plans:
            return Draw(rows, warning=warning)
        table = state.extended(plans, rng)
        n_made = sum(len(plan.seed) for plan in plans)
        order = np.concatenate([*kept, state.table.n_rows + np.arange(n_made)])
        return Draw(rows, table=take_rows(table, order, reset_index=True), warning=warning)

    def _draw_by_rate(self, fitting, source, number, rng):
        """Rows drawn from whole classes, and plans of those to be made, as in the paper."""
        rate = self.resampling_rate
        if rate == "cyclic":
            rate = (number % _STEPS + 1) / _STEPS
        kept, plans = [], []
        for position, n in enumerate(fitting.wanted_by(number)):
            rows, near = fitting.class_rows[position], source.near.get(position)
            n_copies = n if near is None else round(rate * n)
            kept.append(rows[rng.randint(len(rows), size=n_copies)])
            if n > n_copies:
                plans.append(draw_between(source.points, rows, near, n - n_copies, rng))
        return kept, plans, None

    def _draw_from_bag(self, fitting, source, number, rng):
        """A bootstrap of the table, and plans of rows between those it holds."""
        y_encoded, points = fitting.y_encoded, source.points
        bag = draw_rows(y_encoded, len(y_encoded), self.classes_, bootstrap=True, rng=rng)
        counts = np.bincount(y_encoded[bag], minlength=len(self.classes_))
        wanted = rows_of_round(fitting, counts, number)
        plans = []
        for position in np.flatnonzero(wanted > counts):
            # Neighbours among the distinct rows: a copy would be the nearest of its row.
            rows, place = np.unique(bag[y_encoded[bag] == position], return_inverse=True)
            near = np.empty((len(rows), 0), dtype=np.int64)
            k = self.k_neighbors
            if isinstance(k, Integral):
                k = min(k, len(rows) - 1)
            if k != 0:
                near = near_in_class(points, rows, self.classes_[position], k, n_jobs=1)
            n = wanted[position] - counts[position]
            plans.append(draw_between(points, rows[place], near[place], n, rng))
        return [bag], plans, self._warning_of_few(fitting, bag)

    def _warning_of_few(self, fitting, bag):
        """A warning where a bootstrap holds too few rows of a class, else None."""
        if not isinstance(self.k_neighbors, Integral):
            return None
        held = np.bincount(fitting.y_encoded[np.unique(bag)], minlength=len(self.classes_))
        over_sampled = fitting.wanted > fitting.class_counts
        few = np.flatnonzero((held <= int(self.k_neighbors)) & over_sampled)
        if not len(few):
            return None
        label, n = self.classes_[few[0]], held[few[0]]
        return (
            f"A bootstrap holds {n} different rows of class {spell(label)}: its neighbours "
            f"are cut to {n - 1}, k_neighbors={self.k_neighbors} needs "
            f"{self.k_neighbors + 1} rows. The same may hold for later ones."
        )
