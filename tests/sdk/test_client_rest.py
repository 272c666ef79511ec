"""REST calls against a server that plays every trick a network has: cut lines, overload, a gateway without servers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from podium_client import PodiumRest, Refused, Unreachable

from contest.errors import as_json

pytestmark = pytest.mark.anyio

Answer = tuple[int, dict[str, str], bytes] | None
"""None: the line is cut after the request was read."""


class Server:
    """Answers each request with the next of `answers`; the last one again and again."""

    def __init__(self, answers: list[Answer]) -> None:
        self.answers = answers
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                first, *lines = head.strip().split("\r\n")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.requests.append((first.rpartition(" ")[0], headers, body))
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if answer is None:
                    break
                status, extra, content = answer
                told = {"Content-Length": str(len(content)), **extra}
                writer.write(
                    f"HTTP/1.1 {status} X\r\n".encode() + "".join(f"{k}: {v}\r\n" for k, v in told.items()).encode() + b"\r\n" + content
                )
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@contextlib.asynccontextmanager
async def serving(*answers: Answer) -> AsyncIterator[Server]:
    server = Server(list(answers))
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listening.close()


GROUP = (201, {}, b'{"id":"g","name":"Hall","contest_id":"c","hidden":false,"new_member":1}')
GONE = (404, {}, as_json("submission.not_found", "Gone."))
OVERLOADED = (503, {}, as_json("server.overloaded", "Later."))


async def test_a_post_is_sent_again_with_the_same_key_until_it_is_acknowledged() -> None:
    lost: list[Answer] = [None, OVERLOADED, (404, {}, b"404 page not found\n"), (500, {}, as_json("server.error", "?")), GROUP]
    async with serving(*lost) as server, PodiumRest(server.url, "token", patience_s=30) as rest:
        made = await rest.create_group("c", "Hall")
    assert made.id == "g"
    assert len(server.requests) == 5
    assert len({headers["idempotency-key"] for _, headers, _ in server.requests}) == 1
    assert len({body for _, _, body in server.requests}) == 1
    assert all(headers["authorization"] == "Bearer token" for _, headers, _ in server.requests)


async def test_two_calls_have_two_keys() -> None:
    async with serving(GROUP) as server, PodiumRest(server.url) as rest:
        await rest.create_group("c", "Hall")
        await rest.create_group("c", "Hall")
    assert len({headers["idempotency-key"] for _, headers, _ in server.requests}) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
async def test_a_refusal_is_told_at_once_and_whole(status: int) -> None:
    async with serving((status, {}, as_json("noun.word", "Because."))) as server, PodiumRest(server.url) as rest:
        with pytest.raises(Refused) as refused:
            await rest.create_group("c", "Hall")
    assert (refused.value.status, refused.value.code, refused.value.message) == (status, "noun.word", "Because.")
    assert len(server.requests) == 1


async def test_patience_ends() -> None:
    async with serving(OVERLOADED) as server, PodiumRest(server.url, patience_s=0.3) as rest:
        with pytest.raises(Unreachable, match=r"server\.overloaded"):
            await rest.contest("c")
    assert len(server.requests) >= 1


async def test_nobody_there_is_unreachable() -> None:
    async with PodiumRest("http://127.0.0.1:9", patience_s=0.2) as rest:
        with pytest.raises(Unreachable):
            await rest.contest("c")


async def test_a_delete_whose_answer_was_lost_was_done() -> None:
    async with serving(None, GONE) as server, PodiumRest(server.url, patience_s=10) as rest:
        await rest.delete_submission("s")
    assert len(server.requests) == 2


async def test_a_delete_of_what_is_not_there_is_refused() -> None:
    async with serving(GONE) as server, PodiumRest(server.url, patience_s=10) as rest:
        with pytest.raises(Refused):
            await rest.delete_submission("s")


async def test_retry_after_is_obeyed() -> None:
    later = (429, {"Retry-After": "1"}, as_json("rate.limited", "Later."))
    async with serving(later, GROUP) as server, PodiumRest(server.url, patience_s=10) as rest:
        began = asyncio.get_running_loop().time()
        await rest.create_group("c", "Hall")
        assert asyncio.get_running_loop().time() - began >= 1
    assert len(server.requests) == 2
