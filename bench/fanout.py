"""CPU seconds per million deliveries, and delay, of the socket node and of peers on the same work, in turn.

python -m bench.fanout --peers websockets --viewers 2000 --rate 80 --rounds 3 [--json]

The server is pinned to one core, the swarm to another; every connection is checked for gaps, duplicates and order. A round in which the
swarm used more than 0.9 of its core is marked invalid. With --json the last line of standard output is one JSON object.
"""

import argparse
import asyncio
import json
import os
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redis.asyncio import Redis

from bench.machine import HERE, cpu_s, description, swarm
from contest.broker.logs import Logs
from contest.ids import ContestId, uuid7
from contest.keys import make_keys
from contest.wire.channels import Channels
from podium.embedded import start_valkey
from podium.ports import free_ports

LOG = "events:public"
SERVER_CORE, SWARM_CORE = "0", "1"
STATUS = {
    "version": 1, "title": "bench", "state": "ongoing", "public": True, "rehearsal": False, "scoring": "icpc", "penalty_s": 1200,
    "start_at": None, "end_at": None, "duration_s": 18000, "freeze_after_s": None, "frozen": False, "frozen_from_s": None,
    "started_at": None, "frozen_at": None, "ended_at": None, "thawed_at": None, "finalized_at": None,
    "clock": {"at": None, "contest_time_s": 0.0, "rate": 1.0}, "theme": None,
}  # fmt: skip
EMPTY_BOARD = b'{"scoring":"icpc","problems":[],"groups":[],"rows":[]}'


@dataclass(frozen=True)
class Work:
    viewers: int
    rate: float
    seconds: float
    payload_bytes: int

    @property
    def messages(self) -> int:
        return max(1, round(self.rate * self.seconds))


@dataclass(frozen=True)
class Place:
    """Where a round runs: a Valkey of its own, keys, a contest whose logs stand ready."""

    redis_url: str
    keys: Path
    channels: Channels
    contest: ContestId
    swarm: Path
    folder: Path


def start_podium(place: Place, port: int) -> "subprocess.Popen[bytes]":
    environment = os.environ | {
        "REDIS_URL": place.redis_url, "PODIUM_KEYS": str(place.keys), "PODIUM_PORT": str(port), "PODIUM_PREFIX": place.channels.prefix,
        "PODIUM_LOG_LEVEL": "error",
    }  # fmt: skip
    return _start([sys.executable, "-m", "ws_server"], environment)


def start_websockets(place: Place, port: int) -> "subprocess.Popen[bytes]":
    script = str(HERE / "peers" / "websockets_broadcast.py")
    return _start([sys.executable, script, str(port), place.redis_url, _peer_channel(place)], dict(os.environ))


PEERS = {"podium": start_podium, "websockets": start_websockets}


def _start(command: list[str], environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["taskset", "-c", SERVER_CORE, *command], env=environment, stdout=subprocess.DEVNULL)


def _peer_channel(place: Place) -> str:
    return f"{place.channels.prefix}:peer"


async def prepare(redis: Redis, place: Place) -> None:
    """The logs of one public contest as the relay and the ranker leave them."""
    logs = Logs(redis, place.channels)
    for log, members in (
        (LOG, b'"type":"events.snapshot","status":' + json.dumps(STATUS).encode() + b',"announcements":[]}'),
        ("board:public", b'"type":"board.snapshot","board":' + EMPTY_BOARD + b"}"),
    ):
        at = await logs.renew(place.contest, log)
        head = f'{{"log":"{log}","epoch":"{at.epoch}","seq":0,'.encode()
        await logs.save_snapshot(place.contest, log, at, head + members)


async def publish(redis: Redis, place: Place, work: Work, peer: str) -> int:
    """`work.messages` messages at an even rate; returns how many went out more than 50 ms late."""
    logs, loop, late = Logs(redis, place.channels), asyncio.get_running_loop(), 0
    began = loop.time()
    for n in range(1, work.messages + 1):
        due = began + n / work.rate
        if (wait := due - loop.time()) > 0:
            await asyncio.sleep(wait)
        late += loop.time() - due > 0.05
        members = f'"type":"bench.tick","sent_ns":{time.monotonic_ns()},"pad":"'.encode()
        members += b"x" * max(0, work.payload_bytes - len(members) - 70) + b'"}'
        if peer == "podium":
            await logs.publish(place.contest, LOG, members)
        else:
            head = f'{{"log":"{LOG}","epoch":"0000000000","seq":{n},'.encode()
            await redis.publish(_peer_channel(place), head + members)
    return late


