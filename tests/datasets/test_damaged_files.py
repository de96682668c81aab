"""Files with bytes damaged at random are read or refused, and never anything else."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
damaged_files = pytest.importorskip(
    "damaged_files", reason="the script is in the repository, not in the package"
)


@pytest.mark.exhaustive
def test_damaged_files_are_read_or_refused_with_their_name(tmp_path):
    counts, finds = damaged_files.run(450, 7, tmp_path)
    assert finds == []
    assert all(found["refused"] for found in counts.values())
    assert sum(found["read"] for found in counts.values()) > 20


def test_whole_files_are_read(tmp_path):
    for name, content in damaged_files.whole_files().items():
        file = tmp_path / name
        file.write_bytes(content)
        assert damaged_files.outcome_of(file) == "read", name
