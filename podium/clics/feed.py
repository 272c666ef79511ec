"""A whole feed as a value: the latest of every object, and the history of those whose history matters. Lines that cannot be used are
handed to `complain` with their number, and the rest goes on."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from podium.clics.lines import Broken, Collection, Notification, Read, read_lines
from podium.clics.objects import Award, Contest, Group, Judgement, JudgementType, Known, Problem, State, Submission, Team, known

Complain = Callable[[int, str], None]


@dataclass(frozen=True, slots=True)
class Change:
    """An object as of `line`; None: deleted there. `clock_s`: the latest contest time that the feed had spoken of by then."""

    line: int
    clock_s: float
    value: Known | None


@dataclass(slots=True)
class Feed:
    """By type and id, every change in file order; exact repetitions left out."""

    history: dict[str, dict[str, list[Change]]] = field(default_factory=dict)

    def latest(self, kind: str) -> dict[str, Known]:
        """The objects of a type that are not deleted, in the order in which they first came."""
        found = {object_id: changes[-1].value for object_id, changes in self.history.get(kind, {}).items() if changes}
        return {object_id: value for object_id, value in found.items() if value is not None}

    def changes(self, kind: str) -> dict[str, list[Change]]:
        return self.history.get(kind, {})

    def contest(self) -> Contest | None:
        return next((value for value in self.latest("contest").values() if isinstance(value, Contest)), None)

    def state(self) -> State:
        """Each move's last known time. A line need not repeat what an earlier one said."""
        found = State(None, None, None, None, None)
        for change in self.changes("state").get("", []):
            if isinstance(later := change.value, State):
                found = State(
                    later.started or found.started,
                    later.frozen or found.frozen,
                    later.ended or found.ended,
                    later.thawed or found.thawed,
                    later.finalized or found.finalized,
                )
        return found

    def problems(self) -> list[Problem]:
        found = [value for value in self.latest("problems").values() if isinstance(value, Problem)]
        return sorted(found, key=lambda problem: (problem.ordinal, problem.label))

    def groups(self) -> list[Group]:
        return [value for value in self.latest("groups").values() if isinstance(value, Group)]

    def judgement_types(self) -> dict[str, JudgementType]:
        found = self.latest("judgement-types")
        return {object_id: value for object_id, value in found.items() if isinstance(value, JudgementType)}

    def awards(self) -> list[Award]:
        return [value for value in self.latest("awards").values() if isinstance(value, Award)]


def read_feed(lines: Iterable[bytes], complain: Complain) -> Feed:
    """Fold a feed's lines. Memory: its objects, as values."""
    feed, clock = Feed(), _Clock()
    for read in read_lines(lines):
        for one in _flat(feed, read, complain):
            _take(feed, clock, one, complain)
    return feed


def _flat(feed: Feed, read: Read, complain: Complain) -> Iterator[Notification]:
    match read:
        case Broken(line, reason):
            complain(line, reason)
        case Collection(line, kind, items):
            kept = {item.id for item in items}
            gone = [object_id for object_id in feed.latest(kind) if object_id not in kept]
            yield from (Notification(line, kind, object_id, None) for object_id in gone)
            yield from items
        case Notification():
            yield read


def _take(feed: Feed, clock: "_Clock", one: Notification, complain: Complain) -> None:
    changes = feed.history.setdefault(one.type, {}).setdefault(one.id, [])
    value: Known | None = None
    if one.data is not None:
        try:
            value = known(one.type, one.id, one.data)
        except ValueError as error:
            complain(one.line, f"{one.type} {one.id}: {error}".replace("  ", " "))
        if value is None:  # wrong, or of a type we have no use for
            return
        clock.hear(value)
    if (changes[-1].value if changes else None) != value:
        changes.append(Change(one.line, clock.latest_s, value))


class _Clock:
    """The latest contest time that the feed has spoken of: what is known of when a line without a time of its own was written."""

    def __init__(self) -> None:
        self.latest_s = 0.0
        self._start: Contest | State | None = None

    def hear(self, value: Known) -> None:
        match value:
            case Submission():
                self._at(value.contest_time_s)
            case Judgement() if value.end_s is not None:
                self._at(value.end_s)
            case State() if value.started is not None:
                moves = (value.frozen, value.ended, value.thawed, value.finalized)
                for move in moves:
                    if move is not None:
                        self._at((move - value.started).total_seconds())
            case _:
                pass

    def _at(self, contest_time_s: float) -> None:
        self.latest_s = max(self.latest_s, contest_time_s)


def teams(feed: Feed) -> list[Team]:
    """The teams that take part: those that are there at the end, and those that went after they had handed something in."""
    submitters = {
        change.value.team_id
        for changes in feed.changes("submissions").values()
        for change in changes
        if isinstance(change.value, Submission)
    }
    found = []
    for object_id, changes in feed.changes("teams").items():
        values = [change.value for change in changes if isinstance(change.value, Team)]
        if values and (changes[-1].value is not None or object_id in submitters):
            found.append(values[-1])
    return found
