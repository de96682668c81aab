"""Balance cascade: drop, round by round, rows of large classes that are predicted well already."""

from numbers import Integral
from typing import Any

import numpy as np

from imbalance_kit._sampling.base import Rng
from imbalance_kit._sampling.targets import Part
from imbalance_kit._sklearn_compat import Interval, set_random_states
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.under_sampling._hardness_threshold import lowest
from imbalance_kit.under_sampling._out_of_fold import BasePredictingUnderSampler


class BalanceCascadeUnderSampler(BasePredictingUnderSampler):
    """Keep the rows of each large class that a cascade of learners is not confident of.

    In each round a learner is trained on a balanced draw from the rows that are left, and the
    rows of large classes that it puts most surely into their class leave. The number of rows
    falls by the same factor in each round, down to the target in the last.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which classes to resample, and to how many rows. A float is the wanted ratio of the
        small class to the large one (two classes only); a str names the classes to even out
        ("majority", "not minority", "not majority", "all"; "minority" for over-samplers); a
        dict maps classes to numbers of rows; a callable takes y and returns such a dict.

    estimator : classifier with ``predict_proba``, default=None
        Gives the probabilities; it is cloned and gets X as it came. None stands for 50 LightGBM
        trees, for which nominal columns are turned into codes.

    n_rounds : int, default=10
        Rounds of training and dropping. The authors' experiments used 4, with boosted trees.

    categorical_features : "auto", array-like or None, default="auto"
        Nominal columns: positions, names or a mask. "auto" takes the columns
        that hold categories, strings or booleans; None takes every column as numeric.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws. An int gives the same rows at every call.

    Attributes
    ----------
    sampling_strategy_ : dict
        Rows kept of each resampled class.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    SelfPacedUnderSampler : Draw from easy and hard rows alike.

    InstanceHardnessThreshold : Keep the easy rows instead.

    Notes
    -----
    Counts are exact, and every row dropped was dropped by a trained learner; rows that it finds
    equally easy leave in random order, so the order of the table does not matter. As in the
    paper a round's learner alone decides, also about the rows it was trained on. The paper
    keeps the learners of all rounds as an ensemble and chooses the rows to drop by a threshold
    on a false positive rate; here the share of rows to drop follows from the target, and what
    is left after the last round is the result.

    What is kept is hard: noise and mislabelled rows stay. Cost is `n_rounds` fits on balanced
    tables, and predictions for the rows that are left. No distances are used; missing values
    and nominal columns are the learner's business.

    References
    ----------
    .. [1] X.-Y. Liu, J. Wu, Z.-H. Zhou, "Exploratory Undersampling for Class-Imbalance
       Learning", IEEE Transactions on Systems, Man, and Cybernetics, Part B 39, 2009.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.datasets import make_classification
    >>> from imbalance_kit.under_sampling import BalanceCascadeUnderSampler
    >>> X, y = make_classification(n_samples=500, weights=[0.9], flip_y=0, random_state=0)
    >>> X_res, y_res = BalanceCascadeUnderSampler(random_state=0).fit_resample(X, y)
    >>> np.bincount(y_res).tolist()
    [49, 49]
    """

    _parameter_constraints: dict = {
        **BasePredictingUnderSampler._parameter_constraints,
        "n_rounds": [Interval(Integral, 1, None, closed="left")],
    }

    def __init__(
        self,
        *,
        sampling_strategy="auto",
        estimator=None,
        n_rounds=10,
        categorical_features="auto",
        random_state=None,
    ):
        super().__init__(sampling_strategy=sampling_strategy)
        self.estimator = estimator
        self.n_rounds = n_rounds
        self.categorical_features = categorical_features
        self.random_state = random_state

    def _keep_all(self, opened, parts, rng):
        X, labels = self._training_table(opened), opened.target.labels
        remaining = [part.rows[:0] if part.n == 0 else part.rows for part in parts]
        shrinking = [
            i for i, part in enumerate(parts) if part.n is not None and 0 < part.n < len(part.rows)
        ]
        # Train, then drop: a round that dropped first would drop by the order of the rows.
        for round_ in range(1, self.n_rounds + 1):
            if not shrinking:
                break
            learner = self._train(X, labels, remaining, parts, rng)
            # a class of which no row is left has no column among the learner's probabilities
            column = {label: j for j, label in enumerate(learner.classes_)}
            for i in shrinking:
                part = parts[i]
                n = stage(len(part.rows), part.n, round_ / self.n_rounds)
                if n < len(remaining[i]):
                    proba = learner.predict_proba(take_rows(X, remaining[i]))
                    p_true = proba[:, column[part.key]]
                    # in the order of the table, so that a draw does not depend on the scores
                    remaining[i] = np.sort(remaining[i][lowest(p_true, n, rng)])
        return np.concatenate(remaining)

    def _train(
        self,
        X: Any,
        labels: np.ndarray,
        remaining: list[np.ndarray],
        parts: tuple[Part, ...],
        rng: Rng,
    ) -> Any:
        """A learner trained on as many rows of each class as are wanted in the end."""
        drawn = []
        for rows, part in zip(remaining, parts, strict=True):
            n = len(rows) if part.n is None else part.n
            drawn.append(rows if n >= len(rows) else rng.choice(rows, size=n, replace=False))
        rows = np.sort(np.concatenate(drawn))
        learner = self._learner()
        set_random_states(learner, rng)
        return learner.fit(take_rows(X, rows), labels[rows])


def stage(n_rows: int, n_target: int, done: float) -> int:
    """Rows left when the share `done` of the rounds is over; each round takes the same factor."""
    if done >= 1.0:
        return n_target
    return max(n_target, round(n_rows * (n_target / n_rows) ** done))
