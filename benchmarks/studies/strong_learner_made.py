"""Made tables of the study of mixed trees: true probabilities are known.

Seven kinds, each in two halves. Settings are chosen on the first (`choose`); the second
(`confirm`) was named here before any method ran on it, and differs in columns, distributions,
noise and the shape of the truth, not only in the seed.

A kind is a function of (rng of the truth, rng of the rows, rows) that gives a table and a score
of each class up to a constant; the constants are found that give the wanted class shares.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit, logsumexp

Truth = Callable[[np.random.RandomState, int], tuple[Any, np.ndarray]]


def linear(rng: np.random.RandomState, *, columns: int, used: int, tail: float) -> Truth:
    """Log odds linear in correlated columns; `tail` degrees of freedom of the columns."""
    mixing = np.eye(columns) + 0.3 * rng.normal(size=(columns, columns)) / columns**0.5
    weights = np.zeros(columns)
    weights[:used] = rng.normal(size=used)
    weights *= 1.5 / np.linalg.norm(mixing @ weights)

    def rows(draw: np.random.RandomState, n: int) -> tuple[Any, np.ndarray]:
        X = draw.normal(size=(n, columns)) @ mixing
        if np.isfinite(tail):
            X /= np.sqrt(draw.chisquare(tail, size=(n, 1)) / tail)
        return X, X @ weights

    return rows


def steps(rng: np.random.RandomState, *, columns: int, boxes: int, depth: int) -> Truth:
    """Log odds are a sum over boxes: a height where `depth` columns lie on their sides."""
    where = np.array([rng.choice(columns, size=depth, replace=False) for _ in range(boxes)])
    cut = rng.uniform(0.25, 0.75, size=(boxes, depth))
    side = rng.choice([-1.0, 1.0], size=(boxes, depth))
    height = rng.normal(scale=1.2, size=boxes)

    def rows(draw: np.random.RandomState, n: int) -> tuple[Any, np.ndarray]:
        X = draw.uniform(size=(n, columns))
        score = np.zeros(n)
        for k in range(boxes):
            score += height[k] * ((X[:, where[k]] - cut[k]) * side[k] > 0).all(axis=1)
        return X, score

    return rows


def smooth(
    rng: np.random.RandomState, *, columns: int, used: int, waves: int, length: float, height: float
) -> Truth:
    """Log odds are a random smooth function: cosines of random directions."""
    directions = rng.normal(size=(used, waves)) / (length * used**0.5)
    phases = rng.uniform(0, 2 * np.pi, size=waves)
    weights = rng.normal(size=waves) * height * (2 / waves) ** 0.5

    def rows(draw: np.random.RandomState, n: int) -> tuple[Any, np.ndarray]:
        X = draw.normal(size=(n, columns))
        return X, np.cos(X[:, :used] @ directions + phases) @ weights

    return rows


def rule(rng: np.random.RandomState, *, columns: int, levels: int, terms: int) -> Truth:
    """No noise: rare where one of a few conjunctions holds. Columns of few `levels`, or numbers.

    The score counts how well the best conjunction holds; the constant turns it into 0 or 1.
    """
    where = np.array([rng.choice(columns, size=3, replace=False) for _ in range(terms)])
    middle = rng.uniform(0.15, 0.85, size=(terms, 3))

    def rows(draw: np.random.RandomState, n: int) -> tuple[Any, np.ndarray]:
        X = draw.uniform(size=(n, columns))
        near = [1 - np.abs(X[:, where[k]] - middle[k]).max(axis=1) for k in range(terms)]
        if not levels:
            return X, 1e6 * np.max(near, axis=0)
        X = np.floor(X * levels)
        wanted = np.floor(middle * levels)
        near = [-np.abs(X[:, where[k]] - wanted[k]).sum(axis=1) for k in range(terms)]
        # ties between rows of one cell are broken by a part of the table, not by chance
        tie = X @ (0.9 / levels ** np.arange(1, columns + 1))
        names = [f"c{j}" for j in range(columns)]
        frame = pd.DataFrame({name: _levels(X[:, j], levels) for j, name in enumerate(names)})
        return frame, 1e6 * (np.max(near, axis=0) + tie / (1 + levels))

    return rows


def nominal(
    rng: np.random.RandomState,
    *,
    levels: tuple[int, ...],
    skew: float,
    numbers: int,
    height: float,
    pairs: bool,
) -> Truth:
    """Columns with many levels, each with an effect of its own, beside numbers.

    `skew` makes few levels frequent; `pairs` gives each pair of the first two columns an effect.
    """
    shares = [np.arange(1, n + 1) ** -skew for n in levels]
    effects = [rng.normal(scale=height, size=n) for n in levels]
    both = rng.normal(scale=height, size=levels[:2])
    weights = rng.normal(scale=0.5, size=numbers)

    def rows(draw: np.random.RandomState, n: int) -> tuple[Any, np.ndarray]:
        N = draw.normal(size=(n, numbers))
        score = N @ weights
        codes = [draw.choice(len(p), size=n, p=p / p.sum()) for p in shares]
        for code, effect in zip(codes, effects, strict=True):
            score = score + effect[code]
        if pairs:
            score = score + both[codes[0], codes[1]]
        frame = {f"x{j}": N[:, j] for j in range(numbers)}
        frame |= {f"c{j}": _levels(code, levels[j]) for j, code in enumerate(codes)}
        return pd.DataFrame(frame), score

    return rows


def mixed(
    rng: np.random.RandomState, *, noise: int, missing: float, informative: bool, levels: int
) -> Truth:
    """Steps, waves and levels among columns of noise, with missing values.

    Where missing values are `informative`, large values are missing more often.
    """
    stepped = steps(rng, columns=4, boxes=10, depth=2)
    waved = smooth(rng, columns=4, used=4, waves=30, length=1.0, height=1.2)
    levelled = nominal(rng, levels=(levels, 5), skew=0.5, numbers=1, height=0.8, pairs=False)

    def rows(draw: np.random.RandomState, n: int) -> tuple[Any, np.ndarray]:
        parts = [part(draw, n) for part in (stepped, waved, levelled)]
        numbers = np.hstack([parts[0][0], parts[1][0], draw.normal(size=(n, noise))])
        score = sum(part[1] for part in parts)
        odds = 1.0 if not informative else np.argsort(np.argsort(numbers, axis=0), axis=0) * 2 / n
        numbers[draw.uniform(size=numbers.shape) < missing * odds] = np.nan
        frame = pd.DataFrame(numbers, columns=[f"n{j}" for j in range(numbers.shape[1])])
        return pd.concat([frame, parts[2][0]], axis=1), score

    return rows


def several(rng: np.random.RandomState, *, classes: int, kinds: tuple[str, ...]) -> Truth:
    """A score for each class but the first, each of a kind of its own, on shared columns."""
    parts: list[Truth] = []
    for k in range(1, classes):
        own = np.random.RandomState(rng.randint(2**31))
        kind = kinds[k % len(kinds)]
        if kind == "steps":
            parts.append(steps(own, columns=10, boxes=12, depth=2))
        elif kind == "smooth":
            parts.append(smooth(own, columns=10, used=5, waves=40, length=1.0, height=1.5))
        else:
            parts.append(linear(own, columns=10, used=6, tail=np.inf))
    if len(set(kinds)) > 1 and "steps" in kinds:
        raise ValueError("steps want uniform columns, the other kinds normal ones")

    def rows(draw: np.random.RandomState, n: int) -> tuple[Any, np.ndarray]:
        seed = draw.randint(2**31)
        drawn = [part(np.random.RandomState(seed), n) for part in parts]
        return drawn[0][0], np.column_stack([score for _, score in drawn])

    return rows


def _levels(codes: np.ndarray, n: int) -> pd.Categorical:
    return pd.Categorical.from_codes(codes.astype(int), categories=[f"v{k}" for k in range(n)])


@dataclass(frozen=True)
class Made:
    """One kind of one half; `shares` holds rows and the share of the rare class there."""

    kind: str
    role: str
    build: Callable[..., Truth]
    parameters: dict[str, Any]
    shares: dict[int, float]

    @property
    def n_classes(self) -> int:
        return self.parameters.get("classes", 2)

    def draw(self, seed: int, n: int, n_test: int) -> tuple[Any, np.ndarray, np.ndarray]:
        """Rows, labels and true probabilities of `n` training rows, then `n_test` test rows."""
        # one truth for each half and kind, whatever the number of rows
        origin = sum(map(ord, self.kind + self.role))
        truth = self.build(np.random.RandomState(origin), **self.parameters)
        share = self.shares[n]
        constants = self._constants(truth(np.random.RandomState(origin + 1), 50_000)[1], share)
        rng = np.random.RandomState([origin, seed, n])
        X, score = truth(rng, n + n_test)
        proba = _probabilities(score, constants)
        y = (rng.uniform(size=(len(proba), 1)) > np.cumsum(proba, axis=1)[:, :-1]).sum(axis=1)
        return X, y, proba

    def _constants(self, score: np.ndarray, share: float) -> np.ndarray:
        """Constants that give the rarest class `share`, the others halves of what is left."""
        wanted = self._class_shares(share)
        if len(wanted) == 2 and np.ptp(score) > 1e5:  # without noise the share is a quantile
            return np.array([-np.quantile(score, 1 - share)])
        constants = np.zeros(len(wanted) - 1)
        for _ in range(200):
            found = _probabilities(score, constants).mean(axis=0)
            step = np.log(wanted / found)
            constants += step[1:] - step[0]
            if np.abs(step).max() < 1e-11:
                break
        return constants

    def _class_shares(self, share: float) -> np.ndarray:
        if self.n_classes == 2:
            return np.array([1 - share, share])
        others = 0.5 ** np.arange(self.n_classes - 1)
        others = np.maximum(others / others.sum(), share)
        return np.append(others / others.sum() * (1 - share), share)


def _probabilities(score: np.ndarray, constants: np.ndarray) -> np.ndarray:
    if score.ndim == 1:
        rare = expit(score + constants[0])
        return np.column_stack([1 - rare, rare])
    odds = np.column_stack([np.zeros(len(score)), score + constants])
    return np.exp(odds - logsumexp(odds, axis=1, keepdims=True))


def _shares(small: float, middle: float, large: float, *sizes: int) -> dict[int, float]:
    return {n: small if n < 5_000 else middle if n < 100_000 else large for n in sizes}


K = 1_000
_ALL = (K, 5 * K, 20 * K)

MADE = [
    Made(
        "linear",
        "choose",
        linear,
        {"columns": 15, "used": 8, "tail": np.inf},
        _shares(0.05, 0.02, 0.01, *_ALL, 100 * K),
    ),
    Made(
        "linear",
        "confirm",
        linear,
        {"columns": 30, "used": 20, "tail": 5.0},
        _shares(0.08, 0.03, 0.005, *_ALL, 100 * K),
    ),
    Made(
        "steps",
        "choose",
        steps,
        {"columns": 20, "boxes": 30, "depth": 2},
        _shares(0.08, 0.03, 0.01, *_ALL, 100 * K),
    ),
    Made(
        "steps",
        "confirm",
        steps,
        {"columns": 12, "boxes": 60, "depth": 3},
        _shares(0.1, 0.05, 0.02, *_ALL, 100 * K),
    ),
    Made(
        "smooth",
        "choose",
        smooth,
        {"columns": 10, "used": 5, "waves": 50, "length": 1.0, "height": 2.0},
        _shares(0.05, 0.03, 0.02, *_ALL, 100 * K),
    ),
    Made(
        "smooth",
        "confirm",
        smooth,
        {"columns": 16, "used": 8, "waves": 100, "length": 0.8, "height": 2.5},
        _shares(0.1, 0.05, 0.01, *_ALL, 100 * K, 500 * K),
    ),
    Made(
        "rule",
        "choose",
        rule,
        {"columns": 8, "levels": 0, "terms": 4},
        _shares(0.05, 0.03, 0.02, *_ALL),
    ),
    Made(
        "rule",
        "confirm",
        rule,
        {"columns": 8, "levels": 4, "terms": 3},
        _shares(0.06, 0.04, 0.02, *_ALL),
    ),
    Made(
        "levels",
        "choose",
        nominal,
        {"levels": (1000, 200, 50), "skew": 0.8, "numbers": 5, "height": 0.8, "pairs": False},
        _shares(0.1, 0.05, 0.02, *_ALL),
    ),
    Made(
        "levels",
        "confirm",
        nominal,
        {"levels": (40, 25, 3000, 400), "skew": 1.0, "numbers": 3, "height": 0.6, "pairs": True},
        _shares(0.08, 0.03, 0.02, *_ALL),
    ),
    Made(
        "mixed",
        "choose",
        mixed,
        {"noise": 20, "missing": 0.1, "informative": False, "levels": 30},
        _shares(0.08, 0.04, 0.01, *_ALL),
    ),
    Made(
        "mixed",
        "confirm",
        mixed,
        {"noise": 40, "missing": 0.2, "informative": True, "levels": 80},
        _shares(0.1, 0.03, 0.01, *_ALL, 100 * K),
    ),
    Made(
        "classes",
        "choose",
        several,
        {"classes": 5, "kinds": ("smooth", "linear")},
        _shares(0.05, 0.02, 0.01, *_ALL),
    ),
    Made(
        "classes",
        "confirm",
        several,
        {"classes": 7, "kinds": ("steps",)},
        _shares(0.04, 0.03, 0.02, *_ALL),
    ),
]
