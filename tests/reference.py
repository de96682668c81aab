"""Slow versions of the kernels, written from the formulas."""

import math
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


def squared_distances(numbers, codes, table, table_codes, weights):
    """`squared_distance` to every row of a table, summed in the same order.

    With numbers or weights of two dimensions each row of the table has its own.
    """
    total, present = np.zeros(len(table)), np.zeros(len(table), dtype=int)
    for value, column in zip(numbers.T, table.T, strict=True):
        difference = value - column
        known = ~np.isnan(difference)
        total[known] += difference[known] * difference[known]
        present += known
    gaps, none = present < table.shape[1], present == 0
    total[gaps & ~none] *= table.shape[1] / present[gaps & ~none]
    total[gaps & none] = np.inf
    for code, column, weight in zip(codes, table_codes.T, np.transpose(weights), strict=True):
        total += np.where(code != column, weight, 0.0)
    return total


def in_own_units(numbers, codes, table, table_codes, weights):
    """Squared distances (s, e), meaning s * 2**e with s in [0.5, 1): float64 without an end.

    The numbers are divided by a power of two near the largest difference, so that no square
    overflows or vanishes.
    """
    apart = np.abs(numbers / 2.0 - table / 2.0)
    powers = np.frexp(np.nan_to_num(apart).max(axis=1, initial=0.0))[1]
    with np.errstate(over="raise"):
        sides = [np.ldexp(side / 2.0, -powers[:, None]) for side in (numbers, table)]
        weights = np.ldexp(np.asarray(weights, dtype=float), -2 * powers[:, None] - 2)
        totals = squared_distances(sides[0], codes, sides[1], table_codes, weights)
    shares, exponents = np.frexp(totals)
    return shares, exponents + 2 * (powers + 1)


def nearest_rows(numbers, k, *, codes=None, weights=(), rows=None, queries=None):
    """All distances of each query, sorted by (distance, row); a row never finds itself.

    ``queries`` is a pair (numbers, codes).
    """
    numbers = np.asarray(numbers, dtype=np.float64)
    codes = np.zeros((len(numbers), 0), dtype=int) if codes is None else codes
    if queries is None:
        which = range(len(numbers)) if rows is None else rows
        asked = [(numbers[row], codes[row], row) for row in which]
    else:
        asked = [(*pair, -1) for pair in zip(*queries, strict=True)]
    distances, indices = np.zeros((len(asked), k)), np.zeros((len(asked), k), dtype=np.int64)
    for place, (query_numbers, query_codes, query) in enumerate(asked):
        pair = np.asarray(query_numbers, dtype=np.float64), query_codes
        with np.errstate(over="ignore"):
            total = squared_distances(*pair, numbers, codes, weights)
        shares, exponents = np.frexp(total)
        odd = np.flatnonzero(~((total > 1e-250) & (total < math.inf)))
        shares[odd], exponents[odd] = in_own_units(*pair, numbers[odd], codes[odd], weights)
        # above and below every finite distance
        exponents[np.isinf(shares)], exponents[shares == 0.0] = 99_999, -99_999
        ranking = np.lexsort((shares, exponents))  # which leaves equal ones in their order
        indices[place] = ranking[ranking != query][:k]
        with np.errstate(over="ignore", under="ignore"):
            distances[place] = np.ldexp(shares, exponents)[indices[place]]
    return distances, indices


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
