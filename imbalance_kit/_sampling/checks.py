"""What holds for every sampler, as checks that need no test framework."""

import pickle
from collections.abc import Callable, Iterator
from copy import deepcopy
from importlib.util import find_spec
from typing import Any, TypeAlias

import narwhals.stable.v2 as nw
import numpy as np
from scipy import sparse
from sklearn.base import clone

from imbalance_kit._sampling.base import OverSamplingMixin, SamplerBase, SelectionMixin
from imbalance_kit._sampling.targets import Classes, LabelSets, Numbers
from imbalance_kit._tables.rows import is_frame

Check: TypeAlias = Callable[[Any], None]


def check_sampler(sampler: Any) -> None:
    """Check a sampler of your own for what holds for every sampler of this package.

    Parameters
    ----------
    sampler : estimator with ``fit_resample``
        An instance with the parameters to check. It is cloned, never fitted itself.

    Returns
    -------
    None

    Raises
    ------
    AssertionError
        If a check fails; the message names it and what was found.

    See Also
    --------
    sampler_checks : The same checks one by one, for a test framework.

    Notes
    -----
    Checked on tables of some hundred rows, which takes a second or so for most samplers. A sampler
    stands on one of the bases of this module; which checks apply follows from the base.

    Examples
    --------
    >>> from imbalance_kit.base import check_sampler
    >>> from imbalance_kit.over_sampling import SMOTE
    >>> check_sampler(SMOTE(random_state=0))
    """
    for name, check in sampler_checks(sampler):
        try:
            check(sampler)
        except AssertionError as error:
            raise AssertionError(f"{type(sampler).__name__}, {name}: {error}") from error


def sampler_checks(sampler: Any) -> Iterator[tuple[str, Check]]:
    """List the checks that hold for a sampler.

    Parameters
    ----------
    sampler : estimator with ``fit_resample``
        An instance; its base decides which checks apply.

    Returns
    -------
    checks : iterator of (str, callable)
        What is checked, and a function that takes the sampler and raises ``AssertionError`` where
        it does not hold.

    Examples
    --------
    >>> from imbalance_kit.base import sampler_checks
    >>> from imbalance_kit.under_sampling import RandomUnderSampler
    >>> [name for name, _ in sampler_checks(RandomUnderSampler())][:2]
    ['constructor only stores', 'same seed, same rows']
    """
    if not isinstance(sampler, SamplerBase):
        raise TypeError(
            f"{type(sampler).__name__} stands on no base of imbalance_kit.base; subclass "
            "BaseOverSampler, BaseUnderSampler, BaseCleaningSampler or one of the others."
        )
    yield "constructor only stores", constructor_only_stores
    yield "same seed, same rows", same_seed_same_rows
    yield "no global random state", no_global_random_state
    yield "input stays as it is", input_stays_as_it_is
    yield "containers come back", containers_come_back
    yield "weights and rows agree", weights_and_rows_agree
    yield "can be pickled", can_be_pickled
    if isinstance(sampler, OverSamplingMixin):
        yield "originals first, unchanged", originals_first
        yield "numbers of rows are kept", numbers_are_kept
    if isinstance(sampler, SelectionMixin):
        yield "rows are input rows", rows_are_input_rows
    if sampler._target is Classes:
        yield "names of labels do not matter", names_of_labels_do_not_matter
        yield "one class is refused", one_class_is_refused


def example(sampler: Any, n_rows: int = 150) -> tuple[np.ndarray, Any]:
    """A small table, and a target of the sampler's kind with rare values."""
    rng = np.random.RandomState(0)
    X = rng.normal(size=(n_rows, 4))
    rare = rng.permutation(n_rows) < n_rows // 5
    X[rare] += 1.0
    if sampler._target is Numbers:
        # Most numbers lie close together; the rare ones lie beyond the whiskers of a box plot.
        return X, X[:, 0] + np.where(rare, rng.uniform(20.0, 30.0, size=n_rows), 0.0)
    if sampler._target is LabelSets:
        shares = np.array([0.6, 0.3, 0.1])
        return X, (rng.uniform(size=(n_rows, 3)) < shares).astype(int)
    return X, rare.astype(int)


def seeded(sampler: Any) -> Any:
    """A clone; one without a seed gets one, so that two calls can be compared."""
    fresh = clone(sampler)
    if "random_state" in fresh.get_params(deep=False):
        fresh.set_params(random_state=0)
    return fresh


def constructor_only_stores(sampler: Any) -> None:
    given = sampler.get_params(deep=False)
    stored = type(sampler)(**given).get_params(deep=False)
    changed = [name for name, value in given.items() if stored[name] is not value]
    assert not changed, f"the constructor changes {changed}; it may only store its arguments"


def same_seed_same_rows(sampler: Any) -> None:
    X, y = example(sampler)
    first, second = seeded(sampler).fit_resample(X, y), seeded(sampler).fit_resample(X, y)
    assert _equal(first, second), "two calls with the same seed return different rows"
    fitted = seeded(sampler)
    fitted.fit_resample(X, y)
    assert _equal(first, fitted.fit_resample(X, y)), "a second call of one object differs"