async def wait_for_port(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        except OSError:
            await asyncio.sleep(0.05)
    raise TimeoutError(f"nothing listens on {port}")


async def one_round(place: Place, work: Work, peer: str) -> dict[str, Any]:
    """Start the server, open all viewers, publish, count. CPU is the server's between the last open and the last delivery."""
    port = free_ports(1)[0]
    server = PEERS[peer](place, port)
    try:
        await wait_for_port(port)
        async with Redis.from_url(place.redis_url) as redis:
            await prepare(redis, place)
            generator = await asyncio.create_subprocess_exec(
                "taskset", "-c", SWARM_CORE, str(place.swarm), "--port", str(port), "--path", f"/ws/contest/{place.contest}",
                "--connections", str(work.viewers), "--log", LOG, "--until", str(work.messages), "--sources", "8",
                "--seconds", str(work.seconds * 3 + 20), stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert generator.stdout is not None
            opened = json.loads((await generator.stdout.readline()).removeprefix(b"open "))
            await asyncio.sleep(0.5)
            before = cpu_s(server.pid)
            late = await publish(redis, place, work, peer)
            told = json.loads(await generator.stdout.readline())
            used = cpu_s(server.pid) - before
            await generator.wait()
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()
    expected = work.viewers * work.messages
    return {
        "cpu_s_per_million": round(used / max(1, told["delivered"]) * 1e6, 3),
        "p50_ms": told["p50_us"] / 1000, "p99_ms": told["p99_us"] / 1000,
        "delivered": told["delivered"], "expected": expected, "gaps": told["gaps"], "duplicates": told["duplicates"],
        "opens_per_s": round(opened["open"] / opened["open_s"]), "late_publishes": late,
        "valid": told["swarm_cpu_s"] < 0.9 * told["seconds"] and late <= work.messages * 0.01,
    }  # fmt: skip


def median(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """The median of each figure, and the spread of the CPU figure."""
    figures = {name: statistics.median(r[name] for r in rounds) for name in rounds[0] if name != "valid"}
    cpu = [r["cpu_s_per_million"] for r in rounds]
    return figures | {"cpu_spread": [min(cpu), max(cpu)], "rounds": len(rounds), "valid": all(r["valid"] for r in rounds)}


async def compare(place: Place, work: Work, peers: list[str], rounds: int) -> dict[str, Any]:
    found: dict[str, list[dict[str, Any]]] = {peer: [] for peer in peers}
    for number in range(1, rounds + 1):
        for peer in peers:
            result = await one_round(place, work, peer)
            found[peer].append(result)
            print(f"round {number} of {rounds}  {peer:<12} {result}", file=sys.stderr, flush=True)
    return {peer: median(results) for peer, results in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.fanout", description=__doc__.splitlines()[0])
    parser.add_argument("--peers", default="websockets", help="comma separated: " + ", ".join(p for p in PEERS if p != "podium"))
    parser.add_argument("--viewers", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=80, help="messages a second")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--bytes", type=int, default=200, dest="payload_bytes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    peers = ["podium", *(p for p in told.peers.split(",") if p)]
    if unknown := [p for p in peers if p not in PEERS]:
        parser.error(f"no such peer: {', '.join(unknown)}")
    work = Work(told.viewers, told.rate, told.seconds, told.payload_bytes)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, port, password = Path(name), free_ports(1)[0], secrets.token_hex(8)
        make_keys(folder / "keys")
        valkey = start_valkey(folder, port, password, folder / "valkey.log")
        stack.callback(valkey.wait)
        stack.callback(valkey.kill)
        asyncio.run(wait_for_port(port))
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        place = Place(url, folder / "keys", Channels("bench"), ContestId(uuid7()), swarm(folder), folder)
        result = asyncio.run(compare(place, work, peers, told.rounds)) | {"machine": description()}
    report(result, peers) if not told.json else print(json.dumps(result))


def report(result: dict[str, Any], peers: list[str]) -> None:
    print("| server | CPU s per million | against Podium | p50 ms | p99 ms | delivered | opens/s |\n|---|---|---|---|---|---|---|")
    own = result["podium"]["cpu_s_per_million"]
    for peer in peers:
        r = result[peer]
        print(
            f"| {peer} | {r['cpu_s_per_million']} | {r['cpu_s_per_million'] / own:.2f} | {r['p50_ms']} | {r['p99_ms']} "
            f"| {r['delivered']:.0f} of {r['expected']:.0f} | {r['opens_per_s']:.0f} |" + ("" if r["valid"] else " (invalid)")
        )
    print(f"\n{result['machine']}")


if __name__ == "__main__":
    main()
