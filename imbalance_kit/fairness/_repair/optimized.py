"""A random map of rows and labels under which groups have alike labels, and that changes little."""

import warnings
from numbers import Integral, Real
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from sklearn.utils import check_random_state

from imbalance_kit._sklearn_compat import Interval
from imbalance_kit._tables.labels import encode, read_single_labels
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit._tables.rows import is_frame, take_rows
from imbalance_kit._tables.validation import require_target
from imbalance_kit.fairness._groups.group_reading import SENSITIVE_FEATURES
from imbalance_kit.fairness._groups.table_columns import column_of, combine
from imbalance_kit.fairness._repair.base import FairTransformer
from imbalance_kit.fairness._repair.optimized_program import Program


class OptimizedPreprocessing(FairTransformer):
    """Change rows and labels at random, as little as makes the groups' labels alike.

    Parameters
    ----------
    epsilon : float, default=0.05
        The largest difference between two groups in the chance of a label, after the change.

    distortion : callable or None, default=None
        ``distortion(x, y, x_new, y_new)`` gives how bad it is to change a row into another: x are
        tuples of values, without sensitive columns, and y labels. None counts the entries of x and
        y that differ.

    distortion_levels : array-like of float, default=(0.99, 1.99, 2.99)
        Distortions that should be rare.

    max_chance : array-like of float, default=(0.1, 0.05, 0)
        For each level: the largest chance, for any row, of a distortion that reaches it.

    max_variables : int, default=2000000
        Refuse larger programs.

    sensitive_features : str, int, array-like or None, default=None
        Columns of X that hold the sensitive features, by name or position; several form groups by
        their combinations. None: they are given beside X.

    drop_sensitive : bool, default=True
        Whether the columns that `sensitive_features` names are left out of what comes out.

    random_state : int, RandomState instance or None, default=None
        Seed of the draws and of the base learners.

    Attributes
    ----------
    mapping_ : sparse array of shape (n_cases, n_rows_out * n_classes)
        Chance of each outcome (a row and a label) for each case: a group, a row and a label.

    objective_ : float
        Half the total difference between the shares of rows and labels before and after.

    label_chance_ : ndarray of shape (n_groups, n_classes)
        Chance of each label after the change.

    groups_ : tuple
        The groups; several sensitive features give tuples.

    classes_ : ndarray of shape (n_classes,)
        Class labels.

    n_features_in_ : int
        Number of columns of X.

    feature_names_in_ : ndarray of shape (`n_features_in_`,)
        Names of the columns, when all are strings.

    See Also
    --------
    DisparateImpactRemover : For columns that are measured, not counted.

    Notes
    -----
    Needs the groups at predict time too. X must have few different rows: cut numbers into ranges
    and leave columns out first. The map minimises half the absolute change of the shares of (x,
    y), such that groups differ in the chance of no label by more than `epsilon`, and that for each
    (x, y) a distortion of ``distortion_levels[l]`` or more has a chance of at most
    ``max_chance[l]``. That is a linear program, solved exactly by HiGHS; it has a variable for
    each allowed change of a case that occurs. A thousandth of the mean distortion is added to the
    objective, so that of equally good maps one that changes less is taken. With a single group
    nothing is changed.

    ``transform`` draws a new row by the chances of the group and the row, whatever the
    label. ``repair`` draws rows and labels together, for training. Equal rows of a table do not
    change alike, which would undo the map: among them the outcomes are as frequent as in the
    map, up to a row. The same table and seed give the same rows; a row by itself may change
    otherwise than in its table. A row that was not there in ``fit`` is left as it is, with a
    warning.

    References
    ----------
    .. [1] F. Calmon, D. Wei, B. Vinzamuri, K. N. Ramamurthy, K. R. Varshney, "Optimized
       Pre-Processing for Discrimination Prevention", Neural Information Processing Systems, 2017.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.fairness import OptimizedPreprocessing
    >>> rng = np.random.RandomState(0)
    >>> group = rng.randint(0, 2, size=1000)
    >>> skill = rng.randint(0, 3, size=1000)
    >>> y = (rng.uniform(size=1000) < 0.2 + 0.2 * skill + 0.2 * group).astype(int)
    >>> X = np.column_stack([group, skill])
    >>> repair = OptimizedPreprocessing(
    ...     max_chance=(0.3, 0.1, 0), sensitive_features=0, random_state=0
    ... ).fit(X, y)
    >>> chance = repair.label_chance_[:, 1]
    >>> bool(abs(chance[0] - chance[1]) <= 0.05 + 1e-9)
    True
    """

    _parameter_constraints: dict = {
        "epsilon": [Interval(Real, 0, None, closed="left")],
        "distortion": [callable, None],
        "distortion_levels": ["array-like"],
        "max_chance": ["array-like"],
        "max_variables": [Interval(Integral, 1, None, closed="left")],
        "sensitive_features": SENSITIVE_FEATURES,
        "drop_sensitive": ["boolean"],
        "random_state": ["random_state"],
    }

    def __init__(
        self,
        *,
        epsilon=0.05,
        distortion=None,
        distortion_levels=(0.99, 1.99, 2.99),
        max_chance=(0.1, 0.05, 0),
        max_variables=2000000,
        sensitive_features=None,
        drop_sensitive=True,
        random_state=None,
    ):
        self.epsilon = epsilon
        self.distortion = distortion
        self.distortion_levels = distortion_levels
        self.max_chance = max_chance
        self.max_variables = max_variables
        self.sensitive_features = sensitive_features
        self.drop_sensitive = drop_sensitive
        self.random_state = random_state

    def repair(self, X, y, sensitive_features=None):
        """Draw new rows and labels together, for training.

        Parameters
        ----------
        X : {array-like, dataframe} of shape (n_samples, n_features)
            The table.

        y : array-like of shape (n_samples,)
            Class labels.

        sensitive_features : array-like of shape (n_samples,) or (n_samples, n), default=None
            Groups of the rows, where they were given beside X in ``fit``.

        Returns
        -------
        X_new : {ndarray, dataframe} of shape (n_samples, n_features_out)
            The table.

        y_new : ndarray of shape (n_samples,)
            Class labels.
        """
        warn_of_other_order(X, y=y, stacklevel=3)
        X = self._check_table(X, reset=False)
        labels = read_single_labels(y)
        unknown = sorted(set(np.unique(labels).tolist()) - set(self.classes_.tolist()), key=str)
        if unknown:
            raise ValueError(
                f"y holds the classes {unknown}, which were not there in fit; known are "
                f"{self.classes_.tolist()}."
            )
        y_encoded = np.searchsorted(self.classes_, labels)
        groups = self._reader.read(X, sensitive_features)
        outcome = self._draw(groups.of_row, self._distinct_rows(X), y_encoded)
        n_classes = len(self.classes_)
        known = outcome >= 0
        y_encoded[known] = outcome[known] % n_classes
        new_rows = np.where(known, outcome // n_classes, -1)
        return self._replace(X, new_rows), self.classes_[y_encoded]

    def _learn(self, X: Any, y: Any, weight: np.ndarray | None, given: Any) -> None:
        if weight is not None:  # a row of weight 0 must not become an outcome
            counted = np.flatnonzero(weight > 0)
            X, weight = take_rows(X, counted), weight[counted]
            y = None if y is None else take_rows(y, counted)
            given = None if given is None else take_rows(given, counted)
        groups = self._reader.learn(X, given)
        self.groups_ = groups.labels
        require_target(self, y)
        levels = np.asarray(self.distortion_levels, dtype=np.float64)
        most = np.asarray(self.max_chance, dtype=np.float64)
        if levels.shape != most.shape or levels.ndim != 1:
            raise ValueError(
                "distortion_levels and max_chance must have one entry for each level; got "
                f"shapes {levels.shape} and {most.shape}."
            )
        self.classes_, y_encoded = encode(read_single_labels(y))
        y_encoded = y_encoded.astype(np.intp)
        self._seed = int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))
        rows, labels = combine(self._columns(X))
        self._positions = {label: position for position, label in enumerate(labels)}
        first = np.full(len(labels), len(rows))
        np.minimum.at(first, rows, np.arange(len(rows)))
        self._examples = take_rows(X, first.astype(np.intp))
        weight = np.ones(len(rows)) if weight is None else weight
        n_rows, n_classes = len(labels), len(self.classes_)
        cases = (groups.of_row * n_rows + rows) * n_classes + y_encoded
        self._cases, case_of_row = np.unique(cases, return_inverse=True)
        self._case_share = share = np.bincount(case_of_row, weights=weight) / weight.sum()
        program = Program(self._cases, share, groups.n_groups, n_rows, n_classes)
        if groups.n_groups == 1:
            mapping = program.identity()
        else:
            n_variables = len(self._cases) * n_rows * n_classes
            if n_variables > self.max_variables:
                raise ValueError(
                    f"{len(self._cases)} cases (group, row and label) that can become "
                    f"{n_rows * n_classes} outcomes make {n_variables} variables; max_variables is "
                    f"{self.max_variables}. Cut numbers into fewer ranges, or leave columns out."
                )
            distances = self._distances(labels, self.classes_)
            mapping = program.solve(distances, levels, most, self.epsilon)
        self.mapping_ = mapping
        self.objective_ = program.objective(mapping)
        self.label_chance_ = program.label_chance(mapping)

    def _repair(self, X: Any, given: Any) -> Any:
        groups = self._reader.read(X, given)
        outcome = self._draw(groups.of_row, self._distinct_rows(X), None)
        new_rows = np.where(outcome >= 0, outcome // len(self.classes_), -1)
        if (outcome < 0).any():
            warnings.warn(
                f"{int((outcome < 0).sum())} rows were not there in fit (or not in their group) "
                "and are left as they are. Cut numbers into fewer ranges, or fit on more rows.",
                UserWarning,
                stacklevel=3,
            )
        return self._replace(X, new_rows)

    def _columns(self, X: Any) -> list[np.ndarray]:
        return [column_of(X, int(j)) for j in self._kept]

    def _distinct_rows(self, X: Any) -> np.ndarray:
        """Number of each row among the different ones of ``fit``, -1 for others."""
        of_row, found = combine(self._columns(X))
        position = [self._positions.get(label, -1) for label in found]
        return np.array(position, dtype=np.intp)[of_row]

    def _distances(self, labels: list, classes: np.ndarray) -> np.ndarray:
        """Distortion of each (x, y) into each other; `labels` are the different rows."""
        entries = [label if isinstance(label, tuple) else (label,) for label in labels]
        if self.distortion is not None:
            pairs = [(x, y) for x in entries for y in classes.tolist()]
            return np.array([[self.distortion(*one, *other) for other in pairs] for one in pairs])
        n_rows, n_classes = len(labels), len(classes)
        between = np.zeros((n_rows, n_rows))
        for column in zip(*entries, strict=True):
            seen: dict[Any, int] = {}
            values = np.array([seen.setdefault(value, len(seen)) for value in column])
            between += values[:, None] != values
        of_labels = 1.0 - np.eye(n_classes)
        return np.kron(between, np.ones((n_classes, n_classes))) + np.tile(
            of_labels, (n_rows, n_rows)
        )

    def _draw(
        self, groups: np.ndarray, rows: np.ndarray, y_encoded: np.ndarray | None
    ) -> np.ndarray:
        """An outcome for each row, or -1 for a case that did not occur in ``fit``."""
        n_rows, n_classes = len(self._positions), len(self.classes_)
        rng = np.random.RandomState(self._seed)
        outcome = np.full(len(rows), -1, dtype=np.intp)
        # Without labels a row stands for the cases of all labels, which have consecutive numbers.
        cases = (groups * n_rows + rows) * n_classes + (0 if y_encoded is None else y_encoded)
        n_consecutive = n_classes if y_encoded is None else 1
        for case in np.unique(cases[rows >= 0]):
            equal_rows = np.flatnonzero((cases == case) & (rows >= 0))
            ends = np.searchsorted(self._cases, [case, case + n_consecutive])
            found = np.arange(*ends)
            if not len(found):
                continue
            chance = np.asarray(self._case_share[found] @ self.mapping_[found]).ravel()
            steps = np.cumsum(chance) / chance.sum()
            # evenly spaced draws: frequencies are those of the map up to a row
            draws = (rng.permutation(len(equal_rows)) + rng.uniform()) / len(equal_rows)
            drawn = np.searchsorted(steps, draws, side="right")
            # rounding may leave the last step below 1, and a draw beyond it
            outcome[equal_rows] = np.minimum(drawn, np.flatnonzero(chance)[-1])
        return outcome

    def _replace(self, X: Any, new_rows: np.ndarray) -> Any:
        """Kept columns of the rows of ``fit`` that rows become; sensitive ones stay."""
        kept = self._kept
        out = self._columns_out()
        changed = new_rows >= 0
        if is_frame(X):
            return self._replace_in_frame(X, new_rows, out)
        new = X.copy()
        examples = np.asarray(self._examples)
        new[np.ix_(changed, kept)] = examples[np.ix_(new_rows[changed], kept)]
        return new[:, out]

    def _replace_in_frame(self, X: Any, new_rows: np.ndarray, out: np.ndarray) -> Any:
        frame = nw.from_native(X, eager_only=True)
        examples = nw.from_native(self._examples, eager_only=True)
        both = nw.concat([nw.maybe_reset_index(examples), nw.maybe_reset_index(frame)])
        row = np.where(new_rows >= 0, new_rows, len(examples) + np.arange(len(frame)))
        columns = [nw.maybe_reset_index(both[:, j][row]) for j in self._kept.tolist()]
        return nw.to_native(frame.with_columns(*columns)[:, out.tolist()])
