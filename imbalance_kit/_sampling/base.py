"""Bases of the samplers: a method answers one question, everything else happens here.

An under-sampler or cleaner answers "which rows stay?" (`_keep`), an over-sampler "which rows make a
synthetic row?" (`_plan`), any other "which rows come out, made of what?" (`_resample`). A hook is
called once per part of the target; one that needs all parts at once overrides the form that
gets them all. No hook validates, copies containers or seeds a generator, and none leaves anything
for another on the sampler: it returns what it found.
"""

from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_consistent_length

from imbalance_kit._sampling.plans import Plan, realise
from imbalance_kit._sampling.records import Opened, Resampled, assemble
from imbalance_kit._sampling.strategy import warn_of_lost_classes
from imbalance_kit._sampling.targets import Classes, Part, Target
from imbalance_kit._sklearn_compat import (
    ImblearnCleaningSampler,
    ImblearnOverSampler,
    ImblearnUnderSampler,
    check_sample_weight,
    fit_context,
)
from imbalance_kit._tables.containers import Table, nominal_positions, open_table
from imbalance_kit._tables.points import stack
from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit._tables.rows import is_frame
from imbalance_kit._tables.validation import check_table, require_target

Rng: TypeAlias = np.random.RandomState
Parts: TypeAlias = tuple[Part, ...]
CATEGORICAL_FEATURES: list = ["array-like", str, None]


