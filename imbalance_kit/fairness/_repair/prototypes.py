"""The loss of a representation by prototypes, and its gradient."""

from itertools import combinations

import numpy as np
from scipy.special import softmax

from imbalance_kit.fairness._groups.group_reading import Groups

_LEAST_SQUARE = 1e-12  # a distance of 0 has no slope
_ROUND = 1e-3  # absolute differences are rounded off within


def memberships(Z: np.ndarray, prototypes: np.ndarray) -> np.ndarray:
    """Share of each prototype in each row: softmax of minus the distances."""
    return _shares(_distances(prototypes @ Z.T, (Z**2).sum(axis=1), prototypes)).T


def _distances(products: np.ndarray, squares: np.ndarray, prototypes: np.ndarray) -> np.ndarray:
    """Distance of each prototype (row of the result) to each row of the table (column).

    By the binomial formula, from products that are there already; rounding may make a square
    negative, which the least square takes care of.
    """
    square = products * -2.0
    square += squares
    square += (prototypes**2).sum(axis=1)[:, None]
    np.maximum(square, _LEAST_SQUARE, out=square)
    return np.sqrt(square, out=square)


def _shares(D: np.ndarray) -> np.ndarray:
    """Softmax of minus the distances, column by column."""
    M = np.exp(D.min(axis=0) - D)  # the largest is 1, so nothing overflows
    M /= M.sum(axis=0)
    return M


class PrototypeLoss:
    """Value and gradient for a vector of prototypes and scores of classes.

    Reconstructions are never written out: what the loss needs of them follows from the products
    of rows and prototypes, so that the table is multiplied twice. Arrays have a row for each
    prototype and a column for each row of the table: sums over the few prototypes are then sums of
    contiguous arrays.
    """

    def __init__(
        self,
        Z: np.ndarray,
        groups: Groups,
        y_encoded: np.ndarray | None,
        n_classes: int,
        weight: np.ndarray,
        weights: tuple[float, float, float],
        n_prototypes: int,
    ) -> None:
        self._Zt = np.ascontiguousarray(Z.T)
        self._y_encoded, self._n_classes = y_encoded, n_classes
        self._squares = (Z**2).sum(axis=1)
        self._weights, self._n_prototypes = weights, n_prototypes
        group_weight = groups.weight_sums(weight)
        # each row's share of its group: means over groups are sums of these
        self._share = weight / np.maximum(group_weight, 1e-300)[groups.of_row]
        is_in = groups.of_row == np.arange(groups.n_groups)[:, None]
        self._mean_over = is_in * self._share
        self._pairs = list(combinations(range(groups.n_groups), 2))

    def unpack(self, vector: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Prototypes, and the class shares of each."""
        size = self._n_prototypes * len(self._Zt)
        prototypes = vector[:size].reshape(self._n_prototypes, -1)
        scores = vector[size:].reshape(self._n_prototypes, self._n_classes)
        return prototypes, softmax(scores, axis=1) if self._n_classes else scores

    def parts(self, vector: np.ndarray) -> dict[str, float]:
        """The three losses without their weights, and the total."""
        found, _ = self._evaluate(vector)
        names = ("reconstruction", "prediction", "parity")
        total = sum(weight * part for weight, part in zip(self._weights, found, strict=True))
        return {**dict(zip(names, map(float, found), strict=True)), "total": float(total)}

    def __call__(self, vector: np.ndarray) -> tuple[float, np.ndarray]:
        found, gradient = self._evaluate(vector)
        total = sum(weight * part for weight, part in zip(self._weights, found, strict=True))
        return float(total), gradient

    def _evaluate(self, vector: np.ndarray) -> tuple[list[float], np.ndarray]:
        V, W = self.unpack(vector)
        Zt, share = self._Zt, self._share
        n_columns = len(Zt)
        ax, ay, az = self._weights
        products = V @ Zt
        D = _distances(products, self._squares, V)
        M = _shares(D)

        # reconstruction: |z - M V|^2 from products alone
        MI = (V @ V.T) @ M
        c = share * (2.0 * ax / n_columns)
        slope = MI - products
        error = self._squares + np.einsum("kn,kn->n", M, slope - products)
        reconstruction = float(share @ error) / n_columns
        slope *= c

        prediction, of_scores = 0.0, np.empty(0)
        if self._y_encoded is not None:
            of_class = W[:, self._y_encoded]  # of each prototype, the share of the row's class
            chance = np.maximum(np.einsum("kn,kn->n", M, of_class), 1e-300)
            prediction = -float(share @ np.log(chance))
            factor = ay * share / chance
            of_class *= factor
            slope -= of_class
            weighted = M * factor
            by_class = np.zeros((self._n_prototypes, self._n_classes))
            for label in range(self._n_classes):
                by_class[:, label] = weighted @ -(self._y_encoded == label).astype(np.float64)
            of_scores = (W * (by_class - (W * by_class).sum(axis=1, keepdims=True))).ravel()

        parity, of_means = self._parity(M @ self._mean_over.T)
        slope += (az * of_means) @ self._mean_over

        # back through softmax and distances
        Q = np.einsum("kn,kn->n", M, slope) - slope  # slope by distance
        Q *= M
        Q /= D
        # by prototypes: of distances Q (v - z), of the reconstruction c M (M V - z)
        cM = M * c
        of_prototypes = Q.sum(axis=1)[:, None] * V + (cM @ M.T) @ V - (Q + cM) @ Zt.T
        return [reconstruction, prediction, parity], np.append(of_prototypes.ravel(), of_scores)

    def _parity(self, means: np.ndarray) -> tuple[float, np.ndarray]:
        """Mean absolute difference of groups' mean shares (one column each), and its slope."""
        total, slope = 0.0, np.zeros_like(means)
        if not self._pairs:
            return total, slope
        scale = 1.0 / (len(self._pairs) * len(means))
        for one, other in self._pairs:
            difference = means[:, one] - means[:, other]
            size = np.sqrt(difference**2 + _ROUND**2)
            total += scale * float((size - _ROUND).sum())
            slope[:, one] += scale * difference / size
            slope[:, other] -= scale * difference / size
        return total, slope
