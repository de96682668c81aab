"""Made data: rows taken from a balanced table, and classes whose sizes fall geometrically."""

from collections.abc import Callable, Mapping
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from numpy.typing import NDArray

from imbalance_kit._tables.row_labels import warn_of_other_order
from imbalance_kit._tables.rows import take_rows


def make_imbalance(
    X: Any,
    y: Any,
    *,
    sampling_strategy: Mapping[Any, int] | Callable[[Any], Mapping[Any, int]],
    random_state: int | np.random.RandomState | None = None,
) -> tuple[Any, Any]:
    """Drop rows at random until classes have the wanted numbers of rows.

    The rows drawn are those of imbalanced-learn's function of this name, which does not take
    polars or pyarrow.

    Parameters
    ----------
    X : {array-like, dataframe, sparse matrix} of shape (n_samples, n_features)
        The table: ndarray, list, scipy sparse, pandas, polars or pyarrow. It may hold missing
        values and is not changed.

    y : array-like of shape (n_samples,)
        Class labels.

    sampling_strategy : dict or callable
        ``{class: rows to keep}``; classes that are not named keep all of theirs. A callable
        is given ``y`` and returns such a dict.

    random_state : int, RandomState instance or None, default=None
        Seed of the draw.

    Returns
    -------
    X_imbalanced, y_imbalanced : same kinds as X and y
        The rows kept, class by class in the order of the labels.

    Raises
    ------
    ValueError
        If a class is not in ``y``, or has fewer rows than are wanted.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.datasets import make_imbalance
    >>> X, y = np.arange(20).reshape(10, 2), np.repeat(["common", "rare"], 5)
    >>> X, y = make_imbalance(X, y, sampling_strategy={"rare": 2}, random_state=0)
    >>> np.unique(y, return_counts=True)[1].tolist()
    [5, 2]
    """
    from sklearn.utils import check_consistent_length, check_random_state

    warn_of_other_order(X, y=y, stacklevel=3)
    check_consistent_length(X, y)
    if callable(sampling_strategy):
        sampling_strategy = sampling_strategy(y)
    if not isinstance(sampling_strategy, Mapping):
        raise ValueError(
            "sampling_strategy must be a dict {class: rows to keep} or a callable that returns "
            f"one; got {sampling_strategy!r}."
        )
    rows_of = _rows_by_class(y)
    for label, n_rows in sampling_strategy.items():
        if label not in rows_of:
            raise ValueError(
                f"sampling_strategy names the class {label!r}, but y has {list(rows_of)}. Use the "
                "labels exactly as they stand in y."
            )
        if not 0 <= n_rows <= len(rows_of[label]):
            raise ValueError(
                f"sampling_strategy has {n_rows} rows of class {label!r}, which has "
                f"{len(rows_of[label])}; rows are only dropped here."
            )
    rng = check_random_state(random_state)
    kept = [
        rows[rng.choice(len(rows), size=int(sampling_strategy[label]), replace=False)]
        if label in sampling_strategy
        else rows
        for label, rows in rows_of.items()
    ]
    rows = np.concatenate(kept)
    return take_rows(X, rows), take_rows(y, rows)


def _rows_by_class(y: Any) -> dict[Any, NDArray[np.intp]]:
    series = nw.from_native(y, eager_only=True, series_only=True, pass_through=True)
    labels = series.to_numpy() if isinstance(series, nw.Series) else np.asarray(y)
    if labels.ndim != 1:
        raise ValueError(f"y must have one dimension, got shape {labels.shape}.")
    present, y_encoded = np.unique(labels, return_inverse=True)
    return {label: np.flatnonzero(y_encoded == code) for code, label in enumerate(present.tolist())}


