"""Mints access tokens and tickets with the keys of a data folder: for operators, scripts and load tests that may read them."""

import time
from pathlib import Path
from uuid import UUID

from contest.domain.audience import Role
from contest.ids import ContestId, ParticipantId, UserId, uuid7
from contest.tokens import AccessSigner, Person, Tickets


def mint(keys: Path, role: Role, contest: UUID | None, user: str | None, participant: UUID | None, ttl_s: int, ticket: bool) -> str:
    """An access token for REST (`contest` None: good for every contest), or a `ticket` for one socket of `contest`.

    A ticket is to be used within a minute; `ttl_s` then bounds the session. Raises OSError or ValueError if `keys` has no private key.
    """
    whose = UserId(user or uuid7())
    where = None if contest is None else ContestId(str(contest))
    who = None if participant is None else ParticipantId(str(participant))
    if not ticket:
        return AccessSigner.of(keys).mint(whose, role, where, ttl_s, who)[0]
    if where is None:
        raise ValueError("a ticket is for one contest")
    return Tickets.of(keys).mint(Person(whose, role, where, int(time.time()) + ttl_s, who), where)[0]