class SamplerBase:
    """What every sampler does around its one question."""

    _sampling_type: str
    _target: type[Target] = Classes
    _makes_rows = False
    _makes_values = False  # whether no row comes out of a table of which no value can be made
    sampling_strategy: Any
    n_features_in_: int
    feature_names_in_: np.ndarray

    @fit_context(prefer_skip_nested_validation=True)
    def fit(self, X, y):
        """Check the data and set how many rows of each class there will be.

        Use ``fit_resample`` to get the rows.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table.

        y : array-like of shape (n_samples,)
            Class labels.

        Returns
        -------
        self : object
            The sampler, with ``sampling_strategy_`` set.
        """
        _, target = self._check(X, y)
        self.sampling_strategy_ = numbers_by_part(self._parts(target))
        return self

    @fit_context(prefer_skip_nested_validation=True)
    def fit_resample(self, X, y, *, sample_weight=None):
        """Resample the table.

        Parameters
        ----------
        X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
            The table: ndarray, list, pandas, polars or pyarrow table, scipy sparse matrix or
            array (other than CSR and CSC come back as CSR). Missing values are allowed.

        y : array-like of shape (n_samples,)
            Class labels.

        sample_weight : array-like of shape (n_samples,), default=None
            Weights of the rows. They do not change which rows are drawn; the weights of the
            rows that come out are left in ``sample_weight_``, a new row having its seed's.

        Returns
        -------
        X_resampled : same kind as X, of shape (n_samples_new, n_features)
            The resampled table.

        y_resampled : same kind as y, of shape (n_samples_new,)
            The labels of its rows.
        """
        opened, parts = self._open(X, y, sample_weight)
        resampled = self._resample(opened, parts, self._rng())
        # Points may take as much memory as the table, and making the result needs none of them.
        opened = replace(opened, points=None)
        return self._finish(opened, parts, resampled)

    def _open(self, X: Any, y: Any, sample_weight: Any) -> tuple[Opened, Parts]:
        """Check what was given, and divide the target into parts."""
        warn_of_other_order(X, y=y, sample_weight=sample_weight, stacklevel=5)
        table, target = self._check(X, y)
        weight = (
            None
            if sample_weight is None
            else check_sample_weight(sample_weight, np.arange(target.n_rows))
        )
        parts = self._parts(target)
        points, kinds = self._points(table)
        return Opened(table, points, kinds, target, weight), parts

    def _finish(self, opened: Opened, parts: Parts, resampled: Resampled) -> tuple[Any, Any]:
        """Set the attributes that show where rows come from, and return what comes out."""
        self.sampling_strategy_ = numbers_by_part(parts)
        if isinstance(opened.target, Classes) and resampled.target is None:
            left = np.bincount(
                opened.target.y_encoded[resampled.rows], minlength=len(opened.target.classes)
            )
            wanted = {part.key for part in parts if part.n == 0}  # warned of where it was read
            lost = [
                label
                for label, n_left in zip(opened.target.classes.tolist(), left, strict=True)
                if n_left == 0 and label not in wanted
            ]
            if lost:
                warn_of_lost_classes(lost, f"{type(self).__name__} dropped all of them")
        provenance = resampled.provenance(opened.weight)
        provenance.set_on(self, with_origin=self._makes_rows)
        return assemble(opened, resampled, reset_index=self._makes_rows)

    def _check(self, X: Any, y: Any) -> tuple[Table, Target]:
        """The table and its target, both checked."""
        require_target(self, y)
        target = self._target.read(y)
        check_consistent_length(X, target.y)
        # scikit-learn sets the columns on the estimator that it is given in several steps, between
        # which another thread may run; so it gets a copy, and the result is taken over at once.
        columns_of = copy(self)
        checked = check_table(
            columns_of,
            X,
            reset=True,
            accept_sparse=["csr", "csc"],
            finite=self._allowed_numbers(),
        )
        if is_frame(X) and min(X.shape) == 0:  # scikit-learn checks their columns alone
            raise ValueError(
                f"Found array with {X.shape[0]} sample(s) and {X.shape[1]} feature(s) "
                f"(shape={tuple(X.shape)}) while a minimum of 1 is required."
            )
        self.n_features_in_ = columns_of.n_features_in_
        if hasattr(columns_of, "feature_names_in_"):
            self.feature_names_in_ = columns_of.feature_names_in_
        else:
            self.__dict__.pop("feature_names_in_", None)
        # A list that was checked is an ndarray; as a list it comes back as one, with its own types.
        as_it_came = isinstance(X, list | tuple) or (
            isinstance(X, np.ndarray) and X.dtype.kind == "T"
        )
        return open_table(X if as_it_came else checked), target

    def _rng(self) -> Rng:
        """The one source of all draws of a call."""
        return check_random_state(getattr(self, "random_state", None))

    def _allowed_numbers(self) -> str | bool:
        """What scikit-learn's ``ensure_all_finite`` takes: samplers honour missing values."""
        return "allow-nan"

    def _points(self, table: Table) -> tuple[Any, tuple[str, ...]]:
        """What the hooks measure distances on, and the kinds of the columns."""
        kinds = table.kinds(getattr(self, "categorical_features", "auto"))
        if self._makes_values:
            table.require_new_values(kinds)
        points = table.points(nominal_positions(kinds))
        table.warn_of_columns(kinds)
        return points, kinds

    def _parts(self, target: Target) -> Parts:
        """The parts of the target, with the numbers of rows that are wanted."""
        return target.parts(self.sampling_strategy, self._sampling_type)

    def _resample(self, opened: Opened, parts: Parts, rng: Rng) -> Resampled:
        """Which rows come out, made of what, with what target."""
        raise NotImplementedError

    def _fit_resample(self, X, y, **params):
        raise NotImplementedError  # abstract in imbalanced-learn; `_resample` takes its place

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()  # type: ignore[misc]  # the mixin stands before a base
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.sampler_tags.sample_indices = True
        return tags


