"""Makes the rehearsal contest of a timeline through the admin REST interface: problems, groups, participants, each with the feed's id."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from podium_client import PodiumRest

from podium.clics.objects import Group, Problem, Team
from podium.clics.timeline import Timeline

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8
"""Requests under way at a time while the contest is made: the servers' own pools are not much wider."""


@dataclass(frozen=True, slots=True)
class Stage:
    """The contest and its objects by the feed's ids."""

    contest: str
    questions: dict[str, str]
    participants: dict[str, str]


async def set_up(rest: PodiumRest, timeline: Timeline) -> Stage:
    """Make everything; nothing has started. Raises Refused, Unreachable."""
    plan = timeline.contest
    contest = await rest.create_contest(
        plan.title[:200],
        round(plan.duration_s),
        freeze_after_s=None if plan.freeze_after_s is None else round(plan.freeze_after_s),
        penalty_s=plan.penalty_s,
        public=True,
        rehearsal=True,
        external_id=plan.id,
    )

    async def question(problem: Problem) -> str:
        place = timeline.problems.index(problem)
        made = await rest.create_question(
            contest.id, problem.label, problem.title[:200], position=place, color=problem.color, external_id=problem.id
        )
        return made.id

    async def group(one: Group) -> str:
        return (await rest.create_group(contest.id, one.name, hidden=one.hidden, external_id=one.id)).id

    questions = await _each(timeline.problems, question)
    groups = await _each(timeline.groups, group)
    by_feed_id = {one.id: made for one, made in zip(timeline.groups, groups, strict=True)}

    async def participant(team: Team) -> str:
        group_ids = [by_feed_id[one] for one in team.group_ids if one in by_feed_id]
        made = await rest.create_participant(contest.id, team.name[:200], group_ids=group_ids, hidden=team.hidden, external_id=team.id)
        return made.id

    participants = await _each(timeline.teams, participant)
    return Stage(
        contest.id,
        {problem.id: made for problem, made in zip(timeline.problems, questions, strict=True)},
        {team.id: made for team, made in zip(timeline.teams, participants, strict=True)},
    )


async def _each(items: Iterable[T], make: Callable[[T], Awaitable[R]]) -> list[R]:
    """`make` of every item, AT_ONCE at a time, the results in order; the first failure ends the rest."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(item: T) -> R:
        async with slots:
            return await make(item)

    async with asyncio.TaskGroup() as tasks:
        running = [tasks.create_task(one(item)) for item in items]
    return [task.result() for task in running]
