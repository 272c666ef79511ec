"""What a list of people would change in a contest: who is new, who is changed and how, which groups are made, and what forbids it.

People are known by their external id. Who has none is new each time, whatever their name: two people may be called the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from contest.domain.rows import GroupOf, hidden_by_groups

FAULTS_MOST = 1000
"""Told; the others are counted."""
NEW_GROUPS_MOST = 500
"""More are the sign of a wrong column: groups are in every board."""


class OneFault(Struct, frozen=True):
    """`field` '': the line as a whole."""

    line: int
    field: str
    message: str


class Faults:
    """Owner: one import. Bound: FAULTS_MOST faults and a number."""

    def __init__(self) -> None:
        self.told: list[OneFault] = []
        self.count = 0

    def add(self, line: int, field: str, message: str) -> None:
        self.count += 1
        if len(self.told) < FAULTS_MOST:
            self.told.append(OneFault(line, field, message))

    def by_line(self) -> list[OneFault]:
        return sorted(self.told, key=lambda one: one.line)


class Entry(Struct, frozen=True):
    """One row. What is UNSET stays as it is; somebody new gets the default. `groups`: names."""

    line: int
    name: str | UnsetType = UNSET
    external_id: str | None = None
    groups: tuple[str, ...] | UnsetType = UNSET
    ranked: bool | UnsetType = UNSET
    hidden: bool | UnsetType = UNSET
    delay_s: int | UnsetType = UNSET
    extra_time_s: int | UnsetType = UNSET
    time_factor: float | UnsetType = UNSET
    accommodation: str | UnsetType = UNSET


class Someone(Struct, frozen=True):
    """A participant as an import sees them. `removed`: not in the contest any more, but the external id is theirs."""

    id: str
    name: str
    external_id: str | None = None
    group_ids: tuple[str, ...] = ()
    ranked: bool = True
    hidden: bool = False
    delay_s: int = 0
    extra_time_s: int = 0
    time_factor: float = 1.0
    accommodation: str = ""
    version: int = 1
    removed: bool = False


class KnownGroup(Struct, frozen=True):
    id: str
    name: str
    hidden: bool = False
    delay_s: int = 0
    extra_time_s: int = 0


@dataclass(slots=True)
class Plan:
    """What is to be done. `fresh`: somebody is hidden or shown by it. `own_times`: ids of those whose own time is another then.
    `changes_times`: a person's own delay, extra time or factor is. `same_name`: how many of the new ones without an external id are called
    like somebody else."""

    new: list[Someone] = field(default_factory=list)
    changed: list[Someone] = field(default_factory=list)
    unchanged: int = 0
    groups_new: list[KnownGroup] = field(default_factory=list)
    fresh: bool = False
    changes_times: bool = False
    own_times: list[str] = field(default_factory=list)
    same_name: int = 0


_PLAIN = ("name", "ranked", "hidden", "delay_s", "extra_time_s", "time_factor", "accommodation")
_TIMES = ("delay_s", "extra_time_s", "time_factor")


def check_once(external_ids: Iterable[tuple[int, str]], faults: Faults) -> None:
    """Nobody stands in the list twice. `external_ids`: with their lines, those of rows that are wrong otherwise too."""
    lines: dict[str, int] = {}
    for line, external_id in external_ids:
        if (earlier := lines.setdefault(external_id, line)) != line:
            faults.add(line, "external_id", f"{external_id} is on line {earlier} as well")


def plan(
    entries: Sequence[Entry],
    known: Mapping[str, Someone],
    names: Iterable[str],
    groups: Sequence[KnownGroup],
    ids: Iterator[str],
    faults: Faults,
) -> Plan:
    """`known`: by external id. `names`: those of participants. `groups`: of the contest. `ids`: enough for all who may be new."""
    found = Plan()
    table = _Groups(groups, found.groups_new, ids, faults)
    called = set(names)
    for entry in entries:
        group_ids = None if isinstance(entry.groups, UnsetType) else table.ids_of(entry.line, entry.groups)
        before = None if entry.external_id is None else known.get(entry.external_id)
        if before is None:
            _add(entry, group_ids or (), ids, called, found, faults)
        elif before.removed:
            faults.add(entry.line, "external_id", f"{entry.external_id} was removed from this contest; leave the row out or use another id")
        else:
            _change(before, entry, group_ids, table, found)
    return found


def _add(entry: Entry, group_ids: tuple[str, ...], ids: Iterator[str], called: set[str], found: Plan, faults: Faults) -> None:
    if isinstance(entry.name, UnsetType):
        faults.add(entry.line, "name", f"is missing: nobody here has the external_id {entry.external_id}")
        return
    if entry.external_id is None:
        found.same_name += entry.name in called
        called.add(entry.name)
    found.new.append(Someone(next(ids), external_id=entry.external_id, group_ids=group_ids, **_said(entry)))


def _said(entry: Entry) -> dict[str, Any]:
    return {name: value for name in _PLAIN if (value := getattr(entry, name)) is not UNSET}


def _change(before: Someone, entry: Entry, group_ids: tuple[str, ...] | None, table: "_Groups", found: Plan) -> None:
    said = _said(entry)
    if group_ids is not None and set(group_ids) != set(before.group_ids):
        said["group_ids"] = group_ids
    after = replace(before, **said)
    if after == before:
        found.unchanged += 1
        return
    found.changed.append(after)
    found.fresh |= table.hides(before) != table.hides(after)
    found.changes_times |= any(getattr(before, name) != getattr(after, name) for name in _TIMES)
    if table.own_time(before) != table.own_time(after):
        found.own_times.append(after.id)


class _Groups:
    """Groups by name, with those that are made as they are first named."""

    def __init__(self, groups: Sequence[KnownGroup], made: list[KnownGroup], ids: Iterator[str], faults: Faults) -> None:
        self._by_name: dict[str, KnownGroup] = {}
        self._by_id = {group.id: group for group in groups}
        self._twice: set[str] = set()
        for group in groups:
            if group.name in self._by_name:
                self._twice.add(group.name)
            self._by_name[group.name] = group
        self._any_hidden = any(group.hidden for group in groups)
        self._made = made
        self._ids = ids
        self._faults = faults

    def ids_of(self, line: int, names: Sequence[str]) -> tuple[str, ...]:
        for name in names:
            if name in self._twice:
                self._faults.add(line, "groups", f"two groups of this contest are called {name}; rename one")
            elif name not in self._by_name:
                self._make(line, name)
        return tuple(self._by_name[name].id for name in names if name in self._by_name)

    def _make(self, line: int, name: str) -> None:
        if len(self._made) >= NEW_GROUPS_MOST:
            self._faults.add(line, "groups", f"{name} would be more than the {NEW_GROUPS_MOST} new groups that one import may make")
            return
        group = KnownGroup(next(self._ids), name)
        self._made.append(group)
        self._by_name[name] = self._by_id[group.id] = group

    def hides(self, someone: Someone) -> bool:
        """Whether this one is off the public board."""
        if someone.hidden or not self._any_hidden:
            return someone.hidden
        mine = [self._by_id[each] for each in someone.group_ids if each in self._by_id]
        return hidden_by_groups(someone.group_ids, [GroupOf(each.id, each.name, each.hidden) for each in mine])

    def own_time(self, someone: Someone) -> tuple[int, int, float]:
        mine = [self._by_id[each] for each in someone.group_ids if each in self._by_id]
        delay_s = max((each.delay_s for each in mine), default=0)
        extra_s = max((each.extra_time_s for each in mine), default=0)
        return someone.delay_s + delay_s, someone.extra_time_s + extra_s, someone.time_factor
