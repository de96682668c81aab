"""Random forests whose trees see balanced draws."""

from typing import Any

import numpy as np
from scipy import sparse
from sklearn.ensemble import RandomForestClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils.class_weight import compute_class_weight

from imbalance_kit._sklearn_compat import StrOptions
from imbalance_kit._threads import each_in_threads, thread_count
from imbalance_kit.ensemble._learners.predictions import as_read_by
from imbalance_kit.ensemble._loop.base import constraints_without
from imbalance_kit.ensemble._loop.bootstraps import bag_size
from imbalance_kit.ensemble._loop.fitting import Draw
from imbalance_kit.ensemble._loop.out_of_bag import OutOfBagEnsemble
from imbalance_kit.ensemble._loop.schedule import SCHEDULE
from imbalance_kit.ensemble._loop.under_samplers import DrawsBySampler

_OF_A_TREE = (
    "criterion",
    "max_depth",
    "min_samples_split",
    "min_samples_leaf",
    "min_weight_fraction_leaf",
    "max_features",
    "max_leaf_nodes",
    "min_impurity_decrease",
    "ccp_alpha",
    "monotonic_cst",
)


class BalancedRandomForestClassifier(DrawsBySampler, OutOfBagEnsemble):
    """A random forest each of whose trees sees the same number of rows of every class.

    Parameters
    ----------
    n_estimators : int, default=100
        Number of learners.

    criterion : {"gini", "entropy", "log_loss"}, default="gini"
        What a split is to lower.

    max_depth : int or None, default=None
        Depth at which trees end; None grows them until leaves are pure or too small to split.

    min_samples_split : int or float, default=2
        Rows, or share of a tree's rows, that a node needs to be split.

    min_samples_leaf : int or float, default=1
        Rows, or share of a tree's rows, that a leaf must have.

    min_weight_fraction_leaf : float, default=0.0
        Share of the weight of a tree's rows that a leaf must have.

    max_features : {"sqrt", "log2"}, int, float or None, default="sqrt"
        Columns that a split is looked for in, drawn anew for each; None for all.

    max_leaf_nodes : int or None, default=None
        Leaves that a tree may have.

    min_impurity_decrease : float, default=0.0
        How much a split must lower the impurity.

    bootstrap : bool, default=False
        Whether a tree is grown on a bootstrap of the rows drawn for it.

    oob_score : bool or callable, default=False
        Whether to score the fit on rows that learners were not trained on: by accuracy, or by a
        function of true and predicted labels.

    sampling_strategy : float, str, dict or callable, default="all"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    replacement : bool, default=True
        Whether a row of a large class may be drawn more than once in a round.

    n_jobs : int or None, default=None
        Threads that train learners side by side and predict. The result does not depend on it.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    verbose : int, default=0
        Print a line for each learner.

    warm_start : bool, default=False
        Keep the learners of the earlier ``fit`` and add to them.

    class_weight : dict, "balanced", "balanced_subsample" or None, default=None
        Weights of the classes: given, such that the classes of the table weigh the same, or such
        that those of each tree's rows do.

    ccp_alpha : float, default=0.0
        Complexity parameter of minimal cost-complexity pruning.

    max_samples : int, float or None, default=None
        Rows of a bootstrap: a number, a share of the rows of the table, or as many as were
        drawn; never more than that. Only with ``bootstrap=True``.

    monotonic_cst : array-like of int of shape (n_features,) or None, default=None
        1, -1 or 0 for columns along which probabilities may only rise, only fall, or do either.

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
    UnderBaggingClassifier : The same for any base learner.

    sklearn.ensemble.RandomForestClassifier : Trees on bootstraps of the table as it is.

    Notes
    -----
    By default each tree draws as many rows as the smallest class has from every class, with
    replacement, as in the paper. `replacement` holds for every class that `sampling_strategy`
    resamples, the smallest among them with "all"; other classes are there as they are. A tree of
    full depth is grown on each different row once, with its repetitions as weight, which gives
    the same tree.

    Parameters are those of imbalanced-learn's class, all given by name, and those of the other
    ensembles here. Out-of-bag scores do not need ``bootstrap=True``: a row is out of the bag of
    a tree that never drew it. "balanced_subsample" looks at the rows of each tree, whether or
    not these are a bootstrap.

    Growing costs O(m log(m) sqrt(d)) per level for m drawn rows, whatever the size of the table.
    Probabilities are those of re-balanced data: too high for rare classes. `recalibrate` corrects
    for the class shares, exactly so for draws at random.

    References
    ----------
    .. [1] C. Chen, A. Liaw, L. Breiman, "Using Random Forest to Learn Imbalanced Data",
       University of California, Berkeley, Technical Report 666, 2004.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.ensemble import BalancedRandomForestClassifier
    >>> X, y = make_classification(n_samples=1000, weights=[0.95], flip_y=0, random_state=0)
    >>> forest = BalancedRandomForestClassifier(oob_score=True, random_state=0).fit(X, y)
    >>> np.bincount(y[forest.estimators_samples_[0]]).tolist()
    [50, 50]
    >>> bool(forest.oob_score_ > 0.8)
    True
    """

    _parameter_constraints: dict = {
        **constraints_without(OutOfBagEnsemble, "estimator"),
        **SCHEDULE,
        **{name: DecisionTreeClassifier._parameter_constraints[name] for name in _OF_A_TREE},
        "bootstrap": ["boolean"],
        "replacement": ["boolean"],
        "class_weight": [dict, StrOptions({"balanced", "balanced_subsample"}), None],
        "max_samples": RandomForestClassifier._parameter_constraints["max_samples"],
    }

    def __init__(
        self,
        n_estimators=100,
        *,
        criterion="gini",
        max_depth=None,
        min_samples_split=2,
        min_samples_leaf=1,
        min_weight_fraction_leaf=0.0,
        max_features="sqrt",
        max_leaf_nodes=None,
        min_impurity_decrease=0.0,
        bootstrap=False,
        oob_score=False,
        sampling_strategy="all",
        replacement=True,
        n_jobs=None,
        random_state=None,
        verbose=0,
        warm_start=False,
        class_weight=None,
        ccp_alpha=0.0,
        max_samples=None,
        monotonic_cst=None,
        schedule="uniform",
        recalibrate=False,
        n_iter_no_change=None,
        validation_fraction=0.1,
        tol=1e-4,
    ):
        self.n_estimators = n_estimators
        self.criterion = criterion
        self.max_depth = max_depth
        self.min_samples_split = min_samples_split
        self.min_samples_leaf = min_samples_leaf
        self.min_weight_fraction_leaf = min_weight_fraction_leaf
        self.max_features = max_features
        self.max_leaf_nodes = max_leaf_nodes
        self.min_impurity_decrease = min_impurity_decrease
        self.bootstrap = bootstrap
        self.oob_score = oob_score
        self.sampling_strategy = sampling_strategy
        self.replacement = replacement
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.verbose = verbose
        self.warm_start = warm_start
        self.class_weight = class_weight
        self.ccp_alpha = ccp_alpha
        self.max_samples = max_samples
        self.monotonic_cst = monotonic_cst
        self.schedule = schedule
        self.recalibrate = recalibrate
        self.n_iter_no_change = n_iter_no_change
        self.validation_fraction = validation_fraction
        self.tol = tol

    def _prototype(self):
        return DecisionTreeClassifier(**{name: getattr(self, name) for name in _OF_A_TREE})

    def _row_weight(self, weight, y_encoded):
        if self.class_weight is None or self.class_weight == "balanced_subsample":
            return weight
        by_class = self._by_class(self.class_weight, y_encoded)[y_encoded]
        return by_class if weight is None else weight * by_class

    def _begin(self, fitting, rng):
        if self.max_samples is not None and not self.bootstrap:
            raise ValueError(
                f"max_samples={self.max_samples} is the size of a bootstrap, and bootstrap is "
                "False. Set bootstrap=True, or max_samples=None; to draw fewer rows of each class "
                "give a dict as sampling_strategy."
            )

    def _draw(self, fitting, state, number, rng):
        drawn = []
        for label, class_rows, n in zip(
            self.classes_.tolist(), fitting.class_rows, fitting.wanted_by(number), strict=True
        ):
            if label not in self.sampling_strategy_:
                drawn.append(class_rows)
            elif self.replacement:
                drawn.append(class_rows[rng.randint(len(class_rows), size=n)])
            else:
                drawn.append(class_rows[rng.choice(len(class_rows), size=n, replace=False)])
        rows = np.concatenate(drawn)
        if self.bootstrap:
            size = min(bag_size(self.max_samples, len(fitting.y_encoded)), len(rows))
            rows = rows[rng.randint(len(rows), size=size)]
        if self.class_weight != "balanced_subsample":
            return Draw(rows)
        weight = self._by_class("balanced", fitting.y_encoded[rows])[fitting.y_encoded]
        return Draw(rows, row_weight=weight if fitting.weight is None else weight * fitting.weight)

    def _by_class(self, class_weight: Any, y_encoded: np.ndarray) -> np.ndarray:
        """Weight of each class among rows; one that is not there gets none."""
        by_class = np.zeros(len(self.classes_))
        present = np.unique(y_encoded)
        by_class[present] = compute_class_weight(
            class_weight, classes=self.classes_[present], y=self.classes_[y_encoded]
        )
        return by_class

    def apply(self, X):
        """Leaf that each row ends up in, tree by tree.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        leaves : ndarray of shape (n_samples, n_estimators)
            Numbers of nodes of the trees.
        """
        return np.column_stack(self._each_tree("apply", X))

    def decision_path(self, X):
        """Nodes that each row passes, tree by tree.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        passed : CSR matrix of shape (n_samples, n_nodes)
            1 where a row passes a node.

        first : ndarray of shape (n_estimators + 1,)
            Column of `passed` where each tree begins, and the number of nodes of all trees.
        """
        paths = self._each_tree("decision_path", X)
        return sparse.hstack(paths).tocsr(), np.cumsum([0] + [path.shape[1] for path in paths])

    def _each_tree(self, method: str, X: Any) -> list:
        """What a method of each tree returns."""
        X = as_read_by(self.estimators_[0], self._open_for_prediction(X))
        threads = thread_count(self.n_jobs)
        return each_in_threads(lambda tree: getattr(tree, method)(X), self.estimators_, threads)
