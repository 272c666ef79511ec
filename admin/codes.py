"""Giving contestants their personal codes. Each is in the answer once and nowhere else."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from contest.codes import Codes, new_code, plain
from contest.edge.answers import Answer, created
from contest.edge.bodies import Body
from contest.edge.calls import Call
from contest.edge.routes import Route, roles
from contest.ended import Ended
from contest.errors import wrong_field
from contest.store import audit, contests, sessions
from contest.store import codes as store
from contest.store.connect import Connection

GIVEN_MOST = 100_000
"""Codes given at once: 100,000 take about four seconds."""
Ids = Annotated[list[UUID], Meta(min_length=1, max_length=10_000)]


class CodeWish(Body, frozen=True):
    """`participant_ids` left out: everybody who has none."""

    contest_id: UUID
    participant_ids: Ids | None = None


class Code(Struct, frozen=True):
    """`link`: the page where the code is filled in already; what follows `#` is not sent to any server."""

    participant_id: str
    name: str
    external_id: str | None
    code: str
    link: str


class CodesGiven(Struct, frozen=True):
    items: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class GiveCodes:
    """Gives codes. Who had one before is logged out: the old one may be in wrong hands."""

    codes: Codes
    ended: Ended

    async def __call__(self, call: Call[CodeWish], connection: Connection) -> Answer:
        contest = await contests.load(connection, call.enter(str(call.body.contest_id)))
        if call.body.participant_ids is None:
            holders = await store.without(connection, contest.id, GIVEN_MOST)
        else:
            asked = list(dict.fromkeys(str(one) for one in call.body.participant_ids))
            holders = await store.among(connection, contest.id, asked)
            if len(holders) != len(asked):
                raise wrong_field("participant_ids", "holds ids that are no participants of this contest")
        given = [Code(who.id, who.name, who.external_id, code := new_code(), f"/take/{contest.id}#code={code}") for who in holders]
        digests = [(one.participant_id, self.codes.digest(plain(one.code) or "", contest.id)) for one in given]
        await store.give(connection, digests)
        ended = await sessions.end_by_code(connection, contest.id, [who.user_id for who in holders])
        after: dict[str, Any] = {"codes": len(given), "sessions_ended": len(ended)}
        if call.body.participant_ids is not None:
            after["participant_ids"] = [who.id for who in holders][:1000]
        await audit.write(connection, call.actor, "participant.codes_given", contest.id, None, None, after)
        self.ended.note(ended)
        return created(CodesGiven(tuple(given)))


def routes(codes: Codes, ended: Ended) -> list[Route]:
    return [
        Route(
            "POST", "/api/v1/admin/participants/codes/", roles("organiser"), "change", GiveCodes(codes, ended), CodeWish, hands_out=True,
            summary="Give personal codes; each is shown once, and a new one ends the old.", answer=CodesGiven, status=201,
        ),
    ]  # fmt: skip
