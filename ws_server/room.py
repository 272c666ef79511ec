"""A contest as a node follows it: its logs, and the audiences that read them. The hub fills it, the sockets read it."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from contest.broker.logs import Position
from contest.domain.audience import Log, Role, has_inbox, inbox_log, shared_logs
from contest.errors import Refusal, overloaded
from contest.ids import ContestId, UserId
from contest.tokens import Ticket
from contest.wire.close_codes import CloseCode
from contest.wire.to_browser import Status
from ws_server.audience import Audience, Held
from ws_server.inbox_view import InboxView
from ws_server.log_view import LogView, ResyncReason
from ws_server.protocol.deflate import deflated
from ws_server.states import BoardState, EventsState
from ws_server.tail import Tail

if TYPE_CHECKING:
    from ws_server.socket_connection import SocketConnection

WAITING_MAX = 5_000
"""Joiners that may wait while a contest's logs are loaded; more are told to come back."""

ALWAYS: tuple[Log, ...] = ("control", "events:public", "board:public")
"""Followed as long as there is a room: who may enter, the status, the board that HTTP answers from."""

Ready = Callable[["Room | Refusal"], None]


class Room:
    """Owner: the hub. Bound: its logs' views, its connections, WAITING_MAX of waiting joiners. Rebuilt from Redis on the first interest."""

    def __init__(self, contest: ContestId, make_audience: Callable[[Role, bool, list[LogView]], Audience]) -> None:
        self.contest = contest
        self.views: dict[Log, LogView] = {}
        self.inboxes: dict[Log, InboxView] = {}
        self.tails: dict[Log, Tail] = {}
        self.audiences: dict[tuple[Role, bool], Audience] = {}
        self._of_person: dict[UserId, list[SocketConnection]] = {}
        self.idle_since: float | None = None
        self._make_audience = make_audience
        self._waiting: list[tuple[tuple[Log, ...], Ready]] = []

    @property
    def status(self) -> Status | None:
        state = self.views["events:public"].state if "events:public" in self.views else None
        return state.status if isinstance(state, EventsState) else None

    def board(self, log: Log) -> BoardState | None:
        view = self.views.get(log)
        return view.state if view and view.position and isinstance(view.state, BoardState) else None

    def __len__(self) -> int:
        """Open sockets."""
        return sum(map(len, self.audiences.values()))

    @property
    def is_empty(self) -> bool:
        return not self._waiting and not len(self)

    def when_settled(self, logs: tuple[Log, ...], ready: Ready) -> None:
        """Call `ready` once all of `logs` are loaded, or known not to be there: at once, if they are."""
        if self._are_settled(logs):
            ready(self)
        elif len(self._waiting) >= WAITING_MAX:
            ready(overloaded("Too many are waiting for this contest."))
        else:
            self._waiting.append((logs, ready))

    @property
    def wanted(self) -> set[Log]:
        """The logs that somebody waits for."""
        return {log for logs, _ in self._waiting for log in logs}

    def settled(self) -> None:
        """Another log is."""
        waiting, self._waiting = self._waiting, []
        for logs, ready in waiting:
            if self._are_settled(logs):
                ready(self)
            else:
                self._waiting.append((logs, ready))

    def refuse_waiting(self, refusal: Refusal) -> None:
        waiting, self._waiting = self._waiting, []
        for _, ready in waiting:
            ready(refusal)

    def _are_settled(self, logs: tuple[Log, ...]) -> bool:
        return all(log in self.tails and self.tails[log].settled for log in logs) and self.status is not None

    def audience(self, role: Role, deflates: bool) -> Audience:
        if (role, deflates) not in self.audiences:
            self.audiences[role, deflates] = self._make_audience(role, deflates, [self.views[log] for log in shared_logs(role)])
        return self.audiences[role, deflates]

    # The hub hands over what came in

    def publish(self, log: Log, ready: bytes) -> None:
        """Frames of a shared log to all who read it; compressed once, if there is anybody who understands that."""
        urgent = not self.views[log].is_state
        packed: bytes | None = None
        for (role, deflates), audience in self.audiences.items():
            if log in shared_logs(role):
                if deflates and len(audience):
                    packed = packed or deflated(ready)
                    audience.publish(log, packed, urgent)
                else:
                    audience.publish(log, ready, urgent)
        if log == "events:public" and self.status is not None and not self.status.public:
            self._send_guests_away()

    def _send_guests_away(self) -> None:
        """The contest is not public (any more): who has no ticket needs one."""
        for connection in self.sockets():
            if connection.ticket is None:
                connection.close(CloseCode.TICKET_EXPIRED, "this contest needs a ticket")

    def begun(self, log: Log, reason: ResyncReason | None) -> int:
        """A shared log starts over: everybody on it gets its snapshot. Returns how many that are."""
        view = self.views[log]
        if view.position is None:
            return 0
        self.publish(log, view.resync(reason) if reason else view.first_frames())
        return sum(len(audience) for (role, _), audience in self.audiences.items() if log in shared_logs(role))

    def inbox_of(self, connection: "SocketConnection") -> InboxView | None:
        if connection.ticket is None or not has_inbox(connection.ticket.role):
            return None
        return self.inboxes.get(inbox_log(connection.ticket.user))

    def publish_inbox(self, user: UserId, ready: bytes, at: Position) -> None:
        for connection in self._of_person.get(user, ()):
            if has_inbox(connection.audience.role):
                connection.tell_inbox(ready, at)

    def inbox_begun(self, log: Log) -> None:
        for user, connections in self._of_person.items():
            if inbox_log(user) == log:
                for connection in connections:
                    if has_inbox(connection.audience.role):
                        connection.begin_inbox()

    def enter(self, connection: "SocketConnection", held: Held) -> None:
        """`connection` holds `held` and joins its audience."""
        self.idle_since = None
        if connection.ticket is not None:
            self._of_person.setdefault(connection.ticket.user, []).append(connection)
        connection.audience.join(connection, held)

    def leave(self, connection: "SocketConnection") -> None:
        connection.audience.leave(connection)
        if connection.ticket is None or connection.ticket.user not in self._of_person:
            return
        mine = self._of_person[connection.ticket.user]
        if connection in mine:
            mine.remove(connection)
        if not mine:
            del self._of_person[connection.ticket.user]

    def of_person(self, user: UserId) -> "tuple[SocketConnection, ...]":
        """Those who came with a ticket of this person."""
        return tuple(self._of_person.get(user, ()))

    def sockets(self) -> "list[SocketConnection]":
        """Everybody."""
        return [member for audience in self.audiences.values() for member in audience.everybody()]  # type: ignore[misc]


def logs_of(role: Role, ticket: Ticket | None) -> tuple[Log, ...]:
    """All logs that must stand before somebody with this role comes in."""
    inbox = (inbox_log(ticket.user),) if ticket and has_inbox(role) else ()
    return (*ALWAYS, *(log for log in shared_logs(role) if log not in ALWAYS), *inbox)
