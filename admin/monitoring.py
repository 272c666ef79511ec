"""The monitoring of all processes together, this one included: health, metrics with a label `process`, the last errors."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from admin.peers import Heard, Peers
from admin.supervised import Supervised
from contest.edge.answers import refused
from contest.edge.monitoring import EXPOSITION, Ready, json_response, paths, readiness
from contest.edge.who import Door
from contest.errors import Refusal
from contest.telemetry import Telemetry
from contest.tokens import AccessSigner, Person

ASKED_WITHIN_S = 60


@dataclass(frozen=True, slots=True)
class Asking:
    """The peers, and what they are asked with: a token of this minute, for an API key or a session means nothing to a node."""

    peers: Peers
    signer: AccessSigner

    async def ask(self, path: str, person: Person) -> list[Heard]:
        return await self.peers.ask(path, f"Bearer {self.signer.mint(person.user, 'operator', None, ASKED_WITHIN_S)[0]}")


def together(telemetry: Telemetry, door: Door, ready: Ready, asking: Asking, supervised: Supervised) -> list[BaseRoute]:
    """The monitoring routes, answered for the peers and this process; what ended and cannot answer, for it."""
    me = telemetry.process

    async def live(_: Request) -> Response:
        return json_response(200, {"status": "live"})

    async def is_ready(_: Request) -> Response:
        checks = {heard.name: health(heard) for heard in await asking.peers.ask("health/ready")}
        mine = await ready()
        return readiness({me: {"ok": all(check.get("ok") for check in mine.values()), "checks": mine}, **checks})

    async def metrics(request: Request) -> Response:
        try:
            heard = await asking.ask("metrics/", await door.operator(request))
        except Refusal as refusal:
            return refused(refusal)
        for one in heard:
            telemetry.metrics.peer_up.labels(one.name).set(one.status == 200)
        supervised.count()
        texts = {me: generate_latest(telemetry.registry), **{one.name: one.body for one in heard if one.status == 200}}
        return Response(merged(texts), headers={"Cache-Control": "no-store"}, media_type=EXPOSITION)

    async def errors(request: Request) -> Response:
        try:
            heard = await asking.ask("errors/", await door.operator(request))
        except Refusal as refusal:
            return refused(refusal)
        ended = supervised.listed()
        found = ended + telemetry.errors.listed() + [item for one in heard for item in listed(one)]
        found.sort(key=lambda item: str(item.get("at")), reverse=True)
        return json_response(200, {"total": len(found), "items": found})

    return paths(live, is_ready, metrics, errors)


class _Health(msgspec.Struct):
    status: str
    checks: dict[str, Any] = {}


class _Errors(msgspec.Struct):
    items: list[dict[str, Any]] = []


def health(heard: Heard) -> Mapping[str, Any]:
    """The check of one process: ok, and its own checks or how it failed to answer."""
    try:
        told = msgspec.json.decode(heard.body, type=_Health)
    except msgspec.DecodeError:
        return {"ok": False, "error": heard.error or f"answered {heard.status}"}
    return {"ok": heard.status == 200 and told.status == "ready", "checks": told.checks}


def listed(heard: Heard) -> Iterable[dict[str, Any]]:
    """The errors of one process; none if it did not answer properly."""
    try:
        told = msgspec.json.decode(heard.body, type=_Errors)
    except msgspec.DecodeError:
        return ()
    return [{**item, "process": heard.name} for item in told.items]


class _Merged(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def merged(texts: Mapping[str, bytes]) -> bytes:
    """One exposition of all `texts` (by process): a family stands once, its samples together, each with its `process`.

    A text that does not parse is left out whole.
    """
    families: dict[str, Metric] = {}
    for process, text in texts.items():
        try:
            found = list(text_string_to_metric_families(text.decode()))
        except (ValueError, KeyError):
            continue
        for family in found:
            into = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            for sample in family.samples:
                into.add_sample(sample.name, {**sample.labels, "process": process}, sample.value)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Merged(families.values()))
    return generate_latest(registry)
