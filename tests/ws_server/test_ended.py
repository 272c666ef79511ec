"""A node is told which sessions were ended and what was taken back: it closes sockets, refuses tickets and answers their tokens no more."""

import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from contest.broker import ended as told
from contest.ended import EndedSession, Revocation
from contest.ids import UserId, uuid7
from contest.tokens import AccessSigner, Person
from contest.wire.close_codes import CloseCode
from tests.support import eventually
from tests.ws_server.conftest import Line, Node, Writer

pytestmark = pytest.mark.anyio
SOON = datetime.now(UTC) + timedelta(hours=1)


async def say(writer: Writer, ended: list[EndedSession], revoked: list[Revocation]) -> None:
    await told.write(writer.redis, writer.channels, told.members_of(ended, revoked))


def person(role: str = "organiser", session: str | None = None) -> Person:
    return Person(UserId(uuid7()), role, None, int(time.time()) + 900, session=session)  # type: ignore[arg-type]


def opened(node: Node, who: Person) -> connect:
    headers = {"Authorization": f"Bearer {node.tickets.mint(who, node.writer.contest)[0]}"}
    return connect(node.url(), additional_headers=headers, subprotocols=["podium.v1"], compression=None, proxy=None)  # type: ignore[list-item]


async def test_an_ended_session_closes_its_sockets_and_no_others(node: Node, writer: Writer) -> None:
    session = uuid7()
    gone = person(session=session)
    stays = Person(gone.user, "organiser", None, gone.until, session=uuid7())
    async with opened(node, gone) as one, opened(node, stays) as other:
        await say(writer, [EndedSession(session, gone.user, SOON, datetime.now(UTC))], [])
        assert await Line(one).closed() == CloseCode.REVOKED
        assert other.close_code is None
    with pytest.raises(InvalidStatus) as refused:
        async with opened(node, gone):
            pass
    assert refused.value.response.status_code == 401
    async with opened(node, stays):
        pass


async def test_what_was_taken_back_in_one_contest_or_in_all(node: Node, writer: Writer) -> None:
    here, elsewhere, anywhere = person(), person(), person()
    now = datetime.now(UTC) + timedelta(seconds=1)
    async with opened(node, here) as one, opened(node, elsewhere) as two, opened(node, anywhere) as three:
        lost = [Revocation(here.user, writer.contest, now, "role lost"), Revocation(elsewhere.user, uuid7(), now, "role lost")]
        await say(writer, [], [*lost, Revocation(anywhere.user, None, now, "disabled")])
        line = Line(one)
        assert await line.closed() == CloseCode.REVOKED
        assert line.frames[-1] == {"type": "session.revoked", "reason": "role lost"}
        assert await Line(three).closed() == CloseCode.REVOKED
        assert two.close_code is None


async def test_a_token_that_counts_no_more_reads_nothing_from_a_node(node: Node, writer: Writer) -> None:
    await writer.begin(public=False)
    signer, who = AccessSigner.of(node.config.keys), person("contestant")
    token = signer.sign(who)
    path = f"{node.http}/api/v1/contest/{writer.contest}/status/"
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as client:
        assert (await client.get(path)).status_code == 200
        await say(writer, [], [Revocation(who.user, None, datetime.now(UTC), "removed")])

        async def refused() -> bool:
            return (await client.get(path)).status_code == 401

        await eventually(refused, 5)


async def test_what_is_over_is_taken_out_and_what_redis_lost_is_told_again(writer: Writer) -> None:
    one, two = (EndedSession(uuid7(), uuid7(), SOON, datetime.now(UTC)) for _ in range(2))
    await say(writer, [one, two], [])
    await told.keep_only(writer.redis, writer.channels, told.members_of([two], []))
    news = await told.read(writer.redis, writer.channels, 0.0)
    assert [found.id for found in news.ended] == [two.id]
    assert (await told.read(writer.redis, writer.channels, time.time() + 60)).ended == []
