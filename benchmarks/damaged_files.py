"""Files of the user with bytes damaged at random: what their readers do with them.

Bytes of a CSV, ARFF or Parquet file are changed, left out, put in, doubled, moved or cut off. A
reader may read what is left, or raise a ValueError that names the file; all else is a find: an
error of another kind, no name, or no answer in time. Prints figures by file and the first finds.

    python benchmarks/damaged_files.py --inputs 20000 --seed 0
"""

import argparse
import gzip
import signal
import sys
import tempfile
import time
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from imbalance_kit.datasets import load_folder
from imbalance_kit.ensemble._larger_than_memory.parquet import ParquetTable

LIMIT = 20  # seconds for one file
N_ROWS = 40


def whole_files():
    """Small files of every kind, by name."""
    rng = np.random.RandomState(0)
    label = np.where(np.arange(N_ROWS) % 4, "no", "yes")
    frame = pd.DataFrame(
        {
            "number": rng.normal(size=N_ROWS).round(3),
            "whole": rng.randint(100, size=N_ROWS),
            "day": pd.date_range("2024-01-01", periods=N_ROWS).strftime("%Y-%m-%d"),
            "word": rng.choice(["red", "blue, dark", 'so "called"', "é"], N_ROWS),
            "price": [f"{1000 + at:,}" for at in range(N_ROWS)],
            "target": label,
        }
    )
    csv = frame.to_csv(index=False).encode()
    typed = frame.assign(
        day=pd.to_datetime(frame["day"]),
        word=frame["word"].astype("category"),
        flag=np.arange(N_ROWS) % 2 == 0,
    )
    parquet = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, compression in (("t.parquet", "snappy"), ("plain.parquet", None)):
            typed.sample(frac=1, random_state=0).to_parquet(
                Path(folder, name), compression=compression, row_group_size=16
            )
            parquet[name] = Path(folder, name).read_bytes()
    names = ["@relation r", "@attribute number real [-9.0, 9.0]", "@attribute whole integer"]
    names += ["@attribute 'a word' {red, 'blue, dark', c}", "@attribute target {no, yes}", "@data"]
    dense, sparse = list(names), list(names)
    for at in range(N_ROWS):
        word = ["red", "'blue, dark'", "?", "c"][at % 4]
        dense.append(f"{frame['number'][at]},{at},{word},{label[at]}")
        sparse.append(f"{{0 {frame['number'][at]}, 2 {word.replace('?', 'c')}, 3 {label[at]}}}")
    return {
        "t.csv": csv,
        "semicolon.csv": b"sep=;\r\n" + frame.to_csv(index=False, sep=";", decimal=",").encode(),
        "wide.csv": frame.to_csv(index=False).encode("utf-16"),
        "t.csv.gz": gzip.compress(csv, mtime=0),
        "t.tsv": frame.to_csv(index=False, sep="\t").encode("latin-1"),
        "t.arff": "\n".join(dense).encode(),
        "sparse.arff": "\n".join(sparse).encode(),
        **parquet,
    }


def damaged(content, rng):
    """The bytes after one or two accidents."""
    data = bytearray(content)
    for _ in range(rng.randint(1, 3)):
        if not data:
            break
        at, kind = rng.randint(len(data)), rng.randint(7)
        end = min(at + rng.randint(1, 30), len(data))
        if kind == 0:
            data[at] ^= 1 << rng.randint(8)
        elif kind == 1:
            data[at] = rng.randint(256)
        elif kind == 2:
            del data[at:end]
        elif kind == 3:
            data[at:at] = rng.bytes(end - at)
        elif kind == 4:
            data[at:at] = data[at:end] * rng.randint(1, 40)
        elif kind == 5:
            del data[at:]
        else:
            # signs that mean something to one of the readers
            signs = b"\"',;\n\r\t{}?%@\\-+e\0\xff\xfe"
            data[at:end] = bytes(signs[rng.randint(len(signs))] for _ in range(end - at))
    return bytes(data)


class TooLate(BaseException):
    """Raised by the alarm; no reader may catch it."""


def _alarm(number, frame):
    raise TooLate


def outcome_of(file):
    """``read`` or ``refused``, or what was found."""
    readers = [lambda: load_folder(file, target="target")]
    if file.suffix == ".parquet":
        readers.append(lambda: _read_in_parts(file))
    outcome = "refused"
    for reader in readers:
        signal.alarm(LIMIT)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                reader()
            outcome = "read"
        except ValueError as error:
            stem = file.name.split(".")[0]
            if stem not in str(error):
                return f"a ValueError without the file: {error}"
        except TooLate:
            return f"no answer in {LIMIT} s"
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        finally:
            signal.alarm(0)
    return outcome


def _read_in_parts(file):
    table = ParquetTable(file, ("target", "day"))
    for _ in table.blocks():
        pass
    table.column("target")


def run(n_inputs, seed, folder):
    """Counts of outcomes by file, and the finds with the number of the input."""
    signal.signal(signal.SIGALRM, _alarm)
    whole = whole_files()
    counts = {name: Counter() for name in whole}
    finds = []
    for number in range(n_inputs):
        rng = np.random.RandomState([seed, number])
        name = list(whole)[number % len(whole)]
        file = Path(folder, name)
        file.write_bytes(damaged(whole[name], rng))
        outcome = outcome_of(file)
        if outcome not in ("read", "refused"):
            finds.append(f"{name}, input {number}: {outcome}")
            outcome = "find"
        counts[name][outcome] += 1
        file.unlink()
    return counts, finds


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--inputs", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        counts, finds = run(options.inputs, options.seed, folder)
    print(f"{'file':<16}{'read':>8}{'refused':>9}{'finds':>7}")
    for name, found in counts.items():
        print(f"{name:<16}{found['read']:>8}{found['refused']:>9}{found['find']:>7}")
    print(f"{options.inputs} inputs, {len(finds)} finds, {time.monotonic() - started:.0f} s")
    for find in finds[:20]:
        print(find[:300])
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
