"""Slow versions of the kernels, written from the formulas."""

import math
from fractions import Fraction
from itertools import pairwise

import numpy as np


def squared_distance(numbers, codes, other_numbers, other_codes, weights):
    """Nan-aware squared Euclid over the numbers, plus the weights of differing codes."""
    total, present = 0.0, 0
    for value, other in zip(numbers, other_numbers, strict=True):
        if not (math.isnan(value) or math.isnan(other)):
            difference = float(value) - float(other)
            total += difference * difference
            present += 1
    if present < len(numbers):
        total = total * (len(numbers) / present) if present else math.inf
    for code, other, weight in zip(codes, other_codes, weights, strict=True):
        if code != other:
            total += float(weight)
    return total


def in_own_units(numbers, codes, other_numbers, other_codes, weights):
    """The squared distance as an exact fraction, its digits those of float64 without an end.

    The numbers are divided by a power of two near the largest difference, so that no square
    overflows or vanishes.
    """
    pairs = zip(numbers, other_numbers, strict=True)
    apart = [abs(float(one) / 2.0 - float(other) / 2.0) for one, other in pairs]
    largest = max((value for value in apart if not math.isnan(value)), default=0.0)
    power = math.frexp(largest)[1]
    sides = [
        [math.ldexp(float(value) / 2.0, -power) for value in side]
        for side in (numbers, other_numbers)
    ]
    weights = [math.ldexp(float(weight), -2 * power - 2) for weight in weights]
    total = squared_distance(sides[0], codes, sides[1], other_codes, weights)
    return total if math.isinf(total) else Fraction(total) * Fraction(4) ** (power + 1)


def as_float(number):
    try:
        return float(number)
    except OverflowError:
        return math.inf


def nearest_rows(numbers, k, *, codes=None, weights=(), rows=None, queries=None):
    """All distances of each query, sorted by (distance, row); a row never finds itself.

    ``queries`` is a pair (numbers, codes).
    """
    numbers = np.asarray(numbers, dtype=np.float64)
    codes = np.zeros((len(numbers), 0), dtype=int) if codes is None else codes
    if queries is None:
        which = range(len(numbers)) if rows is None else rows
        pairs = [(numbers[row], codes[row], row) for row in which]
    else:
        pairs = [(*pair, -1) for pair in zip(*queries, strict=True)]
    distances, indices = [], []
    for query_numbers, query_codes, query in pairs:
        ranking = []
        for row in range(len(numbers)):
            if row != query:
                pair = (query_numbers, query_codes, numbers[row], codes[row], weights)
                distance = squared_distance(*pair)
                if not 1e-250 < distance < math.inf:
                    distance = in_own_units(*pair)
                ranking.append((distance, row))
        ranking = sorted(ranking)[:k]
        distances.append([as_float(distance) for distance, _ in ranking])
        indices.append([row for _, row in ranking])
    shape = (len(pairs), k)
    return np.array(distances).reshape(shape), np.array(indices, dtype=np.int64).reshape(shape)


def distance_in(table, a, b):
    """Squared distance of two rows of ``table``: (numbers, codes, weights)."""
    numbers, codes, weights = table
    return squared_distance(numbers[a], codes[a], numbers[b], codes[b], weights)


def nearest_by_value(codes, y, k):
    """Nearest other rows of each row by the value difference metric, by (distance, row)."""

    def shares(column, code):
        labels = y[codes[:, column] == code]
        return [float((labels == label).sum() / len(labels)) for label in np.unique(y)]

    def distance(a, b):
        total = 0.0
        for column in range(codes.shape[1]):
            pair = shares(column, codes[a, column]), shares(column, codes[b, column])
            apart = 0.0
            for one, other in zip(*pair, strict=True):
                apart += abs(one - other)
            total += apart * apart
        return total

    rows = range(len(codes))
    return [sorted((distance(a, b), b) for b in rows if b != a)[:k] for a in rows]


def greedy_seeds(numbers, first, shares):
    """Greedy k-means++ with every distance measured."""
    apart = ((numbers[:, None] - numbers[None]) ** 2).sum(axis=2)
    seeds, closest = [first], apart[first]
    for share in shares:
        cumulative = np.cumsum(closest)
        candidates = np.searchsorted(cumulative, share * cumulative[-1])
        gains = [np.maximum(closest - apart[candidate], 0).sum() for candidate in candidates]
        seeds.append(candidates[np.argmax(gains)])
        closest = np.minimum(closest, apart[seeds[-1]])
    return np.array(seeds)


def groups(rows):
    """Group number of each row, numbered by first members; rows are equal as tuples."""
    first: dict[tuple, int] = {}
    return [first.setdefault(tuple(row), len(first)) for row in rows]


def split_impurity(X, y, weight, column, threshold):
    """Weighted Gini impurity of both sides, added up; infinite where a side weighs nothing."""
    total = 0.0
    for side in (X[:, column] <= threshold, X[:, column] > threshold):
        if weight[side].sum() == 0:
            return math.inf
        share = weight[side & (y == 1)].sum() / weight[side].sum()
        total += weight[side].sum() * 2 * share * (1 - share)
    return total


def best_stump(X, y, weight):
    """Column and threshold of the least weighted Gini impurity, by trying all; None without one.

    Rows without weight are not seen. Between equals the first column wins, then the least value.
    """
    seen = weight > 0
    X, y, weight = X[seen], y[seen], weight[seen]
    best, found = math.inf, None
    for column in range(X.shape[1]):
        for low, high in pairwise(np.unique(X[:, column])):
            threshold = (float(low) + float(high)) / 2
            impurity = split_impurity(X, y, weight, column, threshold)
            if impurity < best - 1e-12:
                best, found = impurity, (column, threshold)
    return found


def boosted_stumps(X, y, weight, n_rounds, rate):
    """Discrete AdaBoost: (column, threshold, left, right, weight) of each stump."""
    weight = weight / weight.sum()
    stumps = []
    for _ in range(n_rounds):
        column, threshold = best_stump(X, y, weight)
        left = X[:, column] <= threshold
        says = [int(weight[s & (y == 1)].sum() > weight[s & (y == 0)].sum()) for s in (left, ~left)]
        wrong = np.where(left, *says) != y
        error = weight[wrong].sum()
        if error >= 0.5:
            break
        alpha = 1.0 if error == 0 else rate * math.log((1 - error) / error)
        stumps.append((column, threshold, *says, alpha))
        if error == 0:
            break
        weight = weight * np.where(wrong, math.exp(alpha), 1.0)
        weight = weight / weight.sum()
    return stumps
