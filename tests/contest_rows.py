"""Contests in PostgreSQL as the administration writes them: rows and, in the same transaction, what the outbox is told."""

from dataclasses import dataclass, field

import asyncpg

from contest.ids import ContestId, uuid7
from contest.store import outbox


@dataclass
class ContestRows:
    """Writes one contest. A rehearsal, so that no clock moves it."""

    pool: asyncpg.Pool
    id: ContestId = field(default_factory=lambda: ContestId(uuid7()))
    questions: dict[str, str] = field(default_factory=dict)
    participants: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)

    async def add(
        self, labels: str = "AB", names: tuple[str, ...] = ("ann", "ben"), freeze_after_s: int | None = None, state: str = "ongoing"
    ) -> "ContestRows":
        """The contest itself, with a question for each label and a participant for each name."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute("INSERT INTO contests_contest (id, title, status) VALUES ($1, 'Spring Open', $2)", self.id, state)
            await connection.execute(
                "INSERT INTO podium_contest (contest_id, duration_s, rehearsal, freeze_after_s, started_at, clock_at)"
                " VALUES ($1, 18000, true, $2, now(), now())",
                self.id, freeze_after_s,
            )  # fmt: skip
            for position, label in enumerate(labels):
                self.questions[label] = question = uuid7()
                await connection.execute(
                    "INSERT INTO contests_question (id, contest_id, title, position) VALUES ($1, $2, $3, $4)",
                    question, self.id, f"Problem {label}", position,
                )  # fmt: skip
                await connection.execute(
                    "INSERT INTO podium_question (question_id, contest_id, label) VALUES ($1, $2, $3)", question, self.id, label
                )
        for name in names:
            await self.add_participant(name)
        return self

    async def add_participant(self, name: str, *, hidden: bool = False) -> None:
        self.participants[name], self.users[name] = uuid7(), uuid7()
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO contests_participant (id, contest_id, user_id, display_name) VALUES ($1, $2, $3, $4)",
                self.participants[name], self.id, self.users[name], name,
            )  # fmt: skip
            await connection.execute(
                "INSERT INTO podium_participant (participant_id, contest_id, hidden) VALUES ($1, $2, $3)",
                self.participants[name], self.id, hidden,
            )  # fmt: skip
            await outbox.add(connection, self.id, "board.changed", {"fresh": False})

    async def submit(self, name: str, label: str, contest_time_s: float) -> str:
        submission = uuid7()
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO podium_submission (id, contest_id, participant_id, question_id, contest_time_s, submitted_by)"
                " VALUES ($1, $2, $3, $4, $5, $3)",
                submission, self.id, self.participants[name], self.questions[label], contest_time_s,
            )  # fmt: skip
            await self._told(connection, name, submission, "submission.received")
        return submission

    async def judge(self, name: str, submission: str, verdict: str) -> None:
        """Give the submission of `name` this current verdict, whatever it had."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute("UPDATE podium_judgement SET is_current = false WHERE submission_id = $1", submission)
            await connection.execute(
                "INSERT INTO podium_judgement (id, contest_id, submission_id, verdict, judged_by) VALUES ($1, $2, $3, $4, $1)",
                uuid7(), self.id, submission, verdict,
            )  # fmt: skip
            await self._told(connection, name, submission, "verdict.reached", verdict)

    async def announce(self, text: str) -> str:
        announced = uuid7()
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "INSERT INTO podium_announcement (id, contest_id, text, posted_by) VALUES ($1, $2, $3, $1)", announced, self.id, text
            )
            note = {"id": announced, "text": text, "posted_at": "2026-11-24T10:12:00.000Z"}
            await outbox.add(connection, self.id, "event.public", {"type": "announcement.posted", "announcement": note})
        return announced

    async def change(self, column: str, value: object, *, fresh: bool) -> None:
        """Set a column of podium_contest."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(
                f"UPDATE podium_contest SET {column} = $2, version = version + 1 WHERE contest_id = $1", self.id, value
            )
            await outbox.add(connection, self.id, "board.changed", {"fresh": fresh})

    async def _told(self, connection: asyncpg.Connection, name: str, submission: str, kind: str, verdict: str | None = None) -> None:
        await outbox.add(connection, self.id, "score.changed", {}, submission)
        note = {"id": submission, "problem": "A", "contest_time_s": 1.0, "verdict": verdict, "score": None}
        await outbox.add(connection, self.id, "inbox", {"type": kind, "submission": note}, self.users[name])
