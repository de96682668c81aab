"""What a run found, in plain sentences computed from its numbers.

No answer is fixed beforehand: every word that depends on the outcome is chosen by a test
against the untouched learner, and a difference that the test does not detect is called a tie.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from imbalance_kit.benchmark._analysis.intervals import MIN_BLOCKS
from imbalance_kit.benchmark._analysis.statistics import (
    UNTOUCHED,
    compare,
    same_learner_references,
)
from imbalance_kit.benchmark._report.charts import number

#: Methods that leave probabilities as they are, so they rank rows as the untouched learner does.
SAME_RANKING = (UNTOUCHED, "threshold")


@dataclass(frozen=True)
class Point:
    """One finding under the headline; ``rows`` count the pairs of a learner by verdict."""

    title: str
    text: str
    rows: list[tuple[str, int, int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Finding:
    """A headline, the sentence that carries it, and further findings."""

    headline: str
    lead: str = ""
    points: list[Point] = field(default_factory=list)


def count_words(count: int, word: str) -> str:
    """Write "1 data set", "2 data sets"."""
    return f"{count:,} {word if count == 1 else word + 's'}"


def amount(count: int) -> str:
    """Write a count inside a sentence."""
    return "none" if count == 0 else f"{count:,}"


def find(filled: pd.DataFrame, board: pd.DataFrame) -> Finding:
    """Put a run's outcome into words.

    Parameters
    ----------
    filled : DataFrame
        Output of ``fill_failures``.
    board : DataFrame
        Output of ``leaderboard``.

    Returns
    -------
    Finding
    """
    if board.empty:
        return Finding("This folder holds no results yet")
    if filled["failed"].all():
        cells = "The only cell" if len(filled) == 1 else f"All {len(filled):,} cells"
        return Finding("Nothing finished", f"{cells} failed; the reasons stand under Failures.")
    if len(board) == 1:
        return Finding(
            f"One pair was run: {board.index[0]}",
            f"Its mean AUPRC is {number(board['auprc'].iloc[0])}. "
            "With nothing beside it there are no ranks, ties or differences to show.",
        )
    headline, points = _against_untouched(filled, board)
    headline = _sentence(headline)
    points += _by_learner(filled) + _decisions(filled) + _probabilities(filled)
    return Finding(headline, _leading(board), points)


def _leading(board: pd.DataFrame) -> str:
    lead = board.iloc[0]
    if math.isnan(lead["mean_rank"]):
        return ""
    text = f"Best mean rank: {board.index[0]}, {number(lead['mean_rank'], 1)}"
    if not math.isnan(lead["rank_low"]):
        text += f" (95 % interval {number(lead['rank_low'], 1)} to {number(lead['rank_high'], 1)})"
    text += f" among {len(board)} pairs, with a mean AUPRC of {number(lead['auprc'])}."
    highest = float(board["auprc"].max())
    if highest - lead["auprc"] >= 0.0005:
        owner = board["auprc"].idxmax()
        text += f" The highest mean AUPRC, {number(highest)}, belongs to {owner}."
    return text


def _against_untouched(filled: pd.DataFrame, board: pd.DataFrame) -> tuple[str, list[Point]]:
    """The headline, and everything against the best learner left alone."""
    lead = str(board.index[0])
    title = "Against doing nothing"
    untouched = board.index[board["method"] == UNTOUCHED]
    if len(untouched) == 0:
        text = (
            "The run holds no learner left alone, so it does not show whether re-balancing helps: "
            f"add the method “{UNTOUCHED}”."
        )
        return f"{lead} leads, with nothing untouched beside it", [Point(title, text)]
    best = str(untouched[0])
    learner = board["learner"].loc[best]
    rivals = board.index[~board["method"].isin(SAME_RANKING)]
    table = compare(filled, "auprc", dict.fromkeys(rivals, best))
    if table.empty:
        return f"{_in_headline(board, lead)} leads", []
    n_blocks = int(table["n_blocks"].max())
    if too_small(n_blocks, len(table)):
        text = (
            f"With {count_words(n_blocks, 'base source')} and "
            f"{count_words(len(table), 'comparison')} no difference, however large, would pass the "
            "test. Read the numbers as a description of these data sets."
        )
        return f"{_in_headline(board, lead)} leads, on too little data to be sure", [
            Point(title, text)
        ]
    winners = [pair for pair in board.index if pair in table.index[table["verdict"] == "better"]]
    n_tied = int((table["verdict"] == "tied").sum())
    n_lower = len(table) - len(winners) - n_tied
    tally = (
        f"Of the {count_words(len(table), 'pair')} that re-balance, {amount(len(winners))} "
        f"{'scores' if len(winners) == 1 else 'score'} higher in AUPRC than {best}, the best "
        f"learner left alone; {amount(n_tied)} {'is' if n_tied == 1 else 'are'} tied with it and "
        f"{amount(n_lower)} {'scores' if n_lower == 1 else 'score'} lower."
    )
    if winners:
        headline = f"{winners[0]} beats {learner} left alone"
        text = f"{_difference(table, winners[0])} {tally}"
    elif board.loc[lead, "method"] in SAME_RANKING:
        headline, text = f"Nothing beat {learner} left alone", tally
    else:
        headline = f"Nothing beat {learner} left alone"
        text = f"The lead is a tie. {_difference(table, lead)} {tally}"
    return headline, [Point(title, _sentence(text))]


def _in_headline(board: pd.DataFrame, pair: str) -> str:
    """Name a pair in a headline, where "none / tree" would read oddly."""
    untouched = board["method"].loc[pair] == UNTOUCHED
    return f"{board['learner'].loc[pair]} left alone" if untouched else pair


def _sentence(text: str) -> str:
    """Begin with a capital: pairs are written small."""
    return text[:1].upper() + text[1:]


def too_small(n_blocks: int, n_comparisons: int) -> bool:
    """Whether even a clean sweep would fail a signed-rank test after Holm's correction."""
    return n_blocks < MIN_BLOCKS or 2.0 ** (1 - n_blocks) * n_comparisons >= 0.05


