"""The script that breaks runs finds nothing lost, doubled or changed: a short form of it."""

import subprocess
import sys
from pathlib import Path

import pytest
from processes import SECONDS

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "break_runner.py"


@pytest.mark.exhaustive
def test_a_full_disk_damaged_files_a_stop_and_a_step_of_the_clock():
    """Kills have a test of their own, which knows more of the runs."""
    command = [sys.executable, str(SCRIPT), "--only", "full,damage,stopped,clock"]
    command += ["--times", "1", "--damages", "20", "--repeats", "2", "--seed", "1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    words = done.stdout.splitlines()
    assert [line.partition(" ")[0] for line in words[:-1]] == ["full", "damage", "stopped", "clock"]
    assert words[-1] == "Nothing was lost, doubled or changed."
    assert " 1 stops" in words[2]
