"""Starting one's attempt."""

from datetime import timedelta
from typing import Any

from contest.domain.contests import contest_time_s, moment_of
from contest.edge.answers import Answer
from contest.edge.calls import Call
from contest.edge.routes import Route, roles
from contest.errors import Refusal
from contest.store import attempts as store
from contest.store import contests, participants
from contest.store.connect import Connection
from contest.wire.times import rfc3339


async def start(call: Call[Any], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(call.id("contest")))
    who = await participants.of_user(connection, contest.id, call.person.user)
    if contest.state != "ongoing" or contest_time_s(contest, call.now) >= contest.duration_s:
        raise Refusal(409, "contest.not_running", f"The contest is {contest.state}; it cannot be started now.")
    attempt_id, started_at, new = await store.begin(connection, contest.id, who["id"], call.now, call.actor)
    end = moment_of(contest, contest.duration_s)
    ends_at = None if end is None else end + timedelta(seconds=who["delay_s"] + who["extra_time_s"])
    return Answer(201 if new else 200, {"attempt_id": attempt_id, "started_at": rfc3339(started_at), "ends_at": rfc3339(ends_at)})


ROUTES = [Route("POST", "/api/v1/contest/{id}/start/", roles("contestant"), "change", start)]
