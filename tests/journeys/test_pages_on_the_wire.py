"""What a browser fetches before it can paint, through the gateway."""

import re

import httpx
import pytest

from tests.running import RunningPodium

pytestmark = pytest.mark.anyio

NOBODY = "00000000-0000-7000-8000-000000000000"
FIRST_PAINT_BYTES = 50_000
"""A second at 400 kbit/s: what the page and all it loads before painting may weigh, compressed (look.md's bound is one second)."""


async def test_the_page_and_its_parts_travel_compressed(podium: RunningPodium) -> None:
    async with httpx.AsyncClient(base_url=podium.url, trust_env=False, headers={"Accept-Encoding": "gzip"}) as client:
        page = await client.get(f"/board/{NOBODY}")
        assert page.status_code == 200
        parts = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text)
        assert parts
        total = 0
        for path in (f"/board/{NOBODY}", *parts):
            async with client.stream("GET", path) as answer:
                weight = len(b"".join([chunk async for chunk in answer.aiter_raw()]))
                assert answer.headers.get("Content-Encoding") == "gzip" or weight < 1024, path
                total += weight
    assert total < FIRST_PAINT_BYTES


async def test_what_holds_data_is_not_compressed(podium: RunningPodium) -> None:
    """A length that depends on a secret beside a text that somebody else chose is a leak (BREACH, 2013)."""
    async with httpx.AsyncClient(base_url=podium.url, trust_env=False, headers={"Accept-Encoding": "gzip"}) as client:
        for path in (f"/api/v1/contest/{NOBODY}/status/", "/api/v1/monitoring/health/ready", "/api/v1/admin/contests/"):
            assert "Content-Encoding" not in (await client.get(path)).headers
