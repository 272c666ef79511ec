"""One Podium for all fault tests, each of which leaves it working."""

from collections.abc import Iterator

import pytest

from tests.running import RunningPodium, start_podium
from tests.web.conftest import browser, open_page, pages

__all__ = ["browser", "open_page", "pages"]


@pytest.fixture(scope="package")
def podium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPodium]:
    running = start_podium(tmp_path_factory.mktemp("faults") / "data")
    try:
        yield running
    finally:
        running.stop()
