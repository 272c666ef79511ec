"""The protocol's schema is there for anybody, and for caches on the way."""

import msgspec
import pytest

from contest.wire.schema import protocol_schema
from tests.rest import Rest

pytestmark = pytest.mark.anyio


async def test_anybody_may_have_the_schema_and_keep_it(rest: Rest) -> None:
    answer = await rest.call("GET", "/api/v1/protocol/", token="")
    assert answer.content == msgspec.json.encode(protocol_schema())
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["ETag"] == (await rest.call("GET", "/api/v1/protocol/", token="")).headers["ETag"]
