"""What has to be done to play a feed, in the order of contest time: a pure function from a feed to actions. It sends nothing.

A submission stands at its `contest_time`, a judgement at its own `end_contest_time` whatever its line; what has no time of its own
(a changed verdict, a deletion) stands at the latest time that the feed had spoken of by its line.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from podium.clics.feed import Change, Complain, Feed, teams
from podium.clics.judging import Judge as Judge
from podium.clics.judging import Withdraw as Withdraw
from podium.clics.judging import verdicts
from podium.clics.meanings import in_our_words
from podium.clics.objects import Contest, Group, Judgement, JudgementType, Problem, Submission, Team

Move = Literal["start", "freeze", "end", "thaw", "finalize"]


@dataclass(frozen=True, slots=True)
class Submit:
    at_s: float
    submission: Submission
    team_id: str


@dataclass(frozen=True, slots=True)
class DeleteSubmission:
    at_s: float
    submission_id: str


@dataclass(frozen=True, slots=True)
class RemoveTeam:
    at_s: float
    team_id: str


@dataclass(frozen=True, slots=True)
class MoveState:
    at_s: float
    move: Move


Action = Submit | Judge | Withdraw | DeleteSubmission | RemoveTeam | MoveState
_PLACE: dict[type[Action], int] = {Submit: 1, Judge: 2, Withdraw: 3, DeleteSubmission: 4, RemoveTeam: 5, MoveState: 6}
_FIRST = "first-to-solve-"


@dataclass(frozen=True, slots=True)
class Timeline:
    """`actions` by time. Of what happens at the same moment, `start` and `freeze` come first and the other moves last.

    `first_to_solve`: what the feed's own awards say, problem -> teams; empty: it has no such awards.
    """

    contest: Contest
    problems: tuple[Problem, ...]
    groups: tuple[Group, ...]
    teams: tuple[Team, ...]
    actions: tuple[Action, ...]
    first_to_solve: dict[str, tuple[str, ...]]

    @property
    def freeze_s(self) -> float | None:
        """From which contest time submissions are hidden until the thaw. None: the feed records no freeze."""
        return next((action.at_s for action in self.actions if isinstance(action, MoveState) and action.move == "freeze"), None)

    @property
    def frozen_verdicts(self) -> int:
        """Submissions from the freeze on that have a verdict before the thaw."""
        thaw_s = next((action.at_s for action in self.actions if isinstance(action, MoveState) and action.move == "thaw"), float("inf"))
        freeze_s = float("inf") if self.freeze_s is None else self.freeze_s
        frozen = {action.submission.id for action in self.actions if isinstance(action, Submit) and action.at_s >= freeze_s}
        return len({a.submission_id for a in self.actions if isinstance(a, Judge) and a.submission_id in frozen and a.at_s < thaw_s})


class NoContest(Exception):  # noqa: N818 - a fact about the file
    """The feed has no contest that can be read."""


def plan(feed: Feed, complain: Complain) -> Timeline:
    """The timeline of a feed. Raises NoContest.

    Submissions that no team of the contest made, or for problems not there, are left out with a word to `complain`.
    """
    contest = feed.contest()
    if contest is None:
        raise NoContest("the feed has no contest with a duration")
    problems, taking_part = feed.problems(), teams(feed)
    made = _submissions(feed, {team.id for team in taking_part}, {problem.id for problem in problems}, complain)
    placed: list[tuple[Action, int]] = [*_moves(feed)]
    for changes in made.values():
        placed += _of_submission(changes)
    placed += _judged(feed, made, complain)
    placed += [(RemoveTeam(changes[-1].clock_s, team_id), changes[-1].line) for team_id, changes in _gone(feed, "teams", taking_part)]
    placed.sort(key=lambda one: (one[0].at_s, _place(one[0]), one[1]))
    start: tuple[Action, ...] = (MoveState(0.0, "start"),)
    actions = start + tuple(action for action, _ in placed)
    firsts = {award.id.removeprefix(_FIRST): award.team_ids for award in feed.awards() if award.id.startswith(_FIRST)}
    return Timeline(contest, tuple(problems), tuple(feed.groups()), tuple(taking_part), actions, firsts)


def _place(action: Action) -> int:
    """What is submitted at the very moment of the freeze is frozen."""
    return 0 if isinstance(action, MoveState) and action.move == "freeze" else _PLACE[type(action)]


def _gone(feed: Feed, kind: str, among: list[Team]) -> list[tuple[str, list[Change]]]:
    ids = {one.id for one in among}
    return [(one, changes) for one, changes in feed.changes(kind).items() if one in ids and changes[-1].value is None]


def _submissions(feed: Feed, team_ids: set[str], problem_ids: set[str], complain: Complain) -> dict[str, list[Change]]:
    """The changes of each submission that counts, the first replaced by the latest known value."""
    found = {}
    for object_id, changes in feed.changes("submissions").items():
        values = [change for change in changes if isinstance(change.value, Submission)]
        last = values[-1].value if values else None
        if not isinstance(last, Submission) or last.team_id is None:
            continue
        line = values[-1].line
        if last.team_id not in team_ids:
            complain(line, f"submission {object_id} is of team {last.team_id}, which the feed does not have: left out")
        elif last.problem_id not in problem_ids:
            complain(line, f"submission {object_id} is for problem {last.problem_id}, which the feed does not have: left out")
        elif last.contest_time_s < 0:
            complain(line, f"submission {object_id} was made before the start: left out")
        else:
            found[object_id] = [Change(values[0].line, values[0].clock_s, last), *changes[1:]]
    return found


def _of_submission(changes: list[Change]) -> list[tuple[Action, int]]:
    submission = changes[0].value
    if not isinstance(submission, Submission) or submission.team_id is None:
        raise TypeError("the first change of a submission that counts is the submission")
    found: list[tuple[Action, int]] = [(Submit(submission.contest_time_s, submission, submission.team_id), changes[0].line)]
    if changes[-1].value is None:
        at_s = max(changes[-1].clock_s, submission.contest_time_s)
        found.append((DeleteSubmission(at_s, submission.id), changes[-1].line))
    return found


def _judged(feed: Feed, made: dict[str, list[Change]], complain: Complain) -> list[tuple[Action, int]]:
    """The postings of verdicts on all submissions that are played."""
    by_submission: dict[str, list[tuple[str, list[Change]]]] = {}
    for judgement_id, changes in feed.changes("judgements").items():
        value = next((change.value for change in changes if isinstance(change.value, Judgement)), None)
        if value is None:
            continue
        if value.submission_id in made:
            by_submission.setdefault(value.submission_id, []).append((judgement_id, changes))
        elif value.submission_id not in feed.changes("submissions"):
            complain(
                changes[0].line, f"judgement {judgement_id} is of submission {value.submission_id}, which the feed does not have: left out"
            )
    placed: list[tuple[Action, int]] = []
    for submission_id, histories in by_submission.items():
        placed += verdicts(histories, _made_at_s(made[submission_id]))
    types = feed.judgement_types()
    return [(_in_our_words(types, action), line) for action, line in placed]


def _in_our_words(types: dict[str, JudgementType], action: Action) -> Action:
    return replace(action, verdict=in_our_words(types, action.verdict)) if isinstance(action, Judge) else action


def _made_at_s(changes: list[Change]) -> float:
    submission = changes[0].value
    return submission.contest_time_s if isinstance(submission, Submission) else 0.0


def _moves(feed: Feed) -> list[tuple[Action, int]]:
    state, contest = feed.state(), feed.contest()
    began = state.started or (contest.start_at if contest else None)
    if began is None or contest is None:
        return []
    recorded: list[tuple[Move, datetime | None]] = [
        ("freeze", state.frozen), ("end", state.ended), ("thaw", state.thawed), ("finalize", state.finalized)
    ]  # fmt: skip
    placed: list[tuple[Action, int]] = []
    latest_s = 0.0
    for place, (move, at) in enumerate(recorded):
        if at is None:
            continue
        at_s = (at - began).total_seconds()
        if move == "freeze" and contest.freeze_after_s is not None:
            at_s = min(at_s, contest.freeze_after_s)  # somebody noted it a moment after it was due
        latest_s = max(latest_s, at_s)
        placed.append((MoveState(latest_s, move), place))
    return placed