def _difference(table: pd.DataFrame, pair: str) -> str:
    row = table.to_dict(orient="index")[pair]
    size = number(abs(row["difference"]))
    side = "level with" if float(size) == 0 else "above" if row["difference"] > 0 else "below"
    text = f"{pair} stands {'' if float(size) == 0 else size + ' '}{side} {row['reference']}"
    if not math.isnan(row["low"]):
        text += (
            f" (95 % interval {number(row['low'], 3, sign=True)} "
            f"to {number(row['high'], 3, sign=True)})"
        )
    wins, ties, losses = int(row["wins"]), int(row["ties"]), int(row["losses"])
    drawn = f", ties on {ties}" if ties else ""
    return f"{text}: it wins on {wins} base sources{drawn} and loses on {losses}."


def _testable(filled: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Re-balanced pairs against their own learner; empty where no test could detect anything."""
    table = compare(filled, metric, rebalanced_references(filled))
    if not table.empty and too_small(int(table["n_blocks"].max()), len(table)):
        return table.iloc[:0]
    return table


def _count(table: pd.DataFrame, verdict: str) -> int:
    return int((table["verdict"] == verdict).sum())


def _by_learner(filled: pd.DataFrame) -> list[Point]:
    """How the re-balanced pairs rank against their own learner left alone."""
    table = _testable(filled, "auprc")
    if table.empty:
        return []
    learners = filled.drop_duplicates("pair").set_index("pair")["learner"].astype(str)
    rows = [
        (str(learner), _count(part, "better"), _count(part, "tied"), _count(part, "worse"))
        for learner, part in table.groupby(learners.reindex(table.index).to_numpy())
    ]
    better = _count(table, "better")
    text = (
        f"Each beside its own learner left alone, {amount(better)} of "
        f"{count_words(len(table), 're-balanced pair')} {'ranks' if better == 1 else 'rank'} the "
        "rare class better in AUPRC."
    )
    return [Point("Learner by learner", text, rows)]


def _decisions(filled: pd.DataFrame) -> list[Point]:
    """Whether the gain in decisions outlives a tuned threshold."""
    if not {"balanced_accuracy", "balanced_accuracy_tuned"} <= set(filled):
        return []
    at_predict, tuned = (
        _testable(filled, metric) for metric in ("balanced_accuracy", "balanced_accuracy_tuned")
    )
    if at_predict.empty or tuned.empty:
        return []
    text = (
        f"By their own decisions {amount(_count(at_predict, 'better'))} of {len(at_predict)} lift "
        "balanced accuracy. Once every pair, the learner left alone included, has its threshold "
        f"tuned inside the training part, {amount(_count(tuned, 'better'))} "
        f"{'does' if _count(tuned, 'better') == 1 else 'do'}, and {amount(_count(tuned, 'worse'))} "
        f"{'is' if _count(tuned, 'worse') == 1 else 'are'} worse."
    )
    return [Point("Decisions", text)]


def _probabilities(filled: pd.DataFrame) -> list[Point]:
    """What re-balancing does to the Brier score."""
    table = _testable(filled, "brier") if "brier" in filled else pd.DataFrame()
    if table.empty:
        return []
    middle = float(np.median(table["difference"]))
    largest = float(table["difference"].max())
    text = (
        f"{amount(_count(table, 'worse')).capitalize()} of {len(table)} have a worse Brier score "
        f"than their learner left alone and {amount(_count(table, 'better'))} a better one. The "
        f"median change is {number(middle, 3, sign=True)}"
    )
    if largest > 0:
        owner = table["difference"].idxmax()
        text += f", the largest {number(largest, 3, sign=True)}, by {owner}"
    return [Point("Probabilities", text + ".")]


def rebalanced_references(filled: pd.DataFrame) -> dict[str, str]:
    """Same-learner references of the pairs that change what the learner is trained on."""
    methods = filled.drop_duplicates("pair").set_index("pair")["method"].astype(str)
    return {
        pair: reference
        for pair, reference in same_learner_references(filled).items()
        if methods[pair] not in SAME_RANKING
    }
