"""The command line: ``imbalance-kit bench | report | export | list``."""

import argparse
import signal
import sys
import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn

from imbalance_kit._version import __version__
from imbalance_kit.benchmark._run.options import RequestOptions, RunOptions

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

BROKEN = 1
BAD_INPUT = 2
NO_FOLDER = (FileNotFoundError, FileExistsError, NotADirectoryError)
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
        Exit code: 0 done, 1 the run broke or no cell of it finished, 2 bad input, 130 stopped by
        Ctrl-C.

    Examples
    --------
    >>> from imbalance_kit.cli import main
    >>> main(["bench", "--jobs", "0"])
    2
    """
    options = _parser().parse_args(arguments)
    try:
        with _warnings_in_lines():
            return options.command(options)
    except (ValueError, ImportError, *NO_FOLDER) as error:
        _complain(error)
        return BAD_INPUT
    except (RuntimeError, OSError) as error:
        _complain(error)
        return BROKEN


def _complain(error: Exception | str) -> None:
    print(f"imbalance-kit: {error}", file=sys.stderr)


@contextmanager
def _warnings_in_lines() -> Iterator[None]:
    """Show warnings for users, such as of files passed over, without a place in the code."""
    with warnings.catch_warnings():
        show = warnings.showwarning

        def show_in_line(message: Any, category: type[Warning], *place: Any, **more: Any) -> None:
            if category is UserWarning:
                _complain(str(message))
            else:
                show(message, category, *place, **more)

        warnings.showwarning = show_in_line
        yield


def _say(console: "Console", text: str) -> None:
    """Print text as it is: names of folders and methods may hold what stands for colours."""
    console.print(text, markup=False, emoji=False, highlight=False, soft_wrap=True)


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
    what = bench.add_argument_group("what to run")
    what.add_argument("--suite", default=RunOptions.suite, help="data sets (default: %(default)s)")
    what.add_argument(
        "--data-dir", metavar="FOLDER", help="your own CSV, Parquet or ARFF files, not a suite"
    )
    what.add_argument("--target", metavar="COLUMN", help="target column of your own files")
    what.add_argument(
        "--sensitive",
        default="",
        metavar="COLUMNS",
        help='sensitive columns of your own files, for instance "sex,race"',
    )
    what.add_argument(
        "--groups", metavar="COLUMN", help="column of your own files that no split may cut"
    )
    what.add_argument(
        "--order", metavar="COLUMN", help="time or date in your own files: test on what is later"
    )
    what.add_argument(
        "--skip", default="", metavar="NAMES", help='data sets to leave out, such as "hiva,fars"'
    )
    what.add_argument(
        "--protocol", metavar="NAME", help='"climb" or "fair": methods, folds and search at once'
    )
    what.add_argument(
        "--methods",
        metavar="NAMES",
        help='"core" (default), "all" or "SMOTE,none"; your own as "my_module:MyMethod"',
    )
    what.add_argument("--learners", metavar="NAMES", help='for instance "tree,lightgbm"')
    what.add_argument("--repeats", type=int, metavar="N", help="default: 1")
    what.add_argument("--folds", type=int, metavar="N", help="default: 0, one 70/30 split")
    what.add_argument(
        "--trials", type=int, metavar="N", help="hyper-parameters tried for each cell, default: 0"
    )
    what.add_argument(
        "--search-seconds", type=float, metavar="SECONDS", help="time for the trials of a cell"
    )
    what.add_argument(
        "--bootstraps", type=int, metavar="N", help="refits to measure stability, default: 0"
    )
    what.add_argument(
        "--seed", type=int, default=RunOptions.seed, metavar="N", help="default: %(default)s"
    )
    how = bench.add_argument_group("how to run it")
    how.add_argument("--jobs", type=int, metavar="N", help="default: one per processor")
    how.add_argument(
        "--time-limit",
        type=float,
        default=RunOptions.time_limit,
        metavar="SECONDS",
        help="per cell, default: %(default)g",
    )
    how.add_argument(
        "--memory-limit", type=float, metavar="MB", help="per cell, default: 80 %% of what is free"
    )
    how.add_argument(
        "--max-hours", type=float, metavar="HOURS", help="begin no cell later than this"
    )
    how.add_argument("--backend", default=RunOptions.backend, help="local (default), dask or ray")
    how.add_argument(
        "--address", metavar="ADDRESS", help="of the cluster; none starts one on this machine"
    )
    how.add_argument(
        "--storage", metavar="URL", help="Optuna storage of the trials, default: in the folder"
    )
    how.add_argument(
        "--output",
        metavar="FOLDER",
        help="or a URL such as s3://bucket/name, default: benchmark_results/<name of the suite>",
    )
    how.add_argument("--retry-failed", action="store_true", help="do failed cells again")
    how.add_argument(
        "--dry-run", action="store_true", help="estimate what the run would take, and run nothing"
    )
    how.add_argument(
        "--price", type=float, metavar="PRICE", help="of a processor hour, for --dry-run"
    )

    report = commands.add_parser("report", help="write the report of a results folder again")
    report.set_defaults(command=_report)
    report.add_argument("folder", help="or a URL")

    export = commands.add_parser(
        "export",
        help="write the scores of a results folder as one table",
        description="Write the scores of a results folder as one table, CSV or Parquet by the "
        "ending of its name.",
    )
    export.set_defaults(command=_export)
    export.add_argument("folder", help="or a URL")
    export.add_argument("table", help="file to write, .csv or .parquet")
    export.add_argument(
        "--format",
        default="scores",
        choices=["scores", "bencheval"],
        help="every metric of every cell (default), or rows for TabArena's bencheval",
    )
    export.add_argument("--metric", default="auprc", help="for bencheval, default: auprc")

    listing = commands.add_parser("list", help="show suites, methods, learners and data sets")
    listing.set_defaults(command=_list)
    return parser


def _bench(options: argparse.Namespace) -> int:
    # first, because it raises when the extra is missing
    from imbalance_kit.benchmark import leaderboard, run  # isort: skip
    from rich.console import Console

    console = Console()
    options.sensitive, options.skip = _listed(options.sensitive), _listed(options.skip)
    if options.dry_run:
        _show_forecast(console, options)
        return 0
    if options.price is not None:
        raise ValueError("--price is for the forecast; give --dry-run too.")
    try:
        # ended from outside, the run should clean up as after Ctrl-C
        with _interrupted_by(signal.SIGTERM):
            done = run(**_given(options, RunOptions), console=console)
    except KeyboardInterrupt:
        console.print("Stopped. What is finished is kept; the same command goes on from here.")
        return STOPPED
    if done.report is not None:
        from imbalance_kit.benchmark._analysis.scores import read_scores
        from imbalance_kit.benchmark._results.store import ResultsFolder

        # what it holds beside these was reported before
        _show_leaderboard(console, leaderboard(read_scores(ResultsFolder(done.folder))[0]))
    failed = f", {done.n_failed} failed" if done.n_failed else ""
    before = f", {done.n_done_before} of them from before" if done.n_done_before else ""
    console.print(f"{done.n_cells} cells{before}: {done.n_ok} ok{failed}. {done.seconds:.0f} s.")
    if left := done.n_cells - done.n_ok - done.n_failed:
        console.print(f"{left} are left, for the time is over; the same command goes on from here.")
    if done.n_failed:
        console.print("The report gives the reasons. --retry-failed does failed cells again.")
    if done.report is not None:
        _say(console, f"Report: {done.report}")
    if not done.n_ok:
        _complain("no cell has finished.")
        return BROKEN
    return 0


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _given(options: argparse.Namespace, record: type[RequestOptions]) -> dict[str, Any]:
    """What the command line gives of a record's options: they have the same names."""
    names = [option.name for option in fields(record)]
    return {name: getattr(options, name) for name in names if hasattr(options, name)}


