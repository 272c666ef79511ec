"""The law of the audit: every changing route leaves a row, in the transaction of its change, that says who, what and why."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import schemathesis

from contest.edge.openapi import describe
from tests.contest.edge.test_roles import all_routes
from tests.doors import staff
from tests.rest import ME, Rest, new_id

pytestmark = pytest.mark.anyio


@dataclass
class Scene:
    """An ongoing contest with one of everything."""

    rest: Rest
    contest: str
    question: str
    group: str
    participant: str
    token: str
    submission: str
    attempt: str
    clarification: str
    canned: str
    file: str = ""
    judgement: str = ""
    person: str = ""
    key: str = ""


async def scene(rest: Rest) -> Scene:
    contest = (await rest.contest())["id"]
    question = (await rest.question(contest))["id"]
    group = (await rest.make("/api/v1/admin/groups/", {"contest_id": contest, "name": "Europe"}))["id"]
    made = await rest.participant(contest)
    await rest.act(contest, "start")
    token = rest.token("contestant", contest, made["user_id"], who=made["id"])
    body = {"question_id": question, "answer": "42"}
    submission = (await rest.make(f"/api/v1/contest/{contest}/submit/", body, token=token))["submission_id"]
    attempt = (await rest.make(f"/api/v1/contest/{contest}/start/", {}, token=token))["attempt_id"]
    asked = (await rest.make(f"/api/v1/contest/{contest}/clarifications/", {"text": "May n be 1?"}, token=token))["id"]
    canned = (await rest.make("/api/v1/admin/canned-answers/", {"contest_id": contest, "title": "Read", "text": "Read it again."}))["id"]
    return Scene(rest, contest, question, group, made["id"], token, submission, attempt, asked, canned)


async def furnish(scene: Scene) -> None:
    """What only some tests need: a file, a judgement, a person with power, an API key; all of this contest."""
    scene.file = (await send_file(scene)).json()["file_id"]
    scene.judgement = (await scene.rest.make("/api/v1/admin/grading/manual/", {"submission_id": scene.submission, "verdict": "WA"}))["id"]
    person = {"login": new_id(), "name": "Ada", "roles": [{"role": "grader", "contest_id": scene.contest}]}
    scene.person = (await scene.rest.make("/api/v1/admin/people/", person))["id"]
    key = {"contest_id": scene.contest, "name": "CI", "role": "grader", "scopes": ["*:read"]}
    scene.key = (await scene.rest.make("/api/v1/admin/keys/", key))["id"]


Do = Callable[[Scene], Awaitable[httpx.Response]]


def admin(method: str, path: str, body: Any = None, *before: str) -> Do:
    """Ask as the organiser; `before`: actions on the contest that come first. `path` and `body` name members of the scene in braces."""

    async def do(scene: Scene) -> httpx.Response:
        for action in before:
            await scene.rest.act(scene.contest, action)
        filled = {k: v.format(**vars(scene)) if isinstance(v, str) else v for k, v in body.items()} if body is not None else None
        return await scene.rest.call(method, "/api/v1/admin/" + path.format(**vars(scene)), filled)

    return do


def contestant(path: str, body: Any) -> Do:
    async def do(scene: Scene) -> httpx.Response:
        filled = {k: v.format(**vars(scene)) for k, v in body.items()}
        return await scene.rest.call("POST", f"/api/v1/contest/{scene.contest}/{path}/", filled, token=scene.token)

    return do


async def delete_judgement(scene: Scene) -> httpx.Response:
    made = await scene.rest.make("/api/v1/admin/grading/manual/", {"submission_id": scene.submission, "verdict": "AC"})
    return await scene.rest.call("DELETE", f"/api/v1/admin/grading/manual/{made['id']}/")


async def delete_question(scene: Scene) -> httpx.Response:
    unused = await scene.rest.question(scene.contest, "B")
    return await scene.rest.call("DELETE", f"/api/v1/admin/questions/{unused['id']}/")


async def log_out(scene: Scene) -> httpx.Response:
    token, _ = await staff(scene.rest)
    return await scene.rest.call("DELETE", "/api/v1/admin/session/", token=token)


async def on_person(scene: Scene, method: str, what: str, body: Any) -> httpx.Response:
    _, someone = await staff(scene.rest, ("grader", scene.contest))
    return await scene.rest.call(method, f"/api/v1/admin/people/{someone.id}/{what}", body)


async def revoke_key(scene: Scene) -> httpx.Response:
    body = {"contest_id": scene.contest, "name": "CI", "role": "grader", "scopes": ["grading:write"]}
    made = await scene.rest.make("/api/v1/admin/keys/", body)
    return await scene.rest.call("DELETE", f"/api/v1/admin/keys/{made['id']}/")


async def with_code(scene: Scene) -> httpx.Response:
    body = {"contest_id": scene.contest, "participant_ids": [scene.participant]}
    (given,) = (await scene.rest.make("/api/v1/admin/participants/codes/", body))["items"]
    return await scene.rest.call("POST", f"/api/v1/contest/{scene.contest}/session/", {"code": given["code"]}, token="")


async def contestant_logs_out(scene: Scene) -> httpx.Response:
    token = (await with_code(scene)).json()["token"]
    return await scene.rest.call("DELETE", f"/api/v1/contest/{scene.contest}/session/", token=token)


async def act_on_new(scene: Scene, action: str, **members: Any) -> httpx.Response:
    contest = await scene.rest.contest(rehearsal=True)
    return await scene.rest.call("POST", f"/api/v1/admin/contests/{contest['id']}/{action}/", {"reason": "so", **members})


WHY = {"reason": "so"}
JUDGE = {"submission_id": "{submission}", "verdict": "WA", "reason": "so"}
LAW: dict[tuple[str, str], tuple[str, Do]] = {
    ("POST", "admin/contests/"): ("contest.created", admin("POST", "contests/", {"title": "New", "duration_s": 60})),
    ("PUT", "admin/contests/{id}/"): ("contest.updated", admin("PUT", "contests/{contest}/", {"title": "New"})),
    ("POST", "admin/contests/{id}/schedule/"): ("contest.scheduled", lambda scene: act_on_new(scene, "schedule")),
    ("POST", "admin/contests/{id}/start/"): ("contest.started", lambda scene: act_on_new(scene, "start")),
    ("POST", "admin/contests/{id}/clock/"): ("contest.clock_set", lambda scene: act_on_new(scene, "clock", contest_time_s=5, rate=2)),
    ("POST", "admin/contests/{id}/pause/"): ("contest.paused", admin("POST", "contests/{contest}/pause/", WHY)),
    ("POST", "admin/contests/{id}/resume/"): ("contest.resumed", admin("POST", "contests/{contest}/resume/", WHY, "pause")),
    ("POST", "admin/contests/{id}/extend/"): (
        "contest.extended",
        lambda scene: scene.rest.call("POST", f"/api/v1/admin/contests/{scene.contest}/extend/", {**WHY, "seconds": 60}),
    ),
    ("POST", "admin/contests/{id}/reopen/"): ("contest.reopened", admin("POST", "contests/{contest}/reopen/", WHY, "end")),
    ("POST", "admin/contests/{id}/freeze/"): ("contest.frozen", admin("POST", "contests/{contest}/freeze/", WHY)),
    ("POST", "admin/contests/{id}/end/"): ("contest.ended", admin("POST", "contests/{contest}/end/", WHY)),
    ("POST", "admin/contests/{id}/thaw/"): ("contest.thawed", admin("POST", "contests/{contest}/thaw/", WHY, "freeze", "end")),
    ("POST", "admin/contests/{id}/unthaw/"): (
        "contest.thaw_undone",
        admin("POST", "contests/{contest}/unthaw/", WHY, "freeze", "end", "thaw"),
    ),
    ("POST", "admin/contests/{id}/finalize/"): ("contest.finalized", lambda scene: finalize(scene)),
    ("POST", "admin/questions/"): (
        "question.created",
        admin("POST", "questions/", {"contest_id": "{contest}", "label": "C", "title": "New"}),
    ),
    ("PUT", "admin/questions/{id}/"): ("question.updated", admin("PUT", "questions/{question}/", {"title": "New"})),
    ("DELETE", "admin/questions/{id}/"): ("question.deleted", delete_question),
    ("POST", "admin/groups/"): ("group.created", admin("POST", "groups/", {"contest_id": "{contest}", "name": "Asia"})),
    ("PUT", "admin/groups/{id}/"): ("group.updated", admin("PUT", "groups/{group}/", {"hidden": True})),
    ("POST", "admin/participants/"): ("participant.created", admin("POST", "participants/", {"contest_id": "{contest}", "name": "UW"})),
    ("PUT", "admin/participants/{id}/"): ("participant.updated", admin("PUT", "participants/{participant}/", {"ranked": False})),
    ("DELETE", "admin/participants/{id}/"): ("participant.removed", admin("DELETE", "participants/{participant}/")),
    ("POST", "admin/participants/import/"): (
        "participant.imported",
        lambda scene: scene.rest.call(
            "POST",
            f"/api/v1/admin/participants/import/?contest_id={scene.contest}",
            content=b"name\nUW\n",
            headers={"Content-Type": "text/csv"},
        ),
    ),
    ("POST", "admin/participants/{id}/token/"): ("participant.token_given", admin("POST", "participants/{participant}/token/", {})),
    ("DELETE", "admin/submissions/{id}/"): ("submission.deleted", admin("DELETE", "submissions/{submission}/")),
    ("POST", "admin/grading/manual/"): ("judgement.posted", admin("POST", "grading/manual/", JUDGE)),
    ("POST", "admin/grading/override/"): ("judgement.overridden", admin("POST", "grading/override/", JUDGE)),
    ("POST", "admin/grading/claim/"): ("claim.taken", admin("POST", "grading/claim/", {"contest_id": "{contest}"})),
    ("POST", "admin/grading/claim/renew/"): ("claim.renewed", lambda scene: claimed(scene, "renew")),
    ("POST", "admin/grading/claim/release/"): ("claim.released", lambda scene: claimed(scene, "release")),
    ("DELETE", "admin/grading/manual/{id}/"): ("judgement.deleted", delete_judgement),
    ("POST", "admin/announcements/"): (
        "announcement.posted",
        admin("POST", "announcements/", {"contest_id": "{contest}", "text": "Lunch"}),
    ),
    ("DELETE", "admin/session/"): ("person.signed_out", log_out),
    ("POST", "admin/keys/"): (
        "key.created",
        admin("POST", "keys/", {"contest_id": "{contest}", "name": "CI", "role": "grader", "scopes": ["grading:write"]}),
    ),
    ("DELETE", "admin/keys/{id}/"): ("key.revoked", lambda scene: revoke_key(scene)),
    ("POST", "admin/people/"): (
        "person.created",
        admin("POST", "people/", {"login": "ada", "name": "Ada", "roles": [{"role": "grader"}]}),
    ),
    ("PUT", "admin/people/{id}/"): ("person.updated", lambda scene: on_person(scene, "PUT", "", {"name": "Ada"})),
    ("POST", "admin/people/{id}/password/"): ("person.password_reset", lambda scene: on_person(scene, "POST", "password/", {})),
    ("POST", "admin/people/{id}/log-out/"): ("person.logged_out", lambda scene: on_person(scene, "POST", "log-out/", {})),
    ("POST", "admin/participants/codes/"): (
        "participant.codes_given",
        admin("POST", "participants/codes/", {"contest_id": "{contest}"}),
    ),
    ("POST", "contest/{id}/session/"): ("participant.signed_in", with_code),
    ("DELETE", "contest/{id}/session/"): ("participant.signed_out", contestant_logs_out),
    ("POST", "contest/{id}/start/"): ("attempt.started", lambda scene: start_another(scene)),
    ("POST", "admin/clarifications/{id}/claim/"): ("clarification.claimed", lambda scene: clarified(scene, "claim")),
    ("POST", "admin/clarifications/{id}/release/"): ("clarification.released", lambda scene: clarified(scene, "claim", "release")),
    ("POST", "admin/clarifications/{id}/answer/"): (
        "clarification.answered",
        lambda scene: clarified(scene, "claim", "answer", text="No."),
    ),
    ("POST", "admin/canned-answers/"): (
        "canned_answer.created",
        admin("POST", "canned-answers/", {"contest_id": "{contest}", "title": "No", "text": "No comment."}),
    ),
    ("DELETE", "admin/canned-answers/{id}/"): ("canned_answer.deleted", admin("DELETE", "canned-answers/{canned}/")),
    ("POST", "contest/{id}/clarifications/"): ("clarification.asked", contestant("clarifications", {"text": "May n be 0?"})),
    ("POST", "attempt/{id}/file/"): ("file.stored", lambda scene: send_file(scene)),
    ("POST", "attempt/{id}/hand-in/"): ("attempt.handed_in", lambda scene: hand_in(scene)),
    ("POST", "contest/{id}/submit/"): ("submission.received", contestant("submit", {"question_id": "{question}", "answer": "41"})),
}


OF_NO_CONTEST = {
    "admin/session/", "admin/people/", "admin/people/{id}/", "admin/people/{id}/password/", "admin/people/{id}/log-out/",
}  # fmt: skip
"""What somebody does who is good for every contest, to no contest: to themselves or to people."""


async def start_another(scene: Scene) -> httpx.Response:
    made = await scene.rest.participant(scene.contest, "UW")
    token = scene.rest.token("contestant", scene.contest, made["user_id"], who=made["id"])
    return await scene.rest.call("POST", f"/api/v1/contest/{scene.contest}/start/", {}, token=token)


async def claimed(scene: Scene, what: str) -> httpx.Response:
    await scene.rest.make("/api/v1/admin/grading/claim/", {"contest_id": scene.contest})
    return await scene.rest.call("POST", f"/api/v1/admin/grading/claim/{what}/", {"submission_id": scene.submission})


async def send_file(scene: Scene) -> httpx.Response:
    question = (await scene.rest.question(scene.contest, "F", kind="file"))["id"]
    path = f"/api/v1/attempt/{scene.attempt}/file/?question_id={question}&name=a.txt"
    headers = {"Content-Type": "application/octet-stream"}
    return await scene.rest.call("POST", path, token=scene.token, content=b"text", headers=headers)


async def hand_in(scene: Scene) -> httpx.Response:
    return await scene.rest.call("POST", f"/api/v1/attempt/{scene.attempt}/hand-in/", {}, token=scene.token)


KEPT_OTHERWISE = {("POST", "attempt/{id}/answer/")}
"""An answer is saved as it is typed: its versions, and what they replaced, are rows. One more for each would be gigabytes."""


async def clarified(scene: Scene, *actions: str, **members: Any) -> httpx.Response:
    for action in actions:
        body = members if action == actions[-1] else {}
        answer = await scene.rest.call("POST", f"/api/v1/admin/clarifications/{scene.clarification}/{action}/", body)
    return answer


async def finalize(scene: Scene) -> httpx.Response:
    await scene.rest.make("/api/v1/admin/grading/manual/", {"submission_id": scene.submission, "verdict": "AC"})
    return await admin("POST", "contests/{contest}/finalize/", WHY, "end")(scene)


def test_the_law_is_about_every_changing_route(keys: Path) -> None:
    changing = {(route.method, route.path.removeprefix("/api/v1/")) for route in all_routes(keys) if route.work == "change"}
    assert changing == set(LAW) | KEPT_OTHERWISE


async def test_every_change_leaves_its_row(rest: Rest, pool: asyncpg.Pool, keys: Path) -> None:
    """And answers what the description of the interface says."""
    described = schemathesis.openapi.from_dict(describe("all", all_routes(keys)))
    for (method, path), (action, do) in LAW.items():
        answer = await do(await scene(rest))
        assert answer.status_code in (200, 201, 204), (method, path, answer.text)
        described[f"/api/v1/{path}"][method].validate_response(answer)
        row = await pool.fetchrow("SELECT * FROM podium_audit ORDER BY id DESC LIMIT 1")
        assert row["action"] == action
        by_contestant = path.startswith(("contest/", "attempt/"))
        assert row["actor_role"] == ("contestant" if by_contestant else "organiser")
        assert by_contestant or row["actor_id"] == ME or path in OF_NO_CONTEST
        assert row["contest_id"] or path in OF_NO_CONTEST
        assert row["before"] or row["after"]
        assert row["before"] != row["after"]
        assert row["reason"] == ("so" if b'"so"' in answer.request.content else None)


async def test_what_is_refused_leaves_nothing(rest: Rest, pool: asyncpg.Pool) -> None:
    contest = await rest.contest()
    before = [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in ("podium_audit", "podium_outbox")]
    for path, body in (
        (f"contests/{contest['id']}/end/", {}),
        ("questions/", {"contest_id": contest["id"], "label": "A", "title": "x", "points": -1}),
        ("participants/", {"contest_id": contest["id"], "name": "x", "group_ids": [new_id()]}),
        ("grading/manual/", {"submission_id": new_id(), "verdict": "AC"}),
    ):
        assert (await rest.call("POST", f"/api/v1/admin/{path}", body)).status_code in (404, 409, 422)
    assert before == [await pool.fetchval(f"SELECT count(*) FROM {table}") for table in ("podium_audit", "podium_outbox")]


async def test_the_audit_is_read_page_by_page_newest_first(rest: Rest) -> None:
    contest = await rest.contest()
    for number in range(5):
        await rest.call("PUT", f"/api/v1/admin/contests/{contest['id']}/", {"title": f"T{number}"})
    page = (await rest.call("GET", f"/api/v1/admin/audit/?contest_id={contest['id']}&offset=1&limit=2")).json()
    assert page["total"] == 6
    assert [(item["before"]["title"], item["after"]["title"]) for item in page["items"]] == [("T2", "T3"), ("T1", "T2")]
    assert page["items"][0]["actor_id"] == ME
