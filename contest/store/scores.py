"""What scoring needs of a contest: rules, questions, groups, entrants, submissions with their current judgements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from contest.domain.scoring import Entrant, GroupOf, Judged, Question, Rules, hidden_by_groups
from contest.ids import ContestId
from contest.store.connect import Connection
from contest.store.feedback import TOLD

RULES = f"""
SELECT scoring, penalty_s, CASE WHEN thawed_at IS NULL THEN coalesce(frozen_from_s, freeze_after_s) END AS freeze_from_s,
       started_at IS NOT NULL AS begun, {TOLD} AS told
  FROM podium_contest c WHERE contest_id = $1
"""  # noqa: S608 - nothing from outside is in it

QUESTIONS = """
SELECT q.id, p.label, q.title AS name, p.color, q.points::float8 AS points
  FROM contests_question q JOIN podium_question p ON p.question_id = q.id
 WHERE q.contest_id = $1 ORDER BY q.position, p.label
"""

GROUPS = "SELECT id, name, hidden FROM podium_group WHERE contest_id = $1 ORDER BY name, id"

ENTRANTS = """
SELECT c.id, c.display_name AS name, p.group_ids, p.ranked, p.hidden, p.external_id
  FROM contests_participant c JOIN podium_participant p ON p.participant_id = c.id
 WHERE c.contest_id = $1 AND p.removed_at IS NULL
"""

JUDGED = """
SELECT s.id, s.participant_id, s.question_id, s.contest_time_s, s.arrival, j.verdict, j.score
  FROM podium_submission s
  LEFT JOIN podium_judgement j ON j.submission_id = s.id AND j.is_current AND j.deleted_at IS NULL
 WHERE s.contest_id = $1 AND s.deleted_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Scores:
    """A contest as scoring sees it, at one moment. Arguments of a `Tally`, and what to put into it."""

    rules: Rules
    questions: tuple[Question, ...]
    groups: tuple[GroupOf, ...]
    entrants: tuple[Entrant, ...]
    submissions: tuple[Judged, ...]


class Records(NamedTuple):
    """The same as PostgreSQL gives it."""

    rules: Rules
    questions: Sequence[Mapping[str, Any]]
    groups: Sequence[Mapping[str, Any]]
    entrants: Sequence[Mapping[str, Any]]
    submissions: Sequence[Mapping[str, Any]]


async def load(connection: Connection, contest: ContestId) -> Scores | None:
    """Everything, as of one snapshot of the database; None if there is no such contest."""
    found = await records(connection, contest)
    return None if found is None else of(found)


async def records(connection: Connection, contest: ContestId) -> Records | None:
    """What `of` makes Scores of, which takes a second for a hundred thousand rows: a process that answers others does that in a thread."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        found = await rules(connection, contest)
        if found is None:
            return None
        questions = await connection.fetch(QUESTIONS, contest)
        groups = await connection.fetch(GROUPS, contest)
        entrants = await connection.fetch(ENTRANTS, contest)
        submissions = await connection.fetch(JUDGED, contest)
    return Records(found, questions, groups, entrants, submissions)


def of(found: Records) -> Scores:
    groups = tuple(GroupOf(**row) for row in found.groups)
    return Scores(
        found.rules, tuple(Question(**row) for row in found.questions), groups,
        tuple(_entrant(row, groups) for row in found.entrants), tuple(Judged(**row) for row in found.submissions),
    )  # fmt: skip


async def rules(connection: Connection, contest: ContestId) -> Rules | None:
    row = await connection.fetchrow(RULES, contest)
    return None if row is None else Rules(**row)


async def judged(connection: Connection, contest: ContestId, submission_ids: Iterable[str]) -> list[Judged]:
    """Those of the submissions that count, with their current judgements; deleted ones are left out."""
    rows = await connection.fetch(JUDGED + " AND s.id = ANY($2)", contest, list(submission_ids))
    return [Judged(**row) for row in rows]


def _entrant(row: Any, groups: tuple[GroupOf, ...]) -> Entrant:
    group_ids = tuple(row["group_ids"])
    hidden = row["hidden"] or hidden_by_groups(group_ids, groups)
    return Entrant(row["id"], row["name"], group_ids, row["ranked"], hidden, row["external_id"])
