"""Log loss minus the loss of an adversary that predicts the groups from the scores."""

from typing import Any

import numpy as np
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression

from imbalance_kit.losses._cross_entropy import CrossEntropyLoss

_INVERSE_PENALTY = 1e3  # of the adversary: enough to keep its coefficients finite


class Training:
    """Groups, the adversary and its losses, for one training.

    LightGBM copies its objective before it trains; this object is not copied, so that the losses
    can be read afterwards.

    Parameters
    ----------
    groups : ndarray of shape (n_samples,)
        Position of each row's group, in the order of the rows.
    """

    def __init__(self, groups: np.ndarray) -> None:
        self.groups: Any = groups
        self.adversary: Any = None
        self.losses: list[float] = []
        self.round = 0

    def __deepcopy__(self, memo: dict) -> "Training":
        return self

    def finish(self) -> list[float]:
        """Drop the groups of the rows, and return the adversary's losses."""
        self.groups, self.adversary = None, None
        return self.losses


class LocalFairnessLoss(CrossEntropyLoss):
    """Cross entropy minus the weighted loss of an adversary, for the rows of one training.

    Parameters
    ----------
    training : Training
        Of the rows.

    penalty : float
        Factor of the adversary's loss.

    tau : float
        Temperature of the weights.

    conditional : bool
        Whether the adversary gets the class as well.

    refit_every : int
        Rounds between its fits.
    """

    name = "local_fairness"
    two_classes_only = True

    def __init__(
        self, training, penalty=1.0, tau=0.5, conditional=False, refit_every=1, class_weight=None
    ):
        super().__init__(class_weight=class_weight)
        self.training = training
        self.penalty = penalty
        self.tau = tau
        self.conditional = conditional
        self.refit_every = refit_every

    def _gradients(self, y, raw, weight):
        grad, hess = super()._gradients(y, raw, weight)
        training = self.training
        if self.penalty == 0 or training.groups.max() == 0:
            return grad, hess
        if training.round % self.refit_every == 0:
            self._fit_adversary(y, raw, weight)
        training.round += 1
        slope, curvature, loss = self._of_adversary(y, raw)
        factor = local_weights(loss, training.groups, self.tau, weight)
        factor *= self.penalty * self.hessian_scale_
        if weight is not None:
            factor *= weight
        # The second derivative of the penalty is negative. Its absolute value is added to the
        # Hessian: that keeps steps from overshooting, above all where the log loss is flat, and
        # does not move the point where gradients vanish.
        return (grad - factor * slope).astype(np.float32), (hess + factor * curvature).astype(
            np.float32
        )

    def _features(self, y: np.ndarray, raw: np.ndarray) -> np.ndarray:
        """The columns that the adversary predicts the groups from."""
        if not self.conditional:
            return raw[:, None]
        return np.column_stack([raw, y, raw * y])

    def _fit_adversary(self, y: np.ndarray, raw: np.ndarray, weight: Any) -> None:
        training = self.training
        if training.adversary is None:
            training.adversary = LogisticRegression(
                C=_INVERSE_PENALTY, max_iter=200, warm_start=True
            )
        training.adversary.fit(self._features(y, raw), training.groups, sample_weight=weight)
        loss = self._of_adversary(y, raw)[-1]
        training.losses.append(float(np.average(loss, weights=weight)))

    def _of_adversary(
        self, y: np.ndarray, raw: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """First and second derivative by the score, and value, of the adversary's loss on rows."""
        groups, adversary = self.training.groups, self.training.adversary
        coef, constant = adversary.coef_, adversary.intercept_
        if len(coef) == 1:  # two groups: the first one's score is 0
            coef, constant = np.vstack([np.zeros_like(coef), coef]), np.append(0.0, constant)
        of_score = np.broadcast_to(coef[:, 0], (len(y), len(coef)))
        if self.conditional:
            of_score = of_score + np.outer(y, coef[:, 2])
        log_chance = log_softmax(self._features(y, raw) @ coef.T + constant, axis=1)
        chance, rows = np.exp(log_chance), np.arange(len(y))
        mean = (chance * of_score).sum(axis=1)
        curvature = (chance * (of_score - mean[:, None]) ** 2).sum(axis=1)
        return mean - of_score[rows, groups], curvature, -log_chance[rows, groups]


def local_weights(
    loss: np.ndarray, groups: np.ndarray, tau: float, weight: np.ndarray | None
) -> np.ndarray:
    """``exp(-loss / tau)`` in proportion, with a mean of 1 in each group."""
    if np.isinf(tau):
        return np.ones(len(loss))
    n_groups = int(groups.max()) + 1
    # shifted by the least loss of the group: a common factor, without which all might underflow
    least = np.full(n_groups, np.inf)
    np.minimum.at(least, groups, loss)
    r = np.exp((least[groups] - loss) / tau)
    weight_sums = np.bincount(groups, weights=weight, minlength=n_groups)
    total = np.bincount(groups, weights=r if weight is None else r * weight, minlength=n_groups)
    return r * (weight_sums / np.maximum(total, 1e-300))[groups]
