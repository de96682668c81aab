"""Class shares of the training data and of the rows to predict: from one to the other."""

from typing import Any

import numpy as np

from imbalance_kit._meta_estimator import require_known_classes
from imbalance_kit._tables.labels import count, spell
from imbalance_kit.kernels.short_rows import divide_rows, row_sums, scaled_columns


def correct_prior(
    proba: np.ndarray, *, trained_on: np.ndarray, true_prior: np.ndarray
) -> np.ndarray:
    """Move probabilities from the class shares of the training data to other class shares.

    Each class is multiplied by ``true_prior / trained_on`` and the rows are normalised again.
    For two classes with a share b of the negative rows kept this is
    ``p = b * p_s / (b * p_s - p_s + 1)``.

    Parameters
    ----------
    proba : ndarray of shape (n_samples, n_classes)
        Probabilities of a model trained on re-balanced data.

    trained_on : array-like of shape (n_classes,)
        Class shares the model was trained on; only their ratios matter, none may be 0.

    true_prior : array-like of shape (n_classes,)
        Class shares where the probabilities are used; only their ratios matter.

    Returns
    -------
    corrected : ndarray of shape (n_samples, n_classes)
        Probabilities under `true_prior`.

    Raises
    ------
    ValueError
        If the shares do not fit the columns of `proba`, are negative, or `trained_on` holds 0; or
        if `proba` holds NaN.

    See Also
    --------
    PriorCorrectedClassifier : A classifier with this correction built in.

    imbalance_kit.compose.ResampledClassifier : Does this with ``recalibrate=True``.

    Notes
    -----
    Exact when rows were dropped or repeated at random within each class and the probabilities are
    right for the rows that were trained on, which those of forests and boosted trees seldom are.
    Synthetic rows (SMOTE) and rows chosen by their features (cleaning, self-paced) change more than
    the class shares, and the result is only nearer to the truth. With two classes the order of
    the rows by probability does not change, and the decision at .5 becomes the natural one again:
    move the threshold, for instance with scikit-learn's ``TunedThresholdClassifierCV``.

    Cost is O(n_samples * n_classes).

    References
    ----------
    .. [1] C. Elkan, "The Foundations of Cost-Sensitive Learning", International Joint Conference
       on Artificial Intelligence, 2001.
    .. [2] A. Dal Pozzolo, O. Caelen, R. A. Johnson, G. Bontempi, "Calibrating Probability with
       Undersampling for Unbalanced Classification", IEEE Symposium Series on Computational
       Intelligence, 2015.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.calibration import correct_prior
    >>> balanced = np.array([[0.5, 0.5]])
    >>> correct_prior(balanced, trained_on=[0.5, 0.5], true_prior=[0.99, 0.01]).round(4).tolist()
    [[0.99, 0.01]]
    """
    proba = np.asarray(proba)
    before = np.asarray(trained_on, dtype=np.float64)
    after = np.asarray(true_prior, dtype=np.float64)
    if not proba.shape[-1:] == before.shape == after.shape:
        raise ValueError(
            "trained_on and true_prior need one share per class: proba has shape "
            f"{proba.shape}, trained_on {before.shape}, true_prior {after.shape}."
        )
    # a sum is finite where every share is: of one row the checks take as long as the model
    all_before, all_after = before.sum(), after.sum()
    positive = before.min() > 0 and after.min() >= 0 and all_after > 0
    if not (positive and all_before < np.inf and all_after < np.inf):
        raise ValueError(
            "Class shares must be positive in trained_on and not negative in true_prior; got "
            f"trained_on={before.tolist()}, true_prior={after.tolist()}."
        )
    corrected = scaled_columns(proba, after / before)
    total = row_sums(corrected)
    if total.min(initial=np.inf) > 0:
        divide_rows(corrected, total)
        return corrected
    if np.isnan(total).any():
        raise ValueError(
            "proba holds NaN; expected probabilities of every class in each row. Look for the "
            "rows whose probabilities the model does not know."
        )
    total = total[:, None]
    # Where all probability lay on classes whose true share is 0 nothing is left to normalise, and
    # the row holds no evidence for any other class: the true shares themselves are the best guess.
    return np.where(total > 0, corrected / np.where(total > 0, total, 1.0), after / all_after)


def correct_prior_of_trained(
    proba: np.ndarray, *, trained_on: np.ndarray, true_prior: np.ndarray
) -> np.ndarray:
    """As `correct_prior`, for models that saw no row of some class: its probability is 0.

    Nothing is known of such a class, so the others share the probability as if it did not exist.
    """
    known = trained_on > 0.0
    if known.all():
        return correct_prior(proba, trained_on=trained_on, true_prior=true_prior)
    corrected = np.zeros_like(proba)
    prior = true_prior[known] / true_prior[known].sum()
    corrected[:, known] = correct_prior(
        proba[:, known], trained_on=trained_on[known], true_prior=prior
    )
    return corrected


def require_every_class(class_weight_sum: np.ndarray, classes: Any) -> None:
    """Refuse to recalibrate where a class has no weight: its true share is unknown then."""
    if not np.all(class_weight_sum):
        raise ValueError(
            "A correction for class shares (recalibrate=True is one) needs rows of positive weight "
            "in every class; there are none in "
            f"class {spell(classes[int(np.argmin(class_weight_sum))])}."
        )


def class_shares(y: np.ndarray, classes: np.ndarray, weight: np.ndarray | None) -> np.ndarray:
    """Share of each class among labels, by weight where there are weights; none may be 0."""
    class_weight_sum = count(encode_with(y, classes), len(classes), weight)
    require_every_class(class_weight_sum, classes)
    return class_weight_sum / class_weight_sum.sum()


def encode_with(y: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Position of each label among the sorted classes of a fitted estimator.

    A frozen estimator may lack a class of y, so positions in y's own classes would not do.
    """
    require_known_classes(y, classes)
    labels, inverse = np.unique(y, return_inverse=True)
    return np.searchsorted(classes, labels)[inverse]
