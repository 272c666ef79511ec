"""The verdicts of one submission in the order in which they have to be posted, so that the right one counts at each moment.

A judgement marked `current` counts; among equals the one that ended last, of those that ended together the later in the feed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from podium.clics.feed import Change
from podium.clics.objects import Judgement


@dataclass(frozen=True, slots=True)
class Judge:
    """Post a verdict. `version` counts the postings of one judgement of the feed, from 1."""

    at_s: float
    judgement_id: str
    version: int
    submission_id: str
    verdict: str
    current: bool
    judged_at: datetime | None


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take back the verdict posted as `judgement_id`, `version`."""

    at_s: float
    judgement_id: str
    version: int
    submission_id: str


Placed = tuple[Judge | Withdraw, int]
"""An action and the line of the feed that asked for it."""


@dataclass(frozen=True, slots=True)
class _Say:
    """From `at_s` on the judgement says this; `value` None: it is gone, or undecided again. `order`: of the judgement's first line."""

    at_s: float
    line: int
    order: int
    judgement_id: str
    value: Judgement | None


def verdicts(histories: Iterable[tuple[str, list[Change]]], made_at_s: float) -> list[Placed]:
    """The postings for one submission, handed in at `made_at_s`, from the changes of each of its judgements."""
    says = [say for judgement_id, changes in histories for say in _says(judgement_id, changes, made_at_s)]
    desk, placed = _Desk(), []
    for say in sorted(says, key=lambda say: (say.at_s, say.line)):
        placed += [(action, say.line) for action in desk.hear(say)]
    return placed


def _says(judgement_id: str, changes: list[Change], made_at_s: float) -> Iterable[_Say]:
    """What one judgement says, when. A verdict stands at its own end; one that changes without a new end, at its line's place in time."""
    last: Judgement | None = None
    at_s, end_s = made_at_s, None
    for change in changes:
        value = change.value if isinstance(change.value, Judgement) and change.value.verdict is not None else None
        if (last is None) == (value is None) and (last is None or value is None or _same(last, value)):
            continue
        own_end_s = value.end_s if value is not None and value.end_s != end_s else None
        at_s = max(at_s, change.clock_s if own_end_s is None else own_end_s)
        end_s = value.end_s if value is not None else end_s
        last = value
        yield _Say(at_s, change.line, changes[0].line, judgement_id, value)


def _same(one: Judgement, other: Judgement) -> bool:
    return (one.verdict, one.current, one.end_s) == (other.verdict, other.current, other.end_s)


class _Desk:
    """What has been posted for one submission, and which posting counts there. Lives as long as `verdicts` runs."""

    def __init__(self) -> None:
        self._said: dict[str, _Say] = {}
        self._versions: dict[str, int] = {}
        self._posted: list[Judge] = []
        self._counts: Judge | None = None

    def hear(self, say: _Say) -> list[Judge | Withdraw]:
        if say.value is None:
            self._said.pop(say.judgement_id, None)
            actions: list[Judge | Withdraw] = [*self._withdraw(say.at_s, say.judgement_id)]
        else:
            self._said[say.judgement_id] = say
            actions = []
        wanted = self._wanted()
        if wanted is None:
            actions += self._withdraw(say.at_s)
        if say.value is not None and (wanted is None or wanted.judgement_id != say.judgement_id) and say.value.verdict is not None:
            actions += self._post(say, say.at_s, current=False)
        if wanted is not None and not self._is_counted(wanted):
            actions += self._post(wanted, say.at_s, current=True)
        return actions

    def _wanted(self) -> _Say | None:
        """The judgement that counts by what has been said."""
        live = [say for say in self._said.values() if say.value is not None and say.value.current is not False]
        marked = [say for say in live if say.value is not None and say.value.current]
        return max(marked or live, key=_by_end, default=None)

    def _is_counted(self, wanted: _Say) -> bool:
        counts = self._counts
        if counts is None or wanted.value is None:
            return False
        return (counts.judgement_id, counts.verdict) == (wanted.judgement_id, wanted.value.verdict)

    def _post(self, say: _Say, at_s: float, *, current: bool) -> list[Judge]:
        if say.value is None or say.value.verdict is None:
            return []
        known = any((one.judgement_id, one.verdict) == (say.judgement_id, say.value.verdict) for one in self._posted)
        if known and not current:
            return []
        version = self._versions.get(say.judgement_id, 0) + 1
        self._versions[say.judgement_id] = version
        value = say.value
        judge = Judge(at_s, say.judgement_id, version, value.submission_id, say.value.verdict, current, value.end_at)
        self._posted.append(judge)
        if current:
            self._counts = judge
        return [judge]

    def _withdraw(self, at_s: float, judgement_id: str | None = None) -> list[Withdraw]:
        """Take back every posting of this judgement, or of all. What counts after that is said anew: the servers would take the newest."""
        gone = [one for one in self._posted if judgement_id is None or one.judgement_id == judgement_id]
        self._posted = [one for one in self._posted if one not in gone]
        if self._counts in gone:
            self._counts = self._newest_left()
        return [Withdraw(at_s, one.judgement_id, one.version, one.submission_id) for one in gone]

    def _newest_left(self) -> Judge | None:
        """What the servers count after the one that counted was taken back (docs/reference/rest.md); None: cannot be told from here."""
        if len(self._posted) != 1:
            return None
        return self._posted[0]


def _by_end(say: _Say) -> tuple[float, int]:
    value = say.value
    return (float("-inf") if value is None or value.end_s is None else value.end_s, say.order)
