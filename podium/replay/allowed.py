"""What the public may see before the thaw, from the feed alone: what judgements of submissions before the freeze can give, at any time.

Independent of the servers' scoring on purpose: this is what their frames are checked against.
"""

from collections import defaultdict

import msgspec

from podium.clics.timeline import Judge, Submit, Timeline


class AllowedCell(msgspec.Struct, frozen=True):
    """`runs`: submissions before the freeze that ever had a counting verdict: `num_judged` cannot be more. `minutes`: of the accepted."""

    runs: int
    minutes: tuple[int, ...]


class Allowed(msgspec.Struct, frozen=True):
    """`teams`: the feed's team id -> problem label -> cell; left out: nothing. `hidden`: teams that the public never sees."""

    freeze_s: float | None
    teams: dict[str, dict[str, AllowedCell]]
    hidden: frozenset[str]

    def cell(self, team: str | None, label: str) -> AllowedCell:
        return self.teams.get(team or "", {}).get(label, _NOTHING)


_NOTHING = AllowedCell(0, ())


def allowed(timeline: Timeline) -> Allowed:
    freeze_s = timeline.freeze_s
    labels = {problem.id: problem.label for problem in timeline.problems}
    counted = [action for action in timeline.actions if isinstance(action, Judge) and action.current]
    judged = {action.submission_id for action in counted}
    accepted = {action.submission_id for action in counted if action.verdict == "AC"}
    runs: dict[tuple[str, str], list[Submit]] = defaultdict(list)
    for action in timeline.actions:
        if isinstance(action, Submit) and (freeze_s is None or action.at_s < freeze_s):
            runs[action.team_id, labels[action.submission.problem_id]].append(action)
    teams: dict[str, dict[str, AllowedCell]] = defaultdict(dict)
    for (team, label), made in runs.items():
        minutes = tuple(int(one.at_s // 60) for one in made if one.submission.id in accepted)
        teams[team][label] = AllowedCell(sum(one.submission.id in judged for one in made), minutes)
    groups = {group.id: group.hidden for group in timeline.groups}
    hidden = frozenset(team.id for team in timeline.teams if team.hidden or _in_hidden_only(team.group_ids, groups))
    return Allowed(freeze_s, dict(teams), hidden)


def _in_hidden_only(group_ids: tuple[str, ...], hidden_by_group: dict[str, bool]) -> bool:
    known = [hidden_by_group[one] for one in group_ids if one in hidden_by_group]
    return bool(known) and all(known)
