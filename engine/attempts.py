"""Starting one's attempt."""

from typing import Any

from contest.edge.answers import Answer
from contest.edge.calls import Call
from contest.edge.routes import Route, roles
from contest.store import attempts as store
from contest.store import contests, participants
from contest.store.connect import Connection
from contest.wire.times import rfc3339
from engine.turns import running_turn


async def start(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(call.id("contest")))
    who = await participants.of_user(connection, contest.id, call.person_uuid)
    turn = running_turn(contest, who, call.now)
    attempt_id, started_at, new = await store.begin(connection, contest.id, who["id"], call.now, call.actor)
    told = {"attempt_id": attempt_id, "started_at": rfc3339(started_at), "ends_at": rfc3339(turn.ends_at)}
    return Answer(201 if new else 200, told)


ROUTES = [Route("POST", "/api/v1/contest/{id}/start/", roles("contestant"), "change", start)]
