"""Files that contestants handed over, for those who grade them: always as a download of unknown kind, never as a page."""

from functools import partial
from typing import Any

from contest.edge.answers import Answer, download
from contest.edge.calls import Call
from contest.edge.routes import Route, roles
from contest.errors import not_found
from contest.files import Files, needed
from contest.store import files as store
from contest.store.connect import Connection


async def one(files: Files | None, call: Call[Any], connection: Connection) -> Answer:
    row = await store.find(connection, call.id("file"))
    if row is None:
        raise not_found("file")
    call.enter(row["contest_id"], "file")
    return download(await needed(files).get(row["path"]), "application/octet-stream", store.plain_name(row))


def routes(files: Files | None) -> list[Route]:
    path = "/api/v1/admin/files/{id}/"
    summary = "A file that was handed over."
    return [Route("GET", path, roles("organiser", "grader"), "read", partial(one, files), summary=summary, answer=bytes)]
