"""Starting one's attempt, and handing it in."""

from typing import Any

from msgspec import Struct

from contest.domain.contests import told_s
from contest.edge.answers import Answer, ok
from contest.edge.bodies import Body
from contest.edge.calls import Call
from contest.edge.routes import Route, roles
from contest.errors import Refusal
from contest.store import attempts as store
from contest.store import collecting, contests, participants, terms
from contest.store.attempts import Attempt
from contest.store.connect import Connection
from contest.store.turns import Turn, of_participant
from contest.wire.times import rfc3339
from engine.answers import Device, own_attempt
from engine.turns import running_turn

CONTESTANT = roles("contestant")


class Start(Body, frozen=True):
    """`consent`: they agree to what the contest's terms ask."""

    consent: bool = False
    device: Device | None = None


class Started(Struct, frozen=True):
    attempt_id: str
    started_at: str
    ends_at: str | None
    turn: Turn


async def start(call: Call[Start], connection: Connection) -> Answer:
    contest = await contests.load(connection, call.enter(call.id("contest")))
    who = await participants.of_user(connection, contest.id, call.person_uuid)
    turn = running_turn(contest, who, call.now, starting=True)
    agreed = await terms.load(connection, contest.id)
    check_consent(agreed, await store.of_participant(connection, who["id"]), given=call.body.consent)
    consented = bool(agreed.consent) and call.body.consent
    attempt, new = await store.begin(connection, who, call.now, told_s(contest, call.now), consented, call.body.device, call.actor)
    own = await of_participant(connection, who["id"], call.now)
    return Answer(201 if new else 200, Started(attempt.id, rfc3339(attempt.started_at), rfc3339(turn.ends_at), own.turn))


def check_consent(asked: terms.Terms, attempt: Attempt | None, *, given: bool = False) -> None:
    """Raises Refusal 409: there is something to agree to, and it was not agreed to."""
    if asked.consent and not given and (attempt is None or attempt.consented_at is None):
        raise Refusal(409, "consent.needed", "This contest asks for your consent before you start.")


class HandedIn(Struct, frozen=True):
    """`submissions`: how many saved answers became such."""

    handed_in_at: str
    submissions: int


async def hand_in(call: Call[Any], connection: Connection) -> Answer:
    attempt = await own_attempt(call, connection, locked=True)
    contest = await contests.load(connection, attempt.contest_id)
    call.times = await collecting.hand_in(connection, attempt, contest.scoring, call.now, call.actor)
    return ok(HandedIn(rfc3339(call.now), call.times))


ROUTES = [
    Route(
        "POST", "/api/v1/contest/{id}/start/", CONTESTANT, "change", start, Start,
        summary="Start one's attempt; again: the same one.", answer=Started, status=201, also=(200,),
    ),
    Route(
        "POST", "/api/v1/attempt/{id}/hand-in/", CONTESTANT, "change", hand_in, counted="submissions",
        summary="Hand in: what is saved is submitted, and nothing can be changed any more.", answer=HandedIn,
    ),
]  # fmt: skip
