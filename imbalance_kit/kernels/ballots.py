"""Votes on nominal values, in numpy: memory grows with the ballots, not with their square."""

import numpy as np


def tally(ballots: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the most frequent codes of every row of ballots.

    Parameters
    ----------
    ballots : ndarray of shape (n_rows, n_voters)
        Codes from 0, or -1 for a missing value, which comes behind all others.

    Returns
    -------
    row : ndarray of shape (n_winners,)
        Rows, ascending; every row stands there once for each of its winners.

    code : ndarray of shape (n_winners,), int32
        The winners, ascending within a row.
    """
    n_voters = ballots.shape[1]
    sorted_ballots = np.sort(ballots.astype(np.uint32), axis=1)  # -1 becomes the largest code
    differs = np.ones(ballots.shape, dtype=bool)
    np.not_equal(sorted_ballots[:, 1:], sorted_ballots[:, :-1], out=differs[:, 1:])
    start = np.flatnonzero(differs)
    row, voter = np.divmod(start, n_voters)
    votes = np.diff(start, append=ballots.size)
    most = np.maximum.reduceat(votes, np.flatnonzero(voter == 0)) if len(start) else votes
    winning = votes == most[row]
    return row[winning], sorted_ballots.ravel()[start[winning]].view(np.int32)


def first_of_rows(row: np.ndarray) -> np.ndarray:
    """Places where another row begins, of ascending row numbers."""
    return np.flatnonzero(np.diff(row, prepend=-1))
