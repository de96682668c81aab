"""How hard each single row is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import check_random_state

from imbalance_kit._sklearn_compat import set_random_states
from imbalance_kit._stratified_parts import folds_of_groups
from imbalance_kit._tables.labels import encode, read_single_labels, require_two_classes
from imbalance_kit._tables.row_groups import group_numbers
from imbalance_kit._tables.rows import take_rows
from imbalance_kit.complexity._row_types import disagreement
from imbalance_kit.complexity._space import as_one_hot, in_metric, read_problem

_MOST_LEVELS = 50  # of a nominal column in the table of the pool of learners


def k_disagreeing_neighbors(
    X: Any,
    y: Any,
    *,
    k: int = 5,
    metric: str = "heom",
    categorical_features: Any = "auto",
    n_jobs: int | None = None,
) -> np.ndarray:
    """Share of each row's nearest rows that are of another class (kDN).

    Parameters
    ----------
    X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
        The table; it may hold nominal columns and missing values.
    y : array-like of shape (n_samples,)
        Classes.
    k : int, default=5
        Number of neighbours; fewer than there are rows.
    metric : {"heom", "hvdm", "euclidean"}, default="heom"
        Distance, as in :func:`minority_types`.
    categorical_features : "auto", None or array-like, default="auto"
        Nominal columns: by dtype, none, or positions, names or a mask.
    n_jobs : int, default=None
        Threads of the neighbour search.

    Returns
    -------
    ndarray of shape (n_samples,)
        Shares in [0, 1]: 0 for a row among rows of its class, 1 for one among others.

    Raises
    ------
    ValueError
        If `k` is not smaller than the number of rows, or `y` has one class only.

    See Also
    --------
    instance_hardness : Hardness by what learners get wrong.

    Notes
    -----
    A row is not its own neighbour; equally near rows are taken in the order of their numbers. Of
    all measures of a row this one agrees best with what learners get wrong [1]_.

    References
    ----------
    .. [1] M. R. Smith, T. Martinez and C. Giraud-Carrier, "An instance level analysis of data
       complexity", Machine Learning, 2014.

    Examples
    --------
    >>> from imbalance_kit.complexity import k_disagreeing_neighbors
    >>> k_disagreeing_neighbors([[0.0], [1.0], [2.0], [7.0]], [0, 0, 1, 1], k=2).tolist()
    [0.5, 0.5, 1.0, 0.5]
    """
    problem = read_problem(X, y, categorical_features)
    return disagreement(in_metric(problem, metric), problem.y_encoded, k, n_jobs)


def instance_hardness(
    X: Any,
    y: Any,
    estimators: Sequence[Any] | None = None,
    *,
    cv: int = 5,
    groups: Any = None,
    categorical_features: Any = "auto",
    random_state: Any = None,
    n_jobs: int | None = None,
) -> np.ndarray:
    """One minus the probability of each row's class by learners not fitted on the row.

    Parameters
    ----------
    X : array-like, dataframe or sparse matrix of shape (n_samples, n_features)
        The table. Estimators that you give get it as it is; the pool of this function also
        takes nominal columns and missing values.
    y : array-like of shape (n_samples,)
        Classes.
    estimators : sequence of estimators, default=None
        Classifiers with ``predict_proba``. None for a pool that differs in kind: a decision tree,
        naive Bayes, logistic regression and nearest neighbours.
    cv : int, default=5
        Stratified folds.
    groups : array-like of shape (n_samples,), default=None
        What rows belong to; folds are of whole groups. Of rows that resemble others of their group
        learners that saw these know too much.
    categorical_features : "auto", None or array-like, default="auto"
        Nominal columns, for the pool of this function.
    random_state : int, RandomState or None, default=None
        Source of the folds, and of the learners' seeds.
    n_jobs : int, default=None
        Fits at a time.

    Returns
    -------
    ndarray of shape (n_samples,)
        One minus the mean probability of the row's class, in [0, 1].

    Raises
    ------
    ValueError
        If `cv` is below 2, an estimator has no ``predict_proba``, or `y` has one class only.

    See Also
    --------
    k_disagreeing_neighbors : Hardness by neighbours alone.

    Notes
    -----
    A row whose class is in no other fold has hardness 1. Costs `cv` fits of each estimator.

    References
    ----------
    M. R. Smith, T. Martinez and C. Giraud-Carrier, "An instance level analysis of data complexity",
    Machine Learning, 2014.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.complexity import instance_hardness
    >>> X = np.concatenate([np.linspace(0, 1, 40), np.linspace(3, 4, 10)])[:, None]
    >>> y = np.repeat(["usual", "rare"], [40, 10])
    >>> y[5] = "rare"
    >>> int(instance_hardness(X, y, random_state=0).argmax())
    5
    """
    if cv < 2:
        raise ValueError(f"cv must be at least 2 folds; got {cv}.")
    rng = check_random_state(random_state)
    if estimators is None:
        problem = read_problem(X, y, categorical_features)
        X, y_encoded = as_one_hot(problem.points, _MOST_LEVELS), problem.y_encoded
        n_classes = len(problem.classes)
        # the learner of nearest neighbours needs as many rows in a fit
        estimators = _pool(min(5, len(y_encoded) - -(-len(y_encoded) // cv)))
    else:
        classes, y_encoded = encode(read_single_labels(y))
        require_two_classes(classes)
        n_classes = len(classes)
    for estimator in estimators:
        if not hasattr(estimator, "predict_proba"):
            raise ValueError(
                f"{estimator!r} has no predict_proba, from which hardness is computed. Give a "
                "classifier that has, or wrap it in CalibratedClassifierCV."
            )
    if groups is None:
        fold = balanced_folds(y_encoded, cv, rng)
    else:
        group = group_numbers(groups, len(y_encoded))
        if group.max() + 1 < cv:
            raise ValueError(
                f"cv={cv} folds of whole groups need as many groups; there are {group.max() + 1}."
            )
        fold = np.empty(len(y_encoded), dtype=np.intp)
        for number, (_, tested) in enumerate(folds_of_groups(y_encoded, group, cv, rng)):
            fold[tested] = number
    fits = []
    for estimator in estimators:
        seeded = clone(estimator)
        set_random_states(seeded, rng)
        fits += [(seeded, k) for k in range(cv)]
    found = Parallel(n_jobs=n_jobs)(
        delayed(_true_probability)(seeded, X, y_encoded, fold, k, n_classes) for seeded, k in fits
    )
    total = np.zeros(len(y_encoded))
    for (_, k), probability in zip(fits, found, strict=True):
        total[fold == k] += probability
    return np.clip(1.0 - total / len(estimators), 0.0, 1.0)


def _pool(n_neighbors: int) -> list[Any]:
    return [
        DecisionTreeClassifier(min_samples_leaf=5),
        GaussianNB(var_smoothing=1e-6),
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)),
        make_pipeline(StandardScaler(), KNeighborsClassifier(n_neighbors)),
    ]


def balanced_folds(y_encoded: np.ndarray, n_folds: int, rng: np.random.RandomState) -> np.ndarray:
    """Fold of each row; each class is dealt out evenly, however few rows it has."""
    fold = np.empty(len(y_encoded), dtype=np.intp)
    dealt = 0
    for code in np.unique(y_encoded):
        class_rows = rng.permutation(np.flatnonzero(y_encoded == code))
        fold[class_rows] = (dealt + np.arange(len(class_rows))) % n_folds
        dealt += len(class_rows)  # small classes do not all begin in the first fold
    return fold


def _true_probability(
    estimator: Any, X: Any, y_encoded: np.ndarray, fold: np.ndarray, k: int, n_classes: int
) -> np.ndarray:
    """Probability of the true class of the rows in a fold, learned from the other folds."""
    held_out, learned = np.flatnonzero(fold == k), np.flatnonzero(fold != k)
    if not len(held_out):
        return np.empty(0)
    known = np.unique(y_encoded[learned])
    if len(known) == 1:  # nothing to learn
        return (y_encoded[held_out] == known[0]).astype(np.float64)
    fitted = clone(estimator).fit(take_rows(X, learned), y_encoded[learned])
    proba = np.zeros((len(held_out), n_classes))
    proba[:, np.asarray(fitted.classes_, dtype=np.intp)] = fitted.predict_proba(
        take_rows(X, held_out)
    )
    # naive Bayes divides 0 by 0 where no column varies; all known classes are equally likely then
    return np.nan_to_num(proba[np.arange(len(held_out)), y_encoded[held_out]], nan=1.0 / len(known))