def no_global_random_state(sampler: Any) -> None:
    X, y = example(sampler)
    before = _global_state()
    seeded(sampler).fit_resample(X, y)
    same = np.array_equal(before, _global_state())
    assert same, "a draw comes from numpy's global state; draw from the rng that hooks are given"


def _global_state() -> np.ndarray:
    state = np.random.get_state()  # noqa: NPY002  # whether somebody used it is what is checked
    return np.append(state[1], state[2])


def input_stays_as_it_is(sampler: Any) -> None:
    X, y = example(sampler)
    before = deepcopy((X, y))
    seeded(sampler).fit_resample(X, y)
    assert _equal(before, (X, y)), "the table or the target that was given has changed"


def containers_come_back(sampler: Any) -> None:
    X, y = example(sampler)
    for name, table in _containers(X):
        fitted = seeded(sampler)
        X_new, y_new = fitted.fit_resample(table, y)
        assert type(X_new) is type(table), f"{name} came back as {type(X_new).__name__}"
        if hasattr(table, "dtype"):
            assert X_new.dtype == table.dtype, f"{name}: the type of numbers became {X_new.dtype}"
        if is_frame(table):
            columns = nw.from_native(X_new).columns, nw.from_native(table).columns
            assert columns[0] == columns[1], f"{name}: the columns are {columns[0]} now"
        n_rows = len(X_new) if isinstance(X_new, list) else X_new.shape[0]
        assert n_rows == len(fitted.sample_indices_) == np.shape(y_new)[0], (
            f"{name}: X, y and sample_indices_ have different numbers of rows"
        )


def weights_and_rows_agree(sampler: Any) -> None:
    X, y = example(sampler)
    weight = np.arange(1.0, len(X) + 1.0)
    fitted = seeded(sampler)
    X_new, y_new = fitted.fit_resample(X, y, sample_weight=weight)
    plain = seeded(sampler).fit_resample(X, y)
    assert _equal(plain, (X_new, y_new)), "weights change which rows come out"
    assert len(fitted.sample_weight_) == len(fitted.sample_indices_), (
        "sample_weight_ does not have one weight for each row"
    )


def can_be_pickled(sampler: Any) -> None:
    X, y = example(sampler)
    fitted = seeded(sampler)
    first = fitted.fit_resample(X, y)
    again = pickle.loads(pickle.dumps(fitted)).fit_resample(X, y)
    assert _equal(first, again), "a pickled copy returns different rows"


def originals_first(sampler: Any) -> None:
    X, y = example(sampler)
    X_new, y_new = seeded(sampler).fit_resample(X, y)
    assert np.array_equal(X_new[: len(X)], X), "the input rows do not come first, unchanged"
    assert np.array_equal(np.asarray(y_new)[: len(X)], y), "the targets of input rows changed"


def numbers_are_kept(sampler: Any) -> None:
    X, y = example(sampler)
    fitted = seeded(sampler)
    X_new, _ = fitted.fit_resample(X, y)
    wanted = sum(fitted.sampling_strategy_.values())
    made = len(X_new) - len(X)
    assert made == wanted, f"{made} rows were made where sampling_strategy asks for {wanted}"


def rows_are_input_rows(sampler: Any) -> None:
    X, y = example(sampler)
    fitted = seeded(sampler)
    X_new, y_new = fitted.fit_resample(X, y)
    rows = fitted.sample_indices_
    assert _equal((X_new, y_new), (X[rows], y[rows])), "rows differ from those of sample_indices_"


def names_of_labels_do_not_matter(sampler: Any) -> None:
    """Names in the same order; a method may break ties by the order of the labels."""
    X, y = example(sampler)
    names = np.array(["a", "b"])
    X_new, y_new = seeded(sampler).fit_resample(X, y)
    X_named, y_named = seeded(sampler).fit_resample(X, names[y])
    assert _equal((X_new, names[y_new]), (X_named, y_named)), "text labels give other rows than 0/1"


def one_class_is_refused(sampler: Any) -> None:
    X, y = example(sampler)
    try:
        seeded(sampler).fit_resample(X, np.zeros_like(y))
    except ValueError:
        return
    raise AssertionError("a target with a single class gives no ValueError")


def _containers(X: np.ndarray) -> Iterator[tuple[str, Any]]:
    yield "an array", X
    yield "an array of float32", X.astype(np.float32)
    yield "a list", X.tolist()
    yield "a CSR matrix", sparse.csr_matrix(X)
    yield "a CSC array", sparse.csc_array(X)
    names = [f"x{j}" for j in range(X.shape[1])]
    for library, make in (("pandas", "DataFrame"), ("polars", "DataFrame"), ("pyarrow", "table")):
        if find_spec(library):
            columns = dict(zip(names, X.T.copy(), strict=True))
            yield f"a {library} table", getattr(__import__(library), make)(columns)


def _equal(first: tuple[Any, ...], second: tuple[Any, ...]) -> bool:
    return all(
        np.array_equal(np.asarray(one), np.asarray(other))
        for one, other in zip(first, second, strict=True)
    )
