"""The scripts behind the commands of the Makefile: which Python is taken, what is said when something is not there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent


def run(script: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["/bin/sh", str(ROOT / "deploy" / script)], env=environment, capture_output=True, text=True)


def executable(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


def test_the_python_that_was_named_is_taken() -> None:
    done = run("python.sh", PYTHON=sys.executable, PATH=os.environ["PATH"])
    assert done.returncode == 0
    assert Path(done.stdout.strip()).samefile(sys._base_executable)  # type: ignore[attr-defined]


def test_a_python_that_is_too_old_or_does_not_run_is_passed_over(tmp_path: Path) -> None:
    executable(tmp_path / "python3.11", "exit 1")
    (tmp_path / "python3.12").write_text("not a program")
    executable(tmp_path / "python3.13", f'exec {sys.executable} "$@"')
    done = run("python.sh", PATH=f"{tmp_path}:/usr/bin:/bin")
    assert done.returncode == 0
    assert Path(done.stdout.strip()).samefile(sys._base_executable)  # type: ignore[attr-defined]


def test_without_a_browser_and_without_the_right_to_install_it_says_what_to_do(tmp_path: Path) -> None:
    executable(tmp_path / "id", "echo 1000")
    done = run("chromium.sh", PATH=str(tmp_path))
    assert done.returncode == 1
    assert "apt-get install chromium" in done.stderr


def test_root_installs_the_browser(tmp_path: Path) -> None:
    executable(tmp_path / "id", "echo 0")
    executable(tmp_path / "apt-get", 'echo "$@"')
    done = run("chromium.sh", PATH=str(tmp_path))
    assert done.returncode == 0
    assert "install -y -qq --no-install-recommends chromium" in done.stdout


def test_a_browser_that_is_there_is_enough(tmp_path: Path) -> None:
    executable(tmp_path / "chromium-browser", "exit 0")
    assert run("chromium.sh", PATH=str(tmp_path)).returncode == 0


@pytest.mark.parametrize("script", ["deploy/setup.sh", "deploy/python.sh", "deploy/chromium.sh", "deploy/entrypoint.sh", ".ci/run"])
def test_scripts_are_well_formed(script: str) -> None:
    shell = "bash" if script == ".ci/run" else "sh"
    assert subprocess.run([shell, "-n", str(ROOT / script)]).returncode == 0
    assert "set -eu" in (ROOT / script).read_text()


def test_the_commands_that_others_rely_on_are_there() -> None:
    for target in ("setup", "run", "test", "check", "rehearse", "bench"):
        planned = subprocess.run(["make", "-n", target, "FEED=x"], cwd=ROOT, capture_output=True, text=True)
        assert planned.returncode == 0, planned.stderr
        assert "deploy/setup.sh" in planned.stdout
    assert "--port 8080 --data .podium" in subprocess.run(["make", "-n", "run"], cwd=ROOT, capture_output=True, text=True).stdout