def _show_forecast(console: "Console", options: argparse.Namespace) -> None:
    import os

    from imbalance_kit.benchmark import forecast, prepare
    from imbalance_kit.benchmark._run.progress import duration
    from imbalance_kit.benchmark._run.request import targets_taken

    RunOptions(**_given(options, RunOptions))  # raises where a number is out of range
    if options.price is not None and not options.price >= 0:
        raise ValueError(f"--price must be 0 or more, got {options.price}.")
    request = prepare(**_given(options, RequestOptions))
    if taken := targets_taken(request.tables):
        console.print(taken, markup=False, highlight=False)
    expected = forecast(request, options.output)
    jobs = options.jobs or os.cpu_count() or 1
    missing = expected.n_cells - expected.n_done
    console.print(
        f"{len(request.tables)} data sets, {len(request.pairs)} pairs, "
        f"{request.repeats * request.protocol.splits} splits: {expected.n_cells:,} cells, "
        f"{expected.n_done:,} of them done."
    )
    if request.protocol.search.trials:
        searched = request.protocol.search
        budget = f"{searched.seconds:g} s" if searched.seconds else f"{searched.trials} trials"
        console.print(f"Each searches hyper-parameters: {budget}, {searched.folds} inner folds.")
    console.print(
        f"About {duration(expected.seconds)} of one processor, {duration(expected.seconds / jobs)} "
        f"with {jobs}. {expected.n_measured:,} of {missing:,} missing cells have a pair that was "
        "timed in the results folder before; the others are guessed."
    )
    if options.price is not None:
        console.print(f"Cost: about {expected.seconds / 3600 * options.price:,.2f}.")
    if options.max_hours is not None:
        share = min(options.max_hours * 3600 * jobs / max(expected.seconds, 1e-9), 1.0)
        console.print(f"Within {options.max_hours:g} h about {share:.0%} of that.")


