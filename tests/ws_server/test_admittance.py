"""Who comes in, and what they then read: every role on every log, tickets good and bad, origins, limits."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from contest.domain.audience import ROLES, has_inbox, inbox_log, shared_logs
from contest.ids import ContestId, UserId, uuid7
from contest.keys import make_keys
from contest.tokens import AccessSigner, Person, Tickets
from tests.support import eventually
from tests.ws_server.conftest import Node, Start, Writer
from tests.ws_server.raw import RawLine, handshake_headers

pytestmark = pytest.mark.anyio

ALL_LOGS = ("board:public", "board:full", "events:public", "events:organiser", "events:proctor", inbox_log("ann"), inbox_log("eve"))


async def refusal(node: Node, query: str = "", contest: str = "", method: str = "GET", **headers: str) -> tuple[int, str]:
    """Status and code of a refused handshake. A header given as `-` is left out."""
    line = await RawLine.to(node.config.port)
    merged = handshake_headers() | {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {name: value for name, value in merged.items() if value != "-"}
    status, found, body = await line.request(f"/ws/contest/{contest or node.writer.contest}{query}", sent, method)
    line.end()
    if status == 101:
        return 101, ""
    assert found["x-request-id"]
    assert status not in (429, 503) or int(found["retry-after"]) > 0
    return status, json.loads(body)["error"]["code"]


@pytest.mark.parametrize("role", ["", *ROLES])
async def test_every_role_on_every_log(node: Node, role: str) -> None:
    """One entry on each log; a client gets those of the table and no other, whatever it claims to have."""
    w = node.writer
    for log in ("events:organiser", "events:proctor"):
        await w.logs.renew(w.contest, log)
    for log in (inbox_log("ann"), inbox_log("eve")):
        await w.logs.renew(w.contest, log)
    reads = set(shared_logs(role or "viewer")) | ({"inbox"} if has_inbox(role or "viewer") else set())  # type: ignore[arg-type]
    claimed = ",".join(f"{log}@e.1" for log in (*ALL_LOGS, "inbox", "control"))
    async with node.open(role, have=claimed) as line:
        hello = await line.next()
        assert set(hello["logs"]) == reads
        assert hello["role"] == (role or "viewer")
        assert (hello["renew_before"] is None) == (role == "")
        first = await line.take(2 * len(reads))
        assert {one["log"] for one in first} == reads
        for log in ("board:public", "board:full"):
            await w.move(log)
        for log in ("events:organiser", "events:proctor"):
            await w.announce("staff", log)
        await w.judge("eve", "WA")
        await w.judge("ann", "AC")
        await w.announce("last")
        await line.until(lambda one: one.get("announcement", {}).get("text") == "last" and one["log"] == "events:public")
        later = line.frames[1 + 2 * len(reads) :]
        assert {one["log"] for one in later} == reads
        assert all(one["seq"] == 1 for one in later)
        assert [one["submission"]["verdict"] for one in later if one["log"] == "inbox"] == (["AC"] if "inbox" in reads else [])


async def test_an_inbox_has_a_count_of_its_own_and_resumes(node: Node) -> None:
    w = node.writer
    neighbour = next(name for name in (f"u{n}" for n in range(5_000)) if inbox_log(name) == inbox_log("ann"))
    await w.judge("ann", "WA", "s1")
    async with node.open("contestant") as line:
        _, _, _, inbox = await line.take(4)
        assert (inbox["type"], inbox["seq"]) == ("inbox.snapshot", 1)
        assert [one["verdict"] for one in inbox["submissions"]] == ["WA"]
        await w.judge(neighbour, "TLE")
        await w.judge("ann", "AC", "s2")
        entry = await line.next()
        assert (entry["log"], entry["seq"], entry["submission"]["id"]) == ("inbox", 2, "s2")
        held = f"inbox@{entry['epoch']}.2"
    await w.judge(neighbour, "TLE")
    await w.judge("ann", "AC", "s1")
    async with node.open("contestant", have=held) as line:
        found = await line.until(lambda one: one.get("log") == "inbox")
        assert (found["type"], found["seq"], found["submission"]["id"]) == ("verdict.reached", 3, "s1")
    async with node.open("contestant") as line:
        kept = await line.until(lambda one: one.get("log") == "inbox")
        assert [(one["id"], one["verdict"]) for one in kept["submissions"]] == [("s1", "AC"), ("s2", "AC")]
        await w.logs.renew(w.contest, inbox_log("ann"), kept={"ann": b"[]"})
        resync, kept = await line.take(2)
        assert (resync["log"], resync["reason"], kept["submissions"]) == ("inbox", "epoch", [])


async def test_a_ticket_in_the_subprotocol(node: Node) -> None:
    line = await RawLine.to(node.config.port)
    offered = f"podium.v1, podium.ticket.{node.ticket('proctor')}"
    status, headers, _ = await line.upgrade(node.writer.contest, Sec_WebSocket_Protocol=offered)
    assert (status, headers["sec-websocket-protocol"]) == (101, "podium.v1")
    assert json.loads((await line.frame())[1])["role"] == "proctor"
    line.end()


async def test_tokens_that_are_refused(node: Node, tmp_path: Path) -> None:
    make_keys(tmp_path / "other")
    person = Person(UserId("ann"), "organiser", None, int(time.time()) + 900)
    foreign = Tickets.of(tmp_path / "other").mint(person, node.writer.contest)[0]
    elsewhere = node.tickets.mint(person, ContestId(uuid7()))[0]
    access, _ = AccessSigner.of(node.config.keys).mint(UserId("ann"), "organiser", None, 60)
    none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ."
    for token, status, code in (
        (foreign, 401, "ticket.invalid"),
        (elsewhere, 403, "ticket.other_contest"),
        (access, 401, "ticket.invalid"),
        (none, 401, "ticket.invalid"),
        ("x", 401, "ticket.invalid"),
        (node.ticket("organiser", until_s=-5), 401, "ticket.expired"),
    ):
        assert await refusal(node, Authorization=f"Bearer {token}") == (status, code)
        assert await refusal(node, Sec_WebSocket_Protocol=f"podium.v1, podium.ticket.{token}") == (status, code)
    two = f"podium.v1, podium.ticket.{node.ticket('viewer')}"
    assert await refusal(node, Sec_WebSocket_Protocol=two, Authorization=f"Bearer {node.ticket('viewer', 'bob')}") == (
        400,
        "handshake.tickets",
    )


async def test_handshakes_that_are_refused(node: Node) -> None:
    assert await refusal(node) == (101, "")
    assert await refusal(node, Upgrade="-") == (426, "handshake.upgrade_required")
    assert await refusal(node, Connection="keep-alive") == (426, "handshake.upgrade_required")
    assert await refusal(node, Sec_WebSocket_Version="8") == (426, "handshake.version")
    assert await refusal(node, Sec_WebSocket_Key="c2hvcnQ=") == (400, "handshake.key")
    assert await refusal(node, Sec_WebSocket_Key="-") == (400, "handshake.key")
    assert await refusal(node, Sec_WebSocket_Protocol="chat") == (400, "handshake.subprotocol")
    assert await refusal(node, contest="nobody") == (404, "path.not_found")
    assert await refusal(node, contest=uuid7()) == (404, "contest.not_found")
    assert await refusal(node, method="POST") == (426, "handshake.upgrade_required")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("-", 101), ("https://podium.test", 101), ("http://podium.test:80", 101), ("https://friend.test", 101),
        ("http://podium.test:81", 403),

        ("https://podium.test.evil", 403), ("null", 403), ("https://evil.test", 403), ("ftp://podium.test", 403),
    ],
)  # fmt: skip
async def test_origins(start: Start, origin: str, status: int) -> None:
    node = await start(origins=("https://friend.test",))
    assert (await refusal(node, Origin=origin))[0] == status


async def test_a_ticket_for_a_contest_that_has_not_begun_its_logs_is_told_to_come_back(node: Node) -> None:
    """The ticket says that the contest is there: 404 would send its contestant away for good, a moment before it opens."""
    soon = Writer(node.writer.redis, node.writer.channels)
    ticket = node.tickets.mint(Person(UserId("ann"), "contestant", None, 2**31), soon.contest)[0]
    assert await refusal(node, contest=soon.contest, authorization=f"Bearer {ticket}") == (503, "contest.not_open")
    assert await refusal(node, contest=soon.contest) == (404, "contest.not_found")
    await soon.begin()
    assert (await refusal(node, contest=soon.contest, authorization=f"Bearer {ticket}"))[0] == 101


async def test_a_contest_that_is_not_public(node: Node) -> None:
    async with node.open() as guest, node.open("viewer", "bob") as known:
        await guest.take(3)
        await known.take(3)
        await node.writer.begin(public=False)
        assert await guest.closed() == 4401
        await known.until(lambda one: one["type"] == "events.snapshot" and not one["status"]["public"])
    assert await refusal(node) == (401, "ticket.missing")
    assert (await refusal(node, Authorization=f"Bearer {node.ticket('viewer')}"))[0] == 101


async def test_limits_by_person_and_address(start: Start) -> None:
    node = await start(per_person_max=2, per_address_max=3)
    async with node.open("viewer", "bob"), node.open("viewer", "bob"):
        assert await refusal(node, Authorization=f"Bearer {node.ticket('viewer', 'bob')}") == (429, "limit.person")
        async with node.open("viewer", "eve"):
            assert await refusal(node) == (429, "limit.address")
            assert (await refusal(node, X_Forwarded_For="192.0.2.7, 127.0.0.5"))[0] == 101

    async def again() -> bool:
        return (await refusal(node, Authorization=f"Bearer {node.ticket('viewer', 'bob')}"))[0] == 101

    await eventually(again)


async def test_forged_forwarding_is_not_believed(start: Start) -> None:
    node = await start(per_address_max=1, trusted_proxies=())
    async with node.open():
        assert await refusal(node, X_Forwarded_For="192.0.2.7") == (429, "limit.address")


async def test_admission_is_paced_and_the_node_fills_up(start: Start) -> None:
    node = await start(admissions_per_s=2)
    found = [await refusal(node) for _ in range(12)]
    assert found[0] == (101, "")
    assert (503, "server.overloaded") in found
    full = await start(connections_max=1)
    async with full.open() as line:
        await line.take(1)
        assert await refusal(full) == (503, "server.overloaded")


async def test_a_storm_on_a_cold_room_is_one_load(node: Node) -> None:
    async def join() -> None:
        async with node.open() as line:
            await line.take(3)

    await asyncio.gather(*(join() for _ in range(40)))
    assert node.telemetry.registry.get_sample_value("podium_log_loads_total") == 2
