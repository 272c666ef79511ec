"""How long the ranker's tick takes as a contest grows: 1,000 changes a second, ten ticks a second, with a Valkey of its own.

python -m bench.windows --entrants 1000,10000,100000 --ticks 300 [--json]

`tick`: 100 verdicts taken into the tally, both boards' changes told and published; without PostgreSQL. `whole`: the same tick when every
row is put in order and compared, as the oracle does. `keep`: a board with all its rows put in order, and written as snapshot and sorted
set. `follow`: bytes a second, as JSON not deflated, that one second's changes are for who follows one tile (the median one, the busiest)
and the table of all tiles. Ticks follow one another without a pause. With --json the last line of standard output is one JSON object.
"""

import argparse
import asyncio
import json
import random
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace
from redis.asyncio import Redis

from bench.machine import description
from bench.place import wait_for_port
from contest.broker.leases import Lease, Leases
from contest.broker.logs import Logs
from contest.broker.ranks import Ranks
from contest.domain.audience import STATE_LOGS
from contest.domain.boards import Board, delta
from contest.domain.scoring import Entrant, Judged, Question, Rules, Tally
from contest.domain.tiles import Key, beginnings, rows_by_tile, table
from contest.ids import ContestId, uuid7
from contest.wire.channels import Channels
from podium.embedded import start_valkey
from podium.ports import free_ports
from ranker.board_log import BoardLog
from ranker.scoring import VIEWS

CHANGES = 100
"""Of a tick: a tenth of what comes in a second."""
TICKS_PER_S = 10
WHOLE_TICKS = 10
TILE_SIZES = (100, 300, 1000)
QUESTIONS = tuple(Question(f"q{number}", chr(ord("A") + number), f"Problem {number}") for number in range(10))


def runs(entrants: int, chance: random.Random) -> Iterator[Judged]:
    """Verdicts without end: anybody, on any problem, three in ten accepted."""
    arrival = 0
    while True:
        arrival += 1
        who, verdict = f"p{chance.randrange(entrants):06}", chance.choices(("AC", "WA"), (3, 7))[0]
        yield Judged(f"s{arrival}", who, chance.choice(QUESTIONS).id, arrival / 1000, arrival, verdict)


def begun(entrants: int, coming: Iterator[Judged]) -> Tally:
    """A contest in which everybody has sent two runs, as near as chance has it."""
    people = tuple(Entrant(f"p{number:06}", f"Contestant {number:06}") for number in range(entrants))
    tally = Tally(Rules("icpc", 1200, None), QUESTIONS, (), people)
    for _ in range(2 * entrants):
        tally.put(next(coming))
    return tally


