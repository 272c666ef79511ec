"""The results of a contest as a file: the full board as it is now, which in a finalized contest is final."""

import asyncio
from functools import partial
from typing import Any, Literal, get_args

import msgspec
from msgspec import Struct

from admin import result_files
from admin.aside import Aside
from contest.domain.boards import Board
from contest.domain.contests import Contest
from contest.domain.results import table
from contest.domain.tally import Tally
from contest.edge.answers import Answer, download
from contest.edge.calls import Call
from contest.edge.database import Database
from contest.edge.filters import word_in
from contest.edge.routes import Query, Route, roles
from contest.errors import not_found
from contest.store import contests, scores
from contest.store.scores import Records
from contest.wire.times import rfc3339

Format = Literal["csv", "xlsx", "json"]
FORMATS: tuple[str, ...] = get_args(Format)
WITHIN_S = 300.0
"""A workbook of 100,000 rows takes some 15 s of a core that has nothing else to do; whoever waits for it would only begin anew."""


class OfContest(Struct, frozen=True):
    id: str
    title: str
    state: str


class Results(Struct, frozen=True):
    """`final`: nothing changes any more. `board`: as protocol.md has it (`board.snapshot`), hidden people too. `made_at`: as of when."""

    contest: OfContest
    final: bool
    made_at: str
    board: Board


async def get(aside: Aside, database: Database, call: Call[Any]) -> Answer:
    """The connection goes back before the file is made."""
    wanted = word_in(call.query, "format", FORMATS) or "json"
    contest_id = call.enter(call.id("contest"))
    async with asyncio.timeout(WITHIN_S):
        async with database.connection() as connection:
            contest = await contests.load(connection, contest_id)
            found = await scores.records(connection, contest_id)
        if found is None:
            raise not_found("contest")
        content = await aside.run(lambda: _made(wanted, contest, found, rfc3339(call.now)))
    name = result_files.file_name(contest.title, contest_id, wanted)
    if wanted == "json":
        return Answer(200, msgspec.Raw(content), {"Content-Disposition": f'attachment; filename="{name}"'})
    return download(content, result_files.CSV if wanted == "csv" else result_files.XLSX, name)


def _made(wanted: str, contest: Contest, found: Records, made_at: str) -> bytes:
    loaded = scores.of(found)
    tally = Tally(loaded.rules, loaded.questions, loaded.groups, loaded.entrants)
    for judged in loaded.submissions:
        tally.put(judged)
    board = tally.board("full")
    if wanted == "json":
        of_contest = OfContest(contest.id, contest.title, contest.state)
        return msgspec.json.encode(Results(of_contest, contest.state == "finalized", made_at, board))
    return result_files.as_csv(table(board)) if wanted == "csv" else result_files.as_xlsx(table(board))


def routes(aside: Aside, database: Database) -> list[Route]:
    return [
        Route(
            "GET", "/api/v1/admin/contests/{id}/results/", roles("organiser"), "bare", partial(get, aside, database),
            summary="The results as a file.", query=(Query("format", "json if it is not said", Format),), answer=Results,
            files=(result_files.CSV, result_files.XLSX),
        ),
    ]  # fmt: skip
