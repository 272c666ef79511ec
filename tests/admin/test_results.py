"""Results as files: what stands in them is what the full board says, and no text in them is a formula."""

import asyncio
import csv
import io
import re
import time
import zipfile
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from admin import result_files
from contest.domain.boards import Board, Cell, Group, Problem, Row, in_order
from contest.domain.results import Table, table
from tests.rest import Rest, check_refusal

pytestmark = pytest.mark.anyio

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\tx",
    "\rx",
    "'=1",
    "''=1",
    "'t Hooft",
    '=HYPERLINK("https://example.org")',
    "https://example.org",
    "01",
    "_x0041_",
]


def read_csv(content: bytes) -> list[dict[str, str]]:
    """As a spreadsheet does, the apostrophe before what might be a formula undone."""
    rows = [[result_files.plain(cell) for cell in row] for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read_xlsx(content: bytes) -> list[list[Any]]:
    """The cells of the one sheet by the standard (ECMA-376): numbers, booleans, inline strings; anything else fails."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        assert not any("hyperlink" in name.lower() for name in packed.namelist())
        sheet = ElementTree.fromstring(packed.read("xl/worksheets/sheet1.xml"))
        shared = "xl/sharedStrings.xml" in packed.namelist()
    assert not list(sheet.iter(f"{MAIN}f"))
    rows: list[list[Any]] = []
    for row in sheet.iter(f"{MAIN}row"):
        cells: dict[str, Any] = {}
        for cell in row:
            kind, text = cell.get("t", "n"), "".join(part.text or "" for part in cell.iter() if part.tag in (f"{MAIN}v", f"{MAIN}t"))
            if text == "" and kind == "n":
                continue
            assert kind in ("n", "b", "inlineStr"), (kind, shared)
            at = re.sub(r"\d", "", cell.get("r", ""))
            cells[at] = float(text) if kind == "n" else text == "1" if kind == "b" else unescaped(text)
        rows.append([cells[at] for at in sorted(cells, key=lambda at: (len(at), at))])
    return rows


def unescaped(text: str) -> str:
    """ECMA-376, 22.9.2.19 (ST_Xstring)."""
    return re.sub("_x([0-9A-F]{4})_", lambda found: chr(int(found[1], 16)), text)


async def judged(rest: Rest, contest: str, who: Mapping[str, Any], question: Mapping[str, Any], *verdicts: str, **more: Any) -> None:
    for number, verdict in enumerate(verdicts):
        body = {"participant_id": who["id"], "question_id": question["id"], "contest_time_s": 600 + 60 * number}
        made = await rest.make(f"/api/v1/contest/{contest}/submit/", body)
        if verdict:
            await rest.make("/api/v1/admin/grading/manual/", {"submission_id": made["submission_id"], "verdict": verdict, **more})


async def get(rest: Rest, contest: str, form: str) -> Any:
    answer = await rest.call("GET", f"/api/v1/admin/contests/{contest}/results/?format={form}")
    assert answer.status_code == 200, answer.text
    return answer


async def test_the_files_say_what_the_full_board_says(rest: Rest) -> None:
    contest = (await rest.contest(title='Städtecup / Finale; "2026"', freeze_after_s=0))["id"]
    apples, pears = await rest.question(contest), await rest.question(contest, "B")
    north = await rest.make("/api/v1/admin/groups/", {"contest_id": contest, "name": "=North"})
    ada = await rest.participant(contest, "=Ada", external_id="+1", group_ids=[north["id"]])
    bob, eve = await rest.participant(contest, "Bob"), await rest.participant(contest, "Eve", hidden=True)
    await rest.participant(contest, "Nobody")
    await rest.act(contest, "start")
    await judged(rest, contest, ada, apples, "WA", "AC")
    await judged(rest, contest, bob, pears, "WA", "")
    await judged(rest, contest, eve, apples, "AC")

    answer = await get(rest, contest, "csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == f'attachment; filename="stadtecup-finale-2026-results-{contest[-8:]}.csv"'
    assert b"'=Ada,'+1,'=North" in answer.content
    rows = read_csv(answer.content)
    assert rows[0] == {
        "rank": "", "name": "Eve", "external_id": "", "groups": "", "ranked": "false", "hidden": "true", "solved": "1", "penalty_min": "10",
        "last_min": "10", "pending": "0", "A attempts": "1", "A minutes": "10", "B attempts": "", "B minutes": "",
    }  # fmt: skip
    assert (rows[1]["rank"], rows[1]["name"], rows[1]["groups"], rows[1]["A attempts"], rows[1]["A minutes"]) == (
        "1",
        "=Ada",
        "=North",
        "2",
        "11",
    )
    assert [(row["rank"], row["name"], row["pending"], row["last_min"]) for row in rows[2:]] == [
        ("2", "Bob", "1", ""),
        ("2", "Nobody", "0", ""),
    ]

    sheet = read_xlsx((await get(rest, contest, "xlsx")).content)
    assert sheet[0] == list(rows[0])
    assert sheet[2][:4] == [1.0, "=Ada", "+1", "=North"]

    answer = await get(rest, contest, "json")
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    assert (found["contest"], found["final"]) == ({"id": contest, "title": 'Städtecup / Finale; "2026"', "state": "ongoing"}, False)
    assert [row["name"] for row in found["board"]["rows"]] == ["Eve", "=Ada", "Bob", "Nobody"]
    assert found["board"]["rows"][1]["cells"]["A"] == {"num_judged": 2, "solved": True, "time_min": 11, "first_to_solve": True}
    assert (await rest.call("GET", f"/api/v1/admin/contests/{contest}/results/")).content[:50] == answer.content[:50]


async def test_points_and_the_end(rest: Rest) -> None:
    contest = (await rest.contest(title="日本", scoring="ioi"))["id"]
    question, ada = await rest.question(contest, points=100), await rest.participant(contest, "Ada")
    await rest.act(contest, "start")
    await judged(rest, contest, ada, question, "WA", score=0)
    await judged(rest, contest, ada, question, "AC", score=62.5)
    await rest.act(contest, "end")
    await rest.act(contest, "finalize")
    answer = await get(rest, contest, "csv")
    assert f'"contest-results-{contest[-8:]}.csv"' in answer.headers["content-disposition"]
    (row,) = read_csv(answer.content)
    assert (row["score"], row["A attempts"], row["A points"]) == ("62.5", "2", "62.5")
    assert (await get(rest, contest, "json")).json()["final"] is True


async def test_who_may_and_what_is_refused(rest: Rest) -> None:
    contest, other = (await rest.contest())["id"], (await rest.contest())["id"]
    path = f"/api/v1/admin/contests/{contest}/results/"
    for form in ("pdf", "", "CSV"):
        assert check_refusal(await rest.call("GET", f"{path}?format={form}"), 422, "body.invalid")[0]["field"] == "format"
    check_refusal(await rest.call("GET", path, token=rest.token("grader")), 403, "role.forbidden")
    check_refusal(await rest.call("GET", path, token=rest.token("organiser", other)), 404, "contest.not_found")
    gone = "/api/v1/admin/contests/00000000-0000-4000-8000-000000000000/results/"
    check_refusal(await rest.call("GET", gone), 404, "contest.not_found")
    assert read_csv((await get(rest, contest, "csv")).content) == []
    assert len(read_xlsx((await get(rest, contest, "xlsx")).content)) == 1


HELD_UP_S = 2.0


async def test_others_are_answered_while_a_workbook_is_made(rest: Rest) -> None:
    contest = (await rest.contest())["id"]
    file, headers = "name\n" + "".join(f"N{n}\n" for n in range(20_000)), {"Content-Type": "text/csv"}
    await rest.make(f"/api/v1/admin/participants/import/?contest_id={contest}", None, content=file.encode(), headers=headers)
    making, waited = asyncio.create_task(get(rest, contest, "xlsx")), []
    while not making.done():
        began = time.perf_counter()
        assert (await rest.call("GET", f"/api/v1/admin/contests/{contest}/")).status_code == 200
        waited.append(time.perf_counter() - began)
    assert len(read_xlsx((await making).content)) == 20_001
    assert len(waited) > 5
    assert max(waited) < HELD_UP_S


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=20) | st.sampled_from(FORMULAS)
FORMULA = re.compile("[=+\\-@\t\r]")


def board(names: list[str], label: str = "A") -> Table:
    rows = [Row(str(number), name, None, ("g",), external_id=name, cells={label: Cell(1, 0, True, 5)}) for number, name in enumerate(names)]
    return table(Board("icpc", (Problem("q", label, "Apples"),), (Group("g", names[0] if names else "G"),), in_order("icpc", rows)))


@given(st.lists(TEXT, max_size=5), TEXT)
@example(FORMULAS, "=A")
def test_what_is_exported_is_what_a_spreadsheet_reads(names: list[str], label: str) -> None:
    content = result_files.as_csv(found := board(names, label))
    cells = [cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row]
    assert not any(FORMULA.match(cell) for cell in cells)
    assert [[row["name"], row["external_id"], row["groups"], row["rank"]] for row in read_csv(content)] == [
        [row[1], row[2], row[3], str(row[0])] for row in found.rows()
    ]
    assert all(row[f"{label} minutes"] == "5" for row in read_csv(content))


@given(st.lists(TEXT, min_size=1, max_size=5))
@example(FORMULAS)
def test_what_is_in_a_workbook_is_text_or_a_number(names: list[str]) -> None:
    sheet = read_xlsx(result_files.as_xlsx(found := board(names)))
    shown = [[row[1], row[2], row[3]] for row in found.rows()]
    clean = [[re.sub("[\ufffe\uffff]", "\ufffd", str(text)) for text in row] for row in shown]
    assert [row[1:4] for row in sheet[1:]] == clean
    assert all(row[0] == 1.0 and row[4:6] == [True, False] for row in sheet[1:])


@given(st.text(max_size=200))
def test_names_of_files_hold_nothing_but_letters_digits_and_hyphens(title: str) -> None:
    assert re.fullmatch(
        r"[a-z0-9-]{1,60}-results-[0-9a-f]{8}\.csv", result_files.file_name(title, "0193577c-aaaa-7c11-8b7e-2f6d3a1c9e10", "csv")
    )
