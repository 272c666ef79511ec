"""Ids. All are UUIDs (version 7 where we make them) in their canonical text form, except `UserId` from another system's token."""

import os
import time
from typing import NewType
from uuid import UUID

ContestId = NewType("ContestId", str)
QuestionId = NewType("QuestionId", str)
GroupId = NewType("GroupId", str)
ParticipantId = NewType("ParticipantId", str)
AttemptId = NewType("AttemptId", str)
SubmissionId = NewType("SubmissionId", str)
JudgementId = NewType("JudgementId", str)
UserId = NewType("UserId", str)
PauseId = NewType("PauseId", str)


def uuid7() -> str:
    """A UUID version 7 (RFC 9562, section 5.7): 48 bits of Unix milliseconds, then chance."""
    ms = time.time_ns() // 1_000_000
    value = (ms << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return str(UUID(int=value))