def _show_leaderboard(console: "Console", board: "pd.DataFrame") -> None:
    from rich.table import Table
    from rich.text import Text

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
        table.add_row(Text(str(pair)), *figures, style="dim" if row["baseline"] else None)
    console.print(table)


@contextmanager
def _interrupted_by(number: signal.Signals) -> Iterator[None]:
    """Treat a signal as Ctrl-C; only the main thread can."""
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


def _export(options: argparse.Namespace) -> int:
    from imbalance_kit.benchmark import export, export_bencheval, scores

    table = scores(options.folder)
    if table.empty:
        raise ValueError(f"{options.folder} holds no results. Run `imbalance-kit bench` first.")
    if options.format == "bencheval":
        table = export_bencheval(table, options.metric)
    print(f"{len(table):,} rows: {export(table, options.table)}")
    return 0


def _list(options: argparse.Namespace) -> int:
    # first, because it raises when the extra is missing
    from imbalance_kit.benchmark import LEARNERS, METHODS  # isort: skip
    from imbalance_kit.benchmark._methods.presets import PRESETS  # isort: skip
    from imbalance_kit.datasets import list_suites, load_suite  # isort: skip
    from rich.console import Console
    from rich.table import Table

    console = Console()
    methods = Table("method", "learners", "core", title="Methods", title_justify="left")
    for method in METHODS:
        methods.add_row(method.name, ", ".join(method.learners), "yes" if method.core else "")
    console.print(methods)
    console.print(f"\n[bold]Learners[/bold]: {', '.join(learner.name for learner in LEARNERS)}")
    console.print(f"[bold]Protocols[/bold]: {', '.join(PRESETS)}")
    for suite in list_suites():
        records = load_suite(suite)
        if any(record.stress for record in records):
            stresses = sorted({record.stress for record in records})
            names = f"made from lite: {', '.join(stresses)}. Also stress:embedded and stress:climb"
        else:
            names = ", ".join(record.name for record in records)
        console.print(f"\n[bold]Suite {suite}[/bold]: {len(records)} data sets")
        console.print(names, highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
