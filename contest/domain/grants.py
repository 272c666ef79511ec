"""What somebody may do and where: roles, in one contest or in every one."""

from msgspec import Struct

from contest.domain.audience import Role
from contest.ids import ContestId

PRECEDENCE: tuple[Role, ...] = ("organiser", "grader", "proctor", "operator", "contestant", "viewer")
"""Of several roles that would do, the first is the one somebody acts with."""

GIVEN: tuple[Role, ...] = ("organiser", "grader", "proctor", "operator", "viewer")
"""The roles of people who log in with a password. Contestants are participants of a contest."""


class Grant(Struct, frozen=True):
    """A role, in one contest or (None) in every one."""

    role: Role
    contest: ContestId | None = None

    def counts_in(self, contest: ContestId) -> bool:
        return self.contest is None or self.contest == contest


def in_order(grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
    """Those for every contest first, then by precedence."""
    return tuple(sorted(grants, key=lambda grant: (grant.contest is not None, PRECEDENCE.index(grant.role))))
