"""CPU seconds per million deliveries, and delay, of the socket node and of peers on the same work, in turn.

python -m bench.fanout --peers bun,nchan --viewers 2000 --rate 80 --tick-ms 0 --rounds 3 [--json]

The server is pinned to one core, the swarm to another; every connection is checked for gaps, duplicates and order. Podium's viewers come
with a ticket each and get a board of 4 kB; the peers' come with nothing and get a line. A round is marked invalid in which the swarm used
more than 0.9 of its core, or messages were published late. A peer that cannot run here is named with the reason. With --json the last line
of standard output is one JSON object.
"""

import argparse
import asyncio
import json
import secrets
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from redis.asyncio import Redis

from bench.machine import cpu_s, description, swarm
from bench.peers import PEERS, Peer
from bench.place import LOG, SWARM_CORE, Place, prepare, wait_for_port, write_tickets
from contest.broker.logs import Logs
from contest.ids import ContestId, uuid7
from contest.keys import make_keys
from contest.wire.channels import Channels
from podium.embedded import start_valkey
from podium.ports import free_ports

HELLO = b'{"type":"hello","session":"-"}'

Send = Callable[[int, bytes], Awaitable[Any]]
"""Publishes a message: its number from 1, its JSON members without the opening brace."""


@dataclass(frozen=True)
class Work:
    viewers: int
    rate: float
    seconds: float
    payload_bytes: int
    tick_ms: int = 0

    @property
    def messages(self) -> int:
        return max(1, round(self.rate * self.seconds))


def sender(peer: Peer, place: Place, redis: Redis, http: httpx.AsyncClient) -> Send:
    logs = Logs(redis, place.channels)

    def whole(number: int, members: bytes) -> bytes:
        return f'{{"log":"{LOG}","epoch":"0000000000","seq":{number},'.encode() + members

    if peer.is_podium:
        return lambda _, members: logs.publish(place.contest, LOG, members)
    if peer.by_http:
        return lambda number, members: http.post("/pub", content=whole(number, members))
    return lambda number, members: redis.publish(place.peer_channel, whole(number, members))


async def publish(send: Send, work: Work) -> int:
    """`work.messages` messages at an even rate; returns how many went out more than 50 ms late."""
    loop, late = asyncio.get_running_loop(), 0
    began = loop.time()
    for number in range(1, work.messages + 1):
        due = began + number / work.rate
        if (wait := due - loop.time()) > 0:
            await asyncio.sleep(wait)
        late += loop.time() - due > 0.05
        members = f'"type":"bench.tick","sent_ns":{time.monotonic_ns()},"pad":"'.encode()
        await send(number, members + b"x" * max(0, work.payload_bytes - len(members) - 70) + b'"}')
    return late


async def one_round(place: Place, work: Work, peer: Peer) -> dict[str, Any]:
    """Start the server, open all viewers, publish, count. CPU is the server's between the last open and the last delivery."""
    port = free_ports(1)[0]
    server = peer.start(place, port, work.tick_ms)
    try:
        await wait_for_port(port)
        async with (
            Redis.from_url(place.redis_url) as redis,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
        ):
            await prepare(redis, place)
            if peer.by_http:
                (await http.post("/pub", content=HELLO)).raise_for_status()
            tickets = ["--tickets", str(write_tickets(place, work.viewers))] if peer.is_podium else []
            generator = await asyncio.create_subprocess_exec(
                "taskset", "-c", SWARM_CORE, str(place.swarm), "--port", str(port), "--path", f"/ws/contest/{place.contest}",
                "--connections", str(work.viewers), "--log", LOG, "--until", str(work.messages), "--sources", "8",
                "--seconds", str(work.seconds * 3 + 20), *tickets, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            assert generator.stdout is not None
            opened = json.loads((await generator.stdout.readline()).removeprefix(b"open "))
            await asyncio.sleep(0.5)
            before = cpu_s(server.pid)
            late = await publish(sender(peer, place, redis, http), work)
            told = json.loads(await generator.stdout.readline())
            used = cpu_s(server.pid) - before
            await generator.wait()
    finally:
        server.send_signal(signal.SIGKILL)
        server.wait()
    return {
        "cpu_s_per_million": round(used / max(1, told["delivered"]) * 1e6, 3),
        "p50_ms": told["p50_us"] / 1000, "p99_ms": told["p99_us"] / 1000,
        "delivered": told["delivered"], "expected": work.viewers * work.messages, "gaps": told["gaps"], "duplicates": told["duplicates"],
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
            result = await one_round(place, work, PEERS[peer])
            found[peer].append(result)
            print(f"round {number} of {rounds}  {peer:<12} {result}", file=sys.stderr, flush=True)
    return {peer: median(results) for peer, results in found.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.fanout", description=__doc__.splitlines()[0])
    parser.add_argument("--peers", default="bun,nchan", help="comma separated: " + ", ".join(p for p in PEERS if p != "podium"))
    parser.add_argument("--viewers", type=int, default=2000)
    parser.add_argument("--rate", type=float, default=80, help="messages a second")
    parser.add_argument("--tick-ms", type=int, default=0, help="of Podium, and of the peers that can wait")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--bytes", type=int, default=200, dest="payload_bytes")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    asked = ["podium", *(p for p in told.peers.split(",") if p)]
    if unknown := [p for p in asked if p not in PEERS]:
        parser.error(f"no such peer: {', '.join(unknown)}")
    missing = {peer: why for peer in asked if (why := PEERS[peer].missing()) is not None}
    peers = [peer for peer in asked if peer not in missing]
    work = Work(told.viewers, told.rate, told.seconds, told.payload_bytes, told.tick_ms)
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder, port, password = Path(name), free_ports(1)[0], secrets.token_hex(8)
        make_keys(folder / "keys")
        valkey = start_valkey(folder, port, password, folder / "valkey.log")
        stack.callback(valkey.wait)
        stack.callback(valkey.kill)
        asyncio.run(wait_for_port(port))
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        place = Place(url, folder / "keys", Channels("bench"), ContestId(uuid7()), swarm(folder), folder)
        result = asyncio.run(compare(place, work, peers, told.rounds))
    if told.json:
        print(json.dumps(result | {"missing": missing, "machine": description()}))
    else:
        report(result, missing)


def report(result: dict[str, Any], missing: dict[str, str]) -> None:
    print("| server | CPU s per million | against Podium | p50 ms | p99 ms | delivered | opens/s |\n|---|---|---|---|---|---|---|")
    own = result["podium"]["cpu_s_per_million"]
    for peer, r in result.items():
        print(
            f"| {peer} | {r['cpu_s_per_million']} | {r['cpu_s_per_million'] / own:.2f} | {r['p50_ms']} | {r['p99_ms']} "
            f"| {r['delivered']:.0f} of {r['expected']:.0f} | {r['opens_per_s']:.0f} |" + ("" if r["valid"] else " (invalid)")
        )
    for peer, why in missing.items():
        print(f"| {peer} | did not run here: {why} |")
    print(f"\n{description()}")


if __name__ == "__main__":
    main()
