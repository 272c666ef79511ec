"""What a figure was measured on, CPU seconds of a process, and the swarm's binary."""

import os
import platform
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
TICK = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """User and system CPU seconds of a process and its threads so far (proc(5), stat, fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def swarm(folder: Path) -> Path:
    """The load generator, compiled into `folder`. Exits with a sentence if there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        sys.exit("bench: a C compiler (cc) is needed for the load generator; on Debian: apt install gcc libc6-dev")
    binary = folder / "swarm"
    subprocess.run([compiler, "-O2", "-o", binary, HERE / "swarm.c"], check=True)
    return binary


def description() -> dict[str, str | int]:
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "unknown")
    return {
        "cpu": model,
        "cores": os.cpu_count() or 0,
        "kernel": platform.release(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("uvloop", "websockets", "redis")},
    }
