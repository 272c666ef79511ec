"""Participants in bulk: what a file would do, what is wrong with it, and that it is done whole or not at all."""

import asyncio
import csv
import io
import json
import time
from typing import Any

import asyncpg
import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from admin import people_files
from contest.domain import importing
from contest.domain.importing import Entry, Faults, KnownGroup, Someone
from contest.errors import Refusal
from contest.store import importing as store
from contest.store.audit import Actor
from tests.rest import ME, Rest, check_refusal

pytestmark = pytest.mark.anyio

HEAD = "name,external_id,groups,ranked,hidden,delay_s,extra_time_s,time_factor,accommodation\r\n"


async def send(rest: Rest, contest: str, body: Any, preview: bool | None = None, **more: Any) -> httpx.Response:
    """`body`: text or bytes of CSV, or what goes into JSON."""
    query = "" if preview is None else f"&preview={str(preview).lower()}"
    is_csv = isinstance(body, str | bytes)
    content = body.encode() if isinstance(body, str) else body if is_csv else json.dumps(body).encode()
    headers = {"Content-Type": "text/csv; charset=utf-8" if is_csv else "application/json", **more.pop("headers", {})}
    path = f"/api/v1/admin/participants/import/?contest_id={contest}{query}"
    return await rest.call("POST", path, content=content, headers=headers, **more)


async def imported(rest: Rest, contest: str, body: Any, preview: bool | None = None) -> Any:
    answer = await send(rest, contest, body, preview)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def faults(rest: Rest, contest: str, body: Any) -> list[tuple[int, str, str]]:
    """What the preview finds, which is what the import is refused for; and nothing is done."""
    shown = await imported(rest, contest, body, preview=True)
    assert shown["errors_count"] == len(shown["errors"]) > 0
    details = check_refusal(await send(rest, contest, body), 422, "import.refused")
    assert [detail["message"] for detail in details] == [one["message"] for one in shown["errors"]]
    assert (await people(rest, contest)) == []
    return [(one["line"], one["field"], one["message"]) for one in shown["errors"]]


async def people(rest: Rest, contest: str) -> list[Any]:
    items: list[Any] = (await rest.call("GET", f"/api/v1/admin/participants/?contest_id={contest}&limit=1000")).json()["items"]
    return items


async def test_a_file_is_shown_then_imported_and_changes_what_it_names(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest())["id"]
    north = await rest.make("/api/v1/admin/groups/", {"contest_id": contest, "name": "North"})
    file = HEAD + "Ada,T-1,North; Juniors,true,false,0,0,1,\r\nÉmilie,T-2,South,FALSE,no,60,900,1.25,Large print\r\nBob,,,,,,,,\r\n"
    told = {
        "rows": 3,
        "new": 3,
        "changed": 0,
        "unchanged": 0,
        "same_name": 0,
        "groups_new": ["Juniors", "South"],
        "errors": [],
        "errors_count": 0,
    }
    assert await imported(rest, contest, file, preview=True) == told
    assert await people(rest, contest) == []
    assert await imported(rest, contest, file, preview=False) == told
    ada, emilie, bob = await people(rest, contest)
    groups = {each["id"]: each["name"] for each in (await rest.call("GET", f"/api/v1/admin/groups/?contest_id={contest}")).json()["items"]}
    assert [groups[each] for each in ada["group_ids"]] == ["North", "Juniors"]
    assert ada["group_ids"][0] == north["id"]
    assert (emilie["name"], emilie["ranked"], emilie["delay_s"], emilie["extra_time_s"]) == ("Émilie", False, 60, 900)
    assert (emilie["time_factor"], emilie["accommodation"], emilie["version"]) == (1.25, "Large print", 1)
    assert (bob["external_id"], bob["ranked"], bob["hidden"], bob["time_factor"]) == (None, True, False, 1.0)
    row = await pool.fetchrow("SELECT action, before, after FROM podium_audit ORDER BY id DESC LIMIT 1")
    assert (row["action"], row["before"], row["after"]["new"]) == ("participant.imported", None, 3)
    assert await pool.fetchval("SELECT count(*) FROM podium_outbox WHERE topic = 'inbox'") == 0

    again = "external_id,extra_time_s\nT-2,1200\nT-1,0\n"
    done = await imported(rest, contest, again)
    assert (done["new"], done["changed"], done["unchanged"]) == (0, 1, 1)
    after = (await people(rest, contest))[1]
    assert after == {**emilie, "extra_time_s": 1200, "version": 2}
    told_to = await pool.fetch("SELECT subject, body FROM podium_outbox WHERE topic = 'inbox'")
    assert [(each["subject"], each["body"]["turn"]["extra_s"]) for each in told_to] == [(emilie["user_id"], 1200)]


