"""Mixed trees against boosters at their defaults and searched: the study behind the class.

    python benchmarks/studies/strong_learner.py choose --folder TABLES   (settings were chosen here)
    python benchmarks/studies/strong_learner.py confirm                  (looked at once, after)
    python benchmarks/studies/strong_learner.py confirm --report         (print what is stored)

Every method is fitted on the same rows in one thread; each cell (table, split, method) is a row of
`benchmarks/results/strong_learner/<role>.csv`, appended when it is done; a run goes on where it
was stopped. `--searched` runs LightGBM and CatBoost with 30 trials of search on the largest table
of up to 10,000 rows of each source, `--parts` mixed trees without one of their parts (stored in
`<role>_parts.csv`). `--methods` takes part of the methods, `--groups` part of the
tables (suite, classes, large, made), `--again` drops the rows of the methods first, `--tables`,
`--splits` and `--most-rows` bound them, `--minutes` ends a run. Tables and splits are
those of `strong_learner_tables`.

What is stored of `choose` was computed with `--splits 1`; of `confirm` the four boosters and mixed
trees have the second split of the suite, too. On most large and made tables the four boosters alone
were run. The report compares methods on the splits that all of them have.
"""

import argparse
from dataclasses import replace
from pathlib import Path

from strong_learner_cells import drop, run
from strong_learner_methods import METHODS, PARTS
from strong_learner_report import report, report_parts
from strong_learner_search import SEARCHED
from strong_learner_tables import tables, to_search

RESULTS = Path(__file__).parents[1] / "results" / "strong_learner"
GROUPS = ("suite", "classes", "large", "made")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("role", choices=["choose", "confirm"])
    parser.add_argument("--folder", help="adult, campaign, celeba, aloi, mammography, phoneme")
    parser.add_argument("--methods", nargs="+", choices=[*METHODS], default=[*METHODS])
    parser.add_argument("--without", nargs="+", choices=[*METHODS], default=[])
    parser.add_argument("--groups", nargs="+", choices=GROUPS, default=GROUPS)
    parser.add_argument("--again", action="store_true", help="drop the rows of the methods first")
    parser.add_argument("--tables", nargs="+", help="only those whose name holds one of these")
    parser.add_argument("--splits", type=int, default=2, help="of each table at most so many")
    parser.add_argument("--most-rows", type=float, default=float("inf"), help="training rows")
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--searched", action="store_true", help="run the searched rivals")
    parser.add_argument("--parts", action="store_true", help="run mixed trees without a part")
    parser.add_argument("--report", action="store_true", help="print what is stored, run nothing")
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    file = arguments.results / f"{arguments.role}.csv"
    whole = file
    if arguments.parts:
        file = arguments.results / f"{arguments.role}_parts.csv"
    if arguments.report:
        _print(whole, file, arguments.role)
        return
    methods = {name: METHODS[name] for name in arguments.methods}
    if arguments.searched or arguments.parts:
        methods = SEARCHED if arguments.searched else PARTS
    methods = {name: build for name, build in methods.items() if name not in arguments.without}
    if arguments.again and file.exists():
        drop(file, [*methods])
    chosen = tables(arguments.role, folder=arguments.folder, groups=tuple(arguments.groups))
    if arguments.searched:
        chosen = to_search(chosen)
    chosen = [
        replace(table, seeds=table.seeds[: arguments.splits])
        for table in chosen
        if table.n_train <= arguments.most_rows
        and any(part in table.name for part in arguments.tables or [""])
    ]
    run(chosen, methods, file, arguments.minutes)
    _print(whole, file, arguments.role)


def _print(whole: Path, file: Path, role: str) -> None:
    if file == whole:
        report(file, role)
    else:
        report_parts(whole, file, role)


if __name__ == "__main__":
    main()
