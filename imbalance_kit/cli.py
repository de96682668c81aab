"""The command line: ``imbalance-kit bench | report | list``."""

import argparse
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

from imbalance_kit import __version__

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

BAD_INPUT = 2
STOPPED = 130
TOP = 10  # rows of the leaderboard shown at the end


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str, default=None
        Command line without the program's name; None for that of the process.

    Returns
    -------
    int
        Exit code: 0 done, 1 the run broke, 2 bad input, 130 stopped by Ctrl-C.

    Examples
    --------
    >>> from imbalance_kit.cli import main
    >>> main(["bench", "--jobs", "0"])
    2
    """
    options = _parser().parse_args(arguments)
    try:
        return options.command(options)
    except (ValueError, ImportError, FileNotFoundError, NotADirectoryError) as error:
        _complain(error)
        return BAD_INPUT
    except (RuntimeError, OSError) as error:
        _complain(error)
        return 1


def _complain(error: Exception) -> None:
    print(f"imbalance-kit: {error}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="imbalance-kit", description="Benchmarks for tables with rare classes."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="command")

    bench = commands.add_parser(
        "bench",
        help="run a benchmark, or go on with a stopped one",
        description="Run a benchmark and write its report. The same command goes on with a run "
        "that was stopped. Without options: the lite suite, one 70/30 split, core methods.",
    )
    bench.set_defaults(command=_bench)
    bench.add_argument("--suite", default="lite", help="collection of data sets (default: lite)")
    bench.add_argument(
        "--data-dir", metavar="FOLDER", help="your own CSV, Parquet or ARFF files, not a suite"
    )
    bench.add_argument("--target", metavar="COLUMN", help="target column of your own files")
    bench.add_argument(
        "--sensitive",
        default="",
        metavar="COLUMNS",
        help='sensitive columns of your own files, for instance "sex,race"',
    )
    bench.add_argument(
        "--methods", default="core", metavar="NAMES", help='"core", "all" or "SMOTE,none"'
    )
    bench.add_argument("--learners", metavar="NAMES", help='for instance "tree,lightgbm"')
    bench.add_argument("--repeats", type=int, default=1, metavar="N", help="default: 1")
    bench.add_argument(
        "--folds", type=int, default=0, metavar="N", help="default: 0, one 70/30 split"
    )
    bench.add_argument("--jobs", type=int, metavar="N", help="default: one per processor")
    bench.add_argument(
        "--time-limit", type=float, default=300.0, metavar="SECONDS", help="per cell, default: 300"
    )
    bench.add_argument(
        "--memory-limit", type=float, metavar="MB", help="per cell, default: 80 %% of what is free"
    )
    bench.add_argument(
        "--output", metavar="FOLDER", help="default: benchmark_results/<name of the suite>"
    )
    bench.add_argument("--retry-failed", action="store_true", help="do failed cells again")
    bench.add_argument("--seed", type=int, default=0, metavar="N", help="default: 0")

    report = commands.add_parser("report", help="write the report of a results folder again")
    report.set_defaults(command=_report)
    report.add_argument("folder")

    listing = commands.add_parser("list", help="show suites, methods, learners and data sets")
    listing.set_defaults(command=_list)
    return parser


def _bench(options: argparse.Namespace) -> int:
    # first, because it says so when the extra is missing
    from imbalance_kit.benchmark import leaderboard, run, scores  # isort: skip
    from rich.console import Console

    console = Console()
    try:
        # ended from outside, the run should clean up as after Ctrl-C
        with _interrupted_by(signal.SIGTERM):
            done = run(
                options.suite,
                data_dir=options.data_dir,
                target=options.target,
                sensitive=[name.strip() for name in options.sensitive.split(",") if name.strip()],
                methods=options.methods,
                learners=options.learners,
                repeats=options.repeats,
                folds=options.folds,
                jobs=options.jobs,
                time_limit=options.time_limit,
                memory_limit=options.memory_limit,
                output=options.output,
                retry_failed=options.retry_failed,
                seed=options.seed,
                console=console,
            )
    except KeyboardInterrupt:
        console.print("Stopped. What is finished is kept; the same command goes on from here.")
        return STOPPED
    _show_leaderboard(console, leaderboard(scores(done.folder)))
    failed = f", {done.n_failed} failed" if done.n_failed else ""
    before = f", {done.n_done_before} of them from before" if done.n_done_before else ""
    console.print(f"{done.n_cells} cells{before}: {done.n_ok} ok{failed}. {done.seconds:.0f} s.")
    if done.n_failed:
        console.print("The report gives the reasons. --retry-failed does failed cells again.")
    console.print(f"Report: {done.report}", soft_wrap=True, highlight=False)
    return 0


def _show_leaderboard(console: "Console", board: "pd.DataFrame") -> None:
    from rich.table import Table

    columns = {
        "rank": ("mean_rank", ".1f"),
        "AUPRC": ("auprc", ".3f"),
        "bal.acc": ("balanced_accuracy", ".3f"),
        "tuned": ("balanced_accuracy_tuned", ".3f"),
        "Brier": ("brier", ".3f"),
        "fit s": ("fit_seconds", ".2f"),
    }
    table = Table(
        box=None,
        pad_edge=False,
        title=f"\nThe first {min(TOP, len(board))} of {len(board)} pairs by mean rank in AUPRC",
        title_justify="left",
    )
    table.add_column("method / learner", overflow="fold", ratio=1)
    for heading in columns:
        table.add_column(heading, justify="right", no_wrap=True)
    for pair, row in board.head(TOP).iterrows():
        figures = [format(row[name], form) for name, form in columns.values()]
        table.add_row(str(pair), *figures, style="dim" if row["baseline"] else None)
    console.print(table)


@contextmanager
def _interrupted_by(number: signal.Signals) -> Iterator[None]:
    """Take a signal for Ctrl-C. Only the main thread may ask for that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, _interrupt)
    try:
        yield
    finally:
        signal.signal(number, before)


def _interrupt(number: int, frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


def _report(options: argparse.Namespace) -> int:
    from imbalance_kit.benchmark import write_report

    print(f"Report: {write_report(options.folder)}")
    return 0


def _list(options: argparse.Namespace) -> int:
    # first, because it says so when the extra is missing
    from imbalance_kit.benchmark import LEARNERS, METHODS  # isort: skip
    from imbalance_kit.datasets import list_suites, load_suite  # isort: skip
    from rich.console import Console
    from rich.table import Table

    console = Console()
    methods = Table("method", "learners", "core", title="Methods", title_justify="left")
    for method in METHODS:
        methods.add_row(method.name, ", ".join(method.learners), "yes" if method.core else "")
    console.print(methods)
    console.print(f"\n[bold]Learners[/bold]: {', '.join(learner.name for learner in LEARNERS)}")
    for suite in list_suites():
        records = load_suite(suite)
        names = ", ".join(record.name for record in records)
        console.print(f"\n[bold]Suite {suite}[/bold]: {len(records)} data sets")
        console.print(names, highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