class SelectionMixin(SamplerBase):
    """Rows stay or go; nothing is changed."""

    def _resample(self, opened, parts, rng):
        rows = self._keep_all(opened, parts, rng)
        if len(rows) == opened.n_rows:
            # Nothing dropped, so nothing moves either: a pipeline that leaves weights behind fails
            # on another number of rows, but would take another order in silence.
            rows = np.sort(rows)
        return Resampled.selection(rows)

    def _keep_all(self, opened: Opened, parts: Parts, rng: Rng) -> np.ndarray:
        """Rows that stay: part by part in their order."""
        kept = [part.rows if part.n is None else self._keep(opened, part, rng) for part in parts]
        rows = np.concatenate(kept)
        return np.unique(rows) if opened.target.overlap else rows

    def _keep(self, opened: Opened, part: Part, rng: Rng) -> np.ndarray:
        """Rows of one part that stay."""
        raise NotImplementedError


class OverSamplingMixin(SamplerBase):
    """Originals first, unchanged, then synthetic rows part by part."""

    _makes_rows = True
    _makes_values = True

    def _resample(self, opened, parts, rng):
        plans, points = [], []
        for part, plan in self._plan_all(opened, parts, rng):
            plans.append(plan)
            points.append(self._realise(opened, part, plan, rng))
        rows = np.concatenate([np.arange(opened.n_rows), *(plan.seed for plan in plans)])
        return Resampled(
            rows,
            np.arange(len(rows)) >= opened.n_rows,
            stack(points) if points else None,
            opened.target.of_plans(plans),
        )

    def _plan_all(self, opened: Opened, parts: Parts, rng: Rng) -> Iterator[tuple[Part, Plan]]:
        """Plan one part after another; a part is realised before the next one is planned."""
        for part in parts:
            if part.n:
                yield part, self._plan(opened, part, rng)

    def _plan(self, opened: Opened, part: Part, rng: Rng) -> Plan:
        """Which rows of one part make ``part.n`` synthetic rows."""
        raise NotImplementedError

    def _realise(self, opened: Opened, part: Part, plan: Plan, rng: Rng) -> Any:
        """Turn the plan of one part into points."""
        return realise(opened.points, plan, rng)


class ReplacingMixin(SamplerBase):
    """Originals may leave, change or be replaced, so a method writes `_resample` itself."""

    _makes_rows = True


class BaseUnderSampler(SelectionMixin, ImblearnUnderSampler):
    """Base of samplers that keep a given number of rows of each part.

    A method writes ``_keep(opened, part, rng)``, which returns the rows of one part that stay, or
    ``_keep_all(opened, parts, rng)`` for all parts at once.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which parts of the target to resample, and to how many rows.

    Attributes
    ----------
    sampling_strategy_ : dict
        Numbers of rows by part.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.base import BaseUnderSampler
    >>> class FirstRows(BaseUnderSampler):
    ...     def _keep(self, opened, part, rng):
    ...         return part.rows[: part.n]
    >>> X, y = np.arange(5.0)[:, None], np.array([0, 0, 0, 1, 1])
    >>> FirstRows().fit_resample(X, y)[0].ravel().tolist()
    [0.0, 1.0, 3.0, 4.0]
    """


class BaseCleaningSampler(SelectionMixin, ImblearnCleaningSampler):
    """Base of samplers that drop rows by what surrounds them; the number follows.

    A method writes ``_keep_all(opened, parts, rng)``, which returns the rows that stay. Parts whose
    ``n`` is None are not to be cleaned.

    Parameters
    ----------
    sampling_strategy : float, str, list, dict or callable, default="auto"
        Which parts of the target to resample, and to how many rows.

    Attributes
    ----------
    sampling_strategy_ : dict
        Numbers of rows by part.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.base import BaseCleaningSampler
    >>> class PositiveRows(BaseCleaningSampler):
    ...     def _keep_all(self, opened, parts, rng):
    ...         cleaned = opened.in_parts(*(part for part in parts if part.n is not None))
    ...         return np.flatnonzero(~cleaned | (opened.points[:, 0] > 0))
    >>> X, y = np.array([[-1.0], [2.0], [3.0], [-4.0]]), np.array([0, 0, 0, 1])
    >>> PositiveRows().fit_resample(X, y)[0].ravel().tolist()
    [2.0, 3.0, -4.0]
    """


