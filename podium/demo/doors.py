"""How people come into a contest of the demonstration: links for visitors who take part, a log-in for whoever organises it."""

import secrets
from itertools import count

from podium_client import PodiumRest
from podium_client.answers import Code, Person

LOGIN = "demo"
VISITORS = 3
ROLES_KEPT = 20
"""The demonstration may run for weeks, and an account holds a bounded number of roles: the last contests' are kept."""


class OrganiserDoor:
    """The account that may organise the demonstration's contests, and no others. Owner: one run; the account stays from run to run, its
    password is new in each."""

    def __init__(self) -> None:
        self._password: str | None = None

    async def open(self, rest: PodiumRest, contest: str) -> str:
        """The account's password, good for `contest` too from now on. Raises Refused, Unreachable."""
        role = {"role": "organiser", "contest_id": contest}
        person = await _account(rest)
        if person is None:
            self._password = await _made_own(rest, (await rest.people.create(LOGIN, "Visitor who organises", [role])).password)
            return self._password
        held = [{"role": one.role, "contest_id": one.contest_id} for one in person.roles][-ROLES_KEPT + 1 :]
        await rest.people.change(person.id, roles=[*held, role], disabled=False)
        if self._password is None:
            self._password = await _made_own(rest, await rest.people.reset_password(person.id))
        return self._password


async def _made_own(rest: PodiumRest, given: str) -> str:
    """A password in place of a given one, which would have to be changed by whoever comes first and then be of no use to the next."""
    password = secrets.token_urlsafe(12)
    session = await rest.log_in(LOGIN, given)
    await rest.with_token(session.token).session.change_password(given, password)
    return password


async def _account(rest: PodiumRest) -> Person | None:
    for offset in count(0, 100):
        page = await rest.people.all(offset, 100)
        found = next((one for one in page.items if one.login == LOGIN), None)
        if found is not None or offset + 100 >= page.total:
            return found
    return None


async def visitors(rest: PodiumRest, contest: str, group: str) -> tuple[Code, ...]:
    """A code and a link for each visitor: they take part, are judged like everybody and shown without a rank."""
    people = [
        await rest.create_participant(contest, f"Visitor {number}", group_ids=[group], ranked=False) for number in range(1, VISITORS + 1)
    ]
    return await rest.participants.give_codes(contest, [one.id for one in people])
