"""LightGBM with a penalty where an adversary predicts the groups from the scores."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from lightgbm import LGBMClassifier
from sklearn.utils import get_tags

from imbalance_kit._meta_estimator import ClassifierWrapper, copy_tags
from imbalance_kit._sampling.base import CATEGORICAL_FEATURES
from imbalance_kit._sklearn_compat import Interval, StrOptions
from imbalance_kit.fairness._decisions.adversary import LocalFairnessLoss, Training
from imbalance_kit.fairness._decisions.binary import require_binary
from imbalance_kit.fairness._groups.group_reading import SENSITIVE_FEATURES, GroupReader
from imbalance_kit.losses import ImbalancedLGBMClassifier


class LocallyFairLGBMClassifier(ClassifierWrapper):
    """Boost under a penalty on how well scores predict the groups, everywhere in the data.

    Parameters
    ----------
    estimator : LGBMClassifier or None, default=None
        Cloned and fitted under the penalty. None stands for
        ``LGBMClassifier(num_leaves=15, min_child_samples=5, reg_lambda=1.0)``.

    penalty : float, default=1.0
        Weight of the adversary's loss beside the log loss. 0 trains plain LightGBM.

    tau : float, default=0.5
        How far weights may move to the rows on which the adversary succeeds: the smaller, the
        more local. ``float("inf")`` weighs all rows alike.

    constraint : {"demographic_parity", "equalized_odds"}, default="demographic_parity"
        What the adversary predicts the groups from: the score, or the score and the class.

    refit_every : int, default=1
        Rounds of boosting between two fits of the adversary. More than 1 is faster, but under a
        strong penalty scores may overshoot and swing.

    sensitive_features : str, int, array-like or None, default=None
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations. None: they are given beside X.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    n_jobs : int or None, default=None
        Threads that train and predict. The result does not depend on it. None leaves it to the
        estimator, and stands for one thread if that has none.

    Attributes
    ----------
    estimator_ : ImbalancedLGBMClassifier
        The fitted trees.

    groups_ : tuple
        The groups; several sensitive features give tuples.

    adversary_loss_ : list of float
        Mean log loss of the adversary at each of its fits: the nearer to that of the groups'
        shares, the less scores reveal.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    FairThresholdClassifier : Bounds differences exactly, but needs groups at predict time.

    imbalance_kit.losses.ImbalancedLGBMClassifier : The same trees under other losses.

    Notes
    -----
    Needs no groups at predict time. A boosting analogue of robust local fairness (ROAD, [1]_):
    every `refit_every` rounds a logistic regression learns to predict the groups from the raw
    score. A row's gradient is that of the log loss minus `penalty` times r times that of the
    adversary's loss. The weights r, with a mean of 1 in each group, are ``exp(-loss / tau)`` in
    proportion, the closed form of the paper's non-parametric variant: weight moves to rows whose
    group is predicted. To the Hessian of the log loss the size of the penalty's is added, which
    keeps steps short where the log loss is flat.

    The paper trains networks by alternating steps, and boosting cannot take a step back: with
    penalties of 2 and more and `tau` of .2 and less scores swing from round to round. An
    adversary that fails does not show that scores and groups are independent; it is linear in the
    score. Choose `penalty` by :func:`tradeoff_curve`, and compare with
    :class:`FairThresholdClassifier` at the same tolerance: it is hard to beat.

    Columns of X that hold sensitive features are used by the trees as well. Cost: LightGBM under
    an objective of its own, and for each fit of the adversary O(n_samples * n_groups).

    References
    ----------
    .. [1] V. Grari, T. Laugel, T. Hashimoto, S. Lamprier, M. Detyniecki, "On the Fairness ROAD:
       Robust Optimization for Adversarial Debiasing", International Conference on Learning
       Representations, 2024.
    .. [2] B. H. Zhang, B. Lemoine, M. Mitchell, "Mitigating Unwanted Biases with Adversarial
       Learning", Conference on AI, Ethics, and Society (AIES), 2018.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import LocallyFairLGBMClassifier
    >>> rng = np.random.RandomState(0)
    >>> group = rng.randint(0, 2, size=1000)
    >>> X = rng.normal(size=(1000, 2)) + np.column_stack([group, np.zeros(1000)])
    >>> y = (X.sum(axis=1) + rng.normal(size=1000) > 0.5).astype(int)
    >>> differences = []
    >>> for penalty in (0, 2):
    ...     model = LocallyFairLGBMClassifier(penalty=penalty, random_state=0)
    ...     proba = model.fit(X, y, sensitive_features=group).predict_proba(X)[:, 1]
    ...     differences.append(proba[group == 1].mean() - proba[group == 0].mean())
    >>> bool(differences[1] < 0.7 * differences[0])
    True
    """

    _parameter_constraints: dict = {
        "estimator": [LGBMClassifier, None],
        "penalty": [Interval(Real, 0, None, closed="left")],
        "tau": [Interval(Real, 0, None, closed="neither"), Interval(Real, 0, None, closed="right")],
        "constraint": [StrOptions({"demographic_parity", "equalized_odds"})],
        "refit_every": [Interval(Integral, 1, None, closed="left")],
        "sensitive_features": SENSITIVE_FEATURES,
        "categorical_features": CATEGORICAL_FEATURES,
        "random_state": ["random_state"],
        "n_jobs": [Integral, None],
    }

    def __init__(
        self,
        estimator=None,
        *,
        penalty=1.0,
        tau=0.5,
        constraint="demographic_parity",
        refit_every=1,
        sensitive_features=None,
        categorical_features="auto",
        random_state=None,
        n_jobs=None,
    ):
        self.estimator = estimator
        self.penalty = penalty
        self.tau = tau
        self.constraint = constraint
        self.refit_every = refit_every
        self.sensitive_features = sensitive_features
        self.categorical_features = categorical_features
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, X, y, sample_weight=None, sensitive_features=None):
        """Train the trees.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table. Missing values are allowed.

        y : array-like of shape (n_samples,)
            Class labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n), default=None
            Groups of the rows, where no columns of X are named in the constructor.

        Returns
        -------
        self : object
            The fitted classifier.
        """
        return super().fit(X, y, sample_weight, sensitive_features=sensitive_features)

    def get_metadata_routing(self):
        """Who may be given metadata.

        Returns
        -------
        routing : MetadataRequest
            The ``fit`` of this classifier: its trees take nothing else.
        """
        return self._get_metadata_request()

    def _params_of_fit(self, sample_weight, fit_params):
        return fit_params  # not routed: the sensitive features are for this classifier itself

    def _learn(
        self, X: Any, y: np.ndarray, weight: np.ndarray | None, params: dict[str, Any]
    ) -> Any:
        require_binary(y)
        trees = self._trees()
        reader = GroupReader(self.sensitive_features, type(self).__name__)
        groups = reader.learn(X, params["sensitive_features"])
        self.groups_ = groups.labels
        training = Training(groups.of_row)
        loss = LocalFairnessLoss(
            training,
            penalty=self.penalty,
            tau=self.tau,
            conditional=self.constraint == "equalized_odds",
            refit_every=self.refit_every,
        )
        estimator = trees.set_params(loss=loss).fit(X, y, weight)
        self.adversary_loss_ = training.finish()
        return estimator

    def _trees(self) -> ImbalancedLGBMClassifier:
        return ImbalancedLGBMClassifier(
            self.estimator,
            loss="cross_entropy",
            recalibrate=False,
            categorical_features=self.categorical_features,
            random_state=self.random_state,
            n_jobs=self.n_jobs,
        )

    def __sklearn_tags__(self):
        tags = get_tags(super(ClassifierWrapper, self))
        copy_tags(tags, self._trees())
        tags.classifier_tags.multi_class = False
        return tags
