"""Tables on which a search in float32 could go wrong."""

import numpy as np


def set_some(rng, X, n, size):
    X = X.copy()
    X[rng.integers(len(X), size=n), rng.integers(X.shape[1], size=n)] = size
    return X


def clusters(rng, n_rows, n_columns):
    """Clusters whose sizes and places range over nine powers of ten."""
    size = 10.0 ** rng.integers(0, 9, size=(n_rows, 1))
    return size * (1.0 + 1e-3 * rng.normal(size=(n_rows, n_columns)))


HARD = {
    "plain": lambda rng, shape: rng.normal(size=shape),
    "float32": lambda rng, shape: rng.normal(size=shape).astype(np.float32),
    "offset": lambda rng, shape: rng.normal(size=shape) + 1e8,
    "offset, narrow": lambda rng, shape: 1e-3 * rng.normal(size=shape) + 1e8,
    "offsets of columns": lambda rng, shape: (
        rng.normal(size=shape) + 10.0 ** rng.integers(-3, 9, size=shape[1])
    ),
    "two far clusters": lambda rng, shape: (
        1e-3 * rng.normal(size=shape) + 1e6 * rng.integers(0, 2, size=(shape[0], 1))
    ),
    "ten far clusters": lambda rng, shape: (
        1e-3 * rng.normal(size=shape) + 1e6 * rng.integers(0, 10, size=(shape[0], 1))
    ),
    "a far cluster of few rows": lambda rng, shape: (
        rng.normal(size=shape) + 1e7 * (np.arange(shape[0]) % 31 == 5)[:, None]
    ),
    "clusters at many scales": lambda rng, shape: clusters(rng, *shape),
    "each row twice": lambda rng, shape: np.repeat(rng.normal(size=shape), 2, axis=0)[: shape[0]],
    "few distinct rows": lambda rng, shape: rng.normal(size=(40, shape[1]))[
        rng.integers(0, 40, shape[0])
    ],
    "small integers": lambda rng, shape: rng.integers(0, 3, size=shape) * 1.0,
    "rare ones": lambda rng, shape: (rng.random(shape) < 0.1) * 1.0,
    "constant columns": lambda rng, shape: np.where(
        np.arange(shape[1]) % 2, 7.5, rng.normal(size=shape)
    ),
    "all equal": lambda rng, shape: np.full(shape, 0.1),
    "one wide column": lambda rng, shape: (
        rng.normal(size=shape) * (1.0 + 1e9 * np.eye(1, shape[1]))
    ),
    "one extreme element": lambda rng, shape: set_some(rng, rng.normal(size=shape), 1, 1e12),
    "one cut element": lambda rng, shape: set_some(rng, rng.normal(size=shape), 1, 1e16),
    "one infinite square": lambda rng, shape: set_some(rng, rng.normal(size=shape), 1, 1e200),
    "cut elements": lambda rng, shape: set_some(
        rng, rng.normal(size=shape), 40, 1e15 * (1.0 + rng.random())
    ),
    "Cauchy": lambda rng, shape: rng.standard_cauchy(size=shape),
    "lognormal": lambda rng, shape: np.exp(3.0 * rng.normal(size=shape)),
    "on a line": lambda rng, shape: (
        np.sort(rng.normal(size=(shape[0], 1)), axis=0) * np.ones(shape[1])
    ),
    "tiny": lambda rng, shape: rng.normal(size=shape) * 1e-200,
    "small": lambda rng, shape: rng.normal(size=shape) * 1e-30,
    "huge": lambda rng, shape: rng.normal(size=shape) * 1e200,
    "nearly equal": lambda rng, shape: 1.0 + rng.integers(0, 4, size=shape) * 2.0**-52,
    "differences that vanish in float32": lambda rng, shape: (
        rng.normal(size=(1, shape[1])) + 1e-9 * rng.normal(size=shape)
    ),
}
