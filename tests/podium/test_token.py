"""`podium token`: what it prints is taken where it belongs and nowhere else; what it cannot mint it refuses."""

import subprocess
import sys
from pathlib import Path

import pytest

from contest.domain.audience import ROLES
from contest.errors import Refusal
from contest.ids import ContestId, uuid7
from contest.tokens import AccessVerifier, Tickets
from tests.running import ROOT

CONTEST = uuid7()


def token(data: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "podium", "token", "--data", str(data), *options], capture_output=True, text=True, cwd=ROOT
    )


@pytest.fixture
def data(keys: Path) -> Path:
    return keys.parent


def test_a_token_says_who_and_for_which_contest(data: Path, keys: Path) -> None:
    participant = uuid7()
    printed = token(
        data, "--role", "contestant", "--contest", CONTEST, "--user", "ann", "--participant", participant, "--ttl-s", "60"
    ).stdout
    assert printed.count("\n") == 1
    person = AccessVerifier.of(keys).verify(printed.strip())
    assert (person.user, person.role, person.contest, person.participant) == ("ann", "contestant", CONTEST, participant)


def test_a_ticket_is_for_the_socket_alone(data: Path, keys: Path) -> None:
    printed = token(data, "--role", "proctor", "--contest", CONTEST, "--ticket").stdout.strip()
    assert Tickets.of(keys).verify(printed, ContestId(CONTEST)).role == "proctor"
    with pytest.raises(Refusal):
        AccessVerifier.of(keys).verify(printed)


def test_without_a_user_everybody_is_somebody_else(data: Path, keys: Path) -> None:
    minted = [token(data, "--role", "operator").stdout.strip() for _ in range(2)]
    assert len({AccessVerifier.of(keys).verify(one).user for one in minted}) == 2


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--role", "king"), ", ".join(ROLES)),
        (("--role", "viewer", "--ticket"), "--contest"),
        (("--role", "viewer", "--contest", "7"), "UUID"),
        (("--role", "viewer", "--ttl-s", "0"), "or equal to 1"),
        ((), "--role"),
    ],
)
def test_what_cannot_be_minted_is_refused(data: Path, options: tuple[str, ...], says: str) -> None:
    refused = token(data, *options)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert says in refused.stderr


def test_a_folder_without_keys_is_told(tmp_path: Path) -> None:
    refused = token(tmp_path, "--role", "viewer")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "there are no keys" in refused.stderr


@pytest.mark.parametrize("user", ["", "x" * 201, "a\nb"])
def test_a_person_nobody_can_be_is_refused_by_name(data: Path, user: str) -> None:
    done = token(data, "--role", "viewer", "--user", user)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--user must be" in done.stderr