class BaseOverSampler(OverSamplingMixin, ImblearnOverSampler):
    """Base of samplers that add rows: originals first, unchanged, then synthetic rows.

    A method writes ``_plan(opened, part, rng)``, which returns a :class:`Plan` of ``part.n`` rows.
    One whose rows are not between two others also writes ``_realise(opened, part, plan, rng)``.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which parts of the target to resample, and to how many rows.

    Attributes
    ----------
    sampling_strategy_ : dict
        Numbers of rows by part.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_origin_ : ndarray of shape (n_samples_new,)
        Input row that each output row equals, or -1 for a new row.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.base import BaseOverSampler, Plan
    >>> class LastRow(BaseOverSampler):
    ...     def _plan(self, opened, part, rng):
    ...         rows = np.repeat(part.rows[-1:], part.n)
    ...         return Plan(seed=rows, partner=rows, gap=np.zeros(part.n))
    >>> X, y = np.arange(4.0)[:, None], np.array([0, 0, 0, 1])
    >>> LastRow().fit_resample(X, y)[0].ravel().tolist()
    [0.0, 1.0, 2.0, 3.0, 3.0, 3.0]
    """


class BaseReplacingUnderSampler(ReplacingMixin, ImblearnUnderSampler):
    """Base of under-samplers that put synthetic rows in the place of originals.

    A method writes ``_resample(opened, parts, rng)``, which returns a :class:`Resampled`.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which parts of the target to resample, and to how many rows.

    Attributes
    ----------
    sampling_strategy_ : dict
        Numbers of rows by part.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_origin_ : ndarray of shape (n_samples_new,)
        Input row that each output row equals, or -1 for a new row.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.base import BaseReplacingUnderSampler, Resampled
    >>> class Means(BaseReplacingUnderSampler):
    ...     def _resample(self, opened, parts, rng):
    ...         means = [opened.points[part.rows].mean(axis=0) for part in parts]
    ...         seeds = np.array([part.rows[0] for part in parts])
    ...         return Resampled(seeds, np.ones(len(seeds), dtype=bool), np.array(means))
    >>> X, y = np.arange(5.0)[:, None], np.array([0, 0, 0, 1, 1])
    >>> Means().fit_resample(X, y)[0].ravel().tolist()
    [1.0, 3.5]
    """


class BaseReplacingOverSampler(ReplacingMixin, ImblearnOverSampler):
    """Base of over-samplers that also drop or move originals.

    A method writes ``_resample(opened, parts, rng)``, which returns a :class:`Resampled`.

    Parameters
    ----------
    sampling_strategy : float, str, dict or callable, default="auto"
        Which parts of the target to resample, and to how many rows.

    Attributes
    ----------
    sampling_strategy_ : dict
        Numbers of rows by part.

    sample_indices_ : ndarray of shape (n_samples_new,)
        Input row that each output row comes from.

    sample_origin_ : ndarray of shape (n_samples_new,)
        Input row that each output row equals, or -1 for a new row.

    sample_weight_ : ndarray of shape (n_samples_new,) or None
        Weights of the output rows, when weights were given.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.base import BaseReplacingOverSampler, Resampled
    >>> class Means(BaseReplacingOverSampler):
    ...     def _resample(self, opened, parts, rng):
    ...         means = [opened.points[part.rows].mean(axis=0) for part in parts]
    ...         seeds = np.array([part.rows[0] for part in parts])
    ...         return Resampled(seeds, np.ones(len(seeds), dtype=bool), np.array(means))
    >>> X, y = np.arange(5.0)[:, None], np.array([0, 0, 0, 1, 1])
    >>> Means().fit_resample(X, y)[0].ravel().tolist()
    [1.0, 3.5]
    """


def numbers_by_part(parts: Parts) -> dict[Any, int]:
    """Numbers of rows by key, of the parts that are resampled."""
    return {part.key: part.n for part in parts if part.n is not None}
