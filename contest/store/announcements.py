"""Announcements: told to everybody in the contest, kept for those who come later."""

from collections.abc import Mapping
from typing import Any

from msgspec import to_builtins

from contest.store import audit, outbox
from contest.store.audit import Actor
from contest.store.connect import Connection
from contest.store.pages import Page, paged
from contest.wire.times import rfc3339
from contest.wire.to_browser import Announcement, AnnouncementPosted

SELECT = "SELECT id, contest_id, text, posted_at, posted_by FROM podium_announcement WHERE contest_id = $1"


def shape(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "posted_at": rfc3339(row["posted_at"])}


async def listed(connection: Connection, contest_id: str, page: Page) -> dict[str, Any]:
    return await paged(connection, SELECT, "posted_at, id", (contest_id,), page, shape)


async def add(connection: Connection, row: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """`row`: id, contest_id, text, posted_at, posted_by."""
    await connection.execute(
        "INSERT INTO podium_announcement (id, contest_id, text, posted_at, posted_by) VALUES ($1, $2, $3, $4, $5)",
        row["id"], row["contest_id"], row["text"], row["posted_at"], row["posted_by"],
    )  # fmt: skip
    told = shape(row)
    await audit.write(connection, actor, "announcement.posted", row["contest_id"], row["id"], None, told)
    event = AnnouncementPosted(Announcement(row["id"], row["text"], told["posted_at"]))
    await outbox.add(connection, row["contest_id"], "event.public", to_builtins(event))
    return told
