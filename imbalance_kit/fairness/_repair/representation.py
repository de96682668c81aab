"""Rows as shares of prototypes, in which groups are alike."""

from numbers import Integral, Real
from typing import Any

import numpy as np
from scipy.optimize import minimize
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from imbalance_kit._sklearn_compat import Interval, StrOptions
from imbalance_kit._tables.labels import encode, read_single_labels
from imbalance_kit.fairness._groups.group_reading import SENSITIVE_FEATURES
from imbalance_kit.fairness._repair.base import FairTransformer
from imbalance_kit.fairness._repair.number_columns import read_numbers
from imbalance_kit.fairness._repair.prototypes import PrototypeLoss, memberships


class LearnedFairRepresentation(FairTransformer):
    """Represent rows by prototypes that all groups use alike.

    Parameters
    ----------
    n_prototypes : int, default=10
        Number of prototypes.

    reconstruction_weight : float, default=0.01
        Weight of the error of rows that are put together from prototypes.

    prediction_weight : float, default=1.0
        Weight of the loss of predicting the classes from prototypes.

    parity_weight : float, default=50.0
        Weight of the differences between groups in the use of prototypes.

    output : {"weights", "reconstruction"}, default="weights"
        What comes out: the share of each prototype in a row, or the columns that the shares make
        up for.

    max_iter : int, default=1000
        Steps of the solver, at most.

    tol : float, default=1e-06
        The solver stops where a step gains less than this share of the loss.

    sensitive_features : str, int, array-like or None, default=None
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations. None: they are given beside X.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    Attributes
    ----------
    prototypes_ : ndarray of shape (n_prototypes, n_columns)
        The prototypes, in the units of X, without sensitive columns.

    class_shares_ : ndarray of shape (n_prototypes, n_classes) or None
        Shares of the classes that each prototype predicts; None without y.

    loss_ : dict
        "reconstruction", "prediction" and "parity", without their weights, and their "total".

    n_iter_ : int
        Steps that the solver took.

    groups_ : tuple
        The groups; several sensitive features give tuples.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    DisparateImpactRemover : Repairs the columns that there are.

    Notes
    -----
    Needs no groups at predict time: columns that `sensitive_features` names are not used.

    With columns of mean 0 and variance 1, the shares of a row are the softmax over the prototypes
    of minus the Euclidean distances to them. The loss adds up three parts: the squared error of
    reconstruction, averaged over the columns and the rows of a group and added over the groups;
    the cross entropy of the classes that shares times ``class_shares_`` predict, likewise; and
    the difference of groups' mean shares, averaged over prototypes and pairs of groups. Any
    number of groups and classes. Absolute differences are rounded off within .001 of 0, so that
    the gradient, which is exact, has no jumps; L-BFGS takes it from prototypes near random rows
    to a local optimum. Groups that are alike in the mean may still be
    inferred by a model from combinations of shares.

    Cost: two products of the table with the prototypes for each step, so O(n_samples *
    n_features * n_prototypes) each. Missing values are refused.

    References
    ----------
    .. [1] R. Zemel, Y. Wu, K. Swersky, T. Pitassi, C. Dwork, "Learning Fair Representations",
       International Conference on Machine Learning (ICML), 2013.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import LearnedFairRepresentation
    >>> rng = np.random.RandomState(0)
    >>> group = rng.randint(0, 2, size=300)
    >>> X = np.column_stack([group, rng.normal(size=(300, 2)) + group[:, None]])
    >>> y = (X[:, 1] > 0).astype(int)
    >>> learned = LearnedFairRepresentation(
    ...     n_prototypes=4, sensitive_features=0, random_state=0
    ... ).fit(X, y)
    >>> shares = learned.transform(X)
    >>> difference = shares[group == 1].mean(axis=0) - shares[group == 0].mean(axis=0)
    >>> bool(abs(difference).max() < 0.02)
    True
    """

    _parameter_constraints: dict = {
        "n_prototypes": [Interval(Integral, 1, None, closed="left")],
        "reconstruction_weight": [Interval(Real, 0, None, closed="left")],
        "prediction_weight": [Interval(Real, 0, None, closed="left")],
        "parity_weight": [Interval(Real, 0, None, closed="left")],
        "output": [StrOptions({"weights", "reconstruction"})],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "tol": [Interval(Real, 0, None, closed="left")],
        "sensitive_features": SENSITIVE_FEATURES,
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        n_prototypes=10,
        reconstruction_weight=0.01,
        prediction_weight=1.0,
        parity_weight=50.0,
        output="weights",
        max_iter=1000,
        tol=1e-6,
        sensitive_features=None,
        random_state=None,
    ):
        self.n_prototypes = n_prototypes
        self.reconstruction_weight = reconstruction_weight
        self.prediction_weight = prediction_weight
        self.parity_weight = parity_weight
        self.output = output
        self.max_iter = max_iter
        self.tol = tol
        self.sensitive_features = sensitive_features
        self.random_state = random_state

    def _learn(self, X: Any, y: Any, weight: np.ndarray | None, given: Any) -> None:
        groups = self._reader.learn(X, given)
        self.groups_ = groups.labels
        y_encoded, n_classes = None, 0
        if y is not None:
            classes, y_encoded = encode(read_single_labels(y))
            y_encoded, n_classes = y_encoded.astype(np.intp), len(classes)
        Z = read_numbers(X, self._kept, type(self).__name__).astype(np.float64)
        weight = np.ones(len(Z)) if weight is None else weight
        self._mean = np.average(Z, axis=0, weights=weight)
        # a power of two is divided out, which changes no digit, so that no square overflows
        exponent = np.frexp(np.abs(Z - self._mean).max(axis=0))[1]
        squares = np.ldexp(Z - self._mean, -exponent) ** 2
        spread = np.ldexp(np.sqrt(np.average(squares, axis=0, weights=weight)), exponent)
        # a constant column: its spread is rounding, which must not be blown up to 1
        still = spread <= 1e-12 * np.maximum(np.abs(self._mean), 1.0)
        self._spread = np.where(still, 1.0, spread)
        Z -= self._mean
        Z /= self._spread
        objective = PrototypeLoss(
            Z,
            groups,
            y_encoded,
            n_classes,
            weight,
            (self.reconstruction_weight, self.prediction_weight, self.parity_weight),
            self.n_prototypes,
        )
        rng = check_random_state(self.random_state)
        rows = rng.choice(len(Z), size=self.n_prototypes, p=weight / weight.sum())
        # a little off: two prototypes on one place would have the same gradient and stay together
        near = Z[rows] + 0.1 * rng.normal(size=(self.n_prototypes, Z.shape[1]))
        lean = 0.1 * rng.normal(size=(self.n_prototypes, n_classes))
        found = minimize(
            objective,
            np.concatenate([near.ravel(), lean.ravel()]),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": self.max_iter, "ftol": self.tol, "gtol": 1e-8, "maxcor": 20},
        )
        self._prototypes, shares = objective.unpack(found.x)
        self.prototypes_ = self._prototypes * self._spread + self._mean
        self.class_shares_ = shares if n_classes else None
        self.loss_ = objective.parts(found.x)
        self.n_iter_ = int(found.nit)

    def _repair(self, X: Any, given: Any) -> np.ndarray:
        Z = read_numbers(X, self._kept, type(self).__name__)
        dtype = Z.dtype
        shares = memberships((Z - self._mean) / self._spread, self._prototypes)
        out = shares if self.output == "weights" else shares @ self.prototypes_
        return out.astype(dtype, copy=False)

    def _names_out(self, names: np.ndarray) -> np.ndarray:
        if self.output == "reconstruction":
            return names[self._kept]
        check_is_fitted(self)
        return np.array([f"prototype{k}" for k in range(self.n_prototypes)], dtype=object)
