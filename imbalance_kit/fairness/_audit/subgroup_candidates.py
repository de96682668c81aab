"""Subgroups to look at: clusters of rows, or combinations of values of features."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from scipy import stats

from imbalance_kit.fairness._audit.subgroup_features import Feature, value_shares

_MANY = 20_000  # subgroups to look at
_WIDE = 200  # values of a nominal column


@dataclass(frozen=True)
class Candidates:
    """Subgroups that do not overlap.

    Attributes
    ----------
    of_row : ndarray of shape (n_samples,)
        Position of each row's subgroup in `descriptions`.

    descriptions : list of str
        The subgroups as text.
    """

    of_row: np.ndarray
    descriptions: list[str]


def clusters(
    features: list[Feature], n_clusters: int, n_dominant: int, min_rows: int, random_state: Any
) -> Candidates:
    """Clusters of rows, each described by the values that are typical of it."""
    from sklearn.cluster import KMeans

    n_rows = len(features[0].of_row)
    for feature in features:
        if feature.numbers is None and len(feature.values) > _WIDE:
            raise ValueError(
                f"{feature.name} has {len(feature.values)} values, too many to describe a cluster. "
                "Name the columns to look at in `features`, or join its rare values."
            )
    blocks = [
        np.eye(len(feature.values))[feature.of_row]
        if feature.numbers is None
        else feature.numbers[:, None]
        for feature in features
    ]
    n_clusters = max(1, min(n_clusters, n_rows // min_rows))
    model = KMeans(n_clusters, n_init=1, random_state=random_state)
    # k-means may leave a cluster empty, so those that are there are numbered anew
    found, of_row = np.unique(model.fit_predict(np.hstack(blocks)), return_inverse=True)
    members = [np.flatnonzero(of_row == cluster) for cluster in range(len(found))]
    shares = value_shares(features, members)
    spread = np.column_stack([relative_entropy(of_feature) for of_feature in shares])
    descriptions = []
    for cluster in range(len(found)):
        typical = np.argsort(spread[cluster], kind="stable")[:n_dominant]
        texts = [features[j].values[int(shares[j][cluster].argmax())] for j in sorted(typical)]
        descriptions.append(", ".join(texts))
    return Candidates(of_row, descriptions)


def relative_entropy(shares: np.ndarray) -> np.ndarray:
    """Entropy of each row of shares, over that of equal shares; 0 is one value, 1 is all alike."""
    present = int((shares.sum(axis=0) > 0).sum())
    if present < 2:  # a constant describes no cluster: it comes last
        return np.full(len(shares), np.inf)
    return stats.entropy(shares, axis=1) / np.log(present)


def combinations_of(features: list[Feature], max_depth: int) -> list[Candidates]:
    """Subgroups by the values of every choice of up to so many features."""
    candidates, n_subgroups = [], 0
    for depth in range(1, min(max_depth, len(features)) + 1):
        for chosen in combinations(features, depth):
            of_row, texts = chosen[0].of_row, list(chosen[0].values)
            for feature in chosen[1:]:
                n_values = len(feature.values)
                pairs, of_row = np.unique(of_row * n_values + feature.of_row, return_inverse=True)
                first, last = np.divmod(pairs, n_values)
                texts = [
                    f"{texts[i]}, {feature.values[j]}" for i, j in zip(first, last, strict=True)
                ]
            n_subgroups += len(texts)
            if n_subgroups > _MANY:
                raise ValueError(
                    f"The features form more than {_MANY} combinations. Name fewer in `features`, "
                    "or take a smaller max_depth or n_bins."
                )
            candidates.append(Candidates(of_row, texts))
    return candidates
