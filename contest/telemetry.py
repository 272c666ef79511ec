"""Logs (one JSON line each, or coloured on a terminal), every Prometheus metric name of Podium, and the last errors.

A process makes one `Telemetry` in its `__main__` and hands it on; nothing here is global but structlog's own configuration.
"""

import logging
import sys
import time
from collections import OrderedDict
from collections.abc import MutableMapping
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

ERRORS_KEPT = 100
"""Distinct errors remembered; the oldest is forgotten first. About 50 kB."""


class Errors:
    """The last errors logged, by event name. Owner: the process. Bound: ERRORS_KEPT. Lost on restart, the log keeps them."""

    def __init__(self, process: str) -> None:
        self._process = process
        self._kept: OrderedDict[str, dict[str, Any]] = OrderedDict()

    def note(self, event: str) -> None:
        entry = self._kept.pop(event, {"process": self._process, "event": event, "count": 0})
        self._kept[event] = entry | {"count": entry["count"] + 1, "at": now_in_words()}
        if len(self._kept) > ERRORS_KEPT:
            self._kept.popitem(last=False)

    def listed(self) -> list[dict[str, Any]]:
        return list(reversed(self._kept.values()))


class Metrics:
    """Every metric name. Label values are bounded sets: never an id of a person or contest."""

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(name, text, labels, registry=registry)

        def histogram(name: str, text: str, *labels: str) -> Histogram:
            return Histogram(name, text, labels, registry=registry)

        self.requests = counter("podium_http_requests_total", "REST requests answered", "process", "status")
        self.request_s = histogram("podium_http_request_seconds", "Time to answer a REST request", "process")
        self.peer_up = gauge("podium_peer_up", "1 if this process answered the last question for its metrics", "peer")
        self.process_ends = counter(
            "podium_process_ends_total", "Ends of this process that nobody asked for, as podium up saw them", "service"
        )
        self.connections = gauge("podium_ws_connections", "Open WebSocket connections", "role")
        self.opened = counter("podium_ws_opened_total", "WebSocket handshakes accepted")
        self.refused = counter("podium_ws_refused_total", "WebSocket handshakes refused", "reason")
        self.closed = counter("podium_ws_closed_total", "WebSocket connections closed", "code")
        self.deliveries = counter("podium_ws_deliveries_total", "Frames handed to sockets", "log")
        self.delivered_bytes = counter("podium_ws_delivered_bytes_total", "Bytes handed to sockets")
        self.resyncs = counter("podium_ws_resyncs_total", "Clients told to start from a snapshot", "reason")
        self.slow = gauge("podium_ws_slow_readers", "Connections whose send buffer is full")
        self.ring_bytes = gauge("podium_ws_ring_bytes", "Bytes of ready frames kept for resume")
        self.gaps = counter("podium_log_gaps_total", "Gaps seen by a reader and filled from the stream")
        self.loads = counter("podium_log_loads_total", "Logs loaded from Redis by a node")
        self.probe_age = gauge("podium_redis_probe_age_seconds", "Age of the last message that came back to its sender")
        self.lag = histogram("podium_fanout_seconds", "From the message's arrival at the node to the last socket write")
        self.gc_pause = histogram("podium_gc_pause_seconds", "Pauses of Python's garbage collector", "generation")
        self.ticks = counter("podium_ranker_ticks_total", "Board deltas published", "view")
        self.tick_s = histogram("podium_ranker_tick_seconds", "From the first change to its delta published")
        self.leading = gauge("podium_ranker_contests", "Contests this ranker leads")
        self.outbox = counter("podium_outbox_published_total", "Outbox rows published", "topic")
        self.outbox_waiting = gauge("podium_outbox_waiting", "Outbox rows not yet published")


class Telemetry:
    """What a process reports through: `log`, `metrics` (in `registry`) and `errors`."""

    def __init__(self, process: str, level: str = "info") -> None:
        self.process = process
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)
        self.errors = Errors(process)
        self.log = self._logger(level)

    def _logger(self, level: str) -> Any:
        def note_errors(_: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
            if method in ("error", "exception", "critical"):
                self.errors.note(str(event.get("event")))
            return event

        terminal = sys.stderr.isatty()
        return structlog.wrap_logger(
            structlog.PrintLogger(sys.stderr),
            processors=[
                structlog.contextvars.merge_contextvars,
                structlog.processors.add_log_level,
                note_errors,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                *([structlog.dev.ConsoleRenderer()] if terminal else [
                    structlog.processors.format_exc_info, structlog.processors.JSONRenderer(),
                ]),
            ],
            wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping().get(level.upper(), logging.INFO)),
            cache_logger_on_first_use=False,
        ).bind(process=self.process)  # fmt: skip


def now_in_words() -> str:
    """RFC 3339, UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
