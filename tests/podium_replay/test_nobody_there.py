"""`podium replay` where no Podium runs."""

import subprocess
import sys
import time
from pathlib import Path

from podium.ports import free_ports
from tests.running import ROOT


def replay(url: str, data: Path) -> str:
    """What it complains of."""
    command = [sys.executable, "-m", "podium", "replay", "tests/feeds/rejudged.ndjson", "--url", url, "--data", str(data)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    return done.stderr


def test_it_says_soon_that_nothing_answers_there(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "access-1.pem").touch()
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    began = time.monotonic()
    assert f"podium: nothing answers at {url}: start podium there, or say with --url where it runs" in replay(url, tmp_path)
    assert time.monotonic() - began < 30


def test_a_folder_without_keys_is_named(tmp_path: Path) -> None:
    said = replay("http://127.0.0.1:1", tmp_path)
    assert f"podium: there are no keys in {tmp_path / 'keys'}: say with --data which folder podium runs on" in said
