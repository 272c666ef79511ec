"""Every Redis key and channel of Podium, in one place. All keys of one contest share a hash tag, so that a Lua script may
touch them together on a cluster."""

from dataclasses import dataclass

from contest.domain.audience import Log
from contest.ids import ContestId


@dataclass(frozen=True, slots=True)
class Channels:
    """Names below `prefix` (one per installation; one per test)."""

    prefix: str = "podium"

    def _of(self, contest: ContestId, rest: str) -> str:
        return f"{self.prefix}:{{{contest}}}:{rest}"

    def log_meta(self, contest: ContestId, log: Log) -> str:
        """Hash: epoch, seq, run (the server's run_id when the epoch began), fence."""
        return self._of(contest, f"log:{log}:meta")

    def log_stream(self, contest: ContestId, log: Log) -> str:
        """Stream, capped: entry id `<seq>-0`, fields since, user, user_seq, payload."""
        return self._of(contest, f"log:{log}:stream")

    def log_snapshot(self, contest: ContestId, log: Log) -> str:
        """Hash: epoch, seq, payload."""
        return self._of(contest, f"log:{log}:snapshot")

    def log_users(self, contest: ContestId, log: Log) -> str:
        """Hash of an inbox log: user -> that user's own seq in this epoch."""
        return self._of(contest, f"log:{log}:users")

    def log_kept(self, contest: ContestId, log: Log) -> str:
        """Hash of an inbox log: user -> `<user_seq> <JSON>`: an `Inbox` (to_browser); before version 0.2 a list of submissions."""
        return self._of(contest, f"log:{log}:kept")

    def log_once(self, contest: ContestId, log: Log) -> str:
        """Sorted set, capped: outbox ids published to this log lately, by when (microseconds)."""
        return self._of(contest, f"log:{log}:once")

    def log_channel(self, contest: ContestId, log: Log) -> str:
        """Pub/sub: one message per published entry (contest.broker.logs.Message)."""
        return self._of(contest, f"log:{log}")

    def changes(self, contest: ContestId) -> str:
        """Stream, capped: what the ranker has to look at again; fields kind (submission, board), id."""
        return self._of(contest, "changes")

    def leader(self, contest: ContestId, role: str) -> str:
        """String with expiry: `<fence>:<owner>` of the process that leads this contest in this role."""
        return self._of(contest, f"leader:{role}")

    def fence(self, contest: ContestId, role: str) -> str:
        """String: the last fencing token given out; rises with the server's clock, so that a lost tail gives none out twice."""
        return self._of(contest, f"fence:{role}")

    def seen(self, contest: ContestId, role: str) -> str:
        """String: up to which id of the changes stream the leader in this role has done its work."""
        return self._of(contest, f"seen:{role}")

    def ranks(self, contest: ContestId, view: str) -> str:
        """Sorted set: participant -> place on the board of this view (`public`, `full`), smaller is better."""
        return self._of(contest, f"ranks:{view}")

    def activity(self, contest: ContestId, hour: int) -> str:
        """Hash with expiry: `<doing>:<minute>:<engine>` -> how often (contest/broker/activity.py). `hour` and `minute`: since 1970."""
        return self._of(contest, f"activity:{hour}")

    def nodes_of(self, contest: ContestId) -> str:
        """Hash with expiry: socket node -> `<Unix time> <open sockets in this contest>`."""
        return self._of(contest, "nodes")

    def nodes(self) -> str:
        """Hash: socket node -> what it said last (contest/broker/nodes.py)."""
        return f"{self.prefix}:nodes"

    def relayed(self) -> str:
        """String: the run_id of the life of the server whose logs the relay has begun."""
        return f"{self.prefix}:relayed"

    def ended(self) -> str:
        """Sorted set: ended sessions and what was taken back from whom (contest/broker/ended.py), by when it was written."""
        return f"{self.prefix}:ended"

    def probe(self, node: str) -> str:
        """Pub/sub: a node publishes to itself here, to know that it is not deaf."""
        return f"{self.prefix}:probe:{node}"
