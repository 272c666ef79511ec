"""Participants in bulk: a file is read and checked, then shown what it would do (`preview`), or done whole or not at all."""

from functools import partial
from hashlib import sha256
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from admin import people_files
from admin.aside import Aside
from contest.domain import importing
from contest.domain.importing import Entry, Faults, OneFault, Plan
from contest.edge.answers import Answer, ok
from contest.edge.calls import Call
from contest.edge.filters import truth_in
from contest.edge.routes import OF_CONTEST, Query, Route, roles
from contest.errors import Detail, Refusal
from contest.ids import uuid7
from contest.store import contests, groups
from contest.store import importing as store
from contest.store.connect import Connection

LIMIT_BYTES = 32 << 20
WITHIN_S = 120.0
"""100,000 new people took 10 s on two quiet cores, 35 s where ten times as much was to do as the cores could."""


class Read(Struct, frozen=True):
    """A file as it was read: the rows that are right, how many there are, what is wrong."""

    entries: list[Entry]
    rows: int
    faults: Faults
    file_sha256: str


class Imported(Struct, frozen=True):
    """What an import does, or would do. `same_name`: how many of the new ones, without an external id, are called like somebody else.
    `errors`: at most 1,000 of `errors_count`; `line`: in JSON the item's number."""

    rows: int
    new: int
    changed: int
    unchanged: int
    same_name: int
    groups_new: list[str]
    errors: list[OneFault]
    errors_count: int


async def read(aside: Aside, call: Call[Any]) -> Read:
    """The file of the request."""
    call.contest_asked()
    truth_in(call.query, "preview")
    return await aside.run(lambda: _read(call.raw, call.media_type))


def _read(raw: bytes, media_type: str) -> Read:
    entries, rows, faults = people_files.read(raw, media_type)
    return Read(entries, rows, faults, sha256(raw).hexdigest())


async def post(aside: Aside, call: Call[Read], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.contest_asked())
    is_preview = truth_in(call.query, "preview") or False
    file = call.body
    if not is_preview:
        if file.faults.count:
            raise _refused(file.faults)
        await store.hold(connection, contest.id)
    plan, user_ids = await _planned(aside, connection, contest.id, file)
    answer = Imported(
        file.rows, len(plan.new), len(plan.changed), plan.unchanged, plan.same_name, [group.name for group in plan.groups_new],
        file.faults.by_line(), file.faults.count,
    )  # fmt: skip
    if not is_preview:
        if file.faults.count:
            raise _refused(file.faults)
        noted = {name: value for name, value in asdict(answer).items() if not name.startswith("errors")} | {"file_sha256": file.file_sha256}
        await store.write(connection, contest.id, plan, user_ids, call.actor, noted)
    if plan.changes_times:  # last: whoever pauses or ends the contest waits for us from here on
        await contests.check_times_count(connection, contest.id)
    return ok(answer)


async def _planned(aside: Aside, connection: Connection, contest_id: str, file: Read) -> tuple[Plan, list[str]]:
    """With user ids for those who are new."""
    external_ids = [entry.external_id for entry in file.entries if entry.external_id is not None]
    names = [entry.name for entry in file.entries if entry.external_id is None and isinstance(entry.name, str)]
    known = await store.known(connection, contest_id, external_ids)
    called = await store.called(connection, contest_id, names)
    there = await groups.all_of(connection, contest_id)

    def work() -> tuple[Plan, list[str]]:
        people = {found.external_id: found for found in map(store.someone, known) if found.external_id is not None}
        ids = iter(sorted(uuid7() for _ in range(len(file.entries) + importing.NEW_GROUPS_MOST)))  # lists show them as the file does
        plan = importing.plan(file.entries, people, called, list(map(store.known_group, there)), ids, file.faults)
        return plan, [uuid7() for _ in plan.new]

    return await aside.run(work)


def _refused(faults: Faults) -> Refusal:
    """Nothing was done. A detail's field is `line 3` or `line 3: name`."""
    details = tuple(Detail(f"line {one.line}: {one.field}" if one.field else f"line {one.line}", one.message) for one in faults.by_line())
    return Refusal(422, "import.refused", f"The file has {faults.count:,} errors; nothing was imported.", details)


def routes(aside: Aside) -> list[Route]:
    return [
        Route(
            "POST", "/api/v1/admin/participants/import/", roles("organiser"), "change", partial(post, aside),
            takes=(people_files.CSV, people_files.JSON), limit_bytes=LIMIT_BYTES, reads=partial(read, aside), within_s=WITHIN_S,
            summary="Add and change participants by a file, all or nothing.", answer=Imported,
            query=(*OF_CONTEST, Query("preview", "true: change nothing, say what it would do and what is wrong", bool)),
        ),
    ]  # fmt: skip
