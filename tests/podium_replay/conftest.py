"""One Podium for all replays, as people start it."""

from collections.abc import Iterator

import pytest

from tests.running import RunningPodium, start_podium


@pytest.fixture(scope="package")
def podium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPodium]:
    running = start_podium(tmp_path_factory.mktemp("replay") / "data")
    try:
        yield running
    finally:
        running.stop()
