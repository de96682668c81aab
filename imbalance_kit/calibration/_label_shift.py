"""Class shares of rows without labels, from probabilities calibrated for other shares."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array

METHODS = ("em", "bbse")
PREDICTIONS = ("soft", "hard")
_ROUNDED = 0.01  # what shares that are typed in may be off
_NEARLY_SINGULAR = 1e8  # condition number; above it rounding and sampling drown the answer


@dataclass(frozen=True)
class LabelShift:
    """Class shares of rows without labels, and their standard errors.

    Attributes
    ----------
    prior : ndarray of shape (n_classes,)
        Estimated class shares.
    error : ndarray of shape (n_classes,)
        Standard errors of the shares: how much they vary from one draw of so many rows to the
        next. Errors of the probabilities themselves come on top. Infinite where the probabilities
        of two classes are proportional to each other, and for ``"bbse"`` after a single row.
    n_iter : int
        Rounds until the shares converged; 1 for ``"bbse"``, which solves one equation.
    """

    prior: np.ndarray
    error: np.ndarray
    n_iter: int


def estimate_label_shift(
    proba: Any,
    *,
    source_prior: Any,
    method: str = "em",
    predictions: str = "soft",
    confusion: Any = None,
    tol: float = 1e-6,
    max_iter: int = 1000,
) -> LabelShift:
    """Class shares of rows without labels.

    Parameters
    ----------
    proba : array-like of shape (n_samples, n_classes)
        Probabilities of the rows, calibrated for `source_prior`.
    source_prior : array-like of shape (n_classes,)
        Class shares that the probabilities are calibrated for. For ``"em"`` take the mean
        probabilities of labelled rows, so that rows without a shift give exactly no shift.
    method : {"em", "bbse"}, default="em"
        ``"em"``: the shares of greatest likelihood, by the rounds of [1]_. ``"bbse"``: the
        shares that explain the mean prediction, by one linear equation with `confusion` [2]_.
    predictions : {"soft", "hard"}, default="soft"
        For ``"bbse"``: whether predictions are probabilities or the most probable class.
    confusion : array-like of shape (n_classes, n_classes), default=None
        For ``"bbse"``: predictions of labelled rows, one row per predicted and one column per
        true class, as counts, shares of all rows or shares of each true class: only the ratios
        within a column matter. The transpose of scikit-learn's ``confusion_matrix``.
    tol : float, default=1e-06
        For ``"em"``: stop when no share moves by more.
    max_iter : int, default=1000
        For ``"em"``: most rounds.

    Returns
    -------
    shift : LabelShift
        Shares, standard errors and rounds.

    Raises
    ------
    ValueError
        If shapes do not match, a source share is not positive, `confusion` is missing, cannot be
        inverted or has true classes as rows, or an option is unknown.

    See Also
    --------
    LabelShiftClassifier : Calibrates a classifier and keeps its estimates up to date.

    Notes
    -----
    Both rest on one assumption: within each class rows look as they did before, only the shares
    changed. EM needs calibrated probabilities and then is the more exact; BBSE needs only a
    confusion matrix from the same classifier. Standard errors are those of the likelihood (EM)
    or of the mean prediction (BBSE; with one more row of the source shares, so that a few equal
    predictions are not certain), and mean little where a share is within one of them of 0.
    BBSE sets negative shares to 0 and scales the rest.

    O(n_samples * n_classes) a round, O(n_samples * n_classes ** 2) for the errors.

    References
    ----------
    .. [1] M. Saerens, P. Latinne, C. Decaestecker, "Adjusting the Outputs of a Classifier to New
       a Priori Probabilities: A Simple Procedure", Neural Computation, 2002.
    .. [2] Z. C. Lipton, Y.-X. Wang, A. Smola, "Detecting and Correcting for Label Shift with
       Black Box Predictors", International Conference on Machine Learning, 2018.

    Examples
    --------
    Scores from two overlapping bell curves; 5 % were of the second class, now 30 % are:

    >>> import numpy as np
    >>> from imbalance_kit.calibration import estimate_label_shift
    >>> rng = np.random.default_rng(0)
    >>> x = np.concatenate([rng.normal(0, 1, 7000), rng.normal(2, 1, 3000)])
    >>> second = 1 / (1 + 19 * np.exp(2 - 2 * x))
    >>> proba = np.column_stack([1 - second, second])
    >>> shift = estimate_label_shift(proba, source_prior=[0.95, 0.05])
    >>> bool(abs(shift.prior[1] - 0.3) < 3 * shift.error[1])
    True
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {METHODS}, got {method!r}.")
    if predictions not in PREDICTIONS:
        raise ValueError(f"predictions must be one of {PREDICTIONS}, got {predictions!r}.")
    proba = check_array(proba, dtype=np.float64, input_name="proba")
    prior = np.asarray(source_prior, dtype=np.float64)
    if prior.shape != proba.shape[1:]:
        raise ValueError(
            f"source_prior needs one share per class: proba has {proba.shape[1]} columns, "
            f"source_prior has shape {prior.shape}."
        )
    if not (np.isfinite(prior).all() and prior.min() > 0):
        raise ValueError(f"The shares in source_prior must be positive; got {prior.tolist()}.")
    prior = prior / prior.sum()
    if method == "em":
        return most_likely_shares(proba, np.ones(len(proba)), prior, tol=tol, max_iter=max_iter)
    if confusion is None:
        raise ValueError("method='bbse' needs confusion, the mean predictions by true class.")
    solver = ConfusionSolver(np.asarray(confusion, dtype=np.float64), prior)
    return solver.solve(Moments(len(prior)).add(as_predictions(proba, predictions)))


