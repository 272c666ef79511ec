"""Keys rotate while tokens are made and verified: none that is good is ever refused, and a key that was taken out is soon worth nothing."""

import asyncio
import time
from pathlib import Path

import pytest

from contest.errors import Refusal
from contest.ids import ContestId, UserId, uuid7
from contest.keys import Folder, make_keys, ticket_keys, write_key
from contest.tokens import AccessSigner, AccessVerifier, Person, Tickets
from podium import keys as rotating
from podium.compose_secrets import make_secrets

ANN, CONTEST = UserId("ann"), ContestId(uuid7())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    make_keys(tmp_path / "keys")
    return tmp_path


def a_person() -> Person:
    return Person(ANN, "viewer", None, int(time.time()) + 900)


def test_tokens_of_the_new_and_of_the_old_key_are_good_at_once(data: Path) -> None:
    signer, verifier, tickets, node = (made.of(data / "keys") for made in (AccessSigner, AccessVerifier, Tickets, Tickets))
    old, old_ticket = signer.mint(ANN, "viewer", None, 60)[0], tickets.mint(a_person(), CONTEST)[0]
    rotating.rotate(rotating.Folders.of(data))
    new, new_ticket = (
        AccessSigner.of(data / "keys").mint(ANN, "viewer", None, 60)[0],
        Tickets.of(data / "keys").mint(a_person(), CONTEST)[0],
    )
    for token in (old, new):
        assert verifier.verify(token).user == ANN
    for ticket in (old_ticket, new_ticket):
        assert node.verify(ticket, CONTEST).user == ANN


def test_a_retired_key_is_worth_nothing_within_seconds(data: Path) -> None:
    signer, verifier, tickets = AccessSigner.of(data / "keys"), AccessVerifier.of(data / "keys"), Tickets.of(data / "keys")
    kid, old, old_ticket = signer.kid, signer.mint(ANN, "viewer", None, 60)[0], tickets.mint(a_person(), CONTEST)[0]
    folders = rotating.Folders.of(data)
    with pytest.raises(rotating.NoSuchKey, match="newest"):
        rotating.retire(folders, kid)
    rotating.rotate(folders)
    assert f"access {kid}" in rotating.retire(folders, kid)
    for key in list(rotating.listed(folders)):  # made a second apart, the ticket's has another name
        if not key.mints:
            rotating.retire(folders, key.name)
    end = time.monotonic() + 3
    refused: set[str] = set()
    while len(refused) < 2 and time.monotonic() < end:
        for verify in (lambda: verifier.verify(old), lambda: tickets.verify(old_ticket, CONTEST)):
            try:
                verify()
            except Refusal as refusal:
                refused.add(refusal.code)
        time.sleep(0.02)
    assert refused == {"token.invalid", "ticket.invalid"}
    assert signer.kid != kid
    assert verifier.verify(signer.mint(ANN, "viewer", None, 60)[0]).user == ANN


def test_a_ticket_key_of_the_time_before_works_and_rotates_out(data: Path) -> None:
    for path in (data / "keys").glob("ticket-*.key"):
        path.rename(data / "keys" / "ticket.key")
    tickets = Tickets.of(data / "keys")
    old = tickets.mint(a_person(), CONTEST)[0]
    assert tickets.verify(old, CONTEST).user == ANN
    make_keys(data / "keys")
    assert list(ticket_keys(data / "keys")) == [""]
    folders = rotating.Folders.of(data)
    rotating.rotate(folders)
    assert next((key.name, key.mints) for key in rotating.listed(folders) if key.kind == "ticket") == ("old", False)
    assert Tickets.of(data / "keys").verify(old, CONTEST).user == ANN
    assert rotating.retire(folders, "old") == ["ticket old"]
    with pytest.raises(Refusal):
        Tickets.of(data / "keys").verify(old, CONTEST)


def test_under_compose_each_folder_gets_what_its_processes_need(tmp_path: Path) -> None:
    make_secrets(tmp_path / "made")
    folders = rotating.Folders.of(tmp_path / "made")
    engine, node, relay = (
        Tickets.of(tmp_path / "made/node-keys"),
        Tickets.of(tmp_path / "made/node-keys"),
        AccessVerifier.of(tmp_path / "made/public-keys"),
    )
    first = next(key.name for key in rotating.listed(folders))
    rotating.rotate(folders)
    names = {name: {path.name for path in (tmp_path / "made" / name).iterdir()} for name in ("keys", "node-keys", "public-keys")}
    assert [len(names[name]) for name in ("keys", "node-keys", "public-keys")] == [7, 4, 2]
    assert not any(name.endswith(".pem") and not name.endswith(".pub.pem") for name in names["node-keys"] | names["public-keys"])
    assert all(path.stat().st_mode & 0o777 == 0o444 for path in (tmp_path / "made").glob("*keys/*"))
    assert relay.verify(AccessSigner.of(tmp_path / "made/keys").mint(ANN, "operator", None, 60)[0]).role == "operator"
    assert node.verify(engine.mint(a_person(), CONTEST)[0], CONTEST).user == ANN
    rotating.retire(folders, first)
    assert not list((tmp_path / "made").glob(f"*/access-{first}*"))


@pytest.mark.anyio
async def test_under_load_no_good_token_is_refused_while_keys_rotate(data: Path) -> None:
    """Several that mint and several that verify, each with its own view of the folder, through many rotations and retirements of the one
    before the last."""
    folder = data / "keys"
    signers, verifiers = [AccessSigner.of(folder) for _ in range(4)], [AccessVerifier.of(folder) for _ in range(4)]
    minting, nodes = [Tickets.of(folder) for _ in range(4)], [Tickets.of(folder) for _ in range(4)]
    done, checked = asyncio.Event(), 0

    async def ask(number: int) -> None:
        nonlocal checked
        while not done.is_set():
            token, ticket = signers[number].mint(ANN, "viewer", None, 60)[0], minting[number].mint(a_person(), CONTEST)[0]
            await asyncio.sleep(0)
            for verifier in verifiers:
                assert verifier.verify(token).user == ANN
            for node in nodes:
                assert node.verify(ticket, CONTEST).user == ANN
            checked += 1
            await asyncio.sleep(0)

    asking = [asyncio.create_task(ask(number)) for number in range(4)]
    for _ in range(8):
        await asyncio.to_thread(rotating.rotate, rotating.Folders.of(data))
        await asyncio.sleep(0.15)
    done.set()
    await asyncio.gather(*asking)
    assert checked > 20


def test_what_is_broken_for_a_moment_leaves_the_keys_that_were_there(data: Path) -> None:
    now = [0.0]
    folder = Folder(data / "keys", ticket_keys, lambda: now[0])
    known = folder.now()
    write_key(data / "keys" / "ticket-99990101T000000Z.key", b"short")
    now[0] = 10
    assert folder.now() == known
    (data / "keys" / "ticket-99990101T000000Z.key").write_bytes(b"x" * 32)
    now[0] = 20
    assert list(folder.now()) == [*known, "99990101T000000Z"]
    (data / "keys").rename(data / "away")
    now[0] = 30
    assert len(folder.now()) == 2
