"""Files as answers: what is taken, what is refused, and that they come back whole to who grades them."""

from hashlib import sha256
from typing import Any

import asyncpg
import httpx
import pytest

from contest.files import checked_url
from tests.rest import Rest, check_refusal, new_id
from tests.sitting import Contestant, exam

pytestmark = pytest.mark.anyio
PDF = b"%PDF-1.7 " + bytes(range(256)) * 3


async def send(
    who: Contestant, name: str, content: bytes, question: str = "file", media_type: str = "application/octet-stream"
) -> httpx.Response:
    path = f"/api/v1/attempt/{who.attempt}/file/"
    query = {"question_id": who.questions[question], "name": name}
    return await who.rest.call("POST", path, token=who.token, content=content, params=query, headers={"Content-Type": media_type})


async def test_a_file_is_sent_named_handed_in_and_graded(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest)
    (who,) = here.people
    sent = await send(who, "Ada Lovelace.PDF", PDF)
    assert (sent.status_code, sent.json()["size_bytes"], sent.json()["sha256"]) == (201, len(PDF), sha256(PDF).hexdigest())
    value = {"file_id": sent.json()["file_id"]}
    assert (await who.save("file", value)).status_code == 200
    assert (await who.saved("file")).json()["value"] == value
    assert (await who.ask("POST", f"attempt/{who.attempt}/hand-in/", {})).json()["submissions"] == 1
    grader = rest.token("grader", here.contest)
    work = (await rest.make("/api/v1/admin/grading/claim/", {"contest_id": here.contest}, token=grader))["file"]
    assert (work["name"], work["size_bytes"]) == ("answer.pdf", len(PDF))
    got = await rest.call("GET", work["path"], token=grader)
    assert got.content == PDF
    assert (got.headers["content-type"], got.headers["x-content-type-options"]) == ("application/octet-stream", "nosniff")
    assert got.headers["content-disposition"] == 'attachment; filename="answer.pdf"'
    check_refusal(await rest.call("GET", work["path"], token=rest.token("grader", new_id())), 404, "file.not_found")
    check_refusal(await rest.call("GET", work["path"], token=who.token), 403, "role.forbidden")
    check_refusal(await send(who, "late.pdf", PDF), 409, "attempt.handed_in")


async def test_files_of_a_wrong_kind_or_size(rest: Rest, pool: asyncpg.Pool) -> None:
    here = await exam(rest)
    (who,) = here.people
    wrong: list[tuple[Any, int]] = [
        (("a.exe", PDF), 422), (("pdf", PDF), 422), ((".pdf", PDF), 422), (("", PDF), 422),
        (("a.pdf", b"MZ\x90 program"), 415), (("a.pdf", b""), 415),
        (("a.txt", b"x" * 1001), 413), (("a\n.txt", b"x"), 422), (("x" * 200 + ".txt", b"x"), 422), (("a.txt", b"x", "numeric"), 422),
        (("a.txt", b"x", "file", "text/html"), 415), (("a.txt", b"x" * (10 << 20) + b"x"), 413),
    ]  # fmt: skip
    for arguments, status in wrong:
        answer = await send(who, *arguments)
        assert answer.status_code == status, (arguments[0], len(arguments[1]), answer.text)
    assert await pool.fetchval("SELECT count(*) FROM podium_file") == 0
    for _ in range(20):
        assert (await send(who, "../../a.txt", b"x")).status_code == 201
    check_refusal(await send(who, "a.txt", b"x"), 409, "file.too_many")
    paths = [row["path"] for row in await pool.fetch("SELECT path FROM podium_file")]
    assert all(".." not in path and path.startswith(f"contests/{here.contest}/") for path in paths)


async def test_somebody_elses_file_is_no_answer(rest: Rest) -> None:
    one, two = (await exam(rest, 2)).people
    value = {"file_id": (await send(one, "a.txt", b"mine")).json()["file_id"]}
    for answer in (await two.save("file", value), await two.submit("file", value), await one.submit("numeric", value)):
        check_refusal(answer, 422, "body.invalid")
    assert (await one.submit("file", value)).status_code == 201


@pytest.mark.parametrize("url", ["ftp://x/y", "/a/folder", "file:relative", "file://host/folder", "memory:///", ""])
def test_addresses_that_are_no_store(url: str) -> None:
    with pytest.raises(ValueError):
        checked_url(url)
