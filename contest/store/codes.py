"""Personal codes: who has one, giving new ones, and whose one is. A code is only here as a digest."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from contest.ids import ParticipantId, UserId
from contest.store.connect import Connection

_WHO = """
SELECT c.id, c.user_id, c.display_name AS name, p.external_id
  FROM contests_participant c JOIN podium_participant p ON p.participant_id = c.id
 WHERE c.contest_id = $1 AND p.removed_at IS NULL
"""


class Holder(NamedTuple):
    """A participant who has a code, or is to get one."""

    id: ParticipantId
    user_id: UserId
    name: str
    external_id: str | None


async def holder(connection: Connection, contest_id: str, digest: bytes) -> Holder | None:
    """Whose code it is."""
    row: Any = await connection.fetchrow(_WHO + " AND p.code_hmac = $2", contest_id, digest)
    return None if row is None else Holder(*row)


async def without(connection: Connection, contest_id: str, limit: int) -> list[Holder]:
    """Participants that have no code, in the order in which they joined; locked."""
    found = await connection.fetch(_WHO + " AND p.code_hmac IS NULL ORDER BY c.joined_at, c.id LIMIT $2 FOR UPDATE OF p", contest_id, limit)
    return [Holder(*row) for row in found]


async def among(connection: Connection, contest_id: str, participant_ids: Sequence[str]) -> list[Holder]:
    """Those of `participant_ids` that take part; locked."""
    found = await connection.fetch(_WHO + " AND c.id = ANY($2) ORDER BY c.joined_at, c.id FOR UPDATE OF p", contest_id, participant_ids)
    return [Holder(*row) for row in found]


async def give(connection: Connection, digests: Sequence[tuple[str, bytes]]) -> None:
    """Set the codes, (participant id, digest) each; the ones they had are worth nothing from now on."""
    await connection.execute(
        "UPDATE podium_participant p SET code_hmac = given.digest, code_made_at = now()"
        "  FROM unnest($1::uuid[], $2::bytea[]) AS given (id, digest) WHERE p.participant_id = given.id",
        [participant for participant, _ in digests], [digest for _, digest in digests],
    )  # fmt: skip