async def test_json_is_the_same_and_says_only_what_it_names(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    given_ = [{"name": "Ada", "external_id": "T-1", "groups": ["North"], "hidden": True}, {"name": "Bob", "ranked": None}]
    assert (await imported(rest, contest, given_))["groups_new"] == ["North"]
    ada, bob = await people(rest, contest)
    assert (ada["hidden"], len(ada["group_ids"]), bob["ranked"]) == (True, 1, True)
    shown = await imported(rest, contest, [{"external_id": "T-1", "name": "Ada L.", "groups": None}], preview=True)
    assert (shown["changed"], shown["new"]) == (1, 0)
    found = await imported(rest, contest, [1, {"name": 5}, {"name": "X", "age": 3}, {"ranked": True}, {"name": "Y", "delay_s": True}], True)
    assert [(one["line"], one["field"]) for one in found["errors"]] == [(1, ""), (2, "name"), (3, "age"), (4, "name"), (5, "delay_s")]


WRONG: list[tuple[str | bytes, int, str, str]] = [
    ((HEAD + "Ada,T-1\r\n").encode("utf-16"), 1, "", "UTF-16"),
    ((HEAD + "Ada,T-1\r\n").encode("utf-16-le"), 1, "", "UTF-16"),
    (b"name\r\nAda\r\n\xc9milie\r\n", 3, "", "byte 0xC9"),
    (b"", 1, "", "is empty"),
    ("name,born\nAda,1815\n", 1, "born", "no column"),
    ("name,name\nAda,Ada\n", 1, "name", "twice"),
    ("groups\nNorth\n", 1, "name", "missing"),
    ("name\nAda\nBob,Bobby\n", 3, "", "2 cells"),
    ('name\nAda\n"Bob\nand so on', 3, "", "not closed"),
    ('name\nAda\n"Bob"y\n', 3, "", "no CSV"),
    (f"name\n{'x' * 140_000}\n", 2, "", "131,072"),
    (f"name\n{'x' * 201}\n", 2, "name", "201"),
    ("name,external_id\n,T-1\n", 2, "name", "is empty"),
    ("external_id\nT-1\n", 2, "name", "nobody here has the external_id T-1"),
    ("name,external_id\nAda,T-1\n\nBob,T-1\n", 4, "external_id", "is on line 2 as well"),
    ("name,ranked\nAda,maybe\n", 2, "ranked", "true or false"),
    ("name,delay_s\nAda,-1\n", 2, "delay_s", "whole number"),
    ("name,extra_time_s\nAda,1e3\n", 2, "extra_time_s", "whole number"),
    ("name,extra_time_s\nAda,٣\n", 2, "extra_time_s", "whole number"),
    ("name,time_factor\nAda,nan\n", 2, "time_factor", "from 1 to 10"),
    ("name,time_factor\nAda,0.5\n", 2, "time_factor", "from 1 to 10"),
    ("name,groups\nAda," + ";".join(map(str, range(21))) + "\n", 2, "groups", "21 groups"),
    (f"name,accommodation\n{'x' * 150}{' ' * 200}\x00,\n", 2, "name", "characters"),
    ("name,accommodation\nAda,a\x00b\n", 1, "", "UTF-16"),
    ("name,accommodation\n" + "Ada,\n" * 80 + "Ada,a\x00b\n", 82, "accommodation", "U+0000"),
]  # fmt: skip
"""A file, where it is wrong, and a part of what is said of it."""


async def test_what_is_wrong_is_named_with_its_line(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    for file, line, field, said in WRONG:
        ((where, what, message),) = await faults(rest, contest, file)
        assert (where, what) == (line, field), (file, message)
        assert said in message


async def test_somebody_twice_is_found_beside_other_faults(rest: Rest) -> None:
    """Whoever mends what is named need not be told of more."""
    contest = (await rest.contest())["id"]
    found = await faults(rest, contest, "name,external_id,ranked\nAda,T-1,perhaps\nBob,T-1,true\nEve,T-1,perhaps\n")
    assert [(line, field) for line, field, _ in found] == [(2, "ranked"), (3, "external_id"), (4, "ranked"), (4, "external_id")]


async def test_what_is_no_list_of_objects_is_named(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    for body in ({"name": "Ada"}, "Ada", 3, None):
        content = json.dumps(body).encode()
        answer = await send(rest, contest, content, headers={"Content-Type": "application/json"})
        assert "no JSON list" in check_refusal(answer, 422, "import.refused")[0]["message"]
    deep = b'[{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]"
    check_refusal(await send(rest, contest, deep, headers={"Content-Type": "application/json"}), 422, "import.refused")
    check_refusal(await send(rest, contest, b"name\nAda", headers={"Content-Type": "text/plain"}), 415, "body.not_taken")
    check_refusal(await send(rest, contest, b"name\n" + b"x" * (32 << 20)), 413, "body.too_large")
    answer = await rest.call("POST", f"/api/v1/admin/participants/import/?contest_id={contest}&preview=perhaps", content=b"name\nAda",
                             headers={"Content-Type": "text/csv"})  # fmt: skip
    assert check_refusal(answer, 422, "body.invalid")[0]["field"] == "preview"


async def test_every_fault_is_counted_and_a_thousand_are_told(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    file = "name,ranked\n" + "Ada,perhaps\n" * 1_500
    shown = await imported(rest, contest, file, preview=True)
    assert (shown["rows"], shown["errors_count"], len(shown["errors"])) == (1_500, 1_500, 1_000)
    assert len(check_refusal(await send(rest, contest, file), 422, "import.refused")) == 1_000


async def test_spreadsheets_of_any_country(rest: Rest) -> None:
    """A byte order mark, semicolons or tabs between cells, decimal commas, CAPITALS, empty columns and lines at the end."""
    contest = (await rest.contest())["id"]
    files = [
        '\ufeffName;External_ID;Groups;Time_Factor\r\nAda;S-1;"North; South";1,5\r\n;;;\r\n',
        "name\texternal_id\tgroups\ttime_factor\nAda\tS-2\tNorth;South\t1.5\n\n",
        "name,external_id,groups,time_factor,,\r\nAda,S-3,North;South,1.5,,\r\n,,,,,\r\n",
        'name,external_id,groups,time_factor\rAda,S-4," North ; South;North",1.50\r',
    ]
    for file in files:
        assert (await imported(rest, contest, file))["new"] == 1, file
    found = await people(rest, contest)
    assert {each["time_factor"] for each in found} == {1.5}
    assert len({tuple(each["group_ids"]) for each in found}) == 1


async def test_formulas_are_data(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    names = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("https://example.org";"x")', "<script>alert(1)</script>"]
    text = io.StringIO()
    csv.writer(text).writerows([["name"], *([name] for name in names)])
    assert (await imported(rest, contest, text.getvalue()))["new"] == len(names)
    assert [each["name"] for each in await people(rest, contest)] == names


async def test_people_of_one_name_are_several_and_counted(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    assert (await imported(rest, contest, "name\nAda\nAda\nBob\n"))["same_name"] == 1
    shown = await imported(rest, contest, "name,external_id\nAda,\nAda,T-1\nEve,\n", preview=True)
    assert (shown["new"], shown["same_name"]) == (3, 1)


async def test_one_who_was_removed_is_not_taken_back_by_a_file(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    person = await rest.participant(contest, external_id="T-1")
    await rest.call("DELETE", f"/api/v1/admin/participants/{person['id']}/")
    ((line, field, message),) = await faults(rest, contest, "name,external_id\nBob,T-2\nAda,T-1\n")
    assert (line, field) == (3, "external_id")
    assert "was removed" in message


async def test_groups_of_one_name_are_not_guessed_between(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    for _ in range(2):
        await rest.make("/api/v1/admin/groups/", {"contest_id": contest, "name": "North"})
    ((line, field, _),) = await faults(rest, contest, "name,groups\nAda,North\n")
    assert (line, field) == (2, "groups")


async def test_hiding_somebody_begins_the_board_afresh(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest())["id"]
    await rest.make("/api/v1/admin/groups/", {"contest_id": contest, "name": "Staff", "hidden": True})
    for file, fresh in (
        ("name,external_id\nAda,T-1\nBob,T-2\n", False),
        ("external_id,hidden\nT-1,true\n", True),
        ("external_id,name\nT-1,Ada L.\n", False),
        ("external_id,groups\nT-2,Staff\n", True),
        ("external_id,groups\nT-2,Staff;Guests\n", True),
    ):
        await imported(rest, contest, file)
        row = await pool.fetchrow("SELECT body FROM podium_outbox WHERE topic = 'board.changed' ORDER BY id DESC LIMIT 1")
        assert row["body"] == {"fresh": fresh}, file


async def test_after_the_end_nobodys_time_changes(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    await rest.participant(contest, external_id="T-1")
    await rest.act(contest, "start")
    await rest.act(contest, "end")
    check_refusal(await send(rest, contest, "external_id,extra_time_s\nT-1,60\n"), 409, "contest.wrong_state")
    assert (await imported(rest, contest, "external_id,name\nT-1,Ada\n"))["changed"] == 1


async def test_while_a_file_is_worked_on_contestants_go_on(rest: Rest, pool: asyncpg.Pool) -> None:
    """Who saves or submits holds the own row (FOR SHARE); it must be free for those whom the file leaves as they are."""
    contest = (await rest.contest())["id"]
    await imported(rest, contest, "name,external_id\nAda,T-1\nBob,T-2\n")
    async with pool.acquire() as one, pool.acquire() as other, one.transaction():
        ada, bob = sorted(map(store.someone, await store.known(one, contest, ["T-1", "T-2"])), key=lambda each: each.name)
        plan = importing.Plan(changed=[replace(ada, extra_time_s=60)], unchanged=1)
        await store.write(one, contest, plan, [], Actor(ME, "organiser"), {"changed": 1})
        async with other.transaction():
            await other.execute("SELECT 1 FROM podium_participant WHERE participant_id = $1 FOR SHARE NOWAIT", bob.id)
            await other.execute("SELECT 1 FROM podium_contest WHERE contest_id = $1 FOR UPDATE NOWAIT", contest)


async def test_who_was_changed_since_the_plan_was_made_is_not_overwritten(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest())["id"]
    person = await rest.participant(contest, external_id="T-1")
    for what in ({"name": "Other"}, None):
        async with pool.acquire() as connection:
            (row,) = await store.known(connection, contest, ["T-1"])
            await rest.call("PUT" if what else "DELETE", f"/api/v1/admin/participants/{person['id']}/", what)
            plan = importing.Plan(changed=[replace(store.someone(row), extra_time_s=60)])
            with pytest.raises(Refusal) as refused:
                async with connection.transaction():
                    await store.write(connection, contest, plan, [], Actor(ME, "organiser"), {"changed": 1})
        assert refused.value.code == "participant.changed"


async def test_a_key_is_good_for_one_import(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    key = {"Idempotency-Key": "people of monday"}
    first = await send(rest, contest, "name\nAda\n", headers=key)
    again = await send(rest, contest, "name\nAda\n", headers=key)
    assert (first.json(), again.headers["Idempotency-Replayed"]) == (again.json(), "true")
    check_refusal(await send(rest, contest, "name\nBob\n", headers=key), 422, "idempotency.mismatch")
    assert [each["name"] for each in await people(rest, contest)] == ["Ada"]


async def test_of_two_imports_at_once_one_makes_and_the_other_finds(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest())["id"]
    file = "name,external_id,groups\n" + "".join(f"N{n},T-{n},North\n" for n in range(300))
    done = await asyncio.gather(*(imported(rest, contest, file) for _ in range(3)))
    assert sorted((each["new"], each["unchanged"]) for each in done) == [(0, 300), (0, 300), (300, 0)]
    assert await pool.fetchval("SELECT count(*) FROM podium_group WHERE contest_id = $1", contest) == 1


MOST_S = 60.0
"""Some 10 s each on two quiet cores."""
HELD_UP_S = 2.0


async def test_a_hundred_thousand_rows_and_others_are_answered_meanwhile(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = (await rest.contest())["id"]
    rows = "".join(f"Teilnehmer {n},T-{n:06},Group {n % 50},true,false,0,{n % 7},1,\r\n" for n in range(100_000))
    waited: list[float] = []
    over = asyncio.Event()

    async def others() -> None:
        while not over.is_set():
            began = time.perf_counter()
            assert (await rest.call("GET", f"/api/v1/admin/contests/{contest}/")).status_code == 200
            waited.append(time.perf_counter() - began)

    asking = asyncio.create_task(others())
    try:
        for _ in range(2):
            began = time.perf_counter()
            answer = await send(rest, contest, HEAD + rows, timeout=120)
            assert answer.status_code == 200, answer.text
            assert time.perf_counter() - began < MOST_S
    finally:
        over.set()
        await asking
    told = answer.json()
    assert (told["rows"], told["new"], told["unchanged"]) == (100_000, 0, 100_000)
    assert await pool.fetchval("SELECT count(*) FROM podium_participant WHERE contest_id = $1", contest) == 100_000
    assert len(waited) > 20
    assert max(waited) < HELD_UP_S
    shown = await imported(rest, contest, HEAD + rows + "One more,,,,,,,,\r\n", preview=True)
    assert [(one["line"], one["field"]) for one in shown["errors"]] == [(100_002, "")]


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)


@given(
    st.lists(st.tuples(CELL.map(str.strip).filter(bool), CELL, st.lists(CELL.map(lambda text: text.replace(";", "").strip()), max_size=3)))
)
def test_what_a_spreadsheet_writes_is_what_is_read(given_: list[tuple[str, str, list[str]]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["name", "accommodation", "groups"], *([name, said, ";".join(groups)] for name, said, groups in given_)])
    entries, count, found = people_files.read(text.getvalue().encode(), people_files.CSV)
    assert (found.told, count) == ([], len(given_))
    assert [(one.name, one.accommodation, one.groups) for one in entries] == [
        (name, said.strip(), tuple(dict.fromkeys(filter(None, groups)))) for name, said, groups in given_
    ]


@given(st.binary(max_size=300), st.sampled_from([people_files.CSV, people_files.JSON]))
def test_whatever_comes_is_read_or_named(raw: bytes, media_type: str) -> None:
    entries, count, found = people_files.read(raw, media_type)
    assert len(entries) <= count
    assert all(1 <= one.line <= 302 for one in found.told)


IDS = st.sampled_from(["a", "b", "c", "d"])


@given(st.lists(st.tuples(IDS, st.text(min_size=1, max_size=3), st.sets(st.sampled_from(["N", "S"]))), unique_by=lambda each: each[0]))
def test_an_import_done_twice_changes_nothing_the_second_time(rows: list[tuple[str, str, set[str]]]) -> None:
    entries = [Entry(line, name, who, tuple(sorted(groups))) for line, (who, name, groups) in enumerate(rows, 2)]
    known = {"a": Someone("1", "Ada", "a"), "b": Someone("2", "Bob", "b", hidden=True)}
    ids = map(str, range(100, 200))
    first = importing.plan(entries, known, [], [KnownGroup("9", "N")], ids, Faults())
    after = known | {str(each.external_id): each for each in [*first.new, *first.changed]}
    second = importing.plan(entries, after, [], [KnownGroup("9", "N"), *first.groups_new], ids, Faults())
    assert (second.new, second.changed, second.groups_new, second.unchanged) == ([], [], [], len(entries))


def test_a_thousand_groups_are_a_wrong_column() -> None:
    found = Faults()
    entries = [Entry(line, "N", None, (f"G{line}",)) for line in range(2, 1_002)]
    plan = importing.plan(entries, {}, [], [], map(str, range(3_000)), found)
    assert (len(plan.groups_new), found.count) == (500, 500)
    assert msgspec.json.encode(found.told[0])
