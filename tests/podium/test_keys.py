"""`podium keys`: listed, rotated, retired, and said plainly where there are none."""

import subprocess
import sys
from pathlib import Path

from contest.keys import make_keys

ROOT = Path(__file__).parents[2]


def podium(*words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-m", "podium", "keys", *words], capture_output=True, text=True, cwd=ROOT, check=False)


def test_list_rotate_and_retire(tmp_path: Path) -> None:
    make_keys(tmp_path / "keys")
    before = podium("list", "--data", str(tmp_path)).stdout
    assert before.count("mints and verifies") == 2
    name = before.split()[1]
    assert podium("rotate", "--data", str(tmp_path)).stdout.count("mints from now on") == 2
    assert podium("list", "--data", str(tmp_path)).stdout.count("\n") == 4
    gone = podium("retire", name, "--data", str(tmp_path))
    assert (gone.returncode, f"access {name}: is gone" in gone.stdout) == (0, True)
    newest = podium("list", "--data", str(tmp_path)).stdout.split()[1]
    refused = podium("retire", newest, "--data", str(tmp_path))
    assert (refused.returncode, "rotate" in refused.stderr) == (2, True)


def test_where_there_are_no_keys(tmp_path: Path) -> None:
    for words in (("list",), ("rotate",), ("retire", "x")):
        answer = podium(*words, "--data", str(tmp_path))
        assert (answer.returncode, "there are no keys" in answer.stderr) == (2, True)