def percentiles(taken_s: list[float]) -> dict[str, float]:
    ordered = sorted(taken_s)
    return {f"p{part}_ms": round(ordered[min(len(ordered) - 1, len(ordered) * part // 100)] * 1000, 2) for part in (50, 99)}


async def ticks(
    tally: Tally, coming: Iterator[Judged], boards: dict[Any, BoardLog], leases: Leases, lease: Lease, count: int
) -> list[float]:
    taken_s = []
    for _ in range(count):
        came = [next(coming) for _ in range(CHANGES)]
        began = time.perf_counter()
        for run in came:
            tally.put(run)
        for view, board in boards.items():
            await board.publish(tally.step(view))
        taken_s.append(time.perf_counter() - began)
        await leases.extend(lease)
    return taken_s


def whole_ticks(tally: Tally, coming: Iterator[Judged]) -> list[float]:
    taken_s, before = [], {view: tally.board(view) for view in VIEWS}
    for _ in range(WHOLE_TICKS):
        came = [next(coming) for _ in range(CHANGES)]
        began = time.perf_counter()
        for run in came:
            tally.put(run)
        for view in VIEWS:
            board = tally.board(view)
            delta(before[view], board)
            before[view] = board
        taken_s.append(time.perf_counter() - began)
    return taken_s


def follow_bytes(tally: Tally, coming: Iterator[Judged], size: int) -> dict[str, int]:
    """What a second of changes costs who follows a tile of `size` rows: their changes, whole rows that come in, ids that leave."""
    before = tally.board("public")
    for _ in range(CHANGES * TICKS_PER_S):
        tally.put(next(coming))
    after, firsts = tally.board("public"), beginnings(before, size)
    costs = [len(msgspec.json.encode(delta(old, new))) for old, new in zip(tiles_of(before, firsts), tiles_of(after, firsts), strict=True)]
    tables = zip(table(before, firsts), table(after, firsts), strict=True)
    counts = [(at, new.shown, new.ranked, new.tied) for at, (old, new) in enumerate(tables) if old != new]
    return {
        "tiles": len(firsts),
        "median": round(statistics.median(costs)),
        "busiest": max(costs),
        "table": len(msgspec.json.encode(counts)),
    }


def tiles_of(board: Board, firsts: tuple[Key, ...]) -> list[Board]:
    return [replace(board, rows=rows) for rows in rows_by_tile(board, firsts)]


async def one_size(redis: Redis, entrants: int, count: int) -> dict[str, Any]:
    channels, contest = Channels("bench"), ContestId(uuid7())
    leases = Leases(redis, channels, "ranker", "bench", sorted(STATE_LOGS), 60.0)
    lease = await leases.acquire(contest)
    assert lease is not None
    coming = runs(entrants, random.Random(7))
    tally = begun(entrants, coming)
    boards = {view: BoardLog(Logs(redis, channels), Ranks(redis, channels), lease, view) for view in VIEWS}
    for view, board in boards.items():
        await board.begin(tally.board(view), anew=True)
    taken_s = await ticks(tally, coming, boards, leases, lease, count)
    began = time.perf_counter()
    await boards["public"].keep(tally.board("public"))
    kept_s = time.perf_counter() - began
    whole_s = whole_ticks(tally, coming)
    follow = {str(size): follow_bytes(tally, coming, size) for size in TILE_SIZES}
    return {"tick": percentiles(taken_s), "whole": percentiles(whole_s), "keep_ms": round(kept_s * 1000, 1), "follow": follow}


async def curve(url: str, sizes: list[int], count: int) -> dict[str, Any]:
    redis, found = Redis.from_url(url), {}
    try:
        for entrants in sizes:
            found[str(entrants)] = await one_size(redis, entrants, count)
            print(f"{entrants} entrants  {found[str(entrants)]}", file=sys.stderr, flush=True)
    finally:
        await redis.aclose()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.windows", description=__doc__.splitlines()[0])
    parser.add_argument("--entrants", default="1000,10000,100000", help="comma separated")
    parser.add_argument("--ticks", type=int, default=300)
    parser.add_argument("--json", action="store_true")
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder, port, password = Path(name), free_ports(1)[0], secrets.token_hex(8)
        valkey = start_valkey(folder, port, password, folder / "valkey.log")
        try:
            asyncio.run(wait_for_port(port))
            url = f"redis://:{password}@127.0.0.1:{port}/0"
            result = asyncio.run(curve(url, [int(size) for size in told.entrants.split(",")], told.ticks))
        finally:
            valkey.kill()
            valkey.wait()
    if told.json:
        print(json.dumps({"entrants": result, "changes_per_tick": CHANGES, "machine": description()}))
    else:
        report(result)


def report(result: dict[str, Any]) -> None:
    print("| entrants | tick p50 ms | tick p99 ms | all rows compared p50 ms | kept ms |\n|---|---|---|---|---|")
    for entrants, r in result.items():
        print(f"| {int(entrants):,} | {r['tick']['p50_ms']} | {r['tick']['p99_ms']} | {r['whole']['p50_ms']} | {r['keep_ms']} |")
    print(f"\n{description()}")


if __name__ == "__main__":
    main()
