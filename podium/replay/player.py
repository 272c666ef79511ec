"""Plays a timeline's actions against a stage, each when it is due and acknowledged before what depends on it.

Submissions go out one after the other in their order; a judgement waits for its submission; moves of the contest's state wait for all
that came before them. A refused action is told and left out, with what depends on it; servers that are away are waited for by `rest`.
"""

import asyncio
from collections.abc import Awaitable, Callable

from podium_client import PodiumRest, Refused
from podium_client.answers import Contest

from podium.clics.timeline import Action, DeleteSubmission, Judge, MoveState, RemoveTeam, Submit, Timeline, Withdraw
from podium.replay.pace import dues
from podium.replay.stage import Stage

AT_ONCE = 32
"""Actions under way; when they are all taken, the play waits rather than heap up."""
LATE_S = 2.0
"""Behind by more than this (the servers were slow or away), the play shifts and the board's clock is set again."""

OnPlayed = Callable[[Action], None]
Tell = Callable[[str], None]
BeforeThaw = Callable[[], Awaitable[None]]


class Player:
    """Owner: one replay. Bound: AT_ONCE actions under way, the ids of what was made. Not rebuilt: a replay cannot be taken up again."""

    def __init__(self, rest: PodiumRest, timeline: Timeline, stage: Stage, speed: float, *, on_played: OnPlayed, tell: Tell) -> None:
        self._rest = rest
        self._timeline = timeline
        self._stage = stage
        self._speed = speed
        self._on_played = on_played
        self._tell = tell
        self._submissions: dict[str, str] = {}
        self._judgements: dict[tuple[str, int], str] = {}
        self._last_of: dict[str, asyncio.Task[None]] = {}
        self._under_way: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._in_line = asyncio.Lock()  # asyncio's locks are fair: first come, first served
        self._running = False

    async def play(self, before_thaw: BeforeThaw) -> None:
        """All actions. `before_thaw` is awaited right before the thaw is posted. Raises Unreachable when the servers stay away."""
        loop = asyncio.get_running_loop()
        actions = self._timeline.actions
        began = loop.time()
        try:
            for action, due in zip(actions, dues((action.at_s for action in actions), self._speed), strict=True):
                if due.jump_to_s is not None:
                    await self._set_clock(due.jump_to_s)
                await asyncio.sleep(began + due.after_s - loop.time())
                await self._begin(action, before_thaw)
                if (late_s := loop.time() - began - due.after_s) > LATE_S:
                    began += late_s
                    await self._set_clock(action.at_s)
            await self._all_done()
        finally:
            for task in self._under_way:
                task.cancel()

    async def _set_clock(self, contest_time_s: float) -> None:
        if self._running:
            await self._rest.set_clock(self._stage.contest, contest_time_s, self._speed)

    async def _begin(self, action: Action, before_thaw: BeforeThaw) -> None:
        if isinstance(action, MoveState | RemoveTeam):
            await self._all_done()
            if isinstance(action, MoveState) and action.move == "thaw":
                await before_thaw()
            await self._do(action, None)
            return
        await self._slots.acquire()
        submission_id = action.submission.id if isinstance(action, Submit) else action.submission_id
        task = asyncio.create_task(self._do(action, self._last_of.get(submission_id)))
        self._last_of[submission_id] = task
        self._under_way.add(task)
        task.add_done_callback(self._finished)
        self._check()

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._slots.release()
        if not task.cancelled() and (error := task.exception()) is not None:
            self._failure = self._failure or error

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    async def _all_done(self) -> None:
        if self._under_way:
            await asyncio.wait(self._under_way)
            await asyncio.sleep(0)  # the callbacks of the last ones
        self._check()

    async def _do(self, action: Action, after: asyncio.Task[None] | None) -> None:
        if after is not None:
            await asyncio.wait([after])
        try:
            await self._post(action)
        except Refused as error:
            self._tell(f"{_named(action)} was refused: {error}")
        self._on_played(action)

    async def _post(self, action: Action) -> None:
        match action:
            case Submit():
                await self._submit(action)
            case Judge():
                await self._judge(action)
            case Withdraw(_, judgement_id, version):
                if made := self._judgements.get((judgement_id, version)):
                    await self._rest.withdraw_judgement(made)
            case DeleteSubmission(_, submission_id):
                if made := self._submissions.get(submission_id):
                    await self._rest.delete_submission(made)
            case RemoveTeam(_, team_id):
                await self._rest.remove_participant(self._stage.participants[team_id])
            case MoveState():
                await self._move(action)

    async def _submit(self, action: Submit) -> None:
        submission = action.submission
        members = {"language": submission.language} if submission.language else {}
        async with self._in_line:
            made = await self._rest.submit(
                self._stage.contest,
                self._stage.questions[submission.problem_id],
                participant_id=self._stage.participants[action.team_id],
                contest_time_s=submission.contest_time_s,
                external_id=submission.id,
                **members,
            )
        self._submissions[submission.id] = made.submission_id

    async def _judge(self, action: Judge) -> None:
        made = self._submissions.get(action.submission_id)
        if made is None:  # its submission was refused, and that was told
            return
        named = action.judgement_id if action.version == 1 else f"{action.judgement_id}#{action.version}"
        members = {} if action.judged_at is None else {"judged_at": action.judged_at}
        posted = await self._rest.judge(made, action.verdict, current=action.current, external_id=named, **members)
        self._judgements[action.judgement_id, action.version] = posted.id

    async def _move(self, action: MoveState) -> None:
        timed = action.move in ("start", "freeze", "end")
        members = {"contest_time_s": action.at_s} if timed else {}
        try:
            await self._rest.move(self._stage.contest, action.move, **members)
        except Refused as error:
            if error.status != 409 or not _is_done(await self._rest.contest(self._stage.contest), action):
                raise
        self._running = action.move in ("start", "freeze")
        if action.move == "start":
            await self._set_clock(action.at_s)


def _is_done(contest: Contest, action: MoveState) -> bool:
    """Whether the contest has moved there already: by somebody else, or by a try of ours whose answer was lost."""
    done = {
        "start": contest.started_at,
        "freeze": contest.frozen_at,
        "end": contest.ended_at,
        "thaw": contest.thawed_at,
        "finalize": contest.finalized_at,
    }
    return done[action.move] is not None


def _named(action: Action) -> str:
    match action:
        case Submit(submission=submission):
            return f"submission {submission.id}"
        case Judge(judgement_id=judgement_id) | Withdraw(judgement_id=judgement_id):
            return f"judgement {judgement_id}"
        case DeleteSubmission(submission_id=submission_id):
            return f"deleting submission {submission_id}"
        case RemoveTeam(team_id=team_id):
            return f"removing team {team_id}"
        case MoveState(move=move):
            return f"the move {move}"
