"""What a handler gets: who asks, for what, with which body, at what time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from contest.domain.audience import Role
from contest.domain.grants import PRECEDENCE
from contest.errors import Refusal, forbidden, not_found, wrong_field
from contest.ids import ContestId
from contest.store.audit import Actor
from contest.store.pages import Page
from contest.tokens import Person

B = TypeVar("B")
LIMIT_MOST = 1000


@dataclass(slots=True)
class Call(Generic[B]):
    """One request, checked. `asker` is None only on routes for anybody. `address`: the client's, behind trusted proxies.
    `secure`: by https. `by_cookie`: from a page.

    `roles`: those of the route. `role`: the one with which this call acts, once a contest is entered; before, the first that may use the
    route at all. `contest`: the one entered. `raw` and `media_type`: the body where the route takes others than JSON objects. `if_match`:
    as it came. `times`: how often it did what its route is counted as.
    """

    asker: Person | None
    body: B
    path: Mapping[str, str]
    query: Mapping[str, str]
    address: str
    now: datetime
    raw: bytes = b""
    media_type: str = ""
    if_match: str | None = None
    roles: frozenset[Role] = frozenset()
    secure: bool = False
    by_cookie: bool = False
    contest: ContestId | None = None
    times: int = 1
    _acts_as: Role | None = None

    def check_version(self, noun: str, version: int) -> None:
        """Raises Refusal 412: If-Match came with another version than the present one, so somebody else has changed it since."""
        if self.if_match is None or self.if_match.strip() == "*":
            return
        known = {tag.strip().removeprefix("W/").strip('"') for tag in self.if_match.split(",")}
        if str(version) not in known:
            raise Refusal(412, f"{noun}.changed", f"Somebody has changed this {noun} since you read it; read it again.")

    @property
    def person(self) -> Person:
        """Who asks. Only on routes that name roles."""
        assert self.asker is not None
        return self.asker

    @property
    def role(self) -> Role:
        """The role with which this call acts."""
        if self._acts_as is not None:
            return self._acts_as
        held = {grant.role for grant in self.person.grants}
        return next((role for role in PRECEDENCE if role in held and role in self.roles), self.person.role)

    @property
    def actor(self) -> Actor:
        return Actor(self.person.user, self.role, getattr(self.body, "reason", None))

    def a_person(self) -> Person:
        """Who asks, where it must be a human being. Raises Refusal 403: a program with an API key."""
        if self.person.by_key:
            raise Refusal(403, "key.no_person", "This takes a person; an API key is none.")
        return self.person

    @property
    def person_uuid(self) -> str:
        """The id of the person where a table wants a UUID. Raises Refusal 403: the token's is none."""
        try:
            return str(UUID(self.person.user))
        except ValueError:
            raise Refusal(403, "person.no_uuid", "The token's person is no UUID, which this needs.") from None

    def id(self, noun: str) -> str:
        """The `{id}` of the path. Raises Refusal 404: no UUID, so nothing has it."""
        try:
            return str(UUID(self.path["id"]))
        except ValueError:
            raise not_found(noun) from None

    def enter(self, contest_id: str, noun: str = "contest") -> ContestId:
        """The contest, if the asker has one of the route's roles there; the call acts with it from now on.

        Raises Refusal 404 as if there were no such `noun`; 403: they are in it, with another role.
        """
        role = self.person.role_in(ContestId(contest_id), self.roles)
        if role is None:
            raise forbidden() if self.person.may_enter(ContestId(contest_id)) else not_found(noun)
        self._acts_as, self.contest = role, ContestId(contest_id)
        return self.contest

    def everywhere(self) -> None:
        """Raises Refusal 403 unless one of the route's roles is the asker's in every contest."""
        if not any(grant.contest is None and grant.role in self.roles for grant in self.person.grants):
            raise forbidden("Your role is for some contests only.")

    def contests(self) -> tuple[ContestId, ...] | None:
        """The contests in which the asker has one of the route's roles; None: every one."""
        found = [grant.contest for grant in self.person.grants if grant.role in self.roles]
        return None if None in found else tuple(contest for contest in found if contest is not None)

    def contest_asked(self) -> ContestId:
        """The `contest_id` of the query. Raises Refusal 422 (missing, no UUID), 404 (not the token's)."""
        try:
            return self.enter(str(UUID(self.query.get("contest_id", ""))))
        except ValueError:
            raise wrong_field("contest_id", "must be given in the query, a UUID") from None

    def query_id(self, name: str) -> str:
        """The id that the query must have under this name. Raises Refusal 422: missing, or no UUID."""
        try:
            return str(UUID(self.query.get(name, "")))
        except ValueError:
            raise wrong_field(name, "must be given in the query, a UUID") from None

    def page(self) -> Page:
        """`offset` and `limit` of the query. Raises Refusal 422."""
        return Page(self._number("offset", 0, 0, 2**31), self._number("limit", 100, 1, LIMIT_MOST))

    def _number(self, name: str, default: int, least: int, most: int) -> int:
        text = self.query.get(name, str(default))
        if not (text.isascii() and text.isdigit() and len(text) <= 10 and least <= int(text) <= most):
            raise wrong_field(name, f"must be a whole number from {least} to {most}")
        return int(text)
