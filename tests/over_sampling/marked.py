"""Tables whose new rows tell their parents and how far between them they lie."""

import numpy as np

MARK = 1e-6  # small enough to change no neighbour


def marked(X, y, label=1):
    """X with one more column for each row of the class, which marks that row alone."""
    own = np.flatnonzero(y == label)
    marks = np.zeros((len(y), len(own)))
    marks[own, np.arange(len(own))] = MARK
    return np.column_stack([X, marks])


def parents_of(new, seeds, n_columns):
    """The parent beside the seed (the seed itself if none shows), and the share of the way.

    All are positions in the class; `n_columns` is the number of columns before the marks.
    """
    shares = new[:, n_columns:] / MARK
    rows = np.arange(len(new))
    others = shares.copy()
    others[rows, seeds] = 0
    partners = others.argmax(axis=1)
    gaps = others[rows, partners]
    return np.where(gaps > 0, partners, seeds), gaps


def resample_marked(sampler, X, y, label=1):
    """Seeds, partners (positions in the class) and shares of the way of all new rows."""
    X_new, y_new = sampler.fit_resample(marked(X, y, label), y)
    assert (y_new[len(y) :] == label).all()
    own = np.flatnonzero(y == label)
    seeds = np.searchsorted(own, sampler.sample_indices_[len(y) :])
    partners, gaps = parents_of(X_new[len(y) :], seeds, X.shape[1])
    return seeds, partners, gaps


def nearest_to(point, rows, k, itself=None):
    """Positions of the k rows nearest to a point, ties by position."""
    squared = ((rows - point) ** 2).sum(axis=1)
    others = [i for i in range(len(rows)) if i != itself]
    return sorted(others, key=lambda i: (squared[i], i))[:k]
