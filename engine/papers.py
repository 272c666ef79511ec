"""What a contestant is shown: who they are and what they have to agree to (at any time), and once it is their turn the questions, in
their own order, with what they have answered. Keys, rubrics and external ids of questions are never in it."""

from typing import Any

from msgspec import Struct

from contest.domain.contests import Contest
from contest.domain.questions import MultipleChoice
from contest.domain.shuffling import shuffled
from contest.edge.answers import Answer, ok
from contest.edge.calls import Call
from contest.edge.routes import Route, roles
from contest.errors import Refusal, not_found
from contest.store import answers, attempts, contests, participants, questions, terms
from contest.store.connect import Connection
from contest.store.turns import OwnTime, Turn, of_participant
from contest.wire.to_browser import Status
from engine.attempts import check_consent

CONTESTANT = roles("contestant")
GROUPS = "SELECT id, name FROM podium_group WHERE id = ANY($1::uuid[]) AND NOT hidden ORDER BY name, id"


class GroupName(Struct, frozen=True):
    id: str
    name: str


class Self(Struct, frozen=True):
    """`groups`: those that are shown to everybody."""

    id: str
    name: str
    groups: list[GroupName]


class AttemptShown(Struct, frozen=True):
    id: str
    started_at: str
    handed_in_at: str | None


class Me(Struct, frozen=True):
    participant: Self
    contest: Status
    consent: str
    consented: bool
    rules: str
    turn: Turn
    attempt: AttemptShown | None


class Asked(Struct, frozen=True):
    """A question on the paper. `position`: on this paper, from 1."""

    id: str
    label: str
    title: str
    kind: str
    points: float
    statement: str
    body: dict[str, Any]
    color: str | None
    position: int


class AnswerShown(Struct, frozen=True):
    question_id: str
    value: Any
    version: int
    saved_at: str


class Paper(Struct, frozen=True):
    attempt: AttemptShown | None
    turn: Turn
    consent: str
    rules: str
    questions: list[Asked]
    answers: list[AnswerShown]


async def me(call: Call[Any], connection: Connection) -> Answer:
    contest, who = await _here(call, connection)
    told = await terms.load(connection, contest.id)
    attempt = await attempts.of_participant(connection, who["id"])
    own = await of_participant(connection, who["id"], call.now)
    groups = [GroupName(**row) for row in await connection.fetch(GROUPS, who["group_ids"])]
    consented = attempt is not None and attempt.consented_at is not None
    shown = Me(
        Self(who["id"], who["name"], groups), contests.status_of(contest), told.consent, consented, told.rules, own.turn, _shown(attempt)
    )
    return ok(shown)


async def paper(call: Call[Any], connection: Connection) -> Answer:
    contest, who = await _here(call, connection)
    told = await terms.load(connection, contest.id)
    attempt = await attempts.of_participant(connection, who["id"])
    own = await of_participant(connection, who["id"], call.now)
    _check_begun(contest, own, told.own_time_s is not None and attempt is None)
    check_consent(told, attempt)
    asked = await questions.all_of(connection, contest.id)
    ordered = shuffled(who["id"], asked, lambda each: str(each["id"])) if told.shuffle else asked
    saved = [] if attempt is None else await answers.of_attempt(connection, attempt.id)
    return ok(
        Paper(
            _shown(attempt), own.turn, told.consent, told.rules,
            [_asked(question, who["id"], position) for position, question in enumerate(ordered, 1)],
            [AnswerShown(**answers.shape(each)) for each in saved],
        )
    )  # fmt: skip


async def _here(call: Call[Any], connection: Connection) -> tuple[Contest, dict[str, Any]]:
    """The contest and the asker in it. Raises Refusal 404 for what is not shown to anybody yet, 403 for who is no participant."""
    contest = await contests.load(connection, call.enter(call.id("contest")))
    who = await participants.of_user(connection, contest.id, call.person_uuid)
    if contest.state not in ("scheduled", "ongoing", "ended", "finalized"):
        raise not_found("contest")
    return contest, who


def _check_begun(contest: Contest, own: OwnTime, must_start: bool) -> None:
    """Raises Refusal 409: the questions are not for this participant's eyes yet. Once they were, they stay."""
    if contest.started_at is None:
        raise Refusal(409, "contest.not_running", "The contest has not begun.")
    if must_start:
        raise Refusal(409, "attempt.not_started", "Your own time begins when you start; the questions are shown then.")
    if own.now_s is None or own.begins_s is None or own.now_s < own.begins_s:
        raise Refusal(409, "contest.not_running", "The contest has not begun for you.")


def _shown(attempt: attempts.Attempt | None) -> AttemptShown | None:
    told = attempts.shape(attempt)
    return None if told is None else AttemptShown(**told)


def _asked(question: dict[str, Any], participant_id: str, position: int) -> Asked:
    body = questions.body_of(question)
    shown = {} if body is None else questions.plain(body)
    if isinstance(body, MultipleChoice) and question["shuffle"]:
        own = shuffled(f"{participant_id}/{question['id']}", body.options, lambda option: option.id)
        shown["options"] = [{"id": option.id, "text": option.text} for option in own]
    return Asked(
        question["id"], question["label"], question["title"], question["kind"], question["points"], question["statement"], shown,
        question["color"], position,
    )  # fmt: skip


ROUTES = [
    Route("GET", "/api/v1/contest/{id}/me/", CONTESTANT, "read", me, summary="Who one is in this contest, at any time.", answer=Me),
    Route("GET", "/api/v1/contest/{id}/paper/", CONTESTANT, "read", paper, summary="One's questions and saved answers.", answer=Paper),
]
