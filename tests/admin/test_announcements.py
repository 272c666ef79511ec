"""Announcements to everybody, to groups and to one person: who is told, what staff see of it."""

import time
from typing import Any

import asyncpg
import pytest

from contest.ids import uuid7
from tests.rest import Rest, check_refusal, new_id

pytestmark = pytest.mark.anyio

PATH = "/api/v1/admin/announcements/"


async def group(rest: Rest, contest: str, name: str) -> str:
    return str((await rest.make("/api/v1/admin/groups/", {"contest_id": contest, "name": name}))["id"])


async def inboxes(pool: asyncpg.Pool, announcement: str) -> list[str]:
    """The users whose inbox gets it."""
    query = "SELECT subject FROM podium_outbox WHERE topic = 'inbox' AND body->'announcement'->>'id' = $1"
    return sorted(row["subject"] for row in await pool.fetch(query, announcement))


async def test_each_is_told_once_and_nobody_else(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest())["id"]
    east, west = await group(rest, contest, "East"), await group(rest, contest, "West")
    members = {"ann": [east], "ben": [east, west], "cid": [west], "dan": []}
    people = {name: await rest.participant(contest, name, group_ids=groups) for name, groups in members.items()}
    gone = await rest.participant(contest, "gone", group_ids=[east])
    await rest.call("DELETE", f"/api/v1/admin/participants/{gone['id']}/")
    users = {name: person["user_id"] for name, person in people.items()}

    async def post(**to: Any) -> Any:
        return await rest.make(PATH, {"contest_id": contest, "text": "Lunch.", **to})

    everybody, both = await post(), await post(group_ids=[east, west])
    eastern, dan = await post(group_ids=[east]), await post(participant_id=people["dan"]["id"])
    assert [each["told"] for each in (everybody, both, eastern, dan)] == [None, 3, 2, 1]
    assert await inboxes(pool, everybody["id"]) == []
    assert await inboxes(pool, both["id"]) == sorted([users["ann"], users["ben"], users["cid"]])
    assert await inboxes(pool, eastern["id"]) == sorted([users["ann"], users["ben"]])
    assert await inboxes(pool, dan["id"]) == [users["dan"]]
    query = "SELECT count(*) FROM podium_outbox WHERE topic = 'event.public' AND body->>'type' = 'announcement.posted'"
    assert await pool.fetchval(query) == 1, "the others are nobody else's business"

    async def listed(**query: str) -> list[str]:
        found = (await rest.call("GET", PATH, params={"contest_id": contest, **query})).json()
        assert all(item.keys() == everybody.keys() for item in found["items"])
        return [item["id"] for item in found["items"]]

    ids = [each["id"] for each in (everybody, both, eastern, dan)]
    assert await listed() == ids
    assert [await listed(to=to) for to in ("all", "groups", "person")] == [ids[:1], ids[1:3], ids[3:]]
    assert await listed(group_id=west) == [ids[1]]
    assert await listed(participant_id=people["dan"]["id"]) == [ids[3]]


async def test_to_whom_is_checked(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    east, ann = await group(rest, contest, "East"), await rest.participant(contest, "ann")
    for to, field in (
        ({"group_ids": [new_id()]}, "group_ids"),
        ({"group_ids": []}, "group_ids"),
        ({"participant_id": new_id()}, "participant_id"),
        ({"participant_id": ann["id"], "group_ids": [east]}, "participant_id"),
    ):
        answer = await rest.call("POST", PATH, {"contest_id": contest, "text": "T", **to})
        assert check_refusal(answer, 422, "body.invalid")[0]["field"] == field
    for query in ({"to": "nobody"}, {"group_id": "x"}):
        answer = await rest.call("GET", PATH, params={"contest_id": contest, **query})
        assert check_refusal(answer, 422, "body.invalid")[0]["field"] == next(iter(query))


async def test_a_group_of_thousands(rest: Rest, pool: asyncpg.Pool) -> None:
    """One statement, however many: no request runs out of time."""
    contest = (await rest.contest())["id"]
    east, many = await group(rest, contest, "East"), 20_000
    ids = [(uuid7(), contest, uuid7(), "n", [east]) for _ in range(many)]
    await pool.executemany(
        "INSERT INTO contests_participant (id, contest_id, user_id, display_name) VALUES ($1, $2, $3, $4)", [row[:4] for row in ids]
    )
    await pool.executemany(
        "INSERT INTO podium_participant (participant_id, contest_id, group_ids) VALUES ($1, $2, $3)",
        [(row[0], row[1], row[4]) for row in ids],
    )
    began = time.perf_counter()
    made = await rest.make(PATH, {"contest_id": contest, "text": "Lunch.", "group_ids": [east]})
    assert made["told"] == many
    assert time.perf_counter() - began < 8
    print(f"{many} told in {time.perf_counter() - began:.2f} s")
