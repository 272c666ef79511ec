"""One Podium for the tests of the demonstration."""

from collections.abc import Iterator

import pytest

from tests.running import RunningPodium, start_podium


@pytest.fixture(scope="package")
def podium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPodium]:
    running = start_podium(tmp_path_factory.mktemp("demo") / "data")
    try:
        yield running
    finally:
        running.stop()
