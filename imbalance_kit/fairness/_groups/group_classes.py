"""The one place that counts rows by group and class together.

Most methods before training change how often each pair of a group and a class counts. The pair is
called a group class here; a table of them has one row per group and one column per class.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from imbalance_kit._tables.labels import spell
from imbalance_kit.fairness._groups.group_reading import Groups


@dataclass(frozen=True)
class GroupClasses:
    """Group and class of each row.

    Attributes
    ----------
    groups : Groups
        Group of each row.

    classes : ndarray of shape (n_classes,)
        Different labels, sorted.

    y_encoded : ndarray of shape (n_samples,)
        Position of each row's label among `classes`.
    """

    groups: Groups
    classes: np.ndarray
    y_encoded: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of groups and of classes."""
        return self.groups.n_groups, len(self.classes)

    @property
    def of_row(self) -> np.ndarray:
        """Number of each row's group class: its position in the flattened table."""
        return self.groups.of_row * len(self.classes) + self.y_encoded

    @property
    def counts(self) -> np.ndarray:
        """Number of rows, of shape (n_groups, n_classes)."""
        return self.weight_sums(None)

    def weight_sums(self, weight: Any) -> np.ndarray:
        """Sum of the weights of the rows, of shape (n_groups, n_classes)."""
        n_groups, n_classes = self.shape
        sums = np.bincount(self.of_row, weights=weight, minlength=n_groups * n_classes)
        return sums.reshape(self.shape)

    def require_all(self, sums: np.ndarray) -> None:
        """Refuse a group without rows of some class: no weight could give the pair a share."""
        if (sums > 0).all():
            return
        group, label = np.argwhere(sums <= 0)[0]
        raise ValueError(
            f"The pair (y={spell(self.classes[label])}, group {self.groups.spell(int(group))}) has "
            "no samples (or none of positive weight), so its weight is undefined. Merge the group "
            "with another, or name fewer sensitive_features."
        )

    def require_two_classes(self, owner: object, why: str) -> None:
        """Refuse more than two classes where a method needs a positive one."""
        if len(self.classes) > 2:
            raise ValueError(
                f"{type(owner).__name__} needs exactly two classes, {why}; y has "
                f"{len(self.classes)}. Give it one class against the rest, or use Reweighing or "
                "FairSampler, which take any."
            )
