"""Groups of a contest: what participants are sorted by on the board. A hidden group's participants are for staff only."""

from collections.abc import Mapping, Sequence
from typing import Any

from contest.domain.scoring import GroupOf, hidden_by_groups
from contest.errors import not_found, wrong_field
from contest.store import audit, outbox, turns
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.store.pages import Page, paged
from contest.store.uniques import taken

SELECT = "SELECT id, contest_id, name, hidden, delay_s, extra_time_s, external_id, version FROM podium_group"


TIMES = ("delay_s", "extra_time_s")
"""What the own time of those in the group depends on."""


def shape(row: Mapping[str, Any]) -> dict[str, Any]:
    return dict(row)


async def load(connection: Connection, group_id: str, *, locked: bool = False) -> dict[str, Any]:
    """Raises Refusal 404."""
    row = await connection.fetchrow(SELECT + " WHERE id = $1" + (" FOR UPDATE" if locked else ""), group_id)
    if row is None:
        raise not_found("group")
    return shape(row)


async def listed(connection: Connection, contest_id: str, page: Page) -> dict[str, Any]:
    return await paged(connection, SELECT + " WHERE contest_id = $1", "name, id", (contest_id,), page, shape)


async def all_of(connection: Connection, contest_id: str) -> list[dict[str, Any]]:
    """Every group of the contest, the oldest first."""
    return [shape(row) for row in await connection.fetch(SELECT + " WHERE contest_id = $1 ORDER BY id", contest_id)]


async def check_all_of(connection: Connection, contest_id: str, group_ids: Sequence[str]) -> None:
    """Raises Refusal 422 unless each is a group of this contest."""
    found = await connection.fetchval(
        "SELECT count(*) FROM podium_group WHERE contest_id = $1 AND id = ANY($2::uuid[])", contest_id, list(group_ids)
    )
    if found != len(set(group_ids)):
        raise wrong_field("group_ids", "names a group that is not of this contest")


async def create(connection: Connection, group: dict[str, Any], actor: Actor) -> None:
    with taken("group"):
        await connection.execute(
            "INSERT INTO podium_group (id, contest_id, name, hidden, external_id, delay_s, extra_time_s)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7)",
            group["id"], group["contest_id"], group["name"], group["hidden"], group["external_id"], group["delay_s"],
            group["extra_time_s"],
        )  # fmt: skip
    await audit.write(connection, actor, "group.created", group["contest_id"], group["id"], None, group)
    await outbox.add(connection, group["contest_id"], "board.changed", {"fresh": False})


async def update(connection: Connection, before: dict[str, Any], after: dict[str, Any], actor: Actor) -> None:
    """Hiding or showing a group makes the board begin afresh: what was sent names its participants. Other times are told to all in it."""
    with taken("group"):
        await connection.execute(
            "UPDATE podium_group SET name = $2, hidden = $3, external_id = $4, delay_s = $5, extra_time_s = $6, version = $7 WHERE id = $1",
            after["id"], after["name"], after["hidden"], after["external_id"], after["delay_s"], after["extra_time_s"], after["version"],
        )  # fmt: skip
    if any(before[name] != after[name] for name in TIMES):
        await turns.tell(connection, after["contest_id"], group=after["id"])
    await audit.write(connection, actor, "group.updated", after["contest_id"], after["id"], *audit.changed(before, after))
    await outbox.add(connection, after["contest_id"], "board.changed", {"fresh": before["hidden"] != after["hidden"]})


async def hide(connection: Connection, participant: Mapping[str, Any]) -> bool:
    """Whether this participant is off the public board: by the own flag, or by being in hidden groups only."""
    rows = await connection.fetch("SELECT id, name, hidden FROM podium_group WHERE id = ANY($1::uuid[])", participant["group_ids"])
    return bool(participant["hidden"]) or hidden_by_groups(participant["group_ids"], [GroupOf(**row) for row in rows])


async def extend(connection: Connection, before: dict[str, Any], seconds: int, actor: Actor) -> dict[str, Any]:
    """More time for all in the group, who hear of it at once."""
    after = {**before, "extra_time_s": before["extra_time_s"] + seconds, "version": before["version"] + 1}
    await connection.execute(
        "UPDATE podium_group SET extra_time_s = $2, version = $3 WHERE id = $1", after["id"], after["extra_time_s"], after["version"]
    )
    await audit.write(connection, actor, "group.extended", after["contest_id"], after["id"], *audit.changed(before, after))
    await turns.tell(connection, after["contest_id"], group=after["id"])
    return after
