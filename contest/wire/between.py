"""What processes tell each other: the outbox topics (engine and admin to relay) and the ranker's changes (relay to ranker).

| topic | subject | body | the relay makes of it |
|---|---|---|---|
| score.changed | submission | {} | a `submission` entry on the contest's changes stream |
| board.changed | none | {"fresh": bool} | a `board` entry: load again; fresh: begin a new epoch (hidden group, freeze moved, thaw undone) |
| event.public | none | a frame's members, `type` among them | an entry on events:public, and its snapshot written again |
| event.organiser | none | the same | an entry on events:organiser |
| event.proctor | none | the same | an entry on events:proctor |
| inbox | user | the same | an entry on the user's inbox log, and what the user's inbox comes to written again |
| session.revoked | user | {"reason": str, "at"?: Unix time} | on control, with `user` and `at`: nodes close sockets, refuse older tickets |

A revocation that says no time is dated to the removal's own transaction.
"""

from typing import Literal

Topic = Literal["score.changed", "board.changed", "event.public", "event.organiser", "event.proctor", "inbox", "session.revoked"]

CHANGES_CAP = 100_000
"""Entries kept on a contest's changes stream; a ranker that is further behind loads the contest from PostgreSQL again."""
