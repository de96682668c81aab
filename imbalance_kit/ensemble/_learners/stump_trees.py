"""Fitted stumps as scikit-learn's own trees, from splits that were found elsewhere."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
from sklearn.tree import DecisionTreeClassifier


class StumpMaker:
    """Makes fitted stumps, objects of scikit-learn's own, from splits found elsewhere.

    The state of a tree is what pickling keeps of it. A tree that scikit-learn grew on two rows has
    a state of the right types for the version at hand, and its numbers are replaced.

    Parameters
    ----------
    n_columns : int
        Columns of the table.

    classes : ndarray of shape (2,)
        The labels.
    """

    def __init__(self, n_columns: int, classes: np.ndarray) -> None:
        two_rows = np.zeros((2, n_columns), dtype=np.float32)
        self._leaf = DecisionTreeClassifier(max_depth=1).fit(two_rows, classes)
        two_rows[1] = 1.0
        self._split = DecisionTreeClassifier(max_depth=1).fit(two_rows, classes)

    def leaf(self, learner: Any, sums: np.ndarray, n_rows: int) -> DecisionTreeClassifier:
        """A fitted tree without a split; `sums` are the weights of the two classes."""
        return _with_tree(learner, self._leaf, sums[None], np.array([n_rows]))

    def split(
        self,
        learner: Any,
        column: int,
        threshold: float,
        sums: np.ndarray,
        n_rows: np.ndarray,
    ) -> DecisionTreeClassifier:
        """A fitted tree of one split.

        Parameters
        ----------
        learner : DecisionTreeClassifier
            Gets the tree.

        column : int
            Column of the split.

        threshold : float
            Largest value that goes to the left.

        sums : ndarray of shape (2, 2)
            Weight of each class on the left and on the right.

        n_rows : ndarray of shape (2,)
            Rows on the left and on the right. Missing values go where there are more: there were
            none in training, and scikit-learn does so.
        """
        all_sums = np.vstack([sums.sum(axis=0), sums])
        all_rows = np.append(n_rows.sum(), n_rows)
        root = {
            "feature": column,
            "threshold": threshold,
            "missing_go_to_left": n_rows[0] > n_rows[1],
        }
        return _with_tree(learner, self._split, all_sums, all_rows, root)


def _with_tree(
    learner: Any,
    grown: DecisionTreeClassifier,
    sums: np.ndarray,
    n_rows: np.ndarray,
    root: Mapping[str, Any] = MappingProxyType({}),
) -> DecisionTreeClassifier:
    """A learner fitted as another is, but for the numbers of the nodes: root, left, right."""
    tree_type, arguments, state = grown.tree_.__reduce__()
    weight = sums.sum(axis=1)
    shares = sums / weight[:, None]
    nodes = state["nodes"].copy()
    nodes["n_node_samples"] = n_rows
    nodes["weighted_n_node_samples"] = weight
    nodes["impurity"] = 1.0 - (shares**2).sum(axis=1)
    for name, value in root.items():
        nodes[name][0] = value
    tree = tree_type(*arguments)
    tree.__setstate__(state | {"nodes": nodes, "values": shares[:, None, :].copy()})
    fitted = {name: value for name, value in vars(grown).items() if name.endswith("_")}
    vars(learner).update(fitted | {"tree_": tree})
    return learner