def make_long_tail(
    n_samples: int = 1000,
    *,
    n_classes: int = 5,
    imbalance_ratio: float = 50.0,
    n_features: int = 20,
    n_informative: int | None = None,
    random_state: int | np.random.RandomState | None = None,
    **options: Any,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Make classes whose sizes fall geometrically from the largest to the smallest.

    Class ``k`` of ``K`` has a share proportional to ``imbalance_ratio ** (-k / (K - 1))``, the
    long tail common in studies of image classes (Cui et al., "Class-Balanced Loss Based on
    Effective Number of Samples", CVPR 2019). Features come from scikit-learn's
    ``make_classification``.

    Parameters
    ----------
    n_samples : int, default=1000
        Rows in all, kept exactly.

    n_classes : int, default=5
        Classes, at least 2. Class 0 is the largest.

    imbalance_ratio : float, default=50.0
        Rows of the largest class over rows of the smallest, at least 1; met as closely as
        whole rows allow.

    n_features : int, default=20
        Columns.

    n_informative : int or None, default=None
        Columns that separate the classes; by default one more than the classes need.

    random_state : int, RandomState instance or None, default=None
        Seed.

    **options
        More arguments of ``make_classification``, such as ``class_sep``, ``n_redundant`` or
        ``n_clusters_per_class``. ``weights`` and ``flip_y`` are not among them: they would
        change the sizes.

    Returns
    -------
    X : ndarray of shape (n_samples, n_features)
        Features.

    y : ndarray of shape (n_samples,)
        Classes, 0 to ``n_classes - 1``.

    Raises
    ------
    ValueError
        If the smallest class would have no row.

    Examples
    --------
    >>> import numpy as np
    >>> from imbalance_kit.datasets import make_long_tail
    >>> X, y = make_long_tail(1110, n_classes=3, imbalance_ratio=100, random_state=0)
    >>> np.bincount(y).tolist()
    [1000, 100, 10]
    """
    from sklearn.datasets import make_classification
    from sklearn.utils import check_random_state

    refused = sorted({"weights", "flip_y"} & set(options))
    if refused:
        raise ValueError(f"{refused[0]} would change the sizes of the classes; leave it out.")
    sizes = _long_tail_sizes(n_samples, n_classes, imbalance_ratio)
    n_clusters = options.setdefault("n_clusters_per_class", 1)
    if n_informative is None:
        n_informative = min(n_features, int(np.ceil(np.log2(n_classes * n_clusters))) + 1)
        options.setdefault("n_redundant", min(2, n_features - n_informative))
    # make_classification rounds sizes by cluster: make a few rows too many and cut
    ample = sizes + 2 * n_clusters
    X, y = make_classification(
        n_samples=int(ample.sum()),
        n_features=n_features,
        n_informative=n_informative,
        n_classes=n_classes,
        weights=(ample / ample.sum()).tolist(),
        flip_y=0,
        random_state=check_random_state(random_state),
        **options,
    )
    rows = [np.flatnonzero(y == label)[:size] for label, size in enumerate(sizes)]
    kept = np.sort(np.concatenate(rows))
    return X[kept], y[kept].astype(np.int64)


def _long_tail_sizes(n_samples: int, n_classes: int, imbalance_ratio: float) -> NDArray[np.int64]:
    if n_classes < 2:
        raise ValueError(f"n_classes must be at least 2, got {n_classes}.")
    if not 1 <= imbalance_ratio < np.inf:
        raise ValueError(f"imbalance_ratio must be 1 or more, got {imbalance_ratio}.")
    shares = float(imbalance_ratio) ** (-np.arange(n_classes) / (n_classes - 1))
    sizes = np.rint(n_samples * shares / shares.sum()).astype(np.int64)
    sizes[0] += n_samples - sizes.sum()  # what rounding left over is least felt here
    if sizes[-1] < 1:
        needed = int(np.ceil(shares.sum() / shares[-1]))
        raise ValueError(
            f"{n_samples} rows leave none for the smallest of {n_classes} classes at ratio "
            f"{imbalance_ratio:g}; give n_samples={needed} or more, or a smaller ratio."
        )
    return sizes
