"""What a contest tells people before they start, and how it treats their answers."""

from msgspec import Struct

from contest.domain.audience import Feedback
from contest.errors import not_found
from contest.store.connect import Connection


class Terms(Struct, frozen=True):
    """`consent`: what has to be agreed to; '': nothing. `own_time_s`: from one's own start; None: all have the whole duration.
    `shuffle`: questions come in an order of one's own."""

    rules: str
    consent: str
    own_time_s: int | None
    feedback: Feedback
    shuffle: bool


async def load(connection: Connection, contest_id: str) -> Terms:
    """Raises Refusal 404."""
    row = await connection.fetchrow(
        "SELECT rules, consent, own_time_s, feedback, shuffle FROM podium_contest WHERE contest_id = $1", contest_id
    )
    if row is None:
        raise not_found("contest")
    return Terms(**row)
