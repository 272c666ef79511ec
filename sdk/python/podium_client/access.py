"""Who may do what: the log-in of staff, people with power and their roles, API keys of programs, and what everybody did."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from podium_client import answers
from podium_client.calls import PAGE, Calls, given


class StaffSession:
    """`PodiumRest.session`: who is asking."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def log_in(self, login: str, password: str) -> answers.StaffSession:
        """The answer's `token` is for `PodiumRest.with_token`."""
        return await self._calls.post("admin/session/", {"login": login, "password": password}, answers.StaffSession)

    async def who(self) -> answers.StaffSession:
        return await self._calls.get("admin/session/", answers.StaffSession)

    async def log_out(self) -> None:
        await self._calls.delete("admin/session/")

    async def change_password(self, old_password: str, new_password: str) -> answers.StaffSession:
        """One's other sessions end. The answer's `token` is for `PodiumRest.with_token`; with the one before, a given password opens
        nothing else."""
        body = {"old_password": old_password, "new_password": new_password}
        return await self._calls.post("admin/session/password/", body, answers.StaffSession)


class People:
    """`PodiumRest.people`: accounts of staff. A role is a mapping: `role`, and `contest_id` (None: in every contest)."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def all(self, offset: int = 0, limit: int = PAGE) -> answers.Listed[answers.Person]:
        return await self._calls.get("admin/people/", answers.Listed[answers.Person], offset=offset, limit=limit)

    async def one(self, person: str) -> answers.Person:
        return await self._calls.get(f"admin/people/{person}/", answers.Person)

    async def create(
        self, login: str, name: str, roles: Sequence[Mapping[str, str | None]], password: str | None = None
    ) -> answers.PersonMade:
        """Without a `password` one is made; it is told this once."""
        body = {"login": login, "name": name, "roles": list(roles), **given(password=password)}
        return await self._calls.post("admin/people/", body, answers.PersonMade)

    async def change(self, person: str, version: int | None = None, **members: Any) -> answers.Person:
        """Of `name`, `disabled`, `roles` (all of them)."""
        return await self._calls.put(f"admin/people/{person}/", members, answers.Person, version)

    async def reset_password(self, person: str) -> str:
        """A new password, told this once; their sessions end."""
        return (await self._calls.post(f"admin/people/{person}/password/", {}, answers.PasswordGiven)).password

    async def log_out(self, person: str) -> int:
        """How many sessions ended."""
        return (await self._calls.post(f"admin/people/{person}/log-out/", {}, answers.LoggedOut)).sessions_ended


class ApiKeys:
    """`PodiumRest.keys`: what programs come in by. A scope is `<noun>:read` or `<noun>:write`, `*` for any noun."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def all(self, offset: int = 0, limit: int = PAGE) -> answers.Listed[answers.ApiKey]:
        return await self._calls.get("admin/keys/", answers.Listed[answers.ApiKey], offset=offset, limit=limit)

    async def create(
        self, name: str, role: str, scopes: Sequence[str], contest: str | None = None, expires_at: datetime | None = None
    ) -> answers.ApiKeyMade:
        """The answer's `key` is told this once; it is a token as others are."""
        body = {"name": name, "role": role, "scopes": list(scopes), **given(contest_id=contest, expires_at=expires_at)}
        return await self._calls.post("admin/keys/", body, answers.ApiKeyMade)

    async def remove(self, key: str) -> None:
        await self._calls.delete(f"admin/keys/{key}/")