def most_likely_shares(
    proba: np.ndarray, weight: np.ndarray, prior: np.ndarray, *, tol: float, max_iter: int
) -> LabelShift:
    """EM, started at the source shares; weights count rows in part."""
    shares, total = prior, weight.sum()
    n_iter = 0
    while n_iter < max_iter:
        n_iter += 1
        posterior = proba * (shares / prior)
        row_sum = posterior.sum(axis=1)
        updated = (weight / np.where(row_sum > 0, row_sum, 1.0)) @ posterior / total
        if np.abs(updated - shares).max() <= tol:
            break  # keeps the shares before the last step: without a shift they stay exact
        shares = updated / updated.sum()
    else:
        warnings.warn(
            f"The class shares still moved by more than tol={tol} after {max_iter} rounds. "
            "Raise max_iter, or take method='bbse'.",
            ConvergenceWarning,
            stacklevel=3,
        )
    return LabelShift(shares, _errors_of_likelihood(proba, weight, prior, shares), n_iter)


def _errors_of_likelihood(
    proba: np.ndarray, weight: np.ndarray, prior: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    """Asymptotic standard errors, along directions in which the shares still add up to 1."""
    # Row i has the log likelihood log(sum_k shares_k * proba_ik / prior_k).
    slopes = proba / prior
    likelihood = slopes @ shares
    slopes = slopes / np.where(likelihood > 0, likelihood, np.inf)[:, None]
    directions = _contrasts(len(shares))
    along = slopes @ directions
    # The sandwich of both: weights count rows in part, and a row of weight 1/2 is still one draw,
    # so its contribution to the variance has the square of its weight.
    curvature = along.T @ (along * weight[:, None])
    spread = along.T @ (along * weight[:, None] ** 2)
    if not np.linalg.cond(curvature) < _NEARLY_SINGULAR:
        return np.full(len(shares), np.inf)
    to_shares = directions @ np.linalg.inv(curvature)
    return np.sqrt(np.diag(to_shares @ spread @ to_shares.T).clip(min=0.0))


def _contrasts(n_classes: int) -> np.ndarray:
    """Orthonormal directions whose entries add up to 0, as columns."""
    centred = np.eye(n_classes) - 1.0 / n_classes
    return np.linalg.svd(centred)[0][:, : n_classes - 1]


def as_predictions(proba: np.ndarray, predictions: str) -> np.ndarray:
    """Probabilities as they are, or 1 for the most probable class and 0 for the others."""
    if predictions == "soft":
        return proba
    return np.eye(proba.shape[1])[proba.argmax(axis=1)]


class Moments:
    """Sums over predictions so far, from which their mean and its variance follow."""

    def __init__(self, n_classes: int) -> None:
        self.weight = 0.0
        self.weight_squared = 0.0
        self.total = np.zeros(n_classes)
        self.products = np.zeros((n_classes, n_classes))

    def add(self, predictions: np.ndarray, kept: float = 1.0) -> "Moments":
        """Add a batch; earlier rows count `kept` times as much as they did."""
        self.weight = kept * self.weight + len(predictions)
        self.weight_squared = kept**2 * self.weight_squared + len(predictions)
        self.total = kept * self.total + predictions.sum(axis=0)
        self.products = kept * self.products + predictions.T @ predictions
        return self


def _joint(confusion: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Shares of predicted and true class together, from counts, joint or conditional shares."""
    if not np.isfinite(confusion).all() or confusion.min() < 0 or confusion.sum() == 0:
        raise ValueError(
            "confusion must hold finite numbers that are not negative, and some above 0."
        )
    columns, rows = confusion.sum(axis=0), confusion.sum(axis=1)
    off_columns = min(_off(columns, prior), _off(columns, np.ones_like(prior)))
    off_rows = min(_off(rows, prior), _off(rows, np.ones_like(prior)))
    if off_columns > _ROUNDED and off_rows < off_columns / 4:
        raise ValueError(
            "confusion needs one row per predicted and one column per true class; here the rows, "
            "not the columns, add up to the source shares or to equal sums. Give its transpose, as "
            "of scikit-learn's confusion_matrix."
        )
    # within a true class the ratios are the same in counts, joint and conditional shares
    return confusion / np.where(columns > 0, columns, 1.0) * prior


def _off(sums: np.ndarray, expected: np.ndarray) -> float:
    """Largest difference of two sets of shares."""
    return float(np.abs(sums / sums.sum() - expected / expected.sum()).max())


class ConfusionSolver:
    """Black-box shift estimation: the shares that explain a mean prediction."""

    def __init__(self, confusion: np.ndarray, prior: np.ndarray) -> None:
        k = len(prior)
        if confusion.shape != (k, k):
            raise ValueError(f"confusion must have shape {(k, k)}, got {confusion.shape}.")
        self.confusion = _joint(confusion, prior)
        self.prior = prior
        found = np.linalg.cond(self.confusion)
        if not found < _NEARLY_SINGULAR:
            raise ValueError(
                f"confusion cannot be inverted (condition number {found:.1e}): some class is "
                "never predicted, or two are predicted alike. Use predictions='soft', or "
                "method='em'."
            )

    def solve(self, moments: Moments) -> LabelShift:
        """The shares, and their errors by the delta method from those of the mean prediction."""
        mean = moments.total / moments.weight
        to_shares = self.prior[:, None] * np.linalg.inv(self.confusion)
        # Where a class is gone sampling makes its share negative as often as positive.
        shares = (self.prior * np.linalg.solve(self.confusion, mean)).clip(min=0.0)
        n_effective = moments.weight**2 / moments.weight_squared
        if n_effective <= 1.0 + 1e-9:  # one row does not show how much rows differ
            return LabelShift(shares / shares.sum(), np.full(len(mean), np.inf), 1)
        # One more row, predicted as at the source: a few rows that are predicted alike have no
        # variance of their own, but are not certain.
        spread = (moments.products + np.diag(self.confusion.sum(axis=1))) / (moments.weight + 1.0)
        centre = (moments.total + self.confusion.sum(axis=1)) / (moments.weight + 1.0)
        variance = (spread - np.outer(centre, centre)) / (n_effective - 1.0)
        error = np.sqrt(np.diag(to_shares @ variance @ to_shares.T).clip(min=0.0))
        return LabelShift(shares / shares.sum(), error, 1)
