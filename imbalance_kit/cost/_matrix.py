"""What each decision costs, by true class and predicted class."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from imbalance_kit._sklearn_compat import n_samples_of
from imbalance_kit._tables.labels import count, encode, read_single_labels, spell
from imbalance_kit._tables.positive_class import positive_by_labels
from imbalance_kit.cost._decisions import class_weights, mean_over_classes
from imbalance_kit.cost._entries import (
    OTHER,
    ErrorCosts,
    as_given,
    draw_table,
    is_table,
    plain_value,
    read_costs,
)
from imbalance_kit.cost._price_columns import Column


@dataclass(frozen=True)
class CostMatrix:
    """What each decision costs: rows are true classes, columns predicted classes.

    Small and unchangeable, so that it can be a parameter of an estimator, an entry of a grid and
    a key of a dict. Negative costs are gains.

    Parameters
    ----------
    costs : array-like of shape (n_classes, n_classes), dict or "balanced"
        Rows are true classes, columns predicted classes. An entry is a number, the name of a
        column of X that holds the price of each row, or a :class:`Column`. A dict
        ``{class: cost}`` holds the cost of any error on a row of a class, 1 for a class that it
        does not name. "balanced" makes that cost ``n_samples / (n_classes * rows of the class)``
        once the classes are known.

    classes : array-like of shape (n_classes,), default=None
        Labels of the rows, which are those of the columns too. None stands for the sorted
        labels of whatever the matrix is used on. Two classes that are not 0/1, -1/1 or
        False/True need it, unless the matrix is symmetric: the alphabet does not show which
        class is positive.

    See Also
    --------
    example_costs : Costs of each row as an array.

    expected_cost : Mean cost of predictions.

    MinimumExpectedCostClassifier : Decides by such a matrix.

    Notes
    -----
    A constant added to a row of the matrix is paid whatever is decided: it changes what
    decisions cost and no decision. For two classes all decisions follow from the threshold
    ``(c01 - c00) / (c01 - c00 + c10 - c11)`` on the probability of the second class [1]_, where
    ``c01`` is the cost of deciding for the second class (column 1) when the first is true (row 0).

    References
    ----------
    .. [1] C. Elkan, "The Foundations of Cost-Sensitive Learning", International Joint Conference
       on Artificial Intelligence, 2001.

    Examples
    --------
    >>> from imbalance_kit.cost import CostMatrix
    >>> matrix = CostMatrix([[0, 5], [100, 0]], classes=["fine", "fraud"])
    >>> print(matrix)
    true \\ predicted  fine  fraud
    fine                 0      5
    fraud              100      0
    >>> matrix == CostMatrix.from_prices(
    ...     false_positive=5, false_negative=100, classes=["fine", "fraud"]
    ... )
    True
    """

    costs: Any
    classes: Any = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        costs = read_costs(self.costs)
        classes = (
            None if self.classes is None else tuple(plain_value(label) for label in self.classes)
        )
        if classes is not None:
            if len(set(classes)) != len(classes):
                raise ValueError(f"classes must differ from one another; got {list(classes)}.")
            if is_table(costs) and len(classes) != len(costs):
                raise ValueError(
                    f"classes needs one label for each row of the matrix: {len(costs)} rows, "
                    f"{len(classes)} labels."
                )
        object.__setattr__(self, "costs", costs)
        object.__setattr__(self, "classes", classes)

    # --- other constructors --------------------------------------------------------------------

    @classmethod
    def from_class_weight(cls, class_weight: Mapping | str) -> CostMatrix:
        """What any error on a row of a class costs, in the words of scikit-learn's `class_weight`.

        Parameters
        ----------
        class_weight : dict or "balanced"
            Cost of an error by class, 1 for a class that is not named; or inverse to the class
            counts, which are filled in where the matrix is used.

        Returns
        -------
        matrix : CostMatrix
            Rows are true classes, columns predicted classes.
        """
        return cls(class_weight)

    @classmethod
    def from_prices(
        cls,
        *,
        false_positive: float | str | Column,
        false_negative: float | str | Column,
        true_positive: float | str | Column = 0.0,
        true_negative: float | str | Column = 0.0,
        pos_label: Any = None,
        classes: Sequence | None = None,
    ) -> CostMatrix:
        """Prices of the four outcomes of a decision between two classes.

        Parameters
        ----------
        false_positive, false_negative, true_positive, true_negative : float, str or Column
            What each outcome costs; a gain is negative. A str names the column of X that holds
            the price of each row.

        pos_label : label, default=None
            The positive class. None stands for 1 of labels 0/1 or -1/1 and for True; other labels
            need it, or `classes`.

        classes : sequence of two labels, default=None
            Negative and positive class, in place of `pos_label`.

        Returns
        -------
        matrix : CostMatrix
            Rows are true classes, columns predicted classes; the negative class comes first.
        """
        if pos_label is not None and classes is not None:
            raise ValueError("Give pos_label or classes, not both.")
        if pos_label is not None:
            classes = (OTHER, pos_label)
        return cls(
            [[true_negative, false_positive], [false_negative, true_positive]], classes=classes
        )

    @classmethod
    def inverse_frequency(cls, y: Any, *, sample_weight: Any = None) -> CostMatrix:
        """Errors that cost the inverse of the class's share, from labels at hand.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
            Class labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows.

        Returns
        -------
        matrix : CostMatrix
            Rows are true classes, columns predicted classes.
        """
        classes, y_encoded = encode(read_single_labels(y))
        weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        return cls("balanced").bind(classes, count(y_encoded, len(classes), weight))

    # --- for given classes ---------------------------------------------------------------------

    @property
    def reads_columns(self) -> bool:
        """Whether a price stands in a column of X."""
        return is_table(self.costs) and any(
            isinstance(entry, Column) for row in self.costs for entry in row
        )

    @property
    def is_labelled(self) -> bool:
        """Whether every row has a label."""
        return self.classes is not None and OTHER not in self.classes

    @property
    def values(self) -> np.ndarray:
        """The matrix as an array: rows are true classes, columns predicted classes."""
        if not is_table(self.costs):
            raise ValueError("The costs depend on the classes: call resolve(classes, counts).")
        if self.reads_columns:
            raise ValueError(
                f"Some costs differ by row ({self.costs}): call for_rows(X), and give the result "
                "as `cost` where there is no X."
            )
        return np.array(self.costs, dtype=np.float64)

    def bind(self, classes: Any, counts: Any = None) -> CostMatrix:
        """The same costs with rows and columns in the order of given classes.

        Parameters
        ----------
        classes : array-like of shape (n_classes,)
            Class labels. Of a matrix with labels, those that are not among them are left out.

        counts : array-like of shape (n_classes,), default=None
            Rows of each class, or their weight. Needed by "balanced" alone; a class without
            rows costs nothing.

        Returns
        -------
        matrix : CostMatrix
            Rows are true classes, columns predicted classes; nothing is left open but columns.
        """
        labels = [plain_value(label) for label in classes]
        if not is_table(self.costs):
            by_class = self._error_costs(labels, counts)
            table = [
                [0.0 if true == predicted else cost for predicted in range(len(labels))]
                for true, cost in enumerate(by_class)
            ]
            return CostMatrix(table, classes=labels)
        order = self._order(labels)
        return CostMatrix([[self.costs[i][j] for j in order] for i in order], classes=labels)

    def resolve(self, classes: Any, counts: Any = None) -> np.ndarray:
        """The matrix as an array in the order of given classes.

        Parameters
        ----------
        classes : array-like of shape (n_classes,)
            Class labels.

        counts : array-like of shape (n_classes,), default=None
            Rows of each class, or their weight; needed by "balanced" alone.

        Returns
        -------
        costs : ndarray of shape (n_classes, n_classes)
            Rows are true classes, columns predicted classes.
        """
        return self.bind(classes, counts).values

    def for_rows(self, X: Any) -> np.ndarray:
        """A full matrix for each row of a table.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        costs : ndarray of shape (n_samples, n_classes, n_classes)
            Costs by row, true class and predicted class, in the order of `classes`.
        """
        if not is_table(self.costs):
            raise ValueError("The costs depend on the classes: call bind first.")
        n_rows, n_classes = n_samples_of(X), len(self.costs)
        costs = np.empty((n_rows, n_classes, n_classes))
        for true, row in enumerate(self.costs):
            for predicted, entry in enumerate(row):
                costs[:, true, predicted] = entry.read(X) if isinstance(entry, Column) else entry
        return costs

    def check_columns(self, X: Any) -> None:
        """Read the prices of a table, and warn of errors that would be gains.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        Returns
        -------
        None
            A column that is not there, or holds no numbers, is a ValueError.
        """
        negative: dict[str, int] = {}
        for true, row in enumerate(self.costs):
            for predicted, entry in enumerate(row):
                if isinstance(entry, Column):
                    n_negative = int(np.count_nonzero(entry.read(X) < 0))
                    if n_negative and true != predicted:
                        negative[str(entry)] = n_negative
        if negative:
            shown = ", ".join(
                f"{name} in {n} of {n_samples_of(X)} rows" for name, n in negative.items()
            )
            warnings.warn(
                f"Prices of wrong decisions are negative: {shown}. An error would be a gain there. "
                "If an earlier step scales these columns, let it pass them through as they are, or "
                "give costs of rows as `cost`. A gain by a right decision may be negative.",
                UserWarning,
                stacklevel=6,
            )

    def expected(self, proba: Any, X: Any = None) -> np.ndarray:
        """Expected cost of each decision.

        Parameters
        ----------
        proba : array-like of shape (n_samples, n_classes)
            Probability of each class, in the order of `classes`.

        X : table, default=None
            Where prices stand in its columns: the rows that `proba` is about.

        Returns
        -------
        cost : ndarray of shape (n_samples, n_classes)
            One column per predicted class. O(n_samples * n_classes ** 2).
        """
        return mean_over_classes(proba, self.for_rows(X) if self.reads_columns else self.values)

    def row_weight(self, y: Any, *, sample_weight: Any = None) -> np.ndarray:
        """Weight of each row for a learner that minimises the weighted error.

        Parameters
        ----------
        y : array-like of shape (n_samples,)
            Class labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows, for the class counts and the mean.

        Returns
        -------
        weight : ndarray of shape (n_samples,)
            Mean over the wrong decisions of what they cost more than the right one, divided by
            its mean over the rows. Exact for two classes; for more it holds as far as wrong
            decisions on a row cost the same.
        """
        classes, y_encoded = encode(read_single_labels(y))
        weight = None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
        costs = self.resolve(classes, count(y_encoded, len(classes), weight))
        by_class = class_weights(costs, classes)
        return by_class[y_encoded] / np.average(by_class[y_encoded], weights=weight)

    def dominated(self) -> list:
        """Decisions that another decision undercuts, whatever is true.

        Returns
        -------
        labels : list
            Predicted classes whose column is nowhere below that of another class, and somewhere
            above it. For two classes these are all that can never be best; for more there may
            be others, which are undercut by different decisions in different cases.
        """
        costs = self.values
        labels = range(len(costs)) if self.classes is None else self.classes
        return [
            label
            for label, column in zip(labels, costs.T, strict=True)
            if any((column >= other).all() and (column > other).any() for other in costs.T)
        ]

    def _error_costs(self, labels: list, counts: Any) -> list[float]:
        """Cost of any error on a row of each class."""
        if isinstance(self.costs, ErrorCosts):
            by_class = dict(self.costs.by_class)
            unknown = [label for label in by_class if label not in labels]
            if unknown:
                raise ValueError(
                    f"Costs were given for the classes {unknown}, but the classes are {labels}. "
                    "Use the labels exactly as they stand in y."
                )
            return [by_class.get(label, 1.0) for label in labels]
        if counts is None:
            raise ValueError('"balanced" costs need the number of rows of each class: give counts.')
        class_weight_sum = np.asarray(counts, dtype=np.float64)
        present = class_weight_sum > 0
        inverse = class_weight_sum.sum() / (
            present.sum() * np.where(present, class_weight_sum, 1.0)
        )
        return np.where(present, inverse, 0.0).tolist()

    @property
    def _is_symmetric(self) -> bool:
        """Whether two classes may change places."""
        (c00, c01), (c10, c11) = self.costs
        return c01 == c10 and c00 == c11

    @staticmethod
    def _negative_and_positive(labels: list) -> list:
        """The two classes in the order of a matrix without labels: the positive one is second."""
        positive = positive_by_labels(labels)
        if positive is None:
            first, second = (spell(label) for label in labels)
            raise ValueError(
                f"Which of the classes {first} and {second} is positive, so that the second row of "
                "the cost matrix is its, is not known: only the labels 0/1, -1/1 and False/True "
                "show it. Give CostMatrix.from_prices(..., pos_label=positive class), or "
                "CostMatrix(costs, classes=[label of each row])."
            )
        return [label for label in labels if label != positive] + [positive]

    def _order(self, labels: list) -> list[int]:
        """Where each label stands in this matrix."""
        known = self.classes
        if known is None:
            if len(labels) == len(self.costs) == 2 and not self._is_symmetric:
                known = self._negative_and_positive(labels)
                return [known.index(label) for label in labels]
            if len(labels) != len(self.costs):
                raise ValueError(
                    f"The cost matrix is for {len(self.costs)} classes, but there are "
                    f"{len(labels)}: {labels}. Give a matrix of shape "
                    f"({len(labels)}, {len(labels)}), or `classes`, the label of each row."
                )
            return list(range(len(labels)))
        if OTHER in known:
            rest = [label for label in labels if label not in known]
            if len(labels) > 2 or len(rest) != 1:
                raise ValueError(
                    f"A matrix from prices with pos_label={spell(known[1])} needs that class and "
                    f"one other; the classes are {labels}."
                )
            known = (rest[0], known[1])
        unknown = [label for label in labels if label not in known]
        if unknown:
            raise ValueError(
                f"The cost matrix has no row for the classes {unknown}; it is for {list(known)}. "
                "Use the labels exactly as they stand in y."
            )
        return [known.index(label) for label in labels]

    def __repr__(self) -> str:
        named = "" if self.classes is None else f", classes={list(self.classes)!r}"
        return f"CostMatrix({as_given(self.costs)!r}{named})"

    def __str__(self) -> str:
        if not is_table(self.costs):
            return repr(self)
        labels = range(len(self.costs)) if self.classes is None else self.classes
        return draw_table(
            self.costs, ["other" if label is OTHER else str(label) for label in labels]
        )


def as_cost_matrix(costs: Any) -> CostMatrix:
    """What estimators accept as `cost_matrix`, as a CostMatrix."""
    return costs if isinstance(costs, CostMatrix) else CostMatrix(costs)


def name_positive(matrix: CostMatrix, classes: list, pos_label: Any) -> CostMatrix:
    """The matrix with the positive one of two classes named, where its labels do not show it."""
    is_open = is_table(matrix.costs) and len(matrix.costs) == 2 and matrix.classes is None
    if not is_open or pos_label is None or positive_by_labels(classes) is not None:
        return matrix
    return CostMatrix(matrix.costs, classes=(OTHER, pos_label))


def warn_of_dominated(matrix: CostMatrix) -> None:
    """Warn where a decision can never be best, which is most often a matrix transposed."""
    never = [] if matrix.reads_columns else matrix.dominated()
    if never:
        warnings.warn(
            f"Deciding for {never} costs as much as another decision or more, whatever is true, so "
            "it is never best. Rows of the matrix are true classes, columns predicted classes.",
            UserWarning,
            stacklevel=2,
        )
