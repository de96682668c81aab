"""Slow versions of the kernels, written from the formulas."""

import math

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


def nearest_rows(numbers, k, *, codes=None, weights=(), rows=None, queries=None):
    """All distances of each asking row, sorted by (distance, index); a row never finds itself.

    ``queries`` is a pair (numbers, codes).
    """
    numbers = np.asarray(numbers, dtype=np.float64)
    codes = np.zeros((len(numbers), 0), dtype=int) if codes is None else codes
    if queries is None:
        askers = range(len(numbers)) if rows is None else rows
        asking = [(numbers[row], codes[row], row) for row in askers]
    else:
        asking = [(*pair, -1) for pair in zip(*queries, strict=True)]
    distances, indices = [], []
    for own_numbers, own_codes, own in asking:
        ranking = sorted(
            (squared_distance(own_numbers, own_codes, numbers[row], codes[row], weights), row)
            for row in range(len(numbers))
            if row != own
        )[:k]
        distances.append([distance for distance, _ in ranking])
        indices.append([row for _, row in ranking])
    shape = (len(asking), k)
    return np.array(distances).reshape(shape), np.array(indices, dtype=np.int64).reshape(shape)


def groups(rows):
    """Group number of each row, numbered by first members; rows are equal as tuples."""
    first: dict[tuple, int] = {}
    return [first.setdefault(tuple(row), len(first)) for row in rows]
